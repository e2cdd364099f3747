/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each change of a plan is due to, by experiment (plan.h).
 *
 *     1  each difference taken back alone           --> what changes a level has a part in it
 *     2  where none does: all settings, all files, everything --> the smallest group that does
 *
 * In 2 two things may be behind it: several differences of which each would be enough, or files that do not load
 * without each other.
 */
#include "app/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/loop.h"
#include "policy/origin.h"

static const char area[] = "plan";

struct search {
    struct eb_plan *p;
    const struct eb_dry *d;
    const struct eb_engine *ground;
    const struct eb_policy *in_force, *candidate;
    const atomic_bool *stop;
    int64_t deadline_ns;
    struct eb_dry scratch; /* position: owned; the rest is d's */
    uint32_t *open;        /* owned: rows to be explained */
    uint32_t count;
    uint64_t *parts;       /* owned: by such a row, the differences that change it alone */
    bool *whole;           /* owned: one of them takes back all of the change */
    uint8_t *heard;        /* owned: what the last trial did to it, enum heard */
    uint8_t *kept, *group; /* owned: the same of a trial before, of that of a whole group */
    uint64_t settings, files, unloadable;
    int rc;
    struct eb_err *err;
};

enum heard { SAME = 0, OTHERWISE, AS_BEFORE };

static uint64_t bit(unsigned i)
{
    return UINT64_C(1) << i;
}

static unsigned count_bits(uint64_t bits)
{
    unsigned n = 0;
    for (; bits != 0; bits &= bits - 1) {
        n++;
    }
    return n;
}

/* ---- one trial --------------------------------------------------------------------------------------------------- */

static bool same_whole(const struct eb_dry_answer *a, const struct eb_dry_answer *b)
{
    return a->closes == b->closes && a->asks == b->asks && a->closed.e8 == b->closed.e8;
}

static bool same_for(const struct eb_plan_row *row, const struct eb_dry_answer *a, const struct eb_dry_answer *b)
{
    if (row->whole) {
        return same_whole(a, b);
    }
    const struct eb_dry_level *x = eb_dry_level_of(&a->after, &row->key);
    const struct eb_dry_level *y = eb_dry_level_of(&b->after, &row->key);
    return eb_dry_same_level(x, y) && x->fires == y->fires;
}

/* What a trial says of a row; nothing where the set failed on the position. */
static enum heard hear(const struct search *s, uint32_t row)
{
    const struct eb_plan_row *r = &s->p->row[row];
    const struct eb_dry_position *was = &s->d->position[r->position];
    const struct eb_dry_answer *got = &s->scratch.position[r->position].next;
    if ((got->fails && !was->next.fails) || same_for(r, got, &was->next)) {
        return SAME;
    }
    return same_for(r, got, &was->old) ? AS_BEFORE : OTHERWISE;
}

static int run(struct search *s, struct eb_policy *variant)
{
    struct eb_engine *e = NULL;
    for (uint32_t i = 0; i < s->d->count; i++) {
        s->scratch.position[i] = s->d->position[i];
        memset(&s->scratch.position[i].next, 0, sizeof(s->scratch.position[i].next));
    }
    int rc = eb_engine_clone(s->ground, &e, s->err);
    return rc == EB_OK ? eb_dry_run(&s->scratch, e, variant, true, NULL, s->stop, s->err) : rc;
}

/* The candidate with these differences taken back. False when it was not tried: it does not load (*loads), or bounds
 * are met. */
static bool try_without(struct search *s, uint64_t back, bool *loads)
{
    struct eb_policy *variant = NULL;
    *loads = true;
    if (s->rc != EB_OK || s->p->cut || atomic_load(s->stop)) {
        return false;
    }
    if (s->p->trials == EB_PLAN_TRIALS_MAX || eb_monotonic_ns() > s->deadline_ns) {
        s->p->cut = true;
        return false;
    }
    s->p->trials++;
    *loads = eb_policy_variant(s->in_force, s->candidate, &s->p->difference, back, &variant, NULL) == EB_OK;
    if (!*loads) {
        return false;
    }
    s->rc = run(s, variant);
    eb_policy_close(variant);
    for (uint32_t i = 0; s->rc == EB_OK && i < s->count; i++) {
        s->heard[i] = (uint8_t)hear(s, s->open[i]);
    }
    return s->rc == EB_OK;
}

/* ---- what was found ---------------------------------------------------------------------------------------------- */

static void blame(struct search *s, uint32_t i, uint64_t parts, enum eb_plan_how how)
{
    struct eb_plan *p = s->p;
    unsigned c = 0;
    how = count_bits(parts) == 1 ? EB_PLAN_ALONE : how;
    while (c < p->cause_count && (p->cause[c].parts != parts || p->cause[c].how != how)) {
        c++;
    }
    if (c == EB_PLAN_CAUSES_MAX) {
        return;
    }
    if (c == p->cause_count) {
        p->cause[p->cause_count++] = (struct eb_plan_cause){.parts = parts, .how = (uint8_t)how};
    }
    p->row[s->open[i]].cause = (uint16_t)c;
}

static bool is_blamed(const struct search *s, uint32_t i)
{
    return s->p->row[s->open[i]].cause != EB_PLAN_NO_CAUSE;
}

static void each_alone(struct search *s)
{
    bool loads;
    for (unsigned d = 0; d < s->p->difference.count; d++) {
        bool tried = try_without(s, bit(d), &loads);
        s->unloadable |= loads ? 0 : bit(d);
        for (uint32_t i = 0; tried && i < s->count; i++) {
            s->parts[i] |= s->heard[i] != SAME ? bit(d) : 0;
            s->whole[i] = s->whole[i] || s->heard[i] == AS_BEFORE;
        }
    }
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->parts[i] != 0) { /* files that cannot be told apart may have the rest of it */
            blame(s, i, s->whole[i] ? s->parts[i] : s->parts[i] | s->unloadable, EB_PLAN_TOGETHER);
        }
    }
}

static void swap_heard(struct search *s)
{
    uint8_t *t = s->heard;
    s->heard = s->kept;
    s->kept = t;
}

/* From a group that changes row i (s->kept) to one of which nothing can be left out; whoever that one changes has it as
 * its cause. */
static void smallest_of(struct search *s, uint32_t i, uint64_t group)
{
    bool needs_each_other = false;
    bool loads;
    for (unsigned d = 0; d < s->p->difference.count; d++) {
        if ((group & bit(d)) == 0 || group == bit(d)) {
            continue;
        }
        if (try_without(s, group & ~bit(d), &loads) && s->heard[i] != SAME) {
            group &= ~bit(d);
            swap_heard(s);
        }
        needs_each_other = needs_each_other || !loads;
    }
    if (s->p->cut || s->rc != EB_OK || atomic_load(s->stop)) {
        return; /* it might be smaller: nothing is said */
    }
    for (uint32_t k = 0; k < s->count; k++) {
        if (!is_blamed(s, k) && s->kept[k] != SAME) {
            blame(s, k, group, needs_each_other ? EB_PLAN_TOGETHER : EB_PLAN_EITHER);
        }
    }
}

static bool all_blamed(const struct search *s)
{
    uint32_t i = 0;
    while (i < s->count && is_blamed(s, i)) {
        i++;
    }
    return i == s->count;
}

static void in_group(struct search *s, uint64_t group)
{
    bool loads;
    if (count_bits(group) < 2 || all_blamed(s) || !try_without(s, group, &loads)) {
        return;
    }
    memcpy(s->group, s->heard, s->count);
    for (uint32_t i = 0; i < s->count; i++) {
        if (!is_blamed(s, i) && s->group[i] != SAME) {
            memcpy(s->kept, s->group, s->count);
            smallest_of(s, i, group);
        }
    }
}

static void count_causes(struct search *s)
{
    struct eb_plan *p = s->p;
    uint32_t position[EB_PLAN_CAUSES_MAX];
    memset(position, 0xff, sizeof(position));
    for (uint32_t i = 0; i < s->count; i++) {
        const struct eb_plan_row *r = &p->row[s->open[i]];
        if (r->cause == EB_PLAN_NO_CAUSE) {
            p->unknown++;
            continue;
        }
        struct eb_plan_cause *c = &p->cause[r->cause];
        c->levels++;
        c->positions += position[r->cause] != r->position; /* rows come position by position */
        position[r->cause] = r->position;
    }
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int open_search(struct search *s)
{
    uint32_t rows = s->p->row_count + 1;
    s->scratch = *s->d;
    s->scratch.position = malloc((s->d->count + 1) * sizeof(*s->scratch.position));
    s->open = malloc(rows * sizeof(*s->open));
    s->parts = calloc(rows, sizeof(*s->parts));
    s->whole = calloc(rows, sizeof(*s->whole));
    s->heard = calloc(rows, 1);
    s->kept = calloc(rows, 1);
    s->group = calloc(rows, 1);
    if (s->scratch.position == NULL || s->open == NULL || s->parts == NULL || s->whole == NULL || s->heard == NULL ||
        s->kept == NULL || s->group == NULL) {
        return eb_err_set(s->err, EB_E_MEMORY, area, "no memory to find out what %u levels depend on", rows);
    }
    for (uint32_t i = 0; i < s->p->row_count; i++) {
        unsigned marks = s->p->row[i].marks;
        if ((marks & EB_PLAN_CHANGED) != 0 && (marks & EB_PLAN_ANYWAY) == 0) {
            s->open[s->count++] = i;
        }
    }
    for (unsigned i = 0; i < s->p->difference.count; i++) {
        bool file = s->p->difference.at[i].kind == EB_DIFFERENCE_FILE;
        s->files |= file ? bit(i) : 0;
        s->settings |= file ? 0 : bit(i);
    }
    return EB_OK;
}

static void close_search(struct search *s)
{
    free(s->scratch.position);
    free(s->open);
    free(s->parts);
    free(s->whole);
    free(s->heard);
    free(s->kept);
    free(s->group);
}

static int find_origins(struct eb_plan *p, const struct eb_policy *candidate, struct eb_err *err)
{
    struct eb_origins o = {0};
    int rc = p->difference.count > 0 ? eb_origins_read(candidate, &o, err) : EB_OK;
    for (unsigned i = 0; rc == EB_OK && i < p->difference.count; i++) {
        const struct eb_difference *d = &p->difference.at[i];
        const struct eb_origin *at = d->kind == EB_DIFFERENCE_SETTING ? eb_origins_find(&o, d->name) : NULL;
        if (at != NULL && at->line > 0) {
            (void)snprintf(p->origin[i], sizeof(p->origin[i]), "%s:%d", at->file, at->line);
        }
    }
    eb_origins_free(&o);
    return rc;
}

int eb_plan_causes(struct eb_plan *p, const struct eb_dry *d, const struct eb_engine *ground,
                   const struct eb_policy *in_force, const struct eb_policy *candidate, const atomic_bool *stop,
                   struct eb_err *err)
{
    int64_t began_ns = eb_monotonic_ns();
    struct search s = {.p = p,
                       .d = d,
                       .ground = ground,
                       .in_force = in_force,
                       .candidate = candidate,
                       .stop = stop,
                       .deadline_ns = began_ns + EB_PLAN_BUDGET_NS,
                       .err = err};
    s.rc = eb_policy_differences(in_force, candidate, &p->difference, err);
    s.rc = s.rc == EB_OK ? find_origins(p, candidate, err) : s.rc;
    s.rc = s.rc == EB_OK ? open_search(&s) : s.rc;
    p->cut = p->difference.more > 0;
    bool cut = p->cut; /* some differences are not looked at; the others are */
    if (s.rc == EB_OK && s.count > 0) {
        p->cut = false;
        each_alone(&s);
        in_group(&s, s.settings);
        in_group(&s, s.files);
        if (s.settings != 0 && s.files != 0) {
            in_group(&s, s.settings | s.files);
        }
        p->cut = p->cut || cut;
    }
    if (s.rc == EB_OK) {
        count_causes(&s);
    }
    close_search(&s);
    p->took_ns = eb_monotonic_ns() - began_ns;
    return s.rc;
}
