/* SPDX-License-Identifier: Apache-2.0 */
/* Invariants that are cheap enough for production: the process dies rather than trade on a state that cannot be. */
#include "engine/state.h"

void eb_check_slot(struct eb_engine *e, const struct eb_slot *s)
{
    const struct eb_durable *d = &s->d;
    e->stats.invariant_checks++;
    if (!d->open) {
        return;
    }
    EB_ASSERT((d->qty.e8 > 0 || d->shadow_done) && d->entry.e8 > 0 && d->episode != 0);
    EB_ASSERT(d->qty.e8 <= d->venue_qty.e8 || !eb_is_live(e) || d->claim_ms != 0 || d->unexplained);
    EB_ASSERT(d->plan.revision == 0 || d->permit_seq != 0); /* I4: a permit covers every send */
    EB_ASSERT(d->r_state == EB_R_NONE || d->r.e8 > 0);
    int64_t hit = 0;
    for (unsigned i = 0; i < d->plan.leg_count; i++) {
        const struct eb_leg *leg = &d->plan.leg[i];
        EB_ASSERT(leg->price.e8 > 0 && leg->filled.e8 >= 0);
        EB_ASSERT((leg->state == EB_LEG_HIT) == (leg->hit_order != 0));
        hit += leg->state == EB_LEG_HIT;
    }
    EB_ASSERT(hit == d->hits);
    /* I1 is kept where orders leave (gateway.c): what is on the way may exceed the position afterwards, when a backstop
     * or somebody else closes part of it first. */
}
