/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share and nobody else sees: the loop itself, and how libuv's errors are told. */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* uv.h wants POSIX threads, which -std=c11 alone hides */
#endif

#include <uv.h>

#include "net/loop.h"

/* Handles that a caller owns, counted so that a forgotten one is found when the loop is destroyed. */
enum eb_handle_kind {
    EB_HANDLE_TIMER = 0,
    EB_HANDLE_WAKE,
    EB_HANDLE_SIGNAL,
    EB_HANDLE_STREAM,
    EB_HANDLE_LISTENER,
    EB_HANDLE_WATCH,
    EB_HANDLE_CHILD,
    EB_HANDLE_WEB,
    EB_HANDLE_HTTPD,
    EB_HANDLE_KIND_COUNT
};

/* A node of a ring with a head: taking one out needs no list and may happen while somebody walks it. */
struct eb_link {
    struct eb_link *next, *prev;
};

struct eb_loop {
    uv_loop_t uv;
    unsigned open[EB_HANDLE_KIND_COUNT];
    struct eb_link soon;       /* timers that fire in the next pass */
    uv_idle_t soon_idle;       /* runs while there are any, so that a pass does not wait */
    struct eb_link leaving;    /* finished streams whose rest is not yet written */
    int64_t linger_ns;         /* how long such a one waits for a peer that reads nothing */
    struct eb_child *children; /* not yet reaped */
    uv_signal_t sigchld;
    bool sigchld_open;
    bool once;                /* a single pass is under way */
    char read_buffer[65536];  /* one callback at a time: one buffer is enough for all streams */
    char plain_buffer[16384]; /* and one for what TLS made of it: the longest record */
};

static inline void eb_link_init(struct eb_link *head)
{
    head->next = head;
    head->prev = head;
}

static inline bool eb_link_empty(const struct eb_link *head)
{
    return head->next == head;
}

static inline void eb_link_append(struct eb_link *head, struct eb_link *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

/* Also of a node that is in no ring, if it was initialised. */
static inline void eb_link_remove(struct eb_link *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    eb_link_init(node);
}

/* Fills err with EB_E_IO (EB_E_MEMORY for UV_ENOMEM) and "what: text of libuv's error"; returns the code. */
int eb_uv_err(struct eb_err *err, int uv_code, const char *where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The same for a number of errno. */
#define eb_sys_err(err, number, ...) eb_uv_err((err), uv_translate_sys_error(number), __VA_ARGS__)

/* A callback ran that libuv calls before it waits: a single pass must not wait any more, though libuv would. */
void eb_loop_acted(struct eb_loop *l);

/* A timer that belongs to another handle of this folder: not counted. Closed with eb_timer_close(). */
EB_NODISCARD int eb_timer_make(struct eb_loop *l, void (*fire)(void *user), void *user, struct eb_timer **out,
                               struct eb_err *err);
/* From now on the loop does not go on only because of this timer. */
void eb_timer_unref(struct eb_timer *t);

/* EB_OK when path can be a socket's name, else EB_E_INVALID with the limit and the remedy. */
EB_NODISCARD int eb_socket_path_check(const char *path, const char *where, struct eb_err *err);
/* A stream on a connected socket, which it owns from here on also when it fails. No handlers yet, nothing is read. */
EB_NODISCARD int eb_stream_adopt(struct eb_loop *l, int fd, size_t limit, struct eb_stream **out, struct eb_err *err);
/* The loop is being destroyed: what is still being written gets within_ns more, however well it goes. */
void eb_stream_hurry(struct eb_loop *l, int64_t within_ns);

/* The loop is being destroyed: children that nobody asks about any more are left to themselves. */
void eb_child_forget_all(struct eb_loop *l);

/* How a program is started: see spawn.c. */
struct eb_spawn {
    const char *const *argv;
    int in;            /* its standard input */
    int out, err;      /* its standard output and error; -1: ours */
    bool dies_with_us; /* SIGTERM when the calling thread ends */
    bool own_group;    /* leads a process group of its own */
};
/* 0 and the process, or a number of errno: nothing was started then. */
EB_NODISCARD int eb_spawn(const struct eb_spawn *s, pid_t *pid);
