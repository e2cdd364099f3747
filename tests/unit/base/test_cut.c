/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that do not fit end at a word, visibly. */
#include "base/cut.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void what_fits_is_whole_and_the_rest_ends_at_a_word(void **state)
{
    (void)state;
    static const struct {
        size_t cap;
        const char *src, *expected;
    } cases[] = {
        {16, "", ""},
        {16, "fifteen letters", "fifteen letters"},
        {16, "sixteen letters!", "sixteen..."},
        {16, "a stop at a price", "a stop at a..."},
        {16, "abcdefghijklmnopqrstuvwxyz", "abcdefghijkl..."},
        {16, "ab cdefghijklmnopqrstuvwxyz", "ab cdefghijk..."}, /* a word that is nearly all of it */
        {16, "a stop  at a    price", "a stop  at a..."},
        {16, "a stop at   a price", "a stop at..."},
        {4, "abcd", "..."},
        {4, "abc", "abc"},
        {10, "\303\244\303\244\303\244\303\244\303\244\303\244", "\303\244\303\244\303\244..."}, /* no half character */
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        char dst[32];
        memset(dst, 'x', sizeof(dst));
        eb_text_cut(dst, cases[i].cap, cases[i].src);
        assert_string_equal(dst, cases[i].expected);
        for (size_t k = strlen(dst); k < cases[i].cap; k++) {
            assert_int_equal(dst[k], 0);
        }
        assert_int_equal(dst[cases[i].cap], 'x');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_whole_and_the_rest_ends_at_a_word),
    };
    return cmocka_run_group_tests_name("base/cut", tests, NULL, NULL);
}
