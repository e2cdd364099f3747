/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Positions, wallet, margin, liquidation: what a trade does to them, exactly.
 *
 *     eb_sim_execute(): one execution -> position (average entry, pnl) -> wallet -> trail
 *
 * Rounding (semantics 11): entry half even at 1e-8 of the exact quotient, pnl floored at 1e-8 per fill, fees ceiled at
 * 1e-8, liquidation price to the tick nearer entry.
 */
#include "venue/sim/internal.h"

#include <string.h>

#define E16_PER_E8 ((eb_i128)EB_E8)

static bool mul(eb_i128 a, eb_i128 b, eb_i128 *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

static int64_t gcd(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static eb_i128 notional_e16(eb_price price, eb_qty qty)
{
    return (eb_i128)price.e8 * qty.e8;
}

/* Fits: both are bounded by eb_sim_can_trade(). */
static int64_t to_e8(eb_i128 value_e16, enum eb_round mode)
{
    int64_t out = 0;
    bool fits = eb_div_i64(value_e16, E16_PER_E8, mode, &out);
    EB_ASSERT(fits);
    return out;
}

/* ---- margin and liquidation -------------------------------------------------------------------------------------- */

static const struct eb_sim_tier *tier_of(const struct sim_symbol *s, eb_i128 cost_e16)
{
    unsigned i = 0;
    while (i + 1u < s->tier_count && s->tier[i].cap.e8 > 0 && cost_e16 > (eb_i128)s->tier[i].cap.e8 * EB_E8) {
        i++;
    }
    return &s->tier[i];
}

static int64_t margin_e8(const struct sim_position *p, enum eb_round mode)
{
    if (p->qty.e8 == 0) {
        return 0;
    }
    eb_i128 cost = notional_e16(p->entry, p->qty);
    eb_i128 product;
    int64_t out = 0;
    bool fits = mul(cost, EB_PPM, &product) ? eb_div_i64(product, E16_PER_E8 * p->leverage_ppm, mode, &out)
                                            : eb_mul_div(to_e8(cost, mode), EB_PPM, p->leverage_ppm, mode, &out);
    EB_ASSERT(fits);
    return out + p->extra.e8;
}

/*
 * price = (q * entry -/+ (margin + cum)) / (q * (1 -/+ rate)), upper signs LONG, with the margin exact: all is
 * multiplied by the reduced leverage l / m. Where that leaves the range of the integers (notionals beyond any real
 * one) the margin as rounded stands in for it.
 */
static bool liquidation_terms(const struct sim_position *p, const struct eb_sim_tier *tier, bool exact, eb_i128 *num,
                              eb_i128 *den)
{
    int64_t sign = p->side == EB_LONG ? -1 : 1;
    int64_t common = gcd(p->leverage_ppm, EB_PPM);
    int64_t l = exact ? p->leverage_ppm / common : 1;
    int64_t m = exact ? EB_PPM / common : 0;
    int64_t fixed = tier->cum.e8 + (exact ? p->extra.e8 : p->margin.e8);
    eb_i128 cost, cushion, sum;
    if (!mul(notional_e16(p->entry, p->qty), l + sign * m, &cost) || !mul((eb_i128)fixed * EB_E8, l, &cushion) ||
        __builtin_add_overflow(cost, sign * cushion, &sum) || !mul(sum, EB_PPM, num)) {
        return false;
    }
    eb_i128 size;
    return mul((eb_i128)p->qty.e8, l, &size) && mul(size, EB_PPM + sign * tier->maintenance_ppm, den);
}

static eb_price liquidation_price(const struct sim_symbol *s, const struct sim_position *p)
{
    eb_price none = {0};
    if (p->qty.e8 == 0) {
        return none;
    }
    const struct eb_sim_tier *tier = tier_of(s, notional_e16(p->entry, p->qty));
    eb_i128 num, den;
    if (!liquidation_terms(p, tier, true, &num, &den) && !liquidation_terms(p, tier, false, &num, &den)) {
        return none;
    }
    if (num <= 0 || den <= 0) {
        return none; /* the margin covers a fall to zero */
    }
    /* Up for LONG and down for SHORT, twice: to 1e-8 and then to the tick, which is the same as once. */
    int64_t price;
    eb_price out;
    if (!eb_div_i64(num, den, p->side == EB_LONG ? EB_ROUND_CEIL : EB_ROUND_FLOOR, &price) ||
        !eb_round_stop(&s->inst, (enum eb_side)p->side, (eb_i128)price * EB_PPM, &out)) {
        return none;
    }
    return out;
}

static void position_price(const struct sim_symbol *s, struct sim_position *p)
{
    p->margin.e8 = margin_e8(p, EB_ROUND_HALF_EVEN);
    p->liquidation = s->cross ? (eb_price){0} : liquidation_price(s, p); /* cross: the account's affair, cross.c */
}

int64_t eb_sim_maintenance_of(const struct sim_symbol *s, const struct sim_position *p, eb_price price,
                              int64_t *rate_ppm, int64_t *cum_e8)
{
    const struct eb_sim_tier *tier = tier_of(s, notional_e16(price, p->qty));
    *rate_ppm = tier->maintenance_ppm;
    *cum_e8 = p->qty.e8 > 0 ? tier->cum.e8 : 0;
    eb_i128 product;
    int64_t out = 0;
    if (!mul(notional_e16(price, p->qty), tier->maintenance_ppm, &product) ||
        !eb_div_i64(product, E16_PER_E8 * EB_PPM, EB_ROUND_HALF_EVEN, &out)) {
        return INT64_MAX / 4; /* beyond any account */
    }
    return out > *cum_e8 ? out - *cum_e8 : 0;
}

int64_t eb_sim_unrealized_of(const struct sim_position *p, eb_price price)
{
    int64_t gain = p->side == EB_LONG ? price.e8 - p->entry.e8 : p->entry.e8 - price.e8;
    int64_t out = 0;
    if (p->qty.e8 == 0) {
        return 0;
    }
    if (!eb_div_i64((eb_i128)gain * p->qty.e8, E16_PER_E8, EB_ROUND_FLOOR, &out)) {
        return gain < 0 ? -(INT64_MAX / 4) : INT64_MAX / 4;
    }
    return out;
}

void eb_sim_position_refresh(struct eb_sim *sim, const struct sim_symbol *s, struct sim_position *p)
{
    int64_t before = p->margin.e8;
    position_price(s, p);
    sim->account.margin.e8 += p->margin.e8 - before;
    sim->account.cross_margin += s->cross ? p->margin.e8 - before : 0;
}

bool eb_sim_leverage_ok(const struct sim_symbol *s, const struct sim_position *p)
{
    struct sim_position probe = *p;
    position_price(s, &probe);
    if (probe.qty.e8 == 0 || probe.liquidation.e8 == 0) {
        return true;
    }
    return probe.side == EB_LONG ? probe.liquidation.e8 < probe.entry.e8 : probe.liquidation.e8 > probe.entry.e8;
}

/* ---- trades ------------------------------------------------------------------------------------------------------ */

static int64_t fee_e8(const struct eb_sim *sim, eb_price price, eb_qty qty, bool maker)
{
    int64_t ppm = maker ? sim->config.fee_maker_ppm : sim->config.fee_taker_ppm;
    int64_t out = 0;
    bool fits = eb_div_i64(notional_e16(price, qty) * ppm, E16_PER_E8 * EB_PPM, EB_ROUND_CEIL, &out);
    EB_ASSERT(fits);
    return out;
}

static int64_t pnl_e8(const struct sim_position *p, eb_price price, eb_qty qty)
{
    int64_t gain = p->side == EB_LONG ? price.e8 - p->entry.e8 : p->entry.e8 - price.e8;
    return to_e8((eb_i128)gain * qty.e8, EB_ROUND_FLOOR);
}

struct effect {
    eb_qty closed, opened;
    int64_t pnl_e8;
};

static void reduce(struct sim_position *p, eb_price price, eb_qty qty, struct effect *effect)
{
    effect->closed = (eb_qty){qty.e8 < p->qty.e8 ? qty.e8 : p->qty.e8};
    effect->pnl_e8 = pnl_e8(p, price, effect->closed);
    eb_qty left = {p->qty.e8 - effect->closed.e8};
    /* Margin added by hand leaves with what is closed; a part of it always fits. */
    p->extra.e8 = (int64_t)eb_div_round((eb_i128)p->extra.e8 * left.e8, p->qty.e8, EB_ROUND_FLOOR);
    p->qty = left;
    p->cost_e16 = notional_e16(p->entry, p->qty);
}

static void increase(struct sim_position *p, enum eb_side side, eb_price price, eb_qty qty)
{
    p->cost_e16 += notional_e16(price, qty);
    p->qty.e8 += qty.e8;
    p->side = (uint8_t)side;
    int64_t entry = 0;
    bool fits = eb_div_i64(p->cost_e16, p->qty.e8, EB_ROUND_HALF_EVEN, &entry);
    EB_ASSERT(fits); /* an average lies between its parts */
    p->entry.e8 = entry;
}

/* The arithmetic of one trade on a position, nothing else: in one-way mode what exceeds it opens the other side. */
static struct effect apply(struct sim_position *p, uint8_t order_side, eb_price price, eb_qty qty, int64_t leverage_ppm)
{
    struct effect effect = {0};
    enum eb_side side = order_side == EB_BUY ? EB_LONG : EB_SHORT;
    if (p->qty.e8 > 0 && p->side != (uint8_t)side) {
        reduce(p, price, qty, &effect);
    }
    effect.opened.e8 = qty.e8 - effect.closed.e8;
    if (effect.opened.e8 > 0) {
        if (p->qty.e8 == 0) {
            *p = (struct sim_position){.leverage_ppm = leverage_ppm, .margin = p->margin};
        }
        increase(p, side, price, effect.opened);
    }
    return effect;
}

bool eb_sim_can_trade(const struct eb_sim *sim, const struct sim_symbol *s, unsigned leg, uint8_t side, eb_price price,
                      eb_qty qty, int64_t leverage_ppm, int32_t *code)
{
    struct sim_position probe = s->position[leg];
    eb_money notional, held;
    if (!eb_notional(price, qty, EB_ROUND_CEIL, &notional) ||
        !eb_notional(probe.entry, probe.qty, EB_ROUND_CEIL, &held) || held.e8 > INT64_MAX / 4 ||
        notional.e8 > INT64_MAX / 4 || qty.e8 > INT64_MAX / 4) {
        *code = -4005;
        return false;
    }
    int64_t before = probe.margin.e8;
    if (probe.qty.e8 > 0) {
        probe.leverage_ppm = leverage_ppm;
    }
    struct effect effect = apply(&probe, side, price, qty, leverage_ppm);
    position_price(s, &probe);
    if (effect.opened.e8 > 0 && !eb_sim_leverage_ok(s, &probe)) {
        *code = -2027;
        return false;
    }
    int64_t wallet = sim->account.wallet.e8 + effect.pnl_e8 - fee_e8(sim, price, qty, false);
    wallet += s->cross ? sim->account.cross_unrealized : 0;
    int64_t margin = sim->account.margin.e8 - before + probe.margin.e8;
    if (sim->config.margin_check && effect.opened.e8 > 0 && wallet < margin) {
        *code = -2019;
        return false;
    }
    *code = 0;
    return true;
}

static void record(struct eb_sim *sim, struct sim_symbol *s, const struct sim_execution *x, const struct effect *effect,
                   int64_t fee)
{
    struct eb_sim_trade *t = eb_sim_trail_add(sim);
    bool ours = sim_id_is_ours(&x->client_id);
    *t = (struct eb_sim_trade){
        .trade_id = ++s->trade_id,
        .venue_order_id = x->venue_order_id,
        .client_id = x->client_id,
        .symbol = sim_id_of(sim, s),
        .slot = 2 * sim_id_of(sim, s) + x->leg,
        .order_side = x->side,
        .position_side = sim_position_side(sim, x->leg),
        .purpose = ours ? x->client_id.purpose : (uint8_t)EB_PURPOSE_COUNT,
        .maker = x->maker,
        .liquidation = x->liquidation,
        .price = x->price,
        .qty = x->qty,
        .closed = effect->closed,
        .after = s->position[x->leg].qty,
        .fee = {fee},
        .pnl = {effect->pnl_e8},
        .venue_ms = sim->now_ms,
    };
    if (x->order != NULL) {
        t->earlier = x->order->last_trade;
        x->order->last_trade = (uint32_t)sim->trade_count;
        x->order->filled.e8 += x->qty.e8;
        x->order->changed_ms = sim->now_ms;
    }
    if (ours && effect->opened.e8 > 0) {
        eb_sim_violated(sim, t,
                        effect->closed.e8 > 0 ? "an order of ours flipped the position"
                                              : "an order of ours opened or increased a position");
    }
}

const struct eb_sim_trade *eb_sim_execute(struct eb_sim *sim, struct sim_symbol *s, const struct sim_execution *x)
{
    struct sim_position *p = &s->position[x->leg];
    bool was_open = p->qty.e8 > 0;
    int64_t margin = s->cross ? eb_sim_cross_wallet(sim) : margin_e8(p, EB_ROUND_CEIL);
    margin = margin > 0 ? margin : 0;
    struct effect effect = apply(p, x->side, x->price, x->qty, s->leverage_ppm);
    if (x->liquidation && effect.pnl_e8 < -margin) {
        effect.pnl_e8 = -margin; /* the insurance fund bears the rest */
    }
    p->changed_ms = sim->now_ms;
    if (effect.opened.e8 > 0 && (!was_open || effect.closed.e8 > 0)) {
        p->opened_ms = sim->now_ms;
        p->opened_seq = ++sim->open_seq;
    }
    sim->account.open_positions += (p->qty.e8 > 0 ? 1u : 0u) - (was_open ? 1u : 0u);
    eb_sim_position_refresh(sim, s, p);
    eb_sim_cross_refresh(sim, s);
    int64_t fee = fee_e8(sim, x->price, x->qty, x->maker);
    eb_sim_wallet_add(sim, &sim->account.pnl, effect.pnl_e8);
    eb_sim_wallet_add(sim, &sim->account.fees, -fee);
    record(sim, s, x, &effect, fee);
    sim->stats.trades++;
    return &sim->trade[sim->trade_count - 1];
}

/* fees are kept as a cost, everything else as a change of the wallet */
void eb_sim_wallet_add(struct eb_sim *sim, eb_money *part, int64_t amount_e8)
{
    part->e8 += part == &sim->account.fees ? -amount_e8 : amount_e8;
    sim->account.wallet.e8 += amount_e8;
}

/* ---- what the venue does by itself ------------------------------------------------------------------------------- */

bool eb_sim_liquidation_met(const struct sim_position *p, eb_price price)
{
    if (p->qty.e8 == 0 || p->liquidation.e8 == 0 || price.e8 <= 0) {
        return false;
    }
    return p->side == EB_LONG ? price.e8 <= p->liquidation.e8 : price.e8 >= p->liquidation.e8;
}

void eb_sim_liquidate(struct eb_sim *sim, struct sim_symbol *s, unsigned leg, eb_price price)
{
    size_t first = sim->trade_count;
    const struct sim_position *p = &s->position[leg];
    struct sim_execution x = {
        .venue_order_id = ++sim->venue_id,
        .leg = leg,
        .side = sim_closing(p->side),
        .liquidation = true,
        .price = price,
        .qty = p->qty,
    };
    (void)eb_sim_execute(sim, s, &x);
    sim->stats.liquidations++;
    eb_sim_tell_execution(sim, NULL, first);
    eb_sim_settle(sim, s, leg);
}

bool eb_sim_funding_amount(const struct sim_position *p, eb_price price, int64_t rate_e8, int64_t *amount_e8)
{
    eb_i128 product;
    if (!mul(notional_e16(price, p->qty), p->side == EB_LONG ? -(eb_i128)rate_e8 : (eb_i128)rate_e8, &product)) {
        return false;
    }
    return eb_div_i64(product, E16_PER_E8 * EB_E8, EB_ROUND_HALF_EVEN, amount_e8);
}
