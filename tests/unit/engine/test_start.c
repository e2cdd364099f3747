/* SPDX-License-Identifier: Apache-2.0 */
/* A process begins with what another has recorded (semantics 9): what it may do before the picture, what it asks. */
#include "reborn.h"

#include <stdlib.h>

static const int64_t LEGS[3][2] = {{500000, 300000}, {1000000, 300000}, {2000000, 400000}};
static struct image m;

static struct eb_engine_config config(void)
{
    struct eb_engine_config c = fx_config();
    c.backstop = true;
    c.snapshot_ms = 30000;
    return c;
}

/* LONG 10 at 100, stop 98, legs at 101, 102 and 104, its backstop at 97.4 confirmed; m is its image. */
static struct fx *first_life(const struct eb_engine_config *c)
{
    struct fx *f = fx_new(c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, LEGS);
    v_ratchet(&v);
    fx_mark(f, "100");
    fx_say(f, &v);
    fx_open(f, EB_LONG, "10", "100");
    if (c->backstop) {
        fx_order(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->client_id, EB_OS_NEW);
    }
    image_take(f->e, &m);
    return f;
}

static struct fx *second_life(const struct eb_engine_config *c, const struct fx *f)
{
    struct fx *g = reborn(&m, c, f);
    fx_start(g, true);
    return g;
}

static struct eb_ev_open_order backstop_of(const struct fx *f)
{
    return as_listed(fx_submit(f, EB_PURPOSE_BACKSTOP, 0));
}

/* ---- the gate ---------------------------------------------------------------------------------------------------- */

static void nothing_acts_before_the_picture(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = first_life(&c);
    struct fx *g = second_life(&c, f);
    const struct eb_ev_open_order backstop = backstop_of(f);
    assert_int_equal(fx_count(g, EB_ACT_SNAPSHOT), 1);
    fx_mark(g, "97"); /* through the stop */
    fx_book(g, "97", "97.1");
    fx_run(g, 1000);
    assert_int_equal(fx_count(g, EB_ACT_SUBMIT), 0);
    struct eb_evidence ev = fx_evidence(g, 0);
    assert_int_equal(fx_level(&ev, 0, EB_STOP_PLAN)->why, EB_WHY_STARTING);
    assert_int_equal(fx_level(&ev, 1, EB_STOP_NONE)->why, EB_WHY_STARTING);
    fx_picture(g, EB_LONG, "10", "100", &backstop, 1);
    assert_int_equal(fx_submits(g, EB_PURPOSE_STOP), 1); /* by the price that came meanwhile */
    assert_qt(fx_submit(g, EB_PURPOSE_STOP, 0)->qty, "10");
    fx_free(f);
    fx_free(g);
}

static void a_picture_that_fails_opens_nothing_and_is_asked_for_again(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    c.snapshot_ms = 0; /* not even where none is asked for by time */
    struct fx *f = first_life(&c);
    struct fx *g = second_life(&c, f);
    struct eb_event failed = fx_event(g, EB_EV_SNAPSHOT_FAILED, EB_NO_SYMBOL);
    assert_int_equal(fx_step(g, &failed), EB_OK);
    fx_mark(g, "97");
    fx_run(g, 2000);
    assert_int_equal(fx_count(g, EB_ACT_SUBMIT), 0);
    assert_int_equal(fx_count(g, EB_ACT_SNAPSHOT), 2);
    fx_run(g, 10000); /* nor where no answer comes */
    assert_int_equal(fx_count(g, EB_ACT_SNAPSHOT), 3);
    assert_int_equal(fx_alerts(g, EB_ALERT_UNPROTECTED), 1); /* a person hears that nothing is known to protect */
    fx_free(f);
    fx_free(g);
}

static void old_prices_are_none(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = first_life(&c);
    fx_mark(f, "99");
    image_take(f->e, &m);
    struct fx *g = second_life(&c, f);
    const struct eb_ev_open_order backstop = backstop_of(f);
    fx_picture(g, EB_LONG, "10", "100", &backstop, 1);
    eb_price price;
    int64_t at_ns;
    assert_false(eb_engine_price(g->e, 0, EB_SRC_MARK, &price, &at_ns));
    assert_int_equal(fx_count(g, EB_ACT_SUBMIT), 0);
    fx_mark(g, "90"); /* far from what was seen last, and no jump: there is nothing to jump from */
    assert_int_equal(fx_submits(g, EB_PURPOSE_STOP), 1);
    fx_free(f);
    fx_free(g);
}

static void a_position_that_is_gone_has_ended(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = first_life(&c);
    fx_wait(f, 5000);
    struct fx *g = second_life(&c, f);
    fx_wait(g, 1);
    fx_picture(g, EB_LONG, "0", "0", NULL, 0);
    assert_false(fx_evidence(g, 0).open);
    assert_int_equal(fx_count(g, EB_ACT_EPISODE_END), 1);
    fx_open(g, EB_LONG, "3", "50");
    assert_int_equal(fx_evidence(g, 0).ctx.episode, 1001); /* none that a lost end of the record may have used */
    fx_free(f);
    fx_free(g);
}

/* ---- what is asked ----------------------------------------------------------------------------------------------- */

static void an_order_without_an_end_is_asked_about_at_once(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = first_life(&c);
    fx_mark(f, "98");
    const struct eb_order_request stop = *fx_submit(f, EB_PURPOSE_STOP, 0);
    image_take(f->e, &m);
    for (unsigned settled = 0; settled < 2; settled++) {
        struct fx *g = reborn(&m, &c, f);
        fx_start(g, settled == 1);
        fx_clock(g);
        assert_int_equal(fx_count(g, EB_ACT_QUERY), 1);
        assert_true(eb_client_id_equal(fx_nth(g, EB_ACT_QUERY, 0)->u.query.client_id, stop.client_id));
        fx_picture(g, EB_LONG, "10", "100", NULL, 0);
        const struct eb_ev_order absent = {.client_id = stop.client_id, .state = EB_OS_ABSENT, .from_query = true};
        struct eb_event ev = fx_event(g, EB_EV_ORDER, 0);
        ev.u.order = absent;
        assert_int_equal(fx_step(g, &ev), EB_OK);
        /* it may still arrive, unless nothing can: then the close goes on at once */
        assert_int_equal(fx_submits(g, EB_PURPOSE_STOP), settled);
        fx_wait(g, 6000);
        ev.now_ms = g->now_ms;
        ev.now_ns += 6000000000;
        assert_int_equal(fx_step(g, &ev), EB_OK);
        assert_int_equal(fx_submits(g, EB_PURPOSE_STOP), 1);
        assert_int_equal(fx_submit(g, EB_PURPOSE_STOP, 0)->client_id.attempt, 65537);
        fx_free(g);
    }
    fx_free(f);
}

static void targets_wait_for_what_may_still_arrive_and_stops_do_not(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = first_life(&c);
    struct fx *g = reborn(&m, &c, f);
    fx_start(g, false);
    fx_picture(g, EB_LONG, "10", "100", NULL, 0);
    fx_mark(g, "101");
    fx_book(g, "101", "101.1");
    assert_int_equal(fx_count(g, EB_ACT_SUBMIT), 0);
    struct eb_evidence ev = fx_evidence(g, 0);
    assert_int_equal(fx_level(&ev, 1, EB_STOP_NONE)->why, EB_WHY_STARTING);
    fx_run(g, 6000);
    fx_mark(g, "101");
    fx_book(g, "101", "101.1");
    assert_int_equal(fx_submits(g, EB_PURPOSE_TARGET), 1);
    fx_free(g);
    g = reborn(&m, &c, f);
    fx_start(g, false);
    fx_picture(g, EB_LONG, "10", "100", NULL, 0);
    fx_mark(g, "98");
    assert_int_equal(fx_submits(g, EB_PURPOSE_STOP), 1);
    fx_free(g);
    fx_free(f);
}

static void a_start_by_itself_asks_no_policy(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = first_life(&c);
    struct fx *g = second_life(&c, f);
    fx_picture(g, EB_LONG, "10", "100", NULL, 0);
    fx_mark(g, "100");
    fx_run(g, 3500);
    assert_int_equal(g->asked_count, 0);
    fx_run(g, 10000); /* but for its cycle */
    assert_int_equal(g->asked_count, 1);
    assert_int_equal(g->asked[0].reason, EB_CONSULT_CYCLE);
    fx_free(f);
    fx_free(g);
}

static void a_position_without_a_policy_plan_is_asked_about(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    fx_open(f, EB_LONG, "10", "100"); /* no answer: the built-in plan */
    image_take(f->e, &m);
    struct fx *g = second_life(&c, f);
    fx_picture(g, EB_LONG, "10", "100", NULL, 0);
    assert_int_equal(g->asked_count, 0); /* by the first price */
    fx_mark(g, "100");
    assert_int_equal(g->asked_count, 1);
    assert_px(g->asked[0].price, "100");
    fx_free(g);
    g = second_life(&c, f);
    fx_picture(g, EB_LONG, "10", "100", NULL, 0);
    fx_run(g, 3000); /* or without one, after a while */
    assert_int_equal(g->asked_count, 1);
    fx_free(g);
    fx_free(f);
}

static void what_was_owed_an_answer_is_asked_again(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = first_life(&c);
    fx_book(f, "101", "101.1");
    f->mute = true; /* the process ends before the policy has answered */
    fx_filled(f, fx_submit(f, EB_PURPOSE_TARGET, 0), "101");
    image_take(f->e, &m);
    struct fx *g = second_life(&c, f);
    fx_mark(g, "101");
    fx_picture(g, EB_LONG, "7", "100", NULL, 0);
    assert_int_equal(g->asked_count, 1);
    assert_int_equal(g->asked[0].reason, EB_CONSULT_HIT);
    image_take(g->e, &m); /* answered: not owed any more */
    struct fx *h = second_life(&c, g);
    fx_mark(h, "101");
    fx_picture(h, EB_LONG, "7", "100", NULL, 0);
    assert_int_equal(h->asked_count, 0);
    fx_free(f);
    fx_free(g);
    fx_free(h);
}

/* ---- told again -------------------------------------------------------------------------------------------------- */

static void what_is_told_again_is_no_news(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = first_life(&c);
    unsigned durable = f->durable_steps;
    fx_clear(f);
    struct eb_ev_instrument inst = fx_instrument(0);
    fx_instrument_set(f, 0, &inst);
    fx_balance(f, "10000");
    fx_mode(f, EB_EXIT_MODE_EXIT_BRAIN_V3, true, true);
    static const struct eb_ev_policy none;
    struct eb_event ev = fx_event(f, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = &none;
    assert_int_equal(fx_step(f, &ev), EB_OK);
    fx_clock(f);
    assert_int_equal(f->durable_steps, durable);
    assert_int_equal(f->log_count, 0);
    inst.tick = px("0.05");
    fx_instrument_set(f, 0, &inst);
    struct eb_ev_policy other = {.hash = {1}, .who = "somebody"};
    ev.u.policy = &other;
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_int_equal(f->durable_steps, durable + 2);
    assert_memory_equal(eb_engine_policy_hash(f->e), other.hash, EB_HASH_SIZE);
    fx_free(f);
}

static void command(struct fx *f, enum eb_command verb, uint64_t id, struct eb_ev_config mode)
{
    const struct eb_ev_command c = {.verb = (uint8_t)verb, .id = id, .mode = mode, .who = "test", .why = "a test"};
    struct eb_event ev = fx_event(f, EB_EV_COMMAND, EB_NO_SYMBOL);
    ev.u.command = &c;
    assert_int_equal(fx_step(f, &ev), EB_OK);
}

static void a_command_is_remembered_by_its_id(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = first_life(&c);
    const struct eb_ev_config none = {0};
    for (uint64_t id = 1; id <= 32; id++) {
        command(f, id % 2 != 0 ? EB_CMD_PAUSE : EB_CMD_RESUME, id, none);
    }
    assert_false(eb_engine_paused(f->e));
    image_take(f->e, &m);
    struct fx *g = reborn(&m, &c, f);
    for (uint64_t id = 1; id <= 32; id++) {
        command(g, EB_CMD_PAUSE, id, none); /* by another process too */
    }
    assert_false(eb_engine_paused(g->e));
    command(g, EB_CMD_SNAPSHOT, 33, none); /* the oldest is forgotten for it */
    command(g, EB_CMD_PAUSE, 2, none);
    assert_false(eb_engine_paused(g->e));
    command(g, EB_CMD_PAUSE, 1, none);
    assert_true(eb_engine_paused(g->e));
    fx_clear(g);
    command(g, EB_CMD_START, 5, none); /* a start is one, whatever its id */
    assert_int_equal(fx_count(g, EB_ACT_SNAPSHOT), 1);
    fx_free(f);
    fx_free(g);
}

static void a_command_changes_the_modes(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = first_life(&c);
    const struct eb_ev_config shadow = {EB_EXIT_MODE_EXIT_BRAIN_V3, false, true};
    command(f, EB_CMD_MODE, 9, shadow);
    fx_clock(f);
    assert_false(eb_engine_mode(f->e).executor_live);
    assert_false(fx_evidence(f, 0).ctx.live);
    image_take(f->e, &m);
    struct fx *g = second_life(&c, f); /* what the configuration says is another matter */
    assert_false(eb_engine_mode(g->e).executor_live);
    struct eb_event ev = fx_event(g, EB_EV_COMMAND, 0);
    const struct eb_ev_command live = {.verb = EB_CMD_MODE, .mode = c.mode};
    ev.u.command = &live;
    assert_int_equal(fx_step(g, &ev), EB_OK); /* not of a symbol */
    assert_false(eb_engine_mode(g->e).executor_live);
    fx_free(f);
    fx_free(g);
}

static void a_flatten_under_way_goes_on(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = first_life(&c);
    command(f, EB_CMD_FLATTEN, 3, (struct eb_ev_config){0});
    image_take(f->e, &m); /* before its sweep came to the symbol */
    struct fx *g = second_life(&c, f);
    fx_mark(g, "100");
    fx_clock(g);
    assert_int_equal(fx_submits(g, EB_PURPOSE_FLATTEN), 0);
    fx_picture(g, EB_LONG, "10", "100", NULL, 0);
    assert_int_equal(fx_submits(g, EB_PURPOSE_FLATTEN), 1);
    fx_free(f);
    fx_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_acts_before_the_picture),
        cmocka_unit_test(a_picture_that_fails_opens_nothing_and_is_asked_for_again),
        cmocka_unit_test(old_prices_are_none),
        cmocka_unit_test(a_position_that_is_gone_has_ended),
        cmocka_unit_test(an_order_without_an_end_is_asked_about_at_once),
        cmocka_unit_test(targets_wait_for_what_may_still_arrive_and_stops_do_not),
        cmocka_unit_test(a_start_by_itself_asks_no_policy),
        cmocka_unit_test(a_position_without_a_policy_plan_is_asked_about),
        cmocka_unit_test(what_was_owed_an_answer_is_asked_again),
        cmocka_unit_test(what_is_told_again_is_no_news),
        cmocka_unit_test(a_command_is_remembered_by_its_id),
        cmocka_unit_test(a_command_changes_the_modes),
        cmocka_unit_test(a_flatten_under_way_goes_on),
    };
    return cmocka_run_group_tests_name("engine/start", tests, NULL, NULL);
}
