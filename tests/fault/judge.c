/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold when all troubles have been over for a while, by the exchange's own books. */
#include "town.h"

#include <string.h>

#include "domain/order.h"

struct guard { /* looks for a stop that protects one position */
    const struct fapi_position *p;
    eb_price mark;
    bool hedge, found;
};

static void guards(void *user, const struct fapi_algo *o)
{
    struct guard *g = user;
    bool is_long = g->p->side == EB_LONG;
    bool side = o->t.side == (is_long ? EB_SELL : EB_BUY) && (!g->hedge || o->t.position_side == g->p->position_side);
    bool whole = o->t.close_position || o->t.qty.e8 >= g->p->qty.e8;
    eb_price at = o->t.trigger, end = g->p->liquidation;
    bool before = is_long ? at.e8 < g->mark.e8 : at.e8 > g->mark.e8;
    bool others = is_long ? end.e8 > g->mark.e8 : end.e8 < g->mark.e8; /* of the larger leg on cross margin */
    bool inside = end.e8 <= 0 || others || (is_long ? at.e8 > end.e8 : at.e8 < end.e8);
    g->found =
        g->found || (o->t.type == FAPI_STOP_MARKET && o->status == FAPI_ALGO_NEW && side && whole && before && inside);
}

static bool protected_at(struct town *t, uint32_t symbol, const struct fapi_position *p)
{
    struct guard g = {.p = p, .mark = fapi_symbol_at(t->exchange, symbol)->quote_now.mark};
    g.hedge = fapi_hedge(t->account);
    fapi_algos(t->account, symbol, true, guards, &g);
    return g.found;
}

static void spell_ends(struct town *t, unsigned slot, int64_t now_ms)
{
    if (t->unprotected_ms[slot] != 0) {
        int64_t ms = now_ms - t->unprotected_ms[slot];
        t->figures.unprotected_max_ms = ms > t->figures.unprotected_max_ms ? ms : t->figures.unprotected_max_ms;
        t->figures.unprotected_sum_ms += ms;
        t->figures.unprotected_spells++;
        t->unprotected_ms[slot] = 0;
    }
}

void town_look(void *town)
{
    struct town *t = town;
    int64_t now_ms = town_clock_ms(t);
    for (unsigned slot = 0; slot < TOWN_SLOTS; slot++) {
        struct fapi_position p;
        if (!fapi_position(t->account, slot / 2, slot % 2, &p) || protected_at(t, slot / 2, &p)) {
            spell_ends(t, slot, now_ms);
        } else if (t->unprotected_ms[slot] == 0) {
            t->unprotected_ms[slot] = now_ms;
        }
    }
    town_timer_set(t, t->look_timer, 200);
}

/* A stop of ours is to be cancelled. It must not be the only one of a position that stands, by an engine that believes
 * that there is none: unless the picture that it has was a lie, or what it was told of the position was lost. */
void town_judge_cancel(struct town *t, eb_client_id id, eb_symbol_id symbol)
{
    char text[EB_CLIENT_ID_TEXT_MAX];
    struct fapi_position p;
    struct eb_evidence seen;
    const struct eb_engine *e = eb_host_engine(t->host);
    (void)eb_client_id_format(id, text);
    const struct fapi_algo *o = fapi_algo_find(t->account, 0, text);
    if (o == NULL || o->status != FAPI_ALGO_NEW || town_troubles_lie(t)) {
        return;
    }
    unsigned leg = fapi_hedge(t->account) && o->t.position_side == EB_PS_SHORT ? 1 : 0;
    struct guard g = {.p = &p, .mark = fapi_symbol_at(t->exchange, o->t.symbol)->quote_now.mark};
    g.hedge = fapi_hedge(t->account);
    bool known = eb_engine_evidence(e, 2 * symbol + leg, &seen) && seen.open;
    if (!known && fapi_position(t->account, o->t.symbol, leg, &p)) {
        guards(&g, o);
        if (g.found) {
            town_fail(t, "%s: the stop of a position that stands is taken away, as if there were none",
                      fapi_symbol_at(t->exchange, o->t.symbol)->inst.symbol);
        }
    }
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static void judge_slot(struct town *t, unsigned slot)
{
    struct fapi_position p;
    struct eb_evidence seen;
    const struct eb_engine *e = eb_host_engine(t->host);
    const char *name = fapi_symbol_at(t->exchange, slot / 2)->inst.symbol;
    eb_symbol_id id = eb_engine_symbol(e, name);
    bool open = fapi_position(t->account, slot / 2, slot % 2, &p);
    if (open && !protected_at(t, slot / 2, &p)) {
        town_fail(t, "%s leg %u: %.4f stand unprotected", name, slot % 2, (double)p.qty.e8 / 1e8);
    }
    bool known = id != EB_NO_SYMBOL && eb_engine_evidence(e, 2 * id + slot % 2, &seen) && seen.open;
    if (open != known || (open && (seen.ctx.qty.e8 != p.qty.e8 || seen.ctx.side != p.side))) {
        town_fail(t, "%s leg %u: the exchange has %s %.4f, the engine %s %.4f", name, slot % 2,
                  open ? eb_side_name((enum eb_side)p.side) : "flat", open ? (double)p.qty.e8 / 1e8 : 0.0,
                  known ? eb_side_name((enum eb_side)seen.ctx.side) : "flat",
                  known ? (double)seen.ctx.qty.e8 / 1e8 : 0.0);
    }
}

static bool is_flat(struct town *t, const struct fapi_terms *o)
{
    struct fapi_position p;
    bool second = fapi_hedge(t->account) && o->position_side == EB_PS_SHORT;
    return !fapi_position(t->account, o->symbol, second ? 1 : 0, &p);
}

static bool is_ours(const char *client_id)
{
    eb_client_id id;
    return eb_client_id_parse(client_id, &id);
}

/* One that hangs in TRIGGERING for good cannot be cancelled. */
static void judge_algo(void *user, const struct fapi_algo *o)
{
    struct town *t = user;
    if (o->status == FAPI_ALGO_NEW && is_ours(o->t.client_id) && is_flat(t, &o->t)) {
        town_fail(t, "orphan: a conditional order of ours stands for flat symbol %u", o->t.symbol);
    }
}

static void judge_resting(void *user, const struct fapi_order *o)
{
    struct town *t = user;
    if (is_ours(o->t.client_id) && is_flat(t, &o->t)) {
        town_fail(t, "orphan: an order of ours rests for flat symbol %u", o->t.symbol);
    }
}

void town_judge(struct town *t)
{
    struct eb_err err = {0};
    struct eb_turn_times times;
    int64_t now_ms = town_clock_ms(t);
    if (t->stage != TOWN_RUNNING) {
        town_fail(t, "there is no connection");
    }
    if (eb_sim_check(fapi_account_sim(t->account), &err) != EB_OK) {
        town_fail(t, "%s", err.msg);
    }
    for (unsigned slot = 0; slot < TOWN_SLOTS; slot++) {
        judge_slot(t, slot);
        spell_ends(t, slot, now_ms);
    }
    fapi_algos(t->account, FAPI_NONE, true, judge_algo, t);
    fapi_orders(t->account, FAPI_NONE, true, judge_resting, t);
    town_books_judge(t);
    eb_host_turn_times(t->host, &times);
    if (times.refused > 0 || times.overflows > 0 || times.lost > 0) {
        town_fail(t, "the host refused %llu, overflowed %llu, lost %llu", (unsigned long long)times.refused,
                  (unsigned long long)times.overflows, (unsigned long long)times.lost);
    }
}
