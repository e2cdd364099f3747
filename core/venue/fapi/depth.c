/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The book behind the best bid and ask: a level at every tick, whose quantity follows from symbol and price alone. So
 * the whole book is known from four numbers, and what has changed between two of them too.
 */
#include "venue/fapi/market.h"

#include "base/hash.h"

static eb_qty quantity_at(const struct fapi_symbol *y, int64_t price_e8)
{
    uint64_t hash = eb_hash64_u64(y->onboard_ms > 0 ? (uint64_t)y->onboard_ms : 1, (uint64_t)price_e8);
    int64_t usual = y->inst.min_qty.e8 / y->inst.step.e8 + (int64_t)(hash % 1000);
    return (eb_qty){(usual + 1) * y->inst.step.e8};
}

void fapi_depth_make(const struct fapi_symbol *s, uint32_t levels, struct fapi_book *out)
{
    const struct eb_sim_quote *q = &s->quote_now;
    int64_t tick = s->inst.tick.e8;
    levels = levels < FAPI_DEPTH_MAX ? levels : FAPI_DEPTH_MAX;
    out->update_id = s->update_id;
    out->count = 0;
    for (uint32_t i = 0; i < levels; i++) {
        int64_t bid = q->bid.e8 - (int64_t)i * tick, ask = q->ask.e8 + (int64_t)i * tick;
        if (bid <= 0) {
            break;
        }
        out->bid[i] = (struct fapi_level){{bid}, i == 0 ? s->bid_qty : quantity_at(s, bid)};
        out->ask[i] = (struct fapi_level){{ask}, i == 0 ? s->ask_qty : quantity_at(s, ask)};
        out->count++;
    }
}

void fapi_depth(struct eb_fapi *f, uint32_t symbol, uint32_t levels, struct fapi_book *out)
{
    struct fapi_symbol *y = fapi_symbol_at(f, symbol);
    y->update_id++;
    fapi_depth_make(y, levels, out);
}
