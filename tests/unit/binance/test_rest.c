/* SPDX-License-Identifier: Apache-2.0 */
/* Calls by REST: signed when they leave, sent once or again as their outcome allows, in order of urgency. */
#include "binance/rest_world.h"

#include <stdio.h>
#include <stdlib.h>

#define ORDER "POST /fapi/v1/order"
#define ACCOUNT "GET /fapi/v3/account"

static const struct rw_result *only(struct rest_world *w)
{
    assert_int_equal(w->results, 1);
    return &w->result[0];
}

static void signs_what_it_sends_at_the_moment_of_sending(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    web_double_answer(w->web, ORDER, 200, "", "{\"orderId\":1}");
    web_double_run(w->web, 1234);
    struct bn_call call = rw_order(w, 77, EB_PURPOSE_STOP);
    int64_t now = web_double_server_ms(w->web);
    assert_int_equal(rw_call(w, &call), EB_OK);
    struct eb_web_call *sent = web_double_last(w->web, ORDER, 0);
    assert_non_null(sent); /* within the call: nothing was in its way */
    char text[128], payload[512], want[EB_BINANCE_SIGNATURE_MAX];
    assert_true(web_double_param(sent, "timestamp", text, sizeof text));
    long long at = strtoll(text, NULL, 10);
    assert_in_range(at, now - 1, now + 1);
    snprintf(payload, sizeof payload, "symbol=BTCUSDT&newClientOrderId=77&recvWindow=5000&timestamp=%lld", at);
    size_t len = 0;
    assert_int_equal(eb_binance_sign(w->key, payload, strlen(payload), want, sizeof want, &len), EB_OK);
    want[len] = 0;
    char query[1400];
    snprintf(query, sizeof query, "%s&signature=%s", payload, want);
    assert_string_equal(sent->query, query);
    assert_string_equal(sent->body, "");
    assert_non_null(strstr(sent->headers, "X-MBX-APIKEY: " RW_API_KEY));
    web_double_run(w->web, 20);
    assert_int_equal(only(w)->outcome, BN_ACCEPTED);
    assert_string_equal(only(w)->body, "{\"orderId\":1}");
    rw_free(w);
}

static void an_order_whose_fate_is_unknown_is_sent_once(void **state)
{
    (void)state;
    static const struct {
        uint8_t fate;
        int status;
        const char *body;
    } cases[] = {
        {EB_WEB_UNKNOWN, 0, ""},
        {EB_WEB_UNREADABLE, 0, ""},
        {EB_WEB_ANSWERED, 408, "{\"code\":-1007,\"msg\":\"Timeout waiting for response from backend server.\"}"},
        {EB_WEB_ANSWERED, 503,
         "{\"code\":-1000,\"msg\":\"Unknown error, please check your request or try again later.\"}"},
        {EB_WEB_ANSWERED, 503, "{\"code\":-1007,\"msg\":\"Timeout\"}"},
        {EB_WEB_ANSWERED, 500, "{\"code\":-1001,\"msg\":\"Internal error\"}"},
        {EB_WEB_ANSWERED, 400, "{\"code\":-1006,\"msg\":\"unexpected response\"}"},
        {EB_WEB_ANSWERED, 502, "<html>Bad Gateway</html>"},
        {EB_WEB_ANSWERED, 503, "Service Unavailable."},
        {EB_WEB_ANSWERED, 504, ""},
        {EB_WEB_ANSWERED, 400, "<html>"},
        {EB_WEB_ANSWERED, 200, "<html>hello</html>"},
        {EB_WEB_ANSWERED, 200, ""},
        {EB_WEB_ANSWERED, 302, ""},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct rest_world *w = rw_new(true);
        web_double_once(w->web, ORDER, cases[i].fate, cases[i].status, "", cases[i].body);
        web_double_answer(w->web, ORDER, 200, "", "{\"orderId\":1}");
        struct bn_call call = rw_order(w, i, EB_PURPOSE_STOP);
        assert_int_equal(rw_call(w, &call), EB_OK);
        web_double_run(w->web, 30000);
        assert_int_equal(only(w)->outcome, BN_UNKNOWN);
        assert_string_not_equal(only(w)->msg, "");
        assert_int_equal(web_double_count(w->web, ORDER), 1);
        rw_free(w);
    }
}

static void what_was_not_executed_is_sent_again_in_time(void **state)
{
    (void)state;
    static const struct {
        uint8_t fate;
        int status;
        const char *body;
    } cases[] = {
        {EB_WEB_NOT_SENT, 0, ""},
        {EB_WEB_ANSWERED, 503, "{\"code\":-1008,\"msg\":\"Request throttled by system-level protection.\"}"},
        {EB_WEB_ANSWERED, 503, "{\"code\":0,\"msg\":\"Service Unavailable.\"}"},
        {EB_WEB_ANSWERED, 503, "{\"msg\":\"Service Unavailable.\"}"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct rest_world *w = rw_new(true);
        for (int k = 0; k < 3; k++)
            web_double_once(w->web, ORDER, cases[i].fate, cases[i].status, "", cases[i].body);
        web_double_answer(w->web, ORDER, 200, "", "{\"orderId\":1}");
        struct bn_call call = rw_order(w, 5, EB_PURPOSE_STOP);
        int64_t began = w->web->now_ns;
        assert_int_equal(rw_call(w, &call), EB_OK);
        web_double_run(w->web, 5000);
        assert_int_equal(only(w)->outcome, BN_ACCEPTED);
        assert_int_equal(web_double_count(w->web, ORDER), 4);
        assert_int_equal((only(w)->at_ns - began) / 1000000, 200 + 400 + 800 + 4 * 10);
        char id[32];
        for (size_t k = 0; k < 4; k++) {
            assert_true(web_double_param(web_double_last(w->web, ORDER, k), "newClientOrderId", id, sizeof id));
            assert_string_equal(id, "5");
        }
        rw_free(w);
    }
}

static void an_order_that_never_got_through_was_refused(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    for (int k = 0; k < 20; k++)
        web_double_once(w->web, ORDER, EB_WEB_NOT_SENT, 0, "", "");
    struct bn_call call = rw_order(w, 5, EB_PURPOSE_STOP);
    call.deadline_ms = 2000;
    assert_int_equal(rw_call(w, &call), EB_OK);
    web_double_run(w->web, 5000);
    assert_int_equal(only(w)->outcome, BN_REJECTED);
    assert_int_equal(only(w)->reject, EB_REJ_RETRY);
    assert_in_range(web_double_count(w->web, ORDER), 3, 5);
    rw_free(w);
}

static void refusals_end_at_once(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    web_double_answer(w->web, ORDER, 400, "", "{\"code\":-2022,\"msg\":\"ReduceOnly Order is rejected.\"}");
    struct bn_call call = rw_order(w, 5, EB_PURPOSE_STOP);
    assert_int_equal(rw_call(w, &call), EB_OK);
    web_double_run(w->web, 5000);
    assert_int_equal(only(w)->outcome, BN_REJECTED);
    assert_int_equal(only(w)->reject, EB_REJ_REDUCE_ONLY);
    assert_int_equal(only(w)->code, -2022);
    assert_string_equal(only(w)->msg, "ReduceOnly Order is rejected.");
    assert_int_equal(web_double_count(w->web, ORDER), 1);
    rw_free(w);
}

static void reads_are_repeated_until_their_deadline(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    web_double_once(w->web, ACCOUNT, EB_WEB_UNKNOWN, 0, "", "");
    web_double_once(w->web, ACCOUNT, EB_WEB_ANSWERED, 502, "", "<html>");
    web_double_answer(w->web, ACCOUNT, 200, "", "{\"a\":1}");
    struct bn_call call = rw_read(w, "/fapi/v3/account", 1);
    assert_int_equal(rw_call(w, &call), EB_OK);
    web_double_run(w->web, 2000);
    assert_int_equal(only(w)->outcome, BN_ACCEPTED);
    assert_int_equal(web_double_count(w->web, ACCOUNT), 3);
    w->results = 0;
    web_double_answer(w->web, ACCOUNT, 500, "", "{}");
    assert_int_equal(rw_call(w, &call), EB_OK);
    web_double_run(w->web, 11000);
    assert_int_equal(only(w)->outcome, BN_UNKNOWN);
    rw_free(w);
}

static void a_wrong_clock_is_measured_and_the_order_sent_again(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    w->web->server_ms += 7000; /* the exchange's clock, or ours, jumped */
    web_double_once(w->web, ORDER, EB_WEB_ANSWERED, 400, "",
                    "{\"code\":-1021,\"msg\":\"Timestamp for this request is outside of the recvWindow.\"}");
    web_double_answer(w->web, ORDER, 200, "", "{\"orderId\":1}");
    struct bn_call call = rw_order(w, 5, EB_PURPOSE_STOP);
    assert_int_equal(rw_call(w, &call), EB_OK);
    web_double_run(w->web, 200);
    assert_int_equal(only(w)->outcome, BN_ACCEPTED);
    assert_int_equal(web_double_count(w->web, ORDER), 2);
    char text[32];
    assert_true(web_double_param(web_double_last(w->web, ORDER, 0), "timestamp", text, sizeof text));
    long long at = strtoll(text, NULL, 10);
    assert_in_range(at, web_double_server_ms(w->web) - 250, web_double_server_ms(w->web));
    rw_free(w);
}

static void a_clock_that_stays_wrong_is_refused(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    web_double_answer(w->web, ORDER, 400, "", "{\"code\":-1021,\"msg\":\"Timestamp\"}");
    struct bn_call call = rw_order(w, 5, EB_PURPOSE_STOP);
    assert_int_equal(rw_call(w, &call), EB_OK);
    web_double_run(w->web, 3000);
    assert_int_equal(only(w)->outcome, BN_REJECTED);
    assert_int_equal(only(w)->reject, EB_REJ_CLOCK);
    assert_int_equal(web_double_count(w->web, ORDER), 3);
    rw_free(w);
}

static void a_limit_stops_everything_for_as_long_as_told(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    web_double_once(w->web, ACCOUNT, EB_WEB_ANSWERED, 429, "retry-after: 30\n",
                    "{\"code\":-1003,\"msg\":\"Too many requests.\"}");
    web_double_answer(w->web, ACCOUNT, 200, "", "{}");
    struct bn_call read = rw_read(w, "/fapi/v3/account", 1), order = rw_order(w, 2, EB_PURPOSE_STOP);
    assert_int_equal(rw_call(w, &read), EB_OK);
    web_double_run(w->web, 20);
    assert_int_equal(only(w)->outcome, BN_REJECTED);
    assert_int_equal(only(w)->reject, EB_REJ_RETRY);
    assert_true(rw_troubled(w, "rate_limited"));
    assert_int_equal(rw_call(w, &order), EB_E_REFUSED); /* exits too */
    assert_false(bn_rest_book(w->rest, EB_PURPOSE_STOP, 0, 1));
    web_double_run(w->web, 29000);
    assert_int_equal(rw_call(w, &order), EB_E_REFUSED);
    assert_int_equal(web_double_count(w->web, ORDER), 0);
    web_double_run(w->web, 1100);
    assert_int_equal(rw_call(w, &read), EB_OK);
    web_double_run(w->web, 20);
    assert_int_equal(rw_last(w)->outcome, BN_ACCEPTED);
    assert_false(rw_troubled(w, "rate_limited"));
    rw_free(w);
}

static void a_ban_that_names_its_end_is_believed(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    char body[200];
    snprintf(body, sizeof body, "{\"code\":-1003,\"msg\":\"Way too many requests; IP banned until %lld. Please use\"}",
             (long long)web_double_server_ms(w->web) + 180000);
    web_double_once(w->web, ORDER, EB_WEB_ANSWERED, 418, "", body);
    web_double_answer(w->web, ORDER, 200, "", "{}");
    struct bn_call order = rw_order(w, 2, EB_PURPOSE_STOP);
    assert_int_equal(rw_call(w, &order), EB_OK);
    web_double_run(w->web, 179000);
    assert_int_equal(only(w)->outcome, BN_REJECTED);
    assert_int_equal(rw_call(w, &order), EB_E_REFUSED);
    web_double_run(w->web, 1100);
    assert_int_equal(rw_call(w, &order), EB_OK);
    rw_free(w);
}

static void a_refused_key_is_not_hammered(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    web_double_answer(w->web, ACCOUNT, 401, "", "{\"code\":-2015,\"msg\":\"Invalid API-key, IP, or permissions.\"}");
    struct bn_call read = rw_read(w, "/fapi/v3/account", 1);
    assert_int_equal(rw_call(w, &read), EB_OK);
    web_double_run(w->web, 20);
    assert_int_equal(only(w)->reject, EB_REJ_ALARM);
    assert_true(rw_troubled(w, "key.refused"));
    for (int s = 0; s < 180; s++) {
        (void)rw_call(w, &read);
        web_double_run(w->web, 1000);
    }
    assert_in_range(web_double_count(w->web, ACCOUNT), 7, 9); /* after 1, 2, 4 ... 60 s */
    web_double_run(w->web, 120000);
    size_t before = web_double_count(w->web, ACCOUNT);
    for (int s = 0; s < 180; s++) {
        (void)rw_call(w, &read);
        web_double_run(w->web, 1000);
    }
    assert_in_range(web_double_count(w->web, ACCOUNT) - before, 3, 4); /* one a minute */
    web_double_answer(w->web, ACCOUNT, 200, "", "{}");
    web_double_run(w->web, 61000);
    assert_int_equal(rw_call(w, &read), EB_OK);
    web_double_run(w->web, 20);
    assert_false(rw_troubled(w, "key.refused"));
    assert_int_equal(rw_call(w, &read), EB_OK);
    rw_free(w);
}

/* An exit must not wait for a minute because of it. */
static void a_moments_refusal_of_the_key_is_over_soon(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    web_double_answer(w->web, ORDER, 401, "", "{\"code\":-2015,\"msg\":\"Invalid API-key, IP, or permissions.\"}");
    struct bn_call order = rw_order(w, 1, EB_PURPOSE_STOP);
    assert_int_equal(rw_call(w, &order), EB_OK);
    web_double_run(w->web, 500);
    assert_int_equal(rw_call(w, &order), EB_E_REFUSED);
    web_double_answer(w->web, ORDER, 200, "", "{}");
    web_double_run(w->web, 600);
    assert_int_equal(rw_call(w, &order), EB_OK);
    web_double_run(w->web, 20);
    assert_false(rw_troubled(w, "key.refused"));
    rw_free(w);
}

/* Nor for long after minutes of it: orders are tried every eight seconds, reads once a minute. */
static void an_exit_tries_a_refused_key_every_eight_seconds(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    web_double_answer(w->web, ORDER, 401, "", "{\"code\":-2015,\"msg\":\"Invalid API-key, IP, or permissions.\"}");
    struct bn_call order = rw_order(w, 1, EB_PURPOSE_STOP);
    for (int s = 0; s < 240; s++) {
        (void)rw_call(w, &order);
        web_double_run(w->web, 1000);
    }
    size_t before = web_double_count(w->web, ORDER);
    for (int s = 0; s < 80; s++) {
        (void)rw_call(w, &order);
        web_double_run(w->web, 1000);
    }
    assert_in_range(web_double_count(w->web, ORDER) - before, 8, 10);
    rw_free(w);
}

static void one_bad_signature_does_not_condemn_the_key(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    web_double_answer(w->web, ORDER, 400, "", "{\"code\":-1022,\"msg\":\"Signature for this request is not valid.\"}");
    struct bn_call order = rw_order(w, 1, EB_PURPOSE_STOP);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rw_call(w, &order), EB_OK);
        web_double_run(w->web, 20);
    }
    assert_true(rw_troubled(w, "key.refused"));
    assert_int_equal(rw_call(w, &order), EB_E_REFUSED);
    struct bn_call read = rw_read(w, "/fapi/v3/account", 1);
    assert_int_equal(rw_call(w, &read), EB_OK); /* reading is another matter */
    rw_free(w);
}

static void the_more_urgent_goes_first(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    bn_rest_limits(w->rest, 0, 10, 0);
    web_double_answer(w->web, ORDER, 200, "", "{}");
    bn_rest_used(w->rest, UINT32_MAX, 10, UINT32_MAX); /* the window is used up */
    static const uint8_t priority[] = {EB_PURPOSE_SOFT, EB_PURPOSE_TARGET, EB_PURPOSE_STOP, EB_PURPOSE_FLATTEN,
                                       EB_PURPOSE_STOP};
    for (size_t i = 0; i < EB_COUNT(priority); i++) {
        struct bn_call order = rw_order(w, i, priority[i]);
        assert_int_equal(rw_call(w, &order), EB_OK);
    }
    web_double_run(w->web, 100);
    assert_int_equal(web_double_count(w->web, ORDER), 0);
    web_double_run(w->web, 9999);
    static const uint64_t want[] = {2, 4, 3, 1, 0};
    assert_int_equal(w->results, EB_COUNT(want));
    for (size_t i = 0; i < EB_COUNT(want); i++)
        assert_int_equal(w->result[i].tag, want[i]);
    rw_free(w);
}

static void too_many_orders_wait_for_the_next_window(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    web_double_once(w->web, ORDER, EB_WEB_ANSWERED, 429, "", "{\"code\":-1015,\"msg\":\"Too many new orders.\"}");
    web_double_answer(w->web, ORDER, 200, "", "{}");
    struct bn_call order = rw_order(w, 1, EB_PURPOSE_STOP);
    order.deadline_ms = 15000;
    assert_int_equal(rw_call(w, &order), EB_OK);
    web_double_run(w->web, 14000);
    assert_int_equal(only(w)->outcome, BN_ACCEPTED);
    assert_int_equal(web_double_count(w->web, ORDER), 2);
    int64_t server_ms = w->web->server_ms + only(w)->at_ns / 1000000;
    assert_in_range(server_ms % 10000, 0, 200); /* as soon as the window opened */
    assert_false(rw_troubled(w, "rate_limited"));
    rw_free(w);
}

static void reads_are_bounded_and_orders_pass_them(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    for (uint64_t i = 0; i < 40; i++) {
        struct bn_call read = rw_read(w, "/fapi/v3/account", i);
        assert_int_equal(rw_call(w, &read), EB_OK);
    }
    web_double_run(w->web, 1);
    assert_int_equal(web_double_count(w->web, ACCOUNT), BN_READS_MAX);
    struct bn_call order = rw_order(w, 99, EB_PURPOSE_TARGET);
    assert_int_equal(rw_call(w, &order), EB_OK);
    assert_int_equal(web_double_count(w->web, ORDER), 1); /* within the call, though reads wait */
    for (size_t i = 0; i < 40; i++) {
        while (web_double_last(w->web, ACCOUNT, 0)->over)
            web_double_run(w->web, 1);
        for (size_t k = web_double_count(w->web, ACCOUNT); k-- > 0;) {
            struct eb_web_call *c = web_double_last(w->web, ACCOUNT, k);
            if (!c->over) {
                web_double_reply(c, EB_WEB_ANSWERED, 200, "", "{}");
                break;
            }
        }
        if (w->results == 40)
            break;
    }
    assert_int_equal(w->results, 40);
    rw_free(w);
}

static void the_queue_is_bounded_and_can_be_dropped(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    struct bn_call read = rw_read(w, "/fapi/v3/account", 1);
    unsigned taken = 0;
    while (rw_call(w, &read) == EB_OK)
        taken++;
    assert_int_equal(taken, BN_QUEUE_READS); /* however much is read at a start, an order finds a place */
    struct bn_call order = rw_order(w, 3, EB_PURPOSE_STOP);
    while (rw_call(w, &order) == EB_OK)
        taken++;
    assert_int_equal(taken, BN_QUEUE_MAX);
    web_double_run(w->web, 5);
    bn_rest_drop_all(w->rest);
    web_double_answer(w->web, ORDER, 200, "", "{}");
    web_double_run(w->web, 20000);
    assert_int_equal(w->results, 0);
    assert_int_equal(rw_call(w, &order), EB_OK);
    web_double_run(w->web, 20);
    assert_int_equal(only(w)->outcome, BN_ACCEPTED);
    rw_free(w);
}

/* A start with many symbols asks for many bars: the picture that first backstops wait for does not wait for those. */
static void history_leaves_room_for_pictures(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    web_double_run(w->web, 60000 - web_double_server_ms(w->web) % 60000 + 1000); /* 1 s into a minute */
    web_double_answer(w->web, "GET /fapi/v1/klines", 200, "", "[]");
    web_double_answer(w->web, ACCOUNT, 200, "", "{}");
    struct bn_call bars = rw_read(w, "/fapi/v1/klines", 1), picture = rw_read(w, "/fapi/v3/account", 2);
    bars.priority = BN_PRIORITY_HISTORY;
    bars.weight = 10;
    picture.priority = BN_PRIORITY_SNAPSHOT;
    picture.weight = 85;
    for (int i = 0; i < 200; i++)
        assert_int_equal(rw_call(w, &bars), EB_OK);
    web_double_run(w->web, 3000);
    assert_int_equal(w->results, 96); /* half of 80 % of 2,400 */
    assert_int_equal(rw_call(w, &picture), EB_OK);
    web_double_run(w->web, 100);
    assert_int_equal(w->results, 97);
    assert_int_equal(rw_last(w)->tag, 2);
    assert_int_equal(rw_last(w)->outcome, BN_ACCEPTED);
    rw_free(w);
}

/* What renews a stop, or rests at a target, does not use up the orders that a stop may need. */
static void orders_that_may_wait_leave_room_for_stops(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    web_double_answer(w->web, ORDER, 200, "", "{}");
    web_double_run(w->web, 10000 - web_double_server_ms(w->web) % 10000 + 1000); /* 1 s into a window */
    struct bn_call soft = rw_order(w, 1, EB_PURPOSE_SOFT), stop = rw_order(w, 2, EB_PURPOSE_STOP);
    for (int i = 0; i < 300; i++)
        assert_int_equal(rw_call(w, &soft), EB_OK);
    web_double_run(w->web, 2000);
    assert_int_equal(w->results, 240);
    assert_int_equal(rw_call(w, &stop), EB_OK);
    web_double_run(w->web, 100);
    assert_int_equal(w->results, 241);
    assert_int_equal(rw_last(w)->tag, 2);
    rw_free(w);
}

static void weight_is_the_exchanges_and_reads_keep_to_their_share(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    web_double_answer(w->web, ACCOUNT, 200, "x-mbx-used-weight-1m: 1919\n", "{}");
    struct bn_call read = rw_read(w, "/fapi/v3/account", 1), urgent = rw_read(w, "/fapi/v1/order", 2);
    urgent.priority = EB_PURPOSE_STOP;
    web_double_answer(w->web, "GET /fapi/v1/order", 200, "x-mbx-used-weight-1m: 1924\n", "{}");
    web_double_run(w->web, 60000 - web_double_server_ms(w->web) % 60000 + 1000); /* 1 s into a minute */
    assert_int_equal(rw_call(w, &read), EB_OK);
    web_double_run(w->web, 20);
    assert_int_equal(w->results, 1);
    read.deadline_ms = 70000;
    assert_int_equal(rw_call(w, &read), EB_OK); /* 1,919 + 5 is more than 80 % of 2,400 */
    assert_int_equal(rw_call(w, &urgent), EB_OK);
    web_double_run(w->web, 50000);
    assert_int_equal(w->results, 2);
    assert_int_equal(w->result[1].tag, 2);
    web_double_run(w->web, 9100); /* the next minute */
    assert_int_equal(w->results, 3);
    rw_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_what_it_sends_at_the_moment_of_sending),
        cmocka_unit_test(an_order_whose_fate_is_unknown_is_sent_once),
        cmocka_unit_test(what_was_not_executed_is_sent_again_in_time),
        cmocka_unit_test(an_order_that_never_got_through_was_refused),
        cmocka_unit_test(refusals_end_at_once),
        cmocka_unit_test(reads_are_repeated_until_their_deadline),
        cmocka_unit_test(a_wrong_clock_is_measured_and_the_order_sent_again),
        cmocka_unit_test(a_clock_that_stays_wrong_is_refused),
        cmocka_unit_test(a_limit_stops_everything_for_as_long_as_told),
        cmocka_unit_test(a_ban_that_names_its_end_is_believed),
        cmocka_unit_test(a_refused_key_is_not_hammered),
        cmocka_unit_test(a_moments_refusal_of_the_key_is_over_soon),
        cmocka_unit_test(an_exit_tries_a_refused_key_every_eight_seconds),
        cmocka_unit_test(one_bad_signature_does_not_condemn_the_key),
        cmocka_unit_test(the_more_urgent_goes_first),
        cmocka_unit_test(too_many_orders_wait_for_the_next_window),
        cmocka_unit_test(reads_are_bounded_and_orders_pass_them),
        cmocka_unit_test(the_queue_is_bounded_and_can_be_dropped),
        cmocka_unit_test(history_leaves_room_for_pictures),
        cmocka_unit_test(orders_that_may_wait_leave_room_for_stops),
        cmocka_unit_test(weight_is_the_exchanges_and_reads_keep_to_their_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
