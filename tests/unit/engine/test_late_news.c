/* SPDX-License-Identifier: Apache-2.0 */
/* News that comes late, twice, or has been overtaken: fills, positions and pictures (semantics 1, 5, 9). */
#include "fixture.h"

static const int64_t LEGS[3][2] = {{500000, 300000}, {1000000, 300000}, {2000000, 400000}};

static struct fx *laddered(const struct eb_engine_config *c)
{
    struct fx *f = fx_new(c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, LEGS);
    fx_open_with(f, EB_LONG, "10", "100", &v);
    return f;
}

/* The stop has fired: one order for all 10. */
static struct eb_order_request stopped(struct fx *f)
{
    fx_mark(f, "98");
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_STOP, 0);
    fx_clear(f);
    return o;
}

static void fill_at(struct fx *f, const struct eb_order_request *o, uint64_t trade, const char *qty, int64_t venue_ms)
{
    struct eb_event ev = fx_event(f, EB_EV_FILL, o->symbol);
    ev.u.fill = (struct eb_ev_fill){.client_id = o->client_id,
                                    .trade_id = trade,
                                    .price = px("98"),
                                    .qty = qt(qty),
                                    .order_side = o->order_side,
                                    .position_side = o->position_side,
                                    .venue_ms = venue_ms};
    assert_int_equal(fx_step(f, &ev), EB_OK);
}

static void position_at(struct fx *f, const char *qty, int64_t venue_ms)
{
    struct eb_ev_position p = fx_pos(EB_LONG, qty, "100");
    p.venue_ms = venue_ms;
    fx_position(f, &p);
}

static void a_query_may_repeat_any_number_of_fills(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    const struct eb_order_request o = stopped(f);
    for (int again = 0; again < 2; again++) {
        for (uint64_t trade = 1; trade <= 90; trade++) {
            fill_at(f, &o, trade, "0.1", f->now_ms);
        }
        assert_qt(fx_evidence(f, 0).ctx.qty, "1");
    }
    fx_free(f);
}

static void a_trade_that_comes_after_it_was_inferred(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_book(f, "101", "101.1");
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    fx_order_told(f, o.client_id, EB_OS_FILLED, "3");
    fx_run(f, 2000);
    assert_qt(fx_evidence(f, 0).ctx.qty, "7"); /* taken at its level: the trade never came */
    fx_clear(f);
    fill_at(f, &o, 7, "3", f->now_ms - 2000);
    assert_qt(fx_evidence(f, 0).ctx.qty, "7");
    assert_int_equal(fx_count(f, EB_ACT_EXIT), 0);
    position_at(f, "6", f->now_ms - 1000); /* the venue's time is not measured against ours */
    assert_qt(fx_evidence(f, 0).ctx.qty, "6");
    fx_free(f);
}

static void a_fill_that_the_position_has_in_it(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_book(f, "101", "101.1");
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    const int64_t at = f->now_ms;
    position_at(f, "7", at + 10);
    fx_run(f, 2000); /* no fill explains it: believed */
    assert_qt(fx_evidence(f, 0).ctx.qty, "7");
    fx_clear(f);
    fill_at(f, &o, 1, "1", at);      /* before the position: in it */
    fill_at(f, &o, 2, "1", at + 10); /* in the same moment: as much as was missed */
    fill_at(f, &o, 3, "1", at + 10);
    assert_qt(fx_evidence(f, 0).ctx.qty, "7");
    assert_int_equal(fx_count(f, EB_ACT_EXIT), 0);
    assert_int_equal(fx_evidence(f, 0).ctx.hits, 1); /* for its leg it counts */
    fx_free(f);
}

static void a_later_fill_counts(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_book(f, "101", "101.1");
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    position_at(f, "10", f->now_ms);
    fill_at(f, &o, 1, "1", f->now_ms); /* after it, in the same moment */
    fill_at(f, &o, 2, "2", f->now_ms + 1);
    assert_qt(fx_evidence(f, 0).ctx.qty, "7");
    fx_free(f);
}

static void positions_that_were_overtaken(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    const int64_t at = f->now_ms + 100;
    position_at(f, "6", at);
    position_at(f, "10", at - 1); /* older, told later */
    assert_qt(fx_evidence(f, 0).ctx.qty, "6");
    position_at(f, "0", at + 1);
    assert_false(fx_evidence(f, 0).open);
    position_at(f, "6", at);
    assert_false(fx_evidence(f, 0).open); /* no ghost */
    fx_free(f);
}

static void what_claims_is_not_taken_back_by_what_is_older(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    const struct eb_order_request o = stopped(f);
    (void)o;
    position_at(f, "0", f->now_ms + 5); /* our order may have done it: its fills are waited for */
    position_at(f, "10", f->now_ms);    /* an older picture */
    fx_run(f, 2000);
    assert_false(fx_evidence(f, 0).open);
    fx_free(f);
}

static void closed_and_opened_unseen(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    struct eb_ev_position p = fx_pos(EB_LONG, "12", "103");
    p.opened_ms = f->now_ms + 50;
    p.venue_ms = f->now_ms + 50;
    fx_position(f, &p);
    assert_int_equal(fx_evidence(f, 0).ctx.episode, 2);
    assert_qt(fx_evidence(f, 0).ctx.first_qty, "12");
    assert_int_equal(fx_nth(f, EB_ACT_EXIT, 0)->u.exit.reason, EB_EXIT_EXTERNAL);
    fx_free(f);
}

static struct eb_event liquidation(const struct fx *f, enum eb_order_side side, const char *qty, int64_t venue_ms)
{
    struct eb_event ev = fx_event(f, EB_EV_FILL, 0);
    ev.u.fill = (struct eb_ev_fill){.trade_id = 77,
                                    .price = px("90"),
                                    .qty = qt(qty),
                                    .order_side = (uint8_t)side,
                                    .liquidation = true,
                                    .venue_ms = venue_ms};
    return ev;
}

static void liquidations_of_another_position(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    struct eb_event ev = liquidation(f, EB_BUY, "4", f->now_ms); /* of a short that we have not heard of yet */
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_qt(fx_evidence(f, 0).ctx.qty, "10");
    position_at(f, "6", f->now_ms + 9);
    ev = liquidation(f, EB_SELL, "4", f->now_ms + 9); /* the position was told first */
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_qt(fx_evidence(f, 0).ctx.qty, "6");
    fx_free(f);
}

static void a_picture_is_as_old_as_the_question(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.snapshot_ms = 30000;
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    fx_clock(f);
    assert_int_equal(fx_count(f, EB_ACT_SNAPSHOT), 1);
    fx_wait(f, 100);
    struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
    p.opened_ms = f->now_ms;
    fx_position(f, &p);
    fx_wait(f, 100);
    fx_snapshot_begin(f); /* told now, taken before: it cannot name what was opened meanwhile */
    fx_snapshot_end(f);
    fx_clock(f);
    assert_true(fx_evidence(f, 0).open);
    fx_run(f, 30000);
    fx_snapshot_begin(f);
    fx_snapshot_end(f);
    fx_clock(f);
    assert_false(fx_evidence(f, 0).open);
    fx_free(f);
}

static void a_picture_that_failed_is_asked_for_soon(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.snapshot_ms = 30000;
    struct fx *f = fx_new(&c);
    fx_clock(f);
    struct eb_event ev = fx_event(f, EB_EV_SNAPSHOT_FAILED, EB_NO_SYMBOL);
    assert_int_equal(fx_step(f, &ev), EB_OK);
    fx_run(f, 1999);
    assert_int_equal(fx_count(f, EB_ACT_SNAPSHOT), 1);
    fx_run(f, 1);
    assert_int_equal(fx_count(f, EB_ACT_SNAPSHOT), 2);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_may_repeat_any_number_of_fills),
        cmocka_unit_test(a_trade_that_comes_after_it_was_inferred),
        cmocka_unit_test(a_fill_that_the_position_has_in_it),
        cmocka_unit_test(a_later_fill_counts),
        cmocka_unit_test(positions_that_were_overtaken),
        cmocka_unit_test(what_claims_is_not_taken_back_by_what_is_older),
        cmocka_unit_test(closed_and_opened_unseen),
        cmocka_unit_test(liquidations_of_another_position),
        cmocka_unit_test(a_picture_is_as_old_as_the_question),
        cmocka_unit_test(a_picture_that_failed_is_asked_for_soon),
    };
    return cmocka_run_group_tests_name("engine/late_news", tests, NULL, NULL);
}
