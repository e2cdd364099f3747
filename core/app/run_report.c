/* SPDX-License-Identifier: Apache-2.0 */
/* What a run leaves behind: its document, and the last page. */
#include "app/run_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/explain.h"
#include "app/table.h"
#include "app/words.h"
#include "domain/order.h"
#include "generated/version.h"

/* What the exchange says of the account; from one that keeps no sums what our exits came to. */
static struct eb_link_view view_of(const struct eb_live *l)
{
    struct eb_link_view v = l->view;
    for (size_t i = 0; !l->viewed && i < l->book.count; i++) {
        const struct eb_book_episode *ep = &l->book.episode[i];
        for (size_t k = 0; k < ep->exit_count; k++) {
            const struct eb_book_exit *x = &ep->exit[k];
            int64_t move_e8 = ep->side == EB_LONG ? x->price.e8 - ep->entry.e8 : ep->entry.e8 - x->price.e8;
            int64_t pnl_e8 = 0;
            (void)!eb_mul_div(move_e8, x->qty.e8, EB_E8, EB_ROUND_HALF_EVEN, &pnl_e8);
            v.pnl.e8 += pnl_e8;
            v.fees.e8 += x->fee.e8;
            v.trades++;
        }
    }
    return v;
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void text_or_null(struct eb_doc *d, const char *key, const char *value)
{
    eb_doc_text(d, key, value[0] != '\0' ? value : NULL);
}

static void episode(const struct eb_live *l, const struct eb_run_verdict *v, size_t i, struct eb_doc *d)
{
    const struct eb_book_episode *ep = &l->book.episode[i];
    eb_doc_begin(d, NULL, '{');
    eb_doc_text(d, "symbol", ep->last.ctx.symbol);
    eb_doc_text(d, "side", eb_side_name((enum eb_side)ep->side));
    eb_doc_text(d, "regime", ep->regime != EB_REGIME_UNKNOWN ? eb_regime_name((enum eb_regime)ep->regime) : NULL);
    text_or_null(d, "profile", ep->profile);
    eb_doc_bool(d, "adopted", ep->adopted);
    eb_doc_int(d, "opened_ms", ep->opened_ms);
    if (ep->closed) {
        eb_doc_int(d, "closed_ms", ep->closed_ms);
    } else {
        eb_doc_null(d, "closed_ms");
    }
    eb_doc_e8(d, "entry", ep->entry.e8);
    eb_doc_e8(d, "quantity", ep->qty.e8);
    eb_doc_e8(d, "left", ep->last.ctx.qty.e8);
    eb_doc_e8_or_null(d, "initial_stop", ep->initial_stop.e8);
    eb_doc_e8_or_null(d, "r", ep->r.e8);
    eb_explain_exits(ep, d);
    eb_doc_bool(d, "decided", ep->decided);
    eb_doc_bool(d, "protected", v->episode_protected[i]);
    if (ep->was_protected) {
        eb_doc_int(d, "protected_after_ms", ep->protected_after_ms);
    } else {
        eb_doc_null(d, "protected_after_ms");
    }
    eb_doc_int(d, "longest_unprotected_ms", ep->unprotected_ms);
    int64_t bare_ms;
    int64_t longest_ms;
    eb_book_bare(ep, l->now_ms, &bare_ms, &longest_ms);
    eb_doc_int(d, "unprotected_ms", bare_ms);
    eb_doc_int(d, "unprotected_times", ep->bare_times);
    eb_doc_bool(d, "reconciled", v->episode_reconciled[i]);
    eb_explain_levels(ep, d);
    eb_explain_stages(ep, d);
    eb_doc_end(d, '}');
}

static void episodes(const struct eb_live *l, const struct eb_run_verdict *v, bool closed, struct eb_doc *d)
{
    eb_doc_begin(d, closed ? "episodes" : "open", '[');
    for (size_t i = 0; i < l->book.count; i++) {
        if (l->book.episode[i].closed == closed) {
            episode(l, v, i, d);
        }
    }
    eb_doc_end(d, ']');
}

struct counts {
    size_t regime[EB_REGIME_COUNT];
    size_t reason[EB_EXIT_REASON_COUNT];
    size_t closed;
};

static struct counts count(const struct eb_live *l)
{
    struct counts c = {0};
    for (size_t i = 0; i < l->book.count; i++) {
        const struct eb_book_episode *ep = &l->book.episode[i];
        c.regime[ep->regime]++;
        c.closed += ep->closed ? 1 : 0;
        for (size_t k = 0; k < ep->exit_count; k++) {
            c.reason[ep->exit[k].reason]++;
        }
    }
    return c;
}

static void counts_json(const struct eb_live *l, struct eb_doc *d)
{
    struct counts c = count(l);
    eb_doc_begin(d, "regimes", '{');
    for (unsigned i = 1; i < EB_REGIME_COUNT; i++) {
        if (c.regime[i] > 0) {
            eb_doc_int(d, eb_regime_name((enum eb_regime)i), (int64_t)c.regime[i]);
        }
    }
    eb_doc_end(d, '}');
    eb_doc_begin(d, "exits_by_reason", '{');
    for (unsigned i = 0; i < EB_EXIT_REASON_COUNT; i++) {
        if (c.reason[i] > 0) {
            eb_doc_int(d, eb_exit_reason_name((enum eb_exit_reason)i), (int64_t)c.reason[i]);
        }
    }
    eb_doc_end(d, '}');
    eb_doc_begin(d, "alerts", '{');
    for (unsigned i = 0; i < EB_ALERT_COUNT; i++) {
        if (l->book.alerts[i] > 0) {
            eb_doc_int(d, eb_alert_name((enum eb_alert_kind)i), (int64_t)l->book.alerts[i]);
        }
    }
    eb_doc_end(d, '}');
}

static void stats_json(const struct eb_live *l, struct eb_doc *d)
{
    struct eb_engine_stats e;
    const struct eb_link_view view = view_of(l);
    const struct eb_link_view *a = &view;
    struct eb_turn_times t;
    eb_engine_stats(eb_host_engine(l->host), &e);
    eb_host_turn_times(l->host, &t);
    eb_doc_begin(d, "stats", '{');
    eb_doc_int(d, "ticks", (int64_t)l->ticks);
    eb_doc_int(d, "turns", (int64_t)t.turns);
    eb_doc_int(d, "longest_turn_ns", t.longest_ns);
    eb_doc_int(d, "steps", (int64_t)e.steps);
    eb_doc_int(d, "durable_steps", (int64_t)e.durable_steps);
    eb_doc_int(d, "price_events", (int64_t)e.price_events);
    eb_doc_int(d, "consults", (int64_t)e.consults);
    eb_doc_int(d, "verdicts", (int64_t)e.verdicts);
    eb_doc_int(d, "submits", (int64_t)e.submits);
    eb_doc_int(d, "cancels", (int64_t)e.cancels);
    eb_doc_int(d, "queries", (int64_t)e.queries);
    eb_doc_int(d, "fills", (int64_t)e.fills);
    eb_doc_int(d, "rejected", (int64_t)a->rejected);
    eb_doc_int(d, "events_refused", (int64_t)t.refused);
    eb_doc_int(d, "events_lost", (int64_t)(t.overflows + t.lost));
    eb_doc_e8(d, "wallet", a->wallet.e8);
    eb_doc_e8(d, "pnl", a->pnl.e8);
    eb_doc_e8(d, "fees", a->fees.e8);
    eb_doc_e8(d, "funding", a->funding.e8);
    eb_doc_end(d, '}');
}

static void alerts_json(const struct eb_live *l, struct eb_doc *d)
{
    eb_doc_begin(d, "alert_log", '[');
    for (size_t i = 0; i < l->book.alert_count; i++) {
        const struct eb_book_alert *a = &l->book.alert[i];
        const char *name = eb_engine_symbol_name(eb_host_engine(l->host), a->alert.symbol);
        eb_doc_begin(d, NULL, '{');
        eb_doc_int(d, "time_ms", a->time_ms);
        eb_doc_text(d, "kind", eb_alert_name((enum eb_alert_kind)a->alert.kind));
        eb_doc_text(d, "symbol", name[0] != '\0' ? name : NULL);
        eb_doc_int(d, "code", a->alert.code);
        eb_doc_e8_or_null(d, "price", a->alert.price.e8);
        eb_doc_text(d, "text", a->alert.text);
        eb_doc_end(d, '}');
    }
    eb_doc_end(d, ']');
}

/* One line of the verdict's problems after the other. */
static void problems_json(const struct eb_run_verdict *v, struct eb_doc *d)
{
    eb_doc_begin(d, "problems", '[');
    for (const char *at = eb_buffer_str(&v->problems); *at != '\0';) {
        char line[EB_LINE_MAX];
        size_t len = strcspn(at, "\n");
        (void)snprintf(line, sizeof(line), "%.*s", (int)len, at);
        eb_doc_text(d, NULL, line);
        at += len + (at[len] == '\n' ? 1 : 0);
    }
    eb_doc_end(d, ']');
}

void eb_run_json(const struct eb_live *l, const struct eb_run_verdict *v, int64_t for_ms, struct eb_buffer *out)
{
    struct eb_doc d = {.out = out};
    struct eb_policy_info info;
    eb_policy_info(eb_reload_policy(l->reload), &info);
    eb_doc_begin(&d, NULL, '{');
    eb_doc_text(&d, "version", EB_VERSION " " EB_COMMIT);
    eb_doc_int(&d, "for_ms", for_ms);
    eb_doc_int(&d, "simulated_ms", l->now_ms - l->started_ms);
    eb_doc_int(&d, "start_ms", l->started_ms);
    eb_doc_int(&d, "seed", l->o.config.paper.seed);
    eb_doc_text(&d, "mode", eb_mode_name(&l->o.config.engine.mode));
    eb_doc_text(&d, "policy", info.name);
    eb_doc_text(&d, "policy_version", info.version);
    eb_doc_text(&d, "policy_sha256", info.hash_text);
    const char *asked = l->o.choice.profile != NULL ? l->o.choice.profile : "DEFAULT";
    eb_doc_text(&d, "profile", info.profile[0] != '\0' ? info.profile : asked);
    text_or_null(&d, "record", l->o.tape != NULL ? l->o.tape : "");
    episodes(l, v, true, &d);
    episodes(l, v, false, &d);
    eb_doc_int(&d, "episodes_forgotten", (int64_t)l->book.forgotten); /* the oldest: nothing here counts them */
    counts_json(l, &d);
    alerts_json(l, &d);
    stats_json(l, &d);
    eb_doc_bool(&d, "decided", v->decided);
    eb_doc_bool(&d, "reconciled", v->reconciled);
    eb_doc_bool(&d, "protected", v->is_protected);
    eb_doc_bool(&d, "ok", v->good);
    problems_json(v, &d);
    eb_doc_end(&d, '}');
    (void)eb_buffer_text(out, "\n");
}

/* ---- the last page ----------------------------------------------------------------------------------------------- */

static void totals(const struct eb_live *l, const struct eb_run_verdict *v, int64_t for_ms, bool colour,
                   struct eb_buffer *out)
{
    struct counts c = count(l);
    struct eb_engine_stats e;
    const struct eb_link_view view = view_of(l);
    const struct eb_link_view *a = &view;
    char amount[4][EB_DECIMAL_TEXT_MAX];
    eb_engine_stats(eb_host_engine(l->host), &e);
    (void)eb_decimal_format(a->wallet.e8, 8, amount[0]);
    (void)eb_decimal_format(a->pnl.e8, 8, amount[1]);
    (void)eb_decimal_format(a->fees.e8, 8, amount[2]);
    (void)eb_decimal_format(a->funding.e8, 8, amount[3]);
    (void)eb_buffer_printf(out, "\nran %" PRId64 ".%d s: %zu episodes ended, %zu open\n", for_ms / 1000,
                           (int)(for_ms % 1000 / 100), c.closed + (size_t)l->book.forgotten, l->book.count - c.closed);
    if (l->book.forgotten > 0) {
        (void)eb_buffer_printf(
            out, "         what follows, and the judgement, is of the last %zu; the journal has all\n", l->book.count);
    }
    (void)eb_buffer_text(out, "exits    ");
    for (unsigned i = 0, n = 0; i < EB_EXIT_REASON_COUNT; i++) {
        if (c.reason[i] > 0) {
            (void)eb_buffer_printf(out, "%s%s %zu", n++ > 0 ? ", " : "", eb_exit_reason_name((enum eb_exit_reason)i),
                                   c.reason[i]);
        }
    }
    (void)eb_buffer_text(out, "\nregimes  ");
    for (unsigned i = 1, n = 0; i < EB_REGIME_COUNT; i++) {
        if (c.regime[i] > 0) {
            (void)eb_buffer_printf(out, "%s%s %zu", n++ > 0 ? ", " : "", eb_regime_name((enum eb_regime)i),
                                   c.regime[i]);
        }
    }
    (void)eb_buffer_text(out, "\nalerts   ");
    for (unsigned i = 0, n = 0; i <= EB_ALERT_COUNT; i++) {
        if (i < EB_ALERT_COUNT && l->book.alerts[i] > 0) {
            (void)eb_buffer_printf(out, "%s%s %" PRIu64, n++ > 0 ? ", " : "", eb_alert_name((enum eb_alert_kind)i),
                                   l->book.alerts[i]);
        } else if (i == EB_ALERT_COUNT && n == 0) {
            (void)eb_buffer_text(out, "none");
        }
    }
    (void)eb_buffer_printf(out,
                           "\nengine   %" PRIu64 " price events, %" PRIu64 " consults, %" PRIu64 " orders, %" PRIu64
                           " fills\nwallet   %s (pnl %s, fees %s, funding %s)\n",
                           e.price_events, e.consults, e.submits, e.fills, amount[0], amount[1], amount[2], amount[3]);
    (void)eb_buffer_printf(out, "%s%s%s\n", eb_colour_code(v->good ? EB_GREEN : EB_RED, colour),
                           v->good ? "every position was decided, protected and reconciled" : "NOT everything is well:",
                           eb_colour_code(EB_PLAIN, colour));
    (void)eb_buffer_text(out, eb_buffer_str(&v->problems));
}

void eb_run_summary(const struct eb_live *l, const struct eb_run_verdict *v, int64_t for_ms, bool colour,
                    struct eb_buffer *out)
{
    struct eb_policy_info info;
    char policy[2 * EB_NAME_MAX + 2];
    eb_policy_info(eb_reload_policy(l->reload), &info);
    (void)snprintf(policy, sizeof(policy), "%s %s", info.name, info.version);
    for (size_t i = 0; i < l->book.count; i++) {
        (void)eb_buffer_text(out, "\n");
        eb_explain_text(&l->book.episode[i], policy, colour, out);
    }
    totals(l, v, for_ms, colour, out);
}
