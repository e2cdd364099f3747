/* SPDX-License-Identifier: Apache-2.0 */
/* Images of an engine's durable state, as rows: a head is there only where every part is. */
#include "store/journal_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"

#define IMAGE_VERSION 1
#define PARTS_BITS 16
#define PARTS_MAX ((1u << PARTS_BITS) - 1)
#define SEQ_MAX (INT64_MAX >> PARTS_BITS)

/* Kinds of the sealed rows; beside those of codec.h, and never in a tape. */
#define KIND_HEAD (EB_REC_FIRST + 0x10)
#define KIND_PART (EB_REC_FIRST + 0x11)

_Static_assert(EB_IMAGE_PART_MAX + EB_RECORD_OVERHEAD + 16 <= EB_RECORD_MAX, "a part is a record's payload");

static int64_t row_id(uint64_t seq, uint32_t part)
{
    EB_ASSERT(seq <= (uint64_t)SEQ_MAX && part <= PARTS_MAX);
    return (int64_t)(seq << PARTS_BITS | part);
}

static int put(sqlite3 *db, const char *sql, int64_t id, const unsigned char *bytes, size_t len, struct eb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = eb_sql_prepare(db, sql, &stmt, err);
    if (rc == EB_OK) {
        (void)sqlite3_bind_int64(stmt, 1, id);
        (void)sqlite3_bind_blob(stmt, 2, bytes, (int)len, SQLITE_STATIC);
        rc = eb_sql_run(stmt, err);
    }
    (void)sqlite3_finalize(stmt);
    return rc;
}

static void wire_head(struct eb_cursor *w, struct eb_image_head *v)
{
    eb_cursor_u64(w, &v->seq);
    eb_cursor_u32(w, &v->segment);
    eb_cursor_u32(w, &v->parts);
    eb_cursor_u64(w, &v->hash);
    eb_cursor_i64(w, &v->ms);
    eb_cursor_i64(w, &v->ns);
}

int eb_rows_put_image_head(sqlite3 *db, const struct eb_image_head *head, struct eb_err *err)
{
    unsigned char bytes[128];
    struct eb_image_head copy = *head;
    struct eb_cursor w = eb_cursor_writer(bytes + EB_RECORD_HEAD, sizeof(bytes) - EB_RECORD_OVERHEAD);
    wire_head(&w, &copy);
    EB_ASSERT(w.code == EB_OK);
    size_t len = eb_record_seal(bytes, KIND_HEAD, IMAGE_VERSION, w.at);
    return put(db, "INSERT OR REPLACE INTO image(seq, bytes) VALUES(?1, ?2)", (int64_t)head->seq, bytes, len, err);
}

/* seq and part are within the checksum: a row that stands in another's place is seen. */
int eb_rows_put_image_part(sqlite3 *db, uint64_t seq, uint32_t part, const unsigned char *part_bytes, size_t len,
                           struct eb_err *err)
{
    unsigned char bytes[EB_RECORD_MAX];
    EB_ASSERT(part >= 1 && part <= PARTS_MAX && len <= EB_IMAGE_PART_MAX);
    struct eb_cursor w = eb_cursor_writer(bytes + EB_RECORD_HEAD, sizeof(bytes) - EB_RECORD_OVERHEAD);
    eb_cursor_u64(&w, &seq);
    eb_cursor_u32(&w, &part);
    eb_cursor_bytes(&w, (uint8_t *)part_bytes, len);
    EB_ASSERT(w.code == EB_OK);
    size_t sealed = eb_record_seal(bytes, KIND_PART, IMAGE_VERSION, w.at);
    return put(db, "INSERT OR REPLACE INTO image_part(id, bytes) VALUES(?1, ?2)", row_id(seq, part), bytes, sealed,
               err);
}

int eb_rows_put_image(sqlite3 *db, const struct eb_engine *engine, struct eb_image_head *head, struct eb_err *err)
{
    unsigned char part[EB_IMAGE_PART_MAX];
    uint32_t cursor = 0;
    size_t len = 0;
    head->parts = 0;
    head->hash = eb_engine_durable_hash(engine);
    int rc = eb_rows_delete_image(db, head->seq, err); /* an older one may have had more parts */
    while (rc == EB_OK && (rc = eb_engine_image_part(engine, &cursor, part, sizeof(part), &len)) == EB_OK) {
        if (head->parts >= PARTS_MAX) {
            return eb_sql_say(db, err, EB_E_FULL, "an image has at most %u parts", PARTS_MAX);
        }
        head->parts++;
        rc = eb_rows_put_image_part(db, head->seq, head->parts, part, len, err);
        if (rc != EB_OK) {
            return rc;
        }
    }
    return rc == EB_E_END ? eb_rows_put_image_head(db, head, err) : rc;
}

static int delete_range(sqlite3 *db, const char *sql, int64_t from, int64_t to, struct eb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = eb_sql_prepare(db, sql, &stmt, err);
    if (rc == EB_OK) {
        (void)sqlite3_bind_int64(stmt, 1, from);
        (void)sqlite3_bind_int64(stmt, 2, to);
        rc = eb_sql_run(stmt, err);
    }
    (void)sqlite3_finalize(stmt);
    return rc;
}

int eb_rows_delete_image(sqlite3 *db, uint64_t seq, struct eb_err *err)
{
    int rc = delete_range(db, "DELETE FROM image WHERE seq BETWEEN ?1 AND ?2", (int64_t)seq, (int64_t)seq, err);
    return rc == EB_OK ? delete_range(db, "DELETE FROM image_part WHERE id BETWEEN ?1 AND ?2", row_id(seq, 1),
                                      row_id(seq, PARTS_MAX), err)
                       : rc;
}

/* The first part behind seq `after` (-1: of all), as the seq of its image; -1 none. One look per image. */
static int next_image(sqlite3_stmt *stmt, int64_t after, int64_t *seq, struct eb_err *err)
{
    (void)sqlite3_bind_int64(stmt, 1, after < 0 ? -1 : row_id((uint64_t)after, PARTS_MAX));
    int rc = eb_sql_next(stmt, err);
    *seq = rc == EB_OK ? sqlite3_column_int64(stmt, 0) >> PARTS_BITS : -1;
    bool whole = rc == EB_OK && sqlite3_column_int(stmt, 1) == 1;
    (void)sqlite3_reset(stmt);
    return rc == EB_OK && !whole ? EB_E_NOT_FOUND : rc;
}

int eb_rows_delete_stray_images(sqlite3 *db, uint64_t seq, struct eb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    int64_t at = -1;
    int rc = delete_range(db, "DELETE FROM image WHERE seq BETWEEN ?1 AND ?2", (int64_t)seq + 1, INT64_MAX, err);
    rc = rc == EB_OK ? eb_sql_prepare(db,
                                      "SELECT id, EXISTS(SELECT 1 FROM image WHERE image.seq = image_part.id >> 16)"
                                      " FROM image_part WHERE id > ?1 ORDER BY id LIMIT 1",
                                      &stmt, err)
                     : rc;
    while (rc == EB_OK) {
        rc = next_image(stmt, at, &at, err);
        rc = rc == EB_E_NOT_FOUND ? eb_rows_delete_image(db, (uint64_t)at, err) : rc;
    }
    (void)sqlite3_finalize(stmt);
    return rc == EB_E_END ? EB_OK : rc;
}

static int open_head(sqlite3 *db, int64_t seq, const unsigned char *bytes, size_t len, struct eb_image_head *out,
                     struct eb_err *err)
{
    struct eb_record record;
    struct eb_err cause = {.msg = "it is cut"};
    size_t used = 0;
    memset(out, 0, sizeof(*out));
    if (eb_record_read(bytes, len, &used, &record, &cause) != EB_OK || used != len || record.kind != KIND_HEAD) {
        return eb_sql_say(db, err, EB_E_CORRUPT, "the image after record %" PRId64 ": %s", seq, cause.msg);
    }
    struct eb_cursor w = eb_cursor_reader(record.payload, record.len);
    wire_head(&w, out);
    if (w.code != EB_OK || w.at != record.len || seq < 0 || seq > SEQ_MAX || out->seq != (uint64_t)seq) {
        return eb_sql_say(db, err, EB_E_CORRUPT, "the image after record %" PRId64 " is another's", seq);
    }
    return EB_OK;
}

int eb_rows_images(sqlite3 *db, struct eb_image_head **out, uint32_t *count, struct eb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    struct eb_image_head *heads = NULL;
    int64_t all = 0;
    uint32_t n = 0;
    *out = NULL;
    *count = 0;
    int rc = eb_sql_integer(db, "SELECT count(*) FROM image", &all, err);
    if (rc != EB_OK) {
        return rc;
    }
    if (all >= 0 && all < UINT32_MAX) {
        heads = calloc((size_t)all + 1, sizeof(*heads));
    }
    if (heads == NULL) {
        return eb_sql_say(db, err, EB_E_MEMORY, "no memory for %" PRId64 " images", all);
    }
    rc = eb_sql_prepare(db, "SELECT seq, bytes FROM image ORDER BY seq", &stmt, err);
    while (rc == EB_OK && n < all && (rc = eb_sql_next(stmt, err)) == EB_OK) {
        rc = open_head(db, sqlite3_column_int64(stmt, 0), sqlite3_column_blob(stmt, 1),
                       (size_t)sqlite3_column_bytes(stmt, 1), &heads[n], err);
        n++;
    }
    (void)sqlite3_finalize(stmt);
    if (rc != EB_OK && rc != EB_E_END) {
        free(heads);
        return rc;
    }
    *out = heads;
    *count = n;
    return EB_OK;
}

/* The engine's bytes within a row. */
static int open_part(const struct eb_image_head *head, uint32_t part, sqlite3_stmt *row, const unsigned char **bytes,
                     size_t *len, struct eb_err *err)
{
    sqlite3 *db = sqlite3_db_handle(row);
    struct eb_record record;
    struct eb_err cause = {.msg = "it is cut"};
    size_t all = (size_t)sqlite3_column_bytes(row, 1);
    size_t used = 0;
    uint64_t seq = 0;
    uint32_t number = 0;
    if (eb_record_read(sqlite3_column_blob(row, 1), all, &used, &record, &cause) != EB_OK || used != all ||
        record.kind != KIND_PART) {
        return eb_sql_say(db, err, EB_E_CORRUPT, "the image after record %" PRIu64 ", part %u: %s", head->seq, part,
                          cause.msg);
    }
    struct eb_cursor w = eb_cursor_reader(record.payload, record.len);
    eb_cursor_u64(&w, &seq);
    eb_cursor_u32(&w, &number);
    if (w.code != EB_OK || seq != head->seq || number != part || sqlite3_column_int64(row, 0) != row_id(seq, part)) {
        return eb_sql_say(db, err, EB_E_CORRUPT, "the image after record %" PRIu64 ": part %u of %u is missing",
                          head->seq, part, head->parts);
    }
    *bytes = record.payload + w.at;
    *len = record.len - w.at;
    return EB_OK;
}

/* The checksums hold, and yet the engine does not take it: another build wrote it. */
static int strange_image(sqlite3 *db, const struct eb_image_head *head, const struct eb_err *cause, struct eb_err *err)
{
    int code = cause->code == EB_E_CORRUPT ? EB_E_REFUSED : cause->code;
    return eb_sql_say(db, err, code, "the image after record %" PRIu64 " cannot be read by this build: %.160s",
                      head->seq, cause->msg);
}

static int load_parts(sqlite3_stmt *stmt, const struct eb_image_head *head, struct eb_engine *engine,
                      struct eb_err *err)
{
    sqlite3 *db = sqlite3_db_handle(stmt);
    struct eb_err cause = {.msg = ""};
    for (uint32_t part = 1; part <= head->parts; part++) {
        const unsigned char *bytes = NULL;
        size_t len = 0;
        int rc = eb_sql_next(stmt, err);
        if (rc == EB_E_END) {
            return eb_sql_say(db, err, EB_E_CORRUPT, "the image after record %" PRIu64 ": part %u of %u is missing",
                              head->seq, part, head->parts);
        }
        rc = rc == EB_OK ? open_part(head, part, stmt, &bytes, &len, err) : rc;
        if (rc != EB_OK) {
            return rc;
        }
        rc = eb_engine_image_load(engine, bytes, len, &cause);
        if (rc != EB_OK) {
            return strange_image(db, head, &cause, err);
        }
    }
    int rc = eb_engine_image_done(engine, head->ns, head->ms, &cause);
    if (rc == EB_OK && eb_engine_durable_hash(engine) != head->hash) {
        rc = eb_err_set(&cause, EB_E_CORRUPT, "journal", "its hash is another now");
    }
    return rc == EB_OK ? rc : strange_image(db, head, &cause, err);
}

int eb_rows_load_image(sqlite3 *db, const struct eb_image_head *head, const struct eb_engine_config *config,
                       struct eb_engine **out, struct eb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    *out = NULL;
    int rc = eb_sql_prepare(db, "SELECT id, bytes FROM image_part WHERE id BETWEEN ?1 AND ?2 ORDER BY id", &stmt, err);
    rc = rc == EB_OK ? eb_engine_create(config, out, err) : rc;
    if (rc == EB_OK) {
        (void)sqlite3_bind_int64(stmt, 1, row_id(head->seq, 1));
        (void)sqlite3_bind_int64(stmt, 2, row_id(head->seq, PARTS_MAX));
        rc = load_parts(stmt, head, *out, err);
    }
    (void)sqlite3_finalize(stmt);
    if (rc != EB_OK) {
        eb_engine_destroy(*out);
        *out = NULL;
    }
    return rc;
}
