/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines are one JSON object each, of bounded length, and never show a secret. */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct captured {
    int lines;
    enum eb_log_level level;
    char line[EB_LOG_LINE_MAX + 1];
};

static void capture(void *user, enum eb_log_level level, const char *line)
{
    struct captured *c = user;
    c->lines++;
    c->level = level;
    assert_true(strlen(line) <= EB_LOG_LINE_MAX);
    memcpy(c->line, line, strlen(line) + 1);
}

static struct eb_log log_to(struct captured *c, enum eb_log_level min_level)
{
    memset(c, 0, sizeof(*c));
    return (struct eb_log){.sink = capture, .user = c, .min_level = min_level, .now_ms = 1700000000123};
}

static void writes_one_object(void **state)
{
    (void)state;
    struct captured c;
    struct eb_log log = log_to(&c, EB_LOG_DEBUG);
    eb_price price = {INT64_C(4200010000000)};
    eb_log(&log, EB_LOG_INFO, "order.submitted", EB_STR("symbol", "BTC\"USDT"), EB_DEC8("price", price),
           EB_PPM6("r", -506279), EB_I64("seq", -7), EB_BOOL("reduce", true), EB_BOOL("hedge", 0),
           EB_STR("none", NULL));
    assert_int_equal(c.lines, 1);
    assert_int_equal(c.level, EB_LOG_INFO);
    assert_string_equal(c.line, "{\"ts\":1700000000123,\"level\":\"info\",\"event\":\"order.submitted\","
                                "\"symbol\":\"BTC\\\"USDT\",\"price\":\"42000.1\",\"r\":\"-0.506279\",\"seq\":-7,"
                                "\"reduce\":true,\"hedge\":false,\"none\":null}");
}

static void an_event_needs_no_keys(void **state)
{
    (void)state;
    struct captured c;
    struct eb_log log = log_to(&c, EB_LOG_DEBUG);
    const struct eb_kv none[] = {EB_KEND};
    eb_log_write(&log, EB_LOG_ALARM, "alarm.disk", none);
    assert_string_equal(c.line, "{\"ts\":1700000000123,\"level\":\"alarm\",\"event\":\"alarm.disk\"}");
}

static void secrets_print_stars(void **state)
{
    (void)state;
    struct captured c;
    struct eb_log log = log_to(&c, EB_LOG_DEBUG);
    eb_log(&log, EB_LOG_INFO, "venue.login", EB_SECRET("key", "hunter2"), EB_SECRET("absent", NULL));
    assert_null(strstr(c.line, "hunter2"));
    assert_non_null(strstr(c.line, "\"key\":\"***\",\"absent\":\"***\"}"));
}

static void lower_levels_are_silent(void **state)
{
    (void)state;
    static const char *const names[] = {"debug", "info", "warn", "error", "alarm"};
    for (int min = EB_LOG_DEBUG; min <= EB_LOG_ALARM; min++) {
        for (int level = EB_LOG_DEBUG; level <= EB_LOG_ALARM; level++) {
            struct captured c;
            struct eb_log log = log_to(&c, (enum eb_log_level)min);
            eb_log(&log, (enum eb_log_level)level, "x", EB_I64("n", 1));
            assert_int_equal(c.lines, level >= min);
            assert_true(c.lines == 0 || strstr(c.line, names[level]) != NULL);
        }
    }
    assert_string_equal(eb_log_level_name(EB_LOG_WARN), "warn");
    assert_string_equal(eb_log_level_name((enum eb_log_level)9), "unknown");
}

static void no_log_and_no_sink_are_fine(void **state)
{
    (void)state;
    struct eb_log log = {0};
    eb_log(&log, EB_LOG_ALARM, "x", EB_I64("n", 1));
    eb_log(NULL, EB_LOG_ALARM, "x", EB_I64("n", 1));
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* Whether a line of these tests closes every string and its one object: quotes are even, but for escaped ones. */
static bool is_whole(const char *line)
{
    bool in_string = false;
    int depth = 0;
    for (; *line != '\0'; line++) {
        if (in_string && *line == '\\') {
            line++;
        } else if (*line == '"') {
            in_string = !in_string;
        } else if (!in_string) {
            depth += *line == '{' ? 1 : (*line == '}' ? -1 : 0);
        }
    }
    return !in_string && depth == 0;
}

/* Every length of the text around the limit: the line stays within it, whole, and says when something is missing. */
static void a_long_line_is_cut_whole(void **state)
{
    (void)state;
    static char text[2 * EB_LOG_LINE_MAX];
    size_t cut = 0;
    size_t longest = 0;
    for (size_t len = EB_LOG_LINE_MAX - 300; len < EB_LOG_LINE_MAX + 100; len++) {
        memset(text, 'a', len);
        text[len] = '\0';
        struct captured c;
        struct eb_log log = log_to(&c, EB_LOG_DEBUG);
        eb_log(&log, EB_LOG_INFO, "policy.said", EB_STR("text", text), EB_I64("number", 1234567890),
               EB_PPM6("ratio", 7654321), EB_STR("none", NULL), EB_STR("last", "\n\n\n"), EB_BOOL("end", true));
        assert_true(is_whole(c.line));
        bool complete = ends_with(c.line, "\"end\":true}") && strstr(c.line, "\"last\":\"\\n\\n\\n\"") != NULL;
        assert_true(complete != ends_with(c.line, ",\"cut\":true}"));
        assert_true(strstr(c.line, "1234567890") != NULL || strstr(c.line, "number") == NULL);
        assert_null(strstr(c.line, ":,")); /* no key without its value */
        assert_true(strstr(c.line, "\"7.654321\"") != NULL || strstr(c.line, "ratio") == NULL);
        assert_true(strstr(c.line, ":null") != NULL || strstr(c.line, "none") == NULL);
        longest = strlen(c.line) > longest ? strlen(c.line) : longest;
        cut += complete ? 0 : 1;
    }
    assert_in_range(cut, 150, 390); /* both kinds were met */
    assert_int_equal(longest, EB_LOG_LINE_MAX);
}

static void a_long_string_keeps_its_beginning(void **state)
{
    (void)state;
    static char text[3 * EB_LOG_LINE_MAX];
    memset(text, '\n', sizeof(text) - 1);
    struct captured c;
    struct eb_log log = log_to(&c, EB_LOG_DEBUG);
    eb_log(&log, EB_LOG_WARN, "x", EB_STR("text", text), EB_STR("after", "b"));
    assert_true(is_whole(c.line));
    assert_true(ends_with(c.line, "\\n\",\"cut\":true}"));
    assert_null(strstr(c.line, "after"));
    assert_true(strlen(c.line) > EB_LOG_LINE_MAX - 10);

    memset(text, 'e', sizeof(text) - 1); /* a name may be too long as well */
    eb_log(&log, EB_LOG_WARN, text, EB_I64("n", 1));
    assert_true(is_whole(c.line));
    assert_true(ends_with(c.line, "e\",\"cut\":true}"));
    eb_log(&log, EB_LOG_WARN, "x", EB_I64(text, 1));
    assert_string_equal(c.line, "{\"ts\":1700000000123,\"level\":\"warn\",\"event\":\"x\",\"cut\":true}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_one_object),
        cmocka_unit_test(an_event_needs_no_keys),
        cmocka_unit_test(secrets_print_stars),
        cmocka_unit_test(lower_levels_are_silent),
        cmocka_unit_test(no_log_and_no_sink_are_fine),
        cmocka_unit_test(a_long_line_is_cut_whole),
        cmocka_unit_test(a_long_string_keeps_its_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
