/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls to the exchange: parameters once, then by REST or over the WebSocket API, signed as each wants it.
 *
 *     bn_params -> bn_rest_call() -> queue by priority, budget -> sign at the moment of sending -> outcome -> done
 *                  bn_wsapi_call() -> one socket, logged on where the key allows -> outcome -> done
 *
 * The three outcomes are decided here and in codes: ACCEPTED, REJECTED (certainly not executed), UNKNOWN. A mutating
 * call is sent at most once; only what certainly was not executed (-1021, -1008, not sent) is sent again, by the same
 * id, within its deadline. Reads are repeated with a backoff.
 */
#pragma once

#include <stddef.h>

#include <exitbrain/event.h>

#include "venue/binance/binance.h"
#include "venue/sign.h"

#define BN_PARAMS_MAX 24
#define BN_VALUE_MAX 1024
struct bn_params {
    size_t count;
    bool failed; /* too many or too long: the call is refused before it is sent */
    struct {
        const char *key;  /* static */
        uint16_t at, len; /* into text */
    } item[BN_PARAMS_MAX];
    size_t used;
    char text[2048];
};
void bn_params_init(struct bn_params *p);
void bn_param_text(struct bn_params *p, const char *key, const char *value);
void bn_param_i64(struct bn_params *p, const char *key, int64_t value);
void bn_param_u64(struct bn_params *p, const char *key, uint64_t value);
void bn_param_e8(struct bn_params *p, const char *key, int64_t value_e8); /* shortest plain decimal */
void bn_param_bool(struct bn_params *p, const char *key, bool value);     /* "true" or "false" */

enum bn_security { BN_PUBLIC = 0, BN_KEYED, BN_SIGNED };
enum bn_outcome { BN_ACCEPTED = 0, BN_REJECTED, BN_UNKNOWN };
/* Lower goes first; those below BN_PRIORITY_RESERVED may use the whole budget, others only their share. Two exceptions:
 * soft legs and renewals, whose positions are protected meanwhile, leave room for what is urgent; history, which is
 * much at a start, leaves room for the pictures that triggers and first backstops wait for. */
enum bn_priority {
    BN_PRIORITY_STOP = 0,                  /* purposes of enum eb_purpose, in order */
    BN_PRIORITY_PATIENT = EB_PURPOSE_SOFT, /* from here to below CLOCK: orders that may wait */
    BN_PRIORITY_CLOCK = 16,
    BN_PRIORITY_RESERVED = 20,
    BN_PRIORITY_QUERY = 24,
    BN_PRIORITY_SNAPSHOT = 28,
    BN_PRIORITY_READ = 32,
    BN_PRIORITY_HISTORY = 40
};
struct bn_result {
    uint8_t outcome;  /* enum bn_outcome */
    uint8_t reject;   /* enum eb_reject_class with REJECTED */
    int32_t code;     /* the exchange's, 0 none */
    int http;         /* status, 0 none */
    const char *msg;  /* "" or the exchange's text, or what happened to the connection */
    const char *body; /* of ACCEPTED: the answer's document (WebSocket API: its result); len bytes and a zero */
    size_t len;
    int64_t sent_ns, answered_ns;
};
struct bn_call {
    const char *method;      /* REST: "GET" ...; static */
    const char *path;        /* REST: "/fapi/v1/order"; WebSocket API: "order.place"; static */
    struct bn_params params; /* without timestamp, recvWindow, apiKey, signature */
    uint8_t security;        /* enum bn_security */
    uint8_t priority;        /* enum bn_priority */
    uint16_t weight, orders; /* cost: request weight; orders of the 10 s and 1 min counts */
    bool mutating;
    size_t answer_max;   /* 0: 1 MiB */
    int64_t deadline_ms; /* from now, queueing included; 0: the configuration's timeout */
    void (*done)(void *user, uint64_t tag, const struct bn_result *r); /* never within bn_*_call() */
    void *user;
    uint64_t tag;
};

struct bn_rest;
struct bn_clock; /* offset of the exchange's clock: rest_clock.c */
EB_NODISCARD int bn_rest_create(const struct eb_binance_config *c, struct bn_rest **out, struct eb_err *err);
void bn_rest_destroy(struct bn_rest *r); /* no done is called any more; NULL is fine */
/* Takes the call. EB_OK, and done follows; EB_E_FULL (queue), EB_E_REFUSED (banned, key refused: err says until when);
 * then nothing was sent. */
EB_NODISCARD int bn_rest_call(struct bn_rest *r, const struct bn_call *call, struct eb_err *err);
/* Whether the call with this done and tag waits here because the budget lets it go only after more than so long. */
bool bn_rest_starves(struct bn_rest *r, void (*done)(void *user, uint64_t tag, const struct bn_result *result),
                     uint64_t tag, int64_t ms);
/* Takes a call back that has not left: it ends REJECTED (RETRY) as soon as the loop comes round. false: it has left, or
 * there is none of this tag. */
bool bn_rest_withdraw(struct bn_rest *r, uint64_t tag);
void bn_rest_drop_all(struct bn_rest *r); /* forgets all calls; no done */
/* Limits as exchangeInfo tells them (0: keep). */
void bn_rest_limits(struct bn_rest *r, uint32_t weight_1m, uint32_t orders_10s, uint32_t orders_1m);
/* What the WebSocket API reports of the shared pools as used; UINT32_MAX where it does not. */
void bn_rest_used(struct bn_rest *r, uint32_t weight_1m, uint32_t orders_10s, uint32_t orders_1m);
/* Measures the clock: three round trips, the shortest counts, halved. done(false): none was answered. */
EB_NODISCARD int bn_rest_sync_clock(struct bn_rest *r, void (*done)(void *user, bool known), void *user);
bool bn_rest_clock_known(const struct bn_rest *r);
int64_t bn_rest_now_ms(const struct bn_rest *r); /* the exchange's time now */
/* What the last measurement corrected (0 at the first), and its round trip: the error is at most half of it. */
int64_t bn_rest_offset_ms(const struct bn_rest *r, int64_t *round_trip_ns);
const char *bn_rest_clock_why(const struct bn_rest *r); /* what the last question that failed came to; "" none did */
/* Signs params for the WebSocket API or a query; used by wsapi.c too. Budget: true and booked when it may go now. */
EB_NODISCARD bool bn_rest_book(struct bn_rest *r, uint8_t priority, uint32_t weight, uint32_t orders);
/* What was booked is over, answered or not. */
void bn_rest_unbook(struct bn_rest *r, uint32_t weight, uint32_t orders);
void bn_rest_facts(const struct bn_rest *r, void (*fact)(void *user, const struct eb_link_fact *f), void *user);

/* ---- orders over the WebSocket API ---- */
struct bn_wsapi;
EB_NODISCARD int bn_wsapi_create(const struct eb_binance_config *c, struct bn_rest *rest, struct bn_wsapi **out,
                                 struct eb_err *err);
void bn_wsapi_destroy(struct bn_wsapi *w);
void bn_wsapi_connect(struct bn_wsapi *w);      /* and again after each loss, by itself, until disconnected */
void bn_wsapi_disconnect(struct bn_wsapi *w);   /* calls under way become UNKNOWN: done is called for each */
bool bn_wsapi_usable(const struct bn_wsapi *w); /* open, and logged on where the key allows it */
/* Sends at once or not at all. EB_OK, and done follows. Else nothing was sent: EB_E_END (not open, or the exchange's
 * time is in doubt), EB_E_FULL (budget, or too many calls): REST takes it and waits; EB_E_REFUSED (banned, key
 * refused), EB_E_INVALID. */
EB_NODISCARD int bn_wsapi_call(struct bn_wsapi *w, const struct bn_call *call, struct eb_err *err);
void bn_wsapi_facts(const struct bn_wsapi *w, void (*fact)(void *user, const struct eb_link_fact *f), void *user);

/* ---- streams ---- */
enum bn_stream_class { BN_STREAM_PUBLIC = 0, BN_STREAM_MARKET, BN_STREAM_PRIVATE, BN_STREAM_CLASSES };
struct bn_stream_events {
    void *user;
    /* One whole message: of a market class the payload without its envelope where there is one; of PRIVATE the event.
     */
    void (*message)(void *user, enum bn_stream_class class, const char *text, size_t len, int64_t read_ns);
    /* A class is cut, silent or its key expired (up false), or stands again (true). PRIVATE up after a gap: what was
     * missed must be asked for. */
    void (*state)(void *user, enum bn_stream_class class, bool up, const char *why);
    void (*trouble)(void *user, const struct eb_link_trouble *t);
};
struct bn_streams;
EB_NODISCARD int bn_streams_create(const struct eb_binance_config *c, struct bn_rest *rest,
                                   const struct bn_stream_events *events, struct bn_streams **out, struct eb_err *err);
void bn_streams_destroy(struct bn_streams *s);
void bn_streams_start(struct bn_streams *s); /* PRIVATE with a listen key; the others once something is subscribed */
void bn_streams_stop(struct bn_streams *s);
/* Subscribes mark price (1 s), book ticker, aggregated trades and 1-minute klines of a symbol (the exchange's name, any
 * case); batches, at most 10 messages a second a socket, 1,024 streams a socket. EB_E_FULL. */
EB_NODISCARD int bn_streams_watch(struct bn_streams *s, const char *symbol);
/* A watched symbol went silent although its stream stands: its market streams are subscribed once more. */
void bn_streams_again(struct bn_streams *s, const char *symbol);
bool bn_streams_up(const struct bn_streams *s, enum bn_stream_class class);
bool bn_streams_has_key(const struct bn_streams *s); /* a listen key was made, and is not known to have ended */
void bn_streams_facts(const struct bn_streams *s, void (*fact)(void *user, const struct eb_link_fact *f), void *user);
