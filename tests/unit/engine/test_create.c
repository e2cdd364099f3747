/* SPDX-License-Identifier: Apache-2.0 */
/* Creation, defaults, events that cannot be taken, deadlines in order, and chance without sense: nothing dies of it. */
#include "fixture.h"

#include <stdlib.h>

#include "engine/state.h"

static void defaults_are_the_documented_ones(void **state)
{
    (void)state;
    struct eb_engine_config c;
    eb_engine_config_default(&c);
    assert_int_equal(c.mode.exit_mode, EB_EXIT_MODE_LEGACY);
    assert_false(c.mode.executor_live || c.mode.rollout_enabled || c.bars || c.allow_loosen || c.act_on_adopted);
    assert_int_equal(c.min_stop_distance_ppm, 2000);
    assert_int_equal(c.liquidation_buffer_ppm, 10000);
    assert_int_equal(c.failures_max, 3);
    assert_int_equal(c.max_age_mark_ms, 3000);
    assert_int_equal(c.max_age_last_ms, 2000);
    assert_int_equal(c.max_jump_ppm, 50000);
    assert_int_equal(c.cycle_ms, 10000);
    assert_int_equal(c.slots_max, 200);
    assert_int_equal(c.slots_reserve, 10);
    assert_true(c.backstop);
    struct eb_engine *e;
    assert_int_equal(eb_engine_create(&c, &e, NULL), EB_OK);
    assert_true(eb_engine_bytes(&c) > 0);
    eb_engine_destroy(e);
    eb_engine_destroy(NULL);
}

static void a_field_out_of_range_is_named(void **state)
{
    (void)state;
    struct eb_engine_config good;
    eb_engine_config_default(&good);
    const struct {
        const char *name;
        size_t at, size;
        int64_t value;
    } cases[] = {
#define FIELD(f, v) {#f, offsetof(struct eb_engine_config, f), sizeof good.f, v}
        FIELD(symbols_max, 0),
        FIELD(symbols_max, 20001),
        FIELD(instance, 0),
        FIELD(stop_source, EB_SRC_BOOK),
        FIELD(target_source, EB_TARGET_MARK + 1),
        FIELD(on_no_legal_stop, 2),
        FIELD(min_stop_distance_ppm, -1),
        FIELD(liquidation_buffer_ppm, 200001),
        FIELD(max_loss_ppm, 1000001),
        FIELD(builtin_stop_ppm, 999),
        FIELD(maintenance_ppm, 500001),
        FIELD(max_jump_ppm, 999),
        FIELD(max_age_mark_ms, 99),
        FIELD(max_age_last_ms, 60001),
        FIELD(cycle_ms, 99),
        FIELD(consult_max_ms, 999),
        FIELD(failures_max, 0),
        FIELD(quarantine_ms, -1),
        FIELD(backstop_r_ppm, -1),
        FIELD(backstop_min_ppm, 200001),
        FIELD(backstop_renew_r_ppm, 0),
        FIELD(backstop_renew_ms, -1),
        FIELD(protect_ms, 99),
        FIELD(confirm_ms, 999),
        FIELD(triggering_ms, 99),
        FIELD(slots_max, 100001),
        FIELD(slots_reserve, 201),
        FIELD(unknown_query_ms, 9),
        FIELD(absent_after_ms, 99),
        FIELD(full_close_ms, 99),
        FIELD(soft_fallback_ms, -1),
        FIELD(orders_per_minute_max, 3),
        FIELD(snapshot_ms, -1),
        FIELD(fee_taker_ppm, -1),
        FIELD(fee_maker_ppm, -100001),
#undef FIELD
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_engine_config c = good;
        memcpy((char *)&c + cases[i].at, &cases[i].value, cases[i].size); /* little endian, as everywhere here */
        struct eb_engine *e = NULL;
        struct eb_err err = {0};
        assert_int_equal(eb_engine_create(&c, &e, &err), EB_E_INVALID);
        assert_null(e);
        assert_int_equal(strncmp(err.msg, cases[i].name, strlen(cases[i].name)), 0);
    }
}

static void names_of_symbols(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    assert_int_equal(eb_engine_symbol_count(f->e), 2);
    assert_int_equal(eb_engine_symbol(f->e, "BBBUSDT"), 1);
    assert_int_equal(eb_engine_symbol(f->e, "CCCUSDT"), EB_NO_SYMBOL);
    assert_string_equal(eb_engine_symbol_name(f->e, 0), "AAAUSDT");
    assert_string_equal(eb_engine_symbol_name(f->e, 9), "");
    struct eb_ev_instrument inst = fx_instrument(0);
    struct eb_event ev = fx_event(f, EB_EV_INSTRUMENT, 4);
    ev.u.instrument = &inst;
    assert_int_equal(fx_step(f, &ev), EB_E_FULL);
    ev.symbol = 3; /* a gap in the numbers: 2 is not known */
    inst.symbol[0] = 'D';
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_string_equal(eb_engine_symbol_name(f->e, 3), "DAAUSDT");
    assert_int_equal(eb_engine_symbol(f->e, ""), EB_NO_SYMBOL);
    inst.tick.e8 = 0;
    assert_int_equal(fx_step(f, &ev), EB_E_INVALID);
    ev = fx_event(f, EB_EV_PRICE, 2);
    ev.u.price = (struct eb_ev_price){.price = px("-1"), .min = px("-1"), .max = px("-1")};
    assert_int_equal(fx_step(f, &ev), EB_E_NOT_FOUND);
    fx_free(f);
}

static void events_that_cannot_be_taken(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_event ev = fx_event(f, EB_EV_COUNT, 0);
    assert_int_equal(fx_step(f, &ev), EB_E_INVALID);
    ev = fx_event(f, EB_EV_BAR, 7);
    assert_int_equal(fx_step(f, &ev), EB_E_NOT_FOUND);
    ev = fx_event(f, EB_EV_BAR, 0);
    assert_int_equal(fx_step(f, &ev), EB_E_INVALID);
    ev = fx_event(f, EB_EV_ORDER, 0);
    ev.position = 2; /* of another symbol */
    assert_int_equal(fx_step(f, &ev), EB_E_INVALID);
    struct eb_witness w;
    memset(&w, 0, sizeof w);
    w.symbol = 9;
    ev = fx_event(f, EB_EV_CLOCK, EB_NO_SYMBOL);
    ev.witness = &w;
    assert_int_equal(fx_step(f, &ev), EB_E_INVALID);
    w.symbol = 0;
    w.jump_source = EB_SRC_COUNT;
    assert_int_equal(fx_step(f, &ev), EB_E_INVALID);
    w.jump_source = 0;
    w.sweep = EB_SWEEP_COUNT;
    assert_int_equal(fx_step(f, &ev), EB_OK); /* no sweep of ours: nothing to repeat */
    assert_null(eb_engine_witness(f->e));
    ev = fx_event(f, EB_EV_FUNDING, 0);
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_null(eb_engine_witness(f->e));
    fx_mark(f, "100");
    fx_open(f, EB_LONG, "1", "100");
    assert_int_equal(eb_engine_witness(f->e)->symbol, 0);
    assert_int_equal(eb_engine_next_deadline(f->e), INT64_MAX); /* it was folded, and waits for START */
    fx_command(f, EB_CMD_START, EB_NO_SYMBOL);
    assert_int_equal(eb_engine_next_deadline(f->e) != INT64_MAX, true);
    fx_free(f);
}

static void without_anything_open_nothing_is_due(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    assert_true(eb_engine_next_deadline(f->e) == INT64_MAX);
    struct eb_event ev = fx_event(f, EB_EV_CLOCK, EB_NO_SYMBOL);
    assert_int_equal(fx_step(f, &ev), EB_OK);
    assert_int_equal(f->out.count, 0);
    fx_free(f);
}

/* ---- the heap of deadlines ---- */

static void deadlines_come_in_order(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.symbols_max = 40;
    struct eb_engine *e;
    assert_int_equal(eb_engine_create(&c, &e, NULL), EB_OK);
    struct eb_rng rng;
    eb_rng_seed(&rng, 1);
    int64_t at[80];
    for (unsigned i = 0; i < 80; i++) {
        at[i] = INT64_MAX;
    }
    for (unsigned k = 0; k < 20000; k++) {
        uint32_t i = (uint32_t)eb_rng_below(&rng, 80);
        at[i] = eb_rng_chance(&rng, 1, 4) ? INT64_MAX : eb_rng_range(&rng, 0, 50);
        eb_deadline_set(e, eb_slot_at(e, i), at[i]);
        uint32_t best = UINT32_MAX;
        for (uint32_t n = 0; n < 80; n++) { /* ties go to the lower slot */
            if (at[n] != INT64_MAX && (best == UINT32_MAX || at[n] < at[best])) {
                best = n;
            }
        }
        int64_t first_at = 0;
        assert_int_equal(eb_deadline_first(e, &first_at), best);
        assert_true(best == UINT32_MAX || first_at == at[best]);
    }
    eb_engine_destroy(e);
}

/* ---- chance without sense ---- */

static int64_t odd(struct eb_rng *r)
{
    static const int64_t of_interest[] = {0,           1,          -1,     INT64_MAX, INT64_MIN, INT64_MAX / 2,
                                          10000000000, 9800000000, 100000, 100000000, 1000000000};
    return eb_rng_chance(r, 2, 3) ? of_interest[eb_rng_below(r, EB_COUNT(of_interest))]
                                  : eb_rng_range(r, 0, 20000000000);
}

static void scramble(struct eb_rng *r, void *at, size_t bytes)
{
    unsigned char *p = at;
    for (size_t i = 0; i + 8 <= bytes; i += 8) {
        int64_t v = odd(r);
        memcpy(p + i, &v, 8);
    }
}

struct junk {
    struct eb_ev_position position;
    struct eb_ev_command command;
    struct eb_context ctx;
    struct eb_verdict verdict;
};

static eb_client_id some_id(struct eb_rng *r)
{
    return (eb_client_id){.instance = (uint32_t)eb_rng_below(r, 3),
                          .episode = (uint32_t)eb_rng_below(r, 4),
                          .attempt = (uint16_t)eb_rng_below(r, 20),
                          .purpose = (uint8_t)eb_rng_below(r, EB_PURPOSE_COUNT),
                          .leg = (uint8_t)eb_rng_below(r, 3)};
}

/* Bools must hold 0 or 1: what the codec would never let through is not tried here. */
static void senseless_verdict(struct eb_rng *r, struct eb_event *ev, struct junk *j, const struct eb_context *last)
{
    j->ctx = *last;
    memset(&j->verdict, 0, sizeof j->verdict);
    j->verdict.count = (uint8_t)eb_rng_below(r, EB_DECISIONS_MAX + 2);
    for (unsigned i = 0; i < EB_DECISIONS_MAX; i++) {
        struct eb_decision *d = &j->verdict.decision[i];
        scramble(r, &d->u, sizeof d->u);
        d->kind = (uint8_t)eb_rng_below(r, EB_DECISION_KIND_COUNT + 1);
        if (d->kind == EB_MOVE_STOP) {
            d->u.stop.risk_floor = d->u.stop.allow_loosen = false;
        } else if (d->kind == EB_SET_TRAILING) {
            d->u.trailing.off = false;
        }
        for (unsigned k = 0; d->kind == EB_UPDATE_TP_LIMITS && k < EB_LEGS_MAX; k++) {
            d->u.targets.leg[k].soft = false;
        }
    }
    ev->position = j->ctx.position;
    ev->symbol = j->ctx.position / 2;
    ev->u.verdict = (struct eb_ev_verdict){&j->ctx, &j->verdict};
}

static void senseless_position(struct eb_rng *r, struct eb_event *ev, struct junk *j)
{
    j->position = (struct eb_ev_position){.position_side = (uint8_t)eb_rng_below(r, 4),
                                          .side = (uint8_t)eb_rng_below(r, 3),
                                          .adopted = eb_rng_chance(r, 1, 2),
                                          .qty = {odd(r)},
                                          .entry = {odd(r)},
                                          .liquidation = {odd(r)},
                                          .margin = {odd(r)},
                                          .leverage_ppm = odd(r),
                                          .opened_ms = odd(r),
                                          .venue_ms = odd(r)};
    ev->u.venue_position = &j->position;
}

static void senseless_order(struct eb_rng *r, struct eb_event *ev)
{
    if (ev->kind == EB_EV_FILL) {
        ev->u.fill = (struct eb_ev_fill){.client_id = some_id(r),
                                         .trade_id = eb_rng_next(r) % 50,
                                         .price = {odd(r)},
                                         .qty = {odd(r)},
                                         .liquidation = eb_rng_chance(r, 1, 10),
                                         .venue_ms = odd(r)};
    } else if (ev->kind == EB_EV_ORDER) {
        ev->u.order = (struct eb_ev_order){.client_id = some_id(r),
                                           .state = (uint8_t)eb_rng_below(r, EB_OS_COUNT + 1),
                                           .reject = (uint8_t)eb_rng_below(r, EB_REJ_COUNT + 1),
                                           .cancel_failed = eb_rng_chance(r, 1, 4),
                                           .filled = {odd(r)}};
    } else {
        ev->u.open_order = (struct eb_ev_open_order){.client_id = some_id(r),
                                                     .type = EB_ORDER_STOP_MARKET,
                                                     .state = (uint8_t)eb_rng_below(r, EB_OS_COUNT),
                                                     .close_position = eb_rng_chance(r, 1, 2),
                                                     .qty = {odd(r)},
                                                     .trigger = {odd(r)}};
    }
}

static void senseless(struct eb_rng *r, struct eb_event *ev, struct junk *j, const struct eb_context *last)
{
    static const uint16_t kinds[] = {EB_EV_CLOCK,    EB_EV_PRICE,          EB_EV_FILL,         EB_EV_ORDER,
                                     EB_EV_POSITION, EB_EV_COMMAND,        EB_EV_VERDICT,      EB_EV_OPEN_ORDER,
                                     EB_EV_VERDICT,  EB_EV_SNAPSHOT_BEGIN, EB_EV_SNAPSHOT_END, EB_EV_PRICE};
    ev->kind = kinds[eb_rng_below(r, EB_COUNT(kinds))];
    if (ev->kind == EB_EV_PRICE) {
        ev->u.price = (struct eb_ev_price){.source = (uint8_t)eb_rng_below(r, 4),
                                           .from_rest = eb_rng_chance(r, 1, 2),
                                           .price = {odd(r)},
                                           .ask = {odd(r)},
                                           .min = {odd(r)},
                                           .max = {odd(r)}};
    } else if (ev->kind == EB_EV_FILL || ev->kind == EB_EV_ORDER || ev->kind == EB_EV_OPEN_ORDER) {
        senseless_order(r, ev);
    } else if (ev->kind == EB_EV_POSITION) {
        senseless_position(r, ev, j);
    } else if (ev->kind == EB_EV_COMMAND) {
        j->command = (struct eb_ev_command){.verb = (uint8_t)eb_rng_below(r, EB_CMD_COUNT + 1), .id = eb_rng_next(r)};
        ev->u.command = &j->command;
    } else if (ev->kind == EB_EV_VERDICT) {
        senseless_verdict(r, ev, j, last);
    }
}

static void nothing_dies_of_senseless_events(void **state)
{
    (void)state;
    struct eb_rng rng;
    eb_rng_seed(&rng, 99);
    struct eb_actions *out = calloc(1, sizeof *out);
    struct junk *j = calloc(1, sizeof *j);
    for (unsigned run = 0; run < 60; run++) {
        struct eb_engine_config c = fx_config();
        c.backstop = true;
        c.hedge = run % 2 == 0;
        c.mode.executor_live = run % 3 != 0;
        c.allow_loosen = true;
        struct fx *f = fx_new(&c);
        struct eb_context last;
        memset(&last, 0, sizeof last);
        int64_t ms = f->now_ms;
        for (unsigned k = 0; k < 3000; k++) {
            struct eb_event ev = fx_event(f, EB_EV_CLOCK, (eb_symbol_id)eb_rng_below(&rng, 3));
            ms += eb_rng_range(&rng, 0, 700);
            f->now_ms = ms;
            senseless(&rng, &ev, j, &last);
            ev.symbol = ev.kind == EB_EV_CLOCK ? EB_NO_SYMBOL : ev.symbol;
            (void)eb_engine_step(f->e, &ev, out);
            for (unsigned i = 0; i < out->ctx_count; i++) {
                last = out->ctx[i];
            }
        }
        fx_free(f);
    }
    free(out);
    free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_documented_ones),
        cmocka_unit_test(a_field_out_of_range_is_named),
        cmocka_unit_test(names_of_symbols),
        cmocka_unit_test(events_that_cannot_be_taken),
        cmocka_unit_test(without_anything_open_nothing_is_due),
        cmocka_unit_test(deadlines_come_in_order),
        cmocka_unit_test(nothing_dies_of_senseless_events),
    };
    return cmocka_run_group_tests_name("engine/create", tests, NULL, NULL);
}
