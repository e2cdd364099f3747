/* SPDX-License-Identifier: Apache-2.0 */
/* What the doctor asks of the whole engine: prices with their times, a flatten under way, time without protection. */
#include "engine/state.h"

bool eb_engine_price(const struct eb_engine *e, eb_symbol_id symbol, enum eb_price_source source, eb_price *price,
                     int64_t *received_ns)
{
    if (symbol >= e->symbol_count || (unsigned)source >= EB_SRC_COUNT) {
        return false;
    }
    const struct eb_hot *h = eb_hot_of(e, symbol, source);
    price->e8 = h->price;
    *received_ns = h->received_ns;
    return h->price > 0;
}

bool eb_engine_flattening(const struct eb_engine *e)
{
    return e->flattening;
}

int64_t eb_engine_unprotected_since(const struct eb_engine *e, eb_position_id position)
{
    if (position >= e->symbol_count * 2) {
        return 0;
    }
    const struct eb_slot *s = eb_slot_at(e, position);
    bool watched = s->d.open && e->c.backstop && eb_is_live(e) && !s->d.released;
    return watched ? s->unprotected_since_ms : 0;
}
