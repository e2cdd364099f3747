/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of the account (semantics 9, incident 17): absence counts only in a complete one; sweeps are bounded. */
#include "fixture.h"

static struct eb_engine_config config(void)
{
    struct eb_engine_config c = fx_config();
    c.backstop = true;
    return c;
}

static struct fx *opened(const struct eb_engine_config *c)
{
    struct fx *f = fx_new(c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_wait(f, 1000);
    return f;
}

static void event(struct fx *f, enum eb_event_kind kind)
{
    struct eb_event ev = fx_event(f, kind, EB_NO_SYMBOL);
    assert_int_equal(fx_step(f, &ev), EB_OK);
}

static void absence_ends_an_episode_only_at_the_end(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = opened(&c);
    fx_snapshot_begin(f);
    assert_true(fx_evidence(f, 0).open);
    fx_snapshot_end(f);
    fx_clock(f);
    assert_false(fx_evidence(f, 0).open);
    assert_int_equal(fx_nth(f, EB_ACT_EXIT, 0)->u.exit.reason, EB_EXIT_EXTERNAL);
    assert_int_equal(fx_count(f, EB_ACT_EPISODE_END), 1);
    fx_free(f);
}

static void what_is_named_stays(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = opened(&c);
    fx_snapshot_begin(f);
    fx_open(f, EB_LONG, "10", "100");
    fx_snapshot_end(f);
    fx_clock(f);
    assert_true(fx_evidence(f, 0).open);
    fx_free(f);
}

static void a_failure_concludes_nothing(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = opened(&c);
    fx_snapshot_begin(f);
    event(f, EB_EV_SNAPSHOT_FAILED);
    fx_snapshot_end(f); /* it belongs to nothing */
    fx_clock(f);
    assert_true(fx_evidence(f, 0).open);
    fx_free(f);
}

static void two_at_once_conclude_nothing(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = opened(&c);
    fx_snapshot_begin(f);
    fx_open(f, EB_LONG, "10", "100");
    fx_snapshot_begin(f); /* another, which has not got there yet */
    fx_snapshot_end(f);
    fx_clock(f);
    assert_true(fx_evidence(f, 0).open);
    fx_snapshot_end(f);
    fx_clock(f);
    assert_true(fx_evidence(f, 0).open);
    fx_free(f);
}

static void the_next_picture_does_not_disturb_the_sweep_of_the_last(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = opened(&c);
    fx_snapshot_begin(f);
    fx_open(f, EB_LONG, "10", "100");
    fx_snapshot_end(f);
    fx_snapshot_begin(f); /* before the sweep has begun */
    fx_clock(f);
    assert_true(fx_evidence(f, 0).open);
    fx_free(f);
}

static void what_began_since_is_not_missed(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    fx_snapshot_begin(f);
    fx_wait(f, 5);
    fx_snapshot_end(f);
    struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
    p.opened_ms = f->now_ms;
    fx_position(f, &p);
    fx_clock(f);
    assert_true(fx_evidence(f, 0).open);
    fx_free(f);
}

static void orders_that_are_missing_are_asked_about(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = opened(&c);
    const eb_client_id id = {.instance = 1, .episode = 1, .attempt = 1, .purpose = EB_PURPOSE_BACKSTOP};
    fx_order(f, id, EB_OS_NEW);
    fx_wait(f, 1000);
    fx_snapshot_begin(f);
    fx_open(f, EB_LONG, "10", "100");
    fx_snapshot_end(f);
    fx_mark(f, "100");
    fx_clear(f);
    fx_clock(f);
    assert_true(eb_client_id_equal(fx_nth(f, EB_ACT_QUERY, 0)->u.query.client_id, id));
    fx_free(f);
}

static void an_order_that_was_in_doubt_is_found(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = opened(&c);
    const eb_client_id id = {.instance = 1, .episode = 1, .attempt = 1, .purpose = EB_PURPOSE_BACKSTOP};
    fx_order(f, id, EB_OS_UNKNOWN);
    assert_int_equal(fx_evidence(f, 0).protection, EB_PROTECTION_PENDING);
    struct eb_ev_open_order o = {.client_id = id,
                                 .venue_order_id = 5,
                                 .order_side = EB_SELL,
                                 .type = EB_ORDER_STOP_MARKET,
                                 .state = EB_OS_NEW,
                                 .close_position = true};
    fx_open_order(f, &o); /* outside a picture it is nothing */
    assert_int_equal(fx_evidence(f, 0).protection, EB_PROTECTION_PENDING);
    fx_snapshot_begin(f);
    fx_open(f, EB_LONG, "10", "100");
    fx_open_order(f, &o);
    fx_snapshot_end(f);
    assert_int_equal(fx_evidence(f, 0).protection, EB_PROTECTED);
    fx_free(f);
}

static void orders_of_an_earlier_instance_are_known_by_the_table(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    c.slots_reserve = 199;
    struct fx *f = opened(&c);
    struct eb_ev_open_order o = {.client_id = {.instance = 9, .episode = 1, .attempt = 1},
                                 .order_side = EB_SELL,
                                 .type = EB_ORDER_LIMIT_GTC,
                                 .state = EB_OS_NEW};
    fx_snapshot_begin(f);
    fx_open(f, EB_LONG, "10", "100");
    fx_open_order(f, &o); /* another instance's limit order: nobody's business */
    fx_snapshot_end(f);
    fx_clock(f);
    struct eb_engine_stats stats;
    eb_engine_stats(f->e, &stats);
    assert_int_equal(stats.working_orders, 1);
    fx_free(f);
}

static void pictures_are_asked_for_by_time(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    c.snapshot_ms = 30000;
    struct fx *f = fx_new(&c);
    fx_clock(f);
    assert_int_equal(fx_count(f, EB_ACT_SNAPSHOT), 1); /* at once */
    fx_run(f, 29999);
    assert_int_equal(fx_count(f, EB_ACT_SNAPSHOT), 1);
    fx_run(f, 1);
    assert_int_equal(fx_count(f, EB_ACT_SNAPSHOT), 2);
    fx_free(f);
}

static void a_sweep_is_bounded(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    c.symbols_max = 600;
    c.backstop = false;
    struct fx *f = fx_new(&c);
    f->mute = true;
    for (unsigned i = 0; i < 600; i++) {
        struct eb_ev_instrument inst = fx_instrument(0);
        inst.symbol[0] = (char)('A' + i % 26);
        inst.symbol[1] = (char)('A' + i / 26);
        fx_instrument_set(f, i, &inst);
        if (i < 60 || i == 599) {
            struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
            struct eb_event ev = fx_event(f, EB_EV_POSITION, i);
            ev.u.venue_position = &p;
            assert_int_equal(fx_step(f, &ev), EB_OK);
        }
        fx_clear(f);
    }
    fx_wait(f, 1000);
    fx_snapshot_begin(f);
    fx_snapshot_end(f);
    unsigned ended = 0;
    while (eb_engine_next_deadline(f->e) == 0) {
        event(f, EB_EV_CLOCK);
        assert_true(fx_count(f, EB_ACT_EPISODE_END) <= 1); /* what is durable goes one symbol a step */
        ended += fx_count(f, EB_ACT_EPISODE_END);
        fx_clear(f);
    }
    assert_int_equal(ended, 61);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absence_ends_an_episode_only_at_the_end),
        cmocka_unit_test(what_is_named_stays),
        cmocka_unit_test(a_failure_concludes_nothing),
        cmocka_unit_test(two_at_once_conclude_nothing),
        cmocka_unit_test(the_next_picture_does_not_disturb_the_sweep_of_the_last),
        cmocka_unit_test(what_began_since_is_not_missed),
        cmocka_unit_test(orders_that_are_missing_are_asked_about),
        cmocka_unit_test(an_order_that_was_in_doubt_is_found),
        cmocka_unit_test(orders_of_an_earlier_instance_are_known_by_the_table),
        cmocka_unit_test(pictures_are_asked_for_by_time),
        cmocka_unit_test(a_sweep_is_bounded),
    };
    return cmocka_run_group_tests_name("engine/snapshot", tests, NULL, NULL);
}
