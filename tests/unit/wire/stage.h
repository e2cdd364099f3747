/* SPDX-License-Identifier: Apache-2.0 */
/* An exchange that says what a test tells it to, byte by byte, a client of it, and what both have heard. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "venue/wire/client.h"
#include "venue/wire/frames.h"

#define HEARD_MAX 64

struct stage {
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
    struct eb_link_trades trades;
    char said[EB_LINK_TEXT_MAX];
    struct eb_err why;
};
extern struct stage stage;

/* What the exchange says. */
void stage_tell_bytes(const void *bytes, size_t len);
void stage_tell(const struct eb_wire_message *m);
void stage_tell_kind(enum eb_wire_kind kind);
void stage_tell_hello(void);
void stage_tell_event(const struct eb_event *ev);
void stage_tell_instrument(eb_symbol_id index, const char *name);
void stage_tell_price(eb_symbol_id index, eb_position_id position);
/* Of the client. */
struct eb_wire_client_config stage_config(void);
int stage_setup(void **state);
int stage_teardown(void **state);
/* Runs the loop until the exchange has heard so many messages, or a count is so high. */
void stage_until_heard(unsigned count);
void stage_until(const unsigned *what, unsigned count);
/* Connects, and the exchange has heard HELLO; then: greeted, with symbols B, C and one that is left out. */
void stage_connect_it(void);
void stage_greet(void);
/* The connection is lost with this code and a text that says so. */
void stage_loses(int code, const char *says);
