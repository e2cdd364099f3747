/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service from inside.
 *
 *     clock.c (when) -> market.c (scene -> eb_sim) -> sink -> wire_out.c (records) -> clients
 *     clients -> wire_in.c (requests, greeting) -> eb_sim, hands.c
 */
#pragma once

#include "base/decimal.h"
#include "venue/simd/simd.h"
#include "venue/wire/frames.h"
#include "venue/wire/protocol.h"

#define SIMD_NS_PER_MS INT64_C(1000000)
#define SIMD_NEVER INT64_MAX

/* Records on their way to the system, written together. */
#define SIMD_BATCH 65536
struct simd_batch {
    size_t len;
    unsigned char bytes[SIMD_BATCH + EB_RECORD_MAX];
};

struct simd_client {
    struct simd_client *next;
    struct eb_simd *simd;
    struct eb_stream *stream; /* NULL: gone, its memory is given back at the end of the callback */
    unsigned number;          /* for the log, from 1 */
    unsigned hops;            /* passes of the loop until it is greeted */
    bool introduced;          /* its HELLO has come */
    bool greeted;
    bool pictured; /* its first SNAPSHOT was answered: it gets TICKs */
    struct eb_wire_hello hello;
    struct eb_frames frames;
};

#define SIMD_MUTE_REST 8u /* answers to REFRESH; 1 << source: streamed prices */
#define SIMD_MUTE_ALL 15u
struct simd_symbol {
    struct eb_ev_price told[EB_SRC_COUNT]; /* last told to anybody; price 0: none yet */
    uint8_t muted;                         /* bits */
    bool adopted[2];                       /* opened while nobody listened */
    uint32_t last_trade;                   /* 1 + index of the newest indexed trade, 0 none */
};

struct eb_simd {
    struct eb_simd_config c;
    struct eb_log log;
    struct eb_loop *loop;
    struct eb_sim *sim;
    struct eb_scene *scene;
    struct simd_symbol *symbol; /* owned */
    uint32_t symbols;
    struct eb_listener *listener;
    struct eb_timer *pace, *greet;

    struct simd_client *clients;
    struct simd_client *owner;       /* of the clock in lockstep; NULL nobody */
    const struct simd_client *first; /* that wanted events, for leave_with_client; not dereferenced */
    unsigned client_count, client_serial;
    bool done;

    int64_t now_ms, end_ms; /* end_ms: of a scene that is over, when it must end; 0 it is not */
    int64_t arrive_ms;      /* when the last request taken has arrived at the exchange */
    int64_t deadline_ms;    /* the owner's */
    int64_t anchor_ms, anchor_ns;
    uint64_t tick;          /* number of the last one */
    int64_t due_ms, due_ns; /* of the step that is waited for */
    int64_t excuse_ns;      /* how late this process woke for the last step that it waited for */
    bool anchored, waiting, halted;

    uint32_t *trade_before; /* by trade: 1 + index of the one before it of the same symbol; owned */
    size_t trades_indexed, trades_cap;
    struct eb_sim_faults faults; /* as hands have set them */
    uint32_t snapshot_faults;    /* that hands have ordered */

    struct simd_batch shared;  /* to all that want events */
    struct simd_batch private; /* to one client */
};

/* ---- simd.c ------------------------------------------------------------------------------------------------------ */

/* The log, at the present wall time. */
const struct eb_log *eb_simd_log(struct eb_simd *s);

/* ---- market.c ---------------------------------------------------------------------------------------------------- */

/* The exchange with its symbols and what was open before the beginning. */
EB_NODISCARD int eb_simd_market_open(struct eb_simd *s, struct eb_err *err);
/* Moves virtual time to at_ms: what is due at the exchange, and the market where it has a tick then. */
void eb_simd_market_run(struct eb_simd *s, int64_t at_ms);
/* The next time at which something happens by itself. */
int64_t eb_simd_market_next(const struct eb_simd *s);
/* Puts the scene's price of a symbol into the exchange. */
void eb_simd_quote(struct eb_simd *s, eb_symbol_id symbol);
/* Opens or adds as another system would; the position is `adopted` where nobody listens. Codes of eb_sim_open(). */
EB_NODISCARD int eb_simd_enter(struct eb_simd *s, const struct eb_sim_entry *entry, struct eb_err *err);
/* Changes whether a symbol trades, and tells it. */
EB_NODISCARD int eb_simd_set_trading(struct eb_simd *s, eb_symbol_id symbol, bool trading, struct eb_err *err);
int64_t eb_simd_funding_next(const struct eb_simd *s);
#define SIMD_FUNDING_RATE_E8 10000 /* 0.01 % */

/* ---- clock.c ----------------------------------------------------------------------------------------------------- */

void eb_simd_clock_fired(void *user);
/* Looks whether the clock may move: after an ACK, a greeting, go. */
void eb_simd_clock_go(struct eb_simd *s);
void eb_simd_clock_ack(struct eb_simd *s, const struct eb_wire_ack *ack);
/* The clock belongs to this client from now on, and stands until its first ACK; NULL: to nobody. */
void eb_simd_clock_give(struct eb_simd *s, struct simd_client *owner);
/* Requests under way arrive, although nobody moves the clock. */
void eb_simd_clock_arrive(struct eb_simd *s);
const char *eb_simd_clock_state(const struct eb_simd *s);

/* ---- wire_out.c -------------------------------------------------------------------------------------------------- */

/* To everybody who wants events; written by flush. */
void eb_simd_tell(struct eb_simd *s, const struct eb_event *ev);
void eb_simd_flush(struct eb_simd *s);
/* TICK at the present time to one client, or (NULL) to all that are pictured. Flushes. */
void eb_simd_tell_tick(struct eb_simd *s, struct simd_client *to, uint64_t number, int64_t due_ns);
/* To one client, after what was told to all; written by answered. */
void eb_simd_answer(struct eb_simd *s, struct simd_client *c, const struct eb_wire_message *m);
void eb_simd_answer_event(struct eb_simd *s, struct simd_client *c, struct eb_event *ev);
void eb_simd_answered(struct eb_simd *s, struct simd_client *c);
/* HELLO to READY. */
void eb_simd_introduce(struct eb_simd *s, struct simd_client *c);
/* A complete picture of this moment, the prices last told, and a TICK: answers a client's first SNAPSHOT. */
void eb_simd_picture(struct eb_simd *s, struct simd_client *c);
/* FILL events of later trades, then TRADES. */
void eb_simd_tell_trades(struct eb_simd *s, struct simd_client *c, const struct eb_link_trades *asked);

/* ---- wire_in.c --------------------------------------------------------------------------------------------------- */

void eb_simd_accept(void *user, struct eb_stream *stream);
void eb_simd_greet_fired(void *user);
/* Ends a connection; why is for the log. */
void eb_simd_drop(struct simd_client *c, const char *why);
/* Gives back the memory of those that are gone: last in each callback. */
void eb_simd_reap(struct eb_simd *s);
bool eb_simd_is_heard(const struct eb_simd *s); /* somebody wants events */

/* ---- hands.c ----------------------------------------------------------------------------------------------------- */

void eb_simd_hand(struct eb_simd *s, const char *text, struct eb_link_said *said);
