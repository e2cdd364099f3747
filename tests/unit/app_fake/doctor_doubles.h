/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doubles of what the doctor asks, included by the test itself: the linker then leaves the real ones out, and with them
 * loop, journal and trials of policies. What they answer is set by the test.
 */
#pragma once

#include "app/live.h"

static struct eb_journal_stats journal_stats;
static const struct eb_reload_report *staged_report, *latest_report;
static int64_t clock_ahead_ms; /* of the last turn */

int64_t eb_live_now_ms(const struct eb_live *l)
{
    return l->now_ms + clock_ahead_ms;
}

void eb_journal_stats(const struct eb_journal *j, struct eb_journal_stats *out)
{
    (void)j;
    *out = journal_stats;
}

const struct eb_reload_report *eb_reload_staged(const struct eb_reload *r)
{
    (void)r;
    return staged_report;
}

const struct eb_reload_report *eb_reload_last(const struct eb_reload *r)
{
    (void)r;
    return latest_report;
}
