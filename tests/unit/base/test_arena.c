/* SPDX-License-Identifier: Apache-2.0 */
/* The arena aligns, zeroes, refuses what does not fit, and gives back to a mark. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool is_zero(const void *data, size_t len)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < len; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    return true;
}

static void aligns_and_zeroes(void **state)
{
    (void)state;
    _Alignas(64) unsigned char block[1024];
    memset(block, 0xee, sizeof(block));
    for (size_t offset = 0; offset < 16; offset++) { /* a block need not be aligned itself */
        for (size_t align = 1; align <= 64; align *= 2) {
            struct eb_arena a;
            eb_arena_init(&a, block + offset, sizeof(block) - offset);
            assert_non_null(eb_arena_alloc(&a, 1, 1, 1));
            unsigned char *p = eb_arena_alloc(&a, 3, 10, align);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % align, 0);
            assert_true(p > block + offset);
            assert_true(is_zero(p, 30));
            memset(p, 0xee, 30);
            unsigned char *q = eb_arena_alloc(&a, 1, 8, 1);
            assert_ptr_equal(q, p + 30);
        }
    }
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    _Alignas(8) unsigned char block[64];
    struct eb_arena a;
    eb_arena_init(&a, block, sizeof(block));
    assert_null(eb_arena_alloc(&a, 65, 1, 1));
    assert_int_equal(eb_arena_mark(&a), 0);
    assert_non_null(eb_arena_alloc(&a, 61, 1, 1));
    assert_null(EB_ARENA_NEW(&a, uint64_t, 1)); /* the alignment alone is too much */
    assert_int_equal(eb_arena_left(&a), 3);
    assert_null(eb_arena_alloc(&a, 3, 1, 2));        /* 1 of the 3 bytes is padding */
    assert_null(eb_arena_alloc(&a, SIZE_MAX, 2, 1)); /* the product wraps */
    assert_null(eb_arena_alloc(&a, SIZE_MAX, 1, 1));
    assert_non_null(eb_arena_alloc(&a, 3, 1, 1));
    assert_int_equal(eb_arena_left(&a), 0);
    assert_null(eb_arena_alloc(&a, 1, 1, 1));
    assert_non_null(eb_arena_alloc(&a, 0, 8, 1));
}

static void a_mark_gives_back_all_after_it(void **state)
{
    (void)state;
    _Alignas(16) unsigned char block[256];
    struct eb_arena a;
    eb_arena_init(&a, block, sizeof(block));
    uint32_t *kept = EB_ARENA_NEW(&a, uint32_t, 4);
    assert_non_null(kept);
    kept[3] = 42;
    size_t mark = eb_arena_mark(&a);
    uint64_t *first = EB_ARENA_NEW(&a, uint64_t, 20);
    assert_non_null(first);
    memset(first, 0xff, 20 * sizeof(*first));
    assert_null(EB_ARENA_NEW(&a, uint64_t, 20));
    eb_arena_reset(&a, mark);
    uint64_t *again = EB_ARENA_NEW(&a, uint64_t, 20);
    assert_ptr_equal(again, first);
    assert_true(is_zero(again, 20 * sizeof(*again)));
    assert_int_equal(kept[3], 42);
    eb_arena_reset(&a, eb_arena_mark(&a)); /* nothing to give back */
    assert_int_equal(kept[3], 42);
    eb_arena_reset(&a, 0);
    assert_int_equal(eb_arena_left(&a), sizeof(block));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aligns_and_zeroes),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(a_mark_gives_back_all_after_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
