/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prices that left a quiet band: jump check, stop, peak, targets, in that order (semantics 4).
 *
 *     mark -> stop_source: stops, trail peak        book / last -> target_source: targets
 */
#include "engine/state.h"

bool eb_fresh(const struct eb_engine *e, eb_symbol_id symbol, enum eb_price_source src, int64_t now_ns)
{
    const struct eb_hot *h = eb_hot_of(e, symbol, src);
    int64_t age_ms = src == EB_SRC_MARK ? e->c.max_age_mark_ms : e->c.max_age_last_ms;
    return h->price > 0 && now_ns - h->received_ns <= age_ms * EB_NS_PER_MS;
}

eb_price eb_judge_price(const struct eb_engine *e, const struct eb_slot *s)
{
    if (e->c.bars) {
        return s->path_mark.e8 > 0 ? s->path_mark : s->path; /* --mark-klines: stops watch the mark */
    }
    eb_symbol_id id = eb_slot_symbol(e, s);
    int64_t now_ns = e->last_now_ns;
    if (eb_fresh(e, id, (enum eb_price_source)e->c.stop_source, now_ns)) {
        return (eb_price){eb_hot_of(e, id, (enum eb_price_source)e->c.stop_source)->price};
    }
    enum eb_price_source other = e->c.stop_source == EB_SRC_MARK ? EB_SRC_LAST : EB_SRC_MARK;
    if (eb_fresh(e, id, other, now_ns)) {
        return (eb_price){eb_hot_of(e, id, other)->price};
    }
    return (eb_price){0};
}

eb_price eb_executable_price(const struct eb_engine *e, const struct eb_slot *s)
{
    if (e->c.bars) {
        return s->path;
    }
    eb_symbol_id id = eb_slot_symbol(e, s);
    const struct eb_hot *book = eb_hot_of(e, id, EB_SRC_BOOK);
    bool only = !eb_fresh(e, id, EB_SRC_LAST, e->last_now_ns); /* an old book is better than an old print */
    if (book->price > 0 && book->ask > 0 && (only || eb_fresh(e, id, EB_SRC_BOOK, e->last_now_ns))) {
        return (eb_price){eb_side_of(s) == EB_LONG ? book->price : book->ask};
    }
    const struct eb_hot *last = eb_hot_of(e, id, EB_SRC_LAST);
    return (eb_price){last->price > 0 ? last->price : eb_hot_of(e, id, EB_SRC_MARK)->price};
}

static void observe_extreme(struct eb_slot *s, eb_price high, eb_price low)
{
    enum eb_side side = eb_side_of(s);
    eb_price best = side == EB_LONG ? high : low;
    eb_price worst = side == EB_LONG ? low : high;
    if (s->best.e8 == 0 || eb_is_better(side, best, s->best)) {
        s->best = best;
    }
    if (s->worst.e8 == 0 || eb_is_better(side, s->worst, worst)) {
        s->worst = worst;
    }
}

/* Moves what quiet prices left in the hot line into the legs' extremes. */
void eb_fold_extremes(struct eb_engine *e, eb_symbol_id symbol)
{
    struct eb_hot *h = eb_hot_of(e, symbol, (enum eb_price_source)e->c.stop_source);
    if (h->price > 0 && !e->c.bars) {
        for (unsigned leg = 0; leg < 2; leg++) {
            struct eb_slot *s = eb_slot_at(e, symbol * 2 + leg);
            if (s->d.open && !s->d.shadow_done) {
                observe_extreme(s, (eb_price){h->max}, (eb_price){h->min});
            }
        }
    }
    for (unsigned i = 0; i < EB_SRC_COUNT; i++) {
        h = eb_hot_of(e, symbol, (enum eb_price_source)i);
        h->min = h->price <= 0 ? INT64_MAX : i == EB_SRC_BOOK && h->ask > 0 ? h->ask : h->price;
        h->max = h->price;
    }
}

/* ---- jumps: a move beyond max_jump in one observation waits for a second observation or source, at most 1 s ---- */

#define EB_JUMP_WAIT_NS (1000 * EB_NS_PER_MS)

static int64_t away(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

/* Whether this observation is a jump from where its source stood, and one that matters. */
static bool jumps(struct eb_engine *e, const struct eb_event *ev, int64_t before)
{
    const struct eb_ev_price *p = &ev->u.price;
    int64_t low = away(p->min.e8, before);
    int64_t high = away(p->max.e8, before);
    int64_t move = low > high ? low : high;
    return before > 0 && (eb_i128)move * EB_PPM > (eb_i128)before * e->c.max_jump_ppm &&
           !eb_price_is_quiet(e, ev->symbol, p);
}

static void take_price(struct eb_engine *e, eb_symbol_id symbol, const struct eb_ev_price *p);

/* The jump is believed: what waited is looked at as it stands. */
static void believe_jump(struct eb_engine *e, eb_symbol_id symbol)
{
    struct eb_symbol *y = &e->symbol[symbol];
    const struct eb_hot *h = eb_hot_of(e, symbol, (enum eb_price_source)y->jump_source);
    bool book = y->jump_source == EB_SRC_BOOK && h->ask > 0;
    const struct eb_ev_price p = {.source = y->jump_source,
                                  .price = {h->price},
                                  .ask = {h->ask},
                                  .min = {book ? h->ask : h->price},
                                  .max = {h->price}};
    y->jump_price.e8 = 0;
    take_price(e, symbol, &p);
}

/* Whether the observation has to wait. A second one of the same source decides by itself, whatever it says; one of
 * another source confirms the jump where it lies nearer to it than to where the jump began. */
static bool jump_waits(struct eb_engine *e, const struct eb_event *ev, int64_t before)
{
    const struct eb_ev_price *p = &ev->u.price;
    struct eb_symbol *y = &e->symbol[ev->symbol];
    if (y->jump_price.e8 == 0) {
        if (!jumps(e, ev, before)) {
            return false;
        }
        y->jump_price = p->price;
        y->jump_from.e8 = before;
        y->jump_source = p->source;
        y->jump_ns = ev->now_ns;
        return true;
    }
    if (p->source == y->jump_source) {
        y->jump_price.e8 = 0;
    } else if (away(p->price.e8, y->jump_price.e8) < away(p->price.e8, y->jump_from.e8)) {
        believe_jump(e, ev->symbol);
    } else {
        return jumps(e, ev, before); /* two sources that disagree about two jumps: the next print decides */
    }
    return false;
}

int64_t eb_jump_deadline_ns(const struct eb_engine *e, eb_symbol_id symbol)
{
    const struct eb_symbol *y = &e->symbol[symbol];
    return y->jump_price.e8 != 0 ? y->jump_ns + EB_JUMP_WAIT_NS : INT64_MAX;
}

void eb_jump_timer(struct eb_engine *e, eb_symbol_id symbol)
{
    struct eb_symbol *y = &e->symbol[symbol];
    if (e->ev->now_ns < eb_jump_deadline_ns(e, symbol)) {
        return;
    }
    if (eb_fresh(e, symbol, (enum eb_price_source)y->jump_source, e->ev->now_ns)) {
        believe_jump(e, symbol);
    } else { /* the clock came late: an old print says nothing any more */
        y->jump_price.e8 = 0;
    }
}

/* Stop first; the worst price of a coalesced observation decides, then the peak rises, then the trail is asked again
 * against the last price. */
static void observe_stop(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_price *p)
{
    struct eb_durable *d = &s->d;
    if (!d->open || d->shadow_done) {
        return;
    }
    enum eb_side side = eb_side_of(s);
    eb_price worst = side == EB_LONG ? p->min : p->max;
    eb_price best = side == EB_LONG ? p->max : p->min;
    observe_extreme(s, p->max, p->min);
    enum eb_stop_kind kind;
    if (eb_stop_crossed(side, eb_stop_in_force(e, s, &kind), worst)) {
        eb_fire_stop(e, s);
        return;
    }
    if (eb_trail_follow(e, s, best)) {
        if (eb_stop_crossed(side, eb_stop_in_force(e, s, &kind), p->price)) {
            eb_fire_stop(e, s);
        }
    }
}

/* A target that was crossed when set comes back to life once price has returned behind it. */
static void rearm_parked(struct eb_engine *e, struct eb_slot *s, eb_price price)
{
    for (unsigned i = 0; i < s->d.plan.leg_count; i++) {
        struct eb_leg *leg = &s->d.plan.leg[i];
        if (leg->state == EB_LEG_PARKED && !eb_target_crossed(eb_side_of(s), leg->price, price)) {
            leg->state = EB_LEG_ARMED;
            eb_touch(e);
        }
    }
}

static void observe_targets(struct eb_engine *e, struct eb_slot *s, eb_price reached, eb_price now)
{
    struct eb_durable *d = &s->d;
    if (!d->open || d->shadow_done) {
        return;
    }
    bool at_soft = false;
    for (unsigned i = 0; i < d->plan.leg_count && !d->intent.active && d->open; i++) {
        struct eb_leg *leg = &d->plan.leg[i];
        at_soft =
            at_soft || (leg->soft && leg->state != EB_LEG_HIT && eb_target_crossed(eb_side_of(s), leg->price, now));
        if (!eb_target_crossed(eb_side_of(s), leg->price, reached)) {
            continue;
        }
        bool by_market = !leg->soft || !eb_is_live(e); /* shadow: nothing rests, the level itself fills */
        if (leg->state == EB_LEG_ARMED && by_market && eb_targets_may_fire(e, s)) {
            eb_fire_leg(e, s, leg);
        } else if (leg->state == EB_LEG_RESTING && s->soft_since_ns == 0) {
            s->soft_since_ns = e->ev->now_ns;
        }
    }
    if (!at_soft) {
        s->soft_since_ns = 0; /* price went back before the time was up: the leg goes on resting */
    }
    rearm_parked(e, s, now);
}

/* Whether this source decides targets now: the executable side of a fresh book, else last; or as configured. */
static bool decides_targets(const struct eb_engine *e, eb_symbol_id id, enum eb_price_source src, int64_t now_ns)
{
    switch ((enum eb_target_source)e->c.target_source) {
    case EB_TARGET_BOOK:
        return src == EB_SRC_BOOK || (src == EB_SRC_LAST && !eb_fresh(e, id, EB_SRC_BOOK, now_ns));
    case EB_TARGET_LAST:
        return src == EB_SRC_LAST;
    case EB_TARGET_MARK:
        return src == EB_SRC_MARK;
    }
    return false;
}

/* The print at which this leg could close. */
static eb_price print_for(const struct eb_slot *s, const struct eb_ev_price *p)
{
    bool ask = p->source == EB_SRC_BOOK && eb_side_of(s) == EB_SHORT;
    return ask ? p->ask : p->price;
}

/* The mark is stale: two fresh other prints at least 200 ms apart beyond the stop fire it. */
static void observe_substitute(struct eb_engine *e, const struct eb_event *ev)
{
    struct eb_symbol *y = &e->symbol[ev->symbol];
    if (ev->u.price.source == e->c.stop_source ||
        eb_fresh(e, ev->symbol, (enum eb_price_source)e->c.stop_source, ev->now_ns)) {
        y->substitute_price.e8 = 0;
        return;
    }
    eb_price beyond = {0};
    bool fired = false;
    bool ripe = y->substitute_price.e8 != 0 && ev->now_ns - y->substitute_ns >= 200 * EB_NS_PER_MS;
    for (unsigned leg = 0; leg < 2; leg++) {
        struct eb_slot *s = eb_slot_at(e, ev->symbol * 2 + leg);
        enum eb_stop_kind kind;
        eb_price print = print_for(s, &ev->u.price);
        if (!s->d.open || s->d.shadow_done || print.e8 <= 0) {
            continue;
        }
        eb_price stop = eb_stop_in_force(e, s, &kind);
        if (eb_stop_crossed(eb_side_of(s), stop, print)) {
            beyond = print;
            if (ripe && eb_stop_crossed(eb_side_of(s), stop, y->substitute_price)) {
                eb_fire_stop(e, s);
                fired = true;
            }
        }
    }
    if (beyond.e8 == 0 || fired) {
        y->substitute_price.e8 = 0;
    } else if (y->substitute_price.e8 == 0) {
        y->substitute_price = beyond;
        y->substitute_ns = ev->now_ns;
    }
}

/* A REST mark that was asked for because a backstop was refused (-2021): only a confirmed breach closes. */
static void confirm_breach(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_price *p)
{
    if (!s->d.open || s->d.shadow_done || s->d.backstop.stage != EB_BS_CONFIRM_BREACH || p->source != EB_SRC_MARK ||
        !p->from_rest) {
        return;
    }
    s->d.backstop.stage = EB_BS_NONE;
    eb_touch(e);
    enum eb_stop_kind kind;
    if (eb_stop_crossed(eb_side_of(s), eb_stop_in_force(e, s, &kind), p->price)) {
        eb_fire_stop(e, s);
    }
}

/* What an observation that need not wait does to both legs. */
static void take_price(struct eb_engine *e, eb_symbol_id symbol, const struct eb_ev_price *p)
{
    bool targets = decides_targets(e, symbol, (enum eb_price_source)p->source, e->ev->now_ns);
    for (unsigned leg = 0; leg < 2; leg++) {
        struct eb_slot *s = eb_slot_at(e, symbol * 2 + leg);
        if (s->d.episode == 0) {
            continue;
        }
        eb_price judge = eb_judge_price(e, s);
        eb_plan_judge(e, s, judge.e8 > 0 ? judge : print_for(s, p));
        confirm_breach(e, s, p);
        if (p->source == e->c.stop_source) {
            observe_stop(e, s, p);
        }
        if (targets) {
            bool is_long = eb_side_of(s) == EB_LONG;
            eb_price now = p->source == EB_SRC_BOOK && !is_long ? p->ask : p->price;
            observe_targets(e, s, is_long ? p->max : p->min, now);
        }
    }
}

void eb_step_price(struct eb_engine *e, const struct eb_event *ev)
{
    const struct eb_ev_price *p = &ev->u.price;
    if (p->source >= EB_SRC_COUNT || p->price.e8 <= 0 || p->min.e8 <= 0 || p->max.e8 <= 0 ||
        p->price.e8 >= INT64_MAX / 2 || p->min.e8 >= INT64_MAX / 2 || p->max.e8 >= INT64_MAX / 2) {
        return; /* zero, less or absurd is no price: the last one ages instead */
    }
    struct eb_hot *h = eb_hot_of(e, ev->symbol, (enum eb_price_source)p->source);
    int64_t before = h->price;
    h->price = p->price.e8;
    h->ask = p->ask.e8;
    h->min = p->min.e8;
    h->max = p->max.e8;
    h->received_ns = ev->now_ns;
    h->venue_ms = p->venue_ms;
    if (e->symbol[ev->symbol].gated) {
        return; /* looked at when the first picture is complete */
    }
    if (!jump_waits(e, ev, before)) {
        take_price(e, ev->symbol, p);
        observe_substitute(e, ev);
    }
}

void eb_price_again(struct eb_engine *e, eb_symbol_id symbol)
{
    for (unsigned i = 0; i < EB_SRC_COUNT; i++) {
        const struct eb_hot *h = eb_hot_of(e, symbol, (enum eb_price_source)i);
        bool book = i == EB_SRC_BOOK && h->ask > 0;
        const struct eb_ev_price p = {.source = (uint8_t)i,
                                      .price = {h->price},
                                      .ask = {h->ask},
                                      .min = {book ? h->ask : h->price},
                                      .max = {h->price}};
        if (eb_fresh(e, symbol, (enum eb_price_source)i, e->ev->now_ns)) {
            take_price(e, symbol, &p);
        }
    }
}
