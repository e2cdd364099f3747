/* SPDX-License-Identifier: Apache-2.0 */
/* What an accepted plan will not do as it was meant: one alert a plan, once for each kind of finding of an episode. */
#include "domain/lint.h"

#include "engine/state.h"

_Static_assert(EB_LINT_COUNT <= 32, "a bit for each");

void eb_plan_lint(struct eb_engine *e, struct eb_slot *s)
{
    const struct eb_context *ctx = e->ev->u.verdict.ctx;
    const struct eb_verdict *v = e->ev->u.verdict.verdict;
    struct eb_lint_finding found[EB_LINT_MAX];
    struct eb_lint_plan plan;
    if (e->ev->witness != NULL) {
        return; /* a fold: it was said then */
    }
    eb_lint_plan_of(ctx, v, &eb_symbol_of(e, s)->inst, s->d.r, &plan);
    plan.price.e8 = 0; /* what price has crossed is parked, and said so */
    const struct eb_lint_finding *f = eb_lint_worst(found, eb_lint(&plan, found), EB_LINT_WARNING);
    uint32_t kind = f != NULL ? UINT32_C(1) << f->code : 0;
    if (f != NULL && (kind & ~s->linted) != 0) {
        char text[EB_REASON_MAX];
        eb_lint_text(f, text, sizeof text);
        eb_alert(e, s, EB_ALERT_LINT, s->d.entry, f->code, text);
        s->linted |= kind;
    }
}
