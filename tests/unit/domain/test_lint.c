/* SPDX-License-Identifier: Apache-2.0 */
/* Plans that make no sense, one table row each; the worked example has nothing to say about. */
#include "domain/lint.h"

#include "instrument_fixture.h"

static struct eb_instrument inst;

/* The worked example (semantics 11): LONG 398 at 2.507, stop 2.470, R 0.037, three legs, trail, ratchet. */
static struct eb_lint_plan worked_plan(void)
{
    inst = worked();
    return (struct eb_lint_plan){
        .inst = &inst,
        .side = EB_LONG,
        .gives_r = true,
        .legs_are_new = true,
        .leg_count = 3,
        .ratchet_count = 2,
        .entry = price("2.507"),
        .price = price("2.507"),
        .r = price("0.037"),
        .liquidation = price("2.27"),
        .stop = price("2.470"),
        .qty = qty("398"),
        .base = qty("398"),
        .fee_taker_ppm = 400,
        .fee_maker_ppm = 200,
        .min_stop_distance_ppm = 2000,
        .liquidation_buffer_ppm = 10000,
        .leg = {{false, 350000, price("2.521"), qty("139")},
                {false, 350000, price("2.536"), qty("139")},
                {false, 300000, price("2.566"), qty("120")}},
        .trail = {.set = true,
                  .curve_count = 1,
                  .activation_r_ppm = 1000000,
                  .callback_ppm = 8000,
                  .curve = {{1400000, 5000}}},
        .ratchet = {{1, EB_RATCHET_ENTRY, 0}, {2, EB_RATCHET_FIRST_HIT, 0}},
    };
}

/* The only finding of a plan. */
static struct eb_lint_finding only(const struct eb_lint_plan *p)
{
    struct eb_lint_finding f[EB_LINT_MAX];
    unsigned n = eb_lint(p, f);
    if (n != 1) {
        char text[EB_LINT_TEXT_MAX] = "";
        if (n > 0) {
            eb_lint_text(&f[n - 1], text, sizeof text);
        }
        fail_msg("%u findings, the last: %s", n, text);
    }
    return f[0];
}

static void says(const struct eb_lint_finding *f, enum eb_lint_code code, enum eb_lint_grade grade, const char *text)
{
    char got[EB_LINT_TEXT_MAX];
    eb_lint_text(f, got, sizeof got);
    assert_string_equal(got, text);
    assert_int_equal(f->code, code);
    assert_int_equal(f->grade, grade);
}

static void clean(const struct eb_lint_plan *p)
{
    struct eb_lint_finding f[EB_LINT_MAX];
    assert_int_equal(eb_lint(p, f), 0);
}

static void the_worked_example_is_clean(void **state)
{
    (void)state;
    struct eb_lint_plan p = worked_plan();
    clean(&p);
    p.hedge = true;
    clean(&p);
    p.inst = NULL;
    clean(&p);
    struct eb_lint_plan nothing = {.inst = &inst};
    clean(&nothing);
}

static void a_stop_gives_r_and_can_stand(void **state)
{
    (void)state;
    struct eb_lint_plan p = worked_plan();
    p.stop = price("2.503");
    struct eb_lint_finding f = only(&p);
    says(&f, EB_LINT_STOP_NEAR, EB_LINT_ERROR,
         "stop lies 0.1595 % from entry, at least 0.2399 % is needed to measure R");
    assert_int_equal(f.proposed, 2399); /* 0.2 % and the tick that rounding may take */
    p.risk_price = price("2.4");
    clean(&p);
    p.risk_price.e8 = 0;
    p.gives_r = false; /* R is frozen: a stop in profit is what breakeven looks like */
    clean(&p);

    p = worked_plan();
    p.stop = price("2.2");
    f = only(&p);
    says(&f, EB_LINT_STOP_BUFFER, EB_LINT_WARNING,
         "stop lies 12.2457 % from entry, the liquidation buffer begins at 8.4164 %: brought in");
    assert_int_equal(f.proposed, 84164);
    p.liquidation = price("2.49"); /* no room between the buffer and the least distance */
    f = only(&p);
    assert_int_equal(f.code, EB_LINT_STOP_BUFFER);
    assert_int_equal(f.grade, EB_LINT_ERROR);

    p = worked_plan();
    p.price = price("2.46");
    f = only(&p);
    says(&f, EB_LINT_STOP_CROSSED, EB_LINT_WARNING, "stop 2.47 is past the price 2.46 already: it would be parked");

    p = worked_plan();
    p.gives_r = false;
    p.stop_before = price("2.48");
    f = only(&p);
    says(&f, EB_LINT_STOP_LOOSER, EB_LINT_NOTE, "stop 2.47 is looser than the one in force, 2.48: not taken");
    p.may_loosen = true;
    clean(&p);
}

static void a_short_is_the_mirror(void **state)
{
    (void)state;
    struct eb_lint_plan p = worked_plan();
    p.side = EB_SHORT;
    p.stop = price("2.544");
    p.liquidation = price("2.74");
    p.leg[0].price = price("2.493");
    p.leg[1].price = price("2.478");
    p.leg[2].price = price("2.448");
    clean(&p);
    p.leg[1].price = price("2.495");
    struct eb_lint_finding f = only(&p);
    says(&f, EB_LINT_ORDER, EB_LINT_ERROR,
         "leg 2 lies 0.4786 % from entry, nearer than the one listed before it, 0.5584 %");
    p.leg[1].price = price("2.478");
    p.stop = price("2.51");
    f = only(&p);
    assert_int_equal(f.code, EB_LINT_STOP_NEAR);
}

static void fractions_and_order(void **state)
{
    (void)state;
    struct eb_lint_plan p = worked_plan();
    p.leg[1].fraction_ppm = 400000;
    struct eb_lint_finding f = only(&p);
    says(&f, EB_LINT_FRACTIONS, EB_LINT_ERROR, "fractions of the legs sum to 1.05, at most 1");
    assert_int_equal(f.proposed, 250000);
    p.hit_ppm = 500000;
    assert_int_equal(only(&p).proposed, 0); /* the last leg alone cannot make up for it */

    p = worked_plan();
    p.leg[2].price = price("2.53");
    p.trail.set = false;
    f = only(&p);
    assert_int_equal(f.item, 3);
    says(&f, EB_LINT_ORDER, EB_LINT_ERROR,
         "leg 3 lies 0.9174 % from entry, nearer than the one listed before it, 1.1567 %");
    p.leg[2].price = price("2.536"); /* equal ones: where a tick is coarse they meet */
    clean(&p);
}

static void legs_that_cannot_be_traded(void **state)
{
    (void)state;
    static const struct {
        const char *qty;
        int64_t fraction;
        bool hedge;
        enum eb_lint_code code;
        const char *text;
        int64_t proposed;
    } cases[] = {
        {"0", 2000, false, EB_LINT_LEG_NOTHING, "leg 1 would close 0.796, less than one step of 1", 2513},
        {"1", 2600, true, EB_LINT_LEG_NOTIONAL, "leg 1 is worth 2.521 at its price, below the minimum notional 5",
         5026},
        {"1", 2600, false, EB_LINT_NONE, "", 0}, /* one-way: reductions need no notional */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct eb_lint_plan p = worked_plan();
        p.leg[0].qty = qty(cases[i].qty);
        p.leg[0].fraction_ppm = cases[i].fraction;
        p.hedge = cases[i].hedge;
        if (cases[i].code == EB_LINT_NONE) {
            clean(&p);
            continue;
        }
        struct eb_lint_finding f = only(&p);
        says(&f, cases[i].code, EB_LINT_ERROR, cases[i].text);
        assert_int_equal(f.proposed_unit, EB_LINT_FRACTION);
        assert_int_equal(f.proposed, cases[i].proposed);
    }
    struct eb_lint_plan p = worked_plan();
    inst.min_qty = qty("25");
    p.leg[0].qty = qty("20");
    p.leg[0].fraction_ppm = 50300;
    struct eb_lint_finding f = only(&p);
    says(&f, EB_LINT_LEG_QUANTITY, EB_LINT_ERROR, "leg 1 would close 20, below the minimum quantity 25");
    assert_int_equal(f.proposed, 62815);
    p.base = qty("374"); /* less than five times what three legs need: no ladder of three fits well */
    assert_int_equal(only(&p).grade, EB_LINT_NOTE);
}

static void what_is_left_over(void **state)
{
    (void)state;
    struct eb_lint_plan p = worked_plan();
    p.leg[2].fraction_ppm = 299000;
    p.leg[2].qty = qty("119");
    clean(&p);
    p.hedge = true; /* one at 2.47 is less than 5 */
    struct eb_lint_finding f = only(&p);
    says(&f, EB_LINT_REST, EB_LINT_WARNING, "the legs leave 1 over, below 3 that the stop can trade");
    assert_int_equal(f.proposed, 293974); /* two more steps stay */
}

static void where_legs_lie(void **state)
{
    (void)state;
    struct eb_lint_plan p = worked_plan();
    p.leg[0].price = price("2.508");
    p.ratchet_count = 0;
    struct eb_lint_finding f = only(&p);
    says(&f, EB_LINT_LEG_FEES, EB_LINT_ERROR, "leg 1 lies 0.0398 % from entry, a round trip costs 0.0801 %");
    assert_int_equal(f.proposed, 801);
    p.leg[0].price = price("2.509"); /* 0.0797 %: a maker's fee makes it worth it, a taker's does not */
    assert_int_equal(only(&p).code, EB_LINT_LEG_FEES);
    p.leg[0].soft = true;
    clean(&p);

    p = worked_plan();
    p.ratchet_count = 0;
    p.leg[0].price = price("2.507");
    f = only(&p);
    says(&f, EB_LINT_LEG_CROSSED, EB_LINT_ERROR, "leg 1 at 2.507 is reached already at 2.507: it would be parked");
    p = worked_plan();
    p.price = price("2.53");
    f = only(&p);
    says(&f, EB_LINT_LEG_CROSSED, EB_LINT_WARNING, "leg 1 at 2.521 is reached already at 2.53: it would be parked");

    p = worked_plan();
    p.leg[2].price = price("5.1");
    f = only(&p);
    says(&f, EB_LINT_LEG_FAR, EB_LINT_NOTE, "leg 3 lies 103.4303 % from entry, beyond 100 %: hardly ever reached");
    inst.max_price = price("4");
    p.leg[2].price = price("4.1");
    f = only(&p);
    says(&f, EB_LINT_LEG_RANGE, EB_LINT_ERROR, "leg 3 at 4.1 lies outside the venue's prices (limit 4)");
    p.leg[2].price.e8 = 0; /* none is there at all */
    f = only(&p);
    says(&f, EB_LINT_LEG_FAR, EB_LINT_ERROR, "leg 3 lies 100 % from entry, beyond 100 %: hardly ever reached");
}

static void room_for_orders(void **state)
{
    (void)state;
    struct eb_lint_plan p = worked_plan();
    inst.max_orders = 2;
    p.leg[0].soft = p.leg[1].soft = true;
    clean(&p);
    p.leg[2].soft = true;
    struct eb_lint_finding f = only(&p);
    says(&f, EB_LINT_ROOM_ORDERS, EB_LINT_ERROR, "3 legs would rest, the venue takes 2 orders of a symbol");
    p = worked_plan();
    inst.market_max_qty = qty("8");
    p.leg[1].qty = qty("128");
    f = only(&p);
    says(&f, EB_LINT_ROOM_SLICES, EB_LINT_WARNING, "leg 1 needs 18 orders, 16 can work at a time");
    assert_int_equal(f.proposed, 321608); /* 128 of 398 */
}

static void trails_that_do_nothing(void **state)
{
    (void)state;
    struct eb_lint_plan p = worked_plan();
    p.trail.activation_r_ppm = 1600000; /* 2.5662: beyond the last leg, which is rounded towards entry */
    struct eb_lint_finding f = only(&p);
    says(&f, EB_LINT_TRAIL_NEVER, EB_LINT_WARNING,
         "the trail starts 2.3613 % from entry, the legs have closed everything at 2.3534 %");
    p.trail.activation_r_ppm = 1594594;
    clean(&p);
    p.leg[2].fraction_ppm = 290000; /* a runner is left */
    p.trail.activation_r_ppm = 1600000;
    clean(&p);
    p.trail.curve[0].callback_ppm = 9000;
    f = only(&p);
    says(&f, EB_LINT_TRAIL_LOOSENS, EB_LINT_ERROR, "step 1 of the trail widens the callback to 0.9 %, from 0.8 %");
    assert_int_equal(f.proposed, 8000);
}

static void ratchets_that_fire_or_never_act(void **state)
{
    (void)state;
    struct eb_lint_plan p = worked_plan();
    p.ratchet[0].offset_ppm = 6000;
    p.ratchet_count = 1;
    struct eb_lint_finding f = only(&p);
    says(&f, EB_LINT_RATCHET_FIRES, EB_LINT_ERROR,
         "ratchet rule 1 sets the stop to 2.523, where price is then (2.521)");
    p.ratchet[0] = (struct eb_ratchet_rule){1, EB_RATCHET_FIRST_HIT, 0};
    assert_int_equal(only(&p).code, EB_LINT_RATCHET_FIRES);
    p.ratchet[0].after_hits = 2;
    p.leg[1].price = p.leg[0].price; /* two legs on one tick: the rule meant well */
    assert_int_equal(only(&p).grade, EB_LINT_WARNING);
    p.leg[1].price = price("2.536");
    p.ratchet[0].after_hits = 1;
    p.hits = 1; /* it has acted: where its leg was is not asked again */
    p.first_hit = price("2.515");
    clean(&p);

    p = worked_plan();
    p.ratchet[0] = (struct eb_ratchet_rule){3, EB_RATCHET_ENTRY, 0};
    f = only(&p);
    says(&f, EB_LINT_RATCHET_LOOSENS, EB_LINT_WARNING,
         "ratchet rule 1 gives 2.507, looser than an earlier one's 2.521");
    p.ratchet[0].after_hits = 4;
    p.ratchet_count = 1;
    f = only(&p);
    says(&f, EB_LINT_RATCHET_NEVER, EB_LINT_NOTE, "ratchet rule 1 waits for 4 hits, there are 3 legs");
}

static void many_findings_are_bounded(void **state)
{
    (void)state;
    struct eb_lint_plan p = worked_plan();
    struct eb_lint_finding f[EB_LINT_MAX + 1] = {[EB_LINT_MAX] = {.code = 77}};
    p.leg_count = EB_LEGS_MAX;
    for (unsigned i = 0; i < EB_LEGS_MAX; i++) {
        p.leg[i] = (struct eb_lint_leg){false, 100000, price("2.5"), qty("0")};
    }
    assert_int_equal(eb_lint(&p, f), EB_LINT_MAX);
    assert_int_equal(f[EB_LINT_MAX].code, 77);
    assert_ptr_equal(eb_lint_worst(f, EB_LINT_MAX, EB_LINT_WARNING), &f[0]);
    assert_null(eb_lint_worst(f, 0, EB_LINT_NOTE));
    struct eb_lint_finding two[2] = {{.grade = EB_LINT_WARNING}, {.grade = EB_LINT_ERROR}};
    assert_ptr_equal(eb_lint_worst(two, 2, EB_LINT_WARNING), &two[1]);
    assert_null(eb_lint_worst(two, 1, EB_LINT_ERROR));
    p.leg_count = 200; /* what no array holds is not looked at */
    assert_int_equal(eb_lint(&p, f), 0);
}

/* ---- from context and verdict ---- */

static struct eb_context question(void)
{
    inst = worked();
    return (struct eb_context){.side = EB_LONG,
                               .entry = price("2.507"),
                               .price = price("2.507"),
                               .liquidation = price("2.27"),
                               .qty = qty("398"),
                               .leg_base = qty("398"),
                               .fee_taker_ppm = 400,
                               .fee_maker_ppm = 200,
                               .min_stop_distance_ppm = 2000,
                               .liquidation_buffer_ppm = 10000};
}

/* Targets listed before the stop that they are measured by. */
static struct eb_verdict answer(void)
{
    struct eb_verdict v = {.count = 4};
    v.decision[0].kind = EB_UPDATE_TP_LIMITS;
    v.decision[0].u.targets.count = 3;
    v.decision[0].u.targets.leg[0] = (struct eb_leg_spec){.r_ppm = 400000, .fraction_ppm = 350000};
    v.decision[0].u.targets.leg[1] = (struct eb_leg_spec){.pct_ppm = 11808, .fraction_ppm = 350000, .soft = true};
    v.decision[0].u.targets.leg[2] = (struct eb_leg_spec){.price = price("2.5662"), .fraction_ppm = 300000};
    v.decision[1].kind = EB_MOVE_STOP;
    v.decision[1].u.stop.pct_ppm = 15000;
    v.decision[2].kind = EB_SET_TRAILING;
    v.decision[2].u.trailing.activation_r_ppm = 1000000;
    v.decision[2].u.trailing.callback_ppm = 8000;
    v.decision[3].kind = EB_SET_RATCHET;
    v.decision[3].u.ratchet.count = 1;
    v.decision[3].u.ratchet.rule[0].after_hits = 1;
    return v;
}

static void a_first_plan(void **state)
{
    (void)state;
    struct eb_context ctx = question();
    struct eb_verdict v = answer();
    struct eb_lint_plan p;
    eb_lint_plan_of(&ctx, &v, &inst, (eb_price){0}, &p);
    assert_price(p.stop, "2.47");
    assert_price(p.r, "0.037");
    assert_price(p.leg[0].price, "2.521");
    assert_price(p.leg[1].price, "2.536");
    assert_price(p.leg[2].price, "2.566");
    assert_int_equal(p.leg[0].qty.e8, 139 * EB_E8);
    assert_int_equal(p.leg[2].qty.e8, 120 * EB_E8);
    assert_true(p.leg[1].soft && p.gives_r && p.legs_are_new && p.trail.set && !p.hedge);
    assert_int_equal(p.ratchet_count, 1);
    clean(&p);
    v.decision[0].u.targets.leg[2].fraction_ppm = 290000; /* does not take the rest */
    eb_lint_plan_of(&ctx, &v, &inst, price("0.05"), &p);  /* R as the engine has it */
    assert_int_equal(p.leg[2].qty.e8, 115 * EB_E8);
    assert_price(p.leg[0].price, "2.527");
}

static void a_plan_under_way(void **state)
{
    (void)state;
    struct eb_context ctx = question();
    struct eb_verdict v = {.count = 2};
    struct eb_lint_plan p;
    ctx.r = price("0.037");
    ctx.stop = price("2.47");
    ctx.hits = 1;
    ctx.leg_count = 3;
    ctx.position_side = EB_PS_LONG;
    ctx.legs[0] = (struct eb_leg_view){.state = EB_LEG_HIT, .fraction_ppm = 350000, .price = price("2.521")};
    ctx.legs[1] = (struct eb_leg_view){.state = EB_LEG_ARMED, .fraction_ppm = 350000, .price = price("2.536")};
    ctx.legs[2] = (struct eb_leg_view){.state = EB_LEG_FIRING, .fraction_ppm = 300000, .price = price("2.566")};
    v.decision[0].kind = EB_MOVE_STOP;
    v.decision[0].u.stop.price = price("2.46");
    v.decision[1].kind = EB_MOVE_STOP; /* a risk floor is not the plan's stop */
    v.decision[1].u.stop.price = price("2.4");
    v.decision[1].u.stop.risk_floor = true;
    eb_lint_plan_of(&ctx, &v, &inst, (eb_price){0}, &p);
    assert_int_equal(p.leg_count, 1);
    assert_int_equal(p.hit_ppm, 650000);
    assert_price(p.first_hit, "2.521");
    assert_true(p.hedge && !p.gives_r && !p.legs_are_new);
    struct eb_lint_finding f = only(&p);
    assert_int_equal(f.code, EB_LINT_STOP_LOOSER);
    ctx.r_provisional = true; /* the built-in plan's: not what this one is held against */
    ctx.hits = 0;
    eb_lint_plan_of(&ctx, &v, &inst, (eb_price){0}, &p);
    assert_true(p.gives_r && p.stop_before.e8 == 0);
    assert_price(p.r, "0.047");
    struct eb_instrument unknown = {0};
    eb_lint_plan_of(&ctx, &v, &unknown, (eb_price){0}, &p);
    clean(&p);
}

static void names_are_whole(void **state)
{
    (void)state;
    for (int code = EB_LINT_NONE + 1; code < EB_LINT_COUNT; code++) {
        assert_string_not_equal(eb_lint_name((enum eb_lint_code)code), "?");
    }
    assert_string_equal(eb_lint_name(EB_LINT_NONE), "?");
    char text[8];
    struct eb_lint_finding f = {.code = EB_LINT_LEG_FAR};
    eb_lint_text(&f, text, sizeof text);
    assert_string_equal(text, "leg 0 l");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example_is_clean),
        cmocka_unit_test(a_stop_gives_r_and_can_stand),
        cmocka_unit_test(a_short_is_the_mirror),
        cmocka_unit_test(fractions_and_order),
        cmocka_unit_test(legs_that_cannot_be_traded),
        cmocka_unit_test(what_is_left_over),
        cmocka_unit_test(where_legs_lie),
        cmocka_unit_test(room_for_orders),
        cmocka_unit_test(trails_that_do_nothing),
        cmocka_unit_test(ratchets_that_fire_or_never_act),
        cmocka_unit_test(many_findings_are_bounded),
        cmocka_unit_test(a_first_plan),
        cmocka_unit_test(a_plan_under_way),
        cmocka_unit_test(names_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
