/* SPDX-License-Identifier: Apache-2.0 */
/* Hands on the account: positions and orders of others, leverage, funding. */
#include "venue/simd/hands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STRATEGY "hand"

/* ---- positions --------------------------------------------------------------------------------------------------- */

static bool enter(struct hand *h, eb_symbol_id symbol, uint8_t side, int64_t notional_e8, int64_t leverage_ppm)
{
    const struct eb_scene_symbol *y = eb_scene_symbol(h->s->scene, symbol);
    struct eb_err err = {0};
    const struct eb_sim_entry entry = {.symbol = symbol,
                                       .side = side,
                                       .qty = eb_scene_quantity(y, (eb_money){notional_e8}, y->price),
                                       .leverage_ppm = leverage_ppm,
                                       .strategy_id = STRATEGY};
    char qty[EB_DECIMAL_TEXT_MAX];
    char done[96];
    if (entry.qty.e8 == 0) {
        return eb_hand_answer(h, EB_E_INVALID, "%s: that notional is less than the least quantity", y->inst.symbol);
    }
    (void)eb_decimal_format(entry.qty.e8, 8, qty);
    (void)snprintf(done, sizeof(done), "%s %s %s bought or sold", y->inst.symbol, eb_side_name((enum eb_side)side),
                   qty);
    return eb_hand_outcome(h, eb_simd_enter(h->s, &entry, &err), &err, done);
}

bool eb_hand_open(struct hand *h)
{
    eb_symbol_id symbol = 0;
    uint8_t side = EB_LONG;
    int64_t notional = 0;
    int64_t leverage = 0;
    return eb_hand_symbol(h, 1, &symbol) && eb_hand_side(h, 2, &side) && eb_hand_amount(h, 3, &notional) &&
           (h->count < 5 || eb_hand_times(h, 4, &leverage)) && enter(h, symbol, side, notional, leverage);
}

bool eb_hand_add(struct hand *h)
{
    eb_position_id slot = 0;
    struct eb_sim_position p = {0};
    int64_t notional = 0;
    return eb_hand_amount(h, 2, &notional) && eb_hand_slot(h, 1, 3, &slot, &p) &&
           enter(h, slot / 2, p.side, notional, 0);
}

static bool reduce(struct hand *h, bool venue)
{
    eb_position_id slot = 0;
    struct eb_sim_position p = {0};
    eb_qty qty = {0};
    struct eb_err err = {0};
    if ((!eb_hand_is(h, 2, "all") && !eb_hand_amount(h, 2, &qty.e8)) || !eb_hand_slot(h, 1, 3, &slot, &p)) {
        return false;
    }
    eb_price price = eb_scene_symbol(h->s->scene, slot / 2)->price;
    int rc = venue ? eb_sim_deleverage(h->s->sim, slot, qty, price, &err)
                   : eb_sim_close(h->s->sim, slot, qty, (eb_price){0}, NULL, &err);
    return eb_hand_outcome(h, rc, &err, venue ? "deleveraged" : "reduced");
}

bool eb_hand_reduce(struct hand *h)
{
    return reduce(h, false);
}

bool eb_hand_deleverage(struct hand *h)
{
    return reduce(h, true);
}

bool eb_hand_leverage(struct hand *h)
{
    eb_symbol_id symbol = 0;
    int64_t leverage = 0;
    struct eb_err err = {0};
    return eb_hand_symbol(h, 1, &symbol) && eb_hand_times(h, 2, &leverage) &&
           eb_hand_outcome(h, eb_sim_set_leverage(h->s->sim, symbol, leverage, &err), &err, "leverage changed");
}

bool eb_hand_funding(struct hand *h)
{
    unsigned paid = 0;
    for (eb_position_id slot = 0; slot < h->s->symbols * 2; slot++) {
        struct eb_sim_position p;
        eb_money amount;
        if (eb_sim_position(h->s->sim, slot, &p)) {
            paid += eb_sim_pay_funding(h->s->sim, slot, eb_scene_symbol(h->s->scene, slot / 2)->price,
                                       SIMD_FUNDING_RATE_E8, &amount) == EB_OK
                        ? 1u
                        : 0u;
        }
    }
    return eb_hand_answer(h, EB_OK, "funding of %u positions paid", paid);
}

/* ---- orders of others -------------------------------------------------------------------------------------------- */

static bool place(struct hand *h, uint8_t side, struct eb_order_request *order, const char *what)
{
    uint64_t id = 0;
    int32_t code = 0;
    struct eb_err err = {0};
    order->order_side = side == EB_LONG ? EB_SELL : EB_BUY;
    order->position_side = !h->s->c.hedge ? EB_PS_BOTH : side == EB_LONG ? EB_PS_LONG : EB_PS_SHORT;
    order->position = order->symbol * 2 + (h->s->c.hedge && side == EB_SHORT ? 1u : 0u);
    order->reduce_only = !h->s->c.hedge && !order->close_position;
    int rc = eb_sim_place_foreign(h->s->sim, order, &id, &code, &err);
    return rc == EB_OK ? eb_hand_answer(h, EB_OK, "%s %" PRIu64 " placed", what, id)
                       : eb_hand_answer(h, rc, "%s", err.msg);
}

bool eb_hand_stop(struct hand *h)
{
    uint8_t side = EB_LONG;
    struct eb_order_request order = {.type = EB_ORDER_STOP_MARKET, .close_position = h->count < 5};
    return eb_hand_symbol(h, 1, &order.symbol) && eb_hand_side(h, 2, &side) &&
           eb_hand_amount(h, 3, &order.trigger.e8) && (h->count < 5 || eb_hand_amount(h, 4, &order.qty.e8)) &&
           place(h, side, &order, "stop");
}

bool eb_hand_limit(struct hand *h)
{
    uint8_t side = EB_LONG;
    struct eb_order_request order = {.type = EB_ORDER_LIMIT_GTC};
    return eb_hand_symbol(h, 1, &order.symbol) && eb_hand_side(h, 2, &side) && eb_hand_amount(h, 3, &order.qty.e8) &&
           eb_hand_amount(h, 4, &order.price.e8) && place(h, side, &order, "limit order");
}

#define CANCELS_MAX 256
struct cancel {
    bool ours, foreign;
    unsigned count;
    struct {
        uint64_t id;
        bool conditional;
    } order[CANCELS_MAX];
};

static void collect(void *user, const struct eb_ev_open_order *order)
{
    struct cancel *c = user;
    static const eb_client_id none;
    bool ours = memcmp(&order->client_id, &none, sizeof(none)) != 0;
    if ((ours ? c->ours : c->foreign) && c->count < CANCELS_MAX) {
        c->order[c->count].id = order->venue_order_id;
        c->order[c->count++].conditional = order->type == EB_ORDER_STOP_MARKET;
    }
}

bool eb_hand_cancel(struct hand *h)
{
    eb_symbol_id symbol = 0;
    struct cancel c = {.ours = eb_hand_is(h, 2, "ours") || eb_hand_is(h, 2, "all"),
                       .foreign = eb_hand_is(h, 2, "all-foreign") || eb_hand_is(h, 2, "all")};
    if (!eb_hand_symbol(h, 1, &symbol)) {
        return false;
    }
    if (!c.ours && !c.foreign) {
        return eb_hand_wrong(h, 2, "ours, all-foreign or all");
    }
    eb_sim_open_orders(h->s->sim, symbol, collect, &c);
    unsigned gone = 0;
    for (unsigned i = 0; i < c.count; i++) {
        int rc = eb_sim_cancel_by_hand(h->s->sim, symbol, c.order[i].id, c.order[i].conditional);
        gone += rc == EB_OK ? 1u : 0u;
    }
    return eb_hand_answer(h, EB_OK, "%u orders cancelled", gone);
}
