/* SPDX-License-Identifier: Apache-2.0 */
/* The web client as a whole: what its parts share, its timers, and when a pass that brought texts is over. */
#define _GNU_SOURCE

#include "net/web.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/conn.h"
#include "net/tls.h"
#include "net/web_inner.h"

struct eb_web_timer {
    struct eb_link link; /* first */
    struct eb_timer *timer;
};

/* ---- answers ---- */

bool eb_web_header(const struct eb_web_answer *answer, const char *name, char *out, size_t cap)
{
    size_t n = strlen(name);
    for (const char *line = answer->headers; line != NULL && *line != '\0';) {
        size_t len = strcspn(line, "\n");
        if (len > n && strncmp(line, name, n) == 0 && line[n] == ':') {
            const char *value = line + n + 1;
            value += strspn(value, " ");
            size_t size = (size_t)(line + len - value);
            if (size >= cap) {
                return false;
            }
            memcpy(out, value, size);
            out[size] = '\0';
            return true;
        }
        line += len + (line[len] == '\n' ? 1 : 0);
    }
    return false;
}

/* ---- timers ---- */

static int timer_open(void *web, void (*fire)(void *user), void *user, struct eb_web_timer **out, struct eb_err *err)
{
    struct eb_web_real *w = web;
    struct eb_web_timer *t = calloc(1, sizeof(*t));
    if (t == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "web.timer", "no memory for a timer");
    }
    int r = eb_timer_open(w->loop, fire, user, &t->timer, err);
    if (r != EB_OK) {
        free(t);
        return r;
    }
    eb_link_append(&w->timers, &t->link);
    *out = t;
    return EB_OK;
}

static void timer_set(struct eb_web_timer *t, int64_t delay_ns)
{
    if (delay_ns < 0) {
        eb_timer_stop(t->timer);
    } else {
        eb_timer_set(t->timer, delay_ns);
    }
}

static void timer_close(struct eb_web_timer *t)
{
    if (t != NULL) {
        eb_link_remove(&t->link);
        eb_timer_close(t->timer);
        free(t);
    }
}

/* ---- the pass ---- */

static void check_cb(uv_check_t *check)
{
    struct eb_web_real *w = check->data;
    if (w->texted) {
        w->texted = false;
        if (w->after != NULL) {
            w->after(w->after_user);
        }
    }
}

static void after_texts(void *web, void (*fn)(void *user), void *user)
{
    struct eb_web_real *w = web;
    w->after = fn;
    w->after_user = user;
}

static int64_t now_ns(void *web)
{
    (void)web;
    return eb_monotonic_ns();
}

/* ---- life ---- */

static void freed_cb(uv_handle_t *handle)
{
    struct eb_web_real *w = handle->data;
    if (--w->closing == 0) {
        free(w);
    }
}

int eb_web_open(struct eb_loop *l, const struct eb_web_options *o, struct eb_web_real **out, struct eb_err *err)
{
    struct eb_web_real *w = calloc(1, sizeof(*w));
    if (w == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "web.open", "no memory for the web client");
    }
    w->loop = l;
    w->loopback_unsafe = o->loopback_unsafe;
    (void)snprintf(w->user_agent, sizeof(w->user_agent), "%s", o->user_agent == NULL ? "exitbrain" : o->user_agent);
    eb_link_init(&w->calls);
    eb_link_init(&w->sockets);
    eb_link_init(&w->timers);
    eb_link_init(&w->conns);
    eb_link_init(&w->idle);
    EB_ASSERT(uv_timer_init(&l->uv, &w->curl_timer) == 0);
    EB_ASSERT(uv_check_init(&l->uv, &w->check) == 0);
    w->curl_timer.data = w;
    w->check.data = w;
    w->closing = 2;
    l->open[EB_HANDLE_WEB]++;
    (void)uv_check_start(&w->check, check_cb);
    uv_unref((uv_handle_t *)&w->check);
    int r = eb_tls_roots(o->ca_file, &w->roots, err);
    if (r == EB_OK) {
        r = eb_tls_client(w->roots, &w->tls, err);
    }
    if (r == EB_OK) {
        r = eb_resolver_create(l, &w->resolver, err);
    }
    if (r == EB_OK) {
        r = eb_web_http_open(w, err);
    }
    if (r != EB_OK) {
        eb_web_close(w);
        return r;
    }
    *out = w;
    return EB_OK;
}

void eb_web_close(struct eb_web_real *w)
{
    if (w == NULL) {
        return;
    }
    EB_ASSERT(!w->closed);
    w->closed = true;
    w->after = NULL;
    eb_web_http_close(w);
    eb_web_sockets_close(w);
    eb_conn_close_all(&w->conns);
    while (!eb_link_empty(&w->timers)) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what is freed has left its ring */
        timer_close((struct eb_web_timer *)w->timers.next);
    }
    eb_resolver_close(w->resolver);
    SSL_CTX_free(w->tls);
    X509_STORE_free(w->roots);
    w->loop->open[EB_HANDLE_WEB]--;
    uv_close((uv_handle_t *)&w->curl_timer, freed_cb);
    uv_close((uv_handle_t *)&w->check, freed_cb);
}

struct eb_web eb_web_port(struct eb_web_real *w)
{
    static const struct eb_web_ops ops = {
        .request = eb_web_http_request,
        .cancel = eb_web_http_cancel,
        .open = eb_web_socket_open,
        .send = eb_web_socket_send,
        .close = eb_web_socket_close,
        .now_ns = now_ns,
        .timer_open = timer_open,
        .timer_set = timer_set,
        .timer_close = timer_close,
        .after_texts = after_texts,
    };
    return (struct eb_web){.web = w, .ops = &ops};
}
