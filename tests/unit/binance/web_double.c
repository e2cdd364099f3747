/* SPDX-License-Identifier: Apache-2.0 */
/* See web_double.h. All memory is kept until web_double_destroy(), so that a test can look at what is over. */
#define _POSIX_C_SOURCE 200809L

#include "web_double.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct web_double *of(void *web)
{
    return web;
}

struct web_double *web_double_create(void)
{
    struct web_double *d = calloc(1, sizeof *d);
    EB_ASSERT(d);
    d->now_ns = INT64_C(5000000000);
    d->server_ms = INT64_C(1700000000000);
    d->latency_ns = 10 * INT64_C(1000000);
    return d;
}

void web_double_destroy(struct web_double *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->rules; i++) {
        free(d->rule[i].headers);
        free(d->rule[i].body);
    }
    for (size_t i = 0; i < d->requests; i++)
        free(d->request[i].answer_body);
    for (size_t i = 0; i < d->sockets; i++)
        for (size_t k = 0; k < d->socket[i].sent_count; k++)
            free(d->socket[i].sent[k]);
    free(d);
}

int64_t web_double_server_ms(const struct web_double *d)
{
    return d->server_ms + d->now_ns / 1000000;
}

/* ---- the script -------------------------------------------------------------------------------------------------- */

static bool matches(const char *match, const char *target)
{
    size_t n = strlen(match);
    if (n > 0 && match[n - 1] == '*')
        return strncmp(match, target, n - 1) == 0;
    return strcmp(match, target) == 0;
}

static struct web_double_rule *add_rule(struct web_double *d, const char *match, const char *headers, const char *body)
{
    EB_ASSERT(d->rules < WEB_DOUBLE_RULES);
    struct web_double_rule *r = &d->rule[d->rules++];
    snprintf(r->match, sizeof r->match, "%s", match);
    r->headers = strdup(headers);
    r->body = strdup(body);
    EB_ASSERT(r->headers && r->body);
    return r;
}

void web_double_answer(struct web_double *d, const char *match, int status, const char *headers, const char *body)
{
    struct web_double_rule *r = add_rule(d, match, headers, body);
    r->fate = EB_WEB_ANSWERED;
    r->status = status;
}

void web_double_once(struct web_double *d, const char *match, uint8_t fate, int status, const char *headers,
                     const char *body)
{
    struct web_double_rule *r = add_rule(d, match, headers, body);
    r->once = true;
    r->fate = fate;
    r->status = status;
}

void web_double_silent(struct web_double *d, const char *match)
{
    struct web_double_rule *r = add_rule(d, match, "", "");
    r->once = r->silent = true;
}

/* Unused "once" rules in the order in which they were written, then the newest lasting one. */
static struct web_double_rule *find_rule(struct web_double *d, const char *target)
{
    for (size_t i = 0; i < d->rules; i++) {
        struct web_double_rule *r = &d->rule[i];
        if (r->once && !r->used && matches(r->match, target))
            return r;
    }
    for (size_t i = d->rules; i-- > 0;) {
        struct web_double_rule *r = &d->rule[i];
        if (!r->once && matches(r->match, target))
            return r;
    }
    return NULL;
}

static char *fill_in(const struct web_double *d, const char *body)
{
    size_t cap = strlen(body) + 64 * 4 + 1, used = 0;
    char *out = malloc(cap);
    EB_ASSERT(out);
    while (*body && used + 32 < cap) {
        if (strncmp(body, "$NOW", 4) == 0) {
            used += (size_t)snprintf(out + used, cap - used, "%lld", (long long)web_double_server_ms(d));
            body += 4;
        } else {
            out[used++] = *body++;
        }
    }
    EB_ASSERT(*body == 0);
    out[used] = 0;
    return out;
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static void record(struct eb_web_call *c, const struct eb_web_request *r)
{
    snprintf(c->method, sizeof c->method, "%s", r->method);
    EB_ASSERT(strlen(r->url) < sizeof c->url);
    snprintf(c->url, sizeof c->url, "%s", r->url);
    const char *path = strstr(r->url, "://");
    path = path ? strchr(path + 3, '/') : NULL;
    EB_ASSERT(path);
    size_t n = strcspn(path, "?");
    snprintf(c->target, sizeof c->target, "%s %.*s", r->method, (int)n, path);
    snprintf(c->query, sizeof c->query, "%s", path[n] ? path + n + 1 : "");
    size_t used = 0;
    for (size_t i = 0; r->headers && r->headers[i]; i++)
        used += (size_t)snprintf(c->headers + used, sizeof c->headers - used, "%s\n", r->headers[i]);
    if (r->body) {
        EB_ASSERT(r->body_len < sizeof c->body);
        memcpy(c->body, r->body, r->body_len);
    }
}

static int request(void *web, const struct eb_web_request *r, eb_web_done done, void *user, struct eb_web_call **out,
                   struct eb_err *err)
{
    (void)err;
    struct web_double *d = of(web);
    EB_ASSERT(d->requests < WEB_DOUBLE_REQUESTS);
    struct eb_web_call *c = &d->request[d->requests++];
    *c = (struct eb_web_call){
        .d = d, .done = done, .user = user, .at_ns = d->now_ns, .deadline_ns = d->now_ns + r->deadline_ns};
    record(c, r);
    struct web_double_rule *rule = find_rule(d, c->target);
    if (rule && rule->once)
        rule->used = true;
    if (rule && !rule->silent) {
        c->answering = true;
        c->due_ns = d->now_ns + d->latency_ns;
        c->fate = rule->fate;
        c->status = rule->status;
        snprintf(c->answer_headers, sizeof c->answer_headers, "%s", rule->headers);
        d->now_ns += d->latency_ns / 2; /* the server's clock is read half way */
        c->answer_body = fill_in(d, rule->body);
        d->now_ns -= d->latency_ns / 2;
    }
    *out = c;
    return EB_OK;
}

static void cancel(struct eb_web_call *c)
{
    c->over = c->cancelled = true;
}

static void finish(struct eb_web_call *c, uint8_t fate, int status, const char *headers, const char *body)
{
    c->over = true;
    struct eb_web_answer a = {.fate = fate,
                              .status = fate == EB_WEB_ANSWERED ? status : 0,
                              .body = fate == EB_WEB_ANSWERED ? body : "",
                              .headers = headers,
                              .sent_ns = c->at_ns,
                              .answered_ns = c->d->now_ns};
    a.len = strlen(a.body);
    if (fate != EB_WEB_ANSWERED)
        eb_err_set(&a.err, EB_E_IO, "web", "the double says: fate %u", (unsigned)fate);
    c->done(c->user, &a);
}

void web_double_reply(struct eb_web_call *c, uint8_t fate, int status, const char *headers, const char *body)
{
    EB_ASSERT(c && !c->over);
    char *text = fill_in(c->d, body);
    finish(c, fate, status, headers, text);
    free(text);
}

static bool header_of(const char *headers, const char *name, char *out, size_t cap)
{
    size_t n = strlen(name);
    for (const char *line = headers; *line;) {
        size_t len = strcspn(line, "\n");
        if (len > n + 1 && strncmp(line, name, n) == 0 && line[n] == ':') {
            const char *value = line + n + 1;
            size_t left = len - n - 1;
            while (left > 0 && *value == ' ')
                value++, left--;
            if (left >= cap)
                return false;
            memcpy(out, value, left);
            out[left] = 0;
            return true;
        }
        line += len;
        line += *line == '\n';
    }
    return false;
}

/* The real one stands in core/net/web*.c; a test that links this double needs none of it. */
__attribute__((weak)) bool eb_web_header(const struct eb_web_answer *a, const char *name, char *out, size_t cap)
{
    return header_of(a->headers ? a->headers : "", name, out, cap);
}

size_t web_double_count(const struct web_double *d, const char *match)
{
    size_t n = 0;
    for (size_t i = 0; i < d->requests; i++)
        n += matches(match, d->request[i].target);
    return n;
}

struct eb_web_call *web_double_last(struct web_double *d, const char *match, size_t n)
{
    for (size_t i = d->requests; i-- > 0;)
        if (matches(match, d->request[i].target) && n-- == 0)
            return &d->request[i];
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c - 'a' + 10;
}

bool web_double_param(const struct eb_web_call *c, const char *name, char *out, size_t cap)
{
    size_t n = strlen(name);
    for (const char *p = c->query; *p;) {
        size_t len = strcspn(p, "&");
        if (len > n && strncmp(p, name, n) == 0 && p[n] == '=') {
            size_t used = 0;
            for (const char *v = p + n + 1; v < p + len && used + 1 < cap; v++) {
                if (*v == '%') {
                    out[used++] = (char)(hex_digit(v[1]) * 16 + hex_digit(v[2]));
                    v += 2;
                } else {
                    out[used++] = *v;
                }
            }
            out[used] = 0;
            return true;
        }
        p += len;
        p += *p == '&';
    }
    return false;
}

/* ---- sockets ----------------------------------------------------------------------------------------------------- */

static int open_socket(void *web, const char *url, size_t message_max, int64_t deadline_ns,
                       const struct eb_web_socket_handlers *h, void *user, struct eb_web_socket **out,
                       struct eb_err *err)
{
    (void)message_max, (void)err;
    struct web_double *d = of(web);
    EB_ASSERT(d->sockets < WEB_DOUBLE_SOCKETS);
    struct eb_web_socket *s = &d->socket[d->sockets++];
    *s = (struct eb_web_socket){.d = d, .h = *h, .user = user, .refuse = d->refuse_sockets, .asked_ns = d->now_ns};
    s->due_ns = d->now_ns + (d->hold_sockets ? deadline_ns : d->latency_ns);
    if (d->hold_sockets)
        s->refuse = -1;
    snprintf(s->url, sizeof s->url, "%s", url);
    *out = s;
    return EB_OK;
}

static int send_text(struct eb_web_socket *s, const char *text, size_t len)
{
    if (!s->open || s->over)
        return EB_E_END;
    if (s->send_code != EB_OK)
        return s->send_code;
    EB_ASSERT(s->sent_count < WEB_DOUBLE_SENT);
    char *copy = strndup(text, len);
    EB_ASSERT(copy);
    s->sent_ns[s->sent_count] = s->d->now_ns;
    s->sent[s->sent_count++] = copy;
    return EB_OK;
}

static void close_socket(struct eb_web_socket *s)
{
    if (!s)
        return;
    s->over = s->closed_here = true;
    s->open = false;
}

struct eb_web_socket *web_double_socket(struct web_double *d, const char *part)
{
    for (size_t i = d->sockets; i-- > 0;)
        if (!d->socket[i].over && strstr(d->socket[i].url, part))
            return &d->socket[i];
    return NULL;
}

size_t web_double_sockets(const struct web_double *d, const char *part)
{
    size_t n = 0;
    for (size_t i = 0; i < d->sockets; i++)
        n += d->socket[i].open && strstr(d->socket[i].url, part) != NULL;
    return n;
}

void web_double_text(struct eb_web_socket *s, const char *text)
{
    EB_ASSERT(s && s->open);
    struct web_double *d = s->d;
    char *filled = fill_in(d, text);
    s->h.text(s->user, filled, strlen(filled));
    free(filled);
    if (d->after)
        d->after(d->after_user);
}

void web_double_heard(struct eb_web_socket *s)
{
    if (s->h.heard)
        s->h.heard(s->user);
}

void web_double_drop(struct eb_web_socket *s, int status)
{
    EB_ASSERT(s && !s->over);
    s->over = true;
    s->open = false;
    struct eb_err err;
    eb_err_set(&err, EB_E_IO, "web", "the other side closed the socket");
    s->h.closed(s->user, status, &err);
}

const char *web_double_sent(const struct eb_web_socket *s, size_t n)
{
    return n < s->sent_count ? s->sent[s->sent_count - 1 - n] : "";
}

size_t web_double_sent_with(const struct eb_web_socket *s, const char *part)
{
    size_t n = 0;
    for (size_t i = 0; i < s->sent_count; i++)
        n += strstr(s->sent[i], part) != NULL;
    return n;
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

static int64_t now_ns(void *web)
{
    return of(web)->now_ns;
}

static int timer_open(void *web, void (*fire)(void *user), void *user, struct eb_web_timer **out, struct eb_err *err)
{
    (void)err;
    struct web_double *d = of(web);
    for (size_t i = 0; i < WEB_DOUBLE_TIMERS; i++) {
        struct eb_web_timer *t = &d->timer[i];
        if (t->used)
            continue;
        *t = (struct eb_web_timer){.d = d, .used = true, .fire = fire, .user = user};
        *out = t;
        return EB_OK;
    }
    return EB_E_MEMORY;
}

static void timer_set(struct eb_web_timer *t, int64_t delay_ns)
{
    t->set = delay_ns >= 0;
    t->due_ns = t->d->now_ns + delay_ns;
}

static void timer_close(struct eb_web_timer *t)
{
    if (t)
        t->used = t->set = false;
}

static void after_texts(void *web, void (*fn)(void *user), void *user)
{
    of(web)->after = fn;
    of(web)->after_user = user;
}

struct due {
    int64_t at_ns;
    struct eb_web_timer *timer;
    struct eb_web_call *call;
    struct eb_web_socket *socket;
};

static void consider(struct due *best, struct due one)
{
    if (one.at_ns < best->at_ns)
        *best = one;
}

static struct due next_due(struct web_double *d, int64_t until_ns)
{
    struct due best = {.at_ns = until_ns + 1};
    for (size_t i = 0; i < d->requests; i++) {
        struct eb_web_call *c = &d->request[i];
        if (!c->over)
            consider(&best,
                     (struct due){.at_ns = c->answering && c->due_ns < c->deadline_ns ? c->due_ns : c->deadline_ns,
                                  .call = c});
    }
    for (size_t i = 0; i < d->sockets; i++) {
        struct eb_web_socket *s = &d->socket[i];
        if (!s->over && !s->open)
            consider(&best, (struct due){.at_ns = s->due_ns, .socket = s});
    }
    for (size_t i = 0; i < WEB_DOUBLE_TIMERS; i++) {
        struct eb_web_timer *t = &d->timer[i];
        if (t->used && t->set)
            consider(&best, (struct due){.at_ns = t->due_ns, .timer = t});
    }
    return best;
}

static void show_sent(struct web_double *d)
{
    if (!d->on_send)
        return;
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < d->sockets; i++) {
            struct eb_web_socket *s = &d->socket[i];
            if (s->shown >= s->sent_count || s->over)
                continue;
            more = true;
            d->on_send(d->on_send_user, s, s->sent[s->shown++]);
        }
    }
}

static void serve_call(struct eb_web_call *c)
{
    if (c->answering && c->due_ns < c->deadline_ns)
        finish(c, c->fate, c->status, c->answer_headers, c->answer_body);
    else
        finish(c, EB_WEB_UNKNOWN, 0, "", "");
}

static void serve_socket(struct eb_web_socket *s)
{
    if (s->refuse) {
        web_double_drop(s, s->refuse > 0 ? s->refuse : 0);
        return;
    }
    s->open = true;
    s->opened_ns = s->d->now_ns;
    s->h.opened(s->user);
}

void web_double_run(struct web_double *d, int64_t ms)
{
    int64_t until_ns = d->now_ns + ms * 1000000;
    show_sent(d);
    for (;;) {
        struct due due = next_due(d, until_ns);
        if (due.at_ns > until_ns)
            break;
        if (due.at_ns > d->now_ns)
            d->now_ns = due.at_ns;
        if (due.timer) {
            due.timer->set = false;
            due.timer->fire(due.timer->user);
        } else if (due.call) {
            serve_call(due.call);
        } else {
            serve_socket(due.socket);
        }
        show_sent(d);
    }
    d->now_ns = until_ns;
}

struct eb_web web_double_port(struct web_double *d)
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
    return (struct eb_web){.web = d, .ops = &ops};
}
