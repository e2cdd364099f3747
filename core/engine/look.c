/* SPDX-License-Identifier: Apache-2.0 */
/* What a host asks between steps: where the journal stands, what is in force, which orders work, which trades came. */
#include "engine/state.h"

uint64_t eb_engine_durable_count(const struct eb_engine *e)
{
    return e->durable_count;
}

struct eb_ev_config eb_engine_mode(const struct eb_engine *e)
{
    return e->mode;
}

const uint8_t *eb_engine_policy_hash(const struct eb_engine *e)
{
    return e->policy_hash;
}

bool eb_engine_paused(const struct eb_engine *e)
{
    return e->paused;
}

bool eb_engine_owns(const struct eb_engine *e, enum eb_exit_mode mode)
{
    return mode == EB_EXIT_MODE_EXIT_BRAIN_V3 || e->policy_legacy;
}

uint64_t eb_engine_last_trade(const struct eb_engine *e, eb_symbol_id symbol)
{
    return symbol < e->symbol_count ? e->symbol[symbol].trade_upto : 0;
}

uint32_t eb_engine_orders(const struct eb_engine *e, eb_position_id position, struct eb_own_order *out, uint32_t max)
{
    uint32_t count = 0;
    for (unsigned i = 0; position < e->symbol_count * 2 && i < EB_ORDERS_MAX; i++) {
        const struct eb_order *o = &eb_slot_at(e, position)->order[i];
        if (o->state == EB_OS_NONE) {
            continue;
        }
        if (count < max) {
            out[count] = (struct eb_own_order){.client_id = o->id,
                                               .venue_order_id = o->venue_id,
                                               .state = o->state,
                                               .type = o->type,
                                               .purpose = o->purpose,
                                               .leg = o->leg,
                                               .cancel_sent = o->cancel_sent,
                                               .qty = o->qty,
                                               .filled = o->filled,
                                               .price = o->price,
                                               .trigger = o->trigger,
                                               .level = o->level,
                                               .sent_ms = o->sent_ms,
                                               .changed_ms = o->changed_ms};
        }
        count++;
    }
    return count;
}
