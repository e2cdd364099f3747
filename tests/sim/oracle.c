/* SPDX-License-Identifier: Apache-2.0 */
/* The oracle's frame: events in, positions against the exchange, and what must be true at the end. */
#include "oracle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "domain/instrument.h"
#include "domain/order.h"
#include "domain/trigger.h"

#define DIFFERS_MS 4000             /* a size that fills might explain is believed after 2 s */
#define JUMP_NS INT64_C(1500000000) /* a jump waits 1 s, and the timer may be late */
#define ALARM_SLACK_MS 1500
#define FRESH_NS INT64_C(400000000)
#define ON_ITS_WAY_MS 2500 /* what was sent this late in the calm may still wait for the disk or the exchange */

void oracle_violated(struct oracle *o, const char *fmt, ...)
{
    if (o->violated) {
        return;
    }
    o->violated = true;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(o->violation, sizeof o->violation, fmt, args);
    va_end(args);
}

void oracle_begin(struct oracle *o, const struct eb_engine_config *config, struct eb_engine *engine, struct eb_sim *sim,
                  uint32_t symbols, bool hedge, bool shadow)
{
    memset(o, 0, sizeof *o);
    o->config = config;
    o->engine = engine;
    o->sim = sim;
    o->symbols = symbols;
    o->hedge = hedge;
    o->shadow = shadow;
}

void oracle_instrument(struct oracle *o, eb_symbol_id symbol, const struct eb_ev_instrument *inst)
{
    o->inst[symbol] = *inst;
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static void note_price(struct oracle *o, eb_symbol_id symbol, const struct eb_ev_price *p)
{
    if (p->source >= EB_SRC_COUNT || p->price.e8 <= 0 || p->min.e8 <= 0 || p->max.e8 <= 0 ||
        p->price.e8 >= INT64_MAX / 2 || p->min.e8 >= INT64_MAX / 2 || p->max.e8 >= INT64_MAX / 2) {
        return; /* no price: the last one ages */
    }
    struct oracle_price *y = &o->price[symbol];
    y->price[p->source] = p->price;
    y->at_ns[p->source] = o->now_ns;
    if (p->source == EB_SRC_BOOK) {
        y->ask = p->ask;
    }
    oracle_levels_price(o, symbol, p);
}

static void rearm(struct oracle *o, eb_symbol_id symbol)
{
    for (unsigned leg = 0; leg < 2; leg++) {
        struct oracle_slot *s = &o->slot[2 * symbol + leg];
        for (unsigned i = 0; i < s->leg_count; i++) {
            s->leg[i].parked = false;
        }
    }
}

static void note_command(struct oracle *o, eb_symbol_id symbol, const struct eb_ev_command *c)
{
    if (symbol == EB_NO_SYMBOL) {
        o->gated = o->gated || c->verb == EB_CMD_START;
        o->settled_ms = c->verb == EB_CMD_START && c->settled ? o->now_ms : o->settled_ms;
        o->picture_counts = o->picture_counts && c->verb != EB_CMD_START;
        o->paused = c->verb == EB_CMD_PAUSE || (o->paused && c->verb != EB_CMD_RESUME);
        return;
    }
    for (unsigned leg = 0; leg < 2; leg++) {
        struct oracle_slot *s = &o->slot[2 * symbol + leg];
        s->released = s->open && (c->verb == EB_CMD_RELEASE || (s->released && c->verb != EB_CMD_ADOPT));
    }
    if (c->verb == EB_CMD_REARM) {
        rearm(o, symbol);
    }
}

static void watch_drops(struct oracle *o)
{
    struct eb_sim_stats stats;
    eb_sim_stats(o->sim, &stats);
    if (stats.faults[EB_SIM_F_DROP] != o->dropped) {
        o->dropped = stats.faults[EB_SIM_F_DROP];
        o->whole_picture = false;
    }
}

/* A picture is whole where nothing was lost since it was asked for. */
static void note_picture(struct oracle *o, const struct eb_event *ev)
{
    bool answers = ev->kind == EB_EV_SNAPSHOT_BEGIN || (ev->kind == EB_EV_SNAPSHOT_FAILED && !o->in_picture);
    if (answers && o->asked_count > 0) {
        o->dropped_at_asked = o->asked[0];
        memmove(&o->asked[0], &o->asked[1], sizeof o->asked[0] * --o->asked_count);
    }
    if (ev->kind == EB_EV_SNAPSHOT_BEGIN) {
        o->in_picture = true;
        o->picture_counts = true;
        oracle_orders_picture(o, false);
    } else if (ev->kind == EB_EV_SNAPSHOT_END || ev->kind == EB_EV_SNAPSHOT_FAILED) {
        bool ended = ev->kind == EB_EV_SNAPSHOT_END && o->dropped_at_asked == o->dropped;
        o->whole_picture = o->whole_picture || ended;
        o->in_picture = false;
        if (ev->kind == EB_EV_SNAPSHOT_END) {
            o->gated = o->gated && !o->picture_counts;
            oracle_orders_picture(o, true);
        }
    }
}

static void note_asked(struct oracle *o, const struct eb_actions *actions)
{
    for (uint16_t i = 0; i < actions->count; i++) {
        if (actions->action[i].kind == EB_ACT_SNAPSHOT && o->asked_count < ORACLE_ASKED_MAX) {
            o->asked[o->asked_count++] = o->dropped;
        }
    }
}

/* A jump that has waited for its second is believed now: it may be what brings a parked leg back. */
static void note_jumps(struct oracle *o)
{
    for (eb_symbol_id id = 0; id < o->symbols; id++) {
        const struct oracle_price *y = &o->price[id];
        for (unsigned src = 0; src < EB_SRC_COUNT; src++) {
            eb_price at = y->price[src];
            eb_price ask = src == EB_SRC_BOOK ? y->ask : at;
            const struct eb_ev_price p = {.source = (uint8_t)src, .price = at, .ask = ask, .min = ask, .max = at};
            if (at.e8 > 0 && o->now_ns - y->at_ns[src] < JUMP_NS) {
                oracle_levels_price(o, id, &p);
            }
        }
    }
}

static void note_event(struct oracle *o, const struct eb_event *ev)
{
    if (ev->kind == EB_EV_CLOCK) {
        note_jumps(o);
    } else if (ev->kind == EB_EV_PRICE) {
        note_price(o, ev->symbol, &ev->u.price);
    } else if (ev->kind == EB_EV_COMMAND) {
        note_command(o, ev->symbol, ev->u.command);
    } else {
        note_picture(o, ev);
    }
    oracle_signal_event(o, ev);
    oracle_orders_event(o, ev);
}

void oracle_step(struct oracle *o, const struct eb_event *ev, const struct eb_actions *actions)
{
    if (o->violated) {
        return;
    }
    o->steps++;
    o->now_ms = ev->now_ms;
    o->now_ns = ev->now_ns;
    o->durable += actions->durable;
    o->observed = o->durable;
    watch_drops(o);
    note_event(o, ev);
    note_asked(o, actions);
    if (!actions->durable && actions->count == 0 && o->steps % 32 != 0) {
        return; /* quiet: now and then it is looked at whether that is true */
    }
    bool one = ev->symbol < o->symbols;
    for (eb_position_id at = one ? 2 * ev->symbol : 0; at < (one ? 2 * ev->symbol + 2 : 2 * o->symbols); at++) {
        oracle_levels(o, ev, actions, at);
    }
    oracle_orders_actions(o, ev, actions);
    for (eb_position_id at = 0; at < 2 * o->symbols; at++) {
        oracle_protection(o, &o->slot[at]);
    }
}

/* ---- between turns ----------------------------------------------------------------------------------------------- */

/* Nothing is known to be on its way that could explain a difference. */
static bool is_quiescent(const struct oracle_slot *s)
{
    for (unsigned i = 0; i < s->order_count; i++) {
        const struct oracle_order *k = &s->order[i];
        bool rests = k->state == EB_OS_NEW || k->state == EB_OS_PARTIAL;
        if (k->ended ? k->told.e8 > k->credited.e8 : !rests || k->type == EB_ORDER_MARKET) {
            return false;
        }
    }
    return true;
}

static void compare(struct oracle *o, eb_position_id at)
{
    struct oracle_slot *s = &o->slot[at];
    struct eb_sim_position p = {0};
    bool open = eb_sim_position(o->sim, at, &p);
    int64_t ours = s->open ? s->seen.ctx.qty.e8 : 0;
    bool same = ours == (open ? p.qty.e8 : 0) && (!open || !s->open || s->seen.ctx.side == p.side);
    o->checks++;
    if (same || !is_quiescent(s)) {
        s->differs_ms = 0;
    } else if (s->differs_ms == 0) {
        s->differs_ms = o->now_ms;
    } else if (o->now_ms - s->differs_ms > DIFFERS_MS + o->slack_ms) {
        oracle_violated(o,
                        "slot %u: the engine believes in %" PRId64 ", the exchange has %" PRId64 " (1e-8), and nothing"
                        " is on its way for %" PRId64 " ms",
                        at, ours, open ? p.qty.e8 : 0, o->now_ms - s->differs_ms);
    }
}

void oracle_between(struct oracle *o, int64_t now_ms, bool in_flight)
{
    struct eb_err err = {0};
    if (o->violated) {
        return;
    }
    o->now_ms = now_ms;
    ORACLE_CHECK(o, eb_sim_check(o->sim, &err) == EB_OK, "at the exchange: %s", err.msg);
    watch_drops(o);
    oracle_orphans(o);
    for (eb_position_id at = 0; at < 2 * o->symbols && !o->shadow; at++) {
        struct oracle_slot *s = &o->slot[at];
        bool blind = !o->whole_picture;
        if (!in_flight && !blind) {
            compare(o, at);
        } else if (blind) {
            s->differs_ms = 0;
        }
        s->unprotected_ms =
            s->released && s->unprotected_ms != 0 ? now_ms : s->unprotected_ms; /* a person's, for now */
        int64_t since = s->unprotected_ms > o->awake_ms ? s->unprotected_ms : o->awake_ms;
        bool late = s->open && s->unprotected_ms != 0 && now_ms - since > o->config->protect_ms + ALARM_SLACK_MS;
        ORACLE_CHECK(o, !late || s->alarmed || s->released,
                     "slot %u: no confirmed stop for %" PRId64 " ms, no alarm (the engine says %u)", at, now_ms - since,
                     s->seen.protection);
    }
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

struct look {
    eb_client_id id;
    uint8_t state;
};

static void match(void *user, const struct eb_ev_open_order *order)
{
    struct look *l = user;
    if (eb_client_id_equal(order->client_id, l->id)) {
        l->state = order->state;
    }
}

uint8_t oracle_state_at_exchange(const struct oracle *o, eb_symbol_id symbol, eb_client_id id)
{
    struct look l = {.id = id, .state = EB_OS_NONE};
    eb_sim_open_orders(o->sim, symbol, match, &l);
    return l.state;
}

static void settled_orders(struct oracle *o, eb_position_id at)
{
    const struct oracle_slot *s = &o->slot[at];
    char text[EB_CLIENT_ID_TEXT_MAX];
    for (unsigned i = 0; i < s->order_count; i++) {
        const struct oracle_order *k = &s->order[i];
        uint8_t truth = oracle_state_at_exchange(o, at / 2, k->id);
        (void)eb_client_id_format(k->id, text);
        bool on_its_way = o->now_ms - k->sent_ms < ON_ITS_WAY_MS;
        if (k->ended || truth == EB_OS_TRIGGERING || on_its_way) { /* one that is stuck at the exchange stays so */
            continue;
        }
        ORACLE_CHECK(o, truth != EB_OS_NONE, "slot %u: order %s has no end, and the exchange does not have it", at,
                     text);
        ORACLE_CHECK(o, s->open && k->id.episode == s->episode, "slot %u: order %s outlives its episode", at, text);
    }
}

static bool works_on(const struct oracle_slot *s, uint8_t leg)
{
    for (unsigned i = 0; i < s->order_count; i++) {
        if (s->order[i].leg == leg && !s->order[i].ended) {
            return true;
        }
    }
    return false;
}

/* A leg that price has reached either acts, or the engine says why not. */
static void settled_leg(struct oracle *o, const struct oracle_slot *s, const struct eb_leg_view *leg, eb_position_id at)
{
    const struct oracle_price *y = &o->price[at / 2];
    bool is_long = s->seen.ctx.side == EB_LONG;
    bool book = o->config->target_source == EB_TARGET_BOOK;
    enum eb_price_source src = book                                         ? EB_SRC_BOOK
                               : o->config->target_source == EB_TARGET_MARK ? EB_SRC_MARK
                                                                            : EB_SRC_LAST;
    eb_price print = book && !is_long ? y->ask : y->price[src];
    bool fresh = print.e8 > 0 && o->now_ns - y->at_ns[src] < FRESH_NS;
    if (leg->state != EB_LEG_ARMED || leg->soft || !fresh ||
        !eb_target_crossed((enum eb_side)s->seen.ctx.side, leg->price, print)) {
        return;
    }
    bool known = eb_engine_evidence(o->engine, at, &o->now);        /* as of now: quiet steps are not looked at */
    bool anew = known && o->now_ms - o->now.last_verdict_ms < 1000; /* the next print decides */
    for (unsigned i = 0; known && !anew && !o->store_failed && i < o->now.level_count; i++) {
        const struct eb_level_evidence *l = &o->now.level[i];
        ORACLE_CHECK(o, l->leg != leg->id || l->why != EB_WHY_WAITING,
                     "slot %u: settled, leg %u at %" PRId64 " was met by %" PRId64 " and does not act", at, leg->id,
                     leg->price.e8, print.e8);
    }
}

static void settled_position(struct oracle *o, eb_position_id at)
{
    const struct oracle_slot *s = &o->slot[at];
    struct eb_sim_position p = {0};
    bool open = eb_sim_position(o->sim, at, &p);
    ORACLE_CHECK(o, open == s->open && p.qty.e8 == (s->open ? s->seen.ctx.qty.e8 : 0),
                 "slot %u: settled, yet the engine believes in %" PRId64 " and the exchange has %" PRId64, at,
                 s->open ? s->seen.ctx.qty.e8 : 0, p.qty.e8);
    for (unsigned i = 0; s->open && i < s->seen.ctx.leg_count; i++) {
        const struct eb_leg_view *leg = &s->seen.ctx.legs[i];
        bool fires = leg->state == EB_LEG_FIRING || leg->state == EB_LEG_PARTIAL || leg->state == EB_LEG_RESTING;
        ORACLE_CHECK(o, !fires || works_on(s, leg->id), "slot %u: leg %u is working without an order", at, leg->id);
        settled_leg(o, s, leg, at);
    }
    ORACLE_CHECK(o, !s->open || s->unprotected_ms == 0 || s->alarmed, "slot %u: settled, neither protected nor alarmed",
                 at);
}

void oracle_settled(struct oracle *o)
{
    for (eb_position_id at = 0; at < 2 * o->symbols && !o->violated && !o->shadow; at++) {
        settled_orders(o, at);
        settled_position(o, at);
    }
}

static void no_order_of_ours(void *user, const struct eb_ev_open_order *order)
{
    struct oracle *o = user;
    bool ours = order->client_id.instance != 0;
    char text[EB_CLIENT_ID_TEXT_MAX];
    (void)eb_client_id_format(order->client_id, text);
    ORACLE_CHECK(o, !ours || order->state == EB_OS_TRIGGERING, "everything is flat, yet order %s stands", text);
}

struct cover {
    uint8_t position_side;
    int64_t qty_e8;
};

static void add_cover(void *user, const struct eb_ev_open_order *order)
{
    struct cover *c = user;
    bool foreign = order->client_id.instance == 0 && order->type == EB_ORDER_LIMIT_GTC;
    c->qty_e8 += foreign && order->position_side == c->position_side ? order->qty.e8 - order->filled.e8 : 0;
}

/* What somebody else's resting orders will close: the exchange lets nobody else have it. */
static int64_t covered(const struct oracle *o, eb_position_id at, const struct eb_sim_position *p)
{
    struct cover c = {.position_side = p->position_side};
    eb_sim_open_orders(o->sim, at / 2, add_cover, &c);
    return c.qty_e8;
}

/* A rest that no order could close: below the minimums, or off the market's step. */
static bool is_dust(const struct oracle *o, eb_position_id at, eb_qty qty)
{
    struct eb_instrument inst;
    eb_instrument_from_event(&inst, &o->inst[at / 2]);
    eb_price at_mark = o->price[at / 2].price[EB_SRC_MARK];
    bool worthless = o->hedge && at_mark.e8 > 0 && !eb_notional_ok(&inst, at_mark, qty);
    return !eb_qty_is_tradable(&inst, qty) || worthless;
}

/* A stop that prices could not reach: they end before it. */
static bool beyond_reach(const struct oracle *o, eb_position_id at)
{
    const struct eb_context *c = &o->slot[at].seen.ctx;
    eb_price mark = o->price[at / 2].price[EB_SRC_MARK];
    return c->stop.e8 > 0 && mark.e8 > 0 && !eb_stop_crossed(at % 2 == 0 ? EB_LONG : EB_SHORT, c->stop, mark);
}

void oracle_flat(struct oracle *o)
{
    for (eb_position_id at = 0; at < 2 * o->symbols && !o->violated; at++) {
        const struct oracle_slot *s = &o->slot[at];
        struct eb_sim_position p = {0};
        bool open = eb_sim_position(o->sim, at, &p);
        int64_t beyond = open ? p.qty.e8 - covered(o, at, &p) : 0;
        bool dust = open && (beyond <= 0 || is_dust(o, at, (eb_qty){beyond})) && (s->alarmed || s->stuck);
        ORACLE_CHECK(o, !open || dust || beyond_reach(o, at),
                     "slot %u: every stop was crossed and %" PRId64 " (1e-8) is still open", at, p.qty.e8);
        ORACLE_CHECK(o, s->open == open, "slot %u: %s here, %s at the exchange", at, s->open ? "open" : "flat",
                     open ? "open" : "flat");
    }
    for (eb_symbol_id id = 0; id < o->symbols && !o->violated; id++) {
        struct eb_sim_position p;
        if (!eb_sim_position(o->sim, 2 * id, &p) && !eb_sim_position(o->sim, 2 * id + 1, &p)) {
            eb_sim_open_orders(o->sim, id, no_order_of_ours, o);
        }
    }
}
