/* SPDX-License-Identifier: Apache-2.0 */
/* Contracts: a table of both directions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "venue/contract.h"

static void both_ways(void **state)
{
    static const struct {
        int64_t base_e8, units_e8, qty_e8;
    } cases[] = {
        {EB_E8, 150000000, 150000000},           /* base asset: nothing changes */
        {EB_E8 / 100, 123 * EB_E8, 123000000},   /* 0.01 BTC a contract */
        {1000 * EB_E8, 5 * EB_E8, 5000 * EB_E8}, /* 1000 of a cheap coin */
        {EB_E8, INT64_MAX, INT64_MAX},
    };
    (void)state;
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        const struct eb_contract c = {cases[i].base_e8};
        eb_qty qty = {0};
        int64_t units_e8 = 0;
        assert_int_equal(eb_contract_to_base(c, cases[i].units_e8, &qty), EB_OK);
        assert_int_equal(qty.e8, cases[i].qty_e8);
        assert_int_equal(eb_contract_from_base(c, qty, &units_e8), EB_OK);
        assert_int_equal(units_e8, cases[i].units_e8);
    }
}

static void nothing_is_rounded_unseen(void **state)
{
    (void)state;
    eb_qty qty = {77};
    int64_t units_e8 = 77;
    assert_int_equal(eb_contract_to_base((struct eb_contract){1000 * EB_E8}, INT64_MAX / 10, &qty), EB_E_OVERFLOW);
    assert_int_equal(eb_contract_to_base((struct eb_contract){EB_E8 / 100}, 1, &qty), EB_E_INVALID);
    assert_int_equal(eb_contract_from_base((struct eb_contract){3 * EB_E8}, (eb_qty){EB_E8}, &units_e8), EB_E_INVALID);
    assert_int_equal(eb_contract_from_base((struct eb_contract){1}, (eb_qty){INT64_MAX}, &units_e8), EB_E_OVERFLOW);
    assert_int_equal(eb_contract_from_base((struct eb_contract){0}, (eb_qty){1}, &units_e8), EB_E_INVALID);
    assert_int_equal(qty.e8, 77);
    assert_int_equal(units_e8, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways),
        cmocka_unit_test(nothing_is_rounded_unseen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
