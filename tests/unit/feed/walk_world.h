/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bar walk between a real engine and a venue that is a few arrays.
 *
 *     eb_walk -> ops below -> eb_engine_step -> orders filled at once where the path stands -> FILL -> step -> ...
 *
 * What happens is written down as lines of text, so that a test compares a bar with a text: `20000 L 100>98` is a
 * segment of the LONG that ends 20 s into the bar, `= 98 x 10 stop` a fill, `? hit` a consult.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/decimal.h"
#include "base/rng.h"
#include "feed/walk.h"

#define WW_START_MS INT64_C(1699999200000)
#define WW_MINUTE_MS INT64_C(60000)
#define WW_LOG 16384
#define WW_RESTING 32
#define WW_QUEUE 64

struct ww_leg {
    const char *price;
    int64_t percent; /* of the leg base */
    bool soft;
};

struct ww {
    struct eb_engine *e;
    struct eb_walk walk;
    struct eb_actions out;
    int64_t now_ms;
    eb_price path[2];        /* where the venue stands, per slot */
    eb_price liquidation[2]; /* 0: none */
    eb_qty qty[2];
    uint8_t side[2];
    bool used[WW_RESTING];
    struct eb_order_request resting[WW_RESTING];
    struct eb_event queue[WW_QUEUE];
    unsigned queued, taken;
    uint64_t trade;
    void (*decide)(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v); /* NULL: keeps every plan */
    uint64_t seed;                                                                    /* for decide */
    unsigned consults, fail_turn; /* fail_turn: the nth turn from now is refused, 0 none */
    int64_t bar;                  /* open of the bar under way, of which lines tell the time */
    bool quiet_log;               /* exits only */
    size_t log_len;
    char log[WW_LOG];
    eb_price best, worst; /* of the episode that ended last */
};

/* tick 0.1, step 0.1, no minimum; a LONG and a SHORT slot in hedge mode. */
struct ww *ww_new(bool hedge);
void ww_free(struct ww *w);

/* Opens a position of slot 0 (LONG; either side in one-way mode) or 1 (SHORT of hedge mode) where the path stands. */
void ww_open(struct ww *w, enum eb_side side, const char *qty, const char *entry);
/* Open, high, low, close of the minute that begins now. */
struct eb_walk_bar ww_bar(const struct ww *w, const char *open, const char *high, const char *low, const char *close);
void ww_mark(struct eb_walk_bar *b, const char *open, const char *high, const char *low, const char *close);
/* Walks P0, then opens with what `entry` says (may be NULL), then the rest; the next bar begins where this one ends. */
void ww_walk(struct ww *w, struct eb_walk_bar *b, void (*entry)(struct ww *w));
void ww_step(struct ww *w, const char *open, const char *high, const char *low, const char *close);
/* The lines since the last call are these. */
void ww_saw(struct ww *w, const char *lines);
void ww_forget(struct ww *w);

/* ---- verdicts ---- */
struct eb_decision *ww_add(struct eb_verdict *v, enum eb_decision_kind kind);
void ww_plan(struct eb_verdict *v, const char *stop, unsigned legs, const struct ww_leg *leg);
void ww_trail(struct eb_verdict *v, int64_t activation_r_ppm, int64_t callback_ppm);
void ww_ratchet(struct eb_verdict *v); /* to entry after one hit, to the first hit after two */

eb_price ww_px(const char *text);

/* ---- scenes ---- */
void ww_long_100(struct ww *w); /* 10 at 100 */
void ww_short_100(struct ww *w);
/* One-way mode under this script. */
struct ww *ww_with(void (*decide)(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v));
/* A bar at 100 in which the position is opened; its lines are forgotten. */
void ww_opened(struct ww *w, void (*entry)(struct ww *w));
