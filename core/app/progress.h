/* SPDX-License-Identifier: Apache-2.0 */
/* A bar on standard error for what takes longer than two seconds, and only where that is a terminal. */
#pragma once

#include <stdint.h>

/* Says how far one job has come; total 0: unknown, then the count is shown. Cheap enough for every thousandth thing. */
void eb_progress(uint64_t done, uint64_t total);
/* The job is over: wipes the bar, if there is one. */
void eb_progress_end(void);
