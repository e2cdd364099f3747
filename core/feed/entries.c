/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing is guessed: a position that was not meant is worse than a backtest that does not start. */
#include "feed/entries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed/csv.h"

#define FIRST_ROWS 256
#define ROWS_MAX 10000000

enum { COL_TIME = 0, COL_SYMBOL, COL_SIDE, COL_QUANTITY, COL_LEVERAGE, COL_STRATEGY, COLUMNS };
static const char *const column_names[COLUMNS] = {"time_ms", "symbol", "side", "quantity", "leverage", "strategy_id"};

struct reader {
    struct eb_csv csv;
    size_t cap;
    struct eb_entries e;
};

static int read_all(struct reader *r, struct eb_err *err);

static int by_time(const void *a, const void *b)
{
    const struct eb_entry *x = a, *y = b;
    if (x->time_ms != y->time_ms) {
        return x->time_ms < y->time_ms ? -1 : 1;
    }
    return (x->line > y->line) - (x->line < y->line);
}

int eb_entries_load(const char *path, struct eb_entries *out, struct eb_err *err)
{
    struct reader r = {0};
    (void)snprintf(r.e.file, sizeof(r.e.file), "%s", eb_path_shown(path));
    int rc = eb_csv_open(&r.csv, "entries", path, err);
    if (rc == EB_OK) {
        rc = read_all(&r, err);
    }
    eb_csv_close(&r.csv);
    if (rc != EB_OK) {
        eb_entries_deinit(&r.e);
        return rc;
    }
    qsort(r.e.entry, r.e.count, sizeof(*r.e.entry), by_time);
    *out = r.e;
    return EB_OK;
}

void eb_entries_deinit(struct eb_entries *e)
{
    free(e->entry);
    memset(e, 0, sizeof(*e));
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

static int check_header(const struct eb_csv *csv, struct eb_err *err)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        if (csv->count != COLUMNS || !eb_csv_is(csv, i, column_names[i])) {
            return eb_csv_error(csv, err, "expected the header time_ms,symbol,side,quantity,leverage,strategy_id");
        }
    }
    return EB_OK;
}

/* Column i as a name of less than size bytes that may stand in logs and tables. */
static int read_name(const struct eb_csv *csv, size_t i, bool empty_allowed, char *out, size_t size, struct eb_err *err)
{
    const struct eb_csv_field *f = &csv->field[i];
    if (f->len >= size || (f->len == 0 && !empty_allowed)) {
        return eb_csv_error(csv, err, "column %zu (%s): expected %s to %zu bytes, got %zu", i + 1, column_names[i],
                            empty_allowed ? "0" : "1", size - 1, f->len);
    }
    for (size_t k = 0; k < f->len; k++) {
        unsigned char c = (unsigned char)f->text[k];
        if (c <= ' ' || c == 0x7f || c == '"' || c == '\\') {
            return eb_csv_error(csv, err, "column %zu (%s): blanks, quotes and control characters are not taken", i + 1,
                                column_names[i]);
        }
    }
    memcpy(out, f->text, f->len);
    out[f->len] = '\0';
    return EB_OK;
}

static int read_side(const struct eb_csv *csv, enum eb_side *out, struct eb_err *err)
{
    const struct eb_csv_field *f = &csv->field[COL_SIDE];
    if (f->len == 4 && memcmp(f->text, "LONG", 4) == 0) {
        *out = EB_LONG;
        return EB_OK;
    }
    if (f->len == 5 && memcmp(f->text, "SHORT", 5) == 0) {
        *out = EB_SHORT;
        return EB_OK;
    }
    return eb_csv_error(csv, err, "column 3 (side): expected LONG or SHORT, got '%.*s'",
                        (int)(f->len < 16 ? f->len : 16), f->text);
}

static bool leverage_from_e8(int64_t e8, int64_t *ppm)
{
    if (e8 < EB_E8 || e8 > EB_LEVERAGE_MAX * EB_E8) {
        return false;
    }
    *ppm = e8 / (EB_E8 / EB_PPM);
    return true;
}

static int read_row(struct reader *r, struct eb_entry *e, struct eb_err *err)
{
    const struct eb_csv *csv = &r->csv;
    if (csv->count != COLUMNS) {
        return eb_csv_error(csv, err, "%zu columns, expected %d", csv->count, COLUMNS);
    }
    int64_t leverage = 0;
    int rc = eb_csv_time_ms(csv, COL_TIME, column_names[COL_TIME], &e->time_ms, err);
    rc = rc == EB_OK ? read_name(csv, COL_SYMBOL, false, e->symbol, sizeof(e->symbol), err) : rc;
    rc = rc == EB_OK ? read_side(csv, &e->side, err) : rc;
    rc = rc == EB_OK ? eb_csv_decimal(csv, COL_QUANTITY, column_names[COL_QUANTITY], true, &e->quantity.e8, err) : rc;
    rc = rc == EB_OK ? eb_csv_decimal(csv, COL_LEVERAGE, column_names[COL_LEVERAGE], true, &leverage, err) : rc;
    rc = rc == EB_OK ? read_name(csv, COL_STRATEGY, true, e->strategy_id, sizeof(e->strategy_id), err) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    if (e->quantity.e8 <= 0) {
        return eb_csv_error(csv, err, "column 4 (quantity): must be above 0; side says the direction");
    }
    if (!leverage_from_e8(leverage, &e->leverage_ppm)) {
        return eb_csv_error(csv, err, "column 5 (leverage): must be 1 to %d", EB_LEVERAGE_MAX);
    }
    e->line = (uint32_t)eb_text_line(csv->source);
    return EB_OK;
}

static int append(struct reader *r, const struct eb_entry *entry, struct eb_err *err)
{
    struct eb_entries *e = &r->e;
    if (e->count == r->cap) {
        size_t cap = r->cap == 0 ? FIRST_ROWS : 2 * r->cap;
        struct eb_entry *grown = e->count < ROWS_MAX ? realloc(e->entry, cap * sizeof(*grown)) : NULL;
        if (grown == NULL) {
            return eb_err_set(err, EB_E_MEMORY, "entries", "%s: no room for more than %zu rows", e->file, e->count);
        }
        e->entry = grown;
        r->cap = cap;
    }
    e->entry[e->count++] = *entry;
    return EB_OK;
}

static int read_all(struct reader *r, struct eb_err *err)
{
    int rc = eb_csv_next(&r->csv, err);
    if (rc == EB_OK) {
        rc = check_header(&r->csv, err);
    }
    while (rc == EB_OK) {
        struct eb_entry entry = {0};
        rc = eb_csv_next(&r->csv, err);
        rc = rc == EB_OK ? read_row(r, &entry, err) : rc;
        rc = rc == EB_OK ? append(r, &entry, err) : rc;
    }
    if (rc == EB_E_END && r->e.count == 0) {
        return eb_err_set(err, EB_E_INVALID, "entries", "%s: no rows", r->e.file);
    }
    return rc == EB_E_END ? EB_OK : rc;
}
