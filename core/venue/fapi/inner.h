/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this folder share. Codes are the exchange's, 0 is none; ids of symbols are those of the market and,
 * the same, of every account's eb_sim.
 */
#pragma once

#include "base/decimal.h"
#include "venue/codes.h"
#include "venue/fapi/fapi.h"
#include "venue/sign.h"
#include "venue/tokens.h"

#define FAPI_ID_MAX 37 /* client id: 36 characters and a zero */
#define FAPI_NONE UINT32_MAX

/* ---- market.c: symbols, prices, candles ---- */

struct fapi_symbol {
    struct eb_ev_instrument inst;
    char base[16], quote[16], margin[16], pair[EB_SYMBOL_MAX], contract[24];
    char status[24]; /* "TRADING" ... */
    int price_precision, quantity_precision;
    int64_t onboard_ms;
    struct eb_sim_quote quote_now;
    eb_qty bid_qty, ask_qty;
    int64_t funding_rate_e8, funding_next_ms;
    uint64_t trade_id, agg_id, update_id; /* of the public tape and book */
    uint32_t leverage_max;
    bool muted[8]; /* by fault: kinds of its streams that say nothing */
};
struct fapi_kline {
    int64_t open_ms, close_ms;
    eb_price open, high, low, close;
    eb_qty volume, bought; /* bought: of takers who bought */
    eb_money quote_volume, quote_bought;
    uint64_t first_id; /* of its trades, which number on from there */
    uint32_t trades;
    bool closed;
};
struct fapi_market; /* market.c */
uint32_t fapi_symbol_count(const struct eb_fapi *f);
struct fapi_symbol *fapi_symbol_at(const struct eb_fapi *f, uint32_t symbol);
uint32_t fapi_symbol_find(const struct eb_fapi *f, const char *name); /* exact; FAPI_NONE */
/* Calls visit for each kline of the interval ("1m" ... "1M") that opens in [from, to], oldest first, at most limit: the
 * first ones from `from` on, the latest ones up to `to` where from is 0. false: no such interval. mark: of the mark
 * price (volumes 0). The last may be open. */
bool fapi_klines(const struct eb_fapi *f, uint32_t symbol, const char *interval, int64_t from_ms, int64_t to_ms,
                 size_t limit, bool mark, void (*visit)(void *user, const struct fapi_kline *k), void *user);
bool fapi_interval_ms(const char *interval, int64_t *ms); /* 1M: 0 and true, by calendar */
/* Sets prices of a symbol (fields that are 0 stay), tells accounts (fapi_account_price), streams, klines. */
void fapi_quote(struct eb_fapi *f, uint32_t symbol, const struct eb_sim_quote *q);

/* ---- accounts: account.c, orders.c, algo.c ---- */

enum fapi_type {
    FAPI_MARKET = 0,
    FAPI_LIMIT,
    FAPI_STOP,
    FAPI_STOP_MARKET,
    FAPI_TAKE_PROFIT,
    FAPI_TAKE_PROFIT_MARKET,
    FAPI_TRAILING,
    FAPI_LIQUIDATION
};
enum fapi_tif { FAPI_GTC = 0, FAPI_IOC, FAPI_FOK, FAPI_GTX, FAPI_GTD, FAPI_RPI };
enum fapi_status {
    FAPI_NEW = 0,
    FAPI_PARTIALLY_FILLED,
    FAPI_FILLED,
    FAPI_CANCELED,
    FAPI_REJECTED,
    FAPI_EXPIRED,
    FAPI_EXPIRED_IN_MATCH
};
enum fapi_algo_status {
    FAPI_ALGO_NEW = 0,
    FAPI_ALGO_CANCELED,
    FAPI_ALGO_EXPIRED,
    FAPI_ALGO_TRIGGERING,
    FAPI_ALGO_TRIGGERED,
    FAPI_ALGO_REJECTED,
    FAPI_ALGO_FINISHED
};

/* What both kinds of orders are asked for with; also how they are remembered. Enums above and of event.h. */
struct fapi_terms {
    uint32_t symbol;
    char client_id[FAPI_ID_MAX];                                 /* "" : one is made up */
    uint8_t type, tif, side, position_side;                      /* side: enum eb_order_side */
    bool reduce_only, close_position, price_protect, mark_price; /* workingType MARK_PRICE */
    bool result;                                                 /* newOrderRespType RESULT */
    eb_qty qty;
    eb_price price, trigger, activate;
    int64_t callback_ppm;
    char price_match[16]; /* "NONE" ... */
    char stp[20];         /* selfTradePreventionMode */
    int64_t good_till_ms;
};
struct fapi_order {
    struct fapi_terms t;
    uint64_t id;
    uint8_t status, orig_type; /* orig_type: of the conditional order whose child this is */
    uint64_t algo_id;          /* its parent, 0 none */
    uint8_t expire_reason;     /* er */
    eb_qty filled;
    eb_i128 quote_e16; /* sum of price * quantity: average and cumQuote */
    eb_money realized; /* of the last fill */
    int64_t time_ms, update_ms;
    uint32_t amended;
    bool open;
};
struct fapi_algo {
    struct fapi_terms t;
    uint64_t id, child_id;
    uint8_t status;   /* enum fapi_algo_status */
    eb_price extreme; /* trailing: highest or lowest since activation */
    bool activated;
    eb_price child_average;
    eb_qty child_filled;
    int64_t time_ms, update_ms, trigger_ms;
    char reason[64]; /* rm */
    bool open;
};
struct fapi_position {
    uint8_t side, position_side; /* enum eb_side; enum eb_position_side */
    eb_qty qty;                  /* 0: flat */
    eb_price entry, break_even, mark, liquidation;
    eb_money unrealized, isolated_margin, isolated_wallet, notional, initial_margin, maintenance_margin;
    int64_t leverage_ppm, update_ms;
    bool cross;
};
struct fapi_balance {
    eb_money wallet, unrealized, initial, maintenance, position_initial, order_initial, cross_wallet, cross_unrealized,
        available;
    int64_t update_ms;
};
struct fapi_income {
    int64_t time_ms;
    uint64_t id, trade_id;
    uint32_t symbol;
    uint8_t kind;
    eb_money amount;
};
enum fapi_income_kind { FAPI_INCOME_PNL = 0, FAPI_INCOME_FEE, FAPI_INCOME_FUNDING, FAPI_INCOME_TRANSFER };

struct fapi_account; /* account.c */
struct fapi_account *fapi_account_by_key(struct eb_fapi *f, const char *api_key);
struct fapi_account *fapi_account_by_name(struct eb_fapi *f, const char *name);
struct fapi_account *fapi_account_at(struct eb_fapi *f, size_t i); /* NULL past the last */
const char *fapi_account_name(const struct fapi_account *a);
const struct eb_binance_key *fapi_account_key(const struct fapi_account *a);
struct eb_sim *fapi_account_sim(struct fapi_account *a);
struct eb_fapi *fapi_account_exchange(struct fapi_account *a);

/* Each: 0 and the order (borrowed until the next call), or the code that refuses it. Fills and events have happened and
 * been told (fapi_news_*) when it returns. */
int32_t fapi_order_place(struct fapi_account *a, const struct fapi_terms *t, const struct fapi_order **out);
int32_t fapi_order_test(struct fapi_account *a, const struct fapi_terms *t);
int32_t fapi_order_modify(struct fapi_account *a, uint64_t id, uint8_t side, eb_price price, eb_qty qty,
                          const struct fapi_order **out);
int32_t fapi_order_cancel(struct fapi_account *a, uint64_t id, const struct fapi_order **out);
uint32_t fapi_order_cancel_all(struct fapi_account *a, uint32_t symbol);
const struct fapi_order *fapi_order_find(struct fapi_account *a, uint32_t symbol, uint64_t id, const char *client_id);
void fapi_orders(struct fapi_account *a, uint32_t symbol /* FAPI_NONE: all */, bool open_only,
                 void (*visit)(void *user, const struct fapi_order *o), void *user);
int32_t fapi_algo_place(struct fapi_account *a, const struct fapi_terms *t, const struct fapi_algo **out);
int32_t fapi_algo_cancel(struct fapi_account *a, uint64_t id, const struct fapi_algo **out);
uint32_t fapi_algo_cancel_all(struct fapi_account *a, uint32_t symbol);
const struct fapi_algo *fapi_algo_find(struct fapi_account *a, uint64_t id, const char *client_id);
void fapi_algos(struct fapi_account *a, uint32_t symbol, bool open_only,
                void (*visit)(void *user, const struct fapi_algo *o), void *user);

bool fapi_position(struct fapi_account *a, uint32_t symbol, unsigned leg, struct fapi_position *out); /* false: flat */
void fapi_balance_of(struct fapi_account *a, struct fapi_balance *out);
bool fapi_hedge(const struct fapi_account *a);
bool fapi_multi_assets(const struct fapi_account *a);
bool fapi_can_trade(const struct fapi_account *a);
int64_t fapi_leverage_ppm(const struct fapi_account *a, uint32_t symbol);
bool fapi_cross(const struct fapi_account *a, uint32_t symbol);
int32_t fapi_set_hedge(struct fapi_account *a, bool hedge); /* -4059 no change, -4067, -4068 */
int32_t fapi_set_multi_assets(struct fapi_account *a, bool on);
int32_t fapi_set_leverage(struct fapi_account *a, uint32_t symbol, int64_t leverage_ppm); /* -4028 */
int32_t fapi_set_cross(struct fapi_account *a, uint32_t symbol, bool cross);              /* -4046, -4047, -4048 */
int32_t fapi_add_margin(struct fapi_account *a, uint32_t symbol, unsigned leg, eb_money amount);
void fapi_incomes(struct fapi_account *a, void (*visit)(void *user, const struct fapi_income *i), void *user);
/* After prices of a symbol have moved: matching, conditional orders, liquidation, funding. */
void fapi_account_price(struct fapi_account *a, uint32_t symbol, const struct eb_sim_quote *q);
void fapi_account_run(struct fapi_account *a, int64_t now_ms);
int64_t fapi_account_next_ms(const struct fapi_account *a);

/* ---- what accounts tell: user_stream.c writes and delivers it ---- */
struct fapi_trade { /* of an ORDER_TRADE_UPDATE with x=TRADE or CALCULATED */
    uint64_t trade_id;
    eb_price price;
    eb_qty qty;
    eb_money fee, realized;
    bool maker, liquidation;
};
void fapi_news_order(struct fapi_account *a, const struct fapi_order *o, const char *execution,
                     const struct fapi_trade *t);
void fapi_news_algo(struct fapi_account *a, const struct fapi_algo *o);
/* reason: "ORDER", "FUNDING_FEE", "MARGIN_TYPE_CHANGE" ...; symbol FAPI_NONE: only the balance. */
void fapi_news_account(struct fapi_account *a, const char *reason, uint32_t symbol, unsigned leg);
void fapi_news_leverage(struct fapi_account *a, uint32_t symbol);
void fapi_news_multi_assets(struct fapi_account *a);
void fapi_news_margin_call(struct fapi_account *a, uint32_t symbol, unsigned leg);

/* ---- api.c: one request that has arrived, executed and answered at the exchange's present time ---- */
struct fapi_reply {
    int status;
    struct eb_buffer body;
    char headers[512];
};
void fapi_api_http(struct eb_fapi *f, const struct eb_fapi_request *r, struct fapi_reply *out);
/* One message of the WebSocket API; logged: the account of session.logon, changed by it. answer is appended to. */
void fapi_api_ws(struct eb_fapi *f, const char *address, const char *text, size_t len, struct fapi_account **logged,
                 struct eb_buffer *answer);
/* listenKey of an account: made, kept alive, ended by the API; asked by sessions. 60 minutes of validity. */
struct fapi_account *fapi_listen_key_account(struct eb_fapi *f, const char *listen_key);
void fapi_listen_keys_run(struct eb_fapi *f); /* expires those that are due: fapi_listen_key_ended() for each */
void fapi_listen_key_ended(struct eb_fapi *f, struct fapi_account *a, const char *listen_key,
                           bool expired); /* session.c */
/* Counts a request's weight and orders; 0 or the code that refuses it (-1003 with *status 429 or 418, -1015). */
int32_t fapi_limits_count(struct eb_fapi *f, const char *peer, struct fapi_account *a, uint32_t weight, uint32_t orders,
                          int *status);

/* A socket wants to be opened: 0 or the HTTP status that refuses it. Handshakes of the WebSocket API have a weight,
 * those of streams a number per five minutes. */
int fapi_limits_connect(struct eb_fapi *f, const char *peer, bool api);

/* ---- session.c, streams.c ---- */
/* A market message of one stream ("btcusdt@markPrice@1s", in lower case) to all who subscribed it. payload: the object
 * itself; envelopes are added where a socket wants them. kind: index of muted[]. */
bool fapi_stream_wanted(const struct eb_fapi *f, const char *stream);
void fapi_stream_publish(struct eb_fapi *f, const char *stream, const char *payload, size_t len);
void fapi_user_publish(struct eb_fapi *f, struct fapi_account *a, const char *payload, size_t len); /* faults apply */
