/* SPDX-License-Identifier: Apache-2.0 */
/* The bar walk; see walk.h. */
#include "feed/walk.h"

#include <string.h>

#include "base/decimal.h"
#include "domain/trigger.h"

#define EB_WALK_STOPS_MAX 256 /* levels met in one segment: legs of an episode and what verdicts add, far below */

/* One position's way through one bar. */
struct trip {
    struct eb_walk *w;
    eb_symbol_id symbol;
    eb_position_id slot;
    enum eb_side side;
    bool marks;
    eb_price point[4], mark[4];
    int64_t at_ms[4];
};

static bool open_side(const struct eb_walk *w, eb_position_id slot, enum eb_side *side)
{
    return eb_engine_open_side(w->engine, slot, side);
}

static void four_points(const struct eb_ev_bar *b, enum eb_side side, enum eb_walk_order order, eb_price out[4])
{
    bool low_first = (side == EB_LONG) == (order == EB_WALK_ADVERSE);
    out[0] = b->open;
    out[1] = low_first ? b->low : b->high;
    out[2] = low_first ? b->high : b->low;
    out[3] = b->close;
}

static struct trip plan_trip(struct eb_walk *w, const struct eb_walk_bar *b, eb_position_id slot, enum eb_side side)
{
    struct trip t = {.w = w, .symbol = b->symbol, .slot = slot, .side = side, .marks = b->has_mark};
    four_points(&b->bar, side, w->order, t.point);
    four_points(b->has_mark ? &b->mark : &b->bar, side, w->order, t.mark);
    for (int k = 0; k < 4; k++) {
        t.at_ms[k] = eb_walk_time_ms(&b->bar, k);
    }
    return t;
}

static void set_time(struct eb_walk *w, int64_t ms)
{
    w->ops->set_time(w->user, ms * 1000000, ms);
}

static struct eb_event event_at(const struct trip *t, enum eb_event_kind kind, int64_t ms)
{
    struct eb_event ev;
    memset(&ev, 0, sizeof ev);
    ev.now_ms = ms;
    ev.now_ns = ms * 1000000;
    ev.symbol = t->symbol;
    ev.position = t->slot;
    ev.kind = (uint16_t)kind;
    return ev;
}

static int send_path(const struct trip *t, enum eb_path_kind kind, int64_t ms, eb_price from, eb_price to,
                     eb_price mark_from, eb_price mark_to)
{
    struct eb_event ev = event_at(t, EB_EV_PATH, ms);
    ev.u.path.kind = (uint8_t)kind;
    ev.u.path.has_mark = t->marks;
    ev.u.path.from = from;
    ev.u.path.to = to;
    ev.u.path.mark_from = mark_from;
    ev.u.path.mark_to = mark_to;
    t->w->ops->path_price(t->w->user, t->slot, to);
    return t->w->ops->turn(t->w->user, &ev);
}

static bool still_open(const struct trip *t)
{
    enum eb_side side;
    return open_side(t->w, t->slot, &side) && side == t->side;
}

/* Where the last price stands while the mark has come from a to `at` on its way to b, towards the closing order's
 * disadvantage at 1e-8; the tick comes with the fill. */
static eb_price interpolate(const struct trip *t, eb_price from, eb_price to, eb_price a, eb_price b, eb_price at)
{
    if (a.e8 == b.e8) {
        return from;
    }
    int64_t den = b.e8 > a.e8 ? b.e8 - a.e8 : a.e8 - b.e8;
    int64_t num = b.e8 > a.e8 ? at.e8 - a.e8 : a.e8 - at.e8;
    enum eb_round mode = t->side == EB_LONG ? EB_ROUND_FLOOR : EB_ROUND_CEIL;
    int64_t move;
    if (!eb_mul_div(to.e8 - from.e8, num, den, mode, &move)) {
        return to;
    }
    return (eb_price){from.e8 + move};
}

static bool nearer(bool up, eb_price a, eb_price b)
{
    return up ? a.e8 < b.e8 : a.e8 > b.e8;
}

/* Mark levels of one segment: liquidation, stop, peak (semantics 11, --mark-klines). */
static int walk_mark(const struct trip *t, int k)
{
    eb_price from = t->mark[k - 1];
    eb_price to = t->mark[k];
    bool up = to.e8 > from.e8;
    eb_price liq;
    eb_price stop;
    bool is_liq = false;
    bool venue = t->w->ops->venue_next(t->w->user, t->slot, true, false, from, to, &liq, &is_liq);
    bool ours = eb_engine_path_next(t->w->engine, t->slot, EB_SCOPE_STOPS, from, to, &stop);
    if (venue && is_liq && (!ours || !nearer(up, stop, liq))) {
        t->w->ops->venue_at(t->w->user, t->slot, true, liq);
        return EB_OK;
    }
    eb_price at = ours ? stop : to;
    eb_price last = interpolate(t, t->point[k - 1], t->point[k], from, to, at);
    return send_path(t, EB_PATH_MARK, t->at_ms[k], t->point[k - 1], last, from, at);
}

/* The last price travels from point k-1 to point k, stopping at whatever lies ahead. */
static int walk_segment(const struct trip *t, int k)
{
    eb_price from = t->point[k - 1];
    eb_price to = t->point[k];
    bool up = to.e8 > from.e8;
    enum eb_path_scope scope = t->marks ? EB_SCOPE_TARGETS : EB_SCOPE_ALL;
    for (int stops = 0; stops < EB_WALK_STOPS_MAX && still_open(t); stops++) {
        eb_price venue_at;
        eb_price ours_at;
        bool is_liq = false;
        bool venue = t->w->ops->venue_next(t->w->user, t->slot, !t->marks, true, from, to, &venue_at, &is_liq);
        bool ours = eb_engine_path_next(t->w->engine, t->slot, scope, from, to, &ours_at);
        if (!venue && !ours) {
            return send_path(t, EB_PATH_SEGMENT, t->at_ms[k], from, to, t->mark[k - 1], t->mark[k]);
        }
        bool venue_first = venue && (!ours || nearer(up, venue_at, ours_at) || (is_liq && venue_at.e8 == ours_at.e8));
        int rc;
        if (venue_first) {
            if (!is_liq) {
                rc = send_path(t, EB_PATH_SEGMENT, t->at_ms[k], from, venue_at, t->mark[k - 1], t->mark[k]);
                if (rc != EB_OK || !still_open(t)) {
                    return rc;
                }
            }
            t->w->ops->venue_at(t->w->user, t->slot, is_liq, venue_at);
            from = venue_at;
            continue;
        }
        rc = send_path(t, EB_PATH_SEGMENT, t->at_ms[k], from, ours_at, t->mark[k - 1], t->mark[k]);
        if (rc != EB_OK) {
            return rc;
        }
        from = ours_at;
    }
    return EB_OK;
}

/* P0: liquidation, stop, legs by index. The engine fires up to the first resting leg that P0 has passed; that one is
 * the venue's, at its own level, and then the engine goes on. Its stop is not met by the repetition: what became
 * tighter at P0 is in force only where P0 has not crossed it. */
static int walk_point(const struct trip *t)
{
    set_time(t->w, t->at_ms[0]);
    t->w->ops->path_price(t->w->user, t->slot, t->point[0]);
    t->w->ops->venue_point(t->w->user, t->slot, t->mark[0]);
    const eb_price before_all = {t->side == EB_LONG ? 0 : INT64_MAX};
    int rc = EB_OK;
    for (int stops = 0; stops < EB_WALK_STOPS_MAX && rc == EB_OK && still_open(t); stops++) {
        rc = send_path(t, EB_PATH_POINT, t->at_ms[0], t->point[0], t->point[0], t->mark[0], t->mark[0]);
        eb_price at;
        bool is_liq = false;
        if (rc != EB_OK || !still_open(t) ||
            !t->w->ops->venue_next(t->w->user, t->slot, false, true, before_all, t->point[0], &at, &is_liq)) {
            break;
        }
        t->w->ops->venue_at(t->w->user, t->slot, false, at);
    }
    return rc;
}

int64_t eb_walk_time_ms(const struct eb_ev_bar *bar, int k)
{
    return bar->open_ms + bar->length_ms * k / 3;
}

static bool in_band(const struct eb_walk *w, eb_position_id slot, eb_price at_low, eb_price at_high)
{
    eb_price low;
    eb_price high;
    if (w->no_quiet || !eb_engine_quiet_band(w->engine, slot, &low, &high) || at_low.e8 <= low.e8 ||
        at_high.e8 >= high.e8) {
        return false;
    }
    return w->ops->venue_quiet(w->user, slot, &low, &high) && at_low.e8 > low.e8 && at_high.e8 < high.e8;
}

int eb_walk_open(struct eb_walk *w, struct eb_walk_bar *b)
{
    b->quiet[0] = b->quiet[1] = false;
    b->legs = eb_engine_hedge(w->engine) ? 2 : 1;
    set_time(w, b->bar.open_ms);
    for (unsigned leg = 0; leg < b->legs; leg++) {
        eb_position_id slot = b->symbol * 2 + leg;
        enum eb_side side;
        if (!open_side(w, slot, &side)) {
            continue;
        }
        if (!b->has_mark && !b->told && in_band(w, slot, b->bar.open, b->bar.open)) {
            continue; /* nothing can act at P0; its price is one of those that the rest of the bar records */
        }
        struct trip t = plan_trip(w, b, slot, side);
        int rc = walk_point(&t);
        if (rc != EB_OK) {
            return rc;
        }
    }
    return EB_OK;
}

/* One comparison instead of three segments: the whole bar lies where nothing can happen. */
static bool quiet_bar(struct eb_walk *w, const struct eb_walk_bar *b, eb_position_id slot, int *rc)
{
    if (b->has_mark || !in_band(w, slot, b->bar.low, b->bar.high)) {
        return false;
    }
    struct eb_event ev;
    ev.now_ms = eb_walk_time_ms(&b->bar, 1);
    ev.now_ns = ev.now_ms * 1000000;
    ev.symbol = b->symbol;
    ev.position = slot;
    ev.kind = EB_EV_PATH;
    ev.witness = NULL;
    ev.u.path = (struct eb_ev_path){.kind = EB_PATH_QUIET, .from = b->bar.low, .to = b->bar.high};
    w->quiet_bars++;
    *rc = w->ops->turn(w->user, &ev);
    return true;
}

int eb_walk_segment(struct eb_walk *w, struct eb_walk_bar *b, int k)
{
    int rc = EB_OK;
    w->bars += k == 1;
    for (unsigned leg = 0; leg < b->legs && rc == EB_OK; leg++) {
        eb_position_id slot = b->symbol * 2 + leg;
        enum eb_side side;
        if (b->quiet[leg] || !open_side(w, slot, &side)) {
            continue;
        }
        if (k == 1 && quiet_bar(w, b, slot, &rc)) {
            b->quiet[leg] = true;
            continue;
        }
        struct trip t = plan_trip(w, b, slot, side);
        set_time(w, t.at_ms[k]);
        if (b->has_mark) {
            rc = walk_mark(&t, k);
        }
        if (rc == EB_OK && still_open(&t)) {
            rc = walk_segment(&t, k);
        }
    }
    return rc;
}

int eb_walk_close(struct eb_walk *w, struct eb_walk_bar *b)
{
    int64_t end_ms = eb_walk_time_ms(&b->bar, 3);
    set_time(w, end_ms);
    struct trip any = {.w = w, .symbol = b->symbol, .slot = EB_NO_POSITION};
    struct eb_event ev = event_at(&any, EB_EV_BAR, end_ms);
    ev.u.bar = b->bar;
    int rc = w->ops->turn(w->user, &ev);
    eb_price judged = b->has_mark ? b->mark.close : b->bar.close;
    for (unsigned leg = 0; leg < b->legs && rc == EB_OK; leg++) {
        eb_position_id slot = b->symbol * 2 + leg;
        enum eb_side side;
        if (!open_side(w, slot, &side) ||
            (!w->no_quiet && !eb_engine_cycle_due(w->engine, slot, end_ms * 1000000, end_ms, judged))) {
            continue;
        }
        struct trip t = plan_trip(w, b, slot, side);
        rc = send_path(&t, EB_PATH_CLOSE, end_ms, t.point[3], t.point[3], t.mark[3], t.mark[3]);
    }
    return rc;
}
