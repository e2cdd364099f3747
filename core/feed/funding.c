/* SPDX-License-Identifier: Apache-2.0 */
/* The column count tells the layout. */
#define _POSIX_C_SOURCE 200809L

#include "feed/funding.h"

#include <stdlib.h>
#include <string.h>

#include "feed/csv.h"

#define COLUMNS_RATE 3
#define COLUMNS_CANDLE 6
#define FIRST_ROWS 512
#define ROWS_MAX 10000000

struct reader {
    struct eb_csv csv;
    size_t columns;
    size_t cap;
    struct eb_funding f;
};

static int read_all(struct reader *r, struct eb_err *err);

int eb_funding_load(const char *path, const char *symbol, struct eb_funding *out, struct eb_err *err)
{
    struct reader r = {0};
    int rc = eb_symbol_of_file(path, symbol, r.f.symbol, err);
    if (rc != EB_OK) {
        return rc;
    }
    r.f.file = strdup(path);
    if (r.f.file == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "funding", "%s: out of memory", eb_path_shown(path));
    }
    rc = eb_csv_open(&r.csv, "funding", path, err);
    if (rc == EB_OK) {
        rc = read_all(&r, err);
    }
    eb_csv_close(&r.csv);
    if (rc != EB_OK) {
        eb_funding_deinit(&r.f);
        return rc;
    }
    *out = r.f;
    return EB_OK;
}

void eb_funding_deinit(struct eb_funding *f)
{
    free(f->row);
    free(f->file);
    memset(f, 0, sizeof(*f));
}

size_t eb_funding_after(const struct eb_funding *f, int64_t time_ms)
{
    size_t low = 0, high = f->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->row[middle].time_ms <= time_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static int take_first_line(struct reader *r, struct eb_err *err)
{
    const struct eb_csv *csv = &r->csv;
    r->columns = csv->count;
    bool rate = r->columns == COLUMNS_RATE, candle = r->columns == COLUMNS_CANDLE;
    if (!rate && !candle) {
        return eb_csv_error(csv, err, "%zu columns, expected calc_time,funding_interval_hours,last_funding_rate",
                            csv->count);
    }
    if (!eb_csv_is_header(csv)) {
        return EB_OK;
    }
    if ((rate && !eb_csv_is(csv, 2, "last_funding_rate")) || (candle && !eb_csv_is(csv, 1, "open"))) {
        return eb_csv_error(csv, err, "header: column %d should be '%s': not a file of funding rates", rate ? 3 : 2,
                            rate ? "last_funding_rate" : "open");
    }
    return EB_OK;
}

/* In candle layout prices would look like rates: the columns that a rate leaves empty tell. */
static int check_rest(const struct reader *r, struct eb_err *err)
{
    int64_t value = 0;
    if (r->columns == COLUMNS_RATE) {
        return eb_csv_integer(&r->csv, 1, "funding_interval_hours", &value, err);
    }
    for (size_t i = 2; i < r->columns; i++) {
        int rc = eb_csv_decimal(&r->csv, i, "an unused column", false, &value, err);
        if (rc != EB_OK) {
            return rc;
        }
        if (value != 0) {
            return eb_csv_error(&r->csv, err, "column %zu is not 0: price bars, not funding rates", i + 1);
        }
    }
    return EB_OK;
}

static int append(struct reader *r, struct eb_funding_row row, struct eb_err *err)
{
    struct eb_funding *f = &r->f;
    if (f->count > 0 && row.time_ms <= f->row[f->count - 1].time_ms) {
        return eb_csv_error(&r->csv, err, "time %lld is not after %lld: a duplicate, or rows out of order",
                            (long long)row.time_ms, (long long)f->row[f->count - 1].time_ms);
    }
    if (f->count == r->cap) {
        size_t cap = r->cap == 0 ? FIRST_ROWS : 2 * r->cap;
        struct eb_funding_row *grown = f->count < ROWS_MAX ? realloc(f->row, cap * sizeof(*grown)) : NULL;
        if (grown == NULL) {
            return eb_err_set(err, EB_E_MEMORY, "funding", "%s: no room for more than %zu rows",
                              eb_text_name(r->csv.source), f->count);
        }
        f->row = grown;
        r->cap = cap;
    }
    f->row[f->count++] = row;
    return EB_OK;
}

static int take_row(struct reader *r, struct eb_err *err)
{
    struct eb_funding_row row = {0};
    bool candle = r->columns == COLUMNS_CANDLE;
    if (r->csv.count != r->columns) {
        return eb_csv_error(&r->csv, err, "%zu columns, the lines before have %zu: the row is damaged", r->csv.count,
                            r->columns);
    }
    int rc = eb_csv_time_ms(&r->csv, 0, candle ? "open_time" : "calc_time", &row.time_ms, err);
    if (rc == EB_OK) {
        rc = candle ? eb_csv_decimal(&r->csv, 1, "open", false, &row.rate_e8, err)
                    : eb_csv_decimal(&r->csv, 2, "last_funding_rate", false, &row.rate_e8, err);
    }
    rc = rc == EB_OK ? check_rest(r, err) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    if (row.rate_e8 <= -EB_E8 || row.rate_e8 >= EB_E8) {
        return eb_csv_error(&r->csv, err, "the rate is 100 %% or more: a fraction is expected (0.0001 is 0.01 %%)");
    }
    row.time_ms -= row.time_ms % 1000;
    return append(r, row, err);
}

static int read_all(struct reader *r, struct eb_err *err)
{
    int rc;
    while ((rc = eb_csv_next(&r->csv, err)) == EB_OK) {
        bool header = false;
        if (r->columns == 0) {
            rc = take_first_line(r, err);
            header = eb_csv_is_header(&r->csv);
        }
        if (rc == EB_OK && !header) {
            rc = take_row(r, err);
        }
        if (rc != EB_OK) {
            return rc;
        }
    }
    if (rc == EB_E_END && r->f.count == 0) {
        return eb_err_set(err, EB_E_INVALID, "funding", "%s: no rows", eb_text_name(r->csv.source));
    }
    return rc == EB_E_END ? EB_OK : rc;
}

/* ---- joining ---------------------------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const struct eb_funding *x = a, *y = b;
    return (x->row[0].time_ms > y->row[0].time_ms) - (x->row[0].time_ms < y->row[0].time_ms);
}

static int check_pair(const struct eb_funding *a, const struct eb_funding *b, struct eb_err *err)
{
    bool same = strcmp(a->symbol, b->symbol) == 0;
    if (same && b->row[0].time_ms > a->row[a->count - 1].time_ms) {
        return EB_OK;
    }
    return eb_err_set(err, EB_E_INVALID, "funding.join", "%s and %s: %s", eb_path_shown(a->file),
                      eb_path_shown(b->file),
                      same ? "their times overlap: leave one out" : "rates of different symbols cannot be joined");
}

int eb_funding_join(struct eb_funding *part, size_t count, struct eb_funding *out, struct eb_err *err)
{
    EB_ASSERT(count >= 1);
    size_t total = 0, at = 0;
    qsort(part, count, sizeof(part[0]), by_time);
    for (size_t i = 0; i < count; i++) {
        total += part[i].count;
        int rc = i == 0 ? EB_OK : check_pair(&part[i - 1], &part[i], err);
        if (rc != EB_OK) {
            return rc;
        }
    }
    struct eb_funding_row *row = malloc(total * sizeof(*row));
    if (row == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "funding.join", "out of memory for %zu rows", total);
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(row + at, part[i].row, part[i].count * sizeof(*row));
        at += part[i].count;
    }
    struct eb_funding joined = part[0];
    joined.row = row;
    joined.count = total;
    part[0].file = NULL;
    for (size_t i = 0; i < count; i++) {
        eb_funding_deinit(&part[i]);
    }
    *out = joined;
    return EB_OK;
}
