/* SPDX-License-Identifier: Apache-2.0 */
/* The bar walk: which price comes when, and what acts there (semantics 11). The engine is the real one. */
#include "feed/walk.h"

#include "walk_world.h"

/* ---- scripts ---- */

#define PERCENT INT64_C(10000)

static void stop_only(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    (void)w;
    if (ctx->plan_revision == 0) {
        ww_plan(v, ctx->side == EB_LONG ? "98" : "102", 0, NULL);
    }
}

/* ---- points ---- */

static void points_come_at_thirds_floored(void **state)
{
    (void)state;
    static const struct {
        int64_t length, at[4];
    } cases[] = {
        {60000, {0, 20000, 40000, 60000}},     {100, {0, 33, 66, 100}}, {1, {0, 0, 0, 1}}, {2, {0, 0, 1, 2}},
        {300000, {0, 100000, 200000, 300000}},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_ev_bar b = {.open_ms = WW_START_MS, .length_ms = cases[i].length};
        for (int k = 0; k < 4; k++) {
            assert_int_equal(eb_walk_time_ms(&b, k), WW_START_MS + cases[i].at[k]);
        }
    }
}

static void the_adverse_extreme_comes_first_unless_asked_otherwise(void **state)
{
    (void)state;
    static const struct {
        enum eb_side side;
        enum eb_walk_order order;
        const char *lines;
    } cases[] = {
        {EB_LONG, EB_WALK_ADVERSE,
         "0 L at 100\n20000 L 100>99\n40000 L 99>101\n60000 L 101>100.5\n60000 bar\n60000 L close 100.5\n? cycle\n"},
        {EB_LONG, EB_WALK_FAVOURABLE,
         "0 L at 100\n20000 L 100>101\n40000 L 101>99\n60000 L 99>100.5\n60000 bar\n60000 L close 100.5\n? cycle\n"},
        {EB_SHORT, EB_WALK_ADVERSE,
         "0 S at 100\n20000 S 100>101\n40000 S 101>99\n60000 S 99>100.5\n60000 bar\n60000 S close 100.5\n? cycle\n"},
        {EB_SHORT, EB_WALK_FAVOURABLE,
         "0 S at 100\n20000 S 100>99\n40000 S 99>101\n60000 S 101>100.5\n60000 bar\n60000 S close 100.5\n? cycle\n"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct ww *w = ww_with(stop_only);
        w->walk.order = cases[i].order;
        ww_opened(w, cases[i].side == EB_LONG ? ww_long_100 : ww_short_100);
        ww_step(w, "100", "101", "99", "100.5");
        ww_saw(w, cases[i].lines);
        ww_free(w);
    }
}

static void a_flat_symbol_has_bars_only(void **state)
{
    (void)state;
    struct ww *w = ww_with(stop_only);
    ww_step(w, "100", "101", "99", "100");
    ww_saw(w, "60000 bar\n");
    assert_int_equal(w->walk.bars, 1);
    ww_free(w);
}

/* Filled and consulted at P0; its stop is looked at on the way, not at P0. */
static void entered_below_its_stop(struct ww *w)
{
    ww_open(w, EB_LONG, "10", "103"); /* a fill far above the open: slippage */
}

static void stop_at_102(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    (void)w;
    if (ctx->plan_revision == 0) {
        ww_plan(v, "102", 0, NULL);
    }
}

static void an_entry_at_p0_has_no_gap_check(void **state)
{
    (void)state;
    struct ww *w = ww_with(stop_at_102);
    struct eb_walk_bar b = ww_bar(w, "100", "100", "99.9", "100");
    ww_walk(w, &b, entered_below_its_stop);
    /* 102 was crossed when set, so 99.7 = 100 less 0.2 % of 103 to the tick away stands instead; neither acts */
    ww_saw(w, "? new\n20000 L 100>99.9\n40000 L 99.9>100\n60000 L 100>100\n60000 bar\n60000 L close 100\n? cycle\n");
    b = ww_bar(w, "100", "100", "99.7", "100");
    ww_walk(w, &b, NULL);
    ww_saw(w, "0 L at 100\n20000 L 100>99.7\n= 99.7 x 10 stop\n60000 bar\n");
    ww_free(w);
}

/* ---- levels ---- */

static void three_legs(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    (void)w;
    if (ctx->plan_revision == 0) { /* listed out of order: ids by the list, firing by distance */
        ww_plan(v, "98", 3, (const struct ww_leg[]){{"104", 30, false}, {"101", 30, false}, {"102", 40, false}});
        ww_ratchet(v);
    }
}

static void the_nearest_level_fires_first_and_price_goes_on_from_it(void **state)
{
    (void)state;
    struct ww *w = ww_with(three_legs);
    ww_opened(w, ww_long_100);
    ww_step(w, "100", "103", "99", "101");
    ww_saw(w, "0 L at 100\n"
              "20000 L 100>99\n"
              "40000 L 99>101\n= 101 x 3 target 2\n? hit\n"
              "40000 L 101>102\n= 102 x 4 target 3\n? hit\n"
              "40000 L 102>103\n"
              "60000 L 103>101\n= 101 x 3 stop\n" /* the ratchet to the first leg hit, met inclusively */
              "60000 bar\n");
    assert_int_equal(w->best.e8, ww_px("103").e8);
    assert_int_equal(w->worst.e8, ww_px("99").e8);
    ww_free(w);
}

static void a_level_is_met_inclusively(void **state)
{
    (void)state;
    static const struct {
        const char *high, *low, *lines;
    } cases[] = {
        {"100.9", "98.1",
         "0 L at 100\n20000 L 100>98.1\n40000 L 98.1>100.9\n60000 L 100.9>100\n60000 bar\n"
         "60000 L close 100\n? cycle\n"},
        {"101", "98.1",
         "0 L at 100\n20000 L 100>98.1\n40000 L 98.1>101\n= 101 x 3 target 2\n? hit\n40000 L 101>101\n"
         "60000 L 101>100\n= 100 x 7 stop\n60000 bar\n"},
        {"101", "98", "0 L at 100\n20000 L 100>98\n= 98 x 10 stop\n60000 bar\n"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct ww *w = ww_with(three_legs);
        ww_opened(w, ww_long_100);
        ww_step(w, "100", cases[i].high, cases[i].low, "100");
        ww_saw(w, cases[i].lines);
        ww_free(w);
    }
}

static void legs_at_one_price(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    (void)w;
    if (ctx->plan_revision == 0) {
        ww_plan(v, "98", 3, (const struct ww_leg[]){{"101", 30, false}, {"101", 30, false}, {"101", 40, false}});
    }
}

static void legs_at_one_price_fire_by_index_each_with_its_own_turn(void **state)
{
    (void)state;
    struct ww *w = ww_with(legs_at_one_price);
    ww_opened(w, ww_long_100);
    ww_step(w, "100", "103", "99", "101");
    ww_saw(w, "0 L at 100\n20000 L 100>99\n"
              "40000 L 99>101\n= 101 x 3 target 1\n? hit\n"
              "40000 L 101>101\n= 101 x 3 target 2\n? hit\n"
              "40000 L 101>101\n= 101 x 4 target 3\n"
              "60000 bar\n");
    ww_free(w);
}

static void liquidation_comes_before_a_stop_at_the_same_price(void **state)
{
    (void)state;
    static const struct {
        enum eb_side side;
        const char *liquidation, *lines;
    } cases[] = {
        {EB_LONG, "98", "0 L at 100\n= 98 x 10 liquidation\n60000 bar\n"},
        {EB_LONG, "97.9", "0 L at 100\n20000 L 100>98\n= 98 x 10 stop\n60000 bar\n"},
        {EB_LONG, "98.1", "0 L at 100\n= 98.1 x 10 liquidation\n60000 bar\n"},
        {EB_SHORT, "102", "0 S at 100\n= 102 x 10 liquidation\n60000 bar\n"},
        {EB_SHORT, "102.1", "0 S at 100\n20000 S 100>102\n= 102 x 10 stop\n60000 bar\n"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct ww *w = ww_with(stop_only);
        ww_opened(w, cases[i].side == EB_LONG ? ww_long_100 : ww_short_100);
        w->liquidation[0] = ww_px(cases[i].liquidation);
        ww_step(w, "100", "103", "97", "100");
        ww_saw(w, cases[i].lines);
        ww_free(w);
    }
}

/* ---- P0 ---- */

static void at_p0_all_of_it_fills_there_with_the_stop_as_it_stood(void **state)
{
    (void)state;
    static const struct {
        const char *open, *low, *lines;
    } cases[] = {
        {"97", "97", "0 L at 97\n= 97 x 10 stop\n60000 bar\n"},
        {"98", "98", "0 L at 98\n= 98 x 10 stop\n60000 bar\n"},
        {"96", "96", "= 96 x 10 liquidation\n60000 bar\n"}, /* before the stop, although both are behind P0 */
        /* both legs at P0, not at 101 and 102; the ratchet to 101 does not act at P0, but on the way */
        {"103", "102",
         "0 L at 103\n= 103 x 3 target 2\n? hit\n= 103 x 4 target 3\n? hit\n20000 L 103>102\n"
         "40000 L 102>103\n60000 L 103>103\n60000 bar\n60000 L close 103\n? cycle\n"},
        {"103", "100",
         "0 L at 103\n= 103 x 3 target 2\n? hit\n= 103 x 4 target 3\n? hit\n20000 L 103>101\n"
         "= 101 x 3 stop\n60000 bar\n"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct ww *w = ww_with(three_legs);
        ww_opened(w, ww_long_100);
        w->liquidation[0] = ww_px("96.5");
        struct eb_walk_bar b = ww_bar(w, cases[i].open, "103", cases[i].low, "103");
        ww_walk(w, &b, NULL);
        ww_saw(w, cases[i].lines);
        ww_free(w);
    }
}

static void trail_from_1r(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    (void)w;
    if (ctx->plan_revision == 0) {
        ww_plan(v, "98", 0, NULL);
        ww_trail(v, EB_PPM, 1 * PERCENT);
    }
}

/* The gap raises the peak to 104, so 1 % behind it is 102.96, to the tick that loses less 103: met at P1. */
static void the_peak_becomes_p0_after_the_checks(void **state)
{
    (void)state;
    struct ww *w = ww_with(trail_from_1r);
    ww_opened(w, ww_long_100);
    ww_step(w, "104", "104", "102.9", "104");
    ww_saw(w, "0 L at 104\n20000 L 104>103\n= 103 x 10 trailing\n60000 bar\n");
    ww_free(w);
}

static void a_trail_moves_on_favourable_travel_and_is_hit_on_adverse_travel_only(void **state)
{
    (void)state;
    struct ww *w = ww_with(trail_from_1r);
    ww_opened(w, ww_long_100);
    ww_step(w, "100", "102", "98.1", "101"); /* peak 102: 100.98, so 101, is met at the close */
    ww_saw(w, "0 L at 100\n20000 L 100>98.1\n40000 L 98.1>102\n60000 L 102>101\n= 101 x 10 trailing\n60000 bar\n");
    ww_free(w);
}

/* ---- resting legs ---- */

static void soft_and_hard(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    (void)w;
    if (ctx->plan_revision == 0) {
        ww_plan(v, "98", 4,
                (const struct ww_leg[]){{"101", 20, true}, {"102", 20, false}, {"103", 20, true}, {"104", 20, false}});
        ww_ratchet(v);
    }
}

static void short_soft(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    (void)w;
    if (ctx->plan_revision == 0) {
        ww_plan(v, "102", 2, (const struct ww_leg[]){{"99", 50, true}, {"98", 50, true}});
    }
}

static void soft_before_hard(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    (void)w;
    if (ctx->plan_revision == 0) {
        ww_plan(v, "98", 2, (const struct ww_leg[]){{"102", 50, true}, {"102", 50, false}});
    }
}

static void target_behind(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    (void)w;
    if (ctx->plan_revision == 0) {
        ww_plan(v, "98", 1, (const struct ww_leg[]){{"99.9", 50, false}});
    }
}

static void a_resting_leg_fills_only_beyond_its_level(void **state)
{
    (void)state;
    struct ww *w = ww_with(soft_and_hard);
    ww_opened(w, ww_long_100);
    ww_step(w, "100", "101", "99", "100"); /* at its level it rests on */
    ww_saw(w, "0 L at 100\n20000 L 100>99\n40000 L 99>101\n60000 L 101>100\n60000 bar\n60000 L close 100\n? cycle\n");
    ww_step(w, "101", "101.1", "100.5", "100.6"); /* also at P0 */
    ww_saw(w, "0 L at 101\n20000 L 101>100.5\n40000 L 100.5>101\n= 101 x 2 target 1\n? hit\n40000 L 101>101.1\n"
              "60000 L 101.1>100.6\n60000 bar\n60000 L close 100.6\n? cycle\n");
    ww_free(w);
}

static void at_p0_resting_and_hard_legs_fill_by_index(void **state)
{
    (void)state;
    struct ww *w = ww_with(soft_and_hard);
    ww_opened(w, ww_long_100);
    ww_step(w, "105", "105", "101.2", "105");
    /* resting legs at their level, hard ones at P0; "first hit" is leg 1, so the ratchet holds 101 and is not met */
    ww_saw(w, "0 L at 105\n= 101 x 2 target 1\n? hit\n"
              "0 L at 105\n= 105 x 2 target 2\n? hit\n= 103 x 2 target 3\n? hit\n"
              "0 L at 105\n= 105 x 2 target 4\n? hit\n"
              "20000 L 105>101.2\n40000 L 101.2>105\n60000 L 105>105\n60000 bar\n60000 L close 105\n? cycle\n");
    ww_step(w, "105", "105", "101", "105");
    ww_saw(w, "0 L at 105\n20000 L 105>101\n= 101 x 2 stop\n60000 bar\n");
    ww_free(w);
}

static void a_short_meets_its_resting_legs_downwards(void **state)
{
    (void)state;
    struct ww *w = ww_with(short_soft);
    ww_opened(w, ww_short_100);
    ww_step(w, "97", "97", "97", "97");
    ww_saw(w, "0 S at 97\n= 99 x 5 target 1\n? hit\n0 S at 97\n= 98 x 5 target 2\n60000 bar\n");
    ww_free(w);
}

/* At P0 exactly at both: the hard one is met, the resting one is not passed. */
static void a_resting_leg_that_p0_only_touches_holds_nothing_back(void **state)
{
    (void)state;
    struct ww *w = ww_with(soft_before_hard);
    ww_opened(w, ww_long_100);
    ww_step(w, "102", "102", "102", "102");
    ww_saw(w, "0 L at 102\n= 102 x 5 target 2\n? hit\n20000 L 102>102\n40000 L 102>102\n60000 L 102>102\n60000 bar\n"
              "60000 L close 102\n? cycle\n");
    ww_free(w);
}

/* Crossed when set: parked. P0 behind it arms it again, and the way up meets it. */
static void a_parked_target_comes_back_by_a_gap(void **state)
{
    (void)state;
    struct ww *w = ww_with(target_behind);
    ww_opened(w, ww_long_100);
    ww_step(w, "100", "101", "100", "100");
    ww_saw(w, "0 L at 100\n20000 L 100>100\n40000 L 100>101\n60000 L 101>100\n60000 bar\n60000 L close 100\n? cycle\n");
    ww_step(w, "99.5", "101", "99.5", "100");
    ww_saw(w, "0 L at 99.5\n20000 L 99.5>99.5\n40000 L 99.5>99.9\n= 99.9 x 5 target 1\n? hit\n40000 L 99.9>101\n"
              "60000 L 101>100\n60000 bar\n60000 L close 100\n? cycle\n");
    ww_free(w);
}

static void a_stop_takes_back_what_rests_and_fills_once(void **state)
{
    (void)state;
    struct ww *w = ww_with(soft_and_hard);
    ww_opened(w, ww_long_100);
    ww_step(w, "100", "104", "98", "100");
    ww_saw(w, "0 L at 100\n20000 L 100>98\n= 98 x 10 stop\n60000 bar\n");
    for (unsigned i = 0; i < WW_RESTING; i++) {
        assert_false(w->used[i]);
    }
    ww_free(w);
}

/* ---- both sides ---- */

static void both_100(struct ww *w)
{
    ww_open(w, EB_LONG, "10", "100");
    ww_open(w, EB_SHORT, "10", "100");
}

static void in_hedge_mode_each_side_has_its_own_path(void **state)
{
    (void)state;
    struct ww *w = ww_new(true);
    w->decide = stop_only;
    ww_opened(w, both_100);
    ww_step(w, "100", "101", "98", "100");
    ww_saw(w, "0 L at 100\n0 S at 100\n"
              "20000 L 100>98\n= 98 x 10 stop\n20000 S 100>101\n"
              "40000 S 101>98\n"
              "60000 S 98>100\n"
              "60000 bar\n60000 S close 100\n? cycle\n");
    ww_step(w, "103", "104", "103", "104");
    ww_saw(w, "0 S at 103\n= 103 x 10 stop\n60000 bar\n");
    ww_free(w);
}

/* ---- marks ---- */

static void target_at_101(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    (void)w;
    if (ctx->plan_revision == 0) {
        bool is_long = ctx->side == EB_LONG;
        ww_plan(v, is_long ? "98" : "102", 1, (const struct ww_leg[]){{is_long ? "101" : "99", 50, false}});
        ww_ratchet(v);
    }
}

static void marks_go_before_the_last_price_in_each_segment(void **state)
{
    (void)state;
    struct ww *w = ww_with(target_at_101);
    ww_opened(w, ww_long_100);
    struct eb_walk_bar b = ww_bar(w, "100", "101", "97", "100");
    ww_mark(&b, "100", "100.5", "98.1", "100.2"); /* the last price falls below the stop, the mark does not */
    ww_walk(w, &b, NULL);
    ww_saw(w, "0 L at 100\n"
              "20000 L mark 100>98.1 last 97\n20000 L 100>97\n"
              "40000 L mark 98.1>100.5 last 101\n40000 L 97>101\n= 101 x 5 target 1\n? hit\n40000 L 101>101\n"
              /* the ratchet to 100 is judged by the mark of 100.5, and met by the mark only */
              "60000 L mark 100.5>100.2 last 100\n60000 L 101>100\n"
              "60000 bar\n60000 L close 100\n? cycle\n");
    ww_free(w);
}

static void a_stop_by_the_mark_fills_where_the_last_price_is_then(void **state)
{
    (void)state;
    static const struct {
        enum eb_side side;
        const char *bar[4], *mark[4], *lines;
    } cases[] = {
        /* the mark has done 2 of 3 from 100 to 97, the last price of 100 to 96: 97.33333333 downwards */
        {EB_LONG,
         {"100", "100", "96", "96"},
         {"100", "100", "97", "97"},
         "0 L at 100\n20000 L mark 100>98 last 97.33333333\n= 97.33333333 x 10 stop\n60000 bar\n"},
        {EB_SHORT,
         {"100", "104", "100", "104"},
         {"100", "103", "100", "103"}, /* the same upwards: 102.66666667 */
         "0 S at 100\n20000 S mark 100>102 last 102.66666667\n= 102.66666667 x 10 stop\n60000 bar\n"},
        /* the last price stands still */
        {EB_LONG,
         {"100", "100", "100", "100"},
         {"100", "100", "96", "96"},
         "0 L at 100\n20000 L mark 100>98 last 100\n= 100 x 10 stop\n60000 bar\n"},
        /* P0 of the mark: filled at P0 of the last price */
        {EB_LONG, {"99", "99", "99", "99"}, {"97", "97", "97", "97"}, "0 L at 99\n= 99 x 10 stop\n60000 bar\n"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct ww *w = ww_with(stop_only);
        ww_opened(w, cases[i].side == EB_LONG ? ww_long_100 : ww_short_100);
        const char *const *p = cases[i].bar;
        const char *const *m = cases[i].mark;
        struct eb_walk_bar b = ww_bar(w, p[0], p[1], p[2], p[3]);
        ww_mark(&b, m[0], m[1], m[2], m[3]);
        ww_walk(w, &b, NULL);
        ww_saw(w, cases[i].lines);
        ww_free(w);
    }
}

static void liquidation_is_met_by_the_mark_alone(void **state)
{
    (void)state;
    static const struct {
        const char *liquidation, *bar[4], *mark[4], *lines;
    } cases[] = {
        {"98.5",
         {"100", "100", "99", "99"},
         {"100", "100", "97", "97"},
         "0 L at 100\n= 98.5 x 10 liquidation\n60000 bar\n"},
        {"98",
         {"100", "100", "99", "99"},
         {"100", "100", "97", "97"},
         "0 L at 100\n= 98 x 10 liquidation\n60000 bar\n"},
        {"97.9",
         {"100", "100", "99", "99"},
         {"100", "100", "97", "97"},
         "0 L at 100\n20000 L mark 100>98 last 99.33333333\n= 99.33333333 x 10 stop\n60000 bar\n"},
        /* P0 of the mark, and only of the mark; filled where the last price is */
        {"97.5", {"99", "99", "99", "99"}, {"97.5", "99", "97.5", "99"}, "= 99 x 10 liquidation\n60000 bar\n"},
        {"97.5",
         {"97", "97", "97", "97"},
         {"99", "99", "99", "99"},
         "0 L at 97\n20000 L mark 99>99 last 97\n20000 L 97>97\n40000 L mark 99>99 last 97\n40000 L 97>97\n"
         "60000 L mark 99>99 last 97\n60000 L 97>97\n60000 bar\n60000 L close 97\n? cycle\n"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct ww *w = ww_with(stop_only);
        ww_opened(w, ww_long_100);
        w->liquidation[0] = ww_px(cases[i].liquidation);
        const char *const *p = cases[i].bar;
        const char *const *m = cases[i].mark;
        struct eb_walk_bar b = ww_bar(w, p[0], p[1], p[2], p[3]);
        ww_mark(&b, m[0], m[1], m[2], m[3]);
        ww_walk(w, &b, NULL);
        ww_saw(w, cases[i].lines);
        ww_free(w);
    }
}

/* The last price reaches 1 R, the mark does not: no trail, whose 1 % behind 103 would be met at 100. */
static void the_peak_is_the_marks(void **state)
{
    (void)state;
    struct ww *w = ww_with(trail_from_1r);
    ww_opened(w, ww_long_100);
    struct eb_walk_bar b = ww_bar(w, "100", "103", "100", "100");
    ww_mark(&b, "100", "101.9", "100", "100");
    ww_walk(w, &b, NULL);
    ww_saw(
        w,
        "0 L at 100\n20000 L mark 100>100 last 100\n20000 L 100>100\n40000 L mark 100>101.9 last 103\n"
        "40000 L 100>103\n60000 L mark 101.9>100 last 100\n60000 L 103>100\n60000 bar\n60000 L close 100\n? cycle\n");
    b = ww_bar(w, "100", "100", "100", "100");
    ww_mark(&b, "100", "102", "100", "100"); /* 100.98, to the tick that loses less 101: half of the way down to 100 */
    ww_walk(w, &b, NULL);
    ww_saw(w, "0 L at 100\n20000 L mark 100>100 last 100\n20000 L 100>100\n40000 L mark 100>102 last 100\n"
              "40000 L 100>100\n60000 L mark 102>101 last 100\n= 100 x 10 trailing\n60000 bar\n");
    ww_free(w);
}

/* ---- what goes wrong ---- */

static void a_refused_turn_ends_the_walk(void **state)
{
    (void)state;
    unsigned refused = 0;
    for (unsigned n = 1; n <= 9; n++) {
        struct ww *w = ww_with(three_legs);
        ww_opened(w, ww_long_100);
        w->fail_turn = n;
        struct eb_walk_bar b = ww_bar(w, "100", "103", "99", "101");
        int rc = eb_walk_open(&w->walk, &b);
        for (int k = 1; k <= 3 && rc == EB_OK; k++) {
            rc = eb_walk_segment(&w->walk, &b, k);
        }
        rc = rc == EB_OK ? eb_walk_close(&w->walk, &b) : rc;
        assert_true(rc == EB_OK || rc == EB_E_FULL);
        assert_int_equal(w->fail_turn > 0, rc == EB_OK); /* reached or not: never swallowed */
        refused += rc != EB_OK;
        ww_free(w);
    }
    assert_int_equal(refused, 7); /* P0, 99, 101, 102, 103, 101 and the bar: the position ends before its close */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_come_at_thirds_floored),
        cmocka_unit_test(the_adverse_extreme_comes_first_unless_asked_otherwise),
        cmocka_unit_test(a_flat_symbol_has_bars_only),
        cmocka_unit_test(an_entry_at_p0_has_no_gap_check),
        cmocka_unit_test(the_nearest_level_fires_first_and_price_goes_on_from_it),
        cmocka_unit_test(a_level_is_met_inclusively),
        cmocka_unit_test(legs_at_one_price_fire_by_index_each_with_its_own_turn),
        cmocka_unit_test(liquidation_comes_before_a_stop_at_the_same_price),
        cmocka_unit_test(at_p0_all_of_it_fills_there_with_the_stop_as_it_stood),
        cmocka_unit_test(the_peak_becomes_p0_after_the_checks),
        cmocka_unit_test(a_trail_moves_on_favourable_travel_and_is_hit_on_adverse_travel_only),
        cmocka_unit_test(a_resting_leg_fills_only_beyond_its_level),
        cmocka_unit_test(at_p0_resting_and_hard_legs_fill_by_index),
        cmocka_unit_test(a_short_meets_its_resting_legs_downwards),
        cmocka_unit_test(a_resting_leg_that_p0_only_touches_holds_nothing_back),
        cmocka_unit_test(a_parked_target_comes_back_by_a_gap),
        cmocka_unit_test(a_stop_takes_back_what_rests_and_fills_once),
        cmocka_unit_test(in_hedge_mode_each_side_has_its_own_path),
        cmocka_unit_test(marks_go_before_the_last_price_in_each_segment),
        cmocka_unit_test(a_stop_by_the_mark_fills_where_the_last_price_is_then),
        cmocka_unit_test(liquidation_is_met_by_the_mark_alone),
        cmocka_unit_test(the_peak_is_the_marks),
        cmocka_unit_test(a_refused_turn_ends_the_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
