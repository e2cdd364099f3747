/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of the embedding program: what they are given, what they cost, which lists are refused, and twins. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

static bool first_plus_price(void *user, const struct eb_context *ctx, const double *args, unsigned count,
                             double *result)
{
    ++*(unsigned *)user;
    *result = count > 0 ? args[0] + (double)(ctx->price.e8 / EB_E8) : 0.0;
    return count > 0;
}

static bool seen_memory(void *user, const struct eb_context *ctx, const double *args, unsigned count, double *result)
{
    (void)user, (void)args, (void)count;
    *result = ctx->memory.count;
    return true;
}

#define SET(body)                                                                           \
    "return { name = 't', version = '1', settings = { qt_trailing_stop_enabled = true },\n" \
    "decide = function(ctx) " body " end }"

static enum eb_policy_result ask(struct eb_policy *p, struct eb_verdict *out)
{
    struct eb_context ctx;
    struct eb_err err;
    fixture_context(&ctx);
    return eb_policy_consult(p, &ctx, out, &err);
}

static struct eb_policy *open_with(const char *set, const struct eb_policy_function *list, unsigned count)
{
    const struct eb_policy_options opt = {.functions = list, .function_count = count};
    struct eb_err err;
    struct eb_policy *p = fixture_try(set, &opt, &err);
    if (p == NULL) {
        fail_msg("%s", err.msg);
    }
    return p;
}

static void test_call(void **state)
{
    (void)state;
    unsigned calls = 0;
    char name[] = "level";
    const struct eb_policy_function list[] = {{name, first_plus_price, &calls, 5000}, {"memory", seen_memory, NULL, 0}};
    struct eb_policy *p = open_with(SET("return { type = 'move_stop', price = host.level(-5), reason = tostring("
                                        "host.level()) .. host.memory() }"),
                                    list, 2);
    struct eb_verdict out;
    struct eb_policy_info info;
    memset(name, 'x', strlen(name)); /* names are copied */
    assert_int_equal(ask(p, &out), EB_POLICY_OK);
    assert_int_equal(out.decision[0].u.stop.price.e8, 96 * EB_E8);
    assert_string_equal(out.decision[0].reason, "nil3.0");
    assert_int_equal(calls, 2);
    eb_policy_info(p, &info);
    assert_in_range(info.last_instructions, 10100, 10999);
    eb_policy_close(p);
}

/* A function sees what the script sees: another owner's memory is not there. */
static void test_hidden_memory(void **state)
{
    (void)state;
    const struct eb_policy_function f = {"memory", seen_memory, NULL, 0};
    struct eb_policy *p =
        open_with(SET("owner 'other' return { type = 'no_change', reason = '' .. host.memory() }"), &f, 1);
    struct eb_verdict out;
    assert_int_equal(ask(p, &out), EB_POLICY_OK);
    assert_string_equal(out.decision[0].reason, "0.0");
    eb_policy_close(p);
}

static void test_twin(void **state)
{
    (void)state;
    unsigned calls = 0;
    const bool enabled = false;
    const struct eb_policy_function f = {"level", first_plus_price, &calls, 0};
    const struct eb_policy_options opt = {.qt_trailing_stop_enabled = &enabled, .functions = &f, .function_count = 1};
    struct eb_err err;
    struct eb_policy *twin = NULL;
    struct eb_verdict out;
    struct eb_buffer settings;
    struct eb_policy *p = fixture_try(SET("return { type = 'move_stop', price = host.level(-5) }"), &opt, &err);
    assert_non_null(p);
    assert_int_equal(eb_policy_copy(p, &twin, &err), EB_OK);
    eb_policy_close(p);
    assert_int_equal(eb_policy_build(twin, &err), EB_OK);
    assert_int_equal(ask(twin, &out), EB_POLICY_OK);
    assert_int_equal(calls, 1);
    eb_buffer_init(&settings, 1000);
    assert_int_equal(eb_policy_settings(twin, &settings), EB_OK);
    assert_string_equal(eb_buffer_str(&settings), "qt_trailing_stop_enabled = false\n");
    eb_buffer_deinit(&settings);
    eb_policy_close(twin);
}

static void refuse(const struct eb_policy_function *list, unsigned count, const char *message)
{
    const struct eb_policy_options opt = {.functions = list, .function_count = count};
    struct eb_err err;
    assert_null(fixture_try(SET(""), &opt, &err));
    fixture_holds(err.msg, message);
}

static void test_refused_lists(void **state)
{
    (void)state;
    static char names[EB_FUNCTIONS_MAX + 1][8];
    struct eb_policy_function list[EB_FUNCTIONS_MAX + 1];
    for (unsigned i = 0; i < EB_COUNT(list); i++) {
        (void)snprintf(names[i], sizeof(names[i]), "f%u", i);
        list[i] = (struct eb_policy_function){names[i], seen_memory, NULL, 0};
    }
    eb_policy_close(open_with(SET("host.f31()"), list, EB_FUNCTIONS_MAX));
    refuse(list, EB_FUNCTIONS_MAX + 1, "more than 32 functions");
    list[1].name = "f0";
    refuse(list, 2, "functions[1]: 'f0' stands in the list twice");
    list[1].name = "a.b";
    refuse(list, 2, "functions[1]: 'a.b' is no name that a script can write");
    list[1].name = NULL;
    refuse(list, 2, "functions[1]: name and call must be given");
    list[1] = (struct eb_policy_function){"f1", NULL, NULL, 0};
    refuse(list, 2, "functions[1]: name and call must be given");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call),
        cmocka_unit_test(test_hidden_memory),
        cmocka_unit_test(test_twin),
        cmocka_unit_test(test_refused_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
