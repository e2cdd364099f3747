/* SPDX-License-Identifier: Apache-2.0 */
/* The pump keeps last, minimum and maximum of each lane, order between lanes, and nothing of one lane in another. */
#include "fake.h"

#include "host/pump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SEEN_MAX 64
static struct {
    eb_symbol_id symbol;
    struct eb_ev_price price;
} seen[SEEN_MAX];
static int seen_count;

static int see(struct fake *f, const struct eb_event *ev, struct eb_actions *out)
{
    (void)f;
    (void)out;
    assert_int_equal(ev->kind, EB_EV_PRICE);
    assert_int_equal(ev->now_ns, 50);
    assert_int_equal(ev->now_ms, 60);
    assert_int_equal(ev->position, EB_NO_POSITION);
    assert_true(seen_count < SEEN_MAX);
    seen[seen_count].symbol = ev->symbol;
    seen[seen_count++].price = ev->u.price;
    return ev->symbol == 3 ? EB_E_NOT_FOUND : EB_OK;
}

static struct eb_pump *open_pump(void)
{
    struct eb_pump *p;
    fake_open();
    fake.on_step = see;
    seen_count = 0;
    assert_int_equal(eb_pump_create(4, &p, NULL), EB_OK);
    return p;
}

static void close_pump(struct eb_pump *p)
{
    eb_pump_destroy(p);
    fake_close();
}

static int observe(struct eb_pump *p, eb_symbol_id symbol, uint8_t source, int64_t price, int64_t ask)
{
    struct eb_ev_price e = {.source = source, .price = {price}, .ask = {ask}, .venue_ms = price};
    return eb_pump_price(p, symbol, &e);
}

static void one_lane_keeps_last_min_and_max(void **state)
{
    (void)state;
    struct eb_pump *p = open_pump();
    static const int64_t prices[] = {100, 90, 130, 110};
    for (size_t i = 0; i < EB_COUNT(prices); i++) {
        assert_int_equal(observe(p, 2, EB_SRC_MARK, prices[i], 0), EB_OK);
    }
    assert_int_equal(eb_pump_waiting(p), 1);
    assert_int_equal(eb_pump_merged(p), 3);
    assert_int_equal(eb_pump_drain(p, fake.host, 50, 60, 10), EB_OK);
    assert_int_equal(seen_count, 1);
    assert_int_equal(seen[0].symbol, 2);
    assert_int_equal(seen[0].price.price.e8, 110);
    assert_int_equal(seen[0].price.min.e8, 90);
    assert_int_equal(seen[0].price.max.e8, 130);
    assert_int_equal(seen[0].price.venue_ms, 110);

    assert_int_equal(observe(p, 2, EB_SRC_MARK, 105, 0), EB_OK); /* extremes begin anew */
    assert_int_equal(eb_pump_drain(p, fake.host, 50, 60, 10), EB_OK);
    assert_int_equal(seen[1].price.min.e8, 105);
    assert_int_equal(seen[1].price.max.e8, 105);
    close_pump(p);
}

static void a_book_keeps_the_sides_at_which_targets_execute(void **state)
{
    (void)state;
    struct eb_pump *p = open_pump();
    assert_int_equal(observe(p, 0, EB_SRC_BOOK, 100, 102), EB_OK);
    assert_int_equal(observe(p, 0, EB_SRC_BOOK, 104, 107), EB_OK);
    assert_int_equal(observe(p, 0, EB_SRC_BOOK, 98, 99), EB_OK);
    assert_int_equal(observe(p, 0, EB_SRC_BOOK, 101, 103), EB_OK);
    assert_int_equal(eb_pump_drain(p, fake.host, 50, 60, 10), EB_OK);
    assert_int_equal(seen[0].price.price.e8, 101);
    assert_int_equal(seen[0].price.ask.e8, 103);
    assert_int_equal(seen[0].price.min.e8, 99);  /* lowest ask */
    assert_int_equal(seen[0].price.max.e8, 104); /* highest bid */
    close_pump(p);
}

static void lanes_do_not_mix_and_keep_their_order(void **state)
{
    (void)state;
    struct eb_pump *p = open_pump();
    assert_int_equal(observe(p, 1, EB_SRC_LAST, 10, 0), EB_OK);
    assert_int_equal(observe(p, 0, EB_SRC_MARK, 20, 0), EB_OK);
    struct eb_ev_price rest = {.source = EB_SRC_MARK, .from_rest = true, .price = {30}};
    assert_int_equal(eb_pump_price(p, 0, &rest), EB_OK);
    assert_int_equal(observe(p, 0, EB_SRC_LAST, 40, 0), EB_OK);
    assert_int_equal(observe(p, 1, EB_SRC_LAST, 11, 0), EB_OK); /* keeps its place */
    assert_int_equal(eb_pump_waiting(p), 4);

    assert_int_equal(eb_pump_drain(p, fake.host, 50, 60, 3), EB_OK);
    assert_int_equal(seen_count, 3);
    assert_int_equal(eb_pump_drain(p, fake.host, 50, 60, 3), EB_OK);
    static const int64_t order[] = {11, 20, 30, 40};
    assert_int_equal(seen_count, EB_COUNT(order));
    for (size_t i = 0; i < EB_COUNT(order); i++) {
        assert_int_equal(seen[i].price.price.e8, order[i]);
    }
    assert_true(seen[2].price.from_rest && !seen[1].price.from_rest);
    assert_int_equal(eb_pump_waiting(p), 0);
    close_pump(p);
}

static void the_ring_goes_round_and_a_refused_turn_stops_nothing(void **state)
{
    (void)state;
    struct eb_pump *p = open_pump();
    for (int round = 0; round < 9; round++) {
        seen_count = 0;
        assert_int_equal(observe(p, 3, EB_SRC_MARK, 5, 0), EB_OK);
        for (eb_symbol_id s = 0; s < 3; s++) {
            assert_int_equal(observe(p, s, EB_SRC_LAST, 5, 0), EB_OK);
        }
        assert_int_equal(eb_pump_drain(p, fake.host, 50, 60, 99), EB_E_NOT_FOUND);
        assert_int_equal(seen_count, 4);
        assert_int_equal(seen[3].symbol, 2);
    }
    close_pump(p);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    struct eb_pump *p = open_pump();
    assert_int_equal(observe(p, 4, EB_SRC_MARK, 5, 0), EB_E_INVALID);
    assert_int_equal(observe(p, 0, EB_SRC_COUNT, 5, 0), EB_E_INVALID);
    assert_int_equal(observe(p, 0, EB_SRC_MARK, 0, 0), EB_E_INVALID);
    assert_int_equal(observe(p, 0, EB_SRC_BOOK, 5, 0), EB_E_INVALID);
    struct eb_ev_price inside = {.source = EB_SRC_MARK, .price = {5}, .min = {6}, .max = {7}};
    assert_int_equal(eb_pump_price(p, 0, &inside), EB_E_INVALID);
    assert_int_equal(eb_pump_waiting(p), 0);
    close_pump(p);
    assert_int_equal(eb_pump_create(0, &p, NULL), EB_E_INVALID);
    assert_null(p);
    assert_int_equal(eb_pump_create(20001, &p, NULL), EB_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_lane_keeps_last_min_and_max),
        cmocka_unit_test(a_book_keeps_the_sides_at_which_targets_execute),
        cmocka_unit_test(lanes_do_not_mix_and_keep_their_order),
        cmocka_unit_test(the_ring_goes_round_and_a_refused_turn_stops_nothing),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
