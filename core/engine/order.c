/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of orders: states only move forward, an unknown outcome is queried before anything else, and a rest
 * that definitely did not fill goes back to whoever wanted it.
 */
#include "engine/state.h"

#include <string.h>

#define EB_FILL_WAIT_MS 2000 /* for fills that an order state has told of */
#define EB_STUCK_TRIES 10    /* full-close attempts without a fill before a person is called */
#define EB_LEG_WAITS 5       /* refusals of legs in a row, about a minute of limits, before one is told */

struct eb_order *eb_order_find(struct eb_slot *s, eb_client_id id)
{
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        if (s->order[i].state != EB_OS_NONE && eb_client_id_equal(s->order[i].id, id)) {
            return &s->order[i];
        }
    }
    return NULL;
}

struct eb_slot *eb_slot_by_order(struct eb_engine *e, eb_symbol_id symbol, eb_client_id id, struct eb_order **order)
{
    for (unsigned leg = 0; leg < 2; leg++) {
        struct eb_slot *s = eb_slot_at(e, symbol * 2 + leg);
        *order = eb_order_find(s, id);
        if (*order != NULL) {
            return s;
        }
    }
    return NULL;
}

void eb_order_query(struct eb_engine *e, struct eb_slot *s, struct eb_order *o)
{
    unsigned back_off = o->queries < 4 ? o->queries : 4;
    o->queries = (uint8_t)(o->queries < UINT8_MAX ? o->queries + 1 : UINT8_MAX);
    o->timer_ms = e->ev->now_ms + (e->c.unknown_query_ms << back_off);
    eb_touch(e);
    e->stats.queries++;
    struct eb_action *a = eb_emit(e, EB_ACT_QUERY);
    a->u.query.client_id = o->id;
    a->u.query.venue_order_id = o->venue_id;
    a->u.query.symbol = eb_slot_symbol(e, s);
    a->u.query.type = o->type;
}

static bool leg_has_open_order(const struct eb_slot *s, uint8_t leg)
{
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        const struct eb_order *o = &s->order[i];
        bool of_leg = o->leg == leg && (o->purpose == EB_PURPOSE_TARGET || o->purpose == EB_PURPOSE_SOFT) &&
                      o->id.episode == s->d.episode;
        if (o->state != EB_OS_NONE && of_leg && !eb_order_is_terminal((enum eb_order_state)o->state)) {
            return true;
        }
    }
    return false;
}

/* A target's rest that did not fill: the leg is armed again, with what it has. */
static void rearm_leg(struct eb_engine *e, struct eb_slot *s, const struct eb_order *o)
{
    for (unsigned i = 0; i < s->d.plan.leg_count; i++) {
        struct eb_leg *leg = &s->d.plan.leg[i];
        bool working = leg->state == EB_LEG_FIRING || leg->state == EB_LEG_PARTIAL || leg->state == EB_LEG_RESTING;
        if (leg->id != o->leg || !working || leg_has_open_order(s, leg->id)) {
            continue;
        }
        eb_touch(e);
        int64_t rest = leg->qty.e8 - leg->filled.e8;
        if (leg->filled.e8 > 0 && rest < eb_symbol_of(e, s)->inst.min_qty.e8) {
            eb_leg_hit(e, s, leg); /* what is left of it is no order */
            continue;
        }
        leg->state = EB_LEG_ARMED;
        leg->firing_qty.e8 = 0;
    }
}

/* A full close came back unfilled: next attempt at once, then limit IOC at the band's edge, until flat or alarm. */
static void retry_exit(struct eb_engine *e, struct eb_slot *s, const struct eb_order *o, enum eb_reject_class why,
                       int32_t code)
{
    struct eb_intent *n = &s->d.intent;
    int64_t now_ms = e->ev->now_ms;
    if (!n->active || o->purpose > EB_PURPOSE_FLATTEN) {
        return;
    }
    n->tries = (uint8_t)(n->tries < UINT8_MAX ? n->tries + 1 : UINT8_MAX);
    n->retry_ms = 0;
    n->band = n->tries > 1 ? !n->band : false;
    switch (why) {
    case EB_REJ_BAND:
        n->band = true;
        break;
    case EB_REJ_RETRY:
    case EB_REJ_CLOCK:
        n->retry_ms = now_ms + (INT64_C(200) << (n->tries < 4 ? n->tries - 1 : 3));
        break;
    case EB_REJ_REDUCE_ONLY:
        eb_emit(e, EB_ACT_SNAPSHOT);
        n->retry_ms = now_ms + e->c.unknown_query_ms;
        n->covered = (uint8_t)(n->covered + (o->id.slice == 0 && n->covered < UINT8_MAX));
        break;
    case EB_REJ_NONE:
        break;
    case EB_REJ_FIX:
    case EB_REJ_WOULD_TRIGGER:
    case EB_REJ_SLOTS:
    case EB_REJ_EXISTS:
    case EB_REJ_DUPLICATE:
    case EB_REJ_GONE:
    case EB_REJ_MODE:
    case EB_REJ_ALARM:
    case EB_REJ_COUNT:
        n->retry_ms = now_ms + e->c.full_close_ms;
        break;
    }
    if (n->tries == EB_STUCK_TRIES || (why != EB_REJ_NONE && n->retry_ms >= now_ms + e->c.full_close_ms)) {
        eb_alert(e, s, EB_ALERT_STOP_STUCK, n->level, code, "a full close does not go through: look at the venue");
    }
    if (n->tries >= EB_STUCK_TRIES && n->retry_ms == 0) {
        n->retry_ms = now_ms + e->c.full_close_ms;
    }
}

/* The end of an order is known and all its fills are in: tell whoever wanted it, and free its place. */
void eb_order_settle(struct eb_engine *e, struct eb_slot *s, struct eb_order *o)
{
    struct eb_order done = *o;
    memset(o, 0, sizeof *o);
    if (!done.guessed) { /* more of it than was guessed may still work */
        eb_lost_ended(e, s, done.id);
    }
    eb_touch(e);
    if (done.type == EB_ORDER_STOP_MARKET && e->stats.conditional_orders > 0) {
        e->stats.conditional_orders--;
    }
    if (!s->d.open || done.id.episode != s->d.episode) {
        return;
    }
    switch ((enum eb_purpose)done.purpose) {
    case EB_PURPOSE_TARGET:
    case EB_PURPOSE_SOFT:
        rearm_leg(e, s, &done);
        break;
    case EB_PURPOSE_PARTIAL:
        if (done.filled.e8 < done.qty.e8) {
            eb_want_consult(e, s, EB_CONSULT_REJECTION);
        }
        break;
    case EB_PURPOSE_STOP:
    case EB_PURPOSE_FULL_EXIT:
    case EB_PURPOSE_FLATTEN:
    case EB_PURPOSE_BACKSTOP:
    case EB_PURPOSE_BRIDGE:
    case EB_PURPOSE_COUNT:
        break;
    }
}

/* A leg's order came back with nothing, and not because we took it back: the next waits, longer each time. Without that
 * a venue that always says no would use up the episode's orders in a moment. */
static void pace_legs(struct eb_engine *e, struct eb_slot *s, const struct eb_order *o, enum eb_order_state ended)
{
    struct eb_durable *d = &s->d;
    bool of_leg = o->purpose == EB_PURPOSE_TARGET || o->purpose == EB_PURPOSE_SOFT;
    if (!of_leg || o->filled.e8 > 0 || o->cancel_sent || ended == EB_OS_FILLED) {
        return;
    }
    d->leg_retry_ms = e->ev->now_ms + (INT64_C(500) << (d->leg_refusals < 5 ? d->leg_refusals : 5));
    d->leg_refusals = (uint8_t)(d->leg_refusals < UINT8_MAX ? d->leg_refusals + 1 : UINT8_MAX);
}

/* A resting leg that limits hold back merely waits: its level is watched meanwhile. Told once it goes on. */
static bool merely_waits(const struct eb_slot *s, const struct eb_order *o, const struct eb_ev_order *ev)
{
    return o->purpose == EB_PURPOSE_SOFT && ev->reject == EB_REJ_RETRY && s->d.leg_refusals < EB_LEG_WAITS;
}

/* The venue has told an end. Fills that it counts but that have not come keep the order until they do. */
static void told_end(struct eb_engine *e, struct eb_slot *s, struct eb_order *o, const struct eb_ev_order *ev)
{
    if (o->told.e8 > o->filled.e8 && !o->close_position) {
        o->ended_as = ev->state;
        o->timer_ms = e->ev->now_ms + EB_FILL_WAIT_MS;
        return;
    }
    /* Overtaken by the end of its position: that nothing is left to reduce is no news. */
    bool moot = ev->reject == EB_REJ_REDUCE_ONLY && !(s->d.open && o->id.episode == s->d.episode);
    if (ev->state == EB_OS_REJECTED && !moot) {
        if (!merely_waits(s, o, ev)) {
            eb_alert(e, s, EB_ALERT_ORDER_REFUSED, o->level, ev->code,
                     eb_reject_name((enum eb_reject_class)ev->reject));
        }
        if (s->d.open && o->purpose >= EB_PURPOSE_TARGET) {
            eb_want_consult(e, s, EB_CONSULT_REJECTION);
        }
    }
    if (ev->state != EB_OS_FILLED && s->d.open && o->id.episode == s->d.episode) {
        retry_exit(e, s, o, (enum eb_reject_class)ev->reject, ev->code);
        pace_legs(e, s, o, (enum eb_order_state)ev->state);
    }
    o->state = ev->state;
    eb_order_settle(e, s, o);
}

static void told_unknown(struct eb_engine *e, struct eb_slot *s, struct eb_order *o)
{
    bool child = o->type == EB_ORDER_STOP_MARKET &&
                 (o->state == EB_OS_TRIGGERING || o->state == EB_OS_TRIGGERED || o->state == EB_OS_PARTIAL);
    if (child) { /* its request has long been answered: what it takes stays counted */
        eb_order_query(e, s, o);
    } else if (o->state != EB_OS_UNKNOWN) {
        o->state = EB_OS_UNKNOWN;
        o->queries = 0;
        o->sent_ms = e->ev->now_ms; /* the request may have been on its way until now */
        eb_order_query(e, s, o);
    }
}

/* Absent counts only when the request can no longer arrive; until then it is asked again. */
static bool absent_counts(const struct eb_engine *e, const struct eb_order *o)
{
    return e->ev->now_ms - o->sent_ms >= e->c.absent_after_ms;
}

static void told_open(struct eb_engine *e, struct eb_order *o, const struct eb_ev_order *ev)
{
    o->state = ev->state;
    o->queries = 0;
    o->cancel_sent = o->cancel_sent && !ev->from_query; /* a cancel that was lost is sent again by whoever wants it */
    bool at_once = o->type == EB_ORDER_MARKET || o->type == EB_ORDER_LIMIT_IOC || o->state == EB_OS_TRIGGERING ||
                   o->state == EB_OS_TRIGGERED;
    o->timer_ms = at_once || o->cancel_sent ? e->ev->now_ms + e->c.absent_after_ms : 0;
}

static void cancel_failed(struct eb_engine *e, struct eb_slot *s, struct eb_order *o, const struct eb_ev_order *ev)
{
    if (o->ended_as != EB_OS_NONE) {
        return; /* it has ended, and waits for its fills */
    }
    o->cancel_sent = true;
    eb_touch(e);
    if (ev->reject == EB_REJ_GONE || ev->state == EB_OS_UNKNOWN) {
        eb_order_query(e, s, o); /* it is filled, cancelled or triggering: the answer tells which */
    } else {
        o->timer_ms = e->ev->now_ms + e->c.unknown_query_ms; /* asked then, and cancelled again where it still works */
    }
}

void eb_step_order(struct eb_engine *e, const struct eb_event *ev)
{
    const struct eb_ev_order *t = &ev->u.order;
    struct eb_order *o;
    struct eb_slot *s = eb_slot_by_order(e, ev->symbol, t->client_id, &o);
    if (t->state >= EB_OS_COUNT || t->reject >= EB_REJ_COUNT) {
        return;
    }
    if (s == NULL) { /* foreign, or settled before: states repeat and arrive late */
        eb_lost_told(e, ev->symbol, t);
        return;
    }
    if (t->venue_order_id != 0 && t->venue_order_id != o->venue_id) {
        o->venue_id = t->venue_order_id;
        eb_touch(e);
    }
    if (t->cancel_failed) {
        cancel_failed(e, s, o, t);
        return;
    }
    enum eb_order_state to = (enum eb_order_state)t->state;
    bool unknown = to == EB_OS_UNKNOWN || (to == EB_OS_REJECTED && t->reject == EB_REJ_DUPLICATE);
    if (to == EB_OS_ABSENT && !absent_counts(e, o)) {
        o->state = EB_OS_UNKNOWN;
        o->timer_ms = o->timer_ms > ev->now_ms ? o->timer_ms : ev->now_ms + e->c.unknown_query_ms;
        eb_touch(e);
        return; /* its timer asks again */
    }
    if (o->ended_as != EB_OS_NONE || !eb_order_may_become((enum eb_order_state)o->state, to)) {
        return;
    }
    eb_touch(e);
    o->changed_ms = to != (enum eb_order_state)o->state ? ev->now_ms : o->changed_ms;
    o->told = t->filled.e8 > o->told.e8 ? t->filled : o->told;
    if (o->purpose == EB_PURPOSE_BACKSTOP || o->purpose == EB_PURPOSE_BRIDGE) {
        eb_backstop_told(e, s, o, t);
    }
    if (unknown) {
        told_unknown(e, s, o);
    } else if (eb_order_is_terminal(to)) {
        told_end(e, s, o, t);
    } else {
        told_open(e, o, t);
    }
}

/* Fills that were told of never came: take them at the order's level, and say that the trade is not explained. */
static void infer_fill(struct eb_engine *e, struct eb_slot *s, struct eb_order *o)
{
    struct eb_ev_fill f;
    memset(&f, 0, sizeof f);
    f.client_id = o->id;
    f.price = o->level.e8 > 0 ? o->level : eb_executable_price(e, s);
    f.qty.e8 = o->told.e8 - o->filled.e8;
    f.venue_ms = e->ev->now_ms;
    s->d.unexplained = s->d.unexplained || o->id.episode == s->d.episode;
    eb_alert(e, s, EB_ALERT_UNKNOWN_ORDER, f.price, 0,
             "a fill was told of but its trade never came: taken at its level");
    eb_emit(e, EB_ACT_SNAPSHOT);
    eb_apply_inferred(e, s, o, &f);
}

void eb_order_timers(struct eb_engine *e, struct eb_slot *s)
{
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        struct eb_order *o = &s->order[i];
        if (o->state == EB_OS_NONE || o->timer_ms == 0 || e->ev->now_ms < o->timer_ms) {
            continue;
        }
        if (o->ended_as != EB_OS_NONE) {
            if (!eb_gated(e, s)) { /* the picture may say more */
                infer_fill(e, s, o);
            }
        } else if (o->state == EB_OS_UNKNOWN || o->cancel_sent || o->state == EB_OS_TRIGGERING ||
                   o->state == EB_OS_TRIGGERED) {
            eb_order_query(e, s, o);
        } else {
            told_unknown(e, s, o); /* nothing heard of it: ask before anything else */
        }
    }
}
