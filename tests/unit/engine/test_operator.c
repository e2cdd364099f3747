/* SPDX-License-Identifier: Apache-2.0 */
/* The order cap, and what an operator says (semantics 5, 8): pause, release, adopt, flatten, confirm. */
#include "fixture.h"

static const int64_t LEGS[3][2] = {{500000, 300000}, {1000000, 300000}, {2000000, 400000}};

static struct fx *laddered(const struct eb_engine_config *c)
{
    struct fx *f = fx_new(c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, LEGS);
    fx_open_with(f, EB_LONG, "10", "100", &v);
    return f;
}

/* ---- the cap ---- */

static struct fx *tripped(void)
{
    struct eb_engine_config c = fx_config();
    c.orders_per_minute_max = 4;
    struct fx *f = laddered(&c);
    for (unsigned i = 0; i < 5; i++) {
        fx_book(f, "101", "101.1");
        fx_reject(f, fx_submit(f, EB_PURPOSE_TARGET, i)->client_id, EB_REJ_RETRY);
        fx_wait(f, 500 << i);
        fx_mark(f, "100");
    }
    assert_true(fx_evidence(f, 0).tripped);
    assert_int_equal(fx_alerts(f, EB_ALERT_TRIPPED), 1);
    fx_clear(f);
    return f;
}

static void a_trip_blocks_what_takes_profit(void **state)
{
    (void)state;
    struct fx *f = tripped();
    fx_book(f, "104", "104.1");
    struct eb_verdict v = v_none();
    v_partial(&v, 100000);
    fx_verdict(f, &v);
    assert_int_equal(fx_count(f, EB_ACT_SUBMIT), 0);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_int_equal(fx_level(&ev, 1, EB_STOP_NONE)->why, EB_WHY_TRIPPED);
    assert_int_equal(fx_level(&ev, 0, EB_STOP_PLAN)->why, EB_WHY_WAITING);
    fx_free(f);
}

static void one_full_close_at_a_time_goes_on(void **state)
{
    (void)state;
    struct fx *f = tripped();
    fx_mark(f, "98");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_order(f, fx_submit(f, EB_PURPOSE_STOP, 0)->client_id, EB_OS_EXPIRED);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_run(f, 1999);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_run(f, 1);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 2);
    fx_filled(f, fx_submit(f, EB_PURPOSE_STOP, 1), "98");
    assert_int_equal(fx_count(f, EB_ACT_EPISODE_END), 1);
    fx_open(f, EB_LONG, "1", "98"); /* the next episode is its own */
    assert_false(fx_evidence(f, 0).tripped);
    fx_free(f);
}

static void flatten_is_never_blocked(void **state)
{
    (void)state;
    struct fx *f = tripped();
    fx_command(f, EB_CMD_FLATTEN, 0);
    for (unsigned i = 0; i < 3; i++) {
        fx_order(f, fx_submit(f, EB_PURPOSE_FLATTEN, i)->client_id, EB_OS_EXPIRED);
    }
    assert_int_equal(fx_submits(f, EB_PURPOSE_FLATTEN), 4);
    fx_free(f);
}

static void the_cap_is_per_minute(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.orders_per_minute_max = 4;
    struct fx *f = laddered(&c);
    for (unsigned i = 0; i < 8; i++) {
        fx_book(f, "101", "101.1");
        fx_reject(f, fx_submit(f, EB_PURPOSE_TARGET, i)->client_id, EB_REJ_RETRY);
        fx_wait(f, i == 3 ? 60000 : 16000);
        fx_mark(f, "100");
    }
    assert_false(fx_evidence(f, 0).tripped);
    fx_free(f);
}

static void a_venue_that_says_no_is_asked_less_often(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    static const int64_t waits[] = {500, 1000, 2000, 4000, 8000, 16000, 16000};
    for (unsigned i = 0; i < EB_COUNT(waits); i++) {
        fx_book(f, "101", "101.1");
        assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), i + 1);
        fx_reject(f, fx_submit(f, EB_PURPOSE_TARGET, i)->client_id, EB_REJ_FIX);
        fx_wait(f, waits[i] - 1);
        fx_book(f, "101", "101.1");
        assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), i + 1);
        fx_wait(f, 1);
    }
    fx_book(f, "101", "101.1");
    fx_fill(f, fx_submit(f, EB_PURPOSE_TARGET, 7), "101", "1"); /* something went through: at once again */
    fx_order_told(f, fx_submit(f, EB_PURPOSE_TARGET, 7)->client_id, EB_OS_EXPIRED, "1");
    fx_book(f, "101", "101.1");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 9);
    fx_mark(f, "98"); /* a stop waits for nothing of that */
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_free(f);
}

/* ---- verbs ---- */

static void a_pause_stops_targets_not_stops(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    struct eb_verdict v = v_none();
    v_trail(&v, 500000, 10000);
    fx_verdict(f, &v);
    fx_command(f, EB_CMD_PAUSE, EB_NO_SYMBOL);
    fx_clock(f);
    fx_clear(f);
    fx_book(f, "104", "104.1");
    fx_mark(f, "104");
    fx_run(f, 30000);
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 0);
    assert_int_equal(fx_count(f, EB_ACT_CONSULT), 0);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_true(ev.paused);
    assert_int_equal(fx_level(&ev, 1, EB_STOP_NONE)->why, EB_WHY_PAUSED);
    assert_px(ev.ctx.stop, "102.96"); /* trailing goes on */
    fx_mark(f, "102.9");
    assert_int_equal(fx_submit(f, EB_PURPOSE_STOP, 0)->reason, EB_EXIT_TRAILING);
    fx_free(f);
}

static void a_position_that_begins_in_a_pause_gets_the_built_in_stop(void **state)
{
    (void)state;
    for (unsigned flatten = 0; flatten < 2; flatten++) {
        struct eb_engine_config c = fx_config();
        struct fx *f = fx_new(&c);
        fx_mark(f, "100");
        fx_command(f, flatten != 0 ? EB_CMD_FLATTEN : EB_CMD_PAUSE, EB_NO_SYMBOL);
        fx_clock(f);
        fx_open(f, EB_LONG, "10", "100");
        assert_int_equal(f->asked_count, 0);
        assert_px(fx_stop(f), "98");
        fx_run(f, 20000);
        assert_int_equal(f->asked_count, 0);
        fx_command(f, EB_CMD_RESUME, EB_NO_SYMBOL);
        fx_clock(f);
        assert_int_equal(f->asked_count, 1);
        assert_int_equal(f->asked[0].reason, EB_CONSULT_MODE);
        fx_free(f);
    }
}

static void release_sends_nothing_more(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_command(f, EB_CMD_RELEASE, 0);
    assert_int_equal(fx_alerts(f, EB_ALERT_FOREIGN_OWNER), 1);
    fx_clear(f);
    fx_mark(f, "97");
    fx_book(f, "104", "104.1");
    fx_run(f, 20000);
    assert_int_equal(fx_count(f, EB_ACT_SUBMIT) + fx_count(f, EB_ACT_CONSULT), 0);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_true(ev.released && !ev.owned);
    assert_int_equal(fx_level(&ev, 0, EB_STOP_PLAN)->why, EB_WHY_RELEASED);
    fx_command(f, EB_CMD_FLATTEN, 0); /* whatever the owner */
    assert_qt(fx_submit(f, EB_PURPOSE_FLATTEN, 0)->qty, "10");
    fx_free(f);
}

static void release_in_the_middle_of_a_close(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_mark(f, "98");
    fx_command(f, EB_CMD_RELEASE, 0);
    fx_order(f, fx_submit(f, EB_PURPOSE_STOP, 0)->client_id, EB_OS_EXPIRED);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_command(f, EB_CMD_ADOPT, 0);
    assert_int_equal(f->asked[f->asked_count - 1].reason, EB_CONSULT_ADOPTED);
    fx_mark(f, "97.9");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 2);
    fx_free(f);
}

static void flatten_closes_every_position(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    struct eb_ev_position p = fx_pos(EB_SHORT, "7", "2000");
    struct eb_event ev = fx_event(f, EB_EV_POSITION, 1);
    ev.u.venue_position = &p;
    assert_int_equal(fx_step(f, &ev), EB_OK);
    fx_clear(f);
    fx_command(f, EB_CMD_FLATTEN, EB_NO_SYMBOL);
    fx_clock(f);
    assert_int_equal(fx_submits(f, EB_PURPOSE_FLATTEN), 2);
    assert_qt(fx_submit(f, EB_PURPOSE_FLATTEN, 0)->qty, "10");
    assert_qt(fx_submit(f, EB_PURPOSE_FLATTEN, 1)->qty, "7");
    assert_int_equal(fx_submit(f, EB_PURPOSE_FLATTEN, 1)->order_side, EB_BUY);
    assert_int_equal(fx_submit(f, EB_PURPOSE_FLATTEN, 1)->reason, EB_EXIT_FLATTEN);
    fx_free(f);
}

static void flatten_overtakes_a_close_and_survives_a_reload(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    struct eb_verdict v = v_none();
    v_full_exit(&v);
    fx_verdict(f, &v);
    fx_order(f, fx_submit(f, EB_PURPOSE_FULL_EXIT, 0)->client_id, EB_OS_UNKNOWN);
    struct eb_event ev = fx_event(f, EB_EV_COMMAND, EB_NO_SYMBOL);
    struct eb_ev_command cmd = {.verb = EB_CMD_FLATTEN};
    ev.u.command = &cmd;
    assert_int_equal(fx_step(f, &ev), EB_OK);
    static const struct eb_ev_policy policy = {.name = "other"};
    ev = fx_event(f, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = &policy;
    assert_int_equal(fx_step(f, &ev), EB_OK); /* before the first sweep has begun */
    fx_snapshot_begin(f);
    fx_open(f, EB_LONG, "10", "100");
    fx_snapshot_end(f);
    fx_clock(f);
    fx_wait(f, 6000);
    fx_order(f, fx_submit(f, EB_PURPOSE_FULL_EXIT, 0)->client_id, EB_OS_ABSENT);
    assert_int_equal(fx_submits(f, EB_PURPOSE_FULL_EXIT), 2); /* one close, under the more urgent purpose of both */
    fx_free(f);
}

static void in_shadow_flatten_sends_nothing_and_says_so(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.mode.rollout_enabled = false;
    struct fx *f = laddered(&c);
    fx_command(f, EB_CMD_FLATTEN, 0);
    fx_command(f, EB_CMD_FLATTEN, EB_NO_SYMBOL);
    fx_clock(f);
    assert_int_equal(fx_count(f, EB_ACT_SUBMIT) + fx_count(f, EB_ACT_EXIT), 0);
    assert_int_equal(fx_alerts(f, EB_ALERT_SHADOW), 2);
    fx_free(f);
}

static void commands_are_taken_once(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    struct eb_ev_command cmd = {.verb = EB_CMD_SNAPSHOT, .id = 7};
    struct eb_event ev = fx_event(f, EB_EV_COMMAND, EB_NO_SYMBOL);
    ev.u.command = &cmd;
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_int_equal(fx_count(f, EB_ACT_SNAPSHOT), 1);
    cmd.id = 8;
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_int_equal(fx_count(f, EB_ACT_SNAPSHOT), 2);
    uint64_t hash = eb_engine_durable_hash(f->e);
    static const uint8_t idle[] = {EB_CMD_RELEASE, EB_CMD_ADOPT, EB_CMD_REARM, EB_CMD_CONFIRM, EB_CMD_COUNT, 200};
    for (size_t i = 0; i < EB_COUNT(idle); i++) { /* these need a symbol, or are none */
        cmd = (struct eb_ev_command){.verb = idle[i]};
        assert_int_equal(fx_step(f, &ev), EB_OK);
    }
    ev.symbol = 0;
    static const uint8_t of_account[] = {EB_CMD_PAUSE, EB_CMD_RESUME, EB_CMD_SNAPSHOT, EB_CMD_COUNT};
    for (size_t i = 0; i < EB_COUNT(of_account); i++) {
        cmd = (struct eb_ev_command){.verb = of_account[i]};
        assert_int_equal(fx_step(f, &ev), EB_OK);
    }
    assert_true(hash == eb_engine_durable_hash(f->e));
    ev.symbol = 1; /* no position there */
    cmd = (struct eb_ev_command){.verb = EB_CMD_RELEASE};
    assert_int_equal(fx_step(f, &ev), EB_OK);
    ev.symbol = 3;
    assert_int_equal(fx_step(f, &ev), EB_E_NOT_FOUND);
    fx_free(f);
}

/* ---- adopted positions ---- */

static struct fx *adopted(bool act, const struct eb_verdict *v)
{
    struct eb_engine_config c = fx_config();
    c.act_on_adopted = act;
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    fx_say(f, v);
    struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
    p.adopted = true;
    fx_position(f, &p);
    assert_int_equal(f->asked[0].reason, EB_CONSULT_ADOPTED);
    assert_true(f->asked[0].adopted);
    return f;
}

static void an_adopted_position_waits_for_a_person(void **state)
{
    (void)state;
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_full_exit(&v);
    v_partial(&v, 500000);
    struct fx *f = adopted(false, &v);
    assert_int_equal(fx_count(f, EB_ACT_SUBMIT), 0);
    assert_int_equal(fx_alerts(f, EB_ALERT_NEEDS_CONFIRMATION), 2);
    assert_px(fx_stop(f), "98"); /* what protects acts at once */
    fx_say(f, &v);
    fx_command(f, EB_CMD_CONFIRM, 0);
    assert_int_equal(fx_submits(f, EB_PURPOSE_FULL_EXIT), 1);
    fx_free(f);

    f = adopted(true, &v); /* unless configured to act */
    assert_int_equal(fx_submits(f, EB_PURPOSE_FULL_EXIT), 1);
    fx_free(f);
}

static void a_close_that_must_wait_is_no_plan(void **state)
{
    (void)state;
    struct eb_verdict v = v_none();
    v_full_exit(&v);
    struct fx *f = adopted(false, &v);
    assert_px(fx_stop(f), "98"); /* the built-in one, while the person thinks */
    assert_int_equal(fx_count(f, EB_ACT_SUBMIT), 0);
    fx_verdict(f, &v);
    assert_int_equal(fx_alerts(f, EB_ALERT_NEEDS_CONFIRMATION), 1);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trip_blocks_what_takes_profit),
        cmocka_unit_test(one_full_close_at_a_time_goes_on),
        cmocka_unit_test(flatten_is_never_blocked),
        cmocka_unit_test(the_cap_is_per_minute),
        cmocka_unit_test(a_venue_that_says_no_is_asked_less_often),
        cmocka_unit_test(a_pause_stops_targets_not_stops),
        cmocka_unit_test(a_position_that_begins_in_a_pause_gets_the_built_in_stop),
        cmocka_unit_test(release_sends_nothing_more),
        cmocka_unit_test(release_in_the_middle_of_a_close),
        cmocka_unit_test(flatten_closes_every_position),
        cmocka_unit_test(flatten_overtakes_a_close_and_survives_a_reload),
        cmocka_unit_test(in_shadow_flatten_sends_nothing_and_says_so),
        cmocka_unit_test(commands_are_taken_once),
        cmocka_unit_test(an_adopted_position_waits_for_a_person),
        cmocka_unit_test(a_close_that_must_wait_is_no_plan),
    };
    return cmocka_run_group_tests_name("engine/operator", tests, NULL, NULL);
}
