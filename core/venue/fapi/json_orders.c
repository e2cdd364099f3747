/* SPDX-License-Identifier: Apache-2.0 */
/* Orders as answers show them: regular ones and conditional ones, in the exchange's members and decimals. */
#include "venue/fapi/api.h"

#define AVERAGE_DECIMALS 5

eb_price fapi_order_average(const struct fapi_order *o)
{
    eb_price average = {0};
    if (o->filled.e8 > 0 && !eb_div_i64(o->quote_e16, o->filled.e8, EB_ROUND_HALF_EVEN, &average.e8)) {
        average.e8 = 0;
    }
    return average;
}

static int64_t quote_e8(const struct fapi_order *o)
{
    int64_t quote = 0;
    return eb_div_i64(o->quote_e16, EB_E8, EB_ROUND_HALF_EVEN, &quote) ? quote : 0;
}

/* What both kinds have in common at their end. */
static void put_tail(struct eb_buffer *b, const struct fapi_terms *t)
{
    fapi_j_text(b, "workingType", t->mark_price ? "MARK_PRICE" : "CONTRACT_PRICE");
    fapi_j_bool(b, "priceProtect", t->price_protect);
}

void fapi_json_order(struct eb_buffer *b, const struct fapi_symbol *y, const struct fapi_order *o,
                     enum fapi_order_form form, uint64_t modify_id)
{
    const struct fapi_terms *t = &o->t;
    int price = y->price_precision;
    int qty = y->quantity_precision;
    fapi_j_open(b, "{");
    fapi_j_u64(b, "orderId", o->id);
    fapi_j_text(b, "symbol", y->inst.symbol);
    if (form == FAPI_FORM_MODIFY) {
        fapi_j_text(b, "pair", y->pair);
    }
    fapi_j_text(b, "status", fapi_status_name(o->status));
    fapi_j_text(b, "clientOrderId", t->client_id);
    fapi_j_e8(b, "price", t->price.e8, price);
    if (form == FAPI_FORM_QUERY) {
        fapi_j_e8(b, "avgPrice", fapi_order_average(o).e8, AVERAGE_DECIMALS);
    }
    fapi_j_e8(b, "origQty", t->qty.e8, qty);
    fapi_j_e8(b, "executedQty", o->filled.e8, qty);
    if (form == FAPI_FORM_QUERY) {
        fapi_j_zero(b, "cumQuote", quote_e8(o), AVERAGE_DECIMALS);
    } else {
        fapi_j_e8(b, "cumQty", o->filled.e8, qty);
    }
    fapi_j_text(b, "timeInForce", fapi_tif_name(t->tif));
    fapi_j_text(b, "type", fapi_type_name(t->type));
    fapi_j_bool(b, "reduceOnly", t->reduce_only);
    fapi_j_bool(b, "closePosition", t->close_position);
    fapi_j_text(b, "side", fapi_side_name(t->side));
    fapi_j_text(b, "positionSide", fapi_position_side_name(t->position_side));
    fapi_j_e8(b, "stopPrice", t->trigger.e8, price);
    put_tail(b, t);
    fapi_j_text(b, "origType", fapi_type_name(o->algo_id != 0 ? o->orig_type : t->type));
    fapi_j_text(b, "priceMatch", t->price_match);
    fapi_j_text(b, "selfTradePreventionMode", t->stp);
    fapi_j_i64(b, "goodTillDate", t->good_till_ms);
    if (form == FAPI_FORM_QUERY) {
        fapi_j_i64(b, "time", o->time_ms);
    }
    fapi_j_i64(b, "updateTime", o->update_ms);
    if (form == FAPI_FORM_MODIFY && modify_id != 0) {
        fapi_j_u64(b, "modifyId", modify_id);
    }
    fapi_put(b, "}");
}

static const char *child_type(uint8_t type)
{
    return type == FAPI_STOP || type == FAPI_TAKE_PROFIT ? "LIMIT" : "MARKET";
}

static void put_child(struct eb_buffer *b, const struct fapi_symbol *y, const struct fapi_algo *o,
                      enum fapi_algo_form form)
{
    fapi_j_key(b, "actualOrderId");
    fapi_put(b, "\"");
    if (o->child_id != 0) {
        fapi_put_u64(b, o->child_id);
    }
    fapi_put(b, "\"");
    fapi_j_e8(b, "actualPrice", o->child_average.e8, AVERAGE_DECIMALS);
    if (form == FAPI_FORM_ONE) {
        fapi_j_text(b, "actualType", o->child_id != 0 ? child_type(o->t.type) : "");
        if (o->child_id != 0) {
            fapi_j_e8(b, "actualQty", o->child_filled.e8, y->quantity_precision);
        } else {
            fapi_j_text(b, "actualQty", "");
        }
    }
}

static void put_attached(struct eb_buffer *b, const struct fapi_symbol *y)
{
    static const char *const prices[] = {"tpTriggerPrice", "tpPrice", "slTriggerPrice", "slPrice"};
    for (size_t i = 0; i < EB_COUNT(prices); i++) {
        fapi_j_e8(b, prices[i], 0, y->price_precision);
    }
}

static void put_trailing(struct eb_buffer *b, const struct fapi_symbol *y, const struct fapi_terms *t)
{
    if (t->type != FAPI_TRAILING) {
        fapi_j_text(b, "activatePrice", "");
        fapi_j_text(b, "callbackRate", "");
        return;
    }
    fapi_j_e8(b, "activatePrice", t->activate.e8, y->price_precision);
    fapi_j_e8(b, "callbackRate", t->callback_ppm * (EB_E8 * 100 / EB_PPM), 1);
}

void fapi_json_algo(struct eb_buffer *b, const struct fapi_symbol *y, const struct fapi_algo *o,
                    enum fapi_algo_form form)
{
    const struct fapi_terms *t = &o->t;
    int price = y->price_precision;
    fapi_j_open(b, "{");
    fapi_j_u64(b, "algoId", o->id);
    fapi_j_text(b, "clientAlgoId", t->client_id);
    fapi_j_text(b, "algoType", "CONDITIONAL");
    fapi_j_text(b, "orderType", fapi_type_name(t->type));
    fapi_j_text(b, "symbol", y->inst.symbol);
    fapi_j_text(b, "side", fapi_side_name(t->side));
    fapi_j_text(b, "positionSide", fapi_position_side_name(t->position_side));
    fapi_j_text(b, "timeInForce", fapi_tif_name(t->tif));
    fapi_j_e8(b, "quantity", t->qty.e8, y->quantity_precision);
    fapi_j_text(b, "algoStatus", fapi_algo_status_name(o->status));
    if (form != FAPI_FORM_PLACED) {
        put_child(b, y, o, form);
    }
    fapi_j_e8(b, "triggerPrice", t->trigger.e8, price);
    fapi_j_e8(b, "price", t->price.e8, price);
    fapi_j_key(b, "icebergQuantity");
    fapi_put(b, "null");
    if (form == FAPI_FORM_ROW) {
        put_attached(b, y);
    }
    if (form != FAPI_FORM_PLACED) {
        fapi_j_text(b, "tpOrderType", "");
    }
    fapi_j_text(b, "selfTradePreventionMode", t->stp);
    fapi_j_text(b, "workingType", t->mark_price ? "MARK_PRICE" : "CONTRACT_PRICE");
    fapi_j_text(b, "priceMatch", t->price_match);
    fapi_j_bool(b, "closePosition", t->close_position);
    fapi_j_bool(b, "priceProtect", t->price_protect);
    fapi_j_bool(b, "reduceOnly", t->reduce_only);
    put_trailing(b, y, t);
    fapi_j_i64(b, "createTime", o->time_ms);
    fapi_j_i64(b, "updateTime", o->update_ms);
    fapi_j_i64(b, "triggerTime", o->trigger_ms);
    fapi_j_i64(b, "goodTillDate", t->good_till_ms);
    fapi_put(b, "}");
}
