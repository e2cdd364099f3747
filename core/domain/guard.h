/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is allowed, whatever a policy prefers: the envelope of stops between liquidation buffer and price.
 *
 *     liquidation ... + buffer |<------- stops may stand here ------->| price
 */
#pragma once

#include "domain/instrument.h"

struct eb_guard {
    const struct eb_instrument *inst;
    enum eb_side side;
    eb_price entry;
    eb_price liquidation;           /* 0 unknown: no buffer can be kept */
    int64_t min_stop_distance_ppm;  /* of entry */
    int64_t liquidation_buffer_ppm; /* of entry */
};

/* The venue's liquidation price, or entry * (1 -/+ (1/leverage - maintenance)) when it is 0 or absent (0 is unknown,
 * not zero); 0 when leverage is unknown too or 1/leverage does not exceed maintenance. */
eb_price eb_liquidation_price(enum eb_side side, eb_price entry, eb_price venue, int64_t leverage_ppm,
                              int64_t maintenance_ppm);

/* The loosest stop that keeps the liquidation buffer, rounded as a stop; false when the liquidation is unknown. */
EB_NODISCARD bool eb_guard_loosest(const struct eb_guard *g, eb_price *out);

/* Brings a rounded stop inside the liquidation buffer: returns it, or the loosest that is allowed. */
eb_price eb_guard_clamp(const struct eb_guard *g, eb_price stop);

/* Whether a stop lies on the loss side, at least max(2 ticks, min_stop_distance) from entry: only then it gives R. A
 * stop of 0 is none. */
bool eb_guard_gives_risk(const struct eb_guard *g, eb_price stop);

/* The built-in protective stop: max(2 ticks, min_stop_distance) behind price after rounding, and inside the liquidation
 * buffer; false where none fits. */
EB_NODISCARD bool eb_guard_protective(const struct eb_guard *g, eb_price price, eb_price *out);
