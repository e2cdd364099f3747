/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks: keys, times, signatures over what was sent, and what is wrong with parameters. */
#include "counter.h"

#define V1_FORM \
    "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943"
#define V1_SIGNATURE "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"

/* The documented request is accepted as it stands: in the query, in the body, signature anywhere. */
static void test_documented_request(void **state)
{
    (void)state;
    assert_int_equal(raw("POST", "/fapi/v1/order", V1_FORM "&signature=" V1_SIGNATURE, "", KEY_A), 200);
    HAS(body(), "\"symbol\":\"BTCUSDT\"", "\"status\":\"NEW\"", "\"type\":\"LIMIT\"");
    assert_int_equal(raw("POST", "/fapi/v1/order", "", V1_FORM "&signature=" V1_SIGNATURE, KEY_A), 200);
    assert_int_equal(raw("POST", "/fapi/v1/order", "signature=" V1_SIGNATURE "&" V1_FORM, "", KEY_A), 200);
    assert_int_equal(raw("POST", "/fapi/v1/order", "signature=" V1_SIGNATURE, V1_FORM, KEY_A), 200);
    assert_int_equal(raw("POST", "/fapi/v1/order", V1_FORM, "signature=" V1_SIGNATURE, KEY_A), 200);
    assert_int_equal(raw("POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC",
                         "quantity=1&price=9000&recvWindow=5000&timestamp=1591702613943&signature="
                         "30baaf0fab549bbeda7f5ef201898b34122da25fd23c646cac2c529aebe670a4",
                         KEY_A),
                     200);
    assert_int_equal(raw("POST", "/fapi/v1/order", V1_FORM "&signature=" V1_SIGNATURE "&price=9001", "", KEY_A), 400);
}

struct vector {
    const char *secret, *query, *body, *signature;
};

static void test_vectors(void **state)
{
    (void)state;
    static const char spot[] = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
    static const struct vector vectors[] = {
        {spot,
         "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp="
         "1499827319559&signature=x",
         "", "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"},
        {spot, "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC",
         "quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559&signature=x",
         "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77"},
        {ED_PUBLIC, "",
         "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=0.2&timestamp=1668481559918",
         "y9aW/+h7Ht5RYUgJlwCrziJWVCQEAVswbfIWMUW+f+Qh0+7YURsnrZrwHST7Y8ZGRlCC4fmkbiGNSmN27XYgBw=="},
    };
    for (size_t i = 0; i < EB_COUNT(vectors); i++) {
        const struct vector *v = &vectors[i];
        struct eb_binance_key *key = NULL;
        struct eb_err err = {0};
        size_t len = 0;
        assert_int_equal(eb_binance_key_public("k", v->secret, &key, &err), EB_OK);
        const char *payload = fapi_auth_payload(&fapi_api_of(it.f)->scratch, v->query, v->body, strlen(v->body), &len);
        assert_true(eb_binance_verify(key, payload, len, v->signature, strlen(v->signature)));
        assert_false(eb_binance_verify(key, payload, len - 1, v->signature, strlen(v->signature)));
        eb_binance_key_free(key);
    }
}

/* Messages of the WebSocket API are signed with their parameters sorted. */
static void test_sorted_vector(void **state)
{
    (void)state;
    struct fapi_params *p = &fapi_api_of(it.f)->params;
    static const char form[] =
        "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.01000000&price=52000.00&newOrderRespType=ACK&"
        "recvWindow=100&timestamp=1645423376532&"
        "apiKey=vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A&signature=zz";
    static const char signature[] = "cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08a";
    fapi_params_clear(p);
    assert_int_equal(fapi_params_read(p, form, strlen(form)), 0);
    struct eb_buffer *room = &fapi_api_of(it.f)->scratch;
    fapi_auth_sorted(room, p);
    struct eb_binance_key *key = NULL;
    struct eb_err err = {0};
    assert_int_equal(
        eb_binance_key_public("k", "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j", &key, &err),
        EB_OK);
    assert_true(eb_binance_verify(key, room->data, room->len, signature, strlen(signature)));
    eb_binance_key_free(key);
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        const char *query, *key;
        int status;
        const char *part;
    } cases[] = {
        {"timestamp=1591702614000&signature=00", "", 401, "{\"code\":-2014,\"msg\":\"API-key format invalid.\"}"},
        {"timestamp=1591702614000&signature=00", "not a key", 401, "-2014"},
        {"timestamp=1591702614000&signature=00", "unknown", 401,
         "{\"code\":-2015,\"msg\":\"Invalid API-key, IP, or permissions for action.\"}"},
        {"timestamp=1591702614000", KEY_A, 400,
         "{\"code\":-1102,\"msg\":\"Mandatory parameter 'signature' was not sent, was empty/null, or malformed.\"}"},
        {"signature=00", KEY_A, 400, "Mandatory parameter 'timestamp'"},
        {"timestamp=abc&signature=00", KEY_A, 400,
         "{\"code\":-1100,\"msg\":\"Illegal characters found in parameter 'timestamp'; legal range is "
         "'^[0-9]{1,20}$'.\"}"},
        {"timestamp=1591702614000&signature=00", KEY_A, 400,
         "{\"code\":-1022,\"msg\":\"Signature for this request is not valid.\"}"},
        {"timestamp=1591702614000&signature=%zz", KEY_A, 400, "-1100"},
        {"timestamp=1591702614000&signature=a&signature=b", KEY_A, 400, "-1101"},
        {"timestamp=1591702614000&recvWindow=60001&signature=00", KEY_A, 400, "-1131"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        int status = raw("GET", "/fapi/v3/balance", cases[i].query, "", cases[i].key);
        if (status != cases[i].status || strstr(body(), cases[i].part) == NULL) {
            fail_msg("%zu: %d %s", i, status, body());
        }
    }
    assert_int_equal(ask_as(RO, "GET", "/fapi/v3/balance", ""), 200);
    expect(RO, "POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1", 401, "-2015");
    assert_int_equal(ask_as(ED, "GET", "/fapi/v3/balance", ""), 200);
}

/* sent < server + 1000 and server - sent <= window. */
static void test_times(void **state)
{
    (void)state;
    static const struct {
        int64_t ahead_ms;
        const char *form;
        bool fine;
    } cases[] = {{0, "", true},
                 {999, "", true},
                 {1000, "", false},
                 {-5000, "", true},
                 {-5001, "", false},
                 {-60000, "recvWindow=60000", true},
                 {-101, "recvWindow=100", false}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        it.ahead_ms = cases[i].ahead_ms;
        int status = ask("GET", "/fapi/v3/balance", cases[i].form);
        if (status != (cases[i].fine ? 200 : 400) || (!cases[i].fine && strstr(body(), "\"code\":-1021") == NULL)) {
            fail_msg("%zu: %d %s", i, status, body());
        }
    }
}

static void test_parameters(void **state)
{
    (void)state;
    static const struct {
        const char *form;
        int code;
        const char *text;
    } cases[] = {
        {"", -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."},
        {"symbol=", -1102, "'symbol'"},
        {"symbol=NOPE", -1121, "Invalid symbol."},
        {"symbol=btc usdt", -1100, "'symbol'"},
        {"symbol=BTCUSDT", -1102, "'side'"},
        {"symbol=BTCUSDT&side=HOLD", -1117, "Invalid side."},
        {"symbol=BTCUSDT&side=BUY", -1102, "'type'"},
        {"symbol=BTCUSDT&side=BUY&type=ICEBERG", -1116, "Invalid orderType."},
        {"symbol=BTCUSDT&side=BUY&type=STOP_MARKET&stopPrice=1", -4120,
         "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."},
        {"symbol=BTCUSDT&side=BUY&type=TRAILING_STOP_MARKET", -4120, ""},
        {"symbol=BTCUSDT&side=BUY&type=MARKET", -1102, "'quantity'"},
        {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=", -1102, "'quantity'"},
        {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1e-3", -1100,
         "Illegal characters found in parameter 'quantity'; legal range is '^([0-9]{1,20})(\\\\.[0-9]{1,20})?$'."},
        {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1.", -1100, "'quantity'"},
        {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.0000000001", -1111,
         "Precision is over the maximum defined for this asset."},
        {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0", -4003, "Quantity less than or equal to zero."},
        {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=-1", -4003, ""},
        {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&price=9000", -1106, "'price'"},
        {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&timeInForce=GTC", -1106, "'timeinforce'"},
        {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&closePosition=true", -4136, ""},
        {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&newOrderRespType=FULL", -1136, "Invalid newOrderRespType."},
        {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&positionSide=LONG", -4061,
         "Order's position side does not match user's setting."},
        {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&positionSide=UP", -4060, "Invalid position side."},
        {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&reduceOnly=yes", -4062, ""},
        {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&reduceOnly=", -1105, "Parameter 'reduceOnly' was empty."},
        {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&newClientOrderId=a%20b", -4015, ""},
        {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&newClientOrderId=1234567890123456789012345678901234567", -4015,
         ""},
        {"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000", -1102, "'timeInForce'"},
        {"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&timeInForce=GTC", -1102, "'price'"},
        {"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=0&timeInForce=GTC", -4001, ""},
        {"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=DAY", -1115, "Invalid timeInForce."},
        {"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTD", -1102, "'goodTillDate'"},
        {"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTD&goodTillDate=1591702615000", -5040,
         ""},
        {"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&priceMatch=QUEUE", -5037, ""},
        {"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000.123&timeInForce=GTC", -1111, ""},
        {"symbol=BTCUSDT&symbol=BTCUSDT&side=BUY", -1101, "Duplicate values for a parameter detected."},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        char code[32];
        (void)snprintf(code, sizeof(code), "{\"code\":%d,", cases[i].code);
        int status = ask("POST", "/fapi/v1/order", cases[i].form);
        if (status != 400 || strstr(body(), code) == NULL || strstr(body(), cases[i].text) == NULL) {
            fail_msg("%s: %d %s\n  not %d", cases[i].form, status, body(), cases[i].code);
        }
    }
    expect(B, "POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1", 400, "-4061");
    expect(B, "POST", "/fapi/v1/order",
           "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&positionSide=LONG&reduceOnly=false", 400,
           "{\"code\":-1106,\"msg\":\"Parameter 'reduceonly' sent when not required.\"}");
}

/* What the query says wins over the body. */
static void test_query_wins(void **state)
{
    (void)state;
    struct fapi_params *p = &fapi_api_of(it.f)->params;
    fapi_params_clear(p);
    assert_int_equal(fapi_params_read(p, "a=1&b=%E5%B8%81+x", 17), 0);
    assert_int_equal(fapi_params_read(p, "a=2&c=3", 7), 0);
    assert_string_equal(fapi_param(p, "a"), "1");
    assert_string_equal(fapi_param(p, "b"), "\xe5\xb8\x81 x");
    assert_string_equal(fapi_param(p, "c"), "3");
    assert_null(fapi_param(p, "d"));
    fapi_params_clear(p);
    assert_int_equal(fapi_params_read(p, "a=%00", 5), -1100);
    fapi_params_clear(p);
    assert_int_equal(fapi_params_read(p, "a=%4", 4), -1100);
    char many[1024] = "";
    size_t len = 0;
    for (int i = 0; i < FAPI_PARAMS_MAX + 1; i++) {
        len += (size_t)snprintf(many + len, sizeof(many) - len, "p%d=1&", i);
    }
    fapi_params_clear(p);
    assert_int_equal(fapi_params_read(p, many, len), -1101);
    static char large[FAPI_PARAMS_TEXT + 100];
    memset(large, 'x', sizeof(large));
    large[1] = '=';
    fapi_params_clear(p);
    assert_int_equal(fapi_params_read(p, large, sizeof(large)), -1100);
}

static void test_nowhere(void **state)
{
    (void)state;
    assert_int_equal(raw("GET", "/fapi/v1/nothing", "", "", ""), 404);
    assert_string_equal(body(), "{\"code\":-5000,\"msg\":\"Path /fapi/v1/nothing, Method GET is invalid\"}");
    assert_int_equal(raw("PATCH", "/fapi/v1/order", "", "", ""), 405);
    HAS(body(), "\"code\":-5000", "Method PATCH is invalid");
    assert_int_equal(raw("GET", "/sapi/v1/margin", "", "", ""), 404);
    HAS(body(), "<html>");
    assert_int_equal(raw("GET", "/fapi/v1/\"quoted\"", "", "", ""), 404);
    HAS(body(), "\\\"quoted\\\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_documented_request, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_vectors, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_sorted_vector, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_keys, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_times, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_parameters, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_query_wins, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_nowhere, open_plain, close_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
