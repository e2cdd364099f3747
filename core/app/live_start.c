/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The beginning, and every beginning after a lost connection: what was remembered, then what the exchange says.
 *
 *     HELLO -> journal: image + fold -> host -> (INSTRUMENT, BAR, ACCOUNT ... by live_wire.c) -> READY
 *           -> trades that were missed -> modes, policy, START -> picture -> prices
 *
 * A damaged journal is put aside, a strange one makes the engine begin paused, with stops and backstops at work, and
 * says why. Only where none can be written, or it is another's, there is no beginning.
 */
#include "app/live_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/control.h"
#include "app/state_dir.h"
#include "generated/version.h"

static const char area[] = "run";

/* ---- what was remembered ----------------------------------------------------------------------------------------- */

static int open_journal(struct eb_live *l, struct eb_engine **state, struct eb_err *err)
{
    char path[EB_STATE_PATH_MAX];
    struct eb_journal_options o;
    memset(&o, 0, sizeof(o));
    o.path = path;
    o.account = l->venue.account;
    (void)snprintf(o.build, sizeof(o.build), "%s %s", EB_VERSION, EB_COMMIT);
    o.keep_ms = l->o.config.journal_keep_ms;
    o.image_every = (uint32_t)l->o.config.journal_image_every;
    o.hash_every = (uint32_t)l->o.config.journal_hash_every;
    o.progress = l->journal_progress;
    o.user = l;
    int rc = eb_state_path(l->o.state_dir, EB_STATE_JOURNAL, path, sizeof(path), err);
    return rc == EB_OK ? eb_journal_open(&o, &l->journal, &l->recovery, state, err) : rc;
}

static int open_tape(struct eb_live *l, struct eb_err *err)
{
    if (l->o.tape == NULL) {
        return EB_OK;
    }
    struct eb_tape_info info;
    memset(&info, 0, sizeof(info));
    (void)snprintf(info.build, sizeof(info.build), "%s %s", EB_VERSION, EB_COMMIT);
    info.created_ms = l->venue.now_ms;
    info.engine = l->o.config.engine;
    eb_reload_event(l->reload, &info.policy);
    int rc = eb_tape_create(l->o.tape, &info, &l->tape, err);
    return rc == EB_OK ? eb_tee_create(eb_journal_port(l->journal), eb_tape_store_port(l->tape), &l->tee, err) : rc;
}

static int64_t wall_clock(void *user)
{
    (void)user;
    return eb_monotonic_ns();
}

static void attach_tally(struct eb_live *l)
{
    struct eb_policy_info info;
    eb_policy_info(eb_reload_policy(l->reload), &info);
    eb_tally_attach(l->tally, eb_host_engine(l->host));
    eb_tally_policy(l->tally, info.hash_text, false);
}

static int create_host(struct eb_live *l, struct eb_err *err)
{
    struct eb_host_config c;
    memset(&c, 0, sizeof(c));
    c.engine = l->o.config.engine;
    c.venue = eb_live_port(l);
    c.policy = eb_policy_as_port(eb_reload_policy(l->reload));
    c.store = l->tee != NULL ? eb_tee_port(l->tee) : eb_journal_port(l->journal);
    c.observer = eb_live_observe;
    c.observer_user = l;
    int rc = eb_host_create(&c, &l->host, err);
    l->bar_ms = rc == EB_OK ? calloc(c.engine.symbols_max, sizeof(*l->bar_ms)) : NULL;
    if (rc == EB_OK && l->bar_ms == NULL) {
        return eb_err_set(err, EB_E_MEMORY, area, "out of memory");
    }
    if (rc == EB_OK) {
        l->book.engine = eb_host_engine(l->host);
        l->book.kept_max = EB_LIVE_EPISODES_KEPT;
        eb_host_set_clock(l->host, wall_clock, NULL);
        attach_tally(l);
    }
    return rc;
}

/* The state that was folded under the recorded configuration goes on under today's. */
static int take_over(struct eb_live *l, const struct eb_engine *state, struct eb_err *err)
{
    struct eb_engine *engine = eb_host_engine(l->host);
    unsigned char *part = malloc(EB_IMAGE_PART_MAX);
    uint32_t cursor = 0;
    size_t len;
    int rc = part != NULL ? EB_OK : eb_err_set(err, EB_E_MEMORY, area, "out of memory");
    while (rc == EB_OK && (rc = eb_engine_image_part(state, &cursor, part, EB_IMAGE_PART_MAX, &len)) == EB_OK) {
        rc = eb_engine_image_load(engine, part, len, err);
    }
    free(part);
    rc = rc == EB_E_END ? eb_engine_image_done(engine, l->now_ns, l->now_ms, err) : rc;
    if (rc == EB_E_FULL) {
        return eb_err_set(err, rc, area, "account.symbols_max: %u is less than the symbols that the journal knows",
                          l->o.config.engine.symbols_max);
    }
    return rc;
}

static void tell_recovery(struct eb_live *l)
{
    static const char *const found[] = {"new", "clean", "cut", "corrupt"};
    const struct eb_recovery *r = &l->recovery;
    struct eb_engine_stats s;
    eb_engine_stats(eb_host_engine(l->host), &s);
    eb_log(l->o.log, EB_LOG_INFO, "recovery.done", EB_STR("journal", found[r->found]), EB_I64("folded", r->folded),
           EB_I64("seq", r->seq), EB_I64("differed", r->differed), EB_I64("open", s.open_positions),
           EB_I64("orders", s.working_orders), EB_I64("instance", l->o.config.engine.instance),
           EB_STR("build", r->build), EB_STR("why", r->why));
    if (r->found == EB_JOURNAL_NEW) {
        return;
    }
    eb_live_say(l, "journal: %s; %" PRIu64 " records folded (last %" PRIu64 "), %u positions, %u orders under way",
                r->found == EB_JOURNAL_CLEAN ? "closed properly"
                : r->found == EB_JOURNAL_CUT ? "its engine was cut off"
                                             : "damaged, a new one begins",
                r->folded, r->seq, s.open_positions, s.working_orders);
    if (r->aside[0] != '\0') {
        eb_live_say(l, "the damaged journal is kept as %s", r->aside);
    }
}

static int open_control(struct eb_live *l, struct eb_err *err)
{
    if (l->o.control == NULL) {
        return EB_OK;
    }
    int rc = eb_control_open(l, l->o.control, &l->control, err);
    return rc == EB_OK ? eb_state_announce(l->o.state_dir, l->o.control, err) : rc;
}

/* An exchange whose clock is behind what was said or remembered of it was begun anew: it is protected, no more. */
static void note_behind(struct eb_live *l, int64_t expected_ms, const char *whose)
{
    if (l->venue.now_ms < expected_ms && l->recovery.why[0] == '\0') {
        int64_t behind_s = (expected_ms - l->venue.now_ms) / 1000;
        (void)snprintf(l->recovery.why, sizeof(l->recovery.why),
                       "the exchange's clock is %" PRId64 " s or more behind %s", behind_s, whose);
    }
}

static int begin(struct eb_live *l, struct eb_err *err)
{
    struct eb_engine *state = NULL;
    struct eb_engine_config *c = &l->o.config.engine;
    int rc = open_journal(l, &state, err);
    if (rc == EB_OK) {
        c->instance = c->instance != 0 ? c->instance : l->recovery.instance;
        rc = open_tape(l, err);
    }
    rc = rc == EB_OK ? create_host(l, err) : rc;
    note_behind(l, l->recovery.last_ms - EB_LIVE_BEHIND_MS, "the journal's last record");
    eb_live_set_now(l, l->recovery.last_ms);
    rc = rc == EB_OK && state != NULL ? take_over(l, state, err) : rc;
    eb_engine_destroy(state);
    rc = rc == EB_OK ? eb_journal_begin(l->journal, eb_host_engine(l->host), c, l->now_ms, err) : rc;
    rc = rc == EB_OK ? open_control(l, err) : rc;
    if (rc == EB_OK) {
        struct eb_err unwritten = {0};
        if (eb_state_add_instance(l->o.state_dir, c->instance, &unwritten) != EB_OK) {
            eb_log(l->o.log, EB_LOG_WARN, "state.unwritten", EB_STR("why", unwritten.msg));
        }
        l->started_ms = l->now_ms;
        if (l->venue.speed_ppm > 0) {
            l->o.for_ms = (int64_t)((eb_i128)l->o.for_ms * l->venue.speed_ppm / EB_PPM);
        }
        tell_recovery(l);
    }
    return rc;
}

/* ---- what the exchange says -------------------------------------------------------------------------------------- */

bool eb_live_hello(struct eb_live *l, const struct eb_link_hello *hello, struct eb_err *err)
{
    if (l->host != NULL && strcmp(hello->account, l->venue.account) != 0) {
        /* Whoever started that may put the right one back: we wait for it, with an alarm. */
        (void)eb_err_set(err, EB_E_REFUSED, area, "the exchange is another one now: account %s instead of %s",
                         hello->account, l->venue.account);
        return false;
    }
    l->venue = *hello;
    note_behind(l, l->said_ms - EB_LIVE_BACKWARDS_MS, "what it was");
    l->lockstep = hello->lockstep;
    if (l->challengers != NULL) {
        eb_challengers_pace(l->challengers, l->lockstep);
    }
    l->stage = EB_LIVE_GREETED;
    l->pictured = false;
    l->answered = false;
    l->ack_due = false;
    l->symbols_left_out = 0;
    eb_live_set_now(l, hello->now_ms);
    l->connects++;
    const struct eb_ev_config *wanted = &l->o.config.engine.mode;
    bool leaves = wanted->executor_live && wanted->rollout_enabled;
    if (l->host == NULL && leaves && eb_link_suits(&hello->can, &l->o.config.engine, err) != EB_OK) {
        eb_live_fail(l, err);
        return false;
    }
    if (l->host == NULL && leaves && eb_live_may_trade(l, err) != EB_OK) {
        eb_live_fail(l, err);
        return false;
    }
    if (l->host == NULL && begin(l, err) != EB_OK) {
        eb_live_fail(l, err);
        return false;
    }
    eb_live_clock_begin(l, hello->now_ms);
    l->offline_since_ns = 0;
    if (l->connects > 1) {
        eb_live_say(l, "the exchange is connected again, the account is read");
    }
    l->greeted_ns = eb_monotonic_ns();
    eb_log(l->o.log, EB_LOG_INFO, "venue.connected", EB_STR("venue", hello->name), EB_STR("account", hello->account),
           EB_BOOL("lockstep", hello->lockstep), EB_I64("venue_ms", hello->now_ms));
    return true;
}

/* Ids are the engine's and durable: a symbol keeps the one that the journal knows, new ones follow. */
eb_symbol_id eb_live_symbol(struct eb_live *l, const char *name)
{
    const struct eb_engine *e = eb_host_engine(l->host);
    eb_symbol_id known = eb_engine_symbol(e, name);
    if (known != EB_NO_SYMBOL) {
        return known;
    }
    uint32_t next = eb_engine_symbol_count(e);
    if (next >= l->o.config.engine.symbols_max) {
        eb_log(l->o.log, EB_LOG_ERROR, "symbol.no_room", EB_STR("symbol", name),
               EB_STR("remedy", "raise account.symbols_max"));
        l->symbols_left_out++;
        return EB_NO_SYMBOL;
    }
    return next; /* its INSTRUMENT event follows at once */
}

/* The three flags as configured; a journal that ended in other modes hears of it as of any change. */
static void announce_modes(struct eb_live *l)
{
    const struct eb_ev_config *wanted = &l->o.config.engine.mode;
    struct eb_ev_config mode = eb_engine_mode(eb_host_engine(l->host));
    bool same = mode.exit_mode == wanted->exit_mode && mode.executor_live == wanted->executor_live &&
                mode.rollout_enabled == wanted->rollout_enabled;
    if (!same) {
        uint64_t seq;
        struct eb_ev_command c = {.verb = EB_CMD_MODE, .mode = *wanted, .who = "start", .why = "configuration"};
        (void)eb_live_command(l, &c, EB_NO_SYMBOL, &seq);
    }
}

static void announce_policy(struct eb_live *l)
{
    struct eb_ev_policy policy;
    eb_reload_event(l->reload, &policy);
    if (memcmp(policy.hash, eb_engine_policy_hash(eb_host_engine(l->host)), EB_HASH_SIZE) != 0) {
        struct eb_event ev = eb_live_event(l, EB_EV_POLICY, EB_NO_SYMBOL);
        ev.u.policy = &policy;
        (void)eb_live_turn(l, &ev);
    }
}

static void protect_only(struct eb_live *l)
{
    uint64_t seq;
    struct eb_ev_command c = {.verb = EB_CMD_PAUSE, .who = "recovery"};
    if (l->recovery.why[0] == '\0' || l->protect_told) {
        return;
    }
    l->protect_told = true;
    (void)snprintf(c.why, sizeof(c.why), "%s", l->recovery.why);
    (void)eb_live_command(l, &c, EB_NO_SYMBOL, &seq);
    eb_alarm_raise(l->alarms, "protect_only", "", l->recovery.why, l->now_ms);
    eb_live_say(l, "protect-only until `exitbrain resume`: %s", l->recovery.why);
}

/* What stands by the journal is news to challengers, which remember nothing. */
static void tell_signals(struct eb_live *l)
{
    static const struct eb_actions nothing; /* large, and all zero */
    struct eb_signal *signal = calloc(EB_SIGNALS_MAX, sizeof(*signal));
    if (signal == NULL || l->challengers == NULL) {
        free(signal);
        return;
    }
    uint32_t count = eb_engine_signals(eb_host_engine(l->host), signal, EB_SIGNALS_MAX);
    for (uint32_t i = 0; i < count && i < EB_SIGNALS_MAX; i++) {
        const struct eb_ev_signal told = {.value = signal[i].value, .expires_ms = signal[i].expires_ms};
        struct eb_event ev = eb_live_event(l, EB_EV_SIGNAL, signal[i].symbol);
        ev.u.signal = &told;
        eb_challengers_hear(l->challengers, &ev, &nothing);
    }
    free(signal);
}

/* Of symbols that we have traded or hold: trades since the last one that is known. Returns how many answers follow. */
static uint32_t ask_trades(struct eb_live *l)
{
    const struct eb_engine *e = eb_host_engine(l->host);
    uint32_t asked = 0;
    for (eb_symbol_id i = 0; i < eb_engine_symbol_count(e); i++) {
        enum eb_side side;
        uint64_t last = eb_engine_last_trade(e, i);
        bool open = eb_engine_open_side(e, i * 2, &side) || eb_engine_open_side(e, i * 2 + 1, &side);
        if ((last > 0 || open) && l->link.ops->ask_trades(l->link.link, i, last) == EB_OK) {
            asked++;
        }
    }
    return asked;
}

void eb_live_gap(struct eb_live *l, const char *why)
{
    uint64_t seq;
    struct eb_ev_command c = {.verb = EB_CMD_SNAPSHOT, .who = "engine"};
    l->gap = l->stage != EB_LIVE_RUNNING; /* a beginning asks for a picture anyway; trades it has asked for already */
    if (l->gap || l->host == NULL) {
        return;
    }
    (void)ask_trades(l);
    (void)snprintf(c.why, sizeof(c.why), "%s", why);
    (void)eb_live_command(l, &c, EB_NO_SYMBOL, &seq);
}

/* From here on prices count. */
static void go(struct eb_live *l)
{
    uint64_t seq;
    struct eb_ev_command start = {.verb = EB_CMD_START, .settled = l->venue.settled, .who = "engine"};
    (void)snprintf(start.why, sizeof(start.why), "%s", l->begun ? "connected again" : "a process begins");
    l->stage = EB_LIVE_RUNNING;
    if (!l->begun) { /* an earlier connection may have ended before it came to this */
        announce_modes(l);
    }
    announce_policy(l);
    if (!l->begun) {
        tell_signals(l);
    }
    protect_only(l);
    (void)eb_live_command(l, &start, EB_NO_SYMBOL, &seq);
    l->begun = true;
    if (l->gap) {
        eb_live_gap(l, "while the beginning was told");
    }
    (void)l->link.ops->ask_view(l->link.link);
}

static uint32_t unanswered(const struct eb_engine *e)
{
    struct eb_own_order order[16];
    uint32_t count = 0;
    for (eb_position_id p = 0; p < eb_engine_symbol_count(e) * 2; p++) {
        uint32_t n = eb_engine_orders(e, p, order, EB_COUNT(order));
        for (uint32_t i = 0; i < n && i < EB_COUNT(order); i++) {
            count += order[i].state == EB_OS_PENDING || order[i].state == EB_OS_UNKNOWN ? 1 : 0;
        }
    }
    return count;
}

void eb_live_ready(struct eb_live *l)
{
    const struct eb_engine *e = eb_host_engine(l->host);
    bool remembers = l->recovery.found != EB_JOURNAL_NEW || l->connects > 1;
    l->stage = EB_LIVE_TRADES;
    l->trades_due = 0;
    l->missed = (struct eb_live_missed){.unanswered = unanswered(e)};
    l->gap = false;
    l->trades_due = remembers ? ask_trades(l) : 0;
    if (l->trades_due == 0) {
        go(l);
    }
}

/* Whose history ends before what we have applied is not the exchange that we knew. */
static void compare_history(struct eb_live *l, const struct eb_link_trades *t)
{
    uint64_t last = eb_engine_last_trade(eb_host_engine(l->host), t->symbol);
    const char *name = eb_engine_symbol_name(eb_host_engine(l->host), t->symbol);
    bool lost = last > 0 && t->newest < last;
    bool gap = last > 0 && t->oldest > last + 1 && t->oldest > t->after + 1;
    if ((lost || gap) && l->recovery.why[0] == '\0') {
        (void)snprintf(l->recovery.why, sizeof(l->recovery.why),
                       "%s: the journal knows trade %" PRIu64 ", the exchange %s", name, last,
                       lost ? "does not" : "only later ones");
    }
}

void eb_live_trades(struct eb_live *l, const struct eb_link_trades *told)
{
    if (l->stage == EB_LIVE_TRADES && l->trades_due > 0) {
        compare_history(l, told);
        if (--l->trades_due == 0) {
            go(l);
        }
    } else if (l->stage == EB_LIVE_SETTLING && l->trades_due > 0 && --l->trades_due == 0) {
        eb_live_stop(l);
    }
}
