/* SPDX-License-Identifier: Apache-2.0 */
/*
 * struct eb_web without a socket and in virtual time: what a client asks ends in the exchange of the same process.
 *
 *     request(), send() -> latency -> eb_fapi_http(), session -> latency -> done(), text()
 *
 * One queue holds everything that will happen, by time, then by order of asking: so a run repeats itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venue/fapi/twin_inner.h"

#define NS_PER_MS INT64_C(1000000)
#define URL_MAX 8192

static const char area[] = "twin";

/* ---- handles ----------------------------------------------------------------------------------------------------- */

static char *copy(const char *text, size_t len)
{
    char *out = malloc(len + 1);
    EB_ASSERT(out != NULL);
    if (len > 0) {
        memcpy(out, text, len);
    }
    out[len] = '\0';
    return out;
}

static void call_free(struct eb_web_call *c)
{
    if (c->prev != NULL) {
        c->prev->next = c->next;
    } else {
        c->t->calls = c->next;
    }
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }
    free(c->method);
    free(c->path);
    free(c->query);
    free(c->body);
    free(c);
}

static void call_release(struct eb_web_call *c)
{
    if (--c->held == 0 && (c->dead || c->told)) {
        call_free(c);
    }
}

static void socket_release(struct eb_web_socket *s)
{
    if (--s->held == 0 && s->dead) {
        free(s->path);
        free(s->query);
        free(s);
    }
}

static void timer_release(struct eb_web_timer *m)
{
    if (--m->held == 0 && m->dead) {
        free(m);
    }
}

/* "scheme://host/path?query" -> path, query. */
static void split(const char *url, char **path, char **query)
{
    const char *host = strstr(url, "://");
    const char *at = host != NULL ? strchr(host + 3, '/') : NULL;
    at = at != NULL ? at : "/";
    size_t len = strcspn(at, "?");
    *path = copy(at, len);
    *query = copy(at[len] == '?' ? at + len + 1 : "", at[len] == '?' ? strlen(at + len + 1) : 0);
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static int request(void *web, const struct eb_web_request *r, eb_web_done done, void *user, struct eb_web_call **out,
                   struct eb_err *err)
{
    struct eb_fapi_twin *t = web;
    if (strstr(r->url, "://") == NULL || strlen(r->url) >= URL_MAX) {
        return eb_err_set(err, EB_E_INVALID, area, "no URL, or one that is too long");
    }
    struct eb_web_call *c = calloc(1, sizeof(*c));
    EB_ASSERT(c != NULL);
    c->t = t;
    c->done = done;
    c->user = user;
    c->method = copy(r->method, strlen(r->method));
    split(r->url, &c->path, &c->query);
    c->body = copy(r->body != NULL ? r->body : "", r->body != NULL ? r->body_len : 0);
    c->body_len = r->body != NULL ? r->body_len : 0;
    c->answer_max = r->answer_max;
    c->sent_ns = t->now_ns;
    for (size_t i = 0; r->headers != NULL && r->headers[i] != NULL; i++) {
        if (strncmp(r->headers[i], "X-MBX-APIKEY: ", 14) == 0) {
            (void)snprintf(c->key, sizeof(c->key), "%s", r->headers[i] + 14);
        }
    }
    c->next = t->calls;
    if (t->calls != NULL) {
        t->calls->prev = c;
    }
    t->calls = c;
    c->held = 2; /* the arrival and the deadline */
    fapi_twin_add(t, (struct twin_event){.kind = TWIN_ARRIVE, .of.call = c}, t->now_ns + t->latency_ns);
    fapi_twin_add(t, (struct twin_event){.kind = TWIN_DEADLINE, .of.call = c}, t->now_ns + r->deadline_ns);
    *out = c;
    return EB_OK;
}

static void cancel(struct eb_web_call *c)
{
    c->dead = true;
}

static void answered(void *user, const struct eb_fapi_answer *a)
{
    struct eb_web_call *c = user;
    struct eb_fapi_twin *t = c->t;
    struct twin_event e = {.kind = TWIN_ANSWER, .cut = a->cut, .status = a->status, .of.call = c};
    e.headers = strlen(a->headers) + 1;
    e.len = a->len;
    e.data = malloc(e.headers + a->len + 1);
    EB_ASSERT(e.data != NULL);
    memcpy(e.data, a->headers, e.headers);
    memcpy(e.data + e.headers, a->body, a->len);
    e.data[e.headers + a->len] = '\0';
    c->held++;
    fapi_twin_add(t, e, t->now_ns + t->latency_ns);
    call_release(c); /* what waited at the exchange */
}

static void tell(struct eb_web_call *c, const struct eb_web_answer *a)
{
    if (!c->dead && !c->told) {
        c->told = true;
        c->done(c->user, a);
    }
}

static void fail(struct eb_web_call *c, enum eb_web_fate fate, const char *why)
{
    struct eb_web_answer a = {.fate = (uint8_t)fate, .body = "", .headers = "", .sent_ns = c->sent_ns};
    a.answered_ns = c->t->now_ns;
    (void)eb_err_set(&a.err, EB_E_IO, area, "%s %s: %s", c->method, c->path, why);
    tell(c, &a);
}

/* "Name: value\r\n" -> "name: value\n", in place. */
static void lower(char *headers)
{
    char *to = headers;
    bool name = true;
    for (const char *from = headers; *from != '\0'; from++) {
        if (*from == '\r') {
            continue;
        }
        *to = name && *from >= 'A' && *from <= 'Z' ? (char)(*from - 'A' + 'a') : *from;
        name = *from == '\n' || (name && *from != ':');
        to++;
    }
    *to = '\0';
}

static void arrive(struct eb_web_call *c)
{
    const struct eb_fapi_request q = {.method = c->method,
                                      .path = c->path,
                                      .query = c->query,
                                      .body = c->body,
                                      .body_len = c->body_len,
                                      .api_key = c->key,
                                      .peer = "127.0.0.1"};
    c->held++; /* until it is answered; a fault that never answers keeps it, and the exchange's end frees nothing */
    eb_fapi_http(c->t->f, &q, answered, c);
}

static void answer(struct eb_web_call *c, struct twin_event *e)
{
    if (e->cut) {
        fail(c, EB_WEB_UNKNOWN, "the connection was lost before an answer came");
        return;
    }
    if (e->len > c->answer_max && c->answer_max > 0) {
        fail(c, EB_WEB_UNREADABLE, "the answer is longer than allowed");
        return;
    }
    lower(e->data);
    const struct eb_web_answer a = {.fate = EB_WEB_ANSWERED,
                                    .status = e->status,
                                    .headers = e->data,
                                    .body = e->data + e->headers,
                                    .len = e->len,
                                    .sent_ns = c->sent_ns,
                                    .answered_ns = c->t->now_ns};
    tell(c, &a);
}

/* ---- sockets ----------------------------------------------------------------------------------------------------- */

static void about(struct eb_web_socket *s, enum twin_kind kind, int status, const char *text, size_t len)
{
    struct twin_event e = {.kind = (uint8_t)kind, .status = status, .of.socket = s, .len = len};
    e.data = text != NULL ? copy(text, len) : NULL;
    s->held++;
    fapi_twin_add(s->t, e, s->t->now_ns + s->t->latency_ns);
}

static void peer_send(void *peer, const char *text, size_t len)
{
    about(peer, TWIN_DOWN, 0, text, len);
}

static void peer_ping(void *peer)
{
    about(peer, TWIN_DOWN, 0, NULL, 0);
}

static void peer_close(void *peer, int code)
{
    struct eb_web_socket *s = peer;
    s->session = NULL;
    about(s, TWIN_CLOSED, code, NULL, 0);
}

static int open_socket(void *web, const char *url, size_t message_max, int64_t deadline_ns,
                       const struct eb_web_socket_handlers *h, void *user, struct eb_web_socket **out,
                       struct eb_err *err)
{
    struct eb_fapi_twin *t = web;
    (void)deadline_ns;
    if (strstr(url, "://") == NULL) {
        return eb_err_set(err, EB_E_INVALID, area, "no URL");
    }
    struct eb_web_socket *s = calloc(1, sizeof(*s));
    EB_ASSERT(s != NULL);
    s->t = t;
    s->h = *h;
    s->user = user;
    s->message_max = message_max;
    split(url, &s->path, &s->query);
    s->peer = (struct eb_fapi_peer){.peer = s, .send = peer_send, .ping = peer_ping, .close = peer_close};
    about(s, TWIN_OPEN, 0, NULL, 0);
    *out = s;
    return EB_OK;
}

static int send_text(struct eb_web_socket *s, const char *text, size_t len)
{
    if (!s->open || s->ended) {
        return EB_E_END;
    }
    about(s, TWIN_UP, 0, text, len);
    return EB_OK;
}

static void close_socket(struct eb_web_socket *s)
{
    if (s != NULL && !s->dead) {
        s->dead = true;
        if (s->session != NULL) {
            struct eb_fapi_session *session = s->session;
            s->session = NULL;
            eb_fapi_session_gone(session);
        }
        s->held++;
        socket_release(s);
    }
}

static void closed(struct eb_web_socket *s, int status, const char *why)
{
    if (!s->dead && !s->ended) {
        struct eb_err err;
        (void)eb_err_set(&err, EB_E_END, area, "%s: %s", s->path, why);
        s->ended = true;
        s->open = false;
        s->h.closed(s->user, status, &err);
    }
}

static void opening(struct eb_web_socket *s)
{
    if (s->dead) {
        return;
    }
    int status = eb_fapi_session_open(s->t->f, s->path, s->query, "127.0.0.1", &s->peer, &s->session);
    about(s, status == 0 ? TWIN_OPENED : TWIN_CLOSED, status, NULL, 0);
}

static void down(struct eb_web_socket *s, const struct twin_event *e)
{
    if (s->dead || !s->open) {
        return;
    }
    if (e->data == NULL) {
        if (s->h.heard != NULL) {
            s->h.heard(s->user);
        }
        if (!s->dead && s->session != NULL) {
            eb_fapi_session_ponged(s->session);
        }
    } else if (e->len > s->message_max) {
        closed(s, 1009, "a message is longer than allowed");
    } else {
        s->t->texts = true;
        s->h.text(s->user, e->data, e->len);
    }
}

static void about_socket(struct eb_web_socket *s, const struct twin_event *e)
{
    if (e->kind == TWIN_OPEN) {
        opening(s);
    } else if (e->kind == TWIN_OPENED && !s->dead && s->session != NULL) {
        s->open = true;
        s->h.opened(s->user);
    } else if (e->kind == TWIN_UP && s->session != NULL) {
        eb_fapi_session_text(s->session, e->data, e->len);
    } else if (e->kind == TWIN_DOWN) {
        down(s, e);
    } else if (e->kind == TWIN_CLOSED) {
        closed(s, e->status, e->status == 0 ? "the connection was lost" : "the exchange closed it");
    }
    socket_release(s);
}

/* ---- timers ------------------------------------------------------------------------------------------------------ */

static int64_t now_ns(void *web)
{
    return ((struct eb_fapi_twin *)web)->now_ns;
}

static int timer_open(void *web, void (*fire)(void *user), void *user, struct eb_web_timer **out, struct eb_err *err)
{
    (void)err;
    struct eb_web_timer *m = calloc(1, sizeof(*m));
    EB_ASSERT(m != NULL);
    m->t = web;
    m->fire = fire;
    m->user = user;
    *out = m;
    return EB_OK;
}

static void timer_set(struct eb_web_timer *m, int64_t delay_ns)
{
    m->setting++;
    if (delay_ns >= 0) {
        m->held++;
        fapi_twin_add(m->t, (struct twin_event){.kind = TWIN_TIMER, .setting = m->setting, .of.timer = m},
                      m->t->now_ns + delay_ns);
    }
}

static void timer_close(struct eb_web_timer *m)
{
    if (m != NULL) {
        m->dead = true;
        m->held++;
        timer_release(m);
    }
}

static void after_texts(void *web, void (*fn)(void *user), void *user)
{
    struct eb_fapi_twin *t = web;
    t->after = fn;
    t->after_user = user;
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static void happen(struct twin_event *e)
{
    struct eb_web_call *c = e->of.call;
    if (e->kind == TWIN_ARRIVE) {
        arrive(c);
        call_release(c);
    } else if (e->kind == TWIN_ANSWER) {
        answer(c, e);
        call_release(c);
    } else if (e->kind == TWIN_DEADLINE) {
        fail(c, EB_WEB_UNKNOWN, "no answer within its time");
        call_release(c);
    } else if (e->kind == TWIN_TIMER) {
        struct eb_web_timer *m = e->of.timer;
        if (!m->dead && m->setting == e->setting) {
            m->fire(m->user);
        }
        timer_release(m);
    } else {
        about_socket(e->of.socket, e);
    }
    free(e->data);
}

static void tell_after(struct eb_fapi_twin *t)
{
    if (t->texts) {
        t->texts = false;
        if (t->after != NULL) {
            t->after(t->after_user);
        }
    }
}

void eb_fapi_twin_run(struct eb_fapi_twin *t, int64_t until_ms)
{
    int64_t until_ns = until_ms * NS_PER_MS;
    for (;;) {
        int64_t mine_ns = t->count > 0 ? t->heap[0].at_ns : INT64_MAX;
        int64_t exchange_ms = eb_fapi_next_ms(t->f);
        int64_t its_ns = exchange_ms > until_ms ? INT64_MAX : exchange_ms * NS_PER_MS;
        int64_t at_ns = mine_ns < its_ns ? mine_ns : its_ns;
        at_ns = at_ns > t->now_ns ? at_ns : t->now_ns;
        if (at_ns > t->now_ns) {
            tell_after(t);
            if (t->count > 0 && t->heap[0].at_ns < at_ns) {
                continue; /* it has asked for something sooner */
            }
        }
        if ((mine_ns == INT64_MAX && its_ns == INT64_MAX) || at_ns > until_ns) {
            break;
        }
        t->now_ns = at_ns;
        eb_fapi_run(t->f, at_ns / NS_PER_MS);
        if (its_ns > mine_ns) {
            struct twin_event e = fapi_twin_take(t);
            happen(&e);
        }
    }
    tell_after(t);
    t->now_ns = until_ns > t->now_ns ? until_ns : t->now_ns;
    eb_fapi_run(t->f, until_ms);
}

int64_t eb_fapi_twin_now_ns(const struct eb_fapi_twin *t)
{
    return t->now_ns;
}

/* ---- creation ---------------------------------------------------------------------------------------------------- */

int eb_fapi_twin_create(struct eb_fapi *f, int64_t latency_ms, struct eb_fapi_twin **out, struct eb_err *err)
{
    struct eb_fapi_twin *t = calloc(1, sizeof(*t));
    if (t == NULL) {
        return eb_err_set(err, EB_E_MEMORY, area, "out of memory");
    }
    t->f = f;
    t->latency_ns = latency_ms * NS_PER_MS;
    t->now_ns = eb_fapi_now_ms(f) * NS_PER_MS;
    *out = t;
    return EB_OK;
}

void eb_fapi_twin_destroy(struct eb_fapi_twin *t)
{
    if (t == NULL) {
        return;
    }
    while (t->count > 0) {
        struct twin_event e = fapi_twin_take(t);
        if (e.kind == TWIN_TIMER) {
            timer_release(e.of.timer);
        } else if (e.kind > TWIN_DEADLINE) { /* calls go below */
            socket_release(e.of.socket);
        }
        free(e.data);
    }
    while (t->calls != NULL) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what is freed has left its list */
        eb_fapi_http_gone(t->f, t->calls);
        call_free(t->calls);
    }
    free(t->heap);
    free(t);
}

struct eb_web eb_fapi_twin_port(struct eb_fapi_twin *t)
{
    static const struct eb_web_ops ops = {.request = request,
                                          .cancel = cancel,
                                          .open = open_socket,
                                          .send = send_text,
                                          .close = close_socket,
                                          .now_ns = now_ns,
                                          .timer_open = timer_open,
                                          .timer_set = timer_set,
                                          .timer_close = timer_close,
                                          .after_texts = after_texts};
    return (struct eb_web){t, &ops};
}
