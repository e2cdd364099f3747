/* SPDX-License-Identifier: Apache-2.0 */
/* The wall clock of a paper run: how far simulated time may go, and when it is over. */
#pragma once

#include "app/paper_view.h"

/* Runs until for_ms of wall time have passed (0: without end) or SIGINT, SIGTERM or (unless ignored) SIGHUP comes, at
 * speed_ppm simulated per wall time; *ran_ms is the wall time. A second signal ends the program at once. */
EB_NODISCARD int eb_paper_loop(struct eb_paper *p, struct eb_view *view, int64_t for_ms, int64_t speed_ppm,
                               int64_t *ran_ms, struct eb_err *err);
