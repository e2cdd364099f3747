/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who gets a conditional order when the account has fewer slots than positions: those that would lose most at
 * liquidation (semantics 6).
 *
 *     short of slots -> the holder with least at risk is asked to yield -> its own CLOCK step cancels -> the other one
 *
 * A free slot is for those among whom it would go by that rank: a start, which sees all positions at once, gives each
 * slot away once. Asking only sets a durable flag: no step acts for two symbols. Holders are few (200 slots an
 * account), so they are searched; which of them is found depends on durable state alone, never on the order in which
 * they came.
 */
#include "engine/state.h"

/* qty * |entry - liquidation|, at 1e-16; the whole value where the liquidation price is unknown. */
static eb_i128 at_risk(const struct eb_engine *e, const struct eb_slot *s)
{
    eb_price liquidation = eb_guard_of(e, s).liquidation;
    int64_t distance = s->d.entry.e8 - liquidation.e8;
    return (eb_i128)(distance < 0 ? -distance : distance) * s->d.venue_qty.e8;
}

void eb_slots_claim(struct eb_engine *e, const struct eb_slot *s)
{
    eb_i128 risk = s->d.open && !s->d.released ? at_risk(e, s) / EB_E8 + 1 : 0;
    e->claim[eb_slot_index(e, s)] = risk < INT64_MAX ? (int64_t)risk : INT64_MAX;
}

/* Of two with the same at risk the one whose symbol came first. */
bool eb_slots_entitled(const struct eb_engine *e, const struct eb_slot *s)
{
    uint32_t kept = e->c.slots_reserve + e->foreign_conditional;
    uint32_t slots = e->c.slots_max > kept ? e->c.slots_max - kept : 0;
    uint32_t own = eb_slot_index(e, s);
    uint32_t before = 0;
    if (e->stats.open_positions <= slots) {
        return true;
    }
    for (uint32_t i = 0; i < e->symbol_count * 2 && before < slots; i++) {
        before += e->claim[i] > e->claim[own] || (e->claim[i] == e->claim[own] && i < own) ? 1 : 0;
    }
    return before < slots;
}

static bool holds(const struct eb_slot *s)
{
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        if (s->order[i].type == EB_ORDER_STOP_MARKET && eb_order_is_open((enum eb_order_state)s->order[i].state)) {
            return true;
        }
    }
    return false;
}

void eb_slots_hold(struct eb_engine *e, struct eb_slot *s)
{
    if (!s->is_holder) {
        s->is_holder = true;
        e->holder[e->holder_count++] = eb_slot_index(e, s);
    }
}

bool eb_slots_ask(struct eb_engine *e, const struct eb_slot *s)
{
    struct eb_slot *weakest = NULL;
    eb_i128 least = at_risk(e, s);
    for (uint32_t i = 0; i < e->holder_count;) {
        struct eb_slot *h = eb_slot_at(e, e->holder[i]);
        if (!holds(h)) {
            h->is_holder = false;
            e->holder[i] = e->holder[--e->holder_count];
            continue;
        }
        i++;
        bool rests = h->d.open && h->d.backstop.stage == EB_BS_RESTING && !h->d.backstop.yields;
        eb_i128 risk = rests ? at_risk(e, h) : 0;
        if (rests && (risk < least || (risk == least && weakest != NULL && h < weakest))) {
            weakest = h;
            least = risk;
        }
    }
    if (weakest == NULL) {
        return false;
    }
    weakest->d.backstop.yields = true;
    eb_touch(e);
    eb_deadline_set(e, weakest, e->ev->now_ns); /* its own step acts on it */
    return true;
}
