/* SPDX-License-Identifier: Apache-2.0 */
/* Weights and order counts: what is told, when it is too much, and for how long. */
#include "counter.h"

static int64_t header(const char *name)
{
    char want[64];
    (void)snprintf(want, sizeof(want), "%s: ", name);
    const char *at = strstr(it.reply.headers, want);
    return at != NULL ? strtoll(at + strlen(want), NULL, 10) : -1;
}

static void small(struct eb_fapi_config *c)
{
    c->weight_1m = 50;
    c->orders_10s = 3;
    c->orders_1m = 5;
}

static void loose(struct eb_fapi_config *c)
{
    small(c);
    c->limits_off = true;
}

static int open_small(void **state)
{
    (void)state;
    open_exchange(small);
    return 0;
}

static int open_loose(void **state)
{
    (void)state;
    open_exchange(loose);
    return 0;
}

static void test_weights(void **state)
{
    (void)state;
    static const struct {
        const char *path, *query;
        int weight;
    } cases[] = {{"/fapi/v1/ping", "", 1},
                 {"/fapi/v1/premiumIndex", "symbol=BTCUSDT", 1},
                 {"/fapi/v1/premiumIndex", "", 10},
                 {"/fapi/v1/ticker/bookTicker", "symbol=BTCUSDT", 2},
                 {"/fapi/v1/ticker/bookTicker", "", 5},
                 {"/fapi/v1/depth", "symbol=BTCUSDT&limit=50", 2},
                 {"/fapi/v1/depth", "symbol=BTCUSDT&limit=100", 5},
                 {"/fapi/v1/depth", "symbol=BTCUSDT&limit=500", 10},
                 {"/fapi/v1/depth", "symbol=BTCUSDT&limit=1000", 20},
                 {"/fapi/v1/klines", "symbol=BTCUSDT&interval=1m&limit=99", 1},
                 {"/fapi/v1/klines", "symbol=BTCUSDT&interval=1m&limit=499", 2},
                 {"/fapi/v1/klines", "symbol=BTCUSDT&interval=1m&limit=1000", 5},
                 {"/fapi/v1/klines", "symbol=BTCUSDT&interval=1m&limit=1500", 10},
                 {"/fapi/v1/aggTrades", "symbol=BTCUSDT", 20}};
    int64_t used = 0;
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        assert_int_equal(raw("GET", cases[i].path, cases[i].query, "", ""), 200);
        used += cases[i].weight;
        if (header("X-MBX-USED-WEIGHT-1M") != used) {
            fail_msg("%s?%s: %" PRId64, cases[i].path, cases[i].query, header("X-MBX-USED-WEIGHT-1M") - used);
        }
    }
    assert_int_equal(ask("GET", "/fapi/v1/openOrders", ""), 200);
    assert_int_equal(header("X-MBX-USED-WEIGHT-1M"), used + 40);
    assert_int_equal(ask("GET", "/fapi/v1/openOrders", "symbol=BTCUSDT"), 200);
    assert_int_equal(header("X-MBX-USED-WEIGHT-1M"), used + 41);
    assert_int_equal(ask("GET", "/fapi/v1/openOrders", "symbol=NOPE"), 400); /* refused, and counted */
    assert_int_equal(header("X-MBX-USED-WEIGHT-1M"), used + 42);
    eb_fapi_run(it.f, T0 / 60000 * 60000 + 60000);
    assert_int_equal(raw("GET", "/fapi/v1/ping", "", "", ""), 200);
    assert_int_equal(header("X-MBX-USED-WEIGHT-1M"), 1);
}

static void test_ban(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(raw("GET", "/fapi/v1/ping", "", "", ""), 200);
    }
    assert_int_equal(raw("GET", "/fapi/v1/ping", "", "", ""), 429);
    HAS(body(), "{\"code\":-1003,\"msg\":\"Too many requests;", "50 requests per minute");
    assert_int_equal(header("Retry-After"), 6); /* to the end of the minute, 21:36:54 -> :37:00 */
    int status = 429;
    for (int i = 0; i < 40 && status == 429; i++) {
        status = raw("GET", "/fapi/v1/ping", "", "", "");
    }
    assert_int_equal(status, 418);
    HAS(body(), "{\"code\":-1003,\"msg\":\"Way too many requests; IP(127.0.0.1) banned until 1591702734000.");
    assert_int_equal(header("Retry-After"), 120);
    eb_fapi_run(it.f, T0 + 119000);
    assert_int_equal(raw("GET", "/fapi/v1/ping", "", "", ""), 418);
    assert_int_equal(header("Retry-After"), 1);
    const struct eb_fapi_request other = {
        .method = "GET", .path = "/fapi/v1/ping", .query = "", .body = "", .api_key = "", .peer = "127.0.0.2"};
    fapi_api_http(it.f, &other, &it.reply);
    assert_int_equal(it.reply.status, 200);
    eb_fapi_run(it.f, T0 + 120000);
    assert_int_equal(raw("GET", "/fapi/v1/ping", "", "", ""), 200);
}

#define SMALL_ORDER "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.1&price=9000"

static void test_orders(void **state)
{
    (void)state;
    eb_fapi_run(it.f, T0 / 60000 * 60000 + 60000);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(ask("POST", "/fapi/v1/order", SMALL_ORDER), 200);
        assert_int_equal(header("X-MBX-ORDER-COUNT-10S"), i);
        assert_int_equal(header("X-MBX-ORDER-COUNT-1M"), i);
    }
    assert_int_equal(ask("GET", "/fapi/v1/openOrders", "symbol=BTCUSDT"), 200);
    assert_int_equal(header("X-MBX-ORDER-COUNT-10S"), -1);
    assert_int_equal(ask("POST", "/fapi/v1/order", SMALL_ORDER), 429);
    HAS(body(), "{\"code\":-1015,\"msg\":\"Too many new orders; current limit is 3 orders per TEN_SECONDS.\"}");
    assert_int_equal(header("Retry-After"), 10);
    assert_int_equal(header("X-MBX-ORDER-COUNT-10S"), -1);
    assert_int_equal(ask_as(B, "POST", "/fapi/v1/order", SMALL_ORDER "&positionSide=LONG"), 200); /* his own count */
    eb_fapi_run(it.f, T0 / 60000 * 60000 + 70000);
    assert_int_equal(ask("POST", "/fapi/v1/order", SMALL_ORDER), 200);
    assert_int_equal(header("X-MBX-ORDER-COUNT-10S"), 1);
    assert_int_equal(ask("POST", "/fapi/v1/order", SMALL_ORDER), 200);
    assert_int_equal(ask("POST", "/fapi/v1/order", SMALL_ORDER), 429);
    HAS(body(), "5 orders per MINUTE.");
    int status = 0;
    assert_int_equal(fapi_limits_count(it.f, "127.0.0.9", NULL, 50, 0, &status), 0);
    assert_int_equal(fapi_limits_count(it.f, "127.0.0.9", NULL, 1, 0, &status), -1003);
    assert_int_equal(status, 429);
}

static void test_off(void **state)
{
    (void)state;
    for (int i = 1; i <= 60; i++) {
        assert_int_equal(raw("GET", "/fapi/v1/ping", "", "", ""), 200);
    }
    for (int i = 1; i <= 8; i++) {
        assert_int_equal(ask("POST", "/fapi/v1/order", SMALL_ORDER), 200);
        assert_int_equal(header("X-MBX-ORDER-COUNT-1M"), i);
    }
    assert_int_equal(header("X-MBX-USED-WEIGHT-1M"), 60);
}

static void unheard(void *peer, const char *text, size_t len)
{
    (void)peer;
    (void)text;
    (void)len;
}

static int connect_to(const char *path)
{
    static const struct eb_fapi_peer peer = {&it, unheard, feel, lose};
    struct eb_fapi_session *s = NULL;
    int status = eb_fapi_session_open(it.f, path, "", "127.0.0.1", &peer, &s);
    if (status == 0) {
        eb_fapi_session_gone(s);
    }
    return status;
}

/* Sockets cost as well: the WebSocket API a weight, streams are counted. */
static void test_connections(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(connect_to("/ws-fapi/v1"), 0);
    }
    assert_int_equal(raw("GET", "/fapi/v1/ping", "", "", ""), 429); /* 50 have gone into handshakes */
    assert_int_equal(connect_to("/ws-fapi/v1"), 429);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(connect_to("/market/ws"), 0);
    }
    assert_int_equal(connect_to("/public/ws"), 429);
    eb_fapi_run(it.f, T0 / 300000 * 300000 + 300000);
    assert_int_equal(connect_to("/public/ws"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_weights, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_ban, open_small, close_exchange),
        cmocka_unit_test_setup_teardown(test_orders, open_small, close_exchange),
        cmocka_unit_test_setup_teardown(test_connections, open_small, close_exchange),
        cmocka_unit_test_setup_teardown(test_off, open_loose, close_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
