/* SPDX-License-Identifier: Apache-2.0 */
/* Chance as venue, operator and market; see chaos.h. */
#include "chaos.h"

#include <stdio.h>
#include <stdlib.h>

#include "chaos_policy.h"

static int64_t below(struct chaos *c, int64_t n)
{
    return (int64_t)eb_rng_below(&c->rng, (uint64_t)n);
}

static bool chance(struct chaos *c, unsigned percent)
{
    return eb_rng_chance(&c->rng, percent, 100);
}

/* ---- what the engine asks of the venue ---- */

static struct chaos_order *find(struct chaos *c, eb_client_id id)
{
    for (unsigned i = 0; i < CHAOS_ORDERS; i++) {
        if (c->order[i].used && eb_client_id_equal(c->order[i].req.client_id, id)) {
            return &c->order[i];
        }
    }
    return NULL;
}

static void listen(struct chaos *c)
{
    for (unsigned i = 0; i < c->f->out.count; i++) {
        const struct eb_action *a = &c->f->out.action[i];
        if (a->kind == EB_ACT_SUBMIT) {
            assert_null(find(c, a->u.submit.client_id)); /* nothing is sent twice under one id */
            unsigned at = 0;
            while (at < CHAOS_ORDERS && c->order[at].used) {
                at++;
            }
            assert_true(at < CHAOS_ORDERS);
            c->order[at] = (struct chaos_order){.req = a->u.submit, .used = true};
            c->queried[at] = false;
        } else if (a->kind == EB_ACT_CANCEL || a->kind == EB_ACT_QUERY) {
            struct chaos_order *o = find(c, a->u.cancel.client_id);
            if (o != NULL && a->kind == EB_ACT_CANCEL) {
                o->cancelled = true;
            } else if (o != NULL) {
                c->queried[o - c->order] = true;
            }
        } else if (a->kind == EB_ACT_SNAPSHOT) {
            c->wants_snapshot = true;
        }
    }
}

static void after(struct fx *f, const struct eb_event *ev)
{
    chaos_follow(f->user, ev);
    listen(f->user);
}

/* ---- market ---- */

static void price_event(struct chaos *c, eb_symbol_id id)
{
    int64_t tick = id == 0 ? e8("0.01") : e8("0.1");
    int64_t move = eb_rng_range(&c->rng, -12, 12) * tick + eb_rng_range(&c->rng, -3, 3);
    if (chance(c, 1)) {
        move = c->mark[id] / 100 * eb_rng_range(&c->rng, -9, 9);
    }
    c->mark[id] += move;
    if (c->mark[id] < 40 * tick) {
        c->mark[id] = 40 * tick;
    }
    struct eb_event ev = fx_event(c->f, EB_EV_PRICE, id);
    int64_t at = c->mark[id];
    int64_t source = below(c, 10);
    ev.u.price.source = (uint8_t)(source < 5 ? EB_SRC_MARK : source < 8 ? EB_SRC_BOOK : EB_SRC_LAST);
    ev.u.price.from_rest = ev.u.price.source == EB_SRC_MARK && chance(c, 20);
    ev.u.price.price.e8 = at;
    ev.u.price.min.e8 = at - (chance(c, 20) ? below(c, 20 * tick) : 0);
    ev.u.price.max.e8 = at + (chance(c, 20) ? below(c, 20 * tick) : 0);
    if (ev.u.price.source == EB_SRC_BOOK) {
        int64_t spread = tick * (1 + below(c, 3));
        ev.u.price.price.e8 = at - spread;
        ev.u.price.ask.e8 = at + spread;
        ev.u.price.min.e8 = at + spread - (chance(c, 20) ? below(c, 20 * tick) : 0);
        ev.u.price.max.e8 = at - spread + (chance(c, 20) ? below(c, 20 * tick) : 0);
    }
    (void)fx_step(c->f, &ev);
}

static void quiet_events(struct chaos *c, eb_symbol_id id)
{
    struct eb_event ev = fx_event(c->f, EB_EV_FUNDING, id);
    ev.u.funding = (struct eb_ev_funding){.rate_e8 = below(c, 10000), .next_ms = c->f->now_ms + below(c, 10000)};
    (void)fx_step(c->f, &ev);
    if (chance(c, 30)) {
        ev = fx_event(c->f, EB_EV_ACCOUNT, EB_NO_SYMBOL);
        ev.u.account = (struct eb_ev_account){.balance = {below(c, e8("20000"))}, .hedge = c->hedge};
        (void)fx_step(c->f, &ev);
    }
    if (chance(c, 30)) {
        struct eb_ev_instrument inst = fx_instrument(id);
        inst.trading = chance(c, 90);
        ev = fx_event(c->f, EB_EV_INSTRUMENT, id);
        ev.u.instrument = &inst;
        (void)fx_step(c->f, &ev);
    }
}

/* ---- the venue's answers ---- */

static void tell_position(struct chaos *c, eb_symbol_id id, unsigned leg, bool in_picture)
{
    const struct chaos_leg *l = &c->leg[id][leg];
    struct eb_ev_position p = {.position_side = (uint8_t)(!c->hedge  ? EB_PS_BOTH
                                                          : leg == 0 ? EB_PS_LONG
                                                                     : EB_PS_SHORT),
                               .side = (uint8_t)l->side,
                               .qty = {l->qty},
                               .entry = {l->qty > 0 ? l->entry : 0},
                               .leverage_ppm = (1 + below(c, 3)) * 5 * EB_PPM,
                               .adopted = in_picture,
                               .venue_ms = chance(c, 50) ? 0 : l->changed_ms,
                               .strategy_id = "chance"};
    if (l->qty == 0 && in_picture) {
        return;
    }
    if (chance(c, 20) && l->qty > 0) {
        p.liquidation.e8 = l->side == EB_LONG ? l->entry / 10 * 9 : l->entry / 10 * 11;
    }
    struct eb_event ev = fx_event(c->f, EB_EV_POSITION, id);
    ev.u.venue_position = &p;
    (void)fx_step(c->f, &ev);
}

static void fill_order(struct chaos *c, struct chaos_order *o)
{
    eb_symbol_id id = o->req.symbol;
    unsigned leg = c->hedge && o->req.position_side == EB_PS_SHORT ? 1 : 0;
    struct chaos_leg *l = &c->leg[id][leg];
    int64_t step = id == 0 ? e8("0.001") : e8("1");
    int64_t left = o->req.close_position ? l->qty : o->req.qty.e8 - o->filled;
    left = left < l->qty ? left : l->qty;
    int64_t qty = chance(c, 70) ? left : below(c, left / step + 1) * step;
    if (qty <= 0) {
        return;
    }
    l->qty -= qty;
    l->changed_ms = c->f->now_ms;
    o->filled += qty;
    o->known = true;
    struct eb_event ev = fx_event(c->f, EB_EV_FILL, id);
    ev.u.fill = (struct eb_ev_fill){.client_id = o->req.client_id,
                                    .trade_id = ++c->f->trade,
                                    .price = {c->mark[id]},
                                    .qty = {qty},
                                    .fee = {below(c, 1000)},
                                    .order_side = o->req.order_side,
                                    .position_side = o->req.position_side,
                                    .venue_ms = c->f->now_ms};
    if (chance(c, 5)) {
        return; /* this one never comes */
    }
    (void)fx_step(c->f, &ev);
    if (chance(c, 10)) {
        (void)fx_step(c->f, &ev);
    }
}

static void tell_order(struct chaos *c, struct chaos_order *o, enum eb_order_state state, enum eb_reject_class reject)
{
    struct eb_event ev = fx_event(c->f, EB_EV_ORDER, o->req.symbol);
    ev.u.order = (struct eb_ev_order){.client_id = o->req.client_id,
                                      .venue_order_id = o->venue_id,
                                      .state = (uint8_t)state,
                                      .reject = (uint8_t)reject,
                                      .from_query = chance(c, 20),
                                      .filled = {o->filled},
                                      .venue_ms = c->f->now_ms};
    (void)fx_step(c->f, &ev);
    struct chaos_order *still = find(c, ev.u.order.client_id);
    if (still != NULL && eb_order_is_terminal(state)) {
        still->used = false;
    }
}

static void cancel_answer(struct chaos *c, struct chaos_order *o)
{
    o->cancelled = false;
    int64_t dice = below(c, 10);
    if (dice < 7) {
        tell_order(c, o, EB_OS_CANCELED, EB_REJ_NONE);
        return;
    }
    struct eb_event ev = fx_event(c->f, EB_EV_ORDER, o->req.symbol);
    ev.u.order = (struct eb_ev_order){.client_id = o->req.client_id,
                                      .state = (uint8_t)(dice == 9 ? EB_OS_UNKNOWN : EB_OS_NONE),
                                      .reject = (uint8_t)(dice == 8 ? EB_REJ_GONE : EB_REJ_RETRY),
                                      .cancel_failed = true};
    (void)fx_step(c->f, &ev);
}

static void answer_order(struct chaos *c, struct chaos_order *o)
{
    bool rests = o->req.type == EB_ORDER_STOP_MARKET || o->req.type == EB_ORDER_LIMIT_GTC;
    int64_t dice = below(c, 100);
    if (o->venue_id == 0) {
        o->venue_id = ++c->f->venue_id;
    }
    if (o->cancelled) {
        cancel_answer(c, o);
    } else if (dice < 12 && !o->known && o->filled == 0) {
        tell_order(c, o, EB_OS_REJECTED, (enum eb_reject_class)(1 + below(c, EB_REJ_COUNT - 1)));
    } else if (dice < 17) {
        tell_order(c, o, EB_OS_UNKNOWN, EB_REJ_NONE);
    } else if (dice < 21) {
        tell_order(c, o, o->filled > 0 || o->known ? EB_OS_EXPIRED : EB_OS_ABSENT, EB_REJ_NONE);
    } else if (dice < 60 && rests) {
        o->known = true;
        tell_order(c, o, EB_OS_NEW, EB_REJ_NONE);
    } else if (dice < 64 && o->req.type == EB_ORDER_STOP_MARKET) {
        tell_order(c, o, dice < 62 ? EB_OS_TRIGGERING : EB_OS_TRIGGERED, EB_REJ_NONE);
    } else if (dice < 90 || !rests) {
        eb_client_id id = o->req.client_id;
        fill_order(c, o);
        o = find(c, id);
        if (o != NULL && chance(c, 80)) {
            bool whole = o->req.close_position ? o->filled > 0 : o->filled == o->req.qty.e8;
            bool working = rests && o->filled > 0;
            tell_order(c, o, whole ? EB_OS_FILLED : working ? EB_OS_PARTIAL : EB_OS_EXPIRED, EB_REJ_NONE);
        }
    }
}

static void some_answers(struct chaos *c)
{
    for (unsigned i = 0; i < CHAOS_ORDERS; i++) {
        if (c->order[i].used && (c->queried[i] ? chance(c, 70) : chance(c, 25))) {
            c->queried[i] = false;
            answer_order(c, &c->order[i]);
        }
    }
}

/* ---- pictures ---- */

static void picture(struct chaos *c)
{
    struct eb_event ev = fx_event(c->f, EB_EV_SNAPSHOT_BEGIN, EB_NO_SYMBOL);
    (void)fx_step(c->f, &ev);
    for (unsigned i = 0; i < 4; i++) {
        if (!(i % 2 == 1 && !c->hedge)) {
            tell_position(c, i / 2, i % 2, true);
        }
    }
    for (unsigned i = 0; i < CHAOS_ORDERS; i++) {
        const struct chaos_order *o = &c->order[i];
        bool rests = o->req.type == EB_ORDER_STOP_MARKET || o->req.type == EB_ORDER_LIMIT_GTC;
        if (o->used && rests && o->known && chance(c, 90)) {
            ev = fx_event(c->f, EB_EV_OPEN_ORDER, o->req.symbol);
            ev.u.open_order = (struct eb_ev_open_order){.client_id = o->req.client_id,
                                                        .venue_order_id = o->venue_id,
                                                        .position_side = o->req.position_side,
                                                        .order_side = o->req.order_side,
                                                        .type = o->req.type,
                                                        .state = EB_OS_NEW,
                                                        .close_position = o->req.close_position,
                                                        .reduce_only = o->req.reduce_only,
                                                        .qty = o->req.qty,
                                                        .filled = {o->filled},
                                                        .price = o->req.price,
                                                        .trigger = o->req.trigger};
            (void)fx_step(c->f, &ev);
        }
    }
    if (chance(c, 20)) { /* somebody else's stop */
        ev = fx_event(c->f, EB_EV_OPEN_ORDER, 0);
        ev.u.open_order = (struct eb_ev_open_order){.venue_order_id = 77,
                                                    .position_side = c->hedge ? EB_PS_LONG : EB_PS_BOTH,
                                                    .order_side = EB_SELL,
                                                    .type = EB_ORDER_STOP_MARKET,
                                                    .state = EB_OS_NEW,
                                                    .close_position = true,
                                                    .trigger = {c->mark[0] / 100 * 95}};
        (void)fx_step(c->f, &ev);
    }
    int64_t dice = below(c, 10);
    if (dice < 8) {
        ev = fx_event(c->f, dice == 0 ? EB_EV_SNAPSHOT_FAILED : EB_EV_SNAPSHOT_END, EB_NO_SYMBOL);
        (void)fx_step(c->f, &ev);
    }
    c->wants_snapshot = false;
}

/* ---- other hands ---- */

static void other_hands(struct chaos *c, eb_symbol_id id)
{
    unsigned leg = c->hedge ? (unsigned)below(c, 2) : 0;
    struct chaos_leg *l = &c->leg[id][leg];
    int64_t step = id == 0 ? e8("0.001") : e8("1");
    int64_t lots = (1 + below(c, 40)) * step * (id == 0 ? 100 : 1);
    if (l->qty == 0) {
        if (!chance(c, 40)) {
            return;
        }
        l->side = c->hedge ? (leg == 0 ? EB_LONG : EB_SHORT) : chance(c, 50) ? EB_LONG : EB_SHORT;
        l->qty = lots;
        l->entry = c->mark[id];
    } else if (!c->adds || !chance(c, 25)) {
        return;
    } else if (chance(c, 40)) {
        l->entry = (int64_t)(((__int128)l->entry * l->qty + (__int128)c->mark[id] * lots) / (l->qty + lots));
        l->qty += lots;
    } else if (chance(c, 60)) {
        l->qty -= lots < l->qty ? lots : l->qty;
    } else if (chance(c, 50) && !c->hedge) {
        l->side = l->side == EB_LONG ? EB_SHORT : EB_LONG;
        l->entry = c->mark[id];
    } else {
        l->entry += eb_rng_range(&c->rng, -3, 3) * e8("0.01");
    }
    l->changed_ms = c->f->now_ms;
    tell_position(c, id, leg, false);
}

static void operator_says(struct chaos *c)
{
    static const enum eb_command verbs[] = {EB_CMD_PAUSE,   EB_CMD_RESUME,  EB_CMD_RESUME,  EB_CMD_RESUME,
                                            EB_CMD_FLATTEN, EB_CMD_RELEASE, EB_CMD_ADOPT,   EB_CMD_ADOPT,
                                            EB_CMD_REARM,   EB_CMD_CONFIRM, EB_CMD_SNAPSHOT};
    struct eb_ev_command cmd = {.verb = (uint8_t)verbs[below(c, EB_COUNT(verbs))], .id = ++c->command, .who = "chance"};
    struct eb_event ev = fx_event(c->f, EB_EV_COMMAND, chance(c, 60) ? (eb_symbol_id)below(c, 2) : EB_NO_SYMBOL);
    ev.u.command = &cmd;
    (void)fx_step(c->f, &ev);
    if (chance(c, 10)) {
        (void)fx_step(c->f, &ev); /* said twice */
    }
}

static void somebody_signals(struct chaos *c)
{
    static const char *const names[] = {"risk_mode", "confidence", "x", "hint"};
    struct eb_ev_signal g = {.id = chance(c, 30) ? ++c->command : 0, .who = "chance"};
    struct eb_event ev = fx_event(c->f, EB_EV_SIGNAL, chance(c, 60) ? (eb_symbol_id)below(c, 2) : EB_NO_SYMBOL);
    (void)snprintf(g.value.key, sizeof g.value.key, "%s", names[below(c, 4)]);
    g.value.kind = (uint8_t)below(c, EB_MEM_TEXT + 1);
    g.value.number = (double)below(c, 3);
    memcpy(g.value.text, chance(c, 50) ? "CRITICAL" : "ESS_TRUE", 9);
    g.expires_ms = chance(c, 50) ? c->f->now_ms + eb_rng_range(&c->rng, -1000, 40000) : 0;
    ev.u.signal = &g;
    (void)fx_step(c->f, &ev);
    if (chance(c, 20)) {
        (void)fx_step(c->f, &ev); /* said twice */
    }
}

static void another_set(struct chaos *c)
{
    struct eb_ev_policy p = {.hash = {(uint8_t)below(c, 4)}, .legacy = chance(c, 50), .name = "chance"};
    struct eb_event ev = fx_event(c->f, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = &p;
    (void)fx_step(c->f, &ev);
}

static void mode_changes(struct chaos *c)
{
    if (chance(c, 40)) {
        another_set(c);
        return;
    }
    struct eb_event ev = fx_event(c->f, EB_EV_CONFIG, EB_NO_SYMBOL);
    ev.u.config = (struct eb_ev_config){(uint8_t)(chance(c, 85) ? EB_EXIT_MODE_EXIT_BRAIN_V3 : EB_EXIT_MODE_LEGACY),
                                        chance(c, 80), chance(c, 80)};
    (void)fx_step(c->f, &ev);
}

static void one_step(struct chaos *c)
{
    eb_symbol_id id = (eb_symbol_id)below(c, 2);
    int64_t dice = below(c, 1000);
    if (dice < 600) {
        price_event(c, id);
    } else if (dice < 800) {
        some_answers(c);
    } else if (dice < 900) {
        other_hands(c, id);
    } else if (dice < 950) {
        for (unsigned leg = 0; leg < (c->hedge ? 2u : 1u); leg++) {
            tell_position(c, id, leg, false);
        }
    } else if (dice < 965) {
        quiet_events(c, id);
    } else if (dice < 975 && c->operators) {
        operator_says(c);
    } else if (dice < 978 && c->modes) {
        mode_changes(c);
    } else if (dice < 990 && c->pictures) {
        picture(c);
    } else if (dice >= 990 && c->signals) {
        somebody_signals(c);
    }
    if (c->wants_snapshot && c->pictures && chance(c, 20)) {
        picture(c);
    }
}

struct chaos *chaos_new(const struct chaos_plan *plan, uint64_t seed)
{
    struct chaos *c = calloc(1, sizeof *c);
    assert_non_null(c);
    eb_rng_seed(&c->rng, seed);
    c->seed = seed;
    c->hedge = plan->hedge;
    c->operators = plan->operators;
    c->modes = plan->modes;
    c->signals = plan->signals;
    c->pictures = plan->pictures;
    c->adds = plan->adds;
    c->mark[0] = e8("100");
    c->mark[1] = e8("2000");
    c->twin_out = calloc(1, sizeof *c->twin_out);
    struct eb_engine_config config = plan->config;
    config.symbols_max = 2;
    config.hedge = plan->hedge;
    c->f = fx_new(&config);
    if (plan->with_fold) {
        assert_int_equal(eb_engine_create(&config, &c->fold, NULL), EB_OK);
    }
    if (plan->with_slow) {
        assert_int_equal(eb_engine_create(&config, &c->slow, NULL), EB_OK);
    }
    struct eb_engine *const twin[] = {c->fold, c->slow};
    for (unsigned i = 0; i < 4; i++) { /* what the bench told before anybody listened */
        if (twin[i / 2] != NULL) {
            struct eb_ev_instrument inst = fx_instrument(i % 2);
            struct eb_event first = fx_event(c->f, EB_EV_INSTRUMENT, i % 2);
            first.u.instrument = &inst;
            assert_int_equal(eb_engine_step(twin[i / 2], &first, c->twin_out), EB_OK);
        }
    }
    if (c->slow != NULL) {
        struct eb_event ev = fx_event(c->f, EB_EV_ACCOUNT, EB_NO_SYMBOL);
        ev.u.account = (struct eb_ev_account){.balance = {e8("10000")}, .hedge = plan->hedge};
        assert_int_equal(eb_engine_step(c->slow, &ev, c->twin_out), EB_OK);
    }
    c->f->user = c;
    c->f->after = after;
    c->f->policy = chaos_policy;
    return c;
}

void chaos_run(struct chaos *c, unsigned steps)
{
    for (unsigned i = 0; i < steps; i++) {
        c->step++;
        fx_clear(c->f);
        fx_run(c->f, chance(c, 90) ? below(c, 400) : below(c, 12000));
        fx_clear(c->f);
        one_step(c);
    }
}

void chaos_free(struct chaos *c)
{
    fx_free(c->f);
    eb_engine_destroy(c->fold);
    eb_engine_destroy(c->slow);
    free(c->twin_out);
    free(c);
}
