/* SPDX-License-Identifier: Apache-2.0 */
/* Order states and client order ids. Their texts that a host needs too are in exitbrain/text.h. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include <exitbrain/event.h>

/* Nothing more can come of it (ABSENT included: a query said so and was believed). */
bool eb_order_is_terminal(enum eb_order_state s);
/* May still fill, as far as anybody knows. */
bool eb_order_is_open(enum eb_order_state s);
/* Whether `to` may follow `from`: states only move forward; a terminal state is final. UNKNOWN may follow anything
 * that is open, and anything may follow UNKNOWN. */
bool eb_order_may_become(enum eb_order_state from, enum eb_order_state to);
const char *eb_order_state_name(enum eb_order_state s);
const char *eb_reject_name(enum eb_reject_class c);
bool eb_client_id_equal(eb_client_id a, eb_client_id b);
bool eb_client_id_is_ours(eb_client_id id, uint32_t instance); /* a known instance: same epoch */
