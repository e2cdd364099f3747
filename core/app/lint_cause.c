/* SPDX-License-Identifier: Apache-2.0 */
/* The search; see lint_cause.h. */
#include "app/lint_cause.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/progress.h"

/* Everything in a plan that a figure can move, as numbers beside each other. */
enum element {
    AT_STOP = 0,
    AT_LEG_PRICE,
    AT_LEG_FRACTION = AT_LEG_PRICE + EB_LEGS_MAX,
    AT_LEG_SOFT = AT_LEG_FRACTION + EB_LEGS_MAX,
    AT_ACTIVATION = AT_LEG_SOFT + EB_LEGS_MAX,
    AT_CALLBACK,
    AT_STEP_R,
    AT_STEP_CALLBACK = AT_STEP_R + EB_CURVE_MAX,
    AT_RULE_HITS = AT_STEP_CALLBACK + EB_CURVE_MAX,
    AT_RULE_STOP = AT_RULE_HITS + EB_RATCHET_MAX,
    ELEMENTS = AT_RULE_STOP + EB_RATCHET_MAX
};
enum { STRUCTURE_COST = 64, BISECTIONS = 12 };
#define WHOLE_MAX 1e15

struct levels {
    int64_t at[ELEMENTS];
    unsigned legs;
    bool stop;
};

struct answer {
    struct eb_lint_plan plan;
    struct eb_lint_finding finding[EB_LINT_MAX];
    unsigned count;
};

static bool ask(struct eb_policy *p, const struct eb_lint_case *c, unsigned i, struct answer *out)
{
    struct eb_verdict v;
    struct eb_err unwanted;
    enum eb_policy_result result = eb_policy_consult(p, &c->ctx[i], &v, &unwanted);
    if (result != EB_POLICY_OK) {
        return false;
    }
    eb_lint_plan_of(&c->ctx[i], &v, &c->inst[i], (eb_price){0}, &out->plan);
    out->count = eb_lint(&out->plan, out->finding);
    return true;
}

static void measure(const struct eb_lint_plan *p, struct levels *out)
{
    memset(out, 0, sizeof *out);
    out->legs = p->legs_are_new ? p->leg_count : 0;
    out->stop = p->stop.e8 > 0;
    out->at[AT_STOP] = p->stop.e8;
    for (unsigned i = 0; i < out->legs; i++) {
        out->at[AT_LEG_PRICE + i] = p->leg[i].price.e8;
        out->at[AT_LEG_FRACTION + i] = p->leg[i].fraction_ppm;
        out->at[AT_LEG_SOFT + i] = p->leg[i].soft;
    }
    if (p->trail.set) {
        out->at[AT_ACTIVATION] = p->trail.activation_r_ppm;
        out->at[AT_CALLBACK] = p->trail.callback_ppm;
        for (unsigned i = 0; i < p->trail.curve_count; i++) {
            out->at[AT_STEP_R + i] = p->trail.curve[i].r_ppm;
            out->at[AT_STEP_CALLBACK + i] = p->trail.curve[i].callback_ppm;
        }
    }
    for (unsigned i = 0; i < p->ratchet_count; i++) {
        out->at[AT_RULE_HITS + i] = p->ratchet[i].after_hits;
        out->at[AT_RULE_STOP + i] = p->ratchet[i].offset_ppm * 4 + p->ratchet[i].to;
    }
}

static bool any(const bool *moved, unsigned from, unsigned count)
{
    bool out = false;
    for (unsigned i = 0; i < count; i++) {
        out = out || moved[from + i];
    }
    return out;
}

/* Whether what moved is what a finding is about. */
static bool concerns(const struct eb_lint_finding *f, const bool *moved)
{
    unsigned i = f->item > 0 ? f->item - 1u : 0;
    switch ((enum eb_lint_code)f->code) {
    case EB_LINT_STOP_NEAR:
    case EB_LINT_STOP_BUFFER:
    case EB_LINT_STOP_CROSSED:
    case EB_LINT_STOP_LOOSER:
        return moved[AT_STOP];
    case EB_LINT_FRACTIONS:
    case EB_LINT_REST:
        return any(moved, AT_LEG_FRACTION, EB_LEGS_MAX);
    case EB_LINT_ORDER:
        return moved[AT_LEG_PRICE + i] || (i > 0 && moved[AT_LEG_PRICE + i - 1]);
    case EB_LINT_LEG_NOTHING:
    case EB_LINT_LEG_QUANTITY:
    case EB_LINT_LEG_NOTIONAL:
    case EB_LINT_ROOM_SLICES:
        return moved[AT_LEG_FRACTION + i];
    case EB_LINT_LEG_FEES:
    case EB_LINT_LEG_CROSSED:
    case EB_LINT_LEG_FAR:
    case EB_LINT_LEG_RANGE:
        return moved[AT_LEG_PRICE + i];
    case EB_LINT_ROOM_ORDERS:
        return any(moved, AT_LEG_SOFT, EB_LEGS_MAX);
    case EB_LINT_TRAIL_NEVER:
        return moved[AT_ACTIVATION] || any(moved, AT_LEG_PRICE, EB_LEGS_MAX);
    case EB_LINT_TRAIL_LOOSENS:
        return moved[AT_CALLBACK] || any(moved, AT_STEP_CALLBACK, EB_CURVE_MAX);
    case EB_LINT_RATCHET_LOOSENS:
    case EB_LINT_RATCHET_FIRES:
        return moved[AT_RULE_STOP + i] || moved[AT_RULE_HITS + i] || any(moved, AT_LEG_PRICE, EB_LEGS_MAX);
    case EB_LINT_RATCHET_NEVER:
        return moved[AT_RULE_HITS + i];
    case EB_LINT_NONE:
    case EB_LINT_COUNT:
        break;
    }
    return false;
}

/* How much a change moves besides what a finding is about; -1 where it does not move that. */
static int cost_of(const struct eb_lint_finding *f, const struct levels *before, const struct levels *after)
{
    bool moved[ELEMENTS];
    int cost = before->legs != after->legs || before->stop != after->stop ? STRUCTURE_COST : 0;
    for (unsigned i = 0; i < ELEMENTS; i++) {
        moved[i] = before->at[i] != after->at[i];
        cost += moved[i];
    }
    bool gone = after->legs < before->legs && f->item > after->legs;
    return concerns(f, moved) && !gone && (after->stop || !before->stop) ? cost : -1;
}

/* ---- which figure ---- */

struct hunt {
    const struct eb_policy *p;
    struct eb_lint_case *cases;
    unsigned count;
    struct levels *before; /* per case, in its first context */
    int *cost;             /* per case: of the figure that is best so far; INT_MAX none */
    uint64_t done, total;  /* for the bar */
};

/* The nearest whole number. */
static double whole(double x)
{
    return x > -WHOLE_MAX && x < WHOLE_MAX ? (double)(int64_t)(x < 0 ? x - 0.5 : x + 0.5) : x;
}

static double changed(const struct eb_origin *figure, double factor)
{
    double value = figure->value == 0 ? factor - 1 : figure->value * factor;
    if (!figure->integer) {
        return value;
    }
    double near = whole(value);
    return near != figure->value ? near : figure->value + (factor > 1 ? 1 : -1);
}

/* One figure, changed once: whose levels does it move? True when it moved any. */
static bool try_figure(struct hunt *h, const struct eb_origin *figure, bool named, double value)
{
    struct eb_policy *twin;
    struct eb_err unwanted;
    bool moved = false;
    if (eb_policy_vary(h->p, figure, named, value, &twin, &unwanted) != EB_OK) {
        return false;
    }
    for (unsigned i = 0; i < h->count; i++) {
        struct eb_lint_case *c = &h->cases[i];
        struct answer a;
        struct levels after;
        if ((c->found && c->named != named) || !ask(twin, c, 0, &a)) {
            continue;
        }
        measure(&a.plan, &after);
        int cost = cost_of(&c->finding, &h->before[i], &after);
        moved = moved || cost >= 0;
        if (cost >= 0 && cost < h->cost[i]) {
            h->cost[i] = cost;
            c->found = true;
            c->named = named;
            c->figure = *figure;
        }
    }
    eb_policy_close(twin);
    return moved;
}

static bool all_found(const struct hunt *h)
{
    for (unsigned i = 0; i < h->count; i++) {
        if (!h->cases[i].found) {
            return false;
        }
    }
    return true;
}

static void try_all(struct hunt *h, const struct eb_origins *figures, bool named)
{
    static const double factors[] = {1.25, 0.5, 4};
    h->total += figures->count;
    for (unsigned i = 0; i < figures->count; i++) {
        const struct eb_origin *figure = &figures->item[i];
        bool done = figure->kind != EB_ORIGIN_NUMBER || !isfinite(figure->value);
        for (size_t k = 0; !done && k < EB_COUNT(factors); k++) { /* a small change may be lost in a tick */
            done = try_figure(h, figure, named, changed(figure, factors[k])) && all_found(h);
        }
        eb_progress(++h->done, h->total);
    }
}

/* ---- which value ---- */

static unsigned grave(const struct answer *a)
{
    unsigned n = 0;
    for (unsigned i = 0; i < a->count; i++) {
        n += a->finding[i].grade >= EB_LINT_WARNING;
    }
    return n;
}

static bool has(const struct answer *a, const struct eb_lint_finding *f)
{
    for (unsigned i = 0; i < a->count; i++) {
        if (a->finding[i].code == f->code && (a->finding[i].item == f->item || f->code == EB_LINT_FRACTIONS)) {
            return true;
        }
    }
    return false;
}

/* Whether this value ends the finding in every context of the case, without another in its place. */
static bool is_good(const struct eb_policy *p, const struct eb_lint_case *c, struct eb_policy *asked, double value)
{
    struct eb_policy *twin;
    struct eb_err unwanted;
    bool good = true;
    if (eb_policy_vary(p, &c->figure, c->named, value, &twin, &unwanted) != EB_OK) {
        return false;
    }
    for (unsigned i = 0; good && i < c->count; i++) {
        struct answer before;
        struct answer after;
        good = ask(asked, c, i, &before) && ask(twin, c, i, &after) && !has(&after, &c->finding) &&
               after.plan.leg_count == before.plan.leg_count && (after.plan.stop.e8 > 0) == (before.plan.stop.e8 > 0);
        good = good && (has(&before, &c->finding) ? grave(&after) < grave(&before) || c->finding.grade == EB_LINT_NOTE
                                                  : grave(&after) <= grave(&before));
    }
    eb_policy_close(twin);
    return good;
}

/* The number that a person would write for it. */
static double as_written(double x)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.12g", x);
    return strtod(text, NULL);
}

/* The good value with few digits, rounded away from the bad one. */
static double rounded(const struct eb_policy *p, const struct eb_lint_case *c, struct eb_policy *asked, double good)
{
    bool up = good > c->figure.value;
    double size = good < 0 ? -good : good;
    if (c->figure.integer || size < 1e-9 || size > WHOLE_MAX) {
        return good;
    }
    double scale = 1e9; /* one digit in front of the point */
    while (size * scale >= 10 && scale > 1e-9) {
        scale /= 10;
    }
    for (int digits = 1; digits <= 6; digits++) {
        double scaled = good * scale;
        double near = whole(scaled);
        double away = near + (up && near < scaled ? 1 : !up && near > scaled ? -1 : 0);
        double value[2] = {as_written(near / scale), as_written(away / scale)};
        for (int i = 0; i < 2; i++) {
            if (value[i] != c->figure.value && is_good(p, c, asked, value[i])) {
                return value[i];
            }
        }
        scale *= 10;
    }
    return good;
}

/* From the step on which the finding is gone back to the value at which it just is. */
static double nearest(const struct eb_policy *p, const struct eb_lint_case *c, struct eb_policy *asked, double bad,
                      double good)
{
    for (int i = 0; i < BISECTIONS; i++) {
        double middle = (bad + good) / 2;
        if (c->figure.integer) {
            middle = whole(middle);
            if (middle == bad || middle == good) {
                break;
            }
        }
        if (is_good(p, c, asked, middle)) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    return good;
}

static void find_value(const struct eb_policy *p, struct eb_lint_case *c, struct eb_policy *asked)
{
    static const double steps[] = {0.03, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2.2, 3.5, 6, 10, 20, 40, 80};
    double v = c->figure.value;
    double last[2] = {v, v};
    for (size_t i = 0; i < EB_COUNT(steps) && !c->fixed; i++) {
        for (int up = 1; up >= 0 && !c->fixed; up--) {
            double value = v == 0 ? (up ? steps[i] : -steps[i]) : up ? v * (1 + steps[i]) : v / (1 + steps[i]);
            value = c->figure.integer ? whole(value) : value;
            if (value != last[up] && is_good(p, c, asked, value)) {
                c->fixed = true;
                c->proposed = rounded(p, c, asked, nearest(p, c, asked, last[up], value));
            }
            last[up] = value;
        }
    }
}

int eb_lint_causes(const struct eb_policy *p, struct eb_lint_case *cases, unsigned count, struct eb_err *err)
{
    if (count == 0) {
        return EB_OK;
    }
    struct eb_policy *asked = NULL;
    struct eb_origins settings = {0};
    struct eb_origins numbers = {0};
    struct hunt h = {.p = p,
                     .cases = cases,
                     .count = count,
                     .before = calloc(count + 1, sizeof *h.before),
                     .cost = calloc(count + 1, sizeof *h.cost)};
    if (h.before == NULL || h.cost == NULL) {
        free(h.before);
        free(h.cost);
        return eb_err_set(err, EB_E_MEMORY, "check", "out of memory");
    }
    int rc = eb_policy_copy(p, &asked, err);
    rc = rc == EB_OK ? eb_policy_build(asked, err) : rc;
    rc = rc == EB_OK ? eb_origins_read(asked, &settings, err) : rc;
    for (unsigned i = 0; rc == EB_OK && i < count; i++) {
        struct answer a;
        memset(&a, 0, sizeof a);
        (void)ask(asked, &cases[i], 0, &a);
        measure(&a.plan, &h.before[i]);
        h.cost[i] = INT32_MAX;
    }
    if (rc == EB_OK) {
        try_all(&h, &settings, true);
        rc = all_found(&h) ? EB_OK : eb_origins_numbers(asked, &numbers, err);
        try_all(&h, &numbers, false);
    }
    for (unsigned i = 0; rc == EB_OK && i < count; i++) {
        if (cases[i].found) {
            find_value(p, &cases[i], asked);
        }
        eb_progress(h.done + i, h.total + count);
    }
    eb_progress_end();
    eb_origins_free(&settings);
    eb_origins_free(&numbers);
    eb_policy_close(asked);
    free(h.before);
    free(h.cost);
    return rc;
}
