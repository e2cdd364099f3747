/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process sent that did not live to record it. Orders leave by a permit that is durable in advance, so that
 * their own record may be lost with the end of the journal. They are found again
 *
 *     by a fill with a number that was never given      by the picture of open orders      by a word of the stream
 *
 * and taken into the table as what they were: then a leg is not fired twice, a close goes on until flat, a backstop is
 * not placed beside itself. What is known of one by its fills alone is asked about.
 */
#include "engine/state.h"

#include <string.h>

bool eb_id_is_lost(const struct eb_engine *e, const struct eb_slot *s, eb_client_id id)
{
    const struct eb_durable *d = &s->d;
    if (!eb_client_id_is_ours(id, e->c.instance) || id.episode != d->episode) {
        return false;
    }
    return id.attempt > d->attempts || (id.attempt > d->sent_before && id.attempt <= d->life_from);
}

void eb_lost_episode(struct eb_engine *e, struct eb_slot *s, eb_client_id id)
{
    if (!eb_client_id_is_ours(id, e->c.instance)) {
        return;
    }
    if (id.episode > e->episode_serial) {
        e->episode_serial = id.episode;
        eb_touch(e);
    }
    bool earlier_process = eb_gated(e, s) || id.episode <= e->life_serial;
    if (s->d.open && id.episode > s->d.episode && earlier_process) {
        eb_episode_gone(e, s);
    }
}

static enum eb_exit_reason reason_of(const struct eb_engine *e, const struct eb_slot *s, enum eb_purpose purpose)
{
    enum eb_stop_kind kind;
    switch (purpose) {
    case EB_PURPOSE_TARGET:
    case EB_PURPOSE_SOFT:
        return EB_EXIT_TARGET;
    case EB_PURPOSE_STOP:
        (void)eb_stop_in_force(e, s, &kind);
        return kind == EB_STOP_TRAIL ? EB_EXIT_TRAILING : EB_EXIT_STOP;
    case EB_PURPOSE_BACKSTOP:
    case EB_PURPOSE_BRIDGE:
        return EB_EXIT_STOP;
    case EB_PURPOSE_FLATTEN:
        return EB_EXIT_FLATTEN;
    case EB_PURPOSE_FULL_EXIT:
    case EB_PURPOSE_PARTIAL:
    case EB_PURPOSE_COUNT:
        break;
    }
    return EB_EXIT_POLICY;
}

/* ---- into the table ---------------------------------------------------------------------------------------------- */

static struct eb_order *place(struct eb_slot *s)
{
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        if (s->order[i].state == EB_OS_NONE) {
            memset(&s->order[i], 0, sizeof s->order[i]);
            return &s->order[i];
        }
    }
    return NULL;
}

static struct eb_leg *leg_of(struct eb_slot *s, uint8_t id)
{
    for (unsigned i = 0; i < s->d.plan.leg_count; i++) {
        if (s->d.plan.leg[i].id == id) {
            return &s->d.plan.leg[i];
        }
    }
    return NULL;
}

/* Its leg is at work; a close of everything is the intent that it was. */
static void set_to_work(struct eb_engine *e, struct eb_slot *s, const struct eb_order *o)
{
    bool of_leg = o->purpose == EB_PURPOSE_TARGET || o->purpose == EB_PURPOSE_SOFT;
    struct eb_leg *leg = of_leg ? leg_of(s, o->leg) : NULL;
    if (!s->d.open || o->id.episode != s->d.episode) {
        return;
    }
    if (leg != NULL && (leg->state == EB_LEG_ARMED || leg->state == EB_LEG_PARKED)) {
        leg->state = o->purpose == EB_PURPOSE_SOFT ? EB_LEG_RESTING : EB_LEG_FIRING;
        leg->firing_qty.e8 = leg->filled.e8 + o->qty.e8 - o->filled.e8;
    }
    if (o->purpose <= EB_PURPOSE_FLATTEN && !s->d.intent.active) {
        enum eb_stop_kind kind;
        eb_exit_all(e, s, (enum eb_purpose)o->purpose, (enum eb_exit_reason)o->reason, eb_stop_in_force(e, s, &kind));
    }
}

static struct eb_order *take_in(struct eb_engine *e, struct eb_slot *s, eb_client_id id)
{
    struct eb_order *o = place(s);
    if (o == NULL) {
        return NULL;
    }
    o->id = id;
    o->purpose = id.purpose;
    o->leg = id.leg;
    o->reason = (uint8_t)reason_of(e, s, (enum eb_purpose)id.purpose);
    o->sent_ms = e->ev->now_ms;
    o->changed_ms = e->ev->now_ms;
    eb_touch(e);
    return o;
}

static void count_conditional(struct eb_engine *e, struct eb_slot *s, const struct eb_order *o)
{
    if (o->type == EB_ORDER_STOP_MARKET) {
        e->stats.conditional_orders++;
        eb_slots_hold(e, s);
    }
}

/* ---- how much of one has been counted ---------------------------------------------------------------------------- */

static const struct eb_lost *found(const struct eb_slot *s, eb_client_id id)
{
    for (unsigned i = 0; i < EB_LOST_MAX; i++) {
        if (s->lost[i].id.instance != 0 && eb_client_id_equal(s->lost[i].id, id)) {
            return &s->lost[i];
        }
    }
    return NULL;
}

static struct eb_lost *find(struct eb_slot *s, eb_client_id id)
{
    struct eb_lost *l = (struct eb_lost *)found(s, id);
    if (l == NULL) { /* in place of the oldest */
        l = &s->lost[s->lost_next];
        *l = (struct eb_lost){.id = id};
        s->lost_next = (uint8_t)((s->lost_next + 1) % EB_LOST_MAX);
    }
    return l;
}

void eb_lost_counted(struct eb_slot *s, eb_client_id id, eb_qty qty)
{
    find(s, id)->counted.e8 += qty.e8;
}

/* A picture that is older than its end does not bring it back. */
void eb_lost_ended(const struct eb_engine *e, struct eb_slot *s, eb_client_id id)
{
    if (eb_id_is_lost(e, s, id)) {
        find(s, id)->ended = true;
    }
}

static eb_qty counted(const struct eb_slot *s, eb_client_id id)
{
    const struct eb_lost *l = found(s, id);
    return l != NULL ? l->counted : (eb_qty){0};
}

/* ---- by a fill --------------------------------------------------------------------------------------------------- */

/* As much as the order may have been for, this fill included. */
static eb_qty guess(struct eb_slot *s, const struct eb_ev_fill *f)
{
    int64_t most = f->qty.e8;
    const struct eb_leg *leg = leg_of(s, f->client_id.leg);
    switch ((enum eb_purpose)f->client_id.purpose) {
    case EB_PURPOSE_TARGET:
    case EB_PURPOSE_SOFT:
        most = leg != NULL ? leg->qty.e8 - leg->filled.e8 : most;
        break;
    case EB_PURPOSE_STOP:
    case EB_PURPOSE_FULL_EXIT:
    case EB_PURPOSE_FLATTEN:
    case EB_PURPOSE_BACKSTOP:
    case EB_PURPOSE_BRIDGE:
        most = s->d.qty.e8;
        break;
    case EB_PURPOSE_PARTIAL:
    case EB_PURPOSE_COUNT:
        break;
    }
    return (eb_qty){most > f->qty.e8 ? most : f->qty.e8};
}

struct eb_order *eb_lost_by_fill(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_fill *f)
{
    struct eb_order *o = f->client_id.purpose < EB_PURPOSE_COUNT ? take_in(e, s, f->client_id) : NULL;
    if (o == NULL) {
        return NULL;
    }
    bool protects = o->purpose == EB_PURPOSE_BACKSTOP || o->purpose == EB_PURPOSE_BRIDGE;
    o->state = EB_OS_UNKNOWN;
    o->type = protects ? EB_ORDER_STOP_MARKET : o->purpose == EB_PURPOSE_SOFT ? EB_ORDER_LIMIT_GTC : EB_ORDER_MARKET;
    o->guessed = true;
    o->filled = counted(s, f->client_id);
    o->qty.e8 = o->filled.e8 + guess(s, f).e8;
    o->level = f->price;
    o->timer_ms = e->ev->now_ms; /* asked about at once */
    count_conditional(e, s, o);
    set_to_work(e, s, o);
    return o;
}

/* ---- by the picture ---------------------------------------------------------------------------------------------- */

/* Ours, working, and unknown here: either it was lost, or the picture is older than its end. The first picture after a
 * start is not; later ones are believed where the number or the episode is another process's. */
static bool sane(const struct eb_ev_open_order *t)
{
    const int64_t most = INT64_MAX / 64; /* beyond it sums could leave the range */
    return t->qty.e8 >= 0 && t->qty.e8 < most && t->filled.e8 >= 0 && t->filled.e8 < most && t->price.e8 >= 0 &&
           t->price.e8 < most && t->trigger.e8 >= 0 && t->trigger.e8 < most &&
           (t->close_position || t->filled.e8 <= t->qty.e8);
}

bool eb_lost_listed(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_open_order *t)
{
    eb_client_id id = t->client_id;
    if (!eb_order_is_open((enum eb_order_state)t->state) || id.purpose >= EB_PURPOSE_COUNT || !sane(t)) {
        return false;
    }
    if (id.episode == s->d.episode) {
        const struct eb_lost *l = found(s, id);
        return eb_id_is_lost(e, s, id) && (l == NULL || !l->ended);
    }
    return id.episode > s->d.episode || id.episode <= e->life_serial || eb_gated(e, s);
}

struct eb_order *eb_lost_by_listing(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_open_order *t)
{
    eb_lost_episode(e, s, t->client_id);
    struct eb_order *o = take_in(e, s, t->client_id);
    if (o == NULL) {
        return NULL;
    }
    bool certain = eb_gated(e, s);
    if (o->id.episode == s->d.episode && o->id.attempt > s->d.attempts) {
        s->d.attempts = o->id.attempt; /* no number is given twice */
        certain = true;
    }
    o->venue_id = t->venue_order_id;
    o->qty = t->qty;
    o->filled = counted(s, t->client_id); /* what more of it has filled comes by the answer */
    o->told = t->filled;
    o->price = t->price;
    o->trigger = t->trigger;
    o->level = t->trigger.e8 > 0 ? t->trigger : t->price;
    o->state = certain ? t->state : (uint8_t)EB_OS_UNKNOWN; /* a later picture may be older than its end */
    o->type = t->type;
    o->close_position = t->close_position;
    if (o->state != EB_OS_NEW && o->type == EB_ORDER_STOP_MARKET) { /* for how long nobody knows: it protects nothing */
        o->changed_ms -= e->c.triggering_ms + 1;
    }
    count_conditional(e, s, o);
    if (o->type == EB_ORDER_STOP_MARKET && o->id.episode == s->d.episode) {
        s->d.backstop.confirmed_ms = e->ev->now_ms;
        s->d.backstop.trigger = o->purpose == EB_PURPOSE_BACKSTOP ? o->trigger : s->d.backstop.trigger;
    }
    set_to_work(e, s, o);
    eb_order_query(e, s, o);
    return o;
}

/* ---- by a word --------------------------------------------------------------------------------------------------- */

/* The stream speaks of one that works: the picture says what it is. */
void eb_lost_told(struct eb_engine *e, eb_symbol_id symbol, const struct eb_ev_order *t)
{
    bool works = t->state == EB_OS_NEW || t->state == EB_OS_PARTIAL || t->state == EB_OS_TRIGGERING;
    for (unsigned leg = 0; leg < 2 && works && !t->cancel_failed; leg++) {
        struct eb_slot *s = eb_slot_at(e, symbol * 2 + leg);
        if (s->d.open && !eb_gated(e, s) && eb_id_is_lost(e, s, t->client_id)) {
            eb_emit(e, EB_ACT_SNAPSHOT);
            return;
        }
    }
}
