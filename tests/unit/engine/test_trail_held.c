/* SPDX-License-Identifier: Apache-2.0 */
/* What a trail has reached it keeps: rounding, an entry that is told anew, and R may not loosen it (semantics 3). */
#include "fixture.h"

static struct fx *trailing(enum eb_side side, const char *tick, const char *entry, const char *stop,
                           int64_t callback_ppm)
{
    struct eb_engine_config c = fx_config();
    c.max_jump_ppm = EB_PPM;
    struct fx *f = fx_new(&c);
    struct eb_ev_instrument inst = fx_instrument(0);
    inst.tick = px(tick);
    fx_instrument_set(f, 0, &inst);
    struct eb_verdict v = v_none();
    v_stop(&v, stop);
    v_trail(&v, 500000, callback_ppm);
    v.decision[v.count - 1].u.trailing.curve_count = 1;
    v.decision[v.count - 1].u.trailing.curve[0] = (struct eb_curve_point){3000000, callback_ppm / 2};
    fx_open_with(f, side, "10", entry, &v);
    return f;
}

/* 2 % of 5.01 is a tick, 2 % of 4.9 is less: the stop would round onto the peak, and is none. */
static void below_one_tick_the_last_stop_stands(void **state)
{
    (void)state;
    struct fx *f = trailing(EB_SHORT, "0.1", "6", "6.5", 20000);
    fx_mark(f, "5.4");
    assert_px(fx_stop(f), "5.5");
    fx_mark(f, "5.2");
    fx_mark(f, "5.01");
    assert_px(fx_stop(f), "5.1");
    fx_mark(f, "4.9");
    assert_px(fx_stop(f), "5.1");
    fx_clear(f);
    fx_mark(f, "5.1");
    assert_int_equal(fx_submit(f, EB_PURPOSE_STOP, 0)->reason, EB_EXIT_TRAILING);
    fx_free(f);
}

/* At exactly 3 R the trail tightens; an entry a hair higher puts the peak below 3 R. */
static void an_entry_told_anew_does_not_loosen(void **state)
{
    (void)state;
    struct fx *f = trailing(EB_LONG, "0.01", "100", "98", 20000);
    fx_mark(f, "103");
    fx_mark(f, "106");
    assert_px(fx_stop(f), "104.94");
    struct eb_ev_position p = fx_pos(EB_LONG, "10", "100.00000001");
    fx_position(f, &p);
    assert_px(fx_stop(f), "104.94");
    fx_free(f);
}

/* The next accepted plan after an add makes R larger, and the same peak is fewer R. */
static void a_larger_r_does_not_loosen(void **state)
{
    (void)state;
    struct fx *f = trailing(EB_LONG, "0.01", "100", "98", 20000);
    struct eb_ev_position p = fx_pos(EB_LONG, "20", "100.5");
    fx_position(f, &p);
    fx_mark(f, "104");
    fx_mark(f, "106.6"); /* 3.05 R of the old R: 2 */
    eb_price before = fx_stop(f);
    struct eb_verdict v = v_none();
    v_ratchet(&v);
    fx_verdict(f, &v);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_px(ev.ctx.r, "2.5");
    assert_true(fx_stop(f).e8 >= before.e8);
    fx_free(f);
}

/* A peak that an add restarts takes its trail with it: what was in force stays as the plan's stop. */
static void an_add_restarts_it(void **state)
{
    (void)state;
    struct fx *f = trailing(EB_LONG, "0.01", "100", "98", 20000);
    fx_mark(f, "103");
    assert_px(fx_stop(f), "100.94");
    struct eb_ev_position p = fx_pos(EB_LONG, "20", "101.5");
    fx_position(f, &p);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_px(ev.ctx.plan_stop, "100.94");
    assert_false(ev.ctx.trailing_active && ev.ctx.trail_stop.e8 > ev.ctx.plan_stop.e8);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(below_one_tick_the_last_stop_stands),
        cmocka_unit_test(an_entry_told_anew_does_not_loosen),
        cmocka_unit_test(a_larger_r_does_not_loosen),
        cmocka_unit_test(an_add_restarts_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
