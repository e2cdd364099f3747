/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The doctor on positions: each scene breaks one thing, and the doctor says exactly that one. First of all the question
 * that this program began with: everything runs, and no target is ever taken.
 */
#include "doctor_scene.h"

#include <stdio.h>
#include <string.h>

#include "doctor_doubles.h"
#include "app/doctor_inner.h"
#include "feed/text_source.h"

#define MINUTE 60000

/* ---- all is well ------------------------------------------------------------------------------------------------- */

static void nothing_is_wrong(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_begin(s);
    (void)scene_look(s, "");
    scene_open(s, 0, EB_LONG);
    scene_open(s, 1, EB_SHORT);
    (void)scene_look(s, ""); /* at once: nothing is late yet */
    for (int i = 0; i < 20; i++) {
        scene_run(s, 15000);
        (void)scene_look(s, "");
        assert_int_equal(s->found.notes, 0);
    }
    unsigned checks = 0;
    while (eb_doctor_check(checks) != NULL) {
        checks++;
    }
    assert_int_equal(s->found.checks, checks);
    assert_int_equal(s->found.count, checks); /* each says what it has seen */
    for (unsigned i = 0; i < s->found.count; i++) {
        assert_string_equal(s->found.finding[i].check, eb_doctor_check(i));
        assert_int_not_equal(s->found.finding[i].evidence[0], '\0');
    }
    scene_free(s);
}

/* Names are a contract: docs/DOCTOR.md says what each means. */
static void every_check_is_documented(void **state)
{
    (void)state;
    struct eb_buffer text;
    struct eb_err err;
    char name[64];
    assert_int_equal(eb_text_read_all(EB_TEST_ROOT "/docs/DOCTOR.md", &text, &err), EB_OK);
    for (unsigned i = 0; eb_doctor_check(i) != NULL; i++) {
        (void)snprintf(name, sizeof(name), "`%s`", eb_doctor_check(i));
        if (strstr(eb_buffer_str(&text), name) == NULL) {
            fail_msg("docs/DOCTOR.md lacks %s", name);
        }
    }
    eb_buffer_deinit(&text);
}

static void nothing_is_judged_before_the_beginning_is_over(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->live->ready_ms = 0;
    s->live->stage = EB_LIVE_GREETED;
    (void)scene_look(s, ""); /* not even a host */
    assert_true(s->found.starting);
    scene_says(scene_found(s, "starting"), "symbols and history are being read");
    scene_open(s, 0, EB_LONG);
    s->stopped = true;
    scene_run(s, MINUTE);
    (void)scene_look(s, "");
    assert_true(s->found.starting);
    assert_int_equal(s->found.count, 1);
    s->live->stage = EB_LIVE_OFFLINE;
    s->live->tries = 20;
    (void)snprintf(s->live->offline_why, sizeof(s->live->offline_why), "connection refused");
    scene_says(scene_look(s, "starting"), "connection refused");
    scene_free(s);
}

/* ---- prices ------------------------------------------------------------------------------------------------------ */

static void prices_that_have_stopped(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_open(s, 0, EB_LONG);
    scene_open(s, 1, EB_SHORT);
    scene_run(s, 15000);
    s->price_e8[0] = 0; /* of one symbol */
    s->price_e8[3] = 0; /* nobody has a position there */
    scene_run(s, 12000);
    const struct eb_finding *f = scene_look(s, "prices.stale");
    assert_string_equal(f->subject, "AAAUSDT");
    scene_says(f, "mark 12.0 s old (at most 3.0 s)");
    scene_says(f, "stops and targets have no price");
    assert_int_equal(s->found.bad, 1);
    scene_free(s);
}

static void prices_of_one_source_that_have_stopped(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_open(s, 0, EB_LONG);
    scene_run(s, 15000);
    s->mark_only = true;
    scene_run(s, 5000);
    scene_says(scene_look(s, "prices.stale"), "targets have no price");
    s->mark_only = false;
    scene_run(s, 5000);
    (void)scene_look(s, "");
    s->no_mark = true;
    scene_run(s, 5000);
    scene_says(scene_look(s, "prices.stale"), "stops and trails have no price");
    scene_free(s);
}

static void prices_that_never_came(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->mark_only = true;
    scene_open(s, 0, EB_LONG);
    scene_run(s, 15000);
    const struct eb_finding *f = scene_look(s, "prices.none");
    scene_says(f, "last never seen");
    scene_says(f, "targets have no price");
    scene_free(s);
}

static void a_venue_that_is_gone_is_one_finding(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_open(s, 0, EB_LONG);
    scene_run(s, 15000);
    s->live->stage = EB_LIVE_OFFLINE;
    s->live->tries = 7;
    s->live->offline_since_ns = eb_monotonic_ns() - INT64_C(90) * 1000000000;
    (void)snprintf(s->live->offline_why, sizeof(s->live->offline_why), "connection refused");
    s->stopped = true;
    scene_run(s, 10 * MINUTE); /* no price, no consult, no confirmation of stops */
    const struct eb_finding *f = scene_look(s, "venue.offline");
    scene_says(f, "no connection for 1 m 30 s, tried 7 times: connection refused");
    s->live->stage = EB_LIVE_GREETED;
    s->live->greeted_ns = eb_monotonic_ns();
    (void)scene_look(s, "");
    (void)scene_found(s, "venue.reconnecting");
    s->live->greeted_ns -= 2 * MINUTE * INT64_C(1000000);
    scene_says(scene_look(s, "venue.reconnecting"), "connected again, reading symbols and history for 2 m 00 s");
    scene_free(s);
}

static void a_picture_that_never_comes(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_begin(s);
    s->live->seen.at_ms = s->now_ms - 2 * MINUTE;
    scene_says(scene_look(s, "orders.picture"), "2 m 00 s old (asked for every 30.0 s)");
    scene_free(s);
}

/* ---- consulted, and no levels ------------------------------------------------------------------------------------ */

static void a_policy_that_gives_no_plan(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->policy = SCENE_KEEPS;
    scene_open(s, 0, EB_LONG);
    scene_run(s, 45000);
    const struct eb_finding *f = scene_look(s, "stage.levels");
    assert_string_equal(f->subject, "AAAUSDT LONG");
    scene_says(f, "only the built-in plan stands");
    scene_says(f, "returns nil");
    scene_free(s);
}

static void a_policy_whose_plan_is_refused(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->policy = SCENE_NONSENSE;
    scene_open(s, 0, EB_SHORT);
    const struct eb_finding *f = scene_look(s, "stage.levels");
    scene_says(f, "1 refused");
    scene_says(f, "last: stop: ");
    scene_says(f, "its verdict is refused");
    scene_free(s);
}

static void a_policy_that_raises_is_quarantined(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->policy = SCENE_RAISES;
    scene_open(s, 0, EB_LONG);
    scene_says(scene_look(s, "stage.levels"), "init.lua:7");
    scene_run(s, MINUTE);
    const struct eb_finding *f = scene_look(s, "policy.quarantined");
    scene_says(f, "3 consults failed in a row (quarantine at 3)");
    scene_says(f, "init.lua:7");
    assert_int_equal(scene_found(s, "stage.levels")->severity, EB_NOTE);
    scene_run(s, 5 * MINUTE);
    (void)scene_look(s, "policy.quarantined"); /* and is not called silent, since it is asked once a minute */
    scene_free(s);
}

static void a_policy_that_begins_to_fail(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_open(s, 0, EB_LONG);
    scene_run(s, 15000);
    s->policy = SCENE_RAISES;
    scene_run(s, 10000);
    scene_says(scene_look(s, "policy.failing"), "1 consults failed in a row");
    s->policy = SCENE_PLAN;
    scene_run(s, 10000);
    (void)scene_look(s, "");
    s->policy = SCENE_RAISES;
    scene_run(s, 40000);
    (void)scene_look(s, "policy.quarantined");
    assert_false(scene_has(s, "policy.failing"));
    scene_free(s);
}

static void a_plan_without_targets(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->policy = SCENE_ONLY_A_STOP;
    scene_open(s, 0, EB_LONG);
    scene_run(s, 15000);
    scene_says(scene_look(s, "stage.levels"), "a stop at 98 and neither targets nor a trail");
    scene_free(s);
}

static void no_policy_at_all(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->policy = SCENE_NONE;
    scene_open(s, 0, EB_LONG);
    scene_open(s, 1, EB_LONG);
    scene_run(s, 2 * MINUTE);
    (void)scene_look(s, "policy.none");
    assert_int_equal(s->found.bad, 1);
    scene_free(s);
}

static void targets_that_were_crossed_when_set(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_begin(s);
    s->price_e8[0] = 103 * EB_E8;
    scene_run(s, 1000);
    scene_open(s, 0, EB_LONG);
    scene_run(s, 5000);
    const struct eb_finding *f = scene_look(s, "levels.parked");
    scene_says(f, "price 103; parked: target 1 at 102");
    scene_says(f, "exitbrain rearm AAAUSDT");
    s->price_e8[0] = 101 * EB_E8; /* back behind it: armed */
    scene_run(s, 1000);
    (void)scene_look(s, "");
    scene_free(s);
}

static void a_position_that_no_stop_fits(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->engine.backstop = false;
    s->mute = true;
    const struct eb_ev_position p = {.side = EB_LONG,
                                     .qty.e8 = 10 * EB_E8,
                                     .entry.e8 = 100 * EB_E8,
                                     .liquidation.e8 = 99 * EB_E8 + EB_E8 / 2,
                                     .opened_ms = SCENE_START_MS};
    scene_open_at(s, 0, &p);
    scene_run(s, 1000);
    scene_says(scene_look(s, "levels.no_stop"), "liquidation 99.5");
    scene_says(scene_found(s, "stage.levels"), "see levels.no_stop");
    scene_free(s);
}

/* ---- alive, and not consulted ------------------------------------------------------------------------------------ */

static void a_pause_says_why_nobody_is_asked(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_open(s, 0, EB_LONG);
    scene_run(s, 15000);
    scene_command(s, EB_CMD_PAUSE, EB_NO_SYMBOL);
    scene_open(s, 1, EB_LONG); /* gets the built-in plan */
    scene_says(scene_look(s, "engine.paused"), "2 open positions");
    scene_run(s, 2 * MINUTE);
    (void)scene_look(s, "engine.paused");
    const struct eb_finding *f = scene_found(s, "stage.consult");
    assert_int_equal(f->severity, EB_NOTE);
    scene_says(f, "the engine is paused");
    assert_int_equal(scene_found(s, "stage.levels")->severity, EB_NOTE);
    scene_command(s, EB_CMD_RESUME, EB_NO_SYMBOL);
    scene_run(s, 30000);
    (void)scene_look(s, "");
    scene_free(s);
}

static void a_released_position(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_open(s, 0, EB_LONG);
    scene_open(s, 1, EB_LONG);
    scene_run(s, 15000);
    scene_command(s, EB_CMD_RELEASE, 0);
    scene_run(s, 2 * MINUTE);
    const struct eb_finding *f = scene_look(s, "position.released");
    assert_string_equal(f->subject, "AAAUSDT LONG");
    scene_says(f, "its backstop stays at 97.4");
    scene_says(f, "exitbrain adopt AAAUSDT");
    scene_says(scene_found(s, "stage.consult"), "released by an operator");
    assert_int_equal(s->found.bad, 1);
    scene_free(s);
}

static void a_policy_that_sleeps_is_left_alone(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->policy = SCENE_SLEEPS;
    scene_open(s, 0, EB_LONG);
    for (int i = 0; i < 11; i++) {
        scene_run(s, MINUTE);
        (void)scene_look(s, "");
        assert_int_equal(s->found.notes, 0);
    }
    scene_free(s);
}

/* The engine consults by deadlines that it keeps, so that this takes evidence made by hand. */
static void silence_that_nothing_explains(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_open(s, 0, EB_LONG);
    struct eb_evidence v;
    unsigned found = 0;
    assert_true(eb_engine_evidence(eb_host_engine(s->live->host), 0, &v));
    struct eb_exam x = {.live = s->live,
                        .engine = eb_host_engine(s->live->host),
                        .config = &s->live->o.config.engine,
                        .now_ms = s->now_ms + 20000,
                        .running = true,
                        .out = &s->found,
                        .check = "stage.consult",
                        .found = &found};
    struct eb_patient p = {.v = &v, .subject = "AAAUSDT LONG", .ours = true};
    eb_check_consult(&x, &p);
    assert_int_equal(found, 0); /* twice the cycle is the limit */
    x.now_ms += 1;
    eb_check_consult(&x, &p);
    assert_int_equal(s->found.bad, 1);
    scene_says(&s->found.finding[0], "not consulted for 20.0 s (every 10.0 s is usual), 1 consults so far");
    scene_says(&s->found.finding[0], "nothing says why");
    v.suppressed_until_ms = s->now_ms + 300000;
    eb_check_consult(&x, &p);
    assert_int_equal(found, 1);
    x.now_ms += 300000;
    eb_check_consult(&x, &p);
    assert_int_equal(found, 2);
    v.quarantined = true;
    eb_check_consult(&x, &p);
    assert_int_equal(found, 2);
    v.suppressed_until_ms = 0;
    v.last_consult_ms = x.now_ms - 20000; /* it was asked since */
    v.quarantined = false;
    eb_check_consult(&x, &p);
    assert_int_equal(found, 2);
    scene_free(s);
}

static void flattening(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_open(s, 0, EB_LONG);
    scene_run(s, 15000);
    s->mute = true;
    scene_command(s, EB_CMD_FLATTEN, EB_NO_SYMBOL);
    scene_run(s, 1000);
    scene_says(scene_look(s, "engine.flattening"), "1 positions are still open");
    scene_free(s);
}

static void a_position_whose_cap_has_tripped(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->engine.orders_per_minute_max = 4;
    scene_open(s, 0, EB_LONG);
    scene_run(s, 15000);
    s->rejects = true;
    s->price_e8[0] = 102 * EB_E8 + EB_E8 / 2; /* a target is reached and refused again and again */
    scene_run(s, 50000);
    const struct eb_finding *f = scene_look(s, "position.tripped");
    scene_says(f, "the cap is 4 a minute");
    scene_free(s);
}

static void many_of_a_kind_are_counted(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_open(s, 0, EB_LONG);
    struct eb_evidence v;
    unsigned found = 0;
    assert_true(eb_engine_evidence(eb_host_engine(s->live->host), 0, &v));
    struct eb_exam x = {.live = s->live, .config = &s->live->o.config.engine, .out = &s->found, .found = &found};
    struct eb_patient p = {.v = &v, .subject = "AAAUSDT LONG", .ours = true};
    v.released = true;
    for (unsigned i = 0; i < 500; i++) {
        eb_check_released(&x, &p);
    }
    assert_int_equal(s->found.bad, 500);
    assert_int_equal(s->found.count, 6);
    assert_int_equal(s->found.left_out, 0);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_wrong),
        cmocka_unit_test(every_check_is_documented),
        cmocka_unit_test(nothing_is_judged_before_the_beginning_is_over),
        cmocka_unit_test(prices_that_have_stopped),
        cmocka_unit_test(prices_of_one_source_that_have_stopped),
        cmocka_unit_test(prices_that_never_came),
        cmocka_unit_test(a_venue_that_is_gone_is_one_finding),
        cmocka_unit_test(a_picture_that_never_comes),
        cmocka_unit_test(a_policy_that_gives_no_plan),
        cmocka_unit_test(a_policy_whose_plan_is_refused),
        cmocka_unit_test(a_policy_that_raises_is_quarantined),
        cmocka_unit_test(a_policy_that_begins_to_fail),
        cmocka_unit_test(a_plan_without_targets),
        cmocka_unit_test(no_policy_at_all),
        cmocka_unit_test(targets_that_were_crossed_when_set),
        cmocka_unit_test(a_position_that_no_stop_fits),
        cmocka_unit_test(a_pause_says_why_nobody_is_asked),
        cmocka_unit_test(a_released_position),
        cmocka_unit_test(a_policy_that_sleeps_is_left_alone),
        cmocka_unit_test(silence_that_nothing_explains),
        cmocka_unit_test(flattening),
        cmocka_unit_test(a_position_whose_cap_has_tripped),
        cmocka_unit_test(many_of_a_kind_are_counted),
    };
    return cmocka_run_group_tests_name("app/doctor", tests, NULL, NULL);
}
