/* SPDX-License-Identifier: Apache-2.0 */
/* Two passes: rows one by one while reading, then the distances of all opens, when the bar length is known. */
#define _POSIX_C_SOURCE 200809L

#include "feed/kline.h"

#include <stdlib.h>
#include <string.h>

#include "feed/csv.h"

#define COLUMNS_SHORT 6
#define COLUMNS_FULL 12
#define FIRST_ROWS 44640 /* a month of minutes */
#define LENGTH_MAX_MS (INT64_C(31) * 24 * 3600 * 1000)

static const char *const column_names[COLUMNS_FULL] = {"open_time",
                                                       "open",
                                                       "high",
                                                       "low",
                                                       "close",
                                                       "volume",
                                                       "close_time",
                                                       "quote_volume",
                                                       "count",
                                                       "taker_buy_volume",
                                                       "taker_buy_quote_volume",
                                                       "ignore"};
enum { COL_OPEN_TIME = 0, COL_OPEN, COL_HIGH, COL_LOW, COL_CLOSE, COL_VOLUME, COL_CLOSE_TIME };

struct reader {
    struct eb_csv csv;
    size_t columns;    /* of this file, from its first line; 0 before */
    size_t first_line; /* line of row 0 */
    size_t cap;
    struct eb_series s;
};

static int read_all(struct reader *r, struct eb_err *err);
static int check_spacing(struct reader *r, struct eb_err *err);

int eb_kline_load(const char *path, const char *symbol, struct eb_series *out, struct eb_err *err)
{
    struct reader r = {0};
    int rc = eb_symbol_of_file(path, symbol, r.s.symbol, err);
    if (rc != EB_OK) {
        return rc;
    }
    r.s.file = strdup(path);
    if (r.s.file == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "kline", "%s: out of memory", eb_path_shown(path));
    }
    rc = eb_csv_open(&r.csv, "kline", path, err);
    if (rc == EB_OK) {
        rc = read_all(&r, err);
    }
    if (rc == EB_OK) {
        rc = check_spacing(&r, err);
    }
    eb_csv_close(&r.csv);
    if (rc != EB_OK) {
        eb_series_deinit(&r.s);
        return rc;
    }
    eb_series_count_gaps(&r.s);
    *out = r.s;
    return EB_OK;
}

void eb_series_deinit(struct eb_series *s)
{
    free(s->row);
    free(s->file);
    memset(s, 0, sizeof(*s));
}

struct eb_ev_bar eb_series_bar(const struct eb_series *s, size_t i)
{
    EB_ASSERT(i < s->count);
    const struct eb_bar_row *row = &s->row[i];
    return (struct eb_ev_bar){.open_ms = row->open_ms,
                              .length_ms = s->length_ms,
                              .open = row->open,
                              .high = row->high,
                              .low = row->low,
                              .close = row->close};
}

int64_t eb_series_missing_before(const struct eb_series *s, size_t i)
{
    EB_ASSERT(i < s->count);
    return i == 0 ? 0 : (s->row[i].open_ms - s->row[i - 1].open_ms) / s->length_ms - 1;
}

void eb_series_count_gaps(struct eb_series *s)
{
    s->gaps = 0;
    s->missing = 0;
    for (size_t i = 1; i < s->count; i++) {
        int64_t missing = eb_series_missing_before(s, i);
        s->gaps += missing > 0 ? 1 : 0;
        s->missing += missing;
    }
}

size_t eb_series_find(const struct eb_series *s, int64_t time_ms)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->row[middle].open_ms < time_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* ---- one row ---------------------------------------------------------------------------------------------------- */

/* The first line decides how many columns the file has; a header must name the prices in the order that is read. */
static int take_first_line(struct reader *r, struct eb_err *err)
{
    const struct eb_csv *csv = &r->csv;
    if (csv->count != COLUMNS_SHORT && csv->count != COLUMNS_FULL) {
        return eb_csv_error(csv, err,
                            "%zu columns, expected 12 (or the first 6 of them: open_time,open,high,low,close,volume)",
                            csv->count);
    }
    r->columns = csv->count;
    if (!eb_csv_is_header(csv)) {
        r->first_line = eb_text_line(csv->source);
        return EB_OK;
    }
    r->first_line = eb_text_line(csv->source) + 1;
    for (size_t i = COL_OPEN; i <= COL_CLOSE; i++) {
        if (!eb_csv_is(csv, i, column_names[i])) {
            return eb_csv_error(csv, err, "header: column %zu should be '%s': not a kline file of the public layout",
                                i + 1, column_names[i]);
        }
    }
    if (r->columns == COLUMNS_FULL && !eb_csv_is(csv, COL_CLOSE_TIME, column_names[COL_CLOSE_TIME])) {
        return eb_csv_error(csv, err, "header: column 7 should be 'close_time': not a kline file of the public layout");
    }
    return EB_OK;
}

static int read_time(const struct reader *r, size_t column, int64_t *t, struct eb_err *err)
{
    int rc = eb_csv_integer(&r->csv, column, column_names[column], t, err);
    if (rc == EB_OK && *t < EB_TIME_MS_MIN) {
        return eb_csv_error(&r->csv, err,
                            "column %zu (%s): %lld is not a time in milliseconds or microseconds since 1970",
                            column + 1, column_names[column], (long long)*t);
    }
    return rc;
}

/* open_time and close_time in whichever unit, the length in ms; 0 without close_time. */
static int read_times(const struct reader *r, int64_t *open_ms, int64_t *length_ms, struct eb_err *err)
{
    int64_t open = 0, close = 0;
    int rc = read_time(r, COL_OPEN_TIME, &open, err);
    if (rc != EB_OK) {
        return rc;
    }
    int64_t unit = open >= EB_TIME_US_MIN ? 1000 : 1;
    if (open % unit != 0) {
        return eb_csv_error(&r->csv, err, "open_time %lld us is not a whole millisecond", (long long)open);
    }
    *open_ms = open / unit;
    *length_ms = 0;
    if (r->columns != COLUMNS_FULL) {
        return EB_OK;
    }
    rc = read_time(r, COL_CLOSE_TIME, &close, err);
    if (rc != EB_OK) {
        return rc;
    }
    int64_t length = close - open + 1;
    if (length <= 0 || length % unit != 0 || length / unit > LENGTH_MAX_MS) {
        return eb_csv_error(&r->csv, err, "close_time %lld does not end a bar that opens at %lld", (long long)close,
                            (long long)open);
    }
    *length_ms = length / unit;
    return EB_OK;
}

static int read_prices(const struct reader *r, struct eb_bar_row *row, struct eb_err *err)
{
    int64_t price[COL_CLOSE + 1];
    for (size_t i = COL_OPEN; i <= COL_CLOSE; i++) {
        int rc = eb_csv_decimal(&r->csv, i, column_names[i], true, &price[i], err);
        if (rc != EB_OK) {
            return rc;
        }
        if (price[i] <= 0) {
            return eb_csv_error(&r->csv, err, "%s is not positive", column_names[i]);
        }
    }
    row->open.e8 = price[COL_OPEN];
    row->high.e8 = price[COL_HIGH];
    row->low.e8 = price[COL_LOW];
    row->close.e8 = price[COL_CLOSE];
    const char *wrong = NULL;
    if (row->high.e8 < row->low.e8) {
        wrong = "high is below low";
    } else if (row->open.e8 < row->low.e8 || row->open.e8 > row->high.e8) {
        wrong = "open lies outside low..high";
    } else if (row->close.e8 < row->low.e8 || row->close.e8 > row->high.e8) {
        wrong = "close lies outside low..high";
    }
    if (wrong != NULL) {
        return eb_csv_error(&r->csv, err, "%s: the row is damaged, download the file again", wrong);
    }
    return EB_OK;
}

static int check_rest(const struct reader *r, struct eb_err *err)
{
    for (size_t i = COL_VOLUME; i < r->columns; i++) {
        if (i == COL_CLOSE_TIME) {
            continue;
        }
        int rc = eb_csv_number(&r->csv, i, column_names[i], err);
        if (rc != EB_OK) {
            return rc;
        }
    }
    return EB_OK;
}

static int check_order(const struct reader *r, const struct eb_bar_row *row, int64_t length_ms, struct eb_err *err)
{
    const struct eb_series *s = &r->s;
    if (s->count == 0) {
        return EB_OK;
    }
    if (length_ms != s->length_ms) {
        return eb_csv_error(&r->csv, err, "a bar of %lld ms, those before have %lld ms: one file, one bar length",
                            (long long)length_ms, (long long)s->length_ms);
    }
    int64_t before = s->row[s->count - 1].open_ms;
    if (row->open_ms == before) {
        return eb_csv_error(&r->csv, err, "duplicate open_time %lld: remove the row that is wrong", (long long)before);
    }
    if (row->open_ms < before) {
        return eb_csv_error(&r->csv, err, "open_time %lld steps back behind %lld: sort the rows by time",
                            (long long)row->open_ms, (long long)before);
    }
    return EB_OK;
}

static int append(struct reader *r, const struct eb_bar_row *row, struct eb_err *err)
{
    struct eb_series *s = &r->s;
    if (s->count == r->cap) {
        size_t cap = r->cap == 0 ? FIRST_ROWS : 2 * r->cap;
        if (s->count >= EB_SERIES_ROWS_MAX) {
            return eb_err_set(err, EB_E_FULL, "kline", "%s: more than %d rows", eb_text_name(r->csv.source),
                              EB_SERIES_ROWS_MAX);
        }
        struct eb_bar_row *grown = realloc(s->row, cap * sizeof(*grown));
        if (grown == NULL) {
            return eb_err_set(err, EB_E_MEMORY, "kline", "%s: out of memory at row %zu", eb_text_name(r->csv.source),
                              s->count);
        }
        s->row = grown;
        r->cap = cap;
    }
    s->row[s->count++] = *row;
    return EB_OK;
}

static int take_row(struct reader *r, struct eb_err *err)
{
    if (r->csv.count != r->columns) {
        return eb_csv_error(&r->csv, err, "%zu columns, the lines before have %zu: the row is damaged", r->csv.count,
                            r->columns);
    }
    struct eb_bar_row row = {0};
    int64_t length_ms = 0;
    int rc = read_times(r, &row.open_ms, &length_ms, err);
    rc = rc == EB_OK ? read_prices(r, &row, err) : rc;
    rc = rc == EB_OK ? check_rest(r, err) : rc;
    rc = rc == EB_OK ? check_order(r, &row, length_ms, err) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    r->s.length_ms = length_ms;
    return append(r, &row, err);
}

/* ---- all rows --------------------------------------------------------------------------------------------------- */

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
    if (rc != EB_E_END) {
        return rc;
    }
    if (r->s.count == 0) {
        return eb_err_set(err, EB_E_INVALID, "kline", "%s: no rows", eb_text_name(r->csv.source));
    }
    return EB_OK;
}

/* The interval that the file's name tells ("BTCUSDT-15m-2025-02.csv"), 0 when it tells none. */
static int64_t interval_of_name(const char *path)
{
    const char *base = strrchr(path, '/');
    base = base != NULL ? base + 1 : path;
    for (const char *dash = strchr(base, '-'); dash != NULL; dash = strchr(dash + 1, '-')) {
        int64_t n = 0;
        const char *p = dash + 1;
        for (; *p >= '0' && *p <= '9' && n < 1000; p++) {
            n = n * 10 + (*p - '0');
        }
        int64_t unit = *p == 'm' ? 60000 : *p == 'h' ? 3600000 : *p == 'd' ? 86400000 : 0;
        if (n > 0 && unit > 0 && (p[1] == '-' || p[1] == '.' || p[1] == '\0')) {
            return n * unit;
        }
    }
    return 0;
}

/* Without close_time the smallest distance is the bar length; every distance must then be a whole number of bars. */
static int check_spacing(struct reader *r, struct eb_err *err)
{
    struct eb_series *s = &r->s;
    const char *name = eb_text_name(r->csv.source);
    if (s->length_ms == 0 && s->count == 1) {
        s->length_ms = interval_of_name(s->file);
    }
    if (s->length_ms == 0 && s->count < 2) {
        return eb_err_set(err, EB_E_INVALID, "kline",
                          "%s: a single row without close_time has no bar length: name the interval in the file's name "
                          "(SYMBOL-1m-....csv) or give close_time",
                          name);
    }
    if (s->length_ms == 0) {
        s->length_ms = s->row[1].open_ms - s->row[0].open_ms;
        for (size_t i = 2; i < s->count; i++) {
            int64_t distance = s->row[i].open_ms - s->row[i - 1].open_ms;
            s->length_ms = distance < s->length_ms ? distance : s->length_ms;
        }
        if (s->length_ms > LENGTH_MAX_MS) {
            return eb_err_set(err, EB_E_INVALID, "kline", "%s: no two rows lie within 31 days: no bars", name);
        }
    }
    for (size_t i = 1; i < s->count; i++) {
        int64_t distance = s->row[i].open_ms - s->row[i - 1].open_ms;
        if (distance % s->length_ms != 0) {
            return eb_err_set(err, EB_E_INVALID, "kline",
                              "%s:%zu: opens %lld ms after the row before, which is no whole "
                              "number of bars of %lld ms: different bar lengths in one file",
                              name, r->first_line + i, (long long)distance, (long long)s->length_ms);
        }
    }
    return EB_OK;
}

/* ---- joining ---------------------------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const struct eb_series *x = a, *y = b;
    return (x->row[0].open_ms > y->row[0].open_ms) - (x->row[0].open_ms < y->row[0].open_ms);
}

static int check_pair(const struct eb_series *a, const struct eb_series *b, struct eb_err *err)
{
    const char *first = eb_path_shown(a->file), *second = eb_path_shown(b->file);
    if (strcmp(a->symbol, b->symbol) != 0) {
        return eb_err_set(err, EB_E_INVALID, "kline.join",
                          "%s is of %s, %s of %s: only files of one symbol can be joined", first, a->symbol, second,
                          b->symbol);
    }
    if (a->length_ms != b->length_ms) {
        return eb_err_set(err, EB_E_INVALID, "kline.join", "%s has bars of %lld ms, %s of %lld ms: use one interval",
                          first, (long long)a->length_ms, second, (long long)b->length_ms);
    }
    int64_t distance = b->row[0].open_ms - a->row[a->count - 1].open_ms;
    if (distance < a->length_ms) {
        return eb_err_set(err, EB_E_INVALID, "kline.join", "%s overlaps %s: both hold bars from %lld on: leave one out",
                          second, first, (long long)b->row[0].open_ms);
    }
    if (distance % a->length_ms != 0) {
        return eb_err_set(err, EB_E_INVALID, "kline.join",
                          "%s begins %lld ms after the last bar of %s, no whole number of bars", second,
                          (long long)distance, first);
    }
    return EB_OK;
}

static int concatenate(struct eb_series *part, size_t count, struct eb_series *out, struct eb_err *err)
{
    size_t total = 0, at = 0;
    for (size_t i = 0; i < count; i++) {
        total += part[i].count;
    }
    struct eb_bar_row *row = malloc(total * sizeof(*row));
    if (row == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "kline.join", "out of memory for %zu rows", total);
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(row + at, part[i].row, part[i].count * sizeof(*row));
        at += part[i].count;
    }
    struct eb_series joined = part[0];
    joined.row = row;
    joined.count = total;
    part[0].file = NULL; /* the joined series has it */
    for (size_t i = 0; i < count; i++) {
        eb_series_deinit(&part[i]);
    }
    eb_series_count_gaps(&joined);
    *out = joined;
    return EB_OK;
}

int eb_series_join(struct eb_series *part, size_t count, struct eb_series *out, struct eb_err *err)
{
    EB_ASSERT(count >= 1);
    if (count == 1) {
        struct eb_series only = part[0];
        memset(&part[0], 0, sizeof(part[0]));
        *out = only;
        return EB_OK;
    }
    qsort(part, count, sizeof(part[0]), by_time);
    for (size_t i = 1; i < count; i++) {
        int rc = check_pair(&part[i - 1], &part[i], err);
        if (rc != EB_OK) {
            return rc;
        }
    }
    return concatenate(part, count, out, err);
}
