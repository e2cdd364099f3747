/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated futures exchange for one account: no sockets, no clock, no chance but that of a seed.
 *
 *     prices, hands of others, bar walk --> eb_sim --> events into a sink (eb_host_sink)
 *     engine's orders -- eb_venue port ------^
 *
 * Behaviour, filters and refusal codes follow Binance USDS-M futures. Everything happens at the time that the caller
 * has set. With all latencies 0 an order is executed inside the call that brings it; what it leads to reaches the sink
 * in order, after the outermost call into the simulator has changed its state, so a sink may call back in.
 */
#pragma once

#include <stddef.h>

#include <exitbrain/venue.h>

#include "base/err.h"

struct eb_sim;

/* ---- faults ------------------------------------------------------------------------------------------------------ */

enum eb_sim_fault {
    EB_SIM_F_LOST = 0,      /* a request never arrives and nothing is heard of it */
    EB_SIM_F_NO_REPLY,      /* executed; UNKNOWN after timeout_ms */
    EB_SIM_F_UNKNOWN_DONE,  /* executed, answered UNKNOWN at once */
    EB_SIM_F_UNKNOWN_NOT,   /* not executed, answered UNKNOWN at once */
    EB_SIM_F_MUTE,          /* after NO_REPLY or UNKNOWN_DONE: nothing is heard of that order until it is queried */
    EB_SIM_F_REJECT,        /* refused with faults.reject_code */
    EB_SIM_F_THROTTLE,      /* refused, not executed: -1008, -1003 where the order reduces (it is exempt from -1008) */
    EB_SIM_F_PARTIAL,       /* a part only is filled: a market order then expires, a resting one goes on resting */
    EB_SIM_F_DUPLICATE,     /* a fill is told twice */
    EB_SIM_F_DELAY,         /* an event comes 1..delay_max_ms later than due: also how events overtake each other */
    EB_SIM_F_REORDER,       /* an order's state is told before its fills */
    EB_SIM_F_DROP,          /* an event of the stream is never delivered */
    EB_SIM_F_CANCEL_FILLED, /* a cancel finds the order filled */
    EB_SIM_F_STUCK,         /* a conditional order stays TRIGGERING and no child order follows */
    EB_SIM_F_SNAPSHOT,      /* a snapshot fails */
    EB_SIM_F_QUERY,         /* a query is never answered */
    EB_SIM_F_COUNT
};

/* Each fault strikes with chance num / den (num 0: never), from a stream of its own, and the next `next` times surely
 * (eb_sim_fault_next), whatever the chance. */
struct eb_sim_chance {
    uint32_t num, den;
};
struct eb_sim_faults {
    struct eb_sim_chance rate[EB_SIM_F_COUNT];
    int32_t reject_code;  /* for REJECT by chance; 0: -2022 */
    int64_t delay_max_ms; /* for DELAY; 0: 1,000 */
};

/* ---- creation ---------------------------------------------------------------------------------------------------- */

struct eb_sim_config {
    uint32_t symbols_max;           /* 1..20,000 */
    uint32_t orders_max;            /* orders remembered, open and closed: the oldest closed ones are forgotten first */
    uint32_t trades_max;            /* length of the audit trail; orders are refused (EB_E_FULL) once it is reached */
    uint32_t slots_max;             /* conditional orders of the account, foreign ones included: 200 */
    uint32_t orders_per_symbol_max; /* 200, where the instrument does not say */
    eb_money balance;               /* wallet at the beginning */
    bool hedge;                     /* position mode */
    bool margin_check;              /* an opening trade needs free wallet balance for its margin and fee (-2019) */
    bool clip_reduce;               /* a reducing market order beyond what is free is cut to the position; else -2022 */
    bool ack_all;                   /* also market and IOC orders are told NEW before their fills */
    bool query_fills;               /* a query's answer repeats the order's fills before its state (true) */
    bool tell_prices;               /* eb_sim_price() puts PRICE events into the sink */
    bool tell_account;              /* ACCOUNT after each change of the wallet (true) */
    bool tell_position;             /* POSITION after each change of a position (true) */
    bool tell_foreign;              /* fills and orders that are not the engine's (true) */
    int64_t fee_taker_ppm, fee_maker_ppm; /* 400, 200 */
    int64_t slippage_ppm;                 /* of market fills: exact, then to the adverse tick */
    int64_t leverage_ppm;                 /* of a symbol nobody has set: 10x */
    int64_t request_ms, event_ms;         /* from the caller to the exchange, and from there to the sink */
    int64_t snapshot_ms, trigger_ms;      /* added to event_ms for snapshots; from TRIGGERING to the child order */
    int64_t timeout_ms;                   /* after which a missing reply is UNKNOWN: 1,000 */
    eb_qty fill_max;                      /* of one fill; more is split into several (64 at most); 0 no limit */
    uint64_t ids_after;                   /* the first order gets the id after this one */
    uint64_t trades_after;                /* the same of each symbol's trades */
    uint64_t seed;
    struct eb_sim_faults faults;
};
/* Fills every field: instant, no faults, balance 10,000, one symbol... as noted above. */
void eb_sim_config_default(struct eb_sim_config *c);

/* Creates an exchange, owned by the caller. EB_E_INVALID names the field, EB_E_MEMORY. */
int eb_sim_create(const struct eb_sim_config *c, struct eb_sim **out, struct eb_err *err);
void eb_sim_destroy(struct eb_sim *sim); /* NULL is fine */

/* Where events go. Positions that exist now are `adopted` to this listener, later ones were seen opening. */
void eb_sim_set_sink(struct eb_sim *sim, eb_event_sink sink, void *user);
/* The venue port; borrowed from sim. */
struct eb_venue eb_sim_port(struct eb_sim *sim);

/* A tier of maintenance margin: applies to notionals up to cap (0: any). cum: the venue's "maintenance amount". */
struct eb_sim_tier {
    eb_money cap;
    int64_t maintenance_ppm;
    eb_money cum;
};
#define EB_SIM_TIERS_MAX 16
/* Introduces symbol (an id below symbols_max) or changes its filters; tiers rising by cap, count 0: one tier of the
 * instrument's maintenance_ppm. EB_E_INVALID with the reason. */
int eb_sim_add_instrument(struct eb_sim *sim, eb_symbol_id symbol, const struct eb_ev_instrument *inst,
                          const struct eb_sim_tier *tiers, size_t count, struct eb_err *err);
/* Book depth per tick at each price of a side; 0 (default): any quantity at the best price. */
int eb_sim_set_depth(struct eb_sim *sim, eb_symbol_id symbol, eb_qty per_tick);
/* Funding: the next payment at next_ms and every interval_ms after it (0: once), rate_e8 of the notional, LONG pays. */
int eb_sim_set_funding(struct eb_sim *sim, eb_symbol_id symbol, int64_t rate_e8, int64_t next_ms, int64_t interval_ms);

/* ---- time -------------------------------------------------------------------------------------------------------- */

/* Sets the time of what follows; neither may run backwards. Delivers nothing. */
void eb_sim_set_time(struct eb_sim *sim, int64_t now_ns, int64_t now_ms);
/* Moves time on: executes requests and delivers events that are due, each at its own time, in the market as it is. */
void eb_sim_run(struct eb_sim *sim, int64_t now_ns, int64_t now_ms);
/* Monotonic time of the earliest thing queued, INT64_MAX when none. */
int64_t eb_sim_next_due(const struct eb_sim *sim);

/* ---- the market -------------------------------------------------------------------------------------------------- */

/* Prices of one symbol; a field that is 0 stays what it was. */
struct eb_sim_quote {
    eb_price mark, last, bid, ask;
};
/* Moves the market: resting limits fill, conditional orders trigger, positions are liquidated, funding is paid. */
int eb_sim_price(struct eb_sim *sim, eb_symbol_id symbol, const struct eb_sim_quote *quote);

/* ---- what other systems and people do: told as foreign trades ---------------------------------------------------- */

struct eb_sim_entry {
    eb_symbol_id symbol;
    uint8_t side; /* enum eb_side */
    bool exact;   /* fill at price as it is: no slippage, no tick */
    eb_qty qty;
    eb_price price;          /* reference; 0: the market now */
    int64_t leverage_ppm;    /* 0: as it is */
    const char *strategy_id; /* NULL or "": none; only the first opening names it */
};
struct eb_sim_fill {
    eb_price price; /* after slippage */
    eb_money fee;
    eb_money pnl; /* of what it closed, gross */
    uint64_t trade_id;
};
/*
 * A market order of another system: opens or adds; in one-way mode against the position it reduces or flips. out may
 * be NULL. EB_E_INVALID (quantity off the grid or too small, no price), EB_E_REFUSED (margin; a leverage whose
 * liquidation price would lie on the profit side of the entry), EB_E_NOT_FOUND, EB_E_FULL.
 */
int eb_sim_open(struct eb_sim *sim, const struct eb_sim_entry *entry, struct eb_sim_fill *out, struct eb_err *err);
/* Closes qty (0: all) of a position at price (0: the market now) as a person would. */
int eb_sim_close(struct eb_sim *sim, eb_position_id slot, eb_qty qty, eb_price price, struct eb_sim_fill *out,
                 struct eb_err *err);
/* The venue takes qty (0: all) of a position at price (auto-deleveraging): a fill marked `liquidation`. */
int eb_sim_deleverage(struct eb_sim *sim, eb_position_id slot, eb_qty qty, eb_price price, struct eb_err *err);
/* Places an order of somebody else (the client id is ignored) past faults and latency; its venue id to *id. A refusal
 * is EB_E_REFUSED with the venue's code in *code (may be NULL). */
int eb_sim_place_foreign(struct eb_sim *sim, const struct eb_order_request *order, uint64_t *id, int32_t *code,
                         struct eb_err *err);
/* Cancels any open order by venue id and kind (conditional or not), as a person would. EB_E_NOT_FOUND. */
int eb_sim_cancel_by_hand(struct eb_sim *sim, eb_symbol_id symbol, uint64_t id, bool conditional);
/* Leverage of a symbol: margins and liquidation prices follow. EB_E_REFUSED as for eb_sim_open(). */
int eb_sim_set_leverage(struct eb_sim *sim, eb_symbol_id symbol, int64_t leverage_ppm, struct eb_err *err);
/* What the next opening of a symbol is leveraged with; 0 unknown symbol. */
int64_t eb_sim_leverage_ppm(const struct eb_sim *sim, eb_symbol_id symbol);
/* Adds to (or, negative, takes from) the isolated margin of a position beyond notional / leverage. */
int eb_sim_add_margin(struct eb_sim *sim, eb_position_id slot, eb_money amount, struct eb_err *err);
/* Position mode; EB_E_REFUSED while a position or an order is open, as at the venue (-4068, -4067). */
int eb_sim_set_hedge(struct eb_sim *sim, bool hedge, struct eb_err *err);
/* Changes the wallet by amount (a transfer). */
void eb_sim_transfer(struct eb_sim *sim, eb_money amount);

/* ---- a venue around this one (venue/fapi): orders past faults, under ids that the caller knows ------------------- */

/* The id of an order that is about to be placed; never given twice. */
uint64_t eb_sim_reserve_id(struct eb_sim *sim);
/* What eb_sim_place() would say: 0 or the venue's code. whole: a market order that closes what there is, as the child
 * of a closePosition order does: lot, number and notional are not asked, and resting reductions give way to it. */
int32_t eb_sim_check_order(const struct eb_sim *sim, const struct eb_order_request *order, bool whole);
/* Places an order under a reserved id; ours where its client id is not zero. Its fills have reached the sink when this
 * returns. */
int32_t eb_sim_place(struct eb_sim *sim, const struct eb_order_request *order, uint64_t id, bool whole);
/* How much of an order would be executed at once. */
eb_qty eb_sim_takeable(const struct eb_sim *sim, const struct eb_order_request *order);
/* What eb_sim_amend() would say: 0, -2011 not open, -2022, -2019 ... Filters and notional are the caller's. */
int32_t eb_sim_check_amend(const struct eb_sim *sim, eb_symbol_id symbol, uint64_t id, eb_price price, eb_qty qty);
/* Changes price and quantity (above what is filled) of a resting limit order, which goes to the end of its queue and
 * meets the market anew. */
int32_t eb_sim_amend(struct eb_sim *sim, eb_symbol_id symbol, uint64_t id, eb_price price, eb_qty qty);
/* Fills qty of a resting limit order at its price, whatever the market says. EB_E_NOT_FOUND, EB_E_INVALID. */
int eb_sim_fill_part(struct eb_sim *sim, eb_symbol_id symbol, uint64_t id, eb_qty qty, struct eb_err *err);
/* An open regular order runs out (good till a time). EB_E_NOT_FOUND. */
int eb_sim_expire(struct eb_sim *sim, eb_symbol_id symbol, uint64_t id);
/* The next order's id is at least `order`, the next trade's of the symbol at least `trade`: venues have long ones. */
void eb_sim_skip_ids(struct eb_sim *sim, eb_symbol_id symbol, uint64_t order, uint64_t trade);
/* Liquidates a position at the mark, now. EB_E_NOT_FOUND: flat, or no price. */
int eb_sim_liquidate_by_hand(struct eb_sim *sim, eb_position_id slot);
/* Conditional orders that are kept outside: asked in eb_sim_price() where this exchange's own are, first for those that
 * price has met before a liquidation price (nearer), then for all. It may place orders. */
typedef void (*eb_sim_triggers)(void *user, eb_symbol_id symbol, bool nearer);
void eb_sim_set_triggers(struct eb_sim *sim, eb_sim_triggers triggers, void *user);

/* ---- cross margin: positions that share the wallet which isolated ones leave ------------------------------------- */

/* Margin type of a symbol; EB_E_REFUSED while a position of it is open. */
int eb_sim_set_cross(struct eb_sim *sim, eb_symbol_id symbol, bool cross, struct eb_err *err);
bool eb_sim_is_cross(const struct eb_sim *sim, eb_symbol_id symbol);
struct eb_sim_cross {
    eb_money wallet;      /* the account's without isolated margins */
    eb_money unrealized;  /* of cross positions, at their marks */
    eb_money maintenance; /* of cross positions: liquidation when wallet + unrealized does not exceed it */
};
void eb_sim_cross(const struct eb_sim *sim, struct eb_sim_cross *out);
/* Maintenance margin of a position at a price, by its tier; 0 flat. */
eb_money eb_sim_maintenance(const struct eb_sim *sim, eb_position_id slot, eb_price price);

/* ---- the bar walk ------------------------------------------------------------------------------------------------ */

/* What the venue does by itself on a path, in the order in which one price serves them. */
enum eb_sim_hit { EB_SIM_HIT_LIQUIDATION = 1, EB_SIM_HIT_TRIGGER = 2, EB_SIM_HIT_SOFT = 4, EB_SIM_HIT_ALL = 7 };

/* Where the path of a slot stands: market orders fill there, then slippage to the adverse tick, whatever eb_sim_price()
 * has said. With segment an order that names its level fills at that level instead. price 0: no path any more. */
void eb_sim_set_path_price(struct eb_sim *sim, eb_position_id slot, eb_price price, bool segment);
/*
 * The nearest happening of the kinds in scope when the price of this slot travels from `from` to `to` (both inclusive;
 * a soft leg needs `to` strictly beyond it): true with the price and the kind. A pure question.
 */
bool eb_sim_path_next(const struct eb_sim *sim, eb_position_id slot, unsigned scope, eb_price from, eb_price to,
                      eb_price *price, enum eb_sim_hit *what);
/* Executes what path_next has found, each fill delivered before the next is made. Soft legs fill at their own level by
 * leg index, liquidation and triggers at price (where the mark is walked apart, the caller may give the last price). */
void eb_sim_path_at(struct eb_sim *sim, eb_position_id slot, enum eb_sim_hit what, eb_price price);
/* The same at a gap (P0): liquidation at or beyond its price fills at P0 with the loss capped at the margin, triggers
 * fill at P0, soft legs strictly beyond which P0 lies at their own level. */
void eb_sim_path_point(struct eb_sim *sim, eb_position_id slot, unsigned scope, eb_price p0);
/* The open interval in which nothing of this slot happens at the venue; false when the slot is flat and has no order.
 * An open side is 0 (low) or INT64_MAX (high). */
bool eb_sim_quiet_band(const struct eb_sim *sim, eb_position_id slot, eb_price *low, eb_price *high);
/* Funding of one position: its size * price * rate_e8, half even at 1e-8, from the wallet; *amount negative when paid,
 * 0 when flat. EB_E_OVERFLOW. */
int eb_sim_pay_funding(struct eb_sim *sim, eb_position_id slot, eb_price price, int64_t rate_e8, eb_money *amount);

/* ---- faults on demand -------------------------------------------------------------------------------------------- */

/* The next n times this fault can strike it does, whatever its chance. code: for EB_SIM_F_REJECT, 0 the configured. */
void eb_sim_fault_next(struct eb_sim *sim, enum eb_sim_fault fault, uint32_t n, int32_t code);
/* Replaces the chances, for phases of a simulation; what is queued stays. */
void eb_sim_set_faults(struct eb_sim *sim, const struct eb_sim_faults *faults);
const char *eb_sim_fault_name(enum eb_sim_fault fault);

/* ---- truth ------------------------------------------------------------------------------------------------------- */

/* One executed trade: what really happened, whatever was told. */
struct eb_sim_trade {
    uint64_t trade_id, venue_order_id;
    eb_client_id client_id; /* all zero: not ours */
    eb_symbol_id symbol;
    eb_position_id slot;
    uint32_t earlier;      /* 1 + index of the trade before it of the same order, 0 none */
    uint8_t order_side;    /* enum eb_order_side */
    uint8_t position_side; /* enum eb_position_side */
    uint8_t purpose;       /* enum eb_purpose, EB_PURPOSE_COUNT for foreign trades */
    bool maker, liquidation;
    eb_price price;
    eb_qty qty;
    eb_qty closed; /* how much of it reduced a position */
    eb_qty after;  /* size of the position afterwards */
    eb_money fee;  /* cost positive */
    eb_money pnl;  /* of what was closed, gross, floored at 1e-8; at liquidation not below minus the margin */
    int64_t venue_ms;
};
/* The whole trail, oldest first; valid until the next call that may trade. */
const struct eb_sim_trade *eb_sim_trades(const struct eb_sim *sim, size_t *count);

struct eb_sim_position {
    uint8_t side; /* enum eb_side */
    uint8_t position_side;
    eb_qty qty;           /* 0 flat */
    eb_price entry;       /* average, half even at 1e-8 */
    eb_price liquidation; /* 0 none */
    eb_money margin;
    int64_t leverage_ppm;
    int64_t opened_ms, changed_ms;
    eb_money extra; /* margin added by hand, part of margin */
    bool cross;
    char strategy_id[EB_NAME_MAX];
};
/* Copies the position of a slot; false when it is flat or unknown. */
bool eb_sim_position(const struct eb_sim *sim, eb_position_id slot, struct eb_sim_position *out);

struct eb_sim_account_view {
    eb_money wallet, margin, pnl, fees, funding, transfers; /* wallet = balance + pnl - fees + funding + transfers */
    bool hedge;
    uint32_t open_positions, open_orders, conditional_orders;
};
void eb_sim_account(const struct eb_sim *sim, struct eb_sim_account_view *out);

/* Orders as the venue holds them: calls visit for each open order of the symbol in order of arrival. */
typedef void (*eb_sim_visit)(void *user, const struct eb_ev_open_order *order);
void eb_sim_open_orders(const struct eb_sim *sim, eb_symbol_id symbol, eb_sim_visit visit, void *user);

struct eb_sim_stats {
    uint64_t submits, cancels, queries, snapshots, rejected, trades, liquidations, triggered, events;
    uint64_t faults[EB_SIM_F_COUNT]; /* how often each has struck */
};
void eb_sim_stats(const struct eb_sim *sim, struct eb_sim_stats *out);

/*
 * Invariants: no order of ours opened, increased or flipped a position; the trail folds to the positions; the wallet
 * adds up; resting reductions never exceed their position; the conditional orders fit their slots. EB_OK or
 * EB_E_CORRUPT with the first violation in err. Costs what has happened since the last call.
 */
int eb_sim_check(struct eb_sim *sim, struct eb_err *err);

/* ---- refusal codes ----------------------------------------------------------------------------------------------- */

/* What a venue code asks for (facts of Binance USDS-M), EB_REJ_ALARM for one that is not in the table; its text. */
enum eb_reject_class eb_sim_code_class(int32_t code);
const char *eb_sim_code_text(int32_t code);
