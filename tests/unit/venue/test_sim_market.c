/* SPDX-License-Identifier: Apache-2.0 */
/* The market: executable sides, resting limits, book depth, bands, liquidation, funding schedule, prices told. */
#include "venue/fixture.h"

static struct eb_sim_config config(void)
{
    struct eb_sim_config c;
    eb_sim_config_default(&c);
    return c;
}

static void market_orders_meet_the_executable_side(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *mark, *last, *bid, *ask;
        const char *sold_at;
    } cases[] = {
        {"the bid", "2", "2.001", "1.99", "2.01", "1.99"},
        {"no book: the last price", "2", "2.001", NULL, NULL, "2.001"},
        {"no trade either: the mark, to the tick", "2.0004", NULL, NULL, NULL, "2"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_sim_config c = config();
        struct probe *p = probe_new(&c);
        quote(p, cases[i].mark, cases[i].last, cases[i].bid, cases[i].ask);
        open_position(p, EB_LONG, "100", "2.000", 5);
        struct eb_order_request req = market(EB_SELL, "100");
        assert_int_equal(submit(p, &req), 0);
        if (last_trade(p)->price.e8 != e8(cases[i].sold_at)) {
            fail_msg("%s: %lld", cases[i].name, (long long)last_trade(p)->price.e8);
        }
        probe_free(p);
    }
}

static void resting_limits(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *mark, *last, *bid, *ask;
        bool filled;
    } cases[] = {
        {"bid at the limit", NULL, NULL, "2.1", "2.101", true},
        {"bid a tick below", NULL, NULL, "2.099", "2.1", false},
        {"a trade at the limit", NULL, "2.1", "2.0", "2.2", true},
        {"the mark alone fills nothing", "2.2", NULL, NULL, NULL, false},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_sim_config c = config();
        c.slippage_ppm = 1000;
        struct probe *p = probe_new(&c);
        quote(p, "2", "2", "1.999", "2.001");
        open_position(p, EB_LONG, "100", "2.000", 5);
        struct eb_order_request req = limit_gtc(EB_SELL, "100", "2.1", 1);
        assert_int_equal(submit(p, &req), 0);
        quote(p, cases[i].mark, cases[i].last, cases[i].bid, cases[i].ask);
        if ((held(p, 0) == 0) != cases[i].filled) {
            fail_msg("%s", cases[i].name);
        }
        if (cases[i].filled) {
            assert_int_equal(last_trade(p)->price.e8, e8("2.1"));
            assert_true(last_trade(p)->maker);
            assert_int_equal(last_trade(p)->fee.e8, e8("0.042")); /* 210 at 2 bps */
        }
        probe_free(p);
    }
}

static void an_old_trade_fills_no_new_order(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    quote(p, "2", "2.2", "2.1", "2.2");
    open_position(p, EB_LONG, "100", "2.000", 5);
    quote(p, NULL, NULL, "2.0", "2.01");
    struct eb_order_request req = limit_gtc(EB_SELL, "100", "2.1", 1);
    assert_int_equal(submit(p, &req), 0);
    quote(p, NULL, NULL, "2.05", "2.06");
    assert_int_equal(held(p, 0), e8("100"));
    probe_free(p);
}

static void a_limit_through_the_book_takes(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    quote(p, "2", "2", "2.05", "2.06");
    open_position(p, EB_LONG, "100", "2.000", 5);
    struct eb_order_request req = limit_gtc(EB_SELL, "60", "2.04", 1);
    probe_clear(p);
    assert_int_equal(submit(p, &req), 0);
    assert_string_equal(heard_text(p), "new F filled P A");
    assert_int_equal(last_trade(p)->price.e8, e8("2.05"));
    assert_false(last_trade(p)->maker);
    struct eb_order_request ioc = limit_gtc(EB_SELL, "40", "2.06", 2);
    ioc.type = EB_ORDER_LIMIT_IOC;
    probe_clear(p);
    assert_int_equal(submit(p, &ioc), 0);
    assert_string_equal(heard_text(p), "expired");
    probe_free(p);
}

static void depth_and_bound(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    struct eb_ev_instrument inst = instrument("XYZUSDT", "0.001", "1");
    inst.market_take_bound_ppm = 1500; /* down to 1.997 */
    struct eb_err err = {0};
    assert_int_equal(eb_sim_add_instrument(p->sim, 0, &inst, NULL, 0, &err), EB_OK);
    assert_int_equal(eb_sim_set_depth(p->sim, 0, qt("30")), EB_OK);
    quote(p, "2", "2", "1.999", "2.001");
    open_position(p, EB_LONG, "200", "2.000", 5);
    probe_clear(p);
    struct eb_order_request req = market(EB_SELL, "50");
    assert_int_equal(submit(p, &req), 0);
    assert_string_equal(heard_text(p), "F F filled P A"); /* 30 at 1.999, 20 at 1.998 */
    assert_int_equal(heard_nth(p, EB_EV_FILL, 0)->u.fill.qty.e8, e8("30"));
    assert_int_equal(heard_nth(p, EB_EV_FILL, 1)->u.fill.price.e8, e8("1.998"));
    probe_clear(p);
    req = market(EB_SELL, "100"); /* 10 are left at 1.998, 30 at 1.997, and no further */
    assert_int_equal(submit(p, &req), 0);
    assert_string_equal(heard_text(p), "F F expired P A");
    assert_int_equal(heard_last(p, EB_EV_ORDER)->u.order.filled.e8, e8("40"));
    assert_int_equal(held(p, 0), e8("110"));
    quote(p, "2", "2", "1.999", "2.001"); /* a new book */
    req = market(EB_SELL, "30");
    assert_int_equal(submit(p, &req), 0);
    assert_int_equal(last_trade(p)->price.e8, e8("1.999"));
    struct eb_order_request ioc = limit_gtc(EB_SELL, "80", "1.998", 1);
    ioc.type = EB_ORDER_LIMIT_IOC;
    assert_int_equal(submit(p, &ioc), 0);
    assert_int_equal(held(p, 0), e8("50"));
    probe_free(p);
}

static void band(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    struct eb_ev_instrument inst = instrument("XYZUSDT", "0.001", "1");
    inst.percent_down_ppm = 990000;
    inst.percent_up_ppm = 1010000;
    struct eb_err err = {0};
    assert_int_equal(eb_sim_add_instrument(p->sim, 0, &inst, NULL, 0, &err), EB_OK);
    quote(p, "2", "2", "1.979", "2.001");
    open_position(p, EB_LONG, "100", "2.000", 5);
    struct eb_order_request req = market(EB_SELL, "50");
    assert_int_equal(submit(p, &req), -4131);
    assert_int_equal(eb_sim_code_class(-4131), EB_REJ_BAND);
    quote(p, NULL, NULL, "1.98", "2.001");
    assert_int_equal(submit(p, &req), 0);
    probe_free(p);
}

static void fills_are_split(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    c.fill_max = qt("30");
    struct probe *p = probe_new(&c);
    quote(p, "2", "2", NULL, NULL);
    open_position(p, EB_LONG, "100", "2.000", 5);
    probe_clear(p);
    struct eb_order_request req = market(EB_SELL, "100");
    assert_int_equal(submit(p, &req), 0);
    assert_string_equal(heard_text(p), "F F F F filled P A");
    assert_int_equal(heard_nth(p, EB_EV_FILL, 3)->u.fill.qty.e8, e8("10"));
    probe_free(p);
    c.fill_max = qt("1"); /* bounded: 64 fills at most, on the step */
    p = probe_new(&c);
    quote(p, "2", "2", NULL, NULL);
    open_position(p, EB_LONG, "1000", "2.000", 5);
    probe_clear(p);
    req = market(EB_SELL, "1000");
    assert_int_equal(submit(p, &req), 0);
    assert_int_equal(heard_count(p, EB_EV_FILL), 63); /* pieces of 16 */
    assert_int_equal(held(p, 0), 0);
    probe_free(p);
}

static void liquidation_on_the_mark(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    quote(p, "2", "2", "1.999", "2.001");
    open_position(p, EB_LONG, "100", "2.000", 10);
    probe_clear(p);
    quote(p, "1.82", "1.7", "1.7", "1.701");
    assert_int_equal(held(p, 0), e8("100"));
    quote(p, "1.8", NULL, NULL, NULL);
    assert_string_equal(heard_text(p), "F P A");
    const struct eb_sim_trade *t = last_trade(p);
    assert_true(t->liquidation);
    assert_int_equal(t->pnl.e8, e8("-20"));
    assert_int_equal(t->purpose, EB_PURPOSE_COUNT);
    struct eb_sim_stats stats;
    eb_sim_stats(p->sim, &stats);
    assert_int_equal(stats.liquidations, 1);
    probe_free(p);
}

static void funding_by_schedule(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    quote(p, "2", "2", NULL, NULL);
    open_position(p, EB_SHORT, "100", "2.000", 10);
    assert_int_equal(eb_sim_set_funding(p->sim, 0, 10000, p->now_ms + 1000, 8000), EB_OK);
    probe_clear(p);
    probe_run(p, 999);
    quote(p, "2", NULL, NULL, NULL);
    assert_string_equal(heard_text(p), "");
    probe_run(p, 1);
    quote(p, "2.1", NULL, NULL, NULL);
    assert_string_equal(heard_text(p), "A funding");
    assert_int_equal(heard_last(p, EB_EV_FUNDING)->u.funding.next_ms, p->now_ms + 8000);
    struct eb_sim_account_view account;
    eb_sim_account(p->sim, &account);
    assert_int_equal(account.funding.e8, e8("0.021")); /* 100 * 2.1 * 0.0001 received by SHORT */
    probe_run(p, 17000);
    quote(p, "2.1", NULL, NULL, NULL); /* two are due */
    eb_sim_account(p->sim, &account);
    assert_int_equal(account.funding.e8, e8("0.063"));
    (void)held(p, 0);
    probe_free(p);
}

static void prices_are_told(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    c.tell_prices = true;
    struct probe *p = probe_new(&c);
    quote(p, "2", "2.001", "1.999", "2.002");
    assert_string_equal(heard_text(p), "price price price");
    const struct eb_ev_price *book = &heard_last(p, EB_EV_PRICE)->u.price;
    assert_int_equal(book->source, EB_SRC_BOOK);
    assert_int_equal(book->price.e8, e8("1.999"));
    assert_int_equal(book->ask.e8, e8("2.002"));
    assert_int_equal(book->min.e8, e8("2.002"));
    assert_int_equal(book->max.e8, e8("1.999"));
    assert_int_equal(book->venue_ms, p->now_ms);
    probe_clear(p);
    struct eb_err err;
    assert_int_equal(p->venue.ops->refresh_price(p->venue.venue, 0, &err), EB_OK);
    assert_int_equal(p->venue.ops->refresh_price(p->venue.venue, 9, &err), EB_E_NOT_FOUND);
    assert_true(heard_last(p, EB_EV_PRICE)->u.price.from_rest);
    assert_int_equal(heard_last(p, EB_EV_PRICE)->u.price.source, EB_SRC_MARK);
    struct eb_sim_quote q = {.mark = px("1")};
    assert_int_equal(eb_sim_price(p->sim, 5, &q), EB_E_NOT_FOUND);
    probe_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(market_orders_meet_the_executable_side),
        cmocka_unit_test(resting_limits),
        cmocka_unit_test(an_old_trade_fills_no_new_order),
        cmocka_unit_test(a_limit_through_the_book_takes),
        cmocka_unit_test(depth_and_bound),
        cmocka_unit_test(band),
        cmocka_unit_test(fills_are_split),
        cmocka_unit_test(liquidation_on_the_mark),
        cmocka_unit_test(funding_by_schedule),
        cmocka_unit_test(prices_are_told),
    };
    return cmocka_run_group_tests_name("venue/sim market", tests, NULL, NULL);
}
