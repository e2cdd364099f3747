/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matching: what an order meets, and its fills.
 *
 *     reference (path price, or executable side) -> slippage to the adverse tick -> book levels -> eb_sim_execute()
 */
#include "venue/sim/internal.h"

/* The rounding of a price against an order side: a sale down, a purchase up, which is how backstops round. */
static bool round_adverse(const struct eb_instrument *inst, uint8_t side, eb_i128 num_e14, eb_price *out)
{
    return eb_round_away(inst, side == EB_SELL ? EB_LONG : EB_SHORT, num_e14, out);
}

eb_price eb_sim_slip(const struct eb_sim *sim, const struct eb_instrument *inst, uint8_t side, eb_price price)
{
    int64_t ppm = sim->config.slippage_ppm;
    eb_price out = {0};
    if (!round_adverse(inst, side, (eb_i128)price.e8 * (side == EB_SELL ? EB_PPM - ppm : EB_PPM + ppm), &out)) {
        return (eb_price){0};
    }
    return out;
}

static bool on_path(const struct sim_symbol *s, unsigned leg)
{
    return s->path[leg].price.e8 > 0;
}

eb_price eb_sim_reference(const struct sim_symbol *s, unsigned leg, uint8_t side, eb_price level)
{
    if (on_path(s, leg)) {
        return s->path[leg].segment && level.e8 > 0 ? level : s->path[leg].price;
    }
    eb_price executable = side == EB_SELL ? s->quote.bid : s->quote.ask;
    if (executable.e8 > 0) {
        return executable;
    }
    return s->quote.last.e8 > 0 ? s->quote.last : s->quote.mark;
}

/* ---- fills ------------------------------------------------------------------------------------------------------- */

static unsigned leg_of(const struct eb_sim *sim, const struct sim_order *o)
{
    return sim->account.hedge ? sim_leg(o->req.position_side) : 0;
}

/* One price's worth of an order, split where fill_max asks for it. */
static void fill_at(struct eb_sim *sim, struct sim_symbol *s, uint32_t index, eb_price price, eb_qty qty, bool maker)
{
    struct sim_order *o = &sim->order[index];
    int64_t piece = sim->config.fill_max.e8 > 0 ? sim->config.fill_max.e8 : qty.e8;
    int64_t least = (qty.e8 + SIM_FILLS_MAX - 1) / SIM_FILLS_MAX;
    piece = piece > least ? piece : least;
    int64_t step = s->inst.step.e8;
    piece = (piece + step - 1) / step * step;
    struct sim_execution x = {
        .order = o,
        .client_id = o->req.client_id,
        .venue_order_id = o->child_id != 0 ? o->child_id : o->id,
        .leg = leg_of(sim, o),
        .side = o->req.order_side,
        .maker = maker,
        .price = price,
    };
    for (int64_t left = qty.e8; left > 0; left -= x.qty.e8) {
        x.qty.e8 = left < piece ? left : piece;
        (void)eb_sim_execute(sim, s, &x);
    }
}

/* How far a taker may go: its own limit, and for market orders the venue's bound around the mark. */
static bool acceptable(const struct sim_symbol *s, const struct sim_order *o, bool limited, eb_price price)
{
    bool sell = o->req.order_side == EB_SELL;
    if (limited) {
        return sell ? price.e8 >= o->req.price.e8 : price.e8 <= o->req.price.e8;
    }
    int64_t bound = s->inst.market_take_bound_ppm;
    if (bound <= 0 || s->quote.mark.e8 <= 0) {
        return true;
    }
    eb_i128 edge = (eb_i128)s->quote.mark.e8 * (sell ? EB_PPM - bound : EB_PPM + bound);
    eb_i128 got = (eb_i128)price.e8 * EB_PPM;
    return sell ? got >= edge : got <= edge;
}

/* The best price for a taker: slippage may not carry a limit order beyond its limit. 0: nothing is there for it. */
static eb_price best_price(const struct eb_sim *sim, const struct sim_symbol *s, const struct sim_order *o,
                           bool limited)
{
    eb_price none = {0};
    eb_price reference = eb_sim_reference(s, leg_of(sim, o), o->req.order_side, o->req.level);
    if (reference.e8 <= 0 || (limited && !acceptable(s, o, true, reference))) {
        return none;
    }
    eb_price price = eb_sim_slip(sim, &s->inst, o->req.order_side, reference);
    return limited && !acceptable(s, o, true, price) ? o->req.price : price;
}

static void take(struct eb_sim *sim, struct sim_symbol *s, uint32_t index, eb_qty qty, bool limited)
{
    struct sim_order *o = &sim->order[index];
    eb_price best = best_price(sim, s, o, limited);
    if (best.e8 <= 0) {
        return;
    }
    bool bar = on_path(s, leg_of(sim, o));
    int64_t depth = bar ? 0 : s->depth.e8;
    if (depth <= 0) {
        if (bar || acceptable(s, o, limited, best)) {
            fill_at(sim, s, index, best, qty, false);
        }
        return;
    }
    int64_t sign = o->req.order_side == EB_SELL ? -1 : 1;
    int64_t *eaten = &s->eaten[o->req.order_side].e8;
    int64_t left = qty.e8;
    for (int levels = 0; left > 0 && levels < SIM_LEVELS_MAX; levels++) {
        eb_price price = {best.e8 + sign * (*eaten / depth) * s->inst.tick.e8};
        if (price.e8 <= 0 || !acceptable(s, o, limited, price)) {
            return;
        }
        int64_t here = depth - *eaten % depth;
        here = here < left ? here : left;
        fill_at(sim, s, index, price, (eb_qty){here}, false);
        *eaten += here;
        left -= here;
    }
}

/* A reduction never takes more than there is. */
static eb_qty clipped(const struct eb_sim *sim, const struct sim_symbol *s, const struct sim_order *o, eb_qty qty)
{
    unsigned leg = leg_of(sim, o);
    const struct sim_position *p = &s->position[leg];
    if (!eb_sim_order_reduces(sim, o, leg)) {
        return qty;
    }
    if (p->qty.e8 == 0 || o->req.order_side != sim_closing(p->side)) {
        return (eb_qty){0};
    }
    return qty.e8 < p->qty.e8 ? qty : p->qty;
}

static void finish(struct eb_sim *sim, struct sim_symbol *s, uint32_t index, size_t first)
{
    struct sim_order *o = &sim->order[index];
    bool full = o->filled.e8 >= o->req.qty.e8;
    eb_sim_order_close(sim, index, full ? EB_OS_FILLED : EB_OS_EXPIRED, 0);
    eb_sim_tell_execution(sim, o, first);
    if (sim->trade_count > first) {
        eb_sim_settle(sim, s, leg_of(sim, o));
    }
}

void eb_sim_match_market(struct eb_sim *sim, uint32_t index, eb_qty qty)
{
    struct sim_order *o = &sim->order[index];
    struct sim_symbol *s = &sim->symbol[o->req.symbol];
    size_t first = sim->trade_count;
    qty = clipped(sim, s, o, qty);
    if (qty.e8 > 0 && eb_sim_strikes(sim, EB_SIM_F_PARTIAL)) {
        qty = eb_sim_draw_part(sim, qty, s->inst.step);
    }
    if (qty.e8 > 0) {
        take(sim, s, index, qty, o->req.type == EB_ORDER_LIMIT_IOC);
    }
    finish(sim, s, index, first);
}

/* A GTC order takes what is better than its price; in bars its own price must be passed, not met. */
static bool crosses(const struct eb_sim *sim, const struct sim_symbol *s, const struct sim_order *o)
{
    unsigned leg = leg_of(sim, o);
    bool bar = on_path(s, leg);
    eb_price reference = bar ? s->path[leg].price : o->req.order_side == EB_SELL ? s->quote.bid : s->quote.ask;
    if (reference.e8 <= 0) {
        return false;
    }
    int64_t beyond = o->req.order_side == EB_SELL ? reference.e8 - o->req.price.e8 : o->req.price.e8 - reference.e8;
    return bar ? beyond > 0 : beyond >= 0;
}

void eb_sim_match_again(struct eb_sim *sim, uint32_t index)
{
    struct sim_order *o = &sim->order[index];
    struct sim_symbol *s = &sim->symbol[o->req.symbol];
    if (!crosses(sim, s, o)) {
        return;
    }
    size_t first = sim->trade_count;
    o->req.level = (eb_price){0}; /* a resting order meets the market, not its own level */
    take(sim, s, index, clipped(sim, s, o, sim_order_rest(o)), true);
    if (sim->trade_count == first) {
        return;
    }
    if (o->filled.e8 >= o->req.qty.e8) {
        eb_sim_order_close(sim, index, EB_OS_FILLED, 0);
    } else {
        o->state = EB_OS_PARTIAL;
    }
    eb_sim_tell_execution(sim, o, first);
    eb_sim_settle(sim, s, leg_of(sim, o));
}

void eb_sim_match_new(struct eb_sim *sim, uint32_t index)
{
    struct sim_order *o = &sim->order[index];
    if (o->req.type == EB_ORDER_LIMIT_GTC) {
        eb_sim_tell_order(sim, o);
        eb_sim_match_again(sim, index);
        return;
    }
    if (sim->config.ack_all) {
        eb_sim_tell_order(sim, o);
    }
    eb_sim_match_market(sim, index, o->req.qty);
}

eb_qty eb_sim_takeable(const struct eb_sim *sim, const struct eb_order_request *order)
{
    const struct sim_symbol *s = sim_symbol_of(sim, order->symbol);
    const struct sim_order probe = {.req = *order};
    eb_qty none = {0};
    if (s == NULL) {
        return none;
    }
    bool limited = order->type != EB_ORDER_MARKET;
    eb_price best = best_price(sim, s, &probe, limited);
    if (best.e8 <= 0 || !acceptable(s, &probe, limited, best)) {
        return none;
    }
    if (s->depth.e8 <= 0) {
        return order->qty;
    }
    int64_t sign = order->order_side == EB_SELL ? -1 : 1;
    int64_t eaten = s->eaten[order->order_side].e8;
    int64_t got = 0;
    for (int levels = 0; got < order->qty.e8 && levels < SIM_LEVELS_MAX; levels++) {
        eb_price price = {best.e8 + sign * ((eaten + got) / s->depth.e8) * s->inst.tick.e8};
        if (price.e8 <= 0 || !acceptable(s, &probe, limited, price)) {
            break;
        }
        got += s->depth.e8 - (eaten + got) % s->depth.e8;
    }
    return (eb_qty){got < order->qty.e8 ? got : order->qty.e8};
}

void eb_sim_fill_some(struct eb_sim *sim, uint32_t index, eb_qty qty)
{
    struct sim_order *o = &sim->order[index];
    struct sim_symbol *s = &sim->symbol[o->req.symbol];
    size_t first = sim->trade_count;
    qty = clipped(sim, s, o, qty);
    if (qty.e8 <= 0) {
        return;
    }
    fill_at(sim, s, index, o->req.price, qty, true);
    if (o->filled.e8 >= o->req.qty.e8) {
        finish(sim, s, index, first);
        return;
    }
    o->state = EB_OS_PARTIAL;
    eb_sim_tell_execution(sim, o, first);
    eb_sim_settle(sim, s, leg_of(sim, o));
}

void eb_sim_fill_resting(struct eb_sim *sim, uint32_t index, bool whole)
{
    struct sim_order *o = &sim->order[index];
    struct sim_symbol *s = &sim->symbol[o->req.symbol];
    size_t first = sim->trade_count;
    eb_qty qty = clipped(sim, s, o, sim_order_rest(o));
    if (!whole && qty.e8 > 0 && eb_sim_strikes(sim, EB_SIM_F_PARTIAL)) {
        qty = eb_sim_draw_part(sim, qty, s->inst.step);
    }
    if (qty.e8 > 0) {
        fill_at(sim, s, index, o->req.price, qty, true);
    }
    if (o->filled.e8 < o->req.qty.e8 && qty.e8 > 0) {
        o->state = EB_OS_PARTIAL;
        eb_sim_tell_execution(sim, o, first);
        eb_sim_settle(sim, s, leg_of(sim, o));
        return;
    }
    finish(sim, s, index, first);
}
