/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP request: parameters -> who asks -> what it costs -> the endpoint -> body and headers.
 *
 * Weight counts whatever becomes of the request, orders only when they come to the account.
 */
#include "venue/fapi/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define SCRATCH_MAX ((size_t)4 << 20)
#define PART_MAX ((size_t)1 << 20)
#define ROUTES 1024 /* places; a power of two, far more than endpoints */

static const struct fapi_endpoint **place_of(const struct fapi_api *api, const char *method, const char *path)
{
    uint64_t h = eb_hash64(eb_hash64(EB_HASH64_SEED, method, strlen(method)), path, strlen(path));
    for (size_t i = (size_t)h & (api->routes - 1);; i = (i + 1) & (api->routes - 1)) {
        const struct fapi_endpoint *e = api->route[i];
        if (e == NULL || (strcmp(e->path, path) == 0 && strcmp(e->method, method) == 0)) {
            return &api->route[i];
        }
    }
}

static void add_routes(struct fapi_api *api, struct fapi_routes routes)
{
    for (size_t i = 0; i < routes.count; i++) {
        *place_of(api, routes.row[i].method, routes.row[i].path) = &routes.row[i];
    }
}

int fapi_api_create(struct eb_fapi *f, struct fapi_api **out, struct eb_err *err)
{
    struct fapi_api *api = calloc(1, sizeof(*api));
    if (api == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "sim", "out of memory");
    }
    eb_buffer_init(&api->scratch, SCRATCH_MAX);
    eb_buffer_init(&api->part, PART_MAX);
    api->marks = fapi_symbol_count(f);
    api->marked = calloc((size_t)api->marks + 1, 1);
    api->routes = ROUTES;
    api->route = calloc(api->routes, sizeof(const struct fapi_endpoint *));
    int rc = api->marked != NULL && api->route != NULL ? EB_OK : eb_err_set(err, EB_E_MEMORY, "sim", "out of memory");
    rc = rc == EB_OK ? fapi_limits_create(&api->limits, err) : rc;
    rc = rc == EB_OK ? fapi_listen_keys_create(f->c.seed, &api->keys, err) : rc;
    rc = rc == EB_OK ? fapi_user_news_create(&api->news, err) : rc;
    rc = rc == EB_OK ? fapi_countdowns_create(&api->countdowns, err) : rc;
    if (rc != EB_OK) {
        fapi_api_destroy(api);
        return rc;
    }
    add_routes(api, fapi_routes_market());
    add_routes(api, fapi_routes_account());
    add_routes(api, fapi_routes_settings());
    add_routes(api, fapi_routes_orders());
    add_routes(api, fapi_routes_algo());
    *out = api;
    return EB_OK;
}

void fapi_api_destroy(struct fapi_api *api)
{
    if (api != NULL) {
        fapi_limits_destroy(api->limits);
        fapi_listen_keys_destroy(api->keys);
        fapi_user_news_destroy(api->news);
        fapi_countdowns_destroy(api->countdowns);
        eb_buffer_deinit(&api->scratch);
        eb_buffer_deinit(&api->part);
        free(api->marked);
        free((void *)api->route);
        free(api);
    }
}

/* ---- costs ------------------------------------------------------------------------------------------------------- */

static uint32_t steps(const struct fapi_params *p, uint64_t otherwise, const uint32_t (*step)[2], size_t count)
{
    const char *text = fapi_param(p, "limit");
    uint64_t limit = text != NULL ? strtoull(text, NULL, 10) : otherwise;
    for (size_t i = 0; i + 1 < count; i++) {
        if (limit <= step[i][0]) {
            return step[i][1];
        }
    }
    return step[count - 1][1];
}

struct fapi_cost fapi_cost_of(const struct fapi_endpoint *e, const struct fapi_params *p)
{
    static const uint32_t klines[][2] = {{99, 1}, {499, 2}, {1000, 5}, {0, 10}};
    static const uint32_t depth[][2] = {{50, 2}, {100, 5}, {500, 10}, {0, 20}};
    struct fapi_cost cost = {e->weight, e->orders_10s, e->orders_1m};
    switch ((enum fapi_weigh)e->weigh) {
    case FAPI_W_FIXED:
        break;
    case FAPI_W_SYMBOL:
        cost.weight = fapi_param(p, "symbol") != NULL ? e->weight : e->all;
        break;
    case FAPI_W_KLINES:
        cost.weight = steps(p, 500, klines, EB_COUNT(klines));
        break;
    case FAPI_W_DEPTH:
        cost.weight = steps(p, 500, depth, EB_COUNT(depth));
        break;
    }
    return cost;
}

int fapi_http_status(int32_t code)
{
    switch (code) {
    case -1002:
    case -2008:
    case -2014:
    case -2015:
        return 401;
    case -1003:
    case -1015:
        return 429;
    case -1007:
        return 408;
    case -1008:
        return 503;
    default:
        return 400;
    }
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static void add_header(struct fapi_reply *out, const char *name, int64_t value)
{
    size_t len = strlen(out->headers);
    (void)snprintf(out->headers + len, sizeof(out->headers) - len, "%s: %" PRId64 "\r\n", name, value);
}

static void put_error(struct fapi_call *c, struct fapi_reply *out)
{
    char text[FAPI_DETAIL_MAX * 2];
    fapi_error_text(c, text, sizeof(text));
    eb_buffer_clear(&out->body);
    fapi_put(&out->body, "{");
    fapi_j_i64(&out->body, "code", c->code);
    fapi_j_key(&out->body, "msg");
    (void)eb_buffer_json_string(&out->body, text);
    fapi_put(&out->body, "}");
    out->status = c->status != 0 ? c->status : fapi_http_status(c->code);
}

static void finish(struct fapi_call *c, const struct fapi_cost *cost, struct fapi_reply *out)
{
    out->status = 200;
    (void)snprintf(out->headers, sizeof(out->headers), "Content-Type: application/json\r\n");
    if (c->code == 0 && out->body.failed) {
        fapi_fail(c, -1000, NULL);
        c->status = 500;
    }
    if (c->code != 0) {
        put_error(c, out);
    }
    add_header(out, "X-MBX-USED-WEIGHT-1M", fapi_limits_weight(c->f, c->peer));
    if (c->code == 0 && cost->orders_1m > 0) {
        uint32_t in_10s, in_1m;
        fapi_limits_orders(c->f, c->a, &in_10s, &in_1m);
        add_header(out, "X-MBX-ORDER-COUNT-10S", in_10s);
        add_header(out, "X-MBX-ORDER-COUNT-1M", in_1m);
    }
    if (c->retry_s > 0) {
        add_header(out, "Retry-After", c->retry_s);
    }
}

static void answer_nowhere(const struct eb_fapi_request *r, bool known, struct fapi_reply *out)
{
    if (strncmp(r->path, "/fapi/", 6) == 0) {
        char text[256];
        (void)snprintf(text, sizeof(text), "Path %.160s, Method %.16s is invalid", r->path, r->method);
        (void)snprintf(out->headers, sizeof(out->headers), "Content-Type: application/json\r\n");
        fapi_put(&out->body, "{\"code\":-5000,\"msg\":");
        (void)eb_buffer_json_string(&out->body, text);
        fapi_put(&out->body, "}");
        out->status = known ? 405 : 404;
        return;
    }
    (void)snprintf(out->headers, sizeof(out->headers), "Content-Type: text/html\r\n");
    fapi_put(&out->body, "<html><head><title>404 Not Found</title></head>"
                         "<body><center><h1>404 Not Found</h1></center></body></html>");
    out->status = 404;
}

static bool known_path(const struct fapi_api *api, const char *path)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};
    bool known = false;
    for (size_t i = 0; i < EB_COUNT(methods); i++) {
        known = known || *place_of(api, methods[i], path) != NULL;
    }
    return known;
}

void fapi_api_http(struct eb_fapi *f, const struct eb_fapi_request *r, struct fapi_reply *out)
{
    struct fapi_api *api = fapi_api_of(f);
    eb_buffer_clear(&out->body);
    out->headers[0] = '\0';
    const struct fapi_endpoint *e = *place_of(api, r->method, r->path);
    if (e == NULL) {
        answer_nowhere(r, known_path(api, r->path), out);
        return;
    }
    struct fapi_call c = {.f = f, .p = &api->params, .peer = r->peer != NULL ? r->peer : "", .out = &out->body};
    struct eb_fapi_request q = *r;
    q.query = r->query != NULL ? r->query : "";
    q.body = r->body != NULL ? r->body : "";
    q.body_len = r->body != NULL ? r->body_len : 0;
    fapi_params_clear(c.p);
    int32_t code = fapi_params_read(c.p, q.query, strlen(q.query));
    code = code == 0 ? fapi_params_read(c.p, q.body, q.body_len) : code;
    if (code != 0) {
        fapi_fail_text(&c, code,
                       code == -1101 ? "Duplicate values for a parameter detected."
                                     : "Illegal characters found in a parameter.");
    }
    fapi_auth_http(&c, (enum fapi_security)e->security, &q);
    struct fapi_cost cost = fapi_cost_of(e, c.p);
    fapi_limits_take(&c, &cost);
    if (c.code == 0) {
        e->run(&c);
    }
    finish(&c, &cost, out);
}
