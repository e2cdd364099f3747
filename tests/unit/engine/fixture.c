/* SPDX-License-Identifier: Apache-2.0 */
/* The bench; see fixture.h. */
#include "fixture.h"

#include <stdlib.h>

#define ENDLESS 400 /* CLOCK steps at one instant: the engine asks for ever */

int64_t e8(const char *text)
{
    int64_t value = 0;
    assert_int_equal(eb_decimal_parse(text, strlen(text), true, EB_ROUND_FLOOR, &value), EB_OK);
    return value;
}

eb_price px(const char *text)
{
    return (eb_price){e8(text)};
}

eb_qty qt(const char *text)
{
    return (eb_qty){e8(text)};
}

static void assert_e8(int64_t got, const char *want)
{
    char text[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format(got, 8, text);
    assert_string_equal(text, want);
}

void assert_px(eb_price got, const char *want)
{
    assert_e8(got.e8, want);
}

void assert_qt(eb_qty got, const char *want)
{
    assert_e8(got.e8, want);
}

/* ---- life ---- */

struct eb_engine_config fx_config(void)
{
    struct eb_engine_config c;
    eb_engine_config_default(&c);
    c.symbols_max = 4;
    c.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, true, true};
    c.backstop = false;
    c.snapshot_ms = 0;
    return c;
}

struct eb_ev_instrument fx_instrument(unsigned symbol)
{
    const char *step = symbol == 0 ? "0.001" : "1";
    struct eb_ev_instrument i = {
        .tick = px(symbol == 0 ? "0.01" : "0.1"),
        .step = qt(step),
        .min_qty = qt(step),
        .max_qty = qt("100000"),
        .market_step = qt(step),
        .market_min_qty = qt(step),
        .market_max_qty = qt("50000"),
        .min_notional = {e8("5")},
        .percent_up_ppm = 1050000,
        .percent_down_ppm = 950000,
        .maintenance_ppm = 10000,
        .trading = true,
    };
    memcpy(i.symbol, symbol == 0 ? "AAAUSDT" : "BBBUSDT", 8);
    return i;
}

void fx_instrument_set(struct fx *f, eb_symbol_id symbol, const struct eb_ev_instrument *inst)
{
    struct eb_event ev = fx_event(f, EB_EV_INSTRUMENT, symbol);
    ev.u.instrument = inst;
    assert_int_equal(fx_step(f, &ev), EB_OK);
}

struct fx *fx_new(const struct eb_engine_config *c)
{
    struct fx *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->now_ms = FX_START_MS;
    f->hedge = c->hedge;
    struct eb_err err = {0};
    assert_int_equal(eb_engine_create(c, &f->e, &err), EB_OK);
    for (unsigned i = 0; i < 2 && i < c->symbols_max; i++) {
        struct eb_ev_instrument inst = fx_instrument(i);
        fx_instrument_set(f, i, &inst);
    }
    fx_balance(f, "10000");
    fx_clear(f);
    return f;
}

void fx_free(struct fx *f)
{
    eb_engine_destroy(f->e);
    free(f);
}

void fx_clear(struct fx *f)
{
    f->log_count = 0;
    f->asked_count = 0;
}

/* ---- the turn ---- */

struct eb_event fx_event(const struct fx *f, enum eb_event_kind kind, eb_symbol_id symbol)
{
    struct eb_event ev;
    memset(&ev, 0, sizeof ev);
    ev.now_ms = f->now_ms;
    ev.now_ns = (f->now_ms - FX_START_MS) * 1000000 + 1000000000000;
    ev.symbol = symbol;
    ev.position = EB_NO_POSITION;
    ev.kind = (uint16_t)kind;
    return ev;
}

static int one_step(struct fx *f, const struct eb_event *ev)
{
    int rc = eb_engine_step(f->e, ev, &f->out);
    f->durable_steps += f->out.durable;
    for (unsigned i = 0; i < f->out.count; i++) {
        assert_true(f->log_count < FX_LOG);
        f->log[f->log_count++] = f->out.action[i];
    }
    if (f->after != NULL) {
        f->after(f, ev);
    }
    return rc;
}

static void answer(struct fx *f, const struct eb_context *ctx)
{
    struct eb_verdict v = v_none();
    enum eb_policy_result result = f->result;
    if (f->policy != NULL) {
        result = f->policy(f, ctx, &v);
    } else if (f->has_next) {
        v = f->next;
        f->has_next = false;
    } else {
        v.keep = true;
    }
    struct eb_event ev = fx_event(f, EB_EV_VERDICT, ctx->position / 2);
    ev.position = ctx->position;
    struct eb_ev_policy_failed failed = {.ctx = ctx, .result = (uint8_t)result, .message = "scripted"};
    if (result == EB_POLICY_OK || result == EB_POLICY_KEEP) {
        ev.u.verdict = (struct eb_ev_verdict){ctx, &v};
    } else {
        ev.kind = EB_EV_POLICY_FAILED;
        ev.u.policy_failed = &failed;
    }
    unsigned before = f->asked_count;
    assert_int_equal(one_step(f, &ev), EB_OK);
    for (unsigned i = 0; i < f->out.count; i++) { /* a verdict never causes another consult of its position */
        if (f->out.action[i].kind == EB_ACT_CONSULT) {
            assert_int_not_equal(f->out.ctx[f->out.action[i].u.consult.ctx].position, ctx->position);
        }
    }
    f->asked_count = before;
}

int fx_step(struct fx *f, const struct eb_event *ev)
{
    int rc = one_step(f, ev);
    unsigned first = f->asked_count;
    for (unsigned i = 0; i < f->out.ctx_count; i++) {
        assert_true(f->asked_count < FX_ASKED);
        f->asked[f->asked_count++] = f->out.ctx[i];
    }
    unsigned end = f->asked_count;
    for (unsigned i = first; i < end && !f->mute; i++) {
        answer(f, &f->asked[i]);
    }
    return rc;
}

static void ok_step(struct fx *f, const struct eb_event *ev)
{
    assert_int_equal(fx_step(f, ev), EB_OK);
}

/* ---- prices ---- */

void fx_price(struct fx *f, enum eb_price_source src, const char *price)
{
    struct eb_event ev = fx_event(f, EB_EV_PRICE, 0);
    ev.u.price = (struct eb_ev_price){.source = (uint8_t)src, .price = px(price), .min = px(price), .max = px(price)};
    ok_step(f, &ev);
}

void fx_mark(struct fx *f, const char *price)
{
    fx_price(f, EB_SRC_MARK, price);
}

void fx_last(struct fx *f, const char *price)
{
    fx_price(f, EB_SRC_LAST, price);
}

void fx_book(struct fx *f, const char *bid, const char *ask)
{
    struct eb_event ev = fx_event(f, EB_EV_PRICE, 0);
    ev.u.price =
        (struct eb_ev_price){.source = EB_SRC_BOOK, .price = px(bid), .ask = px(ask), .min = px(ask), .max = px(bid)};
    ok_step(f, &ev);
}

void fx_mark_range(struct fx *f, const char *last, const char *min, const char *max)
{
    struct eb_event ev = fx_event(f, EB_EV_PRICE, 0);
    ev.u.price = (struct eb_ev_price){.source = EB_SRC_MARK, .price = px(last), .min = px(min), .max = px(max)};
    ok_step(f, &ev);
}

/* ---- time ---- */

void fx_wait(struct fx *f, int64_t ms)
{
    f->now_ms += ms;
}

static int64_t due_ms(const struct fx *f)
{
    int64_t at = eb_engine_next_deadline(f->e);
    if (at == INT64_MAX) {
        return INT64_MAX;
    }
    int64_t ns = at - INT64_C(1000000000000);
    return ns <= 0 ? FX_START_MS : FX_START_MS + (ns + 999999) / 1000000;
}

void fx_clock(struct fx *f)
{
    for (unsigned n = 0; due_ms(f) <= f->now_ms; n++) {
        assert_true(n < ENDLESS);
        struct eb_event ev = fx_event(f, EB_EV_CLOCK, EB_NO_SYMBOL);
        ok_step(f, &ev);
    }
}

void fx_run(struct fx *f, int64_t ms)
{
    int64_t end = f->now_ms + ms;
    fx_clock(f);
    while (due_ms(f) <= end) {
        f->now_ms = due_ms(f);
        fx_clock(f);
    }
    f->now_ms = end;
}

/* ---- positions and orders ---- */

struct eb_ev_position fx_pos(enum eb_side side, const char *qty, const char *entry)
{
    return (struct eb_ev_position){.position_side = EB_PS_BOTH,
                                   .side = (uint8_t)side,
                                   .qty = qt(qty),
                                   .entry = px(entry),
                                   .leverage_ppm = 5 * EB_PPM};
}

void fx_position(struct fx *f, const struct eb_ev_position *p)
{
    struct eb_event ev = fx_event(f, EB_EV_POSITION, 0);
    ev.u.venue_position = p;
    ok_step(f, &ev);
}

void fx_open(struct fx *f, enum eb_side side, const char *qty, const char *entry)
{
    struct eb_ev_position p = fx_pos(side, qty, entry);
    fx_position(f, &p);
}

void fx_flat(struct fx *f)
{
    struct eb_ev_position p = fx_pos(EB_LONG, "0", "0");
    fx_position(f, &p);
}

void fx_fill(struct fx *f, const struct eb_order_request *o, const char *price, const char *qty)
{
    struct eb_event ev = fx_event(f, EB_EV_FILL, o->symbol);
    ev.u.fill = (struct eb_ev_fill){.client_id = o->client_id,
                                    .trade_id = ++f->trade,
                                    .price = px(price),
                                    .qty = qt(qty),
                                    .order_side = o->order_side,
                                    .position_side = o->position_side,
                                    .venue_ms = f->now_ms};
    ok_step(f, &ev);
}

static void order_event(struct fx *f, const struct eb_ev_order *told)
{
    struct eb_event ev = fx_event(f, EB_EV_ORDER, 0);
    ev.u.order = *told;
    ev.u.order.venue_ms = f->now_ms;
    ok_step(f, &ev);
}

void fx_filled(struct fx *f, const struct eb_order_request *o, const char *price)
{
    const struct eb_order_request copy = *o; /* it may lie in the log */
    char qty[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format(copy.qty.e8, 8, qty);
    fx_fill(f, &copy, price, qty);
    struct eb_event ev = fx_event(f, EB_EV_ORDER, copy.symbol);
    ev.u.order = (struct eb_ev_order){.client_id = copy.client_id, .state = EB_OS_FILLED, .filled = copy.qty};
    ok_step(f, &ev);
}

void fx_order(struct fx *f, eb_client_id id, enum eb_order_state state)
{
    const struct eb_ev_order told = {.client_id = id, .venue_order_id = ++f->venue_id, .state = (uint8_t)state};
    order_event(f, &told);
}

void fx_order_told(struct fx *f, eb_client_id id, enum eb_order_state state, const char *filled)
{
    const struct eb_ev_order told = {.client_id = id, .state = (uint8_t)state, .filled = qt(filled)};
    order_event(f, &told);
}

void fx_reject(struct fx *f, eb_client_id id, enum eb_reject_class why)
{
    const struct eb_ev_order told = {
        .client_id = id, .state = EB_OS_REJECTED, .reject = (uint8_t)why, .code = -1000 - (int)why};
    order_event(f, &told);
}

void fx_cancel_failed(struct fx *f, eb_client_id id, enum eb_order_state state, enum eb_reject_class why)
{
    const struct eb_ev_order told = {
        .client_id = id, .state = (uint8_t)state, .reject = (uint8_t)why, .cancel_failed = true};
    order_event(f, &told);
}

void fx_command(struct fx *f, enum eb_command verb, eb_symbol_id symbol)
{
    const struct eb_ev_command c = {.verb = (uint8_t)verb, .who = "test", .why = "a test"};
    struct eb_event ev = fx_event(f, EB_EV_COMMAND, symbol);
    ev.u.command = &c;
    ok_step(f, &ev);
}

void fx_mode(struct fx *f, enum eb_exit_mode mode, bool executor, bool rollout)
{
    struct eb_event ev = fx_event(f, EB_EV_CONFIG, EB_NO_SYMBOL);
    ev.u.config = (struct eb_ev_config){(uint8_t)mode, executor, rollout};
    ok_step(f, &ev);
}

void fx_balance(struct fx *f, const char *balance)
{
    struct eb_event ev = fx_event(f, EB_EV_ACCOUNT, EB_NO_SYMBOL);
    ev.u.account = (struct eb_ev_account){.balance = {e8(balance)}, .hedge = f->hedge};
    ok_step(f, &ev);
}

void fx_path(struct fx *f, enum eb_path_kind kind, const char *from, const char *to)
{
    struct eb_event ev = fx_event(f, EB_EV_PATH, 0);
    ev.position = 0;
    ev.u.path = (struct eb_ev_path){.kind = (uint8_t)kind, .from = px(from), .to = px(to)};
    ok_step(f, &ev);
}

void fx_snapshot_begin(struct fx *f)
{
    struct eb_event ev = fx_event(f, EB_EV_SNAPSHOT_BEGIN, EB_NO_SYMBOL);
    ok_step(f, &ev);
}

void fx_snapshot_end(struct fx *f)
{
    struct eb_event ev = fx_event(f, EB_EV_SNAPSHOT_END, EB_NO_SYMBOL);
    ok_step(f, &ev);
}

void fx_open_order(struct fx *f, const struct eb_ev_open_order *o)
{
    struct eb_event ev = fx_event(f, EB_EV_OPEN_ORDER, 0);
    ev.u.open_order = *o;
    ok_step(f, &ev);
}
