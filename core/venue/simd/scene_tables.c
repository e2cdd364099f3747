/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables. Filters are those of the exchange for these symbols, abridged. R of the shipped policies is the tighter
 * of the regime's stop (TREND 2 %, RANGE 3 %, VOLATILE 3.75 %, CHOP and NORMAL 2.5 %) and 10 % of the margin.
 */
#include "venue/simd/scene_tables.h"

#define E8(x) ((int64_t)((x)*1e8 + 0.5))
#define BPS(x) ((x)*INT64_C(100)) /* in ppm */
#define INSTRUMENT(name, tick_, step_, most, notional, maintenance)                                              \
    {                                                                                                            \
        .symbol = (name), .tick = {E8(tick_)}, .min_price = {E8(tick_)}, .max_price = {E8(10000000.0)},          \
        .step = {E8(step_)}, .min_qty = {E8(step_)}, .max_qty = {E8(10.0 * (most))}, .market_step = {E8(step_)}, \
        .market_min_qty = {E8(step_)}, .market_max_qty = {E8(most)}, .min_notional = {E8(notional)},             \
        .percent_up_ppm = 1100000, .percent_down_ppm = 900000, .market_take_bound_ppm = 100000,                  \
        .maintenance_ppm = (maintenance), .max_orders = 200, .max_algo_orders = 100, .trading = true             \
    }
#define SCRIPT(...)          \
    .script = {__VA_ARGS__}, \
    .script_count = sizeof((struct eb_script_point[]){__VA_ARGS__}) / sizeof(struct eb_script_point)

const struct eb_scene_def eb_scene_defs[EB_SCENE_PAPER_SYMBOLS] = {
    /* LONG, R 2 %: three targets on the way up, then the trail of what remains */
    {INSTRUMENT("BTCUSDT", 0.1, 0.001, 120.0, 100.0, 4000),
     {E8(104250.0)},
     EB_REGIME_TREND,
     EB_LONG,
     SCRIPT({4000, BPS(20)}, {9000, BPS(110)}, {12000, BPS(75)}, {18000, BPS(215)}, {22000, BPS(170)},
            {33000, BPS(420)}, {37000, BPS(385)}, {44000, BPS(640)}, {51000, BPS(420)}, {57000, BPS(440)})},
    /* SHORT, R 1.25 %: all targets; later LONG, R 1 %: all targets */
    {INSTRUMENT("ETHUSDT", 0.01, 0.001, 2000.0, 20.0, 5000),
     {E8(3480.0)},
     EB_REGIME_RANGE,
     EB_LONG,
     SCRIPT({5000, BPS(-8)}, {9000, BPS(-32)}, {12000, BPS(-18)}, {16000, BPS(-60)}, {19000, BPS(-45)},
            {24000, BPS(-105)}, {29000, BPS(-85)}, {35000, BPS(-55)}, {39000, BPS(-68)}, {43000, BPS(-38)},
            {50000, BPS(0)}, {57000, BPS(-12)})},
    /* LONG, R 1 %: the stop; later SHORT, R 1.25 %: all targets */
    {INSTRUMENT("SOLUSDT", 0.01, 0.1, 20000.0, 5.0, 5000),
     {E8(158.5)},
     EB_REGIME_VOLATILE,
     EB_LONG,
     SCRIPT({2000, BPS(0)}, {6000, BPS(22)}, {10000, BPS(-45)}, {14000, BPS(-20)}, {20000, BPS(-130)},
            {26000, BPS(-115)}, {31000, BPS(-175)}, {34000, BPS(-155)}, {40000, BPS(-235)}, {50000, BPS(-340)},
            {57000, BPS(-300)})},
    /* SHORT, R 2.5 %: one target, then back to the stop that the ratchet has set */
    {INSTRUMENT("XRPUSDT", 0.0001, 0.1, 2000000.0, 5.0, 5000),
     {E8(2.215)},
     EB_REGIME_CHOP,
     EB_LONG,
     SCRIPT({6000, BPS(-20)}, {11000, BPS(-52)}, {16000, BPS(-28)}, {22000, BPS(25)}, {40000, BPS(-5)},
            {57000, BPS(8)})},
    /* LONG, R 1.67 %: two targets, then the trail */
    {INSTRUMENT("DOGEUSDT", 0.00001, 1.0, 30000000.0, 5.0, 5000),
     {E8(0.2048)},
     EB_REGIME_NORMAL,
     EB_LONG,
     SCRIPT({4000, BPS(10)}, {11000, BPS(105)}, {15000, BPS(70)}, {22000, BPS(195)}, {26000, BPS(165)},
            {31000, BPS(285)}, {41000, BPS(40)}, {57000, BPS(60)})},
    /* SHORT, R 2 %: two targets, then the ratchet at the first one */
    {INSTRUMENT("AVAXUSDT", 0.001, 1.0, 100000.0, 5.0, 10000),
     {E8(21.35)},
     EB_REGIME_TREND,
     EB_SHORT,
     SCRIPT({4000, BPS(-5)}, {12000, BPS(-120)}, {16000, BPS(-92)}, {24000, BPS(-222)}, {28000, BPS(-190)},
            {39000, BPS(-60)}, {57000, BPS(-75)})},
};

#define X(n) ((n)*EB_PPM)
#define USD(n)      \
    {               \
        (n) * EB_E8 \
    }
#define MINUTES(n) ((n)*INT64_C(60000))
const struct eb_scene_entry eb_scene_first_entries[] = {
    {-MINUTES(22), 0, EB_LONG, X(5), USD(5200), BPS(-15)},
    {-MINUTES(9), 1, EB_SHORT, X(8), USD(2400), BPS(5)},
    {-MINUTES(2), 3, EB_SHORT, X(4), USD(900), BPS(2)},
    {1500, 2, EB_LONG, X(10), USD(1600), 0},
    {2500, 4, EB_LONG, X(6), USD(1200), 0},
    {4000, 5, EB_SHORT, X(3), USD(850), 0},
    {26000, 2, EB_SHORT, X(8), USD(1900), 0},
    {30000, 1, EB_LONG, X(10), USD(3000), 0},
};
const unsigned eb_scene_first_entry_count = EB_COUNT(eb_scene_first_entries);

#define R(x) ((int64_t)((x)*1e6))
const struct eb_scene_story eb_scene_stories[] = {
    {{{6000, R(0.1)}, {15000, R(1.2)}, {20000, R(0.8)}, {34000, R(2.3)}, {40000, R(1.9)}, {54000, R(2.5)}}, 6},
    {{{6000, R(0.0)}, {14000, R(0.35)}, {24000, R(-0.5)}, {30000, R(-0.2)}, {42000, R(-1.4)}, {54000, R(-1.1)}}, 6},
    {{{6000, R(0.1)}, {16000, R(1.3)}, {20000, R(1.0)}, {34000, R(3.3)}, {48000, R(0.7)}}, 5},
    {{{6000, R(0.1)}, {14000, R(0.7)}, {20000, R(0.4)}, {30000, R(1.2)}, {45000, R(-0.2)}}, 5},
};
const unsigned eb_scene_story_count = EB_COUNT(eb_scene_stories);
