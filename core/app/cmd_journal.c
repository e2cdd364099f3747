/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exitbrain journal: what an engine has recorded, readable, beside the engine too.
 *
 *     ls      segments, images, sizes            show    records, a line each, with what they led to
 *     check   every page, record, image, hash    export  the same as JSON lines, or the database itself
 *     ledger  exits of each episode
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/answer_words.h"
#include "app/commands.h"
#include "app/journal_show.h"
#include "app/journal_words.h"
#include "app/output.h"
#include "app/progress.h"
#include "feed/nearest.h"

#define DOCUMENT_MAX ((size_t)16 << 20)
#define SHOW_LIMIT 50 /* without --from and --limit */
#define SEQ_LIMIT (INT64_C(1) << 46)

static const char name[] = "journal";

static const struct eb_option options[] = {
    EB_JOURNAL_PLACE_OPTIONS,
    {"from", EB_OPT_VALUE, "SEQ", "show, export: from this record on"},
    {"to", EB_OPT_VALUE, "SEQ", "show, export, ledger: up to this record"},
    {"symbol", EB_OPT_VALUE, "SYMBOL", "show, export, ledger: of this symbol only"},
    {"kind", EB_OPT_VALUE, "KIND", "show, export: fill, order, position, command, verdict, price ..."},
    {"limit", EB_OPT_VALUE, "N", "show, export: so many; show without --from tells the last 50"},
    {"out", EB_OPT_VALUE, "FILE", "export: into a file instead of standard output"},
    {"sqlite", EB_OPT_VALUE, "FILE", "export: a copy of the whole journal as a database"},
    {"json", EB_OPT_FLAG, NULL, "JSON on standard output"},
};

struct job {
    char path[EB_STATE_PATH_MAX];
    struct eb_journal_reader *reader;
    struct eb_journal_question q;
    bool json;
    const struct eb_args *args;
};

static int write_document(struct eb_buffer *out, struct eb_err *err)
{
    int rc = eb_output_write("-", out, err);
    eb_buffer_deinit(out);
    return rc;
}

/* ---- ls ---------------------------------------------------------------------------------------------------------- */

static uint64_t size_of(const char *path, const char *suffix)
{
    char file[EB_STATE_PATH_MAX + 8];
    struct stat st;
    (void)snprintf(file, sizeof(file), "%s%s", path, suffix);
    return stat(file, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* How the newest segment stands. */
static const char *ending(const struct job *j, const struct eb_journal_segment *s, bool newest)
{
    return s->closed ? "closed" : newest && eb_journal_is_held(j->path) ? "running" : newest ? "cut off" : "";
}

static void segment_row(const struct job *j, const struct eb_journal_segment *s, bool newest, struct eb_table *t)
{
    eb_table_cell(t, EB_PLAIN, "%" PRIu32, s->id);
    eb_table_cell(t, EB_DIM, "%s", EB_TIME(s->began_ms));
    if (s->last_seq != 0) {
        eb_table_cell(t, EB_PLAIN, "%" PRIu64 "..%" PRIu64, s->first_seq, s->last_seq);
    } else {
        eb_table_cell(t, EB_DIM, "none");
    }
    eb_table_cell(t, EB_PLAIN, "%s", EB_SIZE(s->bytes));
    eb_table_cell(t, EB_PLAIN, "%s", s->readable ? eb_mode_name(&s->config.mode) : "?");
    eb_table_cell(t, EB_PLAIN, "%s", s->build);
    eb_table_cell(t, s->readable ? EB_PLAIN : EB_RED, "%" PRIu32, s->schema);
    eb_table_cell(t, EB_PLAIN, "%s", ending(j, s, newest));
}

static void segment_doc(const struct job *j, const struct eb_journal_segment *s, bool newest, struct eb_doc *d)
{
    eb_doc_begin(d, NULL, '{');
    eb_doc_int(d, "id", s->id);
    eb_doc_int(d, "began_ms", s->began_ms);
    eb_doc_int(d, "first_seq", (int64_t)s->first_seq);
    eb_doc_int(d, "last_seq", (int64_t)s->last_seq);
    eb_doc_int(d, "bytes", (int64_t)s->bytes);
    eb_doc_text(d, "build", s->build);
    eb_doc_int(d, "schema", s->schema);
    eb_doc_bool(d, "readable", s->readable);
    if (s->readable) {
        eb_doc_text(d, "mode", eb_mode_name(&s->config.mode));
        eb_doc_int(d, "symbols_max", s->config.symbols_max);
    }
    eb_doc_text(d, "ending", ending(j, s, newest));
    eb_doc_end(d, '}');
}

static void head(const struct job *j, const struct eb_journal_meta *m, struct eb_buffer *out)
{
    (void)eb_buffer_printf(out, "%s: account %s, instance %" PRIu32 ", made %s UTC, %s, %" PRIu32 " images\n\n",
                           j->path, m->account[0] != '\0' ? m->account : "(any)", m->instance, EB_TIME(m->created_ms),
                           EB_SIZE(size_of(j->path, "") + size_of(j->path, "-wal")), m->images);
}

static int ls_text(struct job *j, const struct eb_journal_meta *m, struct eb_buffer *out, struct eb_err *err)
{
    struct eb_table t;
    uint32_t count = eb_journal_segments(j->reader);
    int rc = EB_OK;
    head(j, m, out);
    eb_table_init(&t, "rlrrllrl");
    eb_table_heads(&t, "segment|began (UTC)|records|bytes|mode|build|schema|ending");
    for (uint32_t i = 0; rc == EB_OK && i < count; i++) {
        struct eb_journal_segment s;
        rc = eb_journal_segment(j->reader, i, &s, err);
        if (rc == EB_OK) {
            segment_row(j, &s, i + 1 == count, &t);
        }
    }
    eb_table_render(&t, "", eb_may_colour(stdout), out);
    eb_table_deinit(&t);
    return rc;
}

static int ls_doc(struct job *j, const struct eb_journal_meta *m, struct eb_buffer *out, struct eb_err *err)
{
    struct eb_doc d = {.out = out};
    uint32_t count = eb_journal_segments(j->reader);
    int rc = EB_OK;
    eb_doc_begin(&d, NULL, '{');
    eb_doc_text(&d, "journal", j->path);
    eb_doc_text(&d, "account", m->account);
    eb_doc_int(&d, "instance", m->instance);
    eb_doc_int(&d, "schema", m->schema);
    eb_doc_int(&d, "created_ms", m->created_ms);
    eb_doc_int(&d, "bytes", (int64_t)(size_of(j->path, "") + size_of(j->path, "-wal")));
    eb_doc_int(&d, "first_seq", (int64_t)m->first_seq);
    eb_doc_int(&d, "last_seq", (int64_t)m->last_seq);
    eb_doc_int(&d, "images", m->images);
    eb_doc_begin(&d, "segments", '[');
    for (uint32_t i = 0; rc == EB_OK && i < count; i++) {
        struct eb_journal_segment s;
        rc = eb_journal_segment(j->reader, i, &s, err);
        if (rc == EB_OK) {
            segment_doc(j, &s, i + 1 == count, &d);
        }
    }
    eb_doc_end(&d, ']');
    eb_doc_end(&d, '}');
    (void)eb_buffer_text(out, "\n");
    return rc;
}

static int ls(struct job *j, struct eb_err *err)
{
    struct eb_buffer out;
    struct eb_journal_meta m;
    eb_journal_meta(j->reader, &m);
    eb_buffer_init(&out, DOCUMENT_MAX);
    int rc = (j->json ? ls_doc : ls_text)(j, &m, &out, err);
    if (rc != EB_OK) {
        eb_buffer_deinit(&out);
        return rc;
    }
    return write_document(&out, err);
}

/* ---- check ------------------------------------------------------------------------------------------------------- */

static void progress(void *user, uint64_t done, uint64_t all)
{
    (void)user;
    eb_progress(done, all);
}

static void folded(void *user, const struct eb_event *ev, const struct eb_actions *a)
{
    uint64_t *n = user;
    (void)ev;
    (void)a;
    if (++*n % 4096 == 0) {
        eb_progress(*n, 0);
    }
}

static int compare_states(struct job *j, struct eb_fold_result *r, struct eb_err *err)
{
    struct eb_engine *e = NULL;
    uint64_t n = 0;
    int rc = eb_journal_fold(j->reader, INT64_MAX, true, folded, &n, &e, r, err);
    eb_progress_end();
    eb_engine_destroy(e);
    if (rc == EB_OK && r->replay.differed > 0) {
        return eb_err_set(err, EB_E_CORRUPT, name,
                          "%s: %" PRIu64 " records fold differently now, the first is %" PRIu64, j->path,
                          r->replay.differed, r->replay.first_differed);
    }
    if (rc == EB_OK && r->disagree > 0) {
        return eb_err_set(err, EB_E_CORRUPT, name,
                          "%s: %" PRIu64 " of %" PRIu64
                          " states differ from the engine's, the first after record %" PRIu64,
                          j->path, r->disagree, r->hashes, r->first_disagree);
    }
    return rc;
}

static int check(struct job *j, struct eb_err *err)
{
    struct eb_fold_result r;
    struct eb_journal_meta m;
    struct eb_buffer out;
    memset(&r, 0, sizeof(r));
    eb_journal_meta(j->reader, &m);
    eb_buffer_init(&out, DOCUMENT_MAX);
    int rc = eb_journal_check(j->reader, progress, NULL, err);
    eb_progress_end();
    rc = rc == EB_OK && m.images > 0 ? compare_states(j, &r, err) : rc;
    if (j->json) {
        struct eb_doc d = {.out = &out};
        eb_doc_begin(&d, NULL, '{');
        eb_doc_text(&d, "journal", j->path);
        eb_doc_bool(&d, "whole", rc == EB_OK);
        eb_doc_text(&d, "damage", rc == EB_OK ? NULL : err->msg);
        eb_doc_int(&d, "records", (int64_t)r.replay.read);
        eb_doc_int(&d, "images", m.images);
        eb_doc_int(&d, "hashes", (int64_t)r.hashes);
        eb_doc_end(&d, '}');
        (void)eb_buffer_text(&out, "\n");
    } else if (rc == EB_OK) {
        (void)eb_buffer_printf(&out,
                               "%s: whole; %" PRIu64 " records, %" PRIu32 " images; the fold equals the engine's state "
                               "at %" PRIu64 " place%s\n",
                               j->path, r.replay.read, m.images, r.hashes, r.hashes == 1 ? "" : "s");
    }
    struct eb_err ignored;
    int written = write_document(&out, rc == EB_OK ? err : &ignored);
    return rc == EB_OK ? written : rc;
}

/* ---- show, export, ledger ---------------------------------------------------------------------------------------- */

static int known_symbol(struct job *j, struct eb_err *err)
{
    struct eb_engine *e = NULL;
    struct eb_nearest near = {0};
    char hint[EB_NEAREST_TEXT_MAX];
    const struct eb_fold_range newest = {.after = UINT64_MAX, .until_ms = INT64_MAX};
    int rc = eb_journal_fold_range(j->reader, &newest, &e, NULL, err);
    if (rc == EB_OK && eb_engine_symbol(e, j->q.symbol) == EB_NO_SYMBOL) {
        for (eb_symbol_id i = 0; i < eb_engine_symbol_count(e); i++) {
            eb_nearest_offer(&near, j->q.symbol, eb_engine_symbol_name(e, i));
        }
        rc = eb_err_set(err, EB_E_INVALID, name, "%.40s: no such symbol in %s%s", j->q.symbol, j->path,
                        eb_nearest_text(&near, hint));
    }
    eb_engine_destroy(e);
    return rc;
}

static int show(struct job *j, struct eb_err *err)
{
    uint64_t told = 0;
    if (j->q.from == 0 && !eb_args_has(j->args, "limit")) {
        j->q.limit = SHOW_LIMIT;
    }
    int rc = j->q.symbol != NULL ? known_symbol(j, err) : EB_OK;
    rc = rc == EB_OK
             ? eb_journal_tell(j->reader, &j->q, j->json ? EB_JOURNAL_DOCUMENT : EB_JOURNAL_LINES, stdout, &told, err)
             : rc;
    if (rc == EB_OK && told == 0 && !j->json) {
        eb_complain(name, "no record matches");
    }
    return rc;
}

static int export(struct job *j, struct eb_err *err)
{
    const char *copy = eb_args_text(j->args, "sqlite");
    const char *out = eb_args_text(j->args, "out");
    uint64_t told = 0;
    if (copy != NULL) {
        return eb_journal_copy(j->reader, copy, err);
    }
    int rc = j->q.symbol != NULL ? known_symbol(j, err) : EB_OK;
    if (rc != EB_OK) {
        return rc;
    }
    FILE *to = out != NULL ? fopen(out, "wxe") : stdout;
    if (to == NULL) {
        return eb_err_set(err, EB_E_IO, name, "--out: %s: %s", out, strerror(errno));
    }
    j->q.from = j->q.from != 0 ? j->q.from : 1;
    rc = eb_journal_tell(j->reader, &j->q, EB_JOURNAL_JSON_LINES, to, &told, err);
    if (out != NULL && fclose(to) != 0 && rc == EB_OK) {
        rc = eb_err_set(err, EB_E_IO, name, "--out: %s: %s", out, strerror(errno));
    }
    return rc;
}

static int ledger(struct job *j, struct eb_err *err)
{
    int rc = j->q.symbol != NULL ? known_symbol(j, err) : EB_OK;
    return rc == EB_OK ? eb_journal_ledger(j->reader, &j->q, j->json, err) : rc;
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*run)(struct job *j, struct eb_err *err);
} verbs[] = {{"ls", ls}, {"show", show}, {"export", export}, {"check", check}, {"ledger", ledger}};

static int find_verb(const char *text, size_t *out, struct eb_err *err)
{
    struct eb_nearest near = {0};
    char hint[EB_NEAREST_TEXT_MAX];
    for (size_t i = 0; i < EB_COUNT(verbs); i++) {
        if (strcmp(text, verbs[i].name) == 0) {
            *out = i;
            return EB_OK;
        }
        eb_nearest_offer(&near, text, verbs[i].name);
    }
    return eb_err_set(err, EB_E_INVALID, name, "\"%.40s\": ls, show, export, check or ledger%s", text,
                      eb_nearest_text(&near, hint));
}

static int read_question(const struct eb_args *a, struct job *j, struct eb_err *err)
{
    int64_t from = 0;
    int64_t to = 0;
    int64_t limit = 0;
    int64_t kind = -1;
    int rc = eb_args_integer(a, "from", 1, SEQ_LIMIT, &from, err);
    rc = rc == EB_OK ? eb_args_integer(a, "to", 1, SEQ_LIMIT, &to, err) : rc;
    rc = rc == EB_OK ? eb_args_integer(a, "limit", 1, 1000000, &limit, err) : rc;
    rc = rc == EB_OK ? eb_args_choice(a, "kind", eb_event_names, &kind, err) : rc;
    if (rc == EB_OK && to != 0 && from > to) {
        rc = eb_err_set(err, EB_E_INVALID, name, "--from %" PRId64 " lies behind --to %" PRId64, from, to);
    }
    j->q = (struct eb_journal_question){.from = (uint64_t)from,
                                        .to = (uint64_t)to,
                                        .limit = (uint64_t)limit,
                                        .symbol = eb_args_text(a, "symbol"),
                                        .kind = (int)kind};
    j->json = eb_args_has(a, "json");
    j->args = a;
    return rc;
}

static enum eb_status run(const struct eb_args *a)
{
    struct job j = {.reader = NULL};
    struct eb_err err = {0};
    size_t verb = 0;
    int rc = find_verb(a->positional[0], &verb, &err);
    rc = rc == EB_OK ? read_question(a, &j, &err) : rc;
    rc = rc == EB_OK ? eb_journal_place(a, j.path, &err) : rc;
    rc = rc == EB_OK ? eb_journal_reader_open(j.path, &j.reader, &err) : rc;
    rc = rc == EB_OK ? verbs[verb].run(&j, &err) : rc;
    if (rc != EB_OK) {
        eb_complain(name, "%s", err.msg);
    }
    eb_journal_reader_close(j.reader);
    return rc == EB_OK ? EB_STATUS_DONE : rc == EB_E_CORRUPT ? EB_STATUS_BAD_NEWS : EB_STATUS_USAGE;
}

const struct eb_subcommand eb_cmd_journal = {
    .name = "journal",
    .arguments = "ls|show|export|check|ledger [OPTIONS]",
    .summary = "the record of an engine, readable: segments, records, exits; checked; as JSON or a database",
    .about = "Reads beside a running engine. show tells each record and what it led to; check looks at every page and\n"
             "record, folds everything again and compares it with what the engine knew of itself (status 1: damage);\n"
             "ledger lists exits, also those that a shadow engine would have made.",
    .option = options,
    .option_count = EB_COUNT(options),
    .positional_min = 1,
    .positional_max = 1,
    .run = run,
};
