/* SPDX-License-Identifier: Apache-2.0 */
/* Trades that were missed: pages, whose orders they were, and whether this is the exchange that the journal knows. */
#include "link_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TRADES "GET /fapi/v1/userTrades"

static int up(void **state)
{
    struct link_world *w = lw_create();
    (void)snprintf(w->name[w->given++], sizeof(w->name[0]), "ETHUSDT"); /* of the journal */
    lw_connect(w);
    web_double_answer(w->d, "GET /fapi/v1/order", 400, "", "{\"code\":-2013,\"msg\":\"Order does not exist.\"}");
    lw_forget(w);
    *state = w;
    return 0;
}

static int down(void **state)
{
    lw_destroy(*state);
    return 0;
}

/* Trades first .. last, each of an order of its own number. */
static void answer(struct link_world *w, unsigned first, unsigned last, bool once)
{
    static char body[1 << 18];
    size_t used = (size_t)snprintf(body, sizeof(body), "[");
    for (unsigned id = first; id <= last && first > 0; id++) {
        used += (size_t)snprintf(body + used, sizeof(body) - used,
                                 "%s{\"commission\":\"0.1\",\"commissionAsset\":\"USDT\",\"id\":%u,\"maker\":false,"
                                 "\"orderId\":%u,\"price\":\"3000\",\"qty\":\"0.1\",\"side\":\"SELL\",\"positionSide\":"
                                 "\"BOTH\",\"symbol\":\"ETHUSDT\",\"time\":1700000001000}",
                                 id == first ? "" : ",", id, 500 + id / 100);
    }
    (void)snprintf(body + used, sizeof(body) - used, "]");
    if (once) {
        web_double_once(w->d, TRADES, EB_WEB_ANSWERED, 200, "", body);
    } else {
        web_double_answer(w->d, TRADES, 200, "", body);
    }
}

static void ask(struct link_world *w, uint64_t after)
{
    assert_int_equal(w->link.ops->ask_trades(w->link.link, 0, after), EB_OK);
    for (int i = 0; i < 100 && w->trades_told == 0; i++) {
        lw_run(w, 50);
    }
    assert_int_equal(w->trades_told, 1);
    assert_int_equal(w->trades[0].symbol, 0);
    assert_int_equal(w->trades[0].after, after);
}

static void test_introduces_what_only_the_engine_knows(void **state)
{
    struct link_world *w = *state;
    ask(w, 0);
    assert_string_equal(lw_last(w, EB_EV_INSTRUMENT)->instrument.symbol, "ETHUSDT");
    assert_int_equal(w->trades[0].oldest, 0);
    assert_int_equal(w->trades[0].newest, 0);
    assert_int_equal(w->link.ops->ask_trades(w->link.link, 7, 0), EB_E_NOT_FOUND);
}

static void test_since_one_that_is_known(void **state)
{
    struct link_world *w = *state;
    char value[32];
    answer(w, 10, 13, false);
    ask(w, 10);
    assert_true(web_double_param(web_double_last(w->d, TRADES, 0), "fromId", value, sizeof(value)));
    assert_string_equal(value, "10"); /* itself included: that it is there is the proof */
    assert_int_equal(lw_count(w, EB_EV_FILL), 3);
    assert_int_equal(lw_nth(w, EB_EV_FILL, 2)->ev.u.fill.trade_id, 11);
    assert_int_equal(lw_last(w, EB_EV_FILL)->ev.u.fill.trade_id, 13);
    assert_int_equal(w->trades[0].oldest, 10);
    assert_int_equal(w->trades[0].newest, 13);
}

static void test_several_pages(void **state)
{
    struct link_world *w = *state;
    answer(w, 10, 1009, true);
    answer(w, 1010, 1020, true);
    ask(w, 10);
    assert_int_equal(lw_count(w, EB_EV_FILL), 1010);
    assert_int_equal(w->trades[0].oldest, 10);
    assert_int_equal(w->trades[0].newest, 1020);
}

/* The exchange knows later trades and not that one: it has forgotten, or is another. */
static void test_known_one_is_gone(void **state)
{
    struct link_world *w = *state;
    answer(w, 20, 21, false);
    ask(w, 10);
    assert_int_equal(w->trades[0].oldest, 20);
    assert_int_equal(w->trades[0].newest, 21);
}

/* Its latest trades are older than what is remembered: it is another one. */
static void test_another_exchange(void **state)
{
    struct link_world *w = *state;
    answer(w, 0, 0, true);
    answer(w, 3, 5, true);
    ask(w, 10);
    assert_int_equal(w->trades[0].newest, 5);
    assert_int_equal(lw_count(w, EB_EV_FILL), 0);
}

/* Nothing lately, and the last one is too long ago to be told: that is no contradiction. */
static void test_long_ago(void **state)
{
    struct link_world *w = *state;
    ask(w, 10);
    assert_int_equal(w->trades[0].oldest, 10);
    assert_int_equal(w->trades[0].newest, 10);
}

static void test_whose_order_it_was(void **state)
{
    struct link_world *w = *state;
    char body[1024];
    (void)snprintf(
        body, sizeof(body),
        "{\"avgPrice\":\"3000\",\"clientOrderId\":\"%s\",\"executedQty\":\"0.2\",\"orderId\":500,\"origQty\":"
        "\"0.2\",\"price\":\"0\",\"side\":\"SELL\",\"positionSide\":\"BOTH\",\"status\":\"FILLED\",\"symbol\":"
        "\"ETHUSDT\",\"timeInForce\":\"GTC\",\"type\":\"MARKET\",\"updateTime\":1700000001000}",
        lw_id_text(EB_PURPOSE_STOP, 4));
    web_double_answer(w->d, "GET /fapi/v1/order", 200, "", body);
    answer(w, 10, 12, false);
    ask(w, 10);
    eb_client_id id = lw_id(EB_PURPOSE_STOP, 4);
    assert_memory_equal(&lw_last(w, EB_EV_FILL)->ev.u.fill.client_id, &id, sizeof(id));
    assert_int_equal(web_double_count(w->d, "GET /fapi/v1/order"), 1); /* one order, asked once */
}

static void test_liquidated_meanwhile(void **state)
{
    struct link_world *w = *state;
    web_double_answer(
        w->d, "GET /fapi/v1/order", 200, "",
        "{\"avgPrice\":\"3000\",\"clientOrderId\":\"autoclose-17\",\"executedQty\":\"0.1\",\"orderId\":500,"
        "\"origQty\":\"0.1\",\"price\":\"0\",\"side\":\"SELL\",\"positionSide\":\"BOTH\",\"status\":"
        "\"FILLED\",\"symbol\":\"ETHUSDT\",\"timeInForce\":\"IOC\",\"type\":\"LIMIT\",\"updateTime\":1}");
    answer(w, 11, 11, false);
    ask(w, 0);
    assert_true(lw_last(w, EB_EV_FILL)->ev.u.fill.liquidation);
    assert_int_equal(lw_last(w, EB_EV_FILL)->ev.u.fill.client_id.instance, 0);
}

static void test_unread_trades_are_asked_again(void **state)
{
    struct link_world *w = *state;
    web_double_once(w->d, TRADES, EB_WEB_ANSWERED, 200, "", "[{\"id\":");
    answer(w, 10, 11, false);
    ask(w, 10);
    assert_int_equal(lw_count(w, EB_EV_FILL), 1);
}

static void test_refused_for_good_does_not_hold_up_the_rest(void **state)
{
    struct link_world *w = *state;
    web_double_answer(w->d, TRADES, 400, "", "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}");
    ask(w, 10);
    assert_true(lw_trouble(w, "+trades.unread ETHUSDT"));
    assert_int_equal(w->trades[0].newest, 10);
    answer(w, 10, 11, false);
    w->trades_told = 0;
    ask(w, 10);
    assert_true(lw_trouble(w, "-trades.unread ETHUSDT"));
    web_double_once(w->d, TRADES, EB_WEB_ANSWERED, 400, "", "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}");
    unsigned troubles = w->troubles;
    w->trades_told = 0;
    ask(w, 10); /* the refusals of before count no more */
    assert_int_equal(w->troubles, troubles);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(test_introduces_what_only_the_engine_knows),
        T(test_since_one_that_is_known),
        T(test_several_pages),
        T(test_known_one_is_gone),
        T(test_another_exchange),
        T(test_long_ago),
        T(test_whose_order_it_was),
        T(test_liquidated_meanwhile),
        T(test_unread_trades_are_asked_again),
        T(test_refused_for_good_does_not_hold_up_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
