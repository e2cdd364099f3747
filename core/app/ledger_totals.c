/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ledger's records come to, by owner. Episodes are paired by position and opening: the same event of the
 * exchange opened both.
 */
#include "app/ledger.h"

#include <stdlib.h>
#include <string.h>

static bool is_own(const char *owner)
{
    return strcmp(owner, EB_LEDGER_OWNER) == 0;
}

static struct eb_ledger_totals *of_owner(struct eb_ledger_totals *out, unsigned *count, const char *owner)
{
    for (unsigned i = 0; i < *count; i++) {
        if (strcmp(out[i].owner, owner) == 0) {
            return &out[i];
        }
    }
    if (*count == EB_LEDGER_OWNERS_MAX) {
        return NULL;
    }
    struct eb_ledger_totals *t = memset(&out[(*count)++], 0, sizeof(*t));
    memcpy(t->owner, owner, strlen(owner) + 1);
    return t;
}

static void count_complete(struct eb_ledger_totals *t, const struct eb_ledger_record *r)
{
    t->sets += strcmp(t->policy, r->policy) != 0 ? 1 : 0; /* changes, in the order of their episodes */
    memcpy(t->policy, r->policy, sizeof(t->policy));
    for (unsigned i = 0; i < EB_EXIT_REASON_COUNT; i++) {
        t->exits[i] += r->exits[i];
    }
    t->pnl.e8 += r->pnl.e8;
    t->fees.e8 += r->fees.e8;
    t->funding.e8 += r->funding.e8;
    if (!r->has_r) {
        t->without_r++;
        return;
    }
    t->best_ppm = t->episodes == 0 || r->r_ppm > t->best_ppm ? r->r_ppm : t->best_ppm;
    t->worst_ppm = t->episodes == 0 || r->r_ppm < t->worst_ppm ? r->r_ppm : t->worst_ppm;
    t->sum_r_ppm += r->r_ppm;
    t->wins += r->r_ppm > 0 ? 1 : 0;
    t->episodes++;
}

static int by_name(const void *a, const void *b)
{
    const struct eb_ledger_totals *x = a;
    const struct eb_ledger_totals *y = b;
    bool own = is_own(x->owner);
    return own != is_own(y->owner) ? (own ? -1 : 1) : strcmp(x->owner, y->owner);
}

/* ---- pairs ------------------------------------------------------------------------------------------------------- */

static int by_episode(const void *a, const void *b)
{
    const struct eb_ledger_record *x = *(const struct eb_ledger_record *const *)a;
    const struct eb_ledger_record *y = *(const struct eb_ledger_record *const *)b;
    if (x->opened_ms != y->opened_ms) {
        return x->opened_ms < y->opened_ms ? -1 : 1;
    }
    int names = strcmp(x->symbol, y->symbol);
    return names != 0 ? names : (int)x->side - (int)y->side;
}

static bool compares(const struct eb_ledger_record *r, int64_t since_ms)
{
    return r->state == EB_LEDGER_COMPLETE && r->has_r && r->closed_ms >= since_ms;
}

/* own: the owner's complete episodes, sorted. */
static void pair(const struct eb_ledger *l, int64_t since_ms, const struct eb_ledger_record **own, size_t own_count,
                 struct eb_ledger_totals *out, unsigned owners)
{
    for (size_t i = 0; i < eb_ledger_count(l); i++) {
        const struct eb_ledger_record *r = eb_ledger_at(l, i);
        if (!compares(r, since_ms) || is_own(r->owner)) {
            continue;
        }
        /* NOLINTNEXTLINE(bugprone-sizeof-expression): a list of pointers */
        const struct eb_ledger_record **hit = bsearch(&r, own, own_count, sizeof(*own), by_episode);
        struct eb_ledger_totals *t = of_owner(out, &owners, r->owner);
        if (hit != NULL && t != NULL) {
            t->pairs++;
            t->pairs_r_ppm += r->r_ppm - (*hit)->r_ppm;
        }
    }
}

static void pair_all(const struct eb_ledger *l, int64_t since_ms, struct eb_ledger_totals *out, unsigned owners)
{
    size_t count = 0;
    const struct eb_ledger_record **own = calloc(eb_ledger_count(l), sizeof(const struct eb_ledger_record *));
    if (own == NULL) {
        return; /* nothing is paired */
    }
    for (size_t i = 0; i < eb_ledger_count(l); i++) {
        const struct eb_ledger_record *r = eb_ledger_at(l, i);
        if (compares(r, since_ms) && is_own(r->owner)) {
            own[count++] = r;
        }
    }
    if (count > 0) {
        qsort(own, count, sizeof(const struct eb_ledger_record *), by_episode);
        pair(l, since_ms, own, count, out, owners);
    }
    free(own);
}

unsigned eb_ledger_totals(const struct eb_ledger *l, int64_t since_ms,
                          struct eb_ledger_totals out[EB_LEDGER_OWNERS_MAX])
{
    unsigned owners = 0;
    for (size_t i = 0; i < eb_ledger_count(l); i++) {
        const struct eb_ledger_record *r = eb_ledger_at(l, i);
        bool counts = r->closed_ms >= since_ms || r->state == EB_LEDGER_OPEN ||
                      (r->state == EB_LEDGER_LOST && r->opened_ms >= since_ms);
        struct eb_ledger_totals *t = counts ? of_owner(out, &owners, r->owner) : NULL;
        if (t != NULL && r->state == EB_LEDGER_COMPLETE) {
            count_complete(t, r);
        } else if (t != NULL) {
            t->apart[r->state]++;
        }
    }
    if (owners > 0) {
        qsort(out, owners, sizeof(*out), by_name);
        pair_all(l, since_ms, out, owners);
    }
    return owners;
}
