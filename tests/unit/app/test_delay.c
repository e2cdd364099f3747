/* SPDX-License-Identifier: Apache-2.0 */
/* The histogram of delays: its percentiles against those of the sorted values, whatever these are like. */
#include "app/delay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

#define VALUES 20000
#define LAST_FROM (INT64_C(63) << 30) /* where the last bucket begins */

static int64_t value[VALUES];
static struct eb_delay delay;

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void same_as_sorted(size_t count)
{
    static const unsigned share[] = {0, 1, 10, 250, 500, 900, 990, 999, 1000};
    memset(&delay, 0, sizeof(delay));
    for (size_t i = 0; i < count; i++) {
        eb_delay_add(&delay, value[i]);
    }
    qsort(value, count, sizeof(value[0]), ascending);
    assert_int_equal(delay.count, count);
    assert_int_equal(delay.max_ns, value[count - 1]);
    for (size_t i = 0; i < EB_COUNT(share); i++) {
        size_t rank = (count * share[i] + 999) / 1000;
        int64_t exact = value[rank > 0 ? rank - 1 : 0];
        int64_t at = eb_delay_at(&delay, share[i]);
        if (at < exact || at - exact > exact / 32) {
            fail_msg("%zu values, %u per mille: %lld instead of %lld", count, share[i], (long long)at,
                     (long long)exact);
        }
    }
}

static void percentiles_are_within_three_percent(void **state)
{
    (void)state;
    struct eb_rng rng;
    eb_rng_seed(&rng, 3);
    for (unsigned bits = 1; bits <= 35; bits++) { /* uniform up to 2^bits */
        size_t count = bits % 2 != 0 ? VALUES : 7;
        for (size_t i = 0; i < count; i++) {
            value[i] = (int64_t)eb_rng_below(&rng, UINT64_C(1) << bits);
        }
        same_as_sorted(count);
    }
    for (size_t i = 0; i < VALUES; i++) { /* microseconds, with a long tail */
        value[i] = (int64_t)(eb_rng_next(&rng) >> (28 + eb_rng_below(&rng, 36)));
    }
    same_as_sorted(VALUES);
}

/* Both sides of every boundary between buckets. */
static void no_value_falls_out_of_its_bucket(void **state)
{
    (void)state;
    for (unsigned shift = 0; shift < 29; shift++) {
        for (uint64_t part = 32; part < 64; part++) {
            int64_t low = (int64_t)(part << shift);
            for (int64_t v = low - 1; v <= low + 1; v++) {
                value[0] = v;
                value[1] = 2 * v;
                value[2] = 2 * v + 1;
                same_as_sorted(3);
            }
        }
    }
}

static void nothing_below_zero_and_nothing_lost_above(void **state)
{
    (void)state;
    memset(&delay, 0, sizeof(delay));
    assert_int_equal(eb_delay_at(&delay, 500), 0);
    eb_delay_add(&delay, -5);
    eb_delay_add(&delay, INT64_MIN);
    assert_int_equal(delay.count, 2);
    assert_int_equal(eb_delay_at(&delay, 1000), 0);
    eb_delay_add(&delay, 600 * INT64_C(1000000000)); /* stopped for ten minutes */
    eb_delay_add(&delay, INT64_MAX);
    assert_int_equal(delay.max_ns, INT64_MAX);
    assert_int_equal(eb_delay_at(&delay, 1000), INT64_MAX);
    assert_int_equal(eb_delay_at(&delay, 4000), INT64_MAX);
    assert_int_equal(eb_delay_at(&delay, 500), 0);
    memset(&delay, 0, sizeof(delay));
    eb_delay_add(&delay, LAST_FROM - 1);
    assert_int_equal(eb_delay_at(&delay, 1000), LAST_FROM - 1);
}

static void a_full_bucket_keeps_the_shares(void **state)
{
    (void)state;
    memset(&delay, 0, sizeof(delay));
    eb_delay_add(&delay, 10);
    eb_delay_add(&delay, 20);
    eb_delay_add(&delay, 30);
    delay.bucket[10] = UINT32_MAX;
    delay.bucket[20] = UINT32_MAX / 2;
    eb_delay_add(&delay, 10);
    assert_int_equal(delay.bucket[10], UINT32_MAX / 2 + 2);
    assert_int_equal(delay.bucket[20], UINT32_MAX / 4 + 1);
    assert_int_equal(delay.bucket[30], 1);
    assert_int_equal(eb_delay_at(&delay, 600), 10);
    assert_int_equal(eb_delay_at(&delay, 700), 20);
    assert_int_equal(eb_delay_at(&delay, 1000), 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_within_three_percent),
        cmocka_unit_test(no_value_falls_out_of_its_bucket),
        cmocka_unit_test(nothing_below_zero_and_nothing_lost_above),
        cmocka_unit_test(a_full_bucket_keeps_the_shares),
    };
    return cmocka_run_group_tests_name("app/delay", tests, NULL, NULL);
}
