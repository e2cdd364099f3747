/* SPDX-License-Identifier: Apache-2.0 */
/* Wake-ups: the only way by which another thread reaches this loop. */
#define _GNU_SOURCE

#include "net/loop.h"

#include <stdlib.h>

#include "net/inner.h"

struct eb_wake {
    uv_async_t uv;
    struct eb_loop *loop;
    void (*woken)(void *user);
    void *user;
};

static void async_cb(uv_async_t *uv)
{
    struct eb_wake *w = uv->data;
    w->woken(w->user);
}

int eb_wake_open(struct eb_loop *l, void (*woken)(void *user), void *user, struct eb_wake **out, struct eb_err *err)
{
    struct eb_wake *w = calloc(1, sizeof(*w));
    if (w == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "wake.open", "no memory for a wake-up");
    }
    w->loop = l;
    w->woken = woken;
    w->user = user;
    int r = uv_async_init(&l->uv, &w->uv, async_cb);
    if (r != 0) {
        free(w);
        return eb_uv_err(err, r, "wake.open", "cannot open a wake-up");
    }
    w->uv.data = w;
    l->open[EB_HANDLE_WAKE]++;
    *out = w;
    return EB_OK;
}

void eb_wake_send(struct eb_wake *w)
{
    (void)uv_async_send(&w->uv);
}

static void closed_cb(uv_handle_t *handle)
{
    free(handle->data);
}

void eb_wake_close(struct eb_wake *w)
{
    if (w == NULL) {
        return;
    }
    w->loop->open[EB_HANDLE_WAKE]--;
    uv_close((uv_handle_t *)&w->uv, closed_cb);
}
