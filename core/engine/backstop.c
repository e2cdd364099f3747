/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backstop: a conditional close at the venue behind the soft stop, kept by the engine whatever the owner does.
 *
 *     NONE -> PLACING -> RESTING -> BRIDGING -> CANCEL_OLD -> PLACE_NEW -> CANCEL_BRIDGE -> RESTING
 *
 * Renewal never leaves the position without a confirmed stop: a quantity bridge stands while the old is replaced.
 */
#include "engine/state.h"

#include <string.h>

#define EB_BACKSTOP_RETRY_MS 1000

static struct eb_order *working(struct eb_slot *s, enum eb_purpose purpose)
{
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        struct eb_order *o = &s->order[i];
        if (o->purpose == (uint8_t)purpose && o->id.episode == s->d.episode &&
            eb_order_is_open((enum eb_order_state)o->state)) {
            return o;
        }
    }
    return NULL;
}

/* Soft stop moved away by max(0.3 R, 20 bps of entry), rounded away from price, inside the liquidation buffer. */
static bool desired_trigger(const struct eb_engine *e, const struct eb_slot *s, eb_price *out)
{
    const struct eb_durable *d = &s->d;
    enum eb_side side = eb_side_of(s);
    enum eb_stop_kind kind;
    eb_price soft = eb_stop_in_force(e, s, &kind);
    if (soft.e8 <= 0) {
        return false;
    }
    eb_i128 by_r = (eb_i128)d->r.e8 * e->c.backstop_r_ppm;
    eb_i128 by_entry = (eb_i128)d->entry.e8 * e->c.backstop_min_ppm;
    eb_i128 away = by_r > by_entry ? by_r : by_entry;
    eb_i128 exact = (eb_i128)soft.e8 * EB_PPM + (side == EB_LONG ? -away : away);
    struct eb_guard g = eb_guard_of(e, s);
    eb_price trigger;
    eb_price edge;
    if (!eb_round_away(g.inst, side, exact, &trigger)) {
        return eb_guard_loosest(&g, out);
    }
    if (eb_guard_loosest(&g, &edge)) {
        trigger = eb_tighter_stop(side, trigger, edge);
    }
    *out = trigger;
    return true;
}

static unsigned conditional_count(const struct eb_engine *e)
{
    return e->stats.conditional_orders + e->foreign_conditional;
}

static void place(struct eb_engine *e, struct eb_slot *s, enum eb_purpose purpose, eb_price trigger, bool as_quantity)
{
    struct eb_order_request req;
    memset(&req, 0, sizeof req);
    req.client_id = (eb_client_id){
        .instance = e->c.instance, .episode = s->d.episode, .attempt = ++s->d.attempts, .purpose = (uint8_t)purpose};
    req.symbol = eb_slot_symbol(e, s);
    req.position = eb_slot_index(e, s);
    req.order_side = eb_side_of(s) == EB_LONG ? EB_SELL : EB_BUY;
    req.position_side = s->d.position_side;
    req.type = EB_ORDER_STOP_MARKET;
    req.purpose = (uint8_t)purpose;
    req.reason = EB_EXIT_STOP;
    req.close_position = !as_quantity;
    req.reduce_only = as_quantity && s->d.position_side == EB_PS_BOTH;
    req.qty = as_quantity ? s->d.venue_qty : (eb_qty){0};
    req.trigger = trigger;
    req.level = trigger;
    req.urgent = true;
    req.needs_seq = s->d.permit_seq;
    if (eb_gateway(e, s, &req) == EB_GATE_SENT) {
        e->stats.conditional_orders++;
    } else {
        s->d.backstop.retry_ms = e->ev->now_ms + EB_BACKSTOP_RETRY_MS;
    }
}

/* Stands on the venue as far as the venue has told. */
static bool stands(const struct eb_order *o)
{
    return o != NULL && (o->state == EB_OS_NEW || o->state == EB_OS_TRIGGERING || o->state == EB_OS_TRIGGERED);
}

static void first_backstop(struct eb_engine *e, struct eb_slot *s, eb_price want)
{
    struct eb_backstop *b = &s->d.backstop;
    eb_price mark = eb_judge_price(e, s);
    if (e->ev->now_ms < b->retry_ms) {
        return;
    }
    if (mark.e8 > 0 && eb_stop_crossed(eb_side_of(s), want, mark)) {
        b->retry_ms =
            e->ev->now_ms + EB_BACKSTOP_RETRY_MS; /* it would trigger at once: the soft stop is about to act */
        return;
    }
    if (conditional_count(e) + e->c.slots_reserve >= e->c.slots_max) {
        if (!b->unprotectable) {
            b->unprotectable = true;
            eb_touch(e);
            eb_alert(e, s, EB_ALERT_UNPROTECTABLE, want, (int32_t)conditional_count(e),
                     "no slot for a conditional order is left: only the soft stop stands");
        }
        b->retry_ms = e->ev->now_ms + EB_BACKSTOP_RETRY_MS * 10;
        return;
    }
    b->unprotectable = false;
    b->stage = EB_BS_PLACING;
    b->renewed_ms = e->ev->now_ms;
    eb_touch(e);
    place(e, s, EB_PURPOSE_BACKSTOP, want, b->as_quantity || b->foreign.e8 > 0);
    if (working(s, EB_PURPOSE_BACKSTOP) == NULL) {
        b->stage = EB_BS_NONE;
    }
}

static bool worth_renewing(const struct eb_engine *e, const struct eb_slot *s, const struct eb_order *o, eb_price want)
{
    const struct eb_durable *d = &s->d;
    enum eb_side side = eb_side_of(s);
    if (d->tripped) {
        return false; /* the only confirmed protection is not touched while tripped */
    }
    bool too_small = !o->close_position && o->qty.e8 < d->venue_qty.e8;
    int64_t tighter = side == EB_LONG ? want.e8 - o->trigger.e8 : o->trigger.e8 - want.e8;
    bool far = (eb_i128)tighter * EB_PPM >= (eb_i128)d->r.e8 * e->c.backstop_renew_r_ppm && tighter > 0;
    return (too_small || far) && e->ev->now_ms - d->backstop.renewed_ms >= e->c.backstop_renew_ms;
}

static void drive_stage(struct eb_engine *e, struct eb_slot *s, eb_price want)
{
    struct eb_backstop *b = &s->d.backstop;
    struct eb_order *main = working(s, EB_PURPOSE_BACKSTOP);
    struct eb_order *bridge = working(s, EB_PURPOSE_BRIDGE);
    switch ((enum eb_backstop_stage)b->stage) {
    case EB_BS_NONE:
    case EB_BS_REFUSED:
        first_backstop(e, s, want);
        break;
    case EB_BS_RESTING:
        if (main == NULL) {
            b->stage = EB_BS_NONE; /* lost: at once */
            b->trigger.e8 = 0;
            b->retry_ms = 0;
            eb_touch(e);
            first_backstop(e, s, want);
        } else if (main->state == EB_OS_NEW && worth_renewing(e, s, main, want) &&
                   conditional_count(e) < e->c.slots_max) {
            b->stage = EB_BS_BRIDGING;
            b->renewed_ms = e->ev->now_ms;
            eb_touch(e);
            place(e, s, EB_PURPOSE_BRIDGE, want, true);
        }
        break;
    case EB_BS_BRIDGING:
        if (bridge == NULL) {
            b->stage = main != NULL ? EB_BS_RESTING : EB_BS_NONE; /* bridge refused: the old one is kept */
            eb_touch(e);
        } else if (bridge->state == EB_OS_NEW) {
            b->stage = EB_BS_CANCEL_OLD;
            eb_touch(e);
            if (main != NULL && !main->cancel_sent) {
                eb_cancel(e, s, main);
            }
        }
        break;
    case EB_BS_CANCEL_OLD:
        if (main == NULL) {
            b->stage = EB_BS_PLACE_NEW;
            eb_touch(e);
            place(e, s, EB_PURPOSE_BACKSTOP, want, b->as_quantity || b->foreign.e8 > 0);
        }
        break;
    case EB_BS_PLACE_NEW:
        if (stands(main)) {
            b->stage = EB_BS_CANCEL_BRIDGE;
            eb_touch(e);
            if (bridge != NULL && !bridge->cancel_sent) {
                eb_cancel(e, s, bridge);
            }
        } else if (main == NULL && e->ev->now_ms >= b->retry_ms) {
            place(e, s, EB_PURPOSE_BACKSTOP, want, b->as_quantity || b->foreign.e8 > 0);
        }
        break;
    case EB_BS_CANCEL_BRIDGE:
        if (bridge == NULL) {
            b->stage = EB_BS_RESTING;
            eb_touch(e);
        }
        break;
    case EB_BS_PLACING:
        if (main == NULL && e->ev->now_ms >= b->retry_ms) {
            b->stage = EB_BS_NONE;
            eb_touch(e);
            first_backstop(e, s, want);
        }
        break;
    case EB_BS_CONFIRM_BREACH:
    case EB_BS_STAGE_COUNT:
        break;
    }
}

/* After the episode: whatever conditional order of it still stands is swept. */
static void sweep(struct eb_engine *e, struct eb_slot *s)
{
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        struct eb_order *o = &s->order[i];
        bool ended = !s->d.open || o->id.episode != s->d.episode;
        if (ended && o->type == EB_ORDER_STOP_MARKET && eb_order_is_open((enum eb_order_state)o->state) &&
            !o->cancel_sent && o->state != EB_OS_UNKNOWN && o->state != EB_OS_PENDING) {
            eb_cancel(e, s, o);
        }
    }
}

static void watch_protection(struct eb_engine *e, struct eb_slot *s)
{
    if (eb_protection_of(e, s) == EB_PROTECTED || eb_protection_of(e, s) == EB_PROTECTED_FOREIGN) {
        s->unprotected_since_ms = 0;
        s->alarm_unprotected = false;
        return;
    }
    if (s->unprotected_since_ms == 0) {
        s->unprotected_since_ms = e->ev->now_ms;
    }
    if (!s->alarm_unprotected && e->ev->now_ms - s->unprotected_since_ms >= e->c.protect_ms) {
        s->alarm_unprotected = true;
        eb_alert(e, s, EB_ALERT_UNPROTECTED, s->in_force, s->d.backstop.stage,
                 "no confirmed stop at the venue for longer than allowed");
    }
}

void eb_backstop_drive(struct eb_engine *e, struct eb_slot *s)
{
    if (s->d.episode == 0 || !e->c.backstop) {
        return;
    }
    sweep(e, s);
    eb_price want;
    if (!s->d.open || !eb_is_live(e) || s->d.plan.revision == 0 || s->d.released || !desired_trigger(e, s, &want)) {
        return;
    }
    drive_stage(e, s, want);
    watch_protection(e, s);
}

/* The venue spoke about one of ours; the drive that follows acts on the new state. */
void eb_backstop_told(struct eb_engine *e, struct eb_slot *s, struct eb_order *o, const struct eb_ev_order *ev)
{
    struct eb_backstop *b = &s->d.backstop;
    enum eb_order_state to = (enum eb_order_state)ev->state;
    if (!s->d.open || o->id.episode != s->d.episode) {
        return;
    }
    if (to == EB_OS_NEW) {
        b->confirmed_ms = e->ev->now_ms;
        if (o->purpose == EB_PURPOSE_BACKSTOP) {
            b->trigger = o->trigger;
            b->stage = b->stage == EB_BS_PLACING || b->stage == EB_BS_NONE ? EB_BS_RESTING : b->stage;
        }
    }
    if (to != EB_OS_REJECTED) {
        return;
    }
    b->retry_ms = e->ev->now_ms + EB_BACKSTOP_RETRY_MS;
    if (ev->reject == EB_REJ_WOULD_TRIGGER) { /* closes only after a fresh REST mark confirms the breach */
        b->stage = EB_BS_CONFIRM_BREACH;
        eb_emit(e, EB_ACT_REFRESH_PRICE)->u.refresh.symbol = eb_slot_symbol(e, s);
    } else if (ev->reject == EB_REJ_EXISTS) {
        b->as_quantity = true; /* a foreign closePosition order has the place: ours rests as a quantity stop */
        eb_emit(e, EB_ACT_SNAPSHOT);
    }
}

static bool between(const struct eb_engine *e, const struct eb_slot *s, eb_price trigger)
{
    struct eb_guard g = eb_guard_of(e, s);
    enum eb_side side = eb_side_of(s);
    eb_price mark = eb_judge_price(e, s);
    if (mark.e8 > 0 && eb_stop_crossed(side, trigger, mark)) {
        return false;
    }
    eb_price edge; /* the buffer's edge itself is where the guard puts the loosest stop */
    return !eb_guard_loosest(&g, &edge) || !eb_is_better(side, edge, trigger);
}

enum eb_protection eb_protection_of(const struct eb_engine *e, const struct eb_slot *s)
{
    const struct eb_backstop *b = &s->d.backstop;
    int64_t now_ms = e->last_now_ms;
    if (!s->d.open) {
        return EB_UNPROTECTED;
    }
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        const struct eb_order *o = &s->order[i];
        bool ours = (o->purpose == EB_PURPOSE_BACKSTOP || o->purpose == EB_PURPOSE_BRIDGE) &&
                    o->id.episode == s->d.episode && stands(o);
        bool covers = o->close_position || o->qty.e8 >= s->d.venue_qty.e8;
        bool stuck = o->state != EB_OS_NEW && now_ms - o->changed_ms > e->c.triggering_ms;
        if (ours && covers && !stuck && now_ms - b->confirmed_ms <= e->c.confirm_ms && between(e, s, o->trigger)) {
            return EB_PROTECTED;
        }
    }
    if (b->foreign.e8 > 0 && between(e, s, b->foreign)) {
        return EB_PROTECTED_FOREIGN;
    }
    if (b->unprotectable) {
        return EB_UNPROTECTABLE;
    }
    return b->stage == EB_BS_PLACING ? EB_PROTECTION_PENDING : EB_UNPROTECTED;
}

int64_t eb_backstop_deadline_ms(const struct eb_engine *e, const struct eb_slot *s)
{
    const struct eb_backstop *b = &s->d.backstop;
    int64_t at = 0;
    if (!e->c.backstop || !eb_is_live(e) || s->d.plan.revision == 0 || s->d.released) {
        return 0;
    }
    bool retrying = b->stage == EB_BS_NONE || b->stage == EB_BS_REFUSED || b->stage == EB_BS_PLACE_NEW;
    if (retrying && b->retry_ms > e->ev->now_ms) {
        at = b->retry_ms;
    }
    if (b->stage == EB_BS_RESTING && e->ev->now_ms < b->renewed_ms + e->c.backstop_renew_ms) {
        int64_t renew = b->renewed_ms + e->c.backstop_renew_ms;
        at = at == 0 || renew < at ? renew : at;
    }
    if (s->unprotected_since_ms != 0 && !s->alarm_unprotected) {
        int64_t alarm = s->unprotected_since_ms + e->c.protect_ms;
        at = at == 0 || alarm < at ? alarm : at;
    }
    return at;
}
