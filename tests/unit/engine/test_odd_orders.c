/* SPDX-License-Identifier: Apache-2.0 */
/* Events in an order that nobody expects: each would have sent something wrong, or nothing at all. */
#include "fixture.h"

static struct fx *bench(bool backstop)
{
    struct eb_engine_config c = fx_config();
    c.backstop = backstop;
    return fx_new(&c);
}

static struct eb_verdict plan(void)
{
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    return v;
}

static void open_at_100(struct fx *f, const struct eb_verdict *v)
{
    fx_mark(f, "100");
    fx_say(f, v);
    fx_open(f, EB_LONG, "10", "100");
}

/* The venue's books lag: NEW by the stream, then "unknown" from the query that was on its way. */
static void an_absent_that_comes_late_is_asked_again(void **state)
{
    (void)state;
    struct fx *f = bench(true);
    const struct eb_verdict v = plan();
    open_at_100(f, &v);
    eb_client_id id = fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->client_id;
    fx_order(f, id, EB_OS_UNKNOWN);
    fx_wait(f, 100);
    fx_order(f, id, EB_OS_NEW);
    fx_order(f, id, EB_OS_ABSENT);
    fx_clear(f);
    fx_run(f, 1000);
    assert_true(fx_count(f, EB_ACT_QUERY) > 0);
    fx_free(f);
}

/* The mode has changed, the symbol has not been looked at yet: nothing virtual may become an order. */
static void new_filters_between_shadow_and_live(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.mode.executor_live = false;
    struct fx *f = fx_new(&c);
    struct eb_verdict v = plan();
    v_leg_prices(&v, 1, (const char *const[]){"103"}, (const int64_t[]){500000});
    v.decision[v.count - 1].u.targets.leg[0].soft = true;
    fx_last(f, "100");
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_mode(f, EB_EXIT_MODE_EXIT_BRAIN_V3, true, true);
    fx_clear(f);
    struct eb_ev_instrument inst = fx_instrument(0);
    fx_instrument_set(f, 0, &inst);
    assert_int_equal(fx_count(f, EB_ACT_SUBMIT), 0);
    fx_free(f);
}

/* A flatten is about what was open when it was given. */
static void resumed_or_opened_since_is_not_flattened(void **state)
{
    (void)state;
    struct fx *f = bench(false);
    const struct eb_verdict v = plan();
    fx_command(f, EB_CMD_FLATTEN, EB_NO_SYMBOL);
    fx_command(f, EB_CMD_RESUME, EB_NO_SYMBOL);
    open_at_100(f, &v);
    fx_run(f, 100);
    assert_int_equal(fx_submits(f, EB_PURPOSE_FLATTEN), 0);
    fx_flat(f);
    fx_run(f, 3000);
    fx_clear(f);
    fx_command(f, EB_CMD_FLATTEN, EB_NO_SYMBOL);
    fx_open(f, EB_LONG, "5", "100");
    fx_run(f, 100);
    assert_int_equal(fx_submits(f, EB_PURPOSE_FLATTEN), 0);
    assert_int_equal(fx_alerts(f, EB_ALERT_BUILTIN_PLAN), 1);
    fx_free(f);
}

/* Neither a price nor a percentage, from a policy port that checks nothing: not a stop at entry. */
static void an_empty_stop_is_refused(void **state)
{
    (void)state;
    struct fx *f = bench(false);
    const struct eb_verdict v = plan();
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_mark(f, "102");
    struct eb_verdict empty = v_none();
    (void)v_add(&empty, EB_MOVE_STOP);
    fx_verdict(f, &empty);
    assert_int_equal(fx_alerts(f, EB_ALERT_VERDICT_REFUSED), 1);
    assert_px(fx_stop(f), "98");
    fx_free(f);
}

/* As many soft legs as there may be, a backstop and a bridge: the stop goes out in the same step all the same. */
static void resting_legs_leave_room_for_the_stop(void **state)
{
    (void)state;
    struct fx *f = bench(true);
    struct eb_verdict v = plan();
    const char *price[EB_LEGS_MAX];
    int64_t fraction[EB_LEGS_MAX];
    char text[EB_LEGS_MAX][8] = {"101",   "101.1", "101.2", "101.3", "101.4", "101.5",
                                 "101.6", "101.7", "101.8", "101.9", "102",   "102.1"};
    for (unsigned i = 0; i < EB_LEGS_MAX; i++) {
        price[i] = text[i];
        fraction[i] = 50000;
    }
    v_leg_prices(&v, EB_LEGS_MAX, price, fraction);
    for (unsigned i = 0; i < EB_LEGS_MAX; i++) {
        v.decision[v.count - 1].u.targets.leg[i].soft = true;
    }
    open_at_100(f, &v);
    unsigned resting = fx_submits(f, EB_PURPOSE_SOFT);
    for (unsigned i = 0; i < resting; i++) {
        fx_order(f, fx_submit(f, EB_PURPOSE_SOFT, i)->client_id, EB_OS_NEW);
    }
    fx_order(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->client_id, EB_OS_NEW);
    fx_run(f, 11000);
    fx_mark(f, "100");
    struct eb_verdict nearer = v_none();
    v_stop(&nearer, "99.2");
    fx_verdict(f, &nearer);
    assert_int_equal(fx_submits(f, EB_PURPOSE_BRIDGE), 1);
    fx_clear(f);
    fx_mark(f, "99");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    assert_int_equal(fx_count(f, EB_ACT_CANCEL), resting);
    fx_free(f);
}

/* Both legs of a hedge account were closed in as many slices as there are places, and no trade was told: what is taken
 * for filled must fit into one step, and one picture is asked for. */
static void many_fills_that_never_came(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.hedge = true;
    struct fx *f = fx_new(&c);
    struct eb_ev_instrument inst = fx_instrument(0);
    inst.market_max_qty = qt("1");
    fx_instrument_set(f, 0, &inst);
    fx_mark(f, "100");
    for (int leg = 0; leg < 2; leg++) {
        struct eb_ev_position p = fx_pos(leg == 0 ? EB_LONG : EB_SHORT, "14", "100");
        p.position_side = leg == 0 ? EB_PS_LONG : EB_PS_SHORT;
        struct eb_verdict v = v_none();
        v_stop(&v, leg == 0 ? "98" : "102");
        fx_say(f, &v);
        fx_position(f, &p);
    }
    fx_command(f, EB_CMD_FLATTEN, 0);
    unsigned sent = fx_submits(f, EB_PURPOSE_FLATTEN);
    assert_int_equal(sent, 28);
    for (unsigned i = 0; i < sent; i++) {
        fx_order_told(f, fx_submit(f, EB_PURPOSE_FLATTEN, i)->client_id, EB_OS_FILLED, "1");
    }
    fx_clear(f);
    fx_run(f, 2000);
    assert_int_equal(fx_count(f, EB_ACT_EXIT), 28);
    assert_int_equal(fx_count(f, EB_ACT_EPISODE_END), 2);
    assert_int_equal(fx_count(f, EB_ACT_SNAPSHOT), 1);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_absent_that_comes_late_is_asked_again),
        cmocka_unit_test(new_filters_between_shadow_and_live),
        cmocka_unit_test(resumed_or_opened_since_is_not_flattened),
        cmocka_unit_test(an_empty_stop_is_refused),
        cmocka_unit_test(resting_legs_leave_room_for_the_stop),
        cmocka_unit_test(many_fills_that_never_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
