/* SPDX-License-Identifier: Apache-2.0 */
/* The table of codes: in order, each with a text that can be printed, and what is done about those that matter most. */
#include "venue/codes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void the_table_is_in_order_and_every_code_is_found(void **state)
{
    (void)state;
    assert_true(eb_code_count() > 100);
    for (size_t i = 0; i < eb_code_count(); i++) {
        int32_t code = eb_code_at(i);
        const char *text = eb_code_text(code);
        assert_true(code < 0 && (i == 0 || code < eb_code_at(i - 1)));
        assert_true(strlen(text) > 5 && strcmp(text, "unknown error code") != 0);
        const char *percent = strchr(text, '%');
        assert_true(percent == NULL || (percent[1] == 's' && strchr(percent + 1, '%') == NULL));
        assert_true(eb_code_class(code) < EB_REJ_COUNT);
        assert_true(!eb_code_outcome_unknown(code) || eb_code_class(code) == EB_REJ_NONE);
    }
    assert_int_equal(eb_code_at(eb_code_count()), 0);
}

static void what_is_done_about_each(void **state)
{
    (void)state;
    static const struct {
        int32_t code;
        enum eb_reject_class reaction;
    } cases[] = {
        {0, EB_REJ_NONE},
        {-1000, EB_REJ_NONE},
        {-1003, EB_REJ_RETRY},
        {-1008, EB_REJ_RETRY},
        {-1015, EB_REJ_RETRY},
        {-1021, EB_REJ_CLOCK},
        {-5028, EB_REJ_CLOCK},
        {-1022, EB_REJ_ALARM},
        {-2014, EB_REJ_ALARM},
        {-2015, EB_REJ_ALARM},
        {-1102, EB_REJ_ALARM},
        {-1106, EB_REJ_MODE},
        {-4061, EB_REJ_MODE},
        {-4531, EB_REJ_MODE},
        {-1111, EB_REJ_FIX},
        {-4014, EB_REJ_FIX},
        {-4023, EB_REJ_FIX},
        {-4164, EB_REJ_FIX},
        {-4131, EB_REJ_BAND},
        {-2020, EB_REJ_BAND},
        {-2022, EB_REJ_REDUCE_ONLY},
        {-4118, EB_REJ_REDUCE_ONLY},
        {-2021, EB_REJ_WOULD_TRIGGER},
        {-4045, EB_REJ_SLOTS},
        {-2025, EB_REJ_SLOTS},
        {-4130, EB_REJ_EXISTS},
        {-4116, EB_REJ_DUPLICATE},
        {-20132, EB_REJ_DUPLICATE},
        {-2011, EB_REJ_GONE},
        {-2013, EB_REJ_GONE},
        {-4117, EB_REJ_GONE},
        {-20124, EB_REJ_GONE},
        {-4120, EB_REJ_ALARM},
        {-4400, EB_REJ_ALARM},
        {-4192, EB_REJ_ALARM},
        {-1, EB_REJ_ALARM},
        {-9999, EB_REJ_ALARM},
        {INT32_MIN, EB_REJ_ALARM},
        {INT32_MAX, EB_REJ_ALARM},
        {200, EB_REJ_ALARM},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        if (eb_code_class(cases[i].code) != cases[i].reaction) {
            fail_msg("%d: %d, not %d", cases[i].code, eb_code_class(cases[i].code), cases[i].reaction);
        }
    }
    assert_string_equal(eb_code_text(-2021), "Order would immediately trigger.");
    assert_string_equal(eb_code_text(-9999), "unknown error code");
    assert_string_equal(eb_code_text(0), "no error");
}

static void only_these_may_have_been_executed(void **state)
{
    (void)state;
    size_t unknown = 0;
    for (int32_t code = -30000; code <= 1000; code++) {
        unknown += eb_code_outcome_unknown(code);
    }
    assert_int_equal(unknown, 5);
    assert_true(eb_code_outcome_unknown(-1000) && eb_code_outcome_unknown(-1001) && eb_code_outcome_unknown(-1006) &&
                eb_code_outcome_unknown(-1007) && eb_code_outcome_unknown(-1010));
}

/* With --table: the table as docs/VENUES.md has it. */
static int print_table(void)
{
    static const char *const names[EB_REJ_COUNT] = {
        [EB_REJ_NONE] = "no refusal", [EB_REJ_RETRY] = "RETRY",
        [EB_REJ_FIX] = "FIX",         [EB_REJ_CLOCK] = "CLOCK",
        [EB_REJ_BAND] = "BAND",       [EB_REJ_REDUCE_ONLY] = "REDUCE_ONLY",
        [EB_REJ_SLOTS] = "SLOTS",     [EB_REJ_WOULD_TRIGGER] = "WOULD_TRIGGER",
        [EB_REJ_EXISTS] = "EXISTS",   [EB_REJ_DUPLICATE] = "DUPLICATE",
        [EB_REJ_GONE] = "GONE",       [EB_REJ_MODE] = "MODE",
        [EB_REJ_ALARM] = "ALARM",
    };
    for (unsigned reaction = 0; reaction < EB_REJ_COUNT; reaction++) {
        (void)printf("| %s |", names[reaction]);
        for (size_t i = 0; i < eb_code_count(); i++) {
            if (eb_code_class(eb_code_at(i)) == reaction) {
                (void)printf(" %d", eb_code_at(i));
            }
        }
        (void)printf(" |\n");
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_in_order_and_every_code_is_found),
        cmocka_unit_test(what_is_done_about_each),
        cmocka_unit_test(only_these_may_have_been_executed),
    };
    if (argc > 1 && strcmp(argv[1], "--table") == 0) {
        return print_table();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
