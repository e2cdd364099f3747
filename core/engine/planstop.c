/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stops of a plan: guard and rounding, R, ratchet, parking of what is crossed when set, the built-in plan.
 */
#include "engine/state.h"

#include <string.h>

struct eb_guard eb_guard_of(const struct eb_engine *e, const struct eb_slot *s)
{
    const struct eb_symbol *y = eb_symbol_of(e, s);
    const struct eb_durable *d = &s->d;
    int64_t maintenance = y->inst.maintenance_ppm > 0 ? y->inst.maintenance_ppm : e->c.maintenance_ppm;
    return (struct eb_guard){
        .inst = &y->inst,
        .side = eb_side_of(s),
        .entry = d->entry,
        .liquidation = eb_liquidation_price(eb_side_of(s), d->entry, d->liquidation, d->leverage_ppm, maintenance),
        .min_stop_distance_ppm = e->c.min_stop_distance_ppm,
        .liquidation_buffer_ppm = e->c.liquidation_buffer_ppm,
    };
}

static eb_price distance(eb_price a, eb_price b)
{
    return (eb_price){a.e8 > b.e8 ? a.e8 - b.e8 : b.e8 - a.e8};
}

/* R is frozen when the first plan is accepted; that of the built-in plan only by the first accepted after it. */
static int set_r(struct eb_slot *s, const struct eb_guard *g, eb_price stop, eb_price risk_price, struct eb_err *err)
{
    struct eb_durable *d = &s->d;
    if (d->r_state == EB_R_FROZEN || d->hits > 0) {
        return EB_OK;
    }
    bool loss_side = eb_guard_gives_risk(g, stop);
    if (!loss_side && !eb_guard_gives_risk(g, risk_price)) {
        return eb_err_set(err, EB_E_REFUSED, "guard",
                          "stop: not at least max(2 ticks, min_stop_distance) on the loss side of entry; "
                          "give a risk_price that is, to say what R is measured to");
    }
    d->r = distance(d->entry, loss_side ? stop : risk_price);
    d->r_state = EB_R_FROZEN;
    d->rebase_pending = false;
    d->initial_stop = stop;
    d->first_r = d->r;
    return EB_OK;
}

/* The first plan accepted after an add: R is the distance to its stop, or stays where that lies on the profit side. */
void eb_plan_rebase(struct eb_engine *e, struct eb_slot *s)
{
    struct eb_durable *d = &s->d;
    struct eb_guard g = eb_guard_of(e, s);
    if (d->rebase_pending && d->r_state != EB_R_NONE && d->plan.stop.e8 > 0 && eb_guard_gives_risk(&g, d->plan.stop)) {
        d->r = distance(d->entry, d->plan.stop);
    }
    d->rebase_pending = false;
}

static bool may_loosen(const struct eb_engine *e, const struct eb_slot *s, const struct eb_decision *dec, eb_price stop,
                       eb_money balance)
{
    if (!dec->u.stop.allow_loosen || !e->c.allow_loosen || balance.e8 <= 0) {
        return false;
    }
    int64_t favour = eb_favour_e8(eb_side_of(s), s->d.entry, stop);
    eb_i128 loss = favour < 0 ? (eb_i128)-favour * s->d.qty.e8 / EB_E8 : 0;
    return loss * EB_PPM <= (eb_i128)balance.e8 * e->c.max_loss_ppm;
}

/* balance: of the context that was answered; what the engine has observed since is not in a record. */
int eb_plan_stop(struct eb_engine *e, struct eb_slot *s, const struct eb_decision *dec, eb_money balance,
                 struct eb_err *err)
{
    struct eb_durable *d = &s->d;
    struct eb_guard g = eb_guard_of(e, s);
    enum eb_side side = eb_side_of(s);
    eb_price stop;
    if (dec->u.stop.price.e8 <= 0 && dec->u.stop.pct_ppm <= 0) {
        return eb_err_set(err, EB_E_REFUSED, "guard", "stop: give a price, or a percentage above 0");
    }
    bool ok = dec->u.stop.price.e8 > 0 ? eb_round_stop(g.inst, side, (eb_i128)dec->u.stop.price.e8 * EB_PPM, &stop)
                                       : eb_stop_from_pct(g.inst, side, d->entry, dec->u.stop.pct_ppm, &stop);
    if (!ok) {
        return eb_err_set(err, EB_E_REFUSED, "guard", "stop: no price on the tick grid lies there");
    }
    stop = eb_guard_clamp(&g, stop);
    if (dec->u.stop.risk_floor) {
        d->plan.risk_floor = eb_tighter_stop(side, d->plan.risk_floor, stop);
        return EB_OK;
    }
    bool first = d->r_state != EB_R_FROZEN;
    int rc = set_r(s, &g, stop, dec->u.stop.risk_price, err);
    if (rc != EB_OK) {
        return rc;
    }
    bool replaces_builtin = first && d->plan.builtin;
    bool looser = d->plan.stop.e8 > 0 && eb_is_better(side, d->plan.stop, stop);
    if (!looser || may_loosen(e, s, dec, stop, balance)) {
        d->plan.stop = stop;
        d->plan.protective.e8 = looser ? 0 : d->plan.protective.e8;
    } else if (replaces_builtin) {
        d->plan.protective =
            eb_tighter_stop(side, d->plan.protective, d->plan.stop); /* the built-in one stays in force */
        d->plan.stop = stop;
    } else {
        eb_text_copy(s->last_reason, sizeof s->last_reason, "stop kept: the new one is looser");
    }
    return EB_OK;
}

static eb_price first_hit_level(const struct eb_plan *p)
{
    for (unsigned i = 0; i < p->leg_count; i++) {
        if (p->leg[i].hit_order == 1) {
            return p->leg[i].price;
        }
    }
    return (eb_price){0};
}

/* A rule of the plan applied in C: counts HIT legs, acts before that fill's consult, rounds as a stop. */
void eb_plan_ratchet(struct eb_engine *e, struct eb_slot *s)
{
    struct eb_durable *d = &s->d;
    const struct eb_instrument *inst = &eb_symbol_of(e, s)->inst;
    enum eb_side side = eb_side_of(s);
    for (unsigned i = 0; i < d->plan.ratchet_count; i++) {
        const struct eb_ratchet_rule *r = &d->plan.ratchet[i];
        if (d->hits < r->after_hits) {
            continue;
        }
        eb_price base = r->to == EB_RATCHET_ENTRY ? d->entry : first_hit_level(&d->plan);
        eb_i128 offset = (eb_i128)d->entry.e8 * r->offset_ppm;
        eb_i128 exact = (eb_i128)base.e8 * EB_PPM + (side == EB_LONG ? offset : -offset);
        eb_price stop;
        if (base.e8 <= 0 || !eb_round_stop(inst, side, exact, &stop)) {
            continue;
        }
        eb_price next = eb_tighter_stop(side, d->plan.ratchet_stop, stop);
        if (next.e8 != d->plan.ratchet_stop.e8) {
            d->plan.ratchet_stop = next;
            eb_touch(e);
        }
    }
}

/* The same leg at the same level in the plan before; NULL when it is new or has moved. */
static const struct eb_leg *same_leg(const struct eb_plan *before, const struct eb_leg *leg)
{
    for (unsigned i = 0; i < before->leg_count; i++) {
        if (before->leg[i].id == leg->id && before->leg[i].price.e8 == leg->price.e8) {
            return &before->leg[i];
        }
    }
    return NULL;
}

/* A leg that was in force before stays so, wherever price is; one that was parked is not reported again. */
void eb_park_legs(struct eb_engine *e, struct eb_slot *s, eb_price judge, const struct eb_plan *before)
{
    if (e->c.bars) {
        judge = s->path; /* targets watch the last price, also where stops have a mark */
    }
    if (judge.e8 <= 0) {
        return;
    }
    for (unsigned i = 0; i < s->d.plan.leg_count; i++) {
        struct eb_leg *leg = &s->d.plan.leg[i];
        if (leg->state != EB_LEG_ARMED || !eb_target_crossed(eb_side_of(s), leg->price, judge)) {
            continue;
        }
        const struct eb_leg *old = same_leg(before, leg);
        if (old != NULL && old->state != EB_LEG_PARKED) {
            continue;
        }
        leg->state = EB_LEG_PARKED;
        if (old == NULL) {
            eb_alert(e, s, EB_ALERT_PARKED, leg->price, leg->id,
                     "target was crossed when set: parked until price has come back behind it");
        }
    }
}

/* One component of the stop: crossed when set, it falls back to what stood before. */
static bool park_stop(enum eb_side side, eb_price judge, eb_price *now, eb_price before, eb_price *parked)
{
    if (now->e8 == before.e8 || !eb_stop_crossed(side, *now, judge)) {
        return false;
    }
    *parked = *now;
    *now = before; /* crossed or not: what stands is about to act, and is not taken away */
    return true;
}

/* A changed trail that is crossed goes on from the current price, and what it had reached before stays; one that had
 * been crossed before it changed is about to act, and is not taken away. */
static bool park_trail(struct eb_engine *e, struct eb_slot *s, eb_price judge, const struct eb_plan *before)
{
    struct eb_plan *p = &s->d.plan;
    enum eb_side side = eb_side_of(s);
    const struct eb_instrument *inst = &eb_symbol_of(e, s)->inst;
    eb_price now;
    eb_price old;
    if (eb_trail_hash(&p->trail) == eb_trail_hash(&before->trail) ||
        !eb_trail_stop(&p->trail, inst, side, s->d.entry, s->d.r, &now) || !eb_stop_crossed(side, now, judge)) {
        return false;
    }
    bool had = eb_trail_stop(&before->trail, inst, side, s->d.entry, s->d.r, &old);
    if (had && eb_stop_crossed(side, old, judge)) {
        return false;
    }
    p->protective = had ? eb_tighter_stop(side, p->protective, old) : p->protective;
    p->parked_stop = now;
    p->trail.peak = judge;
    return true;
}

/* Said, and replaced at once by the built-in protective stop; where none fits, as configured. */
static void stand_in(struct eb_engine *e, struct eb_slot *s, eb_price judge)
{
    struct eb_plan *p = &s->d.plan;
    eb_alert(e, s, EB_ALERT_PARKED, p->parked_stop, 0,
             "stop was crossed when set: parked, the protective stop behind price stands instead");
    struct eb_guard g = eb_guard_of(e, s);
    eb_price protective;
    if (eb_guard_protective(&g, judge, &protective)) {
        p->protective = eb_tighter_stop(eb_side_of(s), p->protective, protective);
        return;
    }
    eb_alert(e, s, EB_ALERT_NO_LEGAL_STOP, judge, 0, "no stop fits between liquidation buffer and price");
    if (e->c.on_no_legal_stop == EB_NO_STOP_CLOSE) {
        eb_exit_all(e, s, EB_PURPOSE_FULL_EXIT, EB_EXIT_EMERGENCY, judge);
    }
}

void eb_park_stops(struct eb_engine *e, struct eb_slot *s, eb_price judge, const struct eb_plan *before)
{
    struct eb_plan *p = &s->d.plan;
    enum eb_side side = eb_side_of(s);
    if (judge.e8 <= 0) {
        return;
    }
    bool parked = park_stop(side, judge, &p->stop, before->stop, &p->parked_stop);
    if (p->stop.e8 != before->stop.e8) {
        p->parked_stop.e8 = 0; /* a legal one stands now */
    }
    parked |= park_stop(side, judge, &p->ratchet_stop, before->ratchet_stop, &p->parked_stop);
    parked |= park_stop(side, judge, &p->risk_floor, before->risk_floor, &p->parked_stop);
    bool moved = p->protective.e8 == before->stop.e8; /* the built-in stop, which stands on beside its successor */
    parked |= park_stop(side, judge, &p->protective, moved ? before->stop : before->protective, &p->parked_stop);
    parked |= park_trail(e, s, judge, before);
    if (parked) {
        stand_in(e, s, judge);
    }
}

/* A rule that was changed or taken away gives less than the one before had reached, or nothing: that stays. (Within one
 * rule the trail holds what it reached by itself.) After parking, which takes away nothing that stood. */
void eb_trail_keep(struct eb_engine *e, struct eb_slot *s, eb_price judge, const struct eb_durable *was)
{
    const struct eb_instrument *inst = &eb_symbol_of(e, s)->inst;
    enum eb_side side = eb_side_of(s);
    struct eb_plan *p = &s->d.plan;
    eb_price reached = {0};
    eb_price now = {0};
    bool had = eb_trail_stop(&was->plan.trail, inst, side, was->entry, was->r, &reached);
    bool has = eb_trail_stop(&p->trail, inst, side, s->d.entry, s->d.r, &now);
    if (had && (!has || eb_is_better(side, reached, now))) {
        p->protective = eb_tighter_stop(side, p->protective, reached);
        return;
    }
    bool set = has && judge.e8 > 0 && now.e8 != reached.e8 && s->d.r.e8 != was->r.e8; /* by a new R alone */
    if (set && eb_stop_crossed(side, now, judge) && !eb_stop_crossed(side, reached, judge)) {
        p->parked_stop = now;
        p->trail.peak = judge;
        p->trail.held = reached;
        stand_in(e, s, judge);
    }
}

bool eb_trail_follow(struct eb_engine *e, struct eb_slot *s, eb_price price)
{
    struct eb_durable *d = &s->d;
    bool moved = eb_trail_observe(&d->plan.trail, eb_side_of(s), d->entry, d->r, price);
    if (moved) {
        eb_touch(e);
    }
    return moved;
}

void eb_plan_park(struct eb_engine *e, struct eb_slot *s, eb_price judge, const struct eb_plan *before)
{
    if (judge.e8 <= 0 && before->revision == 0 && !e->c.bars) {
        s->d.plan.unjudged = true;
        return;
    }
    eb_park_legs(e, s, judge, before);
    eb_park_stops(e, s, judge, before);
}

void eb_plan_judge(struct eb_engine *e, struct eb_slot *s, eb_price price)
{
    static const struct eb_plan none;
    if (s->d.open && !s->d.shadow_done && s->d.plan.unjudged && price.e8 > 0) {
        s->d.plan.unjudged = false;
        eb_touch(e);
        eb_plan_park(e, s, price, &none);
    }
}

static bool lacks_stop(const struct eb_engine *e, const struct eb_slot *s)
{
    enum eb_stop_kind kind;
    bool managed =
        s->d.open && !s->d.shadow_done && s->d.plan.revision != 0 && !s->d.intent.active && eb_is_owner(e, s);
    return managed && !s->d.plan.unjudged && eb_stop_in_force(e, s, &kind).e8 <= 0;
}

/* A plan for which no legal stop fitted: the protective one as soon as price makes it legal. */
void eb_plan_rescue(struct eb_engine *e, struct eb_slot *s)
{
    if (!lacks_stop(e, s)) {
        return;
    }
    eb_price judge = eb_judge_price(e, s);
    struct eb_guard g = eb_guard_of(e, s);
    if (judge.e8 > 0 && eb_guard_protective(&g, judge, &s->d.plan.protective)) {
        eb_touch(e);
        eb_alert(e, s, EB_ALERT_PARKED, s->d.plan.protective, 0, "a legal stop fits again: the protective stop stands");
    }
}

void eb_plan_builtin(struct eb_engine *e, struct eb_slot *s, eb_price judge)
{
    struct eb_durable *d = &s->d;
    struct eb_plan before = d->plan;
    struct eb_guard g = eb_guard_of(e, s);
    eb_price stop;
    if (d->plan.revision != 0) {
        return;
    }
    if (!eb_stop_from_pct(g.inst, g.side, d->entry, e->c.builtin_stop_ppm, &stop)) {
        eb_alert(e, s, EB_ALERT_NO_LEGAL_STOP, judge, 0, "the built-in stop has no price on the tick grid");
        return;
    }
    stop = eb_guard_clamp(&g, stop);
    d->plan.stop = stop;
    d->plan.revision = 1;
    d->plan.builtin = true;
    d->initial_stop = stop;
    d->r = distance(d->entry, stop);
    if (d->r.e8 == 0) {
        d->r = g.inst->tick;
    }
    d->first_r = d->r;
    d->r_state = EB_R_PROVISIONAL;
    d->permit_seq = e->durable_count + 1;
    eb_touch(e);
    eb_alert(e, s, EB_ALERT_BUILTIN_PLAN, stop, 0, "no policy plan: the built-in stop stands");
    eb_plan_park(e, s, judge, &before);
}
