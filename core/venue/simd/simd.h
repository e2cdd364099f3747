/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated exchange as a service: venue/sim behind a local socket, with a market that moves and a clock of its own.
 *
 *     scene (prices, entries of other systems) -> eb_sim -> events -> every client that wants them
 *     client requests, hands ------------------^
 *
 * The clock is virtual: it moves in ticks, paced by wall time times speed, and in lockstep it waits for its client
 * (venue/wire/protocol.h). The protocol is behind wire_*.c, so that another can take its place.
 */
#pragma once

#include "net/loop.h"
#include "venue/sim/sim.h"

enum eb_simd_scene {
    EB_SCENE_PAPER = 0, /* six symbols, scripted: the embedded default of `exitbrain run` */
    EB_SCENE_BUSY,      /* count symbols that never rest: entries when flat, levels met all the time */
    EB_SCENE_STILL,     /* count symbols with one position each and prices that hardly move */
};
struct eb_simd_config {
    const char *path; /* of the socket */
    uint8_t scene;    /* enum eb_simd_scene */
    uint32_t count;   /* symbols of BUSY and STILL; PAPER has six */
    uint64_t seed;
    int64_t start_ms; /* virtual epoch time of the beginning, a multiple of 15 minutes */
    int64_t
        length_ms;   /* BUSY: no entries after this virtual time, everything is driven flat; PAPER: of the run, for the
                          length of scenes; 0: without end */
    int64_t tick_ms; /* 0: 50 */
    int64_t speed_ppm;  /* virtual time per wall time; 0: as fast as it can */
    int64_t latency_ms; /* one way to the exchange and back */
    eb_money balance;
    int64_t fee_taker_ppm, fee_maker_ppm;
    uint32_t slots_max;             /* conditional orders of the account; 0: 200 */
    uint32_t orders_per_symbol_max; /* 0: 200 */
    bool hedge;
    bool free_clock;        /* never waits for a client */
    bool leave_with_client; /* ends when its first client is gone */
};
struct eb_simd;
EB_NODISCARD int eb_simd_open(struct eb_loop *loop, const struct eb_simd_config *c, struct eb_simd **out,
                              struct eb_err *err);
void eb_simd_close(struct eb_simd *s);
/* true once leave_with_client applies; the loop was stopped then. */
bool eb_simd_done(const struct eb_simd *s);
