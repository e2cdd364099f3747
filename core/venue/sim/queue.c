/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Things to come, by due time and then by order of arrival: a binary heap of small keys over a pool of items.
 *
 *     eb_sim_queue_add() -> heap -> eb_sim_flush(): events to the sink, requests to submit.c, children to conditional.c
 */
#include "venue/sim/internal.h"

#include <stdlib.h>

static bool before(const struct sim_due *a, const struct sim_due *b)
{
    return a->due_ns < b->due_ns || (a->due_ns == b->due_ns && a->seq < b->seq);
}

static void swap(struct sim_due *a, struct sim_due *b)
{
    struct sim_due t = *a;
    *a = *b;
    *b = t;
}

static bool grow(struct sim_queue *q)
{
    uint32_t capacity = q->capacity == 0 ? 64 : q->capacity * 2;
    if (capacity > SIM_ITEMS_MAX) {
        return false;
    }
    struct sim_due *heap = realloc(q->heap, capacity * sizeof(*heap));
    if (heap == NULL) {
        return false;
    }
    q->heap = heap;
    struct sim_item *item = realloc(q->item, capacity * sizeof(*item));
    if (item == NULL) {
        return false;
    }
    q->item = item;
    for (uint32_t i = q->capacity; i < capacity; i++) {
        q->item[i].next_free = i + 1 < capacity ? i + 1 : q->free;
    }
    q->free = q->capacity;
    q->capacity = capacity;
    return true;
}

int eb_sim_queue_create(struct sim_queue *q)
{
    *q = (struct sim_queue){.free = SIM_NONE};
    return grow(q) ? EB_OK : EB_E_MEMORY;
}

void eb_sim_queue_destroy(struct sim_queue *q)
{
    free(q->heap);
    free(q->item);
    *q = (struct sim_queue){.free = SIM_NONE};
}

struct sim_item *eb_sim_queue_add(struct eb_sim *sim, enum sim_item_kind kind, int64_t after_ms)
{
    struct sim_queue *q = &sim->queue;
    /* A million undelivered items: nobody runs this exchange any more, and a lost event would look like a fault. */
    EB_ASSERT(q->free != SIM_NONE || grow(q));
    uint32_t index = q->free;
    struct sim_item *item = &q->item[index];
    q->free = item->next_free;
    item->kind = (uint8_t)kind;
    uint32_t at = q->count++;
    q->heap[at] = (struct sim_due){.due_ns = sim->now_ns + after_ms * SIM_NS_PER_MS, .seq = q->seq++, .item = index};
    while (at > 0 && before(&q->heap[at], &q->heap[(at - 1) / 2])) {
        swap(&q->heap[at], &q->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    return item;
}

/* Takes the first item out into a copy, for the pool may move while it is served. */
static void take(struct sim_queue *q, struct sim_item *out)
{
    uint32_t index = q->heap[0].item;
    *out = q->item[index];
    q->item[index].next_free = q->free;
    q->free = index;
    q->heap[0] = q->heap[--q->count];
    uint32_t at = 0;
    for (;;) {
        uint32_t least = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < q->count; child++) {
            least = before(&q->heap[child], &q->heap[least]) ? child : least;
        }
        if (least == at) {
            return;
        }
        swap(&q->heap[at], &q->heap[least]);
        at = least;
    }
}

static void deliver(struct eb_sim *sim, struct sim_item *item)
{
    struct eb_event *ev = &item->u.event.ev;
    ev->now_ns = sim->now_ns;
    ev->now_ms = sim->now_ms;
    if (ev->kind == EB_EV_POSITION) {
        ev->u.venue_position = &item->u.event.position;
    }
    sim->stats.events++;
    if (sim->sink != NULL) {
        sim->sink(sim->sink_user, ev);
    }
}

void eb_sim_flush(struct eb_sim *sim)
{
    if (sim->flushing) {
        return;
    }
    sim->flushing = true;
    struct sim_item item;
    while (sim->queue.count > 0 && sim->queue.heap[0].due_ns <= sim->now_ns) {
        take(&sim->queue, &item);
        switch ((enum sim_item_kind)item.kind) {
        case SIM_ITEM_EVENT:
            deliver(sim, &item);
            break;
        case SIM_ITEM_TRIGGER:
            eb_sim_trigger_child(sim, item.u.trigger.order, item.u.trigger.seq);
            break;
        case SIM_ITEM_SUBMIT:
        case SIM_ITEM_CANCEL:
        case SIM_ITEM_QUERY:
        case SIM_ITEM_SNAPSHOT:
        case SIM_ITEM_REFRESH:
            eb_sim_execute_request(sim, &item);
            break;
        }
    }
    sim->flushing = false;
}
