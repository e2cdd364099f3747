/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A crash as the oracle sees it. What was told to the process that died is forgotten with it, so that fills and exits
 * are counted anew from the records that are left; what was sent is not forgotten, and nobody else's word counts for it
 * than the exchange's.
 */
#include "oracle.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "domain/order.h"

static const char *const stage_names[ORACLE_STAGE_COUNT] = {
    [ORACLE_STAGE_NOTHING] = "nothing in flight",       [ORACLE_STAGE_DECIDED] = "decided, not durable",
    [ORACLE_STAGE_DURABLE] = "durable, not sent",       [ORACLE_STAGE_SENT] = "sent, not answered",
    [ORACLE_STAGE_SENT_LOST] = "sent, its record lost", [ORACLE_STAGE_ANSWERED] = "answered, not journaled",
};

const char *oracle_stage_name(unsigned stage)
{
    return stage < ORACLE_STAGE_COUNT ? stage_names[stage] : "?";
}

/* ---- what it interrupted ----------------------------------------------------------------------------------------- */

static unsigned stage_of(const struct oracle_order *k, uint64_t durable_seq)
{
    bool recorded = k->decided_seq <= durable_seq;
    if (!k->sent) {
        return recorded ? ORACLE_STAGE_DURABLE : ORACLE_STAGE_DECIDED;
    }
    if (!recorded) {
        return ORACLE_STAGE_SENT_LOST;
    }
    if (k->told_seq == 0) {
        return ORACLE_STAGE_SENT;
    }
    return k->told_seq > durable_seq ? ORACLE_STAGE_ANSWERED : ORACLE_STAGE_NOTHING;
}

unsigned oracle_stages(const struct oracle *o, uint64_t durable_seq)
{
    unsigned bits = 0;
    for (eb_position_id at = 0; at < 2 * o->symbols; at++) {
        for (unsigned i = 0; i < o->slot[at].order_count; i++) {
            bits |= 1u << stage_of(&o->slot[at].order[i], durable_seq);
        }
    }
    bits &= ~(1u << ORACLE_STAGE_NOTHING);
    return bits != 0 ? bits : 1u << ORACLE_STAGE_NOTHING;
}

/* ---- what is left ------------------------------------------------------------------------------------------------ */

void oracle_recount_begin(struct oracle *o)
{
    memset(o->trade, 0, sizeof o->trade);
    memset(o->credited, 0, sizeof o->credited);
    memset(o->told, 0, sizeof o->told);
    memset(o->signal, 0, sizeof o->signal);
    o->durable = 0;
    for (eb_position_id at = 0; at < 2 * o->symbols; at++) {
        o->slot[at].permit = 0;
        memset(&o->slot[at].seen, 0, sizeof o->slot[at].seen);
    }
}

void oracle_recount(struct oracle *o, const struct eb_event *ev, const struct eb_actions *actions,
                    struct eb_engine *engine)
{
    o->durable++;
    oracle_signal_event(o, ev);
    if (o->durable > o->observed) { /* recorded by a step that its process did not live to end */
        o->now_ms = ev->now_ms;
        oracle_orders_event(o, ev);
    }
    bool fills = ev->kind == EB_EV_FILL && ev->u.fill.trade_id != 0;
    int64_t *told = fills ? oracle_told(o, ev->u.fill.client_id) : NULL;
    if (fills && oracle_trade_first(o, ev) && told != NULL) {
        *told += ev->u.fill.qty.e8;
    }
    for (uint16_t i = 0; i < actions->count; i++) {
        const struct eb_exit *x = &actions->action[i].u.exit;
        int64_t *credit = actions->action[i].kind == EB_ACT_EXIT ? oracle_credit(o, x->client_id) : NULL;
        if (credit != NULL && !x->virtual_fill) {
            *credit += x->qty.e8;
        }
    }
    for (unsigned leg = 0; leg < 2 && ev->symbol < o->symbols; leg++) {
        struct oracle_slot *s = &o->slot[2 * ev->symbol + leg];
        bool known = eb_engine_evidence(engine, 2 * ev->symbol + leg, &o->now);
        s->seen.open = known && o->now.open;
        if (!known) {
            continue;
        }
        bool same = s->seen.ctx.episode == o->now.ctx.episode;
        if (!same || s->seen.ctx.plan_revision != o->now.ctx.plan_revision) {
            s->permit = o->now.ctx.plan_revision != 0 ? o->durable : 0;
        }
        s->seen.ctx.episode = o->now.ctx.episode;
        s->seen.ctx.plan_revision = o->now.ctx.plan_revision;
    }
}

/* Orders that never left are none. Those whose record is lost are followed at the exchange. */
static void keep_orders(struct oracle *o, struct oracle_slot *s)
{
    for (unsigned i = 0; i < s->order_count;) {
        struct oracle_order *k = &s->order[i];
        if (!k->sent && k->decided_seq > o->durable) {
            *k = s->order[--s->order_count];
            continue;
        }
        const int64_t *credit = oracle_credit(o, k->id);
        const int64_t *told = oracle_told(o, k->id);
        k->orphan = k->orphan || k->decided_seq > o->durable;
        k->decided_seq = k->orphan ? UINT64_MAX : k->decided_seq; /* numbers of lost records are given again */
        if (k->told_seq > o->durable && (k->state == EB_OS_TRIGGERING || k->state == EB_OS_TRIGGERED)) {
            k->state = EB_OS_NEW; /* it will be told again, and the 2 s count from then */
        }
        k->credited.e8 = credit != NULL && told != NULL ? (*credit > *told ? *credit : *told) : 0;
        k->ended = k->ended || (!k->close_position && k->credited.e8 >= k->qty.e8); /* its fills told it */
        k->ended_ms = o->now_ms;
        i++;
    }
}

static void keep_legs(struct oracle *o, struct oracle_slot *s, eb_position_id at)
{
    const struct eb_context *c = &s->seen.ctx;
    int64_t step = o->inst[at / 2].step.e8;
    memset(s->gone, 0, sizeof s->gone);
    s->leg_count = c->leg_count;
    s->hits = c->hits;
    for (unsigned i = 0; i < c->leg_count; i++) {
        const struct eb_leg_view *leg = &c->legs[i];
        int64_t planned = (int64_t)((__int128)s->base.e8 * leg->fraction_ppm / EB_PPM) / step * step;
        s->leg[i] = (struct oracle_leg){.id = leg->id, .price = leg->price};
        s->leg[i].parked = leg->state == EB_LEG_PARKED;
        s->leg[i].rest = leg->qty.e8 != planned;
        if (leg->state == EB_LEG_HIT) {
            s->gone[leg->id / 64] |= UINT64_C(1) << (leg->id % 64);
        }
    }
}

static void keep_slot(struct oracle *o, eb_position_id at)
{
    struct oracle_slot *s = &o->slot[at];
    bool known = eb_engine_evidence(o->engine, at, &s->seen);
    keep_orders(o, s);
    s->open = known && s->seen.open;
    s->episode = known ? s->seen.ctx.episode : 0;
    s->released = s->open && s->seen.released;
    s->tripped = s->seen.tripped;
    s->alarmed = false;
    s->unjudged = true; /* whether a price has judged its levels is not told */
    s->may_rebase_r = true;
    s->size_in = s->seen.ctx.qty;
    s->base = s->seen.ctx.leg_base;
    s->exited.e8 = 0;
    s->unprotected_ms = o->now_ms;
    s->foreign_ms = 0;
    s->foreign_listed = false;
    s->full_ms = 0;
    s->differs_ms = 0;
    keep_legs(o, s, at);
}

void oracle_restart(struct oracle *o, struct eb_engine *engine, int64_t now_ms, int64_t now_ns)
{
    o->engine = engine;
    o->now_ms = o->awake_ms = now_ms;
    o->now_ns = now_ns;
    o->paused = eb_engine_paused(engine);
    o->store_failed = false;
    o->asked_count = 0;
    o->in_picture = o->whole_picture = false;
    memset(o->price, 0, sizeof o->price);
    for (eb_position_id at = 0; at < 2 * o->symbols; at++) {
        keep_slot(o, at);
    }
    oracle_orphans(o);
}

/* ---- orders that nobody recorded --------------------------------------------------------------------------------- */

void oracle_orphans(struct oracle *o)
{
    for (eb_position_id at = 0; at < 2 * o->symbols; at++) {
        for (unsigned i = 0; i < o->slot[at].order_count; i++) {
            struct oracle_order *k = &o->slot[at].order[i];
            if (!k->orphan || k->ended) {
                continue;
            }
            uint8_t truth = oracle_state_at_exchange(o, at / 2, k->id);
            k->told.e8 = oracle_truth(o, k->id);
            if (truth != EB_OS_NONE) {
                k->changed_ms = truth != k->state ? o->now_ms : k->changed_ms;
                k->state = truth;
            } else if (o->now_ms - o->died_ms >= o->request_ms || k->told.e8 > 0) { /* else it is on its way */
                k->ended = true;
                k->ended_ms = o->now_ms;
            }
        }
    }
}

/* ---- no exit doubled --------------------------------------------------------------------------------------------- */

static struct oracle_plan *plan_of(struct oracle *o, eb_position_id at, uint32_t episode, uint8_t leg)
{
    uint64_t key = (uint64_t)episode << 16 | (uint64_t)leg << 8 | (at + 1);
    uint32_t i = (uint32_t)(eb_hash64_u64(EB_HASH64_SEED, key) >> 16) % ORACLE_PLANS;
    for (uint32_t n = 0; n < ORACLE_PLANS; n++, i = (i + 1) % ORACLE_PLANS) {
        if (o->plan[i].key == key || o->plan[i].key == 0) {
            o->plan[i].key = key;
            return &o->plan[i];
        }
    }
    return NULL;
}

void oracle_plan_note(struct oracle *o, eb_position_id at, uint32_t episode, uint8_t leg, int64_t qty_e8)
{
    struct oracle_plan *p = plan_of(o, at, episode, leg);
    if (p != NULL && qty_e8 > p->most_e8) {
        p->most_e8 = qty_e8;
    }
}

void oracle_plan_more(struct oracle *o, eb_position_id at, uint32_t episode, uint8_t leg, int64_t qty_e8)
{
    struct oracle_plan *p = plan_of(o, at, episode, leg);
    if (p != NULL) {
        p->late_e8 += qty_e8;
    }
}

/* Whatever was told or lost: no leg has closed more than the most that any plan gave it. */
void oracle_plans_kept(struct oracle *o)
{
    static int64_t sum[ORACLE_PLANS];
    size_t count;
    const struct eb_sim_trade *t = eb_sim_trades(o->sim, &count);
    memset(sum, 0, sizeof sum);
    for (size_t i = 0; i < count && !o->violated; i++) {
        bool of_leg = t[i].purpose == EB_PURPOSE_TARGET || t[i].purpose == EB_PURPOSE_SOFT;
        struct oracle_plan *p = of_leg ? plan_of(o, t[i].slot, t[i].client_id.episode, t[i].client_id.leg) : NULL;
        if (p == NULL) {
            continue;
        }
        int64_t *all = &sum[p - o->plan];
        const struct eb_ev_instrument *inst = &o->inst[t[i].symbol]; /* what could not be closed alone goes with it */
        int64_t rest = inst->min_qty.e8 + inst->market_min_qty.e8;
        rest += o->hedge ? (int64_t)((__int128)inst->min_notional.e8 * EB_E8 / t[i].price.e8 * 5 / 4)
                         : 0; /* at its level */
        *all += t[i].qty.e8;
        ORACLE_CHECK(o, p->most_e8 < 0 || *all <= p->most_e8 + p->late_e8 + rest,
                     "slot %u: leg %u of episode %u has closed %" PRId64 ", the most that it was given is %" PRId64,
                     t[i].slot, t[i].client_id.leg, t[i].client_id.episode, *all, p->most_e8);
    }
}
