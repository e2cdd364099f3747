/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The book behind the best bid and ask: a level at every tick, whose quantity follows from symbol and price alone. So
 * the whole book is known from four numbers, and what has changed between two of them too.
 */
#include "venue/fapi/market.h"

#include "base/hash.h"
#include "venue/fapi/streams.h"

static eb_qty quantity_at(const struct fapi_symbol *y, int64_t price_e8)
{
    uint64_t hash = eb_hash64_u64(y->onboard_ms > 0 ? (uint64_t)y->onboard_ms : 1, (uint64_t)price_e8);
    int64_t usual = y->inst.min_qty.e8 / y->inst.step.e8 + (int64_t)(hash % 1000);
    return (eb_qty){(usual + 1) * y->inst.step.e8};
}

struct fapi_top fapi_top_of(const struct fapi_symbol *y)
{
    return (struct fapi_top){{y->quote_now.bid, y->bid_qty}, {y->quote_now.ask, y->ask_qty}, y->update_id};
}

void fapi_depth_make(const struct fapi_symbol *y, const struct fapi_top *top, uint32_t levels, struct fapi_book *out)
{
    int64_t tick = y->inst.tick.e8;
    levels = levels < FAPI_DEPTH_MAX ? levels : FAPI_DEPTH_MAX;
    out->update_id = top->update_id;
    out->count = 0;
    for (uint32_t i = 0; i < levels; i++) {
        int64_t bid = top->bid.price.e8 - (int64_t)i * tick, ask = top->ask.price.e8 + (int64_t)i * tick;
        if (bid <= 0) {
            break;
        }
        out->bid[i] = i == 0 ? top->bid : (struct fapi_level){{bid}, quantity_at(y, bid)};
        out->ask[i] = i == 0 ? top->ask : (struct fapi_level){{ask}, quantity_at(y, ask)};
        out->count++;
    }
}

void fapi_depth(struct eb_fapi *f, uint32_t symbol, uint32_t levels, struct fapi_book *out)
{
    struct fapi_symbol *y = fapi_symbol_at(f, symbol);
    fapi_tell_depth_now(f, symbol);
    y->update_id++;
    const struct fapi_top top = fapi_top_of(y);
    fapi_depth_make(y, &top, levels, out);
}
