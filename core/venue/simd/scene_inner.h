/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scene from inside: scene.c has what all kinds share, and each kind a file that says where the market would be.
 *
 *     scene_script.c, scene_walk.c: raw prices, entries --> scene.c: holds, bars, histories
 */
#pragma once

#include "feed/generator.h"
#include "venue/simd/scene.h"

#define SCENE_MINUTE_MS INT64_C(60000)

struct scene_bars {
    struct eb_bar_row *row; /* a ring of cap rows, owned */
    size_t first, count, cap;
};

struct scene_state {
    eb_price raw;          /* where the market would be without hands */
    eb_price held;         /* 0: not held */
    eb_price from, onto;   /* released: raw price then, and the price that it goes on from; 0 never held */
    struct eb_ev_bar bar;  /* the minute that is under way; length 0 before its first tick */
    struct eb_ev_bar last; /* the minute that closed with this tick; length 0 none */
    struct scene_bars bars;
};

struct scene_script;
struct scene_walk;
struct eb_scene {
    struct eb_scene_config c;
    int64_t now_ms;
    struct eb_rng rng;
    struct eb_scene_symbol *symbol;
    struct scene_state *state;
    struct scene_script *script; /* PAPER */
    struct scene_walk *walk;     /* BUSY, STILL */
    struct eb_scene_entry entry; /* as last given */
};

/* Makes room for the history and what follows it, and takes the newest keep bars of the series. */
EB_NODISCARD int eb_scene_keep(struct eb_scene *s, eb_symbol_id symbol, const struct eb_series *history, size_t keep,
                               size_t more, struct eb_err *err);

/* ---- PAPER ------------------------------------------------------------------------------------------------------- */

EB_NODISCARD int eb_scene_script_create(struct eb_scene *s, struct eb_err *err);
void eb_scene_script_destroy(struct eb_scene *s);
EB_NODISCARD int eb_scene_script_tick(struct eb_scene *s, struct eb_err *err);
/* Entries up to until_ms. */
bool eb_scene_script_entry(struct eb_scene *s, int64_t until_ms);

/* ---- BUSY, STILL ------------------------------------------------------------------------------------------------- */

EB_NODISCARD int eb_scene_walk_create(struct eb_scene *s, struct eb_err *err);
void eb_scene_walk_destroy(struct eb_scene *s);
void eb_scene_walk_tick(struct eb_scene *s);
bool eb_scene_walk_earlier(struct eb_scene *s);
bool eb_scene_walk_entry(struct eb_scene *s);
