/* SPDX-License-Identifier: Apache-2.0 */
/* A stop pre-empts (semantics 5): market for what is free, cancels of what rests, then market for what each frees. */
#include "fixture.h"

static const int64_t LEGS[3][2] = {{500000, 300000}, {1000000, 300000}, {2000000, 400000}};

struct soft {
    struct fx *f;
    struct eb_order_request rest[2]; /* the resting orders of legs 1 and 2: 3 each */
};

/* LONG 10 at 100, stop 98; legs 1 and 2 rest at 101 and 102, leg 3 is hard. */
static struct soft resting(const struct eb_engine_config *c)
{
    struct soft s = {.f = fx_new(c)};
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, LEGS);
    v.decision[1].u.targets.leg[0].soft = v.decision[1].u.targets.leg[1].soft = true;
    fx_mark(s.f, "100");
    fx_say(s.f, &v);
    fx_open(s.f, EB_LONG, "10", "100");
    for (unsigned i = 0; i < 2; i++) {
        s.rest[i] = *fx_submit(s.f, EB_PURPOSE_SOFT, i);
        assert_int_equal(s.rest[i].type, EB_ORDER_LIMIT_GTC);
        fx_order(s.f, s.rest[i].client_id, EB_OS_NEW);
    }
    fx_clear(s.f);
    return s;
}

static void market_for_the_free_part_and_cancels_in_one_turn(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct soft s = resting(&c);
    fx_mark(s.f, "98");
    assert_int_equal(fx_submits(s.f, EB_PURPOSE_STOP), 1);
    assert_qt(fx_submit(s.f, EB_PURPOSE_STOP, 0)->qty, "4");
    assert_true(fx_cancelled(s.f, s.rest[0].client_id) && fx_cancelled(s.f, s.rest[1].client_id));
    assert_int_equal(s.f->log[0].kind, EB_ACT_SUBMIT); /* nothing comes before the market order */
    fx_order(s.f, s.rest[0].client_id, EB_OS_CANCELED);
    assert_int_equal(fx_submits(s.f, EB_PURPOSE_STOP), 2);
    assert_qt(fx_submit(s.f, EB_PURPOSE_STOP, 1)->qty, "3");
    fx_fill(s.f, &s.rest[1], "102", "1"); /* this one was being filled */
    fx_order_told(s.f, s.rest[1].client_id, EB_OS_CANCELED, "1");
    assert_int_equal(fx_submits(s.f, EB_PURPOSE_STOP), 3);
    assert_qt(fx_submit(s.f, EB_PURPOSE_STOP, 2)->qty, "2");
    for (unsigned i = 0; i < 3; i++) {
        fx_filled(s.f, fx_submit(s.f, EB_PURPOSE_STOP, i), "97.9");
    }
    assert_int_equal(fx_count(s.f, EB_ACT_EPISODE_END), 1);
    assert_int_equal(fx_submits(s.f, EB_PURPOSE_STOP), 3);
    fx_free(s.f);
}

static void nothing_free_cancels_go_first(void **state)
{
    (void)state;
    static const int64_t all[1][2] = {{500000, 1000000}};
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 1, all);
    v.decision[1].u.targets.leg[0].soft = true;
    fx_mark(f, "100");
    fx_say(f, &v);
    fx_open(f, EB_LONG, "10", "100");
    const struct eb_order_request rest = *fx_submit(f, EB_PURPOSE_SOFT, 0);
    assert_qt(rest.qty, "10");
    fx_order(f, rest.client_id, EB_OS_NEW);
    fx_mark(f, "98");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    assert_true(fx_cancelled(f, rest.client_id));
    fx_order(f, rest.client_id, EB_OS_CANCELED);
    assert_qt(fx_submit(f, EB_PURPOSE_STOP, 0)->qty, "10");
    fx_free(f);
}

static void an_unknown_order_blocks_only_its_own_quantity(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct soft s = resting(&c);
    fx_order(s.f, s.rest[0].client_id, EB_OS_UNKNOWN);
    assert_int_equal(fx_count(s.f, EB_ACT_QUERY), 1);
    fx_mark(s.f, "98");
    assert_qt(fx_submit(s.f, EB_PURPOSE_STOP, 0)->qty, "4");
    assert_false(fx_cancelled(s.f, s.rest[0].client_id)); /* first find out what it is */
    assert_true(fx_cancelled(s.f, s.rest[1].client_id));
    fx_order(s.f, s.rest[1].client_id, EB_OS_CANCELED);
    assert_qt(fx_submit(s.f, EB_PURPOSE_STOP, 1)->qty, "3");
    fx_order(s.f, s.rest[0].client_id, EB_OS_NEW);
    assert_true(fx_cancelled(s.f, s.rest[0].client_id));
    fx_order(s.f, s.rest[0].client_id, EB_OS_CANCELED);
    assert_qt(fx_submit(s.f, EB_PURPOSE_STOP, 2)->qty, "3");
    fx_free(s.f);
}

static void a_target_on_its_way_is_not_closed_twice(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, LEGS);
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_book(f, "101", "101.1");
    const struct eb_order_request leg = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    fx_mark(f, "98");
    assert_qt(fx_submit(f, EB_PURPOSE_STOP, 0)->qty, "7");
    fx_order(f, leg.client_id, EB_OS_EXPIRED);
    assert_qt(fx_submit(f, EB_PURPOSE_STOP, 1)->qty, "3");
    fx_free(f);
}

static void a_full_exit_does_the_same(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct soft s = resting(&c);
    struct eb_verdict v = v_none();
    v_full_exit(&v);
    v.decision[0].emergency = true;
    fx_verdict(s.f, &v);
    const struct eb_order_request *o = fx_submit(s.f, EB_PURPOSE_FULL_EXIT, 0);
    assert_qt(o->qty, "4");
    assert_int_equal(o->reason, EB_EXIT_EMERGENCY);
    assert_true(fx_cancelled(s.f, s.rest[0].client_id) && fx_cancelled(s.f, s.rest[1].client_id));
    fx_mark(s.f, "98"); /* the stop is met on the way: the close goes on as it is */
    assert_int_equal(fx_submits(s.f, EB_PURPOSE_STOP), 0);
    fx_order(s.f, s.rest[0].client_id, EB_OS_CANCELED);
    assert_qt(fx_submit(s.f, EB_PURPOSE_FULL_EXIT, 1)->qty, "3");
    fx_free(s.f);
}

static void a_lost_cancel_is_sent_again(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct soft s = resting(&c);
    fx_mark(s.f, "98");
    fx_clear(s.f);
    fx_run(s.f, 6000); /* no answer: what became of it? */
    assert_true(fx_count(s.f, EB_ACT_QUERY) >= 2);
    fx_clear(s.f);
    struct eb_event ev = fx_event(s.f, EB_EV_ORDER, 0);
    ev.u.order = (struct eb_ev_order){.client_id = s.rest[0].client_id, .state = EB_OS_NEW, .from_query = true};
    assert_int_equal(fx_step(s.f, &ev), EB_OK);
    assert_true(fx_cancelled(s.f, s.rest[0].client_id));
    fx_free(s.f);
}

static void a_cancel_that_fails(void **state)
{
    (void)state;
    static const struct {
        enum eb_order_state state;
        enum eb_reject_class why;
        int64_t asks_after_ms;
    } cases[] = {{EB_OS_NONE, EB_REJ_GONE, 0}, {EB_OS_UNKNOWN, EB_REJ_NONE, 0}, {EB_OS_NONE, EB_REJ_RETRY, 500}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = fx_config();
        struct soft s = resting(&c);
        fx_mark(s.f, "98");
        fx_clear(s.f);
        fx_cancel_failed(s.f, s.rest[0].client_id, cases[i].state, cases[i].why);
        assert_false(fx_cancelled(s.f, s.rest[0].client_id)); /* not at once: that would be a loop */
        fx_run(s.f, cases[i].asks_after_ms);
        const struct eb_action *q = fx_nth(s.f, EB_ACT_QUERY, 0);
        assert_true(eb_client_id_equal(q->u.query.client_id, s.rest[0].client_id));
        assert_int_equal(q->u.query.type, EB_ORDER_LIMIT_GTC);
        fx_order_told(s.f, s.rest[0].client_id, EB_OS_FILLED, "3"); /* that is why */
        fx_fill(s.f, &s.rest[0], "101", "3");
        assert_int_equal(fx_evidence(s.f, 0).ctx.hits, 1);
        fx_free(s.f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(market_for_the_free_part_and_cancels_in_one_turn),
        cmocka_unit_test(nothing_free_cancels_go_first),
        cmocka_unit_test(an_unknown_order_blocks_only_its_own_quantity),
        cmocka_unit_test(a_target_on_its_way_is_not_closed_twice),
        cmocka_unit_test(a_full_exit_does_the_same),
        cmocka_unit_test(a_lost_cancel_is_sent_again),
        cmocka_unit_test(a_cancel_that_fails),
    };
    return cmocka_run_group_tests_name("engine/preempt", tests, NULL, NULL);
}
