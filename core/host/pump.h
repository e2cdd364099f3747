/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pump: observations of prices between the network and the turn.
 *
 *     stream --eb_pump_price--> one lane per symbol, source and origin: last, min, max --eb_pump_drain--> PRICE turns
 *
 * When prices come faster than turns run, those of one lane become one event that keeps the last value and the extremes
 * since the lane was last drained, so that no crossed level is missed. Prices read by REST have lanes of their own:
 * they answer a question, and a streamed one must not take their place. Nothing else ever coalesces.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include <exitbrain/host.h>

struct eb_pump;

/* Creates a pump for symbols 0 .. symbols_max - 1, in one allocation. EB_E_INVALID for 0 symbols or more than 20,000,
 * EB_E_MEMORY. */
int eb_pump_create(uint32_t symbols_max, struct eb_pump **out, struct eb_err *err);
void eb_pump_destroy(struct eb_pump *p);

/* Takes one observation, copied. min and max of 0 mean price itself (BOOK: min the ask, max the bid). EB_E_INVALID for
 * a symbol or source beyond range, a price (BOOK: or ask) not above 0, or extremes inside it. Never full. */
EB_NODISCARD int eb_pump_price(struct eb_pump *p, eb_symbol_id symbol, const struct eb_ev_price *price);

/* Lanes that wait, and observations that were merged into a waiting one since creation. */
size_t eb_pump_waiting(const struct eb_pump *p);
uint64_t eb_pump_merged(const struct eb_pump *p);

/* Runs a PRICE turn for at most max lanes, in the order in which they began to wait, at one now. Returns the first
 * code of eb_turn that is not EB_OK; the other lanes are run all the same. */
int eb_pump_drain(struct eb_pump *p, struct eb_host *h, int64_t now_ns, int64_t now_ms, size_t max);
