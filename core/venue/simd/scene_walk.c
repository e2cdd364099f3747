/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BUSY and STILL: any number of symbols, made from those of PAPER with other names and prices.
 *
 *     BUSY   from waypoint to waypoint around the first price, far enough apart that several levels lie between two;
 *            each symbol has its own times at which somebody wants to open, whether or not it is free then
 *     STILL  the first price, a tick up or down
 *
 * Each symbol draws from streams of its own, so that what one does never shifts another.
 */
#include "venue/simd/scene_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "venue/simd/scene_tables.h"

#define BUSY_BARS 400 /* enough for a regime; fewer where there are many symbols */
#define STILL_BARS 60
#define BARS_BUDGET 60000 /* of all symbols, told to whoever connects */
#define BARS_MIN 60
#define LATER_BARS_MAX 1440
#define NOISE_PPM 60
#define WAYPOINT_MIN_MS 4000
#define WAYPOINT_MAX_MS 9000
#define ENTRY_MIN_MS 5000
#define ENTRY_MAX_MS 14000
#define FIRST_ENTRY_MIN_MS 300
#define FIRST_ENTRY_MAX_MS 8000
#define DRIVE_DOWN_PPM (-250000) /* beyond any stop, and beyond liquidation at 5x */
#define DRIVE_DOWN_MS 25000
#define DRIVE_UP_PPM 300000
#define DRIVE_UP_MS 55000
#define STILL_SINCE_MS INT64_C(3600000)
#define STILL_APART_MS 1000

_Static_assert(DRIVE_DOWN_MS + DRIVE_UP_MS == EB_SCENE_DRIVE_MS, "the way down and the way up");

struct walk_symbol {
    eb_price base;
    struct eb_rng path, wishes;
    int64_t swing_ppm;        /* waypoints lie within it */
    int64_t from_ppm, to_ppm; /* of base: the way that price is on */
    int64_t from_ms, to_ms;   /* virtual */
    int64_t wish_ms;          /* of the next entry */
    bool driven;              /* on the way down, or on the way up when to_ppm says so */
};
struct scene_walk {
    struct walk_symbol *symbol; /* owned */
    uint32_t cursor;            /* symbols asked for entries at this tick */
};

/* ---- creation ---------------------------------------------------------------------------------------------------- */

/* A name and a price of its own, the grid of one of the six. */
static void make_symbol(struct eb_scene *s, uint32_t i)
{
    const struct eb_scene_def *def = &eb_scene_defs[i % EB_SCENE_PAPER_SYMBOLS];
    struct eb_ev_instrument *inst = &s->symbol[i].inst;
    *inst = def->inst;
    memset(inst->symbol, 0, sizeof(inst->symbol));
    (void)snprintf(inst->symbol, sizeof(inst->symbol), "SIM%04uUSDT", i + 1);
    int64_t price = def->price.e8 / 100 * (60 + (int64_t)(i * 37 % 120));
    s->state[i].raw.e8 = price - price % inst->tick.e8;
}

static int busy_history(struct eb_scene *s, uint32_t i, struct eb_series *out, struct eb_err *err)
{
    static const enum eb_regime regimes[] = {EB_REGIME_TREND, EB_REGIME_RANGE, EB_REGIME_VOLATILE, EB_REGIME_CHOP,
                                             EB_REGIME_NORMAL};
    const struct eb_gen_history h = {.symbol = s->symbol[i].inst.symbol,
                                     .seed = eb_rng_next(&s->rng),
                                     .regime = regimes[i % EB_COUNT(regimes)],
                                     .side = i % 2 == 0 ? EB_LONG : EB_SHORT,
                                     .last = s->state[i].raw,
                                     .tick = s->symbol[i].inst.tick,
                                     .end_ms = s->c.start_ms,
                                     .bars = BUSY_BARS};
    return eb_gen_scripted(&h, out, err);
}

static int still_history(const struct eb_scene *s, uint32_t i, struct eb_series *out, struct eb_err *err)
{
    int64_t price = s->state[i].raw.e8;
    int64_t tick = s->symbol[i].inst.tick.e8;
    memset(out, 0, sizeof(*out));
    out->row = calloc(STILL_BARS, sizeof(*out->row));
    if (out->row == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "scene", "out of memory");
    }
    out->count = STILL_BARS;
    for (int64_t k = 0; k < STILL_BARS; k++) {
        out->row[k] = (struct eb_bar_row){
            s->c.start_ms - (STILL_BARS - k) * SCENE_MINUTE_MS, {price}, {price + tick}, {price - tick}, {price}};
    }
    return EB_OK;
}

static size_t clamp(size_t v, size_t low, size_t high)
{
    return v < low ? low : v > high ? high : v;
}

static int make_history(struct eb_scene *s, uint32_t i, struct eb_err *err)
{
    bool busy = s->c.kind == EB_SCENE_BUSY;
    struct eb_series history;
    int rc = busy ? busy_history(s, i, &history, err) : still_history(s, i, &history, err);
    if (rc != EB_OK) {
        return rc;
    }
    size_t each = BARS_BUDGET / s->c.count;
    rc = eb_scene_keep(s, i, &history, clamp(each, BARS_MIN, BUSY_BARS), clamp(each, BARS_MIN, LATER_BARS_MAX), err);
    eb_series_deinit(&history);
    return rc;
}

int eb_scene_walk_create(struct eb_scene *s, struct eb_err *err)
{
    s->walk = calloc(1, sizeof(*s->walk));
    struct walk_symbol *w = calloc(s->c.count, sizeof(*w));
    if (s->walk == NULL || w == NULL) {
        free(w);
        return eb_err_set(err, EB_E_MEMORY, "scene", "out of memory for %u symbols", s->c.count);
    }
    s->walk->symbol = w;
    int rc = EB_OK;
    for (uint32_t i = 0; rc == EB_OK && i < s->c.count; i++) {
        make_symbol(s, i);
        w[i].base = s->state[i].raw;
        w[i].path = eb_rng_split(&s->rng);
        w[i].wishes = eb_rng_split(&s->rng);
        w[i].swing_ppm = 12000 + 8000 * (int64_t)(i % 4);
        w[i].from_ms = w[i].to_ms = s->c.start_ms;
        w[i].wish_ms = s->c.start_ms + eb_rng_range(&w[i].wishes, FIRST_ENTRY_MIN_MS, FIRST_ENTRY_MAX_MS);
        rc = make_history(s, i, err);
    }
    return rc;
}

void eb_scene_walk_destroy(struct eb_scene *s)
{
    if (s->walk != NULL) {
        free(s->walk->symbol);
    }
    free(s->walk);
    s->walk = NULL;
}

/* ---- prices ------------------------------------------------------------------------------------------------------ */

static bool is_past_length(const struct eb_scene *s)
{
    return s->c.length_ms > 0 && s->now_ms - s->c.start_ms > s->c.length_ms;
}

static int64_t offset_at(const struct walk_symbol *w, int64_t now_ms)
{
    return now_ms >= w->to_ms
               ? w->to_ppm
               : w->from_ppm + (w->to_ppm - w->from_ppm) * (now_ms - w->from_ms) / (w->to_ms - w->from_ms);
}

static void head_for(struct walk_symbol *w, int64_t now_ms, int64_t to_ppm, int64_t in_ms)
{
    w->from_ppm = offset_at(w, now_ms);
    w->to_ppm = to_ppm;
    w->from_ms = now_ms;
    w->to_ms = now_ms + in_ms;
}

/* Where to next: a waypoint by chance, and after the length down and up through every stop, and then no more. */
static void choose_way(const struct eb_scene *s, struct walk_symbol *w)
{
    int64_t began_ms = s->now_ms - s->c.tick_ms;
    if (!is_past_length(s)) {
        if (s->now_ms > w->to_ms) {
            int64_t to_ppm = eb_rng_range(&w->path, -w->swing_ppm, w->swing_ppm);
            head_for(w, began_ms, to_ppm, eb_rng_range(&w->path, WAYPOINT_MIN_MS, WAYPOINT_MAX_MS));
        }
    } else if (!w->driven) {
        w->driven = true;
        head_for(w, began_ms, DRIVE_DOWN_PPM, DRIVE_DOWN_MS);
    } else if (s->now_ms > w->to_ms && w->to_ppm != DRIVE_UP_PPM) {
        head_for(w, began_ms, DRIVE_UP_PPM, DRIVE_UP_MS);
    }
}

static eb_price busy_price(const struct eb_scene *s, struct walk_symbol *w)
{
    choose_way(s, w);
    int64_t offset = offset_at(w, s->now_ms) + eb_rng_range(&w->path, -NOISE_PPM, NOISE_PPM);
    return (eb_price){w->base.e8 + (int64_t)((eb_i128)w->base.e8 * offset / EB_PPM)};
}

void eb_scene_walk_tick(struct eb_scene *s)
{
    s->walk->cursor = 0;
    for (uint32_t i = 0; i < s->c.count; i++) {
        struct walk_symbol *w = &s->walk->symbol[i];
        if (s->c.kind == EB_SCENE_BUSY) {
            s->state[i].raw = busy_price(s, w);
        } else {
            s->state[i].raw.e8 = w->base.e8 + eb_rng_range(&w->path, -1, 1) * s->symbol[i].inst.tick.e8;
        }
    }
}

/* ---- entries ----------------------------------------------------------------------------------------------------- */

static struct eb_scene_entry wish(struct walk_symbol *w, uint32_t i, int64_t at_ms)
{
    return (struct eb_scene_entry){.at_ms = at_ms,
                                   .symbol = i,
                                   .side = (uint8_t)eb_rng_range(&w->wishes, EB_LONG, EB_SHORT),
                                   .leverage_ppm = eb_rng_range(&w->wishes, 5, 10) * EB_PPM,
                                   .notional = {eb_rng_range(&w->wishes, 20, 120) * 100 * EB_E8}};
}

bool eb_scene_walk_entry(struct eb_scene *s)
{
    struct scene_walk *walk = s->walk;
    bool open = s->c.kind == EB_SCENE_BUSY && !is_past_length(s);
    while (open && walk->cursor < s->c.count) {
        uint32_t i = walk->cursor++;
        struct walk_symbol *w = &walk->symbol[i];
        if (w->wish_ms <= s->now_ms) {
            s->entry = wish(w, i, w->wish_ms);
            w->wish_ms += eb_rng_range(&w->wishes, ENTRY_MIN_MS, ENTRY_MAX_MS);
            return true;
        }
    }
    return false;
}

bool eb_scene_walk_earlier(struct eb_scene *s)
{
    struct scene_walk *walk = s->walk;
    if (s->c.kind != EB_SCENE_STILL || walk->cursor >= s->c.count) {
        return false;
    }
    uint32_t i = walk->cursor++;
    s->entry = wish(&walk->symbol[i], i, s->c.start_ms - STILL_SINCE_MS + (int64_t)i * STILL_APART_MS);
    s->entry.side = i % 2 == 0 ? EB_LONG : EB_SHORT;
    return true;
}
