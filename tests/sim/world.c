/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports, time and phases of a simulated life.
 *
 *     faults for some minutes -> calm: everything settles -> prices cross every stop: everything flat -> folds
 */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define CALM_MS 150000 /* five pictures of the account, the longest wait for an absent order several times over */

/* ---- small questions --------------------------------------------------------------------------------------------- */

int64_t world_ns(const struct world *w, int64_t at_ms)
{
    (void)w;
    return WORLD_START_NS + (at_ms - WORLD_START_MS) * 1000000;
}

bool world_strikes(struct world *w, enum world_fault fault, enum world_stream stream)
{
    if (w->calm || w->permille[fault] == 0 || !eb_rng_chance(&w->rng[stream], w->permille[fault], 1000)) {
        return false;
    }
    w->figures.faults[fault]++;
    return true;
}

struct eb_event world_event(const struct world *w, enum eb_event_kind kind, eb_symbol_id symbol)
{
    return (struct eb_event){.kind = (uint16_t)kind,
                             .now_ns = world_ns(w, w->now_ms),
                             .now_ms = w->now_ms,
                             .symbol = symbol,
                             .position = EB_NO_POSITION};
}

static void expect_taken(struct world *w, int rc, const char *what)
{
    ORACLE_CHECK(&w->oracle, rc == EB_OK, "%s returned %s", what, eb_err_name(rc));
}

void world_turn(struct world *w, const struct eb_event *ev)
{
    expect_taken(w, eb_turn(w->host, ev), "eb_turn");
}

bool world_open_slot(const struct world *w, eb_position_id slot, struct eb_sim_position *out)
{
    return eb_sim_position(w->sim, slot, out);
}

/* ---- ports ------------------------------------------------------------------------------------------------------- */

static void observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct world *w = user;
    if (w->dead) {
        world_last_breath(w, actions);
    }
    if (w->oracle.violated || w->dead) {
        return; /* what led to it stays the last of the trace */
    }
    w->figures.events++;
    for (uint16_t i = 0; i < actions->count; i++) {
        const struct eb_action *a = &actions->action[i];
        w->figures.submits += a->kind == EB_ACT_SUBMIT;
        w->figures.episodes += a->kind == EB_ACT_EPISODE_END;
        if (a->kind == EB_ACT_EXIT) {
            w->figures.exits[a->u.exit.reason]++;
        } else if (a->kind == EB_ACT_ALERT) {
            w->figures.alerts[a->u.alert.kind]++;
        }
    }
    trace_step(&w->trace, ev, actions, eb_host_engine(w->host));
    oracle_step(&w->oracle, ev, actions);
    bool of_host = actions->count == 1 && actions->action[0].kind == EB_ACT_ALERT &&
                   (actions->action[0].u.alert.kind == EB_ALERT_STORE_FAILED ||
                    actions->action[0].u.alert.kind == EB_ALERT_EVENTS_LOST);
    if (!of_host) { /* the engine did not step */
        world_twin_step(w, ev, actions);
    }
}

static int submit(void *venue, const struct eb_order_request *order, struct eb_err *err)
{
    struct world *w = venue;
    if (world_dies(w)) {
        return EB_OK;
    }
    oracle_wire(&w->oracle, order, world_durable_seq(w), w->store_failed);
    return w->inner.ops->submit(w->inner.venue, order, err);
}
static int cancel(void *venue, eb_client_id id, uint64_t order, eb_symbol_id symbol, uint8_t type, struct eb_err *err)
{
    struct world *w = venue;
    return world_dies(w) ? EB_OK : w->inner.ops->cancel(w->inner.venue, id, order, symbol, type, err);
}
static int query(void *venue, eb_client_id id, uint64_t order, eb_symbol_id symbol, uint8_t type, struct eb_err *err)
{
    struct world *w = venue;
    return world_dies(w) ? EB_OK : w->inner.ops->query(w->inner.venue, id, order, symbol, type, err);
}
static int snapshot(void *venue, struct eb_err *err)
{
    struct world *w = venue;
    return w->dead ? EB_OK : w->inner.ops->snapshot(w->inner.venue, err);
}
static int refresh_price(void *venue, eb_symbol_id symbol, struct eb_err *err)
{
    struct world *w = venue;
    return w->dead ? EB_OK : w->inner.ops->refresh_price(w->inner.venue, symbol, err);
}

/* What the exchange tells; kept while the process stands still. */
static void sink(void *user, const struct eb_event *ev)
{
    struct world *w = user;
    if (w->down || w->dead || ev->kind == EB_EV_COUNT) {
        return; /* nobody listens */
    }
    if (!w->suspended) {
        eb_host_sink(w->host, ev);
        if (ev->kind == EB_EV_SNAPSHOT_END && w->retell && !w->dead) {
            w->retell = false;
            w->pictured = true; /* trades once more, when this call is over */
        }
        return;
    }
    EB_ASSERT(w->held_count < WORLD_HELD_MAX);
    struct world_held *held = &w->held[w->held_count++];
    held->ev = *ev;
    if (ev->kind == EB_EV_POSITION) {
        held->position = *ev->u.venue_position;
    }
}

/* ---- suspension, timer, store ------------------------------------------------------------------------------------ */

static void wake_up(struct world *w)
{
    w->suspended = false;
    for (uint32_t i = 0; i < w->held_count; i++) {
        struct eb_event ev = w->held[i].ev;
        ev.now_ns = world_ns(w, w->now_ms);
        ev.now_ms = w->now_ms;
        if (ev.kind == EB_EV_POSITION) {
            ev.u.venue_position = &w->held[i].position;
        }
        eb_host_sink(w->host, &ev);
    }
    w->held_count = 0;
}

static void suspension_due(struct world *w)
{
    if (w->suspended && (w->now_ms >= w->awake_ms || w->calm || w->held_count > WORLD_HELD_MAX / 2)) {
        wake_up(w);
    }
    if (w->now_ms >= w->suspend_ms && !w->down) {
        struct eb_rng *r = &w->rng[WORLD_S_TIMER];
        w->suspend_ms = w->now_ms + eb_rng_range(r, 5000, 60000);
        if (!w->suspended && world_strikes(w, WORLD_F_SUSPEND, WORLD_S_TIMER)) {
            w->suspended = true;
            w->awake_ms = w->now_ms + eb_rng_range(r, 200, 20000);
        }
    }
}

/* When the host's timer fires for the engine's next deadline: late, now and then. */
static int64_t timer_next(struct world *w)
{
    int64_t at_ns = w->host != NULL ? eb_engine_next_deadline(eb_host_engine(w->host)) : INT64_MAX;
    if (w->suspended || at_ns == INT64_MAX) {
        return INT64_MAX;
    }
    if (at_ns != w->timer_seen_ns) {
        w->timer_seen_ns = at_ns;
        int64_t at_ms = WORLD_START_MS + (at_ns - WORLD_START_NS + 999999) / 1000000;
        at_ms = at_ns > WORLD_START_NS && at_ms > w->now_ms ? at_ms : w->now_ms;
        bool late = world_strikes(w, WORLD_F_LATE_TIMER, WORLD_S_TIMER);
        w->timer_ms = at_ms + (late ? eb_rng_range(&w->rng[WORLD_S_TIMER], 1, 400) : 0);
    }
    return w->timer_ms > w->now_ms ? w->timer_ms : w->now_ms;
}

static void timer_due(struct world *w)
{
    if (timer_next(w) <= w->now_ms) {
        expect_taken(w, eb_host_clock(w->host, world_ns(w, w->now_ms), w->now_ms), "eb_host_clock");
        w->timer_seen_ns = INT64_MIN;
        int64_t next = eb_engine_next_deadline(eb_host_engine(w->host));
        ORACLE_CHECK(&w->oracle, w->dead || next > world_ns(w, w->now_ms), "a deadline is still due after the clock");
    }
}

static void store_due(struct world *w)
{
    if (w->down || w->dead) {
        return;
    }
    if (!w->calm && w->now_ms >= w->store_fail_ms) {
        w->store_fail_ms = INT64_MAX;
        w->store_failed = true;
        w->oracle.store_failed = true;
        w->figures.faults[WORLD_F_STORE_FAIL]++;
        eb_memory_store_set_failing(w->life[w->lives - 1].store, true);
    }
    if (w->now_ms >= w->store_ms) {
        struct eb_rng *r = &w->rng[WORLD_S_STORE];
        bool lag = world_strikes(w, WORLD_F_STORE_LAG, WORLD_S_STORE);
        w->store_ms = w->now_ms + (lag ? eb_rng_range(r, 20, 2500) : eb_rng_range(r, 1, 20));
        eb_memory_store_sync(w->life[w->lives - 1].store, UINT64_MAX);
        if (!w->suspended) {
            eb_host_release_held(w->host);
        }
    }
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

static int64_t soonest(struct world *w, int64_t end_ms)
{
    int64_t venue_ns = eb_sim_next_due(w->sim);
    int64_t venue_ms =
        venue_ns == INT64_MAX ? INT64_MAX : WORLD_START_MS + (venue_ns - WORLD_START_NS + 999999) / 1000000;
    const int64_t at[] = {venue_ms,
                          timer_next(w),
                          world_market_next(w),
                          w->down ? INT64_MAX : w->store_ms,
                          w->down ? INT64_MAX : w->suspend_ms,
                          world_hands_next(w),
                          world_crash_next(w),
                          world_look_next(w),
                          w->suspended ? w->awake_ms : INT64_MAX};
    int64_t next = end_ms;
    for (size_t i = 0; i < EB_COUNT(at); i++) {
        next = at[i] < next ? at[i] : next;
    }
    return next > w->now_ms ? next : w->now_ms;
}

static void look(struct world *w)
{
    struct eb_turn_times times;
    eb_host_turn_times(w->host, &times);
    w->oracle.awake_ms = w->suspended ? w->now_ms : w->oracle.awake_ms;
    bool in_flight = eb_sim_next_due(w->sim) != INT64_MAX || w->suspended || times.held > 0;
    oracle_between(&w->oracle, w->now_ms, in_flight);
    ORACLE_CHECK(&w->oracle, times.refused == 0 && times.overflows == 0, "the host refused or lost an event");
}

static void pass(struct world *w, int64_t at_ms)
{
    w->now_ms = at_ms;
    eb_sim_run(w->sim, world_ns(w, at_ms), at_ms);
    if (w->pictured && !w->down && !w->dead) {
        w->pictured = false;
        world_tell_trades(w);
    }
    suspension_due(w);
    timer_due(w);
    store_due(w);
    world_hands_due(w);
    world_market_due(w);
    world_look_due(w);
    world_crash_due(w);
    if (w->host != NULL && !w->oracle.violated) {
        look(w);
    }
}

static void run_until(struct world *w, int64_t end_ms)
{
    while (!w->oracle.violated && w->now_ms < end_ms) {
        pass(w, soonest(w, end_ms));
    }
}

/* ---- creation ---------------------------------------------------------------------------------------------------- */

bool world_host(struct world *w, struct eb_err *err)
{
    static const struct eb_venue_ops ops = {submit, cancel, query, snapshot, refresh_price};
    const struct eb_host_config c = {
        .engine = w->engine_config,
        .venue = {.venue = w, .ops = &ops},
        .policy = world_policy(w),
        .store = world_store_port(w),
        .observer = observe,
        .observer_user = w,
    };
    return eb_host_create(&c, &w->host, err) == EB_OK;
}

void world_sink_again(struct world *w)
{
    eb_sim_set_sink(w->sim, sink, w);
}

static bool create(struct world *w, struct eb_err *err)
{
    w->held = malloc(WORLD_HELD_MAX * sizeof *w->held);
    w->fold = malloc(sizeof *w->fold);
    w->image = malloc(2 * WORLD_IMAGE_MAX);
    if (w->held == NULL || w->fold == NULL || w->image == NULL ||
        eb_sim_create(&w->sim_config, &w->sim, err) != EB_OK || !world_life_begin(w, err)) {
        return false;
    }
    w->inner = eb_sim_port(w->sim);
    if (!world_host(w, err)) {
        return false;
    }
    oracle_begin(&w->oracle, &w->engine_config, eb_host_engine(w->host), w->sim, w->symbols, w->hedge, w->shadow);
    const struct eb_sim_config *s = &w->sim_config;
    bool delays = s->faults.rate[EB_SIM_F_DELAY].num > 0;
    w->oracle.request_ms = s->request_ms;
    w->oracle.slack_ms = s->request_ms + s->event_ms + s->snapshot_ms + (delays ? s->faults.delay_max_ms : 0);
    return true;
}

static void destroy(struct world *w)
{
    world_twin_end(w);
    eb_host_destroy(w->host);
    for (uint32_t i = 0; i < w->lives; i++) {
        eb_memory_store_destroy(w->life[i].store);
    }
    eb_sim_destroy(w->sim);
    free(w->held);
    free(w->fold);
    free(w->image);
}

/* Symbols first, then a few positions that were there before: they are adopted from the first picture. */
static void begin(struct world *w)
{
    eb_sim_set_time(w->sim, world_ns(w, w->now_ms), w->now_ms);
    for (eb_symbol_id id = 0; id < w->symbols; id++) {
        struct eb_event ev = world_event(w, EB_EV_INSTRUMENT, id);
        ev.u.instrument = &w->symbol[id].inst;
        oracle_instrument(&w->oracle, id, &w->symbol[id].inst);
        world_turn(w, &ev);
        int rc = eb_sim_add_instrument(w->sim, id, &w->symbol[id].inst, NULL, 0, NULL);
        EB_ASSERT(rc == EB_OK);
    }
    world_market_begin(w);
    world_hands_begin(w);
    struct eb_rng *r = &w->rng[WORLD_S_HANDS];
    for (eb_symbol_id id = 0; id < w->symbols; id++) {
        struct eb_sim_entry entry = {.symbol = id, .side = (uint8_t)eb_rng_below(r, 2), .qty = w->symbol[id].usual};
        if (eb_rng_below(r, 3) == 0) {
            (void)eb_sim_open(w->sim, &entry, NULL, NULL);
        }
    }
    eb_sim_run(w->sim, world_ns(w, w->now_ms + 1000), w->now_ms + 1000);
    w->now_ms += 1000;
    world_sink_again(w);
    struct eb_event account = world_event(w, EB_EV_ACCOUNT, EB_NO_SYMBOL);
    account.u.account = (struct eb_ev_account){w->sim_config.balance, w->hedge};
    world_turn(w, &account);
    world_tell_policy(w);
    w->suspend_ms = w->now_ms + 10000;
    w->look_ms = w->now_ms + 20000;
    w->crash_ms = w->now_ms + eb_rng_range(&w->rng[WORLD_S_CRASH], 300, 60000);
    w->settled = eb_rng_below(&w->rng[WORLD_S_CRASH], 2) == 0;
    if (w->permille[WORLD_F_CRASH] > 0) {
        world_start(w);
    }
    w->store_fail_ms = INT64_MAX;
    w->timer_seen_ns = INT64_MIN;
    if (w->permille[WORLD_F_STORE_FAIL] > 0) {
        w->store_fail_ms = eb_rng_range(&w->rng[WORLD_S_STORE], w->now_ms, w->end_ms);
    }
}

/* ---- phases ------------------------------------------------------------------------------------------------------ */

static void calm_down(struct world *w)
{
    static const struct eb_sim_faults none;
    w->calm = true;
    w->suspend_ms = INT64_MAX;
    eb_sim_set_faults(w->sim, &none);
    suspension_due(w);
    w->dies_in = 0;
    world_crash_due(w); /* whoever is down begins again */
    world_command(w, EB_CMD_RESUME, EB_NO_SYMBOL);
    for (eb_symbol_id id = 0; id < w->symbols && !w->oracle.violated; id++) {
        world_command(w, EB_CMD_ADOPT, id);
    }
    run_until(w, w->now_ms + CALM_MS);
    for (int i = 0; i < 50 && eb_sim_next_due(w->sim) != INT64_MAX; i++) { /* what is on its way arrives */
        run_until(w, w->now_ms + 100);
    }
}

/* Whether a position of this side is open in a symbol; `any` side where the mode is one-way. */
static bool stands(const struct world *w, eb_symbol_id id, enum eb_side side)
{
    struct eb_sim_position p;
    for (unsigned leg = 0; leg < 2; leg++) {
        if (eb_sim_position(w->sim, 2 * id + leg, &p) && p.side == side) {
            return true;
        }
    }
    return false;
}

static bool stands_anywhere(const struct world *w, enum eb_side side)
{
    bool any = false;
    for (eb_symbol_id id = 0; id < w->symbols; id++) {
        any = any || stands(w, id, side);
    }
    return any;
}

static void push_against(struct world *w, enum eb_side side, int64_t divisor)
{
    for (eb_symbol_id id = 0; id < w->symbols; id++) {
        if (stands(w, id, side)) {
            int64_t mid = w->symbol[id].mid_e8;
            world_market_push(w, id, side == EB_LONG ? mid - mid / divisor : mid + mid / divisor);
        }
    }
    run_until(w, w->now_ms + 400);
}

/* Prices go against every position, two percent at a time and then faster, until its stop must have fired. */
static void cross_stops(struct world *w, enum eb_side side)
{
    for (int i = 0; i < 45 && !w->oracle.violated; i++) {
        push_against(w, side, 50);
    }
    run_until(w, w->now_ms + 30000);
    for (int i = 0; i < 20 && !w->oracle.violated && (stands_anywhere(w, side)); i++) {
        push_against(w, side, 6);
    }
    run_until(w, w->now_ms + 30000);
}

static void count(struct world *w)
{
    struct eb_sim_stats stats;
    size_t trades;
    eb_sim_stats(w->sim, &stats);
    (void)eb_sim_trades(w->sim, &trades);
    memcpy(w->figures.sim_faults, stats.faults, sizeof stats.faults);
    w->figures.trades = trades;
    w->figures.checks = w->oracle.checks;
    w->figures.simulated_ms = w->now_ms - WORLD_START_MS;
    w->figures.durable_hash = w->host != NULL ? eb_engine_durable_hash(eb_host_engine(w->host)) : 0;
    w->figures.trace = eb_hash64_u64(w->trace.hash, w->figures.durable_hash);
}

int world_live(struct world *w, const struct world_options *options, struct world_figures *out)
{
    memset(w, 0, sizeof *w);
    world_draw(w, options);
    trace_begin(&w->trace, options->verbose);
    struct eb_err err = {0};
    EB_ASSERT(create(w, &err));
    begin(w);
    run_until(w, w->end_ms);
    if (!w->oracle.violated) {
        calm_down(w);
        oracle_settled(&w->oracle);
    }
    if (!w->oracle.violated && !w->shadow) {
        cross_stops(w, EB_LONG);
        cross_stops(w, EB_SHORT);
        oracle_flat(&w->oracle);
        oracle_plans_kept(&w->oracle);
    }
    count(w);
    if (!w->oracle.violated) {
        world_check_record(w);
    }
    w->figures.checks = w->oracle.checks;
    *out = w->figures;
    destroy(w);
    return w->oracle.violated ? 1 : 0;
}
