/* SPDX-License-Identifier: Apache-2.0 */
/* The trial of a policy set; see trial.h. */
#include "app/trial.h"

#include <string.h>

#define START_MS INT64_C(1700000100000)

struct trial {
    struct eb_host *host;
    struct eb_err *err;
    int rc;
    int64_t now_ms;
};

static const char *const name[2] = {"LONG", "SHORT"};

static void observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct trial *t = user;
    if (t->rc != EB_OK) {
        return;
    }
    const char *side = ev->symbol < 2 ? name[ev->symbol] : "?";
    if (ev->kind == EB_EV_POLICY_FAILED) {
        t->rc = eb_err_set(t->err, EB_E_SCRIPT, "check", "decide(ctx) failed for a %s position: %s", side,
                           ev->u.policy_failed->message);
    }
    for (unsigned i = 0; t->rc == EB_OK && i < actions->count; i++) {
        const struct eb_action *a = &actions->action[i];
        if (a->kind == EB_ACT_ALERT && a->u.alert.kind == EB_ALERT_VERDICT_REFUSED) {
            t->rc = eb_err_set(t->err, EB_E_REFUSED, "check",
                               "the engine refuses what decide(ctx) says of a %s position: %s", side, a->u.alert.text);
        }
    }
}

static struct eb_event event(const struct trial *t, enum eb_event_kind kind, eb_symbol_id symbol)
{
    struct eb_event ev;
    memset(&ev, 0, sizeof ev);
    ev.kind = (uint16_t)kind;
    ev.symbol = symbol;
    ev.position = EB_NO_POSITION;
    ev.now_ms = t->now_ms;
    ev.now_ns = t->now_ms * 1000000;
    return ev;
}

static int price(struct trial *t, eb_symbol_id symbol)
{
    struct eb_event ev = event(t, EB_EV_PRICE, symbol);
    eb_price at = {100 * EB_E8};
    ev.u.price = (struct eb_ev_price){.source = EB_SRC_MARK, .price = at, .ask = at, .min = at, .max = at};
    return eb_turn(t->host, &ev);
}

/* Thirty quarter hours around 100, then an open position of 10 at 10x. */
static int open_position(struct trial *t, eb_symbol_id symbol)
{
    struct eb_ev_instrument inst = {.tick.e8 = EB_E8 / 100,
                                    .step.e8 = EB_E8 / 1000,
                                    .min_qty.e8 = EB_E8 / 1000,
                                    .min_notional.e8 = 5 * EB_E8,
                                    .maintenance_ppm = 5000,
                                    .trading = true};
    memcpy(inst.symbol, symbol == 0 ? "LONGUSDT" : "SHORTUSDT", symbol == 0 ? 9 : 10);
    struct eb_event ev = event(t, EB_EV_INSTRUMENT, symbol);
    ev.u.instrument = &inst;
    int rc = eb_turn(t->host, &ev);
    for (int64_t i = 0; rc == EB_OK && i < 30; i++) {
        int64_t sway = (i % 3 - 1) * EB_E8 / 4;
        ev = event(t, EB_EV_BAR, symbol);
        ev.u.bar = (struct eb_ev_bar){START_MS - (30 - i) * 900000, 900000, {100 * EB_E8}, {101 * EB_E8}, {99 * EB_E8},
                                      {100 * EB_E8 + sway}};
        rc = eb_turn(t->host, &ev);
    }
    rc = rc == EB_OK ? price(t, symbol) : rc;
    struct eb_ev_position p = {.side = (uint8_t)symbol,
                               .qty.e8 = 10 * EB_E8,
                               .entry.e8 = 100 * EB_E8,
                               .leverage_ppm = 10 * EB_PPM,
                               .opened_ms = t->now_ms};
    ev = event(t, EB_EV_POSITION, symbol);
    ev.u.venue_position = &p;
    return rc == EB_OK ? eb_turn(t->host, &ev) : rc;
}

int eb_trial(struct eb_policy *policy, struct eb_err *err)
{
    struct trial t = {.err = err, .now_ms = START_MS};
    struct eb_host_config c;
    memset(&c, 0, sizeof c);
    eb_engine_config_default(&c.engine);
    c.engine.symbols_max = 2;
    c.engine.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, false, false}; /* shadow: nothing could be sent */
    c.engine.snapshot_ms = 0;
    c.policy = eb_policy_as_port(policy);
    c.observer = observe;
    c.observer_user = &t;
    int rc = eb_host_create(&c, &t.host, err);
    if (rc != EB_OK) {
        return rc;
    }
    struct eb_event ev = event(&t, EB_EV_ACCOUNT, EB_NO_SYMBOL);
    ev.u.account.balance.e8 = 10000 * EB_E8;
    rc = eb_turn(t.host, &ev);
    for (eb_symbol_id i = 0; rc == EB_OK && t.rc == EB_OK && i < 2; i++) {
        rc = open_position(&t, i);
    }
    for (int second = 0; rc == EB_OK && t.rc == EB_OK && second < 12; second++) {
        t.now_ms += 1000;
        rc = price(&t, 0);
        rc = rc == EB_OK ? price(&t, 1) : rc;
        rc = rc == EB_OK ? eb_host_clock(t.host, t.now_ms * 1000000, t.now_ms) : rc;
    }
    eb_host_destroy(t.host);
    return t.rc != EB_OK ? t.rc : rc;
}
