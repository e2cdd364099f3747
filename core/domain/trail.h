/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trailing stop: starts when the best price reaches activation_r, then follows the peak by a callback that
 * tightens along a curve of thresholds in R (a step function: the last one reached).
 *
 * Activation and tightening compare |peak - entry| >= r * R exactly; no quotient is formed (semantics, Arithmetic).
 */
#pragma once

#include "domain/instrument.h"
#include <exitbrain/decision.h>

struct eb_trail {
    bool set;
    bool active;
    uint8_t curve_count;
    int64_t activation_r_ppm;                  /* >= 0 */
    int64_t callback_ppm;                      /* 0 < c < 1,000,000 */
    struct eb_curve_point curve[EB_CURVE_MAX]; /* r rising */
    eb_price peak;                             /* meant while active */
    eb_price held;                             /* the tightest stop formed so far, for it never loosens; 0 none */
};

/* EB_OK, or EB_E_INVALID naming the field: callback and curve callbacks in (0,1), thresholds strictly rising,
 * callbacks never widening (a stop would loosen). */
int eb_trail_validate(const struct eb_trail *t, struct eb_err *err);

/* Whether a move of favour_e8 from entry reaches r_ppm units of risk, exactly. A risk of 0 is never reached. */
bool eb_reaches_r(int64_t favour_e8, int64_t r_ppm, eb_price risk);

/* The first price, at 1e-8, from which on the activation is reached; false when there is none (risk 0, overflow). */
EB_NODISCARD bool eb_trail_activation_price(const struct eb_trail *t, enum eb_side side, eb_price entry, eb_price risk,
                                            eb_price *out);

/* Callback in force at the trail's peak. */
int64_t eb_trail_callback(const struct eb_trail *t, enum eb_side side, eb_price entry, eb_price risk);

/* The stop of an active trail: the one that its peak gives, rounded, or the held one where that is tighter. A stop that
 * cannot be formed, or that rounding puts onto the peak itself, is none; false while inactive or without any. */
EB_NODISCARD bool eb_trail_stop(const struct eb_trail *t, const struct eb_instrument *inst, enum eb_side side,
                                eb_price entry, eb_price risk, eb_price *out);

/* Holds the stop as it is: whatever becomes of entry, R or rounding, it will not be looser. True when that changed. */
bool eb_trail_hold(struct eb_trail *t, const struct eb_instrument *inst, enum eb_side side, eb_price entry,
                   eb_price risk);

/* Observes a price: activates, or raises the peak. Returns true when the trail changed. */
bool eb_trail_observe(struct eb_trail *t, enum eb_side side, eb_price entry, eb_price risk, eb_price price);
