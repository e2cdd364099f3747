/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP connections by libuv. A write is tried at once; only what the system does not take is copied and waits with
 * libuv. Reading ends with the connection: after closed was told nothing more is heard.
 */
#define _GNU_SOURCE

#include "net/conn.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/inner.h"
#include "net/tls.h"

#define FINISH_NS INT64_C(2000000000)

struct chunk {
    uv_write_t req;
    struct eb_conn *conn;
    size_t len;
    char bytes[];
};

struct eb_conn {
    struct eb_link ring; /* first */
    uv_tcp_t uv;
    uv_connect_t connect;
    uv_shutdown_t shutdown;
    struct eb_loop *loop;
    struct eb_tls *tls;
    struct eb_conn_handlers h;
    void *user;
    struct eb_timer *linger; /* while it finishes */
    size_t limit, waiting;
    bool open;            /* connected, and TLS stands */
    bool paused, ended;   /* ended: closed was told */
    bool finishing, shut; /* nobody owns it; our end is said */
    bool gone;            /* closing */
};

/* ---- ending ---- */

static void freed_cb(uv_handle_t *handle)
{
    struct eb_conn *c = handle->data;
    eb_tls_close(c->tls);
    free(c);
}

/* Takes it out of everything; memory goes when libuv has given back what was being written. */
static bool leave(struct eb_conn *c)
{
    if (c->gone) {
        return false;
    }
    c->gone = true;
    c->ended = true;
    eb_link_remove(&c->ring);
    eb_timer_close(c->linger);
    c->linger = NULL;
    return true;
}

void eb_conn_close(struct eb_conn *c)
{
    if (c != NULL && leave(c)) {
        uv_close((uv_handle_t *)&c->uv, freed_cb);
    }
}

void eb_conn_cut(struct eb_conn *c)
{
    if (c != NULL && leave(c) && uv_tcp_close_reset(&c->uv, freed_cb) != 0) {
        uv_close((uv_handle_t *)&c->uv, freed_cb);
    }
}

void eb_conn_close_all(struct eb_link *ring)
{
    while (!eb_link_empty(ring)) {
        eb_conn_close((struct eb_conn *)ring->next);
    }
}

static void tell_end(struct eb_conn *c, const struct eb_err *err)
{
    if (c->finishing) {
        eb_conn_close(c);
        return;
    }
    if (c->ended) {
        return;
    }
    c->ended = true;
    (void)uv_read_stop((uv_stream_t *)&c->uv);
    c->h.closed(c->user, err);
}

static void uv_end(struct eb_conn *c, int code, const char *what)
{
    struct eb_err err = {0};
    if (code == UV_EOF) {
        (void)eb_err_set(&err, EB_E_END, "connection", "the other side closed the connection");
    } else if (code == UV_ECONNRESET || code == UV_EPIPE) {
        (void)eb_err_set(&err, EB_E_END, "connection", "the other side reset the connection");
    } else {
        (void)eb_uv_err(&err, code, "connection", "the connection could not be %s", what);
    }
    tell_end(c, &err);
}

/* ---- writing ---- */

static void shutdown_cb(uv_shutdown_t *req, int status)
{
    struct eb_conn *c = req->data;
    if (status != 0 && !c->gone) {
        eb_conn_close(c);
    }
}

/* What was to be written is written: says so to the other side, once. */
static void finish_rest(struct eb_conn *c)
{
    if (!c->finishing || c->waiting != 0 || c->shut || c->gone) {
        return;
    }
    c->shut = true;
    c->shutdown.data = c;
    if (uv_shutdown(&c->shutdown, (uv_stream_t *)&c->uv, shutdown_cb) != 0) {
        eb_conn_close(c);
    }
}

static void write_cb(uv_write_t *req, int status)
{
    struct chunk *k = req->data;
    struct eb_conn *c = k->conn;
    c->waiting -= k->len;
    free(k);
    if (c->gone) {
        return;
    }
    if (status == 0) {
        finish_rest(c);
    } else if (c->paused || c->finishing) {
        uv_end(c, status, "written");
    } /* else what the other side said last is read first, and then its end */
}

/* Bytes in the middle are lost, so that nothing more can be said: reading will find the end and tell it. */
static int broken(struct eb_conn *c)
{
    uv_os_fd_t fd = -1;
    if (uv_fileno((const uv_handle_t *)&c->uv, &fd) == 0) {
        (void)shutdown(fd, SHUT_RDWR);
    }
    return EB_E_END;
}

static int wire_write(struct eb_conn *c, const char *bytes, size_t len)
{
    size_t sent = 0;
    if (c->waiting == 0) {
        /* Cast: libuv does not change what it writes. A failure is found again, and told, by the write below. */
        uv_buf_t buf = {.base = (char *)(uintptr_t)bytes, .len = len};
        int r = uv_try_write((uv_stream_t *)&c->uv, &buf, 1);
        sent = r > 0 ? (size_t)r : 0;
    }
    if (sent == len) {
        return EB_OK;
    }
    struct chunk *k = malloc(sizeof(*k) + len - sent);
    if (k == NULL) {
        return sent == 0 && c->tls == NULL ? EB_E_MEMORY : broken(c);
    }
    k->req.data = k;
    k->conn = c;
    k->len = len - sent;
    memcpy(k->bytes, bytes + sent, k->len);
    uv_buf_t buf = {.base = k->bytes, .len = k->len};
    c->waiting += k->len;
    int r = uv_write(&k->req, (uv_stream_t *)&c->uv, &buf, 1, write_cb);
    if (r != 0) { /* only when the stream is not open any more */
        c->waiting -= k->len;
        free(k);
        return EB_E_END;
    }
    return EB_OK;
}

/* What TLS has for the wire. */
static int tls_flush(struct eb_conn *c)
{
    const char *bytes = NULL;
    size_t len = eb_tls_out(c->tls, &bytes);
    int r = len == 0 ? EB_OK : wire_write(c, bytes, len);
    eb_tls_out_done(c->tls);
    return r;
}

int eb_conn_write(struct eb_conn *c, const char *bytes, size_t len)
{
    if (!c->open || c->ended) {
        return EB_E_END;
    }
    if (c->waiting > 0 && (c->waiting >= c->limit || len > c->limit - c->waiting)) {
        return EB_E_FULL;
    }
    if (c->tls == NULL) {
        return wire_write(c, bytes, len);
    }
    int r = eb_tls_write(c->tls, bytes, len);
    return r == EB_OK ? tls_flush(c) : EB_E_END;
}

size_t eb_conn_waiting(const struct eb_conn *c)
{
    return c->waiting;
}

static void linger_over(void *user)
{
    eb_conn_close(user);
}

void eb_conn_finish(struct eb_conn *c)
{
    if (c == NULL || c->gone) {
        return;
    }
    eb_timer_close(c->linger);
    c->linger = NULL;
    if (!c->open || c->ended || eb_timer_make(c->loop, linger_over, c, &c->linger, NULL) != EB_OK) {
        eb_conn_close(c);
        return;
    }
    c->finishing = true;
    eb_timer_set(c->linger, FINISH_NS);
    if (c->tls != NULL) {
        eb_tls_bye(c->tls);
        if (tls_flush(c) != EB_OK) {
            eb_conn_close(c);
            return;
        }
    }
    eb_conn_pause(c, false); /* read for the other side's end: closing with bytes unread would be a reset */
    finish_rest(c);
}

/* ---- reading ---- */

static void deliver(struct eb_conn *c, char *bytes, size_t len)
{
    if (!c->finishing && !c->paused) {
        c->h.data(c->user, bytes, len);
    }
}

static void tls_drain(struct eb_conn *c)
{
    struct eb_err err = {0};
    int r = EB_OK;
    while (r == EB_OK && !c->gone && !c->paused && !c->ended) {
        size_t len = 0;
        r = eb_tls_read(c->tls, c->loop->plain_buffer, sizeof(c->loop->plain_buffer) - 1, &len, &err);
        if (r == EB_OK) {
            deliver(c, c->loop->plain_buffer, len);
            r = c->gone || eb_tls_has_more(c->tls) ? EB_OK : EB_E_STALE; /* asking in vain costs as much as a record */
        }
    }
    if (c->gone || r == EB_OK) {
        return;
    }
    if (r != EB_E_STALE) {
        tell_end(c, &err);
    } else if (!c->ended && tls_flush(c) != EB_OK) { /* an update of keys may want an answer */
        uv_end(c, UV_EPIPE, "written");
    }
}

/* True when the handshake is over and plain bytes may come. */
static bool tls_step(struct eb_conn *c)
{
    struct eb_err err = {0};
    int r = eb_tls_shake(c->tls, &err);
    int w = tls_flush(c); /* an alert that says why goes out also when it failed */
    if (r != EB_OK && r != EB_E_STALE) {
        tell_end(c, &err);
        return false;
    }
    if (w != EB_OK) {
        uv_end(c, UV_EPIPE, "written");
        return false;
    }
    if (r == EB_E_STALE) {
        return false;
    }
    c->open = true;
    if (c->h.opened != NULL) {
        c->h.opened(c->user);
    }
    return !c->gone;
}

static void alloc_cb(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct eb_conn *c = handle->data;
    *buf = uv_buf_init(c->loop->read_buffer, sizeof(c->loop->read_buffer) - 1); /* see conn.h: bytes[len] */
}

static void read_cb(uv_stream_t *uv, ssize_t n, const uv_buf_t *buf)
{
    struct eb_conn *c = uv->data;
    if (n < 0) {
        struct eb_err err = {0};
        if (n == UV_EOF && c->tls != NULL && !c->open) {
            (void)eb_err_set(&err, EB_E_REFUSED, "tls", "the other side hung up while TLS was negotiated");
            tell_end(c, &err);
            return;
        }
        uv_end(c, (int)n, "read");
        return;
    }
    if (n == 0 || c->ended) {
        return;
    }
    if (c->tls == NULL) {
        deliver(c, buf->base, (size_t)n);
        return;
    }
    if (eb_tls_feed(c->tls, buf->base, (size_t)n) != EB_OK) {
        uv_end(c, UV_ENOMEM, "read");
        return;
    }
    if (c->open || tls_step(c)) {
        tls_drain(c);
    }
}

static void resume_soon(void *user)
{
    struct eb_conn *c = user;
    eb_timer_close(c->linger);
    c->linger = NULL;
    if (!c->gone && !c->ended && !c->paused) {
        tls_drain(c);
    }
}

void eb_conn_pause(struct eb_conn *c, bool paused)
{
    if (c->gone || c->ended || paused == c->paused) {
        return;
    }
    c->paused = paused;
    if (paused) {
        (void)uv_read_stop((uv_stream_t *)&c->uv);
        return;
    }
    (void)uv_read_start((uv_stream_t *)&c->uv, alloc_cb, read_cb);
    /* What TLS has already read waits in its buffer, of which the system knows nothing. */
    if (c->tls != NULL && c->linger == NULL && eb_timer_make(c->loop, resume_soon, c, &c->linger, NULL) == EB_OK) {
        eb_timer_set(c->linger, 0);
    }
}

/* ---- beginning ---- */

static void start(struct eb_conn *c)
{
    (void)uv_tcp_nodelay(&c->uv, 1);
    (void)uv_tcp_keepalive(&c->uv, 1, 60);
    int r = uv_read_start((uv_stream_t *)&c->uv, alloc_cb, read_cb);
    EB_ASSERT(r == 0); /* fails only for a stream that is not open, and this one is */
}

static void connect_cb(uv_connect_t *req, int status)
{
    struct eb_conn *c = req->data;
    if (c->gone) {
        return;
    }
    if (status < 0) {
        struct eb_err err = {0};
        (void)eb_uv_err(&err, status, "connect", "cannot connect");
        tell_end(c, &err);
        return;
    }
    start(c);
    if (c->tls != NULL) {
        (void)tls_step(c);
        return;
    }
    c->open = true;
    if (c->h.opened != NULL) {
        c->h.opened(c->user);
    }
}

static int make(struct eb_loop *l, struct eb_link *ring, const struct eb_conn_options *o,
                const struct eb_conn_handlers *h, void *user, struct eb_conn **out, struct eb_err *err)
{
    struct eb_conn *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "connection", "no memory for a connection");
    }
    c->loop = l;
    c->h = *h;
    c->user = user;
    c->limit = o->limit;
    if (o->tls != NULL) {
        int r = eb_tls_open(o->tls, o->name, o->verify, &c->tls, err);
        if (r != EB_OK) {
            free(c);
            return r;
        }
    }
    EB_ASSERT(uv_tcp_init(&l->uv, &c->uv) == 0);
    c->uv.data = c;
    eb_link_append(ring, &c->ring);
    *out = c;
    return EB_OK;
}

int eb_conn_connect(struct eb_loop *l, struct eb_link *ring, const struct sockaddr *to, const struct eb_conn_options *o,
                    const struct eb_conn_handlers *h, void *user, struct eb_conn **out, struct eb_err *err)
{
    struct eb_conn *c = NULL;
    int r = make(l, ring, o, h, user, &c, err);
    if (c == NULL) {
        return r;
    }
    c->connect.data = c;
    int code = uv_tcp_connect(&c->connect, &c->uv, to, connect_cb);
    if (code != 0) {
        eb_conn_close(c);
        return eb_uv_err(err, code, "connect", "cannot connect");
    }
    *out = c;
    return EB_OK;
}

int eb_conn_accept(struct eb_loop *l, struct eb_link *ring, void *uv_listener, const struct eb_conn_options *o,
                   const struct eb_conn_handlers *h, void *user, struct eb_conn **out, struct eb_err *err)
{
    struct eb_conn *c = NULL;
    int r = make(l, ring, o, h, user, &c, err);
    if (c == NULL) {
        return r;
    }
    int code = uv_accept(uv_listener, (uv_stream_t *)&c->uv);
    if (code != 0) {
        eb_conn_close(c);
        return eb_uv_err(err, code, "accept", "cannot accept a connection");
    }
    start(c); /* the client speaks first, also in TLS: nothing is heard within this call */
    c->open = c->tls == NULL;
    *out = c;
    return EB_OK;
}

void eb_conn_peer(const struct eb_conn *c, char *out, size_t cap)
{
    struct sockaddr_storage a;
    int len = sizeof(a);
    out[0] = '\0';
    if (uv_tcp_getpeername(&c->uv, (struct sockaddr *)&a, &len) != 0) {
        return;
    }
    if (a.ss_family == AF_INET6) {
        (void)uv_ip6_name((const struct sockaddr_in6 *)&a, out, cap);
    } else {
        (void)uv_ip4_name((const struct sockaddr_in *)&a, out, cap);
    }
}
