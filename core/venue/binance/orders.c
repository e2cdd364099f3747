/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders of the account by their ids, and what is told of them: states only move forward, fills come before the state
 * that counts them, and the child of a conditional order is its parent to the engine.
 *
 *     ORDER_TRADE_UPDATE -> FILL, ORDER        ALGO_UPDATE -> ORDER, child id        answers -> records.c -> ORDER
 */
#include "venue/binance/inner.h"

#include <string.h>

#include "domain/order.h"

bool bn_id_is_ours(eb_client_id id)
{
    return id.instance != 0;
}

bool bn_id_is_algo(eb_client_id id)
{
    return bn_id_is_ours(id) && (id.purpose == EB_PURPOSE_BACKSTOP || id.purpose == EB_PURPOSE_BRIDGE);
}

/* ---- telling ----------------------------------------------------------------------------------------------------- */

void bn_order_tell_raw(struct eb_binance *b, struct bn_symbol *s, const struct eb_ev_order *told)
{
    struct eb_event ev = bn_event(b, EB_EV_ORDER, s->id);
    ev.u.order = *told;
    bn_tell(b, &ev);
}

/* What the child does, said of its parent. */
static uint8_t as_parent(uint8_t child)
{
    return child == EB_OS_NEW ? EB_OS_TRIGGERED : child;
}

/* REJECTED and EXPIRED of a conditional order come with words only. */
static uint8_t reject_of(const struct bn_order *o)
{
    if (o->state != EB_OS_REJECTED) {
        return EB_REJ_NONE;
    }
    return strstr(o->reject_text, "educe") != NULL ? EB_REJ_REDUCE_ONLY : EB_REJ_ALARM;
}

void bn_order_tell(struct eb_binance *b, struct bn_symbol *s, const struct bn_order *o, bool from_query)
{
    struct bn_record *r = bn_record_of(b, s, o);
    if (r == NULL || !bn_id_is_ours(r->id)) {
        return;
    }
    bool child = r->algo && !o->algo;
    uint8_t state = child ? as_parent(o->state) : o->state;
    bool news = state != r->state || o->filled.e8 > r->filled.e8;
    bool forward = r->state == EB_OS_NONE || r->state == EB_OS_ABSENT ||
                   eb_order_may_become((enum eb_order_state)r->state, (enum eb_order_state)state);
    if (forward) {
        bn_record_state(b, r, state);
    }
    if (o->filled.e8 > r->filled.e8) {
        r->filled = o->filled;
    }
    if (!from_query && !(forward && news)) {
        return;
    }
    const struct eb_ev_order told = {.client_id = r->id,
                                     .venue_order_id = r->venue_id,
                                     .state = r->state, /* the furthest that is known, also for an answer that lags */
                                     .reject = r->state == state ? reject_of(o) : EB_REJ_NONE,
                                     .from_query = from_query,
                                     .filled = r->filled,
                                     .venue_ms = o->update_ms};
    bn_order_tell_raw(b, s, &told);
}

void bn_fill_tell(struct eb_binance *b, struct bn_symbol *s, struct bn_record *r, uint64_t order_id, uint8_t order_side,
                  uint8_t position_side, const struct bn_fill *f)
{
    if (f->fee_other) {
        b->count.fees_other++;
    }
    if (r != NULL && f->trade_id > r->last_trade) {
        r->last_trade = f->trade_id;
        r->told.e8 += f->qty.e8;
    }
    struct eb_event ev = bn_event(b, EB_EV_FILL, s->id);
    ev.u.fill = (struct eb_ev_fill){.client_id = r != NULL ? r->id : (eb_client_id){0},
                                    .venue_order_id = order_id,
                                    .trade_id = f->trade_id,
                                    .price = f->price,
                                    .qty = f->qty,
                                    .fee = f->fee,
                                    .order_side = order_side,
                                    .position_side = position_side,
                                    .maker = f->maker,
                                    .liquidation = f->liquidation,
                                    .venue_ms = f->time_ms};
    bn_tell(b, &ev);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

/* Fills that a state counts and that no event has told: they were lost, or come out of order. */
static bool fills_missing(const struct bn_record *r, const struct bn_order *o)
{
    return o->filled.e8 > r->told.e8 && eb_order_is_terminal((enum eb_order_state)o->state);
}

void bn_order_event(struct eb_binance *b, const struct bn_user *u)
{
    const struct bn_order *o = &u->order;
    struct bn_symbol *s = bn_symbol_seen(b, o->symbol);
    uint64_t epoch = b->epoch;
    if (s == NULL) {
        return;
    }
    struct bn_record *r = bn_record_of(b, s, o);
    if (u->fill.there) {
        bn_fill_tell(b, s, r, o->venue_id, o->order_side, o->position_side, &u->fill);
    }
    if (epoch != b->epoch || r == NULL) {
        return;
    }
    if (!bn_id_is_ours(r->id)) {
        bn_record_state(b, r, o->state);
        return;
    }
    if (fills_missing(r, o)) {
        bn_query_quiet(b, r, BN_ASK_FILLS, o); /* they come first, then the state */
        return;
    }
    bn_order_tell(b, s, o, false);
}

static void log_reason(struct eb_binance *b, const struct bn_order *o)
{
    if (o->reject_text[0] != '\0' && (o->state == EB_OS_REJECTED || o->state == EB_OS_EXPIRED)) {
        eb_log(b->c.log, EB_LOG_WARN, "order.conditional_ended", EB_STR("symbol", o->symbol),
               EB_STR("client_id", o->client_text), EB_STR("state", eb_order_state_name((enum eb_order_state)o->state)),
               EB_STR("why", o->reject_text));
    }
}

void bn_algo_event(struct eb_binance *b, const struct bn_user *u)
{
    const struct bn_order *o = &u->order;
    struct bn_symbol *s = bn_symbol_seen(b, o->symbol);
    if (s == NULL) {
        return;
    }
    log_reason(b, o);
    struct bn_record *r = bn_record_of(b, s, o);
    if (r == NULL || !bn_id_is_ours(r->id)) {
        if (r != NULL) {
            bn_record_state(b, r, o->state);
        }
        return;
    }
    /* FINISHED says that the child has ended, not how well its events have come: the child is asked. */
    bool finished = r->child_id != 0 && (o->state == EB_OS_FILLED || o->state == EB_OS_CANCELED);
    bool settled = eb_order_is_terminal((enum eb_order_state)r->state) && r->told.e8 >= o->filled.e8;
    if (finished && !settled) {
        bn_query_quiet(b, r, BN_ASK_CHILD, o);
        return;
    }
    bn_order_tell(b, s, o, false);
}
