/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client of an exchange wants from the outside world, as a port: HTTP requests, WebSockets, timers, the time.
 * No word of trading.
 *
 *     eb_web_open(): libcurl and WebSockets on our loop           twins: the same functions without a socket, in
 *     (names resolved by libuv, certificates always verified)     virtual time, for tests and simulations
 *
 * All callbacks come on the loop's thread, never within the call that asked, one at a time.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct eb_loop;

/* ---- requests ---- */
struct eb_web_request {
    const char *method;         /* "GET", "POST", "PUT", "DELETE" */
    const char *url;            /* scheme://host[:port]/path[?query], copied */
    const char *const *headers; /* "Name: value", NULL-terminated, copied; may be NULL */
    const char *body;           /* copied; NULL: none */
    size_t body_len;
    int64_t deadline_ns; /* from now until the whole answer must be there */
    size_t answer_max;   /* bytes; a longer one is EB_WEB_UNREADABLE */
};
enum eb_web_fate {
    EB_WEB_ANSWERED,   /* status and body are there */
    EB_WEB_NOT_SENT,   /* certainly no byte of the request has left: no address, no connection, TLS refused */
    EB_WEB_UNKNOWN,    /* it may have arrived: deadline, connection lost after it was written in part or whole */
    EB_WEB_UNREADABLE, /* an answer began and cannot be used (too long, cut off): it has arrived */
};
struct eb_web_answer {
    uint8_t fate;     /* enum eb_web_fate */
    int status;       /* HTTP; 0 unless ANSWERED */
    const char *body; /* len bytes and a zero; "" unless ANSWERED; borrowed for the call */
    size_t len;
    const char *headers;          /* "name: value\n" lines, names in lower case */
    int64_t sent_ns, answered_ns; /* monotonic: the request was handed over; the last byte was read */
    struct eb_err err;            /* unless ANSWERED: what happened, without secrets (no query strings) */
};
typedef void (*eb_web_done)(void *user, const struct eb_web_answer *answer);
/* Value of a header (name in lower case); false when there is none or it does not fit. */
bool eb_web_header(const struct eb_web_answer *answer, const char *name, char *out, size_t cap);

/* ---- WebSockets ---- */
struct eb_web_socket;
struct eb_web_socket_handlers {
    void (*opened)(void *user);
    void (*text)(void *user, const char *bytes, size_t len); /* one whole message, zero-terminated, borrowed */
    void (*heard)(void *user); /* a ping or pong came: the other side lives (pings are answered); may be NULL */
    /* Refused, lost or closed by the other side, or a message longer than message_max: said once, last. status: HTTP
     * status of a refused handshake, else the close code of the other side, else 0. Then close it. */
    void (*closed)(void *user, int status, const struct eb_err *err);
};

struct eb_web_call;
struct eb_web_timer;
struct eb_web_ops {
    /* done follows once. EB_OK, EB_E_INVALID (url, names it), EB_E_MEMORY. *out is valid until done is called. */
    int (*request)(void *web, const struct eb_web_request *r, eb_web_done done, void *user, struct eb_web_call **out,
                   struct eb_err *err);
    void (*cancel)(struct eb_web_call *call); /* done is not called any more; whether it was sent stays unknown */
    /* url: ws(s)://host[:port]/path[?query], copied. opened or closed follows. Codes as above. */
    int (*open)(void *web, const char *url, size_t message_max, int64_t deadline_ns,
                const struct eb_web_socket_handlers *h, void *user, struct eb_web_socket **out, struct eb_err *err);
    /* One text message; tried at once, what does not fit is queued up to a limit. EB_OK: taken. EB_E_END: not open,
     * nothing was sent. EB_E_FULL: too much waits already, nothing was sent. */
    int (*send)(struct eb_web_socket *s, const char *text, size_t len);
    void (*close)(struct eb_web_socket *s); /* politely, without waiting; no handler is called any more. NULL is fine */
    int64_t (*now_ns)(void *web);           /* monotonic */
    int (*timer_open)(void *web, void (*fire)(void *user), void *user, struct eb_web_timer **out, struct eb_err *err);
    void (*timer_set)(struct eb_web_timer *t, int64_t delay_ns); /* one shot, from now, replaces; negative: stops it */
    void (*timer_close)(struct eb_web_timer *t);                 /* NULL is fine */
    /* fn is called after each pass of the loop in which a text came: what belongs together has been read. */
    void (*after_texts)(void *web, void (*fn)(void *user), void *user);
};
struct eb_web {
    void *web;
    const struct eb_web_ops *ops;
};

/* ---- the real one ---- */
struct eb_web_options {
    const char *ca_file; /* PEM of further trusted roots, added to the system's; NULL: none */
    bool
        loopback_unsafe; /* certificates of loopback addresses (127.0.0.0/8, ::1) are not verified; others always are */
    const char *user_agent;
};
struct eb_web_real;
/* Owned by the caller; close before the loop. EB_E_IO names the file, EB_E_MEMORY. */
EB_NODISCARD int eb_web_open(struct eb_loop *l, const struct eb_web_options *o, struct eb_web_real **out,
                             struct eb_err *err);
/* Cancels all calls, closes all sockets and timers that are left, without a word to their users. NULL is fine. */
void eb_web_close(struct eb_web_real *w);
struct eb_web eb_web_port(struct eb_web_real *w);
