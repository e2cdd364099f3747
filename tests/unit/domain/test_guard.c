/* SPDX-License-Identifier: Apache-2.0 */
/* The envelope of stops (semantics 2, 3) and the side-aware comparisons that everything rests on. */
#include "domain/guard.h"

#include "domain/trigger.h"
#include "instrument_fixture.h"

static struct eb_guard guard(const struct eb_instrument *inst, enum eb_side side, const char *liquidation)
{
    return (struct eb_guard){.inst = inst,
                             .side = side,
                             .entry = price("2.507"),
                             .liquidation = price(liquidation),
                             .min_stop_distance_ppm = 2000,
                             .liquidation_buffer_ppm = 10000};
}

static void comparisons_know_their_side(void **state)
{
    (void)state;
    eb_price a = price("2");
    eb_price b = price("1");
    eb_price none = {0};
    assert_true(eb_is_better(EB_LONG, a, b) && !eb_is_better(EB_SHORT, a, b));
    assert_true(eb_is_better(EB_SHORT, b, a) && !eb_is_better(EB_LONG, a, a));
    assert_int_equal(eb_better_of(EB_LONG, a, b).e8, a.e8);
    assert_int_equal(eb_better_of(EB_SHORT, a, b).e8, b.e8);
    assert_true(eb_stop_crossed(EB_LONG, a, a) && eb_stop_crossed(EB_LONG, a, b) && !eb_stop_crossed(EB_LONG, b, a));
    assert_true(eb_stop_crossed(EB_SHORT, a, a) && eb_stop_crossed(EB_SHORT, b, a) && !eb_stop_crossed(EB_SHORT, a, b));
    assert_false(eb_stop_crossed(EB_LONG, none, b));
    assert_true(eb_target_crossed(EB_LONG, a, a) && eb_target_crossed(EB_LONG, b, a));
    assert_false(eb_target_crossed(EB_LONG, a, b) || eb_target_crossed(EB_LONG, none, a));
    assert_true(eb_target_crossed(EB_SHORT, a, b) && !eb_target_crossed(EB_SHORT, b, a));
    assert_int_equal(eb_tighter_stop(EB_LONG, a, b).e8, a.e8);
    assert_int_equal(eb_tighter_stop(EB_SHORT, a, b).e8, b.e8);
    assert_int_equal(eb_tighter_stop(EB_LONG, none, b).e8, b.e8);
    assert_int_equal(eb_tighter_stop(EB_SHORT, a, none).e8, a.e8);
    assert_int_equal(eb_favour_e8(EB_LONG, b, a), EB_E8);
    assert_int_equal(eb_favour_e8(EB_SHORT, b, a), -EB_E8);
}

static void liquidation_is_the_venues_or_made_of_leverage(void **state)
{
    (void)state;
    static const struct {
        enum eb_side side;
        const char *venue;
        int64_t leverage, maintenance;
        const char *got;
    } cases[] = {
        {EB_LONG, "90", 10000000, 10000, "90"},
        {EB_LONG, "0", 10000000, 10000, "91"}, /* 100 * (1 - (0.1 - 0.01)) */
        {EB_SHORT, "0", 10000000, 10000, "109"},
        {EB_LONG, "0", 0, 10000, "0"}, /* nothing known */
        {EB_LONG, "0", -1, 10000, "0"},
        {EB_LONG, "0", 125000000, 10000, "0"},     /* 1/leverage does not exceed maintenance */
        {EB_LONG, "0", 1000000, 0, "0"},           /* unlevered: at zero */
        {EB_LONG, "0", 3000000, 0, "66.66666667"}, /* the move rounds down: nearer to entry */
        {EB_SHORT, "0", 3000000, 0, "133.33333333"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        assert_price(eb_liquidation_price(cases[i].side, price("100"), price(cases[i].venue), cases[i].leverage,
                                          cases[i].maintenance),
                     cases[i].got);
    }
    assert_price(eb_liquidation_price(EB_LONG, (eb_price){0}, (eb_price){0}, EB_PPM, 0), "0");
    assert_price(eb_liquidation_price(EB_SHORT, (eb_price){INT64_MAX - 1}, (eb_price){0}, EB_PPM, 0), "0");
}

static void the_buffer_bounds_the_loosest_stop(void **state)
{
    (void)state;
    struct eb_instrument inst = worked();
    eb_price edge;
    struct eb_guard g = guard(&inst, EB_LONG, "2.3");
    assert_true(eb_guard_loosest(&g, &edge));
    assert_price(edge, "2.326"); /* 2.3 + 0.02507, up */
    assert_price(eb_guard_clamp(&g, price("2.2")), "2.326");
    assert_price(eb_guard_clamp(&g, price("2.4")), "2.4");
    g = guard(&inst, EB_SHORT, "2.7");
    assert_true(eb_guard_loosest(&g, &edge));
    assert_price(edge, "2.674");
    assert_price(eb_guard_clamp(&g, price("2.69")), "2.674");
    g = guard(&inst, EB_LONG, "0");
    assert_false(eb_guard_loosest(&g, &edge));
    assert_price(eb_guard_clamp(&g, price("0.5")), "0.5"); /* unknown is not zero: no buffer can be kept */
}

static void what_gives_risk(void **state)
{
    (void)state;
    static const struct {
        enum eb_side side;
        const char *stop;
        bool gives;
    } cases[] = {
        {EB_LONG, "2.501", true}, /* 0.2 % of 2.507 is 0.005014 */
        {EB_LONG, "2.502", false}, {EB_LONG, "2.507", false},  {EB_LONG, "2.52", false}, /* the profit side */
        {EB_LONG, "0", false},                                                           /* no price was given */
        {EB_SHORT, "2.513", true}, {EB_SHORT, "2.512", false}, {EB_SHORT, "2.4", false},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_instrument inst = worked();
        struct eb_guard g = guard(&inst, cases[i].side, "0");
        assert_int_equal(eb_guard_gives_risk(&g, price(cases[i].stop)), cases[i].gives);
    }
    struct eb_instrument wide = worked();
    wide.tick = price("0.01"); /* two ticks are more than 0.2 % */
    struct eb_guard g = guard(&wide, EB_LONG, "0");
    assert_false(eb_guard_gives_risk(&g, price("2.49")));
    assert_true(eb_guard_gives_risk(&g, price("2.487")));
}

static void the_protective_stop_stands_behind_price(void **state)
{
    (void)state;
    static const struct {
        enum eb_side side;
        const char *liquidation, *at, *stop; /* NULL: none fits */
    } cases[] = {
        {EB_LONG, "0", "2.4", "2.394"}, /* 2.4 - 0.005014, away: the distance holds after rounding */
        {EB_SHORT, "0", "2.6", "2.606"}, {EB_LONG, "2.36", "2.4", "2.394"},
        {EB_LONG, "2.37", "2.4", NULL}, /* 2.37 + 0.02507 = 2.396 lies nearer than 2.394 */
        {EB_SHORT, "2.62", "2.6", NULL}, {EB_LONG, "0", "0.005", NULL},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_instrument inst = worked();
        struct eb_guard g = guard(&inst, cases[i].side, cases[i].liquidation);
        eb_price stop;
        assert_int_equal(eb_guard_protective(&g, price(cases[i].at), &stop), cases[i].stop != NULL);
        if (cases[i].stop != NULL) {
            assert_price(stop, cases[i].stop);
        }
    }
    struct eb_instrument wide = worked();
    wide.tick = price("0.01");
    struct eb_guard g = guard(&wide, EB_LONG, "0");
    eb_price stop;
    assert_true(eb_guard_protective(&g, price("2.4"), &stop));
    assert_price(stop, "2.38"); /* two ticks at least */
}

static void figures_beyond_reach_give_no_risk(void **state)
{
    (void)state;
    struct eb_instrument inst = worked();
    struct eb_guard g = guard(&inst, EB_LONG, "0");
    g.entry.e8 = INT64_MAX;
    g.min_stop_distance_ppm = INT64_MAX;
    assert_false(eb_guard_gives_risk(&g, price("1000")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparisons_know_their_side),
        cmocka_unit_test(liquidation_is_the_venues_or_made_of_leverage),
        cmocka_unit_test(the_buffer_bounds_the_loosest_stop),
        cmocka_unit_test(what_gives_risk),
        cmocka_unit_test(the_protective_stop_stands_behind_price),
        cmocka_unit_test(figures_beyond_reach_give_no_risk),
    };
    return cmocka_run_group_tests_name("domain/guard", tests, NULL, NULL);
}
