/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of one order: the truth in at most three reads, then FILLs, then ORDER.
 *
 *     regular:      GET order                                     -> fills? -> ORDER
 *     conditional:  GET algoOrder -> its child? -> GET order      -> fills? -> ORDER
 *                   not there: its child may be, under the same client id (a triggered one is asked for in vain)
 *     nowhere:      ORDER ABSENT
 *
 * A question without an answer tells nothing: the engine asks again by its own deadline.
 */
#include "venue/binance/inner.h"

#include <string.h>

#include "domain/order.h"
#include "venue/binance/words.h"

#define TRADES_OF_AN_ORDER 1000

static const char where[] = "binance";

static void step_done(void *user, uint64_t tag, const struct bn_result *r);

static int ask(struct eb_binance *b, const struct bn_op *op, const char *path, const struct bn_params *params,
               uint16_t weight)
{
    return bn_read(b, path, params, weight, BN_PRIORITY_QUERY, step_done, bn_op_tag(b, op));
}

/* The order that the step is about: by our id, else by the exchange's. */
static int ask_step(struct eb_binance *b, struct bn_op *op)
{
    struct bn_params p;
    struct eb_err err;
    const char *name = b->symbol[op->symbol].name;
    const char *path = op->step == BN_ASK_ALGO ? "/fapi/v1/algoOrder" : "/fapi/v1/order";
    uint64_t child_id = op->answered ? op->answer.child_id : 0;
    int rc = EB_E_INVALID;
    bn_params_init(&p);
    switch ((enum bn_query_step)op->step) {
    case BN_ASK_FILLS:
        bn_param_text(&p, "symbol", name);
        bn_param_u64(&p, "orderId", op->algo ? op->answer.child_id : op->answer.venue_id);
        bn_param_i64(&p, "limit", TRADES_OF_AN_ORDER);
        return ask(b, op, "/fapi/v1/userTrades", &p, 5);
    case BN_ASK_CHILD:
        rc = bn_encode_target(child_id != 0 ? (eb_client_id){0} : op->id, child_id, name, false, &p, &err);
        break;
    case BN_ASK_ORDER:
    case BN_ASK_ALGO:
        rc = bn_encode_target(op->id, op->venue_id, name, op->step == BN_ASK_ALGO, &p, &err);
        break;
    }
    return rc == EB_OK ? ask(b, op, path, &p, 1) : rc;
}

/* ---- telling ----------------------------------------------------------------------------------------------------- */

static void finish(struct eb_binance *b, struct bn_op *op)
{
    struct bn_op done = *op;
    bn_op_give(b, op);
    done.answer.client_id = done.id;
    bn_order_tell(b, &b->symbol[done.symbol], &done.answer, !done.quiet);
}

static void finish_absent(struct eb_binance *b, struct bn_op *op, const struct bn_result *r)
{
    struct bn_op done = *op;
    bn_op_give(b, op);
    struct bn_record *record = bn_record_by_id(b, done.id);
    bool ended =
        record != NULL && record->state != EB_OS_ABSENT && eb_order_is_terminal((enum eb_order_state)record->state);
    if (done.quiet && !ended) {
        return;
    }
    bool seen_since = record != NULL && record->venue_id != 0 && record->state != EB_OS_UNKNOWN &&
                      record->state != EB_OS_ABSENT && record->told_ns >= done.asked_ns;
    if (!ended && (seen_since || bn_may_arrive(b, done.id, record))) {
        return; /* asked again by the engine's deadline: believed now, it would be sent twice or stand forgotten */
    }
    if (!ended && record != NULL) {
        bn_record_state(b, record, EB_OS_ABSENT); /* it rests no longer, and its place is free */
    }
    /* Ended by what was told, and forgotten by the exchange since: its end stands. */
    const struct eb_ev_order told = {.client_id = done.id,
                                     .venue_order_id = record != NULL ? record->venue_id : done.venue_id,
                                     .state = ended ? record->state : (uint8_t)EB_OS_ABSENT,
                                     .from_query = !done.quiet,
                                     .code = r->code,
                                     .filled = record != NULL ? record->filled : (eb_qty){0}};
    bn_order_tell_raw(b, &b->symbol[done.symbol], &told);
}

static void give_up(struct eb_binance *b, struct bn_op *op, const char *why)
{
    eb_log(b->c.log, EB_LOG_WARN, "query.unanswered", EB_STR("symbol", b->symbol[op->symbol].name), EB_STR("why", why));
    bn_op_give(b, op);
}

/* ---- fills ------------------------------------------------------------------------------------------------------- */

struct fills {
    struct eb_binance *b;
    const struct bn_op *op;
    uint64_t epoch;
};

static int take_fill(void *user, const struct bn_trade_row *row)
{
    struct fills *t = user;
    struct eb_binance *b = t->b;
    struct bn_symbol *s = &b->symbol[t->op->symbol];
    if (strcmp(row->symbol, s->name) != 0) {
        return EB_OK;
    }
    struct bn_record *record = bn_record_by_id(b, t->op->id);
    record = record != NULL ? record : bn_record_by_venue(b, row->order_id, false);
    struct bn_fill fill = row->fill;
    fill.liquidation = fill.liquidation || bn_is_autoclose(t->op->answer.client_text);
    bn_fill_tell(b, s, record, row->order_id, row->order_side, row->position_side, &fill);
    return t->epoch == b->epoch ? EB_OK : EB_E_END;
}

/* The order is asked for fills where its state counts more of them than were told. */
static bool wants_fills(struct eb_binance *b, const struct bn_op *op)
{
    const struct bn_record *record = bn_record_by_id(b, op->id);
    bool id_known = op->algo ? op->answer.child_id != 0 : op->answer.venue_id != 0;
    return id_known && op->answer.filled.e8 > (record != NULL ? record->told.e8 : 0);
}

static void fills_or_finish(struct eb_binance *b, struct bn_op *op)
{
    if (wants_fills(b, op)) {
        op->step = BN_ASK_FILLS;
        if (ask_step(b, op) == EB_OK) {
            return;
        }
    }
    finish(b, op);
}

static void fills_came(struct eb_binance *b, struct bn_op *at, const struct bn_result *r)
{
    struct bn_op op = *at;
    struct fills t = {b, &op, b->epoch};
    struct eb_err err = {0};
    int rc = r->outcome == BN_ACCEPTED ? bn_decode_trades(r->body, r->len, take_fill, &t, &err) : EB_E_IO;
    if (t.epoch != b->epoch) {
        return;
    }
    struct bn_record *record = bn_record_by_id(b, op.id);
    if (rc == EB_OK && record != NULL && op.answer.filled.e8 > record->told.e8) {
        record->told = op.answer.filled; /* repeated ones are not counted singly */
    }
    if (rc != EB_OK) { /* the state is told all the same: the engine waits for the fills a moment, then infers them */
        eb_log(b->c.log, EB_LOG_WARN, "fills.unread", EB_STR("symbol", b->symbol[op.symbol].name),
               EB_STR("why", r->outcome == BN_ACCEPTED ? err.msg : r->msg));
    }
    if (bn_id_is_ours(op.id)) {
        finish(b, at);
    } else {
        bn_op_give(b, at);
    }
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

static void next_step(struct eb_binance *b, struct bn_op *op, enum bn_query_step step)
{
    op->step = (uint8_t)step;
    if (ask_step(b, op) != EB_OK) {
        give_up(b, op, "the next question could not be asked");
    }
}

static void algo_came(struct eb_binance *b, struct bn_op *op)
{
    struct bn_symbol *s = &b->symbol[op->symbol];
    const struct bn_order *o = &op->answer;
    struct bn_record *record = bn_record_of(b, s, o);
    if (record != NULL && o->child_id != 0) {
        bn_record_child(b, record, o->child_id);
    }
    if (o->child_id != 0) {
        next_step(b, op, BN_ASK_CHILD);
    } else {
        finish(b, op);
    }
}

/* The child's state and quantity, with the parent's ids. */
static void child_came(struct eb_binance *b, struct bn_op *op, const struct bn_order *child)
{
    struct bn_record *record = bn_record_by_id(b, op->id);
    uint64_t parent_id = op->answered ? op->answer.venue_id : record != NULL ? record->venue_id : op->venue_id;
    if (record == NULL) {
        record = bn_record_make(b, op->id, parent_id, true, op->symbol);
        record->type = EB_ORDER_STOP_MARKET;
        record->position_side = child->position_side;
    }
    bn_record_child(b, record, child->venue_id);
    op->answer = *child;
    op->answer.algo = true;
    op->answer.venue_id = parent_id;
    op->answer.child_id = child->venue_id;
    op->answer.state = child->state == EB_OS_NEW ? (uint8_t)EB_OS_TRIGGERED : child->state;
    op->answered = true;
    fills_or_finish(b, op);
}

static void answered(struct eb_binance *b, struct bn_op *op, const struct bn_result *r)
{
    struct bn_order o;
    struct eb_err err = {0};
    if (bn_decode_order(r->body, r->len, op->step == BN_ASK_ALGO, &o, &err) != EB_OK) {
        give_up(b, op, err.msg);
        return;
    }
    if (op->step == BN_ASK_CHILD) {
        child_came(b, op, &o);
        return;
    }
    o.client_id = op->id;
    op->answer = o;
    op->answered = true;
    if (op->step == BN_ASK_ALGO) {
        algo_came(b, op);
    } else {
        (void)bn_record_of(b, &b->symbol[op->symbol], &op->answer); /* its fills are known by it */
        fills_or_finish(b, op);
    }
}

static void not_there(struct eb_binance *b, struct bn_op *op, const struct bn_result *r)
{
    if (op->step == BN_ASK_ALGO) {
        next_step(b, op, BN_ASK_CHILD);
    } else if (op->step == BN_ASK_CHILD && op->answered) {
        finish(b, op); /* what the conditional order itself says */
    } else {
        finish_absent(b, op, r);
    }
}

static void step_done(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    struct bn_op *op = bn_op_of(b, tag);
    uint64_t epoch = b->epoch;
    if (op == NULL) {
        return;
    }
    if (op->step == BN_ASK_FILLS) {
        fills_came(b, op, r);
    } else if (r->outcome == BN_ACCEPTED) {
        answered(b, op, r);
    } else if (r->outcome == BN_REJECTED && r->reject == EB_REJ_GONE) {
        not_there(b, op, r);
    } else {
        give_up(b, op, r->msg);
    }
    if (epoch == b->epoch) {
        bn_flush(b);
    }
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

int bn_port_query(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                  struct eb_err *err)
{
    struct eb_binance *b = venue;
    if (b->stage < BN_GREETED) {
        return bn_not_connected(b, err);
    }
    struct bn_symbol *s = bn_symbol_of(b, symbol);
    struct bn_op *op = s != NULL ? bn_op_take(b, BN_OP_QUERY) : NULL;
    if (op == NULL) {
        return eb_err_set(err, s == NULL ? EB_E_NOT_FOUND : EB_E_FULL, where,
                          s == NULL ? "the exchange does not list the engine's symbol %u"
                                    : "symbol %u: too many calls wait for an answer: not sent",
                          symbol);
    }
    op->asked_ns = bn_now_ns(b);
    op->id = id;
    op->symbol = bn_symbol_index(b, s);
    op->type = type;
    op->venue_id = venue_order_id;
    op->algo = type == EB_ORDER_STOP_MARKET;
    op->step = op->algo ? BN_ASK_ALGO : BN_ASK_ORDER;
    int rc = ask_step(b, op);
    if (rc != EB_OK) {
        bn_op_give(b, op);
        return eb_err_set(err, rc, where, "%s: the order cannot be asked for now: %s", s->name, eb_err_text(rc));
    }
    return EB_OK;
}

void bn_query_quiet(struct eb_binance *b, const struct bn_record *r, enum bn_query_step step, const struct bn_order *o)
{
    struct bn_symbol *s = &b->symbol[r->symbol];
    struct bn_op *op = bn_op_take(b, BN_OP_QUERY);
    if (op == NULL) { /* better the state without its fills than nothing */
        bn_order_tell(b, s, o, false);
        return;
    }
    op->asked_ns = bn_now_ns(b);
    op->quiet = true;
    op->id = r->id;
    op->symbol = r->symbol;
    op->type = r->type;
    op->algo = r->algo;
    op->venue_id = r->venue_id;
    op->step = (uint8_t)step;
    op->answer = *o;
    op->answered = true;
    if (r->algo) {
        op->answer.state = !o->algo && o->state == EB_OS_NEW ? (uint8_t)EB_OS_TRIGGERED : o->state;
        op->answer.algo = true;
        op->answer.venue_id = r->venue_id;
        op->answer.child_id = r->child_id != 0 ? r->child_id : o->child_id;
    }
    if (ask_step(b, op) != EB_OK) {
        bn_op_give(b, op);
        bn_order_tell(b, s, o, false);
    }
}
