/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders for a venue that is built around this one: under ids that it has reserved, past latency and faults, with every
 * check and every invariant of orders that come through the port.
 */
#include "venue/sim/internal.h"

uint64_t eb_sim_reserve_id(struct eb_sim *sim)
{
    return ++sim->venue_id;
}

void eb_sim_skip_ids(struct eb_sim *sim, eb_symbol_id symbol, uint64_t order, uint64_t trade)
{
    struct sim_symbol *s = sim_symbol_of(sim, symbol);
    sim->venue_id = order > sim->venue_id + 1 ? order - 1 : sim->venue_id;
    if (s != NULL && trade > s->trade_id + 1) {
        s->trade_id = trade - 1;
    }
}

int32_t eb_sim_check_order(const struct eb_sim *sim, const struct eb_order_request *order, bool whole)
{
    return whole ? eb_sim_validate_whole(sim, order) : eb_sim_validate(sim, order);
}

int32_t eb_sim_place(struct eb_sim *sim, const struct eb_order_request *order, uint64_t id, bool whole)
{
    int32_t code = eb_sim_trail_has_room(sim) ? eb_sim_check_order(sim, order, whole) : -1008;
    uint32_t index = code == 0 ? eb_sim_order_add(sim, order, sim_id_is_ours(&order->client_id)) : SIM_NONE;
    if (index == SIM_NONE) {
        sim->stats.rejected++;
        return code != 0 ? code : -2025;
    }
    sim->stats.submits++;
    struct sim_order *o = &sim->order[index];
    EB_ASSERT(id <= sim->venue_id && !o->conditional);
    o->id = id;
    eb_sim_match_new(sim, index);
    eb_sim_flush(sim);
    return 0;
}

static uint32_t find_resting(const struct eb_sim *sim, eb_symbol_id symbol, uint64_t id)
{
    const struct sim_symbol *s = sim_symbol_of(sim, symbol);
    for (uint32_t i = s != NULL ? s->first : SIM_NONE; i != SIM_NONE; i = sim->order[i].next) {
        const struct sim_order *o = &sim->order[i];
        if (o->id == id && !o->conditional) {
            return i;
        }
    }
    return SIM_NONE;
}

int32_t eb_sim_check_amend(const struct eb_sim *sim, eb_symbol_id symbol, uint64_t id, eb_price price, eb_qty qty)
{
    uint32_t index = find_resting(sim, symbol, id);
    if (index == SIM_NONE || qty.e8 <= sim->order[index].filled.e8) {
        return -2011;
    }
    return eb_sim_validate_amend(sim, &sim->order[index], price, qty);
}

int32_t eb_sim_amend(struct eb_sim *sim, eb_symbol_id symbol, uint64_t id, eb_price price, eb_qty qty)
{
    int32_t code = eb_sim_check_amend(sim, symbol, id, price, qty);
    if (code != 0) {
        return code;
    }
    uint32_t index = find_resting(sim, symbol, id);
    struct sim_order *o = &sim->order[index];
    o->req.price = price;
    o->req.qty = qty;
    o->changed_ms = sim->now_ms;
    eb_sim_order_requeue(sim, index);
    eb_sim_match_again(sim, index);
    eb_sim_flush(sim);
    return 0;
}

int eb_sim_fill_part(struct eb_sim *sim, eb_symbol_id symbol, uint64_t id, eb_qty qty, struct eb_err *err)
{
    static const char where[] = "sim.fill_part";
    uint32_t index = find_resting(sim, symbol, id);
    if (index == SIM_NONE) {
        return eb_err_set(err, EB_E_NOT_FOUND, where, "no open order %llu of symbol %u", (unsigned long long)id,
                          symbol);
    }
    const struct sim_order *o = &sim->order[index];
    if (qty.e8 <= 0 || qty.e8 > sim_order_rest(o).e8 || qty.e8 % sim->symbol[symbol].inst.step.e8 != 0) {
        return eb_err_set(err, EB_E_INVALID, where, "%s: more than is open, or off the step",
                          sim->symbol[symbol].inst.symbol);
    }
    eb_sim_fill_some(sim, index, qty);
    eb_sim_flush(sim);
    return EB_OK;
}

int eb_sim_expire(struct eb_sim *sim, eb_symbol_id symbol, uint64_t id)
{
    uint32_t index = find_resting(sim, symbol, id);
    if (index == SIM_NONE) {
        return EB_E_NOT_FOUND;
    }
    eb_sim_order_close(sim, index, EB_OS_EXPIRED, 0);
    eb_sim_tell_order(sim, &sim->order[index]);
    eb_sim_flush(sim);
    return EB_OK;
}

int eb_sim_liquidate_by_hand(struct eb_sim *sim, eb_position_id slot)
{
    struct sim_symbol *s = sim_symbol_of(sim, slot / 2);
    if (s == NULL || s->position[slot % 2].qty.e8 == 0 || s->quote.mark.e8 <= 0) {
        return EB_E_NOT_FOUND;
    }
    eb_sim_liquidate(sim, s, slot % 2, s->quote.mark);
    eb_sim_flush(sim);
    return EB_OK;
}

void eb_sim_set_triggers(struct eb_sim *sim, eb_sim_triggers triggers, void *user)
{
    sim->triggers = triggers;
    sim->triggers_user = user;
}
