/* SPDX-License-Identifier: Apache-2.0 */
/* The server's WebSockets: granted or refused, frames in and out. */
#define _GNU_SOURCE

#include <stdio.h>
#include <string.h>

#include "net/httpd_inner.h"

/* ---- frames out ---- */

static int frame_send(struct eb_httpd_conn *c, enum eb_ws_op op, const char *bytes, size_t len)
{
    struct eb_httpd *s = c->server;
    if (!eb_httpd_room(s, EB_WS_HEAD_MAX + len)) {
        return EB_E_FULL;
    }
    size_t at = eb_ws_head((uint8_t *)s->out, op, len, NULL);
    if (len > 0) {
        memcpy(s->out + at, bytes, len);
    }
    return eb_conn_write(c->conn, s->out, at + len);
}

/* It reads too slowly, or can no longer be written to: cut now, told in the next pass. */
static void broken(struct eb_httpd_conn *c)
{
    eb_conn_cut(c->conn);
    c->conn = NULL;
    c->state = EB_HTTPD_BROKEN;
    eb_httpd_later(c);
}

static int send_or_cut(struct eb_httpd_conn *c, enum eb_ws_op op, const char *bytes, size_t len)
{
    if (c->state != EB_HTTPD_SOCKET) {
        return EB_E_END;
    }
    int r = frame_send(c, op, bytes, len);
    if (r == EB_E_FULL || r == EB_E_MEMORY) {
        broken(c);
        return EB_E_FULL;
    }
    return r;
}

int eb_httpd_send(struct eb_httpd_socket *s, const char *text, size_t len)
{
    return send_or_cut(s->conn, EB_WS_TEXT, text, len);
}

int eb_httpd_ping(struct eb_httpd_socket *s)
{
    return send_or_cut(s->conn, EB_WS_PING, "", 0);
}

static void close_send(struct eb_httpd_conn *c, int code)
{
    char body[2] = {(char)(code >> 8), (char)(code & 0xff)};
    (void)frame_send(c, EB_WS_CLOSE, body, code == 1005 ? 0 : 2);
}

void eb_httpd_socket_close(struct eb_httpd_socket *s, int code)
{
    if (s->conn->state == EB_HTTPD_SOCKET) {
        close_send(s->conn, code);
    }
    eb_httpd_end(s->conn, EB_HTTPD_FINISH);
}

void eb_httpd_socket_cut(struct eb_httpd_socket *s)
{
    eb_httpd_end(s->conn, EB_HTTPD_CUT);
}

/* ---- frames in ---- */

/* Answers a close, or says what was wrong, and tells the user. */
static void over(struct eb_httpd_conn *c, int code)
{
    close_send(c, code);
    eb_httpd_end(c, EB_HTTPD_FINISH);
    c->server->h.closed(c->user);
}

void eb_httpd_frames(struct eb_httpd_conn *c, const char *bytes, size_t len)
{
    const struct eb_httpd_handlers *h = &c->server->h;
    while (len > 0 && c->state == EB_HTTPD_SOCKET) {
        size_t used = 0;
        switch (eb_ws_read(&c->reader, bytes, len, &used)) {
        case EB_WS_MORE:
            break;
        case EB_WS_MESSAGE:
            h->text(c->user, c->reader.text, c->reader.len);
            break;
        case EB_WS_PINGED:
            (void)send_or_cut(c, EB_WS_PONG, (const char *)c->reader.control, c->reader.control_len);
            break;
        case EB_WS_PONGED:
            if (h->ponged != NULL) {
                h->ponged(c->user);
            }
            break;
        case EB_WS_CLOSED:
        case EB_WS_WRONG:
            over(c, c->reader.code);
            break;
        }
        bytes += used;
        len -= used;
    }
}

/* ---- opening ---- */

void eb_httpd_upgrade(struct eb_httpd_conn *c, const struct eb_http_head *head, const char *path, const char *query)
{
    const struct eb_httpd_handlers *h = &c->server->h;
    const char *key = eb_http_header(head, "sec-websocket-key");
    const char *version = eb_http_header(head, "sec-websocket-version");
    char accept[EB_WS_ACCEPT_SIZE];
    if (strcmp(head->method, "GET") != 0 || key == NULL || version == NULL || strcmp(version, "13") != 0 ||
        !eb_ws_accept(key, accept)) {
        eb_httpd_refuse(c, 400);
        return;
    }
    int refused = h->opening == NULL ? 404 : h->opening(c->server->user, path, query, c->peer, &c->user);
    if (c->state == EB_HTTPD_ENDED) { /* the server was closed */
        return;
    }
    if (refused != 0) {
        eb_httpd_refuse(c, refused);
        return;
    }
    char answer[256];
    int n = snprintf(answer, sizeof(answer),
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: %s\r\n\r\n",
                     accept);
    c->state = EB_HTTPD_SOCKET;
    eb_ws_reader_init(&c->reader, true, c->server->o.message_max);
    if (eb_conn_write(c->conn, answer, (size_t)n) != EB_OK) {
        broken(c);
        return;
    }
    h->opened(c->user, &c->socket);
}
