/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults of sockets: requests of the WebSocket API, and whatever is told to a peer.
 *
 *     fapi_ws_request() -> rule? latency? -> fapi_fault_ws() -> answer
 *     fapi_deliver() -> never, later, twice, oddly
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "venue/fapi/api.h"
#include "venue/fapi/faults_inner.h"

#define TOKENS_MAX 256

/* ---- the WebSocket API ------------------------------------------------------------------------------------------- */

/* "algoOrder.place" -> POST /fapi/v1/algoOrder, so that one rule fits both ways of sending. */
static void as_request(const char *ws_method, char method[8], char path[96])
{
    static const struct {
        const char *verb, *method;
    } verbs[] = {{".place", "POST"}, {".cancel", "DELETE"}, {".modify", "PUT"}};
    const char *dot = strchr(ws_method, '.');
    (void)snprintf(method, 8, "GET");
    (void)snprintf(path, 96, "%s", ws_method);
    for (size_t i = 0; dot != NULL && i < EB_COUNT(verbs); i++) {
        if (strcmp(dot, verbs[i].verb) == 0) {
            (void)snprintf(method, 8, "%s", verbs[i].method);
            (void)snprintf(path, 96, "/fapi/v1/%.*s", (int)(dot - ws_method), ws_method);
        }
    }
}

static struct fault_rule *ws_rule(struct eb_fapi *f, const char *text, size_t len, const struct fapi_account *logged,
                                  char id[64])
{
    struct eb_token room[TOKENS_MAX];
    struct eb_tokens tokens;
    char ws_method[64], method[8], path[96];
    size_t id_len = 0;
    if (eb_tokens_parse(&tokens, "request", text, len, room, TOKENS_MAX, NULL) != EB_OK ||
        !eb_tok_text(eb_tok_get(eb_tok_root(&tokens), "method"), ws_method, sizeof(ws_method))) {
        return NULL;
    }
    struct eb_tok value = eb_tok_get(eb_tok_root(&tokens), "id");
    const char *raw = eb_tok_raw(value, &id_len);
    const char *quote = eb_tok_kind(value) == EB_TOK_STRING ? "\"" : "";
    (void)snprintf(id, 64, "%s%.*s%s", quote, (int)(id_len < 60 ? id_len : 60), raw != NULL ? raw : "null", quote);
    as_request(ws_method, method, path);
    struct fault_rule *rule = fapi_fault_strikes(f, FAULT_LIMITED, FAULT_KEY_REFUSED, method, path, FAPI_ROUTES);
    rule =
        rule != NULL ? rule : fapi_fault_strikes(f, FAULT_LOSE_REQUEST, FAULT_DELAY_ANSWER, method, path, FAPI_ROUTES);
    if (rule == NULL || !rule->exempt) {
        return rule;
    }
    struct fapi_params *p = &fapi_api_of(f)->params;
    char key[80] = "";
    fapi_params_clear(p);
    struct eb_tok params = eb_tok_get(eb_tok_root(&tokens), "params");
    bool read = eb_tok_kind(params) == EB_TOK_OBJECT && fapi_params_json(p, params) == 0;
    bool keyed = eb_tok_text(eb_tok_get(params, "apiKey"), key, sizeof(key));
    return fapi_fault_unless(f, rule, read && fapi_fault_spares(p, keyed ? fapi_account_by_key(f, key) : logged));
}

static void deliver_after(struct eb_fapi *f, const struct eb_fapi_peer *peer, enum fapi_route route, const char *text,
                          size_t len, int64_t after_ms)
{
    struct wait_item *w = fapi_wait_new(len + 1);
    if (w != NULL) {
        w->kind = WAIT_MESSAGE;
        w->peer = *peer;
        w->len = len;
        w->rule.route = (uint8_t)route;
        memcpy(w->text, text, len);
        w->body = w->text;
        fapi_wait_add(f->faults, w, f->now_ms + after_ms);
    }
}

static void put_ws_error(const struct eb_fapi *f, const struct fault_rule *rule, const char *id, struct eb_buffer *out)
{
    char body[FAULT_BODY_MAX * 2];
    const char *text = fapi_fault_error(f, rule, body, sizeof(body));
    eb_buffer_clear(out);
    (void)eb_buffer_printf(out, "{\"id\":%s,\"status\":%d,\"error\":", id, rule->status);
    (void)eb_buffer_add(out, text, strlen(text) - (rule->kind == FAULT_LIMITED ? 1U : 0U));
    if (rule->kind == FAULT_LIMITED) { /* there are no headers here */
        (void)eb_buffer_printf(out, ",\"data\":{\"serverTime\":%" PRId64 ",\"retryAfter\":%" PRId64 "}}",
                               eb_fapi_now_ms(f), rule->until_ms + f->skew_ms);
    }
    (void)eb_buffer_text(out, "}");
}

static void send_or_wait(struct eb_fapi *f, const struct eb_fapi_peer *peer, enum fapi_route route, const char *text,
                         size_t len, int64_t after_ms)
{
    if (after_ms > 0) {
        deliver_after(f, peer, route, text, len, after_ms);
    } else {
        peer->send(peer->peer, text, len);
    }
}

/* The message as it is, or with the oddities that stand; an account's event then has a twin of another market. */
static void send_oddly(struct eb_fapi *f, const struct eb_fapi_peer *peer, enum fapi_route route, const char *text,
                       size_t len, int64_t after_ms)
{
    unsigned kinds = f->faults->rules > 0 ? fapi_fault_odd(f, "") : 0;
    struct eb_buffer odd, twin;
    eb_buffer_init(&odd, FAULT_TEXT_MAX);
    eb_buffer_init(&twin, FAULT_TEXT_MAX);
    bool changed = kinds != 0 && fapi_json_odd(&odd, text, len, kinds);
    bool doubled =
        route == FAPI_ROUTE_USER && (kinds & FAULT_ODD_STRANGERS) != 0 && fapi_json_stranger(&twin, text, len);
    if (doubled) { /* first: the socket may be over with the message itself */
        send_or_wait(f, peer, route, eb_buffer_str(&twin), twin.len, after_ms);
    }
    send_or_wait(f, peer, route, changed ? eb_buffer_str(&odd) : text, changed ? odd.len : len, after_ms);
    eb_buffer_deinit(&odd);
    eb_buffer_deinit(&twin);
}

void fapi_fault_ws(struct eb_fapi *f, const struct eb_fapi_peer *peer, const char *address, const char *text,
                   size_t len, struct fapi_account **logged, const struct fault_rule *rule, const char *id)
{
    struct fapi_faults *x = f->faults;
    eb_buffer_clear(&x->ws);
    if (rule == NULL || rule->executed) {
        fapi_api_ws(f, address, text, len, logged, &x->ws);
    }
    bool lost = rule != NULL && (rule->kind == FAULT_LOSE_REQUEST || rule->kind == FAULT_LOSE_ANSWER);
    if (lost || (rule != NULL && rule->kind == FAULT_HTTP && rule->body[0] != '{')) { /* no such thing on a socket */
        fapi_peer_close(f, peer, 0);
        return;
    }
    if (rule != NULL && (rule->kind == FAULT_HANG_REQUEST || rule->kind == FAULT_HANG_ANSWER)) {
        return;
    }
    if (rule != NULL && (rule->kind == FAULT_HTTP || rule->kind == FAULT_REFUSE || rule->kind == FAULT_LIMITED ||
                         rule->kind == FAULT_KEY_REFUSED)) {
        put_ws_error(f, rule, id, &x->ws);
    }
    int64_t after_ms = x->answer_ms + (rule != NULL && rule->kind == FAULT_DELAY_ANSWER ? rule->ms : 0);
    send_oddly(f, peer, FAPI_ROUTE_API, eb_buffer_str(&x->ws), x->ws.len, after_ms);
}

void fapi_ws_request(struct eb_fapi *f, const struct eb_fapi_peer *peer, const char *address, const char *text,
                     size_t len, struct fapi_account **logged)
{
    struct fapi_faults *x = f->faults;
    char id[64] = "null";
    struct fault_rule *rule = x->rules > 0 ? ws_rule(f, text, len, *logged, id) : NULL;
    int64_t after_ms = x->request_ms + (rule != NULL && rule->kind == FAULT_DELAY_REQUEST ? rule->ms : 0);
    if (after_ms == 0) {
        fapi_fault_ws(f, peer, address, text, len, logged, rule, id);
        return;
    }
    struct wait_item *w = fapi_wait_new(len + 1 + sizeof(id) + strlen(address) + 1);
    if (w == NULL) {
        return;
    }
    w->kind = WAIT_WS_REQUEST;
    w->peer = *peer;
    w->logged = logged;
    w->ruled = rule != NULL;
    if (rule != NULL) {
        w->rule = *rule;
    }
    w->len = len;
    memcpy(w->text, text, len);
    memcpy(w->text + len + 1, id, sizeof(id));
    memcpy(w->text + len + 1 + sizeof(id), address, strlen(address) + 1);
    w->body = w->text;
    fapi_wait_add(x, w, f->now_ms + after_ms);
}

/* ---- messages ---------------------------------------------------------------------------------------------------- */

/* The name of an event, which it begins with, within an envelope or not; "" of anything else. */
static void event_of(const char *text, size_t len, char *out, size_t cap)
{
    static const char key[] = "\"e\":\"";
    out[0] = '\0';
    for (size_t i = 0; i + sizeof(key) <= len && i < 160; i++) {
        if (memcmp(text + i, key, sizeof(key) - 1) == 0) {
            const char *name = text + i + sizeof(key) - 1;
            const char *end = memchr(name, '"', len - i - sizeof(key) + 1);
            (void)snprintf(out, cap, "%.*s", end != NULL ? (int)(end - name) : 0, name);
            return;
        }
    }
}

void fapi_deliver(struct eb_fapi *f, const struct eb_fapi_peer *peer, enum fapi_route route, const char *text,
                  size_t len)
{
    struct fapi_faults *x = f->faults;
    int64_t after_ms = route == FAPI_ROUTE_USER     ? x->event_ms
                       : route == FAPI_ROUTE_MARKET ? x->market_ms
                                                    : x->answer_ms;
    bool twice = false;
    if (x->rules > 0) {
        char event[48];
        event_of(text, len, event, sizeof(event));
        if (fapi_fault_strikes(f, FAULT_SILENT, FAULT_SILENT, "", event, route) != NULL ||
            fapi_fault_strikes(f, FAULT_DROP, FAULT_DROP, "", event, route) != NULL) {
            return;
        }
        struct fault_rule *late = fapi_fault_strikes(f, FAULT_DELAY, FAULT_DELAY, "", event, route);
        struct fault_rule *swapped = fapi_fault_strikes(f, FAULT_REORDER, FAULT_REORDER, "", event, route);
        twice = fapi_fault_strikes(f, FAULT_DUPLICATE, FAULT_DUPLICATE, "", event, route) != NULL;
        after_ms += late != NULL ? late->ms : 0;
        after_ms += swapped != NULL ? eb_rng_range(&x->rng, 0, swapped->ms) : 0;
    }
    for (unsigned i = 0; i < (twice ? 2u : 1u); i++) {
        send_oddly(f, peer, route, text, len, after_ms);
    }
}

static bool is_of_peer(const struct wait_item *w, const void *peer)
{
    return w->kind == WAIT_MESSAGE && w->peer.peer == peer;
}

static void swallow(void *peer, const char *text, size_t len)
{
    (void)peer;
    (void)text;
    (void)len;
}

static void swallow_close(void *peer, int code)
{
    (void)peer;
    (void)code;
}

void fapi_peer_gone(struct eb_fapi *f, const struct eb_fapi_peer *peer)
{
    struct fapi_faults *x = f->faults;
    fapi_wait_drop(x, is_of_peer, peer->peer);
    for (size_t i = 0; i < x->count; i++) { /* what it had written arrives */
        struct wait_item *w = x->heap[i];
        if (w->kind == WAIT_WS_REQUEST && w->peer.peer == peer->peer) {
            w->own = *w->logged;
            w->logged = &w->own;
            w->peer = (struct eb_fapi_peer){.send = swallow, .close = swallow_close};
        }
    }
}
