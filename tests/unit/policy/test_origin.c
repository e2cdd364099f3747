/* SPDX-License-Identifier: Apache-2.0 */
/* Where a setting stands, and the set with another figure in its place. */
#include "policy/origin.h"

#include <stdio.h>
#include <string.h>

#include "fixture.h"

#define FILE_OF(name, text)              \
    {                                    \
        (name), (text), sizeof(text) - 1 \
    }

static const char init_file[] = "local S = require 'settings'\n"
                                "local chandelier = require 'strategies.chandelier'\n"
                                "S.strategies.chandelier = chandelier.settings\n"
                                "return { name = 'set', version = '1', settings = S, decide = function(ctx)\n"
                                "  local half = 0.5 -- of it\n"
                                "  return { { type = 'move_stop', pct = S.stop_pct * S.factor.TREND },\n"
                                "    { type = 'update_tp_limits', levels = {\n"
                                "      { r = S.legs[1][1], fraction = half }, } } }\n"
                                "end, self_test = function() assert(S.stop_pct < 5, 'too far') end }\n";
static const char settings_file[] = "-- stop_pct = 9 is no setting\n"
                                    "local unit = { stop_pct = 'percent' }\n"
                                    "return {\n"
                                    "  stop_pct = 1.5,        -- percent\n"
                                    "  factor = { TREND = 0.8, ['RANGE'] = 1.2,\n"
                                    "    CHOP = -2 },\n"
                                    "  legs = { { 0.4, 35 },\n"
                                    "    { 0.8, 0x10 } },\n"
                                    "  age_ms = 48 * 3600000,\n"
                                    "  unit = unit.stop_pct == 'percent' and 1 or 2,\n"
                                    "  ratchet = true, profile = \"DEFAULT\",\n"
                                    "  call = (function() local t = { 1, 2 }; return #t end)(),\n"
                                    "  strategies = {},\n"
                                    "  last = 7\n"
                                    "}\n";
static const char chandelier_file[] = "local settings = {\n"
                                      "  atr_mult = 3.0,\n"
                                      "  steps = { [2] = 5, [1] = 4 },\n"
                                      "}\n"
                                      "return { settings = settings }\n";
static const char other_file[] = "return { atr_mult = 8.0 } -- another one's\n";

static const struct eb_policy_text files[] = {
    FILE_OF("init.lua", init_file),
    FILE_OF("settings.lua", settings_file),
    FILE_OF("strategies/chandelier.lua", chandelier_file),
    FILE_OF("strategies/another.lua", other_file),
};

static struct eb_policy *open_set(const char *const *settings)
{
    struct eb_policy *p = NULL;
    struct eb_err err = {.msg = ""};
    const struct eb_policy_options opt = {.settings = settings};
    if (eb_policy_open_with(&eb_heap_libc, NULL, files, EB_COUNT(files), &opt, &p, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    return p;
}

static void expect(const struct eb_origins *o, const char *path, const char *place, double value)
{
    const struct eb_origin *item = eb_origins_find(o, path);
    char got[160];
    if (item == NULL) {
        fail_msg("%s: not found", path);
        return;
    }
    (void)snprintf(got, sizeof(got), "%s:%d", item->file, item->line);
    assert_string_equal(got, place);
    assert_true(item->value == value);
}

static void places_are_exact(void **state)
{
    (void)state;
    struct eb_policy *p = open_set(NULL);
    struct eb_origins o;
    assert_int_equal(eb_origins_read(p, &o, NULL), EB_OK);
    expect(&o, "stop_pct", "settings.lua:4", 1.5);
    expect(&o, "factor", "settings.lua:5", 0);
    expect(&o, "factor.TREND", "settings.lua:5", 0.8);
    expect(&o, "factor.RANGE", "settings.lua:5", 1.2);
    expect(&o, "factor.CHOP", "settings.lua:6", -2);
    expect(&o, "legs.1.1", "settings.lua:7", 0.4);
    expect(&o, "legs.2", "settings.lua:8", 0);
    expect(&o, "legs.2.2", "settings.lua:8", 16);
    expect(&o, "age_ms", "settings.lua:9", 172800000);
    expect(&o, "unit", "settings.lua:10", 1);
    expect(&o, "ratchet", "settings.lua:11", 1);
    expect(&o, "profile", "settings.lua:11", 0);
    expect(&o, "call", "settings.lua:12", 2);
    expect(&o, "last", "settings.lua:14", 7);
    expect(&o, "strategies.chandelier.atr_mult", "strategies/chandelier.lua:2", 3);
    expect(&o, "strategies.chandelier.steps.2", "strategies/chandelier.lua:3", 5);
    assert_null(eb_origins_find(&o, "stop"));
    assert_true(eb_origins_find(&o, "stop_pct")->len == 3);
    assert_true(eb_origins_find(&o, "factor.CHOP")->len == 2);
    assert_true(eb_origins_find(&o, "age_ms")->len == 0); /* computed: its line is known, a literal it is not */
    assert_true(eb_origins_find(&o, "legs.2.2")->integer && !eb_origins_find(&o, "stop_pct")->integer);
    assert_int_equal(eb_origins_find(&o, "profile")->kind, EB_ORIGIN_TEXT);
    assert_int_equal(eb_origins_find(&o, "ratchet")->kind, EB_ORIGIN_BOOL);
    assert_int_equal(eb_origins_find(&o, "factor")->kind, EB_ORIGIN_TABLE);
    assert_int_equal(eb_origins_find(&o, "unit")->kind, EB_ORIGIN_NUMBER);
    eb_origins_free(&o);
    eb_policy_close(p);
}

static void overrides_are_said(void **state)
{
    (void)state;
    static const char *const settings[] = {"stop_pct=2", NULL};
    struct eb_policy *p = open_set(settings);
    struct eb_origins o;
    assert_int_equal(eb_origins_read(p, &o, NULL), EB_OK);
    expect(&o, "stop_pct", "settings.lua:4", 2);
    assert_true(eb_origins_find(&o, "stop_pct")->overridden && !eb_origins_find(&o, "last")->overridden);
    eb_origins_free(&o);
    eb_policy_close(p);
}

static void ask(struct eb_policy *p, int64_t stop_ppm, int64_t fraction_ppm)
{
    struct eb_context ctx;
    struct eb_verdict v;
    struct eb_err err = {.msg = ""};
    fixture_context(&ctx);
    if (eb_policy_consult(p, &ctx, &v, &err) != EB_POLICY_OK) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(v.decision[0].u.stop.pct_ppm, stop_ppm);
    assert_int_equal(v.decision[1].u.targets.leg[0].fraction_ppm, fraction_ppm);
}

static void an_element_that_is_written_nowhere_has_no_place(void **state)
{
    (void)state;
    static const char *const settings[] = {"rules={ 3 }", NULL};
    const struct eb_policy_options opt = {.settings = settings};
    struct eb_err err = {.msg = ""};
    struct eb_policy *p = fixture_try("local list = { 3, 4 }\nlocal S = { rules = {} }\n"
                                      "return { name = 'x', version = '1', settings = S, decide = function() end }",
                                      &opt, &err);
    struct eb_origins o;
    if (p == NULL) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(eb_origins_read(p, &o, NULL), EB_OK);
    expect(&o, "rules", "init.lua:2", 0);
    expect(&o, "rules.1", ":0", 3);
    eb_origins_free(&o);
    eb_policy_close(p);
}

static void settings_vary(void **state)
{
    (void)state;
    static const char *const settings[] = {"last=8", "stop_pct=2", NULL};
    struct eb_policy *p = open_set(settings);
    struct eb_policy *twin = NULL;
    struct eb_origins o;
    assert_int_equal(eb_origins_read(p, &o, NULL), EB_OK);
    assert_int_equal(eb_policy_vary(p, eb_origins_find(&o, "stop_pct"), true, 10, &twin, NULL),
                     EB_OK); /* no self test */
    ask(twin, 80000, 500000);
    ask(p, 16000, 500000);
    eb_policy_close(twin);
    struct eb_err err = {.msg = ""};
    struct eb_origin wrong = *eb_origins_find(&o, "stop_pct");
    (void)snprintf(wrong.path, sizeof(wrong.path), "stop");
    assert_int_equal(eb_policy_vary(p, &wrong, true, 1, &twin, &err), EB_E_NOT_FOUND);
    assert_null(twin);
    fixture_holds(err.msg, "has no setting 'stop'");
    eb_origins_free(&o);
    eb_policy_close(p);
}

static void numbers_vary(void **state)
{
    (void)state;
    struct eb_policy *p = open_set(NULL);
    struct eb_policy *twin = NULL;
    struct eb_origins o;
    assert_int_equal(eb_origins_numbers(p, &o, NULL), EB_OK);
    const struct eb_origin *half = eb_origins_find(&o, "half");
    assert_non_null(half);
    assert_string_equal(half->file, "init.lua");
    assert_int_equal(half->line, 5);
    assert_int_equal(eb_policy_vary(p, half, false, 0.25, &twin, NULL), EB_OK);
    ask(twin, 12000, 250000);
    ask(p, 12000, 500000);
    eb_policy_close(twin);
    for (unsigned i = 0; i < o.count; i++) {
        assert_string_not_equal(o.item[i].file, "strategies/another.lua"); /* was not loaded */
    }
    eb_origins_free(&o);
    eb_policy_close(p);
}

/* What only names a key or a setting is told with its line. */
static void refusals_have_places(void **state)
{
    (void)state;
    static const struct {
        const char *init, *says;
    } cases[] = {
        {"local S = {\n  stop_pct = 6,\n}\nreturn { name = 'x', version = '1', settings = S, decide = function() end,\n"
         "  self_test = function() error('stop_pct: too far', 0) end }",
         "init.lua:2: stop_pct: too far"},
        {"local S = { legs = {\n  { 1, 2 } } }\nreturn { name = 'x', version = '1', settings = S,\n"
         "  decide = function() end, self_test = function() error('legs[1][2]: too much', 0) end }",
         "init.lua:2: legs[1][2]: too much"},
        {"return { name = 'x', version = '1', decide = function() end,\n  settings = {\n  f = function() end } }",
         "init.lua:3: setting 'f': settings hold numbers"},
        {"return { name = 'x', version = '1', decide = function() end,\n  seting = {} }",
         "init.lua:2: unknown key 'seting' in what init.lua returns"},
        {"return { name = 'x', version = '1', decide = function() end,\n  migrate = 2 }",
         "init.lua:2: init.lua.migrate: expected function"},
        {"return { name = 'x', version = '1' }", "init.lua.decide: expected function, got nil"}, /* nowhere */
        {"local S, T = { n = 1 }, {}\nlocal other = { { 1, 2 }, 3 }\nS.rules = {}\nT.x = other[1]\nS.rules = { 5 }\n"
         "return { name = 'x', version = '1', settings = S, decide = function() end,\n"
         "  self_test = function() error('rules[1]: wrong', 0) end }",
         "init.lua:5: rules[1]: wrong"}, /* not the first of any other list */
        {"local t = nil\nreturn t.x", "init.lua:2: "},
        {"return { name = 'x', version = '1', decide = function() end, self_test = function() error('a b: c', 0) end }",
         "a b: c"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_err err = {.msg = ""};
        assert_null(fixture_try(cases[i].init, NULL, &err));
        if (strncmp(err.msg, cases[i].says, strlen(cases[i].says)) != 0) {
            fail_msg("%s instead of %s", err.msg, cases[i].says);
        }
    }
}

static void figures_read_back(void **state)
{
    (void)state;
    static const struct {
        double value;
        bool integer;
        const char *text;
    } cases[] = {{1.5, false, "1.5"},
                 {2, false, "2.0"},
                 {2, true, "2"},
                 {-3, true, "-3"},
                 {0.1 + 0.2, false, "0.30000000000000004"},
                 {1e300, false, "1e+300"}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        char text[48];
        eb_figure_text(cases[i].value, cases[i].integer, text, sizeof(text));
        assert_string_equal(text, cases[i].text);
    }
}

/* Whatever the files look like: it ends, and what is not a literal table is left without a place or with its line. */
static void odd_texts_end(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "local t = { { { { { { { { { { 1 } } } } } } } } } }",
        "local t = { [1 + 1] = 2, f = function() return { } end, 3 }",
        "local t = { if_ = 1, ['end'] = 2, x = (1); }",
        "local s = [[ { a = ]]",
        "local t = { a = -1 - 2 }",
    };
    for (size_t i = 0; i < EB_COUNT(bodies); i++) {
        char text[512];
        struct eb_origins o;
        (void)snprintf(text, sizeof(text),
                       "%s\nlocal S = { a = 1 }\nreturn { name = 'x', version = '1', settings = S,"
                       " decide = function() end }",
                       bodies[i]);
        struct eb_err err = {.msg = ""};
        struct eb_policy *p = fixture_try(text, NULL, &err);
        if (p == NULL) {
            fail_msg("%s", err.msg);
        }
        assert_int_equal(eb_origins_read(p, &o, NULL), EB_OK);
        assert_int_equal(o.count, 1);
        expect(&o, "a", "init.lua:2", 1);
        eb_origins_free(&o);
        eb_policy_close(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_exact),     cmocka_unit_test(overrides_are_said),
        cmocka_unit_test(settings_vary),        cmocka_unit_test(numbers_vary),
        cmocka_unit_test(figures_read_back),    cmocka_unit_test(odd_texts_end),
        cmocka_unit_test(refusals_have_places), cmocka_unit_test(an_element_that_is_written_nowhere_has_no_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
