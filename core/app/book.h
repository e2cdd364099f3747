/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The books of a run: every episode with its exits, what became of its levels, and whether it was decided, protected
 * and reconciled. Filled by the host's observer from actions and evidence; nothing here is asked of the engine's state
 * but evidence.
 */
#pragma once

#include <exitbrain/engine.h>

#include "base/err.h"

struct eb_book_exit {
    int64_t time_ms;
    eb_price price, level;
    eb_qty qty;
    eb_money fee;
    eb_client_id client_id;
    uint8_t reason; /* enum eb_exit_reason */
    uint8_t leg;
    int64_t r_ppm; /* of that fill, gross; meant where has_r */
    bool has_r, virtual_fill;
};

struct eb_book_episode {
    eb_position_id position;
    uint32_t episode; /* the engine's serial number */
    uint8_t side, regime;
    bool closed;
    bool adopted;
    bool decided;   /* a plan of the policy was accepted */
    bool explained; /* the engine's own word: its fills explain the whole way to flat */
    bool was_protected;
    int64_t protected_after_ms;  /* since it was seen; meant where was_protected */
    int64_t unprotected_ms;      /* the longest time without protection */
    int64_t bare_ms;             /* all of them together, but the one under way */
    uint32_t bare_times;         /* how many, with the one under way; the first is that before the first stop stood */
    int64_t unprotected_from_ms; /* of the gap that is under way; 0 none */
    char profile[EB_NAME_MAX];
    int64_t seen_ms, opened_ms, closed_ms;
    eb_price entry, initial_stop, r;
    eb_qty qty;
    struct eb_book_exit *exit; /* owned */
    size_t exit_count, exit_cap;
    struct eb_evidence last; /* at the end, or as of the last event */
    struct eb_evidence open; /* the last one while it was open: which stop was in force, what was firing */
};

struct eb_book_alert {
    int64_t time_ms;
    struct eb_alert alert;
};

#define EB_BOOK_ALERTS_MAX 1000 /* kept, the newest; all are counted */
struct eb_book {
    const struct eb_engine *engine;  /* asked for evidence */
    struct eb_book_episode *episode; /* owned, in the order in which they were seen */
    size_t count, cap;
    size_t kept_max;             /* beyond it the oldest that have ended are forgotten; 0: none is */
    uint64_t forgotten;          /* how many */
    struct eb_book_alert *alert; /* owned */
    size_t alert_count;
    uint64_t alerts[EB_ALERT_COUNT];
    bool memory_failed;
};

void eb_book_deinit(struct eb_book *b);
/* An eb_observer; user is the book. Call it after each step. */
void eb_book_observe(void *user, const struct eb_event *ev, const struct eb_actions *actions);
/* The same with the gap under way, as of now. */
void eb_book_bare(const struct eb_book_episode *ep, int64_t now_ms, int64_t *total_ms, int64_t *longest_ms);
/* The episode of a slot that is open; NULL when there is none. */
const struct eb_book_episode *eb_book_open(const struct eb_book *b, eb_position_id position);
/* Brings the open episodes up to date at the end of a run. */
void eb_book_finish(struct eb_book *b, int64_t now_ms);
