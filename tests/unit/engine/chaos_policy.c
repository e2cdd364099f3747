/* SPDX-License-Identifier: Apache-2.0 */
/* A policy that says anything that the verdict's vocabulary can say, sense and nonsense. */
#include "chaos_policy.h"

static int64_t range(struct chaos *c, int64_t lo, int64_t hi)
{
    return eb_rng_range(&c->rng, lo, hi);
}

static void a_stop(struct chaos *c, const struct eb_context *ctx, struct eb_verdict *v)
{
    struct eb_decision *d = v_add(v, EB_MOVE_STOP);
    if (range(c, 0, 9) < 6) {
        d->u.stop.pct_ppm = range(c, 1000, 30000);
    } else {
        int64_t away = ctx->entry.e8 / 1000 * range(c, -25, 40);
        d->u.stop.price.e8 = ctx->side == EB_LONG ? ctx->entry.e8 - away : ctx->entry.e8 + away;
    }
    d->u.stop.allow_loosen = range(c, 0, 9) < 3;
    d->u.stop.risk_floor = range(c, 0, 19) == 0;
    if (range(c, 0, 3) == 0) {
        d->u.stop.risk_price.e8 = ctx->entry.e8 / 100 * (ctx->side == EB_LONG ? 98 : 102);
    }
}

static void targets(struct chaos *c, struct eb_verdict *v)
{
    struct eb_decision *d = v_add(v, EB_UPDATE_TP_LIMITS);
    unsigned n = (unsigned)range(c, 0, 4);
    int64_t left = EB_PPM;
    d->u.targets.count = (uint8_t)n;
    for (unsigned i = 0; i < n; i++) {
        int64_t part = i + 1 == n && range(c, 0, 1) == 0 ? left : range(c, 1, left / 2 + 1);
        d->u.targets.leg[i] =
            (struct eb_leg_spec){.r_ppm = range(c, 50000, 2500000), .fraction_ppm = part, .soft = range(c, 0, 3) == 0};
        left -= part;
    }
}

static void trailing(struct chaos *c, struct eb_verdict *v)
{
    struct eb_decision *d = v_add(v, EB_SET_TRAILING);
    d->u.trailing.off = range(c, 0, 9) == 0;
    d->u.trailing.activation_r_ppm = range(c, 0, 1200000);
    d->u.trailing.callback_ppm = range(c, 2000, 15000);
    if (range(c, 0, 1) == 0) {
        d->u.trailing.curve_count = 1;
        d->u.trailing.curve[0] = (struct eb_curve_point){range(c, 1000000, 2000000), range(c, 1000, 15000)};
    }
}

static void extras(struct chaos *c, const struct eb_context *ctx, struct eb_verdict *v)
{
    if (range(c, 0, 3) == 0) {
        v_ratchet(v);
    }
    if (range(c, 0, 19) == 0) {
        v_partial(v, range(c, 10000, 500000));
    }
    if (range(c, 0, 39) == 0) {
        v_full_exit(v);
    }
    if (range(c, 0, 4) == 0) {
        v->wake.set = true;
        v->wake.at_ms = ctx->now_ms + range(c, 0, 60000);
        v->wake.above.e8 = ctx->price.e8 + range(c, 0, e8("1"));
    }
    if (range(c, 0, 4) == 0) {
        v->has_memory = true;
        v->memory.count = 1;
        v->memory.entry[0] = (struct eb_memory_entry){.key = "k", .kind = EB_MEM_NUMBER, .number = 1.5};
        memcpy(v->profile, "CHANCE", 7);
        v->regime = (uint8_t)range(c, 0, EB_REGIME_COUNT - 1);
    }
    if (range(c, 0, 9) < 3) {
        memcpy(v->owner, range(c, 0, 2) > 0 ? "brain" : "other", 6);
    }
}

enum eb_policy_result chaos_policy(struct fx *f, const struct eb_context *ctx, struct eb_verdict *v)
{
    struct chaos *c = f->user;
    int64_t dice = range(c, 0, 99);
    if (dice < 6) {
        return EB_POLICY_ERROR;
    }
    if (dice < 40 && ctx->plan_revision != 0) {
        v->keep = true;
        extras(c, ctx, v);
        v->count = 0;
        return EB_POLICY_KEEP;
    }
    if (ctx->plan_revision == 0 ? dice < 95 : dice < 60) {
        a_stop(c, ctx, v);
    }
    if (range(c, 0, 2) == 0 || ctx->plan_revision == 0) {
        targets(c, v);
    }
    if (range(c, 0, 3) == 0) {
        trailing(c, v);
    }
    extras(c, ctx, v);
    return EB_POLICY_OK;
}
