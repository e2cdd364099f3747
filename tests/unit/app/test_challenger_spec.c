/* SPDX-License-Identifier: Apache-2.0 */
/* What a person writes to have challengers, read. */
#include "app/challenger_spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct eb_challenger_spec spec[EB_CHALLENGERS_MAX];

static unsigned read_well(const char *text)
{
    struct eb_err err = {0};
    unsigned count = 99;
    if (eb_challenger_specs(text, spec, &count, &err) != EB_OK) {
        fail_msg("%s: %s", text, err.msg);
    }
    return count;
}

static void refused(const char *text, const char *why)
{
    struct eb_err err = {0};
    unsigned count;
    assert_int_equal(eb_challenger_specs(text, spec, &count, &err), EB_E_INVALID);
    if (strstr(err.msg, why) == NULL) {
        fail_msg("%s: \"%s\" does not say \"%s\"", text, err.msg, why);
    }
}

static void none(void **state)
{
    (void)state;
    assert_int_equal(read_well(""), 0);
    assert_int_equal(read_well("  ;\n; "), 0);
}

static void names_and_directories(void **state)
{
    (void)state;
    assert_int_equal(read_well("v3 = policies; my-set_2=/a/b ;"), 2);
    assert_string_equal(spec[0].name, "v3");
    assert_string_equal(spec[0].dir, "policies");
    assert_null(spec[0].setting[0]);
    assert_string_equal(spec[1].name, "my-set_2");
    assert_string_equal(spec[1].dir, "/a/b");
    assert_int_equal(read_well("x = \"two words\" a=1"), 1);
    assert_string_equal(spec[0].dir, "two words");
    assert_string_equal(spec[0].setting[0], "a=1");
}

static void settings(void **state)
{
    (void)state;
    assert_int_equal(
        read_well("a=d profile=\"V3; \\\"x\" legs={ {0.4, 35}; {0.8, 65} } t='}'\tn=-1.5; b = d strategies.x.y=true"),
        2);
    assert_string_equal(spec[0].setting[0], "profile=\"V3; \\\"x\"");
    assert_string_equal(spec[0].setting[1], "legs={ {0.4, 35}; {0.8, 65} }");
    assert_string_equal(spec[0].setting[2], "t='}'");
    assert_string_equal(spec[0].setting[3], "n=-1.5");
    assert_null(spec[0].setting[4]);
    assert_true(spec[0].has_profile);
    assert_string_equal(spec[1].setting[0], "strategies.x.y=true");
    assert_false(spec[1].has_profile);
    assert_int_equal(read_well("a=d x=\"ends with \\\\\" profiles=1"), 1);
    assert_string_equal(spec[0].setting[1], "profiles=1");
    assert_false(spec[0].has_profile);
}

static void refusals(void **state)
{
    (void)state;
    char name[80];
    char many[400] = "a=d";
    refused("= d", "begins with its name");
    refused("policies", "\"=\" and a directory");
    refused("a b = d", "\"=\" and a directory");
    refused("a =", "directory of its policy set");
    refused("a = ; b = d", "directory of its policy set");
    refused("a = \"\"", "directory of its policy set");
    refused("a = d x", "\"x\": a setting is NAME=LUA");
    refused("a = d x =1", "\"x\": a setting is NAME=LUA");
    refused("a = d x= 1", "\"x=\": a setting is NAME=LUA");
    refused("a = d x=\"1", "not closed");
    refused("a = d x={1", "not closed");
    refused("owner = d", "the ledger calls the engine's own set so");
    refused("a = d; a = e", "given twice");
    refused("a=d;b=d;c=d;e=d;f=d", "more than 4 challengers: \"f=d\"");
    (void)snprintf(name, sizeof(name), "%040d=d", 0);
    refused(name, "1 to 31 letters");
    for (int i = 0; i <= EB_CHALLENGER_SETTINGS_MAX; i++) {
        size_t at = strlen(many);
        (void)snprintf(many + at, sizeof(many) - at, " x=%d", i);
    }
    refused(many, "at most 32 settings");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none),
        cmocka_unit_test(names_and_directories),
        cmocka_unit_test(settings),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
