/* SPDX-License-Identifier: Apache-2.0 */
/* Chance as venue, operator and market; see chaos.h. */
#include "chaos.h"

#include <stdlib.h>

#include "chaos_policy.h"
#include "engine/state.h"

static int64_t below(struct chaos *c, int64_t n)
{
    return (int64_t)eb_rng_below(&c->rng, (uint64_t)n);
}

static bool chance(struct chaos *c, unsigned percent)
{
    return eb_rng_chance(&c->rng, percent, 100);
}

/* ---- twins ---- */

static void force_slow(struct eb_engine *e)
{
    for (uint32_t i = 0; i < e->symbol_count * EB_SRC_COUNT; i++) {
        e->hot[i].low = INT64_MAX;
    }
}

static void name_actions(const char *whose, const struct eb_action *a, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const char *text = a[i].kind == EB_ACT_ALERT    ? a[i].u.alert.text
                           : a[i].kind == EB_ACT_SUBMIT ? eb_purpose_name((enum eb_purpose)a[i].u.submit.purpose)
                                                        : "";
        print_error("%s: kind %d, %s\n", whose, a[i].kind, text);
    }
}

/* Numbers of records and consults depend on the order of steps at one instant, which is free. */
static void collect(struct chaos_actions *to, const struct eb_actions *out)
{
    for (unsigned i = 0; i < out->count; i++) {
        assert_true(to->count < CHAOS_ACTIONS);
        struct eb_action *a = &to->action[to->count++];
        *a = out->action[i];
        if (a->kind == EB_ACT_SUBMIT) {
            a->u.submit.needs_seq = 0;
        } else if (a->kind == EB_ACT_CONSULT) {
            memset(a, 0, sizeof *a);
            a->kind = EB_ACT_CONSULT;
        }
    }
}

static bool same_set(const struct chaos_actions *a, const struct chaos_actions *b)
{
    bool used[CHAOS_ACTIONS] = {false};
    for (unsigned i = 0; i < a->count; i++) {
        unsigned k = 0;
        while (k < b->count && (used[k] || memcmp(&a->action[i], &b->action[k], sizeof a->action[0]) != 0)) {
            k++;
        }
        if (k == b->count) {
            return false;
        }
        used[k] = true;
    }
    return a->count == b->count;
}

static void compare_actions(struct chaos *c, const struct eb_event *ev)
{
    if (!same_set(&c->with_bands, &c->without)) {
        name_actions("with bands", c->with_bands.action, c->with_bands.count);
        name_actions("without", c->without.action, c->without.count);
        print_error("compared: event kind %d\n", c->last_kind);
        fail_msg("seed %d, before step %u, event kind %d: bands change what is done", (int)c->seed, c->step, ev->kind);
    }
    c->with_bands.count = c->without.count = 0;
}

/* The same verdict under the number that this engine gave its consult. */
static void step_slow(struct chaos *c, const struct eb_event *ev)
{
    struct eb_event own = *ev;
    struct eb_ev_policy_failed failed;
    if (ev->kind == EB_EV_VERDICT || ev->kind == EB_EV_POLICY_FAILED) {
        const bool ok = ev->kind == EB_EV_VERDICT;
        c->own_ctx = ok ? *ev->u.verdict.ctx : *ev->u.policy_failed->ctx;
        c->own_ctx.consult_id = eb_slot_at(c->slow, ev->position)->consult_id;
        if (ok) {
            own.u.verdict.ctx = &c->own_ctx;
        } else {
            failed = *ev->u.policy_failed;
            failed.ctx = &c->own_ctx;
            own.u.policy_failed = &failed;
        }
    }
    force_slow(c->slow);
    (void)eb_engine_step(c->slow, &own, c->twin_out);
    collect(&c->without, c->twin_out);
}

/* CLOCK steps of one instant, and the verdicts between them, are compared together: in which of them a slot's turn
 * comes is free. */
static void follow_slow(struct chaos *c, const struct eb_event *ev)
{
    bool clock = ev->kind == EB_EV_CLOCK;
    bool answer = ev->kind == EB_EV_VERDICT || ev->kind == EB_EV_POLICY_FAILED;
    if (!(clock || answer) || ev->now_ns != c->clock_ns) {
        compare_actions(c, ev);
    }
    c->clock_ns = ev->now_ns;
    c->last_kind = ev->kind;
    collect(&c->with_bands, &c->f->out);
    while (clock && eb_engine_next_deadline(c->slow) <= ev->now_ns) {
        step_slow(c, ev);
    }
    if (!clock) {
        step_slow(c, ev);
    }
}

/* Where two engines' slots differ, as offsets: for the debugger's ptype /o. */
static void name_differences(const struct eb_engine *a, const struct eb_engine *b)
{
    for (uint32_t i = 0; i < a->symbol_count * 2; i++) {
        const unsigned char *x = (const unsigned char *)eb_slot_at(a, i);
        const unsigned char *y = (const unsigned char *)eb_slot_at(b, i);
        for (size_t at = 0; at < offsetof(struct eb_slot, snapshot_gen); at += 8) {
            if (memcmp(x + at, y + at, 8) == 0) {
                continue;
            }
            bool in_order = at >= offsetof(struct eb_slot, order) && at < offsetof(struct eb_slot, trade);
            size_t rel = in_order ? (at - offsetof(struct eb_slot, order)) % sizeof(struct eb_order) : at;
            int64_t live;
            int64_t folded;
            memcpy(&live, x + at, 8);
            memcpy(&folded, y + at, 8);
            print_error("slot %u: %s + %zu: %lld, folded %lld\n", i, in_order ? "an order" : "slot", rel,
                        (long long)live, (long long)folded);
        }
    }
}

static void step_twins(struct fx *f, const struct eb_event *ev)
{
    struct chaos *c = f->user;
    if (c->slow != NULL) {
        follow_slow(c, ev);
    }
    c->durable += f->out.durable;
    if (c->fold != NULL && f->out.durable) {
        struct eb_event again = *ev;
        struct eb_witness witness;
        if (eb_engine_witness(f->e) != NULL) {
            witness = *eb_engine_witness(f->e);
            again.witness = &witness;
        }
        (void)eb_engine_step(c->fold, &again, c->twin_out);
        if (c->twin_out->durable && eb_engine_durable_hash(f->e) != eb_engine_durable_hash(c->fold)) {
            name_differences(f->e, c->fold);
        }
        if (!c->twin_out->durable || eb_engine_durable_hash(f->e) != eb_engine_durable_hash(c->fold)) {
            fail_msg("seed %d, step %u, event kind %d: the fold of durable events %s", (int)c->seed, c->step, ev->kind,
                     c->twin_out->durable ? "has another state" : "sees nothing durable in it");
        }
    }
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
    step_twins(f, ev);
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
    struct eb_ev_position p = {.position_side = (uint8_t)(!c->hedge ? EB_PS_BOTH : leg == 0 ? EB_PS_LONG : EB_PS_SHORT),
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
            tell_order(c, o, whole ? EB_OS_FILLED : rests && o->filled > 0 ? EB_OS_PARTIAL : EB_OS_EXPIRED, EB_REJ_NONE);
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
    static const enum eb_command verbs[] = {EB_CMD_PAUSE, EB_CMD_RESUME, EB_CMD_RESUME, EB_CMD_RESUME, EB_CMD_FLATTEN,
                                            EB_CMD_RELEASE, EB_CMD_ADOPT, EB_CMD_ADOPT, EB_CMD_REARM, EB_CMD_CONFIRM,
                                            EB_CMD_SNAPSHOT};
    struct eb_ev_command cmd = {.verb = (uint8_t)verbs[below(c, EB_COUNT(verbs))], .id = ++c->command, .who = "chance"};
    struct eb_event ev = fx_event(c->f, EB_EV_COMMAND, chance(c, 60) ? (eb_symbol_id)below(c, 2) : EB_NO_SYMBOL);
    ev.u.command = &cmd;
    (void)fx_step(c->f, &ev);
    if (chance(c, 10)) {
        (void)fx_step(c->f, &ev); /* said twice */
    }
}

static void mode_changes(struct chaos *c)
{
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
