/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts from inside: an eb_sim that matches and keeps the money, and around it what only texts can say.
 *
 *     orders_place.c  checked by orders_check.c --> eb_sim --> events.c: fills and states into the orders, and told
 *     algo.c          conditional orders; algo_trigger.c: prices meet them, their children are regular orders
 *     account_money.c positions, balances, funding, income     account_settings.c modes, leverage, margin types
 *     hands.c         what another system, a person or the exchange itself does to the account
 */
#pragma once

#include "venue/fapi/exchange.h"
#include "venue/fapi/store.h"

#define FAPI_ORDERS_KEPT 16384u /* of an account, open and closed */
#define FAPI_ALGOS_KEPT 4096u
#define FAPI_INCOMES_KEPT 8192u
#define FAPI_SLOTS_DEFAULT 200u
#define FAPI_AMENDMENTS_MAX 10000u
#define FAPI_TIERS 5u
#define FAPI_LEVERAGE_DEFAULT (20 * EB_PPM)
#define FAPI_TRIGGER_PROTECT_PPM 50000 /* how far mark and last may be apart for priceProtect orders */

/* What is known of a symbol for one account. */
struct fapi_holding {
    struct eb_ev_instrument inst; /* as eb_sim has it */
    struct eb_sim_quote quote;
    int64_t funding_ms; /* the next payment; 0 none */
    uint32_t algos;     /* open conditional orders */
    bool held[2];       /* a position of this leg is open */
    bool known;         /* to eb_sim: its filters are sound */
    bool warned[2];     /* a margin call has been told */
};
struct fapi_account {
    struct eb_fapi *f;
    char name[EB_NAME_MAX], api_key[80];
    struct eb_binance_key *key;
    struct eb_sim *sim;
    bool can_trade, multi_assets;
    uint32_t slots_max, symbols;
    int64_t fee_taker_ppm;
    struct fapi_holding *symbol;
    struct fapi_store orders, algos;
    struct fapi_order *order;
    struct fapi_algo *algo;
    struct fapi_order answer; /* of an ACK: as it was when it arrived */
    struct fapi_income *income;
    uint64_t incomes; /* ever; the ring holds the last FAPI_INCOMES_KEPT */
    uint64_t algo_id, liquidations;
    size_t trades_seen;
    int64_t *algo_due_ms; /* by index of algo: when a triggering one gets its child; INT64_MAX never */
    int64_t transfers_e8, now_ms, update_ms, funding_next_ms, funding_seen_ms, due_ms;
    bool quiet; /* positions change and nobody is told */
};
struct fapi_accounts {
    struct fapi_account *account;
    size_t count;
};

/* ---- account.c ---- */
/* Brings eb_sim to the present, and to the symbol's present filters. False: the symbol cannot be traded at all. */
bool fapi_account_sync(struct fapi_account *a, uint32_t symbol);
void fapi_account_clock(struct fapi_account *a);
uint64_t fapi_text_key(uint32_t symbol, const char *text);

/* ---- orders.c ---- */
struct fapi_order *fapi_order_at(struct fapi_account *a, uint64_t id); /* NULL: not known */
/* Remembers an order; NULL when all that are remembered are open. */
struct fapi_order *fapi_order_add(struct fapi_account *a, const struct fapi_terms *t, uint64_t id);
void fapi_order_close(struct fapi_account *a, struct fapi_order *o, enum fapi_status status);
const struct fapi_order *fapi_order_open_named(struct fapi_account *a, uint32_t symbol, const char *client_id);
void fapi_name_make(const struct fapi_account *a, uint64_t id, char out[FAPI_ID_MAX]);

/* ---- orders_check.c: 0 or the code that refuses ---- */
int32_t fapi_check_common(const struct fapi_account *a, const struct fapi_terms *t); /* symbol, names, mode, times */
int32_t fapi_check_price(const struct fapi_symbol *y, eb_price price, bool trigger);
int32_t fapi_check_qty(const struct fapi_symbol *y, eb_qty qty, bool market);
int32_t fapi_check_band(const struct fapi_symbol *y, uint8_t side, eb_price price, eb_price reference);
/* A limit order's price (priceMatch is resolved in t), quantity, band, and GTX against the book. */
int32_t fapi_check_limit(const struct fapi_symbol *y, struct fapi_terms *t);
int32_t fapi_check_order(struct fapi_account *a, struct fapi_terms *t);     /* resolves priceMatch in t */
bool fapi_closes(const struct fapi_account *a, const struct fapi_terms *t); /* reduces by its form */
unsigned fapi_leg(const struct fapi_account *a, const struct fapi_terms *t);
/* ---- orders_place.c ---- */
/* Executes checked terms. parent: whose child it is, or NULL; whole: closes what there is. 0 and the order. */
int32_t fapi_order_send(struct fapi_account *a, const struct fapi_terms *t, const struct fapi_algo *parent, bool whole,
                        struct fapi_order **out);
void fapi_orders_run(struct fapi_account *a); /* those that are good until a time */

/* ---- events.c ---- */
void fapi_events_sink(void *account, const struct eb_event *ev);

/* ---- algo.c, algo_trigger.c ---- */
/* The order leaves the open ones in its last status, and that is told. */
void fapi_algo_close(struct fapi_account *a, struct fapi_algo *o, enum fapi_algo_status status);
void fapi_algo_triggers(void *account, eb_symbol_id symbol, bool nearer);
void fapi_algo_child_closed(struct fapi_account *a, const struct fapi_order *child);
void fapi_algo_position_changed(struct fapi_account *a, uint32_t symbol, unsigned leg);
void fapi_algos_run(struct fapi_account *a); /* triggering ones whose time has come; good until a time */
/* Activates a trailing order that stands at its activation price, and moves its extreme. */
void fapi_algo_follow(struct fapi_account *a, struct fapi_algo *o);
eb_price fapi_algo_price(const struct fapi_account *a, const struct fapi_algo *o); /* the one it works by */

/* ---- account_money.c ---- */
void fapi_income_add(struct fapi_account *a, enum fapi_income_kind kind, uint32_t symbol, uint64_t trade_id,
                     eb_money amount);
void fapi_funding_run(struct fapi_account *a);
void fapi_margin_calls(struct fapi_account *a, uint32_t symbol);
/* Tiers of a symbol, as eb_sim has them and as the exchange shows them. */
size_t fapi_tiers(const struct fapi_symbol *y, struct eb_sim_tier out[FAPI_TIERS]);
struct fapi_bracket {
    uint32_t leverage;
    eb_money floor, cap, cum; /* cap INT64_MAX: without end */
    int64_t maintenance_ppm;
};
size_t fapi_brackets(const struct eb_fapi *f, uint32_t symbol, struct fapi_bracket out[FAPI_TIERS]);
/* Largest notional that a leverage allows. */
eb_money fapi_notional_max(const struct eb_fapi *f, uint32_t symbol, int64_t leverage_ppm);

/* ---- hands.c: what others do, on the exchange's time. EB_OK or what eb_sim says ---- */
/* Whatever the brackets say; 0 or what it is: nothing happens. */
int fapi_hand_leverage(struct fapi_account *a, uint32_t symbol, int64_t leverage_ppm, struct eb_err *err);
int fapi_hand_open(struct fapi_account *a, uint32_t symbol, uint8_t side, eb_qty qty, int64_t leverage_ppm,
                   struct eb_err *err);
/* qty 0: all. */
int fapi_hand_close(struct fapi_account *a, uint32_t symbol, unsigned leg, eb_qty qty, struct eb_err *err);
int fapi_hand_deleverage(struct fapi_account *a, uint32_t symbol, unsigned leg, eb_qty qty, struct eb_err *err);
int fapi_hand_liquidate(struct fapi_account *a, uint32_t symbol, unsigned leg, struct eb_err *err);
/* Fills qty of a resting order at its price. */
int fapi_hand_fill_part(struct fapi_account *a, uint64_t order_id, eb_qty qty, struct eb_err *err);
/* Ids go on from these, where they are more: real ones may be beyond 2^53. */
void fapi_hand_ids(struct fapi_account *a, uint64_t order, uint64_t algo, uint64_t trade);
void fapi_hand_transfer(struct fapi_account *a, eb_money amount);
/* What the book of a symbol holds per tick; 0: no end. */
int fapi_hand_depth(struct fapi_account *a, uint32_t symbol, eb_qty per_tick, struct eb_err *err);
