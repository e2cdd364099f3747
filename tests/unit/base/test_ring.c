/* SPDX-License-Identifier: Apache-2.0 */
/* The ring keeps order and content through wraps and refusals, alone and between two threads. */
#define _POSIX_C_SOURCE 200809L

#include "base/ring.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

/* As in the buffer's test: an impossible allocation may just fail. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void creation_is_checked(void **state)
{
    (void)state;
    struct eb_err err = {0};
    assert_null(eb_ring_create(0, &err));
    assert_int_equal(err.code, EB_E_INVALID);
    err.code = 0;
    assert_null(eb_ring_create(((size_t)1 << 30) + 1, &err));
    assert_int_equal(err.code, EB_E_INVALID);
    assert_null(eb_ring_create(0, NULL));
    eb_ring_destroy(NULL);

    static const struct {
        size_t asked;
        size_t given;
    } cases[] = {{1, 64}, {64, 64}, {65, 128}, {4096, 4096}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_ring *r = eb_ring_create(cases[i].asked, &err);
        assert_non_null(r);
        assert_int_equal(eb_ring_capacity(r), cases[i].given);
        assert_int_equal(eb_ring_used(r), 0);
        eb_ring_destroy(r);
    }
}

static void full_and_empty_are_told(void **state)
{
    (void)state;
    struct eb_ring *r = eb_ring_create(64, NULL);
    unsigned char out[64];
    size_t len = 777;
    assert_int_equal(eb_ring_pop(r, out, sizeof(out), &len), EB_E_END);
    assert_int_equal(len, 777);

    unsigned char record[64];
    memset(record, 7, sizeof(record));
    assert_int_equal(eb_ring_push(r, record, 61), EB_E_FULL); /* 61 + 4 > 64 */
    assert_int_equal(eb_ring_used(r), 0);
    assert_int_equal(eb_ring_push(r, record, 60), EB_OK); /* exactly full */
    assert_int_equal(eb_ring_used(r), 64);
    assert_int_equal(eb_ring_push(r, NULL, 0), EB_E_FULL);

    assert_int_equal(eb_ring_pop(r, out, 59, &len), EB_E_FULL); /* it stays, and says how long it is */
    assert_int_equal(len, 60);
    assert_int_equal(eb_ring_pop(r, out, sizeof(out), &len), EB_OK);
    assert_int_equal(len, 60);
    assert_memory_equal(out, record, 60);
    assert_int_equal(eb_ring_pop(r, out, sizeof(out), &len), EB_E_END);

    assert_int_equal(eb_ring_push(r, NULL, 0), EB_OK); /* an empty record is a record */
    assert_int_equal(eb_ring_used(r), EB_RING_OVERHEAD);
    assert_int_equal(eb_ring_pop(r, NULL, 0, &len), EB_OK);
    assert_int_equal(len, 0);
    eb_ring_destroy(r);
}

static void a_record_beyond_32_bits_is_refused(void **state)
{
    (void)state;
    struct eb_ring *r = eb_ring_create(64, NULL);
    volatile size_t absurd = (size_t)UINT32_MAX + 1;
    assert_int_equal(eb_ring_push(r, "x", absurd), EB_E_FULL);
    absurd = SIZE_MAX;
    assert_int_equal(eb_ring_push(r, "x", absurd), EB_E_FULL);
    eb_ring_destroy(r);
}

/* The length and bytes of record n depend on n alone, so the consumer can tell what it should see. */
static size_t make_record(uint64_t n, unsigned char *out)
{
    struct eb_rng rng;
    eb_rng_seed(&rng, n);
    size_t len = (size_t)eb_rng_below(&rng, 90);
    for (size_t i = 0; i < len; i++) {
        out[i] = (unsigned char)eb_rng_next(&rng);
    }
    return len;
}

/* Random pushes and pops against plain counting: every split of a record at the ring's end is met. */
static void records_survive_wrapping(void **state)
{
    (void)state;
    struct eb_ring *r = eb_ring_create(128, NULL);
    struct eb_rng rng;
    eb_rng_seed(&rng, 4);
    uint64_t pushed = 0;
    uint64_t popped = 0;
    size_t used = 0;
    unsigned refused = 0;
    for (int i = 0; i < 20000; i++) {
        unsigned char want[128];
        if (eb_rng_chance(&rng, 1, 2)) {
            size_t len = make_record(pushed, want);
            bool fits = used + len + EB_RING_OVERHEAD <= 128;
            assert_int_equal(eb_ring_push(r, want, len), fits ? EB_OK : EB_E_FULL);
            pushed += fits ? 1 : 0;
            used += fits ? len + EB_RING_OVERHEAD : 0;
            refused += fits ? 0 : 1;
        } else if (popped < pushed) {
            unsigned char got[128];
            size_t len = 0;
            size_t want_len = make_record(popped, want);
            assert_int_equal(eb_ring_pop(r, got, sizeof(got), &len), EB_OK);
            assert_int_equal(len, want_len);
            assert_int_equal(memcmp(got, want, len), 0);
            popped++;
            used -= len + EB_RING_OVERHEAD;
        }
        assert_int_equal(eb_ring_used(r), used);
    }
    assert_true(popped > 1000 && refused > 100);
    eb_ring_destroy(r);
}

#define THREAD_RECORDS 50000

static void *produce(void *arg)
{
    struct eb_ring *r = arg;
    for (uint64_t n = 0; n < THREAD_RECORDS; n++) {
        unsigned char record[128];
        size_t len = make_record(n, record);
        while (eb_ring_push(r, record, len) != EB_OK) {
            (void)sched_yield();
        }
    }
    return NULL;
}

static void two_threads_agree(void **state)
{
    (void)state;
    struct eb_ring *r = eb_ring_create(1024, NULL);
    pthread_t producer;
    assert_int_equal(pthread_create(&producer, NULL, produce, r), 0);
    uint64_t wrong = 0;
    for (uint64_t n = 0; n < THREAD_RECORDS; n++) {
        unsigned char got[128];
        unsigned char want[128];
        size_t len = 0;
        while (eb_ring_pop(r, got, sizeof(got), &len) != EB_OK) {
            (void)sched_yield();
        }
        size_t want_len = make_record(n, want);
        wrong += len != want_len || memcmp(got, want, len) != 0 ? 1 : 0;
        wrong += eb_ring_used(r) > eb_ring_capacity(r) ? 1 : 0;
    }
    assert_int_equal(pthread_join(producer, NULL), 0);
    assert_int_equal(wrong, 0);
    assert_int_equal(eb_ring_used(r), 0);
    eb_ring_destroy(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(creation_is_checked),
        cmocka_unit_test(full_and_empty_are_told),
        cmocka_unit_test(a_record_beyond_32_bits_is_refused),
        cmocka_unit_test(records_survive_wrapping),
        cmocka_unit_test(two_threads_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
