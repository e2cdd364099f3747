/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dry runs of the shipped set at random moments of random lives, at an exchange that misbehaves: a set against itself
 * changes nothing that would count, another one ends no process, and the live engine is what it was.
 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "app/reload_dry.h"
#include "policy/set.h"

static struct eb_policy *open_set(void)
{
    const struct eb_policy_options opt = {.lib_dir = EB_TEST_ROOT "/lua/exitbrain"};
    struct eb_policy *p = NULL;
    struct eb_err err = {.msg = ""};
    if (eb_policy_open(EB_TEST_ROOT "/policies", &opt, &p, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    return p;
}

static struct eb_policy *twin_of(const struct eb_policy *p)
{
    struct eb_policy *twin;
    struct eb_err err;
    assert_int_equal(eb_policy_copy(p, &twin, &err), EB_OK);
    assert_int_equal(eb_policy_build(twin, &err), EB_OK);
    return twin;
}

/* One trial as the reload makes it. */
static void dry_run(const struct world *w, struct eb_policy *in_force, struct eb_policy *candidate,
                    struct eb_reload_report *report, struct eb_dry_problem *problem)
{
    const struct eb_engine *live = eb_host_engine(w->host);
    uint64_t hash = eb_engine_durable_hash(live);
    struct eb_err err = {.msg = ""};
    struct eb_engine *clone[2];
    struct eb_policy *twin = twin_of(in_force);
    struct eb_dry d;
    atomic_bool stop;
    atomic_init(&stop, false);
    assert_int_equal(eb_engine_clone(live, &clone[0], &err), EB_OK);
    assert_int_equal(eb_engine_clone(live, &clone[1], &err), EB_OK);
    assert_int_equal(eb_dry_open(&d, clone[0], w->now_ms, &err), EB_OK);
    memset(report, 0, sizeof(*report));
    memset(problem, 0, sizeof(*problem));
    if (eb_dry_run(&d, clone[0], twin, false, NULL, &stop, &err) != EB_OK ||
        eb_dry_run(&d, clone[1], candidate, true, problem, &stop, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    eb_dry_compare(&d, report);
    eb_dry_close(&d);
    eb_policy_close(twin);
    assert_true(eb_engine_durable_hash(live) == hash);
}

static void a_set_against_itself_changes_nothing(void **state)
{
    (void)state;
    struct eb_policy *set = open_set();
    struct eb_policy *same = twin_of(set);
    unsigned tried = 0;
    unsigned moved = 0;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct world w;
        struct eb_reload_report report;
        struct eb_dry_problem problem;
        world_open(&w, &(struct world_options){.seed = seed, .faults = seed % 2 == 0, .lag = seed % 3 == 0});
        eb_host_set_policy(w.host, eb_policy_as_port(set));
        for (unsigned i = 0; i < 12; i++) {
            world_walk(&w, 40);
            dry_run(&w, set, same, &report, &problem);
            tried += report.positions;
            moved += report.change_count;
            assert_int_equal(problem.count, 0);
            assert_int_equal(report.changed_positions, 0);
            assert_int_equal(report.parked + report.stops_moved + report.levels_moved + report.closes, 0);
        }
        world_close(&w);
    }
    assert_true(tried > 100);
    assert_true(moved > 0); /* what it would do anyway was there to be told apart */
    eb_policy_close(same);
    eb_policy_close(set);
}

/* Wants something else of each position: closes, parts, stops at entry, targets behind the price, and mistakes. */
static const char wild[] =
    "return { name = 'wild', version = '1', decide = function(ctx)\n"
    "  local n = (ctx.episode * 7 + ctx.hits) % 6\n"
    "  if n == 0 then return { type = 'full_exit' } end\n"
    "  if n == 1 then return { type = 'partial_close', fraction = 0.3 } end\n"
    "  if n == 2 then return { type = 'move_stop', price = ctx.price } end\n"
    "  if n == 3 then return { type = 'update_tp_limits', levels = {\n"
    "    { r = 0.01, fraction = 0.1, soft = true }, { r = 4, fraction = 0.1 } } } end\n"
    "  if n == 4 and ctx.plan_revision > 0 then error('wild') end\n"
    "  return { { type = 'move_stop', pct = 1 }, { type = 'set_trailing', off = true } } end }\n";

static void another_set_is_told_of(void **state)
{
    (void)state;
    const struct eb_policy_text text = {"init.lua", wild, sizeof(wild) - 1};
    struct eb_policy *set = open_set();
    struct eb_policy *other = NULL;
    struct eb_err err = {.msg = ""};
    unsigned problems = 0;
    struct eb_reload_report sum = {0};
    if (eb_policy_open_with(&eb_heap_libc, NULL, &text, 1, NULL, &other, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct world w;
        struct eb_reload_report report;
        struct eb_dry_problem problem;
        world_open(&w, &(struct world_options){.seed = seed, .faults = true});
        eb_host_set_policy(w.host, eb_policy_as_port(set));
        for (unsigned i = 0; i < 12; i++) {
            world_walk(&w, 40);
            dry_run(&w, set, other, &report, &problem);
            assert_true(report.changed_positions <= report.positions);
            problems += problem.count;
            sum.parked += report.parked;
            sum.stops_moved += report.stops_moved;
            sum.levels_moved += report.levels_moved;
            sum.closes += report.closes;
        }
        world_close(&w);
    }
    assert_true(problems > 0 && sum.parked > 0 && sum.stops_moved > 0 && sum.levels_moved > 0 && sum.closes > 0);
    eb_policy_close(other);
    eb_policy_close(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_against_itself_changes_nothing),
        cmocka_unit_test(another_set_is_told_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
