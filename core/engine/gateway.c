/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exit order gateway: the last function before an order leaves, and fail-closed.
 *
 *     owner? permit? closing side? within the position? cap? mode?  ->  table + SUBMIT | virtual fill | blocked, why
 */
#include "engine/state.h"

#include <string.h>

eb_qty eb_committed(const struct eb_slot *s)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        const struct eb_order *o = &s->order[i];
        bool closes_by_itself =
            o->type == EB_ORDER_STOP_MARKET && o->state != EB_OS_TRIGGERED && o->state != EB_OS_PARTIAL;
        if (o->state == EB_OS_NONE || closes_by_itself || o->close_position || o->id.episode != s->d.episode) {
            continue; /* a resting backstop takes nothing until it triggers; an ended episode's order takes nothing of
                         this one, which must not wait for it */
        }
        if (eb_order_is_open((enum eb_order_state)o->state) || o->ended_as != EB_OS_NONE) {
            int64_t upto = o->ended_as != EB_OS_NONE ? o->told.e8 : o->qty.e8;
            sum += upto > o->filled.e8 ? upto - o->filled.e8 : 0;
        }
    }
    return (eb_qty){sum};
}

static const char *refusal(const struct eb_engine *e, const struct eb_slot *s, const struct eb_order_request *req)
{
    const struct eb_durable *d = &s->d;
    bool protects = req->purpose == EB_PURPOSE_BACKSTOP || req->purpose == EB_PURPOSE_BRIDGE;
    bool flatten = req->purpose == EB_PURPOSE_FLATTEN;
    if (!d->open) {
        return "no open position";
    }
    if (eb_gated(e, s)) {
        return "no picture of the account since the start";
    }
    if (!eb_is_owner(e, s) && !flatten && !protects) {
        return "not the owner of this position";
    }
    if (d->released && !flatten) {
        return "released by the operator";
    }
    if (d->permit_seq == 0 && !flatten) {
        return "no permit: no plan was accepted yet";
    }
    enum eb_order_side closing = eb_side_of(s) == EB_LONG ? EB_SELL : EB_BUY;
    if (req->order_side != closing || req->position_side != d->position_side) {
        return "would not close this position";
    }
    if (!req->close_intent) {
        return "an order that may open a position";
    }
    if (req->reduce_only != (d->position_side == EB_PS_BOTH && !req->close_position)) {
        return "reduce-only must be set exactly in one-way mode";
    }
    if (!req->close_position && req->qty.e8 <= 0) {
        return "no quantity";
    }
    if (!protects && req->qty.e8 > d->qty.e8 - eb_committed(s).e8) {
        return "more than the position has free";
    }
    bool capped =
        req->purpose == EB_PURPOSE_TARGET || req->purpose == EB_PURPOSE_PARTIAL || req->purpose == EB_PURPOSE_SOFT;
    if (capped && d->tripped) {
        return "tripped: too many orders in this episode";
    }
    if (capped && e->paused) {
        return "paused";
    }
    return NULL;
}

/* Orders of one episode within a minute; beyond the cap the episode is tripped until it ends. */
static void count_order(struct eb_engine *e, struct eb_slot *s)
{
    struct eb_durable *d = &s->d;
    int64_t now_ms = e->ev->now_ms;
    if (now_ms - d->window_ms >= 60000) {
        d->window_ms = now_ms;
        d->window_orders = 0;
    }
    if (++d->window_orders > e->c.orders_per_minute_max && !d->tripped) {
        d->tripped = true;
        eb_alert(e, s, EB_ALERT_TRIPPED, (eb_price){0}, 0,
                 "order cap reached: targets and partial closes stop; one full close at a time goes on");
    }
}

static void virtual_fill(struct eb_engine *e, struct eb_slot *s, const struct eb_order_request *req)
{
    struct eb_order o;
    memset(&o, 0, sizeof o);
    o.id = req->client_id;
    o.qty = req->qty;
    o.level = req->level;
    o.purpose = req->purpose;
    o.reason = req->reason;
    o.leg = req->client_id.leg;
    struct eb_ev_fill f;
    memset(&f, 0, sizeof f);
    f.client_id = req->client_id;
    f.price = eb_executable_price(e, s);
    f.qty = req->qty;
    f.venue_ms = e->ev->now_ms;
    eb_money notional;
    int64_t fee;
    if (eb_notional(f.price, f.qty, EB_ROUND_CEIL, &notional) &&
        eb_mul_div(notional.e8, e->c.fee_taker_ppm, EB_PPM, EB_ROUND_CEIL, &fee)) {
        f.fee.e8 = fee;
    }
    eb_apply_fill(e, s, &o, &f, true);
}

static struct eb_order *table_place(struct eb_slot *s)
{
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        if (s->order[i].state == EB_OS_NONE) {
            return &s->order[i];
        }
    }
    return NULL;
}

enum eb_gate eb_gateway(struct eb_engine *e, struct eb_slot *s, struct eb_order_request *req)
{
    const char *no = refusal(e, s, req);
    struct eb_order *o = table_place(s);
    if (no == NULL && !eb_is_live(e) && eb_executable_price(e, s).e8 <= 0) {
        no = "shadow: no price to fill at";
    }
    if (no == NULL && o == NULL && eb_is_live(e)) {
        no = "the order table of this position is full";
    }
    if (no != NULL) {
        eb_alert(e, s, EB_ALERT_ORDER_REFUSED, req->level, req->purpose, no);
        return EB_GATE_BLOCKED;
    }
    eb_touch(e);
    if (!eb_is_live(e)) {
        if (req->purpose != EB_PURPOSE_BACKSTOP && req->purpose != EB_PURPOSE_BRIDGE) {
            virtual_fill(e, s, req);
        }
        return EB_GATE_SHADOW;
    }
    count_order(e, s);
    memset(o, 0, sizeof *o);
    o->id = req->client_id;
    o->qty = req->qty;
    o->price = req->price;
    o->trigger = req->trigger;
    o->level = req->level;
    o->sent_ms = e->ev->now_ms;
    o->born_ms = e->ev->now_ms;
    o->changed_ms = e->ev->now_ms;
    o->timer_ms = e->ev->now_ms + e->c.absent_after_ms; /* nothing heard by then: the outcome is unknown */
    o->state = EB_OS_PENDING;
    o->type = req->type;
    o->purpose = req->purpose;
    o->leg = req->client_id.leg;
    o->reason = req->reason;
    o->close_position = req->close_position;
    s->sent++;
    e->stats.submits++;
    eb_emit(e, EB_ACT_SUBMIT)->u.submit = *req;
    return EB_GATE_SENT;
}

void eb_cancel(struct eb_engine *e, struct eb_slot *s, struct eb_order *o)
{
    (void)s;
    o->cancel_sent = true;
    o->timer_ms = e->ev->now_ms + e->c.absent_after_ms;
    eb_touch(e);
    e->stats.cancels++;
    struct eb_action *a = eb_emit(e, EB_ACT_CANCEL);
    a->u.cancel.client_id = o->id;
    a->u.cancel.venue_order_id = o->venue_id;
    a->u.cancel.symbol = eb_slot_symbol(e, s);
    a->u.cancel.type = o->type;
}
