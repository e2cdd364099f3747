/* SPDX-License-Identifier: Apache-2.0 */
/* "waiting for the price" is said of no level that something else holds back. */
#include "fixture.h"

static struct fx *with_target(void)
{
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_leg_prices(&v, 1, (const char *const[]){"103"}, (const int64_t[]){400000});
    fx_last(f, "100");
    fx_open_with(f, EB_LONG, "10", "100", &v);
    return f;
}

static uint8_t why(const struct fx *f, uint8_t leg, enum eb_stop_kind kind)
{
    struct eb_evidence ev = fx_evidence(f, 0);
    return fx_level(&ev, leg, kind)->why;
}

static void while_everything_is_being_closed(void **state)
{
    (void)state;
    struct fx *f = with_target();
    assert_int_equal(why(f, 1, EB_STOP_NONE), EB_WHY_WAITING);
    fx_command(f, EB_CMD_FLATTEN, 0);
    assert_int_equal(why(f, 1, EB_STOP_NONE), EB_WHY_CLOSING);
    assert_int_equal(why(f, 0, EB_STOP_PLAN), EB_WHY_CLOSING);
    fx_free(f);
}

static void the_stop_that_closes_is_firing(void **state)
{
    (void)state;
    struct fx *f = with_target();
    fx_mark(f, "98");
    assert_int_equal(why(f, 0, EB_STOP_PLAN), EB_WHY_FIRING);
    assert_int_equal(why(f, 1, EB_STOP_NONE), EB_WHY_CLOSING);
    fx_free(f);
}

/* A partial close of all but dust has the position; its fate is open. */
static void reached_and_nothing_is_free(void **state)
{
    (void)state;
    struct fx *f = with_target();
    struct eb_verdict v = v_none();
    v_partial(&v, EB_PPM);
    fx_verdict(f, &v);
    assert_int_equal(fx_submits(f, EB_PURPOSE_PARTIAL), 1);
    fx_last(f, "103");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 0);
    assert_int_equal(why(f, 1, EB_STOP_NONE), EB_WHY_NOT_FREE);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(while_everything_is_being_closed),
        cmocka_unit_test(the_stop_that_closes_is_firing),
        cmocka_unit_test(reached_and_nothing_is_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
