/* SPDX-License-Identifier: Apache-2.0 */
/* The store in memory numbers, keeps, lags and fails as its owner says. */
#include "fill.h"

#include "store/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct eb_decoded_event given, got;
static unsigned char a[EB_RECORD_MAX], b[EB_RECORD_MAX];

static struct eb_memory_store *open_store(struct eb_memory_store_config c)
{
    struct eb_memory_store *s;
    assert_int_equal(eb_memory_store_create(&c, &s, NULL), EB_OK);
    return s;
}

static uint64_t put(struct eb_memory_store *s, bool durable)
{
    struct eb_store_port port = eb_memory_store_port(s);
    const struct eb_event ev = {.kind = EB_EV_CLOCK, .now_ns = 1};
    return port.append(port.store, &ev, NULL, durable);
}

static uint64_t durable_seq(struct eb_memory_store *s)
{
    struct eb_store_port port = eb_memory_store_port(s);
    return port.durable_seq(port.store);
}

static void numbers_count_durable_records_only(void **state)
{
    (void)state;
    struct eb_memory_store *s = open_store((struct eb_memory_store_config){.quiet = true});
    assert_true(eb_memory_store_port(s).wants_quiet);
    static const struct {
        bool durable;
        uint64_t seq;
    } cases[] = {{false, 0}, {true, 1}, {false, 1}, {false, 1}, {true, 2}, {true, 3}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        assert_int_equal(put(s, cases[i].durable), cases[i].seq);
        assert_int_equal(durable_seq(s), cases[i].seq);
    }
    assert_int_equal(eb_memory_store_count(s), 6);
    assert_int_equal(eb_memory_store_durable_count(s), 3);
    eb_memory_store_destroy(s);
    eb_memory_store_destroy(NULL);
}

static void a_lagging_store_is_durable_as_far_as_it_was_synced(void **state)
{
    (void)state;
    struct eb_memory_store *s = open_store((struct eb_memory_store_config){.lag = true});
    assert_false(eb_memory_store_port(s).wants_quiet);
    for (uint64_t i = 1; i <= 5; i++) {
        assert_int_equal(put(s, true), i);
    }
    static const struct {
        uint64_t sync, durable;
    } cases[] = {{0, 0}, {2, 2}, {1, 2}, {99, 5}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        eb_memory_store_sync(s, cases[i].sync);
        assert_int_equal(durable_seq(s), cases[i].durable);
    }
    eb_memory_store_destroy(s);
}

static void a_failing_store_takes_nothing_and_makes_nothing_durable(void **state)
{
    (void)state;
    for (int lag = 0; lag < 2; lag++) {
        struct eb_memory_store *s = open_store((struct eb_memory_store_config){.lag = lag == 1});
        struct eb_store_port port = eb_memory_store_port(s);
        assert_int_equal(put(s, true), 1);
        assert_int_equal(put(s, true), 2);
        eb_memory_store_sync(s, 1);
        assert_false(port.failed(port.store));
        eb_memory_store_set_failing(s, true);
        assert_true(port.failed(port.store));
        assert_int_equal(put(s, true), 0);
        eb_memory_store_sync(s, 2);
        assert_int_equal(durable_seq(s), lag == 1 ? 1 : 2);
        eb_memory_store_set_failing(s, false);
        assert_int_equal(put(s, true), 3);
        assert_int_equal(eb_memory_store_count(s), 3);
        eb_memory_store_destroy(s);
    }
}

static void it_grows_by_chunks_up_to_its_limit_and_gives_back_all(void **state)
{
    (void)state;
    const size_t limit = 1500000;
    struct eb_memory_store *s = open_store((struct eb_memory_store_config){.limit_bytes = limit, .quiet = true});
    struct eb_store_port port = eb_memory_store_port(s);
    struct eb_rng in;
    struct eb_rng out;
    eb_rng_seed(&in, 11);
    out = in;
    for (;;) {
        fill_event(&in, (enum eb_event_kind)eb_rng_below(&in, EB_EV_COUNT), &given);
        given.durable = true;
        if (port.append(port.store, &given.ev, given.ev.witness, true) == 0) {
            break;
        }
    }
    assert_true(eb_memory_store_bytes(s) <= limit);
    assert_true(eb_memory_store_bytes(s) > limit - EB_RECORD_MAX);

    struct eb_memory_cursor cursor = eb_memory_store_cursor(s);
    struct eb_record_source source = eb_memory_cursor_source(&cursor);
    uint64_t count = 0;
    while (source.next(source.source, &got, NULL) == EB_OK) {
        fill_event(&out, (enum eb_event_kind)eb_rng_below(&out, EB_EV_COUNT), &given);
        size_t la;
        size_t lb;
        assert_int_equal(eb_encode_event(&given.ev, given.ev.witness, true, a, sizeof(a), &la), EB_OK);
        assert_int_equal(eb_encode_event(&got.ev, got.ev.witness, got.durable, b, sizeof(b), &lb), EB_OK);
        assert_int_equal(la, lb);
        assert_memory_equal(a, b, la);
        count++;
    }
    assert_int_equal(count, eb_memory_store_count(s));
    eb_memory_store_destroy(s);
}

static void a_cursor_sees_what_comes_after_its_end(void **state)
{
    (void)state;
    struct eb_memory_store *s = open_store((struct eb_memory_store_config){0});
    struct eb_memory_cursor cursor = eb_memory_store_cursor(s);
    assert_int_equal(eb_memory_cursor_next(&cursor, &got, NULL), EB_E_END);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(put(s, true), i + 1);
        assert_int_equal(eb_memory_cursor_next(&cursor, &got, NULL), EB_OK);
        assert_int_equal(eb_memory_cursor_next(&cursor, &got, NULL), EB_E_END);
    }
    eb_memory_store_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_count_durable_records_only),
        cmocka_unit_test(a_lagging_store_is_durable_as_far_as_it_was_synced),
        cmocka_unit_test(a_failing_store_takes_nothing_and_makes_nothing_durable),
        cmocka_unit_test(it_grows_by_chunks_up_to_its_limit_and_gives_back_all),
        cmocka_unit_test(a_cursor_sees_what_comes_after_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
