/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators do to positions (semantics 8): each is one journaled command, and its answer names every position that
 * it is about and what stays behind. The answer is made when the command is stepped, and goes when that is durable.
 */
#include "app/control_inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/answer_words.h"

/* ---- words ------------------------------------------------------------------------------------------------------- */

void eb_request_say(struct eb_request *q, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    (void)eb_buffer_printf(&q->answer.text, "%s\n", text);
}

/* "BTCUSDT LONG 0.05" */
#define POSITION_TEXT_MAX 80
static const char *position_text(const struct eb_evidence *v, char out[POSITION_TEXT_MAX])
{
    (void)snprintf(out, POSITION_TEXT_MAX, "%s %s %s", v->ctx.symbol, eb_side_name((enum eb_side)v->ctx.side),
                   EB_AMOUNT(v->ctx.qty.e8));
    return out;
}
#define POSITION(v) position_text((v), (char[POSITION_TEXT_MAX]){0})

unsigned eb_request_list(struct eb_request *q, eb_symbol_id symbol, const char *key)
{
    struct eb_evidence v;
    struct eb_doc *d = &q->answer.doc;
    unsigned count = 0;
    eb_doc_begin(d, key, '[');
    for (eb_position_id slot = 0; eb_answer_next(q->live, symbol, &slot, &v); slot++, count++) {
        eb_doc_begin(d, NULL, '{');
        eb_doc_text(d, "symbol", v.ctx.symbol);
        eb_doc_text(d, "side", eb_side_name((enum eb_side)v.ctx.side));
        eb_doc_e8(d, "quantity", v.ctx.qty.e8);
        eb_doc_e8_or_null(d, "backstop", v.backstop.e8);
        eb_doc_text(d, "protection", eb_protection_name((enum eb_protection)v.protection));
        eb_doc_end(d, '}');
    }
    eb_doc_end(d, ']');
    return count;
}

void eb_request_backstops(struct eb_request *q, eb_symbol_id symbol, const char *until)
{
    struct eb_evidence v;
    for (eb_position_id slot = 0; eb_answer_next(q->live, symbol, &slot, &v); slot++) {
        if (v.backstop.e8 > 0) {
            eb_request_say(q, "  %s: its backstop at %s stays%s", POSITION(&v), EB_AMOUNT(v.backstop.e8), until);
        } else {
            eb_request_say(q, "  %s: NO backstop stands", POSITION(&v));
        }
    }
}

unsigned eb_open_count(const struct eb_live *l, eb_symbol_id symbol)
{
    struct eb_evidence v;
    unsigned count = 0;
    for (eb_position_id slot = 0; eb_answer_next(l, symbol, &slot, &v); slot++) {
        count++;
    }
    return count;
}

static const char *plural(unsigned n)
{
    return n == 1 ? "" : "s";
}

static bool is_live(const struct eb_request *q)
{
    struct eb_ev_config mode = eb_engine_mode(eb_host_engine(q->live->host));
    return mode.executor_live && mode.rollout_enabled;
}

/* ---- the account ------------------------------------------------------------------------------------------------- */

enum eb_control_when eb_control_pause(struct eb_request *q)
{
    struct eb_ev_command c = {.verb = EB_CMD_PAUSE};
    bool already = eb_engine_paused(eb_host_engine(q->live->host));
    bool again;
    if (!eb_request_command(q, &c, EB_NO_SYMBOL, &again)) {
        return EB_ANSWER_NOW;
    }
    eb_request_say(q,
                   "%s: no consult, no target, no partial close; stops, trailing and backstops go on for %u positions "
                   "(exitbrain resume ends it)",
                   already ? "was paused already" : "paused", eb_open_count(q->live, EB_NO_SYMBOL));
    eb_doc_bool(&q->answer.doc, "paused", true);
    eb_doc_bool(&q->answer.doc, "already", already);
    return EB_ANSWER_DURABLE;
}

enum eb_control_when eb_control_resume(struct eb_request *q)
{
    const struct eb_engine *e = eb_host_engine(q->live->host);
    struct eb_ev_command c = {.verb = EB_CMD_RESUME};
    bool idle = !eb_engine_paused(e) && !eb_engine_flattening(e);
    bool again;
    if (!eb_request_command(q, &c, EB_NO_SYMBOL, &again)) {
        return EB_ANSWER_NOW;
    }
    eb_request_say(q, "%s: policies are asked and targets fire, for %u open positions and for new ones",
                   idle ? "was not paused" : "resumed", eb_open_count(q->live, EB_NO_SYMBOL));
    eb_doc_bool(&q->answer.doc, "paused", false);
    eb_doc_bool(&q->answer.doc, "already", idle);
    return EB_ANSWER_DURABLE;
}

/* ---- flatten ----------------------------------------------------------------------------------------------------- */

#define LISTED_MAX 240

/* What a person has to know before. */
static enum eb_control_when ask_before_flatten(struct eb_request *q, eb_symbol_id symbol)
{
    char list[LISTED_MAX + POSITION_TEXT_MAX];
    size_t used = 0;
    unsigned count = 0;
    struct eb_evidence v;
    list[0] = '\0';
    for (eb_position_id slot = 0; eb_answer_next(q->live, symbol, &slot, &v); slot++, count++) {
        if (used < LISTED_MAX) {
            int n = snprintf(list + used, sizeof(list) - used, "%s%s", count > 0 ? ", " : ": ", POSITION(&v));
            used += n > 0 ? (size_t)n : 0;
        }
    }
    (void)snprintf(q->answer.confirm, sizeof(q->answer.confirm), "%s", q->args.symbol != NULL ? q->args.symbol : "ALL");
    return eb_request_refuse(q, EB_STATUS_USAGE, "closes %u position%s at market%s%s%s; confirm it with --yes", count,
                             plural(count), is_live(q) ? "" : " (in SHADOW: nothing will be sent)", list,
                             used >= LISTED_MAX ? " ..." : "");
}

static enum eb_control_when flatten_in_shadow(struct eb_request *q, eb_symbol_id symbol)
{
    struct eb_ev_config mode = eb_engine_mode(eb_host_engine(q->live->host));
    char flag[2][EB_FLAG_TEXT_MAX] = {"", ""};
    unsigned count = eb_open_count(q->live, symbol);
    if (!mode.executor_live) {
        (void)eb_answer_flag(q->live, EB_FLAG_EXECUTOR, flag[0]);
    }
    if (!mode.rollout_enabled) {
        (void)eb_answer_flag(q->live, EB_FLAG_ROLLOUT, flag[1]);
    }
    eb_request_say(q, "SHADOW: nothing sent; %u position%s stay%s open: %s%s%s", count, plural(count),
                   count == 1 ? "s" : "", flag[0], flag[0][0] != '\0' && flag[1][0] != '\0' ? ", " : "", flag[1]);
    eb_doc_bool(&q->answer.doc, "sent", false);
    (void)eb_request_list(q, symbol, "open");
    q->answer.status = EB_STATUS_BAD_NEWS;
    return EB_ANSWER_DURABLE;
}

enum eb_control_when eb_control_flatten(struct eb_request *q)
{
    struct eb_ev_command c = {.verb = EB_CMD_FLATTEN};
    eb_symbol_id symbol = EB_NO_SYMBOL;
    bool again;
    if (q->args.symbol != NULL && (symbol = eb_answer_symbol(q->live, q->args.symbol, &q->answer)) == EB_NO_SYMBOL) {
        return EB_ANSWER_NOW;
    }
    if (!q->args.yes) {
        return ask_before_flatten(q, symbol);
    }
    if (!eb_request_command(q, &c, symbol, &again)) {
        return EB_ANSWER_NOW;
    }
    if (!is_live(q)) {
        return flatten_in_shadow(q, symbol);
    }
    unsigned count = eb_request_list(q, symbol, "closing");
    eb_doc_bool(&q->answer.doc, "sent", count > 0);
    bool known = q->live->stage == EB_LIVE_RUNNING;
    if (count == 0) {
        eb_request_say(q, "no position is open%s: nothing to close", known ? "" : " as far as is known");
    } else {
        eb_request_say(q, "%s %u position%s at market, whoever owns the exits%s",
                       again ? "the same command as before: closing" : "closing", count, plural(count),
                       known ? "" : "; the venue is not connected: as soon as it is");
        eb_request_backstops(q, symbol, " until it is flat");
    }
    if (symbol == EB_NO_SYMBOL) {
        eb_request_say(q, "new positions get only the built-in stop until `exitbrain resume`; orders of others are not "
                          "touched");
    }
    return EB_ANSWER_DURABLE;
}

/* ---- one symbol -------------------------------------------------------------------------------------------------- */

/* The symbol of a command that is about an open position; EB_NO_SYMBOL when q says why not. */
static eb_symbol_id open_symbol(struct eb_request *q)
{
    eb_symbol_id symbol = eb_answer_symbol(q->live, q->args.symbol, &q->answer);
    if (symbol != EB_NO_SYMBOL && eb_open_count(q->live, symbol) == 0) {
        (void)eb_request_refuse(q, EB_STATUS_BAD_NEWS, "%s: no position is open%s: nothing to %s", q->args.symbol,
                                q->live->stage == EB_LIVE_RUNNING ? "" : " as far as is known", q->command->name);
        return EB_NO_SYMBOL;
    }
    return symbol;
}

static unsigned count_released(const struct eb_live *l, eb_symbol_id symbol)
{
    struct eb_evidence v;
    unsigned count = 0;
    for (eb_position_id slot = 0; eb_answer_next(l, symbol, &slot, &v); slot++) {
        count += v.released ? 1 : 0;
    }
    return count;
}

enum eb_control_when eb_control_release(struct eb_request *q)
{
    struct eb_ev_command c = {.verb = EB_CMD_RELEASE};
    eb_symbol_id symbol = open_symbol(q);
    bool again;
    if (symbol == EB_NO_SYMBOL) {
        return EB_ANSWER_NOW;
    }
    bool already = count_released(q->live, symbol) == eb_open_count(q->live, symbol);
    if (!eb_request_command(q, &c, symbol, &again)) {
        return EB_ANSWER_NOW;
    }
    eb_request_say(q, "%s %s: nothing more is sent for it, its exits are yours (exitbrain adopt %s takes it back)",
                   q->args.symbol, already ? "was released already" : "is released", q->args.symbol);
    eb_request_backstops(q, symbol, "; it is not moved any more");
    eb_doc_bool(&q->answer.doc, "already", already);
    (void)eb_request_list(q, symbol, "released");
    return EB_ANSWER_DURABLE;
}

enum eb_control_when eb_control_adopt(struct eb_request *q)
{
    struct eb_ev_command c = {.verb = EB_CMD_ADOPT};
    struct eb_ev_config mode = eb_engine_mode(eb_host_engine(q->live->host));
    eb_symbol_id symbol = open_symbol(q);
    bool again;
    if (symbol == EB_NO_SYMBOL) {
        return EB_ANSWER_NOW;
    }
    bool released = count_released(q->live, symbol) > 0;
    bool ours = eb_engine_owns(eb_host_engine(q->live->host), (enum eb_exit_mode)mode.exit_mode);
    const char *owner = mode.exit_mode == EB_EXIT_MODE_EXIT_BRAIN_V3 ? "brain" : "legacy";
    if (!eb_request_command(q, &c, symbol, &again)) {
        return EB_ANSWER_NOW;
    }
    if (ours) {
        eb_request_say(q, "%s %s: the %s its exits%s", q->args.symbol, released ? "is taken back" : "was not released",
                       mode.exit_mode == EB_EXIT_MODE_LEGACY ? "legacy owners of the set own" : "brain owns",
                       released ? ", its policy is asked" : "");
    } else {
        eb_request_say(q,
                       "%s%s, but EXIT_MODE=LEGACY gives its exits to legacy owners, and the policy set has none "
                       "(exitbrain mode --exit EXIT_BRAIN_V3 takes them all)",
                       q->args.symbol, released ? " is no longer released" : " was not released");
        q->answer.status = EB_STATUS_BAD_NEWS;
    }
    eb_doc_bool(&q->answer.doc, "already", !released);
    eb_doc_text(&q->answer.doc, "owner", owner);
    (void)eb_request_list(q, symbol, "adopted");
    return EB_ANSWER_DURABLE;
}

/* confirm: a person agrees that the policy may close what was found open. */
enum eb_control_when eb_control_allow(struct eb_request *q)
{
    struct eb_ev_command c = {.verb = EB_CMD_CONFIRM};
    struct eb_evidence v;
    eb_symbol_id symbol = open_symbol(q);
    unsigned adopted = 0;
    bool again;
    for (eb_position_id slot = 0; symbol != EB_NO_SYMBOL && eb_answer_next(q->live, symbol, &slot, &v); slot++) {
        adopted += v.ctx.adopted ? 1 : 0;
    }
    if (symbol == EB_NO_SYMBOL || !eb_request_command(q, &c, symbol, &again)) {
        return EB_ANSWER_NOW;
    }
    eb_request_say(q,
                   adopted > 0 ? "%s: it was found open; closes that its policy decides act from now on"
                               : "%s: it was seen opening: its policy could close it already",
                   q->args.symbol);
    eb_doc_bool(&q->answer.doc, "already", adopted == 0);
    (void)eb_request_list(q, symbol, "confirmed");
    return EB_ANSWER_DURABLE;
}

/* rearm: a person agrees that targets which price had crossed when they were set may fire. */
enum eb_control_when eb_control_rearm(struct eb_request *q)
{
    struct eb_ev_command c = {.verb = EB_CMD_REARM};
    struct eb_evidence v;
    eb_symbol_id symbol = open_symbol(q);
    unsigned parked = 0;
    bool again;
    if (symbol == EB_NO_SYMBOL) {
        return EB_ANSWER_NOW;
    }
    eb_doc_begin(&q->answer.doc, "targets", '[');
    for (eb_position_id slot = 0; eb_answer_next(q->live, symbol, &slot, &v); slot++) {
        for (unsigned i = 0; i < v.level_count; i++) {
            if (v.level[i].leg != 0 && v.level[i].state == EB_LEG_PARKED) {
                eb_request_say(q, "%s %s: target %u at %s is armed again: it fires at once while price is beyond it",
                               v.ctx.symbol, eb_side_name((enum eb_side)v.ctx.side), v.level[i].leg,
                               EB_AMOUNT(v.level[i].price.e8));
                eb_doc_e8(&q->answer.doc, NULL, v.level[i].price.e8);
                parked++;
            }
        }
    }
    eb_doc_end(&q->answer.doc, ']');
    if (!eb_request_command(q, &c, symbol, &again)) {
        return EB_ANSWER_NOW;
    }
    if (parked == 0) {
        eb_request_say(q, "%s: no target is parked: nothing to arm", q->args.symbol);
    }
    eb_doc_int(&q->answer.doc, "armed", parked);
    return EB_ANSWER_DURABLE;
}
