/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bar walk as the engine sees it (semantics 11): the walker asks where the next level lies, moves the price there,
 * and the engine fires what stands at that price.
 *
 *     POINT    P0: stop as it stood, then every crossed leg, all at this price; then the peak
 *     SEGMENT  adverse travel: the stop; favourable travel: peak and trail move, then one leg, the lowest index
 *     MARK     --mark-klines: the mark alone moved; the stop fires at the last price of that instant
 *     CLOSE    P3: the cycle instant
 */
#include "engine/state.h"

static bool leg_waits(const struct eb_leg *leg)
{
    return leg->state == EB_LEG_ARMED && !leg->soft;
}

bool eb_engine_path_next(const struct eb_engine *e, eb_position_id position, enum eb_path_scope scope, eb_price from,
                         eb_price to, eb_price *at)
{
    if (position >= e->symbol_count * 2 || !eb_slot_at(e, position)->d.open) {
        return false;
    }
    const struct eb_slot *s = eb_slot_at(e, position);
    enum eb_side side = eb_side_of(s);
    enum eb_stop_kind kind;
    if (eb_is_better(side, from, to)) { /* adverse travel */
        eb_price stop = eb_stop_in_force(e, s, &kind);
        bool acts = eb_is_owner(e, s) && !s->d.intent.active && !s->d.shadow_done;
        if (scope == EB_SCOPE_TARGETS || !acts || !eb_stop_crossed(side, stop, to)) {
            return false;
        }
        *at = eb_is_better(side, stop, from) ? from : stop;
        return true;
    }
    bool found = false;
    for (unsigned i = 0; i < s->d.plan.leg_count && scope != EB_SCOPE_STOPS; i++) {
        const struct eb_leg *leg = &s->d.plan.leg[i];
        if (leg_waits(leg) && eb_target_crossed(side, leg->price, to) && eb_leg_can_fire(e, s, leg)) {
            eb_price reached = eb_is_better(side, from, leg->price) ? from : leg->price;
            if (!found || eb_is_better(side, *at, reached)) {
                *at = reached;
                found = true;
            }
        }
    }
    return found;
}

static void extremes(struct eb_slot *s, eb_price price)
{
    enum eb_side side = eb_side_of(s);
    if (s->best.e8 == 0 || eb_is_better(side, price, s->best)) {
        s->best = price;
    }
    if (s->worst.e8 == 0 || eb_is_better(side, s->worst, price)) {
        s->worst = price;
    }
}

static void raise_peak(struct eb_engine *e, struct eb_slot *s, eb_price price)
{
    (void)eb_trail_follow(e, s, price);
}

static void rearm(struct eb_engine *e, struct eb_slot *s, eb_price price)
{
    for (unsigned i = 0; i < s->d.plan.leg_count; i++) {
        struct eb_leg *leg = &s->d.plan.leg[i];
        if (leg->state == EB_LEG_PARKED && !eb_target_crossed(eb_side_of(s), leg->price, price)) {
            leg->state = EB_LEG_ARMED;
            eb_touch(e);
        }
    }
}

/* Fires crossed legs at price: at a point all of them up to one that rests and was passed, for that one is filled by
 * the venue before the walk asks again; else only the first by index. */
static void fire_legs(struct eb_engine *e, struct eb_slot *s, eb_price price, bool all)
{
    for (unsigned i = 0; i < s->d.plan.leg_count; i++) {
        struct eb_leg *leg = &s->d.plan.leg[i];
        if (all && leg->soft && leg->state == EB_LEG_RESTING && eb_is_better(eb_side_of(s), price, leg->price)) {
            return;
        }
        if (leg_waits(leg) && eb_target_crossed(eb_side_of(s), leg->price, price) && eb_targets_may_fire(e, s)) {
            eb_fire_leg(e, s, leg);
            if (!all) {
                return;
            }
        }
    }
}

static bool stop_fires(struct eb_engine *e, struct eb_slot *s, eb_price at)
{
    enum eb_stop_kind kind;
    if (s->d.intent.active || !eb_stop_crossed(eb_side_of(s), eb_stop_in_force(e, s, &kind), at)) {
        return false;
    }
    eb_fire_stop(e, s);
    return true;
}

static void step_point(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_path *p)
{
    eb_price of_stop = p->has_mark ? p->mark_to : p->to;
    extremes(s, p->to);
    if (stop_fires(e, s, of_stop)) {
        return;
    }
    fire_legs(e, s, p->to, true);
    raise_peak(e, s, of_stop);
    rearm(e, s, p->to);
}

static void step_segment(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_path *p)
{
    bool adverse = eb_is_better(eb_side_of(s), p->from, p->to);
    extremes(s, p->from); /* P0 may have been passed over as quiet */
    extremes(s, p->to);
    if (adverse) {
        if (!p->has_mark && stop_fires(e, s, p->to)) {
            return;
        }
        rearm(e, s, p->to);
        return;
    }
    if (!p->has_mark) {
        raise_peak(e, s, p->to);
    }
    fire_legs(e, s, p->to, false);
}

static void step_mark(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_path *p)
{
    bool adverse = eb_is_better(eb_side_of(s), p->mark_from, p->mark_to);
    if (!adverse) {
        raise_peak(e, s, p->mark_to);
    } else {
        if (stop_fires(e, s, p->mark_to)) {
            extremes(s, p->to);
        }
    }
}

bool eb_path_valid(const struct eb_engine *e, const struct eb_event *ev)
{
    const struct eb_ev_path *p = &ev->u.path;
    return e->c.bars && ev->position < e->symbol_count * 2 && p->kind < EB_PATH_QUIET && p->to.e8 > 0 &&
           p->to.e8 < INT64_MAX / 2 && (!p->has_mark || (p->mark_to.e8 > 0 && p->mark_to.e8 < INT64_MAX / 2));
}

void eb_step_path(struct eb_engine *e, const struct eb_event *ev)
{
    const struct eb_ev_path *p = &ev->u.path;
    struct eb_slot *s = eb_slot_at(e, ev->position);
    s->path_kind = p->kind;
    s->path = p->to;
    struct eb_hot *h = eb_hot_of(e, ev->symbol, EB_SRC_LAST);
    h->price = p->to.e8;
    h->received_ns = ev->now_ns;
    if (p->has_mark) {
        s->path_mark = p->mark_to;
    }
    struct eb_hot *mark = eb_hot_of(e, ev->symbol, EB_SRC_MARK);
    mark->price = p->has_mark ? p->mark_to.e8 : p->to.e8;
    mark->received_ns = ev->now_ns;
    if (!s->d.open || s->d.shadow_done) {
        return;
    }
    switch ((enum eb_path_kind)p->kind) {
    case EB_PATH_POINT:
        step_point(e, s, p);
        break;
    case EB_PATH_SEGMENT:
        step_segment(e, s, p);
        break;
    case EB_PATH_MARK:
        step_mark(e, s, p);
        break;
    case EB_PATH_CLOSE:
        eb_consult_due(e, s);
        break;
    case EB_PATH_QUIET:
        break; /* handled before the slow path */
    }
}
