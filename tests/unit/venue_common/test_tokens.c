/* SPDX-License-Identifier: Apache-2.0 */
/* What is a document and what is not, paths into one, text and numbers as careless encoders write them. */
#include "venue/tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOM 4096
static struct eb_token room[ROOM];

static int parse(struct eb_tokens *t, const char *text)
{
    struct eb_err err = {0};
    return eb_tokens_parse(t, "test", text, strlen(text), room, ROOM, &err);
}

static const char *const good[] = {
    "{}",
    "[]",
    " { } ",
    "[[],{}]",
    "{\"a\":1}",
    "[1,-2.5,1e5,1E-05,0,-0.0,true,false,null,\"\"]",
    "{\"a\":{\"b\":[{\"c\":\"\\u00e9\\\"\"}]},\"d\":[]}\r\n\t",
    "{\"a\":1,\"a\":2}",
    "[\"\xe5\xb8\x81\"]",
};
static const char *const bad[] = {
    "",
    " ",
    "1",
    "\"a\"",
    "null",
    "{",
    "[",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":1",
    "{\"a\":1,",
    "}",
    "]",
    "{]",
    "[}",
    "[1}",
    "{\"a\":1]",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\",\"b\"}",
    "{\"a\" 1}",
    "{\"a\"::1}",
    "{\"a\":1 2}",
    "{\"a\":1,}",
    "{,\"a\":1}",
    "{\"a\":1,,\"b\":2}",
    "[1,]",
    "[,1]",
    "[1,,2]",
    "[1 2]",
    "[\"a\" \"b\"]",
    "{1:2}",
    "{a:1}",
    "{\"a\":b}",
    "{\"a\":tru}",
    "{\"a\":truee}",
    "{\"a\":nul}",
    "{\"a\":-}",
    "{\"a\":01}",
    "{\"a\":1.}",
    "{\"a\":.5}",
    "{\"a\":1e}",
    "{\"a\":1e+}",
    "{\"a\":+1}",
    "{\"a\":1.2.3}",
    "{\"a\":0x10}",
    "{\"a\":NaN}",
    "{\"a\":Infinity}",
    "{\"a\":\"b}",
    "{\"a\":\"\\x\"}",
    "{\"a\":\"\\u12\"}",
    "{\"a\":\"\\u12g4\"}",
    "{\"a\":\"x\ny\"}",
    "{\"a\":\"\\\"}",
    "{}{}",
    "{} x",
    "[] ]",
    "{\"a\":1}}",
    "[1]]",
    "{\"a\":{}:1}",
    "{{}}",
    "{[]:1}",
    "[\"a\":1]",
    "{\"a\":[1:2]}",
    "'a'",
    "{'a':1}",
    "// x\n{}",
    "<html>",
    "\xef\xbb\xbf{}",
    "{\"a\":1;\"b\":2}",
    "{\"a\":\"\"\"\"}",
};

static void documents_are_told_from_other_text(void **state)
{
    (void)state;
    struct eb_tokens t;
    for (size_t i = 0; i < EB_COUNT(good); i++) {
        if (parse(&t, good[i]) != EB_OK) {
            fail_msg("refused: %s", good[i]);
        }
    }
    for (size_t i = 0; i < EB_COUNT(bad); i++) {
        if (parse(&t, bad[i]) != EB_E_INVALID) {
            fail_msg("taken: %s", bad[i]);
        }
    }
    struct eb_err err = {0};
    assert_int_equal(eb_tokens_parse(&t, "answer", "{\"a\":1,}", 8, room, ROOM, &err), EB_E_INVALID);
    assert_non_null(strstr(err.msg, "answer: no JSON at byte 7 of 8"));
    assert_int_equal(eb_tokens_parse(&t, "test", "{}\0{}", 5, room, ROOM, &err), EB_E_INVALID);
    assert_int_equal(eb_tokens_parse(&t, "test", "[1,2,3]", 7, room, 3, &err), EB_E_FULL);
    assert_int_equal(eb_tokens_parse(&t, "test", "[1,2,3]", 7, room, 4, &err), EB_OK);
    assert_int_equal(eb_tokens_parse(&t, "test", "{}", 2, room, 0, &err), EB_E_FULL);
}

static void no_prefix_of_a_document_is_one(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1,{\"b\":\"c\\u0041\"},null],\"d\":-1.5e3,\"e\":{}}";
    struct eb_tokens t;
    struct eb_err err = {0};
    for (size_t len = 0; len + 1 < sizeof(text) - 1; len++) {
        char *cut = malloc(len + 1); /* so that a sanitizer sees a byte too far */
        assert_non_null(cut);
        memcpy(cut, text, len);
        assert_int_equal(eb_tokens_parse(&t, "test", cut, len, room, ROOM, &err), EB_E_INVALID);
        free(cut);
    }
    assert_int_equal(parse(&t, text), EB_OK);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char text[2 * EB_TOKENS_DEPTH_MAX + 8];
    struct eb_tokens t;
    memset(text, '[', EB_TOKENS_DEPTH_MAX);
    memset(text + EB_TOKENS_DEPTH_MAX, ']', EB_TOKENS_DEPTH_MAX);
    text[2 * EB_TOKENS_DEPTH_MAX] = '\0';
    assert_int_equal(parse(&t, text), EB_OK);
    memset(text, '[', EB_TOKENS_DEPTH_MAX + 1);
    memset(text + EB_TOKENS_DEPTH_MAX + 1, ']', EB_TOKENS_DEPTH_MAX + 1);
    text[2 * EB_TOKENS_DEPTH_MAX + 2] = '\0';
    assert_int_equal(parse(&t, text), EB_E_INVALID);

    enum { DEEP = 100000 };
    char *deep = malloc(DEEP);
    struct eb_token *many = calloc(DEEP, sizeof(*many));
    struct eb_err err = {0};
    assert_true(deep != NULL && many != NULL);
    memset(deep, '[', DEEP / 2);
    memset(deep + DEEP / 2, ']', DEEP / 2);
    assert_int_equal(eb_tokens_parse(&t, "test", deep, DEEP, many, DEEP, &err), EB_E_INVALID);
    free(deep);
    free(many);
}

static void paths_lead_to_values(void **state)
{
    (void)state;
    struct eb_tokens t;
    assert_int_equal(parse(&t, "{\"a\":{\"b\":[10,{\"c\":\"x\"},[]]},\"n\":null,\"a\":7,\"t\":true}"), EB_OK);
    struct eb_tok root = eb_tok_root(&t), list = eb_tok_get(eb_tok_get(root, "a"), "b");
    assert_int_equal(eb_tok_kind(root), EB_TOK_OBJECT);
    assert_int_equal(eb_tok_size(root), 4);
    assert_int_equal(eb_tok_kind(list), EB_TOK_ARRAY);
    assert_int_equal(eb_tok_size(list), 3);
    struct eb_tok e = eb_tok_first(list);
    assert_int_equal(eb_tok_kind(e), EB_TOK_NUMBER);
    e = eb_tok_next(e);
    assert_true(eb_tok_is(eb_tok_get(e, "c"), "x"));
    e = eb_tok_next(e);
    assert_int_equal(eb_tok_kind(e), EB_TOK_ARRAY);
    assert_int_equal(eb_tok_kind(eb_tok_first(e)), EB_TOK_ABSENT);
    assert_int_equal(eb_tok_kind(eb_tok_next(e)), EB_TOK_ABSENT);
    assert_int_equal(eb_tok_kind(eb_tok_get(root, "n")), EB_TOK_NULL);
    assert_int_equal(eb_tok_kind(eb_tok_get(root, "t")), EB_TOK_BOOL);
    assert_int_equal(eb_tok_kind(eb_tok_get(root, "b")), EB_TOK_ABSENT); /* not of the outer object */
    assert_int_equal(eb_tok_kind(eb_tok_get(eb_tok_get(root, "none"), "deeper")), EB_TOK_ABSENT);
    assert_int_equal(eb_tok_kind(eb_tok_get(list, "c")), EB_TOK_ABSENT);

    char keys[16] = "";
    size_t used = 0;
    for (e = eb_tok_first(root); eb_tok_kind(e) != EB_TOK_ABSENT; e = eb_tok_next(e)) {
        size_t len = 0;
        const char *key = eb_tok_key(e, &len);
        assert_int_equal(len, 1);
        keys[used++] = key[0];
    }
    assert_string_equal(keys, "anat");
    size_t len = 1;
    assert_null(eb_tok_key(eb_tok_first(list), &len));
    assert_int_equal(len, 0);
}

static void nothing_has_no_answers(void **state)
{
    (void)state;
    struct eb_tok none = EB_TOK_NONE;
    char text[8] = "kept";
    int64_t i = 5;
    uint64_t u = 5;
    bool b = true;
    size_t len = 5;
    assert_false(eb_tok_text(none, text, sizeof(text)) || eb_tok_e8(none, &i) || eb_tok_i64(none, &i) ||
                 eb_tok_u64(none, &u) || eb_tok_bool(none, &b) || eb_tok_is(none, ""));
    assert_null(eb_tok_raw(none, &len));
    assert_int_equal(len, 0);
    assert_int_equal(eb_tok_size(none), 0);
    assert_int_equal(eb_tok_kind(eb_tok_first(none)), EB_TOK_ABSENT);
    assert_int_equal(eb_tok_kind(eb_tok_next(none)), EB_TOK_ABSENT);
    assert_true(i == 5 && u == 5 && b && strcmp(text, "kept") == 0);
}

static struct eb_tok only(struct eb_tokens *t, const char *value)
{
    static char text[512];
    (void)snprintf(text, sizeof(text), "[%s]", value);
    assert_int_equal(parse(t, text), EB_OK);
    return eb_tok_first(eb_tok_root(t));
}

static void text_is_unescaped(void **state)
{
    (void)state;
    static const struct {
        const char *json, *text; /* NULL: refused */
    } cases[] = {
        {"\"\"", ""},
        {"\"BTCUSDT\"", "BTCUSDT"},
        {"\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\"", "a\"b\\c/d\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u5e01\"", "A\xc3\xa9\xe5\xb8\x81"},
        {"\"\\uD83D\\ude00\"", "\xf0\x9f\x98\x80"},
        {"\"\xe5\xb8\x81\xe5\xae\x89USDT\"", "\xe5\xb8\x81\xe5\xae\x89USDT"},
        {"\"\\u0000\"", NULL},
        {"\"\\ud83d\"", NULL},
        {"\"\\ud83dx\"", NULL},
        {"\"\\ud83d\\u0041\"", NULL},
        {"\"\\ude00\"", NULL},
        {"12", NULL},
        {"null", NULL},
        {"{}", NULL},
    };
    struct eb_tokens t;
    char out[64];
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        bool there = eb_tok_text(only(&t, cases[i].json), out, sizeof(out));
        assert_int_equal(there, cases[i].text != NULL);
        if (there) {
            assert_string_equal(out, cases[i].text);
        }
    }
    assert_true(eb_tok_text(only(&t, "\"abc\""), out, 4));
    assert_false(eb_tok_text(only(&t, "\"abc\""), out, 3));
    assert_false(eb_tok_text(only(&t, "\"\""), out, 0));
}

static void amounts_are_read_from_their_text(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool there;
        int64_t e8;
    } cases[] = {
        {"\"0.00000001\"", true, 1},
        {"11794.15", true, INT64_C(1179415000000)},
        {"\"-12.5\"", true, INT64_C(-1250000000)},
        {"1e-05", true, 1000},
        {"\"1E-05\"", true, 1000},
        {"2.5e3", true, INT64_C(250000000000)},
        {"1e-30", true, 0},
        {"\"0.000000005\"", true, 0}, /* ties go to even */
        {"\"0.000000015\"", true, 2},
        {"\"0.0000000150000000000000000001\"", true, 2},
        {"\"9910.12345678500000\"", true, INT64_C(991012345678)},
        {"\"92233720368.54775807\"", true, INT64_MAX},
        {"\"92233720368.54775808\"", false, 0},
        {"1e300", false, 0},
        {"1e99999999999999999999", false, 0},
        {"\"\"", false, 0},
        {"\" 1\"", false, 0},
        {"\"1 \"", false, 0},
        {"\"+1\"", false, 0},
        {"\"1,5\"", false, 0},
        {"\"NaN\"", false, 0},
        {"\"0x10\"", false, 0},
        {"true", false, 0},
        {"null", false, 0},
        {"[1]", false, 0},
    };
    struct eb_tokens t;
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        int64_t e8 = -7;
        bool there = eb_tok_e8(only(&t, cases[i].json), &e8);
        if (there != cases[i].there || e8 != (there ? cases[i].e8 : -7)) {
            fail_msg("%s: %d %lld", cases[i].json, there, (long long)e8);
        }
    }
}

static void whole_numbers_keep_all_their_digits(void **state)
{
    (void)state;
    struct eb_tokens t;
    uint64_t u = 0;
    int64_t i = 0;
    assert_true(eb_tok_u64(only(&t, "9007199254740993"), &u) && u == UINT64_C(9007199254740993)); /* 2^53 + 1 */
    assert_true(eb_tok_u64(only(&t, "\"3000000000003505\""), &u) && u == UINT64_C(3000000000003505));
    assert_true(eb_tok_u64(only(&t, "18446744073709551615"), &u) && u == UINT64_MAX);
    assert_false(eb_tok_u64(only(&t, "18446744073709551616"), &u));
    assert_false(eb_tok_u64(only(&t, "-1"), &u));
    assert_false(eb_tok_u64(only(&t, "1.0"), &u));
    assert_false(eb_tok_u64(only(&t, "1e3"), &u));
    assert_false(eb_tok_u64(only(&t, "\"\""), &u));
    assert_true(eb_tok_i64(only(&t, "-9223372036854775808"), &i) && i == INT64_MIN);
    assert_true(eb_tok_i64(only(&t, "\"9223372036854775807\""), &i) && i == INT64_MAX);
    assert_false(eb_tok_i64(only(&t, "9223372036854775808"), &i));
    assert_false(eb_tok_i64(only(&t, "-9223372036854775809"), &i));
    assert_false(eb_tok_i64(only(&t, "\"-\""), &i));
    assert_true(u == UINT64_MAX && i == INT64_MAX);
}

static void booleans_may_be_words(void **state)
{
    (void)state;
    struct eb_tokens t;
    bool b = false;
    assert_true(eb_tok_bool(only(&t, "true"), &b) && b);
    assert_true(eb_tok_bool(only(&t, "\"false\""), &b) && !b);
    assert_true(eb_tok_bool(only(&t, "\"TRUE\""), &b) && b);
    assert_true(eb_tok_bool(only(&t, "\"FALSE\""), &b) && !b);
    assert_false(eb_tok_bool(only(&t, "1"), &b));
    assert_false(eb_tok_bool(only(&t, "\"yes\""), &b));
    assert_false(eb_tok_bool(only(&t, "null"), &b));
    assert_false(b);
}

static void long_arrays_are_walked_in_one_pass(void **state)
{
    (void)state;
    enum { ROWS = 50000 };
    char *text = malloc(ROWS * 32 + 16);
    struct eb_token *many = calloc((size_t)ROWS * 7 + 2, sizeof(*many));
    assert_true(text != NULL && many != NULL);
    size_t used = 0;
    text[used++] = '[';
    for (int i = 0; i < ROWS; i++) {
        used += (size_t)snprintf(text + used, 32, "%s{\"i\":%d,\"x\":[1,2]}", i == 0 ? "" : ",", i);
    }
    text[used++] = ']';
    struct eb_tokens t;
    struct eb_err err = {0};
    assert_int_equal(eb_tokens_parse(&t, "test", text, used, many, ROWS * 7 + 2, &err), EB_OK);
    uint64_t expected = 0;
    for (struct eb_tok e = eb_tok_first(eb_tok_root(&t)); eb_tok_kind(e) != EB_TOK_ABSENT; e = eb_tok_next(e)) {
        uint64_t i = 0;
        assert_true(eb_tok_u64(eb_tok_get(e, "i"), &i));
        assert_int_equal(i, expected);
        expected++;
    }
    assert_int_equal(expected, ROWS);
    free(text);
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_told_from_other_text),
        cmocka_unit_test(no_prefix_of_a_document_is_one),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(paths_lead_to_values),
        cmocka_unit_test(nothing_has_no_answers),
        cmocka_unit_test(text_is_unescaped),
        cmocka_unit_test(amounts_are_read_from_their_text),
        cmocka_unit_test(whole_numbers_keep_all_their_digits),
        cmocka_unit_test(booleans_may_be_words),
        cmocka_unit_test(long_arrays_are_walked_in_one_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
