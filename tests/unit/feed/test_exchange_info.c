/* SPDX-License-Identifier: Apache-2.0 */
/* Instruments out of exchangeInfo, shaped as the exchange documents it and as two real answers are. */
#include "feed/exchange_info.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "files.h"

#define PRICE "{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"556.80\",\"maxPrice\":\"4529764\",\"tickSize\":\"0.10\"}"
#define LOT "{\"filterType\":\"LOT_SIZE\",\"minQty\":\"0.001\",\"maxQty\":\"1000\",\"stepSize\":\"0.001\"}"
#define ALL                                                                                                         \
    PRICE                                                                                                           \
    "," LOT ",{\"filterType\":\"MARKET_LOT_SIZE\",\"minQty\":\"0.002\",\"maxQty\":\"120\",\"stepSize\":\"0.002\"}," \
    "{\"filterType\":\"MAX_NUM_ORDERS\",\"limit\":200},{\"filterType\":\"MAX_NUM_ALGO_ORDERS\",\"limit\":\"10\"},"  \
    "{\"filterType\":\"MIN_NOTIONAL\",\"notional\":\"100\"},"                                                       \
    "{\"filterType\":\"PERCENT_PRICE\",\"multiplierUp\":\"1.0500\",\"multiplierDown\":\"0.9500\","                  \
    "\"multiplierDecimal\":4},{\"filterType\":\"POSITION_RISK_CONTROL\",\"positionControlSide\":\"NONE\"}"
#define SYMBOL(name, status, filters)                                                                            \
    "{\"symbol\":\"" name "\",\"status\":\"" status "\",\"pricePrecision\":9,\"maintMarginPercent\":\"2.5000\"," \
    "\"marketTakeBound\":\"0.05\",\"filters\":[" filters "]}"
#define DOCUMENT(symbols) "{\"timezone\":\"UTC\",\"symbols\":[" symbols "]}"

static int parse(const char *text, struct eb_exchange_info *out, struct eb_err *err)
{
    return eb_exchange_info_parse("info.json", text, strlen(text), out, err);
}

static void a_symbol_has_all_its_filters(void **state)
{
    (void)state;
    struct eb_exchange_info info;
    struct eb_err err = {0};
    const struct eb_ev_instrument *in = NULL;
    const char *paths[] = {file_write("info.json", DOCUMENT(SYMBOL("BTCUSDT", "TRADING", ALL))),
                           file_write_gzip("info.json.gz", DOCUMENT(SYMBOL("BTCUSDT", "TRADING", ALL)))};
    for (size_t p = 0; p < EB_COUNT(paths); p++) {
        assert_int_equal(eb_exchange_info_load(paths[p], &info, &err), EB_OK);
        assert_int_equal(info.count, 1);
        assert_int_equal(eb_exchange_info_find(&info, "BTCUSDT", &in, &err), EB_OK);
        assert_string_equal(in->symbol, "BTCUSDT");
        assert_int_equal(in->tick.e8, 10000000);
        assert_int_equal(in->min_price.e8, INT64_C(55680000000));
        assert_int_equal(in->max_price.e8, INT64_C(4529764) * EB_E8);
        assert_int_equal(in->step.e8, 100000);
        assert_int_equal(in->min_qty.e8, 100000);
        assert_int_equal(in->max_qty.e8, 1000 * EB_E8);
        assert_int_equal(in->market_step.e8, 200000);
        assert_int_equal(in->market_min_qty.e8, 200000);
        assert_int_equal(in->market_max_qty.e8, 120 * EB_E8);
        assert_int_equal(in->min_notional.e8, 100 * EB_E8);
        assert_int_equal(in->percent_up_ppm, 1050000);
        assert_int_equal(in->percent_down_ppm, 950000);
        assert_int_equal(in->market_take_bound_ppm, 50000);
        assert_int_equal(in->maintenance_ppm, 25000);
        assert_int_equal(in->max_orders, 200);
        assert_int_equal(in->max_algo_orders, 10);
        assert_true(in->trading);
        eb_exchange_info_deinit(&info);
    }
}

static void numbers_may_be_numbers_and_filters_few(void **state)
{
    (void)state;
    struct eb_exchange_info info;
    const struct eb_ev_instrument *in = NULL;
    assert_int_equal(parse(DOCUMENT("{\"symbol\":\"X\",\"status\":\"SETTLING\",\"filters\":["
                                    "{\"filterType\":\"PRICE_FILTER\",\"minPrice\":0,\"maxPrice\":0,\"tickSize\":1e-5},"
                                    "{\"filterType\":\"LOT_SIZE\",\"minQty\":1,\"maxQty\":5.0e6,\"stepSize\":1}]}"),
                           &info, NULL),
                     EB_OK);
    assert_int_equal(eb_exchange_info_find(&info, "X", &in, NULL), EB_OK);
    assert_int_equal(in->tick.e8, 1000);
    assert_int_equal(in->max_qty.e8, 5000000 * EB_E8);
    assert_int_equal(in->max_price.e8, 0);
    assert_int_equal(in->market_step.e8, 0);
    assert_int_equal(in->min_notional.e8, 0);
    assert_int_equal(in->percent_up_ppm, 0);
    assert_int_equal(in->maintenance_ppm, 0);
    assert_int_equal(in->max_orders, 0);
    assert_false(in->trading);
    eb_exchange_info_deinit(&info);
}

/* One symbol that is no good beside one that is: only the asked-for one is in the way. */
static void a_symbol_that_cannot_be_used_says_why_when_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *filters, *one, *two;
    } cases[] = {
        {LOT, "PRICE_FILTER", "tickSize is missing"},
        {PRICE, "LOT_SIZE", "stepSize is missing"},
        {"{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"1\",\"maxPrice\":\"2\",\"tickSize\":\"0\"}," LOT, "tickSize",
         "above 0"},
        {"{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"x\",\"maxPrice\":\"2\",\"tickSize\":\"1\"}," LOT,
         "PRICE_FILTER.minPrice", "is no number"},
        {"{\"filterType\":\"PRICE_FILTER\",\"minPrice\":null,\"maxPrice\":\"2\",\"tickSize\":\"1\"}," LOT,
         "PRICE_FILTER.minPrice", "is no number"},
        {"{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"3\",\"maxPrice\":\"2\",\"tickSize\":\"1\"}," LOT, "maxPrice",
         "at least"},
        {"{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"1\",\"maxPrice\":\"99999999999999\",\"tickSize\":\"1\"}," LOT,
         "PRICE_FILTER.maxPrice", "too large"},
        {"{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"-1\",\"maxPrice\":\"2\",\"tickSize\":\"1\"}," LOT, "minPrice",
         "negative"},
        {PRICE "," LOT ",{\"filterType\":\"MAX_NUM_ORDERS\",\"limit\":5000000000}", "MAX_NUM_ORDERS.limit",
         "too large"},
        {PRICE "," LOT ",{\"filterType\":\"MARKET_LOT_SIZE\",\"stepSize\":\"0.0015\"}", "MARKET_LOT_SIZE", "multiple"},
        {"", "PRICE_FILTER", "missing"},
    };
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        char text[4096];
        struct eb_exchange_info info;
        struct eb_err err = {0};
        const struct eb_ev_instrument *in = NULL;
        (void)snprintf(text, sizeof(text),
                       DOCUMENT(SYMBOL("BADUSDT", "TRADING", "%s") "," SYMBOL("GOODUSDT", "TRADING", ALL)),
                       cases[c].filters);
        assert_int_equal(parse(text, &info, &err), EB_OK);
        assert_int_equal(info.refused_count, 1);
        assert_int_equal(eb_exchange_info_find(&info, "GOODUSDT", &in, &err), EB_OK);
        int rc = eb_exchange_info_find(&info, "BADUSDT", &in, &err);
        assert_error(&err, rc, EB_E_INVALID, "symbol BADUSDT cannot be used", cases[c].one);
        assert_error(&err, rc, EB_E_INVALID, "info.json", cases[c].two);
        eb_exchange_info_deinit(&info);
    }
}

static void symbols_without_a_usable_name_are_refused(void **state)
{
    (void)state;
    struct eb_exchange_info info;
    assert_int_equal(parse(DOCUMENT("{\"filters\":[]},{\"symbol\":\"\"},{\"symbol\":7},7," SYMBOL(
                               "ABCDEFGHIJKLMNOPQRSTUVWX", "TRADING", ALL) "," SYMBOL("A B", "TRADING", ALL)),
                           &info, NULL),
                     EB_OK);
    assert_int_equal(info.count, 0);
    assert_int_equal(info.refused_count, 6);
    eb_exchange_info_deinit(&info);
}

static void an_unknown_symbol_suggests_the_nearest(void **state)
{
    (void)state;
    static const struct {
        const char *asked, *one, *two;
    } cases[] = {{"BTCUSD", "unknown symbol BTCUSD", "did you mean BTCUSDT?"},
                 {"btcusdt", "unknown symbol btcusdt", "did you mean BTCUSDT?"},
                 {"ETUSDT", "did you mean ETHUSDT?", "info.json"},
                 {"", "unknown symbol", "among 2"},
                 {"COMPLETELYELSE", "among 2", NULL}};
    struct eb_exchange_info info;
    const struct eb_ev_instrument *in = NULL;
    assert_int_equal(
        parse(DOCUMENT(SYMBOL("ETHUSDT", "TRADING", ALL) "," SYMBOL("BTCUSDT", "TRADING", ALL)), &info, NULL), EB_OK);
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        struct eb_err err = {0};
        int rc = eb_exchange_info_find(&info, cases[c].asked, &in, &err);
        assert_error(&err, rc, EB_E_NOT_FOUND, cases[c].one, cases[c].two);
    }
    eb_exchange_info_deinit(&info);
}

static void a_document_that_is_none_says_so(void **state)
{
    (void)state;
    static const struct {
        const char *text, *one;
    } cases[] = {
        {"", "no JSON"},
        {"{\"symbols\":[\n{\"symbol\":\n", "info.json:2: no JSON"},
        {"{\"symbols\":[]} x", "more text behind"},
        {"[]", "no list `symbols`"},
        {"{}", "no list `symbols`"},
        {"{\"symbols\":[]}", "no list `symbols`"},
        {"{\"symbols\":{\"a\":1}}", "no list `symbols`"},
        {DOCUMENT(SYMBOL("X", "TRADING", ALL) "," SYMBOL("X", "TRADING", ALL)), "symbol X is listed twice"},
    };
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        struct eb_exchange_info info;
        struct eb_err err = {0};
        int rc = parse(cases[c].text, &info, &err);
        assert_error(&err, rc, EB_E_INVALID, cases[c].one, "info.json");
    }
    struct eb_exchange_info info;
    struct eb_err err = {0};
    int rc = eb_exchange_info_load(file_path("absent.json"), &info, &err);
    assert_error(&err, rc, EB_E_IO, "absent.json", NULL);
}

static void real_answers_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        size_t count;
        int64_t tick, notional;
        uint32_t orders;
    } cases[] = {{"exchange/fapi_exchangeInfo_demo_20251126.json.gz", 647, 10000000, 100 * EB_E8, 10000},
                 {"exchange/fapi_exchangeInfo_mainnet_20210721.json.gz", 122, 1000000, 5 * EB_E8, 200}};
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        struct eb_exchange_info info;
        struct eb_err err = {0};
        const struct eb_ev_instrument *in = NULL;
        const char *path = real_file(cases[c].file);
        if (path == NULL) {
            skip();
        }
        assert_int_equal(eb_exchange_info_load(path, &info, &err), EB_OK);
        assert_int_equal(info.count + info.refused_count, cases[c].count);
        for (size_t i = 0; i < info.refused_count; i++) {
            print_message("refused: %s: %s\n", info.refused[i].symbol, info.refused[i].why);
            assert_int_equal(eb_exchange_info_find(&info, info.refused[i].symbol, &in, NULL), EB_E_INVALID);
        }
        assert_true(info.refused_count <= 5);
        assert_int_equal(eb_exchange_info_find(&info, "BTCUSDT", &in, &err), EB_OK);
        assert_int_equal(in->tick.e8, cases[c].tick);
        assert_int_equal(in->min_notional.e8, cases[c].notional);
        assert_int_equal(in->max_orders, cases[c].orders);
        assert_int_equal(in->maintenance_ppm, 25000);
        assert_int_equal(in->market_take_bound_ppm, 300000);
        assert_true(in->trading);
        eb_exchange_info_deinit(&info);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_symbol_has_all_its_filters),
        cmocka_unit_test(numbers_may_be_numbers_and_filters_few),
        cmocka_unit_test(a_symbol_that_cannot_be_used_says_why_when_asked_for),
        cmocka_unit_test(symbols_without_a_usable_name_are_refused),
        cmocka_unit_test(an_unknown_symbol_suggests_the_nearest),
        cmocka_unit_test(a_document_that_is_none_says_so),
        cmocka_unit_test(real_answers_are_read),
    };
    return cmocka_run_group_tests_name("feed/exchange_info", tests, files_setup, files_teardown);
}
