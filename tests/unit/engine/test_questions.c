/* SPDX-License-Identifier: Apache-2.0 */
/* What can be asked beyond evidence: prices with their times, a flatten under way, time without protection. */
#include "fixture.h"

static void a_price_and_when_it_came(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    eb_price price;
    int64_t at_ns;
    assert_false(eb_engine_price(f->e, 0, EB_SRC_MARK, &price, &at_ns));
    fx_mark(f, "100");
    int64_t first_ns = fx_event(f, EB_EV_CLOCK, 0).now_ns;
    fx_wait(f, 700);
    fx_book(f, "99", "101");
    assert_true(eb_engine_price(f->e, 0, EB_SRC_MARK, &price, &at_ns));
    assert_px(price, "100");
    assert_int_equal(at_ns, first_ns);
    assert_true(eb_engine_price(f->e, 0, EB_SRC_BOOK, &price, &at_ns));
    assert_px(price, "99");
    assert_int_equal(at_ns, first_ns + 700000000);
    assert_false(eb_engine_price(f->e, 0, EB_SRC_LAST, &price, &at_ns));
    assert_false(eb_engine_price(f->e, 0, EB_SRC_COUNT, &price, &at_ns));
    assert_false(eb_engine_price(f->e, 2, EB_SRC_MARK, &price, &at_ns));
    fx_free(f);
}

static void everything_is_being_closed_until_resume(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    assert_false(eb_engine_flattening(f->e));
    fx_command(f, EB_CMD_FLATTEN, EB_NO_SYMBOL);
    assert_true(eb_engine_flattening(f->e));
    fx_command(f, EB_CMD_RESUME, EB_NO_SYMBOL);
    assert_false(eb_engine_flattening(f->e));
    fx_free(f);
}

static void since_when_nothing_protects(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.backstop = true;
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_say(f, &v);
    fx_open(f, EB_LONG, "10", "100");
    assert_int_equal(eb_engine_unprotected_since(f->e, 0), FX_START_MS);
    assert_int_equal(eb_engine_unprotected_since(f->e, 1), 0);
    assert_int_equal(eb_engine_unprotected_since(f->e, 99), 0);
    fx_order(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->client_id, EB_OS_NEW);
    assert_int_equal(eb_engine_unprotected_since(f->e, 0), 0);
    fx_wait(f, 250);
    fx_order(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->client_id, EB_OS_CANCELED);
    assert_int_equal(eb_engine_unprotected_since(f->e, 0), FX_START_MS + 250);
    fx_command(f, EB_CMD_RELEASE, 0);
    assert_int_equal(eb_engine_unprotected_since(f->e, 0), 0);
    fx_free(f);
}

static void shadow_looks_for_no_protection(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.backstop = true;
    c.mode.executor_live = false;
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    fx_open(f, EB_LONG, "10", "100");
    assert_int_equal(eb_engine_unprotected_since(f->e, 0), 0);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_price_and_when_it_came),
        cmocka_unit_test(everything_is_being_closed_until_resume),
        cmocka_unit_test(since_when_nothing_protects),
        cmocka_unit_test(shadow_looks_for_no_protection),
    };
    return cmocka_run_group_tests_name("engine/questions", tests, NULL, NULL);
}
