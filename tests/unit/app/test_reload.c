/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of an edit: refused, unchanged, swapped, staged for each of its reasons, confirmed, planned. */
#include "reload_world.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct reload_world w;

static void open_world(const char *settings)
{
    reload_world_open(&w, &(struct reload_world_options){.settings = settings});
}

/* Neither the set in force nor one durable bit of the live engine is another. */
struct still {
    uint64_t hash, durable_steps;
    struct eb_policy *policy;
};

static struct still still(void)
{
    struct eb_engine_stats s;
    const struct eb_engine *e = eb_host_engine(w.host);
    eb_engine_stats(e, &s);
    return (struct still){eb_engine_durable_hash(e), s.steps, eb_reload_policy(w.reload)};
}

static void expect_still(const struct still *before)
{
    struct still now = still();
    assert_true(now.hash == before->hash);
    assert_true(now.durable_steps == before->durable_steps);
    assert_ptr_equal(now.policy, before->policy);
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
        open_world(NULL);
        struct still before = still();
        reload_world_save(&w, bad[i].file, bad[i].text);
        const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_SAVED, NULL);
        reload_world_expect(p, EB_RELOAD_REFUSED);
        reload_world_holds(p->message, bad[i].says);
        reload_world_holds(p->message, bad[i].where);
        expect_still(&before);
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
        open_world(NULL);
        struct still before = still();
        char body[1024];
        (void)snprintf(body, sizeof(body), "%s%s", bad[i].body, reload_world_body);
        reload_world_decide(&w, body);
        const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_COMMAND, NULL);
        reload_world_expect(p, EB_RELOAD_REFUSED);
        reload_world_holds(p->message, bad[i].says);
        reload_world_holds(p->message, bad[i].where);
        expect_still(&before);
        reload_world_close(&w);
    }
}

static void a_set_that_has_gone_is_refused_and_comes_back(void **state)
{
    (void)state;
    char away[160];
    open_world(NULL);
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
    open_world(NULL);
    struct still before = still();
    reload_world_save(&w, "settings.lua", "return { stop_pct = 2, first_r = 1 }\n");
    const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_SAVED, NULL);
    reload_world_expect(p, EB_RELOAD_UNCHANGED);
    assert_string_equal(p->hash, p->hash_before);
    expect_still(&before);
    assert_int_equal(w.swaps, 0);
    reload_world_close(&w);
}

static void a_harmless_edit_is_swapped_and_asked_at_once(void **state)
{
    (void)state;
    open_world(NULL);
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
    open_world(NULL);
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
    open_world(NULL);
    (void)snprintf(body, sizeof(body), "  log('asked: ' .. ctx.reason)\n%s", reload_world_body);
    reload_world_decide(&w, body);
    reload_world_expect(reload_world_try(&w, EB_RELOAD_PLAN, NULL), EB_RELOAD_PLANNED);
    assert_null(strstr(w.lines, "asked: "));
    reload_world_expect(reload_world_try(&w, EB_RELOAD_SAVED, NULL), EB_RELOAD_SWAPPED);
    reload_world_holds(w.lines, "asked: reload");
    assert_null(strstr(w.lines, "asked: new")); /* of the quiet market */
    reload_world_close(&w);
}

/* ---- staged, for each reason ------------------------------------------------------------------------------------- */

/* An edit that must wait for a person, whose report `check` has seen; the command says no more than the file. */
static void expect_staged(void (*check)(const struct eb_reload_report *p))
{
    struct still before = still();
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
        expect_still(&before);
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
    open_world(NULL);
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
    open_world(NULL);
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
    open_world(NULL);
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
    open_world(NULL);
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
    open_world(NULL);
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
        open_world(NULL);
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
    open_world(NULL);
    reload_world_silence(&w, 60000);
    reload_world_settings(&w, "2", "1.1");
    expect_staged(not_judged);
    reload_world_close(&w);
}

static void a_paused_engine_is_tried_as_if_it_went_on(void **state)
{
    (void)state;
    open_world(NULL);
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
        const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_SAVED, NULL);
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
            struct still before = still();
            reload_world_settings(&w, edit[i].stop_pct, edit[i].first_r);
            const struct eb_reload_report *p = reload_world_try(&w, EB_RELOAD_PLAN, NULL);
            reload_world_expect(p, EB_RELOAD_PLANNED);
            assert_int_equal(p->needs_confirmation, edit[i].confirm);
            assert_int_equal(p->changed_positions, 2);
            expect_still(&before);
            assert_int_equal(w.swaps, 0);
            assert_null(eb_reload_staged(w.reload));
            assert_null(eb_reload_last(w.reload));
            reload_world_close(&w);
        }
    }
    open_world(NULL);
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
        open_world(NULL);
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
    open_world(NULL);
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
    open_world(NULL);
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
    open_world(NULL);
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
    open_world(NULL);
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
        cmocka_unit_test(a_plan_changes_nothing),
        cmocka_unit_test(a_staged_set_is_loaded_by_its_hash),
        cmocka_unit_test(a_confirmation_is_of_what_lies_there),
        cmocka_unit_test(a_new_save_takes_the_place_of_the_staged_one),
        cmocka_unit_test(another_directory),
        cmocka_unit_test(a_relative_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
