/* SPDX-License-Identifier: Apache-2.0 */
/* A series as a kline file: how generated months reach the same reader, and other programs, as real ones. */
#include "feed/kline.h"

#include <stdio.h>
#include <string.h>

#include <zlib.h>

#include "base/decimal.h"
#include "feed/text_source.h"

#define ROW_MAX 400

static size_t format_row(const struct eb_series *s, size_t i, int columns, char out[ROW_MAX]);

int eb_series_write_csv(const struct eb_series *s, const char *path, int columns, bool header, struct eb_err *err)
{
    EB_ASSERT(columns == 6 || columns == 12);
    size_t len = strlen(path);
    bool packed = len >= 3 && strcmp(path + len - 3, ".gz") == 0;
    gzFile file = gzopen(path, packed ? "wb6" : "wbT"); /* T: written as it is */
    if (file == NULL) {
        return eb_err_set(err, EB_E_IO, "kline.write", "%s: cannot be created", eb_path_shown(path));
    }
    bool good = true;
    if (header) {
        good = gzputs(file, columns == 12 ? "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
                                            "taker_buy_volume,taker_buy_quote_volume,ignore\n"
                                          : "open_time,open,high,low,close,volume\n") > 0;
    }
    for (size_t i = 0; good && i < s->count; i++) {
        char row[ROW_MAX];
        size_t n = format_row(s, i, columns, row);
        good = gzwrite(file, row, (unsigned)n) == (int)n;
    }
    good = gzclose_w(file) == Z_OK && good;
    return good ? EB_OK
                : eb_err_set(err, EB_E_IO, "kline.write", "%s: writing failed (disk full?)", eb_path_shown(path));
}

/* Volume 1 and quote volume close: what stands there must be consistent, nothing reads it. */
static size_t format_row(const struct eb_series *s, size_t i, int columns, char out[ROW_MAX])
{
    const struct eb_bar_row *row = &s->row[i];
    char open[EB_DECIMAL_TEXT_MAX], high[EB_DECIMAL_TEXT_MAX], low[EB_DECIMAL_TEXT_MAX], close[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format(row->open.e8, 8, open);
    (void)eb_decimal_format(row->high.e8, 8, high);
    (void)eb_decimal_format(row->low.e8, 8, low);
    (void)eb_decimal_format(row->close.e8, 8, close);
    int n;
    if (columns == 12) {
        n = snprintf(out, ROW_MAX, "%lld,%s,%s,%s,%s,1,%lld,%s,1,0,0,0\n", (long long)row->open_ms, open, high, low,
                     close, (long long)(row->open_ms + s->length_ms - 1), close);
    } else {
        n = snprintf(out, ROW_MAX, "%lld,%s,%s,%s,%s,1\n", (long long)row->open_ms, open, high, low, close);
    }
    EB_ASSERT(n > 0 && n < ROW_MAX);
    return (size_t)n;
}
