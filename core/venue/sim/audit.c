/* SPDX-License-Identifier: Apache-2.0 */
/* The truth: every executed trade, and the invariants that are checked against it. */
#include "venue/sim/internal.h"

#include <stdlib.h>

/* Room that is kept for what the venue does by itself (resting orders, triggers, liquidations). */
#define TRAIL_RESERVE 8192

int eb_sim_trail_create(struct eb_sim *sim)
{
    size_t slots = 2 * (size_t)sim->config.symbols_max;
    sim->fold.qty = calloc(slots, sizeof(*sim->fold.qty));
    sim->fold.side = calloc(slots, sizeof(*sim->fold.side));
    return sim->fold.qty != NULL && sim->fold.side != NULL ? EB_OK : EB_E_MEMORY;
}

bool eb_sim_trail_has_room(const struct eb_sim *sim)
{
    return sim->trade_count < sim->config.trades_max;
}

struct eb_sim_trade *eb_sim_trail_add(struct eb_sim *sim)
{
    if (sim->trade_count == sim->trade_capacity) {
        size_t capacity = sim->trade_capacity == 0 ? 256 : sim->trade_capacity * 2;
        struct eb_sim_trade *trade = realloc(sim->trade, capacity * sizeof(*trade));
        /* A trade that is not recorded would make every later check a lie. */
        EB_ASSERT(trade != NULL && sim->trade_count < (size_t)sim->config.trades_max + TRAIL_RESERVE);
        sim->trade = trade;
        sim->trade_capacity = capacity;
    }
    return &sim->trade[sim->trade_count++];
}

const struct eb_sim_trade *eb_sim_trades(const struct eb_sim *sim, size_t *count)
{
    *count = sim->trade_count;
    return sim->trade;
}

void eb_sim_violated(struct eb_sim *sim, const struct eb_sim_trade *t, const char *what)
{
    if (sim->violation.code != 0) {
        return;
    }
    char qty[EB_DECIMAL_TEXT_MAX], after[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format(t->qty.e8, 8, qty);
    (void)eb_decimal_format(t->after.e8, 8, after);
    (void)eb_err_set(&sim->violation, EB_E_CORRUPT, "sim.check",
                     "%s: %s, trade %llu of slot %u (episode %u, purpose %u, leg %u): quantity %s, position after %s",
                     sim->symbol[t->symbol].inst.symbol, what, (unsigned long long)t->trade_id, t->slot,
                     t->client_id.episode, t->purpose, t->client_id.leg, qty, after);
}

/* One more trade on the independent account of sizes: signed addition, no averages. */
static void fold_trade(struct eb_sim *sim, const struct eb_sim_trade *t)
{
    struct sim_fold *fold = &sim->fold;
    int64_t sign = fold->side[t->slot] == EB_LONG ? 1 : -1;
    int64_t before = sign * fold->qty[t->slot].e8;
    int64_t after = before + (t->order_side == EB_BUY ? t->qty.e8 : -t->qty.e8);
    int64_t size = after < 0 ? -after : after;
    bool crossed = (before > 0 && after < 0) || (before < 0 && after > 0);
    bool grew = size > (before < 0 ? -before : before);
    if (t->after.e8 != size) {
        eb_sim_violated(sim, t, "the trail does not fold to the position");
    }
    if (sim_id_is_ours(&t->client_id) && (crossed || grew)) {
        eb_sim_violated(sim, t,
                        crossed ? "an order of ours flipped the position"
                                : "an order of ours opened or increased a position");
    }
    fold->qty[t->slot].e8 = size;
    if (after != 0) {
        fold->side[t->slot] = after > 0 ? EB_LONG : EB_SHORT;
    }
    fold->pnl.e8 += t->pnl.e8;
    fold->fees.e8 += t->fee.e8;
}

static int check_resting(const struct eb_sim *sim, const struct sim_symbol *s, struct eb_err *err)
{
    for (unsigned leg = 0; leg < (sim->account.hedge ? 2u : 1u); leg++) {
        int64_t claimed = 0;
        for (uint32_t i = s->first; i != SIM_NONE; i = sim->order[i].next) {
            const struct sim_order *o = &sim->order[i];
            claimed += !o->conditional && eb_sim_order_reduces(sim, o, leg) ? sim_order_rest(o).e8 : 0;
        }
        if (claimed > s->position[leg].qty.e8) {
            return eb_err_set(err, EB_E_CORRUPT, "sim.check", "%s: resting reductions exceed the position",
                              s->inst.symbol);
        }
    }
    return EB_OK;
}

static int check_money(const struct eb_sim *sim, struct eb_err *err)
{
    const struct sim_account *a = &sim->account;
    int64_t sum = a->start.e8 + sim->fold.pnl.e8 - sim->fold.fees.e8 + a->funding.e8 + a->transfers.e8;
    if (sum != a->wallet.e8 || a->pnl.e8 != sim->fold.pnl.e8 || a->fees.e8 != sim->fold.fees.e8) {
        return eb_err_set(err, EB_E_CORRUPT, "sim.check", "the wallet does not add up: %lld, the trail says %lld",
                          (long long)a->wallet.e8, (long long)sum);
    }
    return EB_OK;
}

int eb_sim_check(struct eb_sim *sim, struct eb_err *err)
{
    for (; sim->fold.trades < sim->trade_count; sim->fold.trades++) {
        fold_trade(sim, &sim->trade[sim->fold.trades]);
    }
    if (sim->violation.code != 0) {
        return eb_err_set(err, sim->violation.code, sim->violation.where, "%s", sim->violation.msg);
    }
    int64_t margin = 0;
    uint32_t conditional = 0;
    for (eb_symbol_id id = 0; id < sim->config.symbols_max; id++) {
        const struct sim_symbol *s = &sim->symbol[id];
        for (unsigned leg = 0; leg < 2; leg++) {
            if (sim->fold.qty[2 * id + leg].e8 != s->position[leg].qty.e8) {
                return eb_err_set(err, EB_E_CORRUPT, "sim.check", "%s: the trail does not fold to the position",
                                  s->inst.symbol);
            }
            margin += s->position[leg].margin.e8;
        }
        for (uint32_t i = s->first; i != SIM_NONE; i = sim->order[i].next) {
            conditional += sim->order[i].conditional ? 1u : 0u;
        }
        int code = s->first != SIM_NONE ? check_resting(sim, s, err) : EB_OK;
        if (code != EB_OK) {
            return code;
        }
    }
    if (conditional != sim->conditional_open || conditional > sim->config.slots_max) {
        return eb_err_set(err, EB_E_CORRUPT, "sim.check", "%u conditional orders, counted %u, slots %u", conditional,
                          sim->conditional_open, sim->config.slots_max);
    }
    if (margin != sim->account.margin.e8) {
        return eb_err_set(err, EB_E_CORRUPT, "sim.check", "the margins do not add up");
    }
    return check_money(sim, err);
}
