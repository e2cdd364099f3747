/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated exchange in another process, by the record protocol over a local socket, for a live engine. */
#pragma once

#include "app/live.h"

struct eb_venue_wire {
    const char *path; /* of the socket; borrowed */
    struct eb_wire_client *client;
};
/* v is borrowed for as long as the live engine lives. */
struct eb_live_venue eb_venue_wire(struct eb_venue_wire *v);
