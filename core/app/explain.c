/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence and exits as words, for people and as JSON. */
#include "app/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/table.h"
#include "app/words.h"
#include "domain/order.h"

static bool is_stop_exit(const struct eb_book_exit *x)
{
    return x->reason == EB_EXIT_STOP || x->reason == EB_EXIT_TRAILING;
}

/* The exit that this level made, the last one of several; NULL when it made none. */
static const struct eb_book_exit *exit_of(const struct eb_book_episode *ep, const struct eb_level_evidence *l)
{
    for (size_t i = ep->exit_count; i > 0; i--) {
        const struct eb_book_exit *x = &ep->exit[i - 1];
        bool of_leg = l->kind == EB_STOP_NONE && x->reason == EB_EXIT_TARGET && x->leg == l->leg;
        bool of_stop = l->kind != EB_STOP_NONE && l->in_force && is_stop_exit(x);
        if (of_leg || of_stop) {
            return x;
        }
    }
    return NULL;
}

const char *eb_level_why(const struct eb_book_episode *ep, const struct eb_level_evidence *l, char out[EB_WHY_TEXT_MAX])
{
    const struct eb_book_exit *x = exit_of(ep, l);
    char price[EB_DECIMAL_TEXT_MAX];
    char r[EB_RATIO_TEXT_MAX];
    char at[EB_TIME_TEXT_MAX];
    if (x != NULL && (l->state == EB_LEG_HIT || l->kind != EB_STOP_NONE)) {
        (void)eb_decimal_format(x->price.e8, 8, price);
        (void)snprintf(out, EB_WHY_TEXT_MAX, "fired at %s: filled at %s (%s R)", eb_time_text(x->time_ms, at) + 11,
                       price, eb_ratio_text(x->r_ppm, EB_PPM, r));
    } else if (l->kind == EB_STOP_TRAIL && l->why == EB_WHY_ENDED && !ep->open.ctx.trailing_active) {
        (void)snprintf(out, EB_WHY_TEXT_MAX, "the trail never started: the episode ended before its activation");
    } else {
        (void)snprintf(out, EB_WHY_TEXT_MAX, "%s", eb_why_text((enum eb_why)l->why));
    }
    return out;
}

const char *eb_level_name(const struct eb_level_evidence *l, char out[EB_LEVEL_NAME_MAX])
{
    if (l->kind == EB_STOP_NONE) {
        (void)snprintf(out, EB_LEVEL_NAME_MAX, "target %u", l->leg);
    } else {
        (void)snprintf(out, EB_LEVEL_NAME_MAX, "stop (%s)", eb_stop_name((enum eb_stop_kind)l->kind));
    }
    return out;
}

/* Stops of an episode that has ended: as they stood just before, for afterwards nothing is in force any more. */
static struct eb_level_evidence level_of(const struct eb_book_episode *ep, unsigned i)
{
    struct eb_level_evidence l = ep->last.level[i];
    for (unsigned k = 0; ep->closed && k < ep->open.level_count; k++) {
        const struct eb_level_evidence *before = &ep->open.level[k];
        if (before->kind == l.kind && before->leg == l.leg) {
            l.in_force = before->in_force;
            l.distance_ppm = before->distance_ppm;
            l.distance_r_ppm = before->distance_r_ppm;
        }
    }
    return l;
}

/* ---- for people -------------------------------------------------------------------------------------------------- */

#define AMOUNT(e8) amount((char[EB_DECIMAL_TEXT_MAX]){0}, (e8))
#define PERCENT(ppm) eb_ratio_text((ppm), 10000, (char[EB_RATIO_TEXT_MAX]){0})
#define IN_R(ppm) eb_ratio_text((ppm), EB_PPM, (char[EB_RATIO_TEXT_MAX]){0})
#define CLOCK(ms) (eb_time_text((ms), (char[EB_TIME_TEXT_MAX]){0}) + 11)

static const char *amount(char out[EB_DECIMAL_TEXT_MAX], int64_t e8)
{
    (void)eb_decimal_format(e8, 8, out);
    return out;
}

static void head(const struct eb_book_episode *ep, bool colour, struct eb_buffer *out)
{
    const struct eb_context *c = &ep->open.ctx;
    int64_t best_ppm = c->mfe_r_ppm > c->pnl_r_ppm ? c->mfe_r_ppm : c->pnl_r_ppm; /* extremes come with slow steps */
    int64_t worst_ppm = c->mae_r_ppm < c->pnl_r_ppm ? c->mae_r_ppm : c->pnl_r_ppm;
    char at[EB_TIME_TEXT_MAX];
    char leverage[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format(c->leverage_ppm, 6, leverage);
    (void)eb_buffer_printf(out, "%s%s %s%s  %s at %s, %sx, %s, regime %s, profile %s\n",
                           eb_colour_code(EB_BOLD, colour), c->symbol, eb_side_name((enum eb_side)ep->side),
                           eb_colour_code(EB_PLAIN, colour), AMOUNT(ep->qty.e8), AMOUNT(ep->entry.e8), leverage,
                           ep->adopted ? "found open" : "seen opening", eb_regime_name((enum eb_regime)ep->regime),
                           ep->profile[0] != '\0' ? ep->profile : "none");
    (void)eb_buffer_printf(out, "  opened   %s", eb_time_text(ep->opened_ms, at));
    if (ep->closed) {
        (void)eb_buffer_printf(out, ", ended %s", eb_time_text(ep->closed_ms, at));
    }
    (void)eb_buffer_printf(out, "\n  %-8s %s (%s %%, %s R), best %s R, worst %s R; R %s, first stop %s, %s left\n",
                           ep->closed ? "at end" : "price", AMOUNT(c->price.e8), PERCENT(c->pnl_ppm),
                           IN_R(c->pnl_r_ppm), IN_R(best_ppm), IN_R(worst_ppm), AMOUNT(ep->r.e8),
                           AMOUNT(ep->initial_stop.e8), AMOUNT(ep->last.ctx.qty.e8));
}

static void stages(const struct eb_book_episode *ep, const char *policy, bool colour, struct eb_buffer *out)
{
    const struct eb_evidence *v = &ep->open;
    (void)eb_buffer_printf(out,
                           "  policy   %s%s%02x%02x%02x%02x%02x%02x: asked %u times, last at %s (%s): %u accepted, "
                           "%u refused, %u stale, %u failed%s\n",
                           policy, policy[0] != '\0' ? " " : "", v->policy_hash[0], v->policy_hash[1],
                           v->policy_hash[2], v->policy_hash[3], v->policy_hash[4], v->policy_hash[5], v->consults,
                           CLOCK(v->last_consult_ms), eb_policy_result_name((enum eb_policy_result)v->last_result),
                           v->verdicts_accepted, v->verdicts_refused, v->verdicts_stale, v->failures,
                           v->quarantined ? ", QUARANTINED" : "");
    (void)eb_buffer_printf(out, "  plan     %s (\"%s\")", ep->decided ? "of the policy" : "built in",
                           v->last_reason[0] != '\0' ? v->last_reason : "no verdict yet");
    if (!ep->closed && v->suppressed_until_ms > v->last_consult_ms) {
        (void)eb_buffer_printf(out, "; cycle consults suppressed until %s", CLOCK(v->suppressed_until_ms));
    } else if (!ep->closed) {
        (void)eb_buffer_printf(out, "; next consult at %s", CLOCK(v->next_consult_ms));
    }
    (void)eb_buffer_printf(out, "\n  venue    %s, owner %s%s%s%s; %u orders sent, %u fills, %u duplicates\n",
                           v->ctx.live ? "LIVE" : "SHADOW: nothing is sent", eb_owner_name(v),
                           v->paused ? ", paused" : "", v->released ? ", released" : "", v->tripped ? ", TRIPPED" : "",
                           v->orders_sent, ep->last.fills_applied, ep->last.fills_duplicate);
    bool safe = v->protection == EB_PROTECTED || v->protection == EB_PROTECTED_FOREIGN;
    (void)eb_buffer_printf(out, "  backstop %s%s%s", eb_colour_code(safe ? EB_GREEN : EB_RED, colour),
                           eb_protection_name((enum eb_protection)v->protection), eb_colour_code(EB_PLAIN, colour));
    if (v->backstop.e8 > 0) {
        (void)eb_buffer_printf(out, " at %s", AMOUNT(v->backstop.e8));
    }
    if (ep->was_protected) {
        (void)eb_buffer_printf(out, ", first after %" PRId64 " ms", ep->protected_after_ms);
    }
    if (ep->was_protected && ep->bare_times > 1) {
        int64_t total_ms;
        int64_t longest_ms;
        eb_book_bare(ep, ep->closed ? ep->closed_ms : ep->last.ctx.now_ms, &total_ms, &longest_ms);
        (void)eb_buffer_printf(out, "; %u times without one, %" PRId64 " ms in all, the longest %" PRId64,
                               ep->bare_times, total_ms, longest_ms);
    }
    (void)eb_buffer_text(out, "\n");
}

static enum eb_colour colour_of(const struct eb_book_episode *ep, const struct eb_level_evidence *l)
{
    if (exit_of(ep, l) != NULL) {
        return l->kind == EB_STOP_NONE ? EB_GREEN : EB_YELLOW;
    }
    return l->state == EB_LEG_PARKED                               ? EB_RED
           : l->why == EB_WHY_ENDED || l->why == EB_WHY_SUPERSEDED ? EB_DIM
                                                                   : EB_PLAIN;
}

static void levels(const struct eb_book_episode *ep, bool colour, struct eb_buffer *out)
{
    struct eb_table t;
    char text[EB_WHY_TEXT_MAX];
    char name[EB_LEVEL_NAME_MAX];
    eb_table_init(&t, "lrrrrll");
    eb_table_heads(&t, "level|price|quantity|away %|away R|state|why");
    for (unsigned i = 0; i < ep->last.level_count; i++) {
        struct eb_level_evidence l = level_of(ep, i);
        bool fired = exit_of(ep, &l) != NULL;
        enum eb_colour c = colour_of(ep, &l);
        eb_table_cell(&t, c, "%s", eb_level_name(&l, name));
        eb_table_cell(&t, c, "%s", AMOUNT(l.price.e8));
        eb_table_cell(&t, c, "%s", l.kind == EB_STOP_NONE ? AMOUNT(l.qty.e8) : "");
        eb_table_cell(&t, c, "%s", fired ? "" : PERCENT(l.distance_ppm));
        eb_table_cell(&t, c, "%s", fired ? "" : IN_R(l.distance_r_ppm));
        eb_table_cell(&t, c, "%s%s", fired ? "fired" : eb_leg_state_name((enum eb_leg_state)l.state),
                      l.in_force && !fired ? ", in force" : "");
        eb_table_cell(&t, c, "%s", eb_level_why(ep, &l, text));
    }
    eb_table_render(&t, "  ", colour, out);
    eb_table_deinit(&t);
}

/* Exits that no level stands for: the policy's, emergencies, the hand of others. */
static void other_exits(const struct eb_book_episode *ep, struct eb_buffer *out)
{
    for (size_t i = 0; i < ep->exit_count; i++) {
        const struct eb_book_exit *x = &ep->exit[i];
        if (x->reason != EB_EXIT_TARGET && !is_stop_exit(x)) {
            (void)eb_buffer_printf(out, "  exit (%s): %s at %s, %s R, at %s\n",
                                   eb_exit_reason_name((enum eb_exit_reason)x->reason), AMOUNT(x->qty.e8),
                                   AMOUNT(x->price.e8), IN_R(x->r_ppm), CLOCK(x->time_ms));
        }
    }
}

void eb_explain_text(const struct eb_book_episode *ep, const char *policy, bool colour, struct eb_buffer *out)
{
    head(ep, colour, out);
    stages(ep, policy, colour, out);
    levels(ep, colour, out);
    other_exits(ep, out);
}

/* ---- for programs ------------------------------------------------------------------------------------------------ */

void eb_explain_levels(const struct eb_book_episode *ep, struct eb_doc *d)
{
    char text[EB_WHY_TEXT_MAX];
    eb_doc_begin(d, "levels", '[');
    for (unsigned i = 0; i < ep->last.level_count; i++) {
        struct eb_level_evidence l = level_of(ep, i);
        bool is_leg = l.kind == EB_STOP_NONE;
        const struct eb_book_exit *x = exit_of(ep, &l);
        eb_doc_begin(d, NULL, '{');
        eb_doc_text(d, "kind", is_leg ? "target" : eb_stop_name((enum eb_stop_kind)l.kind));
        if (is_leg) {
            eb_doc_int(d, "leg", l.leg);
        } else {
            eb_doc_null(d, "leg");
        }
        eb_doc_e8(d, "price", l.price.e8);
        eb_doc_text(d, "state", x != NULL ? "fired" : eb_leg_state_name((enum eb_leg_state)l.state));
        eb_doc_bool(d, "in_force", l.in_force);
        eb_doc_e8(d, "quantity", l.qty.e8);
        eb_doc_e8(d, "filled", l.filled.e8);
        eb_doc_ppm(d, "distance_pct", l.distance_ppm * 100);
        eb_doc_ppm(d, "distance_r", l.distance_r_ppm);
        eb_doc_text(d, "why", eb_level_why(ep, &l, text));
        eb_doc_end(d, '}');
    }
    eb_doc_end(d, ']');
}

void eb_explain_stages(const struct eb_book_episode *ep, struct eb_doc *d)
{
    const struct eb_evidence *v = &ep->open;
    eb_doc_begin(d, "stages", '{');
    eb_doc_hex(d, "policy_sha256", v->policy_hash, sizeof(v->policy_hash));
    eb_doc_int(d, "consults", v->consults);
    eb_doc_int(d, "accepted", v->verdicts_accepted);
    eb_doc_int(d, "refused", v->verdicts_refused);
    eb_doc_int(d, "stale", v->verdicts_stale);
    eb_doc_int(d, "failures", v->failures);
    eb_doc_bool(d, "quarantined", v->quarantined);
    eb_doc_text(d, "last_result", eb_policy_result_name((enum eb_policy_result)v->last_result));
    eb_doc_int(d, "last_consult_ms", v->last_consult_ms);
    eb_doc_int(d, "last_verdict_ms", v->last_verdict_ms);
    eb_doc_text(d, "last_reason", v->last_reason);
    eb_doc_int(d, "next_consult_ms", v->next_consult_ms);
    eb_doc_int(d, "suppressed_until_ms", v->suppressed_until_ms);
    eb_doc_text(d, "mode", v->ctx.live ? "LIVE" : "SHADOW");
    eb_doc_text(d, "owner", eb_owner_name(v));
    eb_doc_bool(d, "paused", v->paused);
    eb_doc_bool(d, "released", v->released);
    eb_doc_bool(d, "tripped", v->tripped);
    eb_doc_text(d, "protection", eb_protection_name((enum eb_protection)v->protection));
    eb_doc_e8_or_null(d, "backstop", v->backstop.e8);
    int64_t bare_ms;
    int64_t longest_ms;
    eb_book_bare(ep, ep->closed ? ep->closed_ms : ep->last.ctx.now_ms, &bare_ms, &longest_ms);
    eb_doc_int(d, "unprotected_ms", bare_ms);
    eb_doc_int(d, "unprotected_times", ep->bare_times);
    eb_doc_int(d, "longest_unprotected_ms", longest_ms);
    eb_doc_int(d, "orders_sent", v->orders_sent);
    eb_doc_int(d, "fills", ep->last.fills_applied);
    eb_doc_int(d, "duplicates", ep->last.fills_duplicate);
    eb_doc_end(d, '}');
}

void eb_explain_exits(const struct eb_book_episode *ep, struct eb_doc *d)
{
    eb_doc_begin(d, "exits", '[');
    for (size_t i = 0; i < ep->exit_count; i++) {
        const struct eb_book_exit *x = &ep->exit[i];
        eb_doc_begin(d, NULL, '{');
        eb_doc_int(d, "time_ms", x->time_ms);
        eb_doc_e8(d, "price", x->price.e8);
        eb_doc_e8(d, "quantity", x->qty.e8);
        eb_doc_text(d, "reason", eb_exit_reason_name((enum eb_exit_reason)x->reason));
        if (x->leg != 0 && x->reason == EB_EXIT_TARGET) {
            eb_doc_int(d, "leg", x->leg);
        } else {
            eb_doc_null(d, "leg");
        }
        if (x->has_r) {
            eb_doc_ppm(d, "r", x->r_ppm);
        } else {
            eb_doc_null(d, "r");
        }
        eb_doc_e8(d, "fee", x->fee.e8);
        eb_doc_bool(d, "virtual", x->virtual_fill);
        eb_doc_end(d, '}');
    }
    eb_doc_end(d, ']');
}
