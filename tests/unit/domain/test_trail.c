/* SPDX-License-Identifier: Apache-2.0 */
/* The trail (semantics 4): activation, peak, tightening as a step function, rounding. */
#include "domain/trail.h"

#include "domain/trigger.h"
#include "instrument_fixture.h"

#include "base/rng.h"

/* 0.8 % from 1.0 R, 0.5 % from 1.4 R. */
static struct eb_trail trail(void)
{
    struct eb_trail t;
    memset(&t, 0, sizeof t);
    t.set = true;
    t.activation_r_ppm = 1000000;
    t.callback_ppm = 8000;
    t.curve_count = 1;
    t.curve[0] = (struct eb_curve_point){1400000, 5000};
    return t;
}

static void the_worked_example(void **state)
{
    (void)state;
    struct eb_instrument inst = worked();
    struct eb_trail t = trail();
    eb_price entry = price("2.507");
    eb_price risk = price("0.037");
    eb_price at;
    assert_true(eb_trail_activation_price(&t, EB_LONG, entry, risk, &at));
    assert_price(at, "2.544");
    assert_false(eb_trail_observe(&t, EB_LONG, entry, risk, price("2.54399999")));
    assert_false(eb_trail_stop(&t, &inst, EB_LONG, entry, risk, &at));
    assert_true(eb_trail_observe(&t, EB_LONG, entry, risk, price("2.544")));
    assert_true(eb_trail_observe(&t, EB_LONG, entry, risk, price("2.546")));
    assert_true(eb_trail_stop(&t, &inst, EB_LONG, entry, risk, &at));
    assert_price(at, "2.526");
    assert_true(eb_trail_observe(&t, EB_LONG, entry, risk, price("2.5587")));
    assert_int_equal(eb_trail_callback(&t, EB_LONG, entry, risk), 8000);
    assert_true(eb_trail_observe(&t, EB_LONG, entry, risk, price("2.5588")));
    assert_int_equal(eb_trail_callback(&t, EB_LONG, entry, risk), 5000);
    assert_true(eb_trail_observe(&t, EB_LONG, entry, risk, price("2.559")));
    assert_true(eb_trail_stop(&t, &inst, EB_LONG, entry, risk, &at));
    assert_price(at, "2.547");
    assert_false(eb_trail_observe(&t, EB_LONG, entry, risk, price("2.559"))); /* no new peak */
    assert_false(eb_trail_observe(&t, EB_LONG, entry, risk, price("2.1")));
    assert_price(t.peak, "2.559");
}

static void a_short_is_its_mirror(void **state)
{
    (void)state;
    struct eb_instrument inst = worked();
    struct eb_trail t = trail();
    eb_price entry = price("2.507");
    eb_price risk = price("0.037");
    eb_price at;
    assert_true(eb_trail_activation_price(&t, EB_SHORT, entry, risk, &at));
    assert_price(at, "2.47");
    assert_false(eb_trail_observe(&t, EB_SHORT, entry, risk, price("2.47000001")));
    assert_true(eb_trail_observe(&t, EB_SHORT, entry, risk, price("2.468")));
    assert_true(eb_trail_stop(&t, &inst, EB_SHORT, entry, risk, &at));
    assert_price(at, "2.487"); /* 2.487744 down: the tick that loses less */
}

static void nothing_follows_what_is_not_set(void **state)
{
    (void)state;
    struct eb_instrument inst = worked();
    struct eb_trail t = trail();
    eb_price at;
    t.set = false;
    assert_false(eb_trail_observe(&t, EB_LONG, price("1"), price("0.1"), price("100")));
    t.active = true;
    assert_false(eb_trail_stop(&t, &inst, EB_LONG, price("1"), price("0.1"), &at));
}

static void without_risk_nothing_is_reached(void **state)
{
    (void)state;
    struct eb_trail t = trail();
    eb_price at;
    assert_false(eb_reaches_r(100, 0, (eb_price){0}));
    assert_true(eb_reaches_r(0, 0, (eb_price){1}));
    assert_false(eb_trail_observe(&t, EB_LONG, price("1"), (eb_price){0}, price("100")));
    assert_false(eb_trail_activation_price(&t, EB_LONG, price("1"), (eb_price){0}, &at));
    t.activation_r_ppm = INT64_MAX; /* beyond any price, either way */
    assert_false(eb_trail_activation_price(&t, EB_LONG, price("1"), price("0.1"), &at));
    assert_false(eb_trail_activation_price(&t, EB_SHORT, price("1"), price("0.1"), &at));
    t.activation_r_ppm = 10000000;
    assert_false(eb_trail_activation_price(&t, EB_SHORT, price("1"), price("0.1"), &at)); /* zero is no price */
    t.activation_r_ppm = INT64_MAX;
    assert_false(eb_trail_activation_price(&t, EB_LONG, price("1"), (eb_price){INT64_MAX}, &at));
}

static void rules_are_judged(void **state)
{
    (void)state;
    static const struct {
        int64_t activation, callback;
        uint8_t count;
        struct eb_curve_point curve[3];
        const char *says; /* NULL: legal */
    } cases[] = {
        {0, 1, 0, {{0, 0}}, NULL},
        {0, 999999, 0, {{0, 0}}, NULL},
        {-1, 1000, 0, {{0, 0}}, "activation_r"},
        {0, 0, 0, {{0, 0}}, "callback must lie"},
        {0, 1000000, 0, {{0, 0}}, "callback must lie"},
        {0, 8000, 2, {{1000000, 5000}, {2000000, 5000}}, NULL},
        {0, 8000, 2, {{2000000, 5000}, {2000000, 4000}}, "tighten[2]: thresholds must rise"},
        {0, 8000, 1, {{-1, 5000}}, "tighten[1]: thresholds must rise"},
        {0, 8000, 1, {{1, 0}}, "tighten[1]: callback must lie"},
        {0, 8000, 1, {{1, 8001}}, "tighten[1]: a callback must not be wider"},
        {0, 8000, 2, {{1, 5000}, {2, 5001}}, "tighten[2]: a callback must not be wider"},
        {0, 8000, EB_CURVE_MAX + 1, {{0, 0}}, "at most 6"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_trail t = {.set = true,
                             .activation_r_ppm = cases[i].activation,
                             .callback_ppm = cases[i].callback,
                             .curve_count = cases[i].count};
        memcpy(t.curve, cases[i].curve, sizeof cases[i].curve);
        struct eb_err err = {0};
        int rc = eb_trail_validate(&t, &err);
        assert_int_equal(rc, cases[i].says == NULL ? EB_OK : EB_E_INVALID);
        if (cases[i].says != NULL && strstr(err.msg, cases[i].says) == NULL) {
            fail_msg("case %zu says: %s", i, err.msg);
        }
    }
}

static void a_callback_below_a_tick_gives_no_stop(void **state)
{
    (void)state;
    struct eb_instrument inst = worked();
    struct eb_trail t = trail();
    t.curve_count = 0;
    t.callback_ppm = 100; /* 0.00025 of 2.5: it would round onto the peak */
    eb_price at;
    assert_true(eb_trail_observe(&t, EB_LONG, price("2.4"), price("0.1"), price("2.5")));
    assert_false(eb_trail_stop(&t, &inst, EB_LONG, price("2.4"), price("0.1"), &at));
}

/* The first price that activates is the one that is promised; the stop never moves away while the peak rises. */
static void activation_is_exact_and_stops_only_tighten(void **state)
{
    (void)state;
    struct eb_rng rng;
    eb_rng_seed(&rng, 11);
    struct eb_instrument inst = worked();
    for (int k = 0; k < 3000; k++) {
        enum eb_side side = eb_rng_chance(&rng, 1, 2) ? EB_LONG : EB_SHORT;
        eb_price entry = {eb_rng_range(&rng, EB_E8, 5 * EB_E8)};
        eb_price risk = {eb_rng_range(&rng, EB_E8 / 1000, EB_E8 / 20)};
        struct eb_trail t = trail();
        t.activation_r_ppm = eb_rng_range(&rng, 0, 3000000);
        eb_price at;
        assert_true(eb_trail_activation_price(&t, side, entry, risk, &at));
        int64_t sign = side == EB_LONG ? 1 : -1;
        assert_false(eb_trail_observe(&t, side, entry, risk, (eb_price){at.e8 - sign}));
        assert_true(eb_trail_observe(&t, side, entry, risk, at));
        eb_price stop = {0};
        eb_price next;
        for (int i = 0; i < 30; i++) {
            (void)eb_trail_observe(&t, side, entry, risk,
                                   (eb_price){at.e8 + sign * eb_rng_range(&rng, -EB_E8 / 10, EB_E8 / 10)});
            if (eb_trail_stop(&t, &inst, side, entry, risk, &next)) {
                assert_false(stop.e8 != 0 && eb_is_better(side, stop, next));
                stop = next;
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example),
        cmocka_unit_test(a_short_is_its_mirror),
        cmocka_unit_test(nothing_follows_what_is_not_set),
        cmocka_unit_test(without_risk_nothing_is_reached),
        cmocka_unit_test(rules_are_judged),
        cmocka_unit_test(a_callback_below_a_tick_gives_no_stop),
        cmocka_unit_test(activation_is_exact_and_stops_only_tighten),
    };
    return cmocka_run_group_tests_name("domain/trail", tests, NULL, NULL);
}
