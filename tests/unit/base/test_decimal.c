/* SPDX-License-Identifier: Apache-2.0 */
/* Exact decimals: tables by hand, vectors computed by another decimal library, and random values against __int128. */
#include "base/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

#define RANDOM_CASES 20000

static const char *mode_name(enum eb_round mode)
{
    static const char *const names[] = {"floor", "ceil", "half away", "half even"};
    return names[mode];
}

/* ---- text to number --------------------------------------------------------------------------------------------- */

static void parses_plain_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rc;
        int64_t want;
    } cases[] = {
        {"0", EB_OK, 0},
        {"-0", EB_OK, 0},
        {"0.0", EB_OK, 0},
        {"1", EB_OK, EB_E8},
        {"-12.5", EB_OK, INT64_C(-1250000000)},
        {"0.00000001", EB_OK, 1},
        {"-0.00000001", EB_OK, -1},
        {"0.3991144", EB_OK, 39911440},
        {"007.50", EB_OK, 750000000},
        {"000000000000000000000000000001.5", EB_OK, 150000000},
        {"42000.10000000000000000000000000", EB_OK, INT64_C(4200010000000)},
        {"92233720368.54775807", EB_OK, INT64_MAX},
        {"-92233720368.54775807", EB_OK, -INT64_MAX},
        {"92233720368.54775808", EB_E_OVERFLOW, 0},
        {"-92233720368.54775808", EB_E_OVERFLOW, 0},
        {"92233720369", EB_E_OVERFLOW, 0},
        {"999999999999999999999999999999999999999999", EB_E_OVERFLOW, 0},
        {"99999999999999999999999999999999999999999x", EB_E_INVALID, 0},
        {"", EB_E_INVALID, 0},
        {"-", EB_E_INVALID, 0},
        {".", EB_E_INVALID, 0},
        {".5", EB_E_INVALID, 0},
        {"5.", EB_E_INVALID, 0},
        {"-.5", EB_E_INVALID, 0},
        {"+1", EB_E_INVALID, 0},
        {"--1", EB_E_INVALID, 0},
        {" 1", EB_E_INVALID, 0},
        {"1 ", EB_E_INVALID, 0},
        {"1.2.3", EB_E_INVALID, 0},
        {"1,5", EB_E_INVALID, 0},
        {"1e5", EB_E_INVALID, 0},
        {"0x10", EB_E_INVALID, 0},
        {"nan", EB_E_INVALID, 0},
        {"inf", EB_E_INVALID, 0},
        {"1.5-", EB_E_INVALID, 0},
        {"0.123456789", EB_E_INVALID, 0}, /* nine decimals are refused for orders */
        {"0.000000001", EB_E_INVALID, 0},
        {"0.0000000000000001", EB_E_INVALID, 0},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        const int64_t untouched = 777;
        int64_t got = untouched;
        int rc = eb_decimal_parse(cases[i].text, strlen(cases[i].text), true, EB_ROUND_FLOOR, &got);
        int64_t want = cases[i].rc == EB_OK ? cases[i].want : untouched;
        if (rc != cases[i].rc || got != want) {
            fail_msg("\"%s\": rc %d, %lld", cases[i].text, rc, (long long)got);
        }
    }
}

static void reads_exactly_len_bytes(void **state)
{
    (void)state;
    int64_t got = 0;
    assert_int_equal(eb_decimal_parse("12.75,rest", 5, true, EB_ROUND_FLOOR, &got), EB_OK);
    assert_int_equal(got, 1275000000);
    assert_int_equal(eb_decimal_parse("12.75", 3, true, EB_ROUND_FLOOR, &got), EB_E_INVALID);
    assert_int_equal(eb_decimal_parse("12\0005", 4, true, EB_ROUND_FLOOR, &got), EB_E_INVALID);
    assert_int_equal(got, 1275000000);
    assert_int_equal(eb_decimal_parse("-12", 2, true, EB_ROUND_FLOOR, &got), EB_OK);
    assert_int_equal(got, -EB_E8);
    assert_int_equal(eb_decimal_parse("1.25", 3, true, EB_ROUND_FLOOR, &got), EB_OK);
    assert_int_equal(got, 120000000);
    assert_int_equal(eb_decimal_parse_json("1e-59", 4, &got), EB_OK);
    assert_int_equal(got, 1000);
    assert_int_equal(eb_decimal_parse_json("7e5", 1, &got), EB_OK);
    assert_int_equal(got, 7 * EB_E8);
    assert_int_equal(eb_decimal_parse_json("7e5", 2, &got), EB_E_INVALID);
    assert_int_equal(eb_decimal_parse("-1", 1, true, EB_ROUND_FLOOR, &got), EB_E_INVALID);
    assert_int_equal(eb_decimal_parse("-1", 0, true, EB_ROUND_FLOOR, &got), EB_E_INVALID);
    assert_int_equal(eb_decimal_parse(NULL, 0, true, EB_ROUND_FLOOR, &got), EB_E_INVALID);
}

/* Expectations in the order floor, ceil, half away, half even, computed with Python's decimal module. */
static const struct {
    const char *text;
    int64_t want[4];
} VECTORS[] = {
    {"0.000000005", {0, 1, 1, 0}},
    {"-0.000000005", {-1, 0, -1, 0}},
    {"0.000000015", {1, 2, 2, 2}},
    {"0.000000025", {2, 3, 3, 2}},
    {"0.0000000250000000000000000001", {2, 3, 3, 3}},
    {"0.00000000499999999999999", {0, 1, 0, 0}},
    {"-0.00000000000000000000001", {-1, 0, 0, 0}},
    {"-9232716.7193932524097970488321320", {-923271671939326, -923271671939325, -923271671939325, -923271671939325}},
    {"28313.8471424751", {2831384714247, 2831384714248, 2831384714248, 2831384714248}},
    {"-669021760.73595877833796677", {-66902176073595878, -66902176073595877, -66902176073595878, -66902176073595878}},
    {"-359565", {-35956500000000, -35956500000000, -35956500000000, -35956500000000}},
    {"8.03768384501", {803768384, 803768385, 803768385, 803768385}},
    {"-651218434.2747734", {-65121843427477340, -65121843427477340, -65121843427477340, -65121843427477340}},
    {"10010390.90217677", {1001039090217677, 1001039090217677, 1001039090217677, 1001039090217677}},
    {"271.0680519649999", {27106805196, 27106805197, 27106805196, 27106805196}},
    {"805507.2689678", {80550726896780, 80550726896780, 80550726896780, 80550726896780}},
    {"25736356.2205397351", {2573635622053973, 2573635622053974, 2573635622053974, 2573635622053974}},
    {"-19626.1563194", {-1962615631940, -1962615631940, -1962615631940, -1962615631940}},
    {"4272757.2639872", {427275726398720, 427275726398720, 427275726398720, 427275726398720}},
    {"7757.9006390912", {775790063909, 775790063910, 775790063909, 775790063909}},
    {"1.7843525949999", {178435259, 178435260, 178435259, 178435259}},
    {"-2827.858977188234", {-282785897719, -282785897718, -282785897719, -282785897719}},
    {"729676.1148436049999", {72967611484360, 72967611484361, 72967611484360, 72967611484360}},
    {"-27.993178976630", {-2799317898, -2799317897, -2799317898, -2799317898}},
    {"-39366331411.0809401649999",
     {-3936633141108094017, -3936633141108094016, -3936633141108094016, -3936633141108094016}},
    {"177328342.7633134104", {17732834276331341, 17732834276331342, 17732834276331341, 17732834276331341}},
    {"373.0667081582206847887463703", {37306670815, 37306670816, 37306670816, 37306670816}},
    {"351.7133671750", {35171336717, 35171336718, 35171336718, 35171336718}},
};

static void rounds_observations(void **state)
{
    (void)state;
    for (size_t i = 0; i < EB_COUNT(VECTORS); i++) {
        for (int mode = EB_ROUND_FLOOR; mode <= EB_ROUND_HALF_EVEN; mode++) {
            int64_t got = -777;
            int rc = eb_decimal_parse(VECTORS[i].text, strlen(VECTORS[i].text), false, (enum eb_round)mode, &got);
            if (rc != EB_OK || got != VECTORS[i].want[mode]) {
                fail_msg("\"%s\" %s: rc %d, %lld", VECTORS[i].text, mode_name((enum eb_round)mode), rc, (long long)got);
            }
        }
    }
}

static void rounding_up_can_overflow(void **state)
{
    (void)state;
    static const char text[] = "92233720368.547758075";
    int64_t got = 5;
    assert_int_equal(eb_decimal_parse(text, strlen(text), false, EB_ROUND_FLOOR, &got), EB_OK);
    assert_int_equal(got, INT64_MAX);
    assert_int_equal(eb_decimal_parse(text, strlen(text), false, EB_ROUND_CEIL, &got), EB_E_OVERFLOW);
    assert_int_equal(eb_decimal_parse(text, strlen(text), false, EB_ROUND_HALF_AWAY, &got), EB_E_OVERFLOW);
    assert_int_equal(got, INT64_MAX);
}

static void parses_json_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rc;
        int64_t want;
    } cases[] = {
        {"1e-05", EB_OK, 1000},
        {"1E+5", EB_OK, INT64_C(10000000000000)},
        {"1e5", EB_OK, INT64_C(10000000000000)},
        {"-2.5e-3", EB_OK, -250000},
        {"12345.678e-4", EB_OK, 123456780},
        {"12345.678e-9", EB_OK, 1235}, /* 0.000012345678 */
        {"1234567890e-17", EB_OK, 1},  /* 0.0000000123... : cut inside the whole part */
        {"5e-9", EB_OK, 1},
        {"4.9e-9", EB_OK, 0},
        {"9e-10", EB_OK, 0}, /* the digit right after the last kept one is an implied zero */
        {"-5e-9", EB_OK, -1},
        {"0.30000000000000004", EB_OK, 30000000},
        {"0e999999999999999999999", EB_OK, 0},
        {"0.000e-5", EB_OK, 0},
        {"1e-999999999999999999999999", EB_OK, 0},
        {"0.00000000000000000000000000001e29", EB_OK, EB_E8},
        {"42", EB_OK, INT64_C(4200000000)},
        {"9.223372036854775807e10", EB_OK, INT64_MAX},
        {"9.223372036854775808e10", EB_E_OVERFLOW, 0},
        {"1e11", EB_E_OVERFLOW, 0},
        {"1e999999999999999999999", EB_E_OVERFLOW, 0},
        {"1e", EB_E_INVALID, 0},
        {"1e+", EB_E_INVALID, 0},
        {"1e5.5", EB_E_INVALID, 0},
        {"e5", EB_E_INVALID, 0},
        {"1e5 ", EB_E_INVALID, 0},
        {"", EB_E_INVALID, 0},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        const int64_t untouched = 777;
        int64_t got = untouched;
        int rc = eb_decimal_parse_json(cases[i].text, strlen(cases[i].text), &got);
        int64_t want = cases[i].rc == EB_OK ? cases[i].want : untouched;
        if (rc != cases[i].rc || got != want) {
            fail_msg("\"%s\": rc %d, %lld", cases[i].text, rc, (long long)got);
        }
    }
}

/* A random count of 1e-16 written out in full must come back rounded as the plain definition says. */
static int64_t reference_round(eb_i128 num, eb_i128 den, enum eb_round mode)
{
    eb_i128 floor = num / den;
    while (floor * den > num) {
        floor--;
    }
    eb_i128 twice_rest = 2 * (num - floor * den);
    bool tie = twice_rest == den;
    bool up = false;
    switch (mode) {
    case EB_ROUND_FLOOR:
        break;
    case EB_ROUND_CEIL:
        up = twice_rest > 0;
        break;
    case EB_ROUND_HALF_AWAY:
        up = twice_rest > den || (tie && num > 0);
        break;
    case EB_ROUND_HALF_EVEN:
        up = twice_rest > den || (tie && floor % 2 != 0);
        break;
    }
    return (int64_t)(floor + (up ? 1 : 0));
}

static void random_texts_agree_with_i128(void **state)
{
    (void)state;
    struct eb_rng rng;
    eb_rng_seed(&rng, 1);
    for (int i = 0; i < RANDOM_CASES; i++) {
        /* Digits of every magnitude, not just long ones. */
        uint64_t whole = eb_rng_next(&rng) >> (28 + eb_rng_below(&rng, 36)); /* below 2^36 */
        uint64_t fraction = eb_rng_below(&rng, UINT64_C(10000000000000000));
        if (eb_rng_chance(&rng, 1, 4)) { /* ties and their neighbours */
            fraction = fraction / 100000000 * 100000000 + 49999999 + eb_rng_below(&rng, 3);
        }
        bool negative = eb_rng_chance(&rng, 1, 2);
        char text[64];
        int len = snprintf(text, sizeof(text), "%s%llu.%016llu", negative ? "-" : "", (unsigned long long)whole,
                           (unsigned long long)fraction);
        eb_i128 exact = (eb_i128)whole * INT64_C(10000000000000000) + (eb_i128)fraction;
        exact = negative ? -exact : exact;
        enum eb_round mode = (enum eb_round)eb_rng_below(&rng, 4);
        int64_t want = reference_round(exact, EB_E8, mode);
        int64_t got = 0;
        int rc = eb_decimal_parse(text, (size_t)len, false, mode, &got);
        if (rc != EB_OK || got != want) {
            fail_msg("%s %s: rc %d, %lld", text, mode_name(mode), rc, (long long)got);
        }
    }
}

/* ---- number to text --------------------------------------------------------------------------------------------- */

static void formats(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        int scale;
        const char *shortest;
        const char *fixed;
    } cases[] = {
        {0, 8, "0", "0.00000000"},
        {0, 0, "0", "0"},
        {EB_E8, 8, "1", "1.00000000"},
        {39911440, 8, "0.3991144", "0.39911440"},
        {INT64_C(1200000000), 8, "12", "12.00000000"},
        {-50000000, 8, "-0.5", "-0.50000000"},
        {1, 8, "0.00000001", "0.00000001"},
        {-1, 8, "-0.00000001", "-0.00000001"},
        {506279, 6, "0.506279", "0.506279"},
        {10, 1, "1", "1.0"},
        {100, 0, "100", "100"},
        {-100, 0, "-100", "-100"},
        {INT64_MAX, 8, "92233720368.54775807", "92233720368.54775807"},
        {INT64_MIN, 8, "-92233720368.54775808", "-92233720368.54775808"},
        {INT64_MIN, 18, "-9.223372036854775808", "-9.223372036854775808"},
        {INT64_MIN, 0, "-9223372036854775808", "-9223372036854775808"},
        {-1, 18, "-0.000000000000000001", "-0.000000000000000001"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        char text[EB_DECIMAL_TEXT_MAX];
        size_t len = eb_decimal_format(cases[i].value, cases[i].scale, text);
        assert_string_equal(text, cases[i].shortest);
        assert_int_equal(len, strlen(text));
        len = eb_decimal_format_fixed(cases[i].value, cases[i].scale, text);
        assert_string_equal(text, cases[i].fixed);
        assert_int_equal(len, strlen(text));
    }
}

static void text_of_a_value_reads_back(void **state)
{
    (void)state;
    struct eb_rng rng;
    eb_rng_seed(&rng, 2);
    for (int i = 0; i < RANDOM_CASES; i++) {
        int64_t value = (int64_t)(eb_rng_next(&rng) >> (1 + eb_rng_below(&rng, 62)));
        value = eb_rng_chance(&rng, 1, 2) ? -value : value;
        char text[EB_DECIMAL_TEXT_MAX];
        for (int fixed = 0; fixed < 2; fixed++) {
            size_t len = fixed != 0 ? eb_decimal_format_fixed(value, 8, text) : eb_decimal_format(value, 8, text);
            int64_t got = 0;
            assert_int_equal(eb_decimal_parse(text, len, true, EB_ROUND_FLOOR, &got), EB_OK);
            assert_int_equal(got, value);
            assert_true(fixed != 0 || strchr(text, '.') == NULL || text[len - 1] != '0');
        }
    }
}

/* ---- arithmetic ------------------------------------------------------------------------------------------------- */

static void division_rounds_as_named(void **state)
{
    (void)state;
    for (int den = 1; den <= 12; den++) {
        for (int num = -60; num <= 60; num++) {
            for (int mode = EB_ROUND_FLOOR; mode <= EB_ROUND_HALF_EVEN; mode++) {
                int64_t want = reference_round(num, den, (enum eb_round)mode);
                if (eb_div_round(num, den, (enum eb_round)mode) != want) {
                    fail_msg("%d / %d %s", num, den, mode_name((enum eb_round)mode));
                }
            }
        }
    }
}

static void division_is_exact_at_the_edges(void **state)
{
    (void)state;
    const eb_i128 max = (eb_i128)(((unsigned __int128)1 << 127) - 1);
    assert_true(eb_div_round(max, max, EB_ROUND_HALF_AWAY) == 1);
    assert_true(eb_div_round(max - 1, max, EB_ROUND_HALF_AWAY) == 1); /* doubling the rest would overflow */
    assert_true(eb_div_round(max / 2, max, EB_ROUND_HALF_EVEN) == 0);
    assert_true(eb_div_round(-max - 1, 1, EB_ROUND_FLOOR) == -max - 1);
    assert_true(eb_div_round(-max, 2, EB_ROUND_FLOOR) == -(max / 2) - 1);

    int64_t got = 777;
    assert_true(eb_div_i64(INT64_MAX, 1, EB_ROUND_FLOOR, &got));
    assert_int_equal(got, INT64_MAX);
    assert_true(eb_div_i64(INT64_MIN, 1, EB_ROUND_FLOOR, &got));
    assert_int_equal(got, INT64_MIN);
    assert_false(eb_div_i64((eb_i128)INT64_MAX * 2 + 1, 2, EB_ROUND_CEIL, &got));
    assert_false(eb_div_i64((eb_i128)INT64_MIN * 2 - 1, 2, EB_ROUND_FLOOR, &got));
    assert_int_equal(got, INT64_MIN);
}

static void products_are_rounded_once(void **state)
{
    (void)state;
    int64_t got = 777;
    assert_true(eb_mul_div(INT64_MAX, INT64_MAX, INT64_MAX, EB_ROUND_FLOOR, &got));
    assert_int_equal(got, INT64_MAX);
    assert_true(eb_mul_div(-7, 3, 2, EB_ROUND_HALF_AWAY, &got));
    assert_int_equal(got, -11);
    assert_true(eb_mul_div(-7, 3, 2, EB_ROUND_HALF_EVEN, &got));
    assert_int_equal(got, -10);
    assert_false(eb_mul_div(INT64_MAX, 2, 1, EB_ROUND_FLOOR, &got));
    assert_int_equal(got, -10);

    eb_money money = {777};
    /* Semantics 11: 398 at 2.507 is 997.786. */
    assert_true(eb_notional((eb_price){250700000}, (eb_qty){398 * EB_E8}, EB_ROUND_FLOOR, &money));
    assert_int_equal(money.e8, INT64_C(99778600000));
    assert_true(eb_notional((eb_price){1}, (eb_qty){1}, EB_ROUND_CEIL, &money));
    assert_int_equal(money.e8, 1);
    assert_true(eb_notional((eb_price){1}, (eb_qty){1}, EB_ROUND_FLOOR, &money));
    assert_int_equal(money.e8, 0);
    assert_false(eb_notional((eb_price){INT64_MAX}, (eb_qty){2 * EB_E8}, EB_ROUND_FLOOR, &money));
    assert_int_equal(money.e8, 0);
}

static void sums_are_checked(void **state)
{
    (void)state;
    int64_t got = 777;
    assert_true(eb_add_i64(INT64_MAX - 1, 1, &got));
    assert_int_equal(got, INT64_MAX);
    assert_false(eb_add_i64(INT64_MAX, 1, &got));
    assert_false(eb_add_i64(INT64_MIN, -1, &got));
    assert_false(eb_sub_i64(INT64_MIN, 1, &got));
    assert_false(eb_sub_i64(0, INT64_MIN, &got));
    assert_int_equal(got, INT64_MAX);
    assert_true(eb_sub_i64(5, 7, &got));
    assert_int_equal(got, -2);

    eb_price price = {777};
    assert_true(eb_price_add((eb_price){2}, (eb_price){3}, &price));
    assert_int_equal(price.e8, 5);
    assert_true(eb_price_sub((eb_price){2}, (eb_price){3}, &price));
    assert_int_equal(price.e8, -1);
    assert_false(eb_price_add((eb_price){INT64_MAX}, (eb_price){1}, &price));
    assert_false(eb_price_sub((eb_price){INT64_MIN}, (eb_price){1}, &price));
    assert_int_equal(price.e8, -1);

    eb_qty qty = {777};
    assert_true(eb_qty_add((eb_qty){2}, (eb_qty){3}, &qty));
    assert_int_equal(qty.e8, 5);
    assert_true(eb_qty_sub((eb_qty){3}, (eb_qty){3}, &qty));
    assert_int_equal(qty.e8, 0);
    assert_false(eb_qty_sub((eb_qty){2}, (eb_qty){3}, &qty)); /* a quantity has no sign */
    assert_false(eb_qty_sub((eb_qty){INT64_MIN}, (eb_qty){1}, &qty));
    assert_false(eb_qty_add((eb_qty){INT64_MAX}, (eb_qty){1}, &qty));
    assert_int_equal(qty.e8, 0);

    eb_money money = {777};
    assert_true(eb_money_add((eb_money){2}, (eb_money){-3}, &money));
    assert_int_equal(money.e8, -1);
    assert_true(eb_money_sub((eb_money){2}, (eb_money){3}, &money));
    assert_int_equal(money.e8, -1);
    assert_false(eb_money_add((eb_money){INT64_MIN}, (eb_money){-1}, &money));
    assert_false(eb_money_sub((eb_money){INT64_MAX}, (eb_money){-1}, &money));
    assert_int_equal(money.e8, -1);
}

/* ---- doubles ---------------------------------------------------------------------------------------------------- */

static void doubles_cross_half_away_from_zero(void **state)
{
    (void)state;
    static const struct {
        double x;
        int scale;
        bool ok;
        int64_t want;
    } cases[] = {
        {0.0, 6, true, 0},
        {-0.0, 8, true, 0},
        {0.015, 6, true, 15000},
        {2.507, 8, true, 250700000},
        {0.1 + 0.2, 8, true, 30000000},
        {0x1p-7 / 15625, 6, true, 1}, /* 5e-7, and the product is a tie */
        {-0x1p-7 / 15625, 6, true, -1},
        {4.99e-7, 6, true, 0},
        {-4.99e-7, 6, true, 0},
        {1.5e-6, 6, true, 2},
        {-1.5e-6, 6, true, -2},
        {2.5e-6, 6, true, 3}, /* not to even */
        {-123456.789, 8, true, INT64_C(-12345678900000)},
        {92233720368.0, 8, true, INT64_C(9223372036800000000)},
        {92233720369.0, 8, false, 0},
        {-92233720369.0, 8, false, 0},
        {-0x1p63 / 1e8, 8, false, 0},                             /* INT64_MIN itself has no negation */
        {9223372036854.0, 6, true, INT64_C(9223372036853999616)}, /* the double next to the product */
        {9223372036855.0, 6, false, 0},
        {1e300, 6, false, 0},
        {1e308, 8, false, 0}, /* the product is infinite */
        {5e-324, 8, true, 0},
        {__builtin_inf(), 6, false, 0},
        {-__builtin_inf(), 8, false, 0},
        {__builtin_nan(""), 6, false, 0},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        int64_t got = 777;
        bool ok = eb_from_double(cases[i].x, cases[i].scale, &got);
        if (ok != cases[i].ok || got != (ok ? cases[i].want : 777)) {
            fail_msg("case %zu (%.17g): %d, %lld", i, cases[i].x, ok, (long long)got);
        }
    }
}

/* Any amount below 2^50 units that becomes a double, as it does on its way into Lua, comes back as it was. */
static void amounts_survive_lua(void **state)
{
    (void)state;
    struct eb_rng rng;
    eb_rng_seed(&rng, 3);
    for (int i = 0; i < RANDOM_CASES; i++) {
        int64_t value = (int64_t)(eb_rng_next(&rng) >> (14 + eb_rng_below(&rng, 48)));
        value = eb_rng_chance(&rng, 1, 2) ? -value : value;
        int64_t got = 0;
        assert_true(eb_from_double((double)value / 1e8, 8, &got));
        assert_int_equal(got, value);
        assert_true(eb_from_double((double)value / 1e6, 6, &got));
        assert_int_equal(got, value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_plain_text),
        cmocka_unit_test(reads_exactly_len_bytes),
        cmocka_unit_test(rounds_observations),
        cmocka_unit_test(rounding_up_can_overflow),
        cmocka_unit_test(parses_json_numbers),
        cmocka_unit_test(random_texts_agree_with_i128),
        cmocka_unit_test(formats),
        cmocka_unit_test(text_of_a_value_reads_back),
        cmocka_unit_test(division_rounds_as_named),
        cmocka_unit_test(division_is_exact_at_the_edges),
        cmocka_unit_test(products_are_rounded_once),
        cmocka_unit_test(sums_are_checked),
        cmocka_unit_test(doubles_cross_half_away_from_zero),
        cmocka_unit_test(amounts_survive_lua),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
