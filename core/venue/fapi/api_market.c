/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public questions: time, prices, books, trades, candles. What a market simulated from prices alone cannot know is
 * derived and steady: past funding rates are the present one, open interest is the day's volume.
 */
#include "venue/fapi/api.h"

#include <string.h>

#include "venue/fapi/market.h"

#define MARK_DECIMALS 8
#define FUNDING_MS INT64_C(28800000)
#define FUNDING_PAST 100
#define KLINES_DEFAULT 500
#define KLINES_MAX 1500

static const struct fapi_symbol *symbol_of(const struct fapi_call *c, uint32_t symbol)
{
    return fapi_symbol_at(c->f, symbol);
}

/* One object when a symbol was named, a list of all otherwise. */
static void one_or_all(struct fapi_call *c, void (*put)(struct fapi_call *c, uint32_t symbol))
{
    uint32_t symbol = FAPI_NONE;
    if (fapi_get_symbol(c, "symbol", false, &symbol)) {
        put(c, symbol);
        return;
    }
    if (c->code != 0) {
        return;
    }
    fapi_put(c->out, "[");
    for (uint32_t i = 0; i < fapi_symbol_count(c->f); i++) {
        put(c, i);
    }
    fapi_put(c->out, "]");
}

static void do_ping(struct fapi_call *c)
{
    fapi_put(c->out, "{}");
}

static void do_time(struct fapi_call *c)
{
    fapi_put(c->out, "{");
    fapi_j_i64(c->out, "serverTime", eb_fapi_now_ms(c->f));
    fapi_put(c->out, "}");
}

/* ---- prices ------------------------------------------------------------------------------------------------------ */

static eb_price index_of(const struct fapi_call *c, uint32_t symbol)
{
    return fapi_market_index_price(&fapi_market_of(c->f)->symbol[symbol]);
}

static void put_premium(struct fapi_call *c, uint32_t symbol)
{
    const struct fapi_symbol *y = symbol_of(c, symbol);
    struct eb_buffer *b = c->out;
    eb_price at = index_of(c, symbol);
    fapi_j_open(b, "{");
    fapi_j_text(b, "symbol", y->inst.symbol);
    fapi_j_e8(b, "markPrice", y->quote_now.mark.e8, MARK_DECIMALS);
    fapi_j_e8(b, "indexPrice", at.e8, MARK_DECIMALS);
    fapi_j_e8(b, "estimatedSettlePrice", at.e8, MARK_DECIMALS);
    fapi_j_e8(b, "lastFundingRate", y->funding_rate_e8, 8);
    fapi_j_text(b, "interestRate", "0.00010000");
    fapi_j_i64(b, "nextFundingTime", y->funding_next_ms);
    fapi_j_i64(b, "time", eb_fapi_now_ms(c->f));
    fapi_put(b, "}");
}

static void do_premium(struct fapi_call *c)
{
    one_or_all(c, put_premium);
}

static void put_top(struct fapi_call *c, uint32_t symbol)
{
    const struct fapi_symbol *y = symbol_of(c, symbol);
    struct eb_buffer *b = c->out;
    fapi_j_open(b, "{");
    fapi_j_text(b, "symbol", y->inst.symbol);
    fapi_j_e8(b, "bidPrice", y->quote_now.bid.e8, y->price_precision);
    fapi_j_e8(b, "bidQty", y->bid_qty.e8, y->quantity_precision);
    fapi_j_e8(b, "askPrice", y->quote_now.ask.e8, y->price_precision);
    fapi_j_e8(b, "askQty", y->ask_qty.e8, y->quantity_precision);
    fapi_j_i64(b, "time", eb_fapi_now_ms(c->f));
    fapi_j_u64(b, "lastUpdateId", y->update_id);
    fapi_put(b, "}");
}

void fapi_do_book_ticker(struct fapi_call *c)
{
    one_or_all(c, put_top);
}

static void put_price(struct fapi_call *c, uint32_t symbol)
{
    const struct fapi_symbol *y = symbol_of(c, symbol);
    fapi_j_open(c->out, "{");
    fapi_j_text(c->out, "symbol", y->inst.symbol);
    fapi_j_e8(c->out, "price", y->quote_now.last.e8, y->price_precision);
    fapi_j_i64(c->out, "time", eb_fapi_now_ms(c->f));
    fapi_put(c->out, "}");
}

void fapi_do_price_v2(struct fapi_call *c)
{
    one_or_all(c, put_price);
}

static void put_day(struct fapi_call *c, uint32_t symbol)
{
    const struct fapi_symbol *y = symbol_of(c, symbol);
    struct eb_buffer *b = c->out;
    struct fapi_ticker t;
    memset(&t, 0, sizeof(t));
    fapi_ticker_24h(c->f, symbol, &t);
    int64_t change = t.last.e8 - t.open.e8;
    int64_t percent = 0;
    if (t.open.e8 <= 0 || !eb_mul_div(change, 100 * EB_E8, t.open.e8, EB_ROUND_HALF_EVEN, &percent)) {
        percent = 0;
    }
    percent -= percent % (EB_E8 / 1000);
    fapi_j_open(b, "{");
    fapi_j_text(b, "symbol", y->inst.symbol);
    fapi_j_e8(b, "priceChange", change, y->price_precision);
    fapi_j_e8(b, "priceChangePercent", percent, 3);
    fapi_j_e8(b, "weightedAvgPrice", t.average.e8, y->price_precision);
    fapi_j_e8(b, "lastPrice", t.last.e8, y->price_precision);
    fapi_j_e8(b, "lastQty", t.last_qty.e8, y->quantity_precision);
    fapi_j_e8(b, "openPrice", t.open.e8, y->price_precision);
    fapi_j_e8(b, "highPrice", t.high.e8, y->price_precision);
    fapi_j_e8(b, "lowPrice", t.low.e8, y->price_precision);
    fapi_j_e8(b, "volume", t.volume.e8, y->quantity_precision);
    fapi_j_e8(b, "quoteVolume", t.quote_volume.e8, 2);
    fapi_j_i64(b, "openTime", t.open_ms);
    fapi_j_i64(b, "closeTime", t.close_ms);
    fapi_j_u64(b, "firstId", t.first_id);
    fapi_j_u64(b, "lastId", t.last_id);
    fapi_j_u64(b, "count", t.trades);
    fapi_put(b, "}");
}

static void do_day(struct fapi_call *c)
{
    one_or_all(c, put_day);
}

/* ---- book and tape ----------------------------------------------------------------------------------------------- */

static void put_levels(struct eb_buffer *b, const struct fapi_symbol *y, const char *key,
                       const struct fapi_level *level, uint32_t count)
{
    fapi_j_key(b, key);
    fapi_put(b, "[");
    for (uint32_t i = 0; i < count; i++) {
        fapi_put(b, i == 0 ? "[\"" : ",[\"");
        fapi_put_e8(b, level[i].price.e8, y->price_precision);
        fapi_put(b, "\",\"");
        fapi_put_e8(b, level[i].qty.e8, y->quantity_precision);
        fapi_put(b, "\"]");
    }
    fapi_put(b, "]");
}

void fapi_do_depth(struct fapi_call *c)
{
    uint32_t symbol = FAPI_NONE;
    (void)fapi_get_symbol(c, "symbol", true, &symbol);
    size_t limit = fapi_get_limit(c, 500, 1000);
    if (c->code != 0) {
        return;
    }
    struct fapi_book book;
    fapi_depth(c->f, symbol, limit < FAPI_DEPTH_MAX ? (uint32_t)limit : FAPI_DEPTH_MAX, &book);
    const struct fapi_symbol *y = symbol_of(c, symbol);
    fapi_put(c->out, "{");
    fapi_j_u64(c->out, "lastUpdateId", book.update_id);
    fapi_j_i64(c->out, "E", eb_fapi_now_ms(c->f));
    fapi_j_i64(c->out, "T", eb_fapi_now_ms(c->f));
    put_levels(c->out, y, "bids", book.bid, book.count);
    put_levels(c->out, y, "asks", book.ask, book.count);
    fapi_put(c->out, "}");
}

static void put_print(struct fapi_call *c, const struct fapi_symbol *y, const struct fapi_print *p, bool aggregate)
{
    struct eb_buffer *b = c->out;
    fapi_j_open(b, "{");
    if (aggregate) {
        fapi_j_u64(b, "a", p->agg_id);
        fapi_j_e8(b, "p", p->price.e8, y->price_precision);
        fapi_j_e8(b, "q", p->qty.e8, y->quantity_precision);
        fapi_j_e8(b, "nq", p->qty.e8, y->quantity_precision);
        fapi_j_u64(b, "f", p->id);
        fapi_j_u64(b, "l", p->id);
        fapi_j_i64(b, "T", p->time_ms);
        fapi_j_bool(b, "m", p->buyer_maker);
    } else {
        fapi_j_u64(b, "id", p->id);
        fapi_j_e8(b, "price", p->price.e8, y->price_precision);
        fapi_j_e8(b, "qty", p->qty.e8, y->quantity_precision);
        fapi_j_e8(b, "quoteQty", fapi_quote_e8(p->price, p->qty), y->price_precision);
        fapi_j_i64(b, "time", p->time_ms);
        fapi_j_bool(b, "isBuyerMaker", p->buyer_maker);
        fapi_j_bool(b, "isRPITrade", false);
    }
    fapi_put(b, "}");
}

static void do_tape(struct fapi_call *c, bool aggregate)
{
    uint32_t symbol = FAPI_NONE;
    uint64_t from_id = 0;
    int64_t from_ms = 0;
    int64_t to_ms = INT64_MAX;
    (void)fapi_get_symbol(c, "symbol", true, &symbol);
    bool begins = fapi_get_u64(c, "fromId", false, &from_id);
    begins = fapi_get_ms(c, "startTime", false, &from_ms) || begins;
    (void)fapi_get_ms(c, "endTime", false, &to_ms);
    size_t limit = fapi_get_limit(c, 500, 1000);
    if (c->code != 0) {
        return;
    }
    const struct fapi_symbol *y = symbol_of(c, symbol);
    uint32_t count = fapi_market_prints(c->f, symbol);
    uint32_t at = !begins && count > limit ? count - (uint32_t)limit : 0;
    fapi_put(c->out, "[");
    for (size_t written = 0; at < count && written < limit; at++) {
        const struct fapi_print *p = fapi_market_print_at(c->f, symbol, at);
        if ((aggregate ? p->agg_id : p->id) >= from_id && p->time_ms >= from_ms && p->time_ms <= to_ms) {
            put_print(c, y, p, aggregate);
            written++;
        }
    }
    fapi_put(c->out, "]");
}

static void do_trades(struct fapi_call *c)
{
    do_tape(c, false);
}

static void do_agg_trades(struct fapi_call *c)
{
    do_tape(c, true);
}

/* ---- candles ----------------------------------------------------------------------------------------------------- */

enum candle_kind { OF_TRADES, OF_MARKS, OF_PREMIUM };

struct candles {
    struct fapi_call *c;
    const struct fapi_symbol *y;
    enum candle_kind kind;
    int64_t premium_e8; /* OF_PREMIUM: of mark over index, steady here */
};

static void put_quoted(struct eb_buffer *b, int64_t e8, int decimals)
{
    fapi_put(b, ",\"");
    fapi_put_e8(b, e8, decimals);
    fapi_put(b, "\"");
}

static void put_candle(void *user, const struct fapi_kline *k)
{
    const struct candles *s = user;
    struct eb_buffer *b = s->c->out;
    bool volumes = s->kind == OF_TRADES;
    int price = s->kind == OF_PREMIUM ? MARK_DECIMALS : s->y->price_precision;
    int qty = volumes ? s->y->quantity_precision : 0;
    const int64_t prices[] = {k->open.e8, k->high.e8, k->low.e8, k->close.e8};
    fapi_j_open(b, "[");
    fapi_put_i64(b, k->open_ms);
    for (size_t i = 0; i < EB_COUNT(prices); i++) {
        put_quoted(b, s->kind == OF_PREMIUM ? s->premium_e8 : prices[i], price);
    }
    put_quoted(b, volumes ? k->volume.e8 : 0, qty);
    fapi_put(b, ",");
    fapi_put_i64(b, k->close_ms);
    put_quoted(b, volumes ? k->quote_volume.e8 : 0, volumes ? 5 : 0);
    fapi_put(b, ",");
    fapi_put_u64(b, k->trades);
    put_quoted(b, volumes ? k->bought.e8 : 0, qty);
    put_quoted(b, volumes ? k->quote_bought.e8 : 0, volumes ? 5 : 0);
    fapi_put(b, ",\"0\"]");
}

/* Beginning of the oldest of `limit` candles up to the one that holds to_ms. */
static int64_t back(int64_t length_ms, int64_t to_ms, size_t limit)
{
    int64_t open_ms = fapi_kline_open(length_ms, to_ms);
    if (length_ms > 0) {
        return open_ms - (int64_t)(limit - 1) * length_ms;
    }
    for (size_t i = 1; i < limit && open_ms > 0; i++) {
        open_ms = fapi_kline_open(0, open_ms - 1);
    }
    return open_ms;
}

static int64_t premium_e8(const struct fapi_call *c, uint32_t symbol)
{
    int64_t index = index_of(c, symbol).e8;
    int64_t out = 0;
    bool fits = index > 0 &&
                eb_mul_div(symbol_of(c, symbol)->quote_now.mark.e8 - index, EB_E8, index, EB_ROUND_HALF_EVEN, &out);
    return fits ? out : 0;
}

static void candles(struct fapi_call *c, const char *name, enum candle_kind kind)
{
    uint32_t symbol = FAPI_NONE;
    const char *interval = "";
    int64_t length_ms = 0;
    int64_t from_ms = 0;
    int64_t to_ms = eb_fapi_now_ms(c->f);
    (void)fapi_get_symbol(c, name, true, &symbol);
    if (fapi_get_text(c, "interval", true, &interval) && !fapi_interval_ms(interval, &length_ms)) {
        fapi_fail(c, -1120, NULL);
    }
    bool from = fapi_get_ms(c, "startTime", false, &from_ms);
    (void)fapi_get_ms(c, "endTime", false, &to_ms);
    size_t limit = fapi_get_limit(c, KLINES_DEFAULT, KLINES_MAX);
    if (c->code != 0) {
        return;
    }
    if (!from) {
        from_ms = back(length_ms, to_ms < c->f->now_ms ? to_ms : c->f->now_ms, limit);
    }
    from_ms = from_ms > 0 ? from_ms : 1; /* 0 asks for the latest ones there; of a client, for the first */
    struct candles s = {.c = c, .y = symbol_of(c, symbol), .kind = kind, .premium_e8 = premium_e8(c, symbol)};
    fapi_put(c->out, "[");
    (void)fapi_klines(c->f, symbol, interval, from_ms, to_ms, limit, kind != OF_TRADES, put_candle, &s);
    fapi_put(c->out, "]");
}

static void do_klines(struct fapi_call *c)
{
    candles(c, "symbol", OF_TRADES);
}

static void do_continuous(struct fapi_call *c)
{
    const char *contract;
    (void)fapi_get_text(c, "contractType", true, &contract);
    candles(c, "pair", OF_TRADES);
}

static void do_mark_klines(struct fapi_call *c)
{
    candles(c, "symbol", OF_MARKS);
}

static void do_index_klines(struct fapi_call *c)
{
    candles(c, "pair", OF_MARKS);
}

static void do_premium_klines(struct fapi_call *c)
{
    candles(c, "symbol", OF_PREMIUM);
}

/* ---- funding, interest ------------------------------------------------------------------------------------------- */

static void do_funding(struct fapi_call *c)
{
    uint32_t symbol = FAPI_NONE;
    int64_t from_ms = 0;
    int64_t to_ms = INT64_MAX;
    (void)fapi_get_symbol(c, "symbol", false, &symbol);
    bool from = fapi_get_ms(c, "startTime", false, &from_ms);
    (void)fapi_get_ms(c, "endTime", false, &to_ms);
    size_t limit = fapi_get_limit(c, 100, 1000);
    if (c->code != 0) {
        return;
    }
    size_t written = 0;
    fapi_put(c->out, "[");
    uint32_t end = symbol != FAPI_NONE ? symbol + 1 : fapi_symbol_count(c->f);
    for (uint32_t i = symbol != FAPI_NONE ? symbol : 0; i < end && written < limit; i++) {
        const struct fapi_symbol *y = symbol_of(c, i);
        int64_t past = symbol == FAPI_NONE ? 1 : from || limit > FUNDING_PAST ? FUNDING_PAST : (int64_t)limit;
        for (int64_t n = past; n >= 1 && written < limit; n--) {
            int64_t at_ms = y->funding_next_ms - n * FUNDING_MS;
            if (at_ms < from_ms || at_ms > to_ms) {
                continue;
            }
            fapi_j_open(c->out, "{");
            fapi_j_text(c->out, "symbol", y->inst.symbol);
            fapi_j_e8(c->out, "fundingRate", y->funding_rate_e8, 8);
            fapi_j_i64(c->out, "fundingTime", at_ms);
            fapi_j_e8(c->out, "markPrice", y->quote_now.mark.e8, MARK_DECIMALS);
            fapi_put(c->out, "}");
            written++;
        }
    }
    fapi_put(c->out, "]");
}

static void put_funding_info(struct fapi_call *c, uint32_t symbol)
{
    fapi_j_open(c->out, "{");
    fapi_j_text(c->out, "symbol", symbol_of(c, symbol)->inst.symbol);
    fapi_put(c->out, ",\"adjustedFundingRateCap\":\"0.02000000\",\"adjustedFundingRateFloor\":\"-0.02000000\","
                     "\"fundingIntervalHours\":8,\"disclaimer\":false}");
}

static void do_funding_info(struct fapi_call *c)
{
    fapi_put(c->out, "[");
    for (uint32_t i = 0; i < fapi_symbol_count(c->f); i++) {
        put_funding_info(c, i);
    }
    fapi_put(c->out, "]");
}

static void do_interest(struct fapi_call *c)
{
    uint32_t symbol = FAPI_NONE;
    if (!fapi_get_symbol(c, "symbol", true, &symbol)) {
        return;
    }
    struct fapi_ticker t;
    memset(&t, 0, sizeof(t));
    fapi_ticker_24h(c->f, symbol, &t);
    fapi_put(c->out, "{");
    fapi_j_text(c->out, "symbol", symbol_of(c, symbol)->inst.symbol);
    fapi_j_e8(c->out, "openInterest", t.volume.e8, symbol_of(c, symbol)->quantity_precision);
    fapi_j_i64(c->out, "time", eb_fapi_now_ms(c->f));
    fapi_put(c->out, "}");
}

struct fapi_routes fapi_routes_market(void)
{
    static const struct fapi_endpoint rows[] = {
        {"GET", "/fapi/v1/ping", FAPI_PUBLIC, FAPI_W_FIXED, 1, 0, 0, 0, do_ping},
        {"GET", "/fapi/v1/time", FAPI_PUBLIC, FAPI_W_FIXED, 1, 0, 0, 0, do_time},
        {"GET", "/fapi/v1/exchangeInfo", FAPI_PUBLIC, FAPI_W_FIXED, 1, 0, 0, 0, fapi_do_exchange_info},
        {"GET", "/fapi/v1/depth", FAPI_PUBLIC, FAPI_W_DEPTH, 0, 0, 0, 0, fapi_do_depth},
        {"GET", "/fapi/v1/rpiDepth", FAPI_PUBLIC, FAPI_W_FIXED, 20, 0, 0, 0, fapi_do_depth},
        {"GET", "/fapi/v1/trades", FAPI_PUBLIC, FAPI_W_FIXED, 5, 0, 0, 0, do_trades},
        {"GET", "/fapi/v1/historicalTrades", FAPI_KEYED, FAPI_W_FIXED, 20, 0, 0, 0, do_trades},
        {"GET", "/fapi/v1/aggTrades", FAPI_PUBLIC, FAPI_W_FIXED, 20, 0, 0, 0, do_agg_trades},
        {"GET", "/fapi/v1/klines", FAPI_PUBLIC, FAPI_W_KLINES, 0, 0, 0, 0, do_klines},
        {"GET", "/fapi/v1/continuousKlines", FAPI_PUBLIC, FAPI_W_KLINES, 0, 0, 0, 0, do_continuous},
        {"GET", "/fapi/v1/markPriceKlines", FAPI_PUBLIC, FAPI_W_KLINES, 0, 0, 0, 0, do_mark_klines},
        {"GET", "/fapi/v1/indexPriceKlines", FAPI_PUBLIC, FAPI_W_KLINES, 0, 0, 0, 0, do_index_klines},
        {"GET", "/fapi/v1/premiumIndexKlines", FAPI_PUBLIC, FAPI_W_KLINES, 0, 0, 0, 0, do_premium_klines},
        {"GET", "/fapi/v1/premiumIndex", FAPI_PUBLIC, FAPI_W_SYMBOL, 1, 10, 0, 0, do_premium},
        {"GET", "/fapi/v1/fundingRate", FAPI_PUBLIC, FAPI_W_FIXED, 0, 0, 0, 0, do_funding},
        {"GET", "/fapi/v1/fundingInfo", FAPI_PUBLIC, FAPI_W_FIXED, 0, 0, 0, 0, do_funding_info},
        {"GET", "/fapi/v1/ticker/24hr", FAPI_PUBLIC, FAPI_W_SYMBOL, 1, 40, 0, 0, do_day},
        {"GET", "/fapi/v1/ticker/price", FAPI_PUBLIC, FAPI_W_SYMBOL, 1, 2, 0, 0, fapi_do_price_v2},
        {"GET", "/fapi/v2/ticker/price", FAPI_PUBLIC, FAPI_W_SYMBOL, 1, 2, 0, 0, fapi_do_price_v2},
        {"GET", "/fapi/v1/ticker/bookTicker", FAPI_PUBLIC, FAPI_W_SYMBOL, 2, 5, 0, 0, fapi_do_book_ticker},
        {"GET", "/fapi/v1/openInterest", FAPI_PUBLIC, FAPI_W_FIXED, 1, 0, 0, 0, do_interest},
    };
    return (struct fapi_routes){rows, EB_COUNT(rows)};
}
