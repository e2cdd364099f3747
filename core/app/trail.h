/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange's own trades of this account, in their order: what the end of a paper run is compared with. */
#pragma once

#include <exitbrain/event.h>

#include "base/err.h"

struct eb_trail_trade {
    eb_symbol_id symbol;
    struct eb_ev_fill fill;
};
struct eb_trail {
    struct eb_trail_trade *trade; /* owned */
    size_t count, cap;
    bool memory_failed;
};
void eb_trail_add(struct eb_trail *t, eb_symbol_id symbol, const struct eb_ev_fill *fill);
void eb_trail_free(struct eb_trail *t);
