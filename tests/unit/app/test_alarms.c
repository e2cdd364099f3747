/* SPDX-License-Identifier: Apache-2.0 */
/* Alarms: what is one and what is two, what is logged, and the command: what it is told, and that it never holds up. */
#define _GNU_SOURCE

#include "app/alarms.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define T0 INT64_C(1700000000000)
#define PATIENCE_NS (60 * INT64_C(1000000000))

static char dir[64], script[80];
static char lines[65536]; /* everything logged */
static struct eb_loop *loop;

static void sink(void *user, enum eb_log_level level, const char *line)
{
    (void)user;
    (void)level;
    size_t len = strlen(lines);
    (void)snprintf(lines + len, sizeof(lines) - len, "%s\n", line);
}
static const struct eb_log log_to_lines = {.sink = sink};

static int setup(void **state)
{
    (void)state;
    struct eb_err err;
    lines[0] = '\0';
    (void)snprintf(dir, sizeof(dir), "/tmp/eb_alarms.XXXXXX");
    if (mkdtemp(dir) == NULL) {
        return -1;
    }
    (void)snprintf(script, sizeof(script), "%s/on alarm", dir); /* with a blank: still one program */
    return eb_loop_create(&loop, &err);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static int teardown(void **state)
{
    (void)state;
    eb_loop_destroy(loop);
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct eb_alarms *create(const char *command)
{
    const struct eb_alarms_config c = {.loop = loop, .log = &log_to_lines, .command = command, .kill_after_ms = 30000};
    struct eb_alarms *a;
    struct eb_err err;
    assert_int_equal(eb_alarms_create(&c, &a, &err), EB_OK);
    return a;
}

/* A program that runs in the test's directory, its standard input the alarm. */
static void write_script(const char *text)
{
    FILE *f = fopen(script, "w");
    assert_non_null(f);
    assert_true(fprintf(f, "#!/bin/sh\ncd '%s' || exit 9\n%s\n", dir, text) > 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(script, 0700), 0);
}

static void read_file(const char *name, char *out, size_t room)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *f = fopen(path, "r");
    size_t n = f != NULL ? fread(out, 1, room - 1, f) : 0;
    out[n] = '\0';
    if (f != NULL) {
        (void)fclose(f);
    }
}

static unsigned times(const char *text, const char *part)
{
    unsigned n = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        n++;
    }
    return n;
}

static bool file_has_lines(const char *name, unsigned wanted)
{
    char text[8192];
    read_file(name, text, sizeof(text));
    return times(text, "\n") >= wanted;
}

/* Runs the loop until the file has so many lines. */
static void wait_for_lines(const char *name, unsigned wanted)
{
    int64_t deadline = eb_monotonic_ns() + PATIENCE_NS;
    while (!file_has_lines(name, wanted)) {
        assert_true(eb_monotonic_ns() < deadline);
        eb_loop_once(loop, false);
        (void)usleep(2000);
    }
}

static void wait_for_log(const char *part, unsigned wanted)
{
    int64_t deadline = eb_monotonic_ns() + PATIENCE_NS;
    while (times(lines, part) < wanted) {
        assert_true(eb_monotonic_ns() < deadline);
        eb_loop_once(loop, false);
        (void)usleep(2000);
    }
}

static void is(const struct eb_alarms *a, unsigned index, const char *name, const char *symbol, uint64_t count,
               bool over)
{
    assert_true(index < eb_alarms_count(a));
    const struct eb_alarm *x = eb_alarms_at(a, index);
    assert_string_equal(x->name, name);
    assert_string_equal(x->symbol, symbol);
    assert_int_equal(x->count, count);
    assert_int_equal(x->over, over);
}

static void the_same_about_the_same_is_one(void **state)
{
    (void)state;
    struct eb_alarms *a = create("");
    eb_alarm_raise(a, "unprotected", "BTCUSDT", "no stop rests", T0);
    eb_alarm_raise(a, "unprotected", "ETHUSDT", "no stop rests", T0 + 1);
    eb_alarm_raise(a, "unprotected", "BTCUSDT", "no stop rests", T0 + 2);
    eb_alarm_raise(a, "store_failed", "", "disk full", T0 + 3);
    assert_int_equal(eb_alarms_count(a), 3);
    is(a, 0, "store_failed", "", 1, false);
    is(a, 1, "unprotected", "BTCUSDT", 2, false);
    is(a, 2, "unprotected", "ETHUSDT", 1, false);
    assert_int_equal(eb_alarms_at(a, 1)->first_ms, T0);
    assert_int_equal(eb_alarms_at(a, 1)->last_ms, T0 + 2);
    assert_string_equal(eb_alarms_at(a, 0)->text, "disk full");
    assert_int_equal(eb_alarms_standing(a), 3);
    eb_alarms_destroy(a);
}

static void an_alarm_ends_and_may_come_back(void **state)
{
    (void)state;
    struct eb_alarms *a = create(NULL);
    eb_alarm_raise(a, "stale_price", "BTCUSDT", "3 s", T0);
    eb_alarm_raise(a, "parked", "BTCUSDT", "leg 1", T0);
    eb_alarm_raise(a, "shadow", "", "", T0);
    eb_alarm_end(a, "stale_price", "ETHUSDT", T0 + 5); /* there is none */
    eb_alarm_end(a, "stale_price", "", T0 + 5);
    assert_int_equal(eb_alarms_standing(a), 3);
    eb_alarm_end(a, "stale_price", "BTCUSDT", T0 + 5);
    is(a, 2, "stale_price", "BTCUSDT", 1, true);
    eb_alarm_end(a, "parked", "BTCUSDT", T0 + 6);
    eb_alarm_end(a, "parked", "BTCUSDT", T0 + 6); /* once */
    assert_int_equal(eb_alarms_standing(a), 1);
    assert_int_equal(times(lines, "\"event\":\"alarm.over\""), 2);
    eb_alarm_raise(a, "stale_price", "BTCUSDT", "3 s", T0 + 7);
    is(a, 0, "stale_price", "BTCUSDT", 2, false);
    assert_int_equal(times(lines, "\"event\":\"alarm.stale_price\""), 2); /* it is news again */
    eb_alarms_destroy(a);
}

static void only_news_is_logged(void **state)
{
    (void)state;
    struct eb_alarms *a = create("");
    for (int i = 0; i < 100; i++) {
        eb_alarm_raise(a, "stop_stuck", "BTCUSDT", i < 50 ? "first" : "second \"reason\"", T0 + i);
    }
    assert_int_equal(times(lines, "\"event\":\"alarm.stop_stuck\""), 2);
    assert_int_equal(times(lines, "\"level\":\"alarm\""), 2);
    assert_non_null(
        strstr(lines, "\"symbol\":\"BTCUSDT\",\"text\":\"second \\\"reason\\\"\",\"count\":51,\"first_ms\":"));
    eb_alarm_raise(a, "stop_stuck", "BTCUSDT", "second \"reason\"", T0 + 60000);
    assert_int_equal(times(lines, "\"event\":\"alarm.stop_stuck\""), 3);
    eb_alarms_destroy(a);
}

static void a_full_list_gives_up_what_is_over_then_what_is_oldest(void **state)
{
    (void)state;
    struct eb_alarms *a = create("");
    char symbol[EB_SYMBOL_MAX];
    for (unsigned i = 0; i < EB_ALARMS_MAX; i++) {
        (void)snprintf(symbol, sizeof(symbol), "S%u", i);
        eb_alarm_raise(a, "parked", symbol, "", T0 + i);
    }
    eb_alarm_end(a, "parked", "S7", T0 + 100);
    eb_alarm_raise(a, "parked", "NEW1", "", T0 + 101);
    assert_int_equal(eb_alarms_count(a), EB_ALARMS_MAX);
    is(a, 0, "parked", "NEW1", 1, false);
    is(a, EB_ALARMS_MAX - 1, "parked", "S0", 1, false);
    eb_alarm_raise(a, "parked", "NEW2", "", T0 + 102);
    is(a, EB_ALARMS_MAX - 1, "parked", "S1", 1, false);
    assert_int_equal(eb_alarms_standing(a), EB_ALARMS_MAX);
    eb_alarms_destroy(a);
}

static void what_is_too_long_is_cut(void **state)
{
    (void)state;
    struct eb_alarms *a = create("");
    char text[200];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    eb_alarm_raise(a, text, text, text, T0);
    eb_alarm_raise(a, text, text, text, T0 + 1);
    assert_int_equal(eb_alarms_count(a), 1);
    assert_int_equal(eb_alarms_at(a, 0)->count, 2);
    assert_int_equal(strlen(eb_alarms_at(a, 0)->text), EB_ALARM_TEXT_MAX - 1);
    text[100] = ' ';
    eb_alarm_raise(a, text, text, text, T0 + 1);
    assert_int_equal(strlen(eb_alarms_at(a, 0)->text), 100 + 3);
    assert_string_equal(eb_alarms_at(a, 0)->text + 99, "x...");
    eb_alarm_end(a, text, text, T0 + 2);
    assert_int_equal(eb_alarms_standing(a), 0);
    eb_alarms_destroy(a);
}

static void the_command_is_told_on_its_standard_input(void **state)
{
    (void)state;
    char text[1024], wanted[512];
    write_script("cat >> told");
    struct eb_alarms *a = create(script);
    eb_alarm_raise(a, "unprotected", "BTCUSDT", "a \"quote\"", T0);
    wait_for_lines("told", 1);
    read_file("told", text, sizeof(text));
    (void)snprintf(wanted, sizeof(wanted),
                   "{\"alarm\":\"unprotected\",\"symbol\":\"BTCUSDT\",\"text\":\"a \\\"quote\\\"\",\"first_ms\":%lld,"
                   "\"last_ms\":%lld,\"count\":1,\"pid\":%ld}\n",
                   (long long)T0, (long long)T0, (long)getpid());
    assert_string_equal(text, wanted);
    /* Again within the minute: counted only. After it: told again, with the count. */
    eb_alarm_raise(a, "unprotected", "BTCUSDT", "another text", T0 + 59999);
    eb_alarm_raise(a, "unprotected", "BTCUSDT", "a third", T0 + 60000);
    wait_for_lines("told", 2);
    read_file("told", text, sizeof(text));
    assert_int_equal(times(text, "\n"), 2);
    assert_non_null(strstr(text, "\"text\":\"a third\""));
    assert_non_null(strstr(text, "\"count\":3"));
    assert_string_equal(eb_alarms_trouble(a), "");
    eb_alarms_destroy(a);
}

static void the_command_may_have_arguments(void **state)
{
    (void)state;
    char command[256];
    (void)snprintf(command, sizeof(command), "  tee\t-a %s/told  %s/copy ", dir, dir);
    struct eb_alarms *a = create(command);
    eb_alarm_raise(a, "shadow", "", "", T0);
    wait_for_lines("told", 1);
    wait_for_lines("copy", 1);
    eb_alarms_destroy(a);
}

static void never_more_than_four_at_once_and_none_is_forgotten(void **state)
{
    (void)state;
    char text[8192], symbol[EB_SYMBOL_MAX];
    write_script("mkdir run.$$; ls -d run.* | wc -l >> together; sleep 0.2; rmdir run.$$; cat >> told");
    struct eb_alarms *a = create(script);
    for (unsigned i = 0; i < 11; i++) {
        (void)snprintf(symbol, sizeof(symbol), "S%u", i);
        eb_alarm_raise(a, "unprotected", symbol, "", T0);
    }
    wait_for_lines("told", 11);
    read_file("together", text, sizeof(text));
    for (char *at = text; *at != '\0'; at += strcspn(at, "\n") + 1) {
        assert_in_range(strtol(at, NULL, 10), 1, 4);
    }
    read_file("told", text, sizeof(text));
    for (unsigned i = 0; i < 11; i++) {
        (void)snprintf(symbol, sizeof(symbol), "\"S%u\"", i);
        assert_int_equal(times(text, symbol), 1);
    }
    eb_alarms_destroy(a);
}

static void a_command_that_fails_is_a_line(void **state)
{
    (void)state;
    write_script("exit 7");
    struct eb_alarms *a = create(script);
    eb_alarm_raise(a, "parked", "BTCUSDT", "", T0);
    wait_for_log("on_alarm.failed", 1);
    assert_non_null(strstr(lines, "\"alarm\":\"parked\",\"symbol\":\"BTCUSDT\""));
    assert_non_null(strstr(lines, "\"status\":7,\"text\":\"ended with status 7\""));
    assert_string_equal(eb_alarms_trouble(a), "ended with status 7");
    write_script("cat > told");
    eb_alarm_raise(a, "parked", "ETHUSDT", "", T0);
    wait_for_lines("told", 1);
    int64_t deadline = eb_monotonic_ns() + PATIENCE_NS;
    while (eb_alarms_trouble(a)[0] != '\0') { /* it has recovered */
        assert_true(eb_monotonic_ns() < deadline);
        eb_loop_once(loop, true);
    }
    eb_alarms_destroy(a);
}

static void a_command_that_does_not_exist_is_a_line(void **state)
{
    (void)state;
    struct eb_alarms *a = create("/nonexistent/on_alarm --loud");
    eb_alarm_raise(a, "parked", "BTCUSDT", "", T0);
    wait_for_log("on_alarm.failed", 1);
    assert_non_null(strstr(lines, "\"command\":\"/nonexistent/on_alarm\""));
    assert_string_not_equal(eb_alarms_trouble(a), "");
    assert_int_equal(eb_alarms_standing(a), 1);
    eb_alarms_destroy(a);
    struct eb_err err;
    const struct eb_alarms_config c = {.loop = loop, .command = "a b c d e f g h i j k l m n o p"};
    assert_int_equal(eb_alarms_create(&c, &a, &err), EB_E_INVALID);
    assert_non_null(strstr(err.msg, "alarm.command"));
}

static void a_command_that_hangs_is_killed(void **state)
{
    (void)state;
    const struct eb_alarms_config c = {.loop = loop, .log = &log_to_lines, .command = script, .kill_after_ms = 200};
    struct eb_alarms *a;
    struct eb_err err;
    write_script("exec sleep 1000");
    assert_int_equal(eb_alarms_create(&c, &a, &err), EB_OK);
    char symbol[EB_SYMBOL_MAX];
    for (unsigned i = 0; i < 5; i++) { /* the fifth gets the place of one that was killed */
        (void)snprintf(symbol, sizeof(symbol), "S%u", i);
        eb_alarm_raise(a, "parked", symbol, "", T0);
    }
    wait_for_log("\"status\":137", 5);
    assert_non_null(strstr(eb_alarms_trouble(a), "signal 9"));
    eb_alarms_destroy(a);
}

static void whoever_ends_leaves_the_command_to_its_work(void **state)
{
    (void)state;
    write_script("sleep 0.2; cat >> told");
    struct eb_alarms *a = create(script);
    eb_alarm_raise(a, "store_failed", "", "the end", T0);
    eb_alarms_destroy(a);
    wait_for_lines("told", 1);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(the_same_about_the_same_is_one),
        CASE(an_alarm_ends_and_may_come_back),
        CASE(only_news_is_logged),
        CASE(a_full_list_gives_up_what_is_over_then_what_is_oldest),
        CASE(what_is_too_long_is_cut),
        CASE(the_command_is_told_on_its_standard_input),
        CASE(the_command_may_have_arguments),
        CASE(never_more_than_four_at_once_and_none_is_forgotten),
        CASE(a_command_that_fails_is_a_line),
        CASE(a_command_that_does_not_exist_is_a_line),
        CASE(a_command_that_hangs_is_killed),
        CASE(whoever_ends_leaves_the_command_to_its_work),
    };
    return cmocka_run_group_tests_name("app/alarms", tests, NULL, NULL);
}
