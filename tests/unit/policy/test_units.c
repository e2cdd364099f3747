/* SPDX-License-Identifier: Apache-2.0 */
/* exitbrain.unit in the sandbox, for the sanitizers: every operation, every wrong operand, and memory that runs out in
 * each of them. The words of the messages are in tests/spec/units_spec.lua. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#define HEAD "local u = require 'exitbrain.unit' local d = { type = 'move_stop' } "

/* A set whose decide has this body and sees `u`, the units. */
static enum eb_policy_result ask(const char *body, struct eb_verdict *out, struct eb_err *err)
{
    char text[1024];
    int n =
        snprintf(text, sizeof(text), HEAD "return { name = 'n', version = '1', decide = function(ctx) %s end }", body);
    assert_true(n > 0 && (size_t)n < sizeof(text));
    struct eb_policy *p = fixture_try(text, NULL, err);
    assert_non_null(p);
    struct eb_context ctx;
    fixture_context(&ctx);
    enum eb_policy_result result = eb_policy_consult(p, &ctx, out, err);
    eb_policy_close(p);
    return result;
}

/* Each expression is true in the fixture's context: a LONG at 100. */
static void test_true(void **state)
{
    (void)state;
    static const char *const truths[] = {
        "u.r(1) + u.r(0.5) == u.r(1.5)",
        "u.pct(1) - u.pct(3) == -u.pct(2)",
        "2 * u.atr(1) == u.atr(4) / 2",
        "u.price(3) * 2 == u.price(6)",
        "u.r(1) < u.r(2) and u.r(1) <= u.r(1) and not (u.r(1) > u.r(2))",
        "u.r(1) ~= 1 and u.r(1) ~= nil",
        "tostring(-u.r(0)) == '0 R' and tostring(u.pct(1.5)) == '1.5 %'",
        "tostring(u.atr(2, 'h1')) == '2 ATR (h1)' and tostring(u.price(101)) == 'price 101'",
        "u.kind(u.atr(1)) == 'atr' and u.kind(1) == nil and u.kind({}) == nil",
        "u.value(u.pct(1.5)) == 1.5",
        "u.to_price(u.pct(1), ctx) == 101 and u.to_price(u.r(-1), ctx, 2) == 98",
        "u.to_price(u.price(97), ctx) == 97 and u.to_pct(u.price(97), ctx) == -3",
        "u.to_r(u.pct(3), ctx, 2) == 1.5 and u.to_r(u.r(3), ctx) == 3",
        "u.to_price(u.atr(1), ctx) == 100 + ctx.features.m15.atr",
        "u.to_pct(u.atr(1, 'h1'), ctx) == nil",
        "u.first(ctx, u.atr(1, 'h1'), u.pct(2)) == u.pct(2) and u.first(ctx) == nil",
    };
    for (size_t i = 0; i < EB_COUNT(truths); i++) {
        char body[512];
        struct eb_verdict out;
        struct eb_err err = {.code = EB_OK};
        (void)snprintf(body, sizeof(body), "if %s then d.pct = 1 return d end error('false', 0)", truths[i]);
        if (ask(body, &out, &err) != EB_POLICY_OK) {
            fail_msg("%s: %s", truths[i], err.msg);
        }
    }
}

/* Each expression raises with these words, and pcall catches it: none is a breach. */
static void test_refused(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"u.r(1) + u.pct(1)", "cannot add R and percent"},
        {"u.r(1) - 1", "cannot subtract R and a number"},
        {"u.r(1) < u.price(1)", "cannot compare R and price"},
        {"u.atr(1) == u.atr(1, 'm1')", "cannot compare ATR (m15) and ATR (m1)"},
        {"u.r(1) <= nil", "cannot compare R and a nil"},
        {"u.r(1) * u.r(1)", "cannot multiply R by R"},
        {"1 / u.r(1)", "cannot divide a number by R"},
        {"u.r(1) / 0", "finite"},
        {"u.r(0 / 0)", "expected a finite number, got nan"},
        {"u.pct(1e308) * 1e308", "finite"},
        {"u.r()", "expected a number, got no value"},
        {"u.atr(1, 'w1')", "expected a time frame"},
        {"u.atr(1, {})", "string expected"},
        {"u.value(1)", "expected a unit"},
        {"u.to_price(1, ctx)", "expected a unit"},
        {"u.to_price(u.r(1), 1)", "the second argument is ctx"},
        {"u.to_price(u.r(1), {})", "no entry or sign"},
        {"u.to_price(u.pct(1), u.pct(1))", "attempt to index"},
        {"u.to_price(u.atr(1), { entry = 1, sign = 1 })", "attempt to index"},
        {"u.to_price(u.r(1), ctx, -1)", "a price distance above 0"},
        {"u.first()", "the first argument is ctx"},
        {"u.first(ctx, 1)", "expected a unit"},
        {"u.r(1).value", "attempt to index"},
        {"#u.r(1)", "attempt to get length"},
        {"u.r(1)()", "attempt to call"},
        {"u.r(1) .. ''", "attempt to concatenate"},
    };
    for (size_t i = 0; i < EB_COUNT(wrong); i++) {
        char body[512];
        struct eb_verdict out;
        struct eb_err err = {.code = EB_OK};
        (void)snprintf(body, sizeof(body),
                       "local ok, e = pcall(function() return %s end) assert(not ok) "
                       "error('caught: ' .. tostring(e), 0)",
                       wrong[i][0]);
        assert_int_equal(ask(body, &out, &err), EB_POLICY_ERROR);
        fixture_holds(err.msg, "caught: ");
        fixture_holds(err.msg, wrong[i][1]);
    }
}

/* What a call does for each of its arguments it is charged for each of them. */
static void test_charged_by_argument(void **state)
{
    (void)state;
    struct eb_verdict out;
    struct eb_err err = {.code = EB_OK};
    static const char few[] = "for i = 1, 100 do u.first({ entry = 1, sign = 1 }, u.r(1)) end";
    static const char many[] = "local l = {} for i = 1, 200 do l[i] = u.r(i) end "
                               "for i = 1, 100 do u.first({ entry = 1, sign = 1 }, table.unpack(l)) end";
    assert_int_equal(ask(few, &out, &err), EB_POLICY_KEEP);
    assert_int_equal(ask(many, &out, &err), EB_POLICY_BUDGET);
}

static const char working_init[] =
    HEAD "return { name = 'n', version = '1', decide = function(ctx)\n"
         "  local t = {} for i = 1, 20 do t[i] = u.pct(i) * 0.5 + u.pct(1) - u.pct(0.5) end\n"
         "  local s = tostring(t[3]) .. string.format('%s', -t[4])\n"
         "  return { type = 'move_stop', price = u.to_price(-math.max(t[1], t[2]), ctx), reason = s } end }";

/* Every request for memory of a consult fails, with all after it: the state goes, and the next answer is as ever. */
static void test_without_memory(void **state)
{
    (void)state;
    static struct eb_verdict expected;
    static struct eb_verdict out;
    struct eb_context ctx;
    fixture_context(&ctx);
    unsigned failed = 0;
    for (uint64_t n = 1;; n++) {
        struct fail_heap f = {.fail_at = 0};
        struct eb_heap heap = fixture_heap(&f);
        struct eb_policy_text text = {"init.lua", working_init, sizeof(working_init) - 1};
        struct eb_policy *p = NULL;
        struct eb_err err = {.code = EB_OK};
        assert_int_equal(eb_policy_open_with(&heap, NULL, &text, 1, NULL, &p, &err), EB_OK);
        if (n == 1) {
            assert_int_equal(eb_policy_consult_fresh(p, &ctx, &expected, &err), EB_POLICY_OK);
            assert_int_equal(expected.decision[0].u.stop.price.e8, 98 * EB_E8 + EB_E8 / 2);
            assert_string_equal(expected.decision[0].reason, "2 %-2.5 %");
        }
        f.fail_at = f.requests + n;
        f.for_ever = true; /* once would make Lua collect garbage and try again */
        enum eb_policy_result result = eb_policy_consult(p, &ctx, &out, &err);
        bool reached = f.requests >= f.fail_at;
        f.fail_at = 0;
        failed += result == EB_POLICY_MEMORY;
        assert_true(result == EB_POLICY_MEMORY || result == EB_POLICY_OK);
        assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_OK);
        assert_memory_equal(&out.decision[0], &expected.decision[0], sizeof(out.decision[0]));
        eb_policy_close(p);
        assert_int_equal(f.blocks, 0);
        if (!reached) {
            break;
        }
    }
    assert_true(failed > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_true),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_charged_by_argument),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
