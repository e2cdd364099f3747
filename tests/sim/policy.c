/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy: whatever a policy could say, sound or not. Most answers keep the plan; the rest are whole plans, moved
 * stops (tighter, looser, beyond price), new ladders, trails, ratchets, closes, memory, wake, and nonsense.
 */
#include "world.h"

#include <string.h>

#include "domain/trigger.h"

static struct eb_decision *decide(struct eb_verdict *v, enum eb_decision_kind kind)
{
    struct eb_decision *d = &v->decision[v->count++];
    d->kind = (uint8_t)kind;
    d->confidence_ppm = EB_PPM / 2;
    memcpy(d->reason, "simulated", 10);
    return d;
}

/* A price so far from `from`: positive is in the position's favour. */
static eb_price away(const struct eb_context *ctx, eb_price from, int64_t ppm)
{
    int64_t sign = ctx->side == EB_LONG ? 1 : -1;
    int64_t p = from.e8 + (int64_t)((__int128)from.e8 * ppm / EB_PPM) * sign;
    return (eb_price){p > 0 ? p : 1};
}

static void first_stop(struct eb_rng *r, const struct eb_context *ctx, struct eb_verdict *v)
{
    struct eb_decision *d = decide(v, EB_MOVE_STOP);
    int64_t ppm = eb_rng_range(r, 2000, 40000);
    if (eb_rng_below(r, 8) == 0) {
        d->u.stop.price = away(ctx, ctx->entry, eb_rng_range(r, -30000, 30000)); /* perhaps on the profit side */
        d->u.stop.risk_price = away(ctx, ctx->entry, -ppm);
    } else if (eb_rng_below(r, 3) == 0) {
        d->u.stop.price = away(ctx, ctx->entry, -ppm);
    } else {
        d->u.stop.pct_ppm = ppm;
    }
}

/* Ids of legs that could come back: un-hit ones keep theirs now and then. */
static uint8_t some_id(struct eb_rng *r, const struct eb_context *ctx, const struct eb_decision *d)
{
    if (ctx->leg_count == 0 || eb_rng_below(r, 2) == 0) {
        return 0;
    }
    const struct eb_leg_view *leg = &ctx->legs[eb_rng_below(r, ctx->leg_count)];
    for (unsigned i = 0; i < d->u.targets.count; i++) {
        if (d->u.targets.leg[i].id == leg->id) {
            return 0;
        }
    }
    return leg->state == EB_LEG_HIT && eb_rng_below(r, 20) != 0 ? 0 : leg->id;
}

static int64_t fraction_left(const struct eb_context *ctx)
{
    int64_t left = EB_PPM;
    for (unsigned i = 0; i < ctx->leg_count; i++) {
        uint8_t state = ctx->legs[i].state;
        bool taken =
            state == EB_LEG_HIT || state == EB_LEG_FIRING || state == EB_LEG_PARTIAL || ctx->legs[i].filled.e8 > 0;
        left -= taken ? ctx->legs[i].fraction_ppm : 0;
    }
    return left > 0 ? left : 0;
}

static void targets(struct eb_rng *r, const struct eb_context *ctx, struct eb_verdict *v)
{
    struct eb_decision *d = decide(v, EB_UPDATE_TP_LIMITS);
    unsigned count = (unsigned)eb_rng_below(r, 6);
    int64_t left = fraction_left(ctx);
    bool whole = eb_rng_below(r, 2) == 0;
    bool soft = eb_rng_below(r, 3) == 0;
    int64_t at = 0;
    for (unsigned i = 0; i < count && left > 0; i++) {
        bool last = i + 1 == count;
        int64_t f = last && whole ? left : left / (int64_t)(count - i) - eb_rng_range(r, 0, left / 20);
        if (f <= 0) {
            break;
        }
        struct eb_leg_spec *leg = &d->u.targets.leg[d->u.targets.count];
        leg->id = some_id(r, ctx, d);
        leg->soft = soft && eb_rng_below(r, 2) == 0;
        leg->fraction_ppm = f;
        at += eb_rng_range(r, 50000, 600000);
        if (eb_rng_below(r, 4) == 0) {
            leg->pct_ppm = at / 60 + 1;
        } else if (eb_rng_below(r, 5) == 0) {
            eb_price from = ctx->price.e8 > 0 ? ctx->price : ctx->entry;
            leg->price = away(ctx, from, eb_rng_range(r, -6000, 12000)); /* perhaps crossed when set: parked */
        } else {
            leg->r_ppm = at;
        }
        left -= f;
        d->u.targets.count++;
    }
}

static void trailing(struct eb_rng *r, struct eb_verdict *v)
{
    struct eb_decision *d = decide(v, EB_SET_TRAILING);
    if (eb_rng_below(r, 8) == 0) {
        d->u.trailing.off = true;
        return;
    }
    d->u.trailing.activation_r_ppm = eb_rng_range(r, 0, 1500000);
    int64_t callback = eb_rng_range(r, 500, 20000);
    d->u.trailing.callback_ppm = callback;
    int64_t at = d->u.trailing.activation_r_ppm;
    for (unsigned n = (unsigned)eb_rng_below(r, 4); n > 0; n--) {
        struct eb_curve_point *p = &d->u.trailing.curve[d->u.trailing.curve_count++];
        at += eb_rng_range(r, 1, 800000);
        callback = callback * eb_rng_range(r, 40, 100) / 100 + 1;
        callback = callback < d->u.trailing.callback_ppm ? callback : d->u.trailing.callback_ppm;
        *p = (struct eb_curve_point){at, callback};
    }
}

static void ratchet(struct eb_rng *r, struct eb_verdict *v)
{
    struct eb_decision *d = decide(v, EB_SET_RATCHET);
    d->u.ratchet.count = (uint8_t)eb_rng_below(r, 3);
    for (unsigned i = 0; i < d->u.ratchet.count; i++) {
        struct eb_ratchet_rule *rule = &d->u.ratchet.rule[i];
        rule->after_hits = (uint8_t)(i + 1);
        rule->to = (uint8_t)(i == 0 ? EB_RATCHET_ENTRY : EB_RATCHET_FIRST_HIT);
        rule->offset_ppm = eb_rng_below(r, 2) == 0 ? 0 : eb_rng_range(r, 0, 1500);
    }
}

static void whole_plan(struct eb_rng *r, const struct eb_context *ctx, struct eb_verdict *v)
{
    first_stop(r, ctx, v);
    if (eb_rng_below(r, 6) != 0) {
        targets(r, ctx, v);
    }
    if (eb_rng_below(r, 2) == 0) {
        trailing(r, v);
    }
    if (eb_rng_below(r, 2) == 0) {
        ratchet(r, v);
    }
    if (eb_rng_below(r, 6) == 0) {
        struct eb_decision *d = decide(v, EB_MOVE_STOP);
        d->u.stop.risk_floor = true;
        d->u.stop.pct_ppm = eb_rng_range(r, 1000, 30000);
    }
    v->regime = (uint8_t)eb_rng_below(r, EB_REGIME_COUNT);
    memcpy(v->profile, "simulated", 10);
}

static void move_stop(struct eb_rng *r, const struct eb_context *ctx, struct eb_verdict *v)
{
    struct eb_decision *d = decide(v, EB_MOVE_STOP);
    eb_price from = ctx->stop.e8 > 0 && eb_rng_below(r, 2) == 0 ? ctx->stop : ctx->price;
    from = from.e8 > 0 ? from : ctx->entry;
    d->u.stop.price = away(ctx, from, eb_rng_range(r, -15000, 8000));
    d->u.stop.allow_loosen = eb_rng_below(r, 4) == 0;
}

static void remember(struct eb_rng *r, struct eb_verdict *v)
{
    v->has_memory = true;
    v->memory.count = (uint8_t)eb_rng_below(r, EB_MEMORY_MAX + 1);
    for (unsigned i = 0; i < v->memory.count; i++) {
        v->memory.entry[i].key[0] = (char)('a' + i);
        v->memory.entry[i].kind = EB_MEM_NUMBER;
        v->memory.entry[i].number = (double)eb_rng_below(r, 1000) / 8.0;
    }
}

static void sleep_until(struct eb_rng *r, const struct eb_context *ctx, struct eb_verdict *v)
{
    v->wake.set = true;
    v->wake.at_ms = eb_rng_below(r, 2) == 0 ? ctx->now_ms + eb_rng_range(r, 0, 120000) : 0;
    v->wake.above = eb_rng_below(r, 2) == 0 ? away(ctx, ctx->entry, 8000) : (eb_price){0};
    v->wake.below = eb_rng_below(r, 2) == 0 ? away(ctx, ctx->entry, -8000) : (eb_price){0};
}

/* ---- nonsense in the right form: values, not counts, for those the boundary already checks ---- */

static int64_t odd_number(struct eb_rng *r)
{
    static const int64_t odd[] = {
        0, -1, 1, INT64_MAX, INT64_MIN, INT64_MAX / 2, EB_PPM, -EB_PPM, EB_PPM * 2, INT64_C(4000000000000000000)};
    return odd[eb_rng_below(r, EB_COUNT(odd))];
}

static void spoil_decision(struct eb_rng *r, struct eb_decision *d)
{
    struct eb_leg_spec *leg = &d->u.targets.leg[eb_rng_below(r, 3)];
    switch ((enum eb_decision_kind)d->kind) {
    case EB_MOVE_STOP:
        *(eb_rng_below(r, 2) == 0 ? &d->u.stop.price.e8 : &d->u.stop.pct_ppm) = odd_number(r);
        d->u.stop.risk_price.e8 = odd_number(r);
        return;
    case EB_UPDATE_TP_LIMITS: {
        int64_t *field[] = {&leg->r_ppm, &leg->pct_ppm, &leg->price.e8, &leg->fraction_ppm};
        *field[eb_rng_below(r, 4)] = odd_number(r);
        leg->id = (uint8_t)eb_rng_below(r, 256);
        return;
    }
    case EB_SET_TRAILING:
        d->u.trailing.activation_r_ppm = odd_number(r);
        d->u.trailing.curve[0].callback_ppm = odd_number(r);
        d->u.trailing.curve[1].r_ppm = odd_number(r);
        return;
    case EB_SET_RATCHET:
        d->u.ratchet.rule[0].after_hits = 0;
        d->u.ratchet.rule[0].offset_ppm = odd_number(r);
        return;
    case EB_PARTIAL_CLOSE:
        d->u.partial.fraction_ppm = odd_number(r);
        return;
    case EB_NO_CHANGE:
    case EB_FULL_EXIT:
    case EB_DECISION_KIND_COUNT:
        return;
    }
}

static void spoil(struct eb_rng *r, const struct eb_context *ctx, struct eb_verdict *v)
{
    if (v->count == 0) {
        whole_plan(r, ctx, v);
    }
    spoil_decision(r, &v->decision[eb_rng_below(r, v->count)]);
    if (eb_rng_below(r, 2) == 0) {
        v->wake = (struct eb_wake){true, odd_number(r), {odd_number(r)}, {odd_number(r)}};
    }
    if (eb_rng_below(r, 3) == 0) { /* the same kind twice */
        uint8_t from = (uint8_t)eb_rng_below(r, v->count);
        if (v->count < EB_DECISIONS_MAX) {
            v->decision[v->count++] = v->decision[from];
        }
    }
}

/* ---- the port ---- */

static void draw_verdict(struct eb_rng *r, const struct eb_context *ctx, struct eb_verdict *v)
{
    uint64_t n = eb_rng_below(r, 100);
    if (ctx->plan_revision == 0 || ctx->r_provisional || n < 8) {
        if (n != 0) {
            whole_plan(r, ctx, v);
        }
    } else if (n < 18) {
        move_stop(r, ctx, v);
    } else if (n < 32) {
        targets(r, ctx, v);
    } else if (n < 37) {
        trailing(r, v);
    } else if (n < 40) {
        ratchet(r, v);
    } else if (n < 44) {
        decide(v, EB_PARTIAL_CLOSE)->u.partial.fraction_ppm = eb_rng_range(r, 10000, 400000);
    } else if (n < 45) {
        decide(v, EB_FULL_EXIT)->emergency = eb_rng_below(r, 2) == 0;
    } else if (n < 48) {
        (void)decide(v, EB_NO_CHANGE);
    }
    if (eb_rng_below(r, 6) == 0) {
        remember(r, v);
    }
    if (eb_rng_below(r, 8) == 0) {
        sleep_until(r, ctx, v);
    }
}

static enum eb_policy_result consult(void *policy, const struct eb_context *ctx, struct eb_verdict *out,
                                     struct eb_err *err)
{
    struct world *w = policy;
    struct eb_rng *r = &w->rng[WORLD_S_POLICY];
    w->figures.verdicts++;
    if (world_strikes(w, WORLD_F_POLICY_FAILS, WORLD_S_POLICY)) {
        (void)eb_err_set(err, EB_E_SCRIPT, "policy", "simulated failure");
        return (enum eb_policy_result)eb_rng_range(r, EB_POLICY_ERROR, EB_POLICY_RESULT_COUNT + 3);
    }
    draw_verdict(r, ctx, out);
    if (world_strikes(w, WORLD_F_POLICY_ODD, WORLD_S_POLICY)) {
        spoil(r, ctx, out);
    }
    if (w->permille[WORLD_F_SIGNAL] > 0 && eb_rng_below(&w->rng[WORLD_S_SIGNAL], 3) == 0) {
        memcpy(out->owner, eb_rng_below(&w->rng[WORLD_S_SIGNAL], 3) > 0 ? "brain" : "other", 6);
    }
    bool nothing = out->count == 0;
    return nothing ? EB_POLICY_KEEP : EB_POLICY_OK;
}

struct eb_policy_port world_policy(struct world *w)
{
    return (struct eb_policy_port){.policy = w, .consult = consult};
}
