/* SPDX-License-Identifier: Apache-2.0 */
/* A set from directory to verdict: what is read and refused, settings, self test, hash, rebuild, purity. */
#define _XOPEN_SOURCE 700

#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char good_init[] = "local S = require 'settings'\n"
                                "local leg = require 'plan.leg'\n"
                                "local lib = require 'exitbrain.lib'\n"
                                "return { name = 'set', version = '1.2', settings = S,\n"
                                "  decide = function(ctx) return { type = 'move_stop', pct = lib.twice(S.pct),\n"
                                "    reason = leg.word .. S.profile } end }\n";

/* A set in a directory with a library beside it. */
struct set {
    struct fixture_dir dir;
    char policies[300], lib[300];
};

static void put(const struct set *s, const char *name, const char *text)
{
    fixture_dir_write(&s->dir, name, text, strlen(text));
}

static void make_set(struct set *s)
{
    fixture_dir_make(&s->dir);
    (void)snprintf(s->policies, sizeof(s->policies), "%s/policies", s->dir.path);
    (void)snprintf(s->lib, sizeof(s->lib), "%s/lua/exitbrain", s->dir.path);
    put(s, "policies/init.lua", good_init);
    put(s, "policies/settings.lua",
        "return { pct = 1.5, profile = 'none', trail = { callback = 1, steps = { 1, 2 } }, on = true }");
    put(s, "policies/plan/leg.lua", "return { word = 'leg ' }");
    put(s, "policies/README.md", "no Lua");
    put(s, "policies/.#init.lua", "what an editor leaves");
    put(s, "lua/exitbrain/lib.lua", "return { twice = function(x) return 2 * x end }");
    put(s, "lua/exitbrain/unused.lua", "return 1");
}

static struct eb_policy *open_set(const struct set *s, const struct eb_policy_options *opt, struct eb_err *err)
{
    struct eb_policy *p = NULL;
    err->code = EB_OK;
    int code = eb_policy_open(s->policies, opt, &p, err);
    assert_int_equal(code, p != NULL ? EB_OK : err->code);
    return p;
}

static void hash_of(const struct set *s, const struct eb_policy_options *opt, char out[2 * EB_HASH_SIZE + 1])
{
    struct eb_err err;
    struct eb_policy_info info;
    struct eb_policy *p = open_set(s, opt, &err);
    if (p == NULL) {
        fail_msg("%s", err.msg);
    }
    eb_policy_info(p, &info);
    memcpy(out, info.hash_text, sizeof(info.hash_text));
    eb_policy_close(p);
}

static void test_directory(void **state)
{
    (void)state;
    struct set s;
    struct eb_err err;
    struct eb_context ctx;
    struct eb_verdict out;
    struct eb_policy_info info;
    make_set(&s);
    fixture_context(&ctx);
    struct eb_policy *p = open_set(&s, NULL, &err);
    if (p == NULL) {
        fail_msg("%s", err.msg);
    }
    fixture_dir_remove(&s.dir); /* from here on everything is in memory */
    assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_OK);
    assert_int_equal(out.decision[0].u.stop.pct_ppm, 30000);
    assert_string_equal(out.decision[0].reason, "leg none");
    eb_policy_info(p, &info);
    assert_string_equal(info.name, "set");
    assert_string_equal(info.version, "1.2");
    assert_int_equal(info.files, 5);
    assert_int_equal(info.consults, 1);
    assert_int_equal(info.failures, 0);
    assert_memory_equal(info.hash, out.policy_hash, EB_HASH_SIZE);
    struct eb_policy_port port = eb_policy_as_port(p);
    assert_int_equal(port.consult(port.policy, &ctx, &out, &err), EB_POLICY_OK);
    port.idle(port.policy);
    eb_policy_close(p);
}

static void test_hash(void **state)
{
    (void)state;
    struct set s;
    char first[2 * EB_HASH_SIZE + 1];
    char other[2 * EB_HASH_SIZE + 1];
    static const char *const settings[] = {"pct=1.6", NULL};
    static const char *const same[] = {"pct=1.5", NULL};
    struct eb_policy_options opt = {.settings = settings};
    make_set(&s);
    hash_of(&s, NULL, first);
    hash_of(&s, NULL, other);
    assert_string_equal(first, other);
    opt.settings = same;
    hash_of(&s, &opt, other);
    assert_string_equal(first, other);
    opt.settings = settings;
    hash_of(&s, &opt, other);
    assert_string_not_equal(first, other);
    put(&s, "lua/exitbrain/unused.lua", "return 2");
    hash_of(&s, NULL, other);
    assert_string_equal(first, other);
    put(&s, "lua/exitbrain/lib.lua", "return { twice = function(x) return 3 * x end }");
    hash_of(&s, NULL, other);
    assert_string_not_equal(first, other);
    put(&s, "lua/exitbrain/lib.lua", "return { twice = function(x) return 2 * x end }");
    put(&s, "policies/extra.lua", "return 1");
    hash_of(&s, NULL, other);
    assert_string_not_equal(first, other);
    fixture_dir_remove(&s.dir);
}

static void refuse_set(const struct set *s, int code, const char *message)
{
    struct eb_err err;
    struct eb_policy *p = open_set(s, NULL, &err);
    assert_null(p);
    fixture_holds(err.msg, message);
    assert_int_equal(err.code, code);
    fixture_dir_remove(&s->dir);
}

static void path_in(const struct set *s, const char *name, char out[512])
{
    (void)snprintf(out, 512, "%s/%s", s->dir.path, name);
}

static void test_refused_files(void **state)
{
    (void)state;
    struct set s;
    char path[512];
    char to[512];
    make_set(&s);
    path_in(&s, "policies/init.lua", path);
    assert_int_equal(remove(path), 0);
    refuse_set(&s, EB_E_NOT_FOUND, "no init.lua");
    make_set(&s);
    path_in(&s, "policies/link.lua", path);
    path_in(&s, "policies/settings.lua", to);
    assert_int_equal(symlink(to, path), 0);
    refuse_set(&s, EB_E_REFUSED, "policies/link.lua is a symbolic link");
    make_set(&s);
    path_in(&s, "policies/settings.lua", path);
    assert_int_equal(chmod(path, 0646), 0);
    refuse_set(&s, EB_E_REFUSED, "policies/settings.lua may be written by anybody: chmod o-w");
    make_set(&s);
    path_in(&s, "policies/plan", path);
    assert_int_equal(chmod(path, 0757), 0);
    refuse_set(&s, EB_E_REFUSED, "policies/plan may be written by anybody");
    make_set(&s);
    path_in(&s, "policies/pipe.lua", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    refuse_set(&s, EB_E_REFUSED, "policies/pipe.lua is no regular file");
    make_set(&s);
    put(&s, "policies/code.lua", "\x1bLua and what follows");
    refuse_set(&s, EB_E_REFUSED, "code.lua is precompiled");
    make_set(&s);
    fixture_dir_write(&s.dir, "policies/zero.lua", "return 1\0", 9);
    refuse_set(&s, EB_E_REFUSED, "zero.lua holds a zero byte");
    make_set(&s);
    put(&s, "policies/a b.lua", "return 1");
    refuse_set(&s, EB_E_REFUSED, "require cannot say this name");
    make_set(&s);
    put(&s, "policies/exitbrain/lib.lua", "return 1");
    refuse_set(&s, EB_E_REFUSED, "the name exitbrain belongs to the library");
    make_set(&s);
    put(&s, "lua/exitbrain/dump.lua", "\x1bLua");
    refuse_set(&s, EB_E_REFUSED, "exitbrain/dump.lua is precompiled");
    make_set(&s);
    put(&s, "policies/a/b/c/d/e/f.lua", "return 1");
    refuse_set(&s, EB_E_FULL, "more than 4 folders deep");
}

static void test_bounds(void **state)
{
    (void)state;
    struct set s;
    static char big[EB_SOURCE_BYTES_MAX + 1];
    memset(big, ' ', sizeof(big));
    make_set(&s);
    fixture_dir_write(&s.dir, "policies/big.lua", big, sizeof(big));
    refuse_set(&s, EB_E_FULL, "big.lua: a file has at most 131072 bytes");
    make_set(&s);
    for (int i = 0; i < 9; i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "policies/big%d.lua", i);
        fixture_dir_write(&s.dir, name, big, EB_SOURCE_BYTES_MAX);
    }
    refuse_set(&s, EB_E_FULL, "a set 1048576");
    make_set(&s);
    for (int i = 0; i < EB_SOURCES_MAX; i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "policies/f%d.lua", i);
        put(&s, name, "return 1");
    }
    refuse_set(&s, EB_E_FULL, "more than 96 files");
    struct eb_policy *p = NULL;
    struct eb_err err;
    assert_int_equal(eb_policy_open("/nonexistent/set", NULL, &p, &err), EB_E_NOT_FOUND);
    fixture_holds(err.msg, "/nonexistent/set: No such file");
}

#define HEAD "return { name = 'n', version = '1', decide = function() end, "

static void test_refused_sets(void **state)
{
    (void)state;
    static const struct {
        const char *init, *message;
    } cases[] = {
        {"return {", "init.lua:1: unexpected symbol near <eof>"},
        {"local x = \n\n)", "init.lua:3: unexpected symbol near ')'"},
        {"", "init.lua: returns nothing: it must end with return { name"},
        {"return 7", "init.lua: expected table, got 7"},
        {"return {}", "init.lua.name: missing"},
        {"return { name = 5 }", "init.lua.name: expected text of 1 to 31 bytes, got 5"},
        {"return { name = 'n' }", "init.lua.version: missing"},
        {"return { name = 'n', version = '1' }", "init.lua.decide: expected function, got nil"},
        {HEAD "self_tests = 1 }", "init.lua:1: unknown key 'self_tests' in what init.lua returns"},
        {HEAD "self_test = 1 }", "init.lua.self_test: expected function, got 1"},
        {HEAD "settings = 1 }", "init.lua.settings: expected table, got 1"},
        {HEAD "settings = { f = print } }", "unknown global 'print'"},
        {HEAD "settings = { f = pairs } }",
         "settings hold numbers, texts, booleans and tables of them, not a function"},
        {"local t = {} t.t = t " HEAD "settings = t }", "settings are nested deeper than 8"},
        {HEAD "self_test = function() error('broken') end }", "init.lua:1: broken"},
        {HEAD "self_test = function() return false, 'no good' end }", "self_test: no good"},
        {HEAD "self_test = function() while true do end end }", "more than 20000000 instructions"},
        {"while true do end", "init.lua:1: more than 20000000 instructions: a loop"},
        {"local t = {} for i = 1, 1e9 do t[i] = { i } end", "the script asked for"},
        {"leak = 1", "init.lua:1: global 'leak' may not be created"},
        {"error({})", "the error value is a table"},
        {"local x = 2 ^ 0.5", "init.lua:1: '^' is pow()"},
        {"local s = '^' -- 2^3\n--[[ 2^3 ]] local t = [==[ 2^3 ]==]\nlocal y = 3 ^ 2 ^ 2", "init.lua:3: '^' is pow()"},
        {"require 'os'", "init.lua:1: require 'os': no file 'os.lua'"},
        {"require 'io'", "no file 'io.lua'"},
        {"require '../secrets'", "no file ''"},
        {"require '/etc/passwd'", "no file ''"},
        {"require 'a..b'", "no file ''"},
        {"require '.a'", "no file ''"},
        {"require ''", "no file ''"},
        {"require(('x'):rep(200))", "no file ''"},
        {"require 'exitbrain.nothing'", "no file 'exitbrain/nothing.lua'"},
        {"require 'init'", "files require each other in a circle"},
        {"require {}", "string expected, got table"},
        {"\x1bLua", "precompiled"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_err err;
        struct eb_policy *p = fixture_try(cases[i].init, NULL, &err);
        if (p != NULL) {
            fail_msg("accepted: %s", cases[i].init);
        }
        fixture_holds(err.msg, cases[i].message);
    }
}

static void test_deep_nesting(void **state)
{
    (void)state;
    static char text[100100];
    struct eb_err err;
    memset(text, '(', 100000);
    memcpy(text, "return ", 7);
    assert_null(fixture_try(text, NULL, &err));
    fixture_holds(err.msg, "overflow");
    memset(text, '{', 100000);
    memcpy(text, "return ", 7);
    assert_null(fixture_try(text, NULL, &err));
    fixture_holds(err.msg, "overflow");
}

static const char *settings_with(const char *setting, const char *profile, struct eb_err *err)
{
    static struct eb_buffer text;
    static const char init[] =
        HEAD "settings = { pct = 1.5, n = 3, on = true, off = false, name = 'a\"b', profile = 'x', "
             "legs = { { 0.4, 35 }, { 0.8, 65 } }, trail = { callback = 1 }, ['two words'] = 1 } }";
    const char *const list[] = {setting, NULL};
    struct eb_policy_options opt = {.settings = setting != NULL ? list : NULL, .profile = profile};
    struct eb_policy *p = fixture_try(init, &opt, err);
    if (p == NULL) {
        return NULL;
    }
    eb_buffer_deinit(&text);
    eb_buffer_init(&text, 10000);
    assert_int_equal(eb_policy_settings(p, &text), EB_OK);
    eb_policy_close(p);
    return eb_buffer_str(&text);
}

static void test_settings(void **state)
{
    (void)state;
    struct eb_err err;
    assert_string_equal(settings_with(NULL, NULL, &err),
                        "legs = {{0.4, 35}, {0.8, 65}}\nn = 3\nname = \"a\\034b\"\noff = false\n"
                        "on = true\npct = 1.5\nprofile = \"x\"\ntrail = {callback = 1}\n"
                        "[\"two words\"] = 1\n");
    static const struct {
        const char *setting, *line;
    } accepted[] = {
        {"pct=2", "\npct = 2\n"},
        {"pct=1/3", "\npct = 0.3333333333333333\n"},
        {"on=false", "\non = false\n"},
        {"name=\"z\"", "\nname = \"z\"\n"},
        {"legs={{1,100}}", "legs = {{1, 100}}\n"},
        {"legs.2.1=0.9", "legs = {{0.4, 35}, {0.9, 65}}\n"},
        {"trail.callback=0.5", "\ntrail = {callback = 0.5}\n"},
        {"trail=false", "\ntrail = false\n"},
        {"off={1}", "\noff = {1}\n"},
        {"pct=math.huge", "\npct = math.huge\n"},
        {"two words=2", "[\"two words\"] = 2\n"},
    };
    for (size_t i = 0; i < EB_COUNT(accepted); i++) {
        const char *text = settings_with(accepted[i].setting, NULL, &err);
        if (text == NULL) {
            fail_msg("%s: %s", accepted[i].setting, err.msg);
        } else {
            fixture_holds(text, accepted[i].line);
        }
    }
    fixture_holds(settings_with(NULL, "runner", &err), "profile = \"runner\"\n");
    fixture_holds(settings_with("profile='set'", "runner", &err), "profile = \"set\"\n"); /* the command line wins */
}

static void test_refused_settings(void **state)
{
    (void)state;
    static const struct {
        const char *setting, *message;
    } cases[] = {
        {"pc=2", "the set has no setting 'pc'; it has: legs, n, name, off, on, pct, profile, trail, two words"},
        {"trail.call=2", "no setting 'trail.call'"},
        {"pct.x=2", "no setting 'pct.x'"},
        {"legs.3=2", "no setting 'legs.3'"},
        {"pct='2'", "setting 'pct': expected a number, got a string"},
        {"pct=nil", "setting 'pct': expected a number, got a nil"},
        {"on=1", "setting 'on': expected a boolean, got a number"},
        {"trail=true", "setting 'trail': expected a table, got a boolean"},
        {"pct=", "setting 'pct': expected a number, got a nil"},
        {"pct=)", "setting 'pct': ) is no Lua value"},
        {"pct=0/0", "setting 'pct': 0/0 is no number"},
        {"pct", "write NAME=VALUE"},
        {"=2", "write NAME=VALUE"},
        {"pct=x", "setting 'pct': x is no Lua value; a text stands in quotes, in a shell 'pct=\"x\"'"},
        {"pct=x + 1", "unknown global 'x'"},
        {"pct=(function() while true do end end)()", "instructions"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_err err;
        if (settings_with(cases[i].setting, NULL, &err) != NULL) {
            fail_msg("accepted: %s", cases[i].setting);
        }
        fixture_holds(err.msg, cases[i].message);
    }
}

/* The table that the files hold is the one that is changed. */
static void test_settings_reach_decide(void **state)
{
    (void)state;
    static const char *const list[] = {"pct=2.5", NULL};
    struct eb_policy_options opt = {.settings = list};
    struct eb_err err;
    struct eb_context ctx;
    struct eb_verdict out;
    fixture_context(&ctx);
    struct eb_policy *p = fixture_try("local S = { pct = 1 } return { name = 'n', version = '1', settings = S, "
                                      "decide = function() return { type = 'move_stop', pct = S.pct } end }",
                                      &opt, &err);
    assert_non_null(p);
    assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_OK);
    assert_int_equal(out.decision[0].u.stop.pct_ppm, 25000);
    eb_policy_close(p);
}

static void test_self_test_leaves_nothing(void **state)
{
    (void)state;
    struct eb_err err;
    struct eb_context ctx;
    struct eb_verdict out;
    fixture_context(&ctx);
    struct eb_policy *p =
        fixture_try("local n = 0 return { name = 'n', version = '1', self_test = function() n = 5 end, "
                    "decide = function() assert(n == 0, n) end }",
                    NULL, &err);
    assert_non_null(p);
    assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_KEEP);
    eb_policy_close(p);
}

static void test_rebuild(void **state)
{
    (void)state;
    struct eb_err err;
    struct eb_context ctx;
    struct eb_verdict out;
    struct eb_policy_info info;
    fixture_context(&ctx);
    struct eb_policy *p = fixture_decide("up.n = (up.n or 0) + 1\n"
                                         "if ctx.price > 200 then while true do end end\n"
                                         "if ctx.price < 1 then error('x') end\n"
                                         "return { type = 'no_change', reason = tostring(up.n) }");
    assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_OK);
    assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_OK);
    assert_string_equal(out.decision[0].reason, "2");
    ctx.price.e8 = 300 * EB_E8;
    assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_BUDGET);
    assert_int_equal(err.code, EB_E_BUDGET);
    ctx.price.e8 = 100 * EB_E8;
    assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_OK);
    assert_string_equal(out.decision[0].reason, "1"); /* a state that has decided nothing */
    ctx.price.e8 = 1;
    assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_ERROR);
    eb_policy_info(p, &info);
    assert_int_equal(info.rebuilds, 1);
    assert_int_equal(info.failures, 2);
    assert_int_equal(info.consults, 5);
    eb_policy_close(p);
}

static bool is_pure(struct eb_policy *p, const struct eb_context *ctx)
{
    static struct eb_verdict a;
    static struct eb_verdict b;
    memset(&a, 0, sizeof(a));
    memset(&b, 0, sizeof(b));
    enum eb_policy_result ra = eb_policy_consult(p, ctx, &a, NULL);
    enum eb_policy_result rb = eb_policy_consult_fresh(p, ctx, &b, NULL);
    return ra == rb && memcmp(&a, &b, sizeof(a)) == 0;
}

static void test_purity(void **state)
{
    (void)state;
    struct eb_context ctx;
    fixture_context(&ctx);
    struct eb_policy *pure =
        fixture_decide("return { type = 'move_stop', price = ctx.price * 0.99, reason = ctx.memory.plan },"
                       " { memory = { n = (ctx.memory.count or 0) + 1 } }");
    struct eb_policy *impure = fixture_decide("up.n = (up.n or 0) + 1 return { type = 'move_stop', pct = up.n }");
    for (int i = 0; i < 200; i++) {
        ctx.price.e8 += 12345678;
        ctx.memory.entry[0].number = i;
        assert_true(is_pure(pure, &ctx));
        assert_true(is_pure(impure, &ctx) == (i == 0));
    }
    eb_policy_close(pure);
    eb_policy_close(impure);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_directory),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_refused_files),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_refused_sets),
        cmocka_unit_test(test_deep_nesting),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_refused_settings),
        cmocka_unit_test(test_settings_reach_decide),
        cmocka_unit_test(test_self_test_leaves_nothing),
        cmocka_unit_test(test_rebuild),
        cmocka_unit_test(test_purity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
