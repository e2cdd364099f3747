/* SPDX-License-Identifier: Apache-2.0 */
/* The bar walk at the venue: fills at path prices, liquidation, soft legs, gaps, funding, money to the last digit. */
#include "venue/fixture.h"

#include <stdlib.h>
#include <string.h>

static struct eb_sim_config config(void)
{
    struct eb_sim_config c;
    eb_sim_config_default(&c);
    return c;
}

/* The worked example of the specification (semantics 11): what the venue has to say of it. */
static void worked_example(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    open_position(p, EB_LONG, "398", "2.507", 10);
    struct eb_sim_position position;
    assert_true(eb_sim_position(p->sim, 0, &position));
    assert_int_equal(position.entry.e8, e8("2.507"));
    assert_int_equal(last_trade(p)->fee.e8, e8("0.3991144"));
    static const struct {
        const char *qty, *level;
    } exits[] = {{"139", "2.521"}, {"139", "2.536"}, {"120", "2.526"}};
    for (size_t i = 0; i < EB_COUNT(exits); i++) {
        eb_sim_set_path_price(p->sim, 0, px(exits[i].level), true);
        struct eb_order_request req = market(EB_SELL, exits[i].qty);
        req.level = px(exits[i].level);
        assert_int_equal(submit(p, &req), 0);
        assert_int_equal(last_trade(p)->price.e8, e8(exits[i].level));
    }
    struct eb_sim_account_view account;
    eb_sim_account(p->sim, &account);
    assert_int_equal(account.pnl.e8, e8("8.257"));
    assert_int_equal(account.fees.e8, e8("0.8015316"));
    assert_int_equal(account.wallet.e8, e8("10007.4554684"));
    assert_int_equal(held(p, 0), 0);
    probe_free(p);
}

static void slippage_goes_to_the_adverse_tick(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum eb_side side;
        int64_t slippage_ppm;
        const char *reference, *entry, *exit_reference, *exit;
    } cases[] = {
        {"none, on the grid", EB_LONG, 0, "2.507", "2.507", "2.6", "2.6"},
        {"none, off the grid", EB_LONG, 0, "2.5071", "2.508", "2.6009", "2.6"},
        {"long pays up, sells down", EB_LONG, 200, "2.500", "2.501", "2.600", "2.599"}, /* 2.5005, 2.59948 */
        {"short sells down, buys up", EB_SHORT, 200, "2.500", "2.499", "2.600", "2.601"},
        {"exact products stay", EB_LONG, 400, "2.500", "2.501", "2.500", "2.499"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_sim_config c = config();
        c.slippage_ppm = cases[i].slippage_ppm;
        struct probe *p = probe_new(&c);
        open_position(p, cases[i].side, "100", cases[i].reference, 10);
        assert_int_equal(last_trade(p)->price.e8, e8(cases[i].entry));
        eb_sim_set_path_price(p->sim, 0, px(cases[i].exit_reference), false);
        struct eb_order_request req = market(cases[i].side == EB_LONG ? EB_SELL : EB_BUY, "100");
        req.level = px("9"); /* not on a segment: the path's price counts */
        assert_int_equal(submit(p, &req), 0);
        if (last_trade(p)->price.e8 != e8(cases[i].exit)) {
            fail_msg("%s: exit at %lld", cases[i].name, (long long)last_trade(p)->price.e8);
        }
        probe_free(p);
    }
}

/* Each amount has more decimals than 1e-8: fees go up, gains and losses down. */
static void money_is_rounded_against_the_account(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    c.symbols_max = 2;
    c.fee_taker_ppm = 333;
    struct probe *p = probe_new(&c);
    struct eb_sim_entry entry = {.symbol = 1, .exact = true, .qty = qt("0.002"), .price = px("100.00000001")};
    struct eb_sim_fill fill;
    struct eb_err err;
    assert_int_equal(eb_sim_open(p->sim, &entry, &fill, &err), EB_OK);
    assert_int_equal(fill.fee.e8, e8("0.00006661")); /* 0.0000666000000.. and a rest */
    assert_int_equal(eb_sim_close(p->sim, 2, qt("0.001"), px("100.1"), &fill, &err), EB_OK);
    assert_int_equal(fill.pnl.e8, e8("0.00009999")); /* 0.00009999999 */
    assert_int_equal(fill.fee.e8, e8("0.00003334")); /* 0.0000333333 */
    assert_int_equal(eb_sim_close(p->sim, 2, qt("0.001"), px("99.9"), &fill, &err), EB_OK);
    assert_int_equal(fill.pnl.e8, e8("-0.00010001")); /* -0.00010000001 */
    probe_free(p);
}

static void liquidation_a_hair_above_the_tick(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    struct eb_sim_entry entry = {.exact = true, .qty = qt("7"), .price = px("1.98000001"), .leverage_ppm = 2 * EB_PPM};
    struct eb_err err;
    assert_int_equal(eb_sim_open(p->sim, &entry, NULL, &err), EB_OK);
    struct eb_sim_position position;
    assert_true(eb_sim_position(p->sim, 0, &position));
    assert_int_equal(position.liquidation.e8, e8("1.001")); /* 0.990000005 / 0.99 = 1.000000005.. */
    probe_free(p);
}

static void next_happening(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    open_position(p, EB_LONG, "100", "2.000", 10); /* liquidation 1.8 / 0.99 = 1.8181.. -> 1.819 */
    eb_sim_set_path_price(p->sim, 0, px("2"), false);
    struct eb_order_request near = limit_gtc(EB_SELL, "40", "2.100", 2), far = limit_gtc(EB_SELL, "40", "2.200", 1);
    struct eb_order_request stop = stop_close(EB_SELL, "1.900");
    assert_int_equal(submit(p, &near), 0);
    assert_int_equal(submit(p, &far), 0);
    assert_int_equal(submit(p, &stop), 0);
    static const struct {
        const char *name;
        unsigned scope;
        const char *from, *to;
        int what; /* 0: nothing */
        const char *at;
    } cases[] = {
        {"short of all", EB_SIM_HIT_ALL, "2", "2.099", 0, NULL},
        {"at the soft leg is not beyond", EB_SIM_HIT_ALL, "2", "2.100", 0, NULL},
        {"a tick beyond the soft leg", EB_SIM_HIT_ALL, "2", "2.101", EB_SIM_HIT_SOFT, "2.1"},
        {"nearest of two", EB_SIM_HIT_ALL, "2", "3", EB_SIM_HIT_SOFT, "2.1"},
        {"from the leg on", EB_SIM_HIT_ALL, "2.100", "2.101", EB_SIM_HIT_SOFT, "2.1"},
        {"stop met inclusively", EB_SIM_HIT_ALL, "2", "1.900", EB_SIM_HIT_TRIGGER, "1.9"},
        {"stop before liquidation", EB_SIM_HIT_ALL, "2", "1", EB_SIM_HIT_TRIGGER, "1.9"},
        {"scope leaves the stop out", EB_SIM_HIT_LIQUIDATION, "2", "1", EB_SIM_HIT_LIQUIDATION, "1.819"},
        {"liquidation inclusively", EB_SIM_HIT_LIQUIDATION, "2", "1.819", EB_SIM_HIT_LIQUIDATION, "1.819"},
        {"above liquidation", EB_SIM_HIT_LIQUIDATION, "2", "1.820", 0, NULL},
        {"already beyond: where it stands", EB_SIM_HIT_LIQUIDATION, "1.5", "1.4", EB_SIM_HIT_LIQUIDATION, "1.5"},
        {"favourable travel meets no stop", EB_SIM_HIT_TRIGGER | EB_SIM_HIT_LIQUIDATION, "2", "3", 0, NULL},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        eb_price at = {0};
        enum eb_sim_hit what = EB_SIM_HIT_ALL;
        bool found = eb_sim_path_next(p->sim, 0, cases[i].scope, px(cases[i].from), px(cases[i].to), &at, &what);
        if (found != (cases[i].what != 0) || (found && ((int)what != cases[i].what || at.e8 != e8(cases[i].at)))) {
            fail_msg("%s: found %d what %d at %lld", cases[i].name, found, (int)what, (long long)at.e8);
        }
    }
    eb_price low, high;
    assert_true(eb_sim_quiet_band(p->sim, 0, &low, &high));
    assert_int_equal(low.e8, e8("1.9"));
    assert_int_equal(high.e8, e8("2.1"));
    assert_false(eb_sim_quiet_band(p->sim, 1, &low, &high));
    probe_free(p);
}

static void soft_legs_fill_at_their_level(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    c.slippage_ppm = 500; /* resting orders do not pay it */
    struct probe *p = probe_new(&c);
    open_position(p, EB_SHORT, "100", "2.000", 5);
    eb_sim_set_path_price(p->sim, 0, px("2"), false);
    struct eb_order_request second = limit_gtc(EB_BUY, "30", "1.900", 2), first = limit_gtc(EB_BUY, "40", "1.900", 1);
    struct eb_order_request third = limit_gtc(EB_BUY, "30", "1.800", 3);
    struct eb_order_request here = limit_gtc(EB_BUY, "10", "2.000", 4);
    assert_int_equal(submit(p, &here), 0); /* at the path's price it rests: that is not beyond it */
    assert_int_equal(held(p, 0), e8("100"));
    cancel(p, &here);
    assert_int_equal(submit(p, &second), 0);
    assert_int_equal(submit(p, &first), 0);
    assert_int_equal(submit(p, &third), 0);
    probe_clear(p);
    eb_sim_path_at(p->sim, 0, EB_SIM_HIT_SOFT, px("1.9"));
    assert_string_equal(heard_text(p), "F filled P A F filled P A");
    assert_int_equal(heard_nth(p, EB_EV_FILL, 0)->u.fill.client_id.leg, 1);
    const struct eb_ev_fill *fill = &heard_nth(p, EB_EV_FILL, 1)->u.fill;
    assert_int_equal(fill->client_id.leg, 2);
    assert_int_equal(fill->price.e8, e8("1.9"));
    assert_true(fill->maker);
    assert_int_equal(fill->fee.e8, e8("0.0114")); /* 57 at 2 bps */
    assert_int_equal(held(p, 0), e8("30"));
    eb_sim_path_point(p->sim, 0, EB_SIM_HIT_ALL, px("1.8")); /* at the level is not beyond it */
    assert_int_equal(held(p, 0), e8("30"));
    eb_sim_path_point(p->sim, 0, EB_SIM_HIT_ALL, px("1.5"));
    assert_int_equal(last_trade(p)->price.e8, e8("1.8"));
    assert_int_equal(held(p, 0), 0);
    probe_free(p);
}

/* The first fill's listener cancels the second leg: it must not be filled after that. */
static void cancel_other(struct probe *p, const struct eb_event *ev)
{
    if (ev->kind == EB_EV_FILL && p->user != NULL) {
        struct eb_order_request *other = p->user;
        p->user = NULL;
        cancel(p, other);
    }
}

static void each_fill_has_its_turn(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    open_position(p, EB_LONG, "100", "2.000", 5);
    eb_sim_set_path_price(p->sim, 0, px("2"), false);
    struct eb_order_request first = limit_gtc(EB_SELL, "40", "2.1", 1), second = limit_gtc(EB_SELL, "40", "2.1", 2);
    assert_int_equal(submit(p, &first), 0);
    assert_int_equal(submit(p, &second), 0);
    probe_clear(p);
    p->react = cancel_other;
    p->user = &second;
    eb_sim_path_at(p->sim, 0, EB_SIM_HIT_SOFT, px("2.1"));
    assert_string_equal(heard_text(p), "F filled P A canceled");
    assert_int_equal(held(p, 0), e8("60"));
    probe_free(p);
}

static void liquidation(void **state)
{
    (void)state;
    static const struct eb_sim_tier tiers[] = {{.cap = {INT64_C(1000) * EB_E8}, .maintenance_ppm = 4000},
                                               {.maintenance_ppm = 20000, .cum = {16 * EB_E8}}};
    static const struct {
        const char *name;
        enum eb_side side;
        const char *qty, *entry;
        int leverage;
        size_t tiers;
        const char *liquidation; /* worked by hand from the formula */
        const char *point;       /* P0, or NULL: met in a segment */
        const char *price, *pnl;
    } cases[] = {
        {"long, to the tick nearer entry", EB_LONG, "100", "2.000", 10, 0, "1.819", NULL, "1.819", "-18.1"},
        {"short", EB_SHORT, "100", "2.000", 10, 0, "2.178", NULL, "2.178", "-17.8"}, /* 2.2 / 1.01 = 2.17821.. */
        {"gap beyond: at P0, capped at the margin", EB_LONG, "100", "2.000", 10, 0, "1.819", "1.5", "1.5", "-20"},
        {"gap, not beyond the margin", EB_LONG, "100", "2.000", 10, 0, "1.819", "1.81", "1.81", "-19"},
        {"short gap, capped", EB_SHORT, "100", "2.000", 10, 0, "2.178", "2.5", "2.5", "-20"},
        {"a third of the notional, margin capped down", EB_LONG, "1", "1.000", 3, 0, "0.674", "0.5", "0.5",
         "-0.33333334"},
        {"first tier", EB_LONG, "100", "2.000", 10, 2, "1.808", NULL, "1.808", "-19.2"}, /* 1.8 / 0.996 = 1.80722.. */
        {"at the cap: still the first", EB_LONG, "500", "2.000", 10, 2, "1.808", NULL, "1.808", "-96"},
        {"second tier with cum", EB_LONG, "1000", "2.000", 10, 2, "1.821", NULL, "1.821",
         "-179"}, /* 1.784 / 0.98 = 1.82040 */
        {"second tier, short", EB_SHORT, "1000", "2.000", 10, 2, "2.172", NULL, "2.172",
         "-172"}, /* 2.216 / 1.02 = 2.17254 */
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_sim_config c = config();
        struct probe *p = probe_new(&c);
        struct eb_ev_instrument inst = instrument("XYZUSDT", "0.001", "1");
        struct eb_err err = {0};
        assert_int_equal(eb_sim_add_instrument(p->sim, 0, &inst, tiers, cases[i].tiers, &err), EB_OK);
        open_position(p, cases[i].side, cases[i].qty, cases[i].entry, cases[i].leverage);
        struct eb_sim_position position;
        assert_true(eb_sim_position(p->sim, 0, &position));
        if (position.liquidation.e8 != e8(cases[i].liquidation)) {
            fail_msg("%s: liquidation at %lld", cases[i].name, (long long)position.liquidation.e8);
        }
        if (cases[i].point != NULL) {
            eb_sim_path_point(p->sim, 0, EB_SIM_HIT_ALL, px(cases[i].point));
        } else {
            eb_sim_path_at(p->sim, 0, EB_SIM_HIT_LIQUIDATION, position.liquidation);
        }
        const struct eb_sim_trade *t = last_trade(p);
        if (!t->liquidation || t->price.e8 != e8(cases[i].price) || t->pnl.e8 != e8(cases[i].pnl)) {
            fail_msg("%s: price %lld pnl %lld", cases[i].name, (long long)t->price.e8, (long long)t->pnl.e8);
        }
        assert_true(heard_last(p, EB_EV_FILL)->u.fill.liquidation);
        assert_int_equal(heard_last(p, EB_EV_FILL)->u.fill.client_id.instance, 0);
        assert_int_equal(held(p, 0), 0);
        probe_free(p);
    }
}

static void funding(void **state)
{
    (void)state;
    static const struct {
        enum eb_side side;
        int64_t rate_e8;
        const char *price, *amount;
    } cases[] = {
        {EB_LONG, 10000, "2", "-0.02"},       {EB_SHORT, 10000, "2", "0.02"},
        {EB_LONG, -10000, "2", "0.02"},       {EB_LONG, 1, "0.025", "-0.00000002"}, /* 2.5 units: half to even */
        {EB_SHORT, 1, "0.035", "0.00000004"},                                       /* 3.5 units */
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_sim_config c = config();
        struct probe *p = probe_new(&c);
        open_position(p, cases[i].side, "100", "2.000", 2);
        eb_money amount;
        assert_int_equal(eb_sim_pay_funding(p->sim, 0, px(cases[i].price), cases[i].rate_e8, &amount), EB_OK);
        assert_int_equal(amount.e8, e8(cases[i].amount));
        struct eb_sim_account_view account;
        eb_sim_account(p->sim, &account);
        assert_int_equal(account.funding.e8, amount.e8);
        (void)held(p, 0); /* the wallet adds up */
        probe_free(p);
    }
}

static void triggers_fill_at_the_path_price(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    open_position(p, EB_LONG, "100", "2.000", 5);
    eb_sim_set_path_price(p->sim, 0, px("2"), false);
    struct eb_order_request stop = stop_close(EB_SELL, "1.9");
    assert_int_equal(submit(p, &stop), 0);
    probe_clear(p);
    eb_sim_path_point(p->sim, 0, EB_SIM_HIT_ALL, px("1.85"));
    assert_string_equal(heard_text(p), "triggering triggered F filled P A");
    assert_int_equal(last_trade(p)->price.e8, e8("1.85"));
    assert_int_equal(held(p, 0), 0);
    probe_free(p);
}

static void a_trigger_in_a_segment(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    open_position(p, EB_SHORT, "100", "2.000", 5);
    eb_sim_set_path_price(p->sim, 0, px("2"), false);
    struct eb_order_request stop = stop_close(EB_BUY, "2.1"), crossed = stop_close(EB_BUY, "2.0");
    assert_int_equal(submit(p, &crossed), -2021); /* judged by the path's price */
    assert_int_equal(submit(p, &stop), 0);
    eb_price at;
    enum eb_sim_hit what;
    assert_true(eb_sim_path_next(p->sim, 0, EB_SIM_HIT_ALL, px("2"), px("2.2"), &at, &what));
    eb_sim_path_at(p->sim, 0, what, at);
    assert_int_equal(last_trade(p)->price.e8, e8("2.1"));
    assert_int_equal(last_trade(p)->pnl.e8, e8("-10"));
    assert_int_equal(held(p, 0), 0);
    probe_free(p);
}

static void unknown_slots_have_nothing_ahead(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = probe_new(&c);
    eb_price at, low, high;
    enum eb_sim_hit what;
    eb_money amount;
    assert_false(eb_sim_path_next(p->sim, 7, EB_SIM_HIT_ALL, px("2"), px("1"), &at, &what));
    assert_false(eb_sim_path_next(p->sim, 0, EB_SIM_HIT_ALL, px("2"), px("1"), &at, &what));
    assert_false(eb_sim_quiet_band(p->sim, 7, &low, &high));
    eb_sim_set_path_price(p->sim, 7, px("2"), false);
    eb_sim_path_at(p->sim, 7, EB_SIM_HIT_SOFT, px("2"));
    eb_sim_path_at(p->sim, 0, EB_SIM_HIT_LIQUIDATION, px("2"));
    eb_sim_path_point(p->sim, 7, EB_SIM_HIT_ALL, px("2"));
    assert_int_equal(eb_sim_pay_funding(p->sim, 7, px("2"), 1, &amount), EB_E_NOT_FOUND);
    assert_int_equal(eb_sim_pay_funding(p->sim, 0, px("2"), 1, &amount), EB_OK);
    assert_int_equal(amount.e8, 0);
    assert_int_equal(p->count, 0);
    probe_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_example),
        cmocka_unit_test(slippage_goes_to_the_adverse_tick),
        cmocka_unit_test(money_is_rounded_against_the_account),
        cmocka_unit_test(liquidation_a_hair_above_the_tick),
        cmocka_unit_test(next_happening),
        cmocka_unit_test(soft_legs_fill_at_their_level),
        cmocka_unit_test(each_fill_has_its_turn),
        cmocka_unit_test(liquidation),
        cmocka_unit_test(funding),
        cmocka_unit_test(triggers_fill_at_the_path_price),
        cmocka_unit_test(a_trigger_in_a_segment),
        cmocka_unit_test(unknown_slots_have_nothing_ahead),
    };
    return cmocka_run_group_tests_name("venue/sim path", tests, NULL, NULL);
}
