/* SPDX-License-Identifier: Apache-2.0 */
/* Firing (semantics 5): slices, partial fills, HIT, ratchets, what the last leg takes, what a stop pre-empts. */
#include "fixture.h"

static const int64_t LEGS[3][2] = {{500000, 350000}, {1000000, 350000}, {2000000, 300000}};

static struct fx *laddered(const struct eb_engine_config *c, const char *size)
{
    struct fx *f = fx_new(c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, LEGS);
    v_ratchet(&v);
    fx_open_with(f, EB_LONG, size, "100", &v);
    return f;
}

static uint8_t state_of(const struct fx *f, uint8_t leg)
{
    struct eb_evidence ev = fx_evidence(f, 0);
    return fx_leg(&ev, leg)->state;
}

static void one_firing_is_one_intent_with_slices(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_ev_instrument inst = fx_instrument(0);
    inst.market_max_qty = qt("4");
    fx_instrument_set(f, 0, &inst);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_mark(f, "98");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 3);
    const char *const qty[] = {"4", "4", "2"};
    for (unsigned i = 0; i < 3; i++) {
        const struct eb_order_request *o = fx_submit(f, EB_PURPOSE_STOP, i);
        assert_qt(o->qty, qty[i]);
        assert_int_equal(o->client_id.slice, i);
        assert_int_equal(o->client_id.attempt, fx_submit(f, EB_PURPOSE_STOP, 0)->client_id.attempt);
        assert_int_equal(o->type, EB_ORDER_MARKET);
        assert_true(o->urgent);
        assert_true(o->needs_seq > 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        fx_filled(f, fx_submit(f, EB_PURPOSE_STOP, i), "97.9");
    }
    assert_int_equal(fx_count(f, EB_ACT_EPISODE_END), 1);
    assert_true(fx_nth(f, EB_ACT_EPISODE_END, 0)->u.end.reconciled);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 3);
    fx_free(f);
}

static void more_slices_than_the_table_holds_follow_later(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_ev_instrument inst = fx_instrument(0);
    inst.market_max_qty = qt("0.5");
    fx_instrument_set(f, 0, &inst);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_mark(f, "98");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 14); /* two places stay for backstop and bridge */
    for (unsigned i = 0; i < 20; i++) {
        fx_filled(f, fx_submit(f, EB_PURPOSE_STOP, i), "98");
    }
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 20);
    assert_int_equal(fx_count(f, EB_ACT_EPISODE_END), 1);
    fx_free(f);
}

static void a_leg_goes_from_firing_to_hit(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c, "10");
    fx_mark(f, "101");
    fx_book(f, "101", "101.1");
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    assert_int_equal(o.reason, EB_EXIT_TARGET);
    assert_px(o.level, "101");
    assert_false(o.urgent && o.purpose != EB_PURPOSE_TARGET);
    assert_int_equal(state_of(f, 1), EB_LEG_FIRING);
    fx_order(f, o.client_id, EB_OS_NEW);
    fx_fill(f, &o, "101.02", "1.5");
    assert_int_equal(state_of(f, 1), EB_LEG_PARTIAL);
    assert_px(fx_stop(f), "98"); /* ratchets act at HIT */
    assert_int_equal(fx_evidence(f, 0).ctx.hits, 0);
    fx_clear(f);
    fx_fill(f, &o, "101.01", "2");
    assert_int_equal(state_of(f, 1), EB_LEG_HIT);
    assert_px(fx_stop(f), "100");
    assert_int_equal(f->asked[0].reason, EB_CONSULT_HIT);
    assert_px(f->asked[0].stop, "100"); /* before that fill's consult */
    assert_int_equal(f->asked[0].hits, 1);
    const struct eb_exit *x = &fx_nth(f, EB_ACT_EXIT, 0)->u.exit;
    assert_int_equal(x->leg, 1);
    assert_px(x->price, "101.01");
    assert_px(x->r, "2");
    assert_qt(x->qty, "2");
    assert_qt(x->remaining, "6.5");
    fx_free(f);
}

static void ratchets_count_hit_legs(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c, "10");
    fx_book(f, "102", "102.1");
    fx_mark(f, "102");
    const struct eb_order_request first = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    const struct eb_order_request second = *fx_submit(f, EB_PURPOSE_TARGET, 1);
    fx_filled(f, &second, "102");
    assert_px(fx_stop(f), "100");
    fx_filled(f, &first, "102");
    assert_int_equal(fx_evidence(f, 0).ctx.stop_kind, EB_STOP_PROTECTIVE);
    assert_px(fx_stop(f), "101.8"); /* the first that was hit is leg 2 at 102: crossed there, so it is parked */
    fx_free(f);

    f = laddered(&c, "10");
    fx_book(f, "102", "102.1");
    fx_mark(f, "102.5");
    fx_filled(f, fx_submit(f, EB_PURPOSE_TARGET, 0), "102.3");
    fx_filled(f, fx_submit(f, EB_PURPOSE_TARGET, 1), "102.3");
    assert_px(fx_stop(f), "101"); /* the rounded level of leg 1, not its fill */
    fx_mark(f, "101");
    assert_int_equal(fx_submit(f, EB_PURPOSE_STOP, 0)->reason, EB_EXIT_STOP);
    assert_qt(fx_submit(f, EB_PURPOSE_STOP, 0)->qty, "3");
    fx_free(f);
}

static void a_rest_below_the_step_is_nothing(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c, "10");
    fx_book(f, "101", "101.1");
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    fx_fill(f, &o, "101", "3.4995");
    assert_int_equal(state_of(f, 1), EB_LEG_HIT);
    fx_free(f);
}

static void a_rest_that_did_not_fill_is_armed_again(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c, "10");
    fx_book(f, "101", "101.1");
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    fx_fill(f, &o, "101", "1.5");
    fx_order_told(f, o.client_id, EB_OS_EXPIRED, "1.5");
    assert_int_equal(state_of(f, 1), EB_LEG_ARMED);
    fx_book(f, "101", "101.1");
    const struct eb_order_request again = *fx_submit(f, EB_PURPOSE_TARGET, 1);
    assert_qt(again.qty, "2"); /* with what it has */
    assert_int_not_equal(again.client_id.attempt, o.client_id.attempt);
    fx_filled(f, &again, "101");
    assert_int_equal(state_of(f, 1), EB_LEG_HIT);
    assert_int_equal(fx_evidence(f, 0).ctx.hits, 1);
    fx_free(f);
}

static void a_rest_too_small_for_an_order_ends_the_leg(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_ev_instrument inst = fx_instrument(0);
    inst.min_qty = inst.market_min_qty = qt("1");
    fx_instrument_set(f, 0, &inst);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, LEGS);
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_book(f, "101", "101.1");
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    fx_fill(f, &o, "101", "3");
    assert_int_equal(state_of(f, 1), EB_LEG_PARTIAL);
    fx_order_told(f, o.client_id, EB_OS_EXPIRED, "3"); /* half a coin is left of it */
    assert_int_equal(state_of(f, 1), EB_LEG_HIT);
    fx_free(f);
}

static void a_leg_whose_slices_did_not_all_leave_goes_on(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_ev_instrument inst = fx_instrument(0);
    inst.market_max_qty = qt("0.2"); /* 18 slices, 14 places */
    fx_instrument_set(f, 0, &inst);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, LEGS);
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_book(f, "101", "101.1");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 14);
    for (unsigned i = 0; i < 14; i++) {
        fx_filled(f, fx_submit(f, EB_PURPOSE_TARGET, i), "101");
    }
    assert_int_equal(state_of(f, 1), EB_LEG_ARMED);
    fx_book(f, "101", "101.1");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 18);
    for (unsigned i = 14; i < 18; i++) {
        fx_filled(f, fx_submit(f, EB_PURPOSE_TARGET, i), "101");
    }
    assert_int_equal(state_of(f, 1), EB_LEG_HIT);
    fx_free(f);
}

static void the_last_leg_takes_all_that_remains(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c, "10.001"); /* legs of 3.5, 3.5 and, by fraction, 3 */
    fx_book(f, "104", "104.1");
    assert_qt(fx_submit(f, EB_PURPOSE_TARGET, 2)->qty, "3.001");
    for (unsigned i = 0; i < 3; i++) {
        fx_filled(f, fx_submit(f, EB_PURPOSE_TARGET, i), "104");
    }
    assert_int_equal(fx_count(f, EB_ACT_EPISODE_END), 1);
    fx_free(f);
}

static void a_remainder_below_the_minimum_goes_with_the_leg(void **state)
{
    (void)state;
    static const int64_t most[1][2] = {{500000, 950000}};
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_ev_instrument inst = fx_instrument(0);
    inst.min_qty = inst.market_min_qty = qt("1");
    fx_instrument_set(f, 0, &inst);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 1, most);
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_book(f, "101", "101.1");
    assert_qt(fx_submit(f, EB_PURPOSE_TARGET, 0)->qty, "10");
    fx_free(f);
}

static void a_verdict_leaves_what_is_firing_alone(void **state)
{
    (void)state;
    static const int64_t other[1][2] = {{1500000, 650000}};
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c, "10");
    fx_book(f, "101", "101.1");
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    struct eb_verdict v = v_none();
    v_legs(&v, 1, other);
    fx_verdict(f, &v);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_int_equal(ev.ctx.leg_count, 2);
    assert_int_equal(fx_leg(&ev, 1)->state, EB_LEG_FIRING);
    assert_px(fx_leg(&ev, 2)->price, "103");
    fx_filled(f, &o, "101");
    assert_int_equal(state_of(f, 1), EB_LEG_HIT);
    v = v_none();
    v_legs(&v, 1, other);
    v.decision[0].u.targets.leg[0].id = 1; /* leg ids never return */
    fx_verdict(f, &v);
    assert_int_equal(fx_evidence(f, 0).verdicts_refused, 1);
    static const int64_t sum[1][2] = {{1500000, 650001}};
    v = v_none();
    v_legs(&v, 1, sum); /* hit and planned together are more than all */
    fx_verdict(f, &v);
    assert_int_equal(fx_evidence(f, 0).verdicts_refused, 2);
    fx_free(f);
}

static void more_legs_than_an_episode_holds(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c, "100");
    fx_book(f, "101", "101.1");
    fx_filled(f, fx_submit(f, EB_PURPOSE_TARGET, 0), "101");
    int64_t many[12][2];
    for (unsigned i = 0; i < 12; i++) {
        many[i][0] = 1500000 + 10000 * i;
        many[i][1] = 50000;
    }
    struct eb_verdict v = v_none();
    v_legs(&v, 12, (const int64_t(*)[2])many);
    fx_verdict(f, &v);
    assert_int_equal(fx_evidence(f, 0).verdicts_refused, 1);
    assert_int_equal(fx_evidence(f, 0).ctx.leg_count, 3);
    fx_free(f);
}

static void a_partial_close(void **state)
{
    (void)state;
    static const struct {
        const char *size;
        int64_t fraction_ppm;
        bool emergency;
        const char *qty; /* NULL: nothing */
    } cases[] = {
        {"10", 250000, false, "2.5"},   {"10", 1000000, true, "10"},       {"0.003", 400000, false, "0.001"},
        {"0.002", 400000, false, NULL}, {"0.003", 999999, false, "0.002"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = fx_config();
        struct fx *f = fx_new(&c);
        struct eb_verdict v = v_none();
        v_stop(&v, "98");
        fx_open_with(f, EB_LONG, cases[i].size, "100", &v);
        v = v_none();
        v_partial(&v, cases[i].fraction_ppm);
        v.decision[0].emergency = cases[i].emergency;
        fx_verdict(f, &v);
        assert_int_equal(fx_submits(f, EB_PURPOSE_PARTIAL), cases[i].qty != NULL);
        if (cases[i].qty != NULL) {
            const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_PARTIAL, 0);
            assert_qt(o.qty, cases[i].qty);
            assert_int_equal(o.reason, cases[i].emergency ? EB_EXIT_EMERGENCY : EB_EXIT_POLICY);
            fx_reject(f, o.client_id, EB_REJ_ALARM);
            assert_int_equal(f->asked[f->asked_count - 1].reason, EB_CONSULT_REJECTION);
        }
        fx_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_firing_is_one_intent_with_slices),
        cmocka_unit_test(more_slices_than_the_table_holds_follow_later),
        cmocka_unit_test(a_leg_goes_from_firing_to_hit),
        cmocka_unit_test(ratchets_count_hit_legs),
        cmocka_unit_test(a_rest_below_the_step_is_nothing),
        cmocka_unit_test(a_rest_that_did_not_fill_is_armed_again),
        cmocka_unit_test(a_rest_too_small_for_an_order_ends_the_leg),
        cmocka_unit_test(a_leg_whose_slices_did_not_all_leave_goes_on),
        cmocka_unit_test(the_last_leg_takes_all_that_remains),
        cmocka_unit_test(a_remainder_below_the_minimum_goes_with_the_leg),
        cmocka_unit_test(a_verdict_leaves_what_is_firing_alone),
        cmocka_unit_test(more_legs_than_an_episode_holds),
        cmocka_unit_test(a_partial_close),
    };
    return cmocka_run_group_tests_name("engine/firing", tests, NULL, NULL);
}
