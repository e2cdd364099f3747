/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the REST and WebSocket API: the documented bodies, older forms, and what must never pass for empty. */
#include "venue/binance/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT(literal) (literal), sizeof(literal) - 1
#define POSITION                                                                                                 \
    "{\"symbol\":\"ADAUSDT\",\"positionSide\":\"BOTH\",\"positionAmt\":\"30\",\"entryPrice\":\"0.385\","         \
    "\"breakEvenPrice\":\"0.385077\",\"markPrice\":\"0.41047590\",\"unRealizedProfit\":\"0.76427700\","          \
    "\"liquidationPrice\":\"0\",\"isolatedMargin\":\"0\",\"notional\":\"12.31427700\",\"marginAsset\":\"USDT\"," \
    "\"isolatedWallet\":\"0\",\"initialMargin\":\"0.61571385\",\"maintMargin\":\"0.08004280\","                  \
    "\"positionInitialMargin\":\"0.61571385\",\"openOrderInitialMargin\":\"0\",\"adl\":2,\"bidNotional\":\"0\"," \
    "\"askNotional\":\"0\",\"updateTime\":1720736417660}"
#define PLACED                                                                                                         \
    "{\"clientOrderId\":\"testOrder\",\"cumQty\":\"0\",\"executedQty\":\"0\",\"orderId\":22542179,\"origQty\":\"10\"," \
    "\"price\":\"0\",\"reduceOnly\":false,\"side\":\"SELL\",\"positionSide\":\"SHORT\",\"status\":\"NEW\","            \
    "\"stopPrice\":\"0\",\"closePosition\":false,\"symbol\":\"BTCUSDT\",\"timeInForce\":\"GTC\",\"type\":\"LIMIT\","   \
    "\"origType\":\"LIMIT\",\"updateTime\":1566818724722,\"workingType\":\"CONTRACT_PRICE\",\"priceProtect\":false,"   \
    "\"priceMatch\":\"NONE\",\"selfTradePreventionMode\":\"EXPIRE_MAKER\",\"goodTillDate\":0}"
#define QUERIED                                                                                                        \
    "{\"avgPrice\":\"0.00000\",\"clientOrderId\":\"abc\",\"cumQuote\":\"0\",\"executedQty\":\"0\",\"orderId\":"        \
    "1917641,"                                                                                                         \
    "\"origQty\":\"0.40\",\"origType\":\"LIMIT\",\"price\":\"30000.0\",\"reduceOnly\":false,\"side\":\"BUY\","         \
    "\"positionSide\":\"BOTH\",\"status\":\"NEW\",\"stopPrice\":\"0\",\"closePosition\":false,\"symbol\":\"BTCUSDT\"," \
    "\"time\":1579276756075,\"timeInForce\":\"GTC\",\"type\":\"LIMIT\",\"updateTime\":1579276756075,"                  \
    "\"workingType\":\"CONTRACT_PRICE\",\"priceProtect\":false,\"priceMatch\":\"NONE\","                               \
    "\"selfTradePreventionMode\":\"NONE\",\"goodTillDate\":0}"
#define ALGO_PLACED                                                                                              \
    "{\"algoId\":2146760,\"clientAlgoId\":\"6B2I9XVcJpCjqPAJ4YoFX7\",\"algoType\":\"CONDITIONAL\","              \
    "\"orderType\":\"STOP_MARKET\",\"symbol\":\"BNBUSDT\",\"side\":\"SELL\",\"positionSide\":\"BOTH\","          \
    "\"timeInForce\":\"GTC\",\"quantity\":\"0.01\",\"algoStatus\":\"NEW\",\"triggerPrice\":\"750.000\","         \
    "\"price\":\"0.000\",\"icebergQuantity\":null,\"selfTradePreventionMode\":\"EXPIRE_MAKER\","                 \
    "\"workingType\":\"CONTRACT_PRICE\",\"priceMatch\":\"NONE\",\"closePosition\":false,\"priceProtect\":false," \
    "\"reduceOnly\":false,\"activatePrice\":\"\",\"callbackRate\":\"\",\"createTime\":1750485492076,"            \
    "\"updateTime\":1750485492076,\"triggerTime\":0,\"goodTillDate\":0}"
#define ALGO_FINISHED                                                                                            \
    "{\"algoId\":2146760,\"clientAlgoId\":\"6B2I9XVcJpCjqPAJ4YoFX7\",\"algoType\":\"CONDITIONAL\","              \
    "\"orderType\":\"STOP_MARKET\",\"symbol\":\"BNBUSDT\",\"side\":\"SELL\",\"positionSide\":\"BOTH\","          \
    "\"timeInForce\":\"GTC\",\"quantity\":\"0.01\",\"algoStatus\":\"FINISHED\",\"actualOrderId\":\"8886774\","   \
    "\"actualPrice\":\"749.900\",\"actualType\":\"MARKET\",\"actualQty\":\"0.01\",\"triggerPrice\":\"750.000\"," \
    "\"price\":\"0.000\",\"icebergQuantity\":null,\"tpOrderType\":\"\",\"workingType\":\"MARK_PRICE\","          \
    "\"closePosition\":false,\"priceProtect\":false,\"reduceOnly\":true,\"createTime\":1750485492076,"           \
    "\"updateTime\":1750514545091,\"triggerTime\":1750514545000,\"goodTillDate\":0}"
#define ALGO_CANCELED \
    "{\"algoId\":2146760,\"clientAlgoId\":\"6B2I9XVcJpCjqPAJ4YoFX7\",\"code\":\"200\",\"msg\":\"success\"}"
#define WS_PLACED                                                                                                     \
    "{\"orderId\":325078477,\"symbol\":\"BTCUSDT\",\"status\":\"NEW\",\"clientOrderId\":\"x1\",\"price\":\"0.00\","   \
    "\"origQty\":\"0.100\",\"executedQty\":\"0.000\",\"cumQty\":\"0.000\",\"timeInForce\":\"GTC\",\"type\":"          \
    "\"MARKET\","                                                                                                     \
    "\"reduceOnly\":true,\"closePosition\":false,\"side\":\"SELL\",\"positionSide\":\"BOTH\",\"stopPrice\":\"0.00\"," \
    "\"workingType\":\"CONTRACT_PRICE\",\"priceProtect\":false,\"origType\":\"MARKET\",\"priceMatch\":\"NONE\","      \
    "\"selfTradePreventionMode\":\"EXPIRE_MAKER\",\"goodTillDate\":0,\"updateTime\":1702555534435}"
#define TRADE                                                                                                    \
    "{\"buyer\":false,\"commission\":\"0.07819010\",\"commissionAsset\":\"USDT\",\"id\":698759,\"maker\":false," \
    "\"orderId\":25851813,\"price\":\"7819.01\",\"qty\":\"0.002\",\"quoteQty\":\"15.63802\","                    \
    "\"realizedPnl\":\"-0.91539999\",\"side\":\"SELL\",\"positionSide\":\"SHORT\",\"symbol\":\"BTCUSDT\","       \
    "\"time\":1569514978020}"
#define KLINE_ROW                                                                                                   \
    "[1499040000000,\"0.01634790\",\"0.80000000\",\"0.01575800\",\"0.01577100\",\"148976.11427815\",1499644799999," \
    "\"2434.19055334\",308,\"1756.87402397\",\"28.46694368\",\"0\"]"
#define FILTERS                                                                                                 \
    "{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"556.80\",\"maxPrice\":\"4529764\",\"tickSize\":\"0.10\"}," \
    "{\"filterType\":\"LOT_SIZE\",\"minQty\":\"0.001\",\"maxQty\":\"1000\",\"stepSize\":\"0.001\"},"            \
    "{\"filterType\":\"MARKET_LOT_SIZE\",\"minQty\":\"0.001\",\"maxQty\":\"120\",\"stepSize\":\"0.001\"},"      \
    "{\"filterType\":\"MAX_NUM_ORDERS\",\"limit\":200},{\"filterType\":\"MIN_NOTIONAL\",\"notional\":\"100\"}," \
    "{\"filterType\":\"PERCENT_PRICE\",\"multiplierUp\":\"1.0500\",\"multiplierDown\":\"0.9500\","              \
    "\"multiplierDecimal\":\"4\"},{\"filterType\":\"POSITION_RISK_CONTROL\",\"positionControlSide\":\"NONE\","  \
    "\"notional\":\"...\"}"
#define SYMBOL(name, status, margin, filters)                                                                      \
    "{\"symbol\":\"" name "\",\"pair\":\"BTCUSDT\",\"contractType\":\"PERPETUAL\",\"deliveryDate\":4133404800000," \
    "\"status\":\"" status "\",\"maintMarginPercent\":\"2.5000\",\"requiredMarginPercent\":\"5.0000\","            \
    "\"baseAsset\":\"BTC\",\"quoteAsset\":\"USDT\",\"marginAsset\":\"" margin "\",\"pricePrecision\":2,"           \
    "\"quantityPrecision\":3,\"marketTakeBound\":\"0.05\",\"filters\":[" filters "],\"orderTypes\":[\"LIMIT\"]}"
#define INFO(symbols)                                                                                                \
    "{\"timezone\":\"UTC\",\"serverTime\":1565613908500,\"exchangeFilters\":[],\"rateLimits\":["                     \
    "{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\",\"intervalNum\":1,\"limit\":2400},"               \
    "{\"rateLimitType\":\"ORDERS\",\"interval\":\"MINUTE\",\"intervalNum\":1,\"limit\":1200},"                       \
    "{\"rateLimitType\":\"ORDERS\",\"interval\":\"SECOND\",\"intervalNum\":10,\"limit\":300}],\"symbols\":[" symbols \
    "]}"

/* Whatever rows a decoder gave, in order. */
static struct {
    size_t count;
    int answer; /* of the row function */
    union {
        struct bn_position_row position[8];
        struct bn_order order[8];
        struct bn_trade_row trade[8];
        struct bn_symbol_config config[8];
        struct bn_instrument instrument[8];
        struct eb_ev_bar bar[8];
        struct {
            char symbol[EB_SYMBOL_MAX];
            int64_t ppm;
        } bracket[8];
    } u;
} got;

#define ROW(name, type, field)                   \
    static int name(void *user, const type *row) \
    {                                            \
        assert_ptr_equal(user, &got);            \
        if (got.count < EB_COUNT(got.u.field)) { \
            got.u.field[got.count] = *row;       \
        }                                        \
        got.count++;                             \
        return got.answer;                       \
    }
ROW(on_position, struct bn_position_row, position)
ROW(on_order, struct bn_order, order)
ROW(on_trade, struct bn_trade_row, trade)
ROW(on_config, struct bn_symbol_config, config)
ROW(on_instrument, struct bn_instrument, instrument)
ROW(on_bar, struct eb_ev_bar, bar)

static int on_bracket(void *user, const char *symbol, int64_t ppm)
{
    assert_ptr_equal(user, &got);
    (void)snprintf(got.u.bracket[got.count].symbol, EB_SYMBOL_MAX, "%s", symbol);
    got.u.bracket[got.count++].ppm = ppm;
    return got.answer;
}

static void reset(void)
{
    memset(&got, 0, sizeof(got));
}

/* text with the first `from` replaced by `to`. */
static const char *with(const char *text, const char *from, const char *to)
{
    static char out[8192];
    const char *at = strstr(text, from);
    assert_non_null(at);
    (void)snprintf(out, sizeof(out), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return out;
}

/* ---- errors and small answers ------------------------------------------------------------------------------------ */

static void errors(void **state)
{
    (void)state;
    int32_t code = 0;
    char msg[64], small[8];
    assert_int_equal(
        bn_decode_error(TEXT("{\"code\":-2019,\"msg\":\"Margin is insufficient.\"}"), &code, msg, sizeof(msg)), EB_OK);
    assert_int_equal(code, -2019);
    assert_string_equal(msg, "Margin is insufficient.");
    assert_int_equal(
        bn_decode_error(TEXT("{\"msg\":\"line\\u000aone\ttwo\",\"code\":\"-20124\"}"), &code, msg, sizeof(msg)),
        EB_E_INVALID);
    assert_int_equal(
        bn_decode_error(TEXT("{\"msg\":\"a long text\",\"code\":\"-20124\"}"), &code, small, sizeof(small)), EB_OK);
    assert_int_equal(code, -20124);
    assert_string_equal(small, "a long ");
    assert_int_equal(bn_decode_error(TEXT("{\"code\":-1003}"), &code, msg, sizeof(msg)), EB_OK);
    assert_string_equal(msg, "");
    static const char *const none[] = {"{}",
                                       "[]",
                                       "{\"code\":200,\"msg\":\"success\"}",
                                       "{\"code\":\"200\"}",
                                       "{\"code\":0}",
                                       "{\"code\":null}",
                                       "{\"code\":-99999999999}",
                                       "{\"code\":\"x\"}",
                                       PLACED};
    for (size_t i = 0; i < EB_COUNT(none); i++) {
        assert_int_equal(bn_decode_error(none[i], strlen(none[i]), &code, msg, sizeof(msg)), EB_E_NOT_FOUND);
    }
    assert_int_equal(bn_decode_error(TEXT("<html>502</html>"), &code, msg, sizeof(msg)), EB_E_INVALID);
    assert_int_equal(bn_decode_error(TEXT(""), &code, msg, sizeof(msg)), EB_E_INVALID);
    assert_int_equal(code, -1003);
}

static void time_and_listen_key(void **state)
{
    (void)state;
    int64_t ms = 5;
    char key[128];
    assert_int_equal(bn_decode_time(TEXT("{\"serverTime\":1499827319559}"), &ms, NULL), EB_OK);
    assert_int_equal(ms, 1499827319559);
    assert_int_equal(bn_decode_time(TEXT("{}"), &ms, NULL), EB_E_INVALID);
    assert_int_equal(bn_decode_time(TEXT("{\"serverTime\":0}"), &ms, NULL), EB_E_INVALID);
    assert_int_equal(bn_decode_time(TEXT("[]"), &ms, NULL), EB_E_INVALID);
    assert_int_equal(ms, 1499827319559);
    assert_int_equal(bn_decode_listen_key(
                         TEXT("{\"listenKey\":\"pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1\"}"),
                         key, sizeof(key), NULL),
                     EB_OK);
    assert_string_equal(key, "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1");
    assert_int_equal(bn_decode_listen_key(TEXT("{}"), key, sizeof(key), NULL), EB_E_NOT_FOUND);
    assert_int_equal(bn_decode_listen_key(TEXT("{\"listenKey\":\"\"}"), key, sizeof(key), NULL), EB_E_NOT_FOUND);
    assert_int_equal(bn_decode_listen_key(TEXT("{\"listenKey\":\"a/../b?c\"}"), key, sizeof(key), NULL), EB_E_INVALID);
    assert_int_equal(bn_decode_listen_key(TEXT("{\"listenKey\":\"abcdefgh\"}"), key, 8, NULL), EB_E_INVALID);
    assert_int_equal(bn_decode_listen_key(TEXT("{\"listenKey\":7}"), key, sizeof(key), NULL), EB_E_INVALID);
}

static void modes(void **state)
{
    (void)state;
    struct bn_account_config c;
    struct eb_err err = {0};
    assert_int_equal(
        bn_decode_account_config(TEXT("{\"feeTier\":0,\"canTrade\":true,\"canDeposit\":true,\"canWithdraw\":true,"
                                      "\"dualSidePosition\":true,\"updateTime\":0,\"multiAssetsMargin\":false,"
                                      "\"tradeGroupId\":-1}"),
                                 &c, NULL),
        EB_OK);
    assert_true(c.hedge && !c.multi_assets && c.can_trade && c.fee_tier == 0);
    assert_int_equal(
        bn_decode_account_config(
            TEXT("{\"canTrade\":\"false\",\"dualSidePosition\":\"false\",\"multiAssetsMargin\":\"true\"}"), &c, NULL),
        EB_OK);
    assert_true(!c.hedge && c.multi_assets && !c.can_trade);
    assert_int_equal(bn_decode_account_config(TEXT("{\"canTrade\":true,\"multiAssetsMargin\":false}"), &c, &err),
                     EB_E_INVALID);
    assert_non_null(strstr(err.msg, "dualSidePosition is missing")); /* never taken for one-way */
    reset();
    assert_int_equal(
        bn_decode_symbol_config(TEXT("[{\"symbol\":\"BTCUSDT\",\"marginType\":\"CROSSED\",\"isAutoAddMargin\":false,"
                                     "\"leverage\":21,\"maxNotionalValue\":\"1000000\"},{\"symbol\":\"B\","
                                     "\"marginType\":\"ISOLATED\",\"leverage\":\"5\"}]"),
                                on_config, &got, NULL),
        EB_OK);
    assert_true(got.count == 2 && !got.u.config[0].isolated && got.u.config[0].leverage_ppm == 21 * EB_PPM);
    assert_true(got.u.config[1].isolated && got.u.config[1].leverage_ppm == 5 * EB_PPM);
}

static void balances(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t e8; /* -1: refused */
    } cases[] = {
        {"[{\"asset\":\"BNB\",\"balance\":\"1\"},{\"asset\":\"USDT\",\"balance\":\"122.12345678\"}]", 12212345678},
        {"[{\"asset\":\"USDC\",\"balance\":\"7\"}]", 700000000},
        {"{\"totalWalletBalance\":\"126\",\"assets\":[{\"asset\":\"USDT\",\"walletBalance\":\"23.72469206\"}],"
         "\"positions\":[]}",
         2372469206},
        {"[]", -1},
        {"{}", -1},
        {"{\"assets\":[]}", -1},
        {"[{\"asset\":\"USDT\"}]", -1},
        {"[{\"asset\":\"USDT\",\"balance\":\"x\"}]", -1},
        {"{\"code\":-2015,\"msg\":\"Invalid API-key\"}", -1},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        eb_money wallet = {-1};
        int rc = bn_decode_balance(cases[i].text, strlen(cases[i].text), &wallet, NULL);
        assert_int_equal(rc, cases[i].e8 < 0 ? EB_E_INVALID : EB_OK);
        assert_int_equal(wallet.e8, cases[i].e8);
    }
}

/* ---- positions --------------------------------------------------------------------------------------------------- */

static int positions(const char *text, struct eb_err *err)
{
    reset();
    return bn_decode_positions(text, strlen(text), on_position, &got, err);
}

static void positions_of_both_versions(void **state)
{
    (void)state;
    assert_int_equal(positions("[" POSITION "]", NULL), EB_OK);
    const struct bn_position_row *p = got.u.position;
    assert_int_equal(got.count, 1);
    assert_string_equal(p->symbol, "ADAUSDT");
    assert_true(p->position_side == EB_PS_BOTH && p->side == EB_LONG && p->qty.e8 == 30 * EB_E8);
    assert_true(p->entry.e8 == 38500000 && p->mark.e8 == 41047590 && p->liquidation.e8 == 0);
    assert_true(!p->isolated && p->margin.e8 == 61571385 && p->leverage_ppm == 0 && p->update_ms == 1720736417660);
    assert_int_equal(positions("[{\"symbol\":\"BTCUSDT\",\"positionAmt\":\"-0.001\",\"entryPrice\":\"50000.123456789\","
                               "\"markPrice\":\"51000.0\",\"liquidationPrice\":\"45000.0\",\"leverage\":\"20\","
                               "\"marginType\":\"isolated\",\"isolatedMargin\":\"2.5\",\"isAutoAddMargin\":\"false\","
                               "\"positionSide\":\"BOTH\",\"updateTime\":1625474304765}]",
                               NULL),
                     EB_OK);
    assert_true(p->side == EB_SHORT && p->qty.e8 == 100000 && p->entry.e8 == INT64_C(5000012345679));
    assert_true(p->isolated && p->margin.e8 == 250000000 && p->leverage_ppm == 20 * EB_PPM);
    assert_int_equal(p->liquidation.e8, 45000 * EB_E8);
    assert_int_equal(positions("[]", NULL), EB_OK);
    assert_int_equal(got.count, 0);
}

static void liquidation_prices_that_are_none(void **state)
{
    (void)state;
    static const char *const values[] = {"\"-12.5\"", "0", "\"\"", "null", "\"999999999999999\"", "\"nan\"", "1e300"};
    for (size_t i = 0; i < EB_COUNT(values); i++) {
        char word[64];
        (void)snprintf(word, sizeof(word), "\"liquidationPrice\":%s", values[i]);
        assert_int_equal(positions(with("[" POSITION "]", "\"liquidationPrice\":\"0\"", word), NULL), EB_OK);
        assert_int_equal(got.u.position[0].liquidation.e8, 0);
    }
}

static void positions_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        {"[", "", "no JSON"},
        {"\"positionAmt\":\"30\",", "", "positionAmt is missing"},
        {"\"positionAmt\":\"30\"", "\"positionAmt\":\"\"", "positionAmt is missing"},
        {"\"entryPrice\":\"0.385\"", "\"entryPrice\":\"0.0\"", "entryPrice is no price"},
        {"\"entryPrice\":\"0.385\"", "\"entryPrice\":\"-1\"", "entryPrice is negative"},
        {"\"positionSide\":\"BOTH\"", "\"positionSide\":\"NET\"", "positionSide has a value that is not known"},
        {"\"symbol\":\"ADAUSDT\",", "", "symbol is missing"},
    };
    struct eb_err err = {0};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        int rc = positions(with("[" POSITION "]", cases[i].from, cases[i].to), &err);
        if (rc != EB_E_INVALID || strstr(err.msg, cases[i].says) == NULL || got.count != 0) {
            fail_msg("%s: %d %s", cases[i].to, rc, err.msg);
        }
    }
    static const char *const never_empty[] = {"{}",  "null", "", "{\"code\":-1003,\"msg\":\"x\"}", "{\"positions\":[]}",
                                              "[7]", "[[]]"};
    for (size_t i = 0; i < EB_COUNT(never_empty); i++) {
        assert_int_equal(positions(never_empty[i], NULL), EB_E_INVALID);
    }
    got.answer = 0;
    static const char whole[] = "[" POSITION "," POSITION "]";
    for (size_t len = 0; len < sizeof(whole) - 1; len++) {
        assert_int_equal(bn_decode_positions(whole, len, on_position, &got, NULL), EB_E_INVALID);
        assert_int_equal(got.count, 0);
    }
    got.answer = EB_E_FULL; /* what a row function says ends it */
    assert_int_equal(bn_decode_positions(whole, sizeof(whole) - 1, on_position, &got, NULL), EB_E_FULL);
    assert_int_equal(got.count, 1);
}

/* ---- orders ------------------------------------------------------------------------------------------------------ */

static void regular_orders(void **state)
{
    (void)state;
    struct bn_order o;
    assert_int_equal(bn_decode_order(TEXT(PLACED), false, &o, NULL), EB_OK);
    assert_true(!o.algo && o.venue_id == 22542179 && o.state == EB_OS_NEW && o.type == EB_ORDER_LIMIT_GTC);
    assert_true(o.order_side == EB_SELL && o.position_side == EB_PS_SHORT && o.qty.e8 == 10 * EB_E8);
    assert_string_equal(o.client_text, "testOrder");
    assert_int_equal(o.update_ms, 1566818724722);
    assert_int_equal(bn_decode_order(TEXT(QUERIED), false, &o, NULL), EB_OK);
    assert_true(o.price.e8 == 30000 * EB_E8 && o.order_side == EB_BUY && o.average.e8 == 0);
    assert_int_equal(bn_decode_order(TEXT(WS_PLACED), false, &o, NULL), EB_OK);
    assert_true(o.type == EB_ORDER_MARKET && o.reduce_only && o.venue_id == 325078477);
    const char *canceled = with(QUERIED, "\"status\":\"NEW\"", "\"status\":\"CANCELED\"");
    assert_int_equal(bn_decode_order(canceled, strlen(canceled), false, &o, NULL), EB_OK);
    assert_int_equal(o.state, EB_OS_CANCELED);
    const char *strange = with(QUERIED, "\"status\":\"NEW\"", "\"status\":\"HELD\"");
    struct eb_err err = {0};
    assert_int_equal(bn_decode_order(strange, strlen(strange), false, &o, &err), EB_E_INVALID);
    assert_non_null(strstr(err.msg, "status has a value that is not known: \"HELD\""));
    assert_int_equal(bn_decode_order(TEXT("{}"), false, &o, &err), EB_E_INVALID);
    assert_int_equal(bn_decode_order(TEXT("[]"), false, &o, &err), EB_E_INVALID);
}

static void conditional_orders(void **state)
{
    (void)state;
    struct bn_order o;
    assert_int_equal(bn_decode_order(TEXT(ALGO_PLACED), true, &o, NULL), EB_OK);
    assert_true(o.algo && o.venue_id == 2146760 && o.child_id == 0 && o.state == EB_OS_NEW);
    assert_true(o.type == EB_ORDER_STOP_MARKET && !o.other_type && !o.mark_triggered && o.trigger.e8 == 750 * EB_E8);
    assert_int_equal(bn_decode_order(TEXT(ALGO_FINISHED), true, &o, NULL), EB_OK);
    assert_true(o.state == EB_OS_FILLED && o.child_id == 8886774 && o.filled.e8 == 1000000 && o.mark_triggered);
    assert_int_equal(o.average.e8, 74990000000);
    const char *unfilled =
        with(ALGO_FINISHED, "\"actualPrice\":\"749.900\",\"actualType\":\"MARKET\",\"actualQty\":\"0.01\"",
             "\"actualPrice\":\"0.00000\",\"actualQty\":\"\"");
    assert_int_equal(bn_decode_order(unfilled, strlen(unfilled), true, &o, NULL), EB_OK);
    assert_int_equal(o.state, EB_OS_CANCELED);
    assert_int_equal(bn_decode_order(TEXT(ALGO_CANCELED), true, &o, NULL), EB_OK);
    assert_true(o.state == EB_OS_CANCELED && o.venue_id == 2146760);
    assert_int_equal(bn_decode_order(TEXT(ALGO_CANCELED), false, &o, NULL), EB_E_INVALID);
    const char *whole =
        with(ALGO_PLACED, "\"quantity\":\"0.01\"", "\"quantity\":null,\"actualOrderId\":3000000000003505");
    assert_int_equal(bn_decode_order(whole, strlen(whole), true, &o, NULL), EB_OK);
    assert_true(o.qty.e8 == 0 && o.child_id == UINT64_C(3000000000003505));
}

static void lists_of_orders(void **state)
{
    (void)state;
    reset();
    assert_int_equal(bn_decode_orders(TEXT("[" PLACED "," QUERIED "]"), false, on_order, &got, NULL), EB_OK);
    assert_true(got.count == 2 && got.u.order[1].venue_id == 1917641);
    reset();
    assert_int_equal(bn_decode_orders(TEXT("[" ALGO_PLACED "," ALGO_FINISHED "]"), true, on_order, &got, NULL), EB_OK);
    assert_true(got.count == 2 && got.u.order[0].algo);
    reset();
    assert_int_equal(bn_decode_orders(TEXT("[]"), true, on_order, &got, NULL), EB_OK);
    assert_int_equal(bn_decode_orders(TEXT("{\"code\":-1000,\"msg\":\"x\"}"), true, on_order, &got, NULL),
                     EB_E_INVALID);
    /* A foreign order in a state of its own must not hide ours; one of ours must not be guessed at. */
    const char *foreign = with("[" PLACED "]", "\"status\":\"NEW\"", "\"status\":\"HELD\"");
    assert_int_equal(bn_decode_orders(foreign, strlen(foreign), false, on_order, &got, NULL), EB_OK);
    assert_true(got.count == 1 && got.u.order[0].state == EB_OS_NEW && got.u.order[0].other_type);
    eb_client_id id = {.instance = 3, .episode = 4, .purpose = EB_PURPOSE_BACKSTOP};
    char text[EB_CLIENT_ID_TEXT_MAX], copy[4096];
    (void)eb_client_id_format(id, text);
    (void)snprintf(copy, sizeof(copy), "%s", foreign);
    const char *ours = with(copy, "testOrder", text);
    assert_int_equal(bn_decode_orders(ours, strlen(ours), false, on_order, &got, NULL), EB_E_INVALID);
}

static void trades_of_the_account(void **state)
{
    (void)state;
    reset();
    assert_int_equal(bn_decode_trades(TEXT("[" TRADE "]"), on_trade, &got, NULL), EB_OK);
    const struct bn_trade_row *t = got.u.trade;
    assert_true(got.count == 1 && t->order_id == 25851813 && t->order_side == EB_SELL &&
                t->position_side == EB_PS_SHORT);
    assert_true(t->fill.there && t->fill.trade_id == 698759 && t->fill.price.e8 == 781901000000 &&
                t->fill.qty.e8 == 200000);
    assert_true(t->fill.fee.e8 == 7819010 && !t->fill.fee_other && !t->fill.maker && t->fill.time_ms == 1569514978020);
    const char *bnb = with("[" TRADE "]", "\"commissionAsset\":\"USDT\"", "\"commissionAsset\":\"BNB\"");
    reset();
    assert_int_equal(bn_decode_trades(bnb, strlen(bnb), on_trade, &got, NULL), EB_OK);
    assert_true(t->fill.fee_other && t->fill.fee.e8 == 0);
    const char *bad = with("[" TRADE "]", "\"id\":698759", "\"id\":6.98e5");
    assert_int_equal(bn_decode_trades(bad, strlen(bad), on_trade, &got, NULL), EB_E_INVALID);
}

/* ---- the market -------------------------------------------------------------------------------------------------- */

static void candles_mark_and_book(void **state)
{
    (void)state;
    reset();
    assert_int_equal(bn_decode_klines(TEXT("[" KLINE_ROW "]"), on_bar, &got, NULL), EB_OK);
    const struct eb_ev_bar *b = got.u.bar;
    assert_true(got.count == 1 && b->open_ms == 1499040000000 && b->length_ms == 604800000);
    assert_true(b->open.e8 == 1634790 && b->high.e8 == 80000000 && b->low.e8 == 1575800 && b->close.e8 == 1577100);
    static const char *const bad[] = {"[[1,2,3]]",        "[{}]", "{}", "[[1,\"x\",1,1,1,1,2]]", "[[5,1,1,1,1,1,2]]",
                                      "[[1,0,1,1,1,1,2]]"};
    for (size_t i = 0; i < EB_COUNT(bad); i++) {
        assert_int_equal(bn_decode_klines(bad[i], strlen(bad[i]), on_bar, &got, NULL), EB_E_INVALID);
    }
    struct bn_premium p;
    static const char premium[] =
        "{\"symbol\":\"BTCUSDT\",\"markPrice\":\"11793.63104562\",\"indexPrice\":\"11781.80495970\","
        "\"estimatedSettlePrice\":\"11781.16138815\",\"lastFundingRate\":\"0.00038246\",\"interestRate\":\"0."
        "00010000\","
        "\"nextFundingTime\":1597392000000,\"time\":1597370495002}";
    assert_int_equal(bn_decode_premium(TEXT(premium), &p, NULL), EB_OK);
    assert_true(p.mark.e8 == INT64_C(1179363104562) && p.index.e8 == INT64_C(1178180495970) && p.rate_e8 == 38246);
    assert_true(p.next_ms == 1597392000000 && p.time_ms == 1597370495002);
    assert_int_equal(bn_decode_premium(TEXT("[]"), &p, NULL), EB_E_INVALID);
    assert_int_equal(bn_decode_premium(TEXT("{\"symbol\":\"B\",\"markPrice\":\"0\"}"), &p, NULL), EB_E_INVALID);
    struct bn_book book;
    assert_int_equal(bn_decode_book(TEXT("{\"symbol\":\"BTCUSDT\",\"bidPrice\":\"4.00000000\",\"bidQty\":\"431\","
                                         "\"askPrice\":\"4.00000200\",\"askQty\":\"9\",\"time\":1589437530011}"),
                                    &book, NULL),
                     EB_OK);
    assert_true(book.bid.e8 == 4 * EB_E8 && book.ask.e8 == 400000200 && book.time_ms == 1589437530011);
}

static void brackets(void **state)
{
    (void)state;
#define BRACKET                                                                                                   \
    "{\"symbol\":\"ETHUSDT\",\"notionalCoef\":1.50,\"brackets\":[{\"bracket\":2,\"notionalFloor\":10000,"         \
    "\"maintMarginRatio\":0.01},{\"bracket\":1,\"initialLeverage\":75,\"notionalCap\":10000,\"notionalFloor\":0," \
    "\"maintMarginRatio\":0.0065,\"cum\":0}]}"
    reset();
    assert_int_equal(bn_decode_brackets(TEXT("[" BRACKET "]"), on_bracket, &got, NULL), EB_OK);
    assert_int_equal(bn_decode_brackets(TEXT(BRACKET), on_bracket, &got, NULL), EB_OK);
    assert_int_equal(got.count, 2);
    assert_string_equal(got.u.bracket[1].symbol, "ETHUSDT");
    assert_true(got.u.bracket[0].ppm == 6500 && got.u.bracket[1].ppm == 6500);
    reset();
    assert_int_equal(bn_decode_brackets(TEXT("[{\"symbol\":\"E\",\"brackets\":[{\"maintMarginRatio\":1e-05}]}]"),
                                        on_bracket, &got, NULL),
                     EB_OK);
    assert_int_equal(got.u.bracket[0].ppm, 10);
    assert_int_equal(bn_decode_brackets(TEXT("[{\"symbol\":\"E\",\"brackets\":[]}]"), on_bracket, &got, NULL),
                     EB_E_INVALID);
    assert_int_equal(bn_decode_brackets(TEXT("[{\"symbol\":\"E\",\"brackets\":[{\"maintMarginRatio\":2}]}]"),
                                        on_bracket, &got, NULL),
                     EB_E_INVALID);
}

static void instruments(void **state)
{
    (void)state;
    struct bn_limits limits;
    struct eb_err err = {0};
    reset();
    assert_int_equal(bn_decode_exchange_info(
                         TEXT(INFO(SYMBOL("BTCUSDT", "TRADING", "USDT", FILTERS) "," SYMBOL(
                             "BTCUSD_PERP", "TRADING", "BTC",
                             FILTERS) "," SYMBOL("OLDUSDT", "SETTLING", "USDT",
                                                 "") "," SYMBOL("WAITUSDT", "PENDING_TRADING", "USDT",
                                                                FILTERS) "," SYMBOL("ANAMETHATISMUCHTOOLONGUSDT",
                                                                                    "TRADING", "USDT", FILTERS))),
                         &limits, on_instrument, &got, &err),
                     EB_OK);
    assert_true(limits.weight_1m == 2400 && limits.orders_1m == 1200 && limits.orders_10s == 300);
    assert_int_equal(got.count, 5);
    const struct bn_instrument *i = got.u.instrument;
    const struct eb_ev_instrument *in = &i[0].inst;
    assert_true(i[0].usable && in->trading && in->tick.e8 == 10000000 && in->step.e8 == 100000);
    assert_true(in->min_price.e8 == 55680000000 && in->max_price.e8 == 4529764 * EB_E8 &&
                in->max_qty.e8 == 1000 * EB_E8);
    assert_true(in->market_max_qty.e8 == 120 * EB_E8 && in->min_notional.e8 == 100 * EB_E8 && in->max_orders == 200);
    assert_true(in->percent_up_ppm == 1050000 && in->percent_down_ppm == 950000 && in->market_take_bound_ppm == 50000);
    assert_true(in->maintenance_ppm == 25000 && in->max_algo_orders == 200);
    assert_string_equal(i[0].contract, "PERPETUAL");
    assert_true(!i[1].usable && strstr(i[1].why, "margin (BTC)") != NULL);
    assert_true(!i[2].usable && strstr(i[2].why, "PRICE_FILTER.tickSize is missing") != NULL);
    assert_true(i[3].usable && !i[3].inst.trading);
    assert_string_equal(i[3].status, "PENDING_TRADING");
    assert_true(!i[4].usable && strstr(i[4].why, "longer than") != NULL);
    static const char *const never_empty[] = {
        "{}", "[]", "{\"symbols\":[]}", "{\"symbols\":{}}", "{\"code\":-1003}", "{\"symbols\":[{}]}"};
    for (size_t n = 0; n < EB_COUNT(never_empty); n++) {
        assert_int_equal(
            bn_decode_exchange_info(never_empty[n], strlen(never_empty[n]), &limits, on_instrument, &got, NULL),
            EB_E_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors),
        cmocka_unit_test(time_and_listen_key),
        cmocka_unit_test(modes),
        cmocka_unit_test(balances),
        cmocka_unit_test(positions_of_both_versions),
        cmocka_unit_test(liquidation_prices_that_are_none),
        cmocka_unit_test(positions_that_are_refused),
        cmocka_unit_test(regular_orders),
        cmocka_unit_test(conditional_orders),
        cmocka_unit_test(lists_of_orders),
        cmocka_unit_test(trades_of_the_account),
        cmocka_unit_test(candles_mark_and_book),
        cmocka_unit_test(brackets),
        cmocka_unit_test(instruments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
