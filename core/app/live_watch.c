/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is heard of every step: the books, lines for the terminal, structured logs, alarms, the watch over a new policy,
 * the orders that a picture shows, and whether another engine is at work on the account.
 */
#include "app/live_inner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/state_dir.h"
#include "app/words.h"
#include "domain/order.h"

#define FORGET_MS (15 * INT64_C(60000))          /* an alarm about a happening, not a condition, stands for so long */
#define STEADY_NS (INT64_C(10000) * EB_NS_IN_MS) /* a connection that has stood for so long counts */
#define TRIES_ALARM 5                            /* that many to get one are an alarm */
#define TROUBLE "venue."                         /* before the names of a connection's troubles */
#define SILENT_NS (INT64_C(20000) * EB_NS_IN_MS)
#define BEGIN_NS (INT64_C(120000) * EB_NS_IN_MS) /* a beginning that waits for a budget of requests */

void eb_live_say(struct eb_live *l, const char *fmt, ...)
{
    char line[EB_LINE_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    if (l->o.listener != NULL) {
        l->o.listener(l->o.listener_user, l->now_ms, line);
    }
}

/* ---- the picture: orders that stand at the venue ----------------------------------------------------------------- */

/* A journal that was damaged or moved away left orders behind. They protect as anybody's stops do, and a person decides
 * what becomes of them. */
static bool is_predecessor(struct eb_live *l, uint32_t other)
{
    char text[EB_REASON_MAX];
    if (!eb_state_had_instance(l->o.state_dir, other)) {
        return false;
    }
    (void)snprintf(text, sizeof(text), "orders of engine %" PRIu32 ", whose journal is gone: look, then cancel them",
                   other);
    eb_alarm_raise(l->alarms, "predecessor_orders", "", text, l->now_ms);
    return true;
}

/* Of two engines on one account the one that came later yields; where both came before an order of the other was seen,
 * the one whose journal is younger. */
static void another_engine(struct eb_live *l, const struct eb_event *ev)
{
    uint64_t seq;
    uint32_t other = ev->u.open_order.client_id.instance;
    uint32_t own = l->o.config.engine.instance;
    char text[EB_REASON_MAX];
    bool yields = l->ready_ms == 0 || other < own; /* a connection that broke makes nobody later */
    if (other == l->predecessor || is_predecessor(l, other)) {
        l->predecessor = other;
        return;
    }
    (void)snprintf(text, sizeof(text), "engine %" PRIu32 " has orders on this account; this one is %" PRIu32 "%s",
                   other, own, yields ? " and yields to SHADOW" : "");
    if (!l->other_engine) {
        eb_alarm_raise(l->alarms, "another_engine", "", text, l->now_ms);
        eb_live_say(l, "%s", text);
    }
    l->other_engine = other;
    struct eb_ev_config mode = eb_engine_mode(eb_host_engine(l->host));
    if (yields && !l->yields) {
        l->yields = true;
        mode.executor_live = false;
        struct eb_ev_command c = {.verb = EB_CMD_MODE, .mode = mode, .who = "engine"};
        (void)snprintf(c.why, sizeof(c.why), "%s", text);
        (void)eb_live_command(l, &c, EB_NO_SYMBOL, &seq);
    }
}

bool eb_live_remembers(const struct eb_live *l, eb_symbol_id symbol, uint8_t position_side, eb_client_id id)
{
    struct eb_own_order own[16];
    eb_position_id slot = symbol * 2 + (position_side == EB_PS_SHORT ? 1 : 0);
    uint32_t n = eb_engine_orders(eb_host_engine(l->host), slot, own, EB_COUNT(own));
    for (uint32_t i = 0; i < n && i < EB_COUNT(own); i++) {
        if (eb_client_id_equal(own[i].client_id, id)) {
            return true;
        }
    }
    return false;
}

static void tell_missed(const struct eb_live *l)
{
    const struct eb_live_missed *m = &l->missed;
    eb_log(l->o.log, EB_LOG_INFO, "recovery.compared", EB_I64("unanswered", m->unanswered), EB_I64("fills", m->fills),
           EB_I64("trades_ours", m->trades_ours), EB_I64("trades_foreign", m->trades_foreign),
           EB_I64("orders", m->orders), EB_I64("connects", l->connects));
}

static void note_order(struct eb_live *l, const struct eb_event *ev)
{
    struct eb_seen_orders *s = &l->seen;
    size_t at = s->count + s->counting;
    if (at == s->cap) {
        size_t cap = s->cap > 0 ? 2 * s->cap : 64;
        struct eb_seen_order *more = realloc(s->order, cap * sizeof(*more));
        if (more == NULL) {
            return;
        }
        s->order = more;
        s->cap = cap;
    }
    bool ours = eb_client_id_is_ours(ev->u.open_order.client_id, l->o.config.engine.instance);
    bool known = ours && eb_live_remembers(l, ev->symbol, ev->u.open_order.position_side, ev->u.open_order.client_id);
    if (ours && !l->pictured && !known) {
        l->missed.orders++;
    }
    s->order[at] = (struct eb_seen_order){ev->symbol, ours, known, ev->u.open_order};
    s->counting++;
}

void eb_live_note_picture(struct eb_live *l, const struct eb_event *ev)
{
    struct eb_seen_orders *s = &l->seen;
    if (ev->kind == EB_EV_SNAPSHOT_BEGIN) {
        s->counting = 0;
    } else if (ev->kind == EB_EV_OPEN_ORDER) {
        note_order(l, ev);
        bool foreign = ev->u.open_order.client_id.instance != 0 &&
                       !eb_client_id_is_ours(ev->u.open_order.client_id, l->o.config.engine.instance);
        if (foreign && l->stage == EB_LIVE_RUNNING) {
            another_engine(l, ev);
        }
    } else if (ev->kind == EB_EV_SNAPSHOT_END) {
        if (s->counting > 0) {
            memmove(&s->order[0], &s->order[s->count], s->counting * sizeof(s->order[0]));
        }
        s->count = s->counting;
        s->counting = 0;
        s->at_ms = l->now_ms;
        if (!l->pictured && l->stage == EB_LIVE_RUNNING) {
            tell_missed(l);
        }
        if (l->ready_ms == 0 && l->stage == EB_LIVE_RUNNING) {
            l->ready_ms = l->now_ms;
            eb_service_notify("READY=1");
            eb_log(l->o.log, EB_LOG_INFO, "engine.ready", EB_I64("venue_ms", l->now_ms),
                   EB_STR("mode", eb_mode_name(&l->o.config.engine.mode)));
        }
    }
}

/* ---- alarms ------------------------------------------------------------------------------------------------------ */

/* What was meant to be so is no alarm. */
static bool is_alarm(enum eb_alert_kind kind)
{
    return kind != EB_ALERT_SHADOW && kind != EB_ALERT_FOREIGN_OWNER;
}

static void alert(struct eb_live *l, const struct eb_alert *a)
{
    const char *symbol = eb_engine_symbol_name(eb_host_engine(l->host), a->symbol);
    const char *name = eb_alert_name((enum eb_alert_kind)a->kind);
    if (is_alarm((enum eb_alert_kind)a->kind)) {
        eb_alarm_raise(l->alarms, name, symbol, a->text, l->now_ms);
        return;
    }
    eb_log(l->o.log, EB_LOG_WARN, "engine.alert", EB_STR("kind", name), EB_STR("symbol", symbol),
           EB_STR("text", a->text), EB_DEC8("price", a->price));
}

static bool is_parked(const struct eb_evidence *v)
{
    for (unsigned i = 0; i < v->level_count; i++) {
        if (v->level[i].why == EB_WHY_PARKED || v->level[i].why == EB_WHY_PARKED_STOP) {
            return true;
        }
    }
    return false;
}

static bool is_stale(const struct eb_evidence *v)
{
    for (unsigned i = 0; i < v->level_count; i++) {
        if (v->level[i].why == EB_WHY_STALE || v->level[i].why == EB_WHY_NO_PRICE) {
            return true;
        }
    }
    return false;
}

static bool is_safe(const struct eb_evidence *v)
{
    return v->protection == EB_PROTECTED || v->protection == EB_PROTECTED_FOREIGN;
}

/* Whether a condition that an alarm stands for is still there, seen from one position. */
static bool still_there(const char *name, const struct eb_evidence *v)
{
    if (strcmp(name, eb_alert_name(EB_ALERT_UNPROTECTED)) == 0) {
        return !is_safe(v);
    }
    if (strcmp(name, eb_alert_name(EB_ALERT_UNPROTECTABLE)) == 0) {
        return v->protection == EB_UNPROTECTABLE;
    }
    if (strcmp(name, eb_alert_name(EB_ALERT_STALE_PRICE)) == 0) {
        return is_stale(v);
    }
    if (strcmp(name, eb_alert_name(EB_ALERT_PARKED)) == 0) {
        return is_parked(v);
    }
    if (strcmp(name, eb_alert_name(EB_ALERT_QUARANTINED)) == 0) {
        return v->quarantined;
    }
    if (strcmp(name, eb_alert_name(EB_ALERT_POLICY_FAILED)) == 0) {
        return v->failures_in_row > 0;
    }
    if (strcmp(name, eb_alert_name(EB_ALERT_BUILTIN_PLAN)) == 0) {
        return v->verdicts_accepted == 0;
    }
    if (strcmp(name, eb_alert_name(EB_ALERT_TRIPPED)) == 0) {
        return v->tripped;
    }
    return false;
}

static bool is_condition(const char *name)
{
    static const enum eb_alert_kind kinds[] = {EB_ALERT_UNPROTECTED,  EB_ALERT_UNPROTECTABLE, EB_ALERT_STALE_PRICE,
                                               EB_ALERT_PARKED,       EB_ALERT_QUARANTINED,   EB_ALERT_POLICY_FAILED,
                                               EB_ALERT_BUILTIN_PLAN, EB_ALERT_TRIPPED};
    for (size_t i = 0; i < EB_COUNT(kinds); i++) {
        if (strcmp(name, eb_alert_name(kinds[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool condition_holds(const struct eb_live *l, const struct eb_alarm *a)
{
    const struct eb_engine *e = eb_host_engine(l->host);
    eb_symbol_id symbol = eb_engine_symbol(e, a->symbol);
    struct eb_evidence v;
    for (unsigned leg = 0; symbol != EB_NO_SYMBOL && leg < 2; leg++) {
        if (eb_engine_evidence(e, symbol * 2 + leg, &v) && v.open && still_there(a->name, &v)) {
            return true;
        }
    }
    return false;
}

static void review_venue(struct eb_live *l)
{
    int64_t now_ns = eb_monotonic_ns();
    int64_t now_ms = eb_live_now_ms(l);
    bool off = l->offline_since_ns != 0 && now_ns - l->offline_since_ns > EB_LIVE_GAP_NS;
    bool stands = l->stage == EB_LIVE_RUNNING && l->pictured && now_ns - l->greeted_ns > STEADY_NS;
    if (stands) {
        l->tries = 0;
        eb_alarm_end(l->alarms, "venue_offline", "", now_ms);
    } else if (off || l->tries >= TRIES_ALARM) { /* gone, or coming and going */
        eb_alarm_raise(l->alarms, "venue_offline", "", l->offline_why, now_ms);
    }
    if (l->symbols_left_out > 0) {
        char text[EB_REASON_MAX];
        (void)snprintf(text, sizeof(text),
                       "%" PRIu32 " symbols of the exchange are left out: raise account.symbols_max",
                       l->symbols_left_out);
        eb_alarm_raise(l->alarms, "symbols_left_out", "", text, now_ms);
    }
}

/* What is written to a file without a name is lost with the process. */
static bool journal_is_gone(const struct eb_live *l)
{
    char path[EB_STATE_PATH_MAX];
    struct stat st;
    return eb_state_path(l->o.state_dir, EB_STATE_JOURNAL, path, sizeof(path), NULL) == EB_OK && stat(path, &st) != 0 &&
           errno == ENOENT;
}

static void review_file(struct eb_live *l)
{
    if (journal_is_gone(l)) {
        eb_alarm_raise(l->alarms, "journal_gone", "",
                       "the file of the journal was removed: stop the engine and start it", eb_live_now_ms(l));
    }
}

static void review_journal(struct eb_live *l)
{
    struct eb_store_port port = eb_journal_port(l->journal);
    if (!port.failed(port.store)) {
        return;
    }
    if (l->journal_failure[0] == '\0') { /* asked once: it looks at the disk */
        struct eb_journal_stats s;
        eb_journal_stats(l->journal, &s);
        (void)snprintf(l->journal_failure, sizeof(l->journal_failure), "%s",
                       s.failure[0] != '\0' ? s.failure : "it takes no more");
    }
    eb_alarm_raise(l->alarms, "journal_failed", "", l->journal_failure, eb_live_now_ms(l));
}

/* A simulated exchange answers at least the VIEW that is asked for every few seconds. One that says nothing, over a
 * connection that stands, is left and joined again; one whose clock waits for us has lost nothing by it. A link that
 * may rest notices by itself what is wrong with it. */
static void review_silence(struct eb_live *l)
{
    bool connected = l->stage != EB_LIVE_OFFLINE && l->stage != EB_LIVE_STOPPING;
    int64_t since_ns = l->stage == EB_LIVE_SETTLING ? l->settle_ns : l->heard_ns;
    int64_t allowed_ns = l->venue.talkative || l->stage == EB_LIVE_SETTLING ? SILENT_NS : BEGIN_NS;
    bool may_rest = !l->venue.talkative && l->stage == EB_LIVE_RUNNING;
    bool silent = connected && !may_rest && eb_monotonic_ns() - since_ns > allowed_ns;
    if (silent && l->stage == EB_LIVE_SETTLING) {
        struct eb_err err;
        (void)eb_err_set(&err, EB_E_IO, "run", "the exchange does not say what its books hold");
        eb_live_fail(l, &err);
    } else if (silent && !l->lockstep) {
        eb_live_reconnect(l, "the exchange says nothing");
    } else if (silent) {
        eb_alarm_raise(l->alarms, "venue_silent", "", "the exchange says nothing: its clock stands, and so do we",
                       l->now_ms);
    } else if (l->silent) {
        eb_alarm_end(l->alarms, "venue_silent", "", l->now_ms);
    }
    l->silent = silent;
}

void eb_live_review_alarms(struct eb_live *l)
{
    review_venue(l);
    review_journal(l);
    review_file(l);
    review_silence(l);
    int64_t now_ms = eb_live_now_ms(l);
    for (unsigned i = 0; i < eb_alarms_count(l->alarms); i++) {
        struct eb_alarm a = *eb_alarms_at(l->alarms, i);
        bool ours = strcmp(a.name, "venue_offline") == 0 || strcmp(a.name, "journal_failed") == 0 ||
                    strcmp(a.name, "another_engine") == 0 || strncmp(a.name, "policy_", 7) == 0 ||
                    strcmp(a.name, "protect_only") == 0 || strcmp(a.name, "venue_silent") == 0 ||
                    strcmp(a.name, "journal_gone") == 0 || strncmp(a.name, TROUBLE, sizeof(TROUBLE) - 1) == 0;
        bool stands = is_condition(a.name) ? condition_holds(l, &a) : ours ? true : now_ms - a.last_ms < FORGET_MS;
        if (strcmp(a.name, "protect_only") == 0) {
            stands = eb_engine_paused(eb_host_engine(l->host));
        }
        if (!a.over && !stands) {
            eb_alarm_end(l->alarms, a.name, a.symbol, now_ms);
        }
    }
}

void eb_live_trouble(struct eb_live *l, const struct eb_link_trouble *t)
{
    char name[EB_ALARM_NAME_MAX];
    int64_t now_ms = eb_live_now_ms(l);
    (void)snprintf(name, sizeof(name), TROUBLE "%s", t->name);
    if (t->raised) {
        eb_alarm_raise(l->alarms, name, t->subject, t->text, now_ms);
        eb_live_say(l, "%s%s%s: %s", t->name, t->subject[0] != '\0' ? " " : "", t->subject, t->text);
    } else {
        eb_alarm_end(l->alarms, name, t->subject, now_ms);
    }
}

/* ---- every step -------------------------------------------------------------------------------------------------- */

static void log_exit(struct eb_live *l, const struct eb_exit *x)
{
    eb_log(l->o.log, EB_LOG_INFO, x->virtual_fill ? "exit.virtual" : "exit.filled",
           EB_STR("symbol", eb_engine_symbol_name(eb_host_engine(l->host), x->symbol)),
           EB_STR("side", eb_side_name((enum eb_side)x->side)),
           EB_STR("reason", eb_exit_reason_name((enum eb_exit_reason)x->reason)), EB_I64("leg", x->leg),
           EB_DEC8("price", x->price), EB_DEC8("quantity", x->qty), EB_DEC8("left", x->remaining),
           EB_I64("episode", x->episode));
}

static void log_order(struct eb_live *l, const struct eb_order_request *o)
{
    char id[EB_CLIENT_ID_TEXT_MAX];
    eb_client_id_format(o->client_id, id);
    eb_log(l->o.log, EB_LOG_INFO, "order.submitted",
           EB_STR("symbol", eb_engine_symbol_name(eb_host_engine(l->host), o->symbol)), EB_STR("client_id", id),
           EB_STR("side", o->order_side == EB_BUY ? "BUY" : "SELL"), EB_I64("purpose", o->purpose),
           EB_DEC8("quantity", o->qty), EB_DEC8("price", o->price), EB_DEC8("trigger", o->trigger),
           EB_I64("needs_seq", o->needs_seq));
}

/* A position is over. In hedge mode the other one of its symbol may be what an alarm stands for. */
static void end_alarms_of(struct eb_live *l, const char *symbol)
{
    for (unsigned i = 0; i < eb_alarms_count(l->alarms); i++) {
        struct eb_alarm a = *eb_alarms_at(l->alarms, i);
        bool stays = is_condition(a.name) && condition_holds(l, &a);
        if (!a.over && strcmp(a.symbol, symbol) == 0 && !stays) {
            eb_alarm_end(l->alarms, a.name, a.symbol, l->now_ms);
        }
    }
}

static void action(struct eb_live *l, const struct eb_action *a)
{
    switch ((enum eb_action_kind)a->kind) {
    case EB_ACT_ALERT:
        alert(l, &a->u.alert);
        break;
    case EB_ACT_EXIT:
        log_exit(l, &a->u.exit);
        break;
    case EB_ACT_SUBMIT:
        log_order(l, &a->u.submit);
        break;
    case EB_ACT_EPISODE_END: {
        const char *symbol = eb_engine_symbol_name(eb_host_engine(l->host), a->u.end.symbol);
        eb_log(l->o.log, EB_LOG_INFO, "episode.ended", EB_STR("symbol", symbol), EB_I64("episode", a->u.end.episode),
               EB_BOOL("reconciled", a->u.end.reconciled));
        end_alarms_of(l, symbol);
        break;
    }
    case EB_ACT_CANCEL:
    case EB_ACT_QUERY:
    case EB_ACT_CONSULT:
    case EB_ACT_SNAPSHOT:
    case EB_ACT_REFRESH_PRICE:
    case EB_ACT_COUNT:
        break;
    }
}

void eb_live_observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct eb_live *l = user;
    eb_tally_observe(l->tally, ev, actions);
    if (l->challengers != NULL) {
        eb_challengers_hear(l->challengers, ev, actions);
    }
    if (ev->kind == EB_EV_PRICE && actions->count == 0) {
        return; /* nearly every event: nothing to say */
    }
    char line[EB_LINE_MAX];
    const struct eb_engine *e = eb_host_engine(l->host);
    eb_book_observe(&l->book, ev, actions);
    eb_reload_observe(l->reload, ev, actions);
    if (l->o.listener != NULL && eb_line_of_event(e, ev, line)) {
        l->o.listener(l->o.listener_user, ev->now_ms, line);
    }
    for (unsigned i = 0; i < actions->count; i++) {
        action(l, &actions->action[i]);
        if (l->o.listener != NULL && eb_line_of_action(e, &actions->action[i], actions, line)) {
            l->o.listener(l->o.listener_user, ev->now_ms, line);
        }
    }
}
