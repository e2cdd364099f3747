/* SPDX-License-Identifier: Apache-2.0 */
/* The WebSocket API: ids, signatures over sorted parameters, sessions, the same endpoints behind other names. */
#include "counter.h"

/* Sends method with params (a form, sorted by name) signed; id is a JSON value. */
static const char *call(int who, const char *id, const char *method, const char *form)
{
    static char text[8192];
    char signature[EB_BINANCE_SIGNATURE_MAX + 1];
    size_t len = 0;
    assert_int_equal(eb_binance_sign(it.key[who], form, strlen(form), signature, sizeof(signature) - 1, &len), EB_OK);
    signature[len] = '\0';
    size_t n = (size_t)snprintf(text, sizeof(text), "{\"id\":%s,\"method\":\"%s\",\"params\":{", id, method);
    for (const char *at = form; *at != '\0';) {
        size_t name = strcspn(at, "=");
        size_t value = strcspn(at + name + 1, "&");
        n += (size_t)snprintf(text + n, sizeof(text) - n, "\"%.*s\":\"%.*s\",", (int)name, at, (int)value,
                              at + name + 1);
        at += name + 1 + value;
        at += *at == '&' ? 1 : 0;
    }
    (void)snprintf(text + n, sizeof(text) - n, "\"signature\":\"%s\"}}", signature);
    return send_ws(text);
}

#define PLACE_A                                                                                                \
    "apiKey=" KEY_A "&newClientOrderId=x1&positionSide=BOTH&price=9200&quantity=0.2&side=SELL&symbol=BTCUSDT&" \
    "timeInForce=GTC&timestamp=1591702614000&type=LIMIT"
#define WHO_A "apiKey=" KEY_A "&"
#define NOW "timestamp=1591702614000"

static void test_orders(void **state)
{
    (void)state;
    const char *answer = call(A, "\"3f7df6e3\"", "order.place", PLACE_A);
    HAS(answer, "{\"id\":\"3f7df6e3\",\"status\":200,\"result\":{\"orderId\":", "\"clientOrderId\":\"x1\"",
        "},\"rateLimits\":[{\"rateLimitType\":\"ORDERS\",\"interval\":\"SECOND\",\"intervalNum\":10,\"limit\":300,"
        "\"count\":1},{\"rateLimitType\":\"ORDERS\",\"interval\":\"MINUTE\",\"intervalNum\":1,\"limit\":1200,"
        "\"count\":1},{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\",\"intervalNum\":1,\"limit\":2400,"
        "\"count\":0}]}");
    answer = call(A, "7", "order.place", PLACE_A);
    HAS(answer, "{\"id\":7,\"status\":400,\"error\":{\"code\":-4116,\"msg\":\"ClientOrderId is duplicated.\"}");
    answer = call(A, "null", "order.modify",
                  WHO_A "origClientOrderId=x1&price=9250&quantity=0.3&side=SELL&symbol=BTCUSDT&" NOW);
    HAS(answer, "{\"id\":null,\"status\":200,\"result\":{", "\"price\":\"9250.0\"");
    answer = call(A, "1", "order.status", WHO_A "origClientOrderId=x1&symbol=BTCUSDT&" NOW);
    HAS(answer, "\"result\":{", "\"avgPrice\":\"0.00000\"");
    answer = call(A, "1", "order.cancel", WHO_A "origClientOrderId=x1&symbol=BTCUSDT&" NOW);
    HAS(answer, "\"status\":200", "\"status\":\"CANCELED\"");
    answer = call(A, "1", "algoOrder.place",
                  "algoType=CONDITIONAL&" WHO_A "clientAlgoId=s1&quantity=0.1&side=SELL&symbol=BTCUSDT&" NOW
                  "&triggerPrice=9000&type=STOP_MARKET");
    HAS(answer, "\"result\":{\"algoId\":", "\"algoStatus\":\"NEW\"");
    answer = call(A, "1", "algoOrder.cancel", WHO_A "clientAlgoId=s1&" NOW);
    HAS(answer, "\"code\":\"200\",\"msg\":\"success\"");
    answer = call(A, "1", "order.place",
                  WHO_A "quantity=0.1&side=SELL&symbol=BTCUSDT&" NOW "&triggerPrice=9000&type=STOP_MARKET");
    HAS(answer, "\"status\":400,\"error\":{\"code\":-4120,");
}

static void test_questions(void **state)
{
    (void)state;
    assert_int_equal(ask("POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5"), 200);
    HAS(call(A, "1", "account.position", WHO_A "symbol=BTCUSDT&" NOW), "\"result\":[{", "\"leverage\":\"20\"");
    HAS(call(A, "1", "v2/account.position", WHO_A NOW), "\"result\":[{", "\"positionAmt\":\"0.500\"", "\"adl\":");
    HAS(call(A, "1", "account.balance", WHO_A NOW), "\"result\":[{", "\"balance\":\"");
    HAS(call(A, "1", "v2/account.balance", WHO_A NOW), "\"result\":[{", "\"balance\":\"");
    HAS(call(A, "1", "account.status", WHO_A NOW), "\"result\":{\"feeTier\":0", "\"positions\":[{");
    HAS(call(A, "1", "v2/account.status", WHO_A NOW), "\"result\":{\"totalInitialMargin\"", "\"positions\":[{");
    HAS(send_ws("{\"id\":\"a\",\"method\":\"ticker.price\",\"params\":{\"symbol\":\"BTCUSDT\"}}"),
        "\"result\":{\"symbol\":\"BTCUSDT\",\"price\":\"9100.0\"");
    HAS(send_ws("{\"id\":\"a\",\"method\":\"/ticker.book\"}"), "\"result\":[{\"symbol\":\"BTCUSDT\"");
    HAS(send_ws("{\"id\":\"a\",\"method\":\"depth\",\"params\":{\"symbol\":\"BTCUSDT\",\"limit\":5}}"),
        "\"result\":{\"lastUpdateId\":");
    const char *answer = send_ws(
        "{\"id\":\"a\",\"method\":\"ticker.price\",\"params\":{\"symbol\":\"BTCUSDT\",\"returnRateLimits\":false}}");
    assert_null(strstr(answer, "rateLimits"));
    HAS(send_ws("{\"id\":1,\"method\":\"userDataStream.start\",\"params\":{\"apiKey\":\"" KEY_A "\"}}"),
        "\"result\":{\"listenKey\":\"");
    HAS(send_ws("{\"id\":1,\"method\":\"userDataStream.ping\",\"params\":{\"apiKey\":\"" KEY_A "\"}}"),
        "\"result\":{\"listenKey\":\"");
    HAS(send_ws("{\"id\":1,\"method\":\"userDataStream.stop\",\"params\":{\"apiKey\":\"" KEY_A "\"}}"),
        "\"result\":{}");
    HAS(send_ws("{\"id\":1,\"method\":\"userDataStream.ping\",\"params\":{\"apiKey\":\"" KEY_A "\"}}"), "-1125");
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "{\"id\":null,\"status\":400,\"error\":{\"code\":-1135,"},
        {"{", "-1135"},
        {"[]", "-1135"},
        {"{\"id\":5}", "{\"id\":5,\"status\":400,\"error\":{\"code\":-1102,\"msg\":\"Mandatory parameter 'method'"},
        {"{\"id\":5,\"method\":\"no.such\"}", "\"code\":-1130"},
        {"{\"id\":\"q\\\"q\",\"method\":\"depth\"}", "{\"id\":\"q\\\"q\",\"status\":400"},
        {"{\"id\":1,\"method\":\"order.place\",\"params\":{}}", "Mandatory parameter 'apiKey'"},
        {"{\"id\":1,\"method\":\"order.place\",\"params\":{\"apiKey\":\"nobody\",\"timestamp\":1591702614000}}",
         "\"status\":401,\"error\":{\"code\":-2015,"},
        {"{\"id\":1,\"method\":\"order.place\",\"params\":{\"apiKey\":\"" KEY_A
         "\",\"timestamp\":1591702614000,\"signature\":\"00\"}}",
         "\"code\":-1022"},
        {"{\"id\":1,\"method\":\"order.place\",\"params\":{\"apiKey\":\"" KEY_A "\",\"timestamp\":1591702614000}}",
         "Mandatory parameter 'signature'"},
        {"{\"id\":1,\"method\":\"depth\",\"params\":{\"symbol\":\"\\u0000\"}}", "-1100"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        const char *answer = send_ws(cases[i].text);
        if (strstr(answer, cases[i].part) == NULL) {
            fail_msg("%s -> %s\n  not %s", cases[i].text, answer, cases[i].part);
        }
    }
}

/* Only Ed25519 keys log on; then neither key nor signature is needed, but the time is. */
static void test_session(void **state)
{
    (void)state;
    HAS(call(A, "1", "session.logon", WHO_A NOW), "\"error\":{\"code\":-4056,");
    assert_null(it.logged);
    HAS(call(ED, "1", "session.logon", "apiKey=" KEY_ED "&" NOW),
        "\"status\":200,\"result\":{\"apiKey\":\"" KEY_ED "\",\"authorizedSince\":1591702614000,", "\"count\":");
    assert_ptr_equal(it.logged, fapi_account_by_name(it.f, "ed"));
    HAS(send_ws("{\"id\":1,\"method\":\"v2/account.balance\",\"params\":{\"timestamp\":1591702614000}}"),
        "\"balance\":\"1000.00000000\"");
    HAS(send_ws("{\"id\":1,\"method\":\"v2/account.balance\",\"params\":{}}"), "'timestamp'");
    HAS(send_ws("{\"id\":1,\"method\":\"v2/account.balance\",\"params\":{\"timestamp\":1591702600000}}"), "-1021");
    HAS(call(A, "1", "v2/account.balance", WHO_A NOW), "\"balance\":\"100000.00000000\""); /* with a key of his own */
    HAS(send_ws("{\"id\":1,\"method\":\"session.status\"}"), "\"apiKey\":\"" KEY_ED "\"");
    HAS(send_ws("{\"id\":1,\"method\":\"session.logout\"}"), "\"apiKey\":null");
    assert_null(it.logged);
    HAS(send_ws("{\"id\":1,\"method\":\"v2/account.balance\",\"params\":{\"timestamp\":1591702614000}}"), "'apiKey'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_orders, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_questions, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_errors, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_session, open_plain, close_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
