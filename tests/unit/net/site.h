/* SPDX-License-Identifier: Apache-2.0 */
/* A server, a client of it, what each heard; and servers that misbehave, on a thread of their own. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "rig.h"

#include "net/httpd.h"
#include "net/web.h"

struct site {
    struct rig *rig;
    struct eb_httpd *server;
    struct eb_web_real *real;
    struct eb_web web;
    struct eb_httpd_options options; /* of the server; set before site_open() */
    struct eb_web_options client;
    /* the server's */
    int requests, gone;
    struct eb_httpd_call *held; /* "/never": not answered */
    struct eb_httpd_socket *peer;
    int opened, closed, texts, ponged;
    size_t text_len; /* of the last one */
    char url[256];   /* the last that site_url() or site_ws() made */
};
/* Requests: /echo tells what came, /never does not answer, /cut resets, /long answers query bytes, /status/NNN.
 * WebSockets: /ws echoes ("ping me" is answered by a ping), /refused is not granted. */
void site_open(struct site *s, struct rig *r);
void site_close(struct site *s);
const char *site_url(struct site *s, const char *path);
const char *site_ws(struct site *s, const char *path);

/* An answer, kept. */
struct got {
    int done;
    uint8_t fate;
    int status;
    size_t len;
    char body[4096];
    char headers[1024];
    int64_t sent_ns, answered_ns;
    struct eb_err err;
};
void got_done(void *user, const struct eb_web_answer *a);
/* Asks and waits: 10 s, 1 MiB unless deadline_ns, answer_max say otherwise. */
void ask(struct site *s, const char *method, const char *url, const char *body, struct got *g);
struct eb_web_call *ask_only(struct site *s, const char *method, const char *url, int64_t deadline_ns,
                             size_t answer_max, struct got *g);

/* A client's WebSocket and what it heard. */
struct ear {
    struct site *site;
    struct eb_web_socket *s;
    int opened, texts, heard, closed, passes;
    int status;
    size_t len;
    char last[256];
    uint64_t hash; /* of all texts */
    bool leaves;   /* closes itself at the first text */
    struct eb_err err;
};
extern const struct eb_web_socket_handlers ear_handlers;
void ear_open(struct ear *e, struct site *s, const char *url, size_t message_max);

/* A server that does what serve() says with each connection, one after another, on a thread. */
struct rough {
    pthread_t thread;
    int listener;
    uint16_t port;
    void (*serve)(struct rough *r, int fd, int nth);
    atomic_int connections, requests;
    atomic_bool over;
};
void rough_open(struct rough *r, void (*serve)(struct rough *r, int fd, int nth));
void rough_close(struct rough *r);
/* Reads one request's head (counted); false when the connection ended. */
bool rough_request(struct rough *r, int fd, char *out, size_t cap);
void rough_say(int fd, const char *text);
/* Answers the handshake that is in head. */
void rough_accept(int fd, const char *head);
