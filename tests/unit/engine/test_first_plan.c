/* SPDX-License-Identifier: Apache-2.0 */
/* The first plan (semantics 2, 3): guard, R and when it freezes, what it must carry, loosening, the built-in plan. */
#include "fixture.h"

static struct fx *open_with(const struct eb_engine_config *c, enum eb_side side, const struct eb_verdict *v)
{
    struct fx *f = fx_new(c);
    fx_mark(f, "100");
    fx_say(f, v);
    fx_open(f, side, "10", "100");
    return f;
}

static void r_is_entry_to_the_rounded_stop(void **state)
{
    (void)state;
    static const struct {
        enum eb_side side;
        const char *entry, *stop; /* NULL: 1.5 percent */
        const char *rounded, *r;
    } cases[] = {
        {EB_LONG, "100", "98.001", "98.01", "1.99"}, /* the tick that loses less */
        {EB_SHORT, "100", "101.999", "101.99", "1.99"},
        {EB_LONG, "100.00333333", "98", "98", "2.00333333"}, /* the venue's exact average, unrounded */
        {EB_LONG, "100.00333333", NULL, "98.51", "1.49333333"},
        {EB_SHORT, "100.00333333", NULL, "101.5", "1.49666667"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = fx_config();
        struct fx *f = fx_new(&c);
        struct eb_verdict v = v_none();
        if (cases[i].stop != NULL) {
            v_stop(&v, cases[i].stop);
        } else {
            v_stop_pct(&v, 15000);
        }
        fx_open_with(f, cases[i].side, "10", cases[i].entry, &v);
        struct eb_evidence ev = fx_evidence(f, 0);
        assert_px(ev.ctx.stop, cases[i].rounded);
        assert_px(ev.initial_stop, cases[i].rounded);
        assert_px(ev.ctx.r, cases[i].r);
        assert_int_equal(ev.ctx.stop_kind, EB_STOP_PLAN);
        assert_int_equal(ev.ctx.plan_revision, 1);
        assert_false(ev.ctx.r_provisional);
        assert_int_equal(ev.verdicts_accepted, 1);
        assert_string_equal(ev.last_reason, "scripted");
        fx_free(f);
    }
}

static void a_stop_too_near_or_beyond_needs_a_risk_price(void **state)
{
    (void)state;
    static const struct {
        const char *stop, *risk_price;
        const char *r; /* NULL: refused */
    } cases[] = {
        {"99.8", NULL, "0.2"},  /* 0.2 % exactly */
        {"99.805", NULL, NULL}, /* up to 99.81: checked after rounding */
        {"99.81", "98", "2"},     {"100.5", NULL, NULL},
        {"100.5", "98.5", "1.5"}, /* crossed when set besides: it will be parked */
        {"99.9", "99.9", NULL},   /* no better than the stop */
        {"99.9", "101", NULL},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = fx_config();
        struct eb_verdict v = v_none();
        v_stop(&v, cases[i].stop);
        if (cases[i].risk_price != NULL) {
            v.decision[0].u.stop.risk_price = px(cases[i].risk_price);
        }
        struct fx *f = open_with(&c, EB_LONG, &v);
        struct eb_evidence ev = fx_evidence(f, 0);
        if (cases[i].r != NULL) {
            assert_px(ev.ctx.r, cases[i].r);
            assert_int_equal(ev.verdicts_refused, 0);
        } else {
            assert_int_equal(ev.verdicts_refused, 1);
            assert_int_equal(fx_alerts(f, EB_ALERT_VERDICT_REFUSED), 1);
            assert_int_equal(fx_alerts(f, EB_ALERT_BUILTIN_PLAN), 1); /* in the same turn */
            assert_true(ev.ctx.r_provisional);
            assert_px(ev.ctx.stop, "98");
        }
        fx_free(f);
    }
}

static void two_ticks_are_the_least(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_ev_instrument inst = fx_instrument(0);
    inst.tick = px("0.5");
    fx_instrument_set(f, 0, &inst);
    struct eb_verdict v = v_none();
    v_stop(&v, "99.5");
    fx_mark(f, "100");
    fx_say(f, &v);
    fx_open(f, EB_LONG, "10", "100");
    assert_int_equal(fx_alerts(f, EB_ALERT_VERDICT_REFUSED), 1);
    fx_free(f);
}

static void the_buffer_before_liquidation_holds(void **state)
{
    (void)state;
    static const struct {
        const char *liquidation, *stop;
        int64_t leverage_ppm;
        const char *in_force;
    } cases[] = {
        {"97", "95", 0, "98"}, /* 97 + 1 % of entry */
        {"97", "98.5", 0, "98.5"},
        {"0", "80", 10000000, "92"}, /* 0 is unknown: 100 * (1 - (0.1 - 0.01)) = 91, and the buffer */
        {"0", "80", 0, "80"},        /* nothing known: no buffer can be kept */
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = fx_config();
        struct fx *f = fx_new(&c);
        struct eb_verdict v = v_none();
        v_stop(&v, cases[i].stop);
        fx_mark(f, "100");
        fx_say(f, &v);
        struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
        p.liquidation = px(cases[i].liquidation);
        p.leverage_ppm = cases[i].leverage_ppm;
        fx_position(f, &p);
        assert_px(fx_stop(f), cases[i].in_force);
        fx_free(f);
    }
}

static void the_first_plan_must_carry_a_stop(void **state)
{
    (void)state;
    static const int64_t leg[1][2] = {{1000000, 500000}};
    struct eb_engine_config c = fx_config();
    struct eb_verdict v = v_none();
    v_legs(&v, 1, leg);
    struct fx *f = open_with(&c, EB_LONG, &v);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_int_equal(ev.verdicts_refused, 1);
    assert_int_equal(ev.ctx.leg_count, 0); /* nothing of a refused verdict stands */
    assert_px(ev.ctx.stop, "98");
    fx_free(f);

    v = v_none();
    v_full_exit(&v); /* but for one that closes */
    f = open_with(&c, EB_LONG, &v);
    assert_int_equal(fx_submits(f, EB_PURPOSE_FULL_EXIT), 1);
    assert_int_equal(fx_alerts(f, EB_ALERT_BUILTIN_PLAN), 0);
    fx_free(f);
}

static void the_built_in_plan_is_provisional(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    f->result = EB_POLICY_ERROR;
    fx_open(f, EB_LONG, "10", "100");
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_px(ev.ctx.r, "2");
    assert_true(ev.ctx.r_provisional);
    assert_int_equal(fx_alerts(f, EB_ALERT_POLICY_FAILED), 1);
    f->result = EB_POLICY_OK;
    struct eb_verdict v = v_none();
    v_stop(&v, "97"); /* looser than what stands: R is the policy's, the stop is not moved away */
    fx_verdict(f, &v);
    ev = fx_evidence(f, 0);
    assert_px(ev.ctx.r, "3");
    assert_px(ev.initial_stop, "97");
    assert_px(ev.ctx.stop, "98");
    assert_int_equal(ev.ctx.stop_kind, EB_STOP_PROTECTIVE);
    assert_false(ev.ctx.r_provisional);
    v = v_none();
    v_stop(&v, "98.5");
    fx_verdict(f, &v);
    ev = fx_evidence(f, 0);
    assert_px(ev.ctx.r, "3"); /* frozen */
    assert_px(ev.ctx.stop, "98.5");
    assert_int_equal(ev.ctx.stop_kind, EB_STOP_PLAN);
    fx_free(f);
}

static void a_plan_without_a_stop_freezes_the_built_in_r(void **state)
{
    (void)state;
    static const int64_t leg[1][2] = {{1000000, 500000}};
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    fx_open(f, EB_LONG, "10", "100"); /* nil */
    assert_true(fx_evidence(f, 0).ctx.r_provisional);
    assert_int_equal(fx_alerts(f, EB_ALERT_POLICY_FAILED), 0);
    struct eb_verdict v = v_none();
    v_legs(&v, 1, leg);
    fx_verdict(f, &v);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_false(ev.ctx.r_provisional);
    assert_px(fx_leg(&ev, 1)->price, "102");
    v = v_none();
    v_stop(&v, "98.5");
    fx_verdict(f, &v);
    assert_px(fx_evidence(f, 0).ctx.r, "2");
    fx_free(f);
}

static void the_built_in_stop_keeps_the_buffer_too(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
    p.liquidation = px("98.5");
    fx_position(f, &p);
    assert_px(fx_stop(f), "99.5");
    assert_px(fx_evidence(f, 0).ctx.r, "0.5");
    fx_free(f);
}

static void a_stop_never_loosens(void **state)
{
    (void)state;
    static const struct {
        bool says, consent;
        const char *balance;
        const char *stop; /* asked for: 97; 10 at risk of 3 are 30 */
    } cases[] = {
        {false, false, "10000", "98"}, {false, true, "10000", "98"}, {true, false, "10000", "98"},
        {true, true, "10000", "97"},   {true, true, "1500", "97"}, /* 2 % of it are 30 */
        {true, true, "1499", "98"},    {true, true, "0", "98"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = fx_config();
        c.allow_loosen = cases[i].consent;
        struct eb_verdict v = v_none();
        v_stop(&v, "98");
        struct fx *f = open_with(&c, EB_LONG, &v);
        fx_balance(f, cases[i].balance);
        v = v_none();
        v_stop(&v, "97");
        v.decision[0].u.stop.allow_loosen = cases[i].says;
        fx_verdict(f, &v);
        assert_px(fx_stop(f), cases[i].stop);
        assert_px(fx_evidence(f, 0).ctx.r, "2");
        if (strcmp(cases[i].stop, "98") == 0) {
            assert_string_equal(fx_evidence(f, 0).last_reason, "stop kept: the new one is looser");
        }
        fx_free(f);
    }
}

static void the_tightest_of_all_is_in_force(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_stop(&v, "98.5");
    v.decision[1].u.stop.risk_floor = true;
    struct fx *f = open_with(&c, EB_LONG, &v);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_px(ev.ctx.stop, "98.5");
    assert_int_equal(ev.ctx.stop_kind, EB_STOP_RISK_FLOOR);
    assert_px(ev.ctx.plan_stop, "98");
    assert_px(ev.ctx.risk_floor, "98.5");
    assert_px(ev.ctx.r, "2"); /* a floor is no stop of the plan */
    v = v_none();
    v_stop(&v, "98.2");
    v.decision[0].u.stop.risk_floor = true; /* lower: the floor does not sink */
    fx_verdict(f, &v);
    assert_px(fx_stop(f), "98.5");
    v = v_none();
    v_stop(&v, "99");
    fx_verdict(f, &v);
    assert_int_equal(fx_evidence(f, 0).ctx.stop_kind, EB_STOP_PLAN);
    assert_px(fx_stop(f), "99");
    fx_free(f);
}

static void verdicts_out_of_shape_are_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        struct eb_engine_config c = fx_config();
        struct eb_verdict v = v_none();
        v_stop(&v, "98");
        struct eb_decision *d = v_add(&v, EB_NO_CHANGE);
        if (i == 0) {
            v.count = EB_DECISIONS_MAX + 1;
        } else if (i == 1) {
            v.has_memory = true;
            v.memory.count = EB_MEMORY_MAX + 1;
        } else if (i == 2) {
            d->kind = EB_DECISION_KIND_COUNT;
        } else if (i == 3) {
            d->kind = EB_UPDATE_TP_LIMITS;
            d->u.targets.count = EB_LEGS_MAX + 1;
        } else if (i == 4) {
            d->kind = EB_SET_TRAILING;
            d->u.trailing.curve_count = EB_CURVE_MAX + 1;
        } else if (i == 5) {
            d->kind = EB_SET_RATCHET;
            d->u.ratchet.count = EB_RATCHET_MAX + 1;
        } else {
            static const int64_t fraction[] = {0, -1, EB_PPM + 1};
            d->kind = EB_PARTIAL_CLOSE;
            d->u.partial.fraction_ppm = fraction[i - 6];
        }
        struct fx *f = open_with(&c, EB_LONG, &v);
        struct eb_evidence ev = fx_evidence(f, 0);
        assert_int_equal(ev.verdicts_refused, 1);
        assert_int_equal(ev.last_result, EB_POLICY_INVALID);
        assert_true(ev.ctx.r_provisional);
        fx_free(f);
    }
}

static void a_refused_verdict_changes_nothing(void **state)
{
    (void)state;
    static const int64_t too_much[2][2] = {{1000000, 700000}, {2000000, 700000}};
    struct eb_engine_config c = fx_config();
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    struct fx *f = open_with(&c, EB_LONG, &v);
    uint64_t hash = eb_engine_durable_hash(f->e);
    v = v_none();
    v_stop(&v, "99");
    v_legs(&v, 2, too_much);
    fx_verdict(f, &v);
    assert_px(fx_stop(f), "98");
    assert_true(hash == eb_engine_durable_hash(f->e));
    v = v_none();
    v_trail(&v, 1000000, 0);
    fx_verdict(f, &v);
    v = v_none();
    v_add(&v, EB_MOVE_STOP)->u.stop.pct_ppm = EB_PPM; /* at zero there is no tick */
    fx_verdict(f, &v);
    assert_int_equal(fx_evidence(f, 0).verdicts_refused, 3);
    assert_true(hash == eb_engine_durable_hash(f->e));
    fx_free(f);
}

static void an_unchanged_plan_is_no_revision(void **state)
{
    (void)state;
    static const int64_t legs[2][2] = {{1000000, 500000}, {2000000, 500000}};
    struct eb_engine_config c = fx_config();
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 2, legs);
    v_trail(&v, 500000, 5000);
    v_ratchet(&v);
    struct fx *f = open_with(&c, EB_LONG, &v);
    fx_mark(f, "101.5"); /* the trail runs */
    assert_int_equal(fx_evidence(f, 0).ctx.stop_kind, EB_STOP_TRAIL);
    unsigned before = f->durable_steps;
    fx_verdict(f, &v);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_int_equal(ev.ctx.plan_revision, 1);
    assert_int_equal(ev.ctx.stop_kind, EB_STOP_TRAIL); /* said again, the trail stays the trail */
    assert_int_equal(f->durable_steps, before);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r_is_entry_to_the_rounded_stop),
        cmocka_unit_test(a_stop_too_near_or_beyond_needs_a_risk_price),
        cmocka_unit_test(two_ticks_are_the_least),
        cmocka_unit_test(the_buffer_before_liquidation_holds),
        cmocka_unit_test(the_first_plan_must_carry_a_stop),
        cmocka_unit_test(the_built_in_plan_is_provisional),
        cmocka_unit_test(a_plan_without_a_stop_freezes_the_built_in_r),
        cmocka_unit_test(the_built_in_stop_keeps_the_buffer_too),
        cmocka_unit_test(a_stop_never_loosens),
        cmocka_unit_test(the_tightest_of_all_is_in_force),
        cmocka_unit_test(verdicts_out_of_shape_are_refused),
        cmocka_unit_test(a_refused_verdict_changes_nothing),
        cmocka_unit_test(an_unchanged_plan_is_no_revision),
    };
    return cmocka_run_group_tests_name("engine/first_plan", tests, NULL, NULL);
}
