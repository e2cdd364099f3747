/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's side of the wire: a link (venue/link.h) over a local socket.
 *
 *     eb_venue port --> records --> socket          socket --> records --> listener.event / ready / tick
 *
 * One connection at a time; a lost one is told once (lost) and reopened by eb_wire_client_connect(), the caller's
 * choice of when. While there is none, every port function refuses with EB_E_IO: definitely not sent.
 */
#pragma once

#include "net/loop.h"
#include "venue/link.h"
#include "venue/wire/protocol.h"

struct eb_wire_client;

struct eb_wire_client_config {
    struct eb_loop *loop;
    const char *path; /* of the socket; copied */
    const char *name; /* of this program; copied */
    bool lockstep;    /* wanted */
    bool wants_events;
    uint32_t symbols_max; /* of the exchange's */
    struct eb_link_listener listener;
};
EB_NODISCARD int eb_wire_client_create(const struct eb_wire_client_config *c, struct eb_wire_client **out,
                                       struct eb_err *err);
void eb_wire_client_destroy(struct eb_wire_client *w); /* NULL is fine */
/* Begins to connect; hello or lost follows. EB_E_INVALID when there is a connection already. */
EB_NODISCARD int eb_wire_client_connect(struct eb_wire_client *w, struct eb_err *err);
/* Ends the connection without a word; lost is not called. */
void eb_wire_client_disconnect(struct eb_wire_client *w);
bool eb_wire_client_connected(const struct eb_wire_client *w); /* hello was exchanged */

/* The same as the live engine uses it; valid until destroyed. Its exchange has read what an earlier connection sent. */
struct eb_link eb_wire_client_link(struct eb_wire_client *w);
/* The port; valid until destroyed. */
struct eb_venue eb_wire_client_port(struct eb_wire_client *w);
/* Each: EB_OK, EB_E_IO when there is no connection or too much waits to be written (then lost follows). */
int eb_wire_client_ack(struct eb_wire_client *w, uint64_t tick, int64_t next_deadline_ms);
EB_NODISCARD int eb_wire_client_ask_trades(struct eb_wire_client *w, eb_symbol_id symbol, uint64_t after);
int eb_wire_client_ask_view(struct eb_wire_client *w);
EB_NODISCARD int eb_wire_client_hand(struct eb_wire_client *w, const char *text);
