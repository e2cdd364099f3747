/* SPDX-License-Identifier: Apache-2.0 */
/* What an edit may not do by itself while orders leave: for each reason why it waits for a person, and what is none. */
#include "reload_world.h"

#include <stdio.h>
#include <string.h>

static struct reload_world w;

static void open_world(void)
{
    reload_world_open(&w, &(struct reload_world_options){0});
}

/* An edit that must wait for a person, whose report `check` has seen; the command says no more than the file. */
static void expect_staged(void (*check)(const struct eb_reload_report *p))
{
    struct reload_still before = reload_world_still(&w);
    for (unsigned i = 0; i < 3; i++) {
        static const enum eb_reload_cause cause[] = {EB_RELOAD_SAVED, EB_RELOAD_SIGHUP, EB_RELOAD_COMMAND};
        const struct eb_reload_report *p = reload_world_try(&w, cause[i], NULL);
        reload_world_expect(p, EB_RELOAD_STAGED);
        assert_true(p->needs_confirmation);
        reload_world_holds(p->message, "exitbrain reload --confirm ");
        assert_non_null(strstr(p->message, (char[13]){p->hash[0], p->hash[1], p->hash[2], p->hash[3], p->hash[4],
                                                      p->hash[5], p->hash[6], p->hash[7], 0}));
        check(p);
        assert_non_null(eb_reload_staged(w.reload));
        assert_string_equal(eb_reload_staged(w.reload)->hash, p->hash);
        reload_world_expect_still(&w, &before);
    }
    reload_world_holds(w.lines, "\"event\":\"policy.staged\"");
    assert_int_equal(w.swaps, 0);
}

static void stops_move(const struct eb_reload_report *p)
{
    assert_int_equal(p->stops_moved, 2);
    assert_int_equal(p->levels_moved, 0);
    assert_int_equal(p->change[0].kind, EB_STOP_PLAN);
    assert_int_equal(p->change[0].before.e8, 98 * EB_E8);
    assert_int_equal(p->change[0].after.e8, 98 * EB_E8 + EB_E8 / 100);
    assert_int_equal(p->change[0].moved_r_ppm, 5000);
    assert_int_equal(p->change[1].side, EB_SHORT);
    assert_string_equal(p->change[1].symbol, "BUSDT");
    reload_world_holds(p->message, "2 stops move");
}

static void a_stop_that_moves_is_staged(void **state)
{
    (void)state;
    open_world();
    reload_world_settings(&w, "1.99", "1"); /* by one tick */
    expect_staged(stops_move);
    reload_world_close(&w);
}

static void stops_move_far(const struct eb_reload_report *p)
{
    assert_int_equal(p->stops_moved, 2);
    assert_int_equal(p->closes, 0); /* a bridge and a new backstop would leave: they protect */
}

static void a_backstop_that_is_renewed_is_no_close(void **state)
{
    (void)state;
    open_world();
    reload_world_protect(&w);
    reload_world_wait(&w, 15000);
    reload_world_settings(&w, "1", "1");
    expect_staged(stops_move_far);
    struct eb_engine_stats before;
    struct eb_engine_stats after;
    eb_engine_stats(eb_host_engine(w.host), &before);
    reload_world_expect(reload_world_try(&w, EB_RELOAD_COMMAND, w.report.hash), EB_RELOAD_SWAPPED);
    eb_engine_stats(eb_host_engine(w.host), &after);
    assert_int_equal(after.submits, before.submits + 2); /* they do leave */
    reload_world_close(&w);
}

static void levels_move(const struct eb_reload_report *p)
{
    assert_int_equal(p->stops_moved, 0);
    assert_int_equal(p->levels_moved, 2);
    assert_int_equal(p->parked, 0);
    assert_int_equal(p->change[0].moved_r_ppm, 255000);
    reload_world_holds(p->message, "2 levels move more than 0.25 R");
}

static void a_level_that_moves_far_is_staged(void **state)
{
    (void)state;
    open_world();
    reload_world_settings(&w, "2", "1.255"); /* 102.51: one tick beyond a quarter of R */
    expect_staged(levels_move);
    reload_world_close(&w);
}

static void levels_go(const struct eb_reload_report *p)
{
    assert_int_equal(p->levels_moved, 2);
    assert_int_equal(p->change[0].before.e8, 104 * EB_E8);
    assert_int_equal(p->change[0].after.e8, 0);
}

static void a_level_that_goes_is_staged(void **state)
{
    (void)state;
    open_world();
    reload_world_decide(&w, "  if ctx.plan_revision == 0 or ctx.reason == 'reload' then return {\n"
                            "    { type = 'move_stop', pct = 2 },\n"
                            "    { type = 'update_tp_limits', levels = { { r = 1, fraction = 0.5 } } } } end\n");
    expect_staged(levels_go);
    reload_world_close(&w);
}

static void level_is_parked(const struct eb_reload_report *p)
{
    assert_int_equal(p->parked, 1);
    assert_int_equal(p->levels_moved, 0);
    assert_true(p->change[0].parked);
    assert_false(p->change[1].parked);
    reload_world_holds(p->message, "1 level would be parked");
}

static void a_level_that_would_be_parked_is_staged(void **state)
{
    (void)state;
    open_world();
    reload_world_price(&w, 102 * EB_E8 - EB_E8 / 20); /* 101.95, short of the first target of the LONG */
    reload_world_settings(&w, "2", "0.95");           /* 101.90: crossed already */
    expect_staged(level_is_parked);
    reload_world_close(&w);
}

static void one_closes(const struct eb_reload_report *p)
{
    assert_int_equal(p->closes, 1);
    assert_int_equal(p->change_count, 1);
    assert_true(p->change[0].closes);
    assert_string_equal(p->change[0].symbol, "BUSDT");
    assert_int_equal(p->change[0].qty_before.e8, 10 * EB_E8);
    reload_world_holds(p->message, "1 position would be closed or reduced");
}

static void a_close_is_staged_even_when_it_comes_a_cycle_later(void **state)
{
    (void)state;
    static const char *const when[] = {"reload", "cycle"};
    for (unsigned i = 0; i < 2; i++) {
        char body[1024];
        open_world();
        (void)snprintf(body, sizeof(body),
                       "  if ctx.symbol == 'BUSDT' and ctx.reason == '%s' then return { type = 'full_exit' } end\n%s",
                       when[i], reload_world_body);
        reload_world_decide(&w, body);
        expect_staged(one_closes);
        reload_world_close(&w);
    }
}

static void not_judged(const struct eb_reload_report *p)
{
    assert_int_equal(p->untried, 2);
    reload_world_holds(p->message, "2 positions could not be judged");
}

static void without_a_fresh_price_nothing_is_known(void **state)
{
    (void)state;
    open_world();
    reload_world_silence(&w, 60000);
    reload_world_settings(&w, "2", "1.1");
    expect_staged(not_judged);
    reload_world_close(&w);
}

static void a_paused_engine_is_tried_as_if_it_went_on(void **state)
{
    (void)state;
    open_world();
    reload_world_command(&w, EB_CMD_PAUSE);
    reload_world_settings(&w, "1.99", "1");
    expect_staged(stops_move);
    assert_true(reload_world_evidence(&w, 0).paused);
    reload_world_close(&w);
}

/* Who was found open is closed by a person: the edit is told of, and closes nothing. */
static void a_close_of_an_adopted_position_asks_first(void **state)
{
    (void)state;
    reload_world_open(&w, &(struct reload_world_options){.adopted = true, .positions = 1});
    char body[1024];
    (void)snprintf(body, sizeof(body), "  if ctx.reason == 'reload' then return { type = 'full_exit' } end\n%s",
                   reload_world_body);
    reload_world_decide(&w, body);
    const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_SAVED, NULL);
    reload_world_expect(p, EB_RELOAD_SWAPPED);
    assert_int_equal(p->closes, 0);
    assert_true(p->change[0].asks);
    assert_false(p->change[0].closes);
    reload_world_close(&w);
}

/* A position that fails under the set in force too must not keep every other edit away for ever; but a person says. */
static void who_fails_already_is_no_reason_to_refuse(void **state)
{
    (void)state;
    static const char body[] = "  if ctx.symbol == 'BUSDT' and ctx.price > 101 then error('as ever') end\n";
    char text[1024];
    (void)snprintf(text, sizeof(text), "%s%s", body, reload_world_body);
    reload_world_open(&w, &(struct reload_world_options){.decide = text});
    reload_world_price(&w, 101 * EB_E8 + EB_E8 / 2);
    reload_world_settings(&w, "2", "1.1");
    const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_SAVED, NULL);
    reload_world_expect(p, EB_RELOAD_STAGED);
    assert_int_equal(p->failing, 1);
    reload_world_holds(p->message, "1 position fails as under the set in force");
    reload_world_expect(reload_world_try(&w, EB_RELOAD_COMMAND, p->hash), EB_RELOAD_SWAPPED);
    unsigned failed = w.alerts[EB_ALERT_POLICY_FAILED];
    reload_world_wait(&w, 240000); /* once a minute: it is in quarantine */
    assert_true(w.alerts[EB_ALERT_POLICY_FAILED] >= failed + 3);
    eb_loop_once(w.loop, false);
    eb_loop_once(w.loop, false);
    assert_int_equal(w.swaps, 1); /* and it is not what brings the old set back */
    reload_world_close(&w);
}

static void without_an_engine_live_waits_for_a_person(void **state)
{
    (void)state;
    for (unsigned shadow = 0; shadow < 2; shadow++) {
        reload_world_open(&w, &(struct reload_world_options){.no_engine = true, .shadow = shadow == 1});
        reload_world_settings(&w, "2", "1.1");
        const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_PLAN, NULL);
        reload_world_expect(p, EB_RELOAD_PLANNED);
        assert_true(p->needs_confirmation); /* nobody knows what it would do */
        reload_world_holds(p->message, "not connected");
        assert_null(strstr(eb_buffer_str(&w.page), "nothing would change"));
        p = reload_world_try(&w, EB_RELOAD_SAVED, NULL);
        reload_world_expect(p, shadow == 1 ? EB_RELOAD_SWAPPED : EB_RELOAD_STAGED);
        if (shadow == 0) {
            reload_world_expect(reload_world_try(&w, EB_RELOAD_COMMAND, p->hash), EB_RELOAD_SWAPPED);
        }
        assert_int_equal(w.swaps, 1);
        reload_world_decide(&w, "  return ctx.nosuch\n"); /* the quiet market needs no engine */
        reload_world_expect(reload_world_try(&w, EB_RELOAD_SAVED, NULL), EB_RELOAD_REFUSED);
        reload_world_holds(w.report.message, "decide(ctx) failed for a LONG position: init.lua:3:");
        reload_world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_that_moves_is_staged),
        cmocka_unit_test(a_backstop_that_is_renewed_is_no_close),
        cmocka_unit_test(a_level_that_moves_far_is_staged),
        cmocka_unit_test(a_level_that_goes_is_staged),
        cmocka_unit_test(a_level_that_would_be_parked_is_staged),
        cmocka_unit_test(a_close_is_staged_even_when_it_comes_a_cycle_later),
        cmocka_unit_test(without_a_fresh_price_nothing_is_known),
        cmocka_unit_test(a_paused_engine_is_tried_as_if_it_went_on),
        cmocka_unit_test(a_close_of_an_adopted_position_asks_first),
        cmocka_unit_test(who_fails_already_is_no_reason_to_refuse),
        cmocka_unit_test(without_an_engine_live_waits_for_a_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
