/* SPDX-License-Identifier: Apache-2.0 */
/* From what was asked and answered to the plan that would be, as far as it goes without an engine. */
#include <string.h>

#include "domain/lint.h"
#include "domain/trigger.h"

static bool is_taken(const struct eb_leg_view *leg)
{
    return leg->state == EB_LEG_HIT || leg->state == EB_LEG_FIRING || leg->state == EB_LEG_PARTIAL ||
           leg->filled.e8 > 0;
}

/* The legs that stand, for rules that refer to them; a verdict may replace what was not hit. */
static void take_legs(const struct eb_context *ctx, struct eb_lint_plan *out)
{
    for (unsigned i = 0; i < ctx->leg_count && i < EB_LEGS_MAX; i++) {
        const struct eb_leg_view *leg = &ctx->legs[i];
        if (is_taken(leg)) {
            out->hit_ppm += leg->fraction_ppm;
            bool nearer = out->first_hit.e8 == 0 || eb_is_better(out->side, out->first_hit, leg->price);
            out->first_hit = leg->state == EB_LEG_HIT && nearer ? leg->price : out->first_hit;
        } else if (leg->state != EB_LEG_FREE) {
            out->leg[out->leg_count++] = (struct eb_lint_leg){leg->soft, leg->fraction_ppm, leg->price, leg->qty};
        }
    }
}

static void take_stop(const struct eb_decision *dec, struct eb_lint_plan *out)
{
    bool by_price = dec->u.stop.price.e8 > 0;
    eb_price stop;
    bool ok = by_price ? eb_round_stop(out->inst, out->side, (eb_i128)dec->u.stop.price.e8 * EB_PPM, &stop)
                       : dec->u.stop.pct_ppm > 0 &&
                             eb_stop_from_pct(out->inst, out->side, out->entry, dec->u.stop.pct_ppm, &stop);
    if (!ok || dec->u.stop.risk_floor) {
        return;
    }
    out->stop = stop;
    out->risk_price = dec->u.stop.risk_price;
    out->may_loosen = dec->u.stop.allow_loosen;
    const struct eb_guard g = {
        out->inst, out->side, out->entry, out->liquidation, out->min_stop_distance_ppm, out->liquidation_buffer_ppm};
    eb_price guarded = eb_guard_clamp(&g, stop);
    eb_price to = eb_guard_gives_risk(&g, guarded) ? guarded : out->risk_price;
    if (out->gives_r && out->r.e8 == 0 && to.e8 > 0) {
        int64_t distance = eb_favour_e8(out->side, out->entry, to);
        out->r.e8 = distance < 0 ? -distance : distance;
    }
}

static eb_price level_of(const struct eb_lint_plan *p, const struct eb_leg_spec *spec)
{
    eb_price out;
    eb_i128 exact = (eb_i128)p->entry.e8 * (EB_PPM + (p->side == EB_LONG ? (eb_i128)1 : -1) * spec->pct_ppm);
    bool ok;
    if (spec->price.e8 > 0) {
        ok = eb_round_target(p->inst, p->side, (eb_i128)spec->price.e8 * EB_PPM, &out);
    } else if (spec->pct_ppm > 0) {
        ok = eb_round_target(p->inst, p->side, exact, &out);
    } else {
        ok = p->r.e8 > 0 && eb_leg_price(p->inst, p->side, p->entry, spec->r_ppm, p->r, &out);
    }
    return ok ? out : (eb_price){0};
}

static void take_targets(const struct eb_decision *dec, struct eb_lint_plan *out)
{
    int64_t sum = out->hit_ppm;
    int64_t rest = out->qty.e8;
    out->legs_are_new = true;
    out->leg_count = 0;
    for (unsigned i = 0; i < dec->u.targets.count && i < EB_LEGS_MAX; i++) {
        const struct eb_leg_spec *spec = &dec->u.targets.leg[i];
        struct eb_lint_leg *leg = &out->leg[out->leg_count++];
        int64_t exact = (int64_t)((eb_i128)out->base.e8 * spec->fraction_ppm / EB_PPM);
        sum += spec->fraction_ppm;
        *leg = (struct eb_lint_leg){spec->soft, spec->fraction_ppm, level_of(out, spec),
                                    eb_round_qty_down(out->inst, (eb_qty){exact}, false)};
        if (sum == EB_PPM && i + 1 == dec->u.targets.count && rest > leg->qty.e8) {
            leg->qty.e8 = rest; /* fractions that sum to 1: the last takes what the others leave */
        }
        rest -= leg->qty.e8;
    }
}

static void take_trail(const struct eb_decision *dec, struct eb_lint_plan *out)
{
    out->trail.set = !dec->u.trailing.off;
    out->trail.activation_r_ppm = dec->u.trailing.activation_r_ppm;
    out->trail.callback_ppm = dec->u.trailing.callback_ppm;
    out->trail.curve_count = dec->u.trailing.curve_count;
    memcpy(out->trail.curve, dec->u.trailing.curve, sizeof out->trail.curve);
}

static void take(const struct eb_decision *dec, enum eb_decision_kind kind, struct eb_lint_plan *out)
{
    if (dec->kind != kind) {
        return;
    }
    switch (kind) {
    case EB_MOVE_STOP:
        take_stop(dec, out);
        return;
    case EB_UPDATE_TP_LIMITS:
        take_targets(dec, out);
        return;
    case EB_SET_TRAILING:
        take_trail(dec, out);
        return;
    case EB_SET_RATCHET:
        out->ratchet_count = dec->u.ratchet.count;
        memcpy(out->ratchet, dec->u.ratchet.rule, sizeof out->ratchet);
        return;
    case EB_NO_CHANGE:
    case EB_PARTIAL_CLOSE:
    case EB_FULL_EXIT:
    case EB_DECISION_KIND_COUNT:
        return;
    }
}

void eb_lint_plan_of(const struct eb_context *ctx, const struct eb_verdict *v, const struct eb_instrument *inst,
                     eb_price r, struct eb_lint_plan *out)
{
    static const uint8_t order[] = {EB_MOVE_STOP, EB_UPDATE_TP_LIMITS, EB_SET_TRAILING, EB_SET_RATCHET};
    bool has_r = ctx->r.e8 > 0 && !(ctx->r_provisional && ctx->hits == 0);
    memset(out, 0, sizeof *out);
    out->inst = inst;
    out->side = ctx->side == EB_SHORT ? EB_SHORT : EB_LONG;
    out->hedge = ctx->position_side != EB_PS_BOTH;
    out->gives_r = !has_r;
    out->r = r.e8 > 0 ? r : (eb_price){has_r ? ctx->r.e8 : 0};
    out->hits = ctx->hits;
    out->entry = ctx->entry;
    out->price = ctx->price;
    out->liquidation = ctx->liquidation;
    out->stop_before = ctx->r_provisional ? (eb_price){0} : ctx->stop;
    out->qty = ctx->qty;
    out->base = ctx->leg_base.e8 > 0 ? ctx->leg_base : ctx->qty;
    out->fee_taker_ppm = ctx->fee_taker_ppm;
    out->fee_maker_ppm = ctx->fee_maker_ppm;
    out->min_stop_distance_ppm = ctx->min_stop_distance_ppm;
    out->liquidation_buffer_ppm = ctx->liquidation_buffer_ppm;
    if (inst->tick.e8 <= 0 || inst->step.e8 <= 0 || ctx->entry.e8 <= 0) {
        return;
    }
    take_legs(ctx, out);
    for (unsigned pass = 0; pass < sizeof order; pass++) {
        for (unsigned i = 0; i < v->count && i < EB_DECISIONS_MAX; i++) {
            take(&v->decision[i], (enum eb_decision_kind)order[pass], out);
        }
    }
}
