/* SPDX-License-Identifier: Apache-2.0 */
/* The stage. */
#define _GNU_SOURCE

#include "stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stage stage;

/* ---- the exchange ------------------------------------------------------------------------------------------------ */

static void there_data(void *user, const char *bytes, size_t len)
{
    struct eb_record record;
    struct eb_err err;
    (void)user;
    while (eb_frames_next(&stage.frames, &bytes, &len, &record, &err) == EB_OK) {
        assert_true(stage.heard_count < HEARD_MAX);
        assert_int_equal(eb_wire_decode(&record, &stage.heard[stage.heard_count++], &err), EB_OK);
    }
}

static void there_closed(void *user, const struct eb_err *err)
{
    (void)user;
    (void)err;
    stage.there_closed = true;
}

static void accepted(void *user, struct eb_stream *s)
{
    static const struct eb_stream_handlers handlers = {.data = there_data, .closed = there_closed};
    (void)user;
    eb_stream_close(stage.there);
    stage.there = s;
    stage.there_closed = false;
    stage.frames.len = 0;
    stage.accepted++;
    eb_stream_handle(s, &handlers, NULL);
}

void stage_tell_bytes(const void *bytes, size_t len)
{
    assert_int_equal(eb_stream_write(stage.there, bytes, len), EB_OK);
}

void stage_tell(const struct eb_wire_message *m)
{
    unsigned char bytes[EB_RECORD_MAX];
    size_t len;
    assert_int_equal(eb_wire_encode(m, bytes, sizeof(bytes), &len), EB_OK);
    stage_tell_bytes(bytes, len);
}

void stage_tell_kind(enum eb_wire_kind kind)
{
    const struct eb_wire_message m = {.kind = (uint16_t)kind};
    stage_tell(&m);
}

void stage_tell_hello(void)
{
    struct eb_wire_message m = {.kind = EB_WIRE_HELLO};
    m.u.hello = (struct eb_wire_hello){.protocol = EB_WIRE_PROTOCOL, .lockstep = true, .name = "there"};
    stage_tell(&m);
}

void stage_tell_event(const struct eb_event *ev)
{
    unsigned char bytes[EB_RECORD_MAX];
    size_t len;
    assert_int_equal(eb_encode_event(ev, NULL, false, bytes, sizeof(bytes), &len), EB_OK);
    stage_tell_bytes(bytes, len);
}

void stage_tell_instrument(eb_symbol_id index, const char *name)
{
    struct eb_ev_instrument inst = {.tick = {1}};
    struct eb_event ev = {.kind = EB_EV_INSTRUMENT, .symbol = index, .position = EB_NO_POSITION};
    (void)snprintf(inst.symbol, sizeof(inst.symbol), "%s", name);
    ev.u.instrument = &inst;
    stage_tell_event(&ev);
}

void stage_tell_price(eb_symbol_id index, eb_position_id position)
{
    struct eb_event ev = {.kind = EB_EV_PRICE, .symbol = index, .position = position, .now_ms = 77};
    ev.u.price.price.e8 = 5;
    stage_tell_event(&ev);
}

/* ---- the client -------------------------------------------------------------------------------------------------- */

static bool on_hello(void *user, const struct eb_link_hello *hello, struct eb_err *err)
{
    (void)user;
    assert_string_equal(hello->name, "there");
    stage.hellos++;
    if (stage.refuses) {
        (void)eb_err_set(err, EB_E_REFUSED, "test", "not this one");
    }
    return !stage.refuses;
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
    assert_true(stage.events < HEARD_MAX);
    stage.event[stage.events++] = *ev;
    if (ev->kind == EB_EV_INSTRUMENT) {
        stage.instrument = *ev->u.instrument;
    }
    if (stage.leaves) {
        eb_wire_client_disconnect(stage.w);
    }
}

static void on_ready(void *user)
{
    (void)user;
    stage.readies++;
}

static void on_tick(void *user, const struct eb_link_tick *tick)
{
    (void)user;
    assert_int_equal(tick->number, 9);
    stage.ticks++;
}

static void on_trades(void *user, const struct eb_link_trades *told)
{
    (void)user;
    stage.trades = *told;
}

static void on_view(void *user, const struct eb_link_view *view)
{
    (void)user;
    (void)view;
    stage.views++;
}

static void on_said(void *user, const struct eb_link_said *said)
{
    (void)user;
    memcpy(stage.said, said->text, sizeof(stage.said));
}

static void on_lost(void *user, const struct eb_err *err)
{
    (void)user;
    stage.lost++;
    stage.why = *err;
}

struct eb_wire_client_config stage_config(void)
{
    return (struct eb_wire_client_config){.loop = stage.loop,
                                          .path = stage.path,
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

int stage_setup(void **state)
{
    struct eb_err err;
    (void)state;
    memset(&stage, 0, sizeof(stage));
    (void)snprintf(stage.dir, sizeof(stage.dir), "/tmp/eb-wire-XXXXXX");
    if (mkdtemp(stage.dir) == NULL || eb_loop_create(&stage.loop, &err) != EB_OK) {
        return -1;
    }
    (void)snprintf(stage.path, sizeof(stage.path), "%s/s", stage.dir);
    (void)alarm(60);
    const struct eb_wire_client_config c = stage_config();
    return eb_listener_open(stage.loop, stage.path, 1 << 20, accepted, NULL, &stage.listener, &err) == EB_OK
               ? eb_wire_client_create(&c, &stage.w, &err)
               : -1;
}

int stage_teardown(void **state)
{
    (void)state;
    eb_wire_client_destroy(stage.w);
    eb_stream_close(stage.there);
    eb_listener_close(stage.listener);
    eb_loop_destroy(stage.loop);
    (void)alarm(0);
    return rmdir(stage.dir);
}

void stage_until_heard(unsigned count)
{
    while (stage.heard_count < count) {
        eb_loop_once(stage.loop, true);
    }
}

void stage_until(const unsigned *what, unsigned count)
{
    while (*what < count) {
        eb_loop_once(stage.loop, true);
    }
}

void stage_connect_it(void)
{
    struct eb_err err;
    assert_int_equal(eb_wire_client_connect(stage.w, &err), EB_OK);
    stage_until_heard(1);
}

void stage_greet(void)
{
    stage_connect_it();
    stage_tell_hello();
    stage_tell_instrument(0, "B");
    stage_tell_instrument(1, "C");
    stage_tell_instrument(2, "left out");
    stage_tell_kind(EB_WIRE_READY);
    stage_until(&stage.readies, 1);
    stage.heard_count = 0;
    stage.events = 0;
}

void stage_loses(int code, const char *says)
{
    stage_until(&stage.lost, 1);
    assert_int_equal(stage.lost, 1);
    assert_int_equal(stage.why.code, code);
    if (strstr(stage.why.msg, says) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", stage.why.msg, says);
    }
    assert_false(eb_wire_client_connected(stage.w));
}
