/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts from text, and the instrument of the worked example, for the tests of instruments and levels. */
#pragma once

#include "domain/instrument.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define UNTOUCHED 777 /* what an out-parameter holds before a call that must leave it alone */

static inline int64_t e8(const char *text)
{
    int64_t value = 0;
    assert_int_equal(eb_decimal_parse(text, strlen(text), true, EB_ROUND_FLOOR, &value), EB_OK);
    return value;
}

static inline eb_price price(const char *text)
{
    return (eb_price){e8(text)};
}

static inline eb_qty qty(const char *text)
{
    return (eb_qty){e8(text)};
}

static inline void assert_price(eb_price got, const char *want)
{
    char text[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format(got.e8, 8, text);
    assert_string_equal(text, want);
}

/* The instrument of the worked example (semantics 11): tick 0.001, step 1. */
static inline struct eb_instrument worked(void)
{
    return (struct eb_instrument){
        .symbol = "ADAUSDT",
        .tick = price("0.001"),
        .min_price = price("0.001"),
        .max_price = price("1000"),
        .step = qty("1"),
        .min_qty = qty("1"),
        .max_qty = qty("1000000"),
        .market_step = qty("1"),
        .market_min_qty = qty("1"),
        .market_max_qty = qty("20000"),
        .min_notional = {e8("5")},
        .percent_up_ppm = 1050000,
        .percent_down_ppm = 950000,
        .market_take_bound_ppm = 100000,
        .max_orders = 200,
        .max_algo_orders = 10,
        .maintenance_ppm = 25000,
        .trading = true,
    };
}
