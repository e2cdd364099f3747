/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the reload share with each other and with nobody else. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "app/reload.h"

#define EB_RELOAD_BANNED 8 /* hashes that were rolled back and are not loaded by themselves, the newest */

/* A set in memory: in force, or kept for a roll back. */
struct eb_reload_set {
    struct eb_policy *policy;
    struct eb_policy_choice choice;
    struct eb_ev_policy event;
};

/* A request with strings of its own. */
struct eb_reload_wanted {
    uint8_t cause;
    char dir[EB_SHARE_PATH_MAX]; /* "": that of the staged candidate which confirm names, else of the set in force */
    char confirm[2 * EB_HASH_SIZE + 1]; /* lower case; "" none */
    char who[EB_NAME_MAX], why[EB_REASON_MAX];
    struct eb_plan_view view;
    void (*done)(void *user, const struct eb_reload_report *report);
    void *user;
};

/* ---- one trial, reload_job.c: its two halves run on a worker, between them and after them the loop's thread has it */

#define EB_RELOAD_EXCUSED_MAX 64
struct eb_reload_job {
    struct eb_reload *owner; /* NULL: it is gone, and so is whoever waits for an answer */
    struct eb_reload_wanted wanted;
    struct eb_policy_choice choice;
    struct eb_reload_report report; /* outcome is valid once settled */
    bool settled;

    /* as things were when it began; when they are not so any more at its end, it is done anew */
    uint8_t in_force[EB_HASH_SIZE];
    uint64_t generation;
    bool live;
    unsigned tries;

    struct eb_policy *candidate; /* owned */
    struct eb_policy *twin;      /* owned: the set in force, not built */
    struct eb_plan *plan;        /* owned: of EB_RELOAD_PLAN; NULL none */
    struct eb_engine *clone;     /* owned */
    struct eb_engine *room;      /* owned: for the clone, made by the worker; NULL none */
    struct eb_engine_config room_config;
    uint32_t room_symbols; /* 0: there was no engine */
    int64_t now_ms;
    eb_position_id excused[EB_RELOAD_EXCUSED_MAX]; /* fail under the set in force too */
    unsigned excused_count;
    uint8_t banned[EB_RELOAD_BANNED][EB_HASH_SIZE];
    int64_t began_ns;

    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool working; /* guarded by lock: a worker has it */
    atomic_bool stop;
};
/* NULL: no memory. */
struct eb_reload_job *eb_reload_job_create(void);
/* Frees it with all that it owns. */
void eb_reload_job_destroy(struct eb_reload_job *j);
/* Reads, builds, tries in a quiet market: settled, or a candidate that is to be tried on positions. */
void eb_reload_job_build(struct eb_reload_job *j);
/* The dry run on j->clone against j->twin (both NULL: there is no engine): always settled. */
void eb_reload_job_try(struct eb_reload_job *j);
/* Sets the outcome and its message. */
void eb_reload_job_settle(struct eb_reload_job *j, enum eb_reload_outcome outcome, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- what is watched after a swap, reload_probation.c */

struct eb_probation {
    bool on, failed;
    unsigned limit, failures;
    int64_t until_ms;
    uint32_t slots;
    uint8_t *asked;  /* owned: consults since the swap by position, EXCUSED where failures do not count */
    char first[240]; /* what the first of them said, and of which position */
};
/* Begins; symbols beyond those known now count as never asked. Without memory every failure counts. */
void eb_probation_begin(struct eb_probation *p, const struct eb_reload_job *j, uint32_t symbols, unsigned limit,
                        int64_t now_ms);
void eb_probation_end(struct eb_probation *p);
/* True when the limit was reached by this step; once. e names positions, may be NULL. */
bool eb_probation_hear(struct eb_probation *p, const struct eb_engine *e, const struct eb_event *ev,
                       const struct eb_actions *actions);

/* ---- the reload itself */

struct eb_reload {
    struct eb_reload_config c;
    struct eb_reload_set now, before[EB_RELOAD_KEPT]; /* before: the last one is the newest */
    unsigned before_count;
    uint64_t generation; /* of the set in force */
    struct eb_reload_job *job;
    struct eb_reload_wanted waiting[EB_RELOAD_WAITING_MAX];
    unsigned waiting_count;
    struct eb_reload_report staged, last;
    bool has_staged, has_last;
    uint8_t banned[EB_RELOAD_BANNED][EB_HASH_SIZE];
    unsigned banned_next;
    struct eb_probation probation;
    struct eb_wake *failed; /* the probation is over, and it did not go well */
    struct eb_watch *watch;
    char watched[EB_SHARE_PATH_MAX];
};

static inline void eb_reload_text_copy(char *out, size_t room, const char *text)
{
    (void)snprintf(out, room, "%s", text != NULL ? text : "");
}

/* reload_swap.c: the set in force, and the way back */
void eb_reload_fill_event(struct eb_reload_set *set, const char *who, const char *why);
void eb_reload_watch(struct eb_reload *r);
void eb_reload_swap_in(struct eb_reload *r, struct eb_reload_job *j);
/* Of the wake-up that a failed probation sends; user is the reload. */
void eb_reload_probation_failed(void *user);

/* reload.c: reports */
void eb_reload_begin_report(const struct eb_reload *r, struct eb_reload_report *p, const char *who, const char *why);
/* Logs, and tells whoever listens. */
void eb_reload_tell(struct eb_reload *r, const struct eb_reload_report *p);
