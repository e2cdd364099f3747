/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters: plain decimals, percent-encoding, and what does not fit. */
#include "binance/rest_world.h"

static const char *query_of(const struct bn_params *p)
{
    static char room[8192];
    struct bn_text t = {.at = room, .cap = sizeof room};
    room[0] = 0;
    bn_params_query(p, &t);
    assert_false(t.failed);
    return room;
}

static void numbers_are_plain_texts(void **state)
{
    (void)state;
    struct bn_params p;
    bn_params_init(&p);
    bn_param_e8(&p, "a", 1);
    bn_param_e8(&p, "b", INT64_C(4200010000000));
    bn_param_e8(&p, "c", -INT64_C(150000000));
    bn_param_i64(&p, "d", INT64_MIN);
    bn_param_u64(&p, "e", UINT64_MAX);
    bn_param_bool(&p, "f", true);
    bn_param_bool(&p, "g", false);
    assert_string_equal(query_of(&p), "a=0.00000001&b=42000.1&c=-1.5&d=-9223372036854775808&e=18446744073709551615"
                                      "&f=true&g=false");
}

static void texts_are_percent_encoded(void **state)
{
    (void)state;
    struct bn_params p;
    bn_params_init(&p);
    bn_param_text(&p, "symbol", "\xe5\xb8\x81USDT");
    bn_param_text(&p, "list", "[\"a b\",1]");
    bn_param_text(&p, "id", "xb.A:z/9_-~");
    assert_string_equal(query_of(&p), "symbol=%E5%B8%81USDT&list=%5B%22a%20b%22%2C1%5D&id=xb.A%3Az%2F9_-~");
}

static void what_does_not_fit_fails_the_whole(void **state)
{
    (void)state;
    struct bn_params p;
    bn_params_init(&p);
    for (int i = 0; i < BN_PARAMS_MAX; i++)
        bn_param_i64(&p, "k", i);
    assert_false(p.failed);
    bn_param_i64(&p, "k", 1);
    assert_true(p.failed);

    static char longest[BN_VALUE_MAX + 2];
    memset(longest, 'x', BN_VALUE_MAX + 1);
    bn_params_init(&p);
    bn_param_text(&p, "k", longest + 1);
    assert_false(p.failed);
    bn_params_init(&p);
    bn_param_text(&p, "k", longest);
    assert_true(p.failed);

    struct rest_world *w = rw_new(true);
    struct bn_call call = rw_order(w, 1, EB_PURPOSE_STOP);
    call.params.failed = true;
    assert_int_equal(rw_call(w, &call), EB_E_INVALID);
    assert_int_equal(web_double_count(w->web, "POST *"), 0);
    rw_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_plain_texts),
        cmocka_unit_test(texts_are_percent_encoded),
        cmocka_unit_test(what_does_not_fit_fails_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
