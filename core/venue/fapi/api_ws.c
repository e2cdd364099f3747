/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The WebSocket API: one message is one request, its params those of the REST endpoint; the signature is over the
 * params sorted by name. After session.logon (Ed25519 keys) messages need none.
 */
#include "venue/fapi/api.h"

#include <string.h>

#define LIMITS_NONE 0
#define LIMITS_WEIGHT 1
#define LIMITS_ORDERS 2

struct method {
    const char *name;
    uint8_t security, weigh;
    uint16_t weight, all;
    uint8_t orders;
    void (*run)(struct fapi_call *c);
};

static const struct method methods[] = {
    {"order.place", FAPI_TRADE, FAPI_W_FIXED, 0, 0, 1, fapi_do_order_place},
    {"order.modify", FAPI_TRADE, FAPI_W_FIXED, 0, 0, 1, fapi_do_order_modify},
    {"order.cancel", FAPI_TRADE, FAPI_W_FIXED, 1, 0, 0, fapi_do_order_cancel},
    {"order.status", FAPI_SIGNED, FAPI_W_FIXED, 1, 0, 0, fapi_do_order_query},
    {"algoOrder.place", FAPI_TRADE, FAPI_W_FIXED, 0, 0, 1, fapi_do_algo_place},
    {"algoOrder.cancel", FAPI_TRADE, FAPI_W_FIXED, 1, 0, 0, fapi_do_algo_cancel},
    {"account.position", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, fapi_do_positions_v2},
    {"v2/account.position", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, fapi_do_positions_v3},
    {"account.balance", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, fapi_do_balance},
    {"v2/account.balance", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, fapi_do_balance},
    {"account.status", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, fapi_do_account_v2},
    {"v2/account.status", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, fapi_do_account_v3},
    {"ticker.book", FAPI_PUBLIC, FAPI_W_SYMBOL, 2, 5, 0, fapi_do_book_ticker},
    {"ticker.price", FAPI_PUBLIC, FAPI_W_SYMBOL, 1, 2, 0, fapi_do_price_v2},
    {"depth", FAPI_PUBLIC, FAPI_W_DEPTH, 0, 0, 0, fapi_do_depth},
    {"userDataStream.start", FAPI_KEYED, FAPI_W_FIXED, 1, 0, 0, fapi_do_key_start},
    {"userDataStream.ping", FAPI_KEYED, FAPI_W_FIXED, 1, 0, 0, fapi_do_key_ping},
    {"userDataStream.stop", FAPI_KEYED, FAPI_W_FIXED, 1, 0, 0, fapi_do_key_stop},
};

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static void put_limit(struct eb_buffer *b, const char *type, const char *interval, int64_t num, int64_t limit,
                      int64_t count)
{
    fapi_j_open(b, "{");
    fapi_j_text(b, "rateLimitType", type);
    fapi_j_text(b, "interval", interval);
    fapi_j_i64(b, "intervalNum", num);
    fapi_j_i64(b, "limit", limit);
    fapi_j_i64(b, "count", count);
    fapi_put(b, "}");
}

static void put_limits(struct fapi_call *c, struct eb_buffer *b, int which)
{
    struct fapi_caps caps = fapi_limits_caps(c->f);
    fapi_j_key(b, "rateLimits");
    fapi_put(b, "[");
    if (which == LIMITS_ORDERS && c->a != NULL) {
        uint32_t in_10s, in_1m;
        fapi_limits_orders(c->f, c->a, &in_10s, &in_1m);
        put_limit(b, "ORDERS", "SECOND", 10, caps.orders_10s, in_10s);
        put_limit(b, "ORDERS", "MINUTE", 1, caps.orders_1m, in_1m);
    }
    put_limit(b, "REQUEST_WEIGHT", "MINUTE", 1, caps.weight_1m, fapi_limits_weight(c->f, c->peer));
    fapi_put(b, "]");
}

/* The id as it came: a text, a whole number, or null. */
static void put_id(struct eb_buffer *b, struct eb_tok id)
{
    size_t len = 0;
    const char *raw = eb_tok_raw(id, &len);
    fapi_put(b, "\"id\":");
    switch (eb_tok_kind(id)) {
    case EB_TOK_STRING:
        fapi_put(b, "\"");
        (void)eb_buffer_add(b, raw, len);
        fapi_put(b, "\"");
        break;
    case EB_TOK_NUMBER:
        (void)eb_buffer_add(b, raw, len);
        break;
    case EB_TOK_ABSENT:
    case EB_TOK_NULL:
    case EB_TOK_OBJECT:
    case EB_TOK_ARRAY:
    case EB_TOK_BOOL:
        fapi_put(b, "null");
        break;
    }
}

static void put_answer(struct fapi_call *c, struct eb_tok id, int limits, struct eb_buffer *answer)
{
    int status = c->code == 0 ? 200 : c->status != 0 ? c->status : fapi_http_status(c->code);
    fapi_put(answer, "{");
    put_id(answer, id);
    fapi_j_i64(answer, "status", status);
    if (c->code == 0) {
        fapi_j_key(answer, "result");
        (void)eb_buffer_add(answer, c->out->data, c->out->len);
    } else {
        char text[FAPI_DETAIL_MAX * 2];
        fapi_error_text(c, text, sizeof(text));
        fapi_j_key(answer, "error");
        fapi_put(answer, "{");
        fapi_j_i64(answer, "code", c->code);
        fapi_j_key(answer, "msg");
        (void)eb_buffer_json_string(answer, text);
        if (c->retry_s > 0) {
            fapi_j_key(answer, "data");
            fapi_put(answer, "{");
            fapi_j_i64(answer, "serverTime", eb_fapi_now_ms(c->f));
            fapi_j_i64(answer, "retryAfter", eb_fapi_now_ms(c->f) + c->retry_s * 1000);
            fapi_put(answer, "}");
        }
        fapi_put(answer, "}");
    }
    if (limits != LIMITS_NONE) {
        put_limits(c, answer, limits);
    }
    fapi_put(answer, "}");
}

/* ---- sessions ---------------------------------------------------------------------------------------------------- */

static void put_session(struct fapi_call *c, const struct fapi_account *a)
{
    int64_t now_ms = eb_fapi_now_ms(c->f);
    fapi_put(c->out, "{");
    if (a != NULL) {
        fapi_j_text(c->out, "apiKey", eb_binance_key_id(fapi_account_key(a)));
        fapi_j_i64(c->out, "authorizedSince", now_ms);
    } else {
        fapi_put(c->out, "\"apiKey\":null,\"authorizedSince\":null");
    }
    fapi_j_i64(c->out, "connectedSince", now_ms);
    fapi_j_bool(c->out, "returnRateLimits", true);
    fapi_j_i64(c->out, "serverTime", now_ms);
    fapi_put(c->out, "}");
}

static bool run_session(struct fapi_call *c, const char *method, struct fapi_account **logged)
{
    const struct fapi_cost cost = {2, 0, 0};
    if (strcmp(method, "session.logon") == 0) {
        fapi_auth_ws(c, FAPI_SIGNED, NULL);
        if (c->code == 0 && eb_binance_key_kind(fapi_account_key(c->a)) != EB_BINANCE_ED25519) {
            fapi_fail(c, -4056, NULL);
        }
        fapi_limits_take(c, &cost);
        if (c->code == 0) {
            *logged = c->a;
            put_session(c, c->a);
        }
        return true;
    }
    bool out = strcmp(method, "session.logout") == 0;
    if (!out && strcmp(method, "session.status") != 0) {
        return false;
    }
    fapi_limits_take(c, &cost);
    if (c->code == 0) {
        *logged = out ? NULL : *logged;
        put_session(c, *logged);
    }
    return true;
}

/* ---- messages ---------------------------------------------------------------------------------------------------- */

static const struct method *find(const char *name)
{
    for (size_t i = 0; i < EB_COUNT(methods); i++) {
        if (strcmp(methods[i].name, name) == 0) {
            return &methods[i];
        }
    }
    return NULL;
}

static int run(struct fapi_call *c, const char *name, struct fapi_account **logged)
{
    if (run_session(c, name, logged)) {
        return LIMITS_WEIGHT;
    }
    const struct method *m = find(name);
    if (m == NULL) {
        fapi_fail_text(c, -1130, "Unknown method.");
        return LIMITS_WEIGHT;
    }
    const struct fapi_endpoint e = {
        .weigh = m->weigh, .weight = m->weight, .all = m->all, .orders_10s = m->orders, .orders_1m = m->orders};
    struct fapi_cost cost = fapi_cost_of(&e, c->p);
    fapi_auth_ws(c, (enum fapi_security)m->security, *logged);
    fapi_limits_take(c, &cost);
    if (c->code == 0) {
        m->run(c);
    }
    return m->orders > 0 ? LIMITS_ORDERS : LIMITS_WEIGHT;
}

void fapi_api_ws(struct eb_fapi *f, const char *address, const char *text, size_t len, struct fapi_account **logged,
                 struct eb_buffer *answer)
{
    struct fapi_api *api = fapi_api_of(f);
    struct eb_buffer *part = &api->part;
    struct fapi_call c = {.f = f, .p = &api->params, .peer = address, .out = part, .ws = true};
    struct eb_tokens tokens;
    struct eb_tok root = EB_TOK_NONE;
    char name[64] = "";
    int limits = LIMITS_WEIGHT;
    eb_buffer_clear(part);
    fapi_params_clear(c.p);
    if (eb_tokens_parse(&tokens, "message", text, len, api->token, FAPI_TOKENS, NULL) != EB_OK ||
        eb_tok_kind(eb_tok_root(&tokens)) != EB_TOK_OBJECT) {
        fapi_fail_text(&c, -1135, "Invalid JSON Request");
    } else {
        root = eb_tok_root(&tokens);
        struct eb_tok params = eb_tok_get(root, "params");
        bool has = eb_tok_kind(params) == EB_TOK_OBJECT;
        int32_t code = has ? fapi_params_json(c.p, params) : 0;
        if (!eb_tok_text(eb_tok_get(root, "method"), name, sizeof(name))) {
            fapi_fail(&c, -1102, "method");
        } else if (code != 0) {
            fapi_fail_text(&c, code, "Illegal characters found in a parameter.");
        }
    }
    if (c.code == 0) {
        limits = run(&c, name[0] == '/' ? name + 1 : name, logged);
    }
    if (c.code == 0 && part->failed) {
        fapi_fail(&c, -1000, NULL);
    }
    bool told = true;
    struct eb_tok wanted = eb_tok_get(eb_tok_get(root, "params"), "returnRateLimits");
    if (eb_tok_bool(wanted, &told) && !told) {
        limits = LIMITS_NONE;
    }
    put_answer(&c, eb_tok_get(root, "id"), limits, answer);
}
