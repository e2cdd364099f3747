/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of a connection, one after another: head, body, answer. */
#define _GNU_SOURCE

#include <stdio.h>
#include <string.h>

#include "net/httpd_inner.h"

static const char *status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {418, "I'm a teapot"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Unsupported"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < EB_COUNT(texts); i++) {
        if (texts[i].status == status) {
            return texts[i].text;
        }
    }
    return "Status";
}

/* ---- answers ---- */

/* Writes the answer; the connection goes on only if `keep`. */
static void answer_write(struct eb_httpd_conn *c, int status, const char *headers, const char *body, size_t len,
                         bool keep)
{
    struct eb_httpd *s = c->server;
    size_t headers_len = strlen(headers);
    if (!eb_httpd_room(s, headers_len + len + 256)) {
        eb_httpd_end(c, EB_HTTPD_CUT);
        return;
    }
    int n = snprintf(s->out, s->out_cap, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n%s", status, status_text(status),
                     len, keep ? "" : "Connection: close\r\n");
    EB_ASSERT(n > 0 && n < 200);
    size_t at = (size_t)n;
    memcpy(s->out + at, headers, headers_len);
    at += headers_len;
    memcpy(s->out + at, "\r\n", 2);
    at += 2;
    if (len > 0 && !c->head_only) {
        memcpy(s->out + at, body, len);
        at += len;
    }
    c->state = EB_HTTPD_READING;
    if (eb_conn_write(c->conn, s->out, at) != EB_OK) {
        eb_httpd_end(c, EB_HTTPD_CUT); /* it reads nothing, or is gone */
    } else if (!keep) {
        eb_httpd_end(c, EB_HTTPD_FINISH);
    }
}

void eb_httpd_refuse(struct eb_httpd_conn *c, int status)
{
    if (c->state == EB_HTTPD_READING) {
        answer_write(c, status, "", "", 0, false);
        return;
    }
    /* Behind a request that is being answered there is no way to say so: the call ends with its connection. */
    struct eb_httpd *s = c->server;
    bool calling = c->state == EB_HTTPD_CALLING;
    eb_httpd_end(c, EB_HTTPD_CUT);
    if (calling && s->h.gone != NULL) {
        s->h.gone(s->user, &c->call);
    }
}

void eb_httpd_answer(struct eb_httpd_call *call, int status, const char *headers, const char *body, size_t len)
{
    struct eb_httpd_conn *c = call->conn;
    EB_ASSERT(c->state == EB_HTTPD_CALLING);
    bool within = c->head != NULL;
    eb_httpd_enter(c);
    answer_write(c, status, headers, body, len, c->keep);
    if (c->state == EB_HTTPD_READING && !within) {
        eb_conn_pause(c->conn, false);
        if (c->in_len > 0) {
            eb_httpd_later(c);
        }
    }
    eb_httpd_leave(c);
}

void eb_httpd_cut(struct eb_httpd_call *call)
{
    eb_httpd_end(call->conn, EB_HTTPD_CUT);
}

bool eb_httpd_header(struct eb_httpd_call *call, const char *name, char *out, size_t cap)
{
    const struct eb_http_head *head = call->conn->head;
    const char *value = head == NULL ? NULL : eb_http_header(head, name);
    size_t len = value == NULL ? 0 : strlen(value);
    if (value == NULL || len >= cap) {
        return false;
    }
    memcpy(out, value, len + 1);
    return true;
}

/* ---- requests ---- */

/* Hands it over. bytes: its body, behind which a zero may be written for the moment. */
static void dispatch(struct eb_httpd_conn *c, struct eb_http_head *head, char *body, size_t len)
{
    struct eb_httpd *s = c->server;
    char *query = strchr(head->target, '?');
    if (query != NULL) {
        *query++ = '\0';
    }
    const char *asked = query == NULL ? "" : query;
    c->keep = head->minor == 1 ? !eb_http_has_word(head, "connection", "close")
                               : eb_http_has_word(head, "connection", "keep-alive");
    c->head_only = strcmp(head->method, "HEAD") == 0;
    c->continued = false;
    if (eb_http_has_word(head, "upgrade", "websocket") && eb_http_has_word(head, "connection", "upgrade")) {
        eb_httpd_upgrade(c, head, head->target, asked);
        return;
    }
    char behind = body[len];
    body[len] = '\0';
    struct eb_httpd_request r = {
        .method = head->method,
        .path = head->target,
        .query = asked,
        .body = body,
        .body_len = len,
        .peer = c->peer,
    };
    c->state = EB_HTTPD_CALLING;
    c->head = head;
    s->h.request(s->user, &c->call, &r);
    c->head = NULL;
    body[len] = behind;
}

enum went { WENT_ON, WENT_WAITS, WENT_WRONG };

static enum went wrong(struct eb_httpd_conn *c, int status)
{
    eb_httpd_refuse(c, status);
    return WENT_WRONG;
}

static enum went waits(struct eb_httpd_conn *c, const struct eb_http_head *head)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!c->continued && eb_http_has_word(head, "expect", "100-continue")) {
        c->continued = true;
        (void)eb_conn_write(c->conn, go_on, sizeof(go_on) - 1);
    }
    return WENT_WAITS;
}

/* The body behind a head: WENT_ON when all of it is there, *len bytes of *took. Chunks are moved together. */
static enum went body_of(struct eb_httpd_conn *c, const struct eb_http_head *head, char *bytes, size_t there,
                         size_t *len, size_t *took)
{
    size_t max = c->server->o.body_max;
    bool chunked = false;
    if (eb_http_body_length(head, len, &chunked) != EB_OK) {
        return wrong(c, 400);
    }
    if (*len > max) {
        return wrong(c, 413);
    }
    if (!chunked) {
        *took = *len;
        return there < *len ? waits(c, head) : WENT_ON;
    }
    int r = eb_http_chunks_go(&c->chunks, bytes, there);
    if (r == EB_E_INVALID) {
        return wrong(c, 400);
    }
    if (c->chunks.out > max || (r == EB_E_STALE && there > 2 * max)) {
        return wrong(c, 413);
    }
    if (r == EB_E_STALE) {
        return waits(c, head);
    }
    *len = c->chunks.out;
    *took = c->chunks.at;
    c->chunks = (struct eb_http_chunks){0};
    return WENT_ON;
}

/* One request at the beginning of bytes; *used when it went on. The head is taken apart in a copy, since it is looked
 * at again when its body comes later. */
static enum went one(struct eb_httpd_conn *c, char *bytes, size_t len, size_t *used)
{
    struct eb_httpd *s = c->server;
    if (len >= 2 && bytes[0] == '\r' && bytes[1] == '\n') { /* some end a body with a line */
        *used = 2;
        return WENT_ON;
    }
    size_t n = eb_http_head_length(bytes, len);
    if (n == 0 ? len > EB_HTTPD_HEAD_MAX : n > EB_HTTPD_HEAD_MAX) {
        return wrong(c, 431);
    }
    if (n == 0) {
        bool begins = bytes[0] == '\r' || bytes[0] == '\n' || (bytes[0] >= 'A' && bytes[0] <= 'Z');
        return begins ? WENT_WAITS : wrong(c, 400); /* a TLS client would wait for ever */
    }
    struct eb_http_head head;
    memcpy(s->head_text, bytes, n);
    int r = eb_http_request_parse(s->head_text, n, &head);
    if (r != EB_OK) {
        return wrong(c, r == EB_E_FULL ? 431 : 400);
    }
    size_t body = 0;
    size_t took = 0;
    enum went w = body_of(c, &head, bytes + n, len - n, &body, &took);
    if (w == WENT_ON) {
        *used = n + took;
        dispatch(c, &head, bytes + n, body);
    }
    return w;
}

size_t eb_httpd_requests(struct eb_httpd_conn *c, char *bytes, size_t len)
{
    size_t at = 0;
    while (c->state == EB_HTTPD_READING && at < len) {
        size_t used = 0;
        if (one(c, bytes + at, len - at, &used) != WENT_ON) {
            break;
        }
        at += used;
    }
    return at;
}
