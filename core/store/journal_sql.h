/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite, as far as the journal uses it: connections with the settings that durability needs, and its errors as codes.
 * Private to core/store.
 */
#pragma once

#include <sqlite3.h>

#include "base/err.h"

#define EB_JOURNAL_APPLICATION 0x45424a31 /* "EBJ1": PRAGMA application_id */
#define EB_JOURNAL_PATH_MAX 1024
#define EB_SQL_BUSY_MS 10000 /* how long another program may keep a writer waiting */

/* Opens for writing, creating the file where it is missing; nothing is set that would change another program's. */
EB_NODISCARD int eb_sql_open_writer(const char *path, sqlite3 **out, struct eb_err *err);
/* The settings of a writer, once the file is known to be ours: WAL, FULL. EB_E_IO where that cannot be. */
EB_NODISCARD int eb_sql_writer_settings(sqlite3 *db, struct eb_err *err);
/* Opens read-only, also where nothing can be written beside the file. EB_E_NOT_FOUND, EB_E_IO. */
EB_NODISCARD int eb_sql_open_reader(const char *path, sqlite3 **out, struct eb_err *err);
void eb_sql_close(sqlite3 *db);

/* What went wrong last on db while doing what: EB_E_CORRUPT for damage, EB_E_REFUSED when others hold it, EB_E_MEMORY,
 * else EB_E_IO; the text names the file. */
int eb_sql_failed(sqlite3 *db, const char *what, struct eb_err *err);
/* Sets err to code and a printf text after the file's name; returns code. */
int eb_sql_say(sqlite3 *db, struct eb_err *err, int code, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* A short text of what went wrong last, for a status line. */
void eb_sql_reason(sqlite3 *db, const char *what, char *out, size_t cap);

EB_NODISCARD int eb_sql_exec(sqlite3 *db, const char *sql, struct eb_err *err);
/* Ends a transaction that has failed; none may be open any more. */
void eb_sql_rollback(sqlite3 *db);
EB_NODISCARD int eb_sql_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out, struct eb_err *err);
/* Steps to the next row: EB_OK, EB_E_END when there is none, else as eb_sql_failed. */
EB_NODISCARD int eb_sql_next(sqlite3_stmt *stmt, struct eb_err *err);
/* Runs a statement to its end, whatever rows it gives, and resets it. */
EB_NODISCARD int eb_sql_run(sqlite3_stmt *stmt, struct eb_err *err);
/* The one integer that a statement gives; no row or NULL: 0. */
EB_NODISCARD int eb_sql_integer(sqlite3 *db, const char *sql, int64_t *out, struct eb_err *err);
/* Column as unsigned; what is negative in the file is damage and becomes 0. */
uint64_t eb_sql_u64(sqlite3_stmt *stmt, int column);
