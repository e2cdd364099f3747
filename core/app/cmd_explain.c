/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exitbrain explain: of the running engine, or of the past, folded again.
 *
 *     no --at, no --record: the engine answers, if one does
 *     else: record of a run (its tape), or journal of an engine's state --> engine --> evidence
 *
 * A tape has every price; a journal has what changed something, and what was observed then.
 */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/control.h"
#include "app/explained.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/record.h"
#include "app/state_dir.h"
#include "app/when.h"
#include "app/words.h"
#include "store/journal.h"
#include "store/tape.h"

#define DOCUMENT_MAX ((size_t)16 << 20)

static const struct eb_option options[] = {
    {"record", EB_OPT_VALUE, "DIR|FILE", "a run's record, not the running engine"},
    {"at", EB_OPT_VALUE, "TIME", "as of then: ISO 8601 (UTC), epoch ms, or +30s from the beginning; default: its end"},
    EB_ASK_OPTIONS,
};

/* The past, folded. */
struct past {
    char path[EB_RECORD_PATH_MAX]; /* of the tape or journal */
    bool is_journal, ended;        /* ended: a tape that was read to its end */
    struct eb_tape_reader *tape;
    struct eb_journal_reader *journal;
    struct eb_engine *engine;
    struct eb_book book;
    char build[EB_NAME_MAX * 2], policy[EB_NAME_MAX], version[EB_NAME_MAX];
    int64_t began_ms, until_ms; /* INT64_MAX: to the end */
    int64_t last_ms;            /* of the last event stepped */
    uint64_t steps;
};

/* ---- where the past is ------------------------------------------------------------------------------------------- */

static bool is_there(const char *dir, const char *name, char out[EB_RECORD_PATH_MAX])
{
    struct eb_err ignored;
    return eb_record_path(dir, name, out, &ignored) == EB_OK && access(out, R_OK) == 0;
}

/* A directory has a tape, which tells more, or a journal. */
static bool find_in(struct past *p, const char *dir)
{
    if (is_there(dir, EB_RECORD_TAPE, p->path)) {
        return true;
    }
    p->is_journal = is_there(dir, EB_STATE_JOURNAL, p->path);
    return p->is_journal;
}

static int find_past(const struct eb_args *a, struct past *p, struct eb_err *err)
{
    const char *record = eb_args_text(a, "record");
    const char *state = eb_args_text(a, "state");
    char dir[EB_STATE_PATH_MAX];
    if (record != NULL) {
        return find_in(p, record) ? EB_OK : eb_record_find(record, p->path, err);
    }
    int rc = eb_state_find(state, dir, err);
    if (rc == EB_OK && find_in(p, dir)) {
        return EB_OK;
    }
    if (rc == EB_OK && state != NULL) {
        return eb_err_set(err, EB_E_NOT_FOUND, "explain",
                          "%.200s: neither " EB_RECORD_TAPE " nor " EB_STATE_JOURNAL " is there", state);
    }
    return state != NULL ? rc : eb_record_find(NULL, p->path, err);
}

/* ---- a tape ------------------------------------------------------------------------------------------------------ */

static void heard(struct past *p, const struct eb_event *ev, const struct eb_actions *actions)
{
    p->last_ms = ev->now_ms;
    p->book.engine = p->engine;
    if (ev->kind == EB_EV_POLICY) {
        memcpy(p->policy, ev->u.policy->name, sizeof(p->policy));
        memcpy(p->version, ev->u.policy->version, sizeof(p->version));
    }
    if (++p->steps % 4096 == 0) {
        eb_progress(p->steps, 0);
    }
    eb_book_observe(&p->book, ev, actions);
}

static int open_tape(struct past *p, struct eb_err *err)
{
    int rc = eb_tape_open(p->path, &p->tape, err);
    if (rc != EB_OK) {
        return rc;
    }
    const struct eb_tape_info *info = eb_tape_reader_info(p->tape);
    memcpy(p->build, info->build, sizeof(p->build));
    memcpy(p->policy, info->policy.name, sizeof(p->policy));
    memcpy(p->version, info->policy.version, sizeof(p->version));
    p->began_ms = info->created_ms;
    return eb_engine_create(&info->engine, &p->engine, err);
}

/* Steps everything up to the moment asked for; what is missing at the end of a tape is told, and no error. */
static int fold_tape(struct past *p, struct eb_decoded_event *record, struct eb_actions *actions, struct eb_err *err)
{
    for (;;) {
        int rc = eb_tape_reader_next(p->tape, record, err);
        if (rc == EB_E_END || (rc == EB_E_CORRUPT && eb_tape_reader_truncated(p->tape))) {
            if (eb_tape_reader_truncated(p->tape)) {
                eb_complain("explain", "warning: %s ends early (the run was cut off, or goes on)", p->path);
            }
            p->ended = true;
            return EB_OK;
        }
        if (rc != EB_OK || record->ev.now_ms > p->until_ms) {
            return rc;
        }
        record->ev.witness = NULL; /* quiet events are in the record: the engine observes anew */
        rc = eb_engine_step(p->engine, &record->ev, actions);
        if (rc != EB_OK) {
            return eb_err_set(err, EB_E_CORRUPT, "explain",
                              "%s: event %" PRIu64 " is refused (%s): another build (%s) recorded it", p->path,
                              eb_tape_reader_count(p->tape), eb_err_text(rc), p->build);
        }
        heard(p, &record->ev, actions);
    }
}

/* ---- a journal --------------------------------------------------------------------------------------------------- */

static int open_journal(struct past *p, struct eb_err *err)
{
    struct eb_journal_segment segment;
    int rc = eb_journal_reader_open(p->path, &p->journal, err);
    if (rc == EB_OK && eb_journal_segments(p->journal) == 0) {
        return eb_err_set(err, EB_E_NOT_FOUND, "explain", "%s: nothing was recorded yet", p->path);
    }
    rc = rc == EB_OK ? eb_journal_segment(p->journal, 0, &segment, err) : rc;
    if (rc == EB_OK) {
        p->began_ms = segment.began_ms;
        rc = eb_journal_segment(p->journal, eb_journal_segments(p->journal) - 1, &segment, err);
        memcpy(p->build, segment.build, sizeof(p->build));
    }
    return rc;
}

static void hear_step(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    heard(user, ev, actions);
}

static int fold_journal(struct past *p, struct eb_err *err)
{
    struct eb_fold_result result;
    int rc = eb_journal_fold(p->journal, p->until_ms, true, hear_step, p, &p->engine, &result, err);
    if (rc == EB_OK && result.replay.differed + result.disagree > 0) {
        eb_complain("explain",
                    "warning: %s: %" PRIu64 " records fold differently under this build (exitbrain journal "
                    "check)",
                    p->path, result.replay.differed + result.disagree);
    }
    return rc;
}

/* ---- the answer -------------------------------------------------------------------------------------------------- */

static int fold(struct past *p, struct eb_err *err)
{
    struct eb_decoded_event *record = p->is_journal ? NULL : calloc(1, sizeof(*record));
    struct eb_actions *actions = p->is_journal ? NULL : calloc(1, sizeof(*actions));
    int rc = EB_OK;
    if (p->is_journal) {
        rc = fold_journal(p, err);
    } else if (record == NULL || actions == NULL) {
        rc = eb_err_set(err, EB_E_MEMORY, "explain", "out of memory");
    } else {
        rc = fold_tape(p, record, actions, err);
    }
    free(record);
    free(actions);
    eb_progress_end();
    if (rc == EB_OK) {
        p->book.engine = p->engine;
        eb_book_finish(&p->book, p->last_ms); /* what concerned all positions, and those that nothing happened to */
    }
    if (rc == EB_OK && p->ended && p->until_ms != INT64_MAX && p->until_ms > p->last_ms) {
        char end[EB_TIME_TEXT_MAX]; /* nothing is known about a moment behind the end: the answer is about the end */
        eb_complain("explain", "warning: the record ends at %s, before the time asked for",
                    eb_time_text(p->last_ms, end));
        p->until_ms = INT64_MAX;
    }
    return rc;
}

static int answer(const struct past *p, const struct eb_question *q, bool json, bool *found, struct eb_err *err)
{
    const struct eb_book_episode *ep[EB_EXPLAINED_MAX] = {NULL};
    const struct eb_explained from = {.source = p->path,
                                      .build = p->build,
                                      .policy = p->policy,
                                      .version = p->version,
                                      .mode = eb_engine_mode(p->engine),
                                      .at_ms = p->until_ms != INT64_MAX ? p->until_ms : p->last_ms};
    size_t count = eb_explained_find(&p->book, q, &from, ep, err);
    *found = count > 0;
    if (count == 0 && (err->code != EB_E_NOT_FOUND || !json)) {
        return err->code;
    }
    struct eb_buffer text;
    eb_buffer_init(&text, DOCUMENT_MAX);
    if (json) {
        struct eb_doc d = {.out = &text};
        eb_doc_begin(&d, NULL, '{');
        eb_explained_doc(&from, ep, count, &d);
        eb_doc_end(&d, '}');
        (void)eb_buffer_text(&text, "\n");
    } else {
        eb_explained_text(&from, ep, count, eb_may_colour(stdout), &text);
    }
    int rc = eb_output_write("-", &text, err);
    eb_buffer_deinit(&text);
    return rc;
}

static int open_past(const struct eb_args *a, struct past *p, struct eb_err *err)
{
    const char *at = eb_args_text(a, "at");
    int rc = find_past(a, p, err);
    rc = rc == EB_OK ? (p->is_journal ? open_journal : open_tape)(p, err) : rc;
    rc = rc == EB_OK && at != NULL ? eb_when_parse("--at", at, p->began_ms, &p->until_ms, err) : rc;
    if (rc == EB_OK && p->until_ms < p->began_ms) {
        char began[EB_TIME_TEXT_MAX];
        rc = eb_err_set(err, EB_E_INVALID, "explain", "--at: %s lies before the beginning of the record, %s", at,
                        eb_time_text(p->began_ms, began));
    }
    return rc;
}

static enum eb_status explain_past(const struct eb_args *a, const struct eb_question *q)
{
    struct past past = {.until_ms = INT64_MAX};
    struct eb_err err = {0};
    bool found = true;
    int rc = open_past(a, &past, &err);
    rc = rc == EB_OK ? fold(&past, &err) : rc;
    rc = rc == EB_OK ? answer(&past, q, eb_args_has(a, "json"), &found, &err) : rc;
    if (rc != EB_OK) {
        eb_complain("explain", "%s", err.msg);
    }
    eb_book_deinit(&past.book);
    eb_engine_destroy(past.engine);
    eb_tape_reader_close(past.tape);
    eb_journal_reader_close(past.journal);
    bool asked_in_vain = !found && err.code == EB_E_NOT_FOUND;
    return rc == EB_OK && found ? EB_STATUS_DONE : asked_in_vain ? EB_STATUS_BAD_NEWS : EB_STATUS_USAGE;
}

static enum eb_status run(const struct eb_args *a)
{
    struct eb_question q = {0};
    struct eb_err err = {0};
    struct eb_buffer members;
    struct eb_doc d = {.out = &members};
    bool reached = false;
    enum eb_status status = EB_STATUS_USAGE;
    if (eb_question_read(a->positional[0], &q, &err) != EB_OK) {
        eb_complain("explain", "%s", err.msg);
        return status;
    }
    if (eb_args_text(a, "at") == NULL && eb_args_text(a, "record") == NULL) {
        eb_buffer_init(&members, 1024);
        eb_doc_text(&d, "symbol", a->positional[0]);
        status = eb_control_ask_if(a, "explain", eb_buffer_str(&members), &reached, &err);
        eb_buffer_deinit(&members);
    }
    if (!reached && eb_args_text(a, "socket") != NULL) {
        eb_complain("explain", "%s", err.code != EB_OK ? err.msg : "--socket: a running engine knows only now");
        return err.code != EB_OK ? EB_STATUS_UNREACHABLE : EB_STATUS_USAGE;
    }
    return reached ? status : explain_past(a, &q);
}

const struct eb_subcommand eb_cmd_explain = {
    .name = "explain",
    .arguments = "SYMBOL[:LONG|SHORT] [OPTIONS]",
    .summary = "per level of a position: armed or not, how far, why it has not fired or why it did",
    .about =
        "Asks the running engine; where none runs, and for a past moment, reads the record of the last run or the\n"
        "journal. Of several positions of a symbol the newest.",
    .option = options,
    .option_count = EB_COUNT(options),
    .positional_min = 1,
    .positional_max = 1,
    .run = run,
};
