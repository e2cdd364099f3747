/* SPDX-License-Identifier: Apache-2.0 */
/* What is made in the order in which it is needed, and given back the other way round. */
#define _GNU_SOURCE

#include "app/venue_binance.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "generated/version.h"
#include "net/web.h"
#include "venue/binance/binance.h"
#include "venue/sign.h"

/* The memory of secrets is kept out of dumps by itself (venue/sign.h); copies of what was signed with them are not. */
static void hide_process(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int eb_venue_binance_key(struct eb_venue_binance *v, char account[EB_NAME_MAX], struct eb_err *err)
{
    const struct eb_config_binance *b = &v->setup->config->binance;
    int rc = EB_OK;
    if (v->key == NULL) {
        hide_process();
        rc = eb_binance_key_load(v->setup->key_path, &v->key, err);
    }
    if (rc == EB_OK && b->account[0] != '\0') {
        (void)snprintf(account, EB_NAME_MAX, "%s", b->account);
    } else if (rc == EB_OK) {
        (void)snprintf(account, EB_NAME_MAX, "%s-%s", v->setup->environment, eb_binance_key_name(v->key));
    }
    return rc;
}

static int create(struct eb_venue_binance *v, const char *account, const struct eb_link_listener *listener,
                  struct eb_err *err)
{
    const struct eb_binance_setup *s = v->setup;
    const struct eb_config_binance *b = &s->config->binance;
    struct eb_binance_config c;
    eb_binance_config_default(&c);
    c.web = eb_web_port(v->web);
    c.log = v->log;
    c.key = v->key;
    c.rest = s->rest;
    c.ws_public = s->ws_public;
    c.ws_market = s->ws_market;
    c.ws_private = s->ws_private;
    c.ws_api = s->ws_api;
    c.account = account;
    c.orders_by = b->orders_by;
    c.symbols_max = s->config->engine.symbols_max;
    c.history_bars = b->history_bars;
    c.history_wait_ms = b->history_wait_ms;
    c.recv_window_ms = b->recv_window_ms;
    c.timeout_ms = b->timeout_ms;
    c.speed_ppm = v->speed_ppm > 0 ? v->speed_ppm : EB_PPM;
    c.weight_share_pct = b->weight_share_pct;
    c.orders_share_pct = b->orders_share_pct;
    c.listen_key_every_ms = b->keep_alive_ms;
    c.rollover_ms = b->rollover_ms;
    c.silent_market_ms = b->silent_market_ms;
    c.silent_user_ms = b->silent_user_ms;
    c.account_every_ms = b->account_every_ms;
    c.filters_every_ms = b->filters_every_ms;
    c.refuse_multi_assets = !b->allow_multi_assets;
    c.listener = *listener;
    return eb_binance_create(&c, &v->binance, err);
}

int eb_venue_binance_open(struct eb_venue_binance *v, struct eb_loop *loop, const struct eb_link_listener *listener,
                          struct eb_err *err)
{
    char account[EB_NAME_MAX] = "";
    const struct eb_config_binance *b = &v->setup->config->binance;
    const struct eb_web_options o = {.ca_file = b->ca_file[0] != '\0' ? b->ca_file : NULL,
                                     .loopback_unsafe = b->loopback_unsafe,
                                     .user_agent = "exitbrain/" EB_VERSION};
    int rc = eb_venue_binance_key(v, account, err);
    rc = rc == EB_OK ? eb_web_open(loop, &o, &v->web, err) : rc;
    return rc == EB_OK ? create(v, account, listener, err) : rc;
}

void eb_venue_binance_close(struct eb_venue_binance *v)
{
    eb_binance_destroy(v->binance);
    eb_web_close(v->web);
    eb_binance_key_free(v->key);
    v->binance = NULL;
    v->web = NULL;
    v->key = NULL;
}

/* ---- as the live engine wants it --------------------------------------------------------------------------------- */

static int open_link(void *user, struct eb_loop *loop, const struct eb_link_listener *listener, struct eb_link *out,
                     struct eb_err *err)
{
    struct eb_venue_binance *v = user;
    int rc = eb_venue_binance_open(v, loop, listener, err);
    if (rc == EB_OK) {
        *out = eb_binance_link(v->binance);
    }
    return rc;
}

static void close_link(void *user)
{
    eb_venue_binance_close(user);
}

struct eb_live_venue eb_venue_binance(struct eb_venue_binance *v)
{
    return (struct eb_live_venue){.user = v, .open = open_link, .close = close_link};
}
