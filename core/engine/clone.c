/* SPDX-License-Identifier: Apache-2.0 */
/* A second engine in the same state, for trials. What no known symbol uses is not touched: those pages stay the
 * system's. */
#include "engine/state.h"

#include <string.h>

struct eb_engine_config eb_engine_configuration(const struct eb_engine *e)
{
    return e->c;
}

int eb_engine_room(const struct eb_engine_config *c, uint32_t symbols, struct eb_engine **room, struct eb_err *err)
{
    int rc = eb_engine_create(c, room, err);
    size_t n = symbols < c->symbols_max ? symbols : c->symbols_max;
    if (rc == EB_OK) {
        memset((*room)->symbol, 0, n * sizeof *(*room)->symbol);
        memset((*room)->slot, 0, n * sizeof *(*room)->slot);
    }
    for (size_t i = 0; rc == EB_OK && c->hedge && i < n; i++) {
        memset(eb_slot_at(*room, (uint32_t)i * 2 + 1), 0, sizeof *(*room)->slot);
    }
    return rc;
}

void eb_engine_clone_into(const struct eb_engine *e, struct eb_engine *room)
{
    EB_ASSERT(room->c.symbols_max == e->c.symbols_max && room->symbol_count == 0);
    struct eb_engine *c = room;
    const struct eb_engine own = *c; /* where its parts lie */
    size_t symbols = e->symbol_count;
    *c = *e;
    c->block = own.block;
    c->hot = own.hot;
    c->symbol = own.symbol;
    c->slot = own.slot;
    c->heap = own.heap;
    c->holder = own.holder;
    c->claim = own.claim;
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
    memcpy(c->claim, e->claim, symbols * 2 * sizeof *c->claim);
}

int eb_engine_clone(const struct eb_engine *e, struct eb_engine **out, struct eb_err *err)
{
    int rc = eb_engine_create(&e->c, out, err);
    if (rc == EB_OK) {
        eb_engine_clone_into(e, *out);
    }
    return rc;
}
