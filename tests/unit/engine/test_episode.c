/* SPDX-License-Identifier: Apache-2.0 */
/* Episodes (semantics 1): begin, adds, reductions by others, flips, entries that change, what is older than a fill. */
#include "fixture.h"

static const int64_t LEGS[3][2] = {{500000, 350000}, {1000000, 350000}, {2000000, 300000}};

static struct fx *laddered(const struct eb_engine_config *c)
{
    struct fx *f = fx_new(c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, LEGS);
    fx_open_with(f, EB_LONG, "10", "100", &v);
    return f;
}

static void a_position_begins_an_episode(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_ev_position p = fx_pos(EB_SHORT, "10", "100");
    p.opened_ms = FX_START_MS - 5000;
    memcpy(p.strategy_id, "breakout", sizeof "breakout");
    fx_position(f, &p);
    assert_int_equal(f->asked_count, 1);
    const struct eb_context *ctx = &f->asked[0];
    assert_int_equal(ctx->reason, EB_CONSULT_NEW);
    assert_int_equal(ctx->plan_revision, 0);
    assert_int_equal(ctx->side, EB_SHORT);
    assert_int_equal(ctx->episode, 1);
    assert_int_equal(ctx->opened_ms, FX_START_MS - 5000);
    assert_int_equal(ctx->price_age_ms, -1);
    assert_int_equal(ctx->leverage_ppm, 5 * EB_PPM);
    assert_string_equal(ctx->strategy_id, "breakout");
    assert_string_equal(ctx->symbol, "AAAUSDT");
    assert_px(ctx->liquidation, "119"); /* 100 * (1 + 0.2 - 0.01) */
    fx_free(f);
}

static void a_flat_position_begins_nothing(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    fx_flat(f);
    struct eb_evidence ev;
    assert_false(eb_engine_evidence(f->e, 0, &ev));
    assert_false(eb_engine_evidence(f->e, 99, &ev));
    struct eb_ev_position odd = fx_pos(EB_LONG, "1", "0");
    fx_position(f, &odd);
    odd = fx_pos(EB_LONG, "1", "1");
    odd.qty.e8 = -1;
    fx_position(f, &odd);
    assert_false(eb_engine_evidence(f->e, 0, &ev));
    assert_int_equal(fx_alerts(f, EB_ALERT_UNKNOWN_ORDER), 2);
    fx_free(f);
}

static void an_add_re_bases(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_mark(f, "102");
    fx_open(f, EB_LONG, "20", "101"); /* 10 more at 102 */
    assert_int_equal(f->asked[0].reason, EB_CONSULT_SIZE);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_px(ev.ctx.stop, "98"); /* stays */
    assert_px(ev.ctx.r, "2");     /* until the first plan accepted after it */
    assert_qt(ev.ctx.leg_base, "20");
    assert_qt(ev.ctx.first_qty, "10");
    assert_qt(fx_leg(&ev, 1)->qty, "7");
    assert_px(ev.ctx.entry, "101");
    assert_px(ev.ctx.peak, "102");
    struct eb_verdict v = v_none();
    v_stop(&v, "98.5");
    v_legs(&v, 3, LEGS);
    fx_verdict(f, &v);
    ev = fx_evidence(f, 0);
    assert_px(ev.ctx.r, "2.5");
    assert_px(fx_leg(&ev, 1)->price, "102.25");
    v = v_none();
    v_stop(&v, "99");
    fx_verdict(f, &v);
    assert_px(fx_evidence(f, 0).ctx.r, "2.5"); /* only the first one counts */
    fx_free(f);
}

static void r_after_an_add(void **state)
{
    (void)state;
    static const struct {
        const char *stop; /* of the first plan after it; NULL: it names none */
        const char *r;
    } cases[] = {
        {"98.5", "2.5"}, {"97", "3"}, /* looser: 98 is kept, and measured to */
        {"101.5", "2"},               /* on the profit side: as it was */
        {"100.9", "2"},               /* nearer than the minimum */
        {NULL, "3"},                  /* the stop that stands */
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = fx_config();
        struct fx *f = laddered(&c);
        fx_mark(f, "102");
        fx_open(f, EB_LONG, "20", "101");
        struct eb_verdict v = v_none();
        if (cases[i].stop != NULL) {
            v_stop(&v, cases[i].stop);
        } else {
            v_ratchet(&v);
        }
        fx_verdict(f, &v);
        assert_px(fx_evidence(f, 0).ctx.r, cases[i].r);
        fx_free(f);
    }
}

static void an_add_keeps_the_stop_that_the_trail_had_reached(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_trail(&v, 500000, 10000);
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_mark(f, "104");
    assert_px(fx_stop(f), "102.96");
    fx_mark(f, "103.5");
    fx_open(f, EB_LONG, "20", "101.75"); /* 10 more at 103.5 */
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_px(ev.ctx.stop, "102.96");
    assert_int_equal(ev.ctx.stop_kind, EB_STOP_PLAN);
    assert_true(ev.ctx.trailing_active); /* restarted at the price of the add: 0.875 R away */
    assert_px(ev.ctx.trail_stop, "102.47");
    fx_mark(f, "104.5");
    assert_px(fx_stop(f), "103.46");
    fx_free(f);
}

static void legs_hit_stay_hit_after_an_add(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_book(f, "101", "101.1");
    fx_filled(f, fx_submit(f, EB_PURPOSE_TARGET, 0), "101");
    fx_open(f, EB_LONG, "16.5", "100.5");
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_int_equal(ev.ctx.hits, 1);
    assert_int_equal(fx_leg(&ev, 1)->state, EB_LEG_HIT);
    assert_qt(fx_leg(&ev, 2)->qty, "5.775"); /* 35 % of 16.5 */
    fx_free(f);
}

static void others_reduce_the_base_in_proportion(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_clear(f);
    fx_open(f, EB_LONG, "4", "100");
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_qt(ev.ctx.qty, "4");
    assert_qt(ev.ctx.leg_base, "4");
    assert_qt(fx_leg(&ev, 1)->qty, "1.4");
    assert_int_equal(fx_leg(&ev, 1)->state, EB_LEG_ARMED);
    const struct eb_exit *x = &fx_nth(f, EB_ACT_EXIT, 0)->u.exit;
    assert_int_equal(x->reason, EB_EXIT_EXTERNAL);
    assert_qt(x->qty, "6");
    assert_qt(x->remaining, "4");
    assert_int_equal(f->asked[0].reason, EB_CONSULT_SIZE);
    fx_flat(f);
    const struct eb_episode_end *end = &fx_nth(f, EB_ACT_EPISODE_END, 0)->u.end;
    assert_false(end->reconciled);
    assert_px(end->first_r, "2");
    assert_qt(end->first_qty, "10");
    assert_false(fx_evidence(f, 0).open);
    fx_free(f);
}

static void a_flip_ends_and_begins_in_one_turn(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, LEGS);
    v.decision[1].u.targets.leg[0].soft = true;
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_mark(f, "100.1");
    fx_last(f, "100.1");
    const struct eb_client_id soft = {.instance = 1, .episode = 1, .attempt = 1, .purpose = EB_PURPOSE_SOFT, .leg = 1};
    fx_order(f, soft, EB_OS_NEW);
    fx_clear(f);
    fx_open(f, EB_SHORT, "5", "100.2");
    assert_int_equal(fx_count(f, EB_ACT_EPISODE_END), 1);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_int_equal(ev.ctx.episode, 2);
    assert_int_equal(ev.ctx.side, EB_SHORT);
    assert_int_equal(f->asked[0].reason, EB_CONSULT_NEW);
    assert_true(fx_cancelled(f, soft)); /* swept, never adopted */
    assert_int_equal(ev.ctx.leg_count, 0);
    fx_free(f);
}

static void an_entry_that_changes_is_recorded_only(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_clear(f);
    fx_open(f, EB_LONG, "10", "100.5");
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_px(ev.ctx.entry, "100.5");
    assert_px(ev.ctx.r, "2");
    assert_px(ev.ctx.stop, "98");
    assert_qt(ev.ctx.leg_base, "10");
    assert_px(fx_leg(&ev, 1)->price, "101");
    assert_int_equal(f->asked_count, 0);
    fx_free(f);
}

static void terms_that_change(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
    p.margin.e8 = e8("200");
    fx_position(f, &p); /* now it is known: nothing has changed */
    assert_int_equal(f->asked_count, 0);
    p.margin.e8 = e8("150");
    fx_position(f, &p);
    assert_int_equal(f->asked_count, 1);
    assert_int_equal(f->asked[0].reason, EB_CONSULT_MARGIN);
    p.leverage_ppm = 10 * EB_PPM;
    fx_position(f, &p);
    assert_int_equal(f->asked_count, 2);
    p.liquidation = px("98.5"); /* the buffer reaches beyond the stop */
    fx_position(f, &p);
    assert_px(fx_stop(f), "99.5");
    assert_int_equal(fx_evidence(f, 0).ctx.stop_kind, EB_STOP_PROTECTIVE);
    p.liquidation = px("98.95"); /* and now beyond price: 99.95 */
    fx_mark(f, "99.97");
    fx_position(f, &p);
    assert_px(fx_stop(f), "99.95");
    p.liquidation = px("99");
    fx_clear(f);
    fx_position(f, &p);
    assert_int_equal(fx_alerts(f, EB_ALERT_NO_LEGAL_STOP), 1);
    fx_free(f);

    c.on_no_legal_stop = EB_NO_STOP_CLOSE;
    f = laddered(&c);
    p.liquidation = px("99.5");
    fx_position(f, &p);
    assert_int_equal(fx_submits(f, EB_PURPOSE_FULL_EXIT), 1);
    fx_free(f);
}

static struct eb_ev_position told(const char *qty, int64_t ms)
{
    struct eb_ev_position p = fx_pos(EB_LONG, qty, "100");
    p.venue_ms = ms;
    return p;
}

static void what_is_older_than_a_fill_is_no_news(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_book(f, "102", "102.1"); /* two legs of 3.5 */
    const struct eb_order_request first = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    const struct eb_order_request second = *fx_submit(f, EB_PURPOSE_TARGET, 1);
    fx_filled(f, &first, "102");
    fx_filled(f, &second, "102");
    struct eb_ev_position p = told("10", f->now_ms - 1);
    fx_position(f, &p);
    p = told("6.5", f->now_ms); /* the same moment: as it was between the two fills */
    fx_position(f, &p);
    assert_qt(fx_evidence(f, 0).ctx.qty, "3");
    fx_wait(f, 2001);
    p.qty = qt("3.5"); /* still told as of then, and later: believed */
    fx_position(f, &p);
    assert_qt(fx_evidence(f, 0).ctx.qty, "3.5");
    fx_free(f);
}

static void an_old_position_begins_no_ghost(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_mark(f, "98");
    const struct eb_order_request stop = *fx_submit(f, EB_PURPOSE_STOP, 0);
    fx_fill(f, &stop, "98", "6");
    fx_fill(f, &stop, "98", "4");
    assert_false(fx_evidence(f, 0).open);
    struct eb_ev_position p = told("4", f->now_ms);
    fx_position(f, &p);
    assert_false(fx_evidence(f, 0).open);
    p = told("4", f->now_ms + 1);
    fx_position(f, &p);
    assert_true(fx_evidence(f, 0).open);
    assert_int_equal(fx_evidence(f, 0).ctx.episode, 2);
    fx_free(f);
}

static void a_smaller_position_may_be_our_own_doing(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_book(f, "101", "101.1");
    const struct eb_order_request leg = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    fx_clear(f);
    fx_open(f, EB_LONG, "6.5", "100"); /* its fill is on the way */
    assert_int_equal(fx_count(f, EB_ACT_EXIT), 0);
    assert_qt(fx_evidence(f, 0).ctx.qty, "10");
    fx_filled(f, &leg, "101");
    assert_int_equal(fx_nth(f, EB_ACT_EXIT, 0)->u.exit.reason, EB_EXIT_TARGET);
    assert_qt(fx_evidence(f, 0).ctx.qty, "6.5");
    fx_run(f, 2500);
    assert_qt(fx_evidence(f, 0).ctx.qty, "6.5");
    fx_free(f);
}

static void a_claim_that_no_fill_explains_is_believed(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_book(f, "101", "101.1");
    fx_open(f, EB_LONG, "6.5", "100");
    fx_run(f, 1999);
    assert_qt(fx_evidence(f, 0).ctx.qty, "10");
    fx_run(f, 1);
    assert_qt(fx_evidence(f, 0).ctx.qty, "6.5");
    assert_int_equal(fx_nth(f, EB_ACT_EXIT, 0)->u.exit.reason, EB_EXIT_EXTERNAL);
    fx_free(f);
}

/* The venue tells 6.5 (our fill of 3.5 is on the way), then 11 (4.5 were added): the claim must not undo the add. */
static void a_claim_is_settled_by_an_add(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_book(f, "101", "101.1");
    struct eb_order_request o = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    int64_t filled_ms = f->now_ms;
    static const char *const told[] = {"6.5", "11"};
    for (unsigned i = 0; i < 2; i++) {
        fx_wait(f, 10);
        struct eb_ev_position p = fx_pos(EB_LONG, told[i], "100");
        p.venue_ms = f->now_ms;
        fx_position(f, &p);
    }
    assert_qt(fx_evidence(f, 0).ctx.qty, "11");
    assert_int_equal(fx_nth(f, EB_ACT_EXIT, 0)->u.exit.qty.e8, e8("3.5"));
    struct eb_event ev = fx_event(f, EB_EV_FILL, 0);
    ev.u.fill = (struct eb_ev_fill){.client_id = o.client_id,
                                    .trade_id = 900,
                                    .price = px("101"),
                                    .qty = qt("3.5"),
                                    .order_side = EB_SELL,
                                    .venue_ms = filled_ms};
    fx_step(f, &ev); /* late: both sizes had it in them already */
    fx_run(f, 3000);
    assert_qt(fx_evidence(f, 0).ctx.qty, "11");
    fx_free(f);
}

static void a_claim_taken_back(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_book(f, "101", "101.1");
    fx_open(f, EB_LONG, "6.5", "100");
    fx_open(f, EB_LONG, "10", "100");
    fx_run(f, 3000);
    assert_qt(fx_evidence(f, 0).ctx.qty, "10");
    assert_int_equal(fx_count(f, EB_ACT_EXIT), 0);
    fx_free(f);
}

static void hedge_legs_are_apart(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.hedge = true;
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_say(f, &v);
    struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
    p.position_side = EB_PS_LONG;
    fx_position(f, &p);
    v = v_none();
    v_stop(&v, "103");
    fx_say(f, &v);
    p = fx_pos(EB_SHORT, "4", "100");
    p.position_side = EB_PS_SHORT;
    fx_position(f, &p);
    fx_clear(f);
    fx_mark(f, "98");
    const struct eb_order_request *o = fx_submit(f, EB_PURPOSE_STOP, 0);
    assert_int_equal(o->position, 0);
    assert_int_equal(o->position_side, EB_PS_LONG);
    assert_false(o->reduce_only); /* hedge mode has no such parameter */
    fx_filled(f, o, "98");
    fx_mark(f, "101");
    fx_mark(f, "103");
    o = fx_submit(f, EB_PURPOSE_STOP, 1);
    assert_int_equal(o->position, 1);
    assert_int_equal(o->order_side, EB_BUY);
    assert_qt(o->qty, "4");
    fx_free(f);
}

static void a_mode_change_of_the_account_consults(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_clear(f);
    f->hedge = true;
    fx_balance(f, "10000");
    fx_clock(f);
    assert_int_equal(f->asked_count, 1);
    assert_int_equal(f->asked[0].reason, EB_CONSULT_MODE);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_position_begins_an_episode),
        cmocka_unit_test(a_flat_position_begins_nothing),
        cmocka_unit_test(an_add_re_bases),
        cmocka_unit_test(r_after_an_add),
        cmocka_unit_test(an_add_keeps_the_stop_that_the_trail_had_reached),
        cmocka_unit_test(legs_hit_stay_hit_after_an_add),
        cmocka_unit_test(others_reduce_the_base_in_proportion),
        cmocka_unit_test(a_flip_ends_and_begins_in_one_turn),
        cmocka_unit_test(an_entry_that_changes_is_recorded_only),
        cmocka_unit_test(terms_that_change),
        cmocka_unit_test(what_is_older_than_a_fill_is_no_news),
        cmocka_unit_test(an_old_position_begins_no_ghost),
        cmocka_unit_test(a_smaller_position_may_be_our_own_doing),
        cmocka_unit_test(a_claim_that_no_fill_explains_is_believed),
        cmocka_unit_test(a_claim_is_settled_by_an_add),
        cmocka_unit_test(a_claim_taken_back),
        cmocka_unit_test(hedge_legs_are_apart),
        cmocka_unit_test(a_mode_change_of_the_account_consults),
    };
    return cmocka_run_group_tests_name("engine/episode", tests, NULL, NULL);
}
