/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders as the engine was told of them, and what it may send knowing that much.
 *
 *     SUBMIT -> pending -> told states -> an end;   an end is an end only when the exchange said so, or a query did
 */
#include "oracle.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "domain/order.h"

#define KEPT_AFTER_END_MS 10000
#define FILL_WAIT_MS 2000

/* ---- client ids -------------------------------------------------------------------------------------------------- */

static uint32_t place_of(const struct oracle *o, eb_client_id id, bool *known)
{
    uint64_t h = eb_hash64(EB_HASH64_SEED, &id, sizeof id) | 1;
    uint32_t at = (uint32_t)(h >> 20) % ORACLE_IDS;
    while (o->id[at] != 0 && o->id[at] != h) {
        at = (at + 1) % ORACLE_IDS;
    }
    *known = o->id[at] == h;
    return at;
}

int64_t *oracle_credit(struct oracle *o, eb_client_id id)
{
    bool known;
    uint32_t at = place_of(o, id, &known);
    return known ? &o->credited[at] : NULL;
}

int64_t *oracle_told(struct oracle *o, eb_client_id id)
{
    bool known;
    uint32_t at = place_of(o, id, &known);
    return known ? &o->told[at] : NULL;
}

static bool was_wired(const struct oracle *o, eb_client_id id)
{
    for (uint32_t i = 0; i < o->wired_count; i++) {
        if (eb_client_id_equal(o->wired[i].client_id, id)) {
            return true;
        }
    }
    return false;
}

static void use_id(struct oracle *o, eb_client_id id, const char *text)
{
    bool known;
    uint32_t at = place_of(o, id, &known);
    ORACLE_CHECK(o, !known || !o->id_sent[at] || was_wired(o, id), "client id %s is used again", text);
    o->id[at] = eb_hash64(EB_HASH64_SEED, &id, sizeof id) | 1;
}

int64_t oracle_truth(const struct oracle *o, eb_client_id id)
{
    size_t count;
    const struct eb_sim_trade *t = eb_sim_trades(o->sim, &count);
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += eb_client_id_equal(t[i].client_id, id) ? t[i].qty.e8 : 0;
    }
    return sum;
}

/* ---- what the engine is told ------------------------------------------------------------------------------------- */

static struct oracle_order *find(struct oracle *o, eb_symbol_id symbol, eb_client_id id, struct oracle_slot **slot)
{
    for (unsigned leg = 0; leg < 2 && symbol < o->symbols; leg++) {
        struct oracle_slot *s = &o->slot[2 * symbol + leg];
        for (unsigned i = 0; i < s->order_count; i++) {
            if (eb_client_id_equal(s->order[i].id, id)) {
                *slot = s;
                return &s->order[i];
            }
        }
    }
    return NULL;
}

/* An end that may be believed: for an order that nobody knows, only after the request can no longer arrive. */
static bool is_end(const struct oracle *o, const struct oracle_order *k, const struct eb_ev_order *t)
{
    if (t->state == EB_OS_ABSENT) {
        return t->from_query && (o->now_ms - k->sent_ms >= o->config->absent_after_ms || k->sent_ms <= o->settled_ms);
    }
    if (t->state == EB_OS_REJECTED) {
        return t->reject != EB_REJ_DUPLICATE;
    }
    return t->state == EB_OS_FILLED || t->state == EB_OS_CANCELED || t->state == EB_OS_EXPIRED;
}

/* The engine has found it: from now on it is as it was told, and recorded as of now. */
static void adopt(const struct oracle *o, struct oracle_order *k)
{
    if (k->orphan) {
        k->orphan = false;
        k->decided_seq = o->durable;
    }
}

static void order_told(struct oracle *o, const struct eb_event *ev)
{
    const struct eb_ev_order *t = &ev->u.order;
    struct oracle_slot *s;
    struct oracle_order *k = find(o, ev->symbol, t->client_id, &s);
    if (k == NULL || k->ended || t->cancel_failed) {
        return;
    }
    k->told_seq = o->durable;
    if (t->from_query) {
        adopt(o, k);
    }
    k->told = t->filled.e8 > k->told.e8 ? t->filled : k->told;
    k->changed_ms = t->state != k->state ? o->now_ms : k->changed_ms;
    if (is_end(o, k, t)) {
        k->ended = true;
        k->ended_ms = o->now_ms;
        k->state = t->state;
    } else if (t->state == EB_OS_NEW || t->state == EB_OS_PARTIAL || t->state == EB_OS_TRIGGERING ||
               t->state == EB_OS_TRIGGERED) {
        k->state = t->state;
    } else {
        k->state = EB_OS_UNKNOWN;
    }
}

/* Somebody else's stop that would close all of a position protects it as long as the pictures show it. */
static void listed_foreign(struct oracle *o, eb_symbol_id symbol, const struct eb_ev_open_order *t)
{
    struct oracle_slot *s = &o->slot[2 * symbol + (t->position_side == EB_PS_SHORT ? 1 : 0)];
    uint8_t closing = s->seen.ctx.side == EB_LONG ? EB_SELL : EB_BUY;
    bool covers = t->close_position || t->qty.e8 >= s->seen.ctx.qty.e8;
    if (t->type == EB_ORDER_STOP_MARKET && t->order_side == closing && covers && s->open) {
        s->foreign_listed = true;
        s->foreign_ms = o->now_ms;
    }
}

void oracle_orders_picture(struct oracle *o, bool ended)
{
    for (eb_position_id at = 0; at < 2 * o->symbols; at++) {
        struct oracle_slot *s = &o->slot[at];
        s->foreign_ms = ended && !s->foreign_listed ? 0 : s->foreign_ms;
        s->foreign_listed = false;
    }
}

static void listed(struct oracle *o, const struct eb_event *ev)
{
    const struct eb_ev_open_order *t = &ev->u.open_order;
    if (t->client_id.instance == 0) {
        listed_foreign(o, ev->symbol, t);
        return;
    }
    struct oracle_slot *s;
    struct oracle_order *k = find(o, ev->symbol, t->client_id, &s);
    if (k != NULL && k->orphan && !k->ended) {
        adopt(o, k);
        k->state = t->state;
    }
    if (k != NULL && !k->ended && (k->state == EB_OS_PENDING || k->state == EB_OS_UNKNOWN)) {
        k->state = t->state;
    }
}

static void forget_ended(struct oracle *o)
{
    for (eb_position_id at = 0; at < 2 * o->symbols; at++) {
        struct oracle_slot *s = &o->slot[at];
        for (unsigned i = 0; i < s->order_count;) {
            const struct oracle_order *k = &s->order[i];
            bool done = k->ended && (k->told.e8 <= k->credited.e8 || o->now_ms - k->ended_ms > KEPT_AFTER_END_MS);
            if (done) {
                s->order[i] = s->order[--s->order_count];
            } else {
                i++;
            }
        }
    }
}

void oracle_orders_event(struct oracle *o, const struct eb_event *ev)
{
    if (ev->kind == EB_EV_ORDER) {
        order_told(o, ev);
    } else if (ev->kind == EB_EV_OPEN_ORDER) {
        listed(o, ev);
    }
}

/* ---- fills: each trade once -------------------------------------------------------------------------------------- */

/* The venue's own closing of what is not there (yet: a picture under way may be older) says nothing, and may be told
 * again. */
bool oracle_trade_first(struct oracle *o, const struct eb_event *ev)
{
    const struct eb_ev_fill *f = &ev->u.fill;
    const struct oracle_slot *s = &o->slot[2 * ev->symbol + (f->position_side == EB_PS_SHORT ? 1 : 0)];
    uint8_t *byte = &o->trade[ev->symbol][f->trade_id % ORACLE_TRADES / 8];
    uint8_t bit = (uint8_t)(1u << (f->trade_id % 8));
    bool first = (*byte & bit) == 0;
    if (!f->liquidation || s->seen.open) {
        *byte |= bit;
    }
    return first;
}

/* A trade of an order has become known, or was inferred: so much less of it can still come. */
static void credit_order(struct oracle *o, eb_symbol_id symbol, eb_client_id id, int64_t qty)
{
    struct oracle_slot *s;
    struct oracle_order *k = find(o, symbol, id, &s);
    if (k == NULL) {
        return;
    }
    k->credited.e8 += qty;
    if (!k->close_position && k->credited.e8 >= k->qty.e8 && !k->ended) { /* its fills told its end */
        k->ended = true;
        k->ended_ms = o->now_ms;
    }
}

static void exit_reported(struct oracle *o, const struct eb_exit *x, bool inferred)
{
    struct oracle_slot *s = &o->slot[x->position];
    int64_t *credit = oracle_credit(o, x->client_id);
    char text[EB_CLIENT_ID_TEXT_MAX];
    (void)eb_client_id_format(x->client_id, text);
    if (inferred) {
        credit_order(o, x->symbol, x->client_id, x->qty.e8);
    }
    if (credit != NULL && !x->virtual_fill) {
        *credit += x->qty.e8;
        ORACLE_CHECK(o, *credit <= oracle_truth(o, x->client_id),
                     "slot %u: order %s: fills of %" PRId64 " were applied, the exchange has made %" PRId64,
                     x->position, text, *credit, oracle_truth(o, x->client_id));
    }
    if (x->leg != 0 && inferred) {
        oracle_plan_late(o, x->position, x->client_id, x->qty.e8);
    }
    if (x->episode == s->episode) {
        s->exited.e8 += x->qty.e8;
        ORACLE_CHECK(o, s->exited.e8 <= s->size_in.e8, "slot %u: exits of %" PRId64 " exceed the size of %" PRId64,
                     x->position, s->exited.e8, s->size_in.e8);
    }
}

static void fills(struct oracle *o, const struct eb_event *ev, const struct eb_actions *actions)
{
    bool is_fill = ev->kind == EB_EV_FILL;
    bool first = is_fill && ev->u.fill.trade_id != 0 && oracle_trade_first(o, ev);
    int64_t applied = 0;
    if (first) {
        const struct eb_ev_fill *f = &ev->u.fill;
        credit_order(o, ev->symbol, f->client_id, f->qty.e8);
        if (f->client_id.leg != 0) {
            oracle_plan_late(o, 2 * ev->symbol + (f->position_side == EB_PS_SHORT ? 1 : 0), f->client_id, f->qty.e8);
        }
    }
    for (uint16_t i = 0; i < actions->count; i++) {
        const struct eb_action *a = &actions->action[i];
        if (a->kind == EB_ACT_EXIT && a->u.exit.position < 2 * o->symbols) {
            exit_reported(o, &a->u.exit, !is_fill);
            bool by_it = !a->u.exit.virtual_fill && a->u.exit.reason != EB_EXIT_EXTERNAL;
            applied += by_it ? a->u.exit.qty.e8 : 0;
        }
    }
    ORACLE_CHECK(o, !is_fill || applied <= (first ? ev->u.fill.qty.e8 : 0),
                 "symbol %u: trade %" PRIu64 " of %" PRId64 " was applied as %" PRId64 "%s", ev->symbol,
                 is_fill ? ev->u.fill.trade_id : 0, is_fill ? ev->u.fill.qty.e8 : 0, applied,
                 first ? "" : ", a second time");
}

/* ---- what the engine sends --------------------------------------------------------------------------------------- */

/* What of an ended order has not come is taken as done after a while, with or without an exit of its own. */
static int64_t claimed(const struct oracle *o, const struct oracle_slot *s)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < s->order_count; i++) {
        const struct oracle_order *k = &s->order[i];
        bool waits = k->type == EB_ORDER_STOP_MARKET && k->state != EB_OS_TRIGGERED;
        if (k->id.episode != s->episode || waits || k->close_position) {
            continue;
        }
        bool over = k->ended && o->now_ms - k->ended_ms >= FILL_WAIT_MS;
        int64_t upto = over ? 0 : k->ended ? k->told.e8 : k->qty.e8;
        sum += upto > k->credited.e8 ? upto - k->credited.e8 : 0;
    }
    return sum;
}

/* I8: nothing is sent again while a query has not said what became of the first. */
static void not_again(struct oracle *o, const struct oracle_slot *s, const struct eb_order_request *r, const char *text)
{
    bool leg = r->purpose == EB_PURPOSE_TARGET || r->purpose == EB_PURPOSE_SOFT;
    bool protects = r->purpose == EB_PURPOSE_BACKSTOP || r->purpose == EB_PURPOSE_BRIDGE;
    for (unsigned i = 0; i < s->order_count; i++) {
        const struct oracle_order *k = &s->order[i];
        bool leg_too = k->purpose == EB_PURPOSE_TARGET || k->purpose == EB_PURPOSE_SOFT;
        bool same = (leg && leg_too && k->leg == r->client_id.leg) || (protects && k->purpose == r->purpose);
        bool slice = k->id.attempt == r->client_id.attempt;
        char other[EB_CLIENT_ID_TEXT_MAX];
        (void)eb_client_id_format(k->id, other);
        ORACLE_CHECK(o, !same || slice || k->ended || k->id.episode != s->episode,
                     "slot %u: %s is sent while %s of the same intent is %s", r->position, text, other,
                     eb_order_state_name((enum eb_order_state)k->state));
    }
}

static bool on_grid(int64_t value, int64_t grid)
{
    return value > 0 && value % grid == 0;
}

static void form(struct oracle *o, const struct eb_order_request *r, const char *text)
{
    const struct eb_ev_instrument *inst = &o->inst[r->symbol];
    bool limit = r->type == EB_ORDER_LIMIT_IOC || r->type == EB_ORDER_LIMIT_GTC;
    bool stop = r->type == EB_ORDER_STOP_MARKET;
    bool market = r->type == EB_ORDER_MARKET;
    ORACLE_CHECK(o, r->close_position ? r->qty.e8 == 0 : on_grid(r->qty.e8, inst->step.e8),
                 "%s: quantity %" PRId64 " is off the grid", text, r->qty.e8);
    ORACLE_CHECK(o, !market || (on_grid(r->qty.e8, inst->market_step.e8) && r->qty.e8 <= inst->market_max_qty.e8),
                 "%s: %" PRId64 " is no quantity of a market order", text, r->qty.e8);
    ORACLE_CHECK(o, r->close_position || r->qty.e8 <= inst->max_qty.e8, "%s: beyond the largest order", text);
    ORACLE_CHECK(o, !limit || on_grid(r->price.e8, inst->tick.e8), "%s: price %" PRId64 " is off the grid", text,
                 r->price.e8);
    ORACLE_CHECK(o, !stop || on_grid(r->trigger.e8, inst->tick.e8), "%s: trigger %" PRId64 " is off the grid", text,
                 r->trigger.e8);
    ORACLE_CHECK(o, r->reduce_only == (!o->hedge && !r->close_position), "%s: reduce-only %d in %s mode", text,
                 r->reduce_only, o->hedge ? "hedge" : "one-way");
    uint8_t side = !o->hedge ? EB_PS_BOTH : r->position % 2 == 0 ? EB_PS_LONG : EB_PS_SHORT;
    ORACLE_CHECK(o, r->position_side == side, "%s: position side %u", text, r->position_side);
}

/* While tripped: no targets, and one full close at a time, 2 s apart. */
static void caps(struct oracle *o, struct oracle_slot *s, const struct eb_order_request *r, const char *text)
{
    bool part = r->purpose == EB_PURPOSE_TARGET || r->purpose == EB_PURPOSE_PARTIAL || r->purpose == EB_PURPOSE_SOFT;
    bool full = r->purpose <= EB_PURPOSE_FLATTEN;
    bool flatten = r->purpose == EB_PURPOSE_FLATTEN;
    ORACLE_CHECK(o, !part || !s->tripped, "%s: sent although tripped", text);
    ORACLE_CHECK(o, !part || !o->paused, "%s: sent although paused", text);
    ORACLE_CHECK(o, !o->gated, "%s: sent before the first picture after a start was complete", text);
    ORACLE_CHECK(o, !s->released || flatten, "%s: sent although released", text);
    ORACLE_CHECK(o, !o->shadow, "%s: sent in shadow", text);
    if (full && r->client_id.attempt != s->full_attempt) {
        ORACLE_CHECK(o, !s->tripped || flatten || s->full_ms == 0 || o->now_ms - s->full_ms >= o->config->full_close_ms,
                     "%s: a second full close within %" PRId64 " ms while tripped", text, o->now_ms - s->full_ms);
        s->full_ms = o->now_ms;
        s->full_attempt = r->client_id.attempt;
    }
}

static void remember(struct oracle *o, struct oracle_slot *s, const struct eb_order_request *r)
{
    if (s->order_count == ORACLE_OPEN_MAX) {
        oracle_violated(o, "slot %u: more than %d orders without an end", r->position, ORACLE_OPEN_MAX);
        return;
    }
    s->order[s->order_count++] = (struct oracle_order){.id = r->client_id,
                                                       .state = EB_OS_PENDING,
                                                       .type = r->type,
                                                       .purpose = r->purpose,
                                                       .leg = r->client_id.leg,
                                                       .close_position = r->close_position,
                                                       .qty = r->qty,
                                                       .price = r->price,
                                                       .trigger = r->trigger,
                                                       .level = r->level,
                                                       .decided_seq = o->durable,
                                                       .sent = was_wired(o, r->client_id),
                                                       .sent_ms = o->now_ms};
}

static void submitted(struct oracle *o, const struct eb_event *ev, const struct eb_order_request *r)
{
    struct oracle_slot *s = &o->slot[r->position];
    char text[EB_CLIENT_ID_TEXT_MAX];
    (void)eb_client_id_format(r->client_id, text);
    bool protects = r->purpose == EB_PURPOSE_BACKSTOP || r->purpose == EB_PURPOSE_BRIDGE;
    ORACLE_CHECK(o, s->open && r->client_id.episode == s->episode, "%s: sent for an episode that is not open", text);
    use_id(o, r->client_id, text);
    form(o, r, text);
    caps(o, s, r, text);
    not_again(o, s, r, text);
    int64_t taken = protects ? 0 : claimed(o, s);
    ORACLE_CHECK(o, taken + r->qty.e8 <= s->seen.ctx.qty.e8 || protects,
                 "%s: %" PRId64 " on top of %" PRId64 " that other orders may take, of a position of %" PRId64, text,
                 r->qty.e8, taken, s->seen.ctx.qty.e8);
    uint8_t closing = s->seen.ctx.side == EB_LONG ? EB_SELL : EB_BUY;
    ORACLE_CHECK(o, r->order_side == closing, "%s: would not close", text);
    ORACLE_CHECK(o, r->needs_seq == s->permit || r->purpose == EB_PURPOSE_FLATTEN,
                 "%s: needs record %" PRIu64 ", its permit is record %" PRIu64, text, r->needs_seq, s->permit);
    if (r->purpose == EB_PURPOSE_TARGET || r->purpose == EB_PURPOSE_SOFT) {
        oracle_leg_fires(o, s, ev, r);
    }
    remember(o, s, r);
}

static bool has_confirmed(const struct oracle *o, const struct oracle_slot *s, enum eb_purpose purpose)
{
    for (unsigned i = 0; i < s->order_count; i++) {
        const struct oracle_order *k = &s->order[i];
        bool triggers = k->state == EB_OS_TRIGGERING || k->state == EB_OS_TRIGGERED; /* good for 2 s */
        bool told = k->state == EB_OS_NEW || (triggers && o->now_ms - k->changed_ms <= o->config->triggering_ms);
        if (k->purpose == purpose && k->id.episode == s->episode && !k->ended && told) {
            return true;
        }
    }
    return false;
}

/* What protects an open position is taken away only when another stop of ours is known to stand; or, where the account
 * is short of conditional orders, for a position with more at risk: then an alarm must follow. */
static void cancelled(struct oracle *o, eb_symbol_id symbol, eb_client_id id)
{
    struct oracle_slot *s;
    const struct oracle_order *k = find(o, symbol, id, &s);
    bool protects = k != NULL && (k->purpose == EB_PURPOSE_BACKSTOP || k->purpose == EB_PURPOSE_BRIDGE);
    if (!protects || !s->open || id.episode != s->episode) {
        return;
    }
    enum eb_purpose other = k->purpose == EB_PURPOSE_BACKSTOP ? EB_PURPOSE_BRIDGE : EB_PURPOSE_BACKSTOP;
    char text[EB_CLIENT_ID_TEXT_MAX];
    (void)eb_client_id_format(id, text);
    ORACLE_CHECK(o, has_confirmed(o, s, other) || o->config->slots_max < ORACLE_SLOTS_ENOUGH,
                 "%s: the only confirmed protection is cancelled", text);
}

static void alerted(struct oracle *o, const struct eb_alert *a)
{
    if (a->position >= 2 * o->symbols) {
        return;
    }
    struct oracle_slot *s = &o->slot[a->position];
    s->tripped = s->tripped || a->kind == EB_ALERT_TRIPPED;
    s->stuck = s->stuck || a->kind == EB_ALERT_STOP_STUCK;
    s->alarmed = s->alarmed || a->kind == EB_ALERT_UNPROTECTED || a->kind == EB_ALERT_UNPROTECTABLE ||
                 a->kind == EB_ALERT_NO_LEGAL_STOP || a->kind == EB_ALERT_STOP_STUCK;
}

void oracle_orders_actions(struct oracle *o, const struct eb_event *ev, const struct eb_actions *actions)
{
    fills(o, ev, actions);
    oracle_orphans(o);
    for (uint16_t i = 0; i < actions->count && !o->violated; i++) {
        const struct eb_action *a = &actions->action[i];
        if (a->kind == EB_ACT_SUBMIT) {
            submitted(o, ev, &a->u.submit);
        } else if (a->kind == EB_ACT_CANCEL) {
            cancelled(o, a->u.cancel.symbol, a->u.cancel.client_id);
        }
    }
    for (uint16_t i = 0; i < actions->count; i++) { /* a trip counts from the next step on */
        if (actions->action[i].kind == EB_ACT_ALERT) {
            alerted(o, &actions->action[i].u.alert);
        }
    }
    o->wired_count = 0;
    forget_ended(o);
}

void oracle_wired_unseen(struct oracle *o)
{
    o->durable++; /* the record of that step */
    for (uint32_t i = 0; i < o->wired_count; i++) {
        const struct eb_order_request *r = &o->wired[i];
        char text[EB_CLIENT_ID_TEXT_MAX];
        (void)eb_client_id_format(r->client_id, text);
        use_id(o, r->client_id, text);
        remember(o, &o->slot[r->position], r);
    }
    o->wired_count = 0;
}

void oracle_protection(struct oracle *o, struct oracle_slot *s)
{
    bool stands = has_confirmed(o, s, EB_PURPOSE_BACKSTOP) || has_confirmed(o, s, EB_PURPOSE_BRIDGE) ||
                  (s->foreign_ms != 0 && o->now_ms - s->foreign_ms <= o->config->confirm_ms);
    if (!s->open || stands) {
        bool again = s->seen.protection == EB_PROTECTED || s->seen.protection == EB_PROTECTED_FOREIGN;
        s->unprotected_ms = 0;
        s->alarmed = s->alarmed && s->open && !again; /* an alarm lasts until the engine itself says that it is over */
    } else if (s->unprotected_ms == 0) {
        s->unprotected_ms = o->now_ms;
    }
}

/* ---- the wire ---------------------------------------------------------------------------------------------------- */

void oracle_wire(struct oracle *o, const struct eb_order_request *r, uint64_t durable_seq, bool store_failed)
{
    struct oracle_slot *slot;
    struct oracle_order *k = find(o, r->symbol, r->client_id, &slot);
    bool known;
    uint32_t at = place_of(o, r->client_id, &known);
    ORACLE_CHECK(o, !o->id_sent[at], "a client id is sent twice");
    o->id[at] = eb_hash64(EB_HASH64_SEED, &r->client_id, sizeof r->client_id) | 1;
    o->id_sent[at] = true;
    if (k != NULL) {
        k->sent = true; /* it was held for a while */
    } else if (o->wired_count < ORACLE_WIRED) {
        o->wired[o->wired_count++] = *r; /* its step is observed when all of it has left */
    }
    char text[EB_CLIENT_ID_TEXT_MAX];
    (void)eb_client_id_format(r->client_id, text);
    ORACLE_CHECK(o, !o->shadow, "%s: on the wire in shadow", text);
    ORACLE_CHECK(o, r->needs_seq <= durable_seq || (r->urgent && store_failed),
                 "%s: on the wire before its permit (record %" PRIu64 ") is durable (%" PRIu64 ")", text, r->needs_seq,
                 durable_seq);
}
