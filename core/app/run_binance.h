/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run on Binance: what is checked before anything is opened, and when orders may leave.
 *
 *     configuration -> eb_binance_setup, key -> (LIVE: is there a preflight?) -> eb_venue_binance -> live engine
 */
#pragma once

#include "app/preflight.h"
#include "app/venue_binance.h"

struct eb_run_binance {
    struct eb_binance_setup setup;
    struct eb_venue_binance venue;
    char account[EB_NAME_MAX];
    const char *state_dir; /* borrowed; NULL: a run without one */
};
/* Addresses, key file, key. Codes as eb_binance_setup() and eb_venue_binance_key(). c and state_dir are borrowed. */
EB_NODISCARD int eb_run_binance_prepare(struct eb_run_binance *r, const struct eb_config *c, const char *state_dir,
                                        struct eb_err *err);
/* For eb_live_options.may_trade; user is the struct. */
int eb_run_binance_may_trade(void *user, struct eb_err *err);
/* Of which account a preflight is made, or asked for. */
struct eb_preflight_of eb_run_binance_of(const struct eb_run_binance *r);
