/* SPDX-License-Identifier: Apache-2.0 */
/* The table of checks, and how their findings are told to people and programs. */
#include "app/doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/answer_words.h"
#include "app/doctor_inner.h"

#define OF_ONE_CHECK_MAX 6 /* findings about positions of one check; the rest is counted */

struct check {
    const char *name;
    void (*account)(struct eb_exam *x);
    void (*position)(struct eb_exam *x, const struct eb_patient *p);
    const char *fine; /* of positions: what is so where nothing is found */
};
/* From the loop to the level: what lies further down depends on what lies above. Names are a contract. */
static const struct check checks[] = {
    {"loop.stalled", eb_check_loop_stalled, NULL, NULL},
    {"loop.gap", eb_check_loop_gap, NULL, NULL},
    {"clock.offset", eb_check_clock, NULL, NULL},
    {"queue.overflow", eb_check_queue, NULL, NULL},
    {"events.refused", eb_check_refused_events, NULL, NULL},
    {"price.delay", eb_check_delay, NULL, NULL},
    {"venue.offline", eb_check_offline, NULL, NULL},
    {"venue.reconnecting", eb_check_reconnecting, NULL, NULL},
    {"venue.clock", eb_check_venue_clock, NULL, NULL},
    {"venue.limits", eb_check_venue_limits, NULL, NULL},
    {"venue.requests", eb_check_venue_requests, NULL, NULL},
    {"venue.key", eb_check_venue_key, NULL, NULL},
    {"venue.streams", eb_check_venue_streams, NULL, NULL},
    {"venue.ws_api", eb_check_venue_ws_api, NULL, NULL},
    {"venue.other", eb_check_venue_rest, NULL, NULL},
    {"orders.picture", eb_check_picture, NULL, NULL},
    {"prices.none", NULL, eb_check_no_price, "prices of every source that decides have come"},
    {"prices.stale", NULL, eb_check_stale_price, "prices of every source that decides are fresh"},
    {"mode.legacy", eb_check_legacy, NULL, NULL},
    {"mode.shadow", eb_check_shadow, NULL, NULL},
    {"mode.differs", eb_check_mode_differs, NULL, NULL},
    {"owner.legacy_trailing", eb_check_legacy_trailing, NULL, NULL},
    {"owner.foreign", NULL, eb_check_foreign_owner, "no order of others would close one"},
    {"engine.yielded", eb_check_yielded, NULL, NULL},
    {"engine.other", eb_check_other_engine, NULL, NULL},
    {"engine.paused", eb_check_paused, NULL, NULL},
    {"engine.flattening", eb_check_flattening, NULL, NULL},
    {"policy.none", NULL, eb_check_no_policy, "a policy set answers"},
    {"policy.quarantined", NULL, eb_check_quarantined, "none is quarantined"},
    {"policy.failing", NULL, eb_check_failing, "no consult fails"},
    {"policy.refused", eb_check_refused_policy, NULL, NULL},
    {"policy.staged", eb_check_staged, NULL, NULL},
    {"policy.rolled_back", eb_check_rolled_back, NULL, NULL},
    {"policy.unwatched", eb_check_unwatched, NULL, NULL},
    {"policy.gone", eb_check_policy_gone, NULL, NULL},
    {"challenger.failing", eb_check_challengers, NULL, NULL},
    {"stage.consult", NULL, eb_check_consult, "each is consulted in time"},
    {"stage.levels", NULL, eb_check_levels, "each has a plan of the policy with targets or a trail"},
    {"levels.no_stop", NULL, eb_check_no_stop, "each has a stop in force"},
    {"levels.parked", NULL, eb_check_parked, "no level is parked"},
    {"levels.not_free", NULL, eb_check_not_free, "no level that was reached waits for room"},
    {"position.released", NULL, eb_check_released, "none is released"},
    {"position.tripped", NULL, eb_check_tripped, "no order cap has tripped"},
    {"orders.orphaned", eb_check_orphans, NULL, NULL},
    {"orders.unknown", eb_check_unknown, NULL, NULL},
    {"orders.foreign", eb_check_foreign_orders, NULL, NULL},
    {"backstop.off", eb_check_backstops_off, NULL, NULL},
    {"backstop.missing", NULL, eb_check_unprotected, "each has a confirmed stop at the exchange, where one is to be"},
    {"backstop.unprotectable", NULL, eb_check_unprotectable, "none lacks a slot for its stop"},
    {"backstop.foreign_only", NULL, eb_check_foreign_stop, "none depends on somebody else's stop"},
    {"recovery.protect_only", eb_check_protect_only, NULL, NULL},
    {"journal.failed", eb_check_journal_failed, NULL, NULL},
    {"journal.held", eb_check_journal_held, NULL, NULL},
    {"journal.differs", eb_check_journal_differs, NULL, NULL},
    {"journal.images", eb_check_journal_images, NULL, NULL},
    {"disk.full", eb_check_disk_full, NULL, NULL},
    {"disk.slow", eb_check_disk_slow, NULL, NULL},
    {"tape.failed", eb_check_tape, NULL, NULL},
    {"ledger.failed", eb_check_ledger, NULL, NULL},
    {"alarm", eb_check_alarms, NULL, NULL},
    {"alarm.command", eb_check_alarm_command, NULL, NULL},
};

const char *eb_doctor_check(unsigned index)
{
    return index < EB_COUNT(checks) ? checks[index].name : NULL;
}

/* ---- findings ---------------------------------------------------------------------------------------------------- */

static void say_args(char *out, size_t room, const char *fmt, va_list args) __attribute__((format(printf, 3, 0)));
static void say_args(char *out, size_t room, const char *fmt, va_list args)
{
    (void)vsnprintf(out, room, fmt, args);
}

void eb_say(char *out, size_t room, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say_args(out, room, fmt, args);
    va_end(args);
}

/* What is fine makes room for what is not. */
static struct eb_finding *room(struct eb_exam *x, enum eb_severity severity)
{
    struct eb_findings *out = x->out;
    if (out->count < EB_FINDINGS_MAX) {
        return &out->finding[out->count++];
    }
    out->left_out++;
    for (unsigned i = 0; severity != EB_FINE && i < EB_FINDINGS_MAX; i++) {
        if (out->finding[i].severity == EB_FINE) {
            return &out->finding[i];
        }
    }
    return &x->spare;
}

struct eb_finding *eb_finding_add(struct eb_exam *x, enum eb_severity severity, const char *subject)
{
    struct eb_finding *f = &x->spare;
    if (severity != EB_FINE) {
        (*x->found)++;
        x->out->bad += severity == EB_BAD ? 1 : 0;
        x->out->notes += severity == EB_NOTE ? 1 : 0;
    }
    if (*x->found <= OF_ONE_CHECK_MAX) {
        f = room(x, severity);
    }
    memset(f, 0, sizeof(*f));
    f->severity = (uint8_t)severity;
    f->check = x->check;
    f->rank = x->rank;
    EB_SAY(f->subject, "%s", subject);
    return f;
}

void eb_find(struct eb_exam *x, enum eb_severity severity, const char *subject, const char *cause, const char *remedy,
             const char *fmt, ...)
{
    struct eb_finding *f = eb_finding_add(x, severity, subject);
    va_list args;
    va_start(args, fmt);
    say_args(f->evidence, sizeof(f->evidence), fmt, args);
    va_end(args);
    EB_SAY(f->cause, "%s", cause);
    EB_SAY(f->remedy, "%s", remedy);
}

/* ---- examination ------------------------------------------------------------------------------------------------- */

static void begin_check(struct eb_exam *x, unsigned index, unsigned *found)
{
    x->check = checks[index].name;
    x->rank = (uint8_t)index;
    x->found = &found[index];
    x->fine[0] = '\0';
}

static void fill_patient(const struct eb_exam *x, eb_position_id position, const struct eb_evidence *v,
                         struct eb_patient *p)
{
    bool ended = false; /* the virtual episode has, before the real one */
    for (unsigned i = 0; i < v->level_count; i++) {
        ended = ended || v->level[i].why == EB_WHY_SHADOW;
    }
    *p = (struct eb_patient){.position = position,
                             .symbol = position / 2,
                             .v = v,
                             .ours = v->owned && !v->released && !ended,
                             .policy_missing = v->last_result == EB_POLICY_NONE && v->last_verdict_ms > 0};
    EB_SAY(p->subject, "%s %s", eb_engine_symbol_name(x->engine, p->symbol), eb_side_name((enum eb_side)v->ctx.side));
}

/* Each open position once, since its evidence costs more than the looks at it. */
static void examine_positions(struct eb_exam *x, unsigned *found)
{
    eb_position_id end = eb_engine_symbol_count(x->engine) * 2;
    for (eb_position_id position = 0; position < end; position++) {
        enum eb_side side;
        struct eb_evidence v;
        struct eb_patient p;
        if (!eb_engine_open_side(x->engine, position, &side) || !eb_engine_evidence(x->engine, position, &v)) {
            continue;
        }
        fill_patient(x, position, &v, &p);
        x->ours += p.ours ? 1 : 0;
        for (unsigned i = 0; i < EB_COUNT(checks); i++) {
            if (checks[i].position != NULL) {
                begin_check(x, i, found);
                checks[i].position(x, &p);
            }
        }
    }
}

/* What was seen of what is fine, and how many more there are of what is not. */
static void conclude(struct eb_exam *x, unsigned index, unsigned *found)
{
    char seen[sizeof(x->fine)];
    EB_SAY(seen, "%s", x->fine);
    begin_check(x, index, found);
    if (found[index] == 0) {
        struct eb_finding *f = eb_finding_add(x, EB_FINE, "");
        if (checks[index].position != NULL) {
            EB_SAY(f->evidence, "%u open positions, %u of them decided here: %s%s", x->open, x->ours,
                   checks[index].fine, x->running ? "" : " (prices and stops are not judged now)");
        } else {
            EB_SAY(f->evidence, "%s", seen);
        }
    } else if (found[index] > OF_ONE_CHECK_MAX) {
        unsigned more = found[index] - OF_ONE_CHECK_MAX;
        uint8_t worst = EB_NOTE;
        for (unsigned i = 0; i < x->out->count; i++) {
            bool same = x->out->finding[i].check == x->check;
            worst = same && x->out->finding[i].severity == EB_BAD ? EB_BAD : worst;
        }
        struct eb_finding *f = room(x, EB_BAD);
        memset(f, 0, sizeof(*f));
        *f = (struct eb_finding){.severity = worst, .rank = x->rank, .check = x->check};
        EB_SAY(f->evidence, "and %u more", more);
        EB_SAY(f->cause, "as above");
        EB_SAY(f->remedy, "`exitbrain positions` lists all of them");
    }
}

/* In the order of stages; insertion keeps what is of one check in its order. */
static void sort(struct eb_findings *f)
{
    for (unsigned i = 1; i < f->count; i++) {
        for (unsigned at = i; at > 0 && f->finding[at - 1].rank > f->finding[at].rank; at--) {
            struct eb_finding one = f->finding[at];
            f->finding[at] = f->finding[at - 1];
            f->finding[at - 1] = one;
        }
    }
}

static void starting(struct eb_exam *x, unsigned *found)
{
    static const char *const stage[] = {[EB_LIVE_OFFLINE] = "no connection to the exchange yet: it is tried again",
                                        [EB_LIVE_GREETED] = "connected: symbols and history are being read",
                                        [EB_LIVE_TRADES] = "connected: trades that were missed are being read",
                                        [EB_LIVE_RUNNING] = "connected: the picture of the account is being read",
                                        [EB_LIVE_SETTLING] = "its time is over",
                                        [EB_LIVE_STOPPING] = "it is stopping"};
    const struct eb_live *l = x->live;
    x->out->starting = true;
    x->check = "starting";
    x->rank = UINT8_MAX;
    x->found = &found[EB_COUNT(checks)];
    eb_find(x, l->stage == EB_LIVE_OFFLINE && l->tries > 5 ? EB_BAD : EB_NOTE, "",
            "the beginning is not over: nothing is judged before it",
            l->stage == EB_LIVE_OFFLINE ? "is the exchange running at the configured address (venue.address)?"
                                        : "ask again in a moment",
            "%s%s%s", l->stage < EB_COUNT(stage) ? stage[l->stage] : "?", l->offline_why[0] != '\0' ? "; " : "",
            l->offline_why);
}

void eb_doctor_examine(const struct eb_live *l, struct eb_findings *out)
{
    unsigned found[EB_COUNT(checks) + 1] = {0};
    struct eb_exam x = {.live = l, .config = &l->o.config.engine, .out = out};
    memset(out, 0, sizeof(*out));
    if (l->host == NULL || l->ready_ms == 0) {
        starting(&x, found);
        return;
    }
    struct eb_engine_stats stats;
    x.engine = eb_host_engine(l->host);
    x.mode = eb_engine_mode(x.engine);
    x.owns = eb_engine_owns(x.engine, (enum eb_exit_mode)x.mode.exit_mode);
    x.has_legacy = eb_engine_owns(x.engine, EB_EXIT_MODE_LEGACY);
    x.now_ms = eb_live_now_ms(l);
    x.now_ns = x.now_ms * 1000000;
    x.stalled = l->stage == EB_LIVE_RUNNING && eb_doctor_late_ms(&x) > EB_DOCTOR_LATE_MS;
    x.running = l->stage == EB_LIVE_RUNNING && !x.stalled;
    x.paused = eb_engine_paused(x.engine);
    x.flattening = eb_engine_flattening(x.engine);
    eb_engine_stats(x.engine, &stats);
    x.open = stats.open_positions;
    eb_host_turn_times(l->host, &x.times);
    examine_positions(&x, found);
    for (unsigned i = 0; i < EB_COUNT(checks); i++) {
        if (checks[i].account != NULL) {
            begin_check(&x, i, found);
            checks[i].account(&x);
        }
        conclude(&x, i, found);
    }
    out->checks = EB_COUNT(checks);
    sort(out);
}

/* ---- text and document ------------------------------------------------------------------------------------------- */

static void line(struct eb_buffer *out, const char *head, const char *text)
{
    if (text[0] != '\0') {
        (void)eb_buffer_printf(out, "      %-9s %s\n", head, text);
    }
}

static void one(const struct eb_finding *f, bool colour, struct eb_buffer *out)
{
    static const char *const word[] = {[EB_FINE] = "fine", [EB_NOTE] = "note", [EB_BAD] = "BAD"};
    static const enum eb_colour paint[] = {[EB_FINE] = EB_GREEN, [EB_NOTE] = EB_YELLOW, [EB_BAD] = EB_RED};
    const char *begin = eb_colour_code(paint[f->severity], colour);
    const char *end = eb_colour_code(EB_PLAIN, colour);
    if (f->severity == EB_FINE) {
        (void)eb_buffer_printf(out, "%s%-4s%s  %-24s %s\n", begin, word[f->severity], end, f->check, f->evidence);
        return;
    }
    (void)eb_buffer_printf(out, "%s%-4s%s  %s%s%s%s%s\n", begin, word[f->severity], end,
                           eb_colour_code(EB_BOLD, colour), f->check, end, f->subject[0] != '\0' ? "  " : "",
                           f->subject);
    line(out, "seen", f->evidence);
    line(out, "because", f->cause);
    line(out, "remedy", f->remedy);
}

void eb_doctor_text(const struct eb_findings *f, bool colour, bool all, struct eb_buffer *out)
{
    for (unsigned pass = EB_BAD + 1; pass > (all ? 0u : EB_NOTE); pass--) {
        for (unsigned i = 0; i < f->count; i++) {
            if (f->finding[i].severity == pass - 1) {
                one(&f->finding[i], colour, out);
            }
        }
    }
    if (f->starting) {
        (void)eb_buffer_text(out, "starting: nothing is judged yet\n");
        return;
    }
    if (f->left_out > 0) {
        (void)eb_buffer_printf(out, "%u more are left out\n", f->left_out);
    }
    (void)eb_buffer_printf(out, "%u checks, ", f->checks);
    if (f->bad > 0) {
        (void)eb_buffer_printf(out, "%u wrong", f->bad);
    } else {
        (void)eb_buffer_text(out, "nothing wrong");
    }
    if (f->notes > 0) {
        (void)eb_buffer_printf(out, ", %u note%s", f->notes, f->notes == 1 ? "" : "s");
    }
    (void)eb_buffer_text(out, "\n");
}

void eb_doctor_doc(const struct eb_findings *f, struct eb_doc *d)
{
    static const char *const word[] = {[EB_FINE] = "fine", [EB_NOTE] = "note", [EB_BAD] = "bad"};
    eb_doc_int(d, "checks", f->checks);
    eb_doc_int(d, "bad", f->bad);
    eb_doc_int(d, "notes", f->notes);
    eb_doc_int(d, "left_out", f->left_out);
    eb_doc_bool(d, "starting", f->starting);
    eb_doc_begin(d, "findings", '[');
    for (unsigned i = 0; i < f->count; i++) {
        const struct eb_finding *x = &f->finding[i];
        eb_doc_begin(d, NULL, '{');
        eb_doc_text(d, "check", x->check);
        eb_doc_text(d, "severity", word[x->severity]);
        eb_doc_text(d, "subject", x->subject);
        eb_doc_text(d, "evidence", x->evidence);
        eb_doc_text(d, "cause", x->cause);
        eb_doc_text(d, "remedy", x->remedy);
        eb_doc_end(d, '}');
    }
    eb_doc_end(d, ']');
}
