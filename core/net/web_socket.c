/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSockets to a server.
 *
 *     name --> addresses, one after another --> connection (TLS) --> handshake --> frames --> text(), heard()
 *
 * A handler may close its socket: memory goes when the outermost callback returns. Nothing is told within a call of
 * the user's: what fails at once is told by the attempt's timer.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/buffer.h"
#include "net/conn.h"
#include "net/http_head.h"
#include "net/web_inner.h"
#include "net/ws_frame.h"

#define HEAD_MAX 16384
#define WAITING_MAX ((size_t)1 << 20)
#define ATTEMPT_NS INT64_C(2000000000) /* for one address while there are others */
#define CHANCE 256

enum socket_state { SOCKET_CONNECTING, SOCKET_SHAKING, SOCKET_OPEN, SOCKET_ENDED };

struct eb_web_socket {
    struct eb_link link; /* first */
    struct eb_web_real *web;
    struct eb_conn *conn;
    struct eb_lookup lookup;
    struct eb_timer *deadline, *attempt;
    struct eb_web_socket_handlers h;
    void *user;
    uint8_t state;
    unsigned busy; /* callbacks under way */
    bool closed;   /* by its user */
    struct eb_url url;
    char *text;     /* the URL */
    char what[256]; /* without its query */
    struct eb_addresses to;
    unsigned next;      /* address to be tried */
    struct eb_err last; /* why the one before failed */
    char key[25];
    struct eb_buffer head; /* of the answer to the handshake */
    struct eb_ws_reader reader;
    char *out; /* a frame being made */
    size_t out_cap;
    uint8_t chance[CHANCE]; /* masks to come */
    size_t chance_at;
};

/* ---- life ---- */

static void socket_free(struct eb_web_socket *s)
{
    eb_buffer_deinit(&s->head);
    eb_ws_reader_deinit(&s->reader);
    free(s->text);
    free(s->out);
    free(s);
}

static void enter(struct eb_web_socket *s)
{
    s->busy++;
}

static void leave(struct eb_web_socket *s)
{
    if (--s->busy == 0 && s->closed) {
        socket_free(s);
    }
}

static void timers_close(struct eb_web_socket *s)
{
    eb_timer_close(s->deadline);
    eb_timer_close(s->attempt);
    s->deadline = NULL;
    s->attempt = NULL;
}

/* The end, told once. politely: what was said before is still written. */
static void end(struct eb_web_socket *s, bool politely, int status, const struct eb_err *why)
{
    if (s->state == SOCKET_ENDED) {
        return;
    }
    struct eb_err err = {0};
    (void)eb_err_set(&err, why->code, why->where, "%s: %s", s->what, why->msg);
    s->state = SOCKET_ENDED;
    eb_lookup_forget(&s->lookup);
    timers_close(s);
    if (politely) {
        eb_conn_finish(s->conn);
    } else {
        eb_conn_close(s->conn);
    }
    s->conn = NULL;
    if (!s->closed) {
        s->h.closed(s->user, status, &err);
    }
}

static void end_with(struct eb_web_socket *s, bool politely, int status, int code, const char *text)
{
    struct eb_err err = {0};
    (void)eb_err_set(&err, code, "web.socket", "%s", text);
    end(s, politely, status, &err);
}

/* ---- writing ---- */

/* Four bytes that nobody can foretell. */
static const uint8_t *mask_next(struct eb_web_socket *s)
{
    if (s->chance_at + 4 > CHANCE) {
        ssize_t n = 0;
        do {
            n = getrandom(s->chance, CHANCE, 0);
        } while (n < 0 && errno == EINTR);
        EB_ASSERT(n == CHANCE); /* up to 256 bytes are given whole */
        s->chance_at = 0;
    }
    const uint8_t *mask = s->chance + s->chance_at;
    s->chance_at += 4;
    return mask;
}

static int frame_send(struct eb_web_socket *s, enum eb_ws_op op, const char *bytes, size_t len)
{
    size_t want = EB_WS_HEAD_MAX + len;
    if (want > s->out_cap) {
        size_t cap = s->out_cap == 0 ? 4096 : s->out_cap;
        while (cap < want) {
            cap *= 2;
        }
        char *out = realloc(s->out, cap);
        if (out == NULL) {
            return EB_E_FULL;
        }
        s->out = out;
        s->out_cap = cap;
    }
    const uint8_t *mask = mask_next(s);
    size_t head = eb_ws_head((uint8_t *)s->out, op, len, mask);
    eb_ws_mask(s->out + head, bytes, len, mask, 0);
    int r = eb_conn_write(s->conn, s->out, head + len);
    return r == EB_E_MEMORY ? EB_E_FULL : r;
}

/* A close frame with a code, or none when code is 1005 ("none was given"). */
static void close_send(struct eb_web_socket *s, int code)
{
    char body[2] = {(char)(code >> 8), (char)(code & 0xff)};
    (void)frame_send(s, EB_WS_CLOSE, body, code == 1005 ? 0 : 2);
}

int eb_web_socket_send(struct eb_web_socket *s, const char *text, size_t len)
{
    return s->state == SOCKET_OPEN ? frame_send(s, EB_WS_TEXT, text, len) : EB_E_END;
}

/* ---- reading ---- */

static void closed_by_peer(struct eb_web_socket *s)
{
    const struct eb_ws_reader *r = &s->reader;
    char reason[EB_WS_CONTROL_MAX + 1] = "";
    size_t n = 0;
    for (size_t i = 2; i < r->control_len; i++) {
        reason[n++] = r->control[i] >= 0x20 && r->control[i] < 0x7f ? (char)r->control[i] : '?';
    }
    reason[n] = '\0';
    char text[200];
    (void)snprintf(text, sizeof(text), "the other side closed with code %d%s%s", r->code, n == 0 ? "" : ": ", reason);
    close_send(s, r->code);
    end_with(s, true, r->code, EB_E_END, text);
}

static void wrong_from_peer(struct eb_web_socket *s)
{
    char text[160];
    (void)snprintf(text, sizeof(text), "the other side sent %s", s->reader.why);
    close_send(s, s->reader.code);
    end_with(s, true, 0, s->reader.code == EB_WS_TOO_LONG ? EB_E_FULL : EB_E_INVALID, text);
}

static void heard(struct eb_web_socket *s)
{
    if (s->h.heard != NULL) {
        s->h.heard(s->user);
    }
}

static void frames(struct eb_web_socket *s, const char *bytes, size_t len)
{
    while (len > 0 && s->state == SOCKET_OPEN && !s->closed) {
        size_t used = 0;
        switch (eb_ws_read(&s->reader, bytes, len, &used)) {
        case EB_WS_MORE:
            break;
        case EB_WS_MESSAGE:
            s->web->texted = true;
            s->h.text(s->user, s->reader.text, s->reader.len);
            break;
        case EB_WS_PINGED:
            (void)frame_send(s, EB_WS_PONG, (const char *)s->reader.control, s->reader.control_len);
            heard(s);
            break;
        case EB_WS_PONGED:
            heard(s);
            break;
        case EB_WS_CLOSED:
            closed_by_peer(s);
            break;
        case EB_WS_WRONG:
            wrong_from_peer(s);
            break;
        }
        bytes += used;
        len -= used;
    }
}

/* ---- the handshake ---- */

static bool shake_is_ours(struct eb_web_socket *s, const struct eb_http_head *h)
{
    char want[EB_WS_ACCEPT_SIZE];
    const char *got = eb_http_header(h, "sec-websocket-accept");
    return got != NULL && eb_ws_accept(s->key, want) && strcmp(got, want) == 0 &&
           eb_http_has_word(h, "upgrade", "websocket") && eb_http_has_word(h, "connection", "upgrade") &&
           eb_http_header(h, "sec-websocket-extensions") == NULL;
}

static void shake(struct eb_web_socket *s, const char *bytes, size_t len)
{
    if (eb_buffer_add(&s->head, bytes, len) != EB_OK) {
        end_with(s, false, 0, EB_E_FULL, "the answer to the handshake is too long");
        return;
    }
    size_t n = eb_http_head_length(s->head.data, s->head.len);
    if (n == 0) {
        return;
    }
    struct eb_http_head h;
    if (eb_http_answer_parse(s->head.data, n, &h) != EB_OK) {
        end_with(s, false, 0, EB_E_INVALID, "the answer to the handshake is no HTTP");
        return;
    }
    if (h.status != 101) {
        char text[80];
        (void)snprintf(text, sizeof(text), "the handshake was refused with HTTP status %d", h.status);
        end_with(s, false, h.status, EB_E_REFUSED, text);
        return;
    }
    if (!shake_is_ours(s, &h)) {
        end_with(s, false, 0, EB_E_INVALID, "the answer to the handshake is no WebSocket's");
        return;
    }
    s->state = SOCKET_OPEN;
    timers_close(s);
    s->h.opened(s->user);
    frames(s, s->head.data + n, s->head.len - n);
}

static void data_cb(void *user, char *bytes, size_t len)
{
    struct eb_web_socket *s = user;
    enter(s);
    if (s->state == SOCKET_SHAKING) {
        shake(s, bytes, len);
    } else {
        frames(s, bytes, len);
    }
    leave(s);
}

static void opened_cb(void *user)
{
    struct eb_web_socket *s = user;
    const char *target = s->url.target;
    char port[8] = "";
    if (s->url.port != (s->url.tls ? 443 : 80)) {
        (void)snprintf(port, sizeof(port), ":%u", (unsigned)s->url.port);
    }
    struct eb_buffer b;
    eb_buffer_init(&b, EB_URL_MAX + 1024);
    (void)eb_buffer_printf(&b,
                           "GET %s%s HTTP/1.1\r\nHost: %s%s%s%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\nUser-Agent: %s\r\n\r\n",
                           target[0] == '/' ? "" : "/", target, s->url.v6 ? "[" : "", s->url.host, s->url.v6 ? "]" : "",
                           port, s->key, s->web->user_agent);
    s->state = SOCKET_SHAKING;
    enter(s);
    if (b.failed || eb_conn_write(s->conn, b.data, b.len) != EB_OK) {
        end_with(s, false, 0, EB_E_IO, "the handshake could not be written");
    }
    eb_buffer_deinit(&b);
    leave(s);
}

static void lost_cb(void *user, const struct eb_err *err)
{
    struct eb_web_socket *s = user;
    bool other = err->code != EB_E_REFUSED; /* a certificate is not better elsewhere, and must be told */
    if (s->state == SOCKET_CONNECTING && other && s->next < s->to.count) {
        s->last = *err;
        eb_conn_close(s->conn);
        s->conn = NULL;
        eb_timer_set(s->attempt, 0);
        return;
    }
    enter(s);
    end(s, false, 0, err);
    leave(s);
}

/* ---- connecting ---- */

static const struct eb_conn_handlers conn_handlers = {.opened = opened_cb, .data = data_cb, .closed = lost_cb};

static void connect_next(struct eb_web_socket *s)
{
    struct eb_web_real *w = s->web;
    eb_conn_close(s->conn);
    s->conn = NULL;
    while (s->next < s->to.count) {
        struct sockaddr_storage to;
        eb_address_port(&s->to.at[s->next++], s->url.port, &to);
        struct eb_conn_options o = {
            .tls = s->url.tls ? w->tls : NULL,
            .name = s->url.host,
            .verify = !(w->loopback_unsafe && s->to.loopback),
            .limit = WAITING_MAX,
        };
        if (eb_conn_connect(w->loop, &w->conns, (const struct sockaddr *)&to, &o, &conn_handlers, s, &s->conn,
                            &s->last) == EB_OK) {
            if (s->next < s->to.count) {
                eb_timer_set(s->attempt, ATTEMPT_NS);
            }
            return;
        }
    }
    end(s, false, 0, &s->last);
}

static void attempt_cb(void *user)
{
    struct eb_web_socket *s = user;
    if (s->state == SOCKET_CONNECTING) {
        enter(s);
        connect_next(s);
        leave(s);
    }
}

static void late_cb(void *user)
{
    struct eb_web_socket *s = user;
    enter(s);
    end_with(s, false, 0, EB_E_BUDGET, "not open within the time allowed");
    leave(s);
}

static void found_cb(void *user, const struct eb_addresses *a, const struct eb_err *err)
{
    struct eb_web_socket *s = user;
    enter(s);
    if (err != NULL) {
        end(s, false, 0, err);
    } else {
        s->to = *a;
        connect_next(s);
    }
    leave(s);
}

static bool key_make(char out[25])
{
    uint8_t bytes[16];
    return getrandom(bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes) &&
           EVP_EncodeBlock((uint8_t *)out, bytes, sizeof(bytes)) == 24;
}

/* Parts of a socket that can fail, and its address. */
static int socket_fill(struct eb_web_socket *s, const char *url, struct eb_err *err)
{
    s->text = strdup(url);
    if (s->text == NULL || !key_make(s->key)) {
        return eb_err_set(err, EB_E_MEMORY, "web.socket", "no memory for a WebSocket");
    }
    int r = eb_url_parse(s->text, "ws", &s->url, err);
    if (r == EB_OK) {
        r = eb_timer_make(s->web->loop, late_cb, s, &s->deadline, err);
    }
    if (r == EB_OK) {
        r = eb_timer_make(s->web->loop, attempt_cb, s, &s->attempt, err);
    }
    if (r != EB_OK) {
        return r;
    }
    eb_url_public(url, s->what, sizeof(s->what));
    const struct eb_addresses *a = eb_resolver_known(s->web->resolver, s->url.host);
    if (a == NULL) {
        return eb_resolver_ask(s->web->resolver, s->url.host, &s->lookup, err);
    }
    s->to = *a;
    eb_timer_set(s->attempt, 0);
    return EB_OK;
}

int eb_web_socket_open(void *web, const char *url, size_t message_max, int64_t deadline_ns,
                       const struct eb_web_socket_handlers *h, void *user, struct eb_web_socket **out,
                       struct eb_err *err)
{
    struct eb_web_real *w = web;
    struct eb_web_socket *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "web.socket", "no memory for a WebSocket");
    }
    s->web = w;
    s->h = *h;
    s->user = user;
    s->chance_at = CHANCE;
    s->lookup.found = found_cb;
    s->lookup.user = s;
    eb_link_init(&s->lookup.link);
    eb_buffer_init(&s->head, HEAD_MAX + sizeof(w->loop->read_buffer));
    eb_ws_reader_init(&s->reader, false, message_max);
    int r = socket_fill(s, url, err);
    if (r != EB_OK) {
        timers_close(s);
        socket_free(s);
        return r;
    }
    eb_timer_set(s->deadline, deadline_ns);
    eb_link_append(&w->sockets, &s->link);
    *out = s;
    return EB_OK;
}

void eb_web_socket_close(struct eb_web_socket *s)
{
    if (s == NULL || s->closed) {
        return;
    }
    if (s->state == SOCKET_OPEN) {
        close_send(s, EB_WS_NORMAL);
        eb_conn_finish(s->conn);
    } else {
        eb_conn_close(s->conn);
    }
    s->conn = NULL;
    s->closed = true;
    s->state = SOCKET_ENDED;
    eb_lookup_forget(&s->lookup);
    eb_link_remove(&s->link);
    timers_close(s);
    if (s->busy == 0) {
        socket_free(s);
    }
}

void eb_web_sockets_close(struct eb_web_real *w)
{
    while (!eb_link_empty(&w->sockets)) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what is freed has left its ring */
        eb_web_socket_close((struct eb_web_socket *)w->sockets.next);
    }
}
