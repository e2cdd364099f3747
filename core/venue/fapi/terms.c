/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an order is asked for with: parameters into terms, and the rules of which go together. Filters, margins and
 * positions are the account's affair.
 */
#include "venue/fapi/api.h"

#include <stdio.h>
#include <string.h>

#define GTD_AHEAD_MS INT64_C(600000)
#define GTD_MAX_MS INT64_C(253402300799000)
#define PPM_OF_PERCENT_E8 (EB_E8 * 100 / EB_PPM) /* "1" is 1 %: 10,000 ppm */

static const struct fapi_word sides[] = {{"BUY", EB_BUY}, {"SELL", EB_SELL}};
static const struct fapi_word position_sides[] = {{"BOTH", EB_PS_BOTH}, {"LONG", EB_PS_LONG}, {"SHORT", EB_PS_SHORT}};
static const struct fapi_word types[] = {{"MARKET", FAPI_MARKET},
                                         {"LIMIT", FAPI_LIMIT},
                                         {"STOP", FAPI_STOP},
                                         {"STOP_MARKET", FAPI_STOP_MARKET},
                                         {"TAKE_PROFIT", FAPI_TAKE_PROFIT},
                                         {"TAKE_PROFIT_MARKET", FAPI_TAKE_PROFIT_MARKET},
                                         {"TRAILING_STOP_MARKET", FAPI_TRAILING}};
static const struct fapi_word tifs[] = {{"GTC", FAPI_GTC}, {"IOC", FAPI_IOC}, {"FOK", FAPI_FOK},
                                        {"GTX", FAPI_GTX}, {"GTD", FAPI_GTD}, {"RPI", FAPI_RPI}};
static const struct fapi_word workings[] = {{"CONTRACT_PRICE", 0}, {"MARK_PRICE", 1}};
static const struct fapi_word responses[] = {{"ACK", 0}, {"RESULT", 1}};
static const struct fapi_word matches[] = {{"NONE", 0},        {"OPPONENT", 1},    {"OPPONENT_5", 2},
                                           {"OPPONENT_10", 3}, {"OPPONENT_20", 4}, {"QUEUE", 5},
                                           {"QUEUE_5", 6},     {"QUEUE_10", 7},    {"QUEUE_20", 8}};
static const struct fapi_word guards[] = {{"NONE", 0}, {"EXPIRE_TAKER", 1}, {"EXPIRE_MAKER", 2}, {"EXPIRE_BOTH", 3}};

static bool limit_type(uint8_t type)
{
    return type == FAPI_LIMIT || type == FAPI_STOP || type == FAPI_TAKE_PROFIT;
}

static bool closing_type(uint8_t type)
{
    return type == FAPI_STOP_MARKET || type == FAPI_TAKE_PROFIT_MARKET;
}

static void unwanted(struct fapi_call *c, const char *name)
{
    if (fapi_param(c->p, name) != NULL) {
        fapi_fail(c, -1106, name);
    }
}

/* Which side of the account, and whether the position may only shrink. */
static void read_mode(struct fapi_call *c, struct fapi_terms *t)
{
    bool hedge = fapi_hedge(c->a);
    (void)fapi_get_word(c, "positionSide", false, position_sides, EB_COUNT(position_sides), -4060, &t->position_side);
    if (c->code == 0 && hedge != (t->position_side != EB_PS_BOTH)) {
        fapi_fail(c, -4061, NULL);
    }
    if (hedge && fapi_param(c->p, "reduceOnly") != NULL) {
        fapi_fail(c, -1106, "reduceonly");
    }
    const char *text;
    if (fapi_get_text(c, "reduceOnly", false, &text)) {
        bool yes = strcmp(text, "true") == 0 || strcmp(text, "TRUE") == 0;
        if (!yes && strcmp(text, "false") != 0 && strcmp(text, "FALSE") != 0) {
            fapi_fail(c, -4062, NULL);
        }
        t->reduce_only = yes;
    }
    (void)fapi_get_bool(c, "closePosition", false, &t->close_position);
}

static void read_price(struct fapi_call *c, struct fapi_terms *t)
{
    uint8_t match = 0;
    (void)fapi_get_word(c, "priceMatch", false, matches, EB_COUNT(matches), -5037, &match);
    (void)snprintf(t->price_match, sizeof(t->price_match), "%s", matches[match].word);
    if (!limit_type(t->type)) {
        if (match != 0) {
            fapi_fail(c, -5038, NULL);
        }
        int64_t price = 0;
        if (t->type == FAPI_MARKET && fapi_get_e8(c, "price", false, &price) && price != 0) {
            fapi_fail(c, -1106, "price");
        }
        return;
    }
    if (match != 0) {
        if (fapi_param(c->p, "price") != NULL) {
            fapi_fail(c, -5037, NULL);
        }
        return;
    }
    (void)fapi_get_e8(c, "price", true, &t->price.e8);
    if (c->code == 0 && t->price.e8 <= 0) {
        fapi_fail(c, -4001, NULL);
    }
}

static void read_time(struct fapi_call *c, struct fapi_terms *t)
{
    (void)fapi_get_word(c, "timeInForce", t->type == FAPI_LIMIT, tifs, EB_COUNT(tifs), -1115, &t->tif);
    if (t->type == FAPI_MARKET && fapi_param(c->p, "timeInForce") != NULL) {
        fapi_fail(c, -1106, "timeinforce");
    }
    if (!fapi_get_ms(c, "goodTillDate", t->tif == FAPI_GTD, &t->good_till_ms)) {
        return;
    }
    if (t->tif != FAPI_GTD) {
        t->good_till_ms = 0;
        return;
    }
    t->good_till_ms -= t->good_till_ms % 1000;
    if (t->good_till_ms <= eb_fapi_now_ms(c->f) + GTD_AHEAD_MS || t->good_till_ms >= GTD_MAX_MS) {
        fapi_fail(c, -5040, NULL);
    }
}

static void read_quantity(struct fapi_call *c, struct fapi_terms *t)
{
    if (t->close_position) {
        if (fapi_param(c->p, "quantity") != NULL) {
            fapi_fail(c, -4137, NULL);
        }
        unwanted(c, "reduceOnly");
        return;
    }
    (void)fapi_get_e8(c, "quantity", true, &t->qty.e8);
    if (c->code == 0 && t->qty.e8 <= 0) {
        fapi_fail(c, -4003, NULL);
    }
}

static void read_trigger(struct fapi_call *c, struct fapi_terms *t)
{
    uint8_t mark = 0;
    (void)fapi_get_word(c, "workingType", false, workings, EB_COUNT(workings), -4031, &mark);
    t->mark_price = mark != 0;
    (void)fapi_get_bool(c, "priceProtect", false, &t->price_protect);
    if (t->type != FAPI_TRAILING) {
        (void)fapi_get_e8(c, "triggerPrice", true, &t->trigger.e8);
        if (c->code == 0 && t->trigger.e8 <= 0) {
            fapi_fail(c, -4006, NULL);
        }
        return;
    }
    int64_t rate_e8 = 0;
    if (fapi_get_e8(c, "callbackRate", true, &rate_e8)) {
        t->callback_ppm = rate_e8 / PPM_OF_PERCENT_E8;
    }
    (void)fapi_get_e8(c, "activatePrice", false, &t->activate.e8);
    if (c->code == 0 && fapi_param(c->p, "triggerPrice") != NULL) {
        fapi_fail(c, -2021, NULL);
    }
}

void fapi_terms_read(struct fapi_call *c, bool algo, struct fapi_terms *t)
{
    memset(t, 0, sizeof(*t));
    (void)fapi_get_symbol(c, "symbol", true, &t->symbol);
    (void)fapi_get_word(c, "side", true, sides, EB_COUNT(sides), -1117, &t->side);
    (void)fapi_get_word(c, "type", true, types, EB_COUNT(types), -1116, &t->type);
    bool conditional = t->type != FAPI_MARKET && t->type != FAPI_LIMIT;
    if (c->code == 0 && conditional != algo) {
        fapi_fail(c, algo ? -1116 : -4120, NULL);
    }
    read_mode(c, t);
    if (c->code == 0 && t->close_position && !closing_type(t->type)) {
        fapi_fail(c, -4136, NULL);
    }
    read_quantity(c, t);
    read_price(c, t);
    read_time(c, t);
    if (algo) {
        read_trigger(c, t);
    }
    uint8_t word = 0;
    (void)fapi_get_word(c, "newOrderRespType", false, responses, EB_COUNT(responses), -1136, &word);
    t->result = word != 0;
    word = 2;
    (void)fapi_get_word(c, "selfTradePreventionMode", false, guards, EB_COUNT(guards), -5039, &word);
    (void)snprintf(t->stp, sizeof(t->stp), "%s", guards[word].word);
    (void)fapi_get_client_id(c, algo ? "clientAlgoId" : "newClientOrderId", t->client_id);
}
