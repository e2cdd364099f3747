/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the exchange refuses before its matching engine looks: names, mode, form, precision, grid. What depends on the
 * position, the margin or the book is eb_sim's to say.
 */
#include "venue/fapi/book.h"

#include <string.h>

#define GTD_AHEAD_MS INT64_C(600000)
#define GTD_MAX_MS INT64_C(253402300799000)

unsigned fapi_leg(const struct fapi_account *a, const struct fapi_terms *t)
{
    return fapi_hedge(a) && t->position_side == EB_PS_SHORT ? 1 : 0;
}

bool fapi_closes(const struct fapi_account *a, const struct fapi_terms *t)
{
    if (!fapi_hedge(a)) {
        return t->reduce_only || t->close_position;
    }
    return t->side == (t->position_side == EB_PS_SHORT ? EB_BUY : EB_SELL);
}

static bool name_ok(const char *name)
{
    static const char marks[] = ".:/_-";
    for (const char *c = name; *c != '\0'; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
        if (!letter && strchr(marks, *c) == NULL) {
            return false;
        }
    }
    return true; /* its length is bounded by where it lies */
}

static int32_t check_symbol(const struct fapi_symbol *y)
{
    if (strcmp(y->status, "CLOSE") == 0) {
        return -4141;
    }
    return y->inst.trading ? 0 : -1122;
}

int32_t fapi_check_common(const struct fapi_account *a, const struct fapi_terms *t)
{
    if (t->symbol >= a->symbols) {
        return -1121;
    }
    if (!a->can_trade) {
        return -2015;
    }
    int32_t code = check_symbol(fapi_symbol_at(a->f, t->symbol));
    if (code != 0) {
        return code;
    }
    bool hedge = fapi_hedge(a);
    if (hedge == (t->position_side == EB_PS_BOTH)) {
        return -4061;
    }
    if (t->reduce_only && (hedge || t->close_position)) {
        return -1106;
    }
    if (!name_ok(t->client_id)) {
        return -4015;
    }
    int64_t now_ms = eb_fapi_now_ms(a->f);
    bool dated = t->good_till_ms > now_ms + GTD_AHEAD_MS && t->good_till_ms < GTD_MAX_MS;
    return t->tif == FAPI_GTD && !dated ? -5040 : 0;
}

/* ---- grid -------------------------------------------------------------------------------------------------------- */

/* The unit of the last decimal that may be written: that of the precision, or of the grid where it is the finer. */
static int64_t unit_of(int precision, int64_t grid_e8)
{
    int64_t unit = EB_E8;
    for (int i = 0; i < precision && unit > 1; i++) {
        unit /= 10;
    }
    while (unit > 1 && grid_e8 % unit != 0) {
        unit /= 10;
    }
    return unit;
}

int32_t fapi_check_price(const struct fapi_symbol *y, eb_price price, bool trigger)
{
    const struct eb_ev_instrument *inst = &y->inst;
    if (price.e8 <= 0) {
        return trigger ? -4006 : -4001;
    }
    if (price.e8 % unit_of(y->price_precision, inst->tick.e8) != 0) {
        return -1111;
    }
    if (inst->max_price.e8 > 0 && price.e8 > inst->max_price.e8) {
        return trigger ? -4007 : -4002;
    }
    if (price.e8 < inst->min_price.e8) {
        return -4013;
    }
    return price.e8 % inst->tick.e8 != 0 ? -4014 : 0;
}

int32_t fapi_check_qty(const struct fapi_symbol *y, eb_qty qty, bool market)
{
    const struct eb_ev_instrument *inst = &y->inst;
    eb_qty step = market && inst->market_step.e8 > 0 ? inst->market_step : inst->step;
    eb_qty min = market && inst->market_min_qty.e8 > 0 ? inst->market_min_qty : inst->min_qty;
    eb_qty max = market && inst->market_max_qty.e8 > 0 ? inst->market_max_qty : inst->max_qty;
    if (qty.e8 <= 0) {
        return -4003;
    }
    if (qty.e8 % unit_of(y->quantity_precision, step.e8) != 0) {
        return -1111;
    }
    if (qty.e8 < min.e8) {
        return -4004;
    }
    if (max.e8 > 0 && qty.e8 > max.e8) {
        return -4005;
    }
    return qty.e8 % step.e8 != 0 ? -4023 : 0;
}

int32_t fapi_check_band(const struct fapi_symbol *y, uint8_t side, eb_price price, eb_price reference)
{
    const struct eb_ev_instrument *inst = &y->inst;
    if (reference.e8 <= 0) {
        return 0;
    }
    eb_i128 asked = (eb_i128)price.e8 * EB_PPM;
    if (side == EB_BUY) {
        return inst->percent_up_ppm > 0 && asked > (eb_i128)reference.e8 * inst->percent_up_ppm ? -4016 : 0;
    }
    return inst->percent_down_ppm > 0 && asked < (eb_i128)reference.e8 * inst->percent_down_ppm ? -4024 : 0;
}

/* ---- regular orders ---------------------------------------------------------------------------------------------- */

/* priceMatch names a level of the book instead of a price. */
static int32_t match_price(const struct fapi_symbol *y, struct fapi_terms *t)
{
    static const struct {
        const char *name;
        bool queue;
        int64_t level;
    } matches[] = {{"OPPONENT", false, 0},     {"OPPONENT_5", false, 4}, {"OPPONENT_10", false, 9},
                   {"OPPONENT_20", false, 19}, {"QUEUE", true, 0},       {"QUEUE_5", true, 4},
                   {"QUEUE_10", true, 9},      {"QUEUE_20", true, 19}};
    if (t->price_match[0] == '\0' || strcmp(t->price_match, "NONE") == 0) {
        return 0;
    }
    for (size_t i = 0; i < EB_COUNT(matches); i++) {
        if (strcmp(matches[i].name, t->price_match) != 0) {
            continue;
        }
        bool bids = (t->side == EB_BUY) == matches[i].queue;
        eb_price best = bids ? y->quote_now.bid : y->quote_now.ask;
        t->price.e8 = best.e8 + (bids ? -1 : 1) * matches[i].level * y->inst.tick.e8;
        return best.e8 <= 0 || t->price.e8 <= 0 ? -5041 : 0;
    }
    return -5037;
}

static bool crosses(const struct fapi_symbol *y, const struct fapi_terms *t)
{
    if (t->side == EB_BUY) {
        return y->quote_now.ask.e8 > 0 && t->price.e8 >= y->quote_now.ask.e8;
    }
    return y->quote_now.bid.e8 > 0 && t->price.e8 <= y->quote_now.bid.e8;
}

int32_t fapi_check_limit(const struct fapi_symbol *y, struct fapi_terms *t)
{
    int32_t code = t->price.e8 > 0 && t->price_match[0] != '\0' && strcmp(t->price_match, "NONE") != 0 ? -1106 : 0;
    code = code == 0 ? match_price(y, t) : code;
    code = code == 0 ? fapi_check_price(y, t->price, false) : code;
    code = code == 0 ? fapi_check_qty(y, t->qty, false) : code;
    code = code == 0 ? fapi_check_band(y, t->side, t->price, y->quote_now.mark) : code;
    return code == 0 && t->tif == FAPI_GTX && crosses(y, t) ? -5022 : code;
}

int32_t fapi_check_order(struct fapi_account *a, struct fapi_terms *t)
{
    int32_t code = fapi_check_common(a, t);
    if (code != 0) {
        return code;
    }
    const struct fapi_symbol *y = fapi_symbol_at(a->f, t->symbol);
    switch ((enum fapi_type)t->type) {
    case FAPI_MARKET:
        if (t->price_match[0] != '\0' && strcmp(t->price_match, "NONE") != 0) {
            code = -5038;
        } else {
            code = fapi_check_qty(y, t->qty, true);
        }
        break;
    case FAPI_LIMIT:
        code = fapi_check_limit(y, t);
        break;
    case FAPI_STOP:
    case FAPI_STOP_MARKET:
    case FAPI_TAKE_PROFIT:
    case FAPI_TAKE_PROFIT_MARKET:
    case FAPI_TRAILING:
        return -4120;
    case FAPI_LIQUIDATION:
        return -1116;
    }
    if (code == 0 && t->close_position) {
        code = -4136;
    }
    if (code == 0 && t->client_id[0] != '\0' && fapi_order_open_named(a, t->symbol, t->client_id) != NULL) {
        code = -4116;
    }
    return code;
}
