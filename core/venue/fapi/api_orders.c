/* SPDX-License-Identifier: Apache-2.0 */
/* Regular orders: placed, changed, cancelled, asked for; batches of them are in api_batch.c. */
#include "venue/fapi/api.h"

#include <string.h>

#define ORDERS_DEFAULT 500
#define ORDERS_MAX 1000
#define WINDOW_MS (INT64_C(7) * 24 * 3600000)

static const char both_missing[] = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!";

static const struct fapi_symbol *symbol_of(const struct fapi_call *c, uint32_t symbol)
{
    return fapi_symbol_at(c->f, symbol);
}

/* The order that orderId or origClientOrderId names; missing: the code when there is none. */
static const struct fapi_order *named(struct fapi_call *c, uint32_t symbol, int32_t missing)
{
    uint64_t id = 0;
    char client_id[FAPI_ID_MAX];
    bool by_id = fapi_get_u64(c, "orderId", false, &id);
    bool by_name = !by_id && fapi_get_client_id(c, "origClientOrderId", client_id);
    if (c->code == 0 && !by_id && !by_name) {
        fapi_fail_text(c, -1102, both_missing);
    }
    if (c->code != 0) {
        return NULL;
    }
    const struct fapi_order *o = fapi_order_find(c->a, symbol, by_id ? id : 0, by_id ? "" : client_id);
    if (o == NULL) {
        fapi_fail(c, missing, NULL);
    }
    return o;
}

/* A refusal by the account; the text of one holds the symbol's least notional. */
void fapi_refuse(struct fapi_call *c, int32_t code, uint32_t symbol)
{
    char least[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format(symbol_of(c, symbol)->inst.min_notional.e8, 8, least);
    fapi_fail(c, code, least);
}

static void place(struct fapi_call *c, bool test)
{
    struct fapi_terms t;
    fapi_terms_read(c, false, &t);
    if (c->code != 0) {
        return;
    }
    const struct fapi_order *o = NULL;
    int32_t code = test ? fapi_order_test(c->a, &t) : fapi_order_place(c->a, &t, &o);
    if (code != 0) {
        fapi_refuse(c, code, t.symbol);
    } else if (test) {
        struct fapi_order none = {.t = t};
        none.update_ms = eb_fapi_now_ms(c->f);
        fapi_json_order(c->out, symbol_of(c, t.symbol), &none, FAPI_FORM_ACK, 0);
    } else {
        fapi_json_order(c->out, symbol_of(c, t.symbol), o, FAPI_FORM_ACK, 0);
    }
}

void fapi_do_order_place(struct fapi_call *c)
{
    place(c, false);
}

static void do_test(struct fapi_call *c)
{
    place(c, true);
}

void fapi_do_order_modify(struct fapi_call *c)
{
    static const struct fapi_word sides[] = {{"BUY", EB_BUY}, {"SELL", EB_SELL}};
    uint32_t symbol = FAPI_NONE;
    uint8_t side = 0;
    int64_t price = 0;
    int64_t qty = 0;
    uint64_t modify_id = 0;
    bool reduce_only = false;
    (void)fapi_get_symbol(c, "symbol", true, &symbol);
    (void)fapi_get_word(c, "side", true, sides, EB_COUNT(sides), -1117, &side);
    (void)fapi_get_e8(c, "quantity", true, &qty);
    (void)fapi_get_e8(c, "price", true, &price);
    (void)fapi_get_u64(c, "modifyId", false, &modify_id);
    bool asked = fapi_get_bool(c, "reduceOnly", false, &reduce_only);
    const struct fapi_order *o = c->code == 0 ? named(c, symbol, -2013) : NULL;
    if (o == NULL) {
        return;
    }
    if (asked && reduce_only && !o->t.reduce_only) {
        fapi_fail(c, -5047, NULL);
        return;
    }
    fapi_user_news_modify_id(c->f, modify_id);
    const struct fapi_order *after = NULL;
    int32_t code = fapi_order_modify(c->a, o->id, side, (eb_price){price}, (eb_qty){qty}, &after);
    fapi_user_news_modify_id(c->f, 0);
    if (code != 0) {
        fapi_refuse(c, code, symbol);
        return;
    }
    fapi_json_order(c->out, symbol_of(c, symbol), after, FAPI_FORM_MODIFY, modify_id);
}

void fapi_do_order_cancel(struct fapi_call *c)
{
    uint32_t symbol = FAPI_NONE;
    (void)fapi_get_symbol(c, "symbol", true, &symbol);
    const struct fapi_order *o = c->code == 0 ? named(c, symbol, -2011) : NULL;
    if (o == NULL) {
        return;
    }
    const struct fapi_order *after = NULL;
    int32_t code = fapi_order_cancel(c->a, o->id, &after);
    if (code != 0) {
        fapi_fail(c, code, NULL);
        return;
    }
    fapi_json_order(c->out, symbol_of(c, symbol), after, FAPI_FORM_ACK, 0);
}

void fapi_do_order_query(struct fapi_call *c)
{
    uint32_t symbol = FAPI_NONE;
    (void)fapi_get_symbol(c, "symbol", true, &symbol);
    const struct fapi_order *o = c->code == 0 ? named(c, symbol, -2013) : NULL;
    if (o != NULL) {
        fapi_json_order(c->out, symbol_of(c, symbol), o, FAPI_FORM_QUERY, 0);
    }
}

static void do_open_order(struct fapi_call *c)
{
    uint32_t symbol = FAPI_NONE;
    (void)fapi_get_symbol(c, "symbol", true, &symbol);
    const struct fapi_order *o = c->code == 0 ? named(c, symbol, -2013) : NULL;
    if (o != NULL && !o->open) {
        fapi_fail(c, -2013, NULL);
    } else if (o != NULL) {
        fapi_json_order(c->out, symbol_of(c, symbol), o, FAPI_FORM_QUERY, 0);
    }
}

static void put_row(void *user, const struct fapi_order *o)
{
    struct fapi_call *c = user;
    fapi_json_order(c->out, symbol_of(c, o->t.symbol), o, FAPI_FORM_QUERY, 0);
}

static void do_open_orders(struct fapi_call *c)
{
    uint32_t symbol = FAPI_NONE;
    (void)fapi_get_symbol(c, "symbol", false, &symbol);
    if (c->code == 0) {
        fapi_put(c->out, "[");
        fapi_orders(c->a, symbol, true, put_row, c);
        fapi_put(c->out, "]");
    }
}

/* ---- history ----------------------------------------------------------------------------------------------------- */

struct span { /* rows of a list: counted first, then the last `limit` of them (or the first, from a beginning) */
    struct fapi_call *c;
    uint64_t from_id;
    int64_t from_ms, to_ms;
    size_t limit, matched, skip, written;
    bool forced, counting;
    uint8_t forced_kind; /* 0 all, 1 liquidation, 2 auto-deleveraging */
};

static bool forced(const struct fapi_order *o, uint8_t kind)
{
    bool adl = strncmp(o->t.client_id, "adl_autoclose", 13) == 0;
    bool liquidated = strncmp(o->t.client_id, "autoclose-", 10) == 0;
    return (liquidated && kind != 2) || (adl && kind != 1);
}

static void span_row(void *user, const struct fapi_order *o)
{
    struct span *s = user;
    if (o->id < s->from_id || o->time_ms < s->from_ms || o->time_ms > s->to_ms ||
        (s->forced && !forced(o, s->forced_kind))) {
        return;
    }
    if (s->counting) {
        s->matched++;
    } else if (s->skip > 0) {
        s->skip--;
    } else if (s->written < s->limit) {
        s->written++;
        put_row(s->c, o);
    }
}

static void span_write(struct span *s, uint32_t symbol, bool from_beginning)
{
    s->counting = true;
    fapi_orders(s->c->a, symbol, false, span_row, s);
    s->counting = false;
    s->skip = !from_beginning && s->matched > s->limit ? s->matched - s->limit : 0;
    fapi_put(s->c->out, "[");
    fapi_orders(s->c->a, symbol, false, span_row, s);
    fapi_put(s->c->out, "]");
}

bool fapi_get_window(struct fapi_call *c, int64_t *from_ms, int64_t *to_ms)
{
    *from_ms = 0;
    *to_ms = INT64_MAX;
    bool from = fapi_get_ms(c, "startTime", false, from_ms);
    bool to = fapi_get_ms(c, "endTime", false, to_ms);
    if (c->code == 0 && from && to && *to_ms < *from_ms) {
        fapi_fail(c, -1023, NULL);
    } else if (c->code == 0 && from && to && *to_ms - *from_ms > WINDOW_MS) {
        fapi_fail(c, -1127, NULL);
    } else if (from && !to) {
        *to_ms = *from_ms + WINDOW_MS;
    }
    return from;
}

static void do_all_orders(struct fapi_call *c)
{
    struct span s = {.c = c};
    uint32_t symbol = FAPI_NONE;
    (void)fapi_get_symbol(c, "symbol", false, &symbol);
    bool by_id = fapi_get_u64(c, "orderId", false, &s.from_id);
    bool from = fapi_get_window(c, &s.from_ms, &s.to_ms);
    s.limit = fapi_get_limit(c, ORDERS_DEFAULT, ORDERS_MAX);
    if (c->code == 0) {
        span_write(&s, symbol, by_id || from);
    }
}

static void do_force_orders(struct fapi_call *c)
{
    static const struct fapi_word kinds[] = {{"LIQUIDATION", 1}, {"ADL", 2}};
    struct span s = {.c = c, .forced = true};
    uint32_t symbol = FAPI_NONE;
    (void)fapi_get_symbol(c, "symbol", false, &symbol);
    (void)fapi_get_word(c, "autoCloseType", false, kinds, EB_COUNT(kinds), -1130, &s.forced_kind);
    bool from = fapi_get_window(c, &s.from_ms, &s.to_ms);
    s.limit = fapi_get_limit(c, 50, 100);
    if (c->code == 0) {
        span_write(&s, symbol, from);
    }
}

static void do_cancel_all(struct fapi_call *c)
{
    uint32_t symbol = FAPI_NONE;
    (void)fapi_get_symbol(c, "symbol", true, &symbol);
    if (c->code == 0) {
        (void)fapi_order_cancel_all(c->a, symbol);
        fapi_put(c->out, "{\"code\":200,\"msg\":\"The operation of cancel all open order is done.\"}");
    }
}

static void do_countdown(struct fapi_call *c)
{
    uint32_t symbol = FAPI_NONE;
    int64_t after_ms = 0;
    (void)fapi_get_symbol(c, "symbol", true, &symbol);
    (void)fapi_get_ms(c, "countdownTime", true, &after_ms);
    if (c->code != 0) {
        return;
    }
    if (!fapi_countdown_set(c->f, c->a, symbol, after_ms)) {
        fapi_fail(c, -1000, NULL);
        return;
    }
    fapi_put(c->out, "{");
    fapi_j_text(c->out, "symbol", symbol_of(c, symbol)->inst.symbol);
    fapi_j_key(c->out, "countdownTime");
    fapi_put(c->out, "\"");
    fapi_put_i64(c->out, after_ms);
    fapi_put(c->out, "\"}");
}

struct fapi_routes fapi_routes_orders(void)
{
    static const struct fapi_endpoint rows[] = {
        {"POST", "/fapi/v1/order", FAPI_TRADE, FAPI_W_FIXED, 0, 0, 1, 1, fapi_do_order_place},
        {"PUT", "/fapi/v1/order", FAPI_TRADE, FAPI_W_FIXED, 0, 0, 1, 1, fapi_do_order_modify},
        {"DELETE", "/fapi/v1/order", FAPI_TRADE, FAPI_W_FIXED, 1, 0, 0, 0, fapi_do_order_cancel},
        {"GET", "/fapi/v1/order", FAPI_SIGNED, FAPI_W_FIXED, 1, 0, 0, 0, fapi_do_order_query},
        {"POST", "/fapi/v1/order/test", FAPI_TRADE, FAPI_W_FIXED, 1, 0, 0, 0, do_test},
        {"GET", "/fapi/v1/openOrder", FAPI_SIGNED, FAPI_W_FIXED, 1, 0, 0, 0, do_open_order},
        {"GET", "/fapi/v1/openOrders", FAPI_SIGNED, FAPI_W_SYMBOL, 1, 40, 0, 0, do_open_orders},
        {"GET", "/fapi/v1/allOrders", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, 0, do_all_orders},
        {"GET", "/fapi/v1/forceOrders", FAPI_SIGNED, FAPI_W_SYMBOL, 20, 50, 0, 0, do_force_orders},
        {"DELETE", "/fapi/v1/allOpenOrders", FAPI_TRADE, FAPI_W_FIXED, 1, 0, 0, 0, do_cancel_all},
        {"POST", "/fapi/v1/countdownCancelAll", FAPI_TRADE, FAPI_W_FIXED, 10, 0, 0, 0, do_countdown},
        {"POST", "/fapi/v1/batchOrders", FAPI_TRADE, FAPI_W_FIXED, 5, 0, 5, 1, fapi_do_batch_place},
        {"PUT", "/fapi/v1/batchOrders", FAPI_TRADE, FAPI_W_FIXED, 5, 0, 5, 1, fapi_do_batch_modify},
        {"DELETE", "/fapi/v1/batchOrders", FAPI_TRADE, FAPI_W_FIXED, 1, 0, 0, 0, fapi_do_batch_cancel},
    };
    return (struct fapi_routes){rows, EB_COUNT(rows)};
}
