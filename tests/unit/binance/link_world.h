/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A link to a scripted exchange of three symbols in virtual time, and everything it tells, remembered.
 *
 *     lw_create() -> (rules of the test) -> lw_connect() -> ready     lw_user(w, json) -> lw_last(w, kind)
 *
 * The account is in one-way mode and has no position and no order until a rule says otherwise.
 */
#pragma once

#include "venue/binance/inner.h"
#include "web_double.h"

#define LW_KEY "key-of-the-test-0123456789"
#define LW_SECRET "secret-of-the-test-0123456789"
#define LW_EVENTS 4096
#define LW_TEXTS 64

struct lw_event {
    struct eb_event ev;
    struct eb_ev_position position;
    struct eb_ev_instrument instrument;
};
struct link_world {
    struct web_double *d; /* NULL where the web is another's */
    void (*pass)(void *other, int64_t ms);
    void *other;
    struct eb_binance_key *key;
    struct eb_binance *b;
    struct eb_link link;
    struct eb_venue port;
    struct eb_binance_config c;
    struct lw_event event[LW_EVENTS];
    size_t events;
    struct eb_link_hello hello;
    unsigned hellos, readies, losts, gaps, ticks, symbols;
    bool refuse_hello;
    eb_symbol_id given;           /* to the next symbol that has none */
    char name[16][EB_SYMBOL_MAX]; /* by engine id: what the engine knows */
    struct eb_link_tick tick;
    struct eb_link_trades trades[16];
    unsigned trades_told;
    char lost[512], gap[160];
    char trouble[LW_TEXTS][64]; /* "+name subject" and "-name subject", oldest first */
    unsigned troubles;
};

struct link_world *lw_create(void); /* config may be changed before lw_open() */
/* With another web: pass lets time pass in it. */
struct link_world *lw_create_on(struct eb_web web, void (*pass)(void *other, int64_t ms), void *other);
void lw_open(struct link_world *w);
void lw_connect(struct link_world *w); /* opens where that was not done; until ready, which is asserted */
void lw_destroy(struct link_world *w);
void lw_run(struct link_world *w, int64_t ms);
void lw_user(struct link_world *w, const char *json);   /* on the private stream */
void lw_market(struct link_world *w, const char *json); /* on the market stream, "$NOW" as in the double */
size_t lw_count(const struct link_world *w, enum eb_event_kind kind);
/* The n-th from the last of a kind (0: the last); fails the test where there is none. */
const struct lw_event *lw_nth(const struct link_world *w, enum eb_event_kind kind, size_t n);
const struct lw_event *lw_last(const struct link_world *w, enum eb_event_kind kind);
bool lw_trouble(const struct link_world *w, const char *text); /* whether it was told */
void lw_forget(struct link_world *w);                          /* events so far */

eb_client_id lw_id(uint8_t purpose, uint32_t attempt);
const char *lw_id_text(uint8_t purpose, uint32_t attempt); /* valid until the 16th next call */
struct eb_order_request lw_order(eb_symbol_id symbol, uint8_t type, uint8_t purpose, uint32_t attempt);

/* JSON of one thing, in static memory until the fourth next call. */
const char *lw_position_row(const char *symbol, const char *side, const char *amount, const char *entry,
                            const char *liquidation, int64_t update_ms);
const char *lw_account_update(const char *symbol, const char *side, const char *amount, const char *entry,
                              int64_t at_ms);
/* execution "NEW", "TRADE" ...; trade 0: no fill */
const char *lw_order_update(const char *symbol, const char *client_id, uint64_t order_id, const char *execution,
                            const char *status, const char *last, const char *filled, uint64_t trade_id);
const char *lw_algo_update(const char *symbol, const char *client_id, uint64_t algo_id, const char *status,
                           const char *child_id, const char *child_filled);
