/* SPDX-License-Identifier: Apache-2.0 */
/* Order states only move forward; client ids go to text and back; names for everything that is shown. */
#include "domain/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

static void states_are_open_or_terminal(void **state)
{
    (void)state;
    static const enum eb_order_state terminal[] = {EB_OS_FILLED, EB_OS_CANCELED, EB_OS_EXPIRED, EB_OS_REJECTED,
                                                   EB_OS_ABSENT};
    static const enum eb_order_state open[] = {EB_OS_PENDING,    EB_OS_NEW,       EB_OS_PARTIAL,
                                               EB_OS_TRIGGERING, EB_OS_TRIGGERED, EB_OS_UNKNOWN};
    for (size_t i = 0; i < EB_COUNT(terminal); i++) {
        assert_true(eb_order_is_terminal(terminal[i]) && !eb_order_is_open(terminal[i]));
    }
    for (size_t i = 0; i < EB_COUNT(open); i++) {
        assert_true(eb_order_is_open(open[i]) && !eb_order_is_terminal(open[i]));
    }
    assert_false(eb_order_is_open(EB_OS_NONE) || eb_order_is_terminal(EB_OS_NONE));
    assert_false(eb_order_is_open(EB_OS_COUNT) || eb_order_is_terminal(EB_OS_COUNT));
}

static void states_move_forward(void **state)
{
    (void)state;
    static const struct {
        enum eb_order_state from, to;
        bool may;
    } cases[] = {
        {EB_OS_PENDING, EB_OS_NEW, true},      {EB_OS_PENDING, EB_OS_FILLED, true},
        {EB_OS_NEW, EB_OS_NEW, true},          {EB_OS_NEW, EB_OS_PENDING, false},
        {EB_OS_PARTIAL, EB_OS_PARTIAL, true},  {EB_OS_PARTIAL, EB_OS_NEW, false},
        {EB_OS_NEW, EB_OS_TRIGGERING, true},   {EB_OS_TRIGGERING, EB_OS_TRIGGERED, true},
        {EB_OS_TRIGGERED, EB_OS_NEW, false},   {EB_OS_TRIGGERED, EB_OS_PARTIAL, true},
        {EB_OS_NEW, EB_OS_UNKNOWN, true},      {EB_OS_UNKNOWN, EB_OS_NEW, true},
        {EB_OS_UNKNOWN, EB_OS_ABSENT, true},   {EB_OS_FILLED, EB_OS_UNKNOWN, false},
        {EB_OS_CANCELED, EB_OS_FILLED, false}, {EB_OS_REJECTED, EB_OS_NEW, false},
        {EB_OS_ABSENT, EB_OS_NEW, false},      {EB_OS_PARTIAL, EB_OS_EXPIRED, true},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        if (eb_order_may_become(cases[i].from, cases[i].to) != cases[i].may) {
            fail_msg("%s -> %s", eb_order_state_name(cases[i].from), eb_order_state_name(cases[i].to));
        }
    }
}

static void everything_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < EB_OS_COUNT; i++) {
        assert_string_not_equal(eb_order_state_name((enum eb_order_state)i), "?");
    }
    for (int i = 0; i < EB_PURPOSE_COUNT; i++) {
        assert_string_not_equal(eb_purpose_name((enum eb_purpose)i), "?");
    }
    for (int i = 0; i < EB_REJ_COUNT; i++) {
        assert_string_not_equal(eb_reject_name((enum eb_reject_class)i), "?");
    }
    for (int i = 0; i < EB_EXIT_REASON_COUNT; i++) {
        assert_string_not_equal(eb_exit_reason_name((enum eb_exit_reason)i), "?");
    }
    for (int i = 0; i < EB_REGIME_COUNT; i++) {
        assert_string_not_equal(eb_regime_name((enum eb_regime)i), "?");
    }
    assert_string_equal(eb_order_state_name(EB_OS_COUNT), "?");
    assert_string_equal(eb_exit_reason_name(EB_EXIT_TRAILING), "trailing");
    assert_string_equal(eb_regime_name(EB_REGIME_TREND), "TREND");
    assert_string_equal(eb_side_name(EB_LONG), "LONG");
    assert_string_equal(eb_side_name(EB_SHORT), "SHORT");
}

static void ids_go_to_text_and_back(void **state)
{
    (void)state;
    struct eb_rng rng;
    eb_rng_seed(&rng, 3);
    for (int i = 0; i < 20000; i++) {
        uint64_t r = eb_rng_next(&rng);
        eb_client_id id = {.instance = (uint32_t)(r >> (r & 31)) | 1,
                           .episode = (uint32_t)eb_rng_next(&rng) >> (r >> 60),
                           .attempt = (uint32_t)eb_rng_next(&rng),
                           .purpose = (uint8_t)eb_rng_below(&rng, EB_PURPOSE_COUNT),
                           .leg = (uint8_t)eb_rng_next(&rng),
                           .slice = (uint8_t)eb_rng_next(&rng)};
        char text[EB_CLIENT_ID_TEXT_MAX];
        size_t len = eb_client_id_format(id, text);
        assert_int_equal(len, strlen(text));
        assert_true(len <= 36);
        assert_int_equal(strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-."), len);
        eb_client_id back;
        assert_true(eb_client_id_parse(text, &back));
        assert_true(eb_client_id_equal(id, back));
    }
    eb_client_id most = {UINT32_MAX, UINT32_MAX, UINT32_MAX, EB_PURPOSE_COUNT - 1, UINT8_MAX, UINT8_MAX, 0};
    char text[EB_CLIENT_ID_TEXT_MAX];
    assert_true(eb_client_id_format(most, text) <= 36);
    assert_string_equal(text, "xb1z141z3-1z141z3-773-1z141z3.73");
}

static void other_texts_are_not_ours(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "x",
                                        "xb",
                                        "ab1-1-00-0.0",
                                        "xb0-1-00-0.0", /* instance 0 is nobody */
                                        "xb-1-00-0.0",
                                        "xb1-1-80-0.0" /* no such purpose */,
                                        "xb1-1-00-0.0x",
                                        "xb1-1-00-0",
                                        "xb1-1-0-0.0",
                                        "xb1-1-00-1z141z4.0" /* 2^32 */,
                                        "xb1-1-074-0.0" /* leg 256 */,
                                        "xb1z141z4-1-00-0.0" /* 2^32 */,
                                        "XB1-1-00-0.0",
                                        "autoclose-1234",
                                        "xb1-1-00-0.74",
                                        "xb1.1-00-0.0",
                                        "xb1-1_00-0.0"};
    eb_client_id id;
    for (size_t i = 0; i < EB_COUNT(texts); i++) {
        if (eb_client_id_parse(texts[i], &id)) {
            fail_msg("%s was taken for ours", texts[i]);
        }
    }
    assert_true(eb_client_id_parse("xb1-1-00-0.0", &id));
    assert_true(eb_client_id_is_ours(id, 1));
    assert_false(eb_client_id_is_ours(id, 2));
    assert_false(eb_client_id_is_ours((eb_client_id){0}, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_open_or_terminal), cmocka_unit_test(states_move_forward),
        cmocka_unit_test(everything_has_a_name),       cmocka_unit_test(ids_go_to_text_and_back),
        cmocka_unit_test(other_texts_are_not_ours),
    };
    return cmocka_run_group_tests_name("domain/order", tests, NULL, NULL);
}
