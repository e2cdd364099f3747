/* SPDX-License-Identifier: Apache-2.0 */
/* Codes, names and texts agree with their one table; messages are cut visibly; an assertion ends the process. */
#define _POSIX_C_SOURCE 200809L

#include "base/err.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#include <cmocka.h>

static const struct {
    int code;
    const char *name;
    const char *text;
} TABLE[] = {{EB_OK, "OK", "no error"},
#define XX(name, num, text) {num, #name, text},
             EB_ERR_MAP(XX)
#undef XX
};

static void every_code_has_its_own_name_and_text(void **state)
{
    (void)state;
    assert_true(EB_COUNT(TABLE) > 10);
    for (size_t i = 0; i < EB_COUNT(TABLE); i++) {
        assert_string_equal(eb_err_name(TABLE[i].code), TABLE[i].name);
        assert_string_equal(eb_err_text(TABLE[i].code), TABLE[i].text);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(TABLE[i].code, TABLE[j].code);
            assert_string_not_equal(TABLE[i].text, TABLE[j].text);
        }
        assert_true(i == 0 || TABLE[i].code < 0);
    }
    assert_string_equal(eb_err_name(EB_E_CORRUPT), "CORRUPT");
    assert_int_equal(EB_E_CORRUPT, -11);
}

static void a_number_that_is_no_code_is_unknown(void **state)
{
    (void)state;
    static const int numbers[] = {1, -1000, 2147483647, -2147483647 - 1};
    for (size_t i = 0; i < EB_COUNT(numbers); i++) {
        assert_string_equal(eb_err_name(numbers[i]), "UNKNOWN");
        assert_string_equal(eb_err_text(numbers[i]), "UNKNOWN");
    }
}

static void set_fills_and_returns_the_code(void **state)
{
    (void)state;
    struct eb_err err = {0};
    assert_int_equal(eb_err_set(&err, EB_E_REFUSED, "gateway.submit", "%s: %d of %d", "BTCUSDT", 3, 2), EB_E_REFUSED);
    assert_int_equal(err.code, EB_E_REFUSED);
    assert_string_equal(err.where, "gateway.submit");
    assert_string_equal(err.msg, "BTCUSDT: 3 of 2");
    assert_int_equal(eb_err_set(NULL, EB_E_IO, "x", "%s", "nobody listens"), EB_E_IO);
}

static void a_long_message_shows_that_it_was_cut(void **state)
{
    (void)state;
    struct eb_err err;
    char text[sizeof(err.msg) + 1];
    memset(text, 'a', sizeof(text));

    text[sizeof(err.msg) - 1] = '\0'; /* fits exactly */
    (void)eb_err_set(&err, EB_E_IO, "x", "%s", text);
    assert_string_equal(err.msg, text);

    text[sizeof(err.msg) - 1] = 'a';
    text[sizeof(err.msg)] = '\0';
    (void)eb_err_set(&err, EB_E_IO, "x", "%s", text);
    assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
    assert_string_equal(err.msg + sizeof(err.msg) - 5, "a...");
}

/* A wide character beyond Unicode cannot be printed: the code still arrives, the message is empty, not rubbish. */
static void a_message_that_cannot_be_formatted_is_empty(void **state)
{
    (void)state;
    struct eb_err err;
    memset(&err, 'x', sizeof(err));
    assert_int_equal(eb_err_set(&err, EB_E_IO, "x", "said %lc", (wint_t)0x7fffffff), EB_E_IO);
    assert_int_equal(err.code, EB_E_IO);
    assert_string_equal(err.msg, "");
}

/* Runs the failing assertion in a child whose standard error is a pipe. */
static void a_failed_assertion_names_itself_and_aborts(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        int one = 1;
        EB_ASSERT(one == 1);
        EB_ASSERT(one == 2);
        _exit(0);
    }
    (void)close(ends[1]);
    char said[512];
    size_t len = 0;
    ssize_t n;
    while (len < sizeof(said) - 1 && (n = read(ends[0], said + len, sizeof(said) - 1 - len)) > 0) {
        len += (size_t)n;
    }
    said[len] = '\0';
    (void)close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(said, "test_err.c:"));
    assert_non_null(strstr(said, "assertion failed: one == 2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_own_name_and_text),
        cmocka_unit_test(a_number_that_is_no_code_is_unknown),
        cmocka_unit_test(set_fills_and_returns_the_code),
        cmocka_unit_test(a_long_message_shows_that_it_was_cut),
        cmocka_unit_test(a_message_that_cannot_be_formatted_is_empty),
        cmocka_unit_test(a_failed_assertion_names_itself_and_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
