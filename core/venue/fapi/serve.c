/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exchange behind sockets, at wall time: bytes in and out of core/net/httpd.h, a timer for what happens by itself.
 *
 *     httpd request --> eb_fapi_http() --> answer            httpd socket <--> session
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "net/httpd.h"
#include "net/loop.h"
#include "venue/fapi/fapi.h"

#define NS_PER_MS INT64_C(1000000)

struct eb_fapi_server {
    struct eb_fapi *f;
    struct eb_httpd *httpd;
    struct eb_timer *timer;
    int64_t anchor_ms, anchor_ns, speed_ppm;
    int64_t ran_ms;
    struct peer *peers;
};

/* One WebSocket: its session there and its socket here; either may end first. */
struct peer {
    struct peer *next, *prev;
    struct eb_fapi_server *server;
    struct eb_httpd_socket *socket;
    struct eb_fapi_session *session;
    struct eb_fapi_peer port;
    bool closing; /* the exchange wants it closed before it has opened */
    char *path, *query;
    char address[64];
};

/* ---- time -------------------------------------------------------------------------------------------------------- */

static int64_t now_ms(const struct eb_fapi_server *s)
{
    int64_t passed_ns = eb_monotonic_ns() - s->anchor_ns;
    return s->anchor_ms + (int64_t)((eb_i128)passed_ns * s->speed_ppm / EB_PPM / NS_PER_MS);
}

static void rearm(struct eb_fapi_server *s)
{
    int64_t next_ms = eb_fapi_next_ms(s->f);
    if (next_ms == INT64_MAX) {
        eb_timer_stop(s->timer);
        return;
    }
    int64_t at_ns = s->anchor_ns + (int64_t)((eb_i128)(next_ms - s->anchor_ms) * NS_PER_MS * EB_PPM / s->speed_ppm);
    int64_t wait_ns = at_ns - eb_monotonic_ns();
    eb_timer_set(s->timer, wait_ns > 0 ? wait_ns : 0);
}

/* Whatever is due happens before what has just arrived. */
static void catch_up(struct eb_fapi_server *s)
{
    int64_t at_ms = now_ms(s);
    if (at_ms > s->ran_ms) {
        s->ran_ms = at_ms;
        eb_fapi_run(s->f, at_ms);
    }
}

static void fired(void *user)
{
    struct eb_fapi_server *s = user;
    catch_up(s);
    rearm(s);
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static void answered(void *user, const struct eb_fapi_answer *a)
{
    if (a->cut) {
        eb_httpd_cut(user);
    } else {
        eb_httpd_answer(user, a->status, a->headers, a->body, a->len);
    }
}

static void request(void *user, struct eb_httpd_call *call, const struct eb_httpd_request *r)
{
    struct eb_fapi_server *s = user;
    char key[256] = "";
    (void)eb_httpd_header(call, "x-mbx-apikey", key, sizeof(key));
    const struct eb_fapi_request q = {.method = r->method,
                                      .path = r->path,
                                      .query = r->query,
                                      .body = r->body,
                                      .body_len = r->body_len,
                                      .api_key = key,
                                      .peer = r->peer};
    catch_up(s);
    eb_fapi_http(s->f, &q, answered, call);
    rearm(s);
}

static void gone(void *user, struct eb_httpd_call *call)
{
    eb_fapi_http_gone(((struct eb_fapi_server *)user)->f, call);
}

/* ---- sockets ----------------------------------------------------------------------------------------------------- */

static void peer_release(struct peer *p)
{
    free(p->path);
    free(p->query);
    free(p);
}

static void peer_free(struct peer *p)
{
    if (p->prev != NULL) {
        p->prev->next = p->next;
    } else if (p->server->peers == p) {
        p->server->peers = p->next;
    }
    if (p->next != NULL) {
        p->next->prev = p->prev;
    }
    peer_release(p);
}

static void peer_send(void *user, const char *text, size_t len)
{
    struct peer *p = user;
    if (p->socket != NULL) {
        (void)eb_httpd_send(p->socket, text, len); /* one that does not read is cut, and closed() follows */
    }
}

static void peer_ping(void *user)
{
    struct peer *p = user;
    if (p->socket != NULL) {
        (void)eb_httpd_ping(p->socket);
    }
}

/* The session is over with this call. */
static void peer_close(void *user, int code)
{
    struct peer *p = user;
    p->session = NULL;
    if (p->socket == NULL) {
        p->closing = true;
        return;
    }
    if (code == 0) {
        eb_httpd_socket_cut(p->socket);
    } else {
        eb_httpd_socket_close(p->socket, code);
    }
    peer_free(p);
}

static int opening(void *user, const char *path, const char *query, const char *address, void **out)
{
    struct eb_fapi_server *s = user;
    struct peer *p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return 503;
    }
    p->server = s;
    p->path = strdup(path);
    p->query = strdup(query);
    p->port = (struct eb_fapi_peer){.peer = p, .send = peer_send, .ping = peer_ping, .close = peer_close};
    (void)snprintf(p->address, sizeof(p->address), "%s", address);
    if (p->path == NULL || p->query == NULL) {
        peer_free(p);
        return 503;
    }
    catch_up(s);
    int status = eb_fapi_session_open(s->f, p->path, p->query, p->address, &p->port, &p->session);
    if (status != 0) {
        peer_free(p);
        return status;
    }
    p->next = s->peers;
    if (s->peers != NULL) {
        s->peers->prev = p;
    }
    s->peers = p;
    *out = p;
    rearm(s); /* it wants to be pinged, and streams begin with their first listener */
    return 0;
}

static void opened(void *user, struct eb_httpd_socket *socket)
{
    struct peer *p = user;
    p->socket = socket;
    if (p->closing) {
        eb_httpd_socket_cut(socket);
        peer_free(p);
    }
}

static void text_came(void *user, const char *bytes, size_t len)
{
    struct peer *p = user;
    struct eb_fapi_server *s = p->server;
    catch_up(s);
    if (p->session != NULL) {
        eb_fapi_session_text(p->session, bytes, len);
    }
    rearm(s);
}

static void ponged(void *user)
{
    struct peer *p = user;
    if (p->session != NULL) {
        eb_fapi_session_ponged(p->session);
    }
}

static void closed(void *user)
{
    struct peer *p = user;
    if (p->session != NULL) {
        eb_fapi_session_gone(p->session);
    }
    peer_free(p);
}

/* ---- creation ---------------------------------------------------------------------------------------------------- */

int eb_fapi_serve_open(struct eb_loop *loop, struct eb_fapi *f, const struct eb_fapi_serve *o,
                       struct eb_fapi_server **out, struct eb_err *err)
{
    static const struct eb_httpd_handlers handlers = {.request = request,
                                                      .gone = gone,
                                                      .opening = opening,
                                                      .opened = opened,
                                                      .text = text_came,
                                                      .ponged = ponged,
                                                      .closed = closed};
    const struct eb_httpd_options options = {
        .address = o->address, .port = o->port, .certificate = o->certificate, .key = o->key};
    struct eb_fapi_server *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "sim", "out of memory");
    }
    s->f = f;
    s->speed_ppm = o->speed_ppm > 0 ? o->speed_ppm : EB_PPM;
    s->anchor_ms = eb_fapi_now_ms(f);
    s->anchor_ns = eb_monotonic_ns();
    int rc = eb_timer_open(loop, fired, s, &s->timer, err);
    rc = rc == EB_OK ? eb_httpd_open(loop, &options, &handlers, s, &s->httpd, err) : rc;
    if (rc != EB_OK) {
        eb_fapi_serve_close(s);
        return rc;
    }
    rearm(s);
    *out = s;
    return EB_OK;
}

void eb_fapi_serve_close(struct eb_fapi_server *s)
{
    if (s != NULL) {
        for (struct peer *p = s->peers, *next; p != NULL; p = next) {
            next = p->next;
            if (p->session != NULL) {
                eb_fapi_session_gone(p->session);
            }
            peer_release(p);
        }
        eb_httpd_close(s->httpd);
        eb_timer_close(s->timer);
        free(s);
    }
}

uint16_t eb_fapi_serve_port(const struct eb_fapi_server *s)
{
    return eb_httpd_port(s->httpd);
}
