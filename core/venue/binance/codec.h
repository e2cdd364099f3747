/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of Binance USDS-M futures: all JSON keys, enum words and parameters are here and in no other file.
 *
 *     text -> bn_decode_*() -> plain structs in this program's numbers
 *     eb_order_request -> bn_encode_*() -> params
 *
 * Unknown keys are ignored, unknown events are BN_USER_OTHER / BN_MARKET_OTHER, unknown enum values are named in err
 * (EB_E_INVALID) and decide nothing. Names of symbols are copied; those of COIN-M (st 2) are told as such. A document
 * that lacks what is needed is EB_E_INVALID with the key's name: an error is never an empty answer. Nothing allocates
 * but where noted.
 */
#pragma once

#include <exitbrain/action.h>

#include "venue/binance/rest.h"
#include "venue/tokens.h"

/* ---- market streams ---- */
enum bn_market_kind {
    BN_MARKET_OTHER = 0,
    BN_MARKET_MARK,
    BN_MARKET_TRADE,
    BN_MARKET_BOOK,
    BN_MARKET_KLINE,
    BN_MARKET_ACK
};
struct bn_market {
    uint8_t kind;       /* enum bn_market_kind; ACK: answer to a subscription */
    bool coin_margined; /* st 2 */
    bool closed;        /* KLINE: the bar is complete */
    bool failed;        /* ACK: it was refused */
    char symbol[EB_SYMBOL_MAX];
    eb_price price, ask;              /* MARK, TRADE; BOOK: bid and ask */
    int64_t rate_e8, next_funding_ms; /* MARK */
    int64_t event_ms;                 /* E; 0 none */
    uint64_t update_id;               /* BOOK: u; TRADE: a or t; ACK: id */
    struct eb_ev_bar bar;             /* KLINE */
};
/* One payload (not an envelope, not an array). The price path: no allocation. EB_E_INVALID. */
EB_NODISCARD int bn_decode_market(const char *text, size_t len, struct bn_market *out, struct eb_err *err);
/* Payload of a combined envelope {"stream":..,"data":{..}}; the text itself where it is none. */
void bn_unwrap(const char **text, size_t *len);

/* ---- orders, as every answer and event tells them ---- */
struct bn_order {
    char symbol[EB_SYMBOL_MAX];
    char client_text[64];    /* as sent */
    eb_client_id client_id;  /* zero: not ours */
    bool algo;               /* venue_id is an algoId */
    bool algo_parent_known;  /* a child: client_text carries the parent's client id or parent_algo_id is set */
    uint64_t venue_id;       /* orderId or algoId */
    uint64_t child_id;       /* algo: actualOrderId, 0 none */
    uint64_t parent_algo_id; /* of a child, where the event names it; 0 else */
    uint8_t state;           /* enum eb_order_state; algo: NEW, TRIGGERING, TRIGGERED, CANCELED, EXPIRED, REJECTED, and
                                 FILLED where FINISHED had executed quantity, else CANCELED */
    uint8_t type;            /* enum eb_order_type nearest to it */
    bool other_type;         /* it is none of ours (trailing, take profit, stop limit ...): foreign anyway */
    uint8_t order_side, position_side;
    bool reduce_only, close_position, price_protect, mark_triggered;
    uint8_t expire_reason; /* er, 0 none */
    eb_qty qty, filled;
    eb_price price, trigger, average;
    int64_t update_ms;
    char reject_text[96]; /* rm of an algo order */
};
struct bn_fill {
    bool there;
    uint64_t trade_id;
    eb_price price;
    eb_qty qty;
    eb_money fee; /* 0 and fee_other where it was paid in another asset */
    bool fee_other, maker, liquidation;
    int64_t time_ms;
};

/* Orders that the exchange made itself, by their client id: liquidation, ADL, settlement, delivery. */
bool bn_is_autoclose(const char *client_text);

/* ---- user stream ---- */
enum bn_user_kind {
    BN_USER_OTHER = 0,
    BN_USER_ORDER,
    BN_USER_ALGO,
    BN_USER_ACCOUNT,
    BN_USER_CONFIG_LEVERAGE,
    BN_USER_CONFIG_ASSETS,
    BN_USER_MARGIN_CALL,
    BN_USER_KEY_EXPIRED,
    BN_USER_TRADE_LITE
};
#define BN_USER_POSITIONS_MAX 64
struct bn_user_position {
    char symbol[EB_SYMBOL_MAX];
    uint8_t position_side, side;
    eb_qty qty;
    eb_price entry;
    bool cross;
    eb_money isolated;
};
struct bn_user {
    uint8_t kind;              /* enum bn_user_kind */
    int64_t event_ms, time_ms; /* E, T */
    struct bn_order order;     /* ORDER, ALGO */
    struct bn_fill fill;       /* ORDER with x=TRADE or CALCULATED */
    char execution[16];        /* x */
    char reason[32];           /* ACCOUNT: m */
    bool has_balance;
    eb_money balance; /* of the margin asset (USDT, else the first) */
    size_t positions; /* more than fit: truncated, and a picture must be asked for */
    bool truncated;
    struct bn_user_position position[BN_USER_POSITIONS_MAX];
    char symbol[EB_SYMBOL_MAX]; /* CONFIG_LEVERAGE, MARGIN_CALL */
    int64_t leverage_ppm;
    bool multi_assets; /* CONFIG_ASSETS */
};
EB_NODISCARD int bn_decode_user(const char *text, size_t len, struct bn_user *out, struct eb_err *err);

/* ---- answers; each row function is called in order, EB_E_INVALID ends it. Large ones allocate their tokens. ---- */
struct bn_position_row {
    char symbol[EB_SYMBOL_MAX];
    uint8_t position_side, side;
    eb_qty qty; /* 0: flat */
    eb_price entry, mark, liquidation;
    eb_money margin; /* isolated, or initial margin where it is cross */
    bool isolated;
    int64_t leverage_ppm; /* v2 only, else 0 */
    int64_t update_ms;
};
struct bn_trade_row {
    char symbol[EB_SYMBOL_MAX];
    uint64_t order_id;
    uint8_t order_side, position_side;
    struct bn_fill fill;
};
struct bn_symbol_config {
    char symbol[EB_SYMBOL_MAX];
    bool isolated;
    int64_t leverage_ppm;
};
struct bn_account_config {
    bool hedge, multi_assets, can_trade;
    int fee_tier;
};
EB_NODISCARD int bn_decode_error(const char *text, size_t len, int32_t *code, char *msg,
                                 size_t cap); /* no error object: EB_E_NOT_FOUND */
EB_NODISCARD int bn_decode_time(const char *text, size_t len, int64_t *ms, struct eb_err *err);
EB_NODISCARD int bn_decode_listen_key(const char *text, size_t len, char *out, size_t cap, struct eb_err *err);
EB_NODISCARD int bn_decode_account_config(const char *text, size_t len, struct bn_account_config *out,
                                          struct eb_err *err);
EB_NODISCARD int bn_decode_symbol_config(const char *text, size_t len,
                                         int (*row)(void *user, const struct bn_symbol_config *r), void *user,
                                         struct eb_err *err);
EB_NODISCARD int bn_decode_balance(const char *text, size_t len, eb_money *wallet,
                                   struct eb_err *err); /* v3/balance or v3/account */
EB_NODISCARD int bn_decode_positions(const char *text, size_t len,
                                     int (*row)(void *user, const struct bn_position_row *r), void *user,
                                     struct eb_err *err);
EB_NODISCARD int bn_decode_orders(const char *text, size_t len, bool algo,
                                  int (*row)(void *user, const struct bn_order *o), void *user, struct eb_err *err);
EB_NODISCARD int bn_decode_order(const char *text, size_t len, bool algo, struct bn_order *out,
                                 struct eb_err *err); /* also place and cancel answers */
EB_NODISCARD int bn_decode_trades(const char *text, size_t len, int (*row)(void *user, const struct bn_trade_row *r),
                                  void *user, struct eb_err *err);
EB_NODISCARD int bn_decode_klines(const char *text, size_t len, int (*row)(void *user, const struct eb_ev_bar *bar),
                                  void *user, struct eb_err *err);
struct bn_premium {
    char symbol[EB_SYMBOL_MAX];
    eb_price mark, index;
    int64_t rate_e8, next_ms, time_ms;
};
EB_NODISCARD int bn_decode_premium(const char *text, size_t len, struct bn_premium *out, struct eb_err *err);
EB_NODISCARD int bn_decode_premiums(const char *text, size_t len, int (*row)(void *user, const struct bn_premium *p),
                                    void *user,
                                    struct eb_err *err); /* of all symbols; those without a mark are left out */
struct bn_book {
    eb_price bid, ask;
    int64_t time_ms;
};
EB_NODISCARD int bn_decode_book(const char *text, size_t len, struct bn_book *out, struct eb_err *err);
struct bn_limits {
    uint32_t weight_1m, orders_10s, orders_1m;
};
struct bn_instrument {
    struct eb_ev_instrument inst;
    char status[24];
    char contract[24];
    bool usable;
    char why[96];
};
EB_NODISCARD int bn_decode_exchange_info(const char *text, size_t len, struct bn_limits *limits,
                                         int (*row)(void *user, const struct bn_instrument *r), void *user,
                                         struct eb_err *err);
EB_NODISCARD int bn_decode_brackets(const char *text, size_t len,
                                    int (*row)(void *user, const char *symbol, int64_t maintenance_ppm), void *user,
                                    struct eb_err *err); /* first bracket's rate */

/* ---- requests ---- */
/* Parameters of a new order: regular (path order) or, for STOP_MARKET, conditional (path algoOrder). */
EB_NODISCARD int bn_encode_order(const struct eb_order_request *o, const char *symbol, bool hedge,
                                 struct bn_params *out, struct eb_err *err);
/* Of a cancel or query: by client id, else by venue id. */
EB_NODISCARD int bn_encode_target(eb_client_id id, uint64_t venue_id, const char *symbol, bool algo,
                                  struct bn_params *out, struct eb_err *err);
