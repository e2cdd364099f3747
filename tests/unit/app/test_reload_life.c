/* SPDX-License-Identifier: Apache-2.0 */
/* A reload over time: the way back by hand and by itself, saved files, trials that meet, ends in the middle, words. */
#define _GNU_SOURCE

#include "reload_world.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct reload_world w;

static void open_world(void)
{
    reload_world_open(&w, &(struct reload_world_options){0});
}

static void swap_to(const char *first_r)
{
    reload_world_settings(&w, "2", first_r);
    reload_world_expect(reload_world_try(&w, EB_RELOAD_COMMAND, NULL), EB_RELOAD_SWAPPED);
}

static int64_t first_leg(unsigned position)
{
    return reload_world_evidence(&w, position).ctx.legs[0].price.e8;
}

/* ---- back by hand ------------------------------------------------------------------------------------------------ */

static void three_sets_are_kept(void **state)
{
    (void)state;
    static const int64_t cents[] = {10260, 10240, 10220}; /* LONG: where the first target stood, newest first */
    struct eb_reload_report p;
    open_world();
    eb_reload_rollback(w.reload, "somebody", "a test", &p);
    reload_world_expect(&p, EB_RELOAD_REFUSED);
    reload_world_holds(p.message, "no set before");
    assert_int_equal(w.told, 1);
    assert_null(eb_reload_last(w.reload)); /* nothing has happened */
    swap_to("1.1");
    swap_to("1.2");
    swap_to("1.3");
    w.live = true;
    reload_world_settings(&w, "2", "1.4");
    reload_world_expect(reload_world_try(&w, EB_RELOAD_COMMAND, NULL), EB_RELOAD_SWAPPED);
    assert_int_equal(first_leg(0), 10280 * (EB_E8 / 100));
    for (size_t i = 0; i < EB_COUNT(cents); i++) {
        char before[65];
        struct eb_ev_policy now;
        eb_reload_event(w.reload, &now);
        eb_reload_rollback(w.reload, "somebody", "it was better", &p);
        reload_world_expect(&p, EB_RELOAD_ROLLED_BACK);
        reload_world_holds(p.message, "by hand");
        (void)snprintf(before, sizeof(before), "%02x%02x%02x%02x", now.hash[0], now.hash[1], now.hash[2], now.hash[3]);
        assert_memory_equal(p.hash_before, before, 8);
        assert_int_equal(first_leg(0), cents[i] * (EB_E8 / 100));
        assert_int_equal(first_leg(1), (20000 - cents[i]) * (EB_E8 / 100));
        assert_memory_equal(&p, &w.report, sizeof(p));
        eb_reload_event(w.reload, &now);
        assert_string_equal(now.who, "somebody");
        assert_string_equal(now.why, "it was better");
    }
    eb_reload_rollback(w.reload, "somebody", "a test", &p);
    reload_world_expect(&p, EB_RELOAD_REFUSED); /* the first of five is not kept */
    reload_world_holds(w.lines, "\"event\":\"policy.rolled_back\"");
    reload_world_close(&w);
}

static void what_was_rolled_back_is_not_loaded_by_itself(void **state)
{
    (void)state;
    struct eb_reload_report p;
    open_world();
    swap_to("1.1");
    eb_reload_rollback(w.reload, "somebody", "a test", &p);
    reload_world_settings(&w, "2", "1.1"); /* saved anew, the same bytes */
    reload_world_expect(reload_world_try(&w, EB_RELOAD_SAVED, NULL), EB_RELOAD_REFUSED);
    reload_world_holds(w.report.message, "rolled back");
    reload_world_expect(reload_world_try(&w, EB_RELOAD_SIGHUP, NULL), EB_RELOAD_REFUSED);
    reload_world_expect(reload_world_try(&w, EB_RELOAD_PLAN, NULL), EB_RELOAD_PLANNED);
    reload_world_expect(reload_world_try(&w, EB_RELOAD_COMMAND, NULL), EB_RELOAD_SWAPPED); /* a person may */
    reload_world_expect(reload_world_try(&w, EB_RELOAD_SAVED, NULL), EB_RELOAD_UNCHANGED);
    eb_reload_rollback(w.reload, "somebody", "a test", &p);
    reload_world_settings(&w, "2", "1.11");
    reload_world_expect(reload_world_try(&w, EB_RELOAD_SAVED, NULL), EB_RELOAD_SWAPPED); /* other bytes */
    reload_world_settings(&w, "2", "1.1");
    reload_world_expect(reload_world_try(&w, EB_RELOAD_COMMAND, NULL), EB_RELOAD_SWAPPED);
    swap_to("1.12");
    reload_world_settings(&w, "2", "1.1"); /* what a person has loaded since is as good as any */
    reload_world_expect(reload_world_try(&w, EB_RELOAD_SAVED, NULL), EB_RELOAD_SWAPPED);
    reload_world_close(&w);
}

static void a_swap_or_a_roll_back_forgets_what_was_staged(void **state)
{
    (void)state;
    struct eb_reload_report p;
    open_world();
    swap_to("1.1");
    reload_world_settings(&w, "1.5", "1");
    reload_world_expect(reload_world_try(&w, EB_RELOAD_SAVED, NULL), EB_RELOAD_STAGED);
    eb_reload_rollback(w.reload, "somebody", "a test", &p);
    assert_null(eb_reload_staged(w.reload));
    reload_world_close(&w);
}

/* ---- back by itself ---------------------------------------------------------------------------------------------- */

/* Fails where no trial saw it: beyond a price. */
static void save_what_fails_beyond_101(const char *how)
{
    char body[1024];
    (void)snprintf(body, sizeof(body), "  if ctx.price > 101 and ctx.side == 'LONG' then %s end\n%s", how,
                   reload_world_body);
    reload_world_decide(&w, body);
    reload_world_expect(reload_world_try(&w, EB_RELOAD_SAVED, NULL), EB_RELOAD_SWAPPED);
}

static void a_set_that_fails_in_its_first_cycles_is_taken_back(void **state)
{
    (void)state;
    static const struct {
        const char *how, *says;
    } fails[] = {{"error('high up')", "high up"},
                 {"while true do end", "instructions"},
                 {"return { type = 'update_tp_limits', levels = { { r = 3, fraction = 0.9 }, "
                  "{ r = 4, fraction = 0.9 } } }",
                  "fraction"}};
    for (size_t i = 0; i < EB_COUNT(fails); i++) {
        reload_world_open(&w, &(struct reload_world_options){.positions = 6});
        struct eb_policy *first = eb_reload_policy(w.reload);
        save_what_fails_beyond_101(fails[i].how);
        reload_world_price(&w, 101 * EB_E8 + EB_E8 / 2);
        reload_world_wait(&w, 12000); /* a cycle: three positions are LONG */
        assert_int_equal(w.swaps, 1); /* not within a turn */
        reload_world_until_told(&w, 2);
        reload_world_expect(&w.report, EB_RELOAD_ROLLED_BACK);
        reload_world_holds(w.report.message, fails[i].says);
        reload_world_holds(w.report.message, "USDT LONG: ");
        reload_world_holds(w.report.message, "3 of the first consults");
        assert_string_equal(w.report.who, ""); /* nobody: by itself */
        assert_memory_equal(eb_reload_last(w.reload), &w.report, sizeof(w.report));
        assert_ptr_equal(eb_reload_policy(w.reload), first);
        assert_int_equal(w.swaps, 2);
        reload_world_expect(reload_world_try(&w, EB_RELOAD_SAVED, NULL), EB_RELOAD_REFUSED); /* and not again */
        reload_world_wait(&w, 12000);
        assert_int_equal(reload_world_evidence(&w, 0).last_result, EB_POLICY_KEEP);
        assert_int_equal(w.told, 3);
        reload_world_close(&w);
    }
}

static void one_position_needs_three_cycles(void **state)
{
    (void)state;
    open_world();
    save_what_fails_beyond_101("error('high up')");
    reload_world_price(&w, 101 * EB_E8 + EB_E8 / 2);
    reload_world_wait(&w, 20000);
    assert_int_equal(w.alerts[EB_ALERT_POLICY_FAILED], 2);
    assert_int_equal(w.told, 1);
    reload_world_wait(&w, 10000);
    reload_world_until_told(&w, 2);
    reload_world_expect(&w.report, EB_RELOAD_ROLLED_BACK);
    reload_world_close(&w);
}

/* Later failures are the engine's to live with: quarantine, the plan stands. */
static void after_its_first_consults_a_set_stays(void **state)
{
    (void)state;
    open_world();
    save_what_fails_beyond_101("error('high up')");
    reload_world_wait(&w, 31000); /* asked at the reload, and three times since */
    reload_world_price(&w, 101 * EB_E8 + EB_E8 / 2);
    reload_world_wait(&w, 60000);
    assert_true(w.alerts[EB_ALERT_POLICY_FAILED] >= 3);
    eb_loop_once(w.loop, false);
    eb_loop_once(w.loop, false);
    assert_int_equal(w.told, 1);
    assert_int_equal(w.swaps, 1);
    reload_world_close(&w);
}

/* Nor does what comes minutes later, although the policy was hardly asked until then. */
static void after_its_first_minutes_a_set_stays(void **state)
{
    (void)state;
    char body[1024];
    reload_world_open(&w, &(struct reload_world_options){.positions = 4});
    (void)snprintf(body, sizeof(body),
                   "  if ctx.price > 101 and ctx.side == 'LONG' then error('high up') end\n%s"
                   "  return nil, { wake = { at_ms = ctx.now_ms + 600000, above = 101.2 } }\n",
                   reload_world_body);
    reload_world_decide(&w, body);
    reload_world_expect(reload_world_try(&w, EB_RELOAD_SAVED, NULL), EB_RELOAD_SWAPPED);
    reload_world_wait(&w, 15000);
    uint32_t consults = reload_world_evidence(&w, 0).consults;
    reload_world_wait(&w, EB_RELOAD_WATCH_MS - 13000);
    assert_true(reload_world_evidence(&w, 0).consults <= consults + 1);
    reload_world_price(&w, 101 * EB_E8 + EB_E8 / 2);
    reload_world_wait(&w, 40000);
    assert_true(w.alerts[EB_ALERT_POLICY_FAILED] >= 6); /* two that are LONG, three times */
    eb_loop_once(w.loop, false);
    eb_loop_once(w.loop, false);
    assert_int_equal(w.swaps, 1);
    reload_world_close(&w);
}

/* ---- saved files ------------------------------------------------------------------------------------------------- */

static void a_saved_file_is_enough(void **state)
{
    (void)state;
    reload_world_open(&w, &(struct reload_world_options){.watch = true});
    assert_true(eb_reload_watching(w.reload));
    reload_world_settings(&w, "2", "1.1"); /* as editors do it: another file, renamed */
    reload_world_until_told(&w, 1);
    reload_world_expect(&w.report, EB_RELOAD_SWAPPED);
    assert_int_equal(w.report.cause, EB_RELOAD_SAVED);
    reload_world_write(&w, "settings.lua", "return { stop_pct = 1.5, first_r = 1.1 }\n"); /* in place */
    reload_world_until_told(&w, 2);
    reload_world_expect(&w.report, EB_RELOAD_STAGED);
    reload_world_save(&w, "settings.lua", "return { stop_pct = 1.5,\n");
    reload_world_until_told(&w, 3);
    reload_world_expect(&w.report, EB_RELOAD_REFUSED);
    reload_world_settings(&w, "2", "1.1");
    reload_world_until_told(&w, 4);
    reload_world_expect(&w.report, EB_RELOAD_UNCHANGED);
    reload_world_close(&w);
}

/* The set in force is watched where it lies now. */
static void the_watch_follows_the_set(void **state)
{
    (void)state;
    char mine[128];
    reload_world_open(&w, &(struct reload_world_options){.watch = true});
    memcpy(mine, w.dir, sizeof(mine));
    (void)snprintf(w.dir, sizeof(w.dir), "%s/lib", w.root);
    reload_world_decide(&w, reload_world_body);
    reload_world_settings(&w, "2", "1.1");
    reload_world_ask(&w, EB_RELOAD_COMMAND, w.dir, NULL);
    reload_world_until_told(&w, 1);
    reload_world_expect(&w.report, EB_RELOAD_SWAPPED);
    reload_world_settings(&w, "2", "1.2");
    reload_world_until_told(&w, 2);
    reload_world_expect(&w.report, EB_RELOAD_SWAPPED);
    assert_string_equal(w.report.dir, w.dir);
    struct eb_reload_report p;
    eb_reload_rollback(w.reload, "somebody", "a test", &p);
    eb_reload_rollback(w.reload, "somebody", "a test", &p);
    assert_string_equal(p.dir, mine);
    memcpy(w.dir, mine, sizeof(mine));
    reload_world_settings(&w, "2", "1.15");
    reload_world_until_told(&w, 5);
    reload_world_expect(&w.report, EB_RELOAD_SWAPPED);
    assert_string_equal(w.report.dir, mine);
    reload_world_close(&w);
}

/* Neither the trial nor the swap of one edit loses the next. */
static void a_file_saved_during_a_trial_is_tried_after_it(void **state)
{
    (void)state;
    reload_world_open(&w, &(struct reload_world_options){.watch = true, .positions = RELOAD_WORLD_MAX});
    reload_world_settings(&w, "2", "1.1");
    for (int i = 0; i < 1000 && !eb_reload_busy(w.reload); i++) {
        eb_loop_once(w.loop, true);
    }
    assert_true(eb_reload_busy(w.reload));
    reload_world_settings(&w, "2", "1.2");
    for (int i = 0; i < 1000 && first_leg(0) != 10240 * (EB_E8 / 100); i++) {
        reload_world_until_told(&w, w.told + 1);
    }
    reload_world_expect(&w.report, EB_RELOAD_SWAPPED);
    assert_int_equal(first_leg(0), 10240 * (EB_E8 / 100));
    reload_world_close(&w);
}

static void unless_it_is_wanted_nothing_is_watched(void **state)
{
    (void)state;
    open_world();
    assert_false(eb_reload_watching(w.reload));
    reload_world_close(&w);
}

/* ---- trials that meet -------------------------------------------------------------------------------------------- */

static void requests_wait_for_a_trial_under_way(void **state)
{
    (void)state;
    open_world();
    reload_world_settings(&w, "2", "1.1");
    reload_world_ask(&w, EB_RELOAD_COMMAND, NULL, NULL);
    assert_true(eb_reload_busy(w.reload));
    reload_world_ask(&w, EB_RELOAD_PLAN, NULL, NULL);
    for (unsigned i = 0; i < 5; i++) { /* one of them: nobody waits for each */
        eb_reload_try(w.reload, &(struct eb_reload_request){.cause = EB_RELOAD_SAVED, .who = "saved file", .why = ""});
        eb_reload_try(w.reload, &(struct eb_reload_request){.cause = EB_RELOAD_SIGHUP, .who = "SIGHUP", .why = ""});
    }
    reload_world_until_told(&w, 3);
    assert_int_equal(w.told_of[EB_RELOAD_SWAPPED], 1);
    assert_int_equal(w.told_of[EB_RELOAD_UNCHANGED], 2);
    assert_int_equal(w.answers, 2);
    assert_int_equal(w.report.cause, EB_RELOAD_SAVED);
    assert_false(eb_reload_busy(w.reload));
    reload_world_close(&w);
}

static void too_many_requests_are_sent_away(void **state)
{
    (void)state;
    open_world();
    reload_world_settings(&w, "1.5", "1.1");
    for (unsigned i = 0; i < 1 + EB_RELOAD_WAITING_MAX; i++) {
        reload_world_ask(&w, EB_RELOAD_PLAN, NULL, NULL);
    }
    assert_int_equal(w.told, 0);
    reload_world_ask(&w, EB_RELOAD_PLAN, NULL, NULL);
    assert_int_equal(w.told, 1);
    reload_world_expect(&w.answer, EB_RELOAD_BUSY);
    reload_world_until_told(&w, 2 + EB_RELOAD_WAITING_MAX);
    assert_int_equal(w.told_of[EB_RELOAD_PLANNED], 1 + EB_RELOAD_WAITING_MAX);
    assert_int_equal(w.answers, 2 + EB_RELOAD_WAITING_MAX);
    reload_world_close(&w);
}

/* What a trial compared with is not in force any more when it ends: it is made anew. */
static void a_roll_back_in_the_middle_of_a_trial(void **state)
{
    (void)state;
    struct eb_reload_report p;
    open_world();
    swap_to("1.1");
    reload_world_settings(&w, "2", "1.3"); /* 0.2 R from 1.1, 0.3 R from 1 */
    reload_world_ask(&w, EB_RELOAD_SAVED, NULL, NULL);
    eb_reload_rollback(w.reload, "somebody", "a test", &p);
    reload_world_until_told(&w, 3);
    reload_world_expect(&w.report, EB_RELOAD_STAGED);
    assert_string_equal(w.report.hash_before, p.hash);
    reload_world_close(&w);
}

static void a_mode_that_changes_in_the_middle_of_a_trial(void **state)
{
    (void)state;
    open_world();
    w.live = false;
    reload_world_settings(&w, "2", "1.3");
    reload_world_ask(&w, EB_RELOAD_SAVED, NULL, NULL);
    w.live = true;
    reload_world_until_told(&w, 1);
    reload_world_expect(&w.report, EB_RELOAD_STAGED);
    reload_world_close(&w);
}

/* Whatever a candidate's self test takes, the end comes, and nobody is called any more. */
static void the_end_in_the_middle_of_a_trial(void **state)
{
    (void)state;
    for (unsigned passes = 0; passes < 6; passes++) {
        reload_world_open(&w, &(struct reload_world_options){.positions = RELOAD_WORLD_MAX});
        reload_world_settings(&w, "2", "1.1");
        reload_world_ask(&w, EB_RELOAD_COMMAND, NULL, NULL);
        reload_world_ask(&w, EB_RELOAD_PLAN, NULL, NULL);
        for (unsigned i = 0; i < passes && w.told == 0; i++) {
            eb_loop_once(w.loop, i % 2 == 1);
        }
        unsigned told = w.told;
        reload_world_close(&w);
        assert_int_equal(w.told, told);
    }
    eb_reload_destroy(NULL);
}

static void a_first_set_that_does_not_load_is_no_reload(void **state)
{
    (void)state;
    struct eb_err err = {.msg = ""};
    struct eb_reload *r = NULL;
    open_world();
    reload_world_save(&w, "init.lua", "return {\n");
    const struct eb_reload_config c = {.loop = w.loop, .choice = &w.choice};
    assert_int_equal(eb_reload_create(&c, &r, &err), EB_E_SCRIPT);
    assert_null(r);
    reload_world_holds(err.msg, "init.lua:");
    reload_world_close(&w);
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static const char *text_of(const struct eb_reload_report *p, struct eb_buffer *b)
{
    eb_buffer_init(b, 65536);
    eb_reload_text(p, false, b);
    assert_false(b->failed);
    return eb_buffer_str(b);
}

static void what_people_and_programs_read(void **state)
{
    (void)state;
    struct eb_buffer b;
    struct eb_doc d;
    open_world();
    reload_world_price(&w, 102 * EB_E8 - EB_E8 / 20);
    reload_world_settings(&w, "1.5", "0.95");
    const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_SAVED, NULL);
    const char *text = text_of(p, &b);
    reload_world_holds(text, "staged  world 1 ");
    reload_world_holds(text, "in force: ");
    reload_world_holds(text, "exitbrain reload --confirm ");
    reload_world_holds(text, "tried on 2 open positions");
    reload_world_holds(text, "98    98.5  0.25     -     -\n");
    reload_world_holds(text, "102   101.9  0.05     5     5  PARKED: crossed already\n");
    eb_buffer_deinit(&b);
    eb_buffer_init(&b, 65536);
    d = (struct eb_doc){.out = &b};
    eb_doc_begin(&d, NULL, '{');
    eb_reload_doc(p, &d);
    eb_doc_end(&d, '}');
    text = eb_buffer_str(&b);
    reload_world_holds(text, "\"outcome\":\"staged\"");
    reload_world_holds(text, "\"cause\":\"saved\"");
    reload_world_holds(text, "\"stops_moved\":2");
    reload_world_holds(text, "\"symbol\":\"AUSDT\",\"side\":\"LONG\",\"level\":\"stop (plan)\",\"kind\":\"stop\","
                             "\"leg\":null,\"before\":\"98\",\"after\":\"98.5\",\"moved_r\":\"0.250000\"");
    reload_world_holds(text, "\"parked\":true");
    eb_buffer_deinit(&b);
    reload_world_save(&w, "init.lua", "return {\n");
    text = text_of(reload_world_try(&w, EB_RELOAD_SAVED, NULL), &b);
    reload_world_holds(text, "refused");
    reload_world_holds(text, "init.lua:");
    reload_world_holds(text, "the set in force stays");
    eb_buffer_deinit(&b);
    reload_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_sets_are_kept),
        cmocka_unit_test(what_was_rolled_back_is_not_loaded_by_itself),
        cmocka_unit_test(a_swap_or_a_roll_back_forgets_what_was_staged),
        cmocka_unit_test(a_set_that_fails_in_its_first_cycles_is_taken_back),
        cmocka_unit_test(one_position_needs_three_cycles),
        cmocka_unit_test(after_its_first_consults_a_set_stays),
        cmocka_unit_test(after_its_first_minutes_a_set_stays),
        cmocka_unit_test(a_saved_file_is_enough),
        cmocka_unit_test(the_watch_follows_the_set),
        cmocka_unit_test(a_file_saved_during_a_trial_is_tried_after_it),
        cmocka_unit_test(unless_it_is_wanted_nothing_is_watched),
        cmocka_unit_test(requests_wait_for_a_trial_under_way),
        cmocka_unit_test(too_many_requests_are_sent_away),
        cmocka_unit_test(a_roll_back_in_the_middle_of_a_trial),
        cmocka_unit_test(a_mode_that_changes_in_the_middle_of_a_trial),
        cmocka_unit_test(the_end_in_the_middle_of_a_trial),
        cmocka_unit_test(a_first_set_that_does_not_load_is_no_reload),
        cmocka_unit_test(what_people_and_programs_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
