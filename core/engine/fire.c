/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a crossed level to orders, and until they have done their work.
 *
 *     leg:   ARMED -> FIRING (one intent, n slices) -> PARTIAL -> HIT
 *     stop:  intent until flat: market for what is free, cancel what rests, market for what that frees (semantics 5)
 */
#include "engine/state.h"

#include <string.h>

eb_price eb_stop_in_force(const struct eb_engine *e, const struct eb_slot *s, enum eb_stop_kind *kind)
{
    const struct eb_durable *d = &s->d;
    enum eb_side side = eb_side_of(s);
    const struct {
        enum eb_stop_kind kind;
        eb_price price;
    } fixed[] = {
        {EB_STOP_PLAN, d->plan.stop},
        {EB_STOP_RATCHET, d->plan.ratchet_stop},
        {EB_STOP_RISK_FLOOR, d->plan.risk_floor},
        {EB_STOP_PROTECTIVE, d->plan.protective},
    };
    eb_price best = {0};
    *kind = EB_STOP_NONE;
    for (unsigned i = 0; i < EB_COUNT(fixed); i++) {
        if (fixed[i].price.e8 > 0 && (best.e8 == 0 || eb_is_better(side, fixed[i].price, best))) {
            best = fixed[i].price;
            *kind = fixed[i].kind;
        }
    }
    eb_price trail;
    if (eb_trail_stop(&d->plan.trail, &eb_symbol_of(e, s)->inst, side, d->entry, d->r, &trail) &&
        (best.e8 == 0 || eb_is_better(side, trail, best))) {
        best = trail;
        *kind = EB_STOP_TRAIL;
    }
    return best;
}

bool eb_targets_may_fire(const struct eb_engine *e, const struct eb_slot *s)
{
    return s->d.open && !s->d.shadow_done && !e->paused && !s->d.tripped && !s->d.intent.active && eb_is_owner(e, s) &&
           e->last_now_ms >= e->hold_ms;
}

static enum eb_order_side closing_side(const struct eb_slot *s)
{
    return eb_side_of(s) == EB_LONG ? EB_SELL : EB_BUY;
}

static eb_client_id next_id(struct eb_slot *s, const struct eb_engine *e, enum eb_purpose purpose, uint8_t leg)
{
    return (eb_client_id){.instance = e->c.instance,
                          .episode = s->d.episode,
                          .attempt = ++s->d.attempts,
                          .purpose = (uint8_t)purpose,
                          .leg = leg};
}

#define EB_ORDERS_FOR_EXITS 5 /* places that resting legs leave: backstop, bridge, and a stop that must not wait */

static unsigned free_orders(const struct eb_slot *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        n += s->order[i].state == EB_OS_NONE;
    }
    return n;
}

/* Two places in the order table stay free for backstop and bridge. */
static bool table_full(const struct eb_engine *e, const struct eb_slot *s)
{
    return eb_is_live(e) && free_orders(s) <= 2;
}

/* Sends qty at market (or at the band's edge) in slices of the market lot size; returns what was sent. A virtual fill
 * needs no slices. */
static eb_qty send_slices(struct eb_engine *e, struct eb_slot *s, struct eb_order_request *proto, eb_qty qty)
{
    const struct eb_instrument *inst = &eb_symbol_of(e, s)->inst;
    bool market = proto->type == EB_ORDER_MARKET;
    eb_qty largest = eb_is_live(e) ? eb_max_order_qty(inst, market) : qty;
    eb_qty sent = {0};
    uint8_t slice = 0;
    while (qty.e8 > 0 && !table_full(e, s)) {
        struct eb_order_request req = *proto;
        eb_qty part = {qty.e8 < largest.e8 ? qty.e8 : largest.e8};
        part = eb_round_qty_down(inst, part, market);
        if (part.e8 <= 0) {
            break;
        }
        req.client_id.slice = slice++;
        req.qty = part;
        if (eb_gateway(e, s, &req) == EB_GATE_BLOCKED || !s->d.open) {
            break;
        }
        sent.e8 += part.e8;
        qty.e8 -= part.e8;
        if (slice == UINT8_MAX) {
            break;
        }
    }
    return sent;
}

static struct eb_order_request request(const struct eb_engine *e, const struct eb_slot *s, enum eb_purpose purpose,
                                       enum eb_exit_reason reason, eb_price level)
{
    struct eb_order_request req;
    memset(&req, 0, sizeof req);
    req.symbol = eb_slot_symbol(e, s);
    req.position = eb_slot_index(e, s);
    req.order_side = (uint8_t)closing_side(s);
    req.position_side = s->d.position_side;
    req.type = EB_ORDER_MARKET;
    req.purpose = (uint8_t)purpose;
    req.reason = (uint8_t)reason;
    req.close_intent = true;
    req.reduce_only = s->d.position_side == EB_PS_BOTH;
    req.level = level;
    req.needs_seq = s->d.permit_seq;
    req.urgent = purpose <= EB_PURPOSE_BRIDGE;
    return req;
}

/* What the position has that no order may still take. */
static eb_qty free_qty(const struct eb_slot *s)
{
    eb_qty committed = eb_committed(s);
    return (eb_qty){s->d.qty.e8 > committed.e8 ? s->d.qty.e8 - committed.e8 : 0};
}

/* What other un-hit legs are still to close; resting ones are committed already. */
static eb_qty reserved_qty(const struct eb_slot *s, const struct eb_leg *leg)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < s->d.plan.leg_count; i++) {
        const struct eb_leg *other = &s->d.plan.leg[i];
        if (other != leg && (other->state == EB_LEG_ARMED || other->state == EB_LEG_PARKED)) {
            sum += other->qty.e8 - other->filled.e8;
        }
    }
    return (eb_qty){sum};
}

static struct eb_order *soft_order(struct eb_slot *s, uint8_t leg)
{
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        struct eb_order *o = &s->order[i];
        if (o->purpose == EB_PURPOSE_SOFT && o->leg == leg && o->id.episode == s->d.episode &&
            eb_order_is_open((enum eb_order_state)o->state)) {
            return o;
        }
    }
    return NULL;
}

static eb_qty leg_want(const struct eb_engine *e, const struct eb_slot *s, const struct eb_leg *leg, bool market)
{
    const struct eb_instrument *inst = &eb_symbol_of(e, s)->inst;
    if (e->last_now_ms < s->d.leg_retry_ms) {
        return (eb_qty){0}; /* the venue has just said no */
    }
    eb_qty want = eb_leg_fire_qty(leg, inst, s->d.position_side != EB_PS_BOTH, free_qty(s), reserved_qty(s, leg));
    return eb_round_qty_down(inst, want, market);
}

bool eb_leg_can_fire(const struct eb_engine *e, const struct eb_slot *s, const struct eb_leg *leg)
{
    return eb_targets_may_fire(e, s) && leg_want(e, s, leg, true).e8 > 0;
}

void eb_fire_leg(struct eb_engine *e, struct eb_slot *s, struct eb_leg *leg)
{
    eb_qty want = leg_want(e, s, leg, true);
    if (want.e8 <= 0 || soft_order(s, leg->id) != NULL) { /* what rests for this leg has to end first */
        return;
    }
    struct eb_order_request req = request(e, s, EB_PURPOSE_TARGET, EB_EXIT_TARGET, leg->price);
    req.client_id = next_id(s, e, EB_PURPOSE_TARGET, leg->id);
    leg->state = EB_LEG_FIRING;
    leg->attempt++;
    leg->firing_qty.e8 = leg->filled.e8 + want.e8;
    s->fired_ns = e->ev->now_ns;
    eb_touch(e);
    eb_qty sent = send_slices(e, s, &req, want);
    if (s->d.open && sent.e8 == 0 && leg->state == EB_LEG_FIRING) {
        leg->state = EB_LEG_ARMED; /* the gateway blocked it and said why */
        leg->firing_qty.e8 = 0;
    }
}

void eb_exit_all(struct eb_engine *e, struct eb_slot *s, enum eb_purpose purpose, enum eb_exit_reason reason,
                 eb_price level)
{
    struct eb_intent *n = &s->d.intent;
    if (!s->d.open || s->d.shadow_done) {
        return;
    }
    if (!n->active) {
        memset(n, 0, sizeof *n);
        n->active = true;
        n->purpose = (uint8_t)purpose;
        n->reason = (uint8_t)reason;
        n->level = level;
        n->since_ms = e->ev->now_ms;
        n->last_send_ms = -1;
        s->fired_ns = e->ev->now_ns;
        eb_touch(e);
    } else if (purpose < n->purpose || (purpose == EB_PURPOSE_FLATTEN && !eb_is_owner(e, s))) {
        n->purpose = (uint8_t)purpose; /* of another owner's position the operator alone may close */
        eb_touch(e);
    }
    eb_drive(e, s);
}

void eb_fire_stop(struct eb_engine *e, struct eb_slot *s)
{
    if (s->d.intent.active || !eb_is_owner(e, s)) {
        return; /* already on its way; or another owner's position, where only the backstop acts */
    }
    enum eb_stop_kind kind;
    eb_price level = eb_stop_in_force(e, s, &kind);
    eb_exit_all(e, s, EB_PURPOSE_STOP, kind == EB_STOP_TRAIL ? EB_EXIT_TRAILING : EB_EXIT_STOP, level);
}

/* Nothing left although something was free: dust, or a gate that said why. Again later, not in a loop. */
static void exit_stuck(struct eb_engine *e, struct eb_slot *s)
{
    struct eb_intent *n = &s->d.intent;
    n->retry_ms = e->ev->now_ms + e->c.full_close_ms;
    if (!n->stuck) {
        n->stuck = true;
        eb_alert(e, s, EB_ALERT_STOP_STUCK, n->level, 0, "nothing of what is left can be sent: look at the venue");
    }
}

/* An order that is to execute at once, its answer still to come; one that nobody knows of blocks its own part. */
static bool under_way(const struct eb_slot *s)
{
    bool any = false;
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        const struct eb_order *o = &s->order[i];
        bool at_once = o->type == EB_ORDER_MARKET || o->type == EB_ORDER_LIMIT_IOC;
        any = any || (at_once && o->state != EB_OS_UNKNOWN && eb_order_is_open((enum eb_order_state)o->state));
    }
    return any;
}

/* Somebody else's resting reductions may cover a part that nobody tells: after two refusals in a row half of it is
 * tried, then a quarter, down to one step, and then all of it again; each once the last has been answered. */
static eb_qty uncovered(const struct eb_engine *e, struct eb_slot *s, eb_qty free)
{
    struct eb_intent *n = &s->d.intent;
    const struct eb_instrument *inst = &eb_symbol_of(e, s)->inst;
    if (n->covered < 2) {
        return free;
    }
    eb_qty part = {n->covered > 32 ? 0 : free.e8 >> (n->covered - 1)};
    if (!eb_qty_is_tradable(inst, part)) {
        n->covered = 0;
        return free;
    }
    return part;
}

/* One attempt: market for what is free, or limit IOC at the band's edge where market was refused for its price. */
/* The edge of the band less an eighth of it: the mark by which the venue judges has moved on when the order arrives,
 * and a price at the very edge would be refused every other time. */
static bool band_price(const struct eb_instrument *inst, uint8_t side, eb_price mark, eb_price *out)
{
    struct eb_instrument inside = *inst;
    inside.percent_up_ppm -= inst->percent_up_ppm > 0 ? (inst->percent_up_ppm - EB_PPM) / 8 : 0;
    inside.percent_down_ppm += inst->percent_down_ppm > 0 ? (EB_PPM - inst->percent_down_ppm) / 8 : 0;
    return eb_price_band_edge(&inside, (enum eb_order_side)side, mark, out);
}

static void send_exit(struct eb_engine *e, struct eb_slot *s)
{
    struct eb_intent *n = &s->d.intent;
    int64_t now_ms = e->ev->now_ms;
    if (now_ms < n->retry_ms) {
        return;
    }
    if (n->retry_ms != 0) {
        n->retry_ms = 0;
        eb_touch(e);
    }
    eb_qty free = free_qty(s);
    if (free.e8 <= 0 || table_full(e, s) || (n->covered >= 2 && under_way(s))) {
        return; /* whatever resolves drives again */
    }
    eb_touch(e);
    if (s->d.tripped && n->purpose != EB_PURPOSE_FLATTEN && n->last_send_ms >= 0 &&
        now_ms - n->last_send_ms < e->c.full_close_ms) {
        n->retry_ms = n->last_send_ms + e->c.full_close_ms;
        return;
    }
    struct eb_order_request req = request(e, s, (enum eb_purpose)n->purpose, (enum eb_exit_reason)n->reason, n->level);
    req.client_id = next_id(s, e, (enum eb_purpose)n->purpose, 0);
    const struct eb_instrument *inst = &eb_symbol_of(e, s)->inst;
    eb_price mark = {eb_hot_of(e, eb_slot_symbol(e, s), EB_SRC_MARK)->price};
    if (n->band && band_price(inst, req.order_side, mark, &req.price)) {
        req.type = EB_ORDER_LIMIT_IOC;
    }
    if (send_slices(e, s, &req, uncovered(e, s, free)).e8 > 0) {
        n->last_send_ms = now_ms;
    } else if (s->d.open) {
        exit_stuck(e, s);
    }
}

static bool rests(const struct eb_slot *s)
{
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        if (s->order[i].type == EB_ORDER_LIMIT_GTC && eb_order_is_open((enum eb_order_state)s->order[i].state)) {
            return true;
        }
    }
    return false;
}

/* On a bar walk a cancel is answered at once: what rests is taken back first, and one fill serves the level. */
static void drive_exit(struct eb_engine *e, struct eb_slot *s)
{
    if (!e->c.bars || !rests(s)) {
        send_exit(e, s);
    }
    for (unsigned i = 0; i < EB_ORDERS_MAX && s->d.open; i++) {
        struct eb_order *o = &s->order[i];
        bool resting = o->type == EB_ORDER_LIMIT_GTC && eb_order_is_open((enum eb_order_state)o->state);
        if (resting && !o->cancel_sent && o->state != EB_OS_UNKNOWN) {
            eb_cancel(e, s, o);
        }
    }
}

/* ---- soft legs: resting reduce-only limits ---- */

static struct eb_leg *leg_of(struct eb_slot *s, uint8_t id)
{
    for (unsigned i = 0; i < s->d.plan.leg_count; i++) {
        if (s->d.plan.leg[i].id == id) {
            return &s->d.plan.leg[i];
        }
    }
    return NULL;
}

/* Price has been at the leg for a while and it still rests: cancel, then market for the unfilled rest; never on an old
 * price. */
static bool falls_back(const struct eb_engine *e, const struct eb_slot *s, const struct eb_leg *leg)
{
    eb_symbol_id id = eb_slot_symbol(e, s);
    bool fresh = eb_fresh(e, id, EB_SRC_BOOK, e->ev->now_ns) || eb_fresh(e, id, EB_SRC_LAST, e->ev->now_ns);
    return !e->c.bars && fresh && s->soft_since_ns != 0 &&
           e->ev->now_ns - s->soft_since_ns >= e->c.soft_fallback_ms * EB_NS_PER_MS &&
           eb_target_crossed(eb_side_of(s), leg->price, eb_executable_price(e, s));
}

static void drive_soft_leg(struct eb_engine *e, struct eb_slot *s, struct eb_leg *leg)
{
    struct eb_order *o = soft_order(s, leg->id);
    if (leg->state == EB_LEG_RESTING && o != NULL) {
        if (falls_back(e, s, leg) && !o->cancel_sent && o->state != EB_OS_UNKNOWN) {
            eb_cancel(e, s, o);
        }
        return;
    }
    if (leg->state != EB_LEG_ARMED || o != NULL) {
        return;
    }
    if (falls_back(e, s, leg)) {
        eb_fire_leg(e, s, leg);
        return;
    }
    eb_qty want = leg_want(e, s, leg, false);
    unsigned kept = e->c.bars ? 2 : EB_ORDERS_FOR_EXITS; /* a bar walk slices no exit: there all legs may rest */
    if (want.e8 <= 0 || free_orders(s) <= kept) {
        return; /* the others rest when a place is free again */
    }
    struct eb_order_request req = request(e, s, EB_PURPOSE_SOFT, EB_EXIT_TARGET, leg->price);
    req.client_id = next_id(s, e, EB_PURPOSE_SOFT, leg->id);
    req.type = EB_ORDER_LIMIT_GTC;
    req.price = leg->price;
    req.qty = want;
    leg->state = EB_LEG_RESTING;
    leg->firing_qty.e8 = leg->filled.e8 + want.e8;
    eb_touch(e);
    if (eb_gateway(e, s, &req) == EB_GATE_BLOCKED) {
        leg->state = EB_LEG_ARMED;
        leg->firing_qty.e8 = 0;
    }
}

/* Resting orders whose leg is gone, moved or resized are cancelled first; the new ones go out once that is known. */
static void drive_soft(struct eb_engine *e, struct eb_slot *s)
{
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        struct eb_order *o = &s->order[i];
        if (o->type != EB_ORDER_LIMIT_GTC || !eb_order_is_open((enum eb_order_state)o->state) || o->cancel_sent ||
            o->state == EB_OS_UNKNOWN) {
            continue;
        }
        const struct eb_leg *leg = leg_of(s, o->leg);
        bool wanted = s->d.open && o->id.episode == s->d.episode && leg != NULL && leg->state == EB_LEG_RESTING &&
                      leg->price.e8 == o->price.e8 && eb_is_owner(e, s) && eb_is_live(e) && !e->paused;
        if (!wanted) {
            eb_cancel(e, s, o);
        }
    }
    if (!eb_targets_may_fire(e, s) || !eb_is_live(e) || s->d.plan.unjudged) {
        return;
    }
    for (unsigned i = 0; i < s->d.plan.leg_count && s->d.open; i++) {
        if (s->d.plan.leg[i].soft) {
            drive_soft_leg(e, s, &s->d.plan.leg[i]);
        }
    }
}

/* ---- partial closes ---- */

static void send_partial(struct eb_engine *e, struct eb_slot *s, eb_qty want, enum eb_exit_reason reason)
{
    struct eb_order_request req = request(e, s, EB_PURPOSE_PARTIAL, reason, (eb_price){0});
    req.client_id = next_id(s, e, EB_PURPOSE_PARTIAL, 0);
    s->fired_ns = e->ev->now_ns;
    eb_touch(e);
    (void)send_slices(e, s, &req, want);
}

static bool is_resting(const struct eb_order *o)
{
    return o->type == EB_ORDER_LIMIT_GTC && eb_order_is_open((enum eb_order_state)o->state);
}

/* What rests can be had for the asking. */
static eb_qty resting_qty(const struct eb_slot *s)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        const struct eb_order *o = &s->order[i];
        if (is_resting(o) && o->id.episode == s->d.episode) {
            sum += o->qty.e8 > o->filled.e8 ? o->qty.e8 - o->filled.e8 : 0;
        }
    }
    return (eb_qty){sum};
}

void eb_fire_partial(struct eb_engine *e, struct eb_slot *s, int64_t fraction_ppm, enum eb_exit_reason reason)
{
    const struct eb_instrument *inst = &eb_symbol_of(e, s)->inst;
    struct eb_leg part;
    memset(&part, 0, sizeof part);
    part.price = e->c.bars ? s->path : eb_judge_price(e, s);
    part.qty = eb_round_qty_down(inst, (eb_qty){(int64_t)((eb_i128)s->d.base.e8 * fraction_ppm / EB_PPM)}, true);
    bool hedge = s->d.position_side != EB_PS_BOTH;
    eb_qty free = free_qty(s);
    eb_qty reach = {free.e8 + resting_qty(s).e8};
    eb_qty want = eb_leg_fire_qty(&part, inst, hedge, reach, (eb_qty){0});
    bool small = hedge && part.price.e8 > 0 && want.e8 < s->d.qty.e8 && !eb_notional_ok(inst, part.price, want);
    if (want.e8 <= 0 || small) { /* the venue would refuse it, and be asked for it again at once */
        eb_alert(e, s, EB_ALERT_ORDER_REFUSED, part.price, 0,
                 "partial close not sent: below the minimum, or nothing of the position is free");
    } else if (want.e8 <= free.e8) {
        send_partial(e, s, want, reason);
    } else { /* resting legs make room first */
        s->d.partial = want;
        s->d.partial_reason = (uint8_t)reason;
        eb_touch(e);
    }
}

/* A partial close that waits for resting legs: the last ones go first, and rest again with what it leaves. True while
 * it waits. */
static bool drive_partial(struct eb_engine *e, struct eb_slot *s)
{
    eb_qty want = s->d.partial;
    if (want.e8 <= 0) {
        return false;
    }
    eb_qty free = free_qty(s);
    bool rests = false;
    int64_t comes = free.e8;
    for (unsigned i = EB_ORDERS_MAX; i > 0 && s->d.open; i--) {
        struct eb_order *o = &s->order[i - 1];
        rests = rests || is_resting(o);
        if (!is_resting(o) || comes >= want.e8) {
            continue;
        }
        comes += o->qty.e8 - o->filled.e8;
        if (!o->cancel_sent && o->state != EB_OS_UNKNOWN) {
            eb_cancel(e, s, o);
        }
    }
    if (free.e8 < want.e8 && rests) {
        return true;
    }
    s->d.partial.e8 = 0;
    eb_touch(e);
    eb_qty part = eb_round_qty_down(&eb_symbol_of(e, s)->inst, free.e8 < want.e8 ? free : want, true);
    if (part.e8 > 0 && eb_targets_may_fire(e, s)) {
        send_partial(e, s, part, (enum eb_exit_reason)s->d.partial_reason);
    }
    return false;
}

void eb_drive(struct eb_engine *e, struct eb_slot *s)
{
    if (eb_gated(e, s)) { /* what stands at the venue is not known yet */
        eb_backstop_watch(e, s);
        return;
    }
    eb_plan_rescue(e, s);
    if (s->d.open && !s->d.shadow_done && s->d.intent.active) {
        s->d.partial.e8 = 0; /* everything goes */
        drive_exit(e, s);
    } else if (!drive_partial(e, s)) {
        drive_soft(e, s);
    }
    eb_backstop_drive(e, s);
}
