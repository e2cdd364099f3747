/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan says its changes are due to: settings, files, and both, alone and together. */
#include "plan_world.h"

#include <stdio.h>
#include <string.h>

static struct plan_world p;

/* decide(ctx) of a set whose stop and targets are these expressions. */
static const char *body(const char *stop, const char *first, const char *second)
{
    static char text[1024];
    (void)snprintf(text, sizeof(text),
                   "  if ctx.plan_revision == 0 or ctx.r_provisional or ctx.reason == 'reload' then\n"
                   "    return { { type = 'move_stop', pct = %s },\n"
                   "      { type = 'update_tp_limits', levels = { { r = %s, fraction = 0.5 },\n"
                   "        { r = %s, fraction = 0.5 } } } }\n"
                   "  end\n",
                   stop, first, second);
    return text;
}

static void expect_cause(const struct eb_plan_row *row, const char *expected)
{
    assert_string_equal(plan_world_cause(&p, row), expected);
}

static const struct eb_plan_row *stop_of(unsigned position)
{
    return plan_world_row(&p, position, EB_STOP_PLAN, 0);
}

static const struct eb_plan_row *target_of(unsigned position, unsigned leg)
{
    return plan_world_row(&p, position, EB_STOP_NONE, leg);
}

static void a_setting_alone(void **state)
{
    (void)state;
    plan_world_open(&p, &(struct reload_world_options){0});
    reload_world_write(&p.w, "settings.lua", "return {\n  stop_pct = 1.5,\n  first_r = 1.25,\n}\n");
    plan_world_make(&p);
    for (unsigned i = 0; i < 2; i++) {
        expect_cause(stop_of(i), "alone: stop_pct");
        expect_cause(target_of(i, 1), "alone: first_r");
        expect_cause(target_of(i, 2), ""); /* does not change */
        assert_int_equal(target_of(i, 2)->marks, 0);
        assert_int_equal(stop_of(i)->moved_r_ppm, 250000); /* + is towards profit, LONG and SHORT */
        assert_int_equal(stop_of(i)->moved_ppm, 5000);
        assert_int_equal(target_of(i, 1)->moved_r_ppm, 250000);
    }
    assert_int_equal(stop_of(0)->now.e8, 98 * EB_E8);
    assert_int_equal(stop_of(0)->after.e8, 98 * EB_E8 + EB_E8 / 2);
    assert_int_equal(stop_of(1)->after.e8, 102 * EB_E8 - EB_E8 / 2);
    assert_int_equal(p.plan->cause_count, 2);
    assert_int_equal(p.plan->cause[0].levels, 2);
    assert_int_equal(p.plan->cause[0].positions, 2);
    assert_int_equal(p.plan->unknown, 0);
    assert_false(p.plan->cut);
    const char *page = plan_world_page(&p, false);
    reload_world_holds(page, "[1] settings.lua:2 stop_pct 2 -> 1.5: 2 levels of 2 positions\n");
    reload_world_holds(page, "[2] settings.lua:3 first_r 1 -> 1.25: 2 levels of 2 positions\n");
    plan_world_close(&p);
}

static void a_file_alone(void **state)
{
    (void)state;
    plan_world_open(&p, &(struct reload_world_options){0});
    reload_world_decide(&p.w, body("S.stop_pct", "S.first_r", "2.5"));
    plan_world_make(&p);
    expect_cause(target_of(0, 2), "alone: init.lua");
    expect_cause(target_of(1, 2), "alone: init.lua");
    assert_int_equal(p.plan->difference.count, 1);
    reload_world_holds(plan_world_page(&p, false), "[1] init.lua changed: 2 levels of 2 positions\n");
    plan_world_close(&p);
}

/* Each moves levels of its own; and one level has a part of both. */
static void settings_and_files(void **state)
{
    (void)state;
    plan_world_open(&p, &(struct reload_world_options){0});
    reload_world_settings(&p.w, "1.8", "1.2");
    reload_world_decide(&p.w, body("S.stop_pct", "S.first_r + 0.1", "2.5"));
    plan_world_make(&p);
    for (unsigned i = 0; i < 2; i++) {
        expect_cause(stop_of(i), "alone: stop_pct");
        expect_cause(target_of(i, 1), "together: first_r, init.lua");
        expect_cause(target_of(i, 2), "alone: init.lua");
    }
    reload_world_holds(plan_world_page(&p, false), "first_r 1 -> 1.2\n      and init.lua changed: 2 levels of 2 "
                                                   "positions, together\n");
    plan_world_close(&p);
}

/* Of a stop and a floor under it either is enough: none alone changes anything when it is taken back. */
static void either_of_two(void **state)
{
    (void)state;
    static const char settings[] = "return { a = 1, b = 1, c = 1, d = 3 }\n";
    plan_world_open(
        &p, &(struct reload_world_options){.settings = settings, .decide = body("2", "math.max(S.a, S.b)", "2")});
    reload_world_write(&p.w, "settings.lua", "return { a = 1.5, b = 1.5, c = 2, d = 4 }\n");
    plan_world_make(&p);
    expect_cause(target_of(0, 1), "either: a, b");
    expect_cause(target_of(1, 1), "either: a, b");
    const char *page = plan_world_page(&p, false);
    reload_world_holds(page, "[1] settings.lua:1 a 1 -> 1.5\n      or settings.lua:1 b 1 -> 1.5: 2 levels of 2 "
                             "positions, either would be enough\n");
    reload_world_holds(page,
                       "differs, and moves nothing now:\n    settings.lua:1 c 1 -> 2\n    settings.lua:1 d 3 -> 4\n");
    assert_null(strstr(page, "settings.lua changed"));
    plan_world_close(&p);
}

/* A figure that has moved to a file of its own under another name: neither file loads without the other. */
static void files_that_need_each_other(void **state)
{
    (void)state;
    static const char init[] = "local S = require 'settings'\nlocal plan = require '%s'\n"
                               "return { name = 'world', version = '1', settings = S, decide = plan }\n";
    char text[2048];
    plan_world_open(&p, &(struct reload_world_options){0});
    (void)snprintf(text, sizeof(text), "return function(ctx)\n  local S = { stop_pct = 2 }\n%send\n",
                   body("S.stop_pct", "1", "2"));
    reload_world_write(&p.w, "old.lua", text);
    (void)snprintf(text, sizeof(text), init, "old");
    reload_world_write(&p.w, "init.lua", text);
    reload_world_expect(reload_world_try(&p.w, EB_RELOAD_COMMAND, NULL), EB_RELOAD_SWAPPED);
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/old.lua", p.w.dir);
    assert_int_equal(remove(path), 0);
    (void)snprintf(text, sizeof(text), "return function(ctx)\n  local S = { stop_pct = 1 }\n%send\n",
                   body("S.stop_pct", "1", "2"));
    reload_world_write(&p.w, "new.lua", text);
    (void)snprintf(text, sizeof(text), init, "new");
    reload_world_write(&p.w, "init.lua", text);
    reload_world_write(&p.w, "aside.lua", "return 1\n");
    plan_world_make(&p);
    expect_cause(stop_of(0), "together: init.lua, old.lua");
    reload_world_holds(plan_world_page(&p, false), "[1] init.lua changed\n      and old.lua is gone: 2 levels");
    reload_world_holds(plan_world_page(&p, false), "    aside.lua is new\n");
    plan_world_close(&p);
}

/* A list of another length is one difference; an entry of the same list is one of its own. */
static void settings_in_tables(void **state)
{
    (void)state;
    static const char settings[] = "return { legs = {\n  { 1, 0.5 },\n  { 2, 0.5 },\n}, stop = { pct = 2 } }\n";
    static const char decide[] =
        "  if ctx.plan_revision == 0 or ctx.r_provisional or ctx.reason == 'reload' then\n"
        "    local levels = {}\n"
        "    for i, l in ipairs(S.legs) do levels[i] = { r = l[1], fraction = l[2] } end\n"
        "    return { { type = 'move_stop', pct = S.stop.pct }, { type = 'update_tp_limits', levels = levels } }\n"
        "  end\n";
    plan_world_open(&p, &(struct reload_world_options){.settings = settings, .decide = decide});
    reload_world_write(&p.w, "settings.lua",
                       "return { legs = {\n  { 1, 0.5 },\n  { 2.2, 0.5 },\n}, stop = { pct = 1.9 } }\n");
    plan_world_make(&p);
    expect_cause(stop_of(0), "alone: stop.pct");
    expect_cause(target_of(0, 2), "alone: legs.2.1");
    reload_world_holds(plan_world_page(&p, false), "settings.lua:3 legs.2.1 2 -> 2.2: 2 levels");
    reload_world_write(&p.w, "settings.lua", "return { legs = {\n  { 1, 0.5 },\n}, stop = { pct = 2 } }\n");
    plan_world_make(&p);
    expect_cause(target_of(0, 2), "alone: legs");
    assert_true((target_of(0, 2)->marks & EB_PLAN_GONE) != 0);
    reload_world_holds(plan_world_page(&p, false), "legs {{1, 0.5}, {2, 0.5}} -> {{1, 0.5}}: 2 levels");
    plan_world_close(&p);
}

/* What the set in force would do now as well has no cause in the candidate. */
static void what_is_done_anyway_has_no_cause(void **state)
{
    (void)state;
    plan_world_open(&p, &(struct reload_world_options){
                            .decide = body("2 - 0.1 * math.floor((ctx.now_ms - 1700000100000) / 60000)", "1", "2")});
    reload_world_wait(&p.w, 130000);
    reload_world_write(&p.w, "settings.lua", "return { stop_pct = 2, first_r = 3 }\n");
    plan_world_make(&p);
    assert_true((stop_of(0)->marks & EB_PLAN_ANYWAY) != 0);
    expect_cause(stop_of(0), "");
    assert_int_equal(p.plan->trials, 0); /* nothing is to be found out */
    assert_int_equal(p.plan->unknown, 0);
    reload_world_holds(plan_world_page(&p, false), "so too in force");
    plan_world_close(&p);
}

/* A hundred settings: the first are tried, and it is said that others were not. */
static void more_than_can_be_tried(void **state)
{
    (void)state;
    struct eb_buffer text[2];
    for (unsigned k = 0; k < 2; k++) {
        eb_buffer_init(&text[k], 4096);
        (void)eb_buffer_text(&text[k],
                             k == 0 ? "return { stop_pct = 2, first_r = 1" : "return { stop_pct = 1.5, first_r = 1.2");
        for (unsigned i = 0; i < 100; i++) {
            (void)eb_buffer_printf(&text[k], ", a%03u = %u", i, k);
        }
        assert_int_equal(eb_buffer_text(&text[k], " }\n"), EB_OK);
    }
    plan_world_open(&p, &(struct reload_world_options){.settings = eb_buffer_str(&text[0])});
    reload_world_write(&p.w, "settings.lua", eb_buffer_str(&text[1]));
    eb_buffer_deinit(&text[0]);
    eb_buffer_deinit(&text[1]);
    plan_world_make(&p);
    assert_int_equal(p.plan->difference.count, EB_DIFFERENCES_MAX);
    assert_int_equal(p.plan->difference.more, 102 + 1 - EB_DIFFERENCES_MAX); /* and the file */
    assert_int_equal(p.plan->trials, EB_PLAN_TRIALS_MAX);
    assert_true(p.plan->cut);
    assert_int_equal(p.plan->unknown, 4); /* both come after the others */
    expect_cause(stop_of(0), "");
    const char *page = plan_world_page(&p, false);
    reload_world_holds(page, "cut: 64 of 103 differences were tried");
    reload_world_holds(page, "[?] the cause of 4 changes was not found");
    plan_world_close(&p);
}

static void it_can_be_stopped(void **state)
{
    (void)state;
    plan_world_open(&p, &(struct reload_world_options){0});
    reload_world_settings(&p.w, "1.5", "1");
    atomic_store(&p.stop, true);
    plan_world_make(&p);
    assert_int_equal(p.plan->trials, 0);
    assert_int_equal(p.plan->unknown, 2);
    plan_world_close(&p);
}

/* An experiment leaves the sets and the engine as they were. */
static void nothing_is_left_of_the_trials(void **state)
{
    (void)state;
    plan_world_open(&p, &(struct reload_world_options){0});
    uint64_t hash = eb_engine_durable_hash(eb_host_engine(p.w.host));
    struct eb_policy_info before;
    struct eb_policy_info after;
    reload_world_settings(&p.w, "1.5", "1.3");
    plan_world_make(&p);
    eb_policy_info(p.candidate, &before);
    struct eb_policy *again;
    struct eb_err err = {.msg = ""};
    assert_int_equal(eb_policy_open_choice(&p.w.choice, NULL, NULL, &again, &err), EB_OK);
    eb_policy_info(again, &after);
    assert_memory_equal(before.hash, after.hash, EB_HASH_SIZE);
    assert_true(eb_engine_durable_hash(p.ground) == hash);
    assert_true(eb_engine_durable_hash(eb_host_engine(p.w.host)) == hash);
    eb_policy_close(again);
    plan_world_close(&p);
}

/* Two long values that begin alike: shown is where they differ. */
static void long_values_show_where_they_differ(void **state)
{
    (void)state;
    plan_world_open(&p, &(struct reload_world_options){
                            .settings = "return { note = 'a very long remark, before the figure 1', stop_pct = 2 }\n",
                            .decide = body("S.stop_pct", "1", "2")});
    reload_world_write(&p.w, "settings.lua",
                       "return { note = 'a very long remark, before the figure 2', stop_pct = 2 }\n");
    plan_world_make(&p);
    reload_world_holds(plan_world_page(&p, false), "note ...he figure 1\" -> ...he figure 2\"");
    plan_world_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_setting_alone),
        cmocka_unit_test(a_file_alone),
        cmocka_unit_test(settings_and_files),
        cmocka_unit_test(either_of_two),
        cmocka_unit_test(files_that_need_each_other),
        cmocka_unit_test(settings_in_tables),
        cmocka_unit_test(long_values_show_where_they_differ),
        cmocka_unit_test(what_is_done_anyway_has_no_cause),
        cmocka_unit_test(more_than_can_be_tried),
        cmocka_unit_test(it_can_be_stopped),
        cmocka_unit_test(nothing_is_left_of_the_trials),
    };
    return cmocka_run_group_tests_name("app/plan_cause", tests, NULL, NULL);
}
