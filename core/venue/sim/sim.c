/* SPDX-License-Identifier: Apache-2.0 */
/* Creation, time and views of the simulated exchange. */
#include "venue/sim/sim.h"

#include "venue/sim/internal.h"

#include <stdlib.h>
#include <string.h>

void eb_sim_config_default(struct eb_sim_config *c)
{
    *c = (struct eb_sim_config){
        .symbols_max = 1,
        .orders_max = 4096,
        .trades_max = 1u << 22,
        .slots_max = 200,
        .orders_per_symbol_max = 200,
        .balance = {10000 * EB_E8},
        .margin_check = true,
        .query_fills = true,
        .tell_account = true,
        .tell_position = true,
        .tell_foreign = true,
        .fee_taker_ppm = 400,
        .fee_maker_ppm = 200,
        .leverage_ppm = 10 * EB_PPM,
        .timeout_ms = 1000,
    };
}

static int check_range(const char *name, int64_t value, int64_t low, int64_t high, struct eb_err *err)
{
    if (value >= low && value <= high) {
        return EB_OK;
    }
    return eb_err_set(err, EB_E_INVALID, "sim.create", "%s must be %lld..%lld, got %lld", name, (long long)low,
                      (long long)high, (long long)value);
}

static int check_config(const struct eb_sim_config *c, struct eb_err *err)
{
    const int64_t day_ms = 86400000;
    const struct {
        const char *name;
        int64_t value, low, high;
    } ranges[] = {
        {"symbols_max", c->symbols_max, 1, 20000},
        {"orders_max", c->orders_max, 1, 1 << 20},
        {"trades_max", c->trades_max, 1, 1 << 26},
        {"slots_max", c->slots_max, 0, UINT32_MAX},
        {"fee_taker_ppm", c->fee_taker_ppm, 0, EB_PPM},
        {"fee_maker_ppm", c->fee_maker_ppm, 0, EB_PPM},
        {"slippage_ppm", c->slippage_ppm, 0, EB_PPM - 1},
        {"leverage_ppm", c->leverage_ppm, EB_PPM, 1000 * EB_PPM},
        {"request_ms", c->request_ms, 0, day_ms},
        {"event_ms", c->event_ms, 0, day_ms},
        {"snapshot_ms", c->snapshot_ms, 0, day_ms},
        {"trigger_ms", c->trigger_ms, 0, day_ms},
        {"timeout_ms", c->timeout_ms, 0, day_ms},
        {"fill_max", c->fill_max.e8, 0, INT64_MAX / 4},
        {"faults.delay_max_ms", c->faults.delay_max_ms, 0, day_ms},
    };
    for (size_t i = 0; i < EB_COUNT(ranges); i++) {
        int code = check_range(ranges[i].name, ranges[i].value, ranges[i].low, ranges[i].high, err);
        if (code != EB_OK) {
            return code;
        }
    }
    return EB_OK;
}

int eb_sim_create(const struct eb_sim_config *c, struct eb_sim **out, struct eb_err *err)
{
    int code = check_config(c, err);
    if (code != EB_OK) {
        return code;
    }
    struct eb_sim *sim = calloc(1, sizeof(*sim));
    if (sim == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "sim.create", "no memory for a simulated exchange");
    }
    sim->config = *c;
    sim->account = (struct sim_account){.start = c->balance, .wallet = c->balance, .hedge = c->hedge};
    sim->venue_id = c->ids_after;
    sim->algo_id = 1000000; /* apart from regular ids, so that mixing the spaces up shows */
    sim->symbol = calloc(c->symbols_max, sizeof(*sim->symbol));
    if (sim->symbol == NULL || eb_sim_orders_create(sim) != EB_OK || eb_sim_trail_create(sim) != EB_OK ||
        eb_sim_queue_create(&sim->queue) != EB_OK) {
        eb_sim_destroy(sim);
        return eb_err_set(err, EB_E_MEMORY, "sim.create", "no memory for %u symbols and %u orders", c->symbols_max,
                          c->orders_max);
    }
    for (uint32_t i = 0; i < c->symbols_max; i++) {
        sim->symbol[i].first = sim->symbol[i].last = SIM_NONE;
        sim->symbol[i].leverage_ppm = c->leverage_ppm;
        sim->symbol[i].trade_id = c->trades_after;
    }
    eb_sim_faults_init(sim);
    *out = sim;
    return EB_OK;
}

void eb_sim_destroy(struct eb_sim *sim)
{
    if (sim == NULL) {
        return;
    }
    eb_sim_queue_destroy(&sim->queue);
    free(sim->fold.qty);
    free(sim->fold.side);
    free(sim->trade);
    free(sim->order);
    free(sim->symbol);
    free(sim);
}

void eb_sim_set_sink(struct eb_sim *sim, eb_event_sink sink, void *user)
{
    sim->sink = sink;
    sim->sink_user = user;
    sim->sink_seq = sim->open_seq;
}

int eb_sim_add_instrument(struct eb_sim *sim, eb_symbol_id symbol, const struct eb_ev_instrument *inst,
                          const struct eb_sim_tier *tiers, size_t count, struct eb_err *err)
{
    static const char where[] = "sim.add_instrument";
    if (symbol >= sim->config.symbols_max || count > EB_SIM_TIERS_MAX) {
        return eb_err_set(err, EB_E_INVALID, where, "%s: symbol %u of at most %u, %zu tiers of at most %d",
                          inst->symbol, symbol, sim->config.symbols_max, count, EB_SIM_TIERS_MAX);
    }
    struct eb_instrument checked;
    eb_instrument_from_event(&checked, inst);
    int code = eb_instrument_validate(&checked, err);
    if (code != EB_OK) {
        return code;
    }
    struct eb_sim_tier whole = {.maintenance_ppm = inst->maintenance_ppm};
    const struct eb_sim_tier *from = count > 0 ? tiers : &whole;
    count = count > 0 ? count : 1;
    for (size_t i = 0; i < count; i++) {
        bool rising =
            i + 1 == count || (from[i].cap.e8 > 0 && (from[i + 1].cap.e8 == 0 || from[i + 1].cap.e8 > from[i].cap.e8));
        if (from[i].maintenance_ppm < 0 || from[i].maintenance_ppm >= EB_PPM || from[i].cum.e8 < 0 || !rising) {
            return eb_err_set(err, EB_E_INVALID, where, "%s: tier %zu: rate 0..1, cum >= 0 and rising caps wanted",
                              inst->symbol, i);
        }
    }
    struct sim_symbol *s = &sim->symbol[symbol];
    s->inst = checked;
    memcpy(s->tier, from, count * sizeof(*from));
    s->tier_count = (uint8_t)count;
    s->known = true;
    for (unsigned leg = 0; leg < 2; leg++) {
        eb_sim_position_refresh(sim, s, &s->position[leg]);
    }
    eb_sim_cross_refresh(sim, s);
    return EB_OK;
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

void eb_sim_set_time(struct eb_sim *sim, int64_t now_ns, int64_t now_ms)
{
    EB_ASSERT(now_ns >= sim->now_ns);
    sim->now_ns = now_ns;
    sim->now_ms = now_ms;
}

void eb_sim_run(struct eb_sim *sim, int64_t now_ns, int64_t now_ms)
{
    EB_ASSERT(now_ns >= sim->now_ns);
    while (!sim->flushing && eb_sim_next_due(sim) <= now_ns) {
        int64_t due_ns = eb_sim_next_due(sim);
        if (due_ns > sim->now_ns) { /* each at its own time: what it leads to is due from there */
            int64_t due_ms = now_ms - (now_ns - due_ns + SIM_NS_PER_MS - 1) / SIM_NS_PER_MS;
            eb_sim_set_time(sim, due_ns, due_ms > sim->now_ms ? due_ms : sim->now_ms);
        }
        eb_sim_flush(sim);
    }
    eb_sim_set_time(sim, now_ns, now_ms);
}

int64_t eb_sim_next_due(const struct eb_sim *sim)
{
    return sim->queue.count > 0 ? sim->queue.heap[0].due_ns : INT64_MAX;
}

/* ---- views ------------------------------------------------------------------------------------------------------- */

bool eb_sim_position(const struct eb_sim *sim, eb_position_id slot, struct eb_sim_position *out)
{
    const struct sim_symbol *s = sim_symbol_of(sim, slot / 2);
    if (s == NULL || s->position[slot % 2].qty.e8 == 0) {
        return false;
    }
    const struct sim_position *p = &s->position[slot % 2];
    *out = (struct eb_sim_position){
        .side = p->side,
        .position_side = sim_position_side(sim, slot % 2),
        .qty = p->qty,
        .entry = p->entry,
        .liquidation = eb_sim_liquidation_of(sim, s, slot % 2),
        .margin = p->margin,
        .leverage_ppm = p->leverage_ppm,
        .opened_ms = p->opened_ms,
        .changed_ms = p->changed_ms,
        .extra = p->extra,
        .cross = s->cross,
    };
    memcpy(out->strategy_id, p->strategy_id, sizeof(out->strategy_id));
    return true;
}

void eb_sim_account(const struct eb_sim *sim, struct eb_sim_account_view *out)
{
    const struct sim_account *a = &sim->account;
    *out = (struct eb_sim_account_view){
        .wallet = a->wallet,
        .margin = a->margin,
        .pnl = a->pnl,
        .fees = a->fees,
        .funding = a->funding,
        .transfers = a->transfers,
        .hedge = a->hedge,
        .open_positions = a->open_positions,
        .open_orders = sim->orders_open - sim->conditional_open,
        .conditional_orders = sim->conditional_open,
    };
}

void eb_sim_stats(const struct eb_sim *sim, struct eb_sim_stats *out)
{
    *out = sim->stats;
}
