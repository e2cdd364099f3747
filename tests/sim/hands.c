/* SPDX-License-Identifier: Apache-2.0 */
/* What other systems, people, the venue itself and the operator do. */
#include "world.h"

#include <string.h>

static struct eb_rng *chance(struct world *w)
{
    return &w->rng[WORLD_S_HANDS];
}

static eb_qty part_of(struct world *w, eb_symbol_id id, eb_qty whole)
{
    int64_t step = w->symbol[id].inst.market_step.e8;
    int64_t steps = whole.e8 / step;
    return (eb_qty){steps > 1 ? eb_rng_range(chance(w), 1, steps) * step : step};
}

/* Somebody opens a position where there is none. */
static void enter(struct world *w, eb_symbol_id id)
{
    struct world_symbol *y = &w->symbol[id];
    struct eb_rng *r = chance(w);
    struct eb_sim_position p;
    y->enter_ms = w->now_ms + eb_rng_range(r, 2000, 40000);
    uint8_t side = (uint8_t)eb_rng_below(r, 2);
    int64_t leverage = eb_rng_range(r, 1, 25) * EB_PPM;
    eb_qty qty = part_of(w, id, y->usual);
    if (world_open_slot(w, 2 * id + (w->hedge && side == EB_SHORT ? 1 : 0), &p)) {
        return;
    }
    struct eb_sim_entry entry = {
        .symbol = id, .side = side, .qty = qty, .leverage_ppm = leverage, .strategy_id = "somebody"};
    struct eb_err err;
    (void)eb_sim_open(w->sim, &entry, NULL, &err); /* refused for its size or margin: the next one will do */
}

static void add(struct world *w, eb_position_id slot, const struct eb_sim_position *p, bool flip)
{
    struct eb_rng *r = chance(w);
    bool opposite = flip && !w->hedge;
    eb_qty qty = part_of(w, slot / 2, w->symbol[slot / 2].usual);
    qty.e8 +=
        opposite ? p->qty.e8 / w->symbol[slot / 2].inst.market_step.e8 * w->symbol[slot / 2].inst.market_step.e8 : 0;
    struct eb_sim_entry entry = {.symbol = slot / 2, .side = opposite ? !p->side : p->side, .qty = qty};
    entry.leverage_ppm = eb_rng_below(r, 4) == 0 ? eb_rng_range(r, 1, 25) * EB_PPM : 0;
    struct eb_err err;
    (void)eb_sim_open(w->sim, &entry, NULL, &err);
}

static void foreign_order(struct world *w, eb_position_id slot, const struct eb_sim_position *p)
{
    struct eb_rng *r = chance(w);
    const struct world_symbol *y = &w->symbol[slot / 2];
    bool sell = p->side == EB_LONG;
    struct eb_order_request req = {.symbol = slot / 2, .position = slot, .position_side = p->position_side};
    req.order_side = sell ? EB_SELL : EB_BUY;
    bool stop = eb_rng_below(r, 2) == 0;
    int64_t away = y->mid_e8 / 1000 * eb_rng_range(r, 1, 60);
    int64_t price = sell == stop ? y->mid_e8 - away : y->mid_e8 + away;
    price = price / y->inst.tick.e8 * y->inst.tick.e8;
    req.type = stop ? EB_ORDER_STOP_MARKET : EB_ORDER_LIMIT_GTC;
    req.close_position = stop && eb_rng_below(r, 2) == 0;
    req.reduce_only = !w->hedge && !req.close_position;
    req.qty = req.close_position ? (eb_qty){0} : part_of(w, slot / 2, p->qty);
    req.price.e8 = stop ? 0 : price;
    req.trigger.e8 = stop ? price : 0;
    struct eb_err err;
    uint64_t id;
    (void)eb_sim_place_foreign(w->sim, &req, &id, NULL, &err);
}

struct pick {
    struct eb_rng *r;
    unsigned seen;
    struct eb_ev_open_order order;
};

static void consider(void *user, const struct eb_ev_open_order *order)
{
    struct pick *p = user;
    if (eb_rng_below(p->r, ++p->seen) == 0) {
        p->order = *order;
    }
}

static void cancel_one(struct world *w, eb_symbol_id id)
{
    struct pick p = {.r = chance(w)};
    eb_sim_open_orders(w->sim, id, consider, &p);
    if (p.seen > 0) {
        (void)eb_sim_cancel_by_hand(w->sim, id, p.order.venue_order_id, p.order.type == EB_ORDER_STOP_MARKET);
    }
}

static void change_terms(struct world *w, eb_position_id slot, const struct eb_sim_position *p)
{
    struct eb_rng *r = chance(w);
    struct eb_err err;
    switch (eb_rng_below(r, 3)) {
    case 0:
        (void)eb_sim_set_leverage(w->sim, slot / 2, eb_rng_range(r, 1, 40) * EB_PPM, &err);
        break;
    case 1:
        (void)eb_sim_add_margin(w->sim, slot, (eb_money){p->margin.e8 / 100 * eb_rng_range(r, -50, 100)}, &err);
        break;
    default:
        eb_sim_transfer(w->sim, (eb_money){eb_rng_range(r, -200, 1000) * EB_E8});
        break;
    }
}

/* One thing done to one open position. */
static void touch(struct world *w, eb_position_id slot)
{
    struct eb_sim_position p;
    struct eb_err err;
    enum world_fault what = (enum world_fault)eb_rng_range(chance(w), WORLD_F_HAND_ADD, WORLD_F_HAND_CANCEL);
    if (!world_open_slot(w, slot, &p) || !world_strikes(w, what, WORLD_S_HANDS)) {
        return;
    }
    eb_symbol_id id = slot / 2;
    if (what == WORLD_F_HAND_ADD) {
        add(w, slot, &p, false);
    } else if (what == WORLD_F_HAND_REDUCE) {
        (void)eb_sim_close(w->sim, slot, part_of(w, id, p.qty), (eb_price){0}, NULL, &err);
    } else if (what == WORLD_F_HAND_CLOSE) {
        (void)eb_sim_close(w->sim, slot, (eb_qty){0}, (eb_price){0}, NULL, &err);
    } else if (what == WORLD_F_HAND_FLIP) {
        add(w, slot, &p, true);
    } else if (what == WORLD_F_ADL) {
        (void)eb_sim_deleverage(w->sim, slot, part_of(w, id, p.qty), w->symbol[id].quote.mark, &err);
    } else if (what == WORLD_F_LEVERAGE) {
        change_terms(w, slot, &p);
    } else if (what == WORLD_F_FOREIGN_ORDER) {
        foreign_order(w, slot, &p);
    } else {
        cancel_one(w, id);
    }
}

/* ---- the operator ---- */

void world_command(struct world *w, enum eb_command verb, eb_symbol_id symbol)
{
    struct eb_ev_command c = {.verb = (uint8_t)verb, .id = ++w->command_id, .who = "operator", .why = "simulated"};
    struct eb_event ev = world_event(w, EB_EV_COMMAND, symbol);
    ev.u.command = &c;
    world_turn(w, &ev);
    if (eb_rng_below(&w->rng[WORLD_S_OPERATOR], 4) == 0) {
        world_turn(w, &ev); /* the same id again: one command */
    }
}

static void operate(struct world *w)
{
    struct eb_rng *r = &w->rng[WORLD_S_OPERATOR];
    w->operator_ms = w->now_ms + eb_rng_range(r, 1000, 60000);
    if (!world_strikes(w, WORLD_F_OPERATOR, WORLD_S_OPERATOR)) {
        return;
    }
    enum eb_command verb = (enum eb_command)eb_rng_below(r, EB_CMD_SNAPSHOT + 1);
    bool whole = verb == EB_CMD_PAUSE || verb == EB_CMD_RESUME || verb == EB_CMD_SNAPSHOT ||
                 (verb == EB_CMD_FLATTEN && eb_rng_below(r, 4) == 0);
    eb_symbol_id symbol = whole ? EB_NO_SYMBOL : (eb_symbol_id)eb_rng_below(r, w->symbols);
    if (verb == EB_CMD_PAUSE || (verb == EB_CMD_FLATTEN && whole)) {
        w->resume_ms = w->now_ms + eb_rng_range(r, 3000, 60000);
    }
    world_command(w, verb, symbol);
}

/* ---- what policies are told ---- */

void world_tell_policy(struct world *w)
{
    static const struct eb_ev_policy policy = {.hash = {7}, .legacy = true, .name = "simulated"};
    struct eb_event ev = world_event(w, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = &policy;
    world_turn(w, &ev);
}

/* Exits change hands; what is sent stays as it is. */
static void other_owners(struct world *w)
{
    struct eb_ev_config mode = eb_engine_mode(eb_host_engine(w->host));
    mode.exit_mode = mode.exit_mode == EB_EXIT_MODE_LEGACY ? EB_EXIT_MODE_EXIT_BRAIN_V3 : EB_EXIT_MODE_LEGACY;
    struct eb_ev_command c = {
        .verb = EB_CMD_MODE, .mode = mode, .id = ++w->command_id, .who = "operator", .why = "simulated"};
    struct eb_event ev = world_event(w, EB_EV_COMMAND, EB_NO_SYMBOL);
    ev.u.command = &c;
    world_turn(w, &ev);
}

static void say_something(struct world *w)
{
    struct eb_rng *r = &w->rng[WORLD_S_SIGNAL];
    struct eb_ev_signal g = {.who = "host", .why = "simulated"};
    const char *name = oracle_signal_names[eb_rng_below(r, ORACLE_SIGNALS)];
    memcpy(g.value.key, name, strlen(name));
    g.value.kind = (uint8_t)eb_rng_below(r, EB_MEM_TEXT + 1);
    if (g.value.kind == EB_MEM_TEXT) {
        memcpy(g.value.text, eb_rng_below(r, 2) == 0 ? "NORMAL" : "SEVERE", 7);
    } else if (g.value.kind != EB_MEM_NONE) {
        g.value.number = (double)eb_rng_below(r, 2);
    }
    g.expires_ms = eb_rng_below(r, 2) == 0 ? w->now_ms + eb_rng_range(r, -500, 40000) : 0;
    eb_symbol_id symbol = eb_rng_below(r, 3) == 0 ? EB_NO_SYMBOL : (eb_symbol_id)eb_rng_below(r, w->symbols);
    struct eb_event ev = world_event(w, EB_EV_SIGNAL, symbol);
    ev.u.signal = &g;
    world_turn(w, &ev);
    if (eb_rng_below(r, 4) == 0) {
        world_turn(w, &ev); /* said again: nothing */
    }
}

static void signal_due(struct world *w)
{
    struct eb_rng *r = &w->rng[WORLD_S_SIGNAL];
    w->signal_ms = w->now_ms + eb_rng_range(r, 300, 8000);
    if (!world_strikes(w, WORLD_F_SIGNAL, WORLD_S_SIGNAL)) {
        return;
    }
    if (eb_rng_below(r, 6) == 0) {
        other_owners(w);
    } else {
        say_something(w);
    }
}

/* ---- time ---- */

void world_hands_begin(struct world *w)
{
    w->hands_ms = w->now_ms + 500;
    w->operator_ms = w->now_ms + 5000;
    w->signal_ms = w->now_ms + 4000;
    w->resume_ms = INT64_MAX;
    for (eb_symbol_id id = 0; id < w->symbols; id++) {
        w->symbol[id].enter_ms = w->now_ms + eb_rng_range(chance(w), 0, 8000);
    }
}

int64_t world_hands_next(const struct world *w)
{
    if (w->calm) {
        return INT64_MAX;
    }
    int64_t next = w->hands_ms;
    bool hears = !w->suspended && !w->down;
    next = hears && w->operator_ms < next ? w->operator_ms : next;
    next = hears && w->signal_ms < next ? w->signal_ms : next;
    next = hears && w->resume_ms < next ? w->resume_ms : next;
    for (eb_symbol_id id = 0; id < w->symbols; id++) {
        next = w->symbol[id].enter_ms < next ? w->symbol[id].enter_ms : next;
    }
    return next;
}

void world_hands_due(struct world *w)
{
    if (w->calm) {
        return;
    }
    for (eb_symbol_id id = 0; id < w->symbols; id++) {
        if (w->now_ms >= w->symbol[id].enter_ms) {
            enter(w, id);
        }
    }
    if (w->now_ms >= w->hands_ms) {
        w->hands_ms = w->now_ms + eb_rng_range(chance(w), 200, 3000);
        touch(w, (eb_position_id)eb_rng_below(chance(w), 2 * w->symbols));
    }
    if (w->suspended || w->down) {
        return;
    }
    if (w->now_ms >= w->resume_ms) {
        w->resume_ms = INT64_MAX;
        world_command(w, EB_CMD_RESUME, EB_NO_SYMBOL);
    }
    if (w->now_ms >= w->operator_ms) {
        operate(w);
    }
    if (w->now_ms >= w->signal_ms && !w->down) { /* the operator's turn may have been the last of a process */
        signal_due(w);
    }
}
