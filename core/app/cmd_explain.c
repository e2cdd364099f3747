/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exitbrain explain: a run's record is folded into an engine of the same configuration, up to the moment asked for; its
 * evidence says what each level of the position waited for then. No policy runs: recorded verdicts are stepped again.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/explain.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/record.h"
#include "app/when.h"
#include "app/words.h"
#include "domain/order.h"
#include "feed/nearest.h"
#include "store/tape.h"

#define DOCUMENT_MAX ((size_t)16 << 20)

static const struct eb_option options[] = {
    {"record", EB_OPT_VALUE, "DIR|FILE", "the run's record; default: the newest run"},
    {"at", EB_OPT_VALUE, "TIME", "as of then: ISO 8601 (UTC), epoch ms, or +30s from the beginning; default: its end"},
    {"json", EB_OPT_FLAG, NULL, "one JSON document on standard output"},
};

/* The past, folded. */
struct past {
    char tape[EB_RECORD_PATH_MAX];
    struct eb_tape_reader *reader;
    const struct eb_tape_info *info;
    struct eb_engine *engine;
    struct eb_book book;
    struct eb_decoded_event *record;
    struct eb_actions *actions;
    int64_t until_ms; /* INT64_MAX: to the end */
    int64_t last_ms;  /* of the last event stepped */
};

/* What is asked about. */
struct question {
    char symbol[EB_SYMBOL_MAX];
    bool any_side;
    enum eb_side side;
};

static int read_question(const char *text, struct question *q, struct eb_err *err)
{
    static const char *const sides[] = {"LONG", "SHORT", NULL};
    size_t len = strcspn(text, ":");
    int64_t side = 0;
    if (len == 0 || len >= sizeof(q->symbol)) {
        return eb_err_set(err, EB_E_INVALID, "explain", "\"%.40s\" is no symbol: SYMBOL or SYMBOL:LONG", text);
    }
    memcpy(q->symbol, text, len);
    q->symbol[len] = '\0';
    q->any_side = text[len] == '\0';
    int rc = q->any_side ? EB_OK : eb_value_choice("side", text + len + 1, sides, &side, err);
    q->side = (enum eb_side)side;
    return rc;
}

static int open_past(struct past *p, const char *record, struct eb_err *err)
{
    int rc = eb_record_find(record, p->tape, err);
    rc = rc == EB_OK ? eb_tape_open(p->tape, &p->reader, err) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    p->info = eb_tape_reader_info(p->reader);
    p->record = calloc(1, sizeof(*p->record));
    p->actions = calloc(1, sizeof(*p->actions));
    if (p->record == NULL || p->actions == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "explain", "out of memory");
    }
    rc = eb_engine_create(&p->info->engine, &p->engine, err);
    p->book.engine = p->engine;
    return rc;
}

static void close_past(struct past *p)
{
    eb_book_deinit(&p->book);
    eb_engine_destroy(p->engine);
    free(p->record);
    free(p->actions);
    eb_tape_reader_close(p->reader);
}

/* Nothing is known about a moment behind the end: the answer is about the end. */
static void past_the_end(struct past *p)
{
    char end[EB_TIME_TEXT_MAX];
    if (p->until_ms != INT64_MAX && p->until_ms > p->last_ms) {
        eb_complain("explain", "warning: the record ends at %s, before the time asked for",
                    eb_time_text(p->last_ms, end));
        p->until_ms = INT64_MAX;
    }
}

/* Steps everything up to the moment asked for; what is missing at the end of a tape is told, and no error. */
static int fold(struct past *p, struct eb_err *err)
{
    for (;;) {
        int rc = eb_tape_reader_next(p->reader, p->record, err);
        if (rc == EB_E_END || (rc == EB_E_CORRUPT && eb_tape_reader_truncated(p->reader))) {
            if (eb_tape_reader_truncated(p->reader)) {
                eb_complain("explain", "warning: %s ends early (the run was cut off, or goes on)", p->tape);
            }
            past_the_end(p);
            return EB_OK;
        }
        if (rc != EB_OK) {
            return rc;
        }
        struct eb_event *ev = &p->record->ev;
        if (ev->now_ms > p->until_ms) {
            return EB_OK;
        }
        ev->witness = NULL; /* quiet events are in the record: the engine observes anew */
        rc = eb_engine_step(p->engine, ev, p->actions);
        if (rc != EB_OK) {
            return eb_err_set(err, EB_E_CORRUPT, "explain",
                              "%s: event %" PRIu64 " is refused (%s): another build (%s) recorded it", p->tape,
                              eb_tape_reader_count(p->reader), eb_err_text(rc), p->info->build);
        }
        p->last_ms = ev->now_ms;
        if (eb_tape_reader_count(p->reader) % 4096 == 0) {
            eb_progress(eb_tape_reader_count(p->reader), 0);
        }
        eb_book_observe(&p->book, ev, p->actions);
    }
}

static int unknown_symbol(const struct past *p, const char *symbol, struct eb_err *err)
{
    struct eb_nearest near = {0};
    char hint[EB_NEAREST_TEXT_MAX];
    for (eb_symbol_id i = 0; i < eb_engine_symbol_count(p->engine); i++) {
        eb_nearest_offer(&near, symbol, eb_engine_symbol_name(p->engine, i));
    }
    return eb_err_set(err, EB_E_NOT_FOUND, "explain", "%s: no such symbol in %s%s", symbol, p->tape,
                      eb_nearest_text(&near, hint));
}

static bool matches(const struct question *q, eb_symbol_id symbol, const struct eb_book_episode *ep)
{
    return ep->position / 2 == symbol && (q->any_side || ep->side == (uint8_t)q->side);
}

/* The newest episodes that match: with hedge mode both sides may be open; NULL-terminated by count. */
static size_t select_episodes(const struct past *p, const struct question *q, eb_symbol_id symbol,
                              const struct eb_book_episode *out[2])
{
    size_t n = 0;
    for (size_t i = p->book.count; i > 0 && n < 2; i--) {
        const struct eb_book_episode *ep = &p->book.episode[i - 1];
        bool other_leg = n == 0 || (!ep->closed && !out[0]->closed && ep->position != out[0]->position);
        if (matches(q, symbol, ep) && other_leg) {
            out[n++] = ep;
        }
    }
    return n;
}

static void print_json(const struct past *p, const struct eb_book_episode *const *ep, size_t count,
                       struct eb_buffer *out)
{
    struct eb_doc d = {.out = out};
    eb_doc_begin(&d, NULL, '{');
    eb_doc_text(&d, "record", p->tape);
    eb_doc_text(&d, "build", p->info->build);
    eb_doc_text(&d, "policy", p->info->policy.name);
    eb_doc_text(&d, "policy_version", p->info->policy.version);
    eb_doc_text(&d, "mode", eb_mode_name(&p->info->engine.mode));
    eb_doc_int(&d, "at_ms", p->until_ms != INT64_MAX ? p->until_ms : p->last_ms);
    eb_doc_begin(&d, "positions", '[');
    for (size_t i = 0; i < count; i++) {
        const struct eb_context *c = &ep[i]->open.ctx;
        eb_doc_begin(&d, NULL, '{');
        eb_doc_text(&d, "symbol", c->symbol);
        eb_doc_text(&d, "side", eb_side_name((enum eb_side)ep[i]->side));
        eb_doc_bool(&d, "open", !ep[i]->closed);
        eb_doc_text(&d, "regime", eb_regime_name((enum eb_regime)ep[i]->regime));
        eb_doc_text(&d, "profile", ep[i]->profile);
        eb_doc_bool(&d, "adopted", ep[i]->adopted);
        eb_doc_int(&d, "opened_ms", ep[i]->opened_ms);
        eb_doc_e8(&d, "entry", ep[i]->entry.e8);
        eb_doc_e8(&d, "quantity", ep[i]->qty.e8);
        eb_doc_e8(&d, "left", ep[i]->last.ctx.qty.e8);
        eb_doc_e8_or_null(&d, "price", c->price.e8);
        eb_doc_e8_or_null(&d, "r", ep[i]->r.e8);
        eb_doc_e8_or_null(&d, "initial_stop", ep[i]->initial_stop.e8);
        eb_doc_ppm(&d, "pnl_r", c->pnl_r_ppm);
        eb_explain_levels(ep[i], &d);
        eb_explain_stages(ep[i], &d);
        eb_explain_exits(ep[i], &d);
        eb_doc_end(&d, '}');
    }
    eb_doc_end(&d, ']');
    eb_doc_end(&d, '}');
    (void)eb_buffer_text(out, "\n");
}

static void print_text(const struct past *p, const struct eb_book_episode *const *ep, size_t count,
                       struct eb_buffer *out)
{
    char at[EB_TIME_TEXT_MAX];
    char policy[2 * EB_NAME_MAX + 2];
    (void)snprintf(policy, sizeof(policy), "%s %s", p->info->policy.name, p->info->policy.version);
    (void)eb_buffer_printf(out, "as of %s UTC, from %s\n\n",
                           eb_time_text(p->until_ms != INT64_MAX ? p->until_ms : p->last_ms, at), p->tape);
    for (size_t i = 0; i < count; i++) {
        eb_explain_text(ep[i], policy, eb_may_colour(stdout), out);
    }
}

static int answer(struct past *p, const struct question *q, bool json, bool *found, struct eb_err *err)
{
    const struct eb_book_episode *ep[2] = {NULL, NULL};
    char at[EB_TIME_TEXT_MAX];
    eb_symbol_id symbol = eb_engine_symbol(p->engine, q->symbol);
    if (symbol == EB_NO_SYMBOL) {
        return unknown_symbol(p, q->symbol, err);
    }
    size_t count = select_episodes(p, q, symbol, ep);
    *found = count > 0;
    if (count == 0 && !json) {
        return eb_err_set(err, EB_E_NOT_FOUND, "explain", "%s: no%s position was seen until %s", q->symbol,
                          q->any_side          ? ""
                          : q->side == EB_LONG ? " LONG"
                                               : " SHORT",
                          eb_time_text(p->until_ms != INT64_MAX ? p->until_ms : p->last_ms, at));
    }
    struct eb_buffer text;
    eb_buffer_init(&text, DOCUMENT_MAX);
    (json ? print_json : print_text)(p, ep, count, &text);
    int rc = eb_output_write("-", &text, err);
    eb_buffer_deinit(&text);
    return rc;
}

static enum eb_status run(const struct eb_args *a)
{
    struct past past = {.until_ms = INT64_MAX};
    struct question q = {0};
    struct eb_err err = {0};
    const char *at = eb_args_text(a, "at");
    bool found = true;
    enum eb_status status = EB_STATUS_USAGE;
    int rc = read_question(a->positional[0], &q, &err);
    rc = rc == EB_OK ? open_past(&past, eb_args_text(a, "record"), &err) : rc;
    rc = rc == EB_OK && at != NULL ? eb_when_parse("--at", at, past.info->created_ms, &past.until_ms, &err) : rc;
    if (rc == EB_OK && past.until_ms < past.info->created_ms) {
        char began[EB_TIME_TEXT_MAX];
        rc = eb_err_set(&err, EB_E_INVALID, "explain", "--at: %s lies before the beginning of the record, %s", at,
                        eb_time_text(past.info->created_ms, began));
    }
    if (rc == EB_OK) {
        rc = fold(&past, &err);
        eb_progress_end();
        rc = rc == EB_OK ? answer(&past, &q, eb_args_has(a, "json"), &found, &err) : rc;
        status = rc == EB_OK && found ? EB_STATUS_DONE : !found ? EB_STATUS_BAD_NEWS : EB_STATUS_USAGE;
    }
    if (rc != EB_OK) {
        eb_complain("explain", "%s", err.msg);
    }
    close_past(&past);
    return status;
}

const struct eb_subcommand eb_cmd_explain = {
    .name = "explain",
    .arguments = "SYMBOL[:LONG|SHORT] [OPTIONS]",
    .summary = "per level of a position: armed or not, how far, why it has not fired or why it did",
    .about = "Reads the record of a run; also for a past moment. Of several positions of a symbol the newest.",
    .option = options,
    .option_count = EB_COUNT(options),
    .positional_min = 1,
    .positional_max = 1,
    .run = run,
};
