/* SPDX-License-Identifier: Apache-2.0 */
/* What the venue refuses and with which code; client ids; reduce-only rules; cancel and query. */
#include "venue/fixture.h"

#include <string.h>

static struct probe *start(bool hedge)
{
    struct eb_sim_config c;
    eb_sim_config_default(&c);
    c.symbols_max = 2;
    c.hedge = hedge;
    struct probe *p = probe_new(&c);
    struct eb_ev_instrument inst = instrument("XYZUSDT", "0.001", "1");
    inst.min_qty = qt("5");
    inst.max_qty = qt("1000");
    inst.market_min_qty = qt("5");
    inst.market_max_qty = qt("200");
    inst.max_price = px("100");
    inst.min_price = px("0.010");
    inst.min_notional = (eb_money){20 * EB_E8};
    inst.percent_up_ppm = 1050000;
    inst.percent_down_ppm = 950000;
    struct eb_err err = {0};
    assert_int_equal(eb_sim_add_instrument(p->sim, 0, &inst, NULL, 0, &err), EB_OK);
    quote(p, "2.000", "2.000", "1.999", "2.001");
    return p;
}

static void one_way_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum eb_order_type type;
        const char *qty, *price, *trigger;
        bool reduce_only, close_position;
        uint8_t position_side;
        uint8_t side;
        int32_t code;
        enum eb_reject_class reaction;
    } cases[] = {
        {"legal", EB_ORDER_MARKET, "100", NULL, NULL, true, false, 0, EB_SELL, 0, EB_REJ_NONE},
        {"quantity 0", EB_ORDER_MARKET, "0", NULL, NULL, true, false, 0, EB_SELL, -4003, EB_REJ_FIX},
        {"more decimals than the step", EB_ORDER_MARKET, "99.5", NULL, NULL, true, false, 0, EB_SELL, -1111,
         EB_REJ_FIX},
        {"below the minimum", EB_ORDER_MARKET, "4", NULL, NULL, true, false, 0, EB_SELL, -4004, EB_REJ_FIX},
        {"above the market maximum", EB_ORDER_MARKET, "201", NULL, NULL, true, false, 0, EB_SELL, -4005, EB_REJ_FIX},
        {"limit orders have another maximum", EB_ORDER_LIMIT_GTC, "201", "2.05", NULL, true, false, 0, EB_SELL, 0,
         EB_REJ_NONE},
        {"limit above its maximum", EB_ORDER_LIMIT_GTC, "1001", "2.05", NULL, true, false, 0, EB_SELL, -4005,
         EB_REJ_FIX},
        {"price 0", EB_ORDER_LIMIT_GTC, "100", "0", NULL, true, false, 0, EB_SELL, -4001, EB_REJ_FIX},
        {"price too precise", EB_ORDER_LIMIT_GTC, "100", "2.0501", NULL, true, false, 0, EB_SELL, -1111, EB_REJ_FIX},
        {"price above the maximum", EB_ORDER_LIMIT_GTC, "100", "101", NULL, true, false, 0, EB_SELL, -4002, EB_REJ_FIX},
        {"price below the minimum", EB_ORDER_LIMIT_GTC, "100", "0.009", NULL, true, false, 0, EB_SELL, -4013,
         EB_REJ_FIX},
        {"sale below the band", EB_ORDER_LIMIT_IOC, "100", "1.899", NULL, true, false, 0, EB_SELL, -4024, EB_REJ_FIX},
        {"sale at the band", EB_ORDER_LIMIT_IOC, "100", "1.900", NULL, true, false, 0, EB_SELL, 0, EB_REJ_NONE},
        {"purchase above the band", EB_ORDER_LIMIT_IOC, "100", "2.101", NULL, false, false, 0, EB_BUY, -4016,
         EB_REJ_FIX},
        {"position side in one-way mode", EB_ORDER_MARKET, "100", NULL, NULL, true, false, EB_PS_LONG, EB_SELL, -4061,
         EB_REJ_MODE},
        {"reduce-only in the direction of the position", EB_ORDER_MARKET, "100", NULL, NULL, true, false, 0, EB_BUY,
         -2022, EB_REJ_REDUCE_ONLY},
        {"small notional, not reducing", EB_ORDER_MARKET, "9", NULL, NULL, false, false, 0, EB_BUY, -4164, EB_REJ_FIX},
        {"small notional, reducing", EB_ORDER_MARKET, "9", NULL, NULL, true, false, 0, EB_SELL, 0, EB_REJ_NONE},
        {"stop below the mark", EB_ORDER_STOP_MARKET, "100", NULL, "1.9", true, false, 0, EB_SELL, 0, EB_REJ_NONE},
        {"stop at the mark", EB_ORDER_STOP_MARKET, "100", NULL, "2.0", true, false, 0, EB_SELL, -2021,
         EB_REJ_WOULD_TRIGGER},
        {"purchase stop below the mark", EB_ORDER_STOP_MARKET, "100", NULL, "1.9", true, false, 0, EB_BUY, -2021,
         EB_REJ_WOULD_TRIGGER},
        {"trigger off the tick", EB_ORDER_STOP_MARKET, "100", NULL, "1.9005", true, false, 0, EB_SELL, -1111,
         EB_REJ_FIX},
        {"no trigger", EB_ORDER_STOP_MARKET, "100", NULL, "0", true, false, 0, EB_SELL, -4006, EB_REJ_FIX},
        {"closePosition with a quantity", EB_ORDER_STOP_MARKET, "100", NULL, "1.9", false, true, 0, EB_SELL, -4137,
         EB_REJ_ALARM},
        {"closePosition at market", EB_ORDER_MARKET, "0", NULL, NULL, false, true, 0, EB_SELL, -4136, EB_REJ_ALARM},
        {"closePosition with nothing on that side", EB_ORDER_STOP_MARKET, "0", NULL, "2.2", false, true, 0, EB_BUY,
         -4509, EB_REJ_REDUCE_ONLY},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct probe *p = start(false);
        open_position(p, EB_LONG, "400", "2.000", 5);
        struct eb_order_request req = market((enum eb_order_side)cases[i].side, cases[i].qty);
        req.type = (uint8_t)cases[i].type;
        req.price = px(cases[i].price);
        req.trigger = px(cases[i].trigger);
        req.reduce_only = cases[i].reduce_only;
        req.close_position = cases[i].close_position;
        req.position_side = cases[i].position_side;
        int32_t code = submit(p, &req);
        if (code != cases[i].code || eb_sim_code_class(code) != cases[i].reaction) {
            fail_msg("%s: %d %s", cases[i].name, code, eb_sim_code_text(code));
        }
        probe_free(p);
    }
}

static void steps_of_two_decimals(void **state)
{
    (void)state;
    struct probe *p = start(false);
    struct eb_ev_instrument inst = instrument("XYZUSDT", "0.05", "0.25"); /* off the grid without excess decimals */
    struct eb_err err = {0};
    assert_int_equal(eb_sim_add_instrument(p->sim, 0, &inst, NULL, 0, &err), EB_OK);
    open_position(p, EB_LONG, "100", "2.00", 5);
    struct eb_order_request qty = market(EB_SELL, "0.30");
    assert_int_equal(submit(p, &qty), -4023);
    struct eb_order_request price = limit_gtc(EB_SELL, "1", "2.12", 1);
    assert_int_equal(submit(p, &price), -4014);
    probe_free(p);
}

static void hedge_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *qty;
        bool reduce_only;
        uint8_t position_side, side;
        int32_t code;
    } cases[] = {
        {"closing side of its leg", "100", false, EB_PS_LONG, EB_SELL, 0},
        {"no position side", "100", false, EB_PS_BOTH, EB_SELL, -4061},
        {"reduce-only does not exist", "100", true, EB_PS_LONG, EB_SELL, -1106},
        {"more than the leg", "101", false, EB_PS_LONG, EB_SELL, -2022},
        {"the other leg is flat", "100", false, EB_PS_SHORT, EB_BUY, -2022},
        {"small notional", "9", false, EB_PS_LONG, EB_SELL, -4164},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct probe *p = start(true);
        open_position(p, EB_LONG, "100", "2.000", 5);
        struct eb_order_request req = market((enum eb_order_side)cases[i].side, cases[i].qty);
        req.reduce_only = cases[i].reduce_only;
        req.position_side = cases[i].position_side;
        int32_t code = submit(p, &req);
        if (code != cases[i].code) {
            fail_msg("%s: %d %s", cases[i].name, code, eb_sim_code_text(code));
        }
        probe_free(p);
    }
}

/* Dust below the minimum notional can be closed in hedge mode only as the exact rest of the leg. */
static void hedge_exact_rest(void **state)
{
    (void)state;
    struct probe *p = start(true);
    open_position(p, EB_SHORT, "108", "2.000", 5);
    struct eb_order_request req = market(EB_BUY, "100");
    req.reduce_only = false;
    req.position_side = EB_PS_SHORT;
    assert_int_equal(submit(p, &req), 0);
    req = market(EB_BUY, "8");
    req.reduce_only = false;
    req.position_side = EB_PS_SHORT;
    assert_int_equal(submit(p, &req), 0);
    assert_int_equal(held(p, 1), 0);
    probe_free(p);
}

static void unknown_and_halted_symbols(void **state)
{
    (void)state;
    struct probe *p = start(false);
    struct eb_order_request req = market(EB_SELL, "10");
    req.symbol = 7;
    assert_int_equal(submit(p, &req), -1121);
    struct eb_ev_instrument inst = instrument("XYZUSDT", "0.001", "1");
    inst.trading = false;
    struct eb_err err = {0};
    assert_int_equal(eb_sim_add_instrument(p->sim, 0, &inst, NULL, 0, &err), EB_OK);
    req = market(EB_SELL, "10");
    assert_int_equal(submit(p, &req), -1122);
    req = market(EB_SELL, "10"); /* the other symbol has never had a price */
    req.symbol = 1;
    req.reduce_only = false;
    assert_int_equal(submit(p, &req), -1112);
    probe_free(p);
}

static void ids_are_unique_among_open_orders(void **state)
{
    (void)state;
    struct probe *p = start(false);
    open_position(p, EB_LONG, "100", "2.000", 5);
    struct eb_order_request rest = limit_gtc(EB_SELL, "50", "2.05", 1);
    assert_int_equal(submit(p, &rest), 0);
    assert_int_equal(submit(p, &rest), -4116);
    assert_int_equal(eb_sim_code_class(-4116), EB_REJ_DUPLICATE);
    struct eb_order_request stop = stop_close(EB_SELL, "1.8");
    stop.client_id = rest.client_id; /* conditional orders have a space of their own */
    assert_int_equal(submit(p, &stop), 0);
    cancel(p, &rest);
    assert_int_equal(submit(p, &rest), 0); /* closed: the id may be used again, which is why it proves nothing */
    struct eb_order_request now = market(EB_SELL, "25");
    assert_int_equal(submit(p, &now), 0);
    assert_int_equal(submit(p, &now), 0);
    assert_int_equal(held(p, 0), e8("50"));
    probe_clear(p);
    query(p, &now); /* the last one of that id is meant */
    assert_int_equal(heard_nth(p, EB_EV_FILL, 0)->u.fill.trade_id, last_trade(p)->trade_id);
    probe_free(p);
}

static void resting_reductions_cover_the_position(void **state)
{
    (void)state;
    struct probe *p = start(false);
    open_position(p, EB_LONG, "100", "2.000", 5);
    struct eb_order_request a = limit_gtc(EB_SELL, "40", "2.05", 1), b = limit_gtc(EB_SELL, "40", "2.06", 2);
    assert_int_equal(submit(p, &a), 0);
    assert_int_equal(submit(p, &b), 0);
    struct eb_order_request more = market(EB_SELL, "21");
    assert_int_equal(submit(p, &more), -2022);
    more = market(EB_SELL, "20");
    assert_int_equal(submit(p, &more), 0);
    assert_int_equal(held(p, 0), e8("80"));
    probe_clear(p); /* a person sells 30: the newest resting order is knocked out */
    struct eb_err err;
    assert_int_equal(eb_sim_close(p->sim, 0, qt("30"), (eb_price){0}, NULL, &err), EB_OK);
    assert_string_equal(heard_text(p), "F expired P A");
    assert_int_equal(heard_last(p, EB_EV_ORDER)->u.order.client_id.leg, 2);
    probe_clear(p); /* and all of it: the rest goes too */
    assert_int_equal(eb_sim_close(p->sim, 0, (eb_qty){0}, (eb_price){0}, NULL, &err), EB_OK);
    assert_string_equal(heard_text(p), "F expired P A");
    assert_int_equal(held(p, 0), 0);
    probe_free(p);
}

static void clipping_is_a_choice(void **state)
{
    (void)state;
    struct eb_sim_config c;
    eb_sim_config_default(&c);
    c.clip_reduce = true;
    struct probe *p = probe_new(&c);
    quote(p, "2", "2", NULL, NULL);
    open_position(p, EB_LONG, "100", "2.000", 5);
    struct eb_order_request rest = limit_gtc(EB_SELL, "40", "2.05", 1), all = market(EB_SELL, "130");
    assert_int_equal(submit(p, &rest), 0);
    probe_clear(p);
    assert_int_equal(submit(p, &all), 0);
    assert_string_equal(heard_text(p), "F expired expired P A"); /* 100 filled, its rest and the limit expired */
    assert_int_equal(heard_nth(p, EB_EV_ORDER, 0)->u.order.filled.e8, e8("100"));
    assert_int_equal(held(p, 0), 0);
    probe_free(p);
}

static void order_limits(void **state)
{
    (void)state;
    struct eb_sim_config c;
    eb_sim_config_default(&c);
    c.slots_max = 2;
    c.orders_per_symbol_max = 3;
    struct probe *p = probe_new(&c);
    quote(p, "2", "2", NULL, NULL);
    open_position(p, EB_LONG, "100", "2.000", 5);
    for (unsigned i = 0; i < 4; i++) {
        struct eb_order_request req = limit_gtc(EB_SELL, "10", "2.5", i + 1);
        assert_int_equal(submit(p, &req), i < 3 ? 0 : -2025);
    }
    for (unsigned i = 0; i < 3; i++) {
        struct eb_order_request req = stop_close(EB_SELL, "1.9");
        req.close_position = false;
        req.reduce_only = true;
        req.qty = qt("10");
        assert_int_equal(submit(p, &req), i < 2 ? 0 : -4045);
    }
    assert_int_equal(eb_sim_code_class(-4045), EB_REJ_SLOTS);
    assert_int_equal(held(p, 0), e8("100"));
    probe_free(p);
}

static void cancel_and_query(void **state)
{
    (void)state;
    struct probe *p = start(false);
    open_position(p, EB_LONG, "100", "2.000", 5);
    struct eb_order_request rest = limit_gtc(EB_SELL, "50", "2.05", 1), gone = market(EB_SELL, "10");
    assert_int_equal(submit(p, &rest), 0);
    probe_clear(p);
    query(p, &rest);
    cancel(p, &rest);
    cancel(p, &rest);
    query(p, &rest);
    query(p, &gone);
    assert_string_equal(heard_text(p), "new canceled unknown! canceled absent");
    const struct eb_ev_order *failed = &heard_nth(p, EB_EV_ORDER, 2)->u.order;
    assert_int_equal(failed->code, -2011);
    assert_int_equal(failed->reject, EB_REJ_GONE);
    const struct eb_ev_order *absent = &heard_nth(p, EB_EV_ORDER, 4)->u.order;
    assert_true(absent->from_query);
    assert_int_equal(absent->code, -2013);
    assert_int_equal(absent->reject, EB_REJ_NONE);
    assert_int_equal(submit(p, &gone), 0);
    probe_clear(p);
    query(p, &gone); /* the answer repeats the fill, so that a lost one is found */
    assert_string_equal(heard_text(p), "F filled");
    assert_int_equal(heard_nth(p, EB_EV_FILL, 0)->u.fill.trade_id, last_trade(p)->trade_id);
    assert_int_equal(heard_nth(p, EB_EV_ORDER, 0)->u.order.filled.e8, e8("10"));
    probe_free(p);
}

static void closed_orders_are_forgotten_in_the_end(void **state)
{
    (void)state;
    struct eb_sim_config c;
    eb_sim_config_default(&c);
    c.orders_max = 2;
    struct probe *p = probe_new(&c);
    quote(p, "2", "2", NULL, NULL);
    open_position(p, EB_LONG, "100", "2.000", 5);
    struct eb_order_request first = market(EB_SELL, "1"), second = market(EB_SELL, "2"), third = market(EB_SELL, "3");
    assert_int_equal(submit(p, &first), 0);
    assert_int_equal(submit(p, &second), 0);
    assert_int_equal(submit(p, &third), 0);
    probe_clear(p);
    query(p, &first);
    query(p, &second);
    query(p, &third);
    assert_string_equal(heard_text(p), "absent F filled F filled");
    struct eb_order_request a = limit_gtc(EB_SELL, "1", "3", 1), b = limit_gtc(EB_SELL, "1", "3", 2);
    struct eb_order_request none = market(EB_SELL, "1");
    assert_int_equal(submit(p, &a), 0);
    assert_int_equal(submit(p, &b), 0);
    assert_int_equal(submit(p, &none), -2025); /* both places are open orders */
    probe_free(p);
}

static void codes_have_reactions_and_texts(void **state)
{
    (void)state;
    static const struct {
        int32_t code;
        enum eb_reject_class reaction;
    } cases[] = {
        {0, EB_REJ_NONE},       {-1008, EB_REJ_RETRY},       {-1015, EB_REJ_RETRY}, {-1021, EB_REJ_CLOCK},
        {-1106, EB_REJ_MODE},   {-1111, EB_REJ_FIX},         {-2011, EB_REJ_GONE},  {-2013, EB_REJ_GONE},
        {-2020, EB_REJ_BAND},   {-4131, EB_REJ_BAND},        {-2025, EB_REJ_SLOTS}, {-4130, EB_REJ_EXISTS},
        {-4061, EB_REJ_MODE},   {-4118, EB_REJ_REDUCE_ONLY}, {-5028, EB_REJ_CLOCK}, {-2019, EB_REJ_ALARM},
        {-99999, EB_REJ_ALARM},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        assert_int_equal(eb_sim_code_class(cases[i].code), cases[i].reaction);
        assert_true(strlen(eb_sim_code_text(cases[i].code)) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_way_refusals),
        cmocka_unit_test(steps_of_two_decimals),
        cmocka_unit_test(hedge_refusals),
        cmocka_unit_test(hedge_exact_rest),
        cmocka_unit_test(unknown_and_halted_symbols),
        cmocka_unit_test(ids_are_unique_among_open_orders),
        cmocka_unit_test(resting_reductions_cover_the_position),
        cmocka_unit_test(clipping_is_a_choice),
        cmocka_unit_test(order_limits),
        cmocka_unit_test(cancel_and_query),
        cmocka_unit_test(closed_orders_are_forgotten_in_the_end),
        cmocka_unit_test(codes_have_reactions_and_texts),
    };
    return cmocka_run_group_tests_name("venue/sim orders", tests, NULL, NULL);
}
