/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of positions: what is open, how it stands, what would close it next, and who looks after it. The columns
 * that matter most stand first; a narrow terminal loses those that `explain` says better.
 */
#include "app/answer.h"

#include <inttypes.h>
#include <stdio.h>

#include "app/answer_words.h"
#include "app/control.h"

/* Of the position's targets that can still fire, the one that comes next. */
static const struct eb_level_evidence *next_target(const struct eb_evidence *v)
{
    const struct eb_level_evidence *next = NULL;
    for (unsigned i = 0; i < v->level_count; i++) {
        const struct eb_level_evidence *l = &v->level[i];
        bool standing = l->leg != 0 && l->kind == EB_STOP_NONE &&
                        (l->state == EB_LEG_ARMED || l->state == EB_LEG_RESTING || l->state == EB_LEG_FIRING ||
                         l->state == EB_LEG_PARTIAL);
        if (standing && (next == NULL || l->distance_ppm < next->distance_ppm)) {
            next = l;
        }
    }
    return next;
}

/* Undecided: no plan of the policy stands. */
static bool is_decided(const struct eb_evidence *v)
{
    return v->ctx.plan_revision > 0 && !v->ctx.r_provisional;
}

static bool is_safe(const struct eb_evidence *v)
{
    return v->protection == EB_PROTECTED || v->protection == EB_PROTECTED_FOREIGN;
}

static int64_t verdict_age(const struct eb_evidence *v, int64_t now_ms)
{
    return v->last_verdict_ms > 0 && now_ms >= v->last_verdict_ms ? now_ms - v->last_verdict_ms : -1;
}

/* Seconds without a confirmed stop at the venue since this engine has looked, how often, and the longest. */
struct bare {
    int64_t total_ms, longest_ms;
    uint32_t times;
};

static struct bare bare_of(const struct eb_live *l, eb_position_id slot, int64_t now_ms)
{
    struct bare b = {0};
    const struct eb_book_episode *ep = eb_book_open(&l->book, slot);
    if (ep != NULL) {
        eb_book_bare(ep, now_ms, &b.total_ms, &b.longest_ms);
        b.times = ep->bare_times;
    }
    return b;
}

static void row(struct eb_table *t, const struct eb_evidence *v, const struct bare *bare, int64_t now_ms)
{
    const struct eb_context *c = &v->ctx;
    const struct eb_level_evidence *target = next_target(v);
    enum eb_colour pnl = c->pnl_ppm > 0 ? EB_GREEN : c->pnl_ppm < 0 ? EB_RED : EB_PLAIN;
    eb_table_cell(t, EB_PLAIN, "%s", c->symbol);
    eb_table_cell(t, EB_PLAIN, "%s", eb_side_name((enum eb_side)c->side));
    eb_table_cell(t, EB_PLAIN, "%s", EB_AMOUNT(c->qty.e8));
    eb_table_cell(t, EB_PLAIN, "%s", EB_TICKED(c->entry, c->tick));
    eb_table_cell(t, EB_PLAIN, "%s", c->price.e8 > 0 ? EB_TICKED(c->price, c->tick) : "?");
    eb_table_cell(t, pnl, "%s", EB_PERCENT(c->pnl_ppm));
    eb_table_cell(t, pnl, "%s", c->r.e8 > 0 ? EB_IN_R(c->pnl_r_ppm) : "");
    eb_table_cell(t, c->stop.e8 > 0 ? EB_PLAIN : EB_RED, "%s", c->stop.e8 > 0 ? EB_AMOUNT(c->stop.e8) : "NONE");
    eb_table_cell(t, EB_PLAIN, "%s", c->stop.e8 > 0 ? eb_stop_name((enum eb_stop_kind)c->stop_kind) : "");
    eb_table_cell(t, EB_PLAIN, "%s", target != NULL ? EB_AMOUNT(target->price.e8) : "");
    eb_table_cell(t, EB_PLAIN, "%s", target != NULL ? EB_PERCENT(target->distance_ppm) : "");
    eb_table_cell(t, is_safe(v) ? EB_GREEN : EB_RED, "%s", eb_protection_name((enum eb_protection)v->protection));
    eb_table_cell(t, v->owned ? EB_PLAIN : EB_YELLOW, "%s", eb_owner_name(v));
    eb_table_cell(t, EB_PLAIN, "%s", eb_regime_name((enum eb_regime)c->regime));
    eb_table_cell(t, EB_PLAIN, "%s", c->profile[0] != '\0' ? c->profile : is_decided(v) ? "" : "built in");
    eb_table_cell(t, EB_PLAIN, "%s", EB_AGE(verdict_age(v, now_ms)));
    eb_table_cell(t, EB_PLAIN, "%" PRId64 ".%d", bare->total_ms / 1000, (int)(bare->total_ms % 1000 / 100));
}

/* What a row has no room for, and a person must see. */
static void remark(const struct eb_evidence *v, struct eb_buffer *out)
{
    const char *what = v->quarantined   ? "its policy is quarantined after failures; stops stand"
                       : v->tripped     ? "the order cap has tripped: only full closes and protection leave"
                       : v->firing      ? "everything of it is being closed"
                       : !is_decided(v) ? "no plan of the policy yet: the built-in one"
                       : v->released    ? "released: nothing more is sent for it"
                                        : NULL;
    if (what != NULL) {
        (void)eb_buffer_printf(out, "%s %s: %s (exitbrain explain %s)\n", v->ctx.symbol,
                               eb_side_name((enum eb_side)v->ctx.side), what, v->ctx.symbol);
    }
}

static void open_text(const struct eb_live *l, eb_symbol_id symbol, struct eb_answer *a)
{
    struct eb_evidence v;
    struct eb_table t;
    struct eb_buffer remarks;
    unsigned count = 0;
    int64_t now_ms = eb_live_now_ms(l);
    eb_table_init(&t, "llrrrrrrlrrllllrr");
    eb_table_heads(
        &t, "symbol|side|left|entry|price|pnl %|R|stop|by|target|away %|backstop|owner|regime|profile|verdict|bare s");
    eb_buffer_init(&remarks, EB_CONTROL_ANSWER_MAX);
    for (eb_position_id slot = 0; eb_answer_next(l, symbol, &slot, &v); slot++) {
        struct bare bare = bare_of(l, slot, now_ms);
        row(&t, &v, &bare, now_ms);
        remark(&v, &remarks);
        if (v.ctx.live && bare.longest_ms > l->o.config.engine.protect_ms) {
            (void)eb_buffer_printf(&remarks, "%s %s: without a confirmed stop for %s, %u times, the longest %s\n",
                                   v.ctx.symbol, eb_side_name((enum eb_side)v.ctx.side), EB_AGE(bare.total_ms),
                                   bare.times, EB_AGE(bare.longest_ms));
        }
        count++;
    }
    if (count > 0) {
        eb_table_render_within(&t, "qonpdmkig", a->columns, a->colour, &a->text);
    } else {
        (void)eb_buffer_printf(&a->text, "no %sposition is open%s\n", symbol != EB_NO_SYMBOL ? "such " : "",
                               l->stage == EB_LIVE_RUNNING ? "" : " as far as is known: the venue is not connected");
    }
    (void)eb_buffer_text(&a->text, eb_buffer_str(&remarks));
    eb_buffer_deinit(&remarks);
    eb_table_deinit(&t);
}

static void open_doc(const struct eb_live *l, eb_symbol_id symbol, struct eb_doc *d)
{
    struct eb_evidence v;
    int64_t now_ms = eb_live_now_ms(l);
    eb_doc_begin(d, "positions", '[');
    for (eb_position_id slot = 0; eb_answer_next(l, symbol, &slot, &v); slot++) {
        const struct eb_context *c = &v.ctx;
        const struct eb_level_evidence *target = next_target(&v);
        eb_doc_begin(d, NULL, '{');
        eb_doc_text(d, "symbol", c->symbol);
        eb_doc_text(d, "side", eb_side_name((enum eb_side)c->side));
        eb_doc_e8(d, "left", c->qty.e8);
        eb_doc_e8(d, "quantity", c->first_qty.e8);
        eb_doc_e8(d, "entry", c->entry.e8);
        eb_doc_e8_or_null(d, "price", c->price.e8);
        eb_doc_int(d, "price_age_ms", c->price_age_ms);
        eb_doc_ppm(d, "pnl_pct", c->pnl_ppm * 100);
        eb_doc_ppm(d, "pnl_r", c->pnl_r_ppm);
        eb_doc_e8(d, "pnl", c->pnl.e8);
        eb_doc_e8_or_null(d, "stop", c->stop.e8);
        eb_doc_text(d, "stop_kind", c->stop.e8 > 0 ? eb_stop_name((enum eb_stop_kind)c->stop_kind) : NULL);
        eb_doc_e8_or_null(d, "target", target != NULL ? target->price.e8 : 0);
        if (target != NULL) {
            eb_doc_ppm(d, "target_distance_pct", target->distance_ppm * 100);
        } else {
            eb_doc_null(d, "target_distance_pct");
        }
        eb_doc_text(d, "protection", eb_protection_name((enum eb_protection)v.protection));
        eb_doc_e8_or_null(d, "backstop", v.backstop.e8);
        struct bare bare = bare_of(l, slot, now_ms);
        eb_doc_int(d, "unprotected_ms", bare.total_ms);
        eb_doc_int(d, "unprotected_times", bare.times);
        eb_doc_int(d, "longest_unprotected_ms", bare.longest_ms);
        eb_doc_e8_or_null(d, "liquidation", c->liquidation.e8);
        eb_doc_text(d, "owner", eb_owner_name(&v));
        eb_doc_bool(d, "decided", is_decided(&v));
        eb_doc_bool(d, "adopted", c->adopted);
        eb_doc_bool(d, "quarantined", v.quarantined);
        eb_doc_bool(d, "tripped", v.tripped);
        eb_doc_bool(d, "closing", v.firing);
        eb_doc_text(d, "regime", eb_regime_name((enum eb_regime)c->regime));
        eb_doc_text(d, "profile", c->profile);
        eb_doc_int(d, "opened_ms", c->opened_ms);
        eb_doc_int(d, "verdict_age_ms", verdict_age(&v, now_ms));
        eb_doc_end(d, '}');
    }
    eb_doc_end(d, ']');
}

/* ---- those that have ended --------------------------------------------------------------------------------------- */

/* The whole episode in R: exits weighted by their share of the first quantity. */
static bool whole_r(const struct eb_book_episode *ep, int64_t *r_ppm)
{
    eb_i128 sum = 0;
    for (size_t i = 0; i < ep->exit_count; i++) {
        if (!ep->exit[i].has_r) {
            return false;
        }
        sum += (eb_i128)ep->exit[i].r_ppm * ep->exit[i].qty.e8;
    }
    return ep->exit_count > 0 && eb_div_i64(sum, ep->qty.e8, EB_ROUND_HALF_EVEN, r_ppm);
}

/* Reasons of its exits in their order, each named once as long as it repeats. */
static void reasons(const struct eb_book_episode *ep, char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < ep->exit_count && used < room; i++) {
        if (i > 0 && ep->exit[i].reason == ep->exit[i - 1].reason) {
            continue;
        }
        int n = snprintf(out + used, room - used, "%s%s", used > 0 ? ", " : "",
                         eb_exit_reason_name((enum eb_exit_reason)ep->exit[i].reason));
        used += n > 0 ? (size_t)n : 0;
    }
}

static bool wanted(const struct eb_book_episode *ep, eb_symbol_id symbol)
{
    return ep->closed && (symbol == EB_NO_SYMBOL || ep->position / 2 == symbol);
}

static void closed_text(const struct eb_live *l, eb_symbol_id symbol, struct eb_answer *a)
{
    struct eb_table t;
    unsigned count = 0;
    eb_table_init(&t, "llrrllrl");
    eb_table_heads(&t, "ended|side|quantity|entry|opened|ended at|R|by");
    for (size_t i = l->book.count; i > 0; i--) {
        const struct eb_book_episode *ep = &l->book.episode[i - 1];
        char by[80];
        int64_t r_ppm = 0;
        if (!wanted(ep, symbol)) {
            continue;
        }
        bool has_r = whole_r(ep, &r_ppm);
        reasons(ep, by, sizeof(by));
        enum eb_colour c = r_ppm > 0 ? EB_GREEN : r_ppm < 0 ? EB_RED : EB_PLAIN;
        eb_table_cell(&t, EB_PLAIN, "%s", ep->last.ctx.symbol);
        eb_table_cell(&t, EB_PLAIN, "%s", eb_side_name((enum eb_side)ep->side));
        eb_table_cell(&t, EB_PLAIN, "%s", EB_AMOUNT(ep->qty.e8));
        eb_table_cell(&t, EB_PLAIN, "%s", EB_TICKED(ep->entry, ep->last.ctx.tick));
        eb_table_cell(&t, EB_DIM, "%.19s", EB_TIME(ep->opened_ms));
        eb_table_cell(&t, EB_DIM, "%.19s", EB_TIME(ep->closed_ms));
        eb_table_cell(&t, c, "%s", has_r ? EB_IN_R(r_ppm) : "?");
        eb_table_cell(&t, EB_PLAIN, "%s", ep->exit_count > 0 ? by : "others");
        count++;
    }
    if (count > 0) {
        (void)eb_buffer_text(&a->text, "\n");
        eb_table_render_within(&t, "ed", a->columns, a->colour, &a->text);
    }
    eb_table_deinit(&t);
}

static void closed_doc(const struct eb_live *l, eb_symbol_id symbol, struct eb_doc *d)
{
    eb_doc_begin(d, "ended", '[');
    for (size_t i = l->book.count; i > 0; i--) {
        const struct eb_book_episode *ep = &l->book.episode[i - 1];
        char by[80];
        int64_t r_ppm = 0;
        if (!wanted(ep, symbol)) {
            continue;
        }
        reasons(ep, by, sizeof(by));
        eb_doc_begin(d, NULL, '{');
        eb_doc_text(d, "symbol", ep->last.ctx.symbol);
        eb_doc_text(d, "side", eb_side_name((enum eb_side)ep->side));
        eb_doc_e8(d, "quantity", ep->qty.e8);
        eb_doc_e8(d, "entry", ep->entry.e8);
        eb_doc_int(d, "opened_ms", ep->opened_ms);
        eb_doc_int(d, "closed_ms", ep->closed_ms);
        if (whole_r(ep, &r_ppm)) {
            eb_doc_ppm(d, "r", r_ppm);
        } else {
            eb_doc_null(d, "r");
        }
        eb_doc_int(d, "exits", (int64_t)ep->exit_count);
        eb_doc_text(d, "reasons", by);
        eb_doc_text(d, "profile", ep->profile);
        eb_doc_bool(d, "reconciled", ep->explained);
        eb_doc_end(d, '}');
    }
    eb_doc_end(d, ']');
}

void eb_answer_positions(const struct eb_live *l, eb_symbol_id symbol, bool all, struct eb_answer *a)
{
    if (!a->no_text) {
        open_text(l, symbol, a);
    }
    if (!a->no_text && all) {
        closed_text(l, symbol, a);
    }
    if (!a->no_doc) {
        eb_doc_int(&a->doc, "at_ms", eb_live_now_ms(l));
        open_doc(l, symbol, &a->doc);
    }
    if (!a->no_doc && all) {
        closed_doc(l, symbol, &a->doc);
    }
}
