/* SPDX-License-Identifier: Apache-2.0 */
/* Positions, their terms, balance, modes and margins, as the stream and questions tell them. */
#include "link_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define RISK "GET /fapi/v3/positionRisk"
#define CONFIG "GET /fapi/v1/accountConfig"

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

static void rows(struct link_world *w, const char *row)
{
    char body[2048];
    (void)snprintf(body, sizeof(body), "[%s]", row);
    web_double_answer(w->d, RISK, 200, "", body);
}

static const struct eb_ev_position *position(struct link_world *w)
{
    return &lw_last(w, EB_EV_POSITION)->position;
}

/* INSTRUMENT at once; the position when its bars and its liquidation price are in. */
static void test_a_position_opens(void **state)
{
    struct link_world *w = *state;
    rows(w, lw_position_row("BTCUSDT", "BOTH", "1", "50000", "41000", 1700000006000));
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000006000));
    assert_int_equal(lw_count(w, EB_EV_INSTRUMENT), 1);
    assert_int_equal(lw_count(w, EB_EV_POSITION), 0);
    assert_int_equal(lw_last(w, EB_EV_ACCOUNT)->ev.u.account.balance.e8, 999 * EB_E8 + EB_E8 / 4);
    lw_run(w, 500);
    assert_int_equal(lw_count(w, EB_EV_BAR), 3);
    assert_int_equal(lw_count(w, EB_EV_POSITION), 1);
    const struct eb_ev_position *p = position(w);
    assert_int_equal(p->qty.e8, EB_E8);
    assert_int_equal(p->side, EB_LONG);
    assert_int_equal(p->entry.e8, 50000 * EB_E8);
    assert_int_equal(p->liquidation.e8, 41000 * EB_E8);
    assert_int_equal(p->leverage_ppm, 20 * EB_PPM);
    assert_int_equal(p->venue_ms, INT64_C(1700000006000));
}

static void test_bars_are_not_waited_for_long(void **state)
{
    struct link_world *w = *state;
    web_double_silent(w->d, "GET /fapi/v1/klines");
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000006000));
    lw_run(w, 1400);
    assert_int_equal(lw_count(w, EB_EV_POSITION), 0);
    lw_run(w, 300);
    assert_int_equal(lw_count(w, EB_EV_POSITION), 1);
    assert_int_equal(lw_count(w, EB_EV_BAR), 0);
}

/* Bars that the minute's weight keeps back come much later: nobody waits for them. */
static void test_bars_that_may_not_be_asked_for_hold_nobody(void **state)
{
    struct link_world *w = *state;
    web_double_answer(w->d, "GET /fapi/v1/symbolConfig", 200, "x-mbx-used-weight-1m: 1900\n",
                      "[{\"symbol\":\"ETHUSDT\",\"marginType\":\"CROSSED\",\"leverage\":20}]");
    lw_user(w, lw_account_update("ETHUSDT", "BOTH", "1", "3000", 1700000006000));
    lw_run(w, 2000);
    lw_forget(w);
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000009000));
    lw_run(w, 200);
    assert_int_equal(lw_count(w, EB_EV_POSITION), 1);
    assert_int_equal(lw_count(w, EB_EV_BAR), 0);
    lw_run(w, 60000); /* the next minute: one more has closed */
    assert_int_equal(lw_count(w, EB_EV_BAR), 4);
}

/* Whoever opens one position after the other does not keep the first from being told. */
static void test_many_that_open_do_not_put_off_the_first(void **state)
{
    struct link_world *w = *state;
    static const char *const unanswered[] = {"GET /fapi/v1/klines", "GET /fapi/v1/premiumIndex", RISK,
                                             "GET /fapi/v1/symbolConfig"};
    for (size_t i = 0; i < 5 * EB_COUNT(unanswered); i++) {
        web_double_silent(w->d, unanswered[i % EB_COUNT(unanswered)]);
    }
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000006000));
    for (int i = 0; i < 100; i++) {
        lw_user(w, lw_account_update("ETHUSDT", "BOTH", i % 2 == 0 ? "1" : "0", "3000", 1700000006000 + i));
        lw_run(w, 20);
    }
    bool told = false;
    for (size_t i = 0; i < w->events; i++) {
        told = told || (w->event[i].ev.kind == EB_EV_POSITION && w->event[i].position.entry.e8 == 50000 * EB_E8);
    }
    assert_true(told);
}

/* Closed before it could be told: nothing has happened. */
static void test_opened_and_closed_while_held(void **state)
{
    struct link_world *w = *state;
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000006000));
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "0", "0", 1700000006200));
    lw_run(w, 2000);
    assert_int_equal(position(w)->qty.e8, 0);
    assert_int_equal(lw_count(w, EB_EV_POSITION), 1);
}

static void test_terms_are_read_again_but_not_too_often(void **state)
{
    struct link_world *w = *state;
    rows(w, lw_position_row("BTCUSDT", "BOTH", "1", "50000", "41000", 1700000006000));
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000006000));
    lw_run(w, 2000);
    size_t before = web_double_count(w->d, RISK);
    rows(w, lw_position_row("BTCUSDT", "BOTH", "1", "50000", "42000", 1700000006000));
    for (int i = 0; i < 30; i++) { /* cross margin: every event of the account may move it */
        lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000008000 + i));
        lw_run(w, 100);
    }
    lw_run(w, 2500);
    size_t asked = web_double_count(w->d, RISK) - before;
    assert_true(asked >= 3 && asked <= 6);
    assert_int_equal(position(w)->liquidation.e8, 42000 * EB_E8);
    assert_int_equal(position(w)->qty.e8, EB_E8);
}

/* An add is told at once, with the liquidation price that is known; the new one follows. */
static void test_an_add(void **state)
{
    struct link_world *w = *state;
    rows(w, lw_position_row("BTCUSDT", "BOTH", "1", "50000", "41000", 1700000006000));
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000006000));
    lw_run(w, 3000);
    lw_forget(w);
    rows(w, lw_position_row("BTCUSDT", "BOTH", "2", "50500", "44000", 1700000009000));
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "2", "50500", 1700000009000));
    assert_int_equal(lw_count(w, EB_EV_POSITION), 1);
    assert_int_equal(position(w)->qty.e8, 2 * EB_E8);
    assert_int_equal(position(w)->liquidation.e8, 41000 * EB_E8);
    lw_run(w, 100);
    assert_int_equal(lw_count(w, EB_EV_POSITION), 2);
    assert_int_equal(position(w)->liquidation.e8, 44000 * EB_E8);
}

static void test_events_out_of_order(void **state)
{
    struct link_world *w = *state;
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000006000));
    lw_run(w, 2000);
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "0.5", "50000", 1700000008000));
    lw_forget(w);
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000007000));
    assert_int_equal(lw_count(w, EB_EV_POSITION), 0);
}

static void test_a_flip(void **state)
{
    struct link_world *w = *state;
    rows(w, lw_position_row("BTCUSDT", "BOTH", "1", "50000", "41000", 1700000006000));
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000006000));
    lw_run(w, 3000);
    rows(w, lw_position_row("BTCUSDT", "BOTH", "-1", "49000", "58000", 1700000009000));
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "-1", "49000", 1700000009000));
    lw_run(w, 1000);
    assert_int_equal(position(w)->side, EB_SHORT);
    assert_int_equal(position(w)->liquidation.e8, 58000 * EB_E8);
}

static void test_leverage(void **state)
{
    struct link_world *w = *state;
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000006000));
    lw_run(w, 3000);
    lw_forget(w);
    lw_user(w, "{\"e\":\"ACCOUNT_CONFIG_UPDATE\",\"E\":$NOW,\"T\":$NOW,\"ac\":{\"s\":\"BTCUSDT\",\"l\":50}}");
    assert_int_equal(position(w)->leverage_ppm, 50 * EB_PPM);
    size_t before = web_double_count(w->d, RISK);
    lw_run(w, 1500);
    assert_true(web_double_count(w->d, RISK) >= before);
    lw_user(w, "{\"e\":\"ACCOUNT_CONFIG_UPDATE\",\"E\":$NOW,\"T\":$NOW,\"ac\":{\"s\":\"NOSUCH\",\"l\":50}}");
    assert_int_equal(w->losts, 0);
}

/* One wallet: an event about ETHUSDT moves the liquidation price of BTCUSDT too. */
static void test_cross_margin_moves_the_others(void **state)
{
    struct link_world *w = *state;
    char rows[2048];
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000005500));
    lw_run(w, 3000);
    (void)snprintf(rows, sizeof(rows), "[%s]",
                   lw_position_row("BTCUSDT", "BOTH", "1", "50000", "47000", 1700000005500));
    web_double_answer(w->d, "GET /fapi/v3/positionRisk", 200, "", rows);
    lw_user(w, lw_account_update("SOLUSDT", "BOTH", "1", "150", 1700000008500));
    lw_run(w, 3000);
    const struct eb_ev_position *p = NULL;
    for (size_t i = 0; i < w->events; i++) {
        bool of_btc = w->event[i].ev.kind == EB_EV_POSITION && w->event[i].ev.symbol == 0;
        p = of_btc ? &w->event[i].position : p;
    }
    assert_non_null(p);
    assert_int_equal(p->liquidation.e8, 47000 * EB_E8);
}

static void test_multi_assets(void **state)
{
    struct link_world *w = *state;
    lw_user(w, "{\"e\":\"ACCOUNT_CONFIG_UPDATE\",\"E\":$NOW,\"T\":$NOW,\"ai\":{\"j\":true}}");
    assert_true(lw_trouble(w, "+margin.multi_assets"));
    lw_user(w, "{\"e\":\"ACCOUNT_CONFIG_UPDATE\",\"E\":$NOW,\"T\":$NOW,\"ai\":{\"j\":false}}");
    assert_true(lw_trouble(w, "-margin.multi_assets"));
}

static void test_margin_call(void **state)
{
    struct link_world *w = *state;
    lw_user(w, lw_account_update("BTCUSDT", "BOTH", "1", "50000", 1700000006000));
    lw_run(w, 3000);
    lw_user(w, "{\"e\":\"MARGIN_CALL\",\"E\":$NOW,\"cw\":\"3\",\"p\":[{\"s\":\"BTCUSDT\",\"ps\":\"BOTH\",\"pa\":\"1\","
               "\"mt\":\"CROSSED\",\"iw\":\"0\",\"mp\":\"1\",\"up\":\"-1\",\"mm\":\"1\"}]}");
    assert_true(lw_trouble(w, "+margin.call BTCUSDT"));
    lw_run(w, 63000);
    assert_true(lw_trouble(w, "-margin.call BTCUSDT"));
}

/* Nobody pushes a change of the position mode: it is found by asking. */
static void test_mode_change_is_found(void **state)
{
    struct link_world *w = *state;
    web_double_answer(w->d, CONFIG, 200, "",
                      "{\"feeTier\":0,\"canTrade\":false,\"dualSidePosition\":true,\"multiAssetsMargin\":false}");
    lw_run(w, 62000);
    assert_true(lw_last(w, EB_EV_ACCOUNT)->ev.u.account.hedge);
    assert_true(lw_trouble(w, "+position_mode"));
    assert_true(lw_trouble(w, "+key.cannot_trade"));
    assert_int_equal(w->gaps, 1);
    lw_run(w, 62000);
    assert_true(lw_trouble(w, "-position_mode"));
    assert_int_equal(w->gaps, 1);
}

static void test_account_that_cannot_be_read_changes_nothing(void **state)
{
    struct link_world *w = *state;
    web_double_answer(w->d, CONFIG, 500, "", "oops");
    web_double_answer(w->d, "GET /fapi/v3/balance", 200, "", "{\"code\":-1000,\"msg\":\"x\"}");
    lw_run(w, 90000);
    assert_int_equal(lw_count(w, EB_EV_ACCOUNT), 0);
    assert_int_equal(w->losts, 0);
}

static void test_hedge_legs(void **state)
{
    struct link_world *w = *state;
    lw_user(w, lw_account_update("BTCUSDT", "LONG", "1", "50000", 1700000006000));
    lw_user(w, lw_account_update("BTCUSDT", "SHORT", "-2", "51000", 1700000006001));
    lw_run(w, 2000);
    assert_int_equal(lw_count(w, EB_EV_POSITION), 2);
    assert_int_equal(lw_nth(w, EB_EV_POSITION, 1)->position.position_side, EB_PS_LONG);
    assert_int_equal(position(w)->position_side, EB_PS_SHORT);
    assert_int_equal(position(w)->side, EB_SHORT);
    assert_int_equal(position(w)->qty.e8, 2 * EB_E8);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(test_a_position_opens),
        T(test_bars_are_not_waited_for_long),
        T(test_bars_that_may_not_be_asked_for_hold_nobody),
        T(test_many_that_open_do_not_put_off_the_first),
        T(test_opened_and_closed_while_held),
        T(test_terms_are_read_again_but_not_too_often),
        T(test_an_add),
        T(test_events_out_of_order),
        T(test_a_flip),
        T(test_leverage),
        T(test_multi_assets),
        T(test_cross_margin_moves_the_others),
        T(test_margin_call),
        T(test_mode_change_is_found),
        T(test_account_that_cannot_be_read_changes_nothing),
        T(test_hedge_legs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
