/* SPDX-License-Identifier: Apache-2.0 */
/* What an account is told: events of the user stream, whole and in the exchange's order. */
#include "counter.h"

/* The events' names (and status) since the last call, in a row. */
static const char *told(char *out, size_t cap)
{
    size_t len = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < it.count; i++) {
        const char *x = strstr(it.heard[i], "\"X\":\"");
        const char *name = it.heard[i] + strlen("{\"e\":\"");
        len += (size_t)snprintf(out + len, cap - len, "%.*s", (int)strcspn(name, "\""), name);
        if (x != NULL) {
            len += (size_t)snprintf(out + len, cap - len, ":%.*s", (int)strcspn(x + 5, "\""), x + 5);
        }
        len += (size_t)snprintf(out + len, cap - len, " ");
    }
    return out;
}

static void test_fill(void **state)
{
    (void)state;
    char names[2000];
    listen_to(A);
    assert_int_equal(
        ask("POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5&newClientOrderId=m"), 200);
    char id[32];
    (void)snprintf(id, sizeof(id), "%" PRIu64, number(body(), "orderId"));
    assert_string_equal(told(names, sizeof(names)),
                        "ORDER_TRADE_UPDATE:NEW TRADE_LITE ORDER_TRADE_UPDATE:FILLED ACCOUNT_UPDATE ");
    char want[1200];
    (void)snprintf(
        want, sizeof(want),
        "{\"e\":\"ORDER_TRADE_UPDATE\",\"E\":1591702614000,\"T\":1591702614000,\"o\":{\"s\":\"BTCUSDT\",\"c\":\"m\","
        "\"S\":\"BUY\",\"o\":\"MARKET\",\"f\":\"GTC\",\"q\":\"0.500\",\"p\":\"0\",\"ap\":\"9100.00000\",\"sp\":\"0\","
        "\"x\":\"TRADE\",\"X\":\"FILLED\",\"i\":%s,\"l\":\"0.500\",\"z\":\"0.500\",\"L\":\"9100.0\","
        "\"n\":\"1.82000000\",\"N\":\"USDT\",\"T\":1591702614000,\"t\":1,\"b\":\"0\",\"a\":\"0\",\"m\":false,"
        "\"R\":false,\"wt\":\"CONTRACT_PRICE\",\"ot\":\"MARKET\",\"ps\":\"BOTH\",\"cp\":false,\"rp\":\"0\","
        "\"pP\":false,\"si\":0,\"ss\":0,\"V\":\"EXPIRE_MAKER\",\"pm\":\"NONE\",\"gtd\":0,\"er\":\"0\"}}",
        id);
    assert_string_equal(it.heard[2], want);
    (void)snprintf(
        want, sizeof(want),
        "{\"e\":\"TRADE_LITE\",\"E\":1591702614000,\"T\":1591702614000,\"s\":\"BTCUSDT\",\"q\":\"0.500\","
        "\"p\":\"0\",\"m\":false,\"c\":\"m\",\"S\":\"BUY\",\"L\":\"9100.0\",\"l\":\"0.500\",\"t\":1,\"i\":%s}",
        id);
    assert_string_equal(it.heard[1], want);
    assert_string_equal(
        it.heard[3],
        "{\"e\":\"ACCOUNT_UPDATE\",\"E\":1591702614000,\"T\":1591702614000,\"a\":{\"m\":\"ORDER\",\"B\":[{\"a\":"
        "\"USDT\",\"wb\":\"99998.18000000\",\"cw\":\"99998.18000000\",\"bc\":\"0\"}],\"P\":[{\"s\":\"BTCUSDT\",\"pa\":"
        "\"0.500\",\"ep\":\"9100.00000\",\"bep\":\"9103.64000\",\"cr\":\"0\",\"up\":\"0\",\"mt\":\"cross\",\"iw\":"
        "\"0.00000000\",\"ps\":\"BOTH\"}]}}");
    /* What is closed is realized, and the row stays with nothing in it. */
    it.count = 0;
    assert_int_equal(ask("POST", "/fapi/v1/order", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.5&reduceOnly=true"),
                     200);
    HAS(it.heard[2], "\"L\":\"9099.9\"", "\"R\":true", "\"rp\":\"-0.05000000\"");
    HAS(it.heard[3], "\"pa\":\"0\",\"ep\":\"0.00000\",\"bep\":\"0\",\"cr\":\"-0.05000000\"");
}

static void test_orders(void **state)
{
    (void)state;
    char names[2000];
    listen_to(A);
    static const char sell[] =
        "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.2&price=9200&newClientOrderId=l1";
    assert_int_equal(ask("POST", "/fapi/v1/order", sell), 200);
    assert_int_equal(ask("PUT", "/fapi/v1/order",
                         "symbol=BTCUSDT&side=SELL&quantity=0.3&price=9250&origClientOrderId=l1&modifyId=77"),
                     200);
    assert_int_equal(ask("DELETE", "/fapi/v1/order", "symbol=BTCUSDT&origClientOrderId=l1"), 200);
    assert_string_equal(told(names, sizeof(names)),
                        "ORDER_TRADE_UPDATE:NEW ORDER_TRADE_UPDATE:NEW ORDER_TRADE_UPDATE:CANCELED ");
    HAS(it.heard[0], "\"p\":\"9200.0\",\"ap\":\"0\",\"sp\":\"0\",\"x\":\"NEW\"");
    assert_null(strstr(it.heard[0], "\"n\":"));
    HAS(it.heard[1], "\"q\":\"0.300\",\"p\":\"9250.0\"", "\"x\":\"AMENDMENT\"", "\"M\":77");
    HAS(it.heard[2], "\"x\":\"CANCELED\"");
    assert_null(strstr(it.heard[2], "\"M\":"));
}

static void test_conditional(void **state)
{
    (void)state;
    char names[2000];
    assert_int_equal(ask("POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5"), 200);
    listen_to(A);
    assert_int_equal(ask("POST", "/fapi/v1/algoOrder",
                         "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&closePosition=true&"
                         "triggerPrice=9000&workingType=MARK_PRICE&clientAlgoId=s1"),
                     200);
    char want[1000];
    (void)snprintf(
        want, sizeof(want),
        "{\"e\":\"ALGO_UPDATE\",\"E\":1591702614000,\"T\":1591702614000,\"o\":{\"caid\":\"s1\",\"aid\":%" PRIu64
        ",\"at\":\"CONDITIONAL\",\"o\":\"STOP_MARKET\",\"s\":\"BTCUSDT\",\"S\":\"SELL\",\"ps\":\"BOTH\",\"f\":\"GTC\","
        "\"q\":\"0.000\",\"X\":\"NEW\",\"ai\":\"\",\"ap\":\"0.00000\",\"aq\":\"0.00000\",\"act\":\"\",\"tp\":"
        "\"9000.0\",\"p\":\"0\",\"V\":\"EXPIRE_MAKER\",\"wt\":\"MARK_PRICE\",\"pm\":\"NONE\",\"cp\":true,\"pP\":false,"
        "\"R\":false,\"tt\":0,\"gtd\":0,\"rm\":\"\",\"ia\":false}}",
        number(body(), "algoId"));
    assert_string_equal(it.heard[0], want);
    price("BTCUSDT", 8990);
    eb_fapi_run(it.f, T0 + 5000);
    assert_string_equal(told(names, sizeof(names)),
                        "ALGO_UPDATE:NEW ALGO_UPDATE:TRIGGERING ORDER_TRADE_UPDATE:NEW TRADE_LITE "
                        "ORDER_TRADE_UPDATE:FILLED ACCOUNT_UPDATE ALGO_UPDATE:TRIGGERED ALGO_UPDATE:FINISHED ");
    HAS(it.heard[4], "\"c\":\"s1\"", "\"o\":\"MARKET\"", "\"sp\":\"9000.0\"", "\"wt\":\"MARK_PRICE\"",
        "\"ot\":\"STOP_MARKET\"", "\"cp\":true");
    assert_null(strstr(it.heard[6], "\"ai\":\"\""));
    HAS(it.heard[7], "\"ap\":\"8989.90000\",\"aq\":\"0.50000\",\"act\":\"MARKET\"");
}

static void test_settings(void **state)
{
    (void)state;
    listen_to(A);
    assert_int_equal(ask("POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=25"), 200);
    assert_int_equal(ask("POST", "/fapi/v1/multiAssetsMargin", "multiAssetsMargin=true"), 200);
    assert_int_equal(it.count, 2);
    assert_string_equal(it.heard[0], "{\"e\":\"ACCOUNT_CONFIG_UPDATE\",\"E\":1591702614000,\"T\":1591702614000,"
                                     "\"ac\":{\"s\":\"BTCUSDT\",\"l\":25}}");
    assert_string_equal(it.heard[1], "{\"e\":\"ACCOUNT_CONFIG_UPDATE\",\"E\":1591702614000,\"T\":1591702614000,"
                                     "\"ai\":{\"j\":true}}");
    assert_int_equal(ask_as(B, "POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=25"), 200);
    assert_int_equal(it.count, 2); /* another account's affair */
}

static void test_margin_call(void **state)
{
    (void)state;
    assert_int_equal(
        ask_as(B, "POST", "/fapi/v1/order", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.5&positionSide=SHORT"),
        200);
    listen_to(B);
    fapi_news_margin_call(fapi_account_by_name(it.f, "b"), symbol("BTCUSDT"), 1);
    fapi_news_margin_call(fapi_account_by_name(it.f, "b"), symbol("BTCUSDT"), 0); /* flat: nothing to call for */
    assert_int_equal(it.count, 1);
    HAS(it.heard[0], "{\"e\":\"MARGIN_CALL\",\"E\":1591702614000,\"cw\":\"",
        "\"p\":[{\"s\":\"BTCUSDT\",\"ps\":\"SHORT\",\"pa\":\"-0.500\",\"mt\":\"ISOLATED\",\"iw\":\"",
        "\"mp\":\"9100.00000\",\"up\":\"-0.050000\",\"mm\":\"18.200000\"}]}");
}

static void test_expiry(void **state)
{
    (void)state;
    listen_to(A);
    fapi_listen_key_expire(it.f, fapi_account_by_name(it.f, "a"));
    assert_int_equal(it.count, 1);
    HAS(it.heard[0], "{\"e\":\"listenKeyExpired\",\"E\":1591702614000,\"listenKey\":\"");
    assert_int_equal(ask("POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=25"), 200);
    assert_int_equal(it.count, 1); /* and then nothing more */
    assert_non_null(it.socket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fill, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_orders, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_conditional, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_settings, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_margin_call, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_expiry, open_plain, close_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
