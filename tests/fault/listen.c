/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link's listener: what the program's live engine does with a link, on the virtual clock.
 *
 *     hello -> instruments, account ... -> ready -> trades that were missed -> START -> picture -> prices
 *     event -> turn      price -> pump -> turn      tick, deadline -> clock      gap -> trades and a picture
 *     lost -> reconnect after a while
 */
#include "town.h"

#include <string.h>

#include "exitbrain/policy.h"
#include "venue/binance/inner.h"

#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS 5000
#define AGREES_MS 20
#define SLOWER 8
#define CLOCKS_AT_ONCE 8

/* ---- time: the exchange's, as the link tells it, never backwards ------------------------------------------------- */

static int64_t clock_ms(const struct town *t)
{
    int64_t passed_ns = t->web.ops->now_ns(t->web.web) - t->anchor_ns;
    int64_t passed_ms = (t->slow ? passed_ns - passed_ns / SLOWER : passed_ns) / TOWN_NS_IN_MS;
    int64_t at_ms = t->anchor_ms + passed_ms;
    return at_ms > t->now_ms ? at_ms : t->now_ms;
}

static void anchor(struct town *t, int64_t at_ms, bool slow)
{
    t->anchor_ms = at_ms;
    t->anchor_ns = t->web.ops->now_ns(t->web.web);
    t->slow = slow;
}

static void hear_clock(struct town *t, int64_t venue_ms)
{
    int64_t ours_ms = clock_ms(t);
    bool slow = venue_ms < ours_ms - AGREES_MS;
    if (venue_ms > ours_ms) {
        anchor(t, venue_ms, false);
    } else if (slow != t->slow) {
        anchor(t, ours_ms, slow);
    }
}

static void set_now(struct town *t)
{
    t->now_ms = clock_ms(t);
}

static void set_deadline(struct town *t)
{
    int64_t at_ns = eb_engine_next_deadline(eb_host_engine(t->host));
    if (at_ns == INT64_MAX) {
        t->web.ops->timer_set(t->deadline, -1);
        return;
    }
    int64_t wait_ms = (at_ns + TOWN_NS_IN_MS - 1) / TOWN_NS_IN_MS - clock_ms(t);
    town_timer_set(t, t->deadline, wait_ms > 0 ? wait_ms : 0);
}

static void catch_up(struct town *t)
{
    if (t->stage != TOWN_RUNNING) {
        return;
    }
    set_now(t);
    if (eb_pump_waiting(t->pump) > 0) {
        (void)eb_pump_drain(t->pump, t->host, t->now_ms * TOWN_NS_IN_MS, t->now_ms, SIZE_MAX);
    }
    (void)eb_host_clock_some(t->host, t->now_ms * TOWN_NS_IN_MS, t->now_ms, CLOCKS_AT_ONCE);
    set_deadline(t);
}

static void on_deadline(void *user)
{
    catch_up(user);
}

/* ---- turns ------------------------------------------------------------------------------------------------------- */

static void turn(struct town *t, struct eb_event *ev)
{
    ev->now_ms = t->now_ms;
    ev->now_ns = t->now_ms * TOWN_NS_IN_MS;
    ev->witness = NULL;
    int rc = eb_turn(t->host, ev);
    if (rc != EB_OK && rc != EB_E_BUDGET) {
        town_say(t, "event %u was not taken: %s", ev->kind, eb_err_name(rc));
    }
}

static struct eb_event made(enum eb_event_kind kind, eb_symbol_id symbol)
{
    return (struct eb_event){.kind = (uint16_t)kind, .symbol = symbol, .position = EB_NO_POSITION};
}

static void command(struct town *t, const struct eb_ev_command *c, eb_symbol_id symbol)
{
    struct eb_event ev = made(EB_EV_COMMAND, symbol);
    ev.u.command = c;
    set_now(t);
    turn(t, &ev);
    set_deadline(t);
}

void town_command(struct town *t, enum eb_command verb, eb_symbol_id symbol)
{
    const struct eb_ev_command c = {.verb = (uint8_t)verb, .who = "operator", .why = "town"};
    command(t, &c, symbol);
}

/* ---- a connection ------------------------------------------------------------------------------------------------ */

static uint32_t ask_trades(struct town *t)
{
    const struct eb_engine *e = eb_host_engine(t->host);
    uint32_t asked = 0;
    for (eb_symbol_id i = 0; i < eb_engine_symbol_count(e); i++) {
        enum eb_side side;
        uint64_t last = eb_engine_last_trade(e, i);
        bool open = eb_engine_open_side(e, i * 2, &side) || eb_engine_open_side(e, i * 2 + 1, &side);
        if ((last > 0 || open) && t->link.ops->ask_trades(t->link.link, i, last) == EB_OK) {
            asked++;
        }
    }
    return asked;
}

static void on_gap(void *user, const char *why)
{
    struct town *t = user;
    town_say(t, "gap: %s", why);
    t->figures.gaps++;
    t->gap = t->stage != TOWN_RUNNING;
    if (!t->gap) {
        (void)ask_trades(t);
        const struct eb_ev_command c = {.verb = EB_CMD_SNAPSHOT, .who = "engine", .why = "gap"};
        command(t, &c, EB_NO_SYMBOL);
    }
}

static void announce_policy(struct town *t)
{
    struct eb_ev_policy policy = {.name = "town", .version = "1"};
    memset(policy.hash, 7, sizeof(policy.hash));
    if (t->set != NULL) {
        struct eb_policy_info info;
        eb_policy_info(t->set, &info);
        memcpy(policy.hash, info.hash, sizeof(policy.hash));
    }
    struct eb_event ev = made(EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = &policy;
    turn(t, &ev);
}

static void go(struct town *t)
{
    const struct eb_ev_command start = {.verb = EB_CMD_START, .settled = t->settled, .who = "engine", .why = "start"};
    t->stage = TOWN_RUNNING;
    set_now(t);
    if (!t->begun) {
        announce_policy(t);
    }
    command(t, &start, EB_NO_SYMBOL);
    t->begun = true;
    if (t->gap) {
        on_gap(t, "while the beginning was told");
    }
}

static void on_ready(void *user)
{
    struct town *t = user;
    t->stage = TOWN_TRADES;
    t->gap = false;
    t->tries = 0;
    t->trades_due = t->connects > 1 ? ask_trades(t) : 0;
    if (t->trades_due == 0) {
        go(t);
    }
}

static void on_trades(void *user, const struct eb_link_trades *told)
{
    struct town *t = user;
    (void)told;
    if (t->stage == TOWN_TRADES && t->trades_due > 0 && --t->trades_due == 0) {
        go(t);
    }
}

static bool on_hello(void *user, const struct eb_link_hello *h, struct eb_err *err)
{
    struct town *t = user;
    (void)err;
    anchor(t, h->now_ms > t->now_ms ? h->now_ms : t->now_ms, h->now_ms < t->now_ms - AGREES_MS);
    set_now(t);
    t->settled = h->settled;
    t->stage = TOWN_GREETED;
    t->connects++;
    return true;
}

static eb_symbol_id on_symbol(void *user, const char *name)
{
    struct town *t = user;
    const struct eb_engine *e = eb_host_engine(t->host);
    eb_symbol_id known = eb_engine_symbol(e, name);
    return known != EB_NO_SYMBOL ? known : eb_engine_symbol_count(e);
}

static const char *on_name(void *user, eb_symbol_id id)
{
    struct town *t = user;
    const struct eb_engine *e = eb_host_engine(t->host);
    return id < eb_engine_symbol_count(e) ? eb_engine_symbol_name(e, id) : NULL;
}

/* The planted bugs. */
static void spoil(struct town *t, struct eb_event *ev)
{
    if (t->o.bug == TOWN_BUG_UNKNOWN_AS_REJECTED && ev->kind == EB_EV_ORDER && ev->u.order.state == EB_OS_UNKNOWN) {
        ev->u.order.state = EB_OS_REJECTED;
        ev->u.order.reject = EB_REJ_RETRY;
    }
    if (t->o.bug == TOWN_BUG_FAILED_AS_EMPTY && ev->kind == EB_EV_SNAPSHOT_FAILED) {
        struct eb_event begin = made(EB_EV_SNAPSHOT_BEGIN, EB_NO_SYMBOL);
        turn(t, &begin);
        *ev = made(EB_EV_SNAPSHOT_END, EB_NO_SYMBOL);
    }
}

static void on_event(void *user, const struct eb_event *told)
{
    struct town *t = user;
    struct eb_event ev = *told;
    set_now(t);
    if (ev.kind == EB_EV_PRICE) {
        if (t->stage == TOWN_RUNNING && eb_pump_price(t->pump, ev.symbol, &ev.u.price) != EB_OK) {
            town_fail(t, "a price was refused");
        }
        return;
    }
    if (t->stage == TOWN_RUNNING && eb_pump_waiting(t->pump) > 0) {
        (void)eb_pump_drain(t->pump, t->host, t->now_ms * TOWN_NS_IN_MS, t->now_ms, SIZE_MAX);
    }
    t->figures.pictures += ev.kind == EB_EV_SNAPSHOT_END;
    t->figures.failed_pictures += ev.kind == EB_EV_SNAPSHOT_FAILED;
    t->figures.unknown += ev.kind == EB_EV_ORDER && ev.u.order.state == EB_OS_UNKNOWN;
    spoil(t, &ev);
    turn(t, &ev);
    if (t->stage == TOWN_RUNNING) {
        set_deadline(t);
    }
}

static void on_tick(void *user, const struct eb_link_tick *tick)
{
    struct town *t = user;
    hear_clock(t, tick->now_ms);
    catch_up(t);
}

static void on_trouble(void *user, const struct eb_link_trouble *trouble)
{
    town_say(user, "%s %s %s: %s", trouble->raised ? "trouble" : "over", trouble->name, trouble->subject,
             trouble->text);
}

static void on_lost(void *user, const struct eb_err *err)
{
    struct town *t = user;
    town_say(t, "lost: %s", err->msg);
    t->figures.losts++;
    t->stage = TOWN_OFFLINE;
    t->web.ops->timer_set(t->deadline, -1);
    int64_t wait_ms = RETRY_FIRST_MS << (t->tries < 6 ? t->tries : 6);
    t->tries++;
    town_timer_set(t, t->reconnect, wait_ms < RETRY_MAX_MS ? wait_ms : RETRY_MAX_MS);
}

void town_link_begin(struct town *t)
{
    struct eb_err err = {0};
    t->stage = TOWN_CONNECTING;
    int rc = t->link.ops->connect(t->link.link, &err);
    if (rc != EB_OK) {
        on_lost(t, &err);
    }
}

static void on_reconnect(void *user)
{
    town_link_begin(user);
}

/* ---- the port, watched ------------------------------------------------------------------------------------------- */

static struct eb_venue inner(struct town *t)
{
    return t->link.ops->port(t->link.link);
}

static int submit(void *user, const struct eb_order_request *o, struct eb_err *err)
{
    struct town *t = user;
    struct eb_venue v = inner(t);
    int rc = v.ops->submit(v.venue, o, err);
    if (rc == EB_OK) {
        town_books_submit(t, o);
    }
    return rc;
}

static int cancel(void *user, eb_client_id id, uint64_t order, eb_symbol_id symbol, uint8_t type, struct eb_err *err)
{
    struct eb_venue v = inner(user);
    if (id.purpose == EB_PURPOSE_BACKSTOP) {
        town_judge_cancel(user, id, symbol);
    }
    return v.ops->cancel(v.venue, id, order, symbol, type, err);
}

static int query(void *user, eb_client_id id, uint64_t order, eb_symbol_id symbol, uint8_t type, struct eb_err *err)
{
    struct eb_venue v = inner(user);
    return v.ops->query(v.venue, id, order, symbol, type, err);
}

static int snapshot(void *user, struct eb_err *err)
{
    struct eb_venue v = inner(user);
    return v.ops->snapshot(v.venue, err);
}

static int refresh_price(void *user, eb_symbol_id symbol, struct eb_err *err)
{
    struct eb_venue v = inner(user);
    return v.ops->refresh_price(v.venue, symbol, err);
}

struct eb_venue town_port(struct town *t)
{
    static const struct eb_venue_ops ops = {submit, cancel, query, snapshot, refresh_price};
    return (struct eb_venue){t, &ops};
}

bool town_link_open(struct town *t, struct eb_err *err)
{
    struct eb_binance_config c;
    eb_binance_config_default(&c);
    bool ws = t->o.seed % 2 == 1;
    c.web = t->web;
    c.key = t->key;
    c.rest = "http://127.0.0.1:1";
    c.ws_public = "ws://127.0.0.1:1/public";
    c.ws_market = "ws://127.0.0.1:1/market";
    c.ws_private = "ws://127.0.0.1:1/private";
    c.ws_api = ws ? "ws://127.0.0.1:1/ws-fapi/v1" : "";
    c.orders_by = EB_BINANCE_ORDERS_AUTO;
    c.account = "town";
    c.symbols_max = 16;
    c.history_bars = 0;
    c.listener = (struct eb_link_listener){.user = t,
                                           .hello = on_hello,
                                           .symbol = on_symbol,
                                           .name = on_name,
                                           .event = on_event,
                                           .ready = on_ready,
                                           .tick = on_tick,
                                           .trades = on_trades,
                                           .gap = on_gap,
                                           .trouble = on_trouble,
                                           .lost = on_lost};
    if (eb_binance_create(&c, &t->binance, err) != EB_OK) {
        return false;
    }
    t->link = eb_binance_link(t->binance);
    t->deadline = town_timer(t, on_deadline, t);
    t->reconnect = town_timer(t, on_reconnect, t);
    return true;
}
