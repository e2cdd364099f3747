/* SPDX-License-Identifier: Apache-2.0 */
/* /sim/VERB: what no client of the exchange may do, for tests and demonstrations. docs/VENUES.md lists the verbs. */
#pragma once

#include "venue/fapi/exchange.h"

/* POST /sim/VERB with a JSON object (GET: an empty one). */
void fapi_control_http(struct eb_fapi *f, const struct eb_fapi_request *r, struct fapi_reply *out);
