/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration: defaults that send nothing, the order of sources, and strictness at each of them. */
#include "app/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int read_text(struct eb_config *c, const char *text, struct eb_err *err)
{
    return eb_config_read_text(c, "exitbrain.lua", text, strlen(text), err);
}

static void the_default_sends_nothing(void **state)
{
    (void)state;
    struct eb_config c;
    struct eb_engine_config engine;
    eb_config_default(&c);
    eb_engine_config_default(&engine);
    assert_int_equal(c.engine.mode.exit_mode, EB_EXIT_MODE_LEGACY);
    assert_false(c.engine.mode.executor_live);
    assert_false(c.engine.mode.rollout_enabled);
    assert_int_equal(c.engine.instance, 0); /* the journal's own */
    c.engine.instance = engine.instance;
    assert_memory_equal(&c.engine, &engine, sizeof(engine));
}

/* Every default lies in its own range, and the range is one that the engine takes: at both ends. */
static void the_table_fits_the_engine(void **state)
{
    (void)state;
    unsigned count;
    const struct eb_config_key *key = eb_config_keys(&count);
    for (unsigned i = 0; i < count; i++) {
        bool number = key[i].kind == EB_KEY_RATIO || key[i].kind == EB_KEY_DURATION || key[i].kind == EB_KEY_INTEGER;
        bool of_engine = key[i].offset < sizeof(struct eb_engine_config);
        for (unsigned end = 0; number && of_engine && end < 2; end++) {
            struct eb_config c;
            struct eb_err err = {0};
            struct eb_engine *e = NULL;
            char text[EB_DECIMAL_TEXT_MAX + 4] = "";
            int64_t v = end == 0 ? key[i].min : key[i].max;
            int scale = key[i].unit == EB_IN_BPS ? 2 : key[i].unit == EB_IN_PERCENT ? 4 : 6;
            (void)eb_decimal_format(v, key[i].kind == EB_KEY_RATIO ? scale : 0, text);
            if (key[i].kind == EB_KEY_DURATION) {
                memcpy(text + strlen(text), "ms", 3);
            }
            eb_config_default(&c);
            assert_int_equal(eb_config_set(&c, key[i].name, key[i].name, text, EB_FROM_FILE, &err), EB_OK);
            if (strcmp(key[i].name, "backstop.slots") == 0) {
                c.engine.slots_reserve = 0; /* it must not exceed the slots */
            } else if (strcmp(key[i].name, "backstop.slots_reserve") == 0) {
                c.engine.slots_max = 100000;
            }
            c.engine.instance = c.engine.instance == 0 ? 1 : c.engine.instance; /* as a journal would say */
            c.engine.symbols_max = c.engine.symbols_max > 10 ? 10 : c.engine.symbols_max;
            if (eb_engine_create(&c.engine, &e, &err) != EB_OK) {
                fail_msg("%s = %s: %s", key[i].name, text, err.msg);
            }
            eb_engine_destroy(e);
        }
    }
}

static void the_order_of_sources(void **state)
{
    (void)state;
    struct eb_config c;
    struct eb_err err = {0};
    eb_config_default(&c);
    assert_int_equal(read_text(&c,
                               "return { mode = { exit_mode = 'EXIT_BRAIN_V3' },\n"
                               "  guard = { min_stop_distance_pct = 0.5, allow_loosen = true },\n"
                               "  cycle = { interval = '5s' }, paper = { seed = 7, speed = 2.5, balance = 123.45 } }",
                               &err),
                     EB_OK);
    assert_int_equal(c.engine.mode.exit_mode, EB_EXIT_MODE_EXIT_BRAIN_V3);
    assert_int_equal(c.engine.min_stop_distance_ppm, 5000);
    assert_true(c.engine.allow_loosen);
    assert_int_equal(c.engine.cycle_ms, 5000);
    assert_int_equal(c.paper.speed_ppm, 2500000);
    assert_int_equal(c.paper.balance.e8, INT64_C(12345000000));
    char environment[][64] = {
        "EXITBRAIN_CYCLE_INTERVAL=7s",    "EXIT_EXECUTOR_MODE=LIVE", "EXIT_BRAIN_PROFILE=CHALLENGE_100",
        "QT_TRAILING_STOP_ENABLED=false", "EXITBRAIN_PAPER_SEED=",   "PATH=/bin",
        "EXITBRAIN_DATA=/somewhere"};
    char *list[EB_COUNT(environment) + 1] = {0};
    for (size_t i = 0; i < EB_COUNT(environment); i++) {
        list[i] = environment[i];
    }
    assert_int_equal(eb_config_environment(&c, list, true, &err), EB_OK);
    assert_int_equal(c.engine.cycle_ms, 7000);
    assert_true(c.engine.mode.executor_live);
    assert_false(c.legacy_trailing);
    assert_string_equal(c.profile, "CHALLENGE_100");
    assert_int_equal(c.paper.seed, 7); /* an empty variable is none */
    assert_int_equal(eb_config_set(&c, "paper.seed", "--seed", "9", EB_FROM_COMMAND_LINE, &err), EB_OK);
    assert_int_equal(c.paper.seed, 9);
}

static void modes_of_the_environment_can_be_left_out(void **state)
{
    (void)state;
    struct eb_config c;
    struct eb_err err = {0};
    char live[] = "EXIT_EXECUTOR_MODE=LIVE";
    char profile[] = "EXIT_BRAIN_PROFILE=TREND";
    char *list[] = {live, profile, NULL};
    eb_config_default(&c);
    assert_int_equal(eb_config_environment(&c, list, false, &err), EB_OK);
    assert_false(c.engine.mode.executor_live);
    assert_string_equal(c.profile, "TREND");
}

static void a_wrong_file_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *one, *two;
    } cases[] = {
        {"return {\n guard = {\n  min_stop_distance_pct = 20 } }", "exitbrain.lua:3: guard.min_stop_distance_pct",
         "20 is out of range: 0 .. 10 %"},
        {"return { guard = { min_stop_distanc_pct = 1 } }", "no such key", "did you mean guard.min_stop_distance_pct?"},
        {"return { interval = '5s' }", "interval: no such key", "did you mean cycle.interval?"},
        {"return { gaurd = { max_loss_pct = 1 } }", "gaurd.max_loss_pct: no such key",
         "did you mean guard.max_loss_pct?"},
        {"return { cycle = { interval = 5 } }", "cycle.interval", "a text with a unit"},
        {"return { cycle = { interval = '5' } }", "5 has no unit", "write 5s"},
        {"return { cycle = { interval = '1ms' } }", "out of range", "100ms .. 10m"},
        {"return { cycle = { failures_max = 2.5 } }", "cycle.failures_max", "no whole number"},
        {"return { cycle = { failures_max = '3' } }", "cycle.failures_max", "a number is wanted"},
        {"return { backstop = { enabled = 1 } }", "backstop.enabled", "true or false is wanted"},
        {"return { mode = { executor_mode = 'live' } }", "SHADOW, LIVE", "did you mean LIVE?"},
        {"return { mode = { executor_mode = true } }", "mode.executor_mode", "a text is wanted"},
        {"return { price = { max_jump_pct = 0/0 } }", "not a finite number", NULL},
        {"return { price = { max_jump_pct = 1e300 } }", "price.max_jump_pct", "a number is wanted"},
        {"return { guard = { min_stop_distance_pct = 0.12345 } }", "more than 4 decimals", NULL},
        {"return { policy = { profile = 'A_NAME_THAT_IS_MUCH_TOO_LONG_TO_BE_ONE' } }", "policy.profile",
         "longer than 31"},
        {"return { 1, 2 }", "[1]", "no such key"},
        {"return { cycle = 10 }", "exitbrain.lua:1: cycle: a table is wanted here", "{ interval = ... }"},
        {"return 5", "exitbrain.lua: a table is wanted here", "return {"},
        {"", "exitbrain.lua: a table is wanted here", NULL},
        {"return os.exit(3)", "exitbrain.lua", NULL},
        {"return {", "exitbrain.lua:1", NULL},
        {"while true do end", "exitbrain.lua", NULL},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_config c;
        struct eb_err err = {0};
        eb_config_default(&c);
        assert_true(read_text(&c, cases[i].text, &err) < 0);
        if (strstr(err.msg, cases[i].one) == NULL || (cases[i].two != NULL && strstr(err.msg, cases[i].two) == NULL)) {
            fail_msg("%s\n  gives \"%s\"", cases[i].text, err.msg);
        }
    }
}

static void a_wrong_environment_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *variable, *one, *two;
    } cases[] = {
        {"EXIT_MODE=EXIT_BRAIN", "EXIT_MODE: \"EXIT_BRAIN\"", "LEGACY, EXIT_BRAIN_V3"},
        {"EXIT_EXECUTOR_MODE=live", "SHADOW, LIVE", NULL},
        {"EXIT_BRAIN_V3_LIVE_ROLLOUT=yes", "DISABLED, ENABLED", NULL},
        {"QT_TRAILING_STOP_ENABLED=on", "false, true", NULL},
        {"EXITBRAIN_CYCLE_INTERVL=1s", "EXITBRAIN_CYCLE_INTERVL: no such", "did you mean EXITBRAIN_CYCLE_INTERVAL?"},
        {"EXITBRAIN_CYCLE_INTERVAL=1", "has no unit", NULL},
        {"EXITBRAIN_BACKSTOP_DISTANCE_R=11", "out of range: 0 .. 10", NULL},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_config c;
        struct eb_err err = {0};
        char variable[64];
        char *list[] = {variable, NULL};
        (void)snprintf(variable, sizeof(variable), "%s", cases[i].variable);
        eb_config_default(&c);
        assert_int_equal(eb_config_environment(&c, list, true, &err), EB_E_INVALID);
        if (strstr(err.msg, cases[i].one) == NULL || (cases[i].two != NULL && strstr(err.msg, cases[i].two) == NULL)) {
            fail_msg("%s gives \"%s\"", cases[i].variable, err.msg);
        }
    }
}

static void what_is_printed_can_be_read(void **state)
{
    (void)state;
    struct eb_config c;
    struct eb_config again;
    struct eb_err err = {0};
    struct eb_buffer text;
    eb_config_default(&c);
    assert_int_equal(eb_config_set(&c, "policy.dir", "x", "a \"b\"\\\n", EB_FROM_FILE, &err), EB_OK);
    assert_int_equal(eb_config_set(&c, "backstop.distance_min_bps", "x", "12.34", EB_FROM_FILE, &err), EB_OK);
    assert_int_equal(eb_config_set(&c, "account.fee_maker_bps", "x", "-0.5", EB_FROM_FILE, &err), EB_OK);
    assert_int_equal(eb_config_set(&c, "mode.executor_mode", "x", "LIVE", EB_FROM_ENVIRONMENT, &err), EB_OK);
    eb_buffer_init(&text, 1 << 20);
    eb_config_print(&c, &text);
    eb_config_default(&again);
    if (read_text(&again, eb_buffer_str(&text), &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    memset(again.source, 0, sizeof(again.source));
    memset(c.source, 0, sizeof(c.source));
    assert_memory_equal(&again, &c, sizeof(c));
    assert_non_null(strstr(eb_buffer_str(&text), "-- from the environment"));
    eb_buffer_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_sends_nothing),   cmocka_unit_test(the_table_fits_the_engine),
        cmocka_unit_test(the_order_of_sources),        cmocka_unit_test(modes_of_the_environment_can_be_left_out),
        cmocka_unit_test(a_wrong_file_is_named),       cmocka_unit_test(a_wrong_environment_is_named),
        cmocka_unit_test(what_is_printed_can_be_read),
    };
    return cmocka_run_group_tests_name("app/config", tests, NULL, NULL);
}
