/* SPDX-License-Identifier: Apache-2.0 */
/* Prices on the grid by role: the worked numbers of semantics 11, and the definition on random values. */
#include "domain/instrument.h"

#include "instrument_fixture.h"

#include "base/rng.h"

#define RANDOM_CASES 20000

/* ---- the worked example ----------------------------------------------------------------------------------------- */

static void stops_of_the_worked_example(void **state)
{
    (void)state;
    static const struct {
        enum eb_side side;
        const char *entry;
        int64_t pct_ppm;
        const char *want;
    } cases[] = {
        {EB_LONG, "2.507", 15000, "2.47"},   /* 2.469395 */
        {EB_SHORT, "2.507", 15000, "2.544"}, /* 2.544605 */
        {EB_LONG, "2.507", 0, "2.507"},
        {EB_SHORT, "2.507", 0, "2.507"},
        {EB_LONG, "2", 15000, "1.97"}, /* on the grid already: stays */
        {EB_SHORT, "2", 15000, "2.03"},
        {EB_LONG, "2.50700001", 15000, "2.47"}, /* an average entry lies off the grid */
        {EB_LONG, "2.00000001", 0, "2.001"},    /* 1e-8 above the tick is above it */
        {EB_SHORT, "1.99999999", 0, "1.999"},
        {EB_LONG, "0.002", 999999, "0.001"},
    };
    struct eb_instrument inst = worked();
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        eb_price got = {UNTOUCHED};
        assert_true(eb_stop_from_pct(&inst, cases[i].side, price(cases[i].entry), cases[i].pct_ppm, &got));
        assert_price(got, cases[i].want);
    }
}

static void legs_of_the_worked_example(void **state)
{
    (void)state;
    static const struct {
        enum eb_side side;
        int64_t r_ppm;
        const char *want;
    } cases[] = {
        {EB_LONG, 400000, "2.521"},                                 /* 2.5218 */
        {EB_LONG, 800000, "2.536"},                                 /* 2.5366 */
        {EB_LONG, 1600000, "2.566"},                                /* 2.5662 */
        {EB_LONG, 1000000, "2.544"},                                /* where the trail begins, exactly */
        {EB_LONG, 0, "2.507"},        {EB_LONG, -500000, "2.488"},  /* 2.4885 */
        {EB_SHORT, 400000, "2.493"},                                /* 2.4922 */
        {EB_SHORT, 800000, "2.478"},                                /* 2.4774 */
        {EB_SHORT, 1600000, "2.448"},                               /* 2.4478 */
        {EB_SHORT, 1000000, "2.47"},  {EB_SHORT, -500000, "2.526"}, /* 2.5255 */
    };
    struct eb_instrument inst = worked();
    eb_price entry = price("2.507");
    eb_price stop;
    eb_price risk;
    assert_true(eb_stop_from_pct(&inst, EB_LONG, entry, 15000, &stop));
    assert_true(eb_price_sub(entry, stop, &risk));
    assert_price(risk, "0.037");
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        eb_price got = {UNTOUCHED};
        assert_true(eb_leg_price(&inst, cases[i].side, entry, cases[i].r_ppm, risk, &got));
        assert_price(got, cases[i].want);
    }
    eb_price got;
    assert_true(eb_leg_price(&inst, EB_LONG, entry, 400000, (eb_price){0}, &got));
    assert_price(got, "2.507");
}

static void trails_of_the_worked_example(void **state)
{
    (void)state;
    static const struct {
        enum eb_side side;
        const char *peak;
        int64_t callback_ppm;
        const char *want;
    } cases[] = {
        {EB_LONG, "2.546", 8000, "2.526"},  /* 2.525632 */
        {EB_LONG, "2.559", 5000, "2.547"},  /* 2.546205 */
        {EB_SHORT, "2.468", 8000, "2.487"}, /* 2.487744 */
        {EB_SHORT, "2.455", 5000, "2.467"}, /* 2.467275 */
    };
    struct eb_instrument inst = worked();
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        eb_price got = {UNTOUCHED};
        assert_true(eb_trail_price(&inst, cases[i].side, price(cases[i].peak), cases[i].callback_ppm, &got));
        assert_price(got, cases[i].want);
    }
}

/* Quantity 398 of notional 1000 at 2.507, legs of 35, 35 and 30 %: 139, 139, and the rest. */
static void quantities_of_the_worked_example(void **state)
{
    (void)state;
    struct eb_instrument inst = worked();
    int64_t raw;
    assert_true(eb_mul_div(e8("1000"), EB_E8, e8("2.507"), EB_ROUND_FLOOR, &raw));
    eb_qty whole = eb_round_qty_down(&inst, (eb_qty){raw}, false);
    assert_int_equal(whole.e8, 398 * EB_E8);
    assert_true(eb_mul_div(whole.e8, 350000, EB_PPM, EB_ROUND_FLOOR, &raw));
    assert_int_equal(eb_round_qty_down(&inst, (eb_qty){raw}, true).e8, 139 * EB_E8);
}

/* ---- rounding --------------------------------------------------------------------------------------------------- */

typedef bool (*round_fn)(const struct eb_instrument *, enum eb_side, eb_i128, eb_price *);

/* A rounded price is a multiple of the tick, on the named side of the exact one, and less than a tick away. */
static void rounding_goes_the_named_way(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        round_fn round;
        bool up[2]; /* for LONG, for SHORT */
    } roles[] = {
        {"stop", eb_round_stop, {true, false}},
        {"target", eb_round_target, {false, true}},
        {"away", eb_round_away, {false, true}},
    };
    static const int64_t ticks[] = {1, 10, 1000, 25000, 100000, 50000000, EB_E8, 5 * EB_E8};
    struct eb_instrument inst = worked();
    struct eb_rng rng;
    eb_rng_seed(&rng, 1);
    for (int i = 0; i < RANDOM_CASES; i++) {
        inst.tick.e8 = ticks[eb_rng_below(&rng, EB_COUNT(ticks))];
        eb_i128 unit = (eb_i128)inst.tick.e8 * EB_PPM;
        eb_i128 num = unit * eb_rng_range(&rng, 1, 1000000) + (eb_i128)eb_rng_range(&rng, -2, 2);
        if (eb_rng_chance(&rng, 1, 2)) {
            num += (eb_i128)eb_rng_range(&rng, 0, (int64_t)unit - 1);
        }
        for (size_t k = 0; k < EB_COUNT(roles); k++) {
            for (int side = EB_LONG; side <= EB_SHORT; side++) {
                eb_price got = {0};
                bool ok = roles[k].round(&inst, (enum eb_side)side, num, &got);
                eb_i128 beyond = (eb_i128)got.e8 * EB_PPM - num;
                beyond = roles[k].up[side] ? beyond : -beyond;
                if (num < unit && !roles[k].up[side]) {
                    assert_false(ok); /* the tick below is 0 */
                } else if (!ok || got.e8 % inst.tick.e8 != 0 || beyond < 0 || beyond >= unit) {
                    fail_msg("%s, side %d, tick %lld, got %lld", roles[k].name, side, (long long)inst.tick.e8,
                             (long long)got.e8);
                }
            }
        }
    }
}

static void no_price_is_zero_or_negative(void **state)
{
    (void)state;
    struct eb_instrument inst = worked();
    eb_price got = {UNTOUCHED};
    eb_i128 tick = (eb_i128)inst.tick.e8 * EB_PPM;
    static const round_fn rounds[] = {eb_round_stop, eb_round_target, eb_round_away};
    for (size_t i = 0; i < EB_COUNT(rounds); i++) {
        for (int side = EB_LONG; side <= EB_SHORT; side++) {
            assert_false(rounds[i](&inst, (enum eb_side)side, 0, &got));
            assert_false(rounds[i](&inst, (enum eb_side)side, -1, &got));
            assert_false(rounds[i](&inst, (enum eb_side)side, -5 * tick, &got));
        }
    }
    assert_false(eb_round_stop(&inst, EB_SHORT, tick - 1, &got));
    assert_int_equal(got.e8, UNTOUCHED);
    assert_true(eb_round_stop(&inst, EB_LONG, 1, &got));
    assert_int_equal(got.e8, inst.tick.e8);

    got.e8 = UNTOUCHED;
    eb_price entry = price("2.507");
    assert_false(eb_stop_from_pct(&inst, EB_LONG, entry, 1000000, &got)); /* 100 % below */
    assert_false(eb_stop_from_pct(&inst, EB_LONG, entry, 2000000, &got));
    assert_false(eb_stop_from_pct(&inst, EB_LONG, entry, -1, &got));
    assert_false(eb_stop_from_pct(&inst, EB_SHORT, (eb_price){0}, 15000, &got));
    assert_false(eb_stop_from_pct(&inst, EB_LONG, (eb_price){-1}, 15000, &got));
    assert_false(eb_trail_price(&inst, EB_LONG, entry, 1000000, &got));
    assert_false(eb_trail_price(&inst, EB_SHORT, entry, -1, &got));
    assert_false(eb_trail_price(&inst, EB_SHORT, (eb_price){0}, 8000, &got));
    assert_false(eb_leg_price(&inst, EB_SHORT, entry, 1000000, price("2.507"), &got)); /* the short's target at 0 */
    assert_false(eb_leg_price(&inst, EB_SHORT, entry, 1000000, price("3"), &got));
    assert_false(eb_leg_price(&inst, EB_LONG, entry, 1000000, price("-0.037"), &got));
    assert_false(eb_leg_price(&inst, EB_LONG, (eb_price){0}, 1000000, price("0.037"), &got));
    assert_int_equal(got.e8, UNTOUCHED);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct eb_instrument inst = worked();
    eb_price got = {UNTOUCHED};
    eb_price most = {INT64_MAX};
    assert_false(eb_stop_from_pct(&inst, EB_SHORT, most, 15000, &got));
    assert_false(eb_stop_from_pct(&inst, EB_LONG, most, 0, &got)); /* the tick above INT64_MAX */
    assert_false(eb_stop_from_pct(&inst, EB_SHORT, most, INT64_MAX, &got));
    assert_false(eb_stop_from_pct(&inst, EB_LONG, most, INT64_MAX, &got));
    assert_false(eb_leg_price(&inst, EB_LONG, most, INT64_MAX, most, &got));
    assert_false(eb_leg_price(&inst, EB_SHORT, most, INT64_MIN, most, &got));
    inst.tick.e8 = INT64_MAX / 2; /* few ticks, yet their price does not fit */
    assert_false(eb_round_stop(&inst, EB_LONG, (eb_i128)inst.tick.e8 * EB_PPM * 2 + 1, &got));
    assert_int_equal(got.e8, UNTOUCHED);
}

static void grid_and_range(void **state)
{
    (void)state;
    static const struct {
        const char *price;
        bool on_grid;
        bool in_range;
    } cases[] = {
        {"2.507", true, true},    {"2.5075", false, true},     {"0.001", true, true},     {"0.002", true, true},
        {"0.0009", false, false}, {"1000", true, true},        {"1000.001", true, false}, {"0", false, false},
        {"-2.507", false, false}, {"2.50700001", false, true},
    };
    struct eb_instrument inst = worked();
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        assert_int_equal(eb_price_on_grid(&inst, price(cases[i].price)), cases[i].on_grid);
        assert_int_equal(eb_price_in_range(&inst, price(cases[i].price)), cases[i].in_range);
    }
    inst.min_price.e8 = 0;
    inst.max_price.e8 = 0;
    assert_true(eb_price_in_range(&inst, price("0.00000001")));
    assert_true(eb_price_in_range(&inst, price("90000000000")));
    assert_false(eb_price_in_range(&inst, price("0")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stops_of_the_worked_example),  cmocka_unit_test(legs_of_the_worked_example),
        cmocka_unit_test(trails_of_the_worked_example), cmocka_unit_test(quantities_of_the_worked_example),
        cmocka_unit_test(rounding_goes_the_named_way),  cmocka_unit_test(no_price_is_zero_or_negative),
        cmocka_unit_test(what_does_not_fit_is_refused), cmocka_unit_test(grid_and_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
