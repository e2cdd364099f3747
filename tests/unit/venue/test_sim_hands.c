/* SPDX-License-Identifier: Apache-2.0 */
/* Other systems and people: opening, adding, reducing, flipping, margins, settings, and what is told of it. */
#include "venue/fixture.h"

#include <string.h>

static struct eb_sim_config config(void)
{
    struct eb_sim_config c;
    eb_sim_config_default(&c);
    return c;
}

static void entry_averages_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *qty[3], *price[3]; /* negative quantity: the other side */
        bool sell[3];
        const char *size, *entry;
    } cases[] = {
        {"one", {"3", "0", "0"}, {"2.001", "0", "0"}, {false, false, false}, "3", "2.001"},
        {"two", {"1", "2", "0"}, {"2.000", "2.001", "0"}, {false, false, false}, "3", "2.00066667"},
        {"half to even, down",
         {"1", "1", "0"},
         {"2.00000001", "2.00000002", "0"},
         {false, false, false},
         "2",
         "2.00000002"},
        {"half to even, up",
         {"1", "1", "0"},
         {"2.00000002", "2.00000003", "0"},
         {false, false, false},
         "2",
         "2.00000002"},
        {"a third is not rounded twice", {"1", "1", "1"}, {"1", "1", "1.00000001"}, {false, false, false}, "3", "1"},
        {"a reduction leaves it", {"1", "2", "2"}, {"2.000", "2.001", "5"}, {false, false, true}, "1", "2.00066667"},
        {"a flip begins anew", {"1", "2", "5"}, {"2.000", "2.001", "3"}, {false, false, true}, "2", "3"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_sim_config c = config();
        struct probe *p = probe_new(&c);
        for (unsigned k = 0; k < 3; k++) {
            struct eb_sim_entry entry = {.side = cases[i].sell[k] ? EB_SHORT : EB_LONG,
                                         .exact = true,
                                         .qty = qt(cases[i].qty[k]),
                                         .price = px(cases[i].price[k]),
                                         .leverage_ppm = 5 * EB_PPM};
            struct eb_err err;
            if (entry.qty.e8 > 0) {
                assert_int_equal(eb_sim_open(p->sim, &entry, NULL, &err), EB_OK);
            }
        }
        struct eb_sim_position position;
        assert_true(eb_sim_position(p->sim, 0, &position));
        if (position.qty.e8 != e8(cases[i].size) || position.entry.e8 != e8(cases[i].entry)) {
            fail_msg("%s: %lld at %lld", cases[i].name, (long long)position.qty.e8, (long long)position.entry.e8);
        }
        (void)held(p, 0);
        probe_free(p);
    }
}

static void opening_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        eb_symbol_id symbol;
        const char *qty, *price;
        int64_t leverage_ppm;
        int code;
    } cases[] = {
        {"good", 0, "100", "2", 10 * EB_PPM, EB_OK},
        {"unknown symbol", 5, "100", "2", 10 * EB_PPM, EB_E_NOT_FOUND},
        {"no price", 0, "100", NULL, 10 * EB_PPM, EB_E_REFUSED},
        {"off the step", 0, "1.5", "2", 10 * EB_PPM, EB_E_INVALID},
        {"nothing", 0, "0", "2", 10 * EB_PPM, EB_E_INVALID},
        {"margin beyond the wallet", 0, "60000", "2", 10 * EB_PPM, EB_E_REFUSED},
        {"leverage below 1", 0, "100", "2", EB_PPM / 2, EB_E_INVALID},
        {"liquidation on the profit side", 0, "100", "2", 125 * EB_PPM, EB_E_REFUSED},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_sim_config c = config();
        struct probe *p = probe_new(&c);
        struct eb_sim_entry entry = {.symbol = cases[i].symbol,
                                     .qty = qt(cases[i].qty),
                                     .price = px(cases[i].price),
                                     .leverage_ppm = cases[i].leverage_ppm};
        struct eb_err err = {0};
        int code = eb_sim_open(p->sim, &entry, NULL, &err);
        if (code != cases[i].code || (code != EB_OK && err.msg[0] == '\0')) {
            fail_msg("%s: %d %s", cases[i].name, code, err.msg);
        }
        assert_int_equal(p->count > 0, code == EB_OK);
        probe_free(p);
    }
}

static void amounts_beyond_the_range_are_refused(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    c.margin_check = false;
    struct probe *p = probe_new(&c);
    struct eb_sim_entry entry = {.qty = qt("50000000000"), .price = px("50000000000"), .exact = true};
    struct eb_err err = {0};
    assert_int_equal(eb_sim_open(p->sim, &entry, NULL, &err), EB_E_REFUSED);
    entry.qty = qt("1000000000"); /* 10^10 of notional at an odd leverage: the exact formula leaves the integers */
    entry.price = px("10");
    entry.leverage_ppm = 7654321;
    assert_int_equal(eb_sim_open(p->sim, &entry, NULL, &err), EB_OK);
    struct eb_sim_position position;
    assert_true(eb_sim_position(p->sim, 0, &position));
    assert_int_equal(position.liquidation.e8, e8("8.782")); /* 10 * (1 - 1/7.654321) / 0.99 = 8.78143.. */
    (void)held(p, 0);
    probe_free(p);
}

static void an_opening_needs_the_minimum_notional(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    struct eb_ev_instrument inst = instrument("XYZUSDT", "0.001", "1");
    inst.min_notional = (eb_money){5 * EB_E8};
    struct eb_err err = {0};
    assert_int_equal(eb_sim_add_instrument(p->sim, 0, &inst, NULL, 0, &err), EB_OK);
    struct eb_sim_entry entry = {.qty = qt("2"), .price = px("2")};
    assert_int_equal(eb_sim_open(p->sim, &entry, NULL, &err), EB_E_REFUSED);
    assert_non_null(strstr(err.msg, "XYZUSDT"));
    entry.qty = qt("3");
    assert_int_equal(eb_sim_open(p->sim, &entry, NULL, &err), EB_OK);
    probe_free(p);
}

static void count_order(void *user, const struct eb_ev_open_order *order)
{
    *(int64_t *)user += order->qty.e8;
}

static void open_orders_can_be_visited(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    quote(p, "2", "2", NULL, NULL);
    open_position(p, EB_LONG, "100", "2", 10);
    struct eb_order_request a = limit_gtc(EB_SELL, "30", "2.1", 1), b = limit_gtc(EB_SELL, "20", "2.2", 2);
    assert_int_equal(submit(p, &a), 0);
    assert_int_equal(submit(p, &b), 0);
    int64_t sum = 0;
    eb_sim_open_orders(p->sim, 0, count_order, &sum);
    assert_int_equal(sum, e8("50"));
    eb_sim_open_orders(p->sim, 9, count_order, &sum);
    assert_int_equal(sum, e8("50"));
    probe_free(p);
}

static void unchecked_margin(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    c.margin_check = false;
    struct probe *p = probe_new(&c);
    open_position(p, EB_LONG, "60000", "2", 10);
    assert_int_equal(held(p, 0), e8("60000"));
    probe_free(p);
}

static void what_is_told(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    c.hedge = true;
    struct probe *p = probe_new(&c);
    struct eb_sim_entry entry = {
        .side = EB_SHORT, .qty = qt("100"), .price = px("2"), .leverage_ppm = 10 * EB_PPM, .strategy_id = "breakout"};
    struct eb_err err;
    struct eb_sim_fill fill;
    assert_int_equal(eb_sim_open(p->sim, &entry, &fill, &err), EB_OK);
    assert_string_equal(heard_text(p), "F P A");
    const struct eb_ev_fill *f = &heard_nth(p, EB_EV_FILL, 0)->u.fill;
    assert_int_equal(f->client_id.instance, 0);
    assert_int_equal(f->order_side, EB_SELL);
    assert_int_equal(f->position_side, EB_PS_SHORT);
    assert_int_equal(f->fee.e8, fill.fee.e8);
    assert_int_equal(fill.fee.e8, e8("0.08"));
    const struct eb_ev_position *position = heard_nth(p, EB_EV_POSITION, 0)->u.venue_position;
    assert_int_equal(position->position_side, EB_PS_SHORT);
    assert_int_equal(position->side, EB_SHORT);
    assert_false(position->adopted);
    assert_int_equal(position->qty.e8, e8("100"));
    assert_int_equal(position->margin.e8, e8("20"));
    assert_int_equal(position->leverage_ppm, 10 * EB_PPM);
    assert_int_equal(position->opened_ms, p->now_ms);
    assert_int_equal(position->venue_ms, p->now_ms);
    assert_string_equal(position->strategy_id, "breakout");
    assert_int_equal(heard_nth(p, EB_EV_ACCOUNT, 0)->u.account.balance.e8, e8("9999.92"));
    assert_true(heard_nth(p, EB_EV_ACCOUNT, 0)->u.account.hedge);
    assert_false(eb_sim_position(p->sim, 0, &(struct eb_sim_position){0}));
    entry.strategy_id = "another"; /* an add: the first name stays */
    probe_run(p, 10);
    assert_int_equal(eb_sim_open(p->sim, &entry, NULL, &err), EB_OK);
    position = heard_last(p, EB_EV_POSITION)->u.venue_position;
    assert_string_equal(position->strategy_id, "breakout");
    assert_int_equal(position->opened_ms, p->now_ms - 10);
    assert_int_equal(position->venue_ms, p->now_ms);
    probe_free(p);
}

static void silence_can_be_chosen(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    c.tell_foreign = c.tell_account = c.tell_position = false;
    struct probe *p = probe_new(&c);
    open_position(p, EB_LONG, "100", "2", 10);
    assert_string_equal(heard_text(p), "");
    eb_sim_path_point(p->sim, 0, EB_SIM_HIT_ALL, px("1.8")); /* but what the venue does itself is told */
    assert_string_equal(heard_text(p), "F");
    assert_int_equal(held(p, 0), 0);
    probe_free(p);
}

static void people_close(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    open_position(p, EB_LONG, "100", "2", 10);
    struct eb_err err = {0};
    struct eb_sim_fill fill;
    assert_int_equal(eb_sim_close(p->sim, 0, qt("40"), px("2.1"), &fill, &err), EB_OK);
    assert_int_equal(fill.pnl.e8, e8("4"));
    assert_int_equal(eb_sim_close(p->sim, 0, qt("61"), px("2.1"), NULL, &err), EB_E_REFUSED);
    assert_int_equal(eb_sim_close(p->sim, 0, qt("0.5"), px("2.1"), NULL, &err), EB_E_INVALID);
    assert_int_equal(eb_sim_close(p->sim, 1, (eb_qty){0}, px("2.1"), NULL, &err), EB_E_NOT_FOUND);
    assert_int_equal(eb_sim_close(p->sim, 9, (eb_qty){0}, px("2.1"), NULL, &err), EB_E_NOT_FOUND);
    assert_int_equal(eb_sim_close(p->sim, 0, (eb_qty){0}, (eb_price){0}, NULL, &err), EB_E_REFUSED); /* no market */
    assert_int_equal(eb_sim_deleverage(p->sim, 0, qt("10"), px("2.0005"), &err), EB_OK);
    assert_true(heard_last(p, EB_EV_FILL)->u.fill.liquidation);
    assert_int_equal(last_trade(p)->price.e8, e8("2.0005"));
    assert_int_equal(held(p, 0), e8("50"));
    assert_int_equal(eb_sim_close(p->sim, 0, (eb_qty){0}, px("1.9"), &fill, &err), EB_OK);
    assert_int_equal(fill.pnl.e8, e8("-5"));
    assert_int_equal(held(p, 0), 0);
    struct eb_sim_account_view account;
    eb_sim_account(p->sim, &account);
    assert_int_equal(account.margin.e8, 0);
    assert_int_equal(account.open_positions, 0);
    probe_free(p);
}

static void leverage_and_margin_move_the_liquidation_price(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    open_position(p, EB_LONG, "100", "2", 10);
    struct eb_err err = {0};
    probe_clear(p);
    assert_int_equal(eb_sim_set_leverage(p->sim, 0, 5 * EB_PPM, &err), EB_OK);
    assert_string_equal(heard_text(p), "P");
    const struct eb_ev_position *position = heard_last(p, EB_EV_POSITION)->u.venue_position;
    assert_int_equal(position->liquidation.e8, e8("1.617")); /* 1.6 / 0.99 = 1.61616.. */
    assert_int_equal(position->margin.e8, e8("40"));
    assert_int_equal(eb_sim_set_leverage(p->sim, 0, 125 * EB_PPM, &err), EB_E_REFUSED);
    assert_int_equal(eb_sim_set_leverage(p->sim, 0, 0, &err), EB_E_INVALID);
    assert_int_equal(eb_sim_set_leverage(p->sim, 3, EB_PPM, &err), EB_E_NOT_FOUND);
    assert_int_equal(eb_sim_add_margin(p->sim, 0, (eb_money){10 * EB_E8}, &err), EB_OK);
    position = heard_last(p, EB_EV_POSITION)->u.venue_position;
    assert_int_equal(position->margin.e8, e8("50"));
    assert_int_equal(position->liquidation.e8, e8("1.516")); /* 1.5 / 0.99 = 1.51515.. */
    assert_int_equal(eb_sim_add_margin(p->sim, 0, (eb_money){-11 * EB_E8}, &err), EB_E_INVALID);
    assert_int_equal(eb_sim_close(p->sim, 0, qt("50"), px("2"), NULL, &err), EB_OK); /* half of it leaves */
    assert_int_equal(heard_last(p, EB_EV_POSITION)->u.venue_position->liquidation.e8, e8("1.516"));
    assert_int_equal(eb_sim_set_leverage(p->sim, 0, EB_PPM, &err), EB_OK);
    assert_int_equal(heard_last(p, EB_EV_POSITION)->u.venue_position->liquidation.e8, 0); /* it cannot be liquidated */
    (void)held(p, 0);
    probe_free(p);
}

static void position_mode(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    quote(p, "2", "2", NULL, NULL);
    open_position(p, EB_LONG, "100", "2", 10);
    struct eb_err err = {0};
    assert_int_equal(eb_sim_set_hedge(p->sim, true, &err), EB_E_REFUSED);
    assert_int_equal(eb_sim_close(p->sim, 0, (eb_qty){0}, px("2"), NULL, &err), EB_OK);
    struct eb_order_request buy = limit_gtc(EB_BUY, "10", "1.9", 1);
    buy.reduce_only = false;
    uint64_t id;
    int32_t code;
    assert_int_equal(eb_sim_place_foreign(p->sim, &buy, &id, &code, &err), EB_OK);
    assert_int_equal(eb_sim_set_hedge(p->sim, true, &err), EB_E_REFUSED);
    assert_int_equal(eb_sim_cancel_by_hand(p->sim, 0, id, true), EB_E_NOT_FOUND);
    assert_int_equal(eb_sim_cancel_by_hand(p->sim, 0, id, false), EB_OK);
    probe_clear(p);
    assert_int_equal(eb_sim_set_hedge(p->sim, true, &err), EB_OK);
    assert_string_equal(heard_text(p), "A");
    eb_sim_transfer(p->sim, (eb_money){-500 * EB_E8});
    assert_int_equal(heard_last(p, EB_EV_ACCOUNT)->u.account.balance.e8, e8("9499.84"));
    (void)held(p, 0);
    probe_free(p);
}

static void foreign_orders(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    quote(p, "2", "2", "1.999", "2.001");
    open_position(p, EB_LONG, "100", "2", 10);
    struct eb_order_request stop = stop_close(EB_SELL, "1.9");
    struct eb_err err = {0};
    uint64_t id;
    int32_t code;
    probe_clear(p);
    assert_int_equal(eb_sim_place_foreign(p->sim, &stop, &id, &code, &err), EB_OK);
    assert_string_equal(heard_text(p), "new");
    assert_int_equal(heard_last(p, EB_EV_ORDER)->u.order.client_id.instance, 0);
    struct eb_order_request ours = stop_close(EB_SELL, "1.85");
    assert_int_equal(submit(p, &ours), -4130); /* theirs has the place */
    assert_int_equal(eb_sim_place_foreign(p->sim, &stop, &id, &code, &err), EB_E_REFUSED);
    assert_int_equal(code, -4130);
    quote(p, "1.9", NULL, "1.899", "1.9");
    assert_int_equal(held(p, 0), 0);
    assert_int_equal(last_trade(p)->purpose, EB_PURPOSE_COUNT);
    probe_free(p);
}

static void an_opening_order_of_ours_is_a_violation(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum eb_order_side side;
        const char *qty, *says;
    } cases[] = {
        {"adds", EB_BUY, "10", "opened or increased"},
        {"flips", EB_SELL, "150", "flipped"},
        {"reduces", EB_SELL, "100", NULL},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_sim_config c = config();
        struct probe *p = probe_new(&c);
        quote(p, "2", "2", NULL, NULL);
        open_position(p, EB_LONG, "100", "2", 10);
        struct eb_order_request req = market(cases[i].side, cases[i].qty);
        req.reduce_only = false; /* as an engine would that forgot it: the exchange obeys */
        assert_int_equal(submit(p, &req), 0);
        struct eb_err err = {0};
        int code = eb_sim_check(p->sim, &err);
        assert_int_equal(code, cases[i].says != NULL ? EB_E_CORRUPT : EB_OK);
        if (cases[i].says != NULL && strstr(err.msg, cases[i].says) == NULL) {
            fail_msg("%s: %s", cases[i].name, err.msg);
        }
        probe_free(p);
    }
}

static void creation_is_checked(void **state)
{
    (void)state;
    struct eb_err err = {0};
    struct eb_sim *sim;
    struct eb_sim_config c = config();
    c.symbols_max = 0;
    assert_int_equal(eb_sim_create(&c, &sim, &err), EB_E_INVALID);
    assert_non_null(strstr(err.msg, "symbols_max"));
    c = config();
    c.slippage_ppm = EB_PPM;
    assert_int_equal(eb_sim_create(&c, &sim, &err), EB_E_INVALID);
    assert_non_null(strstr(err.msg, "slippage_ppm"));
    c = config();
    assert_int_equal(eb_sim_create(&c, &sim, &err), EB_OK);
    struct eb_ev_instrument inst = instrument("XYZUSDT", "0.001", "1");
    assert_int_equal(eb_sim_add_instrument(sim, 1, &inst, NULL, 0, &err), EB_E_INVALID);
    const struct eb_sim_tier falling[] = {{.cap = {5 * EB_E8}}, {.cap = {4 * EB_E8}}};
    assert_int_equal(eb_sim_add_instrument(sim, 0, &inst, falling, 2, &err), EB_E_INVALID);
    inst.tick.e8 = 0;
    assert_int_equal(eb_sim_add_instrument(sim, 0, &inst, NULL, 0, &err), EB_E_INVALID);
    eb_sim_destroy(sim);
    eb_sim_destroy(NULL);
}

static void a_full_trail_refuses_orders(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    c.trades_max = 2;
    struct probe *p = probe_new(&c);
    quote(p, "2", "2", NULL, NULL);
    open_position(p, EB_LONG, "100", "2", 10);
    struct eb_order_request req = market(EB_SELL, "10");
    assert_int_equal(submit(p, &req), 0);
    struct eb_err err = {0};
    assert_int_equal(p->venue.ops->submit(p->venue.venue, &req, &err), EB_E_FULL);
    struct eb_sim_entry entry = {.qty = qt("1"), .price = px("2")};
    assert_int_equal(eb_sim_open(p->sim, &entry, NULL, &err), EB_E_FULL);
    assert_int_equal(held(p, 0), e8("90"));
    probe_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_averages_are_exact),
        cmocka_unit_test(opening_is_checked),
        cmocka_unit_test(amounts_beyond_the_range_are_refused),
        cmocka_unit_test(an_opening_needs_the_minimum_notional),
        cmocka_unit_test(open_orders_can_be_visited),
        cmocka_unit_test(unchecked_margin),
        cmocka_unit_test(what_is_told),
        cmocka_unit_test(silence_can_be_chosen),
        cmocka_unit_test(people_close),
        cmocka_unit_test(leverage_and_margin_move_the_liquidation_price),
        cmocka_unit_test(position_mode),
        cmocka_unit_test(foreign_orders),
        cmocka_unit_test(an_opening_order_of_ours_is_a_violation),
        cmocka_unit_test(creation_is_checked),
        cmocka_unit_test(a_full_trail_refuses_orders),
    };
    return cmocka_run_group_tests_name("venue/sim hands", tests, NULL, NULL);
}
