/* SPDX-License-Identifier: Apache-2.0 */
/* The buffer grows to its limit and no further, stays a clean beginning after a failure, and writes valid JSON. */
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

/* Address and thread sanitizer end the process on an impossible allocation unless told that it may just fail. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void grows_and_stays_terminated(void **state)
{
    (void)state;
    struct eb_buffer b;
    eb_buffer_init(&b, 100000);
    assert_string_equal(eb_buffer_str(&b), "");
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(eb_buffer_printf(&b, "%03d,", i), EB_OK);
        assert_int_equal(eb_buffer_str(&b)[b.len], '\0');
        assert_true(b.len < b.cap);
    }
    assert_int_equal(b.len, 4000);
    assert_memory_equal(eb_buffer_str(&b) + 3996, "999,", 5);
    assert_int_equal(eb_buffer_text(&b, ""), EB_OK);
    assert_int_equal(eb_buffer_add(&b, NULL, 0), EB_OK);
    assert_int_equal(eb_buffer_add(&b, "a\0b", 3), EB_OK);
    assert_memory_equal(eb_buffer_str(&b) + 4000, "a\0b", 4);
    assert_false(b.failed);
    eb_buffer_deinit(&b);
    assert_null(b.data);
    assert_int_equal(eb_buffer_text(&b, "again"), EB_OK);
    assert_string_equal(eb_buffer_str(&b), "again");
    eb_buffer_deinit(&b);
}

static void stops_at_the_limit(void **state)
{
    (void)state;
    struct eb_buffer b;
    eb_buffer_init(&b, 100);
    char text[101];
    memset(text, 'x', sizeof(text));
    assert_int_equal(eb_buffer_add(&b, text, 70), EB_OK);
    assert_int_equal(eb_buffer_add(&b, text, 30), EB_OK); /* exactly full */
    assert_int_equal(b.len, 100);
    assert_true(b.cap <= 101);
    assert_int_equal(eb_buffer_add(&b, "", 0), EB_OK);
    assert_false(b.failed);
    assert_int_equal(eb_buffer_text(&b, "y"), EB_E_FULL);
    assert_true(b.failed);
    assert_int_equal(b.len, 100);

    eb_buffer_clear(&b);
    assert_false(b.failed);
    assert_string_equal(eb_buffer_str(&b), "");
    assert_int_equal(eb_buffer_printf(&b, "%101d", 1), EB_E_FULL);
    assert_true(b.failed);
    eb_buffer_deinit(&b);
}

static void nothing_is_added_behind_a_hole(void **state)
{
    (void)state;
    struct eb_buffer b;
    eb_buffer_init(&b, 8);
    assert_int_equal(eb_buffer_text(&b, "abc"), EB_OK);
    assert_int_equal(eb_buffer_text(&b, "too long to fit"), EB_E_FULL);
    assert_int_equal(eb_buffer_text(&b, "d"), EB_E_FULL);
    assert_int_equal(eb_buffer_printf(&b, "%d", 1), EB_E_FULL);
    assert_int_equal(eb_buffer_json_string(&b, ""), EB_E_FULL);
    assert_string_equal(eb_buffer_str(&b), "abc");
    eb_buffer_deinit(&b);
}

static void a_limit_of_zero_holds_nothing(void **state)
{
    (void)state;
    struct eb_buffer b;
    eb_buffer_init(&b, 0);
    eb_buffer_clear(&b);
    assert_int_equal(eb_buffer_text(&b, ""), EB_OK);
    assert_int_equal(eb_buffer_text(&b, "a"), EB_E_FULL);
    assert_string_equal(eb_buffer_str(&b), "");
    eb_buffer_deinit(&b);
}

static void running_out_of_memory_keeps_the_content(void **state)
{
    (void)state;
    struct eb_buffer b;
    eb_buffer_init(&b, SIZE_MAX);
    assert_int_equal(eb_buffer_text(&b, "kept"), EB_OK);
    volatile size_t absurd = (size_t)1 << 61; /* more than any address space: refused before data is looked at */
    assert_int_equal(eb_buffer_add(&b, "x", absurd), EB_E_MEMORY);
    assert_true(b.failed);
    assert_string_equal(eb_buffer_str(&b), "kept");
    absurd = SIZE_MAX;
    eb_buffer_clear(&b);
    assert_int_equal(eb_buffer_add(&b, "x", absurd), EB_E_FULL); /* sizes never wrap */
    eb_buffer_deinit(&b);
}

static void a_printf_that_fails_adds_nothing(void **state)
{
    (void)state;
    struct eb_buffer b;
    eb_buffer_init(&b, 100);
    assert_int_equal(eb_buffer_text(&b, "kept"), EB_OK);
    assert_int_equal(eb_buffer_printf(&b, "said %lc", (wint_t)0x7fffffff), EB_E_INVALID);
    assert_true(b.failed);
    assert_string_equal(eb_buffer_str(&b), "kept");
    eb_buffer_deinit(&b);
}

static void json_strings_are_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"a\"b\\c/d", "\"a\\\"b\\\\c/d\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\""},
        {"Stra\xc3\x9f"
         "e \xe2\x82\xac \xf0\x9f\x98\x80",
         "\"Stra\xc3\x9f"
         "e \xe2\x82\xac \xf0\x9f\x98\x80\""},
        {"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
         "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""},
        {"a\xff\x62", "\"a\xef\xbf\xbd\x62\""},
        {"\x80", "\"\xef\xbf\xbd\""},                                                 /* a stray continuation byte */
        {"\xc3", "\"\xef\xbf\xbd\""},                                                 /* cut short */
        {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                                 /* cut short */
        {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                                 /* overlong */
        {"\xe0\x80\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},                 /* overlong */
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},                 /* a surrogate */
        {"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* past U+10FFFF */
        {"\xe2\x82\"", "\"\xef\xbf\xbd\xef\xbf\xbd\\\"\""}, /* the quote behind a cut sequence stays escaped */
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_buffer b;
        eb_buffer_init(&b, 200);
        assert_int_equal(eb_buffer_json_string(&b, cases[i].text), EB_OK);
        assert_string_equal(eb_buffer_str(&b), cases[i].want);
        eb_buffer_deinit(&b);
    }
}

static void a_json_string_that_does_not_fit_fails(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < 8; limit++) {
        struct eb_buffer b;
        eb_buffer_init(&b, limit);
        assert_int_equal(eb_buffer_json_string(&b, "a\nb"), limit < 6 ? EB_E_FULL : EB_OK);
        assert_int_equal(b.failed, limit < 6);
        eb_buffer_deinit(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_stays_terminated),
        cmocka_unit_test(stops_at_the_limit),
        cmocka_unit_test(nothing_is_added_behind_a_hole),
        cmocka_unit_test(a_limit_of_zero_holds_nothing),
        cmocka_unit_test(running_out_of_memory_keeps_the_content),
        cmocka_unit_test(a_printf_that_fails_adds_nothing),
        cmocka_unit_test(json_strings_are_escaped),
        cmocka_unit_test(a_json_string_that_does_not_fit_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
