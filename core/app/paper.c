/* SPDX-License-Identifier: Apache-2.0 */
/* The run itself: creation, the beginning, and time. */
#include "app/paper.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/clock.h"
#include "app/words.h"
#include "generated/version.h"

#define NS_PER_MS INT64_C(1000000)
#define ORDERS_MAX 20000
#define TRADES_MAX 1000000
#define SLIPPAGE_PPM 50       /* 0.5 bps of market fills */
#define MARK_BASIS_PPM 12     /* a mark price is off the grid and not the last price */
#define FUNDING_RATE_E8 10000 /* 0.01 % */
#define SETTLE_MS 500
#define FUNDING_MS (8 * INT64_C(3600000))

static const char where[] = "paper";

static struct eb_event event(const struct eb_paper *p, enum eb_event_kind kind, eb_symbol_id symbol)
{
    return (struct eb_event){.kind = (uint16_t)kind,
                             .now_ns = p->now_ms * NS_PER_MS,
                             .now_ms = p->now_ms,
                             .symbol = symbol,
                             .position = EB_NO_POSITION};
}

static int turn(struct eb_paper *p, const struct eb_event *ev, struct eb_err *err)
{
    int rc = eb_turn(p->host, ev);
    return rc == EB_OK ? EB_OK
                       : eb_err_set(err, rc, where, "the engine refused an event (kind %u) at %" PRId64 ": %s",
                                    ev->kind, p->now_ms, eb_err_text(rc));
}

/* ---- what happens, told ------------------------------------------------------------------------------------------ */

static void tell(struct eb_paper *p, const char *line)
{
    if (p->o.listener != NULL) {
        p->o.listener(p->o.listener_user, p->now_ms, line);
    }
}

static void observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct eb_paper *p = user;
    char line[EB_LINE_MAX];
    eb_book_observe(&p->book, ev, actions);
    if (eb_line_of_event(eb_host_engine(p->host), ev, line)) {
        tell(p, line);
    }
    for (unsigned i = 0; i < actions->count; i++) {
        if (eb_line_of_action(eb_host_engine(p->host), &actions->action[i], actions, line)) {
            tell(p, line);
        }
    }
}

static int64_t wall_ns(void *user)
{
    (void)user;
    return eb_clock_monotonic_ns();
}

/* ---- creation ---------------------------------------------------------------------------------------------------- */

static int create_sim(struct eb_paper *p, struct eb_err *err)
{
    const struct eb_config *c = &p->o.config;
    struct eb_sim_config sc;
    eb_sim_config_default(&sc);
    sc.symbols_max = EB_PAPER_SYMBOLS;
    sc.orders_max = ORDERS_MAX;
    sc.trades_max = TRADES_MAX;
    sc.slots_max = c->engine.slots_max;
    sc.balance = c->paper.balance;
    sc.hedge = c->engine.hedge;
    sc.margin_check = true;
    sc.tell_prices = true;
    sc.fee_taker_ppm = c->engine.fee_taker_ppm;
    sc.fee_maker_ppm = c->engine.fee_maker_ppm;
    sc.slippage_ppm = SLIPPAGE_PPM;
    sc.request_ms = sc.event_ms = c->paper.latency_ms;
    sc.seed = (uint64_t)c->paper.seed;
    int rc = eb_sim_create(&sc, &p->sim, err);
    for (eb_symbol_id i = 0; rc == EB_OK && i < EB_PAPER_SYMBOLS; i++) {
        rc = eb_sim_add_instrument(p->sim, i, &p->market.symbol[i].inst, NULL, 0, err);
    }
    return rc;
}

static void policy_event(const struct eb_paper *p, struct eb_ev_policy *out)
{
    struct eb_policy_info info;
    eb_policy_info(p->policy, &info);
    memset(out, 0, sizeof(*out));
    memcpy(out->hash, info.hash, sizeof(out->hash));
    (void)snprintf(out->name, sizeof(out->name), "%s", info.name);
    (void)snprintf(out->version, sizeof(out->version), "%s", info.version);
}

static int create_tape(struct eb_paper *p, struct eb_err *err)
{
    struct eb_tape_info info;
    memset(&info, 0, sizeof(info));
    (void)snprintf(info.build, sizeof(info.build), "%s %s", EB_VERSION, EB_COMMIT);
    info.created_ms = p->o.start_ms;
    info.engine = p->o.config.engine;
    policy_event(p, &info.policy);
    return p->o.tape != NULL ? eb_tape_create(p->o.tape, &info, &p->tape, err) : EB_OK;
}

static int create_host(struct eb_paper *p, struct eb_err *err)
{
    struct eb_host_config hc;
    memset(&hc, 0, sizeof(hc));
    hc.engine = p->o.config.engine;
    hc.venue = eb_sim_port(p->sim);
    hc.policy = eb_policy_as_port(p->policy);
    hc.store = p->tape != NULL ? eb_tape_store_port(p->tape) : (struct eb_store_port){0};
    hc.observer = observe;
    hc.observer_user = p;
    int rc = eb_host_create(&hc, &p->host, err);
    if (rc == EB_OK) {
        p->book.engine = eb_host_engine(p->host);
        eb_host_set_clock(p->host, wall_ns, NULL);
    }
    return rc;
}

/* ---- the beginning ----------------------------------------------------------------------------------------------- */

static int tell_price(struct eb_paper *p, eb_symbol_id i, struct eb_err *err)
{
    const struct eb_paper_symbol *s = &p->market.symbol[i];
    const struct eb_sim_quote quote = {.mark = {s->price.e8 + s->price.e8 / EB_PPM * MARK_BASIS_PPM},
                                       .last = s->price,
                                       .bid = {s->price.e8 - s->inst.tick.e8},
                                       .ask = {s->price.e8 + s->inst.tick.e8}};
    int rc = eb_sim_price(p->sim, i, &quote);
    return rc == EB_OK ? EB_OK : eb_err_set(err, rc, where, "%s: price refused", s->inst.symbol);
}

static int open_entry(struct eb_paper *p, const struct eb_paper_entry *e, struct eb_err *err)
{
    const struct eb_paper_symbol *s = &p->market.symbol[e->symbol];
    struct eb_sim_position held;
    eb_price price = {s->price.e8 + (int64_t)((eb_i128)s->price.e8 * e->offset_ppm / EB_PPM)};
    price.e8 -= price.e8 % s->inst.tick.e8;
    struct eb_sim_entry entry = {.symbol = e->symbol,
                                 .side = e->side,
                                 .exact = e->at_ms < 0,
                                 .qty = eb_paper_quantity(s, e->notional, price),
                                 .price = e->at_ms < 0 ? price : (eb_price){0},
                                 .leverage_ppm = e->leverage_ppm,
                                 .strategy_id = "signals"};
    if (eb_sim_position(p->sim, e->symbol * 2, &held) || entry.qty.e8 == 0) {
        return EB_OK; /* still busy with its last position */
    }
    struct eb_err refused = {0};
    int rc = eb_sim_open(p->sim, &entry, NULL, &refused);
    if (rc == EB_E_REFUSED && e->at_ms >= 0) { /* no margin left: the other system's affair */
        tell(p, refused.msg);
        return EB_OK;
    }
    return rc == EB_OK ? EB_OK : eb_err_set(err, rc, where, "%s", refused.msg);
}

/* Positions that another system opened earlier, before anybody listened. */
static int open_earlier(struct eb_paper *p, struct eb_err *err)
{
    int rc = EB_OK;
    const struct eb_paper_market *m = &p->market;
    for (unsigned i = 0; rc == EB_OK && i < m->entry_count && m->entry[i].at_ms < 0; i++) {
        p->now_ms = p->o.start_ms + m->entry[i].at_ms;
        eb_sim_run(p->sim, p->now_ms * NS_PER_MS, p->now_ms);
        rc = tell_price(p, m->entry[i].symbol, err);
        rc = rc == EB_OK ? open_entry(p, &m->entry[i], err) : rc;
        p->market.next_entry = i + 1;
    }
    p->now_ms = p->o.start_ms;
    eb_sim_run(p->sim, p->now_ms * NS_PER_MS, p->now_ms);
    return rc;
}

static int introduce(struct eb_paper *p, eb_symbol_id i, struct eb_err *err)
{
    const struct eb_paper_symbol *s = &p->market.symbol[i];
    struct eb_event ev = event(p, EB_EV_INSTRUMENT, i);
    ev.u.instrument = &s->inst;
    int rc = turn(p, &ev, err);
    for (size_t k = 0; rc == EB_OK && k < s->history.count; k++) {
        ev = event(p, EB_EV_BAR, i);
        ev.u.bar = eb_series_bar(&s->history, k);
        rc = turn(p, &ev, err);
    }
    return rc;
}

static int step_beginning(struct eb_paper *p, struct eb_err *err)
{
    struct eb_ev_policy policy;
    static const struct eb_ev_command look = {.verb = EB_CMD_SNAPSHOT, .id = 1, .who = "run", .why = "start"};
    policy_event(p, &policy);
    struct eb_event ev = event(p, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = &policy;
    int rc = turn(p, &ev, err);
    ev = event(p, EB_EV_ACCOUNT, EB_NO_SYMBOL);
    struct eb_sim_account_view account;
    eb_sim_account(p->sim, &account);
    ev.u.account = (struct eb_ev_account){account.wallet, account.hedge};
    rc = rc == EB_OK ? turn(p, &ev, err) : rc;
    for (eb_symbol_id i = 0; rc == EB_OK && i < EB_PAPER_SYMBOLS; i++) {
        rc = introduce(p, i, err);
    }
    for (eb_symbol_id i = 0; rc == EB_OK && i < EB_PAPER_SYMBOLS; i++) {
        rc = tell_price(p, i, err);
        (void)eb_sim_set_funding(p->sim, i, FUNDING_RATE_E8, p->now_ms - p->now_ms % FUNDING_MS + FUNDING_MS,
                                 FUNDING_MS);
    }
    ev = event(p, EB_EV_COMMAND, EB_NO_SYMBOL);
    ev.u.command = &look;
    return rc == EB_OK ? turn(p, &ev, err) : rc;
}

int eb_paper_open(struct eb_paper *p, const struct eb_paper_options *o, struct eb_err *err)
{
    memset(p, 0, sizeof(*p));
    p->o = *o;
    p->o.config.engine.symbols_max = EB_PAPER_SYMBOLS;
    p->now_ms = o->start_ms;
    int64_t scenes = o->length_ms / EB_PAPER_SCENE_MS > 0 ? o->length_ms / EB_PAPER_SCENE_MS : 1;
    int64_t scene_ms = o->length_ms > 0 ? o->length_ms / scenes : EB_PAPER_SCENE_MS;
    scene_ms = scene_ms < EB_PAPER_SCENE_MIN_MS ? EB_PAPER_SCENE_MIN_MS : scene_ms;
    int rc = eb_policy_open_choice(&o->choice, NULL, NULL, &p->policy, err);
    rc =
        rc == EB_OK ? eb_paper_market_init(&p->market, (uint64_t)o->config.paper.seed, o->start_ms, scene_ms, err) : rc;
    rc = rc == EB_OK ? create_sim(p, err) : rc;
    rc = rc == EB_OK ? open_earlier(p, err) : rc;
    rc = rc == EB_OK ? create_tape(p, err) : rc;
    rc = rc == EB_OK ? create_host(p, err) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    eb_sim_set_sink(p->sim, eb_host_sink, p->host);
    return step_beginning(p, err);
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

static int tick(struct eb_paper *p, struct eb_err *err)
{
    int rc = eb_paper_market_tick(&p->market, err);
    for (eb_symbol_id i = 0; rc == EB_OK && i < EB_PAPER_SYMBOLS; i++) {
        rc = tell_price(p, i, err);
        struct eb_event ev = event(p, EB_EV_BAR, i);
        if (rc == EB_OK && eb_paper_closed_bar(&p->market, i, &ev.u.bar)) {
            rc = turn(p, &ev, err);
        }
    }
    const struct eb_paper_entry *e;
    while (rc == EB_OK && (e = eb_paper_market_entry(&p->market)) != NULL) {
        rc = open_entry(p, e, err);
    }
    p->ticks++;
    return rc;
}

/* The next thing that is due: a tick of the market, an answer on its way, or a deadline of the engine. */
static int64_t next_due_ms(const struct eb_paper *p)
{
    int64_t venue_ns = eb_sim_next_due(p->sim);
    int64_t engine_ns = eb_engine_next_deadline(eb_host_engine(p->host));
    int64_t soonest_ns = venue_ns < engine_ns ? venue_ns : engine_ns;
    int64_t market_ms = eb_paper_market_next(&p->market);
    int64_t soonest_ms = soonest_ns / NS_PER_MS + (soonest_ns % NS_PER_MS != 0 ? 1 : 0);
    soonest_ms = soonest_ms > p->now_ms ? soonest_ms : p->now_ms;
    return soonest_ms < market_ms ? soonest_ms : market_ms;
}

int eb_paper_advance(struct eb_paper *p, int64_t to_ms, struct eb_err *err)
{
    int rc = EB_OK;
    for (int64_t due = next_due_ms(p); rc == EB_OK && due <= to_ms; due = next_due_ms(p)) {
        p->now_ms = due;
        eb_sim_run(p->sim, due * NS_PER_MS, due);
        if (due == eb_paper_market_next(&p->market)) {
            rc = tick(p, err);
        }
        if (rc == EB_OK) {
            rc = eb_host_clock(p->host, due * NS_PER_MS, due);
            rc = rc == EB_OK ? EB_OK : eb_err_set(err, rc, where, "the clock was refused: %s", eb_err_text(rc));
        }
    }
    return rc;
}

int eb_paper_settle(struct eb_paper *p, struct eb_err *err)
{
    int64_t until_ms = p->now_ms + SETTLE_MS;
    int rc = EB_OK;
    while (rc == EB_OK && eb_sim_next_due(p->sim) <= until_ms * NS_PER_MS) {
        int64_t due_ms = eb_sim_next_due(p->sim) / NS_PER_MS;
        p->now_ms = due_ms > p->now_ms ? due_ms : p->now_ms;
        eb_sim_run(p->sim, p->now_ms * NS_PER_MS, p->now_ms);
        rc = eb_host_clock(p->host, p->now_ms * NS_PER_MS, p->now_ms);
    }
    eb_book_finish(&p->book, p->now_ms);
    return rc == EB_OK ? EB_OK : eb_err_set(err, rc, where, "the clock was refused: %s", eb_err_text(rc));
}

int eb_paper_close(struct eb_paper *p, struct eb_err *err)
{
    int rc = EB_OK;
    eb_host_destroy(p->host);
    if (p->tape != NULL) {
        rc = eb_tape_close(p->tape, err);
    }
    if (p->policy != NULL) {
        eb_policy_close(p->policy);
    }
    eb_sim_destroy(p->sim);
    eb_paper_market_deinit(&p->market);
    eb_book_deinit(&p->book);
    memset(p, 0, sizeof(*p));
    return rc;
}
