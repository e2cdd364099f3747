/* SPDX-License-Identifier: Apache-2.0 */
/* Signals as callbacks of the loop. */
#define _GNU_SOURCE

#include "net/loop.h"

#include <stdlib.h>

#include "net/inner.h"

struct eb_signal {
    uv_signal_t uv;
    struct eb_loop *loop;
    void (*came)(void *user, int number);
    void *user;
};

static void signal_cb(uv_signal_t *uv, int number)
{
    struct eb_signal *s = uv->data;
    s->came(s->user, number);
}

static void closed_cb(uv_handle_t *handle)
{
    free(handle->data);
}

int eb_signal_open(struct eb_loop *l, int number, void (*came)(void *user, int number), void *user,
                   struct eb_signal **out, struct eb_err *err)
{
    struct eb_signal *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "signal.open", "no memory for a signal");
    }
    s->loop = l;
    s->came = came;
    s->user = user;
    int r = uv_signal_init(&l->uv, &s->uv);
    if (r != 0) {
        free(s);
        return eb_uv_err(err, r, "signal.open", "cannot open signals");
    }
    s->uv.data = s;
    r = uv_signal_start(&s->uv, signal_cb, number);
    if (r != 0) {
        uv_close((uv_handle_t *)&s->uv, closed_cb);
        return eb_uv_err(err, r, "signal.open", "cannot catch signal %d", number);
    }
    l->open[EB_HANDLE_SIGNAL]++;
    *out = s;
    return EB_OK;
}

void eb_signal_close(struct eb_signal *s)
{
    if (s == NULL) {
        return;
    }
    s->loop->open[EB_HANDLE_SIGNAL]--;
    uv_close((uv_handle_t *)&s->uv, closed_cb);
}
