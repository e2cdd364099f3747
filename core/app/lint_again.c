/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts that are asked about again; see lint_again.h. */
#include "app/lint_again.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_MAX = 20, WORDS_MAX = 128 };

struct kept {
    struct eb_context ctx;
    struct eb_verdict verdict;
    const char *market;
};
struct eb_again {
    struct kept kept[KEPT_MAX];
    unsigned count;
    unsigned seen, next; /* answers so far; the number of the next that is kept */
};

struct eb_again *eb_again_new(void)
{
    return calloc(1, sizeof(struct eb_again));
}

void eb_again_free(struct eb_again *g)
{
    free(g);
}

/* A half more each time: 0, 1, 2, 4, 7, 11 ... 5393: first plans, and positions on their way. */
void eb_again_take(struct eb_again *g, const struct eb_scene_answer *a)
{
    unsigned n = g->seen++;
    if (n < g->next || g->count == KEPT_MAX || a->verdict == NULL) {
        return;
    }
    g->kept[g->count++] = (struct kept){.ctx = *a->ctx, .verdict = *a->verdict, .market = a->market};
    g->next = n + 1 + n / 2;
}

/* All that an engine may not know in its first minutes. */
static void forget(struct eb_context *c)
{
    memset(c->features, 0, sizeof c->features);
    c->opened_ms = 0;
    c->next_funding_ms = 0;
    c->balance.e8 = 0;
    c->last.e8 = c->bid.e8 = c->ask.e8 = 0;
    c->liquidation.e8 = 0;
}

static bool fails_at_the_start(const struct kept *k, struct eb_policy *policy, eb_again_bad bad, void *user)
{
    struct eb_context cold = k->ctx;
    struct eb_verdict v;
    struct eb_err err = {0};
    char words[WORDS_MAX];
    forget(&cold);
    enum eb_policy_result result = eb_policy_consult(policy, &cold, &v, &err);
    if (result == EB_POLICY_OK || result == EB_POLICY_KEEP) {
        return false;
    }
    eb_scene_words(&cold, "as after a start: bars, age, balance, book unknown", words, sizeof words);
    bad(user, false, &k->ctx, words, err.msg);
    return true;
}

static bool remembers_in_lua(const struct kept *k, struct eb_policy *policy, eb_again_bad bad, void *user)
{
    struct eb_verdict v;
    struct eb_err err = {0};
    char words[WORDS_MAX];
    enum eb_policy_result result = eb_policy_consult_fresh(policy, &k->ctx, &v, &err);
    /* Answers are zeroed before they are filled, padding included. */
    bool as_before = result == EB_POLICY_KEEP ? k->verdict.keep : result == EB_POLICY_OK;
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
    if (as_before && (result == EB_POLICY_KEEP || memcmp(&v, &k->verdict, sizeof v) == 0)) {
        return false;
    }
    eb_scene_words(&k->ctx, k->market, words, sizeof words);
    bad(user, true, &k->ctx, words,
        "a fresh Lua state gives another answer: variables of its own can be lost at any time; what it has to remember "
        "belongs into `memory`");
    return true;
}

void eb_again_ask(const struct eb_again *g, struct eb_policy *policy, eb_again_bad bad, void *user)
{
    bool impure = false;
    bool fails = false;
    for (unsigned i = 0; i < g->count; i++) {
        impure = impure || remembers_in_lua(&g->kept[i], policy, bad, user);
        fails = fails || fails_at_the_start(&g->kept[i], policy, bad, user);
    }
}
