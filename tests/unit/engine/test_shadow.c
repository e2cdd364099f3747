/* SPDX-License-Identifier: Apache-2.0 */
/* Shadow (semantics 8, 12): virtual fills, a virtual size of its own, and what becomes of it when modes change. */
#include "fixture.h"

static const int64_t LEGS[3][2] = {{500000, 300000}, {1000000, 300000}, {2000000, 400000}};

static struct eb_engine_config shadow_config(void)
{
    struct eb_engine_config c = fx_config();
    c.mode.executor_live = false;
    c.backstop = true;
    return c;
}

static struct fx *laddered(const struct eb_engine_config *c, enum eb_side side)
{
    struct fx *f = fx_new(c);
    struct eb_verdict v = v_none();
    v_stop(&v, side == EB_LONG ? "98" : "102");
    v_legs(&v, 3, LEGS);
    v.decision[1].u.targets.leg[1].soft = true;
    v_ratchet(&v);
    fx_open_with(f, side, "10", "100", &v);
    return f;
}

static void each_of_the_three_flags_keeps_it_a_shadow(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 8; flags++) {
        struct eb_engine_config c = fx_config();
        c.mode.exit_mode = (flags & 1) != 0 ? EB_EXIT_MODE_EXIT_BRAIN_V3 : EB_EXIT_MODE_LEGACY;
        c.mode.executor_live = (flags & 2) != 0;
        c.mode.rollout_enabled = (flags & 4) != 0;
        struct fx *f = fx_new(&c);
        fx_mark(f, "100");
        fx_open(f, EB_LONG, "10", "100");
        bool owner = (flags & 1) != 0;
        assert_int_equal(f->asked_count, owner);
        assert_int_equal(fx_alerts(f, EB_ALERT_FOREIGN_OWNER), !owner);
        if (owner) {
            assert_int_equal(f->asked[0].live, flags == 7);
        }
        fx_mark(f, "97.9");
        fx_book(f, "97.8", "97.9");
        assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), flags == 7);
        assert_int_equal(fx_count(f, EB_ACT_EXIT), owner && flags != 7);
        fx_free(f);
    }
}

static void fills_are_virtual_at_the_executable_side(void **state)
{
    (void)state;
    struct eb_engine_config c = shadow_config();
    struct fx *f = laddered(&c, EB_LONG);
    fx_mark(f, "102.2");
    fx_book(f, "102.1", "102.3"); /* a hard leg and a soft one: nothing rests, the level itself fills */
    assert_int_equal(fx_count(f, EB_ACT_SUBMIT), 0);
    assert_int_equal(fx_count(f, EB_ACT_EXIT), 2);
    const struct eb_exit *x = &fx_nth(f, EB_ACT_EXIT, 0)->u.exit;
    assert_true(x->virtual_fill);
    assert_px(x->price, "102.1");
    assert_px((eb_price){x->fee.e8}, "0.12252"); /* 3 * 102.1 at 4 bps */
    assert_qt(x->remaining, "7");
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_qt(ev.ctx.qty, "4"); /* its own virtual size */
    assert_int_equal(ev.ctx.hits, 2);
    assert_px(ev.ctx.stop, "101");
    assert_false(ev.ctx.live);
    fx_free(f);

    f = laddered(&c, EB_SHORT);
    fx_book(f, "98.8", "98.9");
    assert_px(fx_nth(f, EB_ACT_EXIT, 0)->u.exit.price, "98.9");
    fx_free(f);
}

static void no_slices_and_no_backstop(void **state)
{
    (void)state;
    struct eb_engine_config c = shadow_config();
    struct fx *f = fx_new(&c);
    struct eb_ev_instrument inst = fx_instrument(0);
    inst.market_max_qty = qt("0.01"); /* a thousand slices */
    fx_instrument_set(f, 0, &inst);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_mark(f, "98");
    assert_int_equal(fx_count(f, EB_ACT_EXIT), 1);
    assert_int_equal(fx_count(f, EB_ACT_SUBMIT), 0);
    assert_int_equal(fx_alerts(f, EB_ALERT_SHADOW), 1);
    assert_int_equal(fx_count(f, EB_ACT_EPISODE_END), 0); /* the real one is still there */
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_true(ev.open);
    assert_int_equal(fx_level(&ev, 0, EB_STOP_PLAN)->why, EB_WHY_SHADOW);
    fx_clear(f);
    fx_mark(f, "95");
    fx_run(f, 60000);
    assert_int_equal(fx_count(f, EB_ACT_EXIT) + fx_count(f, EB_ACT_CONSULT), 0);
    fx_flat(f);
    assert_int_equal(fx_count(f, EB_ACT_EPISODE_END), 1);
    fx_free(f);
}

static void without_a_price_nothing_fills(void **state)
{
    (void)state;
    struct eb_engine_config c = shadow_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_full_exit(&v);
    fx_say(f, &v);
    fx_open(f, EB_LONG, "10", "100");
    assert_int_equal(fx_count(f, EB_ACT_EXIT), 0);
    assert_int_equal(fx_alerts(f, EB_ALERT_ORDER_REFUSED), 1);
    fx_last(f, "99");
    fx_run(f, 2000);
    assert_px(fx_nth(f, EB_ACT_EXIT, 0)->u.exit.price, "99");
    fx_free(f);
}

static void it_runs_on_to_its_own_exit(void **state)
{
    (void)state;
    struct eb_engine_config c = shadow_config();
    struct fx *f = laddered(&c, EB_LONG);
    fx_open(f, EB_LONG, "6", "100"); /* the owner takes a profit of its own */
    assert_qt(fx_evidence(f, 0).ctx.qty, "10");
    fx_book(f, "101", "101.1");
    assert_qt(fx_evidence(f, 0).ctx.qty, "7");
    fx_open(f, EB_LONG, "8", "100.5"); /* an add is mirrored */
    assert_qt(fx_evidence(f, 0).ctx.qty, "9");
    fx_flat(f);
    assert_true(fx_evidence(f, 0).open);
    fx_mark(f, "98");
    assert_int_equal(fx_count(f, EB_ACT_EPISODE_END), 1);
    assert_false(fx_evidence(f, 0).open);
    fx_free(f);
}

static void a_new_real_position_ends_one_that_is_left_over(void **state)
{
    (void)state;
    struct eb_engine_config c = shadow_config();
    struct fx *f = laddered(&c, EB_LONG);
    fx_flat(f);
    fx_open(f, EB_LONG, "3", "100.2");
    assert_false(fx_nth(f, EB_ACT_EPISODE_END, 0)->u.end.reconciled);
    assert_int_equal(fx_evidence(f, 0).ctx.episode, 2);
    assert_qt(fx_evidence(f, 0).ctx.qty, "3");
    fx_open(f, EB_SHORT, "3", "100.2"); /* a flip too */
    assert_int_equal(fx_evidence(f, 0).ctx.episode, 3);
    fx_free(f);
}

static void adds_after_its_own_exit_are_censored(void **state)
{
    (void)state;
    struct eb_engine_config c = shadow_config();
    struct fx *f = laddered(&c, EB_LONG);
    fx_mark(f, "98");
    fx_clear(f);
    fx_open(f, EB_LONG, "15", "99");
    assert_qt(fx_evidence(f, 0).ctx.qty, "0");
    assert_int_equal(fx_count(f, EB_ACT_CONSULT), 0);
    fx_free(f);
}

static void going_live_rebuilds_from_the_venue(void **state)
{
    (void)state;
    struct eb_engine_config c = shadow_config();
    struct fx *f = laddered(&c, EB_LONG);
    fx_mark(f, "101.5");
    fx_book(f, "101.5", "101.6"); /* one virtual hit, a ratchet to entry */
    assert_int_equal(fx_evidence(f, 0).ctx.hits, 1);
    fx_clear(f);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, LEGS);
    fx_say(f, &v);
    fx_mode(f, EB_EXIT_MODE_EXIT_BRAIN_V3, true, true);
    fx_clock(f);
    assert_int_equal(f->asked[0].reason, EB_CONSULT_MODE);
    assert_int_equal(f->asked[0].plan_revision, 0);
    assert_qt(f->asked[0].qty, "10");
    assert_int_equal(f->asked[0].hits, 0);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_px(ev.ctx.stop, "98");
    assert_int_equal(fx_leg(&ev, 1)->state, EB_LEG_PARKED); /* 101: crossed when set, never fired */
    const struct eb_order_request *b = fx_submit(f, EB_PURPOSE_BACKSTOP, 0);
    assert_true(b->close_position);
    fx_mark(f, "98");
    assert_qt(fx_submit(f, EB_PURPOSE_STOP, 0)->qty, "10");
    fx_free(f);
}

static void going_live_with_a_virtual_exit_behind(void **state)
{
    (void)state;
    struct eb_engine_config c = shadow_config();
    struct fx *f = laddered(&c, EB_LONG);
    fx_mark(f, "98"); /* the shadow is out, the position is not */
    fx_clear(f);
    struct eb_verdict v = v_none();
    v_stop(&v, "97");
    fx_say(f, &v);
    fx_mode(f, EB_EXIT_MODE_EXIT_BRAIN_V3, true, true);
    fx_open(f, EB_LONG, "10", "100"); /* before the sweep has come round */
    assert_px(fx_stop(f), "97");
    assert_qt(fx_evidence(f, 0).ctx.qty, "10");
    fx_free(f);

    f = laddered(&c, EB_LONG);
    fx_flat(f); /* the shadow runs on alone */
    fx_clear(f);
    fx_mode(f, EB_EXIT_MODE_EXIT_BRAIN_V3, true, true);
    fx_clock(f);
    assert_int_equal(fx_count(f, EB_ACT_EPISODE_END), 1);
    assert_int_equal(fx_count(f, EB_ACT_CONSULT), 0);
    fx_free(f);
}

static void going_live_in_a_pause(void **state)
{
    (void)state;
    struct eb_engine_config c = shadow_config();
    struct fx *f = laddered(&c, EB_LONG);
    fx_command(f, EB_CMD_PAUSE, EB_NO_SYMBOL);
    fx_mode(f, EB_EXIT_MODE_EXIT_BRAIN_V3, true, true);
    fx_clock(f);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_true(ev.ctx.r_provisional);
    assert_px(ev.ctx.stop, "98");
    fx_free(f);
}

static void legacy_owns_then_gives(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.mode.exit_mode = EB_EXIT_MODE_LEGACY;
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    fx_open(f, EB_LONG, "10", "100");
    fx_mark(f, "90.1");
    fx_mark(f, "90");
    fx_run(f, 30000);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_false(ev.owned);
    assert_int_equal(f->asked_count, 0);
    fx_open(f, EB_LONG, "5", "100"); /* it has no size of its own: the real one is the size */
    assert_qt(fx_evidence(f, 0).ctx.qty, "5");
    fx_mark(f, "99");
    fx_mark(f, "99");
    fx_mode(f, EB_EXIT_MODE_EXIT_BRAIN_V3, true, true);
    fx_clock(f);
    assert_int_equal(f->asked_count, 1);
    assert_px(fx_stop(f), "98");
    fx_flat(f);
    assert_int_equal(fx_count(f, EB_ACT_EPISODE_END), 1);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_of_the_three_flags_keeps_it_a_shadow),
        cmocka_unit_test(fills_are_virtual_at_the_executable_side),
        cmocka_unit_test(no_slices_and_no_backstop),
        cmocka_unit_test(without_a_price_nothing_fills),
        cmocka_unit_test(it_runs_on_to_its_own_exit),
        cmocka_unit_test(a_new_real_position_ends_one_that_is_left_over),
        cmocka_unit_test(adds_after_its_own_exit_are_censored),
        cmocka_unit_test(going_live_rebuilds_from_the_venue),
        cmocka_unit_test(going_live_with_a_virtual_exit_behind),
        cmocka_unit_test(going_live_in_a_pause),
        cmocka_unit_test(legacy_owns_then_gives),
    };
    return cmocka_run_group_tests_name("engine/shadow", tests, NULL, NULL);
}
