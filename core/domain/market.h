/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Market features of one symbol: closed base bars in, statistics per time frame out.
 *
 *     eb_market_add(bar) -> forming bar of each frame -> ring of 21 closed bars -> eb_market_features() -> eb_features
 *
 * A frame's bars are aligned to the epoch and made of every base bar length that divides the frame. A frame bar closes
 * with its last base bar, or, if that one is missing, with the first bar after it; what is missing is counted, never
 * invented. Plain values, no pointers: an array of struct eb_market may be copied and moved.
 */
#pragma once

#include <exitbrain/event.h>

#include "base/err.h"

#define EB_MARKET_BARS 21      /* closed bars per frame: 20 returns need 21 closes */
#define EB_MARKET_WARM_BARS 15 /* the figures are meant from here on (Exit Brain V3 asked for 15 of 20) */
#define EB_MARKET_MEAN_BARS 20 /* bars of the means: SMA, average range, and returns of the volatility */
#define EB_MARKET_ATR_BARS 14  /* true ranges of the ATR */

struct eb_market_bar {
    int64_t high_e8, low_e8, close_e8;
};

/* The bar of one frame that is still growing, and the head of its ring. */
struct eb_market_forming {
    int64_t start_ms; /* aligned to the frame */
    struct eb_market_bar bar;
    int32_t covered_ms;  /* sum of the base bars in it; 0: none yet */
    uint32_t incomplete; /* closed frame bars that lacked base bars, ever */
    uint8_t count;       /* closed bars held */
    uint8_t next;        /* where the next closed bar goes */
    bool stale;          /* features must be computed again */
};

struct eb_market {
    int64_t last_end_ms; /* end of the newest base bar, exclusive */
    int64_t length_ms;   /* of the newest base bar */
    uint32_t frames;     /* bit f: frame f takes bars of that length */
    struct eb_market_forming forming[EB_TF_COUNT];
    struct eb_features features[EB_TF_COUNT]; /* of the closed bars, where not stale */
    struct eb_market_bar closed[EB_TF_COUNT][EB_MARKET_BARS];
};
_Static_assert(sizeof(struct eb_market) <= 2600, "10,000 symbols must fit into 25 MiB");

/* Length of a frame's bars in ms, and its name as policies see it ("m1", "m5", "m15", "h1"). */
int64_t eb_timeframe_ms(enum eb_timeframe frame);
const char *eb_timeframe_name(enum eb_timeframe frame);

/* Empties m: no bars, no features. */
void eb_market_init(struct eb_market *m);

/*
 * Takes one closed base bar. Bar lengths may change from one bar to the next as long as time moves on; a frame takes
 * the bars whose length divides it. EB_OK; EB_E_STALE for a bar that begins before the last one ended; EB_E_INVALID for
 * a length <= 0, a price <= 0, high < low, open or close outside them, or a negative start. A bar off the grid
 * counts for the frame in which it begins. Nothing changes unless EB_OK.
 */
EB_NODISCARD int eb_market_add(struct eb_market *m, const struct eb_ev_bar *bar);

/* Copies the statistics of the closed bars of one frame to *out (all zero but `bars` while not warm). Figures beyond
 * int64 are clamped. Computed when asked and kept until the frame's next bar closes. */
void eb_market_features(struct eb_market *m, enum eb_timeframe frame, struct eb_features *out);

/* Closed bars of a frame that lacked base bars since eb_market_init(). */
uint32_t eb_market_incomplete(const struct eb_market *m, enum eb_timeframe frame);
