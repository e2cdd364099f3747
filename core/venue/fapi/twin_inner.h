/* SPDX-License-Identifier: Apache-2.0 */
/* The twin from inside: what its handles are, and the one queue of what will happen. */
#pragma once

#include "net/web.h"
#include "venue/fapi/fapi.h"

#define KEY_MAX 256

enum twin_kind {
    TWIN_ARRIVE,
    TWIN_ANSWER,
    TWIN_DEADLINE,
    TWIN_OPEN,
    TWIN_OPENED,
    TWIN_UP,
    TWIN_DOWN,
    TWIN_CLOSED,
    TWIN_TIMER
};

struct eb_fapi_twin;
/* Handles live until nobody holds them: their user (dead once let go) and what is queued about them. */
struct eb_web_call {
    struct eb_fapi_twin *t;
    struct eb_web_call *next, *prev;
    unsigned held;
    bool dead, told;
    eb_web_done done;
    void *user;
    char *method, *path, *query, *body;
    size_t body_len, answer_max;
    char key[KEY_MAX];
    int64_t sent_ns;
};
struct eb_web_socket {
    struct eb_fapi_twin *t;
    unsigned held;
    bool dead, open, ended;
    struct eb_web_socket_handlers h;
    void *user;
    struct eb_fapi_session *session;
    struct eb_fapi_peer peer;
    char *path, *query;
    size_t message_max;
};
struct eb_web_timer {
    struct eb_fapi_twin *t;
    unsigned held;
    bool dead;
    uint64_t setting; /* number of the setting that counts */
    void (*fire)(void *user);
    void *user;
};

struct twin_event {
    int64_t at_ns;
    uint64_t seq;
    uint8_t kind;
    bool cut;
    int status;
    uint64_t setting;
    union {
        struct eb_web_call *call;
        struct eb_web_socket *socket;
        struct eb_web_timer *timer;
    } of;
    size_t headers, len; /* bytes of headers, then of text, in data */
    char *data;
};

struct eb_fapi_twin {
    struct eb_fapi *f;
    int64_t latency_ns, now_ns;
    struct twin_event *heap;
    size_t count, cap;
    uint64_t seq;
    struct eb_web_call *calls;
    void (*after)(void *user);
    void *after_user;
    bool texts;
};

/* twin_queue.c */
void fapi_twin_add(struct eb_fapi_twin *t, struct twin_event e, int64_t at_ns);
struct twin_event fapi_twin_take(struct eb_fapi_twin *t); /* the next; there must be one */
