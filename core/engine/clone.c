/* SPDX-License-Identifier: Apache-2.0 */
/* A second engine in the same state, for trials. What no known symbol uses is not touched: its pages stay the system's. */
#include "engine/state.h"

#include <string.h>

int eb_engine_clone(const struct eb_engine *e, struct eb_engine **out, struct eb_err *err)
{
    struct eb_engine *c;
    int rc = eb_engine_create(&e->c, &c, err);
    *out = NULL;
    if (rc != EB_OK) {
        return rc;
    }
    const struct eb_engine own = *c; /* where its parts lie */
    size_t symbols = e->symbol_count;
    *c = *e;
    c->block = own.block;
    c->hot = own.hot;
    c->symbol = own.symbol;
    c->slot = own.slot;
    c->heap = own.heap;
    c->holder = own.holder;
    c->ev = NULL;
    c->out = NULL;
    memcpy(c->hot, e->hot, symbols * EB_SRC_COUNT * sizeof *c->hot);
    memcpy(c->symbol, e->symbol, symbols * sizeof *c->symbol);
    for (uint32_t i = 0; i < symbols * 2; i++) {
        const struct eb_slot *s = eb_slot_at(e, i);
        if (s->d.episode != 0 || s->heap_at != 0 || s->path.e8 != 0) {
            *eb_slot_at(c, i) = *s;
        }
    }
    memcpy(c->heap, e->heap, e->heap_count * sizeof *c->heap);
    memcpy(c->holder, e->holder, e->holder_count * sizeof *c->holder);
    *out = c;
    return EB_OK;
}
