/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums and quotients of prices are exact integers with one rounding. Doubles appear only in means of ratios, as sums in
 * the order of the bars (+ - * / and sqrt, which IEEE 754 rounds correctly: the same on every machine), quantised half
 * away from zero.
 */
#include "domain/market.h"

#include <string.h>

#include "base/decimal.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* The closed bars of one frame in the order of time. */
struct window {
    size_t count;
    struct eb_market_bar bar[EB_MARKET_BARS];
};

static int check_bar(const struct eb_ev_bar *bar);
static void set_length(struct eb_market *m, int64_t length_ms);
static void add_to_frame(struct eb_market *m, enum eb_timeframe frame, const struct eb_ev_bar *bar);
static void compute(const struct window *w, int64_t frame_ms, struct eb_features *f);

int64_t eb_timeframe_ms(enum eb_timeframe frame)
{
    static const int64_t minutes[EB_TF_COUNT] = {1, 5, 15, 60};
    EB_ASSERT(frame < EB_TF_COUNT);
    return minutes[frame] * MINUTE_MS;
}

const char *eb_timeframe_name(enum eb_timeframe frame)
{
    static const char *const names[EB_TF_COUNT] = {"m1", "m5", "m15", "h1"};
    EB_ASSERT(frame < EB_TF_COUNT);
    return names[frame];
}

void eb_market_init(struct eb_market *m)
{
    memset(m, 0, sizeof(*m));
}

int eb_market_add(struct eb_market *m, const struct eb_ev_bar *bar)
{
    int rc = check_bar(bar);
    if (rc != EB_OK) {
        return rc;
    }
    if (bar->open_ms < m->last_end_ms) {
        return EB_E_STALE;
    }
    m->last_end_ms = bar->open_ms + bar->length_ms;
    if (bar->length_ms != m->length_ms) {
        set_length(m, bar->length_ms);
    }
    for (int frame = 0; frame < EB_TF_COUNT; frame++) {
        if ((m->frames >> frame & 1U) != 0) {
            add_to_frame(m, (enum eb_timeframe)frame, bar);
        }
    }
    return EB_OK;
}

void eb_market_features(struct eb_market *m, enum eb_timeframe frame, struct eb_features *out)
{
    EB_ASSERT(frame < EB_TF_COUNT);
    struct eb_market_forming *f = &m->forming[frame];
    if (f->stale) {
        struct window w = {.count = f->count};
        size_t oldest = f->count < EB_MARKET_BARS ? 0 : f->next;
        for (size_t i = 0; i < w.count; i++) {
            w.bar[i] = m->closed[frame][(oldest + i) % EB_MARKET_BARS];
        }
        compute(&w, eb_timeframe_ms(frame), &m->features[frame]);
        f->stale = false;
    }
    *out = m->features[frame];
}

uint32_t eb_market_incomplete(const struct eb_market *m, enum eb_timeframe frame)
{
    EB_ASSERT(frame < EB_TF_COUNT);
    return m->forming[frame].incomplete;
}

/* ---- bars ------------------------------------------------------------------------------------------------------- */

static int check_bar(const struct eb_ev_bar *bar)
{
    /* Times beyond INT64_MAX / 2 would overflow at the bar's end; no venue counts that far. */
    bool timed =
        bar->length_ms > 0 && bar->open_ms >= 0 && bar->open_ms < INT64_MAX / 2 && bar->length_ms < INT64_MAX / 2;
    if (!timed) {
        return EB_E_INVALID;
    }
    bool priced = bar->low.e8 > 0 && bar->open.e8 >= bar->low.e8 && bar->open.e8 <= bar->high.e8 &&
                  bar->close.e8 >= bar->low.e8 && bar->close.e8 <= bar->high.e8;
    return priced ? EB_OK : EB_E_INVALID;
}

/* Divisions are dear on this path: which frames a length divides is asked once. */
static void set_length(struct eb_market *m, int64_t length_ms)
{
    m->length_ms = length_ms;
    m->frames = 0;
    for (int frame = 0; frame < EB_TF_COUNT; frame++) {
        if (eb_timeframe_ms((enum eb_timeframe)frame) % length_ms == 0) {
            m->frames |= 1U << frame;
        }
    }
}

static void close_frame_bar(struct eb_market *m, enum eb_timeframe frame)
{
    struct eb_market_forming *f = &m->forming[frame];
    if (f->covered_ms != eb_timeframe_ms(frame)) {
        f->incomplete++;
    }
    m->closed[frame][f->next] = f->bar;
    f->next = (uint8_t)(f->next + 1 < EB_MARKET_BARS ? f->next + 1 : 0);
    f->count = (uint8_t)(f->count < EB_MARKET_BARS ? f->count + 1 : EB_MARKET_BARS);
    f->covered_ms = 0;
    f->stale = true;
}

static void add_to_frame(struct eb_market *m, enum eb_timeframe frame, const struct eb_ev_bar *bar)
{
    struct eb_market_forming *f = &m->forming[frame];
    int64_t frame_ms = eb_timeframe_ms(frame);
    if (f->covered_ms > 0 && bar->open_ms >= f->start_ms + frame_ms) {
        close_frame_bar(m, frame); /* its last base bars never came */
    }
    if (f->covered_ms == 0) {
        int64_t next_ms = f->start_ms + frame_ms; /* nearly always where it goes on */
        bool follows = bar->open_ms >= next_ms && bar->open_ms < next_ms + frame_ms;
        f->start_ms = follows ? next_ms : bar->open_ms - bar->open_ms % frame_ms;
        f->bar.high_e8 = bar->high.e8;
        f->bar.low_e8 = bar->low.e8;
    }
    f->bar.high_e8 = bar->high.e8 > f->bar.high_e8 ? bar->high.e8 : f->bar.high_e8;
    f->bar.low_e8 = bar->low.e8 < f->bar.low_e8 ? bar->low.e8 : f->bar.low_e8;
    f->bar.close_e8 = bar->close.e8;
    f->covered_ms += (int32_t)bar->length_ms;
    if (bar->open_ms + bar->length_ms >= f->start_ms + frame_ms) { /* beyond it: bars off the minute grid */
        close_frame_bar(m, frame);
    }
}

/* ---- statistics ------------------------------------------------------------------------------------------------- */

static int64_t clamped_ppm(double x)
{
    int64_t ppm;
    if (eb_from_double(x, 6, &ppm)) {
        return ppm;
    }
    return x > 0 ? INT64_MAX : INT64_MIN;
}

static int64_t ratio_ppm(eb_i128 num, eb_i128 den)
{
    int64_t ppm;
    if (den == 0) {
        return 0;
    }
    if (eb_div_i64(num * EB_PPM, den, EB_ROUND_HALF_AWAY, &ppm)) {
        return ppm;
    }
    return num > 0 ? INT64_MAX : INT64_MIN;
}

static int64_t max_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t min_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The last `bars` of the window begin here. */
static size_t first_of(const struct window *w, size_t bars)
{
    return w->count > bars ? w->count - bars : 0;
}

static void compute_atr(const struct window *w, struct eb_features *f)
{
    eb_i128 sum = 0;
    for (size_t i = w->count - EB_MARKET_ATR_BARS; i < w->count; i++) {
        int64_t before = w->bar[i - 1].close_e8;
        sum += max_of(w->bar[i].high_e8, before) - min_of(w->bar[i].low_e8, before);
    }
    f->atr_e8 = (int64_t)eb_div_round(sum, EB_MARKET_ATR_BARS, EB_ROUND_HALF_AWAY);
    f->atr_ppm = ratio_ppm(sum, (eb_i128)EB_MARKET_ATR_BARS * f->close_e8);
}

static void compute_volatility(const struct window *w, int64_t frame_ms, struct eb_features *f)
{
    double returns[EB_MARKET_BARS];
    size_t count = w->count - 1;
    double sum = 0, squares = 0, deviations = 0;
    for (size_t i = 0; i < count; i++) {
        double before = (double)w->bar[i].close_e8;
        returns[i] = ((double)w->bar[i + 1].close_e8 - before) / before;
        sum += returns[i];
        squares += returns[i] * returns[i];
    }
    double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) {
        deviations += (returns[i] - mean) * (returns[i] - mean);
    }
    double vol = __builtin_sqrt(squares / (double)count);
    f->vol_bar_ppm = clamped_ppm(vol);
    f->vol_std_bar_ppm = clamped_ppm(__builtin_sqrt(deviations / (double)count));
    int64_t bars_per_day = DAY_MS / frame_ms;
    f->vol_day_ppm = clamped_ppm(vol * __builtin_sqrt((double)bars_per_day));
}

static void compute_trend(const struct window *w, struct eb_features *f)
{
    eb_i128 sum = 0;
    double ranges = 0;
    size_t first = first_of(w, EB_MARKET_MEAN_BARS);
    eb_i128 count = (eb_i128)(w->count - first);
    for (size_t i = first; i < w->count; i++) {
        const struct eb_market_bar *b = &w->bar[i];
        sum += b->close_e8;
        ranges += (double)(b->high_e8 - b->low_e8) / (double)b->close_e8;
    }
    f->trend_ppm = ratio_ppm(f->close_e8 * count - sum, sum);
    f->avg_range_ppm = clamped_ppm(ranges / (double)count);
}

static void compute_efficiency(const struct window *w, struct eb_features *f)
{
    eb_i128 walked = 0;
    for (size_t i = 1; i < w->count; i++) {
        int64_t step = w->bar[i].close_e8 - w->bar[i - 1].close_e8;
        walked += step < 0 ? -(eb_i128)step : step;
    }
    eb_i128 net = (eb_i128)f->close_e8 - w->bar[0].close_e8;
    f->efficiency_ppm = ratio_ppm(net < 0 ? -net : net, walked);
}

static void compute(const struct window *w, int64_t frame_ms, struct eb_features *f)
{
    memset(f, 0, sizeof(*f));
    f->bars = (uint16_t)w->count;
    f->warm = w->count >= EB_MARKET_WARM_BARS;
    if (!f->warm) {
        return;
    }
    f->close_e8 = w->bar[w->count - 1].close_e8;
    compute_atr(w, f);
    compute_volatility(w, frame_ms, f);
    compute_trend(w, f);
    compute_efficiency(w, f);
}
