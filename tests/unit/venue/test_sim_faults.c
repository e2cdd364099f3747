/* SPDX-License-Identifier: Apache-2.0 */
/* Latency, unknown outcomes, lost and doubled events, snapshots: what the engine must survive, one at a time. */
#include "venue/fixture.h"

#include <stdio.h>
#include <string.h>

static struct probe *start(const struct eb_sim_config *c)
{
    struct probe *p = probe_new(c);
    quote(p, "2", "2", "1.999", "2.001");
    open_position(p, EB_LONG, "100", "2", 10);
    probe_clear(p);
    return p;
}

static struct eb_sim_config config(void)
{
    struct eb_sim_config c;
    eb_sim_config_default(&c);
    return c;
}

/* One fault, the next time: what is heard of a market order at once, after the timeout, and of a query then. */
static void one_order_one_fault(void **state)
{
    (void)state;
    static const struct {
        enum eb_sim_fault fault, second;
        int32_t code;
        const char *at_once, *after, *queried;
        const char *left; /* of 100, after an order of 40 */
    } cases[] = {
        {EB_SIM_F_LOST, EB_SIM_F_COUNT, 0, "", "", "absent", "100"},
        {EB_SIM_F_UNKNOWN_NOT, EB_SIM_F_COUNT, 0, "unknown", "unknown", "unknown absent", "100"},
        {EB_SIM_F_UNKNOWN_DONE, EB_SIM_F_COUNT, 0, "unknown F filled P A", "unknown F filled P A",
         "unknown F filled P A F filled", "60"},
        {EB_SIM_F_UNKNOWN_DONE, EB_SIM_F_MUTE, 0, "unknown P A", "unknown P A", "unknown P A F filled", "60"},
        {EB_SIM_F_NO_REPLY, EB_SIM_F_COUNT, 0, "F filled P A", "F filled P A unknown", "F filled P A unknown F filled",
         "60"},
        {EB_SIM_F_NO_REPLY, EB_SIM_F_MUTE, 0, "P A", "P A unknown", "P A unknown F filled", "60"},
        {EB_SIM_F_REJECT, EB_SIM_F_COUNT, -4131, "rejected", "rejected", "rejected absent", "100"},
        {EB_SIM_F_THROTTLE, EB_SIM_F_COUNT, 0, "rejected", "rejected", "rejected absent", "100"},
        {EB_SIM_F_DUPLICATE, EB_SIM_F_COUNT, 0, "F F filled P A", "F F filled P A", "F F filled P A F filled", "60"},
        {EB_SIM_F_REORDER, EB_SIM_F_COUNT, 0, "filled F P A", "filled F P A", "filled F P A F filled", "60"},
        {EB_SIM_F_DROP, EB_SIM_F_COUNT, 0, "filled P A", "filled P A", "filled P A F filled", "60"},
        {EB_SIM_F_DELAY, EB_SIM_F_COUNT, 0, "filled P A", "filled P A F", "filled P A F F filled", "60"},
        {EB_SIM_F_QUERY, EB_SIM_F_COUNT, 0, "F filled P A", "F filled P A", "F filled P A", "60"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_sim_config c = config();
        struct probe *p = start(&c);
        eb_sim_fault_next(p->sim, cases[i].fault, 1, cases[i].code);
        if (cases[i].second != EB_SIM_F_COUNT) {
            eb_sim_fault_next(p->sim, cases[i].second, 1, 0);
        }
        struct eb_order_request req = market(EB_SELL, "40");
        int32_t code = submit(p, &req);
        assert_int_equal(code, cases[i].code != 0 ? cases[i].code : cases[i].fault == EB_SIM_F_THROTTLE ? -1003 : 0);
        const char *name = eb_sim_fault_name(cases[i].fault);
        if (strcmp(heard_text(p), cases[i].at_once) != 0) {
            fail_msg("%s at once: %s", name, heard_text(p));
        }
        probe_run(p, 1000);
        if (strcmp(heard_text(p), cases[i].after) != 0) {
            fail_msg("%s later: %s", name, heard_text(p));
        }
        query(p, &req);
        if (strcmp(heard_text(p), cases[i].queried) != 0) {
            fail_msg("%s queried: %s", name, heard_text(p));
        }
        assert_int_equal(held(p, 0), e8(cases[i].left));
        struct eb_sim_stats stats;
        eb_sim_stats(p->sim, &stats);
        assert_int_equal(stats.faults[cases[i].fault], 1);
        assert_int_equal(eb_sim_next_due(p->sim), INT64_MAX);
        probe_free(p);
    }
}

static void a_part_only(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = start(&c);
    eb_sim_fault_next(p->sim, EB_SIM_F_PARTIAL, 2, 0);
    struct eb_order_request req = market(EB_SELL, "40"), rest = limit_gtc(EB_SELL, "40", "2.1", 1);
    assert_int_equal(submit(p, &req), 0);
    assert_string_equal(heard_text(p), "F expired P A");
    int64_t filled = heard_last(p, EB_EV_ORDER)->u.order.filled.e8;
    assert_true(filled > 0 && filled < e8("40") && filled % EB_E8 == 0);
    assert_int_equal(submit(p, &rest), 0);
    probe_clear(p);
    quote(p, NULL, "2.1", NULL, NULL);
    assert_string_equal(heard_text(p), "F partial P A");
    quote(p, NULL, "2.1", NULL, NULL);
    assert_string_equal(heard_text(p), "F partial P A F filled P A");
    assert_int_equal(heard_last(p, EB_EV_ORDER)->u.order.filled.e8, e8("40"));
    assert_int_equal(held(p, 0), e8("60") - filled);
    probe_free(p);
}

static void a_query_ends_the_silence(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = start(&c);
    eb_sim_fault_next(p->sim, EB_SIM_F_UNKNOWN_DONE, 1, 0);
    eb_sim_fault_next(p->sim, EB_SIM_F_MUTE, 1, 0);
    struct eb_order_request rest = limit_gtc(EB_SELL, "40", "2.1", 1);
    assert_int_equal(submit(p, &rest), 0);
    query(p, &rest);
    quote(p, NULL, "2.1", NULL, NULL);
    assert_string_equal(heard_text(p), "unknown new F filled P A");
    probe_free(p);
}

static void hedge_snapshot(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    c.hedge = true;
    struct probe *p = start(&c);
    open_position(p, EB_SHORT, "70", "2", 10);
    probe_clear(p);
    struct eb_err err;
    assert_int_equal(p->venue.ops->snapshot(p->venue.venue, &err), EB_OK);
    assert_string_equal(heard_text(p), "begin A P P end");
    assert_int_equal(heard_nth(p, EB_EV_POSITION, 1)->u.venue_position->position_side, EB_PS_SHORT);
    assert_int_equal(heard_nth(p, EB_EV_POSITION, 1)->u.venue_position->qty.e8, e8("70"));
    probe_free(p);
}

static void cancels_fail(void **state)
{
    (void)state;
    static const struct {
        enum eb_sim_fault fault;
        const char *heard;
        const char *left;
        enum eb_order_state then;
    } cases[] = {
        {EB_SIM_F_CANCEL_FILLED, "F filled P A unknown!", "60", EB_OS_FILLED},
        {EB_SIM_F_LOST, "", "100", EB_OS_NEW},
        {EB_SIM_F_UNKNOWN_NOT, "unknown!", "100", EB_OS_NEW},
        {EB_SIM_F_UNKNOWN_DONE, "unknown! canceled", "100", EB_OS_CANCELED},
        {EB_SIM_F_NO_REPLY, "canceled unknown!", "100", EB_OS_CANCELED},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_sim_config c = config();
        struct probe *p = start(&c);
        struct eb_order_request rest = limit_gtc(EB_SELL, "40", "2.1", 1);
        assert_int_equal(submit(p, &rest), 0);
        probe_clear(p);
        eb_sim_fault_next(p->sim, cases[i].fault, 1, 0);
        cancel(p, &rest);
        probe_run(p, 1000);
        if (strcmp(heard_text(p), cases[i].heard) != 0) {
            fail_msg("%s: %s", eb_sim_fault_name(cases[i].fault), heard_text(p));
        }
        query(p, &rest);
        assert_int_equal(heard_last(p, EB_EV_ORDER)->u.order.state, cases[i].then);
        assert_int_equal(held(p, 0), e8(cases[i].left));
        probe_free(p);
    }
}

static void latency_both_ways(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    c.request_ms = 20;
    c.event_ms = 5;
    struct probe *p = probe_new(&c);
    quote(p, "2", "2", "1.999", "2.001");
    open_position(p, EB_LONG, "100", "2", 10);
    assert_string_equal(heard_text(p), "");
    probe_run(p, 5);
    assert_string_equal(heard_text(p), "F P A");
    probe_clear(p);
    struct eb_order_request req = market(EB_SELL, "100");
    assert_int_equal(submit(p, &req), 0);
    query(p, &req); /* overtaken by nothing: it arrives after the order */
    assert_int_equal(eb_sim_next_due(p->sim), 25000000);
    quote(p, "1.9", "1.9", "1.899", "1.9");
    probe_run(p, 19);
    assert_int_equal(held(p, 0), e8("100"));
    probe_run(p, 1);
    assert_int_equal(held(p, 0), 0);
    assert_int_equal(last_trade(p)->price.e8, e8("1.899")); /* the market when it arrived */
    assert_string_equal(heard_text(p), "");
    probe_run(p, 5);
    assert_string_equal(heard_text(p), "F filled P A F filled");
    assert_int_equal(heard_nth(p, EB_EV_FILL, 0)->u.fill.venue_ms, p->now_ms - 5);
    probe_free(p);
}

static void a_query_on_its_way_sees_nothing(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    struct probe *p = start(&c);
    eb_sim_fault_next(p->sim, EB_SIM_F_LOST, 1, 0);
    struct eb_order_request req = market(EB_SELL, "40");
    assert_int_equal(submit(p, &req), 0);
    query(p, &req);
    assert_string_equal(heard_text(p), "absent");
    assert_int_equal(submit(p, &req), 0); /* the same id again: it had never arrived */
    assert_int_equal(held(p, 0), e8("60"));
    probe_free(p);
}

static void snapshots_are_complete(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    c.symbols_max = 2;
    c.snapshot_ms = 30;
    struct probe *p = start(&c);
    struct eb_order_request rest = limit_gtc(EB_SELL, "40", "2.1", 1), stop = stop_close(EB_SELL, "1.9");
    assert_int_equal(submit(p, &rest), 0);
    uint64_t id;
    struct eb_err err;
    assert_int_equal(eb_sim_place_foreign(p->sim, &stop, &id, NULL, &err), EB_OK);
    struct eb_sim_entry entry = {.symbol = 1, .side = EB_SHORT, .qty = qt("0.5"), .price = px("100.0")};
    assert_int_equal(eb_sim_open(p->sim, &entry, NULL, &err), EB_OK);
    probe_clear(p);
    assert_int_equal(p->venue.ops->snapshot(p->venue.venue, &err), EB_OK);
    assert_int_equal(eb_sim_close(p->sim, 2, (eb_qty){0}, px("100"), NULL, &err),
                     EB_OK); /* after the picture was taken */
    assert_string_equal(heard_text(p), "F P A");
    probe_run(p, 30);
    assert_string_equal(heard_text(p), "F P A begin A P P open open end");
    const struct eb_ev_position *stale = heard_nth(p, EB_EV_POSITION, 2)->u.venue_position;
    assert_int_equal(stale->qty.e8, e8("0.5"));
    assert_int_equal(heard_nth(p, EB_EV_POSITION, 2)->symbol, 1);
    const struct eb_ev_open_order *ours = &heard_nth(p, EB_EV_OPEN_ORDER, 0)->u.open_order;
    assert_int_equal(ours->client_id.leg, 1);
    assert_int_equal(ours->price.e8, e8("2.1"));
    assert_true(ours->reduce_only);
    const struct eb_ev_open_order *theirs = &heard_nth(p, EB_EV_OPEN_ORDER, 1)->u.open_order;
    assert_int_equal(theirs->client_id.instance, 0);
    assert_int_equal(theirs->venue_order_id, id);
    assert_int_equal(theirs->trigger.e8, e8("1.9"));
    assert_true(theirs->close_position);
    eb_sim_fault_next(p->sim, EB_SIM_F_SNAPSHOT, 1, 0);
    probe_clear(p);
    assert_int_equal(p->venue.ops->snapshot(p->venue.venue, &err), EB_OK);
    probe_run(p, 30);
    assert_string_equal(heard_text(p), "failed");
    probe_free(p);
}

static void adopted_by_a_later_listener(void **state)
{
    (void)state;
    struct eb_sim_config c = config();
    c.symbols_max = 2;
    struct probe *p = start(&c);
    struct eb_err err;
    struct eb_sim_entry entry = {.symbol = 1, .qty = qt("0.5"), .price = px("100.0")};
    probe_reattach(p);
    assert_int_equal(eb_sim_open(p->sim, &entry, NULL, &err), EB_OK);
    probe_clear(p);
    assert_int_equal(p->venue.ops->snapshot(p->venue.venue, &err), EB_OK);
    assert_true(heard_nth(p, EB_EV_POSITION, 0)->u.venue_position->adopted);
    assert_false(heard_nth(p, EB_EV_POSITION, 1)->u.venue_position->adopted);
    probe_free(p);
}

static void chance_is_of_a_seed(void **state)
{
    (void)state;
    char text[3][512];
    for (unsigned run = 0; run < 3; run++) {
        struct eb_sim_config c = config();
        c.seed = run < 2 ? 7 : 8;
        c.faults.rate[EB_SIM_F_DUPLICATE] = (struct eb_sim_chance){1, 2};
        c.faults.rate[EB_SIM_F_REORDER] = (struct eb_sim_chance){1, 2};
        struct probe *p = start(&c);
        for (unsigned i = 0; i < 20; i++) {
            struct eb_order_request req = market(EB_SELL, "2");
            assert_int_equal(submit(p, &req), 0);
        }
        assert_true(snprintf(text[run], sizeof(text[run]), "%s", heard_text(p)) < (int)sizeof(text[run]));
        struct eb_sim_stats stats;
        eb_sim_stats(p->sim, &stats);
        assert_in_range(stats.faults[EB_SIM_F_DUPLICATE], 2, 18);
        struct eb_sim_faults none = {0};
        eb_sim_set_faults(p->sim, &none);
        probe_clear(p);
        struct eb_order_request req = market(EB_SELL, "2");
        assert_int_equal(submit(p, &req), 0);
        assert_string_equal(heard_text(p), "F filled P A");
        probe_free(p);
    }
    assert_string_equal(text[0], text[1]);
    assert_string_not_equal(text[0], text[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_order_one_fault),
        cmocka_unit_test(a_part_only),
        cmocka_unit_test(a_query_ends_the_silence),
        cmocka_unit_test(hedge_snapshot),
        cmocka_unit_test(cancels_fail),
        cmocka_unit_test(latency_both_ways),
        cmocka_unit_test(a_query_on_its_way_sees_nothing),
        cmocka_unit_test(snapshots_are_complete),
        cmocka_unit_test(adopted_by_a_later_listener),
        cmocka_unit_test(chance_is_of_a_seed),
    };
    return cmocka_run_group_tests_name("venue/sim faults", tests, NULL, NULL);
}
