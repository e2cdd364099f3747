/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A symbol's filters and the only place where prices and quantities meet the grid.
 *
 * Exact values come in (a product of an 1e-8 price and a 1e-6 ratio is a count of 1e-14: `_e14`), leave rounded once,
 * in the direction that the role of the level asks for. Levels are rounded to the tick but not cut to the venue's
 * price range: a soft level beyond it is watched all the same; whoever sends an order asks eb_price_in_range().
 * All functions are pure. A false leaves *out untouched; out is never 0 or negative.
 */
#pragma once

#include <exitbrain/event.h>

#include "base/decimal.h"

/* Filters of one symbol, names and meaning as in the venue's exchangeInfo. 0 switches a rule off where noted. */
struct eb_instrument {
    char symbol[EB_SYMBOL_MAX];
    eb_price tick;                 /* PRICE_FILTER, > 0; the grid starts at 0 */
    eb_price min_price, max_price; /* inclusive; 0 none */
    eb_qty step;                   /* LOT_SIZE, > 0; the grid starts at 0 */
    eb_qty min_qty, max_qty;       /* inclusive; 0 none */
    eb_qty market_step;            /* MARKET_LOT_SIZE; each 0: as for limit orders */
    eb_qty market_min_qty, market_max_qty;
    eb_money min_notional;         /* MIN_NOTIONAL; 0 none */
    int64_t percent_up_ppm;        /* PERCENT_PRICE: a BUY costs at most mark * up; 0 none */
    int64_t percent_down_ppm;      /* a SELL brings at least mark * down; 0 none */
    int64_t market_take_bound_ppm; /* how far from mark a market order may take; 0 none */
    uint32_t max_orders, max_algo_orders;
    int64_t maintenance_ppm; /* maintenance margin rate, for the fallback liquidation price */
    bool trading;            /* status TRADING */
};

/* Takes over what an INSTRUMENT event says; validates nothing. */
void eb_instrument_from_event(struct eb_instrument *out, const struct eb_ev_instrument *event);

/* EB_OK, or EB_E_INVALID with symbol, filter and value named in err. An instrument that is refused must not be used
 * with any function below. (Real lists hold a tick of 0 for symbols that do not trade yet.) */
int eb_instrument_validate(const struct eb_instrument *inst, struct eb_err *err);

/* ---- a price on the grid, by role --------------------------------------------------------------------------------
 * num_e14 is the exact price at 1e-14. false when the result is not positive or does not fit. */

/* A stop: the tick that loses less. LONG up, SHORT down. */
EB_NODISCARD bool eb_round_stop(const struct eb_instrument *inst, enum eb_side side, eb_i128 num_e14, eb_price *out);
/* A target: the tick that is reached sooner. LONG down, SHORT up. */
EB_NODISCARD bool eb_round_target(const struct eb_instrument *inst, enum eb_side side, eb_i128 num_e14, eb_price *out);
/* A backstop's trigger: away from price. LONG down, SHORT up. */
EB_NODISCARD bool eb_round_away(const struct eb_instrument *inst, enum eb_side side, eb_i128 num_e14, eb_price *out);

/* Stop pct_ppm of entry on the loss side of it: entry * (1 -/+ pct), rounded once as a stop. pct_ppm >= 0. */
EB_NODISCARD bool eb_stop_from_pct(const struct eb_instrument *inst, enum eb_side side, eb_price entry, int64_t pct_ppm,
                                   eb_price *out);
/* Leg at r_ppm units of risk: entry +/- r * risk, rounded once as a target. risk >= 0; a negative r is on the loss
 * side of entry. */
EB_NODISCARD bool eb_leg_price(const struct eb_instrument *inst, enum eb_side side, eb_price entry, int64_t r_ppm,
                               eb_price risk, eb_price *out);
/* Trailing stop behind a peak: peak * (1 -/+ callback), rounded once as a stop. callback_ppm >= 0. */
EB_NODISCARD bool eb_trail_price(const struct eb_instrument *inst, enum eb_side side, eb_price peak,
                                 int64_t callback_ppm, eb_price *out);

/* Whether price is a positive multiple of the tick; whether it lies within the venue's limits (inclusive). */
bool eb_price_on_grid(const struct eb_instrument *inst, eb_price price);
bool eb_price_in_range(const struct eb_instrument *inst, eb_price price);

/* ---- quantities ---------------------------------------------------------------------------------------------------*/

/* Largest multiple of the step (market: of the market step) that is not above qty; 0 for what is below one step. */
eb_qty eb_round_qty_down(const struct eb_instrument *inst, eb_qty qty, bool market);
/* Whether what is left of qty on both steps is something and reaches both minimums: only then can it be sent. */
bool eb_qty_is_tradable(const struct eb_instrument *inst, eb_qty qty);
/* Largest quantity of one order, on its step; INT64_MAX rounded down to the step where there is no limit. A market
 * order keeps both limits: real lists hold symbols whose market limit is the larger, and a slice more costs nothing. */
eb_qty eb_max_order_qty(const struct eb_instrument *inst, bool market);
/* Whether price * qty reaches MIN_NOTIONAL, exactly. (The venue asks it of orders that may open, not of reductions.) */
bool eb_notional_ok(const struct eb_instrument *inst, eb_price price, eb_qty qty);

/* ---- PERCENT_PRICE: BUY <= mark * up, SELL >= mark * down (inclusive) -------------------------------------------- */

/* Whether an order of this side may stand at price while mark is what it is. */
bool eb_percent_price_ok(const struct eb_instrument *inst, enum eb_order_side side, eb_price price, eb_price mark);
/* The worst price that an order may name, for a limit IOC that must fill: mark * up down to the tick (BUY), mark * down
 * up to the tick (SELL), kept within the price limits. false when neither band nor limit exists on that side, when band
 * and limits exclude each other, or mark is not positive. */
EB_NODISCARD bool eb_price_band_edge(const struct eb_instrument *inst, enum eb_order_side side, eb_price mark,
                                     eb_price *out);
