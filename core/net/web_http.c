/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests by libcurl's multi interface on our loop, over connections that are kept warm.
 *
 *     request --> name known? --> curl (sends at once when a connection is warm) --> callbacks --> drain --> done
 *
 * curl tells when it is about to write a request (CURLOPT_PREREQFUNCTION). Before that, nothing has left. A second time
 * means that curl would repeat it on another connection, since the warm one turned out dead: only a GET may be.
 * Users are called from drain() and from deadlines only, never from within a callback of curl.
 */
#define _GNU_SOURCE

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "net/web_inner.h"

#define HEAD_MAX 32768
#define IDLE_MAX 8
#define CONNECTIONS_MAX 16

struct eb_web_call {
    struct eb_link link; /* first: under way, or idle */
    struct eb_web_real *web;
    CURL *easy;
    struct eb_timer *deadline;
    struct eb_lookup lookup;
    struct curl_slist *headers, *resolve;
    struct eb_buffer request; /* URL, zero, body */
    size_t body_at, body_len;
    bool has_body;
    char method[8];
    char what[256]; /* method and URL without query, for messages */
    struct eb_url url;
    struct eb_buffer head, body; /* of the answer */
    eb_web_done done;
    void *user;
    bool with_curl, too_long, repeated;
    bool head_whole; /* its empty line came: curl takes a head that is cut off for an answer */
    unsigned writes; /* how often curl was about to write the request */
    int64_t sent_ns;
    char error[CURL_ERROR_SIZE];
};

struct poll {
    uv_poll_t uv;
    struct eb_web_real *web;
    curl_socket_t fd;
};

static void drain(struct eb_web_real *w);

/* ---- the life of a call ---- */

static void call_free(struct eb_web_call *c)
{
    eb_link_remove(&c->link);
    curl_easy_cleanup(c->easy);
    curl_slist_free_all(c->headers);
    curl_slist_free_all(c->resolve);
    eb_timer_close(c->deadline);
    eb_buffer_deinit(&c->request);
    eb_buffer_deinit(&c->head);
    eb_buffer_deinit(&c->body);
    free(c);
}

/* Out of curl and of everything else: only its memory is left. */
static void call_stop(struct eb_web_call *c)
{
    eb_link_remove(&c->link);
    eb_lookup_forget(&c->lookup);
    eb_timer_stop(c->deadline);
    if (c->with_curl) {
        (void)curl_multi_remove_handle(c->web->multi, c->easy);
        c->with_curl = false;
    }
}

static void call_rest(struct eb_web_call *c)
{
    struct eb_web_real *w = c->web;
    if (w->closed || w->idle_count == IDLE_MAX) {
        call_free(c);
        return;
    }
    curl_easy_reset(c->easy);
    curl_slist_free_all(c->headers);
    curl_slist_free_all(c->resolve);
    c->headers = NULL;
    c->resolve = NULL;
    eb_link_append(&w->idle, &c->link);
    w->idle_count++;
}

static void call_late(void *user);

static struct eb_web_call *call_take(struct eb_web_real *w, struct eb_err *err)
{
    if (!eb_link_empty(&w->idle)) {
        struct eb_web_call *c = (struct eb_web_call *)w->idle.next;
        eb_link_remove(&c->link);
        w->idle_count--;
        return c;
    }
    struct eb_web_call *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        (void)eb_err_set(err, EB_E_MEMORY, "web.request", "no memory for a request");
        return NULL;
    }
    eb_link_init(&c->link);
    eb_link_init(&c->lookup.link);
    eb_buffer_init(&c->request, SIZE_MAX);
    eb_buffer_init(&c->head, HEAD_MAX);
    eb_buffer_init(&c->body, 0);
    c->web = w;
    c->easy = curl_easy_init();
    if (c->easy == NULL || eb_timer_make(w->loop, call_late, c, &c->deadline, err) != EB_OK) {
        call_free(c);
        (void)eb_err_set(err, EB_E_MEMORY, "web.request", "no memory for a request");
        return NULL;
    }
    return c;
}

/* Tells the user, last. err: NULL when there is an answer. */
static void call_done(struct eb_web_call *c, enum eb_web_fate fate, const struct eb_err *err)
{
    long status = 0;
    if (fate == EB_WEB_ANSWERED) {
        (void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    }
    call_stop(c);
    struct eb_web_answer a = {
        .fate = (uint8_t)fate,
        .status = (int)status,
        .body = fate == EB_WEB_ANSWERED ? eb_buffer_str(&c->body) : "",
        .len = fate == EB_WEB_ANSWERED ? c->body.len : 0,
        .headers = fate == EB_WEB_ANSWERED ? eb_buffer_str(&c->head) : "",
        .sent_ns = c->sent_ns,
        .answered_ns = eb_monotonic_ns(),
    };
    if (err != NULL) {
        a.err = *err;
    }
    c->done(c->user, &a);
    call_rest(c);
}

static enum eb_web_fate fate_of(const struct eb_web_call *c, CURLcode code)
{
    if (c->writes == 0) {
        return EB_WEB_NOT_SENT;
    }
    bool nonsense = code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL;
    return c->head.len > 0 || c->head.failed || nonsense ? EB_WEB_UNREADABLE : EB_WEB_UNKNOWN;
}

static void call_late(void *user)
{
    struct eb_web_call *c = user;
    struct eb_err err = {0};
    enum eb_web_fate fate = fate_of(c, CURLE_OPERATION_TIMEDOUT);
    (void)eb_err_set(&err, EB_E_BUDGET, "web.request", "%s: %s", c->what,
                     fate == EB_WEB_NOT_SENT  ? "no connection within the time allowed"
                     : fate == EB_WEB_UNKNOWN ? "no answer within the time allowed"
                                              : "the answer was not complete within the time allowed");
    call_done(c, fate, &err);
}

static void call_failed(struct eb_web_call *c, CURLcode code)
{
    char *query = strchr(c->error, '?'); /* curl names no addresses; if it did, this is where secrets begin */
    if (query != NULL) {
        *query = '\0';
    }
    const char *why = c->error[0] != '\0' ? c->error : curl_easy_strerror(code);
    int kind = EB_E_IO;
    if (c->repeated) {
        why = "the connection was lost before an answer came";
    } else if (c->too_long || c->head.failed) {
        why = "the answer is longer than allowed";
        kind = EB_E_FULL;
    } else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR) {
        kind = EB_E_REFUSED;
    } else if (code == CURLE_OUT_OF_MEMORY) {
        kind = EB_E_MEMORY;
    }
    struct eb_err err = {0};
    (void)eb_err_set(&err, kind, "web.request", "%s: %s", c->what, why);
    call_done(c, fate_of(c, code), &err);
}

/* ---- what curl calls ---- */

static size_t head_cb(char *bytes, size_t size, size_t count, void *user)
{
    struct eb_web_call *c = user;
    size_t len = size * count;
    size_t end = len;
    while (end > 0 && (bytes[end - 1] == '\r' || bytes[end - 1] == '\n' || bytes[end - 1] == ' ')) {
        end--;
    }
    const char *colon = memchr(bytes, ':', end);
    if (len > 5 && memcmp(bytes, "HTTP/", 5) == 0) { /* another begins: the one before was an interim answer */
        eb_buffer_clear(&c->head);
        (void)eb_buffer_text(&c->head, "\n"); /* it has begun, though there may be no header */
        c->head_whole = false;
    } else if (end == 0) {
        c->head_whole = true;
    } else if (colon != NULL) {
        size_t at = c->head.len;
        size_t name = (size_t)(colon - bytes);
        const char *value = colon + 1;
        while (value < bytes + end && (*value == ' ' || *value == '\t')) {
            value++;
        }
        (void)eb_buffer_add(&c->head, bytes, name);
        for (size_t i = at; i < c->head.len; i++) {
            char b = c->head.data[i];
            c->head.data[i] = b >= 'A' && b <= 'Z' ? (char)(b + ('a' - 'A')) : b;
        }
        (void)eb_buffer_text(&c->head, ": ");
        (void)eb_buffer_add(&c->head, value, (size_t)(bytes + end - value));
        (void)eb_buffer_text(&c->head, "\n");
    }
    return c->head.failed ? 0 : len;
}

static size_t body_cb(char *bytes, size_t size, size_t count, void *user)
{
    struct eb_web_call *c = user;
    size_t len = size * count;
    if (eb_buffer_add(&c->body, bytes, len) != EB_OK) {
        c->too_long = true;
        return 0;
    }
    return len;
}

static int prereq_cb(void *user, char *their_ip, char *our_ip, int their_port, int our_port)
{
    (void)their_ip;
    (void)our_ip;
    (void)their_port;
    (void)our_port;
    struct eb_web_call *c = user;
    if (c->writes > 0 && strcmp(c->method, "GET") != 0) {
        c->repeated = true;
        return CURL_PREREQFUNC_ABORT;
    }
    c->writes++;
    c->sent_ns = eb_monotonic_ns();
    return CURL_PREREQFUNC_OK;
}

static CURLcode ssl_ctx_cb(CURL *easy, void *ctx, void *user)
{
    (void)easy;
    struct eb_web_call *c = user;
    SSL_CTX_set1_cert_store(ctx, c->web->roots); /* read once, shared by all connections */
    return CURLE_OK;
}

/* ---- curl on the loop ---- */

static void poll_freed_cb(uv_handle_t *handle)
{
    free(handle->data);
}

static void poll_cb(uv_poll_t *uv, int status, int events)
{
    struct poll *p = uv->data;
    struct eb_web_real *w = p->web;
    int flags = ((events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
                ((events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0) | (status < 0 ? CURL_CSELECT_ERR : 0);
    int running = 0;
    (void)curl_multi_socket_action(w->multi, p->fd, flags, &running);
    drain(w);
}

static int socket_cb(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    (void)easy;
    struct eb_web_real *w = user;
    struct poll *p = socket_user;
    if (what == CURL_POLL_REMOVE) {
        if (p != NULL) {
            (void)uv_poll_stop(&p->uv);
            (void)curl_multi_assign(w->multi, fd, NULL);
            uv_close((uv_handle_t *)&p->uv, poll_freed_cb);
        }
        return 0;
    }
    if (p == NULL) {
        p = calloc(1, sizeof(*p));
        if (p == NULL || uv_poll_init_socket(&w->loop->uv, &p->uv, fd) != 0) {
            free(p);
            return -1;
        }
        p->web = w;
        p->fd = fd;
        p->uv.data = p;
        (void)curl_multi_assign(w->multi, fd, p);
    }
    int events = ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) | ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
    return uv_poll_start(&p->uv, events, poll_cb) == 0 ? 0 : -1;
}

static void curl_timer_cb(uv_timer_t *timer)
{
    struct eb_web_real *w = timer->data;
    int running = 0;
    eb_loop_acted(w->loop);
    (void)curl_multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    drain(w);
}

static int timer_cb(CURLM *multi, long timeout_ms, void *user)
{
    (void)multi;
    struct eb_web_real *w = user;
    if (w->closed || timeout_ms < 0) {
        (void)uv_timer_stop(&w->curl_timer);
        return 0;
    }
    uv_update_time(&w->loop->uv); /* curl counts from now, and a pass may have been long */
    (void)uv_timer_start(&w->curl_timer, curl_timer_cb, (uint64_t)timeout_ms, 0);
    return 0;
}

static void drain_cb(void *user)
{
    drain(user);
}

static void drain(struct eb_web_real *w)
{
    int left = 0;
    while (!w->closed) {
        CURLMsg *m = curl_multi_info_read(w->multi, &left);
        if (m == NULL) {
            return;
        }
        if (m->msg != CURLMSG_DONE) {
            continue;
        }
        CURLcode code = m->data.result;
        char *private = NULL;
        (void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
        struct eb_web_call *c = (struct eb_web_call *)(void *)private;
        if (code == CURLE_OK && !c->head_whole) {
            code = CURLE_PARTIAL_FILE;
        }
        if (code == CURLE_OK) {
            call_done(c, EB_WEB_ANSWERED, NULL);
        } else {
            call_failed(c, code);
        }
    }
}

int eb_web_http_open(struct eb_web_real *w, struct eb_err *err)
{
    static bool initialised; /* once a process: curl's own rule */
    if (!initialised && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return eb_err_set(err, EB_E_MEMORY, "web.open", "libcurl cannot be set up");
    }
    initialised = true;
    w->multi = curl_multi_init();
    if (w->multi == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "web.open", "no memory for requests");
    }
    (void)curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, socket_cb);
    (void)curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
    (void)curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, timer_cb);
    (void)curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
    (void)curl_multi_setopt(w->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    (void)curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_MAX);
    return eb_timer_make(w->loop, drain_cb, w, &w->drain, err);
}

void eb_web_http_close(struct eb_web_real *w)
{
    while (!eb_link_empty(&w->calls)) {
        struct eb_web_call *c = (struct eb_web_call *)w->calls.next;
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what is freed has left its ring */
        call_stop(c);
        call_free(c);
    }
    while (!eb_link_empty(&w->idle)) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what is freed has left its ring */
        call_free((struct eb_web_call *)w->idle.next);
    }
    eb_timer_close(w->drain);
    w->drain = NULL;
    if (w->multi != NULL) {
        (void)curl_multi_cleanup(w->multi);
        w->multi = NULL;
    }
}

/* ---- a request ---- */

static void options_fixed(struct eb_web_call *c)
{
    CURL *e = c->easy;
    (void)curl_easy_setopt(e, CURLOPT_PRIVATE, c);
    (void)curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->error);
    (void)curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(e, CURLOPT_PROXY, ""); /* none, whatever the environment says */
    (void)curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    (void)curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    (void)curl_easy_setopt(e, CURLOPT_USERAGENT, c->web->user_agent);
    (void)curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, head_cb);
    (void)curl_easy_setopt(e, CURLOPT_HEADERDATA, c);
    (void)curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, body_cb);
    (void)curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
    (void)curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, prereq_cb);
    (void)curl_easy_setopt(e, CURLOPT_PREREQDATA, c);
    (void)curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(e, CURLOPT_CAINFO, NULL); /* the roots come by ssl_ctx_cb */
    (void)curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
    (void)curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, ssl_ctx_cb);
    (void)curl_easy_setopt(e, CURLOPT_SSL_CTX_DATA, c);
}

/* Tells curl what the name's addresses are, so that it asks nobody. */
static bool resolve_option(struct eb_web_call *c, const struct eb_addresses *a)
{
    if (a->numeric) {
        return true;
    }
    char text[EB_URL_HOST_MAX + 16 + EB_ADDRESSES_MAX * 50];
    size_t n = (size_t)snprintf(text, sizeof(text), "%s:%u:", c->url.host, (unsigned)c->url.port);
    for (unsigned i = 0; i < a->count; i++) {
        char address[48];
        eb_address_text(&a->at[i], address, sizeof(address));
        bool v6 = a->at[i].ss_family == AF_INET6;
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%s%s", i == 0 ? "" : ",", v6 ? "[" : "", address,
                              v6 ? "]" : "");
    }
    c->resolve = curl_slist_append(NULL, text);
    (void)curl_easy_setopt(c->easy, CURLOPT_RESOLVE, c->resolve);
    return c->resolve != NULL;
}

/* The address is known: over to curl, which sends at once when it has a warm connection. */
static int call_start(struct eb_web_call *c, const struct eb_addresses *a)
{
    CURL *e = c->easy;
    options_fixed(c);
    long verify = c->web->loopback_unsafe && a->loopback ? 0 : 1;
    (void)curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, verify);
    (void)curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, verify * 2);
    (void)curl_easy_setopt(e, CURLOPT_HTTPHEADER, c->headers);
    if (c->has_body) {
        (void)curl_easy_setopt(e, CURLOPT_POSTFIELDS, c->request.data + c->body_at);
        (void)curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body_len);
    }
    if (strcmp(c->method, c->has_body ? "POST" : "GET") != 0) {
        (void)curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, c->method);
    }
    if (curl_easy_setopt(e, CURLOPT_URL, c->request.data) != CURLE_OK || !resolve_option(c, a) ||
        curl_multi_add_handle(c->web->multi, e) != CURLM_OK) {
        return EB_E_MEMORY;
    }
    c->with_curl = true;
    int running = 0;
    (void)curl_multi_socket_action(c->web->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    eb_timer_set(c->web->drain, 0); /* what is over already is told in the next pass */
    return EB_OK;
}

static void found_cb(void *user, const struct eb_addresses *a, const struct eb_err *err)
{
    struct eb_web_call *c = user;
    struct eb_err memory = {0};
    if (err == NULL) {
        if (call_start(c, a) == EB_OK) {
            return;
        }
        (void)eb_err_set(&memory, EB_E_MEMORY, "web.request", "no memory for a request");
        err = &memory;
    }
    call_done(c, EB_WEB_NOT_SENT, err);
}

static int headers_copy(struct eb_web_call *c, const char *const *headers, struct eb_err *err)
{
    c->headers = curl_slist_append(NULL, "Expect:"); /* never ask before a body is sent */
    bool ok = c->headers != NULL;
    for (size_t i = 0; ok && headers != NULL && headers[i] != NULL; i++) {
        if (strpbrk(headers[i], "\r\n") != NULL || strchr(headers[i], ':') == NULL) {
            return eb_err_set(err, EB_E_INVALID, "web.request", "header %zu is no \"Name: value\" of one line", i + 1);
        }
        ok = curl_slist_append(c->headers, headers[i]) != NULL;
    }
    return ok ? EB_OK : eb_err_set(err, EB_E_MEMORY, "web.request", "no memory for a request");
}

/* Copies what the request is made of. */
static int call_fill(struct eb_web_call *c, const struct eb_web_request *r, struct eb_err *err)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};
    bool known = false;
    for (size_t i = 0; i < EB_COUNT(methods); i++) {
        known = known || strcmp(methods[i], r->method) == 0;
    }
    if (!known) {
        return eb_err_set(err, EB_E_INVALID, "web.request", "the method is none of GET, POST, PUT, DELETE");
    }
    int e = eb_url_parse(r->url, "http", &c->url, err);
    if (e != EB_OK) {
        return e;
    }
    e = headers_copy(c, r->headers, err);
    if (e != EB_OK) {
        return e;
    }
    eb_buffer_clear(&c->request);
    c->body_at = strlen(r->url) + 1;
    c->body_len = r->body == NULL ? 0 : r->body_len;
    c->has_body = r->body != NULL || r->method[0] == 'P';
    if (eb_buffer_add(&c->request, r->url, c->body_at) != EB_OK ||
        eb_buffer_add(&c->request, r->body == NULL ? "" : r->body, c->body_len) != EB_OK) {
        return eb_err_set(err, EB_E_MEMORY, "web.request", "no memory for a request");
    }
    char public[240];
    eb_url_public(r->url, public, sizeof(public));
    (void)snprintf(c->method, sizeof(c->method), "%s", r->method);
    (void)snprintf(c->what, sizeof(c->what), "%s %s", r->method, public);
    eb_buffer_clear(&c->head);
    eb_buffer_clear(&c->body);
    c->body.limit = r->answer_max;
    c->writes = 0;
    c->too_long = false;
    c->repeated = false;
    c->head_whole = false;
    c->sent_ns = 0;
    c->error[0] = '\0';
    return EB_OK;
}

int eb_web_http_request(void *web, const struct eb_web_request *r, eb_web_done done, void *user,
                        struct eb_web_call **out, struct eb_err *err)
{
    struct eb_web_real *w = web;
    struct eb_web_call *c = call_take(w, err);
    if (c == NULL) {
        return EB_E_MEMORY;
    }
    c->done = done;
    c->user = user;
    int e = call_fill(c, r, err);
    if (e == EB_OK) {
        const struct eb_addresses *a = eb_resolver_known(w->resolver, c->url.host);
        c->lookup.found = found_cb;
        c->lookup.user = c;
        e = a != NULL ? call_start(c, a) : eb_resolver_ask(w->resolver, c->url.host, &c->lookup, err);
    }
    if (e != EB_OK) {
        call_stop(c);
        call_rest(c);
        return e;
    }
    eb_timer_set(c->deadline, r->deadline_ns);
    eb_link_append(&w->calls, &c->link);
    *out = c;
    return EB_OK;
}

void eb_web_http_cancel(struct eb_web_call *call)
{
    call_stop(call);
    call_rest(call);
}
