/* SPDX-License-Identifier: Apache-2.0 */
/* The client against a scripted exchange. */
#include <string.h>

#include "stage.h"

static void symbols_are_translated(void **state)
{
    (void)state;
    stage_greet();
    assert_int_equal(stage.hellos, 1);
    assert_true(eb_wire_client_connected(stage.w));
    stage_tell_price(1, 3);
    stage_tell_price(2, 4); /* dropped */
    stage_tell_price(0, EB_NO_POSITION);
    const struct eb_event account = {.kind = EB_EV_ACCOUNT, .symbol = EB_NO_SYMBOL, .position = EB_NO_POSITION};
    stage_tell_event(&account);
    stage_until(&stage.events, 3);
    assert_int_equal(stage.event[0].symbol, 102);
    assert_int_equal(stage.event[0].position, 205);
    assert_int_equal(stage.event[0].now_ms, 77);
    assert_int_equal(stage.event[1].symbol, 101);
    assert_int_equal(stage.event[1].position, EB_NO_POSITION);
    assert_int_equal(stage.event[2].symbol, EB_NO_SYMBOL);
    struct eb_venue port = eb_wire_client_port(stage.w);
    struct eb_err err = {0};
    const eb_client_id id = {.instance = 4, .episode = 5};
    const struct eb_order_request order = {.client_id = id, .symbol = 102, .position = 205, .qty = {7}};
    assert_int_equal(port.ops->submit(port.venue, &order, &err), EB_OK);
    assert_int_equal(port.ops->cancel(port.venue, id, 11, 101, EB_ORDER_STOP_MARKET, &err), EB_OK);
    assert_int_equal(port.ops->query(port.venue, id, 12, 102, EB_ORDER_MARKET, &err), EB_OK);
    assert_int_equal(port.ops->snapshot(port.venue, &err), EB_OK);
    assert_int_equal(port.ops->refresh_price(port.venue, 101, &err), EB_OK);
    assert_int_equal(eb_wire_client_ask_trades(stage.w, 102, 33), EB_OK);
    assert_int_equal(eb_wire_client_ack(stage.w, 9, 1234), EB_OK);
    stage_until_heard(7);
    assert_int_equal(stage.heard[0].u.order.symbol, 1);
    assert_int_equal(stage.heard[0].u.order.position, 3);
    assert_int_equal(stage.heard[0].u.order.qty.e8, 7);
    assert_int_equal(stage.heard[1].u.target.symbol, 0);
    assert_int_equal(stage.heard[1].u.target.venue_order_id, 11);
    assert_int_equal(stage.heard[2].kind, EB_WIRE_QUERY);
    assert_int_equal(stage.heard[2].u.target.symbol, 1);
    assert_int_equal(stage.heard[3].kind, EB_WIRE_SNAPSHOT);
    assert_int_equal(stage.heard[4].u.symbol, 0);
    assert_int_equal(stage.heard[5].u.trades.symbol, 1);
    assert_int_equal(stage.heard[5].u.trades.after, 33);
    assert_int_equal(stage.heard[6].u.ack.next_deadline_ms, 1234);
    assert_int_equal(port.ops->refresh_price(port.venue, 103, &err), EB_E_NOT_FOUND);
    assert_int_equal(port.ops->refresh_price(port.venue, 5000000, &err), EB_E_NOT_FOUND);
}

/* An instrument that the engine did not take: the next one gets its id, and must not get its prices. */
static void an_id_that_is_given_again(void **state)
{
    (void)state;
    stage_greet();
    stage_tell_instrument(3, "C-next"); /* 102, as C at index 1 */
    stage_tell_price(1, 2);
    stage_tell_price(3, 6);
    stage_tell_kind(EB_WIRE_VIEW);
    stage_until(&stage.views, 1);
    assert_int_equal(stage.events, 2); /* the instrument, and one price */
    assert_int_equal(stage.event[1].kind, EB_EV_PRICE);
    assert_int_equal(stage.event[1].symbol, 102);
    assert_int_equal(eb_wire_client_ask_trades(stage.w, 102, 0), EB_OK);
    stage_until_heard(1);
    assert_int_equal(stage.heard[0].u.trades.symbol, 3);
}

static void everything_else_is_passed_on(void **state)
{
    (void)state;
    stage_greet();
    const struct eb_wire_message tick = {.kind = EB_WIRE_TICK, .u.tick = {9, 2, 3}};
    const struct eb_wire_message trades = {.kind = EB_WIRE_TRADES, .u.trades = {.symbol = 1, .newest = 6}};
    const struct eb_wire_message said = {.kind = EB_WIRE_SAID, .u.said = {.text = "done"}};
    assert_int_equal(eb_wire_client_ask_view(stage.w), EB_OK);
    assert_int_equal(eb_wire_client_hand(stage.w, "wave"), EB_OK);
    stage_until_heard(2);
    assert_string_equal(stage.heard[1].u.said.text, "wave");
    stage_tell(&tick);
    stage_tell(&trades);
    stage_tell(&said);
    stage_tell_instrument(1, "C"); /* again: filters have changed */
    stage_tell_kind(EB_WIRE_VIEW);
    stage_until(&stage.views, 1);
    assert_int_equal(stage.ticks, 1);
    assert_int_equal(stage.trades.symbol, 102);
    assert_int_equal(stage.trades.newest, 6);
    assert_string_equal(stage.said, "done");
    assert_string_equal(stage.instrument.symbol, "C");
    assert_int_equal(stage.events, 1);
    assert_int_equal(stage.event[0].symbol, 102);
    char endless[EB_LINK_TEXT_MAX + 1];
    memset(endless, 'x', sizeof(endless));
    endless[EB_LINK_TEXT_MAX] = '\0';
    assert_int_equal(eb_wire_client_hand(stage.w, endless), EB_E_INVALID);
}

static void nothing_is_sent_without_a_connection(void **state)
{
    (void)state;
    struct eb_venue port = eb_wire_client_port(stage.w);
    struct eb_err err = {0};
    const struct eb_order_request order = {.symbol = 101};
    const eb_client_id id = {0};
    assert_int_equal(port.ops->submit(port.venue, &order, &err), EB_E_IO);
    assert_non_null(strstr(err.msg, "no connection"));
    assert_int_equal(port.ops->cancel(port.venue, id, 1, 101, 0, &err), EB_E_IO);
    assert_int_equal(port.ops->query(port.venue, id, 1, 101, 0, &err), EB_E_IO);
    assert_int_equal(port.ops->snapshot(port.venue, &err), EB_E_IO);
    assert_int_equal(port.ops->refresh_price(port.venue, 101, &err), EB_E_IO);
    stage_connect_it(); /* not greeted yet */
    assert_int_equal(port.ops->submit(port.venue, &order, &err), EB_E_IO);
    assert_int_equal(eb_wire_client_ack(stage.w, 1, 1), EB_E_IO);
    assert_int_equal(eb_wire_client_connect(stage.w, &err), EB_E_INVALID);
}

static void nobody_is_there(void **state)
{
    struct eb_err err;
    (void)state;
    eb_listener_close(stage.listener);
    stage.listener = NULL;
    assert_int_equal(eb_wire_client_connect(stage.w, &err), EB_OK);
    stage_loses(EB_E_IO, "cannot connect");
}

static void it_hangs_up(void **state)
{
    (void)state;
    stage_greet();
    eb_stream_close(stage.there);
    stage.there = NULL;
    stage_loses(EB_E_END, "closed");
    stage.lost = 0;
    stage.readies = 0;
    stage_greet(); /* and once more: symbols are anew */
    stage_tell_price(1, 2);
    stage_until(&stage.events, 1);
    assert_int_equal(stage.event[0].symbol, 102);
    assert_int_equal(stage.lost, 0);
}

static void what_it_says_instead_of_hello(void **state)
{
    (void)state;
    const struct eb_wire_message said = {.kind = EB_WIRE_SAID, .u.said = {EB_E_REFUSED, "you are too old"}};
    stage_connect_it();
    stage_tell(&said);
    stage_loses(EB_E_REFUSED, "you are too old");
}

static void hello_can_be_refused(void **state)
{
    (void)state;
    stage.refuses = true;
    stage_connect_it();
    stage_tell_hello();
    stage_tell_price(0, 0); /* not heard any more */
    stage_loses(EB_E_REFUSED, "not this one");
    assert_int_equal(stage.events, 0);
}

static void another_protocol(void **state)
{
    struct eb_wire_message m = {.kind = EB_WIRE_HELLO};
    (void)state;
    m.u.hello = (struct eb_wire_hello){.protocol = EB_WIRE_PROTOCOL + 1, .name = "there"};
    stage_connect_it();
    stage_tell(&m);
    stage_loses(EB_E_INVALID, "speaks protocol 3");
    assert_int_equal(stage.hellos, 0);
}

static void it_breaks_the_protocol(void **state)
{
    static const struct {
        enum eb_wire_kind kind;
        bool greeted;
        const char *says;
    } bad[] = {{EB_WIRE_READY, false, "before it has introduced itself"},
               {EB_WIRE_TICK, false, "before"},
               {EB_WIRE_SUBMIT, true, "only a client sends"},
               {EB_WIRE_HAND, true, "only a client sends"},
               {EB_WIRE_ACK, true, "only a client sends"}};
    (void)state;
    for (size_t i = 0; i < EB_COUNT(bad); i++) {
        stage.lost = stage.heard_count = stage.readies = 0;
        if (bad[i].greeted) {
            stage_greet();
        } else {
            stage_connect_it();
        }
        stage_tell_kind(bad[i].kind);
        stage_loses(EB_E_CORRUPT, bad[i].says);
    }
    stage.lost = stage.readies = 0;
    stage_greet();
    stage_tell_hello();
    stage_loses(EB_E_CORRUPT, "introduces itself twice");
    stage.lost = stage.readies = 0;
    stage_greet();
    stage_tell_price(5, 0);
    stage_loses(EB_E_CORRUPT, "symbol that it has not introduced");
    stage.lost = stage.readies = 0;
    stage_greet();
    stage_tell_price(8, 0);
    stage_loses(EB_E_FULL, "more than the 8 symbols");
    stage.lost = stage.heard_count = 0;
    stage_connect_it();
    stage_tell_price(0, 0);
    stage_loses(EB_E_CORRUPT, "an event before its introduction");
}

static void bytes_that_are_no_records(void **state)
{
    unsigned char bytes[64];
    struct eb_wire_message tick = {.kind = EB_WIRE_TICK, .u.tick = {9, 2, 3}};
    size_t len;
    (void)state;
    stage_greet();
    memset(bytes, 0xee, sizeof(bytes));
    stage_tell_bytes(bytes, sizeof(bytes));
    stage_loses(EB_E_CORRUPT, "damaged");
    for (size_t broken = 0; broken < 36; broken += 5) {
        stage.lost = stage.readies = stage.ticks = 0;
        stage_greet();
        assert_int_equal(eb_wire_encode(&tick, bytes, sizeof(bytes), &len), EB_OK);
        bytes[broken] = (unsigned char)(bytes[broken] ^ 0x40);
        stage_tell_bytes(bytes, len);
        stage_tell_bytes(bytes, len); /* where the length was hit, more is waited for */
        memset(bytes, 0, sizeof(bytes));
        for (unsigned i = 0; i < 300 && stage.lost == 0; i++) {
            stage_tell_bytes(bytes, sizeof(bytes));
            eb_loop_once(stage.loop, false);
        }
        stage_loses(EB_E_CORRUPT, "");
        assert_int_equal(stage.ticks, 0);
    }
}

static void a_byte_at_a_time(void **state)
{
    unsigned char bytes[64];
    const struct eb_wire_message tick = {.kind = EB_WIRE_TICK, .u.tick = {9, 2, 3}};
    size_t len;
    (void)state;
    stage_greet();
    assert_int_equal(eb_wire_encode(&tick, bytes, sizeof(bytes), &len), EB_OK);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(stage.ticks, 0);
        stage_tell_bytes(bytes + i, 1);
        eb_loop_once(stage.loop, true);
    }
    stage_until(&stage.ticks, 1);
}

static void a_listener_may_leave_in_between(void **state)
{
    (void)state;
    stage_greet();
    stage.leaves = true;
    stage_tell_price(0, 0);
    stage_tell_price(0, 0);
    stage_tell_price(0, 0);
    stage_until(&stage.events, 1);
    while (!stage.there_closed) {
        eb_loop_once(stage.loop, true);
    }
    assert_int_equal(stage.events, 1);
    assert_int_equal(stage.lost, 0); /* it is its own doing */
}

static void who_does_not_read_is_told_so(void **state)
{
    (void)state;
    struct eb_venue port = eb_wire_client_port(stage.w);
    struct eb_err err = {0};
    const struct eb_order_request order = {.symbol = 101};
    int rc = EB_OK;
    stage_greet();
    eb_stream_pause(stage.there, true);
    for (unsigned i = 0; rc == EB_OK && i < 1000000; i++) {
        rc = port.ops->submit(port.venue, &order, &err);
    }
    assert_int_equal(rc, EB_E_IO);
    assert_non_null(strstr(err.msg, "does not read"));
    assert_true(eb_wire_client_connected(stage.w));
}

static void what_a_submit_costs(void **state)
{
    enum { COUNT = 2000 };
    (void)state;
    struct eb_venue port = eb_wire_client_port(stage.w);
    struct eb_err err = {0};
    const struct eb_order_request order = {.symbol = 101};
    int64_t best = INT64_MAX;
    stage_greet();
    for (unsigned i = 0; i < COUNT; i++) {
        int64_t from = eb_monotonic_ns();
        assert_int_equal(port.ops->submit(port.venue, &order, &err), EB_OK);
        int64_t took = eb_monotonic_ns() - from;
        best = took < best ? took : best;
        if (i % 32 == 31) { /* the other side reads meanwhile, as it would */
            stage.heard_count = 0;
            stage_until_heard(32);
            stage.heard_count = 0;
        }
    }
    print_message("a submit costs %lld ns at best\n", (long long)best);
    assert_true(best < 1000000);
}

static void what_cannot_be_created(void **state)
{
    (void)state;
    struct eb_wire_client *w = NULL;
    struct eb_wire_client_config c = stage_config();
    struct eb_err err = {0};
    c.symbols_max = 0;
    assert_int_equal(eb_wire_client_create(&c, &w, &err), EB_E_INVALID);
    c = stage_config();
    c.name = "a name that is longer than any name may be";
    assert_int_equal(eb_wire_client_create(&c, &w, &err), EB_E_INVALID);
    assert_null(w);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(symbols_are_translated),
        CASE(an_id_that_is_given_again),
        CASE(everything_else_is_passed_on),
        CASE(nothing_is_sent_without_a_connection),
        CASE(nobody_is_there),
        CASE(it_hangs_up),
        CASE(what_it_says_instead_of_hello),
        CASE(hello_can_be_refused),
        CASE(another_protocol),
        CASE(it_breaks_the_protocol),
        CASE(bytes_that_are_no_records),
        CASE(a_byte_at_a_time),
        CASE(a_listener_may_leave_in_between),
        CASE(who_does_not_read_is_told_so),
        CASE(what_a_submit_costs),
        CASE(what_cannot_be_created),
    };
    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
