/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the server share: one connection, which is a row of requests first and may become a WebSocket. */
#pragma once

#include "net/inner.h" /* first: it says what system headers show */

#include "net/conn.h"
#include "net/http_head.h"
#include "net/httpd.h"
#include "net/ws_frame.h"

struct eb_httpd_call {
    struct eb_httpd_conn *conn;
};
struct eb_httpd_socket {
    struct eb_httpd_conn *conn;
};

#define EB_HTTPD_HEAD_MAX 65536 /* bytes of a request's head */

enum eb_httpd_state {
    EB_HTTPD_READING, /* waits for a request */
    EB_HTTPD_CALLING, /* a request is with the user */
    EB_HTTPD_SOCKET,  /* a WebSocket, open */
    EB_HTTPD_BROKEN,  /* a WebSocket that ended, of which the user hears in the next pass */
    EB_HTTPD_ENDED    /* nobody's any more: only its memory is left */
};
struct eb_httpd_conn {
    struct eb_link link;  /* first: all of the server */
    struct eb_link again; /* has something to do in the next pass */
    struct eb_httpd *server;
    struct eb_conn *conn;
    uint8_t state;
    unsigned busy; /* callbacks under way */
    char peer[48];
    char *in; /* what was read and not yet used */
    size_t in_len, in_cap;
    /* the request */
    struct eb_httpd_call call;
    struct eb_http_head *head; /* within request() */
    struct eb_http_chunks chunks;
    bool keep, head_only, continued;
    /* the WebSocket */
    struct eb_httpd_socket socket;
    struct eb_ws_reader reader;
    void *user; /* the peer of opening() */
};
struct eb_httpd {
    uv_tcp_t uv;
    struct eb_loop *loop;
    struct eb_httpd_options o;
    struct eb_httpd_handlers h;
    void *user;
    struct ssl_ctx_st *tls;
    struct eb_link conns; /* of struct eb_httpd_conn */
    struct eb_link wires; /* of struct eb_conn, also of those that finish by themselves */
    struct eb_link again;
    struct eb_timer *next_pass;
    unsigned count;
    uint16_t port;
    bool closed;
    char *out; /* what is being written: one at a time */
    size_t out_cap;
    char head_text[EB_HTTPD_HEAD_MAX]; /* the head that is being looked at */
};

/* Room for len bytes at server->out; false without memory. */
bool eb_httpd_room(struct eb_httpd *s, size_t len);
/* Lets c be looked at in the next pass. */
void eb_httpd_later(struct eb_httpd_conn *c);
/* Around callbacks of c: memory goes with the last. */
void eb_httpd_enter(struct eb_httpd_conn *c);
void eb_httpd_leave(struct eb_httpd_conn *c);
enum eb_httpd_how { EB_HTTPD_CLOSE, EB_HTTPD_FINISH, EB_HTTPD_CUT };
/* Ends c and its connection; nobody is told. */
void eb_httpd_end(struct eb_httpd_conn *c, enum eb_httpd_how how);

/* Requests in bytes[0..len), one after another, as far as they are whole; returns what was used. bytes[len] may be
 * written. */
size_t eb_httpd_requests(struct eb_httpd_conn *c, char *bytes, size_t len);
/* A status without a body, after which the connection ends. */
void eb_httpd_refuse(struct eb_httpd_conn *c, int status);
/* head asks for a WebSocket: grants or refuses it. */
void eb_httpd_upgrade(struct eb_httpd_conn *c, const struct eb_http_head *head, const char *path, const char *query);
/* Frames in bytes[0..len), all of them. */
void eb_httpd_frames(struct eb_httpd_conn *c, const char *bytes, size_t len);
