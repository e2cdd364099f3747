/* SPDX-License-Identifier: Apache-2.0 */
/* An exchange's clock that wanders: ours catches up at once, runs slower where it is ahead, and never goes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/live_inner.h"

#define T0 INT64_C(1700000000000)
#define SECOND_NS INT64_C(1000000000)

static struct eb_live *made(void)
{
    struct eb_live *l = calloc(1, sizeof(*l));
    struct eb_err err;
    const struct eb_alarms_config ac = {.command = ""};
    assert_non_null(l);
    assert_int_equal(eb_loop_create(&l->loop, &err), EB_OK);
    struct eb_alarms_config with_loop = ac;
    with_loop.loop = l->loop;
    assert_int_equal(eb_alarms_create(&with_loop, &l->alarms, &err), EB_OK);
    l->venue.speed_ppm = EB_PPM;
    eb_live_clock_begin(l, T0);
    return l;
}

static void give_back(struct eb_live *l)
{
    eb_alarms_destroy(l->alarms);
    eb_loop_destroy(l->loop);
    free(l);
}

static void one_that_is_ahead_is_followed_at_once(void **state)
{
    (void)state;
    struct eb_live *l = made();
    eb_live_clock_hear(l, T0 + 200);
    assert_true(eb_live_now_ms(l) >= T0 + 200);
    assert_int_equal(eb_alarms_count(l->alarms), 0);
    eb_live_clock_hear(l, T0 + 100000); /* no correction any more: a person should know */
    assert_true(eb_live_now_ms(l) >= T0 + 100000);
    assert_int_equal(l->clock_jumps, 1);
    assert_int_equal(eb_alarms_count(l->alarms), 1);
    assert_string_equal(eb_alarms_at(l->alarms, 0)->name, "clock_jump");
    give_back(l);
}

static void one_that_is_behind_is_waited_for(void **state)
{
    (void)state;
    struct eb_live *l = made();
    eb_live_clock_hear(l, T0 - 1000);
    assert_true(l->clock_slow);
    int64_t at_ns = eb_live_clock_ns(l, l->anchor_mono_ns);
    assert_true(at_ns >= T0 * EB_NS_IN_MS); /* not back */
    assert_int_equal(eb_live_clock_ns(l, l->anchor_mono_ns + SECOND_NS) - at_ns, SECOND_NS * 95 / 100);
    eb_live_clock_hear(l, at_ns / EB_NS_IN_MS + 1000); /* it has caught up, and more */
    assert_false(l->clock_slow);
    at_ns = eb_live_clock_ns(l, l->anchor_mono_ns);
    assert_int_equal(eb_live_clock_ns(l, l->anchor_mono_ns + SECOND_NS) - at_ns, SECOND_NS);
    give_back(l);
}

/* A later connection: a little ahead is wandering, an hour is another clock, which goes on from ours. */
static void a_new_connection_begins_where_we_are(void **state)
{
    (void)state;
    struct eb_live *l = made();
    l->now_ms = T0 + 500;
    eb_live_clock_begin(l, T0);
    assert_true(eb_live_now_ms(l) >= T0 + 500);
    assert_int_equal(l->shift_ms, 0);
    assert_true(l->clock_slow);
    l->now_ms = T0 + 3600000;
    eb_live_clock_begin(l, T0);
    assert_int_equal(l->shift_ms, 3600000);
    assert_false(l->clock_slow);
    eb_live_clock_hear(l, T0 + 1000);
    assert_true(eb_live_now_ms(l) >= T0 + 3601000);
    assert_true(eb_live_now_ms(l) < T0 + 3700000);
    give_back(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_ahead_is_followed_at_once),
        cmocka_unit_test(one_that_is_behind_is_waited_for),
        cmocka_unit_test(a_new_connection_begins_where_we_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
