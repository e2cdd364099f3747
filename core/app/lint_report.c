/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting, causes, and both ways to say it; see lint_report.h. */
#include "app/lint_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/lint_again.h"
#include "app/lint_cause.h"
#include "app/lint_scene.h"
#include <exitbrain/text.h>

#define OTHER_VERSION "0.0"
enum { CASES_MAX = 48, FAILURES_MAX = 8, WORDS_MAX = 128 };

/* One kind of finding: in one profile and regime, since each may have figures of its own; merged once causes are known
 * to be the same. */
struct kind {
    char profile[EB_NAME_MAX];
    uint8_t regime;
    unsigned seen; /* contexts; 0 once merged into another */
    int64_t worst; /* how far beyond the limit, ppm of it */
    char words[WORDS_MAX];
};

struct failure {
    char text[480]; /* as long as an error may be */
    char words[WORDS_MAX];
    bool script; /* it failed; else the engine refused what it said */
    bool impure; /* neither: the answer depends on more than ctx */
    uint8_t side;
    unsigned seen;
};

struct eb_lint_report {
    struct kind kind[CASES_MAX];
    struct eb_lint_case item[CASES_MAX]; /* beside kind */
    unsigned count;
    struct failure failure[FAILURES_MAX];
    unsigned failures, contexts, left_out;
    bool remembers; /* some answer has left memory: `later` shows it */
    struct eb_context later;
    const char *later_market;
    struct eb_again *again; /* while it is made */
};

/* ---- collecting ---- */

static int64_t excess_ppm(const struct eb_lint_finding *f)
{
    int64_t by = f->is > f->limit ? f->is - f->limit : f->limit - f->is;
    int64_t of = f->limit != 0 ? f->limit : 1;
    int64_t out;
    return eb_mul_div(by, EB_PPM, of > 0 ? of : -of, EB_ROUND_FLOOR, &out) ? out : INT64_MAX;
}

static unsigned kind_of(struct eb_lint_report *r, const struct eb_scene_answer *a, const struct eb_lint_finding *f)
{
    const char *profile = a->verdict->profile;
    for (unsigned i = 0; i < r->count; i++) {
        const struct eb_lint_finding *known = &r->item[i].finding;
        if (known->code == f->code && known->item == f->item && known->grade == f->grade &&
            r->kind[i].regime == a->verdict->regime && strcmp(r->kind[i].profile, profile) == 0) {
            return i;
        }
    }
    if (r->count == CASES_MAX) {
        r->left_out++;
        return CASES_MAX;
    }
    struct kind *k = &r->kind[r->count];
    *k = (struct kind){.regime = a->verdict->regime, .worst = -1};
    (void)snprintf(k->profile, sizeof k->profile, "%s", profile);
    return r->count++;
}

static void take_finding(struct eb_lint_report *r, const struct eb_scene_answer *a, const struct eb_lint_finding *f)
{
    unsigned i = kind_of(r, a, f);
    if (i == CASES_MAX) {
        return;
    }
    struct eb_lint_case *c = &r->item[i];
    unsigned at = c->count < EB_CASE_CONTEXTS ? c->count : EB_CASE_CONTEXTS - 1;
    int64_t excess = excess_ppm(f);
    if (excess > r->kind[i].worst) { /* the worst is the first; what was stays among the others */
        c->ctx[at] = c->ctx[0];
        c->inst[at] = c->inst[0];
        r->kind[i].worst = excess;
        c->finding = *f;
        eb_scene_words(a->ctx, a->market, r->kind[i].words, sizeof r->kind[i].words);
        c->ctx[0] = *a->ctx;
        c->inst[0] = *a->inst;
        c->count += c->count < EB_CASE_CONTEXTS;
    } else if (c->count < EB_CASE_CONTEXTS) {
        c->ctx[at] = *a->ctx;
        c->inst[at] = *a->inst;
        c->count++;
    }
    r->kind[i].seen++;
}

static void take_failure(struct eb_lint_report *r, const struct eb_scene_answer *a)
{
    for (unsigned i = 0; i < r->failures; i++) {
        if (strcmp(r->failure[i].text, a->refused) == 0) {
            r->failure[i].seen++;
            return;
        }
    }
    if (r->failures == FAILURES_MAX) {
        r->left_out++;
        return;
    }
    struct failure *f = &r->failure[r->failures++];
    *f = (struct failure){.script = a->verdict == NULL, .side = a->ctx->side, .seen = 1};
    (void)snprintf(f->text, sizeof f->text, "%s", a->refused);
    eb_scene_words(a->ctx, a->market, f->words, sizeof f->words);
}

/* A refusal that the linter explains is said with its cause, not twice. */
static void seen(void *user, const struct eb_scene_answer *a)
{
    struct eb_lint_report *r = user;
    struct eb_lint_finding found[EB_LINT_MAX];
    unsigned n = 0;
    eb_again_take(r->again, a);
    if (!r->remembers && a->ctx->memory.count > 0) {
        r->remembers = true;
        r->later = *a->ctx;
        r->later_market = a->market;
    }
    if (a->verdict != NULL && !a->verdict->keep) {
        struct eb_lint_plan plan;
        eb_lint_plan_of(a->ctx, a->verdict, a->inst, (eb_price){0}, &plan);
        n = eb_lint(&plan, found);
    }
    for (unsigned i = 0; i < n; i++) {
        take_finding(r, a, &found[i]);
    }
    if (a->refused != NULL && eb_lint_worst(found, n, EB_LINT_ERROR) == NULL) {
        take_failure(r, a);
    }
}

/* What the set has remembered, as if a set of another version had: migrate must make sense of it. */
static void try_migration(struct eb_lint_report *r, struct eb_policy *policy)
{
    struct eb_verdict v;
    struct eb_err err = {0};
    if (!r->remembers) {
        return;
    }
    (void)snprintf(r->later.memory.version, sizeof r->later.memory.version, "%s", OTHER_VERSION);
    enum eb_policy_result result = eb_policy_consult(policy, &r->later, &v, &err);
    if (result != EB_POLICY_OK && result != EB_POLICY_KEEP && r->failures < FAILURES_MAX) {
        struct failure *f = &r->failure[r->failures++];
        *f = (struct failure){.script = true, .side = r->later.side, .seen = 1};
        (void)snprintf(f->text, sizeof f->text, "%s", err.msg);
        (void)snprintf(f->words, sizeof f->words, "its memory said to be of version %s", OTHER_VERSION);
    }
}

static void bad_again(void *user, bool impure, const struct eb_context *ctx, const char *words, const char *text)
{
    struct eb_lint_report *r = user;
    for (unsigned i = 0; i < r->failures; i++) {
        if (strcmp(r->failure[i].text, text) == 0) {
            return; /* it fails with bars as well */
        }
    }
    if (r->failures < FAILURES_MAX) {
        struct failure *f = &r->failure[r->failures++];
        *f = (struct failure){.script = !impure, .impure = impure, .side = ctx->side, .seen = 1};
        (void)snprintf(f->text, sizeof f->text, "%s", text);
        (void)snprintf(f->words, sizeof f->words, "%s", words);
    }
}

/* ---- causes ---- */

static bool same_figure(const struct eb_lint_case *a, const struct eb_lint_case *b)
{
    return a->finding.code == b->finding.code && a->finding.item == b->finding.item &&
           a->finding.grade == b->finding.grade && a->found == b->found &&
           (!a->found || (a->named == b->named && strcmp(a->figure.path, b->figure.path) == 0 &&
                          strcmp(a->figure.file, b->figure.file) == 0 && a->figure.at == b->figure.at &&
                          a->figure.line == b->figure.line));
}

/* Kinds with one cause are one: the worst stays. A value is proposed only if one was found for each. */
static void merge(struct eb_lint_report *r)
{
    for (unsigned i = 0; i < r->count; i++) {
        for (unsigned k = 0; k < i; k++) {
            struct kind *a = &r->kind[k];
            struct kind *b = &r->kind[i];
            if (a->seen == 0 || b->seen == 0 || !same_figure(&r->item[k], &r->item[i])) {
                continue;
            }
            bool better = b->worst > a->worst;
            a->seen += b->seen;
            if (better) {
                unsigned all = a->seen;
                *a = *b;
                a->seen = all;
                r->item[k] = r->item[i];
            }
            b->seen = 0;
        }
    }
}

/* By grade, in the order in which they were seen: causes are looked for from the front. */
static void gravest_first(struct eb_lint_report *r)
{
    for (unsigned i = 1; i < r->count; i++) {
        for (unsigned k = i; k > 0 && r->item[k].finding.grade > r->item[k - 1].finding.grade; k--) {
            struct eb_lint_case item = r->item[k];
            struct kind kind = r->kind[k];
            r->item[k] = r->item[k - 1];
            r->kind[k] = r->kind[k - 1];
            r->item[k - 1] = item;
            r->kind[k - 1] = kind;
        }
    }
}

/* A note asks for nothing to be changed: its cause is not looked for. */
static unsigned graver_than_notes(const struct eb_lint_report *r)
{
    unsigned n = 0;
    while (n < r->count && r->item[n].finding.grade > EB_LINT_NOTE) {
        n++;
    }
    return n;
}

int eb_lint_report_make(struct eb_policy *policy, struct eb_lint_report **out, struct eb_err *err)
{
    struct eb_lint_report *r = calloc(1, sizeof *r);
    struct eb_again *again = eb_again_new();
    *out = NULL;
    if (r == NULL || again == NULL) {
        free(r);
        eb_again_free(again);
        return eb_err_set(err, EB_E_MEMORY, "check", "out of memory");
    }
    r->again = again;
    int rc = eb_scene_play(policy, seen, r, &r->contexts, err);
    rc = rc == EB_OK ? eb_policy_renew(policy, err) : rc;
    if (rc == EB_OK) {
        try_migration(r, policy);
        eb_again_ask(again, policy, bad_again, r);
        gravest_first(r);
        rc = eb_lint_causes(policy, r->item, graver_than_notes(r), err);
    }
    eb_again_free(again);
    r->again = NULL;
    if (rc != EB_OK) {
        free(r);
        return rc;
    }
    merge(r);
    *out = r;
    return EB_OK;
}

void eb_lint_report_free(struct eb_lint_report *r)
{
    free(r);
}

unsigned eb_lint_report_count(const struct eb_lint_report *r, unsigned grade)
{
    unsigned n = grade == EB_LINT_ERROR ? r->failures : 0;
    for (unsigned i = 0; i < r->count; i++) {
        n += r->kind[i].seen > 0 && r->item[i].finding.grade == grade;
    }
    return n;
}

/* ---- for people ---- */

static const char *const grades[] = {"note", "warning", "error"};

/* "init.lua:14: legs.1.1 = 0.05: ", as much of it as is known. */
static void figure_text(const struct eb_lint_case *c, struct eb_buffer *out)
{
    char value[48];
    if (!c->found) {
        return;
    }
    eb_figure_text(c->figure.value, c->figure.integer, value, sizeof value);
    if (c->figure.line > 0) {
        (void)eb_buffer_printf(out, "%s:%d: ", c->figure.file, c->figure.line);
    }
    (void)eb_buffer_printf(out, "%s%s%s%s: ", c->figure.path, c->figure.path[0] != '\0' ? " = " : "the figure ", value,
                           c->figure.overridden ? " (overridden)" : "");
}

static void finding_text(const struct eb_lint_report *r, unsigned i, struct eb_buffer *out)
{
    const struct eb_lint_case *c = &r->item[i];
    char text[EB_LINT_TEXT_MAX];
    (void)eb_buffer_printf(out, "%s: ", grades[c->finding.grade]);
    figure_text(c, out);
    eb_lint_text(&c->finding, text, sizeof text);
    (void)eb_buffer_printf(out, "%s (%s; %u of %u contexts)", text, r->kind[i].words, r->kind[i].seen, r->contexts);
    if (c->fixed) {
        eb_figure_text(c->proposed, c->figure.integer, text, sizeof text);
        (void)eb_buffer_printf(out, "; try %s", text);
    } else if (c->finding.proposed != 0) {
        char figure[EB_LINT_FIGURE_MAX];
        (void)eb_lint_figure((enum eb_lint_unit)c->finding.proposed_unit, c->finding.proposed, figure);
        (void)eb_buffer_printf(out, "; the level would have to be %s", figure);
    }
    (void)eb_buffer_text(out, "\n");
}

static void failure_text(const struct eb_lint_report *r, const struct failure *f, struct eb_buffer *out)
{
    const char *what = f->impure   ? "decide(ctx) does not depend on ctx alone for"
                       : f->script ? "decide(ctx) failed for"
                                   : "the engine refuses what decide(ctx) says of";
    (void)eb_buffer_printf(out, "error: %s a %s position: %s (%s; %u of %u contexts)\n", what,
                           eb_side_name((enum eb_side)f->side), f->text, f->words, f->seen, r->contexts);
}

void eb_lint_report_text(const struct eb_lint_report *r, struct eb_buffer *out)
{
    for (unsigned i = 0; i < r->failures; i++) {
        failure_text(r, &r->failure[i], out);
    }
    for (int grade = EB_LINT_ERROR; grade >= EB_LINT_WARNING; grade--) {
        for (unsigned i = 0; i < r->count; i++) {
            if (r->kind[i].seen > 0 && r->item[i].finding.grade == grade) {
                finding_text(r, i, out);
            }
        }
    }
    if (r->left_out > 0) {
        (void)eb_buffer_printf(out, "more of other kinds were left out: they showed %u times\n", r->left_out);
    }
    for (int grade = EB_LINT_ERROR; grade >= EB_LINT_NOTE; grade--) {
        unsigned n = eb_lint_report_count(r, (unsigned)grade);
        (void)eb_buffer_printf(out, "%u %s%s%s", n, grades[grade], n == 1 ? "" : "s", grade > EB_LINT_NOTE ? ", " : "");
    }
    (void)eb_buffer_printf(out, "%s in %u contexts\n",
                           eb_lint_report_count(r, EB_LINT_NOTE) > 0 ? " (--json shows them)" : "", r->contexts);
}

/* ---- for programs ---- */

static void figure_json(const struct eb_lint_case *c, struct eb_doc *j)
{
    char text[48];
    if (!c->found) {
        return;
    }
    eb_doc_text(j, "file", c->figure.line > 0 ? c->figure.file : NULL);
    eb_doc_int(j, "line", c->figure.line);
    eb_doc_text(j, "setting", c->named ? c->figure.path : NULL);
    eb_figure_text(c->figure.value, c->figure.integer, text, sizeof text);
    eb_doc_text(j, "value", text);
    if (c->fixed) {
        eb_figure_text(c->proposed, c->figure.integer, text, sizeof text);
        eb_doc_text(j, "proposed", text);
    }
}

static void finding_json(const struct eb_lint_report *r, unsigned i, struct eb_doc *j)
{
    const struct eb_lint_case *c = &r->item[i];
    char text[EB_LINT_TEXT_MAX];
    eb_lint_text(&c->finding, text, sizeof text);
    eb_doc_begin(j, NULL, '{');
    eb_doc_text(j, "grade", grades[c->finding.grade]);
    eb_doc_text(j, "code", eb_lint_name((enum eb_lint_code)c->finding.code));
    eb_doc_int(j, "item", c->finding.item);
    eb_doc_text(j, "text", text);
    (void)eb_lint_figure((enum eb_lint_unit)c->finding.unit, c->finding.is, text);
    eb_doc_text(j, "is", text);
    (void)eb_lint_figure((enum eb_lint_unit)c->finding.unit, c->finding.limit, text);
    eb_doc_text(j, "limit", text);
    figure_json(c, j);
    eb_doc_text(j, "context", r->kind[i].words);
    eb_doc_int(j, "seen", r->kind[i].seen);
    eb_doc_end(j, '}');
}

void eb_lint_report_json(const struct eb_lint_report *r, struct eb_doc *j)
{
    eb_doc_int(j, "contexts", r->contexts);
    eb_doc_begin(j, "findings", '[');
    for (unsigned i = 0; i < r->failures; i++) {
        const struct failure *f = &r->failure[i];
        eb_doc_begin(j, NULL, '{');
        eb_doc_text(j, "grade", grades[EB_LINT_ERROR]);
        eb_doc_text(j, "code", f->impure ? "impure" : f->script ? "failed" : "refused");
        eb_doc_text(j, "text", f->text);
        eb_doc_text(j, "context", f->words);
        eb_doc_int(j, "seen", f->seen);
        eb_doc_end(j, '}');
    }
    for (unsigned i = 0; i < r->count; i++) {
        if (r->kind[i].seen > 0) {
            finding_json(r, i, j);
        }
    }
    eb_doc_end(j, ']');
}
