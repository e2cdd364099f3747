/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads of market streams as the exchange documents them, older and newer, damaged ones; how long it takes. */
#define _POSIX_C_SOURCE 200809L
#include "venue/binance/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define MARK                                                                                                    \
    "{\"e\":\"markPriceUpdate\",\"E\":1562305380000,\"s\":\"BTCUSDT\",\"p\":\"11794.15000000\",\"ap\":\"11794." \
    "15000000\","                                                                                               \
    "\"i\":\"11784.62659091\",\"P\":\"11784.25641265\",\"r\":\"0.00038167\",\"T\":1562306400000,\"st\":1}"
#define AGG                                                                                                     \
    "{\"e\":\"aggTrade\",\"E\":123456789,\"s\":\"BNBUSDT\",\"a\":5933014,\"p\":\"0.001\",\"q\":\"100\",\"nq\":" \
    "\"100\","                                                                                                  \
    "\"f\":100,\"l\":105,\"T\":123456785,\"m\":true,\"st\":1}"
#define BOOK                                                                                                  \
    "{\"e\":\"bookTicker\",\"u\":400900217,\"E\":1568014460893,\"T\":1568014460891,\"s\":\"BNBUSDT\",\"ps\":" \
    "\"BNBUSDT\","                                                                                            \
    "\"b\":\"25.35190000\",\"B\":\"31.21000000\",\"a\":\"25.36520000\",\"A\":\"40.66000000\",\"st\":1}"
#define KLINE                                                                                                     \
    "{\"e\":\"kline\",\"E\":1638747660000,\"s\":\"BTCUSDT\",\"k\":{\"t\":1638747660000,\"T\":1638747719999,"      \
    "\"s\":\"BTCUSDT\",\"i\":\"1m\",\"f\":100,\"L\":200,\"o\":\"0.0010\",\"c\":\"0.0020\",\"h\":\"0.0025\","      \
    "\"l\":\"0.0015\",\"v\":\"1000\",\"n\":100,\"x\":false,\"q\":\"1.0000\",\"V\":\"500\",\"Q\":\"0.500\",\"B\":" \
    "\"123456\"}}"
#define FORCE                                                                                                          \
    "{\"e\":\"forceOrder\",\"E\":1568014460893,\"o\":{\"s\":\"BTCUSDT\",\"S\":\"SELL\",\"o\":\"LIMIT\",\"f\":\"IOC\"," \
    "\"q\":\"0.014\",\"p\":\"9910\",\"ap\":\"9910\",\"X\":\"FILLED\",\"l\":\"0.014\",\"z\":\"0.014\","                 \
    "\"T\":1568014460893},\"ps\":\"BTCUSDT\",\"st\":1}"

static int decode(const char *text, struct bn_market *out, struct eb_err *err)
{
    return bn_decode_market(text, strlen(text), out, err);
}

static void a_mark_price(void **state)
{
    (void)state;
    struct bn_market m;
    assert_int_equal(decode(MARK, &m, NULL), EB_OK);
    assert_int_equal(m.kind, BN_MARKET_MARK);
    assert_string_equal(m.symbol, "BTCUSDT");
    assert_int_equal(m.price.e8, INT64_C(1179415000000));
    assert_int_equal(m.rate_e8, 38167);
    assert_int_equal(m.next_funding_ms, 1562306400000);
    assert_int_equal(m.event_ms, 1562305380000);
    assert_false(m.coin_margined);
    /* A delivery contract has no funding; before 2026 there was neither st nor ap. */
    assert_int_equal(
        decode("{\"e\":\"markPriceUpdate\",\"s\":\"BTCUSDT_260626\",\"p\":\"1\",\"r\":\"\",\"T\":0}", &m, NULL), EB_OK);
    assert_true(m.rate_e8 == 0 && m.next_funding_ms == 0 && m.event_ms == 0);
    assert_int_equal(decode("{\"e\":\"markPriceUpdate\",\"s\":\"X\",\"p\":9.5e-05,\"r\":-1e-05,\"T\":\"7\"}", &m, NULL),
                     EB_OK);
    assert_true(m.price.e8 == 9500 && m.rate_e8 == -1000 && m.next_funding_ms == 7);
}

static void trades(void **state)
{
    (void)state;
    struct bn_market m;
    assert_int_equal(decode(AGG, &m, NULL), EB_OK);
    assert_int_equal(m.kind, BN_MARKET_TRADE);
    assert_true(m.price.e8 == 100000 && m.update_id == 5933014 && m.event_ms == 123456789);
    assert_string_equal(m.symbol, "BNBUSDT");
    assert_int_equal(
        decode("{\"e\":\"trade\",\"s\":\"B\",\"t\":9007199254740993,\"p\":\"2\",\"X\":\"MARKET\"}", &m, NULL), EB_OK);
    assert_true(m.kind == BN_MARKET_TRADE && m.update_id == UINT64_C(9007199254740993));
    assert_int_equal(decode("{\"e\":\"trade\",\"s\":\"B\",\"t\":1,\"p\":\"2\",\"X\":\"INSURANCE_FUND\"}", &m, NULL),
                     EB_OK);
    assert_int_equal(m.kind, BN_MARKET_OTHER);
    assert_int_equal(decode("{\"e\":\"trade\",\"s\":\"B\",\"t\":1,\"p\":\"0\",\"X\":\"NA\"}", &m, NULL), EB_OK);
    assert_int_equal(m.kind, BN_MARKET_OTHER);
}

static void a_book(void **state)
{
    (void)state;
    struct bn_market m;
    assert_int_equal(decode(BOOK, &m, NULL), EB_OK);
    assert_int_equal(m.kind, BN_MARKET_BOOK);
    assert_true(m.price.e8 == INT64_C(2535190000) && m.ask.e8 == INT64_C(2536520000));
    assert_true(m.update_id == 400900217 && m.event_ms == 1568014460893);
    assert_int_equal(decode("{\"e\":\"bookTicker\",\"s\":\"B\",\"b\":\"0.00\",\"a\":\"1\"}", &m, NULL), EB_OK);
    assert_int_equal(m.kind, BN_MARKET_OTHER); /* nobody bids */
}

static void a_candle(void **state)
{
    (void)state;
    struct bn_market m;
    assert_int_equal(decode(KLINE, &m, NULL), EB_OK);
    assert_int_equal(m.kind, BN_MARKET_KLINE);
    assert_false(m.closed);
    assert_true(m.bar.open_ms == 1638747660000 && m.bar.length_ms == 60000);
    assert_true(m.bar.open.e8 == 100000 && m.bar.close.e8 == 200000 && m.bar.high.e8 == 250000);
    assert_int_equal(m.bar.low.e8, 100000); /* the documented sample says 0.0015, above its own open */
    assert_int_equal(decode("{\"e\":\"kline\",\"s\":\"B\",\"k\":{\"t\":0,\"T\":59999,\"o\":1,\"c\":2,\"h\":3,\"l\":0.5,"
                            "\"x\":\"true\"}}",
                            &m, NULL),
                     EB_OK);
    assert_true(m.closed && m.bar.low.e8 == EB_E8 / 2);
}

static void coin_margined_symbols_are_told(void **state)
{
    (void)state;
    struct bn_market m;
    assert_int_equal(decode("{\"e\":\"markPriceUpdate\",\"s\":\"BTCUSD_PERP\",\"p\":\"9\",\"st\":2}", &m, NULL), EB_OK);
    assert_true(m.coin_margined);
    assert_int_equal(decode("{\"e\":\"aggTrade\",\"s\":\"BTCUSD_PERP\",\"p\":\"9\",\"st\":\"2\"}", &m, NULL), EB_OK);
    assert_true(m.coin_margined);
}

static void what_is_not_wanted_is_other(void **state)
{
    (void)state;
    static const char *const texts[] = {
        FORCE,
        "{\"e\":\"24hrTicker\",\"E\":1,\"s\":\"BTCUSDT\",\"p\":\"-131.40000000\"}",
        "{\"e\":\"depthUpdate\",\"s\":\"B\",\"b\":[[\"1\",\"2\"]],\"a\":[]}",
        "{\"e\":\"contractInfo\",\"s\":\"IOTAUSDT\"}",
        "{\"e\":\"somethingNew\",\"x\":{\"y\":[1,2,{}]}}",
        "{\"e\":42}",
        "{\"e\":null}",
    };
    for (size_t i = 0; i < EB_COUNT(texts); i++) {
        struct bn_market m;
        struct eb_err err = {0};
        if (decode(texts[i], &m, &err) != EB_OK || m.kind != BN_MARKET_OTHER) {
            fail_msg("%s: %d %s", texts[i], m.kind, err.msg);
        }
    }
    enum { LEVELS = 3000 };
    char *deep = malloc(LEVELS * 16 + 64);
    assert_non_null(deep);
    size_t used = (size_t)snprintf(deep, 64, "{\"e\":\"depthUpdate\",\"b\":[");
    for (int i = 0; i < LEVELS; i++) {
        memcpy(deep + used, i == 0 ? " [\"1\",\"2\"]" : ",[\"1\",\"2\"]", 10);
        used += 10;
    }
    memcpy(deep + used, "]}", 2);
    struct bn_market m;
    assert_int_equal(bn_decode_market(deep, used + 2, &m, NULL), EB_OK);
    assert_int_equal(m.kind, BN_MARKET_OTHER);
    free(deep);
}

static void answers_to_subscriptions(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool failed;
        uint64_t id;
    } cases[] = {
        {"{\"result\":null,\"id\":1}", false, 1},
        {"{\"result\":[\"btcusdt@aggTrade\"],\"id\":3}", false, 3},
        {"{\"id\":\"4\",\"result\":null}", false, 4},
        {"{\"result\":null,\"id\":\"abc\"}", false, 0},
        {"{\"result\":null,\"id\":null}", false, 0},
        {"{\"code\":2,\"msg\":\"Invalid request: unknown variant\",\"id\":9}", true, 9},
        {"{\"error\":{\"code\":2,\"msg\":\"Invalid request\"},\"id\":7}", true, 7},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct bn_market m;
        assert_int_equal(decode(cases[i].text, &m, NULL), EB_OK);
        assert_int_equal(m.kind, BN_MARKET_ACK);
        assert_int_equal(m.failed, cases[i].failed);
        assert_int_equal(m.update_id, cases[i].id);
    }
}

static void bad_payloads_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "no JSON"},
        {"[]", "no object"},
        {"[{\"e\":\"aggTrade\",\"s\":\"B\",\"p\":\"1\"}]", "no object"},
        {"{}", "e is missing"},
        {"{\"id\":1}", "e is missing"},
        {"{\"e\":\"aggTrade\",\"p\":\"1\"}", "s is missing"},
        {"{\"e\":\"aggTrade\",\"s\":\"\",\"p\":\"1\"}", "s is missing"},
        {"{\"e\":\"aggTrade\",\"s\":\"B C\",\"p\":\"1\"}", "s has a value"},
        {"{\"e\":\"aggTrade\",\"s\":\"ABCDEFGHIJKLMNOPQRSTUVWX\",\"p\":\"1\"}", "s has a value"},
        {"{\"e\":\"aggTrade\",\"s\":7,\"p\":\"1\"}", "s has a value"},
        {"{\"e\":\"aggTrade\",\"s\":\"B\"}", "p is missing"},
        {"{\"e\":\"aggTrade\",\"s\":\"B\",\"p\":null}", "p is missing"},
        {"{\"e\":\"aggTrade\",\"s\":\"B\",\"p\":\"x\"}", "p is no amount"},
        {"{\"e\":\"aggTrade\",\"s\":\"B\",\"p\":\"0\"}", "p is no price"},
        {"{\"e\":\"aggTrade\",\"s\":\"B\",\"p\":\"-1\"}", "p is no price"},
        {"{\"e\":\"aggTrade\",\"s\":\"B\",\"p\":\"1e40\"}", "p is no amount, or too large"},
        {"{\"e\":\"aggTrade\",\"s\":\"B\",\"p\":\"1\",\"a\":\"x\"}", "a is no id"},
        {"{\"e\":\"aggTrade\",\"s\":\"B\",\"p\":\"1\",\"a\":-5}", "a is no id"},
        {"{\"e\":\"aggTrade\",\"s\":\"B\",\"p\":\"1\",\"E\":1.5}", "E is no time"},
        {"{\"e\":\"markPriceUpdate\",\"s\":\"B\",\"p\":\"1\",\"r\":\"x\"}", "r is no amount"},
        {"{\"e\":\"bookTicker\",\"s\":\"B\",\"b\":\"1\"}", "a is missing"},
        {"{\"e\":\"bookTicker\",\"s\":\"B\",\"b\":\"-1\",\"a\":\"1\"}", "b is no price"},
        {"{\"e\":\"kline\",\"s\":\"B\"}", "k is no object"},
        {"{\"e\":\"kline\",\"s\":\"B\",\"k\":[]}", "k is no object"},
        {"{\"e\":\"kline\",\"s\":\"B\",\"k\":{\"t\":5,\"T\":1,\"o\":1,\"c\":1,\"h\":1,\"l\":1,\"x\":true}}",
         "lies before"},
        {"{\"e\":\"kline\",\"s\":\"B\",\"k\":{\"t\":0,\"T\":1,\"o\":1,\"c\":1,\"h\":1,\"l\":1}}", "k.x is neither"},
        {"{\"e\":\"aggTrade\",\"s\":\"B\",\"p\":\"1\"} {}", "no JSON at byte"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct bn_market m;
        struct eb_err err = {0};
        int rc = decode(cases[i].text, &m, &err);
        if (rc != EB_E_INVALID || strstr(err.msg, cases[i].says) == NULL || m.kind != BN_MARKET_OTHER) {
            fail_msg("%s: %d %s", cases[i].text, rc, err.msg);
        }
    }
}

static void a_payload_cut_anywhere_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {MARK, AGG, BOOK, KLINE, FORCE};
    for (size_t i = 0; i < EB_COUNT(texts); i++) {
        for (size_t len = 0; len < strlen(texts[i]); len++) {
            struct bn_market m;
            char *cut = malloc(len + 1);
            assert_non_null(cut);
            memcpy(cut, texts[i], len);
            assert_int_equal(bn_decode_market(cut, len, &m, NULL), EB_E_INVALID);
            free(cut);
        }
    }
}

static void envelopes_are_opened(void **state)
{
    (void)state;
    static const struct {
        const char *text, *inside;
    } cases[] = {
        {"{\"stream\":\"btcusdt@aggTrade\",\"data\":" AGG "}", AGG},
        {" { \"stream\" : \"x\" , \"data\" : {\"a\":1} } ", "{\"a\":1}"},
        {"{\"data\":{\"a\":\"}\\\"\"},\"stream\":\"x\"}", "{\"a\":\"}\\\"\"}"},
        {"{\"stream\":\"x\",\"newKey\":{\"y\":[1]},\"data\":{},\"more\":1}", "{}"},
        {"{\"stream\":\"!markPrice@arr\",\"data\":[{},{}]}", "[{},{}]"},
        {AGG, AGG},
        {"{\"result\":null,\"id\":1}", "{\"result\":null,\"id\":1}"},
        {"{\"stream\":\"x\"}", "{\"stream\":\"x\"}"},
        {"{\"data\":{}}", "{\"data\":{}}"},
        {"", ""},
        {"{", "{"},
        {"{\"stream", "{\"stream"},
        {"{\"stream\":\"x\",\"data\":", "{\"stream\":\"x\",\"data\":"},
        {"[1]", "[1]"},
        {"{\"a\":{\"stream\":1,\"data\":2}}", "{\"a\":{\"stream\":1,\"data\":2}}"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        const char *text = cases[i].text;
        size_t len = strlen(text);
        bn_unwrap(&text, &len);
        size_t want = strlen(cases[i].inside);
        if (strncmp(text, cases[i].inside, want) != 0 || len != want) {
            fail_msg("%s: %.*s", cases[i].text, (int)len, text);
        }
    }
    static const char whole[] = "{\"stream\":\"btcusdt@aggTrade\",\"data\":" AGG "}";
    for (size_t cut = 0; cut < sizeof(whole) - 1; cut++) { /* reads nothing that is not there */
        char *copy = malloc(cut + 1);
        assert_non_null(copy);
        memcpy(copy, whole, cut);
        const char *text = copy;
        size_t len = cut;
        bn_unwrap(&text, &len);
        assert_true(text >= copy && text + len <= copy + cut);
        free(copy);
    }
}

static void how_long_a_price_takes(void **state)
{
    (void)state;
    static const char *const frames[] = {
        "{\"stream\":\"btcusdt@markPrice@1s\",\"data\":" MARK "}",
        "{\"stream\":\"bnbusdt@aggTrade\",\"data\":" AGG "}",
        "{\"stream\":\"bnbusdt@bookTicker\",\"data\":" BOOK "}",
    };
    for (size_t f = 0; f < EB_COUNT(frames); f++) {
        enum { TIMES = 20000 };
        struct timespec from, to;
        struct bn_market m = {0};
        (void)clock_gettime(CLOCK_MONOTONIC, &from);
        for (int i = 0; i < TIMES; i++) {
            const char *text = frames[f];
            size_t len = strlen(text);
            bn_unwrap(&text, &len);
            assert_int_equal(bn_decode_market(text, len, &m, NULL), EB_OK);
        }
        (void)clock_gettime(CLOCK_MONOTONIC, &to);
        int64_t ns = (to.tv_sec - from.tv_sec) * INT64_C(1000000000) + (to.tv_nsec - from.tv_nsec);
        print_message("kind %d: %lld ns a frame of %zu bytes\n", m.kind, (long long)(ns / TIMES), strlen(frames[f]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mark_price),
        cmocka_unit_test(trades),
        cmocka_unit_test(a_book),
        cmocka_unit_test(a_candle),
        cmocka_unit_test(coin_margined_symbols_are_told),
        cmocka_unit_test(what_is_not_wanted_is_other),
        cmocka_unit_test(answers_to_subscriptions),
        cmocka_unit_test(bad_payloads_are_refused_by_name),
        cmocka_unit_test(a_payload_cut_anywhere_is_refused),
        cmocka_unit_test(envelopes_are_opened),
        cmocka_unit_test(how_long_a_price_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
