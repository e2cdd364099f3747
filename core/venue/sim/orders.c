/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The orders that the exchange holds: a pool of slots, each in exactly one list.
 *
 *     free -> open (per symbol, in order of arrival) -> closed (oldest first, remembered for queries) -> reused
 */
#include "venue/sim/internal.h"

#include <stdlib.h>
#include <string.h>

int eb_sim_orders_create(struct eb_sim *sim)
{
    uint32_t count = sim->config.orders_max;
    sim->order = calloc(count, sizeof(*sim->order));
    if (sim->order == NULL) {
        return EB_E_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++) {
        sim->order[i].next = i + 1 < count ? i + 1 : SIM_NONE;
    }
    sim->order_free = 0;
    sim->closed_first = sim->closed_last = SIM_NONE;
    return EB_OK;
}

static uint32_t take_slot(struct eb_sim *sim)
{
    uint32_t index = sim->order_free;
    if (index != SIM_NONE) {
        sim->order_free = sim->order[index].next;
        return index;
    }
    index = sim->closed_first;
    if (index != SIM_NONE) {
        sim->closed_first = sim->order[index].next;
        if (sim->closed_first == SIM_NONE) {
            sim->closed_last = SIM_NONE;
        }
    }
    return index;
}

uint32_t eb_sim_order_add(struct eb_sim *sim, const struct eb_order_request *req, bool ours)
{
    uint32_t index = take_slot(sim);
    if (index == SIM_NONE) {
        return SIM_NONE;
    }
    struct sim_symbol *s = &sim->symbol[req->symbol];
    struct sim_order *o = &sim->order[index];
    *o = (struct sim_order){
        .req = *req,
        .seq = ++sim->order_seq,
        .changed_ms = sim->now_ms,
        .prev = s->last,
        .next = SIM_NONE,
        .state = EB_OS_NEW,
        .open = true,
        .ours = ours,
        .conditional = req->type == EB_ORDER_STOP_MARKET,
    };
    o->id = o->conditional ? ++sim->algo_id : ++sim->venue_id;
    if (!ours) {
        o->req.client_id = (eb_client_id){0};
    }
    if (s->last != SIM_NONE) {
        sim->order[s->last].next = index;
    } else {
        s->first = index;
    }
    s->last = index;
    sim->orders_open++;
    *(o->conditional ? &sim->conditional_open : &s->regular_open) += 1;
    return index;
}

static void unlink_open(struct eb_sim *sim, const struct sim_order *o)
{
    struct sim_symbol *s = &sim->symbol[o->req.symbol];
    *(o->prev != SIM_NONE ? &sim->order[o->prev].next : &s->first) = o->next;
    *(o->next != SIM_NONE ? &sim->order[o->next].prev : &s->last) = o->prev;
}

void eb_sim_order_requeue(struct eb_sim *sim, uint32_t index)
{
    struct sim_order *o = &sim->order[index];
    struct sim_symbol *s = &sim->symbol[o->req.symbol];
    EB_ASSERT(o->open);
    unlink_open(sim, o);
    o->prev = s->last;
    o->next = SIM_NONE;
    o->seq = ++sim->order_seq;
    *(s->last != SIM_NONE ? &sim->order[s->last].next : &s->first) = index;
    s->last = index;
}

void eb_sim_order_close(struct eb_sim *sim, uint32_t index, enum eb_order_state state, int32_t code)
{
    struct sim_order *o = &sim->order[index];
    struct sim_symbol *s = &sim->symbol[o->req.symbol];
    EB_ASSERT(o->open);
    unlink_open(sim, o);
    sim->orders_open--;
    *(o->conditional ? &sim->conditional_open : &s->regular_open) -= 1;
    o->open = false;
    o->state = (uint8_t)state;
    o->code = code;
    o->changed_ms = sim->now_ms;
    o->prev = o->next = SIM_NONE;
    *(sim->closed_last != SIM_NONE ? &sim->order[sim->closed_last].next : &sim->closed_first) = index;
    sim->closed_last = index;
}

/* ---- looking up -------------------------------------------------------------------------------------------------- */

static bool ids_equal(const eb_client_id *a, const eb_client_id *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static bool matches(const struct sim_order *o, const struct sim_target *t)
{
    bool conditional = t->type == EB_ORDER_STOP_MARKET;
    if (o->req.symbol != t->symbol) {
        return false;
    }
    /* The child of a conditional order is a regular order: it has an id of its own and its parent's client id. */
    if (o->conditional != conditional && (conditional || o->child_id == 0)) {
        return false;
    }
    if (sim_id_is_ours(&t->id)) {
        return ids_equal(&o->req.client_id, &t->id);
    }
    uint64_t id = o->conditional && !conditional ? o->child_id : o->id;
    return t->venue_order_id != 0 && id == t->venue_order_id;
}

uint32_t eb_sim_order_find_open(const struct eb_sim *sim, const struct sim_target *target)
{
    const struct sim_symbol *s = sim_symbol_of(sim, target->symbol);
    for (uint32_t i = s != NULL ? s->first : SIM_NONE; i != SIM_NONE; i = sim->order[i].next) {
        if (matches(&sim->order[i], target)) {
            return i;
        }
    }
    return SIM_NONE;
}

uint32_t eb_sim_order_find(const struct eb_sim *sim, const struct sim_target *target)
{
    uint32_t found = eb_sim_order_find_open(sim, target);
    if (found != SIM_NONE) {
        return found;
    }
    for (uint32_t i = sim->closed_first; i != SIM_NONE; i = sim->order[i].next) {
        if (matches(&sim->order[i], target)) {
            found = i; /* ids come back after an order has closed: the last one is meant */
        }
    }
    return found;
}

/* ---- reductions -------------------------------------------------------------------------------------------------- */

bool eb_sim_order_reduces(const struct eb_sim *sim, const struct sim_order *o, unsigned leg)
{
    if (!sim->account.hedge) {
        return o->req.reduce_only || o->req.close_position;
    }
    return sim_leg(o->req.position_side) == leg && o->req.order_side == sim_closing(leg == 0 ? EB_LONG : EB_SHORT);
}

eb_qty eb_sim_free_to_close(const struct eb_sim *sim, const struct sim_symbol *s, unsigned leg)
{
    int64_t left = s->position[leg].qty.e8;
    for (uint32_t i = s->first; i != SIM_NONE; i = sim->order[i].next) {
        const struct sim_order *o = &sim->order[i];
        if (!o->conditional && eb_sim_order_reduces(sim, o, leg)) {
            left -= sim_order_rest(o).e8;
        }
    }
    return (eb_qty){left > 0 ? left : 0};
}

/* Newest resting reduction of a leg that must go: one of the wrong direction, or any while they exceed the position. */
static uint32_t one_too_many(const struct eb_sim *sim, const struct sim_symbol *s, unsigned leg)
{
    const struct sim_position *p = &s->position[leg];
    int64_t claimed = 0;
    for (uint32_t i = s->first; i != SIM_NONE; i = sim->order[i].next) {
        const struct sim_order *o = &sim->order[i];
        if (!o->conditional && eb_sim_order_reduces(sim, o, leg)) {
            claimed += sim_order_rest(o).e8;
        }
    }
    for (uint32_t i = s->last; i != SIM_NONE; i = sim->order[i].prev) {
        const struct sim_order *o = &sim->order[i];
        if (!o->conditional && eb_sim_order_reduces(sim, o, leg) &&
            (claimed > p->qty.e8 || p->qty.e8 == 0 || o->req.order_side != sim_closing(p->side))) {
            return i;
        }
    }
    return SIM_NONE;
}

/* A closePosition order of a leg that has nothing for it to close. */
static uint32_t one_without_position(const struct eb_sim *sim, const struct sim_symbol *s, unsigned leg)
{
    const struct sim_position *p = &s->position[leg];
    for (uint32_t i = s->first; i != SIM_NONE; i = sim->order[i].next) {
        const struct sim_order *o = &sim->order[i];
        bool same_leg = !sim->account.hedge || sim_leg(o->req.position_side) == leg;
        if (o->conditional && o->req.close_position && same_leg &&
            (p->qty.e8 == 0 || o->req.order_side != sim_closing(p->side))) {
            return i;
        }
    }
    return SIM_NONE;
}

void eb_sim_settle(struct eb_sim *sim, struct sim_symbol *s, unsigned leg)
{
    uint32_t index;
    while ((index = one_too_many(sim, s, leg)) != SIM_NONE) {
        eb_sim_order_close(sim, index, EB_OS_EXPIRED, -2022);
        eb_sim_tell_order(sim, &sim->order[index]);
    }
    while ((index = one_without_position(sim, s, leg)) != SIM_NONE) {
        eb_sim_order_close(sim, index, EB_OS_EXPIRED, 0);
        eb_sim_tell_order(sim, &sim->order[index]);
    }
    eb_sim_tell_position(sim, s, leg);
    eb_sim_tell_account(sim);
}
