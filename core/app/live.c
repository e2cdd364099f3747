/* SPDX-License-Identifier: Apache-2.0 */
/* Creation and end of the live engine, its second hand, its signals; and what operators may do to it. */
#define _DEFAULT_SOURCE

#include "app/live.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/control.h"
#include "app/live_inner.h"
#include "app/signals.h"
#include "base/hash.h"
#include "generated/version.h"

#define BEAT_NS (1000 * EB_NS_IN_MS)
#define VIEW_BEATS 5
#define SLOWER 20 /* a clock that is ahead loses a twentieth */

void eb_live_fail(struct eb_live *l, const struct eb_err *err)
{
    if (l->rc == EB_OK) {
        l->rc = err->code;
        l->err = *err;
    }
    eb_live_stop(l);
}

/* ---- the second hand --------------------------------------------------------------------------------------------- */

/* A loop that did not run for seconds (a stopped process, a machine that slept) has old prices and half-told stories in
 * its sockets. With a clock that waits for us nothing was missed. */
static void look_for_gap(struct eb_live *l)
{
    int64_t now_ns = eb_boottime_ns();
    int64_t gap_ns = l->last_beat_ns > 0 ? now_ns - l->last_beat_ns - BEAT_NS : 0;
    l->last_beat_ns = now_ns;
    l->longest_gap_ns = gap_ns > l->longest_gap_ns ? gap_ns : l->longest_gap_ns;
    if (gap_ns < EB_LIVE_GAP_NS) {
        return;
    }
    l->gaps++;
    l->last_gap_ms = eb_live_now_ms(l);
    l->heard_ns = eb_monotonic_ns(); /* it was us who did not listen */
    eb_log(l->o.log, EB_LOG_WARN, "loop.gap", EB_I64("gap_ms", gap_ns / EB_NS_IN_MS), EB_BOOL("lockstep", l->lockstep));
    eb_live_say(l, "the loop did not run for %" PRId64 " s", gap_ns / EB_NS_IN_MS / 1000);
    if (!l->lockstep && l->stage == EB_LIVE_RUNNING) {
        eb_live_reconnect(l, "the process did not run for a while: everything is read anew");
    }
}

/* Only a clock that runs as fast as ours can be compared with it. A simulated exchange began at a time of its own: what
 * counts is how far the two have moved apart since. */
static void compare_clocks(struct eb_live *l)
{
    l->wall_known = l->stage == EB_LIVE_RUNNING && !l->lockstep && l->venue.speed_ppm == EB_PPM;
    if (!l->wall_known) {
        return;
    }
    int64_t apart_ms = eb_wall_ms() - eb_live_now_ms(l);
    if (!l->wall_based) {
        l->wall_based = true;
        l->wall_base_ms = apart_ms;
    }
    l->wall_offset_ms = apart_ms - l->wall_base_ms;
}

static void beat(void *user)
{
    struct eb_live *l = user;
    l->beats++;
    if (l->journal != NULL) {
        eb_journal_idle(l->journal); /* a hash of the state, where one is due: not within a turn */
    }
    look_for_gap(l);
    compare_clocks(l);
    if (l->tape != NULL && eb_tape_flush(l->tape, &l->err) != EB_OK && !l->tape_failed) {
        l->tape_failed = true;
        eb_log(l->o.log, EB_LOG_ERROR, "tape.failed", EB_STR("why", l->err.msg));
        eb_live_say(l, "the tape ends here, the engine goes on: %s", l->err.msg);
    }
    eb_ledger_flush(l->ledger);
    if (l->stage == EB_LIVE_RUNNING && l->beats % VIEW_BEATS == 1) {
        (void)l->link.ops->ask_view(l->link.link);
    }
    if (l->host != NULL) {
        eb_live_review_alarms(l);
    }
    bool over = l->o.for_ms > 0 && l->started_ms > 0 && eb_live_now_ms(l) >= l->started_ms + l->o.for_ms;
    if (over && !l->lockstep && l->stage == EB_LIVE_OFFLINE) {
        eb_live_stop(l); /* nobody is there who could tell us more */
    }
    eb_service_notify("WATCHDOG=1");
    eb_timer_set(l->beat, BEAT_NS);
}

static void deadline(void *user)
{
    struct eb_live *l = user;
    if (l->stage == EB_LIVE_RUNNING && !l->lockstep) {
        eb_live_set_now(l, 0);
        eb_live_catch_up(l);
    }
}

static void reconnect(void *user)
{
    struct eb_live *l = user;
    struct eb_err err = {0};
    if (l->stage == EB_LIVE_OFFLINE && l->link.ops->connect(l->link.link, &err) != EB_OK) {
        eb_live_reconnect(l, err.msg);
    }
}

static void progress(void *user)
{
    struct eb_live *l = user;
    if (l->host == NULL || l->stage == EB_LIVE_STOPPING) {
        return;
    }
    eb_host_release_held(l->host);
    if (l->control != NULL) {
        eb_control_progress(l->control);
    }
    if (l->ack_due) {
        eb_live_catch_up(l);
    }
}

static void progress_from_thread(void *user)
{
    eb_wake_send(((struct eb_live *)user)->progress);
}

static void on_signal(void *user, int number)
{
    struct eb_live *l = user;
    bool terminal_gone = l->o.on_terminal && isatty(STDERR_FILENO) == 0;
    if (number == SIGHUP && !terminal_gone) {
        eb_reload_try(l->reload, &(struct eb_reload_request){.cause = EB_RELOAD_SIGHUP, .who = "SIGHUP", .why = ""});
        return;
    }
    eb_log(l->o.log, EB_LOG_INFO, "engine.signal", EB_I64("number", number));
    bool whole = l->o.own_venue && l->stage == EB_LIVE_RUNNING && !l->stop_asked;
    l->stop_asked = true;
    if (whole) { /* at the end of the moment under way, so that the books can be compared */
        eb_live_set_now(l, 0);
        l->o.for_ms = l->now_ms > l->started_ms ? l->now_ms - l->started_ms : 1;
        eb_live_catch_up(l);
    } else {
        eb_live_stop(l);
    }
}

/* ---- policies ---------------------------------------------------------------------------------------------------- */

static const struct eb_engine *engine_of(void *user)
{
    struct eb_live *l = user;
    return l->host != NULL && l->stage == EB_LIVE_RUNNING ? eb_host_engine(l->host) : NULL;
}

static bool orders_leave(void *user)
{
    struct eb_live *l = user;
    struct eb_ev_config mode = l->host != NULL ? eb_engine_mode(eb_host_engine(l->host)) : l->o.config.engine.mode;
    return mode.executor_live && mode.rollout_enabled;
}

static int64_t now_of(void *user)
{
    return eb_live_now_ms(user);
}

static void swap_policy(void *user, struct eb_policy *policy, const struct eb_ev_policy *announced)
{
    struct eb_live *l = user;
    if (l->host == NULL) {
        return;
    }
    eb_host_set_policy(l->host, eb_policy_as_port(policy));
    struct eb_event ev = eb_live_event(l, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = announced;
    (void)eb_live_turn(l, &ev);
    eb_live_catch_up(l);
}

static void told_reload(void *user, const struct eb_reload_report *r)
{
    struct eb_live *l = user;
    bool trouble = r->outcome == EB_RELOAD_REFUSED || r->outcome == EB_RELOAD_STAGED;
    int64_t now_ms = eb_live_now_ms(l);
    if (r->cause == EB_RELOAD_PLAN) {
        return;
    }
    if (r->outcome == EB_RELOAD_UNCHANGED) { /* what was wrong with the files was put right */
        eb_alarm_end(l->alarms, "policy_refused", "", now_ms);
        eb_alarm_end(l->alarms, "policy_staged", "", now_ms);
        eb_alarm_end(l->alarms, "policy_rolled_back", "", now_ms);
        return;
    }
    eb_live_say(l, "policy %s: %.12s%s%s", eb_reload_outcome_name((enum eb_reload_outcome)r->outcome), r->hash,
                r->hash[0] != '\0' && r->message[0] != '\0' ? ": " : "", r->message);
    if (trouble && r->cause != EB_RELOAD_COMMAND) { /* nobody waits for the answer */
        bool refused = r->outcome == EB_RELOAD_REFUSED;
        eb_alarm_end(l->alarms, refused ? "policy_staged" : "policy_refused", "", now_ms); /* of the save before */
        eb_alarm_raise(l->alarms, refused ? "policy_refused" : "policy_staged", "", r->message, now_ms);
    } else if (r->outcome == EB_RELOAD_ROLLED_BACK) {
        eb_alarm_raise(l->alarms, "policy_rolled_back", "", r->message, now_ms);
    } else if (r->outcome == EB_RELOAD_SWAPPED) {
        eb_alarm_end(l->alarms, "policy_refused", "", now_ms);
        eb_alarm_end(l->alarms, "policy_staged", "", now_ms);
        eb_alarm_end(l->alarms, "policy_rolled_back", "", now_ms);
    }
}

static int open_policy(struct eb_live *l, struct eb_err *err)
{
    const struct eb_reload_config c = {.loop = l->loop,
                                       .choice = &l->o.choice,
                                       .log = l->o.log,
                                       .watch = l->o.config.watch,
                                       .quiet_ms = l->o.config.watch_quiet_ms,
                                       .user = l,
                                       .engine = engine_of,
                                       .live = orders_leave,
                                       .now_ms = now_of,
                                       .swap = swap_policy,
                                       .told = told_reload};
    return eb_reload_create(&c, &l->reload, err);
}

/* A set that does not open stops the start: whoever named it wants it compared. */
static int open_challengers(struct eb_live *l, struct eb_err *err)
{
    const struct eb_config *c = &l->o.config;
    int rc = eb_ledger_open(l->o.state_dir, &l->ledger, err);
    const struct eb_tally_config tc = {.ledger = l->ledger,
                                       .owner = EB_LEDGER_OWNER,
                                       .symbols_max = c->engine.symbols_max,
                                       .fee_taker_ppm = c->engine.fee_taker_ppm,
                                       .is_owner = true};
    rc = rc == EB_OK ? eb_tally_create(&tc, &l->tally, err) : rc;
    const struct eb_challengers_config cc = {.loop = l->loop,
                                             .log = l->o.log,
                                             .text = c->challengers,
                                             .choice = &l->o.choice,
                                             .engine = &c->engine,
                                             .ledger = l->ledger};
    return rc == EB_OK ? eb_challengers_open(&cc, &l->challengers, err) : rc;
}

/* ---- creation ---------------------------------------------------------------------------------------------------- */

static int open_handles(struct eb_live *l, struct eb_err *err)
{
    static const int numbers[EB_LIVE_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
    int rc = eb_timer_open(l->loop, deadline, l, &l->deadline, err);
    rc = rc == EB_OK ? eb_timer_open(l->loop, reconnect, l, &l->reconnect, err) : rc;
    rc = rc == EB_OK ? eb_timer_open(l->loop, beat, l, &l->beat, err) : rc;
    rc = rc == EB_OK ? eb_wake_open(l->loop, progress, l, &l->progress, err) : rc;
    for (unsigned i = 0; rc == EB_OK && i < EB_LIVE_SIGNALS; i++) {
        rc = eb_signal_open(l->loop, numbers[i], on_signal, l, &l->signal[i], err);
    }
    return rc;
}

int eb_live_open(struct eb_live *l, struct eb_loop *loop, const struct eb_live_options *o, struct eb_err *err)
{
    memset(l, 0, sizeof(*l));
    l->loop = loop;
    l->o = *o;
    l->journal_progress = progress_from_thread;
    const struct eb_alarms_config ac = {.loop = loop, .log = o->log, .command = o->config.on_alarm};
    int rc = open_handles(l, err);
    rc = rc == EB_OK ? eb_alarms_create(&ac, &l->alarms, err) : rc;
    rc = rc == EB_OK ? open_policy(l, err) : rc;
    rc = rc == EB_OK ? open_challengers(l, err) : rc;
    rc = rc == EB_OK ? eb_pump_create(o->config.engine.symbols_max, &l->pump, err) : rc;
    rc = rc == EB_OK ? eb_live_wire_create(l, err) : rc;
    return rc;
}

int eb_live_run(struct eb_live *l, struct eb_err *err)
{
    l->began_wall_ns = eb_monotonic_ns();
    l->last_beat_ns = eb_boottime_ns();
    int rc = l->link.ops->connect(l->link.link, err);
    if (rc != EB_OK) {
        eb_live_reconnect(l, err->msg);
    }
    eb_timer_set(l->beat, BEAT_NS);
    eb_loop_run(l->loop);
    l->ran_ms = (eb_monotonic_ns() - l->began_wall_ns) / EB_NS_IN_MS;
    if (l->rc != EB_OK) {
        *err = l->err;
    }
    return l->rc;
}

void eb_live_stop(struct eb_live *l)
{
    if (l->stage != EB_LIVE_STOPPING) {
        eb_service_notify("STOPPING=1");
        eb_log(l->o.log, EB_LOG_INFO, "engine.stopping", EB_I64("venue_ms", l->now_ms));
    }
    l->stage = EB_LIVE_STOPPING;
    eb_loop_stop(l->loop);
}

static int close_records(struct eb_live *l, struct eb_err *err)
{
    int rc = EB_OK;
    if (l->journal != NULL) {
        rc = eb_journal_close(l->journal, l->host != NULL ? eb_host_engine(l->host) : NULL, l->now_ms, err);
        l->journal = NULL;
    }
    if (l->tape != NULL) {
        int taped = eb_tape_close(l->tape, rc == EB_OK ? err : NULL);
        rc = rc != EB_OK ? rc : taped;
        l->tape = NULL;
    }
    return rc;
}

int eb_live_close(struct eb_live *l, struct eb_err *err)
{
    l->stage = EB_LIVE_STOPPING;
    eb_control_close(l->control);
    if (l->linked) {
        l->o.open_venue.close(l->o.open_venue.user);
    }
    eb_challengers_close(l->challengers);
    eb_reload_destroy(l->reload); /* waits for a trial; its set was the host's */
    int rc = close_records(l, err);
    eb_tally_destroy(l->tally);
    eb_ledger_close(l->ledger);
    eb_host_destroy(l->host);
    eb_pump_destroy(l->pump);
    eb_alarms_destroy(l->alarms);
    eb_tee_destroy(l->tee);
    eb_timer_close(l->deadline);
    eb_timer_close(l->reconnect);
    eb_timer_close(l->beat);
    eb_wake_close(l->progress);
    for (unsigned i = 0; i < EB_LIVE_SIGNALS; i++) {
        eb_signal_close(l->signal[i]);
    }
    eb_book_deinit(&l->book);
    free(l->seen.order);
    free(l->bar_ms);
    eb_trail_free(&l->trail);
    eb_trail_free(&l->late);
    memset(l, 0, sizeof(*l));
    return rc;
}

/* ---- what operators may do --------------------------------------------------------------------------------------- */

struct eb_event eb_live_event(const struct eb_live *l, enum eb_event_kind kind, eb_symbol_id symbol)
{
    return (struct eb_event){
        .kind = (uint16_t)kind, .now_ns = l->now_ns, .now_ms = l->now_ms, .symbol = symbol, .position = EB_NO_POSITION};
}

int eb_live_turn(struct eb_live *l, struct eb_event *ev)
{
    if (ev->now_ns < l->now_ns) {
        ev->now_ns = l->now_ns;
        ev->now_ms = l->now_ms;
    }
    int rc = eb_turn(l->host, ev);
    if (rc != EB_OK) {
        eb_log(l->o.log, EB_LOG_WARN, "event.refused", EB_I64("kind", ev->kind), EB_STR("why", eb_err_text(rc)));
    }
    return rc;
}

/* What somebody asked for, now; *seq as of eb_live_command(). */
static int said(struct eb_live *l, const struct eb_event *what, uint64_t *seq)
{
    uint64_t before = eb_engine_durable_count(eb_host_engine(l->host));
    if (!l->lockstep) {
        eb_live_set_now(l, 0);
    }
    struct eb_event ev = eb_live_event(l, (enum eb_event_kind)what->kind, what->symbol);
    ev.u = what->u;
    int rc = eb_live_turn(l, &ev);
    uint64_t after = eb_engine_durable_count(eb_host_engine(l->host));
    *seq = after > before ? after : 0;
    return rc;
}

int eb_live_signal(struct eb_live *l, const struct eb_ev_signal *signal, eb_symbol_id symbol, uint64_t *seq)
{
    int rc = said(l, &(struct eb_event){.kind = EB_EV_SIGNAL, .symbol = symbol, .u.signal = signal}, seq);
    if (*seq != 0) {
        eb_log(l->o.log, EB_LOG_INFO, "operator.signal", EB_STR("name", signal->value.key),
               EB_STR("value", EB_SIGNAL_TEXT(&signal->value)), EB_STR("who", signal->who), EB_STR("why", signal->why),
               EB_STR("symbol", eb_engine_symbol_name(eb_host_engine(l->host), symbol)));
    }
    eb_live_catch_up(l);
    return rc;
}

int eb_live_command(struct eb_live *l, const struct eb_ev_command *command, eb_symbol_id symbol, uint64_t *seq)
{
    int rc = said(l, &(struct eb_event){.kind = EB_EV_COMMAND, .symbol = symbol, .u.command = command}, seq);
    eb_log(l->o.log, EB_LOG_INFO, "operator.command", EB_I64("verb", command->verb), EB_STR("who", command->who),
           EB_STR("why", command->why), EB_STR("symbol", eb_engine_symbol_name(eb_host_engine(l->host), symbol)));
    eb_live_catch_up(l);
    return rc;
}

int eb_live_durable(const struct eb_live *l, uint64_t seq)
{
    struct eb_store_port port = eb_journal_port(l->journal);
    struct eb_turn_times times;
    eb_host_turn_times(l->host, &times);
    if (times.lost == 0 && port.durable_seq(port.store) >= seq) {
        return 1;
    }
    return times.lost > 0 || port.failed(port.store) ? -1 : 0;
}

int64_t eb_live_clock_ns(const struct eb_live *l, int64_t mono_ns)
{
    int64_t passed_ns = (int64_t)((eb_i128)(mono_ns - l->anchor_mono_ns) * l->venue.speed_ppm / EB_PPM);
    return l->anchor_ns + (l->clock_slow ? passed_ns - passed_ns / SLOWER : passed_ns);
}

int64_t eb_live_now_ms(const struct eb_live *l)
{
    if (l->lockstep || l->anchor_ns == 0) {
        return l->now_ms;
    }
    int64_t at_ms = eb_live_clock_ns(l, eb_monotonic_ns()) / EB_NS_IN_MS;
    return at_ms > l->now_ms ? at_ms : l->now_ms;
}
