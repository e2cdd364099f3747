/* SPDX-License-Identifier: Apache-2.0 */
/* Filters as real lists hold them, quantities on the step, and the PERCENT_PRICE band. */
#include "domain/instrument.h"

#include "instrument_fixture.h"

#include "base/rng.h"

#define RANDOM_CASES 20000

/* ---- validation ------------------------------------------------------------------------------------------------- */

/* Filters of Binance USD-M symbols as exchangeInfo listed them on 2025-11-26, chosen for being odd. */
static const struct {
    const char *symbol;
    const char *tick, *min_price, *max_price;
    const char *step, *min_qty, *max_qty, *market_max_qty;
    const char *min_notional;
    int64_t up_ppm, down_ppm;
    int rc;
} LISTED[] = {
    {"BTCUSDT", "0.10", "261.10", "809484", "0.001", "0.001", "1000", "1000", "100", 1050000, 950000, EB_OK},
    {"ATOMUSDT", "0.001", "0.001", "100000", "0.01", "0.01", "10000", "100000", "5", 1050000, 950000, EB_OK},
    {"TUSDT", "0.0000100", "0.0000100", "200", "1", "0", "10000000", "10000000", "5", 1050000, 950000, EB_OK},
    {"LABUSDT", "0.0000100", "0.0000100", "200", "0.1", "1", "4000000", "400000", "5", 1150000, 850000, EB_OK},
    {"1000PEPEUSDT", "0.0000001", "0.0000001", "200", "1", "1", "10000000", "10000000", "5", 1050000, 950000, EB_OK},
    {"\xe5\xb8\x81\xe5\xae\x89\xe4\xba\xba\xe7\x94\x9fUSDT", "0.0000100", "0.0000100", "200", "1", "1", "4000000",
     "400000", "5", 1150000, 850000, EB_OK},
    {"OPENUSDT", "0", "0", "200", "0.0000001", "1", "1000000", "100000", "5", 1150000, 850000, EB_E_INVALID},
};

static void real_filters_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < EB_COUNT(LISTED); i++) {
        struct eb_instrument inst = {
            .tick = price(LISTED[i].tick),
            .min_price = price(LISTED[i].min_price),
            .max_price = price(LISTED[i].max_price),
            .step = qty(LISTED[i].step),
            .min_qty = qty(LISTED[i].min_qty),
            .max_qty = qty(LISTED[i].max_qty),
            .market_step = qty(LISTED[i].step),
            .market_min_qty = qty(LISTED[i].min_qty),
            .market_max_qty = qty(LISTED[i].market_max_qty),
            .min_notional = {e8(LISTED[i].min_notional)},
            .percent_up_ppm = LISTED[i].up_ppm,
            .percent_down_ppm = LISTED[i].down_ppm,
        };
        memcpy(inst.symbol, LISTED[i].symbol, strlen(LISTED[i].symbol) + 1);
        struct eb_err err = {0};
        assert_int_equal(eb_instrument_validate(&inst, &err), LISTED[i].rc);
        if (LISTED[i].rc != EB_OK) {
            assert_string_equal(err.msg, "OPENUSDT: PRICE_FILTER tickSize must be above 0, got 0");
            assert_int_equal(eb_instrument_validate(&inst, NULL), LISTED[i].rc);
        }
    }
}

enum spoilt {
    TICK,
    MIN_PRICE,
    MAX_PRICE,
    STEP,
    MIN_QTY,
    MAX_QTY,
    M_STEP,
    M_MIN,
    M_MAX,
    NOTIONAL,
    UP,
    DOWN,
    TAKE,
    RATE
};

static void spoil(struct eb_instrument *inst, enum spoilt what, int64_t value)
{
    int64_t *const fields[] = {
        [TICK] = &inst->tick.e8,
        [MIN_PRICE] = &inst->min_price.e8,
        [MAX_PRICE] = &inst->max_price.e8,
        [STEP] = &inst->step.e8,
        [MIN_QTY] = &inst->min_qty.e8,
        [MAX_QTY] = &inst->max_qty.e8,
        [M_STEP] = &inst->market_step.e8,
        [M_MIN] = &inst->market_min_qty.e8,
        [M_MAX] = &inst->market_max_qty.e8,
        [NOTIONAL] = &inst->min_notional.e8,
        [UP] = &inst->percent_up_ppm,
        [DOWN] = &inst->percent_down_ppm,
        [TAKE] = &inst->market_take_bound_ppm,
        [RATE] = &inst->maintenance_ppm,
    };
    *fields[what] = value;
}

static void a_bad_filter_is_named(void **state)
{
    (void)state;
    static const struct {
        enum spoilt what;
        int64_t value;
        const char *says; /* NULL: allowed */
    } cases[] = {
        {TICK, 0, "PRICE_FILTER tickSize"},
        {MIN_PRICE, -100000, "PRICE_FILTER minPrice"},
        {MIN_PRICE, 150000, "PRICE_FILTER minPrice"}, /* 0.0015 is off the tick: two grids, then */
        {MIN_PRICE, 0, NULL},
        {MAX_PRICE, -1, "PRICE_FILTER maxPrice"},
        {MAX_PRICE, 50000, "PRICE_FILTER maxPrice"}, /* below minPrice */
        {MAX_PRICE, 100000, NULL},                   /* one price: minPrice and one tick */
        {MAX_PRICE, 0, NULL},
        {STEP, 0, "LOT_SIZE stepSize"},
        {MIN_QTY, -1, "LOT_SIZE minQty"},
        {MIN_QTY, 0, NULL},
        {MAX_QTY, -1, "LOT_SIZE maxQty"},
        {MAX_QTY, 1, "LOT_SIZE maxQty"},
        {MAX_QTY, EB_E8, NULL},
        {MAX_QTY, 0, NULL},
        {M_STEP, -1, "MARKET_LOT_SIZE stepSize"},
        {M_STEP, 150000000, "MARKET_LOT_SIZE stepSize"}, /* 1.5 on a step of 1 */
        {M_STEP, 200000000, NULL},
        {M_STEP, 0, NULL},
        {M_MIN, -1, "MARKET_LOT_SIZE minQty"},
        {M_MAX, -1, "MARKET_LOT_SIZE maxQty"},
        {M_MAX, 1, "MARKET_LOT_SIZE maxQty"},
        {M_MAX, EB_E8, NULL},
        {M_MAX, 0, NULL},
        {NOTIONAL, -1, "MIN_NOTIONAL"},
        {NOTIONAL, 0, NULL},
        {UP, -1, "PERCENT_PRICE multiplierUp"},
        {UP, 999999, "PERCENT_PRICE multiplierUp"},
        {UP, 1000000, NULL},
        {UP, 0, NULL},
        {DOWN, -1, "PERCENT_PRICE multiplierDown"},
        {DOWN, 1000001, "PERCENT_PRICE multiplierDown"},
        {DOWN, 1000000, NULL},
        {DOWN, 0, NULL},
        {TAKE, -1, "marketTakeBound"},
        {RATE, -1, "maintenance"},
        {RATE, 1000000, "maintenance"},
        {RATE, 0, NULL},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_instrument inst = worked();
        spoil(&inst, cases[i].what, cases[i].value);
        struct eb_err err = {0};
        int rc = eb_instrument_validate(&inst, &err);
        if (cases[i].says == NULL) {
            if (rc != EB_OK) {
                fail_msg("case %zu refused: %s", i, err.msg);
            }
            continue;
        }
        char got[EB_DECIMAL_TEXT_MAX + 8] = ", got ";
        (void)eb_decimal_format(cases[i].value, cases[i].what >= UP ? 6 : 8, got + strlen(got));
        bool names_value = strlen(err.msg) > strlen(got) && strcmp(err.msg + strlen(err.msg) - strlen(got), got) == 0;
        if (rc != EB_E_INVALID || strncmp(err.msg, "ADAUSDT: ", 9) != 0 || strstr(err.msg, cases[i].says) == NULL ||
            !names_value) {
            fail_msg("case %zu: rc %d, \"%s\"", i, rc, err.msg);
        }
    }
}

static void limits_hold_a_lot_at_least(void **state)
{
    (void)state;
    struct eb_instrument inst = worked();
    inst.min_qty = inst.market_min_qty = (eb_qty){0};
    inst.max_qty = qty("0.5"); /* no multiple of the step fits */
    assert_int_equal(eb_instrument_validate(&inst, NULL), EB_E_INVALID);
    inst.max_qty = qty("1");
    inst.market_max_qty = qty("0.5");
    assert_int_equal(eb_instrument_validate(&inst, NULL), EB_E_INVALID);
    inst.market_step = (eb_qty){0};
    assert_int_equal(eb_instrument_validate(&inst, NULL), EB_E_INVALID);
    inst.market_max_qty = qty("1");
    assert_int_equal(eb_instrument_validate(&inst, NULL), EB_OK);
}

static void a_symbol_is_a_plain_word(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "A B", "A\"B", "A\\B", "A/B", "A,B", "A\nB", "A\x7f"};
    for (size_t i = 0; i < EB_COUNT(bad); i++) {
        struct eb_instrument inst = worked();
        memcpy(inst.symbol, bad[i], strlen(bad[i]) + 1);
        struct eb_err err = {0};
        assert_int_equal(eb_instrument_validate(&inst, &err), EB_E_INVALID);
        assert_non_null(strstr(err.msg, "symbol"));
    }
    struct eb_instrument inst = worked();
    memset(inst.symbol, 'A', sizeof(inst.symbol)); /* not terminated */
    assert_int_equal(eb_instrument_validate(&inst, NULL), EB_E_INVALID);
    inst.symbol[sizeof(inst.symbol) - 1] = '\0';
    assert_int_equal(eb_instrument_validate(&inst, NULL), EB_OK);
}

static void an_event_carries_every_field(void **state)
{
    (void)state;
    const struct eb_ev_instrument event = {
        .symbol = "XUSDT",
        .tick = {1},
        .min_price = {2},
        .max_price = {3},
        .step = {4},
        .min_qty = {5},
        .max_qty = {6},
        .market_step = {7},
        .market_min_qty = {8},
        .market_max_qty = {9},
        .min_notional = {10},
        .percent_up_ppm = 11,
        .percent_down_ppm = 12,
        .market_take_bound_ppm = 13,
        .maintenance_ppm = 14,
        .max_orders = 15,
        .max_algo_orders = 16,
        .trading = true,
    };
    struct eb_instrument inst;
    memset(&inst, 0xee, sizeof(inst));
    eb_instrument_from_event(&inst, &event);
    assert_string_equal(inst.symbol, "XUSDT");
    const int64_t got[] = {
        inst.tick.e8,
        inst.min_price.e8,
        inst.max_price.e8,
        inst.step.e8,
        inst.min_qty.e8,
        inst.max_qty.e8,
        inst.market_step.e8,
        inst.market_min_qty.e8,
        inst.market_max_qty.e8,
        inst.min_notional.e8,
        inst.percent_up_ppm,
        inst.percent_down_ppm,
        inst.market_take_bound_ppm,
        inst.maintenance_ppm,
        inst.max_orders,
        inst.max_algo_orders,
        inst.trading ? 17 : 0,
    };
    for (size_t i = 0; i < EB_COUNT(got); i++) {
        assert_int_equal(got[i], i + 1);
    }
}

/* ---- quantities ------------------------------------------------------------------------------------------------- */

static void quantities_round_down(void **state)
{
    (void)state;
    static const struct {
        const char *qty;
        const char *limit;  /* step 0.1 */
        const char *market; /* step 0.5 */
        bool tradable;      /* minimum 1, market minimum 1.5 */
    } cases[] = {
        {"0", "0", "0", false},
        {"0.09999999", "0", "0", false},
        {"0.1", "0.1", "0", false},
        {"1", "1", "1", false},
        {"1.49999999", "1.4", "1", false},
        {"1.5", "1.5", "1.5", true},
        {"1.99999999", "1.9", "1.5", true},
        {"123.456", "123.4", "123", true},
    };
    struct eb_instrument inst = worked();
    inst.step = qty("0.1");
    inst.market_step = qty("0.5");
    inst.min_qty = qty("1");
    inst.market_min_qty = qty("1.5");
    assert_int_equal(eb_instrument_validate(&inst, NULL), EB_OK);
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        eb_qty q = qty(cases[i].qty);
        assert_int_equal(eb_round_qty_down(&inst, q, false).e8, e8(cases[i].limit));
        assert_int_equal(eb_round_qty_down(&inst, q, true).e8, e8(cases[i].market));
        assert_int_equal(eb_qty_is_tradable(&inst, q), cases[i].tradable);
    }
    assert_int_equal(eb_round_qty_down(&inst, (eb_qty){-1}, false).e8, 0);
    assert_false(eb_qty_is_tradable(&inst, (eb_qty){-EB_E8 * 5}));

    inst.market_step.e8 = 0; /* as for limit orders */
    assert_int_equal(eb_round_qty_down(&inst, qty("123.456"), true).e8, e8("123.4"));
    inst.market_min_qty = qty("1");
    assert_true(eb_qty_is_tradable(&inst, qty("1")));
    inst.market_min_qty.e8 = 0;
    assert_true(eb_qty_is_tradable(&inst, qty("1")));
    assert_false(eb_qty_is_tradable(&inst, qty("0.99999999")));
    inst.min_qty.e8 = 0; /* listed with a minimum of 0: one step is the least */
    assert_true(eb_qty_is_tradable(&inst, qty("0.1")));
    assert_false(eb_qty_is_tradable(&inst, qty("0.09")));
}

static void the_largest_order(void **state)
{
    (void)state;
    struct eb_instrument inst = worked();
    assert_int_equal(eb_max_order_qty(&inst, false).e8, e8("1000000"));
    assert_int_equal(eb_max_order_qty(&inst, true).e8, e8("20000"));
    inst.market_max_qty = qty("2000000"); /* listed above LOT_SIZE's: both hold */
    assert_int_equal(eb_max_order_qty(&inst, true).e8, e8("1000000"));
    inst.market_max_qty = qty("20000.9"); /* off the step: the multiple below */
    assert_int_equal(eb_max_order_qty(&inst, true).e8, e8("20000"));
    inst.max_qty.e8 = 0;
    inst.market_max_qty.e8 = 0;
    assert_int_equal(eb_max_order_qty(&inst, true).e8, e8("92233720368"));
}

static void notional_is_compared_exactly(void **state)
{
    (void)state;
    struct eb_instrument inst = worked();
    assert_true(eb_notional_ok(&inst, price("2.5"), qty("2")));
    assert_false(eb_notional_ok(&inst, price("2.49999999"), qty("2")));
    assert_true(eb_notional_ok(&inst, price("2.50000001"), qty("2")));
    assert_false(eb_notional_ok(&inst, price("0.00000001"), qty("0.00000001")));
    assert_true(eb_notional_ok(&inst, (eb_price){INT64_MAX}, (eb_qty){INT64_MAX}));
    inst.min_notional.e8 = 0;
    assert_true(eb_notional_ok(&inst, price("0.00000001"), qty("0.00000001")));
}

/* ---- PERCENT_PRICE ---------------------------------------------------------------------------------------------- */

static void percent_price_bounds_each_side(void **state)
{
    (void)state;
    static const struct {
        const char *price;
        enum eb_order_side side;
        bool ok;
    } cases[] = {
        {"2.63235", EB_BUY, true},  {"2.63235001", EB_BUY, false},  {"0.001", EB_BUY, true},
        {"2.38165", EB_SELL, true}, {"2.38164999", EB_SELL, false}, {"900", EB_SELL, true},
    };
    struct eb_instrument inst = worked();
    eb_price mark = price("2.507");
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        assert_int_equal(eb_percent_price_ok(&inst, cases[i].side, price(cases[i].price), mark), cases[i].ok);
    }
    inst.percent_up_ppm = 0;
    inst.percent_down_ppm = 0;
    assert_true(eb_percent_price_ok(&inst, EB_BUY, price("900"), mark));
    assert_true(eb_percent_price_ok(&inst, EB_SELL, price("0.001"), mark));
}

static void the_band_edge_lies_inside(void **state)
{
    (void)state;
    struct eb_instrument inst = worked();
    eb_price got = {UNTOUCHED};
    assert_true(eb_price_band_edge(&inst, EB_BUY, price("2.507"), &got)); /* 2.63235 */
    assert_price(got, "2.632");
    assert_true(eb_price_band_edge(&inst, EB_SELL, price("2.507"), &got)); /* 2.38165 */
    assert_price(got, "2.382");

    inst.max_price = price("2.6"); /* the price limit is nearer */
    inst.min_price = price("2.4");
    assert_true(eb_price_band_edge(&inst, EB_BUY, price("2.507"), &got));
    assert_price(got, "2.6");
    assert_true(eb_price_band_edge(&inst, EB_SELL, price("2.507"), &got));
    assert_price(got, "2.4");

    inst.percent_up_ppm = 0; /* only the limit is left */
    inst.percent_down_ppm = 0;
    assert_true(eb_price_band_edge(&inst, EB_BUY, price("2"), &got));
    assert_price(got, "2.6");
    assert_true(eb_price_band_edge(&inst, EB_SELL, price("3"), &got));
    assert_price(got, "2.4");

    got.e8 = UNTOUCHED;
    inst.max_price.e8 = 0; /* nothing bounds a buy */
    assert_false(eb_price_band_edge(&inst, EB_BUY, price("2.507"), &got));
    inst.min_price.e8 = 0;
    assert_false(eb_price_band_edge(&inst, EB_SELL, price("2.507"), &got));
    assert_int_equal(got.e8, UNTOUCHED);
}

static void a_band_may_be_empty(void **state)
{
    (void)state;
    struct eb_instrument inst = worked();
    eb_price got = {UNTOUCHED};
    inst.min_price = price("2.4");
    inst.max_price = price("2.6");
    assert_false(eb_price_band_edge(&inst, EB_BUY, price("2"), &got));  /* at most 2.1, at least 2.4 */
    assert_false(eb_price_band_edge(&inst, EB_SELL, price("3"), &got)); /* at least 2.85, at most 2.6 */
    assert_false(eb_price_band_edge(&inst, EB_BUY, price("0"), &got));
    assert_false(eb_price_band_edge(&inst, EB_SELL, price("-1"), &got));
    inst = worked();
    inst.min_price.e8 = 0;
    assert_false(eb_price_band_edge(&inst, EB_BUY, price("0.0009"), &got)); /* no tick below 0.000945 */
    assert_int_equal(got.e8, UNTOUCHED);
}

/* Whatever mark is: the edge is allowed, the next tick beyond it is not. */
static void the_band_edge_is_the_worst_allowed(void **state)
{
    (void)state;
    struct eb_instrument inst = worked();
    inst.max_price.e8 = 0;
    struct eb_rng rng;
    eb_rng_seed(&rng, 2);
    for (int i = 0; i < RANDOM_CASES; i++) {
        eb_price mark = {eb_rng_range(&rng, e8("0.01"), e8("100"))};
        eb_price buy;
        eb_price sell;
        assert_true(eb_price_band_edge(&inst, EB_BUY, mark, &buy));
        assert_true(eb_price_band_edge(&inst, EB_SELL, mark, &sell));
        assert_true(eb_price_on_grid(&inst, buy) && eb_price_on_grid(&inst, sell));
        assert_true(eb_percent_price_ok(&inst, EB_BUY, buy, mark));
        assert_true(eb_percent_price_ok(&inst, EB_SELL, sell, mark));
        assert_false(eb_percent_price_ok(&inst, EB_BUY, (eb_price){buy.e8 + inst.tick.e8}, mark));
        assert_false(eb_percent_price_ok(&inst, EB_SELL, (eb_price){sell.e8 - inst.tick.e8}, mark));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_filters_are_judged),
        cmocka_unit_test(a_bad_filter_is_named),
        cmocka_unit_test(limits_hold_a_lot_at_least),
        cmocka_unit_test(a_symbol_is_a_plain_word),
        cmocka_unit_test(an_event_carries_every_field),
        cmocka_unit_test(quantities_round_down),
        cmocka_unit_test(the_largest_order),
        cmocka_unit_test(notional_is_compared_exactly),
        cmocka_unit_test(percent_price_bounds_each_side),
        cmocka_unit_test(the_band_edge_lies_inside),
        cmocka_unit_test(a_band_may_be_empty),
        cmocka_unit_test(the_band_edge_is_the_worst_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
