/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols and their prices: bars without holes, filters that change, no older price after a newer one. */
#include "link_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int up(void **state)
{
    struct link_world *w = lw_create();
    lw_connect(w);
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000005500));
    lw_run(w, 2000);
    lw_forget(w);
    *state = w;
    return 0;
}

static int down(void **state)
{
    lw_destroy(*state);
    return 0;
}

static void mark(struct link_world *w, const char *symbol, const char *price, int64_t at_ms)
{
    char text[512];
    (void)snprintf(text, sizeof(text),
                   "{\"stream\":\"x\",\"data\":{\"e\":\"markPriceUpdate\",\"E\":%lld,\"s\":\"%s\",\"p\":\"%s\",\"ap\":"
                   "\"1\",\"i\":\"1\",\"P\":\"1\",\"r\":\"0.0002\",\"T\":1700006400000,\"st\":1}}",
                   (long long)at_ms, symbol, price);
    lw_market(w, text);
}

static void test_prices(void **state)
{
    struct link_world *w = *state;
    mark(w, "BTCUSDT", "50123.45678901", 1700000010000);
    const struct eb_ev_price *p = &lw_last(w, EB_EV_PRICE)->ev.u.price;
    assert_int_equal(p->source, EB_SRC_MARK);
    assert_false(p->from_rest);
    assert_int_equal(p->price.e8, INT64_C(5012345678901));
    assert_int_equal(p->min.e8, p->max.e8);
    assert_int_equal(p->venue_ms, INT64_C(1700000010000));
    assert_int_equal(lw_last(w, EB_EV_FUNDING)->ev.u.funding.rate_e8, 20000);
    lw_market(w, "{\"stream\":\"btcusdt@aggTrade\",\"data\":{\"e\":\"aggTrade\",\"E\":1700000010001,\"s\":\"BTCUSDT\","
                 "\"a\":1,\"p\":\"50124.5\",\"q\":\"1\",\"nq\":\"1\",\"f\":1,\"l\":1,\"T\":1,\"m\":true,\"st\":1}}");
    assert_int_equal(lw_last(w, EB_EV_PRICE)->ev.u.price.source, EB_SRC_LAST);
    lw_market(w,
              "{\"stream\":\"btcusdt@bookTicker\",\"data\":{\"e\":\"bookTicker\",\"u\":4,\"E\":1700000010002,\"T\":1,"
              "\"s\":\"BTCUSDT\",\"ps\":\"BTCUSDT\",\"b\":\"50124.4\",\"B\":\"1\",\"a\":\"50124.6\",\"A\":\"1\","
              "\"st\":1}}");
    p = &lw_last(w, EB_EV_PRICE)->ev.u.price;
    assert_int_equal(p->source, EB_SRC_BOOK);
    assert_int_equal(p->price.e8, INT64_C(5012440000000));
    assert_int_equal(p->ask.e8, INT64_C(5012460000000));
    assert_int_equal(p->min.e8, p->ask.e8);
    assert_int_equal(p->max.e8, p->price.e8);
}

static void test_no_older_price_after_a_newer_one(void **state)
{
    struct link_world *w = *state;
    mark(w, "BTCUSDT", "50100", 1700000020000);
    mark(w, "BTCUSDT", "50000", 1700000019000);
    mark(w, "BTCUSDT", "50000", 1700000020000);
    assert_int_equal(lw_count(w, EB_EV_PRICE), 2);
    assert_int_equal(w->b->count.stale_prices, 1);
}

/* The stream stands, and one symbol is not in it any more: its mark is asked for, and so is its subscription. */
static void test_a_symbol_that_fell_silent_is_subscribed_again(void **state)
{
    static const char mark_of_stream[] =
        "{\"stream\":\"btcusdt@markPrice@1s\",\"data\":{\"e\":\"markPriceUpdate\",\"E\":$NOW,\"s\":\"BTCUSDT\","
        "\"p\":\"50000\",\"ap\":\"1\",\"i\":\"1\",\"P\":\"1\",\"r\":\"0.0002\",\"T\":1700006400000,\"st\":1}}";
    struct link_world *w = *state;
    struct eb_err err = {0};
    struct eb_web_socket *s = web_double_socket(w->d, "/market");
    w->b->c.silent_market_ms = 10000; /* the link's patience; the stream's own is a day here */
    lw_market(w, mark_of_stream);
    size_t before = web_double_sent_with(s, "btcusdt@markPrice");
    for (int i = 0; i < 12; i++) {
        assert_int_equal(w->port.ops->refresh_price(w->port.venue, 0, &err), EB_OK);
        lw_run(w, 1000);
    }
    assert_ptr_equal(web_double_socket(w->d, "/market"), s);
    assert_int_equal(web_double_sent_with(s, "btcusdt@markPrice"), before + 1);
    lw_market(w, mark_of_stream);
    assert_false(lw_trouble(w, "+stream.market.symbol_silent btcusdt"));
}

static void test_each_pass_is_a_tick(void **state)
{
    struct link_world *w = *state;
    unsigned ticks = w->ticks;
    int64_t before = w->d->now_ns;
    mark(w, "BTCUSDT", "50100", 1700000020000);
    assert_int_equal(w->ticks, ticks + 1);
    assert_int_equal(w->tick.due_ns, before);
    mark(w, "ETHUSDT", "3000", 1700000020000); /* not introduced: nobody wants it */
    assert_int_equal(w->ticks, ticks + 1);
    assert_int_equal(lw_count(w, EB_EV_PRICE), 1);
}

static void kline(struct link_world *w, int64_t open_ms, bool closed)
{
    char text[512];
    (void)snprintf(
        text, sizeof(text),
        "{\"e\":\"kline\",\"E\":%lld,\"s\":\"BTCUSDT\",\"k\":{\"t\":%lld,\"T\":%lld,\"s\":\"BTCUSDT\",\"i\":"
        "\"1m\",\"f\":1,\"L\":2,\"o\":\"1\",\"c\":\"1.5\",\"h\":\"2\",\"l\":\"0.5\",\"v\":\"1\",\"n\":1,\"x\":%s,"
        "\"q\":\"1\",\"V\":\"1\",\"Q\":\"1\",\"B\":\"0\"},\"st\":1}",
        (long long)open_ms + 60000, (long long)open_ms, (long long)open_ms + 59999, closed ? "true" : "false");
    lw_market(w, text);
}

#define LAST_BAR INT64_C(1699999920000)

static void test_bars_follow(void **state)
{
    struct link_world *w = *state;
    kline(w, LAST_BAR + 60000, false);
    assert_int_equal(lw_count(w, EB_EV_BAR), 0);
    kline(w, LAST_BAR + 60000, true);
    kline(w, LAST_BAR + 60000, true);
    assert_int_equal(lw_count(w, EB_EV_BAR), 1);
    assert_int_equal(lw_last(w, EB_EV_BAR)->ev.u.bar.length_ms, 60000);
    assert_int_equal(lw_last(w, EB_EV_BAR)->ev.u.bar.high.e8, 2 * EB_E8);
}

/* A minute is missing: it is asked for, and what closed meanwhile waits behind it. */
static void test_a_hole_is_filled(void **state)
{
    struct link_world *w = *state;
    char value[32];
    lw_run(w, 200000); /* until those have closed */
    web_double_answer(w->d, "GET /fapi/v1/klines", 200, "",
                      "[[1699999980000,\"1\",\"2\",\"0.5\",\"1.5\",\"10\",1700000039999,\"10\",5,\"5\",\"5\",\"0\"],"
                      "[1700000040000,\"1\",\"2\",\"0.5\",\"1.5\",\"10\",1700000099999,\"10\",5,\"5\",\"5\",\"0\"]]");
    size_t bars = lw_count(w, EB_EV_BAR);
    kline(w, LAST_BAR + 180000, true);
    assert_int_equal(lw_count(w, EB_EV_BAR), bars);
    lw_run(w, 100);
    assert_true(web_double_param(web_double_last(w->d, "GET /fapi/v1/klines", 0), "startTime", value, sizeof(value)));
    assert_string_equal(value, "1699999980000");
    assert_int_equal(lw_count(w, EB_EV_BAR), bars + 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(lw_nth(w, EB_EV_BAR, i)->ev.u.bar.open_ms, LAST_BAR + 180000 - (int64_t)i * 60000);
    }
}

static void test_bars_that_could_not_be_read_are_asked_again(void **state)
{
    struct link_world *w = *state;
    web_double_once(w->d, "GET /fapi/v1/klines", EB_WEB_ANSWERED, 400, "", "{\"code\":-1100,\"msg\":\"x\"}");
    lw_user(w, lw_account_update("SOLUSDT", "BOTH", "1", "150", 1700000008000));
    lw_run(w, 3000);
    assert_int_equal(lw_count(w, EB_EV_BAR), 0);
    assert_int_equal(lw_count(w, EB_EV_POSITION), 1);
    lw_run(w, 32000);
    assert_int_equal(lw_count(w, EB_EV_BAR), 3);
}

static char *info_with(struct link_world *w, const char *from, const char *to)
{
    const char *body = web_double_last(w->d, "GET /fapi/v1/exchangeInfo", 0)->answer_body;
    static char text[16384];
    const char *at = strstr(body, from);
    assert_non_null(at);
    (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - body), body, to, at + strlen(from));
    return text;
}

static void test_filters_that_change(void **state)
{
    struct link_world *w = *state;
    char *text = info_with(w, "\"tickSize\":\"0.10\"", "\"tickSize\":\"0.05\"");
    web_double_answer(w->d, "GET /fapi/v1/exchangeInfo", 200, "", text);
    lw_run(w, 3602000);
    const struct eb_ev_instrument *i = &lw_last(w, EB_EV_INSTRUMENT)->instrument;
    assert_string_equal(i->symbol, "BTCUSDT");
    assert_int_equal(i->tick.e8, EB_E8 / 20);
    assert_int_equal(i->maintenance_ppm, 4000); /* which the list does not have */
    assert_int_equal(lw_count(w, EB_EV_INSTRUMENT), 1);
}

static void test_trading_that_stops(void **state)
{
    struct link_world *w = *state;
    char *text = info_with(w, "\"status\":\"TRADING\"", "\"status\":\"SETTLING\"");
    web_double_answer(w->d, "GET /fapi/v1/exchangeInfo", 200, "", text);
    lw_run(w, 3602000);
    assert_false(lw_last(w, EB_EV_INSTRUMENT)->instrument.trading);
    assert_true(lw_trouble(w, "+symbol.not_trading BTCUSDT"));
}

static void test_filters_that_cannot_be_read_stay(void **state)
{
    struct link_world *w = *state;
    web_double_answer(w->d, "GET /fapi/v1/exchangeInfo", 200, "", "{\"symbols\":[]}");
    lw_run(w, 3602000);
    assert_int_equal(lw_count(w, EB_EV_INSTRUMENT), 0);
    assert_true(lw_trouble(w, "+filters.unread"));
}

/* A symbol that was listed after the connection began, with a position in it. */
static void test_listed_since(void **state)
{
    struct link_world *w = *state;
    char *text =
        info_with(w, "\"symbol\":\"SOLUSDT\",\"pair\":\"SOLUSDT\"", "\"symbol\":\"NEWUSDT\",\"pair\":\"NEWUSDT\"");
    web_double_answer(w->d, "GET /fapi/v1/exchangeInfo", 200, "", text);
    lw_user(w, lw_account_update("NEWUSDT", "BOTH", "1", "2", 1700000008000));
    assert_int_equal(w->gaps, 0);
    lw_run(w, 3000);
    assert_int_equal(w->gaps, 1); /* so that a picture has its position */
    lw_user(w, lw_account_update("NEWUSDT", "BOTH", "1", "2", 1700000008100));
    lw_run(w, 3000);
    assert_int_equal(lw_last(w, EB_EV_POSITION)->position.entry.e8, 2 * EB_E8);
}

/* Left out with its position while its filters make no sense, managed once they do. */
static void test_filters_that_become_usable(void **state)
{
    struct link_world *w = *state;
    char *bad =
        info_with(w, "\"baseAsset\":\"SOL\",\"quoteAsset\":\"USDT\"", "\"baseAsset\":\"SOL\",\"quoteAsset\":\"XYZ\"");
    const char *good = web_double_last(w->d, "GET /fapi/v1/exchangeInfo", 0)->answer_body;
    web_double_answer(w->d, "GET /fapi/v1/exchangeInfo", 200, "", bad);
    lw_run(w, 3602000);
    lw_user(w, lw_account_update("SOLUSDT", "BOTH", "1", "150", 1700004008000));
    lw_run(w, 3000);
    assert_true(lw_trouble(w, "+symbol.unusable SOLUSDT"));
    assert_int_equal(lw_count(w, EB_EV_POSITION), 0);
    web_double_answer(w->d, "GET /fapi/v1/exchangeInfo", 200, "", good);
    unsigned gaps = w->gaps;
    lw_run(w, 62000);
    assert_true(lw_trouble(w, "-symbol.unusable SOLUSDT"));
    assert_int_equal(w->gaps, gaps + 1); /* a picture is to be asked for */
    char rows[2048];
    (void)snprintf(rows, sizeof(rows), "[%s]", lw_position_row("SOLUSDT", "BOTH", "1", "150", "0", 1700004008000));
    web_double_answer(w->d, "GET /fapi/v3/positionRisk", 200, "", rows);
    assert_int_equal(w->port.ops->snapshot(w->port.venue, NULL), EB_OK);
    lw_run(w, 3000);
    assert_int_equal(lw_last(w, EB_EV_POSITION)->position.entry.e8, 150 * EB_E8);
}

static void test_more_symbols_than_the_engine_has_room_for(void **state)
{
    (void)state;
    struct link_world *w = lw_create();
    w->c.symbols_max = 1;
    lw_connect(w);
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000005500));
    lw_user(w, lw_account_update("ETHUSDT", "BOTH", "1", "3000", 1700000005500));
    lw_run(w, 2000);
    assert_int_equal(lw_count(w, EB_EV_INSTRUMENT), 1);
    assert_true(lw_trouble(w, "+symbol.left_out ETHUSDT"));
    assert_int_equal(w->losts, 0);
    lw_destroy(w);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(test_prices),
        T(test_no_older_price_after_a_newer_one),
        T(test_a_symbol_that_fell_silent_is_subscribed_again),
        T(test_each_pass_is_a_tick),
        T(test_bars_follow),
        T(test_a_hole_is_filled),
        T(test_bars_that_could_not_be_read_are_asked_again),
        T(test_filters_that_change),
        T(test_trading_that_stops),
        T(test_filters_that_cannot_be_read_stay),
        T(test_listed_since),
        T(test_filters_that_become_usable),
        cmocka_unit_test(test_more_symbols_than_the_engine_has_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
