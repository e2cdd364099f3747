/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers. One that is due at once does not go through libuv: there, a timer that sets itself to 0 in its own callback
 * fires again in the same pass, and nothing else ever runs.
 *
 *     delay > 0 --> uv_timer, at the first millisecond that is not early          delay <= 0 --> ring, next pass
 */
#define _GNU_SOURCE

#include "net/loop.h"

#include <stdlib.h>

#include "net/inner.h"

struct eb_timer {
    struct eb_link soon; /* first: in the loop's ring while it is to fire in the next pass */
    uv_timer_t uv;
    struct eb_loop *loop;
    void (*fire)(void *user);
    void *user;
    bool counted;
};

static void timer_cb(uv_timer_t *uv)
{
    struct eb_timer *t = uv->data;
    eb_loop_acted(t->loop);
    t->fire(t->user); /* may close t: nothing of it is touched after this */
}

static void soon_cb(uv_idle_t *idle)
{
    struct eb_loop *l = idle->data;
    eb_loop_acted(l);
    struct eb_link now; /* what is set to 0 by these callbacks fires in the pass after this one */
    eb_link_init(&now);
    while (!eb_link_empty(&l->soon)) {
        struct eb_link *first = l->soon.next;
        eb_link_remove(first);
        eb_link_append(&now, first);
    }
    while (!eb_link_empty(&now)) {
        struct eb_timer *t = (struct eb_timer *)now.next;
        eb_link_remove(&t->soon);
        t->fire(t->user);
    }
    if (eb_link_empty(&l->soon)) {
        (void)uv_idle_stop(&l->soon_idle);
    }
}

int eb_timer_make(struct eb_loop *l, void (*fire)(void *user), void *user, struct eb_timer **out, struct eb_err *err)
{
    struct eb_timer *t = calloc(1, sizeof(*t));
    if (t == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "timer.open", "no memory for a timer");
    }
    eb_link_init(&t->soon);
    t->loop = l;
    t->fire = fire;
    t->user = user;
    EB_ASSERT(uv_timer_init(&l->uv, &t->uv) == 0);
    t->uv.data = t;
    *out = t;
    return EB_OK;
}

int eb_timer_open(struct eb_loop *l, void (*fire)(void *user), void *user, struct eb_timer **out, struct eb_err *err)
{
    int r = eb_timer_make(l, fire, user, out, err);
    if (r == EB_OK) {
        (*out)->counted = true;
        l->open[EB_HANDLE_TIMER]++;
    }
    return r;
}

void eb_timer_set(struct eb_timer *t, int64_t delay_ns)
{
    eb_timer_stop(t);
    if (delay_ns <= 0) {
        eb_link_append(&t->loop->soon, &t->soon);
        EB_ASSERT(uv_idle_start(&t->loop->soon_idle, soon_cb) == 0);
        return;
    }
    /* The loop's time is that of the pass, in whole ms rounded down: counted from it, a timer would be early. */
    int64_t now_ns = eb_monotonic_ns();
    int64_t due_ns = delay_ns > INT64_MAX - 1000000 - now_ns ? INT64_MAX - 1000000 : now_ns + delay_ns;
    uint64_t due_ms = (uint64_t)(due_ns + 999999) / 1000000;
    uint64_t pass_ms = uv_now(&t->loop->uv);
    EB_ASSERT(uv_timer_start(&t->uv, timer_cb, due_ms > pass_ms ? due_ms - pass_ms : 0, 0) == 0);
}

void eb_timer_stop(struct eb_timer *t)
{
    eb_link_remove(&t->soon);
    (void)uv_timer_stop(&t->uv);
}

void eb_timer_unref(struct eb_timer *t)
{
    uv_unref((uv_handle_t *)&t->uv);
}

static void closed_cb(uv_handle_t *handle)
{
    free(handle->data);
}

void eb_timer_close(struct eb_timer *t)
{
    if (t == NULL) {
        return;
    }
    eb_timer_stop(t);
    if (t->counted) {
        t->loop->open[EB_HANDLE_TIMER]--;
    }
    uv_close((uv_handle_t *)&t->uv, closed_cb);
}
