/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small whole: the real engine in the real turn, the simulated exchange, a store in memory, and a policy in C whose
 * answers are a function of what it was asked. Same seed, same run.
 */
#pragma once

#include "base/rng.h"
#include "store/memory.h"
#include "venue/sim/sim.h"
#include <exitbrain/host.h>

#define WORLD_SYMBOLS 4

struct world_options {
    uint64_t seed;
    bool lag;         /* the store is durable only when the test says so */
    bool faults;      /* the exchange misbehaves */
    bool wild_policy; /* answers of every kind, failures among them; else one plan and then nothing new */
    struct eb_store_port other_store; /* append not NULL: instead of the store in memory */
};

struct world {
    struct world_options options;
    struct eb_rng rng;
    struct eb_sim *sim;
    struct eb_host *host;
    struct eb_memory_store *store;
    struct eb_engine_config engine_config;
    struct eb_venue_ops refuse_ops; /* see world_refuse_everything */
    int64_t now_ms;
    int64_t price_e8[WORLD_SYMBOLS];
    uint64_t exits[EB_EXIT_REASON_COUNT], episodes, alerts[EB_ALERT_COUNT], submits, steps;
};

/* Opens a world at 1,700,000,000,000 ms with its symbols introduced and nothing open. */
void world_open(struct world *w, const struct world_options *options);
void world_close(struct world *w);
/* Somebody opens a position of notional 1,000 at the market. */
void world_enter(struct world *w, eb_symbol_id symbol, enum eb_side side);
/* Moves one symbol to a price (100.00 is 1e10) or lets time pass, and runs what is due. */
void world_price(struct world *w, eb_symbol_id symbol, int64_t price_e8);
void world_wait(struct world *w, int64_t ms);
/* A random walk of all symbols with entries: n steps of 100 ms. */
void world_walk(struct world *w, int n);
/* From now on the venue port refuses every call at once (or takes them again). */
void world_refuse_everything(struct world *w, bool refuse);
/* The trades of ours at the exchange. */
unsigned world_our_trades(const struct world *w);
bool world_is_open(const struct world *w, eb_symbol_id symbol);
