/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queues of a host. The event queue is a ring of equal slots: a few bytes wasted on small events buy that an event
 * never moves while it is being run. It starts again at slot 0 whenever it is empty, so that a large one stays warm.
 */
#include "host/queue.h"

#include <stdlib.h>
#include <string.h>

int eb_event_queue_init(struct eb_event_queue *q, uint32_t capacity, struct eb_err *err)
{
    EB_ASSERT(capacity > 0);
    *q = (struct eb_event_queue){.capacity = capacity};
    q->slot = malloc((size_t)capacity * sizeof(*q->slot)); /* not zeroed: pages that are never used are never touched */
    return q->slot != NULL ? EB_OK : eb_err_set(err, EB_E_MEMORY, "host.create", "no memory for %u events", capacity);
}

void eb_event_queue_deinit(struct eb_event_queue *q)
{
    free(q->slot);
    *q = (struct eb_event_queue){0};
}

/* Copies the payload into the slot and turns the event's pointer to it. */
static int own_payload(struct eb_queued_event *slot)
{
    struct eb_event *ev = &slot->ev;
    switch ((enum eb_event_kind)ev->kind) {
    case EB_EV_CLOCK:
    case EB_EV_PRICE:
    case EB_EV_PATH:
    case EB_EV_BAR:
    case EB_EV_FUNDING:
    case EB_EV_ACCOUNT:
    case EB_EV_SNAPSHOT_BEGIN:
    case EB_EV_OPEN_ORDER:
    case EB_EV_SNAPSHOT_END:
    case EB_EV_SNAPSHOT_FAILED:
    case EB_EV_FILL:
    case EB_EV_ORDER:
    case EB_EV_CONFIG:
        return EB_OK;
#define OWN(event_kind, member, field)       \
    case event_kind:                         \
        if (ev->u.member == NULL) {          \
            return EB_E_INVALID;             \
        }                                    \
        slot->payload.field = *ev->u.member; \
        ev->u.member = &slot->payload.field; \
        return EB_OK;
        OWN(EB_EV_INSTRUMENT, instrument, instrument)
        OWN(EB_EV_POSITION, venue_position, position)
        OWN(EB_EV_COMMAND, command, command)
        OWN(EB_EV_POLICY, policy, policy)
        OWN(EB_EV_SIGNAL, signal, signal)
#undef OWN
    case EB_EV_VERDICT:
    case EB_EV_POLICY_FAILED:
    case EB_EV_COUNT:
        return EB_E_INVALID;
    }
    return EB_E_INVALID; /* a number that is no kind: the event came from outside */
}

int eb_event_queue_push(struct eb_event_queue *q, const struct eb_event *ev)
{
    if (q->count == q->capacity) {
        return EB_E_FULL;
    }
    uint32_t at = q->head + q->count; /* both below 2^31: no wrap */
    struct eb_queued_event *slot = &q->slot[at < q->capacity ? at : at - q->capacity];
    slot->ev = *ev;
    slot->ev.witness = NULL;
    int rc = own_payload(slot);
    q->count += rc == EB_OK ? 1 : 0;
    return rc;
}

struct eb_event *eb_event_queue_peek(struct eb_event_queue *q)
{
    return q->count > 0 ? &q->slot[q->head].ev : NULL;
}

void eb_event_queue_drop(struct eb_event_queue *q)
{
    EB_ASSERT(q->count > 0);
    q->count--;
    q->head = q->count > 0 && q->head + 1 < q->capacity ? q->head + 1 : 0;
}

int eb_held_queue_init(struct eb_held_queue *q, uint32_t capacity, struct eb_err *err)
{
    EB_ASSERT(capacity > 0);
    *q = (struct eb_held_queue){.capacity = capacity};
    q->slot = malloc((size_t)capacity * sizeof(*q->slot));
    return q->slot != NULL ? EB_OK : eb_err_set(err, EB_E_MEMORY, "host.create", "no memory for %u orders", capacity);
}

void eb_held_queue_deinit(struct eb_held_queue *q)
{
    free(q->slot);
    *q = (struct eb_held_queue){0};
}

int eb_held_queue_push(struct eb_held_queue *q, const struct eb_order_request *order, int64_t now_ns)
{
    if (q->count == q->capacity) {
        return EB_E_FULL;
    }
    q->slot[q->count++] = (struct eb_held_order){.order = *order, .since_ns = now_ns};
    return EB_OK;
}

/* Index of an order, or count. Linear: nearly always nothing waits. */
static uint32_t find(const struct eb_held_queue *q, eb_client_id id)
{
    uint32_t i = 0;
    while (i < q->count && memcmp(&q->slot[i].order.client_id, &id, sizeof(id)) != 0) {
        i++;
    }
    return i;
}

bool eb_held_queue_has(const struct eb_held_queue *q, eb_client_id id)
{
    return find(q, id) < q->count;
}

bool eb_held_queue_remove(struct eb_held_queue *q, eb_client_id id)
{
    uint32_t i = find(q, id);
    if (i == q->count) {
        return false;
    }
    q->count--;
    memmove(&q->slot[i], &q->slot[i + 1], (size_t)(q->count - i) * sizeof(*q->slot));
    return true;
}

void eb_held_queue_sweep(struct eb_held_queue *q, const struct eb_held_limit *limit,
                         void (*leave)(void *user, const struct eb_held_order *held), void *user)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < q->count; i++) {
        const struct eb_held_order *held = &q->slot[i];
        if (held->order.needs_seq <= limit->durable_seq || (limit->urgent && held->order.urgent) ||
            held->since_ns < limit->too_old_ns) {
            leave(user, held);
        } else {
            q->slot[kept++] = *held;
        }
    }
    q->count = kept;
}
