/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a journal, beside its engine or without one: what is in it, its records, the state at a moment. */
#include "store/journal_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char area[] = "journal";

#define RUN 256 /* records of one read transaction */

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static int look_at_marks(sqlite3 *db, struct eb_journal_meta *meta, struct eb_err *err)
{
    int64_t application = 0;
    int64_t schema = 0;
    char build[EB_META_TEXT_MAX];
    int rc = eb_sql_integer(db, "PRAGMA application_id", &application, err);
    rc = rc == EB_OK ? eb_sql_integer(db, "PRAGMA user_version", &schema, err) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    if (application != EB_JOURNAL_APPLICATION) {
        return eb_sql_say(db, err, EB_E_REFUSED, "this is no journal: application id %" PRId64, application);
    }
    meta->schema = (uint32_t)schema;
    if (schema != EB_JOURNAL_SCHEMA) {
        bool known = eb_rows_get_meta(db, "created_by", build, NULL) == EB_OK;
        return eb_sql_say(db, err, EB_E_REFUSED,
                          "has journal schema %" PRId64 ", this build reads %d: read it with build %s, which made it",
                          schema, EB_JOURNAL_SCHEMA, known ? build : "(unknown)");
    }
    return EB_OK;
}

static int read_meta(sqlite3 *db, struct eb_journal_meta *meta, struct eb_err *err)
{
    char account[EB_META_TEXT_MAX];
    char closed[EB_META_TEXT_MAX];
    uint64_t created = 0;
    uint64_t instance = 0;
    int rc = eb_rows_get_meta(db, "account", account, err);
    rc = rc == EB_OK ? eb_rows_get_meta(db, "closed", closed, err) : rc;
    rc = rc == EB_OK ? eb_rows_get_meta_u64(db, "created_ms", &created, err) : rc;
    rc = rc == EB_OK ? eb_rows_get_meta_u64(db, "instance", &instance, err) : rc;
    if (rc != EB_OK) {
        return rc == EB_E_NOT_FOUND ? eb_sql_say(db, err, EB_E_CORRUPT, "does not say which engine's it is") : rc;
    }
    size_t len = strlen(account);
    memcpy(meta->account, account, len < sizeof(meta->account) ? len : sizeof(meta->account) - 1);
    meta->created_ms = (int64_t)created;
    meta->instance = (uint32_t)instance;
    meta->closed = closed[0] != '\0';
    return EB_OK;
}

static int read_extent(struct eb_journal_reader *r, struct eb_err *err)
{
    int64_t base = 0;
    int64_t first = 0;
    int64_t last = 0;
    int64_t images = 0;
    int rc = eb_sql_integer(r->db, "SELECT min(seq) FROM image", &base, err);
    rc = rc == EB_OK ? eb_sql_integer(r->db, "SELECT count(*) FROM image", &images, err) : rc;
    rc = rc == EB_OK ? eb_sql_integer(r->db, "SELECT min(seq) FROM record", &first, err) : rc;
    rc = rc == EB_OK ? eb_sql_integer(r->db, "SELECT max(seq) FROM record", &last, err) : rc;
    if (rc == EB_OK && (base < 0 || first < 0 || last < 0 || images < 0)) {
        rc = eb_sql_say(r->db, err, EB_E_CORRUPT, "numbers its records from below 0");
    }
    if (rc == EB_OK) {
        r->base = (uint64_t)base;
        r->meta.images = (uint32_t)images;
        r->meta.first_seq = last > base ? (uint64_t)(first > base ? first : base + 1) : 0;
        r->meta.last_seq = last > base ? (uint64_t)last : 0;
    }
    return rc;
}

int eb_journal_reader_open(const char *path, struct eb_journal_reader **out, struct eb_err *err)
{
    *out = NULL;
    struct eb_journal_reader *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return eb_err_set(err, EB_E_MEMORY, area, "no memory for %zu bytes", sizeof(*r));
    }
    int rc = eb_sql_open_reader(path, &r->db, err);
    rc = rc == EB_OK ? look_at_marks(r->db, &r->meta, err) : rc;
    rc = rc == EB_OK ? eb_rows_check_tables(r->db, err) : rc;
    rc = rc == EB_OK ? read_meta(r->db, &r->meta, err) : rc;
    rc = rc == EB_OK ? eb_rows_segments(r->db, &r->segment, &r->segments, err) : rc;
    rc = rc == EB_OK ? read_extent(r, err) : rc;
    if (rc != EB_OK) {
        eb_journal_reader_close(r);
        return rc;
    }
    *out = r;
    return EB_OK;
}

void eb_journal_reader_close(struct eb_journal_reader *r)
{
    if (r != NULL) {
        (void)sqlite3_finalize(r->rows);
        eb_sql_close(r->db);
        free(r->segment);
        free(r);
    }
}

/* ---- what is in it ----------------------------------------------------------------------------------------------- */

void eb_journal_meta(const struct eb_journal_reader *r, struct eb_journal_meta *out)
{
    *out = r->meta;
}

uint32_t eb_journal_segments(const struct eb_journal_reader *r)
{
    return r->segments;
}

int eb_journal_segment(struct eb_journal_reader *r, uint32_t index, struct eb_journal_segment *out, struct eb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    memset(out, 0, sizeof(*out));
    if (index >= r->segments) {
        return eb_sql_say(r->db, err, EB_E_NOT_FOUND, "has %u segments", r->segments);
    }
    const struct eb_segment_row *row = &r->segment[index];
    bool newest = index + 1 == r->segments;
    uint64_t from = row->base_seq > r->base ? row->base_seq : r->base;
    out->id = row->id;
    out->schema = row->codec;
    out->began_ms = row->began_ms;
    out->readable = row->readable;
    out->config = row->config;
    out->closed = newest && r->meta.closed;
    memcpy(out->build, row->build, sizeof(out->build));
    int rc = eb_sql_prepare(
        r->db, "SELECT min(seq), max(seq), sum(length(bytes)) FROM record WHERE seq > ?1 AND seq <= ?2", &stmt, err);
    if (rc == EB_OK) {
        (void)sqlite3_bind_int64(stmt, 1, (int64_t)from);
        (void)sqlite3_bind_int64(stmt, 2, newest ? INT64_MAX : (int64_t)r->segment[index + 1].base_seq);
        rc = eb_sql_next(stmt, err);
    }
    if (rc == EB_OK) {
        out->first_seq = eb_sql_u64(stmt, 0);
        out->last_seq = eb_sql_u64(stmt, 1);
        out->bytes = eb_sql_u64(stmt, 2);
    }
    (void)sqlite3_finalize(stmt);
    return rc;
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

/* A statement gives a run of rows; then it is begun anew, so that no transaction stands for long. */
static int next_row(struct eb_journal_reader *r, struct eb_err *err)
{
    if (r->in_run == 0) {
        (void)sqlite3_reset(r->rows);
        (void)sqlite3_bind_int64(r->rows, 1, (int64_t)r->seq);
        (void)sqlite3_bind_int64(r->rows, 2, RUN);
    }
    int rc = eb_sql_next(r->rows, err);
    r->in_run = rc == EB_OK ? (r->in_run + 1) % RUN : 0;
    return rc;
}

static const struct eb_segment_row *segment_of(const struct eb_journal_reader *r, uint64_t seq)
{
    const struct eb_segment_row *found = NULL;
    for (uint32_t i = 0; i < r->segments && r->segment[i].base_seq < seq; i++) {
        found = &r->segment[i];
    }
    return found;
}

static int next_record(void *source, struct eb_decoded_event *out, struct eb_err *err)
{
    struct eb_journal_reader *r = source;
    int rc = next_row(r, err);
    if (rc != EB_OK) {
        return rc;
    }
    uint64_t seq = eb_sql_u64(r->rows, 0);
    if (seq != r->seq + 1) {
        return eb_sql_say(r->db, err, EB_E_CORRUPT, "record %" PRIu64 " is missing", r->seq + 1);
    }
    const struct eb_segment_row *segment = segment_of(r, seq);
    if (segment != NULL && !segment->readable) {
        return eb_fold_refuse_schema(r->db, segment->build, segment->codec, err);
    }
    struct eb_err cause = {.msg = ""};
    rc = eb_fold_read_row(r->rows, out, &cause);
    if (rc != EB_OK) {
        return rc == EB_E_REFUSED ? eb_fold_refuse_build(&cause, segment != NULL ? segment->build : "", err)
                                  : eb_err_set(err, rc, area, "%s", cause.msg);
    }
    r->seq = seq;
    return EB_OK;
}

int eb_journal_records(struct eb_journal_reader *r, uint64_t from, struct eb_record_source *out, struct eb_err *err)
{
    uint64_t first = r->meta.first_seq != 0 ? r->meta.first_seq : r->base + 1;
    r->seq = (from > first ? from : first) - 1;
    r->in_run = 0;
    *out = (struct eb_record_source){.source = r, .next = next_record};
    return r->rows != NULL
               ? EB_OK
               : eb_sql_prepare(r->db, "SELECT " EB_FOLD_COLUMNS " FROM record WHERE seq > ?1 ORDER BY seq LIMIT ?2",
                                &r->rows, err);
}

uint64_t eb_journal_record_seq(const struct eb_journal_reader *r)
{
    return r->seq;
}

/* ---- folds ------------------------------------------------------------------------------------------------------- */

/* The newest image at which a fold may begin; NULL when all are later. */
static const struct eb_image_head *image_before(const struct eb_fold *f, uint64_t seq, int64_t ms)
{
    const struct eb_image_head *found = NULL;
    for (uint32_t i = 0; i < f->images && f->image[i].seq <= seq && f->image[i].ms <= ms; i++) {
        found = &f->image[i];
    }
    return found;
}

static int run_fold(struct eb_fold *f, const struct eb_fold_limit *limit, struct eb_engine **out, struct eb_err *err)
{
    int rc = EB_OK;
    while (rc == EB_OK) {
        *out = f->engine;
        rc = eb_fold_some(f, limit, RUN, err);
    }
    *out = NULL;
    if (rc != EB_E_END) {
        return rc;
    }
    *out = f->engine;
    f->engine = NULL;
    return EB_OK;
}

struct told {
    void (*observe)(void *user, const struct eb_event *ev, const struct eb_actions *a);
    void *user;
    struct eb_engine **engine;
};

static void pass_on(void *user, const struct eb_fold_step *step)
{
    const struct told *t = user;
    *t->engine = (struct eb_engine *)step->engine; /* the fold's own, which may have become another */
    t->observe(t->user, &step->record->ev, step->actions);
}

static int open_fold(struct eb_journal_reader *r, struct eb_fold *f, struct eb_err *err)
{
    int rc = eb_fold_open(f, r->db, err);
    return rc == EB_OK && f->images == 0 ? eb_sql_say(r->db, err, EB_E_NOT_FOUND, "has no engine's state yet") : rc;
}

static int end_fold(struct eb_fold *f, int rc, struct eb_fold_result *result)
{
    if (result != NULL) {
        *result = f->result;
    }
    eb_fold_close(f);
    return rc;
}

int eb_journal_fold(struct eb_journal_reader *r, int64_t until_ms, bool from_start,
                    void (*observe)(void *user, const struct eb_event *ev, const struct eb_actions *a), void *user,
                    struct eb_engine **out, struct eb_fold_result *result, struct eb_err *err)
{
    struct eb_fold f;
    struct told told = {observe, user, out};
    const struct eb_fold_limit limit = {.until_seq = UINT64_MAX, .until_ms = until_ms};
    *out = NULL;
    int rc = open_fold(r, &f, err);
    if (rc == EB_OK) {
        const struct eb_image_head *from = image_before(&f, from_start ? f.image[0].seq : UINT64_MAX, until_ms);
        rc = from != NULL
                 ? eb_fold_begin(&f, from, err)
                 : eb_sql_say(r->db, err, EB_E_NOT_FOUND,
                              "begins at %" PRId64 " (epoch ms): what was before is no longer kept", f.image[0].ms);
    }
    f.observe = observe != NULL ? pass_on : NULL;
    f.user = &told;
    rc = rc == EB_OK ? run_fold(&f, &limit, out, err) : rc;
    return end_fold(&f, rc, result);
}

int eb_journal_fold_range(struct eb_journal_reader *r, const struct eb_fold_range *range, struct eb_engine **out,
                          struct eb_fold_result *result, struct eb_err *err)
{
    struct eb_fold f;
    const struct eb_fold_limit limit = {.until_seq = range->until_seq != 0 ? range->until_seq : UINT64_MAX,
                                        .until_ms = range->until_ms};
    *out = NULL;
    int rc = open_fold(r, &f, err);
    if (rc == EB_OK) {
        const struct eb_image_head *from = image_before(&f, range->after, INT64_MAX);
        from = from != NULL ? from : &f.image[0];
        rc = from->seq <= limit.until_seq ? eb_fold_begin(&f, from, err)
                                          : eb_sql_say(r->db, err, EB_E_NOT_FOUND,
                                                       "records before %" PRIu64 " are no longer kept", from->seq + 1);
    }
    f.observe = range->observe;
    f.user = range->user;
    rc = rc == EB_OK ? run_fold(&f, &limit, out, err) : rc;
    return end_fold(&f, rc, result);
}
