/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Market messages in the exchange's words. Unknown to clients of before 2026: st (1: of this market, 2: of the coin
 * margined one, whose symbols appear in the streams of all symbols), ps, ap, nq.
 */
#include "venue/fapi/streams.h"

#include <string.h>

#define E8_DIGITS 8
#define PERCENT_DIGITS 3
#define COIN_SYMBOL "BTCUSD_PERP" /* what a client of this market has to pass over */
#define COIN_PAIR "BTCUSD"

static int64_t told_ms(const struct eb_fapi *f)
{
    return fapi_market_of(f)->now_ms + f->skew_ms;
}

static void put_string(struct eb_buffer *b, const char *key, const char *value)
{
    fapi_put(b, ",\"");
    fapi_put(b, key);
    fapi_put(b, "\":\"");
    fapi_put(b, value); /* symbols and words: nothing to escape that has passed the reader of the file */
    fapi_put(b, "\"");
}

static void put_begin(struct eb_buffer *b, const char *event, int64_t ms)
{
    fapi_put(b, "{\"e\":\"");
    fapi_put(b, event);
    fapi_put(b, "\"");
    fapi_put_number(b, "E", ms);
}

static void put_end(struct eb_buffer *b)
{
    fapi_put(b, ",\"st\":1}");
}

static void publish(struct eb_fapi *f, struct fapi_node *n, const struct eb_buffer *b)
{
    if (!b->failed) {
        fapi_node_publish(f, n, b->data, b->len);
    }
}

/* ---- what happens ------------------------------------------------------------------------------------------------ */

static void write_agg(struct eb_buffer *b, const struct fapi_symbol *y, const struct fapi_print *p, int64_t ms)
{
    put_begin(b, "aggTrade", ms);
    put_string(b, "s", y->inst.symbol);
    fapi_put_number(b, "a", (int64_t)p->agg_id);
    fapi_put_member(b, "p", p->price.e8, y->price_precision);
    fapi_put_member(b, "q", p->qty.e8, y->quantity_precision);
    fapi_put_member(b, "nq", p->qty.e8, y->quantity_precision);
    fapi_put_number(b, "f", (int64_t)p->id);
    fapi_put_number(b, "l", (int64_t)p->id);
    fapi_put_number(b, "T", ms);
    fapi_put(b, p->buyer_maker ? ",\"m\":true" : ",\"m\":false");
    put_end(b);
}

static void write_trade(struct eb_buffer *b, const struct fapi_symbol *y, const struct fapi_print *p, int64_t ms)
{
    put_begin(b, "trade", ms);
    fapi_put_number(b, "T", ms);
    put_string(b, "s", y->inst.symbol);
    fapi_put_number(b, "t", (int64_t)p->id);
    fapi_put_member(b, "p", p->price.e8, y->price_precision);
    fapi_put_member(b, "q", p->qty.e8, y->quantity_precision);
    put_string(b, "X", "MARKET");
    fapi_put(b, p->buyer_maker ? ",\"m\":true" : ",\"m\":false");
    put_end(b);
}

static void write_book(struct eb_buffer *b, const struct fapi_symbol *y, int64_t ms)
{
    fapi_put(b, "{\"e\":\"bookTicker\"");
    fapi_put_number(b, "u", (int64_t)y->update_id);
    fapi_put_number(b, "E", ms);
    fapi_put_number(b, "T", ms);
    put_string(b, "s", y->inst.symbol);
    put_string(b, "ps", y->pair);
    fapi_put_member(b, "b", y->quote_now.bid.e8, y->price_precision);
    fapi_put_member(b, "B", y->bid_qty.e8, y->quantity_precision);
    fapi_put_member(b, "a", y->quote_now.ask.e8, y->price_precision);
    fapi_put_member(b, "A", y->ask_qty.e8, y->quantity_precision);
    put_end(b);
}

/* The node of what happens to a symbol, unless nobody wants it or it is to be silent. */
static struct fapi_node *heard(struct eb_fapi *f, uint32_t symbol, enum fapi_stream_kind kind)
{
    struct fapi_node *n = fapi_node_of(f, symbol, kind);
    return n == NULL || n->count == 0 || fapi_symbol_at(f, symbol)->muted[kind] ? NULL : n;
}

void fapi_tell_print(struct eb_fapi *f, uint32_t symbol, const struct fapi_print *p)
{
    const struct fapi_print print = *p; /* the tape may move on while messages go out */
    const struct fapi_symbol *y = fapi_symbol_at(f, symbol);
    struct fapi_node *n = heard(f, symbol, FAPI_S_AGG);
    struct eb_buffer *b = n != NULL ? fapi_scratch(f) : NULL;
    if (b != NULL) {
        write_agg(b, y, &print, told_ms(f));
        publish(f, n, b);
    }
    n = heard(f, symbol, FAPI_S_TRADE);
    b = n != NULL ? fapi_scratch(f) : NULL;
    if (b != NULL) {
        write_trade(b, y, &print, told_ms(f));
        publish(f, n, b);
    }
}

void fapi_tell_book(struct eb_fapi *f, uint32_t symbol)
{
    struct fapi_node *n = heard(f, symbol, FAPI_S_BOOK);
    struct eb_buffer *b = n != NULL ? fapi_scratch(f) : NULL;
    if (b != NULL) {
        write_book(b, fapi_symbol_at(f, symbol), told_ms(f));
        publish(f, n, b);
    }
}

/* To the stream of a symbol and to that of all of them. */
static void publish_both(struct eb_fapi *f, const struct fapi_symbol *y, const char *own, const char *all,
                         const struct eb_buffer *b)
{
    char name[FAPI_STREAM_NAME_MAX];
    size_t n = 0;
    for (const char *c = y->inst.symbol; *c != '\0'; c++) {
        name[n++] = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    }
    memcpy(name + n, own, strlen(own) + 1);
    fapi_sending(f); /* b is used twice */
    struct fapi_node *node = fapi_node_named(f, name);
    if (node != NULL) {
        publish(f, node, b);
    }
    node = fapi_node_named(f, all);
    if (node != NULL) {
        publish(f, node, b);
    }
    fapi_sent(f);
}

void fapi_tell_forced(struct eb_fapi *f, uint32_t symbol, uint8_t side, eb_qty qty, eb_price price, eb_price average)
{
    const struct fapi_symbol *y = fapi_symbol_at(f, symbol);
    struct eb_buffer *b = y->muted[FAPI_S_FORCED] ? NULL : fapi_scratch(f);
    if (b == NULL) {
        return;
    }
    put_begin(b, "forceOrder", told_ms(f));
    fapi_put(b, ",\"o\":{\"s\":\"");
    fapi_put(b, y->inst.symbol);
    fapi_put(b, side == EB_BUY ? "\",\"S\":\"BUY\"" : "\",\"S\":\"SELL\"");
    fapi_put(b, ",\"o\":\"LIMIT\",\"f\":\"IOC\"");
    fapi_put_member(b, "q", qty.e8, y->quantity_precision);
    fapi_put_member(b, "p", price.e8, y->price_precision);
    fapi_put_member(b, "ap", average.e8, y->price_precision);
    put_string(b, "X", "FILLED");
    fapi_put_member(b, "l", qty.e8, y->quantity_precision);
    fapi_put_member(b, "z", qty.e8, y->quantity_precision);
    fapi_put_number(b, "T", told_ms(f));
    fapi_put(b, "}");
    put_string(b, "ps", y->pair);
    put_end(b);
    publish_both(f, y, "@forceOrder", "!forceOrder@arr", b);
}

void fapi_tell_info(struct eb_fapi *f, uint32_t symbol)
{
    const struct fapi_symbol *y = fapi_symbol_at(f, symbol);
    struct fapi_node *n = fapi_node_named(f, "!contractInfo");
    struct eb_buffer *b = n != NULL ? fapi_scratch(f) : NULL;
    if (b == NULL) {
        return;
    }
    put_begin(b, "contractInfo", told_ms(f));
    put_string(b, "s", y->inst.symbol);
    put_string(b, "ps", y->pair);
    put_string(b, "ct", y->contract);
    fapi_put_number(b, "dt", INT64_C(4133404800000));
    fapi_put_number(b, "ot", y->onboard_ms);
    put_string(b, "cs", y->status);
    put_end(b);
    publish(f, n, b);
}

/* ---- marks ------------------------------------------------------------------------------------------------------- */

static void write_mark(struct eb_buffer *b, const struct fapi_market_symbol *s, int64_t ms)
{
    const struct fapi_symbol *y = &s->pub;
    int64_t mark = y->quote_now.mark.e8, index = fapi_market_index_price(s).e8;
    put_begin(b, "markPriceUpdate", ms);
    put_string(b, "s", y->inst.symbol);
    fapi_put_member(b, "p", mark, E8_DIGITS);
    fapi_put_member(b, "ap", mark / 2 + s->open.mark_open.e8 / 2, E8_DIGITS);
    fapi_put_member(b, "i", index, E8_DIGITS);
    fapi_put_member(b, "P", index, E8_DIGITS);
    fapi_put_member(b, "r", y->funding_rate_e8, E8_DIGITS);
    fapi_put_number(b, "T", y->funding_next_ms);
    put_end(b);
}

static void write_coin_mark(struct eb_buffer *b, int64_t ms)
{
    put_begin(b, "markPriceUpdate", ms);
    fapi_put(b,
             ",\"s\":\"" COIN_SYMBOL "\",\"p\":\"60000.00000000\",\"ap\":\"60000.00000000\",\"i\":\"60000.00000000\","
             "\"P\":\"60000.00000000\",\"r\":\"0.00010000\",\"T\":0,\"st\":2}");
}

/* ---- tickers ----------------------------------------------------------------------------------------------------- */

static void write_mini(struct eb_buffer *b, const struct fapi_symbol *y, const struct fapi_ticker *t, int64_t ms)
{
    put_begin(b, "24hrMiniTicker", ms);
    put_string(b, "s", y->inst.symbol);
    fapi_put_member(b, "c", t->last.e8, y->price_precision);
    fapi_put_member(b, "o", t->open.e8, y->price_precision);
    fapi_put_member(b, "h", t->high.e8, y->price_precision);
    fapi_put_member(b, "l", t->low.e8, y->price_precision);
    fapi_put_member(b, "v", t->volume.e8, y->quantity_precision);
    fapi_put_member(b, "q", t->quote_volume.e8, 2);
    put_string(b, "ps", y->pair);
    put_end(b);
}

static void write_ticker(struct eb_buffer *b, const struct fapi_symbol *y, const struct fapi_ticker *t, int64_t ms)
{
    int64_t change = t->last.e8 - t->open.e8, percent = 0;
    if (t->open.e8 > 0 && eb_mul_div(change, 100000, t->open.e8, EB_ROUND_HALF_AWAY, &percent)) {
        percent *= EB_E8 / 1000;
    }
    put_begin(b, "24hrTicker", ms);
    put_string(b, "s", y->inst.symbol);
    put_string(b, "ps", y->pair);
    fapi_put_member(b, "p", change, y->price_precision);
    fapi_put_member(b, "P", percent, PERCENT_DIGITS);
    fapi_put_member(b, "w", t->average.e8, y->price_precision);
    fapi_put_member(b, "c", t->last.e8, y->price_precision);
    fapi_put_member(b, "Q", t->last_qty.e8, y->quantity_precision);
    fapi_put_member(b, "o", t->open.e8, y->price_precision);
    fapi_put_member(b, "h", t->high.e8, y->price_precision);
    fapi_put_member(b, "l", t->low.e8, y->price_precision);
    fapi_put_member(b, "v", t->volume.e8, y->quantity_precision);
    fapi_put_member(b, "q", t->quote_volume.e8, 2);
    fapi_put_number(b, "O", t->open_ms);
    fapi_put_number(b, "C", t->close_ms);
    fapi_put_number(b, "F", (int64_t)t->first_id);
    fapi_put_number(b, "L", (int64_t)t->last_id);
    fapi_put_number(b, "n", (int64_t)t->trades);
    put_end(b);
}

static void write_coin_ticker(struct eb_buffer *b, bool mini, int64_t ms)
{
    put_begin(b, mini ? "24hrMiniTicker" : "24hrTicker", ms);
    fapi_put(b, ",\"s\":\"" COIN_SYMBOL "\",\"ps\":\"" COIN_PAIR "\",\"c\":\"60000.0\",\"o\":\"60000.0\","
                "\"h\":\"60000.0\",\"l\":\"60000.0\",\"v\":\"1\",\"q\":\"1\"");
    if (!mini) {
        fapi_put(b, ",\"p\":\"0\",\"P\":\"0.000\",\"w\":\"60000.0\",\"Q\":\"1\"");
        fapi_put_number(b, "O", ms);
        fapi_put_number(b, "C", ms);
        fapi_put(b, ",\"F\":1,\"L\":1,\"n\":1");
    }
    fapi_put(b, ",\"st\":2}");
}

static void write_one(struct eb_fapi *f, struct eb_buffer *b, const struct fapi_stream *is, uint32_t symbol, int64_t ms)
{
    struct fapi_market_symbol *s = &fapi_market_of(f)->symbol[symbol];
    struct fapi_ticker t;
    if (is->kind == FAPI_S_MARK) {
        write_mark(b, s, ms);
        return;
    }
    fapi_ticker_24h(f, symbol, &t);
    if (is->mini) {
        write_mini(b, &s->pub, &t, ms);
    } else {
        write_ticker(b, &s->pub, &t, ms);
    }
}

/* Marks or tickers of all symbols in one array; those of traditional markets in one of their own. */
static void tell_array(struct eb_fapi *f, struct fapi_node *n, bool traditional, int64_t ms)
{
    struct eb_buffer *b = fapi_scratch(f);
    const struct fapi_market *m = fapi_market_of(f);
    const char *between = "[";
    for (uint32_t i = 0; b != NULL && i < m->count; i++) {
        const struct fapi_symbol *y = &m->symbol[i].pub;
        bool is_traditional = strcmp(y->contract, "TRADIFI_PERPETUAL") == 0;
        if (!y->muted[n->is.kind] && is_traditional == traditional && strcmp(y->status, "TRADING") == 0) {
            fapi_put(b, between);
            between = ",";
            write_one(f, b, &n->is, i, ms);
        }
    }
    if (b == NULL || *between == '[') {
        return;
    }
    if (!traditional) {
        fapi_put(b, between);
        if (n->is.kind == FAPI_S_MARK) {
            write_coin_mark(b, ms);
        } else {
            write_coin_ticker(b, n->is.mini, ms);
        }
    }
    fapi_put(b, "]");
    publish(f, n, b);
}

static void tell_books(struct eb_fapi *f, struct fapi_node *n, int64_t ms)
{
    for (uint32_t i = 0; i < fapi_symbol_count(f); i++) {
        const struct fapi_symbol *y = fapi_symbol_at(f, i);
        struct eb_buffer *b = y->muted[FAPI_S_BOOK] ? NULL : fapi_scratch(f);
        if (b != NULL) {
            write_book(b, y, ms);
            publish(f, n, b);
        }
    }
}

/* ---- candles ----------------------------------------------------------------------------------------------------- */

static void tell_kline(struct eb_fapi *f, struct fapi_node *n, const struct fapi_kline *k, bool closed, int64_t ms)
{
    const struct fapi_symbol *y = fapi_symbol_at(f, n->is.symbol);
    struct eb_buffer *b = fapi_scratch(f);
    if (b == NULL) {
        return;
    }
    put_begin(b, n->is.continuous ? "continuous_kline" : "kline", ms);
    if (n->is.continuous) {
        put_string(b, "ps", y->pair);
        put_string(b, "ct", y->contract);
    } else {
        put_string(b, "s", y->inst.symbol);
    }
    fapi_put(b, ",\"k\":{\"t\":");
    fapi_put_i64(b, k->open_ms);
    fapi_put_number(b, "T", k->close_ms);
    if (!n->is.continuous) {
        put_string(b, "s", y->inst.symbol);
    }
    put_string(b, "i", n->is.interval);
    fapi_put_number(b, "f", k->trades > 0 ? (int64_t)k->first_id : -1);
    fapi_put_number(b, "L", k->trades > 0 ? (int64_t)(k->first_id + k->trades - 1) : -1);
    fapi_put_member(b, "o", k->open.e8, y->price_precision);
    fapi_put_member(b, "c", k->close.e8, y->price_precision);
    fapi_put_member(b, "h", k->high.e8, y->price_precision);
    fapi_put_member(b, "l", k->low.e8, y->price_precision);
    fapi_put_member(b, "v", k->volume.e8, y->quantity_precision);
    fapi_put_number(b, "n", k->trades);
    fapi_put(b, closed ? ",\"x\":true" : ",\"x\":false");
    fapi_put_member(b, "q", k->quote_volume.e8, y->price_precision);
    fapi_put_member(b, "V", k->bought.e8, y->quantity_precision);
    fapi_put_member(b, "Q", k->quote_bought.e8, y->price_precision);
    put_string(b, "B", "0");
    fapi_put(b, "}}");
    publish(f, n, b);
}

/* Closed minutes since the last time join the candle; a candle that ends is told as closed. */
static void join_closed(struct eb_fapi *f, struct fapi_node *n, const struct fapi_market_symbol *s, int64_t ms)
{
    uint64_t oldest = s->bars.closed - s->bars.count;
    n->last.closed = n->last.closed > oldest ? n->last.closed : oldest;
    for (; n->last.closed < s->bars.closed; n->last.closed++) {
        const struct fapi_bar *bar = fapi_bars_at(s, (uint32_t)(n->last.closed - oldest));
        int64_t open_ms = fapi_kline_open(n->is.interval_ms, bar->open_ms);
        int64_t next_ms = fapi_kline_next(n->is.interval_ms, open_ms);
        if (n->last.kline.open_ms != open_ms) {
            fapi_kline_begin(&n->last.kline, open_ms, next_ms - 1);
        }
        fapi_kline_join(&n->last.kline, bar, false);
        if (n->last.at_ms > 0 && bar->open_ms + FAPI_MINUTE_MS >= next_ms) {
            tell_kline(f, n, &n->last.kline, true, ms);
        }
    }
}

static void tell_klines(struct eb_fapi *f, struct fapi_node *n, int64_t ms)
{
    struct fapi_market_symbol *s = &fapi_market_of(f)->symbol[n->is.symbol];
    fapi_bars_roll(s, fapi_market_of(f)->now_ms);
    bool closed = n->last.closed != s->bars.closed;
    join_closed(f, n, s, ms);
    if (n->last.at_ms > 0 && n->last.printed == s->printed && !closed) {
        return; /* nothing was traded since */
    }
    int64_t open_ms = fapi_kline_open(n->is.interval_ms, s->open.open_ms);
    struct fapi_kline k = n->last.kline;
    if (k.open_ms != open_ms) {
        fapi_kline_begin(&k, open_ms, fapi_kline_next(n->is.interval_ms, open_ms) - 1);
    }
    fapi_kline_join(&k, &s->open, false);
    n->last.printed = s->printed;
    n->last.at_ms = ms;
    tell_kline(f, n, &k, false, ms);
}

/* ---- what is due ------------------------------------------------------------------------------------------------- */

static void tell_one(struct eb_fapi *f, struct fapi_node *n, int64_t ms)
{
    struct eb_buffer *b = fapi_scratch(f);
    if (b != NULL) {
        write_one(f, b, &n->is, n->is.symbol, ms);
        publish(f, n, b);
    }
}

void fapi_tell_due(struct eb_fapi *f, struct fapi_node *n, int64_t now_ms)
{
    int64_t ms = now_ms + f->skew_ms;
    bool all = n->is.symbol == FAPI_NONE;
    if (!all && fapi_symbol_at(f, n->is.symbol)->muted[n->is.kind]) {
        return;
    }
    switch ((enum fapi_stream_kind)n->is.kind) {
    case FAPI_S_MARK:
    case FAPI_S_TICKER:
        if (!all) {
            tell_one(f, n, ms);
        } else {
            tell_array(f, n, false, ms);
            tell_array(f, n, true, ms);
        }
        break;
    case FAPI_S_BOOK:
        tell_books(f, n, ms);
        break;
    case FAPI_S_KLINE:
        tell_klines(f, n, ms);
        break;
    case FAPI_S_DEPTH:
        fapi_tell_depth(f, n, ms);
        break;
    case FAPI_S_AGG:
    case FAPI_S_TRADE:
    case FAPI_S_FORCED:
    case FAPI_S_INFO:
    case FAPI_S_USER:
    case FAPI_S_OTHER:
    case FAPI_S_KINDS:
        break; /* these happen, or say nothing */
    }
}
