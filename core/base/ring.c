/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring.                    tail (consumer)          head (producer)
 *                                |                        |
 *     bytes  [ ................. | len data | len data .. | ......... ]   position & mask = index
 *
 * Positions only grow (64 bits never wrap in practice), so full and empty need no spare byte. The producer publishes
 * bytes by storing head with release, the consumer sees them by loading it with acquire; tail the other way round.
 */
#define _POSIX_C_SOURCE 200809L

#include "base/ring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_LINE 64 /* bytes on x86-64 and most ARM: the two positions must not share one */
#define CAPACITY_MIN 64
#define CAPACITY_MAX ((size_t)1 << 30)

struct eb_ring {
    _Alignas(CACHE_LINE) _Atomic uint64_t head; /* end of the last record; stored by the producer */
    _Alignas(CACHE_LINE) _Atomic uint64_t tail; /* start of the oldest record; stored by the consumer */
    _Alignas(CACHE_LINE) size_t capacity;       /* a power of two */
    unsigned char bytes[];
};

_Static_assert(sizeof(uint32_t) == EB_RING_OVERHEAD && CAPACITY_MAX <= UINT32_MAX,
               "a record is preceded by its length");

struct eb_ring *eb_ring_create(size_t capacity_bytes, struct eb_err *err)
{
    if (capacity_bytes == 0 || capacity_bytes > CAPACITY_MAX) {
        (void)eb_err_set(err, EB_E_INVALID, "ring.create", "capacity of %zu bytes", capacity_bytes);
        return NULL;
    }
    size_t capacity = CAPACITY_MIN;
    while (capacity < capacity_bytes) {
        capacity *= 2;
    }
    struct eb_ring *r = aligned_alloc(CACHE_LINE, sizeof(*r) + capacity);
    if (r == NULL) {
        (void)eb_err_set(err, EB_E_MEMORY, "ring.create", "no memory for %zu bytes", capacity);
        return NULL;
    }
    atomic_init(&r->head, 0);
    atomic_init(&r->tail, 0);
    r->capacity = capacity;
    return r;
}

void eb_ring_destroy(struct eb_ring *r)
{
    free(r);
}

static void copy_in(struct eb_ring *r, uint64_t position, const void *data, size_t len)
{
    size_t at = (size_t)(position & (r->capacity - 1));
    size_t first = len < r->capacity - at ? len : r->capacity - at;
    memcpy(r->bytes + at, data, first);
    if (len > first) {
        memcpy(r->bytes, (const unsigned char *)data + first, len - first);
    }
}

static void copy_out(const struct eb_ring *r, uint64_t position, void *out, size_t len)
{
    size_t at = (size_t)(position & (r->capacity - 1));
    size_t first = len < r->capacity - at ? len : r->capacity - at;
    memcpy(out, r->bytes + at, first);
    if (len > first) {
        memcpy((unsigned char *)out + first, r->bytes, len - first);
    }
}

int eb_ring_push(struct eb_ring *r, const void *data, size_t len)
{
    uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    uint64_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
    size_t room = r->capacity - (size_t)(head - tail);
    if (room < EB_RING_OVERHEAD || len > room - EB_RING_OVERHEAD) {
        return EB_E_FULL;
    }
    uint32_t size = (uint32_t)len;
    copy_in(r, head, &size, sizeof(size));
    if (len > 0) {
        copy_in(r, head + sizeof(size), data, len);
    }
    atomic_store_explicit(&r->head, head + sizeof(size) + len, memory_order_release);
    return EB_OK;
}

int eb_ring_pop(struct eb_ring *r, void *out, size_t cap, size_t *len)
{
    uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    uint64_t head = atomic_load_explicit(&r->head, memory_order_acquire);
    if (head == tail) {
        return EB_E_END;
    }
    uint32_t size;
    copy_out(r, tail, &size, sizeof(size));
    EB_ASSERT(size <= head - tail - sizeof(size)); /* pairs with the check in push: nobody else writes here */
    *len = size;
    if (size > cap) {
        return EB_E_FULL;
    }
    if (size > 0) {
        copy_out(r, tail + sizeof(size), out, size);
    }
    atomic_store_explicit(&r->tail, tail + sizeof(size) + size, memory_order_release);
    return EB_OK;
}

size_t eb_ring_used(const struct eb_ring *r)
{
    /* Tail first: it can only have grown by the time head is read, which makes the answer too large, never negative. */
    uint64_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
    uint64_t head = atomic_load_explicit(&r->head, memory_order_acquire);
    uint64_t used = head - tail;
    return used < r->capacity ? (size_t)used : r->capacity;
}

size_t eb_ring_capacity(const struct eb_ring *r)
{
    return r->capacity;
}
