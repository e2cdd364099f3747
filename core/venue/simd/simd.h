/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated exchange as a service: venue/sim behind a local socket, with a market that moves and a clock of its
 * own.
 *
 *     scene (prices, entries of other systems) -> eb_sim -> events -> every client that wants them
 *     client requests, hands ------------------^
 *
 * The clock is virtual: it moves in ticks, paced by wall time times speed, and in lockstep it waits for its client
 * (venue/wire/protocol.h). The protocol is behind wire_*.c, so that another can take its place.
 */
#pragma once

#include "base/buffer.h"
#include "base/log.h"
#include "net/loop.h"
#include "venue/sim/sim.h"
#include "venue/simd/scene.h"

struct eb_simd_config {
    const char *path; /* of the socket; copied by the listener */
    uint8_t scene;    /* enum eb_scene_kind */
    uint32_t count;   /* symbols of BUSY and STILL; PAPER has six */
    uint64_t seed;
    int64_t start_ms;   /* virtual epoch time of the beginning, a multiple of 15 minutes */
    int64_t length_ms;  /* BUSY: no entries after this virtual time, everything is driven flat; PAPER: of the run, which
                          scenes are to fill; 0: without end */
    bool ends;          /* at length_ms (BUSY: once everything is flat after it) the loop is stopped */
    int64_t tick_ms;    /* 0: 50 */
    int64_t speed_ppm;  /* virtual time per wall time; 0: as fast as it can */
    int64_t latency_ms; /* one way to the exchange and back */
    eb_money balance;   /* BUSY and STILL have margin for whatever is opened */
    int64_t fee_taker_ppm, fee_maker_ppm;
    uint32_t slots_max;             /* conditional orders of the account; 0: 200 */
    uint32_t orders_per_symbol_max; /* 0: 200 */
    bool hedge;
    bool free_clock;          /* never waits for a client */
    bool leave_with_client;   /* ends when its first client that wants events is gone */
    size_t client_limit;      /* bytes that may wait for a client, else it is dropped; 0: 32 MiB */
    const struct eb_log *log; /* connections and drops, at wall time; NULL: nothing */
};

struct eb_simd;
/* Creates the exchange, its market and its socket; copies c. EB_E_INVALID names the field; codes of
 * eb_listener_open(). */
EB_NODISCARD int eb_simd_open(struct eb_loop *loop, const struct eb_simd_config *c, struct eb_simd **out,
                              struct eb_err *err);
void eb_simd_close(struct eb_simd *s); /* NULL is fine */
/* true once leave_with_client or ends applies; the loop was stopped then. */
bool eb_simd_done(const struct eb_simd *s);
/* Virtual time. */
int64_t eb_simd_now_ms(const struct eb_simd *s);
/* The exchange itself, for tests and benches. */
struct eb_sim *eb_simd_sim(struct eb_simd *s);

/*
 * Every trade as CSV with a header, oldest first:
 *     time_ms,symbol,side,purpose,leg,quantity,price,client_id,venue
 * side: of the position that was traded; purpose: of our order ("stop", "target" ...), "foreign" for others, "venue"
 * for liquidation and deleveraging; leg: 0 where none; client_id: empty for what is not ours; venue: the trade's id.
 * EB_E_FULL, EB_E_MEMORY.
 */
EB_NODISCARD int eb_simd_trades_csv(const struct eb_simd *s, struct eb_buffer *out);
/* The same of any account; name gives a symbol's. */
EB_NODISCARD int eb_simd_csv(const struct eb_sim *sim, const char *(*name)(void *user, eb_symbol_id symbol), void *user,
                             struct eb_buffer *out);
