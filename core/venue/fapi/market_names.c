/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbols by name: from an exchangeInfo file (filters by the reader of core/feed, names and display figures from the
 * text), or guessed from name and price where there is none.
 */
#include "venue/fapi/market.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed/exchange_info.h"
#include "feed/text_source.h"
#include "venue/simd/scene_tables.h"

#define BYTES_PER_TOKEN 3 /* at the densest */
#define BASIS_PPM 23

static const char where[] = "market";

struct names_row {
    char symbol[EB_SYMBOL_MAX];
    struct fapi_symbol known; /* but for the instrument */
};
struct fapi_names {
    struct eb_exchange_info info;
    struct names_row *row; /* sorted by symbol; owned */
    size_t count;
};

/* ---- an exchangeInfo file ---------------------------------------------------------------------------------------- */

static void text_of(struct eb_tok object, const char *key, char *out, size_t cap, const char *otherwise)
{
    if (!eb_tok_text(eb_tok_get(object, key), out, cap)) {
        (void)snprintf(out, cap, "%s", otherwise);
    }
}

static int precision_of(struct eb_tok object, const char *key)
{
    int64_t v;
    return eb_tok_i64(eb_tok_get(object, key), &v) && v >= 0 && v <= 8 ? (int)v : 0;
}

static void read_row(struct eb_tok symbol, struct names_row *row)
{
    struct fapi_symbol *y = &row->known;
    text_of(symbol, "symbol", row->symbol, sizeof(row->symbol), "");
    text_of(symbol, "pair", y->pair, sizeof(y->pair), row->symbol);
    text_of(symbol, "contractType", y->contract, sizeof(y->contract), "PERPETUAL");
    text_of(symbol, "status", y->status, sizeof(y->status), "TRADING");
    text_of(symbol, "baseAsset", y->base, sizeof(y->base), "");
    text_of(symbol, "quoteAsset", y->quote, sizeof(y->quote), "USDT");
    text_of(symbol, "marginAsset", y->margin, sizeof(y->margin), y->quote);
    y->price_precision = precision_of(symbol, "pricePrecision");
    y->quantity_precision = precision_of(symbol, "quantityPrecision");
    y->onboard_ms = eb_tok_i64(eb_tok_get(symbol, "onboardDate"), &y->onboard_ms) ? y->onboard_ms : 0;
}

static int by_symbol(const void *a, const void *b)
{
    return strcmp(((const struct names_row *)a)->symbol, ((const struct names_row *)b)->symbol);
}

static int read_rows(struct fapi_names *n, struct eb_tok root, struct eb_err *err)
{
    struct eb_tok list = eb_tok_get(root, "symbols");
    n->row = calloc(eb_tok_size(list) + 1, sizeof(*n->row));
    if (n->row == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory");
    }
    for (struct eb_tok t = eb_tok_first(list); eb_tok_kind(t) != EB_TOK_ABSENT; t = eb_tok_next(t)) {
        read_row(t, &n->row[n->count++]);
    }
    qsort(n->row, n->count, sizeof(*n->row), by_symbol);
    return EB_OK;
}

static int read_tokens(struct fapi_names *n, const struct eb_buffer *text, struct eb_err *err)
{
    int cap = (int)(text->len / BYTES_PER_TOKEN) + 16;
    struct eb_token *room = calloc((size_t)cap, sizeof(*room));
    struct eb_tokens tokens;
    if (room == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory");
    }
    int rc = eb_tokens_parse(&tokens, n->info.file, eb_buffer_str(text), text->len, room, cap, err);
    rc = rc == EB_OK ? read_rows(n, eb_tok_root(&tokens), err) : rc;
    free(room);
    return rc;
}

int fapi_names_load(const char *path, struct fapi_names **out, struct eb_err *err)
{
    struct eb_buffer text;
    struct fapi_names *n = calloc(1, sizeof(*n));
    if (n == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory");
    }
    int rc = eb_text_read_all(path, &text, err);
    if (rc == EB_OK) {
        rc = eb_exchange_info_parse(eb_path_shown(path), eb_buffer_str(&text), text.len, &n->info, err);
        rc = rc == EB_OK ? read_tokens(n, &text, err) : rc;
        eb_buffer_deinit(&text);
    }
    if (rc != EB_OK) {
        fapi_names_free(n);
        return rc;
    }
    *out = n;
    return EB_OK;
}

void fapi_names_free(struct fapi_names *n)
{
    if (n != NULL) {
        eb_exchange_info_deinit(&n->info);
        free(n->row);
        free(n);
    }
}

/* ---- guesses ----------------------------------------------------------------------------------------------------- */

static int decimals_of(int64_t e8)
{
    int decimals = 8;
    for (; decimals > 0 && e8 % 10 == 0; decimals--) {
        e8 /= 10;
    }
    return decimals;
}

/* Base and quote of a name as the exchange makes them: the quote is what it ends with. */
static void split_name(const char *name, struct fapi_symbol *y)
{
    static const char *const quotes[] = {"USDT", "USDC", "FDUSD", "BUSD", "BTC", "USD"};
    size_t len = strlen(name);
    (void)snprintf(y->quote, sizeof(y->quote), "USDT");
    for (size_t i = 0; i < EB_COUNT(quotes); i++) {
        size_t end = strlen(quotes[i]);
        if (len > end && strcmp(name + len - end, quotes[i]) == 0) {
            (void)snprintf(y->quote, sizeof(y->quote), "%s", quotes[i]);
            len -= end;
            break;
        }
    }
    (void)snprintf(y->base, sizeof(y->base), "%.*s", (int)len, name);
    (void)snprintf(y->margin, sizeof(y->margin), "%s", y->quote);
    (void)snprintf(y->pair, sizeof(y->pair), "%s", name);
    (void)snprintf(y->contract, sizeof(y->contract), "PERPETUAL");
    (void)snprintf(y->status, sizeof(y->status), "TRADING");
}

/* What is asked for a coin, about: only where no feed says it. */
static eb_price guess_price(const char *base, const struct eb_ev_instrument *inst)
{
    static const struct {
        const char *base;
        int64_t cents;
    } known[] = {{"BTC", 10425000}, {"ETH", 348000}, {"BNB", 65000}, {"SOL", 15850}, {"LTC", 8500}, {"XRP", 222},
                 {"DOGE", 20},      {"ADA", 65},     {"AVAX", 2100}, {"LINK", 1400}, {"DOT", 400},  {"BCH", 45000}};
    int64_t price = inst->tick.e8 < INT64_MAX / 20000 ? inst->tick.e8 * 12345 : inst->tick.e8;
    for (size_t i = 0; i < EB_COUNT(known); i++) {
        price = strcmp(known[i].base, base) == 0 ? known[i].cents * (EB_E8 / 100) : price;
    }
    int64_t low = inst->min_price.e8 * 2, high = inst->max_price.e8 > 0 ? inst->max_price.e8 / 2 : price;
    price = price < low ? low : price;
    price = price > high ? high : price;
    return (eb_price){price - price % inst->tick.e8};
}

int64_t fapi_finer(int64_t tick_e8, int64_t price_e8)
{
    while (tick_e8 > 1 && price_e8 % tick_e8 != 0) {
        tick_e8 /= 10;
    }
    return tick_e8;
}

/* Filters for prices on a grid: those of a symbol that is known, else a step that is worth between 1 and 10. */
struct eb_ev_instrument fapi_guess(const char *name, eb_price price, int64_t tick)
{
    int64_t step = EB_E8 * 1000;
    for (size_t i = 0; i < EB_SCENE_PAPER_SYMBOLS; i++) {
        const struct eb_ev_instrument *known = &eb_scene_defs[i].inst;
        if (strcmp(known->symbol, name) == 0 && tick % known->tick.e8 == 0) {
            return *known;
        }
    }
    while (step > 100000 && (eb_i128)step * price.e8 / EB_E8 > (eb_i128)10 * EB_E8) {
        step /= 10;
    }
    int64_t high = price.e8 < INT64_MAX / 1000 ? price.e8 * 100 : price.e8;
    struct eb_ev_instrument in = {.tick = {tick},
                                  .min_price = {tick},
                                  .max_price = {high - high % tick},
                                  .step = {step},
                                  .min_qty = {step},
                                  .max_qty = {step * 1000000},
                                  .market_step = {step},
                                  .market_min_qty = {step},
                                  .market_max_qty = {step * 100000},
                                  .min_notional = {5 * EB_E8},
                                  .percent_up_ppm = 1050000,
                                  .percent_down_ppm = 950000,
                                  .market_take_bound_ppm = 50000,
                                  .maintenance_ppm = 10000,
                                  .max_orders = 200,
                                  .max_algo_orders = 100,
                                  .trading = true};
    (void)snprintf(in.symbol, sizeof(in.symbol), "%s", name);
    return in;
}

/* ---- symbols of the market --------------------------------------------------------------------------------------- */

static const struct names_row *row_of(const struct fapi_names *n, const char *name)
{
    struct names_row key;
    (void)snprintf(key.symbol, sizeof(key.symbol), "%s", name);
    return n == NULL ? NULL : bsearch(&key, n->row, n->count, sizeof(*n->row), by_symbol);
}

static void finish_symbol(struct fapi_market *m, struct fapi_market_symbol *s, const struct eb_ev_instrument *inst,
                          eb_price price)
{
    struct fapi_symbol *y = &s->pub;
    int ticks = decimals_of(inst->tick.e8), steps = decimals_of(inst->step.e8);
    y->inst = *inst;
    y->price_precision = y->price_precision > ticks ? y->price_precision : ticks;
    y->quantity_precision = y->quantity_precision > steps ? y->quantity_precision : steps;
    y->onboard_ms = y->onboard_ms > 0 ? y->onboard_ms : INT64_C(1569398400000);
    y->inst.trading = strcmp(y->status, "TRADING") == 0;
    y->leverage_max = strcmp(y->base, "BTC") == 0 ? 125 : strcmp(y->base, "ETH") == 0 ? 100 : 75;
    y->funding_rate_e8 = 10000 - (int64_t)(m->count % 5) * 1500;
    y->trade_id = 1000000 + (uint64_t)m->count * 1000;
    y->agg_id = y->trade_id / 2;
    y->update_id = INT64_C(4000000000) + (uint64_t)m->count * 1000;
    s->basis_ppm = m->count % 2 == 0 ? BASIS_PPM : -BASIS_PPM;
    y->quote_now = fapi_market_around(s, price);
    y->bid_qty.e8 = y->ask_qty.e8 = inst->min_qty.e8 > 0 ? inst->min_qty.e8 * 100 : inst->step.e8 * 100;
}

int fapi_market_add(struct fapi_market *m, const struct fapi_names *names, const char *name,
                    const struct eb_ev_instrument *inst, eb_price price, uint32_t *id, struct eb_err *err)
{
    if (m->count == m->cap) {
        uint32_t cap = m->cap == 0 ? 16 : m->cap * 2;
        struct fapi_market_symbol *more = realloc(m->symbol, cap * sizeof(*more));
        if (more == NULL) {
            return eb_err_set(err, EB_E_MEMORY, where, "out of memory for %u symbols", cap);
        }
        m->symbol = more;
        m->cap = cap;
    }
    if (strlen(name) >= EB_SYMBOL_MAX || name[0] == '\0') {
        return eb_err_set(err, EB_E_INVALID, where, "\"%.40s\" is no symbol: 1 to %d letters wanted", name,
                          EB_SYMBOL_MAX - 1);
    }
    struct fapi_market_symbol *s = &m->symbol[m->count];
    const struct names_row *row = row_of(names, name);
    const struct eb_ev_instrument *listed = NULL;
    struct eb_ev_instrument guessed;
    memset(s, 0, sizeof(*s));
    split_name(name, &s->pub);
    if (row != NULL && eb_exchange_info_find(&names->info, name, &listed, NULL) == EB_OK) {
        s->pub = row->known;
        inst = listed;
    }
    if (inst == NULL) {
        guessed = fapi_guess(name, price, fapi_finer(FAPI_TICK_COARSEST, price.e8));
        inst = &guessed;
    }
    finish_symbol(m, s, inst, price.e8 > 0 ? price : guess_price(s->pub.base, inst));
    *id = m->count++;
    return EB_OK;
}

int fapi_market_add_all(struct fapi_market *m, const struct fapi_names *names, struct eb_err *err)
{
    int rc = EB_OK;
    for (size_t i = 0; rc == EB_OK && i < names->info.count; i++) {
        uint32_t id;
        rc = fapi_market_add(m, names, names->info.item[i].symbol, NULL, (eb_price){0}, &id, err);
    }
    return rc;
}
