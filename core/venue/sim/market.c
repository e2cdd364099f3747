/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The market moves: one quote, and everything that it does at the exchange before anybody hears of it.
 *
 *     resting limits -> conditional orders nearer than the liquidation price -> liquidation -> the others -> funding
 */
#include "venue/sim/internal.h"

static void take_over(eb_price *to, eb_price from)
{
    if (from.e8 > 0) {
        *to = from;
    }
}

/* Only what this quote says counts: an old last price is no trade at an order that came after it. */
static bool limit_met(const struct sim_symbol *s, const struct eb_sim_quote *quote, const struct sim_order *o)
{
    bool sell = o->req.order_side == EB_SELL;
    eb_price executable = sell ? quote->bid : quote->ask;
    eb_price price = o->req.price;
    if (executable.e8 > 0 && (sell ? executable.e8 >= price.e8 : executable.e8 <= price.e8)) {
        return true;
    }
    if (quote->last.e8 > 0 && (sell ? quote->last.e8 >= price.e8 : quote->last.e8 <= price.e8)) {
        return true;
    }
    bool mark_only = s->quote.bid.e8 == 0 && s->quote.ask.e8 == 0 && s->quote.last.e8 == 0;
    return mark_only && quote->mark.e8 > 0 && (sell ? quote->mark.e8 >= price.e8 : quote->mark.e8 <= price.e8);
}

static void match_resting(struct eb_sim *sim, struct sim_symbol *s, const struct eb_sim_quote *quote)
{
    uint64_t seen = 0;
    uint32_t i = s->first;
    while (i != SIM_NONE) { /* from the front again after each fill: a fill may take other orders away */
        const struct sim_order *o = &sim->order[i];
        if (o->seq <= seen || o->conditional || !limit_met(s, quote, o)) {
            i = o->next;
            continue;
        }
        seen = o->seq;
        eb_sim_fill_resting(sim, i, false);
        i = s->first;
    }
}

/* nearer_only: those that the price has met before it could reach the liquidation price of their leg. */
static void trigger_met(struct eb_sim *sim, struct sim_symbol *s, bool nearer_only)
{
    uint32_t i = s->first;
    while (i != SIM_NONE) {
        const struct sim_order *o = &sim->order[i];
        if (!o->conditional) {
            i = o->next;
            continue;
        }
        unsigned leg = sim->account.hedge ? sim_leg(o->req.position_side) : 0;
        eb_price end = eb_sim_liquidation_of(sim, s, leg);
        bool nearer =
            end.e8 == 0 || (o->req.order_side == EB_SELL ? o->req.trigger.e8 > end.e8 : o->req.trigger.e8 < end.e8);
        if (!eb_sim_trigger_met(o, s->quote.mark) || (nearer_only && !nearer)) {
            i = o->next;
            continue;
        }
        eb_sim_trigger(sim, i); /* out of state NEW: it is not met again */
        i = s->first;
    }
}

static void pay_scheduled_funding(struct eb_sim *sim, struct sim_symbol *s)
{
    bool paid = false;
    while (s->funding_next_ms > 0 && sim->now_ms >= s->funding_next_ms) {
        eb_price price = s->quote.mark.e8 > 0 ? s->quote.mark : s->quote.last;
        for (unsigned leg = 0; leg < 2; leg++) {
            eb_money ignored;
            (void)eb_sim_pay_funding(sim, 2 * sim_id_of(sim, s) + leg, price, s->funding_rate_e8, &ignored);
        }
        s->funding_next_ms = s->funding_interval_ms > 0 ? s->funding_next_ms + s->funding_interval_ms : 0;
        paid = true;
    }
    if (paid) {
        eb_sim_tell_funding(sim, s);
    }
}

static void tell_prices(struct eb_sim *sim, const struct sim_symbol *s, const struct eb_sim_quote *quote)
{
    if (quote->mark.e8 > 0) {
        eb_sim_tell_price(sim, s, EB_SRC_MARK, false);
    }
    if (quote->last.e8 > 0) {
        eb_sim_tell_price(sim, s, EB_SRC_LAST, false);
    }
    if (quote->bid.e8 > 0 || quote->ask.e8 > 0) {
        eb_sim_tell_price(sim, s, EB_SRC_BOOK, false);
    }
}

/* Those that are kept outside, with everything told that led to here. */
static void ask_triggers(struct eb_sim *sim, eb_symbol_id symbol, bool nearer)
{
    if (sim->triggers != NULL) {
        eb_sim_flush(sim);
        sim->triggers(sim->triggers_user, symbol, nearer);
    }
}

int eb_sim_price(struct eb_sim *sim, eb_symbol_id symbol, const struct eb_sim_quote *quote)
{
    struct sim_symbol *s = sim_symbol_of(sim, symbol);
    if (s == NULL) {
        return EB_E_NOT_FOUND;
    }
    take_over(&s->quote.mark, quote->mark);
    take_over(&s->quote.last, quote->last);
    take_over(&s->quote.bid, quote->bid);
    take_over(&s->quote.ask, quote->ask);
    s->eaten[EB_BUY] = s->eaten[EB_SELL] = (eb_qty){0};
    match_resting(sim, s, quote);
    if (quote->mark.e8 > 0) {
        eb_sim_cross_refresh(sim, s);
        trigger_met(sim, s, true);
    }
    ask_triggers(sim, symbol, true);
    if (quote->mark.e8 > 0) {
        for (unsigned leg = 0; leg < 2; leg++) {
            if (eb_sim_liquidation_met(&s->position[leg], s->quote.mark)) {
                eb_sim_liquidate(sim, s, leg, s->quote.mark);
            }
        }
        if (s->cross) {
            eb_sim_cross_check(sim);
        }
        trigger_met(sim, s, false);
    }
    ask_triggers(sim, symbol, false);
    pay_scheduled_funding(sim, s);
    if (sim->config.tell_prices) {
        tell_prices(sim, s, quote);
    }
    eb_sim_flush(sim);
    return EB_OK;
}

int eb_sim_set_depth(struct eb_sim *sim, eb_symbol_id symbol, eb_qty per_tick)
{
    struct sim_symbol *s = sim_symbol_of(sim, symbol);
    if (s == NULL) {
        return EB_E_NOT_FOUND;
    }
    s->depth = eb_round_qty_down(&s->inst, per_tick, false);
    s->eaten[EB_BUY] = s->eaten[EB_SELL] = (eb_qty){0};
    return EB_OK;
}

int eb_sim_set_funding(struct eb_sim *sim, eb_symbol_id symbol, int64_t rate_e8, int64_t next_ms, int64_t interval_ms)
{
    struct sim_symbol *s = sim_symbol_of(sim, symbol);
    if (s == NULL) {
        return EB_E_NOT_FOUND;
    }
    s->funding_rate_e8 = rate_e8;
    s->funding_next_ms = next_ms;
    s->funding_interval_ms = interval_ms;
    eb_sim_tell_funding(sim, s);
    eb_sim_flush(sim);
    return EB_OK;
}

int eb_sim_pay_funding(struct eb_sim *sim, eb_position_id slot, eb_price price, int64_t rate_e8, eb_money *amount)
{
    struct sim_symbol *s = sim_symbol_of(sim, slot / 2);
    amount->e8 = 0;
    if (s == NULL) {
        return EB_E_NOT_FOUND;
    }
    const struct sim_position *p = &s->position[slot % 2];
    if (p->qty.e8 == 0 || price.e8 <= 0) {
        return EB_OK;
    }
    if (!eb_sim_funding_amount(p, price, rate_e8, &amount->e8)) {
        return EB_E_OVERFLOW;
    }
    eb_sim_wallet_add(sim, &sim->account.funding, amount->e8);
    eb_sim_tell_account(sim);
    eb_sim_flush(sim);
    return EB_OK;
}
