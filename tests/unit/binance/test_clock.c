/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange's time: measured by halved round trips, kept by the monotonic clock, measured again. */
#include "binance/rest_world.h"

#define TIME "GET /fapi/v1/time"

static void ignore(void *user, bool known)
{
    (void)user, (void)known;
}

static void the_middle_of_the_trip_is_the_exchanges_time(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(false);
    assert_false(bn_rest_clock_known(w->rest));
    w->web->latency_ns = 80 * INT64_C(1000000);
    assert_int_equal(bn_rest_sync_clock(w->rest, ignore, NULL), EB_OK);
    web_double_run(w->web, 500);
    assert_true(bn_rest_clock_known(w->rest));
    assert_int_equal(web_double_count(w->web, TIME), 3);
    int64_t trip = 0;
    bn_rest_offset_ms(w->rest, &trip);
    assert_int_equal(trip, 80 * INT64_C(1000000));
    web_double_run(w->web, 12345);
    assert_in_range(bn_rest_now_ms(w->rest), web_double_server_ms(w->web) - 1, web_double_server_ms(w->web) + 1);
    rw_free(w);
}

static void the_shortest_of_three_counts(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(false);
    w->web->latency_ns = 400 * INT64_C(1000000);
    assert_int_equal(bn_rest_sync_clock(w->rest, ignore, NULL), EB_OK);
    web_double_run(w->web, 100);
    w->web->latency_ns = 20 * INT64_C(1000000); /* the second will be quick */
    web_double_run(w->web, 310);
    w->web->latency_ns = 700 * INT64_C(1000000);
    web_double_run(w->web, 2000);
    int64_t trip = 0;
    bn_rest_offset_ms(w->rest, &trip);
    assert_int_equal(trip, 20 * INT64_C(1000000));
    rw_free(w);
}

static void it_is_measured_again_every_ten_minutes(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    web_double_run(w->web, 590000);
    assert_int_equal(web_double_count(w->web, TIME), 3);
    w->web->server_ms += 300;
    web_double_run(w->web, 15000);
    assert_int_equal(web_double_count(w->web, TIME), 6);
    assert_in_range(bn_rest_offset_ms(w->rest, NULL), 299, 301);
    assert_in_range(bn_rest_now_ms(w->rest), web_double_server_ms(w->web) - 1, web_double_server_ms(w->web) + 1);
    rw_free(w);
}

static void signed_calls_wait_until_it_is_known(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(false);
    web_double_silent(w->web, TIME);
    struct bn_call order = rw_order(w, 1, EB_PURPOSE_STOP);
    assert_int_equal(rw_call(w, &order), EB_OK);
    web_double_run(w->web, 4000);
    assert_int_equal(web_double_count(w->web, "POST *"), 0);
    web_double_run(w->web, 2000);
    assert_int_equal(web_double_count(w->web, "POST *"), 1);
    rw_free(w);
}

static void a_clock_that_cannot_be_measured_is_told_and_tried_again(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    w->synced = false;
    web_double_answer(w->web, TIME, 200, "", "{\"serverTime\":\"soon\"}");
    struct bn_call order = rw_order(w, 1, EB_PURPOSE_STOP);
    web_double_once(w->web, "POST *", EB_WEB_ANSWERED, 400, "", "{\"code\":-1021,\"msg\":\"Timestamp\"}");
    web_double_answer(w->web, "POST *", 200, "", "{}");
    assert_int_equal(rw_call(w, &order), EB_OK);
    web_double_run(w->web, 1000);
    /* The old clock is better than an exit that waits. */
    assert_int_equal(w->results, 1);
    assert_int_equal(w->result[0].outcome, BN_ACCEPTED);
    assert_true(bn_rest_clock_known(w->rest));
    size_t asked = web_double_count(w->web, TIME);
    web_double_run(w->web, 10000);
    assert_true(web_double_count(w->web, TIME) > asked);
    rw_free(w);
}

static void why_it_was_not_answered_is_known(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(false);
    assert_string_equal(bn_rest_clock_why(w->rest), "");
    web_double_answer(w->web, TIME, 403, "", "<html>");
    assert_int_equal(bn_rest_sync_clock(w->rest, ignore, NULL), EB_OK);
    web_double_run(w->web, 1000);
    assert_string_equal(bn_rest_clock_why(w->rest), "HTTP 403 without an error code");
    rw_free(w);
}

static void simulated_time_runs_at_its_own_speed(void **state)
{
    (void)state;
    struct rest_world *w = rw_new(true);
    int64_t before = bn_rest_now_ms(w->rest);
    w->rest->c.speed_ppm = 20000000;
    int64_t jump = bn_rest_now_ms(w->rest) - before;
    web_double_run(w->web, 1000);
    assert_in_range(bn_rest_now_ms(w->rest) - before - jump, 19990, 20010);
    rw_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_middle_of_the_trip_is_the_exchanges_time),
        cmocka_unit_test(the_shortest_of_three_counts),
        cmocka_unit_test(it_is_measured_again_every_ten_minutes),
        cmocka_unit_test(signed_calls_wait_until_it_is_known),
        cmocka_unit_test(a_clock_that_cannot_be_measured_is_told_and_tried_again),
        cmocka_unit_test(why_it_was_not_answered_is_known),
        cmocka_unit_test(simulated_time_runs_at_its_own_speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
