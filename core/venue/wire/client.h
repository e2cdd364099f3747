/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's side of the wire: a venue port over a local socket, and the exchange's events and time as callbacks.
 *
 *     eb_venue port --> records --> socket          socket --> records --> listener.event / ready / tick
 *
 * One connection at a time; a lost one is told once (lost) and reopened by eb_wire_client_connect(), the caller's
 * choice of when. While there is none, every port function refuses with EB_E_IO: definitely not sent.
 */
#pragma once

#include <exitbrain/venue.h>

#include "net/loop.h"
#include "venue/wire/protocol.h"

struct eb_wire_client;

/* Each may end the connection or begin another, none may destroy the client. NULL: does not want to know; but hello,
 * symbol, event and lost must be there. */
struct eb_wire_listener {
    void *user;
    /* The exchange introduced itself; before anything else. false refuses it: lost follows with err as filled here. */
    bool (*hello)(void *user, const struct eb_wire_hello *hello, struct eb_err *err);
    /* Its name for a symbol -> the engine's id, EB_NO_SYMBOL to leave the symbol out (its events are dropped). */
    eb_symbol_id (*symbol)(void *user, const char *name);
    /* An event with the engine's symbol ids, at the exchange's time when it was told; payloads borrowed. */
    void (*event)(void *user, const struct eb_event *ev);
    void (*ready)(void *user);
    void (*tick)(void *user, const struct eb_wire_tick *tick);
    void (*trades)(void *user, const struct eb_wire_trades *told); /* symbol is the engine's */
    void (*view)(void *user, const struct eb_wire_view *view);
    void (*said)(void *user, const struct eb_wire_said *said);
    void (*lost)(void *user, const struct eb_err *err); /* the connection ended; err says why */
};
struct eb_wire_client_config {
    struct eb_loop *loop;
    const char *path; /* of the socket; copied */
    const char *name; /* of this program; copied */
    bool lockstep;    /* wanted */
    bool wants_events;
    uint32_t symbols_max; /* of the exchange's */
    struct eb_wire_listener listener;
};
EB_NODISCARD int eb_wire_client_create(const struct eb_wire_client_config *c, struct eb_wire_client **out,
                                       struct eb_err *err);
void eb_wire_client_destroy(struct eb_wire_client *w); /* NULL is fine */
/* Begins to connect; hello or lost follows. EB_E_INVALID when there is a connection already. */
EB_NODISCARD int eb_wire_client_connect(struct eb_wire_client *w, struct eb_err *err);
/* Ends the connection without a word; lost is not called. */
void eb_wire_client_disconnect(struct eb_wire_client *w);
bool eb_wire_client_connected(const struct eb_wire_client *w); /* hello was exchanged */

/* The port; valid until destroyed. */
struct eb_venue eb_wire_client_port(struct eb_wire_client *w);
/* Each: EB_OK, EB_E_IO when there is no connection or too much waits to be written (then lost follows). */
int eb_wire_client_ack(struct eb_wire_client *w, uint64_t tick, int64_t next_deadline_ms);
EB_NODISCARD int eb_wire_client_ask_trades(struct eb_wire_client *w, eb_symbol_id symbol, uint64_t after);
int eb_wire_client_ask_view(struct eb_wire_client *w);
EB_NODISCARD int eb_wire_client_hand(struct eb_wire_client *w, const char *text);
