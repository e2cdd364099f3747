/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What moves the simulated exchange: symbols, their histories, prices tick by tick, and what other systems open.
 *
 *     PAPER  six symbols whose history ends in a known regime and whose next minute is a script; then other scenes
 *     BUSY   many symbols that never rest, until everything is driven flat
 *     STILL  many symbols with one position each, and prices that stay within a tick or two
 *
 *     eb_scene_tick() --> eb_scene_symbol(): prices, eb_scene_closed_bar()     eb_scene_entry(): who opens what now
 *
 * Everything follows virtual time and the seed and nothing else: two runs with the same beginning see the same prices
 * and the same wishes to open, whatever anybody does meanwhile. Only a hand may hold a price.
 */
#pragma once

#include "base/rng.h"
#include "base/err.h"
#include <exitbrain/event.h>

#define EB_SCENE_PAPER_SYMBOLS 6
#define EB_SCENE_SYMBOLS_MAX 1000
#define EB_SCENE_TICK_MS 50
#define EB_SCENE_MIN_MS INT64_C(20000)   /* shortest scene of a PAPER run */
#define EB_SCENE_DRIVE_MS INT64_C(80000) /* how long BUSY takes to drive everything flat */

enum eb_scene_kind { EB_SCENE_PAPER = 0, EB_SCENE_BUSY, EB_SCENE_STILL };

struct eb_scene_config {
    uint8_t kind;   /* enum eb_scene_kind */
    uint32_t count; /* symbols: BUSY, STILL 2..EB_SCENE_SYMBOLS_MAX; PAPER has six, whatever this is */
    uint64_t seed;
    int64_t start_ms;  /* a multiple of 15 minutes, so that bars close where they should */
    int64_t length_ms; /* PAPER: of the run, which scenes are to fill; BUSY: no entries after it; 0: no end */
    int64_t tick_ms;   /* 10..1,000, divides 60,000 */
};

/* What another system wants to open. */
struct eb_scene_entry {
    int64_t at_ms; /* epoch; before start_ms: the position was there when the run began */
    eb_symbol_id symbol;
    uint8_t side; /* enum eb_side */
    int64_t leverage_ppm;
    eb_money notional;
    int64_t offset_ppm; /* of the entry price from the market's; only where at_ms is before the beginning */
};

struct eb_scene_symbol {
    struct eb_ev_instrument inst;
    eb_price price; /* now, on the tick grid */
};

struct eb_scene;
/* EB_E_INVALID names the field, EB_E_MEMORY. */
EB_NODISCARD int eb_scene_create(const struct eb_scene_config *c, struct eb_scene **out, struct eb_err *err);
void eb_scene_destroy(struct eb_scene *s); /* NULL is fine */
uint32_t eb_scene_count(const struct eb_scene *s);
const struct eb_scene_symbol *eb_scene_symbol(const struct eb_scene *s, eb_symbol_id symbol);

/* Time of the next tick. Moves all prices there; EB_E_INVALID from the generator. */
int64_t eb_scene_next(const struct eb_scene *s);
EB_NODISCARD int eb_scene_tick(struct eb_scene *s, struct eb_err *err);
/* The next entry from before the beginning, by time, or NULL: to be asked before the first tick. */
const struct eb_scene_entry *eb_scene_earlier(struct eb_scene *s);
/* The next entry that is due at the scene's time, or NULL; each is given once, and is lost if it is not asked for. */
const struct eb_scene_entry *eb_scene_entry(struct eb_scene *s);
/* Whether BUSY is over: its length has passed and prices have been through every stop. */
bool eb_scene_over(const struct eb_scene *s);
/* Quantity of an entry at a price, on the grid; 0 where it cannot be traded. */
eb_qty eb_scene_quantity(const struct eb_scene_symbol *s, eb_money notional, eb_price price);

/* The minute of a symbol that ended with this tick; false where none did. */
bool eb_scene_closed_bar(const struct eb_scene *s, eb_symbol_id symbol, struct eb_ev_bar *out);
/* Closed minutes of a symbol that are remembered, history first, the last one last. */
size_t eb_scene_bars(const struct eb_scene *s, eb_symbol_id symbol);
struct eb_ev_bar eb_scene_bar(const struct eb_scene *s, eb_symbol_id symbol, size_t i);

/* Holds the price of a symbol (> 0, put on its tick grid) until it is released: then the market goes on from there. */
void eb_scene_hold(struct eb_scene *s, eb_symbol_id symbol, eb_price price);
void eb_scene_release(struct eb_scene *s, eb_symbol_id symbol);
void eb_scene_set_trading(struct eb_scene *s, eb_symbol_id symbol, bool trading);
bool eb_scene_held(const struct eb_scene *s, eb_symbol_id symbol);
