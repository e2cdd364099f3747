/* SPDX-License-Identifier: Apache-2.0 */
/* The small live engine of the reload's tests. */
#define _GNU_SOURCE

#include "reload_world.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define START_MS INT64_C(1700000100000)
#define PATIENCE_NS INT64_C(60000000000)

const char reload_world_body[] = "  if ctx.plan_revision == 0 or ctx.r_provisional or ctx.reason == 'reload' then\n"
                                 "    return { { type = 'move_stop', pct = S.stop_pct },\n"
                                 "      { type = 'update_tp_limits', levels = { { r = S.first_r, fraction = 0.5 },\n"
                                 "        { r = 2, fraction = 0.5 } } } }\n"
                                 "  end\n";

/* ---- files ------------------------------------------------------------------------------------------------------- */

void reload_world_write(const struct reload_world *w, const char *name, const char *text)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s", w->dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

void reload_world_save(const struct reload_world *w, const char *name, const char *text)
{
    char from[256];
    char to[256];
    reload_world_write(w, ".saving", text);
    (void)snprintf(from, sizeof(from), "%s/.saving", w->dir); /* what editors call hidden: no part of a set */
    (void)snprintf(to, sizeof(to), "%s/%s", w->dir, name);
    assert_int_equal(rename(from, to), 0);
}

void reload_world_settings(const struct reload_world *w, const char *stop_pct, const char *first_r)
{
    char text[160];
    (void)snprintf(text, sizeof(text), "return { stop_pct = %s, first_r = %s }\n", stop_pct, first_r);
    reload_world_save(w, "settings.lua", text);
}

/* decide(ctx) begins at line 3. */
void reload_world_decide(const struct reload_world *w, const char *body)
{
    char text[4096];
    (void)snprintf(text, sizeof(text),
                   "local S = require 'settings'\n"
                   "return { name = 'world', version = '1', settings = S, decide = function(ctx)\n%send }\n",
                   body);
    reload_world_save(w, "init.lua", text);
}

static void make_set(struct reload_world *w)
{
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(w->root, sizeof(w->root), "%s/eb-reload-XXXXXX", tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
    assert_non_null(mkdtemp(w->root));
    (void)snprintf(w->dir, sizeof(w->dir), "%s/policies", w->root);
    (void)snprintf(w->lib, sizeof(w->lib), "%s/lib", w->root);
    assert_int_equal(mkdir(w->dir, 0700), 0);
    assert_int_equal(mkdir(w->lib, 0700), 0);
    reload_world_write(w, "settings.lua",
                       w->o.settings != NULL ? w->o.settings : "return { stop_pct = 2, first_r = 1 }\n");
    reload_world_decide(w, w->o.decide != NULL ? w->o.decide : reload_world_body);
    memcpy(w->choice.dir, w->dir, strlen(w->dir) + 1);
    memcpy(w->choice.lib_dir, w->lib, strlen(w->lib) + 1);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static void remove_tree(const char *path)
{
    assert_int_equal(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- the engine -------------------------------------------------------------------------------------------------- */

static struct eb_event event(const struct reload_world *w, enum eb_event_kind kind, eb_symbol_id symbol)
{
    return (struct eb_event){.now_ns = w->now_ms * 1000000,
                             .now_ms = w->now_ms,
                             .kind = (uint16_t)kind,
                             .symbol = symbol,
                             .position = EB_NO_POSITION};
}

static unsigned symbols(const struct reload_world *w)
{
    return w->o.positions != 0 ? w->o.positions : 2;
}

static void tell_prices(struct reload_world *w)
{
    for (eb_symbol_id i = 0; i < symbols(w); i++) {
        struct eb_event ev = event(w, EB_EV_PRICE, i);
        eb_price at = {w->price_e8};
        ev.u.price = (struct eb_ev_price){.source = EB_SRC_MARK, .price = at, .ask = at, .min = at, .max = at};
        assert_int_equal(eb_turn(w->host, &ev), EB_OK);
    }
}

static void clock_turns(struct reload_world *w)
{
    assert_int_equal(eb_host_clock(w->host, w->now_ms * 1000000, w->now_ms), EB_OK);
}

void reload_world_silence(struct reload_world *w, int64_t ms)
{
    w->now_ms += ms;
    clock_turns(w);
}

void reload_world_wait(struct reload_world *w, int64_t ms)
{
    for (int64_t until = w->now_ms + ms; w->now_ms < until;) {
        w->now_ms += 1000;
        tell_prices(w);
        clock_turns(w);
    }
}

/* In steps that no jump filter minds. */
void reload_world_price(struct reload_world *w, int64_t price_e8)
{
    while (w->price_e8 != price_e8) {
        int64_t step = price_e8 - w->price_e8;
        step = step > EB_E8 ? EB_E8 : step < -EB_E8 ? -EB_E8 : step;
        w->price_e8 += step;
        w->now_ms += 100;
        tell_prices(w);
        clock_turns(w);
    }
}

void reload_world_command(struct reload_world *w, enum eb_command verb)
{
    struct eb_ev_command c = {.verb = (uint8_t)verb, .who = "test", .why = "test"};
    struct eb_event ev = event(w, EB_EV_COMMAND, EB_NO_SYMBOL);
    ev.u.command = &c;
    assert_int_equal(eb_turn(w->host, &ev), EB_OK);
    clock_turns(w);
}

void reload_world_protect(struct reload_world *w)
{
    for (eb_symbol_id i = 0; i < symbols(w); i++) {
        struct eb_event ev = event(w, EB_EV_ORDER, i);
        ev.u.order = (struct eb_ev_order){.client_id = w->backstop[i], .venue_order_id = 1 + i, .state = EB_OS_NEW};
        assert_int_equal(eb_turn(w->host, &ev), EB_OK);
        assert_int_equal(reload_world_evidence(w, i).protection, EB_PROTECTED);
    }
}

static void open_position(struct reload_world *w, eb_symbol_id i)
{
    struct eb_ev_instrument inst = {.tick.e8 = EB_E8 / 100,
                                    .step.e8 = EB_E8 / 1000,
                                    .min_qty.e8 = EB_E8 / 1000,
                                    .min_notional.e8 = 5 * EB_E8,
                                    .maintenance_ppm = 5000,
                                    .trading = true};
    (void)snprintf(inst.symbol, sizeof(inst.symbol), "%cUSDT", (char)('A' + (int)i));
    struct eb_event ev = event(w, EB_EV_INSTRUMENT, i);
    ev.u.instrument = &inst;
    assert_int_equal(eb_turn(w->host, &ev), EB_OK);
    ev = event(w, EB_EV_PRICE, i);
    eb_price at = {w->price_e8};
    ev.u.price = (struct eb_ev_price){.source = EB_SRC_MARK, .price = at, .ask = at, .min = at, .max = at};
    assert_int_equal(eb_turn(w->host, &ev), EB_OK);
    struct eb_ev_position p = {.side = (uint8_t)(i % 2),
                               .qty.e8 = 10 * EB_E8,
                               .entry.e8 = 100 * EB_E8,
                               .leverage_ppm = 10 * EB_PPM,
                               .adopted = w->o.adopted,
                               .opened_ms = w->now_ms};
    ev = event(w, EB_EV_POSITION, i);
    ev.u.venue_position = &p;
    assert_int_equal(eb_turn(w->host, &ev), EB_OK);
}

static void observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct reload_world *w = user;
    for (uint16_t i = 0; i < actions->count; i++) {
        const struct eb_action *a = &actions->action[i];
        if (a->kind == EB_ACT_ALERT) {
            w->alerts[a->u.alert.kind]++;
        } else if (a->kind == EB_ACT_SUBMIT && a->u.submit.purpose == EB_PURPOSE_BACKSTOP) {
            w->backstop[a->u.submit.symbol] = a->u.submit.client_id;
        }
    }
    eb_reload_observe(w->reload, ev, actions);
}

static void open_engine(struct reload_world *w)
{
    struct eb_host_config c;
    struct eb_err err = {.msg = ""};
    memset(&c, 0, sizeof(c));
    eb_engine_config_default(&c.engine);
    c.engine.symbols_max = RELOAD_WORLD_MAX;
    c.engine.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, !w->o.shadow, !w->o.shadow};
    c.engine.snapshot_ms = 0;
    c.policy = eb_policy_as_port(eb_reload_policy(w->reload));
    c.observer = observe;
    c.observer_user = w;
    if (eb_host_create(&c, &w->host, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    struct eb_event ev = event(w, EB_EV_ACCOUNT, EB_NO_SYMBOL);
    ev.u.account.balance.e8 = 10000 * EB_E8;
    assert_int_equal(eb_turn(w->host, &ev), EB_OK);
    struct eb_ev_policy policy;
    eb_reload_event(w->reload, &policy);
    ev = event(w, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = &policy;
    assert_int_equal(eb_turn(w->host, &ev), EB_OK);
    clock_turns(w);
    for (eb_symbol_id i = 0; i < symbols(w); i++) {
        open_position(w, i);
        assert_true(reload_world_evidence(w, i).open);
    }
}

/* ---- the reload's callbacks -------------------------------------------------------------------------------------- */

static const struct eb_engine *engine_of(void *user)
{
    const struct reload_world *w = user;
    return w->host != NULL ? eb_host_engine(w->host) : NULL;
}

static bool is_live(void *user)
{
    return ((const struct reload_world *)user)->live;
}

static int64_t now_of(void *user)
{
    return ((const struct reload_world *)user)->now_ms;
}

static void swap(void *user, struct eb_policy *policy, const struct eb_ev_policy *announced)
{
    struct reload_world *w = user;
    w->swaps++;
    if (w->host == NULL) {
        return;
    }
    eb_host_set_policy(w->host, eb_policy_as_port(policy));
    struct eb_event ev = event(w, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = announced;
    assert_int_equal(eb_turn(w->host, &ev), EB_OK);
    clock_turns(w);
}

static void told(void *user, const struct eb_reload_report *report)
{
    struct reload_world *w = user;
    w->told++;
    w->told_of[report->outcome]++;
    w->report = *report;
    w->report.plan = NULL; /* lives no longer than this call */
    eb_buffer_clear(&w->page);
    eb_reload_text(report, false, &w->page);
}

static void answered(void *user, const struct eb_reload_report *report)
{
    struct reload_world *w = user;
    w->answers++;
    w->answer = *report;
    w->answer.plan = NULL;
}

static void write_line(void *user, enum eb_log_level level, const char *line)
{
    struct reload_world *w = user;
    size_t used = strlen(w->lines);
    (void)level;
    (void)snprintf(w->lines + used, sizeof(w->lines) - used, "%s\n", line);
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

void reload_world_open(struct reload_world *w, const struct reload_world_options *o)
{
    struct eb_err err = {.msg = ""};
    memset(w, 0, sizeof(*w));
    eb_buffer_init(&w->page, (size_t)1 << 20);
    w->view.columns = 100;
    w->o = *o;
    w->now_ms = START_MS;
    w->price_e8 = 100 * EB_E8;
    w->live = !o->shadow;
    w->log = (struct eb_log){.sink = write_line, .user = w};
    make_set(w);
    assert_int_equal(eb_loop_create(&w->loop, &err), EB_OK);
    const struct eb_reload_config c = {.loop = w->loop,
                                       .choice = &w->choice,
                                       .log = &w->log,
                                       .watch = o->watch,
                                       .quiet_ms = 50,
                                       .user = w,
                                       .engine = engine_of,
                                       .live = is_live,
                                       .now_ms = now_of,
                                       .swap = swap,
                                       .told = told};
    if (eb_reload_create(&c, &w->reload, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    if (!o->no_engine) {
        open_engine(w);
    }
}

void reload_world_close(struct reload_world *w)
{
    eb_reload_destroy(w->reload);
    eb_host_destroy(w->host);
    eb_loop_destroy(w->loop);
    remove_tree(w->root);
    eb_buffer_deinit(&w->page);
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

void reload_world_ask(struct reload_world *w, enum eb_reload_cause cause, const char *dir, const char *confirm)
{
    eb_reload_try(w->reload, &(struct eb_reload_request){.cause = (uint8_t)cause,
                                                         .dir = dir,
                                                         .confirm = confirm,
                                                         .who = "somebody",
                                                         .why = "a test",
                                                         .view = w->view,
                                                         .done = answered,
                                                         .user = w});
}

static void nothing(void *user)
{
    (void)user;
}

/* A timer keeps the loop turning, so that patience can end. */
void reload_world_until_told(struct reload_world *w, unsigned expected)
{
    int64_t until_ns = eb_monotonic_ns() + PATIENCE_NS;
    struct eb_timer *t;
    assert_int_equal(eb_timer_open(w->loop, nothing, NULL, &t, NULL), EB_OK);
    while (w->told < expected && eb_monotonic_ns() < until_ns) {
        eb_timer_set(t, 50000000);
        eb_loop_once(w->loop, true);
    }
    eb_timer_close(t);
    if (w->told < expected) {
        fail_msg("%u reports were told, %u expected", w->told, expected);
    }
}

const struct eb_reload_report *reload_world_try(struct reload_world *w, enum eb_reload_cause cause, const char *confirm)
{
    unsigned before = w->told;
    reload_world_ask(w, cause, NULL, confirm);
    reload_world_until_told(w, before + 1);
    assert_memory_equal(&w->report, &w->answer, sizeof(w->report));
    return &w->report;
}

struct eb_evidence reload_world_evidence(const struct reload_world *w, unsigned position)
{
    struct eb_evidence v;
    assert_true(eb_engine_evidence(eb_host_engine(w->host), position * 2, &v));
    return v;
}

struct reload_still reload_world_still(const struct reload_world *w)
{
    struct eb_engine_stats s;
    const struct eb_engine *e = eb_host_engine(w->host);
    eb_engine_stats(e, &s);
    return (struct reload_still){eb_engine_durable_hash(e), s.steps, eb_reload_policy(w->reload)};
}

void reload_world_expect_still(const struct reload_world *w, const struct reload_still *before)
{
    struct reload_still now = reload_world_still(w);
    assert_true(now.hash == before->hash);
    assert_true(now.steps == before->steps);
    assert_ptr_equal(now.policy, before->policy);
}

int64_t reload_world_stop(const struct reload_world *w, unsigned position)
{
    return reload_world_evidence(w, position).ctx.stop.e8;
}

void reload_world_holds(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in: %s", part, text);
    }
}

void reload_world_expect(const struct eb_reload_report *p, enum eb_reload_outcome outcome)
{
    if (p->outcome != (uint8_t)outcome) {
        fail_msg("%s, not %s: %s", eb_reload_outcome_name((enum eb_reload_outcome)p->outcome),
                 eb_reload_outcome_name(outcome), p->message);
    }
}
