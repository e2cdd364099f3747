/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of comma-separated plain values, as exchanges publish them: no quotes, no blanks. A row is split in place; every
 * message names file, line and column.
 */
#pragma once

#include "base/decimal.h"
#include "feed/text_source.h"

#define EB_CSV_COLUMNS_MAX 16

struct eb_csv_field {
    const char *text; /* borrowed from the line, not zero-terminated */
    size_t len;
};

/* A file read row by row. `where` names the reader in errors ("kline"). */
struct eb_csv {
    const char *where;
    struct eb_text_source *source;
    size_t count; /* columns of the current row */
    struct eb_csv_field field[EB_CSV_COLUMNS_MAX];
};

/* Opens path; `where` is a static string. Errors of eb_text_open(). */
EB_NODISCARD int eb_csv_open(struct eb_csv *csv, const char *where, const char *path, struct eb_err *err);
void eb_csv_close(struct eb_csv *csv);

/* Reads the next row. EB_E_END at the end (blank lines there are no rows); EB_E_INVALID for a blank line between rows
 * or more than EB_CSV_COLUMNS_MAX columns; errors of eb_text_next(). */
EB_NODISCARD int eb_csv_next(struct eb_csv *csv, struct eb_err *err);

/* True when the first column of the row does not begin with a digit or a minus: a header. */
bool eb_csv_is_header(const struct eb_csv *csv);
/* True when column i reads `name`, in whatever case. */
bool eb_csv_is(const struct eb_csv *csv, size_t i, const char *name);

/* Fills err with "file:line: message" and EB_E_INVALID, which it returns. A last line without a line end is called cut
 * off: there the message is about the truncated file. */
int eb_csv_error(const struct eb_csv *csv, struct eb_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Column i (its name for messages) as a decimal at 1e-8: exact, or rounded half to even. */
EB_NODISCARD int eb_csv_decimal(const struct eb_csv *csv, size_t i, const char *name, bool exact, int64_t *out,
                                struct eb_err *err);
/* Column i as a whole number >= 0 of at most 18 digits. */
EB_NODISCARD int eb_csv_integer(const struct eb_csv *csv, size_t i, const char *name, int64_t *out, struct eb_err *err);
/* Column i as an epoch time in ms from 1973 on, at most 9,999,999,999,999: seconds and microseconds are refused with a
 * message that says so. */
EB_NODISCARD int eb_csv_time_ms(const struct eb_csv *csv, size_t i, const char *name, int64_t *out, struct eb_err *err);
/* Column i is a number, exponent allowed; its value does not matter. */
EB_NODISCARD int eb_csv_number(const struct eb_csv *csv, size_t i, const char *name, struct eb_err *err);

/* The symbol that a file name gives: what stands before its first '-'. EB_E_INVALID when there is none or it does not
 * fit. An override that is not NULL is taken instead. */
EB_NODISCARD int eb_symbol_of_file(const char *path, const char *override, char out[EB_SYMBOL_MAX], struct eb_err *err);

#define EB_TIME_MS_MIN INT64_C(100000000000)     /* 1973: anything below is seconds */
#define EB_TIME_US_MIN INT64_C(1000000000000000) /* from here on microseconds (the exchange's spot files since 2025) */
