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
#define EB_BACKSTOP_SLOTS_MS 10000 /* between attempts while no slot is free */

/* Live, ours and not handed back: only then anything is placed or said. */
static bool watched(const struct eb_engine *e, const struct eb_slot *s)
{
    return e->c.backstop && s->d.open && eb_is_live(e) && !s->d.released;
}

static void wait_until(struct eb_engine *e, struct eb_backstop *b, int64_t ms)
{
    if (b->retry_ms != ms) {
        b->retry_ms = ms;
        eb_touch(e);
    }
}

/* Stands on the venue as far as the venue has told. */
static bool stands(const struct eb_order *o)
{
    return o != NULL && o->ended_as == EB_OS_NONE &&
           (o->state == EB_OS_NEW || o->state == EB_OS_TRIGGERING || o->state == EB_OS_TRIGGERED);
}

/* After a start there may be two of a kind: one whose fate is asked for, and one that the picture has shown. */
static struct eb_order *working(struct eb_slot *s, enum eb_purpose purpose)
{
    struct eb_order *found = NULL;
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        struct eb_order *o = &s->order[i];
        bool open = o->purpose == (uint8_t)purpose && o->id.episode == s->d.episode &&
                    eb_order_is_open((enum eb_order_state)o->state) && o->ended_as == EB_OS_NONE;
        if (open && (found == NULL || (stands(o) && !stands(found)))) {
            found = o;
        }
    }
    return found;
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
    req.close_intent = true;
    req.reduce_only = as_quantity && s->d.position_side == EB_PS_BOTH;
    req.qty = as_quantity ? s->d.venue_qty : (eb_qty){0};
    req.trigger = trigger;
    req.level = trigger;
    req.urgent = true;
    req.needs_seq = s->d.permit_seq;
    if (eb_gateway(e, s, &req) == EB_GATE_SENT) {
        e->stats.conditional_orders++;
        eb_slots_hold(e, s);
    } else {
        wait_until(e, &s->d.backstop, e->ev->now_ms + EB_BACKSTOP_RETRY_MS);
    }
}

static void place_main(struct eb_engine *e, struct eb_slot *s, eb_price want)
{
    const struct eb_backstop *b = &s->d.backstop;
    place(e, s, EB_PURPOSE_BACKSTOP, want, b->as_quantity || b->foreign.e8 > 0);
}

static void no_slot(struct eb_engine *e, struct eb_slot *s, eb_price want, int32_t code)
{
    struct eb_backstop *b = &s->d.backstop;
    if (!b->unprotectable) {
        b->unprotectable = true;
        eb_touch(e);
        eb_alert(e, s, EB_ALERT_UNPROTECTABLE, want, code,
                 "no slot for a conditional order is left: only the soft stop stands");
    }
    wait_until(e, b, e->ev->now_ms + EB_BACKSTOP_SLOTS_MS);
}

static void first_backstop(struct eb_engine *e, struct eb_slot *s, eb_price want)
{
    struct eb_backstop *b = &s->d.backstop;
    eb_price mark = eb_judge_price(e, s);
    if (e->ev->now_ms < b->retry_ms) {
        return;
    }
    if (mark.e8 > 0 && eb_stop_crossed(eb_side_of(s), want, mark)) { /* it would trigger at once: the soft stop acts */
        wait_until(e, b, e->ev->now_ms + EB_BACKSTOP_RETRY_MS);
        return;
    }
    if (!eb_slots_entitled(e, s)) {
        no_slot(e, s, want, (int32_t)conditional_count(e));
        return;
    }
    if (conditional_count(e) + e->c.slots_reserve >= e->c.slots_max) {
        bool promised = eb_slots_ask(e, s);
        no_slot(e, s, want, (int32_t)conditional_count(e));
        if (promised) {
            wait_until(e, b, e->ev->now_ms + EB_BACKSTOP_RETRY_MS);
        }
        return;
    }
    b->unprotectable = false;
    b->stage = EB_BS_PLACING;
    b->renewed_ms = e->ev->now_ms;
    eb_touch(e);
    place_main(e, s, want);
    if (working(s, EB_PURPOSE_BACKSTOP) == NULL) {
        b->stage = EB_BS_NONE;
    }
}

/* On the wrong side of the soft stop or of the liquidation buffer, or too small, or more than a hedge leg may close:
 * at once. Else a quarter of R tighter, and not too often. */
static bool worth_renewing(const struct eb_engine *e, const struct eb_slot *s, const struct eb_order *o, eb_price want)
{
    const struct eb_durable *d = &s->d;
    enum eb_side side = eb_side_of(s);
    if (d->tripped || d->intent.active) {
        return false; /* the only confirmed protection is not touched while tripped, or while a close is on its way */
    }
    enum eb_stop_kind kind;
    struct eb_guard g = eb_guard_of(e, s);
    eb_price edge;
    bool wrong_size = !o->close_position &&
                      (o->qty.e8 < d->venue_qty.e8 || (d->position_side != EB_PS_BOTH && o->qty.e8 > d->venue_qty.e8));
    bool wrong_side = eb_is_better(side, o->trigger, eb_stop_in_force(e, s, &kind)) ||
                      (eb_guard_loosest(&g, &edge) && eb_is_better(side, edge, o->trigger));
    if (wrong_size || (wrong_side && want.e8 != o->trigger.e8)) {
        return true;
    }
    int64_t tighter = eb_favour_e8(side, o->trigger, want);
    bool far = tighter > 0 && (eb_i128)tighter * EB_PPM >= (eb_i128)d->r.e8 * e->c.backstop_renew_r_ppm;
    return far && e->ev->now_ms - d->backstop.renewed_ms >= e->c.backstop_renew_ms;
}

static void to_stage(struct eb_engine *e, struct eb_slot *s, enum eb_backstop_stage stage)
{
    s->d.backstop.stage = (uint8_t)stage;
    eb_touch(e);
}

/* Sends the cancel unless it is on its way; one that was lost is due again after a query has said so. */
/* One that is triggering cannot be cancelled any more: asking again and again would only load the venue. */
static bool may_cancel(const struct eb_order *o)
{
    return !o->cancel_sent && o->state != EB_OS_UNKNOWN && o->state != EB_OS_PENDING && o->state != EB_OS_TRIGGERING &&
           o->state != EB_OS_TRIGGERED;
}

static void take_away(struct eb_engine *e, struct eb_slot *s, struct eb_order *o)
{
    if (o != NULL && may_cancel(o)) {
        eb_cancel(e, s, o);
    }
}

/* A second one of a kind, that an earlier process had placed: one is enough. */
static void only_one(struct eb_engine *e, struct eb_slot *s, const struct eb_order *main)
{
    for (unsigned i = 0; i < EB_ORDERS_MAX && stands(main); i++) {
        struct eb_order *o = &s->order[i];
        if (o != main && o->purpose == main->purpose && o->id.episode == s->d.episode && o->state == EB_OS_NEW) {
            take_away(e, s, o);
        }
    }
}

static void drive_resting(struct eb_engine *e, struct eb_slot *s, struct eb_order *main, eb_price want)
{
    struct eb_backstop *b = &s->d.backstop;
    struct eb_order *bridge = working(s, EB_PURPOSE_BRIDGE);
    only_one(e, s, main);
    if (b->yields && main == NULL) { /* given up for a position with more at risk */
        b->yields = false;
        b->trigger.e8 = 0;
        to_stage(e, s, EB_BS_NONE);
        no_slot(e, s, want, (int32_t)conditional_count(e));
    } else if (b->yields && stands(main) && bridge == NULL) {
        take_away(e, s, main);
    } else if (main == NULL) { /* lost: at once */
        b->trigger.e8 = 0;
        wait_until(e, b, 0);
        to_stage(e, s, EB_BS_NONE);
        first_backstop(e, s, want);
    } else if (bridge != NULL && stands(main)) { /* left over from a renewal that went another way */
        to_stage(e, s, EB_BS_CANCEL_BRIDGE);
        take_away(e, s, bridge);
    } else if (main->state == EB_OS_NEW && e->ev->now_ms >= b->retry_ms && worth_renewing(e, s, main, want)) {
        if (conditional_count(e) >= e->c.slots_max) {
            wait_until(e, b, e->ev->now_ms + EB_BACKSTOP_RETRY_MS);
            return;
        }
        b->renewed_ms = e->ev->now_ms;
        to_stage(e, s, EB_BS_BRIDGING);
        place(e, s, EB_PURPOSE_BRIDGE, want, true);
    }
}

/* Nothing is known to stand: find what does, or place it. */
static void drive_none(struct eb_engine *e, struct eb_slot *s, struct eb_order *main, eb_price want)
{
    struct eb_backstop *b = &s->d.backstop;
    if (main == NULL) {
        first_backstop(e, s, want);
    } else if (stands(main)) { /* taken back from the venue, or its stage was another's */
        b->trigger = main->trigger;
        to_stage(e, s, EB_BS_RESTING);
    } else {
        to_stage(e, s, EB_BS_PLACING);
    }
}

/* One that triggers for too long closes nothing. */
static bool protects(const struct eb_engine *e, const struct eb_order *o)
{
    return stands(o) && (o->state == EB_OS_NEW || e->ev->now_ms - o->changed_ms <= e->c.triggering_ms);
}

static void drive_bridge(struct eb_engine *e, struct eb_slot *s, struct eb_order *main, eb_price want)
{
    struct eb_backstop *b = &s->d.backstop;
    struct eb_order *bridge = working(s, EB_PURPOSE_BRIDGE);
    switch ((enum eb_backstop_stage)b->stage) {
    case EB_BS_BRIDGING:
        if (bridge == NULL) { /* refused: the old one is kept */
            b->renewed_ms = e->ev->now_ms;
            to_stage(e, s, main != NULL ? EB_BS_RESTING : EB_BS_NONE);
        } else if (bridge->state == EB_OS_NEW) {
            to_stage(e, s, EB_BS_CANCEL_OLD);
            take_away(e, s, main);
        }
        break;
    case EB_BS_CANCEL_OLD:
        if (!protects(e, bridge) && main != NULL && !main->cancel_sent) { /* the bridge is gone: the old one stays */
            to_stage(e, s, EB_BS_RESTING);
            break;
        }
        take_away(e, s, main);
        if (main == NULL) {
            to_stage(e, s, EB_BS_PLACE_NEW);
            place_main(e, s, want);
        }
        break;
    case EB_BS_PLACE_NEW:
        if (main != NULL && main->state == EB_OS_NEW) {
            to_stage(e, s, EB_BS_CANCEL_BRIDGE);
            take_away(e, s, bridge);
        } else if (main == NULL && e->ev->now_ms >= b->retry_ms) {
            place_main(e, s, want);
        }
        break;
    case EB_BS_CANCEL_BRIDGE:
        if (bridge == NULL) {
            to_stage(e, s, EB_BS_RESTING);
        } else if (main != NULL && main->state == EB_OS_NEW) {
            take_away(e, s, bridge);
        } else { /* the new one is gone while the bridge still stands */
            to_stage(e, s, EB_BS_PLACE_NEW);
        }
        break;
    case EB_BS_NONE:
    case EB_BS_PLACING:
    case EB_BS_RESTING:
    case EB_BS_CONFIRM_BREACH:
    case EB_BS_STAGE_COUNT:
        break;
    }
}

static void ask_mark(struct eb_engine *e, struct eb_slot *s)
{
    eb_emit(e, EB_ACT_REFRESH_PRICE)->u.refresh.symbol = eb_slot_symbol(e, s);
    wait_until(e, &s->d.backstop, e->ev->now_ms + EB_BACKSTOP_RETRY_MS);
}

static void drive_stage(struct eb_engine *e, struct eb_slot *s, eb_price want)
{
    struct eb_backstop *b = &s->d.backstop;
    struct eb_order *main = working(s, EB_PURPOSE_BACKSTOP);
    switch ((enum eb_backstop_stage)b->stage) {
    case EB_BS_NONE:
        drive_none(e, s, main, want);
        break;
    case EB_BS_PLACING:
        if (stands(main)) {
            drive_none(e, s, main, want);
        } else if (main == NULL && e->ev->now_ms >= b->retry_ms) {
            to_stage(e, s, EB_BS_NONE);
            first_backstop(e, s, want);
        }
        break;
    case EB_BS_RESTING:
        drive_resting(e, s, main, want);
        break;
    case EB_BS_CONFIRM_BREACH:
        if (e->ev->now_ms >= b->retry_ms) { /* the answer did not come: asked again */
            ask_mark(e, s);
        }
        break;
    case EB_BS_BRIDGING:
    case EB_BS_CANCEL_OLD:
    case EB_BS_PLACE_NEW:
    case EB_BS_CANCEL_BRIDGE:
    case EB_BS_STAGE_COUNT:
        drive_bridge(e, s, main, want);
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
            may_cancel(o)) {
            eb_cancel(e, s, o);
        }
    }
}

static bool between(const struct eb_engine *e, const struct eb_slot *s, eb_price trigger, eb_price mark)
{
    struct eb_guard g = eb_guard_of(e, s);
    enum eb_side side = eb_side_of(s);
    if (!g.inst->trading || (mark.e8 > 0 && eb_stop_crossed(side, trigger, mark))) {
        return false;
    }
    eb_price edge; /* the buffer's edge itself is where the guard puts the loosest stop */
    return !eb_guard_loosest(&g, &edge) || !eb_is_better(side, edge, trigger);
}

static enum eb_protection protection(const struct eb_engine *e, const struct eb_slot *s, eb_price mark)
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
        if (ours && covers && !stuck && now_ms - b->confirmed_ms <= e->c.confirm_ms &&
            between(e, s, o->trigger, mark)) {
            return EB_PROTECTED;
        }
    }
    if (b->foreign.e8 > 0 && now_ms - s->foreign_ms <= e->c.confirm_ms && between(e, s, b->foreign, mark)) {
        return EB_PROTECTED_FOREIGN;
    }
    if (b->unprotectable) {
        return EB_UNPROTECTABLE;
    }
    return b->stage == EB_BS_PLACING ? EB_PROTECTION_PENDING : EB_UNPROTECTED;
}

enum eb_protection eb_protection_of(const struct eb_engine *e, const struct eb_slot *s)
{
    return protection(e, s, eb_judge_price(e, s));
}

/* Time alone, no price: once price is beyond the trigger the soft stop has long fired. */
void eb_backstop_watch(struct eb_engine *e, struct eb_slot *s)
{
    if (!watched(e, s)) {
        return;
    }
    enum eb_protection p = protection(e, s, (eb_price){0});
    if (p == EB_PROTECTED || p == EB_PROTECTED_FOREIGN) {
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
    if (!watched(e, s)) {
        return;
    }
    eb_price want;
    if (s->d.plan.revision != 0 && desired_trigger(e, s, &want)) {
        for (unsigned n = 0, was = EB_BS_STAGE_COUNT; n < EB_BS_STAGE_COUNT && s->d.backstop.stage != was; n++) {
            was = s->d.backstop.stage; /* a stage that has ended is no reason to wait for the next event */
            drive_stage(e, s, want);
        }
    }
    eb_backstop_watch(e, s);
}

static void told_refusal(struct eb_engine *e, struct eb_slot *s, const struct eb_order *o, enum eb_reject_class why,
                         int32_t code)
{
    struct eb_backstop *b = &s->d.backstop;
    unsigned doubled = b->refusals < 4 ? b->refusals : 4;
    b->refusals = (uint8_t)(b->refusals < UINT8_MAX ? b->refusals + 1 : UINT8_MAX);
    wait_until(e, b, e->ev->now_ms + ((int64_t)EB_BACKSTOP_RETRY_MS << doubled));
    if (why == EB_REJ_WOULD_TRIGGER) { /* closes only after a fresh REST mark confirms the breach */
        b->stage = EB_BS_CONFIRM_BREACH;
        ask_mark(e, s);
    } else if (why == EB_REJ_EXISTS) { /* a foreign closePosition order has the place: ours rests as a quantity stop */
        wait_until(e, b, b->as_quantity ? b->retry_ms : e->ev->now_ms);
        b->as_quantity = true;
        eb_emit(e, EB_ACT_SNAPSHOT);
    } else if (why == EB_REJ_REDUCE_ONLY) { /* there is less to protect than thought, or nothing */
        eb_look_again(e);
    } else if (why == EB_REJ_SLOTS && o->purpose == EB_PURPOSE_BACKSTOP) {
        no_slot(e, s, o->trigger, code);
    }
}

/* The venue spoke about one of ours; the drive that follows acts on the new state. */
void eb_backstop_told(struct eb_engine *e, struct eb_slot *s, struct eb_order *o, const struct eb_ev_order *ev)
{
    struct eb_backstop *b = &s->d.backstop;
    if (!s->d.open || o->id.episode != s->d.episode) {
        return;
    }
    if (ev->state == EB_OS_NEW) {
        b->confirmed_ms = e->ev->now_ms;
        b->refusals = 0;
        b->unprotectable = false;
        if (o->purpose == EB_PURPOSE_BACKSTOP) {
            b->trigger = o->trigger;
            b->stage = b->stage == EB_BS_PLACING || b->stage == EB_BS_NONE ? EB_BS_RESTING : b->stage;
        }
    }
    if (ev->state == EB_OS_REJECTED) {
        told_refusal(e, s, o, (enum eb_reject_class)ev->reject, ev->code);
    }
}

static void sooner(int64_t *at, int64_t ms, int64_t now_ms)
{
    if (ms > now_ms && (*at == 0 || ms < *at)) {
        *at = ms;
    }
}

int64_t eb_backstop_alarm_ms(const struct eb_engine *e, const struct eb_slot *s)
{
    bool counts = watched(e, s) && s->unprotected_since_ms != 0 && !s->alarm_unprotected;
    return counts ? s->unprotected_since_ms + e->c.protect_ms : 0;
}

int64_t eb_backstop_deadline_ms(const struct eb_engine *e, const struct eb_slot *s)
{
    const struct eb_backstop *b = &s->d.backstop;
    int64_t now_ms = e->ev->now_ms;
    int64_t at = 0;
    if (!watched(e, s)) {
        return 0;
    }
    sooner(&at, b->retry_ms, now_ms);
    if (b->stage == EB_BS_RESTING) {
        sooner(&at, b->renewed_ms + e->c.backstop_renew_ms, now_ms);
    }
    if (eb_backstop_alarm_ms(e, s) != 0) {
        sooner(&at, eb_backstop_alarm_ms(e, s), now_ms);
    } else if (s->unprotected_since_ms == 0) { /* when the confirmation grows too old */
        sooner(&at, b->confirmed_ms + e->c.confirm_ms + 1, now_ms);
        sooner(&at, s->foreign_ms + e->c.confirm_ms + 1, now_ms);
    }
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        const struct eb_order *o = &s->order[i];
        if (o->type == EB_ORDER_STOP_MARKET && (o->state == EB_OS_TRIGGERING || o->state == EB_OS_TRIGGERED)) {
            sooner(&at, o->changed_ms + e->c.triggering_ms + 1, now_ms);
        }
    }
    return at;
}
