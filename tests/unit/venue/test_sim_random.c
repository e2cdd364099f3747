/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random lives of an account: orders good and bad, people, jumps of price, every fault. After each step the invariants
 * hold; what was told, taken once by trade id, folds to the truth unless something was told to nobody; and the same
 * seed tells the same story.
 */
#include "venue/fixture.h"

#include <string.h>

#include "base/hash.h"
#include "base/rng.h"

#define STEPS 1500
#define SEEDS 24
#define TRADES_MAX 65536

struct life {
    struct eb_sim *sim;
    struct eb_venue venue;
    struct eb_rng rng;
    uint64_t trace;
    int64_t now_ms;
    int64_t price[2]; /* mark, 1e-8 */
    int64_t told[4];  /* signed size by slot, from fills told */
    bool seen[2][TRADES_MAX];
    bool hedge;
    unsigned serial;
    struct eb_order_request last[8];
};

static void on_event(void *user, const struct eb_event *ev)
{
    struct life *l = user;
    uint64_t words[4] = {ev->kind, ev->symbol, 0, 0};
    if (ev->kind == EB_EV_FILL) {
        const struct eb_ev_fill *f = &ev->u.fill;
        words[2] = f->trade_id;
        words[3] = (uint64_t)f->price.e8 ^ (uint64_t)f->qty.e8;
        assert_true(f->trade_id < TRADES_MAX);
        unsigned slot = 2 * ev->symbol + (f->position_side == EB_PS_SHORT ? 1 : 0);
        if (!l->seen[ev->symbol][f->trade_id]) {
            l->seen[ev->symbol][f->trade_id] = true;
            l->told[slot] += f->order_side == EB_BUY ? f->qty.e8 : -f->qty.e8;
        }
    } else if (ev->kind == EB_EV_ORDER) {
        words[2] = ev->u.order.state;
        words[3] = ev->u.order.venue_order_id;
        assert_int_equal(ev->u.order.reject != EB_REJ_NONE,
                         ev->u.order.state == EB_OS_REJECTED ||
                             (ev->u.order.cancel_failed && ev->u.order.code == -2011));
    } else if (ev->kind == EB_EV_POSITION) {
        words[2] = (uint64_t)ev->u.venue_position->qty.e8;
    }
    l->trace = eb_hash64(l->trace, words, sizeof(words));
}

static void add_symbol(struct life *l, eb_symbol_id id)
{
    struct eb_ev_instrument inst =
        id == 0 ? instrument("XYZUSDT", "0.001", "1") : instrument("ABCUSDT", "0.1", "0.001");
    inst.market_max_qty = id == 0 ? qt("5000") : qt("20");
    inst.market_take_bound_ppm = 50000;
    inst.percent_up_ppm = 1100000;
    inst.percent_down_ppm = 900000;
    struct eb_err err = {0};
    assert_int_equal(eb_sim_add_instrument(l->sim, id, &inst, NULL, 0, &err), EB_OK);
    assert_int_equal(eb_sim_set_depth(l->sim, id, id == 0 ? qt("700") : qt("3")), EB_OK);
}

static void move_market(struct life *l)
{
    eb_symbol_id id = (eb_symbol_id)eb_rng_below(&l->rng, 2);
    int64_t tick = id == 0 ? EB_E8 / 1000 : EB_E8 / 10;
    int64_t ppm =
        eb_rng_below(&l->rng, 20) == 0 ? eb_rng_range(&l->rng, -60000, 60000) : eb_rng_range(&l->rng, -3000, 3000);
    l->price[id] += l->price[id] * ppm / EB_PPM;
    int64_t floor = id == 0 ? EB_E8 : 50 * EB_E8;
    l->price[id] = l->price[id] < floor ? 2 * floor : l->price[id] > 4 * floor ? 2 * floor : l->price[id];
    int64_t bid = l->price[id] / tick * tick;
    struct eb_sim_quote q = {.mark = {l->price[id]}, .last = {bid + tick}, .bid = {bid}, .ask = {bid + tick}};
    assert_int_equal(eb_sim_price(l->sim, id, &q), EB_OK);
}

static eb_qty some_qty(struct life *l, eb_symbol_id id, int64_t steps)
{
    int64_t step = id == 0 ? EB_E8 : EB_E8 / 1000;
    return (eb_qty){eb_rng_range(&l->rng, 1, steps) * step};
}

static void open_some(struct life *l)
{
    eb_symbol_id id = (eb_symbol_id)eb_rng_below(&l->rng, 2);
    struct eb_sim_entry entry = {.symbol = id,
                                 .side = (uint8_t)eb_rng_below(&l->rng, 2),
                                 .qty = some_qty(l, id, 2000),
                                 .leverage_ppm = eb_rng_range(&l->rng, 1, 20) * EB_PPM};
    struct eb_err err;
    (void)eb_sim_open(l->sim, &entry, NULL, &err);
}

static void reduce_some(struct life *l)
{
    struct eb_err err;
    eb_position_id slot = (eb_position_id)eb_rng_below(&l->rng, 4);
    eb_qty qty = eb_rng_below(&l->rng, 2) == 0 ? (eb_qty){0} : some_qty(l, slot / 2, 500);
    (void)eb_sim_close(l->sim, slot, qty, (eb_price){0}, NULL, &err);
}

/* An order as an engine makes it: it only ever reduces. Sizes, prices and sides may be wrong. */
static void send_order(struct life *l)
{
    eb_position_id slot = (eb_position_id)eb_rng_below(&l->rng, l->hedge ? 4 : 2) * (l->hedge ? 1u : 2u);
    eb_symbol_id id = slot / 2;
    struct eb_sim_position position = {.side = (uint8_t)eb_rng_below(&l->rng, 2)};
    bool open = eb_sim_position(l->sim, slot, &position);
    struct eb_order_request req = {.symbol = id, .position = slot};
    bool sell = l->hedge ? slot % 2 == 0 : position.side == EB_LONG;
    req.client_id = client_id((enum eb_purpose)eb_rng_below(&l->rng, EB_PURPOSE_COUNT), 1, ++l->serial);
    req.order_side = sell ? EB_SELL : EB_BUY;
    req.position_side = l->hedge ? (slot % 2 == 0 ? EB_PS_LONG : EB_PS_SHORT) : EB_PS_BOTH;
    req.type = (uint8_t)eb_rng_below(&l->rng, 4);
    req.reduce_only = !l->hedge;
    req.qty = open && eb_rng_below(&l->rng, 3) > 0 ? position.qty : some_qty(l, id, 1500);
    int64_t tick = id == 0 ? EB_E8 / 1000 : EB_E8 / 10;
    int64_t away = (l->price[id] / tick / 100) * (int64_t)eb_rng_below(&l->rng, 4) * tick;
    int64_t near = l->price[id] / tick * tick;
    req.price.e8 =
        req.type == EB_ORDER_LIMIT_GTC ? (sell ? near + away : near - away) : (sell ? near - away : near + away);
    req.trigger.e8 = sell ? near - away : near + away;
    if (req.type == EB_ORDER_STOP_MARKET && eb_rng_below(&l->rng, 2) == 0) {
        req.close_position = true;
        req.reduce_only = false;
        req.qty.e8 = 0;
    }
    struct eb_err err;
    assert_int_equal(l->venue.ops->submit(l->venue.venue, &req, &err), EB_OK);
    l->last[l->serial % 8] = req;
}

static void bother(struct life *l)
{
    const struct eb_order_request *req = &l->last[eb_rng_below(&l->rng, 8)];
    struct eb_err err;
    switch (eb_rng_below(&l->rng, 3)) {
    case 0:
        assert_int_equal(l->venue.ops->cancel(l->venue.venue, req->client_id, 0, req->symbol, req->type, &err), EB_OK);
        break;
    case 1:
        assert_int_equal(l->venue.ops->query(l->venue.venue, req->client_id, 0, req->symbol, req->type, &err), EB_OK);
        break;
    default:
        assert_int_equal(l->venue.ops->snapshot(l->venue.venue, &err), EB_OK);
        break;
    }
}

static void step(struct life *l)
{
    switch (eb_rng_below(&l->rng, 8)) {
    case 0:
        open_some(l);
        break;
    case 1:
    case 2:
        send_order(l);
        break;
    case 3:
        bother(l);
        break;
    case 4:
        if (eb_rng_below(&l->rng, 4) == 0) {
            reduce_some(l);
        }
        break;
    default:
        move_market(l);
        break;
    }
}

static struct eb_sim_config random_config(struct eb_rng *rng, uint64_t seed, bool silent)
{
    struct eb_sim_config c;
    eb_sim_config_default(&c);
    c.symbols_max = 2;
    c.orders_max = 64;
    c.slots_max = 6;
    c.hedge = eb_rng_below(rng, 2) == 0;
    c.clip_reduce = eb_rng_below(rng, 2) == 0;
    c.ack_all = eb_rng_below(rng, 2) == 0;
    c.request_ms = (int64_t)eb_rng_below(rng, 3) * 10;
    c.event_ms = (int64_t)eb_rng_below(rng, 3) * 5;
    c.trigger_ms = (int64_t)eb_rng_below(rng, 2) * 40;
    c.slippage_ppm = (int64_t)eb_rng_below(rng, 3) * 150;
    c.fill_max = eb_rng_below(rng, 2) == 0 ? qt("37") : (eb_qty){0};
    c.seed = seed;
    for (unsigned f = 0; f < EB_SIM_F_COUNT; f++) {
        bool hides = f == EB_SIM_F_DROP || f == EB_SIM_F_MUTE;
        if (eb_rng_below(rng, 2) == 0 && (!hides || silent)) {
            c.faults.rate[f] = (struct eb_sim_chance){1 + (uint32_t)eb_rng_below(rng, 20), 100};
        }
    }
    return c;
}

static uint64_t live(uint64_t seed, bool silent)
{
    static struct life l; /* large: the map of trades seen */
    memset(&l, 0, sizeof(l));
    eb_rng_seed(&l.rng, seed);
    struct eb_sim_config c = random_config(&l.rng, seed, silent);
    struct eb_err err = {0};
    assert_int_equal(eb_sim_create(&c, &l.sim, &err), EB_OK);
    l.venue = eb_sim_port(l.sim);
    l.hedge = c.hedge;
    l.price[0] = 2 * EB_E8;
    l.price[1] = 100 * EB_E8;
    eb_sim_set_sink(l.sim, on_event, &l);
    add_symbol(&l, 0);
    add_symbol(&l, 1);
    for (unsigned i = 0; i < STEPS; i++) {
        l.now_ms += (int64_t)eb_rng_below(&l.rng, 30);
        eb_sim_run(l.sim, l.now_ms * 1000000, 1700000000000 + l.now_ms);
        step(&l);
        if (eb_sim_check(l.sim, &err) != EB_OK) {
            fail_msg("seed %llu step %u: %s", (unsigned long long)seed, i, err.msg);
        }
    }
    eb_sim_run(l.sim, (l.now_ms + 100000) * 1000000, 1700000000000 + l.now_ms + 100000);
    assert_int_equal(eb_sim_next_due(l.sim), INT64_MAX);
    for (eb_position_id slot = 0; slot < 4 && !silent; slot++) {
        struct eb_sim_position p = {0};
        bool open = eb_sim_position(l.sim, slot, &p);
        int64_t truth = open ? (p.side == EB_LONG ? p.qty.e8 : -p.qty.e8) : 0;
        if (l.told[slot] != truth) {
            fail_msg("seed %llu slot %u: told %lld, true %lld", (unsigned long long)seed, slot, (long long)l.told[slot],
                     (long long)truth);
        }
    }
    size_t count;
    (void)eb_sim_trades(l.sim, &count);
    assert_in_range(count, 20, TRADES_MAX);
    eb_sim_destroy(l.sim);
    return l.trace;
}

static void invariants_hold_and_nothing_told_is_wrong(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        (void)live(seed, false);
    }
}

static void invariants_hold_in_silence(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        (void)live(seed, true);
    }
}

static void the_same_seed_tells_the_same(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 104; seed++) {
        uint64_t first = live(seed, true);
        assert_true(first == live(seed, true));
        assert_true(first != live(seed + 1000, true));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(invariants_hold_and_nothing_told_is_wrong),
        cmocka_unit_test(invariants_hold_in_silence),
        cmocka_unit_test(the_same_seed_tells_the_same),
    };
    return cmocka_run_group_tests_name("venue/sim random", tests, NULL, NULL);
}
