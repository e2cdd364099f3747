/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recording of raw streams as the market: lines "<local time, ns> <json>", with or without the envelope of combined
 * streams. Trades and best prices are replayed at the intervals of their local times; recorded depth is passed over,
 * since the book that clients see follows from the best prices.
 *
 *     file -> whole text -> one small row per message -> run()
 */
#include "venue/fapi/market.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed/text_source.h"

#define TOKENS 64 /* of a trade or a bookTicker in its envelope */
#define ROWS_FIRST 65536
#define SYMBOLS_MAX 256

static const char where[] = "market";

struct tick_row {
    int64_t local_ns;
    int64_t a, b, c, d; /* trade: price, quantity; best: bid, its quantity, ask, its quantity */
    uint32_t symbol;
    bool trade, buyer_maker;
};
struct tick_feed {
    struct tick_row *row; /* owned */
    size_t count, cap, next;
    int64_t start_ms, speed_ppm;
    bool ended;
    uint32_t symbols;
    struct {
        char name[EB_SYMBOL_MAX];
        eb_price first;  /* the first that was recorded */
        int64_t tick_e8; /* that all need */
    } symbol[SYMBOLS_MAX];
};

/* ---- replay ------------------------------------------------------------------------------------------------------ */

static int64_t told_ms(const struct tick_feed *x, size_t i)
{
    eb_i128 after_ns = (eb_i128)x->row[i].local_ns - x->row[0].local_ns;
    return x->start_ms + (int64_t)eb_div_round(after_ns * EB_PPM, (eb_i128)x->speed_ppm * 1000000, EB_ROUND_FLOOR);
}

static void run(struct eb_fapi *f, void *state, int64_t now_ms)
{
    struct tick_feed *x = state;
    struct fapi_market *m = fapi_market_of(f);
    for (; x->next < x->count && told_ms(x, x->next) <= now_ms; x->next++) {
        const struct tick_row *r = &x->row[x->next];
        int64_t at_ms = told_ms(x, x->next);
        m->now_ms = at_ms > m->now_ms ? at_ms : m->now_ms;
        if (r->trade) {
            fapi_market_print(f, r->symbol, (eb_price){r->a}, (eb_qty){r->b}, r->buyer_maker);
        } else {
            const struct fapi_level bid = {{r->a}, {r->b}}, ask = {{r->c}, {r->d}};
            fapi_market_top(f, r->symbol, &bid, &ask);
        }
    }
    if (x->next == x->count && !x->ended) {
        x->ended = true;
        for (uint32_t i = 0; i < m->count; i++) {
            m->symbol[i].rested = true;
        }
        eb_log(&f->log, EB_LOG_WARN, "market.end", EB_I64("messages", (int64_t)x->count));
    }
}

static int64_t next_ms(const struct eb_fapi *f, const void *state)
{
    (void)f;
    const struct tick_feed *x = state;
    return x->next < x->count ? told_ms(x, x->next) : INT64_MAX;
}

static void destroy(void *state)
{
    struct tick_feed *x = state;
    free(x->row);
    free(x);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static bool positive(struct eb_tok object, const char *key, int64_t *out)
{
    return eb_tok_e8(eb_tok_get(object, key), out) && *out > 0;
}

/* True with the row and its symbol's name when data is a trade or best prices that can be used. */
static bool read_data(struct eb_tok data, struct tick_row *r, char name[EB_SYMBOL_MAX])
{
    if (!eb_tok_text(eb_tok_get(data, "s"), name, EB_SYMBOL_MAX)) {
        return false;
    }
    struct eb_tok e = eb_tok_get(data, "e");
    if (eb_tok_is(e, "trade") || eb_tok_is(e, "aggTrade")) {
        r->trade = true;
        return positive(data, "p", &r->a) && positive(data, "q", &r->b) &&
               eb_tok_bool(eb_tok_get(data, "m"), &r->buyer_maker);
    }
    return eb_tok_is(e, "bookTicker") && positive(data, "b", &r->a) && positive(data, "B", &r->b) &&
           positive(data, "a", &r->c) && positive(data, "A", &r->d) && r->a < r->c;
}

/* The id that a name will have; FAPI_NONE: too many. */
static uint32_t symbol_of(struct tick_feed *x, const char *name, eb_price price)
{
    uint32_t i = 0;
    while (i < x->symbols && strcmp(x->symbol[i].name, name) != 0) {
        i++; /* recordings hold few symbols */
    }
    if (i == SYMBOLS_MAX) {
        return FAPI_NONE;
    }
    if (i == x->symbols) {
        (void)snprintf(x->symbol[i].name, sizeof(x->symbol[i].name), "%s", name);
        x->symbol[i].first = price;
        x->symbol[i].tick_e8 = FAPI_TICK_COARSEST;
        x->symbols++;
    }
    return i;
}

static int keep(struct tick_feed *x, const struct tick_row *r, struct eb_err *err)
{
    if (x->count == x->cap) {
        size_t cap = x->cap == 0 ? ROWS_FIRST : x->cap * 2;
        struct tick_row *more = realloc(x->row, cap * sizeof(*more));
        if (more == NULL) {
            return eb_err_set(err, EB_E_MEMORY, where, "out of memory for %zu messages", cap);
        }
        x->row = more;
        x->cap = cap;
    }
    x->row[x->count++] = *r;
    return EB_OK;
}

/* The local time in front of a line, and where its JSON begins; false: the line has no such form. */
static bool read_time(const char *line, size_t len, int64_t *ns, size_t *json)
{
    size_t i = 0;
    int64_t v = 0;
    for (; i < len && i < 19 && line[i] >= '0' && line[i] <= '9'; i++) {
        int64_t digit = line[i] - '0';
        if (v > (INT64_MAX - digit) / 10) {
            return false;
        }
        v = v * 10 + digit;
    }
    *ns = v;
    *json = i + 1;
    return i > 0 && i + 1 < len && line[i] == ' ';
}

static int read_line(struct tick_feed *x, const char *line, size_t len, size_t number, struct eb_err *err)
{
    struct eb_token room[TOKENS];
    struct eb_tokens tokens;
    struct tick_row r = {0};
    size_t json;
    char name[EB_SYMBOL_MAX];
    if (!read_time(line, len, &r.local_ns, &json)) {
        return eb_err_set(err, EB_E_INVALID, where, "line %zu: \"<local time in ns> <json>\" is needed", number);
    }
    int rc = eb_tokens_parse(&tokens, "recording", line + json, len - json, room, TOKENS, err);
    if (rc == EB_E_FULL) {
        return EB_OK; /* depth */
    }
    if (rc != EB_OK) {
        return eb_err_set(err, EB_E_INVALID, where, "line %zu: no JSON behind the time", number);
    }
    struct eb_tok root = eb_tok_root(&tokens), data = eb_tok_get(root, "data");
    if (!read_data(eb_tok_kind(data) == EB_TOK_OBJECT ? data : root, &r, name)) {
        return EB_OK;
    }
    if (x->count > 0 && r.local_ns < x->row[x->count - 1].local_ns) {
        r.local_ns = x->row[x->count - 1].local_ns; /* a clock that was set back */
    }
    r.symbol = symbol_of(x, name, (eb_price){r.a});
    if (r.symbol == FAPI_NONE) {
        return eb_err_set(err, EB_E_FULL, where, "line %zu: more than %d symbols", number, SYMBOLS_MAX);
    }
    int64_t *tick = &x->symbol[r.symbol].tick_e8;
    *tick = fapi_finer(*tick, r.a);
    *tick = r.trade ? *tick : fapi_finer(*tick, r.c);
    return keep(x, &r, err);
}

static int read_all(struct tick_feed *x, const char *path, struct eb_err *err)
{
    struct eb_buffer text;
    int rc = eb_text_read_all(path, &text, err);
    if (rc != EB_OK) {
        return rc;
    }
    const char *at = eb_buffer_str(&text), *end = at + text.len;
    for (size_t number = 1; rc == EB_OK && at < end; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop != NULL ? stop : end) - at);
        if (len > 0) {
            rc = read_line(x, at, len, number, err);
        }
        at += len + 1;
    }
    eb_buffer_deinit(&text);
    if (rc == EB_OK && x->count == 0) {
        rc = eb_err_set(err, EB_E_INVALID, where, "%s: neither trade nor bookTicker in it", eb_path_shown(path));
    }
    return rc;
}

int fapi_feed_ticks(struct fapi_market *m, const struct eb_fapi_config *c, const struct fapi_names *names,
                    struct eb_err *err)
{
    if (c->file_count != 1) {
        return eb_err_set(err, EB_E_INVALID, where, "%zu recordings: exactly one is possible", c->file_count);
    }
    if (c->speed_ppm <= 0) {
        return eb_err_set(err, EB_E_INVALID, where, "a speed of 0 or less: time would stand");
    }
    struct tick_feed *x = calloc(1, sizeof(*x));
    if (x == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory");
    }
    m->feed = (struct fapi_feed){x, run, next_ms, destroy};
    x->start_ms = c->start_ms;
    x->speed_ppm = c->speed_ppm;
    int rc = read_all(x, c->files[0], err);
    for (uint32_t i = 0; rc == EB_OK && i < x->symbols; i++) {
        uint32_t id;
        const struct eb_ev_instrument guess = fapi_guess(x->symbol[i].name, x->symbol[i].first, x->symbol[i].tick_e8);
        rc = fapi_market_add(m, names, x->symbol[i].name, &guess, x->symbol[i].first, &id, err);
    }
    return rc;
}
