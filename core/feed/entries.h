/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What opens positions in a backtest: a CSV of entries, or `every:N[,side=long|short][,notional=X][,leverage=X]`.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

#define EB_LEVERAGE_MAX 500 /* more is a typing error: no venue offers it */

struct eb_entry {
    int64_t time_ms; /* opened at the first bar at or after it */
    char symbol[EB_SYMBOL_MAX];
    enum eb_side side;
    eb_qty quantity;               /* base asset, > 0; the symbol's step is the caller's matter */
    int64_t leverage_ppm;          /* 10x is 10,000,000; 1x .. EB_LEVERAGE_MAX */
    char strategy_id[EB_NAME_MAX]; /* may be empty */
    uint32_t line;                 /* of the file, for messages about this row */
    int64_t adds_to_ms; /* of a run walked again: when the position that this increased was opened; 0: this opens one */
};

struct eb_entries {
    size_t count;
    struct eb_entry *entry; /* by time, rows of one time as in the file; owned */
    char file[128];         /* the end of its path, for messages */
};

/*
 * Loads a CSV with the header time_ms,symbol,side,quantity,leverage,strategy_id. out is written on success only;
 * eb_entries_deinit() it. EB_E_INVALID names file, line and column: another header, other column count, a value out of
 * its range, side other than LONG or SHORT, no rows.
 */
EB_NODISCARD int eb_entries_load(const char *path, struct eb_entries *out, struct eb_err *err);
void eb_entries_deinit(struct eb_entries *e);

enum eb_every_side { EB_EVERY_ALTERNATE = 0, EB_EVERY_LONG, EB_EVERY_SHORT };

/* every:N: rows 0, N, 2N ... of each symbol. */
struct eb_every {
    uint32_t rows;           /* >= 1 */
    enum eb_every_side side; /* ALTERNATE begins with LONG */
    eb_money notional;       /* 1,000 unless given */
    int64_t leverage_ppm;    /* 10x unless given */
};

/* True when spec begins with `every:`: it is then no file name. */
bool eb_every_is(const char *spec);
/* EB_E_INVALID names the part that is wrong, and for an unknown key the nearest one. */
EB_NODISCARD int eb_every_parse(const char *spec, struct eb_every *out, struct eb_err *err);
