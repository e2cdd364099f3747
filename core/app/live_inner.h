/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the live engine share with each other and with nobody else. */
#pragma once

#include "app/live.h"

#define EB_NS_IN_MS INT64_C(1000000)
#define EB_LIVE_BACKWARDS_MS 1000  /* an exchange's clock that is so far behind what it said is another one */
#define EB_LIVE_BEHIND_MS 60000    /* or behind what the journal remembers: our clock may have been fast */
#define EB_LIVE_EPISODES_KEPT 1000 /* ended ones, for status, explain and the last page */
#define EB_LIVE_GAP_NS (INT64_C(5000) * EB_NS_IN_MS) /* a loop that did not run for so long knows nothing any more */

/* live_start.c: what the exchange's introduction begins */
bool eb_live_hello(struct eb_live *l, const struct eb_link_hello *hello, struct eb_err *err);
eb_symbol_id eb_live_symbol(struct eb_live *l, const char *name);
void eb_live_ready(struct eb_live *l);
/* News of the account may be missing: trades since the last one known, and a complete picture, are asked for. */
void eb_live_gap(struct eb_live *l, const char *why);
void eb_live_trades(struct eb_live *l, const struct eb_link_trades *told);

/* live_wire.c: events, time, the port */
int eb_live_wire_create(struct eb_live *l, struct eb_err *err);
struct eb_venue eb_live_port(struct eb_live *l);
/* Time goes on: venue time at least at_ms (0: by the clock). */
void eb_live_set_now(struct eb_live *l, int64_t at_ms);
/* Runs what is due, then answers a TICK that waits, or sets the timer of the next deadline. */
void eb_live_catch_up(struct eb_live *l);
/* The time is over: asks for what the end is compared with, then stops. */
void eb_live_settle(struct eb_live *l);
/* Ends the connection and begins anew after a while. */
void eb_live_reconnect(struct eb_live *l, const char *why);

/* live_clock.c: what the exchange says of its time: at the beginning of a connection, and meanwhile */
void eb_live_clock_begin(struct eb_live *l, int64_t venue_ms);
void eb_live_clock_hear(struct eb_live *l, int64_t venue_ms);

/* live_watch.c: what is heard of every step */
void eb_live_observe(void *user, const struct eb_event *ev, const struct eb_actions *actions);
/* Whether the engine remembers an order of ours. */
bool eb_live_remembers(const struct eb_live *l, eb_symbol_id symbol, uint8_t position_side, eb_client_id id);
/* A standing trouble of the connection, or its end. */
void eb_live_trouble(struct eb_live *l, const struct eb_link_trouble *t);
/* Conditions of standing alarms, once a second. */
void eb_live_review_alarms(struct eb_live *l);
/* A line for the terminal. */
void eb_live_say(struct eb_live *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A picture of the account is being told: remembers its orders. */
void eb_live_note_picture(struct eb_live *l, const struct eb_event *ev);

/* Something that ends the run: remembered, and the loop stopped. */
void eb_live_fail(struct eb_live *l, const struct eb_err *err);
