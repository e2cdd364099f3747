/* SPDX-License-Identifier: Apache-2.0 */
/* exchangeInfo: limits, assets, and every symbol with its filters as they are now. */
#include "venue/fapi/api.h"

#include <string.h>

#define PERPETUAL_MS INT64_C(4133404800000)
#define ASSETS_MAX 16
#define PPM_E8 (EB_E8 / EB_PPM)

static void put_filter(struct eb_buffer *b, const char *type)
{
    fapi_j_open(b, "{");
    fapi_j_text(b, "filterType", type);
}

static void put_lot(struct eb_buffer *b, const char *type, eb_qty min, eb_qty max, eb_qty step)
{
    put_filter(b, type);
    fapi_j_e8(b, "minQty", min.e8, 0);
    fapi_j_e8(b, "maxQty", max.e8, 0);
    fapi_j_e8(b, "stepSize", step.e8, 0);
    fapi_put(b, "}");
}

static eb_qty either(eb_qty market, eb_qty other)
{
    return market.e8 > 0 ? market : other;
}

static void put_filters(struct eb_buffer *b, const struct eb_ev_instrument *i)
{
    fapi_j_key(b, "filters");
    fapi_put(b, "[");
    put_filter(b, "PRICE_FILTER");
    fapi_j_e8(b, "minPrice", i->min_price.e8, 0);
    fapi_j_e8(b, "maxPrice", i->max_price.e8, 0);
    fapi_j_e8(b, "tickSize", i->tick.e8, 0);
    fapi_put(b, "}");
    put_lot(b, "LOT_SIZE", i->min_qty, i->max_qty, i->step);
    put_lot(b, "MARKET_LOT_SIZE", either(i->market_min_qty, i->min_qty), either(i->market_max_qty, i->max_qty),
            either(i->market_step, i->step));
    put_filter(b, "MAX_NUM_ORDERS");
    fapi_j_i64(b, "limit", i->max_orders != 0 ? i->max_orders : 200);
    fapi_put(b, "}");
    put_filter(b, "MIN_NOTIONAL");
    fapi_j_e8(b, "notional", i->min_notional.e8, 0);
    fapi_put(b, "}");
    if (i->percent_up_ppm > 0) {
        put_filter(b, "PERCENT_PRICE");
        fapi_j_e8(b, "multiplierUp", i->percent_up_ppm * PPM_E8, 4);
        fapi_j_e8(b, "multiplierDown", i->percent_down_ppm * PPM_E8, 4);
        fapi_j_text(b, "multiplierDecimal", "4");
        fapi_put(b, "}");
    }
    put_filter(b, "POSITION_RISK_CONTROL");
    fapi_j_text(b, "positionControlSide", "NONE");
    fapi_j_text(b, "notional", "0");
    fapi_put(b, "}]");
}

void fapi_json_symbol(struct eb_buffer *b, const struct fapi_symbol *y)
{
    int64_t maintenance_ppm = y->inst.maintenance_ppm > 0 ? y->inst.maintenance_ppm : 25000;
    fapi_j_open(b, "{");
    fapi_j_text(b, "symbol", y->inst.symbol);
    fapi_j_text(b, "pair", y->pair);
    fapi_j_text(b, "contractType", y->contract);
    fapi_j_i64(b, "deliveryDate", PERPETUAL_MS);
    fapi_j_i64(b, "onboardDate", y->onboard_ms);
    fapi_j_text(b, "status", y->status);
    fapi_j_e8(b, "maintMarginPercent", maintenance_ppm * 100 * PPM_E8, 4);
    fapi_j_e8(b, "requiredMarginPercent", maintenance_ppm * 200 * PPM_E8, 4);
    fapi_j_text(b, "baseAsset", y->base);
    fapi_j_text(b, "quoteAsset", y->quote);
    fapi_j_text(b, "marginAsset", y->margin);
    fapi_j_i64(b, "pricePrecision", y->price_precision);
    fapi_j_i64(b, "quantityPrecision", y->quantity_precision);
    fapi_put(b, ",\"baseAssetPrecision\":8,\"quotePrecision\":8,\"underlyingType\":\"COIN\",\"underlyingSubType\":[],"
                "\"triggerProtect\":\"0.0500\",\"liquidationFee\":\"0.012500\"");
    fapi_j_e8(b, "marketTakeBound",
              (y->inst.market_take_bound_ppm > 0 ? y->inst.market_take_bound_ppm : 50000) * PPM_E8, 2);
    fapi_put(b, ",\"maxMoveOrderLimit\":10000");
    put_filters(b, &y->inst);
    fapi_put(b, ",\"orderTypes\":[\"LIMIT\",\"MARKET\",\"STOP\",\"STOP_MARKET\",\"TAKE_PROFIT\",\"TAKE_PROFIT_MARKET\","
                "\"TRAILING_STOP_MARKET\"],\"timeInForce\":[\"GTC\",\"IOC\",\"FOK\",\"GTX\",\"GTD\"],"
                "\"permissionSets\":[\"GRID\",\"COPY\",\"RPI\"]}");
}

static void put_assets(struct fapi_call *c)
{
    const char *seen[ASSETS_MAX];
    size_t count = 0;
    fapi_j_key(c->out, "assets");
    fapi_put(c->out, "[");
    for (uint32_t i = 0; i < fapi_symbol_count(c->f) && count < ASSETS_MAX; i++) {
        const char *asset = fapi_symbol_at(c->f, i)->margin;
        bool known = false;
        for (size_t k = 0; k < count; k++) {
            known = known || strcmp(seen[k], asset) == 0;
        }
        if (!known) {
            seen[count++] = asset;
            fapi_j_open(c->out, "{");
            fapi_j_text(c->out, "asset", asset);
            fapi_j_bool(c->out, "marginAvailable", true);
            fapi_j_text(c->out, "autoAssetExchange", "-10000");
            fapi_put(c->out, "}");
        }
    }
    fapi_put(c->out, "]");
}

static void put_limit(struct eb_buffer *b, const char *type, const char *interval, int64_t num, int64_t limit)
{
    fapi_j_open(b, "{");
    fapi_j_text(b, "rateLimitType", type);
    fapi_j_text(b, "interval", interval);
    fapi_j_i64(b, "intervalNum", num);
    fapi_j_i64(b, "limit", limit);
    fapi_put(b, "}");
}

void fapi_do_exchange_info(struct fapi_call *c)
{
    struct eb_buffer *b = c->out;
    struct fapi_caps caps = fapi_limits_caps(c->f);
    fapi_put(b, "{\"timezone\":\"UTC\"");
    fapi_j_i64(b, "serverTime", eb_fapi_now_ms(c->f));
    fapi_put(b, ",\"futuresType\":\"U_MARGINED\",\"rateLimits\":[");
    put_limit(b, "REQUEST_WEIGHT", "MINUTE", 1, caps.weight_1m);
    put_limit(b, "ORDERS", "MINUTE", 1, caps.orders_1m);
    put_limit(b, "ORDERS", "SECOND", 10, caps.orders_10s);
    fapi_put(b, "],\"exchangeFilters\":[]");
    put_assets(c);
    fapi_j_key(b, "symbols");
    fapi_put(b, "[");
    for (uint32_t i = 0; i < fapi_symbol_count(c->f); i++) {
        fapi_json_symbol(b, fapi_symbol_at(c->f, i));
    }
    fapi_put(b, "]}");
}
