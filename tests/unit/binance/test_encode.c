/* SPDX-License-Identifier: Apache-2.0 */
/* Orders as the exchange reads them: every parameter, and none that it would refuse. */
#include "venue/binance/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const eb_client_id our = {.instance = 1, .episode = 2, .purpose = EB_PURPOSE_TARGET, .leg = 3};

/* "key=value&..." in the order in which they were put. */
static const char *text_of(const struct bn_params *p)
{
    static char out[2048];
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < p->count; i++) {
        used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%s=%.*s", i == 0 ? "" : "&", p->item[i].key,
                                 (int)p->item[i].len, p->text + p->item[i].at);
    }
    return out;
}

static void encodes(const struct eb_order_request *o, bool hedge, const char *expected)
{
    struct bn_params p;
    struct eb_err err = {0};
    char id[EB_CLIENT_ID_TEXT_MAX], want[1024];
    (void)eb_client_id_format(o->client_id, id);
    (void)snprintf(want, sizeof(want), "%s=%s&newOrderRespType=ACK", expected, id);
    if (bn_encode_order(o, "BTCUSDT", hedge, &p, &err) != EB_OK) {
        fail_msg("%s: %s", expected, err.msg);
    }
    assert_string_equal(text_of(&p), want);
}

static void orders(void **state)
{
    (void)state;
    struct eb_order_request o = {
        .client_id = our, .order_side = EB_SELL, .type = EB_ORDER_MARKET, .reduce_only = true, .qty = {EB_E8 / 10}};
    encodes(&o, false, "symbol=BTCUSDT&side=SELL&reduceOnly=true&type=MARKET&quantity=0.1&newClientOrderId");
    o.reduce_only = false;
    encodes(&o, false, "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.1&newClientOrderId");
    o.type = EB_ORDER_LIMIT_IOC;
    o.reduce_only = true;
    o.price.e8 = 950; /* never in scientific notation */
    o.qty.e8 = INT64_C(1000000) * EB_E8;
    encodes(&o, false,
            "symbol=BTCUSDT&side=SELL&reduceOnly=true&type=LIMIT&quantity=1000000&price=0.0000095&timeInForce=IOC&"
            "newClientOrderId");
    o.type = EB_ORDER_LIMIT_GTC;
    o.order_side = EB_BUY;
    o.position_side = EB_PS_SHORT;
    encodes(&o, true,
            "symbol=BTCUSDT&side=BUY&positionSide=SHORT&type=LIMIT&quantity=1000000&price=0.0000095&timeInForce=GTC&"
            "newClientOrderId");
}

static void stops(void **state)
{
    (void)state;
    struct eb_order_request o = {.client_id = our,
                                 .order_side = EB_SELL,
                                 .type = EB_ORDER_STOP_MARKET,
                                 .close_position = true,
                                 .reduce_only = true,
                                 .trigger = {INT64_C(61234) * EB_E8 + 50000000}};
    encodes(&o, false,
            "symbol=BTCUSDT&side=SELL&algoType=CONDITIONAL&type=STOP_MARKET&triggerPrice=61234.5&"
            "workingType=MARK_PRICE&priceProtect=false&closePosition=true&clientAlgoId");
    o.position_side = EB_PS_LONG;
    encodes(&o, true,
            "symbol=BTCUSDT&side=SELL&positionSide=LONG&algoType=CONDITIONAL&type=STOP_MARKET&triggerPrice=61234.5&"
            "workingType=MARK_PRICE&priceProtect=false&closePosition=true&clientAlgoId");
    o.close_position = false;
    o.qty.e8 = 100000;
    encodes(&o, true,
            "symbol=BTCUSDT&side=SELL&positionSide=LONG&algoType=CONDITIONAL&type=STOP_MARKET&triggerPrice=61234.5&"
            "workingType=MARK_PRICE&priceProtect=false&quantity=0.001&clientAlgoId");
    o.position_side = EB_PS_BOTH;
    encodes(&o, false,
            "symbol=BTCUSDT&side=SELL&reduceOnly=true&algoType=CONDITIONAL&type=STOP_MARKET&triggerPrice=61234.5&"
            "workingType=MARK_PRICE&priceProtect=false&quantity=0.001&clientAlgoId");
}

static void orders_that_cannot_be_are_not_sent(void **state)
{
    (void)state;
    const struct eb_order_request good = {.client_id = our, .type = EB_ORDER_MARKET, .qty = {EB_E8}};
    const struct eb_order_request stop = {
        .client_id = our, .type = EB_ORDER_STOP_MARKET, .close_position = true, .trigger = {EB_E8}};
    struct {
        struct eb_order_request o;
        bool hedge;
        const char *says;
    } cases[] = {
        {good, true, "hedge mode needs a position side"},
        {good, false, "one-way mode has no position side"},
        {good, false, "no client id"},
        {good, false, "no quantity"},
        {good, false, "no quantity"},
        {good, false, "only a stop closes the whole position"},
        {good, false, "no price"},
        {stop, false, "no trigger"},
        {stop, false, "has a quantity"},
    };
    cases[1].o.position_side = EB_PS_LONG;
    cases[2].o.client_id.instance = 0;
    cases[3].o.qty.e8 = 0;
    cases[4].o.qty.e8 = -1;
    cases[5].o.close_position = true;
    cases[6].o.type = EB_ORDER_LIMIT_GTC;
    cases[7].o.trigger.e8 = 0;
    cases[8].o.qty.e8 = 1;
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct bn_params p;
        struct eb_err err = {0};
        assert_int_equal(bn_encode_order(&cases[i].o, "BTCUSDT", cases[i].hedge, &p, &err), EB_E_INVALID);
        if (strstr(err.msg, cases[i].says) == NULL) {
            fail_msg("case %zu: %s", i, err.msg);
        }
    }
}

static void targets_of_cancels_and_queries(void **state)
{
    (void)state;
    struct bn_params p;
    char id[EB_CLIENT_ID_TEXT_MAX], want[128];
    eb_client_id none = {0};
    (void)eb_client_id_format(our, id);
    assert_int_equal(bn_encode_target(our, 77, "BTCUSDT", false, &p, NULL), EB_OK);
    (void)snprintf(want, sizeof(want), "symbol=BTCUSDT&origClientOrderId=%s", id);
    assert_string_equal(text_of(&p), want);
    assert_int_equal(bn_encode_target(our, 77, "BTCUSDT", true, &p, NULL), EB_OK);
    (void)snprintf(want, sizeof(want), "clientAlgoId=%s", id);
    assert_string_equal(text_of(&p), want);
    assert_int_equal(bn_encode_target(none, UINT64_C(9007199254740993), "BTCUSDT", false, &p, NULL), EB_OK);
    assert_string_equal(text_of(&p), "symbol=BTCUSDT&orderId=9007199254740993");
    assert_int_equal(bn_encode_target(none, 3, "BTCUSDT", true, &p, NULL), EB_OK);
    assert_string_equal(text_of(&p), "algoId=3");
    assert_int_equal(bn_encode_target(none, 0, "BTCUSDT", true, &p, NULL), EB_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders),
        cmocka_unit_test(stops),
        cmocka_unit_test(orders_that_cannot_be_are_not_sent),
        cmocka_unit_test(targets_of_cancels_and_queries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
