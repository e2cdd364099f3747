/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded single-producer single-consumer ring of byte records (the door to the journal thread). */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct eb_ring; /* created with its capacity; one allocation */
struct eb_ring *eb_ring_create(size_t capacity_bytes, struct eb_err *err);
void eb_ring_destroy(struct eb_ring *r);
/* Appends one record, all or nothing: EB_OK or EB_E_FULL. Producer thread only. */
EB_NODISCARD int eb_ring_push(struct eb_ring *r, const void *data, size_t len);
/* Copies the oldest record into out (cap bytes), its length into *len. EB_OK, EB_E_END when empty, EB_E_FULL when it
 * is longer than cap (it stays). Consumer thread only. */
EB_NODISCARD int eb_ring_pop(struct eb_ring *r, void *out, size_t cap, size_t *len);
size_t eb_ring_used(const struct eb_ring *r);
