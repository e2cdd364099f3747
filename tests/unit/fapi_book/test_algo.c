/* SPDX-License-Identifier: Apache-2.0 */
/* Conditional orders: what is refused, what meets them, and the life of parent and child. */
#include "fapi_book/rig.h"

#include <stdio.h>
#include <string.h>

static struct fapi_terms whole(uint8_t type, uint8_t side, const char *trigger)
{
    struct fapi_terms t = rig_stop(type, side, "0", trigger);
    t.close_position = true;
    return t;
}

static struct fapi_terms trailing(uint8_t side, const char *qty, const char *activate, int64_t callback_ppm)
{
    struct fapi_terms t = rig_stop(FAPI_TRAILING, side, qty, "0");
    t.activate.e8 = e8(activate);
    t.callback_ppm = callback_ppm;
    return t;
}

static int32_t refused(struct rig *r, struct fapi_terms t)
{
    const struct fapi_algo *o;
    return fapi_algo_place(r->a, &t, &o);
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void a_stop_closes_and_its_child_is_told_first(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.5");
    uint64_t id = rig_algo(r, rig_named(rig_reduce(rig_stop(FAPI_STOP_MARKET, EB_SELL, "0.5", "49000")), "stop"))->id;
    rig_heard(r, "ALGO stop NEW\n");
    rig_price(r, BTC, "49000.1");
    rig_heard(r, "");
    rig_price(r, BTC, "49000");
    rig_heard(r, "ALGO stop TRIGGERING\n"
                 "NEW stop NEW\n"
                 "TRADE stop FILLED 0.5@48999.9 z0.5 rp-500.1\n"
                 "ACCOUNT ORDER 0\n"
                 "ALGO stop TRIGGERED child\n"
                 "ALGO stop FINISHED child\n");
    const struct fapi_algo *o = fapi_algo_find(r->a, id, NULL);
    assert_int_equal(o->status, FAPI_ALGO_FINISHED);
    assert_int_equal(o->child_average.e8, e8("48999.9"));
    assert_int_equal(o->child_filled.e8, e8("0.5"));
    assert_false(o->open);
    const struct fapi_order *child = fapi_order_find(r->a, BTC, o->child_id, NULL);
    assert_string_equal(child->t.client_id, "stop");
    assert_int_equal(child->orig_type, FAPI_STOP_MARKET);
    assert_int_equal(child->t.type, FAPI_MARKET);
    assert_int_equal(child->algo_id, id);
    assert_true(o->child_id != id);
    rig_free(r);
}

static void mark_and_last_are_apart(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.5");
    struct fapi_terms t = rig_named(rig_reduce(rig_stop(FAPI_STOP_MARKET, EB_SELL, "0.2", "49500")), "mark");
    (void)rig_algo(r, t);
    t = rig_named(t, "last");
    t.mark_price = false;
    (void)rig_algo(r, t);
    rig_forget(r);
    rig_last(r, BTC, "49500");
    assert_int_equal(fapi_algo_find(r->a, 0, "last")->status, FAPI_ALGO_FINISHED);
    assert_int_equal(fapi_algo_find(r->a, 0, "mark")->status, FAPI_ALGO_NEW);
    rig_mark(r, BTC, "49500");
    assert_int_equal(fapi_algo_find(r->a, 0, "mark")->status, FAPI_ALGO_FINISHED);
    rig_free(r);
}

/* Direction by type and side. */
static void what_meets_what(void **state)
{
    (void)state;
    static const struct {
        uint8_t type, side;
        const char *trigger, *before, *at;
    } rows[] = {
        {FAPI_STOP_MARKET, EB_SELL, "49000", "49000.1", "48900"},
        {FAPI_STOP_MARKET, EB_BUY, "51000", "50999.9", "51000"},
        {FAPI_TAKE_PROFIT_MARKET, EB_SELL, "51000", "50999.9", "51100"},
        {FAPI_TAKE_PROFIT_MARKET, EB_BUY, "49000", "49000.1", "49000"},
    };
    for (size_t i = 0; i < EB_COUNT(rows); i++) {
        struct rig *r = rig_new(NULL);
        rig_open(r, BTC, rows[i].side == EB_SELL ? EB_BUY : EB_SELL, "0.1");
        const struct fapi_algo *o =
            rig_algo(r, rig_reduce(rig_stop(rows[i].type, rows[i].side, "0.1", rows[i].trigger)));
        rig_price(r, BTC, rows[i].before);
        assert_int_equal(o->status, FAPI_ALGO_NEW);
        rig_price(r, BTC, rows[i].at);
        assert_int_equal(o->status, FAPI_ALGO_FINISHED);
        assert_int_equal(rig_size(r, BTC, 0).e8, 0);
        rig_free(r);
    }
}

static void limit_children_rest_and_finish_later(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.5");
    struct fapi_terms t = rig_named(rig_reduce(rig_stop(FAPI_TAKE_PROFIT, EB_SELL, "0.5", "50500")), "tp");
    t.price.e8 = e8("50600");
    const struct fapi_algo *o = rig_algo(r, t);
    rig_forget(r);
    rig_price(r, BTC, "50500");
    rig_heard(r, "ALGO tp TRIGGERING\nNEW tp NEW\nALGO tp TRIGGERED child\n");
    assert_int_equal(fapi_algo_cancel(r->a, o->id, &o), -2011);
    o = fapi_algo_find(r->a, 0, "tp");
    rig_price(r, BTC, "50600");
    rig_heard(r, "TRADE tp FILLED 0.5@50600 z0.5 rp299.95 maker\n"
                 "ALGO tp FINISHED child\n"
                 "ACCOUNT ORDER 0\n");
    rig_free(r);
}

static void a_cancelled_child_finishes_its_parent_with_what_was_done(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    struct eb_err err;
    rig_open(r, BTC, EB_BUY, "0.5");
    struct fapi_terms t = rig_named(rig_reduce(rig_stop(FAPI_STOP, EB_SELL, "0.5", "49500")), "sl");
    t.price.e8 = e8("49600");
    const struct fapi_algo *o = rig_algo(r, t);
    rig_price(r, BTC, "49500");
    assert_int_equal(fapi_hand_fill_part(r->a, o->child_id, (eb_qty){e8("0.2")}, &err), EB_OK);
    rig_forget(r);
    const struct fapi_order *child;
    assert_int_equal(fapi_order_cancel(r->a, o->child_id, &child), 0);
    rig_heard(r, "CANCELED sl CANCELED\nALGO sl FINISHED child\n");
    assert_int_equal(o->child_filled.e8, e8("0.2"));
    rig_free(r);
}

static void triggering_may_take_a_while(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.5");
    r->trigger_ms = 300;
    const struct fapi_algo *o =
        rig_algo(r, rig_named(rig_reduce(rig_stop(FAPI_STOP_MARKET, EB_SELL, "0.5", "49000")), "s"));
    const struct fapi_algo *ignored;
    rig_forget(r);
    rig_price(r, BTC, "48900");
    rig_heard(r, "ALGO s TRIGGERING\n");
    assert_int_equal(fapi_account_next_ms(r->a), r->f.now_ms + 300);
    assert_int_equal(fapi_algo_cancel(r->a, o->id, &ignored), -2011);
    rig_run(r, 299);
    rig_heard(r, "");
    rig_run(r, 1);
    assert_int_equal(o->status, FAPI_ALGO_FINISHED);
    assert_int_equal(rig_size(r, BTC, 0).e8, 0);
    rig_free(r);
}

static void triggering_may_get_stuck(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.5");
    r->stuck = true;
    const struct fapi_algo *o = rig_algo(r, rig_reduce(rig_stop(FAPI_STOP_MARKET, EB_SELL, "0.5", "49000")));
    rig_price(r, BTC, "48000");
    rig_run(r, 3600000);
    assert_int_equal(o->status, FAPI_ALGO_TRIGGERING);
    assert_int_equal(o->child_id, 0);
    assert_true(o->open);
    assert_int_equal(rig_size(r, BTC, 0).e8, e8("0.5"));
    rig_free(r);
}

static void a_refused_child_has_a_reason(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.5");
    (void)rig_algo(r, rig_named(rig_reduce(rig_stop(FAPI_STOP_MARKET, EB_SELL, "0.5", "49000")), "s"));
    (void)rig_place(r, rig_reduce(rig_market(EB_SELL, "0.5")));
    rig_forget(r);
    rig_price(r, BTC, "49000");
    rig_heard(r, "ALGO s TRIGGERING\nALGO s REJECTED rm=Reduce Only reject\n");
    assert_false(fapi_algo_find(r->a, 0, "s")->open);
    rig_free(r);
}

static void a_child_is_checked_as_the_market_order_it_is(void **state)
{
    (void)state;
    struct rig *r = rig_new(&(struct rig_options){.balance = 10000000});
    rig_open(r, BTC, EB_BUY, "1");
    struct fapi_terms t = rig_named(rig_reduce(rig_stop(FAPI_STOP_MARKET, EB_SELL, "1", "49000")), "s");
    (void)rig_algo(r, t);
    r->symbol[BTC].inst.market_max_qty.e8 = e8("0.5");
    rig_price(r, BTC, "49000");
    assert_int_equal(fapi_algo_find(r->a, 0, "s")->status, FAPI_ALGO_REJECTED);
    /* what closes a position has no quantity to check */
    (void)rig_algo(r, rig_named(whole(FAPI_STOP_MARKET, EB_SELL, "48500"), "all"));
    rig_price(r, BTC, "48500");
    assert_int_equal(fapi_algo_find(r->a, 0, "all")->status, FAPI_ALGO_FINISHED);
    assert_int_equal(rig_size(r, BTC, 0).e8, 0);
    rig_free(r);
}

/* ---- closePosition ----------------------------------------------------------------------------------------------- */

static void close_position_closes_what_there_is_and_leaves_with_it(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.5");
    (void)rig_algo(r, rig_named(whole(FAPI_STOP_MARKET, EB_SELL, "49000"), "sl"));
    (void)rig_algo(r, rig_named(whole(FAPI_TAKE_PROFIT_MARKET, EB_SELL, "52000"), "tp"));
    (void)rig_algo(r, rig_named(rig_reduce(rig_stop(FAPI_STOP_MARKET, EB_SELL, "0.1", "48000")), "plain"));
    rig_open(r, BTC, EB_BUY, "0.25");
    (void)rig_place(r, rig_named(rig_reduce(rig_limit(EB_SELL, "0.3", "51000")), "rest"));
    rig_forget(r);
    rig_price(r, BTC, "49000");
    rig_heard(r, "ALGO sl TRIGGERING\n"
                 "NEW sl NEW\n"
                 "TRADE sl FILLED 0.75@48999.9 z0.75 rp-750.15\n"
                 "EXPIRED rest EXPIRED er4\n"
                 "ACCOUNT ORDER 0\n"
                 "ALGO tp EXPIRED\n" /* nothing is left for it; a plain one stays */
                 "ALGO sl TRIGGERED child\n"
                 "ALGO sl FINISHED child\n");
    assert_true(fapi_algo_find(r->a, 0, "plain")->open);
    rig_free(r);
}

static void close_position_knocks_out_what_rests_in_hedge_mode(void **state)
{
    (void)state;
    struct rig *r = rig_new(&(struct rig_options){.hedge = true});
    rig_open(r, BTC, EB_BUY, "0.5");
    rig_open(r, BTC, EB_SELL, "0.2");
    (void)rig_algo(r, rig_named(rig_leg(whole(FAPI_STOP_MARKET, EB_SELL, "49000"), EB_PS_LONG), "sl"));
    (void)rig_place(r, rig_named(rig_leg(rig_limit(EB_SELL, "0.5", "51000"), EB_PS_LONG), "rest"));
    assert_int_equal(refused(r, rig_leg(whole(FAPI_STOP_MARKET, EB_BUY, "51000"), EB_PS_LONG)), -4509);
    assert_int_equal(refused(r, rig_leg(whole(FAPI_STOP_MARKET, EB_SELL, "49000"), EB_PS_SHORT)), -4509);
    rig_forget(r);
    rig_price(r, BTC, "49000");
    assert_int_equal(rig_size(r, BTC, 0).e8, 0);
    assert_int_equal(rig_size(r, BTC, 1).e8, e8("0.2"));
    assert_int_equal(fapi_algo_find(r->a, 0, "sl")->status, FAPI_ALGO_FINISHED);
    assert_int_equal(fapi_order_find(r->a, BTC, 0, "rest")->expire_reason, 4);
    rig_free(r);
}

static void close_position_rules(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    assert_int_equal(refused(r, whole(FAPI_STOP_MARKET, EB_SELL, "49000")), -4509); /* flat */
    rig_open(r, BTC, EB_BUY, "0.5");
    assert_int_equal(refused(r, whole(FAPI_STOP_MARKET, EB_BUY, "51000")), -4509);
    struct fapi_terms t = whole(FAPI_STOP_MARKET, EB_SELL, "49000");
    t.qty.e8 = e8("0.1");
    assert_int_equal(refused(r, t), -4137);
    t = whole(FAPI_STOP, EB_SELL, "49000");
    assert_int_equal(refused(r, t), -4136);
    t = rig_reduce(whole(FAPI_STOP_MARKET, EB_SELL, "49000"));
    assert_int_equal(refused(r, t), -1106);
    (void)rig_algo(r, whole(FAPI_STOP_MARKET, EB_SELL, "49000"));
    assert_int_equal(refused(r, whole(FAPI_STOP_MARKET, EB_SELL, "48000")), -4130);
    (void)rig_algo(r, whole(FAPI_TAKE_PROFIT_MARKET, EB_SELL, "51000")); /* another group */
    assert_int_equal(refused(r, whole(FAPI_TAKE_PROFIT_MARKET, EB_SELL, "52000")), -4130);
    rig_free(r);
}

static void flat_while_triggering_is_the_goal(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.5");
    r->trigger_ms = 100;
    (void)rig_algo(r, rig_named(whole(FAPI_STOP_MARKET, EB_SELL, "49000"), "sl"));
    rig_price(r, BTC, "49000");
    (void)rig_place(r, rig_reduce(rig_market(EB_SELL, "0.5")));
    rig_forget(r);
    rig_run(r, 100);
    rig_heard(r, "ALGO sl EXPIRED\n");
    rig_free(r);
}

/* ---- trailing ---------------------------------------------------------------------------------------------------- */

static void trailing_follows_and_comes_back(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.5");
    const struct fapi_algo *o = rig_algo(r, rig_named(rig_reduce(trailing(EB_SELL, "0.5", "51000", 10000)), "tr"));
    rig_heard(r, "ALGO tr NEW\n");
    rig_price(r, BTC, "50900");
    rig_price(r, BTC, "49000"); /* far below, but it was never active */
    rig_heard(r, "");
    rig_price(r, BTC, "51000");
    rig_heard(r, "ALGO tr NEW active\n");
    rig_price(r, BTC, "52000");
    rig_price(r, BTC, "51480.1"); /* 52000 * 0.99 = 51480 */
    rig_heard(r, "");
    assert_int_equal(o->extreme.e8, e8("52000"));
    rig_price(r, BTC, "51480");
    assert_int_equal(o->status, FAPI_ALGO_FINISHED);
    rig_free(r);
}

static void trailing_starts_now_where_no_price_is_named(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_SELL, "0.5");
    const struct fapi_algo *o = rig_algo(r, rig_named(rig_reduce(trailing(EB_BUY, "0.5", "0", 1000)), "tr"));
    rig_heard(r, "ALGO tr NEW\nALGO tr NEW active\n");
    rig_price(r, BTC, "49000");
    rig_price(r, BTC, "49048.9");
    assert_int_equal(o->status, FAPI_ALGO_NEW);
    rig_price(r, BTC, "49049"); /* 49000 * 1.001 */
    assert_int_equal(o->status, FAPI_ALGO_FINISHED);
    rig_free(r);
}

static void trailing_rules(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.5");
    assert_int_equal(refused(r, trailing(EB_SELL, "0.5", "0", 999)), -2007);
    assert_int_equal(refused(r, trailing(EB_SELL, "0.5", "0", 200001)), -2007);
    assert_int_equal(refused(r, trailing(EB_SELL, "0.5", "50000", 10000)), -2021);
    assert_int_equal(refused(r, trailing(EB_BUY, "0.5", "50000", 10000)), -2021);
    struct fapi_terms t = trailing(EB_SELL, "0.5", "51000", 10000);
    t.trigger.e8 = e8("49000");
    assert_int_equal(refused(r, t), -2021);
    (void)rig_algo(r, trailing(EB_SELL, "0.5", "51000", 200000));
    rig_free(r);
}

/* ---- the rest of what is refused --------------------------------------------------------------------------------- */

static void refusals(void **state)
{
    (void)state;
    static const struct {
        uint8_t type, side;
        const char *qty, *trigger, *price;
        int32_t code;
    } rows[] = {
        {FAPI_STOP_MARKET, EB_SELL, "0.1", "50000", "0", -2021}, /* met already */
        {FAPI_STOP_MARKET, EB_BUY, "0.1", "50000", "0", -2021},
        {FAPI_TAKE_PROFIT_MARKET, EB_SELL, "0.1", "50000", "0", -2021},
        {FAPI_TAKE_PROFIT_MARKET, EB_BUY, "0.1", "50000", "0", -2021},
        {FAPI_STOP_MARKET, EB_SELL, "0.1", "0", "0", -4006},
        {FAPI_STOP_MARKET, EB_SELL, "0.1", "49000.05", "0", -4014},
        {FAPI_STOP_MARKET, EB_SELL, "0.1", "49000.001", "0", -1111},
        {FAPI_STOP_MARKET, EB_BUY, "0.1", "1000000.1", "0", -4007},
        {FAPI_STOP_MARKET, EB_SELL, "0", "49000", "0", -4003},
        {FAPI_STOP_MARKET, EB_SELL, "1000.001", "49000", "0", -4005},
        {FAPI_STOP_MARKET, EB_SELL, "0.001", "49000", "0", -4164},
        {FAPI_STOP, EB_SELL, "0.1", "49000", "0", -4001},
        {FAPI_STOP, EB_BUY, "0.1", "51000", "60000", -4183}, /* beside its own trigger */
        {FAPI_STOP, EB_SELL, "0.1", "49000", "40000", -4184},
        {FAPI_MARKET, EB_SELL, "0.1", "0", "0", -1116},
        {FAPI_LIMIT, EB_SELL, "0.1", "0", "50000", -1116},
    };
    struct rig *r = rig_new(NULL);
    for (size_t i = 0; i < EB_COUNT(rows); i++) {
        struct fapi_terms t = rig_stop(rows[i].type, rows[i].side, rows[i].qty, rows[i].trigger);
        t.price.e8 = e8(rows[i].price);
        int32_t code = refused(r, t);
        if (code != rows[i].code) {
            fail_msg("row %zu: %d", i, code);
        }
    }
    struct fapi_terms t = rig_stop(FAPI_STOP_MARKET, EB_SELL, "0.1", "49000");
    assert_int_equal(refused(r, rig_leg(t, EB_PS_LONG)), -4061);
    assert_int_equal(refused(r, rig_named(t, "no blanks")), -4015);
    (void)rig_algo(r, rig_named(t, "twice"));
    assert_int_equal(refused(r, rig_named(t, "twice")), -4116);
    (void)rig_place(r, rig_named(rig_limit(EB_BUY, "0.1", "49000"), "twice")); /* another space of names */
    rig_free(r);
}

static void slots_are_the_accounts(void **state)
{
    (void)state;
    struct rig *r = rig_new(&(struct rig_options){.slots_max = 3});
    struct fapi_terms t = rig_stop(FAPI_STOP_MARKET, EB_SELL, "0.1", "49000");
    uint64_t id = rig_algo(r, t)->id;
    (void)rig_algo(r, t);
    t.symbol = ETH;
    t.trigger.e8 = e8("2900");
    t.qty.e8 = e8("1");
    (void)rig_algo(r, t);
    assert_int_equal(refused(r, t), -4045);
    const struct fapi_algo *o;
    assert_int_equal(fapi_algo_cancel(r->a, id, &o), 0);
    assert_int_equal(o->status, FAPI_ALGO_CANCELED);
    assert_int_equal(fapi_algo_cancel(r->a, id, &o), -2011);
    assert_int_equal(fapi_algo_cancel(r->a, 3, &o), -2011);
    (void)rig_algo(r, t);
    assert_int_equal(fapi_algo_cancel_all(r->a, ETH), 2);
    assert_int_equal(fapi_algo_cancel_all(r->a, FAPI_NONE), 1);
    rig_free(r);
}

static void protected_ones_wait_for_a_sane_price(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    rig_open(r, BTC, EB_BUY, "0.5");
    struct fapi_terms t = rig_named(rig_reduce(rig_stop(FAPI_STOP_MARKET, EB_SELL, "0.5", "49000")), "s");
    t.mark_price = false;
    t.price_protect = true;
    const struct fapi_algo *o = rig_algo(r, t);
    rig_last(r, BTC, "47000"); /* a wick: mark is at 50000 */
    assert_int_equal(o->status, FAPI_ALGO_NEW);
    rig_mark(r, BTC, "49000");
    assert_int_equal(o->status, FAPI_ALGO_FINISHED);
    rig_free(r);
}

static void good_till_a_time(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    struct fapi_terms t = rig_named(rig_stop(FAPI_STOP_MARKET, EB_SELL, "0.1", "49000"), "gtd");
    t.tif = FAPI_GTD;
    t.good_till_ms = r->f.now_ms + 700000;
    (void)rig_algo(r, t);
    rig_run(r, 699999);
    rig_heard(r, "ALGO gtd NEW\n");
    rig_run(r, 1);
    rig_heard(r, "ALGO gtd EXPIRED\n");
    rig_free(r);
}

static void stops_nearer_than_the_liquidation_price_come_first(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    assert_int_equal(fapi_set_leverage(r->a, BTC, 50 * EB_PPM), 0);
    rig_open(r, BTC, EB_BUY, "0.5");
    (void)rig_algo(r, rig_named(rig_reduce(rig_stop(FAPI_STOP_MARKET, EB_SELL, "0.5", "49500")), "s"));
    rig_forget(r);
    rig_price(r, BTC, "48000"); /* beyond both */
    assert_int_equal(fapi_algo_find(r->a, 0, "s")->status, FAPI_ALGO_FINISHED);
    struct eb_sim_stats stats;
    eb_sim_stats(r->a->sim, &stats);
    assert_int_equal(stats.liquidations, 0);
    rig_free(r);
}

static void memory_of_closed_ones_is_bounded(void **state)
{
    (void)state;
    struct rig *r = rig_new(NULL);
    struct fapi_terms t = rig_stop(FAPI_STOP_MARKET, EB_SELL, "0.1", "49000");
    uint64_t kept = rig_algo(r, rig_named(t, "kept"))->id, first = 0, last = 0;
    for (unsigned i = 0; i < FAPI_ALGOS_KEPT + 10; i++) {
        const struct fapi_algo *o = rig_algo(r, t);
        first = first == 0 ? o->id : first;
        last = o->id;
        assert_int_equal(fapi_algo_cancel(r->a, o->id, &o), 0);
        rig_forget(r);
    }
    assert_null(fapi_algo_find(r->a, first, NULL));
    assert_non_null(fapi_algo_find(r->a, last, NULL));
    assert_int_equal(fapi_algo_find(r->a, 0, "kept")->id, kept);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_closes_and_its_child_is_told_first),
        cmocka_unit_test(mark_and_last_are_apart),
        cmocka_unit_test(what_meets_what),
        cmocka_unit_test(limit_children_rest_and_finish_later),
        cmocka_unit_test(a_cancelled_child_finishes_its_parent_with_what_was_done),
        cmocka_unit_test(triggering_may_take_a_while),
        cmocka_unit_test(triggering_may_get_stuck),
        cmocka_unit_test(a_refused_child_has_a_reason),
        cmocka_unit_test(a_child_is_checked_as_the_market_order_it_is),
        cmocka_unit_test(close_position_closes_what_there_is_and_leaves_with_it),
        cmocka_unit_test(close_position_knocks_out_what_rests_in_hedge_mode),
        cmocka_unit_test(close_position_rules),
        cmocka_unit_test(flat_while_triggering_is_the_goal),
        cmocka_unit_test(trailing_follows_and_comes_back),
        cmocka_unit_test(trailing_starts_now_where_no_price_is_named),
        cmocka_unit_test(trailing_rules),
        cmocka_unit_test(refusals),
        cmocka_unit_test(slots_are_the_accounts),
        cmocka_unit_test(protected_ones_wait_for_a_sane_price),
        cmocka_unit_test(good_till_a_time),
        cmocka_unit_test(stops_nearer_than_the_liquidation_price_come_first),
        cmocka_unit_test(memory_of_closed_ones_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
