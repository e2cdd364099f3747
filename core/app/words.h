/* SPDX-License-Identifier: Apache-2.0 */
/* Names of what the engine tells, and one line of text for each thing that happens. */
#pragma once

#include <exitbrain/engine.h>

#include "base/decimal.h"

const char *eb_alert_name(enum eb_alert_kind k);            /* "parked" */
const char *eb_protection_name(enum eb_protection p);       /* "protected" */
const char *eb_stop_name(enum eb_stop_kind k);              /* "plan", "trail" */
const char *eb_leg_state_name(enum eb_leg_state s);         /* "armed" */
const char *eb_policy_result_name(enum eb_policy_result r); /* "ok" */
const char *eb_mode_name(const struct eb_ev_config *mode);  /* "LIVE", "SHADOW", "LEGACY": what it comes to */

/* Who decides exits of a position: the owner that the policy set named ("brain", "position_monitor"), "released", or
 * "legacy" where EXIT_MODE=LEGACY leaves them to owners that are not of this engine. */
const char *eb_owner_name(const struct eb_evidence *v);

/* A signed ratio with two decimals: "+0.50" of 500,000 ppm with unit 1,000,000, "-1.20" of -12,000 with unit 10,000. */
#define EB_RATIO_TEXT_MAX 32
const char *eb_ratio_text(int64_t ppm, int64_t unit, char out[EB_RATIO_TEXT_MAX]);
/* "2025-06-01 12:00:05.250" (UTC). */
#define EB_TIME_TEXT_MAX 32
const char *eb_time_text(int64_t ms, char out[EB_TIME_TEXT_MAX]);

#define EB_LINE_MAX 400
/* Whether an event, or an action that it led to, is worth a line; then the line without newline. Ask after the step. */
bool eb_line_of_event(const struct eb_engine *e, const struct eb_event *ev, char out[EB_LINE_MAX]);
bool eb_line_of_action(const struct eb_engine *e, const struct eb_action *a, const struct eb_actions *all,
                       char out[EB_LINE_MAX]);
