/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between two sets, and sets that have only some of it. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "policy/variant.h"

struct file {
    const char *name, *text;
};

static struct eb_policy *open_files(const struct file *file, size_t count)
{
    struct eb_policy_text text[8];
    struct eb_policy *p = NULL;
    struct eb_err err = {.msg = ""};
    assert_true(count <= EB_COUNT(text));
    for (size_t i = 0; i < count; i++) {
        text[i] = (struct eb_policy_text){file[i].name, file[i].text, strlen(file[i].text)};
    }
    if (eb_policy_open_with(&eb_heap_libc, NULL, text, count, NULL, &p, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    return p;
}

/* A set of one file whose settings are this table. */
static struct eb_policy *with_settings(const char *settings)
{
    char text[2048];
    (void)snprintf(text, sizeof(text),
                   "local S = %s\nreturn { name = 'v', version = '1', settings = S, decide = function() end }\n",
                   settings);
    return open_files(&(struct file){"init.lua", text}, 1);
}

/* "path: before -> after" a line, settings only. */
static void expect_settings(const char *before, const char *after, const char *expected)
{
    char said[2048] = "";
    struct eb_differences d;
    struct eb_err err;
    struct eb_policy *a = with_settings(before);
    struct eb_policy *b = with_settings(after);
    assert_int_equal(eb_policy_differences(a, b, &d, &err), EB_OK);
    for (unsigned i = 0; i < d.count; i++) {
        if (d.at[i].kind == EB_DIFFERENCE_SETTING) {
            size_t used = strlen(said);
            (void)snprintf(said + used, sizeof(said) - used, "%s: %s -> %s\n", d.at[i].name, d.at[i].before,
                           d.at[i].after);
        }
    }
    assert_string_equal(said, expected);
    eb_differences_free(&d);
    eb_policy_close(a);
    eb_policy_close(b);
}

static void settings_are_compared_as_deep_as_they_can_be_set(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after, *expected;
    } cases[] = {
        {"{ a = 1, b = 2 }", "{ b = 2, a = 1 }", ""},
        {"{ a = 1 }", "{ a = 1.5 }", "a: 1 -> 1.5\n"},
        {"{ a = { x = 1, y = 2 } }", "{ a = { x = 1, y = 3 } }", "a.y: 2 -> 3\n"},
        {"{ a = { { 1, 2 }, { 3, 4 } } }", "{ a = { { 1, 5 }, { 6, 4 } } }", "a.1.2: 2 -> 5\na.2.1: 3 -> 6\n"},
        {"{ a = { 1, 2 } }", "{ a = { 1, 2, 3 } }", "a: {1, 2} -> {1, 2, 3}\n"},
        {"{ a = { x = 1 } }", "{ a = { y = 1 } }", "a: {x = 1} -> {y = 1}\n"},
        {"{ a = false }", "{ a = { x = 1 } }", "a: false -> {x = 1}\n"},
        {"{ a = {} }", "{ a = { 1 } }", "a: {} -> {1}\n"},
        {"{ a = {}, b = { {} } }", "{ a = {}, b = { {} } }", ""},
        /* what stands in texts separates nothing */
        {"{ a = 'x, y = 1}' , b = 1 }", "{ a = 'x, y = 1}', b = 2 }", "b: 1 -> 2\n"},
        {"{ a = { 'p = {', '\"', 3 } }", "{ a = { 'p = {', '\"', 4 } }", "a.3: 3 -> 4\n"},
        {"{ a = 'b' }", "{ a = 'c' }", "a: \"b\" -> \"c\"\n"},
        /* keys that no override could name: the table that holds them */
        {"{ t = { ['a b'] = 1 } }", "{ t = { ['a b'] = 2 } }", "t: {[\"a b\"] = 1} -> {[\"a b\"] = 2}\n"},
        {"{ t = { [7] = 1 } }", "{ t = { [7] = 2 } }", "t: {[7] = 1} -> {[7] = 2}\n"},
        /* what only one of them has belongs to its file */
        {"{ a = 1 }", "{ b = 1 }", ""},
        {"{}", "{ a = 1 }", ""},
        {"{ a = 1, c = math.huge }", "{ a = 1, b = 4, c = -math.huge }", "c: math.huge -> -math.huge\n"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        expect_settings(cases[i].before, cases[i].after, cases[i].expected);
    }
}

static const char init[] = "local f = require 'f'\nlocal S = { a = 1, t = { 10, 20 } }\n"
                           "return { name = 'v', version = '1', settings = S, decide = function(ctx)\n"
                           "  return { type = 'move_stop', pct = f(S.a) + S.t[2] / 100 } end }\n";
static const char init_later[] = "local f = require 'f'\nlocal S = { a = 2, t = { 10, 30 } }\n"
                                 "return { name = 'v', version = '1', settings = S, decide = function(ctx)\n"
                                 "  return { type = 'move_stop', pct = f(S.a) + S.t[2] / 100 } end }\n";
static const char f_before[] = "return function(a) return a end\n";
static const char f_after[] = "return function(a) return a * 3 end\n";

static double stop_of(struct eb_policy *p)
{
    struct eb_context ctx;
    struct eb_verdict v;
    struct eb_err err = {.msg = ""};
    fixture_context(&ctx);
    if (eb_policy_consult(p, &ctx, &v, &err) != EB_POLICY_OK) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(v.count, 1);
    return (double)v.decision[0].u.stop.pct_ppm / 10000.0;
}

static void each_difference_can_be_taken_back(void **state)
{
    (void)state;
    const struct file before[] = {{"init.lua", init}, {"f.lua", f_before}, {"g.lua", "return 1\n"}};
    const struct file after[] = {{"init.lua", init_later}, {"f.lua", f_after}, {"h.lua", "return 2\n"}};
    struct eb_policy *a = open_files(before, EB_COUNT(before));
    struct eb_policy *b = open_files(after, EB_COUNT(after));
    struct eb_differences d;
    struct eb_err err = {.msg = ""};
    assert_int_equal(eb_policy_differences(a, b, &d, &err), EB_OK);
    static const char *const names[] = {"a", "t.2", "f.lua", "h.lua", "init.lua", "g.lua"};
    assert_int_equal(d.count, EB_COUNT(names));
    for (unsigned i = 0; i < d.count; i++) {
        assert_string_equal(d.at[i].name, names[i]);
    }
    assert_null(d.at[3].before);
    assert_non_null(d.at[3].after);
    assert_non_null(d.at[5].before);
    assert_null(d.at[5].after);
    static const struct {
        uint64_t back;
        double stop;
    } cases[] = {
        {0, 6.3},  {1, 3.3},  {2, 6.2},  {4, 2.3}, {8, 6.3},
        {32, 6.3}, {16, 6.3}, /* the file of the settings: their values are held, and it is nothing more */
        {3, 3.2},  {7, 1.2},  {63, 1.2}, {5, 1.3}, {20, 2.3},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_policy *v;
        if (eb_policy_variant(a, b, &d, cases[i].back, &v, &err) != EB_OK) {
            fail_msg("%s", err.msg);
        }
        assert_int_equal((int)(stop_of(v) * 1000 + 0.5), (int)(cases[i].stop * 1000 + 0.5));
        eb_policy_close(v);
    }
    assert_int_equal((int)(stop_of(a) * 1000 + 0.5), 1200); /* both as they were */
    assert_int_equal((int)(stop_of(b) * 1000 + 0.5), 6300);
    eb_differences_free(&d);
    eb_policy_close(a);
    eb_policy_close(b);
}

/* One file may not load without another: that is an error, and no set. */
static void what_does_not_load_is_refused(void **state)
{
    (void)state;
    const struct file before[] = {{"init.lua", init}, {"f.lua", f_before}};
    const struct file after[] = {
        {"init.lua", "return { name = 'v', version = '1', decide = require 'whole' }\n"},
        {"whole.lua", "return function() return { type = 'move_stop', pct = 5 } end\n"},
    };
    struct eb_policy *a = open_files(before, EB_COUNT(before));
    struct eb_policy *b = open_files(after, EB_COUNT(after));
    struct eb_differences d;
    struct eb_err err = {.msg = ""};
    struct eb_policy *v;
    assert_int_equal(eb_policy_differences(a, b, &d, &err), EB_OK);
    assert_int_equal(d.count, 3);
    assert_string_equal(d.at[0].name, "init.lua");
    assert_int_not_equal(eb_policy_variant(a, b, &d, 1, &v, &err), EB_OK);
    assert_null(v);
    fixture_holds(err.msg, "require 'f'");
    assert_int_equal(eb_policy_variant(a, b, &d, 7, &v, &err), EB_OK);
    assert_int_equal((int)(stop_of(v) * 1000 + 0.5), 1200);
    eb_policy_close(v);
    eb_differences_free(&d);
    eb_policy_close(a);
    eb_policy_close(b);
}

/* A self test may hold a set against figures of its own: an experiment is not bound by it. */
static void no_self_test_is_run(void **state)
{
    (void)state;
    static const char text[] = "local S = { a = %d }\nreturn { name = 'v', version = '1', settings = S,\n"
                               "  self_test = function() assert(S.a == %d) end,\n"
                               "  decide = function() return { type = 'move_stop', pct = S.a } end }\n";
    char one[256];
    char two[256];
    (void)snprintf(one, sizeof(one), text, 1, 1);
    (void)snprintf(two, sizeof(two), text, 2, 2);
    struct eb_policy *a = open_files(&(struct file){"init.lua", one}, 1);
    struct eb_policy *b = open_files(&(struct file){"init.lua", two}, 1);
    struct eb_differences d;
    struct eb_err err = {.msg = ""};
    struct eb_policy *v;
    assert_int_equal(eb_policy_differences(a, b, &d, &err), EB_OK);
    assert_int_equal(eb_policy_variant(a, b, &d, 1, &v, &err), EB_OK);
    assert_int_equal((int)stop_of(v), 1);
    eb_policy_close(v);
    eb_differences_free(&d);
    eb_policy_close(a);
    eb_policy_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_compared_as_deep_as_they_can_be_set),
        cmocka_unit_test(each_difference_can_be_taken_back),
        cmocka_unit_test(what_does_not_load_is_refused),
        cmocka_unit_test(no_self_test_is_run),
    };
    return cmocka_run_group_tests_name("policy/variant", tests, NULL, NULL);
}
