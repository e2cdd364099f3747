/* SPDX-License-Identifier: Apache-2.0 */
/* Regular orders: what they tell, how they are found, what is refused and in which words. */
#include "fapi_book/rig.h"

#include <stdio.h>
#include <string.h>

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void market_orders_are_final_with_result_and_new_with_ack(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    const struct fapi_order *o = rig_place(r, rig_named(rig_market(EB_BUY, "0.5"), "one"));
    assert_int_equal(o->status, FAPI_FILLED);
    assert_int_equal(o->filled.e8, e8("0.5"));
    assert_true(o->quote_e16 == (eb_i128)e8("50000.1") * e8("0.5"));
    rig_heard(r, "NEW one NEW\n"
                 "TRADE one FILLED 0.5@50000.1 z0.5 rp0\n"
                 "ACCOUNT ORDER 0.5\n");
    struct fapi_terms t = rig_named(rig_reduce(rig_market(EB_SELL, "0.2")), "two");
    t.result = false;
    o = rig_place(r, t);
    assert_int_equal(o->status, FAPI_NEW);
    assert_int_equal(o->filled.e8, 0);
    o = fapi_order_find(r->a, BTC, o->id, NULL);
    assert_int_equal(o->status, FAPI_FILLED);
    assert_int_equal(o->realized.e8, e8("-0.04"));
    rig_heard(r, "NEW two NEW\n"
                 "TRADE two FILLED 0.2@49999.9 z0.2 rp-0.04\n"
                 "ACCOUNT ORDER 0.3\n");
    rig_free(r);
}

static void a_resting_order_fills_when_price_comes(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    const struct fapi_order *o = rig_place(r, rig_named(rig_limit(EB_BUY, "0.1", "49900"), "rest"));
    assert_int_equal(o->status, FAPI_NEW);
    rig_heard(r, "NEW rest NEW\n");
    rig_mark(r, BTC, "49000"); /* the mark trades nothing */
    rig_heard(r, "");
    rig_price(r, BTC, "49899.9");
    rig_heard(r, "TRADE rest FILLED 0.1@49900 z0.1 rp0 maker\nACCOUNT ORDER 0.1\n");
    rig_free(r);
}

static void an_old_print_does_not_fill_a_new_order(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_last(r, BTC, "49800");
    (void)rig_place(r, rig_named(rig_limit(EB_BUY, "0.1", "49900"), "rest"));
    rig_mark(r, BTC, "50001");
    rig_heard(r, "NEW rest NEW\n");
    rig_last(r, BTC, "49850");
    rig_heard(r, "TRADE rest FILLED 0.1@49900 z0.1 rp0 maker\nACCOUNT ORDER 0.1\n");
    rig_free(r);
}

static void times_in_force(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    struct fapi_terms t = rig_named(rig_limit(EB_BUY, "0.1", "49900"), "ioc");
    t.tif = FAPI_IOC;
    assert_int_equal(rig_place(r, t)->status, FAPI_EXPIRED);
    rig_heard(r, "NEW ioc NEW\nEXPIRED ioc EXPIRED er2\n");
    const struct fapi_order *o;
    t.tif = FAPI_FOK;
    assert_int_equal(fapi_order_place(r->a, &t, &o), -5021);
    t.tif = FAPI_GTX;
    t.price.e8 = e8("50000.1");
    assert_int_equal(fapi_order_place(r->a, &t, &o), -5022);
    t.tif = FAPI_GTD;
    t.price.e8 = e8("49900");
    t.good_till_ms = r->f.now_ms + 600000;
    assert_int_equal(fapi_order_place(r->a, &t, &o), -5040);
    t.good_till_ms = r->f.now_ms + 601000;
    o = rig_place(r, rig_named(t, "gtd"));
    rig_run(r, 600999);
    rig_heard(r, "NEW gtd NEW\n");
    rig_run(r, 1);
    rig_heard(r, "EXPIRED gtd EXPIRED\n");
    rig_free(r);
}

static void fok_takes_all_or_nothing_of_a_book_with_depth(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    struct eb_err err;
    assert_int_equal(fapi_hand_depth(r->a, BTC, (eb_qty){e8("0.1")}, &err), EB_OK);
    struct fapi_terms t = rig_named(rig_limit(EB_BUY, "0.3", "50000.2"), "fok");
    const struct fapi_order *o;
    t.tif = FAPI_FOK;
    assert_int_equal(fapi_order_place(r->a, &t, &o), -5021);
    t.price.e8 = e8("50000.3");
    assert_int_equal(rig_place(r, t)->status, FAPI_FILLED);
    rig_heard(r, "NEW fok NEW\n"
                 "TRADE fok PARTIALLY_FILLED 0.1@50000.1 z0.1 rp0\n"
                 "TRADE fok PARTIALLY_FILLED 0.1@50000.2 z0.2 rp0\n"
                 "TRADE fok FILLED 0.1@50000.3 z0.3 rp0\n"
                 "ACCOUNT ORDER 0.3\n");
    rig_free(r);
}

static void a_market_order_ends_at_the_take_bound(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    struct eb_err err;
    r->symbol[BTC].inst.market_take_bound_ppm = 4; /* 50000.2 */
    assert_int_equal(fapi_hand_depth(r->a, BTC, (eb_qty){e8("0.1")}, &err), EB_OK);
    const struct fapi_order *o = rig_place(r, rig_named(rig_market(EB_BUY, "0.5"), "big"));
    assert_int_equal(o->status, FAPI_EXPIRED);
    assert_int_equal(o->filled.e8, e8("0.2"));
    rig_heard(r, "NEW big NEW\n"
                 "TRADE big PARTIALLY_FILLED 0.1@50000.1 z0.1 rp0\n"
                 "TRADE big PARTIALLY_FILLED 0.1@50000.2 z0.2 rp0\n"
                 "EXPIRED big EXPIRED er9\n"
                 "ACCOUNT ORDER 0.2\n");
    rig_free(r);
}

static void cancelling(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    const struct fapi_order *o = rig_place(r, rig_named(rig_limit(EB_BUY, "0.1", "49900"), "a"));
    uint64_t id = o->id;
    (void)rig_place(r, rig_named(rig_limit(EB_BUY, "0.1", "49800"), "b"));
    (void)rig_place(r, rig_named(rig_limit(EB_BUY, "0.1", "49700"), "c"));
    rig_forget(r);
    assert_int_equal(fapi_order_cancel(r->a, id, &o), 0);
    assert_int_equal(o->status, FAPI_CANCELED);
    assert_int_equal(fapi_order_cancel(r->a, id, &o), -2011);
    assert_int_equal(fapi_order_cancel(r->a, 77, &o), -2011);
    assert_int_equal(fapi_order_cancel_all(r->a, ETH), 0);
    assert_int_equal(fapi_order_cancel_all(r->a, BTC), 2);
    rig_heard(r, "CANCELED a CANCELED\nCANCELED b CANCELED\nCANCELED c CANCELED\n");
    rig_free(r);
}

static void modifying(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    struct eb_err err;
    const struct fapi_order *o = rig_place(r, rig_named(rig_limit(EB_BUY, "0.3", "49900"), "m"));
    uint64_t id = o->id;
    rig_forget(r);
    assert_int_equal(fapi_order_modify(r->a, 1, EB_BUY, o->t.price, o->t.qty, &o), -2013);
    o = fapi_order_find(r->a, BTC, id, NULL);
    assert_int_equal(fapi_order_modify(r->a, id, EB_BUY, o->t.price, o->t.qty, &o), -5027);
    assert_int_equal(fapi_order_modify(r->a, id, EB_SELL, (eb_price){e8("49901")}, o->t.qty, &o), -1117);
    assert_int_equal(fapi_order_modify(r->a, id, EB_BUY, (eb_price){e8("49901.05")}, o->t.qty, &o), -4014);
    assert_int_equal(fapi_order_modify(r->a, id, EB_BUY, (eb_price){e8("49901.005")}, o->t.qty, &o), -1111);
    assert_int_equal(fapi_order_modify(r->a, id, EB_BUY, (eb_price){e8("49950")}, (eb_qty){e8("0.001")}, &o), -4164);
    rig_heard(r, "");
    assert_int_equal(fapi_order_modify(r->a, id, EB_BUY, (eb_price){e8("49950")}, (eb_qty){e8("0.2")}, &o), 0);
    assert_int_equal(o->t.price.e8, e8("49950"));
    assert_int_equal(o->amended, 1);
    assert_int_equal(fapi_hand_fill_part(r->a, id, (eb_qty){e8("0.05")}, &err), EB_OK);
    rig_heard(r, "AMENDMENT m NEW\n"
                 "TRADE m PARTIALLY_FILLED 0.05@49950 z0.05 rp0 maker\nACCOUNT ORDER 0.05\n");
    /* at a price that the book meets it takes at once */
    assert_int_equal(fapi_order_modify(r->a, id, EB_BUY, (eb_price){e8("50001")}, (eb_qty){e8("0.15")}, &o), 0);
    rig_heard(r, "AMENDMENT m PARTIALLY_FILLED\n"
                 "TRADE m FILLED 0.1@50000.1 z0.15 rp0\nACCOUNT ORDER 0.15\n");
    rig_free(r);
}

static void a_change_below_what_is_filled_cancels(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    struct eb_err err;
    const struct fapi_order *o = rig_place(r, rig_named(rig_limit(EB_BUY, "0.3", "49900"), "m"));
    uint64_t id = o->id;
    assert_int_equal(fapi_hand_fill_part(r->a, id, (eb_qty){e8("0.1")}, &err), EB_OK);
    assert_int_equal(fapi_hand_fill_part(r->a, id, (eb_qty){e8("0.3")}, &err), EB_E_INVALID);
    assert_int_equal(fapi_hand_fill_part(r->a, 5, (eb_qty){e8("0.3")}, &err), EB_E_NOT_FOUND);
    rig_forget(r);
    assert_int_equal(fapi_order_modify(r->a, id, EB_BUY, (eb_price){e8("49900")}, (eb_qty){e8("0.1")}, &o), 0);
    assert_int_equal(o->status, FAPI_CANCELED);
    struct fapi_terms t = rig_named(rig_limit(EB_BUY, "0.3", "49900"), "x");
    t.tif = FAPI_GTX;
    id = rig_place(r, t)->id;
    rig_forget(r);
    assert_int_equal(fapi_order_modify(r->a, id, EB_BUY, (eb_price){e8("50001")}, (eb_qty){e8("0.3")}, &o), 0);
    rig_heard(r, "CANCELED x CANCELED\n"); /* post only would have taken */
    rig_free(r);
}

/* ---- reductions -------------------------------------------------------------------------------------------------- */

static void reductions(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    struct fapi_terms t = rig_reduce(rig_market(EB_SELL, "0.1"));
    const struct fapi_order *o;
    assert_int_equal(fapi_order_place(r->a, &t, &o), -2022); /* flat */
    rig_open(r, BTC, EB_BUY, "0.5");
    t.side = EB_BUY;
    assert_int_equal(fapi_order_place(r->a, &t, &o), -2022); /* would add */
    (void)rig_place(r, rig_named(rig_reduce(rig_limit(EB_SELL, "0.3", "51000")), "far"));
    (void)rig_place(r, rig_named(rig_reduce(rig_limit(EB_SELL, "0.2", "50900")), "near"));
    t = rig_reduce(rig_limit(EB_SELL, "0.1", "50800"));
    assert_int_equal(fapi_order_place(r->a, &t, &o), -2022); /* all of it is claimed */
    t = rig_reduce(rig_market(EB_SELL, "0.6"));
    assert_int_equal(fapi_order_place(r->a, &t, &o), -2022); /* beyond the position, and others rest */
    rig_forget(r);
    (void)rig_place(r, rig_named(rig_reduce(rig_market(EB_SELL, "0.1")), "now"));
    rig_heard(r, "NEW now NEW\n"
                 "TRADE now FILLED 0.1@49999.9 z0.1 rp-0.02\n"
                 "EXPIRED near EXPIRED er4\n" /* the newest gives way */
                 "ACCOUNT ORDER 0.4\n");
    assert_int_equal(fapi_order_cancel_all(r->a, FAPI_NONE), 1);
    rig_forget(r);
    o = rig_place(r, rig_named(rig_reduce(rig_market(EB_SELL, "0.6")), "all"));
    rig_heard(r, "NEW all NEW\n"
                 "TRADE all PARTIALLY_FILLED 0.4@49999.9 z0.4 rp-0.08\n"
                 "EXPIRED all EXPIRED er4\n" /* the rest would have reversed */
                 "ACCOUNT ORDER 0\n");
    assert_int_equal(rig_size(r, BTC, 0).e8, 0);
    rig_free(r);
}

static void a_change_may_not_claim_more_than_there_is(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.5");
    uint64_t id = rig_place(r, rig_named(rig_reduce(rig_limit(EB_SELL, "0.3", "51000")), "a"))->id;
    (void)rig_place(r, rig_named(rig_reduce(rig_limit(EB_SELL, "0.1", "51000")), "b"));
    const struct fapi_order *o;
    assert_int_equal(fapi_order_modify(r->a, id, EB_SELL, (eb_price){e8("50500")}, (eb_qty){e8("0.5")}, &o), -2022);
    assert_int_equal(fapi_order_modify(r->a, id, EB_SELL, (eb_price){e8("50500")}, (eb_qty){e8("0.4")}, &o), 0);
    rig_free(r);
}

static void hedge_mode_has_legs_and_no_reduce_only(void **state)
{
    (void)state;
    struct rig *r = rig_new(&(struct rig_options){.hedge = true});
    struct fapi_terms t = rig_market(EB_BUY, "0.1");
    const struct fapi_order *o;
    assert_int_equal(fapi_order_place(r->a, &t, &o), -4061);
    t = rig_reduce(rig_leg(t, EB_PS_LONG));
    assert_int_equal(fapi_order_place(r->a, &t, &o), -1106);
    rig_open(r, BTC, EB_BUY, "0.1");
    rig_open(r, BTC, EB_SELL, "0.2");
    assert_int_equal(rig_size(r, BTC, 0).e8, e8("0.1"));
    assert_int_equal(rig_size(r, BTC, 1).e8, e8("0.2"));
    t = rig_leg(rig_market(EB_SELL, "0.2"), EB_PS_LONG);
    assert_int_equal(fapi_order_place(r->a, &t, &o), -2022); /* more than the leg */
    t = rig_leg(rig_market(EB_BUY, "0.2"), EB_PS_SHORT);
    assert_int_equal(rig_place(r, t)->status, FAPI_FILLED);
    assert_int_equal(rig_size(r, BTC, 1).e8, 0);
    assert_int_equal(rig_size(r, BTC, 0).e8, e8("0.1"));
    rig_free(r);
}

/* ---- refusals ---------------------------------------------------------------------------------------------------- */

static void filters(void **state)
{
    (void)state;
    static const struct {
        uint8_t type, side;
        const char *qty, *price;
        int32_t code;
    } rows[] = {
        {FAPI_LIMIT, EB_BUY, "0.1", "50000.005", -1111}, /* more decimals than are allowed at all */
        {FAPI_LIMIT, EB_BUY, "0.1", "50000.05", -4014},  /* within them, off the tick */
        {FAPI_LIMIT, EB_BUY, "0.1", "0", -4001},
        {FAPI_LIMIT, EB_BUY, "0.1", "0.01", -4013},
        {FAPI_LIMIT, EB_BUY, "0.1", "1000000.1", -4002},
        {FAPI_LIMIT, EB_BUY, "0.0005", "50000", -1111},
        {FAPI_LIMIT, EB_BUY, "0", "50000", -4003},
        {FAPI_LIMIT, EB_BUY, "1000.001", "50000", -4005},
        {FAPI_LIMIT, EB_BUY, "0.1", "52500.1", -4016}, /* mark * 1.05 */
        {FAPI_LIMIT, EB_SELL, "0.1", "47499.9", -4024},
        {FAPI_LIMIT, EB_BUY, "0.001", "49000", -4164},
        {FAPI_MARKET, EB_BUY, "0.001", "0", -4164},
        {FAPI_MARKET, EB_BUY, "120.001", "0", -4005}, /* the market's own limit */
        {FAPI_LIMIT, EB_BUY, "121", "49000", -2019},  /* not that of limit orders */
        {FAPI_MARKET, EB_BUY, "50", "0", -2019},
        {FAPI_STOP_MARKET, EB_BUY, "0.1", "0", -4120},
        {FAPI_TRAILING, EB_BUY, "0.1", "0", -4120},
        {FAPI_LIQUIDATION, EB_BUY, "0.1", "0", -1116},
    };
    struct rig *r = rig_new(NULL);
    for (size_t i = 0; i < EB_COUNT(rows); i++) {
        struct fapi_terms t = rig_limit(rows[i].side, rows[i].qty, rows[i].price);
        t.type = rows[i].type;
        const struct fapi_order *o;
        int32_t code = fapi_order_place(r->a, &t, &o);
        if (code != rows[i].code || fapi_order_test(r->a, &t) != code) {
            fail_msg("row %zu (%s at %s): %d", i, rows[i].qty, rows[i].price, code);
        }
    }
    rig_heard(r, "");
    rig_free(r);
}

static void steps_and_least_quantities(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    r->symbol[BTC].inst.step.e8 = e8("0.002");
    r->symbol[BTC].inst.min_qty.e8 = e8("0.004");
    struct fapi_terms t = rig_limit(EB_BUY, "0.005", "50000");
    assert_int_equal(fapi_order_test(r->a, &t), -4023);
    t.qty.e8 = e8("0.002");
    assert_int_equal(fapi_order_test(r->a, &t), -4004);
    t.qty.e8 = e8("0.006");
    assert_int_equal(fapi_order_test(r->a, &t), 0);
    rig_free(r);
}

static void names(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    const struct fapi_order *o;
    struct fapi_terms t = rig_named(rig_limit(EB_BUY, "0.1", "49000"), "a b");
    assert_int_equal(fapi_order_place(r->a, &t, &o), -4015);
    uint64_t first = rig_place(r, rig_named(t, "x-1:/._Z"))->id;
    t = rig_named(t, "x-1:/._Z");
    assert_int_equal(fapi_order_place(r->a, &t, &o), -4116);
    t.symbol = ETH;
    t.price.e8 = e8("3000");
    uint64_t other = rig_place(r, t)->id; /* names are a symbol's */
    assert_int_equal(fapi_order_find(r->a, BTC, 0, "x-1:/._Z")->id, first);
    assert_int_equal(fapi_order_find(r->a, ETH, 0, "x-1:/._Z")->id, other);
    assert_null(fapi_order_find(r->a, ETH, first, NULL));
    assert_int_equal(fapi_order_cancel(r->a, first, &o), 0);
    assert_int_equal(fapi_order_find(r->a, BTC, 0, "x-1:/._Z")->id, first);
    t = rig_named(rig_limit(EB_BUY, "0.1", "49000"), "x-1:/._Z");
    uint64_t again = rig_place(r, t)->id; /* free again, and the last one is meant */
    assert_true(again > first);
    assert_int_equal(fapi_order_find(r->a, BTC, 0, "x-1:/._Z")->id, again);
    o = rig_place(r, rig_limit(EB_BUY, "0.1", "49000"));
    assert_int_equal(strlen(o->t.client_id), 22);
    assert_ptr_equal(fapi_order_find(r->a, BTC, 0, o->t.client_id), fapi_order_find(r->a, BTC, o->id, NULL));
    assert_null(fapi_order_find(r->a, BTC, 0, "nobody"));
    rig_free(r);
}

static void who_and_what_may_not_trade(void **state)
{
    (void)state;
    struct rig *r = rig_new(&(struct rig_options){.no_trade = true});
    struct fapi_terms t = rig_market(EB_BUY, "0.1");
    assert_int_equal(fapi_order_test(r->a, &t), -2015);
    rig_free(r);
    r = rig_new(NULL);
    t.symbol = DUST;
    assert_int_equal(fapi_order_test(r->a, &t), -1122);
    t.symbol = RIG_SYMBOLS;
    assert_int_equal(fapi_order_test(r->a, &t), -1121);
    t.symbol = BTC;
    t.position_side = EB_PS_LONG;
    assert_int_equal(fapi_order_test(r->a, &t), -4061);
    t = rig_market(EB_BUY, "0.1");
    t.close_position = true;
    assert_int_equal(fapi_order_test(r->a, &t), -4136);
    (void)snprintf(r->symbol[BTC].status, sizeof(r->symbol[BTC].status), "CLOSE");
    assert_int_equal(fapi_order_test(r->a, &t), -4141);
    rig_free(r);
}

static void a_book_too_far_from_the_mark_is_no_market(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_mark(r, BTC, "47000");
    struct fapi_terms t = rig_market(EB_BUY, "0.1");
    assert_int_equal(fapi_order_test(r->a, &t), -4131);
    rig_free(r);
}

static void price_match(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t side;
        const char *price; /* "" : refused */
        int32_t code;
    } rows[] = {
        {"QUEUE", EB_BUY, "49999.9", 0},     {"OPPONENT_5", EB_BUY, "50000.5", 0}, {"QUEUE_10", EB_SELL, "50001", 0},
        {"OPPONENT", EB_SELL, "49999.9", 0}, {"QUEUE_3", EB_BUY, "", -5037},
    };
    struct rig *r = rig_new(NULL);
    for (size_t i = 0; i < EB_COUNT(rows); i++) {
        struct fapi_terms t = rig_limit(rows[i].side, "0.1", "0");
        (void)snprintf(t.price_match, sizeof(t.price_match), "%s", rows[i].name);
        const struct fapi_order *o;
        assert_int_equal(fapi_order_place(r->a, &t, &o), rows[i].code);
        if (rows[i].code == 0) {
            assert_int_equal(o->t.price.e8, e8(rows[i].price));
        }
    }
    struct fapi_terms t = rig_limit(EB_BUY, "0.1", "50000");
    (void)snprintf(t.price_match, sizeof(t.price_match), "QUEUE");
    assert_int_equal(fapi_order_test(r->a, &t), -1106);
    t.type = FAPI_MARKET;
    assert_int_equal(fapi_order_test(r->a, &t), -5038);
    rig_free(r);
}

static void open_orders_of_a_symbol_are_limited(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    r->symbol[BTC].inst.max_orders = 3;
    struct fapi_terms t = rig_limit(EB_BUY, "0.1", "49000");
    for (int i = 0; i < 3; i++) {
        (void)rig_place(r, t);
    }
    assert_int_equal(fapi_order_test(r->a, &t), -2025);
    t.symbol = ETH;
    t.price.e8 = e8("3000");
    assert_int_equal(fapi_order_test(r->a, &t), 0);
    rig_free(r);
}

static void count(void *user, const struct fapi_order *o)
{
    (void)o;
    ++*(unsigned *)user;
}

/* The oldest closed orders are forgotten, open ones never. */
static void memory_is_bounded(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    uint64_t kept = rig_place(r, rig_named(rig_limit(EB_BUY, "0.1", "48000"), "kept"))->id;
    uint64_t first = 0;
    const struct fapi_order *o;
    for (unsigned i = 0; i < FAPI_ORDERS_KEPT + 100; i++) {
        o = rig_place(r, rig_limit(EB_BUY, "0.1", "49000"));
        first = first == 0 ? o->id : first;
        assert_int_equal(fapi_order_cancel(r->a, o->id, &o), 0);
        rig_forget(r);
    }
    assert_null(fapi_order_find(r->a, BTC, first, NULL));
    assert_non_null(fapi_order_find(r->a, BTC, o->id, NULL));
    assert_int_equal(fapi_order_find(r->a, BTC, 0, "kept")->id, kept);
    unsigned all = 0, open = 0;
    fapi_orders(r->a, FAPI_NONE, false, count, &all);
    fapi_orders(r->a, BTC, true, count, &open);
    assert_int_equal(all, FAPI_ORDERS_KEPT);
    assert_int_equal(open, 1);
    rig_free(r);
}

static void ours_are_known_by_their_names(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.1");
    const eb_client_id id = {.instance = 1, .episode = 2, .purpose = EB_PURPOSE_STOP};
    char name[EB_CLIENT_ID_TEXT_MAX];
    (void)eb_client_id_format(id, name);
    (void)rig_place(r, rig_named(rig_reduce(rig_market(EB_SELL, "0.1")), name));
    size_t trades;
    const struct eb_sim_trade *t = eb_sim_trades(r->a->sim, &trades);
    assert_int_equal(t[trades - 1].purpose, EB_PURPOSE_STOP);
    assert_int_equal(t[trades - 1].client_id.episode, 2);
    assert_int_equal(t[0].purpose, EB_PURPOSE_COUNT);
    rig_check(r);
    /* An order of ours that opens is what the audit is for. */
    (void)rig_place(r, rig_named(rig_market(EB_BUY, "0.1"), name));
    struct eb_err err;
    assert_int_equal(eb_sim_check(r->a->sim, &err), EB_E_CORRUPT);
    rig_drop(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(market_orders_are_final_with_result_and_new_with_ack),
        cmocka_unit_test(a_resting_order_fills_when_price_comes),
        cmocka_unit_test(an_old_print_does_not_fill_a_new_order),
        cmocka_unit_test(times_in_force),
        cmocka_unit_test(fok_takes_all_or_nothing_of_a_book_with_depth),
        cmocka_unit_test(a_market_order_ends_at_the_take_bound),
        cmocka_unit_test(cancelling),
        cmocka_unit_test(modifying),
        cmocka_unit_test(a_change_below_what_is_filled_cancels),
        cmocka_unit_test(reductions),
        cmocka_unit_test(a_change_may_not_claim_more_than_there_is),
        cmocka_unit_test(hedge_mode_has_legs_and_no_reduce_only),
        cmocka_unit_test(filters),
        cmocka_unit_test(steps_and_least_quantities),
        cmocka_unit_test(names),
        cmocka_unit_test(who_and_what_may_not_trade),
        cmocka_unit_test(a_book_too_far_from_the_mark_is_no_market),
        cmocka_unit_test(price_match),
        cmocka_unit_test(open_orders_of_a_symbol_are_limited),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(ours_are_known_by_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
