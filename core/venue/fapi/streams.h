/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams and who wants them: a message is written once, whatever the number of sockets, and only if there is one.
 *
 *     session.c          sockets: paths, requests, life; subscribe() -> nodes
 *     streams.c          names -> nodes -> sessions; delivery, envelopes
 *     streams_market.c   what happens (trades, books) and what is due (marks, candles, tickers) -> text
 */
#pragma once

#include "venue/fapi/faults.h"
#include "venue/fapi/market.h"

#define FAPI_STREAMS_OF_SOCKET 1024
#define FAPI_STREAM_NAME_MAX 96

enum fapi_class { FAPI_CLASS_LEGACY = 0, FAPI_CLASS_PUBLIC, FAPI_CLASS_MARKET, FAPI_CLASS_PRIVATE, FAPI_CLASS_API };

/* Also the indexes of fapi_symbol.muted[]. */
enum fapi_stream_kind {
    FAPI_S_MARK = 0,
    FAPI_S_AGG,
    FAPI_S_TRADE,
    FAPI_S_BOOK,
    FAPI_S_KLINE,
    FAPI_S_DEPTH,
    FAPI_S_TICKER,
    FAPI_S_FORCED,
    FAPI_S_KINDS,
    FAPI_S_INFO = FAPI_S_KINDS, /* !contractInfo */
    FAPI_S_USER,                /* the name is a listen key */
    FAPI_S_OTHER                /* accepted and silent, as at the exchange */
};
#define FAPI_S_EVENTS 3 /* AGG, TRADE, BOOK happen; the rest is due by time */

/* What a name says. symbol FAPI_NONE: of all symbols ("!..."). */
struct fapi_stream {
    uint8_t kind; /* enum fapi_stream_kind */
    uint8_t cls;  /* enum fapi_class, of where it is to be asked for */
    bool mini;    /* TICKER */
    bool continuous;
    bool array;
    uint8_t levels; /* DEPTH: 5, 10, 20; 0 changes */
    uint32_t symbol;
    int64_t every_ms;    /* 0: when it happens */
    int64_t interval_ms; /* KLINE; 0 with kind KLINE: months */
    char interval[4];
};
void fapi_stream_parse(const struct eb_fapi *f, const char *name, struct fapi_stream *out);

struct fapi_node;
struct eb_fapi_session;
/* streams.c: one more who wants name; NULL: no memory. silent: counted, and nothing is delivered to him. */
struct fapi_node *fapi_node_join(struct eb_fapi *f, const char *name, struct eb_fapi_session *s, bool silent);
void fapi_node_leave(struct eb_fapi *f, struct fapi_node *n, struct eb_fapi_session *s);
const char *fapi_node_name(const struct fapi_node *n);
uint8_t fapi_node_class(const struct fapi_node *n);

/* session.c: a message of a stream to one socket; *combined is made at the first that wants it. */
struct fapi_message {
    const char *stream, *text;
    size_t len;
    struct eb_buffer *combined; /* empty until somebody wants it */
};
void fapi_session_deliver(struct eb_fapi_session *s, struct fapi_message *m, enum fapi_route route);
void fapi_sessions_destroy(struct eb_fapi *f);
void fapi_sessions_run(struct eb_fapi *f, int64_t now_ms);
int64_t fapi_sessions_next_ms(const struct eb_fapi *f);

/* streams_market.c */
struct fapi_timed; /* a node's own state between two of its messages */
void fapi_tell_print(struct eb_fapi *f, uint32_t symbol, const struct fapi_print *p);
void fapi_tell_book(struct eb_fapi *f, uint32_t symbol);
void fapi_tell_forced(struct eb_fapi *f, uint32_t symbol, uint8_t side, eb_qty qty, eb_price price, eb_price average);
void fapi_tell_info(struct eb_fapi *f, uint32_t symbol);
/* Whether anybody listens to trades: then those of prices that stand are told too. */
bool fapi_prints_wanted(const struct eb_fapi *f);
/* Writes what a node that is due has to say and publishes it. */
void fapi_tell_due(struct eb_fapi *f, struct fapi_node *n, int64_t now_ms);

/* put.c: pieces of JSON, plain decimals */
void fapi_put(struct eb_buffer *b, const char *text);
void fapi_put_i64(struct eb_buffer *b, int64_t v);
void fapi_put_u64(struct eb_buffer *b, uint64_t v);
/* With exactly `decimals` (0..8), more where the value has more. */
void fapi_put_e8(struct eb_buffer *b, int64_t e8, int decimals);
