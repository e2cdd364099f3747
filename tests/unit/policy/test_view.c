/* SPDX-License-Identifier: Apache-2.0 */
/* ctx: every field with its unit, nil where the engine knows nothing, never writable, never stale. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "policy/view.h"

/* Each must hold in decide for the fixture's context. */
static const char *const truths[] = {
    "ctx.symbol == 'BTCUSDT' and ctx.strategy_id == nil and ctx.profile == nil",
    "ctx.side == 'LONG' and ctx.sign == 1 and ctx.reason == 'hit' and ctx.regime == 'TREND'",
    "ctx.stop_kind == 'trail' and ctx.episode == 7 and ctx.plan_revision == 2 and ctx.hits == 1 and ctx.leg_count == 2",
    "ctx.adopted == false and ctx.live == true and ctx.r_provisional == false and ctx.trailing_active == false",
    "ctx.now_ms == 1700000060000 and ctx.opened_ms == 1700000000000 and ctx.age_ms == 60000",
    "math.type(ctx.now_ms) == 'integer' and ctx.price_age_ms == 250 and ctx.next_funding_ms == nil",
    "ctx.entry == 100 and ctx.price == 101 and ctx.mark == 101 and ctx.bid == 100.99",
    "ctx.last == nil and ctx.ask == nil and ctx.liquidation == nil and ctx.margin == nil and ctx.balance == nil",
    "ctx.stop == 99.25 and ctx.trail_stop == 99.25 and ctx.plan_stop == 98.5 and ctx.peak == 102 and ctx.r == 1.5",
    "ctx.ratchet_stop == nil and ctx.risk_floor == nil and ctx.notional == nil",
    "ctx.qty == 0.65 and ctx.leg_base == 1 and ctx.first_qty == 1 and ctx.pnl == 0.65",
    "ctx.leverage == 10 and ctx.pnl_pct == 1 and ctx.pnl_r == 0.666667",
    "ctx.mfe_r == 1.333333 and ctx.mae_r == -0.25",
    "ctx.funding_rate_pct == -0.01 and ctx.fee_taker_pct == 0.04 and ctx.fee_maker_pct == 0",
    "ctx.min_stop_distance_pct == 0.2 and ctx.liquidation_buffer_pct == 0 and ctx.tick == 0.01 and ctx.step == nil",
    "ctx.min_qty == nil and ctx.min_notional == nil",
    "#ctx.legs == 2 and ctx.legs[1].id == 1 and ctx.legs[1].state == 'hit' and ctx.legs[2].state == 'armed'",
    "ctx.legs[2].r == 0.8 and ctx.legs[2].fraction == 0.35 and ctx.legs[2].price == 101.2 and ctx.legs[2].qty == 0.35",
    "ctx.legs[2].filled == 0 and ctx.legs[2].soft == false and ctx.legs[3] == nil and ctx.legs[0] == nil",
    "(function() local n = 0 for i, leg in ipairs(ctx.legs) do n = n + leg.id end return n == 3 end)()",
    "ctx.features.m15.warm and ctx.features.m15.bars == 21 and ctx.features.m15.close == 101",
    "ctx.features.m15.atr == 0.5 and ctx.features.m15.atr_pct == 0.495 and ctx.features.m15.trend_pct == -0.15",
    "ctx.features.m15.efficiency == 0.42 and ctx.features.m15.vol_day_pct == 0",
    "ctx.features.h1.warm == false and ctx.features.h1.bars == 3 and ctx.features.h1.atr_pct == nil",
    "ctx.memory.count == 3 and math.type(ctx.memory.count) == 'integer' and ctx.memory.done == true",
    "ctx.memory.plan == 'runner' and ctx.memory.nothing == nil",
    "(function() local s = '' for k in pairs(ctx.memory) do s = s .. k end return s == 'countdoneplan' end)()",
    "(function() local s = 0 for _, v in pairs(ctx.memory) do s = s + (v == 3 and v or 1) end return s == 5 end)()",
    "ctx.exit_mode == 'EXIT_BRAIN_V3' and ctx.owner == 't' and ctx.planned == true",
    "ctx.signals.risk_mode == 'CRITICAL' and ctx.signals.confidence == 0.75 and ctx.signals.count == nil",
    "(function() local s = '' for k in pairs(ctx.signals) do s = s .. k end return s == 'confidencerisk_mode' end)()",
    "ctx.memory ~= ctx.signals and ctx.memory.risk_mode == nil and ctx.features == ctx.features",
    "ctx.legs[1] == ctx.legs[1] and type(ctx.legs) == 'userdata'",
};

static void test_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < EB_COUNT(truths); i++) {
        char body[512];
        struct eb_verdict out;
        struct eb_err err;
        (void)snprintf(body, sizeof(body), "assert(%s) return nil", truths[i]);
        if (fixture_ask(body, &out, &err) != EB_POLICY_KEEP) {
            fail_msg("not true: %s: %s", truths[i], err.msg);
        }
    }
}

/* A field that no line above names would be a field that no test reads. */
static void test_every_field_is_tested(void **state)
{
    (void)state;
    char all[8192] = "";
    size_t used = 0;
    for (size_t i = 0; i < EB_COUNT(truths); i++) {
        used += (size_t)snprintf(all + used, sizeof(all) - used, "%s\n", truths[i]);
    }
    for (size_t i = 0; i < eb_context_field_count; i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "ctx.%s ", eb_context_fields[i].name);
        if (strstr(all, name) == NULL) {
            fail_msg("no test reads %s", name);
        }
    }
}

static void test_unknown_fields(void **state)
{
    (void)state;
    static const struct {
        const char *read, *message;
    } cases[] = {
        {"ctx.makr", "ctx has no field 'makr'"},
        {"ctx[1]", "ctx has no field '1'"},
        {"ctx[{}]", "ctx has no field 'table'"},
        {"ctx[nil]", "ctx has no field 'nil'"},
        {"ctx.features.m30", "has no field 'm30'"},
        {"ctx.features.m15.atr_ptc", "ctx.features.* has no field 'atr_ptc'"},
        {"ctx.legs.price", "ctx.legs (a list) has no field 'price'"},
        {"ctx.legs[1].prize", "ctx.legs[i] has no field 'prize'"},
        {"ctx.memory[1]", "keys are texts"},
        {"ctx.signals[1]", "keys are texts"},
        {"#ctx", "attempt to get length of a ctx value"},
        {"ctx.stop.x", "attempt to index a number value (field 'stop')"},
        {"ctx.liquidation * 2", "a nil value (field 'liquidation')"},
        {"ctx < ctx", "attempt to compare two ctx values"},
        {"pairs(ctx)", "table expected, got ctx"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        char body[128];
        struct eb_verdict out;
        struct eb_err err;
        (void)snprintf(body, sizeof(body), "local x = %s", cases[i].read);
        assert_int_equal(fixture_ask(body, &out, &err), EB_POLICY_ERROR);
        fixture_holds(err.msg, cases[i].message);
    }
}

static void test_short_and_unknowns(void **state)
{
    (void)state;
    struct eb_context ctx;
    struct eb_verdict out;
    struct eb_err err;
    memset(&ctx, 0, sizeof(ctx));
    ctx.side = EB_SHORT;
    ctx.exit_mode = EB_EXIT_MODE_EXIT_BRAIN_V3;
    ctx.price_age_ms = -1;
    ctx.pnl_r_ppm = 5;
    ctx.reason = 200; /* never sent; shown, not trusted */
    ctx.leg_count = 255;
    struct eb_policy *p = fixture_decide(
        "assert(ctx.side == 'SHORT' and ctx.sign == -1 and ctx.symbol == nil and ctx.regime == 'UNKNOWN')\n"
        "assert(ctx.entry == nil and ctx.now_ms == nil and ctx.age_ms == nil and ctx.price_age_ms == nil)\n"
        "assert(ctx.pnl_r == nil and ctx.mfe_r == nil and ctx.r == nil, 'no R, no figures in R')\n"
        "assert(ctx.pnl == 0 and ctx.pnl_pct == 0 and ctx.reason == '?' and #ctx.legs == 12)\n"
        "assert(next({}) == nil and ctx.memory.x == nil and ctx.legs[12].state == 'free')");
    if (eb_policy_consult(p, &ctx, &out, &err) != EB_POLICY_KEEP) {
        fail_msg("%s", err.msg);
    }
    eb_policy_close(p);
}

/* What a script keeps shows the present context, or says that there is none. */
static void test_nothing_is_stale(void **state)
{
    (void)state;
    struct eb_context ctx;
    struct eb_verdict out;
    struct eb_err err;
    fixture_context(&ctx);
    struct eb_policy *p = fixture_decide(
        "if up.ctx == nil then up.ctx, up.leg, up.f, up.m = ctx, ctx.legs[2], ctx.features.m15, ctx.memory return end\n"
        "assert(up.ctx == ctx and up.ctx.price == ctx.price and up.f.bars == ctx.features.m15.bars)\n"
        "assert(up.m.count == ctx.memory.count)\n"
        "return { type = 'no_change', reason = tostring(up.leg.price) }");
    assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_KEEP);
    ctx.price.e8 = 55 * EB_E8;
    ctx.legs[1].price.e8 = 44 * EB_E8;
    ctx.memory.count = 0;
    ctx.features[EB_TF_15M].bars = 15;
    assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_OK);
    assert_string_equal(out.decision[0].reason, "44.0");
    ctx.leg_count = 1;
    assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_ERROR);
    fixture_holds(err.msg, "ctx.legs[2] is not there any more");
    eb_policy_close(p);
}

/* Fields that were read once are there before the script runs: each consult's own, and nil where they went. */
static void test_every_consult_has_its_own(void **state)
{
    (void)state;
    struct eb_context ctx;
    struct eb_verdict out;
    struct eb_err err;
    fixture_context(&ctx);
    struct eb_policy *p = fixture_decide("local f = ctx.features.m15\n"
                                         "return { type = 'no_change', reason = tostring(ctx.stop) .. ' ' .. "
                                         "tostring(f.atr_pct) .. ' ' .. tostring(f.bars) .. ' ' .. ctx.reason }");
    static const char *const reasons[] = {"99.25 0.495 21 hit", "nil nil 3 cycle", "98.5 0.495 21 hit"};
    for (size_t i = 0; i < EB_COUNT(reasons); i++) {
        fixture_context(&ctx);
        if (i == 1) {
            ctx.stop.e8 = 0;
            ctx.reason = EB_CONSULT_CYCLE;
            ctx.features[EB_TF_15M].warm = false;
            ctx.features[EB_TF_15M].bars = 3;
        } else if (i == 2) {
            ctx.stop.e8 = 98 * EB_E8 + EB_E8 / 2;
        }
        assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_OK);
        assert_string_equal(out.decision[0].reason, reasons[i]);
    }
    eb_policy_close(p);
}

static void test_copies(void **state)
{
    (void)state;
    static const struct {
        const char *body, *message; /* NULL: it holds */
    } cases[] = {
        {"local m = copy(ctx.memory) assert(m.count == 3 and m.plan == 'runner' and m.done) m.count = 4\n"
         "assert(ctx.memory.count == 3 and #ctx.memory == 3 and #ctx.signals == 2)",
         NULL},
        {"local s = copy(ctx.signals) assert(s.risk_mode == 'CRITICAL' and s.confidence == 0.75 and s.count == nil)",
         NULL},
        {"local t = { 1, 2, x = {} } local c = copy(t) c[1] = 5 assert(t[1] == 1 and c[2] == 2 and c.x == t.x)", NULL},
        {"owner('other') assert(next(copy(ctx.memory)) == nil and #ctx.memory == 0)", NULL},
        {"copy(ctx)", "copy: expected a table, ctx.memory or ctx.signals, got ctx"},
        {"copy(ctx.legs)", "got ctx.legs"},
        {"copy()", "got nil"},
        {"copy(1)", "got 1"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_verdict out;
        struct eb_err err = {.msg = ""};
        enum eb_policy_result expected = cases[i].message != NULL ? EB_POLICY_ERROR : EB_POLICY_KEEP;
        if (fixture_ask(cases[i].body, &out, &err) != expected) {
            fail_msg("%s: %s", cases[i].body, err.msg);
        }
        fixture_holds(err.msg, cases[i].message != NULL ? cases[i].message : "");
    }
}

static void test_outside_of_decide(void **state)
{
    (void)state;
    struct eb_err err;
    struct eb_policy *p =
        fixture_try("local kept return { name = 't', version = '1', decide = function(c) kept = c end, "
                    "self_test = function() assert(kept == nil) end }",
                    NULL, &err);
    assert_non_null(p);
    eb_policy_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_every_field_is_tested),
        cmocka_unit_test(test_unknown_fields),
        cmocka_unit_test(test_short_and_unknowns),
        cmocka_unit_test(test_nothing_is_stale),
        cmocka_unit_test(test_outside_of_decide),
        cmocka_unit_test(test_every_consult_has_its_own),
        cmocka_unit_test(test_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
