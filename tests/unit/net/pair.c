/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers that write down what they hear, and misbehave when asked to. */
#define _GNU_SOURCE

#include "pair.h"

#include <string.h>

#include "base/hash.h"

#define LIMIT ((size_t)1 << 20)

void end_close(struct end *e)
{
    if (e->finishes) {
        eb_stream_finish(e->s);
    } else {
        eb_stream_close(e->s);
    }
    e->s = NULL;
}

static void leave_if(struct end *e, enum end_call call)
{
    if (e->leaves[call]) {
        end_close(e);
    }
}

static void on_opened(void *user)
{
    struct end *e = user;
    assert_non_null(e->s);
    e->opened++;
    leave_if(e, END_OPENED);
}

static void on_data(void *user, const char *bytes, size_t len)
{
    struct end *e = user;
    assert_non_null(e->s); /* nothing is heard after a close */
    assert_true(len > 0);
    for (size_t i = 0; i < len; i++) {
        if ((size_t)e->bytes < sizeof(e->first) - 1) {
            e->first[e->bytes] = bytes[i];
        }
        e->hash = eb_hash64_u64(e->hash, (unsigned char)bytes[i]);
        e->bytes++;
    }
    if (e->echo) {
        assert_int_equal(eb_stream_write(e->s, bytes, len), EB_OK);
        eb_stream_pause(e->s, eb_stream_waiting(e->s) > 0);
    }
    leave_if(e, END_DATA);
}

static void on_drained(void *user)
{
    struct end *e = user;
    assert_non_null(e->s);
    assert_int_equal(eb_stream_waiting(e->s), 0);
    e->drained++;
    if (e->echo) {
        eb_stream_pause(e->s, false);
    }
    leave_if(e, END_DRAINED);
}

static void on_closed(void *user, const struct eb_err *err)
{
    struct end *e = user;
    assert_non_null(e->s);
    e->closed++;
    e->why = *err;
    leave_if(e, END_CLOSED);
}

const struct eb_stream_handlers end_handlers = {
    .opened = on_opened, .data = on_data, .drained = on_drained, .closed = on_closed};

static void on_accepted(void *user, struct eb_stream *s)
{
    struct pair *p = user;
    p->accepted++;
    if (p->there.s != NULL) {
        eb_stream_close(s); /* a case that wants one connection: the others are probes */
        return;
    }
    p->there.s = s;
    eb_stream_handle(s, &end_handlers, &p->there);
}

void pair_listen(struct pair *p, struct rig *r)
{
    p->rig = r;
    p->path = rig_path(r, "s");
    p->limit = p->limit == 0 ? LIMIT : p->limit;
    assert_int_equal(eb_listener_open(r->loop, p->path, p->limit, on_accepted, p, &p->listener, &r->err), EB_OK);
}

void pair_open(struct pair *p, struct rig *r)
{
    pair_listen(p, r);
    assert_int_equal(eb_stream_connect(r->loop, p->path, p->limit, &end_handlers, &p->here, &p->here.s, &r->err),
                     EB_OK);
    rig_until(r, &p->here.opened, 1);
    rig_until(r, &p->accepted, 1);
}

void pair_close(struct pair *p)
{
    end_close(&p->here);
    end_close(&p->there);
    eb_listener_close(p->listener);
}
