/* SPDX-License-Identifier: Apache-2.0 */
/* One intent, one order: what waits for what, what is asked and what is cancelled (semantics 5, 6). */
#include "fixture.h"

static struct fx *stop_at_98(const struct eb_engine_config *c)
{
    struct fx *f = fx_new(c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_open_with(f, EB_LONG, "10", "100", &v);
    return f;
}

/* The same with a confirmed backstop at 97.4. */
static struct fx *backed(struct eb_order_request *backstop)
{
    struct eb_engine_config c = fx_config();
    c.backstop = true;
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_say(f, &v);
    struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
    p.leverage_ppm = 0;
    fx_position(f, &p);
    *backstop = *fx_submit(f, EB_PURPOSE_BACKSTOP, 0);
    fx_order(f, backstop->client_id, EB_OS_NEW);
    fx_clear(f);
    return f;
}

static void a_leg_waits_for_what_rests_for_it(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    static const int64_t leg[1][2] = {{500000, 400000}};
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 1, leg);
    v.decision[1].u.targets.leg[0].soft = true;
    v.decision[1].u.targets.leg[0].id = 1;
    fx_mark(f, "100");
    fx_say(f, &v);
    fx_open(f, EB_LONG, "10", "100");
    const eb_client_id resting = fx_submit(f, EB_PURPOSE_SOFT, 0)->client_id;
    fx_order(f, resting, EB_OS_NEW);
    struct eb_verdict hard = v_none();
    v_legs(&hard, 1, leg);
    hard.decision[0].u.targets.leg[0].id = 1;
    fx_verdict(f, &hard); /* the same leg, by market now: what rests is cancelled first */
    assert_true(fx_cancelled(f, resting));
    fx_book(f, "101", "101.1");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 0);
    fx_order(f, resting, EB_OS_CANCELED);
    fx_book(f, "101", "101.1");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 1);
    fx_free(f);
}

static void what_triggers_is_asked_about_and_not_cancelled(void **state)
{
    (void)state;
    struct eb_order_request o;
    struct fx *f = backed(&o);
    fx_order(f, o.client_id, EB_OS_TRIGGERING);
    fx_mark(f, "98");
    fx_filled(f, fx_submit(f, EB_PURPOSE_STOP, 0), "98"); /* the soft stop was faster */
    assert_false(fx_evidence(f, 0).open);
    assert_int_equal(fx_count(f, EB_ACT_CANCEL), 0);
    fx_run(f, 6000);
    assert_int_equal(fx_count(f, EB_ACT_QUERY), 1);
    fx_order(f, o.client_id, EB_OS_TRIGGERING);
    fx_order(f, o.client_id, EB_OS_EXPIRED);
    struct eb_engine_stats stats;
    eb_engine_stats(f->e, &stats);
    assert_int_equal(stats.working_orders, 0);
    fx_free(f);
}

static void asking_makes_nothing_younger(void **state)
{
    (void)state;
    struct eb_order_request o;
    struct fx *f = backed(&o);
    fx_order(f, o.client_id, EB_OS_TRIGGERING);
    for (int i = 0; i < 9; i++) { /* it triggers for ever; each answer says so again */
        fx_mark(f, "100");
        fx_run(f, 1000);
        fx_order(f, o.client_id, EB_OS_TRIGGERING);
    }
    assert_int_equal(fx_alerts(f, EB_ALERT_UNPROTECTED), 1);
    fx_free(f);
}

static void what_a_triggered_order_may_still_take(void **state)
{
    (void)state;
    struct eb_order_request o;
    struct fx *f = backed(&o);
    fx_wait(f, 10000);
    fx_mark(f, "100");
    struct eb_verdict v = v_none();
    v_stop(&v, "99");
    fx_verdict(f, &v);
    const struct eb_order_request bridge = *fx_submit(f, EB_PURPOSE_BRIDGE, 0);
    fx_order(f, bridge.client_id, EB_OS_NEW);
    fx_order(f, bridge.client_id, EB_OS_TRIGGERED); /* a quantity stop: its child is a market order for 10 */
    fx_fill(f, &bridge, "98.9", "4");
    fx_clear(f);
    fx_mark(f, "99");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0); /* all that is left may still be the child's */
    fx_order_told(f, bridge.client_id, EB_OS_EXPIRED, "4");
    assert_qt(fx_submit(f, EB_PURPOSE_STOP, 0)->qty, "6");
    fx_free(f);
}

static void a_bridge_stays_while_the_new_one_only_triggers(void **state)
{
    (void)state;
    struct eb_order_request old;
    struct fx *f = backed(&old);
    fx_wait(f, 10000);
    fx_mark(f, "100");
    struct eb_verdict v = v_none();
    v_stop(&v, "99");
    fx_verdict(f, &v);
    const struct eb_order_request bridge = *fx_submit(f, EB_PURPOSE_BRIDGE, 0);
    fx_order(f, bridge.client_id, EB_OS_NEW);
    fx_order(f, old.client_id, EB_OS_CANCELED);
    const struct eb_order_request fresh = *fx_submit(f, EB_PURPOSE_BACKSTOP, 0);
    fx_order(f, fresh.client_id, EB_OS_TRIGGERING);
    assert_false(fx_cancelled(f, bridge.client_id));
    fx_order(f, fresh.client_id, EB_OS_EXPIRED);
    assert_int_equal(fx_submits(f, EB_PURPOSE_BACKSTOP), 2); /* the next new one; the bridge still stands */
    fx_order(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 1)->client_id, EB_OS_NEW);
    assert_true(fx_cancelled(f, bridge.client_id));
    fx_free(f);
}

static void a_close_that_others_cover_goes_in_parts(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = stop_at_98(&c);
    fx_mark(f, "98");
    static const char *const want[] = {"10", "10", "5", "2.5"};
    for (unsigned i = 0; i < EB_COUNT(want); i++) {
        const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_STOP, i);
        assert_qt(o.qty, want[i]);
        if (i + 1 < EB_COUNT(want)) {
            fx_reject(f, o.client_id, EB_REJ_REDUCE_ONLY);
            fx_run(f, c.unknown_query_ms);
        } else {
            fx_filled(f, &o, "98");
        }
    }
    assert_qt(fx_submit(f, EB_PURPOSE_STOP, EB_COUNT(want))->qty, "7.5"); /* what went through: all of the rest again */
    fx_free(f);
}

static void a_close_at_once_has_its_permit(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.on_no_legal_stop = EB_NO_STOP_CLOSE;
    struct fx *f = fx_new(&c);
    fx_mark(f, "95");
    struct eb_verdict v = v_none();
    v_stop(&v, "98"); /* crossed, and price is inside the liquidation buffer: no stop fits */
    fx_say(f, &v);
    struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
    p.liquidation = px("94.5");
    fx_position(f, &p);
    const struct eb_order_request *o = fx_submit(f, EB_PURPOSE_FULL_EXIT, 0);
    assert_int_equal(o->needs_seq, f->durable_steps); /* the verdict's own record */
    fx_free(f);
}

static void an_old_jump_is_no_price(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = stop_at_98(&c);
    fx_mark(f, "100");
    fx_mark(f, "90"); /* waits for a second observation */
    fx_wait(f, 8000); /* the process stood still */
    fx_clock(f);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    fx_mark(f, "97");
    fx_mark(f, "97"); /* from 90 that is a jump as well */
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leg_waits_for_what_rests_for_it),
        cmocka_unit_test(what_triggers_is_asked_about_and_not_cancelled),
        cmocka_unit_test(asking_makes_nothing_younger),
        cmocka_unit_test(what_a_triggered_order_may_still_take),
        cmocka_unit_test(a_bridge_stays_while_the_new_one_only_triggers),
        cmocka_unit_test(a_close_that_others_cover_goes_in_parts),
        cmocka_unit_test(a_close_at_once_has_its_permit),
        cmocka_unit_test(an_old_jump_is_no_price),
    };
    return cmocka_run_group_tests_name("engine/one_intent", tests, NULL, NULL);
}
