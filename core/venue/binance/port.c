/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders out: encoded, given to the WebSocket API or to REST, and what becomes of the request. Nothing allocates here.
 *
 *     submit, cancel -> op (pooled) -> wsapi | rest -> ACCEPTED: ORDER as the answer has it
 *                                                      REJECTED: certainly not executed
 *                                                      UNKNOWN:  the engine queries before anything else
 */
#include "venue/binance/inner.h"

#include <stdlib.h>
#include <string.h>

#include "domain/order.h"

#define PRIORITY_RENEWAL EB_PURPOSE_COUNT    /* behind targets and soft legs; what it renews protects meanwhile */
#define PRIORITY_CANCEL EB_PURPOSE_FULL_EXIT /* what it frees may be what a stop waits for */

static const char where[] = "binance";

int bn_not_connected(const struct eb_binance *b, struct eb_err *err)
{
    return eb_err_set(err, EB_E_IO, where, "%s: no connection to the exchange: not sent", b->c.rest);
}

/* ---- calls under way --------------------------------------------------------------------------------------------- */

int bn_ops_create(struct eb_binance *b)
{
    b->op = calloc(BN_OPS_MAX, sizeof(*b->op));
    if (b->op == NULL) {
        return EB_E_MEMORY;
    }
    for (uint32_t i = 0; i < BN_OPS_MAX; i++) {
        b->op[i].next_free = i + 1;
    }
    return EB_OK;
}

struct bn_op *bn_op_take(struct eb_binance *b, enum bn_op_kind kind)
{
    if (b->op_free == BN_OPS_MAX || (kind == BN_OP_QUERY && b->ops >= BN_OPS_QUERIES)) {
        return NULL;
    }
    b->ops++;
    struct bn_op *op = &b->op[b->op_free];
    b->op_free = op->next_free;
    uint32_t generation = op->generation + 1;
    memset(op, 0, sizeof(*op));
    op->used = true;
    op->generation = generation;
    op->kind = (uint8_t)kind;
    return op;
}

void bn_op_give(struct eb_binance *b, struct bn_op *op)
{
    op->used = false;
    b->ops--;
    op->next_free = b->op_free;
    b->op_free = (uint32_t)(op - b->op);
}

void bn_ops_forget(struct eb_binance *b)
{
    for (uint32_t i = 0; i < BN_OPS_MAX; i++) {
        if (b->op[i].used) {
            bn_op_give(b, &b->op[i]);
        }
    }
}

uint64_t bn_op_tag(const struct eb_binance *b, const struct bn_op *op)
{
    return (uint64_t)op->generation << 32 | (uint64_t)(op - b->op);
}

struct bn_op *bn_op_of(struct eb_binance *b, uint64_t tag)
{
    struct bn_op *op = (tag & UINT32_MAX) < BN_OPS_MAX ? &b->op[tag & UINT32_MAX] : NULL;
    if (op == NULL || !op->used || op->generation != (uint32_t)(tag >> 32)) {
        b->count.late_answers++;
        return NULL;
    }
    return op;
}

/* Queued, or on its way: both end later than the exchange is asked. What left last with a timestamp is refused by the
 * exchange once its receive window is over; a second more for the difference of clocks. */
bool bn_may_arrive(const struct eb_binance *b, eb_client_id id, const struct bn_record *r)
{
    for (uint32_t i = 0; i < BN_OPS_MAX; i++) {
        const struct bn_op *op = &b->op[i];
        if (op->used && op->kind == BN_OP_SUBMIT && eb_client_id_equal(op->id, id)) {
            return true;
        }
    }
    int64_t ppm = b->c.speed_ppm > 0 ? b->c.speed_ppm : 1000000;
    int64_t window_ns = (int64_t)((__int128)(b->c.recv_window_ms + 1000) * BN_NS_IN_MS * 1000000 / ppm);
    return r != NULL && r->sent_ns != 0 && bn_now_ns(b) - r->sent_ns < window_ns;
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

struct way {
    const char *rest_method, *rest_path, *ws_path;
};

static int send_call(struct eb_binance *b, struct bn_call *call, const struct way *way, struct eb_err *err)
{
    bool may_ws = b->wsapi != NULL && b->c.orders_by != EB_BINANCE_ORDERS_REST;
    if (may_ws && (b->c.orders_by == EB_BINANCE_ORDERS_WS || bn_wsapi_usable(b->wsapi))) {
        call->path = way->ws_path;
        int rc = bn_wsapi_call(b->wsapi, call, err);
        if (rc == EB_OK || b->c.orders_by == EB_BINANCE_ORDERS_WS || rc == EB_E_INVALID) {
            return rc;
        }
    }
    call->method = way->rest_method;
    call->path = way->rest_path;
    return bn_rest_call(b->rest, call, err);
}

static void init_call(struct eb_binance *b, struct bn_call *call, const struct bn_op *op, bn_done done)
{
    /* Not the whole of it: parameters are a few kilobytes that bn_params_init() leaves alone. */
    call->method = call->path = NULL;
    bn_params_init(&call->params);
    call->security = BN_SIGNED;
    call->weight = call->orders = 0;
    call->mutating = true;
    call->answer_max = 0;
    call->deadline_ms = 0;
    call->done = done;
    call->user = b;
    call->tag = bn_op_tag(b, op);
}

/* ---- what becomes of a submit ------------------------------------------------------------------------------------ */

static void tell_submit(struct eb_binance *b, const struct bn_op *op, uint8_t state, const struct bn_result *r)
{
    const struct eb_ev_order told = {.client_id = op->id, .state = state, .reject = r->reject, .code = r->code};
    bn_order_tell_raw(b, &b->symbol[op->symbol], &told);
}

static void look_at_code(struct eb_binance *b, const struct bn_result *r)
{
    if (r->outcome != BN_REJECTED) {
        return;
    }
    if (r->reject == EB_REJ_MODE) {
        bn_account_reread(b); /* somebody may have changed the position mode, which is not pushed */
    }
    if (r->code == -4120) {
        bn_trouble(
            b, "orders.endpoint", "", true,
            "the exchange takes this type of order elsewhere now (-4120): a newer version is needed; stops may not "
            "rest there until then");
    }
}

static void submit_known(struct eb_binance *b, struct bn_op *op, const struct bn_result *r)
{
    struct bn_symbol *s = &b->symbol[op->symbol];
    struct bn_order o;
    struct eb_err err = {0};
    if (bn_decode_order(r->body, r->len, op->algo, &o, &err) != EB_OK ||
        (bn_id_is_ours(o.client_id) && !eb_client_id_equal(o.client_id, op->id))) {
        eb_log(b->c.log, EB_LOG_ERROR, "order.answer_unreadable", EB_STR("symbol", s->name), EB_STR("why", err.msg));
        tell_submit(b, op, EB_OS_UNKNOWN, r);
        return;
    }
    o.client_id = op->id;
    o.algo = op->algo;
    bn_order_tell(b, s, &o, false);
}

static void submit_done(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    struct bn_op *at = bn_op_of(b, tag);
    if (at == NULL) {
        return;
    }
    struct bn_op op = *at; /* the place may be taken again by what the engine answers */
    bn_op_give(b, at);
    uint64_t epoch = b->epoch;
    struct bn_record *record = bn_record_by_id(b, op.id);
    bool heard = record != NULL && record->state != EB_OS_NONE && record->state != EB_OS_PENDING &&
                 record->state != EB_OS_UNKNOWN && record->state != EB_OS_ABSENT;
    if (r->outcome == BN_ACCEPTED) {
        submit_known(b, &op, r);
    } else if (heard) {
        /* The stream has told of it since: it has arrived, whatever became of the answer. */
    } else if (r->outcome == BN_REJECTED) {
        bool arrived = r->reject == EB_REJ_DUPLICATE;
        if (record != NULL) {
            bn_record_state(b, record, arrived ? EB_OS_UNKNOWN : EB_OS_REJECTED);
        }
        tell_submit(b, &op, op.taken_back ? EB_OS_CANCELED : EB_OS_REJECTED, r);
    } else {
        if (record != NULL) {
            bn_record_state(b, record, EB_OS_UNKNOWN);
            record->sent_ns = r->sent_ns != 0 ? r->sent_ns : bn_now_ns(b);
        }
        tell_submit(b, &op, EB_OS_UNKNOWN, r);
    }
    if (epoch == b->epoch) {
        look_at_code(b, r);
    }
    if (epoch == b->epoch) {
        bn_flush(b);
    }
}

static uint8_t priority_of(const struct eb_order_request *o, const struct bn_symbol *s)
{
    bool stop = o->purpose == EB_PURPOSE_BACKSTOP || o->purpose == EB_PURPOSE_BRIDGE;
    bool renews = stop && o->position_side <= EB_PS_SHORT && s->leg[o->position_side].stops > 0;
    return renews ? PRIORITY_RENEWAL : o->purpose;
}

int bn_port_submit(void *venue, const struct eb_order_request *o, struct eb_err *err)
{
    static const struct way regular = {"POST", "/fapi/v1/order", "order.place"};
    static const struct way conditional = {"POST", "/fapi/v1/algoOrder", "algoOrder.place"};
    struct eb_binance *b = venue;
    if (b->stage < BN_GREETED) {
        return bn_not_connected(b, err);
    }
    if (!o->close_intent) { /* the last look before the wire: nothing of ours opens */
        return eb_err_set(err, EB_E_REFUSED, where, "an order that may open a position: not sent");
    }
    struct bn_symbol *s = bn_symbol_of(b, o->symbol);
    if (s == NULL) {
        return eb_err_set(err, EB_E_NOT_FOUND, where, "the exchange does not list the engine's symbol %u", o->symbol);
    }
    struct bn_op *op = bn_op_take(b, BN_OP_SUBMIT);
    if (op == NULL) {
        return eb_err_set(err, EB_E_FULL, where, "%s: too many orders wait for an answer: not sent", s->name);
    }
    op->id = o->client_id;
    op->symbol = bn_symbol_index(b, s);
    op->type = o->type;
    op->algo = o->type == EB_ORDER_STOP_MARKET;
    struct bn_call call;
    init_call(b, &call, op, submit_done);
    call.priority = priority_of(o, s);
    call.orders = 1;
    int rc = bn_encode_order(o, s->name, b->hedge, &call.params, err);
    rc = rc == EB_OK ? send_call(b, &call, op->algo ? &conditional : &regular, err) : rc;
    if (rc != EB_OK) {
        bn_op_give(b, op);
        return rc;
    }
    struct bn_record *r = bn_record_by_id(b, o->client_id);
    if (r == NULL) {
        r = bn_record_make(b, o->client_id, 0, op->algo, op->symbol);
        r->type = o->type;
        r->position_side = o->position_side;
    }
    if (r->state == EB_OS_NONE || eb_order_is_terminal((enum eb_order_state)r->state)) {
        bn_record_state(b, r, EB_OS_PENDING);
    }
    return EB_OK;
}

/* ---- cancels ----------------------------------------------------------------------------------------------------- */

static void tell_failed_cancel(struct eb_binance *b, const struct bn_op *op, const struct bn_record *record,
                               const struct bn_result *r)
{
    bool unknown = r->outcome == BN_UNKNOWN;
    uint8_t known = record != NULL && record->state != EB_OS_NONE ? record->state : (uint8_t)EB_OS_NEW;
    const struct eb_ev_order told = {.client_id = op->id,
                                     .venue_order_id = record != NULL ? record->venue_id : 0,
                                     .state = unknown ? (uint8_t)EB_OS_UNKNOWN : known,
                                     .reject = unknown ? (uint8_t)EB_REJ_NONE : r->reject,
                                     .cancel_failed = true,
                                     .code = r->code,
                                     .filled = record != NULL ? record->filled : (eb_qty){0}};
    bn_order_tell_raw(b, &b->symbol[op->symbol], &told);
}

/* The answer of a conditional order's cancel names its ids and no more. */
static int read_cancel(const struct bn_op *op, const struct bn_result *r, struct bn_order *o, struct eb_err *err)
{
    if (!op->algo) {
        return bn_decode_order(r->body, r->len, false, o, err);
    }
    memset(o, 0, sizeof(*o));
    o->algo = true;
    o->venue_id = op->venue_id;
    o->state = EB_OS_CANCELED;
    o->position_side = op->position_side;
    return EB_OK;
}

static void cancel_done(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    struct bn_op *at = bn_op_of(b, tag);
    if (at == NULL) {
        return;
    }
    struct bn_op op = *at;
    struct bn_order o = {0};
    struct eb_err err = {0};
    bn_op_give(b, at);
    uint64_t epoch = b->epoch;
    struct bn_symbol *s = &b->symbol[op.symbol];
    struct bn_result result = *r;
    if (r->outcome == BN_ACCEPTED && read_cancel(&op, r, &o, &err) != EB_OK) {
        eb_log(b->c.log, EB_LOG_ERROR, "cancel.answer_unreadable", EB_STR("symbol", s->name), EB_STR("why", err.msg));
        result.outcome = BN_UNKNOWN;
    }
    if (result.outcome == BN_ACCEPTED) {
        o.client_id = op.id;
        struct bn_record *record = bn_record_of(b, s, &o);
        if (record != NULL && o.filled.e8 > record->told.e8) {
            bn_query_quiet(b, record, BN_ASK_FILLS, &o); /* it was filled in part: those fills first */
        } else {
            bn_order_tell(b, s, &o, false);
        }
    } else {
        tell_failed_cancel(b, &op, bn_record_by_id(b, op.id), &result);
    }
    if (epoch == b->epoch) {
        bn_flush(b);
    }
}

/* An order that waits for the exchange's limits would leave after the exit that it was taken back for. */
static bool take_back(struct eb_binance *b, eb_client_id id)
{
    for (uint32_t i = 0; i < BN_OPS_MAX; i++) {
        struct bn_op *op = &b->op[i];
        if (op->used && op->kind == BN_OP_SUBMIT && eb_client_id_equal(op->id, id)) {
            op->taken_back = bn_rest_withdraw(b->rest, bn_op_tag(b, op));
            return op->taken_back;
        }
    }
    return false;
}

int bn_port_cancel(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                   struct eb_err *err)
{
    static const struct way regular = {"DELETE", "/fapi/v1/order", "order.cancel"};
    static const struct way conditional = {"DELETE", "/fapi/v1/algoOrder", "algoOrder.cancel"};
    struct eb_binance *b = venue;
    if (b->stage < BN_GREETED) {
        return bn_not_connected(b, err);
    }
    if (take_back(b, id)) {
        return EB_OK;
    }
    struct bn_symbol *s = bn_symbol_of(b, symbol);
    struct bn_op *op = s != NULL ? bn_op_take(b, BN_OP_CANCEL) : NULL;
    if (op == NULL) {
        return eb_err_set(err, s == NULL ? EB_E_NOT_FOUND : EB_E_FULL, where,
                          s == NULL ? "the exchange does not list the engine's symbol %u"
                                    : "symbol %u: too many calls wait for an answer: not sent",
                          symbol);
    }
    op->id = id;
    op->symbol = bn_symbol_index(b, s);
    op->type = type;
    op->algo = type == EB_ORDER_STOP_MARKET;
    op->venue_id = venue_order_id;
    struct bn_call call;
    init_call(b, &call, op, cancel_done);
    call.priority = PRIORITY_CANCEL;
    call.weight = 1;
    int rc = bn_encode_target(id, venue_order_id, s->name, op->algo, &call.params, err);
    rc = rc == EB_OK ? send_call(b, &call, op->algo ? &conditional : &regular, err) : rc;
    if (rc != EB_OK) {
        bn_op_give(b, op);
    }
    return rc;
}
