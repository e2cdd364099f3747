/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence: for each level where it stands and why it has not fired, in every state that holds one back. */
#include "fixture.h"

static const int64_t LEGS[3][2] = {{500000, 300000}, {1000000, 300000}, {2000000, 400000}};

static struct fx *laddered(const struct eb_engine_config *c)
{
    struct fx *f = fx_new(c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, LEGS);
    v_trail(&v, 1000000, 10000);
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_last(f, "100");
    return f;
}

static enum eb_why why_leg(const struct fx *f, uint8_t leg)
{
    struct eb_evidence ev = fx_evidence(f, 0);
    return (enum eb_why)fx_level(&ev, leg, EB_STOP_NONE)->why;
}

static enum eb_why why_stop(const struct fx *f, enum eb_stop_kind kind)
{
    struct eb_evidence ev = fx_evidence(f, 0);
    return (enum eb_why)fx_level(&ev, 0, kind)->why;
}

static void every_why_has_a_text(void **state)
{
    (void)state;
    for (int i = 0; i < EB_WHY_COUNT; i++) {
        assert_true(strlen(eb_why_text((enum eb_why)i)) > 5);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(eb_why_text((enum eb_why)i), eb_why_text((enum eb_why)k));
        }
    }
    assert_string_equal(eb_why_text(EB_WHY_COUNT), "?");
}

static void distances_are_signed_and_in_r(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_mark(f, "100.5");
    fx_open(f, EB_LONG, "10", "100");
    struct eb_evidence ev = fx_evidence(f, 0);
    const struct eb_level_evidence *l = fx_level(&ev, 1, EB_STOP_NONE);
    assert_px(l->price, "101");
    assert_int_equal(l->distance_ppm, 4975); /* 0.5 / 100.5 */
    assert_int_equal(l->distance_r_ppm, 250000);
    assert_qt(l->qty, "3");
    l = fx_level(&ev, 0, EB_STOP_PLAN);
    assert_true(l->in_force);
    assert_int_equal(l->distance_r_ppm, 1250000);
    assert_int_equal(l->why, EB_WHY_WAITING);
    l = fx_level(&ev, 0, EB_STOP_TRAIL);
    assert_int_equal(l->why, EB_WHY_NOT_ACTIVE);
    assert_px(l->price, "102"); /* where it would start */
    assert_false(l->in_force);
    fx_mark(f, "97");
    ev = fx_evidence(f, 0);
    assert_int_equal(fx_level(&ev, 0, EB_STOP_PLAN)->distance_r_ppm, -500000);
    fx_free(f);
}

static void why_not(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    assert_int_equal(why_leg(f, 1), EB_WHY_WAITING);
    fx_book(f, "101", "101.1");
    assert_int_equal(why_leg(f, 1), EB_WHY_FIRING);
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    fx_fill(f, &o, "101", "1");
    assert_int_equal(why_leg(f, 1), EB_WHY_FIRING);
    fx_fill(f, &o, "101", "2");
    assert_int_equal(why_leg(f, 1), EB_WHY_HIT);
    fx_command(f, EB_CMD_PAUSE, EB_NO_SYMBOL);
    assert_int_equal(why_leg(f, 2), EB_WHY_PAUSED);
    assert_int_equal(why_leg(f, 1), EB_WHY_HIT);
    assert_int_equal(why_stop(f, EB_STOP_PLAN), EB_WHY_WAITING);
    fx_command(f, EB_CMD_RESUME, EB_NO_SYMBOL);
    fx_mark(f, "102");
    assert_int_equal(why_stop(f, EB_STOP_TRAIL), EB_WHY_WAITING);
    assert_int_equal(why_stop(f, EB_STOP_PLAN), EB_WHY_SUPERSEDED);
    fx_mark(f, "110");
    assert_int_equal(why_stop(f, EB_STOP_TRAIL), EB_WHY_JUMP);
    fx_mark(f, "100.9");
    assert_int_equal(why_stop(f, EB_STOP_TRAIL), EB_WHY_FIRING);
    assert_int_equal(why_stop(f, EB_STOP_PLAN), EB_WHY_CLOSING);
    fx_flat(f);
    fx_run(f, 3000);
    assert_int_equal(why_leg(f, 2), EB_WHY_ENDED);
    assert_int_equal(why_stop(f, EB_STOP_PLAN), EB_WHY_ENDED);
    fx_free(f);
}

static void why_not_for_want_of_prices(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, LEGS);
    fx_say(f, &v);
    fx_open(f, EB_LONG, "10", "100");
    assert_int_equal(why_stop(f, EB_STOP_PLAN), EB_WHY_NO_PRICE);
    assert_int_equal(why_leg(f, 1), EB_WHY_NO_PRICE);
    fx_mark(f, "100");
    assert_int_equal(why_stop(f, EB_STOP_PLAN), EB_WHY_WAITING);
    assert_int_equal(why_leg(f, 1), EB_WHY_NO_PRICE); /* targets watch book and last: there are none */
    fx_book(f, "100", "100.1");
    assert_int_equal(why_leg(f, 1), EB_WHY_WAITING);
    fx_run(f, 2001);
    fx_mark(f, "100");
    assert_int_equal(why_leg(f, 1), EB_WHY_STALE);
    assert_int_equal(why_stop(f, EB_STOP_PLAN), EB_WHY_WAITING);
    fx_run(f, 3001);
    assert_int_equal(why_stop(f, EB_STOP_PLAN), EB_WHY_STALE);
    fx_last(f, "100");
    assert_int_equal(why_stop(f, EB_STOP_PLAN), EB_WHY_WAITING); /* substitutes */
    assert_int_equal(why_leg(f, 1), EB_WHY_WAITING);
    fx_free(f);

    c.target_source = EB_TARGET_MARK;
    f = laddered(&c);
    fx_run(f, 3001);
    fx_last(f, "100");
    assert_int_equal(why_leg(f, 1), EB_WHY_STALE);
    fx_free(f);
    c.target_source = EB_TARGET_LAST;
    f = laddered(&c);
    fx_run(f, 2001);
    fx_book(f, "100", "100.1");
    assert_int_equal(why_leg(f, 1), EB_WHY_STALE);
    fx_free(f);
}

static void why_not_for_others(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.mode.exit_mode = EB_EXIT_MODE_LEGACY;
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    fx_last(f, "100");
    fx_mode(f, EB_EXIT_MODE_EXIT_BRAIN_V3, true, true);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_say(f, &v);
    fx_open(f, EB_LONG, "10", "100");
    fx_mode(f, EB_EXIT_MODE_LEGACY, true, true);
    assert_int_equal(why_stop(f, EB_STOP_PLAN), EB_WHY_NOT_OWNER);
    fx_mode(f, EB_EXIT_MODE_EXIT_BRAIN_V3, true, true);
    fx_command(f, EB_CMD_RELEASE, 0);
    assert_int_equal(why_stop(f, EB_STOP_PLAN), EB_WHY_RELEASED);
    fx_free(f);
}

static void counters(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    struct eb_engine_stats s;
    eb_engine_stats(f->e, &s);
    assert_int_equal(s.open_positions, 1);
    assert_int_equal(s.consults, 1);
    assert_int_equal(s.verdicts, 1);
    assert_int_equal(s.price_events, 2);
    assert_true(s.steps >= 6);
    assert_true(s.durable_steps >= 4);
    assert_true(s.invariant_checks > 0);
    fx_mark(f, "98");
    eb_engine_stats(f->e, &s);
    assert_int_equal(s.submits, 1);
    fx_filled(f, fx_submit(f, EB_PURPOSE_STOP, 0), "98");
    eb_engine_stats(f->e, &s);
    assert_int_equal(s.fills, 1);
    assert_int_equal(s.open_positions, 0);
    fx_free(f);
}

static void what_a_context_says(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    struct eb_event ev = fx_event(f, EB_EV_FUNDING, 0);
    ev.u.funding = (struct eb_ev_funding){.rate_e8 = 10000, .next_ms = 123};
    assert_int_equal(fx_step(f, &ev), EB_OK);
    fx_book(f, "100.9", "101");
    fx_mark(f, "100.95");
    fx_open(f, EB_LONG, "20", "100.4"); /* ten more */
    const struct eb_context *ctx = &f->asked[0];
    assert_px(ctx->bid, "100.9");
    assert_px(ctx->ask, "101");
    assert_px(ctx->last, "100");
    assert_px(ctx->mark, "100.95");
    assert_px(ctx->price, "100.95");
    assert_int_equal(ctx->price_age_ms, 0);
    assert_int_equal(ctx->funding_rate_ppm8, 10000);
    assert_int_equal(ctx->next_funding_ms, 123);
    assert_px((eb_price){ctx->notional.e8}, "2019");
    assert_px((eb_price){ctx->margin.e8}, "403.8"); /* five times leverage */
    assert_px((eb_price){ctx->pnl.e8}, "11");
    assert_int_equal(ctx->pnl_ppm, 5478); /* 0.55 of 100.4 */
    assert_int_equal(ctx->pnl_r_ppm, 275000);
    assert_int_equal(ctx->leg_count, 3);
    assert_int_equal(ctx->fee_taker_ppm, 400);
    assert_px((eb_price){ctx->balance.e8}, "10000");
    assert_px(ctx->tick, "0.01");
    assert_px((eb_price){ctx->min_notional.e8}, "5");
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_why_has_a_text),
        cmocka_unit_test(distances_are_signed_and_in_r),
        cmocka_unit_test(why_not),
        cmocka_unit_test(why_not_for_want_of_prices),
        cmocka_unit_test(why_not_for_others),
        cmocka_unit_test(counters),
        cmocka_unit_test(what_a_context_says),
    };
    return cmocka_run_group_tests_name("engine/evidence", tests, NULL, NULL);
}
