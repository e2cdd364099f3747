/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The venue port: two pointers. Calls do not block and do not answer; answers come back as events through whatever
 * the host gave the venue as its sink. EB_OK means "taken", any other code "definitely not sent".
 */
#pragma once

#include <exitbrain/action.h>

struct eb_venue_ops {
    int (*submit)(void *venue, const struct eb_order_request *order, struct eb_err *err);
    int (*cancel)(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                  struct eb_err *err);
    int (*query)(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                 struct eb_err *err);
    int (*snapshot)(void *venue, struct eb_err *err);
    int (*refresh_price)(void *venue, eb_symbol_id symbol, struct eb_err *err);
};
struct eb_venue {
    void *venue;
    const struct eb_venue_ops *ops;
};

/* Where a venue puts what it has to tell; borrowed payloads must stay valid during the call. */
typedef void (*eb_event_sink)(void *user, const struct eb_event *event);
