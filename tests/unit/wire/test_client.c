/* SPDX-License-Identifier: Apache-2.0 */
/* The client against an exchange that says what the test tells it to, byte by byte. */
#define _GNU_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "venue/wire/client.h"
#include "venue/wire/frames.h"

#define HEARD_MAX 64

static struct {
    struct eb_loop *loop;
    struct eb_listener *listener;
    struct eb_wire_client *w;
    char dir[64], path[96];
    /* the exchange */
    struct eb_stream *there;
    struct eb_frames frames;
    struct eb_wire_message heard[HEARD_MAX];
    unsigned heard_count, accepted;
    bool there_closed;
    /* the client */
    bool refuses, leaves;
    unsigned hellos, readies, ticks, views, lost;
    struct eb_event event[HEARD_MAX];
    struct eb_ev_instrument instrument;
    unsigned events;
    struct eb_wire_trades trades;
    char said[EB_WIRE_TEXT_MAX];
    struct eb_err why;
} t;

/* ---- the exchange ------------------------------------------------------------------------------------------------ */

static void there_data(void *user, const char *bytes, size_t len)
{
    struct eb_record record;
    struct eb_err err;
    (void)user;
    while (eb_frames_next(&t.frames, &bytes, &len, &record, &err) == EB_OK) {
        assert_true(t.heard_count < HEARD_MAX);
        assert_int_equal(eb_wire_decode(&record, &t.heard[t.heard_count++], &err), EB_OK);
    }
}

static void there_closed(void *user, const struct eb_err *err)
{
    (void)user;
    (void)err;
    t.there_closed = true;
}

static void accepted(void *user, struct eb_stream *s)
{
    static const struct eb_stream_handlers handlers = {.data = there_data, .closed = there_closed};
    (void)user;
    eb_stream_close(t.there);
    t.there = s;
    t.there_closed = false;
    t.frames.len = 0;
    t.accepted++;
    eb_stream_handle(s, &handlers, NULL);
}

static void tell_bytes(const void *bytes, size_t len)
{
    assert_int_equal(eb_stream_write(t.there, bytes, len), EB_OK);
}

static void tell(const struct eb_wire_message *m)
{
    unsigned char bytes[EB_RECORD_MAX];
    size_t len;
    assert_int_equal(eb_wire_encode(m, bytes, sizeof(bytes), &len), EB_OK);
    tell_bytes(bytes, len);
}

static void tell_kind(enum eb_wire_kind kind)
{
    const struct eb_wire_message m = {.kind = (uint16_t)kind};
    tell(&m);
}

static void tell_hello(void)
{
    struct eb_wire_message m = {.kind = EB_WIRE_HELLO};
    m.u.hello = (struct eb_wire_hello){.protocol = EB_WIRE_PROTOCOL, .lockstep = true, .name = "there"};
    tell(&m);
}

static void tell_event(const struct eb_event *ev)
{
    unsigned char bytes[EB_RECORD_MAX];
    size_t len;
    assert_int_equal(eb_encode_event(ev, NULL, false, bytes, sizeof(bytes), &len), EB_OK);
    tell_bytes(bytes, len);
}

static void tell_instrument(eb_symbol_id index, const char *name)
{
    struct eb_ev_instrument inst = {.tick = {1}};
    struct eb_event ev = {.kind = EB_EV_INSTRUMENT, .symbol = index, .position = EB_NO_POSITION};
    (void)snprintf(inst.symbol, sizeof(inst.symbol), "%s", name);
    ev.u.instrument = &inst;
    tell_event(&ev);
}

static void tell_price(eb_symbol_id index, eb_position_id position)
{
    struct eb_event ev = {.kind = EB_EV_PRICE, .symbol = index, .position = position, .now_ms = 77};
    ev.u.price.price.e8 = 5;
    tell_event(&ev);
}

/* ---- the client -------------------------------------------------------------------------------------------------- */

static bool on_hello(void *user, const struct eb_wire_hello *hello, struct eb_err *err)
{
    (void)user;
    assert_string_equal(hello->name, "there");
    t.hellos++;
    if (t.refuses) {
        (void)eb_err_set(err, EB_E_REFUSED, "test", "not this one");
    }
    return !t.refuses;
}

/* Ids of the engine: the letter's place, from 100 on; lower case is left out. */
static eb_symbol_id on_symbol(void *user, const char *name)
{
    (void)user;
    return name[0] >= 'a' ? EB_NO_SYMBOL : 100 + (eb_symbol_id)(name[0] - 'A');
}

static void on_event(void *user, const struct eb_event *ev)
{
    (void)user;
    assert_true(t.events < HEARD_MAX);
    t.event[t.events++] = *ev;
    if (ev->kind == EB_EV_INSTRUMENT) {
        t.instrument = *ev->u.instrument;
    }
    if (t.leaves) {
        eb_wire_client_disconnect(t.w);
    }
}

static void on_ready(void *user)
{
    (void)user;
    t.readies++;
}

static void on_tick(void *user, const struct eb_wire_tick *tick)
{
    (void)user;
    assert_int_equal(tick->number, 9);
    t.ticks++;
}

static void on_trades(void *user, const struct eb_wire_trades *told)
{
    (void)user;
    t.trades = *told;
}

static void on_view(void *user, const struct eb_wire_view *view)
{
    (void)user;
    (void)view;
    t.views++;
}

static void on_said(void *user, const struct eb_wire_said *said)
{
    (void)user;
    memcpy(t.said, said->text, sizeof(t.said));
}

static void on_lost(void *user, const struct eb_err *err)
{
    (void)user;
    t.lost++;
    t.why = *err;
}

static struct eb_wire_client_config config(void)
{
    return (struct eb_wire_client_config){.loop = t.loop,
                                          .path = t.path,
                                          .name = "here",
                                          .lockstep = true,
                                          .wants_events = true,
                                          .symbols_max = 8,
                                          .listener = {.hello = on_hello,
                                                       .symbol = on_symbol,
                                                       .event = on_event,
                                                       .ready = on_ready,
                                                       .tick = on_tick,
                                                       .trades = on_trades,
                                                       .view = on_view,
                                                       .said = on_said,
                                                       .lost = on_lost}};
}

/* ---- the stage --------------------------------------------------------------------------------------------------- */

static int setup(void **state)
{
    struct eb_err err;
    (void)state;
    memset(&t, 0, sizeof(t));
    (void)snprintf(t.dir, sizeof(t.dir), "/tmp/eb-wire-XXXXXX");
    if (mkdtemp(t.dir) == NULL || eb_loop_create(&t.loop, &err) != EB_OK) {
        return -1;
    }
    (void)snprintf(t.path, sizeof(t.path), "%s/s", t.dir);
    (void)alarm(60);
    const struct eb_wire_client_config c = config();
    return eb_listener_open(t.loop, t.path, 1 << 20, accepted, NULL, &t.listener, &err) == EB_OK
               ? eb_wire_client_create(&c, &t.w, &err)
               : -1;
}

static int teardown(void **state)
{
    (void)state;
    eb_wire_client_destroy(t.w);
    eb_stream_close(t.there);
    eb_listener_close(t.listener);
    eb_loop_destroy(t.loop);
    (void)alarm(0);
    return rmdir(t.dir);
}

static void until_heard(unsigned count)
{
    while (t.heard_count < count) {
        eb_loop_once(t.loop, true);
    }
}

static void until(const unsigned *what, unsigned count)
{
    while (*what < count) {
        eb_loop_once(t.loop, true);
    }
}

static void connect_it(void)
{
    struct eb_err err;
    assert_int_equal(eb_wire_client_connect(t.w, &err), EB_OK);
    until_heard(1);
}

/* Greeted, with symbols B, C and one that is left out. */
static void greet(void)
{
    connect_it();
    tell_hello();
    tell_instrument(0, "B");
    tell_instrument(1, "C");
    tell_instrument(2, "left out");
    tell_kind(EB_WIRE_READY);
    until(&t.readies, 1);
    t.heard_count = 0;
    t.events = 0;
}

static void loses(int code, const char *says)
{
    until(&t.lost, 1);
    assert_int_equal(t.lost, 1);
    assert_int_equal(t.why.code, code);
    if (strstr(t.why.msg, says) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", t.why.msg, says);
    }
    assert_false(eb_wire_client_connected(t.w));
}

/* ---- cases ------------------------------------------------------------------------------------------------------- */

static void symbols_are_translated(void **state)
{
    (void)state;
    greet();
    assert_int_equal(t.hellos, 1);
    assert_true(eb_wire_client_connected(t.w));
    tell_price(1, 3);
    tell_price(2, 4); /* dropped */
    tell_price(0, EB_NO_POSITION);
    const struct eb_event account = {.kind = EB_EV_ACCOUNT, .symbol = EB_NO_SYMBOL, .position = EB_NO_POSITION};
    tell_event(&account);
    until(&t.events, 3);
    assert_int_equal(t.event[0].symbol, 102);
    assert_int_equal(t.event[0].position, 205);
    assert_int_equal(t.event[0].now_ms, 77);
    assert_int_equal(t.event[1].symbol, 101);
    assert_int_equal(t.event[1].position, EB_NO_POSITION);
    assert_int_equal(t.event[2].symbol, EB_NO_SYMBOL);
    struct eb_venue port = eb_wire_client_port(t.w);
    struct eb_err err = {0};
    const eb_client_id id = {.instance = 4, .episode = 5};
    const struct eb_order_request order = {.client_id = id, .symbol = 102, .position = 205, .qty = {7}};
    assert_int_equal(port.ops->submit(port.venue, &order, &err), EB_OK);
    assert_int_equal(port.ops->cancel(port.venue, id, 11, 101, EB_ORDER_STOP_MARKET, &err), EB_OK);
    assert_int_equal(port.ops->query(port.venue, id, 12, 102, EB_ORDER_MARKET, &err), EB_OK);
    assert_int_equal(port.ops->snapshot(port.venue, &err), EB_OK);
    assert_int_equal(port.ops->refresh_price(port.venue, 101, &err), EB_OK);
    assert_int_equal(eb_wire_client_ask_trades(t.w, 102, 33), EB_OK);
    assert_int_equal(eb_wire_client_ack(t.w, 9, 1234), EB_OK);
    until_heard(7);
    assert_int_equal(t.heard[0].u.order.symbol, 1);
    assert_int_equal(t.heard[0].u.order.position, 3);
    assert_int_equal(t.heard[0].u.order.qty.e8, 7);
    assert_int_equal(t.heard[1].u.target.symbol, 0);
    assert_int_equal(t.heard[1].u.target.venue_order_id, 11);
    assert_int_equal(t.heard[2].kind, EB_WIRE_QUERY);
    assert_int_equal(t.heard[2].u.target.symbol, 1);
    assert_int_equal(t.heard[3].kind, EB_WIRE_SNAPSHOT);
    assert_int_equal(t.heard[4].u.symbol, 0);
    assert_int_equal(t.heard[5].u.trades.symbol, 1);
    assert_int_equal(t.heard[5].u.trades.after, 33);
    assert_int_equal(t.heard[6].u.ack.next_deadline_ms, 1234);
    assert_int_equal(port.ops->refresh_price(port.venue, 103, &err), EB_E_NOT_FOUND);
    assert_int_equal(port.ops->refresh_price(port.venue, 5000000, &err), EB_E_NOT_FOUND);
}

static void everything_else_is_passed_on(void **state)
{
    (void)state;
    greet();
    const struct eb_wire_message tick = {.kind = EB_WIRE_TICK, .u.tick = {9, 2, 3}};
    const struct eb_wire_message trades = {.kind = EB_WIRE_TRADES, .u.trades = {.symbol = 1, .newest = 6}};
    const struct eb_wire_message said = {.kind = EB_WIRE_SAID, .u.said = {.text = "done"}};
    assert_int_equal(eb_wire_client_ask_view(t.w), EB_OK);
    assert_int_equal(eb_wire_client_hand(t.w, "wave"), EB_OK);
    until_heard(2);
    assert_string_equal(t.heard[1].u.said.text, "wave");
    tell(&tick);
    tell(&trades);
    tell(&said);
    tell_instrument(1, "C"); /* again: filters have changed */
    tell_kind(EB_WIRE_VIEW);
    until(&t.views, 1);
    assert_int_equal(t.ticks, 1);
    assert_int_equal(t.trades.symbol, 102);
    assert_int_equal(t.trades.newest, 6);
    assert_string_equal(t.said, "done");
    assert_string_equal(t.instrument.symbol, "C");
    assert_int_equal(t.events, 1);
    assert_int_equal(t.event[0].symbol, 102);
    char endless[EB_WIRE_TEXT_MAX + 1];
    memset(endless, 'x', sizeof(endless));
    endless[EB_WIRE_TEXT_MAX] = '\0';
    assert_int_equal(eb_wire_client_hand(t.w, endless), EB_E_INVALID);
}

static void nothing_is_sent_without_a_connection(void **state)
{
    (void)state;
    struct eb_venue port = eb_wire_client_port(t.w);
    struct eb_err err = {0};
    const struct eb_order_request order = {.symbol = 101};
    const eb_client_id id = {0};
    assert_int_equal(port.ops->submit(port.venue, &order, &err), EB_E_IO);
    assert_non_null(strstr(err.msg, "no connection"));
    assert_int_equal(port.ops->cancel(port.venue, id, 1, 101, 0, &err), EB_E_IO);
    assert_int_equal(port.ops->query(port.venue, id, 1, 101, 0, &err), EB_E_IO);
    assert_int_equal(port.ops->snapshot(port.venue, &err), EB_E_IO);
    assert_int_equal(port.ops->refresh_price(port.venue, 101, &err), EB_E_IO);
    connect_it(); /* not greeted yet */
    assert_int_equal(port.ops->submit(port.venue, &order, &err), EB_E_IO);
    assert_int_equal(eb_wire_client_ack(t.w, 1, 1), EB_E_IO);
    assert_int_equal(eb_wire_client_connect(t.w, &err), EB_E_INVALID);
}

static void nobody_is_there(void **state)
{
    struct eb_err err;
    (void)state;
    eb_listener_close(t.listener);
    t.listener = NULL;
    assert_int_equal(eb_wire_client_connect(t.w, &err), EB_OK);
    loses(EB_E_IO, "cannot connect");
}

static void it_hangs_up(void **state)
{
    (void)state;
    greet();
    eb_stream_close(t.there);
    t.there = NULL;
    loses(EB_E_END, "closed");
    t.lost = 0;
    t.readies = 0;
    greet(); /* and once more: symbols are anew */
    tell_price(1, 2);
    until(&t.events, 1);
    assert_int_equal(t.event[0].symbol, 102);
    assert_int_equal(t.lost, 0);
}

static void what_it_says_instead_of_hello(void **state)
{
    (void)state;
    const struct eb_wire_message said = {.kind = EB_WIRE_SAID, .u.said = {EB_E_REFUSED, "you are too old"}};
    connect_it();
    tell(&said);
    loses(EB_E_REFUSED, "you are too old");
}

static void hello_can_be_refused(void **state)
{
    (void)state;
    t.refuses = true;
    connect_it();
    tell_hello();
    tell_price(0, 0); /* not heard any more */
    loses(EB_E_REFUSED, "not this one");
    assert_int_equal(t.events, 0);
}

static void another_protocol(void **state)
{
    struct eb_wire_message m = {.kind = EB_WIRE_HELLO};
    (void)state;
    m.u.hello = (struct eb_wire_hello){.protocol = EB_WIRE_PROTOCOL + 1, .name = "there"};
    connect_it();
    tell(&m);
    loses(EB_E_INVALID, "speaks protocol 2");
    assert_int_equal(t.hellos, 0);
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
        t.lost = t.heard_count = t.readies = 0;
        if (bad[i].greeted) {
            greet();
        } else {
            connect_it();
        }
        tell_kind(bad[i].kind);
        loses(EB_E_CORRUPT, bad[i].says);
    }
    t.lost = t.readies = 0;
    greet();
    tell_hello();
    loses(EB_E_CORRUPT, "introduces itself twice");
    t.lost = t.readies = 0;
    greet();
    tell_price(5, 0);
    loses(EB_E_CORRUPT, "symbol that it has not introduced");
    t.lost = t.readies = 0;
    greet();
    tell_price(8, 0);
    loses(EB_E_FULL, "more than the 8 symbols");
    t.lost = t.heard_count = 0;
    connect_it();
    tell_price(0, 0);
    loses(EB_E_CORRUPT, "an event before its introduction");
}

static void bytes_that_are_no_records(void **state)
{
    unsigned char bytes[64];
    struct eb_wire_message tick = {.kind = EB_WIRE_TICK, .u.tick = {9, 2, 3}};
    size_t len;
    (void)state;
    greet();
    memset(bytes, 0xee, sizeof(bytes));
    tell_bytes(bytes, sizeof(bytes));
    loses(EB_E_CORRUPT, "damaged");
    for (size_t broken = 0; broken < 36; broken += 5) {
        t.lost = t.readies = t.ticks = 0;
        greet();
        assert_int_equal(eb_wire_encode(&tick, bytes, sizeof(bytes), &len), EB_OK);
        bytes[broken] = (unsigned char)(bytes[broken] ^ 0x40);
        tell_bytes(bytes, len);
        tell_bytes(bytes, len); /* where the length was hit, more is waited for */
        memset(bytes, 0, sizeof(bytes));
        for (unsigned i = 0; i < 300 && t.lost == 0; i++) {
            tell_bytes(bytes, sizeof(bytes));
            eb_loop_once(t.loop, false);
        }
        loses(EB_E_CORRUPT, "");
        assert_int_equal(t.ticks, 0);
    }
}

static void a_byte_at_a_time(void **state)
{
    unsigned char bytes[64];
    const struct eb_wire_message tick = {.kind = EB_WIRE_TICK, .u.tick = {9, 2, 3}};
    size_t len;
    (void)state;
    greet();
    assert_int_equal(eb_wire_encode(&tick, bytes, sizeof(bytes), &len), EB_OK);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(t.ticks, 0);
        tell_bytes(bytes + i, 1);
        eb_loop_once(t.loop, true);
    }
    until(&t.ticks, 1);
}

static void a_listener_may_leave_in_between(void **state)
{
    (void)state;
    greet();
    t.leaves = true;
    tell_price(0, 0);
    tell_price(0, 0);
    tell_price(0, 0);
    until(&t.events, 1);
    while (!t.there_closed) {
        eb_loop_once(t.loop, true);
    }
    assert_int_equal(t.events, 1);
    assert_int_equal(t.lost, 0); /* it is its own doing */
}

static void who_does_not_read_is_told_so(void **state)
{
    (void)state;
    struct eb_venue port = eb_wire_client_port(t.w);
    struct eb_err err = {0};
    const struct eb_order_request order = {.symbol = 101};
    int rc = EB_OK;
    greet();
    eb_stream_pause(t.there, true);
    for (unsigned i = 0; rc == EB_OK && i < 1000000; i++) {
        rc = port.ops->submit(port.venue, &order, &err);
    }
    assert_int_equal(rc, EB_E_IO);
    assert_non_null(strstr(err.msg, "does not read"));
    assert_true(eb_wire_client_connected(t.w));
}

static void what_a_submit_costs(void **state)
{
    enum { COUNT = 2000 };
    (void)state;
    struct eb_venue port = eb_wire_client_port(t.w);
    struct eb_err err = {0};
    const struct eb_order_request order = {.symbol = 101};
    int64_t best = INT64_MAX;
    greet();
    for (unsigned i = 0; i < COUNT; i++) {
        int64_t from = eb_monotonic_ns();
        assert_int_equal(port.ops->submit(port.venue, &order, &err), EB_OK);
        int64_t took = eb_monotonic_ns() - from;
        best = took < best ? took : best;
        if (i % 32 == 31) { /* the other side reads meanwhile, as it would */
            t.heard_count = 0;
            until_heard(32);
            t.heard_count = 0;
        }
    }
    print_message("a submit costs %lld ns at best\n", (long long)best);
    assert_true(best < 1000000);
}

static void what_cannot_be_created(void **state)
{
    (void)state;
    struct eb_wire_client *w = NULL;
    struct eb_wire_client_config c = config();
    struct eb_err err = {0};
    c.symbols_max = 0;
    assert_int_equal(eb_wire_client_create(&c, &w, &err), EB_E_INVALID);
    c = config();
    c.name = "a name that is longer than any name may be";
    assert_int_equal(eb_wire_client_create(&c, &w, &err), EB_E_INVALID);
    assert_null(w);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(symbols_are_translated),
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
