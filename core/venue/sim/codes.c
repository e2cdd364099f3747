/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refusal codes of Binance USDS-M futures and what each asks for: one table. Codes whose outcome is unknown (-1000,
 * -1006, -1007) are no refusals and are told as EB_OS_UNKNOWN; they stand here for their texts.
 */
#include "venue/sim/sim.h"

static const struct {
    int32_t code;
    enum eb_reject_class reaction;
    const char *text;
} codes[] = {
    {-1000, EB_REJ_NONE, "an unknown error occurred while processing the request"},
    {-1003, EB_REJ_RETRY, "too many requests"},
    {-1006, EB_REJ_NONE, "unexpected response; execution status unknown"},
    {-1007, EB_REJ_NONE, "timeout waiting for response; execution status unknown"},
    {-1008, EB_REJ_RETRY, "request throttled by system-level protection"},
    {-1015, EB_REJ_RETRY, "too many new orders"},
    {-1021, EB_REJ_CLOCK, "timestamp for this request is outside of the recvWindow"},
    {-1022, EB_REJ_ALARM, "signature for this request is not valid"},
    {-1102, EB_REJ_ALARM, "mandatory parameter was not sent or malformed"},
    {-1106, EB_REJ_MODE, "parameter 'reduceonly' sent when not required"},
    {-1111, EB_REJ_FIX, "precision is over the maximum defined for this asset"},
    {-1112, EB_REJ_BAND, "no orders on book for symbol"},
    {-1121, EB_REJ_ALARM, "invalid symbol"},
    {-1122, EB_REJ_ALARM, "invalid symbol status"},
    {-2010, EB_REJ_ALARM, "new order rejected"},
    {-2011, EB_REJ_GONE, "unknown order sent"},
    {-2013, EB_REJ_GONE, "order does not exist"},
    {-2014, EB_REJ_ALARM, "API-key format invalid"},
    {-2015, EB_REJ_ALARM, "invalid API-key, IP, or permissions for action"},
    {-2018, EB_REJ_ALARM, "balance is insufficient"},
    {-2019, EB_REJ_ALARM, "margin is insufficient"},
    {-2020, EB_REJ_BAND, "unable to fill"},
    {-2021, EB_REJ_WOULD_TRIGGER, "order would immediately trigger"},
    {-2022, EB_REJ_REDUCE_ONLY, "reduce-only order is rejected"},
    {-2023, EB_REJ_ALARM, "user in liquidation mode now"},
    {-2024, EB_REJ_REDUCE_ONLY, "position is not sufficient"},
    {-2025, EB_REJ_SLOTS, "reach max open order limit"},
    {-2026, EB_REJ_FIX, "this order type is not supported when reduceOnly"},
    {-2027, EB_REJ_ALARM, "exceeded the maximum allowable position at current leverage"},
    {-2028, EB_REJ_ALARM, "leverage is smaller than permitted: insufficient margin balance"},
    {-4001, EB_REJ_FIX, "price less than 0"},
    {-4002, EB_REJ_FIX, "price greater than max price"},
    {-4003, EB_REJ_FIX, "quantity less than or equal to zero"},
    {-4004, EB_REJ_FIX, "quantity less than min quantity"},
    {-4005, EB_REJ_FIX, "quantity greater than max quantity"},
    {-4006, EB_REJ_FIX, "stop price less than zero"},
    {-4007, EB_REJ_FIX, "stop price greater than max price"},
    {-4013, EB_REJ_FIX, "price less than min price"},
    {-4014, EB_REJ_FIX, "price not increased by tick size"},
    {-4015, EB_REJ_ALARM, "client order id is not valid"},
    {-4016, EB_REJ_FIX, "price is higher than mark price multiplier cap"},
    {-4023, EB_REJ_FIX, "qty not increased by step size"},
    {-4024, EB_REJ_FIX, "price is lower than mark price multiplier floor"},
    {-4045, EB_REJ_SLOTS, "reach max stop order limit"},
    {-4060, EB_REJ_MODE, "invalid position side"},
    {-4061, EB_REJ_MODE, "order's position side does not match user's setting"},
    {-4062, EB_REJ_MODE, "invalid or improper reduceOnly value"},
    {-4067, EB_REJ_MODE, "position side cannot be changed if there exists open orders"},
    {-4068, EB_REJ_MODE, "position side cannot be changed if there exists position"},
    {-4116, EB_REJ_DUPLICATE, "client order id is duplicated"},
    {-4117, EB_REJ_GONE, "stop order is in triggering process"},
    {-4118, EB_REJ_REDUCE_ONLY, "reduceOnly order failed: margin check of existing position"},
    {-4120, EB_REJ_ALARM, "order type not supported for this endpoint"},
    {-4130, EB_REJ_EXISTS, "an open stop or take profit order with GTE and closePosition in the direction is existing"},
    {-4131, EB_REJ_BAND, "the counterparty's best price does not meet the PERCENT_PRICE filter limit"},
    {-4136, EB_REJ_ALARM, "target strategy invalid for order type with closePosition"},
    {-4137, EB_REJ_ALARM, "quantity must be zero with closePosition equals true"},
    {-4138, EB_REJ_ALARM, "reduce only must be true with closePosition equals true"},
    {-4140, EB_REJ_ALARM, "invalid symbol status for opening position"},
    {-4141, EB_REJ_ALARM, "symbol is closed"},
    {-4164, EB_REJ_FIX, "order's notional must be no smaller than the minimum (unless you choose reduce only)"},
    {-4183, EB_REJ_FIX, "price is higher than stop price multiplier cap"},
    {-4184, EB_REJ_FIX, "price is lower than stop price multiplier floor"},
    {-4400, EB_REJ_ALARM, "trading quantitative rules: only reduceOnly order is allowed"},
    {-4509, EB_REJ_REDUCE_ONLY, "time in force GTE can only be used with open positions"},
    {-5021, EB_REJ_FIX, "FOK order rejected: could not be filled immediately"},
    {-5022, EB_REJ_FIX, "post-only order rejected: could not be executed as maker"},
    {-5028, EB_REJ_CLOCK, "rejected by the matching engine: outside of the recvWindow"},
};

enum eb_reject_class eb_sim_code_class(int32_t code)
{
    for (size_t i = 0; i < EB_COUNT(codes); i++) {
        if (codes[i].code == code) {
            return codes[i].reaction;
        }
    }
    return code == 0 ? EB_REJ_NONE : EB_REJ_ALARM;
}

const char *eb_sim_code_text(int32_t code)
{
    for (size_t i = 0; i < EB_COUNT(codes); i++) {
        if (codes[i].code == code) {
            return codes[i].text;
        }
    }
    return code == 0 ? "no error" : "a code that is not in the table";
}
