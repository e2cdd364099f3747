/* SPDX-License-Identifier: Apache-2.0 */
/* The status page: a line per stage from the modes to the alarms, so that a glance shows which is not well. */
#include "app/answer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/answer_words.h"
#include "app/signals.h"
#include "generated/version.h"

/* "name      text", in red where it is bad news. */
static void say(struct eb_answer *a, bool bad, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static void say(struct eb_answer *a, bool bad, const char *name, const char *fmt, ...)
{
    char text[512];
    va_list args;
    if (a->no_text) {
        return;
    }
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    (void)eb_buffer_printf(&a->text, "%s%-10s%s%s%s%s\n", eb_colour_code(EB_BOLD, a->colour), name,
                           eb_colour_code(EB_PLAIN, a->colour), eb_colour_code(EB_RED, a->colour && bad), text,
                           eb_colour_code(EB_PLAIN, a->colour && bad));
}

static void modes(const struct eb_live *l, struct eb_answer *a)
{
    struct eb_ev_config mode = eb_engine_mode(eb_host_engine(l->host));
    bool paused = eb_engine_paused(eb_host_engine(l->host));
    char flag[EB_FLAG_TEXT_MAX];
    say(a, false, "mode", "%s: %s%s", eb_mode_name(&mode), eb_mode_meaning(l, &mode),
        paused ? "; PAUSED: no consult, no target, no partial close" : "");
    for (unsigned i = 0; i < EB_FLAG_MODES; i++) {
        say(a, false, "", "  %s", eb_answer_flag(l, i, flag));
    }
    if (l->yields) {
        say(a, true, "", "another engine works on this account: this one yields to SHADOW until it is restarted");
    }
    if (!a->no_doc) {
        eb_doc_text(&a->doc, "mode", eb_mode_name(&mode));
        eb_doc_text(&a->doc, "exit_mode", mode.exit_mode == EB_EXIT_MODE_EXIT_BRAIN_V3 ? "EXIT_BRAIN_V3" : "LEGACY");
        eb_doc_text(&a->doc, "executor_mode", mode.executor_live ? "LIVE" : "SHADOW");
        eb_doc_text(&a->doc, "live_rollout", mode.rollout_enabled ? "ENABLED" : "DISABLED");
        eb_doc_bool(&a->doc, "paused", paused);
        eb_doc_bool(&a->doc, "yields", l->yields);
    }
}

static void fact_doc(void *user, const struct eb_link_fact *f)
{
    struct eb_doc *d = user;
    eb_doc_begin(d, NULL, '{');
    eb_doc_text(d, "name", f->name);
    eb_doc_text(d, "value", f->value);
    eb_doc_bool(d, "well", f->well);
    eb_doc_text(d, "note", f->note);
    eb_doc_end(d, '}');
}

/* Of the figures of the connection those that are not well, and the three that are asked for first. */
static void fact_line(void *user, const struct eb_link_fact *f)
{
    static const char *const shown[] = {"clock.offset_ms", "clock.round_trip_ms", "weight.used_1m", "orders.used_1m"};
    bool wanted = !f->well;
    for (size_t i = 0; i < EB_COUNT(shown); i++) {
        wanted = wanted || strcmp(f->name, shown[i]) == 0;
    }
    if (wanted) {
        say(user, !f->well, "", "  %s %s%s%s", f->name, f->value, f->note[0] != '\0' ? ": " : "", f->note);
    }
}

static void venue(const struct eb_live *l, struct eb_answer *a)
{
    static const char *const stage[] = {
        [EB_LIVE_OFFLINE] = "offline", [EB_LIVE_GREETED] = "reading",   [EB_LIVE_TRADES] = "catching_up",
        [EB_LIVE_RUNNING] = "running", [EB_LIVE_SETTLING] = "settling", [EB_LIVE_STOPPING] = "stopping"};
    static const char *const meaning[] = {[EB_LIVE_OFFLINE] = "NOT connected: tried again and again",
                                          [EB_LIVE_GREETED] = "connected: symbols and history are being read",
                                          [EB_LIVE_TRADES] = "connected: trades that were missed are being read",
                                          [EB_LIVE_RUNNING] = "connected, prices are taken",
                                          [EB_LIVE_SETTLING] = "the time is over: the books are compared",
                                          [EB_LIVE_STOPPING] = "stopping"};
    unsigned at = l->stage < EB_COUNT(stage) ? l->stage : EB_LIVE_OFFLINE;
    bool offline = at == EB_LIVE_OFFLINE;
    uint64_t again = l->connects > 0 ? l->connects - 1 : 0;
    say(a, offline, "venue", "%s, account %s: %s%s%s; wallet %s, connected again %" PRIu64 " times", l->venue.name,
        l->venue.account, meaning[at], offline && l->offline_why[0] != '\0' ? ": " : "", offline ? l->offline_why : "",
        EB_AMOUNT(l->view.wallet.e8), again);
    if (l->link.ops != NULL && l->link.ops->facts != NULL && !offline) {
        l->link.ops->facts(l->link.link, fact_line, a);
    }
    int64_t now_ms = eb_live_now_ms(l);
    int64_t up_ms = l->began_wall_ns > 0 ? (eb_monotonic_ns() - l->began_wall_ns) / 1000000 : -1;
    if (l->lockstep) {
        say(a, false, "clock", "%s UTC of the venue, in step with this engine; up %s", EB_TIME(now_ms), EB_AGE(up_ms));
    } else if (l->wall_known) {
        say(a, false, "clock", "%s UTC of the venue, this machine's differs by %" PRId64 " ms; up %s", EB_TIME(now_ms),
            l->wall_offset_ms, EB_AGE(up_ms));
    } else {
        say(a, false, "clock", "%s UTC of the venue; up %s", EB_TIME(now_ms), EB_AGE(up_ms));
    }
    if (!a->no_doc) {
        eb_doc_begin(&a->doc, "venue", '{');
        eb_doc_text(&a->doc, "stage", stage[at]);
        eb_doc_bool(&a->doc, "connected", !offline);
        eb_doc_text(&a->doc, "name", l->venue.name);
        eb_doc_text(&a->doc, "account", l->venue.account);
        eb_doc_e8(&a->doc, "wallet", l->view.wallet.e8);
        eb_doc_int(&a->doc, "reconnects", (int64_t)again);
        eb_doc_bool(&a->doc, "lockstep", l->lockstep);
        eb_doc_int(&a->doc, "clock_apart_ms", l->clock_apart_ms);
        eb_doc_begin(&a->doc, "facts", '[');
        if (l->link.ops != NULL && l->link.ops->facts != NULL && !offline) {
            l->link.ops->facts(l->link.link, fact_doc, &a->doc);
        }
        eb_doc_end(&a->doc, ']');
        eb_doc_end(&a->doc, '}');
        eb_doc_int(&a->doc, "now_ms", now_ms);
        eb_doc_int(&a->doc, "up_ms", up_ms);
        if (l->wall_known) {
            eb_doc_int(&a->doc, "wall_offset_ms", l->wall_offset_ms);
        } else {
            eb_doc_null(&a->doc, "wall_offset_ms");
        }
    }
}

static void positions(const struct eb_live *l, struct eb_answer *a)
{
    struct eb_evidence v;
    unsigned open = 0;
    unsigned safe = 0;
    unsigned undecided = 0;
    unsigned released = 0;
    unsigned quarantined = 0;
    for (eb_position_id slot = 0; eb_answer_next(l, EB_NO_SYMBOL, &slot, &v); slot++) {
        open++;
        safe += v.protection == EB_PROTECTED || v.protection == EB_PROTECTED_FOREIGN ? 1 : 0;
        undecided += v.ctx.plan_revision == 0 || v.ctx.r_provisional ? 1 : 0;
        released += v.released ? 1 : 0;
        quarantined += v.quarantined ? 1 : 0;
    }
    struct eb_engine_stats s;
    eb_engine_stats(eb_host_engine(l->host), &s);
    say(a, safe < open || undecided > 0, "positions",
        "%u open, %u protected, %u undecided, %u released, %u quarantined", open, safe, undecided, released,
        quarantined);
    say(a, false, "orders", "%u working, %u conditional; %" PRIu64 " sent, %" PRIu64 " fills", s.working_orders,
        s.conditional_orders, s.submits, s.fills);
    if (!a->no_doc) {
        eb_doc_begin(&a->doc, "positions", '{');
        eb_doc_int(&a->doc, "open", open);
        eb_doc_int(&a->doc, "protected", safe);
        eb_doc_int(&a->doc, "undecided", undecided);
        eb_doc_int(&a->doc, "released", released);
        eb_doc_int(&a->doc, "quarantined", quarantined);
        eb_doc_end(&a->doc, '}');
        eb_doc_begin(&a->doc, "orders", '{');
        eb_doc_int(&a->doc, "working", s.working_orders);
        eb_doc_int(&a->doc, "conditional", s.conditional_orders);
        eb_doc_int(&a->doc, "sent", (int64_t)s.submits);
        eb_doc_int(&a->doc, "fills", (int64_t)s.fills);
        eb_doc_end(&a->doc, '}');
        eb_doc_int(&a->doc, "consults", (int64_t)s.consults);
    }
}

static void policy(const struct eb_live *l, struct eb_answer *a)
{
    if (l->reload == NULL) {
        return;
    }
    struct eb_policy_info info;
    eb_policy_info(eb_reload_policy(l->reload), &info);
    const struct eb_reload_report *staged = eb_reload_staged(l->reload);
    say(a, false, "policy", "%s %s, %.12s, %u files, %" PRIu64 " consults, %" PRIu64 " failed%s", info.name,
        info.version, info.hash_text, info.files, info.consults, info.failures,
        eb_reload_busy(l->reload) ? "; a trial of another is under way" : "");
    if (staged != NULL) {
        say(a, false, "", "STAGED: %.12s waits: %s", staged->hash, staged->message);
    }
    if (!a->no_doc) {
        eb_doc_begin(&a->doc, "policy", '{');
        eb_doc_text(&a->doc, "name", info.name);
        eb_doc_text(&a->doc, "version", info.version);
        eb_doc_text(&a->doc, "sha256", info.hash_text);
        eb_doc_int(&a->doc, "failures", (int64_t)info.failures);
        eb_doc_text(&a->doc, "staged", staged != NULL ? staged->hash : NULL);
        eb_doc_text(&a->doc, "staged_why", staged != NULL ? staged->message : NULL);
        eb_doc_end(&a->doc, '}');
    }
}

static void challengers(const struct eb_live *l, struct eb_answer *a)
{
    if (!a->no_doc) {
        eb_doc_begin(&a->doc, "challengers", '[');
    }
    for (unsigned i = 0; i < eb_challengers_count(l->challengers); i++) {
        struct eb_challenger_view v;
        eb_challengers_view(l->challengers, i, &v);
        bool bad = v.failures > 0 || v.overflows > 0;
        say(a, bad, i == 0 ? "shadow" : "",
            "challenger %s: %s %s, %.12s, %u open, %" PRIu64 " consults, %" PRIu64 " failed, %" PRIu64
            " events waiting%s%s",
            v.name, v.policy, v.version, v.hash, v.open, v.consults, v.failures, v.waiting,
            v.failure[0] != '\0' ? "; last: " : "", v.failure);
        if (!a->no_doc) {
            eb_doc_begin(&a->doc, NULL, '{');
            eb_doc_text(&a->doc, "name", v.name);
            eb_doc_text(&a->doc, "dir", v.dir);
            eb_doc_text(&a->doc, "policy", v.policy);
            eb_doc_text(&a->doc, "version", v.version);
            eb_doc_text(&a->doc, "sha256", v.hash);
            eb_doc_int(&a->doc, "open", v.open);
            eb_doc_int(&a->doc, "consults", (int64_t)v.consults);
            eb_doc_int(&a->doc, "failures", (int64_t)v.failures);
            eb_doc_int(&a->doc, "quarantines", v.quarantines);
            eb_doc_int(&a->doc, "waiting", (int64_t)v.waiting);
            eb_doc_int(&a->doc, "overflows", (int64_t)v.overflows);
            eb_doc_int(&a->doc, "events_refused", (int64_t)v.refused);
            eb_doc_text(&a->doc, "failure", v.failure[0] != '\0' ? v.failure : NULL);
            eb_doc_end(&a->doc, '}');
        }
    }
    if (!a->no_doc) {
        eb_doc_end(&a->doc, ']');
    }
}

static void signals(const struct eb_live *l, struct eb_answer *a)
{
    struct eb_buffer line;
    eb_buffer_init(&line, 4096);
    eb_signals_line(l, &line);
    if (line.len > 0) {
        say(a, false, "signals", "%s", eb_buffer_str(&line));
    }
    eb_buffer_deinit(&line);
    if (!a->no_doc) {
        eb_signals_doc(l, &a->doc);
    }
}

static void journal(const struct eb_live *l, struct eb_answer *a)
{
    if (l->journal == NULL) {
        return;
    }
    struct eb_journal_stats s;
    struct eb_turn_times t;
    eb_journal_stats(l->journal, &s);
    eb_host_turn_times(l->host, &t);
    uint64_t waiting = s.appended > s.durable ? s.appended - s.durable : 0;
    if (s.failed) {
        say(a, true, "journal", "FAILED: %s; only protection and full closes leave", s.failure);
    } else {
        say(a, false, "journal",
            "%" PRIu64 " records durable, %" PRIu64 " under way, %" PRIu64
            " orders held for it; commit %s, longest %s; "
            "%s, %s free",
            s.durable, waiting, t.held, EB_DELAY(s.last_commit_ns), EB_DELAY(s.longest_commit_ns),
            EB_SIZE(s.file_bytes), EB_SIZE(s.free_bytes));
    }
    if (!a->no_doc) {
        eb_doc_begin(&a->doc, "journal", '{');
        eb_doc_bool(&a->doc, "failed", s.failed);
        eb_doc_text(&a->doc, "failure", s.failed ? s.failure : NULL);
        eb_doc_int(&a->doc, "durable", (int64_t)s.durable);
        eb_doc_int(&a->doc, "under_way", (int64_t)waiting);
        eb_doc_int(&a->doc, "orders_held", (int64_t)t.held);
        eb_doc_int(&a->doc, "records_lost", (int64_t)t.lost);
        eb_doc_int(&a->doc, "commits", (int64_t)s.commits);
        eb_doc_int(&a->doc, "last_commit_ns", s.last_commit_ns);
        eb_doc_int(&a->doc, "longest_commit_ns", s.longest_commit_ns);
        eb_doc_int(&a->doc, "file_bytes", (int64_t)s.file_bytes);
        eb_doc_int(&a->doc, "free_bytes", (int64_t)s.free_bytes);
        eb_doc_end(&a->doc, '}');
    }
}

static void delay_doc(struct eb_doc *d, const char *key, const struct eb_delay *of)
{
    eb_doc_begin(d, key, '{');
    eb_doc_int(d, "count", (int64_t)of->count);
    eb_doc_int(d, "p50_ns", eb_delay_at(of, 500));
    eb_doc_int(d, "p99_ns", eb_delay_at(of, 990));
    eb_doc_int(d, "p999_ns", eb_delay_at(of, 999));
    eb_doc_int(d, "max_ns", of->max_ns);
    eb_doc_end(d, '}');
}

static void loop(const struct eb_live *l, struct eb_answer *a)
{
    struct eb_turn_times t;
    eb_host_turn_times(l->host, &t);
    const struct eb_delay *p = &l->price_delay;
    const struct eb_delay *o = &l->order_delay;
    say(a, false, "prices", "%" PRIu64 " taken; delay p50 %s, p99 %s, p99.9 %s, max %s", l->prices,
        EB_DELAY(eb_delay_at(p, 500)), EB_DELAY(eb_delay_at(p, 990)), EB_DELAY(eb_delay_at(p, 999)),
        EB_DELAY(p->max_ns));
    say(a, t.refused + t.overflows > 0, "loop",
        "%" PRIu64 " turns, longest %s; order delay p50 %s, max %s; %" PRIu64 " gaps, longest %s; %" PRIu64
        " events refused, %" PRIu64 " lost",
        t.turns, EB_DELAY(t.longest_ns), EB_DELAY(eb_delay_at(o, 500)), EB_DELAY(o->max_ns), l->gaps,
        EB_DELAY(l->longest_gap_ns), t.refused, t.overflows);
    if (!a->no_doc) {
        eb_doc_begin(&a->doc, "loop", '{');
        eb_doc_int(&a->doc, "prices", (int64_t)l->prices);
        delay_doc(&a->doc, "price_delay", p);
        delay_doc(&a->doc, "order_delay", o);
        eb_doc_int(&a->doc, "turns", (int64_t)t.turns);
        eb_doc_int(&a->doc, "longest_turn_ns", t.longest_ns);
        eb_doc_int(&a->doc, "gaps", (int64_t)l->gaps);
        eb_doc_int(&a->doc, "longest_gap_ns", l->longest_gap_ns);
        eb_doc_int(&a->doc, "events_refused", (int64_t)t.refused);
        eb_doc_int(&a->doc, "events_lost", (int64_t)t.overflows);
        eb_doc_end(&a->doc, '}');
    }
}

static void start(const struct eb_live *l, struct eb_answer *a)
{
    static const char *const found[] = {[EB_JOURNAL_NEW] = "new",
                                        [EB_JOURNAL_CLEAN] = "clean",
                                        [EB_JOURNAL_CUT] = "cut",
                                        [EB_JOURNAL_CORRUPT] = "corrupt"};
    static const char *const meaning[] = {[EB_JOURNAL_NEW] = "a new journal: nothing to recover",
                                          [EB_JOURNAL_CLEAN] = "the journal had been closed properly",
                                          [EB_JOURNAL_CUT] = "the engine before had died",
                                          [EB_JOURNAL_CORRUPT] = "the journal was DAMAGED: put aside, a new one begun"};
    const struct eb_recovery *r = &l->recovery;
    unsigned at = r->found < EB_COUNT(found) ? r->found : EB_JOURNAL_NEW;
    say(a, at == EB_JOURNAL_CORRUPT || r->differed > 0, "start",
        "%s; %" PRIu64 " records folded, %" PRIu64 " differed, instance %" PRIu32, meaning[at], r->folded, r->differed,
        l->o.config.engine.instance);
    if (r->aside[0] != '\0') {
        say(a, true, "", "  the damaged file: %s", r->aside);
    }
    if (r->why[0] != '\0') {
        say(a, true, "", "  protect-only: %s", r->why);
    }
    if (!a->no_doc) {
        eb_doc_begin(&a->doc, "start", '{');
        eb_doc_text(&a->doc, "found", found[at]);
        eb_doc_text(&a->doc, "aside", r->aside[0] != '\0' ? r->aside : NULL);
        eb_doc_text(&a->doc, "protect_only", r->why[0] != '\0' ? r->why : NULL);
        eb_doc_int(&a->doc, "folded", (int64_t)r->folded);
        eb_doc_int(&a->doc, "differed", (int64_t)r->differed);
        eb_doc_int(&a->doc, "segments", r->segments);
        eb_doc_int(&a->doc, "instance", l->o.config.engine.instance);
        eb_doc_end(&a->doc, '}');
    }
}

/* Those that stand, newest first; those that are over are the log's and the doctor's. */
static void alarms(const struct eb_live *l, struct eb_answer *a)
{
    int64_t now_ms = eb_live_now_ms(l);
    unsigned count = l->alarms != NULL ? eb_alarms_count(l->alarms) : 0;
    unsigned standing = l->alarms != NULL ? eb_alarms_standing(l->alarms) : 0;
    say(a, standing > 0, "alarms", standing > 0 ? "%u" : "none", standing);
    if (!a->no_doc) {
        eb_doc_begin(&a->doc, "alarms", '[');
    }
    for (unsigned i = 0; i < count; i++) {
        const struct eb_alarm *alarm = eb_alarms_at(l->alarms, i);
        if (alarm->over) {
            continue;
        }
        say(a, true, "", "  %s%s%s: %s (%s ago, %" PRIu64 " time%s)", alarm->name, alarm->symbol[0] != '\0' ? " " : "",
            alarm->symbol, alarm->text, EB_AGE(now_ms - alarm->last_ms), alarm->count, alarm->count == 1 ? "" : "s");
        if (!a->no_doc) {
            eb_doc_begin(&a->doc, NULL, '{');
            eb_doc_text(&a->doc, "name", alarm->name);
            eb_doc_text(&a->doc, "symbol", alarm->symbol[0] != '\0' ? alarm->symbol : NULL);
            eb_doc_text(&a->doc, "text", alarm->text);
            eb_doc_int(&a->doc, "first_ms", alarm->first_ms);
            eb_doc_int(&a->doc, "last_ms", alarm->last_ms);
            eb_doc_int(&a->doc, "count", (int64_t)alarm->count);
            eb_doc_end(&a->doc, '}');
        }
    }
    if (!a->no_doc) {
        eb_doc_end(&a->doc, ']');
    }
}

void eb_answer_status(const struct eb_live *l, struct eb_answer *a)
{
    modes(l, a);
    venue(l, a);
    positions(l, a);
    policy(l, a);
    challengers(l, a);
    signals(l, a);
    journal(l, a);
    loop(l, a);
    start(l, a);
    alarms(l, a);
    if (!a->no_doc) {
        eb_doc_text(&a->doc, "state_dir", l->o.state_dir);
        eb_doc_text(&a->doc, "version", EB_VERSION " " EB_COMMIT);
    }
}
