/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The venue's complete picture against ours: BEGIN, POSITION..., OPEN_ORDER..., END.
 *
 * Only a complete picture may conclude from absence, and it does so a few slots a step. An error is never an empty
 * answer: SNAPSHOT_FAILED concludes nothing (defect B13, incident 17).
 */
#include "engine/state.h"

#include <string.h>

#define EB_SWEEP_ACTIONS 16       /* slots acted upon in one step */
#define EB_SNAPSHOT_RETRY_MS 2000 /* after one that failed */
#define EB_SWEEP_LOOKS 256        /* slots looked at in one step */

/* A stop that somebody else placed counts as protection when it would close the whole position. */
static void foreign_stop(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_open_order *o)
{
    enum eb_order_side closing = eb_side_of(s) == EB_LONG ? EB_SELL : EB_BUY;
    if (!s->d.open || o->order_side != closing || o->position_side != s->d.position_side) {
        return;
    }
    if (o->close_position || o->qty.e8 >= s->d.venue_qty.e8) {
        s->foreign_gen = e->snapshot_gen;
        s->foreign_ms = e->ev->now_ms;
        if (s->d.backstop.foreign.e8 != o->trigger.e8) {
            s->d.backstop.foreign = o->trigger;
            eb_touch(e);
        }
    }
}

static void open_order(struct eb_engine *e, const struct eb_event *ev)
{
    const struct eb_ev_open_order *t = &ev->u.open_order;
    struct eb_slot *s = eb_slot_at(e, ev->symbol * 2 + (t->position_side == EB_PS_SHORT ? 1 : 0));
    struct eb_order *o = eb_order_find(s, t->client_id);
    if (o == NULL && !eb_client_id_is_ours(t->client_id, e->c.instance)) {
        if (t->type == EB_ORDER_STOP_MARKET) {
            e->foreign_counting++;
            foreign_stop(e, s, t);
        }
        return;
    }
    if (o == NULL && eb_lost_listed(e, s, t)) { /* else the picture is older than its end */
        o = eb_lost_by_listing(e, s, t);
        if (o != NULL) {
            o->snapshot_gen = e->snapshot_gen;
        }
        return;
    }
    if (o == NULL) {
        return;
    }
    o->snapshot_gen = e->snapshot_gen;
    if (o->guessed && t->qty.e8 >= o->filled.e8 && t->qty.e8 < INT64_MAX / 64) {
        o->guessed = false;
        o->qty = t->qty;
        o->price = t->price;
        o->trigger = t->trigger;
        o->close_position = t->close_position;
        eb_touch(e);
    }
    if (o->state == EB_OS_NEW && o->type == EB_ORDER_STOP_MARKET && s->d.open && o->id.episode == s->d.episode) {
        s->d.backstop.confirmed_ms = ev->now_ms; /* observed: not worth a record */
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

/* What a picture shows may be as old as the question: only what was known before that can be missing in it. */
static int64_t asked_when(struct eb_engine *e)
{
    if (e->asked_count == 0) {
        return e->ev->now_ms; /* the host's own, which asks before anything else */
    }
    int64_t at_ms = e->asked_ms[0];
    memmove(&e->asked_ms[0], &e->asked_ms[1], sizeof e->asked_ms[0] * --e->asked_count);
    return at_ms;
}

void eb_step_snapshot(struct eb_engine *e, const struct eb_event *ev)
{
    if (ev->kind == EB_EV_SNAPSHOT_BEGIN) {
        e->snapshot_broken = e->in_snapshot; /* two at once: neither is known to be complete */
        e->in_snapshot = true;
        e->snapshot_gen++;
        e->snapshot_began_ms = asked_when(e);
        e->foreign_counting = 0;
    } else if (ev->kind == EB_EV_OPEN_ORDER) {
        if (e->in_snapshot || ev->witness != NULL) { /* a fold has no BEGIN: it is quiet */
            open_order(e, ev);
        }
    } else if (ev->kind == EB_EV_SNAPSHOT_END) {
        if (e->in_snapshot && !e->snapshot_broken) {
            e->wants_picture = false;
            e->foreign_conditional = e->foreign_counting;
            e->sweep_gen = e->snapshot_gen;
            e->sweep_began_ms = e->snapshot_began_ms;
            eb_sweep_start(e, EB_SWEEP_ABSENT);
        }
        e->in_snapshot = false;
    } else { /* failed: nothing is concluded */
        if (!e->in_snapshot) {
            (void)asked_when(e);
        }
        e->in_snapshot = false;
        int64_t again_ns = ev->now_ns + EB_SNAPSHOT_RETRY_MS * EB_NS_PER_MS;
        bool asks = e->c.snapshot_ms > 0 || e->wants_picture;
        e->snapshot_due_ns = asks && again_ns < e->snapshot_due_ns ? again_ns : e->snapshot_due_ns;
    }
}

/* ---- absence: what a complete picture did not name, as bits of one leg ---- */

#define ABSENT_POSITION (UINT32_C(1) << 31)
#define ABSENT_FOREIGN (UINT32_C(1) << 30) /* the foreign stop; bits 0..15: working orders */

static bool unseen(const struct eb_engine *e, uint32_t gen)
{
    return (int32_t)(gen - e->sweep_gen) < 0;
}

static uint32_t absent_of(const struct eb_engine *e, const struct eb_slot *s)
{
    uint32_t bits = 0;
    if (s->d.open && s->d.venue_qty.e8 > 0 && unseen(e, s->snapshot_gen) && s->d.opened_ms < e->sweep_began_ms) {
        bits |= ABSENT_POSITION;
    }
    if (s->d.backstop.foreign.e8 != 0 && unseen(e, s->foreign_gen)) {
        bits |= ABSENT_FOREIGN;
    }
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        const struct eb_order *o = &s->order[i];
        bool rests = (o->state == EB_OS_NEW || o->state == EB_OS_PARTIAL || o->state == EB_OS_TRIGGERING) &&
                     (o->type == EB_ORDER_STOP_MARKET || o->type == EB_ORDER_LIMIT_GTC);
        if (rests && unseen(e, o->snapshot_gen) && o->changed_ms < e->sweep_began_ms && o->timer_ms == 0) {
            bits |= UINT32_C(1) << i;
        }
    }
    return bits;
}

/* A position that a complete picture does not name is flat; an order that it does not list is asked about. */
static void conclude_absence(struct eb_engine *e, struct eb_slot *s, uint32_t bits)
{
    if ((bits & ABSENT_POSITION) != 0) {
        struct eb_ev_position flat;
        memset(&flat, 0, sizeof flat);
        flat.position_side = s->d.position_side;
        struct eb_event ev = *e->ev;
        ev.symbol = eb_slot_symbol(e, s);
        ev.u.venue_position = &flat;
        eb_step_position(e, &ev);
    }
    if ((bits & ABSENT_FOREIGN) != 0) {
        s->d.backstop.foreign.e8 = 0;
        eb_touch(e);
    }
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        if ((bits >> i & 1) != 0 && s->order[i].state != EB_OS_NONE) {
            s->order[i].timer_ms = e->ev->now_ms; /* its timer asks the venue */
            eb_touch(e);
        }
    }
}

/* ---- sweeps ---- */

void eb_sweep_start(struct eb_engine *e, enum eb_sweep kind)
{
    e->sweep_at[kind] = 0;
}

static enum eb_sweep pending(const struct eb_engine *e)
{
    for (unsigned k = 1; k < EB_SWEEP_COUNT; k++) {
        if (e->sweep_at[k] != UINT32_MAX) {
            return (enum eb_sweep)k;
        }
    }
    return EB_SWEEP_NONE;
}

bool eb_sweep_pending(const struct eb_engine *e)
{
    return pending(e) != EB_SWEEP_NONE;
}

static bool ask(struct eb_engine *e, struct eb_slot *s, enum eb_consult_reason why)
{
    if (s->d.open) {
        eb_want_consult(e, s, why);
    }
    return s->d.open;
}

/* Whether the slot had anything to do. */
static bool sweep_slot(struct eb_engine *e, struct eb_slot *s, enum eb_sweep kind, uint32_t absent)
{
    switch (kind) {
    case EB_SWEEP_ABSENT:
        conclude_absence(e, s, absent);
        return absent != 0;
    case EB_SWEEP_FLATTEN:
        if (!e->flattening || s->d.episode > e->flatten_upto) {
            return false; /* resumed since, or opened since */
        }
        eb_exit_all(e, s, EB_PURPOSE_FLATTEN, EB_EXIT_FLATTEN, eb_judge_price(e, s));
        return s->d.open;
    case EB_SWEEP_MODE:
        return ask(e, s, EB_CONSULT_MODE);
    case EB_SWEEP_RELOAD:
        return ask(e, s, EB_CONSULT_RELOAD);
    case EB_SWEEP_SIGNAL:
        return ask(e, s, EB_CONSULT_SIGNAL);
    case EB_SWEEP_NONE:
    case EB_SWEEP_COUNT:
        break;
    }
    return false;
}

static unsigned sweep_symbol(struct eb_engine *e, eb_symbol_id id, enum eb_sweep kind, uint64_t absent)
{
    unsigned acted = 0;
    eb_fold_extremes(e, id);
    for (unsigned leg = 0; leg < 2; leg++) {
        struct eb_slot *s = eb_slot_at(e, id * 2 + leg);
        eb_episode_mode(e, s);
        if (s->d.episode != 0) {
            acted += sweep_slot(e, s, kind, (uint32_t)(absent >> (32 * leg)));
        }
    }
    if (kind == EB_SWEEP_ABSENT && e->symbol[id].gated) {
        eb_gate_open(e, id);
        acted++;
    }
    if (acted > 0 || e->dirty) { /* a mode that ended an episode is work as well */
        eb_finish_symbol(e, id);
    }
    return acted;
}

/* A few symbols of a sweep over all: bounded, one durable symbol a step. */
void eb_sweep(struct eb_engine *e)
{
    enum eb_sweep kind = pending(e);
    uint32_t *at = &e->sweep_at[kind];
    unsigned acted = 0;
    for (unsigned looks = 0; looks < EB_SWEEP_LOOKS && *at < e->symbol_count; looks++) {
        uint32_t id = (*at)++;
        const struct eb_slot *a = eb_slot_at(e, id * 2);
        const struct eb_slot *b = eb_slot_at(e, id * 2 + 1);
        bool opens = kind == EB_SWEEP_ABSENT && e->symbol[id].gated;
        if (a->d.episode == 0 && b->d.episode == 0 && !opens) {
            continue;
        }
        eb_witness_take(e, id);
        e->witness.sweep = (uint8_t)kind;
        if (kind == EB_SWEEP_ABSENT) {
            e->witness.absent = (uint64_t)absent_of(e, b) << 32 | absent_of(e, a);
        }
        acted += sweep_symbol(e, id, kind, e->witness.absent);
        if (e->dirty || acted + 2 > EB_SWEEP_ACTIONS || e->out->count > EB_ACTIONS_MAX / 2) {
            break;
        }
    }
    if (*at >= e->symbol_count) {
        *at = UINT32_MAX;
    }
}

void eb_sweep_again(struct eb_engine *e, const struct eb_witness *w)
{
    if (w->sweep < EB_SWEEP_COUNT) {
        (void)sweep_symbol(e, w->symbol, (enum eb_sweep)w->sweep, w->absent);
    }
}
