/* SPDX-License-Identifier: Apache-2.0 */
/* What the user stream says of orders: fills, states that only move forward, conditional orders with their child. */
#include "link_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int up(void **state)
{
    struct link_world *w = lw_create();
    lw_connect(w);
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000005500));
    lw_run(w, 2000); /* introduced, and no longer held */
    lw_forget(w);
    *state = w;
    return 0;
}

static int down(void **state)
{
    lw_destroy(*state);
    return 0;
}

static const struct eb_ev_order *order_at(struct link_world *w, size_t n)
{
    return &lw_nth(w, EB_EV_ORDER, n)->ev.u.order;
}

static void say(struct link_world *w, uint32_t attempt, const char *execution, const char *status, const char *last,
                const char *filled, uint64_t trade)
{
    lw_user(w, lw_order_update("BTCUSDT", lw_id_text(EB_PURPOSE_STOP, attempt), 4700 + attempt, execution, status, last,
                               filled, trade));
}

static void test_a_life(void **state)
{
    struct link_world *w = *state;
    say(w, 1, "NEW", "NEW", "0", "0", 0);
    say(w, 1, "TRADE", "PARTIALLY_FILLED", "0.04", "0.04", 11);
    say(w, 1, "TRADE", "FILLED", "0.06", "0.1", 12);
    assert_int_equal(w->events, 5);
    assert_int_equal(w->event[0].ev.u.order.state, EB_OS_NEW);
    assert_int_equal(w->event[1].ev.kind, EB_EV_FILL);
    assert_int_equal(w->event[2].ev.u.order.state, EB_OS_PARTIAL);
    assert_int_equal(w->event[3].ev.u.fill.trade_id, 12);
    assert_int_equal(w->event[3].ev.u.fill.qty.e8, 6 * EB_E8 / 100);
    assert_int_equal(w->event[3].ev.u.fill.fee.e8, EB_E8 / 5);
    assert_int_equal(w->event[3].ev.u.fill.venue_order_id, 4701);
    assert_int_equal(w->event[4].ev.u.order.state, EB_OS_FILLED);
    assert_int_equal(w->event[4].ev.u.order.filled.e8, EB_E8 / 10);
}

/* Twice, late, out of order: states never move back. */
static void test_states_only_move_forward(void **state)
{
    struct link_world *w = *state;
    say(w, 1, "TRADE", "FILLED", "0.1", "0.1", 11);
    assert_int_equal(lw_count(w, EB_EV_ORDER), 1);
    say(w, 1, "NEW", "NEW", "0", "0", 0);
    say(w, 1, "TRADE", "PARTIALLY_FILLED", "0.04", "0.04", 10);
    say(w, 1, "TRADE", "FILLED", "0.1", "0.1", 11);
    assert_int_equal(lw_count(w, EB_EV_ORDER), 1);
    assert_int_equal(lw_count(w, EB_EV_FILL), 3); /* twice is one to the engine, which knows trades by their ids */
}

/* A state that counts fills which no event has told: they are read first. */
static void test_lost_fills_are_read(void **state)
{
    struct link_world *w = *state;
    char body[1024];
    (void)snprintf(body, sizeof(body),
                   "[{\"commission\":\"0.2\",\"commissionAsset\":\"USDT\",\"id\":11,\"maker\":false,\"orderId\":4701,"
                   "\"price\":\"49990\",\"qty\":\"0.04\",\"side\":\"SELL\",\"positionSide\":\"BOTH\",\"symbol\":"
                   "\"BTCUSDT\",\"time\":1700000006000},{\"commission\":\"0.2\",\"commissionAsset\":\"USDT\",\"id\":12,"
                   "\"maker\":false,\"orderId\":4701,\"price\":\"49990\",\"qty\":\"0.06\",\"side\":\"SELL\","
                   "\"positionSide\":\"BOTH\",\"symbol\":\"BTCUSDT\",\"time\":1700000006000}]");
    web_double_answer(w->d, "GET /fapi/v1/userTrades", 200, "", body);
    say(w, 1, "TRADE", "FILLED", "0.06", "0.1", 12);
    assert_int_equal(lw_count(w, EB_EV_ORDER), 0);
    lw_run(w, 200);
    assert_int_equal(lw_count(w, EB_EV_FILL), 3);
    assert_int_equal(lw_count(w, EB_EV_ORDER), 1);
    assert_int_equal(order_at(w, 0)->state, EB_OS_FILLED);
    assert_false(order_at(w, 0)->from_query);
    assert_int_equal(w->event[w->events - 1].ev.kind, EB_EV_ORDER);
}

static void test_lost_fills_that_cannot_be_read_do_not_hide_the_end(void **state)
{
    struct link_world *w = *state;
    web_double_answer(w->d, "GET /fapi/v1/userTrades", 400, "", "{\"code\":-1100,\"msg\":\"x\"}");
    say(w, 1, "TRADE", "FILLED", "0.06", "0.1", 12);
    lw_run(w, 1000);
    assert_int_equal(order_at(w, 0)->state, EB_OS_FILLED);
}

static void test_orders_of_others(void **state)
{
    struct link_world *w = *state;
    lw_user(w, lw_order_update("BTCUSDT", "web_abc", 99, "TRADE", "FILLED", "0.5", "0.5", 30));
    assert_int_equal(lw_count(w, EB_EV_ORDER), 0);
    const struct eb_ev_fill *f = &lw_last(w, EB_EV_FILL)->ev.u.fill;
    assert_int_equal(f->client_id.instance, 0);
    assert_false(f->liquidation);
    lw_user(w, lw_order_update("BTCUSDT", "autoclose-1234", 100, "TRADE", "FILLED", "0.5", "0.5", 31));
    assert_true(lw_last(w, EB_EV_FILL)->ev.u.fill.liquidation);
    lw_user(w, lw_order_update("BTCUSDT", "adl_autoclose", 101, "TRADE", "FILLED", "0.5", "0.5", 32));
    assert_true(lw_last(w, EB_EV_FILL)->ev.u.fill.liquidation);
}

static void test_symbols_that_are_not_listed_are_dropped(void **state)
{
    struct link_world *w = *state;
    size_t before = web_double_count(w->d, "GET /fapi/v1/exchangeInfo");
    for (int i = 0; i < 10; i++) {
        lw_user(w, lw_order_update("BTCUSD_PERP", "web_abc", 99, "TRADE", "FILLED", "0.5", "0.5", 30));
        lw_user(w, lw_account_update("BTCUSD_PERP", "BOTH", "3", "50000", 1700000006000));
        lw_run(w, 2000);
    }
    assert_int_equal(lw_count(w, EB_EV_FILL), 0);
    assert_int_equal(lw_count(w, EB_EV_POSITION), 0);
    assert_int_equal(web_double_count(w->d, "GET /fapi/v1/exchangeInfo"), before + 1); /* once for the name */
    assert_int_equal(w->gaps, 0);
}

static void algo(struct link_world *w, const char *status, const char *child, const char *filled)
{
    lw_user(w, lw_algo_update("BTCUSDT", lw_id_text(EB_PURPOSE_BACKSTOP, 1), 88, status, child, filled));
}

static void child(struct link_world *w, const char *client, const char *execution, const char *status, const char *last,
                  const char *filled, uint64_t trade)
{
    lw_user(w, lw_order_update("BTCUSDT", client, 4711, execution, status, last, filled, trade));
}

static void test_a_stop_and_its_child(void **state)
{
    struct link_world *w = *state;
    const char *text = lw_id_text(EB_PURPOSE_BACKSTOP, 1);
    algo(w, "NEW", "", "");
    algo(w, "TRIGGERING", "", "");
    child(w, text, "NEW", "NEW", "0", "0", 0);
    algo(w, "TRIGGERED", "4711", "");
    child(w, text, "TRADE", "FILLED", "0.1", "0.1", 40);
    algo(w, "FINISHED", "4711", "0.1");
    static const uint8_t want[] = {EB_OS_NEW, EB_OS_TRIGGERING, EB_OS_TRIGGERED, EB_OS_FILLED};
    assert_int_equal(lw_count(w, EB_EV_ORDER), EB_COUNT(want));
    eb_client_id id = lw_id(EB_PURPOSE_BACKSTOP, 1);
    for (size_t i = 0; i < EB_COUNT(want); i++) {
        const struct eb_ev_order *t = order_at(w, EB_COUNT(want) - 1 - i);
        assert_int_equal(t->state, want[i]);
        assert_int_equal(t->venue_order_id, 88);
        assert_memory_equal(&t->client_id, &id, sizeof(id));
    }
    const struct eb_ev_fill *f = &lw_last(w, EB_EV_FILL)->ev.u.fill;
    assert_memory_equal(&f->client_id, &id, sizeof(id));
    assert_int_equal(f->venue_order_id, 4711);
}

/* The child carries another client id, but the conditional order has named it before. */
static void test_child_known_by_its_number(void **state)
{
    struct link_world *w = *state;
    algo(w, "NEW", "", "");
    algo(w, "TRIGGERED", "4711", "");
    child(w, "somethingElse", "TRADE", "FILLED", "0.1", "0.1", 40);
    eb_client_id id = lw_id(EB_PURPOSE_BACKSTOP, 1);
    assert_memory_equal(&lw_last(w, EB_EV_FILL)->ev.u.fill.client_id, &id, sizeof(id));
    assert_int_equal(order_at(w, 0)->state, EB_OS_FILLED);
}

/* A fill before anything was heard of the trigger. */
static void test_child_first(void **state)
{
    struct link_world *w = *state;
    algo(w, "NEW", "", "");
    child(w, lw_id_text(EB_PURPOSE_BACKSTOP, 1), "TRADE", "FILLED", "0.1", "0.1", 40);
    assert_int_equal(order_at(w, 0)->state, EB_OS_FILLED);
    algo(w, "TRIGGERED", "4711", "");
    algo(w, "FINISHED", "4711", "0.1");
    assert_int_equal(lw_count(w, EB_EV_ORDER), 2);
    assert_int_equal(web_double_count(w->d, "GET /fapi/v1/order"), 0);
}

/* FINISHED while nothing was heard of the child: it is asked, whatever the event says of quantities. */
static void test_finished_without_its_child(void **state)
{
    struct link_world *w = *state;
    char body[1024];
    algo(w, "NEW", "", "");
    (void)snprintf(
        body, sizeof(body),
        "{\"avgPrice\":\"48990\",\"clientOrderId\":\"%s\",\"executedQty\":\"0.1\",\"orderId\":4711,"
        "\"origQty\":\"0.1\",\"price\":\"0\",\"side\":\"SELL\",\"positionSide\":\"BOTH\",\"status\":\"FILLED\","
        "\"symbol\":\"BTCUSDT\",\"timeInForce\":\"GTC\",\"type\":\"MARKET\",\"updateTime\":1700000006000}",
        lw_id_text(EB_PURPOSE_BACKSTOP, 1));
    web_double_answer(w->d, "GET /fapi/v1/order", 200, "", body);
    web_double_answer(
        w->d, "GET /fapi/v1/userTrades", 200, "",
        "[{\"commission\":\"0.2\",\"commissionAsset\":\"USDT\",\"id\":50,\"maker\":false,\"orderId\":4711,"
        "\"price\":\"48990\",\"qty\":\"0.1\",\"side\":\"SELL\",\"positionSide\":\"BOTH\",\"symbol\":"
        "\"BTCUSDT\",\"time\":1700000006000}]");
    algo(w, "FINISHED", "4711", "");
    assert_int_equal(lw_count(w, EB_EV_ORDER), 1);
    lw_run(w, 300);
    assert_int_equal(order_at(w, 0)->state, EB_OS_FILLED);
    assert_int_equal(order_at(w, 0)->filled.e8, EB_E8 / 10);
    assert_int_equal(lw_last(w, EB_EV_FILL)->ev.u.fill.trade_id, 50);
}

static void test_ends_of_stops_that_never_triggered(void **state)
{
    struct link_world *w = *state;
    algo(w, "NEW", "", "");
    algo(w, "CANCELED", "", "");
    assert_int_equal(order_at(w, 0)->state, EB_OS_CANCELED);
    lw_user(w, lw_algo_update("BTCUSDT", lw_id_text(EB_PURPOSE_BRIDGE, 2), 89, "EXPIRED", "", ""));
    assert_int_equal(order_at(w, 0)->state, EB_OS_EXPIRED);
    lw_user(w, lw_algo_update("BTCUSDT", lw_id_text(EB_PURPOSE_BRIDGE, 3), 90, "REJECTED", "", ""));
    assert_int_equal(order_at(w, 0)->state, EB_OS_REJECTED);
    assert_int_equal(order_at(w, 0)->reject, EB_REJ_ALARM);
}

/* More orders than are remembered: the oldest closed ones are forgotten, an open one is not. */
static void test_the_table_is_bounded(void **state)
{
    struct link_world *w = *state;
    algo(w, "NEW", "", "");
    for (uint32_t i = 0; i < BN_ORDERS_MAX + 100; i++) {
        say(w, i, "NEW", "NEW", "0", "0", 0);
        say(w, i, "CANCELED", "CANCELED", "0", "0", 0);
        lw_forget(w);
    }
    assert_true(w->b->orders.count <= BN_ORDERS_MAX);
    child(w, "somethingElse", "NEW", "NEW", "0", "0", 0);
    algo(w, "TRIGGERED", "4712", "");
    assert_int_equal(order_at(w, 0)->state, EB_OS_TRIGGERED);
    assert_int_equal(order_at(w, 0)->venue_order_id, 88);
    assert_non_null(bn_record_by_id(w->b, lw_id(EB_PURPOSE_BACKSTOP, 1)));
    assert_null(bn_record_by_id(w->b, lw_id(EB_PURPOSE_STOP, 1)));
}

static void test_stops_that_rest_are_counted(void **state)
{
    struct link_world *w = *state;
    const struct bn_leg *leg = &bn_symbol_find(w->b, "BTCUSDT")->leg[EB_PS_BOTH];
    assert_int_equal(leg->stops, 0);
    algo(w, "NEW", "", "");
    algo(w, "NEW", "", "");
    assert_int_equal(leg->stops, 1);
    algo(w, "TRIGGERING", "", "");
    assert_int_equal(leg->stops, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(test_a_life),
        T(test_states_only_move_forward),
        T(test_lost_fills_are_read),
        T(test_lost_fills_that_cannot_be_read_do_not_hide_the_end),
        T(test_orders_of_others),
        T(test_symbols_that_are_not_listed_are_dropped),
        T(test_a_stop_and_its_child),
        T(test_child_known_by_its_number),
        T(test_child_first),
        T(test_finished_without_its_child),
        T(test_ends_of_stops_that_never_triggered),
        T(test_the_table_is_bounded),
        T(test_stops_that_rest_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
