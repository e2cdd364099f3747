/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binance for a live engine and for the preflight: key, requests and streams, and the client of the exchange.
 *
 *     eb_binance_setup -> key (venue/sign.h) + eb_web_open (net/web.h) -> eb_binance_create -> eb_link
 *
 * Once a key is in memory this process leaves no core dump and nobody may look into it.
 */
#pragma once

#include "app/binance_setup.h"
#include "app/live.h"

struct eb_binance;
struct eb_binance_key;
struct eb_web_real;
struct eb_venue_binance {
    const struct eb_binance_setup *setup; /* borrowed */
    const struct eb_log *log;             /* borrowed; NULL: nothing */
    int64_t speed_ppm;                    /* of the exchange's clock; 0: as ours */
    struct eb_binance_key *key;
    struct eb_web_real *web;
    struct eb_binance *binance;
};
/* Reads the key; account: the name of the account in journals. EB_E_IO, EB_E_INVALID without any part of the secret. */
EB_NODISCARD int eb_venue_binance_key(struct eb_venue_binance *v, char account[EB_NAME_MAX], struct eb_err *err);
/* Key (unless it was read), connections, client. close always. */
EB_NODISCARD int eb_venue_binance_open(struct eb_venue_binance *v, struct eb_loop *loop,
                                       const struct eb_link_listener *listener, struct eb_err *err);
void eb_venue_binance_close(struct eb_venue_binance *v);
/* The same for the live engine; v is borrowed for as long as that lives. */
struct eb_live_venue eb_venue_binance(struct eb_venue_binance *v);
