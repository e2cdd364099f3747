/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hands: prices, positions, filters, faults.
 *
 *     verb, JSON -> one function of the table -> the market, an account's eb_sim, the faults -> JSON
 */
#include "venue/fapi/control.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "venue/fapi/api.h"
#include "venue/fapi/book.h"
#include "venue/fapi/faults.h"

#define TOKENS_MAX 512
#define JSON_TYPE "Content-Type: application/json\r\n"

static const char area[] = "sim";

struct job {
    struct eb_fapi *f;
    struct eb_tok args;
    struct eb_buffer *out; /* the members of the answer's object, with a comma before each */
    struct eb_err err;
};

/* ---- arguments --------------------------------------------------------------------------------------------------- */

static int symbol_arg(struct job *j, uint32_t *out)
{
    char name[EB_SYMBOL_MAX] = "";
    bool named = eb_tok_text(eb_tok_get(j->args, "symbol"), name, sizeof(name));
    *out = named ? fapi_symbol_find(j->f, name) : FAPI_NONE;
    return *out != FAPI_NONE ? EB_OK : eb_err_set(&j->err, EB_E_NOT_FOUND, area, "symbol: there is no \"%s\"", name);
}

/* The account named, or the first. */
static int account_arg(struct job *j, struct fapi_account **out)
{
    char name[64] = "";
    if (eb_tok_kind(eb_tok_get(j->args, "account")) == EB_TOK_ABSENT) {
        *out = fapi_account_at(j->f, 0);
        return EB_OK;
    }
    bool named = eb_tok_text(eb_tok_get(j->args, "account"), name, sizeof(name));
    *out = named ? fapi_account_by_name(j->f, name) : NULL;
    return *out != NULL ? EB_OK : eb_err_set(&j->err, EB_E_NOT_FOUND, area, "account: there is no \"%s\"", name);
}

static int amount_arg(struct job *j, const char *key, int64_t *out_e8)
{
    struct eb_tok v = eb_tok_get(j->args, key);
    if (eb_tok_kind(v) == EB_TOK_ABSENT) {
        return EB_OK;
    }
    return eb_tok_e8(v, out_e8) ? EB_OK : eb_err_set(&j->err, EB_E_INVALID, area, "%s: a decimal is needed", key);
}

static int side_arg(struct job *j, uint8_t *out)
{
    struct eb_tok v = eb_tok_get(j->args, "side");
    bool is_long = eb_tok_is(v, "LONG");
    if (!is_long && !eb_tok_is(v, "SHORT")) {
        return eb_err_set(&j->err, EB_E_INVALID, area, "side: LONG or SHORT");
    }
    *out = is_long ? EB_LONG : EB_SHORT;
    return EB_OK;
}

/* Slot of the position that is meant: the only one, or in hedge mode that of `side`. */
static int slot_arg(struct job *j, struct fapi_account *a, eb_position_id *out)
{
    uint32_t symbol;
    uint8_t side = EB_LONG;
    int rc = symbol_arg(j, &symbol);
    if (rc == EB_OK && fapi_hedge(a)) {
        rc = side_arg(j, &side);
    }
    *out = 2 * symbol + (fapi_hedge(a) && side == EB_SHORT ? 1u : 0u);
    return rc;
}

/* ---- the market -------------------------------------------------------------------------------------------------- */

static int do_price(struct job *j)
{
    uint32_t symbol;
    struct eb_sim_quote q = {0};
    eb_price all = {0};
    int rc = symbol_arg(j, &symbol);
    rc = rc == EB_OK ? amount_arg(j, "price", &all.e8) : rc;
    rc = rc == EB_OK ? amount_arg(j, "mark", &q.mark.e8) : rc;
    rc = rc == EB_OK ? amount_arg(j, "last", &q.last.e8) : rc;
    rc = rc == EB_OK ? amount_arg(j, "bid", &q.bid.e8) : rc;
    rc = rc == EB_OK ? amount_arg(j, "ask", &q.ask.e8) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    if (all.e8 > 0) {
        eb_price tick = fapi_symbol_at(j->f, symbol)->inst.tick;
        q = (struct eb_sim_quote){.mark = all, .last = all, .bid = {all.e8 - tick.e8}, .ask = {all.e8 + tick.e8}};
    }
    if (q.mark.e8 < 0 || q.last.e8 < 0 || q.bid.e8 < 0 || q.ask.e8 < 0 || (q.bid.e8 > 0 && q.bid.e8 >= q.ask.e8)) {
        return eb_err_set(&j->err, EB_E_INVALID, area, "price: prices above 0, bid below ask");
    }
    fapi_market_hold(j->f, symbol, true);
    fapi_quote(j->f, symbol, &q);
    return EB_OK;
}

static int do_release(struct job *j)
{
    uint32_t symbol;
    int rc = symbol_arg(j, &symbol);
    if (rc == EB_OK) {
        fapi_market_hold(j->f, symbol, false);
    }
    return rc;
}

static int do_status(struct job *j)
{
    uint32_t symbol;
    char status[24] = "";
    int rc = symbol_arg(j, &symbol);
    if (rc == EB_OK && !eb_tok_text(eb_tok_get(j->args, "status"), status, sizeof(status))) {
        return eb_err_set(&j->err, EB_E_INVALID, area, "status: TRADING, SETTLING, CLOSE ...");
    }
    return rc == EB_OK ? fapi_market_status(j->f, symbol, status, &j->err) : rc;
}

static int do_filters(struct job *j)
{
    uint32_t symbol;
    int rc = symbol_arg(j, &symbol);
    if (rc != EB_OK) {
        return rc;
    }
    struct eb_ev_instrument inst = fapi_symbol_at(j->f, symbol)->inst;
    const struct {
        const char *key;
        int64_t *value;
    } fields[] = {{"tick", &inst.tick.e8},
                  {"step", &inst.step.e8},
                  {"min_qty", &inst.min_qty.e8},
                  {"max_qty", &inst.max_qty.e8},
                  {"market_max_qty", &inst.market_max_qty.e8},
                  {"min_notional", &inst.min_notional.e8}};
    for (size_t i = 0; rc == EB_OK && i < EB_COUNT(fields); i++) {
        rc = amount_arg(j, fields[i].key, fields[i].value);
    }
    return rc == EB_OK ? fapi_market_filters(j->f, symbol, &inst, &j->err) : rc;
}

static int do_depth(struct job *j)
{
    uint32_t symbol;
    struct fapi_account *a = NULL;
    eb_qty per_tick = {0};
    int rc = symbol_arg(j, &symbol);
    rc = rc == EB_OK ? account_arg(j, &a) : rc;
    rc = rc == EB_OK ? amount_arg(j, "per_tick", &per_tick.e8) : rc;
    if (rc == EB_OK && fapi_hand_depth(a, symbol, per_tick, &j->err) != EB_OK) {
        rc = eb_err_set(&j->err, EB_E_INVALID, area, "per_tick: 0 (no end) or a quantity");
    }
    return rc;
}

/* ---- accounts ---------------------------------------------------------------------------------------------------- */

static int do_open(struct job *j)
{
    struct fapi_account *a = NULL;
    struct eb_sim_entry e = {0};
    int64_t leverage_e8 = 0;
    int rc = account_arg(j, &a);
    rc = rc == EB_OK ? symbol_arg(j, &e.symbol) : rc;
    rc = rc == EB_OK ? side_arg(j, &e.side) : rc;
    rc = rc == EB_OK ? amount_arg(j, "quantity", &e.qty.e8) : rc;
    rc = rc == EB_OK ? amount_arg(j, "leverage", &leverage_e8) : rc;
    e.leverage_ppm = leverage_e8 / 100;
    return rc == EB_OK ? fapi_hand_open(a, e.symbol, e.side, e.qty, e.leverage_ppm, &j->err) : rc;
}

/* Takes a quantity (0: all) of the position that is meant. */
static int reduce(struct job *j,
                  int (*hand)(struct fapi_account *a, uint32_t symbol, unsigned leg, eb_qty qty, struct eb_err *err))
{
    struct fapi_account *a = NULL;
    eb_position_id slot = 0;
    eb_qty qty = {0};
    int rc = account_arg(j, &a);
    rc = rc == EB_OK ? slot_arg(j, a, &slot) : rc;
    rc = rc == EB_OK ? amount_arg(j, "quantity", &qty.e8) : rc;
    return rc == EB_OK ? hand(a, slot / 2, slot % 2, qty, &j->err) : rc;
}

static int do_close(struct job *j)
{
    return reduce(j, fapi_hand_close);
}

static int do_deleverage(struct job *j)
{
    return reduce(j, fapi_hand_deleverage);
}

static int do_liquidate(struct job *j)
{
    struct fapi_account *a = NULL;
    eb_position_id slot = 0;
    int rc = account_arg(j, &a);
    rc = rc == EB_OK ? slot_arg(j, a, &slot) : rc;
    return rc == EB_OK ? fapi_hand_liquidate(a, slot / 2, slot % 2, &j->err) : rc;
}

static int do_fill(struct job *j)
{
    struct fapi_account *a = NULL;
    eb_qty qty = {0};
    uint64_t id = 0;
    int rc = account_arg(j, &a);
    rc = rc == EB_OK ? amount_arg(j, "quantity", &qty.e8) : rc;
    if (rc == EB_OK && !eb_tok_u64(eb_tok_get(j->args, "orderId"), &id)) {
        rc = eb_err_set(&j->err, EB_E_INVALID, area, "orderId: of a resting order");
    }
    return rc == EB_OK ? fapi_hand_fill_part(a, id, qty, &j->err) : rc;
}

static int do_transfer(struct job *j)
{
    struct fapi_account *a = NULL;
    eb_money amount = {0};
    int rc = account_arg(j, &a);
    rc = rc == EB_OK ? amount_arg(j, "amount", &amount.e8) : rc;
    if (rc == EB_OK) {
        fapi_hand_transfer(a, amount);
    }
    return rc;
}

static int coded(struct job *j, int32_t code)
{
    return code == 0 ? EB_OK : eb_err_set(&j->err, EB_E_REFUSED, area, "%" PRId32 ": %s", code, eb_code_text(code));
}

static int do_mode(struct job *j)
{
    struct fapi_account *a = NULL;
    bool on = false;
    int rc = account_arg(j, &a);
    if (rc == EB_OK && eb_tok_bool(eb_tok_get(j->args, "hedge"), &on)) {
        return coded(j, fapi_set_hedge(a, on));
    }
    if (rc == EB_OK && eb_tok_bool(eb_tok_get(j->args, "multi_assets"), &on)) {
        return coded(j, fapi_set_multi_assets(a, on));
    }
    return rc != EB_OK ? rc : eb_err_set(&j->err, EB_E_INVALID, area, "hedge or multi_assets: true or false");
}

/* Leverage or margin type of a symbol, as by another client. */
static int do_leverage(struct job *j)
{
    struct fapi_account *a = NULL;
    uint32_t symbol;
    int64_t leverage_e8 = 0;
    bool cross = false;
    int rc = account_arg(j, &a);
    rc = rc == EB_OK ? symbol_arg(j, &symbol) : rc;
    rc = rc == EB_OK ? amount_arg(j, "leverage", &leverage_e8) : rc;
    if (rc == EB_OK && leverage_e8 > 0) {
        rc = coded(j, fapi_set_leverage(a, symbol, leverage_e8 / 100));
    }
    bool asked = rc == EB_OK && eb_tok_bool(eb_tok_get(j->args, "cross"), &cross);
    if (asked) {
        rc = coded(j, fapi_set_cross(a, symbol, cross));
    }
    return rc == EB_OK && leverage_e8 <= 0 && !asked
               ? eb_err_set(&j->err, EB_E_INVALID, area, "leverage: a whole number; or cross: true or false")
               : rc;
}

static int do_ids(struct job *j)
{
    struct fapi_account *a = NULL;
    uint64_t id[3] = {0};
    static const char *const keys[] = {"order", "algo", "trade"};
    int rc = account_arg(j, &a);
    for (size_t i = 0; rc == EB_OK && i < EB_COUNT(keys); i++) {
        struct eb_tok v = eb_tok_get(j->args, keys[i]);
        if (eb_tok_kind(v) != EB_TOK_ABSENT && (!eb_tok_u64(v, &id[i]) || id[i] > (uint64_t)INT64_MAX / 2)) {
            rc = eb_err_set(&j->err, EB_E_INVALID, area, "%s: an id to go on from", keys[i]);
        }
    }
    if (rc == EB_OK) {
        fapi_hand_ids(a, id[0], id[1], id[2]);
    }
    return rc;
}

/* ---- faults ------------------------------------------------------------------------------------------------------ */

static int do_fault(struct job *j)
{
    return fapi_fault_set(j->f, j->args, &j->err);
}

static int do_clear(struct job *j)
{
    fapi_faults_clear(j->f);
    return EB_OK;
}

static int do_latency(struct job *j)
{
    int64_t ms[5];
    static const char *const keys[] = {"request_ms", "answer_ms", "event_ms", "market_ms", "trigger_ms"};
    fapi_latency_get(j->f, ms);
    for (size_t i = 0; i < EB_COUNT(keys); i++) {
        struct eb_tok v = eb_tok_get(j->args, keys[i]);
        if (eb_tok_kind(v) != EB_TOK_ABSENT && (!eb_tok_i64(v, &ms[i]) || ms[i] < 0 || ms[i] > 60000)) {
            return eb_err_set(&j->err, EB_E_INVALID, area, "%s: 0 to 60000", keys[i]);
        }
    }
    fapi_latency_set(j->f, ms);
    return EB_OK;
}

static int do_skew(struct job *j)
{
    int64_t ms = 0;
    if (!eb_tok_i64(eb_tok_get(j->args, "ms"), &ms) || ms < -3600000 || ms > 3600000) {
        return eb_err_set(&j->err, EB_E_INVALID, area, "ms: of the server's clock, an hour at most");
    }
    j->f->skew_ms = ms;
    return EB_OK;
}

static int do_disconnect(struct job *j)
{
    char name[16] = "";
    struct eb_tok class_name = eb_tok_get(j->args, "class");
    if (eb_tok_kind(class_name) != EB_TOK_ABSENT && !eb_tok_text(class_name, name, sizeof(name))) {
        return eb_err_set(&j->err, EB_E_INVALID, area, "class: public, market, private, api, or none for all");
    }
    int64_t code = 0;
    struct eb_tok with = eb_tok_get(j->args, "code");
    bool coded_well =
        eb_tok_kind(with) == EB_TOK_ABSENT || (eb_tok_i64(with, &code) && (code == 0 || (code >= 1000 && code < 5000)));
    if (!coded_well) {
        return eb_err_set(&j->err, EB_E_INVALID, area,
                          "code: of the close frame, 1000 to 4999 (1001: 24 hours); 0 cuts");
    }
    (void)eb_buffer_printf(j->out, ",\"cut\":%u", fapi_sessions_cut(j->f, name, (int)code));
    return EB_OK;
}

static int do_expire_listen_key(struct job *j)
{
    struct fapi_account *a = NULL;
    int rc = account_arg(j, &a);
    if (rc == EB_OK) {
        fapi_listen_key_expire(j->f, a);
    }
    return rc;
}

/* ---- truth ------------------------------------------------------------------------------------------------------- */

static void tell_position(struct job *j, struct fapi_account *a, uint32_t symbol, unsigned leg, bool *first)
{
    struct fapi_position p;
    char text[2][EB_DECIMAL_TEXT_MAX];
    if (fapi_position(a, symbol, leg, &p)) {
        (void)eb_decimal_format(p.qty.e8, 8, text[0]);
        (void)eb_decimal_format(p.entry.e8, 8, text[1]);
        (void)eb_buffer_printf(j->out, "%s{\"symbol\":\"%s\",\"side\":\"%s\",\"quantity\":\"%s\",\"entry\":\"%s\"}",
                               *first ? "" : ",", fapi_symbol_at(j->f, symbol)->inst.symbol,
                               eb_side_name((enum eb_side)p.side), text[0], text[1]);
        *first = false;
    }
}

struct told_orders {
    struct job *j;
    bool first;
};

static void tell_terms(struct told_orders *to, const struct fapi_terms *t, bool algo, uint64_t id, const char *status)
{
    char text[3][EB_DECIMAL_TEXT_MAX];
    struct eb_buffer *out = to->j->out;
    (void)eb_decimal_format(t->qty.e8, 8, text[0]);
    (void)eb_decimal_format(t->price.e8, 8, text[1]);
    (void)eb_decimal_format(t->trigger.e8, 8, text[2]);
    (void)eb_buffer_printf(out,
                           "%s{\"symbol\":\"%s\",\"algo\":%s,\"id\":%" PRIu64 ",\"type\":\"%s\",\"side\":\"%s\","
                           "\"position_side\":\"%s\",\"status\":\"%s\",\"quantity\":\"%s\",\"price\":\"%s\","
                           "\"trigger\":\"%s\",\"close_position\":%s,\"client_id\":",
                           to->first ? "" : ",", fapi_symbol_at(to->j->f, t->symbol)->inst.symbol,
                           algo ? "true" : "false", id, fapi_type_name(t->type), fapi_side_name(t->side),
                           fapi_position_side_name(t->position_side), status, text[0], text[1], text[2],
                           t->close_position ? "true" : "false");
    (void)eb_buffer_json_string(out, t->client_id);
    (void)eb_buffer_text(out, "}");
    to->first = false;
}

static void tell_order(void *user, const struct fapi_order *o)
{
    tell_terms(user, &o->t, false, o->id, fapi_status_name(o->status));
}

static void tell_algo(void *user, const struct fapi_algo *o)
{
    tell_terms(user, &o->t, true, o->id, fapi_algo_status_name(o->status));
}

static int do_state(struct job *j)
{
    struct fapi_account *a = NULL;
    int rc = account_arg(j, &a);
    if (rc != EB_OK) {
        return rc;
    }
    struct told_orders orders = {j, true};
    struct eb_sim_account_view v;
    char wallet[EB_DECIMAL_TEXT_MAX];
    bool first = true;
    struct eb_err found = {0};
    eb_sim_account(fapi_account_sim(a), &v);
    (void)eb_decimal_format(v.wallet.e8, 8, wallet);
    (void)eb_buffer_printf(j->out, ",\"now_ms\":%" PRId64 ",\"account\":\"%s\",\"wallet\":\"%s\",\"positions\":[",
                           eb_fapi_now_ms(j->f), fapi_account_name(a), wallet);
    for (uint32_t i = 0; i < fapi_symbol_count(j->f); i++) {
        tell_position(j, a, i, 0, &first);
        tell_position(j, a, i, 1, &first);
    }
    int checked = eb_sim_check(fapi_account_sim(a), &found);
    (void)eb_buffer_text(j->out, "],\"orders\":[");
    fapi_orders(a, FAPI_NONE, true, tell_order, &orders);
    fapi_algos(a, FAPI_NONE, true, tell_algo, &orders);
    (void)eb_buffer_printf(j->out, "],\"open_orders\":%u,\"check\":", v.open_orders);
    (void)eb_buffer_json_string(j->out, checked == EB_OK ? "" : found.msg);
    (void)eb_buffer_text(j->out, ",\"struck\":");
    fapi_faults_told(j->f, j->out);
    return EB_OK;
}

/* The audit trail from index `from` on. */
static int do_trades(struct job *j)
{
    struct fapi_account *a = NULL;
    int64_t from = 0;
    size_t count = 0;
    int rc = account_arg(j, &a);
    struct eb_tok begin = eb_tok_get(j->args, "from");
    if (rc == EB_OK && eb_tok_kind(begin) != EB_TOK_ABSENT && !eb_tok_i64(begin, &from)) {
        rc = eb_err_set(&j->err, EB_E_INVALID, area, "from: an index of the trail");
    }
    if (rc != EB_OK) {
        return rc;
    }
    const struct eb_sim_trade *t = eb_sim_trades(fapi_account_sim(a), &count);
    (void)eb_buffer_text(j->out, ",\"trades\":[");
    for (size_t i = from > 0 ? (size_t)from : 0; i < count; i++) {
        char text[4][EB_DECIMAL_TEXT_MAX];
        char id[EB_CLIENT_ID_TEXT_MAX] = "";
        (void)eb_decimal_format(t[i].price.e8, 8, text[0]);
        (void)eb_decimal_format(t[i].qty.e8, 8, text[1]);
        (void)eb_decimal_format(t[i].closed.e8, 8, text[2]);
        (void)eb_decimal_format(t[i].after.e8, 8, text[3]);
        if (t[i].purpose < EB_PURPOSE_COUNT) {
            (void)eb_client_id_format(t[i].client_id, id);
        }
        (void)eb_buffer_printf(j->out,
                               "%s{\"id\":%" PRIu64 ",\"time_ms\":%" PRId64 ",\"symbol\":\"%s\",\"side\":\"%s\","
                               "\"price\":\"%s\",\"quantity\":\"%s\",\"closed\":\"%s\",\"after\":\"%s\","
                               "\"client_id\":\"%s\",\"purpose\":\"%s\",\"venue\":%s}",
                               i > (from > 0 ? (size_t)from : 0) ? "," : "", t[i].trade_id, t[i].venue_ms,
                               fapi_symbol_at(j->f, t[i].symbol)->inst.symbol,
                               t[i].order_side == EB_BUY ? "BUY" : "SELL", text[0], text[1], text[2], text[3], id,
                               t[i].purpose < EB_PURPOSE_COUNT ? eb_purpose_name((enum eb_purpose)t[i].purpose)
                                                               : "foreign",
                               t[i].liquidation ? "true" : "false");
    }
    (void)eb_buffer_text(j->out, "]");
    return EB_OK;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *verb;
    int (*act)(struct job *j);
} verbs[] = {
    {"price", do_price},           {"release", do_release},
    {"status", do_status},         {"filters", do_filters},
    {"depth", do_depth},           {"open", do_open},
    {"close", do_close},           {"deleverage", do_deleverage},
    {"liquidate", do_liquidate},   {"fill", do_fill},
    {"transfer", do_transfer},     {"mode", do_mode},
    {"leverage", do_leverage},     {"ids", do_ids},
    {"fault", do_fault},           {"clear", do_clear},
    {"latency", do_latency},       {"skew", do_skew},
    {"disconnect", do_disconnect}, {"expire_listen_key", do_expire_listen_key},
    {"state", do_state},           {"trades", do_trades},
};

static int http_status(int rc)
{
    return rc == EB_OK ? 0 : rc == EB_E_NOT_FOUND ? 404 : rc == EB_E_REFUSED ? 409 : 400;
}

int eb_fapi_control(struct eb_fapi *f, const char *verb, const char *json, size_t len, struct eb_buffer *out)
{
    struct eb_token room[TOKENS_MAX];
    struct eb_tokens tokens;
    struct job j = {.f = f, .out = out};
    int rc = eb_tokens_parse(&tokens, "arguments", len > 0 ? json : "{}", len > 0 ? len : 2, room, TOKENS_MAX, &j.err);
    (void)eb_buffer_text(out, "{\"ok\":true");
    if (rc == EB_OK) {
        j.args = eb_tok_root(&tokens);
        rc = eb_err_set(&j.err, EB_E_NOT_FOUND, area, "there is no /sim/%.40s", verb);
        for (size_t i = 0; i < EB_COUNT(verbs); i++) {
            if (strcmp(verb, verbs[i].verb) == 0) {
                j.err = (struct eb_err){0};
                rc = verbs[i].act(&j);
                break;
            }
        }
    }
    if (rc != EB_OK) {
        eb_buffer_clear(out);
        (void)eb_buffer_text(out, "{\"ok\":false,\"error\":");
        (void)eb_buffer_json_string(out, j.err.msg);
    }
    (void)eb_buffer_text(out, "}");
    return http_status(rc);
}

void fapi_control_http(struct eb_fapi *f, const struct eb_fapi_request *r, struct fapi_reply *out)
{
    int status = eb_fapi_control(f, r->path + strlen("/sim/"), r->body, r->body_len, &out->body);
    out->status = status != 0 ? status : 200;
    (void)snprintf(out->headers, sizeof(out->headers), JSON_TYPE);
}
