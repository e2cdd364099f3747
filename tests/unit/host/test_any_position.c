/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the market and the account look like, the engine accepts what the shipped policies answer: the brain under
 * every profile, preset and source of targets, each legacy owner in both modes, each example strategy. In shadow, so
 * that legs are hit and episodes end without a venue.
 *
 *     seed -> instruments, bars, positions, prices, signals, sizes by hand -> eb_turn <-> set (Lua)
 *                                                                             -> no refusal, no failure
 */
#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include <exitbrain/policy.h>

#define SYMBOLS 8
#define STEPS 40
#define START_MS INT64_C(1700000000000)
#define HOUR_MS INT64_C(3600000)
#define SETS_MAX 48
#if defined(__SANITIZE_ADDRESS__)
#define LIVES 24
#else
#define LIVES 90
#endif

/* A shipped set as somebody would run it. */
struct shipped {
    char dir[512];
    const char *setting, *profile;
    bool legacy; /* asked in LEGACY mode */
    struct eb_policy *set;
};

static struct shipped sets[SETS_MAX];
static unsigned set_count;

struct coin {
    struct eb_ev_instrument inst;
    struct eb_ev_position held;
    int64_t price_e8;
};

struct life {
    struct eb_host *host;
    struct eb_rng rng;
    int64_t now_ms;
    uint64_t signals;
    const struct shipped *running;
    struct coin coin[SYMBOLS];
    unsigned episodes;
    uint64_t consults, plans, hits, builtin, wrong;
    char first[1024];
};

static bool percent(struct life *l, unsigned p)
{
    return eb_rng_chance(&l->rng, p, 100);
}

static int64_t between(struct life *l, int64_t low, int64_t high)
{
    return eb_rng_range(&l->rng, low, high);
}

/* value moved by ppm, at least 1 */
static int64_t moved(int64_t value, int64_t ppm)
{
    int64_t by = (int64_t)((__int128)value * ppm / EB_PPM);
    return value + by > 0 ? value + by : 1;
}

/* ---- what the engine says ---- */

static void describe(struct life *l, const struct eb_alert *a)
{
    struct eb_evidence v;
    if (l->wrong++ > 0 || !eb_engine_evidence(eb_host_engine(l->host), a->position, &v)) {
        return;
    }
    (void)snprintf(l->first, sizeof(l->first),
                   "%s (%s%s%s): %.120s [side %u, entry %lld, tick %lld, step %lld, price %lld, liquidation %lld, qty "
                   "%lld, base %lld, R %lld, stop %lld, reason %u, hits %u, owner '%s', revision %u, adopted %d]",
                   l->running->dir, l->running->setting != NULL ? l->running->setting : "",
                   l->running->profile != NULL ? l->running->profile : "", l->running->legacy ? " in LEGACY" : "",
                   a->text, v.ctx.side, (long long)v.ctx.entry.e8, (long long)v.ctx.tick.e8, (long long)v.ctx.step.e8,
                   (long long)v.ctx.price.e8, (long long)v.ctx.liquidation.e8, (long long)v.ctx.qty.e8,
                   (long long)v.ctx.leg_base.e8, (long long)v.ctx.r.e8, (long long)v.ctx.stop.e8, v.ctx.reason,
                   v.ctx.hits, v.ctx.owner, v.ctx.plan_revision, v.ctx.adopted);
}

static void observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct life *l = user;
    l->plans += ev->kind == EB_EV_VERDICT && ev->u.verdict.verdict->count > 0;
    for (uint16_t i = 0; i < actions->count; i++) {
        const struct eb_action *a = &actions->action[i];
        if (a->kind == EB_ACT_EXIT) {
            l->hits += a->u.exit.reason == EB_EXIT_TARGET;
        } else if (a->kind == EB_ACT_CONSULT) {
            l->consults++;
        } else if (a->kind == EB_ACT_ALERT) {
            l->builtin += a->u.alert.kind == EB_ALERT_BUILTIN_PLAN;
            if (a->u.alert.kind == EB_ALERT_POLICY_FAILED || a->u.alert.kind == EB_ALERT_VERDICT_REFUSED) {
                describe(l, &a->u.alert);
            }
        }
    }
}

/* ---- events ---- */

static struct eb_event event(const struct life *l, enum eb_event_kind kind, eb_symbol_id symbol)
{
    struct eb_event ev;
    memset(&ev, 0, sizeof(ev));
    ev.kind = (uint16_t)kind;
    ev.symbol = symbol;
    ev.position = EB_NO_POSITION;
    ev.now_ms = l->now_ms;
    ev.now_ns = (l->now_ms - START_MS + 1) * 1000000;
    return ev;
}

static void turn(struct life *l, const struct eb_event *ev)
{
    int rc = eb_turn(l->host, ev);
    if (rc != EB_OK && !(ev->kind == EB_EV_SIGNAL && rc == EB_E_INVALID)) {
        fail_msg("event %u: %d", ev->kind, rc);
    }
}

static void tell_price(struct life *l, eb_symbol_id i)
{
    const struct coin *c = &l->coin[i];
    int64_t tick = c->inst.tick.e8;
    int64_t on_grid = c->price_e8 / tick * tick;
    eb_price p = {on_grid > tick ? on_grid : tick};
    static const uint8_t sources[] = {EB_SRC_MARK, EB_SRC_LAST, EB_SRC_BOOK};
    for (size_t k = 0; k < EB_COUNT(sources); k++) {
        struct eb_event ev = event(l, EB_EV_PRICE, i);
        ev.u.price =
            (struct eb_ev_price){.source = sources[k], .price = p, .ask = p, .min = p, .max = p, .venue_ms = l->now_ms};
        turn(l, &ev);
    }
}

/* Time passes, with a price of everything right before what is due. */
static void pass(struct life *l, int64_t ms)
{
    l->now_ms += ms;
    for (eb_symbol_id i = 0; i < SYMBOLS; i++) {
        tell_price(l, i);
    }
    struct eb_event ev = event(l, EB_EV_CLOCK, EB_NO_SYMBOL);
    assert_int_equal(eb_host_clock(l->host, ev.now_ns, ev.now_ms), EB_OK);
}

static void tell_position(struct life *l, eb_symbol_id i)
{
    struct eb_event ev = event(l, EB_EV_POSITION, i);
    l->coin[i].held.venue_ms = l->now_ms;
    ev.u.venue_position = &l->coin[i].held;
    turn(l, &ev);
}

static void tell_signal(struct life *l)
{
    static const char *const names[] = {"risk_mode",   "confidence",     "tp_hint_pct",
                                        "sl_hint_pct", "trail_hint_pct", "liquidity_usd"};
    static const char *const modes[] = {"NORMAL", "CONSERVATIVE", "CRITICAL", "ESS_ACTIVE", "PANIC", ""};
    static const double numbers[] = {-2, 0, 0.01, 0.1, 0.2, 0.5, 0.8, 1, 1.5, 2, 3, 4, 8, 40, 900, 50000, 1e9};
    struct eb_ev_signal s = {.id = ++l->signals, .who = "test"};
    unsigned which = (unsigned)eb_rng_below(&l->rng, EB_COUNT(names));
    memcpy(s.value.key, names[which], strlen(names[which]) + 1);
    if (percent(l, 25)) {
        s.value.kind = EB_MEM_NONE;
    } else if (which == 0 || percent(l, 5)) {
        const char *mode = modes[percent(l, 10) ? eb_rng_below(&l->rng, EB_COUNT(modes)) : eb_rng_below(&l->rng, 3)];
        s.value.kind = EB_MEM_TEXT;
        memcpy(s.value.text, mode, strlen(mode) + 1);
    } else {
        s.value.kind = EB_MEM_NUMBER;
        s.value.number = numbers[eb_rng_below(&l->rng, EB_COUNT(numbers))];
    }
    s.expires_ms = percent(l, 30) ? l->now_ms + between(l, 1, 2 * HOUR_MS) : 0;
    struct eb_event ev =
        event(l, EB_EV_SIGNAL, percent(l, 50) ? EB_NO_SYMBOL : (eb_symbol_id)between(l, 0, SYMBOLS - 1));
    ev.u.signal = &s;
    turn(l, &ev);
}

static void load(struct life *l, const struct shipped *s)
{
    struct eb_policy_info info;
    struct eb_ev_policy loaded;
    eb_policy_info(s->set, &info);
    memset(&loaded, 0, sizeof(loaded));
    loaded.legacy = info.legacy;
    memcpy(loaded.hash, info.hash, sizeof(loaded.hash));
    memcpy(loaded.name, info.name, strlen(info.name));
    memcpy(loaded.version, info.version, strlen(info.version));
    struct eb_event ev = event(l, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = &loaded;
    l->running = s;
    eb_host_set_policy(l->host, eb_policy_as_port(s->set));
    turn(l, &ev);
}

/* ---- the world ---- */

/* Prices over nine orders of magnitude, grids from fine to coarse. */
static void introduce(struct life *l, eb_symbol_id i)
{
    struct coin *c = &l->coin[i];
    memset(c, 0, sizeof(*c));
    int64_t power = 1;
    for (int64_t n = between(l, 4, 12); n > 0; n--) {
        power *= 10;
    }
    c->price_e8 = between(l, power, 10 * power);
    int64_t tick = power;
    for (int64_t n = between(l, 2, 5); n > 0 && tick >= 10; n--) {
        tick /= 10;
    }
    c->inst = (struct eb_ev_instrument){.trading = true, .maintenance_ppm = 10000};
    (void)snprintf(c->inst.symbol, sizeof(c->inst.symbol), "A%uUSDT", i);
    c->inst.tick.e8 = tick;
    c->inst.step.e8 = c->inst.min_qty.e8 = INT64_C(1) << between(l, 0, 30);
    c->inst.min_notional.e8 = percent(l, 50) ? 5 * EB_E8 : 0;
    struct eb_event ev = event(l, EB_EV_INSTRUMENT, i);
    ev.u.instrument = &c->inst;
    turn(l, &ev);
    int64_t at = c->price_e8;
    int64_t width = between(l, 10, 20000);
    int64_t drift = between(l, -2000, 2000);
    int64_t length = percent(l, 50) ? 60000 : 900000;
    for (int64_t n = percent(l, 15) ? between(l, 0, 30) : 330; n > 0; n--) {
        int64_t open = at;
        at = moved(at, between(l, -width, width) + drift);
        at = at < power / 10 || at > 100 * power ? power : at;
        struct eb_event bar = event(l, EB_EV_BAR, i);
        bar.u.bar = (struct eb_ev_bar){.open_ms = l->now_ms / length * length - n * length,
                                       .length_ms = length,
                                       .open = {open},
                                       .high = {moved(at > open ? at : open, between(l, 0, width))},
                                       .low = {moved(at < open ? at : open, -between(l, 0, width))},
                                       .close = {at}};
        turn(l, &bar);
    }
    c->price_e8 = at;
}

static void enter(struct life *l, eb_symbol_id i)
{
    struct coin *c = &l->coin[i];
    bool is_short = percent(l, 50);
    int64_t entry = c->price_e8;
    int64_t qty = (int64_t)((__int128)between(l, 5, 50000) * EB_E8 * EB_E8 / entry);
    int64_t steps = qty / c->inst.step.e8;
    memset(&c->held, 0, sizeof(c->held));
    c->held.side = is_short ? EB_SHORT : EB_LONG;
    c->held.adopted = percent(l, 20);
    c->held.qty.e8 = (steps > 0 ? steps : 1) * c->inst.step.e8;
    c->held.entry.e8 = entry;
    c->held.leverage_ppm = percent(l, 90) ? between(l, 1, 60) * EB_PPM : 0;
    if (percent(l, 40)) {
        c->held.liquidation.e8 = moved(entry, (is_short ? 1 : -1) * between(l, 3000, 600000));
    }
    c->held.opened_ms = percent(l, 90) ? l->now_ms - between(l, 0, 60) * HOUR_MS : 0;
    memcpy(c->held.strategy_id, percent(l, 50) ? "trend" : "scalp", 6);
    if (percent(l, 30)) { /* seen late */
        c->price_e8 = moved(c->price_e8, between(l, -140000, 140000));
        tell_price(l, i);
        tell_price(l, i);
    }
    l->episodes++;
    tell_position(l, i);
}

/* One thing that happens to one symbol. */
static void happen(struct life *l, eb_symbol_id i)
{
    struct coin *c = &l->coin[i];
    unsigned what = (unsigned)eb_rng_below(&l->rng, 100);
    if (c->held.qty.e8 == 0) {
        enter(l, i);
    } else if (what < 55) {
        c->price_e8 = moved(c->price_e8, between(l, -15000, 15000));
    } else if (what < 60) { /* a jump: believed when it is seen twice */
        c->price_e8 = moved(c->price_e8, between(l, -120000, 120000));
        tell_price(l, i);
    } else if (what < 75) {
        tell_signal(l);
    } else if (what < 82) {
        int64_t more = c->held.qty.e8 / c->inst.step.e8 * between(l, 1, 150) / 100;
        c->held.qty.e8 += (more > 0 ? more : 1) * c->inst.step.e8;
        c->held.entry.e8 = (c->held.entry.e8 + c->price_e8) / 2;
        tell_position(l, i);
    } else if (what < 90) {
        int64_t left = c->held.qty.e8 / c->inst.step.e8 * between(l, 10, 95) / 100;
        c->held.qty.e8 = (left > 0 ? left : 1) * c->inst.step.e8;
        tell_position(l, i);
    } else {
        c->held.qty.e8 = 0;
        tell_position(l, i);
    }
}

static void live(struct life *l, const struct shipped *s, const struct shipped *before, uint64_t seed)
{
    struct eb_host_config c;
    struct eb_err err = {.msg = ""};
    memset(l, 0, sizeof(*l));
    memset(&c, 0, sizeof(c));
    eb_rng_seed(&l->rng, seed);
    l->now_ms = START_MS;
    eb_engine_config_default(&c.engine); /* in shadow */
    c.engine.symbols_max = SYMBOLS;
    c.engine.mode.exit_mode = s->legacy ? EB_EXIT_MODE_LEGACY : EB_EXIT_MODE_EXIT_BRAIN_V3;
    c.engine.snapshot_ms = 0;
    c.observer = observe;
    c.observer_user = l;
    if (eb_host_create(&c, &l->host, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    struct eb_event account = event(l, EB_EV_ACCOUNT, EB_NO_SYMBOL);
    account.u.account.balance.e8 = percent(l, 90) ? between(l, 10, 1000000) * EB_E8 : 0;
    turn(l, &account);
    load(l, before);
    for (eb_symbol_id i = 0; i < SYMBOLS; i++) {
        introduce(l, i);
        tell_price(l, i);
    }
    for (int step = 0; step < STEPS; step++) {
        if (step == STEPS / 3 && before != s) {
            load(l, s); /* positions and plans of another set are taken over */
        }
        for (eb_symbol_id i = 0; i < SYMBOLS; i++) {
            happen(l, i);
        }
        pass(l, percent(l, 80) ? between(l, 1, 60) * 1000 : between(l, 1, 20) * HOUR_MS);
    }
    eb_host_destroy(l->host);
}

/* ---- the sets ---- */

static void add(const char *dir, const char *setting, const char *profile, bool legacy)
{
    assert_true(set_count < SETS_MAX);
    struct shipped *s = &sets[set_count++];
    (void)snprintf(s->dir, sizeof(s->dir), "%s", dir);
    s->setting = setting;
    s->profile = profile;
    s->legacy = legacy;
    const char *settings[] = {setting, NULL};
    const struct eb_policy_options o = {
        .settings = settings, .profile = profile, .lib_dir = EB_TEST_ROOT "/lua/exitbrain"};
    char path[1024];
    struct eb_err err = {.msg = ""};
    (void)snprintf(path, sizeof(path), EB_TEST_ROOT "/%s", dir);
    if (eb_policy_open(path, &o, &s->set, &err) != EB_OK) {
        fail_msg("%s: %s", dir, err.msg);
    }
}

/* Every directory of the folder that is a set. */
static void add_examples(const char *folder)
{
    char path[1024];
    (void)snprintf(path, sizeof(path), EB_TEST_ROOT "/%s", folder);
    DIR *d = opendir(path);
    for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        char dir[256];
        (void)snprintf(path, sizeof(path), EB_TEST_ROOT "/%s/%s/init.lua", folder, e->d_name);
        FILE *f = fopen(path, "r");
        if (f != NULL && e->d_name[0] != '.') {
            (void)snprintf(dir, sizeof(dir), "%.100s/%.150s", folder, e->d_name);
            add(dir, NULL, NULL, false);
        }
        if (f != NULL) {
            (void)fclose(f);
        }
    }
    if (d != NULL) {
        (void)closedir(d);
    }
}

static int open_all(void **state)
{
    (void)state;
    static const char *const profiles[] = {"DEFAULT", "TREND",  "RANGE",         "VOLATILE",
                                           "CHOP",    "NORMAL", "CHALLENGE_100", "V3_FAITHFUL"};
    static const char *const settings[] = {"tp_source=\"dynamic\"",
                                           "tp_source=\"plain\"",
                                           "one_ruler=false",
                                           "full_trail=false",
                                           "regime_method=\"v3\"",
                                           "partials={{pct=1,fraction=0.2},{pct=4,fraction=0.3}}",
                                           "owner=\"position_monitor\"",
                                           "owner=\"trailing_stop_manager\"",
                                           "owner=\"hybrid_tpsl\"",
                                           "owner=\"dynamic_trailing_rearm\""};
    static const char *const owners[] = {"legacy_owner=\"position_monitor\"", "legacy_owner=\"trailing_stop_manager\"",
                                         "legacy_owner=\"hybrid_tpsl\"", "legacy_owner=\"dynamic_trailing_rearm\""};
    for (size_t i = 0; i < EB_COUNT(profiles); i++) {
        add("policies", NULL, profiles[i], false);
    }
    for (size_t i = 0; i < EB_COUNT(settings); i++) {
        add("policies", settings[i], NULL, false);
    }
    for (size_t i = 0; i < EB_COUNT(owners); i++) {
        add("policies", owners[i], NULL, true);
    }
    add_examples("examples/strategies");
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    for (unsigned i = 0; i < set_count; i++) {
        eb_policy_close(sets[i].set);
    }
    return 0;
}

static void test_the_engine_accepts_every_answer(void **state)
{
    (void)state;
    unsigned failed = 0;
    for (unsigned i = 0; i < set_count; i++) {
        struct shipped *s = &sets[i];
        struct shipped *other = &sets[i > 0 && sets[i - 1].legacy == s->legacy ? i - 1 : i];
        struct life l;
        uint64_t consults = 0, plans = 0, hits = 0, builtin = 0, wrong = 0;
        unsigned episodes = 0;
        char first[sizeof(l.first)] = "";
        for (uint64_t n = 0; n < LIVES; n++) {
            live(&l, s, n % 3 == 2 ? other : s, 1000 * n + 7);
            consults += l.consults;
            plans += l.plans;
            hits += l.hits;
            builtin += l.builtin;
            episodes += l.episodes;
            if (wrong == 0 && l.wrong > 0) {
                memcpy(first, l.first, sizeof(first));
            }
            wrong += l.wrong;
        }
        print_message("%s %s%s%s: %u episodes, %llu consults, %llu answers with decisions, %llu targets hit, %llu "
                      "built-in plans; %llu refused%s%s\n",
                      s->dir, s->setting != NULL ? s->setting : "", s->profile != NULL ? s->profile : "",
                      s->legacy ? " in LEGACY" : "", episodes, (unsigned long long)consults, (unsigned long long)plans,
                      (unsigned long long)hits, (unsigned long long)builtin, (unsigned long long)wrong,
                      wrong > 0 ? ": " : "", first);
        failed += wrong > 0;
        assert_true(plans > episodes / 4 && consults > episodes);
    }
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_engine_accepts_every_answer)};
    return cmocka_run_group_tests(tests, open_all, close_all);
}
