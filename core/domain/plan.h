/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ladder of a plan: from the legs that a verdict asks for to legs with prices and quantities on the grid.
 *
 *     specs (r | percent | price, fraction) + entry, R, leg base, filters  ->  legs, merged where too small
 *
 * Fractions are 1e-6 of the leg base: the size at the start of the episode (or after the last add), never of what
 * remains (defect B10).
 */
#pragma once

#include "domain/instrument.h"
#include <exitbrain/decision.h>

struct eb_leg {
    uint8_t id;        /* 1..255 */
    uint8_t state;     /* enum eb_leg_state */
    uint8_t hit_order; /* 1 for the first leg hit in this episode, 0 not hit */
    uint8_t attempt;   /* firings so far: part of the client order id */
    bool soft;
    bool takes_rest; /* hit and planned fractions sum to 1 and this is the last: it takes all that remains */
    int64_t r_ppm;   /* as asked; 0 where the leg was given by price or percent */
    int64_t fraction_ppm;
    eb_price price;
    eb_qty qty;        /* planned, from the leg base, rounded down */
    eb_qty firing_qty; /* what the firing under way is to close, fills included; 0 when none */
    eb_qty filled;
};

struct eb_leg_ids { /* ids that may not come back: hit, or merged away */
    uint64_t bit[4];
};
bool eb_leg_id_gone(const struct eb_leg_ids *ids, uint8_t id);
void eb_leg_id_retire(struct eb_leg_ids *ids, uint8_t id);

struct eb_ladder_input {
    const struct eb_instrument *inst;
    enum eb_side side;
    bool hedge;             /* minimum notional applies too: hedge mode has no reduce-only */
    eb_price entry, risk;   /* risk: R, > 0 */
    eb_qty base, remaining; /* leg base; position now */
    int64_t hit_ppm;        /* fractions of this base already hit, firing included */
    const struct eb_leg_ids *gone;
    const struct eb_leg_spec *spec;
    unsigned count;
};
/*
 * Builds the un-hit legs of a plan into out (room for EB_LEGS_MAX), sorted by distance from entry, and the ids that
 * were merged away into *merged. *out_count may be 0 (an empty list removes the targets).
 * EB_E_INVALID with levels[i] named: more than one distance, not beyond entry's loss side limits, fraction outside
 * (0,1], hit + planned > 1, an id that is hit or gone or given twice, more legs than fit.
 */
int eb_ladder_build(const struct eb_ladder_input *in, struct eb_leg *out, unsigned *out_count,
                    struct eb_leg_ids *merged, struct eb_err *err);

/* Quantity that a leg closes when it fires now: its own rest, or, where it takes the rest, all but what is reserved for
 * un-hit legs that were left behind (parked); everything where what would remain could not be traded. At most
 * remaining; 0 where that is below the minimum quantity, for no order can be made of it. */
eb_qty eb_leg_fire_qty(const struct eb_leg *leg, const struct eb_instrument *inst, bool hedge, eb_qty remaining,
                       eb_qty reserved);

/* After the leg base changed: planned quantities from in->base and in->remaining; with levels (an add), legs given in R
 * move to entry +/- r * R of in as well, unless they are being filled. Only inst, side, entry, risk, base and remaining
 * of in are read. */
void eb_ladder_rebase(struct eb_leg *legs, unsigned count, const struct eb_ladder_input *in, bool levels);
