/* SPDX-License-Identifier: Apache-2.0 */
/* Filters and rounding by role. Every role comes down to one division: to_tick() or, for quantities, floor_to(). */
#include "domain/instrument.h"

#include <string.h>

_Static_assert(EB_E8 *EB_PPM == INT64_C(100000000000000), "an 1e-8 price times a 1e-6 ratio counts 1e-14");

void eb_instrument_from_event(struct eb_instrument *out, const struct eb_ev_instrument *event)
{
    *out = (struct eb_instrument){
        .tick = event->tick,
        .min_price = event->min_price,
        .max_price = event->max_price,
        .step = event->step,
        .min_qty = event->min_qty,
        .max_qty = event->max_qty,
        .market_step = event->market_step,
        .market_min_qty = event->market_min_qty,
        .market_max_qty = event->market_max_qty,
        .min_notional = event->min_notional,
        .percent_up_ppm = event->percent_up_ppm,
        .percent_down_ppm = event->percent_down_ppm,
        .market_take_bound_ppm = event->market_take_bound_ppm,
        .max_orders = event->max_orders,
        .max_algo_orders = event->max_algo_orders,
        .maintenance_ppm = event->maintenance_ppm,
        .trading = event->trading,
    };
    _Static_assert(sizeof(out->symbol) == sizeof(event->symbol), "copied whole, zero and all");
    memcpy(out->symbol, event->symbol, sizeof(out->symbol));
}

/* ---- validation ------------------------------------------------------------------------------------------------- */

static int refuse(const struct eb_instrument *inst, struct eb_err *err, const char *what, int64_t value, int scale)
{
    char text[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format(value, scale, text);
    return eb_err_set(err, EB_E_INVALID, "instrument.validate", "%s: %s, got %s", inst->symbol, what, text);
}

/* Names may be of any script (there are symbols in Chinese), but they stand in logs, paths and tables. */
static bool symbol_ok(const struct eb_instrument *inst)
{
    const char *end = memchr(inst->symbol, '\0', sizeof(inst->symbol));
    if (end == NULL || end == inst->symbol) {
        return false;
    }
    for (const char *c = inst->symbol; c < end; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("\"\\/,", *c) != NULL) {
            return false;
        }
    }
    return true;
}

static int validate_prices(const struct eb_instrument *inst, struct eb_err *err)
{
    int64_t tick = inst->tick.e8, min = inst->min_price.e8, max = inst->max_price.e8;
    if (tick <= 0) {
        return refuse(inst, err, "PRICE_FILTER tickSize must be above 0", tick, 8);
    }
    if (min < 0 || min % tick != 0) {
        return refuse(inst, err, "PRICE_FILTER minPrice must be a multiple of tickSize", min, 8);
    }
    if (max < 0 || (max > 0 && (max < min || max < tick))) {
        return refuse(inst, err, "PRICE_FILTER maxPrice must be 0 (none) or at least minPrice and tickSize", max, 8);
    }
    return EB_OK;
}

static int validate_lots(const struct eb_instrument *inst, struct eb_err *err)
{
    int64_t step = inst->step.e8, min = inst->min_qty.e8, max = inst->max_qty.e8;
    if (step <= 0) {
        return refuse(inst, err, "LOT_SIZE stepSize must be above 0", step, 8);
    }
    if (min < 0) {
        return refuse(inst, err, "LOT_SIZE minQty must not be negative", min, 8);
    }
    if (max < 0 || (max > 0 && (max < min || max < step))) {
        return refuse(inst, err, "LOT_SIZE maxQty must be 0 (none) or at least minQty and stepSize", max, 8);
    }
    int64_t market_step = inst->market_step.e8, market_min = inst->market_min_qty.e8;
    int64_t market_max = inst->market_max_qty.e8;
    if (market_step < 0 || market_step % step != 0) { /* else a quantity could be on one grid only */
        return refuse(inst, err, "MARKET_LOT_SIZE stepSize must be a multiple of LOT_SIZE stepSize", market_step, 8);
    }
    if (market_min < 0) {
        return refuse(inst, err, "MARKET_LOT_SIZE minQty must not be negative", market_min, 8);
    }
    if (market_max < 0 ||
        (market_max > 0 && (market_max < market_min || market_max < market_step || market_max < step))) {
        return refuse(inst, err, "MARKET_LOT_SIZE maxQty must be 0 (none) or at least minQty and stepSize", market_max,
                      8);
    }
    return EB_OK;
}

static int validate_ratios(const struct eb_instrument *inst, struct eb_err *err)
{
    if (inst->min_notional.e8 < 0) {
        return refuse(inst, err, "MIN_NOTIONAL notional must not be negative", inst->min_notional.e8, 8);
    }
    if (inst->percent_up_ppm != 0 && inst->percent_up_ppm < EB_PPM) {
        return refuse(inst, err, "PERCENT_PRICE multiplierUp must be 0 (none) or at least 1", inst->percent_up_ppm, 6);
    }
    if (inst->percent_down_ppm < 0 || inst->percent_down_ppm > EB_PPM) {
        return refuse(inst, err, "PERCENT_PRICE multiplierDown must be 0 (none) to 1", inst->percent_down_ppm, 6);
    }
    if (inst->market_take_bound_ppm < 0) {
        return refuse(inst, err, "marketTakeBound must not be negative", inst->market_take_bound_ppm, 6);
    }
    if (inst->maintenance_ppm < 0 || inst->maintenance_ppm >= EB_PPM) {
        return refuse(inst, err, "maintenance margin rate must be 0 to below 1", inst->maintenance_ppm, 6);
    }
    return EB_OK;
}

int eb_instrument_validate(const struct eb_instrument *inst, struct eb_err *err)
{
    if (!symbol_ok(inst)) {
        return eb_err_set(err, EB_E_INVALID, "instrument.validate",
                          "symbol must have 1 to %d bytes without blanks, quotes, commas and slashes",
                          EB_SYMBOL_MAX - 1);
    }
    int rc = validate_prices(inst, err);
    if (rc == EB_OK) {
        rc = validate_lots(inst, err);
    }
    if (rc == EB_OK) {
        rc = validate_ratios(inst, err);
    }
    return rc;
}

/* ---- prices ----------------------------------------------------------------------------------------------------- */

static bool to_tick(const struct eb_instrument *inst, eb_i128 num_e14, enum eb_round mode, eb_price *out)
{
    int64_t ticks;
    int64_t price;
    if (!eb_div_i64(num_e14, (eb_i128)inst->tick.e8 * EB_PPM, mode, &ticks) ||
        __builtin_mul_overflow(ticks, inst->tick.e8, &price) || price <= 0) {
        return false;
    }
    out->e8 = price;
    return true;
}

bool eb_round_stop(const struct eb_instrument *inst, enum eb_side side, eb_i128 num_e14, eb_price *out)
{
    return to_tick(inst, num_e14, side == EB_LONG ? EB_ROUND_CEIL : EB_ROUND_FLOOR, out);
}

bool eb_round_target(const struct eb_instrument *inst, enum eb_side side, eb_i128 num_e14, eb_price *out)
{
    return to_tick(inst, num_e14, side == EB_LONG ? EB_ROUND_FLOOR : EB_ROUND_CEIL, out);
}

bool eb_round_away(const struct eb_instrument *inst, enum eb_side side, eb_i128 num_e14, eb_price *out)
{
    return to_tick(inst, num_e14, side == EB_LONG ? EB_ROUND_FLOOR : EB_ROUND_CEIL, out);
}

/* price moved by ratio to the loss side of a position, rounded as a stop. */
static bool stop_behind(const struct eb_instrument *inst, enum eb_side side, eb_price price, int64_t ratio_ppm,
                        eb_price *out)
{
    if (price.e8 <= 0 || ratio_ppm < 0) {
        return false;
    }
    eb_i128 factor = side == EB_LONG ? (eb_i128)EB_PPM - ratio_ppm : (eb_i128)EB_PPM + ratio_ppm;
    return eb_round_stop(inst, side, price.e8 * factor, out); /* below 2^127: both factors are below 2^63 + 2^20 */
}

bool eb_stop_from_pct(const struct eb_instrument *inst, enum eb_side side, eb_price entry, int64_t pct_ppm,
                      eb_price *out)
{
    return stop_behind(inst, side, entry, pct_ppm, out);
}

bool eb_trail_price(const struct eb_instrument *inst, enum eb_side side, eb_price peak, int64_t callback_ppm,
                    eb_price *out)
{
    return stop_behind(inst, side, peak, callback_ppm, out);
}

bool eb_leg_price(const struct eb_instrument *inst, enum eb_side side, eb_price entry, int64_t r_ppm, eb_price risk,
                  eb_price *out)
{
    if (entry.e8 <= 0 || risk.e8 < 0) {
        return false;
    }
    eb_i128 distance = (eb_i128)r_ppm * risk.e8;
    eb_i128 base = (eb_i128)entry.e8 * EB_PPM;
    return eb_round_target(inst, side, side == EB_LONG ? base + distance : base - distance, out);
}

bool eb_price_on_grid(const struct eb_instrument *inst, eb_price price)
{
    return price.e8 > 0 && price.e8 % inst->tick.e8 == 0;
}

bool eb_price_in_range(const struct eb_instrument *inst, eb_price price)
{
    return price.e8 > 0 && price.e8 >= inst->min_price.e8 &&
           (inst->max_price.e8 == 0 || price.e8 <= inst->max_price.e8);
}

/* ---- quantities ------------------------------------------------------------------------------------------------- */

static int64_t step_of(const struct eb_instrument *inst, bool market)
{
    return market && inst->market_step.e8 > 0 ? inst->market_step.e8 : inst->step.e8;
}

static int64_t floor_to(int64_t value, int64_t step)
{
    return value > 0 ? value - value % step : 0;
}

eb_qty eb_round_qty_down(const struct eb_instrument *inst, eb_qty qty, bool market)
{
    return (eb_qty){floor_to(qty.e8, step_of(inst, market))};
}

bool eb_qty_is_tradable(const struct eb_instrument *inst, eb_qty qty)
{
    int64_t usable = floor_to(qty.e8, step_of(inst, true)); /* a multiple of the other step too: see validation */
    return usable > 0 && usable >= inst->min_qty.e8 && usable >= inst->market_min_qty.e8;
}

eb_qty eb_max_order_qty(const struct eb_instrument *inst, bool market)
{
    int64_t max = inst->max_qty.e8 > 0 ? inst->max_qty.e8 : INT64_MAX;
    if (market && inst->market_max_qty.e8 > 0 && inst->market_max_qty.e8 < max) {
        max = inst->market_max_qty.e8;
    }
    return (eb_qty){floor_to(max, step_of(inst, market))};
}

bool eb_notional_ok(const struct eb_instrument *inst, eb_price price, eb_qty qty)
{
    return (eb_i128)price.e8 * qty.e8 >= (eb_i128)inst->min_notional.e8 * EB_E8;
}

/* ---- PERCENT_PRICE ---------------------------------------------------------------------------------------------- */

bool eb_percent_price_ok(const struct eb_instrument *inst, enum eb_order_side side, eb_price price, eb_price mark)
{
    int64_t bound = side == EB_BUY ? inst->percent_up_ppm : inst->percent_down_ppm;
    if (bound == 0) {
        return true;
    }
    eb_i128 at = (eb_i128)price.e8 * EB_PPM;
    eb_i128 edge = (eb_i128)mark.e8 * bound;
    return side == EB_BUY ? at <= edge : at >= edge;
}

bool eb_price_band_edge(const struct eb_instrument *inst, enum eb_order_side side, eb_price mark, eb_price *out)
{
    bool buy = side == EB_BUY;
    int64_t bound = buy ? inst->percent_up_ppm : inst->percent_down_ppm;
    int64_t limit = buy ? inst->max_price.e8 : inst->min_price.e8;
    if (mark.e8 <= 0 || (bound == 0 && limit == 0)) {
        return false;
    }
    eb_i128 edge = bound != 0 ? (eb_i128)mark.e8 * bound : (eb_i128)limit * EB_PPM;
    eb_i128 limit_e14 = (eb_i128)limit * EB_PPM;
    if (limit != 0 && (buy ? limit_e14 < edge : limit_e14 > edge)) {
        edge = limit_e14;
    }
    eb_price price;
    if (!to_tick(inst, edge, buy ? EB_ROUND_FLOOR : EB_ROUND_CEIL, &price) || !eb_price_in_range(inst, price)) {
        return false;
    }
    *out = price;
    return true;
}
