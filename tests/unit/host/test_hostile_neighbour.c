/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three positions of one set, and the strategy of one of them attacks: it is put in quarantine after three failures and
 * keeps a stop, and what the other two are answered, hold and do is to the last bit what it is without it.
 *
 *     the same prices twice: strategy "evil" behaves | attacks  -->  evidence of A and C compared, B in quarantine
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/set.h"
#include <exitbrain/host.h>

#define START_MS INT64_C(1700000000000)
#define SYMBOLS 3
#define EVIL 1
#define SECONDS 200

struct scene {
    struct eb_host *host;
    struct eb_policy *policy;
    int64_t now_ms;
    uint64_t exits[SYMBOLS], failed[SYMBOLS], quarantined[SYMBOLS];
    uint64_t story[SYMBOLS]; /* of every exit and stop, so that histories can be compared */
};

static void observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct scene *s = user;
    (void)ev;
    for (uint16_t i = 0; i < actions->count; i++) {
        const struct eb_action *a = &actions->action[i];
        if (a->kind == EB_ACT_EXIT) {
            s->exits[a->u.exit.symbol]++;
            s->story[a->u.exit.symbol] = s->story[a->u.exit.symbol] * 31 + (uint64_t)a->u.exit.price.e8 +
                                         (uint64_t)a->u.exit.qty.e8 * 7 + a->u.exit.reason;
        } else if (a->kind == EB_ACT_ALERT && a->u.alert.symbol < SYMBOLS) {
            s->failed[a->u.alert.symbol] += a->u.alert.kind == EB_ALERT_POLICY_FAILED;
            s->quarantined[a->u.alert.symbol] += a->u.alert.kind == EB_ALERT_QUARANTINED;
        }
    }
}

static struct eb_event event(const struct scene *s, enum eb_event_kind kind, eb_symbol_id symbol)
{
    struct eb_event ev;
    memset(&ev, 0, sizeof(ev));
    ev.kind = (uint16_t)kind;
    ev.symbol = symbol;
    ev.position = EB_NO_POSITION;
    ev.now_ms = s->now_ms;
    ev.now_ns = (s->now_ms - START_MS + 1) * 1000000;
    return ev;
}

/* All symbols move alike: up by two percent, and back to the start, so that targets are hit and trails end. */
static void second(struct scene *s, int n)
{
    s->now_ms += 1000;
    int64_t rise = n < SECONDS / 2 ? n : SECONDS - n;
    const eb_price at = {100 * EB_E8 + rise * (EB_E8 / 50)};
    struct eb_event ev = event(s, EB_EV_CLOCK, EB_NO_SYMBOL);
    for (eb_symbol_id i = 0; i < SYMBOLS; i++) {
        ev = event(s, EB_EV_PRICE, i);
        ev.u.price = (struct eb_ev_price){.source = EB_SRC_MARK, .price = at, .ask = at, .min = at, .max = at};
        assert_int_equal(eb_turn(s->host, &ev), EB_OK);
    }
    assert_int_equal(eb_host_clock(s->host, ev.now_ns, ev.now_ms), EB_OK);
}

static void load(struct scene *s, const char *attack)
{
    static char evil[2048];
    static const char init[] = "local good, evil = require 'strategies.good', require 'strategies.evil'\n"
                               "return { name = 'n', version = '1', decide = function(ctx)\n"
                               "  if ctx.symbol == 'BBBUSDT' then owner 'evil' return evil.decide(ctx) end\n"
                               "  owner 'good' return good.decide(ctx)\n"
                               "end }";
    static const char good[] =
        "return { name = 'good', version = '1', decide = function(ctx)\n"
        "  local asked = (ctx.memory.asked or 0) + 1\n"
        "  local extras = { memory = { asked = asked } }\n"
        "  if ctx.planned then return { type = 'move_stop', price = ctx.stop + 0.01 }, extras end\n"
        "  return { { type = 'move_stop', pct = 2 }, { type = 'update_tp_limits', levels = {\n"
        "    { r = 0.3, fraction = 0.5 }, { r = 5, fraction = 0.25 } } },\n"
        "    { type = 'set_trailing', activation_r = 0.5, callback_pct = 0.5 } }, extras\n"
        "end }";
    int n = snprintf(evil, sizeof(evil),
                     "local hoard = {}\n"
                     "return { name = 'evil', version = '1', decide = function(ctx)\n"
                     "  if not ctx.planned then return { type = 'move_stop', pct = 3 } end\n  %s\nend }",
                     attack);
    assert_true(n > 0 && (size_t)n < sizeof(evil));
    const struct eb_policy_text text[] = {{"init.lua", init, strlen(init)},
                                          {"strategies/good.lua", good, strlen(good)},
                                          {"strategies/evil.lua", evil, strlen(evil)}};
    struct eb_err err = {.msg = ""};
    if (eb_policy_open_with(&eb_heap_libc, NULL, text, EB_COUNT(text), NULL, &s->policy, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    eb_host_set_policy(s->host, eb_policy_as_port(s->policy));
}

static void begin(struct scene *s, const char *attack)
{
    struct eb_host_config c;
    struct eb_err err;
    memset(&c, 0, sizeof(c));
    *s = (struct scene){.now_ms = START_MS};
    eb_engine_config_default(&c.engine); /* in shadow */
    c.engine.symbols_max = SYMBOLS;
    c.engine.mode.exit_mode = EB_EXIT_MODE_EXIT_BRAIN_V3;
    c.engine.target_source = EB_TARGET_MARK;
    c.engine.snapshot_ms = 0;
    c.observer = observe;
    c.observer_user = s;
    assert_int_equal(eb_host_create(&c, &s->host, &err), EB_OK);
    load(s, attack);
    for (eb_symbol_id i = 0; i < SYMBOLS; i++) {
        struct eb_ev_instrument inst = {"AAAUSDT", .tick = {EB_E8 / 100}, .step = {EB_E8}, .trading = true};
        memset(inst.symbol, 'A' + (int)i, 3);
        struct eb_event ev = event(s, EB_EV_INSTRUMENT, i);
        ev.u.instrument = &inst;
        assert_int_equal(eb_turn(s->host, &ev), EB_OK);
    }
    second(s, 0);
    for (eb_symbol_id i = 0; i < SYMBOLS; i++) {
        const struct eb_ev_position p = {.qty = {100 * EB_E8}, .entry = {100 * EB_E8}, .leverage_ppm = 10 * EB_PPM};
        struct eb_event ev = event(s, EB_EV_POSITION, i);
        ev.u.venue_position = &p;
        assert_int_equal(eb_turn(s->host, &ev), EB_OK);
    }
}

static void end(struct scene *s)
{
    eb_host_destroy(s->host);
    eb_policy_close(s->policy);
}

/* What a position holds and was answered, as one may compare it between two runs. */
static void assert_same(struct scene *a, struct scene *b, eb_symbol_id i, const char *attack)
{
    struct eb_evidence x, y;
    bool open = eb_engine_evidence(eb_host_engine(a->host), 2 * i, &x);
    assert_int_equal(open, eb_engine_evidence(eb_host_engine(b->host), 2 * i, &y));
    bool same = x.open == y.open && x.ctx.stop.e8 == y.ctx.stop.e8 && x.ctx.plan_revision == y.ctx.plan_revision &&
                x.ctx.hits == y.ctx.hits && x.consults == y.consults && y.failures == 0 && !y.quarantined &&
                memcmp(&x.ctx.memory, &y.ctx.memory, sizeof(x.ctx.memory)) == 0 &&
                memcmp(x.ctx.legs, y.ctx.legs, sizeof(x.ctx.legs)) == 0 && a->exits[i] == b->exits[i] &&
                a->story[i] == b->story[i];
    if (!same) {
        fail_msg("%s: position %u is disturbed (stop %lld, without the attack %lld)", attack, i,
                 (long long)y.ctx.stop.e8, (long long)x.ctx.stop.e8);
    }
}

static const char *const attacks[] = {
    "while true do end",
    "while true do pcall(function() while true do end end) end",
    "for i = 1, 1e9 do hoard[i] = { i } end",
    "for i = 1, 5000 do hoard[#hoard + 1] = ('x'):rep(1000) .. i end error('full')",
    "error('no')",
    "error({})",
    "local function f() return 1 + f() end return f()",
    "return { type = 'move_stop', pct = 0 / 0 }",
    "return 7",
    "return { type = 'full_exit', size = 'all' }",
    "return nil, { memory = { a = {} } }",
    "owner 'good'",
    "return host.nothing()",
    "return ctx.signals.x.y",
    "ctx.stop = 0",
    "return { type = 'move_stop', pct = 3, price = 97 }",
};

static void test_neighbours(void **state)
{
    (void)state;
    static struct scene calm, hit;
    for (size_t k = 0; k < EB_COUNT(attacks); k++) {
        begin(&calm, "");
        begin(&hit, attacks[k]);
        for (int n = 0; n < SECONDS; n++) {
            second(&calm, n);
            second(&hit, n);
            if (n % 20 == 0) {
                assert_same(&calm, &hit, 0, attacks[k]);
                assert_same(&calm, &hit, 2, attacks[k]);
            }
        }
        assert_same(&calm, &hit, 0, attacks[k]);
        assert_same(&calm, &hit, 2, attacks[k]);
        assert_true(hit.exits[0] > 0 && hit.exits[2] > 0); /* they lived: targets or trails were reached */
        assert_int_equal(calm.failed[EVIL], 0);
        if (hit.quarantined[EVIL] != 1 || hit.failed[EVIL] < 3) {
            fail_msg("%s: failed %llu times, put in quarantine %llu times", attacks[k],
                     (unsigned long long)hit.failed[EVIL], (unsigned long long)hit.quarantined[EVIL]);
        }
        struct eb_evidence v;
        assert_true(eb_engine_evidence(eb_host_engine(hit.host), 2 * EVIL, &v) && v.open && v.quarantined);
        assert_int_equal(v.ctx.stop.e8, 97 * EB_E8); /* its own first plan stands */
        end(&calm);
        end(&hit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_neighbours)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
