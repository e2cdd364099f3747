/* SPDX-License-Identifier: Apache-2.0 */
/* Episodes from events and actions, slot by slot. */
#include "app/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"

#define SILENT_NS INT64_C(300000000000) /* a symbol whose mark has not moved for so long after the real exit is gone */
#define FUNDING_LATE_MS 2000            /* after its moment: then the mark that is known will do */
#define REVIEW_MS 60000                 /* between looks for those */
#define NOTIONAL_MAX_E16 ((eb_i128)INT64_MAX * EB_E8) /* times a rate it stays within 128 bits */

struct slot {
    bool open;
    bool done;      /* its own exit has come */
    bool concluded; /* and is in the ledger, though the real position goes on */
    bool censored, partial, is_virtual;
    uint8_t side;
    uint16_t exits[EB_EXIT_REASON_COUNT];
    uint32_t episode;
    int64_t opened_ms, exit_ms;
    eb_qty qty;  /* what is left of it */
    eb_qty real; /* of the account, as last told */
    eb_price entry;
    eb_money pnl, fees, funding;
};
struct rate {
    int64_t rate_e8, next_ms; /* next_ms 0: not known */
    int64_t owed_e8, owed_ms; /* was due, and the next was told before the mark to pay by; owed_ms 0: nothing */
};
struct eb_tally {
    struct eb_tally_config c;
    char owner[EB_NAME_MAX];
    char policy[13];
    const struct eb_engine *engine;
    struct slot *slot; /* by position */
    struct rate *rate; /* by symbol */
    uint32_t slots;    /* up to the highest that was ever open */
    unsigned open;
    int64_t funding_due_ms; /* the earliest; INT64_MAX none */
    int64_t began_ms, review_ms;
    bool began, live;
};

int eb_tally_create(const struct eb_tally_config *c, struct eb_tally **out, struct eb_err *err)
{
    struct eb_tally *t = calloc(1, sizeof(*t));
    *out = t;
    if (t != NULL) {
        t->slot = calloc((size_t)2 * c->symbols_max, sizeof(*t->slot));
        t->rate = calloc(c->symbols_max, sizeof(*t->rate));
    }
    if (t == NULL || t->slot == NULL || t->rate == NULL) {
        eb_tally_destroy(t);
        *out = NULL;
        return eb_err_set(err, EB_E_MEMORY, "ledger", "no memory for %u symbols", c->symbols_max);
    }
    t->c = *c;
    t->funding_due_ms = INT64_MAX;
    (void)snprintf(t->owner, sizeof(t->owner), "%s", c->owner);
    return EB_OK;
}

void eb_tally_destroy(struct eb_tally *t)
{
    if (t != NULL) {
        free(t->slot);
        free(t->rate);
        free(t);
    }
}

void eb_tally_attach(struct eb_tally *t, const struct eb_engine *engine)
{
    t->engine = engine;
}

unsigned eb_tally_open(const struct eb_tally *t)
{
    return t->open;
}

void eb_tally_policy(struct eb_tally *t, const char *hash, bool changed)
{
    (void)snprintf(t->policy, sizeof(t->policy), "%.12s", hash);
    for (uint32_t i = 0; changed && i < t->slots; i++) {
        t->slot[i].partial = true;
    }
}

void eb_tally_gap(struct eb_tally *t)
{
    for (uint32_t i = 0; i < t->slots; i++) {
        t->slot[i].censored = true;
    }
}

static struct slot *slot_of(struct eb_tally *t, eb_position_id position)
{
    return position < 2 * t->c.symbols_max ? &t->slot[position] : NULL;
}

/* ---- beginning and end ------------------------------------------------------------------------------------------- */

static struct eb_ledger_record record_of(const struct eb_tally *t, eb_position_id position)
{
    const struct slot *s = &t->slot[position];
    struct eb_ledger_record r;
    memset(&r, 0, sizeof(r));
    memcpy(r.owner, t->owner, sizeof(r.owner));
    memcpy(r.policy, t->policy, sizeof(r.policy));
    (void)snprintf(r.symbol, sizeof(r.symbol), "%s", eb_engine_symbol_name(t->engine, position / 2));
    memcpy(r.exits, s->exits, sizeof(r.exits));
    r.side = s->side;
    r.opened_ms = s->opened_ms;
    r.closed_ms = s->exit_ms;
    r.is_virtual = s->is_virtual;
    r.pnl = s->pnl;
    r.fees = s->fees;
    r.funding = s->funding;
    return r;
}

/* The taker fee of an amount, up. */
static int64_t fee_of(const struct eb_tally *t, eb_price price, eb_qty qty)
{
    eb_money notional;
    int64_t fee;
    bool known = eb_notional(price, qty, EB_ROUND_CEIL, &notional) &&
                 eb_mul_div(notional.e8, t->c.fee_taker_ppm, EB_PPM, EB_ROUND_CEIL, &fee);
    return known ? fee : 0;
}

static void begin(struct eb_tally *t, eb_position_id position, const struct eb_evidence *v)
{
    struct slot *s = &t->slot[position];
    memset(s, 0, sizeof(*s));
    s->open = true;
    s->side = v->ctx.side;
    s->episode = v->ctx.episode;
    s->opened_ms = v->ctx.opened_ms;
    s->qty = v->ctx.qty;
    s->real = v->ctx.qty;
    s->entry = v->ctx.entry;
    s->done = v->ctx.qty.e8 == 0;
    s->is_virtual = !v->ctx.live;
    s->partial = v->ctx.adopted || s->opened_ms < t->began_ms || s->done || v->ctx.hits > 0;
    s->fees.e8 = fee_of(t, v->ctx.entry, v->ctx.first_qty);
    t->slots = position >= t->slots ? position + 1 : t->slots;
    t->open += s->done ? 0 : 1;
    const struct eb_ledger_record r = record_of(t, position);
    eb_ledger_begin(t->c.ledger, &r);
}

/* What is left of an episode that did not come to its own exit, as if it were closed at the mark. */
static void mark_rest(const struct eb_tally *t, eb_position_id position, int64_t now_ms, struct eb_ledger_record *r)
{
    const struct slot *s = &t->slot[position];
    eb_price mark;
    int64_t at_ns;
    int64_t pnl;
    r->closed_ms = now_ms;
    if (s->qty.e8 > 0 && eb_engine_price(t->engine, position / 2, EB_SRC_MARK, &mark, &at_ns)) {
        int64_t favour = s->side == EB_LONG ? mark.e8 - s->entry.e8 : s->entry.e8 - mark.e8;
        r->pnl.e8 += eb_mul_div(favour, s->qty.e8, EB_E8, EB_ROUND_FLOOR, &pnl) ? pnl : 0;
        r->fees.e8 += fee_of(t, mark, s->qty);
    }
}

struct in_r {
    enum eb_side side;
    eb_price entry, risk, best, worst;
    eb_qty qty;
};

static void judge(struct eb_ledger_record *r, const struct in_r *x)
{
    eb_i128 risk = (eb_i128)x->risk.e8 * x->qty.e8;
    eb_i128 net = (eb_i128)r->pnl.e8 - r->fees.e8 + r->funding.e8;
    int64_t best = x->side == EB_LONG ? x->best.e8 - x->entry.e8 : x->entry.e8 - x->best.e8;
    int64_t worst = x->side == EB_LONG ? x->worst.e8 - x->entry.e8 : x->entry.e8 - x->worst.e8;
    r->has_r = risk > 0 && eb_div_i64(net * EB_PPM * EB_E8, risk, EB_ROUND_HALF_EVEN, &r->r_ppm) &&
               eb_div_i64((eb_i128)best * EB_PPM, x->risk.e8, EB_ROUND_HALF_EVEN, &r->mfe_ppm) &&
               eb_div_i64((eb_i128)worst * EB_PPM, x->risk.e8, EB_ROUND_HALF_EVEN, &r->mae_ppm);
}

/* Somebody else's hand in the owner's exits means that they were not its own. */
static uint8_t state_of(const struct slot *s)
{
    bool by_others = s->exits[EB_EXIT_EXTERNAL] > 0 || s->exits[EB_EXIT_FLATTEN] > 0;
    if (s->partial) {
        return EB_LEDGER_PARTIAL;
    }
    return s->censored || by_others || s->qty.e8 > 0 ? EB_LEDGER_CENSORED : EB_LEDGER_COMPLETE;
}

static void finish(struct eb_tally *t, eb_position_id position, struct eb_ledger_record *r)
{
    struct slot *s = &t->slot[position];
    r->state = state_of(s);
    eb_ledger_end(t->c.ledger, r);
    t->open -= s->done ? 0 : 1;
    s->done = true;
    s->open = false;
}

static void end(struct eb_tally *t, const struct eb_episode_end *x)
{
    struct slot *s = slot_of(t, x->position);
    if (s == NULL || !s->open || s->episode != x->episode) {
        return; /* given up before */
    }
    if (s->concluded) {
        s->open = false;
        return;
    }
    s->opened_ms = x->opened_ms;
    struct eb_ledger_record r = record_of(t, x->position);
    if (s->qty.e8 > 0 || s->exit_ms == 0) {
        mark_rest(t, x->position, x->closed_ms, &r);
    }
    r.regime = x->regime;
    memcpy(r.profile, x->profile, sizeof(r.profile));
    const struct in_r in = {(enum eb_side)x->side, x->entry, x->first_r, x->best, x->worst, x->first_qty};
    judge(&r, &in);
    finish(t, x->position, &r);
}

/* As the engine would report its end now. */
static void judge_by_evidence(const struct eb_tally *t, eb_position_id position, struct eb_ledger_record *r)
{
    struct eb_evidence v;
    if (eb_engine_evidence(t->engine, position, &v)) {
        r->regime = v.ctx.regime;
        memcpy(r->profile, v.ctx.profile, sizeof(r->profile));
        const struct in_r in = {(enum eb_side)v.ctx.side, v.ctx.entry, v.first_r, v.best, v.worst, v.ctx.first_qty};
        judge(r, &in);
    }
}

/* A virtual episode has come to its exit, and the real position goes on: the engine will report the end with that. */
static void conclude(struct eb_tally *t, eb_position_id position)
{
    struct slot *s = &t->slot[position];
    struct eb_ledger_record r = record_of(t, position);
    judge_by_evidence(t, position, &r);
    finish(t, position, &r);
    s->open = s->concluded = true;
}

/* The engine still has it, but nothing will end it: its symbol has no prices any more. */
static void give_up(struct eb_tally *t, eb_position_id position, int64_t now_ms)
{
    struct eb_ledger_record r = record_of(t, position);
    mark_rest(t, position, now_ms, &r);
    judge_by_evidence(t, position, &r);
    t->slot[position].censored = true;
    finish(t, position, &r);
}

static void exit_fill(struct eb_tally *t, const struct eb_exit *x)
{
    struct slot *s = slot_of(t, x->position);
    if (s == NULL || (s->open && s->episode != x->episode)) {
        return;
    }
    if (!s->open) { /* of an episode that an earlier process has seen: its trade came late */
        struct eb_evidence v;
        if (!eb_engine_evidence(t->engine, x->position, &v) || v.ctx.episode != x->episode) {
            return;
        }
        begin(t, x->position, &v);
        s->partial = true;
        t->open += s->done ? 1 : 0;
        s->done = false;
        s->qty = x->remaining;
    }
    int64_t favour = x->side == EB_LONG ? x->price.e8 - x->entry.e8 : x->entry.e8 - x->price.e8;
    int64_t pnl;
    s->pnl.e8 += eb_mul_div(favour, x->qty.e8, EB_E8, EB_ROUND_FLOOR, &pnl) ? pnl : 0;
    s->fees.e8 += x->fee.e8;
    s->is_virtual = x->virtual_fill;
    s->exit_ms = x->venue_ms > s->exit_ms ? x->venue_ms : s->exit_ms;
    unsigned reason = x->reason < EB_EXIT_REASON_COUNT ? x->reason : EB_EXIT_POLICY;
    s->exits[reason] = (uint16_t)(s->exits[reason] + (s->exits[reason] < UINT16_MAX ? 1 : 0));
    s->qty = x->remaining;
    if (s->qty.e8 == 0 && !s->done) {
        s->done = true;
        t->open--;
    }
}

/* ---- what is told of the account --------------------------------------------------------------------------------- */

/* The real position grew: a part of the virtual one, or too late for it. */
static void grow(struct eb_tally *t, eb_position_id position, const struct eb_ev_position *p)
{
    struct slot *s = &t->slot[position];
    struct eb_evidence v;
    if (s->done) {
        const struct eb_ledger_record r = record_of(t, position);
        s->censored = true;
        eb_ledger_censor(t->c.ledger, &r);
    } else if (eb_engine_evidence(t->engine, position, &v) && v.ctx.qty.e8 > s->qty.e8) {
        eb_i128 cost = (eb_i128)p->qty.e8 * p->entry.e8 - (eb_i128)s->real.e8 * s->entry.e8;
        eb_qty more = {v.ctx.qty.e8 - s->qty.e8};
        eb_price paid = p->entry;
        if (cost <= 0 || !eb_div_i64(cost, p->qty.e8 - s->real.e8, EB_ROUND_HALF_EVEN, &paid.e8)) {
            paid = p->entry;
        }
        s->fees.e8 += fee_of(t, paid, more);
        s->qty = v.ctx.qty;
    }
}

static void told_position(struct eb_tally *t, const struct eb_event *ev)
{
    const struct eb_ev_position *p = ev->u.venue_position;
    eb_position_id position = ev->symbol * 2 + (p->position_side == EB_PS_SHORT ? 1 : 0);
    struct slot *s = slot_of(t, position);
    enum eb_side side;
    if (s == NULL || !eb_engine_open_side(t->engine, position, &side)) {
        return;
    }
    if (!s->open) {
        struct eb_evidence v;
        if (eb_engine_evidence(t->engine, position, &v) && v.open && s->episode != v.ctx.episode) {
            begin(t, position, &v);
            s->real = p->qty;
        }
        return;
    }
    if (p->qty.e8 > s->real.e8) {
        grow(t, position, p);
    }
    s->real = p->qty;
    s->entry = p->qty.e8 > 0 ? p->entry : s->entry;
}

static void told_policy(struct eb_tally *t, const struct eb_ev_policy *p)
{
    char hash[2 * 6 + 1];
    for (unsigned i = 0; i < 6; i++) {
        (void)snprintf(hash + (size_t)2 * i, 3, "%02x", p->hash[i]);
    }
    eb_tally_policy(t, hash, !t->c.is_owner && t->policy[0] != '\0' && strcmp(hash, t->policy) != 0);
}

static void told_command(struct eb_tally *t, const struct eb_event *ev)
{
    struct eb_ev_config mode = eb_engine_mode(t->engine);
    bool live = mode.executor_live && mode.rollout_enabled;
    for (uint32_t i = 0; live != t->live && i < t->slots; i++) {
        t->slot[i].partial = true;
    }
    t->live = live;
    if (ev->u.command->verb == EB_CMD_RELEASE && ev->symbol < t->c.symbols_max) {
        t->slot[(size_t)ev->symbol * 2].censored = true;
        t->slot[(size_t)ev->symbol * 2 + 1].censored = true;
    }
}

/* ---- funding ----------------------------------------------------------------------------------------------------- */

static void told_funding(struct eb_tally *t, const struct eb_event *ev)
{
    if (ev->symbol < t->c.symbols_max) {
        struct rate *r = &t->rate[ev->symbol];
        if (r->next_ms != 0 && r->next_ms <= ev->now_ms) {
            r->owed_e8 = r->rate_e8;
            r->owed_ms = r->next_ms;
        }
        r->rate_e8 = ev->u.funding.rate_e8;
        r->next_ms = ev->u.funding.next_ms;
        bool sooner = ev->u.funding.next_ms > 0 && ev->u.funding.next_ms < t->funding_due_ms;
        t->funding_due_ms = sooner ? ev->u.funding.next_ms : t->funding_due_ms;
    }
}

static void pay(struct eb_tally *t, eb_position_id position, int64_t rate_e8)
{
    struct slot *s = &t->slot[position];
    eb_price mark = s->entry;
    int64_t at_ns;
    int64_t amount;
    if (!s->open || s->qty.e8 == 0) {
        return;
    }
    (void)eb_engine_price(t->engine, position / 2, EB_SRC_MARK, &mark, &at_ns);
    eb_i128 notional_e16 = (eb_i128)s->qty.e8 * mark.e8;
    if (rate_e8 > EB_E8 || rate_e8 < -EB_E8 || notional_e16 > NOTIONAL_MAX_E16) {
        return; /* no rate, and no position, of this world */
    }
    int64_t paid_e8 = s->side == EB_LONG ? -rate_e8 : rate_e8; /* LONG pays a positive rate */
    bool fits = eb_div_i64(notional_e16 * paid_e8, (eb_i128)EB_E8 * EB_E8, EB_ROUND_HALF_EVEN, &amount);
    s->funding.e8 += fits ? amount : 0;
}

static void settle(struct eb_tally *t, eb_symbol_id symbol, int64_t until_ms)
{
    struct rate *r = &t->rate[symbol];
    if (r->owed_ms != 0 && r->owed_ms <= until_ms) {
        pay(t, symbol * 2, r->owed_e8);
        pay(t, symbol * 2 + 1, r->owed_e8);
        r->owed_ms = 0;
    }
    if (r->next_ms != 0 && r->next_ms <= until_ms) {
        pay(t, symbol * 2, r->rate_e8);
        pay(t, symbol * 2 + 1, r->rate_e8);
        r->next_ms = 0; /* until the exchange tells the next */
    }
}

/* It is paid by the first mark of that moment or later; before what is held changes, by the one that is known. */
static void settle_of(struct eb_tally *t, const struct eb_event *ev, const struct eb_actions *actions)
{
    bool changes = ev->kind == EB_EV_POSITION;
    for (unsigned i = 0; i < actions->count; i++) {
        changes = changes || actions->action[i].kind == EB_ACT_EXIT || actions->action[i].kind == EB_ACT_EPISODE_END;
    }
    bool mark = ev->kind == EB_EV_PRICE && ev->u.price.source == EB_SRC_MARK;
    if (ev->symbol < t->c.symbols_max && (changes || mark)) {
        bool was_so = !changes && ev->u.price.venue_ms != 0; /* by the venue's time, before it came here */
        settle(t, ev->symbol, was_so ? ev->u.price.venue_ms : ev->now_ms);
    }
}

/* Those whose mark has not come for a while. */
static void settle_all(struct eb_tally *t, int64_t now_ms)
{
    t->funding_due_ms = INT64_MAX;
    uint32_t symbols = eb_engine_symbol_count(t->engine);
    for (eb_symbol_id i = 0; i < symbols && i < t->c.symbols_max; i++) {
        settle(t, i, now_ms - FUNDING_LATE_MS);
        bool sooner = t->rate[i].next_ms != 0 && t->rate[i].next_ms < t->funding_due_ms;
        t->funding_due_ms = sooner ? t->rate[i].next_ms : t->funding_due_ms;
    }
}

/* ---- doors ------------------------------------------------------------------------------------------------------- */

static void review(struct eb_tally *t, int64_t now_ns, int64_t now_ms)
{
    t->review_ms = now_ms + REVIEW_MS;
    for (eb_position_id i = 0; i < t->slots; i++) {
        eb_price mark;
        int64_t at_ns;
        bool left = t->slot[i].open && t->slot[i].real.e8 == 0 && t->slot[i].qty.e8 > 0;
        if (left && (!eb_engine_price(t->engine, i / 2, EB_SRC_MARK, &mark, &at_ns) || now_ns - at_ns > SILENT_NS)) {
            give_up(t, i, now_ms);
        }
    }
}

void eb_tally_clock(struct eb_tally *t, int64_t now_ns, int64_t now_ms)
{
    if (now_ms - FUNDING_LATE_MS >= t->funding_due_ms) {
        settle_all(t, now_ms);
    }
    if (now_ms >= t->review_ms) {
        review(t, now_ns, now_ms);
    }
}

static void told_actions(struct eb_tally *t, const struct eb_actions *actions)
{
    for (unsigned i = 0; i < actions->count; i++) {
        const struct eb_action *a = &actions->action[i];
        if (a->kind == EB_ACT_EXIT) {
            exit_fill(t, &a->u.exit);
        } else if (a->kind == EB_ACT_EPISODE_END) {
            end(t, &a->u.end);
        }
    }
    for (unsigned i = 0; i < actions->count; i++) { /* those whose end was not reported with their exit */
        const struct eb_action *a = &actions->action[i];
        struct slot *s = a->kind == EB_ACT_EXIT ? slot_of(t, a->u.exit.position) : NULL;
        if (s != NULL && s->open && s->done && !s->concluded && s->episode == a->u.exit.episode) {
            conclude(t, a->u.exit.position);
        }
    }
}

void eb_tally_observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct eb_tally *t = user;
    if (!t->began) {
        struct eb_ev_config mode = eb_engine_mode(t->engine);
        t->began = true;
        t->began_ms = ev->now_ms;
        t->live = mode.executor_live && mode.rollout_enabled;
    }
    if (ev->now_ms >= t->funding_due_ms) {
        settle_of(t, ev, actions);
    }
    if (ev->kind == EB_EV_PRICE && actions->count == 0) {
        return;
    }
    told_actions(t, actions);
    if (ev->kind == EB_EV_POSITION) {
        told_position(t, ev);
    } else if (ev->kind == EB_EV_FUNDING) {
        told_funding(t, ev);
    } else if (ev->kind == EB_EV_POLICY) {
        told_policy(t, ev->u.policy);
    } else if (ev->kind == EB_EV_COMMAND) {
        told_command(t, ev);
    }
}
