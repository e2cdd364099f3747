/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process sent that did not live to record it (semantics 9): the image is of before, the venue is of after.
 * Nothing is sent twice, no leg is lost, no number is given again.
 */
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

/* LONG 10 at 100, stop 98, legs at 101, 102 and 104; recorded until here. */
static struct fx *first_life(const struct eb_engine_config *c, bool soft)
{
    struct fx *f = fx_new(c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, LEGS);
    v_ratchet(&v);
    for (unsigned i = 0; i < 3; i++) {
        v.decision[1].u.targets.leg[i].soft = soft && i == 0;
    }
    fx_mark(f, "100");
    fx_book(f, "100", "100.1");
    image_take(f->e, &m);
    fx_say(f, &v);
    f->now_ms++;
    fx_open(f, EB_LONG, "10", "100");
    return f;
}

static struct fx *laddered(const struct eb_engine_config *c)
{
    struct fx *f = first_life(c, false);
    if (c->backstop) {
        fx_order(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->client_id, EB_OS_NEW);
    }
    image_take(f->e, &m);
    return f;
}

static void start_with(struct fx *g, const char *qty, const struct eb_ev_open_order *orders, unsigned count)
{
    fx_start(g, true);
    fx_picture(g, EB_LONG, qty, "100", orders, count);
}

static uint8_t leg_state(const struct fx *f, uint8_t id)
{
    struct eb_evidence ev = fx_evidence(f, 0);
    return fx_leg(&ev, id)->state;
}

/* ---- fills ------------------------------------------------------------------------------------------------------- */

static void a_leg_that_was_fired_and_filled_is_hit_once(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_book(f, "101", "101.1");
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    struct fx *g = reborn(&m, &c, f);
    fx_fill(g, &o, "101", "3"); /* among the trades that were missed */
    assert_int_equal(fx_count(g, EB_ACT_SUBMIT), 0);
    start_with(g, "7", NULL, 0);
    g->trade--;
    fx_fill(g, &o, "101", "3"); /* and told again */
    struct eb_evidence ev = fx_evidence(g, 0);
    assert_qt(ev.ctx.qty, "7");
    assert_int_equal(ev.ctx.hits, 1);
    assert_px(ev.ctx.ratchet_stop, "100");
    assert_int_equal(fx_leg(&ev, 1)->state, EB_LEG_HIT);
    fx_mark(g, "102.5");
    fx_book(g, "102", "102.1"); /* the next leg, and not the first again */
    assert_int_equal(fx_submits(g, EB_PURPOSE_TARGET), 1);
    assert_int_equal(fx_submit(g, EB_PURPOSE_TARGET, 0)->client_id.leg, 2);
    assert_int_equal(fx_submit(g, EB_PURPOSE_TARGET, 0)->client_id.attempt, 65537);
    fx_free(f);
    fx_free(g);
}

static void a_part_of_one_is_asked_about_before_the_rest_is_sent(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_book(f, "101", "101.1");
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    struct fx *g = reborn(&m, &c, f);
    fx_fill(g, &o, "101", "1");
    start_with(g, "9", NULL, 0);
    assert_int_equal(fx_count(g, EB_ACT_QUERY), 1);
    assert_int_equal(leg_state(g, 1), EB_LEG_PARTIAL);
    fx_mark(g, "101");
    fx_book(g, "101", "101.1");
    assert_int_equal(fx_count(g, EB_ACT_SUBMIT), 0);
    fx_order_told(g, o.client_id, EB_OS_EXPIRED, "1");
    fx_book(g, "101", "101.1");
    assert_int_equal(fx_submits(g, EB_PURPOSE_TARGET), 1);
    assert_qt(fx_submit(g, EB_PURPOSE_TARGET, 0)->qty, "2");
    fx_free(f);
    fx_free(g);
}

static void a_close_that_had_begun_goes_on_until_flat(void **state)
{
    (void)state;
    static const struct {
        enum eb_purpose purpose;
        enum eb_exit_reason reason;
    } cases[] = {
        {EB_PURPOSE_STOP, EB_EXIT_STOP}, {EB_PURPOSE_FULL_EXIT, EB_EXIT_POLICY}, {EB_PURPOSE_FLATTEN, EB_EXIT_FLATTEN}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = fx_config();
        struct fx *f = laddered(&c);
        struct fx *g = reborn(&m, &c, f);
        struct eb_order_request o = {.order_side = EB_SELL};
        o.client_id = (eb_client_id){.instance = 1, .episode = 1, .attempt = 4, .purpose = (uint8_t)cases[i].purpose};
        fx_fill(g, &o, "98", "4");
        assert_int_equal(fx_nth(g, EB_ACT_EXIT, 0)->u.exit.reason, cases[i].reason);
        start_with(g, "6", NULL, 0);
        fx_mark(g, "100"); /* price has come back: what was begun is done all the same */
        assert_int_equal(fx_count(g, EB_ACT_SUBMIT), 0);
        fx_order_told(g, o.client_id, EB_OS_EXPIRED, "4");
        assert_int_equal(fx_submits(g, cases[i].purpose), 1);
        assert_qt(fx_submit(g, cases[i].purpose, 0)->qty, "6");
        fx_free(f);
        fx_free(g);
    }
}

static void an_end_that_was_lost_is_told_by_its_fills(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    fx_mark(f, "98");
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_STOP, 0);
    struct fx *g = reborn(&m, &c, f);
    fx_fill(g, &o, "98", "10");
    assert_int_equal(fx_count(g, EB_ACT_EPISODE_END), 1);
    assert_true(fx_nth(g, EB_ACT_EPISODE_END, 0)->u.end.reconciled);
    start_with(g, "0", NULL, 0);
    assert_int_equal(fx_count(g, EB_ACT_SUBMIT), 0);
    fx_free(f);
    fx_free(g);
}

static void fills_after_the_picture_count_for_the_leg_and_not_again_for_the_size(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    f->now_ms += 1000;
    fx_book(f, "101", "101.1");
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    struct fx *g = reborn(&m, &c, f);
    fx_start(g, true);
    struct eb_ev_position p = fx_pos(EB_LONG, "7", "100");
    p.venue_ms = g->now_ms;
    fx_snapshot_begin(g);
    fx_position(g, &p);
    fx_snapshot_end(g);
    fx_fill(g, &o, "101", "3"); /* before any level is looked at */
    fx_clock(g);
    fx_book(g, "101", "101.1");
    struct eb_evidence ev = fx_evidence(g, 0);
    assert_qt(ev.ctx.qty, "7");
    assert_int_equal(fx_leg(&ev, 1)->state, EB_LEG_HIT);
    assert_int_equal(fx_count(g, EB_ACT_SUBMIT), 0);
    fx_free(f);
    fx_free(g);
}

static void an_episode_that_nobody_recorded_ends_the_one_before(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    struct fx *g = reborn(&m, &c, f);
    struct eb_order_request o = {.order_side = EB_SELL};
    o.client_id = (eb_client_id){.instance = 1, .episode = 5, .attempt = 2, .purpose = EB_PURPOSE_TARGET, .leg = 1};
    fx_fill(g, &o, "98", "4"); /* of a later one: the disk had failed */
    assert_int_equal(fx_count(g, EB_ACT_EPISODE_END), 1);
    assert_false(fx_evidence(g, 0).open);
    start_with(g, "6", NULL, 0);
    assert_int_equal(fx_evidence(g, 0).ctx.episode, 1001);
    assert_qt(fx_evidence(g, 0).ctx.first_qty, "6");
    fx_free(f);
    fx_free(g);
}

static void a_late_trade_of_what_was_inferred_brings_nothing_back(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = first_life(&c, true);
    struct fx *g;
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_SOFT, 0);
    struct eb_ev_open_order listed = as_listed(&o);
    fx_order(f, o.client_id, EB_OS_NEW);
    fx_order(f, o.client_id, EB_OS_CANCELED);
    image_take(f->e, &m);
    g = reborn(&m, &c, f);
    listed.client_id.attempt += 7; /* another of that leg, sent after the last record */
    start_with(g, "10", &listed, 1);
    struct eb_order_request later = o;
    later.client_id = listed.client_id;
    fx_order_told(g, later.client_id, EB_OS_FILLED, "3");
    fx_run(g, 2000);
    assert_qt(fx_evidence(g, 0).ctx.qty, "7"); /* taken without its trade */
    fx_fill(g, &later, "101", "3");
    fx_run(g, 10000);
    assert_qt(fx_evidence(g, 0).ctx.qty, "7");
    struct eb_own_order own[4];
    assert_int_equal(eb_engine_orders(g->e, 0, own, 4), 0);
    fx_free(f);
    fx_free(g);
}

/* ---- what rests -------------------------------------------------------------------------------------------------- */

static void a_resting_leg_is_taken_back_as_it_is(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = first_life(&c, true);
    const struct eb_order_request first = *fx_submit(f, EB_PURPOSE_SOFT, 0);
    fx_reject(f, first.client_id, EB_REJ_RETRY);
    image_take(f->e, &m);
    fx_run(f, 600); /* sent again, and no record of it */
    struct eb_ev_open_order listed = as_listed(fx_submit(f, EB_PURPOSE_SOFT, 1));
    struct fx *g = reborn(&m, &c, f);
    start_with(g, "10", &listed, 1);
    assert_int_equal(leg_state(g, 1), EB_LEG_RESTING);
    assert_int_equal(fx_count(g, EB_ACT_QUERY), 1); /* the picture may be older than its end */
    fx_order(g, listed.client_id, EB_OS_NEW);
    fx_mark(g, "100");
    fx_book(g, "100", "100.1");
    fx_run(g, 5000);
    assert_int_equal(fx_submits(g, EB_PURPOSE_SOFT), 0);
    assert_int_equal(fx_count(g, EB_ACT_CANCEL), 0);
    struct eb_order_request o = {.client_id = listed.client_id, .order_side = EB_SELL};
    fx_fill(g, &o, "101", "3");
    assert_int_equal(leg_state(g, 1), EB_LEG_HIT);
    fx_free(f);
    fx_free(g);
}

static void a_backstop_is_found_and_not_placed_beside_itself(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = first_life(&c, false);
    const struct eb_order_request first = *fx_submit(f, EB_PURPOSE_BACKSTOP, 0);
    fx_reject(f, first.client_id, EB_REJ_RETRY);
    image_take(f->e, &m);
    fx_run(f, 1000);
    struct eb_ev_open_order listed = as_listed(fx_submit(f, EB_PURPOSE_BACKSTOP, 1));
    static const uint8_t states[] = {EB_OS_NEW, EB_OS_TRIGGERING};
    for (size_t i = 0; i < EB_COUNT(states); i++) {
        struct fx *g = reborn(&m, &c, f);
        listed.state = states[i];
        start_with(g, "10", &listed, 1);
        fx_order(g, listed.client_id, (enum eb_order_state)states[i]); /* the answer */
        fx_mark(g, "100");
        fx_run(g, 3000);
        assert_int_equal(fx_submits(g, EB_PURPOSE_BACKSTOP), 0);
        assert_int_equal(fx_evidence(g, 0).protection, i == 0 ? EB_PROTECTED : EB_UNPROTECTED);
        if (i == 0) {
            assert_px(fx_evidence(g, 0).backstop, "97.4");
        }
        fx_free(g);
    }
    fx_free(f);
}

static void a_picture_that_is_older_than_its_end_brings_it_not_back(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = first_life(&c, true);
    struct eb_ev_open_order listed = as_listed(fx_submit(f, EB_PURPOSE_SOFT, 0));
    listed.client_id.attempt = 30;
    fx_reject(f, fx_submit(f, EB_PURPOSE_SOFT, 0)->client_id, EB_REJ_ALARM);
    image_take(f->e, &m);
    struct fx *g = reborn(&m, &c, f);
    struct eb_own_order own;
    start_with(g, "10", &listed, 1);
    assert_int_equal(eb_engine_orders(g->e, 0, &own, 1), 1);
    fx_order(g, listed.client_id, EB_OS_CANCELED);
    fx_run(g, 3000);
    assert_int_equal(leg_state(g, 1), EB_LEG_RESTING); /* another, of its own */
    assert_int_equal(eb_engine_orders(g->e, 0, &own, 1), 1);
    fx_picture(g, EB_LONG, "10", "100", &listed, 1);
    assert_int_equal(eb_engine_orders(g->e, 0, &own, 1), 1);
    listed.client_id.attempt = 31; /* one that arrived late: asked about before it is believed */
    fx_clear(g);
    fx_picture(g, EB_LONG, "10", "100", &listed, 1);
    struct eb_own_order both[2];
    assert_int_equal(eb_engine_orders(g->e, 0, both, 2), 2);
    assert_int_equal(both[0].state + both[1].state, EB_OS_PENDING + EB_OS_UNKNOWN);
    assert_int_equal(fx_count(g, EB_ACT_QUERY), 1);
    fx_free(f);
    fx_free(g);
}

static void of_two_backstops_one_is_enough(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = laddered(&c);
    struct eb_ev_open_order both[2] = {as_listed(fx_submit(f, EB_PURPOSE_BACKSTOP, 0)),
                                       as_listed(fx_submit(f, EB_PURPOSE_BACKSTOP, 0))};
    both[1].client_id.attempt = 9;
    both[1].trigger = px("97.5");
    struct fx *g = reborn(&m, &c, f);
    start_with(g, "10", both, 2);
    fx_mark(g, "100");
    fx_run(g, 500);
    assert_int_equal(fx_count(g, EB_ACT_CANCEL), 1);
    assert_int_equal(fx_evidence(g, 0).protection, EB_PROTECTED);
    fx_free(f);
    fx_free(g);
}

static void orders_of_what_has_ended_are_taken_away(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = laddered(&c);
    struct eb_ev_open_order listed = as_listed(fx_submit(f, EB_PURPOSE_BACKSTOP, 0));
    fx_flat(f);
    fx_order(f, listed.client_id, EB_OS_CANCELED);
    image_take(f->e, &m);
    struct fx *g = reborn(&m, &c, f);
    listed.client_id.attempt = 40; /* of the episode that has ended; another has begun since */
    start_with(g, "5", &listed, 1);
    assert_true(fx_cancelled(g, listed.client_id));
    fx_free(g);
    g = reborn(&m, &c, f);
    listed.client_id.episode = 6; /* of one that nobody knows */
    start_with(g, "0", &listed, 1);
    assert_true(fx_cancelled(g, listed.client_id));
    fx_open(g, EB_LONG, "1", "100");
    assert_true(fx_evidence(g, 0).ctx.episode > 6);
    fx_free(g);
    fx_free(f);
}

static void one_that_arrives_after_the_picture_is_looked_for(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = laddered(&c);
    struct eb_ev_open_order known = as_listed(fx_submit(f, EB_PURPOSE_BACKSTOP, 0));
    struct fx *g = reborn(&m, &c, f);
    start_with(g, "10", &known, 1);
    fx_clear(g);
    const eb_client_id late = {.instance = 1, .episode = 1, .attempt = 12, .purpose = EB_PURPOSE_BACKSTOP};
    fx_order(g, late, EB_OS_NEW);
    assert_int_equal(fx_count(g, EB_ACT_SNAPSHOT), 1);
    const eb_client_id old = {.instance = 1, .episode = 1, .attempt = 1, .purpose = EB_PURPOSE_TARGET, .leg = 1};
    fx_order(g, old, EB_OS_NEW); /* its end was recorded: nothing of it is left */
    assert_int_equal(fx_count(g, EB_ACT_SNAPSHOT), 1);
    fx_free(f);
    fx_free(g);
}

/* ---- trades to ask for ------------------------------------------------------------------------------------------- */

static void trades_are_asked_for_from_before_the_last_ones(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = laddered(&c);
    struct eb_order_request foreign = {.order_side = EB_BUY};
    assert_int_equal(eb_engine_last_trade(f->e, 0), 0);
    for (unsigned i = 0; i < 4; i++) {
        fx_fill(f, &foreign, "100", "1"); /* trades 1 to 4, 4 s apart */
        fx_wait(f, 4000);
    }
    assert_int_equal(eb_engine_last_trade(f->e, 0), 0); /* any may have come late */
    fx_wait(f, 10000);
    fx_fill(f, &foreign, "100", "1");
    assert_int_equal(eb_engine_last_trade(f->e, 0), 4);
    image_take(f->e, &m);
    struct fx *g = reborn(&m, &c, f);
    assert_int_equal(eb_engine_last_trade(g->e, 0), 4);
    assert_int_equal(eb_engine_last_trade(g->e, 1), 0);
    assert_int_equal(eb_engine_last_trade(g->e, 7), 0);
    fx_free(f);
    fx_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leg_that_was_fired_and_filled_is_hit_once),
        cmocka_unit_test(a_part_of_one_is_asked_about_before_the_rest_is_sent),
        cmocka_unit_test(a_close_that_had_begun_goes_on_until_flat),
        cmocka_unit_test(an_end_that_was_lost_is_told_by_its_fills),
        cmocka_unit_test(fills_after_the_picture_count_for_the_leg_and_not_again_for_the_size),
        cmocka_unit_test(an_episode_that_nobody_recorded_ends_the_one_before),
        cmocka_unit_test(a_late_trade_of_what_was_inferred_brings_nothing_back),
        cmocka_unit_test(a_resting_leg_is_taken_back_as_it_is),
        cmocka_unit_test(a_backstop_is_found_and_not_placed_beside_itself),
        cmocka_unit_test(a_picture_that_is_older_than_its_end_brings_it_not_back),
        cmocka_unit_test(of_two_backstops_one_is_enough),
        cmocka_unit_test(orders_of_what_has_ended_are_taken_away),
        cmocka_unit_test(one_that_arrives_after_the_picture_is_looked_for),
        cmocka_unit_test(trades_are_asked_for_from_before_the_last_ones),
    };
    return cmocka_run_group_tests_name("engine/lost", tests, NULL, NULL);
}
