/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tally follows the episodes of one engine, from what its host's observer hears, into the ledger.
 *
 *     observer --eb_tally_observe--> per slot: size, fills, fees, funding --> eb_ledger_begin, eb_ledger_end
 *
 * r is that of docs/SEMANTICS.md 11: (pnl - fees + funding) / (first R * first size). The entry is taken to have paid
 * the taker fee, and funding what its rate and the mark said when it was due: the same for the owner and for
 * challengers, whose fills are virtual.
 */
#pragma once

#include "app/ledger.h"

struct eb_tally;
struct eb_tally_config {
    struct eb_ledger *ledger;
    const char *owner; /* its name in the ledger; copied */
    uint32_t symbols_max;
    int64_t fee_taker_ppm;
    bool is_owner; /* the engine's own: operators may have a hand in it */
};
/* EB_E_MEMORY. One for each engine. */
EB_NODISCARD int eb_tally_create(const struct eb_tally_config *c, struct eb_tally **out, struct eb_err *err);
/* Open episodes stay open in the ledger: the next start finds them lost. NULL is fine. */
void eb_tally_destroy(struct eb_tally *t);
/* The engine whose evidence is asked for; before the first event. */
void eb_tally_attach(struct eb_tally *t, const struct eb_engine *engine);
/* The hash of the set that decides from now on; POLICY events tell it too. changed: what is open was decided by another
 * (a challenger's; the owner's row is of whatever sets it had). */
void eb_tally_policy(struct eb_tally *t, const char *hash, bool changed);

/* As an eb_observer; user is the tally. */
void eb_tally_observe(void *user, const struct eb_event *ev, const struct eb_actions *actions);
/* Time has come so far: funding that is due is taken in, and episodes that nothing can end any more are given up. */
void eb_tally_clock(struct eb_tally *t, int64_t now_ns, int64_t now_ms);
/* Events were lost: what is open did not see all that it should have. */
void eb_tally_gap(struct eb_tally *t);
/* Virtual or real positions that have not come to their exit. */
unsigned eb_tally_open(const struct eb_tally *t);
