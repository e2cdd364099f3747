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

/*
 * Remembers events. Sequence numbers count durable records only, from 1, so that they agree with the engine's count of
 * durable steps whatever quiet records lie between. append copies the event, with its witness if it is durable and
 * about a symbol (else NULL), and returns the number of the last durable record (for a durable one: its own), 0 when it
 * could not be taken: that loss is final, see eb_turn_times.lost.
 */
struct eb_store_port {
    void *store;
    uint64_t (*append)(void *store, const struct eb_event *ev, const struct eb_witness *witness, bool durable);
    uint64_t (*durable_seq)(void *store); /* everything up to it would survive a loss of power; NULL: all of it */
    bool (*failed)(void *store);          /* what it took may never become durable; may be NULL */
    void (*flush)(void *store);           /* what was appended may be written now: orders have left; may be NULL */
    bool wants_quiet;                     /* append gets quiet events too, with durable = false */
};

/* Hears of every step and its actions, after they were handed out: records, summaries, tests. May be NULL. */
typedef void (*eb_observer)(void *user, const struct eb_event *ev, const struct eb_actions *actions);

struct eb_host_config {
    struct eb_engine_config engine;
    struct eb_venue venue;        /* ops NULL: submits are only observed */
    struct eb_policy_port policy; /* consult NULL: every consult fails with EB_POLICY_NONE */
    struct eb_store_port store;   /* append NULL: nothing is remembered, everything counts as durable */
    eb_observer observer;
    void *observer_user;
};

/* Creates a host and its engine, owned by the caller: all memory of later turns is taken here. EB_E_INVALID names the
 * field, EB_E_MEMORY. What the ports point at stays the caller's and must outlive the host. */
int eb_host_create(const struct eb_host_config *c, struct eb_host **out, struct eb_err *err);
/* The same around an engine that exists, usually a clone that something is tried on; on success it is the host's. Of
 * c->engine only symbols_max counts, for the sizes of queues: at least the symbols that the engine knows. */
int eb_host_create_around(const struct eb_host_config *c, struct eb_engine *engine, struct eb_host **out,
                          struct eb_err *err);
void eb_host_destroy(struct eb_host *h);
/* The engine, for questions; only the turn steps it. */
struct eb_engine *eb_host_engine(struct eb_host *h);
/* Replaces the policy; between turns only. The engine hears of it by an EB_EV_POLICY event, the caller's. */
void eb_host_set_policy(struct eb_host *h, struct eb_policy_port policy);
/* Replaces the venue port; between turns only. For venues that are made with the host's sink. */
void eb_host_set_venue(struct eb_host *h, struct eb_venue venue);

/*
 * Runs one event to completion. now_ns and now_ms must be set and must not run backwards (EB_E_INVALID, nothing is
 * run). Events that the venue produces during the call are copied, queued and run in order, at the same now, before it
 * returns; each is a turn of its own. What a venue port refuses at once is told to the engine as such an event: a
 * submit as ORDER REJECTED / EB_REJ_RETRY, a cancel as ORDER cancel_failed / EB_REJ_RETRY, a snapshot as
 * SNAPSHOT_FAILED; a query or price refused is asked again by the engine's own deadlines.
 *
 * Returns the engine's code for ev, else the first code of a queued event that the engine did not take; EB_E_FULL when
 * the queue overflowed (an event is lost: EB_ALERT_EVENTS_LOST to the observer, and a command that asks the venue for a
 * complete picture is stepped); EB_E_BUDGET when EB_TURN_CHAIN_MAX events did not end the chain: the rest waits for the
 * next call, which runs it first, and returns EB_E_BUDGET without taking ev if it again does not end.
 */
#define EB_TURN_QUEUE(symbols_max) (1024 + 8 * (symbols_max)) /* a picture of the account told within one call */
#define EB_TURN_CHAIN_MAX(symbols_max) (2 * EB_TURN_QUEUE(symbols_max)) /* and what it leads to */
int eb_turn(struct eb_host *h, const struct eb_event *ev);

/* Runs CLOCK turns until no deadline is due at now; hands out first what waited for the store. Codes of eb_turn. */
int eb_host_clock(struct eb_host *h, int64_t now_ns, int64_t now_ms);
/* The same, but at most max CLOCK turns: for a loop that reads prices in between. What is still due shows in
 * eb_engine_next_deadline(). */
int eb_host_clock_some(struct eb_host *h, int64_t now_ns, int64_t now_ms, uint32_t max);

/*
 * The sink to give to a venue; user is the host. While a turn runs, events are queued and take its now; else they start
 * one at their own now, raised to that of the last turn where they lie before it (0: unknown). Failures are counted in
 * eb_turn_times. VERDICT and POLICY_FAILED are not a venue's to say and are refused.
 */
void eb_host_sink(void *host, const struct eb_event *ev);

/*
 * Hands out the submits whose record has become durable; every turn does it too. Meanwhile they wait in order of
 * emission; a cancel of one that waits takes it back (ORDER CANCELED), a query of one is answered by the host (ORDER
 * PENDING). When the store has failed, urgent ones leave at once. What finds no room to wait, or has waited longer than
 * EB_HELD_MAX_MS, is rejected instead (ORDER REJECTED / EB_REJ_RETRY).
 */
#define EB_HELD_MAX_MS 1000 /* many group commits; within the second that absent_after_ms adds to the venue's window */
void eb_host_release_held(struct eb_host *h);

/* Wall time of turns, measured by the clock given (NULL: not measured). */
void eb_host_set_clock(struct eb_host *h, int64_t (*now_ns)(void *user), void *user);
struct eb_turn_times {
    uint64_t turns;     /* events run, queued ones and clocks included, verdicts not */
    int64_t longest_ns; /* of one of them with its verdicts */
    uint64_t held;      /* submits that wait for the store now */
    uint64_t refused;   /* events that the engine did not take, or that are not a venue's to say */
    uint64_t overflows; /* events lost because the queue was full */
    uint64_t lost;      /* durable events that the store did not take: unless 0, only urgent submits leave */
};
void eb_host_turn_times(const struct eb_host *h, struct eb_turn_times *out);
