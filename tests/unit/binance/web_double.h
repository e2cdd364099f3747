/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scripted double of struct eb_web in virtual time: requests and sockets are recorded, answers come from a script,
 * and nothing happens but within web_double_run(), in order of time.
 *
 *     web_double_answer(d, "GET /fapi/v1/time", 200, "", "{\"serverTime\":$NOW}");      every such request
 *     web_double_once(d, "POST /fapi/v1/order", EB_WEB_UNKNOWN, 0, "", "");             the next one, before the above
 *     web_double_run(d, 50);                                                           50 ms pass
 *     web_double_text(web_double_socket(d, "/private"), "{...}");                      a socket's message
 *
 * "$NOW" in a body is the server's time in ms (web_double_server_ms). What nothing answers is recorded, and is UNKNOWN
 * at its deadline. A request can be answered by hand: web_double_reply().
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "net/web.h"

#define WEB_DOUBLE_RULES 128
#define WEB_DOUBLE_REQUESTS 512
#define WEB_DOUBLE_SOCKETS 64
#define WEB_DOUBLE_TIMERS 128
#define WEB_DOUBLE_SENT 256

struct eb_web_call { /* a request, kept after its end */
    struct web_double *d;
    char method[8], url[4096], headers[1024], body[2048];
    char target[160]; /* "GET /fapi/v1/time": method and path without query */
    char query[4096];
    int64_t at_ns, deadline_ns;
    bool over, cancelled;
    eb_web_done done;
    void *user;
    bool answering; /* by a rule, at due_ns */
    int64_t due_ns;
    uint8_t fate;
    int status;
    char answer_headers[512];
    char *answer_body; /* owned */
};
struct eb_web_socket {
    struct web_double *d;
    char url[1024];
    struct eb_web_socket_handlers h;
    void *user;
    bool open, over; /* over: closed by either side; kept for its record */
    bool closed_here;
    int refuse; /* HTTP status */
    int64_t asked_ns, due_ns, opened_ns;
    char *sent[WEB_DOUBLE_SENT]; /* all that was sent, oldest first */
    int64_t sent_ns[WEB_DOUBLE_SENT];
    size_t sent_count;
    size_t shown;  /* to on_send */
    int send_code; /* what the next sends answer, EB_OK */
};
struct eb_web_timer {
    struct web_double *d;
    bool used, set;
    int64_t due_ns;
    void (*fire)(void *user);
    void *user;
};
struct web_double_rule {
    char match[160];
    bool once, used, silent;
    uint8_t fate;
    int status;
    char *headers, *body;
};
struct web_double {
    int64_t now_ns;
    int64_t server_ms;  /* the server's time at now_ns 0 */
    int64_t latency_ns; /* of an answer, and of a handshake */
    int refuse_sockets; /* status that refuses handshakes, 0: they open */
    bool hold_sockets;  /* handshakes neither open nor fail */
    struct web_double_rule rule[WEB_DOUBLE_RULES];
    size_t rules;
    struct eb_web_call request[WEB_DOUBLE_REQUESTS]; /* oldest first */
    size_t requests;
    struct eb_web_socket socket[WEB_DOUBLE_SOCKETS];
    size_t sockets;
    struct eb_web_timer timer[WEB_DOUBLE_TIMERS];
    void (*after)(void *user);
    void *after_user;
    /* Each text a client sends on a socket; may answer by web_double_text(). NULL: none. */
    void (*on_send)(void *user, struct eb_web_socket *s, const char *text);
    void *on_send_user;
};

struct web_double *web_double_create(void);
void web_double_destroy(struct web_double *d);
struct eb_web web_double_port(struct web_double *d);
int64_t web_double_server_ms(const struct web_double *d);

/* match: "METHOD /path" exactly, or a beginning that ends with '*'. Later rules go first. Bytes are copied. */
void web_double_answer(struct web_double *d, const char *match, int status, const char *headers, const char *body);
void web_double_once(struct web_double *d, const char *match, uint8_t fate, int status, const char *headers,
                     const char *body);
void web_double_silent(struct web_double *d, const char *match); /* the next such request gets no answer */

void web_double_run(struct web_double *d, int64_t ms);

size_t web_double_count(const struct web_double *d, const char *match); /* requests so far */
/* The n-th from the last (0: the last) that matches, NULL none. */
struct eb_web_call *web_double_last(struct web_double *d, const char *match, size_t n);
void web_double_reply(struct eb_web_call *call, uint8_t fate, int status, const char *headers, const char *body);
/* Value of a parameter in the query, percent-decoded; false: not there. */
bool web_double_param(const struct eb_web_call *call, const char *name, char *out, size_t cap);

/* The newest socket whose url contains part and that is not over; NULL none. */
struct eb_web_socket *web_double_socket(struct web_double *d, const char *part);
size_t web_double_sockets(const struct web_double *d, const char *part); /* open ones */
void web_double_text(struct eb_web_socket *s, const char *text);         /* and after_texts follows */
void web_double_heard(struct eb_web_socket *s);
void web_double_drop(struct eb_web_socket *s, int status);            /* the other side closes */
const char *web_double_sent(const struct eb_web_socket *s, size_t n); /* n-th from the last, "" none */
size_t web_double_sent_with(const struct eb_web_socket *s, const char *part);
