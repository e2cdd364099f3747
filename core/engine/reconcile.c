/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The venue's complete picture against ours: BEGIN, POSITION..., OPEN_ORDER..., END.
 *
 * Only a complete picture may conclude from absence, and it does so a few slots a step. An error is never an empty
 * answer: SNAPSHOT_FAILED concludes nothing (defect B13, incident 17).
 */
#include "engine/state.h"

#include <string.h>

#define EB_SWEEP_ACTIONS 16 /* slots acted upon in one step */
#define EB_SWEEP_LOOKS 256  /* slots looked at in one step */

/* A stop that somebody else placed counts as protection when it would close the whole position. */
static void foreign_stop(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_open_order *o)
{
    enum eb_order_side closing = eb_side_of(s) == EB_LONG ? EB_SELL : EB_BUY;
    if (!s->d.open || o->order_side != closing || o->position_side != s->d.position_side) {
        return;
    }
    if (o->close_position || o->qty.e8 >= s->d.venue_qty.e8) {
        if (s->d.backstop.foreign.e8 != o->trigger.e8) {
            s->d.backstop.foreign = o->trigger;
            eb_touch(e);
        }
    }
}

/* One of ours that the table does not hold: it comes back under its id (a restart, or a late arrival). */
static void take_back(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_open_order *t)
{
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        struct eb_order *o = &s->order[i];
        if (o->state == EB_OS_NONE) {
            memset(o, 0, sizeof *o);
            o->id = t->client_id;
            o->venue_id = t->venue_order_id;
            o->qty = t->qty;
            o->filled = t->filled;
            o->told = t->filled;
            o->price = t->price;
            o->trigger = t->trigger;
            o->level = t->trigger.e8 > 0 ? t->trigger : t->price;
            o->sent_ms = e->ev->now_ms;
            o->changed_ms = e->ev->now_ms;
            o->state = t->state;
            o->type = t->type;
            o->purpose = t->client_id.purpose;
            o->leg = t->client_id.leg;
            o->reason = o->purpose <= EB_PURPOSE_BRIDGE ? EB_EXIT_STOP : EB_EXIT_TARGET;
            o->close_position = t->close_position;
            o->snapshot_gen = e->snapshot_gen;
            if (t->type == EB_ORDER_STOP_MARKET) {
                e->stats.conditional_orders++;
            }
            eb_touch(e);
            return;
        }
    }
}

static void open_order(struct eb_engine *e, const struct eb_event *ev)
{
    const struct eb_ev_open_order *t = &ev->u.open_order;
    struct eb_slot *s = eb_slot_at(e, ev->symbol * 2 + (t->position_side == EB_PS_SHORT ? 1 : 0));
    if (!eb_client_id_is_ours(t->client_id, e->c.instance)) {
        if (t->type == EB_ORDER_STOP_MARKET) {
            e->foreign_counting++;
            foreign_stop(e, s, t);
        }
        return;
    }
    struct eb_order *o = eb_order_find(s, t->client_id);
    if (o == NULL) {
        if (t->state == EB_OS_NEW || t->state == EB_OS_PARTIAL) {
            take_back(e, s, t);
        }
        return;
    }
    o->snapshot_gen = e->snapshot_gen;
    if (o->state == EB_OS_NEW && o->type == EB_ORDER_STOP_MARKET && s->d.open && o->id.episode == s->d.episode) {
        s->d.backstop.confirmed_ms = ev->now_ms;
        eb_touch(e);
    } else if ((o->state == EB_OS_PENDING || o->state == EB_OS_UNKNOWN) &&
               (t->state == EB_OS_NEW || t->state == EB_OS_PARTIAL)) {
        o->state = t->state;
        o->venue_id = t->venue_order_id;
        o->timer_ms = 0;
        if (o->purpose == EB_PURPOSE_BACKSTOP && s->d.open) {
            s->d.backstop.trigger = o->trigger;
            s->d.backstop.confirmed_ms = ev->now_ms;
            s->d.backstop.stage = s->d.backstop.stage == EB_BS_PLACING ? EB_BS_RESTING : s->d.backstop.stage;
        }
        eb_touch(e);
    }
}

void eb_step_snapshot(struct eb_engine *e, const struct eb_event *ev)
{
    if (ev->kind == EB_EV_SNAPSHOT_BEGIN) {
        e->in_snapshot = true;
        e->snapshot_gen++;
        e->snapshot_began_ms = ev->now_ms;
        e->foreign_counting = 0;
    } else if (ev->kind == EB_EV_OPEN_ORDER) {
        if (e->in_snapshot) {
            open_order(e, ev);
        }
    } else if (ev->kind == EB_EV_SNAPSHOT_END) {
        if (e->in_snapshot) {
            e->in_snapshot = false;
            e->foreign_conditional = e->foreign_counting;
            e->sweep_kind = EB_SWEEP_ABSENT;
            e->sweep_at = 0;
        }
    } else {
        e->in_snapshot = false; /* failed: nothing is concluded */
    }
}

/* A position that a complete picture does not name is flat; an order that it does not list is asked about. */
static bool conclude_absence(struct eb_engine *e, struct eb_slot *s)
{
    bool acted = false;
    if (s->d.open && s->snapshot_gen != e->snapshot_gen && s->d.opened_ms <= e->snapshot_began_ms) {
        struct eb_ev_position flat;
        memset(&flat, 0, sizeof flat);
        flat.position_side = s->d.position_side;
        struct eb_event ev = *e->ev;
        ev.symbol = eb_slot_symbol(e, s);
        ev.u.venue_position = &flat;
        eb_step_position(e, &ev);
        acted = true;
    }
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        struct eb_order *o = &s->order[i];
        bool rests = o->state == EB_OS_NEW && (o->type == EB_ORDER_STOP_MARKET || o->type == EB_ORDER_LIMIT_GTC);
        if (rests && o->snapshot_gen != e->snapshot_gen && o->changed_ms < e->snapshot_began_ms && o->timer_ms == 0) {
            o->timer_ms = e->ev->now_ms; /* its timer asks the venue */
            eb_touch(e);
            acted = true;
        }
    }
    return acted;
}

static bool sweep_one(struct eb_engine *e, struct eb_slot *s)
{
    switch ((enum eb_sweep)e->sweep_kind) {
    case EB_SWEEP_ABSENT:
        return conclude_absence(e, s);
    case EB_SWEEP_FLATTEN:
        if (s->d.open) {
            eb_exit_all(e, s, EB_PURPOSE_FLATTEN, EB_EXIT_FLATTEN, eb_judge_price(e, s));
            return true;
        }
        return false;
    case EB_SWEEP_RELOAD:
    case EB_SWEEP_MODE:
        if (s->d.open) {
            eb_consult_now(e, s, e->sweep_kind == EB_SWEEP_MODE ? EB_CONSULT_MODE : EB_CONSULT_RELOAD);
            return true;
        }
        return false;
    case EB_SWEEP_NONE:
        break;
    }
    return false;
}

/* A few slots of a sweep over all: bounded, one durable symbol a step. */
void eb_sweep(struct eb_engine *e)
{
    uint32_t end = e->symbol_count * 2;
    unsigned acted = 0;
    for (unsigned looks = 0; looks < EB_SWEEP_LOOKS && e->sweep_at < end; looks++) {
        uint32_t at = e->sweep_at++;
        struct eb_slot *s = eb_slot_at(e, at);
        if (s->d.episode == 0) {
            continue;
        }
        if (sweep_one(e, s)) {
            acted++;
            eb_drive(e, s);
            eb_bands_rebuild(e, at / 2);
            s->wants_consult = false;
            eb_schedule(e, s);
            eb_check_slot(e, s);
        }
        if (e->dirty || acted >= EB_SWEEP_ACTIONS || e->out->count > EB_ACTIONS_MAX / 2) {
            break;
        }
    }
    if (e->sweep_at >= end) {
        e->sweep_at = UINT32_MAX;
        e->sweep_kind = EB_SWEEP_NONE;
    }
}
