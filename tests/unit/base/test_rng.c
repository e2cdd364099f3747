/* SPDX-License-Identifier: Apache-2.0 */
/* The generator gives the published sequence; what is drawn from it is in range and even. */
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* First outputs of xoshiro256** from the state 1, 2, 3, 4, as its other implementations test them. */
static void gives_the_published_sequence(void **state)
{
    (void)state;
    static const uint64_t want[] = {
        11520,
        0,
        1509978240,
        UINT64_C(1215971899390074240),
        UINT64_C(1216172134540287360),
        UINT64_C(607988272756665600),
        UINT64_C(16172922978634559625),
        UINT64_C(8476171486693032832),
        UINT64_C(10595114339597558777),
        UINT64_C(2904607092377533576),
    };
    struct eb_rng r = {{1, 2, 3, 4}};
    for (size_t i = 0; i < EB_COUNT(want); i++) {
        assert_true(eb_rng_next(&r) == want[i]);
    }
}

/* splitmix64 of 1234567, as published with it. */
static void spreads_its_seed(void **state)
{
    (void)state;
    static const uint64_t want[4] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
                                     UINT64_C(9817491932198370423), UINT64_C(4593380528125082431)};
    struct eb_rng r;
    eb_rng_seed(&r, 1234567);
    assert_memory_equal(r.s, want, sizeof(want));
    eb_rng_seed(&r, 0); /* the state of all zeros would never leave itself */
    assert_true((r.s[0] | r.s[1] | r.s[2] | r.s[3]) != 0);
}

static void below_is_even(void **state)
{
    (void)state;
    struct eb_rng r;
    eb_rng_seed(&r, 7);
    unsigned counts[10] = {0};
    for (int i = 0; i < 100000; i++) {
        uint64_t draw = eb_rng_below(&r, 10);
        assert_in_range(draw, 0, 9);
        counts[draw]++;
    }
    for (size_t i = 0; i < EB_COUNT(counts); i++) {
        assert_in_range(counts[i], 9600, 10400); /* more than four standard deviations (95) on either side */
    }
    for (int i = 0; i < 100; i++) {
        assert_int_equal(eb_rng_below(&r, 1), 0);
    }
}

/* With n = 3 * 2^62, a remainder without rejection would make the first third twice as likely as the others. */
static void below_has_no_modulo_bias(void **state)
{
    (void)state;
    struct eb_rng r;
    eb_rng_seed(&r, 8);
    unsigned low = 0;
    for (int i = 0; i < 30000; i++) {
        uint64_t draw = eb_rng_below(&r, UINT64_C(3) << 62);
        low += draw < (UINT64_C(1) << 62) ? 1 : 0;
    }
    assert_in_range(low, 9600, 10400);
}

static void chance_follows_its_odds(void **state)
{
    (void)state;
    struct eb_rng r;
    eb_rng_seed(&r, 9);
    unsigned hits = 0;
    for (int i = 0; i < 40000; i++) {
        hits += eb_rng_chance(&r, 1, 4) ? 1 : 0;
        assert_false(eb_rng_chance(&r, 0, 4));
        assert_true(eb_rng_chance(&r, 4, 4));
    }
    assert_in_range(hits, 9600, 10400);
}

static void range_includes_both_ends(void **state)
{
    (void)state;
    static const struct {
        int64_t lo;
        int64_t hi;
    } cases[] = {{-2, 2}, {5, 5}, {INT64_MIN, INT64_MIN + 1}, {INT64_MAX - 1, INT64_MAX}};
    struct eb_rng r;
    eb_rng_seed(&r, 10);
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        bool lo = false;
        bool hi = false;
        for (int k = 0; k < 200; k++) {
            int64_t draw = eb_rng_range(&r, cases[i].lo, cases[i].hi);
            assert_true(draw >= cases[i].lo && draw <= cases[i].hi);
            lo = lo || draw == cases[i].lo;
            hi = hi || draw == cases[i].hi;
        }
        assert_true(lo && hi);
    }
    bool negative = false;
    bool positive = false;
    for (int k = 0; k < 100; k++) { /* the whole of int64: its width does not fit into 64 bits */
        int64_t draw = eb_rng_range(&r, INT64_MIN, INT64_MAX);
        negative = negative || draw < -(INT64_C(1) << 60);
        positive = positive || draw > INT64_C(1) << 60;
    }
    assert_true(negative && positive);
}

static void a_split_stream_is_independent(void **state)
{
    (void)state;
    struct eb_rng parent;
    struct eb_rng twin;
    eb_rng_seed(&parent, 11);
    eb_rng_seed(&twin, 11);
    struct eb_rng child = eb_rng_split(&parent);
    (void)eb_rng_next(&twin); /* a split takes one draw */
    for (int i = 0; i < 1000; i++) {
        uint64_t mine = eb_rng_next(&parent);
        assert_true(eb_rng_next(&child) != mine);
        assert_true(eb_rng_next(&twin) == mine); /* drawing from the child did not shift the parent */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_published_sequence),
        cmocka_unit_test(spreads_its_seed),
        cmocka_unit_test(below_is_even),
        cmocka_unit_test(below_has_no_modulo_bias),
        cmocka_unit_test(chance_follows_its_odds),
        cmocka_unit_test(range_includes_both_ends),
        cmocka_unit_test(a_split_stream_is_independent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
