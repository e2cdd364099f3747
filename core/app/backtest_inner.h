/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the backtest share; private to core/app. */
#pragma once

#include <exitbrain/host.h>

#include "app/backtest.h"
#include "domain/instrument.h"
#include "venue/sim/sim.h"

/* One walk over the data. */
struct eb_bt_run {
    const struct eb_bt_options *o;
    struct eb_bt_data *d;
    struct eb_bt_result *out;
    const struct eb_entries *entries; /* NULL: every:N */
    struct eb_entries *taken;         /* what was opened and added, for another walk of the same; or NULL */
    size_t taken_cap;
    struct eb_entries *deferred; /* rows whose symbol was busy, for another pass; NULL: that is an error */
    enum eb_walk_order order;
    struct eb_host *host;
    struct eb_sim *sim;
    struct eb_walk walk;
    int64_t now_ms;
    uint32_t opening;                     /* episode (index + 1) whose entry is being filled */
    bool ending;                          /* end of data: the close that comes is ours */
    uint32_t ending_episode, ending_exit; /* index + 1 of what that close was booked as */
    bool open_before[2];
};

int eb_bt_run_once(struct eb_bt_run *r, struct eb_policy_port policy, struct eb_err *err);

/* backtest_collect.c: exits and episodes as they happen */
int eb_bt_begin(struct eb_bt_run *r, unsigned symbol, unsigned leg, const struct eb_entry *e, struct eb_err *err);
/* Keeps what was opened, or added to the position of ep, for another walk. */
int eb_bt_keep_entry(struct eb_bt_run *r, const struct eb_entry *e, const struct eb_bt_episode *ep, bool add,
                     struct eb_err *err);
void eb_bt_observe(void *user, const struct eb_event *ev, const struct eb_actions *actions);
void eb_bt_close_at_end(struct eb_bt_run *r, const struct eb_sim_fill *fill);
void eb_bt_finish(struct eb_bt_episode *ep); /* r of a closed episode */
