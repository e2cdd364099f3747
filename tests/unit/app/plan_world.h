/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan of the set that lies in a reload world's directory, made as the worker of a trial makes it, so that a test can
 * look at its rows and causes. Positions are those of reload_world.h; the first is AUSDT LONG, the second BUSDT SHORT.
 */
#pragma once

#include "reload_world.h"

#include "app/plan.h"

struct plan_world {
    struct reload_world w;
    struct eb_plan *plan;
    struct eb_dry dry;
    struct eb_policy *twin, *candidate;
    struct eb_engine *ground;
    atomic_bool stop; /* set before: no causes are looked for */
};

/* Opens the world, with a set of this settings.lua and these decide(ctx) (NULL: those of reload_world.h). */
void plan_world_open(struct plan_world *p, const struct reload_world_options *o);
void plan_world_close(struct plan_world *p);
/* Plans what lies in the directory now; what an earlier one left is gone. */
void plan_world_make(struct plan_world *p);
/* One level of a position: kind and leg as in eb_dry_level; fails the test if there is none. */
const struct eb_plan_row *plan_world_row(const struct plan_world *p, unsigned position, enum eb_stop_kind kind,
                                         unsigned leg);
const struct eb_plan_row *plan_world_whole(const struct plan_world *p, unsigned position);
/* What a row is due to, as "alone: stop_pct" or "together: a, b"; "" for none. Good until the next call. */
const char *plan_world_cause(const struct plan_world *p, const struct eb_plan_row *row);
/* The page in 100 columns, or with all positions; good until the next call. Fails the test if a line is longer. */
const char *plan_world_page(const struct plan_world *p, bool all);
