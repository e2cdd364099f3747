/* SPDX-License-Identifier: Apache-2.0 */
/* The price path (semantics 4): inclusive triggers, stop before targets, coalescing, jumps, staleness, substitutes. */
#include "fixture.h"

static const int64_t THREE_LEGS[3][2] = {{500000, 300000}, {1000000, 300000}, {2000000, 400000}};

/* LONG 10 at 100, stop 98, so that R = 2 and the legs stand at 101, 102, 104. */
static struct fx *long_with_legs(const struct eb_engine_config *c)
{
    struct fx *f = fx_new(c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, THREE_LEGS);
    fx_open_with(f, EB_LONG, "10", "100", &v);
    return f;
}

static void triggers_are_inclusive(void **state)
{
    (void)state;
    static const struct {
        enum eb_side side;
        const char *stop, *near, *at;
    } cases[] = {
        {EB_LONG, "98", "98.00000001", "98"},
        {EB_LONG, "98", "98.01", "97.99999999"},
        {EB_SHORT, "102", "101.99999999", "102"},
        {EB_SHORT, "102", "101.99", "102.00000001"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = fx_config();
        struct fx *f = fx_new(&c);
        struct eb_verdict v = v_none();
        v_stop(&v, cases[i].stop);
        fx_open_with(f, cases[i].side, "10", "100", &v);
        fx_mark(f, cases[i].near);
        assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
        fx_mark(f, cases[i].at);
        const struct eb_order_request *o = fx_submit(f, EB_PURPOSE_STOP, 0);
        assert_qt(o->qty, "10");
        assert_px(o->level, cases[i].stop);
        assert_int_equal(o->order_side, cases[i].side == EB_LONG ? EB_SELL : EB_BUY);
        assert_int_equal(o->reason, EB_EXIT_STOP);
        assert_true(o->reduce_only);
        fx_free(f);
    }
}

static void targets_are_inclusive_on_the_executable_side(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = long_with_legs(&c);
    fx_mark(f, "101.5"); /* the mark decides no target */
    fx_book(f, "100.99999999", "101.2");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 0);
    fx_book(f, "101", "101.2");
    assert_qt(fx_submit(f, EB_PURPOSE_TARGET, 0)->qty, "3");
    assert_int_equal(fx_submit(f, EB_PURPOSE_TARGET, 0)->client_id.leg, 1);
    fx_free(f);

    f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "102");
    v_legs(&v, 3, THREE_LEGS);
    fx_open_with(f, EB_SHORT, "10", "100", &v);
    fx_book(f, "98.5", "99.00000001"); /* a SHORT buys at the ask */
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 0);
    fx_book(f, "98.5", "99");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 1);
    fx_free(f);
}

static void last_decides_targets_only_without_a_fresh_book(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = long_with_legs(&c);
    fx_book(f, "100.5", "100.6");
    fx_last(f, "101.5");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 0);
    fx_wait(f, 2001);
    fx_last(f, "101.5");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 1);
    fx_free(f);

    static const struct {
        enum eb_target_source source;
        enum eb_price_source decides;
    } cases[] = {{EB_TARGET_LAST, EB_SRC_LAST}, {EB_TARGET_MARK, EB_SRC_MARK}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        c.target_source = (uint8_t)cases[i].source;
        f = long_with_legs(&c);
        fx_price(f, cases[i].decides == EB_SRC_LAST ? EB_SRC_MARK : EB_SRC_LAST, "101.5");
        assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 0);
        fx_price(f, cases[i].decides, "101.5");
        assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 1);
        fx_free(f);
    }
}

static void one_observation_fires_all_that_it_crosses(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = long_with_legs(&c);
    fx_book(f, "104", "104.1");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 3);
    const char *const qty[] = {"3", "3", "4"};
    for (unsigned i = 0; i < 3; i++) {
        assert_qt(fx_submit(f, EB_PURPOSE_TARGET, i)->qty, qty[i]);
        assert_int_equal(fx_submit(f, EB_PURPOSE_TARGET, i)->client_id.leg, i + 1);
    }
    fx_free(f);
}

static void the_stop_goes_before_the_targets(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.target_source = EB_TARGET_MARK;
    struct fx *f = long_with_legs(&c);
    fx_mark_range(f, "101", "98", "102"); /* both were crossed while this one waited */
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 0);
    assert_qt(fx_submit(f, EB_PURPOSE_STOP, 0)->qty, "10");
    fx_free(f);
}

static void coalesced_extremes_count(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = long_with_legs(&c);
    fx_mark_range(f, "99.5", "97.9", "99.8");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_free(f);

    c.target_source = EB_TARGET_MARK;
    f = long_with_legs(&c);
    fx_mark_range(f, "100.5", "100.2", "101");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 1);
    fx_free(f);
}

static void extremes_reach_the_policy(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_say(f, &v);
    fx_open(f, EB_LONG, "10", "100"); /* before any price is known */
    fx_mark(f, "100.4");
    fx_mark(f, "99.2");
    fx_mark(f, "100.1");
    fx_clear(f);
    fx_wait(f, 100);
    struct eb_verdict keep = v_none();
    keep.keep = true;
    fx_verdict(f, &keep);
    assert_int_equal(f->asked_count, 1);
    assert_int_equal(f->asked[0].mfe_r_ppm, 200000);
    assert_int_equal(f->asked[0].mae_r_ppm, -400000);
    fx_free(f);
}

/* ---- jumps ---- */

static void a_jump_waits_for_a_second_observation(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = long_with_legs(&c);
    fx_mark(f, "94.9"); /* 5.1 % at once */
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_int_equal(fx_level(&ev, 0, EB_STOP_PLAN)->why, EB_WHY_JUMP);
    fx_mark(f, "94.8");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_free(f);
}

static void five_percent_is_no_jump(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = long_with_legs(&c);
    fx_mark(f, "95");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_free(f);
}

static void a_bad_print_fires_nothing(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = long_with_legs(&c);
    fx_mark(f, "50");
    fx_wait(f, 300);
    fx_mark(f, "99.9"); /* back where it was: itself a jump, but a second observation */
    fx_run(f, 1500);
    fx_mark(f, "99.8");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    fx_free(f);
}

static void a_jump_waits_at_most_a_second(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = long_with_legs(&c);
    fx_mark(f, "90");
    fx_run(f, 999);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    fx_run(f, 1);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_free(f);
}

static void another_source_confirms_a_jump(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = long_with_legs(&c);
    fx_last(f, "100");
    fx_mark(f, "90");
    fx_wait(f, 50);
    fx_last(f, "99.9"); /* it has not seen that */
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    fx_last(f, "90.5");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_free(f);
}

static void a_jump_upwards_holds_targets_too(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = long_with_legs(&c);
    fx_book(f, "100", "100.1");
    fx_book(f, "106", "106.1");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 0);
    fx_book(f, "106.1", "106.2");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 3);
    fx_free(f);

    f = long_with_legs(&c);
    fx_book(f, "100", "100.1");
    fx_book(f, "106", "106.1");
    fx_run(f, 1000);
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 3);
    fx_free(f);
}

/* ---- staleness ---- */

static void a_stale_mark_is_asked_for_by_rest(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = long_with_legs(&c);
    fx_run(f, 3000);
    assert_int_equal(fx_count(f, EB_ACT_REFRESH_PRICE), 0);
    fx_run(f, 1);
    assert_int_equal(fx_count(f, EB_ACT_REFRESH_PRICE), 1);
    assert_int_equal(fx_alerts(f, EB_ALERT_STALE_PRICE), 1);
    fx_run(f, 3000);
    assert_int_equal(fx_count(f, EB_ACT_REFRESH_PRICE), 4); /* once a second */
    assert_int_equal(fx_alerts(f, EB_ALERT_STALE_PRICE), 1);
    fx_mark(f, "100.1");
    fx_run(f, 2000);
    assert_int_equal(fx_count(f, EB_ACT_REFRESH_PRICE), 4);
    fx_run(f, 2000);
    assert_int_equal(fx_alerts(f, EB_ALERT_STALE_PRICE), 2); /* stale anew, said anew */
    fx_free(f);
}

static void a_position_without_any_price_asks_at_once(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_say(f, &v);
    fx_open(f, EB_LONG, "10", "100");
    assert_int_equal(fx_count(f, EB_ACT_REFRESH_PRICE), 1);
    fx_free(f);
}

static void two_prints_stand_in_for_a_stale_mark(void **state)
{
    (void)state;
    static const struct {
        int64_t apart_ms;
        const char *first, *second;
        bool fires;
    } cases[] = {
        {200, "97.9", "97.5", true},   {199, "97.9", "97.5", false},
        {200, "98.01", "97.5", false}, /* the first was not beyond */
        {200, "98", "98", true},       /* inclusive here too */
        {5000, "97", "97", true},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = fx_config();
        struct fx *f = long_with_legs(&c);
        fx_wait(f, 3001);
        fx_last(f, cases[i].first);
        assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
        fx_wait(f, cases[i].apart_ms);
        fx_last(f, cases[i].second);
        assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), cases[i].fires);
        fx_free(f);
    }
}

static void a_print_in_between_that_is_not_beyond_starts_anew(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = long_with_legs(&c);
    fx_wait(f, 3001);
    fx_last(f, "97.9");
    fx_wait(f, 150);
    fx_last(f, "98.5");
    fx_wait(f, 150);
    fx_last(f, "97.9");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    fx_wait(f, 200);
    fx_last(f, "97.9");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_free(f);
}

static void the_executable_side_of_the_book_is_a_print(void **state)
{
    (void)state;
    static const struct {
        enum eb_side side;
        const char *stop, *bid, *ask;
        bool fires;
    } cases[] = {
        {EB_LONG, "98", "97.99", "98.5", true},
        {EB_LONG, "98", "98.01", "98.5", false},
        {EB_SHORT, "102", "101.5", "102.01", true},
        {EB_SHORT, "102", "101.5", "101.99", false},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = fx_config();
        struct fx *f = fx_new(&c);
        struct eb_verdict v = v_none();
        v_stop(&v, cases[i].stop);
        fx_open_with(f, cases[i].side, "10", "100", &v);
        fx_wait(f, 3001);
        fx_book(f, cases[i].bid, cases[i].ask);
        fx_wait(f, 200);
        fx_book(f, cases[i].bid, cases[i].ask);
        assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), cases[i].fires);
        fx_free(f);
    }
}

static void a_fresh_mark_needs_no_substitute(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = long_with_legs(&c);
    fx_last(f, "97");
    fx_wait(f, 500);
    fx_last(f, "97");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 0);
    fx_free(f);
}

static void targets_never_fire_on_substitutes(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.target_source = EB_TARGET_MARK;
    struct fx *f = long_with_legs(&c);
    fx_wait(f, 3001);
    fx_last(f, "104");
    fx_wait(f, 500);
    fx_book(f, "104", "104.1");
    fx_last(f, "104");
    assert_int_equal(fx_submits(f, EB_PURPOSE_TARGET), 0);
    fx_free(f);
}

static void what_is_no_price_changes_nothing(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = long_with_legs(&c);
    uint64_t hash = eb_engine_durable_hash(f->e);
    static const int64_t odd[] = {0, -1, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < EB_COUNT(odd); i++) {
        struct eb_event ev = fx_event(f, EB_EV_PRICE, 0);
        ev.u.price = (struct eb_ev_price){.source = EB_SRC_MARK, .price = {odd[i]}, .min = {odd[i]}, .max = {odd[i]}};
        assert_int_equal(fx_step(f, &ev), EB_OK);
        ev.u.price.price.e8 = e8("100");
        assert_int_equal(fx_step(f, &ev), EB_OK);
    }
    struct eb_event ev = fx_event(f, EB_EV_PRICE, 0);
    ev.u.price = (struct eb_ev_price){.source = 9, .price = px("1"), .min = px("1"), .max = px("1")};
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_int_equal(f->log_count, 0);
    assert_true(hash == eb_engine_durable_hash(f->e));
    fx_mark(f, "97.9");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(triggers_are_inclusive),
        cmocka_unit_test(targets_are_inclusive_on_the_executable_side),
        cmocka_unit_test(last_decides_targets_only_without_a_fresh_book),
        cmocka_unit_test(one_observation_fires_all_that_it_crosses),
        cmocka_unit_test(the_stop_goes_before_the_targets),
        cmocka_unit_test(coalesced_extremes_count),
        cmocka_unit_test(extremes_reach_the_policy),
        cmocka_unit_test(a_jump_waits_for_a_second_observation),
        cmocka_unit_test(five_percent_is_no_jump),
        cmocka_unit_test(a_bad_print_fires_nothing),
        cmocka_unit_test(a_jump_waits_at_most_a_second),
        cmocka_unit_test(another_source_confirms_a_jump),
        cmocka_unit_test(a_jump_upwards_holds_targets_too),
        cmocka_unit_test(a_stale_mark_is_asked_for_by_rest),
        cmocka_unit_test(a_position_without_any_price_asks_at_once),
        cmocka_unit_test(two_prints_stand_in_for_a_stale_mark),
        cmocka_unit_test(a_print_in_between_that_is_not_beyond_starts_anew),
        cmocka_unit_test(the_executable_side_of_the_book_is_a_print),
        cmocka_unit_test(a_fresh_mark_needs_no_substitute),
        cmocka_unit_test(targets_never_fire_on_substitutes),
        cmocka_unit_test(what_is_no_price_changes_nothing),
    };
    return cmocka_run_group_tests_name("engine/price", tests, NULL, NULL);
}
