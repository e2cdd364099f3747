/* SPDX-License-Identifier: Apache-2.0 */
/* What host.c and turn.c share: the host itself. Private to core/host. */
#pragma once

#include "host/queue.h"
#include <exitbrain/host.h>

#define CONSULTS_OF_TURN (2 * EB_CONSULTS_MAX) /* those of the event, and what verdicts bring of other positions */

struct eb_host {
    struct eb_engine *engine;
    struct eb_venue venue;
    struct eb_policy_port policy;
    struct eb_store_port store;
    eb_observer observer;
    void *observer_user;
    int64_t (*clock)(void *user);
    void *clock_user;

    int64_t now_ns, now_ms; /* of the turn that runs, else of the last one */
    bool running;           /* a turn runs: the sink queues */
    bool consulted;         /* the policy was asked since it was last idle */
    bool store_failed;      /* said so to the observer */
    bool appended;          /* the store was given something since it was last told to write */
    bool events_lost;       /* to be said to the observer and healed by a complete picture */
    int code;               /* first failure of a queued event in this call */
    uint32_t symbols_max;
    struct eb_turn_times times;
    struct eb_event_queue events;
    struct eb_held_queue held;

    /* Consults of the turn that runs, copied out of actions: the next step overwrites them. */
    uint32_t consult_count;
    struct eb_context consult[CONSULTS_OF_TURN];
    struct eb_verdict verdict;
    struct eb_ev_policy_failed failed;
    struct eb_actions actions;
};

/* Runs ev and its verdicts, then everything queued, within the budget of one call. The caller has set now. */
int eb_host_run(struct eb_host *h, const struct eb_event *ev);
/* Lets the store write: not before the orders of a step have left, since waking its thread may cost the processor. */
void eb_host_flush(struct eb_host *h);
/* Runs what is queued; EB_E_BUDGET when it does not end. */
int eb_host_drain(struct eb_host *h);
/* Hands out the held submits that may leave. */
void eb_host_sweep(struct eb_host *h);
/* Queues an event of a venue or of the host itself, at the turn's now. */
void eb_host_queue(struct eb_host *h, const struct eb_event *ev);
