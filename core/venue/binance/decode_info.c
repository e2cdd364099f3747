/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The market as it is asked for: instruments and limits (exchangeInfo), brackets, candles, mark and book by request.
 *
 * A symbol whose filters cannot be used does not spoil the others: its row says so. pricePrecision and
 * quantityPrecision are display figures and never read.
 */
#include "venue/binance/codec.h"

#include <stdio.h>
#include <string.h>

#include "domain/instrument.h"
#include "venue/binance/words.h"

#define CONDITIONAL_ORDERS_MAX 200 /* of an account; exchangeInfo does not say it any more */

/* ---- instruments ------------------------------------------------------------------------------------------------ */

enum unit { UNIT_E8, UNIT_PPM, UNIT_COUNT };

struct rule {
    const char *filter; /* NULL: a key of the symbol itself */
    const char *key;
    enum unit unit;
    bool required;
    size_t offset; /* in struct eb_ev_instrument */
};

#define AT(field) offsetof(struct eb_ev_instrument, field)
static const struct rule rules[] = {
    {"PRICE_FILTER", "tickSize", UNIT_E8, true, AT(tick)},
    {"PRICE_FILTER", "minPrice", UNIT_E8, true, AT(min_price)},
    {"PRICE_FILTER", "maxPrice", UNIT_E8, true, AT(max_price)},
    {"LOT_SIZE", "stepSize", UNIT_E8, true, AT(step)},
    {"LOT_SIZE", "minQty", UNIT_E8, true, AT(min_qty)},
    {"LOT_SIZE", "maxQty", UNIT_E8, true, AT(max_qty)},
    {"MARKET_LOT_SIZE", "stepSize", UNIT_E8, false, AT(market_step)},
    {"MARKET_LOT_SIZE", "minQty", UNIT_E8, false, AT(market_min_qty)},
    {"MARKET_LOT_SIZE", "maxQty", UNIT_E8, false, AT(market_max_qty)},
    {"MIN_NOTIONAL", "notional", UNIT_E8, false, AT(min_notional)},
    {"PERCENT_PRICE", "multiplierUp", UNIT_PPM, false, AT(percent_up_ppm)},
    {"PERCENT_PRICE", "multiplierDown", UNIT_PPM, false, AT(percent_down_ppm)},
    {"MAX_NUM_ORDERS", "limit", UNIT_COUNT, false, AT(max_orders)},
    {"MAX_NUM_ALGO_ORDERS", "limit", UNIT_COUNT, false, AT(max_algo_orders)},
    {NULL, "marketTakeBound", UNIT_PPM, false, AT(market_take_bound_ppm)},
    {NULL, "maintMarginPercent", UNIT_PPM, false, AT(maintenance_ppm)},
};

static struct eb_tok filter_of(struct eb_tok symbol, const char *type)
{
    struct eb_tok f = eb_tok_first(eb_tok_get(symbol, "filters"));
    while (eb_tok_kind(f) != EB_TOK_ABSENT && !eb_tok_is(eb_tok_get(f, "filterType"), type)) {
        f = eb_tok_next(f);
    }
    return f;
}

static int64_t scaled(int64_t e8, enum unit unit)
{
    switch (unit) {
    case UNIT_E8:
        return e8;
    case UNIT_PPM:
        return e8 / (EB_E8 / EB_PPM);
    case UNIT_COUNT:
        return e8 / EB_E8;
    }
    return e8;
}

/* false and `why` when the rule cannot be met. */
static bool apply(const struct rule *rule, struct eb_tok symbol, struct bn_instrument *out)
{
    struct eb_tok object = rule->filter != NULL ? filter_of(symbol, rule->filter) : symbol;
    struct eb_tok value = eb_tok_get(object, rule->key);
    const char *owner = rule->filter != NULL ? rule->filter : "symbol", *what = NULL;
    int64_t e8 = 0;
    if (!bn_has(value)) {
        what = rule->required ? "is missing" : NULL;
    } else if (!eb_tok_e8(value, &e8)) {
        what = "is no number, or too large";
    } else if (e8 < 0) {
        what = "is negative";
    }
    if (what != NULL) {
        (void)snprintf(out->why, sizeof(out->why), "%s.%s %s", owner, rule->key, what);
        return false;
    }
    int64_t in_unit = scaled(e8, rule->unit);
    if (rule->unit == UNIT_COUNT) {
        uint32_t count = in_unit > UINT32_MAX ? UINT32_MAX : (uint32_t)in_unit;
        memcpy((char *)&out->inst + rule->offset, &count, sizeof(count));
    } else {
        memcpy((char *)&out->inst + rule->offset, &in_unit, sizeof(in_unit)); /* amounts and ratios: one int64 each */
    }
    return true;
}

static bool is_usable(struct eb_tok symbol, struct bn_instrument *out)
{
    struct eb_tok margin = eb_tok_get(symbol, "marginAsset"), quote = eb_tok_get(symbol, "quoteAsset");
    char margin_text[16], quote_text[16];
    bn_value_shown(margin, margin_text, sizeof(margin_text));
    bn_value_shown(quote, quote_text, sizeof(quote_text));
    if (eb_tok_is(eb_tok_get(symbol, "st"), "2") || strcmp(margin_text, quote_text) != 0) {
        (void)snprintf(out->why, sizeof(out->why), "its margin (%s) is not its quote asset (%s)", margin_text,
                       quote_text);
        return false;
    }
    for (size_t i = 0; i < EB_COUNT(rules); i++) {
        if (!apply(&rules[i], symbol, out)) {
            return false;
        }
    }
    out->inst.maintenance_ppm /= 100; /* the document says percent */
    if (out->inst.max_algo_orders == 0) {
        out->inst.max_algo_orders = CONDITIONAL_ORDERS_MAX;
    }
    struct eb_instrument checked;
    struct eb_err err = {0};
    eb_instrument_from_event(&checked, &out->inst);
    if (eb_instrument_validate(&checked, &err) != EB_OK) {
        (void)snprintf(out->why, sizeof(out->why), "%.*s", (int)sizeof(out->why) - 1, err.msg);
        return false;
    }
    return true;
}

struct info_rows {
    int (*row)(void *user, const struct bn_instrument *r);
    void *user;
};

static int info_row(struct bn_reader *r, struct eb_tok symbol, void *user)
{
    const struct info_rows *rows = user;
    struct bn_instrument out = {0};
    struct eb_tok name = eb_tok_get(symbol, "symbol"), status = eb_tok_get(symbol, "status");
    if (!bn_has(name)) {
        bn_doc_wrong(r, "symbols[].symbol", "is missing");
        return r->rc;
    }
    bn_value_shown(bn_has(status) ? status : eb_tok_get(symbol, "contractStatus"), out.status, sizeof(out.status));
    bn_value_shown(eb_tok_get(symbol, "contractType"), out.contract, sizeof(out.contract));
    out.inst.trading = strcmp(out.status, "TRADING") == 0;
    struct bn_reader named = {.what = r->what};
    bn_value_symbol(&named, name, "symbol", out.inst.symbol);
    if (named.rc == EB_OK) {
        out.usable = is_usable(symbol, &out);
    } else { /* no position of it can ever be told: it only has to be named */
        bn_value_shown(name, out.inst.symbol, sizeof(out.inst.symbol));
        (void)snprintf(out.why, sizeof(out.why), "its name is longer than %d bytes or cannot be printed",
                       EB_SYMBOL_MAX - 1);
    }
    return rows->row(rows->user, &out);
}

static void read_limits(struct eb_tok root, struct bn_limits *out)
{
    struct eb_tok list = eb_tok_get(root, "rateLimits");
    for (struct eb_tok l = eb_tok_first(list); eb_tok_kind(l) != EB_TOK_ABSENT; l = eb_tok_next(l)) {
        struct eb_tok kind = eb_tok_get(l, "rateLimitType"), unit = eb_tok_get(l, "interval");
        uint64_t limit = 0, number = 0;
        if (!eb_tok_u64(eb_tok_get(l, "limit"), &limit) || limit > UINT32_MAX ||
            !eb_tok_u64(eb_tok_get(l, "intervalNum"), &number)) {
            continue;
        }
        bool minute = eb_tok_is(unit, "MINUTE") && number == 1, ten = eb_tok_is(unit, "SECOND") && number == 10;
        bool orders = eb_tok_is(kind, "ORDERS");
        if (eb_tok_is(kind, "REQUEST_WEIGHT") && minute) {
            out->weight_1m = (uint32_t)limit;
        } else if (orders && minute) {
            out->orders_1m = (uint32_t)limit;
        } else if (orders && ten) {
            out->orders_10s = (uint32_t)limit;
        }
    }
}

int bn_decode_exchange_info(const char *text, size_t len, struct bn_limits *limits,
                            int (*row)(void *user, const struct bn_instrument *r), void *user, struct eb_err *err)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, "exchangeInfo", text, len, err), symbols = eb_tok_get(root, "symbols");
    memset(limits, 0, sizeof(*limits));
    if (d.read.rc == EB_OK && eb_tok_size(symbols) == 0) {
        bn_doc_wrong(&d.read, "symbols", "is missing or empty");
    }
    if (d.read.rc == EB_OK) {
        read_limits(root, limits);
    }
    int rc = bn_doc_rows(&d, symbols, info_row, &(struct info_rows){.row = row, .user = user});
    bn_doc_close(&d);
    return rc;
}

/* ---- brackets --------------------------------------------------------------------------------------------------- */

struct bracket_rows {
    int (*row)(void *user, const char *symbol, int64_t maintenance_ppm);
    void *user;
};

static int bracket_row(struct bn_reader *r, struct eb_tok object, void *user)
{
    const struct bracket_rows *rows = user;
    char symbol[EB_SYMBOL_MAX];
    struct eb_tok first = EB_TOK_NONE;
    int64_t least = 0;
    bn_get_symbol(r, object, "symbol", symbol);
    struct eb_tok list = eb_tok_get(object, "brackets");
    for (struct eb_tok b = eb_tok_first(list); eb_tok_kind(b) != EB_TOK_ABSENT; b = eb_tok_next(b)) {
        int64_t from = bn_get_e8_or_0(r, b, "notionalFloor");
        if (eb_tok_kind(first) == EB_TOK_ABSENT || from < least) {
            first = b;
            least = from;
        }
    }
    int64_t rate = bn_get_amount(r, first, "maintMarginRatio", true);
    if (rate > EB_E8) {
        bn_doc_wrong(r, "maintMarginRatio", "is more than 1");
    }
    const int64_t unit = EB_E8 / EB_PPM;
    return r->rc == EB_OK ? rows->row(rows->user, symbol, (rate + unit - 1) / unit) : r->rc; /* rather too much */
}

int bn_decode_brackets(const char *text, size_t len,
                       int (*row)(void *user, const char *symbol, int64_t maintenance_ppm), void *user,
                       struct eb_err *err)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, "leverage brackets", text, len, err);
    struct bracket_rows rows = {.row = row, .user = user};
    int rc;
    if (eb_tok_kind(root) == EB_TOK_OBJECT) { /* as documented where one symbol is asked for */
        rc = bracket_row(&d.read, root, &rows);
    } else {
        rc = bn_doc_rows(&d, root, bracket_row, &rows);
    }
    bn_doc_close(&d);
    return rc;
}

/* ---- candles, mark, book ----------------------------------------------------------------------------------------- */

struct kline_rows {
    int (*row)(void *user, const struct eb_ev_bar *bar);
    void *user;
};

static int kline_row(struct bn_reader *r, struct eb_tok array, void *user)
{
    enum { OPEN_TIME, OPEN, HIGH, LOW, CLOSE, VOLUME, CLOSE_TIME, COLUMNS };
    const struct kline_rows *rows = user;
    int64_t v[COLUMNS] = {0};
    struct eb_tok e = eb_tok_first(array);
    if (eb_tok_kind(array) != EB_TOK_ARRAY || eb_tok_size(array) < COLUMNS) {
        bn_doc_wrong(r, "a row", "has too few columns");
        return r->rc;
    }
    for (int i = 0; i < COLUMNS; i++, e = eb_tok_next(e)) {
        bool time = i == OPEN_TIME || i == CLOSE_TIME;
        if (i != VOLUME && (!(time ? eb_tok_i64(e, &v[i]) : eb_tok_e8(e, &v[i])) || v[i] <= 0)) {
            bn_doc_wrong(r, "a row", time ? "has no time" : "has no price");
        }
    }
    if (v[CLOSE_TIME] < v[OPEN_TIME]) {
        bn_doc_wrong(r, "a row", "ends before it begins");
    }
    int64_t upper = v[OPEN] > v[CLOSE] ? v[OPEN] : v[CLOSE], lower = v[OPEN] < v[CLOSE] ? v[OPEN] : v[CLOSE];
    struct eb_ev_bar bar = {.open_ms = v[OPEN_TIME],
                            .length_ms = v[CLOSE_TIME] - v[OPEN_TIME] + 1,
                            .open = {v[OPEN]},
                            .high = {v[HIGH] > upper ? v[HIGH] : upper},
                            .low = {v[LOW] < lower ? v[LOW] : lower},
                            .close = {v[CLOSE]}};
    return r->rc == EB_OK ? rows->row(rows->user, &bar) : r->rc;
}

int bn_decode_klines(const char *text, size_t len, int (*row)(void *user, const struct eb_ev_bar *bar), void *user,
                     struct eb_err *err)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, "klines", text, len, err);
    int rc = bn_doc_rows(&d, root, kline_row, &(struct kline_rows){.row = row, .user = user});
    bn_doc_close(&d);
    return rc;
}

/* An answer about one symbol, which some endpoints give as a list of one. */
static struct eb_tok only_object(struct bn_doc *d, struct eb_tok root)
{
    struct eb_tok one = eb_tok_kind(root) == EB_TOK_ARRAY && eb_tok_size(root) == 1 ? eb_tok_first(root) : root;
    if (d->read.rc == EB_OK && eb_tok_kind(one) != EB_TOK_OBJECT) {
        bn_doc_wrong(&d->read, "the answer", "is not about one symbol");
    }
    return one;
}

static int64_t price_of(struct bn_reader *r, struct eb_tok object, const char *key)
{
    int64_t e8 = bn_get_e8(r, object, key);
    if (e8 <= 0) {
        bn_doc_wrong(r, key, "is no price");
    }
    return e8;
}

static void premium_of(struct bn_reader *r, struct eb_tok o, struct bn_premium *out)
{
    bn_get_symbol(r, o, "symbol", out->symbol);
    out->index.e8 = bn_get_e8_or_0(r, o, "indexPrice");
    out->rate_e8 = bn_get_e8_or_0(r, o, "lastFundingRate");
    out->next_ms = bn_get_i64_or_0(r, o, "nextFundingTime");
    out->time_ms = bn_get_i64_or_0(r, o, "time");
}

int bn_decode_premium(const char *text, size_t len, struct bn_premium *out, struct eb_err *err)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, "premiumIndex", text, len, err), o = only_object(&d, root);
    memset(out, 0, sizeof(*out));
    if (d.read.rc == EB_OK) {
        premium_of(&d.read, o, out);
        out->mark.e8 = price_of(&d.read, o, "markPrice");
    }
    bn_doc_close(&d);
    return d.read.rc;
}

struct premium_rows {
    int (*row)(void *user, const struct bn_premium *p);
    void *user;
};

static int premium_row(struct bn_reader *r, struct eb_tok object, void *user)
{
    const struct premium_rows *rows = user;
    struct bn_premium p = {0};
    premium_of(r, object, &p);
    p.mark.e8 = bn_get_e8_or_0(r, object, "markPrice");
    return r->rc == EB_OK && p.mark.e8 > 0 ? rows->row(rows->user, &p) : r->rc;
}

int bn_decode_premiums(const char *text, size_t len, int (*row)(void *user, const struct bn_premium *p), void *user,
                       struct eb_err *err)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, "premiumIndex", text, len, err);
    int rc = bn_doc_rows(&d, root, premium_row, &(struct premium_rows){.row = row, .user = user});
    bn_doc_close(&d);
    return rc;
}

int bn_decode_book(const char *text, size_t len, struct bn_book *out, struct eb_err *err)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, "bookTicker", text, len, err), o = only_object(&d, root);
    memset(out, 0, sizeof(*out));
    if (d.read.rc == EB_OK) {
        out->bid.e8 = price_of(&d.read, o, "bidPrice");
        out->ask.e8 = price_of(&d.read, o, "askPrice");
        out->time_ms = bn_get_i64_or_0(&d.read, o, "time");
    }
    bn_doc_close(&d);
    return d.read.rc;
}
