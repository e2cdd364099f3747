/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process begins with the state that another has left.
 *
 *     image, fold -> at rest -> trades that were missed -> START -> picture, answers to queries -> each symbol's gate
 *
 * Until its gate opens nothing acts on a symbol: what stands at the venue is not known. Its gate opens when a complete
 * picture, asked for since START, has been compared with it; then levels are judged by the first fresh prices. The
 * gate is observed state and part of the witness, so that a fold goes through the same steps.
 */
#include "engine/state.h"

#include <string.h>

#define EB_START_EPISODES 1000   /* serials that a lost end of the journal may have used */
#define EB_START_ATTEMPTS 0xFFFF /* and numbers of orders of one episode */
#define EB_PICTURE_AGAIN_MS 10000

bool eb_gated(const struct eb_engine *e, const struct eb_slot *s)
{
    return eb_symbol_of(e, s)->gated;
}

void eb_rest(struct eb_engine *e)
{
    e->resting = true;
    for (uint32_t i = 0; i < e->symbol_count; i++) {
        e->symbol[i].gated = true;
    }
}

int64_t eb_next_picture_ns(const struct eb_engine *e)
{
    int64_t ms = e->c.snapshot_ms > 0 ? e->c.snapshot_ms : INT64_MAX;
    ms = e->wants_picture && ms > EB_PICTURE_AGAIN_MS ? EB_PICTURE_AGAIN_MS : ms;
    return ms == INT64_MAX ? INT64_MAX : e->ev->now_ns + ms * EB_NS_PER_MS;
}

bool eb_start_waits(const struct eb_engine *e, const struct eb_slot *s)
{
    return e->start_ns != 0 && e->ev->now_ns - e->start_ns < e->c.max_age_mark_ms * EB_NS_PER_MS &&
           eb_judge_price(e, s).e8 <= 0;
}

/* ---- START ------------------------------------------------------------------------------------------------------- */

/* An order that rests as far as is known is looked for in the picture; of any other the venue is asked at once. What
 * was sent before may arrive until now, and counts as absent so much later, unless all has arrived. */
static void doubt(struct eb_engine *e, struct eb_order *o, bool settled)
{
    bool rests = (o->state == EB_OS_NEW || o->state == EB_OS_PARTIAL) && !o->cancel_sent &&
                 (o->type == EB_ORDER_STOP_MARKET || o->type == EB_ORDER_LIMIT_GTC);
    if (o->ended_as != EB_OS_NONE || rests) {
        return;
    }
    int64_t now_ms = e->ev->now_ms;
    o->state = o->state == EB_OS_PENDING ? (uint8_t)EB_OS_UNKNOWN : o->state;
    o->sent_ms = settled ? now_ms - e->c.absent_after_ms : now_ms;
    o->timer_ms = now_ms;
    o->queries = 0;
}

/* Numbers of orders that the lost end of a journal may have used are not given again, and are known as such. A life in
 * which nothing was sent adds nothing to what is unknown. */
static void next_numbers(struct eb_slot *s)
{
    struct eb_durable *d = &s->d;
    if (d->attempts != d->life_from || d->life_from == 0) {
        d->sent_before = d->attempts;
        memset(s->lost, 0, sizeof s->lost);
        s->lost_next = 0;
    }
    if (d->attempts < UINT32_MAX - 2 * EB_START_ATTEMPTS) {
        d->attempts = (d->attempts | EB_START_ATTEMPTS) + 1;
    }
    d->life_from = d->attempts;
}

static void start_slot(struct eb_engine *e, struct eb_slot *s, bool settled)
{
    next_numbers(s);
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        if (s->order[i].state != EB_OS_NONE) {
            doubt(e, &s->order[i], settled);
        }
    }
    s->d.claim_ms = 0; /* the picture says what is, and all trades were told */
    s->d.backstop.confirmed_ms = 0;
    s->foreign_ms = 0;
    s->soft_since_ns = 0;
    s->refresh_ns = 0;
    s->stale_told_ns = 0;
    s->consult_pending = false;
    s->alarm_unprotected = false;
    s->unprotected_since_ms = s->d.open ? e->ev->now_ms : 0;
    if (e->signal_count > 0) { /* what was said of all may not have been shown to it, or was over in the meantime */
        memset(&s->wake, 0, sizeof s->wake);
    }
    eb_consult_resume(e, s);
    eb_schedule(e, s);
}

static void start_symbol(struct eb_engine *e, eb_symbol_id id, bool settled)
{
    struct eb_symbol *y = &e->symbol[id];
    for (unsigned i = 0; i < EB_SRC_COUNT; i++) {
        struct eb_hot *h = eb_hot_of(e, id, (enum eb_price_source)i);
        *h = (struct eb_hot){.low = INT64_MAX, .high = INT64_MAX, .min = INT64_MAX};
    }
    y->jump_price.e8 = 0;
    y->substitute_price.e8 = 0;
    y->gated = true;
    for (unsigned leg = 0; leg < 2; leg++) {
        struct eb_slot *s = eb_slot_at(e, id * 2 + leg);
        if (s->d.episode != 0) {
            start_slot(e, s, settled);
        }
    }
}

static void forget_pictures(struct eb_engine *e)
{
    e->in_snapshot = false;
    e->snapshot_broken = false;
    e->asked_count = 0;
    e->foreign_conditional = e->foreign_counting = 0;
    e->sweep_at[EB_SWEEP_ABSENT] = UINT32_MAX;
}

void eb_start(struct eb_engine *e, bool settled)
{
    eb_touch(e);
    if (e->c.bars) {
        return; /* a walk has no venue of its own time */
    }
    e->resting = false;
    e->wants_picture = true;
    e->start_ns = e->ev->now_ns;
    e->hold_ms = settled ? 0 : e->ev->now_ms + e->c.absent_after_ms;
    if (e->starts++ > 0 || e->episode_serial > 0) {
        e->episode_serial = (e->episode_serial / EB_START_EPISODES + 1) * EB_START_EPISODES;
    }
    e->life_serial = e->episode_serial;
    forget_pictures(e);
    for (uint32_t i = 0; i < e->symbol_count; i++) {
        start_symbol(e, i, settled);
    }
    if (e->flattening) {
        eb_sweep_start(e, EB_SWEEP_FLATTEN); /* how far it had come is not known */
    }
    eb_emit(e, EB_ACT_SNAPSHOT);
    e->snapshot_due_ns = eb_next_picture_ns(e);
}

/* ---- the gate ---------------------------------------------------------------------------------------------------- */

/* A position that no policy has planned is asked about, and so is what was owed an answer. Nothing else: a start by
 * itself changes no plan. */
static void ask_what_is_open(struct eb_engine *e, struct eb_slot *s)
{
    const struct eb_durable *d = &s->d;
    if (!d->open || d->shadow_done) {
        return;
    }
    if (d->plan.revision == 0 || d->plan.builtin) {
        eb_first_plan(e, s, d->adopted ? EB_CONSULT_ADOPTED : EB_CONSULT_NEW);
    } else if (d->owed != 0) {
        eb_want_consult(e, s, (enum eb_consult_reason)(d->owed - 1));
    }
}

void eb_gate_open(struct eb_engine *e, eb_symbol_id symbol)
{
    e->symbol[symbol].gated = false;
    for (unsigned leg = 0; leg < 2; leg++) {
        struct eb_slot *s = eb_slot_at(e, symbol * 2 + leg);
        if (s->d.episode != 0) {
            eb_order_timers(e, s); /* of what the picture lacked */
            ask_what_is_open(e, s);
        }
    }
    eb_price_again(e, symbol);
}
