/* SPDX-License-Identifier: Apache-2.0 */
/* The WebSocket API's words (wsapi_codec.c), connections (wsapi_socket.c) and calls (wsapi.c). */
#pragma once

#include "venue/binance/rest_inner.h"
#include "venue/tokens.h"

/* ---- wsapi_codec.c: the only place that knows the keys of its messages ---- */
enum bn_ws_auth { BN_WS_PLAIN = 0, BN_WS_TIMED /* logged on: a timestamp */, BN_WS_SIGNED };
struct bn_ws_request {
    uint64_t id;
    const char *method;
    const struct bn_params *params;
    uint8_t auth; /* enum bn_ws_auth */
    const struct eb_binance_key *key;
    int64_t recv_window_ms, timestamp_ms;
};
/* Writes the message into out; payload is room for what is signed. false: no room, or it cannot be signed. */
EB_NODISCARD bool bn_ws_write(const struct bn_ws_request *q, struct bn_text *out, struct bn_text *payload);

struct bn_ws_answer {
    bool has_id;
    uint64_t id;
    int status;
    int32_t code; /* of an error */
    char msg[160];
    const char *result; /* into the text; "" and 0: none */
    size_t result_len;
    uint32_t weight_1m, orders_10s, orders_1m; /* BN_NOT_TOLD */
    int64_t retry_after_ms;                    /* the exchange's time; 0 not told */
};
EB_NODISCARD int bn_ws_read(const char *text, size_t len, struct eb_token *room, int cap, struct bn_ws_answer *out,
                            struct eb_err *err);

/* ---- connections and calls ---- */
#define BN_WS_CALLS 256
#define BN_WS_CONNS 3
#define BN_WS_ID_SHIFT 9 /* an id is a generation and an index: of a call, or BN_WS_CALLS + connection for its logon */
#define BN_WS_MESSAGE_MAX 65536
#define BN_WS_TOKENS 2048

enum bn_ws_call_state { BN_WS_FREE = 0, BN_WS_WAITS, BN_WS_SENT };
struct bn_ws_call {
    struct bn_call call;
    uint8_t state;
    uint8_t tries, clock_tries, conn;
    uint64_t generation;
    int64_t deadline_ns, not_before_ns, sent_ns;
    struct bn_judged last;
};
enum bn_ws_conn_state { BN_CONN_NONE = 0, BN_CONN_OPENING, BN_CONN_LOGGING_ON, BN_CONN_UP, BN_CONN_DRAINING };
struct bn_ws_conn {
    struct bn_wsapi *w;
    struct eb_web_socket *socket;
    uint8_t state, index;
    int64_t since_ns, heard_ns; /* of the present state; of the last byte */
    uint32_t waiting;           /* calls without an answer */
    uint64_t logon_id;
};
struct bn_wsapi {
    struct eb_binance_config c;
    struct bn_rest *rest;
    char url[320];
    bool wanted, suspect; /* suspect: a call had no answer in time; the connection is being replaced */
    bool pumping, again;
    bool no_logon; /* the other side does not know it: every message is signed */
    struct bn_ws_conn conn[BN_WS_CONNS];
    int current; /* index of the one that is used; -1 none */
    uint32_t failures;
    int64_t retry_ns; /* when to connect again */
    int64_t wake_ns;  /* what the timer is set to */
    uint64_t generation, salt;
    uint64_t sent, late, losses;
    char why[160]; /* of the last loss */
    struct eb_web_timer *timer;
    struct bn_ws_call *calls;
    unsigned hand;
    struct eb_token tokens[BN_WS_TOKENS];
    char out[BN_URL_MAX], payload[BN_URL_MAX];
    char body[BN_WS_MESSAGE_MAX + 1];
};
/* wsapi_socket.c */
void bn_ws_tend(struct bn_wsapi *w, int64_t now, int64_t *wake); /* connects, replaces, drops what is due */
void bn_ws_open(struct bn_wsapi *w);
void bn_ws_close_all(struct bn_wsapi *w);
/* wsapi.c */
void bn_ws_answered(struct bn_wsapi *w, struct bn_ws_conn *conn, const struct bn_ws_answer *a);
void bn_ws_lost(struct bn_wsapi *w, const struct bn_ws_conn *conn, const char *why); /* its calls are UNKNOWN */
void bn_ws_pump(struct bn_wsapi *w);                                                 /* deadlines, repetitions, timer */
