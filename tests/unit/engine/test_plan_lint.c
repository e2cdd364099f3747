/* SPDX-License-Identifier: Apache-2.0 */
/* An accepted plan that will not do what was meant is said once. */
#include "fixture.h"

#include "domain/lint.h"

static const int64_t NEAR[2][2] = {{20000, 500000}, {1500000, 500000}};
static const int64_t FAR[2][2] = {{500000, 500000}, {1500000, 500000}};

/* Stop 98 of a LONG at 100: R 2, so that the first leg lies 0.04 % away, and a round trip costs 0.08 %. */
static struct eb_verdict plan(const int64_t (*legs)[2], const char *stop)
{
    struct eb_verdict v = v_none();
    v_stop(&v, stop);
    v_legs(&v, 2, legs);
    return v;
}

static void open_with(struct fx *f, enum eb_side side, const struct eb_verdict *v)
{
    fx_mark(f, "100");
    fx_say(f, v);
    fx_open(f, side, "10", "100");
}

static void a_leg_below_fees_is_said_once(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = plan(NEAR, "98");
    open_with(f, EB_LONG, &v);
    assert_int_equal(fx_alerts(f, EB_ALERT_LINT), 1);
    const struct eb_alert *a = fx_alert(f, EB_ALERT_LINT);
    assert_int_equal(a->code, EB_LINT_LEG_FEES);
    assert_string_equal(a->text, "leg 1 lies 0.04 % from entry, a round trip costs 0.0801 %");
    assert_int_equal(a->price.e8, 100 * EB_E8);
    v = plan(NEAR, "98.5"); /* another plan with the same finding */
    fx_verdict(f, &v);
    assert_int_equal(fx_evidence(f, 0).ctx.plan_revision, 2);
    assert_int_equal(fx_alerts(f, EB_ALERT_LINT), 1);
    fx_flat(f);
    fx_clear(f);
    v = plan(NEAR, "98");
    open_with(f, EB_LONG, &v); /* another episode */
    assert_int_equal(fx_alerts(f, EB_ALERT_LINT), 1);
    fx_free(f);
}

/* Two kinds of finding by turns, as of a policy that answers one thing at a time, are two alerts. */
static void findings_by_turns_are_said_once_each(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    static const char *const stops[] = {"98", "98.1", "98.2", "98.3", "98.4", "98.5"};
    const int64_t crossing[2][2] = {{1500000, 500000}, {500000, 500000}}; /* the second lies nearer than the first */
    struct eb_verdict v = plan(NEAR, stops[0]);
    open_with(f, EB_LONG, &v);
    for (unsigned i = 1; i < 6; i++) {
        v = plan(i % 2 == 1 ? crossing : NEAR, stops[i]);
        fx_verdict(f, &v);
    }
    assert_int_equal(fx_evidence(f, 0).ctx.plan_revision, 6);
    assert_int_equal(fx_alerts(f, EB_ALERT_LINT), 2);
    fx_free(f);
}

static void good_plans_and_kept_ones_say_nothing(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = plan(FAR, "98");
    open_with(f, EB_SHORT, &v); /* a SHORT's stop below entry: refused, not linted */
    assert_int_equal(fx_alerts(f, EB_ALERT_VERDICT_REFUSED), 1);
    assert_int_equal(fx_alerts(f, EB_ALERT_LINT), 0);
    fx_flat(f);
    open_with(f, EB_LONG, &v);
    assert_int_equal(fx_alerts(f, EB_ALERT_LINT), 0);
    assert_int_equal(fx_evidence(f, 0).ctx.plan_revision, 1);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leg_below_fees_is_said_once),
        cmocka_unit_test(findings_by_turns_are_said_once_each),
        cmocka_unit_test(good_plans_and_kept_ones_say_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
