/* SPDX-License-Identifier: Apache-2.0 */
/* Orders out and what becomes of requests: three outcomes, both spaces of ids, cancels, queries with their fills. */
#include "link_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ORDER "POST /fapi/v1/order"
#define ALGO "POST /fapi/v1/algoOrder"

static eb_symbol_id btc; /* introduced by a position */

static int up(void **state)
{
    struct link_world *w = lw_create();
    char rows[2048];
    (void)snprintf(rows, sizeof(rows), "[%s]", lw_position_row("BTCUSDT", "BOTH", "1", "50000", "0", 1699999990000));
    web_double_answer(w->d, "GET /fapi/v3/positionRisk", 200, "", rows);
    lw_connect(w);
    btc = 0;
    lw_forget(w);
    *state = w;
    return 0;
}

static int down(void **state)
{
    lw_destroy(*state);
    return 0;
}

static void answer_text(struct link_world *w, const char *match, const char *client, uint64_t id, const char *status,
                        const char *filled)
{
    char body[1024];
    (void)snprintf(body, sizeof(body),
                   "{\"avgPrice\":\"49990\",\"clientOrderId\":\"%s\",\"cumQty\":\"%s\",\"executedQty\":\"%s\","
                   "\"orderId\":%llu,\"origQty\":\"0.1\",\"price\":\"0\",\"reduceOnly\":true,\"side\":\"SELL\","
                   "\"positionSide\":\"BOTH\",\"status\":\"%s\",\"stopPrice\":\"0\",\"closePosition\":false,"
                   "\"symbol\":\"BTCUSDT\",\"timeInForce\":\"GTC\",\"type\":\"MARKET\",\"origType\":\"MARKET\","
                   "\"updateTime\":1700000006000,\"workingType\":\"CONTRACT_PRICE\",\"priceProtect\":false}",
                   client, filled, filled, (unsigned long long)id, status);
    web_double_answer(w->d, match, 200, "", body);
}

static void answer_algo(struct link_world *w, const char *match, const char *client, uint64_t id, const char *status,
                        const char *child)
{
    char body[1024];
    (void)snprintf(
        body, sizeof(body),
        "{\"algoId\":%llu,\"clientAlgoId\":\"%s\",\"algoType\":\"CONDITIONAL\",\"orderType\":\"STOP_MARKET\","
        "\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"positionSide\":\"BOTH\",\"timeInForce\":\"GTC\","
        "\"quantity\":\"0\",\"algoStatus\":\"%s\",\"actualOrderId\":\"%s\",\"actualPrice\":\"0\","
        "\"triggerPrice\":\"49000\",\"price\":\"0\",\"workingType\":\"MARK_PRICE\",\"closePosition\":true,"
        "\"priceProtect\":false,\"reduceOnly\":false,\"createTime\":1700000005000,"
        "\"updateTime\":1700000005000,\"triggerTime\":0}",
        (unsigned long long)id, client, status, child);
    web_double_answer(w->d, match, 200, "", body);
}

static struct eb_order_request submit(struct link_world *w, uint8_t type, uint8_t purpose, uint32_t attempt)
{
    struct eb_err err = {0};
    struct eb_order_request o = lw_order(btc, type, purpose, attempt);
    int rc = w->port.ops->submit(w->port.venue, &o, &err);
    if (rc != EB_OK) {
        fail_msg("submit: %s", err.msg);
    }
    return o;
}

static const struct eb_ev_order *last_order(struct link_world *w)
{
    return &lw_last(w, EB_EV_ORDER)->ev.u.order;
}

static void test_accepted(void **state)
{
    struct link_world *w = *state;
    char value[64];
    answer_text(w, ORDER, lw_id_text(EB_PURPOSE_STOP, 1), 4711, "NEW", "0");
    struct eb_order_request o = submit(w, EB_ORDER_MARKET, EB_PURPOSE_STOP, 1);
    assert_int_equal(lw_count(w, EB_EV_ORDER), 0); /* never within the call */
    lw_run(w, 50);
    assert_int_equal(web_double_count(w->d, ORDER), 1);
    struct eb_web_call *call = web_double_last(w->d, ORDER, 0);
    assert_true(web_double_param(call, "newClientOrderId", value, sizeof(value)));
    assert_string_equal(value, lw_id_text(EB_PURPOSE_STOP, 1));
    assert_true(web_double_param(call, "quantity", value, sizeof(value)));
    assert_string_equal(value, "0.1");
    assert_true(web_double_param(call, "reduceOnly", value, sizeof(value)));
    assert_int_equal(lw_count(w, EB_EV_ORDER), 1);
    const struct eb_ev_order *t = last_order(w);
    assert_memory_equal(&t->client_id, &o.client_id, sizeof(o.client_id));
    assert_int_equal(t->state, EB_OS_NEW);
    assert_int_equal(t->venue_order_id, 4711);
    assert_int_equal(lw_last(w, EB_EV_ORDER)->ev.symbol, btc);
}

static void test_refused(void **state)
{
    static const struct {
        const char *body;
        uint8_t class;
    } c[] = {{"{\"code\":-2022,\"msg\":\"ReduceOnly Order is rejected.\"}", EB_REJ_REDUCE_ONLY},
             {"{\"code\":-4131,\"msg\":\"x\"}", EB_REJ_BAND},
             {"{\"code\":-4014,\"msg\":\"x\"}", EB_REJ_FIX},
             {"{\"code\":-2019,\"msg\":\"x\"}", EB_REJ_ALARM},
             {"{\"code\":-4116,\"msg\":\"x\"}", EB_REJ_DUPLICATE}};
    struct link_world *w = *state;
    for (uint32_t i = 0; i < EB_COUNT(c); i++) {
        web_double_once(w->d, ORDER, EB_WEB_ANSWERED, 400, "", c[i].body);
        submit(w, EB_ORDER_MARKET, EB_PURPOSE_STOP, i);
        lw_run(w, 50);
        assert_int_equal(lw_count(w, EB_EV_ORDER), i + 1);
        assert_int_equal(last_order(w)->state, EB_OS_REJECTED);
        assert_int_equal(last_order(w)->reject, c[i].class);
        assert_true(last_order(w)->code < 0);
    }
    assert_int_equal(web_double_count(w->d, ORDER), EB_COUNT(c)); /* each once */
}

static void test_unknown_is_told_once_and_never_sent_again(void **state)
{
    static const struct {
        uint8_t fate;
        int status;
        const char *body;
    } c[] = {{EB_WEB_UNKNOWN, 0, ""},
             {EB_WEB_UNREADABLE, 0, ""},
             {EB_WEB_ANSWERED, 503,
              "{\"code\":-1000,\"msg\":\"Unknown error, please check your request or try again later.\"}"},
             {EB_WEB_ANSWERED, 408, "{\"code\":-1007,\"msg\":\"Timeout waiting for response from backend server.\"}"},
             {EB_WEB_ANSWERED, 200, "{\"orderId\":"}};
    struct link_world *w = *state;
    for (uint32_t i = 0; i < EB_COUNT(c); i++) {
        web_double_once(w->d, ORDER, c[i].fate, c[i].status, "", c[i].body);
        submit(w, EB_ORDER_MARKET, EB_PURPOSE_STOP, i);
        lw_run(w, 500);
        assert_int_equal(lw_count(w, EB_EV_ORDER), i + 1);
        assert_int_equal(last_order(w)->state, EB_OS_UNKNOWN);
    }
    lw_run(w, 20000);
    assert_int_equal(web_double_count(w->d, ORDER), EB_COUNT(c));
}

/* What the stream has told since stands, whatever becomes of the answer. */
static void test_the_stream_may_be_faster_than_the_answer(void **state)
{
    struct link_world *w = *state;
    web_double_silent(w->d, ORDER);
    submit(w, EB_ORDER_MARKET, EB_PURPOSE_STOP, 1);
    lw_run(w, 50);
    lw_user(w, lw_order_update("BTCUSDT", lw_id_text(EB_PURPOSE_STOP, 1), 4711, "NEW", "NEW", "0", "0", 0));
    lw_user(w, lw_order_update("BTCUSDT", lw_id_text(EB_PURPOSE_STOP, 1), 4711, "TRADE", "FILLED", "0.1", "0.1", 9));
    assert_int_equal(lw_count(w, EB_EV_ORDER), 2);
    assert_int_equal(lw_count(w, EB_EV_FILL), 1);
    lw_run(w, 15000); /* its deadline */
    assert_int_equal(lw_count(w, EB_EV_ORDER), 2);
    assert_int_equal(last_order(w)->state, EB_OS_FILLED);
}

static void test_an_answer_after_the_fill_takes_nothing_back(void **state)
{
    struct link_world *w = *state;
    web_double_silent(w->d, ORDER);
    submit(w, EB_ORDER_MARKET, EB_PURPOSE_STOP, 1);
    lw_run(w, 50);
    lw_user(w, lw_order_update("BTCUSDT", lw_id_text(EB_PURPOSE_STOP, 1), 4711, "TRADE", "FILLED", "0.1", "0.1", 9));
    char body[512];
    (void)snprintf(
        body, sizeof(body),
        "{\"clientOrderId\":\"%s\",\"executedQty\":\"0\",\"orderId\":4711,\"origQty\":\"0.1\",\"price\":\"0\","
        "\"side\":\"SELL\",\"positionSide\":\"BOTH\",\"status\":\"NEW\",\"symbol\":\"BTCUSDT\","
        "\"timeInForce\":\"GTC\",\"type\":\"MARKET\",\"updateTime\":1700000006000}",
        lw_id_text(EB_PURPOSE_STOP, 1));
    web_double_reply(web_double_last(w->d, ORDER, 0), EB_WEB_ANSWERED, 200, "", body);
    lw_run(w, 100);
    assert_int_equal(lw_count(w, EB_EV_ORDER), 1);
    assert_int_equal(last_order(w)->state, EB_OS_FILLED);
}

static void test_stops_have_an_endpoint_of_their_own(void **state)
{
    struct link_world *w = *state;
    char value[64];
    answer_algo(w, ALGO, lw_id_text(EB_PURPOSE_BACKSTOP, 1), 88, "NEW", "");
    submit(w, EB_ORDER_STOP_MARKET, EB_PURPOSE_BACKSTOP, 1);
    lw_run(w, 50);
    assert_int_equal(web_double_count(w->d, ORDER), 0);
    struct eb_web_call *call = web_double_last(w->d, ALGO, 0);
    assert_non_null(call);
    assert_true(web_double_param(call, "clientAlgoId", value, sizeof(value)));
    assert_true(web_double_param(call, "triggerPrice", value, sizeof(value)));
    assert_string_equal(value, "49000");
    assert_true(web_double_param(call, "closePosition", value, sizeof(value)));
    assert_false(web_double_param(call, "quantity", value, sizeof(value)));
    assert_int_equal(last_order(w)->state, EB_OS_NEW);
    assert_int_equal(last_order(w)->venue_order_id, 88);
}

static void test_wrong_endpoint_is_a_trouble(void **state)
{
    struct link_world *w = *state;
    web_double_once(w->d, ORDER, EB_WEB_ANSWERED, 400, "", "{\"code\":-4120,\"msg\":\"Order type not supported.\"}");
    submit(w, EB_ORDER_MARKET, EB_PURPOSE_STOP, 1);
    lw_run(w, 50);
    assert_true(lw_trouble(w, "+orders.endpoint"));
    assert_int_equal(last_order(w)->reject, EB_REJ_ALARM);
}

static void test_mode_refusal_reads_the_mode_again(void **state)
{
    struct link_world *w = *state;
    size_t before = web_double_count(w->d, "GET /fapi/v1/accountConfig");
    web_double_answer(w->d, "GET /fapi/v1/accountConfig", 200, "",
                      "{\"feeTier\":0,\"canTrade\":true,\"dualSidePosition\":true,\"multiAssetsMargin\":false}");
    web_double_once(w->d, ORDER, EB_WEB_ANSWERED, 400, "", "{\"code\":-4061,\"msg\":\"side does not match\"}");
    submit(w, EB_ORDER_MARKET, EB_PURPOSE_STOP, 1);
    lw_run(w, 200);
    assert_int_equal(last_order(w)->reject, EB_REJ_MODE);
    assert_int_equal(web_double_count(w->d, "GET /fapi/v1/accountConfig"), before + 1);
    assert_true(lw_last(w, EB_EV_ACCOUNT)->ev.u.account.hedge);
    assert_true(lw_trouble(w, "+position_mode"));
    assert_int_equal(w->gaps, 1);
}

static int cancel(struct link_world *w, uint8_t type, uint8_t purpose, uint32_t attempt, uint64_t venue_id)
{
    struct eb_err err = {0};
    return w->port.ops->cancel(w->port.venue, lw_id(purpose, attempt), venue_id, btc, type, &err);
}

static void test_cancels(void **state)
{
    struct link_world *w = *state;
    answer_text(w, "DELETE /fapi/v1/order", lw_id_text(EB_PURPOSE_SOFT, 1), 5, "CANCELED", "0");
    assert_int_equal(cancel(w, EB_ORDER_LIMIT_GTC, EB_PURPOSE_SOFT, 1, 5), EB_OK);
    lw_run(w, 50);
    assert_int_equal(last_order(w)->state, EB_OS_CANCELED);
    assert_false(last_order(w)->cancel_failed);
    web_double_answer(w->d, "DELETE /fapi/v1/algoOrder", 200, "",
                      "{\"algoId\":88,\"clientAlgoId\":\"x\",\"code\":\"200\",\"msg\":\"success\"}");
    assert_int_equal(cancel(w, EB_ORDER_STOP_MARKET, EB_PURPOSE_BACKSTOP, 2, 88), EB_OK);
    lw_run(w, 50);
    assert_int_equal(lw_count(w, EB_EV_ORDER), 2);
    assert_int_equal(last_order(w)->state, EB_OS_CANCELED);
    assert_int_equal(last_order(w)->venue_order_id, 88);
}

/* It would leave up to its deadline later, and reduce whatever is open then. */
static void test_what_has_not_left_is_taken_back(void **state)
{
    struct link_world *w = *state;
    struct eb_err err = {0};
    struct eb_order_request o = lw_order(btc, EB_ORDER_LIMIT_GTC, EB_PURPOSE_SOFT, 7);
    o.price.e8 = 51000 * EB_E8;
    answer_text(w, "POST /fapi/v1/order", lw_id_text(EB_PURPOSE_STOP, 1), 6, "NEW", "0");
    bn_rest_limits(w->b->rest, 0, 1, 0);
    (void)submit(w, EB_ORDER_MARKET, EB_PURPOSE_STOP, 1); /* takes the only place of these ten seconds */
    assert_int_equal(w->port.ops->submit(w->port.venue, &o, &err), EB_OK);
    lw_run(w, 100);
    assert_int_equal(web_double_count(w->d, "POST /fapi/v1/order"), 1);
    lw_forget(w);
    assert_int_equal(cancel(w, EB_ORDER_LIMIT_GTC, EB_PURPOSE_SOFT, 7, 0), EB_OK);
    assert_int_equal(lw_count(w, EB_EV_ORDER), 0); /* not within the call */
    lw_run(w, 20000);
    assert_int_equal(lw_count(w, EB_EV_ORDER), 1);
    assert_int_equal(last_order(w)->state, EB_OS_CANCELED);
    assert_int_equal(web_double_count(w->d, "POST /fapi/v1/order"), 1);
    assert_int_equal(web_double_count(w->d, "DELETE /fapi/v1/order"), 0);
}

static void test_cancels_that_fail(void **state)
{
    struct link_world *w = *state;
    web_double_once(w->d, "DELETE /fapi/v1/order", EB_WEB_ANSWERED, 400, "",
                    "{\"code\":-2011,\"msg\":\"Unknown order sent.\"}");
    assert_int_equal(cancel(w, EB_ORDER_LIMIT_GTC, EB_PURPOSE_SOFT, 1, 5), EB_OK);
    lw_run(w, 50);
    assert_true(last_order(w)->cancel_failed);
    assert_int_equal(last_order(w)->reject, EB_REJ_GONE);
    assert_int_equal(last_order(w)->code, -2011);
    web_double_once(w->d, "DELETE /fapi/v1/order", EB_WEB_UNKNOWN, 0, "", "");
    assert_int_equal(cancel(w, EB_ORDER_LIMIT_GTC, EB_PURPOSE_SOFT, 2, 6), EB_OK);
    lw_run(w, 50);
    assert_true(last_order(w)->cancel_failed);
    assert_int_equal(last_order(w)->state, EB_OS_UNKNOWN);
}

static int query(struct link_world *w, uint8_t type, uint8_t purpose, uint32_t attempt)
{
    struct eb_err err = {0};
    return w->port.ops->query(w->port.venue, lw_id(purpose, attempt), 0, btc, type, &err);
}

static void test_query_of_nothing_is_absent(void **state)
{
    struct link_world *w = *state;
    web_double_answer(w->d, "GET /fapi/v1/order", 400, "", "{\"code\":-2013,\"msg\":\"Order does not exist.\"}");
    assert_int_equal(query(w, EB_ORDER_MARKET, EB_PURPOSE_STOP, 1), EB_OK);
    lw_run(w, 100);
    assert_int_equal(lw_count(w, EB_EV_ORDER), 1);
    assert_int_equal(last_order(w)->state, EB_OS_ABSENT);
    assert_true(last_order(w)->from_query);
}

static void test_query_without_an_answer_says_nothing(void **state)
{
    struct link_world *w = *state;
    web_double_answer(w->d, "GET /fapi/v1/order", 403, "", "<html>blocked</html>");
    assert_int_equal(query(w, EB_ORDER_MARKET, EB_PURPOSE_STOP, 1), EB_OK);
    lw_run(w, 30000);
    assert_int_equal(lw_count(w, EB_EV_ORDER), 0);
}

static const char trades_of_4711[] =
    "[{\"buyer\":false,\"commission\":\"0.2\",\"commissionAsset\":\"USDT\",\"id\":21,\"maker\":false,\"orderId\":4711,"
    "\"price\":\"49990\",\"qty\":\"0.06\",\"quoteQty\":\"1\",\"realizedPnl\":\"0\",\"side\":\"SELL\",\"positionSide\":"
    "\"BOTH\",\"symbol\":\"BTCUSDT\",\"time\":1700000006000},{\"buyer\":false,\"commission\":\"0.2\","
    "\"commissionAsset\":\"BNB\",\"id\":22,\"maker\":false,\"orderId\":4711,\"price\":\"49980\",\"qty\":\"0.04\","
    "\"quoteQty\":\"1\",\"realizedPnl\":\"0\",\"side\":\"SELL\",\"positionSide\":\"BOTH\",\"symbol\":\"BTCUSDT\","
    "\"time\":1700000006000}]";

/* Fills come before the state that counts them. */
static void test_query_tells_fills_first(void **state)
{
    struct link_world *w = *state;
    answer_text(w, "GET /fapi/v1/order", lw_id_text(EB_PURPOSE_STOP, 1), 4711, "FILLED", "0.1");
    web_double_answer(w->d, "GET /fapi/v1/userTrades", 200, "", trades_of_4711);
    assert_int_equal(query(w, EB_ORDER_MARKET, EB_PURPOSE_STOP, 1), EB_OK);
    lw_run(w, 200);
    assert_int_equal(lw_count(w, EB_EV_FILL), 2);
    assert_int_equal(w->event[w->events - 1].ev.kind, EB_EV_ORDER);
    assert_int_equal(last_order(w)->state, EB_OS_FILLED);
    assert_int_equal(last_order(w)->filled.e8, EB_E8 / 10);
    assert_true(last_order(w)->from_query);
    const struct eb_ev_fill *f = &lw_last(w, EB_EV_FILL)->ev.u.fill;
    eb_client_id id = lw_id(EB_PURPOSE_STOP, 1);
    assert_memory_equal(&f->client_id, &id, sizeof(id));
    assert_int_equal(f->trade_id, 22);
    assert_int_equal(f->fee.e8, 0); /* paid in another asset */
    assert_int_equal(query(w, EB_ORDER_MARKET, EB_PURPOSE_STOP, 1), EB_OK);
    lw_run(w, 200);
    assert_int_equal(lw_count(w, EB_EV_FILL), 2); /* known by now */
    assert_int_equal(lw_count(w, EB_EV_ORDER), 2);
}

static void test_query_of_a_stop_that_triggered(void **state)
{
    struct link_world *w = *state;
    const char *text = lw_id_text(EB_PURPOSE_BACKSTOP, 1);
    answer_algo(w, "GET /fapi/v1/algoOrder", text, 88, "FINISHED", "4711");
    answer_text(w, "GET /fapi/v1/order", text, 4711, "FILLED", "0.1");
    web_double_answer(w->d, "GET /fapi/v1/userTrades", 200, "", trades_of_4711);
    assert_int_equal(query(w, EB_ORDER_STOP_MARKET, EB_PURPOSE_BACKSTOP, 1), EB_OK);
    lw_run(w, 300);
    char value[32];
    assert_true(web_double_param(web_double_last(w->d, "GET /fapi/v1/order", 0), "orderId", value, sizeof(value)));
    assert_string_equal(value, "4711");
    assert_int_equal(lw_count(w, EB_EV_FILL), 2);
    assert_int_equal(last_order(w)->state, EB_OS_FILLED);
    assert_int_equal(last_order(w)->venue_order_id, 88); /* the parent's, always */
    assert_int_equal(last_order(w)->filled.e8, EB_E8 / 10);
}

/* A triggered one may be asked for in vain: its child stands under the same client id. */
static void test_query_finds_the_child_of_a_stop_that_is_gone(void **state)
{
    struct link_world *w = *state;
    const char *text = lw_id_text(EB_PURPOSE_BACKSTOP, 1);
    web_double_answer(w->d, "GET /fapi/v1/algoOrder", 400, "", "{\"code\":-2013,\"msg\":\"Order does not exist.\"}");
    answer_text(w, "GET /fapi/v1/order", text, 4711, "NEW", "0");
    assert_int_equal(query(w, EB_ORDER_STOP_MARKET, EB_PURPOSE_BACKSTOP, 1), EB_OK);
    lw_run(w, 300);
    char value[64];
    assert_true(
        web_double_param(web_double_last(w->d, "GET /fapi/v1/order", 0), "origClientOrderId", value, sizeof(value)));
    assert_string_equal(value, text);
    assert_int_equal(last_order(w)->state, EB_OS_TRIGGERED);
    web_double_answer(w->d, "GET /fapi/v1/order", 400, "", "{\"code\":-2013,\"msg\":\"Order does not exist.\"}");
    assert_int_equal(query(w, EB_ORDER_STOP_MARKET, EB_PURPOSE_BACKSTOP, 2), EB_OK);
    lw_run(w, 300);
    assert_int_equal(last_order(w)->state, EB_OS_ABSENT);
}

static void test_symbol_that_nobody_knows(void **state)
{
    struct link_world *w = *state;
    struct eb_err err = {0};
    struct eb_order_request o = lw_order(5, EB_ORDER_MARKET, EB_PURPOSE_STOP, 1);
    assert_int_equal(w->port.ops->submit(w->port.venue, &o, &err), EB_E_NOT_FOUND);
    assert_int_equal(web_double_count(w->d, ORDER), 0);
}

/* The engine's journal knows a symbol that the account does not hold any more. */
static void test_symbol_that_only_the_engine_knows(void **state)
{
    struct link_world *w = *state;
    (void)snprintf(w->name[w->given++], sizeof(w->name[0]), "SOLUSDT");
    web_double_answer(w->d, "GET /fapi/v1/order", 400, "", "{\"code\":-2013,\"msg\":\"Order does not exist.\"}");
    struct eb_err err = {0};
    assert_int_equal(w->port.ops->query(w->port.venue, lw_id(EB_PURPOSE_STOP, 1), 0, 1, EB_ORDER_MARKET, &err), EB_OK);
    lw_run(w, 200);
    assert_string_equal(lw_last(w, EB_EV_INSTRUMENT)->instrument.symbol, "SOLUSDT");
    assert_int_equal(lw_last(w, EB_EV_INSTRUMENT)->ev.symbol, 1);
    assert_int_equal(last_order(w)->state, EB_OS_ABSENT);
}

static void test_too_many_calls_are_refused_before_they_are_sent(void **state)
{
    struct link_world *w = *state;
    struct eb_err err = {0};
    int rc = EB_OK;
    uint32_t n = 0;
    for (; n < 3000 && rc == EB_OK; n++) {
        rc = w->port.ops->query(w->port.venue, lw_id(EB_PURPOSE_STOP, n), 0, btc, EB_ORDER_MARKET, &err);
    }
    assert_int_equal(rc, EB_E_FULL);
    assert_true(n > 64);
    submit(w, EB_ORDER_MARKET, EB_PURPOSE_STOP, 4000); /* however much is asked, an exit finds a place */
}

static void test_fresh_price_by_request(void **state)
{
    struct link_world *w = *state;
    struct eb_err err = {0};
    assert_int_equal(w->port.ops->refresh_price(w->port.venue, btc, &err), EB_OK);
    lw_run(w, 100);
    const struct eb_ev_price *p = &lw_last(w, EB_EV_PRICE)->ev.u.price;
    assert_int_equal(p->source, EB_SRC_MARK);
    assert_true(p->from_rest);
    assert_int_equal(p->price.e8, 50000 * EB_E8);
    assert_true(p->venue_ms > 0);
    lw_forget(w);
    web_double_answer(w->d, "GET /fapi/v1/premiumIndex", 500, "", "no");
    assert_int_equal(w->port.ops->refresh_price(w->port.venue, btc, &err), EB_OK);
    lw_run(w, 10000);
    assert_int_equal(lw_count(w, EB_EV_PRICE), 0);
}

/* Where the market stream is down every position asks once a second: beyond a few, one answer about all is enough. */
static void test_many_fresh_prices_are_one_request(void **state)
{
    struct link_world *w = *state;
    struct eb_err err = {0};
    web_double_answer(w->d, "GET /fapi/v1/premiumIndex", 200, "",
                      "[{\"symbol\":\"OLDUSDT\",\"markPrice\":\"0.00\",\"time\":$NOW},"
                      "{\"symbol\":\"BTCUSDT\",\"markPrice\":\"49500.5\",\"indexPrice\":\"1\","
                      "\"lastFundingRate\":\"0.0001\",\"nextFundingTime\":0,\"time\":$NOW}]");
    size_t before = web_double_count(w->d, "GET /fapi/v1/premiumIndex");
    for (int i = 0; i < 50; i++) {
        assert_int_equal(w->port.ops->refresh_price(w->port.venue, btc, &err), EB_OK);
    }
    lw_run(w, 100);
    assert_int_equal(web_double_count(w->d, "GET /fapi/v1/premiumIndex"), before + 6);
    const struct eb_ev_price *p = &lw_last(w, EB_EV_PRICE)->ev.u.price;
    assert_int_equal(p->price.e8, INT64_C(4950050000000));
    assert_true(p->from_rest);
    size_t told = lw_count(w, EB_EV_PRICE);
    assert_int_equal(w->port.ops->refresh_price(w->port.venue, btc, &err), EB_OK); /* within the same second */
    lw_run(w, 2100);
    assert_int_equal(web_double_count(w->d, "GET /fapi/v1/premiumIndex"), before + 7);
    assert_int_equal(lw_count(w, EB_EV_PRICE), told + 1);
}

static bool told_absent(const struct link_world *w)
{
    for (size_t i = 0; i < w->events; i++) {
        if (w->event[i].ev.kind == EB_EV_ORDER && w->event[i].ev.u.order.state == EB_OS_ABSENT) {
            return true;
        }
    }
    return false;
}

/* An order that was throttled for nine seconds leaves late, and its fate is unknown: for as long as it may arrive, that
 * the exchange does not know it is no reason to send another. */
static void test_absent_is_not_told_while_it_may_arrive(void **state)
{
    struct link_world *w = *state;
    web_double_answer(w->d, ORDER, 503, "", "{\"code\":-1008,\"msg\":\"Request throttled.\"}");
    web_double_answer(w->d, "GET /fapi/v1/order", 400, "", "{\"code\":-2013,\"msg\":\"Order does not exist.\"}");
    struct eb_order_request o = submit(w, EB_ORDER_MARKET, EB_PURPOSE_STOP, 7);
    lw_run(w, 6000);
    assert_int_equal(w->port.ops->query(w->port.venue, o.client_id, 0, btc, EB_ORDER_MARKET, NULL), EB_OK);
    lw_run(w, 100);
    assert_int_equal(web_double_count(w->d, "GET /fapi/v1/order"), 1);
    assert_false(told_absent(w)); /* it waits to be sent once more */
    web_double_answer(w->d, ORDER, 502, "", "<html>Bad Gateway</html>");
    lw_run(w, 4000); /* until it left, by 9.4 s */
    assert_int_equal(last_order(w)->state, EB_OS_UNKNOWN);
    lw_run(w, 2000);
    assert_int_equal(w->port.ops->query(w->port.venue, o.client_id, 0, btc, EB_ORDER_MARKET, NULL), EB_OK);
    lw_run(w, 100);
    assert_false(told_absent(w)); /* its timestamp is good for three seconds more */
    lw_run(w, 4500);
    assert_int_equal(w->port.ops->query(w->port.venue, o.client_id, 0, btc, EB_ORDER_MARKET, NULL), EB_OK);
    lw_run(w, 100);
    assert_true(told_absent(w));
}

/* A stop that the exchange no longer knows rests no longer: the next is no renewal, and goes before targets. */
static void test_an_absent_stop_is_not_counted(void **state)
{
    struct link_world *w = *state;
    answer_algo(w, ALGO, lw_id_text(EB_PURPOSE_BACKSTOP, 1), 99, "NEW", "");
    struct eb_order_request o = submit(w, EB_ORDER_STOP_MARKET, EB_PURPOSE_BACKSTOP, 1);
    lw_run(w, 50);
    assert_int_equal(w->b->symbol[w->b->by_id[btc]].leg[EB_PS_BOTH].stops, 1);
    web_double_answer(w->d, "GET /fapi/v1/algoOrder", 400, "", "{\"code\":-2013,\"msg\":\"x\"}");
    web_double_answer(w->d, "GET /fapi/v1/order", 400, "", "{\"code\":-2013,\"msg\":\"x\"}");
    assert_int_equal(w->port.ops->query(w->port.venue, o.client_id, 99, btc, EB_ORDER_STOP_MARKET, NULL), EB_OK);
    lw_run(w, 100);
    assert_true(told_absent(w));
    assert_int_equal(w->b->symbol[w->b->by_id[btc]].leg[EB_PS_BOTH].stops, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(test_accepted),
        T(test_refused),
        T(test_unknown_is_told_once_and_never_sent_again),
        T(test_the_stream_may_be_faster_than_the_answer),
        T(test_an_answer_after_the_fill_takes_nothing_back),
        T(test_stops_have_an_endpoint_of_their_own),
        T(test_wrong_endpoint_is_a_trouble),
        T(test_mode_refusal_reads_the_mode_again),
        T(test_cancels),
        T(test_what_has_not_left_is_taken_back),
        T(test_cancels_that_fail),
        T(test_query_of_nothing_is_absent),
        T(test_query_without_an_answer_says_nothing),
        T(test_query_tells_fills_first),
        T(test_query_of_a_stop_that_triggered),
        T(test_query_finds_the_child_of_a_stop_that_is_gone),
        T(test_symbol_that_nobody_knows),
        T(test_symbol_that_only_the_engine_knows),
        T(test_too_many_calls_are_refused_before_they_are_sent),
        T(test_fresh_price_by_request),
        T(test_many_fresh_prices_are_one_request),
        T(test_absent_is_not_told_while_it_may_arrive),
        T(test_an_absent_stop_is_not_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
