/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A live engine for the doctor, put together by hand: a host with a scripted policy and a scripted exchange, without
 * loop, wire and journal. Symbols 0..3 are AAAUSDT, BBBUSDT ... with tick 0.01 and step 0.001.
 *
 *     scene_new -> scene_open -> scene_run(ms): prices, pictures, CLOCK -> scene_look -> findings
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/doctor.h"
#include "app/live.h"

#define SCENE_START_MS INT64_C(1700000000000)
#define SCENE_SYMBOLS 4
#define SCENE_ORDERS 64

/* What the policy answers. */
enum scene_policy {
    SCENE_PLAN = 0,    /* stop 2 % away, targets at 1 R and 2 R, a trail */
    SCENE_ONLY_A_STOP, /* neither targets nor trail */
    SCENE_KEEPS,       /* nil */
    SCENE_RAISES,      /* the script fails */
    SCENE_NONSENSE,    /* a stop on the wrong side: refused */
    SCENE_SLEEPS,      /* the plan, and a wish to be left alone for an hour */
    SCENE_NONE,        /* there is no policy set */
};

struct scene {
    struct eb_live *live; /* on the heap: large */
    struct eb_engine_config engine;
    enum scene_policy policy;
    int64_t now_ms;
    int64_t price_e8[SCENE_SYMBOLS]; /* told twice a second; 0: silent */
    bool mark_only, no_mark;         /* of the prices */
    bool mute;                       /* the exchange answers no order */
    bool rejects;                    /* the exchange refuses every order */
    bool blind;                      /* it lists no order of ours in pictures */
    bool stopped;                    /* no turns run */
    struct eb_ev_position position[SCENE_SYMBOLS];
    struct eb_seen_order order[SCENE_ORDERS]; /* that stand at the exchange */
    unsigned order_count;
    uint64_t venue_ids;
    uint64_t durable; /* of the store; UINT64_MAX: all of it */
    uint64_t appended;
    bool store_full;
    struct eb_findings found;
};

/* The modes are LIVE, from a file, and the legacy trailing manager is off: nothing to complain about. Change s->engine
 * or the live's options before the first scene_open(). */
struct scene *scene_new(void);
void scene_free(struct scene *s);
/* Creates the host; scene_open() does it where it was not done. */
void scene_begin(struct scene *s);
/* Somebody opens 10 of a symbol at 100, the price being there. */
void scene_open(struct scene *s, eb_symbol_id symbol, enum eb_side side);
void scene_open_at(struct scene *s, eb_symbol_id symbol, const struct eb_ev_position *p);
void scene_run(struct scene *s, int64_t ms);
/* A complete picture now: what stands at the exchange. */
void scene_picture(struct scene *s);
void scene_command(struct scene *s, enum eb_command verb, eb_symbol_id symbol);
/* A set is loaded, with legacy owners of its own or without. */
void scene_policy_set(struct scene *s, bool legacy);
void scene_set(struct scene *s, const char *key, const char *value, enum eb_config_source source);
/* An order of somebody else stands at the exchange, closing 1 at this price; stop: a stop for the whole position. */
struct eb_seen_order *scene_foreign(struct scene *s, eb_symbol_id symbol, enum eb_order_side side, int64_t price_e8,
                                    bool stop);
/* What becomes of an order of ours. */
void scene_order_state(struct scene *s, eb_symbol_id symbol, eb_client_id id, enum eb_order_state state);

/* Examines, and asserts that what is bad is exactly `check`, at least once; "" nothing is. Returns the first of it. */
const struct eb_finding *scene_look(struct scene *s, const char *check);
/* Of the last look: the first finding of a check, of whatever severity but fine; fails where there is none. */
const struct eb_finding *scene_found(const struct scene *s, const char *check);
bool scene_has(const struct scene *s, const char *check);
/* Asserts that a finding's evidence, cause or remedy has this text. */
void scene_says(const struct eb_finding *f, const char *text);
