/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks of this machine; everything below app gets its time as an event. */
#pragma once

#include <stdint.h>

int64_t eb_clock_monotonic_ns(void);
int64_t eb_clock_epoch_ms(void);
