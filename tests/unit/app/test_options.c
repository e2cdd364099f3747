/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: every form that is taken, and a message with a remedy for every other. */
#include "app/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct eb_option options[] = {
    {"klines", EB_OPT_LIST, "FILE...", "price bars"}, {"set", EB_OPT_EACH, "NAME=LUA", "a setting"},
    {"json", EB_OPT_VALUE, "FILE|-", "the document"}, {"tick", EB_OPT_VALUE, "T", "the grid"},
    {"hedge", EB_OPT_FLAG, NULL, "both sides"},       {"no-quiet", EB_OPT_FLAG, NULL, NULL},
};
static const struct eb_subcommand command = {.name = "try",
                                             .arguments = "[WHAT] [OPTIONS]",
                                             .summary = "a try",
                                             .option = options,
                                             .option_count = EB_COUNT(options),
                                             .positional_max = 1};
static const struct eb_subcommand strict = {
    .name = "strict", .arguments = "WHAT", .positional_min = 1, .positional_max = 1};

#define ARGV_MAX 16
static int parse(const struct eb_subcommand *c, const char *const *words, struct eb_args *out, struct eb_err *err)
{
    static char copy[ARGV_MAX][64];
    static char *argv[ARGV_MAX];
    int argc = 0;
    for (; words[argc] != NULL; argc++) {
        assert_true(argc < ARGV_MAX && strlen(words[argc]) < sizeof(copy[0]));
        memcpy(copy[argc], words[argc], strlen(words[argc]) + 1);
        argv[argc] = copy[argc];
    }
    return eb_args_parse(c, argc, argv, out, err);
}
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void every_form_is_taken(void **state)
{
    (void)state;
    struct eb_args a;
    struct eb_err err = {0};
    const char *const *list;
    unsigned count;
    assert_int_equal(parse(&command,
                           WORDS("--klines", "a", "b", "--set", "x=1", "--tick=0.01", "--klines", "c", "--set", "y=-2",
                                 "--json", "-", "--hedge", "--", "--what"),
                           &a, &err),
                     EB_OK);
    assert_int_equal(eb_args_list(&a, "klines", &list, &count, &err), EB_OK);
    assert_int_equal(count, 3);
    assert_string_equal(list[0], "a");
    assert_string_equal(list[2], "c");
    assert_null(list[3]);
    free((void *)(uintptr_t)list);
    assert_int_equal(eb_args_list(&a, "set", &list, &count, &err), EB_OK);
    assert_int_equal(count, 2);
    assert_string_equal(list[1], "y=-2");
    free((void *)(uintptr_t)list);
    assert_string_equal(eb_args_text(&a, "json"), "-");
    assert_string_equal(eb_args_text(&a, "tick"), "0.01");
    assert_true(eb_args_has(&a, "hedge"));
    assert_false(eb_args_has(&a, "no-quiet"));
    assert_int_equal(a.positional_count, 1);
    assert_string_equal(a.positional[0], "--what");
    eb_args_deinit(&a);
}

static void a_negative_number_is_a_value(void **state)
{
    (void)state;
    struct eb_args a;
    struct eb_err err = {0};
    int64_t v = 0;
    assert_int_equal(parse(&command, WORDS("--tick", "-0.5"), &a, &err), EB_OK);
    assert_int_equal(eb_args_decimal(&a, "tick", -EB_E8, EB_E8, &v, &err), EB_OK);
    assert_int_equal(v, -EB_E8 / 2);
    eb_args_deinit(&a);
}

static void wrong_usage_is_explained(void **state)
{
    (void)state;
    static const struct {
        const char *words[6];
        const char *one, *two;
    } cases[] = {
        {{"--klins", "a"}, "--klins: no such option", "did you mean --klines?"},
        {{"--hedg"}, "--hedg: no such option", "did you mean --hedge?"},
        {{"--hlp"}, "--hlp: no such option", "did you mean --help?"},
        {{"--quite-different"}, "no such option", "exitbrain try --help lists them"},
        {{"--no-quit"}, "no such option", "--help lists them"}, /* what is not shown is not suggested */
        {{"--json"}, "--json wants a value", "--json FILE|-"},
        {{"--json", "--hedge"}, "--json wants a value", NULL},
        {{"--klines", "--hedge"}, "--klines wants a value", NULL},
        {{"--hedge=yes"}, "--hedge takes no value", NULL},
        {{"--tick", "1", "--tick", "2"}, "--tick is given twice", NULL},
        {{"one", "two"}, "\"two\": one argument too many", "exitbrain try [WHAT] [OPTIONS]"},
        {{"-j"}, "-j: options are written in full", NULL},
        {{"--=x"}, "no such option", NULL},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_args a;
        struct eb_err err = {0};
        assert_int_equal(parse(&command, cases[i].words, &a, &err), EB_E_INVALID);
        if (strstr(err.msg, cases[i].one) == NULL || (cases[i].two != NULL && strstr(err.msg, cases[i].two) == NULL)) {
            fail_msg("%s: \"%s\"", cases[i].words[0], err.msg);
        }
        eb_args_deinit(&a);
    }
}

static void a_missing_argument_is_explained(void **state)
{
    (void)state;
    struct eb_args a;
    struct eb_err err = {0};
    static const char *const none[] = {NULL};
    assert_int_equal(parse(&strict, none, &a, &err), EB_E_INVALID);
    assert_non_null(strstr(err.msg, "an argument is missing: exitbrain strict WHAT"));
    eb_args_deinit(&a);
}

static void help_wins_over_everything(void **state)
{
    (void)state;
    struct eb_args a;
    struct eb_err err = {0};
    assert_int_equal(parse(&command, WORDS("--klins", "--help"), &a, &err), EB_OK);
    assert_true(a.help);
    eb_args_deinit(&a);
    assert_int_equal(parse(&strict, WORDS("-h"), &a, &err), EB_OK);
    assert_true(a.help);
    eb_args_deinit(&a);
    assert_int_equal(parse(&strict, WORDS("--", "-h"), &a, &err), EB_OK);
    assert_false(a.help);
    eb_args_deinit(&a);
}

static void help_shows_what_is_meant_to_be_seen(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *f = tmpfile();
    assert_non_null(f);
    eb_command_help(&command, f);
    len = (size_t)ftell(f);
    text = calloc(1, len + 1);
    assert_non_null(text);
    rewind(f);
    assert_int_equal(fread(text, 1, len, f), len);
    fclose(f);
    assert_non_null(strstr(text, "usage: exitbrain try [WHAT] [OPTIONS]\na try\n"));
    assert_non_null(strstr(text, "  --klines FILE...            price bars\n"));
    assert_non_null(strstr(text, "  --help                      this page\n"));
    assert_null(strstr(text, "no-quiet"));
    free(text);
}

static void a_value_error_names_its_option(void **state)
{
    (void)state;
    struct eb_args a;
    struct eb_err err = {0};
    int64_t v = 5;
    assert_int_equal(parse(&command, WORDS("--tick", "x"), &a, &err), EB_OK);
    assert_int_equal(eb_args_decimal(&a, "tick", 0, EB_E8, &v, &err), EB_E_INVALID);
    assert_non_null(strstr(err.msg, "--tick: \"x\""));
    assert_int_equal(eb_args_duration(&a, "json", 0, 1, &v, &err), EB_OK); /* not given: stays what it was */
    assert_int_equal(v, 5);
    eb_args_deinit(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_taken),
        cmocka_unit_test(a_negative_number_is_a_value),
        cmocka_unit_test(wrong_usage_is_explained),
        cmocka_unit_test(a_missing_argument_is_explained),
        cmocka_unit_test(help_wins_over_everything),
        cmocka_unit_test(help_shows_what_is_meant_to_be_seen),
        cmocka_unit_test(a_value_error_names_its_option),
    };
    return cmocka_run_group_tests_name("app/options", tests, NULL, NULL);
}
