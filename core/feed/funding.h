/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Funding rates of one symbol from CSV, in one of two layouts:
 *     calc_time,funding_interval_hours,last_funding_rate      the exchange's public files
 *     open_time,open,high,low,close,volume                    candle layout: the rate stands in `open`, the rest is 0
 * with a header or without, plain, .gz or .zip.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct eb_funding_row {
    int64_t time_ms; /* floored to the second: the exchange stamps a few ms late */
    int64_t rate_e8; /* fraction of the notional per interval; LONG pays a positive one */
};

struct eb_funding {
    char symbol[EB_SYMBOL_MAX];
    size_t count;
    struct eb_funding_row *row; /* times rising; owned */
    char *file;                 /* owned */
};

/*
 * Loads one file; symbol NULL: taken from the file name. out is written on success only; eb_funding_deinit() it. More
 * than 8 decimals are rounded half to even. EB_E_INVALID names file and line: other column count, malformed number, a
 * rate of 1 or more, duplicate or step back in time, candle columns that are not 0 (prices, then), no rows.
 */
EB_NODISCARD int eb_funding_load(const char *path, const char *symbol, struct eb_funding *out, struct eb_err *err);
void eb_funding_deinit(struct eb_funding *f);

/* The first row after time_ms; count when there is none. */
size_t eb_funding_after(const struct eb_funding *f, int64_t time_ms);

/* Joins parts of one symbol in time order. On success the parts are empty and out owns all; on an error they are as
 * before, but sorted. EB_E_INVALID: different symbols, or times that overlap. count >= 1. */
EB_NODISCARD int eb_funding_join(struct eb_funding *part, size_t count, struct eb_funding *out, struct eb_err *err);
