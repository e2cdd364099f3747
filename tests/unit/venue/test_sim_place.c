/* SPDX-License-Identifier: Apache-2.0 */
/* Orders for a venue around this one: under reserved ids, amended, filled by hand; triggers that are kept outside. */
#include "venue/fixture.h"

#include <string.h>

static struct probe *start(bool hedge)
{
    struct eb_sim_config c;
    eb_sim_config_default(&c);
    c.symbols_max = 2;
    c.hedge = hedge;
    c.ids_after = 5000;
    struct probe *p = probe_new(&c);
    quote(p, "2.000", "2.000", "1.999", "2.001");
    open_position(p, EB_LONG, "100", "2.000", 10);
    probe_clear(p);
    return p;
}

static struct eb_order_request reduction(const char *qty, const char *price, unsigned leg)
{
    return limit_gtc(EB_SELL, qty, price, leg);
}

static void ids_are_the_callers(void **state)
{
    (void)state;
    struct probe *p = start(false);
    assert_int_equal(last_trade(p)->venue_order_id, 5001);
    uint64_t a = eb_sim_reserve_id(p->sim), b = eb_sim_reserve_id(p->sim);
    assert_int_equal(a, 5002);
    struct eb_order_request first = reduction("40", "2.100", 1), second = reduction("30", "2.200", 2);
    assert_int_equal(eb_sim_place(p->sim, &second, b, false), 0);
    assert_int_equal(eb_sim_place(p->sim, &first, a, false), 0);
    assert_int_equal(heard_nth(p, EB_EV_ORDER, 0)->u.order.venue_order_id, b);
    assert_int_equal(heard_nth(p, EB_EV_ORDER, 1)->u.order.venue_order_id, a);
    assert_int_equal(eb_sim_cancel_by_hand(p->sim, 0, a, false), EB_OK);
    struct eb_order_request much = reduction("71", "2.100", 3);
    assert_int_equal(eb_sim_check_order(p->sim, &much, false), -2022);
    assert_int_equal(eb_sim_place(p->sim, &much, eb_sim_reserve_id(p->sim), false), -2022);
    assert_int_equal(held(p, 0), e8("100"));
    probe_free(p);
}

static void a_whole_close_asks_no_filter_and_makes_room(void **state)
{
    (void)state;
    struct probe *p = start(true);
    struct eb_ev_instrument inst = instrument("XYZUSDT", "0.001", "1");
    struct eb_err err = {0};
    inst.market_max_qty = qt("10");
    assert_int_equal(eb_sim_add_instrument(p->sim, 0, &inst, NULL, 0, &err), EB_OK);
    struct eb_order_request rest = reduction("100", "2.100", 1);
    rest.reduce_only = false;
    rest.position_side = EB_PS_LONG;
    assert_int_equal(eb_sim_place(p->sim, &rest, eb_sim_reserve_id(p->sim), false), 0);
    struct eb_order_request all = market(EB_SELL, "100");
    all.reduce_only = false;
    all.position_side = EB_PS_LONG;
    assert_int_equal(eb_sim_check_order(p->sim, &all, false), -4005);
    all.qty = qt("101");
    assert_int_equal(eb_sim_check_order(p->sim, &all, true), -2022);
    all.qty = qt("100");
    assert_int_equal(eb_sim_place(p->sim, &all, eb_sim_reserve_id(p->sim), true), 0);
    assert_int_equal(held(p, 0), 0);
    assert_int_equal(heard_last(p, EB_EV_ORDER)->u.order.state, EB_OS_EXPIRED); /* what rested */
    assert_int_equal(eb_sim_check_order(p->sim, &all, true), -2022);
    probe_free(p);
}

static void takeable_is_what_the_book_holds(void **state)
{
    (void)state;
    struct probe *p = start(false);
    struct eb_order_request o = reduction("50", "1.998", 1);
    assert_int_equal(eb_sim_takeable(p->sim, &o).e8, e8("50"));
    o.price = px("2.000");
    assert_int_equal(eb_sim_takeable(p->sim, &o).e8, 0);
    assert_int_equal(eb_sim_set_depth(p->sim, 0, qt("15")), EB_OK);
    o.price = px("1.998");
    assert_int_equal(eb_sim_takeable(p->sim, &o).e8, e8("30")); /* two ticks */
    o.price = px("1.000");
    assert_int_equal(eb_sim_takeable(p->sim, &o).e8, e8("50"));
    o.symbol = 9;
    assert_int_equal(eb_sim_takeable(p->sim, &o).e8, 0);
    probe_free(p);
}

static void amending(void **state)
{
    (void)state;
    struct probe *p = start(false);
    struct eb_err err = {0};
    uint64_t a = eb_sim_reserve_id(p->sim), b = eb_sim_reserve_id(p->sim);
    struct eb_order_request first = reduction("40", "2.100", 1), second = reduction("40", "2.100", 2);
    assert_int_equal(eb_sim_place(p->sim, &first, a, false), 0);
    assert_int_equal(eb_sim_place(p->sim, &second, b, false), 0);
    assert_int_equal(eb_sim_fill_part(p->sim, 0, a, qt("10"), &err), EB_OK);
    assert_int_equal(eb_sim_fill_part(p->sim, 0, a, qt("31"), &err), EB_E_INVALID);
    assert_int_equal(eb_sim_fill_part(p->sim, 0, 77, qt("1"), &err), EB_E_NOT_FOUND);
    assert_int_equal(held(p, 0), e8("90"));
    assert_int_equal(eb_sim_amend(p->sim, 0, a, px("2.100"), qt("10")), -2011); /* no more than is filled */
    assert_int_equal(eb_sim_amend(p->sim, 0, a, px("2.100"), qt("61")), -2022); /* 51 beside the other's 40 */
    assert_int_equal(eb_sim_amend(p->sim, 0, a, px("2.100"), qt("60")), 0);
    probe_clear(p);
    quote(p, "2.100", "2.100", "2.099", "2.101"); /* it was first and is now behind */
    assert_int_equal(heard_nth(p, EB_EV_FILL, 0)->u.fill.venue_order_id, b);
    assert_int_equal(heard_nth(p, EB_EV_FILL, 1)->u.fill.venue_order_id, a);
    assert_int_equal(heard_nth(p, EB_EV_FILL, 1)->u.fill.qty.e8, e8("50"));
    assert_int_equal(held(p, 0), 0);
    probe_free(p);
}

static void an_amendment_may_take(void **state)
{
    (void)state;
    struct probe *p = start(false);
    struct eb_err err = {0};
    uint64_t a = eb_sim_reserve_id(p->sim);
    struct eb_order_request o = reduction("40", "2.100", 1);
    assert_int_equal(eb_sim_place(p->sim, &o, a, false), 0);
    assert_int_equal(eb_sim_fill_part(p->sim, 0, a, qt("10"), &err), EB_OK);
    assert_int_equal(eb_sim_amend(p->sim, 0, a, px("1.990"), qt("40")), 0);
    assert_false(last_trade(p)->maker);
    assert_int_equal(last_trade(p)->qty.e8, e8("30"));
    assert_int_equal(last_trade(p)->price.e8, e8("1.999"));
    assert_int_equal(eb_sim_amend(p->sim, 0, a, px("2.000"), qt("50")), -2011);
    assert_int_equal(held(p, 0), e8("60"));
    probe_free(p);
}

static void an_order_runs_out(void **state)
{
    (void)state;
    struct probe *p = start(false);
    uint64_t a = eb_sim_reserve_id(p->sim);
    struct eb_order_request o = reduction("40", "2.100", 1);
    assert_int_equal(eb_sim_place(p->sim, &o, a, false), 0);
    assert_int_equal(eb_sim_expire(p->sim, 0, a), EB_OK);
    assert_int_equal(heard_last(p, EB_EV_ORDER)->u.order.state, EB_OS_EXPIRED);
    assert_int_equal(eb_sim_expire(p->sim, 0, a), EB_E_NOT_FOUND);
    probe_free(p);
}

struct asked {
    struct probe *p;
    unsigned nearer, all;
    bool close;
};

static void ask(void *user, eb_symbol_id symbol, bool nearer)
{
    struct asked *x = user;
    assert_int_equal(symbol, 0);
    *(nearer ? &x->nearer : &x->all) += 1;
    if (nearer && x->close) {
        struct eb_order_request o = market(EB_SELL, "100");
        assert_int_equal(eb_sim_place(x->p->sim, &o, eb_sim_reserve_id(x->p->sim), true), 0);
    }
}

static void triggers_outside_act_before_a_liquidation(void **state)
{
    (void)state;
    for (int close = 0; close < 2; close++) {
        struct probe *p = start(false);
        struct asked x = {.p = p, .close = close == 1};
        eb_sim_set_triggers(p->sim, ask, &x);
        quote(p, "1.000", "1.000", "0.999", "1.001");
        assert_int_equal(x.nearer, 1);
        assert_int_equal(x.all, 1);
        assert_int_equal(held(p, 0), 0);
        assert_int_equal(last_trade(p)->liquidation, close == 0);
        probe_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_the_callers),
        cmocka_unit_test(a_whole_close_asks_no_filter_and_makes_room),
        cmocka_unit_test(takeable_is_what_the_book_holds),
        cmocka_unit_test(amending),
        cmocka_unit_test(an_amendment_may_take),
        cmocka_unit_test(an_order_runs_out),
        cmocka_unit_test(triggers_outside_act_before_a_liquidation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
