/* SPDX-License-Identifier: Apache-2.0 */
/* The loop itself: its life, its passes, the clocks, work on other threads, and what the other files share. */
#define _GNU_SOURCE

#include "net/loop.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/inner.h"

#define LEAVING_NS INT64_C(1000000000) /* what finished streams get to write their rest when the loop is destroyed */
#define LINGER_NS INT64_C(10000000000) /* and before that, while the other side reads nothing */

/* ---- what the folder shares ---- */

int eb_uv_err(struct eb_err *err, int uv_code, const char *where, const char *fmt, ...)
{
    char what[320];
    va_list args;
    va_start(args, fmt);
    if (vsnprintf(what, sizeof(what), fmt, args) < 0) {
        what[0] = '\0';
    }
    va_end(args);
    char text[128];
    (void)uv_strerror_r(uv_code, text, sizeof(text));
    return eb_err_set(err, uv_code == UV_ENOMEM ? EB_E_MEMORY : EB_E_IO, where, "%s: %s", what, text);
}

void eb_loop_acted(struct eb_loop *l)
{
    if (l->once) {
        uv_stop(&l->uv);
    }
}

/* ---- life ---- */

/* A peer that goes away while we write is an error of that write, not the end of this process. */
static void ignore_sigpipe(void)
{
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
        struct sigaction ignore;
        memset(&ignore, 0, sizeof(ignore));
        ignore.sa_handler = SIG_IGN;
        (void)sigaction(SIGPIPE, &ignore, NULL);
    }
}

int eb_loop_create(struct eb_loop **out, struct eb_err *err)
{
    struct eb_loop *l = calloc(1, sizeof(*l));
    if (l == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "loop.create", "no memory for an event loop");
    }
    int r = uv_loop_init(&l->uv);
    if (r != 0) {
        free(l);
        return eb_uv_err(err, r, "loop.create", "cannot make an event loop");
    }
    ignore_sigpipe();
    eb_link_init(&l->soon);
    eb_link_init(&l->leaving);
    l->linger_ns = LINGER_NS;
    EB_ASSERT(uv_idle_init(&l->uv, &l->soon_idle) == 0);
    l->soon_idle.data = l;
    *out = l;
    return EB_OK;
}

/* Names what was forgotten before the assertion ends the process: "2 timers" is where to look. */
static bool nothing_open(const struct eb_loop *l)
{
    static const char *const names[] = {"timer", "wake",  "signal", "stream", "listener",
                                        "watch", "child", "web",    "httpd"};
    _Static_assert(EB_COUNT(names) == EB_HANDLE_KIND_COUNT, "a name for each kind");
    bool nothing = true;
    for (size_t i = 0; i < EB_HANDLE_KIND_COUNT; i++) {
        if (l->open[i] != 0) {
            (void)fprintf(stderr, "loop destroyed with %u open: %s\n", l->open[i], names[i]);
            nothing = false;
        }
    }
    return nothing;
}

void eb_loop_destroy(struct eb_loop *l)
{
    if (l == NULL) {
        return;
    }
    EB_ASSERT(nothing_open(l));
    eb_stream_hurry(l, LEAVING_NS);
    eb_child_forget_all(l);
    uv_close((uv_handle_t *)&l->soon_idle, NULL);
    while (uv_run(&l->uv, UV_RUN_DEFAULT) != 0) {
        /* eb_loop_stop() may have been called again meanwhile: that ends a run, not the closing */
    }
    EB_ASSERT(nothing_open(l));
    EB_ASSERT(uv_loop_close(&l->uv) == 0);
    free(l);
}

void eb_loop_run(struct eb_loop *l)
{
    (void)uv_run(&l->uv, UV_RUN_DEFAULT);
}

void eb_loop_once(struct eb_loop *l, bool wait)
{
    l->once = true;
    (void)uv_run(&l->uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    l->once = false;
}

void eb_loop_stop(struct eb_loop *l)
{
    uv_stop(&l->uv);
}

/* ---- clocks ---- */

static int64_t clock_ns(clockid_t id)
{
    struct timespec t;
    EB_ASSERT(clock_gettime(id, &t) == 0);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t eb_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t eb_boottime_ns(void)
{
    return clock_ns(CLOCK_BOOTTIME);
}

int64_t eb_wall_ms(void)
{
    return clock_ns(CLOCK_REALTIME) / 1000000;
}

/* ---- work ---- */

struct work {
    uv_work_t req;
    void (*work)(void *user);
    void (*done)(void *user);
    void *user;
};

static void work_cb(uv_work_t *req)
{
    struct work *w = req->data;
    w->work(w->user);
}

static void work_done_cb(uv_work_t *req, int status)
{
    (void)status; /* only a cancelled one has another than 0, and nobody cancels */
    struct work *w = req->data;
    void (*done)(void *) = w->done;
    void *user = w->user;
    free(w);
    done(user);
}

int eb_work_run(struct eb_loop *l, void (*work)(void *user), void (*done)(void *user), void *user, struct eb_err *err)
{
    struct work *w = calloc(1, sizeof(*w));
    if (w == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "loop.work", "no memory for work on another thread");
    }
    *w = (struct work){.work = work, .done = done, .user = user};
    w->req.data = w;
    int r = uv_queue_work(&l->uv, &w->req, work_cb, work_done_cb);
    if (r != 0) {
        free(w);
        return eb_uv_err(err, r, "loop.work", "cannot hand work to another thread");
    }
    return EB_OK;
}
