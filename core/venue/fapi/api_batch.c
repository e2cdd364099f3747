/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches: a JSON list in one parameter, each element handled as a request of its own. What becomes of each stands in
 * the answer at its place, an order or an error; the batch itself is answered 200.
 */
#include "venue/fapi/api.h"

#include <string.h>

#define BATCH_MAX 5
#define CANCEL_MAX 10

static bool parse(struct fapi_call *c, const char *name, const char *text, struct eb_tokens *out)
{
    struct fapi_api *api = fapi_api_of(c->f);
    if (eb_tokens_parse(out, name, text, strlen(text), api->token, FAPI_TOKENS, NULL) != EB_OK ||
        eb_tok_kind(eb_tok_root(out)) != EB_TOK_ARRAY) {
        fapi_fail(c, -1130, name);
        return false;
    }
    return true;
}

/* Runs one element and writes what became of it. */
static void one(struct fapi_call *batch, struct fapi_params *p, int32_t code, void (*run)(struct fapi_call *c))
{
    struct eb_buffer *part = &fapi_api_of(batch->f)->part;
    eb_buffer_clear(part);
    struct fapi_call c = {.f = batch->f, .p = p, .a = batch->a, .peer = batch->peer, .out = part};
    fapi_fail(&c, code, NULL);
    if (c.code == 0) {
        run(&c);
    }
    if (c.code == 0) {
        fapi_j_open(batch->out, "");
        (void)eb_buffer_add(batch->out, part->data, part->len);
        return;
    }
    char text[FAPI_DETAIL_MAX * 2];
    fapi_error_text(&c, text, sizeof(text));
    fapi_j_open(batch->out, "{");
    fapi_j_i64(batch->out, "code", c.code);
    fapi_j_key(batch->out, "msg");
    (void)eb_buffer_json_string(batch->out, text);
    fapi_put(batch->out, "}");
}

static void run_batch(struct fapi_call *c, void (*run)(struct fapi_call *c))
{
    struct fapi_api *api = fapi_api_of(c->f);
    const char *text = NULL;
    struct eb_tokens tokens;
    if (!fapi_get_text(c, "batchOrders", true, &text) || !parse(c, "batchOrders", text, &tokens)) {
        return;
    }
    struct eb_tok list = eb_tok_root(&tokens);
    if (eb_tok_size(list) == 0 || eb_tok_size(list) > BATCH_MAX) {
        fapi_fail(c, -4082, NULL);
        return;
    }
    fapi_put(c->out, "[");
    for (struct eb_tok v = eb_tok_first(list); eb_tok_kind(v) != EB_TOK_ABSENT; v = eb_tok_next(v)) {
        fapi_params_clear(&api->element);
        int32_t code = eb_tok_kind(v) == EB_TOK_OBJECT ? fapi_params_json(&api->element, v) : -1130;
        one(c, &api->element, code, run);
    }
    fapi_put(c->out, "]");
}

void fapi_do_batch_place(struct fapi_call *c)
{
    run_batch(c, fapi_do_order_place);
}

void fapi_do_batch_modify(struct fapi_call *c)
{
    run_batch(c, fapi_do_order_modify);
}

/* The list under the name of the documents or the one that a client in wide use sends. */
static const char *list_of(struct fapi_call *c, const char *name, const char *lower)
{
    const char *text = fapi_param(c->p, name);
    return text != NULL ? text : fapi_param(c->p, lower);
}

void fapi_do_batch_cancel(struct fapi_call *c)
{
    struct fapi_api *api = fapi_api_of(c->f);
    uint32_t symbol = FAPI_NONE;
    if (!fapi_get_symbol(c, "symbol", true, &symbol)) {
        return;
    }
    const char *ids = list_of(c, "orderIdList", "orderidlist");
    const char *names = list_of(c, "origClientOrderIdList", "origclientorderidlist");
    const char *text = ids != NULL ? ids : names;
    struct eb_tokens tokens;
    if (text == NULL) {
        fapi_fail(c, -1102, "orderIdList");
        return;
    }
    if (!parse(c, ids != NULL ? "orderIdList" : "origClientOrderIdList", text, &tokens)) {
        return;
    }
    struct eb_tok list = eb_tok_root(&tokens);
    if (eb_tok_size(list) == 0 || eb_tok_size(list) > CANCEL_MAX) {
        fapi_fail(c, -4083, NULL);
        return;
    }
    fapi_put(c->out, "[");
    for (struct eb_tok v = eb_tok_first(list); eb_tok_kind(v) != EB_TOK_ABSENT; v = eb_tok_next(v)) {
        struct fapi_params *p = &api->element;
        char id[64] = "";
        size_t len = 0;
        const char *raw = eb_tok_raw(v, &len);
        bool fits = raw != NULL && len > 0 && len < sizeof(id);
        if (fits) {
            memcpy(id, raw, len);
            id[len] = '\0';
        }
        fapi_params_clear(p);
        p->at[p->count++] = (struct fapi_param){"symbol", fapi_param(c->p, "symbol")};
        p->at[p->count++] = (struct fapi_param){ids != NULL ? "orderId" : "origClientOrderId", id};
        one(c, p, fits ? 0 : -1130, fapi_do_order_cancel);
    }
    fapi_put(c->out, "]");
}
