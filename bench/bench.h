/* SPDX-License-Identifier: Apache-2.0 */
/* What the benches share: clocks, a way to print, and an engine with many positions that a plan protects. */
#pragma once

#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <exitbrain/host.h>

#include "base/rng.h"

static inline int64_t bench_clock_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline int bench_compare_i64(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Value at quantile num/den of n sorted values. */
static inline int64_t bench_quantile(const int64_t *sorted, size_t n, size_t num, size_t den)
{
    size_t at = n * num / den;
    return sorted[at < n ? at : n - 1];
}

static inline struct eb_event bench_event(enum eb_event_kind kind, eb_symbol_id symbol, int64_t now_ms)
{
    struct eb_event ev;
    memset(&ev, 0, sizeof ev);
    ev.kind = (uint16_t)kind;
    ev.symbol = symbol;
    ev.position = EB_NO_POSITION;
    ev.now_ms = now_ms;
    ev.now_ns = now_ms * 1000000;
    return ev;
}

static inline struct eb_event bench_price(eb_symbol_id symbol, int64_t now_ms, int64_t e8)
{
    struct eb_event ev = bench_event(EB_EV_PRICE, symbol, now_ms);
    ev.u.price.source = EB_SRC_MARK;
    ev.u.price.price.e8 = e8;
    ev.u.price.ask.e8 = e8;
    ev.u.price.min.e8 = e8;
    ev.u.price.max.e8 = e8;
    return ev;
}

/* One symbol at 100, tick 0.01, step 0.001. */
void bench_instrument(struct eb_ev_instrument *out, unsigned number);
/* A scripted policy: stop 2 %, three legs, trailing, once; later it keeps the plan. */
enum eb_policy_result bench_policy(void *policy, const struct eb_context *ctx, struct eb_verdict *out,
                                   struct eb_err *err);
/* A host with n symbols and one open, planned LONG of each; dies with a message when it cannot. */
struct eb_host *bench_world(unsigned n, bool bars, struct eb_policy_port policy);

#define BENCH_START_MS INT64_C(1700000000000)
