/* SPDX-License-Identifier: Apache-2.0 */
/* What all scenes share: prices as they are shown, the bars that they make, the bars that were. */
#include "venue/simd/scene.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "domain/instrument.h"
#include "venue/simd/scene_inner.h"

#define QUARTER_MS (15 * SCENE_MINUTE_MS)
#define TIME_MAX_MS (INT64_C(253402300800) * 1000) /* the year 10000 */

static const char where[] = "scene";

/* ---- creation ---------------------------------------------------------------------------------------------------- */

static int check(const struct eb_scene_config *c, struct eb_err *err)
{
    if (c->kind != EB_SCENE_PAPER && (c->count < 2 || c->count > EB_SCENE_SYMBOLS_MAX)) {
        return eb_err_set(err, EB_E_INVALID, where, "%u symbols: 2 to %d are possible", c->count, EB_SCENE_SYMBOLS_MAX);
    }
    if (c->tick_ms < 10 || c->tick_ms > 1000 || SCENE_MINUTE_MS % c->tick_ms != 0) {
        return eb_err_set(err, EB_E_INVALID, where, "a tick of %" PRId64 " ms: 10 to 1000 that divide a minute wanted",
                          c->tick_ms);
    }
    if (c->start_ms < QUARTER_MS * 4 * 24 * 2 || c->start_ms > TIME_MAX_MS || c->start_ms % QUARTER_MS != 0) {
        return eb_err_set(err, EB_E_INVALID, where,
                          "a beginning at %" PRId64
                          " ms: a multiple of 15 minutes wanted, after the first days of 1970",
                          c->start_ms);
    }
    if (c->length_ms < 0 || c->length_ms > TIME_MAX_MS) {
        return eb_err_set(err, EB_E_INVALID, where, "a length of %" PRId64 " ms is none", c->length_ms);
    }
    return EB_OK;
}

int eb_scene_create(const struct eb_scene_config *c, struct eb_scene **out, struct eb_err *err)
{
    int rc = check(c, err);
    if (rc != EB_OK) {
        return rc;
    }
    struct eb_scene *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory");
    }
    s->c = *c;
    s->c.count = c->kind == EB_SCENE_PAPER ? EB_SCENE_PAPER_SYMBOLS : c->count;
    s->now_ms = c->start_ms;
    eb_rng_seed(&s->rng, c->seed);
    s->symbol = calloc(s->c.count, sizeof(*s->symbol));
    s->state = calloc(s->c.count, sizeof(*s->state));
    if (s->symbol == NULL || s->state == NULL) {
        uint32_t count = s->c.count;
        eb_scene_destroy(s);
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory for %u symbols", count);
    }
    rc = c->kind == EB_SCENE_PAPER ? eb_scene_script_create(s, err) : eb_scene_walk_create(s, err);
    for (uint32_t i = 0; rc == EB_OK && i < s->c.count; i++) {
        s->symbol[i].price = s->state[i].raw;
    }
    if (rc != EB_OK) {
        eb_scene_destroy(s);
        return rc;
    }
    *out = s;
    return EB_OK;
}

void eb_scene_destroy(struct eb_scene *s)
{
    if (s == NULL) {
        return;
    }
    eb_scene_script_destroy(s);
    eb_scene_walk_destroy(s);
    for (uint32_t i = 0; s->state != NULL && i < s->c.count; i++) {
        free(s->state[i].bars.row);
    }
    free(s->state);
    free(s->symbol);
    free(s);
}

/* ---- views ------------------------------------------------------------------------------------------------------- */

uint32_t eb_scene_count(const struct eb_scene *s)
{
    return s->c.count;
}

const struct eb_scene_symbol *eb_scene_symbol(const struct eb_scene *s, eb_symbol_id symbol)
{
    EB_ASSERT(symbol < s->c.count);
    return &s->symbol[symbol];
}

int64_t eb_scene_next(const struct eb_scene *s)
{
    return s->now_ms + s->c.tick_ms;
}

bool eb_scene_over(const struct eb_scene *s)
{
    return s->c.kind == EB_SCENE_BUSY && s->c.length_ms > 0 &&
           s->now_ms - s->c.start_ms >= s->c.length_ms + EB_SCENE_DRIVE_MS;
}

eb_qty eb_scene_quantity(const struct eb_scene_symbol *s, eb_money notional, eb_price price)
{
    struct eb_instrument inst;
    int64_t qty;
    eb_instrument_from_event(&inst, &s->inst);
    if (price.e8 <= 0 || !eb_mul_div(notional.e8, EB_E8, price.e8, EB_ROUND_FLOOR, &qty)) {
        return (eb_qty){0};
    }
    eb_qty rounded = eb_round_qty_down(&inst, (eb_qty){qty}, true);
    return eb_qty_is_tradable(&inst, rounded) ? rounded : (eb_qty){0};
}

/* ---- bars -------------------------------------------------------------------------------------------------------- */

static void remember(struct scene_bars *b, const struct eb_bar_row *row)
{
    b->row[(b->first + b->count) % b->cap] = *row;
    if (b->count < b->cap) {
        b->count++;
    } else {
        b->first = (b->first + 1) % b->cap;
    }
}

int eb_scene_keep(struct eb_scene *s, eb_symbol_id symbol, const struct eb_series *history, size_t keep, size_t more,
                  struct eb_err *err)
{
    struct scene_bars *b = &s->state[symbol].bars;
    keep = keep < history->count ? keep : history->count;
    b->cap = keep + more;
    b->row = calloc(b->cap, sizeof(*b->row));
    if (b->row == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory for %zu bars", b->cap);
    }
    for (size_t i = history->count - keep; i < history->count; i++) {
        remember(b, &history->row[i]);
    }
    return EB_OK;
}

size_t eb_scene_bars(const struct eb_scene *s, eb_symbol_id symbol)
{
    return s->state[symbol].bars.count;
}

struct eb_ev_bar eb_scene_bar(const struct eb_scene *s, eb_symbol_id symbol, size_t i)
{
    const struct scene_bars *b = &s->state[symbol].bars;
    EB_ASSERT(i < b->count);
    const struct eb_bar_row *r = &b->row[(b->first + i) % b->cap];
    return (struct eb_ev_bar){r->open_ms, SCENE_MINUTE_MS, r->open, r->high, r->low, r->close};
}

bool eb_scene_closed_bar(const struct eb_scene *s, eb_symbol_id symbol, struct eb_ev_bar *out)
{
    *out = s->state[symbol].last;
    return out->length_ms > 0;
}

static void grow_bar(struct eb_scene *s, eb_symbol_id symbol)
{
    struct scene_state *st = &s->state[symbol];
    eb_price price = s->symbol[symbol].price;
    struct eb_ev_bar *b = &st->bar;
    st->last.length_ms = 0;
    if (b->length_ms == 0) {
        int64_t open_ms = s->now_ms - s->c.tick_ms; /* a tick belongs to the time that it ends */
        *b = (struct eb_ev_bar){open_ms - open_ms % SCENE_MINUTE_MS, SCENE_MINUTE_MS, price, price, price, price};
    }
    b->high = price.e8 > b->high.e8 ? price : b->high;
    b->low = price.e8 < b->low.e8 ? price : b->low;
    b->close = price;
    if (s->now_ms >= b->open_ms + b->length_ms) {
        const struct eb_bar_row row = {b->open_ms, b->open, b->high, b->low, b->close};
        remember(&st->bars, &row);
        st->last = *b;
        b->length_ms = 0;
    }
}

/* ---- prices ------------------------------------------------------------------------------------------------------ */

static eb_price on_grid(const struct eb_scene *s, eb_symbol_id symbol, int64_t price_e8)
{
    int64_t tick = s->symbol[symbol].inst.tick.e8;
    int64_t price = price_e8 - price_e8 % tick;
    return (eb_price){price > tick ? price : 2 * tick}; /* a bid below it is a price too */
}

/* The raw price as hands have left the market: in proportion to where it was released. */
static void show(struct eb_scene *s, eb_symbol_id symbol)
{
    const struct scene_state *st = &s->state[symbol];
    int64_t price = st->raw.e8;
    if (st->held.e8 > 0) {
        price = st->held.e8;
    } else if (st->onto.e8 > 0 && !eb_mul_div(st->raw.e8, st->onto.e8, st->from.e8, EB_ROUND_FLOOR, &price)) {
        price = st->onto.e8;
    }
    s->symbol[symbol].price = on_grid(s, symbol, price);
}

int eb_scene_tick(struct eb_scene *s, struct eb_err *err)
{
    s->now_ms += s->c.tick_ms;
    int rc = EB_OK;
    if (s->script != NULL) {
        rc = eb_scene_script_tick(s, err);
    } else {
        eb_scene_walk_tick(s);
    }
    for (uint32_t i = 0; rc == EB_OK && i < s->c.count; i++) {
        show(s, i);
        grow_bar(s, i);
    }
    return rc;
}

const struct eb_scene_entry *eb_scene_earlier(struct eb_scene *s)
{
    bool more = s->script != NULL ? eb_scene_script_entry(s, s->c.start_ms - 1) : eb_scene_walk_earlier(s);
    return more ? &s->entry : NULL;
}

const struct eb_scene_entry *eb_scene_entry(struct eb_scene *s)
{
    bool due = s->script != NULL ? eb_scene_script_entry(s, s->now_ms) : eb_scene_walk_entry(s);
    return due ? &s->entry : NULL;
}

void eb_scene_hold(struct eb_scene *s, eb_symbol_id symbol, eb_price price)
{
    s->state[symbol].held = on_grid(s, symbol, price.e8);
    show(s, symbol);
}

void eb_scene_release(struct eb_scene *s, eb_symbol_id symbol)
{
    struct scene_state *st = &s->state[symbol];
    if (st->held.e8 > 0) {
        st->onto = st->held;
        st->from = st->raw;
        st->held = (eb_price){0};
    }
}

bool eb_scene_held(const struct eb_scene *s, eb_symbol_id symbol)
{
    return s->state[symbol].held.e8 > 0;
}

void eb_scene_set_trading(struct eb_scene *s, eb_symbol_id symbol, bool trading)
{
    s->symbol[symbol].inst.trading = trading;
}
