/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostile scripts against what came after the bare sandbox: units, host functions, owner(), modules(), the views of
 * signals and memory, migrate, legacy, presets, the rules of the library, strategies beside others. Each is asked for
 * one position only: it ends within its limits, and the very next position gets the answer it would get in a fresh
 * state.
 */
#define _POSIX_C_SOURCE 200809L

#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STOPPED (1U << EB_POLICY_BUDGET | 1U << EB_POLICY_MEMORY)
#define RAISED (1U << EB_POLICY_ERROR)
#define INVALID (1U << EB_POLICY_INVALID)
#define ENDLESS "while true do end"

struct attack {
    const char *name;
    const char *body; /* of decide for the position under attack */
    unsigned results; /* any of these */
    const char *message;
    const char *more; /* of the set's table */
    bool legacy;
};

static const struct attack attacks[] = {
    /* units */
    {"units grow", "local x = u.r(1) while true do x = x + u.r(1) end", STOPPED, NULL, "", false},
    {"units are hoarded", "local t = {} for i = 1, 1e9 do t[i] = u.pct(1) end", STOPPED, NULL, "", false},
    {"units swallow errors", "while true do pcall(function() return u.r(1) + u.pct(1) end) end", STOPPED, NULL, "",
     false},
    {"units as texts", "while true do local s = tostring(u.price(1.25)) end", STOPPED, NULL, "", false},
    {"units compared for ever", "local a, b = u.r(1), u.r(2) while a < b do end", STOPPED, NULL, "", false},
    {"units converted for ever", "while true do u.to_price(u.r(1), ctx) end", STOPPED, NULL, "", false},
    {"units mixed", "return d.stop_at(u.r(1) + u.pct(1))", RAISED, "cannot add R and percent", "", false},
    {"units sorted mixed", "table.sort({ u.r(1), u.pct(2), u.r(3) })", RAISED, "cannot compare", "", false},
    {"a unit of nothing", "return u.r(0 / 0)", RAISED, "finite", "", false},
    {"a unit of a table", "return u.r({})", RAISED, "number", "", false},
    {"a unit is written", "u.r(1).value = 2", RAISED, "init.lua", "", false},
    {"a unit as a number", "return { type = 'move_stop', pct = u.pct(1) }", INVALID, "a unit", "", false},
    {"a unit is remembered", "return nil, { memory = { a = u.r(1) } }", INVALID, "memory.a", "", false},
    {"a unit wakes", "return nil, { wake = { above = u.price(1) } }", INVALID, "wake.above", "", false},
    {"pairs over units", "for k in pairs({ [u.r(1)] = 1 }) do end", RAISED, "has no order", "", false},
    {"a forged context", "return u.to_price(u.r(1), { entry = 'x', r = {} })", RAISED, "init.lua", "", false},
    /* host functions */
    {"host calls for ever", "while true do host.wall(1) end", STOPPED, "instructions", "", false},
    {"host calls swallowed", "while true do pcall(host.wall, 1) end", STOPPED, "instructions", "", false},
    {"a dear host call", "for i = 1, 3 do host.dear() end", STOPPED, "instructions", "", false},
    {"a host call with a text", "return host.wall('1')", RAISED, "expected a finite number", "", false},
    {"a host call with nan", "return host.wall(0 / 0)", RAISED, "expected a finite number", "", false},
    {"a host call with everything", "return host.wall(1, 2, 3, 4, 5, 6, 7, 8, 9)", RAISED, "more than 8 arguments", "",
     false},
    {"a host that lies", "return host.lies()", RAISED, "is not finite", "", false},
    {"a host function that is none", "return host.door()", RAISED, "no function host.door", "", false},
    {"host is replaced", "host.wall = math.max", RAISED, "host is read-only", "", false},
    {"host is a global", "host = {}", RAISED, "may not be created", "", false},
    /* who answers */
    {"two owners", "owner 'a' owner 'b'", RAISED, "owner", "", false},
    {"two owners, swallowed", "owner 'a' while true do pcall(owner, 'b') end", STOPPED, NULL, "", false},
    {"an owner for ever", "while true do owner 'a' end", STOPPED, NULL, "", false},
    {"an owner without a name", "owner ''", RAISED, "owner", "", false},
    {"an owner of any length", "owner(('x'):rep(40))", RAISED, "31 bytes", "", false},
    {"an owner that is a table", "owner {}", RAISED, "owner", "", false},
    {"an owner is replaced", "owner = nil", RAISED, "may not be created", "", false},
    {"an owner with two voices", "owner 'a' return nil, { owner = 'b' }", INVALID, "owner", "", false},
    /* modules, views */
    {"modules inside decide", "return modules('')", RAISED, "modules", "", false},
    {"modules kept from the load", "return up.modules('')", RAISED, "modules", "", false},
    {"require kept from the load", "return up.require('other')", RAISED, "inside decide", "", false},
    {"signals are written", "ctx.signals.confidence = 1", RAISED, "read-only", "", false},
    {"signals are cleared", "for k in pairs(ctx.signals) do ctx.signals[k] = nil end", RAISED, "read-only", "", false},
    {"signals for ever", "while true do for k, v in pairs(ctx.signals) do up[k] = v end end", STOPPED, NULL, "", false},
    {"signals by a table", "return ctx.signals[{}].x", RAISED, "init.lua", "", false},
    {"memory for ever", "while true do local a = ctx.memory.count end", STOPPED, NULL, "", false},
    {"memory without end", "local m = {} for i = 1, 17 do m['k' .. i] = i end return nil, { memory = m }", INVALID,
     "more than 16 entries", "", false},
    {"migrate for ever", "return ctx.memory.count", STOPPED, NULL, "migrate = function() " ENDLESS " end", false},
    {"migrate hoards", "return ctx.memory.count", STOPPED, NULL,
     "migrate = function(m) for i = 1, 1e9 do m[i] = {} end end", false},
    {"migrate raises, swallowed", "pcall(function() return ctx.memory.count end)", RAISED, "leaks",
     "migrate = function() error('leaks') end", false},
    {"migrate nests", "return ctx.memory.count", INVALID, "migrate.count",
     "migrate = function() return { count = {} } end", false},
    {"migrate takes over", "return ctx.memory.count", RAISED, "owner", "migrate = function() owner 'me' end", false},
    {"migrate grows", "return ctx.memory.count", INVALID, "more than 16 entries",
     "migrate = function(m) for i = 1, 20 do m['k' .. i] = i end return m end", false},
    {"legacy for ever", "", STOPPED, NULL, "legacy = function() " ENDLESS " end", true},
    {"legacy raises", "", RAISED, "old ways", "legacy = function() error('old ways') end", true},
    {"legacy answers nonsense", "", INVALID, "decision", "legacy = function() return 7 end", true},
    /* the rules of the library */
    {"a rule for ever",
     "return rules.decide({ rules.initial_stop(u.pct(1.5)), rules.exit_when(function() " ENDLESS " end, 'x') })(ctx)",
     STOPPED, NULL, "", false},
    {"a rule that raises",
     "return rules.decide({ rules.initial_stop(u.pct(1.5)), rules.exit_when(function() error('no idea') end, 'x') "
     "})(ctx)",
     RAISED, "no idea", "", false},
    {"a rule that is none", "return rules.decide({ 7 })(ctx)", RAISED, "rules[1]: expected a rule, got 7", "", false},
    {"rules without end",
     "local t = {} for i = 1, 1e9 do t[i] = rules.loss_guard(u.pct(12)) end return rules.decide(t)(ctx)", STOPPED, NULL,
     "", false},
    {"rules of rules",
     "local function f() return { rules.initial_stop(u.pct(1.5)), rules.exit_when(function(c) return "
     "rules.decide(f)(c) end, 'x') } end"
     " return rules.decide(f)(ctx)",
     STOPPED | RAISED, NULL, "", false},
};

static bool wall(void *user, const struct eb_context *ctx, const double *args, unsigned count, double *result)
{
    (void)user;
    (void)ctx;
    *result = count > 0 ? args[0] * 2.0 : 0.0;
    return true;
}

static bool lies(void *user, const struct eb_context *ctx, const double *args, unsigned count, double *result)
{
    (void)user;
    (void)ctx;
    (void)args;
    (void)count;
    *result = (double)NAN;
    return true;
}

static const struct eb_policy_function functions[] = {
    {.name = "wall", .call = wall}, {.name = "dear", .call = wall, .cost = 90000}, {.name = "lies", .call = lies}};

static const struct eb_policy_options options = {
    .lib_dir = EB_TEST_ROOT "/lua/exitbrain", .functions = functions, .function_count = EB_COUNT(functions)};

static double cpu_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct eb_policy *load(const struct attack *a)
{
    static char text[8192];
    struct eb_err err;
    int n = snprintf(text, sizeof(text),
                     "local u, d = require 'exitbrain.unit', require 'exitbrain.decision'\n"
                     "local rules = require 'exitbrain.rules'\n"
                     "local up = { modules = modules, require = require }\n"
                     "return { name = 't', version = '2', decide = function(ctx)\n"
                     "if ctx.symbol ~= 'EVILUSDT' then return { type = 'move_stop', pct = 2 } end\n"
                     "%s\nend,\n%s }",
                     a->body, a->more);
    assert_true(n > 0 && (size_t)n < sizeof(text));
    struct eb_policy *p = fixture_try(text, &options, &err);
    if (p == NULL) {
        fail_msg("%s is refused: %s", a->name, err.msg);
    }
    return p;
}

static void contexts(const struct attack *a, struct eb_context *evil, struct eb_context *calm)
{
    fixture_context(evil);
    memcpy(evil->symbol, "EVILUSDT", 9);
    memcpy(evil->memory.version, "1", 2); /* of another version: to be migrated */
    evil->exit_mode = a->legacy ? EB_EXIT_MODE_LEGACY : EB_EXIT_MODE_EXIT_BRAIN_V3;
    fixture_context(calm);
    memcpy(calm->memory.version, "2", 2);
}

/* Whoever comes next is answered as in a state that has seen nothing. */
static bool calm_is_undisturbed(struct eb_policy *p, const struct eb_context *calm)
{
    struct eb_verdict out, fresh;
    struct eb_err err;
    memset(&out, 0, sizeof(out));
    memset(&fresh, 0, sizeof(fresh));
    return eb_policy_consult(p, calm, &out, &err) == EB_POLICY_OK && out.count == 1 &&
           out.decision[0].u.stop.pct_ppm == 20000 && eb_policy_consult_fresh(p, calm, &fresh, &err) == EB_POLICY_OK &&
           memcmp(&out, &fresh, sizeof(out)) == 0;
}

static void test_attacks(void **state)
{
    (void)state;
    double worst = 0.0;
    const char *worst_name = "";
    unsigned wrong = 0;
    for (size_t i = 0; i < EB_COUNT(attacks); i++) {
        const struct attack *a = &attacks[i];
        struct eb_context evil, calm;
        struct eb_policy_info info;
        contexts(a, &evil, &calm);
        struct eb_policy *p = load(a);
        for (int round = 0; round < 3; round++) {
            struct eb_verdict out;
            struct eb_err err = {.msg = ""};
            double began = cpu_seconds();
            enum eb_policy_result result = eb_policy_consult(p, &evil, &out, &err);
            double took = cpu_seconds() - began;
            if (took > worst) {
                worst = took;
                worst_name = a->name;
            }
            if ((a->results & 1U << result) == 0 || (a->message != NULL && strstr(err.msg, a->message) == NULL)) {
                print_error("%s: result %d: %s\n", a->name, (int)result, err.msg);
                wrong++;
                break;
            }
            eb_policy_info(p, &info);
            if (info.memory_used > 4U * 1024 * 1024 || !calm_is_undisturbed(p, &calm)) {
                print_error("%s: the next position does not get its answer\n", a->name);
                wrong++;
                break;
            }
        }
        eb_policy_close(p);
    }
    print_message("%zu attacks, worst stop %.1f ms of CPU (%s)\n", EB_COUNT(attacks), worst * 1e3, worst_name);
    assert_int_equal(wrong, 0);
    assert_true(worst < 2.0); /* 20 ms is what it should be; sanitizers and loaded machines take longer */
}

/* ---- sets that attack while they load ---- */

struct file {
    const char *name, *text;
};
static const struct file calm_strategy = {"strategies/calm.lua",
                                          "return { name = 'calm', version = '1', decide = function() end }"};

#define DISPATCH                                                                          \
    "local all = {}\n"                                                                    \
    "for _, name in ipairs(modules('strategies')) do all[#all + 1] = require(name) end\n" \
    "return { name = 't', version = '1', decide = function(ctx) return all[1].decide(ctx) end }"

static const struct {
    const char *name, *init, *evil, *message;
} loads[] = {
    {"init for ever", ENDLESS, NULL, "instructions"},
    {"init hoards", "local t = {} for i = 1, 1e9 do t[i] = {} end", NULL, "more memory"},
    {"init returns itself",
     "local t = {} t.settings = t t.name, t.version, t.decide = 'n', '1', function() end return t", NULL, "settings"},
    {"settings without end",
     "local s = {} local at = s for i = 1, 500 do at.x = {} at = at.x end"
     " return { name = 'n', version = '1', settings = s, decide = function() end }",
     NULL, "settings"},
    {"presets without end",
     "local p = {} for i = 1, 100000 do p['P' .. i] = { a = i } end"
     " return { name = 'n', version = '1', settings = { a = 1 }, presets = p, decide = function() end }",
     NULL, ""},
    {"a preset of a function",
     "return { name = 'n', version = '1', settings = { a = 1 }, presets = { P = { a = print } }, decide = function() "
     "end }",
     NULL, "print"},
    {"a self test for ever",
     "return { name = 'n', version = '1', decide = function() end, self_test = function() " ENDLESS " end }", NULL,
     "instructions"},
    {"a self test that swallows",
     "return { name = 'n', version = '1', decide = function() end, self_test = function() while true do pcall(error) "
     "end"
     " end }",
     NULL, "instructions"},
    {"host asked while loading", "local w = host.wall(1) return { name = 'n', version = '1', decide = function() end }",
     NULL, "decide(ctx) runs"},
    {"owner named while loading", "owner 'me' return { name = 'n', version = '1', decide = function() end }", NULL,
     "owner"},
    {"a strategy for ever", DISPATCH, ENDLESS, "instructions"},
    {"a strategy that raises", DISPATCH, "error('mine')", "strategies/evil.lua:1: mine"},
    {"a strategy that requires itself", DISPATCH, "return require 'strategies.evil'", "strategies.evil"},
    {"a strategy that leaves the set", DISPATCH, "return require '../../etc/passwd'", "strategies/evil.lua"},
    {"a strategy that makes a global", DISPATCH, "calm = {}", "may not be created"},
    {"a strategy that writes a library", DISPATCH, "string.format = nil", "read-only"},
    {"a strategy of bytecode", DISPATCH, "\033Lua\x54", "precompiled"},
};

static void test_loads(void **state)
{
    (void)state;
    unsigned wrong = 0;
    double worst = 0.0;
    for (size_t i = 0; i < EB_COUNT(loads); i++) {
        struct eb_policy_text text[3] = {{"init.lua", loads[i].init, strlen(loads[i].init)},
                                         {calm_strategy.name, calm_strategy.text, strlen(calm_strategy.text)}};
        size_t count = 2;
        if (loads[i].evil != NULL) {
            text[count++] = (struct eb_policy_text){"strategies/evil.lua", loads[i].evil, strlen(loads[i].evil)};
        }
        struct eb_err err = {.msg = ""};
        struct eb_policy *p = NULL;
        double began = cpu_seconds();
        int code = eb_policy_open_with(&eb_heap_libc, NULL, text, count, &options, &p, &err);
        double took = cpu_seconds() - began;
        worst = took > worst ? took : worst;
        if (code == EB_OK || p != NULL || strstr(err.msg, loads[i].message) == NULL) {
            print_error("%s: code %d: %s\n", loads[i].name, code, err.msg);
            wrong++;
            eb_policy_close(p);
        }
    }
    print_message("%zu sets that attack while they load, the longest %.0f ms of CPU\n", EB_COUNT(loads), worst * 1e3);
    assert_int_equal(wrong, 0);
    assert_true(worst < 20.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_attacks), cmocka_unit_test(test_loads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
