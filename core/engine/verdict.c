/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy's answer becomes the plan, as a transaction: every decision is applied to the episode, and if one is refused
 * nothing of the verdict stands.
 *
 *     current? -> stops, R -> targets -> trail -> ratchet -> parking -> closes;  refused: built-in plan or plan stands
 */
#include "engine/state.h"

#include <string.h>

static void note(struct eb_slot *s, const char *text)
{
    eb_text_copy(s->last_reason, sizeof s->last_reason, text);
}

static struct eb_slot *current_slot(struct eb_engine *e, const struct eb_event *ev, const struct eb_context *ctx)
{
    if (ctx == NULL || ev->position >= e->symbol_count * 2 || ctx->position != ev->position) {
        return NULL;
    }
    struct eb_slot *s = eb_slot_at(e, ev->position);
    bool asked = ev->witness != NULL || (s->consult_pending && s->consult_id == ctx->consult_id);
    s->consult_pending = s->consult_pending && !asked;
    if (!asked || !s->d.open || s->d.shadow_done || s->d.episode != ctx->episode ||
        s->d.plan.revision != ctx->plan_revision) {
        s->stale++;
        return NULL;
    }
    if (s->d.owed != 0) {
        s->d.owed = 0;
        eb_touch(e);
    }
    return s;
}

static bool price_like(int64_t e8)
{
    return e8 >= 0 && e8 < INT64_MAX / 4;
}

static bool decision_well_formed(const struct eb_decision *dec)
{
    switch ((enum eb_decision_kind)dec->kind) {
    case EB_MOVE_STOP:
        return price_like(dec->u.stop.price.e8) && price_like(dec->u.stop.risk_price.e8) &&
               price_like(dec->u.stop.pct_ppm);
    case EB_UPDATE_TP_LIMITS:
        return dec->u.targets.count <= EB_LEGS_MAX;
    case EB_SET_TRAILING:
        return dec->u.trailing.curve_count <= EB_CURVE_MAX;
    case EB_SET_RATCHET:
        return dec->u.ratchet.count <= EB_RATCHET_MAX;
    case EB_PARTIAL_CLOSE:
        return dec->u.partial.fraction_ppm > 0 && dec->u.partial.fraction_ppm <= EB_PPM;
    case EB_NO_CHANGE:
    case EB_FULL_EXIT:
        return true;
    case EB_DECISION_KIND_COUNT:
        break;
    }
    return false;
}

/* Counts within their arrays, figures within their ranges: the reader of policies checks them too. */
static bool well_formed(const struct eb_verdict *v)
{
    bool ok = v->count <= EB_DECISIONS_MAX && !(v->has_memory && v->memory.count > EB_MEMORY_MAX);
    for (unsigned i = 0; ok && i < v->count; i++) {
        ok = decision_well_formed(&v->decision[i]);
    }
    return ok;
}

/* Legs that are hit or being filled stay; the rest is replaced by what the verdict lists. */
static int apply_targets(struct eb_engine *e, struct eb_slot *s, const struct eb_decision *dec, struct eb_err *err)
{
    struct eb_plan *p = &s->d.plan;
    struct eb_leg kept[EB_LEGS_MAX];
    unsigned kept_count = 0;
    int64_t hit_ppm = 0;
    struct eb_leg_ids gone = p->gone;
    for (unsigned i = 0; i < p->leg_count; i++) {
        uint8_t state = p->leg[i].state;
        if (state == EB_LEG_HIT || state == EB_LEG_FIRING || state == EB_LEG_PARTIAL || p->leg[i].filled.e8 > 0) {
            kept[kept_count++] = p->leg[i];
            hit_ppm += p->leg[i].fraction_ppm;
            eb_leg_id_retire(&gone, p->leg[i].id);
        }
    }
    struct eb_ladder_input in = {.inst = &eb_symbol_of(e, s)->inst,
                                 .side = eb_side_of(s),
                                 .hedge = s->d.position_side != EB_PS_BOTH,
                                 .entry = s->d.entry,
                                 .risk = s->d.r,
                                 .base = s->d.base,
                                 .remaining = s->d.qty,
                                 .hit_ppm = hit_ppm,
                                 .gone = &gone,
                                 .spec = dec->u.targets.leg,
                                 .count = dec->u.targets.count};
    struct eb_leg built[EB_LEGS_MAX];
    struct eb_leg_ids merged;
    unsigned n;
    int rc = eb_ladder_build(&in, built, &n, &merged, err);
    if (rc != EB_OK) {
        return rc;
    }
    if (kept_count + n > EB_LEGS_MAX) {
        return eb_err_set(err, EB_E_REFUSED, "ladder", "more than %d legs in one episode", EB_LEGS_MAX);
    }
    for (unsigned i = 0; i < n; i++) { /* a resting order at the same price stays where it is */
        for (unsigned k = 0; k < p->leg_count; k++) {
            const struct eb_leg *old = &p->leg[k];
            if (old->id == built[i].id && old->state == EB_LEG_RESTING && old->price.e8 == built[i].price.e8 &&
                built[i].soft && old->qty.e8 == built[i].qty.e8) {
                built[i].state = EB_LEG_RESTING;
                built[i].firing_qty = old->firing_qty;
            }
        }
    }
    memset(p->leg, 0, sizeof p->leg);
    memcpy(p->leg, kept, sizeof kept[0] * kept_count);
    memcpy(p->leg + kept_count, built, sizeof built[0] * n);
    p->leg_count = (uint8_t)(kept_count + n);
    for (unsigned i = 0; i < 4; i++) {
        p->gone.bit[i] |= merged.bit[i];
    }
    return EB_OK;
}

static bool trail_stop(const struct eb_engine *e, const struct eb_slot *s, eb_price *out)
{
    return eb_trail_stop(&s->d.plan.trail, &eb_symbol_of(e, s)->inst, eb_side_of(s), s->d.entry, s->d.r, out);
}

static bool same_rule(const struct eb_trail *a, const struct eb_trail *b)
{
    bool same = a->activation_r_ppm == b->activation_r_ppm && a->callback_ppm == b->callback_ppm &&
                a->curve_count == b->curve_count;
    for (unsigned i = 0; same && i < a->curve_count; i++) {
        same = a->curve[i].r_ppm == b->curve[i].r_ppm && a->curve[i].callback_ppm == b->curve[i].callback_ppm;
    }
    return same;
}

static int apply_trailing(struct eb_engine *e, struct eb_slot *s, const struct eb_decision *dec, eb_price judge,
                          struct eb_err *err)
{
    struct eb_trail *t = &s->d.plan.trail;
    struct eb_trail next;
    memset(&next, 0, sizeof next);
    if (!dec->u.trailing.off) {
        next.set = true;
        next.activation_r_ppm = dec->u.trailing.activation_r_ppm;
        next.callback_ppm = dec->u.trailing.callback_ppm;
        next.curve_count = dec->u.trailing.curve_count;
        memcpy(next.curve, dec->u.trailing.curve, sizeof next.curve[0] * next.curve_count);
        int rc = eb_trail_validate(&next, err);
        if (rc != EB_OK) {
            return rc;
        }
    }
    eb_price held;
    bool had = trail_stop(e, s, &held);
    if (t->set && next.set) { /* a changed rule keeps what its predecessor has reached */
        next.active = t->active;
        next.peak = t->peak;
        next.held = same_rule(t, &next) ? t->held : (eb_price){0};
    }
    if (next.set && !next.active && judge.e8 > 0) { /* a rule new to the plan starts its peak at the current price */
        (void)eb_trail_observe(&next, eb_side_of(s), s->d.entry, s->d.r, judge);
    }
    *t = next;
    eb_price now = {0};
    if (had && !(trail_stop(e, s, &now) && !eb_is_better(eb_side_of(s), held, now))) {
        /* wider than before, or off: the stop that was reached stays, for a stop never loosens */
        s->d.plan.protective = eb_tighter_stop(eb_side_of(s), s->d.plan.protective, held);
    }
    return EB_OK;
}

static int apply_one(struct eb_engine *e, struct eb_slot *s, const struct eb_decision *dec,
                     const struct eb_context *ctx, struct eb_err *err)
{
    switch ((enum eb_decision_kind)dec->kind) {
    case EB_MOVE_STOP:
        return eb_plan_stop(e, s, dec, ctx->balance, err);
    case EB_UPDATE_TP_LIMITS:
        return apply_targets(e, s, dec, err);
    case EB_SET_TRAILING:
        return apply_trailing(e, s, dec, ctx->price, err);
    case EB_SET_RATCHET:
        s->d.plan.ratchet_count = dec->u.ratchet.count;
        memset(s->d.plan.ratchet, 0, sizeof s->d.plan.ratchet);
        memcpy(s->d.plan.ratchet, dec->u.ratchet.rule, sizeof dec->u.ratchet.rule[0] * dec->u.ratchet.count);
        eb_plan_ratchet(e, s);
        return EB_OK;
    case EB_NO_CHANGE:
    case EB_PARTIAL_CLOSE:
    case EB_FULL_EXIT:
    case EB_DECISION_KIND_COUNT:
        break;
    }
    return EB_OK;
}

/* Whether a close that a verdict asks for acts: an adopted position waits for a person, unless configured to act. */
static bool closes_act(const struct eb_engine *e, const struct eb_slot *s)
{
    return !s->d.adopted || s->d.confirmed || e->c.act_on_adopted;
}

/* Everything that forms the plan, stops first since R comes from them. */
static int apply_plan(struct eb_engine *e, struct eb_slot *s, const struct eb_verdict *v, const struct eb_context *ctx,
                      struct eb_err *err)
{
    static const uint8_t order[] = {EB_MOVE_STOP, EB_UPDATE_TP_LIMITS, EB_SET_TRAILING, EB_SET_RATCHET};
    bool closes = false;
    for (unsigned pass = 0; pass < sizeof order; pass++) {
        for (unsigned i = 0; i < v->count; i++) {
            if (v->decision[i].kind != order[pass]) {
                continue;
            }
            int rc = apply_one(e, s, &v->decision[i], ctx, err);
            if (rc != EB_OK) {
                return rc;
            }
        }
        if (pass == 0) {
            eb_plan_rebase(e, s);
        }
    }
    for (unsigned i = 0; i < v->count; i++) {
        closes = closes || v->decision[i].kind == EB_FULL_EXIT;
    }
    if (s->d.r_state == EB_R_NONE && !(closes && closes_act(e, s))) {
        return eb_err_set(err, EB_E_REFUSED, "guard", "the first plan of an episode must carry a stop (move_stop)");
    }
    return EB_OK;
}

static void apply_closes(struct eb_engine *e, struct eb_slot *s, const struct eb_verdict *v, eb_price judge)
{
    for (unsigned i = 0; i < v->count && s->d.open; i++) {
        const struct eb_decision *dec = &v->decision[i];
        bool partial = dec->kind == EB_PARTIAL_CLOSE;
        if (!partial && dec->kind != EB_FULL_EXIT) {
            continue;
        }
        if (!closes_act(e, s)) {
            eb_alert(e, s, EB_ALERT_NEEDS_CONFIRMATION, judge, 0,
                     "the policy wants to close an adopted position: confirm it, or set act_on_adopted");
            continue;
        }
        enum eb_exit_reason why = dec->emergency ? EB_EXIT_EMERGENCY : EB_EXIT_POLICY;
        if (partial) {
            if (eb_targets_may_fire(e, s)) {
                eb_fire_partial(e, s, dec->u.partial.fraction_ppm, why);
            }
        } else {
            eb_exit_all(e, s, EB_PURPOSE_FULL_EXIT, why, judge);
        }
    }
}

/* No plan yet: the built-in one, in the same turn. A plan stands: failures in a row count towards quarantine. */
static void no_plan(struct eb_engine *e, struct eb_slot *s, eb_price judge, const char *why, bool failed)
{
    if (s->d.plan.revision == 0) {
        eb_plan_builtin(e, s, judge);
        s->failures += failed;
        return;
    }
    if (!failed) {
        s->failures_in_row = 0;
        return;
    }
    s->failures++;
    if (++s->failures_in_row >= e->c.failures_max) {
        if (!s->quarantined) {
            eb_alert(e, s, EB_ALERT_QUARANTINED, judge, (int32_t)s->failures_in_row, why);
        }
        s->quarantined = true;
        s->quarantine_ns = e->ev->now_ns + e->c.quarantine_ms * EB_NS_PER_MS;
    }
}

/* Another owner starts anew: what the last one remembered is not for it, and no plan that stands is its own. */
static void keep_owner(struct eb_engine *e, struct eb_slot *s, const struct eb_verdict *v)
{
    struct eb_durable *d = &s->d;
    if (v->owner[0] == '\0' || strncmp(v->owner, d->owner, sizeof d->owner) == 0) {
        return;
    }
    if (d->owner[0] != '\0') {
        memset(&d->memory, 0, sizeof d->memory);
        d->planned = false;
    }
    eb_text_copy(d->owner, sizeof d->owner, v->owner);
    eb_touch(e);
}

static void keep_memory(struct eb_engine *e, struct eb_slot *s, const struct eb_verdict *v)
{
    s->wake = v->wake;
    keep_owner(e, s, v);
    if (v->has_memory) {
        s->d.memory = v->memory;
        eb_touch(e);
    }
    if (v->regime != EB_REGIME_UNKNOWN && v->regime < EB_REGIME_COUNT && v->regime != s->d.regime) {
        s->d.regime = v->regime;
        eb_touch(e);
    }
    if (v->profile[0] != '\0' && strncmp(v->profile, s->d.profile, sizeof s->d.profile) != 0) {
        memcpy(s->d.profile, v->profile, sizeof s->d.profile);
        s->d.profile[sizeof s->d.profile - 1] = '\0';
        eb_touch(e);
    }
}

/* Whether anything of it is more than to keep what is; levels: whether it sets any. */
static bool forms_plan(const struct eb_verdict *v, bool *levels)
{
    bool forms = false;
    *levels = false;
    for (unsigned i = 0; i < v->count; i++) {
        uint8_t kind = v->decision[i].kind;
        bool closes = kind == EB_PARTIAL_CLOSE || kind == EB_FULL_EXIT;
        forms = forms || kind != EB_NO_CHANGE;
        *levels = *levels || (kind != EB_NO_CHANGE && !closes);
    }
    return forms;
}

/* Levels come into force only against a fresh price: without one the plan that stands is not changed. A close needs
 * none; a first plan is judged by the first price that comes. */
static bool lacks_price(const struct eb_engine *e, const struct eb_slot *s, const struct eb_verdict *v, eb_price judge)
{
    bool closes = false;
    for (unsigned i = 0; i < v->count; i++) {
        closes = closes || v->decision[i].kind == EB_PARTIAL_CLOSE || v->decision[i].kind == EB_FULL_EXIT;
    }
    return judge.e8 <= 0 && !e->c.bars && s->d.plan.revision != 0 && !closes;
}

static void accept(struct eb_engine *e, struct eb_slot *s, const struct eb_verdict *v, bool levels, eb_price judge,
                   const struct eb_durable *was)
{
    struct eb_plan *p = &s->d.plan;
    const struct eb_plan *before = &was->plan;
    s->failures_in_row = 0;
    s->quarantined = false;
    s->accepted++;
    keep_memory(e, s, v);
    s->d.planned = s->d.planned || levels;
    bool changed = eb_plan_hash(p) != eb_plan_hash(before) || s->d.r.e8 != was->r.e8;
    if (changed || before->revision == 0) { /* the permit first: what finds no legal stop may have to close at once */
        p->revision = before->revision + 1;
        p->builtin = false;
        s->d.r_state = s->d.r_state == EB_R_PROVISIONAL ? EB_R_FROZEN : s->d.r_state;
        s->d.permit_seq = e->durable_count + 1;
        eb_plan_lint(e, s);
    }
    eb_plan_park(e, s, judge, before);
    eb_trail_keep(e, s, judge, was);
    if (eb_durable_hash(&s->d) != eb_durable_hash(was)) {
        eb_touch(e);
    }
    apply_closes(e, s, v, judge);
}

static void refuse(struct eb_engine *e, struct eb_slot *s, eb_price judge, const char *why)
{
    s->refused++;
    note(s, why);
    eb_alert(e, s, EB_ALERT_VERDICT_REFUSED, judge, 0, why);
    no_plan(e, s, judge, why, true);
}

void eb_step_verdict(struct eb_engine *e, const struct eb_event *ev)
{
    const struct eb_verdict *v = ev->u.verdict.verdict;
    const struct eb_context *ctx = ev->u.verdict.ctx;
    struct eb_slot *s = current_slot(e, ev, ctx);
    e->stats.verdicts++;
    if (s == NULL || v == NULL) {
        return;
    }
    if (!well_formed(v)) {
        s->last_result = EB_POLICY_INVALID;
        refuse(e, s, ctx->price, "verdict: a count or a fraction lies outside its range");
        return;
    }
    s->last_verdict_ms = ev->now_ms;
    s->last_result = v->keep ? EB_POLICY_KEEP : EB_POLICY_OK;
    bool levels;
    bool forms = forms_plan(v, &levels);
    if (v->keep || !forms) {
        keep_memory(e, s, v);
        s->quarantined = false;
        no_plan(e, s, ctx->price, "the policy gave no plan for a new position", false);
        return;
    }
    if (lacks_price(e, s, v, ctx->price)) {
        s->stale++;
        s->failures_in_row = 0;
        s->quarantined = false;
        note(s, "no fresh price to judge levels by: the plan stands");
        return;
    }
    struct eb_durable before = s->d;
    struct eb_err err = {0};
    note(s, v->decision[0].reason);
    if (apply_plan(e, s, v, ctx, &err) != EB_OK) {
        s->d = before;
        refuse(e, s, ctx->price, err.msg);
        return;
    }
    accept(e, s, v, levels, ctx->price, &before);
}

void eb_step_policy_failed(struct eb_engine *e, const struct eb_event *ev)
{
    const struct eb_ev_policy_failed *f = ev->u.policy_failed;
    struct eb_slot *s = current_slot(e, ev, f->ctx);
    if (s == NULL) {
        return;
    }
    s->last_verdict_ms = ev->now_ms;
    s->last_result = f->result;
    note(s, f->message);
    eb_alert(e, s, EB_ALERT_POLICY_FAILED, f->ctx->price, f->result, f->message);
    no_plan(e, s, f->ctx->price, f->message, true);
}
