/* SPDX-License-Identifier: Apache-2.0 */
/* The service manager: what it is told, and how often it wants a sign of life. Nothing without NOTIFY_SOCKET. */
#define _GNU_SOURCE

#include "net/loop.h"

#include <systemd/sd-daemon.h>

void eb_service_notify(const char *state)
{
    (void)sd_notify(0, state); /* a manager that cannot be reached is none of an exit engine's reasons to stop */
}

int64_t eb_service_watchdog_ns(void)
{
    uint64_t usec = 0;
    if (sd_watchdog_enabled(0, &usec) <= 0 || usec > INT64_MAX / 1000) {
        return 0;
    }
    return (int64_t)usec * 1000 / 2;
}
