/* SPDX-License-Identifier: Apache-2.0 */
/* Events of the user stream: every documented body, what became of it here, and what is refused. */
#include "venue/binance/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FILL                                                                                                         \
    "{\"e\":\"ORDER_TRADE_UPDATE\",\"E\":1568879465651,\"T\":1568879465650,\"o\":{\"s\":\"BTCUSDT\",\"c\":\"TEST\"," \
    "\"S\":\"SELL\",\"o\":\"MARKET\",\"f\":\"GTC\",\"q\":\"0.001\",\"p\":\"0\",\"ap\":\"9910.00000\",\"sp\":\"0\","  \
    "\"x\":\"TRADE\",\"X\":\"FILLED\",\"i\":8886774,\"l\":\"0.001\",\"z\":\"0.001\",\"L\":\"9910.0\","               \
    "\"n\":\"0.00396400\",\"N\":\"USDT\",\"T\":1568879465650,\"t\":698759,\"b\":\"0\",\"a\":\"0\",\"m\":false,"      \
    "\"R\":true,\"wt\":\"CONTRACT_PRICE\",\"ot\":\"MARKET\",\"ps\":\"BOTH\",\"cp\":false,\"rp\":\"1.25000000\","     \
    "\"pP\":false,\"si\":0,\"ss\":0,\"V\":\"EXPIRE_MAKER\",\"pm\":\"NONE\",\"gtd\":0,\"er\":\"0\"}}"
#define ACCOUNT                                                                                                        \
    "{\"e\":\"ACCOUNT_UPDATE\",\"E\":1564745798939,\"T\":1564745798938,\"a\":{\"m\":\"ORDER\",\"B\":[{\"a\":\"USDT\"," \
    "\"wb\":\"122624.12345678\",\"cw\":\"100.12345678\",\"bc\":\"0\"}],\"P\":[{\"s\":\"BTCUSDT\",\"pa\":\"0\","        \
    "\"ep\":\"0.00000\",\"bep\":\"0\",\"cr\":\"200\",\"up\":\"0\",\"mt\":\"cross\",\"iw\":\"0.00000000\","             \
    "\"ps\":\"BOTH\"}]}}"
#define ALGO                                                                                                         \
    "{\"e\":\"ALGO_UPDATE\",\"T\":1750515742297,\"E\":1750515742303,\"o\":{\"caid\":\"Q5xaq5EGKgXXa0fD7fs0Ip\","     \
    "\"aid\":2148719,\"at\":\"CONDITIONAL\",\"o\":\"STOP_MARKET\",\"s\":\"BNBUSDT\",\"S\":\"SELL\",\"ps\":\"BOTH\"," \
    "\"f\":\"GTC\",\"q\":\"0.01\",\"X\":\"TRIGGERED\",\"ai\":\"8886774\",\"ap\":\"0.00000\",\"aq\":\"0.00000\","     \
    "\"act\":\"MARKET\",\"tp\":\"750\",\"p\":\"0\",\"V\":\"EXPIRE_MAKER\",\"wt\":\"MARK_PRICE\",\"pm\":\"NONE\","    \
    "\"cp\":false,\"pP\":false,\"R\":true,\"tt\":1750515742290,\"gtd\":0,\"rm\":\"\",\"ia\":false}}"
#define MARGIN_CALL                                                                                                    \
    "{\"e\":\"MARGIN_CALL\",\"E\":1587727187525,\"cw\":\"3.16812045\",\"p\":[{\"s\":\"ETHUSDT\",\"ps\":\"LONG\","      \
    "\"pa\":\"1.327\",\"mt\":\"CROSSED\",\"iw\":\"0\",\"mp\":\"187.17127\",\"up\":\"-1.166074\",\"mm\":\"1.614445\"}]" \
    "}"
#define LEVERAGE \
    "{\"e\":\"ACCOUNT_CONFIG_UPDATE\",\"E\":1611646737479,\"T\":1611646737476,\"ac\":{\"s\":\"BTCUSDT\",\"l\":25}}"
#define ASSETS "{\"e\":\"ACCOUNT_CONFIG_UPDATE\",\"E\":1611646737479,\"T\":1611646737476,\"ai\":{\"j\":true}}"
#define EXPIRED                                        \
    "{\"e\":\"listenKeyExpired\",\"E\":1736996475556," \
    "\"listenKey\":\"WsCMN0a4KHUPTQuX6IUnqEZfB1inxmv1qR4kbf1LuEjur5VdbzqvyxqG9TSjVVxv\"}"
#define LITE                                                                                                         \
    "{\"e\":\"TRADE_LITE\",\"E\":1721895408092,\"T\":1721895408214,\"s\":\"BTCUSDT\",\"q\":\"0.001\",\"p\":\"0\","   \
    "\"m\":false,\"c\":\"z8hcUoOsqEdKMeKPSABslD\",\"S\":\"BUY\",\"L\":\"64089.20\",\"l\":\"0.040\",\"t\":109100866," \
    "\"i\":8886774}"
#define TRIGGER_REJECT                                                                                               \
    "{\"e\":\"CONDITIONAL_ORDER_TRIGGER_REJECT\",\"E\":1685517224945,\"T\":1685517224955,\"or\":{\"s\":\"ETHUSDT\"," \
    "\"i\":155618472834,\"r\":\"Due to the order could not be filled immediately, the FOK order has been "           \
    "rejected.\"}}"

static struct bn_user user;

static int decode(const char *text, struct eb_err *err)
{
    return bn_decode_user(text, strlen(text), &user, err);
}

static void good(const char *text, enum bn_user_kind kind)
{
    struct eb_err err = {0};
    if (decode(text, &err) != EB_OK || user.kind != kind) {
        fail_msg("%s: kind %d, %s", text, user.kind, err.msg);
    }
}

/* text with the first `from` replaced by `to`. */
static const char *with(const char *text, const char *from, const char *to)
{
    static char out[4096];
    const char *at = strstr(text, from);
    assert_non_null(at);
    (void)snprintf(out, sizeof(out), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return out;
}

static void a_fill(void **state)
{
    (void)state;
    good(FILL, BN_USER_ORDER);
    assert_true(user.event_ms == 1568879465651 && user.time_ms == 1568879465650);
    assert_string_equal(user.execution, "TRADE");
    const struct bn_order *o = &user.order;
    assert_string_equal(o->symbol, "BTCUSDT");
    assert_string_equal(user.symbol, "BTCUSDT");
    assert_string_equal(o->client_text, "TEST");
    assert_true(o->client_id.instance == 0 && !o->algo && !o->algo_parent_known && o->venue_id == 8886774);
    assert_int_equal(o->state, EB_OS_FILLED);
    assert_true(o->type == EB_ORDER_MARKET && !o->other_type && o->order_side == EB_SELL);
    assert_true(o->position_side == EB_PS_BOTH && o->reduce_only && !o->close_position && !o->mark_triggered);
    assert_true(o->qty.e8 == 100000 && o->filled.e8 == 100000 && o->average.e8 == 9910 * EB_E8);
    assert_true(o->price.e8 == 0 && o->trigger.e8 == 0 && o->update_ms == 1568879465650 && o->expire_reason == 0);
    const struct bn_fill *f = &user.fill;
    assert_true(f->there && f->trade_id == 698759 && f->price.e8 == 9910 * EB_E8 && f->qty.e8 == 100000);
    assert_true(f->fee.e8 == 396400 && !f->fee_other && !f->maker && !f->liquidation && f->time_ms == 1568879465650);
}

static void states_of_orders(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        enum eb_order_state state;
    } cases[] = {
        {"NEW", EB_OS_NEW},           {"PARTIALLY_FILLED", EB_OS_PARTIAL},
        {"FILLED", EB_OS_FILLED},     {"CANCELED", EB_OS_CANCELED},
        {"EXPIRED", EB_OS_EXPIRED},   {"EXPIRED_IN_MATCH", EB_OS_EXPIRED},
        {"REJECTED", EB_OS_REJECTED}, {"NEW_ADL", EB_OS_NEW},
        {"NEW_INSURANCE", EB_OS_NEW},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        char word[64];
        (void)snprintf(word, sizeof(word), "\"X\":\"%s\"", cases[i].word);
        good(with(FILL, "\"X\":\"FILLED\"", word), BN_USER_ORDER);
        assert_int_equal(user.order.state, cases[i].state);
    }
    struct eb_err err = {0};
    assert_int_equal(decode(with(FILL, "\"X\":\"FILLED\"", "\"X\":\"PENDING_SOMETHING\""), &err), EB_E_INVALID);
    assert_non_null(strstr(err.msg, "ORDER_TRADE_UPDATE: X has a value that is not known: \"PENDING_SOMETHING\""));
    assert_int_equal(user.kind, BN_USER_OTHER);
}

static void types_of_orders(void **state)
{
    (void)state;
    static const struct {
        const char *type, *tif;
        enum eb_order_type is;
        bool other;
    } cases[] = {
        {"MARKET", "GTC", EB_ORDER_MARKET, false},
        {"LIMIT", "GTC", EB_ORDER_LIMIT_GTC, false},
        {"LIMIT", "GTX", EB_ORDER_LIMIT_GTC, false},
        {"LIMIT", "GTE_GTC", EB_ORDER_LIMIT_GTC, false},
        {"LIMIT", "SOMETHING_NEW", EB_ORDER_LIMIT_GTC, false},
        {"LIMIT", "IOC", EB_ORDER_LIMIT_IOC, false},
        {"LIMIT", "FOK", EB_ORDER_LIMIT_IOC, false},
        {"STOP_MARKET", "GTE_GTC", EB_ORDER_STOP_MARKET, false},
        {"STOP", "GTC", EB_ORDER_STOP_MARKET, true},
        {"TAKE_PROFIT", "GTC", EB_ORDER_STOP_MARKET, true},
        {"TAKE_PROFIT_MARKET", "GTC", EB_ORDER_STOP_MARKET, true},
        {"TRAILING_STOP_MARKET", "GTC", EB_ORDER_STOP_MARKET, true},
        {"LIQUIDATION", "IOC", EB_ORDER_MARKET, true},
        {"SOMETHING_NEW", "GTC", EB_ORDER_LIMIT_GTC, true},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        char words[96];
        (void)snprintf(words, sizeof(words), "\"o\":\"%s\",\"f\":\"%s\"", cases[i].type, cases[i].tif);
        good(with(FILL, "\"o\":\"MARKET\",\"f\":\"GTC\"", words), BN_USER_ORDER);
        if (user.order.type != cases[i].is || user.order.other_type != cases[i].other) {
            fail_msg("%s: %d %d", words, user.order.type, user.order.other_type);
        }
    }
}

static void our_ids_come_back(void **state)
{
    (void)state;
    eb_client_id id = {
        .instance = 7, .episode = 12, .attempt = 65536, .purpose = EB_PURPOSE_STOP, .leg = 0, .slice = 2};
    char text[EB_CLIENT_ID_TEXT_MAX], word[64];
    (void)eb_client_id_format(id, text);
    (void)snprintf(word, sizeof(word), "\"c\":\"%s\"", text);
    good(with(FILL, "\"c\":\"TEST\"", word), BN_USER_ORDER);
    assert_memory_equal(&user.order.client_id, &id, sizeof(id));
    (void)snprintf(word, sizeof(word), "\"caid\":\"%s\"", text);
    good(with(ALGO, "\"caid\":\"Q5xaq5EGKgXXa0fD7fs0Ip\"", word), BN_USER_ALGO);
    assert_memory_equal(&user.order.client_id, &id, sizeof(id));
    good(with(FILL, "\"c\":\"TEST\"",
              "\"c\":\"0123456789012345678901234567890123456789012345678901234567890123456789\""),
         BN_USER_ORDER);
    assert_int_equal(strlen(user.order.client_text), 63);
    good(with(FILL, "\"c\":\"TEST\",", ""), BN_USER_ORDER);
    assert_string_equal(user.order.client_text, "");
}

static void a_child_of_a_conditional_order(void **state)
{
    (void)state;
    good(with(FILL, "\"ot\":\"MARKET\"", "\"ot\":\"STOP_MARKET\""), BN_USER_ORDER);
    assert_true(user.order.algo_parent_known && user.order.parent_algo_id == 0);
    good(with(FILL, "\"si\":0", "\"si\":3000000000003505"), BN_USER_ORDER);
    assert_true(user.order.algo_parent_known && user.order.parent_algo_id == UINT64_C(3000000000003505));
}

static void what_may_be_missing(void **state)
{
    (void)state;
    /* No commission (delivery), and what came and went over the years. */
    good("{\"e\":\"ORDER_TRADE_UPDATE\",\"o\":{\"s\":\"BTCUSDT\",\"S\":\"BUY\",\"o\":\"LIMIT\",\"q\":1,\"x\":\"TRADE\","
         "\"X\":\"FILLED\",\"i\":\"9007199254740993\",\"l\":1,\"z\":\"1\",\"L\":2.5e1,\"t\":\"5\",\"R\":\"true\"}}",
         BN_USER_ORDER);
    assert_true(user.order.venue_id == UINT64_C(9007199254740993) && user.order.reduce_only);
    assert_true(user.fill.there && user.fill.price.e8 == 25 * EB_E8 && user.fill.fee.e8 == 0 && !user.fill.fee_other);
    assert_int_equal(user.order.position_side, EB_PS_BOTH);
    good(with(FILL, "\"m\":false", "\"m\":false,\"M\":77,\"newKey\":{\"a\":[1,2]},\"st\":1,\"er\":\"9\""),
         BN_USER_ORDER);
    assert_int_equal(user.order.expire_reason, 9);
}

static void fees_in_other_assets(void **state)
{
    (void)state;
    static const struct {
        const char *symbol, *asset;
        bool other;
    } cases[] = {
        {"BTCUSDT", "USDT", false},  {"BTCUSDC", "USDC", false}, {"BTCUSDT_260626", "USDT", false},
        {"BTCUSDT", "BNB", true},    {"BNBUSDT", "BNB", true},   {"BTCUSDC", "USDT", true},
        {"BTCUSDT", "BNFCR", false},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        char symbol[64], asset[32], copy[4096];
        (void)snprintf(symbol, sizeof(symbol), "\"s\":\"%s\"", cases[i].symbol);
        (void)snprintf(asset, sizeof(asset), "\"N\":\"%s\"", cases[i].asset);
        (void)snprintf(copy, sizeof(copy), "%s", with(FILL, "\"s\":\"BTCUSDT\"", symbol));
        good(with(copy, "\"N\":\"USDT\"", asset), BN_USER_ORDER);
        assert_int_equal(user.fill.fee_other, cases[i].other);
        assert_int_equal(user.fill.fee.e8, cases[i].other ? 0 : 396400);
    }
}

static void what_the_exchange_closes_itself(void **state)
{
    (void)state;
    static const char *const ids[] = {"autoclose-1234567890", "adl_autoclose", "adl_autoclose_12345",
                                      "settlement_autoclose-9999", "delivery_autoclose-12345"};
    for (size_t i = 0; i < EB_COUNT(ids); i++) {
        char word[64];
        (void)snprintf(word, sizeof(word), "\"c\":\"%s\"", ids[i]);
        good(with(FILL, "\"c\":\"TEST\"", word), BN_USER_ORDER);
        assert_true(user.fill.there && user.fill.liquidation);
    }
    good(with(FILL, "\"x\":\"TRADE\"", "\"x\":\"CALCULATED\""), BN_USER_ORDER);
    assert_true(user.fill.there && user.fill.liquidation);
    /* Announced, not yet traded. */
    char copy[4096];
    (void)snprintf(copy, sizeof(copy), "%s", with(FILL, "\"x\":\"TRADE\"", "\"x\":\"CALCULATED\""));
    good(with(copy, "\"t\":698759", "\"t\":0"), BN_USER_ORDER);
    assert_false(user.fill.there);
    good(with(FILL, "\"x\":\"TRADE\"", "\"x\":\"CANCELED\""), BN_USER_ORDER);
    assert_false(user.fill.there);
}

static void averages_are_rounded_to_even(void **state)
{
    (void)state;
    good(with(FILL, "\"ap\":\"9910.00000\"", "\"ap\":\"9910.000000005\""), BN_USER_ORDER);
    assert_int_equal(user.order.average.e8, 9910 * EB_E8);
    good(with(FILL, "\"ap\":\"9910.00000\"", "\"ap\":\"9910.0000000150000\""), BN_USER_ORDER);
    assert_int_equal(user.order.average.e8, 9910 * EB_E8 + 2);
}

static void conditional_orders(void **state)
{
    (void)state;
    good(ALGO, BN_USER_ALGO);
    const struct bn_order *o = &user.order;
    assert_true(o->algo && o->venue_id == 2148719 && o->child_id == 8886774 && o->state == EB_OS_TRIGGERED);
    assert_true(o->type == EB_ORDER_STOP_MARKET && !o->other_type && o->mark_triggered && o->reduce_only);
    assert_true(o->trigger.e8 == 750 * EB_E8 && o->qty.e8 == EB_E8 / 100 && o->update_ms == 1750515742297);
    assert_string_equal(o->client_text, "Q5xaq5EGKgXXa0fD7fs0Ip");
    static const struct {
        const char *from, *to;
        enum eb_order_state state;
    } cases[] = {
        {"\"X\":\"TRIGGERED\",\"ai\":\"8886774\"", "\"X\":\"NEW\",\"ai\":\"\"", EB_OS_NEW},
        {"\"X\":\"TRIGGERED\",\"ai\":\"8886774\"", "\"X\":\"TRIGGERING\",\"ai\":null", EB_OS_TRIGGERING},
        {"\"X\":\"TRIGGERED\"", "\"X\":\"CANCELED\"", EB_OS_CANCELED},
        {"\"X\":\"TRIGGERED\"", "\"X\":\"EXPIRED\"", EB_OS_EXPIRED},
        {"\"X\":\"TRIGGERED\"", "\"X\":\"REJECTED\"", EB_OS_REJECTED},
        {"\"X\":\"TRIGGERED\"", "\"X\":\"FINISHED\"", EB_OS_CANCELED},
        {"\"X\":\"TRIGGERED\",\"ai\":\"8886774\",\"ap\":\"0.00000\",\"aq\":\"0.00000\"",
         "\"X\":\"FINISHED\",\"ai\":8886774,\"ap\":\"749.9\",\"aq\":\"0.01\"", EB_OS_FILLED},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        good(with(ALGO, cases[i].from, cases[i].to), BN_USER_ALGO);
        assert_int_equal(user.order.state, cases[i].state);
    }
    assert_true(user.order.filled.e8 == EB_E8 / 100 && user.order.child_id == 8886774);
    good(with(ALGO, "\"rm\":\"\"", "\"rm\":\"Reduce Only reject\""), BN_USER_ALGO);
    assert_string_equal(user.order.reject_text, "Reduce Only reject");
    good(with(ALGO, "\"at\":\"CONDITIONAL\"", "\"at\":\"TWAP\""), BN_USER_ALGO);
    assert_true(user.order.other_type);
    good(with(ALGO, "\"q\":\"0.01\"", "\"q\":\"\""), BN_USER_ALGO); /* closes the position: no quantity */
    struct eb_err err = {0};
    assert_int_equal(decode(with(ALGO, "\"X\":\"TRIGGERED\"", "\"X\":\"PAUSED\""), &err), EB_E_INVALID);
    assert_non_null(strstr(err.msg, "ALGO_UPDATE: X has a value that is not known: \"PAUSED\""));
}

static void the_account(void **state)
{
    (void)state;
    good(ACCOUNT, BN_USER_ACCOUNT);
    assert_string_equal(user.reason, "ORDER");
    assert_true(user.has_balance && user.balance.e8 == INT64_C(12262412345678) && user.positions == 1);
    assert_string_equal(user.position[0].symbol, "BTCUSDT");
    assert_true(user.position[0].qty.e8 == 0 && user.position[0].cross && !user.truncated);
    good(with(ACCOUNT, "\"pa\":\"0\",\"ep\":\"0.00000\"", "\"pa\":\"-10\",\"ep\":\"6563.8\""), BN_USER_ACCOUNT);
    assert_true(user.position[0].side == EB_SHORT && user.position[0].qty.e8 == 10 * EB_E8);
    assert_int_equal(user.position[0].entry.e8, INT64_C(656380000000));
    char copy[4096];
    (void)snprintf(copy, sizeof(copy), "%s",
                   with(ACCOUNT, "\"pa\":\"0\",\"ep\":\"0.00000\"", "\"pa\":\"-10\",\"ep\":\"1\""));
    good(with(copy, "\"ps\":\"BOTH\"", "\"ps\":\"SHORT\""), BN_USER_ACCOUNT);
    assert_true(user.position[0].side == EB_SHORT && user.position[0].position_side == EB_PS_SHORT);
    assert_int_equal(decode(with(copy, "\"ps\":\"BOTH\"", "\"ps\":\"LONG\""), NULL), EB_E_INVALID);
    good(with(ACCOUNT, "\"mt\":\"cross\",\"iw\":\"0.00000000\"", "\"mt\":\"isolated\",\"iw\":\"12.5\""),
         BN_USER_ACCOUNT);
    assert_true(!user.position[0].cross && user.position[0].isolated.e8 == 125 * EB_E8 / 10);
    good(with(ACCOUNT, "[{\"a\":\"USDT\"", "[{\"a\":\"BNB\",\"wb\":\"3\"},{\"a\":\"USDT\""), BN_USER_ACCOUNT);
    assert_int_equal(user.balance.e8, INT64_C(12262412345678));
    good("{\"e\":\"ACCOUNT_UPDATE\",\"T\":1,\"E\":1,\"a\":{\"m\":\"FUNDING_FEE\",\"B\":[{\"a\":\"BNFCR\",\"wb\":\"5\"}]"
         "}}",
         BN_USER_ACCOUNT);
    assert_true(user.balance.e8 == 5 * EB_E8 && user.positions == 0);
}

static void more_positions_than_fit_are_told(void **state)
{
    (void)state;
    enum { ROWS = 400 };
    char *text = malloc(ROWS * 96 + 128);
    assert_non_null(text);
    size_t used = (size_t)snprintf(text, 128, "{\"e\":\"ACCOUNT_UPDATE\",\"a\":{\"m\":\"ORDER\",\"B\":[],\"P\":[");
    for (int i = 0; i < ROWS; i++) {
        used += (size_t)snprintf(text + used, 96,
                                 "%s{\"s\":\"S%dUSDT\",\"pa\":\"1\",\"ep\":\"2\",\"mt\":\"cross\",\"ps\":\"LONG\"}",
                                 i == 0 ? "" : ",", i);
    }
    (void)snprintf(text + used, 8, "]}}");
    assert_int_equal(decode(text, NULL), EB_OK);
    assert_true(user.positions == BN_USER_POSITIONS_MAX && user.truncated && !user.has_balance);
    assert_string_equal(user.position[BN_USER_POSITIONS_MAX - 1].symbol, "S63USDT");
    free(text);
}

static void the_other_events(void **state)
{
    (void)state;
    good(LEVERAGE, BN_USER_CONFIG_LEVERAGE);
    assert_string_equal(user.symbol, "BTCUSDT");
    assert_int_equal(user.leverage_ppm, 25 * EB_PPM);
    good(ASSETS, BN_USER_CONFIG_ASSETS);
    assert_true(user.multi_assets);
    good(MARGIN_CALL, BN_USER_MARGIN_CALL);
    assert_string_equal(user.symbol, "ETHUSDT");
    good(EXPIRED, BN_USER_KEY_EXPIRED);
    good(LITE, BN_USER_TRADE_LITE);
    assert_true(user.fill.there && user.fill.trade_id == 109100866 && user.fill.qty.e8 == 4 * EB_E8 / 100);
    assert_true(user.order.venue_id == 8886774 && user.order.order_side == EB_BUY);
    good(TRIGGER_REJECT, BN_USER_OTHER);
    good("{\"e\":\"STRATEGY_UPDATE\",\"T\":1,\"E\":1,\"su\":{\"si\":1}}", BN_USER_OTHER);
    good("{\"e\":\"GRID_UPDATE\",\"gu\":{}}", BN_USER_OTHER);
    good("{\"e\":\"ACCOUNT_CONFIG_UPDATE\",\"E\":1,\"something\":{}}", BN_USER_OTHER);
    good("{\"e\":\"SOMETHING_NEW\"}", BN_USER_OTHER);
}

static void bad_events_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *text, *from, *to, *says;
    } cases[] = {
        {FILL, "\"o\":{", "\"oo\":{", "an order is no object"},
        {FILL, "\"s\":\"BTCUSDT\",", "", "s is missing"},
        {FILL, "\"s\":\"BTCUSDT\"", "\"s\":\"TOOLONGFORANYSYMBOLNAMEUSDT\"", "s has a value"},
        {FILL, "\"S\":\"SELL\"", "\"S\":\"HOLD\"", "S has a value that is not known: \"HOLD\""},
        {FILL, "\"S\":\"SELL\",", "", "S is missing"},
        {FILL, "\"ps\":\"BOTH\"", "\"ps\":\"NET\"", "ps has a value that is not known: \"NET\""},
        {FILL, "\"o\":\"MARKET\",", "", "o is missing"},
        {FILL, "\"i\":8886774", "\"i\":-1", "i is no id"},
        {FILL, "\"i\":8886774", "\"i\":1.5e3", "i is no id"},
        {FILL, "\"i\":8886774", "\"i\":99999999999999999999", "i is no id"},
        {FILL, "\"i\":8886774,", "", "i is missing"},
        {FILL, "\"q\":\"0.001\"", "\"q\":\"-1\"", "q is negative"},
        {FILL, "\"q\":\"0.001\"", "\"q\":\"many\"", "q is no amount"},
        {FILL, "\"z\":\"0.001\"", "\"z\":\"-0.001\"", "z is negative"},
        {FILL, "\"l\":\"0.001\",", "", "l is missing"},
        {FILL, "\"L\":\"9910.0\"", "\"L\":\"1e30\"", "L is no amount, or too large"},
        {FILL, "\"R\":true", "\"R\":1", "R is neither"},
        {FILL, "\"X\":\"FILLED\",", "", "X is missing"},
        {FILL, "\"t\":698759", "\"t\":\"x\"", "t is no id"},
        {FILL, "\"e\":\"ORDER_TRADE_UPDATE\",", "", "e is missing"},
        {ALGO, "\"aid\":2148719,", "", "aid is missing"},
        {ALGO, "\"ai\":\"8886774\"", "\"ai\":\"x\"", "ai is no id"},
        {ALGO, "\"tp\":\"750\"", "\"tp\":\"-750\"", "tp is negative"},
        {ACCOUNT, "\"a\":{", "\"b\":{", "a is no object"},
        {ACCOUNT, "\"pa\":\"0\",", "", "pa is missing"},
        {ACCOUNT, "\"pa\":\"0\"", "\"pa\":\"1\"", "ep is no price"},
        {ACCOUNT, "\"wb\":\"122624.12345678\",", "", "wb is missing"},
        {LEVERAGE, "\"l\":25", "\"l\":-1", "l is out of range"},
        {ASSETS, "true", "7", "j is neither"},
        {LITE, "\"i\":8886774", "\"i\":null", "i is missing"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_err err = {0};
        int rc = decode(with(cases[i].text, cases[i].from, cases[i].to), &err);
        if (rc != EB_E_INVALID || strstr(err.msg, cases[i].says) == NULL || user.kind != BN_USER_OTHER) {
            fail_msg("%s -> %s: %d %s", cases[i].from, cases[i].to, rc, err.msg);
        }
    }
}

static void an_event_cut_anywhere_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {FILL, ACCOUNT, ALGO, MARGIN_CALL, LEVERAGE, EXPIRED, LITE, TRIGGER_REJECT};
    for (size_t i = 0; i < EB_COUNT(texts); i++) {
        for (size_t len = 0; len < strlen(texts[i]); len++) {
            char *cut = malloc(len + 1);
            assert_non_null(cut);
            memcpy(cut, texts[i], len);
            assert_int_equal(bn_decode_user(cut, len, &user, NULL), EB_E_INVALID);
            assert_int_equal(user.kind, BN_USER_OTHER);
            free(cut);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fill),
        cmocka_unit_test(states_of_orders),
        cmocka_unit_test(types_of_orders),
        cmocka_unit_test(our_ids_come_back),
        cmocka_unit_test(a_child_of_a_conditional_order),
        cmocka_unit_test(what_may_be_missing),
        cmocka_unit_test(fees_in_other_assets),
        cmocka_unit_test(what_the_exchange_closes_itself),
        cmocka_unit_test(averages_are_rounded_to_even),
        cmocka_unit_test(conditional_orders),
        cmocka_unit_test(the_account),
        cmocka_unit_test(more_positions_than_fit_are_told),
        cmocka_unit_test(the_other_events),
        cmocka_unit_test(bad_events_are_refused_by_name),
        cmocka_unit_test(an_event_cut_anywhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
