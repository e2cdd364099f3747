/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's life and its connections: who comes, what they send, who left.
 *
 *     bytes --> what is left from before? append --> requests or frames --> what is not whole waits
 *
 * A handler may end anything: the memory of a connection goes when its outermost callback returns. What an answer that
 * was given later makes possible (the next request of a row) is done in the next pass, so that handlers never nest.
 */
#define _GNU_SOURCE

#include "net/httpd.h"

#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "net/httpd_inner.h"
#include "net/tls.h"

#define MIB ((size_t)1024 * 1024)
#define BACKLOG 1024

/* ---- connections ---- */

static void conn_free(struct eb_httpd_conn *c)
{
    eb_ws_reader_deinit(&c->reader);
    free(c->in);
    free(c);
}

void eb_httpd_enter(struct eb_httpd_conn *c)
{
    c->busy++;
}

void eb_httpd_leave(struct eb_httpd_conn *c)
{
    if (--c->busy == 0 && c->state == EB_HTTPD_ENDED) {
        conn_free(c);
    }
}

void eb_httpd_end(struct eb_httpd_conn *c, enum eb_httpd_how how)
{
    if (c->state == EB_HTTPD_ENDED) {
        return;
    }
    switch (how) {
    case EB_HTTPD_CLOSE:
        eb_conn_close(c->conn);
        break;
    case EB_HTTPD_FINISH:
        eb_conn_finish(c->conn);
        break;
    case EB_HTTPD_CUT:
        eb_conn_cut(c->conn);
        break;
    }
    c->conn = NULL;
    c->state = EB_HTTPD_ENDED;
    c->server->count--;
    eb_link_remove(&c->link);
    eb_link_remove(&c->again);
    if (c->busy == 0) {
        conn_free(c);
    }
}

void eb_httpd_later(struct eb_httpd_conn *c)
{
    struct eb_httpd *s = c->server;
    eb_link_remove(&c->again);
    eb_link_append(&s->again, &c->again);
    eb_timer_set(s->next_pass, 0);
}

bool eb_httpd_room(struct eb_httpd *s, size_t len)
{
    if (len <= s->out_cap) {
        return true;
    }
    size_t cap = s->out_cap == 0 ? 4096 : s->out_cap;
    while (cap < len) {
        cap *= 2;
    }
    char *out = realloc(s->out, cap);
    if (out == NULL) {
        return false;
    }
    s->out = out;
    s->out_cap = cap;
    return true;
}

/* ---- what they send ---- */

/* How much may wait unread: a whole request, or a row of them behind one that is being answered. */
static size_t in_max(const struct eb_httpd_conn *c)
{
    return EB_HTTPD_HEAD_MAX + 2 * c->server->o.body_max + sizeof(c->server->loop->read_buffer);
}

static bool in_append(struct eb_httpd_conn *c, const char *bytes, size_t len)
{
    size_t want = c->in_len + len + 1; /* a zero behind a body has room */
    if (want > in_max(c)) {
        return false;
    }
    if (want > c->in_cap) {
        size_t cap = c->in_cap == 0 ? 4096 : c->in_cap;
        while (cap < want) {
            cap *= 2;
        }
        char *in = realloc(c->in, cap);
        if (in == NULL) {
            return false;
        }
        c->in = in;
        c->in_cap = cap;
    }
    memcpy(c->in + c->in_len, bytes, len);
    c->in_len += len;
    return true;
}

/* Uses what it can of bytes: whole requests, and frames once it is a WebSocket. */
static size_t use(struct eb_httpd_conn *c, char *bytes, size_t len)
{
    size_t used = 0;
    if (c->state == EB_HTTPD_READING) {
        used = eb_httpd_requests(c, bytes, len);
    }
    if (c->state == EB_HTTPD_SOCKET && used < len) {
        eb_httpd_frames(c, bytes + used, len - used);
        used = len;
    }
    return used;
}

static void use_waiting(struct eb_httpd_conn *c)
{
    size_t used = use(c, c->in, c->in_len);
    if (c->state == EB_HTTPD_ENDED) {
        return;
    }
    memmove(c->in, c->in + used, c->in_len - used);
    c->in_len -= used;
    if (c->in_len == 0 && c->in_cap > EB_HTTPD_HEAD_MAX) {
        free(c->in);
        c->in = NULL;
        c->in_cap = 0;
    }
}

static void data_cb(void *user, char *bytes, size_t len)
{
    struct eb_httpd_conn *c = user;
    eb_httpd_enter(c);
    bool fresh = c->in_len == 0; /* the common case: nothing is copied */
    size_t used = fresh ? use(c, bytes, len) : 0;
    bool alive = c->state != EB_HTTPD_ENDED && c->state != EB_HTTPD_BROKEN;
    if (alive && used < len && !in_append(c, bytes + used, len - used)) {
        eb_httpd_refuse(c, 413);
    } else if (alive && !fresh && c->state != EB_HTTPD_CALLING) {
        use_waiting(c);
    }
    if (c->state == EB_HTTPD_CALLING && c->in_len > EB_HTTPD_HEAD_MAX) {
        eb_conn_pause(c->conn, true); /* until it is answered */
    }
    eb_httpd_leave(c);
}

static void lost_cb(void *user, const struct eb_err *err)
{
    (void)err;
    struct eb_httpd_conn *c = user;
    struct eb_httpd *s = c->server;
    uint8_t state = c->state;
    eb_httpd_enter(c);
    eb_httpd_end(c, EB_HTTPD_CLOSE);
    if (state == EB_HTTPD_CALLING && s->h.gone != NULL) {
        s->h.gone(s->user, &c->call);
    } else if (state == EB_HTTPD_SOCKET || state == EB_HTTPD_BROKEN) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it was entered, so it is freed by leaving */
        s->h.closed(c->user);
    }
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it was entered, so it is freed by leaving */
    eb_httpd_leave(c);
}

/* What was put off to this pass: the end of a WebSocket to be told, the next request of a row. */
static void next_pass_cb(void *user)
{
    struct eb_httpd *s = user;
    struct eb_link now; /* what is put off by these callbacks is of the pass after this one */
    eb_link_init(&now);
    while (!eb_link_empty(&s->again)) {
        struct eb_link *first = s->again.next;
        eb_link_remove(first);
        eb_link_append(&now, first);
    }
    while (!eb_link_empty(&now)) {
        struct eb_httpd_conn *c = (struct eb_httpd_conn *)((char *)now.next - offsetof(struct eb_httpd_conn, again));
        eb_link_remove(&c->again);
        eb_httpd_enter(c);
        if (c->state == EB_HTTPD_BROKEN) {
            eb_httpd_end(c, EB_HTTPD_CLOSE);
            /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it was entered, so it is freed by leaving */
            s->h.closed(c->user);
        } else if (c->in_len > 0) {
            use_waiting(c);
        }
        eb_httpd_leave(c);
    }
}

/* ---- who comes ---- */

static void connection_cb(uv_stream_t *listener, int status)
{
    static const struct eb_conn_handlers handlers = {.data = data_cb, .closed = lost_cb};
    struct eb_httpd *s = listener->data;
    struct eb_httpd_conn *c = status < 0 ? NULL : calloc(1, sizeof(*c));
    if (c == NULL) {
        return; /* libuv lets it wait, or has dropped it for want of descriptors */
    }
    struct eb_conn_options o = {.tls = s->tls, .limit = s->o.waiting_max};
    if (eb_conn_accept(s->loop, &s->wires, listener, &o, &handlers, c, &c->conn, NULL) != EB_OK) {
        free(c);
        return;
    }
    c->server = s;
    c->call.conn = c;
    c->socket.conn = c;
    s->count++;
    eb_link_append(&s->conns, &c->link);
    eb_link_init(&c->again);
    eb_conn_peer(c->conn, c->peer, sizeof(c->peer));
    if (s->count > s->o.connections_max) {
        eb_httpd_end(c, EB_HTTPD_CUT);
    }
}

/* ---- life ---- */

static void freed_cb(uv_handle_t *handle)
{
    struct eb_httpd *s = handle->data;
    free(s->out);
    free(s);
}

static int listen_at(struct eb_httpd *s, const char *address, uint16_t port, struct eb_err *err)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage room;
    } a;
    if (uv_ip4_addr(address, port, &a.v4) != 0 && uv_ip6_addr(address, port, &a.v6) != 0) {
        return eb_err_set(err, EB_E_INVALID, "httpd.open", "'%s' is no numeric address such as 127.0.0.1 or ::1",
                          address);
    }
    int r = uv_tcp_bind(&s->uv, &a.any, 0);
    if (r == 0) {
        r = uv_listen((uv_stream_t *)&s->uv, BACKLOG, connection_cb);
    }
    if (r == UV_EADDRINUSE) {
        return eb_err_set(err, EB_E_REFUSED, "httpd.open",
                          "port %u of %s is in use: choose another, or 0 for any that is free", (unsigned)port,
                          address);
    }
    int len = sizeof(a.room);
    if (r == 0) {
        r = uv_tcp_getsockname(&s->uv, &a.any, &len);
    }
    if (r != 0) {
        return eb_uv_err(err, r, "httpd.open", "cannot listen at port %u of %s", (unsigned)port, address);
    }
    s->port = ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
    return EB_OK;
}

int eb_httpd_open(struct eb_loop *l, const struct eb_httpd_options *o, const struct eb_httpd_handlers *h, void *user,
                  struct eb_httpd **out, struct eb_err *err)
{
    struct eb_httpd *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "httpd.open", "no memory for a server");
    }
    s->loop = l;
    s->o = *o;
    s->o.body_max = o->body_max == 0 ? MIB : o->body_max;
    s->o.message_max = o->message_max == 0 ? MIB : o->message_max;
    s->o.waiting_max = o->waiting_max == 0 ? 32 * MIB : o->waiting_max;
    s->o.connections_max = o->connections_max == 0 ? 4096 : o->connections_max;
    s->h = *h;
    s->user = user;
    eb_link_init(&s->conns);
    eb_link_init(&s->wires);
    eb_link_init(&s->again);
    EB_ASSERT(uv_tcp_init(&l->uv, &s->uv) == 0);
    s->uv.data = s;
    l->open[EB_HANDLE_HTTPD]++;
    int r = eb_timer_make(l, next_pass_cb, s, &s->next_pass, err);
    if (r == EB_OK && o->certificate != NULL) {
        r = eb_tls_server(o->certificate, o->key, &s->tls, err);
    }
    if (r == EB_OK) {
        r = listen_at(s, o->address, o->port, err);
    }
    if (r != EB_OK) {
        eb_httpd_close(s);
        return r;
    }
    *out = s;
    return EB_OK;
}

void eb_httpd_close(struct eb_httpd *s)
{
    if (s == NULL || s->closed) {
        return;
    }
    s->closed = true;
    while (!eb_link_empty(&s->conns)) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what is freed has left its ring */
        eb_httpd_end((struct eb_httpd_conn *)s->conns.next, EB_HTTPD_CLOSE);
    }
    eb_conn_close_all(&s->wires);
    eb_timer_close(s->next_pass);
    SSL_CTX_free(s->tls);
    s->loop->open[EB_HANDLE_HTTPD]--;
    uv_close((uv_handle_t *)&s->uv, freed_cb);
}

uint16_t eb_httpd_port(const struct eb_httpd *s)
{
    return s->port;
}
