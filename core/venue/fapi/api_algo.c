/* SPDX-License-Identifier: Apache-2.0 */
/* Conditional ("algo") orders: placed, cancelled, asked for. Their children are regular orders (api_orders.c). */
#include "venue/fapi/api.h"

#include <string.h>

#define ALGOS_DEFAULT 500
#define ALGOS_MAX 1000

static const char both_missing[] = "Param 'algoId' or 'clientAlgoId' must be sent, but both were empty/null!";

static void check_kind(struct fapi_call *c, bool must)
{
    static const struct fapi_word kinds[] = {{"CONDITIONAL", 0}};
    uint8_t kind;
    (void)fapi_get_word(c, "algoType", must, kinds, EB_COUNT(kinds), -1130, &kind);
}

void fapi_do_algo_place(struct fapi_call *c)
{
    struct fapi_terms t;
    check_kind(c, true);
    fapi_terms_read(c, true, &t);
    if (c->code != 0) {
        return;
    }
    const struct fapi_algo *o = NULL;
    int32_t code = fapi_algo_place(c->a, &t, &o);
    if (code != 0) {
        fapi_refuse(c, code, t.symbol);
        return;
    }
    fapi_json_algo(c->out, fapi_symbol_at(c->f, t.symbol), o, FAPI_FORM_PLACED);
}

static const struct fapi_algo *named(struct fapi_call *c, int32_t missing)
{
    uint64_t id = 0;
    char client_id[FAPI_ID_MAX];
    bool by_id = fapi_get_u64(c, "algoId", false, &id);
    bool by_name = !by_id && fapi_get_client_id(c, "clientAlgoId", client_id);
    if (c->code == 0 && !by_id && !by_name) {
        fapi_fail_text(c, -1102, both_missing);
    }
    const struct fapi_algo *o = c->code == 0 ? fapi_algo_find(c->a, by_id ? id : 0, by_id ? "" : client_id) : NULL;
    if (o == NULL) {
        fapi_fail(c, missing, NULL);
    }
    return o;
}

void fapi_do_algo_cancel(struct fapi_call *c)
{
    const struct fapi_algo *o = named(c, -2011);
    const struct fapi_algo *after = NULL;
    if (o == NULL) {
        return;
    }
    int32_t code = fapi_algo_cancel(c->a, o->id, &after);
    if (code != 0) {
        fapi_fail(c, code, NULL);
        return;
    }
    fapi_put(c->out, "{");
    fapi_j_u64(c->out, "algoId", after->id);
    fapi_j_text(c->out, "clientAlgoId", after->t.client_id);
    fapi_j_text(c->out, "code", "200"); /* a text, at this endpoint */
    fapi_j_text(c->out, "msg", "success");
    fapi_put(c->out, "}");
}

static void do_query(struct fapi_call *c)
{
    const struct fapi_algo *o = named(c, -2013);
    if (o != NULL) {
        fapi_json_algo(c->out, fapi_symbol_at(c->f, o->t.symbol), o, FAPI_FORM_ONE);
    }
}

struct span {
    struct fapi_call *c;
    uint64_t id; /* open ones: only this; all: from it on. 0 any */
    int64_t from_ms, to_ms;
    size_t limit, matched, skip, written;
    bool exact, counting;
};

static void span_row(void *user, const struct fapi_algo *o)
{
    struct span *s = user;
    if (o->time_ms < s->from_ms || o->time_ms > s->to_ms || (s->exact ? s->id != 0 && o->id != s->id : o->id < s->id)) {
        return;
    }
    if (s->counting) {
        s->matched++;
    } else if (s->skip > 0) {
        s->skip--;
    } else if (s->written < s->limit) {
        s->written++;
        fapi_json_algo(s->c->out, fapi_symbol_at(s->c->f, o->t.symbol), o, FAPI_FORM_ROW);
    }
}

static void do_open(struct fapi_call *c)
{
    struct span s = {.c = c, .to_ms = INT64_MAX, .limit = SIZE_MAX, .exact = true};
    uint32_t symbol = FAPI_NONE;
    check_kind(c, false);
    (void)fapi_get_symbol(c, "symbol", false, &symbol);
    (void)fapi_get_u64(c, "algoId", false, &s.id);
    if (c->code == 0) {
        fapi_put(c->out, "[");
        fapi_algos(c->a, symbol, true, span_row, &s);
        fapi_put(c->out, "]");
    }
}

static void do_all(struct fapi_call *c)
{
    struct span s = {.c = c};
    uint32_t symbol = FAPI_NONE;
    (void)fapi_get_symbol(c, "symbol", true, &symbol);
    bool by_id = fapi_get_u64(c, "algoId", false, &s.id);
    bool from = fapi_get_window(c, &s.from_ms, &s.to_ms);
    s.limit = fapi_get_limit(c, ALGOS_DEFAULT, ALGOS_MAX);
    if (c->code != 0) {
        return;
    }
    s.counting = true;
    fapi_algos(c->a, symbol, false, span_row, &s);
    s.counting = false;
    s.skip = !by_id && !from && s.matched > s.limit ? s.matched - s.limit : 0;
    fapi_put(c->out, "[");
    fapi_algos(c->a, symbol, false, span_row, &s);
    fapi_put(c->out, "]");
}

static void do_cancel_all(struct fapi_call *c)
{
    uint32_t symbol = FAPI_NONE;
    (void)fapi_get_symbol(c, "symbol", true, &symbol);
    if (c->code == 0) {
        (void)fapi_algo_cancel_all(c->a, symbol);
        fapi_put(c->out, "{\"code\":200,\"msg\":\"The operation of cancel all open order is done.\"}");
    }
}

struct fapi_routes fapi_routes_algo(void)
{
    static const struct fapi_endpoint rows[] = {
        {"POST", "/fapi/v1/algoOrder", FAPI_TRADE, FAPI_W_FIXED, 0, 0, 1, 1, fapi_do_algo_place},
        {"DELETE", "/fapi/v1/algoOrder", FAPI_TRADE, FAPI_W_FIXED, 1, 0, 0, 0, fapi_do_algo_cancel},
        {"GET", "/fapi/v1/algoOrder", FAPI_SIGNED, FAPI_W_FIXED, 1, 0, 0, 0, do_query},
        {"GET", "/fapi/v1/openAlgoOrders", FAPI_SIGNED, FAPI_W_SYMBOL, 1, 40, 0, 0, do_open},
        {"GET", "/fapi/v1/allAlgoOrders", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, 0, do_all},
        {"DELETE", "/fapi/v1/algoOpenOrders", FAPI_TRADE, FAPI_W_FIXED, 1, 0, 0, 0, do_cancel_all},
    };
    return (struct fapi_routes){rows, EB_COUNT(rows)};
}
