/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where faults strike. Without a rule and without latency nothing is copied and nothing waits: a request is executed
 * and answered within the call.
 *
 *     eb_fapi_http() -> rule? latency? -> execute() -> tell()          faults_sockets.c: the same over a socket
 */
#include "venue/fapi/faults.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venue/fapi/api.h"
#include "venue/fapi/control.h"
#include "venue/fapi/faults_inner.h"

#define JSON_TYPE "Content-Type: application/json;charset=UTF-8\r\n"

int fapi_faults_create(struct eb_fapi *f, struct fapi_faults **out, struct eb_err *err)
{
    struct fapi_faults *x = calloc(1, sizeof(*x));
    if (x == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "sim", "out of memory");
    }
    eb_rng_seed(&x->rng, f->c.seed ^ UINT64_C(0xfa17));
    eb_buffer_init(&x->reply.body, FAULT_TEXT_MAX);
    eb_buffer_init(&x->ws, FAULT_TEXT_MAX);
    for (size_t i = 0; i < FAULT_STALE_PATHS; i++) {
        eb_buffer_init(&x->stale[i].body, FAULT_TEXT_MAX);
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

/* The value of symbol= in a query; "" without. */
static void symbol_of(const char *query, char out[EB_SYMBOL_MAX])
{
    const char *at = strncmp(query, "symbol=", 7) == 0 ? query : strstr(query, "&symbol=");
    at = at != NULL ? strchr(at, '=') + 1 : "";
    (void)snprintf(out, EB_SYMBOL_MAX, "%.*s", (int)strcspn(at, "&"), at);
}

static bool is_stale_of(const struct fapi_faults *x, size_t i, const struct eb_fapi_request *r, const char *symbol)
{
    return strncmp(x->stale[i].path, r->path, sizeof(x->stale[i].path) - 1) == 0 &&
           strncmp(x->stale[i].key, r->api_key, sizeof(x->stale[i].key) - 1) == 0 &&
           strcmp(x->stale[i].symbol, symbol) == 0;
}

/* Answers that are repeated later by the fault STALE: the last one to each question of an account. */
static void keep_for_stale(struct fapi_faults *x, const struct eb_fapi_request *r, struct eb_buffer *body, bool swap)
{
    char symbol[EB_SYMBOL_MAX];
    size_t at = 0;
    if (strcmp(r->method, "GET") != 0 || r->api_key[0] == '\0') {
        return;
    }
    symbol_of(r->query, symbol);
    bool same = false;
    for (size_t i = 0; i < FAULT_STALE_PATHS && !same; i++) {
        same = is_stale_of(x, i, r, symbol);
        at = same || x->stale[i].used < x->stale[at].used ? i : at; /* the one that was asked longest ago gives way */
    }
    struct eb_buffer *kept = &x->stale[at].body;
    x->stale[at].used = ++x->seq;
    if (swap && same && kept->len > 0) {
        eb_buffer_clear(body);
        (void)eb_buffer_add(body, kept->data, kept->len);
        return;
    }
    (void)snprintf(x->stale[at].path, sizeof(x->stale[at].path), "%s", r->path);
    (void)snprintf(x->stale[at].key, sizeof(x->stale[at].key), "%s", r->api_key);
    (void)snprintf(x->stale[at].symbol, sizeof(x->stale[at].symbol), "%s", symbol);
    eb_buffer_clear(kept);
    (void)eb_buffer_add(kept, eb_buffer_str(body), body->len);
}

const char *fapi_fault_error(const struct eb_fapi *f, const struct fault_rule *rule, char *body, size_t cap)
{
    if (rule->kind == FAULT_HTTP) {
        return rule->body;
    }
    if (rule->kind == FAULT_REFUSE || rule->kind == FAULT_KEY_REFUSED) {
        (void)snprintf(body, cap, "{\"code\":%" PRId32 ",\"msg\":\"%s\"}", rule->code, eb_code_text(rule->code));
    } else if (rule->status == 418) {
        (void)snprintf(body, cap,
                       "{\"code\":-1003,\"msg\":\"Way too many requests; IP(127.0.0.1) banned until %" PRId64
                       ". Please use the websocket for live updates to avoid bans.\"}",
                       rule->until_ms + f->skew_ms);
    } else {
        (void)snprintf(body, cap,
                       "{\"code\":-1003,\"msg\":\"Too many requests; current limit of IP is 2400 requests per minute. "
                       "(%" PRId64 ")\"}",
                       rule->until_ms + f->skew_ms);
    }
    return body;
}

static void answer_rule(struct eb_fapi *f, const struct fault_rule *rule, const struct told *to)
{
    char body[FAULT_BODY_MAX * 2];
    char headers[96] = JSON_TYPE;
    const char *text = fapi_fault_error(f, rule, body, sizeof(body));
    if (rule->kind == FAULT_LIMITED) {
        (void)snprintf(headers, sizeof(headers), JSON_TYPE "Retry-After: %" PRId64 "\r\n",
                       (rule->until_ms - f->now_ms + 999) / 1000);
    }
    const struct eb_fapi_answer a = {.status = rule->status, .headers = headers, .body = text, .len = strlen(text)};
    tell(f, to, &a, 0);
}

/* The answer as it is, or with the oddities that stand. */
static void answer_oddly(struct eb_fapi *f, const struct eb_fapi_request *r, struct eb_fapi_answer *a,
                         const struct told *to, int64_t extra_ms)
{
    struct eb_buffer odd;
    unsigned kinds = f->faults->rules > 0 && strncmp(r->path, "/sim/", 5) != 0 ? fapi_fault_odd(f, r->path) : 0;
    if (strcmp(r->method, "GET") != 0 || strcmp(r->path, "/fapi/v1/exchangeInfo") == 0) {
        kinds &= ~(unsigned)FAULT_ODD_STRANGERS; /* lists of what was asked for, or that say what there is */
    }
    eb_buffer_init(&odd, FAULT_TEXT_MAX);
    if (kinds != 0 && fapi_json_odd(&odd, a->body, a->len, kinds)) {
        a->body = eb_buffer_str(&odd);
        a->len = odd.len;
    }
    tell(f, to, a, extra_ms);
    eb_buffer_deinit(&odd);
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
        struct eb_fapi_answer a = {.status = reply->status,
                                   .headers = reply->headers,
                                   .body = eb_buffer_str(&reply->body),
                                   .len = reply->body.len};
        answer_oddly(f, r, &a, to, strikes && rule->kind == FAULT_DELAY_ANSWER ? rule->ms : 0);
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

bool fapi_fault_spares(const struct fapi_params *p, const struct fapi_account *a)
{
    const char *only = fapi_param(p, "reduceOnly");
    const char *close = fapi_param(p, "closePosition");
    const char *side = fapi_param(p, "side");
    const char *leg = fapi_param(p, "positionSide");
    bool closing = side != NULL && leg != NULL && a != NULL && fapi_hedge(a) &&
                   strcmp(leg, strcmp(side, "SELL") == 0 ? "LONG" : "SHORT") == 0;
    return closing || (only != NULL && strcmp(only, "true") == 0) || (close != NULL && strcmp(close, "true") == 0);
}

struct fault_rule *fapi_fault_unless(struct eb_fapi *f, struct fault_rule *rule, bool spared)
{
    if (rule == NULL || !rule->exempt || !spared) {
        return rule;
    }
    rule->left += rule->left != FAULT_FOREVER ? 1 : 0;
    f->faults->struck[rule->name]--;
    return NULL;
}

static bool request_reduces(struct eb_fapi *f, const struct eb_fapi_request *r)
{
    struct fapi_params *p = &fapi_api_of(f)->params; /* free between requests */
    fapi_params_clear(p);
    return fapi_params_read(p, r->query, strlen(r->query)) == 0 && fapi_params_read(p, r->body, r->body_len) == 0 &&
           fapi_fault_spares(p, fapi_account_by_key(f, r->api_key));
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
        rule = fapi_fault_unless(f, rule, rule != NULL && rule->exempt && request_reduces(f, r));
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
            fapi_fault_ws(f, &w->peer, id + 64, w->body, w->len, w->logged, rule, id);
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
