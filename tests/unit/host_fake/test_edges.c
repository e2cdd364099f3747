/* SPDX-License-Identifier: Apache-2.0 */
/* The edges of a turn: refusals, full queues, endless chains, time, and what must end the process. */
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
    fake.on_submit = fake_fill_and_position;
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
    if (f->steps < 3000) {
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
    assert_int_equal(fake.steps, EB_TURN_CHAIN_MAX(4) + 1);
    assert_int_equal(turn(EB_EV_PRICE, 2), EB_OK); /* the rest, then the event */
    assert_int_equal(fake.steps, 3001);
    fake_close();
}

static int now_is_ten(struct fake *f, const struct eb_event *ev, struct eb_actions *out)
{
    (void)f;
    (void)out;
    assert_int_equal(ev->now_ns, 10);
    assert_int_equal(ev->now_ms, 10);
    return EB_OK;
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
    fake.on_step = now_is_ten;
    eb_host_sink(fake.host, &late);
    assert_int_equal(fake.steps, 2);
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
    fake.on_submit = fake_fill_and_position;
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
            const struct sigaction plain = {.sa_handler = SIG_DFL}; /* not cmocka's, that reports a failure */
            (void)sigaction(SIGABRT, &plain, NULL);
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

static void a_host_goes_around_an_engine_that_exists(void **state)
{
    (void)state;
    struct eb_host *h;
    struct eb_err err;
    struct eb_engine *engine;
    struct eb_host_config c = fake_config();
    assert_int_equal(eb_engine_create(&c.engine, &engine, &err), EB_OK);
    c.engine.symbols_max = 2; /* it knows three */
    assert_int_equal(eb_host_create_around(&c, engine, &h, &err), EB_E_INVALID);
    assert_null(h);
    c.engine.symbols_max = 3;
    assert_int_equal(eb_host_create_around(&c, engine, &h, &err), EB_OK);
    assert_ptr_equal(eb_host_engine(h), engine);
    eb_host_destroy(h); /* with its engine */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_venue_refuses_comes_back_as_events),
        cmocka_unit_test(an_event_that_the_engine_refuses_is_told_and_counted),
        cmocka_unit_test(lost_events_are_said_and_healed_by_a_complete_picture),
        cmocka_unit_test(a_chain_without_end_is_cut),
        cmocka_unit_test(time_never_runs_backwards),
        cmocka_unit_test(clocks_run_until_no_deadline_is_due),
        cmocka_unit_test(turns_are_measured),
        cmocka_unit_test(programmer_errors_end_the_process),
        cmocka_unit_test(creation_is_checked),
        cmocka_unit_test(a_host_goes_around_an_engine_that_exists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
