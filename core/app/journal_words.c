/* SPDX-License-Identifier: Apache-2.0 */
/* Records as lines. */
#include "app/journal_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/answer_words.h"
#include "app/signals.h"
#include "base/hash.h"
#include "domain/order.h"
#include "policy/names.h"
#include <exitbrain/text.h>

const char *const eb_event_names[EB_EV_COUNT + 1] = {
    [EB_EV_CLOCK] = "clock",
    [EB_EV_PRICE] = "price",
    [EB_EV_PATH] = "path",
    [EB_EV_BAR] = "bar",
    [EB_EV_FUNDING] = "funding",
    [EB_EV_INSTRUMENT] = "instrument",
    [EB_EV_ACCOUNT] = "account",
    [EB_EV_SNAPSHOT_BEGIN] = "snapshot_begin",
    [EB_EV_POSITION] = "position",
    [EB_EV_OPEN_ORDER] = "open_order",
    [EB_EV_SNAPSHOT_END] = "snapshot_end",
    [EB_EV_SNAPSHOT_FAILED] = "snapshot_failed",
    [EB_EV_FILL] = "fill",
    [EB_EV_ORDER] = "order",
    [EB_EV_COMMAND] = "command",
    [EB_EV_POLICY] = "policy",
    [EB_EV_VERDICT] = "verdict",
    [EB_EV_POLICY_FAILED] = "policy_failed",
    [EB_EV_CONFIG] = "config",
    [EB_EV_SIGNAL] = "signal",
};

const char *eb_event_name(unsigned kind)
{
    return kind < EB_EV_COUNT ? eb_event_names[kind] : "?";
}

int eb_journal_place(const struct eb_args *a, char out[EB_STATE_PATH_MAX], struct eb_err *err)
{
    const char *file = eb_args_text(a, "journal");
    char dir[EB_STATE_PATH_MAX];
    if (file != NULL) {
        int n = snprintf(out, EB_STATE_PATH_MAX, "%s", file);
        return n > 0 && n < EB_STATE_PATH_MAX
                   ? EB_OK
                   : eb_err_set(err, EB_E_INVALID, "journal", "--journal: path empty or too long");
    }
    int rc = eb_state_find(eb_args_text(a, "state"), dir, err);
    return rc == EB_OK ? eb_state_path(dir, EB_STATE_JOURNAL, out, EB_STATE_PATH_MAX, err) : rc;
}

const char *eb_record_symbol(const struct eb_engine *e, const struct eb_decoded_event *record)
{
    eb_symbol_id symbol = record->ev.symbol;
    if (symbol == EB_NO_SYMBOL && record->ev.witness != NULL) {
        symbol = record->ev.witness->symbol; /* time has passed for one symbol */
    }
    return symbol != EB_NO_SYMBOL ? eb_engine_symbol_name(e, symbol) : "";
}

/* ---- lines: each writes what follows the name of its kind ---- */

#define TEXT(...) (void)snprintf(out, EB_LINE_MAX, __VA_ARGS__)

const char *eb_command_name(unsigned verb)
{
    static const char *const name[EB_CMD_COUNT] = {
        [EB_CMD_PAUSE] = "pause",       [EB_CMD_RESUME] = "resume", [EB_CMD_FLATTEN] = "flatten",
        [EB_CMD_RELEASE] = "release",   [EB_CMD_ADOPT] = "adopt",   [EB_CMD_REARM] = "rearm",
        [EB_CMD_CONFIRM] = "confirm",   [EB_CMD_START] = "start",   [EB_CMD_MODE] = "mode",
        [EB_CMD_SNAPSHOT] = "snapshot",
    };
    return verb < EB_CMD_COUNT && name[verb] != NULL ? name[verb] : "?";
}

static const char *order_of(eb_client_id id, char out[EB_CLIENT_ID_TEXT_MAX])
{
    if (id.instance == 0) {
        return "a foreign order";
    }
    (void)eb_client_id_format(id, out);
    return out;
}
#define ORDER(id) order_of((id), (char[EB_CLIENT_ID_TEXT_MAX]){0})

static const char *side_of(uint8_t order_side)
{
    return order_side == EB_BUY ? "buy" : "sell";
}

static const char *source_of(uint8_t source)
{
    static const char *const name[EB_SRC_COUNT] = {"mark", "last", "book"};
    return source < EB_SRC_COUNT ? name[source] : "?";
}

static void price_line(const struct eb_ev_price *v, char out[EB_LINE_MAX])
{
    if (v->source == EB_SRC_BOOK) {
        TEXT("book %s / %s", EB_AMOUNT(v->price.e8), EB_AMOUNT(v->ask.e8));
    } else if (v->min.e8 != v->price.e8 || v->max.e8 != v->price.e8) {
        TEXT("%s %s (%s to %s)", source_of(v->source), EB_AMOUNT(v->price.e8), EB_AMOUNT(v->min.e8),
             EB_AMOUNT(v->max.e8));
    } else {
        TEXT("%s %s", source_of(v->source), EB_AMOUNT(v->price.e8));
    }
}

static void position_line(const struct eb_ev_position *v, char out[EB_LINE_MAX])
{
    char leverage[EB_DECIMAL_TEXT_MAX];
    if (v->qty.e8 == 0) {
        TEXT("flat");
        return;
    }
    (void)eb_decimal_format(v->leverage_ppm, 6, leverage);
    TEXT("%s %s at %s%s%s%s%s%s%s%s", eb_side_name((enum eb_side)v->side), EB_AMOUNT(v->qty.e8), EB_AMOUNT(v->entry.e8),
         v->leverage_ppm != 0 ? ", " : "", v->leverage_ppm != 0 ? leverage : "", v->leverage_ppm != 0 ? "x" : "",
         v->liquidation.e8 != 0 ? ", liquidation " : "", v->liquidation.e8 != 0 ? EB_AMOUNT(v->liquidation.e8) : "",
         v->strategy_id[0] != '\0' ? ", by " : "", v->strategy_id);
}

static void fill_line(const struct eb_ev_fill *v, char out[EB_LINE_MAX])
{
    TEXT("%s %s at %s, fee %s, trade %" PRIu64 ", %s%s", side_of(v->order_side), EB_AMOUNT(v->qty.e8),
         EB_AMOUNT(v->price.e8), EB_AMOUNT(v->fee.e8), v->trade_id, ORDER(v->client_id),
         v->liquidation ? ", by the venue"
         : v->maker     ? ", maker"
                        : "");
}

static void order_line(const struct eb_ev_order *v, char out[EB_LINE_MAX])
{
    char code[24] = "";
    if (v->code != 0) {
        (void)snprintf(code, sizeof(code), " (%d)", v->code);
    }
    TEXT("%s %s%s%s%s%s%s%s", ORDER(v->client_id), eb_order_state_name((enum eb_order_state)v->state),
         v->filled.e8 != 0 ? ", filled " : "", v->filled.e8 != 0 ? EB_AMOUNT(v->filled.e8) : "",
         v->reject != EB_REJ_NONE ? ", refused: " : "",
         v->reject != EB_REJ_NONE ? eb_reject_name((enum eb_reject_class)v->reject) : "", code,
         v->cancel_failed ? ", cancel failed"
         : v->from_query  ? ", asked"
                          : "");
}

static void open_order_line(const struct eb_ev_open_order *v, char out[EB_LINE_MAX])
{
    TEXT("%s %s %s%s%s%s%s, %s", ORDER(v->client_id), side_of(v->order_side),
         v->close_position ? "whole position" : EB_AMOUNT(v->qty.e8), v->price.e8 != 0 ? " at " : "",
         v->price.e8 != 0 ? EB_AMOUNT(v->price.e8) : "", v->trigger.e8 != 0 ? ", trigger " : "",
         v->trigger.e8 != 0 ? EB_AMOUNT(v->trigger.e8) : "", eb_order_state_name((enum eb_order_state)v->state));
}

static void command_line(const struct eb_ev_command *v, char out[EB_LINE_MAX])
{
    TEXT("%s%s%s by %s%s%s", eb_command_name(v->verb), v->verb == EB_CMD_MODE ? " " : "",
         v->verb == EB_CMD_MODE ? eb_mode_name(&v->mode) : "", v->who[0] != '\0' ? v->who : "?",
         v->why[0] != '\0' ? ": " : "", v->why);
}

static void policy_line(const struct eb_ev_policy *v, char out[EB_LINE_MAX])
{
    char hash[2 * EB_HASH_SIZE + 1];
    eb_hex(v->hash, sizeof(v->hash), hash);
    TEXT("%s %s (%.12s)%s%s%s%s", v->name, v->version, hash, v->who[0] != '\0' ? " by " : "", v->who,
         v->why[0] != '\0' ? ": " : "", v->why);
}

static void signal_line(const struct eb_ev_signal *v, char out[EB_LINE_MAX])
{
    TEXT("%s %s%s%s by %s%s%s", v->value.key, v->value.kind != EB_MEM_NONE ? "= " : "",
         v->value.kind != EB_MEM_NONE ? EB_SIGNAL_TEXT(&v->value) : "taken back",
         v->expires_ms != 0 ? ", with an end," : "", v->who[0] != '\0' ? v->who : "?", v->why[0] != '\0' ? ": " : "",
         v->why);
}

/* ---- verdicts ---- */

struct line {
    char *out;
    size_t used;
};

static void add(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct line *l, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = l->used < EB_LINE_MAX ? vsnprintf(l->out + l->used, EB_LINE_MAX - l->used, fmt, args) : 0;
    va_end(args);
    l->used += n > 0 ? (size_t)n : 0;
}

static void add_level(struct line *l, const struct eb_leg_spec *leg)
{
    char share[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format(leg->fraction_ppm, 4, share);
    if (leg->price.e8 != 0) {
        add(l, " %s", EB_AMOUNT(leg->price.e8));
    } else if (leg->r_ppm != 0) {
        add(l, " %s R", EB_IN_R(leg->r_ppm));
    } else {
        add(l, " %s %%", EB_PERCENT(leg->pct_ppm));
    }
    add(l, " (%s %%%s)", share, leg->soft ? ", soft" : "");
}

static void add_stop(struct line *l, const struct eb_decision *d)
{
    if (d->u.stop.price.e8 != 0) {
        add(l, " to %s", EB_AMOUNT(d->u.stop.price.e8));
    } else {
        add(l, " to %s %% from entry", EB_PERCENT(d->u.stop.pct_ppm));
    }
    add(l, "%s%s", d->u.stop.risk_floor ? ", risk floor" : "", d->u.stop.allow_loosen ? ", may loosen" : "");
}

static void add_decision(struct line *l, const struct eb_decision *d)
{
    add(l, "%s%s", l->used > 0 ? "; " : "", eb_lua_decisions[d->kind]);
    switch ((enum eb_decision_kind)d->kind) {
    case EB_PARTIAL_CLOSE:
        add(l, " %s %%", EB_PERCENT(d->u.partial.fraction_ppm));
        break;
    case EB_MOVE_STOP:
        add_stop(l, d);
        break;
    case EB_UPDATE_TP_LIMITS:
        for (uint8_t i = 0; i < d->u.targets.count; i++) {
            add_level(l, &d->u.targets.leg[i]);
        }
        break;
    case EB_SET_TRAILING:
        add(l, d->u.trailing.off ? " off" : " from %s R", EB_IN_R(d->u.trailing.activation_r_ppm));
        break;
    case EB_SET_RATCHET:
        add(l, " %u rules", d->u.ratchet.count);
        break;
    case EB_NO_CHANGE:
    case EB_FULL_EXIT:
    case EB_DECISION_KIND_COUNT:
        break;
    }
    if (d->reason[0] != '\0') {
        add(l, " (%s%s)", d->emergency ? "emergency: " : "", d->reason);
    }
}

static void verdict_line(const struct eb_context *ctx, const struct eb_verdict *v, char out[EB_LINE_MAX])
{
    struct line l = {.out = out};
    out[0] = '\0';
    for (uint8_t i = 0; i < v->count; i++) {
        add_decision(&l, &v->decision[i]);
    }
    if (v->count == 0) {
        add(&l, "keeps the plan");
    }
    if (v->profile[0] != '\0' || v->regime != EB_REGIME_UNKNOWN) {
        add(&l, " [%s%s%s]", eb_regime_name((enum eb_regime)v->regime), v->profile[0] != '\0' ? ", " : "", v->profile);
    }
    if (v->owner[0] != '\0') {
        add(&l, " by %s", v->owner);
    }
    add(&l, "%s, asked because of %s", v->has_memory ? ", remembers" : "", eb_lua_consult_reasons[ctx->reason]);
}

void eb_record_line(const struct eb_decoded_event *r, char out[EB_LINE_MAX])
{
    const struct eb_event *ev = &r->ev;
    out[0] = '\0';
    switch ((enum eb_event_kind)ev->kind) {
    case EB_EV_PRICE:
        price_line(&ev->u.price, out);
        return;
    case EB_EV_PATH:
        TEXT("%s to %s", EB_AMOUNT(ev->u.path.from.e8), EB_AMOUNT(ev->u.path.to.e8));
        return;
    case EB_EV_BAR:
        TEXT("%s %s %s %s, %s", EB_AMOUNT(ev->u.bar.open.e8), EB_AMOUNT(ev->u.bar.high.e8), EB_AMOUNT(ev->u.bar.low.e8),
             EB_AMOUNT(ev->u.bar.close.e8), EB_AGE(ev->u.bar.length_ms));
        return;
    case EB_EV_FUNDING:
        TEXT("rate %s", EB_AMOUNT(ev->u.funding.rate_e8));
        return;
    case EB_EV_INSTRUMENT:
        TEXT("tick %s, step %s%s", EB_AMOUNT(r->instrument.tick.e8), EB_AMOUNT(r->instrument.step.e8),
             r->instrument.trading ? "" : ", not trading");
        return;
    case EB_EV_ACCOUNT:
        TEXT("balance %s, %s", EB_AMOUNT(ev->u.account.balance.e8), ev->u.account.hedge ? "hedge" : "one-way");
        return;
    case EB_EV_POSITION:
        position_line(&r->position, out);
        return;
    case EB_EV_OPEN_ORDER:
        open_order_line(&ev->u.open_order, out);
        return;
    case EB_EV_FILL:
        fill_line(&ev->u.fill, out);
        return;
    case EB_EV_ORDER:
        order_line(&ev->u.order, out);
        return;
    case EB_EV_COMMAND:
        command_line(&r->command, out);
        return;
    case EB_EV_POLICY:
        policy_line(&r->policy, out);
        return;
    case EB_EV_VERDICT:
        verdict_line(&r->ctx, &r->verdict, out);
        return;
    case EB_EV_POLICY_FAILED:
        TEXT("%s: %s", eb_policy_result_name((enum eb_policy_result)r->failed.result), r->failed.message);
        return;
    case EB_EV_CONFIG:
        TEXT("modes: %s", eb_mode_name(&ev->u.config));
        return;
    case EB_EV_SIGNAL:
        signal_line(&r->signal, out);
        return;
    case EB_EV_CLOCK:
    case EB_EV_SNAPSHOT_BEGIN:
    case EB_EV_SNAPSHOT_END:
    case EB_EV_SNAPSHOT_FAILED:
    case EB_EV_COUNT:
        return;
    }
}
