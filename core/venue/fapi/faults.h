/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes wrong on purpose, and how long everything takes: every request and every message passes here.
 *
 *     request -> fapi_faults_http() -> (later, never, refused) -> fapi_api_http() -> (later, lost, spoiled) -> answer
 *     message -> fapi_deliver() -> (later, twice, out of order, never) -> peer
 */
#pragma once

#include "venue/fapi/exchange.h"

enum fapi_route { FAPI_ROUTE_MARKET = 0, FAPI_ROUTE_USER, FAPI_ROUTE_API, FAPI_ROUTES };

/* A message to a peer; it is over for this peer with fapi_peer_gone(). */
void fapi_deliver(struct eb_fapi *f, const struct eb_fapi_peer *peer, enum fapi_route route, const char *text,
                  size_t len);
/* A text of a client of the WebSocket API: executed and answered, as faults will have it. logged as fapi_api_ws(). */
void fapi_ws_request(struct eb_fapi *f, const struct eb_fapi_peer *peer, const char *address, const char *text,
                     size_t len, struct fapi_account **logged);
void fapi_peer_gone(struct eb_fapi *f, const struct eb_fapi_peer *peer);

/* Asked by algo.c: a conditional order that has been met stays TRIGGERING for good; and how long it does otherwise. */
bool fapi_fault_stuck_triggering(struct eb_fapi *f);
int64_t fapi_trigger_delay_ms(const struct eb_fapi *f);

/* Milliseconds to the exchange, of answers, of events of accounts, of market messages, from TRIGGERING to TRIGGERED. */
void fapi_latency_get(const struct eb_fapi *f, int64_t ms[5]);
void fapi_latency_set(struct eb_fapi *f, const int64_t ms[5]);

/* What is due now; when the next is. */
void fapi_faults_run(struct eb_fapi *f);
int64_t fapi_faults_next_ms(const struct eb_fapi *f);

/* control.c: {"name": ..., parameters} of /sim/fault; names as in docs/VENUES.md. EB_E_INVALID says what is wrong. */
EB_NODISCARD int fapi_fault_set(struct eb_fapi *f, struct eb_tok fault, struct eb_err *err);
void fapi_faults_clear(struct eb_fapi *f);
/* How often each has struck, as a JSON object. */
void fapi_faults_told(const struct eb_fapi *f, struct eb_buffer *out);

/* session.c: for faults and control. Sockets of a class ("public", "market", "private", "api", "" all) are closed with
 * a code, 0: cut. */
unsigned fapi_sessions_cut(struct eb_fapi *f, const char *class_name, int code);
/* The same of one socket; its session is over. Nothing happens when it is over already. */
void fapi_peer_close(struct eb_fapi *f, const struct eb_fapi_peer *peer, int code);
