/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange's process and its clients on one loop: greeting, lockstep, deaths, trades, a free clock. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "rig.h"

static struct player player(bool trades)
{
    return (struct player){.acks = true, .trades = trades, .far_ppm = 6000};
}

/* ---- greeting ---------------------------------------------------------------------------------------------------- */

static void a_client_is_introduced(void **state)
{
    struct rig *r = *state;
    struct player p = player(false);
    char account[64];
    p.acks = false;
    r->c.scene = EB_SCENE_PAPER;
    rig_open(r);
    player_open(r, &p, true);
    player_ready(&p);
    (void)snprintf(account, sizeof(account), "sim-5-%" PRId64, RIG_START_MS);
    assert_string_equal(p.hello.account, account);
    assert_true(p.hello.lockstep);
    assert_int_equal(p.hello.now_ms, RIG_START_MS);
    assert_int_equal(p.symbols, 6);
    assert_string_equal(p.name[0], "BTCUSDT");
    assert_int_equal(p.kinds[EB_EV_BAR], 6 * 1500);
    assert_int_equal(p.kinds[EB_EV_ACCOUNT], 1);
    assert_int_equal(p.kinds[EB_EV_FUNDING], 6);
    assert_int_equal(p.kinds[EB_EV_PRICE], 0);
    player_ticks(&p, 1);
    assert_int_equal(p.pictures, 1);
    assert_int_equal(p.prices_before_picture, 0);
    assert_int_equal(p.kinds[EB_EV_PRICE], 18); /* mark, last and book of each */
    assert_int_equal(p.kinds[EB_EV_POSITION], 3);
    assert_true(p.position[0].adopted);
    assert_string_equal(p.position[0].strategy_id, "signals");
    assert_int_equal(p.tick.now_ms, RIG_START_MS);
    rig_idle(r, 20); /* it has not acknowledged: nothing moves */
    assert_int_equal(p.ticks, 1);
    assert_int_equal(eb_simd_now_ms(r->simd), RIG_START_MS);
    player_close(&p);
}

/* ---- lockstep ---------------------------------------------------------------------------------------------------- */

static bool is_done(void *user)
{
    return eb_simd_done(((struct rig *)user)->simd);
}

/* A whole run with this player, cut every `every` events by chance; its trades. */
static char *run(struct rig *r, struct player p, uint64_t every, uint64_t seed)
{
    struct eb_rng rng;
    eb_rng_seed(&rng, seed);
    r->c.length_ms = 40000;
    r->c.ends = true;
    rig_reopen(r);
    p.dies_at = every > 0 ? eb_rng_below(&rng, every) + 1 : 0;
    player_open(r, &p, true);
    while (!eb_simd_done(r->simd)) {
        eb_loop_once(r->loop, true);
        if (every > 0 && p.events_ever >= p.dies_at) {
            p.dies_at = p.events_ever + eb_rng_below(&rng, every) + 1;
        }
    }
    rig_until(r, is_done, r);
    assert_int_equal(p.lost, 0);
    assert_true(p.fills_ours > 10 || every > 0);
    assert_true(every == 0 || p.hellos > 5);
    struct eb_sim_account_view a;
    eb_sim_account(eb_simd_sim(r->simd), &a);
    assert_int_equal(a.open_positions, 0);
    player_close(&p);
    return rig_trades(r);
}

static void a_run_repeats_itself_at_any_pace(void **state)
{
    struct rig *r = *state;
    r->c.latency_ms = 15;
    char *once = run(r, player(true), 0, 0);
    assert_non_null(strstr(once, ",target,1,"));
    assert_non_null(strstr(once, ",foreign,0,"));
    char *again = run(r, player(true), 0, 0);
    assert_string_equal(once, again);
    free(again);
    r->c.speed_ppm = 2000 * EB_PPM;
    again = run(r, player(true), 0, 0);
    assert_string_equal(once, again);
    free(again);
    struct player naps = player(true); /* its deadlines lie between ticks and change nothing in the market */
    naps.nap_ms = 7;
    again = run(r, naps, 0, 0);
    assert_string_equal(once, again);
    free(again);
    r->c.seed++;
    again = run(r, player(true), 0, 0);
    assert_string_not_equal(once, again);
    free(again);
    free(once);
}

static void whoever_dies_in_between(void **state)
{
    struct rig *r = *state;
    static const int64_t latencies[] = {0, 15};
    for (unsigned i = 0; i < EB_COUNT(latencies); i++) {
        r->c.latency_ms = latencies[i];
        char *whole = run(r, player(true), 0, 0);
        for (uint64_t seed = 1; seed <= 4; seed++) {
            char *cut = run(r, player(true), seed % 2 == 0 ? 7000 : 10000, seed);
            assert_string_equal(whole, cut);
            free(cut);
        }
        free(whole);
    }
}

static void the_clock_stands_while_its_client_is_away(void **state)
{
    struct rig *r = *state;
    struct player p = player(false);
    r->c.speed_ppm = EB_PPM;
    rig_open(r);
    rig_idle(r, 30);
    assert_int_equal(eb_simd_now_ms(r->simd), RIG_START_MS);
    player_open(r, &p, true);
    player_ticks(&p, 4);
    int64_t then = p.tick.now_ms;
    assert_true(then >= RIG_START_MS + 150);
    assert_true(p.waited_ns >= 0);
    eb_wire_client_disconnect(p.wire);
    rig_idle(r, 400);
    assert_in_range(eb_simd_now_ms(r->simd), then, then + 50);
    p.ticks = 0;
    player_close(&p);
    p = player(false);
    player_open(r, &p, true);
    player_ticks(&p, 1);
    assert_in_range(p.tick.now_ms, then, then + 50); /* it does not make up for the time that nobody had */
    int64_t back_ns = eb_monotonic_ns();
    player_ticks(&p, 3);
    int64_t wall_ms = (eb_monotonic_ns() - back_ns) / 1000000;
    assert_true(p.tick.now_ms - then <= wall_ms + 100);
    player_close(&p);
}

/* A client that is slow finds in due_ns what it has missed, and time catches up. */
static void who_is_late_is_told_so(void **state)
{
    struct rig *r = *state;
    struct player p = player(false);
    r->c.speed_ppm = EB_PPM;
    p.dozes_at = 4;
    rig_open(r);
    player_open(r, &p, true);
    player_ticks(&p, 4);
    int64_t then_ms = p.tick.now_ms;
    p.waited_ns = 0;
    player_ticks(&p, 1);
    assert_true(p.waited_ns > 50000000); /* 300 ms but for one tick, and for how late the timer before may have been */
    player_ticks(&p, 5);
    assert_true(p.tick.now_ms - then_ms >= 250);
    player_close(&p);
}

static void the_clock_has_one_owner(void **state)
{
    struct rig *r = *state;
    struct player first = player(false);
    struct player second = player(false);
    struct player third = player(false);
    rig_open(r);
    player_open(r, &second, false); /* asks for nothing: the clock stands all the same */
    player_ticks(&second, 1);
    assert_false(second.hello.lockstep);
    rig_idle(r, 10);
    assert_int_equal(eb_simd_now_ms(r->simd), RIG_START_MS);
    player_open(r, &first, true);
    player_ticks(&first, 5);
    assert_true(first.hello.lockstep);
    uint64_t seen = second.ticks;
    player_ticks(&second, 3);
    assert_true(second.ticks > seen); /* it hears what all hear */
    player_open(r, &third, true);
    player_pictured(&third);
    assert_false(third.hello.lockstep);
    player_close(&first);
    rig_idle(r, 10);
    int64_t then = eb_simd_now_ms(r->simd);
    rig_idle(r, 10);
    assert_int_equal(eb_simd_now_ms(r->simd), then);
    player_close(&third);
    third = player(false);
    player_open(r, &third, true);
    player_ticks(&third, 3);
    assert_true(third.hello.lockstep);
    assert_int_equal(second.lost, 0);
    player_close(&second);
    player_close(&third);
}

/* ---- deaths ------------------------------------------------------------------------------------------------------ */

static bool has_told(void *user)
{
    return ((struct player *)user)->trades_told > 0;
}

static void what_the_dead_had_asked_for_is_done(void **state)
{
    struct rig *r = *state;
    struct player p = player(false);
    struct player next = player(false);
    struct eb_venue port;
    r->c.scene = EB_SCENE_STILL;
    r->c.latency_ms = 15;
    p.acks = next.acks = false;
    rig_open(r);
    player_open(r, &p, true);
    player_ticks(&p, 1);
    port = eb_wire_client_port(p.wire);
    for (eb_symbol_id i = 0; i < 6; i++) {
        struct eb_err err;
        const struct eb_ev_position *held = &p.position[(size_t)i * 2];
        const struct eb_order_request order = {
            .client_id = {.instance = 1, .episode = i + 1, .purpose = EB_PURPOSE_STOP},
            .symbol = i,
            .position = 2 * i,
            .order_side = held->side == EB_LONG ? EB_SELL : EB_BUY,
            .type = EB_ORDER_MARKET,
            .purpose = EB_PURPOSE_STOP,
            .reduce_only = true,
            .qty = held->qty};
        assert_int_equal(port.ops->submit(port.venue, &order, &err), EB_OK);
    }
    player_close(&p); /* nothing of this was read yet, and the requests would travel 15 ms */
    next.asks_trades = true;
    player_open(r, &next, true);
    rig_until(r, has_told, &next);
    player_pictured(&next);
    assert_int_equal(next.fills_ours, 6);
    assert_int_equal(next.hello.now_ms, RIG_START_MS + 15);
    for (eb_symbol_id i = 0; i < 6; i++) {
        assert_int_equal(next.position[(size_t)i * 2].qty.e8, 0);
    }
    player_close(&next);
}

static void trades_are_told_from_an_id_on(void **state)
{
    struct rig *r = *state;
    struct player p = player(false);
    r->c.scene = EB_SCENE_STILL;
    p.acks = false;
    rig_open(r);
    player_open(r, &p, true);
    player_ticks(&p, 1);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(player_hand(&p, "add SIM0001USDT 2000"), EB_OK);
        assert_int_equal(player_hand(&p, "add SIM0002USDT 2000"), EB_OK);
    }
    static const struct {
        uint64_t after, first, count;
    } asked[] = {{0, 1, 6}, {2, 3, 4}, {5, 6, 1}, {6, 0, 0}, {900, 0, 0}, {0, 1, 6}};
    for (unsigned i = 0; i < EB_COUNT(asked); i++) {
        p.trades_told = 0;
        p.fills = 0;
        p.fill_after = 0;
        assert_int_equal(eb_wire_client_ask_trades(p.wire, 0, asked[i].after), EB_OK);
        rig_until(r, has_told, &p);
        assert_int_equal(p.told.symbol, 0);
        assert_int_equal(p.told.oldest, 1);
        assert_int_equal(p.told.newest, 6);
        assert_int_equal(p.fills, asked[i].count);
        assert_int_equal(p.fill_after, asked[i].count > 0 ? 6 : 0);
        assert_int_equal(p.fills_ours, 0);
    }
    player_close(&p);
}

static void it_ends_with_its_client(void **state)
{
    struct rig *r = *state;
    struct player p = player(false);
    p.r = r;
    r->c.leave_with_client = true;
    rig_open(r);
    assert_int_equal(player_hand(&p, "status"), EB_OK); /* a hand is no client of that kind */
    assert_false(eb_simd_done(r->simd));
    player_open(r, &p, true);
    player_ticks(&p, 2);
    assert_false(eb_simd_done(r->simd));
    player_close(&p);
    rig_until(r, is_done, r);
}

/* ---- a free clock ------------------------------------------------------------------------------------------------ */

static bool is_lost(void *user)
{
    return ((struct player *)user)->lost > 0;
}

static void a_free_clock_waits_for_nobody(void **state)
{
    struct rig *r = *state;
    struct player p = player(true);
    r->c.free_clock = true;
    r->c.speed_ppm = 0;
    assert_int_equal(eb_simd_open(r->loop, &r->c, &r->simd, &r->err), EB_E_INVALID);
    r->c.speed_ppm = 100 * EB_PPM;
    rig_open(r);
    rig_idle(r, 50);
    int64_t then = eb_simd_now_ms(r->simd);
    assert_true(then > RIG_START_MS);
    p.acks = false;
    player_open(r, &p, true);
    player_ticks(&p, 50);
    assert_false(p.hello.lockstep);
    assert_true(p.hello.now_ms >= then);
    assert_true(p.tick.now_ms > p.hello.now_ms);
    player_close(&p);
}

struct mute_reader {
    struct eb_stream *stream;
    bool opened, closed;
};

static void reader_opened(void *user)
{
    struct mute_reader *m = user;
    struct eb_wire_message hello = {.kind = EB_WIRE_HELLO};
    unsigned char bytes[256];
    size_t len;
    m->opened = true;
    hello.u.hello = (struct eb_wire_hello){.protocol = EB_WIRE_PROTOCOL, .wants_events = true, .name = "mute"};
    assert_int_equal(eb_wire_encode(&hello, bytes, sizeof(bytes), &len), EB_OK);
    assert_int_equal(eb_stream_write(m->stream, bytes, len), EB_OK);
}

static void reader_data(void *user, const char *bytes, size_t len)
{
    (void)user;
    (void)bytes;
    (void)len;
}

static void reader_closed(void *user, const struct eb_err *err)
{
    (void)err;
    ((struct mute_reader *)user)->closed = true;
}

static bool is_alone(void *user)
{
    struct player *p = user;
    return player_hand(p, "status") == EB_OK && strstr(p->text, " clients=2 ") != NULL;
}

static void who_never_reads_is_dropped(void **state)
{
    static const struct eb_stream_handlers handlers = {
        .opened = reader_opened, .data = reader_data, .closed = reader_closed};
    struct rig *r = *state;
    struct player p = player(false);
    struct mute_reader m = {NULL, false, false};
    r->c.free_clock = true;
    r->c.speed_ppm = 1000 * EB_PPM;
    r->c.client_limit = 4 << 20;
    rig_open(r);
    player_open(r, &p, false);
    player_ticks(&p, 2);
    assert_int_equal(eb_stream_connect(r->loop, r->path, 65536, &handlers, &m, &m.stream, &r->err), EB_OK);
    eb_stream_pause(m.stream, true);
    rig_until(r, is_alone, &p); /* one player, one hand */
    assert_true(m.opened);
    assert_int_equal(p.lost, 0);
    player_ticks(&p, 10);
    eb_stream_pause(m.stream, false);
    bool *closed = &m.closed;
    while (!*closed) {
        eb_loop_once(r->loop, true);
    }
    eb_stream_close(m.stream);
    player_close(&p);
}

static void garbage_ends_only_its_own_connection(void **state)
{
    static const struct eb_stream_handlers handlers = {.data = reader_data, .closed = reader_closed};
    struct rig *r = *state;
    struct player p = player(false);
    struct eb_rng rng;
    eb_rng_seed(&rng, 3);
    rig_open(r);
    player_open(r, &p, true);
    for (unsigned round = 0; round < 60; round++) {
        struct mute_reader m = {NULL, false, false};
        unsigned char bytes[300];
        for (size_t i = 0; i < sizeof(bytes); i++) {
            bytes[i] = (unsigned char)eb_rng_next(&rng);
        }
        if (round % 3 == 1) { /* a message in perfect order, but not a first one */
            struct eb_wire_message ack = {.kind = EB_WIRE_ACK, .u.ack = {1, 1}};
            size_t len;
            assert_int_equal(eb_wire_encode(&ack, bytes, sizeof(bytes), &len), EB_OK);
        } else if (round % 3 == 2) { /* an event */
            struct eb_event ev = {.kind = EB_EV_CLOCK, .symbol = EB_NO_SYMBOL, .position = EB_NO_POSITION};
            size_t len;
            assert_int_equal(eb_encode_event(&ev, NULL, false, bytes, sizeof(bytes), &len), EB_OK);
        }
        assert_int_equal(eb_stream_connect(r->loop, r->path, 65536, &handlers, &m, &m.stream, &r->err), EB_OK);
        assert_int_equal(eb_stream_write(m.stream, bytes, sizeof(bytes)), EB_OK);
        while (!m.closed) {
            eb_loop_once(r->loop, true);
        }
        eb_stream_close(m.stream);
    }
    player_ticks(&p, 5);
    assert_int_equal(p.lost, 0);
    player_close(&p);
}

static int64_t any(struct eb_rng *rng)
{
    static const int64_t edges[] = {0, 1, -1, INT64_MAX, INT64_MIN, EB_E8, 62550 * EB_E8};
    return eb_rng_chance(rng, 1, 2) ? edges[eb_rng_below(rng, EB_COUNT(edges))] : eb_rng_range(rng, 0, 100 * EB_E8);
}

/* Requests in perfect order whose values make no sense, among them some that do. */
static void any_request_is_survived(void **state)
{
    struct rig *r = *state;
    struct player p = player(false);
    struct eb_rng rng;
    struct eb_err err = {0};
    eb_rng_seed(&rng, 12);
    r->c.latency_ms = 3;
    r->c.length_ms = 0;
    rig_open(r);
    player_open(r, &p, true);
    for (unsigned round = 0; round < 300; round++) {
        player_ticks(&p, 2);
        struct eb_venue port = eb_wire_client_port(p.wire);
        for (unsigned i = 0; i < 20; i++) {
            const eb_client_id id = {.instance = 1, .episode = (uint32_t)eb_rng_below(&rng, 9)};
            eb_symbol_id symbol = (eb_symbol_id)eb_rng_below(&rng, 6);
            uint8_t type = (uint8_t)eb_rng_below(&rng, EB_ORDER_STOP_MARKET + 1);
            const struct eb_order_request order = {.client_id = id,
                                                   .symbol = symbol,
                                                   .position = (eb_position_id)eb_rng_next(&rng),
                                                   .order_side = (uint8_t)eb_rng_below(&rng, 2),
                                                   .position_side = (uint8_t)eb_rng_below(&rng, 3),
                                                   .type = type,
                                                   .reduce_only = eb_rng_chance(&rng, 2, 3),
                                                   .close_position = eb_rng_chance(&rng, 1, 4),
                                                   .qty = {any(&rng)},
                                                   .price = {any(&rng)},
                                                   .trigger = {any(&rng)},
                                                   .level = {any(&rng)}};
            assert_int_equal(port.ops->submit(port.venue, &order, &err), EB_OK);
            assert_int_equal(port.ops->cancel(port.venue, id, eb_rng_below(&rng, 99), symbol, type, &err), EB_OK);
            assert_int_equal(port.ops->query(port.venue, id, eb_rng_below(&rng, 99), symbol, type, &err), EB_OK);
            assert_int_equal(port.ops->refresh_price(port.venue, symbol, &err), EB_OK);
        }
        assert_int_equal(port.ops->snapshot(port.venue, &err), EB_OK);
        assert_int_equal(eb_wire_client_ask_trades(p.wire, 0, eb_rng_next(&rng)), EB_OK);
    }
    player_ticks(&p, 3);
    assert_int_equal(p.lost, 0);
    assert_true(p.kinds[EB_EV_ORDER] > 1000);
    player_close(&p);
}

static void two_cannot_listen_at_one_place(void **state)
{
    struct rig *r = *state;
    struct eb_simd *other = NULL;
    rig_open(r);
    assert_int_equal(eb_simd_open(r->loop, &r->c, &other, &r->err), EB_E_REFUSED);
    assert_non_null(strstr(r->err.msg, "in use"));
    assert_null(other);
}

static void connections_are_bounded(void **state)
{
    static const struct eb_stream_handlers handlers = {.data = reader_data, .closed = reader_closed};
    struct rig *r = *state;
    struct player p = player(false);
    static struct mute_reader m[80];
    memset(m, 0, sizeof(m));
    rig_open(r);
    player_open(r, &p, true);
    player_ticks(&p, 1);
    for (unsigned i = 0; i < EB_COUNT(m); i++) {
        assert_int_equal(eb_stream_connect(r->loop, r->path, 65536, &handlers, &m[i], &m[i].stream, &r->err), EB_OK);
    }
    player_ticks(&p, 5);
    assert_int_equal(player_hand(&p, "status"), EB_OK); /* those who never say a word make way */
    assert_int_equal(p.lost, 0);
    unsigned closed = 0;
    for (unsigned i = 0; i < EB_COUNT(m); i++) {
        closed += m[i].closed ? 1 : 0;
        eb_stream_close(m[i].stream);
    }
    assert_true(closed >= EB_COUNT(m) - 64);
    player_close(&p);
}

static void a_lost_exchange_is_told_once(void **state)
{
    struct rig *r = *state;
    struct player p = player(false);
    rig_open(r);
    player_open(r, &p, true);
    player_ticks(&p, 2);
    rig_close(r);
    rig_until(r, is_lost, &p);
    rig_idle(r, 10);
    assert_int_equal(p.lost, 1);
    assert_false(eb_wire_client_connected(p.wire));
    struct eb_venue port = eb_wire_client_port(p.wire);
    struct eb_err err = {0};
    assert_int_equal(port.ops->snapshot(port.venue, &err), EB_E_IO);
    assert_int_equal(eb_wire_client_ack(p.wire, 1, 1), EB_E_IO);
    player_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_CASE(a_client_is_introduced),
        RIG_CASE(a_run_repeats_itself_at_any_pace),
        RIG_CASE(whoever_dies_in_between),
        RIG_CASE(the_clock_stands_while_its_client_is_away),
        RIG_CASE(who_is_late_is_told_so),
        RIG_CASE(the_clock_has_one_owner),
        RIG_CASE(what_the_dead_had_asked_for_is_done),
        RIG_CASE(trades_are_told_from_an_id_on),
        RIG_CASE(it_ends_with_its_client),
        RIG_CASE(a_free_clock_waits_for_nobody),
        RIG_CASE(who_never_reads_is_dropped),
        RIG_CASE(garbage_ends_only_its_own_connection),
        RIG_CASE(any_request_is_survived),
        RIG_CASE(two_cannot_listen_at_one_place),
        RIG_CASE(connections_are_bounded),
        RIG_CASE(a_lost_exchange_is_told_once),
    };
    return cmocka_run_group_tests_name("simd", tests, NULL, NULL);
}
