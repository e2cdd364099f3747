/* SPDX-License-Identifier: Apache-2.0 */
/* The money of an account: positions, balances, cross margin, liquidation, funding, settings, what others do to it. */
#include "fapi_book/rig.h"

#include <stdio.h>
#include <string.h>

static struct fapi_position position(struct rig *r, uint32_t symbol, unsigned leg)
{
    struct fapi_position p;
    assert_true(fapi_position(r->a, symbol, leg, &p));
    return p;
}

static struct fapi_balance balance(struct rig *r)
{
    struct fapi_balance b;
    fapi_balance_of(r->a, &b);
    return b;
}

/* ---- positions and balances -------------------------------------------------------------------------------------- */

static void a_position_in_every_field(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    assert_int_not_equal(balance(r).update_ms, 0); /* 0 is an asset that was never touched: clients skip it */
    rig_open(r, BTC, EB_BUY, "0.5"); /* at 50000.1, notional 25000.05, margin at 20x 1250.0025, fee 10.00002 */
    rig_mark(r, BTC, "51000");
    struct fapi_position p = position(r, BTC, 0);
    assert_int_equal(p.side, EB_LONG);
    assert_int_equal(p.position_side, EB_PS_BOTH);
    assert_int_equal(p.qty.e8, e8("0.5"));
    assert_int_equal(p.entry.e8, e8("50000.1"));
    assert_int_equal(p.break_even.e8, e8("50020.10004"));
    assert_int_equal(p.mark.e8, e8("51000"));
    assert_int_equal(p.unrealized.e8, e8("499.95"));
    assert_int_equal(p.notional.e8, e8("25500"));
    assert_int_equal(p.initial_margin.e8, e8("1275"));
    assert_int_equal(p.maintenance_margin.e8, e8("102"));
    assert_int_equal(p.isolated_wallet.e8, e8("1250.0025"));
    assert_int_equal(p.isolated_margin.e8, e8("1749.9525"));
    assert_int_equal(p.leverage_ppm, 20 * EB_PPM);
    assert_false(p.cross);
    assert_int_equal(p.update_ms, r->f.now_ms);
    /* (25000.05 - 1250.0025) / (0.5 * (1 - 0.004)) = 47690.8584..., up to the tick */
    assert_int_equal(p.liquidation.e8, e8("47690.9"));
    struct fapi_balance b = balance(r);
    assert_int_equal(b.wallet.e8, e8("99989.99998"));
    assert_int_equal(b.unrealized.e8, e8("499.95"));
    assert_int_equal(b.position_initial.e8, e8("1275"));
    assert_int_equal(b.maintenance.e8, e8("102"));
    assert_int_equal(b.cross_wallet.e8, e8("98739.99748"));
    assert_int_equal(b.cross_unrealized.e8, 0);
    assert_int_equal(b.available.e8, e8("98739.99748"));
    (void)rig_place(r, rig_limit(EB_BUY, "0.1", "49000")); /* 4900 / 20 */
    b = balance(r);
    assert_int_equal(b.order_initial.e8, e8("245"));
    assert_int_equal(b.initial.e8, e8("1520"));
    assert_int_equal(b.available.e8, e8("98494.99748"));
    (void)rig_place(r, rig_reduce(rig_limit(EB_SELL, "0.1", "52000"))); /* reductions need none */
    assert_int_equal(balance(r).order_initial.e8, e8("245"));
    rig_free(r);
}

static void shorts_are_signed_in_money_not_in_size(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_SELL, "0.5");
    rig_mark(r, BTC, "49000");
    struct fapi_position p = position(r, BTC, 0);
    assert_int_equal(p.side, EB_SHORT);
    assert_int_equal(p.qty.e8, e8("0.5"));
    assert_int_equal(p.notional.e8, e8("-24500"));
    assert_int_equal(p.unrealized.e8, e8("499.95"));
    assert_true(p.break_even.e8 < p.entry.e8);
    assert_true(p.liquidation.e8 > p.entry.e8);
    rig_free(r);
}

static void a_flat_leg_says_so_with_its_settings(void **state)
{
    (void)state;
    struct rig *r = rig_new(&(struct rig_options){.hedge = true, .cross = true});
    struct fapi_position p;
    assert_false(fapi_position(r->a, BTC, 1, &p));
    assert_int_equal(p.position_side, EB_PS_SHORT);
    assert_int_equal(p.leverage_ppm, 20 * EB_PPM);
    assert_int_equal(p.qty.e8, 0);
    assert_true(p.cross);
    assert_false(fapi_position(r->a, DUST, 0, &p));
    assert_false(fapi_position(r->a, RIG_SYMBOLS, 0, &p));
    assert_false(fapi_position(r->a, BTC, 2, &p));
    rig_free(r);
}

/* ---- cross margin ------------------------------------------------------------------------------------------------ */

static void cross_positions_share_the_wallet(void **state)
{
    (void)state;
    struct rig *r = rig_new(&(struct rig_options){.cross = true, .balance = 5000});
    rig_open(r, BTC, EB_BUY, "0.5");
    struct fapi_balance b = balance(r);
    assert_int_equal(b.wallet.e8, e8("4989.99998"));
    assert_int_equal(b.cross_wallet.e8, b.wallet.e8);
    /* (4989.99998 - 25000.05) / (0.5 * (0.004 - 1)) = 40180.8233..., up at 1e-8 */
    int64_t alone = position(r, BTC, 0).liquidation.e8;
    assert_int_equal(alone, e8("40180.82333334"));
    rig_open(r, ETH, EB_SELL, "5"); /* at 2999.99, fee 5.99998; maintenance 60, unrealized -0.05 */
    /* (4989.99998 - 5.999980 - 60 - 0.05 - 25000.05) / -0.498 */
    assert_int_equal(position(r, BTC, 0).liquidation.e8, e8("40313.45381527"));
    rig_price(r, ETH, "3100"); /* the other one loses: this one ends sooner */
    assert_true(position(r, BTC, 0).liquidation.e8 > e8("41000"));
    b = balance(r);
    assert_int_equal(b.cross_unrealized.e8, b.unrealized.e8);
    assert_int_equal(position(r, BTC, 0).isolated_wallet.e8, 0);
    rig_free(r);
}

static void legs_of_hedge_mode_end_together(void **state)
{
    (void)state;
    struct rig *r = rig_new(&(struct rig_options){.cross = true, .hedge = true, .balance = 5000});
    rig_open(r, BTC, EB_BUY, "0.5");
    int64_t alone = position(r, BTC, 0).liquidation.e8;
    rig_open(r, BTC, EB_SELL, "0.2");
    struct fapi_position p = position(r, BTC, 0), q = position(r, BTC, 1);
    assert_int_equal(p.liquidation.e8, q.liquidation.e8);
    assert_true(p.liquidation.e8 < alone); /* the smaller leg gains on the way down */
    rig_free(r);
}

static void a_cross_account_is_liquidated_as_one(void **state)
{
    (void)state;
    struct rig *r = rig_new(&(struct rig_options){.cross = true, .balance = 2000});
    rig_open(r, BTC, EB_BUY, "0.5");
    rig_open(r, ETH, EB_BUY, "2");
    (void)rig_place(r, rig_named(rig_limit(EB_BUY, "0.003", "48000"), "rest"));
    rig_forget(r);
    int64_t at = position(r, BTC, 0).liquidation.e8;
    char text[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format(at + e8("1"), 8, text);
    rig_mark(r, BTC, text);
    assert_int_equal(rig_size(r, BTC, 0).e8, e8("0.5"));
    (void)eb_decimal_format(at - 1, 8, text);
    rig_forget(r);
    rig_mark(r, BTC, text);
    assert_int_equal(rig_size(r, BTC, 0).e8, 0);
    assert_int_equal(rig_size(r, ETH, 0).e8, e8("2")); /* what is left covers it */
    assert_non_null(strstr(r->heard, "EXPIRED rest EXPIRED er5\nNEW autoclose NEW\nCALCULATED autoclose FILLED 0.5@"));
    struct fapi_balance b = balance(r);
    assert_true(b.wallet.e8 > 0 && b.wallet.e8 < e8("150"));
    rig_free(r);
}

static void cross_losses_end_at_the_wallet(void **state)
{
    (void)state;
    struct rig *r = rig_new(&(struct rig_options){.cross = true, .balance = 2000});
    rig_open(r, BTC, EB_BUY, "0.5");
    rig_price(r, BTC, "30000"); /* a gap */
    assert_int_equal(rig_size(r, BTC, 0).e8, 0);
    int64_t fee = e8("6"); /* of the liquidation, 15000 * 0.0004: the wallet bears it, the loss ended at 0 */
    assert_int_equal(balance(r).wallet.e8, -fee);
    rig_free(r);
}

static void isolated_positions_end_alone(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.5");
    rig_open(r, ETH, EB_BUY, "2");
    (void)rig_place(r, rig_named(rig_reduce(rig_limit(EB_SELL, "0.5", "51000")), "tp"));
    rig_forget(r);
    rig_mark(r, BTC, "47690.9");
    rig_heard(r, "NEW autoclose NEW\n"
                 "CALCULATED autoclose FILLED 0.5@47690.9 z0.5 rp-1154.6\n"
                 "EXPIRED tp EXPIRED er4\n"
                 "ACCOUNT ORDER 0\n");
    assert_int_equal(rig_size(r, ETH, 0).e8, e8("2"));
    const struct eb_sim_trade *t;
    size_t n;
    t = eb_sim_trades(r->a->sim, &n);
    const struct fapi_order *o = fapi_order_find(r->a, BTC, t[n - 1].venue_order_id, NULL);
    assert_int_equal(o->t.type, FAPI_LIQUIDATION);
    assert_int_equal(o->status, FAPI_FILLED);
    assert_int_equal(strncmp(o->t.client_id, "autoclose-", 10), 0);
    rig_free(r);
}

static void margin_is_called_once_and_again_after_calm(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.5");
    rig_mark(r, BTC, "48000"); /* margin 249.95, maintenance 96: 38 % */
    rig_heard(r, "");
    rig_mark(r, BTC, "47730"); /* 114.95, 95.46: 83 % */
    rig_mark(r, BTC, "47720");
    rig_heard(r, "CALL 0 0\n");
    rig_mark(r, BTC, "48500");
    rig_mark(r, BTC, "47730");
    rig_heard(r, "CALL 0 0\n");
    rig_free(r);
}

static void maintenance_grows_by_brackets(void **state)
{
    (void)state;
    struct rig *r = rig_new(&(struct rig_options){.balance = 10000000});
    struct fapi_bracket b[FAPI_TIERS];
    assert_int_equal(fapi_brackets(&r->f, BTC, b), FAPI_TIERS);
    assert_int_equal(b[0].leverage, 125);
    assert_int_equal(b[0].maintenance_ppm, 4000);
    assert_int_equal(b[0].cap.e8, e8("100000"));
    assert_int_equal(b[1].leverage, 62);
    assert_int_equal(b[1].maintenance_ppm, 8000);
    assert_int_equal(b[1].floor.e8, e8("100000"));
    assert_int_equal(b[1].cum.e8, e8("400")); /* 100000 * (0.008 - 0.004) */
    assert_int_equal(b[2].cum.e8, e8("12400"));
    assert_true(b[FAPI_TIERS - 1].cap.e8 == INT64_MAX);
    rig_open(r, BTC, EB_BUY, "4");
    assert_int_equal(position(r, BTC, 0).maintenance_margin.e8, e8("1200")); /* 200000 * 0.008 - 400 */
    assert_int_equal(fapi_notional_max(&r->f, BTC, 100 * EB_PPM).e8, e8("100000"));
    assert_int_equal(fapi_notional_max(&r->f, BTC, 62 * EB_PPM).e8, e8("1000000"));
    assert_int_equal(fapi_set_leverage(r->a, BTC, 100 * EB_PPM), -2027); /* 200000 is too much for that */
    struct fapi_terms t = rig_market(EB_BUY, "100");
    assert_int_equal(fapi_set_leverage(r->a, BTC, 60 * EB_PPM), 0);
    assert_int_equal(fapi_order_test(r->a, &t), -2027);
    r->symbol[ETH].inst.maintenance_ppm = 25000;
    r->symbol[ETH].leverage_max = 75;
    (void)fapi_brackets(&r->f, ETH, b);
    assert_int_equal(b[0].leverage, 75);
    assert_int_equal(b[0].maintenance_ppm, 6666); /* and not 2.5 %, which 75x could not pay */
    rig_free(r);
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static void leverage(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    assert_int_equal(fapi_set_leverage(r->a, BTC, 0), -4028);
    assert_int_equal(fapi_set_leverage(r->a, BTC, 126 * EB_PPM), -4028);
    assert_int_equal(fapi_set_leverage(r->a, BTC, EB_PPM * 3 / 2), -4028);
    assert_int_equal(fapi_set_leverage(r->a, RIG_SYMBOLS, EB_PPM), -1121);
    assert_int_equal(fapi_set_leverage(r->a, BTC, 10 * EB_PPM), 0);
    rig_heard(r, "LEVERAGE 10\n");
    rig_open(r, BTC, EB_BUY, "0.1");
    assert_int_equal(fapi_set_leverage(r->a, BTC, 5 * EB_PPM), -4161); /* isolated: not down */
    assert_int_equal(fapi_set_leverage(r->a, BTC, 20 * EB_PPM), 0);
    rig_heard(r, "LEVERAGE 20\n"); /* and no position beside it */
    assert_int_equal(position(r, BTC, 0).leverage_ppm, 20 * EB_PPM);
    assert_int_equal(fapi_leverage_ppm(r->a, ETH), 20 * EB_PPM);
    rig_free(r);
}

static void margin_types(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    assert_int_equal(fapi_set_cross(r->a, BTC, false), -4046);
    uint64_t id = rig_place(r, rig_limit(EB_BUY, "0.1", "49000"))->id;
    assert_int_equal(fapi_set_cross(r->a, BTC, true), -4047);
    const struct fapi_order *o;
    assert_int_equal(fapi_order_cancel(r->a, id, &o), 0);
    id = rig_algo(r, rig_stop(FAPI_STOP_MARKET, EB_SELL, "0.1", "49000"))->id;
    assert_int_equal(fapi_set_cross(r->a, BTC, true), -4047);
    const struct fapi_algo *algo;
    assert_int_equal(fapi_algo_cancel(r->a, id, &algo), 0);
    rig_open(r, BTC, EB_BUY, "0.1");
    assert_int_equal(fapi_set_cross(r->a, BTC, true), -4048);
    assert_int_equal(fapi_set_cross(r->a, ETH, true), 0);
    rig_heard(r, "ACCOUNT MARGIN_TYPE_CHANGE 0\n");
    assert_true(fapi_cross(r->a, ETH));
    assert_false(fapi_cross(r->a, BTC));
    rig_free(r);
}

static void modes(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    assert_int_equal(fapi_set_hedge(r->a, false), -4059);
    rig_open(r, BTC, EB_BUY, "0.1");
    assert_int_equal(fapi_set_hedge(r->a, true), -4068);
    assert_int_equal(fapi_set_multi_assets(r->a, false), -4171);
    assert_int_equal(fapi_set_multi_assets(r->a, true), -4167); /* an isolated position */
    (void)rig_place(r, rig_reduce(rig_market(EB_SELL, "0.1")));
    uint64_t id = rig_algo(r, rig_stop(FAPI_STOP_MARKET, EB_SELL, "0.1", "49000"))->id;
    assert_int_equal(fapi_set_hedge(r->a, true), -4067);
    const struct fapi_algo *algo;
    assert_int_equal(fapi_algo_cancel(r->a, id, &algo), 0);
    rig_forget(r);
    assert_int_equal(fapi_set_hedge(r->a, true), 0);
    assert_true(fapi_hedge(r->a));
    rig_heard(r, ""); /* the exchange does not tell */
    assert_int_equal(fapi_set_multi_assets(r->a, true), 0);
    rig_heard(r, "MULTI 1\n");
    assert_int_equal(fapi_set_cross(r->a, BTC, true), 0);
    assert_int_equal(fapi_set_cross(r->a, BTC, false), -4168);
    rig_free(r);
}

static void margin_by_hand(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    assert_int_equal(fapi_add_margin(r->a, BTC, 0, (eb_money){e8("10")}), -4054);
    rig_open(r, BTC, EB_BUY, "0.5");
    int64_t before = position(r, BTC, 0).liquidation.e8;
    assert_int_equal(fapi_add_margin(r->a, BTC, 0, (eb_money){e8("200000")}), -4050);
    assert_int_equal(fapi_add_margin(r->a, BTC, 0, (eb_money){e8("-1")}), -4051);
    assert_int_equal(fapi_add_margin(r->a, BTC, 0, (eb_money){e8("500")}), 0);
    rig_heard(r, "ACCOUNT MARGIN_TRANSFER 0.5\n");
    assert_int_equal(position(r, BTC, 0).isolated_wallet.e8, e8("1750.0025"));
    assert_true(position(r, BTC, 0).liquidation.e8 < before);
    rig_free(r);
}

/* ---- what others do ---------------------------------------------------------------------------------------------- */

static void others_open_and_close(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    struct eb_err err;
    assert_int_equal(fapi_hand_open(r->a, BTC, EB_LONG, (eb_qty){e8("0.3")}, 10 * EB_PPM, &err), EB_OK);
    assert_int_equal(fapi_hand_close(r->a, BTC, 0, (eb_qty){e8("0.1")}, &err), EB_OK);
    rig_heard(r, "LEVERAGE 10\n"
                 "NEW web NEW\n"
                 "TRADE web FILLED 0.3@50000.1 z0.3 rp0\n"
                 "ACCOUNT ORDER 0.3\n"
                 "NEW web NEW\n"
                 "TRADE web FILLED 0.1@49999.9 z0.1 rp-0.02\n"
                 "ACCOUNT ORDER 0.2\n");
    assert_int_equal(position(r, BTC, 0).leverage_ppm, 10 * EB_PPM);
    assert_int_equal(fapi_hand_open(r->a, DUST, EB_LONG, (eb_qty){e8("1")}, 0, &err), EB_E_NOT_FOUND);
    assert_int_equal(fapi_hand_close(r->a, ETH, 0, (eb_qty){0}, &err), EB_E_NOT_FOUND);
    rig_free(r);
}

static void the_exchange_takes_positions(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    struct eb_err err;
    rig_open(r, BTC, EB_BUY, "0.5");
    assert_int_equal(fapi_hand_deleverage(r->a, BTC, 0, (eb_qty){e8("0.2")}, &err), EB_OK);
    rig_heard(r, "NEW adl_autoclose NEW\n"
                 "CALCULATED adl_autoclose FILLED 0.2@49999.9 z0.2 rp-0.04\n"
                 "ACCOUNT ORDER 0.3\n");
    assert_int_equal(fapi_hand_liquidate(r->a, BTC, 0, &err), EB_OK);
    rig_heard(r, "NEW autoclose NEW\n"
                 "CALCULATED autoclose FILLED 0.3@50000 z0.3 rp-0.03\n"
                 "ACCOUNT ORDER 0\n");
    assert_int_equal(fapi_hand_liquidate(r->a, BTC, 0, &err), EB_E_NOT_FOUND);
    assert_int_equal(fapi_hand_deleverage(r->a, BTC, 0, (eb_qty){0}, &err), EB_E_NOT_FOUND);
    rig_free(r);
}

struct incomes {
    unsigned count;
    int64_t sum[4];
    uint64_t last_id;
};

static void add_income(void *user, const struct fapi_income *i)
{
    struct incomes *x = user;
    assert_true(i->id > x->last_id);
    x->last_id = i->id;
    x->count++;
    x->sum[i->kind] += i->amount.e8;
}

static void income_adds_up_to_the_wallet(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.5");
    rig_price(r, BTC, "50500");
    (void)rig_place(r, rig_reduce(rig_market(EB_SELL, "0.2")));
    rig_forget(r);
    fapi_hand_transfer(r->a, (eb_money){e8("250")});
    fapi_hand_transfer(r->a, (eb_money){e8("-50")});
    rig_heard(r, "ACCOUNT DEPOSIT\nACCOUNT WITHDRAW\n");
    struct incomes x = {0};
    fapi_incomes(r->a, add_income, &x);
    assert_int_equal(x.count, 5);
    assert_int_equal(x.sum[FAPI_INCOME_TRANSFER], e8("200"));
    assert_int_equal(x.sum[FAPI_INCOME_PNL], e8("99.96"));
    int64_t sum = x.sum[0] + x.sum[1] + x.sum[2] + x.sum[3];
    assert_int_equal(balance(r).wallet.e8, e8("100000") + sum);
    rig_free(r);
}

static void funding_is_paid_when_it_is_due(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    const int64_t period_ms = 8 * 3600 * 1000;
    assert_int_equal(fapi_set_cross(r->a, ETH, true), 0);
    for (uint32_t i = BTC; i <= ETH; i++) {
        r->symbol[i].funding_rate_e8 = e8("0.0001");
        r->symbol[i].funding_next_ms = r->f.now_ms + period_ms;
        rig_open(r, i, i == BTC ? EB_BUY : EB_SELL, "1");
    }
    rig_run(r, 2000); /* notices */
    assert_int_equal(fapi_account_next_ms(r->a), r->symbol[BTC].funding_next_ms);
    rig_run(r, period_ms - 2001);
    rig_heard(r, "");
    int64_t wallet = balance(r).wallet.e8;
    for (uint32_t i = BTC; i <= ETH; i++) {
        r->symbol[i].funding_next_ms += period_ms; /* the market moves on before accounts do */
    }
    rig_run(r, 1);
    rig_heard(r, "ACCOUNT FUNDING_FEE 1\n" /* isolated: with its position */
                 "ACCOUNT FUNDING_FEE\n"); /* cross: the wallet alone */
    assert_int_equal(balance(r).wallet.e8 - wallet, e8("-5") + e8("0.3"));
    rig_run(r, period_ms - 1);
    rig_heard(r, "");
    struct incomes x = {0};
    fapi_incomes(r->a, add_income, &x);
    assert_int_equal(x.sum[FAPI_INCOME_FUNDING], e8("-4.7"));
    rig_free(r);
}

/* ---- finding, clocks --------------------------------------------------------------------------------------------- */

static void accounts_are_found(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    assert_ptr_equal(fapi_account_by_name(&r->f, "main"), r->a);
    assert_ptr_equal(fapi_account_at(&r->f, 0), r->a);
    assert_null(fapi_account_at(&r->f, 1));
    assert_null(fapi_account_by_key(&r->f, "kez"));
    assert_null(fapi_account_by_name(&r->f, "other"));
    assert_string_equal(fapi_account_name(r->a), "main");
    assert_ptr_equal(fapi_account_exchange(r->a), &r->f);
    assert_non_null(fapi_account_key(r->a));
    assert_true(fapi_can_trade(r->a));
    rig_free(r);
}

/* A server whose clock is wrong stamps wrongly, and goes on doing what is due. */
static void a_wrong_clock_changes_stamps_only(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.5");
    rig_run(r, 5000);
    r->f.skew_ms = -60000;
    const struct fapi_order *o = rig_place(r, rig_limit(EB_BUY, "0.1", "49000"));
    assert_int_equal(o->time_ms, r->f.now_ms - 60000);
    r->trigger_ms = 100;
    const struct fapi_algo *algo = rig_algo(r, rig_reduce(rig_stop(FAPI_STOP_MARKET, EB_SELL, "0.5", "49500")));
    rig_price(r, BTC, "49400");
    rig_run(r, 100);
    assert_int_equal(algo->status, FAPI_ALGO_FINISHED);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_position_in_every_field),
        cmocka_unit_test(shorts_are_signed_in_money_not_in_size),
        cmocka_unit_test(a_flat_leg_says_so_with_its_settings),
        cmocka_unit_test(cross_positions_share_the_wallet),
        cmocka_unit_test(legs_of_hedge_mode_end_together),
        cmocka_unit_test(a_cross_account_is_liquidated_as_one),
        cmocka_unit_test(cross_losses_end_at_the_wallet),
        cmocka_unit_test(isolated_positions_end_alone),
        cmocka_unit_test(margin_is_called_once_and_again_after_calm),
        cmocka_unit_test(maintenance_grows_by_brackets),
        cmocka_unit_test(leverage),
        cmocka_unit_test(margin_types),
        cmocka_unit_test(modes),
        cmocka_unit_test(margin_by_hand),
        cmocka_unit_test(others_open_and_close),
        cmocka_unit_test(the_exchange_takes_positions),
        cmocka_unit_test(income_adds_up_to_the_wallet),
        cmocka_unit_test(funding_is_paid_when_it_is_due),
        cmocka_unit_test(accounts_are_found),
        cmocka_unit_test(a_wrong_clock_changes_stamps_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
