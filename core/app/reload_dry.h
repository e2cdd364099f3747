/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dry run of a reload: what a policy set would make of every open position, on a clone of the engine.
 *
 *     clone --look--> now;   clone of it --run(set in force)--> old;   clone --run(candidate)--> next
 *     now, old, next --compare--> changes: next against now; what old does as well is marked, and not counted
 *
 * A run is turns like any other, but without a venue: submits are only observed. It asks every position once as a
 * reload does, and once more a cycle later at the same prices: a set may answer "reload" with nothing, and then act.
 */
#pragma once

#include <stdatomic.h>

#include "app/reload.h"
#include "policy/policy.h"

struct eb_dry_level {
    uint8_t kind, leg; /* kind EB_STOP_NONE and leg 0: the stop that is parked */
    bool pending, parked, hit;
    bool fires; /* its order is on the way */
    eb_price price;
    eb_qty qty;
};
/* One position as far as a reload may change it. */
struct eb_dry_picture {
    bool open;
    eb_qty qty;
    eb_price r;
    char owner[EB_NAME_MAX]; /* who of the set answers; "" nobody has said */
    uint32_t stale;          /* verdicts that found no fresh price, so far */
    unsigned level_count;
    struct eb_dry_level level[EB_EVIDENCE_LEVELS_MAX];
};
/* What one run did with it. */
struct eb_dry_answer {
    struct eb_dry_picture after;
    bool asked, fails, closes, asks;
    eb_qty closed; /* sent to close, or closed in shadow */
};
struct eb_dry_position {
    eb_position_id id;
    char symbol[EB_SYMBOL_MAX];
    uint8_t side;
    bool expected;               /* the policy would be asked about it; else: */
    bool released, firing;       /* neither: it has another owner */
    eb_price entry, price, tick; /* price: by which levels are judged, 0 unknown */
    struct eb_dry_picture now;
    struct eb_dry_answer old, next;
};
struct eb_dry {
    struct eb_dry_position *position; /* owned: the open ones, by id */
    uint32_t count;
    uint32_t *place; /* owned: by position id, UINT32_MAX where none is open */
    uint32_t slots;
    int64_t now_ms;
    int64_t again_ms; /* when everybody is asked once more; 0 until the first run has found out */
    bool paused;
};
/* The first failure of the candidate that the set in force does not share. */
struct eb_dry_problem {
    unsigned count; /* positions that have one */
    eb_position_id position;
    bool refused; /* the engine refused a verdict; else decide(ctx) failed */
    char text[400];
};

/* Looks at every open position of e. eb_dry_close() in every case. EB_E_MEMORY. */
EB_NODISCARD int eb_dry_open(struct eb_dry *d, const struct eb_engine *e, int64_t now_ms, struct eb_err *err);
void eb_dry_close(struct eb_dry *d);
/* Runs a set on an engine, which it takes in any case, into the old or the next answers. problem may be NULL. stop: set
 * by another thread, no policy is asked any more. EB_E_MEMORY, or what a turn said. */
EB_NODISCARD int eb_dry_run(struct eb_dry *d, struct eb_engine *e, struct eb_policy *policy, bool candidate,
                            struct eb_dry_problem *problem, const atomic_bool *stop, struct eb_err *err);
/* The level of that kind, leg and pending, or eb_dry_no_level, which has no price. */
extern const struct eb_dry_level eb_dry_no_level;
const struct eb_dry_level *eb_dry_level_of(const struct eb_dry_picture *p, const struct eb_dry_level *key);
/* Price, quantity, and whether it is parked or hit. */
bool eb_dry_same_level(const struct eb_dry_level *a, const struct eb_dry_level *b);
/* Whether the policy could not be asked, or its levels not be judged. */
bool eb_dry_untried(const struct eb_dry_position *p);
/* Whether a run closes the whole of it. */
bool eb_dry_gone(const struct eb_dry_position *p, const struct eb_dry_answer *a);
/* Fills the figures and changes of a report. */
void eb_dry_compare(const struct eb_dry *d, struct eb_reload_report *out);
