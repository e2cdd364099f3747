/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One TCP connection on the loop, plain or TLS, seen from either end.
 *
 *     socket --> [TLS] --> data()          eb_conn_write() --> [TLS] --> the system at once --> the rest waits
 *
 * Handlers come on the loop's thread, never within the call that made the connection. Each connection is owned by its
 * creator until eb_conn_close(), _finish() or _cut(), which may be called from its own handlers; it is also in a ring
 * of its owner's, in which those stay that finish by themselves.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct eb_conn;
struct eb_link;
struct eb_loop;
struct sockaddr;
struct ssl_ctx_st;

struct eb_conn_handlers {
    void (*opened)(void *user); /* connected, and TLS stands; of an accepted one only with TLS; may be NULL */
    void (*data)(void *user, char *bytes, size_t len);    /* borrowed for the call; may be changed, also bytes[len] */
    void (*closed)(void *user, const struct eb_err *err); /* the other side, or a failure; said once, last */
};
struct eb_conn_options {
    struct ssl_ctx_st *tls; /* NULL: plain */
    const char *name;       /* of the server, for TLS; borrowed for the call; NULL when accepted */
    bool verify;            /* its certificate */
    size_t limit;           /* bytes that may wait to be written */
};
/* Connects. EB_E_MEMORY, EB_E_IO; else opened or closed follows. */
EB_NODISCARD int eb_conn_connect(struct eb_loop *l, struct eb_link *ring, const struct sockaddr *to,
                                 const struct eb_conn_options *o, const struct eb_conn_handlers *h, void *user,
                                 struct eb_conn **out, struct eb_err *err);
/* Takes what waits at a listening uv_tcp_t (opaque here). Codes as above. */
EB_NODISCARD int eb_conn_accept(struct eb_loop *l, struct eb_link *ring, void *uv_listener,
                                const struct eb_conn_options *o, const struct eb_conn_handlers *h, void *user,
                                struct eb_conn **out, struct eb_err *err);
/* EB_OK: all of it is taken. EB_E_FULL: more than limit would wait; EB_E_END, EB_E_MEMORY: nothing is taken. */
int eb_conn_write(struct eb_conn *c, const char *bytes, size_t len);
size_t eb_conn_waiting(const struct eb_conn *c);
/* Reads no more until resumed. */
void eb_conn_pause(struct eb_conn *c, bool paused);
/* Numeric address of the other side. */
void eb_conn_peer(const struct eb_conn *c, char *out, size_t cap);
/* Ends it: at once; after what waits is written and the other side has had two seconds to hang up; by a reset. */
void eb_conn_close(struct eb_conn *c);
void eb_conn_finish(struct eb_conn *c);
void eb_conn_cut(struct eb_conn *c);
/* Closes all that are in the ring: whoever still owns one may not touch it any more. */
void eb_conn_close_all(struct eb_link *ring);
