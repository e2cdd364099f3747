/* SPDX-License-Identifier: Apache-2.0 */
/* One table per vocabulary. What is not in a table is refused by name or, where an order can only be foreign, other. */
#include "venue/binance/words.h"

#include <string.h>

struct word {
    const char *text;
    uint8_t value;
};

static bool find(const struct word *words, size_t count, struct eb_tok value, uint8_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (eb_tok_is(value, words[i].text)) {
            *out = words[i].value;
            return true;
        }
    }
    return false;
}

uint8_t bn_word_order_side(struct bn_reader *r, struct eb_tok object, const char *key)
{
    static const struct word words[] = {{"BUY", EB_BUY}, {"SELL", EB_SELL}};
    struct eb_tok v = eb_tok_get(object, key);
    uint8_t side = EB_BUY;
    if (!bn_has(v)) {
        bn_doc_wrong(r, key, "is missing");
    } else if (!find(words, EB_COUNT(words), v, &side)) {
        bn_doc_strange(r, key, v);
    }
    return side;
}

uint8_t bn_word_position_side(struct bn_reader *r, struct eb_tok object, const char *key)
{
    static const struct word words[] = {{"BOTH", EB_PS_BOTH}, {"LONG", EB_PS_LONG}, {"SHORT", EB_PS_SHORT}};
    struct eb_tok v = eb_tok_get(object, key);
    uint8_t side = EB_PS_BOTH;
    if (bn_has(v) && !find(words, EB_COUNT(words), v, &side)) {
        bn_doc_strange(r, key, v);
    }
    return side;
}

bool bn_word_order_state(struct eb_tok value, uint8_t *out)
{
    static const struct word words[] = {
        {"NEW", EB_OS_NEW},           {"PARTIALLY_FILLED", EB_OS_PARTIAL}, {"FILLED", EB_OS_FILLED},
        {"CANCELED", EB_OS_CANCELED}, {"EXPIRED", EB_OS_EXPIRED},          {"EXPIRED_IN_MATCH", EB_OS_EXPIRED},
        {"REJECTED", EB_OS_REJECTED}, {"NEW_INSURANCE", EB_OS_NEW},        {"NEW_ADL", EB_OS_NEW},
    };
    return find(words, EB_COUNT(words), value, out);
}

bool bn_word_algo_state(struct eb_tok value, eb_qty executed, uint8_t *out)
{
    static const struct word words[] = {
        {"NEW", EB_OS_NEW},           {"CANCELED", EB_OS_CANCELED},     {"CANCELLED", EB_OS_CANCELED},
        {"EXPIRED", EB_OS_EXPIRED},   {"TRIGGERING", EB_OS_TRIGGERING}, {"TRIGGERED", EB_OS_TRIGGERED},
        {"REJECTED", EB_OS_REJECTED},
    };
    if (eb_tok_is(value, "FINISHED")) {
        *out = executed.e8 > 0 ? EB_OS_FILLED : EB_OS_CANCELED;
        return true;
    }
    return find(words, EB_COUNT(words), value, out);
}

bool bn_is_conditional(struct eb_tok type)
{
    static const struct word words[] = {
        {"STOP_MARKET", 0}, {"STOP", 0}, {"TAKE_PROFIT", 0}, {"TAKE_PROFIT_MARKET", 0}, {"TRAILING_STOP_MARKET", 0},
    };
    uint8_t ignored = 0;
    return find(words, EB_COUNT(words), type, &ignored);
}

uint8_t bn_word_order_type(struct eb_tok type, struct eb_tok time_in_force, bool *other)
{
    *other = false;
    if (eb_tok_is(type, "MARKET")) {
        return EB_ORDER_MARKET;
    }
    if (eb_tok_is(type, "LIMIT")) {
        return eb_tok_is(time_in_force, "IOC") || eb_tok_is(time_in_force, "FOK") ? EB_ORDER_LIMIT_IOC
                                                                                  : EB_ORDER_LIMIT_GTC;
    }
    if (eb_tok_is(type, "STOP_MARKET")) {
        return EB_ORDER_STOP_MARKET;
    }
    *other = true;
    return bn_is_conditional(type)          ? EB_ORDER_STOP_MARKET
           : eb_tok_is(type, "LIQUIDATION") ? EB_ORDER_MARKET
                                            : EB_ORDER_LIMIT_GTC;
}

bool bn_is_autoclose(const char *client_text)
{
    static const char *const prefixes[] = {"autoclose-", "adl_autoclose", "settlement_autoclose-",
                                           "delivery_autoclose-"};
    for (size_t i = 0; i < EB_COUNT(prefixes); i++) {
        if (strncmp(client_text, prefixes[i], strlen(prefixes[i])) == 0) {
            return true;
        }
    }
    return false;
}

bool bn_is_margin_asset(const char *symbol, const char *asset)
{
    /* The symbol ends with it, before the date of a delivery contract. BNFCR: credits of the European mode, a dollar
     * each, stand for every dollar asset. */
    const char *end = strchr(symbol, '_');
    size_t symbol_len = end != NULL ? (size_t)(end - symbol) : strlen(symbol), len = strlen(asset);
    if (len == 0 || strcmp(asset, "BNFCR") == 0) {
        return true;
    }
    return len <= symbol_len && memcmp(symbol + symbol_len - len, asset, len) == 0;
}

int64_t bn_get_leverage_ppm(struct bn_reader *r, struct eb_tok object, const char *key)
{
    int64_t e8 = bn_get_e8_or_0(r, object, key);
    if (e8 < 0 || e8 > 1000 * EB_E8) {
        bn_doc_wrong(r, key, "is out of range");
        return 0;
    }
    return e8 / (EB_E8 / EB_PPM);
}
