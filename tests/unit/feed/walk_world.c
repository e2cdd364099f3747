/* SPDX-License-Identifier: Apache-2.0 */
/* The venue and the turn around a walk; see walk_world.h. */
#include "walk_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "domain/order.h"

static int64_t e8(const char *text)
{
    int64_t value = 0;
    assert_int_equal(eb_decimal_parse(text, strlen(text), true, EB_ROUND_FLOOR, &value), EB_OK);
    return value;
}

eb_price ww_px(const char *text)
{
    return (eb_price){e8(text)};
}

/* ---- lines ---- */

__attribute__((format(printf, 2, 3))) static void line(struct ww *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(w->log + w->log_len, sizeof w->log - w->log_len, format, args);
    va_end(args);
    assert_true(n >= 0 && w->log_len + (size_t)n < sizeof w->log);
    w->log_len += (size_t)n;
}

static const char *text(int64_t value_e8)
{
    static char room[4][EB_DECIMAL_TEXT_MAX];
    static unsigned next;
    char *t = room[next++ % 4];
    (void)eb_decimal_format(value_e8, 8, t);
    return t;
}

void ww_forget(struct ww *w)
{
    w->log_len = 0;
    w->log[0] = '\0';
}

void ww_saw(struct ww *w, const char *lines)
{
    assert_string_equal(w->log, lines);
    ww_forget(w);
}

static void log_path(struct ww *w, const struct eb_event *ev)
{
    const struct eb_ev_path *p = &ev->u.path;
    char side = ev->position == 1 || w->side[ev->position & 1] == EB_SHORT ? 'S' : 'L';
    int64_t ms = ev->now_ms - w->bar;
    switch ((enum eb_path_kind)p->kind) {
    case EB_PATH_POINT:
        line(w, "%lld %c at %s\n", (long long)ms, side, text(p->to.e8));
        break;
    case EB_PATH_SEGMENT:
        line(w, "%lld %c %s>%s\n", (long long)ms, side, text(p->from.e8), text(p->to.e8));
        break;
    case EB_PATH_MARK:
        line(w, "%lld %c mark %s>%s last %s\n", (long long)ms, side, text(p->mark_from.e8), text(p->mark_to.e8),
             text(p->to.e8));
        break;
    case EB_PATH_CLOSE:
        line(w, "%lld %c close %s\n", (long long)ms, side, text(p->to.e8));
        break;
    case EB_PATH_QUIET:
        line(w, "%lld %c quiet %s..%s\n", (long long)ms, side, text(p->from.e8), text(p->to.e8));
        break;
    }
}

static void log_event(struct ww *w, const struct eb_event *ev)
{
    if (!w->quiet_log && ev->kind == EB_EV_PATH) {
        log_path(w, ev);
    } else if (!w->quiet_log && ev->kind == EB_EV_BAR) {
        line(w, "%lld bar\n", (long long)(ev->now_ms - w->bar));
    }
}

static void log_exit(struct ww *w, const struct eb_exit *x)
{
    line(w, "= ");
    if (w->quiet_log) {
        line(w, "%lld %u ", (long long)(x->venue_ms - WW_START_MS), x->position);
    }
    line(w, "%s x %s %s", text(x->price.e8), text(x->qty.e8), eb_exit_reason_name((enum eb_exit_reason)x->reason));
    line(w, x->reason == EB_EXIT_TARGET ? " %u\n" : "\n", x->leg);
}

/* ---- the venue ---- */

static struct eb_event *push(struct ww *w, enum eb_event_kind kind)
{
    assert_true(w->queued < WW_QUEUE);
    struct eb_event *ev = &w->queue[w->queued++];
    memset(ev, 0, sizeof *ev);
    ev->kind = (uint16_t)kind;
    ev->position = EB_NO_POSITION;
    return ev;
}

static void tell_order(struct ww *w, eb_client_id id, enum eb_order_state state, eb_qty filled)
{
    push(w, EB_EV_ORDER)->u.order =
        (struct eb_ev_order){.client_id = id, .state = (uint8_t)state, .filled = filled, .venue_ms = w->now_ms};
}

static void fill(struct ww *w, const struct eb_order_request *o, eb_price price, bool liquidation)
{
    unsigned slot = o->position;
    eb_qty qty = {o->qty.e8 < w->qty[slot].e8 ? o->qty.e8 : w->qty[slot].e8};
    assert_true(qty.e8 > 0);
    w->qty[slot].e8 -= qty.e8;
    struct eb_ev_fill *f = &push(w, EB_EV_FILL)->u.fill;
    *f = (struct eb_ev_fill){.client_id = o->client_id,
                             .trade_id = ++w->trade,
                             .price = price,
                             .qty = qty,
                             .order_side = o->order_side,
                             .position_side = o->position_side,
                             .liquidation = liquidation,
                             .venue_ms = w->now_ms};
    if (!liquidation) {
        tell_order(w, o->client_id, EB_OS_FILLED, qty);
    }
}

static void submit(struct ww *w, const struct eb_order_request *o)
{
    if (o->type == EB_ORDER_MARKET) {
        fill(w, o, w->path[o->position], false);
        return;
    }
    assert_int_equal(o->type, EB_ORDER_LIMIT_GTC);
    for (unsigned i = 0; i < WW_RESTING; i++) {
        if (!w->used[i]) {
            w->used[i] = true;
            w->resting[i] = *o;
            tell_order(w, o->client_id, EB_OS_NEW, (eb_qty){0});
            return;
        }
    }
    fail_msg("too many resting orders");
}

static void cancel(struct ww *w, eb_client_id id)
{
    for (unsigned i = 0; i < WW_RESTING; i++) {
        if (w->used[i] && memcmp(&w->resting[i].client_id, &id, sizeof id) == 0) {
            w->used[i] = false;
            tell_order(w, id, EB_OS_CANCELED, (eb_qty){0});
        }
    }
}

/* ---- the turn ---- */

static void answer(struct ww *w, const struct eb_context *ctx);

static int one_step(struct ww *w, const struct eb_event *ev)
{
    if (ev->kind == EB_EV_PATH && ev->u.path.kind != EB_PATH_QUIET) {
        assert_int_equal(ev->now_ms, w->now_ms); /* the venue fills at the time of the point that is travelled to */
    }
    log_event(w, ev);
    int rc = eb_engine_step(w->e, ev, &w->out);
    struct eb_context asked[EB_CONSULTS_MAX];
    uint16_t count = w->out.ctx_count;
    memcpy(asked, w->out.ctx, sizeof asked[0] * count);
    for (uint16_t i = 0; rc == EB_OK && i < w->out.count; i++) {
        const struct eb_action *a = &w->out.action[i];
        if (a->kind == EB_ACT_EXIT) {
            log_exit(w, &a->u.exit);
        } else if (a->kind == EB_ACT_EPISODE_END) {
            w->best = a->u.end.best;
            w->worst = a->u.end.worst;
        } else if (a->kind == EB_ACT_SUBMIT) {
            submit(w, &a->u.submit);
        } else if (a->kind == EB_ACT_CANCEL) {
            cancel(w, a->u.cancel.client_id);
        }
    }
    for (uint16_t i = 0; i < count; i++) {
        answer(w, &asked[i]);
    }
    return rc;
}

static void answer(struct ww *w, const struct eb_context *ctx)
{
    static const char *const reason[] = {"new", "cycle", "hit", "size", "margin", "mode", "rejection"};
    if (!w->quiet_log) {
        line(w, "? %s\n", reason[ctx->reason]);
    }
    w->consults++;
    struct eb_verdict v;
    memset(&v, 0, sizeof v);
    v.keep = true;
    if (w->decide != NULL) {
        w->decide(w, ctx, &v);
    }
    struct eb_event ev = {.now_ms = w->now_ms,
                          .now_ns = w->now_ms * 1000000,
                          .symbol = ctx->position / 2,
                          .position = ctx->position,
                          .kind = EB_EV_VERDICT};
    ev.u.verdict = (struct eb_ev_verdict){.ctx = ctx, .verdict = &v};
    assert_int_equal(one_step(w, &ev), EB_OK);
}

/* Each thing that the venue tells is a turn of its own. */
static void drain(struct ww *w)
{
    for (; w->taken < w->queued; w->taken++) {
        struct eb_event told = w->queue[w->taken];
        told.now_ms = w->now_ms;
        told.now_ns = w->now_ms * 1000000;
        assert_int_equal(one_step(w, &told), EB_OK);
    }
    w->taken = w->queued = 0;
}

static int turn(void *user, const struct eb_event *ev)
{
    struct ww *w = user;
    if (w->fail_turn > 0 && --w->fail_turn == 0) {
        return EB_E_FULL;
    }
    int rc = one_step(w, ev);
    drain(w);
    return rc;
}

/* ---- what the walk asks ---- */

static void set_time(void *user, int64_t now_ns, int64_t now_ms)
{
    assert_int_equal(now_ns, now_ms * 1000000);
    ((struct ww *)user)->now_ms = now_ms;
}

static void path_price(void *user, eb_position_id slot, eb_price price)
{
    ((struct ww *)user)->path[slot] = price;
}

static bool is_long(const struct ww *w, eb_position_id slot)
{
    return w->side[slot] == EB_LONG;
}

/* The liquidation is met inclusively on adverse travel, a resting limit strictly on favourable travel. */
static bool venue_next(void *user, eb_position_id slot, bool of_mark, bool of_last, eb_price from, eb_price to,
                       eb_price *at, bool *liquidation)
{
    const struct ww *w = user;
    int64_t sign = is_long(w, slot) ? 1 : -1;
    int64_t liq = w->liquidation[slot].e8;
    *liquidation = of_mark && liq > 0 && w->qty[slot].e8 > 0 && (to.e8 - liq) * sign <= 0;
    if (*liquidation) {
        at->e8 = (from.e8 - liq) * sign <= 0 ? from.e8 : liq;
        return true;
    }
    bool found = false;
    for (unsigned i = 0; of_last && i < WW_RESTING; i++) {
        int64_t level = w->resting[i].price.e8;
        if (w->used[i] && w->resting[i].position == slot && (to.e8 - level) * sign > 0 &&
            (!found || (level - at->e8) * sign < 0)) {
            at->e8 = (from.e8 - level) * sign >= 0 ? from.e8 : level;
            found = true;
        }
    }
    return found;
}

static void liquidate(struct ww *w, eb_position_id slot, eb_price at)
{
    struct eb_order_request o = {.position = slot, .qty = w->qty[slot]};
    o.order_side = w->side[slot & 1] == EB_LONG ? EB_SELL : EB_BUY;
    fill(w, &o, at, true);
    drain(w);
}

static void venue_at(void *user, eb_position_id slot, bool liquidation, eb_price at)
{
    struct ww *w = user;
    if (liquidation) {
        liquidate(w, slot, at);
        return;
    }
    for (unsigned i = 0; i < WW_RESTING; i++) {
        if (w->used[i] && w->resting[i].position == slot && w->resting[i].price.e8 == at.e8) {
            w->used[i] = false;
            fill(w, &w->resting[i], at, false);
            drain(w);
        }
    }
}

static void venue_point(void *user, eb_position_id slot, eb_price p0)
{
    struct ww *w = user;
    int64_t liq = w->liquidation[slot].e8;
    if (liq > 0 && (is_long(w, slot) ? p0.e8 <= liq : p0.e8 >= liq)) {
        liquidate(w, slot, w->path[slot]);
    }
}

static bool venue_quiet(void *user, eb_position_id slot, eb_price *low, eb_price *high)
{
    const struct ww *w = user;
    low->e8 = 0;
    high->e8 = INT64_MAX;
    if (w->liquidation[slot].e8 > 0) {
        (is_long(w, slot) ? low : high)->e8 = w->liquidation[slot].e8;
    }
    for (unsigned i = 0; i < WW_RESTING; i++) {
        int64_t level = w->resting[i].price.e8;
        eb_price *edge = is_long(w, slot) ? high : low;
        if (w->used[i] && w->resting[i].position == slot && (is_long(w, slot) ? level < edge->e8 : level > edge->e8)) {
            edge->e8 = level;
        }
    }
    return true;
}

/* ---- life ---- */

struct ww *ww_new(bool hedge)
{
    static const struct eb_walk_ops ops = {.turn = turn,
                                           .set_time = set_time,
                                           .path_price = path_price,
                                           .venue_next = venue_next,
                                           .venue_at = venue_at,
                                           .venue_point = venue_point,
                                           .venue_quiet = venue_quiet};
    struct ww *w = calloc(1, sizeof *w);
    assert_non_null(w);
    struct eb_engine_config c;
    eb_engine_config_default(&c);
    c.symbols_max = 1;
    c.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, true, true};
    c.bars = true;
    c.hedge = hedge;
    c.backstop = false;
    c.snapshot_ms = 0;
    struct eb_err err = {0};
    assert_int_equal(eb_engine_create(&c, &w->e, &err), EB_OK);
    w->walk = (struct eb_walk){.engine = w->e, .ops = &ops, .user = w, .no_quiet = true};
    w->now_ms = w->bar = WW_START_MS;
    struct eb_ev_instrument inst = {
        .symbol = "AAAUSDT", .tick = ww_px("0.1"), .step = {e8("0.1")}, .maintenance_ppm = 10000, .trading = true};
    struct eb_event ev = {
        .now_ms = w->now_ms, .now_ns = w->now_ms * 1000000, .position = EB_NO_POSITION, .kind = EB_EV_INSTRUMENT};
    ev.u.instrument = &inst;
    assert_int_equal(turn(w, &ev), EB_OK);
    return w;
}

void ww_free(struct ww *w)
{
    eb_engine_destroy(w->e);
    free(w);
}

void ww_open(struct ww *w, enum eb_side side, const char *qty, const char *entry)
{
    bool hedge = eb_engine_hedge(w->e);
    unsigned slot = hedge && side == EB_SHORT ? 1 : 0;
    uint8_t ps = !hedge ? EB_PS_BOTH : side == EB_LONG ? EB_PS_LONG : EB_PS_SHORT;
    w->side[slot] = (uint8_t)side;
    w->qty[slot].e8 = e8(qty);
    struct eb_ev_position p = {.position_side = ps,
                               .side = (uint8_t)side,
                               .qty = w->qty[slot],
                               .entry = ww_px(entry),
                               .leverage_ppm = EB_PPM,
                               .opened_ms = w->now_ms,
                               .venue_ms = w->now_ms};
    struct eb_event ev = {.now_ms = w->now_ms,
                          .now_ns = w->now_ms * 1000000,
                          .position = slot,
                          .kind = EB_EV_PATH}; /* where an entry finds the path, as the backtest tells it */
    ev.u.path = (struct eb_ev_path){.kind = EB_PATH_POINT, .from = w->path[slot], .to = w->path[slot]};
    assert_int_equal(eb_engine_step(w->e, &ev, &w->out), EB_OK);
    ev.position = EB_NO_POSITION;
    ev.kind = EB_EV_POSITION;
    ev.u.venue_position = &p;
    assert_int_equal(turn(w, &ev), EB_OK);
}

/* ---- bars ---- */

static struct eb_ev_bar bar(const struct ww *w, const char *open, const char *high, const char *low, const char *close)
{
    return (struct eb_ev_bar){.open_ms = w->bar,
                              .length_ms = WW_MINUTE_MS,
                              .open = ww_px(open),
                              .high = ww_px(high),
                              .low = ww_px(low),
                              .close = ww_px(close)};
}

struct eb_walk_bar ww_bar(const struct ww *w, const char *open, const char *high, const char *low, const char *close)
{
    return (struct eb_walk_bar){.bar = bar(w, open, high, low, close)};
}

void ww_mark(struct eb_walk_bar *b, const char *open, const char *high, const char *low, const char *close)
{
    b->has_mark = true;
    b->mark = (struct eb_ev_bar){.open_ms = b->bar.open_ms,
                                 .length_ms = b->bar.length_ms,
                                 .open = ww_px(open),
                                 .high = ww_px(high),
                                 .low = ww_px(low),
                                 .close = ww_px(close)};
}

void ww_walk(struct ww *w, struct eb_walk_bar *b, void (*entry)(struct ww *w))
{
    w->bar = b->bar.open_ms;
    assert_int_equal(eb_walk_open(&w->walk, b), EB_OK);
    w->path[0] = w->path[1] = b->bar.open;
    if (entry != NULL) {
        entry(w);
    }
    for (int k = 1; k <= 3; k++) {
        assert_int_equal(eb_walk_segment(&w->walk, b, k), EB_OK);
    }
    assert_int_equal(eb_walk_close(&w->walk, b), EB_OK);
    w->bar += b->bar.length_ms;
}

void ww_step(struct ww *w, const char *open, const char *high, const char *low, const char *close)
{
    struct eb_walk_bar b = ww_bar(w, open, high, low, close);
    ww_walk(w, &b, NULL);
}

/* ---- verdicts ---- */

struct eb_decision *ww_add(struct eb_verdict *v, enum eb_decision_kind kind)
{
    assert_true(v->count < EB_DECISIONS_MAX);
    v->keep = false;
    v->decision[v->count].kind = (uint8_t)kind;
    return &v->decision[v->count++];
}

void ww_plan(struct eb_verdict *v, const char *stop, unsigned legs, const struct ww_leg *leg)
{
    ww_add(v, EB_MOVE_STOP)->u.stop.price = ww_px(stop);
    struct eb_decision *d = ww_add(v, EB_UPDATE_TP_LIMITS);
    d->u.targets.count = (uint8_t)legs;
    for (unsigned i = 0; i < legs; i++) {
        d->u.targets.leg[i] = (struct eb_leg_spec){
            .price = ww_px(leg[i].price), .fraction_ppm = leg[i].percent * 10000, .soft = leg[i].soft};
    }
}

void ww_trail(struct eb_verdict *v, int64_t activation_r_ppm, int64_t callback_ppm)
{
    struct eb_decision *d = ww_add(v, EB_SET_TRAILING);
    d->u.trailing.activation_r_ppm = activation_r_ppm;
    d->u.trailing.callback_ppm = callback_ppm;
}

void ww_ratchet(struct eb_verdict *v)
{
    struct eb_decision *d = ww_add(v, EB_SET_RATCHET);
    d->u.ratchet.count = 2;
    d->u.ratchet.rule[0] = (struct eb_ratchet_rule){.after_hits = 1, .to = EB_RATCHET_ENTRY};
    d->u.ratchet.rule[1] = (struct eb_ratchet_rule){.after_hits = 2, .to = EB_RATCHET_FIRST_HIT};
}

/* ---- scenes ---- */

void ww_long_100(struct ww *w)
{
    ww_open(w, EB_LONG, "10", "100");
}

void ww_short_100(struct ww *w)
{
    ww_open(w, EB_SHORT, "10", "100");
}

struct ww *ww_with(void (*decide)(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v))
{
    struct ww *w = ww_new(false);
    w->decide = decide;
    return w;
}

void ww_opened(struct ww *w, void (*entry)(struct ww *w))
{
    struct eb_walk_bar b = ww_bar(w, "100", "100", "100", "100");
    ww_walk(w, &b, entry);
    ww_forget(w);
}
