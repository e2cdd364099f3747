/* SPDX-License-Identifier: Apache-2.0 */
/* What other systems, people and the venue itself do to the account: foreign trades, foreign orders, settings. */
#define _POSIX_C_SOURCE 200809L

#include "venue/sim/internal.h"

#include <string.h>

static int refuse(struct eb_err *err, const char *where, const struct sim_symbol *s, int32_t code)
{
    int result = code == -4003 || code == -4004 || code == -4023 || code == -1111 ? EB_E_INVALID : EB_E_REFUSED;
    if (code == -2027) {
        return eb_err_set(
            err, result, where,
            "%s: the margin at this leverage does not exceed the maintenance margin: the position would be "
            "liquidated at once (-2027)",
            s->inst.symbol);
    }
    return eb_err_set(err, result, where, "%s: %s (%d)", s->inst.symbol, eb_sim_code_text(code), code);
}

static int unknown_symbol(struct eb_err *err, const char *where, eb_symbol_id symbol)
{
    return eb_err_set(err, EB_E_NOT_FOUND, where, "symbol %u is not known", symbol);
}

static void name_strategy(struct sim_position *p, const char *strategy_id)
{
    if (strategy_id != NULL && p->strategy_id[0] == '\0') {
        size_t len = strnlen(strategy_id, sizeof(p->strategy_id) - 1);
        memcpy(p->strategy_id, strategy_id, len);
        p->strategy_id[len] = '\0';
    }
}

static void trade(struct eb_sim *sim, struct sim_symbol *s, struct sim_execution *x, const char *strategy_id,
                  struct eb_sim_fill *out)
{
    size_t first = sim->trade_count;
    x->venue_order_id = ++sim->venue_id;
    const struct eb_sim_trade *t = eb_sim_execute(sim, s, x);
    if (out != NULL) {
        *out = (struct eb_sim_fill){.price = t->price, .fee = t->fee, .pnl = t->pnl, .trade_id = t->trade_id};
    }
    if (s->position[x->leg].qty.e8 > 0) {
        name_strategy(&s->position[x->leg], strategy_id);
    }
    eb_sim_tell_execution(sim, NULL, first);
    eb_sim_settle(sim, s, x->leg);
    eb_sim_flush(sim);
}

/* The price of a hand's market order: as given or as the market is, after slippage. 0: there is none. */
static eb_price price_of(const struct eb_sim *sim, const struct sim_symbol *s, unsigned leg, uint8_t side,
                         eb_price given, bool exact)
{
    if (exact && given.e8 > 0) {
        return given;
    }
    eb_price reference = given.e8 > 0 ? given : eb_sim_reference(s, leg, side, (eb_price){0});
    return reference.e8 > 0 ? eb_sim_slip(sim, &s->inst, side, reference) : reference;
}

/* Other systems slice for the market's largest order; here one trade stands for all slices. */
static int32_t check_hand_qty(const struct sim_symbol *s, eb_qty qty)
{
    int32_t code = eb_sim_validate_market_qty(&s->inst, qty);
    return code == -4005 ? 0 : code;
}

static int32_t check_leverage(const struct sim_symbol *s, int64_t leverage_ppm)
{
    for (unsigned leg = 0; leg < 2; leg++) {
        struct sim_position probe = s->position[leg];
        probe.leverage_ppm = leverage_ppm;
        if (!eb_sim_leverage_ok(s, &probe)) {
            return -2027;
        }
    }
    return 0;
}

static void apply_leverage(struct eb_sim *sim, struct sim_symbol *s, int64_t leverage_ppm)
{
    s->leverage_ppm = leverage_ppm;
    for (unsigned leg = 0; leg < 2; leg++) {
        struct sim_position *p = &s->position[leg];
        if (p->qty.e8 > 0 && p->leverage_ppm != leverage_ppm) {
            p->leverage_ppm = leverage_ppm;
            p->changed_ms = sim->now_ms;
            eb_sim_position_refresh(sim, s, p);
        }
    }
    eb_sim_cross_refresh(sim, s);
}

int eb_sim_open(struct eb_sim *sim, const struct eb_sim_entry *entry, struct eb_sim_fill *out, struct eb_err *err)
{
    static const char where[] = "sim.open";
    struct sim_symbol *s = sim_symbol_of(sim, entry->symbol);
    if (s == NULL) {
        return unknown_symbol(err, where, entry->symbol);
    }
    if (!eb_sim_trail_has_room(sim)) {
        return eb_err_set(err, EB_E_FULL, where, "the audit trail has reached trades_max");
    }
    if (entry->leverage_ppm != 0 && entry->leverage_ppm < EB_PPM) {
        return eb_err_set(err, EB_E_INVALID, where, "%s: leverage must be at least 1", s->inst.symbol);
    }
    int64_t leverage = entry->leverage_ppm > 0 ? entry->leverage_ppm : s->leverage_ppm;
    struct sim_execution x = {
        .leg = sim->account.hedge && entry->side == EB_SHORT ? 1 : 0,
        .side = entry->side == EB_LONG ? EB_BUY : EB_SELL,
        .qty = entry->qty,
    };
    x.price = price_of(sim, s, x.leg, x.side, entry->price, entry->exact);
    int32_t code = x.price.e8 <= 0 ? -1112 : check_hand_qty(s, entry->qty);
    if (code == 0 && eb_sim_can_trade(sim, s, x.leg, x.side, x.price, x.qty, leverage, &code)) {
        code = check_leverage(s, leverage);
    }
    if (code == 0 && s->position[x.leg].qty.e8 == 0 && !eb_notional_ok(&s->inst, x.price, x.qty)) {
        code = -4164;
    }
    if (code != 0) {
        return refuse(err, where, s, code);
    }
    apply_leverage(sim, s, leverage);
    trade(sim, s, &x, entry->strategy_id, out);
    return EB_OK;
}

static int close_some(struct eb_sim *sim, eb_position_id slot, eb_qty qty, eb_price price, bool venue,
                      struct eb_sim_fill *out, struct eb_err *err)
{
    const char *where = venue ? "sim.deleverage" : "sim.close";
    struct sim_symbol *s = sim_symbol_of(sim, slot / 2);
    if (s == NULL) {
        return unknown_symbol(err, where, slot / 2);
    }
    const struct sim_position *p = &s->position[slot % 2];
    if (p->qty.e8 == 0) {
        return eb_err_set(err, EB_E_NOT_FOUND, where, "%s: no position in slot %u", s->inst.symbol, slot);
    }
    struct sim_execution x = {
        .leg = slot % 2,
        .side = sim_closing(p->side),
        .liquidation = venue,
        .qty = qty.e8 == 0 ? p->qty : qty,
    };
    x.price = price_of(sim, s, x.leg, x.side, price, venue);
    int32_t code = x.price.e8 <= 0 ? -1112 : qty.e8 == 0 ? 0 : check_hand_qty(s, qty);
    if (code == 0 && x.qty.e8 > p->qty.e8) {
        code = -2022;
    }
    if (code == 0) {
        (void)eb_sim_can_trade(sim, s, x.leg, x.side, x.price, x.qty, p->leverage_ppm, &code);
    }
    if (code != 0) {
        return refuse(err, where, s, code);
    }
    trade(sim, s, &x, NULL, out);
    return EB_OK;
}

int eb_sim_close(struct eb_sim *sim, eb_position_id slot, eb_qty qty, eb_price price, struct eb_sim_fill *out,
                 struct eb_err *err)
{
    return close_some(sim, slot, qty, price, false, out, err);
}

int eb_sim_deleverage(struct eb_sim *sim, eb_position_id slot, eb_qty qty, eb_price price, struct eb_err *err)
{
    return close_some(sim, slot, qty, price, true, NULL, err);
}

/* ---- foreign orders ---------------------------------------------------------------------------------------------- */

int eb_sim_place_foreign(struct eb_sim *sim, const struct eb_order_request *order, uint64_t *id, int32_t *code,
                         struct eb_err *err)
{
    struct eb_order_request req = *order;
    req.client_id = (eb_client_id){0};
    struct sim_fate fate = {0};
    uint32_t index;
    int32_t refused = eb_sim_arrive(sim, &req, &fate, &index);
    if (code != NULL) {
        *code = refused;
    }
    if (refused != 0) {
        return eb_err_set(err, EB_E_REFUSED, "sim.place_foreign", "%s (%d)", eb_sim_code_text(refused), refused);
    }
    *id = sim->order[index].id;
    eb_sim_flush(sim);
    return EB_OK;
}

int eb_sim_cancel_by_hand(struct eb_sim *sim, eb_symbol_id symbol, uint64_t id, bool conditional)
{
    const struct sim_symbol *s = sim_symbol_of(sim, symbol);
    for (uint32_t i = s != NULL ? s->first : SIM_NONE; i != SIM_NONE; i = sim->order[i].next) {
        const struct sim_order *o = &sim->order[i];
        if (o->id == id && o->conditional == conditional && (!conditional || o->state == EB_OS_NEW)) {
            eb_sim_order_close(sim, i, EB_OS_CANCELED, 0);
            eb_sim_tell_order(sim, o);
            eb_sim_flush(sim);
            return EB_OK;
        }
    }
    return EB_E_NOT_FOUND;
}

/* ---- settings of the account ------------------------------------------------------------------------------------- */

int eb_sim_set_leverage(struct eb_sim *sim, eb_symbol_id symbol, int64_t leverage_ppm, struct eb_err *err)
{
    static const char where[] = "sim.set_leverage";
    struct sim_symbol *s = sim_symbol_of(sim, symbol);
    if (s == NULL) {
        return unknown_symbol(err, where, symbol);
    }
    if (leverage_ppm < EB_PPM) {
        return eb_err_set(err, EB_E_INVALID, where, "%s: leverage must be at least 1", s->inst.symbol);
    }
    int32_t code = check_leverage(s, leverage_ppm);
    if (code != 0) {
        return refuse(err, where, s, code);
    }
    apply_leverage(sim, s, leverage_ppm);
    for (unsigned leg = 0; leg < 2; leg++) {
        if (s->position[leg].qty.e8 > 0) {
            eb_sim_tell_position(sim, s, leg);
        }
    }
    eb_sim_flush(sim);
    return EB_OK;
}

int64_t eb_sim_leverage_ppm(const struct eb_sim *sim, eb_symbol_id symbol)
{
    const struct sim_symbol *s = sim_symbol_of(sim, symbol);
    return s != NULL ? s->leverage_ppm : 0;
}

int eb_sim_add_margin(struct eb_sim *sim, eb_position_id slot, eb_money amount, struct eb_err *err)
{
    static const char where[] = "sim.add_margin";
    struct sim_symbol *s = sim_symbol_of(sim, slot / 2);
    if (s == NULL) {
        return unknown_symbol(err, where, slot / 2);
    }
    struct sim_position *p = &s->position[slot % 2];
    struct sim_position probe = *p;
    if (p->qty.e8 == 0 || !eb_money_add(p->extra, amount, &probe.extra) || probe.extra.e8 < 0) {
        return eb_err_set(err, EB_E_INVALID, where, "%s: no position, or less margin than notional / leverage",
                          s->inst.symbol);
    }
    p->extra = probe.extra;
    p->changed_ms = sim->now_ms;
    eb_sim_position_refresh(sim, s, p);
    eb_sim_tell_position(sim, s, slot % 2);
    eb_sim_flush(sim);
    return EB_OK;
}

int eb_sim_set_hedge(struct eb_sim *sim, bool hedge, struct eb_err *err)
{
    int32_t code = sim->account.open_positions > 0 ? -4068 : sim->orders_open > 0 ? -4067 : 0;
    if (code != 0) {
        return eb_err_set(err, EB_E_REFUSED, "sim.set_hedge", "%s (%d)", eb_sim_code_text(code), code);
    }
    sim->account.hedge = hedge;
    eb_sim_tell_account(sim);
    eb_sim_flush(sim);
    return EB_OK;
}

void eb_sim_transfer(struct eb_sim *sim, eb_money amount)
{
    eb_sim_wallet_add(sim, &sim->account.transfers, amount.e8);
    eb_sim_tell_account(sim);
    eb_sim_flush(sim);
}
