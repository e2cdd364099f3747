/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the configuration to what a connection to Binance needs: addresses, the place of the key, names.
 *
 *     section binance --> addresses (environment, overridden), key file (checked) --> venue_binance.h, doctor --venue
 */
#pragma once

#include "app/config.h"

#define EB_BINANCE_URL_MAX EB_CONFIG_TEXT_MAX
#define EB_KEY_PATH_MAX 1024

struct eb_binance_setup {
    const struct eb_config *config; /* borrowed */
    const char *environment;        /* "live" ... */
    char rest[EB_BINANCE_URL_MAX], ws_public[EB_BINANCE_URL_MAX], ws_market[EB_BINANCE_URL_MAX];
    char ws_private[EB_BINANCE_URL_MAX], ws_api[EB_BINANCE_URL_MAX]; /* ws_api "": none */
    char key_path[EB_KEY_PATH_MAX];
};

const char *eb_binance_environment_name(uint8_t environment);
/* Addresses, relations between keys, the key file's place and who may read it. EB_E_INVALID, EB_E_REFUSED,
 * EB_E_NOT_FOUND: the key and what to do about it. */
EB_NODISCARD int eb_binance_setup(const struct eb_config *c, struct eb_binance_setup *out, struct eb_err *err);
/* Whether a URL's host is this machine: 127.0.0.0/8, ::1 or localhost. */
bool eb_url_is_loopback(const char *url);
