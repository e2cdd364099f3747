/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditional orders: NEW -> TRIGGERING -> TRIGGERED with a child market order -> FILLED or EXPIRED, or REJECTED where
 * the child is refused. The child has an id of its own in the space of regular orders and the client id of its parent.
 */
#include "venue/sim/internal.h"

bool eb_sim_trigger_met(const struct sim_order *o, eb_price mark)
{
    if (!o->open || !o->conditional || o->state != EB_OS_NEW || mark.e8 <= 0) {
        return false;
    }
    return o->req.order_side == EB_SELL ? mark.e8 <= o->req.trigger.e8 : mark.e8 >= o->req.trigger.e8;
}

void eb_sim_trigger(struct eb_sim *sim, uint32_t index)
{
    struct sim_order *o = &sim->order[index];
    o->state = EB_OS_TRIGGERING;
    o->changed_ms = sim->now_ms;
    sim->stats.triggered++;
    eb_sim_tell_order(sim, o);
    if (eb_sim_strikes(sim, EB_SIM_F_STUCK)) {
        o->stuck = true;
        return;
    }
    if (sim->config.trigger_ms <= 0) {
        eb_sim_trigger_child(sim, index, o->seq);
        return;
    }
    struct sim_item *item = eb_sim_queue_add(sim, SIM_ITEM_TRIGGER, sim->config.trigger_ms);
    item->u.trigger.order = index;
    item->u.trigger.seq = o->seq;
    item->u.trigger.symbol = o->req.symbol;
}

/* Why the child may not be sent: the checks of a market order, made when it is one. */
static int32_t refuse_child(const struct eb_sim *sim, const struct sim_symbol *s, const struct sim_order *o,
                            unsigned leg)
{
    const struct sim_position *p = &s->position[leg];
    bool reduces = eb_sim_order_reduces(sim, o, leg);
    if (reduces && (p->qty.e8 == 0 || o->req.order_side != sim_closing(p->side))) {
        return -2022;
    }
    int32_t code = o->req.close_position ? 0 : eb_sim_validate_market_qty(&s->inst, o->req.qty);
    return code != 0 ? code : eb_sim_validate_band(s, leg, o->req.order_side);
}

void eb_sim_trigger_child(struct eb_sim *sim, uint32_t index, uint64_t seq)
{
    struct sim_order *o = &sim->order[index];
    if (o->seq != seq || !o->open || o->state != EB_OS_TRIGGERING || o->stuck) {
        return; /* the position went flat meanwhile, and the slot may be another order's */
    }
    struct sim_symbol *s = &sim->symbol[o->req.symbol];
    unsigned leg = sim->account.hedge ? sim_leg(o->req.position_side) : 0;
    int32_t code = refuse_child(sim, s, o, leg);
    if (code != 0) {
        eb_sim_order_close(sim, index, EB_OS_REJECTED, code);
        eb_sim_tell_order(sim, o);
        return;
    }
    o->child_id = ++sim->venue_id;
    o->state = EB_OS_TRIGGERED;
    if (o->req.close_position) {
        o->req.qty = s->position[leg].qty;
    }
    eb_sim_tell_order(sim, o);
    eb_sim_match_market(sim, index, o->req.qty);
}
