/* SPDX-License-Identifier: Apache-2.0 */
/* Orders over REST: answers of regular and conditional ones, what is refused, batches, history. */
#include "counter.h"

#define ORDER "/fapi/v1/order"
#define ALGO "/fapi/v1/algoOrder"
#define LIMIT_SELL "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.2&price=9200"

static void test_life(void **state)
{
    (void)state;
    expect(A, "POST", ORDER, LIMIT_SELL "&newClientOrderId=l1", 200, "\"status\":\"NEW\"");
    uint64_t id = number(body(), "orderId");
    char want[900];
    (void)snprintf(
        want, sizeof(want),
        "{\"orderId\":%" PRIu64 ",\"symbol\":\"BTCUSDT\",\"status\":\"NEW\",\"clientOrderId\":\"l1\","
        "\"price\":\"9200.0\",\"origQty\":\"0.200\",\"executedQty\":\"0.000\",\"cumQty\":\"0.000\","
        "\"timeInForce\":\"GTC\",\"type\":\"LIMIT\",\"reduceOnly\":false,\"closePosition\":false,"
        "\"side\":\"SELL\",\"positionSide\":\"BOTH\",\"stopPrice\":\"0.0\",\"workingType\":\"CONTRACT_PRICE\","
        "\"priceProtect\":false,\"origType\":\"LIMIT\",\"priceMatch\":\"NONE\","
        "\"selfTradePreventionMode\":\"EXPIRE_MAKER\",\"goodTillDate\":0,\"updateTime\":1591702614000}",
        id);
    assert_string_equal(body(), want);
    expect(A, "POST", ORDER, LIMIT_SELL "&newClientOrderId=l1", 400, "{\"code\":-4116,");
    expect(A, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=l1", 200,
           "\"price\":\"9200.0\",\"avgPrice\":\"0.00000\",\"origQty\":\"0.200\",\"executedQty\":\"0.000\",\"cumQuote\":"
           "\"0\"");
    HAS(body(), "\"time\":1591702614000,\"updateTime\":1591702614000}");
    expect(A, "PUT", ORDER, "symbol=BTCUSDT&side=SELL&quantity=0.3&price=9250&origClientOrderId=l1&modifyId=7", 200,
           "\"pair\":\"BTCUSDT\"");
    HAS(body(), "\"price\":\"9250.0\",\"origQty\":\"0.300\"", "\"modifyId\":7}");
    expect(A, "PUT", ORDER, "symbol=BTCUSDT&side=SELL&quantity=0.3&price=9250&origClientOrderId=l1&reduceOnly=true",
           400, "-5047");
    expect(A, "PUT", ORDER, "symbol=BTCUSDT&side=SELL&quantity=0.3&origClientOrderId=l1", 400, "'price'");
    expect(A, "PUT", ORDER, "symbol=BTCUSDT&side=SELL&quantity=0.3&price=9250&origClientOrderId=none", 400, "-2013");
    expect(A, "GET", "/fapi/v1/openOrder", "symbol=BTCUSDT&origClientOrderId=l1", 200, "\"origQty\":\"0.300\"");
    expect(A, "GET", "/fapi/v1/openOrders", "", 200, "[{\"orderId\":");
    expect(A, "GET", "/fapi/v1/openOrders", "symbol=ETHUSDT", 200, "[]");
    (void)snprintf(want, sizeof(want), "symbol=BTCUSDT&orderId=%" PRIu64, id);
    expect(A, "DELETE", ORDER, want, 200, "\"status\":\"CANCELED\"");
    expect(A, "DELETE", ORDER, want, 400, "{\"code\":-2011,\"msg\":\"Unknown order sent.\"}");
    expect(A, "GET", "/fapi/v1/openOrder", want, 400, "{\"code\":-2013,\"msg\":\"Order does not exist.\"}");
    expect(A, "GET", ORDER, want, 200, "CANCELED");
    expect(A, "GET", "/fapi/v1/allOrders", "symbol=BTCUSDT", 200, "[{\"orderId\":");
    expect(A, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=none", 400, "-2013");
    expect(A, "GET", ORDER, "symbol=BTCUSDT", 400, "Param 'origClientOrderId' or 'orderId' must be sent");
    expect(B, "GET", ORDER, want, 400, "-2013"); /* another account's */
}

static void test_market(void **state)
{
    (void)state;
    expect(A, "POST", ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5&newOrderRespType=RESULT", 200,
           "\"status\":\"FILLED\"");
    HAS(body(), "\"executedQty\":\"0.500\",\"cumQty\":\"0.500\"");
    assert_null(strstr(body(), "avgPrice"));
    assert_null(strstr(body(), "cumQuote"));
    uint64_t id = number(body(), "orderId");
    char form[80];
    (void)snprintf(form, sizeof(form), "symbol=BTCUSDT&orderId=%" PRIu64, id);
    expect(A, "GET", ORDER, form, 200, "\"avgPrice\":\"9100.00000\"");
    HAS(body(), "\"cumQuote\":\"4550.00000\"");
    expect(A, "POST", ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1&reduceOnly=true", 400, "-2022");
    expect(A, "POST", ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001", 400,
           "Order's notional must be no smaller than 100 (unless you choose reduce only).");
    expect(A, "POST", ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.0001", 400, "-1111");
    expect(A, "POST", ORDER, "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.5&reduceOnly=true", 200, "\"NEW\"");
    expect(A, "POST", "/fapi/v1/order/test", LIMIT_SELL, 200, "\"symbol\":\"BTCUSDT\"");
    expect(A, "GET", "/fapi/v1/openOrders", "", 200, "[]");
}

static void test_conditional_refused(void **state)
{
    (void)state;
    static const struct {
        const char *form;
        int code;
    } refused[] = {
        {"", -1102},
        {"algoType=TWAP", -1130},
        {"algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=LIMIT&quantity=1&price=9000", -1116},
        {"algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&quantity=1", -1102},
        {"algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&quantity=1&triggerPrice=9200", -2021},
        {"algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&quantity=1&triggerPrice=9000&workingType=X",
         -4031},
        {"algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&quantity=1&triggerPrice=9000&closePosition="
         "true",
         -4137},
        {"algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&reduceOnly=true&triggerPrice=9000&"
         "closePosition="
         "true",
         -1106},
        {"algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP&triggerPrice=9000&closePosition=true", -4136},
        {"algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP&quantity=1&triggerPrice=9000", -1102},
        {"algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=TRAILING_STOP_MARKET&quantity=1", -1102},
        {"algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=TRAILING_STOP_MARKET&quantity=1&callbackRate=1&"
         "triggerPrice=9000",
         -2021},
    };
    for (size_t i = 0; i < EB_COUNT(refused); i++) {
        char code[32];
        (void)snprintf(code, sizeof(code), "{\"code\":%d,", refused[i].code);
        expect(A, "POST", ALGO, refused[i].form, 400, code);
    }
}

static void test_conditional_life(void **state)
{
    (void)state;
    expect(A, "POST", ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5", 200, "NEW");
    expect(A, "POST", ALGO,
           "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&quantity=0.5&reduceOnly=true&"
           "triggerPrice=9000&workingType=MARK_PRICE&clientAlgoId=s1",
           200, "\"algoStatus\":\"NEW\"");
    uint64_t id = number(body(), "algoId");
    char want[1000];
    (void)snprintf(
        want, sizeof(want),
        "{\"algoId\":%" PRIu64 ",\"clientAlgoId\":\"s1\",\"algoType\":\"CONDITIONAL\",\"orderType\":"
        "\"STOP_MARKET\",\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"positionSide\":\"BOTH\",\"timeInForce\":"
        "\"GTC\",\"quantity\":\"0.500\",\"algoStatus\":\"NEW\",\"triggerPrice\":\"9000.0\",\"price\":\"0.0\","
        "\"icebergQuantity\":null,\"selfTradePreventionMode\":\"EXPIRE_MAKER\",\"workingType\":"
        "\"MARK_PRICE\",\"priceMatch\":\"NONE\",\"closePosition\":false,\"priceProtect\":false,"
        "\"reduceOnly\":true,\"activatePrice\":\"\",\"callbackRate\":\"\",\"createTime\":1591702614000,"
        "\"updateTime\":1591702614000,\"triggerTime\":0,\"goodTillDate\":0}",
        id);
    assert_string_equal(body(), want);
    expect(A, "GET", ALGO, "clientAlgoId=s1", 200, "\"actualOrderId\":\"\",\"actualPrice\":\"0.00000\"");
    expect(A, "GET", "/fapi/v1/openAlgoOrders", "", 200, "\"tpTriggerPrice\":\"0.0\"");
    expect(A, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=s1", 400, "-2013");
    expect(A, "POST", ALGO,
           "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=TRAILING_STOP_MARKET&quantity=0.1&callbackRate=1.5&"
           "activatePrice=9150&reduceOnly=true&clientAlgoId=t1",
           200, "\"activatePrice\":\"9150.0\",\"callbackRate\":\"1.5\"");
    (void)snprintf(want, sizeof(want),
                   "{\"algoId\":%" PRIu64 ",\"clientAlgoId\":\"t1\",\"code\":\"200\",\"msg\":"
                   "\"success\"}",
                   number(body(), "algoId"));
    assert_int_equal(ask("DELETE", ALGO, "clientAlgoId=t1"), 200);
    assert_string_equal(body(), want);
    expect(A, "DELETE", ALGO, "clientAlgoId=t1", 400, "-2011");
    expect(A, "DELETE", ALGO, "", 400, "Param 'algoId' or 'clientAlgoId' must be sent");
    expect(A, "GET", ALGO, "clientAlgoId=none", 400, "-2013");
    price("BTCUSDT", 8990);
    eb_fapi_run(it.f, T0 + 5000);
    expect(A, "GET", ALGO, "clientAlgoId=s1", 200, "\"algoStatus\":\"FINISHED\"");
    HAS(body(), "\"actualOrderId\":\"", "\"actualPrice\":\"8989.9",
        "\"actualType\":\"MARKET\",\"actualQty\":\"0.500\"");
    expect(A, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=s1", 200, "\"origType\":\"STOP_MARKET\"");
    expect(A, "GET", "/fapi/v1/allAlgoOrders", "symbol=BTCUSDT&limit=1", 200, "\"clientAlgoId\":\"t1\"");
    assert_null(strstr(body(), "\"s1\""));
    expect(A, "DELETE", "/fapi/v1/algoOpenOrders", "symbol=BTCUSDT", 200, "\"code\":200");
}

static void test_batch(void **state)
{
    (void)state;
    static const char three[] =
        "batchOrders=%5B%7B%22symbol%22%3A%22BTCUSDT%22%2C%22side%22%3A%22BUY%22%2C%22type%22%3A%22MARKET%22%2C%22"
        "quantity%22%3A%220.1%22%7D%2C%7B%22symbol%22%3A%22BTCUSDT%22%2C%22side%22%3A%22SELL%22%2C%22type%22%3A%22"
        "STOP_MARKET%22%2C%22quantity%22%3A%220.1%22%7D%2C%7B%22symbol%22%3A%22BTCUSDT%22%2C%22side%22%3A%22BUY%22%2C"
        "%22type%22%3A%22LIMIT%22%2C%22timeInForce%22%3A%22GTC%22%2C%22quantity%22%3A0.1%2C%22price%22%3A9000%2C%22"
        "newClientOrderId%22%3A%22b1%22%7D%5D";
    assert_int_equal(ask("POST", "/fapi/v1/batchOrders", three), 200);
    HAS(body(), "[{\"orderId\":", "\"type\":\"MARKET\"", "},{\"code\":-4120,\"msg\":\"",
        "},{\"orderId\":", "\"clientOrderId\":\"b1\"");
    expect(A, "PUT", "/fapi/v1/batchOrders",
           "batchOrders=[{\"symbol\":\"BTCUSDT\",\"origClientOrderId\":\"b1\",\"side\":\"BUY\",\"quantity\":\"0.2\","
           "\"price\":\"9010\"},{\"symbol\":\"BTCUSDT\"}]",
           200, "\"price\":\"9010.0\",\"origQty\":\"0.200\"");
    HAS(body(), "},{\"code\":-1102,");
    expect(A, "DELETE", "/fapi/v1/batchOrders", "symbol=BTCUSDT&origClientOrderIdList=%5B%22b1%22%2C%22no%22%5D", 200,
           "\"status\":\"CANCELED\"");
    HAS(body(), "},{\"code\":-2011,\"msg\":\"Unknown order sent.\"}]");
    expect(A, "POST", ORDER, LIMIT_SELL, 200, "NEW");
    char form[80];
    (void)snprintf(form, sizeof(form), "symbol=BTCUSDT&orderidlist=%%5B%" PRIu64 "%%5D", number(body(), "orderId"));
    expect(A, "DELETE", "/fapi/v1/batchOrders", form, 200, "[{\"orderId\":");
    static const struct {
        const char *method, *form;
        int code;
    } refused[] = {{"POST", "", -1102},
                   {"POST", "batchOrders=[]", -4082},
                   {"POST", "batchOrders=[", -1130},
                   {"POST", "batchOrders={}", -1130},
                   {"POST", "batchOrders=[{},{},{},{},{},{}]", -4082},
                   {"DELETE", "symbol=BTCUSDT", -1102},
                   {"DELETE", "symbol=BTCUSDT&orderIdList=[1,2,3,4,5,6,7,8,9,10,11]", -4083}};
    for (size_t i = 0; i < EB_COUNT(refused); i++) {
        char code[32];
        (void)snprintf(code, sizeof(code), "{\"code\":%d,", refused[i].code);
        expect(A, refused[i].method, "/fapi/v1/batchOrders", refused[i].form, 400, code);
    }
    expect(A, "POST", "/fapi/v1/batchOrders", "batchOrders=[1]", 200, "[{\"code\":-1130,");
}

/* Whose client stays away loses his regular orders, and not his stops. */
static void test_countdown(void **state)
{
    (void)state;
    expect(A, "POST", ORDER, LIMIT_SELL "&newClientOrderId=l1", 200, "NEW");
    expect(A, "POST", ALGO,
           "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&quantity=0.5&triggerPrice=9000", 200, "NEW");
    expect(A, "POST", "/fapi/v1/countdownCancelAll", "symbol=BTCUSDT&countdownTime=5000", 200,
           "{\"symbol\":\"BTCUSDT\",\"countdownTime\":\"5000\"}");
    eb_fapi_run(it.f, T0 + 4000);
    expect(A, "POST", "/fapi/v1/countdownCancelAll", "symbol=BTCUSDT&countdownTime=5000", 200, "5000");
    eb_fapi_run(it.f, T0 + 8999);
    expect(A, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=l1", 200, "\"NEW\"");
    eb_fapi_run(it.f, T0 + 9001);
    expect(A, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=l1", 200, "CANCELED");
    expect(A, "GET", "/fapi/v1/openAlgoOrders", "symbol=BTCUSDT", 200, "STOP_MARKET");
    expect(A, "POST", ORDER, LIMIT_SELL "&newClientOrderId=l2", 200, "NEW");
    expect(A, "POST", "/fapi/v1/countdownCancelAll", "symbol=BTCUSDT&countdownTime=5000", 200, "");
    expect(A, "POST", "/fapi/v1/countdownCancelAll", "symbol=BTCUSDT&countdownTime=0", 200, "\"0\"");
    eb_fapi_run(it.f, T0 + 60000);
    expect(A, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=l2", 200, "\"NEW\"");
}

static void test_history(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        char form[200];
        (void)snprintf(form, sizeof(form), LIMIT_SELL "&newClientOrderId=h%d", i);
        eb_fapi_run(it.f, T0 + i * 1000);
        expect(A, "POST", ORDER, form, 200, "NEW");
    }
    expect(A, "GET", "/fapi/v1/allOrders", "symbol=BTCUSDT&limit=2", 200, "\"h3\"");
    HAS(body(), "\"h3\"", "\"h4\"");
    assert_null(strstr(body(), "\"h2\""));
    expect(A, "GET", "/fapi/v1/allOrders", "symbol=BTCUSDT&limit=2&startTime=1591702615000", 200, "\"h1\"");
    HAS(body(), "\"h1\"", "\"h2\"");
    assert_null(strstr(body(), "\"h3\""));
    expect(A, "GET", "/fapi/v1/allOrders", "symbol=BTCUSDT&startTime=2&endTime=1", 400, "-1023");
    expect(A, "GET", "/fapi/v1/allOrders", "symbol=BTCUSDT&startTime=1&endTime=604800002", 400, "-1127");
    expect(A, "GET", "/fapi/v1/forceOrders", "", 200, "[]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_life, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_market, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_conditional_refused, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_conditional_life, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_batch, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_countdown, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_history, open_plain, close_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
