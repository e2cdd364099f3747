/* SPDX-License-Identifier: Apache-2.0 */
/* When the policy is asked (semantics 7, 10): cycle, wake, quarantine, stale answers, what is kept of an answer. */
#include "fixture.h"

static struct fx *open_one(const struct eb_engine_config *c)
{
    struct fx *f = fx_new(c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_open_with(f, EB_LONG, "10", "100", &v);
    return f;
}

static void the_cycle_is_ten_seconds_and_spread(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.symbols_max = 64;
    c.backstop = false;
    struct fx *f = fx_new(&c);
    int64_t phase[64];
    for (unsigned i = 0; i < 64; i++) {
        struct eb_ev_instrument inst = fx_instrument(0);
        inst.symbol[0] = (char)('A' + i % 26);
        inst.symbol[1] = (char)('A' + i / 26);
        fx_instrument_set(f, i, &inst);
        struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
        struct eb_event ev = fx_event(f, EB_EV_POSITION, i);
        ev.u.venue_position = &p;
        assert_int_equal(fx_step(f, &ev), EB_OK);
    }
    for (unsigned i = 0; i < 64; i++) {
        phase[i] = fx_evidence(f, i * 2).next_consult_ms % 10000;
    }
    unsigned half = 0;
    for (unsigned i = 0; i < 64; i++) {
        half += phase[i] < phase[0] + 5000 && phase[i] >= phase[0];
        half += phase[i] + 10000 < phase[0] + 5000;
    }
    assert_in_range(half, 16, 48);
    fx_clear(f);
    fx_run(f, 10000);
    assert_int_equal(f->asked_count, 64);
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(f->asked[i].reason, EB_CONSULT_CYCLE);
        int64_t late = f->asked[i].now_ms % 10000 - phase[f->asked[i].position / 2];
        assert_true(late == 0 || late == 1 || late == -9999); /* deadlines are finer than the bench's clock */
    }
    fx_clear(f);
    fx_run(f, 10000);
    assert_int_equal(f->asked_count, 64);
    fx_free(f);
}

static void a_step_asks_for_few(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.symbols_max = 200;
    struct fx *f = fx_new(&c);
    f->mute = true;
    for (unsigned i = 0; i < 200; i++) {
        struct eb_ev_instrument inst = fx_instrument(0);
        inst.symbol[0] = (char)('A' + i % 26);
        inst.symbol[1] = (char)('A' + i / 26);
        fx_instrument_set(f, i, &inst);
        struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
        struct eb_event ev = fx_event(f, EB_EV_POSITION, i);
        ev.u.venue_position = &p;
        assert_int_equal(fx_step(f, &ev), EB_OK);
        fx_clear(f);
    }
    static const struct eb_ev_policy policy = {.hash = {1}, .name = "next"};
    struct eb_event ev = fx_event(f, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = &policy;
    assert_int_equal(fx_step(f, &ev), EB_OK);
    unsigned steps = 0;
    unsigned asked = 0;
    while (eb_engine_next_deadline(f->e) == 0) { /* the sweep after a reload */
        ev = fx_event(f, EB_EV_CLOCK, EB_NO_SYMBOL);
        assert_int_equal(fx_step(f, &ev), EB_OK);
        assert_true(f->out.ctx_count <= 16);
        asked += f->out.ctx_count;
        steps++;
        fx_clear(f);
    }
    assert_int_equal(asked, 200);
    assert_true(steps >= 13);
    assert_memory_equal(fx_evidence(f, 0).policy_hash, policy.hash, EB_HASH_SIZE);
    fx_free(f);
}

static void a_wake_condition_only_suppresses(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = open_one(&c);
    struct eb_verdict v = v_none();
    v.keep = true;
    v.wake = (struct eb_wake){.set = true, .at_ms = f->now_ms + 65000, .above = px("101"), .below = px("99")};
    fx_verdict(f, &v);
    fx_clear(f);
    fx_run(f, 40000);
    assert_int_equal(f->asked_count, 0);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_int_equal(ev.suppressed_until_ms, v.wake.at_ms);
    fx_run(f, 40000); /* the cycle instant after it */
    assert_true(f->asked_count > 0);
    assert_true(f->asked[0].now_ms >= v.wake.at_ms && f->asked[0].now_ms < v.wake.at_ms + 10000);
    fx_free(f);
}

static void prices_wake_at_cycle_instants(void **state)
{
    (void)state;
    static const struct {
        const char *price;
        bool wakes;
    } cases[] = {{"100.5", false}, {"101", true}, {"99", true}, {"99.01", false}, {"101.2", true}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = fx_config();
        struct fx *f = open_one(&c);
        struct eb_verdict v = v_none();
        v.keep = true;
        v.wake = (struct eb_wake){.set = true, .above = px("101"), .below = px("99")};
        fx_verdict(f, &v);
        fx_clear(f);
        for (unsigned n = 0; n < 11; n++) {
            fx_mark(f, cases[i].price);
            fx_run(f, 1000);
        }
        assert_int_equal(f->asked_count, cases[i].wakes);
        fx_free(f);
    }
}

static void five_minutes_are_the_longest_sleep(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = open_one(&c);
    struct eb_verdict v = v_none();
    v.keep = true;
    v.wake = (struct eb_wake){.set = true, .at_ms = f->now_ms + 86400000};
    fx_verdict(f, &v);
    fx_clear(f);
    int64_t from = f->now_ms;
    fx_run(f, 299000);
    assert_int_equal(f->asked_count, 0);
    assert_int_equal(fx_evidence(f, 0).suppressed_until_ms, fx_evidence(f, 0).last_consult_ms + 300000);
    fx_run(f, 12000);
    assert_true(f->asked_count > 0);
    assert_true(f->asked[0].now_ms >= from + 300000);
    fx_free(f);
}

static void events_ask_whatever_the_wake_says(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = open_one(&c);
    struct eb_verdict v = v_none();
    v.keep = true;
    v.wake = (struct eb_wake){.set = true, .at_ms = f->now_ms + 86400000};
    fx_verdict(f, &v);
    fx_clear(f);
    fx_open(f, EB_LONG, "12", "100");
    assert_int_equal(f->asked_count, 1);
    assert_int_equal(f->asked[0].reason, EB_CONSULT_SIZE);
    fx_free(f);
}

static void memory_regime_and_profile_are_kept(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = open_one(&c);
    struct eb_verdict v = v_none();
    v.keep = true; /* nil with memory */
    v.regime = EB_REGIME_RANGE;
    memcpy(v.profile, "RANGE", sizeof "RANGE");
    v.has_memory = true;
    v.memory.count = 1;
    v.memory.entry[0] = (struct eb_memory_entry){.key = "tp1", .kind = EB_MEM_BOOL, .number = 1};
    unsigned durable = f->durable_steps;
    fx_verdict(f, &v);
    assert_true(f->durable_steps > durable);
    fx_clear(f);
    struct eb_verdict keep = v_none();
    keep.keep = true;
    fx_verdict(f, &keep);
    assert_int_equal(f->asked[0].regime, EB_REGIME_RANGE);
    assert_string_equal(f->asked[0].profile, "RANGE");
    assert_int_equal(f->asked[0].memory.count, 1);
    assert_string_equal(f->asked[0].memory.entry[0].key, "tp1");
    assert_int_equal(fx_evidence(f, 0).last_result, EB_POLICY_KEEP);
    fx_clear(f);
    durable = f->durable_steps;
    fx_verdict(f, &keep); /* an empty answer leaves all of it */
    assert_int_equal(f->asked[0].regime, EB_REGIME_RANGE);
    assert_int_equal(f->durable_steps, durable);
    v.regime = EB_REGIME_COUNT;
    v.has_memory = false;
    v.profile[0] = '\0';
    fx_verdict(f, &v);
    assert_int_equal(fx_evidence(f, 0).ctx.regime, EB_REGIME_RANGE);
    fx_free(f);
}

/* ---- answers that are no longer current ---- */

static int answer_as(struct fx *f, struct eb_context *ctx)
{
    struct eb_verdict v = v_none();
    v_stop(&v, "99");
    struct eb_event ev = fx_event(f, EB_EV_VERDICT, 0);
    ev.position = 0;
    ev.u.verdict = (struct eb_ev_verdict){ctx, &v};
    return fx_step(f, &ev);
}

static void a_stale_verdict_is_dropped(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        struct eb_engine_config c = fx_config();
        struct fx *f = open_one(&c);
        f->mute = true;
        fx_open(f, EB_LONG, "12", "100");
        struct eb_context ctx = f->asked[0];
        ctx.consult_id += i == 0;
        ctx.episode += i == 1;
        ctx.plan_revision += i == 2;
        if (i == 3) {
            assert_int_equal(answer_as(f, &ctx), EB_OK); /* answered already */
        } else if (i == 4) {
            fx_open(f, EB_LONG, "14", "100"); /* asked anew meanwhile */
        }
        uint64_t hash = eb_engine_durable_hash(f->e);
        assert_int_equal(answer_as(f, &ctx), EB_OK);
        assert_true(hash == eb_engine_durable_hash(f->e));
        assert_int_equal(fx_evidence(f, 0).verdicts_stale, 1);
        fx_free(f);
    }
}

static void verdicts_about_nothing(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = open_one(&c);
    f->mute = true;
    fx_open(f, EB_LONG, "12", "100");
    struct eb_context ctx = f->asked[0];
    struct eb_event ev = fx_event(f, EB_EV_VERDICT, 0);
    ev.position = 0;
    ev.u.verdict = (struct eb_ev_verdict){&ctx, NULL};
    assert_int_equal(fx_step(f, &ev), EB_OK);
    ev.u.verdict = (struct eb_ev_verdict){NULL, NULL};
    assert_int_equal(fx_step(f, &ev), EB_OK);
    ev.position = EB_NO_POSITION;
    assert_int_equal(fx_step(f, &ev), EB_OK);
    ev.position = 5; /* of another symbol */
    assert_int_equal(fx_step(f, &ev), EB_E_INVALID);
    struct eb_ev_policy_failed failed = {.ctx = &ctx, .result = EB_POLICY_ERROR};
    ev = fx_event(f, EB_EV_POLICY_FAILED, 0);
    ev.position = 0;
    ev.u.policy_failed = &failed;
    ctx.consult_id = 999;
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_int_equal(fx_evidence(f, 0).failures, 0);
    fx_flat(f);
    ctx = f->asked[0];
    assert_int_equal(answer_as(f, &ctx), EB_OK); /* the position is gone */
    assert_false(fx_evidence(f, 0).open);
    fx_free(f);
}

/* ---- failures ---- */

static void three_failures_in_a_row_are_quarantine(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = open_one(&c);
    f->result = EB_POLICY_ERROR;
    fx_clear(f);
    fx_run(f, 20000);
    assert_int_equal(f->asked_count, 2);
    assert_false(fx_evidence(f, 0).quarantined);
    assert_px(fx_stop(f), "98"); /* the plan stands, the stop stands */
    fx_run(f, 10000);
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_true(ev.quarantined);
    assert_int_equal(ev.failures_in_row, 3);
    assert_int_equal(fx_alerts(f, EB_ALERT_QUARANTINED), 1);
    assert_string_equal(ev.last_reason, "scripted");
    assert_int_equal(ev.last_result, EB_POLICY_ERROR);
    fx_clear(f);
    fx_run(f, 59000);
    assert_int_equal(f->asked_count, 0);
    fx_run(f, 11000);
    assert_int_equal(f->asked_count, 1);
    assert_int_equal(fx_alerts(f, EB_ALERT_QUARANTINED), 0); /* said once */
    f->result = EB_POLICY_OK;
    struct eb_verdict v = v_none();
    v_stop(&v, "98.5");
    fx_verdict(f, &v);
    assert_false(fx_evidence(f, 0).quarantined);
    assert_px(fx_stop(f), "98.5");
    fx_free(f);
}

static void failures_count_only_in_a_row_and_where_a_plan_stands(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    f->result = EB_POLICY_BUDGET;
    fx_open(f, EB_LONG, "10", "100");
    assert_int_equal(fx_evidence(f, 0).failures_in_row, 0);
    assert_int_equal(fx_evidence(f, 0).failures, 1);
    fx_run(f, 20000);
    assert_int_equal(fx_evidence(f, 0).failures_in_row, 2);
    f->result = EB_POLICY_KEEP;
    fx_run(f, 10000);
    assert_int_equal(fx_evidence(f, 0).failures_in_row, 0);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cycle_is_ten_seconds_and_spread),
        cmocka_unit_test(a_step_asks_for_few),
        cmocka_unit_test(a_wake_condition_only_suppresses),
        cmocka_unit_test(prices_wake_at_cycle_instants),
        cmocka_unit_test(five_minutes_are_the_longest_sleep),
        cmocka_unit_test(events_ask_whatever_the_wake_says),
        cmocka_unit_test(memory_regime_and_profile_are_kept),
        cmocka_unit_test(a_stale_verdict_is_dropped),
        cmocka_unit_test(verdicts_about_nothing),
        cmocka_unit_test(three_failures_in_a_row_are_quarantine),
        cmocka_unit_test(failures_count_only_in_a_row_and_where_a_plan_stands),
    };
    return cmocka_run_group_tests_name("engine/consult", tests, NULL, NULL);
}
