/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Levels and quantities of a position from step to step: what the evidence may do and what not.
 *
 *     stops never loosen; levels that were crossed when set do not act; fractions are of the leg base; R stays
 */
#include "oracle.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "domain/order.h"
#include "domain/trigger.h"

static enum eb_side side_of(const struct eb_context *c)
{
    return (enum eb_side)c->side;
}

/* ---- parked legs ------------------------------------------------------------------------------------------------- */

/* Price has come back behind a parked leg: it may act again. Any print of the observation counts. */
void oracle_levels_price(struct oracle *o, eb_symbol_id symbol, const struct eb_ev_price *p)
{
    const eb_price prints[] = {p->price, p->ask, p->min, p->max};
    for (unsigned leg = 0; leg < 2; leg++) {
        struct oracle_slot *s = &o->slot[2 * symbol + leg];
        for (unsigned i = 0; i < s->leg_count; i++) {
            for (size_t k = 0; k < EB_COUNT(prints) && s->leg[i].parked; k++) {
                bool behind = prints[k].e8 > 0 && !eb_target_crossed(side_of(&s->seen.ctx), s->leg[i].price, prints[k]);
                s->leg[i].parked = !behind;
            }
        }
    }
}

static struct oracle_leg *leg_of(struct oracle_slot *s, uint8_t id)
{
    for (unsigned i = 0; i < s->leg_count; i++) {
        if (s->leg[i].id == id) {
            return &s->leg[i];
        }
    }
    return NULL;
}

static bool is_gone(const struct oracle_slot *s, uint8_t id)
{
    return (s->gone[id / 64] >> (id % 64) & 1) != 0;
}

static bool lists_targets(const struct eb_event *ev)
{
    if (ev->kind != EB_EV_VERDICT) {
        return false;
    }
    const struct eb_verdict *v = ev->u.verdict.verdict;
    for (unsigned i = 0; i < v->count && i < EB_DECISIONS_MAX; i++) {
        if (v->decision[i].kind == EB_UPDATE_TP_LIMITS) {
            return true;
        }
    }
    return false;
}

/* The price by which a level set in this step was judged. */
static eb_price judge(const struct eb_event *ev, const struct eb_context *now)
{
    if (ev->kind == EB_EV_VERDICT) {
        return ev->u.verdict.ctx->price;
    }
    return ev->kind == EB_EV_POLICY_FAILED ? ev->u.policy_failed->ctx->price : now->price;
}

static bool works(const struct eb_leg_view *leg)
{
    return leg->state == EB_LEG_FIRING || leg->state == EB_LEG_PARTIAL || leg->state == EB_LEG_HIT;
}

static void mirror_legs(struct oracle *o, struct oracle_slot *s, const struct eb_event *ev)
{
    const struct eb_context *c = &o->now.ctx;
    bool accepted = c->plan_revision != s->seen.ctx.plan_revision;
    bool anew = accepted && lists_targets(ev);
    eb_price by = judge(ev, c);
    struct oracle_leg next[EB_LEGS_MAX];
    int64_t sum = 0;
    for (unsigned i = 0; i < c->leg_count; i++) {
        sum += c->legs[i].fraction_ppm;
    }
    for (unsigned i = 0; i < c->leg_count; i++) {
        const struct eb_leg_view *leg = &c->legs[i];
        const struct oracle_leg *was = leg_of(s, leg->id);
        bool crossed = by.e8 > 0 && eb_target_crossed(side_of(c), leg->price, by);
        bool fresh = was == NULL || was->price.e8 != leg->price.e8;
        next[i] = (struct oracle_leg){.id = leg->id, .price = leg->price};
        bool acted =
            works(leg) && leg->filled.e8 > 0; /* by a fill: a process that is no more had seen price come back */
        next[i].parked = fresh ? crossed && !works(leg) : was->parked && !acted && (!anew || crossed);
        next[i].rest = (was != NULL && was->rest) || (i + 1 == c->leg_count && sum == EB_PPM);
    }
    memcpy(s->leg, next, sizeof next[0] * c->leg_count);
    s->leg_count = c->leg_count;
}

/* ---- what a leg may do ------------------------------------------------------------------------------------------- */

/* A fresh print of a source that decides targets has reached the level. */
static bool is_reached(const struct oracle *o, const struct oracle_slot *s, const struct eb_event *ev,
                       const struct eb_order_request *r)
{
    const struct oracle_price *y = &o->price[r->symbol];
    bool is_long = s->seen.ctx.side == EB_LONG;
    for (unsigned src = 0; src < EB_SRC_COUNT; src++) {
        bool decides = src != EB_SRC_MARK || o->config->target_source == EB_TARGET_MARK; /* a fallback: book or last */
        int64_t age_ms = src == EB_SRC_MARK ? o->config->max_age_mark_ms : o->config->max_age_last_ms;
        if (!decides || y->price[src].e8 == 0 || o->now_ns - y->at_ns[src] > age_ms * 1000000) {
            continue;
        }
        eb_price print = src == EB_SRC_BOOK && !is_long ? y->ask : y->price[src];
        bool this_one = ev->kind == EB_EV_PRICE && ev->u.price.source == src;
        eb_price extreme = !this_one ? print : is_long ? ev->u.price.max : ev->u.price.min;
        if (eb_target_crossed(side_of(&s->seen.ctx), r->level, print) ||
            eb_target_crossed(side_of(&s->seen.ctx), r->level, extreme)) {
            return true;
        }
    }
    return false;
}

/* The order of a leg that a later plan has left out was filled all the same: should it come back, that is another. */
void oracle_plan_late(struct oracle *o, eb_position_id at, eb_client_id id, int64_t qty_e8)
{
    const struct oracle_slot *s = &o->slot[at];
    for (unsigned i = 0; i < s->seen.ctx.leg_count; i++) {
        if (s->seen.ctx.legs[i].id == id.leg) {
            return;
        }
    }
    oracle_plan_more(o, at, id.episode, id.leg, qty_e8);
}

void oracle_leg_fires(struct oracle *o, const struct oracle_slot *s, const struct eb_event *ev,
                      const struct eb_order_request *r)
{
    const struct oracle_leg *leg = NULL;
    for (unsigned i = 0; i < s->leg_count; i++) {
        leg = s->leg[i].id == r->client_id.leg ? &s->leg[i] : leg;
    }
    ORACLE_CHECK(o, leg != NULL, "slot %u: leg %u fires and is not in the plan", r->position, r->client_id.leg);
    if (leg == NULL) {
        return;
    }
    ORACLE_CHECK(o, !leg->parked, "slot %u: leg %u fires, which was crossed when set, and price has not come back",
                 r->position, leg->id);
    ORACLE_CHECK(o, r->purpose != EB_PURPOSE_TARGET || is_reached(o, s, ev, r),
                 "slot %u: leg %u fires and no fresh price has reached it", r->position, leg->id);
}

/* ---- quantities -------------------------------------------------------------------------------------------------- */

/* What somebody has added in this step, and whether before its exits: then the first of them says more than was
 * left. */
static int64_t added(const struct oracle_slot *s, const struct eb_context *c, const struct eb_actions *actions,
                     eb_position_id at, bool *first)
{
    int64_t gone = 0;
    *first = false;
    for (uint16_t i = actions->count; i > 0; i--) {
        const struct eb_exit *x = &actions->action[i - 1].u.exit;
        if (actions->action[i - 1].kind == EB_ACT_EXIT && x->position == at && x->episode == s->episode) {
            gone += x->qty.e8;
            *first = x->remaining.e8 != s->seen.ctx.qty.e8 - x->qty.e8;
        }
    }
    int64_t more = c->qty.e8 + gone - s->seen.ctx.qty.e8;
    return more > 0 ? more : 0;
}

static void take_added(struct oracle_slot *s, int64_t more, int64_t *qty)
{
    *qty += more;
    s->size_in.e8 += more;
    s->base.e8 = *qty;
    s->may_rebase_r = true;
}

static void sizes(struct oracle *o, struct oracle_slot *s, const struct eb_event *ev, const struct eb_actions *actions,
                  eb_position_id at)
{
    const struct eb_context *c = &o->now.ctx;
    int64_t qty = s->seen.ctx.qty.e8;
    bool first;
    int64_t more = ev->kind == EB_EV_POSITION ? added(s, c, actions, at, &first) : 0;
    if (more > 0 && first) {
        take_added(s, more, &qty);
    }
    for (uint16_t i = 0; i < actions->count; i++) {
        const struct eb_exit *x = &actions->action[i].u.exit;
        if (actions->action[i].kind != EB_ACT_EXIT || x->position != at || x->episode != s->episode) {
            continue;
        }
        int64_t before = qty;
        qty -= x->qty.e8;
        ORACLE_CHECK(o, x->remaining.e8 == qty, "slot %u: an exit says %" PRId64 " remain, it is %" PRId64, at,
                     x->remaining.e8, qty);
        if (x->reason == EB_EXIT_EXTERNAL && before > 0) {
            s->base.e8 = (int64_t)((__int128)s->base.e8 * qty / before);
        }
    }
    if (more > 0 && !first) {
        take_added(s, more, &qty);
    }
    ORACLE_CHECK(o, c->qty.e8 == qty, "slot %u: %" PRId64 " left, exits and positions that were told say %" PRId64, at,
                 c->qty.e8, qty);
    ORACLE_CHECK(o, c->leg_base.e8 == s->base.e8, "slot %u: leg base %" PRId64 ", it should be %" PRId64, at,
                 c->leg_base.e8, s->base.e8);
    ORACLE_CHECK(o, c->first_qty.e8 == s->seen.ctx.first_qty.e8, "slot %u: the first size changes", at);
}

static void legs(struct oracle *o, struct oracle_slot *s, eb_position_id at)
{
    const struct eb_context *c = &o->now.ctx;
    int64_t step = o->inst[at / 2].step.e8;
    unsigned hits = 0;
    for (unsigned i = 0; i < c->leg_count; i++) {
        const struct eb_leg_view *leg = &c->legs[i];
        int64_t planned = (int64_t)((__int128)s->base.e8 * leg->fraction_ppm / EB_PPM) / step * step;
        bool hit = leg->state == EB_LEG_HIT;
        bool known = leg_of(s, leg->id) != NULL;
        ORACLE_CHECK(o, hit || s->leg[i].rest || leg->qty.e8 == planned,
                     "slot %u: leg %u of %" PRId64 " ppm closes %" PRId64 ", of a base of %" PRId64 " that is %" PRId64,
                     at, leg->id, leg->fraction_ppm, leg->qty.e8, s->base.e8, planned);
        oracle_plan_note(o, at, c->episode, leg->id, s->leg[i].rest ? INT64_MAX / 4 : leg->qty.e8);
        ORACLE_CHECK(o, hit || !is_gone(s, leg->id), "slot %u: leg %u was hit and comes back", at, leg->id);
        ORACLE_CHECK(o, leg->price.e8 % o->inst[at / 2].tick.e8 == 0, "slot %u: leg %u is off the grid", at, leg->id);
        if (hit && known) {
            s->gone[leg->id / 64] |= UINT64_C(1) << (leg->id % 64);
        }
        hits += hit;
    }
    ORACLE_CHECK(o, hits == c->hits && hits >= s->hits, "slot %u: %u legs hit, %u counted, %u before", at, hits,
                 c->hits, s->hits);
    s->hits = hits;
}

/* ---- stops and R ------------------------------------------------------------------------------------------------- */

static bool may_loosen(const struct oracle *o, const struct eb_event *ev)
{
    if (ev->kind != EB_EV_VERDICT || !o->config->allow_loosen) {
        return false;
    }
    const struct eb_verdict *v = ev->u.verdict.verdict;
    for (unsigned i = 0; i < v->count && i < EB_DECISIONS_MAX; i++) {
        if (v->decision[i].kind == EB_MOVE_STOP && v->decision[i].u.stop.allow_loosen) {
            return true;
        }
    }
    return false;
}

/* What its stops say of themselves: nothing acts on them yet, or a price that has come is not believed yet. */
static bool stops_say(const struct eb_evidence *e, enum eb_why why)
{
    bool say = false;
    for (unsigned i = 0; i < e->level_count; i++) {
        say = say || (e->level[i].leg == 0 && e->level[i].why == why);
    }
    return say;
}

static void stops(struct oracle *o, struct oracle_slot *s, const struct eb_event *ev, const struct eb_actions *actions,
                  eb_position_id at)
{
    const struct eb_context *was = &s->seen.ctx;
    const struct eb_context *c = &o->now.ctx;
    bool looser = was->stop.e8 > 0 && (c->stop.e8 == 0 || eb_is_better(side_of(c), was->stop, c->stop));
    bool by_price = ev->kind == EB_EV_PRICE || ev->kind == EB_EV_CLOCK;
    bool judged = s->unjudged && by_price; /* formed without a price it never was in force: the first one parks it */
    ORACLE_CHECK(o, !looser || judged || may_loosen(o, ev),
                 "slot %u: the stop in force loosens from %" PRId64 " to %" PRId64 " (kind %u to %u)", at, was->stop.e8,
                 c->stop.e8, was->stop_kind, c->stop_kind);
    eb_price by = judge(ev, c);
    bool anew = c->plan_revision != was->plan_revision;
    bool counts = by_price && c->price.e8 > 0 && actions->durable && !stops_say(&s->seen, EB_WHY_STARTING) &&
                  !stops_say(&o->now, EB_WHY_JUMP);
    s->unjudged = anew ? by.e8 == 0 : s->unjudged && !counts;
    bool set = c->stop.e8 != was->stop.e8 && c->stop.e8 > 0 && !by_price; /* a trail moves and fires by one print */
    bool acts = eb_stop_crossed(side_of(c), was->stop, by);               /* the one before it is about to act anyway */
    bool crossed = set && by.e8 > 0 && !acts && eb_stop_crossed(side_of(c), c->stop, by);
    ORACLE_CHECK(o, !crossed || o->now.firing || looser,
                 "slot %u: a stop at %" PRId64 " enters into force at a price of %" PRId64
                 ", which has crossed it (kind %u; before %" PRId64 ", kind %u)",
                 at, c->stop.e8, by.e8, c->stop_kind, was->stop.e8, was->stop_kind);
}

static void risk(struct oracle *o, struct oracle_slot *s, const struct eb_event *ev, eb_position_id at)
{
    const struct eb_context *was = &s->seen.ctx;
    const struct eb_context *c = &o->now.ctx;
    bool answer = ev->kind == EB_EV_VERDICT || ev->kind == EB_EV_POLICY_FAILED;
    if (c->r.e8 != was->r.e8 && was->r.e8 != 0) {
        ORACLE_CHECK(o, answer && (was->r_provisional || s->may_rebase_r),
                     "slot %u: R changes from %" PRId64 " to %" PRId64, at, was->r.e8, c->r.e8);
        s->may_rebase_r = false;
    }
    ORACLE_CHECK(o, c->entry.e8 == was->entry.e8 || ev->kind == EB_EV_POSITION, "slot %u: the entry changes", at);
    ORACLE_CHECK(o, c->side == was->side, "slot %u: the side changes within an episode", at);
    bool remembers = ev->kind == EB_EV_VERDICT || memcmp(&c->memory, &was->memory, sizeof c->memory) == 0;
    ORACLE_CHECK(o, remembers, "slot %u: policy memory changes without a verdict", at);
}

/* ---- episodes ---------------------------------------------------------------------------------------------------- */

static void plan(struct oracle *o, struct oracle_slot *s, const struct eb_actions *actions, eb_position_id at)
{
    uint32_t was = s->seen.ctx.plan_revision;
    uint32_t is = o->now.ctx.plan_revision;
    if (is != was) {
        ORACLE_CHECK(o, actions->durable && is > was, "slot %u: plan %u follows plan %u in a quiet step", at, is, was);
        s->permit = o->durable;
    }
}

static void begin(struct oracle *o, struct oracle_slot *s, const struct eb_event *ev, eb_position_id at)
{
    const struct eb_context *c = &o->now.ctx;
    ORACLE_CHECK(o, c->episode > s->episode, "slot %u: episode %u follows episode %u", at, c->episode, s->episode);
    ORACLE_CHECK(o, ev->kind == EB_EV_POSITION, "slot %u: an episode begins and no position was told", at);
    s->open = true;
    s->released = s->tripped = s->alarmed = s->stuck = s->may_rebase_r = false;
    s->episode = c->episode;
    s->size_in = s->base = c->first_qty;
    s->exited.e8 = 0;
    s->permit = 0;
    s->unprotected_ms = o->now_ms;
    s->foreign_ms = 0;
    s->full_ms = 0;
    s->full_attempt = 0;
    s->hits = 0;
    s->leg_count = 0;
    memset(s->gone, 0, sizeof s->gone);
    memset(&s->seen, 0, sizeof s->seen);
    s->seen.ctx.qty = s->seen.ctx.first_qty = c->first_qty;
    s->seen.ctx.entry = c->entry;
    s->seen.ctx.side = c->side;
}

void oracle_levels(struct oracle *o, const struct eb_event *ev, const struct eb_actions *actions, eb_position_id at)
{
    struct oracle_slot *s = &o->slot[at];
    if (!eb_engine_evidence(o->engine, at, &o->now)) {
        return;
    }
    if (!o->now.open) {
        s->open = false;
        s->seen = o->now;
        return;
    }
    if (!s->open || s->episode != o->now.ctx.episode) {
        begin(o, s, ev, at);
    }
    sizes(o, s, ev, actions, at);
    plan(o, s, actions, at);
    mirror_legs(o, s, ev);
    legs(o, s, at);
    stops(o, s, ev, actions, at);
    risk(o, s, ev, at);
    oracle_signals(o, at);
    s->seen = o->now;
}
