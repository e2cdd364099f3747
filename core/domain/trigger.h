/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Side-aware comparisons of prices: what is tighter, what is crossed. Inclusive, as semantics 4 wants it.
 * "Tighter" is towards price and beyond: up for the stop of a LONG, down for that of a SHORT.
 */
#pragma once

#include <exitbrain/types.h>

/* a lies on the profitable side of b (strictly). */
static inline bool eb_is_better(enum eb_side side, eb_price a, eb_price b)
{
    return side == EB_LONG ? a.e8 > b.e8 : a.e8 < b.e8;
}

static inline eb_price eb_better_of(enum eb_side side, eb_price a, eb_price b)
{
    return eb_is_better(side, b, a) ? b : a;
}

/* The price has reached the stop (or gone beyond it): a stop of 0 is none. */
static inline bool eb_stop_crossed(enum eb_side side, eb_price stop, eb_price price)
{
    return stop.e8 > 0 && !eb_is_better(side, price, stop);
}

/* The price has reached the target (or gone beyond it). */
static inline bool eb_target_crossed(enum eb_side side, eb_price target, eb_price price)
{
    return target.e8 > 0 && !eb_is_better(side, target, price);
}

/* The tighter of two stops; 0 is none and loses against any. */
static inline eb_price eb_tighter_stop(enum eb_side side, eb_price a, eb_price b)
{
    if (a.e8 <= 0) {
        return b;
    }
    return b.e8 > 0 && eb_is_better(side, b, a) ? b : a;
}

/* Distance from entry in the position's favour, signed. */
static inline int64_t eb_favour_e8(enum eb_side side, eb_price entry, eb_price price)
{
    return side == EB_LONG ? price.e8 - entry.e8 : entry.e8 - price.e8;
}
