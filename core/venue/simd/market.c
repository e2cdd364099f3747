/* SPDX-License-Identifier: Apache-2.0 */
/* The scene meets the exchange: prices and entries into eb_sim, what it tells out of it. */
#include "venue/simd/inner.h"

#define ORDERS_MAX 65536
#define SLIPPAGE_PPM 50   /* 0.5 bps of market fills */
#define MARK_BASIS_PPM 12 /* a mark price is off the grid and not the last price */
#define FUNDING_MS (8 * INT64_C(3600000))
#define STRATEGY "signals"

static const char where[] = "sim";

/* ---- what the exchange tells ------------------------------------------------------------------------------------- */

static bool note_price(struct simd_symbol *y, const struct eb_ev_price *p)
{
    unsigned bit = p->from_rest ? (unsigned)SIMD_MUTE_REST : 1u << p->source;
    if ((y->muted & bit) != 0) {
        return false;
    }
    if (!p->from_rest) {
        y->told[p->source] = *p;
    }
    return true;
}

static void on_event(void *user, const struct eb_event *ev)
{
    struct eb_simd *s = user;
    struct eb_event copy = *ev;
    struct eb_ev_position position;
    if (ev->kind == EB_EV_PRICE && !note_price(&s->symbol[ev->symbol], &ev->u.price)) {
        return;
    }
    if (ev->kind == EB_EV_POSITION) {
        position = *ev->u.venue_position;
        position.adopted = s->symbol[ev->symbol].adopted[position.position_side == EB_PS_SHORT ? 1 : 0];
        copy.u.venue_position = &position;
    }
    eb_simd_tell(s, &copy);
}

/* ---- prices ------------------------------------------------------------------------------------------------------ */

static struct eb_sim_quote quote_of(const struct eb_scene_symbol *y)
{
    return (struct eb_sim_quote){.mark = {y->price.e8 + y->price.e8 / EB_PPM * MARK_BASIS_PPM},
                                 .last = y->price,
                                 .bid = {y->price.e8 - y->inst.tick.e8},
                                 .ask = {y->price.e8 + y->inst.tick.e8}};
}

void eb_simd_quote(struct eb_simd *s, eb_symbol_id symbol)
{
    const struct eb_sim_quote q = quote_of(eb_scene_symbol(s->scene, symbol));
    EB_ASSERT(eb_sim_price(s->sim, symbol, &q) == EB_OK);
}

/* A connection that comes before the first tick is told these. */
static void note_first_prices(struct eb_simd *s, eb_symbol_id symbol)
{
    const struct eb_sim_quote q = quote_of(eb_scene_symbol(s->scene, symbol));
    struct eb_ev_price *told = s->symbol[symbol].told;
    told[EB_SRC_MARK] = (struct eb_ev_price){.source = EB_SRC_MARK, .price = q.mark, .min = q.mark, .max = q.mark};
    told[EB_SRC_LAST] = (struct eb_ev_price){.source = EB_SRC_LAST, .price = q.last, .min = q.last, .max = q.last};
    told[EB_SRC_BOOK] =
        (struct eb_ev_price){.source = EB_SRC_BOOK, .price = q.bid, .ask = q.ask, .min = q.ask, .max = q.bid};
    for (unsigned i = 0; i < EB_SRC_COUNT; i++) {
        told[i].venue_ms = s->now_ms;
    }
}

/* ---- entries ----------------------------------------------------------------------------------------------------- */

static eb_position_id slot_of(const struct eb_simd *s, eb_symbol_id symbol, uint8_t side)
{
    return 2 * symbol + (s->c.hedge && side == EB_SHORT ? 1u : 0u);
}

int eb_simd_enter(struct eb_simd *s, const struct eb_sim_entry *entry, struct eb_err *err)
{
    struct eb_sim_position before = {0};
    eb_position_id slot = slot_of(s, entry->symbol, entry->side);
    bool *adopted = &s->symbol[entry->symbol].adopted[slot % 2];
    bool kept = *adopted;
    bool began = !eb_sim_position(s->sim, slot, &before) || before.side != entry->side;
    if (began) {
        *adopted = !eb_simd_is_heard(s); /* told with the trade itself */
    }
    int rc = eb_sim_open(s->sim, entry, NULL, err);
    if (rc != EB_OK) {
        *adopted = kept;
    }
    return rc;
}

static void open_entry(struct eb_simd *s, const struct eb_scene_entry *e)
{
    const struct eb_scene_symbol *y = eb_scene_symbol(s->scene, e->symbol);
    bool earlier = e->at_ms < s->c.start_ms;
    struct eb_sim_position held;
    struct eb_err refused = {0};
    eb_price price = {y->price.e8 + (int64_t)((eb_i128)y->price.e8 * e->offset_ppm / EB_PPM)};
    price.e8 -= price.e8 % y->inst.tick.e8;
    const struct eb_sim_entry entry = {.symbol = e->symbol,
                                       .side = e->side,
                                       .exact = earlier,
                                       .qty = eb_scene_quantity(y, e->notional, price),
                                       .price = earlier ? price : (eb_price){0},
                                       .leverage_ppm = e->leverage_ppm,
                                       .strategy_id = STRATEGY};
    if (eb_sim_position(s->sim, slot_of(s, e->symbol, e->side), &held) || entry.qty.e8 == 0) {
        return; /* still busy with its last position */
    }
    if (eb_simd_enter(s, &entry, &refused) != EB_OK) { /* no margin left: the other system's affair */
        eb_log(eb_simd_log(s), EB_LOG_INFO, "entry.refused", EB_STR("symbol", y->inst.symbol),
               EB_STR("why", refused.msg));
    }
}

/* Positions that another system opened earlier, before anybody listened. */
static void open_earlier(struct eb_simd *s)
{
    const struct eb_scene_entry *e;
    while ((e = eb_scene_earlier(s->scene)) != NULL) {
        eb_sim_run(s->sim, e->at_ms * SIMD_NS_PER_MS, e->at_ms);
        eb_simd_quote(s, e->symbol);
        open_entry(s, e);
    }
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

static void market_tick(struct eb_simd *s)
{
    struct eb_err err = {0};
    if (eb_scene_tick(s->scene, &err) != EB_OK) { /* the generator refuses its own tables: they are wrong */
        eb_log(eb_simd_log(s), EB_LOG_ERROR, "scene.failed", EB_STR("why", err.msg));
        s->done = true;
        eb_loop_stop(s->loop);
        return;
    }
    for (eb_symbol_id i = 0; i < s->symbols; i++) {
        struct eb_event ev = {.kind = EB_EV_BAR,
                              .now_ns = s->now_ms * SIMD_NS_PER_MS,
                              .now_ms = s->now_ms,
                              .symbol = i,
                              .position = EB_NO_POSITION};
        eb_simd_quote(s, i);
        if (eb_scene_closed_bar(s->scene, i, &ev.u.bar)) {
            eb_simd_tell(s, &ev);
        }
    }
    const struct eb_scene_entry *e;
    while ((e = eb_scene_entry(s->scene)) != NULL) {
        open_entry(s, e);
    }
}

int64_t eb_simd_market_next(const struct eb_simd *s)
{
    int64_t market_ms = eb_scene_next(s->scene);
    int64_t due_ns = eb_sim_next_due(s->sim);
    if (due_ns == INT64_MAX) {
        return market_ms;
    }
    int64_t due_ms = due_ns / SIMD_NS_PER_MS + (due_ns % SIMD_NS_PER_MS != 0 ? 1 : 0);
    due_ms = due_ms > s->now_ms ? due_ms : s->now_ms;
    return due_ms < market_ms ? due_ms : market_ms;
}

void eb_simd_market_run(struct eb_simd *s, int64_t at_ms)
{
    EB_ASSERT(at_ms >= s->now_ms && at_ms <= eb_scene_next(s->scene));
    s->now_ms = at_ms;
    eb_sim_run(s->sim, at_ms * SIMD_NS_PER_MS, at_ms);
    if (at_ms == eb_scene_next(s->scene)) {
        market_tick(s);
    }
}

int64_t eb_simd_funding_next(const struct eb_simd *s)
{
    return s->now_ms - s->now_ms % FUNDING_MS + FUNDING_MS;
}

int eb_simd_set_trading(struct eb_simd *s, eb_symbol_id symbol, bool trading, struct eb_err *err)
{
    struct eb_ev_instrument inst = eb_scene_symbol(s->scene, symbol)->inst;
    inst.trading = trading;
    int rc = eb_sim_add_instrument(s->sim, symbol, &inst, NULL, 0, err);
    if (rc == EB_OK) {
        eb_scene_set_trading(s->scene, symbol, trading);
        struct eb_event ev = {.kind = EB_EV_INSTRUMENT,
                              .now_ns = s->now_ms * SIMD_NS_PER_MS,
                              .now_ms = s->now_ms,
                              .symbol = symbol,
                              .position = EB_NO_POSITION};
        ev.u.instrument = &inst;
        eb_simd_tell(s, &ev);
    }
    return rc;
}

/* ---- creation ---------------------------------------------------------------------------------------------------- */

static int create_sim(struct eb_simd *s, struct eb_err *err)
{
    const struct eb_simd_config *c = &s->c;
    struct eb_sim_config sc;
    eb_sim_config_default(&sc);
    sc.symbols_max = s->symbols;
    sc.orders_max = ORDERS_MAX;
    sc.slots_max = c->slots_max > 0 ? c->slots_max : sc.slots_max;
    sc.orders_per_symbol_max = c->orders_per_symbol_max > 0 ? c->orders_per_symbol_max : sc.orders_per_symbol_max;
    sc.balance = c->balance;
    sc.hedge = c->hedge;
    sc.margin_check = c->scene == EB_SCENE_PAPER;
    sc.tell_prices = true;
    sc.fee_taker_ppm = c->fee_taker_ppm;
    sc.fee_maker_ppm = c->fee_maker_ppm;
    sc.slippage_ppm = SLIPPAGE_PPM;
    sc.request_ms = sc.event_ms = c->latency_ms;
    sc.seed = c->seed;
    int rc = eb_sim_create(&sc, &s->sim, err);
    for (eb_symbol_id i = 0; rc == EB_OK && i < s->symbols; i++) {
        rc = eb_sim_add_instrument(s->sim, i, &eb_scene_symbol(s->scene, i)->inst, NULL, 0, err);
    }
    return rc;
}

int eb_simd_market_open(struct eb_simd *s, struct eb_err *err)
{
    int rc = create_sim(s, err);
    if (rc != EB_OK) {
        return rc;
    }
    open_earlier(s);
    s->now_ms = s->c.start_ms;
    eb_sim_run(s->sim, s->now_ms * SIMD_NS_PER_MS, s->now_ms);
    eb_sim_set_sink(s->sim, on_event, s);
    for (eb_symbol_id i = 0; i < s->symbols; i++) {
        eb_simd_quote(s, i);
        note_first_prices(s, i);
        rc = eb_sim_set_funding(s->sim, i, SIMD_FUNDING_RATE_E8, eb_simd_funding_next(s), FUNDING_MS);
        if (rc != EB_OK) {
            return eb_err_set(err, rc, where, "funding of symbol %u was refused", i);
        }
    }
    return EB_OK;
}
