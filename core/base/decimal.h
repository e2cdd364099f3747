/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact decimals: text <-> int64 at 1e-8, checked arithmetic, directed rounding. See exitbrain/text.h for printing.
 *
 * Everything that can overflow returns false (or a code) and leaves *out untouched. Products go through __int128.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

typedef __int128 eb_i128;

/* Division of integers with the rounding named; den > 0. */
enum eb_round {
    EB_ROUND_FLOOR,     /* towards minus infinity */
    EB_ROUND_CEIL,      /* towards plus infinity */
    EB_ROUND_HALF_AWAY, /* nearest, ties away from zero: values that cross from Lua */
    EB_ROUND_HALF_EVEN, /* nearest, ties to even: reports and funding */
};
eb_i128 eb_div_round(eb_i128 num, eb_i128 den, enum eb_round mode);

/* num / den rounded, as int64; false when it does not fit. den > 0. */
EB_NODISCARD bool eb_div_i64(eb_i128 num, eb_i128 den, enum eb_round mode, int64_t *out);

/* a * b / den with one rounding; false on overflow of the result. den > 0. */
EB_NODISCARD bool eb_mul_div(int64_t a, int64_t b, int64_t den, enum eb_round mode, int64_t *out);

EB_NODISCARD bool eb_add_i64(int64_t a, int64_t b, int64_t *out);
EB_NODISCARD bool eb_sub_i64(int64_t a, int64_t b, int64_t *out);

EB_NODISCARD bool eb_price_add(eb_price a, eb_price b, eb_price *out);
EB_NODISCARD bool eb_price_sub(eb_price a, eb_price b, eb_price *out);
EB_NODISCARD bool eb_qty_add(eb_qty a, eb_qty b, eb_qty *out);
EB_NODISCARD bool eb_qty_sub(eb_qty a, eb_qty b, eb_qty *out); /* false also when the result would be negative */
EB_NODISCARD bool eb_money_add(eb_money a, eb_money b, eb_money *out);
EB_NODISCARD bool eb_money_sub(eb_money a, eb_money b, eb_money *out);

/* price * quantity in quote money at 1e-8, rounded as named. */
EB_NODISCARD bool eb_notional(eb_price price, eb_qty qty, enum eb_round mode, eb_money *out);

/*
 * Parses plain decimal text ("-12.5", no exponent, no sign '+', no blanks, a digit on both sides of a point) of exactly
 * len bytes at 1e-8. Decimals past the eighth that are not all zero: EB_E_INVALID when exact is set (orders), else
 * rounded by mode (observations).
 * Errors: EB_E_INVALID malformed, EB_E_OVERFLOW beyond +-92,233,720,368.54775807 (either sign, so that any amount read
 * can be negated). *out_e8 is written on success only.
 */
EB_NODISCARD int eb_decimal_parse(const char *text, size_t len, bool exact, enum eb_round mode, int64_t *out_e8);

/* The same for JSON numbers of careless encoders: also takes an exponent ("1e-05"); nearest, ties away from zero. */
EB_NODISCARD int eb_decimal_parse_json(const char *text, size_t len, int64_t *out_e8);

/* A double from Lua (x, in units of 1) as int64 at 10^-scale (4, 6 or 8), half away from zero. false for nan, inf, or
 * beyond int64. The only way by which a double becomes an amount. Amounts below 2^50 units (11.2 million at 8) survive
 * the way into a double (units / 10^scale) and back exactly; above, the double itself is too coarse. */
EB_NODISCARD bool eb_from_double(double x, int scale, int64_t *out);
