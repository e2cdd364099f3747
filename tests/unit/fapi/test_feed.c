/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings as the market: what is taken from a line, when it is replayed, and what a bad file says. */
#define _POSIX_C_SOURCE 200809L
#include "street.h"

#include <unistd.h>

static char folder[] = "/tmp/fapi-feed-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/ticks.txt", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)rmdir(folder);
    return 0;
}

static struct eb_fapi *open_ticks(const char *file, int64_t speed_ppm, struct eb_err *err)
{
    static const char *files[1];
    files[0] = file;
    struct eb_fapi_config c = held_config();
    c.feed = EB_FAPI_FEED_TICKS;
    c.files = files;
    c.file_count = 1;
    c.speed_ppm = speed_ppm;
    return open_street(&c, err);
}

static void write_text(const char *text)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fputs(text, out) >= 0, 1);
    assert_int_equal(fclose(out), 0);
}

static const char lines[] =
    "1000000000 "
    "{\"stream\":\"aaausdt@bookTicker\",\"data\":{\"e\":\"bookTicker\",\"u\":1,\"s\":\"AAAUSDT\",\"b\":\"10.01\","
    "\"B\":\"5\",\"a\":\"10.02\",\"A\":\"6\",\"T\":1,\"E\":1}}\n"
    "1010000000 {\"e\":\"trade\",\"E\":1,\"T\":1,\"s\":\"AAAUSDT\",\"t\":9,\"p\":\"10.02\",\"q\":\"3.5\",\"m\":false}\n"
    "\n"
    "1020000000 {\"e\":\"depthUpdate\",\"s\":\"AAAUSDT\",\"b\":[],\"a\":[]}\n"
    "1050000000 {\"e\":\"aggTrade\",\"s\":\"BBBUSDT\",\"p\":\"0.5\",\"q\":\"100\",\"m\":true}\n"
    "1040000000 {\"e\":\"trade\",\"s\":\"AAAUSDT\",\"p\":\"10.05\",\"q\":\"1\",\"m\":true}\n"
    "1060000000 {\"e\":\"bookTicker\",\"s\":\"AAAUSDT\",\"b\":\"10.06\",\"B\":\"5\",\"a\":\"10.02\",\"A\":\"6\"}\n";

static void test_replay(void **state)
{
    (void)state;
    write_text(lines);
    struct eb_fapi *f = open_ticks(path, EB_PPM, NULL);
    struct socket one;
    assert_int_equal(fapi_symbol_count(f), 2);
    const struct fapi_symbol *a = fapi_symbol_at(f, 0), *b = fapi_symbol_at(f, 1);
    assert_string_equal(a->inst.symbol, "AAAUSDT");
    assert_string_equal(a->base, "AAA");
    assert_int_equal(a->inst.tick.e8, EB_E8 / 100); /* as fine as its prices */
    assert_int_equal(b->inst.tick.e8, EB_E8 / 10);
    assert_int_equal(dial(f, &one, "/market/ws/aaausdt@aggTrade", ""), 0);
    run_to(f, T0 + 9);
    assert_int_equal(a->quote_now.bid.e8, 1001000000);
    assert_int_equal(a->quote_now.ask.e8, 1002000000);
    assert_int_equal(a->bid_qty.e8, 5 * EB_E8);
    assert_int_equal(one.count, 0);
    run_to(f, T0 + 10);
    assert_int_equal(one.count, 1);
    assert_string_equal(field(one.text[0], "q"), "3.5");
    assert_string_equal(field(one.text[0], "m"), "false");
    assert_int_equal(strtoll(field(one.text[0], "T"), NULL, 10), T0 + 10); /* the exchange's time, not the file's */
    run_to(f, T0 + 49);
    assert_int_equal(a->quote_now.last.e8, 1002000000);
    run_to(f, T0 + 50);
    assert_int_equal(b->quote_now.last.e8, 50000000);
    assert_int_equal(a->quote_now.last.e8, 1005000000); /* its clock was set back: told with what came before it */
    run_to(f, T0 + 100);
    assert_int_equal(a->quote_now.bid.e8, 1001000000); /* crossed: passed over */
    hang_up(&one);
    close_street(f);

    f = open_ticks(path, 10 * EB_PPM, NULL);
    run_to(f, T0 + 5);
    assert_int_equal(fapi_symbol_at(f, 0)->quote_now.last.e8, 1005000000);
    close_street(f);
}

static void test_bad_files(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "hello\n",
        "12 {\n",
        "12\n",
        "12 \n",
        "99999999999999999999 {}\n",
        "-5 {}\n",
        "12 {\"e\":\"trade\"}\n",
        "12 {\"e\":\"trade\",\"s\":\"A_VERY_LONG_NAME_OF_A_SYMBOL\",\"p\":\"1\",\"q\":\"1\",\"m\":true}\n",
        "12 {\"e\":\"trade\",\"s\":\"AAAUSDT\",\"p\":\"-1\",\"q\":\"1\",\"m\":true}\n",
    };
    for (size_t i = 0; i < EB_COUNT(bad); i++) {
        struct eb_err err;
        write_text(bad[i]);
        struct eb_fapi *f = open_ticks(path, EB_PPM, &err);
        if (err.code != EB_E_INVALID || err.msg[0] == '\0') {
            fail_msg("%s: %d %s", bad[i], err.code, err.msg);
        }
        close_street(f);
    }
}

/* The recording of an afternoon of 2024: each trade and best price of its first minute. */
static void test_recording(void **state)
{
    (void)state;
    const char *root = getenv("EXITBRAIN_DATA");
    char file[512];
    if (root == NULL) {
        print_message("SKIPPED: EXITBRAIN_DATA names no folder of real data\n");
        skip();
    }
    (void)snprintf(file, sizeof(file), "%s/ticks/btcusdt_usdm_ws_20240808.gz", root);
    struct eb_fapi *f = open_ticks(file, EB_PPM, NULL);
    struct socket one, two;
    assert_int_equal(dial(f, &one, "/market/ws/btcusdt@aggTrade", ""), 0);
    assert_int_equal(dial(f, &two, "/public/ws/btcusdt@bookTicker", ""), 0);
    run_to(f, T0 + 60000);
    assert_true(one.count > 1000 && two.count > 3000);
    assert_string_equal(field(one.text[0], "p"), "61800.3");
    assert_string_equal(field(one.text[0], "q"), "0.006");
    assert_string_equal(field(two.text[0], "b"), "61800.2");
    assert_string_equal(field(two.text[0], "B"), "2.507");
    assert_int_equal(fapi_symbol_at(f, 0)->inst.tick.e8, EB_E8 / 10);
    const struct eb_sim_quote *q = &fapi_symbol_at(f, 0)->quote_now;
    assert_true(q->bid.e8 < q->ask.e8);
    assert_true(q->mark.e8 > q->last.e8 / 1000 * 999 && q->mark.e8 < q->last.e8 / 1000 * 1001);
    run_to(f, T0 + 400000);
    assert_true(f->market->symbol[0].rested);
    hang_up(&one);
    hang_up(&two);
    close_street(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_recording),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
