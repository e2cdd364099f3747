/* SPDX-License-Identifier: Apache-2.0 */
/* Funding rates in both layouts, rounding, and what is refused. */
#define _POSIX_C_SOURCE 200809L

#include "feed/funding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "files.h"

#define HEAD3 "calc_time,funding_interval_hours,last_funding_rate\n"
#define HEAD6 "open_time,open,high,low,close,volume\n"

static void each_layout_gives_the_same_rates(void **state)
{
    (void)state;
    static const char *const texts[] = {
        HEAD3 "1741276800003,8,0.00006818\n1741305600000,8,-0.00000612\n1741334400999,8,0.00010000\n",
        "1741276800003,8,0.00006818\n1741305600000,8,-0.00000612\n1741334400999,8,0.0001",
        HEAD6 "1741276800000,0.00006818,0,0,0,0\n1741305600000,-0.00000612,0,0,0,0\n1741334400000,0.0001,0,0,0,0\n",
        "1741276800000,0.00006818,0,0,0,0.0\n1741305600000,-0.00000612,0,0,0,0\n1741334400000,0.0001,0,0,0,0\n",
    };
    for (size_t c = 0; c < EB_COUNT(texts); c++) {
        const char *paths[] = {file_write("BTCUSDT-fundingRate-2025-03.csv", texts[c]),
                               file_write_zip("BTCUSDT-fundingRate-2025-03.zip", texts[c], 1, false)};
        for (size_t p = 0; p < EB_COUNT(paths); p++) {
            struct eb_funding f;
            struct eb_err err = {0};
            if (eb_funding_load(paths[p], NULL, &f, &err) != EB_OK) {
                fail_msg("%s", err.msg);
            }
            assert_string_equal(f.symbol, "BTCUSDT");
            assert_int_equal(f.count, 3);
            assert_int_equal(f.row[0].time_ms, INT64_C(1741276800000)); /* floored to the second */
            assert_int_equal(f.row[2].time_ms, INT64_C(1741334400000));
            assert_int_equal(f.row[0].rate_e8, 6818);
            assert_int_equal(f.row[1].rate_e8, -612);
            assert_int_equal(f.row[2].rate_e8, 10000);
            assert_int_equal(eb_funding_after(&f, 0), 0);
            assert_int_equal(eb_funding_after(&f, INT64_C(1741276800000)), 1);
            assert_int_equal(eb_funding_after(&f, INT64_C(1741334399999)), 2);
            assert_int_equal(eb_funding_after(&f, INT64_C(1741334400000)), 3);
            eb_funding_deinit(&f);
        }
    }
}

static void longer_rates_are_rounded_half_to_even(void **state)
{
    (void)state;
    static const struct {
        const char *rate;
        int64_t want;
    } cases[] = {{"0.000000005", 0},
                 {"0.000000015", 2},
                 {"-0.000000015", -2},
                 {"0.0000000150001", 2},
                 {"0.000000025", 2},
                 {"-0.000000005", 0},
                 {"0", 0}};
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        char text[128];
        struct eb_funding f;
        (void)snprintf(text, sizeof(text), "1741276800000,8,%s\n", cases[c].rate);
        assert_int_equal(eb_funding_load(file_write("X-f.csv", text), NULL, &f, NULL), EB_OK);
        assert_int_equal(f.row[0].rate_e8, cases[c].want);
        eb_funding_deinit(&f);
    }
}

static void a_wrong_row_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *one, *two;
    } cases[] = {
        {"", "no rows", "X-f.csv"},
        {HEAD3, "no rows", NULL},
        {"1,2,3,4\n", ":1: 4 columns", "expected calc_time"},
        {"calc_time,hours,rate\n", ":1: header: column 3", "last_funding_rate"},
        {"a,b,c,d,e,f\n", ":1: header: column 2", "'open'"},
        {HEAD3 "1741276800000,8\n", ":2: 2 columns", "damaged"},
        {HEAD3 "1741276800000,8,0.00", NULL, NULL},
        {HEAD3 "1741276800000,8,0.", ":2: column 3", "truncated"},
        {"1741276800000,8,x\n", ":1: column 3 (last_funding_rate)", "'x'"},
        {"1741276800000,x,0.1\n", ":1: column 2 (funding_interval_hours)", NULL},
        {"1741276800,8,0.1\n", "seconds", NULL},
        {"1741276800000000,8,0.1\n", "microseconds", NULL},
        {"1741276800000,8,1\n", "100 %", "fraction"},
        {"1741276800000,8,-1\n", "100 %", NULL},
        {"1741276800000,8,0.1\n1741276800999,8,0.1\n", ":2: time 1741276800000 is not after", "duplicate"},
        {"1741276801000,8,0.1\n1741276800000,8,0.1\n", ":2: time 1741276800000 is not after", "order"},
        {HEAD6 "1741276800000,0.5,0.6,0.4,0.5,9\n", ":2: column 3 is not 0", "price bars"},
        {"1741276800000,0.5,x,0,0,0\n", ":1: column 3 (an unused column)", "'x'"},
    };
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        struct eb_funding f;
        struct eb_err err = {0};
        int rc = eb_funding_load(file_write("X-f.csv", cases[c].text), NULL, &f, &err);
        if (cases[c].one == NULL) { /* cut inside a figure that still is one: nothing can tell */
            assert_int_equal(rc, EB_OK);
            eb_funding_deinit(&f);
            continue;
        }
        assert_error(&err, rc, EB_E_INVALID, cases[c].one, cases[c].two);
    }
    struct eb_funding f;
    struct eb_err err = {0};
    int rc = eb_funding_load(file_write("rates.csv", "1741276800000,8,0.1\n"), NULL, &f, &err);
    assert_error(&err, rc, EB_E_INVALID, "rates.csv", "names no symbol");
    rc = eb_funding_load(file_path("X-absent.csv"), NULL, &f, &err);
    assert_error(&err, rc, EB_E_IO, "X-absent.csv", NULL);
}

static void parts_join_in_time_order(void **state)
{
    (void)state;
    struct eb_funding part[2], f;
    struct eb_err err = {0};
    assert_int_equal(eb_funding_load(file_write("X-b.csv", "1741305600000,8,0.2\n"), NULL, &part[0], NULL), EB_OK);
    assert_int_equal(eb_funding_load(file_write("X-a.csv", "1741276800000,8,0.1\n"), NULL, &part[1], NULL), EB_OK);
    assert_int_equal(eb_funding_join(part, 2, &f, &err), EB_OK);
    assert_int_equal(f.count, 2);
    assert_int_equal(f.row[0].rate_e8, 10000000);
    assert_int_equal(f.row[1].rate_e8, 20000000);
    assert_null(part[0].row);
    part[0] = f;
    assert_int_equal(eb_funding_load(file_write("X-c.csv", "1741305600000,8,0.2\n"), NULL, &part[1], NULL), EB_OK);
    int rc = eb_funding_join(part, 2, &f, &err);
    assert_error(&err, rc, EB_E_INVALID, "overlap", "X-c.csv");
    (void)snprintf(part[1].symbol, sizeof(part[1].symbol), "Y");
    rc = eb_funding_join(part, 2, &f, &err);
    assert_error(&err, rc, EB_E_INVALID, "different symbols", "X-a.csv");
    eb_funding_deinit(&part[0]);
    eb_funding_deinit(&part[1]);
}

static void real_rates_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *file, *symbol;
        size_t count;
        int64_t first, second;
    } cases[] = {{"funding_mark/BTCUSDT-8h-funding_rate-20250306-202506.csv.gz", "BTCUSDT", 266, 6818, -612},
                 {"funding_mark/DOGEUSDT-8h-funding_rate-20250525-20250624.csv.gz", "DOGEUSDT", 89, 1095, 1289}};
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        struct eb_funding f;
        const char *path = real_file(cases[c].file);
        if (path == NULL) {
            skip();
        }
        assert_int_equal(eb_funding_load(path, NULL, &f, NULL), EB_OK);
        assert_string_equal(f.symbol, cases[c].symbol);
        assert_int_equal(f.count, cases[c].count);
        assert_int_equal(f.row[0].rate_e8, cases[c].first);
        assert_int_equal(f.row[1].rate_e8, cases[c].second);
        eb_funding_deinit(&f);
    }
    struct eb_funding f;
    struct eb_err err = {0};
    const char *prices = real_file("funding_mark/BTCUSDT-8h-mark-20250306-202506.csv.gz");
    if (prices != NULL) {
        int rc = eb_funding_load(prices, NULL, &f, &err);
        assert_error(&err, rc, EB_E_INVALID, "price bars", ":2:");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_layout_gives_the_same_rates),
        cmocka_unit_test(longer_rates_are_rounded_half_to_even),
        cmocka_unit_test(a_wrong_row_is_named),
        cmocka_unit_test(parts_join_in_time_order),
        cmocka_unit_test(real_rates_are_read),
    };
    return cmocka_run_group_tests_name("feed/funding", tests, files_setup, files_teardown);
}
