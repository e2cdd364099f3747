/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kline files as the market: what lies before the beginning is history, then each minute is walked second by second,
 *
 *     open -> adverse extreme -> favourable extreme -> close     at 0, 20, 40 and 59 s of the file's minute
 *
 * (adverse: against the minute's own direction), so that the candles that clients see are those of the file. A file of
 * another time than the exchange's is moved there by whole days, or by quarters of an hour where it is short.
 */
#include "venue/fapi/market.h"

#include <stdlib.h>
#include <string.h>

#include "feed/kline.h"
#include "feed/text_source.h"

#define STEP_MS INT64_C(1000)
#define DAY_MS (FAPI_DAY_MINUTES * FAPI_MINUTE_MS)
#define QUARTER_MS (15 * FAPI_MINUTE_MS)
#define SYMBOLS_MAX 1000
#define STEPS_AT_ONCE 100000 /* of one symbol in one call: a leap in time */

static const char where[] = "market";

struct kline_track {
    struct eb_series series;
    uint32_t symbol;
    size_t row;       /* of the minute that is walked */
    int64_t begin_ms; /* of the file's time: what the exchange's beginning is there */
    int64_t at_ms;    /* of the file's time: the step that is next */
};
struct kline_feed {
    struct kline_track *track; /* owned */
    size_t count;
    int64_t start_ms, speed_ppm;
};

/* The exchange's time of a time of the file, rounded up; its inverse is never needed. */
static int64_t told_ms(const struct kline_feed *x, const struct kline_track *t, int64_t file_ms)
{
    int64_t after = file_ms - t->begin_ms;
    return x->start_ms + (int64_t)eb_div_round((eb_i128)after * EB_PPM, x->speed_ppm, EB_ROUND_CEIL);
}

/* ---- the walk ---------------------------------------------------------------------------------------------------- */

static int64_t between(int64_t a, int64_t b, int64_t at, int64_t of)
{
    return a + (int64_t)((eb_i128)(b - a) * at / of);
}

static eb_price price_at(const struct eb_bar_row *r, int64_t second)
{
    bool up = r->close.e8 >= r->open.e8;
    int64_t first = up ? r->low.e8 : r->high.e8, then = up ? r->high.e8 : r->low.e8;
    if (second <= 20) {
        return (eb_price){between(r->open.e8, first, second, 20)};
    }
    if (second <= 40) {
        return (eb_price){between(first, then, second - 20, 20)};
    }
    return (eb_price){second >= 59 ? r->close.e8 : between(then, r->close.e8, second - 40, 19)};
}

/* Moves to the next second of the file, over holes; false at its end. */
static bool next_step(struct kline_track *t)
{
    const struct eb_series *s = &t->series;
    t->at_ms += STEP_MS;
    while (t->row < s->count && t->at_ms >= s->row[t->row].open_ms + FAPI_MINUTE_MS) {
        t->row++;
    }
    if (t->row < s->count && t->at_ms < s->row[t->row].open_ms) {
        t->at_ms = s->row[t->row].open_ms;
    }
    return t->row < s->count;
}

static void run_track(struct eb_fapi *f, const struct kline_feed *x, struct kline_track *t, int64_t now_ms)
{
    struct fapi_market *m = fapi_market_of(f);
    for (int i = 0; i < STEPS_AT_ONCE && t->row < t->series.count; i++) {
        int64_t at_ms = told_ms(x, t, t->at_ms);
        if (at_ms > now_ms) {
            return;
        }
        m->now_ms = at_ms > m->now_ms ? at_ms : m->now_ms;
        const struct eb_bar_row *r = &t->series.row[t->row];
        fapi_market_tick(f, t->symbol, price_at(r, (t->at_ms - r->open_ms) / STEP_MS));
        if (!next_step(t)) {
            m->symbol[t->symbol].rested = true;
            eb_log(&f->log, EB_LOG_WARN, "market.end", EB_STR("symbol", t->series.symbol));
        }
    }
}

static void run(struct eb_fapi *f, void *state, int64_t now_ms)
{
    struct kline_feed *x = state;
    for (size_t i = 0; i < x->count; i++) {
        run_track(f, x, &x->track[i], now_ms);
    }
}

static int64_t next_ms(const struct eb_fapi *f, const void *state)
{
    (void)f;
    const struct kline_feed *x = state;
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < x->count; i++) {
        const struct kline_track *t = &x->track[i];
        int64_t at_ms = t->row < t->series.count ? told_ms(x, t, t->at_ms) : INT64_MAX;
        next = at_ms < next ? at_ms : next;
    }
    return next;
}

static void destroy(void *state)
{
    struct kline_feed *x = state;
    for (size_t i = 0; i < x->count; i++) {
        eb_series_deinit(&x->track[i].series);
    }
    free(x->track);
    free(x);
}

/* ---- creation ---------------------------------------------------------------------------------------------------- */

/* Where in the file the exchange begins: at its own time if that lies inside, else so that some of it is history. */
static int64_t beginning(const struct eb_series *s, int64_t start_ms)
{
    int64_t first = s->row[0].open_ms, last = s->row[s->count - 1].open_ms;
    if (start_ms >= first && start_ms <= last) {
        return start_ms;
    }
    bool is_long = last - first >= 2 * DAY_MS;
    int64_t grid = is_long ? DAY_MS : QUARTER_MS;
    int64_t from = first + (is_long ? DAY_MS : (last - first) / 2);
    int64_t ahead = (start_ms % grid - from % grid + grid) % grid; /* the same time of day, or of the quarter */
    return from + ahead <= last ? from + ahead : from - from % FAPI_MINUTE_MS + start_ms % FAPI_MINUTE_MS;
}

static void take_history(struct kline_track *t, const struct kline_feed *x, struct fapi_market_symbol *s)
{
    int64_t shift_ms = x->start_ms - t->begin_ms;
    size_t end = t->row, first = end > FAPI_BARS_MAX ? end - FAPI_BARS_MAX : 0;
    for (size_t i = first; i < end; i++) {
        struct eb_ev_bar b = eb_series_bar(&t->series, i);
        b.open_ms += shift_ms;
        fapi_bars_history(s, &b);
    }
}

static int begin_track(struct fapi_market *m, struct kline_feed *x, struct kline_track *t,
                       const struct fapi_names *names, struct eb_err *err)
{
    t->begin_ms = beginning(&t->series, x->start_ms);
    t->row = eb_series_find(&t->series, t->begin_ms - t->begin_ms % FAPI_MINUTE_MS);
    t->row = t->row < t->series.count ? t->row : t->series.count - 1;
    const struct eb_bar_row *r = &t->series.row[t->row];
    t->at_ms = t->begin_ms > r->open_ms ? t->begin_ms - (t->begin_ms - r->open_ms) % STEP_MS : r->open_ms;
    eb_price price = price_at(r, (t->at_ms - r->open_ms) / STEP_MS);
    int64_t tick = FAPI_TICK_COARSEST;
    for (size_t i = 0; i < t->series.count; i++) {
        const struct eb_bar_row *row = &t->series.row[i];
        tick = fapi_finer(fapi_finer(tick, row->open.e8), row->close.e8);
        tick = fapi_finer(fapi_finer(tick, row->high.e8), row->low.e8);
    }
    const struct eb_ev_instrument guess = fapi_guess(t->series.symbol, price, tick);
    int rc = fapi_market_add(m, names, t->series.symbol, &guess, price, &t->symbol, err);
    if (rc == EB_OK) {
        take_history(t, x, &m->symbol[t->symbol]);
        t->at_ms = t->at_ms < t->begin_ms ? t->at_ms + STEP_MS : t->at_ms;
    }
    return rc;
}

/* Loads all files; those of one symbol are joined. */
static int load(struct kline_feed *x, const struct eb_fapi_config *c, struct eb_err *err)
{
    struct eb_series *part = calloc(c->file_count, sizeof(*part));
    x->track = calloc(c->file_count, sizeof(*x->track));
    int rc = EB_OK;
    if (part == NULL || x->track == NULL) {
        free(part);
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory");
    }
    size_t loaded = 0;
    for (; rc == EB_OK && loaded < c->file_count; loaded += rc == EB_OK ? 1 : 0) {
        rc = eb_kline_load(c->files[loaded], NULL, &part[loaded], err);
        if (rc == EB_OK && part[loaded].length_ms != FAPI_MINUTE_MS) {
            rc = eb_err_set(err, EB_E_INVALID, where, "%s: bars of one minute are needed, these have %lld ms",
                            eb_path_shown(c->files[loaded]), (long long)part[loaded].length_ms);
            loaded++; /* it is to be freed too */
            break;
        }
    }
    for (size_t i = 0; rc == EB_OK && i < loaded; i++) {
        size_t same = i;
        for (size_t k = i; part[i].row != NULL && k < loaded; k++) { /* those of one symbol next to each other */
            if (part[k].row != NULL && strcmp(part[k].symbol, part[i].symbol) == 0) {
                struct eb_series other = part[same];
                part[same++] = part[k];
                part[k] = other;
            }
        }
        if (same > i) {
            rc = eb_series_join(&part[i], same - i, &x->track[x->count].series, err);
            x->count += rc == EB_OK ? 1 : 0;
            i = rc == EB_OK ? same - 1 : i;
        }
    }
    for (size_t i = 0; part != NULL && i < loaded; i++) {
        eb_series_deinit(&part[i]);
    }
    free(part);
    return rc;
}

int fapi_feed_klines(struct fapi_market *m, const struct eb_fapi_config *c, const struct fapi_names *names,
                     struct eb_err *err)
{
    if (c->file_count == 0 || c->file_count > SYMBOLS_MAX) {
        return eb_err_set(err, EB_E_INVALID, where, "%zu kline files: 1 to %d are possible", c->file_count,
                          SYMBOLS_MAX);
    }
    if (c->speed_ppm <= 0) {
        return eb_err_set(err, EB_E_INVALID, where, "a speed of 0 or less: time would stand");
    }
    struct kline_feed *x = calloc(1, sizeof(*x));
    if (x == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory");
    }
    m->feed = (struct fapi_feed){x, run, next_ms, destroy};
    x->start_ms = c->start_ms;
    x->speed_ppm = c->speed_ppm;
    int rc = load(x, c, err);
    for (size_t i = 0; rc == EB_OK && i < x->count; i++) {
        rc = begin_track(m, x, &x->track[i], names, err);
    }
    return rc;
}
