/* SPDX-License-Identifier: Apache-2.0 */
/* Lua tables as configuration: every scalar once, with path, kind and line; nothing but values. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

static char seen[4096];
static size_t seen_len;

static int note(void *user, const struct eb_lua_value *v, struct eb_err *err)
{
    const char *stop_at = user;
    if (stop_at != NULL && strcmp(v->path, stop_at) == 0) {
        return eb_err_set(err, EB_E_INVALID, "test", "stopped at %s, line %d", v->path, v->line);
    }
    char value[64] = "nil";
    switch (v->kind) {
    case EB_LV_NIL:
        break;
    case EB_LV_BOOL:
        (void)snprintf(value, sizeof(value), "%s", v->number != 0.0 ? "true" : "false");
        break;
    case EB_LV_NUMBER:
        (void)snprintf(value, sizeof(value), "%g%s", v->number, v->is_integer ? "i" : "");
        break;
    case EB_LV_TEXT:
        (void)snprintf(value, sizeof(value), "\"%s\"", v->text);
        break;
    }
    int n = snprintf(seen + seen_len, sizeof(seen) - seen_len, "%s=%s@%d ", v->path, value, v->line);
    seen_len += n > 0 ? (size_t)n : 0;
    return EB_OK;
}

static int read_text(const char *text, const char *stop_at, struct eb_err *err)
{
    seen[0] = '\0';
    seen_len = 0;
    return eb_lua_table_read("test.lua", text, strlen(text), note, (void *)(uintptr_t)stop_at, err);
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"7", "=7i@0 "},
        {"-1.5", "=-1.5@0 "},
        {"'x'", "=\"x\"@0 "},
        {"nil", "=nil@0 "},
        {"false", "=false@0 "},
        {"{}", ""},
        {"return {}", ""},
        {"{ 1, 2, x = 3 }", "[1]=1i@1 [2]=2i@1 x=3i@1 "},
        {"return {\n  venue = 'paper', -- x = 1\n  --[[ y =\n 2 ]]\n  limit = 2 * 3,\n}\n",
         "limit=6i@5 venue=\"paper\"@2 "},
        {"return {\n a = {\n  b = 1,\n  c = { 5,\n 6, { d = true } },\n },\n b = 2 }",
         "a.b=1i@3 a.c[1]=5i@4 a.c[2]=6i@5 a.c[3].d=true@5 b=2i@7 "},
        {"return { ['a b'] = 1,\n ['c'] = 2,\n [10] = 3 }", "[10]=3i@3 [\"a b\"]=1i@1 c=2i@0 "},
        {"local x = 5\nreturn { x = x, s = [[\nlong]],\n t = (1 + (2)),\n u = 'a' .. \"b\" }",
         "s=\"long\"@2 t=3i@4 u=\"ab\"@5 x=5i@2 "},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_err err;
        if (read_text(cases[i].text, NULL, &err) != EB_OK) {
            fail_msg("%s: %s", cases[i].text, err.msg);
        }
        assert_string_equal(seen, cases[i].expected);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
        const char *message;
    } cases[] = {
        {"return {\n a = 1,\n b = ,\n}", EB_E_SCRIPT, "test.lua:3: unexpected symbol near ','"},
        {"2 +", EB_E_SCRIPT, "test.lua:1: unexpected symbol near <eof>"},
        {"return { a = os.time() }", EB_E_SCRIPT, "test.lua:1: 'os' is not known here"},
        {"return { a = print }", EB_E_SCRIPT, "'print' is not known here"},
        {"local a = 1 b = 2 return {}", EB_E_SCRIPT, "'b' cannot be set here"},
        {"return {\n a = { f = function() end } }", EB_E_INVALID,
         "test.lua:2: a.f: expected a number, text, boolean or table, got a function"},
        {"return {\n a = 1/0 }", EB_E_INVALID, "test.lua:2: a: not a finite number"},
        {"return { a = -(0/0) }", EB_E_INVALID, "a: not a finite number"},
        {"return { a = 'x\\0y' }", EB_E_INVALID, "a: a text with a zero byte"},
        {"return { [1.5] = 1 }", EB_E_INVALID, "keys are names or whole numbers"},
        {"return { [true] = 1 }", EB_E_INVALID, "keys are names or whole numbers"},
        {"return { [{}] = 1 }", EB_E_SCRIPT, "a key of type table has no order"},
        {"local t = {} t.t = t return t", EB_E_INVALID, "nested too deep"},
        {"local function f() return f() end return f()", EB_E_BUDGET, "instructions"},
        {"local s = 'x' for i = 1, 99 do s = s .. s end return s", EB_E_MEMORY, "longer than 1024"},
        {"\x1bLua", EB_E_SCRIPT, "test.lua:1:"},
        {"(function() end)()", EB_OK, ""},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_err err = {.msg = ""};
        int code = read_text(cases[i].text, NULL, &err);
        if (code != cases[i].code) {
            fail_msg("%s: %d, %s", cases[i].text, code, err.msg);
        }
        if (code != EB_OK) {
            fixture_holds(err.msg, cases[i].message);
        }
    }
}

static void test_visitor_stops(void **state)
{
    (void)state;
    struct eb_err err;
    assert_int_equal(read_text("return {\n a = 1,\n b = 2,\n c = 3 }", "b", &err), EB_E_INVALID);
    assert_string_equal(err.msg, "stopped at b, line 3");
    assert_string_equal(seen, "a=1i@2 ");
}

static void test_too_long(void **state)
{
    (void)state;
    static char text[300000];
    struct eb_err err;
    memset(text, ' ', sizeof(text) - 1);
    assert_int_equal(read_text(text, NULL, &err), EB_E_FULL);
    fixture_holds(err.msg, "test.lua: longer than");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_visitor_stops),
        cmocka_unit_test(test_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
