/* SPDX-License-Identifier: Apache-2.0 */
/* Events that are heard later: numbers, room, and which prices become one. */
#include "app/tap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NEVER UINT64_MAX

static struct eb_tap *make(uint32_t capacity)
{
    struct eb_tap *t;
    assert_int_equal(eb_tap_create(3, capacity, &t, NULL), EB_OK);
    return t;
}

static struct eb_event price(eb_symbol_id symbol, enum eb_price_source source, int64_t e8, int64_t now_ms)
{
    struct eb_event ev = {.kind = EB_EV_PRICE,
                          .now_ms = now_ms,
                          .now_ns = now_ms * 1000000,
                          .symbol = symbol,
                          .position = EB_NO_POSITION};
    ev.u.price = (struct eb_ev_price){
        .source = (uint8_t)source, .price = {e8}, .ask = {e8}, .min = {e8 - 1}, .max = {e8 + 1}, .venue_ms = now_ms};
    return ev;
}

static struct eb_event other(enum eb_event_kind kind, int64_t now_ms)
{
    return (struct eb_event){
        .kind = (uint16_t)kind, .now_ms = now_ms, .now_ns = now_ms * 1000000, .symbol = 0, .position = EB_NO_POSITION};
}

static void push(struct eb_tap *t, struct eb_event ev, uint64_t unread)
{
    assert_int_equal(eb_tap_push(t, &ev, unread), EB_OK);
}

static void numbers_and_room(void **state)
{
    (void)state;
    struct eb_tap *t = make(4);
    struct eb_event ev = other(EB_EV_BAR, 1);
    for (int64_t i = 0; i < 4; i++) {
        push(t, other(EB_EV_BAR, i), NEVER);
    }
    assert_int_equal(eb_tap_push(t, &ev, NEVER), EB_E_FULL);
    assert_int_equal(eb_tap_end(t), 4);
    eb_tap_let_go(t, 3);
    for (int64_t i = 4; i < 7; i++) {
        push(t, other(EB_EV_BAR, i), NEVER);
    }
    assert_int_equal(eb_tap_push(t, &ev, NEVER), EB_E_FULL);
    for (int64_t i = 3; i < 7; i++) { /* round the end of the ring */
        assert_int_equal(eb_tap_at(t, (uint64_t)i)->now_ms, i);
    }
    eb_tap_let_go(t, 7);
    assert_int_equal(eb_tap_end(t), 7);
    assert_int_equal(eb_tap_capacity(t), 4);
    eb_tap_destroy(t);
}

static void payloads_are_copied(void **state)
{
    (void)state;
    struct eb_tap *t = make(4);
    struct eb_ev_position p = {.qty = {5}, .entry = {7}};
    struct eb_event ev = other(EB_EV_POSITION, 1);
    ev.u.venue_position = &p;
    push(t, ev, NEVER);
    p.qty.e8 = 99;
    assert_int_equal(eb_tap_at(t, 0)->u.venue_position->qty.e8, 5);
    ev = other(EB_EV_VERDICT, 1);
    assert_int_equal(eb_tap_push(t, &ev, NEVER), EB_E_INVALID);
    assert_int_equal(eb_tap_end(t), 1);
    eb_tap_destroy(t);
}

static void prices_become_one(void **state)
{
    (void)state;
    struct eb_tap *t = make(8);
    push(t, price(0, EB_SRC_MARK, 100, 1), 0);
    push(t, price(1, EB_SRC_MARK, 50, 2), 0);
    push(t, price(0, EB_SRC_LAST, 70, 3), 0);
    push(t, price(0, EB_SRC_MARK, 90, 4), 0);
    push(t, price(0, EB_SRC_MARK, 95, 5), 0);
    assert_int_equal(eb_tap_end(t), 3);
    assert_int_equal(eb_tap_merged(t), 2);
    const struct eb_event *ev = eb_tap_at(t, 0);
    assert_int_equal(ev->u.price.price.e8, 95);
    assert_int_equal(ev->u.price.min.e8, 89);
    assert_int_equal(ev->u.price.max.e8, 101);
    assert_int_equal(ev->now_ms, 5);
    struct eb_event rest = price(0, EB_SRC_MARK, 80, 6);
    rest.u.price.from_rest = true; /* answers a question: a lane of its own */
    push(t, rest, 0);
    assert_int_equal(eb_tap_end(t), 4);
    eb_tap_destroy(t);
}

static void but_not_across_an_event(void **state)
{
    (void)state;
    struct eb_tap *t = make(8);
    push(t, price(0, EB_SRC_MARK, 100, 1), 0);
    push(t, other(EB_EV_BAR, 2), 0);
    push(t, price(0, EB_SRC_MARK, 90, 3), 0);
    push(t, price(0, EB_SRC_MARK, 91, 4), 0);
    assert_int_equal(eb_tap_end(t), 3);
    assert_int_equal(eb_tap_at(t, 0)->u.price.price.e8, 100);
    assert_int_equal(eb_tap_at(t, 2)->u.price.price.e8, 91);
    eb_tap_destroy(t);
}

static void nor_what_was_read(void **state)
{
    (void)state;
    struct eb_tap *t = make(8);
    push(t, price(0, EB_SRC_MARK, 100, 1), 0);
    push(t, price(0, EB_SRC_MARK, 90, 2), 1);
    assert_int_equal(eb_tap_end(t), 2);
    eb_tap_let_go(t, 2);
    push(t, price(0, EB_SRC_MARK, 80, 3), 0); /* what is gone is not written to */
    assert_int_equal(eb_tap_end(t), 3);
    push(t, price(0, EB_SRC_MARK, 70, 4), NEVER); /* in step with the exchange: each for itself */
    assert_int_equal(eb_tap_end(t), 4);
    assert_int_equal(eb_tap_merged(t), 0);
    eb_tap_destroy(t);
}

static void time_is_no_event(void **state)
{
    (void)state;
    struct eb_tap *t = make(8);
    push(t, price(0, EB_SRC_MARK, 100, 1), 0);
    push(t, other(EB_EV_CLOCK, 2), 0);
    push(t, price(0, EB_SRC_MARK, 90, 3), 0);
    push(t, other(EB_EV_CLOCK, 4), 0);
    assert_int_equal(eb_tap_end(t), 2);
    assert_int_equal(eb_tap_at(t, 0)->now_ms, 3);
    assert_int_equal(eb_tap_at(t, 1)->now_ms, 4);
    eb_tap_destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_room),  cmocka_unit_test(payloads_are_copied),
        cmocka_unit_test(prices_become_one), cmocka_unit_test(but_not_across_an_event),
        cmocka_unit_test(nor_what_was_read), cmocka_unit_test(time_is_no_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
