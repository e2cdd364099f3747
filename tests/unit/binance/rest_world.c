/* SPDX-License-Identifier: Apache-2.0 */
/* See rest_world.h. */
#define _POSIX_C_SOURCE 200809L

#include "binance/rest_world.h"

#include <stdio.h>
#include <stdlib.h>

void rw_trouble(void *user, const struct eb_link_trouble *t)
{
    struct rest_world *w = user;
    char name[160];
    snprintf(name, sizeof name, " %s %s;", t->name, t->subject);
    char *at = strstr(w->troubles, name);
    if (t->raised && !at) {
        assert_true(strlen(w->troubles) + strlen(name) < sizeof w->troubles);
        memcpy(w->troubles + strlen(w->troubles), name, strlen(name) + 1);
        w->raised++;
    } else if (!t->raised && at) {
        memmove(at, at + strlen(name), strlen(at + strlen(name)) + 1);
    }
    assert_null(strstr(t->text, RW_API_KEY));
    assert_null(strstr(t->text, RW_SECRET));
}

bool rw_troubled(const struct rest_world *w, const char *name)
{
    char part[160];
    snprintf(part, sizeof part, " %s ", name);
    return strstr(w->troubles, part) != NULL;
}

static void synced(void *user, bool known)
{
    struct rest_world *w = user;
    w->synced = true;
    w->sync_known = known;
}

struct rest_world *rw_new_with(const char *secret, bool measured)
{
    struct rest_world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->web = web_double_create();
    struct eb_err err;
    assert_int_equal(eb_binance_key_make(RW_API_KEY, secret, &w->key, &err), EB_OK);
    w->c = (struct eb_binance_config){.web = web_double_port(w->web),
                                      .key = w->key,
                                      .rest = "https://rest.example",
                                      .ws_public = "wss://stream.example/public",
                                      .ws_market = "wss://stream.example/market",
                                      .ws_private = "wss://stream.example/private",
                                      .ws_api = "wss://api.example/ws-fapi/v1",
                                      .symbols_max = 2000,
                                      .recv_window_ms = 5000,
                                      .timeout_ms = 10000,
                                      .speed_ppm = 1000000,
                                      .weight_share_pct = 80,
                                      .orders_share_pct = 80,
                                      .listen_key_every_ms = 1200000,
                                      .rollover_ms = 82800000,
                                      .silent_market_ms = 10000,
                                      .silent_user_ms = 360000,
                                      .listener = {.user = w, .trouble = rw_trouble}};
    web_double_answer(w->web, "GET /fapi/v1/time", 200, "", "{\"serverTime\":$NOW}");
    assert_int_equal(bn_rest_create(&w->c, &w->rest, &err), EB_OK);
    if (measured) {
        assert_int_equal(bn_rest_sync_clock(w->rest, synced, w), EB_OK);
        web_double_run(w->web, 100);
        assert_true(w->synced && w->sync_known);
    }
    return w;
}

struct rest_world *rw_new(bool measured)
{
    return rw_new_with(RW_SECRET, measured);
}

void rw_free(struct rest_world *w)
{
    bn_rest_destroy(w->rest);
    eb_binance_key_free(w->key);
    web_double_destroy(w->web);
    free(w);
}

void rw_done(void *user, uint64_t tag, const struct bn_result *r)
{
    struct rest_world *w = user;
    assert_false(w->within);
    assert_true(w->results < RW_RESULTS);
    struct rw_result *at = &w->result[w->results++];
    *at = (struct rw_result){.tag = tag, .outcome = r->outcome, .reject = r->reject, .code = r->code, .http = r->http};
    at->at_ns = w->web->now_ns;
    assert_non_null(r->msg);
    snprintf(at->msg, sizeof at->msg, "%s", r->msg);
    snprintf(at->body, sizeof at->body, "%.*s", (int)r->len, r->body);
    assert_int_equal(r->body[r->len], 0);
    assert_null(strstr(r->msg, "signature"));
    if (w->on_done)
        w->on_done(w, tag);
}

struct bn_call rw_order(struct rest_world *w, uint64_t tag, uint8_t priority)
{
    struct bn_call call = {.method = "POST",
                           .path = "/fapi/v1/order",
                           .security = BN_SIGNED,
                           .priority = priority,
                           .orders = 1,
                           .mutating = true,
                           .done = rw_done,
                           .user = w,
                           .tag = tag};
    bn_params_init(&call.params);
    bn_param_text(&call.params, "symbol", "BTCUSDT");
    bn_param_u64(&call.params, "newClientOrderId", tag);
    return call;
}

struct bn_call rw_read(struct rest_world *w, const char *path, uint64_t tag)
{
    struct bn_call call = {.method = "GET",
                           .path = path,
                           .security = BN_SIGNED,
                           .priority = BN_PRIORITY_READ,
                           .weight = 5,
                           .done = rw_done,
                           .user = w,
                           .tag = tag};
    bn_params_init(&call.params);
    return call;
}

int rw_call(struct rest_world *w, const struct bn_call *call)
{
    struct eb_err err = {.msg = ""};
    w->within = true;
    int code = bn_rest_call(w->rest, call, &err);
    w->within = false;
    return code;
}

const struct rw_result *rw_last(const struct rest_world *w)
{
    return w->results ? &w->result[w->results - 1] : NULL;
}
