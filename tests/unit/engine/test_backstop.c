/* SPDX-License-Identifier: Apache-2.0 */
/* The backstop (semantics 6): its trigger, what protects, what is lost, refused or short of slots. */
#include "fixture.h"

#include "engine/state.h"

static struct eb_engine_config config(void)
{
    struct eb_engine_config c = fx_config();
    c.backstop = true;
    return c;
}

static struct eb_ev_position positioned(enum eb_side side, const char *qty)
{
    struct eb_ev_position p = fx_pos(side, qty, "100");
    p.leverage_ppm = 0; /* no liquidation price, no buffer */
    return p;
}

/* A position of 10 at 100 with this stop, price at 100, and its first backstop asked for. */
static struct fx *opened(const struct eb_engine_config *c, enum eb_side side, const char *stop)
{
    struct fx *f = fx_new(c);
    fx_mark(f, "100");
    struct eb_verdict v = v_none();
    v_stop(&v, stop);
    fx_say(f, &v);
    struct eb_ev_position p = positioned(side, "10");
    fx_position(f, &p);
    return f;
}

static struct eb_order_request confirmed(struct fx *f)
{
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_BACKSTOP, 0);
    fx_order(f, o.client_id, EB_OS_NEW);
    fx_clear(f);
    return o;
}

static void keep_fresh(struct fx *f, const char *mark, int64_t ms)
{
    for (int64_t done = 0; done < ms; done += 1000) {
        fx_mark(f, mark);
        fx_run(f, ms - done < 1000 ? ms - done : 1000);
    }
}

static enum eb_protection protection(const struct fx *f)
{
    return (enum eb_protection)fx_evidence(f, 0).protection;
}

static void its_trigger(void **state)
{
    (void)state;
    static const struct {
        enum eb_side side;
        const char *stop, *trigger;
    } cases[] = {
        {EB_LONG, "98", "97.4"},     /* 0.3 R */
        {EB_LONG, "99.5", "99.3"},   /* R = 0.5: 20 bps of entry are more */
        {EB_LONG, "97.67", "96.97"}, /* 96.971: away from price */
        {EB_SHORT, "102", "102.6"},  {EB_SHORT, "102.33", "103.03"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = config();
        struct fx *f = opened(&c, cases[i].side, cases[i].stop);
        const struct eb_order_request *o = fx_submit(f, EB_PURPOSE_BACKSTOP, 0);
        assert_px(o->trigger, cases[i].trigger);
        assert_int_equal(o->type, EB_ORDER_STOP_MARKET);
        assert_true(o->close_position && !o->reduce_only && o->urgent);
        assert_qt(o->qty, "0");
        assert_int_equal(o->order_side, cases[i].side == EB_LONG ? EB_SELL : EB_BUY);
        assert_int_equal(protection(f), EB_PROTECTION_PENDING);
        fx_order(f, o->client_id, EB_OS_NEW);
        assert_int_equal(protection(f), EB_PROTECTED);
        assert_px(fx_evidence(f, 0).backstop, cases[i].trigger);
        struct eb_engine_stats stats;
        eb_engine_stats(f->e, &stats);
        assert_int_equal(stats.protected_positions, 1);
        assert_int_equal(stats.conditional_orders, 1);
        assert_int_equal(stats.working_orders, 1);
        fx_free(f);
    }
}

static void it_keeps_inside_the_buffer(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_say(f, &v);
    struct eb_ev_position p = positioned(EB_LONG, "10");
    p.liquidation = px("96.8");
    fx_position(f, &p);
    assert_px(fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->trigger, "97.8");
    fx_free(f);
}

static void a_trigger_below_the_grid_is_the_buffers_edge(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    c.backstop_r_ppm = 10000000;
    struct fx *f = opened(&c, EB_LONG, "60"); /* 60 - 400 is no price, and no buffer is known */
    assert_int_equal(fx_submits(f, EB_PURPOSE_BACKSTOP), 0);
    fx_run(f, 5000);
    assert_int_equal(fx_alerts(f, EB_ALERT_UNPROTECTED), 1);
    fx_free(f);
}

static void what_protects(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = opened(&c, EB_LONG, "98");
    const struct eb_order_request o = confirmed(f);
    keep_fresh(f, "100", 60000);
    assert_int_equal(protection(f), EB_PROTECTED);
    fx_wait(f, 1);
    fx_mark(f, "100");
    fx_clock(f);
    assert_int_equal(protection(f), EB_UNPROTECTED); /* seen too long ago */
    fx_snapshot_begin(f);
    struct eb_ev_position p = positioned(EB_LONG, "10");
    fx_position(f, &p);
    struct eb_ev_open_order listed = {.client_id = o.client_id,
                                      .order_side = EB_SELL,
                                      .type = EB_ORDER_STOP_MARKET,
                                      .state = EB_OS_NEW,
                                      .close_position = true,
                                      .trigger = o.trigger};
    fx_open_order(f, &listed);
    fx_snapshot_end(f);
    assert_int_equal(protection(f), EB_PROTECTED);
    fx_order(f, o.client_id, EB_OS_TRIGGERING);
    keep_fresh(f, "100", 2000);
    assert_int_equal(protection(f), EB_PROTECTED);
    fx_mark(f, "100");
    fx_run(f, 1);
    assert_int_equal(protection(f), EB_UNPROTECTED); /* TRIGGERING for over 2 s */
    fx_free(f);

    f = opened(&c, EB_LONG, "98");
    (void)confirmed(f);
    struct eb_ev_instrument inst = fx_instrument(0);
    inst.trading = false;
    fx_instrument_set(f, 0, &inst);
    assert_int_equal(protection(f), EB_UNPROTECTED); /* the symbol does not trade */
    inst.trading = true;
    fx_instrument_set(f, 0, &inst);
    assert_int_equal(protection(f), EB_PROTECTED);
    fx_mark(f, "97.4"); /* price is at the trigger */
    assert_int_equal(protection(f), EB_UNPROTECTED);
    fx_free(f);
}

static void unprotected_for_too_long_is_an_alarm(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = opened(&c, EB_LONG, "98");
    fx_run(f, 4999);
    assert_int_equal(fx_alerts(f, EB_ALERT_UNPROTECTED), 0);
    fx_run(f, 1);
    assert_int_equal(fx_alerts(f, EB_ALERT_UNPROTECTED), 1);
    fx_run(f, 20000);
    assert_int_equal(fx_alerts(f, EB_ALERT_UNPROTECTED), 1); /* once */
    fx_free(f);
}

static void lost_is_placed_at_once(void **state)
{
    (void)state;
    static const enum eb_order_state ends[] = {EB_OS_CANCELED, EB_OS_EXPIRED, EB_OS_ABSENT};
    for (size_t i = 0; i < EB_COUNT(ends); i++) {
        struct eb_engine_config c = config();
        struct fx *f = opened(&c, EB_LONG, "98");
        const struct eb_order_request o = confirmed(f);
        fx_wait(f, 7000);
        fx_mark(f, "100");
        fx_order(f, o.client_id, ends[i]);
        assert_px(fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->trigger, "97.4");
        assert_px(fx_evidence(f, 0).backstop, "0");
        fx_free(f);
    }
}

static void refusals_back_off(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = opened(&c, EB_LONG, "98");
    static const int64_t waits[] = {1000, 2000, 4000, 8000, 16000, 16000};
    for (unsigned i = 0; i < EB_COUNT(waits); i++) {
        fx_reject(f, fx_submit(f, EB_PURPOSE_BACKSTOP, i)->client_id, EB_REJ_ALARM);
        for (int64_t done = 0; done < waits[i] - 1; done += 999) {
            int64_t left = waits[i] - 1 - done;
            fx_mark(f, "100");
            fx_run(f, left < 999 ? left : 999);
        }
        assert_int_equal(fx_submits(f, EB_PURPOSE_BACKSTOP), i + 1);
        fx_run(f, 1);
        assert_int_equal(fx_submits(f, EB_PURPOSE_BACKSTOP), i + 2);
    }
    fx_order(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 6)->client_id, EB_OS_NEW);
    assert_int_equal(protection(f), EB_PROTECTED);
    fx_free(f);
}

static void price_beyond_it_waits(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = opened(&c, EB_LONG, "98");
    const struct eb_order_request o = confirmed(f);
    fx_mark(f, "97"); /* the soft stop acts; the backstop vanishes meanwhile */
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_order(f, o.client_id, EB_OS_EXPIRED);
    assert_int_equal(fx_submits(f, EB_PURPOSE_BACKSTOP), 0); /* it would trigger at once */
    fx_mark(f, "98.5");
    fx_run(f, 1000);
    assert_int_equal(fx_submits(f, EB_PURPOSE_BACKSTOP), 1);
    fx_free(f);
}

/* ---- a trigger that is crossed already (-2021) ---- */

static void a_crossed_trigger_is_confirmed_by_rest(void **state)
{
    (void)state;
    static const struct {
        const char *mark;
        bool closes;
    } cases[] = {{"98", true}, {"97", true}, {"98.01", false}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = config();
        struct fx *f = opened(&c, EB_LONG, "98");
        const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_BACKSTOP, 0);
        fx_clear(f);
        fx_reject(f, o.client_id, EB_REJ_WOULD_TRIGGER);
        assert_int_equal(fx_count(f, EB_ACT_REFRESH_PRICE), 1);
        assert_int_equal(fx_submits(f, EB_PURPOSE_STOP) + fx_submits(f, EB_PURPOSE_BACKSTOP), 0);
        fx_mark(f, "99"); /* streamed: not the answer */
        assert_int_equal(fx_evidence(f, 0).open, true);
        fx_run(f, 1000);
        assert_int_equal(fx_count(f, EB_ACT_REFRESH_PRICE), 2); /* asked again */
        struct eb_event ev = fx_event(f, EB_EV_PRICE, 0);
        ev.u.price = (struct eb_ev_price){.source = EB_SRC_MARK,
                                          .from_rest = true,
                                          .price = px(cases[i].mark),
                                          .min = px(cases[i].mark),
                                          .max = px(cases[i].mark)};
        assert_int_equal(fx_step(f, &ev), EB_OK);
        assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), cases[i].closes);
        if (!cases[i].closes) {
            fx_run(f, 1000);
            assert_int_equal(fx_submits(f, EB_PURPOSE_BACKSTOP), 1);
        }
        fx_free(f);
    }
}

static void any_rest_mark_confirms_where_stops_watch_last(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    c.stop_source = EB_SRC_LAST;
    struct fx *f = fx_new(&c);
    fx_last(f, "100");
    fx_mark(f, "100");
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_say(f, &v);
    struct eb_ev_position p = positioned(EB_LONG, "10");
    fx_position(f, &p);
    fx_reject(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->client_id, EB_REJ_WOULD_TRIGGER);
    struct eb_event ev = fx_event(f, EB_EV_PRICE, 0);
    ev.u.price = (struct eb_ev_price){
        .source = EB_SRC_MARK, .from_rest = true, .price = px("98"), .min = px("98"), .max = px("98")};
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_free(f);
}

/* ---- foreign stops, slots ---- */

static void another_close_position_order_has_the_place(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = opened(&c, EB_LONG, "98");
    fx_reject(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->client_id, EB_REJ_EXISTS);
    assert_int_equal(fx_count(f, EB_ACT_SNAPSHOT), 1);
    const struct eb_order_request *o = fx_submit(f, EB_PURPOSE_BACKSTOP, 1); /* at once, as a quantity stop */
    assert_false(o->close_position);
    assert_true(o->reduce_only);
    assert_qt(o->qty, "10");
    fx_order(f, o->client_id, EB_OS_NEW);
    assert_int_equal(protection(f), EB_PROTECTED);
    fx_free(f);
}

static struct eb_ev_open_order foreign(const char *trigger)
{
    return (struct eb_ev_open_order){.venue_order_id = 9,
                                     .order_side = EB_SELL,
                                     .type = EB_ORDER_STOP_MARKET,
                                     .state = EB_OS_NEW,
                                     .close_position = true,
                                     .trigger = px(trigger)};
}

static void picture_with(struct fx *f, const struct eb_ev_open_order *o)
{
    struct eb_ev_position p = positioned(EB_LONG, "10");
    fx_snapshot_begin(f);
    fx_position(f, &p);
    if (o != NULL) {
        fx_open_order(f, o);
    }
    fx_snapshot_end(f);
    fx_clock(f);
}

static void a_foreign_stop_that_qualifies_counts(void **state)
{
    (void)state;
    static const struct {
        const char *trigger, *qty; /* qty NULL: closePosition */
        enum eb_order_side side;
        enum eb_position_side leg;
        bool counts;
    } cases[] = {
        {"97", NULL, EB_SELL, EB_PS_BOTH, true},   {"97", "10", EB_SELL, EB_PS_BOTH, true},
        {"97", "9.9", EB_SELL, EB_PS_BOTH, false}, {"97", NULL, EB_BUY, EB_PS_BOTH, false},
        {"101", NULL, EB_SELL, EB_PS_BOTH, false}, {"97", NULL, EB_SELL, EB_PS_LONG, false},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = config();
        c.slots_max = 0; /* none for us */
        c.slots_reserve = 0;
        struct fx *f = opened(&c, EB_LONG, "98");
        struct eb_ev_open_order o = foreign(cases[i].trigger);
        o.order_side = (uint8_t)cases[i].side;
        o.position_side = (uint8_t)cases[i].leg;
        o.close_position = cases[i].qty == NULL;
        o.qty = qt(cases[i].qty != NULL ? cases[i].qty : "0");
        picture_with(f, &o);
        assert_int_equal(protection(f), cases[i].counts ? EB_PROTECTED_FOREIGN : EB_UNPROTECTABLE);
        if (cases[i].counts) {
            keep_fresh(f, "100", 60000);
            fx_mark(f, "100");
            fx_run(f, 1);
            assert_int_equal(protection(f), EB_UNPROTECTABLE); /* nobody has confirmed it since */
            picture_with(f, &o);
            assert_int_equal(protection(f), EB_PROTECTED_FOREIGN);
            picture_with(f, NULL); /* a complete picture without it */
            assert_int_equal(protection(f), EB_UNPROTECTABLE);
        }
        fx_free(f);
    }
}

static void beside_a_foreign_stop_ours_is_a_quantity_stop(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = fx_new(&c);
    f->mute = true;
    fx_mark(f, "100");
    struct eb_ev_position p = positioned(EB_LONG, "10");
    fx_snapshot_begin(f);
    fx_position(f, &p);
    struct eb_ev_open_order o = foreign("97");
    fx_open_order(f, &o);
    fx_snapshot_end(f);
    f->mute = false;
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    fx_verdict(f, &v);
    assert_qt(fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->qty, "10");
    fx_free(f);
}

static void without_a_slot_a_position_is_unprotectable(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    c.slots_max = 12;
    c.slots_reserve = 10;
    struct fx *f = opened(&c, EB_LONG, "98");
    (void)confirmed(f);
    struct eb_event ev = fx_event(f, EB_EV_SNAPSHOT_BEGIN, EB_NO_SYMBOL);
    assert_int_equal(fx_step(f, &ev), EB_OK);
    struct eb_ev_position p = positioned(EB_LONG, "10");
    fx_position(f, &p);
    ev = fx_event(f, EB_EV_OPEN_ORDER, 1);
    ev.u.open_order = foreign("1900");
    assert_int_equal(fx_step(f, &ev), EB_OK);
    fx_snapshot_end(f); /* one of ours, one foreign: none is left but the reserve */
    fx_clock(f);
    fx_clear(f);
    p = fx_pos(EB_LONG, "1", "2000");
    p.leverage_ppm = 0;
    p.liquidation = px("1990"); /* little to lose: nobody yields to it */
    ev = fx_event(f, EB_EV_POSITION, 1);
    ev.u.venue_position = &p;
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_int_equal(fx_submits(f, EB_PURPOSE_BACKSTOP), 0);
    assert_int_equal(fx_alerts(f, EB_ALERT_UNPROTECTABLE), 1);
    assert_int_equal(fx_evidence(f, 2).protection, EB_UNPROTECTABLE);
    fx_flat(f);
    const eb_client_id id = {.instance = 1, .episode = 1, .attempt = 1, .purpose = EB_PURPOSE_BACKSTOP};
    assert_true(fx_cancelled(f, id)); /* swept with its episode */
    fx_order(f, id, EB_OS_CANCELED);
    fx_run(f, 10000);
    assert_int_equal(fx_submits(f, EB_PURPOSE_BACKSTOP), 1);
    fx_free(f);
}

static void the_venue_says_that_slots_are_out(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = opened(&c, EB_LONG, "98");
    fx_reject(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->client_id, EB_REJ_SLOTS);
    assert_int_equal(protection(f), EB_UNPROTECTABLE);
    assert_int_equal(fx_alerts(f, EB_ALERT_UNPROTECTABLE), 1);
    keep_fresh(f, "100", 10000);
    assert_int_equal(fx_submits(f, EB_PURPOSE_BACKSTOP), 2);
    fx_order(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 1)->client_id, EB_OS_NEW);
    assert_int_equal(protection(f), EB_PROTECTED);
    fx_free(f);
}

static void one_that_was_forgotten_is_taken_back(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = opened(&c, EB_LONG, "98");
    fx_reject(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->client_id, EB_REJ_RETRY);
    struct eb_ev_open_order listed = foreign("97.4"); /* sent after the last record that was kept */
    listed.client_id = (eb_client_id){.instance = 1, .episode = 1, .attempt = 50, .purpose = EB_PURPOSE_BACKSTOP};
    picture_with(f, &listed);
    assert_int_equal(protection(f), EB_PROTECTED);
    assert_px(fx_evidence(f, 0).backstop, "97.4");
    fx_clear(f);
    keep_fresh(f, "100", 5000);
    assert_int_equal(fx_submits(f, EB_PURPOSE_BACKSTOP), 0);
    fx_mark(f, "98");
    assert_int_equal(fx_submit(f, EB_PURPOSE_STOP, 0)->client_id.attempt, 51); /* no number is given twice */
    fx_free(f);
}

static void an_old_picture_brings_nothing_back(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = opened(&c, EB_LONG, "98");
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_BACKSTOP, 0);
    fx_reject(f, o.client_id, EB_REJ_RETRY);
    struct eb_ev_open_order listed = foreign("97.4");
    listed.client_id = o.client_id;
    picture_with(f, &listed);
    assert_int_not_equal(protection(f), EB_PROTECTED);
    fx_free(f);
}

static void its_own_fill_ends_the_episode(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = opened(&c, EB_LONG, "98");
    const struct eb_order_request o = confirmed(f);
    fx_order(f, o.client_id, EB_OS_TRIGGERED);
    struct eb_ev_position gone = positioned(EB_LONG, "0");
    fx_position(f, &gone); /* told before the trade: it may well be ours */
    assert_true(fx_evidence(f, 0).open);
    fx_fill(f, &o, "97.3", "10");
    assert_int_equal(fx_nth(f, EB_ACT_EXIT, 0)->u.exit.reason, EB_EXIT_STOP);
    assert_true(fx_nth(f, EB_ACT_EPISODE_END, 0)->u.end.reconciled);
    fx_order(f, o.client_id, EB_OS_FILLED);
    struct eb_engine_stats stats;
    eb_engine_stats(f->e, &stats);
    assert_int_equal(stats.conditional_orders, 0);
    assert_int_equal(stats.working_orders, 0);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_trigger),
        cmocka_unit_test(it_keeps_inside_the_buffer),
        cmocka_unit_test(a_trigger_below_the_grid_is_the_buffers_edge),
        cmocka_unit_test(what_protects),
        cmocka_unit_test(unprotected_for_too_long_is_an_alarm),
        cmocka_unit_test(lost_is_placed_at_once),
        cmocka_unit_test(refusals_back_off),
        cmocka_unit_test(price_beyond_it_waits),
        cmocka_unit_test(a_crossed_trigger_is_confirmed_by_rest),
        cmocka_unit_test(any_rest_mark_confirms_where_stops_watch_last),
        cmocka_unit_test(another_close_position_order_has_the_place),
        cmocka_unit_test(a_foreign_stop_that_qualifies_counts),
        cmocka_unit_test(beside_a_foreign_stop_ours_is_a_quantity_stop),
        cmocka_unit_test(without_a_slot_a_position_is_unprotectable),
        cmocka_unit_test(the_venue_says_that_slots_are_out),
        cmocka_unit_test(one_that_was_forgotten_is_taken_back),
        cmocka_unit_test(an_old_picture_brings_nothing_back),
        cmocka_unit_test(its_own_fill_ends_the_episode),
    };
    return cmocka_run_group_tests_name("engine/backstop", tests, NULL, NULL);
}
