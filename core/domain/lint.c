/* SPDX-License-Identifier: Apache-2.0 */
/* The findings; see lint.h. Each check is one function over the plan that adds what it finds. */
#include "domain/lint.h"

#include <string.h>

#include "domain/trigger.h"

#define SLICES_MAX 16 /* orders of one position that work at a time */
#define ROOM 5

struct report {
    const struct eb_lint_plan *p;
    struct eb_lint_finding *out;
    unsigned count;
    struct eb_lint_finding spare; /* what finds no room */
};

static struct eb_lint_finding *add(struct report *r, enum eb_lint_code code, enum eb_lint_grade grade, unsigned item)
{
    struct eb_lint_finding *f = r->count < EB_LINT_MAX ? &r->out[r->count++] : &r->spare;
    *f = (struct eb_lint_finding){.code = (uint8_t)code, .grade = (uint8_t)grade, .item = (uint8_t)item};
    return f;
}

static void figures(struct eb_lint_finding *f, enum eb_lint_unit unit, int64_t is, int64_t limit)
{
    f->unit = f->proposed_unit = (uint8_t)unit;
    f->is = is;
    f->limit = limit;
}

static int64_t ratio_ppm(int64_t part, int64_t whole, enum eb_round mode)
{
    int64_t out;
    return whole > 0 && eb_mul_div(part, EB_PPM, whole, mode, &out) ? out : 0;
}

/* Distance from entry towards profit, ppm of entry. */
static int64_t favour_ppm(const struct eb_lint_plan *p, eb_price price)
{
    return ratio_ppm(eb_favour_e8(p->side, p->entry, price), p->entry.e8, EB_ROUND_FLOOR);
}

/* The same towards loss. */
static int64_t loss_ppm(const struct eb_lint_plan *p, eb_price price)
{
    return ratio_ppm(-eb_favour_e8(p->side, p->entry, price), p->entry.e8, EB_ROUND_FLOOR);
}

static struct eb_guard guard_of(const struct eb_lint_plan *p)
{
    return (struct eb_guard){
        p->inst, p->side, p->entry, p->liquidation, p->min_stop_distance_ppm, p->liquidation_buffer_ppm};
}

/* ---- stops ---- */

/* The least distance of a stop that gives R, ppm of entry: rounding brings a stop nearer by less than a tick. */
static int64_t least_stop_ppm(const struct eb_lint_plan *p)
{
    int64_t tick = ratio_ppm(p->inst->tick.e8, p->entry.e8, EB_ROUND_CEIL);
    return (p->min_stop_distance_ppm > 2 * tick ? p->min_stop_distance_ppm : 2 * tick) + tick;
}

static void check_buffer(struct report *r, const struct eb_guard *g)
{
    const struct eb_lint_plan *p = r->p;
    eb_price edge;
    if (!eb_guard_loosest(g, &edge) || !eb_is_better(p->side, edge, p->stop)) {
        return;
    }
    bool fits = eb_guard_gives_risk(g, edge) || !p->gives_r;
    struct eb_lint_finding *f = add(r, EB_LINT_STOP_BUFFER, fits ? EB_LINT_WARNING : EB_LINT_ERROR, 0);
    figures(f, EB_LINT_PCT, loss_ppm(p, p->stop), loss_ppm(p, edge));
    f->proposed = f->limit > 0 ? f->limit : 0;
}

static void check_stop(struct report *r)
{
    const struct eb_lint_plan *p = r->p;
    const struct eb_guard g = guard_of(p);
    if (p->stop.e8 <= 0 || p->entry.e8 <= 0) {
        return;
    }
    if (p->gives_r && !eb_guard_gives_risk(&g, p->stop) && !eb_guard_gives_risk(&g, p->risk_price)) {
        struct eb_lint_finding *f = add(r, EB_LINT_STOP_NEAR, EB_LINT_ERROR, 0);
        figures(f, EB_LINT_PCT, loss_ppm(p, p->stop), least_stop_ppm(p));
        f->proposed = f->limit;
    }
    check_buffer(r, &g);
    if (p->price.e8 > 0 && eb_stop_crossed(p->side, p->stop, p->price)) {
        bool at_entry = eb_stop_crossed(p->side, p->stop, p->entry);
        struct eb_lint_finding *f = add(r, EB_LINT_STOP_CROSSED, at_entry ? EB_LINT_ERROR : EB_LINT_WARNING, 0);
        figures(f, EB_LINT_PRICE, p->stop.e8, p->price.e8);
    }
    if (p->stop_before.e8 > 0 && !p->may_loosen && eb_is_better(p->side, p->stop_before, p->stop)) {
        struct eb_lint_finding *f = add(r, EB_LINT_STOP_LOOSER, EB_LINT_NOTE, 0);
        figures(f, EB_LINT_PRICE, p->stop.e8, p->stop_before.e8);
        f->proposed = p->stop_before.e8;
    }
}

/* ---- legs: what each closes ---- */

static int64_t planned_ppm(const struct eb_lint_plan *p)
{
    int64_t sum = p->hit_ppm;
    for (unsigned i = 0; i < p->leg_count; i++) {
        sum += p->leg[i].fraction_ppm;
    }
    return sum;
}

static void check_fractions(struct report *r)
{
    int64_t sum = planned_ppm(r->p);
    if (sum > EB_PPM) {
        struct eb_lint_finding *f = add(r, EB_LINT_FRACTIONS, EB_LINT_ERROR, r->p->leg_count);
        figures(f, EB_LINT_FRACTION, sum, EB_PPM);
        int64_t last = r->p->leg[r->p->leg_count - 1].fraction_ppm;
        f->proposed = last > sum - EB_PPM ? last - (sum - EB_PPM) : 0;
    }
}

/* The least quantity that can be traded at a price. (Reductions of one-way mode need no notional.) */
static int64_t least_qty(const struct eb_lint_plan *p, eb_price price)
{
    const struct eb_instrument *inst = p->inst;
    int64_t least = inst->min_qty.e8 > inst->step.e8 ? inst->min_qty.e8 : inst->step.e8;
    int64_t worth;
    if (p->hedge && price.e8 > 0 && eb_mul_div(inst->min_notional.e8, EB_E8, price.e8, EB_ROUND_CEIL, &worth)) {
        int64_t steps = inst->step.e8 > 0 ? (worth + inst->step.e8 - 1) / inst->step.e8 * inst->step.e8 : worth;
        least = steps > least ? steps : least;
    }
    return least;
}

/* Whether the position is large enough for every leg to have ROOM times its minimum: then it is the ladder's fault that
 * one cannot be traded, and not that of a small position. */
static bool has_room(const struct eb_lint_plan *p)
{
    eb_i128 need = 0;
    for (unsigned i = 0; i < p->leg_count; i++) {
        need += (eb_i128)ROOM * least_qty(p, p->leg[i].price);
    }
    return need <= p->base.e8;
}

static void check_leg_size(struct report *r, unsigned i, enum eb_lint_grade grade)
{
    const struct eb_lint_plan *p = r->p;
    const struct eb_lint_leg *leg = &p->leg[i];
    int64_t need = least_qty(p, leg->price);
    struct eb_lint_finding *f;
    int64_t raw;
    if (leg->qty.e8 >= need || leg->price.e8 <= 0) {
        return;
    }
    if (leg->qty.e8 <= 0) {
        f = add(r, EB_LINT_LEG_NOTHING, grade, i + 1);
        bool ok = eb_mul_div(p->base.e8, leg->fraction_ppm, EB_PPM, EB_ROUND_FLOOR, &raw);
        figures(f, EB_LINT_QTY, ok ? raw : 0, p->inst->step.e8);
    } else if (leg->qty.e8 < p->inst->min_qty.e8) {
        f = add(r, EB_LINT_LEG_QUANTITY, grade, i + 1);
        figures(f, EB_LINT_QTY, leg->qty.e8, p->inst->min_qty.e8);
    } else {
        eb_money worth = {0};
        (void)!eb_notional(leg->price, leg->qty, EB_ROUND_FLOOR, &worth);
        f = add(r, EB_LINT_LEG_NOTIONAL, grade, i + 1);
        figures(f, EB_LINT_MONEY, worth.e8, p->inst->min_notional.e8);
    }
    f->proposed_unit = EB_LINT_FRACTION;
    f->proposed = ratio_ppm(need, p->base.e8, EB_ROUND_CEIL);
}

/* What the ladder leaves over goes to the stop: too little to trade there closes with the last leg instead. */
static void check_rest(struct report *r, enum eb_lint_grade grade)
{
    const struct eb_lint_plan *p = r->p;
    int64_t rest = p->qty.e8;
    eb_price at = p->stop.e8 > 0 ? p->stop : p->stop_before;
    if (p->leg_count == 0 || planned_ppm(p) >= EB_PPM || at.e8 <= 0) {
        return;
    }
    for (unsigned i = 0; i < p->leg_count; i++) {
        rest -= p->leg[i].qty.e8;
    }
    int64_t need = least_qty(p, at);
    if (rest <= 0 || rest >= need) {
        return;
    }
    struct eb_lint_finding *f = add(r, EB_LINT_REST, grade == EB_LINT_ERROR ? EB_LINT_WARNING : grade, p->leg_count);
    figures(f, EB_LINT_QTY, rest, need);
    f->proposed_unit = EB_LINT_FRACTION;
    int64_t part = ratio_ppm(need - rest, p->base.e8, EB_ROUND_CEIL);
    int64_t last = p->leg[p->leg_count - 1].fraction_ppm;
    f->proposed = last > part ? last - part : 0;
}

static void check_room(struct report *r)
{
    const struct eb_lint_plan *p = r->p;
    unsigned soft = 0;
    for (unsigned i = 0; i < p->leg_count; i++) {
        const struct eb_lint_leg *leg = &p->leg[i];
        int64_t most = eb_max_order_qty(p->inst, !leg->soft).e8;
        int64_t slices = most > 0 ? leg->qty.e8 / most + (leg->qty.e8 % most > 0) : 0;
        soft += leg->soft;
        if (slices > SLICES_MAX) {
            struct eb_lint_finding *f = add(r, EB_LINT_ROOM_SLICES, EB_LINT_WARNING, i + 1);
            figures(f, EB_LINT_NUMBER, slices, SLICES_MAX);
            f->proposed_unit = EB_LINT_FRACTION;
            f->proposed =
                ratio_ppm(most > INT64_MAX / SLICES_MAX ? INT64_MAX : most * SLICES_MAX, p->base.e8, EB_ROUND_FLOOR);
        }
    }
    if (p->inst->max_orders > 0 && soft > p->inst->max_orders) {
        struct eb_lint_finding *f = add(r, EB_LINT_ROOM_ORDERS, EB_LINT_ERROR, 0);
        figures(f, EB_LINT_NUMBER, soft, p->inst->max_orders);
        f->proposed = f->limit;
    }
}

/* ---- legs: where each lies ---- */

/* Distance at which a round trip costs nothing: bought by a market order, closed by this leg. */
static int64_t breakeven_ppm(const struct eb_lint_plan *p, bool soft)
{
    int64_t entry = p->fee_taker_ppm;
    int64_t exit = soft ? p->fee_maker_ppm : p->fee_taker_ppm;
    int64_t out;
    eb_i128 num = (eb_i128)(entry + exit) * EB_PPM;
    eb_i128 den = p->side == EB_LONG ? EB_PPM - exit : EB_PPM + exit;
    return den > 0 && eb_div_i64(num, den, EB_ROUND_CEIL, &out) ? out : 0;
}

static void check_leg_place(struct report *r, unsigned i)
{
    const struct eb_lint_plan *p = r->p;
    const struct eb_lint_leg *leg = &p->leg[i];
    int64_t at = leg->price.e8 > 0 ? favour_ppm(p, leg->price) : EB_PPM;
    int64_t costs = breakeven_ppm(p, leg->soft);
    enum eb_order_side closing = p->side == EB_LONG ? EB_SELL : EB_BUY;
    eb_price now = p->price.e8 > 0 ? p->price : p->entry;
    bool first = p->price.e8 <= 0 || p->price.e8 == p->entry.e8;
    if (leg->price.e8 <= 0 || at > EB_PPM) {
        struct eb_lint_finding *f =
            add(r, EB_LINT_LEG_FAR, leg->price.e8 <= 0 ? EB_LINT_ERROR : EB_LINT_NOTE, i + 1); /* a coin may double */
        figures(f, EB_LINT_PCT, at, EB_PPM);
    } else if (eb_target_crossed(p->side, leg->price, first ? p->entry : now)) {
        struct eb_lint_finding *f = add(r, EB_LINT_LEG_CROSSED, first ? EB_LINT_ERROR : EB_LINT_WARNING, i + 1);
        figures(f, EB_LINT_PRICE, leg->price.e8, now.e8);
    } else if (at < costs) {
        struct eb_lint_finding *f = add(r, EB_LINT_LEG_FEES, EB_LINT_ERROR, i + 1);
        figures(f, EB_LINT_PCT, at, costs);
        f->proposed = costs;
    }
    bool refused = !eb_price_in_range(p->inst, leg->price) ||
                   (leg->soft && !eb_percent_price_ok(p->inst, closing, leg->price, now));
    if (leg->price.e8 > 0 && refused) {
        struct eb_lint_finding *f = add(r, EB_LINT_LEG_RANGE, EB_LINT_ERROR, i + 1);
        eb_price edge = p->side == EB_LONG ? p->inst->max_price : p->inst->min_price;
        figures(f, EB_LINT_PRICE, leg->price.e8, edge.e8);
    }
}

static void check_order(struct report *r)
{
    const struct eb_lint_plan *p = r->p;
    for (unsigned i = 1; i < p->leg_count; i++) {
        const struct eb_lint_leg *a = &p->leg[i - 1];
        const struct eb_lint_leg *b = &p->leg[i];
        if (a->price.e8 > 0 && b->price.e8 > 0 && eb_is_better(p->side, a->price, b->price)) {
            struct eb_lint_finding *f = add(r, EB_LINT_ORDER, EB_LINT_ERROR, i + 1);
            figures(f, EB_LINT_PCT, favour_ppm(p, b->price), favour_ppm(p, a->price));
        }
    }
}

static void check_legs(struct report *r)
{
    const struct eb_lint_plan *p = r->p;
    if (!p->legs_are_new || p->leg_count == 0 || p->entry.e8 <= 0) {
        return;
    }
    check_fractions(r);
    check_order(r);
    enum eb_lint_grade grade = has_room(p) ? EB_LINT_ERROR : EB_LINT_NOTE;
    for (unsigned i = 0; i < p->leg_count; i++) {
        check_leg_place(r, i);
        check_leg_size(r, i, grade);
    }
    check_rest(r, grade);
    check_room(r);
}

/* ---- rules that act later ---- */

/* The price of the n-th leg by distance, from 1; 0 none. */
static eb_price leg_by_distance(const struct eb_lint_plan *p, unsigned n)
{
    eb_price at = {0};
    for (unsigned i = 0; i < p->leg_count; i++) {
        unsigned before = p->leg[i].price.e8 > 0 ? 0 : EB_LEGS_MAX;
        for (unsigned k = 0; k < p->leg_count; k++) {
            bool nearer = p->leg[k].price.e8 > 0 && eb_is_better(p->side, p->leg[i].price, p->leg[k].price);
            before += nearer || (k < i && p->leg[k].price.e8 == p->leg[i].price.e8);
        }
        at = before + 1 == n ? p->leg[i].price : at;
    }
    return at;
}

static void check_trail(struct report *r)
{
    const struct eb_lint_plan *p = r->p;
    const struct eb_trail *t = &p->trail;
    if (!t->set) {
        return;
    }
    int64_t before = t->callback_ppm;
    for (unsigned i = 0; i < t->curve_count && i < EB_CURVE_MAX; i++) {
        if (t->curve[i].callback_ppm > before) {
            struct eb_lint_finding *f = add(r, EB_LINT_TRAIL_LOOSENS, EB_LINT_ERROR, i + 1);
            figures(f, EB_LINT_PCT, t->curve[i].callback_ppm, before);
            f->proposed = before;
        }
        before = t->curve[i].callback_ppm;
    }
    eb_price start;
    eb_price last = leg_by_distance(p, p->leg_count);
    if (last.e8 > 0 && planned_ppm(p) == EB_PPM && eb_trail_activation_price(t, p->side, p->entry, p->r, &start) &&
        !eb_is_better(p->side, last, start)) {
        struct eb_lint_finding *f = add(r, EB_LINT_TRAIL_NEVER, EB_LINT_WARNING, 0);
        figures(f, EB_LINT_PCT, favour_ppm(p, start), favour_ppm(p, last));
    }
}

/* Where a rule puts the stop; 0 where that is not known yet. */
static eb_price ratchet_stop(const struct eb_lint_plan *p, const struct eb_ratchet_rule *rule)
{
    eb_price first = p->first_hit.e8 > 0 ? p->first_hit : leg_by_distance(p, 1);
    eb_price base = rule->to == EB_RATCHET_ENTRY ? p->entry : first;
    eb_i128 offset = (eb_i128)p->entry.e8 * rule->offset_ppm;
    eb_i128 exact = (eb_i128)base.e8 * EB_PPM + (p->side == EB_LONG ? offset : -offset);
    eb_price stop;
    return base.e8 > 0 && eb_round_stop(p->inst, p->side, exact, &stop) ? stop : (eb_price){0};
}

static void check_ratchet_rule(struct report *r, unsigned i, eb_price stop)
{
    const struct eb_lint_plan *p = r->p;
    const struct eb_ratchet_rule *rule = &p->ratchet[i];
    if (rule->after_hits > p->hits + p->leg_count) {
        struct eb_lint_finding *f = add(r, EB_LINT_RATCHET_NEVER, EB_LINT_NOTE, i + 1);
        figures(f, EB_LINT_NUMBER, rule->after_hits, p->hits + p->leg_count);
        f->proposed = f->limit;
        return;
    }
    eb_price there = rule->after_hits > p->hits ? leg_by_distance(p, rule->after_hits - p->hits) : (eb_price){0};
    if (there.e8 > 0 && eb_stop_crossed(p->side, stop, there)) {
        bool met = rule->to == EB_RATCHET_FIRST_HIT && rule->offset_ppm == 0 && rule->after_hits > 1; /* on one tick */
        struct eb_lint_finding *f = add(r, EB_LINT_RATCHET_FIRES, met ? EB_LINT_WARNING : EB_LINT_ERROR, i + 1);
        figures(f, EB_LINT_PRICE, stop.e8, there.e8);
    }
}

static void check_ratchet(struct report *r)
{
    const struct eb_lint_plan *p = r->p;
    for (unsigned i = 0; i < p->ratchet_count; i++) {
        eb_price stop = ratchet_stop(p, &p->ratchet[i]);
        check_ratchet_rule(r, i, stop);
        for (unsigned k = 0; k < p->ratchet_count; k++) {
            eb_price earlier = ratchet_stop(p, &p->ratchet[k]);
            if (p->ratchet[k].after_hits < p->ratchet[i].after_hits && stop.e8 > 0 &&
                eb_is_better(p->side, earlier, stop) && earlier.e8 > 0) {
                struct eb_lint_finding *f = add(r, EB_LINT_RATCHET_LOOSENS, EB_LINT_WARNING, i + 1);
                figures(f, EB_LINT_PRICE, stop.e8, earlier.e8);
                break;
            }
        }
    }
}

unsigned eb_lint(const struct eb_lint_plan *p, struct eb_lint_finding *out)
{
    struct report r = {.p = p, .out = out};
    if (p->inst != NULL && p->inst->tick.e8 > 0 && p->inst->step.e8 > 0 && p->leg_count <= EB_LEGS_MAX &&
        p->ratchet_count <= EB_RATCHET_MAX && p->entry.e8 > 0) {
        check_stop(&r);
        check_legs(&r);
        check_trail(&r);
        check_ratchet(&r);
    }
    return r.count;
}

const struct eb_lint_finding *eb_lint_worst(const struct eb_lint_finding *f, unsigned n, enum eb_lint_grade least)
{
    const struct eb_lint_finding *worst = NULL;
    for (unsigned i = 0; i < n; i++) {
        if (f[i].grade >= least && (worst == NULL || f[i].grade > worst->grade)) {
            worst = &f[i];
        }
    }
    return worst;
}
