/* SPDX-License-Identifier: Apache-2.0 */
/* The tee: two stores in memory, of which each may fail. */
#include "fill.h"

#include "store/memory.h"
#include "store/tee.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct eb_memory_store *journal, *tape;
static struct eb_tee *tee;
static struct eb_store_port port;

static int set_up(void **state)
{
    const struct eb_memory_store_config durable = {.lag = true};
    const struct eb_memory_store_config all = {.quiet = true};
    (void)state;
    assert_int_equal(eb_memory_store_create(&durable, &journal, NULL), EB_OK);
    assert_int_equal(eb_memory_store_create(&all, &tape, NULL), EB_OK);
    assert_int_equal(eb_tee_create(eb_memory_store_port(journal), eb_memory_store_port(tape), &tee, NULL), EB_OK);
    port = eb_tee_port(tee);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    eb_tee_destroy(tee);
    eb_memory_store_destroy(journal);
    eb_memory_store_destroy(tape);
    return 0;
}

static uint64_t put(bool durable)
{
    const struct eb_event ev = {.kind = EB_EV_CLOCK, .now_ns = 1};
    return port.append(port.store, &ev, NULL, durable);
}

static void quiet_events_go_to_the_tape_alone(void **state)
{
    (void)state;
    assert_true(port.wants_quiet);
    assert_int_equal(put(false), 0);
    assert_int_equal(put(true), 1);
    assert_int_equal(put(false), 1);
    assert_int_equal(put(true), 2);
    assert_int_equal(put(false), 2);
    assert_int_equal(eb_memory_store_count(journal), 2);
    assert_int_equal(eb_memory_store_count(tape), 5);
    assert_int_equal(eb_memory_store_durable_count(tape), 2);
    assert_false(eb_tee_tape_ended(tee));
}

static void durability_is_the_journals(void **state)
{
    (void)state;
    assert_int_equal(put(true), 1);
    assert_int_equal(put(true), 2);
    assert_int_equal(port.durable_seq(port.store), 0);
    eb_memory_store_sync(journal, 1);
    assert_int_equal(port.durable_seq(port.store), 1);
}

static void a_tape_that_fails_ends_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(put(true), 1);
    eb_memory_store_set_failing(tape, true);
    assert_int_equal(put(true), 2);
    assert_true(eb_tee_tape_ended(tee));
    assert_false(port.failed(port.store));
    eb_memory_store_set_failing(tape, false);
    assert_int_equal(put(true), 3); /* behind a hole a tape is of no use */
    assert_int_equal(put(false), 3);
    assert_int_equal(eb_memory_store_count(journal), 3);
    assert_int_equal(eb_memory_store_count(tape), 1);
}

static void a_quiet_event_that_is_lost_ends_the_tape_too(void **state)
{
    (void)state;
    eb_memory_store_set_failing(tape, true);
    assert_int_equal(put(false), 0);
    assert_true(eb_tee_tape_ended(tee));
}

static void a_journal_that_fails_is_told(void **state)
{
    (void)state;
    assert_int_equal(put(true), 1);
    eb_memory_store_set_failing(journal, true);
    assert_true(port.failed(port.store));
    assert_int_equal(put(true), 0);
    assert_int_equal(put(false), 1);
    assert_int_equal(eb_memory_store_durable_count(tape), 2); /* the tape goes on: it is for looking back */
}

static void a_port_without_append_is_refused(void **state)
{
    struct eb_err err;
    struct eb_tee *none;
    (void)state;
    const struct eb_store_port empty = {.append = NULL};
    assert_int_equal(eb_tee_create(empty, eb_memory_store_port(tape), &none, &err), EB_E_INVALID);
    assert_non_null(strstr(err.msg, "journal"));
    assert_int_equal(eb_tee_create(eb_memory_store_port(journal), empty, &none, &err), EB_E_INVALID);
    assert_non_null(strstr(err.msg, "tape"));
    assert_null(none);
    eb_tee_destroy(none);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(quiet_events_go_to_the_tape_alone),
        CASE(durability_is_the_journals),
        CASE(a_tape_that_fails_ends_and_nothing_else),
        CASE(a_quiet_event_that_is_lost_ends_the_tape_too),
        CASE(a_journal_that_fails_is_told),
        CASE(a_port_without_append_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
