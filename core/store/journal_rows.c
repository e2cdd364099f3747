/* SPDX-License-Identifier: Apache-2.0 */
/* Tables, meta, segments and hashes. Images are in journal_image.c. */
#include "store/journal_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/hash.h"
#include "store/journal.h"

#define SEGMENT_VERSION 1
#define SEGMENTS_MAX 1000000

/* As SQLite keeps them word by word. */
static const struct {
    const char *name, *sql;
} tables[] = {
    {"meta", "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL, crc INTEGER NOT NULL)"},
    {"segment", "CREATE TABLE segment(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)"},
    {"image", "CREATE TABLE image(seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL)"},
    {"image_part", "CREATE TABLE image_part(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)"},
    {"record", "CREATE TABLE record(seq INTEGER PRIMARY KEY, ms INTEGER NOT NULL, kind INTEGER NOT NULL,"
               " symbol INTEGER, bytes BLOB NOT NULL)"},
    {"hash", "CREATE TABLE hash(seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL)"},
};

int eb_rows_create(sqlite3 *db, struct eb_err *err)
{
    char marks[96];
    int rc = EB_OK;
    for (size_t i = 0; rc == EB_OK && i < EB_COUNT(tables); i++) {
        rc = eb_sql_exec(db, tables[i].sql, err);
    }
    (void)snprintf(marks, sizeof(marks), "PRAGMA application_id = %d; PRAGMA user_version = %d", EB_JOURNAL_APPLICATION,
                   EB_JOURNAL_SCHEMA);
    return rc == EB_OK ? eb_sql_exec(db, marks, err) : rc;
}

int eb_rows_check_tables(sqlite3 *db, struct eb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = eb_sql_prepare(db, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1", &stmt, err);
    for (size_t i = 0; rc == EB_OK && i < EB_COUNT(tables); i++) {
        (void)sqlite3_bind_text(stmt, 1, tables[i].name, -1, SQLITE_STATIC);
        rc = eb_sql_next(stmt, err);
        const char *sql = rc == EB_OK ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
        if (rc == EB_E_END || (rc == EB_OK && (sql == NULL || strcmp(sql, tables[i].sql) != 0))) {
            rc = eb_sql_say(db, err, EB_E_CORRUPT, "its table \"%s\" is another", tables[i].name);
        }
        (void)sqlite3_reset(stmt);
    }
    (void)sqlite3_finalize(stmt);
    return rc;
}

/* ---- meta -------------------------------------------------------------------------------------------------------- */

static uint32_t meta_crc(const char *key, const char *value)
{
    uint32_t crc = eb_crc32c(0, key, strlen(key) + 1);
    return eb_crc32c(crc, value, strlen(value));
}

int eb_rows_put_meta(sqlite3 *db, const char *key, const char *value, struct eb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    EB_ASSERT(strlen(value) < EB_META_TEXT_MAX);
    int rc = eb_sql_prepare(db, "INSERT OR REPLACE INTO meta(key, value, crc) VALUES(?1, ?2, ?3)", &stmt, err);
    if (rc == EB_OK) {
        (void)sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(stmt, 2, value, -1, SQLITE_STATIC);
        (void)sqlite3_bind_int64(stmt, 3, meta_crc(key, value));
        rc = eb_sql_run(stmt, err);
    }
    (void)sqlite3_finalize(stmt);
    return rc;
}

int eb_rows_get_meta(sqlite3 *db, const char *key, char out[EB_META_TEXT_MAX], struct eb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    out[0] = '\0';
    int rc = eb_sql_prepare(db, "SELECT value, crc FROM meta WHERE key = ?1", &stmt, err);
    if (rc == EB_OK) {
        (void)sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
        rc = eb_sql_next(stmt, err);
    }
    if (rc == EB_OK) {
        const char *value = (const char *)sqlite3_column_text(stmt, 0);
        size_t len = value != NULL ? strlen(value) : EB_META_TEXT_MAX;
        if (len >= EB_META_TEXT_MAX || sqlite3_column_int64(stmt, 1) != (int64_t)meta_crc(key, value)) {
            rc = eb_sql_say(db, err, EB_E_CORRUPT, "meta \"%s\" fails its checksum", key);
        } else {
            memcpy(out, value, len + 1);
        }
    } else if (rc == EB_E_END) {
        rc = eb_sql_say(db, err, EB_E_NOT_FOUND, "meta \"%s\" is missing", key);
    }
    (void)sqlite3_finalize(stmt);
    return rc;
}

int eb_rows_get_meta_u64(sqlite3 *db, const char *key, uint64_t *out, struct eb_err *err)
{
    char text[EB_META_TEXT_MAX];
    *out = 0;
    int rc = eb_rows_get_meta(db, key, text, err);
    const char *at = text;
    for (; rc == EB_OK && *at >= '0' && *at <= '9' && at - text < 19; at++) {
        *out = *out * 10 + (uint64_t)(*at - '0');
    }
    if (rc == EB_OK && (at == text || *at != '\0')) {
        rc = eb_sql_say(db, err, EB_E_CORRUPT, "meta \"%s\" is no number", key);
    }
    return rc;
}

/* ---- segments ---------------------------------------------------------------------------------------------------- */

static void wire_segment_head(struct eb_cursor *w, struct eb_segment_row *v)
{
    eb_cursor_u32(w, &v->codec);
    eb_cursor_u32(w, &v->id);
    eb_cursor_text(w, v->build, sizeof(v->build), "build");
    eb_cursor_i64(w, &v->began_ms);
    eb_cursor_u64(w, &v->base_seq);
    eb_cursor_u64(w, &v->base_count);
}

int eb_rows_put_segment(sqlite3 *db, const struct eb_segment_row *row, struct eb_err *err)
{
    unsigned char bytes[2048];
    struct eb_segment_row copy = *row;
    struct eb_cursor w = eb_cursor_writer(bytes + EB_RECORD_HEAD, sizeof(bytes) - EB_RECORD_OVERHEAD);
    wire_segment_head(&w, &copy);
    eb_cursor_engine_config(&w, &copy.config);
    if (w.code != EB_OK) {
        return eb_sql_say(db, err, w.code, "the configuration cannot be journaled: %s", w.what);
    }
    size_t len = eb_record_seal(bytes, EB_REC_HEADER, SEGMENT_VERSION, w.at);
    sqlite3_stmt *stmt = NULL;
    int rc = eb_sql_prepare(db, "INSERT INTO segment(id, bytes) VALUES(?1, ?2)", &stmt, err);
    if (rc == EB_OK) {
        (void)sqlite3_bind_int64(stmt, 1, row->id);
        (void)sqlite3_bind_blob(stmt, 2, bytes, (int)len, SQLITE_STATIC);
        rc = eb_sql_run(stmt, err);
    }
    (void)sqlite3_finalize(stmt);
    return rc;
}

static int open_segment(sqlite3 *db, int64_t id, const unsigned char *bytes, size_t len, struct eb_segment_row *out,
                        struct eb_err *err)
{
    struct eb_record record;
    struct eb_err cause = {.msg = "it is cut"};
    size_t used = 0;
    memset(out, 0, sizeof(*out));
    if (eb_record_read(bytes, len, &used, &record, &cause) != EB_OK || used != len || record.kind != EB_REC_HEADER) {
        return eb_sql_say(db, err, EB_E_CORRUPT, "segment %" PRId64 ": %s", id, cause.msg);
    }
    struct eb_cursor w = eb_cursor_reader(record.payload, record.len);
    wire_segment_head(&w, out);
    out->readable = w.code == EB_OK && out->codec == EB_CODEC_SCHEMA && record.version == SEGMENT_VERSION;
    if (out->readable) {
        eb_cursor_engine_config(&w, &out->config);
    }
    if (w.code != EB_OK || (out->readable && w.at != record.len) || out->id != id) {
        return eb_sql_say(db, err, EB_E_CORRUPT, "segment %" PRId64 ": %s is out of range", id,
                          w.code != EB_OK ? w.what : "id");
    }
    return EB_OK;
}

/* Room for one more in an array that doubles. */
static bool grow(void **array, uint32_t count, size_t size)
{
    if (count < 8 ? count != 0 : (count & (count - 1)) != 0) {
        return true;
    }
    void *p = realloc(*array, size * (count < 8 ? 8 : (size_t)count * 2));
    if (p == NULL) {
        return false;
    }
    *array = p;
    return true;
}

static int order_of_segments(sqlite3 *db, const struct eb_segment_row *rows, uint32_t count, struct eb_err *err)
{
    for (uint32_t i = 1; i < count; i++) {
        if (rows[i].base_seq < rows[i - 1].base_seq) {
            return eb_sql_say(db, err, EB_E_CORRUPT, "segment %u begins before the one before it", rows[i].id);
        }
    }
    return EB_OK;
}

int eb_rows_segments(sqlite3 *db, struct eb_segment_row **out, uint32_t *count, struct eb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    void *rows = NULL;
    uint32_t n = 0;
    int rc = eb_sql_prepare(db, "SELECT id, bytes FROM segment ORDER BY id", &stmt, err);
    while (rc == EB_OK && (rc = eb_sql_next(stmt, err)) == EB_OK) {
        if (n >= SEGMENTS_MAX || !grow(&rows, n, sizeof(**out))) {
            rc = eb_sql_say(db, err, EB_E_MEMORY, "no memory for %u segments", n);
            break;
        }
        rc = open_segment(db, sqlite3_column_int64(stmt, 0), sqlite3_column_blob(stmt, 1),
                          (size_t)sqlite3_column_bytes(stmt, 1), (struct eb_segment_row *)rows + n, err);
        n++;
    }
    (void)sqlite3_finalize(stmt);
    rc = rc == EB_E_END ? order_of_segments(db, rows, n, err) : rc;
    if (rc != EB_OK) {
        free(rows);
        rows = NULL;
        n = 0;
    }
    *out = rows;
    *count = n;
    return rc;
}

/* ---- hashes ------------------------------------------------------------------------------------------------------ */

static uint32_t hash_crc(uint64_t seq, const unsigned char *hash)
{
    unsigned char bytes[8];
    struct eb_cursor w = eb_cursor_writer(bytes, sizeof(bytes));
    eb_cursor_u64(&w, &seq);
    return eb_crc32c(eb_crc32c(0, bytes, sizeof(bytes)), hash, 8);
}

void eb_rows_seal_hash(uint64_t seq, uint64_t hash, unsigned char out[EB_HASH_ROW])
{
    struct eb_cursor w = eb_cursor_writer(out, EB_HASH_ROW);
    eb_cursor_u64(&w, &hash);
    uint32_t crc = hash_crc(seq, out);
    eb_cursor_u32(&w, &crc);
    EB_ASSERT(w.code == EB_OK);
}

int eb_rows_open_hash(sqlite3 *db, uint64_t seq, const unsigned char *bytes, size_t len, uint64_t *hash,
                      struct eb_err *err)
{
    struct eb_cursor w = eb_cursor_reader(bytes, len);
    uint32_t crc = 0;
    *hash = 0;
    eb_cursor_u64(&w, hash);
    eb_cursor_u32(&w, &crc);
    if (w.code != EB_OK || w.at != len || crc != hash_crc(seq, bytes)) {
        return eb_sql_say(db, err, EB_E_CORRUPT, "the hash after record %" PRIu64 " fails its checksum", seq);
    }
    return EB_OK;
}
