/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quiet bands: the open interval of prices in which nothing can happen, per source (live) and per leg (bar walk).
 * Computed after every slow step from the levels as they stand; a quiet price is then two comparisons.
 */
#include "engine/state.h"

struct band {
    int64_t low, high;
};

static void no_lower(struct band *b, int64_t at) /* at itself is slow */
{
    b->low = at > b->low ? at : b->low;
}
static void no_higher(struct band *b, int64_t at)
{
    b->high = at < b->high ? at : b->high;
}

/* Prices that act are at or beyond the level, away from entry (favourable) or towards loss. */
static void favourable_edge(struct band *b, enum eb_side side, int64_t at)
{
    if (side == EB_LONG) {
        no_higher(b, at);
    } else {
        no_lower(b, at);
    }
}
static void adverse_edge(struct band *b, enum eb_side side, int64_t at)
{
    if (side == EB_LONG) {
        no_lower(b, at);
    } else {
        no_higher(b, at);
    }
}

static void stop_edges(const struct eb_slot *s, struct band *b)
{
    const struct eb_durable *d = &s->d;
    enum eb_side side = eb_side_of(s);
    if (s->in_force.e8 > 0) {
        adverse_edge(b, side, s->in_force.e8);
    }
    const struct eb_trail *t = &d->plan.trail;
    eb_price at;
    if (t->set && t->active) {
        favourable_edge(b, side, side == EB_LONG ? t->peak.e8 + 1 : t->peak.e8 - 1);
    } else if (t->set && eb_trail_activation_price(t, side, d->entry, d->r, &at)) {
        favourable_edge(b, side, at.e8);
    }
}

static void target_edges(const struct eb_slot *s, struct band *b)
{
    enum eb_side side = eb_side_of(s);
    if (s->soft_since_ns != 0) { /* whether price stays at the resting leg is news */
        *b = (struct band){INT64_MAX, 0};
        return;
    }
    for (unsigned i = 0; i < s->d.plan.leg_count; i++) {
        const struct eb_leg *leg = &s->d.plan.leg[i];
        if (leg->state == EB_LEG_ARMED || leg->state == EB_LEG_RESTING) {
            favourable_edge(b, side, leg->price.e8);
        } else if (leg->state == EB_LEG_PARKED) {
            adverse_edge(b, side, side == EB_LONG ? leg->price.e8 - 1 : leg->price.e8 + 1);
        }
    }
}

static void slot_bands(struct eb_engine *e, struct eb_slot *s, struct band src[EB_SRC_COUNT])
{
    enum eb_stop_kind kind;
    if (s->d.episode == 0) {
        return; /* never used: its page is not touched */
    }
    s->in_force = eb_stop_in_force(e, s, &kind);
    s->in_force_kind = (uint8_t)kind;
    if (!s->d.open || s->d.shadow_done) {
        s->band_ok = false;
        return;
    }
    if (e->c.bars) {
        struct band b = {INT64_MIN, INT64_MAX};
        stop_edges(s, &b);
        target_edges(s, &b);
        s->band_low.e8 = b.low;
        s->band_high.e8 = b.high;
        s->band_ok = !s->d.intent.active && b.low < b.high;
        return;
    }
    bool no_stop = s->in_force.e8 <= 0 && s->d.plan.revision != 0 && !s->d.intent.active && eb_is_owner(e, s);
    if (s->d.plan.unjudged || no_stop) { /* whatever comes decides, or makes a stop legal */
        for (unsigned i = 0; i < EB_SRC_COUNT; i++) {
            src[i] = (struct band){INT64_MAX, 0};
        }
        return;
    }
    stop_edges(s, &src[e->c.stop_source]);
    if (s->d.backstop.stage == EB_BS_CONFIRM_BREACH) { /* any REST mark is the answer */
        src[EB_SRC_MARK] = (struct band){INT64_MAX, 0};
    }
    switch ((enum eb_target_source)e->c.target_source) {
    case EB_TARGET_BOOK:
        target_edges(s, &src[EB_SRC_BOOK]);
        target_edges(s, &src[EB_SRC_LAST]);
        break;
    case EB_TARGET_LAST:
        target_edges(s, &src[EB_SRC_LAST]);
        break;
    case EB_TARGET_MARK:
        target_edges(s, &src[EB_SRC_MARK]);
        break;
    }
    if (s->in_force.e8 > 0) { /* substitutes: other sources matter beyond the stop */
        for (unsigned i = 0; i < EB_SRC_COUNT; i++) {
            adverse_edge(&src[i], eb_side_of(s), s->in_force.e8);
        }
    }
}

static void symbol_bands(struct eb_engine *e, eb_symbol_id symbol, struct band src[EB_SRC_COUNT])
{
    for (unsigned i = 0; i < EB_SRC_COUNT; i++) {
        src[i] = (struct band){0, INT64_MAX};
    }
    slot_bands(e, eb_slot_at(e, symbol * 2), src);
    slot_bands(e, eb_slot_at(e, symbol * 2 + 1), src);
}

/* After a start a consult waits for the first price: that one must be looked at. */
static bool asks_with_a_price(const struct eb_engine *e, eb_symbol_id symbol)
{
    const struct eb_slot *a = eb_slot_at(e, symbol * 2);
    const struct eb_slot *b = eb_slot_at(e, symbol * 2 + 1);
    return (a->d.episode != 0 && a->wants_consult && eb_start_waits(e, a)) ||
           (b->d.episode != 0 && b->wants_consult && eb_start_waits(e, b));
}

void eb_bands_rebuild(struct eb_engine *e, eb_symbol_id symbol)
{
    struct band src[EB_SRC_COUNT];
    symbol_bands(e, symbol, src);
    const struct eb_symbol *y = &e->symbol[symbol];
    bool waiting = y->jump_price.e8 != 0 || y->substitute_price.e8 != 0 || y->gated || asks_with_a_price(e, symbol);
    for (unsigned i = 0; i < EB_SRC_COUNT; i++) {
        struct eb_hot *h = eb_hot_of(e, symbol, (enum eb_price_source)i);
        h->low = waiting ? INT64_MAX : src[i].low; /* the next observation of any source must be looked at */
        h->high = src[i].high;
    }
}

bool eb_price_is_quiet(struct eb_engine *e, eb_symbol_id symbol, const struct eb_ev_price *p)
{
    struct band src[EB_SRC_COUNT];
    symbol_bands(e, symbol, src);
    const struct band *b = &src[p->source];
    return p->min.e8 > b->low && p->max.e8 < b->high && p->price.e8 > b->low && p->ask.e8 < b->high;
}

bool eb_engine_quiet_band(const struct eb_engine *e, eb_position_id position, eb_price *low, eb_price *high)
{
    if (position >= e->symbol_count * 2 || !eb_slot_at(e, position)->band_ok) {
        return false;
    }
    *low = eb_slot_at(e, position)->band_low;
    *high = eb_slot_at(e, position)->band_high;
    return true;
}
