/* SPDX-License-Identifier: Apache-2.0 */
/* The live table on terminals that are too small for it. */
#include "app/run_view.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define E "\033[K" /* erases the line from here on, so that a shorter one leaves nothing of a longer one */

static void what_does_not_fit_is_cut(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned columns, lines;
        const char *expected;
        unsigned drawn;
    } cases[] = {
        {"abc\nde\n", UINT_MAX, UINT_MAX, E "abc\n" E "de\n", 2},
        {"abc\nde\n", 2, 9, E "ab\n" E "de\n", 2},
        {"a\nb\nc\n", 9, 2, E "a\n" E "b\n", 2},
        {"a\nb\n", 9, 2, E "a\n" E "b\n", 2},
        {"a \033[32mbc\033[0m d\n", 3, 9, E "a \033[32mb\033[0m\n", 1}, /* the colour ends all the same */
        {"\033[31mab\033[0m\n", 2, 9, E "\033[31mab\033[0m\n", 1},
        {"\302\265\302\265x\n", 2, 9, E "\302\265\302\265\n", 1}, /* characters, not bytes */
        {"a\n\nb\n", 1, 9, E "a\n" E "\n" E "b\n", 3},
        {"", 5, 5, "", 0},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_buffer out;
        eb_buffer_init(&out, 4096);
        assert_int_equal(eb_view_fit(cases[i].text, cases[i].columns, cases[i].lines, &out), cases[i].drawn);
        assert_string_equal(eb_buffer_str(&out), cases[i].expected);
        eb_buffer_deinit(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_does_not_fit_is_cut)};
    return cmocka_run_group_tests_name("app/view", tests, NULL, NULL);
}
