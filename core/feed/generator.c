/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk is kept as price / start at 1e-12, so that coins of a fraction of a cent move as finely as others; the grid
 * is met only on the way out. Each step adds drift, pull and a bell-shaped draw, all relative to the price.
 */
#include "feed/generator.h"

#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "feed/csv.h"

#define ONE_E12 INT64_C(1000000000000)
#define E12_PER_PPM (ONE_E12 / EB_PPM)
#define RATIO_MIN (ONE_E12 / 20)
#define RATIO_MAX (ONE_E12 * 20)
#define RATIO_LOW (ONE_E12 / 2) /* beyond these a stretch by chance leads back */
#define RATIO_HIGH (ONE_E12 * 2)
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define STRETCH_MIN_MS (2 * HOUR_MS)
#define STRETCH_MAX_MS (12 * HOUR_MS)
#define GAP_MIN_PPM 2000
#define GAP_MAX_PPM 15000
#define NOISE_MAX_PPM 100000

/* Per minute, in ppm of the price: drift, standard deviation, and the part of the way back to the anchor. Volatility
 * per day is sigma * sqrt(1440): NORMAL 2.7 %, VOLATILE 9.5 %. */
static const struct {
    int64_t drift, sigma, pull;
} kinds[EB_GEN_KIND_COUNT] = {
    [EB_GEN_NORMAL] = {0, 700, 0},    [EB_GEN_TREND_UP] = {170, 200, 0}, [EB_GEN_TREND_DOWN] = {-170, 200, 0},
    [EB_GEN_RANGE] = {0, 200, 50000}, [EB_GEN_VOLATILE] = {0, 2500, 0},  [EB_GEN_CHOP] = {0, 1800, 200000},
};

static int check_config(const struct eb_gen_config *c, struct eb_err *err);
static bool follow_script(struct eb_gen *g);
static void wander(struct eb_gen *g);
static eb_price on_grid(const struct eb_gen *g);
static int64_t root_of(int64_t x);

int eb_gen_init(struct eb_gen *g, const struct eb_gen_config *config, struct eb_err *err)
{
    int rc = check_config(config, err);
    if (rc != EB_OK) {
        return rc;
    }
    *g = (struct eb_gen){.config = *config, .ratio_e12 = ONE_E12, .anchor_e12 = ONE_E12};
    g->root_ppm = root_of(config->step_ms * EB_PPM / MINUTE_MS * EB_PPM);
    eb_rng_seed(&g->walk, config->seed);
    g->chance = eb_rng_split(&g->walk);
    return EB_OK;
}

int64_t eb_gen_next(struct eb_gen *g, eb_price *price)
{
    g->elapsed_ms += g->config.step_ms;
    if (!follow_script(g)) {
        wander(g);
    }
    *price = on_grid(g);
    return g->elapsed_ms;
}

static struct eb_bar_row next_bar(struct eb_gen *g, int64_t open_ms)
{
    struct eb_bar_row row = {.open_ms = open_ms};
    for (int64_t t = 0; t < MINUTE_MS; t += g->config.step_ms) {
        eb_price p;
        (void)eb_gen_next(g, &p);
        if (t == 0) {
            row.open = row.high = row.low = p;
        }
        row.high = p.e8 > row.high.e8 ? p : row.high;
        row.low = p.e8 < row.low.e8 ? p : row.low;
        row.close = p;
    }
    return row;
}

int eb_gen_series(struct eb_gen *g, const char *symbol, int64_t open_ms, size_t bars, struct eb_series *out,
                  struct eb_err *err)
{
    struct eb_series s = {.length_ms = MINUTE_MS};
    int rc = eb_symbol_of_file("generator", symbol, s.symbol, err);
    if (rc != EB_OK) {
        return rc;
    }
    if (open_ms < 0 || open_ms % MINUTE_MS != 0 || bars == 0 || bars > EB_SERIES_ROWS_MAX) {
        return eb_err_set(err, EB_E_INVALID, "generator", "%s: open_ms must be a whole minute, bars 1 to %d", symbol,
                          EB_SERIES_ROWS_MAX);
    }
    s.row = calloc(bars, sizeof(*s.row));
    s.file = calloc(1, sizeof("generator"));
    if (s.row == NULL || s.file == NULL) {
        eb_series_deinit(&s);
        return eb_err_set(err, EB_E_MEMORY, "generator", "%s: out of memory for %zu bars", symbol, bars);
    }
    memcpy(s.file, "generator", sizeof("generator"));
    for (size_t i = 0; i < bars; i++) {
        struct eb_bar_row row = next_bar(g, open_ms + (int64_t)i * MINUTE_MS);
        bool inner = i > 0 && i + 1 < bars;
        if (!inner || !eb_rng_chance(&g->chance, (uint64_t)g->config.missing_ppm, (uint64_t)EB_PPM)) {
            s.row[s.count++] = row;
        }
    }
    eb_series_count_gaps(&s);
    *out = s;
    return EB_OK;
}

/* ---- configuration ---------------------------------------------------------------------------------------------- */

static int check_lists(const struct eb_gen_config *c, struct eb_err *err)
{
    for (size_t i = 0; i < c->stretch_count; i++) {
        if (c->stretch[i].kind >= EB_GEN_KIND_COUNT || c->stretch[i].length_ms <= 0) {
            return eb_err_set(err, EB_E_INVALID, "generator", "stretch %zu: unknown kind, or no length", i + 1);
        }
    }
    for (size_t i = 0; i < c->script_count; i++) {
        const struct eb_script_point *p = &c->script[i];
        if (p->at_ms <= (i > 0 ? c->script[i - 1].at_ms : 0) || p->at_ms > INT64_MAX / EB_PPM) {
            return eb_err_set(err, EB_E_INVALID, "generator", "script point %zu: at_ms must rise from above 0", i + 1);
        }
        if (p->offset_ppm < RATIO_MIN / E12_PER_PPM - EB_PPM || p->offset_ppm > RATIO_MAX / E12_PER_PPM - EB_PPM) {
            return eb_err_set(err, EB_E_INVALID, "generator",
                              "script point %zu: offset_ppm must be -950,000 to 19,000,000", i + 1);
        }
    }
    return EB_OK;
}

static int check_config(const struct eb_gen_config *c, struct eb_err *err)
{
    const char *what = NULL;
    if (c->start.e8 <= 0 || c->start.e8 > EB_GEN_PRICE_MAX) {
        what = "start must be above 0 and at most 1,000,000,000";
    } else if (c->tick.e8 <= 0 || c->tick.e8 > c->start.e8 / 1000) {
        what = "tick must be above 0 and at most 0.1 % of start";
    } else if (c->step_ms <= 0 || MINUTE_MS % c->step_ms != 0) {
        what = "step_ms must divide 60,000";
    } else if (c->noise_ppm < 0 || c->noise_ppm > NOISE_MAX_PPM) {
        what = "noise_ppm must be 0 to 100,000";
    } else if (c->gap_ppm < 0 || c->gap_ppm > EB_PPM || c->missing_ppm < 0 || c->missing_ppm > EB_PPM) {
        what = "gap_ppm and missing_ppm must be 0 to 1,000,000";
    }
    if (what != NULL) {
        return eb_err_set(err, EB_E_INVALID, "generator", "%s", what);
    }
    return check_lists(c, err);
}

/* ---- prices ----------------------------------------------------------------------------------------------------- */

static eb_price on_grid(const struct eb_gen *g)
{
    int64_t tick = g->config.tick.e8;
    int64_t exact = (int64_t)((eb_i128)g->config.start.e8 * g->ratio_e12 / ONE_E12); /* at most 20 * 1e17 */
    int64_t ticks = (exact + tick / 2) / tick;
    return (eb_price){(ticks > 0 ? ticks : 1) * tick};
}

static int64_t bounded(eb_i128 ratio)
{
    if (ratio < RATIO_MIN) {
        return RATIO_MIN;
    }
    return ratio > RATIO_MAX ? RATIO_MAX : (int64_t)ratio;
}

/* ---- the script ------------------------------------------------------------------------------------------------- */

/* False after its last point. */
static bool follow_script(struct eb_gen *g)
{
    const struct eb_gen_config *c = &g->config;
    size_t i = 0;
    while (i < c->script_count && c->script[i].at_ms < g->elapsed_ms) {
        i++;
    }
    if (i == c->script_count) {
        return false;
    }
    struct eb_script_point from = {0, 0}, to = c->script[i];
    if (i > 0) {
        from = c->script[i - 1];
    }
    eb_i128 way = (eb_i128)(to.offset_ppm - from.offset_ppm) * E12_PER_PPM * (g->elapsed_ms - from.at_ms);
    eb_i128 offset = (eb_i128)from.offset_ppm * E12_PER_PPM + way / (to.at_ms - from.at_ms);
    int64_t noise = c->noise_ppm * E12_PER_PPM;
    if (g->elapsed_ms != to.at_ms && noise > 0) {
        offset += eb_rng_range(&g->walk, -noise, noise);
    }
    g->ratio_e12 = bounded(ONE_E12 + offset);
    g->anchor_e12 = g->ratio_e12;
    return true;
}

/* ---- stretches -------------------------------------------------------------------------------------------------- */

/* The whole square root. */
static int64_t root_of(int64_t x)
{
    int64_t low = 0, high = INT64_C(3037000499);
    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        if (middle <= x / middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

/* A draw with standard deviation sigma: the sum of four uniform ones is bell-shaped enough, and within 3.5 sigma. */
static int64_t draw(struct eb_rng *rng, int64_t sigma)
{
    const int64_t deviation = 75674; /* of the sum below: sqrt(4 * (65536^2 - 1) / 3) */
    uint64_t bits = eb_rng_next(rng);
    int64_t sum = -4 * INT64_C(65535);
    for (int i = 0; i < 4; i++) {
        sum += 2 * (int64_t)((bits >> (16 * i)) & 0xffff);
    }
    return sigma * sum / deviation;
}

static void next_stretch(struct eb_gen *g)
{
    const struct eb_gen_config *c = &g->config;
    g->anchor_e12 = g->ratio_e12;
    if (c->stretch_count > 0) {
        const struct eb_gen_stretch *s = &c->stretch[g->next_stretch % c->stretch_count];
        g->next_stretch++;
        g->kind = s->kind;
        g->left_ms = s->length_ms;
        return;
    }
    g->kind = (enum eb_gen_kind)eb_rng_below(&g->walk, EB_GEN_KIND_COUNT);
    g->left_ms = eb_rng_range(&g->walk, STRETCH_MIN_MS, STRETCH_MAX_MS);
    if (g->ratio_e12 < RATIO_LOW) {
        g->kind = EB_GEN_TREND_UP;
    } else if (g->ratio_e12 > RATIO_HIGH) {
        g->kind = EB_GEN_TREND_DOWN;
    }
}

static void jump(struct eb_gen *g)
{
    int64_t size = eb_rng_range(&g->walk, GAP_MIN_PPM, GAP_MAX_PPM);
    int64_t factor = eb_rng_chance(&g->walk, 1, 2) ? EB_PPM + size : EB_PPM - size;
    g->ratio_e12 = bounded((eb_i128)g->ratio_e12 * factor / EB_PPM);
    g->anchor_e12 = g->ratio_e12; /* a range goes on where the gap ended */
}

static void wander(struct eb_gen *g)
{
    int64_t step_ms = g->config.step_ms;
    if (g->left_ms <= 0) {
        next_stretch(g);
    }
    g->left_ms -= step_ms;
    bool minute_begins = (g->elapsed_ms - step_ms) % MINUTE_MS == 0;
    if (minute_begins && eb_rng_chance(&g->walk, (uint64_t)g->config.gap_ppm, (uint64_t)EB_PPM)) {
        jump(g);
        return;
    }
    int64_t sigma = kinds[g->kind].sigma * g->root_ppm; /* at 1e-12, below 2.5e9 */
    int64_t move = kinds[g->kind].drift * E12_PER_PPM * step_ms / MINUTE_MS + draw(&g->walk, sigma);
    int64_t back = (g->anchor_e12 - g->ratio_e12) * (kinds[g->kind].pull * step_ms / MINUTE_MS) / EB_PPM;
    /* Below 2^63: ratio at most 2e13, |move| below 1e10, pull at most 2e5. */
    g->ratio_e12 = bounded(g->ratio_e12 + g->ratio_e12 / EB_PPM * move / EB_PPM + back);
}
