/* SPDX-License-Identifier: Apache-2.0 */
/* The rig. */
#define _GNU_SOURCE

#include "rig.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/decimal.h"

#define LIMIT_NS INT64_C(60000000000)

static struct rig rig;

int rig_setup(void **state)
{
    memset(&rig, 0, sizeof(rig));
    (void)snprintf(rig.dir, sizeof(rig.dir), "/tmp/eb-simd-XXXXXX");
    if (mkdtemp(rig.dir) == NULL || eb_loop_create(&rig.loop, &rig.err) != EB_OK) {
        return -1;
    }
    (void)snprintf(rig.path, sizeof(rig.path), "%s/venue.sock", rig.dir);
    (void)alarm(110);
    rig_config(&rig);
    *state = &rig;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

int rig_teardown(void **state)
{
    struct rig *r = *state;
    rig_close(r);
    eb_loop_destroy(r->loop);
    (void)alarm(0);
    return nftw(r->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void rig_config(struct rig *r)
{
    r->c = (struct eb_simd_config){.path = r->path,
                                   .scene = EB_SCENE_BUSY,
                                   .count = 6,
                                   .seed = 5,
                                   .start_ms = RIG_START_MS,
                                   .balance = {10000 * EB_E8},
                                   .fee_taker_ppm = 400,
                                   .fee_maker_ppm = 200};
}

void rig_open(struct rig *r)
{
    if (eb_simd_open(r->loop, &r->c, &r->simd, &r->err) != EB_OK) {
        fail_msg("%s", r->err.msg);
    }
}

void rig_close(struct rig *r)
{
    eb_simd_close(r->simd);
    r->simd = NULL;
}

void rig_reopen(struct rig *r)
{
    rig_close(r);
    rig_open(r);
}

static void wake(void *user)
{
    *(bool *)user = true;
}

void rig_until(struct rig *r, bool (*done)(void *user), void *user)
{
    struct eb_timer *limit;
    bool over = false;
    assert_int_equal(eb_timer_open(r->loop, wake, &over, &limit, &r->err), EB_OK);
    eb_timer_set(limit, LIMIT_NS);
    while (!done(user) && !over) {
        eb_loop_once(r->loop, true);
    }
    eb_timer_close(limit);
    assert_false(over);
}

static bool is_set(void *user)
{
    return *(bool *)user;
}

void rig_idle(struct rig *r, int64_t ms)
{
    struct eb_timer *timer;
    bool over = false;
    assert_int_equal(eb_timer_open(r->loop, wake, &over, &timer, &r->err), EB_OK);
    eb_timer_set(timer, ms * 1000000);
    rig_until(r, is_set, &over);
    eb_timer_close(timer);
}

/* ---- the player -------------------------------------------------------------------------------------------------- */

static bool on_hello(void *user, const struct eb_link_hello *hello, struct eb_err *err)
{
    struct player *p = user;
    (void)err;
    p->hello = *hello;
    p->hellos++;
    return true;
}

static eb_symbol_id on_symbol(void *user, const char *name)
{
    struct player *p = user;
    assert_true(p->symbols < RIG_SYMBOLS);
    memcpy(p->name[p->symbols], name, strlen(name) + 1);
    return p->symbols++;
}

static void close_position(struct player *p, eb_position_id slot)
{
    const struct eb_ev_position *held = &p->position[slot];
    struct eb_venue port = eb_wire_client_port(p->wire);
    struct eb_err err = {0};
    bool hedge = held->position_side != EB_PS_BOTH;
    const struct eb_order_request order = {
        .client_id = {.instance = 1, .episode = slot + 1, .purpose = EB_PURPOSE_TARGET, .leg = 1},
        .symbol = slot / 2,
        .position = slot,
        .order_side = held->side == EB_LONG ? EB_SELL : EB_BUY,
        .position_side = held->position_side,
        .type = EB_ORDER_MARKET,
        .purpose = EB_PURPOSE_TARGET,
        .reduce_only = !hedge,
        .qty = held->qty};
    if (port.ops->submit(port.venue, &order, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    p->sent[slot] = true;
}

static void look(struct player *p, eb_position_id slot)
{
    const struct eb_ev_position *held = &p->position[slot];
    int64_t price = p->last[slot / 2].e8;
    if (!p->trades || p->sent[slot] || held->qty.e8 == 0 || price == 0 || p->pictures == 0) {
        return;
    }
    int64_t moved = price > held->entry.e8 ? price - held->entry.e8 : held->entry.e8 - price;
    if ((eb_i128)moved * EB_PPM >= (eb_i128)held->entry.e8 * p->far_ppm) {
        close_position(p, slot);
    }
}

static void take_event(struct player *p, const struct eb_event *ev)
{
    switch ((enum eb_event_kind)ev->kind) {
    case EB_EV_POSITION: {
        eb_position_id slot = ev->symbol * 2 + (ev->u.venue_position->position_side == EB_PS_SHORT ? 1u : 0u);
        p->position[slot] = *ev->u.venue_position;
        p->sent[slot] = p->sent[slot] && ev->u.venue_position->qty.e8 > 0;
        break;
    }
    case EB_EV_PRICE:
        p->prices_before_picture += p->pictures == 0 ? 1 : 0;
        if (ev->u.price.source == EB_SRC_LAST) {
            p->last[ev->symbol] = ev->u.price.price;
            look(p, ev->symbol * 2);
            look(p, ev->symbol * 2 + 1);
        }
        break;
    case EB_EV_FILL:
        p->fills++;
        p->fills_ours += ev->u.fill.client_id.instance == 1 ? 1 : 0;
        if (ev->symbol == 0 && ev->u.fill.trade_id > p->fill_after) {
            p->fill_after = ev->u.fill.trade_id;
        }
        break;
    case EB_EV_SNAPSHOT_BEGIN:
        memset(p->position, 0, sizeof(p->position));
        break;
    case EB_EV_SNAPSHOT_END:
        p->pictures++;
        break;
    case EB_EV_CLOCK:
    case EB_EV_PATH:
    case EB_EV_BAR:
    case EB_EV_FUNDING:
    case EB_EV_INSTRUMENT:
    case EB_EV_ACCOUNT:
    case EB_EV_OPEN_ORDER:
    case EB_EV_SNAPSHOT_FAILED:
    case EB_EV_ORDER:
    case EB_EV_COMMAND:
    case EB_EV_POLICY:
    case EB_EV_VERDICT:
    case EB_EV_POLICY_FAILED:
    case EB_EV_CONFIG:
    case EB_EV_SIGNAL:
    case EB_EV_COUNT:
        break;
    }
}

static void connect_again(void *user)
{
    struct player *p = user;
    struct eb_err err;
    p->symbols = 0;
    p->pictures = 0;
    p->ready = 0;
    p->events = 0;
    p->prices_before_picture = 0;
    memset(p->position, 0, sizeof(p->position));
    memset(p->last, 0, sizeof(p->last));
    memset(p->sent, 0, sizeof(p->sent));
    memset(p->kinds, 0, sizeof(p->kinds));
    assert_int_equal(eb_wire_client_connect(p->wire, &err), EB_OK);
}

static void die(struct player *p)
{
    eb_wire_client_disconnect(p->wire);
    eb_timer_set(p->again, 0);
}

static void on_event(void *user, const struct eb_event *ev)
{
    struct player *p = user;
    p->events++;
    p->kinds[ev->kind]++;
    if (++p->events_ever == p->dies_at) {
        die(p);
        return;
    }
    take_event(p, ev);
}

static void on_ready(void *user)
{
    struct player *p = user;
    struct eb_venue port = eb_wire_client_port(p->wire);
    struct eb_err err;
    p->ready++;
    for (uint32_t i = 0; p->asks_trades && i < p->symbols; i++) {
        assert_int_equal(eb_wire_client_ask_trades(p->wire, i, 0), EB_OK);
    }
    if (p->events_wanted) {
        assert_int_equal(port.ops->snapshot(port.venue, &err), EB_OK);
    }
}

static void on_tick(void *user, const struct eb_link_tick *tick)
{
    struct player *p = user;
    int64_t waited = eb_monotonic_ns() - tick->due_ns;
    p->ticks++;
    p->tick = *tick;
    if (p->ticks == p->dozes_at) { /* an engine that is busy */
        const struct timespec doze = {.tv_nsec = 300000000};
        (void)nanosleep(&doze, NULL);
    }
    p->waited_ns = waited > p->waited_ns ? waited : p->waited_ns;
    if (p->acks) {
        int64_t deadline = p->nap_ms > 0 ? tick->now_ms + p->nap_ms : INT64_MAX;
        assert_int_equal(eb_wire_client_ack(p->wire, tick->number, deadline), EB_OK);
    }
}

static void on_trades(void *user, const struct eb_link_trades *told)
{
    struct player *p = user;
    p->told = *told;
    p->trades_told++;
}

static void on_view(void *user, const struct eb_link_view *view)
{
    struct player *p = user;
    p->view = *view;
    p->views++;
}

static void on_said(void *user, const struct eb_link_said *said)
{
    struct player *p = user;
    p->code = said->code;
    (void)snprintf(p->text, sizeof(p->text), "%s", said->text);
    p->said++;
}

static void on_lost(void *user, const struct eb_err *err)
{
    struct player *p = user;
    p->lost++;
    p->why = *err;
    if (p->returns) {
        eb_timer_set(p->again, 1000000);
    }
}

static void make(struct rig *r, struct player *p, bool lockstep, bool events)
{
    const struct eb_wire_client_config c = {.loop = r->loop,
                                            .path = r->path,
                                            .name = "player",
                                            .lockstep = lockstep,
                                            .wants_events = events,
                                            .symbols_max = RIG_SYMBOLS,
                                            .listener = {.user = p,
                                                         .hello = on_hello,
                                                         .symbol = on_symbol,
                                                         .event = on_event,
                                                         .ready = on_ready,
                                                         .tick = on_tick,
                                                         .trades = on_trades,
                                                         .view = on_view,
                                                         .said = on_said,
                                                         .lost = on_lost}};
    p->r = r;
    p->events_wanted = events;
    assert_int_equal(eb_wire_client_create(&c, &p->wire, &r->err), EB_OK);
    assert_int_equal(eb_timer_open(r->loop, connect_again, p, &p->again, &r->err), EB_OK);
    connect_again(p);
}

void player_open(struct rig *r, struct player *p, bool lockstep)
{
    make(r, p, lockstep, true);
}

void player_close(struct player *p)
{
    eb_timer_close(p->again);
    eb_wire_client_destroy(p->wire);
    p->again = NULL;
    p->wire = NULL;
}

static bool is_ready(void *user)
{
    return ((struct player *)user)->ready > 0;
}

void player_ready(struct player *p)
{
    rig_until(p->r, is_ready, p);
}

static bool is_pictured(void *user)
{
    return ((struct player *)user)->pictures > 0;
}

void player_pictured(struct player *p)
{
    rig_until(p->r, is_pictured, p);
}

struct until_ticks {
    const struct player *p;
    uint64_t wanted;
};

static bool has_ticked(void *user)
{
    const struct until_ticks *u = user;
    return u->p->ticks >= u->wanted;
}

void player_ticks(struct player *p, uint64_t more)
{
    struct until_ticks u = {p, p->ticks + more};
    rig_until(p->r, has_ticked, &u);
}

static bool has_said(void *user)
{
    return ((struct player *)user)->said > 0;
}

int player_hand(struct player *p, const char *text)
{
    struct player hand;
    memset(&hand, 0, sizeof(hand));
    make(p->r, &hand, false, false);
    player_ready(&hand);
    assert_int_equal(eb_wire_client_hand(hand.wire, text), EB_OK);
    rig_until(p->r, has_said, &hand);
    (void)snprintf(p->text, sizeof(p->text), "%s", hand.text);
    player_close(&hand);
    return hand.code;
}

char *rig_trades(struct rig *r)
{
    struct eb_buffer csv;
    eb_buffer_init(&csv, (size_t)1 << 26);
    assert_int_equal(eb_simd_trades_csv(r->simd, &csv), EB_OK);
    char *text = strdup(eb_buffer_str(&csv));
    eb_buffer_deinit(&csv);
    return text;
}
