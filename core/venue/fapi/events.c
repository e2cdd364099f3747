/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the matching engine says, into the records of orders and out to whoever listens to the account.
 *
 *     NEW, FILL..., state, POSITION, ACCOUNT -> order NEW, TRADE..., CANCELED or EXPIRED, then the account's update
 *
 * A fill of an order that nobody placed here is another system's, a person's, or the exchange's own: it gets a record.
 */
#include "venue/fapi/book.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- fills ------------------------------------------------------------------------------------------------------- */

/* The trail and the stream tell the same trades in the same order. */
static const struct eb_sim_trade *trade_of(struct fapi_account *a, const struct eb_event *ev)
{
    size_t count;
    const struct eb_sim_trade *t = eb_sim_trades(a->sim, &count);
    EB_ASSERT(a->trades_seen < count);
    t += a->trades_seen++;
    EB_ASSERT(t->trade_id == ev->u.fill.trade_id && t->symbol == ev->symbol);
    return t;
}

static void name_stranger(struct fapi_account *a, const struct eb_sim_trade *t, char out[FAPI_ID_MAX])
{
    struct eb_sim_stats stats;
    eb_sim_stats(a->sim, &stats);
    if (!t->liquidation) {
        (void)snprintf(out, FAPI_ID_MAX, "web_%" PRIu64, t->venue_order_id);
    } else if (stats.liquidations > a->liquidations) {
        a->liquidations++;
        (void)snprintf(out, FAPI_ID_MAX, "autoclose-%" PRId64, t->venue_ms);
    } else {
        (void)snprintf(out, FAPI_ID_MAX, "adl_autoclose");
    }
}

static struct fapi_order *add_stranger(struct fapi_account *a, const struct eb_sim_trade *t)
{
    struct fapi_terms terms = {
        .symbol = t->symbol,
        .type = t->liquidation ? FAPI_LIQUIDATION : FAPI_MARKET,
        .tif = t->liquidation ? FAPI_IOC : FAPI_GTC,
        .side = t->order_side,
        .position_side = t->position_side,
        .qty = t->qty,
        .price = t->liquidation ? t->price : (eb_price){0},
        .price_match = "NONE",
        .stp = "EXPIRE_MAKER",
    };
    name_stranger(a, t, terms.client_id);
    struct fapi_order *o = fapi_order_add(a, &terms, t->venue_order_id);
    if (o != NULL) {
        fapi_news_order(a, o, "NEW", NULL);
    }
    return o;
}

static void on_fill(struct fapi_account *a, const struct eb_event *ev)
{
    const struct eb_sim_trade t = *trade_of(a, ev); /* a copy: the trail may move */
    struct fapi_order *o = fapi_order_at(a, t.venue_order_id);
    o = o != NULL ? o : add_stranger(a, &t);
    fapi_income_add(a, FAPI_INCOME_FEE, t.symbol, t.trade_id, (eb_money){-t.fee.e8});
    if (t.closed.e8 > 0) {
        fapi_income_add(a, FAPI_INCOME_PNL, t.symbol, t.trade_id, t.pnl);
    }
    if (o == NULL) {
        return; /* more open orders than can be remembered: the account's update tells the rest */
    }
    o->filled.e8 += t.qty.e8;
    o->quote_e16 += (eb_i128)t.price.e8 * t.qty.e8;
    o->realized = t.pnl;
    o->update_ms = eb_fapi_now_ms(a->f);
    o->status = FAPI_PARTIALLY_FILLED;
    if (o->filled.e8 >= o->t.qty.e8) {
        fapi_order_close(a, o, FAPI_FILLED);
    }
    const struct fapi_trade trade = {.trade_id = t.trade_id,
                                     .price = t.price,
                                     .qty = t.qty,
                                     .fee = t.fee,
                                     .realized = t.pnl,
                                     .maker = t.maker,
                                     .liquidation = t.liquidation};
    fapi_news_order(a, o, t.liquidation ? "CALCULATED" : "TRADE", &trade);
    if (!o->open) {
        fapi_algo_child_closed(a, o);
    }
}

/* ---- states ------------------------------------------------------------------------------------------------------ */

/* er of the exchange: 2 rest of an IOC, 4 would reverse, 5 liquidation, 9 a market order found too little. */
static uint8_t expire_reason(struct fapi_account *a, const struct fapi_order *o, int32_t code)
{
    struct fapi_position ignored;
    if (code == -2022 || code == -2023) {
        return code == -2022 ? 4 : 5;
    }
    if (o->t.type == FAPI_MARKET) {
        bool cut = o->t.reduce_only && !fapi_position(a, o->t.symbol, fapi_leg(a, &o->t), &ignored);
        return cut ? 4 : 9;
    }
    return o->t.tif == FAPI_IOC || o->t.tif == FAPI_FOK ? 2 : 0;
}

static void on_order(struct fapi_account *a, const struct eb_event *ev)
{
    const struct eb_ev_order *said = &ev->u.order;
    struct fapi_order *o = fapi_order_at(a, said->venue_order_id);
    if (o == NULL || !o->open) {
        return;
    }
    if (said->state == EB_OS_NEW) {
        fapi_news_order(a, o, "NEW", NULL);
    } else if (said->state == EB_OS_CANCELED) {
        fapi_order_close(a, o, FAPI_CANCELED);
        fapi_news_order(a, o, "CANCELED", NULL);
    } else if (said->state == EB_OS_EXPIRED) {
        fapi_order_close(a, o, FAPI_EXPIRED);
        o->expire_reason = expire_reason(a, o, said->code);
        fapi_news_order(a, o, "EXPIRED", NULL);
    }
    if (!o->open) {
        fapi_algo_child_closed(a, o);
    }
}

/* ---- account ----------------------------------------------------------------------------------------------------- */

static void on_position(struct fapi_account *a, const struct eb_event *ev)
{
    const struct eb_ev_position *p = ev->u.venue_position;
    unsigned leg = p->position_side == EB_PS_SHORT ? 1 : 0;
    a->symbol[ev->symbol].held[leg] = p->qty.e8 > 0;
    a->update_ms = eb_fapi_now_ms(a->f);
    if (!a->quiet) {
        fapi_news_account(a, "ORDER", ev->symbol, leg);
    }
    fapi_algo_position_changed(a, ev->symbol, leg);
}

/* Trades tell the wallet with their position, funding says itself what it is: what is left is a transfer. */
static void on_account(struct fapi_account *a)
{
    struct eb_sim_account_view v;
    eb_sim_account(a->sim, &v);
    int64_t moved = v.transfers.e8 - a->transfers_e8;
    if (moved == 0) {
        return;
    }
    a->transfers_e8 = v.transfers.e8;
    a->update_ms = eb_fapi_now_ms(a->f);
    fapi_income_add(a, FAPI_INCOME_TRANSFER, FAPI_NONE, 0, (eb_money){moved});
    fapi_news_account(a, moved > 0 ? "DEPOSIT" : "WITHDRAW", FAPI_NONE, 0);
}

void fapi_events_sink(void *account, const struct eb_event *ev)
{
    struct fapi_account *a = account;
    if (ev->kind == EB_EV_FILL) {
        on_fill(a, ev);
    } else if (ev->kind == EB_EV_ORDER) {
        on_order(a, ev);
    } else if (ev->kind == EB_EV_POSITION) {
        on_position(a, ev);
    } else if (ev->kind == EB_EV_ACCOUNT) {
        on_account(a);
    }
}
