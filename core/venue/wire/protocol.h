/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine and a simulated exchange in another process say to each other over a local socket. Both directions
 * are records of store/codec.h: length, kind, version, payload, CRC.
 *
 *     client                                  exchange
 *     HELLO  ------------------------------>
 *            <------------------------------  HELLO, INSTRUMENT..., ACCOUNT, BAR... (history), FUNDING..., READY
 *     TRADES, SNAPSHOT, SUBMIT, CANCEL ...->
 *            <------------------------------  events, in the order in which they happened; after the picture that
 *                                             answers a connection's first SNAPSHOT: every current price (mark, last,
 *                                             book of each symbol), then a TICK at the present time
 *            <------------------------------  TICK: everything up to its time has been told
 *     ACK    ------------------------------>  (lockstep: the exchange's clock waits for it)
 *
 * What every link says has the types of venue/link.h. Symbols in messages are the exchange's own indices, which are
 * announced by its INSTRUMENT events; the client maps them. Records with kinds below EB_REC_FIRST are events. Time is
 * the exchange's, its clock the only one that counts.
 *
 * Lockstep: the exchange does not move its clock beyond a TICK until the client that asked for lockstep has sent ACK,
 * and then to the earliest of its own next happening and next_deadline_ms. While that client is away the clock stands.
 * Nothing then depends on how fast either process runs: a run repeats itself, whoever is killed in between.
 *
 * What a client had written before it died is executed before the next one is greeted (requests under way arrive: the
 * clock moves on for as long as they take), so that what is absent then is absent for good. A connection's first
 * SNAPSHOT is answered at once, whatever the latency; the prices after it are those last told to anybody.
 */
#pragma once

#include "store/codec.h"
#include "venue/link.h"

#define EB_WIRE_PROTOCOL 2

enum eb_wire_kind {
    EB_WIRE_HELLO = 0x200, /* both: struct eb_wire_hello */
    EB_WIRE_READY,         /* exchange: the beginning has been told; no payload */
    EB_WIRE_TICK,          /* exchange: struct eb_link_tick */
    EB_WIRE_ACK,           /* client: struct eb_wire_ack */
    EB_WIRE_SUBMIT,        /* client: struct eb_order_request */
    EB_WIRE_CANCEL,        /* client: struct eb_wire_target */
    EB_WIRE_QUERY,         /* client: struct eb_wire_target */
    EB_WIRE_SNAPSHOT,      /* client: no payload */
    EB_WIRE_REFRESH,       /* client: u32 symbol */
    EB_WIRE_TRADES,        /* client: struct eb_link_trades; answered by FILL events, then EB_WIRE_TRADES again */
    EB_WIRE_VIEW,          /* both: struct eb_link_view, whose values only the exchange's tell something */
    EB_WIRE_HAND,          /* client: a text, one thing that somebody else does; answered by EB_WIRE_SAID */
    EB_WIRE_SAID,          /* exchange: struct eb_link_said; instead of HELLO it says why a client is not wanted */
    EB_WIRE_END
};

struct eb_wire_hello {
    uint32_t protocol;
    bool lockstep;             /* client: wanted; exchange: granted (the first that asks has it) */
    bool wants_events;         /* client: false for hands, who only ask */
    char name[EB_NAME_MAX];    /* of the program, for the other's log */
    char account[EB_NAME_MAX]; /* exchange: which account this is, the same for as long as it exists */
    int64_t now_ms;            /* exchange */
    int64_t speed_ppm;         /* exchange: its time per wall time; 0: as fast as it can */
};
struct eb_wire_ack {
    uint64_t number;
    int64_t next_deadline_ms; /* the client wants a TICK then, INT64_MAX none */
};
struct eb_wire_target {
    eb_client_id client_id;
    uint64_t venue_order_id;
    eb_symbol_id symbol;
    uint8_t type; /* enum eb_order_type */
};

struct eb_wire_message {
    uint16_t kind; /* enum eb_wire_kind */
    union {
        struct eb_wire_hello hello;
        struct eb_link_tick tick;
        struct eb_wire_ack ack;
        struct eb_order_request order;
        struct eb_wire_target target;
        struct eb_link_trades trades;
        struct eb_link_view view;
        struct eb_link_said said; /* HAND: text only */
        eb_symbol_id symbol;
    } u;
};

/* One message as a whole record. EB_OK, EB_E_FULL, EB_E_INVALID. EB_RECORD_MAX bytes are always enough. */
EB_NODISCARD int eb_wire_encode(const struct eb_wire_message *m, unsigned char *out, size_t cap, size_t *len);
/* A record of these kinds. EB_OK, EB_E_CORRUPT (another kind or version, a value out of range; err says which). */
EB_NODISCARD int eb_wire_decode(const struct eb_record *record, struct eb_wire_message *out, struct eb_err *err);
