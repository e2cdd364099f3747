/* SPDX-License-Identifier: Apache-2.0 */
/* Fills: applied once each, to the order, the leg and the position; a leg that is full is HIT and ratchets. */
#include "engine/state.h"

#include <string.h>

/* The newest ids are kept. One that is older than all of them counts as seen: a query repeats every fill of its order,
 * however many, while a fill that was missed for that long is told of by its order too. */
static bool seen_before(struct eb_slot *s, uint64_t trade_id)
{
    unsigned least = 0;
    if (trade_id == 0) {
        return false;
    }
    for (unsigned i = 0; i < EB_TRADES_KEPT; i++) {
        if (s->trade[i] == trade_id) {
            return true;
        }
        least = s->trade[i] < s->trade[least] ? i : least;
    }
    if (trade_id < s->trade[least]) {
        return true;
    }
    s->trade[least] = trade_id;
    return false;
}

/* Where all places are taken the oldest goes: should its trade come after all, it would count again. */
static void remember_inferred(struct eb_engine *e, struct eb_slot *s, eb_client_id id, eb_qty qty)
{
    struct eb_inferred *place = NULL;
    for (unsigned i = 0; i < EB_INFERRED_MAX; i++) {
        struct eb_inferred *was = &s->inferred[i];
        if (was->qty.e8 > 0 && eb_client_id_equal(was->id, id)) {
            was->qty.e8 += qty.e8;
            return;
        }
        bool spent = was->qty.e8 == 0 || was->id.episode != s->d.episode; /* of another episode nothing would count */
        place = place == NULL && spent ? was : place;
    }
    if (place == NULL) {
        place = &s->inferred[s->inferred_next];
        s->inferred_next = (uint8_t)((s->inferred_next + 1) % EB_INFERRED_MAX);
        eb_alert(e, s, EB_ALERT_UNKNOWN_ORDER, (eb_price){0}, 0,
                 "too many fills without their trades: the oldest is no longer expected");
    }
    *place = (struct eb_inferred){id, qty};
}

/* How much of a trade that comes late was taken already. */
static eb_qty taken_before(struct eb_slot *s, const struct eb_ev_fill *f)
{
    eb_qty taken = {0};
    for (unsigned i = 0; i < EB_INFERRED_MAX; i++) {
        struct eb_inferred *was = &s->inferred[i];
        if (was->qty.e8 > 0 && eb_client_id_equal(was->id, f->client_id)) {
            int64_t part = was->qty.e8 < f->qty.e8 - taken.e8 ? was->qty.e8 : f->qty.e8 - taken.e8;
            was->qty.e8 -= part;
            taken.e8 += part;
        }
    }
    return taken;
}

void eb_leg_hit(struct eb_engine *e, struct eb_slot *s, struct eb_leg *leg)
{
    eb_touch(e);
    leg->state = EB_LEG_HIT;
    leg->hit_order = ++s->d.hits;
    eb_leg_id_retire(&s->d.plan.gone, leg->id);
    s->soft_since_ns = 0;
    if (s->d.qty.e8 > 0) {
        struct eb_plan before = s->d.plan;
        eb_plan_ratchet(e, s);
        eb_park_stops(e, s, eb_judge_price(e, s), &before);
        eb_want_consult(e, s, EB_CONSULT_HIT);
    }
}

void eb_leg_progress(struct eb_engine *e, struct eb_slot *s, struct eb_leg *leg)
{
    int64_t goal = leg->firing_qty.e8 > 0 ? leg->firing_qty.e8 : leg->qty.e8; /* 0: a fill of an order given up */
    int64_t rest = goal - leg->filled.e8;
    eb_touch(e);
    if (rest <= 0 || rest < eb_symbol_of(e, s)->inst.step.e8) {
        eb_leg_hit(e, s, leg);
    } else if (leg->state == EB_LEG_FIRING) {
        leg->state = EB_LEG_PARTIAL;
    }
}

static void report(struct eb_engine *e, const struct eb_slot *s, const struct eb_order *o, const struct eb_ev_fill *f,
                   eb_qty qty, bool is_virtual)
{
    struct eb_exit *x = &eb_emit(e, EB_ACT_EXIT)->u.exit;
    x->position = eb_slot_index(e, s);
    x->symbol = eb_slot_symbol(e, s);
    x->episode = s->d.episode;
    x->side = s->d.side;
    x->reason = o->reason;
    x->leg = o->leg;
    x->virtual_fill = is_virtual;
    x->client_id = o->id;
    x->price = f->price;
    x->level = o->level;
    x->entry = s->d.entry;
    x->r = s->d.r;
    x->qty = qty;
    x->remaining = s->d.qty;
    x->fee = f->fee;
    x->venue_ms = f->venue_ms;
    x->decided_ns = s->fired_ns;
}

static void credit_leg(struct eb_engine *e, struct eb_slot *s, const struct eb_order *o, eb_qty qty)
{
    if (o->purpose != EB_PURPOSE_TARGET && o->purpose != EB_PURPOSE_SOFT) {
        return;
    }
    for (unsigned i = 0; i < s->d.plan.leg_count; i++) {
        struct eb_leg *leg = &s->d.plan.leg[i];
        if (leg->id == o->leg && leg->state != EB_LEG_HIT) {
            leg->filled.e8 += qty.e8;
            eb_leg_progress(e, s, leg);
        }
    }
}

/* After a fill was counted: the order may be complete, or what it waited for. */
static void counted(struct eb_engine *e, struct eb_slot *s, struct eb_order *o)
{
    bool complete = o->filled.e8 >= o->qty.e8 && !o->close_position;
    bool waited_for = o->ended_as != EB_OS_NONE && o->filled.e8 >= o->told.e8;
    if (complete || waited_for) {
        o->state = complete ? EB_OS_FILLED : o->ended_as;
        eb_order_settle(e, s, o);
    } else if (o->state != EB_OS_UNKNOWN && eb_order_may_become((enum eb_order_state)o->state, EB_OS_PARTIAL)) {
        o->state = EB_OS_PARTIAL;
    }
}

void eb_apply_fill(struct eb_engine *e, struct eb_slot *s, struct eb_order *o, const struct eb_ev_fill *f,
                   bool is_virtual)
{
    struct eb_durable *d = &s->d;
    eb_touch(e);
    o->filled.e8 += f->qty.e8;
    if (d->open && o->id.episode == d->episode) {
        eb_qty qty = {f->qty.e8 < d->qty.e8 ? f->qty.e8 : d->qty.e8};
        d->unexplained = d->unexplained || qty.e8 != f->qty.e8;
        d->qty.e8 -= qty.e8;
        d->exited.e8 += qty.e8;
        if (!is_virtual) {
            bool later = f->trade_id != 0 && f->venue_ms > d->last_fill_ms; /* the venue's time, never ours */
            d->last_fill_ms = later ? f->venue_ms : d->last_fill_ms;
            d->venue_qty.e8 -= qty.e8 < d->venue_qty.e8 ? qty.e8 : d->venue_qty.e8;
        }
        if (d->claim_ms != 0 && d->venue_qty.e8 == d->claim.e8) {
            d->claim_ms = 0;
        }
        d->intent.tries = d->intent.covered = 0;
        d->leg_refusals = 0;
        d->leg_retry_ms = 0;
        s->fills++;
        e->stats.fills++;
        report(e, s, o, f, qty, is_virtual);
        credit_leg(e, s, o, qty);
        if (d->qty.e8 == 0) {
            if (is_virtual && d->venue_qty.e8 > 0) {
                d->shadow_done = true;
                d->intent.active = false;
                eb_alert(e, s, EB_ALERT_SHADOW, f->price, 0,
                         "shadow: the virtual position is closed, nothing was sent");
            } else {
                eb_episode_end(e, s);
            }
        }
    }
    if (!is_virtual) {
        counted(e, s, o);
    }
}

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The part of a fill that the position told since has in it already: it counts for its order and leg, not again for the
 * size. What happened before the venue's time of that position surely is; at the same time, as much as was missed. */
static eb_qty known_before(struct eb_slot *s, eb_client_id id, const struct eb_ev_fill *f)
{
    struct eb_durable *d = &s->d;
    if (!d->open || id.episode != d->episode || f->venue_ms == 0 || f->venue_ms > d->told_ms) {
        return (eb_qty){0};
    }
    bool earlier = f->venue_ms < d->told_ms;
    int64_t before = earlier ? lesser(d->absorbed_before.e8, f->qty.e8) : 0;
    int64_t part = lesser(d->absorbed.e8, f->qty.e8 - before);
    d->absorbed_before.e8 -= before;
    d->absorbed.e8 -= part;
    return (eb_qty){earlier || f->liquidation ? f->qty.e8 : part}; /* the venue's own: the position always follows it */
}

/* Fills that an order has told of and that never came as trades. What a position that was believed since had lost
 * without them is the same. */
void eb_apply_inferred(struct eb_engine *e, struct eb_slot *s, struct eb_order *o, const struct eb_ev_fill *f)
{
    struct eb_durable *d = &s->d;
    struct eb_ev_fill news = *f;
    remember_inferred(e, s, o->id, f->qty);
    if (eb_id_is_lost(e, s, o->id)) {
        eb_lost_counted(s, o->id, f->qty);
    }
    if (d->open && o->id.episode == d->episode && o->born_ms <= d->told_ms) { /* sent later it cannot be in it */
        int64_t before = lesser(d->absorbed_before.e8, f->qty.e8);
        int64_t known = before + lesser(d->absorbed.e8, f->qty.e8 - before);
        d->absorbed_before.e8 -= before;
        d->absorbed.e8 -= known - before;
        news.qty.e8 -= known;
        o->filled.e8 += known;
        if (known > 0) {
            eb_touch(e);
            credit_leg(e, s, o, (eb_qty){known});
        }
    }
    if (news.qty.e8 > 0) {
        eb_apply_fill(e, s, o, &news, false);
    } else {
        counted(e, s, o);
    }
}

static void told_of_liquidation(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_fill *f)
{
    if (e->c.bars && eb_is_better(eb_side_of(s), s->worst, f->price)) {
        s->worst = f->price; /* the walk ends here: its price belongs to the path */
    }
    eb_alert(e, s, EB_ALERT_LIQUIDATED, f->price, 0, "closed by the venue: liquidation or auto-deleveraging");
}

/* A fill of ours whose order is no longer in the table, or the venue's own closing: as much of an order as is known. */
static struct eb_order stray_order(const struct eb_ev_fill *f, const struct eb_slot *s)
{
    struct eb_order o;
    memset(&o, 0, sizeof o);
    o.id = f->client_id;
    o.qty.e8 = INT64_MAX; /* never settles: it has no place in the table */
    o.purpose = f->client_id.purpose;
    o.leg = f->client_id.leg;
    o.state = EB_OS_NEW;
    if (f->liquidation) {
        o.id.episode = s->d.episode;
        o.purpose = EB_PURPOSE_STOP;
        o.reason = EB_EXIT_LIQUIDATION;
        return o;
    }
    switch ((enum eb_purpose)o.purpose) {
    case EB_PURPOSE_TARGET:
    case EB_PURPOSE_SOFT:
        o.reason = EB_EXIT_TARGET;
        break;
    case EB_PURPOSE_STOP:
    case EB_PURPOSE_BACKSTOP:
    case EB_PURPOSE_BRIDGE:
        o.reason = EB_EXIT_STOP;
        break;
    case EB_PURPOSE_FLATTEN:
        o.reason = EB_EXIT_FLATTEN;
        break;
    case EB_PURPOSE_FULL_EXIT:
    case EB_PURPOSE_PARTIAL:
    case EB_PURPOSE_COUNT:
        o.reason = EB_EXIT_POLICY;
        break;
    }
    return o;
}

/* The newest trade of the symbol, and one before which none is still to come: a start asks for those after it. */
static void note_trade(struct eb_engine *e, struct eb_symbol *y, uint64_t trade_id)
{
    int64_t now_ms = e->ev->now_ms;
    if (trade_id <= y->trade_newest) {
        return;
    }
    if (now_ms - y->trade_newest_ms >= EB_TRADES_LATE_MS) {
        y->trade_upto = y->trade_window = y->trade_newest;
        y->trade_window_ms = now_ms;
    } else if (now_ms - y->trade_window_ms >= EB_TRADES_LATE_MS) {
        y->trade_upto = y->trade_window;
        y->trade_window = y->trade_newest;
        y->trade_window_ms = now_ms;
    }
    y->trade_newest = trade_id;
    y->trade_newest_ms = now_ms;
    eb_touch(e);
}

void eb_step_fill(struct eb_engine *e, const struct eb_event *ev)
{
    const struct eb_ev_fill *f = &ev->u.fill;
    struct eb_order *o;
    struct eb_slot *s = eb_slot_by_order(e, ev->symbol, f->client_id, &o);
    if (f->qty.e8 <= 0 || f->price.e8 <= 0) {
        return;
    }
    note_trade(e, &e->symbol[ev->symbol], f->trade_id);
    if (s == NULL) {
        s = eb_slot_at(e, ev->symbol * 2 + (f->position_side == EB_PS_SHORT ? 1 : 0));
        bool ours = eb_client_id_is_ours(f->client_id, e->c.instance);
        bool closes = f->order_side == (eb_side_of(s) == EB_LONG ? EB_SELL : EB_BUY);
        bool of_venue = f->liquidation && closes;
        eb_lost_episode(e, s, f->client_id);
        if (!s->d.open || (!of_venue && (!ours || f->client_id.episode != s->d.episode))) {
            return; /* somebody else's trade: the POSITION that follows tells its effect */
        }
    }
    if (seen_before(s, f->trade_id)) {
        s->duplicates++;
        return;
    }
    struct eb_ev_fill news = *f;
    news.qty.e8 -= taken_before(s, f).e8;
    struct eb_order stray;
    bool lost = eb_id_is_lost(e, s, f->client_id) && f->qty.e8 <= s->d.qty.e8; /* else nothing fits */
    if (o == NULL && lost && news.qty.e8 > 0) {
        o = eb_lost_by_fill(e, s, &news);
    }
    if (o == NULL) {
        stray = stray_order(f, s);
        o = &stray;
    }
    if (lost && news.qty.e8 > 0) {
        eb_lost_counted(s, f->client_id, news.qty);
    }
    if (f->liquidation) {
        told_of_liquidation(e, s, f);
    }
    eb_qty known = known_before(s, o->id, &news);
    news.qty.e8 -= known.e8;
    if (news.qty.e8 > 0 && o == &stray && news.qty.e8 > s->d.qty.e8) {
        news.qty = s->d.qty;
    }
    if (news.qty.e8 > 0 && f->venue_ms != 0 && f->venue_ms == s->d.grown_ms) { /* of the same moment: in it, or not? */
        eb_look_again(e);
    }
    if (news.qty.e8 > 0) {
        o->filled.e8 += known.e8;
        if (known.e8 > 0) {
            credit_leg(e, s, o, known);
        }
        eb_apply_fill(e, s, o, &news, false);
        return;
    }
    s->duplicates++;
    eb_touch(e);
    if (known.e8 > 0) {
        o->filled.e8 += known.e8;
        credit_leg(e, s, o, known);
        counted(e, s, o);
    }
}
