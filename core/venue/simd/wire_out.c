/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Towards the clients. What all hear is gathered and written once per step; what one client asked for follows what was
 * told to all before it.
 */
#include "venue/simd/inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generated/version.h"

/* ---- batches ----------------------------------------------------------------------------------------------------- */

static void write_to(struct simd_client *c, const struct simd_batch *b)
{
    if (c->stream == NULL || b->len == 0) {
        return;
    }
    int rc = eb_stream_write(c->stream, b->bytes, b->len);
    if (rc != EB_OK && rc != EB_E_END) { /* one that is gone is still read to its end: it may have said something */
        eb_simd_drop(c, rc == EB_E_FULL ? "it does not read: too much waits for it" : eb_err_text(rc));
    }
}

static void add_event(struct simd_batch *b, const struct eb_event *ev)
{
    size_t len = 0;
    EB_ASSERT(eb_encode_event(ev, NULL, false, b->bytes + b->len, sizeof(b->bytes) - b->len, &len) == EB_OK);
    b->len += len;
}

static void add_message(struct simd_batch *b, const struct eb_wire_message *m)
{
    size_t len = 0;
    EB_ASSERT(eb_wire_encode(m, b->bytes + b->len, sizeof(b->bytes) - b->len, &len) == EB_OK);
    b->len += len;
}

/* ---- to all ------------------------------------------------------------------------------------------------------ */

static bool hears(const struct simd_client *c)
{
    return c->stream != NULL && c->greeted && c->hello.wants_events;
}

bool eb_simd_is_heard(const struct eb_simd *s)
{
    for (const struct simd_client *c = s->clients; c != NULL; c = c->next) {
        if (hears(c)) {
            return true;
        }
    }
    return false;
}

void eb_simd_flush(struct eb_simd *s)
{
    for (struct simd_client *c = s->clients; c != NULL && s->shared.len > 0; c = c->next) {
        if (hears(c)) {
            write_to(c, &s->shared);
        }
    }
    s->shared.len = 0;
}

void eb_simd_tell(struct eb_simd *s, const struct eb_event *ev)
{
    if (!eb_simd_is_heard(s)) {
        return;
    }
    if (s->shared.len >= SIMD_BATCH) {
        eb_simd_flush(s);
    }
    add_event(&s->shared, ev);
}

void eb_simd_tell_tick(struct eb_simd *s, struct simd_client *to, uint64_t number, int64_t due_ns)
{
    const struct eb_wire_message m = {.kind = EB_WIRE_TICK,
                                      .u.tick = {.number = number, .now_ms = s->now_ms, .due_ns = due_ns}};
    if (to != NULL) {
        eb_simd_answer(s, to, &m);
        eb_simd_answered(s, to);
        return;
    }
    bool all = true;
    for (const struct simd_client *c = s->clients; c != NULL; c = c->next) {
        all = all && (!hears(c) || c->pictured);
    }
    if (all) { /* one write for prices and tick */
        if (eb_simd_is_heard(s)) {
            add_message(&s->shared, &m);
        }
        eb_simd_flush(s);
        return;
    }
    eb_simd_flush(s);
    for (struct simd_client *c = s->clients; c != NULL; c = c->next) {
        if (hears(c) && c->pictured) {
            eb_simd_answer(s, c, &m);
            eb_simd_answered(s, c);
        }
    }
}

/* ---- to one ------------------------------------------------------------------------------------------------------ */

void eb_simd_answered(struct eb_simd *s, struct simd_client *c)
{
    write_to(c, &s->private);
    s->private.len = 0;
}

static struct simd_batch *room(struct eb_simd *s, struct simd_client *c)
{
    eb_simd_flush(s);
    if (s->private.len >= SIMD_BATCH) {
        eb_simd_answered(s, c);
    }
    return &s->private;
}

void eb_simd_answer(struct eb_simd *s, struct simd_client *c, const struct eb_wire_message *m)
{
    add_message(room(s, c), m);
}

void eb_simd_answer_event(struct eb_simd *s, struct simd_client *c, struct eb_event *ev)
{
    ev->now_ms = s->now_ms;
    ev->now_ns = s->now_ms * SIMD_NS_PER_MS;
    add_event(room(s, c), ev);
}

static struct eb_event event(enum eb_event_kind kind, eb_symbol_id symbol)
{
    return (struct eb_event){.kind = (uint16_t)kind, .symbol = symbol, .position = EB_NO_POSITION};
}

/* ---- greeting ---------------------------------------------------------------------------------------------------- */

static void account_name(const struct eb_simd *s, char out[EB_NAME_MAX])
{
    char scene[24] = "";
    if (s->c.scene != EB_SCENE_PAPER) {
        (void)snprintf(scene, sizeof(scene), "%s%u-", s->c.scene == EB_SCENE_BUSY ? "busy" : "still", s->symbols);
    }
    int n = snprintf(out, EB_NAME_MAX, "sim-%s%" PRIu64 "-%" PRId64, scene, s->c.seed, s->c.start_ms);
    if (n >= EB_NAME_MAX) { /* a seed of more digits than there is room for */
        uint64_t mixed = s->c.seed ^ (uint64_t)s->c.start_ms << 20;
        (void)snprintf(out, EB_NAME_MAX, "sim-%.10s%016" PRIx64, scene, mixed);
    }
}

static void tell_account(struct eb_simd *s, struct simd_client *c)
{
    struct eb_sim_account_view a;
    struct eb_event ev = event(EB_EV_ACCOUNT, EB_NO_SYMBOL);
    eb_sim_account(s->sim, &a);
    ev.u.account = (struct eb_ev_account){a.wallet, a.hedge};
    eb_simd_answer_event(s, c, &ev);
}

void eb_simd_introduce(struct eb_simd *s, struct simd_client *c)
{
    struct eb_wire_message hello = {.kind = EB_WIRE_HELLO};
    hello.u.hello = (struct eb_wire_hello){.protocol = EB_WIRE_PROTOCOL,
                                           .lockstep = s->owner == c,
                                           .wants_events = c->hello.wants_events,
                                           .name = "exitbrain sim " EB_VERSION,
                                           .now_ms = s->now_ms,
                                           .speed_ppm = s->c.speed_ppm};
    account_name(s, hello.u.hello.account);
    eb_simd_answer(s, c, &hello);
    for (eb_symbol_id i = 0; c->hello.wants_events && i < s->symbols; i++) {
        struct eb_event ev = event(EB_EV_INSTRUMENT, i);
        ev.u.instrument = &eb_scene_symbol(s->scene, i)->inst;
        eb_simd_answer_event(s, c, &ev);
    }
    if (c->hello.wants_events) {
        tell_account(s, c);
    }
    for (eb_symbol_id i = 0; c->hello.wants_events && i < s->symbols; i++) {
        size_t bars = eb_scene_bars(s->scene, i);
        for (size_t k = 0; k < bars; k++) {
            struct eb_event ev = event(EB_EV_BAR, i);
            ev.u.bar = eb_scene_bar(s->scene, i, k);
            eb_simd_answer_event(s, c, &ev);
        }
    }
    for (eb_symbol_id i = 0; c->hello.wants_events && i < s->symbols; i++) {
        struct eb_event ev = event(EB_EV_FUNDING, i);
        ev.u.funding = (struct eb_ev_funding){SIMD_FUNDING_RATE_E8, eb_simd_funding_next(s)};
        eb_simd_answer_event(s, c, &ev);
    }
    const struct eb_wire_message ready = {.kind = EB_WIRE_READY};
    eb_simd_answer(s, c, &ready);
    eb_simd_answered(s, c);
}

/* ---- the picture ------------------------------------------------------------------------------------------------- */

struct order_visit {
    struct eb_simd *s;
    struct simd_client *c;
    eb_symbol_id symbol;
};

static void tell_order(void *user, const struct eb_ev_open_order *order)
{
    struct order_visit *v = user;
    struct eb_event ev = event(EB_EV_OPEN_ORDER, v->symbol);
    ev.u.open_order = *order;
    eb_simd_answer_event(v->s, v->c, &ev);
}

static void tell_position(struct eb_simd *s, struct simd_client *c, eb_position_id slot)
{
    struct eb_sim_position p;
    if (!eb_sim_position(s->sim, slot, &p)) {
        return;
    }
    struct eb_ev_position out = {.position_side = p.position_side,
                                 .side = p.side,
                                 .adopted = s->symbol[slot / 2].adopted[slot % 2],
                                 .qty = p.qty,
                                 .entry = p.entry,
                                 .liquidation = p.liquidation,
                                 .margin = p.margin,
                                 .leverage_ppm = p.leverage_ppm,
                                 .opened_ms = p.opened_ms,
                                 .venue_ms = s->now_ms};
    memcpy(out.strategy_id, p.strategy_id, sizeof(out.strategy_id));
    struct eb_event ev = event(EB_EV_POSITION, slot / 2);
    ev.u.venue_position = &out;
    eb_simd_answer_event(s, c, &ev);
}

static void tell_prices(struct eb_simd *s, struct simd_client *c, eb_symbol_id symbol)
{
    const struct simd_symbol *y = &s->symbol[symbol];
    for (unsigned i = 0; i < EB_SRC_COUNT; i++) {
        if (y->told[i].price.e8 > 0 && (y->muted & (1u << i)) == 0) {
            struct eb_event ev = event(EB_EV_PRICE, symbol);
            ev.u.price = y->told[i];
            eb_simd_answer_event(s, c, &ev);
        }
    }
}

void eb_simd_picture(struct eb_simd *s, struct simd_client *c)
{
    bool fails = s->snapshot_faults > 0;
    struct eb_event begin = event(fails ? EB_EV_SNAPSHOT_FAILED : EB_EV_SNAPSHOT_BEGIN, EB_NO_SYMBOL);
    s->snapshot_faults -= fails ? 1 : 0;
    eb_simd_answer_event(s, c, &begin);
    if (!fails) {
        tell_account(s, c);
        for (eb_position_id slot = 0; slot < s->symbols * 2; slot++) {
            tell_position(s, c, slot);
        }
        for (eb_symbol_id i = 0; i < s->symbols; i++) {
            struct order_visit v = {s, c, i};
            eb_sim_open_orders(s->sim, i, tell_order, &v);
        }
        struct eb_event end = event(EB_EV_SNAPSHOT_END, EB_NO_SYMBOL);
        eb_simd_answer_event(s, c, &end);
    }
    for (eb_symbol_id i = 0; i < s->symbols; i++) {
        tell_prices(s, c, i);
    }
    c->pictured = true;
    eb_simd_tell_tick(s, c, s->owner == c ? ++s->tick : s->tick, eb_monotonic_ns());
}

/* ---- trades ------------------------------------------------------------------------------------------------------ */

/* Links the trades of each symbol; false without memory. */
static bool index_trades(struct eb_simd *s, const struct eb_sim_trade *trade, size_t count)
{
    if (count > s->trades_cap) {
        size_t cap = s->trades_cap > 0 ? s->trades_cap : 1024;
        while (cap < count) {
            cap *= 2;
        }
        uint32_t *grown = realloc(s->trade_before, cap * sizeof(*grown));
        if (grown == NULL) {
            return false;
        }
        s->trade_before = grown;
        s->trades_cap = cap;
    }
    for (; s->trades_indexed < count; s->trades_indexed++) {
        uint32_t *last = &s->symbol[trade[s->trades_indexed].symbol].last_trade;
        s->trade_before[s->trades_indexed] = *last;
        *last = (uint32_t)s->trades_indexed + 1;
    }
    return true;
}

static void tell_trade(struct eb_simd *s, struct simd_client *c, const struct eb_sim_trade *t)
{
    struct eb_event ev = event(EB_EV_FILL, t->symbol);
    ev.u.fill = (struct eb_ev_fill){.client_id = t->client_id,
                                    .venue_order_id = t->venue_order_id,
                                    .trade_id = t->trade_id,
                                    .price = t->price,
                                    .qty = t->qty,
                                    .fee = t->fee,
                                    .order_side = t->order_side,
                                    .position_side = t->position_side,
                                    .maker = t->maker,
                                    .liquidation = t->liquidation,
                                    .venue_ms = t->venue_ms};
    eb_simd_answer_event(s, c, &ev);
}

void eb_simd_tell_trades(struct eb_simd *s, struct simd_client *c, const struct eb_link_trades *asked)
{
    size_t count;
    const struct eb_sim_trade *trade = eb_sim_trades(s->sim, &count);
    if (!index_trades(s, trade, count)) {
        eb_simd_drop(c, "out of memory for the trades that it asks for");
        return;
    }
    struct eb_wire_message m = {.kind = EB_WIRE_TRADES, .u.trades = *asked};
    uint32_t newest = s->symbol[asked->symbol].last_trade;
    m.u.trades.oldest = newest > 0 ? 1 : 0; /* ids of a symbol rise from 1 and none is forgotten */
    m.u.trades.newest = newest > 0 ? trade[newest - 1].trade_id : 0;
    /* The chain runs backwards and they are told forwards: it is turned round going down, and back going up. */
    uint32_t at = newest;
    uint32_t later = 0;
    while (at != 0 && trade[at - 1].trade_id > asked->after) {
        uint32_t before = s->trade_before[at - 1];
        s->trade_before[at - 1] = later;
        later = at;
        at = before;
    }
    while (later != 0) {
        uint32_t next = s->trade_before[later - 1];
        s->trade_before[later - 1] = at;
        at = later;
        tell_trade(s, c, &trade[later - 1]);
        later = next;
    }
    eb_simd_answer(s, c, &m);
    eb_simd_answered(s, c);
}
