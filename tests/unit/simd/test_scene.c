/* SPDX-License-Identifier: Apache-2.0 */
/* Scenes: what they promise about prices, entries, bars and their end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/instrument.h"
#include "venue/simd/scene.h"

#define START_MS INT64_C(1748736000000)

static struct eb_scene *make(uint8_t kind, uint32_t count, uint64_t seed, int64_t length_ms)
{
    const struct eb_scene_config c = {
        .kind = kind, .count = count, .seed = seed, .start_ms = START_MS, .length_ms = length_ms, .tick_ms = 50};
    struct eb_scene *s = NULL;
    struct eb_err err = {0};
    if (eb_scene_create(&c, &s, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    return s;
}

static void tick(struct eb_scene *s)
{
    struct eb_err err = {0};
    if (eb_scene_tick(s, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
}

static uint64_t mix(uint64_t h, int64_t v)
{
    return (h ^ (uint64_t)v) * UINT64_C(0x100000001b3);
}

/* Prices and entries of so many ticks, in one number. */
static uint64_t digest(struct eb_scene *s, unsigned ticks)
{
    uint64_t h = 7;
    const struct eb_scene_entry *e;
    while ((e = eb_scene_earlier(s)) != NULL) {
        h = mix(mix(h, e->at_ms), e->symbol);
    }
    for (unsigned i = 0; i < ticks; i++) {
        tick(s);
        for (eb_symbol_id k = 0; k < eb_scene_count(s); k++) {
            h = mix(h, eb_scene_symbol(s, k)->price.e8);
        }
        while ((e = eb_scene_entry(s)) != NULL) {
            h = mix(mix(mix(h, e->at_ms), e->side), e->notional.e8);
        }
    }
    return h;
}

static void the_seed_is_everything(void **state)
{
    (void)state;
    for (unsigned kind = EB_SCENE_PAPER; kind <= EB_SCENE_STILL; kind++) {
        uint64_t h[3];
        for (unsigned i = 0; i < 3; i++) {
            struct eb_scene *s = make((uint8_t)kind, 5, i < 2 ? 1 : 2, 0);
            h[i] = digest(s, 3000);
            eb_scene_destroy(s);
        }
        assert_true(h[0] == h[1]);
        assert_true(h[0] != h[2]);
    }
}

static void every_symbol_can_be_traded(void **state)
{
    (void)state;
    struct eb_scene *s = make(EB_SCENE_BUSY, 1000, 3, 0);
    for (eb_symbol_id i = 0; i < 1000; i++) {
        struct eb_instrument inst;
        struct eb_err err = {0};
        const struct eb_scene_symbol *y = eb_scene_symbol(s, i);
        eb_instrument_from_event(&inst, &y->inst);
        assert_int_equal(eb_instrument_validate(&inst, &err), EB_OK);
        assert_true(eb_price_on_grid(&inst, y->price));
        assert_true(eb_scene_quantity(y, (eb_money){2000 * EB_E8}, y->price).e8 > 0);
        for (eb_symbol_id k = 0; k < i && i < 20; k++) {
            assert_string_not_equal(eb_scene_symbol(s, k)->inst.symbol, y->inst.symbol);
        }
    }
    eb_scene_destroy(s);
}

static void busy_never_rests(void **state)
{
    (void)state;
    struct eb_scene *s = make(EB_SCENE_BUSY, 8, 4, 0);
    unsigned entries = 0;
    unsigned levels = 0;
    eb_price from[8];
    for (eb_symbol_id i = 0; i < 8; i++) {
        from[i] = eb_scene_symbol(s, i)->price;
    }
    for (unsigned t = 0; t < 1200; t++) {
        tick(s);
        for (eb_symbol_id i = 0; i < 8; i++) { /* half a percent on: a level of any sensible plan */
            int64_t price = eb_scene_symbol(s, i)->price.e8;
            int64_t moved = price > from[i].e8 ? price - from[i].e8 : from[i].e8 - price;
            if (moved >= from[i].e8 / 200) {
                levels++;
                from[i].e8 = price;
            }
        }
        while (eb_scene_entry(s) != NULL) {
            entries++;
        }
    }
    assert_in_range(levels, 8 * 8, 8 * 60); /* of each symbol in a minute */
    assert_in_range(entries, 8 * 3, 8 * 12);
    assert_false(eb_scene_over(s));
    eb_scene_destroy(s);
}

static void busy_ends_flat(void **state)
{
    (void)state;
    struct eb_scene *s = make(EB_SCENE_BUSY, 8, 4, 10000);
    int64_t low[8];
    int64_t high[8];
    for (unsigned t = 0; t < 200; t++) {
        tick(s);
        while (eb_scene_entry(s) != NULL) {}
    }
    for (eb_symbol_id i = 0; i < 8; i++) {
        low[i] = high[i] = eb_scene_symbol(s, i)->price.e8;
    }
    int64_t before[8];
    memcpy(before, low, sizeof(before));
    while (!eb_scene_over(s)) {
        tick(s);
        assert_null(eb_scene_entry(s));
        for (eb_symbol_id i = 0; i < 8; i++) {
            int64_t price = eb_scene_symbol(s, i)->price.e8;
            low[i] = price < low[i] ? price : low[i];
            high[i] = price > high[i] ? price : high[i];
        }
    }
    assert_int_equal(eb_scene_next(s) - 50 - START_MS, 10000 + EB_SCENE_DRIVE_MS);
    for (eb_symbol_id i = 0; i < 8; i++) { /* beyond liquidation at the least leverage, both ways */
        assert_true(low[i] < before[i] / 100 * 79);
        assert_true(high[i] > before[i] / 100 * 121);
    }
    eb_scene_destroy(s);
}

static void still_hardly_moves(void **state)
{
    (void)state;
    struct eb_scene *s = make(EB_SCENE_STILL, 150, 4, 0);
    unsigned sides[2] = {0, 0};
    int64_t at_ms = 0;
    const struct eb_scene_entry *e;
    while ((e = eb_scene_earlier(s)) != NULL) {
        sides[e->side]++;
        assert_true(e->at_ms > at_ms && e->at_ms < START_MS);
        at_ms = e->at_ms;
    }
    assert_int_equal(sides[EB_LONG], 75);
    assert_int_equal(sides[EB_SHORT], 75);
    eb_price first = eb_scene_symbol(s, 7)->price;
    int64_t width = eb_scene_symbol(s, 7)->inst.tick.e8;
    for (unsigned t = 0; t < 500; t++) {
        tick(s);
        assert_null(eb_scene_entry(s));
        assert_in_range(eb_scene_symbol(s, 7)->price.e8, first.e8 - width, first.e8 + width);
    }
    eb_scene_destroy(s);
}

static void bars_close_on_the_minute(void **state)
{
    (void)state;
    struct eb_scene *s = make(EB_SCENE_PAPER, 0, 4, 0);
    size_t history = eb_scene_bars(s, 2);
    unsigned closed = 0;
    struct eb_ev_bar bar;
    int64_t high = 0;
    int64_t close = 0;
    assert_int_equal(history, 1500);
    assert_int_equal(eb_scene_bar(s, 2, history - 1).open_ms, START_MS - 60000);
    for (unsigned t = 1; t <= 3600; t++) {
        tick(s);
        int64_t price = eb_scene_symbol(s, 2)->price.e8;
        high = price > high ? price : high;
        if (eb_scene_closed_bar(s, 2, &bar)) {
            assert_int_equal(t % 1200, 0);
            assert_int_equal(bar.open_ms, START_MS + (int64_t)closed * 60000);
            assert_int_equal(bar.high.e8, high);
            assert_int_equal(bar.close.e8, price);
            close = price;
            high = 0;
            closed++;
        }
    }
    assert_int_equal(closed, 3);
    assert_int_equal(eb_scene_bars(s, 2), history + 3);
    assert_int_equal(eb_scene_bar(s, 2, history + 2).close.e8, close);
    eb_scene_destroy(s);
}

static void the_oldest_bars_are_forgotten(void **state)
{
    (void)state;
    struct eb_scene *s = make(EB_SCENE_STILL, 1000, 4, 0);
    assert_int_equal(eb_scene_bars(s, 999), 60);
    for (unsigned t = 0; t < 1200 * 61; t++) {
        tick(s);
    }
    assert_int_equal(eb_scene_bars(s, 999), 120);
    for (size_t i = 0; i < 120; i++) {
        assert_int_equal(eb_scene_bar(s, 999, i).open_ms, START_MS + ((int64_t)i - 59) * 60000);
    }
    eb_scene_destroy(s);
}

static void a_held_price_goes_on_from_there(void **state)
{
    (void)state;
    struct eb_scene *s = make(EB_SCENE_BUSY, 2, 4, 0);
    struct eb_scene *free_one = make(EB_SCENE_BUSY, 2, 4, 0);
    eb_scene_hold(s, 0, (eb_price){31000 * EB_E8 + 7});
    assert_true(eb_scene_held(s, 0));
    for (unsigned t = 0; t < 100; t++) {
        tick(s);
        tick(free_one);
        assert_int_equal(eb_scene_symbol(s, 0)->price.e8, 31000 * EB_E8);
        assert_int_equal(eb_scene_symbol(s, 1)->price.e8, eb_scene_symbol(free_one, 1)->price.e8);
    }
    int64_t from = eb_scene_symbol(free_one, 0)->price.e8;
    eb_scene_release(s, 0);
    assert_false(eb_scene_held(s, 0));
    for (unsigned t = 0; t < 400; t++) {
        tick(s);
        tick(free_one);
        int64_t wanted = (int64_t)((__int128)eb_scene_symbol(free_one, 0)->price.e8 * 31000 * EB_E8 / from);
        assert_in_range(eb_scene_symbol(s, 0)->price.e8, wanted - EB_E8 / 2, wanted + EB_E8 / 2);
    }
    eb_scene_destroy(s);
    eb_scene_destroy(free_one);
}

static void what_cannot_be_is_named(void **state)
{
    (void)state;
    static const struct {
        struct eb_scene_config c;
        const char *says;
    } bad[] = {
        {{.kind = EB_SCENE_BUSY, .count = 1, .start_ms = START_MS, .tick_ms = 50}, "1 symbols"},
        {{.kind = EB_SCENE_STILL, .count = 1001, .start_ms = START_MS, .tick_ms = 50}, "1001 symbols"},
        {{.kind = EB_SCENE_PAPER, .start_ms = START_MS, .tick_ms = 70}, "a tick of 70 ms"},
        {{.kind = EB_SCENE_PAPER, .start_ms = START_MS, .tick_ms = 5}, "a tick of 5 ms"},
        {{.kind = EB_SCENE_PAPER, .start_ms = START_MS + 1, .tick_ms = 50}, "a beginning"},
        {{.kind = EB_SCENE_PAPER, .start_ms = 900000, .tick_ms = 50}, "a beginning"},
        {{.kind = EB_SCENE_PAPER, .start_ms = START_MS, .tick_ms = 50, .length_ms = -1}, "a length"},
    };
    for (size_t i = 0; i < EB_COUNT(bad); i++) {
        struct eb_scene *s = NULL;
        struct eb_err err = {0};
        assert_int_equal(eb_scene_create(&bad[i].c, &s, &err), EB_E_INVALID);
        assert_non_null(strstr(err.msg, bad[i].says));
        assert_null(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_seed_is_everything),
        cmocka_unit_test(every_symbol_can_be_traded),
        cmocka_unit_test(busy_never_rests),
        cmocka_unit_test(busy_ends_flat),
        cmocka_unit_test(still_hardly_moves),
        cmocka_unit_test(bars_close_on_the_minute),
        cmocka_unit_test(the_oldest_bars_are_forgotten),
        cmocka_unit_test(a_held_price_goes_on_from_there),
        cmocka_unit_test(what_cannot_be_is_named),
    };
    return cmocka_run_group_tests_name("scene", tests, NULL, NULL);
}
