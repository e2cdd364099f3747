/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exitbrain replay: a journal or a tape again, bit for bit.
 *
 *     records --> engine --> the same steps, the same hashes?              (recorded verdicts, no policy runs)
 *            \--> --verify: each context to a policy set --> the same answer?
 */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/answer_words.h"
#include "app/commands.h"
#include "app/journal_words.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/record.h"
#include "app/verify.h"
#include "store/journal.h"
#include "store/tape.h"

#define DOCUMENT_MAX ((size_t)16 << 20)
#define TICK 4096
#define AT_MAX (INT64_C(1) << 46)

static const char area[] = "replay";

static const struct eb_option options[] = {
    {"at", EB_OPT_VALUE, "SEQ", "up to this durable record, and the positions as they were then"},
    {"verify", EB_OPT_FLAG, NULL, "ask a policy set again what it was asked, and compare the answers"},
    {"policies", EB_OPT_VALUE, "DIR", "the set to ask (implies --verify); default: the shipped one"},
    {"set", EB_OPT_EACH, "NAME=LUA", "overrides a setting of that set"},
    {"state", EB_OPT_VALUE, "DIR", "without a file: the journal of this engine; default: of the one started last"},
    {"json", EB_OPT_FLAG, NULL, "one JSON document on standard output"},
};

struct replay {
    char path[EB_STATE_PATH_MAX];
    bool is_tape, cut;
    uint64_t at; /* 0: to the end */
    struct eb_engine *engine;
    struct eb_fold_result result;
    struct eb_verify *verify; /* NULL: not asked for */
};

/* ---- what is meant ----------------------------------------------------------------------------------------------- */

static bool is_there(const char *dir, const char *name, char *out)
{
    return eb_state_path(dir, name, out, EB_STATE_PATH_MAX, NULL) == EB_OK && access(out, R_OK) == 0;
}

static int find_file(const struct eb_args *a, struct replay *r, struct eb_err *err)
{
    struct stat st;
    if (a->positional_count == 0) {
        char dir[EB_STATE_PATH_MAX];
        int rc = eb_state_find(eb_args_text(a, "state"), dir, err);
        return rc == EB_OK ? eb_state_path(dir, EB_STATE_JOURNAL, r->path, sizeof(r->path), err) : rc;
    }
    const char *given = a->positional[0];
    if (strlen(given) >= sizeof(r->path)) {
        return eb_err_set(err, EB_E_INVALID, area, "%.60s...: path too long", given);
    }
    memcpy(r->path, given, strlen(given) + 1);
    if (stat(given, &st) == 0 && S_ISDIR(st.st_mode) && !is_there(given, EB_STATE_JOURNAL, r->path) &&
        !is_there(given, EB_RECORD_TAPE, r->path)) {
        return eb_err_set(err, EB_E_NOT_FOUND, area,
                          "%.200s: neither " EB_STATE_JOURNAL " nor " EB_RECORD_TAPE " is there", given);
    }
    return EB_OK;
}

/* A tape begins with its magic, mostly within gzip; what is neither is left to the journal to complain about. */
static bool is_tape(const char *path)
{
    unsigned char head[8] = {0};
    FILE *f = fopen(path, "rbe");
    size_t n = f != NULL ? fread(head, 1, sizeof(head), f) : 0;
    if (f != NULL) {
        (void)fclose(f);
    }
    return (n >= 2 && head[0] == 0x1f && head[1] == 0x8b) || (n == 8 && memcmp(head, "EBTAPE1\n", 8) == 0);
}

/* ---- a journal --------------------------------------------------------------------------------------------------- */

static void hear(void *user, const struct eb_fold_step *s)
{
    struct replay *r = user;
    if (s->seq % TICK == 0) {
        eb_progress(s->seq, 0);
    }
    if (r->verify != NULL) {
        eb_verify_record(r->verify, s->seq, s->record);
    }
}

static int replay_journal(struct replay *r, struct eb_err *err)
{
    struct eb_journal_reader *reader = NULL;
    const struct eb_fold_range range = {.until_seq = r->at, .until_ms = INT64_MAX, .observe = hear, .user = r};
    int rc = eb_journal_reader_open(r->path, &reader, err);
    rc = rc == EB_OK ? eb_journal_fold_range(reader, &range, &r->engine, &r->result, err) : rc;
    eb_journal_reader_close(reader);
    return rc;
}

/* ---- a tape ------------------------------------------------------------------------------------------------------ */

static void step(struct replay *r, struct eb_decoded_event *record, struct eb_actions *actions)
{
    struct eb_replay_result *out = &r->result.replay;
    record->ev.witness = NULL; /* quiet events are there: the engine observes anew */
    bool refused = eb_engine_step(r->engine, &record->ev, actions) != EB_OK;
    out->stepped += refused ? 0 : 1;
    out->durable += record->durable ? 1 : 0;
    out->last_ms = record->ev.now_ms;
    if (refused || actions->durable != record->durable) {
        out->differed++;
        out->first_differed = out->differed == 1 ? out->read : out->first_differed;
    }
    if (r->verify != NULL) {
        eb_verify_record(r->verify, out->read, record);
    }
}

static int play(struct replay *r, struct eb_tape_reader *tape, struct eb_err *err)
{
    struct eb_decoded_event *record = calloc(1, sizeof(*record));
    struct eb_actions *actions = calloc(1, sizeof(*actions));
    int rc = record != NULL && actions != NULL ? EB_OK : eb_err_set(err, EB_E_MEMORY, area, "out of memory");
    while (rc == EB_OK && (r->at == 0 || r->result.replay.durable < r->at)) {
        rc = eb_tape_reader_next(tape, record, err);
        if (rc == EB_OK) {
            r->result.replay.read++;
            step(r, record, actions);
        }
        if (r->result.replay.read % TICK == 0) {
            eb_progress(r->result.replay.read, 0);
        }
    }
    free(record);
    free(actions);
    r->cut = eb_tape_reader_truncated(tape);
    return rc == EB_E_END || (rc == EB_E_CORRUPT && r->cut) ? EB_OK : rc;
}

static int replay_tape(struct replay *r, struct eb_err *err)
{
    struct eb_tape_reader *tape = NULL;
    int rc = eb_tape_open(r->path, &tape, err);
    rc = rc == EB_OK ? eb_engine_create(&eb_tape_reader_info(tape)->engine, &r->engine, err) : rc;
    rc = rc == EB_OK ? play(r, tape, err) : rc;
    if (rc == EB_OK) {
        r->result.replay.durable_hash = eb_engine_durable_hash(r->engine);
    }
    eb_tape_reader_close(tape);
    return rc;
}

/* ---- the answer -------------------------------------------------------------------------------------------------- */

static bool is_good(const struct replay *r)
{
    return r->result.replay.differed == 0 && r->result.disagree == 0 &&
           (r->verify == NULL || eb_verify_good(r->verify));
}

static void position_row(const struct eb_evidence *v, struct eb_table *t)
{
    eb_table_cell(t, EB_PLAIN, "%s", v->ctx.symbol);
    eb_table_cell(t, EB_PLAIN, "%s", eb_side_name((enum eb_side)v->ctx.side));
    eb_table_cell(t, EB_PLAIN, "%s", EB_AMOUNT(v->ctx.qty.e8));
    eb_table_cell(t, EB_PLAIN, "%s", EB_AMOUNT(v->ctx.entry.e8));
    eb_table_cell(t, EB_PLAIN, "%s", v->ctx.stop.e8 != 0 ? EB_AMOUNT(v->ctx.stop.e8) : "-");
    eb_table_cell(t, EB_PLAIN, "%s", eb_stop_name((enum eb_stop_kind)v->ctx.stop_kind));
    eb_table_cell(t, EB_PLAIN, "%u", v->ctx.hits);
    eb_table_cell(t, EB_PLAIN, "%s", v->ctx.profile);
}

static void positions_text(const struct replay *r, struct eb_buffer *out)
{
    struct eb_table t;
    struct eb_evidence v;
    unsigned open = 0;
    eb_table_init(&t, "llrrrlrl");
    eb_table_heads(&t, "symbol|side|quantity|entry|stop|kind|hits|profile");
    for (eb_position_id i = 0; i < 2 * eb_engine_symbol_count(r->engine); i++) {
        if (eb_engine_evidence(r->engine, i, &v) && v.open) {
            position_row(&v, &t);
            open++;
        }
    }
    (void)eb_buffer_printf(out, "open positions: %u\n", open);
    if (open > 0) {
        eb_table_render(&t, "  ", eb_may_colour(stdout), out);
    }
    eb_table_deinit(&t);
}

static void text(const struct replay *r, struct eb_buffer *out)
{
    const struct eb_replay_result *f = &r->result.replay;
    (void)eb_buffer_printf(out, "%s: %" PRIu64 " %s stepped until %s UTC%s, hash %016" PRIx64 "\n", r->path, f->stepped,
                           r->is_tape ? "events" : "records", EB_TIME(f->last_ms),
                           r->cut ? " (the tape was cut off there)" : "", f->durable_hash);
    if (f->differed > 0) {
        (void)eb_buffer_printf(out, "  %" PRIu64 " steps differ from then, the first is %s %" PRIu64 "\n", f->differed,
                               r->is_tape ? "event" : "record", f->first_differed);
    } else {
        (void)eb_buffer_text(out, "  every step changed what it changed then\n");
    }
    if (r->result.disagree > 0) {
        (void)eb_buffer_printf(out,
                               "  %" PRIu64 " of %" PRIu64 " states differ from the engine's, the first after record "
                               "%" PRIu64 "\n",
                               r->result.disagree, r->result.hashes, r->result.first_disagree);
    } else if (!r->is_tape) {
        (void)eb_buffer_printf(out, "  the engine's own hashes agree at %" PRIu64 " place%s\n", r->result.hashes,
                               r->result.hashes == 1 ? "" : "s");
    }
    if (r->verify != NULL) {
        eb_verify_text(r->verify, out);
    }
    positions_text(r, out);
}

static void positions_doc(const struct replay *r, struct eb_doc *d)
{
    struct eb_evidence v;
    eb_doc_begin(d, "positions", '[');
    for (eb_position_id i = 0; i < 2 * eb_engine_symbol_count(r->engine); i++) {
        if (!eb_engine_evidence(r->engine, i, &v) || !v.open) {
            continue;
        }
        eb_doc_begin(d, NULL, '{');
        eb_doc_text(d, "symbol", v.ctx.symbol);
        eb_doc_text(d, "side", eb_side_name((enum eb_side)v.ctx.side));
        eb_doc_int(d, "episode", v.ctx.episode);
        eb_doc_e8(d, "quantity", v.ctx.qty.e8);
        eb_doc_e8(d, "entry", v.ctx.entry.e8);
        eb_doc_e8_or_null(d, "stop", v.ctx.stop.e8);
        eb_doc_e8_or_null(d, "peak", v.ctx.peak.e8);
        eb_doc_int(d, "hits", v.ctx.hits);
        eb_doc_text(d, "profile", v.ctx.profile);
        eb_doc_end(d, '}');
    }
    eb_doc_end(d, ']');
}

static void document(const struct replay *r, struct eb_buffer *out)
{
    const struct eb_replay_result *f = &r->result.replay;
    struct eb_doc d = {.out = out};
    char hash[17];
    (void)snprintf(hash, sizeof(hash), "%016" PRIx64, f->durable_hash);
    eb_doc_begin(&d, NULL, '{');
    eb_doc_text(&d, "source", r->path);
    eb_doc_text(&d, "kind", r->is_tape ? "tape" : "journal");
    eb_doc_bool(&d, "same", is_good(r));
    eb_doc_int(&d, "stepped", (int64_t)f->stepped);
    eb_doc_int(&d, "durable", (int64_t)f->durable);
    eb_doc_int(&d, "last_ms", f->last_ms);
    eb_doc_text(&d, "hash", hash);
    eb_doc_int(&d, "differed", (int64_t)f->differed);
    eb_doc_int(&d, "first_differed", (int64_t)f->first_differed);
    eb_doc_int(&d, "hashes", (int64_t)r->result.hashes);
    eb_doc_int(&d, "disagree", (int64_t)r->result.disagree);
    eb_doc_int(&d, "first_disagree", (int64_t)r->result.first_disagree);
    if (r->cut) {
        eb_doc_bool(&d, "cut", true);
    }
    if (r->verify != NULL) {
        eb_verify_doc(r->verify, &d);
    }
    positions_doc(r, &d);
    eb_doc_end(&d, '}');
    (void)eb_buffer_text(out, "\n");
}

static int answer(const struct replay *r, bool json, struct eb_err *err)
{
    struct eb_buffer out;
    eb_buffer_init(&out, DOCUMENT_MAX);
    (json ? document : text)(r, &out);
    int rc = eb_output_write("-", &out, err);
    eb_buffer_deinit(&out);
    return rc;
}

static int prepare(const struct eb_args *a, struct replay *r, struct eb_err *err)
{
    int64_t at = 0;
    int rc = eb_args_integer(a, "at", 1, AT_MAX, &at, err);
    r->at = (uint64_t)at;
    if (rc == EB_OK && (eb_args_has(a, "verify") || eb_args_has(a, "policies"))) {
        rc = eb_verify_open(a, &r->verify, err);
    }
    rc = rc == EB_OK ? find_file(a, r, err) : rc;
    r->is_tape = rc == EB_OK && is_tape(r->path);
    return rc;
}

static enum eb_status run(const struct eb_args *a)
{
    struct replay r = {.engine = NULL};
    struct eb_err err = {0};
    int rc = prepare(a, &r, &err);
    rc = rc == EB_OK ? (r.is_tape ? replay_tape : replay_journal)(&r, &err) : rc;
    eb_progress_end();
    rc = rc == EB_OK ? answer(&r, eb_args_has(a, "json"), &err) : rc;
    enum eb_status status = rc == EB_E_CORRUPT ? EB_STATUS_BAD_NEWS : EB_STATUS_USAGE;
    if (rc == EB_OK) {
        status = is_good(&r) ? EB_STATUS_DONE : EB_STATUS_BAD_NEWS;
    } else {
        eb_complain(area, "%s", err.msg);
    }
    eb_verify_close(r.verify);
    eb_engine_destroy(r.engine);
    return status;
}

const struct eb_subcommand eb_cmd_replay = {
    .name = "replay",
    .arguments = "[JOURNAL|TAPE|DIR] [OPTIONS]",
    .summary = "fold a journal or a tape again, bit for bit, and ask its policy again",
    .about = "Steps what was recorded and compares: what each step changed, and the hashes that the engine left. No\n"
             "policy runs, for its answers are in the record; --verify asks a set each of those questions again and\n"
             "compares. Status 1 when anything differs.",
    .option = options,
    .option_count = EB_COUNT(options),
    .positional_min = 0,
    .positional_max = 1,
    .run = run,
};
