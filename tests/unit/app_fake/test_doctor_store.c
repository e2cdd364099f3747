/* SPDX-License-Identifier: Apache-2.0 */
/* The doctor on what carries and remembers: loop, clock, queue, journal, disk, policy set, alarms; how it speaks. */
#include "doctor_scene.h"

#include <stdio.h>
#include <string.h>

#include "doctor_doubles.h"

#define MINUTE 60000
#define SECOND_NS INT64_C(1000000000)

static struct scene *healthy(void)
{
    struct scene *s = scene_new();
    journal_stats = (struct eb_journal_stats){.appended = 9,
                                              .durable = 9,
                                              .commits = 3,
                                              .hashes = 1,
                                              .last_commit_ns = 400000,
                                              .longest_commit_ns = 9000000,
                                              .ring_capacity = 8 << 20,
                                              .file_bytes = 1 << 20,
                                              .free_bytes = (uint64_t)40 << 30};
    staged_report = latest_report = NULL;
    clock_ahead_ms = 0;
    s->live->journal = (struct eb_journal *)s; /* only the doubles are asked about them */
    s->live->reload = (struct eb_reload *)s;
    scene_open(s, 0, EB_LONG);
    scene_run(s, 15000);
    (void)scene_look(s, "");
    assert_int_equal(s->found.notes, 0);
    return s;
}

/* ---- loop -------------------------------------------------------------------------------------------------------- */

static void a_loop_that_runs_no_turns(void **state)
{
    (void)state;
    struct scene *s = healthy();
    clock_ahead_ms = 20000; /* the control socket answers, and that is all */
    scene_says(scene_look(s, "loop.stalled"), "its last turn was 20.0 s ago");
    clock_ahead_ms = 0;
    scene_free(s);
}

static void a_process_that_was_stopped(void **state)
{
    (void)state;
    struct scene *s = healthy();
    s->live->gaps = 1;
    s->live->longest_gap_ns = 600 * SECOND_NS;
    s->live->last_gap_ms = s->now_ms - 5000;
    const struct eb_finding *f = scene_look(s, "loop.gap");
    scene_says(f, "did not run for 600.00 s, 1 times longer than 5 s, the last time 5.0 s ago");
    s->live->last_gap_ms = s->now_ms - 60 * MINUTE; /* everything was read anew long ago */
    (void)scene_look(s, "");
    assert_int_equal(scene_found(s, "loop.gap")->severity, EB_NOTE);
    scene_free(s);
}

static void a_clock_that_is_wrong(void **state)
{
    (void)state;
    struct scene *s = healthy();
    s->live->wall_known = true;
    s->live->wall_offset_ms = -500;
    (void)scene_look(s, "");
    s->live->wall_offset_ms = -3600000;
    scene_says(scene_look(s, "clock.offset"), "1 h 00 m behind");
    s->live->wall_offset_ms = 501;
    scene_says(scene_look(s, "clock.offset"), "501 ms ahead");
    s->live->wall_known = false; /* simulated time at another speed */
    (void)scene_look(s, "");
    scene_free(s);
}

static void events_that_were_lost(void **state)
{
    (void)state;
    struct scene *s = healthy();
    struct eb_event ev = {.kind = EB_EV_VERDICT, .now_ms = s->now_ms, .now_ns = s->now_ms * 1000000};
    eb_host_sink(s->live->host, &ev); /* not a venue's to say */
    (void)scene_look(s, "");
    scene_says(scene_found(s, "events.refused"), "1 events were not taken");
    scene_free(s);
}

static void prices_that_take_long_are_a_note(void **state)
{
    (void)state;
    struct scene *s = healthy();
    for (int i = 0; i < 1000; i++) {
        eb_delay_add(&s->live->price_delay, i < 995 ? 20000 : 5000000);
    }
    (void)scene_look(s, "");
    const struct eb_finding *f = scene_found(s, "price.delay");
    assert_int_equal(f->severity, EB_NOTE);
    scene_says(f, "longest 5.00 ms of 1000");
    scene_free(s);
}

/* ---- journal, disk ----------------------------------------------------------------------------------------------- */

static void a_disk_that_failed(void **state)
{
    (void)state;
    struct scene *s = healthy();
    journal_stats.failed = true;
    journal_stats.durable = 7;
    (void)snprintf(journal_stats.failure, sizeof(journal_stats.failure), "disk I/O error");
    const struct eb_finding *f = scene_look(s, "journal.failed");
    scene_says(f, "disk I/O error; 0 durable records lost, the last durable one is 7 of 9");
    scene_free(s);
}

static void records_that_the_store_did_not_take(void **state)
{
    (void)state;
    struct scene *s = healthy();
    s->store_full = true;
    scene_open(s, 1, EB_LONG);
    scene_run(s, 1000);
    eb_doctor_examine(s->live, &s->found);
    assert_int_equal(scene_found(s, "journal.failed")->severity, EB_BAD);
    scene_free(s);
}

static void orders_that_wait_for_the_disk(void **state)
{
    (void)state;
    struct scene *s = healthy();
    s->durable = s->appended; /* from here on nothing becomes durable */
    scene_open(s, 1, EB_LONG);
    (void)scene_look(s, ""); /* a commit under way */
    scene_run(s, 500);
    const struct eb_finding *f = scene_look(s, "journal.held");
    scene_says(f, "1 orders wait for the disk, the longest for 500 ms");
    s->durable = UINT64_MAX;
    scene_run(s, 1000);
    (void)scene_look(s, "");
    scene_free(s);
}

static void a_disk_that_fills_up(void **state)
{
    (void)state;
    struct scene *s = healthy();
    journal_stats.free_bytes = (uint64_t)100 << 20;
    (void)scene_look(s, "");
    assert_int_equal(scene_found(s, "disk.full")->severity, EB_NOTE);
    journal_stats.free_bytes = (uint64_t)3 << 20;
    scene_says(scene_look(s, "disk.full"), "3.0 MB free");
    scene_free(s);
}

static void a_disk_that_is_slow(void **state)
{
    (void)state;
    struct scene *s = healthy();
    journal_stats.longest_commit_ns = 2 * SECOND_NS;
    (void)scene_look(s, "");
    assert_int_equal(scene_found(s, "disk.slow")->severity, EB_NOTE);
    journal_stats.last_commit_ns = 2 * SECOND_NS;
    scene_says(scene_look(s, "disk.slow"), "commits take 2.00 s");
    journal_stats.last_commit_ns = 1000;
    journal_stats.ring_used = journal_stats.ring_capacity;
    (void)scene_look(s, "disk.slow");
    scene_free(s);
}

static void a_journal_that_folds_to_something_else(void **state)
{
    (void)state;
    struct scene *s = healthy();
    journal_stats.hashes = 12;
    journal_stats.disagree = 2;
    scene_says(scene_look(s, "journal.differs"), "2 of 12 hashes differ");
    journal_stats.disagree = 0;
    (void)snprintf(journal_stats.why, sizeof(journal_stats.why), "no room for an image");
    (void)scene_look(s, "");
    scene_says(scene_found(s, "journal.images"), "no room for an image");
    scene_free(s);
}

static void a_start_that_only_protects(void **state)
{
    (void)state;
    struct scene *s = healthy();
    s->live->recovery.found = EB_JOURNAL_CORRUPT;
    s->live->recovery.differed = 3;
    (void)snprintf(s->live->recovery.why, sizeof(s->live->recovery.why), "the journal was damaged");
    (void)snprintf(s->live->recovery.aside, sizeof(s->live->recovery.aside), "journal.db.damaged-1");
    scene_command(s, EB_CMD_PAUSE, EB_NO_SYMBOL);
    const struct eb_finding *f = scene_look(s, "recovery.protect_only");
    scene_says(f, "the journal was damaged; 3 folded records differed; the damaged file is journal.db.damaged-1");
    scene_says(f, "exitbrain resume");
    assert_int_equal(scene_found(s, "engine.paused")->severity, EB_NOTE);
    scene_command(s, EB_CMD_RESUME, EB_NO_SYMBOL);
    scene_run(s, 1000);
    (void)scene_look(s, "");
    (void)scene_found(s, "recovery.protect_only");
    scene_free(s);
}

static void a_tape_that_ended(void **state)
{
    (void)state;
    struct scene *s = healthy();
    s->live->tape_failed = true;
    (void)scene_look(s, "");
    (void)scene_found(s, "tape.failed");
    scene_free(s);
}

/* ---- policy set -------------------------------------------------------------------------------------------------- */

static struct eb_reload_report report_of(enum eb_reload_outcome outcome, const struct scene *s)
{
    struct eb_reload_report r = {.outcome = (uint8_t)outcome, .at_ms = s->now_ms - 3000};
    (void)snprintf(r.hash, sizeof(r.hash), "0123456789abcdef0123456789abcdef");
    (void)snprintf(r.message, sizeof(r.message), "risk.lua:12: unexpected symbol near 'end'");
    return r;
}

static void a_file_that_was_refused(void **state)
{
    (void)state;
    struct scene *s = healthy();
    struct eb_reload_report r = report_of(EB_RELOAD_REFUSED, s);
    latest_report = &r;
    scene_says(scene_look(s, "policy.refused"), "refused 3.0 s ago: risk.lua:12");
    r.cause = EB_RELOAD_PLAN; /* somebody only asked */
    (void)scene_look(s, "");
    scene_free(s);
}

static void a_candidate_that_waits(void **state)
{
    (void)state;
    struct scene *s = healthy();
    struct eb_reload_report r = report_of(EB_RELOAD_STAGED, s);
    staged_report = latest_report = &r;
    (void)scene_look(s, "");
    scene_says(scene_found(s, "policy.staged"), "exitbrain reload --confirm 0123456789ab`");
    scene_free(s);
}

static void a_set_that_was_taken_back(void **state)
{
    (void)state;
    struct scene *s = healthy();
    struct eb_reload_report r = report_of(EB_RELOAD_ROLLED_BACK, s);
    latest_report = &r;
    scene_says(scene_look(s, "policy.rolled_back"), "by itself");
    (void)snprintf(r.who, sizeof(r.who), "anna");
    (void)scene_look(s, "");
    scene_says(scene_found(s, "policy.rolled_back"), "by anna");
    scene_free(s);
}

static void a_directory_that_is_not_watched_or_gone(void **state)
{
    (void)state;
    struct scene *s = healthy();
    s->live->o.config.watch = false;
    (void)scene_look(s, "");
    (void)scene_found(s, "policy.unwatched");
    s->live->o.config.watch = true;
    (void)snprintf(s->live->o.choice.dir, sizeof(s->live->o.choice.dir), "/nonexistent/policies");
    scene_says(scene_look(s, "policy.gone"), "/nonexistent/policies/init.lua: No such file");
    scene_free(s);
}

/* ---- alarms ------------------------------------------------------------------------------------------------------ */

static void alarms_that_no_other_check_explains(void **state)
{
    (void)state;
    struct scene *s = healthy();
    const struct eb_alarms_config c = {.command = ""};
    struct eb_err err;
    assert_int_equal(eb_alarms_create(&c, &s->live->alarms, &err), EB_OK);
    eb_alarm_raise(s->live->alarms, "parked", "AAAUSDT", "levels.parked would say it", s->now_ms);
    eb_alarm_raise(s->live->alarms, "order_refused", "AAAUSDT", "-2022", s->now_ms);
    (void)scene_look(s, "");
    assert_int_equal(s->found.notes, 1);
    eb_alarm_raise(s->live->alarms, "stop_stuck", "AAAUSDT", "what is left cannot be sent", s->now_ms);
    const struct eb_finding *f = scene_look(s, "alarm");
    assert_string_equal(f->subject, "AAAUSDT");
    scene_says(f, "alarm stop_stuck, 1 times");
    eb_alarm_end(s->live->alarms, "stop_stuck", "AAAUSDT", s->now_ms);
    (void)scene_look(s, "");
    eb_alarms_destroy(s->live->alarms);
    scene_free(s);
}

/* ---- how it speaks ----------------------------------------------------------------------------------------------- */

static void text_and_document(void **state)
{
    (void)state;
    struct scene *s = healthy();
    struct eb_buffer text;
    eb_buffer_init(&text, 1u << 20);
    char last[64];
    (void)snprintf(last, sizeof(last), "%u checks, nothing wrong\n", s->found.checks);
    eb_doctor_text(&s->found, false, false, &text);
    assert_string_equal(eb_buffer_str(&text), last);
    eb_buffer_clear(&text);
    eb_doctor_text(&s->found, false, true, &text);
    assert_non_null(strstr(eb_buffer_str(&text), "fine  disk.full                40.0 GB free"));
    s->live->tape_failed = true;
    journal_stats.free_bytes = 1 << 20;
    (void)scene_look(s, "disk.full");
    eb_buffer_clear(&text);
    eb_doctor_text(&s->found, false, false, &text);
    const char *bad = strstr(eb_buffer_str(&text), "BAD   disk.full\n      seen      1.0 MB free");
    const char *note = strstr(eb_buffer_str(&text), "note  tape.failed\n");
    assert_true(bad != NULL && note != NULL && bad < note);
    assert_non_null(strstr(eb_buffer_str(&text), "checks, 1 wrong, 1 note\n"));
    eb_buffer_clear(&text);
    struct eb_doc d = {.out = &text};
    eb_doc_begin(&d, NULL, '{');
    eb_doctor_doc(&s->found, &d);
    eb_doc_end(&d, '}');
    assert_non_null(
        strstr(eb_buffer_str(&text), "\"bad\":1,\"notes\":1,\"left_out\":0,\"starting\":false,\"findings\":["));
    assert_non_null(
        strstr(eb_buffer_str(&text), "{\"check\":\"disk.full\",\"severity\":\"bad\",\"subject\":\"\",\"evid"));
    assert_false(text.failed);
    eb_buffer_deinit(&text);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_that_runs_no_turns),
        cmocka_unit_test(a_process_that_was_stopped),
        cmocka_unit_test(a_clock_that_is_wrong),
        cmocka_unit_test(events_that_were_lost),
        cmocka_unit_test(prices_that_take_long_are_a_note),
        cmocka_unit_test(a_disk_that_failed),
        cmocka_unit_test(records_that_the_store_did_not_take),
        cmocka_unit_test(orders_that_wait_for_the_disk),
        cmocka_unit_test(a_disk_that_fills_up),
        cmocka_unit_test(a_disk_that_is_slow),
        cmocka_unit_test(a_journal_that_folds_to_something_else),
        cmocka_unit_test(a_start_that_only_protects),
        cmocka_unit_test(a_tape_that_ended),
        cmocka_unit_test(a_file_that_was_refused),
        cmocka_unit_test(a_candidate_that_waits),
        cmocka_unit_test(a_set_that_was_taken_back),
        cmocka_unit_test(a_directory_that_is_not_watched_or_gone),
        cmocka_unit_test(alarms_that_no_other_check_explains),
        cmocka_unit_test(text_and_document),
    };
    return cmocka_run_group_tests_name("app/doctor, store", tests, NULL, NULL);
}
