/* SPDX-License-Identifier: Apache-2.0 */
/* What happens in the market of a paper run: the tables of paper_scenes.c. Times are of a scene of one minute. */
#pragma once

#include "app/paper_market.h"

struct eb_paper_def {
    struct eb_ev_instrument inst;
    eb_price price;
    enum eb_regime regime;
    enum eb_side side; /* of the history's direction */
    struct eb_script_point script[EB_PAPER_SCRIPT_MAX];
    unsigned script_count;
};
extern const struct eb_paper_def eb_paper_defs[EB_PAPER_SYMBOLS];

extern const struct eb_paper_entry eb_paper_first_entries[];
extern const unsigned eb_paper_first_entry_count;

/* A story for later scenes: offsets in units of R in the direction of the position, 1e-6. */
struct eb_paper_story {
    struct eb_script_point point[EB_PAPER_SCRIPT_MAX];
    unsigned count;
};
extern const struct eb_paper_story eb_paper_stories[];
extern const unsigned eb_paper_story_count;
