/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the structured log, and what of them a policy has said. */
#include "app/policy_said.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

static char said[400];
static bool was_said;

static void sink(void *user, enum eb_log_level level, const char *line)
{
    (void)user;
    (void)level;
    was_said = eb_policy_said(line, said, sizeof(said));
}

static const struct eb_log log_ = {.sink = sink, .min_level = EB_LOG_INFO, .now_ms = 1};

static void a_line_of_a_policy_is_read(void **state)
{
    (void)state;
    eb_log(&log_, EB_LOG_INFO, "policy.log", EB_STR("text", "far \"away\""), EB_STR("symbol", "BTCUSDT"));
    assert_true(was_said);
    assert_string_equal(said, "BTCUSDT policy says: far \"away\"");
    eb_log(&log_, EB_LOG_INFO, "policy.log", EB_STR("text", "loading"));
    assert_true(was_said);
    assert_string_equal(said, "policy says: loading");
}

static void a_terminal_is_not_told_what_to_do(void **state)
{
    (void)state;
    eb_log(&log_, EB_LOG_INFO, "policy.log", EB_STR("text", "two\nlines \x1b[2J"));
    assert_true(was_said);
    assert_string_equal(said, "policy says: two lines  [2J");
}

static void a_long_text_is_cut(void **state)
{
    (void)state;
    char text[1025];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    eb_log(&log_, EB_LOG_INFO, "policy.log", EB_STR("text", text));
    assert_true(was_said);
    assert_true(strlen(said) < sizeof(said));
    assert_string_equal(said + strlen(said) - 3, "...");
}

static void other_lines_are_nobodys_words(void **state)
{
    (void)state;
    eb_log(&log_, EB_LOG_INFO, "order.sent", EB_STR("text", "\"event\":\"policy.log\""));
    assert_false(was_said);
    assert_false(eb_policy_said("{\"x\":{\"event\":\"policy.log\",\"text\":\"a\"}}", said, sizeof(said)));
    assert_false(eb_policy_said("{\"event\":\"policy.log\"}", said, sizeof(said)));
    assert_false(eb_policy_said("\"event\":\"policy.log\"", said, sizeof(said)));
    assert_false(eb_policy_said("", said, sizeof(said)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_a_policy_is_read),
        cmocka_unit_test(a_terminal_is_not_told_what_to_do),
        cmocka_unit_test(a_long_text_is_cut),
        cmocka_unit_test(other_lines_are_nobodys_words),
    };
    return cmocka_run_group_tests_name("app/policy_said", tests, NULL, NULL);
}
