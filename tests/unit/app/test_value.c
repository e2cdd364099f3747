/* SPDX-License-Identifier: Apache-2.0 */
/* Values as people write them: what is read, what is refused, and that the message says what is allowed. */
#include "app/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "app/when.h"

#define SENTINEL INT64_C(-777)

static void refused(int rc, const struct eb_err *err, const char *one, const char *two)
{
    assert_int_equal(rc, EB_E_INVALID);
    assert_non_null(strstr(err->msg, "--x: "));
    if (strstr(err->msg, one) == NULL || (two != NULL && strstr(err->msg, two) == NULL)) {
        fail_msg("\"%s\" lacks \"%s\" or \"%s\"", err->msg, one, two != NULL ? two : "");
    }
}

static void decimals_are_exact(void **state)
{
    (void)state;
    struct eb_err err = {0};
    int64_t v = SENTINEL;
    assert_int_equal(eb_value_decimal("--x", "0.00000001", 0, EB_E8, &v, &err), EB_OK);
    assert_int_equal(v, 1);
    static const struct {
        const char *text, *one, *two;
    } cases[] = {
        {"abc", "\"abc\" is no plain decimal", NULL},
        {"", "is no plain decimal", NULL},
        {"0.000000001", "at most 8 decimals", NULL},
        {"1e3", "no plain decimal", NULL},
        {" 1", "no plain decimal", NULL},
        {"1.00000001", "out of range", "0 .. 1"},
        {"-0.00000001", "out of range", "0 .. 1"},
        {"nan", "no plain decimal", NULL},
        {"99999999999999999999", "no plain", "decim"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        v = SENTINEL;
        refused(eb_value_decimal("--x", cases[i].text, 0, EB_E8, &v, &err), &err, cases[i].one, cases[i].two);
        assert_int_equal(v, SENTINEL);
    }
}

static void ratios_have_a_unit(void **state)
{
    (void)state;
    struct eb_err err = {0};
    int64_t v = SENTINEL;
    assert_int_equal(eb_value_ratio("--x", "2.5", EB_IN_BPS, 0, EB_PPM, &v, &err), EB_OK);
    assert_int_equal(v, 250);
    assert_int_equal(eb_value_ratio("--x", "-0.02", EB_IN_BPS, -100, EB_PPM, &v, &err), EB_OK);
    assert_int_equal(v, -2);
    assert_int_equal(eb_value_ratio("--x", "1.5", EB_IN_PERCENT, 0, EB_PPM, &v, &err), EB_OK);
    assert_int_equal(v, 15000);
    assert_int_equal(eb_value_ratio("--x", "0.3", EB_IN_ONE, 0, EB_PPM, &v, &err), EB_OK);
    assert_int_equal(v, 300000);
    refused(eb_value_ratio("--x", "0.001", EB_IN_BPS, 0, EB_PPM, &v, &err), &err, "more than 2 decimals", NULL);
    refused(eb_value_ratio("--x", "20", EB_IN_PERCENT, 0, 100000, &v, &err), &err, "0 .. 10 %", NULL);
    refused(eb_value_ratio("--x", "-3", EB_IN_BPS, -200, 100000, &v, &err), &err, "-2 .. 1000 bps", NULL);
    refused(eb_value_ratio("--x", "4 bps", EB_IN_BPS, 0, 100000, &v, &err), &err, "no plain decimal", NULL);
}

static void a_duration_names_its_unit(void **state)
{
    (void)state;
    struct eb_err err = {0};
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"250ms", 250}, {"60s", 60000}, {"1.5s", 1500}, {"10m", 600000}, {"2h", 7200000}, {"1d", 86400000}};
    for (size_t i = 0; i < EB_COUNT(good); i++) {
        int64_t v = SENTINEL;
        char text[EB_DURATION_TEXT_MAX];
        assert_int_equal(eb_value_duration("--x", good[i].text, 0, INT64_MAX / 4, &v, &err), EB_OK);
        assert_int_equal(v, good[i].ms);
        assert_int_equal(eb_value_duration("--x", eb_duration_text(v, text), 0, INT64_MAX / 4, &v, &err), EB_OK);
        assert_int_equal(v, good[i].ms);
    }
    int64_t v = SENTINEL;
    refused(eb_value_duration("--x", "60", 0, 1000, &v, &err), &err, "60 has no unit: write 60s", NULL);
    refused(eb_value_duration("--x", "60 s", 0, 1000, &v, &err), &err, "no time with its unit", NULL);
    refused(eb_value_duration("--x", "s", 0, 1000, &v, &err), &err, "no time with its unit", NULL);
    refused(eb_value_duration("--x", "-1s", 0, 1000, &v, &err), &err, "no time with its unit", NULL);
    refused(eb_value_duration("--x", "0.1ms", 0, 1000, &v, &err), &err, "whole number of milliseconds", NULL);
    refused(eb_value_duration("--x", "2h", 1000, 60000, &v, &err), &err, "1s .. 1m", NULL);
    refused(eb_value_duration("--x", "90000000000d", 0, 1000, &v, &err), &err, "out of range", NULL);
    assert_int_equal(v, SENTINEL);
}

static void integers_stay_in_range(void **state)
{
    (void)state;
    struct eb_err err = {0};
    int64_t v = SENTINEL;
    assert_int_equal(eb_value_integer("--x", "-9223372036854775808", INT64_MIN, INT64_MAX, &v, &err), EB_OK);
    assert_true(v == INT64_MIN);
    assert_int_equal(eb_value_integer("--x", "9223372036854775807", INT64_MIN, INT64_MAX, &v, &err), EB_OK);
    assert_true(v == INT64_MAX);
    refused(eb_value_integer("--x", "9223372036854775808", 0, 100, &v, &err), &err, "out of range: 0 .. 100", NULL);
    refused(eb_value_integer("--x", "99999999999999999999999999", 0, 100, &v, &err), &err, "out of range", NULL);
    refused(eb_value_integer("--x", "1.5", 0, 100, &v, &err), &err, "no whole number", NULL);
    refused(eb_value_integer("--x", "-", -1, 100, &v, &err), &err, "no whole number", NULL);
    refused(eb_value_integer("--x", "", 0, 100, &v, &err), &err, "no whole number", NULL);
}

static void a_choice_lists_and_suggests(void **state)
{
    (void)state;
    static const char *const names[] = {"adverse", "favourable", "worst", NULL};
    struct eb_err err = {0};
    int64_t v = SENTINEL;
    assert_int_equal(eb_value_choice("--x", "worst", names, &v, &err), EB_OK);
    assert_int_equal(v, 2);
    refused(eb_value_choice("--x", "favorable", names, &v, &err), &err, "adverse, favourable, worst",
            "did you mean favourable?");
    refused(eb_value_choice("--x", "", names, &v, &err), &err, "adverse, favourable, worst", NULL);
    refused(eb_value_choice("--x", "Worst", names, &v, &err), &err, "did you mean worst?", NULL);
}

static void moments_have_three_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2025-06-01T12:00:05.250Z", INT64_C(1748779205250)},
        {"2025-06-01 12:00", INT64_C(1748779200000)},
        {"2024-02-29", INT64_C(1709164800000)},
        {"2000-03-01T00:00:00", INT64_C(951868800000)},
        {"1748779205250", INT64_C(1748779205250)},
        {"+30s", 1030000},
        {"+1.5m", 1090000},
    };
    static const char *const bad[] = {
        "",           "yesterday",           "2025-02-29", "2025-13-01", "2025-06-01T24:00:00Z",
        "+30",        "2025-06-01T12:00:60", "-5",         "2025-06-1",  "2025-06-01T12:00:05Zx",
        "1900-01-01", "99999999999999999999"};
    struct eb_err err = {0};
    for (size_t i = 0; i < EB_COUNT(good); i++) {
        int64_t v = SENTINEL;
        assert_int_equal(eb_when_parse("--x", good[i].text, 1000000, &v, &err), EB_OK);
        assert_int_equal(v, good[i].ms);
    }
    for (size_t i = 0; i < EB_COUNT(bad); i++) {
        int64_t v = SENTINEL;
        refused(eb_when_parse("--x", bad[i], 1000000, &v, &err), &err, "is no time", "2025-06-01T12:00:05Z");
        assert_int_equal(v, SENTINEL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_are_exact),          cmocka_unit_test(ratios_have_a_unit),
        cmocka_unit_test(a_duration_names_its_unit),   cmocka_unit_test(integers_stay_in_range),
        cmocka_unit_test(a_choice_lists_and_suggests), cmocka_unit_test(moments_have_three_forms),
    };
    return cmocka_run_group_tests_name("app/value", tests, NULL, NULL);
}
