/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two bounded queues of a host: events that venues produced while a turn ran, and submits that wait for the store.
 * Both take their memory at creation; an idle one touches only its first slots, however large it is.
 */
#pragma once

#include "base/err.h"
#include <exitbrain/engine.h>

/* An event with whatever it points at, so that it outlives the call that brought it. */
struct eb_queued_event {
    struct eb_event ev;
    union {
        struct eb_ev_instrument instrument;
        struct eb_ev_position position;
        struct eb_ev_command command;
        struct eb_ev_policy policy;
        struct eb_ev_signal signal;
    } payload;
};
struct eb_event_queue {
    struct eb_queued_event *slot;
    uint32_t capacity, head, count;
};

EB_NODISCARD int eb_event_queue_init(struct eb_event_queue *q, uint32_t capacity, struct eb_err *err);
void eb_event_queue_deinit(struct eb_event_queue *q);
/* Copies ev with its payload and without its witness. EB_OK; EB_E_FULL; EB_E_INVALID for a kind whose payload is not
 * copied (VERDICT, POLICY_FAILED), is missing, or that is none. */
EB_NODISCARD int eb_event_queue_push(struct eb_event_queue *q, const struct eb_event *ev);
/* The oldest event or NULL. It stays in place, pushes included, until dropped. */
struct eb_event *eb_event_queue_peek(struct eb_event_queue *q);
void eb_event_queue_drop(struct eb_event_queue *q);

struct eb_held_order {
    struct eb_order_request order;
    int64_t since_ns; /* when it began to wait */
};
struct eb_held_queue {
    struct eb_held_order *slot; /* in order of emission */
    uint32_t capacity, count;
};

EB_NODISCARD int eb_held_queue_init(struct eb_held_queue *q, uint32_t capacity, struct eb_err *err);
void eb_held_queue_deinit(struct eb_held_queue *q);
/* EB_OK or EB_E_FULL. */
EB_NODISCARD int eb_held_queue_push(struct eb_held_queue *q, const struct eb_order_request *order, int64_t now_ns);
bool eb_held_queue_has(const struct eb_held_queue *q, eb_client_id id);
bool eb_held_queue_remove(struct eb_held_queue *q, eb_client_id id); /* false: it was not there */
struct eb_held_limit {
    uint64_t durable_seq; /* orders that need no more may leave */
    bool urgent;          /* so may urgent ones, whatever they need */
    int64_t too_old_ns;   /* and none that has waited since before then waits on */
};
/* Takes out, in order, every order that may leave or has waited too long and gives it to leave(), which must not touch
 * the queue. */
void eb_held_queue_sweep(struct eb_held_queue *q, const struct eb_held_limit *limit,
                         void (*leave)(void *user, const struct eb_held_order *held), void *user);
