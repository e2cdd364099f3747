/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tap: copies of the events that an engine hears, for others that hear them later, each at its own pace.
 *
 *     observer --eb_tap_push--> ring, one copy each --eb_tap_at--> readers, by number
 *
 * Where it may (a clock that does not wait), prices of one source that nobody has read yet become one: the last value
 * and the extremes, as in the pump, and never across another event; so do moments of time. Bounded: what finds no room
 * is refused.
 */
#pragma once

#include "base/err.h"
#include <exitbrain/event.h>

struct eb_tap;
/* EB_E_MEMORY. Its memory is touched as far as it is used. */
EB_NODISCARD int eb_tap_create(uint32_t symbols_max, uint32_t capacity, struct eb_tap **out, struct eb_err *err);
void eb_tap_destroy(struct eb_tap *t);

/* Copies ev to the end. unread: numbers from it on were read by nobody; UINT64_MAX: nothing is merged. EB_OK,
 * EB_E_FULL, EB_E_INVALID for what cannot be copied. */
EB_NODISCARD int eb_tap_push(struct eb_tap *t, const struct eb_event *ev, uint64_t unread);
/* The number that the next event gets; they count up from 0. */
uint64_t eb_tap_end(const struct eb_tap *t);
/* The event of a number from the oldest that is kept to before the end. Valid until it is let go. */
const struct eb_event *eb_tap_at(const struct eb_tap *t, uint64_t number);
/* Those before number are read by all. */
void eb_tap_let_go(struct eb_tap *t, uint64_t number);
uint32_t eb_tap_capacity(const struct eb_tap *t);
uint64_t eb_tap_merged(const struct eb_tap *t);
