/* SPDX-License-Identifier: Apache-2.0 */
/* A policy with a little of everything that leads to orders: stops, hard and soft targets, trails, ratchets, closes. */
#include "town.h"

#include <string.h>

static struct eb_decision *decide(struct eb_verdict *v, enum eb_decision_kind kind)
{
    struct eb_decision *d = &v->decision[v->count++];
    d->kind = (uint8_t)kind;
    d->confidence_ppm = EB_PPM / 2;
    memcpy(d->reason, "town", 5);
    return d;
}

static void targets(struct eb_rng *r, struct eb_verdict *v)
{
    static const int64_t at_r[] = {400000, 800000, 1600000};
    struct eb_decision *d = decide(v, EB_UPDATE_TP_LIMITS);
    d->u.targets.count = 3;
    bool soft = eb_rng_below(r, 2) == 0;
    for (unsigned i = 0; i < 3; i++) {
        d->u.targets.leg[i] = (struct eb_leg_spec){.r_ppm = at_r[i], .fraction_ppm = 300000, .soft = soft && i != 1};
    }
}

static void plan(struct eb_rng *r, struct eb_verdict *v)
{
    decide(v, EB_MOVE_STOP)->u.stop.pct_ppm = eb_rng_range(r, 4000, 12000);
    targets(r, v);
    struct eb_decision *trail = decide(v, EB_SET_TRAILING);
    trail->u.trailing.activation_r_ppm = eb_rng_range(r, 300000, 1200000);
    trail->u.trailing.callback_ppm = eb_rng_range(r, 1500, 5000);
    struct eb_decision *ratchet = decide(v, EB_SET_RATCHET);
    ratchet->u.ratchet.count = 1;
    ratchet->u.ratchet.rule[0] = (struct eb_ratchet_rule){.after_hits = 1, .to = EB_RATCHET_ENTRY};
    v->regime = EB_REGIME_TREND;
    memcpy(v->profile, "town", 5);
}

static enum eb_policy_result consult(void *policy, const struct eb_context *ctx, struct eb_verdict *out,
                                     struct eb_err *err)
{
    struct town *t = policy;
    struct eb_rng *r = &t->policy_rng;
    uint64_t n = eb_rng_below(r, 100);
    if (n < 3) {
        (void)eb_err_set(err, EB_E_SCRIPT, "policy", "a failure now and then");
        return EB_POLICY_ERROR;
    }
    if (ctx->plan_revision == 0 || ctx->r_provisional) {
        plan(r, out);
    } else if (n < 10) {
        decide(out, EB_PARTIAL_CLOSE)->u.partial.fraction_ppm = eb_rng_range(r, 50000, 300000);
    } else if (n < 14) {
        decide(out, EB_FULL_EXIT)->emergency = n < 12;
    } else if (n < 25 && ctx->price.e8 > 0) { /* closer, perhaps as close as can be */
        int64_t away_e8 = ctx->price.e8 / 1000 * eb_rng_range(r, 3, 8);
        decide(out, EB_MOVE_STOP)->u.stop.price.e8 =
            ctx->side == EB_LONG ? ctx->price.e8 - away_e8 : ctx->price.e8 + away_e8;
    } else {
        return EB_POLICY_KEEP;
    }
    return EB_POLICY_OK;
}

struct eb_policy_port town_policy(struct town *t)
{
    return (struct eb_policy_port){.policy = t, .consult = consult};
}
