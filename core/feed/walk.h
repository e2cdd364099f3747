/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bar walk: turns one bar into price events for the positions of one symbol (semantics 11).
 *
 *     P0 open -> P1 adverse extreme -> P2 favourable extreme -> P3 close, at 0, 1/3, 2/3 and 1 of the bar
 *
 * The price travels to the nearest thing ahead, of the engine's levels and of the venue's own, stops there, lets both
 * act, and goes on. The walk knows neither the venue nor the host: it asks through the functions below.
 */
#pragma once

#include <exitbrain/engine.h>

#include "base/err.h"

enum eb_walk_order { EB_WALK_ADVERSE = 0, EB_WALK_FAVOURABLE };

/* What the walk needs of the venue and of the turn. */
struct eb_walk_ops {
    /* Steps one event to completion. */
    int (*turn)(void *user, const struct eb_event *ev);
    /* Sets the clock of everything. */
    void (*set_time)(void *user, int64_t now_ns, int64_t now_ms);
    /* Market orders of this slot fill at price from now on. */
    void (*path_price)(void *user, eb_position_id slot, eb_price price);
    /* Nearest venue-side happening on the way (resting limits strictly beyond; liquidation); false when none.
     * liquidation tells which. of_mark, of_last: which path this travel is of. */
    bool (*venue_next)(void *user, eb_position_id slot, bool of_mark, bool of_last, eb_price from, eb_price to,
                       eb_price *at, bool *liquidation);
    /* Executes what venue_next found. */
    void (*venue_at)(void *user, eb_position_id slot, bool liquidation, eb_price at);
    /* P0: liquidation against this price, of the mark where it is walked. */
    void (*venue_point)(void *user, eb_position_id slot, eb_price p0);
    /* The interval in which nothing of this slot happens at the venue; false: walk the bar. */
    bool (*venue_quiet)(void *user, eb_position_id slot, eb_price *low, eb_price *high);
};

struct eb_walk {
    const struct eb_engine *engine;
    const struct eb_walk_ops *ops;
    void *user;
    enum eb_walk_order order;
    bool no_quiet; /* walk every bar in full: for the proof that the short cut changes nothing */
    uint64_t bars, quiet_bars;
};

/* One symbol's bar on its way; the four phases of several symbols may be interleaved by time. */
struct eb_walk_bar {
    eb_symbol_id symbol;
    struct eb_ev_bar bar;
    struct eb_ev_bar mark; /* --mark-klines: the same bar of the mark price */
    bool has_mark;
    bool told;     /* P0 is told although nothing can act there: what is added at it is judged by it */
    bool quiet[2]; /* this leg's bar was one comparison */
    uint8_t legs;  /* 2 in hedge mode; set by eb_walk_open() */
};

/* Time of point k = 0..3 of a bar, floored to ms. */
int64_t eb_walk_time_ms(const struct eb_ev_bar *bar, int k);

/* P0: gap checks of both legs (entries at P0 come after it, without one). */
int eb_walk_open(struct eb_walk *w, struct eb_walk_bar *b);
/* Travel from point k-1 to point k = 1, 2, 3. */
int eb_walk_segment(struct eb_walk *w, struct eb_walk_bar *b, int k);
/* After point 3: the BAR event, then the cycle instant. */
int eb_walk_close(struct eb_walk *w, struct eb_walk_bar *b);
