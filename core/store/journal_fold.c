/* SPDX-License-Identifier: Apache-2.0 */
/* Folding a journal; see journal_fold.h. */
#include "store/journal_fold.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define REMEDY                                                                                                       \
    "run that build until the account is flat, stop it and move the file away; or move it away now: open positions " \
    "are then adopted from the venue"

int eb_fold_open(struct eb_fold *f, sqlite3 *db, struct eb_err *err)
{
    memset(f, 0, sizeof(*f));
    f->db = db;
    f->record = calloc(1, sizeof(*f->record));
    f->actions = calloc(1, sizeof(*f->actions));
    if (f->record == NULL || f->actions == NULL) {
        return eb_sql_say(db, err, EB_E_MEMORY, "no memory for a fold");
    }
    int rc = eb_rows_segments(db, &f->segment, &f->segments, err);
    rc = rc == EB_OK ? eb_rows_images(db, &f->image, &f->images, err) : rc;
    rc = rc == EB_OK ? eb_sql_prepare(db, "SELECT " EB_FOLD_COLUMNS " FROM record WHERE seq > ?1 ORDER BY seq LIMIT ?2",
                                      &f->records, err)
                     : rc;
    return rc == EB_OK
               ? eb_sql_prepare(db, "SELECT seq, bytes FROM hash WHERE seq >= ?1 ORDER BY seq LIMIT 1", &f->hash, err)
               : rc;
}

void eb_fold_close(struct eb_fold *f)
{
    (void)sqlite3_finalize(f->records);
    (void)sqlite3_finalize(f->hash);
    eb_engine_destroy(f->engine);
    free(f->segment);
    free(f->image);
    free(f->record);
    free(f->actions);
    memset(f, 0, sizeof(*f));
}

int eb_fold_refuse_schema(sqlite3 *db, const char *build, uint32_t codec, struct eb_err *err)
{
    return eb_sql_say(db, err, EB_E_REFUSED,
                      "written by build %s under record schema %" PRIu32 ", this build reads %d: " REMEDY,
                      build[0] != '\0' ? build : "(unknown)", codec, EB_CODEC_SCHEMA);
}

int eb_fold_refuse_build(const struct eb_err *cause, const char *build, struct eb_err *err)
{
    return eb_err_set(err, EB_E_REFUSED, "journal", "%.220s (build %s wrote it): " REMEDY, cause->msg,
                      build[0] != '\0' ? build : "(unknown)");
}

/* ---- segments and images ----------------------------------------------------------------------------------------- */

static int segment_of(const struct eb_fold *f, const struct eb_image_head *head, uint32_t *index, struct eb_err *err)
{
    for (uint32_t i = 0; i < f->segments; i++) {
        if (f->segment[i].id == head->segment) {
            *index = i;
            return EB_OK;
        }
    }
    return eb_sql_say(f->db, err, EB_E_CORRUPT, "the image after record %" PRIu64 " names segment %u, which is missing",
                      head->seq, head->segment);
}

int eb_fold_begin(struct eb_fold *f, const struct eb_image_head *from, struct eb_err *err)
{
    uint32_t index = 0;
    struct eb_err cause = {.msg = ""};
    struct eb_engine *engine = NULL;
    int rc = segment_of(f, from, &index, err);
    if (rc != EB_OK) {
        return rc;
    }
    const struct eb_segment_row *segment = &f->segment[index];
    if (!segment->readable) {
        return eb_fold_refuse_schema(f->db, segment->build, segment->codec, err);
    }
    rc = eb_rows_load_image(f->db, from, &segment->config, &engine, &cause);
    if (rc != EB_OK) {
        return rc == EB_E_REFUSED ? eb_fold_refuse_build(&cause, segment->build, err)
                                  : eb_err_set(err, rc, "journal", "%s", cause.msg);
    }
    eb_engine_destroy(f->engine);
    f->engine = engine;
    f->at = index;
    f->seq = from->seq;
    f->last_ms = from->ms;
    f->last_ns = from->ns;
    return EB_OK;
}

static void compare(struct eb_fold *f, uint64_t hash)
{
    f->result.hashes++;
    if (eb_engine_durable_hash(f->engine) != hash) {
        f->result.disagree++;
        f->result.first_disagree = f->result.disagree == 1 ? f->seq : f->result.first_disagree;
    }
}

/* Where a segment begins, the engine is the one that it began with: what is folded so far is compared and dropped. Of
 * segments that begin at the same place only the last was lived in. Done before its first record, not behind the last
 * one of the segment before: up to there the engine has seen more than an image keeps. */
static int cross_segments(struct eb_fold *f, struct eb_err *err)
{
    uint32_t next = f->at;
    while (next + 1 < f->segments && f->segment[next + 1].base_seq <= f->seq) {
        next++;
    }
    if (next == f->at) {
        return EB_OK;
    }
    for (uint32_t i = 0; i < f->images; i++) {
        const struct eb_image_head *head = &f->image[i];
        if (head->seq == f->seq && head->segment == f->segment[next].id) {
            compare(f, head->hash);
            return eb_fold_begin(f, head, err);
        }
    }
    return eb_sql_say(f->db, err, EB_E_CORRUPT, "segment %u has no image of what it began with", f->segment[next].id);
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

int eb_fold_read_row(sqlite3_stmt *row, struct eb_decoded_event *out, struct eb_err *err)
{
    struct eb_err cause = {.msg = "it is cut"};
    struct eb_record record;
    int64_t seq = sqlite3_column_int64(row, 0);
    size_t len = (size_t)sqlite3_column_bytes(row, 4);
    size_t used = 0;
    if (eb_record_read(sqlite3_column_blob(row, 4), len, &used, &record, &cause) != EB_OK || used != len) {
        return eb_sql_say(sqlite3_db_handle(row), err, EB_E_CORRUPT, "record %" PRId64 ": %s", seq, cause.msg);
    }
    if (eb_record_event(&record, out, &cause) != EB_OK) { /* the bytes are those that were written */
        return eb_sql_say(sqlite3_db_handle(row), err, EB_E_REFUSED, "record %" PRId64 ": %s", seq, cause.msg);
    }
    bool symbol = sqlite3_column_type(row, 3) == SQLITE_NULL ? out->ev.symbol == EB_NO_SYMBOL
                                                             : sqlite3_column_int64(row, 3) == (int64_t)out->ev.symbol;
    if (!out->durable || !symbol || sqlite3_column_int64(row, 1) != out->ev.now_ms ||
        sqlite3_column_int64(row, 2) != out->ev.kind) {
        return eb_sql_say(sqlite3_db_handle(row), err, EB_E_CORRUPT, "record %" PRId64 " is another's", seq);
    }
    return EB_OK;
}

static int find_hash(struct eb_fold *f, struct eb_err *err)
{
    if (f->ahead_seq >= f->seq && f->ahead_seq != 0) {
        return EB_OK;
    }
    (void)sqlite3_bind_int64(f->hash, 1, (int64_t)f->seq);
    int rc = eb_sql_next(f->hash, err);
    f->ahead_seq = UINT64_MAX;
    if (rc == EB_OK) {
        f->ahead_seq = eb_sql_u64(f->hash, 0);
        rc = eb_rows_open_hash(f->db, f->ahead_seq, sqlite3_column_blob(f->hash, 1),
                               (size_t)sqlite3_column_bytes(f->hash, 1), &f->ahead_hash, err);
    }
    (void)sqlite3_reset(f->hash);
    return rc == EB_E_END ? EB_OK : rc;
}

/* What the live engine was after this record, where it is known: a hash, else an image of the same life. */
static int compare_here(struct eb_fold *f, struct eb_err *err)
{
    int rc = find_hash(f, err);
    if (rc != EB_OK) {
        return rc;
    }
    while (f->image_at < f->images && f->image[f->image_at].seq < f->seq) {
        f->image_at++;
    }
    const struct eb_image_head *image = f->image_at < f->images ? &f->image[f->image_at] : NULL;
    if (f->ahead_seq == f->seq) {
        compare(f, f->ahead_hash);
        f->ahead_seq = 0;
    } else if (image != NULL && image->seq == f->seq && image->segment == f->segment[f->at].id) {
        compare(f, image->hash);
    }
    return EB_OK;
}

/* An event that the engine took then and refuses now has changed nothing: it is counted as different, and what follows
 * is the best that there is. */
static int step(struct eb_fold *f, struct eb_err *err)
{
    struct eb_replay_result *r = &f->result.replay;
    bool refused = eb_engine_step(f->engine, &f->record->ev, f->actions) != EB_OK;
    bool differed = refused || !f->actions->durable;
    f->seq++;
    f->last_ms = f->record->ev.now_ms;
    f->last_ns = f->record->ev.now_ns;
    r->read++;
    r->stepped += refused ? 0 : 1;
    r->durable++;
    r->last_ms = f->last_ms;
    if (differed) {
        r->differed++;
        r->first_differed = r->differed == 1 ? f->seq : r->first_differed;
    }
    if (f->observe != NULL && !refused) {
        const struct eb_fold_step told = {f->engine, f->seq, f->record, f->actions, differed};
        f->observe(f->user, &told);
    }
    return compare_here(f, err);
}

static int next_row(struct eb_fold *f, const struct eb_fold_limit *limit, struct eb_err *err)
{
    int rc = f->seq < limit->until_seq ? eb_sql_next(f->records, err) : EB_E_END;
    if (rc != EB_OK) {
        return rc;
    }
    uint64_t seq = eb_sql_u64(f->records, 0);
    if (seq != f->seq + 1) {
        return eb_sql_say(f->db, err, EB_E_CORRUPT, "record %" PRIu64 " is missing", f->seq + 1);
    }
    struct eb_err cause = {.msg = ""};
    rc = eb_fold_read_row(f->records, f->record, &cause);
    if (rc != EB_OK) {
        return rc == EB_E_REFUSED ? eb_fold_refuse_build(&cause, f->segment[f->at].build, err)
                                  : eb_err_set(err, rc, "journal", "%s", cause.msg);
    }
    return f->record->ev.now_ms > limit->until_ms ? EB_E_END : EB_OK;
}

int eb_fold_some(struct eb_fold *f, const struct eb_fold_limit *limit, uint32_t max, struct eb_err *err)
{
    (void)sqlite3_bind_int64(f->records, 1, (int64_t)f->seq);
    (void)sqlite3_bind_int64(f->records, 2, (int64_t)max);
    uint32_t stepped = 0;
    int rc = EB_OK;
    while (rc == EB_OK && stepped < max) {
        rc = next_row(f, limit, err);
        rc = rc == EB_OK ? cross_segments(f, err) : rc;
        rc = rc == EB_OK ? step(f, err) : rc;
        stepped++;
    }
    (void)sqlite3_reset(f->records);
    f->result.replay.durable_hash = rc == EB_E_END ? eb_engine_durable_hash(f->engine) : 0;
    return rc;
}
