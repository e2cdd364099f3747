/* SPDX-License-Identifier: Apache-2.0 */
/* The ladder of a plan; see plan.h. */
#include "domain/plan.h"

#include <string.h>

#include "domain/trigger.h"

bool eb_leg_id_gone(const struct eb_leg_ids *ids, uint8_t id)
{
    return (ids->bit[id >> 6] >> (id & 63) & 1) != 0;
}

void eb_leg_id_retire(struct eb_leg_ids *ids, uint8_t id)
{
    ids->bit[id >> 6] |= UINT64_C(1) << (id & 63);
}

static eb_qty fraction_of(eb_qty base, int64_t fraction_ppm, const struct eb_instrument *inst)
{
    int64_t exact = (int64_t)((eb_i128)base.e8 * fraction_ppm / EB_PPM); /* fraction <= 1: it fits */
    return eb_round_qty_down(inst, (eb_qty){exact}, false);
}

static int leg_price(const struct eb_ladder_input *in, const struct eb_leg_spec *s, unsigned i, eb_price *out,
                     struct eb_err *err)
{
    int given = (s->r_ppm != 0) + (s->pct_ppm != 0) + (s->price.e8 != 0);
    if (given != 1) {
        return eb_err_set(err, EB_E_INVALID, "ladder", "levels[%u]: give exactly one of r, pct, price", i + 1);
    }
    if (s->r_ppm < 0 || s->pct_ppm < 0 || s->price.e8 < 0) {
        return eb_err_set(err, EB_E_INVALID, "ladder", "levels[%u]: r, pct and price must be positive", i + 1);
    }
    bool ok;
    if (s->price.e8 != 0) {
        ok = eb_round_target(in->inst, in->side, (eb_i128)s->price.e8 * EB_PPM, out);
    } else if (s->pct_ppm != 0) {
        eb_i128 sign = in->side == EB_LONG ? 1 : -1;
        ok = eb_round_target(in->inst, in->side, (eb_i128)in->entry.e8 * (EB_PPM + sign * s->pct_ppm), out);
    } else {
        ok = in->risk.e8 > 0 && eb_leg_price(in->inst, in->side, in->entry, s->r_ppm, in->risk, out);
    }
    if (!ok) {
        return eb_err_set(err, EB_E_INVALID, "ladder", "levels[%u]: no price on the tick grid lies there", i + 1);
    }
    return EB_OK;
}

static int take_id(const struct eb_ladder_input *in, struct eb_leg_ids *used, const struct eb_leg_spec *s, unsigned i,
                   uint8_t *out, struct eb_err *err)
{
    if (s->id != 0) {
        if (eb_leg_id_gone(in->gone, s->id)) {
            return eb_err_set(err, EB_E_INVALID, "ladder",
                              "levels[%u].id: leg %u was hit or merged away and cannot return", i + 1, s->id);
        }
        if (eb_leg_id_gone(used, s->id)) {
            return eb_err_set(err, EB_E_INVALID, "ladder", "levels[%u].id: %u is given twice", i + 1, s->id);
        }
        *out = s->id;
        eb_leg_id_retire(used, s->id);
        return EB_OK;
    }
    for (unsigned id = 1; id < 256; id++) {
        if (!eb_leg_id_gone(in->gone, (uint8_t)id) && !eb_leg_id_gone(used, (uint8_t)id)) {
            *out = (uint8_t)id;
            eb_leg_id_retire(used, (uint8_t)id);
            return EB_OK;
        }
    }
    return eb_err_set(err, EB_E_FULL, "ladder", "levels[%u]: no leg id is left in this episode", i + 1);
}

/* Nearest first; equal prices keep the order in which the policy listed them. */
static void sort_by_distance(struct eb_leg *legs, unsigned n, enum eb_side side)
{
    for (unsigned i = 1; i < n; i++) {
        struct eb_leg leg = legs[i];
        unsigned k = i;
        while (k > 0 && eb_is_better(side, legs[k - 1].price, leg.price)) {
            legs[k] = legs[k - 1];
            k--;
        }
        legs[k] = leg;
    }
}

static bool below_minimum(const struct eb_ladder_input *in, eb_price price, eb_qty qty)
{
    return qty.e8 <= 0 || qty.e8 < in->inst->min_qty.e8 || (in->hedge && !eb_notional_ok(in->inst, price, qty));
}

static bool too_small(const struct eb_ladder_input *in, const struct eb_leg *leg)
{
    return below_minimum(in, leg->price, leg->qty);
}

/* Fractions that sum to 1: the last leg's quantity is what the others leave of the position. */
static void give_rest(const struct eb_ladder_input *in, struct eb_leg *legs, unsigned n)
{
    if (n == 0 || !legs[n - 1].takes_rest) {
        return;
    }
    int64_t rest = in->remaining.e8;
    for (unsigned i = 0; i + 1 < n; i++) {
        rest -= legs[i].qty.e8;
    }
    legs[n - 1].qty.e8 = rest > 0 ? rest : 0;
}

/* A leg below the minimum merges into the next, at that one's price and id; the last merges into the one before. */
static void merge_small(const struct eb_ladder_input *in, struct eb_leg *legs, unsigned *n, struct eb_leg_ids *merged)
{
    unsigned i = 0;
    while (*n > 1 && i < *n) {
        if (!too_small(in, &legs[i])) {
            i++;
            continue;
        }
        bool last = i + 1 == *n;
        struct eb_leg *into = last ? &legs[i - 1] : &legs[i + 1];
        into->fraction_ppm += legs[i].fraction_ppm;
        into->takes_rest = into->takes_rest || legs[i].takes_rest;
        into->qty = fraction_of(in->base, into->fraction_ppm, in->inst);
        eb_leg_id_retire(merged, legs[i].id);
        memmove(&legs[i], &legs[i + 1], sizeof legs[0] * (*n - i - 1));
        (*n)--;
        give_rest(in, legs, *n);
        i = last && i > 0 ? i - 1 : i;
    }
    /* a lone leg that is too small is saved when what it would leave is too small as well; else it cannot exist */
    if (*n == 1 && too_small(in, &legs[0]) &&
        !below_minimum(in, legs[0].price, (eb_qty){in->remaining.e8 - legs[0].qty.e8})) {
        eb_leg_id_retire(merged, legs[0].id);
        *n = 0;
    }
}

int eb_ladder_build(const struct eb_ladder_input *in, struct eb_leg *out, unsigned *out_count,
                    struct eb_leg_ids *merged, struct eb_err *err)
{
    if (in->count > EB_LEGS_MAX) {
        return eb_err_set(err, EB_E_INVALID, "ladder", "at most %d levels", EB_LEGS_MAX);
    }
    struct eb_leg_ids used = {{0}};
    int64_t planned = 0;
    memset(out, 0, sizeof *out * EB_LEGS_MAX);
    for (unsigned i = 0; i < in->count; i++) {
        const struct eb_leg_spec *s = &in->spec[i];
        if (s->fraction_ppm <= 0 || s->fraction_ppm > EB_PPM) {
            return eb_err_set(err, EB_E_INVALID, "ladder", "levels[%u].fraction: must lie in (0, 1]", i + 1);
        }
        planned += s->fraction_ppm;
        struct eb_leg *leg = &out[i];
        int rc = leg_price(in, s, i, &leg->price, err);
        if (rc == EB_OK) {
            rc = take_id(in, &used, s, i, &leg->id, err);
        }
        if (rc != EB_OK) {
            return rc;
        }
        leg->state = EB_LEG_ARMED;
        leg->soft = s->soft;
        leg->r_ppm = s->r_ppm;
        leg->fraction_ppm = s->fraction_ppm;
        leg->qty = fraction_of(in->base, s->fraction_ppm, in->inst);
    }
    if (in->hit_ppm + planned > EB_PPM) {
        return eb_err_set(err, EB_E_INVALID, "ladder", "fractions: %lld ppm hit + %lld ppm planned exceed 1",
                          (long long)in->hit_ppm, (long long)planned);
    }
    unsigned n = in->count;
    sort_by_distance(out, n, in->side);
    if (n > 0 && in->hit_ppm + planned == EB_PPM) {
        out[n - 1].takes_rest = true;
        give_rest(in, out, n);
    }
    memset(merged, 0, sizeof *merged);
    merge_small(in, out, &n, merged);
    *out_count = n;
    return EB_OK;
}

eb_qty eb_leg_fire_qty(const struct eb_leg *leg, const struct eb_instrument *inst, bool hedge, eb_qty remaining,
                       eb_qty reserved)
{
    int64_t want = leg->takes_rest ? remaining.e8 - reserved.e8 : leg->qty.e8 - leg->filled.e8;
    want = want > 0 ? want : 0;
    eb_qty rest = {remaining.e8 - want};
    if (want >= remaining.e8 || rest.e8 < inst->min_qty.e8 || (hedge && !eb_notional_ok(inst, leg->price, rest))) {
        want = remaining.e8;
    }
    return (eb_qty){want >= inst->min_qty.e8 ? want : 0};
}

void eb_ladder_rebase(struct eb_leg *legs, unsigned count, const struct eb_ladder_input *in, bool levels)
{
    int64_t rest = in->remaining.e8;
    for (unsigned i = 0; i < count; i++) {
        struct eb_leg *leg = &legs[i];
        if (leg->state == EB_LEG_HIT || leg->state == EB_LEG_FREE) {
            continue;
        }
        leg->qty = fraction_of(in->base, leg->fraction_ppm, in->inst);
        if (leg->takes_rest) {
            leg->qty.e8 = rest > 0 ? rest : 0;
        }
        rest -= leg->qty.e8;
        bool untouched = leg->state != EB_LEG_FIRING && leg->state != EB_LEG_PARTIAL && leg->filled.e8 == 0;
        eb_price price;
        if (levels && untouched && leg->r_ppm > 0 &&
            eb_leg_price(in->inst, in->side, in->entry, leg->r_ppm, in->risk, &price)) {
            leg->price = price;
        }
    }
}
