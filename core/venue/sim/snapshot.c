/* SPDX-License-Identifier: Apache-2.0 */
/* The complete picture: BEGIN, ACCOUNT, POSITION..., OPEN_ORDER..., END, taken at one instant and told together. */
#include "venue/sim/internal.h"

static struct sim_item *put(struct eb_sim *sim, enum eb_event_kind kind, eb_symbol_id symbol)
{
    struct sim_item *item = eb_sim_queue_add(sim, SIM_ITEM_EVENT, sim->config.event_ms + sim->config.snapshot_ms);
    item->u.event.ev = (struct eb_event){.symbol = symbol, .position = EB_NO_POSITION, .kind = (uint16_t)kind};
    return item;
}

void eb_sim_open_order_view(const struct sim_order *o, struct eb_ev_open_order *out)
{
    *out = (struct eb_ev_open_order){
        .client_id = o->req.client_id,
        .venue_order_id = o->id,
        .position_side = o->req.position_side,
        .order_side = o->req.order_side,
        .type = o->req.type,
        .state = o->state,
        .close_position = o->req.close_position,
        .reduce_only = o->req.reduce_only,
        .qty = o->req.qty,
        .filled = o->filled,
        .price = o->req.price,
        .trigger = o->req.trigger,
    };
}

void eb_sim_snapshot(struct eb_sim *sim)
{
    if (eb_sim_strikes(sim, EB_SIM_F_SNAPSHOT)) {
        (void)put(sim, EB_EV_SNAPSHOT_FAILED, EB_NO_SYMBOL);
        return;
    }
    (void)put(sim, EB_EV_SNAPSHOT_BEGIN, EB_NO_SYMBOL);
    put(sim, EB_EV_ACCOUNT, EB_NO_SYMBOL)->u.event.ev.u.account =
        (struct eb_ev_account){.balance = sim->account.wallet, .hedge = sim->account.hedge};
    for (eb_symbol_id id = 0; id < sim->config.symbols_max; id++) {
        struct sim_symbol *s = &sim->symbol[id];
        for (unsigned leg = 0; leg < 2; leg++) {
            if (s->position[leg].qty.e8 > 0) {
                eb_sim_position_view(sim, s, leg, &put(sim, EB_EV_POSITION, id)->u.event.position);
            }
        }
    }
    for (eb_symbol_id id = 0; id < sim->config.symbols_max; id++) {
        for (uint32_t i = sim->symbol[id].first; i != SIM_NONE; i = sim->order[i].next) {
            eb_sim_open_order_view(&sim->order[i], &put(sim, EB_EV_OPEN_ORDER, id)->u.event.ev.u.open_order);
        }
    }
    (void)put(sim, EB_EV_SNAPSHOT_END, EB_NO_SYMBOL);
}

void eb_sim_open_orders(const struct eb_sim *sim, eb_symbol_id symbol, eb_sim_visit visit, void *user)
{
    const struct sim_symbol *s = sim_symbol_of(sim, symbol);
    for (uint32_t i = s != NULL ? s->first : SIM_NONE; i != SIM_NONE; i = sim->order[i].next) {
        struct eb_ev_open_order view;
        eb_sim_open_order_view(&sim->order[i], &view);
        visit(user, &view);
    }
}
