/* SPDX-License-Identifier: Apache-2.0 */
/* Public questions and the account's: bodies as the exchange writes them, refusals of settings. */
#include "counter.h"

static void expect_public(const char *path, const char *query, int status, const char *part)
{
    int got = raw("GET", path, query, "", "");
    if (got != status || strstr(body(), part) == NULL) {
        fail_msg("%s?%s: %d %s\n  not %d %s", path, query, got, body(), status, part);
    }
}

static void test_market(void **state)
{
    (void)state;
    static const struct {
        const char *path, *query;
        int status;
        const char *part;
    } cases[] = {
        {"/fapi/v1/ping", "", 200, "{}"},
        {"/fapi/v1/time", "", 200, "{\"serverTime\":1591702614000}"},
        {"/fapi/v1/premiumIndex", "symbol=BTCUSDT", 200, "{\"symbol\":\"BTCUSDT\",\"markPrice\":\"9100.00000000\","},
        {"/fapi/v1/premiumIndex", "", 200, "[{\"symbol\":\"BTCUSDT\""},
        {"/fapi/v1/ticker/bookTicker", "symbol=BTCUSDT", 200, "\"bidPrice\":\"9099.9\""},
        {"/fapi/v1/ticker/price", "symbol=BTCUSDT", 200,
         "{\"symbol\":\"BTCUSDT\",\"price\":\"9100.0\",\"time\":1591702614000}"},
        {"/fapi/v2/ticker/price", "", 200, "[{\"symbol\":\"BTCUSDT\",\"price\":\"9100.0\""},
        {"/fapi/v1/ticker/24hr", "symbol=BTCUSDT", 200, "\"lastPrice\":\"9100.0\""},
        {"/fapi/v1/depth", "symbol=BTCUSDT&limit=5", 200, "\"bids\":[[\"9099.9\",\""},
        {"/fapi/v1/depth", "", 400, "-1102"},
        {"/fapi/v1/depth", "symbol=BTCUSDT&limit=0", 400, "-1130"},
        {"/fapi/v1/trades", "symbol=BTCUSDT", 200, "\"price\":\"9100.0\""},
        {"/fapi/v1/aggTrades", "symbol=BTCUSDT", 200, "\"p\":\"9100.0\""},
        {"/fapi/v1/klines", "symbol=BTCUSDT&interval=1m&limit=1", 200, "[[1591702560000,\""},
        {"/fapi/v1/premiumIndexKlines", "symbol=BTCUSDT&interval=1m&limit=1", 200,
         "[[1591702560000,\"0.00003700\",\"0.00003700\",\"0.00003700\",\"0.00003700\",\"0\",1591702619999,"},
        {"/fapi/v1/klines", "symbol=BTCUSDT&interval=7m", 400, "-1120"},
        {"/fapi/v1/klines", "symbol=BTCUSDT", 400, "Mandatory parameter 'interval'"},
        {"/fapi/v1/continuousKlines", "pair=BTCUSDT&contractType=PERPETUAL&interval=1h&limit=1", 200,
         "[[1591700400000"},
        {"/fapi/v1/markPriceKlines", "symbol=BTCUSDT&interval=1M&limit=1", 200, "[[1590969600000"},
        {"/fapi/v1/indexPriceKlines", "pair=BTCUSDT&interval=1d&limit=1", 200, "[[1591660800000"},
        {"/fapi/v1/fundingRate", "symbol=BTCUSDT&limit=1", 200, "\"fundingTime\":1591689600000"},
        {"/fapi/v1/fundingInfo", "", 200, "\"fundingIntervalHours\":8"},
        {"/fapi/v1/openInterest", "symbol=BTCUSDT", 200, "\"openInterest\":\""},
        {"/fapi/v1/openInterest", "symbol=NOPE", 400, "-1121"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        expect_public(cases[i].path, cases[i].query, cases[i].status, cases[i].part);
    }
    expect_public("/fapi/v1/exchangeInfo", "", 200, "\"timezone\":\"UTC\"");
    HAS(body(), "\"rateLimits\":[", "\"limit\":2400", "\"assets\":[{\"asset\":\"USDT\"", "\"symbols\":[",
        "\"symbol\":\"BTCUSDT\",\"pair\":\"BTCUSDT\",\"contractType\":\"PERPETUAL\"", "\"status\":\"TRADING\"",
        "\"filterType\":\"PRICE_FILTER\"", "\"tickSize\":\"0.1\"", "\"filterType\":\"LOT_SIZE\"",
        "\"stepSize\":\"0.001\"", "\"filterType\":\"MARKET_LOT_SIZE\"", "\"filterType\":\"MIN_NOTIONAL\"",
        "\"filterType\":\"PERCENT_PRICE\"", "\"orderTypes\":[\"LIMIT\"", "\"ETHUSDT\"");
}

static void test_positions(void **state)
{
    (void)state;
    expect(A, "GET", "/fapi/v3/positionRisk", "", 200, "[]");
    assert_string_equal(body(), "[]");
    expect(A, "POST", "/fapi/v1/order", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.5", 200, "\"NEW\"");
    assert_int_equal(ask("GET", "/fapi/v3/positionRisk", "symbol=BTCUSDT"), 200);
    assert_string_equal(
        body(),
        "[{\"symbol\":\"BTCUSDT\",\"positionSide\":\"BOTH\",\"positionAmt\":\"-0.500\",\"entryPrice\":\"9099.9\","
        "\"breakEvenPrice\":\"9096.26004\",\"markPrice\":\"9100.00000000\",\"unRealizedProfit\":\"-0.05000000\","
        "\"liquidationPrice\":\"208263.20721115\",\"isolatedMargin\":\"0\",\"notional\":\"-4550.00000000\","
        "\"marginAsset\":\"USDT\",\"isolatedWallet\":\"0\",\"initialMargin\":\"227.50000000\","
        "\"maintMargin\":\"18.20000000\",\"positionInitialMargin\":\"227.50000000\","
        "\"openOrderInitialMargin\":\"0\",\"adl\":1,\"bidNotional\":\"0\",\"askNotional\":\"0\","
        "\"updateTime\":1591702614000}]");
    /* An order makes a symbol worth showing, a position of nothing. */
    expect(A, "POST", "/fapi/v1/order", "symbol=ETHUSDT&side=BUY&type=LIMIT&quantity=1&price=3000&timeInForce=GTC", 200,
           "NEW");
    assert_int_equal(ask("GET", "/fapi/v3/positionRisk", ""), 200);
    HAS(body(), "\"symbol\":\"BTCUSDT\"", "\"symbol\":\"ETHUSDT\"", "\"positionAmt\":\"0.000\"");
    expect(A, "DELETE", "/fapi/v1/allOpenOrders", "symbol=ETHUSDT", 200,
           "{\"code\":200,\"msg\":\"The operation of cancel all open order is done.\"}");
    assert_int_equal(ask("GET", "/fapi/v3/positionRisk", ""), 200);
    assert_null(strstr(body(), "ETHUSDT"));
    expect(A, "GET", "/fapi/v2/positionRisk", "symbol=ETHUSDT", 200,
           "\"leverage\":\"20\",\"maxNotionalValue\":\"10000000\",\"marginType\":\"cross\"");
    expect(A, "GET", "/fapi/v3/account", "", 200, "\"totalWalletBalance\":\"99998.18002000\"");
    HAS(body(), "\"assets\":[{\"asset\":\"USDT\"", "\"positions\":[{\"symbol\":\"BTCUSDT\"",
        "\"positionAmt\":\"-0.500\"");
    expect(A, "GET", "/fapi/v2/account", "", 200, "{\"feeTier\":0,");
    HAS(body(), "\"canTrade\":true", "\"leverage\":\"20\",\"isolated\":false", "\"maxNotional\"");
    expect(A, "GET", "/fapi/v2/balance", "", 200, "\"balance\":\"99998.18002000\"");
    expect(A, "GET", "/fapi/v1/userTrades", "symbol=BTCUSDT", 200,
           "[{\"buyer\":false,\"commission\":\"1.81998000\",\"commissionAsset\":\"USDT\",\"id\":1,\"maker\":false,");
    expect(A, "GET", "/fapi/v1/userTrades", "symbol=BTCUSDT&fromId=2", 200, "[]");
    expect(A, "GET", "/fapi/v1/userTrades", "symbol=BTCUSDT&fromId=1&startTime=1", 400, "-1128");
    expect(A, "GET", "/fapi/v1/userTrades", "", 400, "'symbol'");
    expect(A, "GET", "/fapi/v1/income", "incomeType=COMMISSION", 200,
           "[{\"symbol\":\"BTCUSDT\",\"incomeType\":\"COMMISSION\",\"income\":\"-1.81998000\",\"asset\":\"USDT\"");
    expect(A, "GET", "/fapi/v1/income", "incomeType=FUNDING_FEE", 200, "[]");
    expect(A, "GET", "/fapi/v1/adlQuantile", "", 200, "[{\"symbol\":\"BTCUSDT\",\"adlQuantile\":{\"LONG\":0");
}

/* Both legs of a symbol stand beside each other, the short one negative. */
static void test_hedge(void **state)
{
    (void)state;
    expect(B, "POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5&positionSide=LONG", 200, "");
    expect(B, "POST", "/fapi/v1/order", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.2&positionSide=SHORT", 200,
           "");
    assert_int_equal(ask_as(B, "GET", "/fapi/v3/positionRisk", ""), 200);
    HAS(body(), "\"positionSide\":\"LONG\",\"positionAmt\":\"0.500\"",
        "\"positionSide\":\"SHORT\",\"positionAmt\":\"-0.200\"");
    HAS(body(), "\"isolatedMargin\":\"227.5", "\"isolatedWallet\":\"");
    expect(B, "POST", "/fapi/v1/positionSide/dual", "dualSidePosition=false", 400, "-4068");
    expect(B, "POST", "/fapi/v1/positionMargin", "symbol=BTCUSDT&positionSide=LONG&amount=100&type=1", 200,
           "{\"amount\":100,\"code\":200,\"msg\":\"Successfully modify position margin.\",\"type\":1}");
    expect(B, "POST", "/fapi/v1/positionMargin", "symbol=BTCUSDT&amount=100&type=1", 400, "-4061");
    expect(B, "POST", "/fapi/v1/positionMargin", "symbol=BTCUSDT&positionSide=LONG&amount=100&type=3", 400, "-1130");
}

static void test_settings(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *form;
        int status;
        const char *part;
    } cases[] = {
        {"GET", "/fapi/v1/positionSide/dual", "", 200, "{\"dualSidePosition\":false}"},
        {"POST", "/fapi/v1/positionSide/dual", "dualSidePosition=true", 200, "{\"code\":200,\"msg\":\"success\"}"},
        {"POST", "/fapi/v1/positionSide/dual", "dualSidePosition=true", 400, "-4059"},
        {"POST", "/fapi/v1/positionSide/dual", "dualSidePosition=x", 400, "-1130"},
        {"GET", "/fapi/v1/multiAssetsMargin", "", 200, "{\"multiAssetsMargin\":false}"},
        {"POST", "/fapi/v1/multiAssetsMargin", "multiAssetsMargin=true", 200, "success"},
        {"GET", "/fapi/v1/accountConfig", "", 200,
         "{\"feeTier\":0,\"canTrade\":true,\"canDeposit\":true,\"canWithdraw\":true,\"dualSidePosition\":true,"
         "\"updateTime\":0,\"multiAssetsMargin\":true,\"tradeGroupId\":-1}"},
        {"GET", "/fapi/v1/symbolConfig", "symbol=BTCUSDT", 200,
         "[{\"symbol\":\"BTCUSDT\",\"marginType\":\"CROSSED\",\"isAutoAddMargin\":false,\"leverage\":20,"},
        {"POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=25", 200,
         "{\"leverage\":25,\"maxNotionalValue\":\"10000000\",\"symbol\":\"BTCUSDT\"}"},
        {"POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=2000", 400, "-4028"},
        {"POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=0", 400, "-4028"},
        {"POST", "/fapi/v1/leverage", "symbol=BTCUSDT", 400, "'leverage'"},
        {"POST", "/fapi/v1/marginType", "symbol=BTCUSDT&marginType=CROSSED", 400, "-4046"},
        {"POST", "/fapi/v1/marginType", "symbol=BTCUSDT&marginType=BOTH", 400, "-1130"},
        {"GET", "/fapi/v1/leverageBracket", "symbol=BTCUSDT", 200,
         "[{\"symbol\":\"BTCUSDT\",\"notionalCoef\":1.0,\"brackets\":[{\"bracket\":1,\"initialLeverage\":125,"},
        {"GET", "/fapi/v1/commissionRate", "symbol=BTCUSDT", 200,
         "{\"symbol\":\"BTCUSDT\",\"makerCommissionRate\":\"0.0002\",\"takerCommissionRate\":\"0.0004\","
         "\"rpiCommissionRate\":\"0.00005\"}"},
        {"GET", "/fapi/v1/rateLimit/order", "", 200, "\"intervalNum\":10,\"limit\":300"},
        {"GET", "/fapi/v1/apiTradingStatus", "", 200, "{\"indicators\":{},\"updateTime\":1591702614000}"},
        {"GET", "/fapi/v1/feeBurn", "", 200, "{\"feeBurn\":false}"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        expect(A, cases[i].method, cases[i].path, cases[i].form, cases[i].status, cases[i].part);
    }
}

static void test_listen_key(void **state)
{
    (void)state;
    assert_int_equal(raw("PUT", "/fapi/v1/listenKey", "", "", KEY_A), 400);
    HAS(body(), "{\"code\":-1125,\"msg\":\"This listenKey does not exist.\"}");
    assert_int_equal(raw("POST", "/fapi/v1/listenKey", "", "", "nobody"), 401);
    assert_int_equal(raw("POST", "/fapi/v1/listenKey", "", "", KEY_A), 200);
    char first[128];
    (void)snprintf(first, sizeof(first), "%s", body());
    assert_int_equal(strlen(first), strlen("{\"listenKey\":\"\"}") + FAPI_LISTEN_KEY);
    assert_int_equal(raw("POST", "/fapi/v1/listenKey", "", "", KEY_A), 200);
    assert_string_equal(body(), first); /* there is one of an account */
    char key[FAPI_LISTEN_KEY + 1];
    (void)snprintf(key, sizeof(key), "%s", strstr(first, ":\"") + 2);
    assert_ptr_equal(fapi_listen_key_account(it.f, key), fapi_account_by_name(it.f, "a"));
    eb_fapi_run(it.f, T0 + 3599000);
    assert_int_equal(raw("PUT", "/fapi/v1/listenKey", "", "", KEY_A), 200);
    assert_string_equal(body(), first);
    eb_fapi_run(it.f, T0 + 3599000 + 3599999);
    assert_non_null(fapi_listen_key_account(it.f, key));
    eb_fapi_run(it.f, T0 + 3599000 + 3600000);
    assert_null(fapi_listen_key_account(it.f, key));
    assert_int_equal(raw("PUT", "/fapi/v1/listenKey", "", "", KEY_A), 400);
    assert_int_equal(raw("POST", "/fapi/v1/listenKey", "", "", KEY_A), 200);
    assert_string_not_equal(body(), first);
    assert_int_equal(raw("DELETE", "/fapi/v1/listenKey", "", "", KEY_A), 200);
    assert_string_equal(body(), "{}");
    assert_int_equal(raw("PUT", "/fapi/v1/listenKey", "", "", KEY_A), 400);
}

/* From the beginning of time on is from the first candle on, not up to the last. */
static void test_first_candles(void **state)
{
    (void)state;
    eb_fapi_run(it.f, T0 + 600000);
    char first[256];
    assert_int_equal(raw("GET", "/fapi/v1/klines", "symbol=BTCUSDT&interval=1m&startTime=1&limit=1", "", ""), 200);
    (void)snprintf(first, sizeof(first), "%s", body());
    expect_public("/fapi/v1/klines", "symbol=BTCUSDT&interval=1m&startTime=0&limit=1", 200, first);
    expect_public("/fapi/v1/klines", "symbol=BTCUSDT&interval=1m&limit=1", 200, "[[1591703160000,\"");
    assert_null(strstr(first, "1591703160000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_market, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_positions, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_hedge, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_settings, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_first_candles, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_listen_key, open_plain, close_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
