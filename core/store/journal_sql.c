/* SPDX-License-Identifier: Apache-2.0 */
/* Connections, statements, errors. */
#define _POSIX_C_SOURCE 200809L

#include "store/journal_sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char area[] = "journal";

static const char *name_of(sqlite3 *db)
{
    const char *name = db != NULL ? sqlite3_db_filename(db, "main") : NULL;
    return name != NULL && name[0] != '\0' ? name : "journal";
}

/* SQLITE_ERROR is what a schema that is no longer there gives: statements of ours have no other mistakes. */
static int code_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
    case SQLITE_FORMAT:
    case SQLITE_TOOBIG:
        return EB_E_CORRUPT;
    case SQLITE_NOMEM:
        return EB_E_MEMORY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return EB_E_REFUSED;
    default:
        return EB_E_IO;
    }
}

int eb_sql_failed(sqlite3 *db, const char *what, struct eb_err *err)
{
    int rc = sqlite3_extended_errcode(db);
    int code = code_of(rc);
    return eb_err_set(err, code, area, "%s: %s: %s (SQLite %d)%s", name_of(db), what, sqlite3_errmsg(db), rc,
                      code == EB_E_REFUSED ? ": another program holds it: close that" : "");
}

int eb_sql_say(sqlite3 *db, struct eb_err *err, int code, const char *fmt, ...)
{
    char text[sizeof(err->msg)];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return eb_err_set(err, code, area, "%s: %s", name_of(db), text);
}

void eb_sql_reason(sqlite3 *db, const char *what, char *out, size_t cap)
{
    (void)snprintf(out, cap, "%s: %s (SQLite %d)", what, sqlite3_errmsg(db), sqlite3_extended_errcode(db));
}

static int open_with(const char *path, int flags, sqlite3 **out, struct eb_err *err)
{
    *out = NULL;
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) != SQLITE_OK) {
        int rc = db != NULL ? eb_sql_failed(db, "open", err) : eb_err_set(err, EB_E_MEMORY, area, "out of memory");
        (void)sqlite3_close(db);
        return rc;
    }
    (void)sqlite3_busy_timeout(db, EB_SQL_BUSY_MS);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_exec(db, "PRAGMA cell_size_check = ON", NULL, NULL, NULL); /* damage is seen earlier */
    *out = db;
    return EB_OK;
}

int eb_sql_open_writer(const char *path, sqlite3 **out, struct eb_err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600); /* SQLite would make it for everybody to read */
    if (fd >= 0) {
        (void)close(fd); /* before SQLite has it: a close would give up its locks */
    }
    return open_with(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, out, err);
}

/* The file's mode. The statement must be run to its end: there the change is committed. */
static int set_mode(sqlite3 *db, struct eb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = eb_sql_prepare(db, "PRAGMA journal_mode = WAL", &stmt, err);
    rc = rc == EB_OK ? eb_sql_next(stmt, err) : rc;
    if (rc == EB_OK && strcmp((const char *)sqlite3_column_text(stmt, 0), "wal") != 0) {
        rc = eb_err_set(err, EB_E_IO, area, "%s: this file system cannot keep a write-ahead log (mode %s)", name_of(db),
                        (const char *)sqlite3_column_text(stmt, 0));
    }
    rc = rc == EB_OK ? eb_sql_run(stmt, err) : rc;
    (void)sqlite3_finalize(stmt);
    return rc;
}

/* The order matters: auto_vacuum has an effect before the first page is written, and only there. */
int eb_sql_writer_settings(sqlite3 *db, struct eb_err *err)
{
    int rc = eb_sql_exec(db, "PRAGMA auto_vacuum = INCREMENTAL", err);
    rc = rc == EB_OK ? set_mode(db, err) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    return eb_sql_exec(db,
                       "PRAGMA synchronous = FULL;"
                       "PRAGMA wal_autocheckpoint = 0;" /* done by the journal's thread, which hears of its errors */
                       "PRAGMA journal_size_limit = 16777216;"
                       "PRAGMA temp_store = MEMORY;",
                       err);
}

/* "file:" with what URIs give a meaning escaped. */
static bool immutable_uri(const char *path, char *out, size_t cap)
{
    size_t n = (size_t)snprintf(out, cap, "file:");
    for (; *path != '\0' && n + 32 < cap; path++) {
        if (strchr("?#%", *path) != NULL) {
            n += (size_t)snprintf(out + n, cap - n, "%%%02X", (unsigned)(unsigned char)*path);
        } else {
            out[n++] = *path;
        }
    }
    (void)snprintf(out + n, cap - n, "?immutable=1");
    return *path == '\0';
}

/* A reader must be able to make the shared memory of the log. Where it may not, and there is no log, the file alone is
 * the whole truth and nobody is writing it. */
static bool may_be_immutable(const char *path)
{
    char wal[EB_JOURNAL_PATH_MAX + 8];
    struct stat st;
    (void)snprintf(wal, sizeof(wal), "%s-wal", path);
    return stat(wal, &st) != 0 || st.st_size == 0;
}

static int probe(sqlite3 *db, struct eb_err *err)
{
    int64_t ignored;
    return eb_sql_integer(db, "SELECT count(*) FROM sqlite_schema", &ignored, err);
}

int eb_sql_open_reader(const char *path, sqlite3 **out, struct eb_err *err)
{
    char uri[3 * EB_JOURNAL_PATH_MAX + 64];
    struct stat st;
    *out = NULL;
    if (strlen(path) >= EB_JOURNAL_PATH_MAX) {
        return eb_err_set(err, EB_E_INVALID, area, "%.60s...: path too long", path);
    }
    if (stat(path, &st) != 0) {
        return errno == ENOENT || errno == ENOTDIR
                   ? eb_err_set(err, EB_E_NOT_FOUND, area, "%s: there is no journal", path)
                   : eb_err_set(err, EB_E_IO, area, "%s: %s", path, strerror(errno));
    }
    if (!S_ISREG(st.st_mode)) {
        return eb_err_set(err, EB_E_IO, area, "%s: is no regular file", path);
    }
    int rc = open_with(path, SQLITE_OPEN_READONLY, out, err);
    rc = rc == EB_OK ? probe(*out, err) : rc;
    if (rc == EB_E_IO && may_be_immutable(path) && immutable_uri(path, uri, sizeof(uri))) {
        eb_sql_close(*out);
        rc = open_with(uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, out, err);
        rc = rc == EB_OK ? probe(*out, err) : rc;
    }
    if (rc != EB_OK) {
        eb_sql_close(*out);
        *out = NULL;
    }
    return rc;
}

void eb_sql_close(sqlite3 *db)
{
    if (db != NULL) {
        EB_ASSERT(sqlite3_close(db) == SQLITE_OK); /* every statement is finalized */
    }
}

int eb_sql_exec(sqlite3 *db, const char *sql, struct eb_err *err)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? EB_OK : eb_sql_failed(db, sql, err);
}

void eb_sql_rollback(sqlite3 *db)
{
    if (sqlite3_get_autocommit(db) == 0) {
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
}

int eb_sql_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out, struct eb_err *err)
{
    return sqlite3_prepare_v2(db, sql, -1, out, NULL) == SQLITE_OK ? EB_OK : eb_sql_failed(db, sql, err);
}

int eb_sql_next(sqlite3_stmt *stmt, struct eb_err *err)
{
    int rc = sqlite3_step(stmt);
    return rc == SQLITE_ROW    ? EB_OK
           : rc == SQLITE_DONE ? EB_E_END
                               : eb_sql_failed(sqlite3_db_handle(stmt), sqlite3_sql(stmt), err);
}

int eb_sql_run(sqlite3_stmt *stmt, struct eb_err *err)
{
    int rc;
    do {
        rc = eb_sql_next(stmt, err);
    } while (rc == EB_OK);
    (void)sqlite3_reset(stmt);
    return rc == EB_E_END ? EB_OK : rc;
}

int eb_sql_integer(sqlite3 *db, const char *sql, int64_t *out, struct eb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    *out = 0;
    int rc = eb_sql_prepare(db, sql, &stmt, err);
    rc = rc == EB_OK ? eb_sql_next(stmt, err) : rc;
    if (rc == EB_OK) {
        *out = sqlite3_column_int64(stmt, 0);
    }
    (void)sqlite3_finalize(stmt);
    return rc == EB_E_END ? EB_OK : rc;
}

uint64_t eb_sql_u64(sqlite3_stmt *stmt, int column)
{
    int64_t v = sqlite3_column_int64(stmt, column);
    return v > 0 ? (uint64_t)v : 0;
}
