/* SPDX-License-Identifier: Apache-2.0 */
/* Prices, four times a second, and people who trade on the same account. */
#include "town.h"

#include <inttypes.h>
#include <string.h>

#include "venue/fapi/book.h"

#define STEP_MS 250

unsigned town_leg(const struct town *t, uint8_t side)
{
    return fapi_hedge(t->account) && side == EB_SHORT ? 1 : 0;
}

/* ---- prices ------------------------------------------------------------------------------------------------------ */

static void quote(struct town *t, uint32_t symbol)
{
    int64_t tick_e8 = fapi_symbol_at(t->exchange, symbol)->inst.tick.e8;
    eb_price p = t->price[symbol];
    p.e8 -= p.e8 % tick_e8;
    const struct eb_sim_quote q = {.mark = p, .last = p, .bid = {p.e8 - tick_e8}, .ask = {p.e8 + tick_e8}};
    fapi_quote(t->exchange, symbol, &q);
}

static void move(struct town *t, uint32_t symbol)
{
    struct eb_rng *r = &t->market_rng;
    if (eb_rng_below(r, 40) == 0) {
        t->drift_ppm[symbol] = eb_rng_range(r, -300, 300);
    }
    int64_t ppm = t->drift_ppm[symbol] + eb_rng_range(r, -900, 900);
    if (!t->calm && eb_rng_below(r, 300) == 0) {
        ppm += eb_rng_range(r, -15000, 15000);
    }
    t->price[symbol].e8 += (int64_t)((eb_i128)t->price[symbol].e8 * (t->calm ? ppm / 3 : ppm) / EB_PPM);
    quote(t, symbol);
}

static void market_due(void *user)
{
    struct town *t = user;
    for (uint32_t i = 0; i < TOWN_SYMBOLS && !t->still; i++) {
        move(t, i);
    }
    town_troubles_look(t);
    town_timer_set(t, t->market_timer, STEP_MS);
}

/* ---- people ------------------------------------------------------------------------------------------------------ */

static eb_qty some_qty(struct town *t, uint32_t symbol)
{
    const struct fapi_symbol *y = fapi_symbol_at(t->exchange, symbol);
    int64_t notional_e8 = eb_rng_range(&t->hands_rng, 1000, 9000) * EB_E8;
    int64_t qty_e8 = (int64_t)((eb_i128)notional_e8 * EB_E8 / t->price[symbol].e8);
    return (eb_qty){qty_e8 - qty_e8 % y->inst.step.e8};
}

static void open_some(struct town *t, uint32_t symbol, uint8_t side)
{
    struct eb_err err = {0};
    int64_t leverage_ppm = eb_rng_range(&t->hands_rng, 5, 20) * EB_PPM;
    struct fapi_position p;
    bool stands = fapi_position(t->account, symbol, town_leg(t, side), &p);
    int rc = fapi_hand_open(t->account, symbol, side, some_qty(t, symbol), stands ? 0 : leverage_ppm, &err);
    t->figures.opened += rc == EB_OK && !stands;
    town_say(t, "hand: opens or adds to symbol %u %s: %s", symbol, eb_side_name((enum eb_side)side), err.msg);
}

static void reduce(struct town *t, uint32_t symbol, const struct fapi_position *p, bool all)
{
    struct eb_err err = {0};
    int64_t step_e8 = fapi_symbol_at(t->exchange, symbol)->inst.step.e8;
    int64_t part_e8 = p->qty.e8 / 1000 * eb_rng_range(&t->hands_rng, 100, 700);
    eb_qty qty = {all ? 0 : part_e8 - part_e8 % step_e8};
    if (all || qty.e8 > 0) {
        (void)fapi_hand_close(t->account, symbol, town_leg(t, p->side), qty, &err);
        town_say(t, "hand: closes %s of symbol %u: %s", all ? "all" : "a part", symbol, err.msg);
    }
}

/* Somebody's own stop, of the whole position or of a quantity. */
static void foreign_stop(struct town *t, uint32_t symbol, const struct fapi_position *p)
{
    const struct fapi_algo *made;
    int64_t away_e8 = t->price[symbol].e8 / 1000 * eb_rng_range(&t->hands_rng, 5, 25);
    struct fapi_terms o = {.symbol = symbol, .type = FAPI_STOP_MARKET, .mark_price = true};
    o.side = p->side == EB_LONG ? EB_SELL : EB_BUY;
    o.position_side = p->position_side;
    o.close_position = eb_rng_below(&t->hands_rng, 2) == 0;
    o.qty.e8 = o.close_position ? 0 : p->qty.e8;
    o.reduce_only = !o.close_position && !fapi_hedge(t->account);
    o.trigger.e8 = p->side == EB_LONG ? t->price[symbol].e8 - away_e8 : t->price[symbol].e8 + away_e8;
    o.trigger.e8 -= o.trigger.e8 % fapi_symbol_at(t->exchange, symbol)->inst.tick.e8;
    int32_t code = fapi_algo_place(t->account, &o, &made);
    town_say(t, "hand: a stop of symbol %u: %" PRId32, symbol, code);
}

struct pick {
    uint64_t id[64];
    unsigned count;
};

static void pick_algo(void *user, const struct fapi_algo *o)
{
    struct pick *p = user;
    if (p->count < EB_COUNT(p->id)) {
        p->id[p->count++] = o->id;
    }
}

/* Whatever stands, ours or not. */
static void cancel_some_stop(struct town *t, uint32_t symbol)
{
    struct pick p = {.count = 0};
    const struct fapi_algo *gone;
    fapi_algos(t->account, symbol, true, pick_algo, &p);
    if (p.count > 0) {
        (void)fapi_algo_cancel(t->account, p.id[eb_rng_below(&t->hands_rng, p.count)], &gone);
        town_say(t, "hand: cancels a stop of symbol %u", symbol);
    }
}

static void operate(struct town *t, uint64_t n)
{
    uint32_t symbols = eb_engine_symbol_count(eb_host_engine(t->host));
    if (n < 40 && symbols > 0) {
        town_say(t, "operator: flatten one");
        town_command(t, EB_CMD_FLATTEN, (eb_symbol_id)eb_rng_below(&t->hands_rng, symbols));
    } else {
        town_say(t, "operator: resume");
        town_command(t, EB_CMD_RESUME, EB_NO_SYMBOL);
    }
}

static void act(struct town *t)
{
    struct eb_rng *r = &t->hands_rng;
    uint32_t symbol = (uint32_t)eb_rng_below(r, TOWN_SYMBOLS);
    uint8_t side = (uint8_t)eb_rng_below(r, 2);
    uint64_t n = eb_rng_below(r, 1000);
    struct fapi_position p;
    bool held = fapi_position(t->account, symbol, 0, &p) || fapi_position(t->account, symbol, 1, &p);
    if (!held || (fapi_hedge(t->account) && n < 150)) {
        open_some(t, symbol, side);
    } else if (n < 300) {
        open_some(t, symbol, p.side);
    } else if (n < 480) {
        reduce(t, symbol, &p, false);
    } else if (n < 560) {
        reduce(t, symbol, &p, true);
    } else if (n < 620) {
        open_some(t, symbol, p.side == EB_LONG ? EB_SHORT : EB_LONG); /* one-way: reduces or flips */
    } else if (n < 760) {
        foreign_stop(t, symbol, &p);
    } else if (n < 860) {
        cancel_some_stop(t, symbol);
    } else if (n < 920 && t->stage == TOWN_RUNNING) {
        operate(t, eb_rng_below(r, 100));
    }
}

static void hands_due(void *user)
{
    struct town *t = user;
    if (!t->calm && !t->mode_wanted) {
        act(t);
    }
    town_timer_set(t, t->hands_timer, eb_rng_range(&t->hands_rng, 600, 3500));
}

void town_hands_begin(struct town *t)
{
    for (uint32_t i = 0; i < TOWN_SYMBOLS; i++) {
        t->price[i] = fapi_symbol_at(t->exchange, i)->quote_now.last;
        t->inst[i] = fapi_symbol_at(t->exchange, i)->inst;
        (void)town_control(t, "price", "{\"symbol\":\"%s\"}", t->inst[i].symbol); /* the feed lets go of it */
        quote(t, i);
    }
    for (unsigned i = 0; i < 2; i++) { /* those that are found by the beginning */
        open_some(t, i, (uint8_t)eb_rng_below(&t->hands_rng, 2));
    }
    t->market_timer = town_timer(t, market_due, t);
    t->hands_timer = town_timer(t, hands_due, t);
    town_timer_set(t, t->market_timer, STEP_MS);
    town_timer_set(t, t->hands_timer, 3000);
}
