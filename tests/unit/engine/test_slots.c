/* SPDX-License-Identifier: Apache-2.0 */
/* Conditional orders are fewer than positions: who gets one (semantics 6). */
#include "fixture.h"

static enum eb_policy_result two_percent(struct fx *f, const struct eb_context *ctx, struct eb_verdict *v)
{
    (void)f;
    if (ctx->plan_revision != 0) {
        return EB_POLICY_KEEP;
    }
    *v = v_none();
    v_stop_pct(v, 20000);
    return EB_POLICY_OK;
}

/* Three conditional orders in all, one kept for bridges: two positions can be protected. */
static struct fx *world(void)
{
    struct eb_engine_config c = fx_config();
    c.symbols_max = 4;
    c.backstop = true;
    c.slots_max = 3;
    c.slots_reserve = 1;
    struct fx *f = fx_new(&c);
    f->policy = two_percent;
    for (eb_symbol_id i = 0; i < 4; i++) {
        struct eb_ev_instrument inst = fx_instrument(0);
        inst.symbol[0] = (char)('A' + i);
        fx_instrument_set(f, i, &inst);
    }
    return f;
}

static void open_at_100(struct fx *f, eb_symbol_id symbol, const char *qty)
{
    struct eb_event ev = fx_event(f, EB_EV_PRICE, symbol);
    ev.u.price = (struct eb_ev_price){
        .source = EB_SRC_MARK, .price = px("100"), .ask = px("100"), .min = px("100"), .max = px("100")};
    assert_int_equal(fx_step(f, &ev), EB_OK);
    struct eb_ev_position p = fx_pos(EB_LONG, qty, "100");
    p.liquidation = px("90");
    ev = fx_event(f, EB_EV_POSITION, symbol);
    ev.u.venue_position = &p;
    assert_int_equal(fx_step(f, &ev), EB_OK);
}

static void told(struct fx *f, eb_symbol_id symbol, eb_client_id id, enum eb_order_state state)
{
    struct eb_event ev = fx_event(f, EB_EV_ORDER, symbol);
    ev.u.order.client_id = id;
    ev.u.order.state = (uint8_t)state;
    assert_int_equal(fx_step(f, &ev), EB_OK);
}

/* The venue takes every backstop and cancel that was asked for since the last call. */
static void venue_agrees(struct fx *f, unsigned *seen)
{
    for (; *seen < f->log_count; (*seen)++) {
        const struct eb_action a = f->log[*seen];
        if (a.kind == EB_ACT_SUBMIT) {
            told(f, a.u.submit.symbol, a.u.submit.client_id, EB_OS_NEW);
        } else if (a.kind == EB_ACT_CANCEL) {
            told(f, a.u.cancel.symbol, a.u.cancel.client_id, EB_OS_CANCELED);
        }
    }
}

static void settle(struct fx *f, unsigned *seen)
{
    for (int i = 0; i < 30; i++) { /* three seconds: asking, yielding and placing take one each */
        venue_agrees(f, seen);
        fx_run(f, 100);
        for (eb_symbol_id s = 0; s < 4; s++) {
            struct eb_event ev = fx_event(f, EB_EV_PRICE, s);
            ev.u.price = (struct eb_ev_price){
                .source = EB_SRC_MARK, .price = px("100"), .ask = px("100"), .min = px("100"), .max = px("100")};
            assert_int_equal(fx_step(f, &ev), EB_OK);
        }
    }
}

static uint8_t protection(const struct fx *f, eb_symbol_id symbol)
{
    return fx_evidence(f, symbol * 2).protection;
}

static void the_position_with_least_at_risk_yields(void **state)
{
    (void)state;
    struct fx *f = world();
    unsigned seen = 0;
    open_at_100(f, 0, "1");
    open_at_100(f, 1, "5");
    settle(f, &seen);
    assert_int_equal(protection(f, 0), EB_PROTECTED);
    assert_int_equal(protection(f, 1), EB_PROTECTED);
    open_at_100(f, 2, "3"); /* more at risk than symbol 0, less than symbol 1 */
    settle(f, &seen);
    assert_int_equal(protection(f, 0), EB_UNPROTECTABLE);
    assert_int_equal(protection(f, 1), EB_PROTECTED);
    assert_int_equal(protection(f, 2), EB_PROTECTED);
    fx_free(f);
}

static void one_with_less_at_risk_waits(void **state)
{
    (void)state;
    struct fx *f = world();
    unsigned seen = 0;
    open_at_100(f, 0, "2");
    open_at_100(f, 1, "5");
    settle(f, &seen);
    open_at_100(f, 2, "1");
    settle(f, &seen);
    assert_int_equal(protection(f, 0), EB_PROTECTED);
    assert_int_equal(protection(f, 1), EB_PROTECTED);
    assert_int_equal(protection(f, 2), EB_UNPROTECTABLE);
    assert_int_equal(fx_alerts(f, EB_ALERT_UNPROTECTABLE), 1);
    fx_free(f);
}

static unsigned count(const struct fx *f, enum eb_action_kind kind)
{
    unsigned n = 0;
    for (unsigned i = 0; i < f->log_count; i++) {
        n += f->log[i].kind == kind ? 1 : 0;
    }
    return n;
}

/* All positions are known before the first backstop: nobody is given a slot only to yield it. */
static void a_start_gives_each_slot_away_once(void **state)
{
    (void)state;
    static const char *const qty[] = {"1", "5", "3", "2"};
    static const struct eb_ev_command start = {.verb = EB_CMD_START, .who = "test", .why = ""};
    struct fx *f = world();
    unsigned seen = 0;
    struct eb_event ev = fx_event(f, EB_EV_COMMAND, EB_NO_SYMBOL);
    ev.u.command = &start;
    assert_int_equal(fx_step(f, &ev), EB_OK);
    ev = fx_event(f, EB_EV_SNAPSHOT_BEGIN, EB_NO_SYMBOL);
    assert_int_equal(fx_step(f, &ev), EB_OK);
    for (eb_symbol_id i = 0; i < 4; i++) {
        open_at_100(f, i, qty[i]);
    }
    ev = fx_event(f, EB_EV_SNAPSHOT_END, EB_NO_SYMBOL);
    assert_int_equal(fx_step(f, &ev), EB_OK);
    settle(f, &seen);
    assert_int_equal(protection(f, 0), EB_UNPROTECTABLE);
    assert_int_equal(protection(f, 1), EB_PROTECTED);
    assert_int_equal(protection(f, 2), EB_PROTECTED);
    assert_int_equal(protection(f, 3), EB_UNPROTECTABLE);
    for (int i = 0; i < 5; i++) {
        settle(f, &seen); /* beyond the time after which those without ask again */
    }
    assert_int_equal(count(f, EB_ACT_SUBMIT), 2);
    assert_int_equal(count(f, EB_ACT_CANCEL), 0);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_position_with_least_at_risk_yields),
        cmocka_unit_test(one_with_less_at_risk_waits),
        cmocka_unit_test(a_start_gives_each_slot_away_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
