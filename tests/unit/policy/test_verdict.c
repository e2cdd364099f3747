/* SPDX-License-Identifier: Apache-2.0 */
/* What decide returns: each kind of decision with its units, and every mistake with its path. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

static void accept(const char *returned, struct eb_verdict *out)
{
    char body[2048];
    struct eb_err err;
    (void)snprintf(body, sizeof(body), "return %s", returned);
    enum eb_policy_result result = fixture_ask(body, out, &err);
    if (result != EB_POLICY_OK && result != EB_POLICY_KEEP) {
        fail_msg("%s: refused: %s", returned, err.msg);
    }
}

static void test_keep(void **state)
{
    (void)state;
    static const char *const keeps[] = {"nil", "", "{}", "nil, nil", "nil, {}", "nil, { memory = {} }"};
    for (size_t i = 0; i < EB_COUNT(keeps); i++) {
        struct eb_verdict out;
        accept(keeps[i], &out);
        assert_true(out.keep);
        assert_int_equal(out.count, 0);
        assert_int_equal(out.has_memory, i == 5);
    }
}

static void test_stop(void **state)
{
    (void)state;
    struct eb_verdict out;
    accept("{ type = 'move_stop', pct = 1.5, reason = 'first', confidence = 0.75 }", &out);
    assert_false(out.keep);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.decision[0].kind, EB_MOVE_STOP);
    assert_int_equal(out.decision[0].u.stop.pct_ppm, 15000);
    assert_int_equal(out.decision[0].u.stop.price.e8, 0);
    assert_int_equal(out.decision[0].confidence_ppm, 750000);
    assert_false(out.decision[0].u.stop.risk_floor);
    assert_string_equal(out.decision[0].reason, "first");
    accept("{ { type = 'move_stop', price = 2.469395, risk_price = 2.4, allow_loosen = true },"
           "  { type = 'move_stop', price = 2, role = 'risk_floor' } }",
           &out);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.decision[0].u.stop.price.e8, 246939500);
    assert_int_equal(out.decision[0].u.stop.risk_price.e8, 240000000);
    assert_true(out.decision[0].u.stop.allow_loosen);
    assert_true(out.decision[1].u.stop.risk_floor);
}

static void test_targets(void **state)
{
    (void)state;
    struct eb_verdict out;
    accept("{ type = 'update_tp_limits', levels = { { r = 0.4, fraction = 0.35 }, { pct = 2.5, fraction = 1 / 3, soft "
           "= true },"
           " { price = 104.5, fraction = 0.3, id = 9 } } }",
           &out);
    const struct eb_leg_spec *leg = out.decision[0].u.targets.leg;
    assert_int_equal(out.decision[0].u.targets.count, 3);
    assert_int_equal(leg[0].r_ppm, 400000);
    assert_int_equal(leg[0].fraction_ppm, 350000);
    assert_int_equal(leg[1].pct_ppm, 25000);
    assert_int_equal(leg[1].fraction_ppm, 333333);
    assert_true(leg[1].soft && !leg[0].soft);
    assert_int_equal(leg[2].price.e8, INT64_C(10450000000));
    assert_int_equal(leg[2].id, 9);
    assert_int_equal(leg[0].id, 0);
    accept("{ type = 'update_tp_limits', levels = {} }", &out);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.decision[0].u.targets.count, 0);
}

static void test_trailing_and_ratchet(void **state)
{
    (void)state;
    struct eb_verdict out;
    accept(
        "{ { type = 'set_trailing', activation_r = 1, callback_pct = 0.8, tighten = { { r = 1.4, callback_pct = 0.5 },"
        " { r = 2, callback_pct = 0.25 } } }, { type = 'set_ratchet', rules = { { after_hits = 1, to = 'entry',"
        " offset_pct = 0.08 }, { after_hits = 2, to = 'first_hit' } } } }",
        &out);
    assert_int_equal(out.decision[0].u.trailing.activation_r_ppm, 1000000);
    assert_int_equal(out.decision[0].u.trailing.callback_ppm, 8000);
    assert_int_equal(out.decision[0].u.trailing.curve_count, 2);
    assert_int_equal(out.decision[0].u.trailing.curve[1].r_ppm, 2000000);
    assert_int_equal(out.decision[0].u.trailing.curve[1].callback_ppm, 2500);
    assert_int_equal(out.decision[1].u.ratchet.count, 2);
    assert_int_equal(out.decision[1].u.ratchet.rule[0].offset_ppm, 800);
    assert_int_equal(out.decision[1].u.ratchet.rule[1].to, EB_RATCHET_FIRST_HIT);
    assert_int_equal(out.decision[1].u.ratchet.rule[1].after_hits, 2);
    accept("{ type = 'set_trailing', off = true }", &out);
    assert_true(out.decision[0].u.trailing.off);
    accept("{ type = 'set_ratchet', rules = {} }", &out);
    assert_int_equal(out.decision[0].u.ratchet.count, 0);
}

static void test_closes(void **state)
{
    (void)state;
    struct eb_verdict out;
    accept("{ { type = 'partial_close', fraction = 0.3 }, { type = 'full_exit', emergency = true }, { type = "
           "'no_change' } }",
           &out);
    assert_int_equal(out.count, 3);
    assert_int_equal(out.decision[0].u.partial.fraction_ppm, 300000);
    assert_false(out.decision[0].emergency);
    assert_int_equal(out.decision[1].kind, EB_FULL_EXIT);
    assert_true(out.decision[1].emergency);
    assert_int_equal(out.decision[2].kind, EB_NO_CHANGE);
}

static void test_extras(void **state)
{
    (void)state;
    struct eb_verdict out;
    accept("nil, { memory = { zeta = true, alpha = 1.25, mid = 'text', off = false, neg = -0.0 }, regime = 'CHOP',"
           " profile = 'runner', owner = 't', wake = { at_ms = 1700000090000, above = 102.5, below = 99 } }",
           &out);
    static const char *const keys[] = {"alpha", "mid", "neg", "off", "zeta"};
    assert_true(out.keep && out.has_memory && out.wake.set);
    assert_int_equal(out.memory.count, 5);
    for (size_t i = 0; i < EB_COUNT(keys); i++) {
        assert_string_equal(out.memory.entry[i].key, keys[i]);
    }
    assert_true(out.memory.entry[0].number == 1.25);
    assert_string_equal(out.memory.entry[1].text, "text");
    assert_int_equal(out.memory.entry[3].kind, EB_MEM_BOOL);
    static const double zero = 0.0;
    assert_memory_equal(&out.memory.entry[2].number, &zero, sizeof(zero));
    assert_int_equal(out.regime, EB_REGIME_CHOP);
    assert_string_equal(out.profile, "runner");
    assert_string_equal(out.owner, "t");
    assert_int_equal(out.wake.at_ms, INT64_C(1700000090000));
    assert_int_equal(out.wake.above.e8, INT64_C(10250000000));
    assert_int_equal(out.wake.below.e8, INT64_C(9900000000));
}

/* Percent, r, fraction: half away from zero at 1e-6 of one; prices at 1e-8. */
static void test_rounding(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        int64_t value;
    } cases[] = {
        {"pct = 0.00005", 1},
        {"pct = 0.00014", 1},
        {"pct = 0.03125", 313},
        {"pct = 99.99995", 1000000},
        {"price = 0.00000001", 1},
        {"price = 5e-9", 1},
        {"price = 92233720368", INT64_C(9223372036800000000)},
        {"price = 7", 700000000},
        {"pct = 150", 1500000},
        {"price = 0.1 + 0.2", 30000000},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        char text[128];
        struct eb_verdict out;
        (void)snprintf(text, sizeof(text), "{ type = 'move_stop', %s }", cases[i].field);
        accept(text, &out);
        int64_t got = out.decision[0].u.stop.pct_ppm + out.decision[0].u.stop.price.e8;
        if (got != cases[i].value) {
            fail_msg("%s became %lld", cases[i].field, (long long)got);
        }
    }
}

static void test_reason_is_cut(void **state)
{
    (void)state;
    struct eb_verdict out;
    accept("{ type = 'no_change', reason = ('x'):rep(94) .. '\\u{20ac}' }", &out);
    assert_int_equal(strlen(out.decision[0].reason), 94); /* not half a character */
    accept("{ type = 'no_change', reason = ('x'):rep(200) }", &out);
    assert_int_equal(strlen(out.decision[0].reason), EB_REASON_MAX - 1);
    accept("{ type = 'no_change', reason = 'a\\nb\\0c\\127' }", &out);
    assert_string_equal(out.decision[0].reason, "a b c ");
}

struct refusal {
    const char *returned, *message;
};

static void refuse_all(const struct refusal *cases, size_t count)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < count; i++) {
        char body[2048];
        struct eb_verdict out;
        struct eb_err err;
        (void)snprintf(body, sizeof(body), "local nan, inf = 0/0, 1/0 return %s", cases[i].returned);
        enum eb_policy_result result = fixture_ask(body, &out, &err);
        if (result != EB_POLICY_INVALID || strcmp(err.msg, cases[i].message) != 0) {
            print_error("%s\n  result %d: %s\n", cases[i].returned, (int)result, err.msg);
            wrong++;
        }
        assert_true(result != EB_POLICY_INVALID || err.code == EB_E_INVALID);
    }
    assert_int_equal(wrong, 0);
}

static void test_refused_shapes(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"1", "decision: expected nil, a decision or a list of decisions, got 1"},
        {"false", "decision: expected nil, a decision or a list of decisions, got false"},
        {"'full_exit'", "decision: expected nil, a decision or a list of decisions, got \"full_exit\""},
        {"ctx", "decision: expected nil, a decision or a list of decisions, got userdata"},
        {"{ typ = 'full_exit' }",
         "decision.type: expected one of no_change, partial_close, move_stop, update_tp_limits, "
         "set_trailing, set_ratchet, full_exit, got nil"},
        {"{ { type = 'exit' } }", "decision[1].type: expected one of no_change, partial_close, move_stop, "
                                  "update_tp_limits, set_trailing, set_ratchet, full_exit, got \"exit\""},
        {"{ type = 'full_exit', urgent = true, zz = 1 }", "decision: unknown key 'urgent' in a full_exit decision"},
        {"{ type = 'full_exit', [true] = 1 }", "decision: a key of type boolean in a full_exit decision"},
        {"{ { type = 'full_exit' }, x = 1 }", "decision: unknown key 'x' in a list"},
        {"{ { type = 'full_exit' }, 7 }", "decision[2]: expected table, got 7"},
        {"{ { type = 'full_exit' }, { type = 'full_exit' } }", "decision[2]: repeats an earlier decision of this type"},
        {"{ { type = 'move_stop', pct = 1 }, { type = 'move_stop', price = 99 } }",
         "decision[2]: repeats an earlier decision of this type"},
        {"{ {}, {}, {}, {}, {}, {}, {}, {} }", "decision: more than 7 elements"},
        {"{ type = 'no_change', reason = 1 }", "decision.reason: expected text, got 1"},
        {"{ type = 'no_change', confidence = 1.5 }", "decision.confidence: expected number from 0 to 1, got 1.5"},
        {"{ type = 'no_change', confidence = nan }", "decision.confidence: expected number from 0 to 1, got nan"},
        {"{ type = 'full_exit', emergency = 1 }", "decision.emergency: expected true or false, got 1"},
        {"{ type = 'partial_close' }", "decision.fraction: expected number > 0 and <= 1, got nil"},
        {"{ type = 'partial_close', fraction = 0 }", "decision.fraction: expected number > 0 and <= 1, got 0"},
        {"{ type = 'partial_close', fraction = 1.0000001 }",
         "decision.fraction: expected number > 0 and <= 1, got 1.0000001"},
        {"{ type = 'partial_close', fraction = '0.3' }",
         "decision.fraction: expected number > 0 and <= 1, got \"0.3\""},
        {"{ type = 'partial_close', fraction = 1e-9 }",
         "decision.fraction: expected number > 0 and <= 1 (from 1e-06 to 1), got 1e-09"},
    };
    refuse_all(cases, EB_COUNT(cases));
}

static void test_refused_stops(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"{ type = 'move_stop' }", "decision: give exactly one of pct, price"},
        {"{ type = 'move_stop', pct = 1, price = 99 }", "decision: give exactly one of pct, price"},
        {"{ type = 'move_stop', pct = -1 }", "decision.pct: expected number > 0, got -1"},
        {"{ type = 'move_stop', pct = {} }", "decision.pct: expected number > 0, got table"},
        {"{ type = 'move_stop', pct = ctx.legs }", "decision.pct: expected number > 0, got userdata"},
        {"{ type = 'move_stop', price = 0 }", "decision.price: expected number > 0, got 0"},
        {"{ type = 'move_stop', price = nan }", "decision.price: expected number > 0, got nan"},
        {"{ type = 'move_stop', price = -nan }", "decision.price: expected number > 0, got nan"},
        {"{ type = 'move_stop', price = inf }", "decision.price: expected number > 0, got inf"},
        {"{ type = 'move_stop', price = -inf }", "decision.price: expected number > 0, got -inf"},
        {"{ type = 'move_stop', price = 1e308 }",
         "decision.price: expected number > 0 (from 1e-08 to 9.2e+10), got 1e+308"},
        {"{ type = 'move_stop', price = 1e11 }",
         "decision.price: expected number > 0 (from 1e-08 to 9.2e+10), got 100000000000"},
        {"{ type = 'move_stop', price = math.mininteger }",
         "decision.price: expected number > 0, got -9.2233720368548e+18"},
        {"{ type = 'move_stop', price = 1e-12 }",
         "decision.price: expected number > 0 (from 1e-08 to 9.2e+10), got 1e-12"},
        {"{ type = 'move_stop', price = 99, role = 'floor' }",
         "decision.role: expected one of plan, risk_floor, got \"floor\""},
        {"{ type = 'move_stop', price = 99, risk_price = 0 }", "decision.risk_price: expected number > 0, got 0"},
        {"{ type = 'move_stop', price = 99, allow_loosen = 'yes' }",
         "decision.allow_loosen: expected true or false, got \"yes\""},
        {"{ type = 'move_stop', price = function() end }", "decision.price: expected number > 0, got function"},
    };
    refuse_all(cases, EB_COUNT(cases));
}

static void test_refused_plans(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"{ type = 'update_tp_limits' }", "decision.levels: expected list of levels, got nil"},
        {"{ type = 'update_tp_limits', levels = 3 }", "decision.levels: expected list of levels, got 3"},
        {"{ type = 'no_change' }, { { type = 'update_tp_limits', levels = {} } }",
         "second result: a key of type number in the second result (memory, wake, regime, profile, owner)"},
        {"{ { type = 'no_change' }, { type = 'update_tp_limits', levels = { { price = nan, fraction = 1 } } } }",
         "decision[2].levels[1].price: expected number > 0, got nan"},
        {"{ type = 'update_tp_limits', levels = { { r = 1 } } }",
         "decision.levels[1].fraction: expected number > 0 and <= 1, got nil"},
        {"{ type = 'update_tp_limits', levels = { { r = 1, fraction = 0.5 }, { r = -1, fraction = 0.5 } } }",
         "decision.levels[2].r: expected number > 0, got -1"},
        {"{ type = 'update_tp_limits', levels = { { fraction = 0.5 } } }",
         "decision.levels[1]: give exactly one of r, pct, price"},
        {"{ type = 'update_tp_limits', levels = { { r = 1, pct = 1, fraction = 0.5 } } }",
         "decision.levels[1]: give exactly one of r, pct, price"},
        {"{ type = 'update_tp_limits', levels = { { r = 1, fraction = 0.5, qty = 3 } } }",
         "decision.levels[1]: unknown key 'qty' in a level"},
        {"{ type = 'update_tp_limits', levels = { { r = 1, fraction = 0.5, id = 0 } } }",
         "decision.levels[1].id: expected integer from 1 to 255, got 0"},
        {"{ type = 'update_tp_limits', levels = { { r = 1, fraction = 0.5, id = 1.5 } } }",
         "decision.levels[1].id: expected integer from 1 to 255, got 1.5"},
        {"{ type = 'update_tp_limits', levels = { { r = 1, fraction = 0.5, id = 2 }, { r = 2, fraction = 0.5, id = 2 } "
         "} }",
         "decision.levels[2]: this id stands in an earlier level"},
        {"{ type = 'update_tp_limits', levels = { 1,2,3,4,5,6,7,8,9,10,11,12,13 } }",
         "decision.levels: more than 12 elements"},
        {"{ type = 'update_tp_limits', levels = { [2] = { r = 1, fraction = 1 } } }",
         "decision.levels: a key of type number in a list"},
        {"{ type = 'set_trailing' }", "decision.activation_r: expected number >= 0, got nil"},
        {"{ type = 'set_trailing', activation_r = 1, callback_pct = 100 }",
         "decision.callback_pct: expected number > 0 and < 100, got 100"},
        {"{ type = 'set_trailing', off = true, callback_pct = 1 }",
         "decision: unknown key 'callback_pct' in a set_trailing decision with off=true"},
        {"{ type = 'set_trailing', activation_r = 1, callback_pct = 1, tighten = { { r = 2, callback_pct = 1 }, { r = "
         "2, "
         "callback_pct = 0.5 } } }",
         "decision.tighten[2]: r must rise from step to step"},
        {"{ type = 'set_trailing', activation_r = 1, callback_pct = 1, tighten = { { r = 2 } } }",
         "decision.tighten[1].callback_pct: expected number > 0 and < 100, got nil"},
        {"{ type = 'set_trailing', activation_r = 1, callback_pct = 1, tighten = { 1,2,3,4,5,6,7 } }",
         "decision.tighten: more than 6 elements"},
        {"{ type = 'set_ratchet' }", "decision.rules: expected list of rules, got nil"},
        {"{ type = 'set_ratchet', rules = { { after_hits = 0, to = 'entry' } } }",
         "decision.rules[1].after_hits: expected integer from 1 to 12, got 0"},
        {"{ type = 'set_ratchet', rules = { { after_hits = 1, to = 'leg1' } } }",
         "decision.rules[1].to: expected one of entry, first_hit, got \"leg1\""},
        {"{ type = 'set_ratchet', rules = { { after_hits = 1, to = 'entry', offset_pct = inf } } }",
         "decision.rules[1].offset_pct: expected number > -100 and < 100, got inf"},
    };
    refuse_all(cases, EB_COUNT(cases));
}

static void test_refused_extras(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"nil, 7", "second result: expected table, got 7"},
        {"nil, { memroy = {} }",
         "second result: unknown key 'memroy' in the second result (memory, wake, regime, profile, owner)"},
        {"nil, { regime = 'BULL' }",
         "regime: expected one of UNKNOWN, TREND, RANGE, VOLATILE, CHOP, NORMAL, got \"BULL\""},
        {"nil, { profile = '' }", "profile: expected text of 1 to 31 bytes, got \"\""},
        {"nil, { owner = 7 }", "owner: expected text of 1 to 31 bytes, got 7"},
        {"nil, { profile = 'a\\0b' }", "profile: expected text of 1 to 31 bytes, got \"a\""},
        {"nil, { wake = {} }", "wake: give at_ms, above or below"},
        {"nil, { wake = 5 }", "wake: expected table, got 5"},
        {"nil, { wake = { at = 5 } }", "wake: unknown key 'at' in wake"},
        {"nil, { wake = { at_ms = 1.5 } }", "wake.at_ms: expected integer from 1 to 9223372036854775807, got 1.5"},
        {"nil, { wake = { above = nan } }", "wake.above: expected number > 0, got nan"},
        {"nil, { memory = 1 }", "memory: expected table, got 1"},
        {"nil, { memory = { 1, 2 } }", "memory: keys of memory are texts"},
        {"nil, { memory = { a = {} } }", "memory.a: expected boolean, number or text, got table"},
        {"nil, { memory = { b = nan, a = inf, c = {} } }", "memory.a: expected finite number, got inf"},
        {"nil, { memory = { a = ('x'):rep(32) } }",
         "memory.a: expected text of at most 31 bytes, got \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\""},
        {"nil, { memory = { [('k'):rep(24)] = 1 } }",
         "memory.kkkkkkkkkkkkkkkkkkkkkkkk: keys of memory have 1 to 23 bytes"},
        {"nil, { memory = { a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1,l=1,m=1,n=1,o=1,p=1,q=1 } }",
         "memory: more than 16 entries"},
    };
    refuse_all(cases, EB_COUNT(cases));
}

/* Of several mistakes every state names the same one, whatever the seed of its hashes. */
static void test_same_complaint(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++) {
        static const struct refusal cases[] = {
            {"{ type = 'full_exit', d = 1, c = 1, b = 1, a = 1 }", "decision: unknown key 'a' in a full_exit decision"},
            {"nil, { memory = { d = {}, c = {}, b = {}, a = {}, e = 1 } }",
             "memory.a: expected boolean, number or text, got table"},
        };
        refuse_all(cases, EB_COUNT(cases));
    }
}

/* Equal answers are equal bytes: no padding, no left-overs of an earlier answer. */
static void test_bytes(void **state)
{
    (void)state;
    struct eb_context ctx;
    struct eb_verdict one;
    struct eb_verdict two;
    fixture_context(&ctx);
    struct eb_policy *p = fixture_decide("return { type = 'move_stop', pct = 1 }, { memory = { b = 1, a = 'x' } }");
    memset(&one, 0xff, sizeof(one));
    memset(&two, 0x55, sizeof(two));
    assert_int_equal(eb_policy_consult(p, &ctx, &one, NULL), EB_POLICY_OK);
    assert_int_equal(eb_policy_consult(p, &ctx, &two, NULL), EB_POLICY_OK);
    assert_memory_equal(&one, &two, sizeof(one));
    eb_policy_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep),           cmocka_unit_test(test_stop),
        cmocka_unit_test(test_targets),        cmocka_unit_test(test_trailing_and_ratchet),
        cmocka_unit_test(test_closes),         cmocka_unit_test(test_extras),
        cmocka_unit_test(test_rounding),       cmocka_unit_test(test_reason_is_cut),
        cmocka_unit_test(test_refused_shapes), cmocka_unit_test(test_refused_stops),
        cmocka_unit_test(test_refused_plans),  cmocka_unit_test(test_refused_extras),
        cmocka_unit_test(test_same_complaint), cmocka_unit_test(test_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
