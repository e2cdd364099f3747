/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The market inside: symbols, what moves their prices, minutes, the tape, the book.
 *
 *     feed_*.c --fapi_market_tick(), fapi_market_print()--> market.c --> minutes, tape
 *     control  --fapi_quote(), fapi_market_hold()---------/         \--> accounts, streams
 *     klines.c, ticker.c, depth.c: questions of api*.c and streams_market.c
 *
 * Prices leave a feed on the tick grid; marks lie off it. Time is the market's: what a feed does at once for a stretch
 * of time bears the times at which it happened.
 */
#pragma once

#include "venue/fapi/exchange.h"

#define FAPI_MINUTE_MS INT64_C(60000)
#define FAPI_DAY_MINUTES 1440
#define FAPI_BARS_MAX (3 * FAPI_DAY_MINUTES + 240) /* minutes kept of a symbol */
#define FAPI_TAPE_MAX 128                          /* public trades kept of a symbol */
#define FAPI_DEPTH_MAX 100                         /* levels of a side */

struct fapi_bar { /* a minute */
    int64_t open_ms;
    eb_price open, high, low, close;
    eb_price mark_open, mark_high, mark_low, mark_close;
    eb_qty volume, bought; /* bought: of takers who bought */
    eb_money quote, quote_bought;
    uint64_t first_id; /* of its trades */
    uint32_t trades;
};
struct fapi_print { /* a public trade */
    uint64_t id, agg_id;
    int64_t time_ms;
    eb_price price;
    eb_qty qty;
    bool buyer_maker;
};
struct fapi_ticker { /* of 24 hours, the minute that is open included */
    int64_t open_ms, close_ms;
    eb_price open, high, low, last, average; /* average: weighted by quantity */
    eb_qty volume, last_qty;
    eb_money quote_volume;
    uint64_t first_id, last_id;
    uint64_t trades;
};
struct fapi_level {
    eb_price price;
    eb_qty qty;
};
struct fapi_top {
    struct fapi_level bid, ask;
    uint64_t update_id;
};
struct fapi_book {
    uint64_t update_id;
    uint32_t count; /* of each side, best first */
    struct fapi_level bid[FAPI_DEPTH_MAX], ask[FAPI_DEPTH_MAX];
};

struct fapi_market_symbol {
    struct fapi_symbol pub;
    struct {
        struct fapi_bar *row; /* a ring that grows up to FAPI_BARS_MAX; owned */
        uint32_t cap, first, count;
        uint64_t closed; /* minutes ever closed: number of the next one */
    } bars;
    struct fapi_bar open; /* the minute that runs; open_ms 0: nothing yet */
    struct fapi_print tape[FAPI_TAPE_MAX];
    uint64_t printed;       /* trades ever, of this tape */
    struct fapi_ticker day; /* of the closed minutes, as of day_closed */
    uint64_t day_closed;
    int64_t basis_ppm; /* of the mark from last */
    bool held;         /* by hand: the feed does not move it */
    bool rested;       /* its feed has nothing more to say: prices stand */
};

struct fapi_feed {
    void *state;
    void (*run)(struct eb_fapi *f, void *state, int64_t now_ms);
    int64_t (*next_ms)(const struct eb_fapi *f, const void *state);
    void (*destroy)(void *state);
};
struct fapi_market {
    struct fapi_market_symbol *symbol; /* owned */
    uint32_t count, cap;
    uint32_t *index; /* open addressing by name; owned */
    uint32_t index_size;
    int64_t now_ms; /* of what happens just now; not behind the last that was told */
    int64_t start_ms;
    int64_t beat_ms;    /* when symbols whose prices stand print again */
    int64_t funding_ms; /* the next time at which rates are paid */
    bool began;         /* accounts have been told all prices */
    struct fapi_feed feed;
};

/* ---- market_names.c, market_create.c: symbols by name ---- */
struct fapi_names; /* an exchangeInfo file, read */
EB_NODISCARD int fapi_names_load(const char *path, struct fapi_names **out, struct eb_err *err);
void fapi_names_free(struct fapi_names *n);
/* Appends a symbol; id to *id. The instrument of the file has precedence over inst (NULL: a guess by price). */
EB_NODISCARD int fapi_market_add(struct fapi_market *m, const struct fapi_names *names, const char *name,
                                 const struct eb_ev_instrument *inst, eb_price price, uint32_t *id, struct eb_err *err);
/* The coarser of the grids 10^-k on which both lie: beginning with COARSEST, what the prices of a symbol need. */
#define FAPI_TICK_COARSEST EB_E8
int64_t fapi_finer(int64_t tick_e8, int64_t price_e8);
/* Filters of a symbol that no file describes. */
struct eb_ev_instrument fapi_guess(const char *name, eb_price price, int64_t tick_e8);
/* Every symbol of the file, with prices by guess. */
EB_NODISCARD int fapi_market_add_all(struct fapi_market *m, const struct fapi_names *names, struct eb_err *err);
/* Lets every id be found by its name; call once all are there. */
EB_NODISCARD int fapi_market_index(struct fapi_market *m, struct eb_err *err);

/* ---- market.c ---- */
/* Sets when rates are paid next, of all symbols. */
void fapi_market_fund(struct fapi_market *m);
/* What a feed does at m->now_ms, unless a hand holds the symbol: the price moves to the tick at or below last, with a
 * trade and a book around it. */
void fapi_market_tick(struct eb_fapi *f, uint32_t symbol, eb_price last);
/* A trade that was recorded. Prices move to it. */
void fapi_market_print(struct eb_fapi *f, uint32_t symbol, eb_price price, eb_qty qty, bool buyer_maker);
/* A best bid and ask that were recorded. */
void fapi_market_top(struct eb_fapi *f, uint32_t symbol, const struct fapi_level *bid, const struct fapi_level *ask);
/* Marks, book and index as a market has them whose last trade was at price: what fapi_quote() takes. */
struct eb_sim_quote fapi_market_around(const struct fapi_market_symbol *s, eb_price last);
eb_price fapi_market_index_price(const struct fapi_market_symbol *s);
/* A forced order of an account, for the public: <s>@forceOrder, !forceOrder@arr. side: enum eb_order_side. */
void fapi_market_forced(struct eb_fapi *f, uint32_t symbol, uint8_t side, eb_qty qty, eb_price price, eb_price average);
/* The latest public trades, oldest first: i of fapi_market_prints() of them. */
uint32_t fapi_market_prints(const struct eb_fapi *f, uint32_t symbol);
const struct fapi_print *fapi_market_print_at(const struct eb_fapi *f, uint32_t symbol, uint32_t i);

/* ---- klines.c ---- */
/* Sums that stop at the most that fits, where made up volumes could exceed it. */
void fapi_sum_qty(eb_qty *sum, eb_qty more);
void fapi_sum_money(eb_money *sum, eb_money more);
void fapi_bars_keep(struct fapi_market_symbol *s, const struct fapi_bar *bar);     /* a closed minute behind the last */
void fapi_bars_history(struct fapi_market_symbol *s, const struct eb_ev_bar *bar); /* the same, from prices alone */
/* Closes minutes that are over at now_ms; those in which nothing happened are flat. */
void fapi_bars_roll(struct fapi_market_symbol *s, int64_t now_ms);
/* What mark price and trade do to the minute that runs. */
void fapi_bars_mark(struct fapi_market_symbol *s);
void fapi_bars_trade(struct fapi_market_symbol *s, const struct fapi_print *p);
const struct fapi_bar *fapi_bars_at(const struct fapi_market_symbol *s, uint32_t i); /* 0 the oldest */
/* Beginning of the candle of an interval that holds at_ms, and of the next one. length 0: calendar months. */
int64_t fapi_kline_open(int64_t length_ms, int64_t at_ms);
int64_t fapi_kline_next(int64_t length_ms, int64_t open_ms);
void fapi_kline_begin(struct fapi_kline *k, int64_t open_ms, int64_t close_ms);
void fapi_kline_join(struct fapi_kline *k, const struct fapi_bar *b, bool mark);

/* ---- ticker.c ---- */
void fapi_ticker_24h(struct eb_fapi *f, uint32_t symbol, struct fapi_ticker *out);

/* ---- depth.c ---- */
/* The book as it is; each call is an update of its own, so that every later stream message covers its id. */
void fapi_depth(struct eb_fapi *f, uint32_t symbol, uint32_t levels, struct fapi_book *out);
struct fapi_top fapi_top_of(const struct fapi_symbol *y);
/* The book that belongs to a top, at present or in the past. */
void fapi_depth_make(const struct fapi_symbol *y, const struct fapi_top *top, uint32_t levels, struct fapi_book *out);

/* ---- feeds: each fills m->symbol and m->feed ---- */
EB_NODISCARD int fapi_feed_scene(struct fapi_market *m, const struct eb_fapi_config *c, const struct fapi_names *names,
                                 struct eb_err *err);
EB_NODISCARD int fapi_feed_klines(struct fapi_market *m, const struct eb_fapi_config *c, const struct fapi_names *names,
                                  struct eb_err *err);
EB_NODISCARD int fapi_feed_ticks(struct fapi_market *m, const struct eb_fapi_config *c, const struct fapi_names *names,
                                 struct eb_err *err);
EB_NODISCARD int fapi_feed_held(struct fapi_market *m, const struct eb_fapi_config *c, const struct fapi_names *names,
                                struct eb_err *err);
