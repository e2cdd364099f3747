/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence: for each level, where it stands and why it has not fired. status, explain, doctor and the last page of a
 * run read this and nothing else, so that nobody has to guess which stage did not run (the origin of this program).
 */
#include "engine/state.h"

#include <string.h>

static const char *const why_text[EB_WHY_COUNT] = {
    [EB_WHY_WAITING] = "waiting: the price has not reached it",
    [EB_WHY_PARKED] = "parked: it was crossed when set; it re-arms when price has come back behind it",
    [EB_WHY_PARKED_STOP] = "parked: the stop was crossed when set; the protective stop stands instead",
    [EB_WHY_FIRING] = "firing: its order is on the way",
    [EB_WHY_RESTING] = "resting at the venue as a reduce-only limit",
    [EB_WHY_HIT] = "hit: filled",
    [EB_WHY_PAUSED] = "paused by the operator: targets and partial closes wait",
    [EB_WHY_TRIPPED] = "tripped: the order cap of this episode was reached",
    [EB_WHY_NO_PRICE] = "no price has been seen for this symbol",
    [EB_WHY_STALE] = "the price is stale: targets never fire on old prices",
    [EB_WHY_JUMP] = "a jump of price awaits a second observation",
    [EB_WHY_SHADOW] =
        "shadow: fills are virtual, nothing is sent (EXIT_MODE, EXIT_EXECUTOR_MODE, EXIT_BRAIN_V3_LIVE_ROLLOUT)",
    [EB_WHY_RELEASED] = "released by the operator",
    [EB_WHY_NOT_OWNER] = "EXIT_MODE=LEGACY, and the policy set has no legacy owners: this engine only looks on",
    [EB_WHY_NOT_ACTIVE] = "the trail has not started: its activation was not reached",
    [EB_WHY_SUPERSEDED] = "another stop is tighter",
    [EB_WHY_CLOSING] = "everything is being closed already: its order is on the way",
    [EB_WHY_NOT_FREE] = "reached, but nothing of the position is free: other orders have it, or it is too small",
    [EB_WHY_STARTING] = "just started: no complete picture of the account has told of this symbol yet",
    [EB_WHY_ENDED] = "the episode ended before it was reached",
};

const char *eb_why_text(enum eb_why why)
{
    return (unsigned)why < EB_WHY_COUNT && why_text[why] != NULL ? why_text[why] : "?";
}

/* Whether the prices that decide have been seen, are fresh, and are believed. */
static enum eb_why price_why(const struct eb_engine *e, eb_symbol_id id, bool target, int64_t now_ns)
{
    bool from[EB_SRC_COUNT] = {true, true, true}; /* for stops: the mark, or substitutes */
    if (target) {
        from[EB_SRC_MARK] = e->c.target_source == EB_TARGET_MARK;
        from[EB_SRC_LAST] = e->c.target_source != EB_TARGET_MARK;
        from[EB_SRC_BOOK] = e->c.target_source == EB_TARGET_BOOK;
    }
    bool seen = false;
    bool fresh = false;
    for (unsigned i = 0; i < EB_SRC_COUNT; i++) {
        seen = seen || (from[i] && eb_hot_of(e, id, (enum eb_price_source)i)->price > 0);
        fresh = fresh || (from[i] && eb_fresh(e, id, (enum eb_price_source)i, now_ns));
    }
    if (!seen || !fresh) {
        return seen ? EB_WHY_STALE : EB_WHY_NO_PRICE;
    }
    return e->symbol[id].jump_price.e8 != 0 ? EB_WHY_JUMP : EB_WHY_WAITING;
}

/* What holds back everything of this position, if anything does. */
static enum eb_why common_why(const struct eb_engine *e, const struct eb_slot *s, bool target, int64_t now_ns)
{
    if (!s->d.open || s->d.shadow_done) {
        return s->d.open ? EB_WHY_SHADOW : EB_WHY_ENDED;
    }
    if (s->d.released) {
        return EB_WHY_RELEASED;
    }
    if (!eb_is_owner(e, s)) {
        return EB_WHY_NOT_OWNER;
    }
    if (eb_gated(e, s) || (target && e->last_now_ms < e->hold_ms)) {
        return EB_WHY_STARTING;
    }
    if (s->d.intent.active) {
        return EB_WHY_CLOSING;
    }
    if (target && e->paused) {
        return EB_WHY_PAUSED;
    }
    if (target && s->d.tripped) {
        return EB_WHY_TRIPPED;
    }
    return e->c.bars ? EB_WHY_WAITING : price_why(e, eb_slot_symbol(e, s), target, now_ns);
}

static void distances(const struct eb_slot *s, eb_price price, bool target, struct eb_level_evidence *l)
{
    if (price.e8 <= 0 || l->price.e8 <= 0) {
        return;
    }
    int64_t ahead = eb_favour_e8(eb_side_of(s), price, l->price);
    ahead = target ? ahead : -ahead;
    int64_t v;
    if (eb_mul_div(ahead, EB_PPM, price.e8, EB_ROUND_HALF_EVEN, &v)) {
        l->distance_ppm = v;
    }
    if (s->d.r.e8 > 0 && eb_mul_div(ahead, EB_PPM, s->d.r.e8, EB_ROUND_HALF_EVEN, &v)) {
        l->distance_r_ppm = v;
    }
}

/* Reached as far as is known now, and still it does not fire. */
static bool nothing_free(const struct eb_engine *e, const struct eb_slot *s, const struct eb_leg *leg)
{
    bool reached = eb_target_crossed(eb_side_of(s), leg->price, eb_executable_price(e, s));
    return leg->state == EB_LEG_ARMED && reached && !eb_leg_can_fire(e, s, leg);
}

static enum eb_why leg_why(const struct eb_leg *leg, enum eb_why common)
{
    switch ((enum eb_leg_state)leg->state) {
    case EB_LEG_HIT:
        return EB_WHY_HIT;
    case EB_LEG_FIRING:
    case EB_LEG_PARTIAL:
        return EB_WHY_FIRING;
    case EB_LEG_PARKED:
        return common == EB_WHY_WAITING ? EB_WHY_PARKED : common;
    case EB_LEG_RESTING:
        return common == EB_WHY_WAITING ? EB_WHY_RESTING : common;
    case EB_LEG_ARMED:
    case EB_LEG_FREE:
    case EB_LEG_STATE_COUNT:
        break;
    }
    return common;
}

static void add_stop(const struct eb_slot *s, struct eb_evidence *out, enum eb_stop_kind kind, eb_price at,
                     enum eb_why common)
{
    if (at.e8 <= 0) {
        return;
    }
    struct eb_level_evidence *l = &out->level[out->level_count++];
    memset(l, 0, sizeof *l);
    l->kind = (uint8_t)kind;
    l->price = at;
    l->qty = s->d.qty;
    l->in_force = out->ctx.stop_kind == (uint8_t)kind;
    bool fired = s->d.intent.active && s->d.intent.purpose == EB_PURPOSE_STOP && l->in_force;
    l->state = fired ? EB_LEG_FIRING : EB_LEG_ARMED;
    l->why = (uint8_t)(fired                      ? EB_WHY_FIRING
                       : common != EB_WHY_WAITING ? common
                       : l->in_force              ? EB_WHY_WAITING
                                                  : EB_WHY_SUPERSEDED);
    distances(s, out->ctx.price, false, l);
}

static void add_levels(const struct eb_engine *e, const struct eb_slot *s, struct eb_evidence *out, int64_t now_ns)
{
    const struct eb_plan *p = &s->d.plan;
    enum eb_why stops = common_why(e, s, false, now_ns);
    enum eb_why targets = common_why(e, s, true, now_ns);
    add_stop(s, out, EB_STOP_PLAN, p->stop, stops);
    add_stop(s, out, EB_STOP_RATCHET, p->ratchet_stop, stops);
    add_stop(s, out, EB_STOP_RISK_FLOOR, p->risk_floor, stops);
    add_stop(s, out, EB_STOP_PROTECTIVE, p->protective, stops);
    if (p->parked_stop.e8 > 0) { /* reported, never fired */
        struct eb_level_evidence *l = &out->level[out->level_count++];
        memset(l, 0, sizeof *l);
        l->state = EB_LEG_PARKED;
        l->why = EB_WHY_PARKED_STOP;
        l->price = p->parked_stop;
        l->qty = s->d.qty;
        distances(s, out->ctx.price, false, l);
    }
    if (out->ctx.trailing_active) {
        add_stop(s, out, EB_STOP_TRAIL, out->ctx.trail_stop, stops);
    } else if (p->trail.set) {
        struct eb_level_evidence *l = &out->level[out->level_count++];
        memset(l, 0, sizeof *l);
        l->kind = EB_STOP_TRAIL;
        l->state = EB_LEG_ARMED;
        l->why = (uint8_t)(stops == EB_WHY_WAITING ? EB_WHY_NOT_ACTIVE : stops);
        if (eb_trail_activation_price(&p->trail, eb_side_of(s), s->d.entry, s->d.r, &l->price)) {
            distances(s, out->ctx.price, true, l);
        }
    }
    for (unsigned i = 0; i < p->leg_count; i++) {
        const struct eb_leg *leg = &p->leg[i];
        struct eb_level_evidence *l = &out->level[out->level_count++];
        memset(l, 0, sizeof *l);
        l->leg = leg->id;
        l->state = leg->state;
        l->price = leg->price;
        l->qty = leg->qty;
        l->filled = leg->filled;
        l->why = (uint8_t)leg_why(leg, targets);
        if (l->why == EB_WHY_WAITING && nothing_free(e, s, leg)) {
            l->why = EB_WHY_NOT_FREE;
        }
        distances(s, out->ctx.price, true, l);
    }
}

bool eb_engine_evidence(const struct eb_engine *e, eb_position_id position, struct eb_evidence *out)
{
    memset(out, 0, sizeof *out);
    if (position >= e->symbol_count * 2 || eb_slot_at(e, position)->d.episode == 0) {
        return false;
    }
    const struct eb_slot *s = eb_slot_at(e, position);
    out->open = s->d.open;
    eb_context_fill(e, s, &out->ctx, e->last_now_ns, e->last_now_ms);
    out->initial_stop = s->d.initial_stop;
    out->first_r = s->d.first_r;
    eb_episode_extremes(s, &out->best, &out->worst);
    out->backstop = s->d.backstop.trigger;
    out->protection = (uint8_t)eb_protection_of(e, s);
    out->owned = eb_is_owner(e, s);
    out->last_result = s->last_result;
    out->quarantined = s->quarantined;
    out->paused = e->paused;
    out->released = s->d.released;
    out->tripped = s->d.tripped;
    out->firing = s->d.intent.active;
    out->consults = s->consults;
    out->verdicts_accepted = s->accepted;
    out->verdicts_refused = s->refused;
    out->verdicts_stale = s->stale;
    out->failures = s->failures;
    out->failures_in_row = s->failures_in_row;
    out->orders_sent = s->sent;
    out->fills_applied = s->fills;
    out->fills_duplicate = s->duplicates;
    out->last_consult_ms = s->last_consult_ms;
    out->last_verdict_ms = s->last_verdict_ms;
    out->next_consult_ms = e->last_now_ms + (s->next_consult_ns - e->last_now_ns) / EB_NS_PER_MS;
    out->suppressed_until_ms = s->suppressed_until_ms;
    memcpy(out->last_reason, s->last_reason, sizeof out->last_reason);
    memcpy(out->policy_hash, e->policy_hash, sizeof out->policy_hash);
    add_levels(e, s, out, e->last_now_ns);
    return true;
}
