/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link as a whole: made, destroyed, asked how it is.
 *
 *     eb_binance_create() -> rest, wsapi, streams -> eb_binance_link() -> connect.c ...
 */
#include "venue/binance/binance.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venue/binance/inner.h"

static const char where[] = "binance";

#define MINUTE_MS INT64_C(60000)

void eb_binance_config_default(struct eb_binance_config *c)
{
    memset(c, 0, sizeof(*c));
    c->rest = c->ws_public = c->ws_market = c->ws_private = c->ws_api = "";
    c->account = "";
    c->symbols_max = 512;
    c->history_bars = 500;
    c->history_wait_ms = 1500;
    c->recv_window_ms = 5000;
    c->timeout_ms = 10000;
    c->speed_ppm = EB_PPM;
    c->weight_share_pct = 80;
    c->orders_share_pct = 80;
    c->listen_key_every_ms = 20 * MINUTE_MS;
    c->rollover_ms = 23 * (60 * MINUTE_MS);
    c->silent_market_ms = 10000;
    c->silent_user_ms = 6 * MINUTE_MS;
    c->account_every_ms = MINUTE_MS;
    c->filters_every_ms = 60 * MINUTE_MS;
    c->refuse_multi_assets = true;
}

static int check(const struct eb_binance_config *c, struct eb_err *err)
{
    const struct eb_link_listener *l = &c->listener;
    EB_ASSERT(c->web.ops != NULL && c->key != NULL);
    EB_ASSERT(l->hello != NULL && l->symbol != NULL && l->event != NULL && l->lost != NULL);
    if (c->symbols_max == 0 || c->symbols_max > (UINT32_C(1) << 20)) {
        return eb_err_set(err, EB_E_INVALID, where, "account.symbols_max: %u is not between 1 and 1048576",
                          c->symbols_max);
    }
    if (c->history_bars > 1500) {
        return eb_err_set(err, EB_E_INVALID, where,
                          "binance.history_bars: %u is more than the 1500 bars that one request can have",
                          c->history_bars);
    }
    if (c->rest[0] == '\0' || c->ws_market[0] == '\0' || c->ws_public[0] == '\0' || c->ws_private[0] == '\0') {
        return eb_err_set(err, EB_E_INVALID, where,
                          "binance: base URLs of REST and of the three stream classes must all be given");
    }
    return EB_OK;
}

/* The strings that the configuration borrows: kept for as long as the link lives. */
static int own_texts(struct eb_binance *b)
{
    const char **text[] = {&b->c.rest, &b->c.ws_public, &b->c.ws_market, &b->c.ws_private, &b->c.ws_api, &b->c.account};
    for (size_t i = 0; i < EB_COUNT(text); i++) {
        const char *from = *text[i] != NULL ? *text[i] : "";
        size_t size = strlen(from) + 1;
        b->texts[i] = malloc(size);
        if (b->texts[i] == NULL) {
            return EB_E_MEMORY;
        }
        memcpy(b->texts[i], from, size);
        *text[i] = b->texts[i];
    }
    return EB_OK;
}

static int create_tables(struct eb_binance *b)
{
    b->symbol = calloc(BN_SYMBOLS_MAX, sizeof(*b->symbol));
    b->by_id = malloc(b->c.symbols_max * sizeof(*b->by_id));
    b->kept = malloc(BN_KEPT_TEXT);
    if (b->symbol == NULL || b->by_id == NULL || b->kept == NULL) {
        return EB_E_MEMORY;
    }
    for (uint32_t i = 0; i < b->c.symbols_max; i++) {
        b->by_id[i] = BN_NO_RECORD;
    }
    int rc = bn_orders_create(&b->orders);
    rc = rc == EB_OK ? bn_ops_create(b) : rc;
    rc = rc == EB_OK ? bn_picture_create(b) : rc;
    return rc == EB_OK ? bn_trades_create(b) : rc;
}

static int create_parts(struct eb_binance *b, struct eb_err *err)
{
    const struct bn_stream_events events = {
        .user = b, .message = bn_on_message, .state = bn_on_state, .trouble = bn_on_trouble};
    int rc = bn_rest_create(&b->c, &b->rest, err);
    if (rc == EB_OK && b->c.ws_api[0] != '\0') {
        rc = bn_wsapi_create(&b->c, b->rest, &b->wsapi, err);
    }
    rc = rc == EB_OK ? bn_streams_create(&b->c, b->rest, &events, &b->streams, err) : rc;
    rc = rc == EB_OK ? b->c.web.ops->timer_open(b->c.web.web, bn_on_timer, b, &b->timer, err) : rc;
    if (rc == EB_OK) {
        b->c.web.ops->after_texts(b->c.web.web, bn_on_pass, b);
    }
    return rc;
}

int eb_binance_create(const struct eb_binance_config *c, struct eb_binance **out, struct eb_err *err)
{
    *out = NULL;
    int rc = check(c, err);
    if (rc != EB_OK) {
        return rc;
    }
    struct eb_binance *b = calloc(1, sizeof(*b));
    if (b == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory");
    }
    b->c = *c;
    rc = own_texts(b);
    rc = rc == EB_OK ? create_tables(b) : rc;
    if (rc != EB_OK) {
        (void)eb_err_set(err, rc, where, "out of memory");
    }
    rc = rc == EB_OK ? create_parts(b, err) : rc;
    if (rc != EB_OK) {
        eb_binance_destroy(b);
        return rc;
    }
    *out = b;
    return EB_OK;
}

void eb_binance_destroy(struct eb_binance *b)
{
    if (b == NULL) {
        return;
    }
    if (b->timer != NULL) {
        if (b->stage != BN_ABSENT) {
            bn_close(b);
        }
        b->c.web.ops->after_texts(b->c.web.web, NULL, NULL);
        b->c.web.ops->timer_close(b->timer);
    }
    bn_preflight_end(b);
    bn_streams_destroy(b->streams);
    bn_wsapi_destroy(b->wsapi);
    bn_rest_destroy(b->rest);
    bn_trades_destroy(b);
    bn_picture_destroy(b);
    bn_orders_destroy(&b->orders);
    free(b->op);
    free(b->kept);
    free(b->by_id);
    free(b->symbol);
    for (size_t i = 0; i < EB_COUNT(b->texts); i++) {
        free(b->texts[i]);
    }
    free(b);
}

/* ---- the link ---------------------------------------------------------------------------------------------------- */

static void disconnect(void *link)
{
    struct eb_binance *b = link;
    if (b->stage != BN_ABSENT) {
        bn_close(b);
    }
}

static bool connected(const void *link)
{
    const struct eb_binance *b = link;
    return b->stage >= BN_GREETED;
}

static struct eb_venue port(void *link)
{
    static const struct eb_venue_ops ops = {.submit = bn_port_submit,
                                            .cancel = bn_port_cancel,
                                            .query = bn_port_query,
                                            .snapshot = bn_port_snapshot,
                                            .refresh_price = bn_port_refresh};
    return (struct eb_venue){link, &ops};
}

static int ack(void *link, uint64_t number, int64_t next_deadline_ms)
{
    (void)link, (void)number, (void)next_deadline_ms;
    return EB_E_REFUSED; /* nobody waits for us */
}

static int ask_view(void *link)
{
    (void)link;
    return EB_E_REFUSED; /* the exchange does not keep sums of an account's life */
}

static int hand(void *link, const char *text)
{
    (void)link, (void)text;
    return EB_E_REFUSED;
}

struct telling {
    void (*fact)(void *user, const struct eb_link_fact *f);
    void *user;
};

static void tell_u64(const struct telling *t, const char *name, uint64_t value, const char *note, bool well)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRIu64, value);
    t->fact(t->user, &(struct eb_link_fact){.name = name, .value = text, .note = well ? "" : note, .well = well});
}

static void facts(const void *link, void (*fact)(void *user, const struct eb_link_fact *f), void *user)
{
    const struct eb_binance *b = link;
    static const char *const stages[] = {"none", "clock is measured", "account is read", "account is read", "history",
                                         "ready"};
    const struct telling t = {fact, user};
    bool ready = b->stage == BN_READY;
    fact(user, &(struct eb_link_fact){.name = "connection",
                                      .value = stages[b->stage],
                                      .note = ready ? "" : "nothing can be traded until it is ready",
                                      .well = ready});
    bn_rest_facts(b->rest, fact, user);
    bn_streams_facts(b->streams, fact, user);
    if (b->wsapi != NULL) {
        bn_wsapi_facts(b->wsapi, fact, user);
    }
    tell_u64(&t, "symbols.listed", b->symbols, "", true);
    tell_u64(&t, "symbols.watched", b->introduced, "", true);
    tell_u64(&t, "symbols.unknown_events", b->count.unknown_symbols, "", true);
    tell_u64(&t, "orders.remembered", b->orders.count, "", true);
    tell_u64(&t, "account.gaps", b->count.gaps, "", true);
    tell_u64(&t, "account.unreadable", b->count.unreadable,
             "messages that could not be read: the exchange may have changed its words; look for a newer version",
             b->count.unreadable == 0);
    tell_u64(&t, "account.rereads", b->count.rereads, "", true);
    tell_u64(&t, "account.margin_calls", b->count.margin_calls, "the exchange called for margin since the start",
             b->count.margin_calls == 0);
    tell_u64(&t, "prices.out_of_order", b->count.stale_prices, "", true);
    tell_u64(&t, "fees.other_asset", b->count.fees_other, "", true);
    tell_u64(&t, "calls.late_answers", b->count.late_answers, "", true);
}

struct eb_link eb_binance_link(struct eb_binance *b)
{
    static const struct eb_link_ops ops = {.connect = bn_connect,
                                           .disconnect = disconnect,
                                           .connected = connected,
                                           .port = port,
                                           .ack = ack,
                                           .ask_trades = bn_ask_trades,
                                           .ask_view = ask_view,
                                           .hand = hand,
                                           .facts = facts};
    return (struct eb_link){b, &ops};
}
