/* SPDX-License-Identifier: Apache-2.0 */
/* Splitting, the few types of columns, and messages that all look alike. */
#define _POSIX_C_SOURCE 200809L

#include "feed/csv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DIGITS_MAX 18 /* of an integer: stays below INT64_MAX */
#define SHOWN 32      /* bytes of a value in a message */

static int split(struct eb_csv *csv, const char *line, size_t len, struct eb_err *err);
static int malformed(const struct eb_csv *csv, size_t i, const char *name, const char *wanted, struct eb_err *err);

int eb_csv_open(struct eb_csv *csv, const char *where, const char *path, struct eb_err *err)
{
    memset(csv, 0, sizeof(*csv));
    csv->where = where;
    return eb_text_open(path, &csv->source, err);
}

void eb_csv_close(struct eb_csv *csv)
{
    eb_text_close(csv->source);
    csv->source = NULL;
}

int eb_csv_next(struct eb_csv *csv, struct eb_err *err)
{
    const char *line;
    size_t len, blank = 0;
    for (;;) {
        int rc = eb_text_next(csv->source, &line, &len, err);
        if (rc != EB_OK) {
            return rc;
        }
        if (len > 0) {
            break;
        }
        blank = blank == 0 ? eb_text_line(csv->source) : blank;
    }
    if (blank != 0) {
        return eb_err_set(err, EB_E_INVALID, csv->where, "%s:%zu: blank line between rows: remove it",
                          eb_text_name(csv->source), blank);
    }
    return split(csv, line, len, err);
}

bool eb_csv_is_header(const struct eb_csv *csv)
{
    const struct eb_csv_field *f = &csv->field[0];
    return csv->count > 0 && f->len > 0 && f->text[0] != '-' && (f->text[0] < '0' || f->text[0] > '9');
}

bool eb_csv_is(const struct eb_csv *csv, size_t i, const char *name)
{
    const struct eb_csv_field *f = &csv->field[i];
    return i < csv->count && f->len == strlen(name) && strncasecmp(f->text, name, f->len) == 0;
}

int eb_csv_error(const struct eb_csv *csv, struct eb_err *err, const char *fmt, ...)
{
    char text[320];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (n < 0) {
        text[0] = '\0';
    }
    bool cut = eb_text_unended(csv->source);
    return eb_err_set(err, EB_E_INVALID, csv->where, "%s:%zu: %s%s", eb_text_name(csv->source),
                      eb_text_line(csv->source), text,
                      cut ? " (last row without a line end: the file may be truncated, download it again)" : "");
}

int eb_csv_decimal(const struct eb_csv *csv, size_t i, const char *name, bool exact, int64_t *out, struct eb_err *err)
{
    const struct eb_csv_field *f = &csv->field[i];
    int rc = eb_decimal_parse(f->text, f->len, exact, EB_ROUND_HALF_EVEN, out);
    if (rc == EB_OK) {
        return EB_OK;
    }
    if (rc == EB_E_OVERFLOW) {
        return malformed(csv, i, name, "a number below 92,233,720,368", err);
    }
    return malformed(csv, i, name, exact ? "a decimal number with at most 8 decimals" : "a decimal number", err);
}

int eb_csv_integer(const struct eb_csv *csv, size_t i, const char *name, int64_t *out, struct eb_err *err)
{
    const struct eb_csv_field *f = &csv->field[i];
    int64_t value = 0;
    if (f->len == 0 || f->len > DIGITS_MAX) {
        return malformed(csv, i, name, "a whole number", err);
    }
    for (size_t k = 0; k < f->len; k++) {
        if (f->text[k] < '0' || f->text[k] > '9') {
            return malformed(csv, i, name, "a whole number", err);
        }
        value = value * 10 + (f->text[k] - '0');
    }
    *out = value;
    return EB_OK;
}

int eb_csv_time_ms(const struct eb_csv *csv, size_t i, const char *name, int64_t *out, struct eb_err *err)
{
    int64_t t = 0;
    int rc = eb_csv_integer(csv, i, name, &t, err);
    if (rc != EB_OK) {
        return rc;
    }
    if (t < EB_TIME_MS_MIN) {
        return malformed(csv, i, name, "a time in milliseconds since 1970 (this looks like seconds)", err);
    }
    if (t >= EB_TIME_US_MIN / 100) {
        return malformed(csv, i, name, "a time in milliseconds since 1970 (this looks like microseconds)", err);
    }
    *out = t;
    return EB_OK;
}

static size_t digits_from(const struct eb_csv_field *f, size_t at)
{
    size_t n = 0;
    while (at + n < f->len && f->text[at + n] >= '0' && f->text[at + n] <= '9') {
        n++;
    }
    return n;
}

int eb_csv_number(const struct eb_csv *csv, size_t i, const char *name, struct eb_err *err)
{
    const struct eb_csv_field *f = &csv->field[i];
    size_t at = f->len > 0 && f->text[0] == '-' ? 1 : 0;
    size_t digits = digits_from(f, at);
    at += digits;
    bool good = digits > 0;
    if (good && at < f->len && f->text[at] == '.') {
        digits = digits_from(f, at + 1);
        at += 1 + digits;
        good = digits > 0;
    }
    if (good && at < f->len && (f->text[at] == 'e' || f->text[at] == 'E')) {
        at++;
        at += at < f->len && (f->text[at] == '-' || f->text[at] == '+') ? 1 : 0;
        digits = digits_from(f, at);
        at += digits;
        good = digits > 0;
    }
    return good && at == f->len ? EB_OK : malformed(csv, i, name, "a number", err);
}

int eb_symbol_of_file(const char *path, const char *override, char out[EB_SYMBOL_MAX], struct eb_err *err)
{
    const char *name = override != NULL ? override : eb_path_base(path);
    size_t len = override != NULL ? strlen(name) : strcspn(name, "-");
    if (override == NULL && name[len] == '\0') {
        return eb_err_set(err, EB_E_INVALID, "symbol",
                          "%s: no '-' in the file name, so it names no symbol: rename it like "
                          "BTCUSDT-1m-2024-11.csv or give the symbol",
                          eb_path_shown(path));
    }
    if (len == 0 || len >= EB_SYMBOL_MAX) {
        return eb_err_set(err, EB_E_INVALID, "symbol", "%s: '%.*s' is no symbol: expected 1 to %d bytes",
                          eb_path_shown(path), (int)(len < SHOWN ? len : SHOWN), name, EB_SYMBOL_MAX - 1);
    }
    memcpy(out, name, len);
    out[len] = '\0';
    return EB_OK;
}

/* ---- statics ---------------------------------------------------------------------------------------------------- */

static int split(struct eb_csv *csv, const char *line, size_t len, struct eb_err *err)
{
    size_t begin = 0;
    csv->count = 0;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && line[i] != ',') {
            continue;
        }
        if (csv->count == EB_CSV_COLUMNS_MAX) {
            return eb_csv_error(csv, err, "more than %d columns: not a file of this kind", EB_CSV_COLUMNS_MAX);
        }
        csv->field[csv->count++] = (struct eb_csv_field){.text = line + begin, .len = i - begin};
        begin = i + 1;
    }
    return EB_OK;
}

static int malformed(const struct eb_csv *csv, size_t i, const char *name, const char *wanted, struct eb_err *err)
{
    const struct eb_csv_field *f = &csv->field[i];
    char shown[SHOWN + 1];
    size_t n = f->len < SHOWN ? f->len : SHOWN;
    for (size_t k = 0; k < n; k++) {
        unsigned char c = (unsigned char)f->text[k];
        shown[k] = c < 0x20 || c == 0x7f ? '?' : (char)c; /* a damaged file must not steer a terminal */
    }
    shown[n] = '\0';
    return eb_csv_error(csv, err, "column %zu (%s): expected %s, got '%s'", i + 1, name, wanted, shown);
}
