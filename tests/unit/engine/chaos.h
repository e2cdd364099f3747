/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A venue, an operator and a policy made of chance: whatever may happen to an engine, in any order, from a seed.
 *
 *     seed -> events -> engine under test -> its submits, cancels, queries -> chance decides what becomes of them
 *
 * Every event also goes to the twins: `fold` sees durable events only, with their witnesses, and must come to the same
 * durable state; `slow` sees all, its quiet bands switched off, and must act the same.
 */
#pragma once

#include "fixture.h"

#define CHAOS_ORDERS 64
#define CHAOS_ACTIONS 512

struct chaos_actions {
    unsigned count;
    struct eb_action action[CHAOS_ACTIONS];
};

struct chaos_order {
    struct eb_order_request req;
    bool used, known, cancelled;
    uint64_t venue_id;
    int64_t filled;
};

struct chaos_leg {
    enum eb_side side;
    int64_t qty, entry;
    int64_t changed_ms;
};

struct chaos {
    struct fx *f;
    struct eb_rng rng;
    struct eb_engine *fold, *slow; /* NULL: not asked for */
    struct eb_actions *twin_out;
    struct chaos_actions with_bands, without;
    struct eb_context own_ctx;
    int64_t clock_ns;
    uint16_t last_kind;
    struct chaos_order order[CHAOS_ORDERS];
    struct chaos_leg leg[2][2]; /* what is true at the venue */
    int64_t mark[2];
    bool hedge, operators, modes, pictures, adds, signals;
    bool wants_snapshot, snapshot_open;
    bool queried[CHAOS_ORDERS];
    uint64_t command, seed;
    unsigned step, durable;
};

/* Switches of a run; everything else comes from the seed. */
struct chaos_plan {
    struct eb_engine_config config;
    bool with_fold, with_slow;
    bool hedge;     /* both legs of each symbol */
    bool operators; /* pause, resume, flatten, release ... */
    bool modes;     /* configuration events: shadow, live, legacy; sets with and without legacy owners */
    bool signals;   /* said of a symbol or of all, with and without an end */
    bool pictures;  /* snapshots, complete and broken ones */
    bool adds;      /* somebody else changes positions */
};

struct chaos *chaos_new(const struct chaos_plan *plan, uint64_t seed);
void chaos_run(struct chaos *c, unsigned steps);
void chaos_free(struct chaos *c);

/* After each step of c->f: both twins take it, and must agree. */
void chaos_follow(struct chaos *c, const struct eb_event *ev);
