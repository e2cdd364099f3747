/* SPDX-License-Identifier: Apache-2.0 */
/* The bar walk at the step (semantics 11): path_next, one fill per level, gaps at P0, ties, trails, quiet bars. */
#include "fixture.h"

#include <stdlib.h>

static struct eb_engine_config bars(void)
{
    struct eb_engine_config c = fx_config();
    c.bars = true;
    return c;
}

static struct eb_price_text {
    char text[EB_DECIMAL_TEXT_MAX];
} text_of(eb_price p)
{
    struct eb_price_text t;
    (void)eb_decimal_format(p.e8, 8, t.text);
    return t;
}

/* Answers each market order of the log with its fill at this price. */
static void fill_all(struct fx *f, const char *price)
{
    unsigned n = f->log_count;
    for (unsigned i = 0; i < n; i++) {
        if (f->log[i].kind == EB_ACT_SUBMIT && f->log[i].u.submit.type == EB_ORDER_MARKET) {
            const struct eb_order_request o = f->log[i].u.submit;
            f->log[i].kind = EB_ACT_COUNT; /* answered */
            fx_filled(f, &o, price);
        }
    }
}

/* Travels as the walker does: level by level, each fill applied before the next. */
static void travel(struct fx *f, const char *from, const char *to)
{
    struct eb_price_text at = {{0}};
    memcpy(at.text, from, strlen(from) + 1);
    eb_price level;
    for (unsigned n = 0; eb_engine_path_next(f->e, 0, EB_SCOPE_ALL, px(at.text), px(to), &level); n++) {
        assert_true(n < 50);
        struct eb_price_text next = text_of(level);
        fx_path(f, EB_PATH_SEGMENT, at.text, next.text);
        fill_all(f, next.text);
        at = next;
    }
    fx_path(f, EB_PATH_SEGMENT, at.text, to);
}

static void point(struct fx *f, const char *price)
{
    fx_path(f, EB_PATH_POINT, price, price);
    fill_all(f, price);
}

/* The worked example's plan: 398 at 2.507, stop 1.5 %, three legs, trail, ratchet. */
static struct fx *worked(void)
{
    static const int64_t legs[3][2] = {{400000, 350000}, {800000, 350000}, {1600000, 300000}};
    struct eb_engine_config c = bars();
    struct fx *f = fx_new(&c);
    struct eb_ev_instrument inst = fx_instrument(0);
    inst.tick = px("0.001");
    inst.step = inst.min_qty = inst.market_step = inst.market_min_qty = qt("1");
    fx_instrument_set(f, 0, &inst);
    fx_path(f, EB_PATH_POINT, "2.507", "2.507");
    struct eb_verdict v = v_none();
    v_stop_pct(&v, 15000);
    v_legs(&v, 3, legs);
    v_trail(&v, 1000000, 8000);
    v.decision[2].u.trailing.curve_count = 1;
    v.decision[2].u.trailing.curve[0] = (struct eb_curve_point){1400000, 5000};
    v_ratchet(&v);
    fx_say(f, &v);
    fx_open(f, EB_LONG, "398", "2.507");
    fx_clear(f);
    return f;
}

static void assert_exit(const struct fx *f, unsigned n, const char *price, const char *qty, enum eb_exit_reason why)
{
    const struct eb_exit *x = &fx_nth(f, EB_ACT_EXIT, n)->u.exit;
    assert_px(x->price, price);
    assert_qt(x->qty, qty);
    assert_int_equal(x->reason, why);
}

static void the_worked_example(void **state)
{
    (void)state;
    struct fx *f = worked();
    struct eb_evidence ev = fx_evidence(f, 0);
    assert_px(ev.initial_stop, "2.47");
    assert_px(ev.ctx.r, "0.037");
    travel(f, "2.507", "2.5");
    travel(f, "2.5", "2.546");
    ev = fx_evidence(f, 0);
    assert_px(ev.ctx.ratchet_stop, "2.521");
    assert_px(ev.ctx.peak, "2.546");
    assert_px(ev.ctx.trail_stop, "2.526");
    travel(f, "2.546", "2.52");
    assert_int_equal(fx_count(f, EB_ACT_EXIT), 3);
    assert_exit(f, 0, "2.521", "139", EB_EXIT_TARGET);
    assert_exit(f, 1, "2.536", "139", EB_EXIT_TARGET);
    assert_exit(f, 2, "2.526", "120", EB_EXIT_TRAILING);
    assert_true(fx_nth(f, EB_ACT_EPISODE_END, 0)->u.end.reconciled);
    fx_free(f);
}

static void the_figures_of_the_trail(void **state)
{
    (void)state;
    struct fx *f = worked();
    travel(f, "2.507", "2.544");
    assert_px(fx_evidence(f, 0).ctx.trail_stop, "2.524"); /* from 2.544 */
    travel(f, "2.544", "2.559");
    assert_px(fx_evidence(f, 0).ctx.trail_stop, "2.547");
    fx_free(f);
}

static void each_fill_is_a_turn_of_its_own(void **state)
{
    (void)state;
    struct fx *f = worked();
    travel(f, "2.507", "2.54");
    assert_int_equal(f->asked_count, 2);
    assert_px(f->asked[0].price, "2.521");
    assert_px(f->asked[0].stop, "2.507"); /* ratcheted before it is asked */
    assert_px(f->asked[1].price, "2.536");
    assert_px(f->asked[1].stop, "2.521");
    fx_free(f);
}

static void a_gap_acts_at_its_own_price(void **state)
{
    (void)state;
    struct fx *f = worked();
    point(f, "2.54"); /* two legs at once, both at P0 */
    assert_exit(f, 0, "2.54", "139", EB_EXIT_TARGET);
    assert_exit(f, 1, "2.54", "139", EB_EXIT_TARGET);
    point(f, "2.4"); /* through the stop */
    assert_exit(f, 2, "2.4", "120", EB_EXIT_STOP);
    fx_free(f);
}

static void at_p0_the_stop_is_the_one_from_before(void **state)
{
    (void)state;
    struct fx *f = worked();
    travel(f, "2.507", "2.55"); /* trail 2.53 */
    fx_clear(f);
    point(f, "2.555"); /* a new peak: 2.535, seen from the next segment on */
    assert_int_equal(fx_count(f, EB_ACT_EXIT), 0);
    assert_px(fx_evidence(f, 0).ctx.trail_stop, "2.535");
    point(f, "2.535");
    assert_exit(f, 0, "2.535", "120", EB_EXIT_TRAILING);
    fx_free(f);
}

static void a_trail_is_hit_on_adverse_travel_only(void **state)
{
    (void)state;
    struct fx *f = worked();
    eb_price at;
    travel(f, "2.507", "2.55");
    assert_false(eb_engine_path_next(f->e, 0, EB_SCOPE_ALL, px("2.55"), px("2.555"), &at));
    assert_true(eb_engine_path_next(f->e, 0, EB_SCOPE_ALL, px("2.55"), px("2.53"), &at));
    assert_px(at, "2.53");
    assert_false(eb_engine_path_next(f->e, 0, EB_SCOPE_ALL, px("2.55"), px("2.531"), &at));
    fx_free(f);
}

static void what_lies_ahead(void **state)
{
    (void)state;
    static const struct {
        enum eb_path_scope scope;
        const char *from, *to;
        const char *at; /* NULL: nothing */
    } cases[] = {
        {EB_SCOPE_ALL, "2.51", "2.56", "2.521"},     {EB_SCOPE_ALL, "2.51", "2.521", "2.521"},
        {EB_SCOPE_ALL, "2.51", "2.5209", NULL},      {EB_SCOPE_STOPS, "2.51", "2.56", NULL},
        {EB_SCOPE_TARGETS, "2.51", "2.56", "2.521"}, {EB_SCOPE_ALL, "2.51", "2.47", "2.47"},
        {EB_SCOPE_ALL, "2.51", "2.4701", NULL},      {EB_SCOPE_TARGETS, "2.51", "2.4", NULL},
        {EB_SCOPE_STOPS, "2.51", "2.4", "2.47"},     {EB_SCOPE_ALL, "2.46", "2.4", "2.46"}, /* beyond: where it is */
        {EB_SCOPE_ALL, "2.53", "2.56", "2.53"},      {EB_SCOPE_ALL, "2.521", "2.521", "2.521"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct fx *f = worked();
        eb_price at = {0};
        bool found = eb_engine_path_next(f->e, 0, cases[i].scope, px(cases[i].from), px(cases[i].to), &at);
        assert_int_equal(found, cases[i].at != NULL);
        if (found) {
            assert_px(at, cases[i].at);
        }
        fx_free(f);
    }
}

static void a_short_travels_in_a_mirror(void **state)
{
    (void)state;
    static const int64_t legs[2][2] = {{500000, 500000}, {1000000, 500000}};
    struct eb_engine_config c = bars();
    struct fx *f = fx_new(&c);
    fx_path(f, EB_PATH_POINT, "100", "100");
    struct eb_verdict v = v_none();
    v_stop(&v, "102");
    v_legs(&v, 2, legs);
    fx_say(f, &v);
    fx_open(f, EB_SHORT, "10", "100");
    fx_clear(f);
    eb_price at;
    assert_true(eb_engine_path_next(f->e, 0, EB_SCOPE_ALL, px("100"), px("97"), &at));
    assert_px(at, "99");
    assert_true(eb_engine_path_next(f->e, 0, EB_SCOPE_ALL, px("100"), px("103"), &at));
    assert_px(at, "102");
    travel(f, "100", "98.5");
    travel(f, "98.5", "102.5");
    assert_exit(f, 0, "99", "5", EB_EXIT_TARGET);
    assert_exit(f, 1, "102", "5", EB_EXIT_STOP);
    fx_free(f);
}

static void legs_at_one_price_go_by_index(void **state)
{
    (void)state;
    static const int64_t legs[3][2] = {{500000, 200000}, {500000, 300000}, {1000000, 500000}};
    struct eb_engine_config c = bars();
    struct fx *f = fx_new(&c);
    fx_path(f, EB_PATH_POINT, "100", "100");
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, legs);
    fx_say(f, &v);
    fx_open(f, EB_LONG, "10", "100");
    fx_clear(f);
    travel(f, "100", "101.5");
    assert_int_equal(fx_count(f, EB_ACT_EXIT), 2); /* one fill per level and turn */
    assert_int_equal(fx_nth(f, EB_ACT_EXIT, 0)->u.exit.leg, 1);
    assert_int_equal(fx_nth(f, EB_ACT_EXIT, 1)->u.exit.leg, 2);
    fx_free(f);
}

static void parked_legs_come_back_on_the_path(void **state)
{
    (void)state;
    static const int64_t legs[1][2] = {{500000, 1000000}};
    struct eb_engine_config c = bars();
    struct fx *f = fx_new(&c);
    fx_path(f, EB_PATH_POINT, "101.5", "101.5");
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 1, legs);
    fx_say(f, &v);
    fx_open(f, EB_LONG, "10", "100");
    fx_clear(f);
    travel(f, "101.5", "101");
    travel(f, "101", "102");
    assert_int_equal(fx_count(f, EB_ACT_EXIT), 0);
    travel(f, "102", "100.9");
    travel(f, "100.9", "102");
    assert_exit(f, 0, "101", "10", EB_EXIT_TARGET);
    fx_free(f);
}

static void marks_decide_the_stop(void **state)
{
    (void)state;
    struct fx *f = worked();
    struct eb_event ev = fx_event(f, EB_EV_PATH, 0);
    ev.position = 0;
    ev.u.path = (struct eb_ev_path){.kind = EB_PATH_SEGMENT,
                                    .has_mark = true,
                                    .from = px("2.5"),
                                    .to = px("2.46"),
                                    .mark_from = px("2.5"),
                                    .mark_to = px("2.48")};
    assert_int_equal(fx_step(f, &ev), EB_OK); /* the last price is through, the mark is not */
    assert_int_equal(fx_count(f, EB_ACT_SUBMIT), 0);
    ev.u.path.kind = EB_PATH_MARK;
    ev.u.path.mark_to = px("2.55");
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_px(fx_evidence(f, 0).ctx.peak, "2.55"); /* the peak is the mark's */
    ev.u.path.mark_from = px("2.55");
    ev.u.path.mark_to = px("2.53");
    ev.u.path.to = px("2.5");
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_int_equal(fx_submit(f, EB_PURPOSE_STOP, 0)->reason, EB_EXIT_TRAILING);
    fx_free(f);

    f = worked();
    ev.u.path.kind = EB_PATH_POINT;
    ev.u.path.mark_from = ev.u.path.mark_to = px("2.47");
    ev.u.path.to = px("2.49");
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_free(f);
}

static void the_cycle_is_at_the_close(void **state)
{
    (void)state;
    struct fx *f = worked();
    fx_path(f, EB_PATH_SEGMENT, "2.507", "2.51");
    fx_run(f, 60000);
    assert_int_equal(f->asked_count, 0);
    struct eb_event ev = fx_event(f, EB_EV_BAR, 0);
    ev.u.bar = (struct eb_ev_bar){.open_ms = 60000,
                                  .length_ms = 60000,
                                  .open = px("2.5"),
                                  .high = px("2.6"),
                                  .low = px("2.4"),
                                  .close = px("2.5")};
    assert_int_equal(fx_step(f, &ev), EB_OK);
    fx_path(f, EB_PATH_CLOSE, "2.51", "2.51");
    assert_int_equal(f->asked_count, 1);
    assert_int_equal(f->asked[0].reason, EB_CONSULT_CYCLE);
    assert_int_equal(f->asked[0].features[EB_TF_1M].bars, 1);
    fx_free(f);
}

static void whether_the_close_will_ask(void **state)
{
    (void)state;
    struct fx *f = worked();
    int64_t ns = 1000000000000;
    assert_true(eb_engine_cycle_due(f->e, 0, ns, f->now_ms, px("2.51")));
    assert_false(eb_engine_cycle_due(f->e, 2, ns, f->now_ms, px("2.51"))); /* nothing is open there */
    struct eb_verdict v = v_none();
    v.keep = true;
    v.wake = (struct eb_wake){.set = true, .at_ms = f->now_ms + 60000, .above = px("2.55")};
    fx_say(f, &v);
    fx_path(f, EB_PATH_CLOSE, "2.507", "2.507");
    assert_false(eb_engine_cycle_due(f->e, 0, ns, f->now_ms, px("2.54")));
    assert_true(eb_engine_cycle_due(f->e, 0, ns, f->now_ms, px("2.55")));
    assert_true(eb_engine_cycle_due(f->e, 0, ns, f->now_ms + 60000, px("2.54")));
    fx_free(f);
}

static void a_verdict_that_closes_is_asked_again_at_the_close_only(void **state)
{
    (void)state;
    struct fx *f = worked();
    struct eb_verdict v = v_none();
    v_partial(&v, 500000);
    fx_say(f, &v);
    travel(f, "2.507", "2.521"); /* leg 1, its consult, the partial close */
    fill_all(f, "2.521");
    assert_int_equal(f->asked_count, 1);
    fx_path(f, EB_PATH_CLOSE, "2.521", "2.521");
    assert_int_equal(f->asked_count, 2);
    fx_free(f);
}

static void paths_that_cannot_be_walked_are_refused(void **state)
{
    (void)state;
    struct fx *f = worked();
    uint64_t hash = eb_engine_durable_hash(f->e);
    struct eb_event ev = fx_event(f, EB_EV_PATH, 0);
    ev.position = 0;
    const struct eb_ev_path odd[] = {
        {.kind = EB_PATH_SEGMENT, .from = px("2.5")},
        {.kind = EB_PATH_SEGMENT, .from = px("2.5"), .to = {INT64_MAX}},
        {.kind = EB_PATH_SEGMENT, .from = px("2.5"), .to = px("2.5"), .has_mark = true},
        {.kind = EB_PATH_QUIET, .from = px("2.4"), .to = px("2.51")}, /* not quiet */
        {.kind = EB_PATH_QUIET + 1, .from = px("2.5"), .to = px("2.5")},
    };
    for (size_t i = 0; i < EB_COUNT(odd); i++) {
        ev.u.path = odd[i];
        assert_int_equal(fx_step(f, &ev), EB_E_INVALID);
    }
    ev.u.path = (struct eb_ev_path){.kind = EB_PATH_POINT, .to = px("2.5")};
    ev.position = EB_NO_POSITION;
    assert_int_equal(fx_step(f, &ev), EB_E_INVALID);
    assert_true(hash == eb_engine_durable_hash(f->e));
    eb_price at;
    assert_false(eb_engine_path_next(f->e, 77, EB_SCOPE_ALL, px("1"), px("2"), &at));
    assert_false(eb_engine_path_next(f->e, 2, EB_SCOPE_ALL, px("1"), px("2"), &at));
    assert_false(eb_engine_quiet_band(f->e, 77, &at, &at));
    assert_false(eb_engine_quiet_band(f->e, 2, &at, &at));
    enum eb_side side;
    assert_false(eb_engine_open_side(f->e, 77, &side));
    assert_false(eb_engine_open_side(f->e, 2, &side));
    assert_true(eb_engine_open_side(f->e, 0, &side));
    assert_int_equal(side, EB_LONG);
    fx_free(f);

    struct eb_engine_config c = fx_config();
    f = fx_new(&c);
    ev.position = 0;
    assert_int_equal(fx_step(f, &ev), EB_E_INVALID); /* no bar walk here */
    fx_free(f);
}

static void what_cannot_act_is_not_met(void **state)
{
    (void)state;
    eb_price at;
    struct fx *f = worked();
    fx_command(f, EB_CMD_PAUSE, EB_NO_SYMBOL);
    assert_false(eb_engine_path_next(f->e, 0, EB_SCOPE_ALL, px("2.51"), px("2.6"), &at));
    assert_true(eb_engine_path_next(f->e, 0, EB_SCOPE_ALL, px("2.51"), px("2.4"), &at));
    fx_path(f, EB_PATH_SEGMENT, "2.51", "2.47"); /* its close is on the way, unanswered */
    assert_false(eb_engine_path_next(f->e, 0, EB_SCOPE_ALL, px("2.47"), px("2.4"), &at));
    fx_free(f);
    f = worked();
    fx_command(f, EB_CMD_RELEASE, 0);
    assert_false(eb_engine_path_next(f->e, 0, EB_SCOPE_ALL, px("2.51"), px("2.4"), &at));
    fx_free(f);
}

/* A bar inside the band is one comparison, and the same bar walked in full changes nothing either. */
static void quiet_bars_are_quiet(void **state)
{
    (void)state;
    struct eb_rng rng;
    eb_rng_seed(&rng, 5);
    unsigned quiet = 0;
    for (unsigned k = 0; k < 300; k++) {
        struct fx *f = worked();
        travel(f, "2.507", eb_rng_chance(&rng, 1, 2) ? "2.53" : "2.549");
        for (unsigned n = 0; n < 20 && fx_evidence(f, 0).open; n++) {
            eb_price low;
            eb_price high;
            int64_t centre = fx_evidence(f, 0).ctx.price.e8;
            eb_price from = {centre - eb_rng_range(&rng, 0, e8("0.006"))};
            eb_price to = {centre + eb_rng_range(&rng, 0, e8("0.006"))};
            bool in = eb_engine_quiet_band(f->e, 0, &low, &high) && from.e8 > low.e8 && to.e8 < high.e8;
            uint64_t hash = eb_engine_durable_hash(f->e);
            fx_clear(f);
            struct eb_price_text a = text_of((eb_price){centre});
            struct eb_price_text b = text_of(from);
            struct eb_price_text c = text_of(to);
            if (in) {
                struct eb_event ev = fx_event(f, EB_EV_PATH, 0);
                ev.position = 0;
                ev.u.path = (struct eb_ev_path){.kind = EB_PATH_QUIET, .from = from, .to = to};
                assert_int_equal(fx_step(f, &ev), EB_OK);
            }
            point(f, a.text);
            travel(f, a.text, b.text);
            travel(f, b.text, c.text);
            travel(f, c.text, a.text);
            if (in) {
                quiet++;
                assert_int_equal(f->log_count, 0);
                assert_true(hash == eb_engine_durable_hash(f->e));
            }
        }
        fx_free(f);
    }
    assert_true(quiet > 500);
}

/* ---- a fold of the durable steps of a walk ---- */

struct folded {
    struct eb_engine *e;
    struct eb_actions *out;
};

static void fold(struct fx *f, const struct eb_event *ev)
{
    struct folded *to = f->user;
    if (!f->out.durable) {
        return;
    }
    struct eb_event again = *ev;
    struct eb_witness witness;
    if (eb_engine_witness(f->e) != NULL) {
        witness = *eb_engine_witness(f->e);
        again.witness = &witness;
    }
    assert_int_equal(eb_engine_step(to->e, &again, to->out), EB_OK);
    assert_true(to->out->durable);
    assert_true(eb_engine_durable_hash(f->e) == eb_engine_durable_hash(to->e));
}

static void a_fold_walks_the_same_way(void **state)
{
    (void)state;
    static const int64_t legs[3][2] = {{300000, 300000}, {700000, 300000}, {1500000, 400000}};
    struct eb_rng rng;
    eb_rng_seed(&rng, 17);
    struct eb_engine_config c = bars();
    struct fx *f = fx_new(&c);
    struct folded to = {.out = calloc(1, sizeof *to.out)};
    assert_int_equal(eb_engine_create(&c, &to.e, NULL), EB_OK);
    f->user = &to;
    for (unsigned i = 0; i < 2; i++) { /* what came before anybody listened */
        struct eb_ev_instrument inst = fx_instrument(i);
        struct eb_event ev = fx_event(f, EB_EV_INSTRUMENT, i);
        ev.u.instrument = &inst;
        assert_int_equal(eb_engine_step(to.e, &ev, to.out), EB_OK);
    }
    f->after = fold;
    int64_t at = e8("100");
    unsigned episodes = 0;
    for (unsigned k = 0; k < 4000; k++) {
        fx_clear(f);
        fx_wait(f, 60000);
        struct eb_price_text a = text_of((eb_price){at});
        int64_t to_e8 = at + eb_rng_range(&rng, -120, 120) * e8("0.01");
        struct eb_price_text b = text_of((eb_price){to_e8});
        enum eb_side side;
        if (eb_engine_open_side(f->e, 0, &side)) {
            point(f, a.text);
            travel(f, a.text, b.text);
        } else {
            struct eb_verdict v = v_none();
            v_stop_pct(&v, 10000);
            v_legs(&v, 3, legs);
            v_trail(&v, eb_rng_range(&rng, 0, 1000000), eb_rng_range(&rng, 2000, 9000));
            v_ratchet(&v);
            fx_path(f, EB_PATH_POINT, a.text, a.text);
            fx_say(f, &v);
            fx_open(f, eb_rng_chance(&rng, 1, 2) ? EB_LONG : EB_SHORT, "10", a.text);
            f->has_next = false;
            episodes++;
        }
        at = to_e8 < e8("50") ? e8("100") : to_e8;
        fx_path(f, EB_PATH_CLOSE, b.text, b.text);
    }
    assert_true(episodes > 200);
    eb_engine_destroy(to.e);
    free(to.out);
    fx_free(f);
}

static void quiet_bars_record_extremes(void **state)
{
    (void)state;
    for (unsigned side = 0; side < 2; side++) {
        struct eb_engine_config c = bars();
        struct fx *f = fx_new(&c);
        fx_path(f, EB_PATH_POINT, "100", "100");
        struct eb_verdict v = v_none();
        v_stop(&v, side == EB_LONG ? "98" : "102");
        fx_say(f, &v);
        fx_open(f, side == EB_LONG ? EB_LONG : EB_SHORT, "10", "100");
        struct eb_event ev = fx_event(f, EB_EV_PATH, 0);
        ev.position = 0;
        ev.u.path = (struct eb_ev_path){.kind = EB_PATH_QUIET, .from = px("99"), .to = px("101")};
        assert_int_equal(fx_step(f, &ev), EB_OK);
        struct eb_evidence e = fx_evidence(f, 0);
        assert_int_equal(e.ctx.mfe_r_ppm, 500000);
        assert_int_equal(e.ctx.mae_r_ppm, -500000);
        fx_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example),
        cmocka_unit_test(the_figures_of_the_trail),
        cmocka_unit_test(each_fill_is_a_turn_of_its_own),
        cmocka_unit_test(a_gap_acts_at_its_own_price),
        cmocka_unit_test(at_p0_the_stop_is_the_one_from_before),
        cmocka_unit_test(a_trail_is_hit_on_adverse_travel_only),
        cmocka_unit_test(what_lies_ahead),
        cmocka_unit_test(a_short_travels_in_a_mirror),
        cmocka_unit_test(legs_at_one_price_go_by_index),
        cmocka_unit_test(parked_legs_come_back_on_the_path),
        cmocka_unit_test(marks_decide_the_stop),
        cmocka_unit_test(the_cycle_is_at_the_close),
        cmocka_unit_test(whether_the_close_will_ask),
        cmocka_unit_test(a_verdict_that_closes_is_asked_again_at_the_close_only),
        cmocka_unit_test(paths_that_cannot_be_walked_are_refused),
        cmocka_unit_test(what_cannot_act_is_not_met),
        cmocka_unit_test(quiet_bars_are_quiet),
        cmocka_unit_test(a_fold_walks_the_same_way),
        cmocka_unit_test(quiet_bars_record_extremes),
    };
    return cmocka_run_group_tests_name("engine/path", tests, NULL, NULL);
}
