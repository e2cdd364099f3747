/* SPDX-License-Identifier: Apache-2.0 */
/* The hash of durable state, field by field (never of padding). A field that is not here is not durable. */
#include "base/hash.h"
#include "engine/state.h"

#include <string.h>

static uint64_t hash_text(uint64_t h, const char *text, size_t cap)
{
    const char *end = memchr(text, 0, cap);
    return eb_hash64(h, text, end != NULL ? (size_t)(end - text) : cap);
}

static uint64_t hash_i64(uint64_t h, const int64_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        h = eb_hash64_u64(h, (uint64_t)v[i]);
    }
    return h;
}
#define HASH(h, ...) hash_i64((h), (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / 8)

static uint64_t hash_order(uint64_t h, const struct eb_order *o)
{
    h = eb_hash64(h, &o->id, sizeof o->id);
    return HASH(h, (int64_t)o->venue_id, o->qty.e8, o->filled.e8, o->told.e8, o->price.e8, o->trigger.e8, o->level.e8,
                o->sent_ms, o->born_ms, o->changed_ms, o->timer_ms, o->state, o->type, o->purpose, o->leg, o->reason,
                o->ended_as, o->cancel_sent, o->close_position, o->guessed, o->queries);
}

static uint64_t hash_leg(uint64_t h, const struct eb_leg *l)
{
    return HASH(h, l->id, l->state, l->hit_order, l->attempt, l->soft, l->takes_rest, l->r_ppm, l->fraction_ppm,
                l->price.e8, l->qty.e8, l->firing_qty.e8, l->filled.e8);
}

static uint64_t hash_trail(uint64_t h, const struct eb_trail *t)
{
    h = HASH(h, t->set, t->active, t->activation_r_ppm, t->callback_ppm, t->curve_count, t->peak.e8, t->held.e8);
    for (unsigned i = 0; i < t->curve_count; i++) {
        h = HASH(h, t->curve[i].r_ppm, t->curve[i].callback_ppm);
    }
    return h;
}

static uint64_t hash_plan(uint64_t h, const struct eb_plan *p)
{
    h = HASH(h, p->revision, p->builtin, p->unjudged, p->leg_count, p->ratchet_count, p->stop.e8, p->ratchet_stop.e8,
             p->risk_floor.e8, p->protective.e8, p->parked_stop.e8);
    for (unsigned i = 0; i < p->leg_count; i++) {
        h = hash_leg(h, &p->leg[i]);
    }
    for (unsigned i = 0; i < p->ratchet_count; i++) {
        h = HASH(h, p->ratchet[i].after_hits, p->ratchet[i].to, p->ratchet[i].offset_ppm);
    }
    h = hash_trail(h, &p->trail);
    return eb_hash64(h, &p->gone, sizeof p->gone);
}

static uint64_t hash_entry(uint64_t h, const struct eb_memory_entry *x)
{
    h = hash_text(h, x->key, sizeof x->key);
    h = hash_text(h, x->text, sizeof x->text);
    int64_t bits;
    memcpy(&bits, &x->number, sizeof bits);
    return HASH(h, x->kind, bits);
}

static uint64_t hash_memory(uint64_t h, const struct eb_memory *m)
{
    for (unsigned i = 0; i < m->count; i++) {
        h = hash_entry(h, &m->entry[i]);
    }
    return h;
}

static uint64_t hash_signals(uint64_t h, const struct eb_engine *e)
{
    h = HASH(h, e->signal_count, e->signal_id_next);
    h = eb_hash64(h, e->signal_id, sizeof e->signal_id);
    for (uint32_t i = 0; i < e->signal_count; i++) {
        const struct eb_signal *g = &e->signal[i];
        h = hash_entry(h, &g->value);
        h = hash_text(h, g->who, sizeof g->who);
        h = HASH(h, g->symbol, g->expires_ms, g->set_ms);
    }
    return h;
}

static uint64_t hash_durable(uint64_t h, const struct eb_durable *d)
{
    h = HASH(h, d->open, d->adopted, d->confirmed, d->released, d->tripped, d->rebase_pending, d->shadow,
             d->shadow_done, d->unexplained, d->planned, d->side, d->position_side, d->r_state, d->hits, d->regime,
             d->episode, d->partial.e8, d->partial_reason, d->owed, d->window_orders, d->leg_refusals, d->leg_retry_ms,
             d->attempts, d->sent_before, d->life_from, d->qty.e8, d->first_qty.e8, d->base.e8, d->exited.e8,
             d->venue_qty.e8, d->entry.e8, d->r.e8, d->initial_stop.e8, d->first_r.e8, d->earlier_best.e8,
             d->earlier_worst.e8, d->liquidation.e8, d->margin.e8, d->margin_qty.e8, d->leverage_ppm, d->opened_ms,
             d->window_ms, d->last_fill_ms, d->claim.e8, d->claim_ms, d->claim_told_ms, d->told_ms, d->grown_ms,
             d->absorbed.e8, d->absorbed_before.e8, (int64_t)d->permit_seq);
    h = hash_plan(h, &d->plan);
    const struct eb_intent *n = &d->intent;
    h = HASH(h, n->active, n->stuck, n->band, n->purpose, n->reason, n->tries, n->covered, n->level.e8, n->since_ms,
             n->last_send_ms, n->retry_ms);
    const struct eb_backstop *b = &d->backstop;
    h = HASH(h, b->stage, b->as_quantity, b->unprotectable, b->yields, b->refusals, b->trigger.e8, b->foreign.e8,
             b->renewed_ms, b->retry_ms);
    h = hash_text(h, d->strategy_id, sizeof d->strategy_id);
    h = hash_text(h, d->profile, sizeof d->profile);
    h = hash_text(h, d->owner, sizeof d->owner);
    h = hash_text(h, d->memory.version, sizeof d->memory.version);
    return hash_memory(h, &d->memory);
}

static uint64_t hash_found(uint64_t h, const struct eb_slot *s)
{
    for (unsigned i = 0; i < EB_INFERRED_MAX; i++) {
        h = eb_hash64(h, &s->inferred[i].id, sizeof s->inferred[i].id);
        h = HASH(h, s->inferred[i].qty.e8);
    }
    for (unsigned i = 0; i < EB_LOST_MAX; i++) {
        h = eb_hash64(h, &s->lost[i].id, sizeof s->lost[i].id);
        h = HASH(h, s->lost[i].counted.e8, s->lost[i].ended);
    }
    return HASH(h, s->inferred_next, s->lost_next);
}

static uint64_t hash_slot(uint64_t h, const struct eb_slot *s)
{
    h = hash_durable(h, &s->d);
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        if (s->order[i].state != EB_OS_NONE) {
            h = hash_order(h, &s->order[i]);
        }
    }
    h = hash_found(h, s);
    return eb_hash64(h, s->trade, sizeof s->trade);
}

static uint64_t hash_filters(uint64_t h, const struct eb_instrument *v)
{
    h = hash_text(h, v->symbol, sizeof v->symbol);
    return HASH(h, v->tick.e8, v->min_price.e8, v->max_price.e8, v->step.e8, v->min_qty.e8, v->max_qty.e8,
                v->market_step.e8, v->market_min_qty.e8, v->market_max_qty.e8, v->min_notional.e8, v->percent_up_ppm,
                v->percent_down_ppm, v->market_take_bound_ppm, v->max_orders, v->max_algo_orders, v->maintenance_ppm,
                v->trading);
}

static uint64_t hash_symbol(uint64_t h, const struct eb_symbol *y)
{
    h = hash_filters(h, &y->inst);
    return HASH(h, y->known, (int64_t)y->trade_newest, (int64_t)y->trade_upto, (int64_t)y->trade_window,
                y->trade_window_ms, y->trade_newest_ms);
}

uint64_t eb_filters_hash(const struct eb_instrument *inst)
{
    return hash_filters(EB_HASH64_SEED, inst);
}

uint64_t eb_durable_hash(const struct eb_durable *d)
{
    return hash_durable(EB_HASH64_SEED, d);
}

uint64_t eb_plan_hash(const struct eb_plan *p)
{
    return hash_plan(EB_HASH64_SEED, p);
}

uint64_t eb_trail_hash(const struct eb_trail *t)
{
    return hash_trail(EB_HASH64_SEED, t);
}

uint64_t eb_engine_durable_hash(const struct eb_engine *e)
{
    uint64_t h = EB_HASH64_SEED;
    h = HASH(h, e->episode_serial, e->mode.exit_mode, e->mode.executor_live, e->mode.rollout_enabled, e->hedge,
             e->paused, e->flattening, e->flatten_upto, e->starts, e->life_serial, e->hold_ms, e->command_next,
             (int64_t)e->durable_count);
    h = eb_hash64(h, e->command_id, sizeof e->command_id);
    h = eb_hash64(h, e->policy_hash, sizeof e->policy_hash);
    h = HASH(h, e->policy_legacy);
    h = hash_signals(h, e);
    for (uint32_t i = 0; i < e->symbol_count * 2; i++) {
        if (i % 2 == 0) {
            h = hash_symbol(h, &e->symbol[i / 2]);
        }
        if (eb_slot_at(e, i)->d.episode != 0) {
            h = eb_hash64_u64(h, i);
            h = hash_slot(h, eb_slot_at(e, i));
        }
    }
    return h;
}
