/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets that take over from each other in a running engine: memory that is migrated, that is another owner's, modes that
 * call on other owners of the same set, and a signal that reaches all of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/set.h"
#include <exitbrain/host.h>

#define START_MS INT64_C(1700000000000)

struct scene {
    struct eb_host *host;
    struct eb_policy *policy;
    int64_t now_ms;
    uint64_t commands;
};

static struct eb_event event(const struct scene *s, enum eb_event_kind kind)
{
    struct eb_event ev;
    memset(&ev, 0, sizeof(ev));
    ev.kind = (uint16_t)kind;
    ev.position = EB_NO_POSITION;
    ev.now_ms = s->now_ms;
    ev.now_ns = (s->now_ms - START_MS + 1) * 1000000;
    return ev;
}

static void turn(struct scene *s, const struct eb_event *ev)
{
    assert_int_equal(eb_turn(s->host, ev), EB_OK);
}

/* Lets deadlines pass for some seconds, at a price of 100. */
static void wait(struct scene *s, int seconds)
{
    const eb_price at = {100 * EB_E8};
    for (int i = 0; i < seconds; i++) {
        s->now_ms += 1000;
        struct eb_event ev = event(s, EB_EV_PRICE);
        ev.u.price = (struct eb_ev_price){.source = EB_SRC_MARK, .price = at, .ask = at, .min = at, .max = at};
        turn(s, &ev);
        assert_int_equal(eb_host_clock(s->host, ev.now_ns, ev.now_ms), EB_OK);
    }
}

/* Puts a set into force, as a reload does. */
static void load(struct scene *s, const char *text)
{
    const struct eb_policy_text init = {"init.lua", text, strlen(text)};
    struct eb_policy *before = s->policy;
    struct eb_policy_info info;
    struct eb_err err = {.msg = ""};
    if (eb_policy_open_with(&eb_heap_libc, NULL, &init, 1, NULL, &s->policy, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    eb_policy_info(s->policy, &info);
    struct eb_ev_policy loaded = {.legacy = info.legacy};
    memcpy(loaded.hash, info.hash, sizeof(loaded.hash));
    memcpy(loaded.name, info.name, strlen(info.name));
    memcpy(loaded.version, info.version, strlen(info.version));
    struct eb_event ev = event(s, EB_EV_POLICY);
    ev.u.policy = &loaded;
    eb_host_set_policy(s->host, eb_policy_as_port(s->policy));
    turn(s, &ev);
    eb_policy_close(before);
    wait(s, 2);
}

static void set_mode(struct scene *s, enum eb_exit_mode mode)
{
    const struct eb_ev_command c = {
        .verb = EB_CMD_MODE, .mode = {(uint8_t)mode, false, false}, .id = ++s->commands, .who = "test"};
    struct eb_event ev = event(s, EB_EV_COMMAND);
    ev.symbol = EB_NO_SYMBOL;
    ev.u.command = &c;
    turn(s, &ev);
    wait(s, 12);
}

static void tell_instrument(struct scene *s)
{
    const struct eb_ev_instrument inst = {"DEMOUSDT", .tick = {EB_E8 / 100}, .step = {EB_E8}, .trading = true};
    struct eb_event ev = event(s, EB_EV_INSTRUMENT);
    ev.u.instrument = &inst;
    turn(s, &ev);
}

static void open_position(struct scene *s)
{
    const struct eb_ev_position p = {.qty = {10 * EB_E8}, .entry = {100 * EB_E8}, .leverage_ppm = 10 * EB_PPM};
    struct eb_event ev = event(s, EB_EV_POSITION);
    ev.u.venue_position = &p;
    turn(s, &ev);
    wait(s, 1);
}

static void begin(struct scene *s, const char *set)
{
    struct eb_host_config c;
    struct eb_err err;
    memset(&c, 0, sizeof(c));
    *s = (struct scene){.now_ms = START_MS};
    eb_engine_config_default(&c.engine); /* in shadow */
    c.engine.symbols_max = 1;
    c.engine.mode.exit_mode = EB_EXIT_MODE_EXIT_BRAIN_V3;
    c.engine.target_source = EB_TARGET_MARK;
    c.engine.snapshot_ms = 0;
    assert_int_equal(eb_host_create(&c, &s->host, &err), EB_OK);
    tell_instrument(s);
    load(s, set);
    open_position(s);
}

static void end(struct scene *s)
{
    eb_host_destroy(s->host);
    eb_policy_close(s->policy);
}

static void look(const struct scene *s, struct eb_evidence *out)
{
    assert_true(eb_engine_evidence(eb_host_engine(s->host), 0, out) && out->open);
}

/* Who answered last, and what is remembered: count entries, and the first is "a" with this number. */
static void expect(const struct scene *s, const char *owner, const char *version, unsigned count, double a)
{
    struct eb_evidence v;
    look(s, &v);
    assert_string_equal(v.ctx.owner, owner);
    assert_int_equal(v.ctx.memory.count, count);
    assert_int_equal(v.failures, 0);
    if (count > 0) {
        assert_string_equal(v.ctx.memory.version, version);
        assert_string_equal(v.ctx.memory.entry[0].key, "a");
        assert_true(v.ctx.memory.entry[0].number >= a && v.ctx.memory.entry[0].number <= a);
    }
}

#define STOP "{ type = 'move_stop', pct = 2 }"
#define SET(version, body, more) \
    "return { name = 'n', version = '" version "', decide = function(ctx) " body " end" more " }"

static const char first[] = SET("1", "if not ctx.planned then return " STOP ", { memory = { a = 7 } } end", "");

static void test_migrated_memory(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, first);
    expect(&s, "n", "1", 1, 7);
    load(&s, SET("1", "", "")); /* the same version: nothing is asked for */
    expect(&s, "n", "1", 1, 7);
    load(&s, SET("2", "assert(ctx.planned and ctx.memory.a == 17 and ctx.memory.b == '1n')",
                 ", migrate = function(m, version, owner) return { a = m.a + 10, b = version .. owner } end"));
    expect(&s, "n", "2", 2, 17); /* kept, though decide kept silent */
    load(&s, SET("2", "assert(ctx.memory.a == 17)", ", migrate = function() error('asked twice') end"));
    expect(&s, "n", "2", 2, 17);
    load(&s, SET("3", "assert(next({}) == nil and ctx.memory.a == nil)", ", migrate = function() end"));
    expect(&s, "n", "3", 0, 0);
    end(&s);
}

static void test_wrong_migration(void **state)
{
    (void)state;
    struct scene s;
    struct eb_evidence v;
    begin(&s, first);
    load(&s, SET("2", "return { type = 'full_exit' }", ", migrate = function(m) return { a = { 1 } } end"));
    look(&s, &v);
    assert_int_equal(v.last_result, EB_POLICY_INVALID);
    assert_true(v.failures > 0);
    assert_int_equal(v.ctx.memory.count, 1); /* refused as a whole */
    assert_string_equal(v.ctx.memory.version, "1");
    assert_int_equal(v.ctx.stop.e8, 98 * EB_E8);
    end(&s);
}

static void test_another_owner(void **state)
{
    (void)state;
    struct scene s;
    struct eb_evidence v;
    begin(&s, first);
    load(&s, SET("1",
                 "owner 'other' assert(ctx.memory.a == nil and not ctx.planned or ctx.owner == 'other')"
                 " if not ctx.planned then return { type = 'move_stop', pct = 1 } end",
                 ", migrate = function() error('not its own') end"));
    expect(&s, "other", "", 0, 0);
    look(&s, &v);
    assert_true(v.ctx.planned);
    assert_int_equal(v.ctx.stop.e8, 99 * EB_E8);
    end(&s);
}

static void test_legacy_mode(void **state)
{
    (void)state;
    struct scene s;
    struct eb_evidence v;
    begin(&s, SET("1", "owner 'brain' if not ctx.planned then return " STOP ", { memory = { a = 1 } } end",
                  ", legacy = function(ctx) owner 'monitor' assert(ctx.exit_mode == 'LEGACY')"
                  " if not ctx.planned then return { type = 'move_stop', pct = 1 }, { memory = { a = 2 } } end end"));
    expect(&s, "brain", "1", 1, 1);
    set_mode(&s, EB_EXIT_MODE_LEGACY);
    expect(&s, "monitor", "1", 1, 2);
    look(&s, &v);
    assert_int_equal(v.ctx.stop.e8, 99 * EB_E8);
    set_mode(&s, EB_EXIT_MODE_EXIT_BRAIN_V3);
    expect(&s, "brain", "1", 1, 1);
    look(&s, &v);
    assert_int_equal(v.ctx.stop.e8, 99 * EB_E8); /* wanted 98: a stop is not loosened by a change of owner */
    end(&s);
}

static void test_without_legacy(void **state)
{
    (void)state;
    struct scene s;
    struct eb_evidence v;
    begin(&s, first);
    look(&s, &v);
    uint32_t consults = v.consults;
    set_mode(&s, EB_EXIT_MODE_LEGACY);
    look(&s, &v);
    assert_int_equal(v.consults, consults); /* nobody is asked */
    assert_false(v.owned);
    set_mode(&s, EB_EXIT_MODE_EXIT_BRAIN_V3);
    look(&s, &v);
    assert_true(v.consults > consults && v.owned);
    end(&s);
}

static void test_signal(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, SET("1",
                  "if ctx.reason == 'signal' then return nil, { memory = { a = ctx.signals.level * 2 } } end"
                  " if not ctx.planned then return " STOP " end",
                  ""));
    expect(&s, "n", "", 0, 0);
    const struct eb_ev_signal signal = {.value = {"level", .kind = EB_MEM_NUMBER, .number = 21}, .who = "test"};
    struct eb_event ev = event(&s, EB_EV_SIGNAL);
    ev.u.signal = &signal;
    turn(&s, &ev);
    expect(&s, "n", "1", 1, 42);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_migrated_memory), cmocka_unit_test(test_wrong_migration),
        cmocka_unit_test(test_another_owner),   cmocka_unit_test(test_legacy_mode),
        cmocka_unit_test(test_without_legacy),  cmocka_unit_test(test_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
