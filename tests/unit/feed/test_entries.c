/* SPDX-License-Identifier: Apache-2.0 */
/* Entries and every:N: what is taken, and that nothing is guessed. */
#include "feed/entries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "files.h"

#define HEAD "time_ms,symbol,side,quantity,leverage,strategy_id\n"
#define ROW "1738368000000,BTCUSDT,LONG,0.5,10,trend\n"

static void rows_come_by_time(void **state)
{
    (void)state;
    struct eb_entries e;
    struct eb_err err = {0};
    const char *path = file_write("entries.csv", HEAD "1738368060000,ETHUSDT,SHORT,12.345,12.5,\n"
                                                      "1738368000000,BTCUSDT,LONG,0.00000001,1,momentum_v2\n"
                                                      "1738368060000,BTCUSDT,LONG,1,500,x\n");
    if (eb_entries_load(path, &e, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(e.count, 3);
    assert_string_equal(e.entry[0].symbol, "BTCUSDT");
    assert_int_equal(e.entry[0].time_ms, INT64_C(1738368000000));
    assert_int_equal(e.entry[0].side, EB_LONG);
    assert_int_equal(e.entry[0].quantity.e8, 1);
    assert_int_equal(e.entry[0].leverage_ppm, EB_PPM);
    assert_string_equal(e.entry[0].strategy_id, "momentum_v2");
    assert_int_equal(e.entry[0].line, 3);
    assert_string_equal(e.entry[1].symbol, "ETHUSDT"); /* of one time: as in the file */
    assert_int_equal(e.entry[1].side, EB_SHORT);
    assert_int_equal(e.entry[1].quantity.e8, INT64_C(1234500000));
    assert_int_equal(e.entry[1].leverage_ppm, 12500000);
    assert_string_equal(e.entry[1].strategy_id, "");
    assert_int_equal(e.entry[2].leverage_ppm, 500 * EB_PPM);
    eb_entries_deinit(&e);
}

static void a_wrong_row_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *one, *two;
    } cases[] = {
        {"", "no rows", "entries.csv"},
        {HEAD, "no rows", NULL},
        {ROW, ":1: expected the header time_ms,symbol", NULL},
        {"time_ms,symbol,side,quantity,leverage\n" ROW, ":1: expected the header", NULL},
        {"time_ms,side,symbol,quantity,leverage,strategy_id\n" ROW, ":1: expected the header", NULL},
        {HEAD ROW "1738368000000,BTCUSDT,LONG,0.5,10\n", ":3: 5 columns", "expected 6"},
        {HEAD "1738368000,BTCUSDT,LONG,0.5,10,x\n", ":2: column 1 (time_ms)", "seconds"},
        {HEAD "1738368000000000,BTCUSDT,LONG,0.5,10,x\n", ":2: column 1 (time_ms)", "microseconds"},
        {HEAD "x,BTCUSDT,LONG,0.5,10,x\n", ":2: column 1 (time_ms)", "'x'"},
        {HEAD "1738368000000,,LONG,0.5,10,x\n", ":2: column 2 (symbol)", "1 to 23 bytes"},
        {HEAD "1738368000000,ABCDEFGHIJKLMNOPQRSTUVWX,LONG,0.5,10,x\n", ":2: column 2 (symbol)", "got 24"},
        {HEAD "1738368000000,BTC USDT,LONG,0.5,10,x\n", ":2: column 2 (symbol)", "blanks"},
        {HEAD "1738368000000,BTCUSDT,long,0.5,10,x\n", ":2: column 3 (side)", "got 'long'"},
        {HEAD "1738368000000,BTCUSDT,BUY,0.5,10,x\n", ":2: column 3 (side)", "LONG or SHORT"},
        {HEAD "1738368000000,BTCUSDT,LONG,0,10,x\n", ":2: column 4 (quantity)", "above 0"},
        {HEAD "1738368000000,BTCUSDT,LONG,-1,10,x\n", ":2: column 4 (quantity)", "above 0"},
        {HEAD "1738368000000,BTCUSDT,LONG,0.123456789,10,x\n", ":2: column 4 (quantity)", "8 decimals"},
        {HEAD "1738368000000,BTCUSDT,LONG,1,0.5,x\n", ":2: column 5 (leverage)", "1 to 500"},
        {HEAD "1738368000000,BTCUSDT,LONG,1,501,x\n", ":2: column 5 (leverage)", "1 to 500"},
        {HEAD "1738368000000,BTCUSDT,LONG,1,10x,x\n", ":2: column 5 (leverage)", "'10x'"},
        {HEAD "1738368000000,BTCUSDT,LONG,1,10,abcdefghijklmnopqrstuvwxyz0123456\n", ":2: column 6 (strategy_id)",
         "got 33"},
        {HEAD "1738368000000,BTCUSDT,LONG,1,10,\"x\"\n", ":2: column 6 (strategy_id)", "quotes"},
        {HEAD ROW "\n" ROW, ":3: blank line", NULL},
    };
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        struct eb_entries e;
        struct eb_err err = {0};
        int rc = eb_entries_load(file_write("entries.csv", cases[c].text), &e, &err);
        assert_error(&err, rc, EB_E_INVALID, cases[c].one, cases[c].two);
    }
    struct eb_entries e;
    struct eb_err err = {0};
    int rc = eb_entries_load(file_path("absent.csv"), &e, &err);
    assert_error(&err, rc, EB_E_IO, "absent.csv", NULL);
}

static void many_rows_are_taken(void **state)
{
    (void)state;
    static char text[64 * 1024];
    size_t used = (size_t)snprintf(text, sizeof(text), HEAD);
    for (int i = 0; i < 1000; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%lld,BTCUSDT,LONG,0.5,10,x\n",
                                 1738368000000LL + (i * 7919) % 1000 * 60000LL);
    }
    struct eb_entries e;
    assert_int_equal(eb_entries_load(file_write("entries.csv", text), &e, NULL), EB_OK);
    assert_int_equal(e.count, 1000);
    for (size_t i = 0; i < e.count; i++) {
        assert_int_equal(e.entry[i].time_ms, 1738368000000LL + (int64_t)i * 60000);
    }
    eb_entries_deinit(&e);
}

static void every_takes_its_options_in_any_order(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        struct eb_every want;
    } cases[] = {
        {"every:240", {240, EB_EVERY_ALTERNATE, {1000 * EB_E8}, 10 * EB_PPM}},
        {"every:1,side=long", {1, EB_EVERY_LONG, {1000 * EB_E8}, 10 * EB_PPM}},
        {"every:99999999,side=short", {99999999, EB_EVERY_SHORT, {1000 * EB_E8}, 10 * EB_PPM}},
        {"every:240,leverage=12.5,notional=0.01", {240, EB_EVERY_ALTERNATE, {1000000}, 12500000}},
        {"every:240,side=long,notional=1000,leverage=10", {240, EB_EVERY_LONG, {1000 * EB_E8}, 10 * EB_PPM}},
    };
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        struct eb_every e;
        assert_true(eb_every_is(cases[c].spec));
        assert_int_equal(eb_every_parse(cases[c].spec, &e, NULL), EB_OK);
        assert_int_equal(e.rows, cases[c].want.rows);
        assert_int_equal(e.side, cases[c].want.side);
        assert_int_equal(e.notional.e8, cases[c].want.notional.e8);
        assert_int_equal(e.leverage_ppm, cases[c].want.leverage_ppm);
    }
    assert_false(eb_every_is("entries.csv"));
    assert_false(eb_every_is("every"));
}

static void every_refuses_what_it_does_not_know(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *one, *two;
    } cases[] = {
        {"each:5", "expected every:N", "each:5"},
        {"every:", "whole number", NULL},
        {"every:0", "whole number", "'0'"},
        {"every:-5", "whole number", NULL},
        {"every:2.5", "whole number", NULL},
        {"every:240x", "whole number", "'240x'"},
        {"every:999999999", "whole number", NULL},
        {"every:240,", "unknown option ''", NULL},
        {"every:240,levrage=5", "unknown option 'levrage'", "did you mean leverage?"},
        {"every:240,Side=long", "unknown option 'Side'", "did you mean side?"},
        {"every:240,side", "side of every:N has no value", NULL},
        {"every:240,side=both", "long or short", "'both'"},
        {"every:240,side=", "long or short", "''"},
        {"every:240,notional=0", "above 0", NULL},
        {"every:240,notional=-1", "above 0", NULL},
        {"every:240,notional=1e3", "above 0", "'1e3'"},
        {"every:240,leverage=0.9", "1 to 500", NULL},
        {"every:240,leverage=501", "1 to 500", NULL},
        {"every:240,side=long,side=short", "given twice", NULL},
    };
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        struct eb_every e;
        struct eb_err err = {0};
        int rc = eb_every_parse(cases[c].spec, &e, &err);
        assert_error(&err, rc, EB_E_INVALID, cases[c].one, cases[c].two);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_by_time),
        cmocka_unit_test(a_wrong_row_is_named),
        cmocka_unit_test(many_rows_are_taken),
        cmocka_unit_test(every_takes_its_options_in_any_order),
        cmocka_unit_test(every_refuses_what_it_does_not_know),
    };
    return cmocka_run_group_tests_name("feed/entries", tests, files_setup, files_teardown);
}
