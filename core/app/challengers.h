/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Challengers: further policy sets beside the owner, on the same inputs, each with an engine of its own in SHADOW.
 *
 *     owner's observer --eb_challengers_hear--> tap --slices, after the owner's turn--> host: engine, policy
 *                                                                                   observer: tally --> ledger
 *
 * An event is stepped at its own time, however late its turn comes, so that what a challenger decides does not depend
 * on how busy the machine is; where the exchange waits for us it is stepped before the answer. Nothing of a challenger
 * leaves it: no venue, no journal; a restart begins it anew.
 */
#pragma once

#include "app/challenger_spec.h"
#include "app/ledger.h"
#include "app/policy_args.h"
#include "base/log.h"
#include "net/loop.h"
#include <exitbrain/engine.h>

#define EB_CHALLENGERS_SLICE_NS INT64_C(500000) /* no turn of theirs begins later than this after the slice began */

struct eb_challengers;
struct eb_challengers_config {
    struct eb_loop *loop;
    const struct eb_log *log;
    const char *text;                      /* policy.challengers */
    const struct eb_policy_choice *choice; /* the owner's: library and profile; borrowed for the lifetime */
    const struct eb_engine_config *engine; /* the owner's */
    struct eb_ledger *ledger;              /* outlives them */
};
/* Opens every set; *out NULL where text names none. EB_E_INVALID, or what eb_policy_open() says, with the name. */
EB_NODISCARD int eb_challengers_open(const struct eb_challengers_config *c, struct eb_challengers **out,
                                     struct eb_err *err);
/* NULL is fine. Not within a turn. */
void eb_challengers_close(struct eb_challengers *c);

/* In the owner's observer: takes a copy of what concerns them. Nothing is run. */
void eb_challengers_hear(struct eb_challengers *c, const struct eb_event *ev, const struct eb_actions *actions);
/* The owner has run what was due at this time; they may as well, once they have come so far. */
void eb_challengers_clock(struct eb_challengers *c, int64_t now_ns, int64_t now_ms);
/* Whether the exchange waits for us: then nothing is merged, and whoever says so runs them before it answers. */
void eb_challengers_pace(struct eb_challengers *c, bool lockstep);
/* Runs all that waits; busy_only: only where more than half of the room is taken. Not within a turn. */
void eb_challengers_run(struct eb_challengers *c, bool busy_only);
/* Runs until nothing waits or the time is over; whether something still waits. Slices by themselves do this. */
bool eb_challengers_slice(struct eb_challengers *c, int64_t budget_ns);
/* The earliest deadline of those that have caught up, INT64_MAX none. */
int64_t eb_challengers_deadline(const struct eb_challengers *c);

/* What a challenger's reload came to. */
struct eb_challenger_report {
    bool done, unchanged;
    char name[EB_NAME_MAX];
    char hash[2 * EB_HASH_SIZE + 1], hash_before[2 * EB_HASH_SIZE + 1];
    char message[480]; /* why not */
};
/*
 * Opens the set of one challenger anew on a worker, from dir (NULL: where it was), with the same settings, and swaps it
 * in between slices. told once, later or at once. Episodes that are open then count as partial.
 */
void eb_challengers_reload(struct eb_challengers *c, const char *name, const char *dir,
                           void (*told)(void *user, const struct eb_challenger_report *r), void *user);

struct eb_challenger_view {
    const char *name, *dir, *policy, *version; /* borrowed until the next reload */
    char hash[2 * EB_HASH_SIZE + 1];
    uint64_t consults, failures; /* of this set */
    uint64_t waiting;            /* events that it has not come to */
    uint64_t overflows, refused; /* times that it was so far behind that events were lost; events not taken */
    unsigned open;               /* episodes */
    unsigned quarantines;
    char failure[EB_REASON_MAX]; /* the last one; "" none */
    char failure_symbol[EB_SYMBOL_MAX];
};
unsigned eb_challengers_count(const struct eb_challengers *c); /* c NULL: 0 */
void eb_challengers_view(const struct eb_challengers *c, unsigned index, struct eb_challenger_view *out);
