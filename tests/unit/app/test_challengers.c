/* SPDX-License-Identifier: Apache-2.0 */
/* A challenger beside an owner that is only told of: what it hears, when it runs, and what its episodes come to. */
#include "app/challengers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define T0 INT64_C(1700000000000)
#define SYMBOLS 2

static struct {
    struct eb_loop *loop;
    struct eb_ledger *ledger;
    struct eb_challengers *c;
    struct eb_engine_config engine;
    struct eb_policy_choice choice;
    int64_t now_ms;
} w;

static int open_with(const char *text, struct eb_err *err)
{
    const struct eb_challengers_config cc = {
        .loop = w.loop, .text = text, .choice = &w.choice, .engine = &w.engine, .ledger = w.ledger};
    return eb_challengers_open(&cc, &w.c, err);
}

static int setup(void **state)
{
    (void)state;
    memset(&w, 0, sizeof(w));
    w.now_ms = T0;
    eb_engine_config_default(&w.engine);
    w.engine.symbols_max = SYMBOLS;
    w.engine.max_jump_ppm = EB_PPM;
    (void)snprintf(w.choice.lib_dir, sizeof(w.choice.lib_dir), "%s", EB_TEST_ROOT "/lua/exitbrain");
    return eb_loop_create(&w.loop, NULL) == EB_OK && eb_ledger_open(NULL, &w.ledger, NULL) == EB_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    eb_challengers_close(w.c);
    eb_ledger_close(w.ledger);
    eb_loop_destroy(w.loop);
    return 0;
}

static struct eb_event event(enum eb_event_kind kind, eb_symbol_id symbol)
{
    return (struct eb_event){.kind = (uint16_t)kind,
                             .now_ms = w.now_ms,
                             .now_ns = w.now_ms * 1000000,
                             .symbol = symbol,
                             .position = EB_NO_POSITION};
}

static void hear(struct eb_event ev)
{
    static const struct eb_actions nothing;
    eb_challengers_hear(w.c, &ev, &nothing);
}

static void instrument(void)
{
    const struct eb_ev_instrument inst = {.symbol = "BTCUSDT",
                                          .tick = {EB_E8 / 100},
                                          .step = {EB_E8 / 1000},
                                          .min_qty = {EB_E8 / 1000},
                                          .min_notional = {5 * EB_E8},
                                          .maintenance_ppm = 5000,
                                          .trading = true};
    struct eb_event ev = event(EB_EV_INSTRUMENT, 0);
    ev.u.instrument = &inst;
    hear(ev);
}

/* The book comes first: at its bid a stop is filled. */
static void mark(int64_t cents)
{
    eb_price at = {cents * EB_E8 / 100};
    w.now_ms += 100;
    struct eb_event ev = event(EB_EV_PRICE, 0);
    ev.u.price = (struct eb_ev_price){.source = EB_SRC_BOOK, .price = at, .ask = at, .min = at, .max = at};
    hear(ev);
    ev.u.price.source = EB_SRC_MARK;
    hear(ev);
}

static void position(int64_t qty, int64_t cents, int64_t opened_ms)
{
    const struct eb_ev_position p = {
        .qty = {qty * EB_E8}, .entry = {cents * EB_E8 / 100}, .leverage_ppm = 5 * EB_PPM, .opened_ms = opened_ms};
    struct eb_event ev = event(EB_EV_POSITION, 0);
    ev.u.venue_position = &p;
    hear(ev);
}

static void clock_to(int64_t ms)
{
    w.now_ms = ms;
    eb_challengers_clock(w.c, ms * 1000000, ms);
}

/* One challenger with the fixed ladder, and a LONG of 10 at 100 that it sees opening. */
static void open_long(void)
{
    struct eb_err err = {0};
    if (open_with("lad = \"" EB_TEST_ROOT "/examples/fixed_ladder\"", &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    eb_challengers_pace(w.c, true);
    instrument();
    mark(10000);
    w.now_ms += 1000;
    position(10, 10000, w.now_ms);
    eb_challengers_run(w.c, false);
}

static struct eb_challenger_view view(void)
{
    struct eb_challenger_view v;
    eb_challengers_view(w.c, 0, &v);
    return v;
}

static const struct eb_ledger_record *only_record(enum eb_ledger_state state)
{
    assert_int_equal(eb_ledger_count(w.ledger), 1);
    const struct eb_ledger_record *r = eb_ledger_at(w.ledger, 0);
    assert_string_equal(eb_ledger_state_name((enum eb_ledger_state)r->state), eb_ledger_state_name(state));
    return r;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static void none_is_none(void **state)
{
    (void)state;
    assert_int_equal(open_with("", NULL), EB_OK);
    assert_null(w.c);
    assert_int_equal(eb_challengers_count(w.c), 0);
}

static void a_set_that_does_not_open_is_named(void **state)
{
    (void)state;
    struct eb_err err = {0};
    assert_int_not_equal(open_with("good = \"" EB_TEST_ROOT "/examples/fixed_ladder\"; bad = /nowhere", &err), EB_OK);
    assert_null(w.c);
    assert_non_null(strstr(err.msg, "challenger bad: /nowhere"));
    assert_int_not_equal(open_with("x = \"" EB_TEST_ROOT "/examples/fixed_ladder\" stop=1", &err), EB_OK);
    assert_non_null(strstr(err.msg, "challenger x: "));
    assert_non_null(strstr(err.msg, "'stop'"));
    assert_int_equal(open_with("x = \"" EB_TEST_ROOT "/examples/fixed_ladder\" stop_pct=2", &err), EB_OK);
    assert_int_equal(eb_challengers_count(w.c), 1);
}

/* ---- episodes ---------------------------------------------------------------------------------------------------- */

static void an_episode_ends_at_its_own_exit(void **state)
{
    (void)state;
    open_long();
    assert_int_equal(view().open, 1);
    (void)only_record(EB_LEDGER_OPEN);
    mark(10001);
    position(4, 10000, T0 + 1100); /* others reduce it: no concern of a virtual one */
    position(0, 0, 0);
    mark(9980);
    eb_challengers_run(w.c, false);
    assert_int_equal(view().open, 1);
    mark(9850); /* 1.5 % */
    eb_challengers_run(w.c, false);
    const struct eb_ledger_record *r = only_record(EB_LEDGER_COMPLETE);
    assert_int_equal(view().open, 0);
    assert_string_equal(r->owner, "lad");
    assert_string_equal(r->symbol, "BTCUSDT");
    assert_true(r->is_virtual);
    assert_int_equal(r->exits[EB_EXIT_STOP], 1);
    assert_int_equal(r->pnl.e8, -15 * EB_E8);
    assert_int_equal(r->fees.e8, 40000000 + 39400000); /* 4 bps of 1000 in, of 985 out */
    assert_int_equal(r->r_ppm, -1052933);              /* -15.794 / (1.5 * 10), half even */
    assert_int_equal(r->mae_ppm, -1000000);
    assert_int_equal(r->closed_ms, w.now_ms);
}

static void what_is_added_later_censors_it(void **state)
{
    (void)state;
    open_long();
    mark(9850);
    eb_challengers_run(w.c, false);
    (void)only_record(EB_LEDGER_COMPLETE);
    position(10, 10000, T0 + 1100); /* a picture: the same as before */
    eb_challengers_run(w.c, false);
    (void)only_record(EB_LEDGER_COMPLETE);
    position(12, 9990, T0 + 1100);
    eb_challengers_run(w.c, false);
    (void)only_record(EB_LEDGER_CENSORED);
}

static void what_is_added_before_belongs_to_it(void **state)
{
    (void)state;
    open_long();
    position(20, 9990, T0 + 1100); /* ten more at 99.80 */
    mark(9990);
    eb_challengers_run(w.c, false);
    mark(9700);
    eb_challengers_run(w.c, false);
    const struct eb_ledger_record *r = only_record(EB_LEDGER_COMPLETE);
    assert_int_equal(r->pnl.e8, -58 * EB_E8);
    assert_int_equal(r->fees.e8, 40000000 + 39920000 + 77600000);
    assert_int_equal(r->r_ppm, -3971680); /* by the first R and the first size */
}

static void another_position_censors_what_is_left(void **state)
{
    (void)state;
    open_long();
    position(0, 0, 0);
    mark(10010);
    w.now_ms += 1000;
    position(5, 10010, w.now_ms);
    eb_challengers_run(w.c, false);
    assert_int_equal(eb_ledger_count(w.ledger), 2);
    const struct eb_ledger_record *r = eb_ledger_at(w.ledger, 0);
    assert_int_equal(r->state, EB_LEDGER_CENSORED);
    assert_int_equal(r->pnl.e8, EB_E8); /* as if it were closed at the mark */
    assert_int_equal(eb_ledger_at(w.ledger, 1)->state, EB_LEDGER_OPEN);
}

static void a_symbol_without_prices_is_given_up(void **state)
{
    (void)state;
    open_long();
    position(0, 0, 0);
    mark(10000);
    clock_to(w.now_ms + 200000);
    eb_challengers_run(w.c, false);
    (void)only_record(EB_LEDGER_OPEN);
    clock_to(w.now_ms + 200000);
    eb_challengers_run(w.c, false);
    (void)only_record(EB_LEDGER_CENSORED);
    assert_int_equal(view().open, 0);
}

static void one_that_was_found_open_is_partial(void **state)
{
    (void)state;
    struct eb_err err = {0};
    assert_int_equal(open_with("lad = \"" EB_TEST_ROOT "/examples/fixed_ladder\"", &err), EB_OK);
    eb_challengers_pace(w.c, true);
    instrument();
    mark(10000);
    position(10, 10000, T0 - 5000);
    mark(9850);
    eb_challengers_run(w.c, false);
    (void)only_record(EB_LEDGER_PARTIAL);
}

static void funding_is_paid_when_it_is_due(void **state)
{
    (void)state;
    open_long();
    struct eb_event ev = event(EB_EV_FUNDING, 0);
    ev.u.funding = (struct eb_ev_funding){.rate_e8 = 10000, .next_ms = w.now_ms + 150};
    hear(ev);
    mark(10010);
    mark(10020); /* at the moment or later: this one */
    mark(10030);
    mark(9850);
    eb_challengers_run(w.c, false);
    const struct eb_ledger_record *r = only_record(EB_LEDGER_COMPLETE);
    assert_int_equal(r->funding.e8, -10020000); /* LONG pays 1 bp of 1002 */
}

/* ---- pace -------------------------------------------------------------------------------------------------------- */

static void slices_are_bounded(void **state)
{
    (void)state;
    open_long();
    for (int i = 0; i < 100; i++) {
        mark(10000 + i % 3);
    }
    assert_int_equal(view().waiting, 200);
    assert_true(eb_challengers_slice(w.c, 0)); /* no time: nothing is done */
    assert_int_equal(view().waiting, 200);
    assert_int_equal(eb_challengers_deadline(w.c), INT64_MAX); /* it has not come so far */
    assert_false(eb_challengers_slice(w.c, INT64_C(60000000000)));
    assert_int_equal(view().waiting, 0);
    assert_true(eb_challengers_deadline(w.c) < INT64_MAX);
    eb_challengers_pace(w.c, false);
    for (int i = 0; i < 100; i++) { /* a clock that does not wait: they become one */
        mark(10000 + i % 3);
    }
    assert_int_equal(view().waiting, 2);
}

static void its_deadlines_are_kept(void **state)
{
    (void)state;
    open_long();
    uint64_t asked = view().consults;
    int64_t at_ns = eb_challengers_deadline(w.c);
    assert_true(at_ns > w.now_ms * 1000000);
    clock_to(w.now_ms + w.engine.consult_max_ms + w.engine.cycle_ms);
    eb_challengers_run(w.c, false);
    assert_true(view().consults > asked);
    assert_true(eb_challengers_deadline(w.c) > w.now_ms * 1000000);
}

static void too_far_behind_is_told(void **state)
{
    (void)state;
    open_long();
    while (view().overflows == 0) {
        struct eb_event ev = event(EB_EV_BAR, 0);
        ev.u.bar = (struct eb_ev_bar){T0, 60000, {EB_E8}, {EB_E8}, {EB_E8}, {EB_E8}};
        hear(ev);
        assert_true(view().waiting <= 2 * EB_TURN_QUEUE(SYMBOLS));
    }
    assert_int_equal(view().waiting, 1);
    struct eb_event ev = event(EB_EV_SNAPSHOT_BEGIN, EB_NO_SYMBOL); /* it takes nothing for granted before this */
    hear(ev);
    position(10, 10000, T0 + 1100);
    hear(event(EB_EV_SNAPSHOT_END, EB_NO_SYMBOL));
    clock_to(w.now_ms + 1000);
    mark(9850);
    clock_to(w.now_ms + 1000);
    eb_challengers_run(w.c, false);
    (void)only_record(EB_LEDGER_CENSORED);
    assert_int_equal(view().overflows, 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(none_is_none),
        CASE(a_set_that_does_not_open_is_named),
        CASE(an_episode_ends_at_its_own_exit),
        CASE(what_is_added_later_censors_it),
        CASE(what_is_added_before_belongs_to_it),
        CASE(another_position_censors_what_is_left),
        CASE(a_symbol_without_prices_is_given_up),
        CASE(one_that_was_found_open_is_partial),
        CASE(funding_is_paid_when_it_is_due),
        CASE(slices_are_bounded),
        CASE(its_deadlines_are_kept),
        CASE(too_far_behind_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
