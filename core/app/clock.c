/* SPDX-License-Identifier: Apache-2.0 */
/* Reads clocks; a clock that cannot be read is a machine that cannot be used. */
#define _POSIX_C_SOURCE 200809L

#include "app/clock.h"

#include <time.h>

#include "base/err.h"

static int64_t read_ns(clockid_t which)
{
    struct timespec t;
    EB_ASSERT(clock_gettime(which, &t) == 0);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t eb_clock_monotonic_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

int64_t eb_clock_epoch_ms(void)
{
    return read_ns(CLOCK_REALTIME) / 1000000;
}
