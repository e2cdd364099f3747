/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of an edit: refused, unchanged, swapped, planned, confirmed; what is staged has a file of its own. */
#include "reload_world.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct reload_world w;

static void open_world(void)
{
    reload_world_open(&w, &(struct reload_world_options){0});
}

/* ---- refused ----------------------------------------------------------------------------------------------------- */

static void an_edit_that_does_not_load_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *file, *text, *says, *where;
    } bad[] = {
        {"settings.lua", "return { stop_pct = 2,\n  first_r = = 1 }\n", "settings.lua:2:", "unexpected symbol"},
        {"init.lua", "return { name = 'world', version = '1' }\n", "decide", "init.lua"},
        {"init.lua", "local x = nil\nreturn x.y\n", "init.lua:2:", "nil"},
        {"init.lua", "while true do end\n", "instructions", "init"},
        {"init.lua", "local t = {}\nwhile true do t[#t + 1] = { #t } end\n", "memory", ""},
        {"init.lua",
         "return { name = 'a', version = '1', decide = function() end, self_test = function() error('no') end }\n",
         "init.lua:1:", "no"},
        {"init.lua", "return { name = 'a', version = '1', decide = function(ctx) return ctx.nosuch end }\n", "LONG",
         "nosuch"},
    };
    for (size_t i = 0; i < EB_COUNT(bad); i++) {
        open_world();
        struct reload_still before = reload_world_still(&w);
        reload_world_save(&w, bad[i].file, bad[i].text);
        const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_SAVED, NULL);
        reload_world_expect(p, EB_RELOAD_REFUSED);
        reload_world_holds(p->message, bad[i].says);
        reload_world_holds(p->message, bad[i].where);
        reload_world_expect_still(&w, &before);
        reload_world_holds(w.lines, "\"event\":\"policy.refused\"");
        reload_world_close(&w);
    }
}

static void what_fails_on_one_position_only_is_refused_with_it(void **state)
{
    (void)state;
    static const struct {
        const char *body, *says, *where;
    } bad[] = {
        {"  if ctx.symbol == 'BUSDT' then\n    local x\n    return x.y\n  end\n", "BUSDT SHORT", "init.lua:5:"},
        {"  if ctx.symbol == 'BUSDT' then while true do end end\n", "BUSDT SHORT", "instructions"},
        {"  if ctx.symbol == 'AUSDT' then return { type = 'update_tp_limits', levels = {\n"
         "    { r = 1, fraction = 0.8 }, { r = 2, fraction = 0.8 } } } end\n",
         "AUSDT LONG", "refuses"},
        /* fine when asked about the reload, and not in the cycle after it */
        {"  if ctx.symbol == 'BUSDT' and ctx.reason == 'cycle' then error('later') end\n", "BUSDT SHORT", "later"},
    };
    for (size_t i = 0; i < EB_COUNT(bad); i++) {
        open_world();
        struct reload_still before = reload_world_still(&w);
        char body[1024];
        (void)snprintf(body, sizeof(body), "%s%s", bad[i].body, reload_world_body);
        reload_world_decide(&w, body);
        const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_COMMAND, NULL);
        reload_world_expect(p, EB_RELOAD_REFUSED);
        reload_world_holds(p->message, bad[i].says);
        reload_world_holds(p->message, bad[i].where);
        reload_world_expect_still(&w, &before);
        reload_world_close(&w);
    }
}

static void a_set_that_has_gone_is_refused_and_comes_back(void **state)
{
    (void)state;
    char away[160];
    open_world();
    (void)snprintf(away, sizeof(away), "%s-away", w.dir);
    assert_int_equal(rename(w.dir, away), 0);
    const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_SIGHUP, NULL);
    reload_world_expect(p, EB_RELOAD_REFUSED);
    reload_world_holds(p->message, w.dir);
    reload_world_wait(&w, 11000); /* the set in memory goes on */
    assert_int_equal(reload_world_evidence(&w, 0).last_result, EB_POLICY_KEEP);
    assert_int_equal(rename(away, w.dir), 0);
    reload_world_expect(reload_world_try(&w, EB_RELOAD_SIGHUP, NULL), EB_RELOAD_UNCHANGED);
    reload_world_close(&w);
}

/* ---- unchanged and swapped --------------------------------------------------------------------------------------- */

static void the_same_bytes_are_unchanged(void **state)
{
    (void)state;
    open_world();
    struct reload_still before = reload_world_still(&w);
    reload_world_save(&w, "settings.lua", "return { stop_pct = 2, first_r = 1 }\n");
    const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_SAVED, NULL);
    reload_world_expect(p, EB_RELOAD_UNCHANGED);
    assert_string_equal(p->hash, p->hash_before);
    reload_world_expect_still(&w, &before);
    assert_int_equal(w.swaps, 0);
    reload_world_close(&w);
}

static void a_harmless_edit_is_swapped_and_asked_at_once(void **state)
{
    (void)state;
    open_world();
    reload_world_settings(&w, "2", "1.25"); /* 0.25 R, and no more: the limit itself is allowed */
    const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_SAVED, NULL);
    reload_world_expect(p, EB_RELOAD_SWAPPED);
    assert_false(p->needs_confirmation);
    assert_int_equal(p->positions, 2);
    assert_int_equal(p->changed_positions, 2);
    assert_int_equal(p->change_count, 2);
    assert_int_equal(p->levels_moved, 0);
    assert_int_equal(p->change[0].leg, 1);
    assert_int_equal(p->change[0].before.e8, 102 * EB_E8);
    assert_int_equal(p->change[0].after.e8, 102 * EB_E8 + EB_E8 / 2);
    assert_int_equal(p->change[0].moved_r_ppm, 250000);
    assert_int_equal(w.swaps, 1);
    assert_true(p->took_ns > 0);
    for (unsigned i = 0; i < 2; i++) {
        struct eb_evidence v = reload_world_evidence(&w, i);
        assert_int_equal(v.ctx.legs[0].price.e8, (i == 0 ? 102 : 98) * EB_E8 + (i == 0 ? EB_E8 / 2 : -EB_E8 / 2));
        struct eb_ev_policy now;
        eb_reload_event(w.reload, &now);
        assert_memory_equal(v.policy_hash, now.hash, EB_HASH_SIZE);
        assert_string_equal(now.who, "somebody");
        assert_string_equal(now.why, "a test");
    }
    struct eb_policy_info info;
    eb_policy_info(eb_reload_policy(w.reload), &info);
    assert_int_equal(info.consults, 2); /* of the live engine: what the trial asked is forgotten */
    reload_world_holds(w.lines, "\"event\":\"policy.swapped\"");
    reload_world_holds(w.lines, "\"changes\":2");
    reload_world_close(&w);
}

static void in_shadow_any_edit_is_swapped(void **state)
{
    (void)state;
    reload_world_open(&w, &(struct reload_world_options){.shadow = true});
    reload_world_settings(&w, "1.5", "1.5");
    const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_SAVED, NULL);
    reload_world_expect(p, EB_RELOAD_SWAPPED);
    assert_true(p->needs_confirmation); /* it would have been needed in LIVE */
    assert_int_equal(p->stops_moved, 2);
    assert_int_equal(reload_world_stop(&w, 0), 98 * EB_E8 + EB_E8 / 2);
    reload_world_close(&w);
}

/* A set whose answer depends on time moves its stops whoever is loaded: that is not the edit's doing. */
static void what_the_set_in_force_does_as_well_is_not_held_against_an_edit(void **state)
{
    (void)state;
    static const char body[] = "  local minutes = math.floor((ctx.now_ms - 1700000100000) / 60000)\n"
                               "  if ctx.plan_revision == 0 or ctx.reason == 'reload' then return {\n"
                               "    { type = 'move_stop', pct = S.stop_pct - 0.1 * minutes },\n"
                               "    { type = 'update_tp_limits', levels = { { r = 2, fraction = 1 } } } } end\n";
    char edited[1024];
    reload_world_open(&w, &(struct reload_world_options){.decide = body});
    reload_world_wait(&w, 130000);
    assert_int_equal(reload_world_stop(&w, 0), 98 * EB_E8);
    (void)snprintf(edited, sizeof(edited), "  -- a word\n%s", body);
    reload_world_decide(&w, edited);
    const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_SAVED, NULL);
    reload_world_expect(p, EB_RELOAD_SWAPPED);
    assert_int_equal(p->change_count, 2); /* they are shown */
    assert_true(p->change[0].anyway && p->change[1].anyway);
    assert_int_equal(p->change[0].kind, EB_STOP_PLAN);
    assert_int_equal(p->changed_positions, 0);
    assert_int_equal(p->stops_moved, 0);
    assert_int_equal(reload_world_stop(&w, 0), 98 * EB_E8 + EB_E8 / 5);
    reload_world_close(&w);
}

/* A target that rests at the venue from now on is an order that leaves, and closes nothing. */
static void an_order_that_rests_is_no_close(void **state)
{
    (void)state;
    open_world();
    reload_world_decide(&w, "  if ctx.plan_revision == 0 or ctx.reason == 'reload' then return {\n"
                            "    { type = 'move_stop', pct = S.stop_pct },\n"
                            "    { type = 'update_tp_limits', levels = { { r = 1, fraction = 0.5, soft = true },\n"
                            "      { r = 2, fraction = 0.5 } } } } end\n");
    const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_SAVED, NULL);
    reload_world_expect(p, EB_RELOAD_SWAPPED);
    assert_int_equal(p->closes, 0);
    assert_int_equal(reload_world_evidence(&w, 0).level[1].state, EB_LEG_RESTING);
    reload_world_close(&w);
}

/* What a candidate says while it is tried is nobody's; what the set in force says is the log's. */
static void log_lines_are_those_of_the_set_in_force(void **state)
{
    (void)state;
    char body[1024];
    open_world();
    (void)snprintf(body, sizeof(body), "  log('asked: ' .. ctx.reason)\n%s", reload_world_body);
    reload_world_decide(&w, body);
    reload_world_expect(reload_world_try(&w, EB_RELOAD_PLAN, NULL), EB_RELOAD_PLANNED);
    assert_null(strstr(w.lines, "asked: "));
    reload_world_expect(reload_world_try(&w, EB_RELOAD_SAVED, NULL), EB_RELOAD_SWAPPED);
    reload_world_holds(w.lines, "asked: reload");
    assert_null(strstr(w.lines, "asked: new")); /* of the quiet market */
    reload_world_close(&w);
}

/* ---- planned ----------------------------------------------------------------------------------------------------- */

static void a_plan_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *stop_pct, *first_r;
        bool confirm;
    } edit[] = {{"1.5", "1", true}, {"2", "1.1", false}};
    for (size_t i = 0; i < EB_COUNT(edit); i++) {
        for (unsigned shadow = 0; shadow < 2; shadow++) {
            reload_world_open(&w, &(struct reload_world_options){.shadow = shadow == 1});
            struct reload_still before = reload_world_still(&w);
            reload_world_settings(&w, edit[i].stop_pct, edit[i].first_r);
            const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_PLAN, NULL);
            reload_world_expect(p, EB_RELOAD_PLANNED);
            assert_int_equal(p->needs_confirmation, edit[i].confirm);
            assert_int_equal(p->changed_positions, 2);
            reload_world_holds(eb_buffer_str(&w.page), i == 0 ? "[1] settings.lua:1 stop_pct 2 -> 1.5: 2 levels"
                                                              : "[1] settings.lua:1 first_r 1 -> 1.1: 2 levels");
            reload_world_expect_still(&w, &before);
            assert_int_equal(w.swaps, 0);
            assert_null(eb_reload_staged(w.reload));
            assert_null(eb_reload_last(w.reload));
            reload_world_close(&w);
        }
    }
    open_world();
    reload_world_save(&w, "init.lua", "return 1\n");
    reload_world_expect(reload_world_try(&w, EB_RELOAD_PLAN, NULL), EB_RELOAD_REFUSED);
    assert_null(eb_reload_last(w.reload));
    reload_world_close(&w);
}

/* ---- confirmed --------------------------------------------------------------------------------------------------- */

static void a_staged_set_is_loaded_by_its_hash(void **state)
{
    (void)state;
    static const size_t digits[] = {EB_RELOAD_CONFIRM_DIGITS, 64};
    for (size_t i = 0; i < EB_COUNT(digits); i++) {
        char confirm[65];
        open_world();
        reload_world_settings(&w, "1.5", "1");
        const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_SAVED, NULL);
        reload_world_expect(p, EB_RELOAD_STAGED);
        (void)snprintf(confirm, sizeof(confirm), "%.*s", (int)digits[i], p->hash);
        confirm[3] = (char)(confirm[3] >= 'a' ? confirm[3] - 'a' + 'A' : confirm[3]);
        p = reload_world_try(&w, EB_RELOAD_COMMAND, confirm);
        reload_world_expect(p, EB_RELOAD_SWAPPED);
        assert_int_equal(p->stops_moved, 2);
        assert_int_equal(reload_world_stop(&w, 0), 98 * EB_E8 + EB_E8 / 2);
        assert_null(eb_reload_staged(w.reload));
        reload_world_close(&w);
    }
}

static void a_confirmation_is_of_what_lies_there(void **state)
{
    (void)state;
    char staged[65];
    open_world();
    reload_world_settings(&w, "1.5", "1");
    (void)snprintf(staged, sizeof(staged), "%s", reload_world_try(&w, EB_RELOAD_SAVED, NULL)->hash);
    static const char *const wrong[] = {"1234567", "xyzxyzxyz", "", "00000000"};
    for (size_t i = 0; i < EB_COUNT(wrong); i++) {
        reload_world_expect(reload_world_try(&w, EB_RELOAD_COMMAND, wrong[i]), EB_RELOAD_REFUSED);
        assert_non_null(eb_reload_staged(w.reload)); /* a slip of the fingers loses nothing */
    }
    reload_world_settings(&w, "1.4", "1");
    const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_COMMAND, staged);
    reload_world_expect(p, EB_RELOAD_REFUSED);
    reload_world_holds(p->message, "have changed");
    assert_null(eb_reload_staged(w.reload)); /* nobody can confirm it any more */
    assert_int_equal(w.swaps, 0);
    reload_world_close(&w);
}

static void a_new_save_takes_the_place_of_the_staged_one(void **state)
{
    (void)state;
    char first[65];
    open_world();
    reload_world_settings(&w, "1.5", "1");
    (void)snprintf(first, sizeof(first), "%s", reload_world_try(&w, EB_RELOAD_SAVED, NULL)->hash);
    reload_world_settings(&w, "1.4", "1");
    const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_SAVED, NULL);
    reload_world_expect(p, EB_RELOAD_STAGED);
    assert_string_not_equal(first, p->hash);
    assert_string_equal(eb_reload_staged(w.reload)->hash, p->hash);
    reload_world_settings(&w, "2", "1"); /* and back */
    reload_world_save(&w, "settings.lua", "return { stop_pct = 2, first_r = 1 }\n");
    reload_world_expect(reload_world_try(&w, EB_RELOAD_SAVED, NULL), EB_RELOAD_UNCHANGED);
    assert_null(eb_reload_staged(w.reload));
    reload_world_settings(&w, "1.4", "1");
    reload_world_expect(reload_world_try(&w, EB_RELOAD_SAVED, NULL), EB_RELOAD_STAGED);
    reload_world_save(&w, "settings.lua", "return {\n"); /* staged, and then broken */
    reload_world_expect(reload_world_try(&w, EB_RELOAD_SAVED, NULL), EB_RELOAD_REFUSED);
    assert_null(eb_reload_staged(w.reload));
    reload_world_close(&w);
}

/* From another directory: staged there, confirmed there, and from then on it is the set in force. */
static void another_directory(void **state)
{
    (void)state;
    char mine[128];
    char hash[65];
    open_world();
    memcpy(mine, w.dir, sizeof(mine));
    (void)snprintf(w.dir, sizeof(w.dir), "%s/lib", w.root); /* an empty one */
    reload_world_decide(&w, reload_world_body);
    reload_world_settings(&w, "1.5", "1");
    char named[160]; /* another name of the same directory */
    (void)snprintf(named, sizeof(named), "%s//", w.dir);
    reload_world_ask(&w, EB_RELOAD_COMMAND, named, NULL);
    reload_world_until_told(&w, 1);
    reload_world_expect(&w.report, EB_RELOAD_STAGED);
    assert_string_equal(w.report.dir, w.dir);
    memcpy(hash, w.report.hash, sizeof(hash));
    reload_world_expect(reload_world_try(&w, EB_RELOAD_SIGHUP, NULL), EB_RELOAD_UNCHANGED);
    assert_string_equal(eb_reload_staged(w.reload)->hash, hash); /* the set in force has a directory of its own */
    reload_world_expect(reload_world_try(&w, EB_RELOAD_COMMAND, hash), EB_RELOAD_SWAPPED);
    assert_string_equal(w.report.dir, w.dir);
    reload_world_expect(reload_world_try(&w, EB_RELOAD_SIGHUP, NULL), EB_RELOAD_UNCHANGED);
    assert_string_equal(w.report.dir, w.dir);
    memcpy(w.dir, mine, sizeof(mine));
    reload_world_close(&w);
}

/* A relative directory is one of this process's; it stays the same one. */
static void a_relative_directory(void **state)
{
    (void)state;
    char here[512];
    open_world();
    assert_non_null(getcwd(here, sizeof(here)));
    assert_int_equal(chdir(w.root), 0);
    reload_world_ask(&w, EB_RELOAD_COMMAND, "./policies/", NULL);
    reload_world_until_told(&w, 1);
    reload_world_expect(&w.report, EB_RELOAD_UNCHANGED);
    assert_string_equal(w.report.dir, w.dir);
    reload_world_ask(&w, EB_RELOAD_COMMAND, ".", NULL);
    reload_world_until_told(&w, 2);
    reload_world_expect(&w.report, EB_RELOAD_REFUSED);
    assert_string_equal(w.report.dir, w.root);
    reload_world_holds(w.report.message, "no init.lua");
    assert_int_equal(chdir(here), 0);
    reload_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edit_that_does_not_load_is_refused_with_its_place),
        cmocka_unit_test(what_fails_on_one_position_only_is_refused_with_it),
        cmocka_unit_test(a_set_that_has_gone_is_refused_and_comes_back),
        cmocka_unit_test(the_same_bytes_are_unchanged),
        cmocka_unit_test(a_harmless_edit_is_swapped_and_asked_at_once),
        cmocka_unit_test(in_shadow_any_edit_is_swapped),
        cmocka_unit_test(what_the_set_in_force_does_as_well_is_not_held_against_an_edit),
        cmocka_unit_test(an_order_that_rests_is_no_close),
        cmocka_unit_test(log_lines_are_those_of_the_set_in_force),
        cmocka_unit_test(a_plan_changes_nothing),
        cmocka_unit_test(a_staged_set_is_loaded_by_its_hash),
        cmocka_unit_test(a_confirmation_is_of_what_lies_there),
        cmocka_unit_test(a_new_save_takes_the_place_of_the_staged_one),
        cmocka_unit_test(another_directory),
        cmocka_unit_test(a_relative_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
