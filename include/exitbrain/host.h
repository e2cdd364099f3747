/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The turn: the only caller of eb_engine_step.
 *
 *     eb_turn(host, event):  step -> journal if durable -> submits, cancels, queries to the venue
 *                            -> each consult to the policy -> its verdict as the next event -> ...
 *
 * Live, paper, replay, backtest, simulation and an embedder differ in the ports given here and never in the turn.
 */
#pragma once

#include <exitbrain/engine.h>
#include <exitbrain/venue.h>

struct eb_host;

/* Answers one consult: fills out for OK or KEEP; for anything else fills err. Called on the turn's thread. */
struct eb_policy_port {
    void *policy;
    enum eb_policy_result (*consult)(void *policy, const struct eb_context *ctx, struct eb_verdict *out,
                                     struct eb_err *err);
    void (*idle)(void *policy); /* between turns: garbage collection; may be NULL */
};

/* Remembers durable events. append returns the record's sequence number (from 1), 0 when it could not be taken. */
struct eb_store_port {
    void *store;
    uint64_t (*append)(void *store, const struct eb_event *ev, const struct eb_witness *witness, bool durable);
    uint64_t (*durable_seq)(void *store);
};

/* Hears of every step and its actions, after they were handed out: records, summaries, tests. May be NULL. */
typedef void (*eb_observer)(void *user, const struct eb_event *ev, const struct eb_actions *actions);

struct eb_host_config {
    struct eb_engine_config engine;
    struct eb_venue venue;         /* ops NULL: submits are only observed */
    struct eb_policy_port policy;  /* consult NULL: every consult fails with EB_POLICY_NONE */
    struct eb_store_port store;    /* append NULL: nothing is remembered, everything counts as durable */
    eb_observer observer;
    void *observer_user;
};

int eb_host_create(const struct eb_host_config *c, struct eb_host **out, struct eb_err *err);
void eb_host_destroy(struct eb_host *h);
struct eb_engine *eb_host_engine(struct eb_host *h);
void eb_host_set_policy(struct eb_host *h, struct eb_policy_port policy); /* between turns only */

/* Runs one event to completion. now_ns and now_ms must be set and must not run backwards. Events that the venue
 * produces during the call are queued and run before it returns. */
int eb_turn(struct eb_host *h, const struct eb_event *ev);

/* Runs CLOCK turns until no deadline is due at now. */
int eb_host_clock(struct eb_host *h, int64_t now_ns, int64_t now_ms);

/* The sink to give to a venue: events are queued while a turn runs, else they start one. user is the host. */
void eb_host_sink(void *host, const struct eb_event *ev);

/* Hands out the actions that waited for the store to become durable. */
void eb_host_release_held(struct eb_host *h);

/* Wall time of turns, measured by the clock given (NULL: not measured). */
void eb_host_set_clock(struct eb_host *h, int64_t (*now_ns)(void *user), void *user);
struct eb_turn_times {
    uint64_t turns;
    int64_t longest_ns;
    uint64_t held; /* actions that wait for the store now */
};
void eb_host_turn_times(const struct eb_host *h, struct eb_turn_times *out);
