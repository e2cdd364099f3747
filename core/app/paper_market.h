/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The market of a paper run: six symbols whose history ends in a known regime and whose next minute is a script.
 *
 *     tables -> history (bars) + scene (script of prices, entries of another system) -> a tick each 50 ms
 *
 * Everything follows simulated time and the seed: two runs with the same start see the same prices, whatever the
 * machine does meanwhile. After the first scene others follow, made from stories in multiples of R.
 */
#pragma once

#include "feed/generator.h"

#define EB_PAPER_SYMBOLS 6
#define EB_PAPER_TICK_MS 50
#define EB_PAPER_SCENE_MS INT64_C(60000)
#define EB_PAPER_SCENE_MIN_MS INT64_C(20000)
#define EB_PAPER_SCRIPT_MAX 16
#define EB_PAPER_ENTRIES_MAX 16

/* What another system does: opens a position, now or, for the first scene, before the engine looks. */
struct eb_paper_entry {
    int64_t at_ms; /* of the scene; negative: so long before the run began */
    eb_symbol_id symbol;
    uint8_t side; /* enum eb_side */
    int64_t leverage_ppm;
    eb_money notional;
    int64_t offset_ppm; /* of the entry price from the market's; only where at_ms < 0 */
};

struct eb_paper_symbol {
    struct eb_ev_instrument inst;
    enum eb_regime regime; /* in which its history ends */
    struct eb_series history;
    struct eb_gen gen;
    struct eb_script_point script[EB_PAPER_SCRIPT_MAX]; /* borrowed by gen */
    eb_price first;                                     /* at the start of the run */
    eb_price price;
    struct eb_ev_bar bar; /* the minute that is under way; length 0 before its first tick */
};

struct eb_paper_market {
    struct eb_paper_symbol symbol[EB_PAPER_SYMBOLS];
    struct eb_paper_entry entry[EB_PAPER_ENTRIES_MAX]; /* of this scene, by time */
    unsigned entry_count, next_entry;
    struct eb_rng rng;
    int64_t start_ms, now_ms; /* now: of the last tick */
    int64_t scene_ms;         /* length of a scene */
    int64_t scene_began_ms;
    unsigned scene;
};

/* Histories and the first scene, at start_ms (a multiple of 15 minutes, so that bars close where they should).
 * scene_ms: length of a scene, at least 10,000. EB_E_INVALID, EB_E_MEMORY. */
EB_NODISCARD int eb_paper_market_init(struct eb_paper_market *m, uint64_t seed, int64_t start_ms, int64_t scene_ms,
                                      struct eb_err *err);
void eb_paper_market_deinit(struct eb_paper_market *m);

/* Time of the next tick. Moves all prices there; a new scene begins by itself when the last one is over. */
int64_t eb_paper_market_next(const struct eb_paper_market *m);
EB_NODISCARD int eb_paper_market_tick(struct eb_paper_market *m, struct eb_err *err);

/* The next entry that is due at the market's time, or NULL; each is given once. */
const struct eb_paper_entry *eb_paper_market_entry(struct eb_paper_market *m);
/* Quantity of an entry at a price, on the grid; 0 where it cannot be traded. */
eb_qty eb_paper_quantity(const struct eb_paper_symbol *s, eb_money notional, eb_price price);

/* The minute of a symbol that ended at the market's time; false where none did. Ask right after a tick. */
bool eb_paper_closed_bar(struct eb_paper_market *m, eb_symbol_id symbol, struct eb_ev_bar *out);
