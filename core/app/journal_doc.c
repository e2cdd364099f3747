/* SPDX-License-Identifier: Apache-2.0 */
/* Records as JSON: stable names, decimals as strings, what is not known left out. */
#include "app/journal_words.h"

#include "app/signals.h"
#include "domain/order.h"
#include "policy/names.h"
#include <exitbrain/text.h>

static void client_id(struct eb_doc *d, eb_client_id id)
{
    char text[EB_CLIENT_ID_TEXT_MAX];
    if (id.instance == 0) {
        eb_doc_null(d, "client_id");
        return;
    }
    (void)eb_client_id_format(id, text);
    eb_doc_text(d, "client_id", text);
    eb_doc_text(d, "purpose", eb_purpose_name((enum eb_purpose)id.purpose));
}

static void known_e8(struct eb_doc *d, const char *key, int64_t e8)
{
    if (e8 != 0) {
        eb_doc_e8(d, key, e8);
    }
}

static void price(struct eb_doc *d, const struct eb_ev_price *v)
{
    static const char *const source[EB_SRC_COUNT] = {"mark", "last", "book"};
    eb_doc_text(d, "source", source[v->source]);
    eb_doc_e8(d, v->source == EB_SRC_BOOK ? "bid" : "price", v->price.e8);
    if (v->source == EB_SRC_BOOK) {
        eb_doc_e8(d, "ask", v->ask.e8);
    }
    eb_doc_e8(d, "min", v->min.e8);
    eb_doc_e8(d, "max", v->max.e8);
}

static void position(struct eb_doc *d, const struct eb_ev_position *v)
{
    if (v->qty.e8 != 0) {
        eb_doc_text(d, "side", eb_side_name((enum eb_side)v->side));
    }
    eb_doc_e8(d, "quantity", v->qty.e8);
    known_e8(d, "entry", v->entry.e8);
    known_e8(d, "liquidation", v->liquidation.e8);
    known_e8(d, "margin", v->margin.e8);
    if (v->leverage_ppm != 0) {
        eb_doc_ppm(d, "leverage", v->leverage_ppm);
    }
    eb_doc_bool(d, "adopted", v->adopted);
    if (v->strategy_id[0] != '\0') {
        eb_doc_text(d, "strategy_id", v->strategy_id);
    }
}

static void fill(struct eb_doc *d, const struct eb_ev_fill *v)
{
    client_id(d, v->client_id);
    eb_doc_text(d, "order_side", v->order_side == EB_BUY ? "BUY" : "SELL");
    eb_doc_e8(d, "price", v->price.e8);
    eb_doc_e8(d, "quantity", v->qty.e8);
    eb_doc_e8(d, "fee", v->fee.e8);
    eb_doc_int(d, "trade_id", (int64_t)v->trade_id);
    eb_doc_int(d, "order_id", (int64_t)v->venue_order_id);
    eb_doc_bool(d, "maker", v->maker);
    eb_doc_bool(d, "liquidation", v->liquidation);
    eb_doc_int(d, "venue_ms", v->venue_ms);
}

static void order(struct eb_doc *d, const struct eb_ev_order *v)
{
    client_id(d, v->client_id);
    eb_doc_text(d, "state", eb_order_state_name((enum eb_order_state)v->state));
    eb_doc_e8(d, "filled", v->filled.e8);
    eb_doc_int(d, "order_id", (int64_t)v->venue_order_id);
    if (v->reject != EB_REJ_NONE) {
        eb_doc_text(d, "refused", eb_reject_name((enum eb_reject_class)v->reject));
        eb_doc_int(d, "code", v->code);
    }
    eb_doc_bool(d, "cancel_failed", v->cancel_failed);
    eb_doc_bool(d, "from_query", v->from_query);
}

static void open_order(struct eb_doc *d, const struct eb_ev_open_order *v)
{
    client_id(d, v->client_id);
    eb_doc_text(d, "order_side", v->order_side == EB_BUY ? "BUY" : "SELL");
    eb_doc_text(d, "state", eb_order_state_name((enum eb_order_state)v->state));
    eb_doc_bool(d, "close_position", v->close_position);
    eb_doc_e8(d, "quantity", v->qty.e8);
    known_e8(d, "price", v->price.e8);
    known_e8(d, "trigger", v->trigger.e8);
}

static void modes(struct eb_doc *d, const struct eb_ev_config *v)
{
    eb_doc_text(d, "mode", eb_mode_name(v));
}

static void command(struct eb_doc *d, const struct eb_ev_command *v)
{
    eb_doc_text(d, "verb", eb_command_name(v->verb));
    eb_doc_text(d, "who", v->who);
    eb_doc_text(d, "why", v->why);
    if (v->verb == EB_CMD_MODE) {
        modes(d, &v->mode);
    }
}

static void policy(struct eb_doc *d, const struct eb_ev_policy *v)
{
    eb_doc_text(d, "name", v->name);
    eb_doc_text(d, "version", v->version);
    eb_doc_hex(d, "hash", v->hash, sizeof(v->hash));
    eb_doc_text(d, "who", v->who);
    eb_doc_text(d, "why", v->why);
}

static void told(struct eb_doc *d, const struct eb_ev_signal *v)
{
    eb_signal_doc(d, &v->value);
    if (v->expires_ms != 0) {
        eb_doc_int(d, "expires_ms", v->expires_ms);
    }
    eb_doc_text(d, "who", v->who);
    eb_doc_text(d, "why", v->why);
}

/* ---- consults ---------------------------------------------------------------------------------------------------- */

static void asked(struct eb_doc *d, const struct eb_context *c)
{
    eb_doc_int(d, "consult_id", (int64_t)c->consult_id);
    eb_doc_int(d, "episode", c->episode);
    eb_doc_int(d, "plan_revision", c->plan_revision);
    eb_doc_text(d, "reason", eb_lua_consult_reasons[c->reason]);
    eb_doc_text(d, "side", eb_side_name((enum eb_side)c->side));
    known_e8(d, "price", c->price.e8);
    known_e8(d, "entry", c->entry.e8);
    known_e8(d, "stop", c->stop.e8);
    eb_doc_ppm(d, "pnl_r", c->pnl_r_ppm);
}

static void levels(struct eb_doc *d, const struct eb_decision *v)
{
    eb_doc_begin(d, "levels", '[');
    for (uint8_t i = 0; i < v->u.targets.count; i++) {
        const struct eb_leg_spec *leg = &v->u.targets.leg[i];
        eb_doc_begin(d, NULL, '{');
        eb_doc_int(d, "id", leg->id);
        if (leg->price.e8 != 0) {
            eb_doc_e8(d, "price", leg->price.e8);
        } else {
            eb_doc_ppm(d, leg->r_ppm != 0 ? "r" : "pct", leg->r_ppm != 0 ? leg->r_ppm : leg->pct_ppm);
        }
        eb_doc_ppm(d, "fraction", leg->fraction_ppm);
        eb_doc_bool(d, "soft", leg->soft);
        eb_doc_end(d, '}');
    }
    eb_doc_end(d, ']');
}

static void decision(struct eb_doc *d, const struct eb_decision *v)
{
    eb_doc_begin(d, NULL, '{');
    eb_doc_text(d, "kind", eb_lua_decisions[v->kind]);
    eb_doc_text(d, "reason", v->reason);
    switch ((enum eb_decision_kind)v->kind) {
    case EB_PARTIAL_CLOSE:
        eb_doc_ppm(d, "fraction", v->u.partial.fraction_ppm);
        break;
    case EB_MOVE_STOP:
        if (v->u.stop.price.e8 != 0) {
            eb_doc_e8(d, "price", v->u.stop.price.e8);
        } else {
            eb_doc_ppm(d, "pct", v->u.stop.pct_ppm);
        }
        eb_doc_bool(d, "risk_floor", v->u.stop.risk_floor);
        eb_doc_bool(d, "allow_loosen", v->u.stop.allow_loosen);
        break;
    case EB_UPDATE_TP_LIMITS:
        levels(d, v);
        break;
    case EB_SET_TRAILING:
        eb_doc_bool(d, "off", v->u.trailing.off);
        eb_doc_ppm(d, "activation_r", v->u.trailing.activation_r_ppm);
        eb_doc_ppm(d, "callback", v->u.trailing.callback_ppm);
        break;
    case EB_SET_RATCHET:
        eb_doc_int(d, "rules", v->u.ratchet.count);
        break;
    case EB_NO_CHANGE:
    case EB_FULL_EXIT:
    case EB_DECISION_KIND_COUNT:
        break;
    }
    if (v->emergency) {
        eb_doc_bool(d, "emergency", true);
    }
    eb_doc_end(d, '}');
}

static void verdict(struct eb_doc *d, const struct eb_context *c, const struct eb_verdict *v)
{
    asked(d, c);
    eb_doc_bool(d, "keep", v->keep);
    eb_doc_text(d, "regime", eb_regime_name((enum eb_regime)v->regime));
    eb_doc_text(d, "profile", v->profile);
    eb_doc_text(d, "owner", v->owner);
    eb_doc_hex(d, "policy_hash", v->policy_hash, sizeof(v->policy_hash));
    eb_doc_begin(d, "decisions", '[');
    for (uint8_t i = 0; i < v->count; i++) {
        decision(d, &v->decision[i]);
    }
    eb_doc_end(d, ']');
}

static void failed(struct eb_doc *d, const struct eb_context *c, const struct eb_ev_policy_failed *v)
{
    asked(d, c);
    eb_doc_text(d, "result", eb_policy_result_name((enum eb_policy_result)v->result));
    eb_doc_text(d, "message", v->message);
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static void fields(struct eb_doc *d, const struct eb_decoded_event *r)
{
    const struct eb_event *ev = &r->ev;
    switch ((enum eb_event_kind)ev->kind) {
    case EB_EV_PRICE:
        price(d, &ev->u.price);
        return;
    case EB_EV_PATH:
        eb_doc_e8(d, "from", ev->u.path.from.e8);
        eb_doc_e8(d, "to", ev->u.path.to.e8);
        return;
    case EB_EV_BAR:
        eb_doc_int(d, "open_ms", ev->u.bar.open_ms);
        eb_doc_int(d, "length_ms", ev->u.bar.length_ms);
        eb_doc_e8(d, "open", ev->u.bar.open.e8);
        eb_doc_e8(d, "high", ev->u.bar.high.e8);
        eb_doc_e8(d, "low", ev->u.bar.low.e8);
        eb_doc_e8(d, "close", ev->u.bar.close.e8);
        return;
    case EB_EV_FUNDING:
        eb_doc_e8(d, "rate", ev->u.funding.rate_e8);
        return;
    case EB_EV_INSTRUMENT:
        eb_doc_e8(d, "tick", r->instrument.tick.e8);
        eb_doc_e8(d, "step", r->instrument.step.e8);
        eb_doc_bool(d, "trading", r->instrument.trading);
        return;
    case EB_EV_ACCOUNT:
        eb_doc_e8(d, "balance", ev->u.account.balance.e8);
        eb_doc_bool(d, "hedge", ev->u.account.hedge);
        return;
    case EB_EV_POSITION:
        position(d, &r->position);
        return;
    case EB_EV_OPEN_ORDER:
        open_order(d, &ev->u.open_order);
        return;
    case EB_EV_FILL:
        fill(d, &ev->u.fill);
        return;
    case EB_EV_ORDER:
        order(d, &ev->u.order);
        return;
    case EB_EV_COMMAND:
        command(d, &r->command);
        return;
    case EB_EV_POLICY:
        policy(d, &r->policy);
        return;
    case EB_EV_VERDICT:
        verdict(d, &r->ctx, &r->verdict);
        return;
    case EB_EV_POLICY_FAILED:
        failed(d, &r->ctx, &r->failed);
        return;
    case EB_EV_CONFIG:
        modes(d, &ev->u.config);
        return;
    case EB_EV_SIGNAL:
        told(d, &r->signal);
        return;
    case EB_EV_CLOCK:
    case EB_EV_SNAPSHOT_BEGIN:
    case EB_EV_SNAPSHOT_END:
    case EB_EV_SNAPSHOT_FAILED:
    case EB_EV_COUNT:
        return;
    }
}

void eb_record_doc(const struct eb_engine *e, uint64_t seq, const struct eb_decoded_event *record, struct eb_doc *d)
{
    const char *symbol = eb_record_symbol(e, record);
    eb_doc_begin(d, NULL, '{');
    if (seq != 0) {
        eb_doc_int(d, "seq", (int64_t)seq);
    }
    eb_doc_int(d, "ms", record->ev.now_ms);
    eb_doc_text(d, "kind", eb_event_name(record->ev.kind));
    if (symbol[0] != '\0') {
        eb_doc_text(d, "symbol", symbol);
    }
    fields(d, record);
    eb_doc_end(d, '}');
}
