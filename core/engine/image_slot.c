/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One position slot as bytes, field by field: one walk that writes and reads.
 *
 * The order follows struct eb_slot. Whatever hash.c hashes is here; a field that is forgotten makes an image that fails
 * its own hash. At the end stand a few observed figures, so that a restart does not forget what it has to show.
 */
#include "engine/image.h"

#include <string.h>

#define U8(f) eb_cursor_u8(w, &(f))
#define U32(f) eb_cursor_u32(w, &(f))
#define U64(f) eb_cursor_u64(w, &(f))
#define I64(f) eb_cursor_i64(w, &(f))
#define E8(f) eb_cursor_i64(w, &(f).e8)
#define BOOL(f) eb_cursor_bool(w, &(f))
#define BELOW(f, count) eb_cursor_below(w, &(f), (count), #f)
#define TEXT(f) eb_cursor_text(w, (f), sizeof(f), #f)

static void walk_id(struct eb_cursor *w, eb_client_id *v)
{
    U32(v->instance);
    U32(v->episode);
    U32(v->attempt);
    U8(v->purpose);
    U8(v->leg);
    U8(v->slice);
}

static void walk_leg(struct eb_cursor *w, struct eb_leg *v)
{
    U8(v->id);
    BELOW(v->state, EB_LEG_STATE_COUNT);
    U8(v->hit_order);
    U8(v->attempt);
    BOOL(v->soft);
    BOOL(v->takes_rest);
    I64(v->r_ppm);
    I64(v->fraction_ppm);
    E8(v->price);
    E8(v->qty);
    E8(v->firing_qty);
    E8(v->filled);
}

static void walk_trail(struct eb_cursor *w, struct eb_trail *v)
{
    BOOL(v->set);
    BOOL(v->active);
    BELOW(v->curve_count, EB_CURVE_MAX + 1);
    I64(v->activation_r_ppm);
    I64(v->callback_ppm);
    for (unsigned i = 0; i < v->curve_count; i++) {
        I64(v->curve[i].r_ppm);
        I64(v->curve[i].callback_ppm);
    }
    E8(v->peak);
    E8(v->held);
}

static void walk_plan(struct eb_cursor *w, struct eb_plan *v)
{
    U32(v->revision);
    BOOL(v->builtin);
    BOOL(v->unjudged);
    BELOW(v->leg_count, EB_LEGS_MAX + 1);
    BELOW(v->ratchet_count, EB_RATCHET_MAX + 1);
    for (unsigned i = 0; i < v->leg_count; i++) {
        walk_leg(w, &v->leg[i]);
    }
    for (unsigned i = 0; i < v->ratchet_count; i++) {
        U8(v->ratchet[i].after_hits);
        BELOW(v->ratchet[i].to, EB_RATCHET_FIRST_HIT + 1);
        I64(v->ratchet[i].offset_ppm);
    }
    walk_trail(w, &v->trail);
    E8(v->stop);
    E8(v->ratchet_stop);
    E8(v->risk_floor);
    E8(v->protective);
    E8(v->parked_stop);
    for (unsigned i = 0; i < EB_COUNT(v->gone.bit); i++) {
        U64(v->gone.bit[i]);
    }
}

static void walk_intent(struct eb_cursor *w, struct eb_intent *v)
{
    BOOL(v->active);
    BOOL(v->stuck);
    BOOL(v->band);
    BELOW(v->purpose, EB_PURPOSE_COUNT);
    BELOW(v->reason, EB_EXIT_REASON_COUNT);
    U8(v->tries);
    U8(v->covered);
    E8(v->level);
    I64(v->since_ms);
    I64(v->last_send_ms);
    I64(v->retry_ms);
}

static void walk_backstop(struct eb_cursor *w, struct eb_backstop *v)
{
    BELOW(v->stage, EB_BS_STAGE_COUNT);
    BOOL(v->as_quantity);
    BOOL(v->unprotectable);
    BOOL(v->yields);
    U8(v->refusals);
    E8(v->trigger);
    E8(v->foreign);
    I64(v->renewed_ms);
    I64(v->retry_ms);
}

static void walk_memory(struct eb_cursor *w, struct eb_memory *v)
{
    BELOW(v->count, EB_MEMORY_MAX + 1);
    for (unsigned i = 0; i < v->count; i++) {
        TEXT(v->entry[i].key);
        BELOW(v->entry[i].kind, EB_MEM_TEXT + 1);
        eb_cursor_f64(w, &v->entry[i].number);
        TEXT(v->entry[i].text);
    }
}

static void walk_flags(struct eb_cursor *w, struct eb_durable *v)
{
    BOOL(v->open);
    BOOL(v->adopted);
    BOOL(v->confirmed);
    BOOL(v->released);
    BOOL(v->tripped);
    BOOL(v->rebase_pending);
    BOOL(v->shadow);
    BOOL(v->shadow_done);
    BOOL(v->unexplained);
    BOOL(v->planned);
    BELOW(v->side, EB_SHORT + 1);
    BELOW(v->position_side, EB_PS_SHORT + 1);
    BELOW(v->r_state, EB_R_FROZEN + 1);
    U8(v->hits);
    BELOW(v->regime, EB_REGIME_COUNT);
    U32(v->episode);
    U8(v->leg_refusals);
    BELOW(v->partial_reason, EB_EXIT_REASON_COUNT);
    BELOW(v->owed, EB_CONSULT_REASON_COUNT + 1);
    U32(v->window_orders);
    U32(v->attempts);
    U32(v->sent_before);
    U32(v->life_from);
}

static void walk_durable(struct eb_cursor *w, struct eb_durable *v)
{
    walk_flags(w, v);
    E8(v->qty);
    E8(v->first_qty);
    E8(v->base);
    E8(v->exited);
    E8(v->venue_qty);
    E8(v->partial);
    E8(v->entry);
    E8(v->r);
    E8(v->initial_stop);
    E8(v->first_r);
    E8(v->liquidation);
    E8(v->earlier_best);
    E8(v->earlier_worst);
    E8(v->margin);
    E8(v->margin_qty);
    I64(v->leverage_ppm);
    I64(v->leg_retry_ms);
    I64(v->opened_ms);
    I64(v->window_ms);
    I64(v->last_fill_ms);
    E8(v->claim);
    I64(v->claim_ms);
    I64(v->claim_told_ms);
    I64(v->told_ms);
    I64(v->grown_ms);
    E8(v->absorbed);
    E8(v->absorbed_before);
    U64(v->permit_seq);
    walk_plan(w, &v->plan);
    walk_intent(w, &v->intent);
    walk_backstop(w, &v->backstop);
    TEXT(v->strategy_id);
    TEXT(v->profile);
    TEXT(v->owner);
    TEXT(v->memory.version);
    walk_memory(w, &v->memory);
}

static void walk_order(struct eb_cursor *w, struct eb_order *v)
{
    walk_id(w, &v->id);
    U64(v->venue_id);
    E8(v->qty);
    E8(v->filled);
    E8(v->told);
    E8(v->price);
    E8(v->trigger);
    E8(v->level);
    I64(v->sent_ms);
    I64(v->born_ms);
    I64(v->changed_ms);
    I64(v->timer_ms);
    BELOW(v->type, EB_ORDER_STOP_MARKET + 1);
    BELOW(v->purpose, EB_PURPOSE_COUNT);
    U8(v->leg);
    BELOW(v->reason, EB_EXIT_REASON_COUNT);
    BELOW(v->ended_as, EB_OS_COUNT);
    BOOL(v->cancel_sent);
    BOOL(v->close_position);
    BOOL(v->guessed);
    U8(v->queries);
}

/* Orders keep their places: what a picture lacked is recorded by place. */
static void walk_orders(struct eb_cursor *w, struct eb_slot *s)
{
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        BELOW(s->order[i].state, EB_OS_COUNT);
        if (s->order[i].state != EB_OS_NONE) {
            walk_order(w, &s->order[i]);
        }
    }
}

/* What was found of orders beside the table. */
static void walk_found(struct eb_cursor *w, struct eb_slot *s)
{
    for (unsigned i = 0; i < EB_INFERRED_MAX; i++) {
        walk_id(w, &s->inferred[i].id);
        E8(s->inferred[i].qty);
    }
    for (unsigned i = 0; i < EB_LOST_MAX; i++) {
        walk_id(w, &s->lost[i].id);
        E8(s->lost[i].counted);
        BOOL(s->lost[i].ended);
    }
    BELOW(s->inferred_next, EB_INFERRED_MAX);
    BELOW(s->lost_next, EB_LOST_MAX);
}

static void walk_evidence(struct eb_cursor *w, struct eb_slot *s)
{
    E8(s->best);
    E8(s->worst);
    BOOL(s->wake.set);
    I64(s->wake.at_ms);
    E8(s->wake.above);
    E8(s->wake.below);
    I64(s->last_consult_ns);
    I64(s->last_consult_ms);
    I64(s->last_verdict_ms);
    BELOW(s->last_result, EB_POLICY_RESULT_COUNT);
    U32(s->consults);
    U32(s->accepted);
    U32(s->refused);
    U32(s->stale);
    U32(s->failures);
    U32(s->sent);
    U32(s->fills);
    U32(s->duplicates);
    TEXT(s->last_reason);
}

void eb_image_slot(struct eb_cursor *w, struct eb_slot *s)
{
    walk_durable(w, &s->d);
    walk_orders(w, s);
    for (unsigned i = 0; i < EB_TRADES_KEPT; i++) {
        U64(s->trade[i]);
    }
    walk_found(w, s);
    walk_evidence(w, s);
}
