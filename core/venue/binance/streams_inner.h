/* SPDX-License-Identifier: Apache-2.0 */
/* Streams: classes of lines, lines of at most two sockets. streams.c, streams_socket.c, listen_key.c */
#pragma once

#include "venue/binance/rest_inner.h"

#define BN_LINES_MAX 16
#define BN_STREAMS_A_SOCKET 1024
#define BN_WATCH_SLOTS 16384 /* power of two, more than twice the symbols there can be */
#define BN_TICK_MS 200       /* between two messages of ours on one socket: five a second of ten allowed */

enum bn_sock_state { BN_SOCK_NONE = 0, BN_SOCK_OPENING, BN_SOCK_OPEN };
struct bn_line;
struct bn_sock {
    struct bn_line *line;
    struct eb_web_socket *socket;
    uint8_t state; /* enum bn_sock_state */
    bool talked;   /* data has come, not only answers */
    int64_t opened_ns, heard_ns, text_ns, sent_ns;
    uint32_t subscribed; /* symbols of the line that were asked for here */
    uint64_t messages;   /* of ours: their ids */
};
/* Symbols from `first` on share the sockets of a line: one that is used and, for a while, one to replace it. */
struct bn_line {
    struct bn_streams *s;
    uint8_t class, index; /* enum bn_stream_class */
    uint32_t first;
    struct bn_sock sock[2];
    int current; /* index of the socket whose messages count; -1 none */
    bool up;     /* it stands: current is open and, where it must, has talked */
    uint32_t failures, unheard;
    int64_t retry_ns, renew_ns;
    uint64_t reconnects;
};
struct bn_watched {
    char name[EB_SYMBOL_MAX]; /* in lower case, as streams have it */
    bool heard[2], late[2];   /* by class, PUBLIC and MARKET; late: a trouble stands */
    bool again[2];            /* to be asked for once more */
    int64_t asked_ns[2];
};
struct bn_class {
    const char *name; /* "public" ... */
    const char *base;
    struct bn_line line[BN_LINES_MAX];
    uint32_t lines, per_line;
    bool told_up, ever_up, trouble;
    bool refused;    /* a subscription was, and none was accepted since */
    int64_t down_ns; /* since when */
    uint64_t messages;
    int64_t text_ns;
};
struct bn_listen {
    char key[256];
    bool have, asking, keeping, trouble;
    uint32_t failures;
    int64_t confirmed_ns, keep_ns, retry_ns;
};
struct bn_streams {
    struct eb_binance_config c;
    struct bn_rest *rest;
    struct bn_stream_events events;
    char base[BN_STREAM_CLASSES][256];
    bool started;
    struct bn_class class[BN_STREAM_CLASSES];
    struct bn_listen listen;
    struct bn_watched *watched;
    uint32_t count, max;
    uint16_t slot[BN_WATCH_SLOTS]; /* index + 1 by hash of the name */
    uint64_t salt;
    uint32_t epoch; /* started or stopped: callbacks compare */
    struct eb_web_timer *timer;
    char out[8192];
};

/* streams.c */
uint32_t bn_line_count(const struct bn_line *l); /* symbols of it */
struct bn_watched *bn_watched_find(struct bn_streams *s, const char *name, size_t len);
void bn_class_judge(struct bn_streams *s, enum bn_stream_class class, const char *why); /* tells up and down */
void bn_streams_trouble(struct bn_streams *s, const char *name, const char *subject, bool raised, const char *text);

/* streams_socket.c */
void bn_line_open(struct bn_line *l);                  /* a socket: the first, or one beside the current */
void bn_line_lose(struct bn_line *l, const char *why); /* both sockets; opens again after a backoff */
void bn_line_close(struct bn_line *l);                 /* without a word */
void bn_line_tend(struct bn_line *l, int64_t now);     /* subscriptions, watchdogs, renewal, opening again */
void bn_line_ask(struct bn_line *l, int64_t now);      /* subscribes what is due, if a message may go now */

/* listen_key.c */
void bn_listen_tend(struct bn_streams *s, int64_t now);
void bn_listen_gone(struct bn_streams *s, const char *why); /* expired, or the exchange does not know it */
void bn_listen_doubt(struct bn_streams *s);                 /* the exchange is asked soon whether it knows the key */
bool bn_listen_expired(const struct bn_streams *s, const char *text, size_t len); /* is it the event that says so? */
