/* SPDX-License-Identifier: Apache-2.0 */
/* The order of everything in a turn, exactly, with an engine that does what each test scripts. */
#define _POSIX_C_SOURCE 200809L

#include "fake.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

static int venue_tells(struct fake *f, const struct eb_order_request *order)
{
    if (order->client_id.episode == 1) {
        struct eb_event fill = fake_event(EB_EV_FILL, 999); /* a venue does not decide what time it is */
        eb_host_sink(f->host, &fill);
        struct eb_ev_position position = {.leverage_ppm = 7};
        struct eb_event told = fake_event(EB_EV_POSITION, 0);
        told.u.venue_position = &position;
        eb_host_sink(f->host, &told);
        memset(&position, 0x5a, sizeof(position));
    }
    return EB_OK;
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
    fake.on_submit = venue_tells;
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
    } cases[] = {{EB_EV_INSTRUMENT}, {EB_EV_POSITION}, {EB_EV_COMMAND}, {EB_EV_POLICY}};
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
    expect_turn(EB_EV_PRICE, 1, "step PRICE; append quiet witness; observe PRICE 0; ");
    assert_int_equal(times().lost, 0); /* a quiet record's 0 is no loss */
    fake_close();
    c.store = (struct eb_store_port){0};
    fake_open_with(&c);
    fake.on_step = needs_records;
    expect_turn(EB_EV_ACCOUNT, 1,
                "step ACCOUNT; submit 1; submit 2; submit 3; submit 4; submit 5; observe ACCOUNT 5; ");
    fake_close();
}

/* ---- Refusals, capacities, time --------------------------------------------------------------------------------- */

static int refuse_submit(struct fake *f, const struct eb_order_request *order)
{
    (void)f;
    (void)order;
    return EB_E_REFUSED;
}
static int refuse_snapshot(struct fake *f)
{
    (void)f;
    return EB_E_IO;
}
static int everything_once(struct fake *f, const struct eb_event *ev, struct eb_actions *out)
{
    (void)f;
    if (ev->kind == EB_EV_PRICE) {
        fake_submit(out, 1, 0, false);
        fake_cancel(out, 2);
        fake_query(out, 3);
        fake_plain(out, EB_ACT_REFRESH_PRICE);
        fake_plain(out, EB_ACT_SNAPSHOT);
    } else if (ev->kind == EB_EV_ORDER) {
        assert_int_equal(ev->u.order.reject, EB_REJ_RETRY);
        assert_int_equal(ev->u.order.cancel_failed, ev->u.order.client_id.episode == 2);
        assert_int_equal(ev->u.order.client_id.instance, 1);
    }
    return EB_OK;
}

static void what_the_venue_refuses_comes_back_as_events(void **state)
{
    (void)state;
    fake_open();
    fake.on_step = everything_once;
    fake.on_submit = refuse_submit;
    fake.on_snapshot = refuse_snapshot;
    fake.cancel_code = fake.query_code = fake.refresh_code = EB_E_IO;
    char expected[400];
    assert_true(snprintf(expected, sizeof(expected),
                         "step PRICE; submit 1; cancel 2; query 3; refresh 0; snapshot; observe PRICE 5; "
                         "step ORDER 1 state %d; observe ORDER 0; step ORDER 2 state %d; observe ORDER 0; "
                         "step FAILED; observe FAILED 0; ",
                         EB_OS_REJECTED, EB_OS_NONE) < (int)sizeof(expected));
    expect_turn(EB_EV_PRICE, 1, expected);
    fake_close();

    struct eb_host_config c = fake_config();
    c.venue.ops = NULL;
    fake_open_with(&c);
    fake.on_step = everything_once;
    expect_turn(EB_EV_PRICE, 1, "step PRICE; observe PRICE 5; ");
    fake_close();
}

static int refuse_fills(struct fake *f, const struct eb_event *ev, struct eb_actions *out)
{
    (void)f;
    if (ev->kind == EB_EV_PRICE) {
        fake_submit(out, 1, 0, false);
    }
    return ev->kind == EB_EV_FILL ? EB_E_NOT_FOUND : ev->kind == EB_EV_BAR ? EB_E_FULL : EB_OK;
}

static void an_event_that_the_engine_refuses_is_told_and_counted(void **state)
{
    (void)state;
    fake_open();
    fake.on_step = refuse_fills;
    fake.on_submit = venue_tells;
    assert_int_equal(turn(EB_EV_PRICE, 1), EB_E_NOT_FOUND); /* the fill that its submit brought */
    assert_string_equal(fake_trace(), "step PRICE; submit 1; observe PRICE 1; step FILL; step POSITION; "
                                      "observe POSITION 0; ");
    assert_int_equal(turn(EB_EV_BAR, 2), EB_E_FULL);
    assert_int_equal(turn(EB_EV_CLOCK, 2), EB_OK);
    assert_int_equal(times().refused, 2);
    fake_close();
}

static int flood(struct fake *f, const struct eb_order_request *order)
{
    (void)order;
    struct eb_event fill = fake_event(EB_EV_FILL, 0);
    for (int i = 0; i < 3000; i++) {
        eb_host_sink(f->host, &fill);
    }
    return EB_OK;
}
static int submit_on_price(struct fake *f, const struct eb_event *ev, struct eb_actions *out)
{
    if (ev->kind == EB_EV_PRICE) {
        fake_submit(out, 1, 0, false);
    } else if (ev->kind == EB_EV_COMMAND) {
        assert_int_equal(ev->u.command->verb, EB_CMD_SNAPSHOT);
        fake_plain(out, EB_ACT_SNAPSHOT);
    }
    f->silent = ev->kind == EB_EV_FILL; /* too many to write down */
    return EB_OK;
}

static void lost_events_are_said_and_healed_by_a_complete_picture(void **state)
{
    (void)state;
    fake_open();
    fake.on_step = submit_on_price;
    fake.on_submit = flood;
    assert_int_equal(turn(EB_EV_PRICE, 1), EB_E_FULL);
    uint64_t lost = times().overflows;
    assert_true(lost > 0 && lost < 3000);
    assert_int_equal(fake.steps, 1 + (3000 - lost) + 1);
    assert_non_null(strstr(fake_trace(), "snapshot; observe COMMAND 1; "));
    assert_int_equal(turn(EB_EV_BAR, 2), EB_OK); /* once */
    assert_int_equal(fake.steps, 1 + (3000 - lost) + 2);
    fake_close();
}

static int one_more(struct fake *f, const struct eb_order_request *order)
{
    (void)order;
    struct eb_event fill = fake_event(EB_EV_FILL, 0);
    eb_host_sink(f->host, &fill);
    return EB_OK;
}
static int always_submit(struct fake *f, const struct eb_event *ev, struct eb_actions *out)
{
    (void)ev;
    if (f->steps < 300000) {
        fake_submit(out, 1, 0, false);
    }
    return EB_OK;
}

static void a_chain_without_end_is_cut(void **state)
{
    (void)state;
    fake_open();
    fake.on_step = always_submit;
    fake.on_submit = one_more;
    fake.silent = true;
    assert_int_equal(turn(EB_EV_PRICE, 1), EB_E_BUDGET);
    assert_int_equal(fake.steps, EB_TURN_CHAIN_MAX + 1);
    assert_int_equal(turn(EB_EV_PRICE, 2), EB_OK); /* the rest, then the event */
    assert_int_equal(fake.steps, 300001);
    fake_close();
}

static void time_never_runs_backwards(void **state)
{
    (void)state;
    fake_open();
    assert_int_equal(turn(EB_EV_PRICE, 10), EB_OK);
    assert_int_equal(turn(EB_EV_PRICE, 9), EB_E_INVALID);
    assert_int_equal(eb_host_clock(fake.host, 9, 20), EB_E_INVALID);
    assert_int_equal(eb_host_clock(fake.host, 20, 9), EB_E_INVALID);
    assert_int_equal(fake.steps, 1);
    struct eb_event late = fake_event(EB_EV_FILL, 3); /* a venue's event starts a turn and is raised */
    fake.on_step = consult_and_fills;                 /* asserts that now is 10 */
    eb_host_sink(fake.host, &late);
    assert_int_equal(fake.steps, 3); /* with its verdict */
    fake_close();
}

static int tick(struct fake *f, const struct eb_event *ev, struct eb_actions *out)
{
    (void)out;
    assert_int_equal(ev->kind, EB_EV_CLOCK);
    assert_int_equal(ev->symbol, EB_NO_SYMBOL);
    f->deadline_ns += 10;
    return EB_OK;
}

static void clocks_run_until_no_deadline_is_due(void **state)
{
    (void)state;
    fake_open();
    fake.on_step = tick;
    fake.deadline_ns = 100;
    assert_int_equal(eb_host_clock(fake.host, 99, 1), EB_OK);
    assert_int_equal(fake.steps, 0);
    assert_int_equal(eb_host_clock(fake.host, 130, 2), EB_OK);
    assert_int_equal(fake.steps, 4); /* 100, 110, 120, 130 */
    fake_close();
}

static int64_t ticking(void *user)
{
    int64_t *now = user;
    *now += 5;
    return *now;
}

static void turns_are_measured(void **state)
{
    (void)state;
    fake_open();
    int64_t now = 0;
    eb_host_set_clock(fake.host, ticking, &now);
    fake.on_submit = venue_tells;
    fake.on_step = refuse_fills;
    (void)turn(EB_EV_PRICE, 1);
    assert_int_equal(times().turns, 3);
    assert_int_equal(times().longest_ns, 5);
    assert_int_equal(now, 30); /* two readings each */
    fake_close();
}

/* ---- What must never happen ------------------------------------------------------------------------------------- */

static int endless_consult(struct fake *f, const struct eb_event *ev, struct eb_actions *out)
{
    (void)f;
    fake_consult(out, ev->kind == EB_EV_VERDICT ? ev->position : 0, 1);
    return EB_OK;
}
static int reenter(struct fake *f, const struct eb_event *ev, struct eb_actions *out)
{
    (void)f;
    (void)out;
    return eb_turn(fake.host, ev);
}
static int no_progress(struct fake *f, const struct eb_event *ev, struct eb_actions *out)
{
    (void)f;
    (void)ev;
    (void)out;
    return EB_OK;
}

static void programmer_errors_end_the_process(void **state)
{
    (void)state;
    static const struct {
        int (*on_step)(struct fake *f, const struct eb_event *ev, struct eb_actions *out);
        int64_t deadline;
    } cases[] = {{endless_consult, INT64_MAX}, {reenter, INT64_MAX}, {no_progress, 1}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void)signal(SIGABRT, SIG_DFL); /* cmocka's own handler would report a failure */
            (void)close(STDERR_FILENO);
            fake_open();
            fake.on_step = cases[i].on_step;
            fake.deadline_ns = cases[i].deadline;
            fake.silent = true;
            (void)turn(EB_EV_PRICE, 1);
            (void)eb_host_clock(fake.host, 2, 2);
            _exit(0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}

static void creation_is_checked(void **state)
{
    (void)state;
    struct eb_host *h;
    struct eb_err err;
    struct eb_host_config c = fake_config();
    c.engine.symbols_max = 0;
    assert_int_equal(eb_host_create(&c, &h, &err), EB_E_INVALID);
    assert_null(h);
    c = fake_config();
    struct eb_venue_ops ops = *c.venue.ops;
    ops.query = NULL;
    c.venue.ops = &ops;
    assert_int_equal(eb_host_create(&c, &h, &err), EB_E_INVALID);
    c = fake_config();
    c.store.append = NULL;
    assert_int_equal(eb_host_create(&c, &h, &err), EB_E_INVALID);
    eb_host_destroy(NULL);
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
        cmocka_unit_test(when_the_store_fails_only_urgent_orders_leave),
        cmocka_unit_test(what_finds_no_room_to_wait_is_rejected),
        cmocka_unit_test(quiet_events_are_appended_only_where_wanted),
        cmocka_unit_test(what_the_venue_refuses_comes_back_as_events),
        cmocka_unit_test(an_event_that_the_engine_refuses_is_told_and_counted),
        cmocka_unit_test(lost_events_are_said_and_healed_by_a_complete_picture),
        cmocka_unit_test(a_chain_without_end_is_cut),
        cmocka_unit_test(time_never_runs_backwards),
        cmocka_unit_test(clocks_run_until_no_deadline_is_due),
        cmocka_unit_test(turns_are_measured),
        cmocka_unit_test(programmer_errors_end_the_process),
        cmocka_unit_test(creation_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
