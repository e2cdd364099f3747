/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Price bars from the exchange's public kline files: 12 columns (or the first 6 of them), header or not, times in ms or
 * us, plain, .gz or .zip. Every row is checked; a row is never skipped.
 *
 *     FILE... -> eb_kline_load() -> eb_series each -> eb_series_join() -> one eb_series per symbol
 */
#pragma once

#include <stddef.h>

#include <exitbrain/event.h>

#include "base/err.h"

#define EB_SERIES_ROWS_MAX 50000000 /* 95 years of minutes; 2 GB */

struct eb_bar_row {
    int64_t open_ms;
    eb_price open, high, low, close;
};

/* Bars of one symbol and one length, opens rising; missing bars are holes, never rows. */
struct eb_series {
    char symbol[EB_SYMBOL_MAX];
    int64_t length_ms; /* close_time - open_time + 1, without close_time the smallest distance of two opens */
    size_t count;
    struct eb_bar_row *row; /* owned */
    size_t gaps;            /* holes between rows */
    int64_t missing;        /* bars that they lack */
    char *file;             /* owned: where it came from, for messages */
};

/*
 * Loads one file. symbol NULL: taken from the file name. out is written on success only; eb_series_deinit() it.
 * EB_E_INVALID names file, line, what is wrong and what to do: column count, malformed number, more than 8 decimals,
 * price <= 0, high < low, open or close outside them, a time not in ms or us, step back, duplicate, other bar length,
 * no rows, one row without close_time, a truncated last row. EB_E_IO unreadable, truncated or damaged archive;
 * EB_E_FULL beyond EB_SERIES_ROWS_MAX; EB_E_MEMORY.
 */
EB_NODISCARD int eb_kline_load(const char *path, const char *symbol, struct eb_series *out, struct eb_err *err);

/* Frees the rows; the struct may be used again. */
void eb_series_deinit(struct eb_series *s);

/*
 * Joins parts of one symbol in time order; gaps between files count too. On success the parts are empty and out owns
 * all; on an error they are as before, but sorted. EB_E_INVALID: different symbols or lengths, or overlapping times
 * (both files named). count >= 1, each part with rows.
 */
EB_NODISCARD int eb_series_join(struct eb_series *part, size_t count, struct eb_series *out, struct eb_err *err);

/* Row i as the event that the engine takes. */
struct eb_ev_bar eb_series_bar(const struct eb_series *s, size_t i);
/* Bars missing right before row i (0 for the first row). */
int64_t eb_series_missing_before(const struct eb_series *s, size_t i);
/* Sets gaps and missing from the rows: for whoever fills a series by hand. */
void eb_series_count_gaps(struct eb_series *s);
/* The first row at or after time_ms; count when there is none. */
size_t eb_series_find(const struct eb_series *s, int64_t time_ms);

/* Writes the series as a kline file of 6 columns (as exported without close_time) or 12 (volumes 1), with a header or
 * without; gzip when path ends with .gz. EB_E_IO. */
EB_NODISCARD int eb_series_write_csv(const struct eb_series *s, const char *path, int columns, bool header,
                                     struct eb_err *err);
