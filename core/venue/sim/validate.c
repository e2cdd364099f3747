/* SPDX-License-Identifier: Apache-2.0 */
/* What the venue refuses, in the order in which it looks: mode, form, filters, limits, position. Codes: codes.c. */
#include "venue/sim/internal.h"

#include <string.h>

/* More decimals than the grid has are another mistake (-1111) than a value between two grid points. */
static bool too_precise(int64_t value, int64_t grid)
{
    int64_t unit = 1;
    while (unit < EB_E8 && grid % (unit * 10) == 0) {
        unit *= 10;
    }
    return value % unit != 0;
}

static int32_t check_qty(eb_qty qty, eb_qty step, eb_qty min, eb_qty max)
{
    if (qty.e8 <= 0) {
        return -4003;
    }
    if (too_precise(qty.e8, step.e8)) {
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

static int32_t check_lot(const struct eb_instrument *inst, eb_qty qty)
{
    return check_qty(qty, inst->step, inst->min_qty, inst->max_qty);
}

int32_t eb_sim_validate_market_qty(const struct eb_instrument *inst, eb_qty qty)
{
    eb_qty step = inst->market_step.e8 > 0 ? inst->market_step : inst->step;
    eb_qty min = inst->market_min_qty.e8 > 0 ? inst->market_min_qty : inst->min_qty;
    eb_qty max = inst->market_max_qty.e8 > 0 ? inst->market_max_qty : inst->max_qty;
    return check_qty(qty, step, min, max);
}

static int32_t check_price(const struct eb_instrument *inst, eb_price price, bool trigger)
{
    if (price.e8 <= 0) {
        return trigger ? -4006 : -4001;
    }
    if (too_precise(price.e8, inst->tick.e8)) {
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

static int32_t check_mode(const struct eb_sim *sim, const struct eb_order_request *req)
{
    if (!sim->account.hedge) {
        return req->position_side != EB_PS_BOTH ? -4061 : 0;
    }
    if (req->position_side != EB_PS_LONG && req->position_side != EB_PS_SHORT) {
        return -4061;
    }
    return req->reduce_only ? -1106 : 0;
}

static int32_t check_form(const struct sim_symbol *s, const struct eb_order_request *req)
{
    if (req->close_position) {
        if (req->type != EB_ORDER_STOP_MARKET) {
            return -4136;
        }
        if (req->qty.e8 != 0) {
            return -4137;
        }
    }
    switch ((enum eb_order_type)req->type) {
    case EB_ORDER_MARKET:
        return eb_sim_validate_market_qty(&s->inst, req->qty);
    case EB_ORDER_LIMIT_IOC:
    case EB_ORDER_LIMIT_GTC: {
        int32_t code = check_price(&s->inst, req->price, false);
        if (code != 0) {
            return code;
        }
        if (s->quote.mark.e8 > 0 &&
            !eb_percent_price_ok(&s->inst, (enum eb_order_side)req->order_side, req->price, s->quote.mark)) {
            return req->order_side == EB_BUY ? -4016 : -4024;
        }
        return check_lot(&s->inst, req->qty);
    }
    case EB_ORDER_STOP_MARKET: {
        int32_t code = check_price(&s->inst, req->trigger, true);
        return code != 0 || req->close_position ? code : check_lot(&s->inst, req->qty);
    }
    }
    return -1102;
}

int32_t eb_sim_validate_band(const struct sim_symbol *s, unsigned leg, uint8_t side)
{
    if (s->path[leg].price.e8 > 0 || s->quote.mark.e8 <= 0) {
        return 0;
    }
    eb_price best = eb_sim_reference(s, leg, side, (eb_price){0});
    return best.e8 > 0 && !eb_percent_price_ok(&s->inst, (enum eb_order_side)side, best, s->quote.mark) ? -4131 : 0;
}

static int32_t check_limits(const struct eb_sim *sim, const struct sim_symbol *s, const struct eb_order_request *req)
{
    bool conditional = req->type == EB_ORDER_STOP_MARKET;
    for (uint32_t i = s->first; i != SIM_NONE && sim_id_is_ours(&req->client_id); i = sim->order[i].next) {
        const struct sim_order *o = &sim->order[i];
        if (o->conditional == conditional && memcmp(&o->req.client_id, &req->client_id, sizeof(req->client_id)) == 0) {
            return -4116;
        }
    }
    if (conditional) {
        return sim->conditional_open >= sim->config.slots_max ? -4045 : 0;
    }
    uint32_t max = s->inst.max_orders > 0 ? s->inst.max_orders : sim->config.orders_per_symbol_max;
    return s->regular_open >= max ? -2025 : 0;
}

/* A second closePosition order of the same direction, or one that has nothing to close. */
static int32_t check_close_position(const struct eb_sim *sim, const struct sim_symbol *s,
                                    const struct eb_order_request *req, unsigned leg)
{
    const struct sim_position *p = &s->position[leg];
    if (p->qty.e8 == 0 || req->order_side != sim_closing(p->side)) {
        return -4509;
    }
    for (uint32_t i = s->first; i != SIM_NONE; i = sim->order[i].next) {
        const struct sim_order *o = &sim->order[i];
        if (o->conditional && o->req.close_position && o->req.order_side == req->order_side &&
            o->req.position_side == req->position_side) {
            return -4130;
        }
    }
    return 0;
}

static int32_t check_stop(const struct eb_sim *sim, const struct sim_symbol *s, const struct eb_order_request *req,
                          unsigned leg)
{
    eb_price mark = s->quote.mark;
    if (s->path[leg].price.e8 > 0) {
        mark = s->path[leg].price;
    }
    bool crossed = req->order_side == EB_SELL ? mark.e8 <= req->trigger.e8 : mark.e8 >= req->trigger.e8;
    if (mark.e8 > 0 && crossed) {
        return -2021;
    }
    return req->close_position ? check_close_position(sim, s, req, leg) : 0;
}

/* MIN_NOTIONAL asks reductions nothing in one-way mode. Hedge mode has no reductions by name: there only the exact rest
 * of a leg may be smaller, for it could not be closed otherwise. */
static int32_t check_notional(const struct eb_sim *sim, const struct sim_symbol *s, const struct eb_order_request *req,
                              unsigned leg)
{
    if (req->reduce_only || s->inst.min_notional.e8 <= 0) {
        return 0;
    }
    if (sim->account.hedge && req->order_side == sim_closing(leg == 0 ? EB_LONG : EB_SHORT) &&
        req->qty.e8 == s->position[leg].qty.e8) {
        return 0;
    }
    eb_price price = req->price;
    if (req->type == EB_ORDER_MARKET) {
        price = eb_sim_reference(s, leg, req->order_side, req->level);
        bool by_gap = s->path[leg].price.e8 > 0 && req->level.e8 > price.e8; /* in bars legs count at their own price */
        price = by_gap ? req->level : price;
    }
    return price.e8 > 0 && !eb_notional_ok(&s->inst, price, req->qty) ? -4164 : 0;
}

static int32_t check_position(const struct eb_sim *sim, const struct sim_symbol *s, const struct eb_order_request *req,
                              unsigned leg)
{
    const struct sim_position *p = &s->position[leg];
    bool closes_leg = sim->account.hedge && req->order_side == sim_closing(leg == 0 ? EB_LONG : EB_SHORT);
    if (req->reduce_only || closes_leg) {
        if (p->qty.e8 == 0 || req->order_side != sim_closing(p->side)) {
            return -2022;
        }
        bool cut = sim->config.clip_reduce && req->reduce_only && req->type == EB_ORDER_MARKET;
        return !cut && req->qty.e8 > eb_sim_free_to_close(sim, s, leg).e8 ? -2022 : 0;
    }
    eb_price price = req->type == EB_ORDER_MARKET ? eb_sim_reference(s, leg, req->order_side, req->level) : req->price;
    if (price.e8 <= 0) {
        return -1112;
    }
    int32_t code = 0;
    return eb_sim_can_trade(sim, s, leg, req->order_side, price, req->qty, s->leverage_ppm, &code) ? 0 : code;
}

int32_t eb_sim_validate(const struct eb_sim *sim, const struct eb_order_request *req)
{
    const struct sim_symbol *s = sim_symbol_of(sim, req->symbol);
    if (s == NULL) {
        return -1121;
    }
    if (!s->inst.trading) {
        return -1122;
    }
    int32_t code = check_mode(sim, req);
    if (code == 0) {
        code = check_form(s, req);
    }
    if (code == 0) {
        code = check_limits(sim, s, req);
    }
    unsigned leg = sim->account.hedge ? sim_leg(req->position_side) : 0;
    if (code != 0) {
        return code;
    }
    if (req->type == EB_ORDER_STOP_MARKET) {
        return check_stop(sim, s, req, leg);
    }
    code = check_notional(sim, s, req, leg);
    if (code == 0) {
        code = check_position(sim, s, req, leg);
    }
    if (code == 0 && req->type == EB_ORDER_MARKET) {
        code = eb_sim_reference(s, leg, req->order_side, req->level).e8 <= 0
                   ? -1112
                   : eb_sim_validate_band(s, leg, req->order_side);
    }
    return code;
}

/* ---- orders under ids of the caller ------------------------------------------------------------------------------ */

int32_t eb_sim_validate_whole(const struct eb_sim *sim, const struct eb_order_request *req)
{
    const struct sim_symbol *s = sim_symbol_of(sim, req->symbol);
    if (s == NULL) {
        return -1121;
    }
    int32_t code = s->inst.trading ? check_mode(sim, req) : -1122;
    unsigned leg = sim->account.hedge ? sim_leg(req->position_side) : 0;
    const struct sim_position *p = &s->position[leg];
    if (code != 0) {
        return code;
    }
    if (p->qty.e8 == 0 || req->order_side != sim_closing(p->side) || req->qty.e8 > p->qty.e8) {
        return -2022;
    }
    return eb_sim_reference(s, leg, req->order_side, (eb_price){0}).e8 <= 0
               ? -1112
               : eb_sim_validate_band(s, leg, req->order_side);
}

int32_t eb_sim_validate_amend(const struct eb_sim *sim, const struct sim_order *o, eb_price price, eb_qty qty)
{
    const struct sim_symbol *s = &sim->symbol[o->req.symbol];
    unsigned leg = sim->account.hedge ? sim_leg(o->req.position_side) : 0;
    eb_qty rest = {qty.e8 - o->filled.e8};
    if (eb_sim_order_reduces(sim, o, leg)) {
        return rest.e8 > eb_sim_free_to_close(sim, s, leg).e8 + sim_order_rest(o).e8 ? -2022 : 0;
    }
    int32_t code = 0;
    return eb_sim_can_trade(sim, s, leg, o->req.order_side, price, rest, s->leverage_ppm, &code) ? 0 : code;
}
