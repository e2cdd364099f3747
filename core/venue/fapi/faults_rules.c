/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults by name: what a JSON object asks for becomes a rule, and whether a rule strikes this time.
 *
 *     {"name": "503_unknown", "count": 1, "path": "/fapi/v1/order", "executed": false} -> struct fault_rule
 */
#include <stdio.h>
#include <string.h>

#include "venue/fapi/faults_inner.h"

static const char area[] = "sim";

#define UNKNOWN_ERROR "{\"code\":-1000,\"msg\":\"Unknown error, please check your request or try again later.\"}"

/* Bodies are the exchange's. */
static const struct {
    const char *name;
    uint8_t kind;
    int status; /* of FAULT_ODD: which oddity */
    int32_t code;
    bool executed; /* by default */
    const char *body;
} names[] = {
    {"lose_request", FAULT_LOSE_REQUEST, 0, 0, false, ""},
    {"hang_request", FAULT_HANG_REQUEST, 0, 0, false, ""},
    {"lose_answer", FAULT_LOSE_ANSWER, 0, 0, true, ""},
    {"hang_answer", FAULT_HANG_ANSWER, 0, 0, true, ""},
    {"503_unknown", FAULT_HTTP, 503, -1000, true, UNKNOWN_ERROR},
    {"503_unavailable", FAULT_HTTP, 503, 0, false, "{\"code\":503,\"msg\":\"Service Unavailable.\"}"},
    {"503_throttled", FAULT_HTTP, 503, -1008, false,
     "{\"code\":-1008,\"msg\":\"Request throttled by system-level protection. Reduce-only/close-position orders are "
     "exempt. Please try again.\"}"},
    {"500", FAULT_HTTP, 500, 0, true, "Internal Server Error"},
    {"502", FAULT_HTTP, 502, 0, true, "<html><head><title>502 Bad Gateway</title></head><body></body></html>"},
    {"504", FAULT_HTTP, 504, 0, true, "<html><head><title>504 Gateway Time-out</title></head><body></body></html>"},
    {"403", FAULT_HTTP, 403, 0, false, "<html><head><title>403 Forbidden</title></head><body></body></html>"},
    {"408", FAULT_HTTP, 408, -1007, true,
     "{\"code\":-1007,\"msg\":\"Timeout waiting for response from backend server. Send status unknown; execution "
     "status unknown.\"}"},
    {"1007", FAULT_HTTP, 503, -1007, true,
     "{\"code\":-1007,\"msg\":\"Timeout waiting for response from backend server. Send status unknown; execution "
     "status unknown.\"}"},
    {"1006", FAULT_HTTP, 400, -1006, true,
     "{\"code\":-1006,\"msg\":\"An unexpected response was received from the message bus. Execution status "
     "unknown.\"}"},
    {"1001", FAULT_HTTP, 400, -1001, true,
     "{\"code\":-1001,\"msg\":\"Internal error; unable to process your request. Please try again.\"}"},
    {"1000", FAULT_HTTP, 400, -1000, true,
     "{\"code\":-1000,\"msg\":\"An unknown error occured while processing the request.\"}"},
    {"5028", FAULT_HTTP, 400, -5028, false,
     "{\"code\":-5028,\"msg\":\"Timestamp for this request is outside of the ME recvWindow.\"}"},
    {"not_json", FAULT_HTTP, 200, 0, true, "{\"orderId\":1234"},
    {"refuse", FAULT_REFUSE, 400, -2022, false, ""},
    {"delay_request", FAULT_DELAY_REQUEST, 0, 0, true, ""},
    {"delay_answer", FAULT_DELAY_ANSWER, 0, 0, true, ""},
    {"stale_answer", FAULT_STALE, 0, 0, true, ""},
    {"rate_limit", FAULT_LIMITED, 429, -1003, false, ""},
    {"ban", FAULT_LIMITED, 418, -1003, false, ""},
    {"key_refused", FAULT_KEY_REFUSED, 401, -2015, false, ""},
    {"duplicate_events", FAULT_DUPLICATE, 0, 0, true, ""},
    {"reorder_events", FAULT_REORDER, 0, 0, true, ""},
    {"drop_events", FAULT_DROP, 0, 0, true, ""},
    {"delay_events", FAULT_DELAY, 0, 0, true, ""},
    {"silent", FAULT_SILENT, 0, 0, true, ""},
    {"stuck_triggering", FAULT_STUCK, 0, 0, true, ""},
    {"unknown_keys", FAULT_ODD, FAULT_ODD_UNKNOWN, 0, true, ""},
    {"cm_symbols", FAULT_ODD, FAULT_ODD_STRANGERS, 0, true, ""},
    {"numbers_as_text", FAULT_ODD, FAULT_ODD_QUOTED, 0, true, ""},
    {"text_as_numbers", FAULT_ODD, FAULT_ODD_BARE, 0, true, ""},
};
_Static_assert(EB_COUNT(names) <= EB_COUNT(((struct fapi_faults *)0)->struck), "each has a counter");

/* Whether a fault acts for a time and not a number of times. */
static bool lasts(uint8_t kind)
{
    return kind == FAULT_LIMITED || kind == FAULT_KEY_REFUSED || kind == FAULT_SILENT || kind == FAULT_ODD;
}

static int read_route(struct eb_tok fault, struct fault_rule *r, struct eb_err *err)
{
    static const char *const routes[FAPI_ROUTES] = {"market", "user", "api"};
    struct eb_tok v = eb_tok_get(fault, "route");
    r->route = FAPI_ROUTE_USER;
    for (size_t i = 0; i < EB_COUNT(routes); i++) {
        if (eb_tok_is(v, routes[i])) {
            r->route = (uint8_t)i;
            return EB_OK;
        }
    }
    return eb_tok_kind(v) == EB_TOK_ABSENT ? EB_OK : eb_err_set(err, EB_E_INVALID, area, "route: market, user or api");
}

static bool there(struct eb_tok fault, const char *key)
{
    return eb_tok_kind(eb_tok_get(fault, key)) != EB_TOK_ABSENT;
}

/* False: it is there and no number. */
static bool number(struct eb_tok fault, const char *key, int64_t *out)
{
    return !there(fault, key) || eb_tok_i64(eb_tok_get(fault, key), out);
}

static int read_rule(struct eb_tok fault, int64_t now_ms, struct fault_rule *r, struct eb_err *err)
{
    int64_t count = lasts(r->kind) ? -1 : 1;
    int64_t chance_e8 = EB_E8;
    int64_t ms = r->kind == FAULT_REORDER ? 50 : 1000;
    int64_t code = r->code;
    if (eb_tok_kind(eb_tok_get(fault, "path")) != EB_TOK_ABSENT &&
        !eb_tok_text(eb_tok_get(fault, "path"), r->path, sizeof(r->path))) {
        return eb_err_set(err, EB_E_INVALID, area, "path: at most %zu characters", sizeof(r->path) - 1);
    }
    if (there(fault, "event") && !eb_tok_text(eb_tok_get(fault, "event"), r->path, sizeof(r->path))) {
        return eb_err_set(err, EB_E_INVALID, area, "event: its name, as \"ORDER_TRADE_UPDATE\"");
    }
    if (eb_tok_kind(eb_tok_get(fault, "method")) != EB_TOK_ABSENT &&
        !eb_tok_text(eb_tok_get(fault, "method"), r->method, sizeof(r->method))) {
        return eb_err_set(err, EB_E_INVALID, area, "method: GET, POST, PUT or DELETE");
    }
    bool read = number(fault, "count", &count) && number(fault, "ms", &ms) && number(fault, "code", &code);
    read = read && (!there(fault, "chance") || eb_tok_e8(eb_tok_get(fault, "chance"), &chance_e8));
    read = read && (!there(fault, "exempt") || eb_tok_bool(eb_tok_get(fault, "exempt"), &r->exempt));
    read = read && (!there(fault, "executed") || eb_tok_bool(eb_tok_get(fault, "executed"), &r->executed));
    if (!read || count < -1 || count >= FAULT_FOREVER || ms < 0 || ms > INT64_C(86400000) || chance_e8 < 0 ||
        chance_e8 > EB_E8 || code < INT32_MIN || code > 0) {
        return eb_err_set(err, EB_E_INVALID, area,
                          "count -1 (for ever) or more, ms 0 to a day, chance 0 to 1, code negative, executed and "
                          "exempt true or false");
    }
    r->left = count < 0 ? FAULT_FOREVER : (uint32_t)count;
    r->chance_ppm = (uint32_t)(chance_e8 / 100);
    r->ms = ms;
    r->until_ms = lasts(r->kind) ? now_ms + ms : INT64_MAX;
    r->code = (int32_t)code;
    return read_route(fault, r, err);
}

int fapi_fault_set(struct eb_fapi *f, struct eb_tok fault, struct eb_err *err)
{
    struct fapi_faults *x = f->faults;
    size_t kept = 0;
    for (size_t i = 0; i < x->rules; i++) { /* those that are spent make room */
        if (x->rule[i].left > 0 && x->rule[i].until_ms > f->now_ms) {
            x->rule[kept++] = x->rule[i];
        }
    }
    x->rules = kept;
    if (kept == FAULT_RULES_MAX) {
        return eb_err_set(err, EB_E_FULL, area, "%d faults stand: clear them first", FAULT_RULES_MAX);
    }
    for (size_t i = 0; i < EB_COUNT(names); i++) {
        if (!eb_tok_is(eb_tok_get(fault, "name"), names[i].name)) {
            continue;
        }
        struct fault_rule r = {.kind = names[i].kind,
                               .name = (uint8_t)i,
                               .status = names[i].status,
                               .code = names[i].code,
                               .odd = names[i].kind == FAULT_ODD ? (uint8_t)names[i].status : 0,
                               .executed = names[i].executed};
        (void)snprintf(r.body, sizeof(r.body), "%s", names[i].body);
        int rc = read_rule(fault, f->now_ms, &r, err);
        if (rc == EB_OK) {
            x->rule[x->rules++] = r;
        }
        return rc;
    }
    char all[768] = "";
    for (size_t i = 0; i < EB_COUNT(names); i++) {
        size_t len = strlen(all);
        (void)snprintf(all + len, sizeof(all) - len, "%s%s", i > 0 ? ", " : "", names[i].name);
    }
    return eb_err_set(err, EB_E_INVALID, area, "name: one of %s", all);
}

void fapi_faults_clear(struct eb_fapi *f)
{
    struct fapi_faults *x = f->faults;
    x->rules = 0;
    x->request_ms = x->answer_ms = x->event_ms = x->market_ms = x->trigger_ms = 0;
    f->skew_ms = 0;
}

void fapi_faults_told(const struct eb_fapi *f, struct eb_buffer *out)
{
    bool first = true;
    (void)eb_buffer_text(out, "{");
    for (size_t i = 0; i < EB_COUNT(names); i++) {
        if (f->faults->struck[i] > 0) {
            (void)eb_buffer_printf(out, "%s\"%s\":%llu", first ? "" : ",", names[i].name,
                                   (unsigned long long)f->faults->struck[i]);
            first = false;
        }
    }
    (void)eb_buffer_text(out, "}");
}

static bool changes_orders(const char *method, const char *path)
{
    static const char *const paths[] = {"/fapi/v1/order", "/fapi/v1/algoOrder", "/fapi/v1/batchOrders",
                                        "/fapi/v1/allOpenOrders", "/fapi/v1/algoOpenOrders"};
    for (size_t i = 0; i < EB_COUNT(paths); i++) {
        if (strcmp(path, paths[i]) == 0) {
            return strcmp(method, "GET") != 0;
        }
    }
    return false;
}

static bool fits(const struct fault_rule *r, const char *method, const char *path, unsigned route)
{
    bool of_events = r->kind >= FAULT_DUPLICATE && r->kind <= FAULT_SILENT;
    if (of_events) {
        return r->route == route && (r->path[0] == '\0' || strcmp(r->path, path) == 0);
    }
    if (r->kind == FAULT_ODD) {
        return r->path[0] == '\0' || strncmp(path, r->path, strlen(r->path)) == 0;
    }
    if (r->kind == FAULT_STUCK || r->kind == FAULT_LIMITED || r->kind == FAULT_KEY_REFUSED) {
        return true;
    }
    if (r->method[0] != '\0' && strcmp(r->method, method) != 0) {
        return false;
    }
    if (r->path[0] != '\0') {
        return strncmp(path, r->path, strlen(r->path)) == 0;
    }
    return r->kind == FAULT_STALE || changes_orders(method, path);
}

struct fault_rule *fapi_fault_strikes(struct eb_fapi *f, enum fault_kind first, enum fault_kind last,
                                      const char *method, const char *path, unsigned route)
{
    struct fapi_faults *x = f->faults;
    for (size_t i = 0; i < x->rules; i++) {
        struct fault_rule *r = &x->rule[i];
        if (r->left == 0 || r->until_ms <= f->now_ms || r->kind < first || r->kind > last ||
            !fits(r, method, path, route)) {
            continue;
        }
        if (r->chance_ppm < EB_PPM && !eb_rng_chance(&x->rng, r->chance_ppm, EB_PPM)) {
            continue;
        }
        r->left -= r->left != FAULT_FOREVER ? 1 : 0;
        x->struck[r->name]++;
        return r;
    }
    return NULL;
}

unsigned fapi_fault_odd(struct eb_fapi *f, const char *path)
{
    struct fapi_faults *x = f->faults;
    unsigned kinds = 0;
    for (size_t i = 0; i < x->rules; i++) {
        struct fault_rule *r = &x->rule[i];
        if (r->kind == FAULT_ODD && r->left > 0 && r->until_ms > f->now_ms && fits(r, "", path, 0)) {
            kinds |= r->odd;
            r->left -= r->left != FAULT_FOREVER ? 1 : 0;
            x->struck[r->name]++;
        }
    }
    return kinds;
}
