/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: paths, requests and their errors, classes, listen keys, how long they live. */
#include "street.h"

static struct eb_fapi_config config;
static struct eb_fapi *f;
static struct socket one, two;

static int begin(void **state)
{
    (void)state;
    config = held_config();
    f = open_street(&config, NULL);
    memset(&one, 0, sizeof(one));
    memset(&two, 0, sizeof(two));
    return 0;
}

static int end(void **state)
{
    (void)state;
    hang_up(&one);
    hang_up(&two);
    assert_int_equal(f->streams->sessions, 0);
    assert_int_equal(f->streams->events, 0);
    close_street(f);
    return 0;
}

static void test_paths(void **state)
{
    (void)state;
    static const struct {
        const char *path, *query;
        int status;
    } cases[] = {{"/ws", "", 0},
                 {"/ws/", "", 0},
                 {"/ws/btcusdt@aggTrade/ethusdt@aggTrade", NULL, 0},
                 {"/stream", "streams=btcusdt@aggTrade/ethusdt%40markPrice", 0},
                 {"/public/ws", "", 0},
                 {"/public/stream", "streams=btcusdt@bookTicker", 0},
                 {"/market/ws/%21markPrice%40arr", "", 0},
                 {"/private/ws", "listenKey=abc&events=ORDER_TRADE_UPDATE/ACCOUNT_UPDATE", 0},
                 {"/private/ws/abc", "", 0},
                 {"/ws-fapi/v1", "returnRateLimits=false", 0},
                 {"/", "", 404},
                 {"", "", 404},
                 {"/wss", "", 404},
                 {"/public", "", 404},
                 {"/ws-fapi/v2", "", 404},
                 {"/ws-fapi/v1/x", "", 404},
                 {"/other/ws", "", 404}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        int status = dial(f, &one, cases[i].path, cases[i].query);
        if (status != cases[i].status) {
            fail_msg("%s?%s: %d", cases[i].path, cases[i].query, status);
        }
        hang_up(&one);
    }
    char query[2000] = "streams=";
    memset(query + 8, 'a', 200); /* a name that does not fit */
    assert_int_equal(dial(f, &one, "/stream", query), 400);
}

static void test_subscribe_and_list(void **state)
{
    (void)state;
    assert_int_equal(dial(f, &one, "/market/ws", ""), 0);
    say(&one, "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@markPrice@1s\",\"ethusdt@aggTrade\"],\"id\":1}");
    assert_string_equal(last_of(&one), "{\"result\":null,\"id\":1}");
    say(&one, "{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":\"a-b\"}");
    assert_string_equal(last_of(&one), "{\"result\":[\"btcusdt@markPrice@1s\",\"ethusdt@aggTrade\"],\"id\":\"a-b\"}");
    forget(&one);
    run_to(f, T0 + 3000);
    unsigned marks = 0, trades = 0;
    for (unsigned i = 0; i < one.count; i++) {
        marks += strcmp(field(one.text[i], "e"), "markPriceUpdate") == 0 ? 1 : 0;
        trades += strcmp(field(one.text[i], "e"), "aggTrade") == 0 ? 1 : 0;
    }
    assert_int_equal(marks, 3);
    assert_true(trades >= 3); /* prices stand, and trade goes on */
    say(&one,
        "{\"method\":\"UNSUBSCRIBE\",\"params\":[\"btcusdt@markPrice@1s\",\"ethusdt@aggTrade\",\"x@y\"],\"id\":2}");
    assert_string_equal(last_of(&one), "{\"result\":null,\"id\":2}");
    forget(&one);
    run_to(f, T0 + 6000);
    assert_int_equal(one.count, 0);
    assert_int_equal(f->streams->events, 0);
}

static void test_properties(void **state)
{
    (void)state;
    assert_int_equal(dial(f, &one, "/market/ws/btcusdt@markPrice@1s", ""), 0);
    say(&one, "{\"method\":\"GET_PROPERTY\",\"params\":[\"combined\"],\"id\":5}");
    assert_string_equal(last_of(&one), "{\"result\":false,\"id\":5}");
    say(&one, "{\"method\":\"SET_PROPERTY\",\"params\":[\"combined\",true],\"id\":6}");
    assert_string_equal(last_of(&one), "{\"result\":null,\"id\":6}");
    run_to(f, T0 + 1000);
    assert_string_equal(field(last_of(&one), "stream"), "btcusdt@markPrice@1s");
    assert_string_equal(field(last_of(&one), "data.s"), "BTCUSDT");
    assert_int_equal(dial(f, &two, "/market/stream", "streams=btcusdt@markPrice@1s"), 0);
    say(&two, "{\"method\":\"GET_PROPERTY\",\"params\":[\"combined\"],\"id\":7}");
    assert_string_equal(last_of(&two), "{\"result\":true,\"id\":7}");
}

static void test_bad_requests(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code, *msg;
    } cases[] = {
        {"{", "3", "Invalid JSON"},
        {"", "3", "Invalid JSON"},
        {"[1,2", "3", "Invalid JSON"},
        {"{\"id\":1}", "2", "missing field"},
        {"{\"method\":\"NO\",\"id\":1}", "2", "unknown variant `NO`"},
        {"{\"method\":\"SUBSCRIBE\",\"id\":1}", "2", "params"},
        {"{\"method\":\"SUBSCRIBE\",\"params\":[1],\"id\":1}", "2", "must be a string"},
        {"{\"method\":\"SUBSCRIBE\",\"params\":[\"a@b\"],\"id\":[]}", "2", "request ID"},
        {"{\"method\":\"GET_PROPERTY\",\"params\":[\"other\"],\"id\":1}", "0", "Unknown property"},
        {"{\"method\":\"GET_PROPERTY\",\"params\":[7],\"id\":1}", "2", "property name"},
        {"{\"method\":\"SET_PROPERTY\",\"params\":[\"combined\",1],\"id\":1}", "1", "expected Boolean"},
        {"{\"method\":\"SET_PROPERTY\",\"params\":[\"combined\"],\"id\":1}", "1", "expected Boolean"},
    };
    assert_int_equal(dial(f, &one, "/ws", ""), 0);
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        run_to(f, T0 + (int64_t)i * 1000);
        say(&one, cases[i].text);
        assert_string_equal(field(last_of(&one), "error.code"), cases[i].code);
        if (strstr(field(last_of(&one), "error.msg"), cases[i].msg) == NULL) {
            fail_msg("%s: %s", cases[i].text, last_of(&one));
        }
    }
    assert_int_equal(one.closed, -1);
}

static void test_too_many(void **state)
{
    (void)state;
    struct eb_buffer b;
    eb_buffer_init(&b, 100000);
    assert_int_equal(dial(f, &one, "/ws", ""), 0);
    for (int batch = 0; batch < 5; batch++) { /* 5 * 256: the last goes beyond 1,024 */
        eb_buffer_clear(&b);
        fapi_put(&b, "{\"method\":\"SUBSCRIBE\",\"params\":[");
        for (int i = 0; i < 256; i++) {
            assert_int_equal(eb_buffer_printf(&b, "%s\"s%d@x\"", i > 0 ? "," : "", batch * 256 + i), EB_OK);
        }
        fapi_put(&b, "],\"id\":1}");
        say(&one, b.data);
        assert_int_equal(strstr(last_of(&one), "at most 1024") != NULL, batch == 4);
    }
    assert_int_equal(one.session->nodes, 1024);
    for (int i = 0; i < 5; i++) {
        say(&one, "{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":3}");
    }
    assert_int_equal(one.closed, -1); /* ten in this second */
    say(&one, "{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":3}");
    assert_int_equal(one.closed, 1008);
    eb_buffer_deinit(&b);
}

static void test_classes(void **state)
{
    (void)state;
    assert_int_equal(dial(f, &one, "/public/ws/btcusdt@markPrice@1s/btcusdt@bookTicker", ""), 0);
    assert_int_equal(dial(f, &two, "/ws/btcusdt@markPrice@1s/btcusdt@bookTicker", ""), 0);
    run_to(f, T0 + 2500);
    assert_true(one.count > 0);
    for (unsigned i = 0; i < one.count; i++) {
        assert_string_equal(field(one.text[i], "e"), "bookTicker"); /* the mark is asked for at the wrong class */
    }
    assert_true(two.count > one.count);
    hang_up(&one);
    f->c.classes_strict = false;
    assert_int_equal(dial(f, &one, "/public/ws/ethusdt@markPrice@1s", ""), 0);
    run_to(f, T0 + 5000);
    assert_true(one.count >= 2);
}

static void test_life(void **state)
{
    (void)state;
    assert_int_equal(dial(f, &one, "/ws", ""), 0);
    run_to(f, T0 + 179999);
    assert_int_equal(one.pings, 0);
    run_to(f, T0 + 180000);
    assert_int_equal(one.pings, 1);
    run_to(f, T0 + 590000);
    assert_int_equal(one.pings, 3);
    eb_fapi_session_ponged(one.session);
    run_to(f, T0 + 590000 + 599999);
    assert_int_equal(one.closed, -1);
    run_to(f, T0 + 590000 + 600000);
    assert_int_equal(one.closed, 1008);
    assert_int_equal(street.gone, 1);

    assert_int_equal(dial(f, &two, "/ws", ""), 0);
    int64_t opened = f->now_ms, day = INT64_C(86400000);
    for (int64_t at = 0; at < day; at += 300000) {
        run_to(f, opened + at);
        assert_int_equal(two.closed, -1);
        eb_fapi_session_ponged(two.session);
    }
    run_to(f, opened + day);
    assert_int_equal(two.closed, 1001);
}

static const char order[] = "{\"e\":\"ORDER_TRADE_UPDATE\",\"E\":1}";
static const char account[] = "{\"e\":\"ACCOUNT_UPDATE\",\"E\":1}";

static void tell(const char *text)
{
    fapi_user_publish(f, &street.account[0], text, strlen(text));
}

static void test_listen_keys(void **state)
{
    (void)state;
    street.account[0].key = "KeyOne";
    street.account[1].key = "KeyTwo";
    assert_int_equal(dial(f, &one, "/private/ws", "listenKey=KeyOne&events=ORDER_TRADE_UPDATE/TRADE_LITE"), 0);
    assert_int_equal(dial(f, &two, "/private/stream", "listenKey=KeyTwo&listenKey=KeyOne"), 0);
    tell(order);
    tell(account);
    assert_int_equal(one.count, 1);
    assert_string_equal(last_of(&one), order);
    assert_int_equal(two.count, 2);
    assert_string_equal(last_of(&two), "{\"stream\":\"KeyOne\",\"data\":{\"e\":\"ACCOUNT_UPDATE\",\"E\":1}}");

    fapi_listen_key_ended(f, &street.account[0], "KeyOne", true);
    assert_string_equal(field(last_of(&one), "e"), "listenKeyExpired");
    assert_string_equal(field(last_of(&one), "listenKey"), "KeyOne");
    tell(order);
    assert_int_equal(one.count, 2); /* nothing more, and the socket stays */
    assert_int_equal(one.closed, -1);
}

static void test_listen_keys_otherwise(void **state)
{
    (void)state;
    street.account[0].key = "KeyOne";
    assert_int_equal(dial(f, &one, "/private/ws/NoSuchKey", ""), 0); /* accepted, and silent */
    tell(order);
    assert_int_equal(one.count, 0);
    say(&one, "{\"method\":\"SUBSCRIBE\",\"params\":[\"KeyOne\"],\"id\":1}");
    tell(order);
    assert_string_equal(last_of(&one), order);
    fapi_listen_key_ended(f, &street.account[0], "KeyOne", false); /* deleted: no word of it */
    tell(order);
    assert_int_equal(one.count, 2);
    assert_int_equal(dial(f, &two, "/market/ws/KeyOne", ""), 0); /* the wrong class */
    tell(order);
    assert_int_equal(two.count, 0);
}

static void test_api_and_cuts(void **state)
{
    (void)state;
    assert_int_equal(dial(f, &one, "/ws-fapi/v1", ""), 0);
    for (int i = 0; i < 30; i++) { /* its limits are those of the API */
        say(&one, "{\"id\":1}");
    }
    assert_int_equal(street.api_texts, 30);
    assert_ptr_equal(one.session->logged, &street.account[0]);
    assert_int_equal(dial(f, &two, "/market/ws/btcusdt@aggTrade", ""), 0);
    assert_int_equal(fapi_sessions_cut(f, "private", 0), 0);
    assert_int_equal(fapi_sessions_cut(f, "market", 0), 1);
    assert_int_equal(two.closed, 0);
    assert_int_equal(fapi_sessions_cut(f, "", 0), 1);
    assert_int_equal(one.closed, 0);
    assert_int_equal(street.gone, 2);
}

/* A socket that ends at the message that it is being sent, with others behind it. */
static void test_leaves_while_told(void **state)
{
    (void)state;
    struct socket more[5];
    for (int i = 0; i < 5; i++) {
        assert_int_equal(dial(f, &more[i], "/market/stream", "streams=btcusdt@aggTrade"), 0);
        more[i].leaves = i != 3;
    }
    run_to(f, T0 + 1000);
    run_to(f, T0 + 3000);
    for (int i = 0; i < 5; i++) {
        assert_true(i == 3 ? more[i].count >= 2 : more[i].count == 1);
        hang_up(&more[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_paths, begin, end),
        cmocka_unit_test_setup_teardown(test_subscribe_and_list, begin, end),
        cmocka_unit_test_setup_teardown(test_properties, begin, end),
        cmocka_unit_test_setup_teardown(test_bad_requests, begin, end),
        cmocka_unit_test_setup_teardown(test_too_many, begin, end),
        cmocka_unit_test_setup_teardown(test_classes, begin, end),
        cmocka_unit_test_setup_teardown(test_life, begin, end),
        cmocka_unit_test_setup_teardown(test_listen_keys, begin, end),
        cmocka_unit_test_setup_teardown(test_listen_keys_otherwise, begin, end),
        cmocka_unit_test_setup_teardown(test_api_and_cuts, begin, end),
        cmocka_unit_test_setup_teardown(test_leaves_while_told, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
