/* SPDX-License-Identifier: Apache-2.0 */
/* What is crossed when set is parked, never fired (semantics 3): targets, stops, trails, ratchets. */
#include "fixture.h"

static const int64_t TWO_LEGS[2][2] = {{500000, 500000}, {1500000, 500000}};

/* LONG 10 at 100, adopted with price at 102: stop 98, legs 101 and 103. */
static struct fx *adopted(const struct eb_engine_config *c, const char *mark, const struct eb_verdict *v)
{
    struct fx *f = fx_new(c);
    fx_mark(f, mark);
    fx_say(f, v);
    struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
    p.adopted = true;
    fx_position(f, &p);
    return f;
}

static struct eb_verdict with_legs(void)
{
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 2, TWO_LEGS);
    return v;
}

static uint8_t state_of(const struct fx *f, uint8_t leg)
{
    struct eb_evidence ev = fx_evidence(f, 0);
    return fx_leg(&ev, leg)->state;
}

static void a_crossed_target_waits_until_price_was_behind_it(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct eb_verdict v = with_legs();
    struct fx *f = adopted(&c, "102", &v);
    assert_int_equal(state_of(f, 1), EB_LEG_PARKED);
    assert_int_equal(state_of(f, 2), EB_LEG_ARMED);
    assert_int_equal(fx_alert(f, EB_ALERT_PARKED)->code, 1);
    fx_book(f, "102", "102.1");
    fx_book(f, "101", "101.1"); /* at it is not behind it */
    assert_int_equal(state_of(f, 1), EB_LEG_PARKED);
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 0);
    fx_book(f, "100.99", "101.1");
    assert_int_equal(state_of(f, 1), EB_LEG_ARMED);
    fx_book(f, "101", "101.1");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 1);
    fx_free(f);
}

static void a_short_waits_for_the_ask(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "102");
    v_legs(&v, 2, TWO_LEGS);
    fx_mark(f, "98");
    fx_say(f, &v);
    struct eb_ev_position p = fx_pos(EB_SHORT, "10", "100");
    p.adopted = true;
    fx_position(f, &p);
    assert_int_equal(state_of(f, 1), EB_LEG_PARKED);
    fx_book(f, "98.5", "99");
    assert_int_equal(state_of(f, 1), EB_LEG_PARKED);
    fx_book(f, "98.5", "99.01");
    assert_int_equal(state_of(f, 1), EB_LEG_ARMED);
    fx_free(f);
}

static void an_operator_confirms_parked_targets(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct eb_verdict v = with_legs();
    struct fx *f = adopted(&c, "102", &v);
    fx_command(f, EB_CMD_REARM, 0);
    assert_int_equal(state_of(f, 1), EB_LEG_ARMED);
    fx_book(f, "102", "102.1");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 1);
    fx_free(f);
}

static void what_was_in_force_is_not_parked(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = with_legs();
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_book(f, "100", "100.1");
    fx_mark(f, "101.5"); /* the mark is beyond leg 1, the book is not there yet */
    struct eb_verdict more = v_none();
    v_ratchet(&more);
    fx_verdict(f, &more);
    assert_int_equal(state_of(f, 1), EB_LEG_ARMED);
    fx_verdict(f, &v); /* the same legs again: the same levels in force */
    assert_int_equal(state_of(f, 1), EB_LEG_ARMED);
    assert_int_equal(fx_alerts(f, EB_ALERT_PARKED), 0);
    static const int64_t moved[2][2] = {{600000, 500000}, {1500000, 500000}};
    struct eb_verdict other = v_none();
    v_legs(&other, 2, moved);
    fx_verdict(f, &other); /* 101.2: new, and crossed */
    assert_int_equal(state_of(f, 1), EB_LEG_PARKED);
    fx_clear(f);
    fx_verdict(f, &other);
    assert_int_equal(state_of(f, 1), EB_LEG_PARKED);
    assert_int_equal(fx_alerts(f, EB_ALERT_PARKED), 0); /* said once */
    fx_free(f);
}

static void a_crossed_stop_becomes_the_protective_one(void **state)
{
    (void)state;
    static const struct {
        enum eb_side side;
        const char *mark, *stop, *protective;
    } cases[] = {
        {EB_LONG, "97", "98", "96.8"}, /* 97 - 0.2 % of 100 */
        {EB_LONG, "98", "98", "97.8"}, /* inclusive */
        {EB_SHORT, "103", "102", "103.2"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = fx_config();
        struct fx *f = fx_new(&c);
        struct eb_verdict v = v_none();
        v_stop(&v, cases[i].stop);
        fx_mark(f, cases[i].mark);
        fx_say(f, &v);
        struct eb_ev_position p = fx_pos(cases[i].side, "10", "100");
        p.adopted = true;
        fx_position(f, &p);
        struct eb_evidence ev = fx_evidence(f, 0);
        assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
        assert_px(ev.ctx.stop, cases[i].protective);
        assert_int_equal(ev.ctx.stop_kind, EB_STOP_PROTECTIVE);
        assert_px(ev.initial_stop, cases[i].stop);
        assert_px(ev.ctx.r, "2");
        const struct eb_level_evidence *l = fx_level(&ev, 0, EB_STOP_NONE);
        assert_int_equal(l->why, EB_WHY_PARKED_STOP);
        assert_px(l->price, cases[i].stop);
        fx_mark(f, cases[i].protective);
        assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
        fx_free(f);
    }
}

static void where_no_stop_fits(void **state)
{
    (void)state;
    for (unsigned close = 0; close < 2; close++) {
        struct eb_engine_config c = fx_config();
        c.on_no_legal_stop = close != 0 ? EB_NO_STOP_CLOSE : EB_NO_STOP_ALARM;
        struct fx *f = fx_new(&c);
        struct eb_verdict v = v_none();
        v_stop(&v, "98");
        fx_mark(f, "96.9"); /* 95.8 + 1 is 96.8, and 96.7 the protective one would be */
        fx_say(f, &v);
        struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
        p.liquidation = px("95.8");
        fx_position(f, &p);
        assert_int_equal(fx_alerts(f, EB_ALERT_NO_LEGAL_STOP), 1);
        assert_int_equal(fx_submits(f, EB_PURPOSE_FULL_EXIT), close);
        if (close != 0) {
            assert_int_equal(fx_submit(f, EB_PURPOSE_FULL_EXIT, 0)->reason, EB_EXIT_EMERGENCY);
        }
        fx_free(f);
    }
}

static void a_move_that_is_crossed_leaves_the_stop_before(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_open_with(f, EB_LONG, "10", "100", &v);
    v = v_none();
    v_stop(&v, "101");
    fx_verdict(f, &v);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    assert_px(ev.ctx.plan_stop, "98");
    assert_px(ev.ctx.stop, "99.8");
    v = v_none();
    v_stop(&v, "99.9");
    fx_verdict(f, &v);
    ev = fx_evidence(f, 0);
    assert_px(ev.ctx.stop, "99.9");
    for (unsigned i = 0; i < ev.level_count; i++) { /* a legal one stands: what was parked is history */
        assert_int_not_equal(ev.level[i].why, EB_WHY_PARKED_STOP);
    }
    fx_free(f);
}

static void a_stop_about_to_act_is_not_taken_away(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_trail(&v, 0, 10000);
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_mark(f, "102"); /* trail 100.98 */
    fx_mark(f, "90");  /* a jump: waits */
    v = v_none();
    v_stop(&v, "99");
    v_trail(&v, 0, 5000);
    fx_say(f, &v);
    fx_command(f, EB_CMD_CONFIRM, 0); /* asks the policy now */
    assert_false(f->has_next);
    assert_px(fx_stop(f), "101.49"); /* the tightest of all, whatever price does meanwhile */
    fx_mark(f, "90");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_free(f);
}

static void a_trail_begins_at_the_current_price(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_mark(f, "104"); /* before there was a trail */
    fx_mark(f, "102");
    v = v_none();
    v_trail(&v, 500000, 10000);
    fx_verdict(f, &v);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_true(ev.ctx.trailing_active);
    assert_px(ev.ctx.peak, "102");
    assert_px(ev.ctx.stop, "100.98");
    fx_free(f);
}

static void a_wider_trail_keeps_what_was_reached(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_trail(&v, 0, 5000);
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_mark(f, "104");
    assert_px(fx_stop(f), "103.48");
    v = v_none();
    v_trail(&v, 0, 20000);
    fx_verdict(f, &v);
    assert_px(fx_stop(f), "103.48");
    assert_int_equal(fx_evidence(f, 0).ctx.stop_kind, EB_STOP_PROTECTIVE);
    assert_px(fx_evidence(f, 0).ctx.trail_stop, "101.92");
    v = v_none();
    v_add(&v, EB_SET_TRAILING)->u.trailing.off = true;
    fx_verdict(f, &v);
    assert_px(fx_stop(f), "103.48");
    assert_false(fx_evidence(f, 0).ctx.trailing_active);
    fx_free(f);
}

static void a_tighter_trail_that_is_crossed_goes_on_from_here(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_trail(&v, 0, 30000);
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_mark(f, "104"); /* stop 100.88 */
    fx_mark(f, "102");
    v = v_none();
    v_trail(&v, 0, 10000); /* 102.96 behind the peak: crossed */
    fx_verdict(f, &v);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    assert_px(ev.ctx.peak, "102");
    assert_px(ev.ctx.stop, "101.8"); /* the protective one; 100.98 the trail's */
    fx_free(f);
}

static void a_ratchet_that_is_crossed_is_parked(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = with_legs();
    v_ratchet(&v);
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_book(f, "101", "101.1");
    fx_mark(f, "99.5"); /* price was gone before the fill came */
    fx_filled(f, fx_submit(f, EB_PURPOSE_TARGET, 0), "101");
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_px(ev.ctx.ratchet_stop, "0");
    assert_px(ev.ctx.stop, "99.3");
    assert_int_equal(fx_alerts(f, EB_ALERT_PARKED), 1);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crossed_target_waits_until_price_was_behind_it),
        cmocka_unit_test(a_short_waits_for_the_ask),
        cmocka_unit_test(an_operator_confirms_parked_targets),
        cmocka_unit_test(what_was_in_force_is_not_parked),
        cmocka_unit_test(a_crossed_stop_becomes_the_protective_one),
        cmocka_unit_test(where_no_stop_fits),
        cmocka_unit_test(a_move_that_is_crossed_leaves_the_stop_before),
        cmocka_unit_test(a_stop_about_to_act_is_not_taken_away),
        cmocka_unit_test(a_trail_begins_at_the_current_price),
        cmocka_unit_test(a_wider_trail_keeps_what_was_reached),
        cmocka_unit_test(a_tighter_trail_that_is_crossed_goes_on_from_here),
        cmocka_unit_test(a_ratchet_that_is_crossed_is_parked),
    };
    return cmocka_run_group_tests_name("engine/parking", tests, NULL, NULL);
}
