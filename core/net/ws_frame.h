/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket frames (RFC 6455) without extensions: bytes to whole messages and back. No sockets. */
#pragma once

#include <stddef.h>

#include "base/err.h"

#define EB_WS_HEAD_MAX 14     /* bytes before a payload */
#define EB_WS_CONTROL_MAX 125 /* bytes of a ping, pong or close */

enum eb_ws_op {
    EB_WS_CONTINUATION = 0,
    EB_WS_TEXT = 1,
    EB_WS_BINARY = 2,
    EB_WS_CLOSE = 8,
    EB_WS_PING = 9,
    EB_WS_PONG = 10
};
enum eb_ws_code {
    EB_WS_NORMAL = 1000,
    EB_WS_AWAY = 1001,
    EB_WS_PROTOCOL = 1002,
    EB_WS_UNSUPPORTED = 1003, /* binary */
    EB_WS_TOO_LONG = 1009,
    EB_WS_INTERNAL = 1011
};

/* What a read came to. */
enum eb_ws_event {
    EB_WS_MORE,    /* all bytes are used, no message is complete */
    EB_WS_MESSAGE, /* text[0..len), zero-terminated, until the next read */
    EB_WS_PINGED,  /* control[0..control_len) */
    EB_WS_PONGED,
    EB_WS_CLOSED, /* code: the other side's, 1005 when it gave none */
    EB_WS_WRONG   /* code: what to close with; why: a static text. Nothing more can be read */
};
struct eb_ws_reader {
    bool masked;        /* frames must be (they come from a client), else must not be */
    size_t message_max; /* bytes */
    char *text;         /* owned */
    size_t len, cap;
    bool open;         /* a fragmented message has begun */
    bool message_done; /* the text was told */
    uint8_t head[EB_WS_HEAD_MAX];
    uint8_t head_len, head_want;
    uint8_t op;
    bool fin;
    bool in_payload;
    uint64_t payload; /* bytes of it still to come */
    uint64_t at;      /* bytes of it that came */
    uint8_t control[EB_WS_CONTROL_MAX];
    size_t control_len;
    int code;
    const char *why;
};
void eb_ws_reader_init(struct eb_ws_reader *r, bool masked, size_t message_max);
void eb_ws_reader_deinit(struct eb_ws_reader *r);
/* Reads up to the next event; *used of the bytes were consumed. Runs again with the rest. */
enum eb_ws_event eb_ws_read(struct eb_ws_reader *r, const char *bytes, size_t len, size_t *used);

/* Writes the head of an unfragmented frame and returns its length; mask: 4 bytes, NULL: none. */
size_t eb_ws_head(uint8_t out[EB_WS_HEAD_MAX], enum eb_ws_op op, size_t len, const uint8_t *mask);
/* dst = src masked, len bytes, beginning at byte `at` of the payload; dst may be src. */
void eb_ws_mask(char *dst, const char *src, size_t len, const uint8_t mask[4], uint64_t at);
/* The answer to a handshake's key: 28 characters and a zero. False: OpenSSL failed. */
#define EB_WS_ACCEPT_SIZE 29
bool eb_ws_accept(const char *key, char out[EB_WS_ACCEPT_SIZE]);
