/* SPDX-License-Identifier: Apache-2.0 */
/* Renewing the backstop (semantics 6): bridge -> confirmed -> cancel old -> place new -> confirmed -> cancel bridge. */
#include "fixture.h"

struct bench {
    struct fx *f;
    struct eb_order_request old;
};

/* LONG 10 at 100, stop 98, backstop 97.4 confirmed; R = 2, so that a quarter of it is 0.5. */
static struct bench bench(enum eb_position_side leg)
{
    struct eb_engine_config c = fx_config();
    c.backstop = true;
    c.hedge = leg != EB_PS_BOTH;
    struct bench b = {.f = fx_new(&c)};
    fx_mark(b.f, "100");
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_say(b.f, &v);
    struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
    p.leverage_ppm = 0;
    p.position_side = (uint8_t)leg;
    fx_position(b.f, &p);
    b.old = *fx_submit(b.f, EB_PURPOSE_BACKSTOP, 0);
    fx_order(b.f, b.old.client_id, EB_OS_NEW);
    fx_clear(b.f);
    return b;
}

static void stay(struct fx *f, const char *mark, int64_t ms)
{
    for (int64_t done = 0; done < ms; done += 1000) {
        fx_mark(f, mark);
        fx_run(f, ms - done < 1000 ? ms - done : 1000);
    }
    fx_mark(f, mark);
}

/* Moves the stop there at the next consult. */
static void move(struct fx *f, const char *stop)
{
    struct eb_verdict v = v_none();
    v_stop(&v, stop);
    fx_verdict(f, &v);
}

static void the_sequence(void **state)
{
    (void)state;
    for (unsigned hedge = 0; hedge < 2; hedge++) {
        struct bench b = bench(hedge != 0 ? EB_PS_LONG : EB_PS_BOTH);
        stay(b.f, "100", 10000);
        fx_clear(b.f);
        move(b.f, "99");
        const struct eb_order_request bridge = *fx_submit(b.f, EB_PURPOSE_BRIDGE, 0);
        assert_int_equal(fx_count(b.f, EB_ACT_SUBMIT), 1);
        assert_false(bridge.close_position);
        assert_int_equal(bridge.reduce_only, hedge == 0);
        assert_int_equal(bridge.position_side, hedge != 0 ? EB_PS_LONG : EB_PS_BOTH);
        assert_int_equal(bridge.order_side, EB_SELL);
        assert_qt(bridge.qty, "10");
        assert_px(bridge.trigger, "98.4");
        assert_int_equal(fx_count(b.f, EB_ACT_CANCEL), 0);
        fx_order(b.f, bridge.client_id, EB_OS_NEW);
        assert_true(fx_cancelled(b.f, b.old.client_id));
        assert_int_equal(fx_submits(b.f, EB_PURPOSE_BACKSTOP), 0);
        assert_int_equal(fx_evidence(b.f, 0).protection, EB_PROTECTED);
        fx_order(b.f, b.old.client_id, EB_OS_CANCELED);
        const struct eb_order_request new = *fx_submit(b.f, EB_PURPOSE_BACKSTOP, 0);
        assert_px(new.trigger, "98.4");
        assert_true(new.close_position);
        assert_int_equal(fx_evidence(b.f, 0).protection, EB_PROTECTED); /* by the bridge */
        assert_false(fx_cancelled(b.f, bridge.client_id));
        fx_order(b.f, new.client_id, EB_OS_NEW);
        assert_true(fx_cancelled(b.f, bridge.client_id));
        fx_order(b.f, bridge.client_id, EB_OS_CANCELED);
        assert_int_equal(fx_evidence(b.f, 0).protection, EB_PROTECTED);
        assert_px(fx_evidence(b.f, 0).backstop, "98.4");
        assert_int_equal(fx_count(b.f, EB_ACT_SUBMIT), 2);
        struct eb_engine_stats stats;
        eb_engine_stats(b.f->e, &stats);
        assert_int_equal(stats.conditional_orders, 1);
        fx_free(b.f);
    }
}

/* The position ends while the new stop is on its way: nothing is left to protect, and nobody needs to know. */
static void refused_since_the_position_is_gone(void **state)
{
    (void)state;
    struct bench b = bench(EB_PS_BOTH);
    stay(b.f, "100", 10000);
    move(b.f, "99");
    fx_order(b.f, fx_submit(b.f, EB_PURPOSE_BRIDGE, 0)->client_id, EB_OS_NEW);
    fx_clear(b.f);
    fx_order(b.f, b.old.client_id, EB_OS_CANCELED);
    const struct eb_order_request new = *fx_submit(b.f, EB_PURPOSE_BACKSTOP, 0);
    fx_flat(b.f);
    fx_reject(b.f, new.client_id, EB_REJ_REDUCE_ONLY);
    assert_int_equal(fx_alerts(b.f, EB_ALERT_ORDER_REFUSED), 0);
    fx_free(b.f);
}

static void a_quarter_of_r_and_ten_seconds(void **state)
{
    (void)state;
    static const struct {
        int64_t after_ms;
        const char *stop;
        bool renews;
    } cases[] = {{10000, "98.5", true}, {10000, "98.49", false}, {20000, "98.49", false}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct bench b = bench(EB_PS_BOTH);
        stay(b.f, "100", cases[i].after_ms);
        move(b.f, cases[i].stop);
        assert_int_equal(fx_submits(b.f, EB_PURPOSE_BRIDGE), cases[i].renews);
        fx_free(b.f);
    }
    struct bench b = bench(EB_PS_BOTH); /* the trail moves it too early: it waits for the ten seconds */
    struct eb_verdict v = v_none();
    v_trail(&v, 500000, 5000);
    fx_say(b.f, &v);
    fx_command(b.f, EB_CMD_CONFIRM, 0);
    fx_clear(b.f);
    int64_t placed = FX_START_MS;
    stay(b.f, "101", placed + 9000 - b.f->now_ms);
    assert_int_equal(fx_submits(b.f, EB_PURPOSE_BRIDGE), 0);
    fx_run(b.f, placed + 9999 - b.f->now_ms);
    assert_int_equal(fx_submits(b.f, EB_PURPOSE_BRIDGE), 0);
    fx_run(b.f, 1);
    assert_px(fx_submit(b.f, EB_PURPOSE_BRIDGE, 0)->trigger, "99.9"); /* 100.5 (0.5 % behind 101) - 0.6 */
    fx_free(b.f);
}

static void a_refused_bridge_keeps_the_old_one(void **state)
{
    (void)state;
    struct bench b = bench(EB_PS_BOTH);
    stay(b.f, "100", 10000);
    fx_clear(b.f);
    move(b.f, "99");
    fx_reject(b.f, fx_submit(b.f, EB_PURPOSE_BRIDGE, 0)->client_id, EB_REJ_ALARM);
    assert_int_equal(fx_count(b.f, EB_ACT_CANCEL), 0);
    assert_int_equal(fx_evidence(b.f, 0).protection, EB_PROTECTED);
    assert_px(fx_evidence(b.f, 0).backstop, "97.4");
    stay(b.f, "100", 9000);
    assert_int_equal(fx_submits(b.f, EB_PURPOSE_BRIDGE), 1);
    stay(b.f, "100", 1000);
    assert_int_equal(fx_submits(b.f, EB_PURPOSE_BRIDGE), 2); /* and tries again */
    fx_free(b.f);
}

static void a_bridge_that_would_trigger(void **state)
{
    (void)state;
    struct bench b = bench(EB_PS_BOTH);
    stay(b.f, "100", 10000);
    move(b.f, "99");
    fx_clear(b.f);
    const eb_client_id bridge = {.instance = 1, .episode = 1, .attempt = 2, .purpose = EB_PURPOSE_BRIDGE};
    fx_reject(b.f, bridge, EB_REJ_WOULD_TRIGGER);
    assert_int_equal(fx_count(b.f, EB_ACT_REFRESH_PRICE), 1);
    struct eb_event ev = fx_event(b.f, EB_EV_PRICE, 0);
    ev.u.price = (struct eb_ev_price){
        .source = EB_SRC_MARK, .from_rest = true, .price = px("99.5"), .min = px("99.5"), .max = px("99.5")};
    assert_int_equal(fx_step(b.f, &ev), EB_OK); /* no breach: the old one stands as it stood */
    assert_int_equal(fx_evidence(b.f, 0).protection, EB_PROTECTED);
    assert_int_equal(fx_submits(b.f, EB_PURPOSE_BACKSTOP), 0);
    fx_free(b.f);
}

static void the_new_one_is_refused(void **state)
{
    (void)state;
    struct bench b = bench(EB_PS_BOTH);
    stay(b.f, "100", 10000);
    fx_clear(b.f);
    move(b.f, "99");
    const struct eb_order_request bridge = *fx_submit(b.f, EB_PURPOSE_BRIDGE, 0);
    fx_order(b.f, bridge.client_id, EB_OS_NEW);
    fx_order(b.f, b.old.client_id, EB_OS_CANCELED);
    fx_reject(b.f, fx_submit(b.f, EB_PURPOSE_BACKSTOP, 0)->client_id, EB_REJ_RETRY);
    assert_false(fx_cancelled(b.f, bridge.client_id)); /* the bridge stays as long as it is needed */
    assert_int_equal(fx_evidence(b.f, 0).protection, EB_PROTECTED);
    fx_run(b.f, 1000);
    fx_order(b.f, fx_submit(b.f, EB_PURPOSE_BACKSTOP, 1)->client_id, EB_OS_NEW);
    assert_true(fx_cancelled(b.f, bridge.client_id));
    fx_free(b.f);
}

static void lost_in_the_middle(void **state)
{
    (void)state;
    struct bench b = bench(EB_PS_BOTH);
    stay(b.f, "100", 10000);
    fx_clear(b.f);
    move(b.f, "99");
    const struct eb_order_request bridge = *fx_submit(b.f, EB_PURPOSE_BRIDGE, 0);
    fx_order(b.f, b.old.client_id, EB_OS_CANCELED); /* the old one goes first */
    assert_int_equal(fx_submits(b.f, EB_PURPOSE_BACKSTOP), 0);
    fx_reject(b.f, bridge.client_id, EB_REJ_NONE); /* and then the bridge is refused */
    fx_run(b.f, 1000);
    assert_int_equal(fx_submits(b.f, EB_PURPOSE_BACKSTOP), 1); /* nothing stands: placed as if it were the first */
    fx_free(b.f);
}

static void a_cancel_of_the_old_one_is_lost(void **state)
{
    (void)state;
    struct bench b = bench(EB_PS_BOTH);
    stay(b.f, "100", 10000);
    fx_clear(b.f);
    move(b.f, "99");
    fx_order(b.f, fx_submit(b.f, EB_PURPOSE_BRIDGE, 0)->client_id, EB_OS_NEW);
    fx_clear(b.f);
    fx_cancel_failed(b.f, b.old.client_id, EB_OS_NONE, EB_REJ_RETRY);
    fx_run(b.f, 500);
    assert_int_equal(fx_count(b.f, EB_ACT_QUERY), 1);
    struct eb_event ev = fx_event(b.f, EB_EV_ORDER, 0);
    ev.u.order = (struct eb_ev_order){.client_id = b.old.client_id, .state = EB_OS_NEW, .from_query = true};
    assert_int_equal(fx_step(b.f, &ev), EB_OK);
    assert_true(fx_cancelled(b.f, b.old.client_id));
    fx_free(b.f);
}

static void on_the_wrong_side_it_moves_at_once(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.backstop = true;
    c.allow_loosen = true;
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_say(f, &v);
    struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
    p.leverage_ppm = 0;
    fx_position(f, &p);
    fx_order(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->client_id, EB_OS_NEW);
    fx_clear(f);
    v = v_none();
    v_stop(&v, "97");
    v.decision[0].u.stop.allow_loosen = true;
    fx_say(f, &v);
    fx_command(f, EB_CMD_CONFIRM, 0); /* at once: the backstop at 97.4 now stands before the stop at 97 */
    assert_px(fx_submit(f, EB_PURPOSE_BRIDGE, 0)->trigger, "96.4");
    fx_free(f);

    struct bench b = bench(EB_PS_BOTH);
    p.liquidation = px("96.6"); /* the buffer ends at 97.6, beyond the backstop */
    fx_position(b.f, &p);
    assert_px(fx_submit(b.f, EB_PURPOSE_BRIDGE, 0)->trigger, "97.6");
    fx_free(b.f);
}

static void a_quantity_stop_follows_the_size(void **state)
{
    (void)state;
    for (unsigned hedge = 0; hedge < 2; hedge++) {
        struct eb_engine_config c = fx_config();
        c.backstop = true;
        c.hedge = hedge != 0;
        struct fx *f = fx_new(&c);
        fx_mark(f, "100");
        struct eb_verdict v = v_none();
        v_stop(&v, "98");
        fx_say(f, &v);
        struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
        p.leverage_ppm = 0;
        p.position_side = hedge != 0 ? EB_PS_LONG : EB_PS_BOTH;
        fx_position(f, &p);
        fx_reject(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->client_id, EB_REJ_EXISTS);
        fx_order(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 1)->client_id, EB_OS_NEW);
        fx_clear(f);
        p.qty = qt("6"); /* smaller: reduce-only fits by itself, a hedge leg's order does not */
        fx_position(f, &p);
        assert_int_equal(fx_submits(f, EB_PURPOSE_BRIDGE), hedge);
        p.qty = qt("14"); /* larger: it would not cover */
        if (hedge == 0) {
            fx_position(f, &p);
            assert_qt(fx_submit(f, EB_PURPOSE_BRIDGE, 0)->qty, "14");
        }
        fx_free(f);
    }
}

static void a_trip_or_a_close_on_its_way_renews_nothing(void **state)
{
    (void)state;
    struct bench b = bench(EB_PS_BOTH);
    struct eb_verdict v = v_none();
    v_stop(&v, "99");
    v_full_exit(&v);
    stay(b.f, "100", 10000);
    fx_verdict(b.f, &v);
    assert_int_equal(fx_submits(b.f, EB_PURPOSE_FULL_EXIT), 1);
    assert_int_equal(fx_submits(b.f, EB_PURPOSE_BRIDGE), 0);
    assert_int_equal(fx_count(b.f, EB_ACT_CANCEL), 0); /* the backstop stays until flat */
    fx_filled(b.f, fx_submit(b.f, EB_PURPOSE_FULL_EXIT, 0), "100");
    assert_true(fx_cancelled(b.f, b.old.client_id));
    fx_free(b.f);
}

static void without_a_slot_the_bridge_waits(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.backstop = true;
    c.slots_max = 2;
    c.slots_reserve = 0;
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_say(f, &v);
    struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
    p.leverage_ppm = 0;
    fx_position(f, &p);
    fx_order(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->client_id, EB_OS_NEW);
    fx_snapshot_begin(f);
    fx_position(f, &p);
    struct eb_event ev = fx_event(f, EB_EV_OPEN_ORDER, 1);
    ev.u.open_order = (struct eb_ev_open_order){.type = EB_ORDER_STOP_MARKET, .state = EB_OS_NEW};
    assert_int_equal(fx_step(f, &ev), EB_OK);
    fx_snapshot_end(f);
    fx_clock(f);
    stay(f, "100", 10000);
    fx_clear(f);
    move(f, "99");
    assert_int_equal(fx_submits(f, EB_PURPOSE_BRIDGE), 0);
    fx_snapshot_begin(f);
    fx_position(f, &p);
    const struct eb_ev_open_order ours = {
        .client_id = {.instance = 1, .episode = 1, .attempt = 1, .purpose = EB_PURPOSE_BACKSTOP},
        .type = EB_ORDER_STOP_MARKET,
        .state = EB_OS_NEW};
    fx_open_order(f, &ours);
    fx_snapshot_end(f);
    stay(f, "100", 1000);
    assert_int_equal(fx_submits(f, EB_PURPOSE_BRIDGE), 1);
    fx_free(f);
}

static void what_stays_in_shadow_and_after_a_release(void **state)
{
    (void)state;
    struct bench b = bench(EB_PS_BOTH);
    fx_mode(b.f, EB_EXIT_MODE_EXIT_BRAIN_V3, false, true);
    fx_clock(b.f);
    stay(b.f, "100", 12000);
    assert_int_equal(fx_count(b.f, EB_ACT_CANCEL) + fx_count(b.f, EB_ACT_SUBMIT), 0); /* left, and listed */
    assert_px(fx_evidence(b.f, 0).backstop, "97.4");
    fx_free(b.f);

    b = bench(EB_PS_BOTH);
    fx_command(b.f, EB_CMD_RELEASE, 0);
    assert_px(fx_alert(b.f, EB_ALERT_FOREIGN_OWNER)->price, "97.4"); /* named */
    fx_order(b.f, b.old.client_id, EB_OS_CANCELED);
    stay(b.f, "100", 12000);
    assert_int_equal(fx_count(b.f, EB_ACT_SUBMIT), 0);
    assert_int_equal(fx_alerts(b.f, EB_ALERT_UNPROTECTED), 0);
    fx_free(b.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sequence),
        cmocka_unit_test(refused_since_the_position_is_gone),
        cmocka_unit_test(a_quarter_of_r_and_ten_seconds),
        cmocka_unit_test(a_refused_bridge_keeps_the_old_one),
        cmocka_unit_test(a_bridge_that_would_trigger),
        cmocka_unit_test(the_new_one_is_refused),
        cmocka_unit_test(lost_in_the_middle),
        cmocka_unit_test(a_cancel_of_the_old_one_is_lost),
        cmocka_unit_test(on_the_wrong_side_it_moves_at_once),
        cmocka_unit_test(a_quantity_stop_follows_the_size),
        cmocka_unit_test(a_trip_or_a_close_on_its_way_renews_nothing),
        cmocka_unit_test(without_a_slot_the_bridge_waits),
        cmocka_unit_test(what_stays_in_shadow_and_after_a_release),
    };
    return cmocka_run_group_tests_name("engine/renewal", tests, NULL, NULL);
}
