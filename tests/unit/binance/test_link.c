/* SPDX-License-Identifier: Apache-2.0 */
/* The beginning of a connection and its end: what is read, what is told in which order, and what each failure says. */
#include "link_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int up(void **state)
{
    *state = lw_create();
    return 0;
}

static int down(void **state)
{
    lw_destroy(*state);
    return 0;
}

static void test_empty_account_is_ready(void **state)
{
    struct link_world *w = *state;
    lw_connect(w);
    assert_int_equal(w->hellos, 1);
    assert_int_equal(w->readies, 1);
    assert_string_equal(w->hello.account, "test");
    assert_true(w->hello.can_trade);
    assert_false(w->hello.settled);
    assert_false(w->hello.lockstep);
    assert_int_equal(w->hello.speed_ppm, EB_PPM);
    int64_t off = w->hello.now_ms - web_double_server_ms(w->d);
    assert_true(off > -5000 && off < 200);
    assert_true(w->link.ops->connected(w->link.link));
    assert_int_equal(w->symbols, 0); /* nothing of the account concerns any symbol */
    const struct eb_ev_account *a = &lw_last(w, EB_EV_ACCOUNT)->ev.u.account;
    assert_int_equal(a->balance.e8, 1000 * EB_E8 + EB_E8 / 2);
    assert_false(a->hedge);
}

/* INSTRUMENT, bars and funding of what the account holds come before ready, ACCOUNT last; nothing of others. */
static void test_held_symbol_comes_with_bars(void **state)
{
    struct link_world *w = *state;
    char rows[2048];
    (void)snprintf(rows, sizeof(rows), "[%s]",
                   lw_position_row("ETHUSDT", "BOTH", "-0.5", "3000", "3300", 1699999990000));
    web_double_answer(w->d, "GET /fapi/v3/positionRisk", 200, "", rows);
    lw_connect(w);
    assert_int_equal(w->symbols, 1);
    assert_string_equal(w->name[0], "ETHUSDT");
    const struct eb_ev_instrument *i = &lw_last(w, EB_EV_INSTRUMENT)->instrument;
    assert_string_equal(i->symbol, "ETHUSDT");
    assert_int_equal(i->tick.e8, EB_E8 / 10);
    assert_int_equal(i->maintenance_ppm, 5000);
    assert_true(i->trading);
    assert_int_equal(lw_count(w, EB_EV_BAR), 3); /* the fourth has not closed */
    assert_int_equal(lw_nth(w, EB_EV_BAR, 2)->ev.u.bar.open_ms, INT64_C(1699999800000));
    assert_int_equal(lw_last(w, EB_EV_BAR)->ev.u.bar.open_ms, INT64_C(1699999920000));
    assert_int_equal(lw_last(w, EB_EV_BAR)->ev.u.bar.length_ms, 60000);
    assert_int_equal(lw_count(w, EB_EV_FUNDING), 1);
    assert_int_equal(w->event[0].ev.kind, EB_EV_INSTRUMENT);
    assert_int_equal(w->event[w->events - 1].ev.kind, EB_EV_ACCOUNT);
    assert_int_equal(lw_count(w, EB_EV_POSITION), 0); /* the picture tells it */
}

static void test_bars_that_do_not_come_hold_ready_so_long(void **state)
{
    struct link_world *w = *state;
    char rows[2048];
    (void)snprintf(rows, sizeof(rows), "[%s]", lw_position_row("BTCUSDT", "BOTH", "1", "50000", "0", 1699999990000));
    web_double_answer(w->d, "GET /fapi/v3/positionRisk", 200, "", rows);
    web_double_silent(w->d, "GET /fapi/v1/klines");
    int64_t before = w->d->now_ns;
    lw_connect(w);
    int64_t took_ms = (w->d->now_ns - before) / 1000000;
    assert_true(took_ms >= 1500 && took_ms < 2500);
    assert_int_equal(lw_count(w, EB_EV_BAR), 0);
}

/* Each read that fails ends it, names itself and says what to do: an error is never an empty answer. */
static void test_every_read_must_succeed(void **state)
{
    static const char *const read[] = {"GET /fapi/v1/accountConfig", "GET /fapi/v1/exchangeInfo",
                                       "GET /fapi/v3/balance",       "GET /fapi/v1/leverageBracket",
                                       "GET /fapi/v1/symbolConfig",  "GET /fapi/v3/positionRisk",
                                       "GET /fapi/v1/openOrders",    "GET /fapi/v1/openAlgoOrders"};
    (void)state;
    for (size_t i = 0; i < EB_COUNT(read); i++) {
        for (int unreadable = 0; unreadable < 2; unreadable++) {
            struct link_world *w = lw_create();
            struct eb_err err = {0};
            web_double_answer(w->d, read[i], unreadable ? 200 : 400, "",
                              unreadable ? "{\"what\":" : "{\"code\":-1102,\"msg\":\"Mandatory parameter.\"}");
            lw_open(w);
            assert_int_equal(w->link.ops->connect(w->link.link, &err), EB_OK);
            lw_run(w, 60000);
            assert_int_equal(w->readies, 0);
            assert_int_equal(w->losts, 1);
            assert_int_equal(w->hellos, 0);
            assert_non_null(strstr(w->lost, strchr(read[i], '/')));
            assert_false(w->link.ops->connected(w->link.link));
            lw_destroy(w);
        }
    }
}

static void test_refused_key_names_the_remedy(void **state)
{
    struct link_world *w = *state;
    struct eb_err err = {0};
    web_double_answer(w->d, "GET /fapi/v1/accountConfig", 401, "",
                      "{\"code\":-2015,\"msg\":\"Invalid API-key, IP, or permissions for action.\"}");
    lw_open(w);
    assert_int_equal(w->link.ops->connect(w->link.link, &err), EB_OK);
    lw_run(w, 30000);
    assert_int_equal(w->losts, 1);
    assert_non_null(strstr(w->lost, "-2015"));
    assert_non_null(strstr(w->lost, "permission"));
    assert_null(strstr(w->lost, LW_SECRET));
    assert_null(strstr(w->lost, LW_KEY));
    assert_null(strstr(w->lost, "signature"));
}

static void test_nobody_there(void **state)
{
    struct link_world *w = *state;
    struct eb_err err = {0};
    web_double_answer(w->d, "GET /fapi/v1/time", 502, "", "<html>bad gateway</html>");
    lw_open(w);
    assert_int_equal(w->link.ops->connect(w->link.link, &err), EB_OK);
    assert_int_equal(w->link.ops->connect(w->link.link, &err), EB_E_INVALID); /* one at a time */
    lw_run(w, 120000);
    assert_int_equal(w->losts, 1);
    assert_non_null(strstr(w->lost, "127.0.0.1"));
}

static void test_without_the_accounts_stream_there_is_no_beginning(void **state)
{
    struct link_world *w = *state;
    struct eb_err err = {0};
    w->d->refuse_sockets = 403;
    lw_open(w);
    assert_int_equal(w->link.ops->connect(w->link.link, &err), EB_OK);
    lw_run(w, 60000);
    assert_int_equal(w->readies, 0);
    assert_int_equal(w->losts, 1);
    assert_non_null(strstr(w->lost, "ws_private"));
    assert_int_equal(web_double_count(w->d, "GET /fapi/v3/positionRisk"), 0);
}

static void test_refused_hello(void **state)
{
    struct link_world *w = *state;
    struct eb_err err = {0};
    w->refuse_hello = true;
    lw_open(w);
    assert_int_equal(w->link.ops->connect(w->link.link, &err), EB_OK);
    lw_run(w, 10000);
    assert_int_equal(w->losts, 1);
    assert_string_equal(w->lost, "another account was expected");
    assert_int_equal(w->readies, 0);
}

/* Events of the time in which the account is read are told after ready, in order. */
static void test_events_before_ready_are_kept(void **state)
{
    struct link_world *w = *state;
    struct eb_err err = {0};
    web_double_silent(w->d, "GET /fapi/v3/positionRisk"); /* its second try is answered */
    lw_open(w);
    assert_int_equal(w->link.ops->connect(w->link.link, &err), EB_OK);
    lw_run(w, 1000);
    assert_int_equal(w->readies, 0);
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "0.2", "50000", 1700000006000));
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "0.1", "50000", 1700000006010));
    assert_int_equal(w->events, 0);
    struct eb_web_call *asked = web_double_last(w->d, "GET /fapi/v3/positionRisk", 0);
    assert_non_null(asked);
    web_double_reply(asked, EB_WEB_ANSWERED, 200, "", "[]");
    lw_run(w, 3000);
    assert_int_equal(w->readies, 1);
    const struct eb_ev_position *p = &lw_last(w, EB_EV_POSITION)->position;
    assert_int_equal(p->qty.e8, EB_E8 / 10);
    assert_int_equal(p->venue_ms, INT64_C(1700000006010));
    assert_true(p->adopted); /* who knows since when */
}

static void test_too_much_before_ready_is_a_gap(void **state)
{
    struct link_world *w = *state;
    struct eb_err err = {0};
    web_double_silent(w->d, "GET /fapi/v3/positionRisk");
    lw_open(w);
    assert_int_equal(w->link.ops->connect(w->link.link, &err), EB_OK);
    lw_run(w, 1000);
    for (int i = 0; i < 8000; i++) {
        lw_user(w, lw_account_update("BTCUSDT", "BOTH", "0.2", "50000", 1700000006000));
    }
    web_double_reply(web_double_last(w->d, "GET /fapi/v3/positionRisk", 0), EB_WEB_ANSWERED, 200, "", "[]");
    lw_run(w, 3000);
    assert_int_equal(w->readies, 1);
    assert_int_equal(w->gaps, 1);
}

static void test_disconnect_is_silent_and_a_second_connection_begins_anew(void **state)
{
    struct link_world *w = *state;
    struct eb_err err = {0};
    char rows[2048];
    (void)snprintf(rows, sizeof(rows), "[%s]", lw_position_row("BTCUSDT", "BOTH", "1", "50000", "0", 1699999990000));
    web_double_answer(w->d, "GET /fapi/v3/positionRisk", 200, "", rows);
    lw_connect(w);
    w->link.ops->disconnect(w->link.link);
    lw_forget(w);
    lw_run(w, 5000);
    assert_int_equal(w->events, 0);
    assert_int_equal(w->losts, 0);
    struct eb_order_request o = lw_order(0, EB_ORDER_MARKET, EB_PURPOSE_STOP, 1);
    assert_int_equal(w->port.ops->submit(w->port.venue, &o, &err), EB_E_IO);
    assert_int_equal(w->port.ops->snapshot(w->port.venue, &err), EB_E_IO);
    assert_int_equal(w->port.ops->refresh_price(w->port.venue, 0, &err), EB_E_IO);
    assert_int_equal(w->port.ops->query(w->port.venue, o.client_id, 0, 0, o.type, &err), EB_E_IO);
    assert_int_equal(w->port.ops->cancel(w->port.venue, o.client_id, 0, 0, o.type, &err), EB_E_IO);
    assert_int_equal(w->link.ops->ask_trades(w->link.link, 0, 0), EB_E_IO);
    assert_int_equal(web_double_count(w->d, "POST /fapi/v1/order"), 0);
    lw_connect(w);
    assert_int_equal(w->hellos, 2);
    assert_int_equal(lw_count(w, EB_EV_INSTRUMENT), 1); /* the engine knows its name, and hears of it again */
    assert_int_equal(w->symbols, 1);
    assert_int_equal(lw_count(w, EB_EV_BAR), 3);
}

static void test_a_cut_stream_is_a_gap_when_it_is_back(void **state)
{
    struct link_world *w = *state;
    lw_connect(w);
    web_double_drop(web_double_socket(w->d, "/private"), 1006);
    lw_run(w, 10);
    assert_int_equal(w->gaps, 0); /* nothing can be asked for in between that would be complete */
    lw_run(w, 10000);
    assert_int_equal(w->gaps, 1);
    assert_int_equal(w->losts, 0);
}

static void test_ticks_go_on_in_silence(void **state)
{
    struct link_world *w = *state;
    lw_connect(w);
    unsigned before = w->ticks;
    lw_run(w, 5000);
    assert_true(w->ticks >= before + 4);
    int64_t off = w->tick.now_ms - web_double_server_ms(w->d);
    assert_true(off > -1500 && off < 200);
}

static void test_an_unreadable_event_of_the_account_asks_for_a_picture(void **state)
{
    struct link_world *w = *state;
    lw_connect(w);
    lw_user(w, "{\"e\":\"ORDER_TRADE_UPDATE\",\"E\":1,\"T\":1,\"o\":{\"s\":\"BTCUSDT\"}}");
    assert_int_equal(w->gaps, 1);
    for (int i = 0; i < 20; i++) {
        lw_user(w, "{\"e\":");
    }
    assert_int_equal(w->gaps, 1); /* once a second, however many */
    lw_run(w, 2500);
    assert_int_equal(w->gaps, 2);
    lw_user(w, "{\"e\":\"GRID_UPDATE\",\"E\":1,\"T\":1,\"gu\":{}}");
    lw_run(w, 2500);
    assert_int_equal(w->gaps, 2);
}

static void test_nothing_to_answer_where_there_is_no_such_thing(void **state)
{
    struct link_world *w = *state;
    lw_connect(w);
    assert_int_equal(w->link.ops->ack(w->link.link, 1, 0), EB_E_REFUSED);
    assert_int_equal(w->link.ops->ask_view(w->link.link), EB_E_REFUSED);
    assert_int_equal(w->link.ops->hand(w->link.link, "open"), EB_E_REFUSED);
}

static void count_fact(void *user, const struct eb_link_fact *f)
{
    unsigned *n = user;
    assert_true(f->name[0] != '\0');
    assert_true(f->well || f->note[0] != '\0');
    (*n)++;
}

static void test_facts(void **state)
{
    struct link_world *w = *state;
    unsigned n = 0;
    lw_connect(w);
    w->link.ops->facts(w->link.link, count_fact, &n);
    assert_true(n > 15);
}

static void test_multi_assets_may_not_trade(void **state)
{
    struct link_world *w = *state;
    web_double_answer(w->d, "GET /fapi/v1/accountConfig", 200, "",
                      "{\"feeTier\":0,\"canTrade\":true,\"dualSidePosition\":true,\"multiAssetsMargin\":true}");
    lw_connect(w);
    assert_true(w->hello.multi_assets);
    assert_false(w->hello.can_trade);
    assert_true(lw_trouble(w, "+margin.multi_assets"));
    assert_true(lw_last(w, EB_EV_ACCOUNT)->ev.u.account.hedge);
}

static void test_configuration_is_checked(void **state)
{
    struct link_world *w = *state;
    struct eb_err err = {0};
    w->c.history_bars = 1501;
    assert_int_equal(eb_binance_create(&w->c, &w->b, &err), EB_E_INVALID);
    assert_non_null(strstr(err.msg, "history_bars"));
    w->c.history_bars = 10;
    w->c.ws_private = "";
    assert_int_equal(eb_binance_create(&w->c, &w->b, &err), EB_E_INVALID);
    assert_null(w->b);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(test_empty_account_is_ready),
        T(test_held_symbol_comes_with_bars),
        T(test_bars_that_do_not_come_hold_ready_so_long),
        cmocka_unit_test(test_every_read_must_succeed),
        T(test_refused_key_names_the_remedy),
        T(test_nobody_there),
        T(test_without_the_accounts_stream_there_is_no_beginning),
        T(test_refused_hello),
        T(test_events_before_ready_are_kept),
        T(test_too_much_before_ready_is_a_gap),
        T(test_disconnect_is_silent_and_a_second_connection_begins_anew),
        T(test_a_cut_stream_is_a_gap_when_it_is_back),
        T(test_ticks_go_on_in_silence),
        T(test_an_unreadable_event_of_the_account_asks_for_a_picture),
        T(test_nothing_to_answer_where_there_is_no_such_thing),
        T(test_facts),
        T(test_multi_assets_may_not_trade),
        T(test_configuration_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
