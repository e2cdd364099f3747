/* SPDX-License-Identifier: Apache-2.0 */
/* The order of everything in a turn, exactly, with an engine that does what each test scripts. */
#include "fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int turn(enum eb_event_kind kind, int64_t now)
{
    struct eb_event ev = fake_event(kind, now);
    return eb_turn(fake.host, &ev);
}

static void expect_turn(enum eb_event_kind kind, int64_t now, const char *trace)
{
    assert_int_equal(turn(kind, now), EB_OK);
    assert_string_equal(fake_trace(), trace);
}

static struct eb_turn_times times(void)
{
    struct eb_turn_times t;
    eb_host_turn_times(fake.host, &t);
    return t;
}

/* ---- Order ------------------------------------------------------------------------------------------------------ */

static int two_consults(struct fake *f, const struct eb_event *ev, struct eb_actions *out)
{
    (void)f;
    if (ev->kind == EB_EV_PRICE) {
        out->durable = true;
        fake_consult(out, 0, 71);
        fake_submit(out, 1, 0, false);
        fake_consult(out, 3, 72);
        fake_cancel(out, 2);
        fake_query(out, 3);
        fake_plain(out, EB_ACT_REFRESH_PRICE);
        fake_plain(out, EB_ACT_SNAPSHOT);
        fake_plain(out, EB_ACT_EXIT);
    } else if (ev->kind == EB_EV_VERDICT && ev->position == 0) {
        fake_submit(out, 5, 0, false);
        fake_consult(out, 1, 73); /* of another position: allowed */
    }
    return EB_OK;
}

static void submits_leave_before_consults_and_each_verdict_is_stepped_before_the_next(void **state)
{
    (void)state;
    fake_open();
    fake.on_step = two_consults;
    expect_turn(EB_EV_PRICE, 1,
                "step PRICE; append durable; submit 1; cancel 2; query 3; refresh 0; snapshot; observe PRICE 8; "
                "ask 0/71; step VERDICT 0/71; submit 5; observe VERDICT 2; "
                "ask 3/72; step VERDICT 3/72; observe VERDICT 0; "
                "ask 1/73; step VERDICT 1/73; observe VERDICT 0; idle; ");
    expect_turn(EB_EV_BAR, 2, "step BAR; observe BAR 0; "); /* no consult, no idle */
    assert_int_equal(times().turns, 2);
    fake_close();
}

static int consult_and_fills(struct fake *f, const struct eb_event *ev, struct eb_actions *out)
{
    (void)f;
    assert_int_equal(ev->now_ns, 10);
    assert_int_equal(ev->now_ms, 10);
    if (ev->kind == EB_EV_PRICE) {
        fake_submit(out, 1, 0, false);
        fake_consult(out, 0, 1);
    } else if (ev->kind == EB_EV_FILL) {
        fake_submit(out, 2, 0, false);
        fake_consult(out, 0, 2); /* a turn of its own: the same position may be asked again */
    } else if (ev->kind == EB_EV_POSITION) {
        assert_int_equal(ev->u.venue_position->leverage_ppm, 7);
    }
    return EB_OK;
}

static void what_the_venue_tells_runs_after_the_verdicts_at_the_same_now(void **state)
{
    (void)state;
    fake_open();
    fake.on_step = consult_and_fills;
    fake.on_submit = fake_fill_and_position;
    expect_turn(EB_EV_PRICE, 10,
                "step PRICE; submit 1; observe PRICE 2; ask 0/1; step VERDICT 0/1; observe VERDICT 0; "
                "step FILL; submit 2; observe FILL 2; ask 0/2; step VERDICT 0/2; observe VERDICT 0; "
                "step POSITION; observe POSITION 0; idle; ");
    assert_int_equal(times().turns, 3);
    fake_close();
}

static void payloads_are_copied(void **state)
{
    (void)state;
    static const struct {
        enum eb_event_kind kind;
    } cases[] = {{EB_EV_INSTRUMENT}, {EB_EV_POSITION}, {EB_EV_COMMAND}, {EB_EV_POLICY}, {EB_EV_SIGNAL}};
    fake_open();
    for (size_t i = 0; i < EB_COUNT(cases); i++) { /* a payload that is missing is refused, not followed */
        struct eb_event ev = fake_event(cases[i].kind, 1);
        ev.u.instrument = NULL;
        eb_host_sink(fake.host, &ev);
        assert_int_equal(times().refused, i + 1);
    }
    struct eb_event verdict = fake_event(EB_EV_VERDICT, 1);
    eb_host_sink(fake.host, &verdict);
    verdict.kind = EB_EV_POLICY_FAILED;
    eb_host_sink(fake.host, &verdict);
    verdict.kind = EB_EV_COUNT + 3;
    eb_host_sink(fake.host, &verdict);
    assert_int_equal(times().refused, EB_COUNT(cases) + 3);
    assert_int_equal(fake.steps, 0);
    fake_close();
}

/* ---- The policy ------------------------------------------------------------------------------------------------- */

static enum eb_policy_result result_now;
static enum eb_policy_result answer_result(struct fake *f, const struct eb_context *ctx, struct eb_verdict *out,
                                           struct eb_err *err)
{
    (void)f;
    (void)ctx;
    assert_int_equal(out->count, 0); /* cleared between answers */
    out->count = 3;
    (void)eb_err_set(err, EB_E_SCRIPT, "policy", "%0200d", 7);
    return result_now;
}

static struct {
    uint16_t kind;
    uint8_t result;
    bool keep;
    char message[EB_REASON_MAX];
} heard;

static int hear_answer(struct fake *f, const struct eb_event *ev, struct eb_actions *out)
{
    (void)f;
    heard.kind = ev->kind;
    if (ev->kind == EB_EV_PRICE) {
        fake_consult(out, 2, 9);
        return EB_OK;
    }
    assert_int_equal(ev->symbol, 1);
    assert_int_equal(ev->position, 2);
    if (ev->kind == EB_EV_VERDICT) {
        heard.keep = ev->u.verdict.verdict->keep;
        assert_int_equal(ev->u.verdict.ctx->consult_id, 9);
    } else {
        heard.result = ev->u.policy_failed->result;
        memcpy(heard.message, ev->u.policy_failed->message, sizeof(heard.message));
        assert_int_equal(ev->u.policy_failed->ctx->consult_id, 9);
    }
    return EB_OK;
}

static void every_result_of_a_policy_becomes_an_event(void **state)
{
    (void)state;
    static const struct {
        int result;
        enum eb_event_kind kind;
        int told;
        bool keep;
    } cases[] = {{EB_POLICY_OK, EB_EV_VERDICT, 0, false},
                 {EB_POLICY_KEEP, EB_EV_VERDICT, 0, true},
                 {EB_POLICY_ERROR, EB_EV_POLICY_FAILED, EB_POLICY_ERROR, false},
                 {EB_POLICY_BUDGET, EB_EV_POLICY_FAILED, EB_POLICY_BUDGET, false},
                 {EB_POLICY_MEMORY, EB_EV_POLICY_FAILED, EB_POLICY_MEMORY, false},
                 {EB_POLICY_INVALID, EB_EV_POLICY_FAILED, EB_POLICY_INVALID, false},
                 {EB_POLICY_NONE, EB_EV_POLICY_FAILED, EB_POLICY_NONE, false},
                 {77, EB_EV_POLICY_FAILED, EB_POLICY_INVALID, false}};
    fake_open();
    fake.on_step = hear_answer;
    fake.on_ask = answer_result;
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        memset(&heard, 0, sizeof(heard));
        result_now = (enum eb_policy_result)cases[i].result;
        assert_int_equal(turn(EB_EV_PRICE, (int64_t)i), EB_OK);
        assert_int_equal(heard.kind, cases[i].kind);
        assert_int_equal(heard.keep, cases[i].keep);
        assert_int_equal(heard.result, cases[i].told);
        assert_int_equal(strlen(heard.message), cases[i].kind == EB_EV_VERDICT ? 0 : EB_REASON_MAX - 1);
    }
    eb_host_set_policy(fake.host, (struct eb_policy_port){0});
    assert_int_equal(turn(EB_EV_PRICE, 100), EB_OK);
    assert_int_equal(heard.result, EB_POLICY_NONE);
    assert_string_equal(heard.message, "no policy set is loaded");
    fake_close();
}

/* ---- The store -------------------------------------------------------------------------------------------------- */

/* ACCOUNT: a plan is accepted, its orders need record 1. FILL: cancel and query of what waits. PRICE: nothing. */
static int needs_records(struct fake *f, const struct eb_event *ev, struct eb_actions *out)
{
    (void)f;
    if (ev->kind == EB_EV_ACCOUNT) {
        out->durable = true;
        fake_submit(out, 1, 1, true);
        fake_submit(out, 2, 1, false);
        fake_submit(out, 3, 2, false);
        fake_submit(out, 4, 0, false);
        fake_submit(out, 5, 1, false);
    } else if (ev->kind == EB_EV_FILL) {
        fake_query(out, 2);
        fake_cancel(out, 2);
        fake_cancel(out, 4);
    }
    return EB_OK;
}

static void submits_wait_for_their_record_and_leave_in_order(void **state)
{
    (void)state;
    fake_open();
    fake.on_step = needs_records;
    fake.durable = 0;
    expect_turn(EB_EV_ACCOUNT, 1, "step ACCOUNT; append durable; submit 4; observe ACCOUNT 5; ");
    assert_int_equal(times().held, 4);
    expect_turn(EB_EV_PRICE, 2, "step PRICE; observe PRICE 0; ");
    fake.durable = 1;
    eb_host_release_held(fake.host);
    assert_string_equal(fake_trace(), "submit 1; submit 2; submit 5; ");
    fake.durable = 2;
    expect_turn(EB_EV_PRICE, 3, "submit 3; step PRICE; observe PRICE 0; "); /* the next turn does it too */
    assert_int_equal(times().held, 0);
    eb_host_release_held(fake.host);
    assert_string_equal(fake_trace(), "");
    fake_close();
}

static void an_order_that_waits_is_taken_back_and_queried_here(void **state)
{
    (void)state;
    fake_open();
    fake.on_step = needs_records;
    fake.durable = 0;
    assert_int_equal(turn(EB_EV_ACCOUNT, 1), EB_OK);
    (void)fake_trace();
    char expected[256];
    assert_true(snprintf(expected, sizeof(expected),
                         "step FILL; cancel 4; observe FILL 3; step ORDER 2 state %d; observe ORDER 0; "
                         "step ORDER 2 state %d; observe ORDER 0; ",
                         EB_OS_PENDING, EB_OS_CANCELED) < (int)sizeof(expected));
    expect_turn(EB_EV_FILL, 2, expected);
    fake.durable = 9;
    eb_host_release_held(fake.host);
    assert_string_equal(fake_trace(), "submit 1; submit 3; submit 5; ");
    fake_close();
}

static void a_decision_that_waited_long_is_made_anew(void **state)
{
    (void)state;
    fake_open();
    fake.on_step = needs_records;
    fake.durable = 0;
    assert_int_equal(turn(EB_EV_ACCOUNT, 0), EB_OK);
    (void)fake_trace();
    fake.durable = 1;
    char expected[400];
    assert_true(snprintf(expected, sizeof(expected),
                         "step ORDER 1 state %d; observe ORDER 0; step ORDER 2 state %d; observe ORDER 0; "
                         "step ORDER 3 state %d; observe ORDER 0; step ORDER 5 state %d; observe ORDER 0; "
                         "step PRICE; observe PRICE 0; ",
                         EB_OS_REJECTED, EB_OS_REJECTED, EB_OS_REJECTED, EB_OS_REJECTED) < (int)sizeof(expected));
    expect_turn(EB_EV_PRICE, EB_HELD_MAX_MS * INT64_C(1000000) + 1, expected); /* 3 is not durable even now */
    assert_int_equal(times().held, 0);
    fake_close();
}

static void when_the_store_fails_only_urgent_orders_leave(void **state)
{
    (void)state;
    fake_open();
    fake.on_step = needs_records;
    fake.durable = 0;
    fake.append_fails = true;
    char expected[256];
    assert_true(snprintf(expected, sizeof(expected),
                         "step ACCOUNT; append durable; submit 1; submit 4; observe ACCOUNT 5; "
                         "observe ACCOUNT 1 alert %d; ",
                         EB_ALERT_STORE_FAILED) < (int)sizeof(expected));
    expect_turn(EB_EV_ACCOUNT, 1, expected);
    assert_int_equal(times().lost, 1);
    assert_int_equal(times().held, 3);
    fake.append_fails = false; /* it takes records again, but one is missing for ever */
    fake.durable = 100;
    expect_turn(EB_EV_ACCOUNT, 2, "step ACCOUNT; append durable; submit 1; submit 4; observe ACCOUNT 5; ");
    assert_int_equal(times().held, 6);
    fake.on_step = NULL; /* what can never leave is refused: it would keep a stop from what it would have closed */
    assert_int_equal(turn(EB_EV_PRICE, EB_HELD_MAX_MS * INT64_C(1000000) + 3), EB_OK);
    assert_int_equal(times().held, 0);
    fake_close();

    fake_open(); /* it took the record and can never make it durable */
    fake.on_step = needs_records;
    fake.durable = 0;
    assert_int_equal(turn(EB_EV_ACCOUNT, 1), EB_OK);
    (void)fake_trace();
    fake.store_failed = true;
    assert_true(snprintf(expected, sizeof(expected),
                         "submit 1; step PRICE; observe PRICE 0; observe PRICE 1 alert %d; ",
                         EB_ALERT_STORE_FAILED) < (int)sizeof(expected));
    expect_turn(EB_EV_PRICE, 2, expected);
    expect_turn(EB_EV_PRICE, 3, "step PRICE; observe PRICE 0; "); /* said once */
    fake_close();
}

static int many_submits(struct fake *f, const struct eb_event *ev, struct eb_actions *out)
{
    if (ev->kind == EB_EV_ACCOUNT) {
        out->durable = true;
        for (uint32_t i = 0; i < EB_ACTIONS_MAX; i++) {
            fake_submit(out, i, 1, false);
        }
    } else if (ev->kind == EB_EV_ORDER) {
        assert_int_equal(ev->u.order.state, EB_OS_REJECTED);
        assert_int_equal(ev->u.order.reject, EB_REJ_RETRY);
        f->appended++; /* counts them */
    }
    return EB_OK;
}

static void what_finds_no_room_to_wait_is_rejected(void **state)
{
    (void)state;
    fake_open();
    fake.on_step = many_submits;
    fake.durable = 0;
    fake.silent = true;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(turn(EB_EV_ACCOUNT, i), EB_OK);
    }
    uint64_t held = times().held;
    assert_true(held >= 512 && held < 8 * EB_ACTIONS_MAX);
    assert_int_equal(fake.appended, 8 + 8 * EB_ACTIONS_MAX - held);
    fake_close();
}

static void quiet_events_are_appended_only_where_wanted(void **state)
{
    (void)state;
    static const struct eb_witness witness = {.symbol = 0};
    struct eb_host_config c = fake_config();
    c.store.wants_quiet = true;
    fake_open_with(&c);
    fake.witness = &witness;
    expect_turn(EB_EV_PRICE, 1, "step PRICE; append quiet; observe PRICE 0; ");
    assert_int_equal(times().lost, 0); /* a quiet record's 0 is no loss */
    fake.on_step = two_consults;
    assert_int_equal(turn(EB_EV_PRICE, 2), EB_OK);
    assert_non_null(strstr(fake_trace(), "step PRICE; append durable witness; "));
    fake_close();
    c.store = (struct eb_store_port){0};
    fake_open_with(&c);
    fake.on_step = needs_records;
    expect_turn(EB_EV_ACCOUNT, 1,
                "step ACCOUNT; submit 1; submit 2; submit 3; submit 4; submit 5; observe ACCOUNT 5; ");
    fake_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(submits_leave_before_consults_and_each_verdict_is_stepped_before_the_next),
        cmocka_unit_test(what_the_venue_tells_runs_after_the_verdicts_at_the_same_now),
        cmocka_unit_test(payloads_are_copied),
        cmocka_unit_test(every_result_of_a_policy_becomes_an_event),
        cmocka_unit_test(submits_wait_for_their_record_and_leave_in_order),
        cmocka_unit_test(an_order_that_waits_is_taken_back_and_queried_here),
        cmocka_unit_test(a_decision_that_waited_long_is_made_anew),
        cmocka_unit_test(when_the_store_fails_only_urgent_orders_leave),
        cmocka_unit_test(what_finds_no_room_to_wait_is_rejected),
        cmocka_unit_test(quiet_events_are_appended_only_where_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
