/* SPDX-License-Identifier: Apache-2.0 */
/* The complete picture: all or nothing, and what the stream knows better than a read that lags. */
#include "link_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define RISK "GET /fapi/v3/positionRisk"

static int up(void **state)
{
    struct link_world *w = lw_create();
    lw_connect(w);
    lw_forget(w);
    *state = w;
    return 0;
}

static int down(void **state)
{
    lw_destroy(*state);
    return 0;
}

static void ask(struct link_world *w)
{
    struct eb_err err = {0};
    assert_int_equal(w->port.ops->snapshot(w->port.venue, &err), EB_OK);
}

static void rows(struct link_world *w, const char *row)
{
    char body[2048];
    (void)snprintf(body, sizeof(body), "[%s]", row);
    web_double_answer(w->d, RISK, 200, "", body);
}

static void test_empty(void **state)
{
    struct link_world *w = *state;
    ask(w);
    lw_run(w, 200);
    assert_int_equal(w->events, 2);
    assert_int_equal(w->event[0].ev.kind, EB_EV_SNAPSHOT_BEGIN);
    assert_int_equal(w->event[1].ev.kind, EB_EV_SNAPSHOT_END);
}

/* A position that nobody has heard of opening; its symbol and bars come before the picture. */
static void test_first_picture(void **state)
{
    struct link_world *w = *state;
    rows(w, lw_position_row("ETHUSDT", "BOTH", "-0.5", "3000.123", "3300", 1699999990000));
    web_double_answer(
        w->d, "GET /fapi/v1/openOrders", 200, "",
        "[{\"avgPrice\":\"0\",\"clientOrderId\":\"web_1\",\"cumQuote\":\"0\",\"executedQty\":\"0\",\"orderId\":17,"
        "\"origQty\":\"0.4\",\"origType\":\"LIMIT\",\"price\":\"2900\",\"reduceOnly\":true,\"side\":\"BUY\","
        "\"positionSide\":\"BOTH\",\"status\":\"NEW\",\"stopPrice\":\"0\",\"closePosition\":false,\"symbol\":"
        "\"ETHUSDT\","
        "\"time\":1,\"timeInForce\":\"GTC\",\"type\":\"LIMIT\",\"updateTime\":1,\"workingType\":\"CONTRACT_PRICE\","
        "\"priceProtect\":false}]");
    char algo[1024];
    (void)snprintf(algo, sizeof(algo),
                   "[{\"algoId\":88,\"clientAlgoId\":\"%s\",\"algoType\":\"CONDITIONAL\",\"orderType\":\"STOP_MARKET\","
                   "\"symbol\":\"ETHUSDT\",\"side\":\"BUY\",\"positionSide\":\"BOTH\",\"timeInForce\":\"GTC\","
                   "\"quantity\":\"0\",\"algoStatus\":\"NEW\",\"actualOrderId\":\"\",\"actualPrice\":\"0\","
                   "\"triggerPrice\":\"3100\",\"price\":\"0\",\"workingType\":\"MARK_PRICE\",\"closePosition\":true,"
                   "\"priceProtect\":false,\"reduceOnly\":false,\"createTime\":1,\"updateTime\":1,\"triggerTime\":0}]",
                   lw_id_text(EB_PURPOSE_BACKSTOP, 1));
    web_double_answer(w->d, "GET /fapi/v1/openAlgoOrders", 200, "", algo);
    ask(w);
    lw_run(w, 500);
    assert_int_equal(w->event[0].ev.kind, EB_EV_INSTRUMENT);
    size_t begin = 0;
    while (begin < w->events && w->event[begin].ev.kind != EB_EV_SNAPSHOT_BEGIN) {
        begin++;
    }
    assert_int_equal(lw_count(w, EB_EV_BAR), 3);
    assert_true(begin >= 4);
    assert_int_equal(w->event[begin + 1].ev.kind, EB_EV_POSITION);
    const struct eb_ev_position *p = &w->event[begin + 1].position;
    assert_int_equal(p->side, EB_SHORT);
    assert_int_equal(p->qty.e8, EB_E8 / 2);
    assert_int_equal(p->entry.e8, 3000 * EB_E8 + 12300000);
    assert_int_equal(p->liquidation.e8, 3300 * EB_E8);
    assert_int_equal(p->leverage_ppm, 10 * EB_PPM);
    assert_int_equal(p->venue_ms, INT64_C(1699999990000));
    assert_true(p->adopted);
    const struct eb_ev_open_order *foreign = &w->event[begin + 2].ev.u.open_order;
    assert_int_equal(foreign->client_id.instance, 0);
    assert_int_equal(foreign->venue_order_id, 17);
    assert_int_equal(foreign->type, EB_ORDER_LIMIT_GTC);
    const struct eb_ev_open_order *ours = &w->event[begin + 3].ev.u.open_order;
    assert_int_equal(ours->client_id.instance, 7);
    assert_int_equal(ours->type, EB_ORDER_STOP_MARKET);
    assert_int_equal(ours->state, EB_OS_NEW);
    assert_true(ours->close_position);
    assert_int_equal(ours->trigger.e8, 3100 * EB_E8);
    assert_int_equal(w->event[begin + 4].ev.kind, EB_EV_SNAPSHOT_END);
}

static void test_any_part_that_fails_fails_all(void **state)
{
    static const char *const part[] = {RISK, "GET /fapi/v1/openOrders", "GET /fapi/v1/openAlgoOrders"};
    struct link_world *w = *state;
    for (size_t i = 0; i < EB_COUNT(part); i++) {
        web_double_once(w->d, part[i], EB_WEB_ANSWERED, 400, "", "{\"code\":-1100,\"msg\":\"x\"}");
        ask(w);
        lw_run(w, 20000);
        web_double_once(w->d, part[i], EB_WEB_ANSWERED, 200, "", "[{\"symbol\":\"BTCUSDT\"");
        ask(w);
        lw_run(w, 20000);
    }
    assert_int_equal(lw_count(w, EB_EV_SNAPSHOT_FAILED), 6);
    assert_int_equal(lw_count(w, EB_EV_SNAPSHOT_BEGIN), 0);
    assert_int_equal(lw_count(w, EB_EV_SNAPSHOT_END), 0);
    ask(w);
    lw_run(w, 200);
    assert_int_equal(lw_count(w, EB_EV_SNAPSHOT_END), 1);
}

static const struct eb_ev_position *in_picture(struct link_world *w)
{
    bool inside = false;
    const struct eb_ev_position *found = NULL;
    for (size_t i = 0; i < w->events; i++) {
        inside = w->event[i].ev.kind == EB_EV_SNAPSHOT_BEGIN || (inside && w->event[i].ev.kind != EB_EV_SNAPSHOT_END);
        found = inside && w->event[i].ev.kind == EB_EV_POSITION ? &w->event[i].position : found;
    }
    return found;
}

/* The read shows the position before the stream's last event. */
static void test_older_row_gives_way_to_the_stream(void **state)
{
    struct link_world *w = *state;
    rows(w, lw_position_row("BTCUSDT", "BOTH", "1", "50000", "40000", 1700000006000));
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000006000));
    lw_run(w, 2000);
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "0.4", "50000", 1700000008000));
    lw_run(w, 10000);
    lw_forget(w);
    ask(w);
    lw_run(w, 200);
    const struct eb_ev_position *p = in_picture(w);
    assert_non_null(p);
    assert_int_equal(p->qty.e8, 4 * EB_E8 / 10);
    assert_int_equal(p->venue_ms, INT64_C(1700000008000));
    assert_false(p->adopted && p->opened_ms != 0);
}

static void test_closed_by_the_stream_is_not_opened_by_a_read(void **state)
{
    struct link_world *w = *state;
    rows(w, lw_position_row("BTCUSDT", "BOTH", "1", "50000", "40000", 1700000006000));
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000006000));
    lw_run(w, 2000);
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "0", "0", 1700000008000));
    ask(w);
    lw_run(w, 200);
    assert_int_equal(lw_count(w, EB_EV_SNAPSHOT_END), 1);
    assert_null(in_picture(w));
}

/* The stream has opened it a moment ago, and the read does not have it yet: it is not flat. */
static void test_opened_by_the_stream_is_not_closed_by_a_read(void **state)
{
    struct link_world *w = *state;
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000006000));
    ask(w);
    lw_run(w, 2000);
    assert_int_equal(lw_count(w, EB_EV_SNAPSHOT_END), 1);
    assert_non_null(in_picture(w));
    lw_run(w, 5000); /* but not for ever */
    lw_forget(w);
    ask(w);
    lw_run(w, 2000);
    assert_int_equal(lw_count(w, EB_EV_SNAPSHOT_END), 1);
    assert_null(in_picture(w));
}

static void test_newer_row_is_believed(void **state)
{
    struct link_world *w = *state;
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000006000));
    lw_run(w, 2000);
    rows(w, lw_position_row("BTCUSDT", "BOTH", "-2", "51000", "60000", 1700000009000));
    ask(w);
    lw_run(w, 2000);
    assert_int_equal(in_picture(w)->side, EB_SHORT);
    assert_int_equal(in_picture(w)->qty.e8, 2 * EB_E8);
    lw_forget(w);
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "0.5", "50000", 1700000008000)); /* late */
    assert_int_equal(lw_count(w, EB_EV_POSITION), 0);
}

/* What opens while everything is watched is not adopted; what was missed in a gap is. */
static void test_who_saw_it_open(void **state)
{
    struct link_world *w = *state;
    ask(w);
    lw_run(w, 200);
    lw_user(w, lw_account_update("SOLUSDT", "BOTH", "3", "150", 1700000007000));
    lw_run(w, 3000);
    assert_false(lw_last(w, EB_EV_POSITION)->position.adopted);
    assert_int_equal(lw_last(w, EB_EV_POSITION)->position.opened_ms, INT64_C(1700000007000));
    web_double_drop(web_double_socket(w->d, "/private"), 1006);
    lw_run(w, 10000);
    assert_int_equal(w->gaps, 1);
    rows(w, lw_position_row("ETHUSDT", "BOTH", "1", "3000", "2000", 1700000016000));
    ask(w);
    lw_run(w, 3000);
    assert_true(in_picture(w)->adopted);
}

static void test_one_at_a_time(void **state)
{
    struct link_world *w = *state;
    struct eb_err err = {0};
    for (int i = 0; i < 5; i++) {
        ask(w);
    }
    assert_int_equal(w->port.ops->snapshot(w->port.venue, &err), EB_E_FULL);
    lw_run(w, 2000);
    assert_int_equal(lw_count(w, EB_EV_SNAPSHOT_END), 5);
    for (size_t i = 0; i < w->events; i++) {
        assert_int_equal(w->event[i].ev.kind, i % 2 == 0 ? EB_EV_SNAPSHOT_BEGIN : EB_EV_SNAPSHOT_END);
    }
}

/* Nothing can be done for it, and nobody is to think that something is. */
static void test_a_position_that_no_list_has_is_told(void **state)
{
    struct link_world *w = *state;
    char rows[2048];
    (void)snprintf(rows, sizeof(rows), "[%s]",
                   lw_position_row("BTCUSD_PERP", "BOTH", "1", "50000", "0", 1700000009000));
    web_double_answer(w->d, "GET /fapi/v3/positionRisk", 200, "", rows);
    assert_int_equal(w->port.ops->snapshot(w->port.venue, NULL), EB_OK);
    lw_run(w, 3000);
    assert_true(lw_trouble(w, "+position.unlisted BTCUSD_PERP"));
    assert_int_equal(lw_count(w, EB_EV_SNAPSHOT_END), 1);
    unsigned troubles = w->troubles;
    assert_int_equal(w->port.ops->snapshot(w->port.venue, NULL), EB_OK);
    lw_run(w, 3000);
    assert_int_equal(w->troubles, troubles); /* once */
    web_double_answer(w->d, "GET /fapi/v3/positionRisk", 200, "", "[]");
    assert_int_equal(w->port.ops->snapshot(w->port.venue, NULL), EB_OK);
    lw_run(w, 3000);
    assert_true(lw_trouble(w, "-position.unlisted BTCUSD_PERP"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(test_empty),
        T(test_first_picture),
        T(test_a_position_that_no_list_has_is_told),
        T(test_any_part_that_fails_fails_all),
        T(test_older_row_gives_way_to_the_stream),
        T(test_closed_by_the_stream_is_not_opened_by_a_read),
        T(test_opened_by_the_stream_is_not_closed_by_a_read),
        T(test_newer_row_is_believed),
        T(test_who_saw_it_open),
        T(test_one_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
