/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated exchange as Binance's clients see it: REST, streams and WebSocket API of USDS-M futures, by bytes.
 *
 *     market.c feed_*.c   symbols and prices: scene, kline files, recorded ticks, generator
 *     account.c orders.c algo.c ...   accounts by API key: an eb_sim each (matching, filters, margin), texts and
 *                         conditional orders around it
 *     api*.c auth.c limits.c json_*.c   requests: parameters, signature, limits, answers in the exchange's words
 *     session.c streams.c user_stream.c   sockets: subscriptions, market messages, account events
 *     faults.c control.c  what goes wrong on purpose: /sim/...
 *     serve.c             all of it behind core/net/httpd.h, at wall time     twin.c   behind struct eb_web, at virtual
 *
 * No sockets and no clock but serve.c: bytes and times come in by these functions, so that the same exchange serves
 * real clients over TCP and, in one process and in virtual time, the engine under simulation.
 */
#pragma once

#include "base/buffer.h"
#include "base/log.h"
#include "venue/sim/sim.h"

struct eb_web;

enum eb_fapi_feed { EB_FAPI_FEED_SCENE = 0, EB_FAPI_FEED_KLINES, EB_FAPI_FEED_TICKS, EB_FAPI_FEED_HELD };

struct eb_fapi_account {
    const char *name; /* for control and logs */
    const char *api_key;
    const char *secret; /* HMAC secret, or PEM of a public key (Ed25519, RSA) */
    eb_money balance;
    bool hedge, multi_assets, can_trade, cross; /* cross: margin type of symbols at the beginning */
};
struct eb_fapi_config {
    int64_t start_ms;     /* epoch time of the beginning; the server's clock says this at eb_fapi_run(start_ms) */
    uint8_t feed;         /* enum eb_fapi_feed; HELD: prices stand until control moves them */
    uint8_t scene;        /* SCENE: enum eb_scene_kind */
    uint32_t scene_count; /* its symbols */
    uint64_t seed;
    int64_t scene_length_ms;  /* of the run, which scenes are to fill; 0 without end */
    const char *const *files; /* KLINES: kline files; TICKS: one recording of raw streams */
    size_t file_count;
    const char *instruments; /* an exchangeInfo file for names and filters; NULL: the scene's own, or defaults */
    int64_t speed_ppm;       /* of recorded feeds against the clock; 1,000,000 */
    const struct eb_fapi_account *account; /* copied */
    size_t accounts;
    int64_t fee_taker_ppm, fee_maker_ppm;
    uint32_t weight_1m, orders_10s, orders_1m; /* 0: 2,400, 300, 1,200 */
    bool limits_off;                           /* counts are told and never enforced */
    bool classes_strict; /* a stream asked for at the wrong class yields silence, as at the exchange; else it works */
    bool control;        /* /sim/... answers */
    uint32_t slots_max;  /* conditional orders of an account; 0: 200 */
    uint64_t ids_after;  /* added to what ids of orders and of accounts' trades begin with, below 1e18 */
    const struct eb_log *log;
};
void eb_fapi_config_default(struct eb_fapi_config *c);

struct eb_fapi;
EB_NODISCARD int eb_fapi_create(const struct eb_fapi_config *c, struct eb_fapi **out, struct eb_err *err);
void eb_fapi_destroy(struct eb_fapi *f);

/* ---- time ---- */
/* Moves the exchange to now_ms (not backwards): market, matching, deliveries that are due. */
void eb_fapi_run(struct eb_fapi *f, int64_t now_ms);
int64_t eb_fapi_now_ms(const struct eb_fapi *f);
/* When the next thing happens by itself; INT64_MAX nothing. */
int64_t eb_fapi_next_ms(const struct eb_fapi *f);

/* ---- requests ---- */
struct eb_fapi_request {
    const char *method, *path, *query; /* as sent */
    const char *body;
    size_t body_len;
    const char *api_key; /* header X-MBX-APIKEY; "" none */
    const char *peer;    /* address, for limits */
};
struct eb_fapi_answer {
    bool cut; /* no answer: the connection is reset */
    int status;
    const char *headers; /* "Name: value\r\n" lines */
    const char *body;
    size_t len;
};
/* done follows once, within the call or from eb_fapi_run(): latency and faults decide. A fault may mean never. */
void eb_fapi_http(struct eb_fapi *f, const struct eb_fapi_request *r,
                  void (*done)(void *user, const struct eb_fapi_answer *a), void *user);
void eb_fapi_http_gone(struct eb_fapi *f, void *user); /* nobody waits for this answer any more */

/* ---- sockets ---- */
struct eb_fapi_peer { /* the other end of a socket */
    void *peer;
    void (*send)(void *peer, const char *text, size_t len);
    void (*ping)(void *peer);
    void (*close)(void *peer, int code); /* with a close frame; 0: reset. The session is over with it */
};
struct eb_fapi_session;
/* The HTTP status that refuses the handshake, or 0 and the session. path as sent: "/market/stream", "/ws-fapi/v1" */
int eb_fapi_session_open(struct eb_fapi *f, const char *path, const char *query, const char *address,
                         const struct eb_fapi_peer *peer, struct eb_fapi_session **out);
void eb_fapi_session_text(struct eb_fapi_session *s, const char *text, size_t len);
void eb_fapi_session_ponged(struct eb_fapi_session *s);
void eb_fapi_session_gone(struct eb_fapi_session *s); /* the other side left; s is over */

/* ---- truth, for tests and summaries ---- */
/* The matching engine of an account by name, NULL: no such account. */
struct eb_sim *eb_fapi_sim(struct eb_fapi *f, const char *account);
uint32_t eb_fapi_symbols(const struct eb_fapi *f);
const char *eb_fapi_symbol_name(const struct eb_fapi *f, uint32_t symbol);
/* What /sim/... does, without HTTP: verb ("price", "fault" ...) and its JSON object; the answer's JSON into out. 0 or
 * an HTTP status. */
int eb_fapi_control(struct eb_fapi *f, const char *verb, const char *json, size_t len, struct eb_buffer *out);

/* ---- twin.c ---- */
/* A port whose requests and sockets end in f, in virtual time: nothing happens but within eb_fapi_twin_run(). Any host
 * of a URL is f. One way latency as given; faults are f's. */
struct eb_fapi_twin;
EB_NODISCARD int eb_fapi_twin_create(struct eb_fapi *f, int64_t latency_ms, struct eb_fapi_twin **out,
                                     struct eb_err *err);
void eb_fapi_twin_destroy(struct eb_fapi_twin *t);
struct eb_web eb_fapi_twin_port(struct eb_fapi_twin *t);
void eb_fapi_twin_run(struct eb_fapi_twin *t, int64_t until_ms); /* timers, requests, messages, in order of time */
int64_t eb_fapi_twin_now_ns(const struct eb_fapi_twin *t);

/* ---- serve.c ---- */
struct eb_loop;
struct eb_fapi_server;
struct eb_fapi_serve {
    const char *address;           /* numeric */
    uint16_t port;                 /* 0: any */
    const char *certificate, *key; /* NULL: no TLS */
    int64_t speed_ppm;             /* the exchange's time per wall time; 1,000,000 */
};
EB_NODISCARD int eb_fapi_serve_open(struct eb_loop *loop, struct eb_fapi *f, const struct eb_fapi_serve *o,
                                    struct eb_fapi_server **out, struct eb_err *err);
void eb_fapi_serve_close(struct eb_fapi_server *s);
uint16_t eb_fapi_serve_port(const struct eb_fapi_server *s);
