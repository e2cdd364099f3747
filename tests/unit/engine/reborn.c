/* SPDX-License-Identifier: Apache-2.0 */
/* Images between two benches; see reborn.h. */
#include "reborn.h"

#include <stdlib.h>

void image_take(const struct eb_engine *e, struct image *out)
{
    uint32_t cursor = 0;
    int rc = EB_OK;
    out->parts = 0;
    out->at[0] = 0;
    for (;;) {
        size_t at = out->at[out->parts];
        size_t len = 0;
        assert_true(at + EB_IMAGE_PART_MAX <= sizeof out->bytes && out->parts + 1 < EB_COUNT(out->at));
        rc = eb_engine_image_part(e, &cursor, out->bytes + at, EB_IMAGE_PART_MAX, &len);
        if (rc != EB_OK) {
            break;
        }
        out->at[++out->parts] = at + len;
    }
    assert_int_equal(rc, EB_E_END);
}

int image_give(const struct image *m, struct eb_engine *e, int64_t now_ns, int64_t now_ms, struct eb_err *err)
{
    for (unsigned i = 0; i < m->parts; i++) {
        int rc = eb_engine_image_load(e, m->bytes + m->at[i], m->at[i + 1] - m->at[i], err);
        if (rc != EB_OK) {
            return rc;
        }
    }
    return eb_engine_image_done(e, now_ns, now_ms, err);
}

struct fx *reborn(const struct image *m, const struct eb_engine_config *c, const struct fx *f)
{
    struct fx *g = calloc(1, sizeof *g);
    struct eb_err err = {0};
    assert_non_null(g);
    g->now_ms = f->now_ms;
    g->hedge = f->hedge;
    g->trade = f->trade;
    g->venue_id = f->venue_id;
    assert_int_equal(eb_engine_create(c, &g->e, &err), EB_OK);
    struct eb_event now = fx_event(g, EB_EV_CLOCK, EB_NO_SYMBOL);
    assert_int_equal(image_give(m, g->e, now.now_ns, now.now_ms, &err), EB_OK);
    return g;
}

void fx_start(struct fx *f, bool settled)
{
    const struct eb_ev_command c = {.verb = EB_CMD_START, .settled = settled, .who = "test", .why = "a process begins"};
    struct eb_event ev = fx_event(f, EB_EV_COMMAND, EB_NO_SYMBOL);
    ev.u.command = &c;
    assert_int_equal(fx_step(f, &ev), EB_OK);
}

void fx_picture(struct fx *f, enum eb_side side, const char *qty, const char *entry,
                const struct eb_ev_open_order *orders, unsigned count)
{
    fx_snapshot_begin(f);
    if (e8(qty) > 0) {
        fx_open(f, side, qty, entry);
    }
    for (unsigned i = 0; i < count; i++) {
        fx_open_order(f, &orders[i]);
    }
    fx_snapshot_end(f);
    fx_clock(f);
}

struct eb_ev_open_order as_listed(const struct eb_order_request *o)
{
    return (struct eb_ev_open_order){.client_id = o->client_id,
                                     .venue_order_id = 77,
                                     .position_side = o->position_side,
                                     .order_side = o->order_side,
                                     .type = o->type,
                                     .state = EB_OS_NEW,
                                     .close_position = o->close_position,
                                     .reduce_only = o->reduce_only,
                                     .qty = o->qty,
                                     .price = o->price,
                                     .trigger = o->trigger};
}
