/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at everything: pages, then every record, hash and image. The fold that compares states is the caller's. */
#include "store/journal_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TICK 256 /* records between words of progress */
#define INSTRUCTIONS 100000

struct check {
    struct eb_journal_reader *r;
    void (*progress)(void *user, uint64_t done, uint64_t all);
    void *user;
    uint64_t done, all; /* records */
};

static void tell(const struct check *c)
{
    if (c->progress != NULL) {
        c->progress(c->user, c->done, c->all);
    }
}

/* While pages are looked at nothing is known but that it goes on. */
static int still_at_it(void *user)
{
    tell(user);
    return 0;
}

static int check_pages(struct check *c, struct eb_err *err)
{
    sqlite3 *db = c->r->db;
    sqlite3_stmt *stmt = NULL;
    int rc = eb_sql_prepare(db, "PRAGMA integrity_check(1)", &stmt, err);
    sqlite3_progress_handler(db, INSTRUCTIONS, still_at_it, c);
    rc = rc == EB_OK ? eb_sql_next(stmt, err) : rc;
    if (rc == EB_OK && strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") != 0) {
        rc = eb_sql_say(db, err, EB_E_CORRUPT, "%.300s", (const char *)sqlite3_column_text(stmt, 0));
    }
    sqlite3_progress_handler(db, 0, NULL, NULL);
    (void)sqlite3_finalize(stmt);
    return rc;
}

static int check_records(struct check *c, struct eb_decoded_event *record, struct eb_err *err)
{
    struct eb_record_source source;
    int rc = eb_journal_records(c->r, 0, &source, err);
    while (rc == EB_OK && (rc = source.next(source.source, record, err)) == EB_OK) {
        c->done++;
        if (c->done % TICK == 0) {
            tell(c);
        }
    }
    return rc == EB_E_END ? EB_OK : rc;
}

static int check_hashes(sqlite3 *db, struct eb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    uint64_t hash;
    int rc = eb_sql_prepare(db, "SELECT seq, bytes FROM hash ORDER BY seq", &stmt, err);
    while (rc == EB_OK && (rc = eb_sql_next(stmt, err)) == EB_OK) {
        rc = eb_rows_open_hash(db, eb_sql_u64(stmt, 0), sqlite3_column_blob(stmt, 1),
                               (size_t)sqlite3_column_bytes(stmt, 1), &hash, err);
    }
    (void)sqlite3_finalize(stmt);
    return rc == EB_E_END ? EB_OK : rc;
}

/* Each image becomes an engine, under its own segment's configuration. */
static int check_images(sqlite3 *db, struct eb_err *err)
{
    struct eb_fold f;
    int rc = eb_fold_open(&f, db, err);
    for (uint32_t i = 0; rc == EB_OK && i < f.images; i++) {
        rc = eb_fold_begin(&f, &f.image[i], err);
    }
    eb_fold_close(&f);
    return rc;
}

/* What a properly closed file says of its end. */
static int check_end(struct eb_journal_reader *r, struct eb_err *err)
{
    uint64_t closed = 0;
    if (!r->meta.closed) {
        return EB_OK;
    }
    int rc = eb_rows_get_meta_u64(r->db, "closed", &closed, err);
    uint64_t last = r->meta.last_seq != 0 ? r->meta.last_seq : r->base;
    return rc == EB_OK && closed != last
               ? eb_sql_say(r->db, err, EB_E_CORRUPT, "was closed after record %" PRIu64 ", the last is %" PRIu64,
                            closed, last)
               : rc;
}

int eb_journal_check(struct eb_journal_reader *r, void (*progress)(void *user, uint64_t done, uint64_t all), void *user,
                     struct eb_err *err)
{
    struct check c = {.r = r, .progress = progress, .user = user};
    struct eb_decoded_event *record = calloc(1, sizeof(*record));
    if (record == NULL) {
        return eb_sql_say(r->db, err, EB_E_MEMORY, "no memory for a record");
    }
    c.all = r->meta.last_seq != 0 ? r->meta.last_seq - r->meta.first_seq + 1 : 0;
    int rc = check_pages(&c, err);
    rc = rc == EB_OK ? check_records(&c, record, err) : rc;
    rc = rc == EB_OK ? check_hashes(r->db, err) : rc;
    rc = rc == EB_OK ? check_images(r->db, err) : rc;
    rc = rc == EB_OK ? check_end(r, err) : rc;
    free(record);
    return rc;
}

int eb_journal_copy(struct eb_journal_reader *r, const char *path, struct eb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = eb_sql_prepare(r->db, "VACUUM INTO ?1", &stmt, err);
    if (rc == EB_OK) {
        (void)sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
        rc = eb_sql_run(stmt, err);
        if (rc == EB_E_CORRUPT && (sqlite3_errcode(r->db) & 0xff) == SQLITE_ERROR) {
            rc = eb_sql_say(r->db, err, EB_E_IO, "cannot be copied to %.100s: %s", path, sqlite3_errmsg(r->db));
        }
    }
    (void)sqlite3_finalize(stmt);
    return rc;
}
