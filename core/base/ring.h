/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded single-producer single-consumer ring of byte records (the door to the journal thread). Neither side ever
 * waits for the other: each owns one position and reads the other's. A record costs its bytes and EB_RING_OVERHEAD.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

#define EB_RING_OVERHEAD 4 /* bytes of a record's length */

struct eb_ring;
/* Creates a ring of at least capacity_bytes (rounded up to a power of two), in one allocation, owned by the caller.
 * NULL with EB_E_INVALID for a capacity of 0 or beyond 2^30, EB_E_MEMORY when there is none. */
struct eb_ring *eb_ring_create(size_t capacity_bytes, struct eb_err *err);
/* Frees it (NULL is fine); both sides must have stopped using it. */
void eb_ring_destroy(struct eb_ring *r);
/* Appends one record, all or nothing: EB_OK or EB_E_FULL. Producer thread only. */
EB_NODISCARD int eb_ring_push(struct eb_ring *r, const void *data, size_t len);
/* Copies the oldest record into out (cap bytes), its length into *len. EB_OK, EB_E_END when empty, EB_E_FULL when it
 * is longer than cap (it stays, and *len says how much is needed). Consumer thread only. */
EB_NODISCARD int eb_ring_pop(struct eb_ring *r, void *out, size_t cap, size_t *len);
/* Bytes taken, overhead included, and bytes there are. From either thread; used is exact only for the calling side. */
size_t eb_ring_used(const struct eb_ring *r);
size_t eb_ring_capacity(const struct eb_ring *r);
