/* SPDX-License-Identifier: Apache-2.0 */
/* Creation of the challengers, and how events reach them. */
#include "app/challengers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/challengers_inner.h"

static const char area[] = "challenger";

#define CLOCKS_AT_ONCE 1 /* of four positions each */

/* ---- what is heard of a challenger's own turns ------------------------------------------------------------------- */

static void tell_failure(struct eb_challenger *one, const struct eb_event *ev)
{
    const char *symbol = eb_engine_symbol_name(eb_host_engine(one->host), ev->symbol);
    bool news = strcmp(one->failure, ev->u.policy_failed->message) != 0;
    (void)snprintf(one->failure, sizeof(one->failure), "%s", ev->u.policy_failed->message);
    (void)snprintf(one->failure_symbol, sizeof(one->failure_symbol), "%s", symbol);
    if (news) {
        eb_log(one->all->c.log, EB_LOG_WARN, "challenger.failed", EB_STR("name", one->spec.name),
               EB_STR("symbol", symbol), EB_STR("why", one->failure));
    }
}

static void observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct eb_challenger *one = user;
    eb_tally_observe(one->tally, ev, actions);
    if (ev->kind == EB_EV_POLICY_FAILED) {
        tell_failure(one, ev);
    }
    for (unsigned i = 0; i < actions->count; i++) {
        const struct eb_action *a = &actions->action[i];
        one->quarantines += a->kind == EB_ACT_ALERT && a->u.alert.kind == EB_ALERT_QUARANTINED ? 1 : 0;
    }
}

/* ---- creation ---------------------------------------------------------------------------------------------------- */

int eb_challenger_open_set(const struct eb_challenger_spec *spec, const struct eb_policy_choice *choice,
                           struct eb_policy **out, struct eb_err *err)
{
    struct eb_err why = {0};
    int rc = eb_policy_open_choice(choice, spec->setting, NULL, out, &why);
    return rc == EB_OK ? rc : eb_err_set(err, rc, area, "challenger %s: %.400s", spec->name, why.msg);
}

void eb_challenger_announce(struct eb_challenger *one)
{
    struct eb_policy_info info;
    struct eb_ev_policy told;
    eb_policy_info(one->policy, &info);
    memset(&told, 0, sizeof(told));
    memcpy(told.hash, info.hash, sizeof(told.hash));
    (void)snprintf(told.name, sizeof(told.name), "%s", info.name);
    (void)snprintf(told.version, sizeof(told.version), "%s", info.version);
    struct eb_event ev = {.kind = EB_EV_POLICY,
                          .now_ns = one->now_ns,
                          .now_ms = one->now_ms,
                          .symbol = EB_NO_SYMBOL,
                          .position = EB_NO_POSITION};
    ev.u.policy = &told;
    (void)eb_turn(one->host, &ev);
}

/* An engine like the owner's, but virtual: what only orders need is off, and its pictures are the owner's. Its instance
 * is none that sends anything. */
static struct eb_engine_config virtual_engine(const struct eb_challengers *c, unsigned index)
{
    struct eb_engine_config e = *c->c.engine;
    e.mode = (struct eb_ev_config){.exit_mode = EB_EXIT_MODE_EXIT_BRAIN_V3};
    e.instance = UINT32_MAX - index;
    e.backstop = false;
    e.snapshot_ms = 0;
    return e;
}

static int open_one(struct eb_challengers *c, unsigned index, struct eb_err *err)
{
    struct eb_challenger *one = &c->one[index];
    struct eb_host_config hc;
    one->all = c;
    one->choice = *c->c.choice;
    memcpy(one->choice.dir, one->spec.dir, sizeof(one->choice.dir));
    one->choice.profile = one->spec.has_profile ? NULL : one->choice.profile;
    int rc = eb_challenger_open_set(&one->spec, &one->choice, &one->policy, err);
    const struct eb_tally_config tc = {.ledger = c->c.ledger,
                                       .owner = one->spec.name,
                                       .symbols_max = c->c.engine->symbols_max,
                                       .fee_taker_ppm = c->c.engine->fee_taker_ppm};
    rc = rc == EB_OK ? eb_tally_create(&tc, &one->tally, err) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    eb_policy_set_log(one->policy, c->c.log);
    memset(&hc, 0, sizeof(hc));
    hc.engine = virtual_engine(c, index);
    hc.policy = eb_policy_as_port(one->policy);
    hc.observer = observe;
    hc.observer_user = one;
    rc = eb_host_create(&hc, &one->host, err);
    if (rc == EB_OK) {
        struct eb_policy_info info;
        eb_policy_info(one->policy, &info);
        eb_tally_attach(one->tally, eb_host_engine(one->host));
        eb_tally_policy(one->tally, info.hash_text, false);
    }
    return rc;
}

static void sliced(void *user)
{
    struct eb_challengers *c = user;
    c->sliced = false;
    if (eb_challengers_slice(c, EB_CHALLENGERS_SLICE_NS)) {
        c->sliced = true;
        eb_timer_set(c->slice, 0);
    }
}

void eb_challenger_copy_spec(struct eb_challenger_spec *to, const struct eb_challenger_spec *from)
{
    *to = *from;
    for (unsigned k = 0; from->setting[k] != NULL; k++) {
        to->setting[k] = to->text + (from->setting[k] - from->text);
    }
}

static int read_specs(struct eb_challengers *c, struct eb_err *err)
{
    struct eb_challenger_spec *spec = calloc(EB_CHALLENGERS_MAX, sizeof(*spec));
    if (spec == NULL) {
        return eb_err_set(err, EB_E_MEMORY, area, "out of memory");
    }
    int rc = eb_challenger_specs(c->c.text, spec, &c->count, err);
    for (unsigned i = 0; rc == EB_OK && i < c->count; i++) {
        eb_challenger_copy_spec(&c->one[i].spec, &spec[i]);
    }
    free(spec);
    return rc;
}

int eb_challengers_open(const struct eb_challengers_config *config, struct eb_challengers **out, struct eb_err *err)
{
    struct eb_challengers *c = calloc(1, sizeof(*c));
    *out = NULL;
    if (c == NULL) {
        return eb_err_set(err, EB_E_MEMORY, area, "out of memory");
    }
    c->c = *config;
    int rc = read_specs(c, err);
    if (rc != EB_OK || c->count == 0) {
        free(c);
        return rc;
    }
    uint32_t room = 2 * (uint32_t)EB_TURN_QUEUE(config->engine->symbols_max);
    rc = eb_tap_create(config->engine->symbols_max, room, &c->tap, err);
    rc = rc == EB_OK ? eb_timer_open(config->loop, sliced, c, &c->slice, err) : rc;
    for (unsigned i = 0; rc == EB_OK && i < c->count; i++) {
        rc = open_one(c, i, err);
    }
    if (rc != EB_OK) {
        eb_challengers_close(c);
        return rc;
    }
    for (unsigned i = 0; i < c->count; i++) {
        struct eb_challenger_view v;
        eb_challengers_view(c, i, &v);
        eb_log(config->log, EB_LOG_INFO, "challenger.opened", EB_STR("name", v.name), EB_STR("dir", v.dir),
               EB_STR("policy", v.policy), EB_STR("sha256", v.hash));
    }
    *out = c;
    return EB_OK;
}

void eb_challengers_close(struct eb_challengers *c)
{
    if (c == NULL) {
        return;
    }
    for (unsigned i = 0; i < c->count; i++) {
        struct eb_challenger *one = &c->one[i];
        eb_challenger_forget_job(one);
        eb_host_destroy(one->host);
        eb_policy_close(one->policy);
        eb_tally_destroy(one->tally);
    }
    eb_timer_close(c->slice);
    eb_tap_destroy(c->tap);
    free(c);
}

/* ---- hearing ----------------------------------------------------------------------------------------------------- */

/* What an engine without orders, and without operators, goes by. */
static bool concerns(const struct eb_event *ev)
{
    switch ((enum eb_event_kind)ev->kind) {
    case EB_EV_PRICE:
    case EB_EV_BAR:
    case EB_EV_FUNDING:
    case EB_EV_INSTRUMENT:
    case EB_EV_ACCOUNT:
    case EB_EV_SNAPSHOT_BEGIN:
    case EB_EV_POSITION:
    case EB_EV_SNAPSHOT_END:
    case EB_EV_SNAPSHOT_FAILED:
    case EB_EV_FILL:
    case EB_EV_SIGNAL:
        return true;
    case EB_EV_COMMAND:
        return ev->u.command->verb == EB_CMD_START || ev->u.command->verb == EB_CMD_CONFIRM ||
               ev->u.command->verb == EB_CMD_REARM;
    case EB_EV_CLOCK: /* their own: eb_challengers_clock() */
    case EB_EV_PATH:
    case EB_EV_OPEN_ORDER:
    case EB_EV_ORDER:
    case EB_EV_POLICY:
    case EB_EV_VERDICT:
    case EB_EV_POLICY_FAILED:
    case EB_EV_CONFIG:
    case EB_EV_COUNT:
        return false;
    }
    return false;
}

static uint64_t slowest(const struct eb_challengers *c)
{
    uint64_t least = c->one[0].next;
    for (unsigned i = 1; i < c->count; i++) {
        least = c->one[i].next < least ? c->one[i].next : least;
    }
    return least;
}

static uint64_t quickest(const struct eb_challengers *c)
{
    uint64_t most = c->one[0].next;
    for (unsigned i = 1; i < c->count; i++) {
        most = c->one[i].next > most ? c->one[i].next : most;
    }
    return most;
}

/* The slowest have come too late: they go on from the end, and take nothing for granted. */
static void leave_behind(struct eb_challengers *c)
{
    uint64_t least = slowest(c);
    for (unsigned i = 0; i < c->count; i++) {
        struct eb_challenger *one = &c->one[i];
        if (one->next == least) {
            one->next = eb_tap_end(c->tap);
            one->behind = true;
            one->overflows++;
            eb_log(c->c.log, EB_LOG_WARN, "challenger.behind", EB_STR("name", one->spec.name),
                   EB_I64("times", one->overflows));
        }
    }
    eb_tap_let_go(c->tap, slowest(c));
}

static void push(struct eb_challengers *c, const struct eb_event *ev)
{
    uint64_t unread = c->lockstep ? UINT64_MAX : quickest(c);
    int rc = eb_tap_push(c->tap, ev, unread);
    if (rc == EB_E_FULL) {
        leave_behind(c);
        rc = eb_tap_push(c->tap, ev, UINT64_MAX);
    }
    EB_ASSERT(rc == EB_OK); /* the owner's engine took it: it is whole */
    if (!c->sliced && !c->lockstep) {
        c->sliced = true;
        eb_timer_set(c->slice, 0);
    }
}

/* The owner asks for a picture: it is as old as this question for them, too. */
static void push_question(struct eb_challengers *c, const struct eb_event *ev, const struct eb_actions *actions)
{
    static const struct eb_ev_command asks = {.verb = EB_CMD_SNAPSHOT, .who = "owner"};
    for (unsigned i = 0; i < actions->count; i++) {
        if (actions->action[i].kind == EB_ACT_SNAPSHOT) {
            struct eb_event told = {.kind = EB_EV_COMMAND,
                                    .now_ns = ev->now_ns,
                                    .now_ms = ev->now_ms,
                                    .symbol = EB_NO_SYMBOL,
                                    .position = EB_NO_POSITION};
            told.u.command = &asks;
            push(c, &told);
        }
    }
}

void eb_challengers_hear(struct eb_challengers *c, const struct eb_event *ev, const struct eb_actions *actions)
{
    bool starts = ev->kind == EB_EV_COMMAND && ev->u.command->verb == EB_CMD_START;
    if (concerns(ev)) {
        push(c, ev);
    }
    if (actions->count > 0 && !starts) {
        push_question(c, ev, actions);
    }
}

void eb_challengers_clock(struct eb_challengers *c, int64_t now_ns, int64_t now_ms)
{
    if (c->clock_end == eb_tap_end(c->tap) && c->clock_ms == now_ms) {
        return; /* nothing has come since it was told the same */
    }
    const struct eb_event ev = {
        .kind = EB_EV_CLOCK, .now_ns = now_ns, .now_ms = now_ms, .symbol = EB_NO_SYMBOL, .position = EB_NO_POSITION};
    push(c, &ev);
    c->clock_end = eb_tap_end(c->tap);
    c->clock_ms = now_ms;
}

void eb_challengers_pace(struct eb_challengers *c, bool lockstep)
{
    c->lockstep = lockstep;
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static void begin_anew(struct eb_challenger *one)
{
    static const struct eb_ev_command start = {
        .verb = EB_CMD_START, .settled = true, .who = "challenger", .why = "events were lost"};
    struct eb_event ev = {.kind = EB_EV_COMMAND,
                          .now_ns = one->now_ns,
                          .now_ms = one->now_ms,
                          .symbol = EB_NO_SYMBOL,
                          .position = EB_NO_POSITION};
    ev.u.command = &start;
    one->behind = false;
    eb_tally_gap(one->tally);
    (void)eb_turn(one->host, &ev);
}

/* One event, or a part of what is due at a time. */
static void step(struct eb_challenger *one)
{
    const struct eb_event *told = eb_tap_at(one->all->tap, one->next);
    if (one->behind) {
        begin_anew(one);
    }
    one->now_ns = told->now_ns > one->now_ns ? told->now_ns : one->now_ns;
    one->now_ms = told->now_ms > one->now_ms ? told->now_ms : one->now_ms;
    if (told->kind == EB_EV_CLOCK) {
        eb_tally_clock(one->tally, one->now_ns, one->now_ms);
        (void)eb_host_clock_some(one->host, one->now_ns, one->now_ms, CLOCKS_AT_ONCE);
        one->next += eb_engine_next_deadline(eb_host_engine(one->host)) > one->now_ns ? 1 : 0;
        return;
    }
    struct eb_event ev = *told;
    ev.now_ns = one->now_ns;
    ev.now_ms = one->now_ms;
    one->refused += eb_turn(one->host, &ev) != EB_OK ? 1 : 0;
    one->next++;
}

/* The next of those that have something to do; NULL: none has. */
static struct eb_challenger *whose_turn(struct eb_challengers *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        struct eb_challenger *one = &c->one[c->turn++ % c->count];
        if (one->next < eb_tap_end(c->tap)) {
            return one;
        }
    }
    return NULL;
}

bool eb_challengers_slice(struct eb_challengers *c, int64_t budget_ns)
{
    int64_t until_ns = eb_monotonic_ns() + budget_ns;
    struct eb_challenger *one;
    while ((one = whose_turn(c)) != NULL && eb_monotonic_ns() < until_ns) {
        step(one);
    }
    eb_tap_let_go(c->tap, slowest(c));
    return one != NULL;
}

void eb_challengers_run(struct eb_challengers *c, bool busy_only)
{
    struct eb_challenger *one;
    if (busy_only && eb_tap_end(c->tap) - slowest(c) < eb_tap_capacity(c->tap) / 2) {
        return;
    }
    while ((one = whose_turn(c)) != NULL) {
        step(one);
    }
    eb_tap_let_go(c->tap, slowest(c));
}

int64_t eb_challengers_deadline(const struct eb_challengers *c)
{
    int64_t first_ns = INT64_MAX;
    for (unsigned i = 0; i < c->count; i++) {
        const struct eb_challenger *one = &c->one[i];
        int64_t at_ns = eb_engine_next_deadline(eb_host_engine(one->host));
        first_ns = one->next == eb_tap_end(c->tap) && at_ns < first_ns ? at_ns : first_ns;
    }
    return first_ns;
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

unsigned eb_challengers_count(const struct eb_challengers *c)
{
    return c != NULL ? c->count : 0;
}

void eb_challengers_view(const struct eb_challengers *c, unsigned index, struct eb_challenger_view *out)
{
    const struct eb_challenger *one = &c->one[index];
    struct eb_policy_info info;
    EB_ASSERT(index < c->count);
    eb_policy_info(one->policy, &info);
    memset(out, 0, sizeof(*out));
    out->name = one->spec.name;
    out->dir = one->choice.dir;
    out->policy = info.name;
    out->version = info.version;
    memcpy(out->hash, info.hash_text, sizeof(out->hash));
    out->consults = info.consults;
    out->failures = info.failures;
    out->waiting = eb_tap_end(c->tap) - one->next;
    out->overflows = one->overflows;
    out->refused = one->refused;
    out->open = eb_tally_open(one->tally);
    out->quarantines = one->quarantines;
    memcpy(out->failure, one->failure, sizeof(out->failure));
    memcpy(out->failure_symbol, one->failure_symbol, sizeof(out->failure_symbol));
}
