/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts: made from the configuration, found by key and name, moved with prices and time. */
#include "venue/fapi/book.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

static const char area[] = "sim";

/* Ids look like the exchange's: large, and exact in a double, for half of the clients parse them into one. */
#define ORDER_IDS UINT64_C(8389760000000)
#define ALGO_IDS UINT64_C(1000000246000000)
#define IDS_OF_AN_ACCOUNT UINT64_C(10000000000)

uint64_t fapi_text_key(uint32_t symbol, const char *text)
{
    return eb_hash64_u64(eb_hash64(EB_HASH64_SEED, text, strlen(text)), symbol);
}

/* ---- creation ---------------------------------------------------------------------------------------------------- */

static int copy_text(char *out, size_t cap, const char *text, const char *what, struct eb_err *err)
{
    size_t len = text != NULL ? strlen(text) : 0;
    if (len == 0 || len >= cap) {
        return eb_err_set(err, EB_E_INVALID, area, "accounts: %s of 1..%zu characters wanted", what, cap - 1);
    }
    memcpy(out, text, len + 1);
    return EB_OK;
}

static int make_sim(struct fapi_account *a, const struct eb_fapi_config *c, const struct eb_fapi_account *from,
                    size_t number, struct eb_err *err)
{
    struct eb_sim_config s;
    eb_sim_config_default(&s);
    s.symbols_max = a->symbols > 0 ? a->symbols : 1;
    s.orders_max = FAPI_ORDERS_KEPT;
    s.slots_max = 0; /* conditional orders are kept in algo.c */
    s.balance = from->balance;
    s.hedge = from->hedge;
    s.clip_reduce = true;
    s.ack_all = true;
    s.query_fills = false;
    s.fee_taker_ppm = c->fee_taker_ppm;
    s.fee_maker_ppm = c->fee_maker_ppm;
    s.leverage_ppm = FAPI_LEVERAGE_DEFAULT;
    s.seed = c->seed;
    s.trades_after = c->ids_after;
    s.ids_after = ORDER_IDS + number * IDS_OF_AN_ACCOUNT + c->ids_after;
    a->algo_id = ALGO_IDS + number * IDS_OF_AN_ACCOUNT + c->ids_after;
    int rc = eb_sim_create(&s, &a->sim, err);
    if (rc != EB_OK) {
        return rc;
    }
    eb_sim_set_triggers(a->sim, fapi_algo_triggers, a);
    for (uint32_t i = 0; i < a->symbols; i++) {
        if (!fapi_account_sync(a, i)) {
            continue; /* real lists hold symbols without filters: they do not trade */
        }
        const struct fapi_symbol *y = fapi_symbol_at(a->f, i);
        struct eb_err ignored = {0};
        (void)eb_sim_set_cross(a->sim, i, from->cross, &ignored);
        if (y->leverage_max > 0 && y->leverage_max * EB_PPM < FAPI_LEVERAGE_DEFAULT) {
            (void)eb_sim_set_leverage(a->sim, i, y->leverage_max * EB_PPM, &ignored);
        }
        a->symbol[i].funding_ms = y->funding_next_ms;
    }
    eb_sim_set_sink(a->sim, fapi_events_sink, a);
    return EB_OK;
}

static int make_account(struct fapi_account *a, struct eb_fapi *f, const struct eb_fapi_config *c, size_t number,
                        struct eb_err *err)
{
    const struct eb_fapi_account *from = &c->account[number];
    a->f = f;
    a->can_trade = from->can_trade;
    a->multi_assets = from->multi_assets;
    a->slots_max = c->slots_max > 0 ? c->slots_max : FAPI_SLOTS_DEFAULT;
    a->slots_max = a->slots_max < FAPI_ALGOS_KEPT ? a->slots_max : FAPI_ALGOS_KEPT;
    a->symbols = fapi_symbol_count(f);
    a->fee_taker_ppm = c->fee_taker_ppm;
    a->due_ms = a->funding_next_ms = INT64_MAX;
    a->now_ms = f->now_ms;
    a->update_ms = f->now_ms; /* of the first deposit: clients skip an asset that was never touched */
    int rc = copy_text(a->name, sizeof(a->name), from->name, "a name", err);
    rc = rc == EB_OK ? copy_text(a->api_key, sizeof(a->api_key), from->api_key, "an API key", err) : rc;
    rc = rc == EB_OK ? eb_binance_key_public(from->api_key, from->secret, &a->key, err) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    a->symbol = calloc((size_t)a->symbols + 1, sizeof(*a->symbol));
    a->order = calloc(FAPI_ORDERS_KEPT, sizeof(*a->order));
    a->algo = calloc(FAPI_ALGOS_KEPT, sizeof(*a->algo));
    a->income = calloc(FAPI_INCOMES_KEPT, sizeof(*a->income));
    a->algo_due_ms = calloc(FAPI_ALGOS_KEPT, sizeof(*a->algo_due_ms));
    if (a->symbol == NULL || a->order == NULL || a->algo == NULL || a->income == NULL || a->algo_due_ms == NULL ||
        fapi_store_create(&a->orders, FAPI_ORDERS_KEPT) != EB_OK ||
        fapi_store_create(&a->algos, FAPI_ALGOS_KEPT) != EB_OK) {
        return eb_err_set(err, EB_E_MEMORY, area, "out of memory");
    }
    return make_sim(a, c, from, number, err);
}

int fapi_accounts_create(struct eb_fapi *f, const struct eb_fapi_config *c, struct fapi_accounts **out,
                         struct eb_err *err)
{
    struct fapi_accounts *x = calloc(1, sizeof(*x));
    if (x != NULL) {
        x->account = calloc(c->accounts + 1, sizeof(*x->account));
    }
    if (x == NULL || x->account == NULL) {
        free(x);
        return eb_err_set(err, EB_E_MEMORY, area, "out of memory");
    }
    int rc = EB_OK;
    for (size_t i = 0; rc == EB_OK && i < c->accounts; i++) {
        x->count = i + 1; /* what there is of it is freed with the others */
        rc = make_account(&x->account[i], f, c, i, err);
    }
    if (rc != EB_OK) {
        fapi_accounts_destroy(x);
        return rc;
    }
    *out = x;
    return EB_OK;
}

void fapi_accounts_destroy(struct fapi_accounts *x)
{
    for (size_t i = 0; x != NULL && i < x->count; i++) {
        struct fapi_account *a = &x->account[i];
        eb_sim_destroy(a->sim);
        eb_binance_key_free(a->key);
        fapi_store_destroy(&a->orders);
        fapi_store_destroy(&a->algos);
        free(a->symbol);
        free(a->order);
        free(a->algo);
        free(a->income);
        free(a->algo_due_ms);
    }
    if (x != NULL) {
        free(x->account);
        free(x);
    }
}

/* ---- finding ----------------------------------------------------------------------------------------------------- */

struct fapi_account *fapi_account_at(struct eb_fapi *f, size_t i)
{
    struct fapi_accounts *x = fapi_accounts_of(f);
    return x != NULL && i < x->count ? &x->account[i] : NULL;
}

struct fapi_account *fapi_account_by_key(struct eb_fapi *f, const char *api_key)
{
    struct fapi_account *a;
    for (size_t i = 0; (a = fapi_account_at(f, i)) != NULL; i++) {
        if (strcmp(a->api_key, api_key) == 0) {
            return a;
        }
    }
    return NULL;
}

struct fapi_account *fapi_account_by_name(struct eb_fapi *f, const char *name)
{
    struct fapi_account *a;
    for (size_t i = 0; (a = fapi_account_at(f, i)) != NULL; i++) {
        if (strcmp(a->name, name) == 0) {
            return a;
        }
    }
    return NULL;
}

const char *fapi_account_name(const struct fapi_account *a)
{
    return a->name;
}

const struct eb_binance_key *fapi_account_key(const struct fapi_account *a)
{
    return a->key;
}

struct eb_sim *fapi_account_sim(struct fapi_account *a)
{
    fapi_account_clock(a); /* whoever asks may trade: at the present time */
    return a->sim;
}

struct eb_fapi *fapi_account_exchange(struct fapi_account *a)
{
    return a->f;
}

bool fapi_can_trade(const struct fapi_account *a)
{
    return a->can_trade;
}

/* ---- time and prices --------------------------------------------------------------------------------------------- */

void fapi_account_clock(struct fapi_account *a)
{
    a->now_ms = a->f->now_ms > a->now_ms ? a->f->now_ms : a->now_ms;
    eb_sim_set_time(a->sim, a->now_ms * 1000000, eb_fapi_now_ms(a->f));
}

bool fapi_account_sync(struct fapi_account *a, uint32_t symbol)
{
    fapi_account_clock(a);
    const struct fapi_symbol *y = fapi_symbol_at(a->f, symbol);
    struct fapi_holding *h = &a->symbol[symbol];
    /* Bytes between members may differ where nothing else does: then the same filters are set once more. */
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
    if (h->known && memcmp(&h->inst, &y->inst, sizeof(h->inst)) == 0) {
        return true;
    }
    struct eb_sim_tier tier[FAPI_TIERS];
    struct eb_err ignored = {0};
    size_t tiers = fapi_tiers(y, tier);
    if (eb_sim_add_instrument(a->sim, symbol, &y->inst, tier, tiers, &ignored) != EB_OK) {
        return h->known; /* filters that cannot be: the old ones go on */
    }
    h->inst = y->inst;
    if (!h->known) {
        h->known = true;
        h->quote = y->quote_now;
        (void)eb_sim_price(a->sim, symbol, &h->quote);
    }
    return true;
}

/* The market tells all four prices each time: what has not changed is no news, an old print least of all. */
static eb_price news(eb_price *have, eb_price now)
{
    if (now.e8 <= 0 || now.e8 == have->e8) {
        return (eb_price){0};
    }
    *have = now;
    return now;
}

void fapi_account_price(struct fapi_account *a, uint32_t symbol, const struct eb_sim_quote *q)
{
    if (symbol >= a->symbols || !fapi_account_sync(a, symbol)) {
        return;
    }
    struct fapi_holding *h = &a->symbol[symbol];
    struct eb_sim_quote changed = {.mark = news(&h->quote.mark, q->mark), .last = news(&h->quote.last, q->last)};
    bool book = news(&h->quote.bid, q->bid).e8 > 0;
    book = news(&h->quote.ask, q->ask).e8 > 0 || book;
    if (book) {
        changed.bid = h->quote.bid;
        changed.ask = h->quote.ask;
    }
    (void)eb_sim_price(a->sim, symbol, &changed);
    if (changed.mark.e8 > 0) {
        fapi_margin_calls(a, symbol);
    }
}

void fapi_account_run(struct fapi_account *a, int64_t now_ms)
{
    a->now_ms = now_ms > a->now_ms ? now_ms : a->now_ms;
    fapi_account_clock(a);
    eb_sim_run(a->sim, a->now_ms * 1000000, eb_fapi_now_ms(a->f));
    fapi_funding_run(a);
    if (a->due_ms <= a->now_ms) {
        a->due_ms = INT64_MAX; /* each says anew when it is due */
        fapi_algos_run(a);
        fapi_orders_run(a);
    }
}

int64_t fapi_account_next_ms(const struct fapi_account *a)
{
    return a->due_ms < a->funding_next_ms ? a->due_ms : a->funding_next_ms;
}
