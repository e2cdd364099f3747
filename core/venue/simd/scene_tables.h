/* SPDX-License-Identifier: Apache-2.0 */
/* What happens in the market of PAPER: the tables of scene_tables.c. Times are of a scene of one minute. */
#pragma once

#include "venue/simd/scene_inner.h"

#define SCENE_SCRIPT_MAX 16

struct eb_scene_def {
    struct eb_ev_instrument inst;
    eb_price price;
    enum eb_regime regime;
    enum eb_side side; /* of the history's direction */
    struct eb_script_point script[SCENE_SCRIPT_MAX];
    unsigned script_count;
};
extern const struct eb_scene_def eb_scene_defs[EB_SCENE_PAPER_SYMBOLS];

/* at_ms is of the scene; negative: so long before the run began */
extern const struct eb_scene_entry eb_scene_first_entries[];
extern const unsigned eb_scene_first_entry_count;

/* A story for later scenes: offsets in units of R in the direction of the position, 1e-6. */
struct eb_scene_story {
    struct eb_script_point point[SCENE_SCRIPT_MAX];
    unsigned count;
};
extern const struct eb_scene_story eb_scene_stories[];
extern const unsigned eb_scene_story_count;
