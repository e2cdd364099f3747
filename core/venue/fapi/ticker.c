/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of the last 24 hours: those of closed minutes are added up once a minute, the one that runs comes on top. */
#include "venue/fapi/market.h"

static void add(struct fapi_ticker *t, const struct fapi_bar *b)
{
    if (t->open.e8 == 0) {
        t->open_ms = b->open_ms;
        t->open = b->open;
        t->high = b->high;
        t->low = b->low;
        t->first_id = b->first_id;
    }
    t->high = b->high.e8 > t->high.e8 ? b->high : t->high;
    t->low = b->low.e8 < t->low.e8 ? b->low : t->low;
    t->trades += b->trades;
    fapi_sum_qty(&t->volume, b->volume);
    fapi_sum_money(&t->quote_volume, b->quote);
}

void fapi_ticker_24h(struct eb_fapi *f, uint32_t symbol, struct fapi_ticker *out)
{
    struct fapi_market *m = fapi_market_of(f);
    struct fapi_market_symbol *s = &m->symbol[symbol];
    fapi_bars_roll(s, m->now_ms);
    if (s->day_closed != s->bars.closed || s->day.open.e8 == 0) {
        uint32_t count = s->bars.count;
        uint32_t first = count > FAPI_DAY_MINUTES - 1 ? count - (FAPI_DAY_MINUTES - 1) : 0;
        s->day = (struct fapi_ticker){0};
        s->day_closed = s->bars.closed;
        for (uint32_t i = first; i < count; i++) {
            add(&s->day, fapi_bars_at(s, i));
        }
    }
    *out = s->day;
    add(out, &s->open);
    uint32_t prints = fapi_market_prints(f, symbol);
    out->close_ms = m->now_ms;
    out->last = s->pub.quote_now.last;
    out->last_qty = prints > 0 ? fapi_market_print_at(f, symbol, prints - 1)->qty : (eb_qty){0};
    out->last_id = s->pub.trade_id;
    bool known = out->volume.e8 > 0 &&
                 eb_mul_div(out->quote_volume.e8, EB_E8, out->volume.e8, EB_ROUND_HALF_EVEN, &out->average.e8);
    out->average = known ? out->average : out->last;
}
