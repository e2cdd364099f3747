/* SPDX-License-Identifier: Apache-2.0 */
/* The gate before LIVE, and what goes before it. */
#include "app/run_binance.h"

#include <string.h>

#include "app/clock.h"
#include "venue/sign.h"

int eb_run_binance_prepare(struct eb_run_binance *r, const struct eb_config *c, const char *state_dir,
                           struct eb_err *err)
{
    memset(r, 0, sizeof(*r));
    r->state_dir = state_dir;
    r->venue.setup = &r->setup;
    int rc = eb_binance_setup(c, &r->setup, err);
    return rc == EB_OK ? eb_venue_binance_key(&r->venue, r->account, err) : rc;
}

struct eb_preflight_of eb_run_binance_of(const struct eb_run_binance *r)
{
    return (struct eb_preflight_of){.environment = r->setup.environment,
                                    .rest = r->setup.rest,
                                    .account = r->account,
                                    .key = r->venue.key != NULL ? eb_binance_key_name(r->venue.key) : ""};
}

int eb_run_binance_may_trade(void *user, struct eb_err *err)
{
    const struct eb_run_binance *r = user;
    const struct eb_preflight_of of = eb_run_binance_of(r);
    if (r->state_dir == NULL) {
        return eb_err_set(err, EB_E_REFUSED, "run",
                          "LIVE on an exchange is for a service: name the directory of its state (--state, state.dir), "
                          "run `exitbrain doctor --venue`, then start it again");
    }
    return eb_preflight_check(r->state_dir, &of, eb_clock_epoch_ms(), err);
}
