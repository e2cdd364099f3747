/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binance USDS-M futures as a link (venue/link.h): what the live engine connects to.
 *
 *     streams (/market, /public, /private) -> decode -> listener.event, tick
 *     port.submit, cancel, query, snapshot -> encode -> sign -> WebSocket API or REST, by budget and priority
 *
 *     codec: decode_*.c encode.c (the only files that know JSON keys)
 *     rest.c budget.c   REST: queue, weight, clock     wsapi.c  orders over the WebSocket API
 *     streams.c         sockets, subscriptions, watchdogs, rollover           listen_key.c  the user stream's key
 *     link.c port.c orders.c snapshot.c symbols.c      the link itself
 *     preflight.c       what LIVE requires once
 */
#pragma once

#include "base/log.h"
#include "net/web.h"
#include "venue/link.h"

struct eb_binance_key; /* venue/sign.h */

enum eb_binance_orders_by { EB_BINANCE_ORDERS_AUTO = 0, EB_BINANCE_ORDERS_REST, EB_BINANCE_ORDERS_WS };

struct eb_binance_config {
    struct eb_web web;
    const struct eb_log *log;         /* its time is the caller's; NULL: nothing */
    const struct eb_binance_key *key; /* borrowed */
    /* Base URLs without a slash at the end, copied. ws_api "": there is none. The stream URLs hold the class prefix
     * ("wss://fstream.binance.com/private"); data, not code, since it has changed once. */
    const char *rest, *ws_public, *ws_market, *ws_private, *ws_api;
    const char *account;         /* name of the account in journals */
    uint8_t orders_by;           /* enum eb_binance_orders_by; AUTO: the WebSocket API while it is logged on and well */
    uint32_t symbols_max;        /* of the engine */
    uint32_t history_bars;       /* one-minute bars fetched for a symbol when it appears; 0..1500 */
    int64_t history_wait_ms;     /* a position is told at the latest so long after its symbol appeared; 1,500 */
    int64_t recv_window_ms;      /* 5,000 */
    int64_t timeout_ms;          /* of one request: 10,000; an order's outcome is unknown after it */
    int64_t speed_ppm;           /* the exchange's time per ours: 1,000,000, but for simulations */
    uint32_t weight_share_pct;   /* of the IP's weight per minute that this program uses at most: 80 */
    uint32_t orders_share_pct;   /* of the account's order counts; exits may use all of it: 80 */
    int64_t listen_key_every_ms; /* keep-alive: 20 min */
    int64_t rollover_ms;         /* sockets are renewed, with overlap, before the exchange cuts them at 24 h: 23 h */
    int64_t silent_market_ms;    /* no message on a stream that never rests: 10 s */
    int64_t silent_user_ms;      /* private socket without message or ping: 6 min (pings come every 3 min) */
    int64_t account_every_ms;    /* accountConfig and account are read again: 60 s (a mode change is not pushed) */
    int64_t filters_every_ms;    /* exchangeInfo is read again: 1 h */
    bool refuse_multi_assets;    /* a preflight failure, and can_trade false, while the account has that mode on */
    struct eb_link_listener listener;
};
void eb_binance_config_default(struct eb_binance_config *c);

struct eb_binance;
EB_NODISCARD int eb_binance_create(const struct eb_binance_config *c, struct eb_binance **out, struct eb_err *err);
void eb_binance_destroy(struct eb_binance *b); /* NULL is fine */
struct eb_link eb_binance_link(struct eb_binance *b);

/* The preflight: each finding in turn, then done(worst) with 0 all well, 1 something a person should know, 2 LIVE must
 * not begin. Needs a created, not connected link. name is stable ("key.permissions", "clock.offset", "position_mode",
 * "multi_assets", "order.test", "slots.conditional", "streams.market", "streams.private", "listen_key", "ws_api",
 * "filters", "rate_limits"); text says what was found, remedy what to do. */
struct eb_binance_finding {
    const char *name, *text, *remedy;
    uint8_t severity; /* 0 well, 1 notice, 2 refused */
};
EB_NODISCARD int eb_binance_preflight(struct eb_binance *b,
                                      void (*found)(void *user, const struct eb_binance_finding *f),
                                      void (*done)(void *user, int worst), void *user, struct eb_err *err);
