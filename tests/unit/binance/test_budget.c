/* SPDX-License-Identifier: Apache-2.0 */
/* What may be sent in the exchange's fixed windows. */
#include "binance/rest_world.h"

#define NOW INT64_C(1700000045000) /* 5 s into a minute, and into a window of 10 s */

static struct bn_budget full(void)
{
    struct bn_budget b;
    bn_budget_init(&b, 80, 50);
    bn_budget_limits(&b, 100, 10, 40);
    return b;
}

static void others_use_their_share_and_exits_all(void **state)
{
    (void)state;
    struct bn_budget b = full();
    assert_int_equal(NOW % 60000, 5000);
    bn_budget_book(&b, NOW, 76, 0);
    assert_int_equal(bn_budget_wait_ms(&b, NOW, false, 4, 0), 0);
    assert_int_equal(bn_budget_wait_ms(&b, NOW, false, 5, 0), 55000);
    assert_int_equal(bn_budget_wait_ms(&b, NOW, true, 24, 0), 0);
    assert_int_equal(bn_budget_wait_ms(&b, NOW, true, 25, 0), 55000);
    bn_budget_book(&b, NOW, 0, 5);
    assert_int_equal(bn_budget_wait_ms(&b, NOW, false, 0, 1), 5000);
    assert_int_equal(bn_budget_wait_ms(&b, NOW, true, 0, 5), 0);
    assert_int_equal(bn_budget_wait_ms(&b, NOW, true, 0, 6), 5000);
}

static void a_window_ends_by_the_clock(void **state)
{
    (void)state;
    struct bn_budget b = full();
    bn_budget_book(&b, NOW, 80, 10);
    bn_budget_settle(&b, 80, 10);
    assert_int_equal(bn_budget_wait_ms(&b, NOW, false, 1, 0), 55000);
    assert_int_equal(bn_budget_wait_ms(&b, NOW + 55000, false, 80, 0), 0);
    assert_int_equal(bn_budget_wait_ms(&b, NOW + 5000, true, 0, 10), 0);
}

static void what_is_under_way_counts_in_the_next_window_too(void **state)
{
    (void)state;
    struct bn_budget b = full();
    bn_budget_book(&b, NOW, 60, 0);
    assert_int_equal(bn_budget_wait_ms(&b, NOW + 55000, false, 21, 0), 60000);
    assert_int_equal(bn_budget_wait_ms(&b, NOW + 55000, false, 20, 0), 0);
}

static void the_exchange_knows_better(void **state)
{
    (void)state;
    struct bn_budget b = full();
    bn_budget_book(&b, NOW, 5, 1);
    bn_budget_book(&b, NOW, 7, 1);
    bn_budget_settle(&b, 5, 1);
    bn_budget_told(&b, NOW, NOW, 40, 3, BN_NOT_TOLD);
    assert_int_equal(b.weight.used, 47); /* and what is under way */
    assert_int_equal(b.orders_10s.used, 4);
    assert_int_equal(b.orders_1m.used, 2);
    /* Of a window that has passed it says nothing about this one. */
    bn_budget_told(&b, NOW + 56000, NOW, 99, 9, 30);
    assert_int_equal(b.weight.used, 7);
    assert_int_equal(b.orders_1m.used, 1);
}

static void a_refusal_for_the_count_closes_the_window(void **state)
{
    (void)state;
    struct bn_budget b = full();
    bn_budget_orders_full(&b, NOW);
    assert_int_equal(bn_budget_wait_ms(&b, NOW, true, 0, 1), 5000);
    assert_int_equal(bn_budget_wait_ms(&b, NOW, true, 5, 0), 0);
    assert_int_equal(bn_budget_wait_ms(&b, NOW + 5000, true, 0, 1), 0);
}

static void a_call_that_costs_more_than_the_share_goes_alone(void **state)
{
    (void)state;
    struct bn_budget b = full();
    assert_int_equal(bn_budget_wait_ms(&b, NOW, false, 90, 0), 0);
    bn_budget_book(&b, NOW, 1, 0);
    assert_int_equal(bn_budget_wait_ms(&b, NOW, false, 90, 0), 55000);
}

static void a_clock_that_is_put_back_opens_nothing(void **state)
{
    (void)state;
    struct bn_budget b = full();
    bn_budget_book(&b, NOW + 55000, 80, 0);
    bn_budget_settle(&b, 80, 0);
    assert_true(bn_budget_wait_ms(&b, NOW + 54990, false, 1, 0) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_use_their_share_and_exits_all),
        cmocka_unit_test(a_window_ends_by_the_clock),
        cmocka_unit_test(what_is_under_way_counts_in_the_next_window_too),
        cmocka_unit_test(the_exchange_knows_better),
        cmocka_unit_test(a_refusal_for_the_count_closes_the_window),
        cmocka_unit_test(a_call_that_costs_more_than_the_share_goes_alone),
        cmocka_unit_test(a_clock_that_is_put_back_opens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
