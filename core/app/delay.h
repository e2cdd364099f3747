/* SPDX-License-Identifier: Apache-2.0 */
/* Delays counted in buckets of about 3 %: percentiles of weeks in 4 KiB, nothing allocated. */
#pragma once

#include <stdint.h>

#define EB_DELAY_BUCKETS 1024
struct eb_delay {
    uint64_t count;
    int64_t max_ns;
    uint32_t bucket[EB_DELAY_BUCKETS];
};
/* Counts one; below 0 counts as 0. */
void eb_delay_add(struct eb_delay *d, int64_t ns);
/* The delay that per_mille of all do not exceed (500: median, 999), the upper end of its bucket; 0 when empty. */
int64_t eb_delay_at(const struct eb_delay *d, unsigned per_mille);
