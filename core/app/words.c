/* SPDX-License-Identifier: Apache-2.0 */
/* Names and lines. */
#define _POSIX_C_SOURCE 200809L

#include "app/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "domain/order.h"
#include "policy/names.h"

const char *eb_alert_name(enum eb_alert_kind k)
{
    static const char *const name[EB_ALERT_COUNT] = {
        [EB_ALERT_POLICY_FAILED] = "policy_failed",
        [EB_ALERT_QUARANTINED] = "quarantined",
        [EB_ALERT_VERDICT_REFUSED] = "verdict_refused",
        [EB_ALERT_BUILTIN_PLAN] = "builtin_plan",
        [EB_ALERT_PARKED] = "parked",
        [EB_ALERT_NO_LEGAL_STOP] = "no_legal_stop",
        [EB_ALERT_STALE_PRICE] = "stale_price",
        [EB_ALERT_UNPROTECTED] = "unprotected",
        [EB_ALERT_UNPROTECTABLE] = "unprotectable",
        [EB_ALERT_ORDER_REFUSED] = "order_refused",
        [EB_ALERT_TRIPPED] = "tripped",
        [EB_ALERT_FOREIGN_OWNER] = "foreign_owner",
        [EB_ALERT_NEEDS_CONFIRMATION] = "needs_confirmation",
        [EB_ALERT_UNKNOWN_ORDER] = "unknown_order",
        [EB_ALERT_SHADOW] = "shadow",
        [EB_ALERT_LIQUIDATED] = "liquidated",
        [EB_ALERT_STOP_STUCK] = "stop_stuck",
        [EB_ALERT_STORE_FAILED] = "store_failed",
        [EB_ALERT_EVENTS_LOST] = "events_lost",
        [EB_ALERT_LINT] = "lint",
    };
    return (unsigned)k < EB_ALERT_COUNT && name[k] != NULL ? name[k] : "?";
}

const char *eb_protection_name(enum eb_protection p)
{
    static const char *const name[EB_PROTECTION_COUNT] = {
        [EB_UNPROTECTED] = "unprotected",
        [EB_PROTECTED] = "protected",
        [EB_PROTECTED_FOREIGN] = "protected_foreign",
        [EB_UNPROTECTABLE] = "unprotectable",
        [EB_PROTECTION_PENDING] = "pending",
    };
    return (unsigned)p < EB_PROTECTION_COUNT ? name[p] : "?";
}

const char *eb_stop_name(enum eb_stop_kind k)
{
    return (unsigned)k < EB_STOP_KIND_COUNT ? eb_lua_stop_kinds[k] : "?";
}

const char *eb_leg_state_name(enum eb_leg_state s)
{
    return (unsigned)s < EB_LEG_STATE_COUNT ? eb_lua_leg_states[s] : "?";
}

const char *eb_policy_result_name(enum eb_policy_result r)
{
    return (unsigned)r < EB_POLICY_RESULT_COUNT ? eb_lua_results[r] : "?";
}

const char *eb_owner_name(const struct eb_evidence *v)
{
    const struct eb_context *c = &v->ctx;
    if (v->released || !v->owned) {
        return v->released ? "released" : "legacy";
    }
    return c->owner[0] != '\0' ? c->owner : c->exit_mode == EB_EXIT_MODE_LEGACY ? "legacy set" : "brain";
}

const char *eb_mode_name(const struct eb_ev_config *mode)
{
    if (mode->exit_mode != EB_EXIT_MODE_EXIT_BRAIN_V3) {
        return "LEGACY";
    }
    return mode->executor_live && mode->rollout_enabled ? "LIVE" : "SHADOW";
}

const char *eb_ratio_text(int64_t ppm, int64_t unit, char out[EB_RATIO_TEXT_MAX])
{
    char digits[EB_DECIMAL_TEXT_MAX];
    int64_t cents = (int64_t)eb_div_round((eb_i128)ppm * 100, unit, EB_ROUND_HALF_AWAY);
    (void)eb_decimal_format_fixed(cents, 2, digits);
    (void)snprintf(out, EB_RATIO_TEXT_MAX, "%s%s", cents > 0 ? "+" : "", digits);
    return out;
}

const char *eb_time_text(int64_t ms, char out[EB_TIME_TEXT_MAX])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm t;
    char text[EB_TIME_TEXT_MAX];
    if (ms < 0 || gmtime_r(&seconds, &t) == NULL || strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &t) == 0) {
        (void)snprintf(out, EB_TIME_TEXT_MAX, "%" PRId64 " ms", ms);
    } else {
        (void)snprintf(out, EB_TIME_TEXT_MAX, "%.19s.%03d", text, (int)(ms % 1000));
    }
    return out;
}

/* ---- lines ------------------------------------------------------------------------------------------------------- */

#define AMOUNT(e8) (char[EB_DECIMAL_TEXT_MAX]){0}, (e8)

static const char *amount(char out[EB_DECIMAL_TEXT_MAX], int64_t e8)
{
    (void)eb_decimal_format(e8, 8, out);
    return out;
}

static const char *symbol_of(const struct eb_engine *e, eb_symbol_id symbol)
{
    return symbol == EB_NO_SYMBOL ? "account" : eb_engine_symbol_name(e, symbol);
}

/* "1.2, 1.3, 1.4" of the targets that stand. */
static void targets_text(const struct eb_context *c, char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < c->leg_count && used < room; i++) {
        if (c->legs[i].state == EB_LEG_HIT || c->legs[i].state == EB_LEG_FREE) {
            continue;
        }
        int n = snprintf(out + used, room - used, "%s%s%s", used > 0 ? ", " : "", amount(AMOUNT(c->legs[i].price.e8)),
                         c->legs[i].state == EB_LEG_PARKED ? " (parked)" : "");
        used += n > 0 ? (size_t)n : 0;
    }
}

/* " (TREND, TREND)": regime and profile, as far as the policy names them. */
static void market_text(const struct eb_context *c, char *out, size_t room)
{
    const char *regime = c->regime == EB_REGIME_UNKNOWN ? "" : eb_regime_name((enum eb_regime)c->regime);
    bool both = regime[0] != '\0' && c->profile[0] != '\0';
    out[0] = '\0';
    if (regime[0] != '\0' || c->profile[0] != '\0') {
        (void)snprintf(out, room, " (%s%s%s)", regime, both ? ", " : "", c->profile);
    }
}

/* A verdict that changed the plan. */
static bool plan_line(const struct eb_engine *e, const struct eb_event *ev, char out[EB_LINE_MAX])
{
    const struct eb_ev_verdict *v = &ev->u.verdict;
    struct eb_evidence now;
    char targets[120];
    char market[64];
    if (v->verdict->keep || v->verdict->count == 0 || !eb_engine_evidence(e, ev->position, &now) || !now.open ||
        now.ctx.plan_revision == v->ctx->plan_revision) {
        return false;
    }
    targets_text(&now.ctx, targets, sizeof(targets));
    market_text(&now.ctx, market, sizeof(market));
    (void)snprintf(out, EB_LINE_MAX, "%s %s plan%s: stop %s (%s)%s%s%s; %s", now.ctx.symbol,
                   eb_side_name((enum eb_side)now.ctx.side), market, amount(AMOUNT(now.ctx.stop.e8)),
                   eb_stop_name((enum eb_stop_kind)now.ctx.stop_kind), targets[0] != '\0' ? ", targets " : "", targets,
                   now.ctx.trailing_active ? ", trailing" : "", now.last_reason);
    return true;
}

bool eb_line_of_event(const struct eb_engine *e, const struct eb_event *ev, char out[EB_LINE_MAX])
{
    if (ev->kind == EB_EV_VERDICT) {
        return plan_line(e, ev, out);
    }
    return false;
}

static void exit_line(const struct eb_engine *e, const struct eb_exit *x, char out[EB_LINE_MAX])
{
    char leg[16] = "";
    char r[EB_RATIO_TEXT_MAX] = "";
    if (x->leg != 0) {
        (void)snprintf(leg, sizeof(leg), " %u", x->leg);
    }
    int64_t ppm;
    int64_t favour = x->side == EB_LONG ? x->price.e8 - x->entry.e8 : x->entry.e8 - x->price.e8;
    if (x->r.e8 > 0 && eb_mul_div(favour, EB_PPM, x->r.e8, EB_ROUND_HALF_EVEN, &ppm)) {
        (void)eb_ratio_text(ppm, EB_PPM, r);
    }
    (void)snprintf(out, EB_LINE_MAX, "%s %s %s%s: %s at %s%s%s%s, %s left%s", symbol_of(e, x->symbol),
                   eb_side_name((enum eb_side)x->side), eb_exit_reason_name((enum eb_exit_reason)x->reason), leg,
                   amount(AMOUNT(x->qty.e8)), amount(AMOUNT(x->price.e8)), r[0] != '\0' ? " (" : "", r,
                   r[0] != '\0' ? " R)" : "", amount(AMOUNT(x->remaining.e8)), x->virtual_fill ? " (virtual)" : "");
}

static void opened_line(const struct eb_context *c, char out[EB_LINE_MAX])
{
    char leverage[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format(c->leverage_ppm, 6, leverage);
    (void)snprintf(out, EB_LINE_MAX, "%s %s %s: %s at %s, %sx", c->symbol, eb_side_name((enum eb_side)c->side),
                   c->reason == EB_CONSULT_ADOPTED || c->adopted ? "found open" : "opened", amount(AMOUNT(c->qty.e8)),
                   amount(AMOUNT(c->entry.e8)), leverage);
}

bool eb_line_of_action(const struct eb_engine *e, const struct eb_action *a, const struct eb_actions *all,
                       char out[EB_LINE_MAX])
{
    switch ((enum eb_action_kind)a->kind) {
    case EB_ACT_CONSULT: {
        const struct eb_context *c = &all->ctx[a->u.consult.ctx];
        bool first = c->plan_revision == 0;
        if (first) {
            opened_line(c, out);
        }
        return first;
    }
    case EB_ACT_ALERT: {
        const struct eb_alert *t = &a->u.alert;
        (void)snprintf(out, EB_LINE_MAX, "%s alert %s: %s%s%s", symbol_of(e, t->symbol),
                       eb_alert_name((enum eb_alert_kind)t->kind), t->text, t->price.e8 != 0 ? " at " : "",
                       t->price.e8 != 0 ? amount(AMOUNT(t->price.e8)) : "");
        return true;
    }
    case EB_ACT_EXIT:
        exit_line(e, &a->u.exit, out);
        return true;
    case EB_ACT_EPISODE_END: {
        int64_t ms = a->u.end.closed_ms - a->u.end.opened_ms;
        ms = ms > 0 ? ms : 0; /* the exchange's own times, and its clock may have been put right between them */
        (void)snprintf(out, EB_LINE_MAX, "%s %s ended after %" PRId64 ".%01d s", symbol_of(e, a->u.end.symbol),
                       eb_side_name((enum eb_side)a->u.end.side), ms / 1000, (int)(ms % 1000 / 100));
        return true;
    }
    case EB_ACT_SUBMIT:
    case EB_ACT_CANCEL:
    case EB_ACT_QUERY:
    case EB_ACT_SNAPSHOT:
    case EB_ACT_REFRESH_PRICE:
    case EB_ACT_COUNT:
        break;
    }
    return false;
}
