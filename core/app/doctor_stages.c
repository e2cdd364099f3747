/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of every position, stage by stage: is it consulted, did that become a plan, has it levels, can they fire?
 * This is the question that the whole program began with: everything ran, and no target was ever taken.
 */
#include "app/doctor_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/answer_words.h"

/* Since when a position could have been seen by this process. */
static int64_t seen_since(const struct eb_exam *x, const struct eb_patient *p)
{
    int64_t opened_ms = p->v->ctx.opened_ms;
    return opened_ms > x->live->ready_ms ? opened_ms : x->live->ready_ms;
}

/* ---- consulted? -------------------------------------------------------------------------------------------------- */

/* What keeps a position from being consulted that another check names; NULL: nothing that is known. */
static const char *known_reason(const struct eb_exam *x, const struct eb_patient *p)
{
    const struct eb_evidence *v = p->v;
    return x->stalled      ? "no turns are run"
           : !x->running   ? "there is no connection to the exchange"
           : v->released   ? "released by an operator"
           : !v->owned     ? "EXIT_MODE=LEGACY, and the policy set has no legacy owners"
           : x->paused     ? "the engine is paused"
           : x->flattening ? "the engine is flattening"
           : v->firing     ? "it is being closed"
           : !p->ours      ? "its virtual episode has ended before the real one (shadow)"
                           : NULL;
}

void eb_check_consult(struct eb_exam *x, const struct eb_patient *p)
{
    const struct eb_evidence *v = p->v;
    int64_t last_ms = v->last_consult_ms > seen_since(x, p) ? v->last_consult_ms : seen_since(x, p);
    int64_t silent_ms = x->now_ms - last_ms;
    int64_t limit_ms = 2 * x->config->cycle_ms;
    limit_ms += v->suppressed_until_ms > 0 ? x->config->consult_max_ms : 0; /* the policy asked to be left alone */
    limit_ms += v->quarantined ? x->config->quarantine_ms : 0;
    if (silent_ms <= limit_ms) {
        return;
    }
    const char *known = known_reason(x, p);
    struct eb_finding *f = eb_finding_add(x, known != NULL ? EB_NOTE : EB_BAD, p->subject);
    EB_SAY(f->evidence, "not consulted for %s (every %s is usual), %" PRIu32 " consults so far%s%s", EB_AGE(silent_ms),
           EB_AGE(x->config->cycle_ms), v->consults, v->quarantined ? ", quarantined" : "",
           v->suppressed_until_ms > 0 ? ", suppressed by the policy's own wake condition" : "");
    if (known != NULL) {
        EB_SAY(f->cause, "%s", known);
        EB_SAY(f->remedy, "`exitbrain owners` and `exitbrain explain %s`", v->ctx.symbol);
    } else {
        EB_SAY(f->cause, "the loop is alive, but this position is not decided about, and nothing says why");
        EB_SAY(f->remedy,
               "restart the engine: its start consults every position; keep the journal, it shows the last "
               "decision (`exitbrain explain %s`)",
               v->ctx.symbol);
    }
}

/* ---- levels? ----------------------------------------------------------------------------------------------------- */

static bool has_target_or_trail(const struct eb_evidence *v)
{
    for (unsigned i = 0; i < v->level_count; i++) {
        if (v->level[i].leg != 0 || v->level[i].kind == EB_STOP_TRAIL) {
            return true;
        }
    }
    return false;
}

/* A plan stands whose stop fits nowhere. */
static bool lacks_stop(const struct eb_patient *p)
{
    return p->ours && !p->v->firing && p->v->ctx.plan_revision > 0 && p->v->ctx.stop.e8 == 0;
}

/* Why there is no plan of the policy, where another check names the cause; NULL: nothing else does. */
static const char *explained(const struct eb_exam *x, const struct eb_patient *p)
{
    return p->v->quarantined   ? "its consults fail, see policy.quarantined"
           : p->policy_missing ? "no policy set is loaded, see policy.none"
           : lacks_stop(p)     ? "no stop fits anywhere, see levels.no_stop"
           : x->paused         ? "the engine is paused: a new position gets only the built-in plan"
           : x->flattening     ? "the engine is flattening: a new position gets only the built-in plan"
                               : NULL;
}

static void no_policy_plan(struct eb_exam *x, const struct eb_patient *p)
{
    const struct eb_evidence *v = p->v;
    const char *known = explained(x, p);
    struct eb_finding *f = eb_finding_add(x, known != NULL ? EB_NOTE : EB_BAD, p->subject);
    EB_SAY(f->evidence,
           "%s; %" PRIu32 " consults, %" PRIu32 " verdicts accepted, %" PRIu32 " refused, %" PRIu32
           " consults failed; last: %s%s%s",
           v->ctx.plan_revision == 0 ? "no plan at all" : "only the built-in plan stands, without targets", v->consults,
           v->verdicts_accepted, v->verdicts_refused, v->failures, v->last_result == EB_POLICY_KEEP ? "nil (keep)" : "",
           v->last_result == EB_POLICY_KEEP && v->last_reason[0] != '\0' ? ": " : "", v->last_reason);
    if (known != NULL) {
        EB_SAY(f->cause, "%s", known);
    } else if (v->consults == 0) {
        EB_SAY(f->cause, "it has never been consulted");
    } else if (v->last_result == EB_POLICY_KEEP) {
        EB_SAY(f->cause, "the policy gives no plan for this position (it returns nil)");
    } else if (v->verdicts_refused > 0) {
        EB_SAY(f->cause, "the policy answers, and its verdict is refused: what it asks for is not allowed");
    } else {
        EB_SAY(f->cause, "the policy fails when it is asked about this position");
    }
    EB_SAY(f->remedy,
           "`exitbrain check` tries the policy set and names file and line; correct it, then `exitbrain "
           "reload`; `exitbrain explain %s` shows what stands meanwhile",
           v->ctx.symbol);
}

void eb_check_levels(struct eb_exam *x, const struct eb_patient *p)
{
    const struct eb_evidence *v = p->v;
    bool early = x->now_ms - seen_since(x, p) < 2 * x->config->cycle_ms && v->consults == 0;
    if (!p->ours || v->firing || early) {
        return;
    }
    if (v->ctx.plan_revision == 0 || v->ctx.r_provisional) {
        no_policy_plan(x, p);
    } else if (!has_target_or_trail(v)) {
        struct eb_finding *f = eb_finding_add(x, EB_BAD, p->subject);
        EB_SAY(f->evidence, "the plan (%s) has a stop at %s and neither targets nor a trail", v->last_reason,
               EB_TICKED(v->ctx.stop, v->ctx.tick));
        EB_SAY(f->cause, "the policy's plan names none: only the stop, or a verdict of its own, ends this position");
        EB_SAY(f->remedy,
               "let the policy return update_tp_limits or set_trailing (profile %s); `exitbrain plan DIR` "
               "shows what an edit would change",
               v->ctx.profile[0] != '\0' ? v->ctx.profile : "unnamed");
    }
}

void eb_check_no_stop(struct eb_exam *x, const struct eb_patient *p)
{
    const struct eb_evidence *v = p->v;
    if (lacks_stop(p)) {
        struct eb_finding *f = eb_finding_add(x, EB_BAD, p->subject);
        EB_SAY(f->evidence, "a plan stands and no stop is in force; price %s, liquidation %s",
               EB_TICKED(v->ctx.price, v->ctx.tick), EB_TICKED(v->ctx.liquidation, v->ctx.tick));
        EB_SAY(f->cause, "no stop fits between price and liquidation buffer, or no fresh price has judged the plan");
        EB_SAY(f->remedy, "`exitbrain flatten %s`, or add margin; guard.on_no_legal_stop = \"close\" does it by itself",
               v->ctx.symbol);
    }
}

/* ---- able to fire? ----------------------------------------------------------------------------------------------- */

/* "target 2 at 105.2, stop at 98". */
static unsigned list_levels(const struct eb_evidence *v, bool (*wanted)(const struct eb_level_evidence *l), char *out,
                            size_t room)
{
    unsigned n = 0;
    size_t at = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < v->level_count; i++) {
        const struct eb_level_evidence *l = &v->level[i];
        if (!wanted(l) || at >= room) {
            continue;
        }
        char leg[8] = "";
        if (l->leg != 0) {
            (void)snprintf(leg, sizeof(leg), " %u", l->leg);
        }
        int len = snprintf(out + at, room - at, "%s%s%s at %s (%s %% away)", n > 0 ? ", " : "",
                           l->leg != 0 ? "target" : "stop", leg, EB_TICKED(l->price, v->ctx.tick),
                           EB_PERCENT(l->distance_ppm));
        at += len > 0 ? (size_t)len : 0;
        n++;
    }
    return n;
}

static bool is_parked(const struct eb_level_evidence *l)
{
    return l->state == EB_LEG_PARKED;
}

static bool is_not_free(const struct eb_level_evidence *l)
{
    return l->why == EB_WHY_NOT_FREE;
}

void eb_check_parked(struct eb_exam *x, const struct eb_patient *p)
{
    char list[180];
    if (p->ours && !lacks_stop(p) && list_levels(p->v, is_parked, list, sizeof(list)) > 0) {
        bool stop = strncmp(list, "stop", 4) == 0;
        struct eb_finding *f = eb_finding_add(x, EB_BAD, p->subject);
        EB_SAY(f->evidence, "price %s; parked: %s", EB_TICKED(p->v->ctx.price, p->v->ctx.tick), list);
        EB_SAY(f->cause, "price had crossed it already when it was set: such a level is reported and never fired%s",
               stop ? "; the protective stop stands instead" : "");
        EB_SAY(f->remedy,
               "a target re-arms when price comes back behind it; `exitbrain rearm %s` arms it now, "
               "and it fires at once if price is still beyond",
               p->v->ctx.symbol);
    }
}

void eb_check_not_free(struct eb_exam *x, const struct eb_patient *p)
{
    char list[180];
    if (p->ours && list_levels(p->v, is_not_free, list, sizeof(list)) > 0) {
        struct eb_finding *f = eb_finding_add(x, EB_NOTE, p->subject);
        EB_SAY(f->evidence, "reached, and nothing of the position is free for it: %s", list);
        EB_SAY(f->cause, "other orders hold what it would close, or what is left is below the minimum");
        EB_SAY(f->remedy, "`exitbrain orders` shows who holds it");
    }
}

void eb_check_released(struct eb_exam *x, const struct eb_patient *p)
{
    if (p->v->released) {
        struct eb_finding *f = eb_finding_add(x, EB_BAD, p->subject);
        EB_SAY(f->evidence, "released; %s%s", p->v->backstop.e8 > 0 ? "its backstop stays at " : "no backstop stands",
               p->v->backstop.e8 > 0 ? EB_TICKED(p->v->backstop, p->v->ctx.tick) : "");
        EB_SAY(f->cause, "an operator has taken it out of the engine's hands: nothing more is sent for it");
        EB_SAY(f->remedy, "`exitbrain adopt %s` gives it back", p->v->ctx.symbol);
    }
}

void eb_check_tripped(struct eb_exam *x, const struct eb_patient *p)
{
    if (p->v->tripped) {
        struct eb_finding *f = eb_finding_add(x, EB_BAD, p->subject);
        EB_SAY(f->evidence, "tripped after %" PRIu32 " orders; the cap is %" PRIu32 " a minute", p->v->orders_sent,
               x->config->orders_per_minute_max);
        EB_SAY(f->cause, "more orders were sent for it than the cap allows: targets and partial closes are blocked");
        EB_SAY(f->remedy,
               "find what sends so many (`exitbrain explain %s`); stop, flatten and backstop still work: "
               "`exitbrain flatten %s` closes it",
               p->v->ctx.symbol, p->v->ctx.symbol);
    }
}

/* ---- does the policy answer? ------------------------------------------------------------------------------------- */

void eb_check_no_policy(struct eb_exam *x, const struct eb_patient *p)
{
    if (p->ours && p->policy_missing && *x->found == 0) { /* the same for all */
        eb_find(x, EB_BAD, "", "no policy set is loaded: the built-in plan stands in for it",
                "`exitbrain reload DIR` with a set that `exitbrain check DIR` accepts",
                "%s and others: the consult found no policy", p->subject);
    }
}

void eb_check_quarantined(struct eb_exam *x, const struct eb_patient *p)
{
    const struct eb_evidence *v = p->v;
    if (p->ours && v->quarantined && !p->policy_missing) {
        struct eb_finding *f = eb_finding_add(x, EB_BAD, p->subject);
        EB_SAY(f->evidence, "%" PRIu32 " consults failed in a row (quarantine at %" PRIu32 "), the last %s ago: %s",
               v->failures_in_row, x->config->failures_max, EB_AGE(x->now_ms - v->last_verdict_ms), v->last_reason);
        EB_SAY(f->cause, "the policy fails for this position: it is asked only every %s, the plan that stands goes on",
               EB_AGE(x->config->quarantine_ms));
        EB_SAY(f->remedy, "correct the policy (`exitbrain check` names file and line) and save it, or `exitbrain "
                          "rollback`");
    }
}

void eb_check_failing(struct eb_exam *x, const struct eb_patient *p)
{
    const struct eb_evidence *v = p->v;
    bool told = v->quarantined || v->ctx.r_provisional || v->ctx.plan_revision == 0; /* stage.levels, if no plan */
    if (p->ours && v->failures_in_row > 0 && !told && !p->policy_missing) {
        struct eb_finding *f = eb_finding_add(x, EB_BAD, p->subject);
        EB_SAY(f->evidence, "%" PRIu32 " consults failed in a row (quarantine at %" PRIu32 "): %s", v->failures_in_row,
               x->config->failures_max, v->last_reason);
        EB_SAY(f->cause, "the policy's last answer could not be used; the plan before it stands");
        EB_SAY(f->remedy, "`exitbrain check` names file and line; correct it and save, or `exitbrain rollback`");
    }
}
