/* SPDX-License-Identifier: Apache-2.0 */
/* The hash over all actions, and the last events as lines. */
#include "trace.h"

#include <inttypes.h>
#include <string.h>

#include "base/decimal.h"
#include "base/hash.h"
#include "domain/order.h"

#define HASH_EVERY 64 /* durable steps between hashes of the durable state */

static const char *const kinds[EB_EV_COUNT] = {
    "CLOCK",          "PRICE",    "PATH",       "BAR",           "FUNDING",         "INSTRUMENT", "ACCOUNT",
    "SNAPSHOT_BEGIN", "POSITION", "OPEN_ORDER", "SNAPSHOT_END",  "SNAPSHOT_FAILED", "FILL",       "ORDER",
    "COMMAND",        "POLICY",   "VERDICT",    "POLICY_FAILED", "CONFIG",
};
static const char *const sources[EB_SRC_COUNT] = {"mark", "last", "book"};
static const char *const commands[EB_CMD_COUNT] = {"pause", "resume",  "flatten",  "release", "adopt",
                                                   "rearm", "confirm", "snapshot", "start",   "mode"};
static const char *const decisions[EB_DECISION_KIND_COUNT] = {"no_change",    "partial_close", "move_stop", "targets",
                                                              "set_trailing", "set_ratchet",   "full_exit"};

void trace_begin(struct trace *t, bool verbose)
{
    memset(t, 0, sizeof *t);
    t->hash = EB_HASH64_SEED;
    t->verbose = verbose;
}

/* ---- the hash ---- */

static uint64_t hash_id(uint64_t h, eb_client_id id)
{
    return eb_hash64(h, &id, sizeof id);
}

static uint64_t hash_action(uint64_t h, const struct eb_action *a)
{
    h = eb_hash64_u64(h, a->kind);
    switch ((enum eb_action_kind)a->kind) {
    case EB_ACT_SUBMIT: {
        const struct eb_order_request *r = &a->u.submit;
        h = hash_id(h, r->client_id);
        h = eb_hash64_u64(h, (uint64_t)r->type << 8 | r->order_side);
        h = eb_hash64_u64(h, (uint64_t)r->qty.e8);
        h = eb_hash64_u64(h, (uint64_t)r->price.e8);
        return eb_hash64_u64(h, (uint64_t)r->trigger.e8);
    }
    case EB_ACT_CANCEL:
    case EB_ACT_QUERY:
        return hash_id(h, a->u.cancel.client_id);
    case EB_ACT_REFRESH_PRICE:
        return eb_hash64_u64(h, a->u.refresh.symbol);
    case EB_ACT_ALERT:
        return eb_hash64_u64(h, (uint64_t)a->u.alert.kind << 32 | a->u.alert.position);
    case EB_ACT_EXIT:
        h = hash_id(h, a->u.exit.client_id);
        h = eb_hash64_u64(h, (uint64_t)a->u.exit.qty.e8);
        return eb_hash64_u64(h, (uint64_t)a->u.exit.price.e8);
    case EB_ACT_EPISODE_END:
        return eb_hash64_u64(h, a->u.end.episode);
    case EB_ACT_CONSULT:
    case EB_ACT_SNAPSHOT:
    case EB_ACT_COUNT:
        break;
    }
    return h;
}

/* ---- lines ---- */

static const char *dec(int64_t e8)
{
    static char text[8][EB_DECIMAL_TEXT_MAX];
    static unsigned at;
    char *out = text[at++ % 8];
    (void)eb_decimal_format(e8, 8, out);
    return out;
}

static const char *id_text(eb_client_id id)
{
    static char text[4][EB_CLIENT_ID_TEXT_MAX];
    static unsigned at;
    char *out = text[at++ % 4];
    if (id.instance == 0) {
        return "foreign";
    }
    (void)eb_client_id_format(id, out);
    return out;
}

static void print_payload(const struct trace_entry *e, FILE *out)
{
    const struct eb_event *ev = &e->ev;
    switch ((enum eb_event_kind)ev->kind) {
    case EB_EV_PRICE:
        (void)fprintf(out, " %s %s min %s max %s ask %s%s", sources[ev->u.price.source % EB_SRC_COUNT],
                      dec(ev->u.price.price.e8), dec(ev->u.price.min.e8), dec(ev->u.price.max.e8),
                      dec(ev->u.price.ask.e8), ev->u.price.from_rest ? " rest" : "");
        return;
    case EB_EV_FILL:
        (void)fprintf(out, " %s trade %" PRIu64 " qty %s at %s%s", id_text(ev->u.fill.client_id), ev->u.fill.trade_id,
                      dec(ev->u.fill.qty.e8), dec(ev->u.fill.price.e8), ev->u.fill.liquidation ? " by the venue" : "");
        return;
    case EB_EV_ORDER:
        (void)fprintf(out, " %s %s told %s%s%s reject %s code %d", id_text(ev->u.order.client_id),
                      eb_order_state_name((enum eb_order_state)ev->u.order.state), dec(ev->u.order.filled.e8),
                      ev->u.order.cancel_failed ? " cancel_failed" : "", ev->u.order.from_query ? " query" : "",
                      eb_reject_name((enum eb_reject_class)ev->u.order.reject), ev->u.order.code);
        return;
    case EB_EV_OPEN_ORDER:
        (void)fprintf(out, " %s %s qty %s filled %s trigger %s", id_text(ev->u.open_order.client_id),
                      eb_order_state_name((enum eb_order_state)ev->u.open_order.state), dec(ev->u.open_order.qty.e8),
                      dec(ev->u.open_order.filled.e8), dec(ev->u.open_order.trigger.e8));
        return;
    case EB_EV_POSITION:
        (void)fprintf(out, " side %u ps %u qty %s entry %s liq %s", e->position.side, e->position.position_side,
                      dec(e->position.qty.e8), dec(e->position.entry.e8), dec(e->position.liquidation.e8));
        return;
    case EB_EV_COMMAND:
        (void)fprintf(out, " %s id %" PRIu64, commands[e->command.verb % EB_CMD_COUNT], e->command.id);
        return;
    case EB_EV_SIGNAL:
        (void)fprintf(out, " %s kind %u %g %s until %" PRId64, e->signal.value.key, e->signal.value.kind,
                      e->signal.value.number, e->signal.value.text, e->signal.expires_ms);
        return;
    case EB_EV_VERDICT:
    case EB_EV_POLICY_FAILED:
        (void)fprintf(out, " position %u%s", ev->position, e->answer);
        return;
    case EB_EV_CLOCK:
    case EB_EV_PATH:
    case EB_EV_BAR:
    case EB_EV_FUNDING:
    case EB_EV_INSTRUMENT:
    case EB_EV_ACCOUNT:
    case EB_EV_SNAPSHOT_BEGIN:
    case EB_EV_SNAPSHOT_END:
    case EB_EV_SNAPSHOT_FAILED:
    case EB_EV_POLICY:
    case EB_EV_CONFIG:
    case EB_EV_COUNT:
        return;
    }
}

static void print_action(const struct eb_action *a, FILE *out)
{
    const struct eb_order_request *r = &a->u.submit;
    switch ((enum eb_action_kind)a->kind) {
    case EB_ACT_SUBMIT:
        (void)fprintf(out, "        -> submit %s %s type %u %s qty %s price %s trigger %s level %s needs %" PRIu64 "\n",
                      id_text(r->client_id), eb_purpose_name((enum eb_purpose)r->purpose), r->type,
                      r->order_side == EB_BUY ? "buy" : "sell", dec(r->qty.e8), dec(r->price.e8), dec(r->trigger.e8),
                      dec(r->level.e8), r->needs_seq);
        return;
    case EB_ACT_CANCEL:
        (void)fprintf(out, "        -> cancel %s\n", id_text(a->u.cancel.client_id));
        return;
    case EB_ACT_QUERY:
        (void)fprintf(out, "        -> query %s\n", id_text(a->u.query.client_id));
        return;
    case EB_ACT_CONSULT:
        (void)fprintf(out, "        -> consult\n");
        return;
    case EB_ACT_SNAPSHOT:
        (void)fprintf(out, "        -> snapshot\n");
        return;
    case EB_ACT_REFRESH_PRICE:
        (void)fprintf(out, "        -> refresh price of %u\n", a->u.refresh.symbol);
        return;
    case EB_ACT_ALERT:
        (void)fprintf(out, "        -> alert %u position %u price %s code %d: %s\n", a->u.alert.kind,
                      a->u.alert.position, dec(a->u.alert.price.e8), a->u.alert.code, a->u.alert.text);
        return;
    case EB_ACT_EXIT:
        (void)fprintf(out, "        -> exit %s %s qty %s at %s remaining %s\n", id_text(a->u.exit.client_id),
                      eb_exit_reason_name((enum eb_exit_reason)a->u.exit.reason), dec(a->u.exit.qty.e8),
                      dec(a->u.exit.price.e8), dec(a->u.exit.remaining.e8));
        return;
    case EB_ACT_EPISODE_END:
        (void)fprintf(out, "        -> episode %u ends\n", a->u.end.episode);
        return;
    case EB_ACT_COUNT:
        return;
    }
}

static void print_entry(const struct trace_entry *e, FILE *out)
{
    (void)fprintf(out, "%8" PRIu64 " %9.3f s %s%s", e->number, (double)(e->ev.now_ms % 86400000) / 1000.0,
                  e->ev.kind < EB_EV_COUNT ? kinds[e->ev.kind] : "?", e->durable ? " *" : "");
    if (e->ev.symbol != EB_NO_SYMBOL) {
        (void)fprintf(out, " symbol %u", e->ev.symbol);
    }
    print_payload(e, out);
    (void)fputc('\n', out);
    for (uint16_t i = 0; i < e->count && i < TRACE_ACTIONS; i++) {
        print_action(&e->action[i], out);
    }
    if (e->count > TRACE_ACTIONS) {
        (void)fprintf(out, "        -> and %u more\n", e->count - TRACE_ACTIONS);
    }
}

/* ---- keeping ---- */

static void describe_decision(const struct eb_decision *d, char *out, size_t cap)
{
    const char *name = d->kind < EB_DECISION_KIND_COUNT ? decisions[d->kind] : "?";
    if (d->kind == EB_MOVE_STOP) {
        (void)snprintf(out, cap, " %s(%s pct %lld%s%s)", name, dec(d->u.stop.price.e8), (long long)d->u.stop.pct_ppm,
                       d->u.stop.risk_floor ? " floor" : "", d->u.stop.allow_loosen ? " loosen" : "");
    } else if (d->kind == EB_UPDATE_TP_LIMITS) {
        (void)snprintf(out, cap, " %s(%u)", name, d->u.targets.count);
    } else {
        (void)snprintf(out, cap, " %s", name);
    }
}

static void describe_answer(const struct eb_event *ev, char *out, size_t cap)
{
    out[0] = '\0';
    if (ev->kind == EB_EV_POLICY_FAILED) {
        (void)snprintf(out, cap, " result %u", ev->u.policy_failed->result);
    } else if (ev->kind == EB_EV_VERDICT) {
        const struct eb_verdict *v = ev->u.verdict.verdict;
        size_t at = 0;
        (void)snprintf(out, cap, "%s judged by %s", v->keep ? " keep" : "", dec(ev->u.verdict.ctx->price.e8));
        for (unsigned i = 0; i < v->count && i < EB_DECISIONS_MAX; i++) {
            at = strlen(out);
            describe_decision(&v->decision[i], out + at, cap - at);
        }
    }
}

void trace_step(struct trace *t, const struct eb_event *ev, const struct eb_actions *actions,
                const struct eb_engine *engine)
{
    t->number++;
    for (uint16_t i = 0; i < actions->count; i++) {
        t->hash = hash_action(t->hash, &actions->action[i]);
    }
    if (actions->durable && ++t->held % HASH_EVERY == 0) {
        t->hash = eb_hash64_u64(t->hash, eb_engine_durable_hash(engine));
    }
    if (!actions->durable && actions->count == 0 && (ev->kind == EB_EV_PRICE || ev->kind == EB_EV_BAR)) {
        return;
    }
    struct trace_entry *e = &t->entry[t->next++ % TRACE_KEPT];
    e->number = t->number;
    e->ev = *ev;
    e->durable = actions->durable;
    if (ev->kind == EB_EV_POSITION) {
        e->position = *ev->u.venue_position;
    } else if (ev->kind == EB_EV_COMMAND) {
        e->command = *ev->u.command;
    } else if (ev->kind == EB_EV_SIGNAL) {
        e->signal = *ev->u.signal;
    }
    describe_answer(ev, e->answer, sizeof e->answer);
    e->count = actions->count;
    uint16_t kept = actions->count < TRACE_ACTIONS ? actions->count : TRACE_ACTIONS;
    memcpy(e->action, actions->action, kept * sizeof e->action[0]);
    if (t->verbose) {
        print_entry(e, stdout);
    }
}

void trace_print(const struct trace *t, FILE *out)
{
    uint32_t count = t->next < TRACE_KEPT ? t->next : TRACE_KEPT;
    for (uint32_t i = t->next - count; i != t->next; i++) {
        print_entry(&t->entry[i % TRACE_KEPT], out);
    }
}
