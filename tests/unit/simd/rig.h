/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the simulated exchange's process share: an exchange and players on one loop. A player is an engine
 * in small: it closes a position once price has moved far enough from its entry, and acknowledges ticks. It keeps
 * nothing over a lost connection but what it is told again.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "venue/simd/simd.h"
#include "venue/wire/client.h"

#define RIG_SYMBOLS 64
#define RIG_START_MS INT64_C(1748736000000) /* 2025-06-01 */
#define RIG_SAID_MAX 512

struct rig {
    struct eb_loop *loop;
    struct eb_simd *simd;
    struct eb_simd_config c;
    struct eb_err err;
    char dir[64], path[96];
};

struct player {
    struct rig *r;
    struct eb_wire_client *wire;
    struct eb_timer *again; /* connects anew */
    /* what it shall do */
    bool acks, trades; /* answers ticks; closes positions */
    int64_t nap_ms;    /* between a TICK and the deadline that it acknowledges with; 0: none */
    int64_t far_ppm;   /* of entry: how far price must move */
    uint64_t dies_at;  /* as the events_ever-th event arrives the connection is cut, and made again; 0 never */
    uint64_t dozes_at; /* as this tick comes it does nothing for 300 ms */
    bool returns;      /* connects again when lost */
    bool asks_trades;  /* of every symbol, after it is ready */
    /* what it knows of this connection */
    bool events_wanted;
    struct eb_link_hello hello;
    char name[RIG_SYMBOLS][EB_SYMBOL_MAX];
    uint32_t symbols;
    struct eb_ev_position position[RIG_SYMBOLS * 2];
    eb_price last[RIG_SYMBOLS];
    bool sent[RIG_SYMBOLS * 2]; /* an order is under way */
    int ready, pictures, lost, hellos;
    uint64_t events, events_ever, kinds[EB_EV_COUNT], prices_before_picture;
    uint64_t ticks;
    struct eb_link_tick tick;
    int64_t waited_ns; /* the longest between when a tick was due and when it came */
    uint64_t fills, fills_ours;
    uint64_t fill_after; /* highest trade id of symbol 0 */
    struct eb_link_trades told;
    int trades_told, views, said;
    struct eb_link_view view;
    int32_t code;
    char text[RIG_SAID_MAX];
    struct eb_err why; /* it was lost */
};

int rig_setup(void **state);
int rig_teardown(void **state);
#define RIG_CASE(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

/* A configuration that is quick and repeats itself: six busy symbols, unpaced, no latency. */
void rig_config(struct rig *r);
void rig_open(struct rig *r);
void rig_close(struct rig *r);
/* The same with a new exchange. */
void rig_reopen(struct rig *r);
/* Runs the loop until done(user), failing after a minute. */
void rig_until(struct rig *r, bool (*done)(void *user), void *user);
/* Runs the loop for ms. */
void rig_idle(struct rig *r, int64_t ms);

/* A player of the rig's exchange, connecting. lockstep: wanted. */
void player_open(struct rig *r, struct player *p, bool lockstep);
void player_close(struct player *p);
/* Runs until it is ready, or pictured. */
void player_ready(struct player *p);
void player_pictured(struct player *p);
/* Runs until it has seen this many ticks more. */
void player_ticks(struct player *p, uint64_t more);
/* Says a hand and waits for the answer: its code, its text in p->text. */
int player_hand(struct player *p, const char *text);
/* The exchange's trades without the client ids; freed by the caller. */
char *rig_trades(struct rig *r);
