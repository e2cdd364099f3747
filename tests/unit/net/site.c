/* SPDX-License-Identifier: Apache-2.0 */
/* See site.h. */
#define _GNU_SOURCE

#include "site.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "net/ws_frame.h"

/* ---- the server ---- */

static void answer_long(struct eb_httpd_call *call, const char *query)
{
    size_t len = (size_t)strtoul(query, NULL, 10);
    char *body = malloc(len + 1);
    assert_non_null(body);
    memset(body, 'x', len);
    eb_httpd_answer(call, 200, "", body, len);
    free(body);
}

static void on_request(void *user, struct eb_httpd_call *call, const struct eb_httpd_request *r)
{
    struct site *s = user;
    s->requests++;
    assert_int_equal(r->body[r->body_len], '\0');
    if (strcmp(r->path, "/never") == 0) {
        s->held = call;
    } else if (strcmp(r->path, "/cut") == 0) {
        eb_httpd_cut(call);
    } else if (strcmp(r->path, "/long") == 0) {
        answer_long(call, r->query);
    } else if (strncmp(r->path, "/status/", 8) == 0) {
        eb_httpd_answer(call, (int)strtol(r->path + 8, NULL, 10), "Retry-After: 7\r\nX-Two:  a b \r\n", "no", 2);
    } else {
        char key[64] = "-";
        char text[3000];
        (void)eb_httpd_header(call, "x-mbx-apikey", key, sizeof(key));
        int n = snprintf(text, sizeof(text), "%s|%s|%s|%s|%s|%s", r->method, r->path, r->query, key, r->body, r->peer);
        eb_httpd_answer(call, 200, "Content-Type: text/plain\r\n", text, (size_t)n);
    }
}

static void on_gone(void *user, struct eb_httpd_call *call)
{
    struct site *s = user;
    assert_ptr_equal(call, s->held);
    s->held = NULL;
    s->gone++;
}

static int on_opening(void *user, const char *path, const char *query, const char *address, void **peer)
{
    assert_true(strcmp(address, "127.0.0.1") == 0 || strcmp(address, "::1") == 0);
    *peer = user;
    if (strcmp(path, "/refused") == 0) {
        return 403;
    }
    assert_string_equal(path, "/ws");
    assert_true(strlen(query) < 3000);
    return 0;
}

static void on_opened(void *peer, struct eb_httpd_socket *socket)
{
    struct site *s = peer;
    s->peer = socket;
    s->opened++;
}

static void on_text(void *peer, const char *bytes, size_t len)
{
    struct site *s = peer;
    s->texts++;
    s->text_len = len;
    assert_int_equal(strlen(bytes), len);
    if (strcmp(bytes, "ping me") == 0) {
        assert_int_equal(eb_httpd_ping(s->peer), EB_OK);
    } else if (strcmp(bytes, "close me") == 0) {
        eb_httpd_socket_close(s->peer, 4001);
        s->peer = NULL;
    } else if (strcmp(bytes, "cut me") == 0) {
        eb_httpd_socket_cut(s->peer);
        s->peer = NULL;
    } else {
        assert_int_equal(eb_httpd_send(s->peer, bytes, len), EB_OK);
    }
}

static void on_ponged(void *peer)
{
    ((struct site *)peer)->ponged++;
}

static void on_closed(void *peer)
{
    struct site *s = peer;
    s->peer = NULL;
    s->closed++;
}

void site_open(struct site *s, struct rig *r)
{
    static const struct eb_httpd_handlers handlers = {
        .request = on_request,
        .gone = on_gone,
        .opening = on_opening,
        .opened = on_opened,
        .text = on_text,
        .ponged = on_ponged,
        .closed = on_closed,
    };
    s->rig = r;
    if (s->options.address == NULL) {
        s->options.address = "127.0.0.1";
    }
    assert_int_equal(eb_httpd_open(r->loop, &s->options, &handlers, s, &s->server, &r->err), EB_OK);
    assert_int_equal(eb_web_open(r->loop, &s->client, &s->real, &r->err), EB_OK);
    s->web = eb_web_port(s->real);
}

void site_close(struct site *s)
{
    eb_web_close(s->real);
    eb_httpd_close(s->server);
}

static const char *address(struct site *s, const char *scheme, const char *path)
{
    (void)snprintf(s->url, sizeof(s->url), "%s%s://127.0.0.1:%u%s", scheme, s->options.certificate == NULL ? "" : "s",
                   (unsigned)eb_httpd_port(s->server), path);
    return s->url;
}

const char *site_url(struct site *s, const char *path)
{
    return address(s, "http", path);
}

const char *site_ws(struct site *s, const char *path)
{
    return address(s, "ws", path);
}

/* ---- requests ---- */

void got_done(void *user, const struct eb_web_answer *a)
{
    struct got *g = user;
    g->done++;
    g->fate = a->fate;
    g->status = a->status;
    g->len = a->len;
    assert_int_equal(a->body[a->len], '\0');
    (void)snprintf(g->body, sizeof(g->body), "%s", a->body);
    (void)snprintf(g->headers, sizeof(g->headers), "%s", a->headers);
    g->sent_ns = a->sent_ns;
    g->answered_ns = a->answered_ns;
    g->err = a->err;
    assert_int_equal(a->fate == EB_WEB_ANSWERED, a->err.code == EB_OK);
}

struct eb_web_call *ask_only(struct site *s, const char *method, const char *url, int64_t deadline_ns,
                             size_t answer_max, struct got *g)
{
    struct eb_web_call *call = NULL;
    struct eb_web_request r = {.method = method, .url = url, .deadline_ns = deadline_ns, .answer_max = answer_max};
    memset(g, 0, sizeof(*g));
    assert_int_equal(s->web.ops->request(s->web.web, &r, got_done, g, &call, &s->rig->err), EB_OK);
    assert_int_equal(g->done, 0);
    return call;
}

void ask(struct site *s, const char *method, const char *url, const char *body, struct got *g)
{
    static const char *const headers[] = {"X-MBX-APIKEY: the key", NULL};
    struct eb_web_call *call = NULL;
    struct eb_web_request r = {
        .method = method,
        .url = url,
        .headers = headers,
        .body = body,
        .body_len = body == NULL ? 0 : strlen(body),
        .deadline_ns = INT64_C(20000000000),
        .answer_max = 1 << 20,
    };
    memset(g, 0, sizeof(*g));
    assert_int_equal(s->web.ops->request(s->web.web, &r, got_done, g, &call, &s->rig->err), EB_OK);
    assert_int_equal(g->done, 0);
    rig_until(s->rig, &g->done, 1);
}

/* ---- WebSockets ---- */

static void ear_opened(void *user)
{
    ((struct ear *)user)->opened++;
}

static void ear_text(void *user, const char *bytes, size_t len)
{
    struct ear *e = user;
    e->texts++;
    e->len = len;
    e->hash = eb_hash64(e->hash, bytes, len);
    assert_int_equal(bytes[len], '\0');
    (void)snprintf(e->last, sizeof(e->last), "%s", bytes);
    if (e->leaves) {
        e->site->web.ops->close(e->s);
        e->s = NULL;
    }
}

static void ear_heard(void *user)
{
    ((struct ear *)user)->heard++;
}

static void ear_closed(void *user, int status, const struct eb_err *err)
{
    struct ear *e = user;
    e->closed++;
    e->status = status;
    e->err = *err;
}

const struct eb_web_socket_handlers ear_handlers = {
    .opened = ear_opened, .text = ear_text, .heard = ear_heard, .closed = ear_closed};

void ear_open(struct ear *e, struct site *s, const char *url, size_t message_max)
{
    e->site = s;
    assert_int_equal(
        s->web.ops->open(s->web.web, url, message_max, INT64_C(20000000000), &ear_handlers, e, &e->s, &s->rig->err),
        EB_OK);
    assert_int_equal(e->opened + e->closed, 0);
}

/* ---- servers that misbehave ---- */

static void *rough_main(void *user)
{
    struct rough *r = user;
    for (;;) {
        int fd = accept(r->listener, NULL, NULL);
        if (fd < 0 || atomic_load(&r->over)) {
            if (fd >= 0) {
                (void)close(fd);
            }
            return NULL;
        }
        r->serve(r, fd, atomic_fetch_add(&r->connections, 1));
        (void)close(fd);
    }
}

void rough_open(struct rough *r, void (*serve)(struct rough *r, int fd, int nth))
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(a);
    r->serve = serve;
    r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(r->listener, (const struct sockaddr *)&a, len), 0);
    assert_int_equal(listen(r->listener, 16), 0);
    assert_int_equal(getsockname(r->listener, (struct sockaddr *)&a, &len), 0);
    r->port = ntohs(a.sin_port);
    assert_int_equal(pthread_create(&r->thread, NULL, rough_main, r), 0);
}

void rough_close(struct rough *r)
{
    atomic_store(&r->over, true);
    (void)shutdown(r->listener, SHUT_RDWR); /* wakes the thread */
    assert_int_equal(pthread_join(r->thread, NULL), 0);
    (void)close(r->listener);
}

bool rough_request(struct rough *r, int fd, char *out, size_t cap)
{
    size_t len = 0;
    while (len + 1 < cap) {
        ssize_t n = recv(fd, out + len, 1, 0);
        if (n <= 0) {
            return false;
        }
        len++;
        out[len] = '\0';
        if (len >= 4 && strcmp(out + len - 4, "\r\n\r\n") == 0) {
            (void)atomic_fetch_add(&r->requests, 1);
            return true;
        }
    }
    return false;
}

void rough_say(int fd, const char *text)
{
    (void)send(fd, text, strlen(text), MSG_NOSIGNAL);
}

void rough_accept(int fd, const char *head)
{
    const char *at = strstr(head, "Sec-WebSocket-Key: ");
    char key[64] = "";
    char accept_key[EB_WS_ACCEPT_SIZE] = "";
    char text[256];
    if (at != NULL) {
        (void)snprintf(key, sizeof(key), "%.24s", at + strlen("Sec-WebSocket-Key: "));
    }
    (void)eb_ws_accept(key, accept_key);
    (void)snprintf(text, sizeof(text),
                   "HTTP/1.1 101 x\r\nupgrade: WebSocket\r\nconnection: keep-alive, Upgrade\r\n"
                   "sec-websocket-accept: %s\r\n\r\n",
                   accept_key);
    rough_say(fd, text);
}
