/* SPDX-License-Identifier: Apache-2.0 */
/* The trailing stop; see trail.h. */
#include "domain/trail.h"

#include "domain/trigger.h"

static bool callback_ok(int64_t ppm)
{
    return ppm > 0 && ppm < EB_PPM;
}

int eb_trail_validate(const struct eb_trail *t, struct eb_err *err)
{
    if (t->activation_r_ppm < 0) {
        return eb_err_set(err, EB_E_INVALID, "trail", "activation_r must not be negative");
    }
    if (!callback_ok(t->callback_ppm)) {
        return eb_err_set(err, EB_E_INVALID, "trail", "callback must lie between 0 and 100 percent, both excluded");
    }
    if (t->curve_count > EB_CURVE_MAX) {
        return eb_err_set(err, EB_E_INVALID, "trail", "at most %d tightening thresholds", EB_CURVE_MAX);
    }
    for (unsigned i = 0; i < t->curve_count; i++) {
        if (!callback_ok(t->curve[i].callback_ppm)) {
            return eb_err_set(err, EB_E_INVALID, "trail", "tighten[%u]: callback must lie between 0 and 100 percent",
                              i + 1);
        }
        if (t->curve[i].r_ppm < 0 || (i > 0 && t->curve[i].r_ppm <= t->curve[i - 1].r_ppm)) {
            return eb_err_set(err, EB_E_INVALID, "trail", "tighten[%u]: thresholds must rise", i + 1);
        }
        int64_t before = i > 0 ? t->curve[i - 1].callback_ppm : t->callback_ppm;
        if (t->curve[i].callback_ppm > before) { /* it would move a stop away */
            return eb_err_set(err, EB_E_INVALID, "trail",
                              "tighten[%u]: a callback must not be wider than the one before", i + 1);
        }
    }
    return EB_OK;
}

bool eb_reaches_r(int64_t favour_e8, int64_t r_ppm, eb_price risk)
{
    return risk.e8 > 0 && (eb_i128)favour_e8 * EB_PPM >= (eb_i128)r_ppm * risk.e8;
}

bool eb_trail_activation_price(const struct eb_trail *t, enum eb_side side, eb_price entry, eb_price risk,
                               eb_price *out)
{
    int64_t move;
    if (risk.e8 <= 0 || !eb_mul_div(t->activation_r_ppm, risk.e8, EB_PPM, EB_ROUND_CEIL, &move)) {
        return false;
    }
    int64_t price;
    if (!(side == EB_LONG ? eb_add_i64(entry.e8, move, &price) : eb_sub_i64(entry.e8, move, &price)) || price <= 0) {
        return false;
    }
    out->e8 = price;
    return true;
}

int64_t eb_trail_callback(const struct eb_trail *t, enum eb_side side, eb_price entry, eb_price risk)
{
    int64_t callback = t->callback_ppm;
    int64_t favour = eb_favour_e8(side, entry, t->peak);
    for (unsigned i = 0; i < t->curve_count && eb_reaches_r(favour, t->curve[i].r_ppm, risk); i++) {
        callback = t->curve[i].callback_ppm;
    }
    return callback;
}

bool eb_trail_stop(const struct eb_trail *t, const struct eb_instrument *inst, enum eb_side side, eb_price entry,
                   eb_price risk, eb_price *out)
{
    if (!t->set || !t->active) {
        return false;
    }
    eb_price stop;
    if (!eb_trail_price(inst, side, t->peak, eb_trail_callback(t, side, entry, risk), &stop) ||
        eb_stop_crossed(side, stop, t->peak)) {
        stop.e8 = 0; /* a callback below one tick rounds onto the peak: crossed when set */
    }
    stop = eb_tighter_stop(side, stop, t->held);
    if (stop.e8 <= 0) {
        return false;
    }
    *out = stop;
    return true;
}

bool eb_trail_hold(struct eb_trail *t, const struct eb_instrument *inst, enum eb_side side, eb_price entry,
                   eb_price risk)
{
    eb_price stop;
    if (!eb_trail_stop(t, inst, side, entry, risk, &stop) || stop.e8 == t->held.e8) {
        return false;
    }
    t->held = stop;
    return true;
}

bool eb_trail_observe(struct eb_trail *t, enum eb_side side, eb_price entry, eb_price risk, eb_price price)
{
    if (!t->set) {
        return false;
    }
    if (t->active) {
        if (!eb_is_better(side, price, t->peak)) {
            return false;
        }
        t->peak = price;
        return true;
    }
    if (!eb_reaches_r(eb_favour_e8(side, entry, price), t->activation_r_ppm, risk)) {
        return false;
    }
    t->active = true;
    t->peak = price;
    return true;
}
