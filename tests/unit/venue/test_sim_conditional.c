/* SPDX-License-Identifier: Apache-2.0 */
/* Conditional orders from NEW to the end of their child, and what takes them away. */
#include "venue/fixture.h"

static struct probe *start(void (*change)(struct eb_sim_config *c))
{
    struct eb_sim_config c;
    eb_sim_config_default(&c);
    c.symbols_max = 2;
    if (change != NULL) {
        change(&c);
    }
    struct probe *p = probe_new(&c);
    quote(p, "2.000", "2.000", "1.999", "2.001");
    return p;
}

static void triggers_on_the_mark(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum eb_side side;
        const char *trigger;
        const char *mark, *bid, *ask;
        bool fires;
        const char *price;
    } cases[] = {
        {"long, at the trigger", EB_LONG, "1.9", "1.9", "1.899", "1.901", true, "1.899"},
        {"long, a tick short", EB_LONG, "1.9", "1.901", "1.8", "1.81", false, NULL},
        {"long, only the book is beyond", EB_LONG, "1.9", "1.95", "1.8", "1.9", false, NULL},
        {"short, at the trigger", EB_SHORT, "2.1", "2.1", "2.09", "2.102", true, "2.102"},
        {"short, a tick short", EB_SHORT, "2.1", "2.099", "2.1", "2.2", false, NULL},
        {"beyond", EB_SHORT, "2.1", "2.15", "2.14", "2.16", true, "2.16"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct probe *p = start(NULL);
        open_position(p, cases[i].side, "100", "2.000", 5);
        struct eb_order_request stop = stop_close(cases[i].side == EB_LONG ? EB_SELL : EB_BUY, cases[i].trigger);
        assert_int_equal(submit(p, &stop), 0);
        assert_int_equal(heard_last(p, EB_EV_ORDER)->u.order.state, EB_OS_NEW);
        uint64_t algo = heard_last(p, EB_EV_ORDER)->u.order.venue_order_id;
        probe_clear(p);
        quote(p, cases[i].mark, NULL, cases[i].bid, cases[i].ask);
        if ((held(p, 0) == 0) != cases[i].fires) {
            fail_msg("%s: held %lld", cases[i].name, (long long)held(p, 0));
        }
        if (cases[i].fires) {
            assert_string_equal(heard_text(p), "triggering triggered F filled P A");
            assert_int_equal(last_trade(p)->price.e8, e8(cases[i].price));
            assert_int_equal(last_trade(p)->purpose, EB_PURPOSE_BACKSTOP);
            assert_int_equal(heard_nth(p, EB_EV_ORDER, 1)->u.order.venue_order_id, algo);
            uint64_t child = heard_nth(p, EB_EV_ORDER, 2)->u.order.venue_order_id;
            assert_true(child != algo);
            assert_int_equal(heard_nth(p, EB_EV_FILL, 0)->u.fill.venue_order_id, child);
            assert_int_equal(heard_nth(p, EB_EV_ORDER, 2)->u.order.filled.e8, e8("100"));
        }
        probe_free(p);
    }
}

static void a_second_close_is_refused(void **state)
{
    (void)state;
    struct probe *p = start(NULL);
    open_position(p, EB_LONG, "100", "2.000", 5);
    struct eb_order_request first = stop_close(EB_SELL, "1.8"), second = stop_close(EB_SELL, "1.85");
    struct eb_order_request bridge = stop_close(EB_SELL, "1.85");
    bridge.close_position = false;
    bridge.reduce_only = true;
    bridge.qty = qt("100");
    bridge.client_id.purpose = EB_PURPOSE_BRIDGE;
    assert_int_equal(submit(p, &first), 0);
    assert_int_equal(submit(p, &second), -4130);
    assert_int_equal(submit(p, &bridge), 0); /* the bridge of a renewal: a quantity, not the position */
    cancel(p, &first);
    assert_int_equal(submit(p, &second), 0);
    cancel(p, &bridge);
    struct eb_sim_account_view account;
    eb_sim_account(p->sim, &account);
    assert_int_equal(account.conditional_orders, 1);
    probe_free(p);
}

static void expires_when_the_position_ends(void **state)
{
    (void)state;
    struct probe *p = start(NULL);
    open_position(p, EB_LONG, "100", "2.000", 5);
    struct eb_order_request stop = stop_close(EB_SELL, "1.8"), part = stop_close(EB_SELL, "1.7");
    part.close_position = false;
    part.reduce_only = true;
    part.qty = qt("50");
    assert_int_equal(submit(p, &stop), 0);
    assert_int_equal(submit(p, &part), 0);
    probe_clear(p);
    struct eb_order_request all = market(EB_SELL, "100");
    assert_int_equal(submit(p, &all), 0);
    assert_string_equal(heard_text(p), "F filled expired P A");
    probe_clear(p); /* the quantity order stays, as at the venue, and is refused when it triggers */
    quote(p, "1.6", NULL, "1.6", "1.6");
    assert_string_equal(heard_text(p), "triggering rejected");
    assert_int_equal(heard_last(p, EB_EV_ORDER)->u.order.code, -2022);
    probe_free(p);
}

static void expires_when_the_position_turns(void **state)
{
    (void)state;
    struct probe *p = start(NULL);
    open_position(p, EB_LONG, "100", "2.000", 5);
    struct eb_order_request stop = stop_close(EB_SELL, "1.8"), rest = limit_gtc(EB_SELL, "50", "2.2", 1);
    assert_int_equal(submit(p, &stop), 0);
    assert_int_equal(submit(p, &rest), 0);
    probe_clear(p);
    open_position(p, EB_SHORT, "160", "2.000", 5); /* somebody flips: 100 closed, 60 opened */
    assert_string_equal(heard_text(p), "F expired expired P A");
    assert_int_equal(held(p, 0), e8("60"));
    assert_int_equal(heard_last(p, EB_EV_POSITION)->u.venue_position->side, EB_SHORT);
    probe_free(p);
}

static void stuck(void **state)
{
    (void)state;
    struct probe *p = start(NULL);
    open_position(p, EB_LONG, "100", "2.000", 5);
    struct eb_order_request stop = stop_close(EB_SELL, "1.9");
    assert_int_equal(submit(p, &stop), 0);
    eb_sim_fault_next(p->sim, EB_SIM_F_STUCK, 1, 0);
    probe_clear(p);
    quote(p, "1.9", NULL, NULL, NULL);
    quote(p, "1.8", NULL, NULL, NULL);
    assert_string_equal(heard_text(p), "triggering");
    cancel(p, &stop);
    query(p, &stop);
    assert_string_equal(heard_text(p), "triggering unknown! triggering");
    struct eb_order_request all = market(EB_SELL, "100");
    assert_int_equal(submit(p, &all), 0);
    assert_string_equal(heard_text(p), "triggering unknown! triggering F filled expired P A");
    probe_free(p);
}

static void late_child(struct eb_sim_config *c)
{
    c->trigger_ms = 50;
}

static void the_child_takes_time(void **state)
{
    (void)state;
    struct probe *p = start(late_child);
    open_position(p, EB_LONG, "100", "2.000", 5);
    struct eb_order_request stop = stop_close(EB_SELL, "1.9");
    assert_int_equal(submit(p, &stop), 0);
    probe_clear(p);
    quote(p, "1.9", NULL, "1.899", "1.9");
    assert_string_equal(heard_text(p), "triggering");
    probe_run(p, 49);
    assert_int_equal(held(p, 0), e8("100"));
    quote(p, "1.8", NULL, "1.799", "1.8");
    probe_run(p, 1);
    assert_string_equal(heard_text(p), "triggering triggered F filled P A");
    assert_int_equal(last_trade(p)->price.e8, e8("1.799"));
    probe_free(p);
}

static void late_child_one_slot(struct eb_sim_config *c)
{
    c->trigger_ms = 50;
    c->orders_max = 1;
}

/* The first stop expires with its position while its child is on its way; a second one has its slot by then. */
static void a_child_of_the_past_fires_nothing(void **state)
{
    (void)state;
    struct probe *p = start(late_child_one_slot);
    for (unsigned i = 0; i < 2; i++) {
        open_position(p, EB_LONG, "100", "2.000", 5);
        struct eb_order_request stop = stop_close(EB_SELL, "1.9");
        assert_int_equal(submit(p, &stop), 0);
        quote(p, "1.9", NULL, "1.899", "1.9"); /* triggers at 0 and at 30 */
        if (i == 0) {
            struct eb_err err;
            assert_int_equal(eb_sim_close(p->sim, 0, (eb_qty){0}, (eb_price){0}, NULL, &err), EB_OK);
            quote(p, "2", NULL, "1.999", "2.001");
            probe_run(p, 30);
        }
    }
    probe_run(p, 20);
    assert_int_equal(held(p, 0), e8("100"));
    probe_run(p, 30);
    assert_int_equal(held(p, 0), 0);
    probe_free(p);
}

static void before_or_after_liquidation(void **state)
{
    (void)state;
    static const struct {
        const char *trigger;
        bool liquidated;
    } cases[] = {{"1.9", false}, {"1.7", true}}; /* liquidation at 1.819 */
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct probe *p = start(NULL);
        open_position(p, EB_LONG, "100", "2.000", 10);
        struct eb_order_request stop = stop_close(EB_SELL, cases[i].trigger);
        assert_int_equal(submit(p, &stop), 0);
        quote(p, "1.6", "1.6", "1.6", "1.601"); /* one print beyond both */
        assert_int_equal(last_trade(p)->liquidation, cases[i].liquidated);
        assert_int_equal(held(p, 0), 0);
        struct eb_sim_account_view account;
        eb_sim_account(p->sim, &account);
        assert_int_equal(account.conditional_orders, 0);
        probe_free(p);
    }
}

static void hedge_legs_keep_apart(void **state)
{
    (void)state;
    struct eb_sim_config c;
    eb_sim_config_default(&c);
    c.hedge = true;
    struct probe *p = probe_new(&c);
    quote(p, "2.000", "2.000", "1.999", "2.001");
    open_position(p, EB_LONG, "100", "2.000", 5);
    open_position(p, EB_SHORT, "70", "2.000", 5);
    struct eb_order_request of_long = stop_close(EB_SELL, "1.9"), of_short = stop_close(EB_BUY, "2.1");
    of_long.position_side = EB_PS_LONG;
    of_short.position_side = EB_PS_SHORT;
    assert_int_equal(submit(p, &of_long), 0);
    assert_int_equal(submit(p, &of_short), 0);
    quote(p, "1.9", "1.9", "1.899", "1.901");
    assert_int_equal(held(p, 0), 0);
    assert_int_equal(held(p, 1), e8("70"));
    assert_int_equal(last_trade(p)->slot, 0);
    quote(p, "2.1", "2.1", "2.099", "2.101");
    assert_int_equal(held(p, 1), 0);
    assert_int_equal(last_trade(p)->position_side, EB_PS_SHORT);
    probe_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(triggers_on_the_mark),
        cmocka_unit_test(a_second_close_is_refused),
        cmocka_unit_test(expires_when_the_position_ends),
        cmocka_unit_test(expires_when_the_position_turns),
        cmocka_unit_test(stuck),
        cmocka_unit_test(the_child_takes_time),
        cmocka_unit_test(a_child_of_the_past_fires_nothing),
        cmocka_unit_test(before_or_after_liquidation),
        cmocka_unit_test(hedge_legs_keep_apart),
    };
    return cmocka_run_group_tests_name("venue/sim conditional", tests, NULL, NULL);
}
