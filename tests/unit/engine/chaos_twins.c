/* SPDX-License-Identifier: Apache-2.0 */
/* The twins of an engine under test: a fold of its durable events, and one without quiet bands; see chaos.h. */
#include "chaos.h"

#include "engine/state.h"

static void force_slow(struct eb_engine *e)
{
    for (uint32_t i = 0; i < e->symbol_count * EB_SRC_COUNT; i++) {
        e->hot[i].low = INT64_MAX;
    }
}

static void name_actions(const char *whose, const struct eb_action *a, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const char *text = a[i].kind == EB_ACT_ALERT    ? a[i].u.alert.text
                           : a[i].kind == EB_ACT_SUBMIT ? eb_purpose_name((enum eb_purpose)a[i].u.submit.purpose)
                                                        : "";
        print_error("%s: kind %d, %s\n", whose, a[i].kind, text);
    }
}

/* Numbers of records and consults depend on the order of steps at one instant, which is free. */
static void collect(struct chaos_actions *to, const struct eb_actions *out)
{
    for (unsigned i = 0; i < out->count; i++) {
        assert_true(to->count < CHAOS_ACTIONS);
        struct eb_action *a = &to->action[to->count++];
        *a = out->action[i];
        if (a->kind == EB_ACT_SUBMIT) {
            a->u.submit.needs_seq = 0;
        } else if (a->kind == EB_ACT_CONSULT) {
            memset(a, 0, sizeof *a);
            a->kind = EB_ACT_CONSULT;
        }
    }
}

static bool same_set(const struct chaos_actions *a, const struct chaos_actions *b)
{
    bool used[CHAOS_ACTIONS] = {false};
    for (unsigned i = 0; i < a->count; i++) {
        unsigned k = 0;
        while (k < b->count && (used[k] || memcmp(&a->action[i], &b->action[k], sizeof a->action[0]) != 0)) {
            k++;
        }
        if (k == b->count) {
            return false;
        }
        used[k] = true;
    }
    return a->count == b->count;
}

static void compare_actions(struct chaos *c, const struct eb_event *ev)
{
    if (!same_set(&c->with_bands, &c->without)) {
        name_actions("with bands", c->with_bands.action, c->with_bands.count);
        name_actions("without", c->without.action, c->without.count);
        print_error("compared: event kind %d\n", c->last_kind);
        fail_msg("seed %d, before step %u, event kind %d: bands change what is done", (int)c->seed, c->step, ev->kind);
    }
    c->with_bands.count = c->without.count = 0;
}

/* The same verdict under the number that this engine gave its consult. */
static void step_slow(struct chaos *c, const struct eb_event *ev)
{
    struct eb_event own = *ev;
    struct eb_ev_policy_failed failed;
    if (ev->kind == EB_EV_VERDICT || ev->kind == EB_EV_POLICY_FAILED) {
        const bool ok = ev->kind == EB_EV_VERDICT;
        c->own_ctx = ok ? *ev->u.verdict.ctx : *ev->u.policy_failed->ctx;
        c->own_ctx.consult_id = eb_slot_at(c->slow, ev->position)->consult_id;
        if (ok) {
            own.u.verdict.ctx = &c->own_ctx;
        } else {
            failed = *ev->u.policy_failed;
            failed.ctx = &c->own_ctx;
            own.u.policy_failed = &failed;
        }
    }
    force_slow(c->slow);
    (void)eb_engine_step(c->slow, &own, c->twin_out);
    collect(&c->without, c->twin_out);
}

/* CLOCK steps of one instant, and the verdicts between them, are compared together: in which of them a slot's turn
 * comes is free. */
static void follow_slow(struct chaos *c, const struct eb_event *ev)
{
    bool clock = ev->kind == EB_EV_CLOCK;
    bool answer = ev->kind == EB_EV_VERDICT || ev->kind == EB_EV_POLICY_FAILED;
    if (!(clock || answer) || ev->now_ns != c->clock_ns) {
        compare_actions(c, ev);
    }
    c->clock_ns = ev->now_ns;
    c->last_kind = ev->kind;
    collect(&c->with_bands, &c->f->out);
    while (clock && eb_engine_next_deadline(c->slow) <= ev->now_ns) {
        step_slow(c, ev);
    }
    if (!clock) {
        step_slow(c, ev);
    }
}

/* Where two engines' slots differ, as offsets: for the debugger's ptype /o. */
static void name_differences(const struct eb_engine *a, const struct eb_engine *b)
{
    for (uint32_t i = 0; i < a->symbol_count * 2; i++) {
        const unsigned char *x = (const unsigned char *)eb_slot_at(a, i);
        const unsigned char *y = (const unsigned char *)eb_slot_at(b, i);
        for (size_t at = 0; at < offsetof(struct eb_slot, snapshot_gen); at += 8) {
            if (memcmp(x + at, y + at, 8) == 0) {
                continue;
            }
            bool in_order = at >= offsetof(struct eb_slot, order) && at < offsetof(struct eb_slot, trade);
            size_t rel = in_order ? (at - offsetof(struct eb_slot, order)) % sizeof(struct eb_order) : at;
            int64_t live;
            int64_t folded;
            memcpy(&live, x + at, 8);
            memcpy(&folded, y + at, 8);
            print_error("slot %u: %s + %zu: %lld, folded %lld\n", i, in_order ? "an order" : "slot", rel,
                        (long long)live, (long long)folded);
        }
    }
}

void chaos_follow(struct chaos *c, const struct eb_event *ev)
{
    struct fx *f = c->f;
    if (c->slow != NULL) {
        follow_slow(c, ev);
    }
    c->durable += f->out.durable;
    if (c->fold != NULL && f->out.durable) {
        struct eb_event again = *ev;
        struct eb_witness witness;
        if (eb_engine_witness(f->e) != NULL) {
            witness = *eb_engine_witness(f->e);
            again.witness = &witness;
        }
        (void)eb_engine_step(c->fold, &again, c->twin_out);
        if (c->twin_out->durable && eb_engine_durable_hash(f->e) != eb_engine_durable_hash(c->fold)) {
            name_differences(f->e, c->fold);
        }
        if (!c->twin_out->durable || eb_engine_durable_hash(f->e) != eb_engine_durable_hash(c->fold)) {
            fail_msg("seed %d, step %u, event kind %d: the fold of durable events %s", (int)c->seed, c->step, ev->kind,
                     c->twin_out->durable ? "has another state" : "sees nothing durable in it");
        }
    }
}
