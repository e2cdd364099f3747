/* SPDX-License-Identifier: Apache-2.0 */
/* Generated markets: the same for a seed, on the grid, through every point of a script, and of the regime asked for. */
#include "feed/generator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "domain/market.h"
#include "files.h"

#define MINUTE INT64_C(60000)
#define T0 (INT64_C(1738368000000))

static struct eb_gen_config config(uint64_t seed)
{
    return (struct eb_gen_config){
        .seed = seed, .start = {2500 * EB_E8 / 1000}, .tick = {EB_E8 / 1000}, .step_ms = 1000};
}

static struct eb_series series(const struct eb_gen_config *c, size_t bars)
{
    struct eb_gen g;
    struct eb_series s = {0};
    struct eb_err err = {0};
    if (eb_gen_init(&g, c, &err) != EB_OK || eb_gen_series(&g, "XUSDT", T0, bars, &s, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    return s;
}

static void assert_sound(const struct eb_series *s, eb_price tick)
{
    struct eb_market m;
    eb_market_init(&m);
    for (size_t i = 0; i < s->count; i++) {
        struct eb_ev_bar bar = eb_series_bar(s, i);
        assert_int_equal(eb_market_add(&m, &bar), EB_OK);
        assert_int_equal(bar.open.e8 % tick.e8, 0);
        assert_int_equal(bar.high.e8 % tick.e8, 0);
        assert_int_equal(bar.low.e8 % tick.e8, 0);
        assert_int_equal(bar.close.e8 % tick.e8, 0);
    }
}

static uint64_t hash_of(const struct eb_series *s)
{
    return eb_hash64(EB_HASH64_SEED, s->row, s->count * sizeof(*s->row));
}

static void a_seed_is_one_market(void **state)
{
    (void)state;
    struct eb_gen_config c = config(1);
    c.gap_ppm = 500;
    struct eb_series a = series(&c, 3 * 1440), b = series(&c, 3 * 1440);
    c.seed = 2;
    struct eb_series other = series(&c, 3 * 1440);
    assert_int_equal(hash_of(&a), hash_of(&b));
    assert_int_not_equal(hash_of(&a), hash_of(&other));
    assert_int_equal(hash_of(&a), UINT64_C(0xe11e2e010a320e7c)); /* on every machine and with every compiler */
    assert_sound(&a, c.tick);
    assert_sound(&other, c.tick);
    eb_series_deinit(&a);
    eb_series_deinit(&b);
    eb_series_deinit(&other);
}

/* Years of it, dear and cheap coins: never off the grid, never at 0, within the bounds of the walk. */
static void long_walks_stay_sound(void **state)
{
    (void)state;
    static const struct {
        int64_t start, tick;
    } cases[] = {{1000, 1}, {19 * EB_E8 / 100, 1000}, {107187 * EB_E8, 10000000}, {EB_GEN_PRICE_MAX, EB_E8}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_gen_config c = config(i);
        c.start.e8 = cases[i].start;
        c.tick.e8 = cases[i].tick;
        c.step_ms = 20000;
        c.gap_ppm = 1000;
        struct eb_series s = series(&c, 400000);
        assert_sound(&s, c.tick);
        for (size_t k = 0; k < s.count; k++) {
            assert_in_range(s.row[k].close.e8, c.start.e8 / 20 - c.tick.e8, c.start.e8 * 20 + c.tick.e8);
        }
        eb_series_deinit(&s);
    }
}

static void stretches_are_what_they_say(void **state)
{
    (void)state;
    static const struct {
        enum eb_gen_kind kind;
        int64_t vol_day_min, vol_day_max; /* of 5-minute bars, ppm */
        int64_t end_min, end_max;         /* close after a day, ppm of the start */
    } cases[] = {{EB_GEN_NORMAL, 15000, 45000, 850000, 1150000},    {EB_GEN_TREND_UP, 5000, 30000, 1200000, 1400000},
                 {EB_GEN_TREND_DOWN, 5000, 30000, 700000, 850000},  {EB_GEN_RANGE, 3000, 15000, 995000, 1005000},
                 {EB_GEN_VOLATILE, 60000, 150000, 500000, 1500000}, {EB_GEN_CHOP, 20000, 70000, 980000, 1020000}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_gen_stretch stretch = {cases[i].kind, 24 * 60 * MINUTE};
        struct eb_gen_config c = config(11);
        c.stretch = &stretch;
        c.stretch_count = 1;
        c.start.e8 = 2500 * EB_E8;
        c.tick.e8 = EB_E8 / 100;
        struct eb_series s = series(&c, 1440);
        struct eb_market m;
        struct eb_features f;
        eb_market_init(&m);
        for (size_t k = 0; k < s.count; k++) {
            struct eb_ev_bar bar = eb_series_bar(&s, k);
            assert_int_equal(eb_market_add(&m, &bar), EB_OK);
        }
        eb_market_features(&m, EB_TF_5M, &f);
        assert_in_range(f.vol_day_ppm, cases[i].vol_day_min, cases[i].vol_day_max);
        assert_in_range(s.row[1439].close.e8 / (c.start.e8 / EB_PPM), cases[i].end_min, cases[i].end_max);
        eb_series_deinit(&s);
    }
}

static void stretches_follow_each_other(void **state)
{
    (void)state;
    static const struct eb_gen_stretch list[] = {{EB_GEN_TREND_UP, 60 * MINUTE}, {EB_GEN_TREND_DOWN, 30 * MINUTE}};
    struct eb_gen_config c = config(3);
    c.stretch = list;
    c.stretch_count = 2;
    struct eb_gen g;
    eb_price p;
    assert_int_equal(eb_gen_init(&g, &c, NULL), EB_OK);
    for (int64_t t = 1000; t <= 300 * MINUTE; t += 1000) {
        assert_int_equal(eb_gen_next(&g, &p), t);
        assert_int_equal(g.kind, (t - 1000) % (90 * MINUTE) < 60 * MINUTE ? EB_GEN_TREND_UP : EB_GEN_TREND_DOWN);
    }
}

static void a_script_is_followed_through_every_point(void **state)
{
    (void)state;
    static const struct eb_script_point script[] = {
        {5000, 4000}, {20000, 25000}, {30000, -8000}, {31000, 0}, {60000, 16000}};
    struct eb_gen_config c = config(5);
    c.start.e8 = 2500 * EB_E8;
    c.tick.e8 = EB_E8 / 100;
    c.step_ms = 250;
    c.noise_ppm = 150;
    c.script = script;
    c.script_count = EB_COUNT(script);
    struct eb_gen g;
    eb_price p = {0};
    assert_int_equal(eb_gen_init(&g, &c, NULL), EB_OK);
    size_t reached = 0;
    int64_t from_ms = 0, from_ppm = 0;
    for (int64_t t = 250; t <= 60000; t += 250) {
        assert_int_equal(eb_gen_next(&g, &p), t);
        const struct eb_script_point *to = &script[reached];
        int64_t line = from_ppm + (to->offset_ppm - from_ppm) * (t - from_ms) / (to->at_ms - from_ms);
        int64_t want = 2500 * 100 + line * 2500 * 100 / EB_PPM; /* in ticks */
        int64_t off = p.e8 / c.tick.e8 - want;
        assert_true(off >= -40 && off <= 40); /* 150 ppm and a tick of rounding */
        if (t == to->at_ms) {
            assert_int_equal(p.e8, (2500 * 100 + to->offset_ppm * 2500 * 100 / EB_PPM) * c.tick.e8);
            from_ms = to->at_ms;
            from_ppm = to->offset_ppm;
            reached++;
        }
    }
    assert_int_equal(reached, EB_COUNT(script));
    int64_t last = p.e8;
    (void)eb_gen_next(&g, &p); /* goes on from there by chance */
    assert_in_range(p.e8, last - last / 500, last + last / 500);
}

static void price_gaps_lie_between_minutes(void **state)
{
    (void)state;
    static const struct eb_gen_stretch calm = {EB_GEN_RANGE, 1000 * MINUTE};
    struct eb_gen_config c = config(9);
    c.start.e8 = 2500 * EB_E8;
    c.tick.e8 = EB_E8 / 100;
    c.stretch = &calm;
    c.stretch_count = 1;
    c.gap_ppm = EB_PPM;
    struct eb_series s = series(&c, 200);
    for (size_t i = 1; i < s.count; i++) {
        int64_t close = s.row[i - 1].close.e8, gap = s.row[i].open.e8 - close;
        gap = gap < 0 ? -gap : gap;
        assert_true(gap * 1000 >= close * 2 - 2000 * c.tick.e8 && gap * 1000 <= close * 15 + 2000 * c.tick.e8);
    }
    assert_int_equal(s.gaps, 0); /* bars are all there */
    eb_series_deinit(&s);
}

static void missing_bars_are_holes(void **state)
{
    (void)state;
    struct eb_gen_config c = config(13);
    c.missing_ppm = 100000;
    struct eb_series s = series(&c, 2000);
    assert_in_range(s.missing, 120, 280);
    assert_int_equal(s.count + (size_t)s.missing, 2000);
    assert_true(s.gaps > 100 && (int64_t)s.gaps <= s.missing);
    assert_int_equal(s.row[0].open_ms, T0);
    assert_int_equal(s.row[s.count - 1].open_ms, T0 + 1999 * MINUTE);
    struct eb_gen_config whole = config(13); /* what is there is the same market */
    struct eb_series all = series(&whole, 2000);
    for (size_t i = 0; i < s.count; i++) {
        size_t at = (size_t)((s.row[i].open_ms - T0) / MINUTE);
        assert_memory_equal(&s.row[i], &all.row[at], sizeof(s.row[i]));
    }
    eb_series_deinit(&all);
    eb_series_deinit(&s);
}

static void a_generated_month_is_a_kline_file(void **state)
{
    (void)state;
    struct eb_gen_config c = config(17);
    struct eb_series s = series(&c, 43200), got;
    struct eb_err err = {0};
    const char *path = file_path("XUSDT-1m-2025-02.csv.gz");
    assert_int_equal(eb_series_write_csv(&s, path, 12, true, &err), EB_OK);
    if (eb_kline_load(path, NULL, &got, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(got.count, s.count);
    assert_memory_equal(got.row, s.row, s.count * sizeof(*s.row));
    eb_series_deinit(&s);
    eb_series_deinit(&got);
}

static void a_wrong_configuration_names_the_field(void **state)
{
    (void)state;
    static const struct eb_gen_stretch none = {EB_GEN_NORMAL, 0}, unknown = {EB_GEN_KIND_COUNT, 1};
    static const struct eb_script_point back[] = {{10, 0}, {10, 0}}, zero[] = {{0, 0}}, deep[] = {{10, -950001}};
    static const struct {
        struct eb_gen_config c;
        const char *want;
    } cases[] = {
        {{.start = {0}, .tick = {1}, .step_ms = 1000}, "start"},
        {{.start = {EB_GEN_PRICE_MAX + 1}, .tick = {1}, .step_ms = 1000}, "start"},
        {{.start = {1000}, .tick = {0}, .step_ms = 1000}, "tick"},
        {{.start = {1000}, .tick = {2}, .step_ms = 1000}, "tick"},
        {{.start = {1000}, .tick = {1}, .step_ms = 0}, "step_ms"},
        {{.start = {1000}, .tick = {1}, .step_ms = 7000}, "step_ms"},
        {{.start = {1000}, .tick = {1}, .step_ms = 1000, .noise_ppm = -1}, "noise_ppm"},
        {{.start = {1000}, .tick = {1}, .step_ms = 1000, .gap_ppm = EB_PPM + 1}, "gap_ppm"},
        {{.start = {1000}, .tick = {1}, .step_ms = 1000, .missing_ppm = -1}, "missing_ppm"},
        {{.start = {1000}, .tick = {1}, .step_ms = 1000, .stretch = &none, .stretch_count = 1}, "stretch 1"},
        {{.start = {1000}, .tick = {1}, .step_ms = 1000, .stretch = &unknown, .stretch_count = 1}, "stretch 1"},
        {{.start = {1000}, .tick = {1}, .step_ms = 1000, .script = back, .script_count = 2}, "point 2: at_ms"},
        {{.start = {1000}, .tick = {1}, .step_ms = 1000, .script = zero, .script_count = 1}, "point 1: at_ms"},
        {{.start = {1000}, .tick = {1}, .step_ms = 1000, .script = deep, .script_count = 1}, "point 1: offset_ppm"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_gen g;
        struct eb_err err = {0};
        int rc = eb_gen_init(&g, &cases[i].c, &err);
        assert_error(&err, rc, EB_E_INVALID, cases[i].want, NULL);
    }
    struct eb_gen_config c = config(1);
    struct eb_gen g;
    struct eb_series s;
    struct eb_err err = {0};
    assert_int_equal(eb_gen_init(&g, &c, NULL), EB_OK);
    int rc = eb_gen_series(&g, "X", T0 + 1, 5, &s, &err);
    assert_error(&err, rc, EB_E_INVALID, "whole minute", NULL);
    rc = eb_gen_series(&g, "X", T0, 0, &s, &err);
    assert_error(&err, rc, EB_E_INVALID, "bars", NULL);
    rc = eb_gen_series(&g, "", T0, 5, &s, &err);
    assert_error(&err, rc, EB_E_INVALID, "is no symbol", NULL);
}

/* ---- histories -------------------------------------------------------------------------------------------------- */

/* The thresholds of policies/regime.lua for a position without a regime yet, from its 15-minute bars. */
static enum eb_regime classify(const struct eb_features *f)
{
    int64_t distance = f->trend_ppm < 0 ? -f->trend_ppm : f->trend_ppm;
    if (f->vol_day_ppm >= 80000) {
        return EB_REGIME_VOLATILE;
    }
    if (distance >= 10000 && f->efficiency_ppm >= 350000) {
        return EB_REGIME_TREND;
    }
    if (f->efficiency_ppm <= 100000 && f->avg_range_ppm >= 7000) {
        return EB_REGIME_CHOP;
    }
    return distance <= 5000 && f->avg_range_ppm <= 5000 ? EB_REGIME_RANGE : EB_REGIME_NORMAL;
}

static void check_history(const struct eb_gen_history *h)
{
    struct eb_series s;
    struct eb_err err = {0};
    if (eb_gen_scripted(h, &s, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(s.count, h->bars);
    assert_int_equal(s.row[s.count - 1].close.e8, h->last.e8);
    assert_int_equal(s.row[s.count - 1].open_ms + MINUTE, h->end_ms);
    assert_sound(&s, h->tick);
    struct eb_market m;
    struct eb_features f;
    eb_market_init(&m);
    for (size_t i = 0; i < s.count; i++) {
        struct eb_ev_bar bar = eb_series_bar(&s, i);
        assert_int_equal(eb_market_add(&m, &bar), EB_OK);
        assert_true(i == 0 || bar.open.e8 == s.row[i - 1].close.e8);
    }
    eb_market_features(&m, EB_TF_15M, &f);
    assert_int_equal(f.bars, EB_MARKET_BARS);
    enum eb_regime got = classify(&f);
    if (got != h->regime) {
        fail_msg("regime %d as %d: trend %lld vol_day %lld range %lld efficiency %lld", h->regime, got,
                 (long long)f.trend_ppm, (long long)f.vol_day_ppm, (long long)f.avg_range_ppm,
                 (long long)f.efficiency_ppm);
    }
    if (h->regime == EB_REGIME_TREND) {
        assert_int_equal(f.trend_ppm > 0, h->side == EB_LONG);
        assert_true(f.trend_ppm > 20000 || f.trend_ppm < -20000);
    }
    eb_series_deinit(&s);
}

static void a_history_ends_in_its_regime(void **state)
{
    (void)state;
    static const struct {
        int64_t last, tick;
    } coins[] = {{107187 * EB_E8, 10000000}, {2507 * EB_E8 / 1000, EB_E8 / 1000}, {19 * EB_E8 / 100, 1000}, {2000, 1}};
    for (int regime = EB_REGIME_TREND; regime < EB_REGIME_COUNT; regime++) {
        for (int side = EB_LONG; side <= EB_SHORT; side++) {
            for (size_t coin = 0; coin < EB_COUNT(coins); coin++) {
                for (int64_t minute = 0; minute < 15; minute++) {
                    struct eb_gen_history h = {.symbol = "XUSDT",
                                               .seed = (uint64_t)minute,
                                               .regime = (enum eb_regime)regime,
                                               .side = (enum eb_side)side,
                                               .last = {coins[coin].last},
                                               .tick = {coins[coin].tick},
                                               .end_ms = T0 + minute * MINUTE,
                                               .bars = minute % 2 == 0 ? EB_GEN_HISTORY_BARS_MIN : 1500};
                    check_history(&h);
                }
            }
        }
    }
}

static void a_wrong_history_names_the_field(void **state)
{
    (void)state;
    static const struct {
        struct eb_gen_history h;
        const char *want;
    } cases[] = {
        {{"X", 1, EB_REGIME_UNKNOWN, EB_LONG, {1000}, {1}, T0, 375}, "regime"},
        {{"X", 1, EB_REGIME_COUNT, EB_LONG, {1000}, {1}, T0, 375}, "regime"},
        {{"X", 1, EB_REGIME_TREND, EB_LONG, {0}, {1}, T0, 375}, "last"},
        {{"X", 1, EB_REGIME_TREND, EB_LONG, {EB_GEN_PRICE_MAX + 1}, {1}, T0, 375}, "last"},
        {{"X", 1, EB_REGIME_TREND, EB_LONG, {1000}, {0}, T0, 375}, "tick"},
        {{"X", 1, EB_REGIME_TREND, EB_LONG, {999}, {1}, T0, 375}, "tick"},
        {{"X", 1, EB_REGIME_TREND, EB_LONG, {2001}, {2}, T0, 375}, "tick"},
        {{"X", 1, EB_REGIME_TREND, EB_LONG, {1000}, {1}, T0 + 1, 375}, "end_ms"},
        {{"X", 1, EB_REGIME_TREND, EB_LONG, {1000}, {1}, 10 * MINUTE, 375}, "end_ms"},
        {{"X", 1, EB_REGIME_TREND, EB_LONG, {1000}, {1}, T0, 0}, "end_ms"},
        {{"", 1, EB_REGIME_TREND, EB_LONG, {1000}, {1}, T0, 375}, "is no symbol"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_series s;
        struct eb_err err = {0};
        int rc = eb_gen_scripted(&cases[i].h, &s, &err);
        assert_error(&err, rc, EB_E_INVALID, cases[i].want, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_is_one_market),
        cmocka_unit_test(long_walks_stay_sound),
        cmocka_unit_test(stretches_are_what_they_say),
        cmocka_unit_test(stretches_follow_each_other),
        cmocka_unit_test(a_script_is_followed_through_every_point),
        cmocka_unit_test(price_gaps_lie_between_minutes),
        cmocka_unit_test(missing_bars_are_holes),
        cmocka_unit_test(a_generated_month_is_a_kline_file),
        cmocka_unit_test(a_wrong_configuration_names_the_field),
        cmocka_unit_test(a_history_ends_in_its_regime),
        cmocka_unit_test(a_wrong_history_names_the_field),
    };
    return cmocka_run_group_tests_name("feed/generator", tests, files_setup, files_teardown);
}
