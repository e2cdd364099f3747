/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The market: a true price per symbol, moved at random and given to the exchange, and three feeds of it to the engine
 * that are late, silent, coalesced or wrong as the seed has it.
 */
#include "world.h"

#include <string.h>

static int64_t on_tick(const struct world_symbol *y, int64_t price, bool up)
{
    int64_t tick = y->inst.tick.e8;
    int64_t at = (up ? price + tick - 1 : price) / tick * tick;
    return at > tick ? at : tick;
}

static void requote(struct world_symbol *y)
{
    int64_t half = y->mid_e8 / 2 * y->spread_ppm / EB_PPM;
    y->quote.mark.e8 = y->mid_e8 + y->mid_e8 / EB_PPM * y->premium_ppm;
    y->quote.bid.e8 = on_tick(y, y->mid_e8 - half, false);
    y->quote.ask.e8 = on_tick(y, y->mid_e8 + half, true);
    if (y->quote.ask.e8 == y->quote.bid.e8) {
        y->quote.ask.e8 += y->inst.tick.e8;
    }
    y->quote.last = y->mid_e8 % 2 == 0 ? y->quote.bid : y->quote.ask;
}

static eb_price low_of(const struct world_symbol *y, enum eb_price_source src)
{
    return src == EB_SRC_MARK ? y->quote.mark : src == EB_SRC_LAST ? y->quote.last : y->quote.ask;
}
static eb_price high_of(const struct world_symbol *y, enum eb_price_source src)
{
    return src == EB_SRC_MARK ? y->quote.mark : src == EB_SRC_LAST ? y->quote.last : y->quote.bid;
}

static void note_extremes(struct world_symbol *y)
{
    for (unsigned s = 0; s < EB_SRC_COUNT; s++) {
        eb_price low = low_of(y, (enum eb_price_source)s);
        eb_price high = high_of(y, (enum eb_price_source)s);
        y->min[s] = y->min[s].e8 == 0 || low.e8 < y->min[s].e8 ? low : y->min[s];
        y->max[s] = high.e8 > y->max[s].e8 ? high : y->max[s];
    }
    int64_t last = y->quote.last.e8;
    if (y->bar_e8[0] == 0) {
        y->bar_e8[0] = y->bar_e8[1] = y->bar_e8[2] = last;
    }
    y->bar_e8[1] = last > y->bar_e8[1] ? last : y->bar_e8[1];
    y->bar_e8[2] = last < y->bar_e8[2] ? last : y->bar_e8[2];
    y->bar_e8[3] = last;
}

static void publish(struct world *w, eb_symbol_id id)
{
    struct world_symbol *y = &w->symbol[id];
    requote(y);
    note_extremes(y);
    (void)eb_sim_price(w->sim, id, &y->quote);
}

static void move(struct world *w, eb_symbol_id id)
{
    struct world_symbol *y = &w->symbol[id];
    struct eb_rng *r = &w->rng[WORLD_S_MARKET];
    int64_t ppm = (eb_rng_range(r, -1000, 1000) + eb_rng_range(r, -1000, 1000)) * y->sigma_ppm / 800 + y->drift_ppm;
    if (eb_rng_below(r, 40) == 0 && world_strikes(w, WORLD_F_JUMP, WORLD_S_MARKET)) {
        ppm += eb_rng_range(r, -90000, 90000);
    }
    if (eb_rng_below(r, 200) == 0) {
        y->drift_ppm = eb_rng_range(r, -60, 60);
    }
    y->mid_e8 += (int64_t)((__int128)y->mid_e8 * ppm / EB_PPM);
    int64_t floor = 40 * y->inst.tick.e8;
    y->mid_e8 = y->mid_e8 < floor ? floor + floor / 2 : y->mid_e8;
    y->mid_e8 = y->mid_e8 > y->inst.max_price.e8 / 3 ? y->inst.max_price.e8 / 4 : y->mid_e8;
    y->premium_ppm += eb_rng_range(r, -40, 40);
    y->premium_ppm = y->premium_ppm > 2500 ? 2500 : y->premium_ppm < -2500 ? -2500 : y->premium_ppm;
    publish(w, id);
    y->move_ms = w->now_ms + eb_rng_range(r, 100, 400);
}

/* ---- what the engine is told ---- */

static void tell(struct world *w, eb_symbol_id id, enum eb_price_source src, const struct eb_ev_price *p)
{
    if (w->suspended || w->down) {
        return; /* the next one will do: prices coalesce */
    }
    struct eb_event ev = world_event(w, EB_EV_PRICE, id);
    ev.u.price = *p;
    ev.u.price.source = (uint8_t)src;
    ev.u.price.venue_ms = w->now_ms;
    world_turn(w, &ev);
}

static struct eb_ev_price true_print(struct world_symbol *y, enum eb_price_source src, bool extremes)
{
    struct eb_ev_price p = {.price = high_of(y, src), .min = low_of(y, src), .max = high_of(y, src)};
    p.ask = src == EB_SRC_BOOK ? y->quote.ask : p.price;
    if (extremes) {
        p.min = y->min[src].e8 > 0 && y->min[src].e8 < p.min.e8 ? y->min[src] : p.min;
        p.max = y->max[src].e8 > p.max.e8 ? y->max[src] : p.max;
    }
    y->min[src] = y->max[src] = (eb_price){0};
    return p;
}

/* One print that is not true: far off, zero, negative or absurd. */
static void spoil(struct eb_rng *r, struct eb_ev_price *p)
{
    static const int64_t absurd[] = {0, -EB_E8, INT64_MAX, INT64_MIN, INT64_MAX / 2, 1};
    int64_t ppm = eb_rng_range(r, 500000, 1700000);
    if (eb_rng_below(r, 3) == 0) {
        int64_t v = absurd[eb_rng_below(r, EB_COUNT(absurd))];
        p->price.e8 = p->ask.e8 = p->min.e8 = p->max.e8 = v;
        return;
    }
    int64_t *all[] = {&p->price.e8, &p->ask.e8, &p->min.e8, &p->max.e8};
    for (size_t i = 0; i < EB_COUNT(all); i++) {
        *all[i] = (int64_t)((__int128)*all[i] * ppm / EB_PPM);
    }
}

static void feed(struct world *w, eb_symbol_id id, enum eb_price_source src)
{
    struct world_symbol *y = &w->symbol[id];
    struct eb_rng *r = &w->rng[WORLD_S_FEED];
    y->told_ms[src] = w->now_ms + y->every_ms[src] / 2 + eb_rng_range(r, 0, y->every_ms[src]);
    if (w->now_ms < y->silent_ms[src] && !w->calm) {
        return;
    }
    if (eb_rng_below(r, 20) == 0 && world_strikes(w, WORLD_F_PRICE_GAP, WORLD_S_FEED)) {
        y->silent_ms[src] = w->now_ms + eb_rng_range(r, 1000, 15000);
        return;
    }
    struct eb_ev_price p = true_print(y, src, world_strikes(w, WORLD_F_COALESCED, WORLD_S_FEED));
    if (eb_rng_below(r, 20) == 0 && world_strikes(w, WORLD_F_BAD_PRINT, WORLD_S_FEED)) {
        spoil(r, &p);
    }
    tell(w, id, src, &p);
}

static void close_bar(struct world *w, eb_symbol_id id)
{
    struct world_symbol *y = &w->symbol[id];
    y->bar_ms += 60000;
    if (y->bar_e8[0] == 0 || w->suspended || w->down) {
        return;
    }
    struct eb_event ev = world_event(w, EB_EV_BAR, id);
    ev.u.bar = (struct eb_ev_bar){.open_ms = y->bar_ms - 60000,
                                  .length_ms = 60000,
                                  .open = {y->bar_e8[0]},
                                  .high = {y->bar_e8[1]},
                                  .low = {y->bar_e8[2]},
                                  .close = {y->bar_e8[3]}};
    memset(y->bar_e8, 0, sizeof y->bar_e8);
    world_turn(w, &ev);
}

/* ---- time ---- */

void world_market_begin(struct world *w)
{
    for (eb_symbol_id id = 0; id < w->symbols; id++) {
        struct world_symbol *y = &w->symbol[id];
        y->bar_ms = w->now_ms + 60000;
        y->move_ms = w->now_ms + 50 + id;
        for (unsigned s = 0; s < EB_SRC_COUNT; s++) {
            y->told_ms[s] = w->now_ms + 100 * s + 7 * id;
        }
        publish(w, id);
    }
}

int64_t world_market_next(const struct world *w)
{
    int64_t next = INT64_MAX;
    for (eb_symbol_id id = 0; id < w->symbols; id++) {
        const struct world_symbol *y = &w->symbol[id];
        const int64_t at[] = {y->move_ms, y->bar_ms, y->told_ms[0], y->told_ms[1], y->told_ms[2]};
        for (size_t i = 0; i < EB_COUNT(at); i++) {
            next = at[i] < next ? at[i] : next;
        }
    }
    return next;
}

void world_market_due(struct world *w)
{
    for (eb_symbol_id id = 0; id < w->symbols; id++) {
        struct world_symbol *y = &w->symbol[id];
        if (w->now_ms >= y->move_ms) {
            move(w, id);
        }
        for (unsigned s = 0; s < EB_SRC_COUNT; s++) {
            if (w->now_ms >= y->told_ms[s]) {
                feed(w, id, (enum eb_price_source)s);
            }
        }
        if (w->now_ms >= y->bar_ms) {
            close_bar(w, id);
        }
    }
}

void world_market_push(struct world *w, eb_symbol_id id, int64_t mid_e8)
{
    struct world_symbol *y = &w->symbol[id];
    y->mid_e8 = mid_e8 > 40 * y->inst.tick.e8 ? mid_e8 : 40 * y->inst.tick.e8;
    y->move_ms = w->now_ms + 3600000; /* nobody else moves it meanwhile */
    publish(w, id);
    for (unsigned s = 0; s < EB_SRC_COUNT; s++) {
        struct eb_ev_price p = true_print(y, (enum eb_price_source)s, false);
        tell(w, id, (enum eb_price_source)s, &p);
    }
}
