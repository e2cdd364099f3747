/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reload of policies, a transaction beside a running engine.
 *
 *     saved file | SIGHUP | command --> worker: read once, build, self test, quiet-market trial, hash
 *        --> clone of the engine --> worker: dry run of every open position --> difference, position by position
 *        --> refused | staged | swapped between turns --> watched --> rolled back
 *
 * The old set stays on any failure, and comes back by itself if the new one fails in its first cycles. What a saved
 * file may do without a person is in semantics 8: in LIVE only if nothing would be parked or closed, no stop moves and
 * no level moves more than 0.25 R. What the set in force would do as well at this moment is shown, and not counted.
 *
 * Everything here is called on the loop's thread. A set belongs to one thread at a time: a candidate is the worker's
 * until its trial is over, and the set in force is tried against through a twin of its own.
 */
#pragma once

#include "app/doc.h"
#include "app/policy_args.h"
#include "base/log.h"
#include "net/loop.h"
#include <exitbrain/engine.h>
#include <exitbrain/policy.h>

#define EB_RELOAD_CHANGES_MAX 64 /* kept in a report; all are counted */
#define EB_RELOAD_LEVEL_R_PPM 250000
#define EB_RELOAD_KEPT 3           /* sets before the one in force that are kept for a roll back */
#define EB_RELOAD_WAITING_MAX 8    /* requests that wait for a trial under way; what comes then is EB_RELOAD_BUSY */
#define EB_RELOAD_WATCHED_ASKS 4   /* consults of each position after a swap whose failures count: its own, 3 cycles */
#define EB_RELOAD_WATCH_MS 300000  /* venue time after a swap in which they count */
#define EB_RELOAD_CONFIRM_DIGITS 8 /* of the hash, at least, to confirm it */

enum eb_reload_cause { EB_RELOAD_SAVED = 0, EB_RELOAD_SIGHUP, EB_RELOAD_COMMAND, EB_RELOAD_PLAN };
enum eb_reload_outcome {
    EB_RELOAD_UNCHANGED = 0, /* the same bytes and settings as the set in force */
    EB_RELOAD_REFUSED,       /* message says file:line or why; the old set stays */
    EB_RELOAD_STAGED,        /* waits for `reload --confirm HASH` */
    EB_RELOAD_SWAPPED,
    EB_RELOAD_ROLLED_BACK, /* by hand, or since the new set failed: message says which */
    EB_RELOAD_PLANNED,     /* only asked what would change */
    EB_RELOAD_BUSY,        /* too many requests wait for a trial under way */
    EB_RELOAD_OUTCOME_COUNT
};
const char *eb_reload_outcome_name(enum eb_reload_outcome o);

/* One level of one position before and after. */
struct eb_reload_change {
    eb_position_id position;
    char symbol[EB_SYMBOL_MAX];
    uint8_t side;
    uint8_t kind;           /* enum eb_stop_kind for stops, EB_STOP_NONE for a leg */
    uint8_t leg;            /* 0 for stops */
    eb_price before, after; /* 0: not there */
    eb_qty qty_before, qty_after;
    int64_t moved_r_ppm; /* |after - before| in R; 0 where either is missing */
    bool pending;        /* kind TRAIL that has not started: the price is the one at which it would */
    bool parked;         /* would be parked */
    bool closes;         /* the whole entry: the position is closed down to qty_after, at once */
    bool asks;           /* the whole entry: the policy wants to close, but a person must confirm: it was found open */
    bool anyway;         /* the set in force would do the same now: not counted below */
};
struct eb_plan;
struct eb_reload_report {
    uint8_t outcome; /* enum eb_reload_outcome */
    uint8_t cause;
    char hash[2 * EB_HASH_SIZE + 1]; /* of the candidate; "" unknown */
    char hash_before[2 * EB_HASH_SIZE + 1];
    char name[EB_NAME_MAX], version[EB_NAME_MAX];
    char dir[EB_SHARE_PATH_MAX];               /* where the candidate was read */
    char message[480];                         /* REFUSED: what, where, what to do; STAGED: why; else "" */
    char who[EB_NAME_MAX], why[EB_REASON_MAX]; /* who "": a set that was taken back by itself */
    bool needs_confirmation;
    unsigned positions; /* open ones that the policy is asked about */
    unsigned untried;   /* of them: not asked, or without a fresh price to judge its levels by */
    unsigned failing;   /* of them: the candidate fails as the set in force does (else it is REFUSED) */
    unsigned change_count, changed_positions;
    /* What needs confirmation: levels parked, stops that move, appear or go, other levels that move more than 0.25 R,
     * appear or go, positions closed or reduced. */
    unsigned parked, stops_moved, levels_moved, closes;
    struct eb_reload_change change[EB_RELOAD_CHANGES_MAX];
    int64_t at_ms, took_ns;
    const struct eb_plan *plan; /* PLANNED on positions: all of it (plan.h), while it is told; else NULL */
};

struct eb_reload;
struct eb_reload_config {
    struct eb_loop *loop;
    const struct eb_policy_choice *choice; /* the set to begin with; borrowed for the lifetime */
    const struct eb_log *log;
    bool watch;       /* saved files reload by themselves */
    int64_t quiet_ms; /* after the last change; 0: 200 */
    /* Failed consults within the first cycles after a swap that bring the old set back; 0: 3. */
    unsigned trial_failures;
    void *user;
    /* The live one, to be cloned; NULL: not there now. Then nothing is tried on positions: staged in LIVE. */
    const struct eb_engine *(*engine)(void *user);
    bool (*live)(void *user);      /* orders leave */
    int64_t (*now_ms)(void *user); /* venue time; its now_ns is taken to be now_ms * 1,000,000 */
    /* The set in force is this one from now on: set the port, then step the POLICY event. Not called within a turn. */
    void (*swap)(void *user, struct eb_policy *policy, const struct eb_ev_policy *event);
    /* Whatever became of a trial or roll back: many have nobody who waits for them. */
    void (*told)(void *user, const struct eb_reload_report *report);
};
/* Opens the first set, owned by the reload. EB_E_SCRIPT ... as eb_policy_open(). */
EB_NODISCARD int eb_reload_create(const struct eb_reload_config *c, struct eb_reload **out, struct eb_err *err);
/* Waits for a trial under way. Requests that were not answered are forgotten: their done is not called. NULL is
 * fine. */
void eb_reload_destroy(struct eb_reload *r);
/* The set in force, and the event that announces it. */
struct eb_policy *eb_reload_policy(const struct eb_reload *r);
void eb_reload_event(const struct eb_reload *r, struct eb_ev_policy *out);

/* How a plan is to be shown: the worker writes its pages, the loop's thread only sends them. */
struct eb_plan_view {
    bool all; /* every level of every position */
    bool colour, no_text, no_doc;
    unsigned columns; /* 0: as wide as it is */
};
struct eb_reload_request {
    uint8_t cause;       /* enum eb_reload_cause */
    const char *dir;     /* NULL: the directory of the set in force */
    const char *confirm; /* hash (or its first 8 digits or more) of the staged candidate; NULL */
    const char *who, *why;
    struct eb_plan_view view;                                        /* of EB_RELOAD_PLAN */
    void (*done)(void *user, const struct eb_reload_report *report); /* once, later or at once; may be NULL */
    void *user;
};
/*
 * Begins a trial, or lets it wait for one under way (saved files and SIGHUP that wait become one); its report goes to
 * told and done. With confirm, what the files are now must have that hash: then it is tried anew, because positions
 * have moved since, and swapped whatever it moves; else it is REFUSED, the files have changed. The strings are copied.
 */
void eb_reload_try(struct eb_reload *r, const struct eb_reload_request *q);
/* Back to the set before, which is kept in memory. EB_RELOAD_REFUSED when there is none. */
void eb_reload_rollback(struct eb_reload *r, const char *who, const char *why, struct eb_reload_report *out);
/* The staged candidate's report, or NULL. */
const struct eb_reload_report *eb_reload_staged(const struct eb_reload *r);
/* The last report of a trial (EB_RELOAD_PLAN apart) or of a roll back that was done, or NULL. */
const struct eb_reload_report *eb_reload_last(const struct eb_reload *r);
bool eb_reload_busy(const struct eb_reload *r);
/* Hears of every step: counts failed consults after a swap. Acts from a callback of the loop, never here. */
void eb_reload_observe(struct eb_reload *r, const struct eb_event *ev, const struct eb_actions *actions);
/* Whether the directory of the set in force is watched now (config.watch, and the system lets us). */
bool eb_reload_watching(const struct eb_reload *r);

/* For people: what became of it, why, and a table of what changes. */
void eb_reload_text(const struct eb_reload_report *report, bool colour, struct eb_buffer *out);
/* For programs: elements of the object that is open. */
void eb_reload_doc(const struct eb_reload_report *report, struct eb_doc *d);
