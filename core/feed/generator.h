/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Markets that were never there: the same seed gives the same prices on every machine (integers only, eb_rng).
 *
 *     eb_gen_next()      one price per step: follows the script while there is one, then wanders through stretches
 *     eb_gen_series()    the same as 1-minute bars, with price gaps and missing bars where asked for
 *     eb_gen_scripted()  a history of 1-minute bars whose 15-minute features name one regime
 *
 * A stretch is a kind of market with a drift, a volatility and a pull back to where it began.
 */
#pragma once

#include "base/rng.h"
#include "feed/kline.h"

#define EB_GEN_PRICE_MAX (INT64_C(1000000000) * EB_E8)

enum eb_gen_kind {
    EB_GEN_NORMAL = 0,
    EB_GEN_TREND_UP,
    EB_GEN_TREND_DOWN,
    EB_GEN_RANGE,
    EB_GEN_VOLATILE,
    EB_GEN_CHOP,
    EB_GEN_KIND_COUNT
};
struct eb_gen_stretch {
    enum eb_gen_kind kind;
    int64_t length_ms;
};

/* The price at_ms after the start lies offset_ppm of the start price above it (below where negative); between two
 * points it moves along the straight line. Before the first point the line begins at (0, 0). */
struct eb_script_point {
    int64_t at_ms;
    int64_t offset_ppm;
};

struct eb_gen_config {
    uint64_t seed;
    eb_price start;                       /* > 0, at most EB_GEN_PRICE_MAX */
    eb_price tick;                        /* > 0, at most 0.1 % of start: a coarser grid has no shapes */
    int64_t step_ms;                      /* between two prices; divides 60,000 */
    int64_t noise_ppm;                    /* around the script, 0 at its points, so that each is reached; 0..100,000 */
    int64_t gap_ppm;                      /* chance, per minute after the script, that the price jumps 0.2 % to 1.5 % */
    int64_t missing_ppm;                  /* chance, per bar of eb_gen_series(), that it is left out */
    const struct eb_gen_stretch *stretch; /* in this order, again from the first after the last; borrowed */
    size_t stretch_count;                 /* 0: kinds, directions (and lengths of 2 to 12 hours) by chance */
    const struct eb_script_point *script; /* times rising; borrowed */
    size_t script_count;                  /* 0: none */
};

/* A generator; plain values (and the borrowed lists of its configuration), copied freely. */
struct eb_gen {
    struct eb_gen_config config;
    struct eb_rng walk, chance;
    int64_t elapsed_ms;
    int64_t ratio_e12;  /* price / start */
    int64_t anchor_e12; /* where this stretch began */
    int64_t left_ms;    /* of this stretch */
    int64_t root_ppm;   /* sqrt(step / minute): volatility grows with it */
    size_t next_stretch;
    enum eb_gen_kind kind;
};

/* Makes a generator. EB_E_INVALID names the field that is out of range. */
EB_NODISCARD int eb_gen_init(struct eb_gen *g, const struct eb_gen_config *config, struct eb_err *err);

/* Moves on by one step; *price is a positive multiple of the tick. Returns the ms since the start. */
int64_t eb_gen_next(struct eb_gen *g, eb_price *price);

/* The next `bars` minutes as a series whose first bar opens at open_ms (a multiple of 60,000). EB_E_INVALID for a bad
 * symbol or time, EB_E_MEMORY. The first and the last bar are never left out. */
EB_NODISCARD int eb_gen_series(struct eb_gen *g, const char *symbol, int64_t open_ms, size_t bars,
                               struct eb_series *out, struct eb_err *err);

/*
 * A history that ends in a known regime. Its features of closed 15-minute bars (figures in generator_history.c):
 *   TREND     2.5 % from the mean of 20 bars, nearly straight, 2.6 % volatility per day
 *   RANGE     within 0.1 % of the mean, bars of 0.3 %
 *   VOLATILE  12 % volatility per day, bars of 1.5 %
 *   CHOP      within 0.1 % of the mean, bars of 2 %, efficiency near 0, 1 % volatility per day
 *   NORMAL    0.7 % from the mean, efficiency 0.25, bars of 0.8 %
 */
struct eb_gen_history {
    const char *symbol;
    uint64_t seed;
    enum eb_regime regime; /* not UNKNOWN */
    enum eb_side side;     /* LONG: TREND, VOLATILE and NORMAL rise, SHORT: they fall */
    eb_price last;         /* close of the last bar, on the tick grid */
    eb_price tick;         /* at most 0.1 % of last */
    int64_t end_ms;        /* end of the last bar, a multiple of 60,000 */
    size_t bars;           /* minutes; 375 and more give 21 closed 15-minute bars of the regime, whatever end_ms */
};
#define EB_GEN_HISTORY_BARS_MIN 375
/* EB_E_INVALID names the field that is out of range, EB_E_MEMORY. */
EB_NODISCARD int eb_gen_scripted(const struct eb_gen_history *h, struct eb_series *out, struct eb_err *err);
