/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders as parameters. What the exchange would refuse for its form is refused here, before it costs an order count.
 *
 * Answers are asked for as ACK: what was filled comes by the user stream (the answer to a new order has not said it
 * since 2026), and waiting for the matching engine's result would only tell later that the order has arrived.
 */
#include "venue/binance/codec.h"

#include <string.h>

static int refuse(struct eb_err *err, const char *symbol, const char *why)
{
    return eb_err_set(err, EB_E_INVALID, "binance", "order for %s: %s", symbol, why);
}

/* NULL, or why it cannot be sent. */
static const char *flaw(const struct eb_order_request *o, bool hedge)
{
    bool stop = o->type == EB_ORDER_STOP_MARKET, limit = o->type == EB_ORDER_LIMIT_IOC || o->type == EB_ORDER_LIMIT_GTC;
    if (o->client_id.instance == 0) {
        return "it has no client id";
    }
    if (hedge != (o->position_side != EB_PS_BOTH)) {
        return hedge ? "hedge mode needs a position side" : "one-way mode has no position side";
    }
    if (o->close_position && !stop) {
        return "only a stop closes the whole position";
    }
    if (o->close_position ? o->qty.e8 != 0 : o->qty.e8 <= 0) {
        return o->close_position ? "it closes the whole position and has a quantity" : "it has no quantity";
    }
    if (limit && o->price.e8 <= 0) {
        return "it has no price";
    }
    return stop && o->trigger.e8 <= 0 ? "it has no trigger" : NULL;
}

static void put_side(const struct eb_order_request *o, const char *symbol, bool hedge, struct bn_params *out)
{
    bn_param_text(out, "symbol", symbol);
    bn_param_text(out, "side", o->order_side == EB_BUY ? "BUY" : "SELL");
    if (hedge) {
        bn_param_text(out, "positionSide", o->position_side == EB_PS_LONG ? "LONG" : "SHORT");
    } else if (o->reduce_only && !o->close_position) { /* hedge mode refuses the very word */
        bn_param_bool(out, "reduceOnly", true);
    }
}

static void put_stop(const struct eb_order_request *o, struct bn_params *out)
{
    bn_param_text(out, "algoType", "CONDITIONAL");
    bn_param_text(out, "type", "STOP_MARKET");
    bn_param_e8(out, "triggerPrice", o->trigger.e8);
    bn_param_text(out, "workingType", "MARK_PRICE");
    bn_param_bool(out, "priceProtect", false); /* a stop that waits for mark and last to agree is none */
    if (o->close_position) {
        bn_param_bool(out, "closePosition", true);
    } else {
        bn_param_e8(out, "quantity", o->qty.e8);
    }
}

static void put_regular(const struct eb_order_request *o, struct bn_params *out)
{
    bool market = o->type == EB_ORDER_MARKET;
    bn_param_text(out, "type", market ? "MARKET" : "LIMIT");
    bn_param_e8(out, "quantity", o->qty.e8);
    if (!market) {
        bn_param_e8(out, "price", o->price.e8);
        bn_param_text(out, "timeInForce", o->type == EB_ORDER_LIMIT_IOC ? "IOC" : "GTC");
    }
}

int bn_encode_order(const struct eb_order_request *o, const char *symbol, bool hedge, struct bn_params *out,
                    struct eb_err *err)
{
    char id[EB_CLIENT_ID_TEXT_MAX];
    bool stop = o->type == EB_ORDER_STOP_MARKET;
    const char *why = flaw(o, hedge);
    if (why != NULL) {
        return refuse(err, symbol, why);
    }
    bn_params_init(out);
    put_side(o, symbol, hedge, out);
    if (stop) {
        put_stop(o, out);
    } else {
        put_regular(o, out);
    }
    (void)eb_client_id_format(o->client_id, id);
    bn_param_text(out, stop ? "clientAlgoId" : "newClientOrderId", id);
    bn_param_text(out, "newOrderRespType", "ACK");
    return out->failed ? refuse(err, symbol, "its parameters are too long") : EB_OK;
}

int bn_encode_target(eb_client_id id, uint64_t venue_id, const char *symbol, bool algo, struct bn_params *out,
                     struct eb_err *err)
{
    bn_params_init(out);
    if (!algo) {
        bn_param_text(out, "symbol", symbol);
    }
    if (id.instance != 0) {
        char text[EB_CLIENT_ID_TEXT_MAX];
        (void)eb_client_id_format(id, text);
        bn_param_text(out, algo ? "clientAlgoId" : "origClientOrderId", text);
    } else if (venue_id != 0) {
        bn_param_u64(out, algo ? "algoId" : "orderId", venue_id);
    } else {
        return refuse(err, symbol, "neither a client id nor the exchange's names it");
    }
    return out->failed ? refuse(err, symbol, "its parameters are too long") : EB_OK;
}
