/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses by environment, and what is refused about them: a key's signatures never travel in the open. */
#define _POSIX_C_SOURCE 200809L

#include "app/binance_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/key_file.h"
#include "venue/binance/binance.h"

#define SLACK_MS 1000 /* after the receive window: then a request can no longer arrive */
#define DEFAULT_KEY "binance.key"

static const char area[] = "binance";

enum address { REST = 0, WS_PUBLIC, WS_MARKET, WS_PRIVATE, WS_API, ADDRESSES };
static const char *const key_of[ADDRESSES] = {"binance.rest", "binance.ws_public", "binance.ws_market",
                                              "binance.ws_private", "binance.ws_api"};

/* The class of a stream is part of its address, since that has changed once. */
static const char *const known[][ADDRESSES] = {
    [EB_BINANCE_LIVE] = {"https://fapi.binance.com", "wss://fstream.binance.com/public",
                         "wss://fstream.binance.com/market", "wss://fstream.binance.com/private",
                         "wss://ws-fapi.binance.com/ws-fapi/v1"},
    [EB_BINANCE_DEMO] = {"https://demo-fapi.binance.com", "wss://demo-fstream.binance.com/public",
                         "wss://demo-fstream.binance.com/market", "wss://demo-fstream.binance.com/private",
                         "wss://testnet.binancefuture.com/ws-fapi/v1"},
    [EB_BINANCE_TESTNET] = {"https://testnet.binancefuture.com", "wss://fstream.binancefuture.com/public",
                            "wss://fstream.binancefuture.com/market", "wss://fstream.binancefuture.com/private",
                            "wss://testnet.binancefuture.com/ws-fapi/v1"},
    [EB_BINANCE_CUSTOM] = {"", "", "", "", ""},
};

const char *eb_binance_environment_name(uint8_t environment)
{
    static const char *const names[] = {[EB_BINANCE_LIVE] = "live",
                                        [EB_BINANCE_DEMO] = "demo",
                                        [EB_BINANCE_TESTNET] = "testnet",
                                        [EB_BINANCE_CUSTOM] = "custom"};
    return environment < EB_COUNT(names) ? names[environment] : "?";
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

static const char *host_of(const char *url)
{
    const char *at = strstr(url, "://");
    return at != NULL ? at + 3 : url;
}

bool eb_url_is_loopback(const char *url)
{
    const char *host = host_of(url);
    size_t len = strcspn(host, host[0] == '[' ? "]" : ":/");
    if (host[0] == '[') {
        return len == 4 && strncmp(host, "[::1", 4) == 0;
    }
    if (len == 9 && strncmp(host, "localhost", 9) == 0) {
        return true;
    }
    return len > 4 && strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == len;
}

static int check_address(const char *key, const char *url, bool stream, struct eb_err *err)
{
    const char *secure = stream ? "wss://" : "https://";
    const char *plain = stream ? "ws://" : "http://";
    bool is_plain = strncmp(url, plain, strlen(plain)) == 0;
    size_t len = strlen(url);
    if (!is_plain && strncmp(url, secure, strlen(secure)) != 0) {
        return eb_err_set(err, EB_E_INVALID, area, "%s: \"%.80s\" must begin with %s", key, url, secure);
    }
    if (host_of(url)[0] == '\0' || url[len - 1] == '/' || url[strcspn(url, "?#@ ")] != '\0') {
        return eb_err_set(err, EB_E_INVALID, area,
                          "%s: \"%.80s\": scheme, host and path are wanted, without a user, a question or a slash at "
                          "the end",
                          key, url);
    }
    if (is_plain && !eb_url_is_loopback(url)) {
        return eb_err_set(err, EB_E_REFUSED, area,
                          "%s: \"%.80s\" is not encrypted: signed requests travel by %s, but to 127.0.0.1", key, url,
                          secure);
    }
    return EB_OK;
}

static int take_addresses(const struct eb_config_binance *b, struct eb_binance_setup *out, struct eb_err *err)
{
    const char *const given[ADDRESSES] = {b->rest, b->ws_public, b->ws_market, b->ws_private, b->ws_api};
    char *const to[ADDRESSES] = {out->rest, out->ws_public, out->ws_market, out->ws_private, out->ws_api};
    for (unsigned i = 0; i < ADDRESSES; i++) {
        const char *url = given[i][0] != '\0' ? given[i] : known[b->environment][i];
        if (i == WS_API && (url[0] == '\0' || strcmp(url, "none") == 0)) {
            continue;
        }
        if (url[0] == '\0') {
            return eb_err_set(err, EB_E_INVALID, area, "%s: environment custom has no address of its own: name it",
                              key_of[i]);
        }
        int rc = check_address(key_of[i], url, i != REST, err);
        if (rc != EB_OK) {
            return rc;
        }
        (void)snprintf(to[i], EB_BINANCE_URL_MAX, "%s", url);
    }
    if (out->ws_api[0] == '\0' && b->orders_by == EB_BINANCE_ORDERS_WS) {
        return eb_err_set(err, EB_E_INVALID, area, "binance.orders_by: ws, and there is no binance.ws_api");
    }
    return EB_OK;
}

/* ---- relations --------------------------------------------------------------------------------------------------- */

static int check_times(const struct eb_config *c, struct eb_err *err)
{
    const struct eb_config_binance *b = &c->binance;
    if (c->engine.absent_after_ms < b->recv_window_ms + SLACK_MS) {
        char text[2][EB_DURATION_TEXT_MAX];
        return eb_err_set(err, EB_E_INVALID, area,
                          "orders.absent_after: a request may arrive until binance.recv_window (%s) is over: at least "
                          "%s is wanted, or an order that is still to arrive would be sent twice",
                          eb_duration_text(b->recv_window_ms, text[0]),
                          eb_duration_text(b->recv_window_ms + SLACK_MS, text[1]));
    }
    return EB_OK;
}

/* ---- the key ----------------------------------------------------------------------------------------------------- */

/* A service manager hands keys over in a directory of its own: there the name is enough. */
static bool handed_over(const char *name, char out[EB_KEY_PATH_MAX])
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    if (dir == NULL || dir[0] == '\0' || strchr(name, '/') != NULL) {
        return false;
    }
    int n = snprintf(out, EB_KEY_PATH_MAX, "%s/%s", dir, name);
    return n > 0 && n < EB_KEY_PATH_MAX && access(out, F_OK) == 0;
}

static int find_key(const struct eb_config_binance *b, struct eb_binance_setup *out, struct eb_err *err)
{
    const char *name = b->key_file[0] != '\0' ? b->key_file : DEFAULT_KEY;
    if (handed_over(name, out->key_path)) {
        return eb_key_credential_check(out->key_path, err);
    }
    if (b->key_file[0] == '\0') {
        return eb_err_set(err, EB_E_INVALID, area,
                          "binance.key_file: the file with the API key is not named; `exitbrain init` makes a place "
                          "for one (keys/binance.key)");
    }
    (void)snprintf(out->key_path, sizeof(out->key_path), "%s", b->key_file);
    return eb_key_file_check(out->key_path, err);
}

int eb_binance_setup(const struct eb_config *c, struct eb_binance_setup *out, struct eb_err *err)
{
    memset(out, 0, sizeof(*out));
    out->config = c;
    out->environment = eb_binance_environment_name(c->binance.environment);
    int rc = take_addresses(&c->binance, out, err);
    rc = rc == EB_OK ? check_times(c, err) : rc;
    if (rc == EB_OK && c->binance.ca_file[0] != '\0' && access(c->binance.ca_file, R_OK) != 0) {
        rc = eb_err_set(err, EB_E_INVALID, area, "binance.ca_file: %.200s cannot be read", c->binance.ca_file);
    }
    return rc == EB_OK ? find_key(&c->binance, out, err) : rc;
}
