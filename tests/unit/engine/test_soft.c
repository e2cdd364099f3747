/* SPDX-License-Identifier: Apache-2.0 */
/* Soft legs (semantics 5): a resting reduce-only limit; market for the rest after its cancel, only while reached. */
#include "fixture.h"

static const int64_t LEGS[2][2] = {{500000, 400000}, {1000000, 600000}};

struct soft {
    struct fx *f;
    struct eb_order_request rest; /* leg 1: 4 at 101 */
};

static struct soft resting(struct eb_engine_config c)
{
    struct soft s = {.f = fx_new(&c)};
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 2, LEGS);
    v.decision[1].u.targets.leg[0].soft = true;
    fx_mark(s.f, "100");
    fx_say(s.f, &v);
    fx_open(s.f, EB_LONG, "10", "100");
    s.rest = *fx_submit(s.f, EB_PURPOSE_SOFT, 0);
    fx_order(s.f, s.rest.client_id, EB_OS_NEW);
    fx_clear(s.f);
    return s;
}

static uint8_t state_of(const struct fx *f, uint8_t leg)
{
    struct eb_evidence ev = fx_evidence(f, 0);
    return fx_leg(&ev, leg)->state;
}

static void it_rests_at_its_level(void **state)
{
    (void)state;
    struct soft s = resting(fx_config());
    assert_int_equal(s.rest.type, EB_ORDER_LIMIT_GTC);
    assert_true(s.rest.reduce_only);
    assert_px(s.rest.price, "101");
    assert_qt(s.rest.qty, "4");
    assert_int_equal(s.rest.reason, EB_EXIT_TARGET);
    assert_int_equal(state_of(s.f, 1), EB_LEG_RESTING);
    struct eb_evidence ev = fx_evidence(s.f, 0);
    fx_last(s.f, "100");
    ev = fx_evidence(s.f, 0);
    assert_int_equal(fx_level(&ev, 1, EB_STOP_NONE)->why, EB_WHY_RESTING);
    fx_fill(s.f, &s.rest, "101", "1");
    assert_int_equal(state_of(s.f, 1), EB_LEG_RESTING);
    fx_fill(s.f, &s.rest, "101", "3");
    assert_int_equal(state_of(s.f, 1), EB_LEG_HIT);
    assert_int_equal(fx_nth(s.f, EB_ACT_EXIT, 0)->u.exit.reason, EB_EXIT_TARGET);
    fx_free(s.f);
}

static void a_refused_one_is_placed_again(void **state)
{
    (void)state;
    struct soft s = resting(fx_config());
    fx_order(s.f, s.rest.client_id, EB_OS_CANCELED); /* somebody else's hand */
    assert_int_equal(fx_submits(s.f, EB_PURPOSE_SOFT), 0);
    fx_run(s.f, 500);
    assert_qt(fx_submit(s.f, EB_PURPOSE_SOFT, 0)->qty, "4");
    fx_free(s.f);
}

/* What limits hold back merely waits, and is told of once it goes on; a refusal on its merits is told at once. */
static void one_that_is_throttled_alarms_once_it_goes_on(void **state)
{
    (void)state;
    struct soft s = resting(fx_config());
    fx_order(s.f, s.rest.client_id, EB_OS_CANCELED);
    for (unsigned i = 0; i < 5; i++) { /* the fifth is the sixth end in a row without a fill */
        assert_int_equal(fx_alerts(s.f, EB_ALERT_ORDER_REFUSED), 0);
        fx_clear(s.f);
        fx_run(s.f, 20000);
        assert_int_equal(fx_submits(s.f, EB_PURPOSE_SOFT), 1);
        fx_reject(s.f, fx_submit(s.f, EB_PURPOSE_SOFT, 0)->client_id, EB_REJ_RETRY);
    }
    assert_int_equal(fx_alerts(s.f, EB_ALERT_ORDER_REFUSED), 1);
    fx_free(s.f);
    s = resting(fx_config());
    fx_reject(s.f, s.rest.client_id, EB_REJ_FIX);
    assert_int_equal(fx_alerts(s.f, EB_ALERT_ORDER_REFUSED), 1);
    fx_free(s.f);
}

static void reached_for_long_it_goes_to_market(void **state)
{
    (void)state;
    struct soft s = resting(fx_config());
    fx_book(s.f, "101", "101.1");
    fx_fill(s.f, &s.rest, "101", "1");
    fx_run(s.f, 1500);
    fx_book(s.f, "101.2", "101.3");
    fx_run(s.f, 1499);
    assert_int_equal(fx_count(s.f, EB_ACT_CANCEL), 0);
    fx_run(s.f, 1);
    assert_true(fx_cancelled(s.f, s.rest.client_id));
    assert_int_equal(fx_submits(s.f, EB_PURPOSE_TARGET), 0); /* only after the cancel is confirmed */
    fx_order_told(s.f, s.rest.client_id, EB_OS_CANCELED, "1");
    const struct eb_order_request *o = fx_submit(s.f, EB_PURPOSE_TARGET, 0);
    assert_qt(o->qty, "3"); /* only the unfilled rest */
    assert_int_equal(o->type, EB_ORDER_MARKET);
    assert_int_equal(o->client_id.leg, 1);
    fx_filled(s.f, o, "101.2");
    assert_int_equal(state_of(s.f, 1), EB_LEG_HIT);
    fx_free(s.f);
}

static void on_a_retrace_it_goes_on_resting(void **state)
{
    (void)state;
    struct soft s = resting(fx_config());
    fx_book(s.f, "101", "101.1");
    fx_run(s.f, 2000);
    fx_book(s.f, "100.9", "101");
    fx_run(s.f, 500);
    fx_book(s.f, "101", "101.1"); /* the time begins anew */
    fx_run(s.f, 1500);
    fx_book(s.f, "101", "101.1");
    fx_run(s.f, 1000);
    assert_int_equal(fx_count(s.f, EB_ACT_CANCEL), 0);
    fx_run(s.f, 500);
    assert_int_equal(fx_count(s.f, EB_ACT_CANCEL), 1);
    fx_book(s.f, "100.9", "101"); /* gone again before the cancel was confirmed */
    fx_clear(s.f);
    fx_order(s.f, s.rest.client_id, EB_OS_CANCELED);
    assert_int_equal(fx_submits(s.f, EB_PURPOSE_TARGET), 0);
    assert_int_equal(fx_submits(s.f, EB_PURPOSE_SOFT), 1);
    assert_int_equal(state_of(s.f, 1), EB_LEG_RESTING);
    fx_free(s.f);
}

static void an_old_price_sends_nothing_to_market(void **state)
{
    (void)state;
    struct soft s = resting(fx_config());
    fx_book(s.f, "101", "101.1");
    fx_run(s.f, 10000); /* no news since */
    assert_int_equal(fx_count(s.f, EB_ACT_CANCEL), 0);
    fx_free(s.f);
}

static void a_moved_leg_moves_its_order(void **state)
{
    (void)state;
    static const int64_t moved[2][2] = {{600000, 400000}, {1000000, 600000}};
    struct soft s = resting(fx_config());
    struct eb_verdict v = v_none();
    v_legs(&v, 2, LEGS);
    v.decision[0].u.targets.leg[0].soft = true;
    fx_verdict(s.f, &v); /* the same: it stays where it is */
    assert_int_equal(fx_count(s.f, EB_ACT_CANCEL), 0);
    assert_int_equal(state_of(s.f, 1), EB_LEG_RESTING);
    v = v_none();
    v_legs(&v, 2, moved);
    v.decision[0].u.targets.leg[0].soft = true;
    fx_verdict(s.f, &v);
    assert_true(fx_cancelled(s.f, s.rest.client_id));
    assert_int_equal(fx_submits(s.f, EB_PURPOSE_SOFT), 0);
    fx_fill(s.f, &s.rest, "101", "1"); /* a fill on the last inch counts for the leg, and does not end it */
    assert_int_equal(state_of(s.f, 1), EB_LEG_ARMED);
    fx_order_told(s.f, s.rest.client_id, EB_OS_CANCELED, "1");
    assert_px(fx_submit(s.f, EB_PURPOSE_SOFT, 0)->price, "101.2");
    assert_qt(fx_submit(s.f, EB_PURPOSE_SOFT, 0)->qty, "3");
    fx_free(s.f);
}

static void a_removed_leg_takes_its_order_along(void **state)
{
    (void)state;
    struct soft s = resting(fx_config());
    struct eb_verdict v = v_none();
    v_legs(&v, 0, LEGS);
    fx_verdict(s.f, &v);
    assert_true(fx_cancelled(s.f, s.rest.client_id));
    fx_order(s.f, s.rest.client_id, EB_OS_CANCELED);
    assert_int_equal(fx_submits(s.f, EB_PURPOSE_SOFT), 0);
    fx_free(s.f);
}

static void another_size_is_another_order(void **state)
{
    (void)state;
    struct soft s = resting(fx_config());
    fx_open(s.f, EB_LONG, "5", "100"); /* somebody halved it */
    assert_true(fx_cancelled(s.f, s.rest.client_id));
    fx_order(s.f, s.rest.client_id, EB_OS_CANCELED);
    assert_qt(fx_submit(s.f, EB_PURPOSE_SOFT, 0)->qty, "2");
    fx_free(s.f);
}

static void a_pause_takes_it_back(void **state)
{
    (void)state;
    struct soft s = resting(fx_config());
    fx_command(s.f, EB_CMD_PAUSE, EB_NO_SYMBOL);
    fx_clock(s.f);
    assert_true(fx_cancelled(s.f, s.rest.client_id));
    fx_order(s.f, s.rest.client_id, EB_OS_CANCELED);
    assert_int_equal(fx_submits(s.f, EB_PURPOSE_SOFT), 0);
    fx_command(s.f, EB_CMD_RESUME, EB_NO_SYMBOL);
    fx_clock(s.f);
    assert_int_equal(fx_submits(s.f, EB_PURPOSE_SOFT), 1);
    fx_free(s.f);
}

static void live_to_shadow_takes_it_back(void **state)
{
    (void)state;
    struct soft s = resting(fx_config());
    fx_mode(s.f, EB_EXIT_MODE_EXIT_BRAIN_V3, false, true);
    fx_clock(s.f);
    assert_true(fx_cancelled(s.f, s.rest.client_id));
    assert_int_equal(fx_count(s.f, EB_ACT_SUBMIT), 0);
    fx_free(s.f);
}

static void a_short_rests_above_nothing(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "102");
    v_legs(&v, 2, LEGS);
    v.decision[1].u.targets.leg[0].soft = true;
    fx_mark(f, "100");
    fx_say(f, &v);
    fx_open(f, EB_SHORT, "10", "100");
    const struct eb_order_request rest = *fx_submit(f, EB_PURPOSE_SOFT, 0);
    assert_int_equal(rest.order_side, EB_BUY);
    assert_px(rest.price, "99");
    fx_order(f, rest.client_id, EB_OS_NEW);
    for (unsigned i = 0; i < 4; i++) {
        fx_book(f, "98.8", "98.9");
        fx_run(f, 1000);
    }
    assert_true(fx_cancelled(f, rest.client_id));
    fx_free(f);
}

/* Everything rests: the last leg makes room for a partial close, and rests again with what that leaves. */
static void a_partial_close_is_made_room_for(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 2, LEGS);
    v.decision[1].u.targets.leg[0].soft = v.decision[1].u.targets.leg[1].soft = true;
    fx_mark(f, "100");
    fx_say(f, &v);
    fx_open(f, EB_LONG, "10", "100");
    const struct eb_order_request last = *fx_submit(f, EB_PURPOSE_SOFT, 1);
    fx_order(f, fx_submit(f, EB_PURPOSE_SOFT, 0)->client_id, EB_OS_NEW);
    fx_order(f, last.client_id, EB_OS_NEW);
    fx_clear(f);
    v = v_none();
    v_partial(&v, 500000);
    fx_verdict(f, &v);
    assert_int_equal(fx_count(f, EB_ACT_CANCEL), 1);
    assert_true(fx_cancelled(f, last.client_id));
    assert_int_equal(fx_count(f, EB_ACT_SUBMIT), 0);
    fx_mark(f, "100"); /* while it waits nothing is placed */
    assert_int_equal(fx_count(f, EB_ACT_SUBMIT), 0);
    fx_order(f, last.client_id, EB_OS_CANCELED);
    assert_int_equal(fx_submits(f, EB_PURPOSE_PARTIAL), 1);
    assert_qt(fx_submit(f, EB_PURPOSE_PARTIAL, 0)->qty, "5");
    assert_int_equal(fx_submits(f, EB_PURPOSE_SOFT), 1);
    assert_qt(fx_submit(f, EB_PURPOSE_SOFT, 0)->qty, "1");
    fx_free(f);
}

/* The stop comes first: what waited for room is part of it. */
static void a_stop_takes_over_a_partial_close_that_waits(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 2, LEGS);
    v.decision[1].u.targets.leg[0].soft = v.decision[1].u.targets.leg[1].soft = true;
    fx_mark(f, "100");
    fx_say(f, &v);
    fx_open(f, EB_LONG, "10", "100");
    const struct eb_order_request last = *fx_submit(f, EB_PURPOSE_SOFT, 1);
    fx_order(f, last.client_id, EB_OS_NEW);
    v = v_none();
    v_partial(&v, 500000);
    fx_verdict(f, &v);
    fx_clear(f);
    fx_mark(f, "98");
    fx_order(f, last.client_id, EB_OS_CANCELED);
    assert_int_equal(fx_submits(f, EB_PURPOSE_PARTIAL), 0);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    assert_qt(fx_submit(f, EB_PURPOSE_STOP, 0)->qty, "6");
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_partial_close_is_made_room_for),
        cmocka_unit_test(a_stop_takes_over_a_partial_close_that_waits),
        cmocka_unit_test(it_rests_at_its_level),
        cmocka_unit_test(a_refused_one_is_placed_again),
        cmocka_unit_test(one_that_is_throttled_alarms_once_it_goes_on),
        cmocka_unit_test(reached_for_long_it_goes_to_market),
        cmocka_unit_test(on_a_retrace_it_goes_on_resting),
        cmocka_unit_test(an_old_price_sends_nothing_to_market),
        cmocka_unit_test(a_moved_leg_moves_its_order),
        cmocka_unit_test(a_removed_leg_takes_its_order_along),
        cmocka_unit_test(another_size_is_another_order),
        cmocka_unit_test(a_pause_takes_it_back),
        cmocka_unit_test(live_to_shadow_takes_it_back),
        cmocka_unit_test(a_short_rests_above_nothing),
    };
    return cmocka_run_group_tests_name("engine/soft", tests, NULL, NULL);
}
