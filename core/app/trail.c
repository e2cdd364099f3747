/* SPDX-License-Identifier: Apache-2.0 */
/* A growing list; memory that is not there is remembered, not fatal. */
#include "app/trail.h"

#include <stdlib.h>
#include <string.h>

void eb_trail_add(struct eb_trail *t, eb_symbol_id symbol, const struct eb_ev_fill *fill)
{
    if (t->count == t->cap) {
        size_t cap = t->cap > 0 ? 2 * t->cap : 256;
        struct eb_trail_trade *more = realloc(t->trade, cap * sizeof(*more));
        if (more == NULL) {
            t->memory_failed = true;
            return;
        }
        t->trade = more;
        t->cap = cap;
    }
    t->trade[t->count++] = (struct eb_trail_trade){symbol, *fill};
}

void eb_trail_free(struct eb_trail *t)
{
    free(t->trade);
    memset(t, 0, sizeof(*t));
}
