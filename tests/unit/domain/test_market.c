/* SPDX-License-Identifier: Apache-2.0 */
/* Bars into frames, holes, refusals; figures against tests/reference/features.py, which shares no code. */
#include "domain/market.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define START (INT64_C(1700000040000) / HOUR * HOUR)

static struct eb_ev_bar bar(int64_t open_ms, int64_t length_ms, int64_t open, int64_t high, int64_t low, int64_t close)
{
    return (struct eb_ev_bar){open_ms, length_ms, {open}, {high}, {low}, {close}};
}

static struct eb_ev_bar flat(int64_t minute, int64_t price)
{
    return bar(START + minute * MINUTE, MINUTE, price, price, price, price);
}

static struct eb_features features(struct eb_market *m, enum eb_timeframe frame)
{
    struct eb_features f;
    eb_market_features(m, frame, &f);
    return f;
}

static int64_t max_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The bars of walk() in tests/reference/features.py. */
static void add_walk(struct eb_market *m, size_t rows)
{
    uint64_t x = 12345;
    int64_t price = INT64_C(20000000000), t = START;
    while (rows > 0) {
        int64_t v[3];
        for (int i = 0; i < 3; i++) {
            x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            v[i] = (int64_t)((x >> 33) % 20001);
        }
        int64_t open = price;
        price += (v[0] - 10000) * 1000;
        if ((t / MINUTE) % 97 != 0) {
            int64_t high = max_of(open, price) + v[1] * 500, low = -max_of(-open, -price) - v[2] * 500;
            struct eb_ev_bar b = bar(t, MINUTE, open, high, low, price);
            assert_int_equal(eb_market_add(m, &b), EB_OK);
            rows--;
        }
        t += MINUTE;
    }
}

static void figures_of(const struct eb_features *f, int64_t out[10])
{
    const int64_t figures[10] = {f->bars,          f->close_e8,        f->atr_e8,      f->atr_ppm,
                                 f->vol_bar_ppm,   f->vol_std_bar_ppm, f->vol_day_ppm, f->trend_ppm,
                                 f->avg_range_ppm, f->efficiency_ppm};
    memcpy(out, figures, sizeof(figures));
}

static void assert_features(const struct eb_features *f, const int64_t want[10])
{
    int64_t got[10];
    figures_of(f, got);
    for (int i = 0; i < 10; i++) {
        if (got[i] != want[i]) {
            fail_msg("figure %d: got %lld, want %lld", i, (long long)got[i], (long long)want[i]);
        }
    }
    assert_int_equal(f->warm, want[0] >= EB_MARKET_WARM_BARS);
}

static void figures_agree_with_the_reference(void **state)
{
    (void)state;
    static const struct {
        size_t rows;
        int64_t want[EB_TF_COUNT][10];
    } cases[] = {
        {14, {{14}, {2}, {0}, {0}}},
        {17, {{17, 19954494000, 15490536, 776, 336, 309, 12733, -1385, 755, 432511}, {3}, {1}, {0}}},
        {2000,
         {{21, 20393110000, 15408179, 756, 265, 257, 10056, 91, 794, 274491},
          {21, 20393110000, 29760643, 1459, 763, 638, 12956, 3992, 1478, 638123},
          {21, 20391813000, 45224107, 2218, 1284, 1194, 12579, 7627, 2179, 448694},
          {21, 20306564000, 82970571, 4086, 2506, 2414, 12277, 7498, 4064, 318902}}},
    };
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        struct eb_market m;
        eb_market_init(&m);
        add_walk(&m, cases[c].rows);
        for (int frame = 0; frame < EB_TF_COUNT; frame++) {
            struct eb_features f = features(&m, (enum eb_timeframe)frame);
            assert_features(&f, cases[c].want[frame]);
        }
    }
}

/* By hand: 15 bars closing 100, 101, 100, 101 ..., each 2 wide around its close. */
static void a_zigzag_by_hand(void **state)
{
    (void)state;
    struct eb_market m;
    eb_market_init(&m);
    for (int64_t i = 0; i < 15; i++) {
        int64_t close = (100 + i % 2) * EB_E8;
        struct eb_ev_bar b = bar(START + i * MINUTE, MINUTE, close, close + EB_E8, close - EB_E8, close);
        assert_int_equal(eb_market_add(&m, &b), EB_OK);
    }
    struct eb_features f = features(&m, EB_TF_1M);
    assert_true(f.warm);
    assert_int_equal(f.close_e8, 100 * EB_E8);
    assert_int_equal(f.atr_e8, 2 * EB_E8); /* |101 + 1 - 100| = |100 - 1 - 101| = high - low = 2 */
    assert_int_equal(f.atr_ppm, 20000);
    assert_int_equal(f.efficiency_ppm, 0);     /* ends where it began */
    assert_int_equal(f.trend_ppm, -4645);      /* SMA 1507 / 15: -7 / 1507 */
    assert_int_equal(f.avg_range_ppm, 19908);  /* (8 * 2 / 100 + 7 * 2 / 101) / 15 */
    assert_int_equal(f.vol_bar_ppm, 9951);     /* 7 returns of 1 / 100 and 7 of 1 / 101 */
    assert_int_equal(f.vol_std_bar_ppm, 9950); /* their mean is 0.00005 */
}

static void a_straight_line_is_efficient(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign++) {
        struct eb_market m;
        eb_market_init(&m);
        for (int64_t i = 0; i < 40; i++) {
            struct eb_ev_bar b = flat(i, (1000 + sign * i) * EB_E8);
            assert_int_equal(eb_market_add(&m, &b), EB_OK);
        }
        struct eb_features f = features(&m, EB_TF_1M);
        assert_int_equal(f.bars, EB_MARKET_BARS);
        assert_int_equal(f.efficiency_ppm, sign == 0 ? 0 : EB_PPM);
        assert_int_equal(f.trend_ppm, sign == 0 ? 0 : (sign > 0 ? 9228 : -9789)); /* 9.5 / 1029.5, -9.5 / 970.5 */
        assert_int_equal(f.atr_e8, sign == 0 ? 0 : EB_E8);
    }
}

static void frames_are_aligned_and_take_dividing_lengths(void **state)
{
    (void)state;
    static const struct {
        int64_t length_min;
        uint16_t want[EB_TF_COUNT]; /* closed bars after three hours */
    } cases[] = {{1, {21, 21, 12, 3}}, {3, {0, 0, 12, 3}}, {5, {0, 21, 12, 3}}, {15, {0, 0, 12, 3}},
                 {30, {0, 0, 0, 3}},   {60, {0, 0, 0, 3}}, {7, {0, 0, 0, 0}},   {180, {0, 0, 0, 0}}};
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        struct eb_market m;
        eb_market_init(&m);
        for (int64_t at = 0; at < 180; at += cases[c].length_min) {
            struct eb_ev_bar b = bar(START + at * MINUTE, cases[c].length_min * MINUTE, 5, 5, 5, 5);
            assert_int_equal(eb_market_add(&m, &b), EB_OK);
        }
        for (int frame = 0; frame < EB_TF_COUNT; frame++) {
            assert_int_equal(features(&m, (enum eb_timeframe)frame).bars, cases[c].want[frame]);
            assert_int_equal(eb_market_incomplete(&m, (enum eb_timeframe)frame), 0);
        }
    }
}

static void a_frame_bar_has_the_extremes_of_its_minutes(void **state)
{
    (void)state;
    struct eb_market m;
    eb_market_init(&m);
    static const int64_t high[5] = {10, 14, 11, 12, 13}, low[5] = {8, 9, 5, 7, 6}, close[5] = {9, 10, 6, 8, 7};
    for (int i = 0; i < 5; i++) {
        struct eb_ev_bar b = bar(START + i * MINUTE, MINUTE, close[i], high[i], low[i], close[i]);
        assert_int_equal(features(&m, EB_TF_5M).bars, 0);
        assert_int_equal(eb_market_add(&m, &b), EB_OK);
    }
    assert_int_equal(features(&m, EB_TF_5M).bars, 1); /* at once with its last minute */
    assert_int_equal(m.closed[EB_TF_5M][0].high_e8, 14);
    assert_int_equal(m.closed[EB_TF_5M][0].low_e8, 5);
    assert_int_equal(m.closed[EB_TF_5M][0].close_e8, 7);
}

static void a_bar_off_the_minute_belongs_where_it_opens(void **state)
{
    (void)state;
    struct eb_market m;
    eb_market_init(&m);
    for (int64_t i = 0; i < 15; i++) {
        struct eb_ev_bar b = flat(i, 100 + i);
        b.open_ms += MINUTE / 2;
        assert_int_equal(eb_market_add(&m, &b), EB_OK);
        assert_int_equal(features(&m, EB_TF_1M).bars, i + 1);
    }
    assert_int_equal(features(&m, EB_TF_5M).bars, 3); /* ends half a minute late, closes all the same */
    assert_int_equal(m.closed[EB_TF_5M][0].close_e8, 104);
    assert_int_equal(m.closed[EB_TF_5M][2].close_e8, 114);
    assert_int_equal(eb_market_incomplete(&m, EB_TF_5M), 0);
    assert_int_equal(features(&m, EB_TF_15M).bars, 1);
}

static void a_hole_is_counted_and_the_bar_kept(void **state)
{
    (void)state;
    /* Minutes 3 and 9 of 0..14 are missing, then a hole of 20 minutes, then one bar. */
    struct eb_market m;
    eb_market_init(&m);
    for (int64_t i = 0; i < 15; i++) {
        struct eb_ev_bar b = flat(i, 100 + i);
        if (i != 3 && i != 9) {
            assert_int_equal(eb_market_add(&m, &b), EB_OK);
        }
    }
    assert_int_equal(features(&m, EB_TF_5M).bars, 3);
    assert_int_equal(eb_market_incomplete(&m, EB_TF_5M), 2);
    assert_int_equal(m.closed[EB_TF_5M][1].close_e8, 108); /* minute 8: minute 9 never came */
    assert_int_equal(eb_market_incomplete(&m, EB_TF_15M), 1);
    struct eb_ev_bar later = flat(36, 200); /* in the second minute of its 5-minute bar */
    assert_int_equal(eb_market_add(&m, &later), EB_OK);
    assert_int_equal(features(&m, EB_TF_5M).bars, 3); /* frames without any base bar do not exist */
    later = flat(40, 200);
    assert_int_equal(eb_market_add(&m, &later), EB_OK);
    assert_int_equal(features(&m, EB_TF_5M).bars, 4);
    assert_int_equal(eb_market_incomplete(&m, EB_TF_5M), 3);
    assert_int_equal(eb_market_incomplete(&m, EB_TF_1M), 0);
}

static void bars_that_cannot_be_are_refused_and_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct eb_ev_bar bar;
        int want;
    } cases[] = {
        {"the same again", {START, MINUTE, {5}, {6}, {4}, {5}}, EB_E_STALE},
        {"overlap", {START - 60 * MINUTE, 61 * MINUTE, {5}, {6}, {4}, {5}}, EB_E_STALE},
        {"length 0", {START + MINUTE, 0, {5}, {6}, {4}, {5}}, EB_E_INVALID},
        {"length negative", {START + MINUTE, -MINUTE, {5}, {6}, {4}, {5}}, EB_E_INVALID},
        {"negative start", {-MINUTE, MINUTE, {5}, {6}, {4}, {5}}, EB_E_INVALID},
        {"end beyond int64", {START + MINUTE, INT64_MAX, {5}, {6}, {4}, {5}}, EB_E_INVALID},
        {"start beyond int64", {INT64_MAX - 7, MINUTE, {5}, {6}, {4}, {5}}, EB_E_INVALID},
        {"price 0", {START + MINUTE, MINUTE, {5}, {6}, {0}, {5}}, EB_E_INVALID},
        {"price negative", {START + MINUTE, MINUTE, {-5}, {6}, {-7}, {5}}, EB_E_INVALID},
        {"high below low", {START + MINUTE, MINUTE, {5}, {4}, {6}, {5}}, EB_E_INVALID},
        {"open above high", {START + MINUTE, MINUTE, {7}, {6}, {4}, {5}}, EB_E_INVALID},
        {"open below low", {START + MINUTE, MINUTE, {3}, {6}, {4}, {5}}, EB_E_INVALID},
        {"close above high", {START + MINUTE, MINUTE, {5}, {6}, {4}, {7}}, EB_E_INVALID},
        {"close below low", {START + MINUTE, MINUTE, {5}, {6}, {4}, {3}}, EB_E_INVALID},
    };
    struct eb_market m, before;
    eb_market_init(&m);
    struct eb_ev_bar first = flat(0, 5);
    assert_int_equal(eb_market_add(&m, &first), EB_OK);
    memcpy(&before, &m, sizeof(m)); /* padding too */
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        if (eb_market_add(&m, &cases[c].bar) != cases[c].want) {
            fail_msg("%s", cases[c].name);
        }
        assert_memory_equal(&m, &before, sizeof(m));
    }
}

static void absurd_prices_are_clamped(void **state)
{
    (void)state;
    struct eb_market m;
    eb_market_init(&m);
    for (int64_t i = 0; i < 15; i++) {
        struct eb_ev_bar b = flat(i, i == 14 ? 1 : INT64_MAX);
        assert_int_equal(eb_market_add(&m, &b), EB_OK);
    }
    struct eb_features f = features(&m, EB_TF_1M);
    assert_int_equal(f.atr_ppm, INT64_MAX);
    assert_int_equal(f.trend_ppm, -EB_PPM);
    assert_int_equal(f.efficiency_ppm, EB_PPM);
    struct eb_ev_bar back = flat(15, INT64_MAX);
    assert_int_equal(eb_market_add(&m, &back), EB_OK);
    f = features(&m, EB_TF_1M);
    assert_int_equal(f.vol_bar_ppm, INT64_MAX);
    assert_int_equal(f.vol_day_ppm, INT64_MAX);
}

static void features_are_kept_until_a_bar_closes(void **state)
{
    (void)state;
    struct eb_market m;
    eb_market_init(&m);
    add_walk(&m, 400);
    struct eb_features f = features(&m, EB_TF_15M), again;
    m.features[EB_TF_15M].trend_ppm = 424242; /* what is kept, is given */
    again = features(&m, EB_TF_15M);
    assert_int_equal(again.trend_ppm, 424242);
    m.forming[EB_TF_15M].stale = true;
    again = features(&m, EB_TF_15M);
    int64_t want[10];
    figures_of(&f, want);
    assert_features(&again, want);
}

static void names_and_lengths(void **state)
{
    (void)state;
    static const char *const names[EB_TF_COUNT] = {"m1", "m5", "m15", "h1"};
    static const int64_t minutes[EB_TF_COUNT] = {1, 5, 15, 60};
    for (int frame = 0; frame < EB_TF_COUNT; frame++) {
        assert_string_equal(eb_timeframe_name((enum eb_timeframe)frame), names[frame]);
        assert_int_equal(eb_timeframe_ms((enum eb_timeframe)frame), minutes[frame] * MINUTE);
    }
    assert_true(10000 * sizeof(struct eb_market) <= 25 * 1024 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_agree_with_the_reference),
        cmocka_unit_test(a_zigzag_by_hand),
        cmocka_unit_test(a_straight_line_is_efficient),
        cmocka_unit_test(frames_are_aligned_and_take_dividing_lengths),
        cmocka_unit_test(a_frame_bar_has_the_extremes_of_its_minutes),
        cmocka_unit_test(a_bar_off_the_minute_belongs_where_it_opens),
        cmocka_unit_test(a_hole_is_counted_and_the_bar_kept),
        cmocka_unit_test(bars_that_cannot_be_are_refused_and_change_nothing),
        cmocka_unit_test(absurd_prices_are_clamped),
        cmocka_unit_test(features_are_kept_until_a_bar_closes),
        cmocka_unit_test(names_and_lengths),
    };
    return cmocka_run_group_tests_name("domain/market", tests, NULL, NULL);
}
