/* SPDX-License-Identifier: Apache-2.0 */
/* The ladder (semantics 3): prices, quantities, sums, merging, ids, what a leg closes when it fires. */
#include "domain/plan.h"

#include "instrument_fixture.h"

#include "base/rng.h"

struct bench {
    struct eb_instrument inst;
    struct eb_leg_ids gone, merged;
    struct eb_leg_spec spec[EB_LEGS_MAX + 1];
    struct eb_ladder_input in;
    struct eb_leg leg[EB_LEGS_MAX];
    unsigned n;
    struct eb_err err;
};

static struct bench bench(enum eb_side side, const char *size)
{
    struct bench b;
    memset(&b, 0, sizeof b);
    b.inst = worked();
    b.in = (struct eb_ladder_input){
        .side = side, .entry = price("2.507"), .risk = price("0.037"), .base = qty(size), .remaining = qty(size)};
    return b;
}

static void add(struct bench *b, int64_t r_ppm, int64_t fraction_ppm)
{
    b->spec[b->in.count++] = (struct eb_leg_spec){.r_ppm = r_ppm, .fraction_ppm = fraction_ppm};
}

static int build(struct bench *b)
{
    b->in.inst = &b->inst;
    b->in.gone = &b->gone;
    b->in.spec = b->spec;
    return eb_ladder_build(&b->in, b->leg, &b->n, &b->merged, &b->err);
}

static void assert_leg(const struct bench *b, unsigned i, uint8_t id, const char *at, const char *quantity)
{
    assert_true(i < b->n);
    assert_int_equal(b->leg[i].id, id);
    assert_price(b->leg[i].price, at);
    assert_price((eb_price){b->leg[i].qty.e8}, quantity);
    assert_int_equal(b->leg[i].state, EB_LEG_ARMED);
}

static void the_worked_example(void **state)
{
    (void)state;
    struct bench b = bench(EB_LONG, "398");
    add(&b, 400000, 350000);
    add(&b, 800000, 350000);
    add(&b, 1600000, 300000);
    assert_int_equal(build(&b), EB_OK);
    assert_int_equal(b.n, 3);
    assert_leg(&b, 0, 1, "2.521", "139");
    assert_leg(&b, 1, 2, "2.536", "139");
    assert_leg(&b, 2, 3, "2.566", "120");
    assert_false(b.leg[0].takes_rest);
    assert_true(b.leg[2].takes_rest);
}

static void a_short_is_its_mirror(void **state)
{
    (void)state;
    struct bench b = bench(EB_SHORT, "398");
    add(&b, 400000, 350000);
    add(&b, 800000, 350000);
    assert_int_equal(build(&b), EB_OK);
    assert_leg(&b, 0, 1, "2.493", "139"); /* 2.4922 up to the tick that is reached sooner */
    assert_leg(&b, 1, 2, "2.478", "139");
    assert_false(b.leg[1].takes_rest);
}

static void legs_by_percent_and_by_price(void **state)
{
    (void)state;
    struct bench b = bench(EB_LONG, "100");
    b.spec[0] = (struct eb_leg_spec){.price = price("2.6009"), .fraction_ppm = 500000};
    b.spec[1] = (struct eb_leg_spec){.pct_ppm = 10000, .fraction_ppm = 200000, .soft = true};
    b.in.count = 2;
    assert_int_equal(build(&b), EB_OK);
    assert_leg(&b, 0, 2, "2.532", "20"); /* nearest first; ids by the order in which they were listed */
    assert_leg(&b, 1, 1, "2.6", "50");
    assert_true(b.leg[0].soft);
    assert_int_equal(b.leg[0].r_ppm, 0);
    b.in.side = EB_SHORT;
    b.in.count = 1;
    b.spec[0] = b.spec[1];
    assert_int_equal(build(&b), EB_OK);
    assert_leg(&b, 0, 1, "2.482", "20"); /* 2.48193 */
}

static void equal_prices_keep_their_order(void **state)
{
    (void)state;
    struct bench b = bench(EB_LONG, "100");
    add(&b, 1000000, 300000);
    add(&b, 500000, 200000);
    add(&b, 1000000, 100000);
    assert_int_equal(build(&b), EB_OK);
    assert_int_equal(b.leg[0].id, 2);
    assert_int_equal(b.leg[1].id, 1);
    assert_int_equal(b.leg[2].id, 3);
}

static void what_is_refused_is_named(void **state)
{
    (void)state;
    static const struct {
        struct eb_leg_spec spec;
        const char *says;
    } cases[] = {
        {{.fraction_ppm = 1}, "levels[2]: give exactly one of r, pct, price"},
        {{.r_ppm = 1, .pct_ppm = 1, .fraction_ppm = 1}, "levels[2]: give exactly one of r, pct, price"},
        {{.r_ppm = -1, .fraction_ppm = 1}, "levels[2]: r, pct and price must be positive"},
        {{.pct_ppm = -1, .fraction_ppm = 1}, "levels[2]: r, pct and price must be positive"},
        {{.price = {-1}, .fraction_ppm = 1}, "levels[2]: r, pct and price must be positive"},
        {{.r_ppm = 1000000, .fraction_ppm = 0}, "levels[2].fraction: must lie in (0, 1]"},
        {{.r_ppm = 1000000, .fraction_ppm = -5}, "levels[2].fraction: must lie in (0, 1]"},
        {{.r_ppm = 1000000, .fraction_ppm = 1000001}, "levels[2].fraction: must lie in (0, 1]"},
        {{.r_ppm = INT64_MAX, .fraction_ppm = 1}, "levels[2]: no price on the tick grid lies there"},
        {{.pct_ppm = INT64_MAX, .fraction_ppm = 1}, "levels[2]: no price on the tick grid lies there"},
        {{.price = {1}, .fraction_ppm = 1}, "levels[2]: no price on the tick grid lies there"},
        {{.r_ppm = 1000000, .fraction_ppm = 1, .id = 1}, "levels[2].id: 1 is given twice"},
        {{.r_ppm = 1000000, .fraction_ppm = 1, .id = 200}, "levels[2].id: leg 200 was hit or merged away"},
        {{.r_ppm = 1000000, .fraction_ppm = 500001}, "fractions: 200000 ppm hit + 800001 ppm planned exceed 1"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct bench b = bench(EB_LONG, "100");
        b.in.hit_ppm = 200000;
        eb_leg_id_retire(&b.gone, 200);
        add(&b, 500000, 300000);
        b.spec[b.in.count++] = cases[i].spec;
        assert_int_equal(build(&b), EB_E_INVALID);
        if (strstr(b.err.msg, cases[i].says) == NULL) {
            fail_msg("case %zu says: %s", i, b.err.msg);
        }
    }
    struct bench b = bench(EB_SHORT, "100"); /* 100 % of price below a SHORT's entry is no price */
    b.spec[0] = (struct eb_leg_spec){.pct_ppm = 1000000, .fraction_ppm = 1};
    b.in.count = 1;
    assert_int_equal(build(&b), EB_E_INVALID);
    b = bench(EB_LONG, "100");
    b.in.count = EB_LEGS_MAX + 1;
    assert_int_equal(build(&b), EB_E_INVALID);
    b = bench(EB_LONG, "100");
    b.in.risk.e8 = 0; /* no R, no distance in it */
    add(&b, 500000, 300000);
    assert_int_equal(build(&b), EB_E_INVALID);
}

static void ids_are_the_lowest_that_never_were(void **state)
{
    (void)state;
    struct bench b = bench(EB_LONG, "100");
    eb_leg_id_retire(&b.gone, 1);
    eb_leg_id_retire(&b.gone, 3);
    add(&b, 400000, 100000);
    add(&b, 500000, 100000);
    add(&b, 600000, 100000);
    b.spec[1].id = 2;
    b.spec[2].id = 255;
    assert_int_equal(build(&b), EB_E_INVALID); /* the first took 2 */
    b.spec[0].id = 4;
    assert_int_equal(build(&b), EB_OK);
    assert_int_equal(b.leg[0].id, 4);
    assert_int_equal(b.leg[1].id, 2);
    assert_int_equal(b.leg[2].id, 255);
    assert_true(eb_leg_id_gone(&b.gone, 1));
    assert_false(eb_leg_id_gone(&b.gone, 2));

    b = bench(EB_LONG, "100");
    for (unsigned id = 1; id < 256; id++) {
        eb_leg_id_retire(&b.gone, (uint8_t)id);
    }
    add(&b, 400000, 100000);
    assert_int_equal(build(&b), EB_E_FULL);
}

static void an_empty_list_is_a_ladder(void **state)
{
    (void)state;
    struct bench b = bench(EB_LONG, "100");
    b.in.hit_ppm = EB_PPM;
    assert_int_equal(build(&b), EB_OK);
    assert_int_equal(b.n, 0);
}

static void small_legs_merge(void **state)
{
    (void)state;
    static const struct {
        const char *size, *min;
        int64_t fraction[3];
        unsigned n;
        uint8_t id[3];
        const char *qty[3];
    } cases[] = {
        {"10", "2", {100000, 300000, 600000}, 2, {2, 3}, {"4", "6"}}, /* 1 into the next */
        {"10", "2", {600000, 300000, 100000}, 2, {1, 2}, {"6", "4"}}, /* the last into the one before */
        {"10", "2", {100000, 100000, 800000}, 2, {2, 3}, {"2", "8"}}, /* 1 + 1 make one that is large enough */
        {"3", "1", {300000, 300000, 400000}, 2, {2, 3}, {"1", "2"}},  /* the last has what remains */
        {"2", "1", {350000, 350000, 300000}, 2, {2, 3}, {"1", "1"}},
        {"1", "1", {350000, 350000, 300000}, 1, {3}, {"1"}},
        {"10", "2", {100000, 100000, 100000}, 1, {2}, {"3"}},  /* no sum to 1: a runner stays */
        {"10", "4", {100000, 100000, 100000}, 0, {0}, {NULL}}, /* all of it is too small to exist */
        {"10", "1", {333333, 333333, 333334}, 3, {1, 2, 3}, {"3", "3", "4"}},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct bench b = bench(EB_LONG, cases[i].size);
        b.inst.min_qty = qty(cases[i].min);
        for (unsigned k = 0; k < 3; k++) {
            add(&b, 400000 * (k + 1), cases[i].fraction[k]);
        }
        assert_int_equal(build(&b), EB_OK);
        assert_int_equal(b.n, cases[i].n);
        for (unsigned k = 0; k < b.n; k++) {
            assert_int_equal(b.leg[k].id, cases[i].id[k]);
            assert_price((eb_price){b.leg[k].qty.e8}, cases[i].qty[k]);
        }
        for (uint8_t id = 1; id <= 3; id++) { /* who is not there was merged away, and its id with it */
            bool there = false;
            for (unsigned k = 0; k < b.n; k++) {
                there = there || b.leg[k].id == id;
            }
            assert_int_equal(eb_leg_id_gone(&b.merged, id), !there);
        }
    }
}

static void hedge_mode_asks_for_the_minimum_notional(void **state)
{
    (void)state;
    struct bench b = bench(EB_LONG, "100"); /* 5 quote at 2.521: two are enough, one is not */
    add(&b, 400000, 10000);
    add(&b, 800000, 300000);
    assert_int_equal(build(&b), EB_OK);
    assert_int_equal(b.n, 2);
    b.in.hedge = true;
    assert_int_equal(build(&b), EB_OK);
    assert_int_equal(b.n, 1);
    assert_leg(&b, 0, 2, "2.536", "31");
}

static void what_a_leg_closes(void **state)
{
    (void)state;
    static const struct {
        const char *qty, *filled, *remaining, *reserved, *min;
        bool takes_rest, hedge;
        const char *fires;
    } cases[] = {
        {"30", "0", "100", "0", "1", false, false, "30"},
        {"30", "10", "100", "0", "1", false, false, "20"}, /* its rest */
        {"30", "30", "100", "0", "1", false, false, "0"},
        {"30", "40", "100", "0", "1", false, false, "0"}, /* more came than was wanted */
        {"30", "0", "20", "0", "1", false, false, "20"},  /* never more than there is */
        {"30", "0", "34", "0", "5", false, false, "34"},  /* 4 would remain: below the minimum */
        {"30", "0", "35", "0", "5", false, false, "30"},
        {"30", "0", "100", "0", "1", true, false, "100"}, /* the last takes what remains */
        {"30", "0", "100", "25", "1", true, false, "75"}, /* but for what others are still to close */
        {"3", "0", "100", "0", "5", false, false, "0"},   /* no order can be made of it */
        {"30", "0", "3", "0", "5", false, false, "0"},
        {"30", "0", "31", "0", "1", false, true, "31"}, /* hedge: 1 would be below the minimum notional */
        {"30", "0", "32", "0", "1", false, true, "30"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_instrument inst = worked();
        inst.min_qty = qty(cases[i].min);
        const struct eb_leg leg = {.price = price("2.521"),
                                   .qty = qty(cases[i].qty),
                                   .filled = qty(cases[i].filled),
                                   .takes_rest = cases[i].takes_rest};
        eb_qty got = eb_leg_fire_qty(&leg, &inst, cases[i].hedge, qty(cases[i].remaining), qty(cases[i].reserved));
        assert_price((eb_price){got.e8}, cases[i].fires);
    }
}

static void a_new_base_changes_what_is_not_hit(void **state)
{
    (void)state;
    struct bench b = bench(EB_LONG, "100");
    add(&b, 400000, 350000);
    add(&b, 800000, 350000);
    add(&b, 1600000, 300000);
    assert_int_equal(build(&b), EB_OK);
    b.leg[0].state = EB_LEG_HIT;
    b.in.base = qty("50");
    b.in.remaining = qty("33");
    eb_ladder_rebase(b.leg, b.n, &b.in, false);
    assert_price((eb_price){b.leg[0].qty.e8}, "35"); /* hit stays hit */
    assert_price((eb_price){b.leg[1].qty.e8}, "17");
    assert_price((eb_price){b.leg[2].qty.e8}, "16"); /* what the others leave */
    assert_price(b.leg[1].price, "2.536");

    b.in.entry = price("2.6");
    b.leg[1].state = EB_LEG_PARTIAL;
    eb_ladder_rebase(b.leg, b.n, &b.in, true);
    assert_price(b.leg[1].price, "2.536"); /* it is being filled where it stands */
    assert_price(b.leg[2].price, "2.659");
    b.in.remaining = qty("10");
    eb_ladder_rebase(b.leg, b.n, &b.in, false);
    assert_price((eb_price){b.leg[2].qty.e8}, "0");
    struct eb_leg_spec by_price = {.price = price("3"), .fraction_ppm = EB_PPM};
    b = bench(EB_LONG, "100");
    b.spec[b.in.count++] = by_price;
    assert_int_equal(build(&b), EB_OK);
    b.in.entry = price("2.6");
    eb_ladder_rebase(b.leg, b.n, &b.in, true);
    assert_price(b.leg[0].price, "3"); /* a price is a price */
}

/* Whatever is asked for: legs in order, none too small to trade but where it saves a rest, never more than the base. */
static void any_ladder_is_sound(void **state)
{
    (void)state;
    struct eb_rng rng;
    eb_rng_seed(&rng, 7);
    for (int k = 0; k < 20000; k++) {
        struct bench b = bench(eb_rng_chance(&rng, 1, 2) ? EB_LONG : EB_SHORT, "1");
        b.in.base.e8 = b.in.remaining.e8 = eb_rng_range(&rng, 1, 60) * EB_E8;
        b.inst.min_qty.e8 = eb_rng_range(&rng, 1, 8) * EB_E8;
        b.in.hedge = eb_rng_chance(&rng, 1, 3);
        int64_t left = EB_PPM;
        unsigned n = (unsigned)eb_rng_below(&rng, 6);
        for (unsigned i = 0; i < n && left > 0; i++) {
            int64_t part = i + 1 == n && eb_rng_chance(&rng, 1, 2) ? left : eb_rng_range(&rng, 1, left);
            add(&b, eb_rng_range(&rng, 1, 3000000), part);
            left -= part;
        }
        assert_int_equal(build(&b), EB_OK);
        int64_t sum = 0;
        for (unsigned i = 0; i < b.n; i++) {
            assert_true(b.leg[i].qty.e8 % b.inst.step.e8 == 0);
            assert_true(b.n == 1 || b.leg[i].qty.e8 >= b.inst.min_qty.e8);
            assert_true(i == 0 || (b.in.side == EB_LONG ? b.leg[i - 1].price.e8 <= b.leg[i].price.e8
                                                        : b.leg[i - 1].price.e8 >= b.leg[i].price.e8));
            sum += b.leg[i].qty.e8;
        }
        assert_true(sum <= b.in.remaining.e8);
        assert_true(left > 0 || b.n == 0 || sum == b.in.remaining.e8 || b.in.remaining.e8 < b.inst.min_qty.e8 ||
                    b.n == 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example),
        cmocka_unit_test(a_short_is_its_mirror),
        cmocka_unit_test(legs_by_percent_and_by_price),
        cmocka_unit_test(equal_prices_keep_their_order),
        cmocka_unit_test(what_is_refused_is_named),
        cmocka_unit_test(ids_are_the_lowest_that_never_were),
        cmocka_unit_test(an_empty_list_is_a_ladder),
        cmocka_unit_test(small_legs_merge),
        cmocka_unit_test(hedge_mode_asks_for_the_minimum_notional),
        cmocka_unit_test(what_a_leg_closes),
        cmocka_unit_test(a_new_base_changes_what_is_not_hit),
        cmocka_unit_test(any_ladder_is_sound),
    };
    return cmocka_run_group_tests_name("domain/plan", tests, NULL, NULL);
}
