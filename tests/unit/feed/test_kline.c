/* SPDX-License-Identifier: Apache-2.0 */
/* Kline files as they are published, and every way in which they can be wrong. */
#define _POSIX_C_SOURCE 200809L

#include "feed/kline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "feed/text_source.h"
#include "files.h"

#define T0 "1738368000000"
#define T0_MS INT64_C(1738368000000)
#define HEAD6 "open_time,open,high,low,close,volume\n"
#define HEAD12                                                                             \
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume," \
    "taker_buy_quote_volume,ignore\n"
#define REST ",164695.83081,558,245241.0,92932.51355,0\n"
#define ROW12_0 "1738368000000,0.3790,0.3795,0.3783,0.3788,434592.5,1738368059999" REST
#define ROW12_1 "1738368060000,0.3789,0.3792,0.3778,0.3782,131894.9,1738368119999" REST
#define ROW12_3 "1738368180000,0.3789,0.3792,0.3778,0.3782,131894.9,1738368239999" REST
#define ROW6_0 "1738368000000,0.3790,0.3795,0.3783,0.3788,434592.5\n"
#define ROW6_1 "1738368060000,0.3789,0.3792,0.3778,0.3782,1e-05\n"
#define ROW6_3 "1738368180000,0.3789,0.3792,0.3778,0.3782,131894.9\n"

static void every_published_form_is_read_the_same(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
    } cases[] = {
        {"12 columns, header", HEAD12 ROW12_0 ROW12_1 ROW12_3},
        {"12 columns, no header", ROW12_0 ROW12_1 ROW12_3},
        {"6 columns, header", HEAD6 ROW6_0 ROW6_1 ROW6_3},
        {"6 columns, no header", ROW6_0 ROW6_1 ROW6_3},
        {"header in another case", "Timestamp,Open,High,Low,Close,Volume\n" ROW6_0 ROW6_1 ROW6_3},
        {"blank lines at the end", ROW6_0 ROW6_1 ROW6_3 "\n\n"},
        {"no last line end", ROW6_0 ROW6_1 "1738368180000,0.3789,0.3792,0.3778,0.3782,131894.9"},
        {"microseconds", "1738368000000000,0.3790,0.3795,0.3783,0.3788,434592.5,1738368059999999" REST
                         "1738368060000000,0.3789,0.3792,0.3778,0.3782,131894.9,1738368119999999" REST
                         "1738368180000000,0.3789,0.3792,0.3778,0.3782,131894.9,1738368239999999" REST},
        {"microseconds, 6 columns", "1738368000000000,0.3790,0.3795,0.3783,0.3788,0\n"
                                    "1738368060000000,0.3789,0.3792,0.3778,0.3782,0\n"
                                    "1738368180000000,0.3789,0.3792,0.3778,0.3782,0\n"},
    };
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        const char *paths[] = {file_write("ALGOUSDT-1m-2025-02.csv", cases[c].text),
                               file_write_gzip("ALGOUSDT-1m-2025-02.csv.gz", cases[c].text),
                               file_write_zip("ALGOUSDT-1m-2025-02.zip", cases[c].text, 1, false)};
        for (size_t p = 0; p < EB_COUNT(paths); p++) {
            struct eb_series s;
            struct eb_err err = {0};
            if (eb_kline_load(paths[p], NULL, &s, &err) != EB_OK) {
                fail_msg("%s: %s", cases[c].name, err.msg);
            }
            assert_string_equal(s.symbol, "ALGOUSDT");
            assert_int_equal(s.count, 3);
            assert_int_equal(s.length_ms, 60000);
            assert_int_equal(s.gaps, 1);
            assert_int_equal(s.missing, 1);
            struct eb_ev_bar b = eb_series_bar(&s, 1);
            assert_int_equal(b.open_ms, T0_MS + 60000);
            assert_int_equal(b.length_ms, 60000);
            assert_int_equal(b.open.e8, 37890000);
            assert_int_equal(b.high.e8, 37920000);
            assert_int_equal(b.low.e8, 37780000);
            assert_int_equal(b.close.e8, 37820000);
            assert_int_equal(eb_series_missing_before(&s, 0), 0);
            assert_int_equal(eb_series_missing_before(&s, 1), 0);
            assert_int_equal(eb_series_missing_before(&s, 2), 1);
            eb_series_deinit(&s);
        }
    }
}

static void a_wrong_row_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *one, *two;
    } cases[] = {
        {"empty", "", "no rows", "X-1m.csv"},
        {"header only", HEAD12, "no rows", NULL},
        {"7 columns", "1738368000000,1,1,1,1,1,1\n", ":1: 7 columns", "expected 12"},
        {"17 columns", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1\n", ":1: more than 16", NULL},
        {"5 columns in the middle", ROW6_0 "1738368060000,1,1,1,1\n" ROW6_3, ":2: 5 columns", "before have 6"},
        {"12 columns after 6", ROW6_0 ROW12_1, ":2: 12 columns", NULL},
        {"truncated last row", HEAD12 ROW12_0 "1738368060000,0.3789,0.37", ":3: 3 columns", "truncated"},
        {"truncated to 6 columns", ROW12_0 "1738368060000,0.3789,0.3792,0.3778,0.3782,13", ":2: 6 columns",
         "truncated"},
        {"blank line", ROW6_0 "\n" ROW6_1, ":2: blank line", "remove"},
        {"malformed price", ROW6_0 "1738368060000,0.37x9,0.3792,0.3778,0.3782,1\n", ":2: column 2 (open)", "'0.37x9'"},
        {"empty price", "1738368000000,,1,1,1,1\n", ":1: column 2 (open)", "''"},
        {"nan", "1738368000000,1,1,nan,1,1\n", "column 4 (low)", "'nan'"},
        {"exponent in a price", "1738368000000,1e-5,1,1,1,1\n", "column 2 (open)", "decimal"},
        {"9 decimals", "1738368000000,1,1.123456789,1,1,1\n", "column 3 (high)", "at most 8 decimals"},
        {"blank in a price", "1738368000000, 1,1,1,1,1\n", "column 2 (open)", NULL},
        {"price beyond the range", "1738368000000,1,99999999999999,1,1,1\n", "column 3 (high)", "below 92,233,720,368"},
        {"control bytes are not shown", "1738368000000,\033[31m,1,1,1,1\n", "'?[31m'", NULL},
        {"malformed volume", "1738368000000,1,1,1,1,1..2\n", ":1: column 6 (volume)", "'1..2'"},
        {"malformed count", "1738368000000,1,1,1,1,1,1738368059999,1,x,1,1,0\n", ":1: column 9 (count)", "'x'"},
        {"high below low", ROW6_0 "1738368060000,5,4,6,5,1\n", ":2: high is below low", "download"},
        {"open outside", "1738368000000,7,6,4,5,1\n", ":1: open lies outside", NULL},
        {"close outside", "1738368000000,5,6,4,3,1\n", ":1: close lies outside", NULL},
        {"price 0", "1738368000000,5,6,0,5,1\n", ":1: low is not positive", NULL},
        {"price negative", "1738368000000,-5,6,4,5,1\n", ":1: open is not positive", NULL},
        {"step back", ROW6_1 ROW6_0, ":2: open_time 1738368000000 steps back", "sort"},
        {"duplicate", ROW6_0 ROW6_1 ROW6_1, ":3: duplicate open_time 1738368060000", "remove"},
        {"seconds", "1738368000,5,6,4,5,1\n", ":1: column 1 (open_time): 1738368000 is not a time in milli", NULL},
        {"time with a sign", "-1738368000000,5,6,4,5,1\n", "column 1 (open_time)", "whole number"},
        {"time too long", "1738368000000000000000,5,6,4,5,1\n", "column 1 (open_time)", "whole number"},
        {"split millisecond", "1738368000000001,5,6,4,5,1\n", "not a whole millisecond", NULL},
        {"close before open", "1738368000000,1,1,1,1,1,1738367999998,1,1,1,1,0\n", "does not end a bar", NULL},
        {"close in another unit", "1738368000000,1,1,1,1,1,1738368059999999,1,1,1,1,0\n", "does not end a bar", NULL},
        {"another bar length", ROW12_0 "1738368060000,1,1,1,1,1,1738368359999,1,1,1,1,0\n", ":2: a bar of 300000 ms",
         "60000"},
        {"bars overlap", ROW12_0 "1738368030000,1,1,1,1,1,1738368089999,1,1,1,1,0\n", ":2: opens 30000 ms", "no whole"},
        {"odd distance, 6 columns", HEAD6 ROW6_0 ROW6_1 "1738368150000,1,1,1,1,1\n", ":4: opens 90000 ms", NULL},
        {"rows far apart", ROW6_0 "1748368000000,1,1,1,1,1\n", "31 days", NULL},
        {"header of another file", "time,open,close,high,low,volume\n" ROW6_0, "column 3 should be 'high'", NULL},
        {"header of another kind", "a,open,high,low,close,b,c,d,e,f,g,h\n" ROW12_0, "column 7 should be 'close_time'",
         NULL},
        {"header twice", HEAD6 HEAD6 ROW6_0, ":2: column 1 (open_time)", NULL},
        {"an HTML page", "<html>\n", ":1: 1 columns", "expected 12"},
    };
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        struct eb_series s;
        struct eb_err err = {0};
        int rc = eb_kline_load(file_write("X-1m.csv", cases[c].text), NULL, &s, &err);
        if (rc == EB_OK) {
            fail_msg("%s: was accepted", cases[c].name);
        }
        assert_error(&err, rc, EB_E_INVALID, cases[c].one, cases[c].two);
    }
}

static void a_lone_row_takes_its_length_from_the_files_name(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        int64_t length_ms; /* 0: refused */
    } cases[] = {{"X-1m.csv", 60000},
                 {"X-15m-2025-02.csv", 900000},
                 {"X-2025-4h.csv", 14400000},
                 {"X-1d.csv", 86400000},
                 {"X-a.csv", 0},
                 {"X-1mm.csv", 0},
                 {"X-m.csv", 0},
                 {"X-0m.csv", 0}};
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        struct eb_series s;
        struct eb_err err = {0};
        int rc = eb_kline_load(file_write(cases[c].file, ROW6_0), NULL, &s, &err);
        if (cases[c].length_ms == 0) {
            assert_error(&err, rc, EB_E_INVALID, "single row", "interval");
            continue;
        }
        assert_int_equal(rc, EB_OK);
        assert_int_equal(s.length_ms, cases[c].length_ms);
        eb_series_deinit(&s);
    }
}

static void the_symbol_comes_from_the_name_or_the_caller(void **state)
{
    (void)state;
    struct eb_series s;
    struct eb_err err = {0};
    const char *path = file_write("data.csv", ROW6_0 ROW6_1);
    int rc = eb_kline_load(path, NULL, &s, &err);
    assert_error(&err, rc, EB_E_INVALID, "data.csv", "names no symbol");
    assert_int_equal(eb_kline_load(path, "XUSDT", &s, &err), EB_OK);
    assert_string_equal(s.symbol, "XUSDT");
    eb_series_deinit(&s);
    rc = eb_kline_load(file_write("-1m.csv", ROW6_0 ROW6_1), NULL, &s, &err);
    assert_error(&err, rc, EB_E_INVALID, "is no symbol", NULL);
    rc = eb_kline_load(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", &s, &err);
    assert_error(&err, rc, EB_E_INVALID, "is no symbol", "23");
    rc = eb_kline_load(file_path("ABSENT-1m.csv"), NULL, &s, &err);
    assert_error(&err, rc, EB_E_IO, "ABSENT-1m.csv", "exists");
}

static void a_truncated_archive_is_no_shorter_month(void **state)
{
    (void)state;
    struct eb_series s;
    struct eb_err err = {0};
    const char *path = file_write_gzip("A-1m.csv.gz", HEAD12 ROW12_0 ROW12_1 ROW12_3);
    file_truncate(path, 8); /* all rows can still be unpacked */
    int rc = eb_kline_load(path, NULL, &s, &err);
    assert_error(&err, rc, EB_E_IO, "A-1m.csv.gz", "truncated");
}

static struct eb_series series(const char *file, const char *symbol, int64_t start, int64_t length, size_t count)
{
    struct eb_series s = {
        .length_ms = length, .count = count, .row = calloc(count, sizeof(*s.row)), .file = strdup(file)};
    assert_non_null(s.row);
    assert_non_null(s.file);
    (void)snprintf(s.symbol, sizeof(s.symbol), "%s", symbol);
    for (size_t i = 0; i < count; i++) {
        int64_t price = (int64_t)(100 + i % 10) * EB_E8 + 5;
        s.row[i] = (struct eb_bar_row){start + (int64_t)i * length, {price}, {price + 2}, {price - 3}, {price + 1}};
    }
    return s;
}

static void parts_join_in_time_order(void **state)
{
    (void)state;
    struct eb_series part[3] = {series("c.csv", "X", T0_MS + 720000, 60000, 3), series("a.csv", "X", T0_MS, 60000, 5),
                                series("b.csv", "X", T0_MS + 300000, 60000, 5)};
    struct eb_series s;
    assert_int_equal(eb_series_join(part, 3, &s, NULL), EB_OK);
    assert_int_equal(s.count, 13);
    assert_int_equal(s.gaps, 1); /* two minutes between b and c */
    assert_int_equal(s.missing, 2);
    for (size_t i = 1; i < s.count; i++) {
        assert_true(s.row[i].open_ms > s.row[i - 1].open_ms);
    }
    assert_int_equal(eb_series_find(&s, 0), 0);
    assert_int_equal(eb_series_find(&s, T0_MS + 60000), 1);
    assert_int_equal(eb_series_find(&s, T0_MS + 60001), 2);
    assert_int_equal(eb_series_find(&s, INT64_MAX), 13);
    for (size_t i = 0; i < 3; i++) {
        assert_null(part[i].row);
        eb_series_deinit(&part[i]);
    }
    eb_series_deinit(&s);
    struct eb_series one = series("one.csv", "X", T0_MS, 60000, 2);
    assert_int_equal(eb_series_join(&one, 1, &s, NULL), EB_OK);
    assert_int_equal(s.count, 2);
    assert_null(one.row);
    eb_series_deinit(&s);
}

static void parts_that_do_not_fit_are_both_named(void **state)
{
    (void)state;
    static const struct {
        const char *symbol;
        int64_t start, length;
        const char *want;
    } cases[] = {{"X", T0_MS + 240000, 60000, "overlaps"},
                 {"X", T0_MS, 60000, "overlaps"},
                 {"Y", T0_MS + 300000, 60000, "only files of one symbol"},
                 {"X", T0_MS + 300000, 300000, "one interval"},
                 {"X", T0_MS + 330000, 60000, "no whole number"}};
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        struct eb_series part[2] = {series("first.csv", "X", T0_MS, 60000, 5),
                                    series("second.csv", cases[c].symbol, cases[c].start, cases[c].length, 5)};
        struct eb_series s;
        struct eb_err err = {0};
        int rc = eb_series_join(part, 2, &s, &err);
        assert_error(&err, rc, EB_E_INVALID, cases[c].want, "first.csv");
        assert_error(&err, rc, EB_E_INVALID, "second.csv", NULL);
        assert_int_equal(part[0].count, 5); /* the parts are as before */
        assert_int_equal(part[1].count, 5);
        eb_series_deinit(&part[0]);
        eb_series_deinit(&part[1]);
    }
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int columns;
        bool header;
    } cases[] = {{"XUSDT-1m.csv", 12, true},
                 {"XUSDT-1m.csv.gz", 12, false},
                 {"XUSDT-1m.ohlcv.csv", 6, false},
                 {"XUSDT-1m.ohlcv.csv.gz", 6, true}};
    struct eb_series s = series("made", "XUSDT", T0_MS, 60000, 1000);
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        const char *path = file_path(cases[c].name);
        struct eb_series got;
        struct eb_err err = {0};
        assert_int_equal(eb_series_write_csv(&s, path, cases[c].columns, cases[c].header, &err), EB_OK);
        if (eb_kline_load(path, NULL, &got, &err) != EB_OK) {
            fail_msg("%s", err.msg);
        }
        assert_string_equal(got.symbol, s.symbol);
        assert_int_equal(got.length_ms, s.length_ms);
        assert_int_equal(got.count, s.count);
        assert_memory_equal(got.row, s.row, s.count * sizeof(*s.row));
        eb_series_deinit(&got);
    }
    struct eb_err err = {0};
    int rc = eb_series_write_csv(&s, "/nonexistent/x.csv", 6, true, &err);
    assert_error(&err, rc, EB_E_IO, "/nonexistent/x.csv", "created");
    eb_series_deinit(&s);
}

/* Months as the exchange publishes them: no gap, no duplicate (data/INDEX.md), and loaded quickly. */
static void real_months_load(void **state)
{
    (void)state;
    static const struct {
        const char *name, *symbol;
        size_t count;
    } cases[] = {{"klines_1m/ALGOUSDT-1m-2025-02.csv.gz", "ALGOUSDT", 40320},
                 {"klines_1m/FILUSDT-1m-2023-08.csv.gz", "FILUSDT", 44640},
                 {"klines_1m/AVAXUSDT-1m-2026-06.csv.gz", "AVAXUSDT", 43200},
                 {"klines_1m/DOTUSDT-1m-2024-11.csv.gz", "DOTUSDT", 43200},
                 {"klines_1m/NEARUSDT-1m-2024-11.csv.gz", "NEARUSDT", 43200},
                 {"klines_1m/BTCUSDT-1m-20250525-20250624.ohlcv.csv.gz", "BTCUSDT", 43199},
                 {"klines_1m/DOGEUSDT-1m-20250525-20250624.ohlcv.csv.gz", "DOGEUSDT", 43200}};
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        const char *path = real_file(cases[c].name);
        if (path == NULL) {
            skip();
        }
        struct eb_series s;
        struct eb_err err = {0};
        struct timespec begin, end;
        assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin), 0);
        if (eb_kline_load(path, NULL, &s, &err) != EB_OK) {
            fail_msg("%s", err.msg);
        }
        assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end), 0);
        print_message("%s: %zu rows in %lld us\n", s.symbol, s.count,
                      (long long)((end.tv_sec - begin.tv_sec) * 1000000 + (end.tv_nsec - begin.tv_nsec) / 1000));
        assert_string_equal(s.symbol, cases[c].symbol);
        assert_int_equal(s.count, cases[c].count);
        assert_int_equal(s.length_ms, 60000);
        assert_int_equal(s.gaps, 0);
        eb_series_deinit(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_published_form_is_read_the_same),
        cmocka_unit_test(a_wrong_row_is_named),
        cmocka_unit_test(a_lone_row_takes_its_length_from_the_files_name),
        cmocka_unit_test(the_symbol_comes_from_the_name_or_the_caller),
        cmocka_unit_test(a_truncated_archive_is_no_shorter_month),
        cmocka_unit_test(parts_join_in_time_order),
        cmocka_unit_test(parts_that_do_not_fit_are_both_named),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(real_months_load),
    };
    return cmocka_run_group_tests_name("feed/kline", tests, files_setup, files_teardown);
}
