/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders and trades. An order is told in four forms (user event, conditional event, answer, conditional answer) that
 * differ in their keys: one table has the keys, one reader reads all forms.
 */
#include "venue/binance/codec.h"

#include <string.h>

#include "venue/binance/words.h"

struct form {
    const char *symbol, *client, *id, *state, *type, *type_too, *time_in_force, *side, *position_side;
    const char *qty, *filled, *price, *trigger, *average;
    const char *reduce_only, *close_position, *price_protect, *working_type, *update;
    bool algo;
};

static const struct form forms[] = {
    [BN_FORM_EVENT] = {.symbol = "s",
                       .client = "c",
                       .id = "i",
                       .state = "X",
                       .type = "o",
                       .type_too = "o",
                       .time_in_force = "f",
                       .side = "S",
                       .position_side = "ps",
                       .qty = "q",
                       .filled = "z",
                       .price = "p",
                       .trigger = "sp",
                       .average = "ap",
                       .reduce_only = "R",
                       .close_position = "cp",
                       .price_protect = "pP",
                       .working_type = "wt",
                       .update = "T"},
    [BN_FORM_ALGO_EVENT] = {.symbol = "s",
                            .client = "caid",
                            .id = "aid",
                            .state = "X",
                            .type = "o",
                            .type_too = "o",
                            .time_in_force = "f",
                            .side = "S",
                            .position_side = "ps",
                            .qty = "q",
                            .filled = "aq",
                            .price = "p",
                            .trigger = "tp",
                            .average = "ap",
                            .reduce_only = "R",
                            .close_position = "cp",
                            .price_protect = "pP",
                            .working_type = "wt",
                            .update = "",
                            .algo = true},
    [BN_FORM_ANSWER] = {.symbol = "symbol",
                        .client = "clientOrderId",
                        .id = "orderId",
                        .state = "status",
                        .type = "type",
                        .type_too = "orderType",
                        .time_in_force = "timeInForce",
                        .side = "side",
                        .position_side = "positionSide",
                        .qty = "origQty",
                        .filled = "executedQty",
                        .price = "price",
                        .trigger = "stopPrice",
                        .average = "avgPrice",
                        .reduce_only = "reduceOnly",
                        .close_position = "closePosition",
                        .price_protect = "priceProtect",
                        .working_type = "workingType",
                        .update = "updateTime"},
    [BN_FORM_ALGO_ANSWER] = {.symbol = "symbol",
                             .client = "clientAlgoId",
                             .id = "algoId",
                             .state = "algoStatus",
                             .type = "orderType",
                             .type_too = "type",
                             .time_in_force = "timeInForce",
                             .side = "side",
                             .position_side = "positionSide",
                             .qty = "quantity",
                             .filled = "actualQty",
                             .price = "price",
                             .trigger = "triggerPrice",
                             .average = "actualPrice",
                             .reduce_only = "reduceOnly",
                             .close_position = "closePosition",
                             .price_protect = "priceProtect",
                             .working_type = "workingType",
                             .update = "updateTime",
                             .algo = true},
};

/* ---- one order -------------------------------------------------------------------------------------------------- */

int64_t bn_get_amount(struct bn_reader *r, struct eb_tok object, const char *key, bool required)
{
    int64_t e8 = required ? bn_get_e8(r, object, key) : bn_get_e8_or_0(r, object, key);
    if (e8 < 0) {
        bn_doc_wrong(r, key, "is negative");
        return 0;
    }
    return e8;
}

static void read_ids(struct bn_reader *r, struct eb_tok object, const struct form *f, struct bn_order *out)
{
    out->algo = f->algo;
    out->venue_id = bn_get_u64(r, object, f->id);
    struct eb_tok client = eb_tok_get(object, f->client);
    if (!eb_tok_text(client, out->client_text, sizeof(out->client_text))) {
        bn_value_shown(client, out->client_text, sizeof(out->client_text)); /* too long to be ours */
    }
    if (!eb_client_id_parse(out->client_text, &out->client_id)) {
        memset(&out->client_id, 0, sizeof(out->client_id));
    }
}

static void read_state(struct bn_reader *r, struct eb_tok object, const struct form *f, bool listed,
                       struct bn_order *out)
{
    struct eb_tok state = eb_tok_get(object, f->state);
    if (!bn_has(state)) {
        bn_doc_wrong(r, f->state, "is missing");
        return;
    }
    eb_qty executed = out->filled.e8 > 0 || out->average.e8 > 0 ? (eb_qty){1} : (eb_qty){0};
    if (f->algo ? bn_word_algo_state(state, executed, &out->state) : bn_word_order_state(state, &out->state)) {
        return;
    }
    if (!listed || out->client_id.instance != 0) {
        bn_doc_strange(r, f->state, state);
    }
    out->state = EB_OS_NEW;
    out->other_type = true;
}

static void read_terms(struct bn_reader *r, struct eb_tok object, const struct form *f, struct bn_order *out)
{
    struct eb_tok type = eb_tok_get(object, f->type), working = eb_tok_get(object, f->working_type);
    if (!bn_has(type)) {
        type = eb_tok_get(object, f->type_too);
    }
    if (!bn_has(type)) {
        bn_doc_wrong(r, f->type, "is missing");
    }
    out->type = bn_word_order_type(type, eb_tok_get(object, f->time_in_force), &out->other_type);
    out->order_side = bn_word_order_side(r, object, f->side);
    out->position_side = bn_word_position_side(r, object, f->position_side);
    out->qty.e8 = bn_get_amount(r, object, f->qty, !f->algo); /* those that close a position may have none */
    out->filled.e8 = bn_get_amount(r, object, f->filled, false);
    out->price.e8 = bn_get_amount(r, object, f->price, false);
    out->trigger.e8 = bn_get_amount(r, object, f->trigger, false);
    out->average.e8 = bn_get_amount(r, object, f->average, false);
    out->reduce_only = bn_get_flag(r, object, f->reduce_only);
    out->close_position = bn_get_flag(r, object, f->close_position);
    out->price_protect = bn_get_flag(r, object, f->price_protect);
    out->mark_triggered = eb_tok_is(working, "MARK_PRICE");
    out->update_ms = bn_get_i64_or_0(r, object, f->update);
}

/* What only conditional orders have: kind, child, reason. */
static void read_conditional(struct bn_reader *r, struct eb_tok object, bool event, struct bn_order *out)
{
    struct eb_tok kind = eb_tok_get(object, event ? "at" : "algoType");
    if (bn_has(kind) && !eb_tok_is(kind, "CONDITIONAL")) {
        out->other_type = true;
    }
    out->child_id = bn_get_u64_or_0(r, object, event ? "ai" : "actualOrderId");
    if (event) {
        bn_value_shown(eb_tok_get(object, "rm"), out->reject_text, sizeof(out->reject_text));
    }
}

/* Whether a regular order is the child of a conditional one, which only events tell. */
static void read_parent(struct bn_reader *r, struct eb_tok object, struct bn_order *out)
{
    struct eb_tok type = eb_tok_get(object, "o"), first = eb_tok_get(object, "ot");
    struct eb_tok reason = eb_tok_get(object, "er");
    uint64_t code = 0;
    out->parent_algo_id = bn_get_u64_or_0(r, object, "si");
    out->algo_parent_known = out->parent_algo_id != 0 || (bn_is_conditional(first) && !bn_is_conditional(type));
    if (bn_has(reason) && eb_tok_u64(reason, &code) && code <= UINT8_MAX) {
        out->expire_reason = (uint8_t)code;
    }
}

/* {"algoId":..,"clientAlgoId":"..","code":"200","msg":"success"}: all that is said when one was cancelled. */
static bool is_canceled_algo(struct eb_tok object, const struct form *f)
{
    return f->algo && !bn_has(eb_tok_get(object, f->state)) && eb_tok_is(eb_tok_get(object, "code"), "200");
}

void bn_read_order(struct bn_reader *r, struct eb_tok object, enum bn_order_form form, bool listed,
                   struct bn_order *out)
{
    const struct form *f = &forms[form];
    memset(out, 0, sizeof(*out));
    if (eb_tok_kind(object) != EB_TOK_OBJECT) {
        bn_doc_wrong(r, "an order", "is no object");
        return;
    }
    read_ids(r, object, f, out);
    if (is_canceled_algo(object, f)) {
        out->state = EB_OS_CANCELED;
        out->type = EB_ORDER_STOP_MARKET;
        return;
    }
    bn_get_symbol(r, object, f->symbol, out->symbol);
    read_terms(r, object, f, out);
    if (f->algo) {
        read_conditional(r, object, form == BN_FORM_ALGO_EVENT, out);
    } else if (form == BN_FORM_EVENT) {
        read_parent(r, object, out);
    }
    read_state(r, object, f, listed, out);
}

int bn_decode_order(const char *text, size_t len, bool algo, struct bn_order *out, struct eb_err *err)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, algo ? "conditional order" : "order", text, len, err);
    memset(out, 0, sizeof(*out));
    if (d.read.rc == EB_OK) {
        bn_read_order(&d.read, root, algo ? BN_FORM_ALGO_ANSWER : BN_FORM_ANSWER, false, out);
    }
    bn_doc_close(&d);
    return d.read.rc;
}

/* ---- lists ------------------------------------------------------------------------------------------------------ */

struct order_rows {
    bool algo;
    int (*row)(void *user, const struct bn_order *o);
    void *user;
};

static int order_row(struct bn_reader *r, struct eb_tok object, void *user)
{
    const struct order_rows *rows = user;
    struct bn_order o;
    bn_read_order(r, object, rows->algo ? BN_FORM_ALGO_ANSWER : BN_FORM_ANSWER, true, &o);
    return r->rc == EB_OK ? rows->row(rows->user, &o) : r->rc;
}

int bn_decode_orders(const char *text, size_t len, bool algo, int (*row)(void *user, const struct bn_order *o),
                     void *user, struct eb_err *err)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, algo ? "conditional orders" : "orders", text, len, err);
    int rc = bn_doc_rows(&d, root, order_row, &(struct order_rows){.algo = algo, .row = row, .user = user});
    bn_doc_close(&d);
    return rc;
}

/* ---- trades ----------------------------------------------------------------------------------------------------- */

void bn_read_fee(struct bn_reader *r, struct eb_tok object, const char *amount, const char *asset, const char *symbol,
                 struct bn_fill *out)
{
    char name[16];
    bn_value_shown(eb_tok_get(object, asset), name, sizeof(name));
    int64_t e8 = bn_get_e8_or_0(r, object, amount);
    out->fee_other = e8 != 0 && !bn_is_margin_asset(symbol, name);
    out->fee.e8 = out->fee_other ? 0 : e8;
}

struct trade_rows {
    int (*row)(void *user, const struct bn_trade_row *r);
    void *user;
};

static int trade_row(struct bn_reader *r, struct eb_tok object, void *user)
{
    const struct trade_rows *rows = user;
    struct bn_trade_row t = {.fill.there = true};
    bn_get_symbol(r, object, "symbol", t.symbol);
    t.order_id = bn_get_u64(r, object, "orderId");
    t.order_side = bn_word_order_side(r, object, "side");
    t.position_side = bn_word_position_side(r, object, "positionSide");
    t.fill.trade_id = bn_get_u64(r, object, "id");
    t.fill.price.e8 = bn_get_amount(r, object, "price", true);
    t.fill.qty.e8 = bn_get_amount(r, object, "qty", true);
    t.fill.maker = bn_get_flag(r, object, "maker");
    t.fill.time_ms = bn_get_i64(r, object, "time");
    bn_read_fee(r, object, "commission", "commissionAsset", t.symbol, &t.fill);
    return r->rc == EB_OK ? rows->row(rows->user, &t) : r->rc;
}

int bn_decode_trades(const char *text, size_t len, int (*row)(void *user, const struct bn_trade_row *r), void *user,
                     struct eb_err *err)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, "trades", text, len, err);
    int rc = bn_doc_rows(&d, root, trade_row, &(struct trade_rows){.row = row, .user = user});
    bn_doc_close(&d);
    return rc;
}
