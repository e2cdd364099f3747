/* SPDX-License-Identifier: Apache-2.0 */
/* What this seed is like: sizes, instruments, latencies, and which faults there are. */
#include "world.h"

#include <string.h>

static const char *const fault_names[WORLD_F_COUNT] = {
    [WORLD_F_PRICE_GAP] = "price_gap",
    [WORLD_F_JUMP] = "jump",
    [WORLD_F_BAD_PRINT] = "bad_print",
    [WORLD_F_COALESCED] = "coalesced",
    [WORLD_F_LATE_TIMER] = "late_timer",
    [WORLD_F_SUSPEND] = "suspend",
    [WORLD_F_POLICY_FAILS] = "policy_fails",
    [WORLD_F_POLICY_ODD] = "policy_odd",
    [WORLD_F_STORE_LAG] = "store_lag",
    [WORLD_F_STORE_FAIL] = "store_fail",
    [WORLD_F_HAND_ADD] = "hand_add",
    [WORLD_F_HAND_REDUCE] = "hand_reduce",
    [WORLD_F_HAND_CLOSE] = "hand_close",
    [WORLD_F_HAND_FLIP] = "hand_flip",
    [WORLD_F_ADL] = "adl",
    [WORLD_F_LEVERAGE] = "leverage",
    [WORLD_F_FOREIGN_ORDER] = "foreign",
    [WORLD_F_HAND_CANCEL] = "hand_cancel",
    [WORLD_F_OPERATOR] = "operator",
    [WORLD_F_CRASH] = "crash",
    [WORLD_F_SIGNAL] = "signal",
};

const char *world_fault_name(enum world_fault fault)
{
    return (unsigned)fault < WORLD_F_COUNT ? fault_names[fault] : "?";
}

static struct eb_rng *draws(struct world *w)
{
    return &w->rng[WORLD_S_DRAW];
}

static int64_t one_of(struct eb_rng *r, const int64_t *list, size_t count)
{
    return list[eb_rng_below(r, count)];
}
#define ONE_OF(r, ...) one_of((r), (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / 8)

/* A price level with a tick of 1/20 to 1/2,000,000 of it, and lots that need one to twenty slices. */
static void draw_instrument(struct world *w, eb_symbol_id id)
{
    struct eb_rng *r = draws(w);
    struct world_symbol *y = &w->symbol[id];
    struct eb_ev_instrument *inst = &y->inst;
    memcpy(inst->symbol, "WAUSDT", 7);
    inst->symbol[1] = (char)('A' + id);
    inst->trading = true;
    int64_t price = ONE_OF(r, EB_E8 / 20, EB_E8, 25 * EB_E8, 300 * EB_E8, 30000 * EB_E8);
    y->mid_e8 = price + price / 100 * eb_rng_range(r, -30, 30);
    int64_t tick = price / ONE_OF(r, 400, 5000, 5000, 50000, 2000000);
    int64_t unit = 1;
    while (unit * 10 <= tick) {
        unit *= 10;
    }
    inst->tick.e8 = unit * ONE_OF(r, 1, 1, 1, 2, 5);
    inst->min_price.e8 = inst->tick.e8;
    inst->max_price.e8 = price * 100 / inst->tick.e8 * inst->tick.e8;
    int64_t notional = ONE_OF(r, 200, 1000, 20000) * EB_E8;
    int64_t qty = (int64_t)((__int128)notional * EB_E8 / price);
    int64_t step = qty / ONE_OF(r, 4, 20, 300, 20000);
    unit = 1;
    while (unit * 10 <= step) {
        unit *= 10;
    }
    inst->step.e8 = unit;
    inst->min_qty.e8 = unit * ONE_OF(r, 1, 1, 1, 2);
    y->usual.e8 = qty / unit * unit;
    inst->max_qty.e8 = y->usual.e8 * 50;
    inst->market_step.e8 = unit;
    inst->market_min_qty = inst->min_qty;
    int64_t slices = ONE_OF(r, 1, 1, 2, 5, 12);
    inst->market_max_qty.e8 = (y->usual.e8 * 2 / slices / unit + inst->min_qty.e8 / unit) * unit;
    inst->min_notional.e8 = ONE_OF(r, 0, 5, 20) * EB_E8;
    inst->maintenance_ppm = ONE_OF(r, 4000, 10000, 25000);
    inst->percent_up_ppm = ONE_OF(r, 0, 1050000, 1150000);
    inst->percent_down_ppm = inst->percent_up_ppm == 0 ? 0 : 2 * EB_PPM - inst->percent_up_ppm;
    inst->market_take_bound_ppm = ONE_OF(r, 0, 50000, 150000);
    inst->max_orders = 200;
    inst->max_algo_orders = (uint32_t)ONE_OF(r, 0, 100);
}

static void draw_market(struct world *w, eb_symbol_id id)
{
    struct eb_rng *r = draws(w);
    struct world_symbol *y = &w->symbol[id];
    y->sigma_ppm = ONE_OF(r, 80, 250, 600, 1200);
    y->drift_ppm = ONE_OF(r, 0, 0, 20, -20, 60, -60);
    y->spread_ppm = ONE_OF(r, 0, 100, 600, 3000);
    y->premium_ppm = eb_rng_range(r, -800, 800);
    y->every_ms[EB_SRC_MARK] = ONE_OF(r, 1000, 1000, 500);
    y->every_ms[EB_SRC_LAST] = ONE_OF(r, 300, 700, 1500);
    y->every_ms[EB_SRC_BOOK] = ONE_OF(r, 250, 500, 1000);
}

static void draw_faults(struct world *w)
{
    struct eb_rng *r = draws(w);
    for (unsigned f = 0; f < WORLD_F_COUNT; f++) {
        struct eb_rng *own = f == WORLD_F_SIGNAL ? &w->rng[WORLD_S_SIGNAL] : r;
        bool on = eb_rng_below(own, 2) == 0;
        uint32_t rate = (uint32_t)eb_rng_range(own, 3, 300);
        w->permille[f] = on ? rate : 0;
    }
    if (eb_rng_below(r, 4) != 0) {
        w->permille[WORLD_F_STORE_FAIL] = 0; /* it ends the record, and with it the differential checks */
    }
}

static void draw_exchange(struct world *w)
{
    static const int32_t codes[] = {-2022, -2021, -1021, -1111, -4131, -2019, -4164, -1001, -2025, -4045, -4130, -4061};
    struct eb_rng *r = draws(w);
    struct eb_sim_config *c = &w->sim_config;
    eb_sim_config_default(c);
    c->symbols_max = w->symbols;
    c->orders_max = 8192;
    c->trades_max = ORACLE_TRADES - 1;
    c->slots_max = (uint32_t)ONE_OF(r, 200, 200, 14);
    c->balance.e8 = ONE_OF(r, 5000, 100000, 1000000) * EB_E8;
    c->hedge = w->hedge;
    c->clip_reduce = eb_rng_below(r, 2) == 0;
    c->ack_all = eb_rng_below(r, 2) == 0;
    c->slippage_ppm = ONE_OF(r, 0, 100, 1500);
    c->request_ms = ONE_OF(r, 0, 5, 40, 250);
    c->event_ms = ONE_OF(r, 0, 5, 40, 250);
    c->snapshot_ms = ONE_OF(r, 0, 20, 400);
    c->trigger_ms = ONE_OF(r, 0, 30, 600);
    c->timeout_ms = ONE_OF(r, 300, 1000, 5000);
    c->fill_max.e8 = ONE_OF(r, 0, 0, 1) * (w->symbol[0].usual.e8 / 7 + 1);
    c->seed = eb_rng_next(r);
    c->faults.delay_max_ms = ONE_OF(r, 50, 1000, 4000);
    c->faults.reject_code = codes[eb_rng_below(r, EB_COUNT(codes))];
    bool calm = eb_rng_below(r, 8) == 0;
    for (unsigned f = 0; f < EB_SIM_F_COUNT; f++) {
        bool on = eb_rng_below(r, 2) == 0;
        uint32_t rate = (uint32_t)eb_rng_range(r, 1, 300);
        c->faults.rate[f] = (struct eb_sim_chance){on && !calm ? rate : 0, 1000};
    }
}

static void draw_engine(struct world *w)
{
    struct eb_rng *r = draws(w);
    struct eb_engine_config *c = &w->engine_config;
    eb_engine_config_default(c);
    c->symbols_max = w->symbols;
    c->instance = (uint32_t)eb_rng_range(r, 1, 9);
    c->mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, !w->shadow, true};
    c->hedge = w->hedge;
    c->stop_source = (uint8_t)ONE_OF(r, EB_SRC_MARK, EB_SRC_MARK, EB_SRC_LAST);
    c->target_source = (uint8_t)ONE_OF(r, EB_TARGET_BOOK, EB_TARGET_BOOK, EB_TARGET_LAST, EB_TARGET_MARK);
    c->on_no_legal_stop = (uint8_t)ONE_OF(r, EB_NO_STOP_ALARM, EB_NO_STOP_CLOSE);
    c->allow_loosen = eb_rng_below(r, 2) == 0;
    c->act_on_adopted = eb_rng_below(r, 2) == 0;
    c->orders_per_minute_max = (uint32_t)ONE_OF(r, 60, 60, 12);
    c->slots_max = w->sim_config.slots_max;
    c->slots_reserve = c->slots_max > 20 ? 10 : 4;
    c->cycle_ms = ONE_OF(r, 10000, 10000, 3000);
    c->snapshot_ms = ONE_OF(r, 30000, 30000, 8000);
}

void world_draw(struct world *w, const struct world_options *options)
{
    struct eb_rng root;
    eb_rng_seed(&root, options->seed);
    for (unsigned s = 0; s < WORLD_S_COUNT; s++) {
        w->rng[s] = eb_rng_split(&root);
    }
    struct eb_rng *r = draws(w);
    w->seed = options->seed;
    w->symbols = (uint32_t)eb_rng_range(r, 2, ORACLE_SYMBOLS_MAX);
    w->hedge = eb_rng_below(r, 2) == 0;
    w->shadow = eb_rng_below(r, 8) == 0;
    w->quiet_records = eb_rng_below(r, 4) == 0;
    int64_t minutes = eb_rng_below(r, 10) == 0 ? eb_rng_range(r, 20, 60) : eb_rng_range(r, 4, 20);
    w->now_ms = WORLD_START_MS;
    w->end_ms = WORLD_START_MS + (options->minutes > 0 ? options->minutes : minutes) * 60000;
    for (eb_symbol_id id = 0; id < w->symbols; id++) {
        draw_instrument(w, id);
        draw_market(w, id);
    }
    draw_faults(w);
    draw_exchange(w);
    draw_engine(w);
}
