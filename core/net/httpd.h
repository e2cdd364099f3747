/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server of HTTP/1.1 requests and WebSockets on our loop. No word of trading.
 *
 *     connection --> request(call) ... eb_httpd_answer(call), now or later
 *     upgrade    --> opening() -> opened(socket), text(), closed()        eb_httpd_send(socket)
 *
 * Callbacks come on the loop's thread. Keep-alive and pipelining as HTTP/1.1 has them, no HTTP/2.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct eb_loop;
struct eb_httpd;
struct eb_httpd_call;   /* one request; valid until answered, cut, or told gone */
struct eb_httpd_socket; /* one WebSocket; valid until closed was called, or eb_httpd_socket_close() / _cut() */

struct eb_httpd_request {
    const char *method; /* "GET" ... */
    const char *path;   /* as sent, not decoded, without the query */
    const char *query;  /* as sent, not decoded; "" none */
    const char *body;   /* len bytes and a zero */
    size_t body_len;
    const char *peer; /* numeric address of the client */
};
struct eb_httpd_handlers {
    /* Strings are borrowed for the call; headers may be asked for until then. */
    void (*request)(void *user, struct eb_httpd_call *call, const struct eb_httpd_request *r);
    void (*gone)(void *user, struct eb_httpd_call *call); /* the client left before the answer; call ends with it */
    /* A WebSocket wants to open: 0 and *peer (given to the three below), or the HTTP status that refuses it. */
    int (*opening)(void *user, const char *path, const char *query, const char *address, void **peer);
    void (*opened)(void *peer, struct eb_httpd_socket *s);
    void (*text)(void *peer, const char *bytes, size_t len); /* one whole message, zero-terminated */
    void (*ponged)(void *peer);                              /* may be NULL */
    void (*closed)(
        void *peer); /* by the other side or a failure; also when opening was granted and nothing came of it */
};
struct eb_httpd_options {
    const char *address;           /* numeric */
    uint16_t port;                 /* 0: any that is free */
    const char *certificate, *key; /* PEM files: TLS; NULL: none */
    size_t body_max;               /* longer requests are answered 413; 0: 1 MiB */
    size_t message_max;            /* longer WebSocket messages close the socket (1009); 0: 1 MiB */
    size_t waiting_max;            /* bytes that may wait for one socket, else it is cut; 0: 32 MiB */
    unsigned connections_max;      /* 0: 4096 */
};
/* Listens. EB_E_REFUSED (in use), EB_E_INVALID (address), EB_E_IO (certificate: names the file), EB_E_MEMORY. */
EB_NODISCARD int eb_httpd_open(struct eb_loop *l, const struct eb_httpd_options *o, const struct eb_httpd_handlers *h,
                               void *user, struct eb_httpd **out, struct eb_err *err);
/* Ends everything without a word to handlers. NULL is fine. */
void eb_httpd_close(struct eb_httpd *s);
uint16_t eb_httpd_port(const struct eb_httpd *s);

/* Within request(): value of a header (name in lower case, without colon); false when there is none or no room. */
bool eb_httpd_header(struct eb_httpd_call *call, const char *name, char *out, size_t cap);
/* Answers and ends the call. headers: "Name: value\r\n" lines, may be ""; content-length is added. Bytes are copied. */
void eb_httpd_answer(struct eb_httpd_call *call, int status, const char *headers, const char *body, size_t len);
/* Ends the call and its connection without an answer (reset). */
void eb_httpd_cut(struct eb_httpd_call *call);

/* Copied and queued. EB_OK, EB_E_END, EB_E_FULL (it is being cut). */
int eb_httpd_send(struct eb_httpd_socket *s, const char *text, size_t len);
int eb_httpd_ping(struct eb_httpd_socket *s);
void eb_httpd_socket_close(struct eb_httpd_socket *s, int code); /* with a close frame; closed is not called */
void eb_httpd_socket_cut(struct eb_httpd_socket *s);             /* reset; closed is not called */
