/* SPDX-License-Identifier: Apache-2.0 */
/* REST over a scripted web: a key, a configuration, what calls ended with, and the troubles that stand. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "binance/web_double.h"
#include "venue/binance/rest_inner.h"

#define RW_RESULTS 600
struct rw_result {
    uint64_t tag;
    uint8_t outcome, reject;
    int32_t code;
    int http;
    char msg[256], body[512];
    int64_t at_ns;
};
struct rest_world {
    struct web_double *web;
    struct eb_binance_key *key;
    struct eb_binance_config c;
    struct bn_rest *rest;
    struct rw_result result[RW_RESULTS]; /* in order of their coming */
    size_t results;
    char troubles[1024]; /* names of those that stand, " name subject" each */
    unsigned raised;
    bool within; /* a call is being made: nothing may be told */
    void (*on_done)(struct rest_world *w, uint64_t tag);
    bool synced, sync_known;
};
#define RW_API_KEY "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
#define RW_SECRET "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
/* A world whose clock is answered; measured: it is known when this returns. */
struct rest_world *rw_new(bool measured);
struct rest_world *rw_new_with(const char *secret, bool measured);
void rw_free(struct rest_world *w);
/* "POST /fapi/v1/order" as a signed order with symbol=TAG..., or a signed read. */
struct bn_call rw_order(struct rest_world *w, uint64_t tag, uint8_t priority);
struct bn_call rw_read(struct rest_world *w, const char *path, uint64_t tag);
int rw_call(struct rest_world *w, const struct bn_call *call);
const struct rw_result *rw_last(const struct rest_world *w); /* NULL none */
bool rw_troubled(const struct rest_world *w, const char *name);
void rw_trouble(void *user, const struct eb_link_trouble *t);
void rw_done(void *user, uint64_t tag, const struct bn_result *r);
