/* SPDX-License-Identifier: Apache-2.0 */
/* The scenes; see lint_scene.h. Every combination is a symbol of its own, so that one walk of prices serves all. */
#include "app/lint_scene.h"

#include <stdio.h>
#include <string.h>

#include "app/progress.h"
#include <exitbrain/text.h>

#define MINUTE_MS INT64_C(60000)
#define START_MS (INT64_C(1700000) * 1000000 / (60 * MINUTE_MS) * (60 * MINUTE_MS)) /* on the hour */
#define BALANCE_E8 (100000 * EB_E8)
#define FAILURES_MAX 64 /* in a row from the first: the set answers nothing, more of the same says no more */

struct thing {
    const char *symbol;
    int64_t entry, tick, step, min_qty, min_notional; /* 1e-8 */
    int64_t small, normal, large;                     /* sizes, 1e-8 */
};
/* A fine grid; a coin of cents with a coarse tick; one that costs much; one whose step is coarse. */
static const struct thing things[] = {
    {"FINE", 100 * EB_E8, EB_E8 / 100, EB_E8 / 1000, EB_E8 / 1000, 5 * EB_E8, EB_E8 / 10, 20 * EB_E8, 2000 * EB_E8},
    {"CENTS", EB_E8 / 2, EB_E8 / 4000, EB_E8, EB_E8, 5 * EB_E8, 15 * EB_E8, 4000 * EB_E8, 400000 * EB_E8},
    {"COSTLY", 60000 * EB_E8, EB_E8 / 10, EB_E8 / 1000, EB_E8 / 1000, 100 * EB_E8, EB_E8 / 500, EB_E8 / 20, 10 * EB_E8},
    {"COARSE", 250 * EB_E8, EB_E8 / 20, EB_E8, EB_E8, 5 * EB_E8, EB_E8, 40 * EB_E8, 2000 * EB_E8},
};
static const int64_t leverages[] = {1, 5, 20, 50};
enum { SIZES = 3, SIDES = 2 };

/* Bars up to the entry: a slope a minute, a swing a quarter of an hour, and how far a bar reaches beyond its closes. */
struct market {
    const char *name;
    int64_t slope_ppm, swing_ppm, reach_ppm;
};
static const struct market markets[] = {
    {"TREND", 100, 0, 500},  {"RANGE", 0, 500, 500},    {"VOLATILE", 0, 11000, 1000},
    {"CHOP", 0, 1500, 3500}, {"NORMAL", 30, 500, 2500},
};
enum { SYMBOLS = EB_COUNT(things) * EB_COUNT(leverages) * EB_COUNT(markets) * SIZES * SIDES };

/* The walk after the first plans, ppm of entry towards profit: between them an answer is asked for. */
static const int64_t walk_ppm[] = {0, 4000, 10000, 17000, 45000, 30000, -5000};

struct scene {
    const struct thing *thing;
    const struct market *market;
    int64_t leverage, qty;
    enum eb_side side;
};

struct play {
    struct eb_host *host;
    eb_scene_seen seen;
    void *user;
    unsigned contexts, bad;
    bool hedge, any_good;
    int64_t now_ms;
    struct eb_instrument inst[EB_COUNT(things)];
};

static struct scene scene_of(unsigned i)
{
    struct scene s;
    s.side = i % SIDES == 0 ? EB_LONG : EB_SHORT;
    i /= SIDES;
    s.market = &markets[i % EB_COUNT(markets)];
    i /= EB_COUNT(markets);
    s.leverage = leverages[i % EB_COUNT(leverages)];
    i /= EB_COUNT(leverages);
    s.thing = &things[i % EB_COUNT(things)];
    i /= EB_COUNT(things);
    s.qty = i == 0 ? s.thing->normal : i == 1 ? s.thing->large : s.thing->small;
    return s;
}

static struct eb_event event(const struct play *t, enum eb_event_kind kind, unsigned symbol)
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

/* ---- what is heard ---- */

static const char *refusal(const struct eb_actions *actions)
{
    for (unsigned i = 0; i < actions->count; i++) {
        const struct eb_action *a = &actions->action[i];
        if (a->kind == EB_ACT_ALERT && a->u.alert.kind == EB_ALERT_VERDICT_REFUSED) {
            return a->u.alert.text;
        }
    }
    return NULL;
}

static void observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct play *t = user;
    struct eb_scene_answer a = {0};
    if (ev->kind == EB_EV_POLICY_FAILED) {
        a.ctx = ev->u.policy_failed->ctx;
        a.refused = ev->u.policy_failed->message;
    } else if (ev->kind == EB_EV_VERDICT) {
        a.ctx = ev->u.verdict.ctx;
        a.verdict = ev->u.verdict.verdict;
        a.refused = refusal(actions);
    } else {
        return;
    }
    struct scene s = scene_of(ev->symbol);
    a.inst = &t->inst[s.thing - things];
    a.market = s.market->name;
    t->contexts++;
    t->bad += a.refused != NULL;
    t->any_good = t->any_good || a.refused == NULL;
    t->seen(t->user, &a);
}

/* ---- what is played ---- */

/* Where the market stood `minutes` before the entry, ppm of it. */
static int64_t drift_ppm(const struct market *m, int64_t minutes)
{
    int64_t block = minutes / 15;
    int64_t in_block = minutes % 15;
    int64_t from = block % 2 == 0 ? 0 : m->swing_ppm;
    int64_t to = m->swing_ppm - from;
    return from + (to - from) * in_block / 15 - m->slope_ppm * minutes;
}

static int64_t at_ppm(int64_t entry_e8, int64_t ppm)
{
    return entry_e8 + (int64_t)((eb_i128)entry_e8 * ppm / EB_PPM);
}

static int tell_bar(struct play *t, unsigned symbol, const struct scene *s, int64_t from, int64_t minutes)
{
    struct eb_event ev = event(t, EB_EV_BAR, symbol);
    int64_t a = drift_ppm(s->market, from);
    int64_t b = drift_ppm(s->market, from - minutes);
    int64_t high = (a > b ? a : b) + s->market->reach_ppm;
    int64_t low = (a < b ? a : b) - s->market->reach_ppm;
    int64_t entry = s->thing->entry;
    ev.u.bar = (struct eb_ev_bar){START_MS - from * MINUTE_MS, minutes * MINUTE_MS,  {at_ppm(entry, a)},
                                  {at_ppm(entry, high)},       {at_ppm(entry, low)}, {at_ppm(entry, b)}};
    return eb_turn(t->host, &ev);
}

/* A day: hours, then quarters, then five minutes, then minutes, so that every frame is warm. */
static int tell_history(struct play *t, unsigned symbol, const struct scene *s)
{
    static const struct {
        int64_t until, minutes;
    } part[] = {{480, 60}, {120, 15}, {20, 5}, {0, 1}};
    int rc = EB_OK;
    int64_t from = 1440;
    for (size_t i = 0; i < EB_COUNT(part); i++) {
        for (; rc == EB_OK && from > part[i].until; from -= part[i].minutes) {
            rc = tell_bar(t, symbol, s, from, part[i].minutes);
        }
    }
    return rc;
}

static int tell_instrument(struct play *t, unsigned symbol, const struct scene *s)
{
    const struct thing *thing = s->thing;
    struct eb_ev_instrument inst = {.tick.e8 = thing->tick,
                                    .step.e8 = thing->step,
                                    .min_qty.e8 = thing->min_qty,
                                    .min_notional.e8 = thing->min_notional,
                                    .percent_up_ppm = 1050000,
                                    .percent_down_ppm = 950000,
                                    .max_orders = 200,
                                    .max_algo_orders = 10,
                                    .maintenance_ppm = 5000,
                                    .trading = true};
    (void)snprintf(inst.symbol, sizeof inst.symbol, "%s%uUSDT", thing->symbol, symbol);
    eb_instrument_from_event(&t->inst[thing - things], &inst);
    struct eb_event ev = event(t, EB_EV_INSTRUMENT, symbol);
    ev.u.instrument = &inst;
    return eb_turn(t->host, &ev);
}

static int tell_price(struct play *t, unsigned symbol, int64_t ppm)
{
    struct scene s = scene_of(symbol);
    struct eb_event ev = event(t, EB_EV_PRICE, symbol);
    eb_price at = {at_ppm(s.thing->entry, s.side == EB_LONG ? ppm : -ppm)};
    ev.u.price = (struct eb_ev_price){.source = EB_SRC_MARK, .price = at, .ask = at, .min = at, .max = at};
    return eb_turn(t->host, &ev);
}

static int tell_position(struct play *t, unsigned symbol, const struct scene *s)
{
    struct eb_ev_position p = {.side = (uint8_t)s->side,
                               .position_side = EB_PS_BOTH,
                               .qty.e8 = s->qty,
                               .entry.e8 = s->thing->entry,
                               .leverage_ppm = s->leverage * EB_PPM,
                               .opened_ms = t->now_ms};
    if (t->hedge) {
        p.position_side = s->side == EB_LONG ? EB_PS_LONG : EB_PS_SHORT;
    }
    struct eb_event ev = event(t, EB_EV_POSITION, symbol);
    ev.u.venue_position = &p;
    return eb_turn(t->host, &ev);
}

static bool hopeless(const struct play *t)
{
    return !t->any_good && t->bad >= FAILURES_MAX;
}

static int open_all(struct play *t)
{
    struct eb_event ev = event(t, EB_EV_ACCOUNT, EB_NO_SYMBOL);
    ev.u.account.balance.e8 = BALANCE_E8;
    ev.u.account.hedge = t->hedge;
    int rc = eb_turn(t->host, &ev);
    for (unsigned i = 0; rc == EB_OK && i < SYMBOLS && !hopeless(t); i++) {
        struct scene s = scene_of(i);
        rc = tell_instrument(t, i, &s);
        rc = rc == EB_OK ? tell_history(t, i, &s) : rc;
        rc = rc == EB_OK ? tell_price(t, i, 0) : rc;
        rc = rc == EB_OK ? tell_position(t, i, &s) : rc;
        eb_progress((t->hedge ? SYMBOLS : 0U) + i, UINT64_C(2) * SYMBOLS);
    }
    return rc;
}

/* A cycle at each price: eleven seconds, for the consults of positions are spread over ten. */
static int walk_all(struct play *t)
{
    int rc = EB_OK;
    for (size_t step = 0; rc == EB_OK && step < EB_COUNT(walk_ppm) && !hopeless(t); step++) {
        for (int second = 0; rc == EB_OK && second < 11; second++) {
            t->now_ms += 1000;
            for (unsigned i = 0; rc == EB_OK && i < SYMBOLS; i++) {
                rc = tell_price(t, i, walk_ppm[step]);
            }
            rc = rc == EB_OK ? eb_host_clock(t->host, t->now_ms * 1000000, t->now_ms) : rc;
        }
    }
    return rc;
}

static int play_once(struct play *t, struct eb_policy *policy, struct eb_err *err)
{
    struct eb_host_config c;
    memset(&c, 0, sizeof c);
    eb_engine_config_default(&c.engine);
    c.engine.symbols_max = SYMBOLS;
    c.engine.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, false, false}; /* shadow: nothing could be sent */
    c.engine.snapshot_ms = 0;
    c.policy = eb_policy_as_port(policy);
    c.observer = observe;
    c.observer_user = t;
    t->now_ms = START_MS;
    int rc = eb_host_create(&c, &t->host, err);
    if (rc != EB_OK) {
        return rc;
    }
    rc = open_all(t);
    rc = rc == EB_OK ? walk_all(t) : rc;
    eb_host_destroy(t->host);
    return rc == EB_OK ? rc
                       : eb_err_set(err, rc, "check", "the standard contexts could not be played: %s", eb_err_text(rc));
}

int eb_scene_play(struct eb_policy *policy, eb_scene_seen seen, void *user, unsigned *contexts, struct eb_err *err)
{
    struct play t = {.seen = seen, .user = user};
    int rc = play_once(&t, policy, err);
    if (rc == EB_OK && !hopeless(&t)) {
        t.hedge = true;
        rc = play_once(&t, policy, err);
    }
    eb_progress_end();
    *contexts = t.contexts;
    return rc;
}

void eb_scene_words(const struct eb_context *ctx, const char *market, char *out, size_t size)
{
    char qty[EB_DECIMAL_TEXT_MAX];
    char entry[EB_DECIMAL_TEXT_MAX];
    char pnl[EB_DECIMAL_TEXT_MAX + 8] = "";
    (void)eb_decimal_format(ctx->qty.e8, 8, qty);
    (void)eb_decimal_format(ctx->entry.e8, 8, entry);
    if (ctx->pnl_ppm != 0) {
        char text[EB_DECIMAL_TEXT_MAX];
        (void)eb_decimal_format(ctx->pnl_ppm, 4, text);
        (void)snprintf(pnl, sizeof pnl, ", at %s %%", text);
    }
    (void)snprintf(out, size, "%s %s at %s%s, %lldx%s, %s", eb_side_name((enum eb_side)ctx->side), qty, entry, pnl,
                   (long long)(ctx->leverage_ppm / EB_PPM), ctx->position_side != EB_PS_BOTH ? ", hedge" : "", market);
}
