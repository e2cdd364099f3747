/* SPDX-License-Identifier: Apache-2.0 */
/* The short cut for quiet bars changes nothing: random bars, ladders, verdicts and sleeps, walked both ways. */
#include "feed/walk.h"

#include "base/hash.h"
#include "walk_world.h"

#define PERCENT INT64_C(10000)

/* An answer made of the question, so that both walks give the same to the same. */
static uint64_t draw(const struct ww *w, const struct eb_context *ctx, uint64_t what, uint64_t below)
{
    const uint64_t key[] = {w->seed, what, (uint64_t)ctx->now_ms, ctx->hits, ctx->plan_revision, ctx->position};
    return eb_hash64(0, key, sizeof key) % below;
}

static eb_price off(const struct eb_context *ctx, int64_t ticks)
{
    return (eb_price){ctx->price.e8 + (ctx->side == EB_LONG ? ticks : -ticks) * (EB_E8 / 10)};
}

static void random_legs(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    struct eb_decision *d = ww_add(v, EB_UPDATE_TP_LIMITS);
    int64_t left = 100;
    for (unsigned i = 0; i < ctx->leg_count; i++) {
        left -= ctx->legs[i].state == EB_LEG_HIT ? ctx->legs[i].fraction_ppm / PERCENT : 0;
    }
    for (unsigned i = 0; i < 4 && left > 20 && ctx->leg_count < 8; i++) {
        int64_t ticks = (int64_t)draw(w, ctx, 20 + i, 30) - 5; /* some are crossed when set */
        d->u.targets.leg[d->u.targets.count++] = (struct eb_leg_spec){
            .price = off(ctx, ticks), .fraction_ppm = 20 * PERCENT, .soft = draw(w, ctx, 30 + i, 2) == 0};
        left -= 20;
    }
}

static void random_plan(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    if (ctx->plan_revision == 0) {
        ww_add(v, EB_MOVE_STOP)->u.stop.price = off(ctx, -3 - (int64_t)draw(w, ctx, 1, 30));
        random_legs(w, ctx, v);
    }
    switch (draw(w, ctx, 2, ctx->plan_revision == 0 ? 3 : 12)) {
    case 0:
        ww_trail(v, (int64_t)draw(w, ctx, 3, 3) * EB_PPM / 2, 2000 + (int64_t)draw(w, ctx, 4, 10000));
        break;
    case 1:
        ww_ratchet(v);
        break;
    case 3:
        random_legs(w, ctx, v);
        break;
    case 4:
        ww_add(v, EB_MOVE_STOP)->u.stop.price = off(ctx, (int64_t)draw(w, ctx, 5, 20) - 15);
        break;
    case 5:
        ww_add(v, EB_PARTIAL_CLOSE)->u.partial.fraction_ppm = 10 * PERCENT;
        break;
    default:
        break;
    }
    if (draw(w, ctx, 6, 2) == 0) {
        v->wake = (struct eb_wake){.set = true,
                                   .at_ms = ctx->now_ms + 240000,
                                   .above = {ctx->price.e8 + EB_E8 / 2},
                                   .below = {ctx->price.e8 - EB_E8 / 2}};
    }
}

static struct eb_walk_bar random_bar(struct ww *w, struct eb_rng *rng, int64_t *price)
{
    int64_t tick = EB_E8 / 10;
    int64_t wild = eb_rng_chance(rng, 1, 8) ? 12 : 2;
    struct eb_walk_bar b = {.bar = {.open_ms = w->bar, .length_ms = WW_MINUTE_MS}};
    int64_t open = *price + (eb_rng_chance(rng, 1, 10) ? eb_rng_range(rng, -wild, wild) * tick : 0);
    open = open > 20 * tick ? open : 20 * tick;
    int64_t high = open + eb_rng_range(rng, 0, wild) * tick;
    int64_t low = open - eb_rng_range(rng, 0, wild < open / tick - 1 ? wild : 1) * tick;
    b.bar.open.e8 = open;
    b.bar.high.e8 = high;
    b.bar.low.e8 = low;
    b.bar.close.e8 = *price = eb_rng_range(rng, low / tick, high / tick) * tick;
    return b;
}

/* Walks the same history; the lines of its exits stay in the log. */
static uint64_t history(struct ww *w, uint64_t seed, bool full)
{
    struct eb_rng rng;
    eb_rng_seed(&rng, seed);
    w->decide = random_plan;
    w->seed = seed;
    w->quiet_log = true;
    w->walk.no_quiet = full;
    w->walk.order = eb_rng_chance(&rng, 1, 2) ? EB_WALK_ADVERSE : EB_WALK_FAVOURABLE;
    int64_t price = 100 * EB_E8;
    uint64_t hash = 0;
    for (unsigned n = 0; n < 60; n++) {
        struct eb_walk_bar b = random_bar(w, &rng, &price);
        bool enter = eb_rng_chance(&rng, 1, 4);
        enum eb_side side = eb_rng_chance(&rng, 1, 2) ? EB_LONG : EB_SHORT;
        unsigned slot = eb_engine_hedge(w->e) && side == EB_SHORT ? 1 : 0;
        enum eb_side held;
        w->bar = b.bar.open_ms;
        assert_int_equal(eb_walk_open(&w->walk, &b), EB_OK);
        w->path[0] = w->path[1] = b.bar.open;
        if (enter && !eb_engine_open_side(w->e, slot, &held)) {
            char entry[EB_DECIMAL_TEXT_MAX];
            (void)eb_decimal_format(b.bar.open.e8, 8, entry);
            ww_open(w, side, "10", entry);
        }
        for (int k = 1; k <= 3; k++) {
            assert_int_equal(eb_walk_segment(&w->walk, &b, k), EB_OK);
        }
        assert_int_equal(eb_walk_close(&w->walk, &b), EB_OK);
        w->bar += b.bar.length_ms;
        const int64_t seen[] = {(int64_t)eb_engine_durable_hash(w->e), w->best.e8, w->worst.e8};
        hash = eb_hash64(hash, seen, sizeof seen);
    }
    return hash;
}

/* Same exits at the same times and prices, same extremes, same durable state after every bar. */
static void a_quiet_bar_is_the_bar_walked_in_full(void **state)
{
    (void)state;
    uint64_t bars = 0;
    uint64_t quiet = 0;
    size_t lines = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct ww *a = ww_new(seed % 3 == 0);
        struct ww *b = ww_new(seed % 3 == 0);
        uint64_t with_short_cut = history(a, seed, false);
        uint64_t in_full = history(b, seed, true);
        if (with_short_cut != in_full || strcmp(a->log, b->log) != 0) {
            print_error("seed %llu\n", (unsigned long long)seed);
        }
        assert_string_equal(a->log, b->log);
        assert_true(with_short_cut == in_full);
        assert_int_equal(b->walk.quiet_bars, 0);
        bars += a->walk.bars;
        quiet += a->walk.quiet_bars;
        lines += a->log_len;
        ww_free(a);
        ww_free(b);
    }
    assert_int_equal(bars, 400 * 60);
    assert_in_range(quiet, bars / 10, bars); /* the short cut was taken, and not always */
    assert_in_range(lines, 50000, SIZE_MAX); /* and much happened */
}

static void stop_only(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    (void)w;
    if (ctx->plan_revision == 0) {
        ww_plan(v, ctx->side == EB_LONG ? "98" : "102", 0, NULL);
        v->wake = (struct eb_wake){.set = true, .at_ms = INT64_MAX};
    }
}

/* What is added at P0 is judged by a price that the short cut would have left out. */
static void a_quiet_p0_is_told_where_something_is_added(void **state)
{
    (void)state;
    struct ww *w = ww_with(stop_only);
    ww_opened(w, ww_long_100);
    w->walk.no_quiet = false;
    ww_step(w, "100", "101", "99", "100");
    ww_saw(w, "20000 L quiet 99..101\n60000 bar\n");
    struct eb_walk_bar b = ww_bar(w, "100.5", "101", "99", "100");
    b.told = true;
    ww_walk(w, &b, NULL);
    ww_saw(w, "0 L at 100.5\n20000 L quiet 99..101\n60000 bar\n");
    assert_int_equal(w->walk.quiet_bars, 2);
    ww_free(w);
}

/* The edges of the band are news: levels are met inclusively. */
static void a_bar_that_touches_a_level_is_not_quiet(void **state)
{
    (void)state;
    static const struct {
        const char *high, *low;
        uint64_t quiet;
    } cases[] = {{"101", "98.1", 1}, {"101", "98", 0}, {"120", "98.1", 1}, {"101", "97", 0}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct ww *w = ww_with(stop_only);
        ww_opened(w, ww_long_100);
        w->walk.no_quiet = false;
        ww_step(w, "100", cases[i].high, cases[i].low, "100");
        assert_int_equal(w->walk.quiet_bars, cases[i].quiet);
        ww_free(w);
    }
}

static void what_the_venue_does_by_itself_is_news(void **state)
{
    (void)state;
    static const struct {
        enum eb_side side;
        const char *liquidation, *lines;
    } cases[] = {
        {EB_LONG, "99", "= 99 x 10 liquidation\n60000 bar\n"},
        {EB_LONG, "98.9", "20000 L quiet 99..101\n60000 bar\n"},
        {EB_SHORT, "101", "= 101 x 10 liquidation\n60000 bar\n"},
        {EB_SHORT, "101.1", "20000 S quiet 99..101\n60000 bar\n"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct ww *w = ww_with(stop_only);
        ww_opened(w, cases[i].side == EB_LONG ? ww_long_100 : ww_short_100);
        w->walk.no_quiet = false;
        w->liquidation[0] = ww_px(cases[i].liquidation);
        ww_step(w, "100", "101", "99", "100");
        ww_saw(w, cases[i].lines);
        ww_free(w);
    }
}

/* A bar with a mark has two paths: it is always walked, and so is its P0. */
static void a_bar_with_a_mark_is_never_quiet(void **state)
{
    (void)state;
    struct ww *w = ww_with(stop_only);
    ww_opened(w, ww_long_100);
    w->walk.no_quiet = false;
    struct eb_walk_bar b = ww_bar(w, "100", "101", "99", "100");
    ww_mark(&b, "100", "101", "99", "100");
    ww_walk(w, &b, NULL);
    assert_int_equal(w->walk.quiet_bars, 0);
    ww_forget(w);
    b = ww_bar(w, "100", "101", "99", "100");
    ww_mark(&b, "98", "101", "98", "100");
    ww_walk(w, &b, NULL);
    ww_saw(w, "0 L at 100\n= 100 x 10 stop\n60000 bar\n");
    ww_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quiet_bar_is_the_bar_walked_in_full),
        cmocka_unit_test(a_quiet_p0_is_told_where_something_is_added),
        cmocka_unit_test(a_bar_that_touches_a_level_is_not_quiet),
        cmocka_unit_test(what_the_venue_does_by_itself_is_news),
        cmocka_unit_test(a_bar_with_a_mark_is_never_quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
