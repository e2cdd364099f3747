/* SPDX-License-Identifier: Apache-2.0 */
/* The envelope of stops; see guard.h. */
#include "domain/guard.h"

#include "domain/trigger.h"

eb_price eb_liquidation_price(enum eb_side side, eb_price entry, eb_price venue, int64_t leverage_ppm,
                              int64_t maintenance_ppm)
{
    if (venue.e8 > 0) {
        return venue;
    }
    if (leverage_ppm <= 0 || entry.e8 <= 0) {
        return (eb_price){0};
    }
    /* entry * (1/leverage - maintenance) = entry * (1e12 / leverage_ppm - maintenance_ppm) / 1e6, kept exact */
    eb_i128 num = (eb_i128)entry.e8 * ((eb_i128)EB_PPM * EB_PPM - (eb_i128)maintenance_ppm * leverage_ppm);
    if (num <= 0) {
        return (eb_price){0};
    }
    eb_i128 move = num / ((eb_i128)leverage_ppm * EB_PPM);
    if (side == EB_LONG) {
        return (eb_price){move < entry.e8 ? entry.e8 - (int64_t)move : 0};
    }
    return (eb_price){move < INT64_MAX - entry.e8 ? entry.e8 + (int64_t)move : 0};
}

static int64_t of_entry(const struct eb_guard *g, int64_t ppm)
{
    int64_t out;
    return eb_mul_div(g->entry.e8, ppm, EB_PPM, EB_ROUND_CEIL, &out) ? out : INT64_MAX;
}

bool eb_guard_loosest(const struct eb_guard *g, eb_price *out)
{
    if (g->liquidation.e8 <= 0) {
        return false;
    }
    eb_i128 buffer = (eb_i128)g->entry.e8 * g->liquidation_buffer_ppm;
    eb_i128 edge = (eb_i128)g->liquidation.e8 * EB_PPM + (g->side == EB_LONG ? buffer : -buffer);
    return eb_round_stop(g->inst, g->side, edge, out);
}

eb_price eb_guard_clamp(const struct eb_guard *g, eb_price stop)
{
    eb_price edge;
    return eb_guard_loosest(g, &edge) ? eb_tighter_stop(g->side, stop, edge) : stop;
}

bool eb_guard_gives_risk(const struct eb_guard *g, eb_price stop)
{
    int64_t distance = -eb_favour_e8(g->side, g->entry, stop);
    return stop.e8 > 0 && distance >= 2 * g->inst->tick.e8 && distance >= of_entry(g, g->min_stop_distance_ppm);
}

bool eb_guard_protective(const struct eb_guard *g, eb_price price, eb_price *out)
{
    eb_i128 distance = (eb_i128)g->entry.e8 * g->min_stop_distance_ppm;
    eb_i128 two_ticks = (eb_i128)2 * g->inst->tick.e8 * EB_PPM;
    distance = distance > two_ticks ? distance : two_ticks;
    eb_i128 exact = (eb_i128)price.e8 * EB_PPM + (g->side == EB_LONG ? -distance : distance);
    eb_price stop;
    eb_price edge;
    if (!eb_round_away(g->inst, g->side, exact, &stop)) { /* the distance holds after rounding */
        return false;
    }
    if (eb_guard_loosest(g, &edge) && eb_is_better(g->side, edge, stop)) {
        return false;
    }
    *out = stop;
    return true;
}
