/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Episodes: a position of (account, symbol, position side) from flat to flat (semantics 1).
 *
 *     POSITION event against what our fills explain:  begin | same | add: re-base | external reduction | flip | end
 */
#include "engine/state.h"

#include <string.h>

#define EB_CLAIM_MS 2000 /* a told size that fills in flight may explain is believed after this long without them */

static void copy_terms(struct eb_durable *d, const struct eb_ev_position *p)
{
    d->liquidation = p->liquidation;
    d->margin = p->margin;
    d->margin_qty = p->qty;
    if (p->leverage_ppm > 0) {
        d->leverage_ppm = p->leverage_ppm;
    }
}

void eb_first_plan(struct eb_engine *e, struct eb_slot *s, enum eb_consult_reason why)
{
    if (!eb_is_owner(e, s)) {
        eb_alert(e, s, EB_ALERT_FOREIGN_OWNER, s->d.entry, 0,
                 "EXIT_MODE=LEGACY, and the policy set has no legacy owner for it: nobody here decides its exits");
    } else if (e->flattening || e->paused) {
        eb_plan_builtin(e, s, eb_judge_price(e, s)); /* only the built-in stop until resume (semantics 8) */
    } else {
        eb_want_consult(e, s, why);
    }
}

void eb_episode_begin(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_position *p, int64_t now_ms)
{
    struct eb_durable *d = &s->d;
    memset(d, 0, sizeof *d); /* release held for the position that it named: the next one is looked after again */
    d->open = true;
    d->episode = ++e->episode_serial;
    d->adopted = p->adopted;
    d->side = p->side;
    d->position_side = p->position_side;
    d->qty = p->qty;
    d->first_qty = p->qty;
    d->base = p->qty;
    d->venue_qty = p->qty;
    d->entry = p->entry;
    d->shadow = !eb_is_live(e);
    d->opened_ms = p->opened_ms > 0 ? p->opened_ms : now_ms;
    d->told_ms = p->venue_ms;
    memcpy(d->strategy_id, p->strategy_id, sizeof d->strategy_id);
    d->strategy_id[sizeof d->strategy_id - 1] = '\0';
    copy_terms(d, p);
    eb_touch(e);
    e->stats.open_positions++;

    eb_price now = eb_judge_price(e, s);
    eb_price seen = e->c.bars ? s->path : now; /* of a bar walk the last price's path is reported */
    s->best = seen.e8 > 0 ? seen : p->entry;
    s->worst = s->best;
    s->consult_pending = false;
    s->quarantined = false;
    s->failures_in_row = 0;
    s->linted = 0;
    memset(&s->wake, 0, sizeof s->wake);
    s->soft_since_ns = 0;
    s->unprotected_since_ms = now_ms;
    s->alarm_unprotected = false;
    s->stale_told_ns = 0;
    s->consults = s->accepted = s->refused = s->stale = s->failures = s->sent = s->fills = s->duplicates = 0;
    s->last_reason[0] = '\0';
    eb_first_plan(e, s, p->adopted ? EB_CONSULT_ADOPTED : EB_CONSULT_NEW);
}

static eb_price worse_of(enum eb_side side, eb_price a, eb_price b)
{
    return a.e8 > 0 && eb_is_better(side, b, a) ? a : b;
}

void eb_episode_extremes(const struct eb_slot *s, eb_price *best, eb_price *worst)
{
    const struct eb_durable *d = &s->d;
    *best = eb_better_of(eb_side_of(s), d->earlier_best.e8 > 0 ? d->earlier_best : s->best, s->best);
    *worst = worse_of(eb_side_of(s), d->earlier_worst, s->worst);
}

void eb_episode_end(struct eb_engine *e, struct eb_slot *s)
{
    struct eb_durable *d = &s->d;
    if (!d->open) {
        return;
    }
    struct eb_episode_end *r = &eb_emit(e, EB_ACT_EPISODE_END)->u.end;
    r->position = eb_slot_index(e, s);
    r->symbol = eb_slot_symbol(e, s);
    r->episode = d->episode;
    r->side = d->side;
    r->regime = d->regime;
    r->reconciled = !d->unexplained;
    memcpy(r->profile, d->profile, sizeof r->profile);
    r->entry = d->entry;
    r->initial_stop = d->initial_stop;
    r->first_r = d->first_r;
    eb_episode_extremes(s, &r->best, &r->worst);
    r->first_qty = d->first_qty;
    r->opened_ms = d->opened_ms;
    r->closed_ms = d->last_fill_ms > 0 ? d->last_fill_ms : e->ev->now_ms;
    d->open = false;
    d->intent.active = false;
    d->claim_ms = 0;
    s->wants_consult = false;
    s->consult_pending = false;
    e->stats.open_positions--;
    eb_touch(e);
}

/* Shadow -> LIVE: rebuilt from the venue; virtual hits, peaks and what the policy remembered of them are discarded. */
static void to_live(struct eb_engine *e, struct eb_slot *s)
{
    struct eb_durable *d = &s->d;
    d->shadow = false;
    eb_touch(e);
    if (d->venue_qty.e8 == 0) {
        eb_episode_end(e, s);
        return;
    }
    d->qty = d->first_qty = d->base = d->venue_qty;
    d->exited.e8 = d->r.e8 = d->initial_stop.e8 = d->first_r.e8 = 0;
    d->earlier_best.e8 = d->earlier_worst.e8 = 0;
    d->r_state = EB_R_NONE;
    d->hits = 0;
    d->permit_seq = 0;
    d->rebase_pending = d->shadow_done = d->unexplained = false;
    d->last_fill_ms = d->claim_ms = 0;
    d->backstop.stage = d->backstop.stage == EB_BS_CONFIRM_BREACH ? EB_BS_NONE : d->backstop.stage;
    memset(&d->plan, 0, sizeof d->plan);
    memset(&d->intent, 0, sizeof d->intent);
    memset(&d->memory, 0, sizeof d->memory);
    d->planned = false;
    memset(&s->wake, 0, sizeof s->wake);
    eb_price now = eb_judge_price(e, s);
    s->best = s->worst = now.e8 > 0 ? now : d->entry;
    s->consult_pending = false;
    s->unprotected_since_ms = e->ev->now_ms;
    s->alarm_unprotected = false;
    eb_first_plan(e, s, EB_CONSULT_MODE);
}

void eb_episode_mode(struct eb_engine *e, struct eb_slot *s)
{
    if (!s->d.open || s->d.shadow != eb_is_live(e)) {
        return;
    }
    if (eb_is_live(e)) {
        to_live(e, s);
    } else {
        s->d.shadow = true;
        eb_touch(e);
    }
}

static void rebase_legs(struct eb_engine *e, struct eb_slot *s, bool levels)
{
    struct eb_durable *d = &s->d;
    struct eb_ladder_input in = {.inst = &eb_symbol_of(e, s)->inst,
                                 .side = eb_side_of(s),
                                 .entry = d->entry,
                                 .risk = d->r,
                                 .base = d->base,
                                 .remaining = d->qty};
    const struct eb_plan before = d->plan;
    eb_ladder_rebase(d->plan.leg, d->plan.leg_count, &in, levels);
    for (unsigned i = 0; i < d->plan.leg_count; i++) {
        struct eb_leg *leg = &d->plan.leg[i];
        const struct eb_leg *old = &before.leg[i];
        if (leg->state == EB_LEG_RESTING && (leg->qty.e8 != old->qty.e8 || leg->price.e8 != old->price.e8)) {
            leg->state = EB_LEG_ARMED; /* its order is cancelled, and placed anew as it should be now */
            leg->firing_qty.e8 = 0;
        }
    }
}

/* What the added part cost, from the two averages; back on the tick where their rounding at 1e-8 blurred it. */
static eb_price add_price(const struct eb_engine *e, const struct eb_slot *s, const struct eb_ev_position *p)
{
    const struct eb_durable *d = &s->d;
    eb_i128 more = (eb_i128)p->qty.e8 - d->venue_qty.e8;
    eb_i128 cost = (eb_i128)p->qty.e8 * p->entry.e8 - (eb_i128)d->venue_qty.e8 * d->entry.e8;
    int64_t price;
    if (!eb_div_i64(cost > 0 ? cost : 0, more, EB_ROUND_HALF_EVEN, &price) || price <= 0) {
        return p->entry;
    }
    int64_t tick = eb_symbol_of(e, s)->inst.tick.e8;
    int64_t near = (price + tick / 2) / tick * tick;
    int64_t off = near > price ? near - price : price - near;
    return (eb_price){near > 0 && off <= 2 + (int64_t)((eb_i128)p->qty.e8 / more) ? near : price};
}

/* A size increase re-bases; the stop in force stays, whatever it was made of. */
static void add(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_position *p)
{
    struct eb_durable *d = &s->d;
    enum eb_stop_kind kind;
    eb_price held = eb_stop_in_force(e, s, &kind);
    if (held.e8 > 0 && kind == EB_STOP_TRAIL) {
        d->plan.stop = held;
    }
    eb_qty more = {p->qty.e8 - d->venue_qty.e8};
    eb_price paid = add_price(e, s, p);
    d->venue_qty = p->qty;
    eb_touch(e);
    if (d->shadow_done || !eb_add_i64(d->qty.e8, more.e8, &d->qty.e8)) {
        return; /* the virtual episode has ended: later adds are censored (semantics 12) */
    }
    d->entry = p->entry;
    d->base = d->qty;
    d->rebase_pending = true;
    copy_terms(d, p);
    d->plan.trail.active = false;
    d->plan.trail.held.e8 = 0;
    const struct eb_plan before = d->plan;
    (void)eb_trail_observe(&d->plan.trail, eb_side_of(s), d->entry, d->r, paid);
    d->earlier_best = eb_better_of(eb_side_of(s), d->earlier_best.e8 > 0 ? d->earlier_best : s->best, s->best);
    d->earlier_worst = worse_of(eb_side_of(s), d->earlier_worst, s->worst);
    s->best = s->worst = paid;
    rebase_legs(e, s, true);
    eb_plan_park(e, s, eb_judge_price(e, s), &before);
    eb_touch(e);
    eb_recheck_buffer(e, s);
    eb_want_consult(e, s, EB_CONSULT_SIZE);
}

static void report_external(struct eb_engine *e, const struct eb_slot *s, eb_qty qty)
{
    struct eb_exit *x = &eb_emit(e, EB_ACT_EXIT)->u.exit;
    x->position = eb_slot_index(e, s);
    x->symbol = eb_slot_symbol(e, s);
    x->episode = s->d.episode;
    x->side = s->d.side;
    x->reason = EB_EXIT_EXTERNAL;
    x->price = eb_judge_price(e, s);
    x->entry = s->d.entry;
    x->r = s->d.r;
    x->qty = qty;
    x->remaining.e8 = s->d.qty.e8 - qty.e8;
    x->venue_ms = e->ev->now_ms;
}

/* The venue's picture of this position, as of its own time, is ours from now on. */
static void believe(struct eb_engine *e, struct eb_durable *d, int64_t told_ms)
{
    if (told_ms > d->told_ms) {
        d->told_ms = told_ms;
        d->absorbed_before.e8 += d->absorbed.e8;
        d->absorbed.e8 = 0;
        eb_touch(e);
    }
}

/* Somebody else reduced it: the leg base shrinks in proportion, nothing is fired again. */
static void reduce(struct eb_engine *e, struct eb_slot *s, eb_qty to, int64_t told_ms)
{
    struct eb_durable *d = &s->d;
    eb_qty gone = {d->venue_qty.e8 - to.e8};
    believe(e, d, told_ms);
    d->absorbed.e8 += gone.e8;
    eb_qty before = d->qty;
    int64_t after = d->qty.e8 > gone.e8 ? d->qty.e8 - gone.e8 : 0;
    report_external(e, s, (eb_qty){before.e8 - after});
    d->venue_qty = to;
    d->unexplained = true;
    eb_touch(e);
    if (after == 0 || to.e8 == 0) {
        d->qty.e8 = 0;
        eb_episode_end(e, s);
        return;
    }
    d->qty.e8 = after;
    int64_t base;
    if (eb_mul_div(d->base.e8, after, before.e8, EB_ROUND_FLOOR, &base)) {
        d->base.e8 = base;
    }
    rebase_legs(e, s, false);
    eb_want_consult(e, s, EB_CONSULT_SIZE);
}

void eb_episode_gone(struct eb_engine *e, struct eb_slot *s)
{
    reduce(e, s, (eb_qty){0}, s->d.told_ms);
}

/* Terms changed: the liquidation buffer is looked at again, and a stop beyond it moves to its edge. */
void eb_recheck_buffer(struct eb_engine *e, struct eb_slot *s)
{
    struct eb_durable *d = &s->d;
    struct eb_guard g = eb_guard_of(e, s);
    eb_price edge;
    enum eb_stop_kind kind;
    eb_price stop = eb_stop_in_force(e, s, &kind);
    if (d->plan.revision == 0 || !eb_guard_loosest(&g, &edge) ||
        (stop.e8 > 0 && !eb_is_better(eb_side_of(s), edge, stop))) {
        return;
    }
    eb_price now = eb_judge_price(e, s);
    eb_price next = edge;
    if (now.e8 > 0 && eb_stop_crossed(eb_side_of(s), edge, now) && !eb_guard_protective(&g, now, &next)) {
        eb_alert(e, s, EB_ALERT_NO_LEGAL_STOP, now, 0, "price is inside the liquidation buffer: no legal stop fits");
        if (e->c.on_no_legal_stop == EB_NO_STOP_CLOSE) {
            eb_exit_all(e, s, EB_PURPOSE_FULL_EXIT, EB_EXIT_EMERGENCY, now);
        }
        return;
    }
    d->plan.protective = eb_tighter_stop(eb_side_of(s), d->plan.protective, next);
    eb_touch(e);
}

/* An entry that changes without an increase is recorded, never a re-base; a margin that changes by itself, and not with
 * the size that a fill has told before, is asked about, as a leverage is. */
static void update_terms(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_position *p)
{
    struct eb_durable *d = &s->d;
    bool leverage = p->leverage_ppm > 0 && p->leverage_ppm != d->leverage_ppm;
    bool margin = p->margin.e8 != d->margin.e8;
    if (!leverage && !margin && p->liquidation.e8 == d->liquidation.e8 && p->entry.e8 == d->entry.e8) {
        return;
    }
    bool asked = leverage || (margin && p->qty.e8 == d->margin_qty.e8 && d->margin.e8 > 0);
    copy_terms(d, p);
    d->entry = p->entry;
    eb_touch(e);
    eb_recheck_buffer(e, s);
    if (asked) {
        eb_want_consult(e, s, EB_CONSULT_MARGIN);
    }
}

/* Orders of ours that may have done what the venue tells, their fills being on the way: what is committed, or a
 * conditional order whose trigger was reached. */
static bool ours_may_explain(const struct eb_engine *e, const struct eb_slot *s, eb_qty missing)
{
    eb_price now = eb_judge_price(e, s);
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        const struct eb_order *o = &s->order[i];
        bool stands = o->type == EB_ORDER_STOP_MARKET && o->id.episode == s->d.episode &&
                      eb_order_is_open((enum eb_order_state)o->state);
        bool met = o->state == EB_OS_TRIGGERING || o->state == EB_OS_TRIGGERED ||
                   (now.e8 > 0 && eb_stop_crossed(eb_side_of(s), o->trigger, now));
        if (stands && met) {
            return true;
        }
    }
    return eb_committed(s).e8 >= missing.e8;
}

static void resize(struct eb_engine *e, struct eb_slot *s, eb_qty to, int64_t told_ms)
{
    struct eb_durable *d = &s->d;
    eb_qty missing = {d->venue_qty.e8 - to.e8};
    if (ours_may_explain(e, s, missing)) {
        if (d->claim_ms == 0 || d->claim.e8 != to.e8) {
            d->claim = to;
            d->claim_ms = e->ev->now_ms + EB_CLAIM_MS;
            d->claim_told_ms = told_ms;
            eb_touch(e);
        }
        return;
    }
    reduce(e, s, to, told_ms);
}

void eb_position_claim_timer(struct eb_engine *e, struct eb_slot *s)
{
    struct eb_durable *d = &s->d;
    if (!d->open || d->claim_ms == 0 || e->ev->now_ms < d->claim_ms) {
        return;
    }
    d->claim_ms = 0;
    eb_touch(e);
    if (d->venue_qty.e8 > d->claim.e8) {
        reduce(e, s, d->claim, d->claim_told_ms);
    }
}

static bool sane(const struct eb_ev_position *p)
{
    const int64_t most = INT64_MAX / 4; /* beyond it sums could leave the range */
    return p->qty.e8 >= 0 && p->qty.e8 < most && p->entry.e8 < most && (p->qty.e8 == 0 || p->entry.e8 > 0) &&
           p->side <= EB_SHORT && p->position_side <= EB_PS_SHORT;
}

/* Told before what our fills have told since: never news. With the same time it may be an earlier trade of that
 * moment, so that a larger position is believed only of a picture, and only a little later. (In a bar walk a new entry
 * may have the time of the last exit.) */
static bool outdated(const struct eb_engine *e, const struct eb_durable *d, const struct eb_ev_position *p)
{
    int64_t known = d->open ? d->venue_qty.e8 : 0;
    bool claimed = d->open && d->claim_ms != 0 && p->venue_ms < d->claim_told_ms;
    if (p->venue_ms != 0 && (p->venue_ms < d->told_ms || claimed)) {
        return true; /* overtaken by a later one */
    }
    if (e->c.bars || p->venue_ms == 0 || d->last_fill_ms == 0 || p->qty.e8 <= known) {
        return false;
    }
    bool by_picture = e->in_snapshot || e->c.snapshot_ms == 0; /* where there are any */
    return p->venue_ms < d->last_fill_ms ||
           (p->venue_ms == d->last_fill_ms && (!by_picture || e->ev->now_ms - EB_CLAIM_MS < d->last_fill_ms));
}

void eb_look_again(struct eb_engine *e)
{
    int64_t again_ns = e->ev->now_ns + EB_CLAIM_MS * EB_NS_PER_MS;
    if (e->c.snapshot_ms > 0 && again_ns < e->snapshot_due_ns) {
        e->snapshot_due_ns = again_ns;
    }
}

/* Shadow: another owner closes the real position as it likes; the virtual one goes on to its own exit. Adds are
 * mirrored while both are open; a new real position ends a virtual one that is left over. */
static void follow(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_position *p)
{
    struct eb_durable *d = &s->d;
    if (p->qty.e8 > 0 && (p->side != d->side || d->venue_qty.e8 == 0)) {
        d->unexplained = true;
        eb_episode_end(e, s);
        eb_episode_begin(e, s, p, e->ev->now_ms);
        return;
    }
    if (p->qty.e8 > d->venue_qty.e8) {
        add(e, s, p);
    } else if (p->qty.e8 < d->venue_qty.e8) {
        d->venue_qty = p->qty;
        eb_touch(e);
        if (p->qty.e8 == 0 && d->shadow_done) {
            eb_episode_end(e, s);
        }
    }
}

/* Larger than known. What it had shrunk to before, as far as that was told, counts first: the rest was added to that,
 * or opened anew when it was nothing. */
static void grow(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_position *p)
{
    struct eb_durable *d = &s->d;
    if (d->claim_ms != 0) {
        d->claim_ms = 0;
        eb_touch(e);
        if (d->venue_qty.e8 > d->claim.e8) {
            reduce(e, s, d->claim, d->claim_told_ms);
        }
    }
    if (!d->open) {
        eb_episode_begin(e, s, p, e->ev->now_ms);
        return;
    }
    believe(e, d, p->venue_ms);
    d->grown_ms = p->venue_ms;
    add(e, s, p);
}

void eb_step_position(struct eb_engine *e, const struct eb_event *ev)
{
    const struct eb_ev_position *p = ev->u.venue_position;
    if (!sane(p)) {
        eb_alert(e, eb_slot_at(e, ev->symbol * 2), EB_ALERT_UNKNOWN_ORDER, p->entry, 0,
                 "a position that makes no sense was told and is ignored");
        return;
    }
    struct eb_slot *s = eb_slot_at(e, ev->symbol * 2 + (p->position_side == EB_PS_SHORT ? 1 : 0));
    struct eb_durable *d = &s->d;
    s->snapshot_gen = e->snapshot_gen;
    if (outdated(e, d, p)) {
        if (p->venue_ms == d->last_fill_ms) {
            eb_look_again(e);
        }
        return;
    }
    if (!d->open) {
        bool echo = p->venue_ms != 0 && p->venue_ms == d->last_fill_ms; /* perhaps of before that moment's last fill */
        if (p->qty.e8 > 0) {
            eb_episode_begin(e, s, p, ev->now_ms);
            if (echo) {
                eb_look_again(e);
            }
        } else if (d->episode != 0) {
            believe(e, d, p->venue_ms);
        }
        return;
    }
    if (d->shadow && eb_is_owner(e, s) && d->plan.revision != 0) {
        follow(e, s, p);
        return;
    }
    bool another = p->side != d->side || p->opened_ms > d->opened_ms; /* a flip, or closed and opened unseen */
    if (p->qty.e8 > 0 && another) {                                   /* end and begin in one turn */
        reduce(e, s, (eb_qty){0}, p->venue_ms);
        eb_episode_begin(e, s, p, ev->now_ms);
        return;
    }
    if (p->qty.e8 < d->venue_qty.e8) {
        resize(e, s, p->qty, p->venue_ms);
    } else if (p->qty.e8 > d->venue_qty.e8) {
        grow(e, s, p);
    } else {
        believe(e, d, p->venue_ms);
        if (d->claim_ms != 0) {
            d->claim_ms = 0;
            eb_touch(e);
        }
    }
    if (d->open && p->qty.e8 > 0) {
        update_terms(e, s, p);
    }
}
