/* SPDX-License-Identifier: Apache-2.0 */
/* Plans that are formed while no price is fresh: the first price parks what it has crossed, and fires nothing of it
 * (semantics 3). A start reads positions before any price has come. */
#include "fixture.h"

static struct fx *adopted(bool soft)
{
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_leg_prices(&v, 2, (const char *const[]){"103", "106"}, (const int64_t[]){400000, 400000});
    v.decision[v.count - 1].u.targets.leg[0].soft = soft;
    fx_say(f, &v);
    struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
    p.adopted = true;
    fx_position(f, &p);
    assert_px(fx_stop(f), "98");
    return f;
}

static void a_stop_that_the_first_price_has_crossed_is_parked(void **state)
{
    (void)state;
    struct fx *f = adopted(false);
    fx_mark(f, "97");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    assert_int_equal(fx_alerts(f, EB_ALERT_PARKED), 1);
    assert_px(fx_stop(f), "96.8");
    fx_mark(f, "96.8");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_free(f);
}

static void a_target_that_it_has_crossed_is_parked(void **state)
{
    (void)state;
    for (int soft = 0; soft < 2; soft++) {
        struct fx *f = adopted(soft != 0);
        assert_int_equal(fx_count(f, EB_ACT_SUBMIT), 0);
        fx_mark(f, "104");
        fx_last(f, "104");
        assert_int_equal(fx_count(f, EB_ACT_SUBMIT), 0);
        struct eb_evidence ev = fx_evidence(f, 0);
        assert_int_equal(fx_leg(&ev, 1)->state, EB_LEG_PARKED);
        assert_int_equal(fx_leg(&ev, 2)->state, EB_LEG_ARMED);
        fx_last(f, "102.5"); /* behind it again */
        fx_last(f, "103");
        assert_int_equal(fx_submits(f, soft != 0 ? EB_PURPOSE_SOFT : EB_PURPOSE_TARGET), 1);
        fx_free(f);
    }
}

/* Also a book alone decides: substitutes must not find a stop that nothing has judged. */
static void any_source_judges(void **state)
{
    (void)state;
    struct fx *f = adopted(false);
    fx_book(f, "97", "97.1");
    fx_wait(f, 300);
    fx_book(f, "97", "97.1");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    assert_int_equal(fx_alerts(f, EB_ALERT_PARKED), 1);
    fx_free(f);
}

static void what_it_has_not_crossed_is_in_force(void **state)
{
    (void)state;
    struct fx *f = adopted(false);
    fx_mark(f, "100");
    assert_int_equal(fx_alerts(f, EB_ALERT_PARKED), 0);
    fx_mark(f, "98");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_free(f);
}

/* A plan that stands is not changed without a price, but closed. */
static void a_standing_plan_waits_for_a_price(void **state)
{
    (void)state;
    struct fx *f = adopted(false);
    fx_mark(f, "100");
    struct eb_verdict v = v_none();
    v_stop(&v, "99");
    fx_say(f, &v);
    fx_run(f, 21000);
    assert_false(f->has_next);
    assert_px(fx_stop(f), "98");
    assert_int_equal(fx_evidence(f, 0).verdicts_stale, 1);
    v = v_none();
    v_full_exit(&v);
    fx_say(f, &v);
    fx_command(f, EB_CMD_CONFIRM, 0); /* asks at once */
    assert_int_equal(fx_submits(f, EB_PURPOSE_FULL_EXIT), 1);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_that_the_first_price_has_crossed_is_parked),
        cmocka_unit_test(a_target_that_it_has_crossed_is_parked),
        cmocka_unit_test(any_source_judges),
        cmocka_unit_test(what_it_has_not_crossed_is_in_force),
        cmocka_unit_test(a_standing_plan_waits_for_a_price),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
