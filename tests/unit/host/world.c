/* SPDX-License-Identifier: Apache-2.0 */
/* The small whole. */
#include "world.h"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define START_MS INT64_C(1700000000000)
#define START_PRICE INT64_C(10000000000) /* 100.00 */
#define TICK INT64_C(1000000)            /* 0.01 */

/* ---- The policy ------------------------------------------------------------------------------------------------- */

static struct eb_decision *decide(struct eb_verdict *v, enum eb_decision_kind kind)
{
    struct eb_decision *d = &v->decision[v->count++];
    d->kind = (uint8_t)kind;
    d->confidence_ppm = EB_PPM;
    return d;
}

static void first_plan(struct eb_verdict *v)
{
    decide(v, EB_MOVE_STOP)->u.stop.pct_ppm = 15000;
    struct eb_decision *targets = decide(v, EB_UPDATE_TP_LIMITS);
    static const int64_t r[] = {400000, 800000, 1600000};
    for (uint8_t i = 0; i < 3; i++) {
        targets->u.targets.leg[i] = (struct eb_leg_spec){.r_ppm = r[i], .fraction_ppm = 300000};
    }
    targets->u.targets.count = 3;
    struct eb_decision *trail = decide(v, EB_SET_TRAILING);
    trail->u.trailing.activation_r_ppm = EB_PPM;
    trail->u.trailing.callback_ppm = 8000;
    struct eb_decision *ratchet = decide(v, EB_SET_RATCHET);
    ratchet->u.ratchet.count = 1;
    ratchet->u.ratchet.rule[0] = (struct eb_ratchet_rule){.after_hits = 1, .to = EB_RATCHET_ENTRY};
    v->regime = EB_REGIME_TREND;
    memcpy(v->profile, "world", 6);
}

static void remember(struct eb_verdict *v, const struct eb_context *ctx)
{
    v->has_memory = true;
    v->memory.count = 1;
    memcpy(v->memory.entry[0].key, "asked", 6);
    v->memory.entry[0].kind = EB_MEM_NUMBER;
    v->memory.entry[0].number = (double)ctx->consult_id;
}

static enum eb_policy_result wild(const struct eb_context *ctx, struct eb_verdict *out, struct eb_err *err)
{
    uint64_t h = eb_hash64_u64(EB_HASH64_SEED, ctx->consult_id + ctx->position) % 100;
    if (h < 6) {
        (void)eb_err_set(err, EB_E_SCRIPT, "world", "planned failure");
        return h < 3 ? EB_POLICY_ERROR : EB_POLICY_BUDGET;
    }
    if (ctx->plan_revision == 0 || ctx->r_provisional) {
        first_plan(out);
    } else if (h < 10) {
        decide(out, EB_PARTIAL_CLOSE)->u.partial.fraction_ppm = 100000;
    } else if (h < 12) {
        (void)decide(out, EB_FULL_EXIT);
    } else if (h < 20) {
        decide(out, EB_MOVE_STOP)->u.stop.price = ctx->entry;
    } else if (h < 30) {
        remember(out, ctx);
        out->keep = true;
    } else {
        return EB_POLICY_KEEP;
    }
    return EB_POLICY_OK;
}

static enum eb_policy_result consult(void *policy, const struct eb_context *ctx, struct eb_verdict *out,
                                     struct eb_err *err)
{
    const struct world *w = policy;
    if (w->options.wild_policy) {
        return wild(ctx, out, err);
    }
    if (ctx->plan_revision != 0) {
        return EB_POLICY_KEEP;
    }
    first_plan(out);
    return EB_POLICY_OK;
}

/* ---- Ports ------------------------------------------------------------------------------------------------------ */

static void observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct world *w = user;
    (void)ev;
    w->steps++;
    for (uint16_t i = 0; i < actions->count; i++) {
        const struct eb_action *a = &actions->action[i];
        if (a->kind == EB_ACT_EXIT) {
            w->exits[a->u.exit.reason]++;
        } else if (a->kind == EB_ACT_EPISODE_END) {
            w->episodes++;
        } else if (a->kind == EB_ACT_ALERT) {
            w->alerts[a->u.alert.kind]++;
        } else if (a->kind == EB_ACT_SUBMIT) {
            w->submits++;
        }
    }
}

static int no_submit(void *venue, const struct eb_order_request *order, struct eb_err *err)
{
    (void)venue;
    (void)order;
    return eb_err_set(err, EB_E_REFUSED, "world", "refused");
}
static int no_cancel(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                     struct eb_err *err)
{
    (void)venue;
    (void)id;
    (void)venue_order_id;
    (void)symbol;
    (void)type;
    return eb_err_set(err, EB_E_REFUSED, "world", "refused");
}
static int no_snapshot(void *venue, struct eb_err *err)
{
    (void)venue;
    return eb_err_set(err, EB_E_REFUSED, "world", "refused");
}
static int no_refresh(void *venue, eb_symbol_id symbol, struct eb_err *err)
{
    (void)venue;
    (void)symbol;
    return eb_err_set(err, EB_E_REFUSED, "world", "refused");
}

void world_refuse_everything(struct world *w, bool refuse)
{
    w->refuse_ops = (struct eb_venue_ops){no_submit, no_cancel, no_cancel, no_snapshot, no_refresh};
    eb_host_set_venue(w->host, refuse ? (struct eb_venue){.venue = w, .ops = &w->refuse_ops} : eb_sim_port(w->sim));
}

/* ---- Time ------------------------------------------------------------------------------------------------------- */

static struct eb_event event(const struct world *w, enum eb_event_kind kind, eb_symbol_id symbol)
{
    return (struct eb_event){.kind = (uint16_t)kind,
                             .now_ns = w->now_ms * 1000000,
                             .now_ms = w->now_ms,
                             .symbol = symbol,
                             .position = EB_NO_POSITION};
}

static void advance(struct world *w, int64_t ms)
{
    w->now_ms += ms;
    eb_sim_run(w->sim, w->now_ms * 1000000, w->now_ms);
    assert_int_equal(eb_host_clock(w->host, w->now_ms * 1000000, w->now_ms), EB_OK);
}

static void tell_price(struct world *w, eb_symbol_id symbol)
{
    static const enum eb_price_source sources[] = {EB_SRC_MARK, EB_SRC_LAST};
    eb_price p = {w->price_e8[symbol]};
    const struct eb_sim_quote quote = {.mark = p, .last = p, .bid = p, .ask = p};
    assert_int_equal(eb_sim_price(w->sim, symbol, &quote), EB_OK);
    for (size_t i = 0; i < EB_COUNT(sources); i++) {
        struct eb_event ev = event(w, EB_EV_PRICE, symbol);
        ev.u.price = (struct eb_ev_price){
            .source = (uint8_t)sources[i], .price = p, .ask = p, .min = p, .max = p, .venue_ms = w->now_ms};
        assert_int_equal(eb_turn(w->host, &ev), EB_OK);
    }
}

void world_price(struct world *w, eb_symbol_id symbol, int64_t price_e8)
{
    advance(w, 100);
    w->price_e8[symbol] = price_e8;
    tell_price(w, symbol);
}

void world_wait(struct world *w, int64_t ms)
{
    for (int64_t passed = 0; passed < ms; passed += 100) {
        advance(w, 100);
        for (eb_symbol_id s = 0; s < WORLD_SYMBOLS; s++) {
            tell_price(w, s);
        }
    }
}

void world_enter(struct world *w, eb_symbol_id symbol, enum eb_side side)
{
    struct eb_sim_entry entry = {.symbol = symbol, .side = (uint8_t)side, .strategy_id = "world"};
    entry.qty.e8 = 10 * EB_E8;
    struct eb_err err = {0};
    if (eb_sim_open(w->sim, &entry, NULL, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
}

void world_walk(struct world *w, int n)
{
    for (int i = 0; i < n; i++) {
        advance(w, 100);
        for (eb_symbol_id s = 0; s < WORLD_SYMBOLS; s++) {
            if (eb_rng_chance(&w->rng, 1, 3)) {
                continue;
            }
            int64_t ticks = eb_rng_range(&w->rng, -12, 12);
            w->price_e8[s] += ticks * TICK;
            tell_price(w, s);
            if (!world_is_open(w, s) && eb_rng_chance(&w->rng, 1, 40)) {
                world_enter(w, s, eb_rng_chance(&w->rng, 1, 2) ? EB_LONG : EB_SHORT);
            }
        }
    }
}

/* ---- Opening ---------------------------------------------------------------------------------------------------- */

static void introduce(struct world *w)
{
    for (eb_symbol_id s = 0; s < WORLD_SYMBOLS; s++) {
        struct eb_ev_instrument inst = {.symbol = "WAUSDT", .trading = true, .max_orders = 200, .max_algo_orders = 100};
        inst.symbol[1] = (char)('A' + s);
        inst.tick.e8 = TICK;
        inst.min_price.e8 = TICK;
        inst.max_price.e8 = START_PRICE * 100;
        inst.step.e8 = inst.min_qty.e8 = inst.market_step.e8 = inst.market_min_qty.e8 = EB_E8 / 1000;
        inst.max_qty.e8 = inst.market_max_qty.e8 = 1000 * EB_E8;
        inst.min_notional.e8 = 5 * EB_E8;
        inst.maintenance_ppm = 10000;
        struct eb_event ev = event(w, EB_EV_INSTRUMENT, s);
        ev.u.instrument = &inst;
        assert_int_equal(eb_turn(w->host, &ev), EB_OK);
        assert_int_equal(eb_sim_add_instrument(w->sim, s, &inst, NULL, 0, NULL), EB_OK);
        w->price_e8[s] = START_PRICE;
    }
    struct eb_event account = event(w, EB_EV_ACCOUNT, EB_NO_SYMBOL);
    account.u.account.balance.e8 = 10000 * EB_E8;
    assert_int_equal(eb_turn(w->host, &account), EB_OK);
    static const struct eb_ev_command command = {.verb = EB_CMD_SNAPSHOT, .who = "test"};
    struct eb_event snapshot = event(w, EB_EV_COMMAND, EB_NO_SYMBOL);
    snapshot.u.command = &command;
    assert_int_equal(eb_turn(w->host, &snapshot), EB_OK);
    for (eb_symbol_id s = 0; s < WORLD_SYMBOLS; s++) {
        tell_price(w, s);
    }
}

static void create_sim(struct world *w)
{
    struct eb_sim_config c;
    eb_sim_config_default(&c);
    c.symbols_max = WORLD_SYMBOLS;
    c.orders_max = 20000;
    c.trades_max = 20000;
    c.seed = w->options.seed;
    if (w->options.faults) {
        c.request_ms = c.event_ms = 20;
        static const enum eb_sim_fault some[] = {EB_SIM_F_UNKNOWN_DONE, EB_SIM_F_UNKNOWN_NOT, EB_SIM_F_THROTTLE,
                                                 EB_SIM_F_PARTIAL,      EB_SIM_F_DUPLICATE,   EB_SIM_F_DELAY,
                                                 EB_SIM_F_REORDER,      EB_SIM_F_SNAPSHOT};
        for (size_t i = 0; i < EB_COUNT(some); i++) {
            c.faults.rate[some[i]] = (struct eb_sim_chance){5, 100};
        }
    }
    assert_int_equal(eb_sim_create(&c, &w->sim, NULL), EB_OK);
}

void world_open(struct world *w, const struct world_options *options)
{
    memset(w, 0, sizeof(*w));
    w->options = *options;
    w->now_ms = START_MS;
    eb_rng_seed(&w->rng, options->seed);
    create_sim(w);
    const struct eb_memory_store_config memory = {.quiet = true, .lag = options->lag};
    assert_int_equal(eb_memory_store_create(&memory, &w->store, NULL), EB_OK);

    eb_engine_config_default(&w->engine_config);
    w->engine_config.symbols_max = WORLD_SYMBOLS;
    w->engine_config.instance = 1;
    w->engine_config.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, true, true};
    bool other = options->other_store.append != NULL;
    const struct eb_host_config c = {
        .engine = w->engine_config,
        .venue = eb_sim_port(w->sim),
        .policy = {.policy = w, .consult = consult},
        .store = other ? options->other_store : eb_memory_store_port(w->store),
        .observer = observe,
        .observer_user = w,
    };
    struct eb_err err = {0};
    if (eb_host_create(&c, &w->host, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    eb_sim_set_sink(w->sim, eb_host_sink, w->host);
    eb_sim_set_time(w->sim, w->now_ms * 1000000, w->now_ms);
    introduce(w);
}

void world_close(struct world *w)
{
    eb_host_destroy(w->host);
    eb_memory_store_destroy(w->store);
    eb_sim_destroy(w->sim);
}

unsigned world_our_trades(const struct world *w)
{
    size_t count;
    const struct eb_sim_trade *trades = eb_sim_trades(w->sim, &count);
    unsigned ours = 0;
    for (size_t i = 0; i < count; i++) {
        ours += trades[i].purpose != EB_PURPOSE_COUNT ? 1 : 0;
    }
    return ours;
}

bool world_is_open(const struct world *w, eb_symbol_id symbol)
{
    struct eb_sim_position p;
    return eb_sim_position(w->sim, 2 * symbol, &p);
}
