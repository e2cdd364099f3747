/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated exchange of a run's own: this program again, as `exitbrain sim`, ending with the run. */
#pragma once

#include "app/config.h"
#include "net/loop.h"

/* Starts it; socket is where it will listen. length_ms: virtual, 0 without end. EB_E_IO. */
EB_NODISCARD int eb_run_venue_start(struct eb_loop *loop, const struct eb_config *c, const char *socket,
                                    int64_t start_ms, int64_t length_ms, struct eb_child **out, struct eb_err *err);
