/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Candles of every interval, made from minutes. A minute in which nothing was traded is flat at the last price, as at
 * the exchange. The first candle of a longer interval holds what minutes there are.
 */
#include "venue/fapi/market.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_MS (60 * FAPI_MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define WEEK_MS (7 * DAY_MS)
#define MONDAY_MS (4 * DAY_MS) /* the epoch began on a Thursday: the first Monday is four days later */
#define BARS_FIRST 64

/* ---- intervals --------------------------------------------------------------------------------------------------- */

bool fapi_interval_ms(const char *interval, int64_t *ms)
{
    static const struct {
        const char *name;
        int64_t ms;
    } known[] = {{"1m", FAPI_MINUTE_MS},
                 {"3m", 3 * FAPI_MINUTE_MS},
                 {"5m", 5 * FAPI_MINUTE_MS},
                 {"15m", 15 * FAPI_MINUTE_MS},
                 {"30m", 30 * FAPI_MINUTE_MS},
                 {"1h", HOUR_MS},
                 {"2h", 2 * HOUR_MS},
                 {"4h", 4 * HOUR_MS},
                 {"6h", 6 * HOUR_MS},
                 {"8h", 8 * HOUR_MS},
                 {"12h", 12 * HOUR_MS},
                 {"1d", DAY_MS},
                 {"3d", 3 * DAY_MS},
                 {"1w", WEEK_MS},
                 {"1M", 0}};
    for (size_t i = 0; i < EB_COUNT(known); i++) {
        if (strcmp(known[i].name, interval) == 0) {
            *ms = known[i].ms;
            return true;
        }
    }
    return false;
}

/* Days since the epoch of the first of a month (0 is January 1970), and the month of a day: proleptic Gregorian. */
static int64_t days_before(int64_t month)
{
    static const int16_t before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t year = 1970 + month / 12, y = year - 1, m = month % 12;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int64_t leaps = y / 4 - y / 100 + y / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
    return (year - 1970) * 365 + leaps + before[m] + (leap && m > 1 ? 1 : 0);
}

static int64_t month_of(int64_t day)
{
    int64_t month = day / 31; /* never too late */
    while (days_before(month + 1) <= day) {
        month++;
    }
    return month;
}

int64_t fapi_kline_open(int64_t length_ms, int64_t at_ms)
{
    if (at_ms <= 0) {
        return 0;
    }
    if (length_ms == 0) {
        return days_before(month_of(at_ms / DAY_MS)) * DAY_MS;
    }
    if (length_ms == WEEK_MS) {
        return at_ms < MONDAY_MS ? 0 : at_ms - (at_ms - MONDAY_MS) % WEEK_MS;
    }
    return at_ms - at_ms % length_ms;
}

int64_t fapi_kline_next(int64_t length_ms, int64_t open_ms)
{
    if (length_ms == 0) {
        return days_before(month_of(open_ms / DAY_MS) + 1) * DAY_MS;
    }
    return length_ms == WEEK_MS && open_ms < MONDAY_MS ? MONDAY_MS : open_ms + length_ms;
}

/* ---- minutes ----------------------------------------------------------------------------------------------------- */

const struct fapi_bar *fapi_bars_at(const struct fapi_market_symbol *s, uint32_t i)
{
    EB_ASSERT(i < s->bars.count);
    return &s->bars.row[(s->bars.first + i) % s->bars.cap];
}

/* Doubles the ring, in order of time from its beginning. Without memory it stays and forgets the oldest. */
static void grow(struct fapi_market_symbol *s)
{
    uint32_t cap = s->bars.cap == 0 ? BARS_FIRST : s->bars.cap * 2;
    cap = cap > FAPI_BARS_MAX ? FAPI_BARS_MAX : cap;
    struct fapi_bar *row = calloc(cap, sizeof(*row));
    if (row == NULL) {
        return;
    }
    for (uint32_t i = 0; i < s->bars.count; i++) {
        row[i] = *fapi_bars_at(s, i);
    }
    free(s->bars.row);
    s->bars.row = row;
    s->bars.cap = cap;
    s->bars.first = 0;
}

void fapi_bars_keep(struct fapi_market_symbol *s, const struct fapi_bar *bar)
{
    if (s->bars.count == s->bars.cap && s->bars.cap < FAPI_BARS_MAX) {
        grow(s);
    }
    s->bars.closed++;
    if (s->bars.cap == 0) {
        return;
    }
    s->bars.row[(s->bars.first + s->bars.count) % s->bars.cap] = *bar;
    if (s->bars.count < s->bars.cap) {
        s->bars.count++;
    } else {
        s->bars.first = (s->bars.first + 1) % s->bars.cap;
    }
}

void fapi_sum_qty(eb_qty *sum, eb_qty more)
{
    sum->e8 = eb_qty_add(*sum, more, sum) ? sum->e8 : INT64_MAX;
}

void fapi_sum_money(eb_money *sum, eb_money more)
{
    sum->e8 = eb_money_add(*sum, more, sum) ? sum->e8 : INT64_MAX;
}

/* 0 where it does not fit */
static eb_money worth(eb_price price, eb_qty qty)
{
    eb_money value = {0};
    return eb_notional(price, qty, EB_ROUND_HALF_EVEN, &value) ? value : (eb_money){0};
}

/* Volumes of minutes that are known by their prices only: a few hundred steps, more where the price has moved more. */
static void invent_volume(struct fapi_market_symbol *s, struct fapi_bar *b)
{
    int64_t step = s->pub.inst.step.e8, tick = s->pub.inst.tick.e8;
    int64_t moved = (b->high.e8 - b->low.e8) / tick;
    int64_t steps = 200 + (b->open_ms / FAPI_MINUTE_MS * 7919) % 300 + (moved < 1000 ? moved : 1000);
    b->trades = (uint32_t)(20 + steps / 10);
    b->volume.e8 = steps * step;
    b->bought.e8 = steps / 2 * step;
    b->quote = worth(b->close, b->volume);
    b->quote_bought = worth(b->close, b->bought);
    b->first_id = s->pub.trade_id + 1;
    s->pub.trade_id += b->trades;
    s->pub.agg_id += b->trades;
}

static eb_price marked(const struct fapi_market_symbol *s, eb_price last)
{
    return (eb_price){last.e8 + last.e8 / EB_PPM * s->basis_ppm};
}

void fapi_bars_history(struct fapi_market_symbol *s, const struct eb_ev_bar *bar)
{
    struct fapi_bar b = {.open_ms = bar->open_ms,
                         .open = bar->open,
                         .high = bar->high,
                         .low = bar->low,
                         .close = bar->close,
                         .mark_open = marked(s, bar->open),
                         .mark_high = marked(s, bar->high),
                         .mark_low = marked(s, bar->low),
                         .mark_close = marked(s, bar->close)};
    invent_volume(s, &b);
    fapi_bars_keep(s, &b);
}

static void begin_minute(struct fapi_market_symbol *s, int64_t open_ms)
{
    const struct eb_sim_quote *q = &s->pub.quote_now;
    s->open = (struct fapi_bar){.open_ms = open_ms,
                                .open = q->last,
                                .high = q->last,
                                .low = q->last,
                                .close = q->last,
                                .mark_open = q->mark,
                                .mark_high = q->mark,
                                .mark_low = q->mark,
                                .mark_close = q->mark,
                                .first_id = s->pub.trade_id + 1};
}

void fapi_bars_roll(struct fapi_market_symbol *s, int64_t now_ms)
{
    int64_t minute = now_ms - now_ms % FAPI_MINUTE_MS;
    if (s->open.open_ms == 0) {
        begin_minute(s, minute);
        return;
    }
    while (s->open.open_ms < minute) {
        fapi_bars_keep(s, &s->open);
        int64_t next = s->open.open_ms + FAPI_MINUTE_MS;
        if (minute - next > FAPI_BARS_MAX * FAPI_MINUTE_MS) {
            next = minute - FAPI_BARS_MAX * FAPI_MINUTE_MS; /* what would be forgotten at once */
        }
        begin_minute(s, next);
    }
}

void fapi_bars_mark(struct fapi_market_symbol *s)
{
    struct fapi_bar *b = &s->open;
    eb_price mark = s->pub.quote_now.mark;
    b->mark_high = mark.e8 > b->mark_high.e8 ? mark : b->mark_high;
    b->mark_low = mark.e8 < b->mark_low.e8 ? mark : b->mark_low;
    b->mark_close = mark;
}

void fapi_bars_trade(struct fapi_market_symbol *s, const struct fapi_print *p)
{
    struct fapi_bar *b = &s->open;
    eb_money value = worth(p->price, p->qty);
    if (b->trades == 0) {
        b->open = b->high = b->low = p->price;
        b->first_id = p->id;
    }
    b->high = p->price.e8 > b->high.e8 ? p->price : b->high;
    b->low = p->price.e8 < b->low.e8 ? p->price : b->low;
    b->close = p->price;
    b->trades++;
    fapi_sum_qty(&b->volume, p->qty);
    fapi_sum_money(&b->quote, value);
    if (!p->buyer_maker) {
        fapi_sum_qty(&b->bought, p->qty);
        fapi_sum_money(&b->quote_bought, value);
    }
}

/* ---- candles ----------------------------------------------------------------------------------------------------- */

void fapi_kline_begin(struct fapi_kline *k, int64_t open_ms, int64_t close_ms)
{
    *k = (struct fapi_kline){.open_ms = open_ms, .close_ms = close_ms};
}

void fapi_kline_join(struct fapi_kline *k, const struct fapi_bar *b, bool mark)
{
    eb_price high = mark ? b->mark_high : b->high, low = mark ? b->mark_low : b->low;
    if (k->open.e8 == 0) {
        k->open = mark ? b->mark_open : b->open;
        k->high = high;
        k->low = low;
        k->first_id = mark ? 0 : b->first_id;
    }
    k->high = high.e8 > k->high.e8 ? high : k->high;
    k->low = low.e8 < k->low.e8 ? low : k->low;
    k->close = mark ? b->mark_close : b->close;
    if (!mark) {
        fapi_sum_qty(&k->volume, b->volume);
        fapi_sum_qty(&k->bought, b->bought);
        fapi_sum_money(&k->quote_volume, b->quote);
        fapi_sum_money(&k->quote_bought, b->quote_bought);
        k->trades += b->trades;
    }
}

/* The minutes of a symbol with the one that runs as the last. */
static uint32_t minutes(const struct fapi_market_symbol *s)
{
    return s->bars.count + (s->open.open_ms > 0 ? 1 : 0);
}

static const struct fapi_bar *minute_at(const struct fapi_market_symbol *s, uint32_t i)
{
    return i < s->bars.count ? fapi_bars_at(s, i) : &s->open;
}

/* The first minute that opens at or after at_ms. */
static uint32_t find_minute(const struct fapi_market_symbol *s, int64_t at_ms)
{
    uint32_t low = 0, high = minutes(s);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (minute_at(s, middle)->open_ms < at_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Joins the candle that begins with minute i; returns the minute behind it. */
static uint32_t one_candle(const struct fapi_market_symbol *s, uint32_t i, int64_t length_ms, bool mark,
                           struct fapi_kline *k)
{
    int64_t open_ms = fapi_kline_open(length_ms, minute_at(s, i)->open_ms);
    int64_t next_ms = fapi_kline_next(length_ms, open_ms);
    fapi_kline_begin(k, open_ms, next_ms - 1);
    for (; i < minutes(s) && minute_at(s, i)->open_ms < next_ms; i++) {
        fapi_kline_join(k, minute_at(s, i), mark);
    }
    k->closed = s->open.open_ms >= next_ms;
    return i;
}

/* Where candles begin so that the last `limit` of those up to to_ms are given. */
static uint32_t latest(const struct fapi_market_symbol *s, int64_t length_ms, int64_t to_ms, size_t limit)
{
    uint32_t i = to_ms == INT64_MAX ? minutes(s) : find_minute(s, to_ms + 1);
    for (size_t n = 0; n < limit && i > 0; n++) {
        i = find_minute(s, fapi_kline_open(length_ms, minute_at(s, i - 1)->open_ms));
    }
    return i;
}

bool fapi_klines(const struct eb_fapi *f, uint32_t symbol, const char *interval, int64_t from_ms, int64_t to_ms,
                 size_t limit, bool mark, void (*visit)(void *user, const struct fapi_kline *k), void *user)
{
    int64_t length_ms;
    if (!fapi_interval_ms(interval, &length_ms)) {
        return false;
    }
    struct fapi_market *m = fapi_market_of(f);
    struct fapi_market_symbol *s = &m->symbol[symbol];
    fapi_bars_roll(s, f->now_ms);
    uint32_t i = 0;
    if (from_ms <= 0) {
        i = latest(s, length_ms, to_ms, limit);
    } else {
        int64_t open_ms = fapi_kline_open(length_ms, from_ms);
        i = find_minute(s, open_ms == from_ms ? from_ms : fapi_kline_next(length_ms, open_ms));
    }
    for (size_t n = 0; n < limit && i < minutes(s); n++) {
        struct fapi_kline k;
        i = one_candle(s, i, length_ms, mark, &k);
        if (k.open_ms > to_ms) {
            break;
        }
        visit(user, &k);
    }
    return true;
}
