/* SPDX-License-Identifier: Apache-2.0 */
/* The wire's client as the live engine wants it: eb_live_venue -> eb_wire_client -> eb_link. */
#include "app/venue_wire.h"

#include "venue/wire/client.h"

#define SYMBOLS_OF_VENUE 20000

static int open_link(void *user, struct eb_loop *loop, const struct eb_link_listener *listener, struct eb_link *out,
                     struct eb_err *err)
{
    struct eb_venue_wire *v = user;
    const struct eb_wire_client_config c = {.loop = loop,
                                            .path = v->path,
                                            .name = "exitbrain run",
                                            .lockstep = true,
                                            .wants_events = true,
                                            .symbols_max = SYMBOLS_OF_VENUE,
                                            .listener = *listener};
    int rc = eb_wire_client_create(&c, &v->client, err);
    if (rc == EB_OK) {
        *out = eb_wire_client_link(v->client);
    }
    return rc;
}

static void close_link(void *user)
{
    struct eb_venue_wire *v = user;
    eb_wire_client_destroy(v->client);
    v->client = NULL;
}

struct eb_live_venue eb_venue_wire(struct eb_venue_wire *v)
{
    return (struct eb_live_venue){.user = v, .open = open_link, .close = close_link};
}
