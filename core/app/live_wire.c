/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the wire and the turn: events in, orders out, and time.
 *
 *     event --> PRICE: pump (free clock) or turn (lockstep); everything else: turn, after the prices that wait
 *     TICK  --> deadlines that are due --> ACK, once everything that it led to is durable and has left
 */
#include "app/live_inner.h"

#include <inttypes.h>
#include <string.h>

#include "app/output.h"

#define RETRY_FIRST_NS (100 * EB_NS_IN_MS)
#define RETRY_MAX_NS (5000 * EB_NS_IN_MS)
#define START_MAX_NS (30000 * EB_NS_IN_MS) /* at start: then the venue counts as unreachable */
#define TRIES_BEFORE_WORD 4                /* three quarters of a second, then a person is told what is waited for */
#define TELL_MS 750                        /* of venue time until the news of a moment has come */
#define SETTLE_MS 500                      /* of venue time for what is under way when the run is over */
#define CLOCKS_AT_ONCE 8                   /* of four positions each: about half a millisecond of consults */

/* ---- the port: the wire's, watched ------------------------------------------------------------------------------- */

static struct eb_venue port_of(struct eb_live *l)
{
    return l->link.ops->port(l->link.link);
}

static int submit(void *user, const struct eb_order_request *order, struct eb_err *err)
{
    struct eb_live *l = user;
    struct eb_venue wire = port_of(l);
    int rc = wire.ops->submit(wire.venue, order, err);
    if (l->event_mono_ns != 0 && rc == EB_OK) {
        eb_delay_add(&l->order_delay, eb_monotonic_ns() - l->event_mono_ns);
    }
    return rc;
}

static int cancel(void *user, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                  struct eb_err *err)
{
    struct eb_venue wire = port_of(user);
    return wire.ops->cancel(wire.venue, id, venue_order_id, symbol, type, err);
}

static int query(void *user, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                 struct eb_err *err)
{
    struct eb_venue wire = port_of(user);
    return wire.ops->query(wire.venue, id, venue_order_id, symbol, type, err);
}

static int snapshot(void *user, struct eb_err *err)
{
    struct eb_venue wire = port_of(user);
    return wire.ops->snapshot(wire.venue, err);
}

static int refresh_price(void *user, eb_symbol_id symbol, struct eb_err *err)
{
    struct eb_venue wire = port_of(user);
    return wire.ops->refresh_price(wire.venue, symbol, err);
}

struct eb_venue eb_live_port(struct eb_live *l)
{
    static const struct eb_venue_ops ops = {
        .submit = submit, .cancel = cancel, .query = query, .snapshot = snapshot, .refresh_price = refresh_price};
    return (struct eb_venue){l, &ops};
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

void eb_live_set_now(struct eb_live *l, int64_t at_ms)
{
    int64_t now_ms = at_ms > 0 ? at_ms : eb_live_now_ms(l);
    if (now_ms > l->now_ms) {
        l->now_ms = now_ms;
        l->now_ns = now_ms * EB_NS_IN_MS;
    }
    if (l->o.log != NULL) {
        l->o.log->now_ms = l->now_ms;
    }
}

static void drain_prices(struct eb_live *l)
{
    if (eb_pump_waiting(l->pump) > 0) {
        (void)eb_pump_drain(l->pump, l->host, l->now_ns, l->now_ms, SIZE_MAX);
    }
}

/* Of the engine and of the challengers', as the exchange is told it. */
static int64_t deadline_ms(const struct eb_live *l)
{
    int64_t at_ns = eb_engine_next_deadline(eb_host_engine(l->host));
    int64_t theirs_ns = l->challengers != NULL ? eb_challengers_deadline(l->challengers) : INT64_MAX;
    at_ns = theirs_ns < at_ns ? theirs_ns : at_ns;
    return at_ns == INT64_MAX ? INT64_MAX : at_ns / EB_NS_IN_MS + (at_ns % EB_NS_IN_MS != 0 ? 1 : 0);
}

static void set_deadline(struct eb_live *l)
{
    int64_t at_ms = deadline_ms(l);
    if (at_ms == INT64_MAX || l->venue.speed_ppm <= 0) {
        eb_timer_stop(l->deadline);
        return;
    }
    int64_t wait_ms = at_ms > eb_live_now_ms(l) ? at_ms - eb_live_now_ms(l) : 0;
    eb_timer_set(l->deadline, (int64_t)((eb_i128)wait_ms * EB_NS_IN_MS * EB_PPM / l->venue.speed_ppm));
}

/* Whether everything that this moment has led to is remembered and has left. A journal that has failed holds orders
 * back until they are too old, by the exchange's clock: it must go on, or no stop would ever be reached again. */
static bool is_settled(const struct eb_live *l)
{
    struct eb_turn_times times;
    struct eb_store_port port = eb_journal_port(l->journal);
    eb_host_turn_times(l->host, &times);
    bool broken = times.lost > 0 || port.failed(port.store);
    return broken || (times.held == 0 && eb_journal_settled(l->journal));
}

static bool something_under_way(const struct eb_live *l)
{
    const struct eb_engine *e = eb_host_engine(l->host);
    struct eb_own_order order[16];
    for (eb_position_id p = 0; p < eb_engine_symbol_count(e) * 2; p++) {
        uint32_t n = eb_engine_orders(e, p, order, EB_COUNT(order));
        for (uint32_t i = 0; i < n && i < EB_COUNT(order); i++) {
            bool rests = order[i].state == EB_OS_NEW && !order[i].cancel_sent &&
                         (order[i].type == EB_ORDER_STOP_MARKET || order[i].type == EB_ORDER_LIMIT_GTC);
            if (!rests) {
                return true;
            }
        }
    }
    return false;
}

/* The time asked for is over: what is under way may arrive, then the exchange's books are asked for. */
static bool is_over(struct eb_live *l)
{
    /* An exchange that goes on while it is asked: what is compared happened before, and was told since. */
    if (!l->lockstep && l->o.own_venue && l->o.for_ms > 0 && l->cut_ms == 0 &&
        l->now_ms >= l->started_ms + l->o.for_ms - TELL_MS) {
        l->cut_ms = l->now_ms;
    }
    if (l->o.for_ms == 0 || l->now_ms < l->started_ms + l->o.for_ms || l->stage != EB_LIVE_RUNNING) {
        return l->stage == EB_LIVE_SETTLING;
    }
    int64_t end_ms = l->started_ms + l->o.for_ms;
    if (!l->lockstep && l->o.own_venue) {
        if (l->now_ms < l->cut_ms + TELL_MS) {
            return false; /* there was no turn for a while before the end */
        }
    } else if (l->now_ms < end_ms + SETTLE_MS && something_under_way(l)) {
        return false;
    }
    eb_live_settle(l);
    return true;
}

void eb_live_settle(struct eb_live *l)
{
    const struct eb_engine *e = eb_host_engine(l->host);
    l->stage = EB_LIVE_SETTLING;
    l->settle_ns = eb_monotonic_ns();
    l->trades_due = 0;
    (void)l->link.ops->ask_view(l->link.link);
    for (eb_symbol_id i = 0; l->o.own_venue && i < eb_engine_symbol_count(e); i++) {
        if (l->link.ops->ask_trades(l->link.link, i, 0) == EB_OK) {
            l->trades_due++;
        }
    }
    if (l->trades_due == 0) {
        eb_live_stop(l);
    }
}

/* They come after the owner: at once where the exchange waits for us anyway, else in slices of their own. */
static void tell_challengers(struct eb_live *l)
{
    if (l->challengers != NULL) {
        eb_challengers_clock(l->challengers, l->now_ns, l->now_ms);
        if (l->lockstep) {
            eb_challengers_run(l->challengers, false);
        }
    }
}

void eb_live_catch_up(struct eb_live *l)
{
    if (l->host == NULL || l->stage != EB_LIVE_RUNNING) {
        return;
    }
    drain_prices(l);
    eb_tally_clock(l->tally, l->now_ns, l->now_ms);
    /* A clock that does not wait for us brings prices meanwhile: they come in between. */
    int rc = l->lockstep ? eb_host_clock(l->host, l->now_ns, l->now_ms)
                         : eb_host_clock_some(l->host, l->now_ns, l->now_ms, CLOCKS_AT_ONCE);
    if (rc != EB_OK) {
        eb_log(l->o.log, EB_LOG_ERROR, "clock.refused", EB_STR("why", eb_err_text(rc)));
    }
    tell_challengers(l);
    if (!eb_ledger_write_failed(l->ledger)) { /* else the second hand tries again */
        eb_ledger_flush(l->ledger);
    }
    if (!l->lockstep) {
        set_deadline(l);
        (void)is_over(l);
        return;
    }
    if (!l->ack_due || !l->answered || !is_settled(l) || is_over(l)) {
        return;
    }
    l->ack_due = false;
    int64_t at_ms = deadline_ms(l);
    at_ms = at_ms == INT64_MAX ? at_ms : at_ms - l->shift_ms;
    (void)l->link.ops->ack(l->link.link, l->ack_tick, at_ms); /* refused only where lost() follows */
}

/* The exchange lives; said_ms: what it says of its time, 0 nothing. */
static void heard(struct eb_live *l, int64_t said_ms)
{
    l->heard_ns = eb_monotonic_ns();
    l->said_ms = said_ms > l->said_ms ? said_ms : l->said_ms;
}

static void tick(void *user, const struct eb_link_tick *t)
{
    struct eb_live *l = user;
    l->ticks++;
    heard(l, t->now_ms);
    if (!l->lockstep) {
        eb_live_clock_hear(l, t->now_ms);
    }
    eb_live_set_now(l, l->lockstep ? t->now_ms + l->shift_ms : 0);
    l->ack_due = l->lockstep;
    l->ack_tick = t->number;
    bool prices = l->prices_of_tick > 0;
    l->prices_of_tick = 0;
    l->event_mono_ns = !l->lockstep && t->due_ns > 0 ? t->due_ns : 0; /* what prices lead to, leaves in here */
    eb_live_catch_up(l);
    l->event_mono_ns = 0;
    if (prices && t->due_ns > 0) {
        eb_delay_add(&l->price_delay, eb_monotonic_ns() - t->due_ns);
    }
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static void price(struct eb_live *l, struct eb_event *ev)
{
    if (l->stage != EB_LIVE_RUNNING) {
        return; /* the picture comes first */
    }
    l->prices++;
    l->prices_of_tick++;
    if (l->lockstep) {
        (void)eb_live_turn(l, ev);
    } else if (eb_pump_price(l->pump, ev->symbol, &ev->u.price) != EB_OK) {
        eb_log(l->o.log, EB_LOG_WARN, "price.refused", EB_I64("symbol", ev->symbol),
               EB_I64("source", ev->u.price.source));
    }
}

/* A trade from before: counted where it is news, since the exchange repeats some that are not. */
static void missed_trade(struct eb_live *l, struct eb_event *ev)
{
    const struct eb_ev_fill *f = &ev->u.fill;
    struct eb_live_missed *m = &l->missed;
    const struct eb_engine *e = eb_host_engine(l->host);
    uint64_t before = eb_engine_durable_count(e);
    bool remembered = eb_live_remembers(l, ev->symbol, f->position_side, f->client_id);
    (void)eb_live_turn(l, ev);
    uint32_t *counter = f->client_id.instance == 0 ? &m->trades_foreign : remembered ? &m->fills : &m->trades_ours;
    *counter += eb_engine_durable_count(e) > before ? 1 : 0;
}

/* A new connection begins with the whole history again. */
static bool is_known_bar(struct eb_live *l, const struct eb_event *ev)
{
    if (ev->kind != EB_EV_BAR || ev->symbol >= l->o.config.engine.symbols_max) {
        return false;
    }
    bool known = ev->u.bar.open_ms <= l->bar_ms[ev->symbol];
    l->bar_ms[ev->symbol] = known ? l->bar_ms[ev->symbol] : ev->u.bar.open_ms;
    return known;
}

/* A trade of the exchange's books. Where it went on meanwhile, one whose news is late is news to the engine too, which
 * knows each trade by its number. */
static void settle_fill(struct eb_live *l, struct eb_event *ev)
{
    if (ev->kind != EB_EV_FILL || (l->cut_ms != 0 && ev->u.fill.venue_ms > l->cut_ms)) {
        return;
    }
    eb_trail_add(&l->trail, ev->symbol, &ev->u.fill);
    if (l->cut_ms != 0) {
        eb_live_set_now(l, 0);
        ev->now_ms = l->now_ms;
        ev->now_ns = l->now_ns;
        ev->witness = NULL;
        (void)eb_live_turn(l, ev);
    }
}

static void event(void *user, const struct eb_event *told)
{
    struct eb_live *l = user;
    struct eb_event ev = *told;
    if (l->host == NULL || l->stage == EB_LIVE_STOPPING) {
        return;
    }
    if (l->stage == EB_LIVE_SETTLING) {
        settle_fill(l, &ev);
        return;
    }
    heard(l, told->now_ms);
    eb_live_set_now(l, l->lockstep ? told->now_ms + l->shift_ms : 0);
    ev.now_ms = l->now_ms;
    ev.now_ns = l->now_ns;
    ev.witness = NULL;
    l->event_mono_ns = l->heard_ns;
    if (is_known_bar(l, &ev)) {
        l->event_mono_ns = 0;
        return;
    }
    if (ev.kind == EB_EV_FILL && l->cut_ms != 0 && ev.u.fill.venue_ms > l->cut_ms) {
        eb_trail_add(&l->late, ev.symbol, &ev.u.fill);
    }
    if (ev.kind == EB_EV_ACCOUNT && !l->viewed) { /* what it is worth, until the exchange says more */
        l->view.wallet = ev.u.account.balance;
    }
    if (ev.kind == EB_EV_PRICE) {
        price(l, &ev);
    } else if (ev.kind == EB_EV_FILL && l->stage == EB_LIVE_TRADES) {
        missed_trade(l, &ev);
    } else {
        drain_prices(l); /* they came before it */
        eb_live_note_picture(l, &ev);
        (void)eb_live_turn(l, &ev);
        l->pictured = l->pictured || (ev.kind == EB_EV_SNAPSHOT_END && l->stage == EB_LIVE_RUNNING);
        l->answered = l->pictured || (ev.kind == EB_EV_SNAPSHOT_FAILED && l->stage == EB_LIVE_RUNNING) || l->answered;
    }
    l->event_mono_ns = 0;
    if (l->challengers != NULL && (l->lockstep || l->stage != EB_LIVE_RUNNING)) {
        eb_challengers_run(l->challengers, true); /* a long history must not fill their room */
    }
}

static void view(void *user, const struct eb_link_view *v)
{
    struct eb_live *l = user;
    heard(l, 0);
    l->view = *v;
    l->viewed = true;
}

static void gap(void *user, const char *why)
{
    heard(user, 0);
    eb_live_gap(user, why);
}

static void trouble(void *user, const struct eb_link_trouble *t)
{
    eb_live_trouble(user, t);
}

/* ---- the connection ---------------------------------------------------------------------------------------------- */

void eb_live_reconnect(struct eb_live *l, const char *why)
{
    if (l->stage == EB_LIVE_STOPPING) {
        return;
    }
    l->link.ops->disconnect(l->link.link);
    if (l->offline_since_ns == 0) {
        l->offline_since_ns = eb_monotonic_ns();
        eb_log(l->o.log, EB_LOG_WARN, "venue.lost", EB_STR("why", why));
        if (l->host != NULL) {
            eb_live_say(l, "the connection to the exchange is made anew: %s", why);
        }
    }
    l->stage = EB_LIVE_OFFLINE;
    l->ack_due = false;
    (void)snprintf(l->offline_why, sizeof(l->offline_why), "%s", why);
    l->tries++;
    if (l->host == NULL && l->tries == TRIES_BEFORE_WORD && !l->o.own_venue) {
        eb_complain("run", "no exchange at %s yet, it is tried for half a minute: %s", l->o.venue, why);
    }
    if (l->host == NULL && eb_monotonic_ns() - l->offline_since_ns > START_MAX_NS) {
        struct eb_err err;
        (void)eb_err_set(&err, EB_E_NOT_FOUND, "run", "no service from the exchange at %s in half a minute: %s",
                         l->o.venue, why);
        eb_live_fail(l, &err);
        return;
    }
    unsigned doublings = l->tries < 7 ? l->tries - 1 : 6;
    int64_t wait_ns = RETRY_FIRST_NS << doublings;
    eb_timer_set(l->reconnect, wait_ns < RETRY_MAX_NS ? wait_ns : RETRY_MAX_NS);
}

static void lost(void *user, const struct eb_err *err)
{
    struct eb_live *l = user;
    bool ended = l->o.own_venue && (l->o.venue_ended == NULL || *l->o.venue_ended);
    if (ended && l->host != NULL && l->stage != EB_LIVE_STOPPING) {
        struct eb_err gone;
        (void)eb_err_set(&gone, EB_E_IO, "run", "the simulated exchange of this run is gone: %s", err->msg);
        eb_live_fail(l, &gone);
        return;
    }
    eb_live_reconnect(l, err->msg);
}

static bool hello(void *user, const struct eb_link_hello *h, struct eb_err *err)
{
    heard(user, 0);
    return eb_live_hello(user, h, err);
}

static eb_symbol_id symbol(void *user, const char *name)
{
    return eb_live_symbol(user, name);
}

static const char *name(void *user, eb_symbol_id id)
{
    const struct eb_live *l = user;
    const struct eb_engine *e = l->host != NULL ? eb_host_engine(l->host) : NULL;
    return e != NULL && id < eb_engine_symbol_count(e) ? eb_engine_symbol_name(e, id) : NULL;
}

static void ready(void *user)
{
    heard(user, 0);
    eb_live_ready(user);
}

static void trades(void *user, const struct eb_link_trades *told)
{
    heard(user, 0);
    eb_live_trades(user, told);
}

int eb_live_wire_create(struct eb_live *l, struct eb_err *err)
{
    const struct eb_link_listener listener = {.user = l,
                                              .hello = hello,
                                              .symbol = symbol,
                                              .name = name,
                                              .event = event,
                                              .ready = ready,
                                              .tick = tick,
                                              .trades = trades,
                                              .view = view,
                                              .gap = gap,
                                              .trouble = trouble,
                                              .lost = lost};
    l->linked = true;
    return l->o.open_venue.open(l->o.open_venue.user, l->loop, &listener, &l->link, err);
}
