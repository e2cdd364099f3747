/* SPDX-License-Identifier: Apache-2.0 */
/* Orders over the WebSocket API: how they are signed, matched, lost, and how connections replace each other. */
#include "binance/rest_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "venue/binance/wsapi_inner.h"

#define SEED_PEM                                                         \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n" \
    "-----END PRIVATE KEY-----\n"
#define API "wss://api.example"

struct side {
    struct rest_world *w;
    struct bn_wsapi *api;
    int answer; /* what the other side does with orders: HTTP status, 0 nothing */
    const char *body;
    int logon_status;
};

static long long id_of(const char *text)
{
    assert_memory_equal(text, "{\"id\":", 6);
    return strtoll(text + 6, NULL, 10);
}

static void on_send(void *user, struct eb_web_socket *s, const char *text)
{
    struct side *x = user;
    char answer[1024];
    if (strstr(text, "\"session.logon\"")) {
        if (x->logon_status == 200)
            snprintf(answer, sizeof answer,
                     "{\"id\":%lld,\"status\":200,\"result\":{\"apiKey\":\"k\"},\"rateLimits\":[]}", id_of(text));
        else
            snprintf(answer, sizeof answer, "{\"id\":%lld,\"status\":%d,\"error\":{\"code\":%d,\"msg\":\"refused\"}}",
                     id_of(text), x->logon_status, x->logon_status == 401 ? -2015 : -1121);
        web_double_text(s, answer);
    } else if (x->answer) {
        snprintf(answer, sizeof answer, "{\"id\":%lld,\"status\":%d,%s}", id_of(text), x->answer, x->body);
        web_double_text(s, answer);
    }
}

static struct side *side_new(const char *secret)
{
    struct side *x = calloc(1, sizeof *x);
    assert_non_null(x);
    x->w = rw_new_with(secret, true);
    x->logon_status = 200;
    x->w->web->on_send = on_send;
    x->w->web->on_send_user = x;
    struct eb_err err;
    assert_int_equal(bn_wsapi_create(&x->w->c, x->w->rest, &x->api, &err), EB_OK);
    return x;
}

static struct side *connected(const char *secret)
{
    struct side *x = side_new(secret);
    bn_wsapi_connect(x->api);
    assert_false(bn_wsapi_usable(x->api));
    web_double_run(x->w->web, 100);
    assert_true(bn_wsapi_usable(x->api));
    return x;
}

static void side_free(struct side *x)
{
    bn_wsapi_destroy(x->api);
    rw_free(x->w);
    free(x);
}

static int call(struct side *x, uint64_t tag)
{
    struct bn_call order = rw_order(x->w, tag, EB_PURPOSE_STOP);
    order.path = "order.place";
    struct eb_err err;
    x->w->within = true;
    int code = bn_wsapi_call(x->api, &order, &err);
    x->w->within = false;
    return code;
}

static const struct rw_result *only(struct side *x)
{
    assert_int_equal(x->w->results, 1);
    return &x->w->result[0];
}

static void an_order_is_signed_over_its_sorted_parameters(void **state)
{
    (void)state;
    struct side *x = connected(RW_SECRET);
    assert_non_null(strstr(web_double_socket(x->w->web, API)->url, "?returnRateLimits=true"));
    assert_int_equal(call(x, 8), EB_OK);
    const char *sent = web_double_sent(web_double_socket(x->w->web, API), 0);
    const char *stamp = strstr(sent, "\"timestamp\":");
    assert_non_null(stamp);
    long long at = strtoll(stamp + strlen("\"timestamp\":"), NULL, 10);
    char payload[400], signature[EB_BINANCE_SIGNATURE_MAX], want[1600];
    snprintf(payload, sizeof payload,
             "apiKey=" RW_API_KEY "&newClientOrderId=8&recvWindow=5000&symbol=BTCUSDT&timestamp=%lld", at);
    size_t len = 0;
    assert_int_equal(eb_binance_sign(x->w->key, payload, strlen(payload), signature, sizeof signature, &len), EB_OK);
    signature[len] = 0;
    snprintf(want, sizeof want,
             "{\"id\":%lld,\"method\":\"order.place\",\"params\":{\"apiKey\":\"" RW_API_KEY
             "\",\"newClientOrderId\":\"8\",\"recvWindow\":5000,\"symbol\":\"BTCUSDT\",\"timestamp\":%lld,"
             "\"signature\":\"%s\"}}",
             id_of(sent), at, signature);
    assert_string_equal(sent, want);
    side_free(x);
}

static void an_ed25519_key_logs_on_once_and_signs_no_more(void **state)
{
    (void)state;
    struct side *x = connected(SEED_PEM);
    struct eb_web_socket *s = web_double_socket(x->w->web, API);
    assert_int_equal(web_double_sent_with(s, "\"session.logon\""), 1);
    assert_non_null(strstr(s->sent[0], "\"signature\""));
    assert_int_equal(call(x, 8), EB_OK);
    assert_null(strstr(web_double_sent(s, 0), "signature"));
    assert_null(strstr(web_double_sent(s, 0), "apiKey"));
    assert_non_null(strstr(web_double_sent(s, 0), "\"timestamp\":1"));
    side_free(x);
}

static void a_server_without_logon_gets_signed_orders(void **state)
{
    (void)state;
    struct side *x = side_new(SEED_PEM);
    x->logon_status = 400;
    bn_wsapi_connect(x->api);
    web_double_run(x->w->web, 100);
    assert_true(bn_wsapi_usable(x->api));
    assert_int_equal(call(x, 8), EB_OK);
    assert_non_null(strstr(web_double_sent(web_double_socket(x->w->web, API), 0), "signature"));
    side_free(x);
}

static void a_refused_logon_is_not_hammered(void **state)
{
    (void)state;
    struct side *x = side_new(SEED_PEM);
    x->logon_status = 401;
    bn_wsapi_connect(x->api);
    web_double_run(x->w->web, 300000);
    assert_false(bn_wsapi_usable(x->api));
    assert_true(rw_troubled(x->w, "key.refused"));
    assert_in_range(x->w->web->sockets, 2, 12);
    assert_int_equal(call(x, 1), EB_E_END);
    side_free(x);
}

static void answers_are_matched_and_decided(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        uint8_t outcome, reject;
        int32_t code;
    } cases[] = {
        {200, "\"result\":{\"orderId\":7},\"rateLimits\":[]", BN_ACCEPTED, 0, 0},
        {400, "\"error\":{\"code\":-2022,\"msg\":\"no\"}", BN_REJECTED, EB_REJ_REDUCE_ONLY, -2022},
        {400, "\"error\":{\"code\":-1006,\"msg\":\"?\"}", BN_UNKNOWN, 0, -1006},
        {500, "\"error\":{\"code\":-1000,\"msg\":\"?\"}", BN_UNKNOWN, 0, -1000},
        {408, "\"error\":{\"code\":-1007,\"msg\":\"?\"}", BN_UNKNOWN, 0, -1007},
        {429, "\"error\":{\"code\":-1003,\"msg\":\"too many\"}", BN_REJECTED, EB_REJ_RETRY, -1003},
        {200, "\"result\":null", BN_UNKNOWN, 0, 0},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct side *x = connected(RW_SECRET);
        x->answer = cases[i].status;
        x->body = cases[i].body;
        assert_int_equal(call(x, 40 + i), EB_OK);
        web_double_run(x->w->web, 3000);
        assert_int_equal(only(x)->tag, 40 + i);
        assert_int_equal(only(x)->outcome, cases[i].outcome);
        assert_int_equal(only(x)->reject, cases[i].reject);
        assert_int_equal(only(x)->code, cases[i].code);
        if (i == 0)
            assert_string_equal(only(x)->body, "{\"orderId\":7}");
        assert_int_equal(web_double_sent_with(web_double_socket(x->w->web, API), "order.place"), 1);
        side_free(x);
    }
}

static void throttled_orders_are_sent_again_by_the_same_id(void **state)
{
    (void)state;
    struct side *x = connected(RW_SECRET);
    x->answer = 503;
    x->body = "\"error\":{\"code\":-1008,\"msg\":\"throttled\"}";
    assert_int_equal(call(x, 5), EB_OK);
    web_double_run(x->w->web, 500);
    assert_int_equal(x->w->results, 0);
    x->answer = 200;
    x->body = "\"result\":{}";
    web_double_run(x->w->web, 2000);
    assert_int_equal(only(x)->outcome, BN_ACCEPTED);
    struct eb_web_socket *s = web_double_socket(x->w->web, API);
    assert_int_equal(web_double_sent_with(s, "\"newClientOrderId\":\"5\""), 3);
    assert_int_not_equal(id_of(s->sent[0]), id_of(s->sent[1]));
    side_free(x);
}

static void a_wrong_clock_is_measured_first(void **state)
{
    (void)state;
    struct side *x = connected(RW_SECRET);
    x->w->web->server_ms += 9000;
    x->answer = 400;
    x->body = "\"error\":{\"code\":-1021,\"msg\":\"Timestamp\"}";
    assert_int_equal(call(x, 5), EB_OK);
    web_double_run(x->w->web, 1);
    assert_int_equal(call(x, 6), EB_E_END); /* until it is measured REST takes it, and waits */
    x->answer = 200;
    x->body = "\"result\":{}";
    web_double_run(x->w->web, 200);
    assert_int_equal(only(x)->outcome, BN_ACCEPTED);
    side_free(x);
}

static void a_lost_socket_makes_unknown_of_what_it_carried(void **state)
{
    (void)state;
    struct side *x = connected(RW_SECRET);
    assert_int_equal(call(x, 1), EB_OK);
    assert_int_equal(call(x, 2), EB_OK);
    web_double_run(x->w->web, 100);
    web_double_drop(web_double_socket(x->w->web, API), 1006);
    assert_int_equal(x->w->results, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(x->w->result[i].outcome, BN_UNKNOWN);
    assert_false(bn_wsapi_usable(x->api));
    assert_int_equal(call(x, 3), EB_E_END);
    web_double_run(x->w->web, 1000);
    assert_true(bn_wsapi_usable(x->api)); /* by itself */
    side_free(x);
}

static void silence_is_unknown_and_the_connection_is_replaced(void **state)
{
    (void)state;
    struct side *x = connected(RW_SECRET);
    struct eb_web_socket *old = web_double_socket(x->w->web, API);
    assert_int_equal(call(x, 1), EB_OK);
    web_double_run(x->w->web, 9900);
    assert_int_equal(x->w->results, 0);
    web_double_run(x->w->web, 100);
    assert_int_equal(only(x)->outcome, BN_UNKNOWN);
    assert_false(bn_wsapi_usable(x->api)); /* REST meanwhile */
    web_double_run(x->w->web, 100);
    assert_true(bn_wsapi_usable(x->api));
    assert_true(old->closed_here);
    assert_ptr_not_equal(web_double_socket(x->w->web, API), old);
    side_free(x);
}

static void a_renewal_overlaps_and_the_old_one_finishes(void **state)
{
    (void)state;
    struct side *x = connected(SEED_PEM);
    struct eb_web_socket *old = web_double_socket(x->w->web, API);
    for (int64_t ms = 82700000; ms > 0; ms -= 100000) {
        web_double_run(x->w->web, 100000);
        web_double_heard(old);
    }
    assert_int_equal(web_double_sockets(x->w->web, API), 1);
    x->answer = 0;
    web_double_run(x->w->web, 99000);
    assert_int_equal(call(x, 1), EB_OK); /* on the old one, unanswered */
    web_double_run(x->w->web, 2000);
    assert_int_equal(web_double_sockets(x->w->web, API), 2);
    struct eb_web_socket *young = web_double_socket(x->w->web, API);
    assert_ptr_not_equal(young, old);
    assert_true(bn_wsapi_usable(x->api));
    assert_int_equal(call(x, 2), EB_OK);
    assert_int_equal(web_double_sent_with(young, "order.place"), 1);
    char answer[200];
    snprintf(answer, sizeof answer, "{\"id\":%lld,\"status\":200,\"result\":{}}", id_of(web_double_sent(old, 0)));
    web_double_text(old, answer);
    assert_int_equal(only(x)->tag, 1);
    assert_int_equal(only(x)->outcome, BN_ACCEPTED);
    assert_true(old->closed_here);
    side_free(x);
}

static void late_and_strange_answers_change_nothing(void **state)
{
    (void)state;
    struct side *x = connected(RW_SECRET);
    struct eb_web_socket *s = web_double_socket(x->w->web, API);
    assert_int_equal(call(x, 1), EB_OK);
    char answer[200];
    snprintf(answer, sizeof answer, "{\"id\":%lld,\"status\":200,\"result\":{}}", id_of(web_double_sent(s, 0)) + 512);
    web_double_text(s, answer);
    web_double_text(s, "{\"id\":\"x\",\"status\":200,\"result\":{}}");
    web_double_text(s, "{\"id\":511,\"status\":200,\"result\":{}}");
    assert_int_equal(x->w->results, 0);
    snprintf(answer, sizeof answer, "{\"id\":%lld,\"status\":200,\"result\":{}}", id_of(web_double_sent(s, 0)));
    web_double_text(s, answer);
    assert_int_equal(x->w->results, 1);
    web_double_text(s, answer); /* twice is once */
    assert_int_equal(x->w->results, 1);
    assert_int_equal(call(x, 2), EB_OK);
    web_double_text(s, "{\"id\":1,\"status");
    assert_int_equal(x->w->results, 2); /* what cannot be read belongs to nobody: all that wait are unknown */
    assert_int_equal(rw_last(x->w)->outcome, BN_UNKNOWN);
    side_free(x);
}

static void the_shared_limits_are_booked_and_told(void **state)
{
    (void)state;
    struct side *x = connected(RW_SECRET);
    x->answer = 200;
    x->body = "\"result\":{},\"rateLimits\":["
              "{\"rateLimitType\":\"ORDERS\",\"interval\":\"SECOND\",\"intervalNum\":10,\"limit\":300,\"count\":300},"
              "{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\",\"intervalNum\":1,\"limit\":2400,"
              "\"count\":77}]";
    assert_int_equal(call(x, 1), EB_OK);
    web_double_run(x->w->web, 5);
    assert_int_equal(x->w->rest->budget.weight.used, 77);
    assert_int_equal(call(x, 2), EB_E_FULL);
    side_free(x);
}

static void disconnecting_ends_every_call(void **state)
{
    (void)state;
    struct side *x = connected(RW_SECRET);
    assert_int_equal(call(x, 1), EB_OK);
    bn_wsapi_disconnect(x->api);
    assert_int_equal(only(x)->outcome, BN_UNKNOWN);
    web_double_run(x->w->web, 60000);
    assert_int_equal(web_double_sockets(x->w->web, API), 0);
    bn_wsapi_connect(x->api);
    web_double_run(x->w->web, 100);
    assert_true(bn_wsapi_usable(x->api));
    side_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_signed_over_its_sorted_parameters),
        cmocka_unit_test(an_ed25519_key_logs_on_once_and_signs_no_more),
        cmocka_unit_test(a_server_without_logon_gets_signed_orders),
        cmocka_unit_test(a_refused_logon_is_not_hammered),
        cmocka_unit_test(answers_are_matched_and_decided),
        cmocka_unit_test(throttled_orders_are_sent_again_by_the_same_id),
        cmocka_unit_test(a_wrong_clock_is_measured_first),
        cmocka_unit_test(a_lost_socket_makes_unknown_of_what_it_carried),
        cmocka_unit_test(silence_is_unknown_and_the_connection_is_replaced),
        cmocka_unit_test(a_renewal_overlaps_and_the_old_one_finishes),
        cmocka_unit_test(late_and_strange_answers_change_nothing),
        cmocka_unit_test(the_shared_limits_are_booked_and_told),
        cmocka_unit_test(disconnecting_ends_every_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
