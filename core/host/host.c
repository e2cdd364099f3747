/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host from outside: creation, the doors of the turn (an event, the clock, a venue's sink, the store's progress),
 * and its figures. What happens inside a turn is in turn.c.
 */
#include "host/inner.h"

#include <stdlib.h>

/* Submits in the time of one group commit. */
#define HELD_BASE 512
#define HELD_PER_SYMBOL 2
/* Both legs of a symbol have a handful of deadlines each: far more clocks than that is an engine that does not move
 * its deadlines. */
#define CLOCKS_BASE 4096
#define CLOCKS_PER_SYMBOL 32

static int check_config(const struct eb_host_config *c, struct eb_err *err)
{
    const struct eb_venue_ops *ops = c->venue.ops;
    if (ops != NULL && (!ops->submit || !ops->cancel || !ops->query || !ops->snapshot || !ops->refresh_price)) {
        return eb_err_set(err, EB_E_INVALID, "host.create", "venue.ops: every function must be given");
    }
    if (c->store.append == NULL && c->store.durable_seq != NULL) {
        return eb_err_set(err, EB_E_INVALID, "host.create", "store.append: missing beside durable_seq");
    }
    return EB_OK;
}

static int create_queues(struct eb_host *h, uint32_t symbols, struct eb_err *err)
{
    h->symbols_max = symbols;
    int rc = eb_event_queue_init(&h->events, EB_TURN_QUEUE(symbols), err);
    return rc != EB_OK ? rc : eb_held_queue_init(&h->held, HELD_BASE + HELD_PER_SYMBOL * symbols, err);
}

/* The engine is the host's on success only. */
static int create(const struct eb_host_config *c, struct eb_engine *engine, struct eb_host **out, struct eb_err *err)
{
    struct eb_host *h = calloc(1, sizeof(*h));
    if (h == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "host.create", "no memory for %zu bytes", sizeof(*h));
    }
    h->venue = c->venue;
    h->policy = c->policy;
    h->store = c->store;
    h->observer = c->observer;
    h->observer_user = c->observer_user;
    h->now_ns = INT64_MIN;
    h->now_ms = INT64_MIN;
    int rc = create_queues(h, c->engine.symbols_max, err);
    if (rc != EB_OK) {
        eb_host_destroy(h);
        return rc;
    }
    h->engine = engine;
    *out = h;
    return EB_OK;
}

int eb_host_create(const struct eb_host_config *c, struct eb_host **out, struct eb_err *err)
{
    struct eb_engine *engine;
    *out = NULL;
    int rc = check_config(c, err);
    rc = rc == EB_OK ? eb_engine_create(&c->engine, &engine, err) : rc; /* before the queues: it checks symbols_max */
    if (rc != EB_OK) {
        return rc;
    }
    rc = create(c, engine, out, err);
    if (rc != EB_OK) {
        eb_engine_destroy(engine);
    }
    return rc;
}

int eb_host_create_around(const struct eb_host_config *c, struct eb_engine *engine, struct eb_host **out,
                          struct eb_err *err)
{
    *out = NULL;
    int rc = check_config(c, err);
    if (rc == EB_OK && (c->engine.symbols_max == 0 || c->engine.symbols_max < eb_engine_symbol_count(engine))) {
        rc = eb_err_set(err, EB_E_INVALID, "host.create", "engine.symbols_max = %u: the engine knows %u symbols",
                        c->engine.symbols_max, eb_engine_symbol_count(engine));
    }
    return rc == EB_OK ? create(c, engine, out, err) : rc;
}

void eb_host_destroy(struct eb_host *h)
{
    if (h == NULL) {
        return;
    }
    EB_ASSERT(!h->running);
    eb_held_queue_deinit(&h->held);
    eb_event_queue_deinit(&h->events);
    eb_engine_destroy(h->engine);
    free(h);
}

struct eb_engine *eb_host_engine(struct eb_host *h)
{
    return h->engine;
}

void eb_host_set_policy(struct eb_host *h, struct eb_policy_port policy)
{
    EB_ASSERT(!h->running);
    h->policy = policy;
}

void eb_host_set_venue(struct eb_host *h, struct eb_venue venue)
{
    EB_ASSERT(!h->running);
    h->venue = venue;
}

/* Opens a call at its now; false when time would run backwards. */
static bool begin(struct eb_host *h, int64_t now_ns, int64_t now_ms)
{
    EB_ASSERT(!h->running); /* ports and observers must not call back into the turn: they have the sink */
    if (now_ns < h->now_ns || now_ms < h->now_ms) {
        return false;
    }
    h->now_ns = now_ns;
    h->now_ms = now_ms;
    h->running = true;
    h->code = EB_OK;
    return true;
}

static void end(struct eb_host *h)
{
    h->running = false;
    eb_host_flush(h);
    if (h->consulted && h->policy.idle != NULL) {
        h->policy.idle(h->policy.policy);
    }
    h->consulted = false;
}

int eb_turn(struct eb_host *h, const struct eb_event *ev)
{
    if (!begin(h, ev->now_ns, ev->now_ms)) {
        return EB_E_INVALID;
    }
    eb_host_sweep(h);
    int rc = eb_host_drain(h); /* what releasing brought, or an earlier call left */
    if (rc == EB_OK) {
        rc = eb_host_run(h, ev);
        int rest = eb_host_drain(h);
        rc = rc != EB_OK ? rc : rest;
    }
    end(h);
    return rc != EB_OK ? rc : h->code;
}

int eb_host_clock_some(struct eb_host *h, int64_t now_ns, int64_t now_ms, uint32_t max)
{
    if (!begin(h, now_ns, now_ms)) {
        return EB_E_INVALID;
    }
    eb_host_sweep(h);
    int rc = eb_host_drain(h);
    while (rc == EB_OK && max > 0 && eb_engine_next_deadline(h->engine) <= now_ns) {
        max--;
        const struct eb_event ev = {.kind = EB_EV_CLOCK,
                                    .now_ns = now_ns,
                                    .now_ms = now_ms,
                                    .symbol = EB_NO_SYMBOL,
                                    .position = EB_NO_POSITION};
        rc = eb_host_run(h, &ev);
        int rest = eb_host_drain(h);
        rc = rc != EB_OK ? rc : rest;
    }
    end(h);
    return rc != EB_OK ? rc : h->code;
}

int eb_host_clock(struct eb_host *h, int64_t now_ns, int64_t now_ms)
{
    uint32_t most = CLOCKS_BASE + CLOCKS_PER_SYMBOL * h->symbols_max;
    int rc = eb_host_clock_some(h, now_ns, now_ms, most);
    EB_ASSERT(rc != EB_OK || eb_engine_next_deadline(h->engine) > now_ns);
    return rc;
}

void eb_host_sink(void *host, const struct eb_event *ev)
{
    struct eb_host *h = host;
    if (h->running) {
        eb_host_queue(h, ev);
        return;
    }
    (void)begin(h, ev->now_ns > h->now_ns ? ev->now_ns : h->now_ns, ev->now_ms > h->now_ms ? ev->now_ms : h->now_ms);
    eb_host_sweep(h);
    eb_host_queue(h, ev);
    (void)eb_host_drain(h); /* refusals are counted; what a budget leaves is run by the next call */
    end(h);
}

void eb_host_release_held(struct eb_host *h)
{
    if (h->held.count == 0) {
        return;
    }
    (void)begin(h, h->now_ns, h->now_ms);
    eb_host_sweep(h);
    (void)eb_host_drain(h);
    end(h);
}

void eb_host_set_clock(struct eb_host *h, int64_t (*now_ns)(void *user), void *user)
{
    h->clock = now_ns;
    h->clock_user = user;
}

void eb_host_turn_times(const struct eb_host *h, struct eb_turn_times *out)
{
    *out = h->times;
    out->held = h->held.count;
}
