/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where faults strike. Without a rule and without latency nothing is copied and nothing waits: a request is executed
 * and answered within the call.
 *
 *     eb_fapi_http() -> rule? latency? -> execute() -> tell()          fapi_ws_request(): the same over a socket
 */
#include "venue/fapi/faults.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venue/fapi/control.h"
#include "venue/fapi/faults_inner.h"

#define BODY_MAX ((size_t)64 << 20)
#define TOKENS_MAX 256
#define JSON_TYPE "Content-Type: application/json;charset=UTF-8\r\n"

int fapi_faults_create(struct eb_fapi *f, struct fapi_faults **out, struct eb_err *err)
{
    struct fapi_faults *x = calloc(1, sizeof(*x));
    if (x == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "sim", "out of memory");
    }
    eb_rng_seed(&x->rng, f->c.seed ^ UINT64_C(0xfa17));
    eb_buffer_init(&x->reply.body, BODY_MAX);
    eb_buffer_init(&x->ws, BODY_MAX);
    for (size_t i = 0; i < FAULT_STALE_PATHS; i++) {
        eb_buffer_init(&x->stale[i].body, BODY_MAX);
    }
    *out = x;
    return EB_OK;
}

void fapi_faults_destroy(struct fapi_faults *x)
{
    if (x == NULL) {
        return;
    }
    for (size_t i = 0; i < x->count; i++) {
        free(x->heap[i]);
    }
    free(x->heap);
    eb_buffer_deinit(&x->reply.body);
    eb_buffer_deinit(&x->ws);
    for (size_t i = 0; i < FAULT_STALE_PATHS; i++) {
        eb_buffer_deinit(&x->stale[i].body);
    }
    free(x);
}

bool fapi_fault_stuck_triggering(struct eb_fapi *f)
{
    return f->faults->rules > 0 && fapi_fault_strikes(f, FAULT_STUCK, FAULT_STUCK, "", "", 0) != NULL;
}

int64_t fapi_trigger_delay_ms(const struct eb_fapi *f)
{
    return f->faults->trigger_ms;
}

void fapi_latency_get(const struct eb_fapi *f, int64_t ms[5])
{
    const struct fapi_faults *x = f->faults;
    const int64_t now[5] = {x->request_ms, x->answer_ms, x->event_ms, x->market_ms, x->trigger_ms};
    memcpy(ms, now, sizeof(now));
}

void fapi_latency_set(struct eb_fapi *f, const int64_t ms[5])
{
    struct fapi_faults *x = f->faults;
    x->request_ms = ms[0];
    x->answer_ms = ms[1];
    x->event_ms = ms[2];
    x->market_ms = ms[3];
    x->trigger_ms = ms[4];
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

struct told { /* to whom an answer goes */
    void (*done)(void *user, const struct eb_fapi_answer *a);
    void *user;
};

static void tell_later(struct fapi_faults *x, const struct told *to, const struct eb_fapi_answer *a, int64_t at_ms)
{
    size_t headers = strlen(a->headers) + 1;
    struct wait_item *w = fapi_wait_new(headers + a->len + 1);
    if (w == NULL) {
        return;
    }
    w->kind = WAIT_ANSWER;
    w->cut = a->cut;
    w->status = a->status;
    w->done = to->done;
    w->user = to->user;
    w->len = a->len;
    memcpy(w->text, a->headers, headers);
    memcpy(w->text + headers, a->body, a->len);
    w->headers = w->text;
    w->body = w->text + headers;
    fapi_wait_add(x, w, at_ms);
}

static void tell(struct eb_fapi *f, const struct told *to, const struct eb_fapi_answer *a, int64_t extra_ms)
{
    int64_t after_ms = f->faults->answer_ms + extra_ms;
    if (after_ms > 0) {
        tell_later(f->faults, to, a, f->now_ms + after_ms);
    } else {
        to->done(to->user, a);
    }
}

/* Answers that are repeated later by the fault STALE: the last one of each of a few paths and keys. */
static void keep_for_stale(struct fapi_faults *x, const struct eb_fapi_request *r, struct eb_buffer *body, bool swap)
{
    size_t at = FAULT_STALE_PATHS;
    for (size_t i = 0; i < FAULT_STALE_PATHS && at == FAULT_STALE_PATHS; i++) {
        bool same = strncmp(x->stale[i].path, r->path, sizeof(x->stale[i].path) - 1) == 0 &&
                    strncmp(x->stale[i].key, r->api_key, sizeof(x->stale[i].key) - 1) == 0;
        at = same || x->stale[i].path[0] == '\0' ? i : at;
    }
    if (at == FAULT_STALE_PATHS || strcmp(r->method, "GET") != 0 || r->api_key[0] == '\0') {
        return;
    }
    struct eb_buffer *kept = &x->stale[at].body;
    if (swap && kept->len > 0) {
        eb_buffer_clear(body);
        (void)eb_buffer_add(body, kept->data, kept->len);
        return;
    }
    (void)snprintf(x->stale[at].path, sizeof(x->stale[at].path), "%s", r->path);
    (void)snprintf(x->stale[at].key, sizeof(x->stale[at].key), "%s", r->api_key);
    eb_buffer_clear(kept);
    (void)eb_buffer_add(kept, eb_buffer_str(body), body->len);
}

static void answer_rule(struct eb_fapi *f, const struct fault_rule *rule, const struct told *to)
{
    char body[FAULT_BODY_MAX * 2];
    char headers[96] = JSON_TYPE;
    const char *text = rule->body;
    if (rule->kind == FAULT_REFUSE || rule->kind == FAULT_KEY_REFUSED) {
        (void)snprintf(body, sizeof(body), "{\"code\":%" PRId32 ",\"msg\":\"%s\"}", rule->code,
                       eb_code_text(rule->code));
        text = body;
    } else if (rule->kind == FAULT_LIMITED) {
        int64_t left_ms = rule->until_ms - f->now_ms;
        (void)snprintf(body, sizeof(body),
                       rule->status == 418 ? "{\"code\":-1003,\"msg\":\"Way too many requests; IP(127.0.0.1) banned "
                                             "until %" PRId64 ". Please use the websocket for live updates to avoid "
                                             "bans.\"}"
                                           : "{\"code\":-1003,\"msg\":\"Too many requests; current limit of IP is 2400 "
                                             "requests per minute. (%" PRId64 ")\"}",
                       rule->until_ms + f->skew_ms);
        (void)snprintf(headers, sizeof(headers), JSON_TYPE "Retry-After: %" PRId64 "\r\n", (left_ms + 999) / 1000);
        text = body;
    }
    const struct eb_fapi_answer a = {.status = rule->status, .headers = headers, .body = text, .len = strlen(text)};
    tell(f, to, &a, 0);
}

static void execute(struct eb_fapi *f, const struct eb_fapi_request *r, const struct fault_rule *rule,
                    const struct told *to)
{
    struct fapi_faults *x = f->faults;
    static const struct eb_fapi_answer reset = {.cut = true, .headers = "", .body = ""};
    bool strikes = rule != NULL && rule->kind <= FAULT_KEY_REFUSED;
    if (strikes && !rule->executed) {
        if (rule->kind != FAULT_HANG_REQUEST && rule->kind != FAULT_LOSE_REQUEST) {
            answer_rule(f, rule, to);
        } else if (rule->kind == FAULT_LOSE_REQUEST) {
            tell(f, to, &reset, 0);
        }
        return;
    }
    struct fapi_reply *reply = &x->reply;
    eb_buffer_clear(&reply->body);
    reply->headers[0] = '\0';
    if (f->c.control && strncmp(r->path, "/sim/", 5) == 0) {
        fapi_control_http(f, r, reply);
    } else {
        fapi_api_http(f, r, reply);
    }
    if (f->c.control && reply->status == 200) {
        keep_for_stale(x, r, &reply->body, strikes && rule->kind == FAULT_STALE);
    }
    if (strikes && rule->kind == FAULT_HTTP) {
        answer_rule(f, rule, to);
    } else if (strikes && rule->kind == FAULT_LOSE_ANSWER) {
        tell(f, to, &reset, 0);
    } else if (!strikes || rule->kind != FAULT_HANG_ANSWER) {
        const struct eb_fapi_answer a = {.status = reply->status,
                                         .headers = reply->headers,
                                         .body = eb_buffer_str(&reply->body),
                                         .len = reply->body.len};
        tell(f, to, &a, strikes && rule->kind == FAULT_DELAY_ANSWER ? rule->ms : 0);
    }
}

static void arrive_later(struct eb_fapi *f, const struct eb_fapi_request *r, const struct fault_rule *rule,
                         const struct told *to, int64_t after_ms)
{
    const char *const part[] = {r->method, r->path, r->query, r->api_key, r->peer};
    size_t size = r->body_len + 1;
    for (size_t i = 0; i < EB_COUNT(part); i++) {
        size += strlen(part[i]) + 1;
    }
    struct wait_item *w = fapi_wait_new(size);
    if (w == NULL) {
        return;
    }
    const char *copy[EB_COUNT(part)];
    size_t at = 0;
    for (size_t i = 0; i < EB_COUNT(part); i++) {
        size_t len = strlen(part[i]) + 1;
        memcpy(w->text + at, part[i], len);
        copy[i] = w->text + at;
        at += len;
    }
    memcpy(w->text + at, r->body, r->body_len);
    w->kind = WAIT_REQUEST;
    w->done = to->done;
    w->user = to->user;
    w->ruled = rule != NULL;
    if (rule != NULL) {
        w->rule = *rule;
    }
    w->request = (struct eb_fapi_request){.method = copy[0],
                                          .path = copy[1],
                                          .query = copy[2],
                                          .body = w->text + at,
                                          .body_len = r->body_len,
                                          .api_key = copy[3],
                                          .peer = copy[4]};
    fapi_wait_add(f->faults, w, f->now_ms + after_ms);
}

void eb_fapi_http(struct eb_fapi *f, const struct eb_fapi_request *r,
                  void (*done)(void *user, const struct eb_fapi_answer *a), void *user)
{
    struct fapi_faults *x = f->faults;
    const struct told to = {done, user};
    struct fault_rule *rule = NULL;
    bool control = strncmp(r->path, "/sim/", 5) == 0;
    if (x->rules > 0 && !control) {
        rule = fapi_fault_strikes(f, FAULT_LIMITED, FAULT_LIMITED, r->method, r->path, FAPI_ROUTES);
        if (rule == NULL && r->api_key[0] != '\0') {
            rule = fapi_fault_strikes(f, FAULT_KEY_REFUSED, FAULT_KEY_REFUSED, r->method, r->path, FAPI_ROUTES);
        }
        rule = rule != NULL ? rule
                            : fapi_fault_strikes(f, FAULT_LOSE_REQUEST, FAULT_STALE, r->method, r->path, FAPI_ROUTES);
    }
    int64_t after_ms = control ? 0 : x->request_ms;
    after_ms += rule != NULL && rule->kind == FAULT_DELAY_REQUEST ? rule->ms : 0;
    if (after_ms > 0) {
        arrive_later(f, r, rule, &to, after_ms);
    } else {
        execute(f, r, rule, &to);
    }
}

static bool is_of_user(const struct wait_item *w, const void *user)
{
    return (w->kind == WAIT_ANSWER) && w->user == user;
}

void eb_fapi_http_gone(struct eb_fapi *f, void *user)
{
    struct fapi_faults *x = f->faults;
    fapi_wait_drop(x, is_of_user, user);
    for (size_t i = 0; i < x->count; i++) { /* a request that has left its client arrives all the same */
        if (x->heap[i]->kind == WAIT_REQUEST && x->heap[i]->user == user) {
            x->heap[i]->done = NULL;
        }
    }
}

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

static struct fault_rule *ws_rule(struct eb_fapi *f, const char *text, size_t len, char id[64])
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
    return fapi_fault_strikes(f, FAULT_LOSE_REQUEST, FAULT_DELAY_ANSWER, method, path, FAPI_ROUTES);
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

static void ws_execute(struct eb_fapi *f, const struct eb_fapi_peer *peer, const char *address, const char *text,
                       size_t len, struct fapi_account **logged, const struct fault_rule *rule, const char *id)
{
    struct fapi_faults *x = f->faults;
    eb_buffer_clear(&x->ws);
    if (rule == NULL || rule->executed) {
        fapi_api_ws(f, address, text, len, logged, &x->ws);
    }
    if (rule != NULL && (rule->kind == FAULT_HTTP || rule->kind == FAULT_REFUSE)) {
        if (rule->kind == FAULT_HTTP && rule->body[0] != '{') { /* no such thing on a socket: it is cut */
            peer->close(peer->peer, 0);
            return;
        }
        eb_buffer_clear(&x->ws);
        (void)eb_buffer_printf(&x->ws, "{\"id\":%s,\"status\":%d,\"error\":", id, rule->status);
        if (rule->kind == FAULT_HTTP) {
            (void)eb_buffer_text(&x->ws, rule->body);
        } else {
            (void)eb_buffer_printf(&x->ws, "{\"code\":%" PRId32 ",\"msg\":\"%s\"}", rule->code,
                                   eb_code_text(rule->code));
        }
        (void)eb_buffer_text(&x->ws, "}");
    } else if (rule != NULL && (rule->kind == FAULT_LOSE_REQUEST || rule->kind == FAULT_LOSE_ANSWER)) {
        peer->close(peer->peer, 0);
        return;
    } else if (rule != NULL && (rule->kind == FAULT_HANG_REQUEST || rule->kind == FAULT_HANG_ANSWER)) {
        return;
    }
    int64_t after_ms = x->answer_ms + (rule != NULL && rule->kind == FAULT_DELAY_ANSWER ? rule->ms : 0);
    if (after_ms > 0) {
        deliver_after(f, peer, FAPI_ROUTE_API, eb_buffer_str(&x->ws), x->ws.len, after_ms);
    } else {
        peer->send(peer->peer, eb_buffer_str(&x->ws), x->ws.len);
    }
}

void fapi_ws_request(struct eb_fapi *f, const struct eb_fapi_peer *peer, const char *address, const char *text,
                     size_t len, struct fapi_account **logged)
{
    struct fapi_faults *x = f->faults;
    char id[64] = "null";
    struct fault_rule *rule = x->rules > 0 ? ws_rule(f, text, len, id) : NULL;
    int64_t after_ms = x->request_ms + (rule != NULL && rule->kind == FAULT_DELAY_REQUEST ? rule->ms : 0);
    if (after_ms == 0) {
        ws_execute(f, peer, address, text, len, logged, rule, id);
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
    memcpy(w->text + len + 1 + sizeof(id), address, strlen(address));
    w->body = w->text;
    fapi_wait_add(x, w, f->now_ms + after_ms);
}

/* ---- messages ---------------------------------------------------------------------------------------------------- */

void fapi_deliver(struct eb_fapi *f, const struct eb_fapi_peer *peer, enum fapi_route route, const char *text,
                  size_t len)
{
    struct fapi_faults *x = f->faults;
    int64_t after_ms = route == FAPI_ROUTE_USER     ? x->event_ms
                       : route == FAPI_ROUTE_MARKET ? x->market_ms
                                                    : x->answer_ms;
    bool twice = false;
    if (x->rules > 0) {
        if (fapi_fault_strikes(f, FAULT_SILENT, FAULT_SILENT, "", "", route) != NULL ||
            fapi_fault_strikes(f, FAULT_DROP, FAULT_DROP, "", "", route) != NULL) {
            return;
        }
        struct fault_rule *late = fapi_fault_strikes(f, FAULT_DELAY, FAULT_DELAY, "", "", route);
        struct fault_rule *swapped = fapi_fault_strikes(f, FAULT_REORDER, FAULT_REORDER, "", "", route);
        twice = fapi_fault_strikes(f, FAULT_DUPLICATE, FAULT_DUPLICATE, "", "", route) != NULL;
        after_ms += late != NULL ? late->ms : 0;
        after_ms += swapped != NULL ? eb_rng_range(&x->rng, 0, swapped->ms) : 0;
    }
    for (unsigned i = 0; i < (twice ? 2u : 1u); i++) {
        if (after_ms > 0) {
            deliver_after(f, peer, route, text, len, after_ms);
        } else {
            peer->send(peer->peer, text, len);
        }
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

/* ---- time -------------------------------------------------------------------------------------------------------- */

static void nobody_waits(void *user, const struct eb_fapi_answer *a)
{
    (void)user;
    (void)a;
}

void fapi_faults_run(struct eb_fapi *f)
{
    struct wait_item *w;
    while ((w = fapi_wait_take(f->faults, f->now_ms)) != NULL) {
        const struct fault_rule *rule = w->ruled ? &w->rule : NULL;
        struct told to = {w->done != NULL ? w->done : nobody_waits, w->user};
        if (w->kind == WAIT_REQUEST) {
            execute(f, &w->request, rule, &to);
        } else if (w->kind == WAIT_ANSWER) {
            const struct eb_fapi_answer a = {
                .cut = w->cut, .status = w->status, .headers = w->headers, .body = w->body, .len = w->len};
            to.done(to.user, &a);
        } else if (w->kind == WAIT_WS_REQUEST) {
            const char *id = w->text + w->len + 1;
            ws_execute(f, &w->peer, id + 64, w->body, w->len, w->logged, rule, id);
        } else {
            w->peer.send(w->peer.peer, w->body, w->len);
        }
        free(w);
    }
}

int64_t fapi_faults_next_ms(const struct eb_fapi *f)
{
    return fapi_wait_next_ms(f->faults);
}
