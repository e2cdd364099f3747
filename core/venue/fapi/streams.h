/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams and who wants them: a message is written once, whatever the number of sockets, and only if there is one.
 *
 *     session.c, session_ask.c   sockets: paths, life; requests of their clients -> nodes
 *     streams_names.c    what a name says
 *     streams.c          names -> nodes -> sessions; what is due; delivery
 *     streams_market.c   what happens (trades, books) and what is due (marks, candles, tickers) -> text
 *
 * A send may end a session or change what it wants at once: while messages go out, nodes and sessions are not freed.
 */
#pragma once

#include "venue/fapi/faults.h"
#include "venue/fapi/market.h"

#define FAPI_STREAMS_OF_SOCKET 1024
#define FAPI_STREAM_NAME_MAX 96
#define FAPI_KEYS_OF_SOCKET 8
#define FAPI_NESTED_MAX 4    /* messages whose sending leads to messages */
#define FAPI_ASK_TOKENS 1200 /* of a client's request: all streams of a socket at once */

enum fapi_class { FAPI_CLASS_LEGACY = 0, FAPI_CLASS_PUBLIC, FAPI_CLASS_MARKET, FAPI_CLASS_PRIVATE, FAPI_CLASS_API };

/* Up to FORCED also the indexes of fapi_symbol.muted[]. */
enum fapi_stream_kind {
    FAPI_S_MARK = 0,
    FAPI_S_AGG,
    FAPI_S_TRADE,
    FAPI_S_BOOK,
    FAPI_S_KLINE,
    FAPI_S_DEPTH,
    FAPI_S_TICKER,
    FAPI_S_FORCED,
    FAPI_S_INFO,  /* !contractInfo */
    FAPI_S_USER,  /* the name is a listen key */
    FAPI_S_OTHER, /* accepted and silent, as at the exchange */
    FAPI_S_KINDS
};

/* What a name says. symbol FAPI_NONE: of all symbols ("!..."). */
struct fapi_stream {
    uint8_t kind;   /* enum fapi_stream_kind */
    uint8_t served; /* 1 << enum fapi_class: where it is to be asked for */
    bool mini;      /* TICKER */
    bool continuous;
    uint8_t levels; /* DEPTH: 5, 10, 20; 0 changes */
    uint32_t symbol;
    int64_t every_ms;    /* 0: when it happens */
    int64_t interval_ms; /* KLINE; 0: months */
    char interval[4];
};
void fapi_stream_parse(const struct eb_fapi *f, const char *name, struct fapi_stream *out);

struct fapi_node {          /* a stream that somebody wants */
    struct fapi_node *next; /* of its bucket */
    char name[FAPI_STREAM_NAME_MAX];
    struct fapi_stream is;
    struct eb_fapi_session **who; /* those it is delivered to; owned */
    uint32_t count, cap, wanted;  /* wanted: also by those for whom it is silent */
    struct {                      /* what its last message said */
        struct fapi_top top;
        struct fapi_kline kline; /* the closed minutes of the candle that runs */
        uint64_t closed, printed;
        int64_t at_ms;
    } last;
};

/* ---- streams.c ---- */
/* One more who wants name; NULL: no memory. silent: nothing is delivered to him. */
struct fapi_node *fapi_node_join(struct eb_fapi *f, const char *name, struct eb_fapi_session *s, bool silent);
void fapi_node_leave(struct eb_fapi *f, struct fapi_node *n, struct eb_fapi_session *s);
/* The node of what happens to a symbol (AGG, TRADE, BOOK), or of a name; NULL: nobody wants it. */
struct fapi_node *fapi_node_of(const struct eb_fapi *f, uint32_t symbol, enum fapi_stream_kind kind);
struct fapi_node *fapi_node_named(const struct eb_fapi *f, const char *name);
void fapi_node_publish(struct eb_fapi *f, struct fapi_node *n, const char *text, size_t len);
/* An empty buffer for a message, valid until it has been published; NULL: too deep. */
struct eb_buffer *fapi_scratch(struct eb_fapi *f);
/* Sending begins and is over: between them nothing is freed. */
void fapi_sending(struct eb_fapi *f);
void fapi_sent(struct eb_fapi *f);
/* Whether anybody listens to what happens: then symbols whose prices stand trade on. */
bool fapi_events_wanted(const struct eb_fapi *f);

/* ---- session.c ---- */
struct fapi_key {                                /* a listen key of a socket */
    char key[FAPI_STREAM_NAME_MAX], events[256]; /* events: "A/B", empty all */
    struct fapi_account *account;                /* NULL: unknown, silent */
};
struct eb_fapi_session {
    struct eb_fapi *f;
    struct eb_fapi_peer peer;
    struct eb_fapi_session *prev, *next;
    uint8_t cls; /* enum fapi_class */
    bool combined, dead;
    char address[64];
    struct fapi_account *logged; /* WebSocket API */
    int64_t opened_ms, ping_ms, ponged_ms, second_ms;
    unsigned in_second; /* requests in this second */
    struct fapi_node **node;
    uint32_t nodes, node_cap;
    struct fapi_key key[FAPI_KEYS_OF_SOCKET];
    unsigned keys;
};
enum fapi_joined { FAPI_JOINED = 0, FAPI_JOIN_FULL, FAPI_JOIN_MEMORY };
enum fapi_joined fapi_session_join(struct eb_fapi_session *s, const char *name, const char *events);
void fapi_session_leave(struct eb_fapi_session *s, const char *name);
/* session_ask.c: SUBSCRIBE and its like. */
void fapi_session_ask(struct eb_fapi_session *s, const char *text, size_t len);
/* Frees what ended while something was being sent; all. */
void fapi_sessions_reap(struct eb_fapi *f);
void fapi_sessions_run(struct eb_fapi *f, int64_t now_ms);

#define FAPI_BUCKETS 4096
#define FAPI_CADENCES 7
struct fapi_streams {
    struct fapi_node *bucket[FAPI_BUCKETS];
    struct fapi_node *(*event)[3]; /* by symbol: AGG, TRADE, BOOK; owned */
    uint32_t symbols;              /* of event */
    uint32_t events;               /* nodes whose prices somebody listens to */
    struct {
        struct fapi_node **node; /* owned */
        uint32_t count, cap;
        int64_t next_ms;
    } due[FAPI_CADENCES];
    struct eb_fapi_session *session; /* list */
    uint32_t sessions;
    int64_t session_ms; /* when one of them wants to be looked at */
    unsigned busy;
    bool swept; /* something waits to be freed */
    struct eb_buffer text[FAPI_NESTED_MAX], combined[FAPI_NESTED_MAX];
    struct eb_token room[FAPI_ASK_TOKENS];
};

/* ---- streams_market.c, streams_depth.c ---- */
void fapi_tell_print(struct eb_fapi *f, uint32_t symbol, const struct fapi_print *p);
void fapi_tell_book(struct eb_fapi *f, uint32_t symbol);
void fapi_tell_forced(struct eb_fapi *f, uint32_t symbol, uint8_t side, eb_qty qty, eb_price price, eb_price average);
void fapi_tell_info(struct eb_fapi *f, uint32_t symbol);
/* Writes what a node that is due has to say and publishes it. */
void fapi_tell_due(struct eb_fapi *f, struct fapi_node *n, int64_t now_ms);
void fapi_tell_depth(struct eb_fapi *f, struct fapi_node *n, int64_t now_ms);
void fapi_tell_depth_now(struct eb_fapi *f, uint32_t symbol); /* what has changed so far, to all who follow the book */

/* ---- put.c: pieces of JSON, plain decimals ---- */
void fapi_put(struct eb_buffer *b, const char *text);
void fapi_put_i64(struct eb_buffer *b, int64_t v);
void fapi_put_u64(struct eb_buffer *b, uint64_t v);
/* With exactly `decimals` (0..8), more where the value has more. */
void fapi_put_e8(struct eb_buffer *b, int64_t e8, int decimals);
/* ,"key":"value" of such a decimal; of a number without quotes. */
void fapi_put_member(struct eb_buffer *b, const char *key, int64_t e8, int decimals);
void fapi_put_number(struct eb_buffer *b, const char *key, int64_t v);
