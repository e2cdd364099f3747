/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A history is drawn backwards from its last price: first where each 15-minute bar closes (drift and zigzag of the
 * regime), then the minutes between two closes (a swing up and down around the straight line), then the grid.
 * The figures are chosen for the thresholds of policies/regime.lua with room on both sides.
 */
#include "feed/generator.h"

#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "feed/csv.h"

#define MINUTE_MS INT64_C(60000)
#define FRAME_MIN 15
#define FRAME_MS (FRAME_MIN * MINUTE_MS)
#define SHAPED 24     /* frames at the end that have the regime's shape; before them a quiet walk */
#define NOISE_PPM 60  /* of each minute's close */
#define QUIET_PPM 900 /* of each frame before the shape */
#define TICKS_PER_LAST 1000

/* In ppm of the last price: per frame, alternating around the drift, and the excursion within a frame. */
static const struct {
    int64_t drift, zigzag, swing;
} shapes[EB_REGIME_COUNT] = {
    [EB_REGIME_TREND] = {2600, 0, 400}, [EB_REGIME_RANGE] = {0, 600, 900},      [EB_REGIME_VOLATILE] = {12000, 0, 4000},
    [EB_REGIME_CHOP] = {0, 500, 9000},  [EB_REGIME_NORMAL] = {737, 1475, 3500},
};

/* VOLATILE: where each of the last frames closes, in drifts above the last one, newest first. It rises, then throws
 * itself about at the top: large returns, and a close not far from the mean of 20. */
static const int8_t volatile_levels[SHAPED + 1] = {0,  -1, 0,  1,  0,  -1, 0,  -1, 0,  1,  0,  -1, 0,
                                                   -1, -2, -3, -4, -5, -6, -7, -6, -7, -6, -7, -6};

struct plan {
    const struct eb_gen_history *h;
    struct eb_rng rng;
    int64_t last_frame_ms; /* end of the last whole frame */
    int64_t *close_ppm;    /* close_ppm[k]: offset at the end of frame k before the last whole one */
    size_t frames;
};

static int check(const struct eb_gen_history *h, struct eb_err *err);
static void plan_closes(struct plan *p);
static int64_t offset_at(struct plan *p, int64_t end_ms);
static void draw_bars(struct plan *p, struct eb_series *s);

int eb_gen_scripted(const struct eb_gen_history *h, struct eb_series *out, struct eb_err *err)
{
    struct eb_series s = {.length_ms = MINUTE_MS, .count = h->bars};
    int rc = check(h, err);
    if (rc == EB_OK) {
        rc = eb_symbol_of_file("history", h->symbol, s.symbol, err);
    }
    if (rc != EB_OK) {
        return rc;
    }
    struct plan p = {
        .h = h, .last_frame_ms = h->end_ms - h->end_ms % FRAME_MS, .frames = h->bars / FRAME_MIN + SHAPED + 3};
    eb_rng_seed(&p.rng, h->seed);
    p.close_ppm = calloc(p.frames, sizeof(*p.close_ppm));
    s.row = calloc(h->bars, sizeof(*s.row));
    s.file = calloc(1, sizeof("history"));
    if (p.close_ppm == NULL || s.row == NULL || s.file == NULL) {
        free(p.close_ppm);
        eb_series_deinit(&s);
        return eb_err_set(err, EB_E_MEMORY, "history", "%s: out of memory for %zu bars", h->symbol, h->bars);
    }
    memcpy(s.file, "history", sizeof("history"));
    plan_closes(&p);
    draw_bars(&p, &s);
    free(p.close_ppm);
    *out = s;
    return EB_OK;
}

static int check(const struct eb_gen_history *h, struct eb_err *err)
{
    const char *what = NULL;
    if (h->regime <= EB_REGIME_UNKNOWN || h->regime >= EB_REGIME_COUNT) {
        what = "regime must be one that has a name";
    } else if (h->last.e8 <= 0 || h->last.e8 > EB_GEN_PRICE_MAX) {
        what = "last must be above 0 and at most 1,000,000,000";
    } else if (h->tick.e8 <= 0 || h->tick.e8 > h->last.e8 / TICKS_PER_LAST || h->last.e8 % h->tick.e8 != 0) {
        what = "tick must divide last and be at most 0.1 % of it";
    } else if (h->bars == 0 || h->bars > EB_SERIES_ROWS_MAX || h->end_ms % MINUTE_MS != 0 ||
               h->end_ms / MINUTE_MS < (int64_t)h->bars) {
        what = "end_ms must be a whole minute, with room for all bars since 1970";
    }
    return what == NULL ? EB_OK : eb_err_set(err, EB_E_INVALID, "history", "%s", what);
}

/* ---- closes of frames ------------------------------------------------------------------------------------------- */

/* Offset of the frame that closed k frames before the last whole one; 0 for k = 0. */
static int64_t shaped(const struct eb_gen_history *h, size_t k)
{
    int64_t sign = h->side == EB_LONG ? 1 : -1;
    if (h->regime == EB_REGIME_VOLATILE) {
        return sign * volatile_levels[k] * shapes[h->regime].drift;
    }
    int64_t zigzag = k % 2 == 0 ? 0 : -2 * shapes[h->regime].zigzag;
    return sign * (zigzag - (int64_t)k * shapes[h->regime].drift);
}

static void plan_closes(struct plan *p)
{
    for (size_t k = 0; k < p->frames; k++) {
        if (k <= SHAPED) {
            p->close_ppm[k] = shaped(p->h, k);
            continue;
        }
        int64_t middle = p->close_ppm[SHAPED]; /* pulled there, or a long quiet walk would end anywhere */
        int64_t back = (middle - p->close_ppm[k - 1]) / 8;
        p->close_ppm[k] = p->close_ppm[k - 1] + back + eb_rng_range(&p->rng, -QUIET_PPM, QUIET_PPM);
    }
}

/* ---- minutes ---------------------------------------------------------------------------------------------------- */

/* A wave over one frame: up to +swing after 4 minutes, down to -swing after 11, 0 at both ends. */
static int64_t wave(int64_t minute, int64_t swing)
{
    if (minute <= 4) {
        return swing * minute / 4;
    }
    if (minute <= 11) {
        return swing - 2 * swing * (minute - 4) / 7;
    }
    return swing * (minute - FRAME_MIN) / 4;
}

/* Offset in ppm of the close of the minute that ends at end_ms. */
static int64_t offset_at(struct plan *p, int64_t end_ms)
{
    const struct eb_gen_history *h = p->h;
    if (end_ms == h->end_ms) {
        return 0;
    }
    int64_t noise = eb_rng_range(&p->rng, -NOISE_PPM, NOISE_PPM);
    if (end_ms >= p->last_frame_ms) {
        return noise; /* the frame that is not whole yet stays where the last one closed */
    }
    int64_t before = p->last_frame_ms - end_ms;
    size_t k = (size_t)(before / FRAME_MS);
    int64_t minute = FRAME_MIN - before % FRAME_MS / MINUTE_MS; /* of frame k, 1..15 */
    int64_t from = p->close_ppm[k + 1], to = p->close_ppm[k];
    int64_t swing = k <= SHAPED ? shapes[h->regime].swing : QUIET_PPM;
    return from + (to - from) * minute / FRAME_MIN + wave(minute, h->side == EB_LONG ? swing : -swing) + noise;
}

static eb_price price_of(const struct eb_gen_history *h, int64_t offset_ppm)
{
    eb_i128 exact = (eb_i128)h->last.e8 * (EB_PPM + offset_ppm);
    eb_i128 ticks = eb_div_round(exact, (eb_i128)h->tick.e8 * EB_PPM, EB_ROUND_HALF_AWAY);
    return (eb_price){(int64_t)(ticks > 0 ? ticks : 1) * h->tick.e8};
}

static void draw_bars(struct plan *p, struct eb_series *s)
{
    int64_t begin = p->h->end_ms - (int64_t)p->h->bars * MINUTE_MS;
    eb_price close = price_of(p->h, offset_at(p, begin));
    for (size_t i = 0; i < s->count; i++) {
        struct eb_bar_row *row = &s->row[i];
        row->open_ms = begin + (int64_t)i * MINUTE_MS;
        row->open = close;
        close = price_of(p->h, offset_at(p, row->open_ms + MINUTE_MS));
        row->close = close;
        int64_t high = row->open.e8 > close.e8 ? row->open.e8 : close.e8;
        int64_t low = row->open.e8 < close.e8 ? row->open.e8 : close.e8;
        int64_t wick = p->h->tick.e8 * eb_rng_range(&p->rng, 0, 2);
        row->high.e8 = high + wick;
        row->low.e8 = low > wick ? low - wick : low;
    }
}
