/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What accounts tell, as events of the user stream. Accounts call in the order in which the exchange tells; each event
 * is written into one buffer and handed on before the next is.
 */
#include "venue/fapi/api.h"

#include <stdlib.h>
#include <string.h>

#define EVENT_MAX 65536
#define AVERAGE_DECIMALS 5
#define MONEY_DECIMALS 8

struct realized { /* since the beginning, of an account's symbol; both legs apart */
    const struct fapi_account *account;
    uint32_t symbol;
    unsigned leg;
    eb_money sum;
};
struct fapi_user_news {
    struct eb_buffer text;
    uint64_t modify_id;
    struct realized *realized; /* open addressing; owned */
    size_t size, used;
};

int fapi_user_news_create(struct fapi_user_news **out, struct eb_err *err)
{
    struct fapi_user_news *n = calloc(1, sizeof(*n));
    if (n == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "sim", "out of memory");
    }
    n->size = 256;
    n->realized = calloc(n->size, sizeof(*n->realized));
    if (n->realized == NULL) {
        free(n);
        return eb_err_set(err, EB_E_MEMORY, "sim", "out of memory");
    }
    eb_buffer_init(&n->text, EVENT_MAX);
    *out = n;
    return EB_OK;
}

void fapi_user_news_destroy(struct fapi_user_news *n)
{
    if (n != NULL) {
        eb_buffer_deinit(&n->text);
        free(n->realized);
        free(n);
    }
}

void fapi_user_news_modify_id(struct eb_fapi *f, uint64_t id)
{
    fapi_api_of(f)->news->modify_id = id;
}

/* ---- realized profit --------------------------------------------------------------------------------------------- */

static struct realized *place_of(struct realized *table, size_t size, const struct realized *key)
{
    uint64_t h = ((uint64_t)(uintptr_t)key->account >> 4) * UINT64_C(0x9e3779b97f4a7c15) +
                 ((uint64_t)key->symbol * 2 + key->leg) * UINT64_C(0xbf58476d1ce4e5b9);
    h ^= h >> 32;
    for (size_t i = (size_t)h & (size - 1);; i = (i + 1) & (size - 1)) {
        struct realized *r = &table[i];
        if (r->account == NULL || (r->account == key->account && r->symbol == key->symbol && r->leg == key->leg)) {
            return r;
        }
    }
}

static void grow(struct fapi_user_news *n)
{
    struct realized *larger = calloc(n->size * 2, sizeof(*larger));
    if (larger == NULL) {
        return;
    }
    for (size_t i = 0; i < n->size; i++) {
        if (n->realized[i].account != NULL) {
            *place_of(larger, n->size * 2, &n->realized[i]) = n->realized[i];
        }
    }
    free(n->realized);
    n->realized = larger;
    n->size *= 2;
}

static void add_realized(struct fapi_user_news *n, const struct fapi_account *a, uint32_t symbol, unsigned leg,
                         eb_money amount)
{
    if (n->used * 2 >= n->size) {
        grow(n);
    }
    if (n->used + 1 >= n->size) {
        return; /* no memory: the sum is only shown */
    }
    const struct realized key = {.account = a, .symbol = symbol, .leg = leg};
    struct realized *r = place_of(n->realized, n->size, &key);
    if (r->account == NULL) {
        *r = key;
        n->used++;
    }
    if (!eb_money_add(r->sum, amount, &r->sum)) {
        r->sum = (eb_money){0};
    }
}

static eb_money realized_of(const struct fapi_user_news *n, const struct fapi_account *a, uint32_t symbol, unsigned leg)
{
    const struct realized key = {.account = a, .symbol = symbol, .leg = leg};
    return place_of(n->realized, n->size, &key)->sum;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static struct eb_buffer *begin(struct fapi_account *a, const char *event, bool at)
{
    struct eb_fapi *f = fapi_account_exchange(a);
    struct eb_buffer *b = &fapi_api_of(f)->news->text;
    eb_buffer_clear(b);
    fapi_put(b, "{");
    fapi_j_text(b, "e", event);
    fapi_j_i64(b, "E", eb_fapi_now_ms(f));
    if (at) {
        fapi_j_i64(b, "T", eb_fapi_now_ms(f));
    }
    return b;
}

static void publish(struct fapi_account *a, struct eb_buffer *b)
{
    fapi_put(b, "}");
    if (!b->failed) {
        fapi_user_publish(fapi_account_exchange(a), a, b->data, b->len);
    }
}

static const struct fapi_symbol *symbol_of(struct fapi_account *a, uint32_t symbol)
{
    return fapi_symbol_at(fapi_account_exchange(a), symbol);
}

/* ---- orders ------------------------------------------------------------------------------------------------------ */

static void tell_lite(struct fapi_account *a, const struct fapi_order *o, const struct fapi_trade *t)
{
    const struct fapi_symbol *y = symbol_of(a, o->t.symbol);
    struct eb_buffer *b = begin(a, "TRADE_LITE", true);
    fapi_j_text(b, "s", y->inst.symbol);
    fapi_j_e8(b, "q", o->t.qty.e8, y->quantity_precision);
    fapi_j_zero(b, "p", o->t.price.e8, y->price_precision);
    fapi_j_bool(b, "m", t->maker);
    fapi_j_text(b, "c", o->t.client_id);
    fapi_j_text(b, "S", fapi_side_name(o->t.side));
    fapi_j_e8(b, "L", t->price.e8, y->price_precision);
    fapi_j_e8(b, "l", t->qty.e8, y->quantity_precision);
    fapi_j_u64(b, "t", t->trade_id);
    fapi_j_u64(b, "i", o->id);
    publish(a, b);
}

static void put_state(struct eb_buffer *b, const struct fapi_symbol *y, const struct fapi_order *o,
                      const char *execution)
{
    const struct fapi_terms *t = &o->t;
    fapi_j_text(b, "s", y->inst.symbol);
    fapi_j_text(b, "c", t->client_id);
    fapi_j_text(b, "S", fapi_side_name(t->side));
    fapi_j_text(b, "o", fapi_type_name(t->type));
    fapi_j_text(b, "f", fapi_tif_name(t->tif));
    fapi_j_e8(b, "q", t->qty.e8, y->quantity_precision);
    fapi_j_zero(b, "p", t->price.e8, y->price_precision);
    fapi_j_zero(b, "ap", fapi_order_average(o).e8, AVERAGE_DECIMALS);
    fapi_j_zero(b, "sp", t->trigger.e8, y->price_precision);
    fapi_j_text(b, "x", execution);
    fapi_j_text(b, "X", fapi_status_name(o->status));
    fapi_j_u64(b, "i", o->id);
}

static void put_fill(struct eb_buffer *b, const struct fapi_symbol *y, const struct fapi_order *o,
                     const struct fapi_trade *t)
{
    static const struct fapi_trade none;
    bool traded = t != NULL;
    t = traded ? t : &none;
    fapi_j_zero(b, "l", t->qty.e8, y->quantity_precision);
    fapi_j_zero(b, "z", o->filled.e8, y->quantity_precision);
    fapi_j_zero(b, "L", t->price.e8, y->price_precision);
    if (traded && t->fee.e8 != 0) {
        fapi_j_e8(b, "n", t->fee.e8, MONEY_DECIMALS);
        fapi_j_text(b, "N", y->margin);
    }
    fapi_j_i64(b, "T", o->update_ms);
    fapi_j_u64(b, "t", t->trade_id);
    fapi_j_text(b, "b", "0");
    fapi_j_text(b, "a", "0");
    fapi_j_bool(b, "m", t->maker);
}

static void put_terms(struct eb_buffer *b, const struct fapi_symbol *y, const struct fapi_order *o,
                      const struct fapi_trade *t)
{
    const struct fapi_terms *w = &o->t;
    uint8_t type = o->algo_id != 0 ? o->orig_type : w->type;
    fapi_j_bool(b, "R", w->reduce_only);
    fapi_j_text(b, "wt", w->mark_price ? "MARK_PRICE" : "CONTRACT_PRICE");
    fapi_j_text(b, "ot", fapi_type_name(type));
    fapi_j_text(b, "ps", fapi_position_side_name(w->position_side));
    fapi_j_bool(b, "cp", w->close_position);
    if (type == FAPI_TRAILING) {
        fapi_j_e8(b, "AP", w->activate.e8, y->price_precision);
        fapi_j_e8(b, "cr", w->callback_ppm * (EB_E8 * 100 / EB_PPM), 1);
    }
    fapi_j_zero(b, "rp", t != NULL ? t->realized.e8 : 0, MONEY_DECIMALS);
    fapi_j_bool(b, "pP", w->price_protect);
    fapi_j_i64(b, "si", 0);
    fapi_j_i64(b, "ss", 0);
    fapi_j_text(b, "V", w->stp);
    fapi_j_text(b, "pm", w->price_match);
    fapi_j_i64(b, "gtd", w->good_till_ms);
    fapi_j_key(b, "er");
    fapi_put(b, "\"");
    fapi_put_u64(b, o->expire_reason);
    fapi_put(b, "\"");
}

void fapi_news_order(struct fapi_account *a, const struct fapi_order *o, const char *execution,
                     const struct fapi_trade *t)
{
    struct fapi_user_news *n = fapi_api_of(fapi_account_exchange(a))->news;
    if (t != NULL && t->realized.e8 != 0) {
        unsigned leg = o->t.position_side == EB_PS_SHORT ? 1 : 0;
        add_realized(n, a, o->t.symbol, leg, t->realized);
    }
    if (t != NULL && strcmp(execution, "TRADE") == 0) {
        tell_lite(a, o, t);
    }
    if (t != NULL && t->liquidation) { /* the public hears of it too */
        fapi_market_forced(fapi_account_exchange(a), o->t.symbol, o->t.side, t->qty, o->t.price, t->price);
    }
    const struct fapi_symbol *y = symbol_of(a, o->t.symbol);
    struct eb_buffer *b = begin(a, "ORDER_TRADE_UPDATE", true);
    fapi_j_key(b, "o");
    fapi_put(b, "{");
    put_state(b, y, o, execution);
    put_fill(b, y, o, t);
    put_terms(b, y, o, t);
    if (n->modify_id != 0 && strcmp(execution, "AMENDMENT") == 0) {
        fapi_j_u64(b, "M", n->modify_id);
    }
    fapi_put(b, "}");
    publish(a, b);
}

static void put_algo_child(struct eb_buffer *b, const struct fapi_algo *o)
{
    bool limit = o->t.type == FAPI_STOP || o->t.type == FAPI_TAKE_PROFIT;
    fapi_j_key(b, "ai");
    fapi_put(b, "\"");
    if (o->child_id != 0) {
        fapi_put_u64(b, o->child_id);
    }
    fapi_put(b, "\"");
    fapi_j_e8(b, "ap", o->child_average.e8, AVERAGE_DECIMALS);
    fapi_j_e8(b, "aq", o->child_filled.e8, AVERAGE_DECIMALS);
    fapi_j_text(b, "act", o->child_id == 0 ? "" : limit ? "LIMIT" : "MARKET");
}

void fapi_news_algo(struct fapi_account *a, const struct fapi_algo *o)
{
    const struct fapi_terms *t = &o->t;
    const struct fapi_symbol *y = symbol_of(a, t->symbol);
    struct eb_buffer *b = begin(a, "ALGO_UPDATE", true);
    fapi_j_key(b, "o");
    fapi_put(b, "{");
    fapi_j_text(b, "caid", t->client_id);
    fapi_j_u64(b, "aid", o->id);
    fapi_j_text(b, "at", "CONDITIONAL");
    fapi_j_text(b, "o", fapi_type_name(t->type));
    fapi_j_text(b, "s", y->inst.symbol);
    fapi_j_text(b, "S", fapi_side_name(t->side));
    fapi_j_text(b, "ps", fapi_position_side_name(t->position_side));
    fapi_j_text(b, "f", fapi_tif_name(t->tif));
    fapi_j_e8(b, "q", t->qty.e8, y->quantity_precision);
    fapi_j_text(b, "X", fapi_algo_status_name(o->status));
    put_algo_child(b, o);
    fapi_j_zero(b, "tp", t->trigger.e8, y->price_precision);
    fapi_j_zero(b, "p", t->price.e8, y->price_precision);
    fapi_j_text(b, "V", t->stp);
    fapi_j_text(b, "wt", t->mark_price ? "MARK_PRICE" : "CONTRACT_PRICE");
    fapi_j_text(b, "pm", t->price_match);
    fapi_j_bool(b, "cp", t->close_position);
    fapi_j_bool(b, "pP", t->price_protect);
    fapi_j_bool(b, "R", t->reduce_only);
    if (t->type == FAPI_TRAILING) {
        fapi_j_e8(b, "AP", t->activate.e8, y->price_precision);
        fapi_j_e8(b, "cr", t->callback_ppm * (EB_E8 * 100 / EB_PPM), 1);
    }
    fapi_j_i64(b, "tt", o->trigger_ms);
    fapi_j_i64(b, "gtd", t->good_till_ms);
    fapi_j_key(b, "rm");
    (void)eb_buffer_json_string(b, o->reason);
    fapi_j_bool(b, "ia", o->activated);
    fapi_put(b, "}");
    publish(a, b);
}

/* ---- the account ------------------------------------------------------------------------------------------------- */

/* What the wallet has changed by, other than by trading: the income that is being told. */
struct change {
    enum fapi_income_kind kind;
    eb_money last;
};

static void keep_change(void *user, const struct fapi_income *i)
{
    struct change *c = user;
    if (i->kind == c->kind) {
        c->last = i->amount;
    }
}

static void put_position(struct eb_buffer *b, struct fapi_account *a, uint32_t symbol, unsigned leg)
{
    const struct fapi_symbol *y = symbol_of(a, symbol);
    struct fapi_position p = {.position_side = fapi_leg_side(a, leg), .cross = fapi_cross(a, symbol)};
    (void)fapi_position(a, symbol, leg, &p);
    fapi_j_open(b, "{");
    fapi_j_text(b, "s", y->inst.symbol);
    fapi_j_zero(b, "pa", p.side == EB_SHORT ? -p.qty.e8 : p.qty.e8, y->quantity_precision);
    fapi_j_e8(b, "ep", p.entry.e8, AVERAGE_DECIMALS);
    fapi_j_zero(b, "bep", p.break_even.e8, AVERAGE_DECIMALS);
    fapi_j_zero(b, "cr", realized_of(fapi_api_of(fapi_account_exchange(a))->news, a, symbol, leg).e8, MONEY_DECIMALS);
    fapi_j_zero(b, "up", p.unrealized.e8, MONEY_DECIMALS);
    fapi_j_text(b, "mt", p.cross ? "cross" : "isolated");
    fapi_j_e8(b, "iw", p.isolated_wallet.e8, MONEY_DECIMALS);
    fapi_j_text(b, "ps", fapi_position_side_name(p.position_side));
    fapi_put(b, "}");
}

void fapi_news_account(struct fapi_account *a, const char *reason, uint32_t symbol, unsigned leg)
{
    struct fapi_balance balance = {0};
    bool funding = strcmp(reason, "FUNDING_FEE") == 0;
    struct change change = {.kind = funding ? FAPI_INCOME_FUNDING : FAPI_INCOME_TRANSFER};
    fapi_balance_of(a, &balance);
    if (funding || strcmp(reason, "DEPOSIT") == 0 || strcmp(reason, "WITHDRAW") == 0) {
        fapi_incomes(a, keep_change, &change);
    }
    struct eb_buffer *b = begin(a, "ACCOUNT_UPDATE", true);
    fapi_j_key(b, "a");
    fapi_put(b, "{");
    fapi_j_text(b, "m", reason);
    fapi_j_key(b, "B");
    fapi_put(b, "[{");
    fapi_j_text(b, "a", "USDT");
    fapi_j_e8(b, "wb", balance.wallet.e8, MONEY_DECIMALS);
    fapi_j_e8(b, "cw", balance.cross_wallet.e8, MONEY_DECIMALS);
    fapi_j_zero(b, "bc", change.last.e8, MONEY_DECIMALS);
    fapi_put(b, "}]");
    fapi_j_key(b, "P");
    fapi_put(b, "[");
    if (symbol != FAPI_NONE) {
        put_position(b, a, symbol, leg);
    }
    fapi_put(b, "]}");
    publish(a, b);
}

void fapi_news_leverage(struct fapi_account *a, uint32_t symbol)
{
    struct eb_buffer *b = begin(a, "ACCOUNT_CONFIG_UPDATE", true);
    fapi_j_key(b, "ac");
    fapi_put(b, "{");
    fapi_j_text(b, "s", symbol_of(a, symbol)->inst.symbol);
    fapi_j_i64(b, "l", fapi_leverage_ppm(a, symbol) / EB_PPM);
    fapi_put(b, "}");
    publish(a, b);
}

void fapi_news_multi_assets(struct fapi_account *a)
{
    struct eb_buffer *b = begin(a, "ACCOUNT_CONFIG_UPDATE", true);
    fapi_j_key(b, "ai");
    fapi_put(b, "{");
    fapi_j_bool(b, "j", fapi_multi_assets(a));
    fapi_put(b, "}");
    publish(a, b);
}

void fapi_news_margin_call(struct fapi_account *a, uint32_t symbol, unsigned leg)
{
    struct fapi_position p;
    if (!fapi_position(a, symbol, leg, &p)) {
        return;
    }
    struct fapi_balance balance = {0};
    fapi_balance_of(a, &balance);
    struct eb_buffer *b = begin(a, "MARGIN_CALL", false);
    fapi_j_e8(b, "cw", balance.cross_wallet.e8, MONEY_DECIMALS);
    fapi_j_key(b, "p");
    fapi_put(b, "[{");
    fapi_j_text(b, "s", symbol_of(a, symbol)->inst.symbol);
    fapi_j_text(b, "ps", fapi_position_side_name(p.position_side));
    fapi_j_zero(b, "pa", p.side == EB_SHORT ? -p.qty.e8 : p.qty.e8, symbol_of(a, symbol)->quantity_precision);
    fapi_j_text(b, "mt", p.cross ? "CROSSED" : "ISOLATED");
    fapi_j_zero(b, "iw", p.isolated_wallet.e8, MONEY_DECIMALS);
    fapi_j_e8(b, "mp", p.mark.e8, AVERAGE_DECIMALS);
    fapi_j_e8(b, "up", p.unrealized.e8, 6);
    fapi_j_e8(b, "mm", p.maintenance_margin.e8, 6);
    fapi_put(b, "}]");
    publish(a, b);
}
