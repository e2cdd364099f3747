/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bar walk at the venue (semantics 11): what of one position happens ahead on a piece of its path, and doing it.
 *
 * On adverse travel that is the liquidation price and conditional orders, both met inclusively; on favourable travel
 * resting limits (soft legs), which fill at their own price once price goes strictly beyond it.
 */
#include "venue/sim/internal.h"

static struct sim_symbol *symbol_of_slot(const struct eb_sim *sim, eb_position_id slot)
{
    return sim_symbol_of(sim, slot / 2);
}

static bool of_leg(const struct eb_sim *sim, const struct sim_order *o, unsigned leg)
{
    return (sim->account.hedge ? sim_leg(o->req.position_side) : 0) == leg;
}

void eb_sim_set_path_price(struct eb_sim *sim, eb_position_id slot, eb_price price, bool segment)
{
    struct sim_symbol *s = symbol_of_slot(sim, slot);
    if (s != NULL) {
        s->path[slot % 2] = (struct sim_path){.price = price, .segment = segment};
    }
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

/* Where travel from..to first stands at or beyond level when it comes from above (down) or from below. */
static bool meets(eb_price level, bool down, eb_price from, eb_price to, eb_price *at)
{
    if (down ? to.e8 > level.e8 && from.e8 > level.e8 : to.e8 < level.e8 && from.e8 < level.e8) {
        return false;
    }
    bool there = down ? from.e8 <= level.e8 : from.e8 >= level.e8;
    *at = there ? from : level;
    return true;
}

static bool soft_filled_by(const struct sim_order *o, eb_price to)
{
    return o->req.order_side == EB_SELL ? to.e8 > o->req.price.e8 : to.e8 < o->req.price.e8;
}

static bool is_soft(const struct eb_sim *sim, const struct sim_order *o, unsigned leg)
{
    return !o->conditional && o->req.type == EB_ORDER_LIMIT_GTC && of_leg(sim, o, leg);
}

static bool is_waiting(const struct eb_sim *sim, const struct sim_order *o, unsigned leg)
{
    return o->conditional && o->state == EB_OS_NEW && of_leg(sim, o, leg);
}

struct nearest {
    bool found;
    enum eb_sim_hit what;
    eb_price at;
    int64_t distance;
};

/* Callers offer in the order of ties, so an equal distance does not replace. */
static void offer(struct nearest *best, enum eb_sim_hit what, eb_price from, eb_price at)
{
    int64_t distance = at.e8 > from.e8 ? at.e8 - from.e8 : from.e8 - at.e8;
    if (!best->found || distance < best->distance) {
        *best = (struct nearest){.found = true, .what = what, .at = at, .distance = distance};
    }
}

static void offer_orders(const struct eb_sim *sim, const struct sim_symbol *s, unsigned leg, enum eb_sim_hit what,
                         eb_price from, eb_price to, struct nearest *best)
{
    for (uint32_t i = s->first; i != SIM_NONE; i = sim->order[i].next) {
        const struct sim_order *o = &sim->order[i];
        eb_price at;
        if (what == EB_SIM_HIT_TRIGGER && is_waiting(sim, o, leg) &&
            meets(o->req.trigger, o->req.order_side == EB_SELL, from, to, &at)) {
            offer(best, what, from, at);
        }
        if (what == EB_SIM_HIT_SOFT && is_soft(sim, o, leg) && soft_filled_by(o, to) &&
            meets(o->req.price, o->req.order_side == EB_BUY, from, to, &at)) {
            offer(best, what, from, at);
        }
    }
}

bool eb_sim_path_next(const struct eb_sim *sim, eb_position_id slot, unsigned scope, eb_price from, eb_price to,
                      eb_price *price, enum eb_sim_hit *what)
{
    const struct sim_symbol *s = symbol_of_slot(sim, slot);
    if (s == NULL) {
        return false;
    }
    unsigned leg = slot % 2;
    const struct sim_position *p = &s->position[leg];
    struct nearest best = {0};
    eb_price at;
    if ((scope & EB_SIM_HIT_LIQUIDATION) != 0 && p->qty.e8 > 0 && p->liquidation.e8 > 0 &&
        meets(p->liquidation, p->side == EB_LONG, from, to, &at)) {
        offer(&best, EB_SIM_HIT_LIQUIDATION, from, at);
    }
    if ((scope & EB_SIM_HIT_TRIGGER) != 0) {
        offer_orders(sim, s, leg, EB_SIM_HIT_TRIGGER, from, to, &best);
    }
    if ((scope & EB_SIM_HIT_SOFT) != 0) {
        offer_orders(sim, s, leg, EB_SIM_HIT_SOFT, from, to, &best);
    }
    if (best.found) {
        *price = best.at;
        *what = best.what;
    }
    return best.found;
}

static void narrow(eb_price level, bool below, eb_price *low, eb_price *high)
{
    if (below && level.e8 > low->e8) {
        *low = level;
    }
    if (!below && level.e8 < high->e8) {
        *high = level;
    }
}

bool eb_sim_quiet_band(const struct eb_sim *sim, eb_position_id slot, eb_price *low, eb_price *high)
{
    const struct sim_symbol *s = symbol_of_slot(sim, slot);
    if (s == NULL) {
        return false;
    }
    unsigned leg = slot % 2;
    const struct sim_position *p = &s->position[leg];
    bool any = p->qty.e8 > 0;
    low->e8 = 0;
    high->e8 = INT64_MAX;
    if (p->qty.e8 > 0 && p->liquidation.e8 > 0) {
        narrow(p->liquidation, p->side == EB_LONG, low, high);
    }
    for (uint32_t i = s->first; i != SIM_NONE; i = sim->order[i].next) {
        const struct sim_order *o = &sim->order[i];
        if (is_waiting(sim, o, leg)) {
            narrow(o->req.trigger, o->req.order_side == EB_SELL, low, high);
            any = true;
        } else if (is_soft(sim, o, leg)) {
            narrow(o->req.price, o->req.order_side == EB_BUY, low, high);
            any = true;
        }
    }
    return any;
}

/* ---- doing it ---------------------------------------------------------------------------------------------------- */

/* The resting limit of this leg to fill next: nearest leg index first. at: those at a price; else those that p0 has
 * passed. */
static uint32_t next_soft(const struct eb_sim *sim, const struct sim_symbol *s, unsigned leg, bool at, eb_price price)
{
    uint32_t best = SIM_NONE;
    for (uint32_t i = s->first; i != SIM_NONE; i = sim->order[i].next) {
        const struct sim_order *o = &sim->order[i];
        bool met = at ? o->req.price.e8 == price.e8 : soft_filled_by(o, price);
        if (is_soft(sim, o, leg) && met &&
            (best == SIM_NONE || o->req.client_id.leg < sim->order[best].req.client_id.leg)) {
            best = i;
        }
    }
    return best;
}

static void fill_softs(struct eb_sim *sim, struct sim_symbol *s, unsigned leg, bool at, eb_price price)
{
    uint32_t index;
    while ((index = next_soft(sim, s, leg, at, price)) != SIM_NONE) {
        eb_sim_fill_resting(sim, index, true);
        eb_sim_flush(sim); /* each fill has its turn before the next is made */
    }
}

static void fire_triggers(struct eb_sim *sim, struct sim_symbol *s, unsigned leg, eb_price price)
{
    struct sim_path before = s->path[leg];
    s->path[leg] = (struct sim_path){.price = price};
    uint32_t i = s->first;
    while (i != SIM_NONE) {
        const struct sim_order *o = &sim->order[i];
        if (!is_waiting(sim, o, leg) || !eb_sim_trigger_met(o, price)) {
            i = o->next;
            continue;
        }
        eb_sim_trigger(sim, i);
        eb_sim_flush(sim);
        i = s->first;
    }
    if (s->path[leg].price.e8 == price.e8) { /* unless the listener has moved it on */
        s->path[leg] = before;
    }
}

void eb_sim_path_at(struct eb_sim *sim, eb_position_id slot, enum eb_sim_hit what, eb_price price)
{
    struct sim_symbol *s = symbol_of_slot(sim, slot);
    if (s == NULL) {
        return;
    }
    unsigned leg = slot % 2;
    switch (what) {
    case EB_SIM_HIT_LIQUIDATION: /* met by the mark, price may be that of the last trade: not asked again */
        if (s->position[leg].qty.e8 > 0) {
            eb_sim_liquidate(sim, s, leg, price);
            eb_sim_flush(sim);
        }
        break;
    case EB_SIM_HIT_TRIGGER:
        fire_triggers(sim, s, leg, price);
        break;
    case EB_SIM_HIT_SOFT:
        fill_softs(sim, s, leg, true, price);
        break;
    case EB_SIM_HIT_ALL:
        break; /* a scope, not a happening */
    }
}

void eb_sim_path_point(struct eb_sim *sim, eb_position_id slot, unsigned scope, eb_price p0)
{
    struct sim_symbol *s = symbol_of_slot(sim, slot);
    if (s == NULL) {
        return;
    }
    unsigned leg = slot % 2;
    if ((scope & EB_SIM_HIT_LIQUIDATION) != 0 && eb_sim_liquidation_met(&s->position[leg], p0)) {
        eb_sim_path_at(sim, slot, EB_SIM_HIT_LIQUIDATION, p0);
    }
    if ((scope & EB_SIM_HIT_TRIGGER) != 0) {
        fire_triggers(sim, s, leg, p0);
    }
    if ((scope & EB_SIM_HIT_SOFT) != 0) {
        fill_softs(sim, s, leg, false, p0);
    }
}
