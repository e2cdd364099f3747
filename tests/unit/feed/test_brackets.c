/* SPDX-License-Identifier: Apache-2.0 */
/* Leverage brackets in both layouts, and every way in which a ladder of tiers can be wrong. */
#include "feed/brackets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "files.h"

#define TIER(floor, cap, rate, cum, lev)                                                          \
    "{\"bracket\":1,\"initialLeverage\":" lev ",\"notionalCap\":" cap ",\"notionalFloor\":" floor \
    ",\"maintMarginRatio\":" rate ",\"cum\":" cum "}"
#define TIERS                                  \
    TIER("10000", "50000", "0.01", "35", "50") \
    "," TIER("0", "10000", "0.0065", "0", "75") "," TIER("50000", "9223372036854775807", "2.5e-02", "785.0", "20")
#define ETH "{\"symbol\":\"ETHUSDT\",\"notionalCoef\":1.50,\"brackets\":[" TIERS "]}"
#define WRAPPED(tier) "{\"tier\":1.0,\"currency\":\"USDT\",\"info\":" tier "}"

static int parse(const char *text, struct eb_brackets *out, struct eb_err *err)
{
    return eb_brackets_parse("brackets.json", text, strlen(text), out, err);
}

static void assert_ladder(const struct eb_brackets *b, const char *symbol)
{
    static const struct {
        int64_t notional, ppm, cum;
        uint32_t leverage;
    } cases[] = {{0, 6500, 0, 75},
                 {EB_E8, 6500, 0, 75},
                 {10000 * EB_E8 - 1, 6500, 0, 75},
                 {10000 * EB_E8, 10000, 35 * EB_E8, 50},
                 {-20000 * EB_E8, 10000, 35 * EB_E8, 50}, /* of a SHORT */
                 {50000 * EB_E8, 25000, 785 * EB_E8, 20},
                 {INT64_MAX, 25000, 785 * EB_E8, 20},
                 {INT64_MIN, 25000, 785 * EB_E8, 20}};
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        const struct eb_bracket *t = eb_brackets_find(b, symbol, (eb_money){cases[c].notional});
        assert_non_null(t);
        assert_int_equal(t->maintenance_ppm, cases[c].ppm);
        assert_int_equal(t->cum.e8, cases[c].cum);
        assert_int_equal(t->max_leverage, cases[c].leverage);
    }
    assert_int_equal(eb_brackets_find(b, symbol, (eb_money){INT64_MAX})->notional_cap.e8, INT64_MAX);
}

static void each_layout_gives_the_same_tiers(void **state)
{
    (void)state;
    static const struct {
        const char *text, *symbol;
        size_t symbols;
    } cases[] = {
        {ETH, "ETHUSDT", 1},
        {"[" ETH "]", "ETHUSDT", 1},
        {"[{\"symbol\":\"ADAUSDT\",\"brackets\":[" TIER("0", "1", "\"0.5\"", "\"0\"", "\"2\"") "]}," ETH "]", "ETHUSDT",
         2},
        {"{\"ETH/USDT:USDT\":[" WRAPPED(TIER("\"0\"", "\"10000\"", "\"0.0065\"", "\"0.0\"", "\"75\"")) "," WRAPPED(
             TIER("\"10000\"", "\"50000\"", "\"0.01\"", "\"35.0\"",
                  "\"50\"")) "," WRAPPED(TIER("\"50000\"", "\"9223372036854775807\"", "\"0.025\"", "\"785.0\"",
                                              "\"20\"")) "]}",
         "ETHUSDT", 1},
        {"{\"ETH/USDT:USDT-250328\":[" WRAPPED(TIER("0", "10000", "0.0065", "0", "75")) "," WRAPPED(
             TIER("10000", "50000", "0.01", "35", "50")) "," WRAPPED(TIER("50000", "1e99", "0.025", "785", "20")) "]}",
         "ETHUSDT_250328", 1},
    };
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        struct eb_brackets b;
        struct eb_err err = {0};
        const char *path = file_write_gzip("brackets.json.gz", cases[c].text);
        if (eb_brackets_load(path, &b, &err) != EB_OK) {
            fail_msg("%s", err.msg);
        }
        assert_int_equal(b.symbol_count, cases[c].symbols);
        assert_ladder(&b, cases[c].symbol);
        assert_null(eb_brackets_find(&b, "XUSDT", (eb_money){0}));
        assert_int_equal(eb_brackets_check(&b, cases[c].symbol, &err), EB_OK);
        eb_brackets_deinit(&b);
    }
}

static void an_unknown_symbol_suggests_the_nearest(void **state)
{
    (void)state;
    struct eb_brackets b;
    struct eb_err err = {0};
    assert_int_equal(parse(ETH, &b, &err), EB_OK);
    int rc = eb_brackets_check(&b, "ETHUSD", &err);
    assert_error(&err, rc, EB_E_NOT_FOUND, "no leverage brackets for ETHUSD", "did you mean ETHUSDT?");
    eb_brackets_deinit(&b);
}

static void a_wrong_ladder_names_symbol_and_tier(void **state)
{
    (void)state;
    static const struct {
        const char *tiers, *one;
    } cases[] = {
        {TIER("5", "10", "0.01", "0", "20"), "tier 1: the lowest notionalFloor is not 0"},
        {TIER("0", "10", "0.01", "0", "20") "," TIER("11", "20", "0.02", "0", "10"),
         "tier 2: notionalFloor is not the notionalCap"},
        {TIER("0", "10", "0.01", "0", "20") "," TIER("0", "10", "0.02", "0", "10"),
         "tier 2: notionalFloor is not the notionalCap"},
        {TIER("0", "0", "0.01", "0", "20"), "tier 1: notionalFloor, notionalCap and cum"},
        {TIER("0", "10", "0.01", "-1", "20"), "tier 1: notionalFloor, notionalCap and cum"},
        {TIER("0", "10", "0", "0", "20"), "tier 1: maintMarginRatio"},
        {TIER("0", "10", "1", "0", "20"), "tier 1: maintMarginRatio"},
        {TIER("0", "10", "-0.1", "0", "20"), "tier 1: maintMarginRatio"},
        {TIER("0", "10", "0.01", "0", "0"), "tier 1: initialLeverage"},
        {TIER("0", "10", "0.01", "0", "99999"), "tier 1: initialLeverage"},
        {TIER("0", "10", "\"x\"", "0", "20"), "tier 1: maintMarginRatio is missing or no number"},
        {"{\"notionalFloor\":0}", "tier 1: notionalCap is missing"},
        {"7", "tier 1: notionalFloor is missing"},
        {"", "with a list of tiers"},
    };
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        char text[1024];
        struct eb_brackets b;
        struct eb_err err = {0};
        (void)snprintf(text, sizeof(text), "{\"symbol\":\"ETHUSDT\",\"brackets\":[%s]}", cases[c].tiers);
        int rc = parse(text, &b, &err);
        assert_error(&err, rc, EB_E_INVALID, cases[c].one, "ETHUSDT");
        assert_error(&err, rc, EB_E_INVALID, "brackets.json", NULL);
    }
}

static void a_document_that_is_none_says_so(void **state)
{
    (void)state;
    static const struct {
        const char *text, *one;
    } cases[] = {{"", "no JSON"},
                 {"7", "neither a list nor an object"},
                 {"[]", "no symbols"},
                 {"{}", "no symbols"},
                 {"[{\"brackets\":[]}]", "is no symbol"},
                 {"[7]", "is no symbol"},
                 {"{\"BTCUSDT\":[]}", "key 'BTCUSDT'"},
                 {"{\"BTC/USDT\":[]}", "key 'BTC/USDT'"},
                 {"{\"ABCDEFGHIJKLMNOPQRST/USDT:USDT\":[]}", "key 'ABCDEFGH"},
                 {"[" ETH "," ETH "]", "ETHUSDT is listed twice"}};
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        struct eb_brackets b;
        struct eb_err err = {0};
        int rc = parse(cases[c].text, &b, &err);
        assert_error(&err, rc, EB_E_INVALID, cases[c].one, "brackets.json");
    }
}

/* Figures of the file itself; and of every symbol: maintenance margin is continuous at each floor. */
static void a_real_table_is_read(void **state)
{
    (void)state;
    const char *path = real_file("exchange/leverage_tiers_freqtrade_20241024.json.gz");
    if (path == NULL) {
        skip();
    }
    struct eb_brackets b;
    struct eb_err err = {0};
    if (eb_brackets_load(path, &b, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(b.symbol_count, 349);
    const struct eb_bracket *t = eb_brackets_find(&b, "1000BONKUSDC", (eb_money){60000 * EB_E8});
    assert_non_null(t);
    assert_int_equal(t->maintenance_ppm, 25000);
    assert_int_equal(t->cum.e8, 300 * EB_E8);
    assert_int_equal(t->max_leverage, 20);
    assert_non_null(eb_brackets_find(&b, "BTCUSDT_250328", (eb_money){0}));
    t = eb_brackets_find(&b, "BTCUSDT", (eb_money){INT64_C(1300000000) * EB_E8});
    assert_int_equal(t->maintenance_ppm, 500000);
    assert_int_equal(t->cum.e8, INT64_C(421481450) * EB_E8);
    for (size_t i = 0; i < b.symbol_count; i++) {
        const struct eb_bracket *tier = b.tier + b.symbol[i].first;
        for (size_t k = 1; k < b.symbol[i].count; k++) {
            __int128 step =
                (__int128)tier[k].notional_floor.e8 * (tier[k].maintenance_ppm - tier[k - 1].maintenance_ppm);
            assert_true(step / EB_PPM == tier[k].cum.e8 - tier[k - 1].cum.e8);
        }
    }
    eb_brackets_deinit(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_layout_gives_the_same_tiers),
        cmocka_unit_test(an_unknown_symbol_suggests_the_nearest),
        cmocka_unit_test(a_wrong_ladder_names_symbol_and_tier),
        cmocka_unit_test(a_document_that_is_none_says_so),
        cmocka_unit_test(a_real_table_is_read),
    };
    return cmocka_run_group_tests_name("feed/brackets", tests, files_setup, files_teardown);
}
