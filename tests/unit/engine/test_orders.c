/* SPDX-License-Identifier: Apache-2.0 */
/* Orders whose fate is not known, fills that repeat or never come, and what each refusal asks for (semantics 5, 9). */
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

static struct eb_order_request stopped(struct fx *f)
{
    fx_mark(f, "98");
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_STOP, 0);
    fx_clear(f);
    return o;
}

static void silence_is_asked_about(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    const struct eb_order_request o = stopped(f);
    fx_run(f, 5999);
    assert_int_equal(fx_count(f, EB_ACT_QUERY), 0);
    fx_run(f, 1);
    assert_int_equal(fx_count(f, EB_ACT_QUERY), 1);
    assert_true(eb_client_id_equal(fx_nth(f, EB_ACT_QUERY, 0)->u.query.client_id, o.client_id));
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0); /* nothing is sent again before a query has said so */
    fx_free(f);
}

static void unknown_is_asked_at_once_and_then_less_often(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    const struct eb_order_request o = stopped(f);
    fx_order(f, o.client_id, EB_OS_UNKNOWN);
    assert_int_equal(fx_count(f, EB_ACT_QUERY), 1);
    fx_order(f, o.client_id, EB_OS_UNKNOWN); /* said twice is one doubt */
    assert_int_equal(fx_count(f, EB_ACT_QUERY), 1);
    static const int64_t waits[] = {500, 1000, 2000, 4000, 8000, 8000};
    for (size_t i = 0; i < EB_COUNT(waits); i++) {
        fx_run(f, waits[i] - 1);
        assert_int_equal(fx_count(f, EB_ACT_QUERY), i + 1);
        fx_run(f, 1);
        assert_int_equal(fx_count(f, EB_ACT_QUERY), i + 2);
    }
    fx_free(f);
}

static void absent_counts_only_when_it_can_no_longer_arrive(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    const struct eb_order_request o = stopped(f);
    fx_order(f, o.client_id, EB_OS_UNKNOWN);
    fx_wait(f, 5999);
    fx_order(f, o.client_id, EB_OS_ABSENT);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    fx_wait(f, 1);
    fx_order(f, o.client_id, EB_OS_ABSENT);
    const struct eb_order_request *again = fx_submit(f, EB_PURPOSE_STOP, 0);
    assert_qt(again->qty, "10");
    assert_false(eb_client_id_equal(again->client_id, o.client_id));
    fx_free(f);
}

static void an_order_that_was_there_goes_on(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    const struct eb_order_request o = stopped(f);
    fx_order(f, o.client_id, EB_OS_UNKNOWN);
    fx_order(f, o.client_id, EB_OS_NEW);
    fx_order(f, o.client_id, EB_OS_PENDING); /* late: states only move forward */
    fx_filled(f, &o, "98");
    assert_int_equal(fx_count(f, EB_ACT_EPISODE_END), 1);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    fx_order(f, o.client_id, EB_OS_EXPIRED); /* settled before */
    fx_free(f);
}

static void a_fill_is_applied_once(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    const struct eb_order_request o = stopped(f);
    fx_fill(f, &o, "98", "4");
    f->trade--;
    fx_fill(f, &o, "98", "4");
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_qt(ev.ctx.qty, "6");
    assert_int_equal(ev.fills_applied, 1);
    assert_int_equal(ev.fills_duplicate, 1);
    assert_int_equal(fx_count(f, EB_ACT_EXIT), 1);
    fx_free(f);
}

static void fills_that_make_no_sense_are_none(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    struct eb_order_request o = {.symbol = 0, .order_side = EB_SELL}; /* not ours */
    fx_fill(f, &o, "98", "4");
    o.client_id = (eb_client_id){.instance = 1, .episode = 77, .attempt = 1}; /* of another episode */
    fx_fill(f, &o, "98", "4");
    assert_qt(fx_evidence(f, 0).ctx.qty, "10");
    assert_int_equal(f->log_count, 0);
    uint64_t hash = eb_engine_durable_hash(f->e);
    o.client_id.episode = 1;
    fx_fill(f, &o, "0", "4");
    fx_fill(f, &o, "98", "0");
    assert_true(hash == eb_engine_durable_hash(f->e));
    assert_int_equal(f->log_count, 0);
    fx_free(f);
}

static void a_fill_whose_order_is_forgotten_still_counts(void **state)
{
    (void)state;
    static const struct {
        enum eb_purpose purpose;
        enum eb_exit_reason reason;
    } cases[] = {
        {EB_PURPOSE_STOP, EB_EXIT_STOP},       {EB_PURPOSE_FULL_EXIT, EB_EXIT_POLICY},
        {EB_PURPOSE_FLATTEN, EB_EXIT_FLATTEN}, {EB_PURPOSE_BACKSTOP, EB_EXIT_STOP},
        {EB_PURPOSE_BRIDGE, EB_EXIT_STOP},     {EB_PURPOSE_TARGET, EB_EXIT_TARGET},
        {EB_PURPOSE_PARTIAL, EB_EXIT_POLICY},  {EB_PURPOSE_SOFT, EB_EXIT_TARGET},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = fx_config();
        struct fx *f = laddered(&c);
        struct eb_order_request o = {.order_side = EB_SELL};
        o.client_id =
            (eb_client_id){.instance = 1, .episode = 1, .attempt = 9, .purpose = (uint8_t)cases[i].purpose, .leg = 1};
        fx_fill(f, &o, "99", "3");
        assert_qt(fx_evidence(f, 0).ctx.qty, "7");
        assert_int_equal(fx_nth(f, EB_ACT_EXIT, 0)->u.exit.reason, cases[i].reason);
        bool of_leg = cases[i].purpose == EB_PURPOSE_TARGET || cases[i].purpose == EB_PURPOSE_SOFT;
        assert_int_equal(fx_evidence(f, 0).ctx.hits, of_leg);
        fx_fill(f, &o, "99", "50"); /* more than there is */
        assert_int_equal(fx_count(f, EB_ACT_EPISODE_END), 1);
        fx_free(f);
    }
}

static void the_venues_own_closing_is_named(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    struct eb_event ev = fx_event(f, EB_EV_FILL, 0);
    ev.u.fill = (struct eb_ev_fill){.trade_id = 5,
                                    .price = px("80"),
                                    .qty = qt("10"),
                                    .order_side = EB_SELL,
                                    .liquidation = true,
                                    .venue_ms = f->now_ms};
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_int_equal(fx_nth(f, EB_ACT_EXIT, 0)->u.exit.reason, EB_EXIT_LIQUIDATION);
    assert_int_equal(fx_alerts(f, EB_ALERT_LIQUIDATED), 1);
    assert_int_equal(fx_count(f, EB_ACT_EPISODE_END), 1);
    assert_int_equal(fx_step(f, &ev), EB_OK); /* told again, to nobody */
    assert_int_equal(fx_count(f, EB_ACT_EXIT), 1);
    fx_free(f);
}

static void fills_that_were_told_of_are_waited_for(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    const struct eb_order_request o = stopped(f);
    fx_order_told(f, o.client_id, EB_OS_FILLED, "10"); /* the order is faster than its trades */
    assert_qt(fx_evidence(f, 0).ctx.qty, "10");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    fx_wait(f, 1000);
    fx_fill(f, &o, "97.8", "10");
    const struct eb_episode_end *end = &fx_nth(f, EB_ACT_EPISODE_END, 0)->u.end;
    assert_true(end->reconciled);
    fx_free(f);
}

static void fills_that_never_come_are_taken_at_the_level(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    const struct eb_order_request o = stopped(f);
    fx_fill(f, &o, "97.8", "4");
    fx_order_told(f, o.client_id, EB_OS_EXPIRED, "9");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1); /* the one that is free for certain */
    assert_qt(fx_submit(f, EB_PURPOSE_STOP, 0)->qty, "1");
    fx_run(f, 2000);
    const struct eb_exit *x = &fx_nth(f, EB_ACT_EXIT, 1)->u.exit;
    assert_px(x->price, "98");
    assert_qt(x->qty, "5");
    assert_int_equal(fx_alerts(f, EB_ALERT_UNKNOWN_ORDER), 1);
    assert_int_equal(fx_count(f, EB_ACT_SNAPSHOT), 1);
    fx_filled(f, fx_submit(f, EB_PURPOSE_STOP, 0), "97");
    assert_false(fx_nth(f, EB_ACT_EPISODE_END, 0)->u.end.reconciled);
    fx_free(f);
}

/* ---- refusals ---- */

static void a_stop_that_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum eb_reject_class why;
        int64_t again_ms; /* the next attempt */
        enum eb_order_type type;
        unsigned stuck; /* a person is called at once */
    } cases[] = {
        {EB_REJ_RETRY, 200, EB_ORDER_MARKET, 0},       {EB_REJ_CLOCK, 200, EB_ORDER_MARKET, 0},
        {EB_REJ_FIX, 2000, EB_ORDER_MARKET, 1},        {EB_REJ_BAND, 0, EB_ORDER_LIMIT_IOC, 0},
        {EB_REJ_REDUCE_ONLY, 500, EB_ORDER_MARKET, 0}, {EB_REJ_MODE, 2000, EB_ORDER_MARKET, 1},
        {EB_REJ_ALARM, 2000, EB_ORDER_MARKET, 1},      {EB_REJ_SLOTS, 2000, EB_ORDER_MARKET, 1},
        {EB_REJ_NONE, 0, EB_ORDER_MARKET, 0},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = fx_config();
        struct fx *f = laddered(&c);
        const struct eb_order_request o = stopped(f);
        fx_reject(f, o.client_id, cases[i].why);
        assert_int_equal(fx_alerts(f, EB_ALERT_ORDER_REFUSED), 1);
        assert_string_equal(fx_alert(f, EB_ALERT_ORDER_REFUSED)->text, eb_reject_name(cases[i].why));
        assert_int_equal(fx_alerts(f, EB_ALERT_STOP_STUCK), cases[i].stuck);
        assert_int_equal(fx_count(f, EB_ACT_SNAPSHOT), cases[i].why == EB_REJ_REDUCE_ONLY);
        if (cases[i].again_ms > 0) {
            fx_run(f, cases[i].again_ms - 1);
            assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
            fx_run(f, 1);
        }
        const struct eb_order_request *again = fx_submit(f, EB_PURPOSE_STOP, 0);
        assert_int_equal(again->type, cases[i].type);
        assert_qt(again->qty, "10");
        if (cases[i].type == EB_ORDER_LIMIT_IOC) {
            assert_px(again->price, "93.72"); /* mark 98 * 0.95625: seven eighths of the band */
        }
        fx_free(f);
    }
}

static void an_id_that_is_open_means_that_the_first_arrived(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    const struct eb_order_request o = stopped(f);
    fx_reject(f, o.client_id, EB_REJ_DUPLICATE);
    assert_int_equal(fx_count(f, EB_ACT_QUERY), 1);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    fx_filled(f, &o, "98");
    assert_int_equal(fx_count(f, EB_ACT_EPISODE_END), 1);
    fx_free(f);
}

static void attempts_without_a_fill_go_to_the_bands_edge_and_call_a_person(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    (void)stopped(f);
    fx_mark(f, "97");
    eb_client_id last = {.instance = 1, .episode = 1, .attempt = 1, .purpose = EB_PURPOSE_STOP};
    for (unsigned i = 0; i < 10; i++) {
        fx_clear(f);
        fx_order(f, last, EB_OS_EXPIRED);
        if (i == 9) {
            break;
        }
        const struct eb_order_request *o = fx_submit(f, EB_PURPOSE_STOP, 0);
        assert_int_equal(o->type, i % 2 == 0 ? EB_ORDER_MARKET : EB_ORDER_LIMIT_IOC);
        last = o->client_id;
        assert_int_equal(fx_alerts(f, EB_ALERT_STOP_STUCK), 0);
    }
    assert_int_equal(fx_alerts(f, EB_ALERT_STOP_STUCK), 1);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    fx_run(f, 2000); /* and it goes on, slower */
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_free(f);
}

static void without_a_band_market_is_all_there_is(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_ev_instrument inst = fx_instrument(0);
    inst.percent_up_ppm = inst.percent_down_ppm = 0;
    fx_instrument_set(f, 0, &inst);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_open_with(f, EB_LONG, "10", "100", &v);
    const struct eb_order_request o = stopped(f);
    fx_reject(f, o.client_id, EB_REJ_BAND);
    assert_int_equal(fx_submit(f, EB_PURPOSE_STOP, 0)->type, EB_ORDER_MARKET);
    fx_free(f);
}

static void a_target_that_is_refused_is_armed_again(void **state)
{
    (void)state;
    for (unsigned why = EB_REJ_RETRY; why < EB_REJ_COUNT; why++) {
        struct eb_engine_config c = fx_config();
        struct fx *f = laddered(&c);
        fx_book(f, "101", "101.1");
        const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_TARGET, 0);
        fx_clear(f);
        fx_reject(f, o.client_id, (enum eb_reject_class)why);
        struct eb_evidence ev = fx_evidence(f, 0);
        if (why == EB_REJ_DUPLICATE) {
            assert_int_equal(fx_leg(&ev, 1)->state, EB_LEG_FIRING);
        } else {
            assert_int_equal(fx_leg(&ev, 1)->state, EB_LEG_ARMED);
            assert_int_equal(f->asked[0].reason, EB_CONSULT_REJECTION);
        }
        fx_free(f);
    }
}

static void dust_calls_a_person(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    const struct eb_order_request o = stopped(f);
    fx_fill(f, &o, "98", "9.9995");
    fx_order_told(f, o.client_id, EB_OS_EXPIRED, "9.9995");
    assert_int_equal(fx_alerts(f, EB_ALERT_STOP_STUCK), 1);
    fx_run(f, 10000);
    assert_int_equal(fx_alerts(f, EB_ALERT_STOP_STUCK), 1); /* once, not every two seconds */
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    fx_free(f);
}

static void an_old_episodes_order_does_not_hold_up_a_stop(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_book(f, "101", "101.1");
    const struct eb_order_request old = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    fx_order(f, old.client_id, EB_OS_UNKNOWN);
    struct eb_verdict v = v_none();
    v_stop(&v, "102");
    fx_say(f, &v);
    fx_open(f, EB_SHORT, "4", "100");
    fx_clear(f);
    fx_mark(f, "102");
    assert_qt(fx_submit(f, EB_PURPOSE_STOP, 0)->qty, "4");
    fx_fill(f, &old, "101", "3"); /* it had arrived: of no concern to this episode */
    assert_qt(fx_evidence(f, 0).ctx.qty, "4");
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_is_asked_about),
        cmocka_unit_test(unknown_is_asked_at_once_and_then_less_often),
        cmocka_unit_test(absent_counts_only_when_it_can_no_longer_arrive),
        cmocka_unit_test(an_order_that_was_there_goes_on),
        cmocka_unit_test(a_fill_is_applied_once),
        cmocka_unit_test(fills_that_make_no_sense_are_none),
        cmocka_unit_test(a_fill_whose_order_is_forgotten_still_counts),
        cmocka_unit_test(the_venues_own_closing_is_named),
        cmocka_unit_test(fills_that_were_told_of_are_waited_for),
        cmocka_unit_test(fills_that_never_come_are_taken_at_the_level),
        cmocka_unit_test(a_stop_that_is_refused),
        cmocka_unit_test(an_id_that_is_open_means_that_the_first_arrived),
        cmocka_unit_test(attempts_without_a_fill_go_to_the_bands_edge_and_call_a_person),
        cmocka_unit_test(without_a_band_market_is_all_there_is),
        cmocka_unit_test(a_target_that_is_refused_is_armed_again),
        cmocka_unit_test(dust_calls_a_person),
        cmocka_unit_test(an_old_episodes_order_does_not_hold_up_a_stop),
    };
    return cmocka_run_group_tests_name("engine/orders", tests, NULL, NULL);
}
