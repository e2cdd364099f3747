/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines as state: an indexed binary heap of slots, ordered by time and then by slot, so that ties are stable. */
#include "engine/state.h"

static bool before(const struct eb_engine *e, uint32_t a, uint32_t b)
{
    int64_t ta = eb_slot_at(e, a)->deadline_ns;
    int64_t tb = eb_slot_at(e, b)->deadline_ns;
    return ta != tb ? ta < tb : a < b;
}

static void put(struct eb_engine *e, uint32_t at, uint32_t slot)
{
    e->heap[at - 1] = slot;
    eb_slot_at(e, slot)->heap_at = at;
}

static void sift_up(struct eb_engine *e, uint32_t at)
{
    uint32_t slot = e->heap[at - 1];
    while (at > 1 && before(e, slot, e->heap[at / 2 - 1])) {
        put(e, at, e->heap[at / 2 - 1]);
        at /= 2;
    }
    put(e, at, slot);
}

static void sift_down(struct eb_engine *e, uint32_t at)
{
    uint32_t slot = e->heap[at - 1];
    for (;;) {
        uint32_t child = at * 2;
        if (child > e->heap_count) {
            break;
        }
        if (child < e->heap_count && before(e, e->heap[child], e->heap[child - 1])) {
            child++;
        }
        if (!before(e, e->heap[child - 1], slot)) {
            break;
        }
        put(e, at, e->heap[child - 1]);
        at = child;
    }
    put(e, at, slot);
}

void eb_deadline_set(struct eb_engine *e, struct eb_slot *s, int64_t at_ns)
{
    if (s->deadline_ns == at_ns && (s->heap_at != 0) == (at_ns != INT64_MAX)) {
        return;
    }
    uint32_t slot = eb_slot_index(e, s);
    s->deadline_ns = at_ns;
    if (at_ns == INT64_MAX) {
        if (s->heap_at != 0) {
            uint32_t at = s->heap_at;
            uint32_t last = e->heap[--e->heap_count];
            s->heap_at = 0;
            if (last != slot) {
                put(e, at, last);
                sift_up(e, at);
                sift_down(e, eb_slot_at(e, last)->heap_at);
            }
        }
        return;
    }
    if (s->heap_at == 0) {
        put(e, ++e->heap_count, slot);
    }
    sift_up(e, s->heap_at);
    sift_down(e, s->heap_at);
}

uint32_t eb_deadline_first(const struct eb_engine *e, int64_t *at_ns)
{
    if (e->heap_count == 0) {
        return UINT32_MAX;
    }
    *at_ns = eb_slot_at(e, e->heap[0])->deadline_ns;
    return e->heap[0];
}
