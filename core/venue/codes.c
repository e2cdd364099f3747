/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of codes, highest first, found by halving. Classes say what this program does, texts are the exchange's.
 *
 * Judged here, where the exchange's list leaves room: -1010 (the matching engine said something that could not be told)
 * counts as unknown, since asking costs one request and sending twice costs a position. -4142 says in words what -2021
 * says. Codes for "it is so already" (-4046, -4059, -5027) are no refusal.
 */
#include "venue/codes.h"

#include <stddef.h>

#include "base/err.h"

static const struct code {
    int32_t code;
    enum eb_reject_class reaction;
    const char *text;
} codes[] = {
    {-1000, EB_REJ_NONE, "An unknown error occurred while processing the request."},
    {-1001, EB_REJ_NONE, "Internal error; unable to process your request. Please try again."},
    {-1002, EB_REJ_ALARM, "You are not authorized to execute this request."},
    {-1003, EB_REJ_RETRY, "Too many requests."},
    {-1004, EB_REJ_ALARM, "This IP is already on the white list."},
    {-1005, EB_REJ_ALARM, "No such IP has been white listed."},
    {-1006, EB_REJ_NONE, "An unexpected response was received from the message bus. Execution status unknown."},
    {-1007, EB_REJ_NONE,
     "Timeout waiting for response from backend server. Send status unknown; execution status unknown."},
    {-1008, EB_REJ_RETRY,
     "Request throttled by system-level protection. Reduce-only/close-position orders are exempt. Please try again."},
    {-1010, EB_REJ_NONE, "ERROR_MSG_RECEIVED."},
    {-1011, EB_REJ_ALARM, "This IP cannot access this route."},
    {-1013, EB_REJ_ALARM, "INVALID_MESSAGE"},
    {-1014, EB_REJ_ALARM, "Unsupported order combination."},
    {-1015, EB_REJ_RETRY, "Too many new orders."},
    {-1016, EB_REJ_RETRY, "This service is no longer available."},
    {-1020, EB_REJ_ALARM, "This operation is not supported."},
    {-1021, EB_REJ_CLOCK, "Timestamp for this request is outside of the recvWindow."},
    {-1022, EB_REJ_ALARM, "Signature for this request is not valid."},
    {-1023, EB_REJ_ALARM, "Start time is greater than end time."},
    {-1099, EB_REJ_ALARM, "Not found, authenticated, or authorized."},
    {-1100, EB_REJ_ALARM, "Illegal characters found in parameter '%s'."},
    {-1101, EB_REJ_ALARM, "Too many parameters sent for this endpoint."},
    {-1102, EB_REJ_ALARM, "Mandatory parameter '%s' was not sent, was empty/null, or malformed."},
    {-1103, EB_REJ_ALARM, "An unknown parameter was sent."},
    {-1104, EB_REJ_ALARM, "Not all sent parameters were read."},
    {-1105, EB_REJ_ALARM, "Parameter '%s' was empty."},
    {-1106, EB_REJ_MODE, "Parameter '%s' sent when not required."},
    {-1108, EB_REJ_ALARM, "Invalid asset."},
    {-1109, EB_REJ_ALARM, "Invalid account."},
    {-1110, EB_REJ_ALARM, "Invalid symbolType."},
    {-1111, EB_REJ_FIX, "Precision is over the maximum defined for this asset."},
    {-1112, EB_REJ_BAND, "No orders on book for symbol."},
    {-1113, EB_REJ_ALARM, "Withdrawal amount must be negative."},
    {-1114, EB_REJ_ALARM, "TimeInForce parameter sent when not required."},
    {-1115, EB_REJ_ALARM, "Invalid timeInForce."},
    {-1116, EB_REJ_ALARM, "Invalid orderType."},
    {-1117, EB_REJ_ALARM, "Invalid side."},
    {-1118, EB_REJ_ALARM, "New client order ID was empty."},
    {-1119, EB_REJ_ALARM, "Original client order ID was empty."},
    {-1120, EB_REJ_ALARM, "Invalid interval."},
    {-1121, EB_REJ_ALARM, "Invalid symbol."},
    {-1122, EB_REJ_ALARM, "Invalid symbol status."},
    {-1125, EB_REJ_ALARM, "This listenKey does not exist."},
    {-1126, EB_REJ_ALARM, "This asset is not supported."},
    {-1127, EB_REJ_ALARM, "Lookup interval is too big."},
    {-1128, EB_REJ_ALARM, "Combination of optional parameters invalid."},
    {-1130, EB_REJ_ALARM, "Data sent for parameter '%s' is not valid."},
    {-1136, EB_REJ_ALARM, "Invalid newOrderRespType."},
    {-2007, EB_REJ_FIX, "Invalid callBack rate."},
    {-2008, EB_REJ_ALARM, "Invalid Api-Key ID."},
    {-2010, EB_REJ_ALARM, "NEW_ORDER_REJECTED"},
    {-2011, EB_REJ_GONE, "Unknown order sent."},
    {-2012, EB_REJ_RETRY, "Batch cancel failure."},
    {-2013, EB_REJ_GONE, "Order does not exist."},
    {-2014, EB_REJ_ALARM, "API-key format invalid."},
    {-2015, EB_REJ_ALARM, "Invalid API-key, IP, or permissions for action."},
    {-2016, EB_REJ_ALARM, "No trading window could be found for the symbol. Try ticker/24hrs instead."},
    {-2017, EB_REJ_ALARM, "API Keys are locked on this account."},
    {-2018, EB_REJ_ALARM, "Balance is insufficient."},
    {-2019, EB_REJ_ALARM, "Margin is insufficient."},
    {-2020, EB_REJ_BAND, "Unable to fill."},
    {-2021, EB_REJ_WOULD_TRIGGER, "Order would immediately trigger."},
    {-2022, EB_REJ_REDUCE_ONLY, "ReduceOnly Order is rejected."},
    {-2023, EB_REJ_ALARM, "User in liquidation mode now."},
    {-2024, EB_REJ_REDUCE_ONLY, "Position is not sufficient."},
    {-2025, EB_REJ_SLOTS, "Reach max open order limit."},
    {-2026, EB_REJ_FIX, "This OrderType is not supported when reduceOnly."},
    {-2027, EB_REJ_ALARM, "Exceeded the maximum allowable position at current leverage."},
    {-2028, EB_REJ_ALARM, "Leverage is smaller than permitted: insufficient margin balance."},
    {-4000, EB_REJ_FIX, "Invalid order status."},
    {-4001, EB_REJ_FIX, "Price less than 0."},
    {-4002, EB_REJ_FIX, "Price greater than max price."},
    {-4003, EB_REJ_FIX, "Quantity less than or equal to zero."},
    {-4004, EB_REJ_FIX, "Quantity less than min quantity."},
    {-4005, EB_REJ_FIX, "Quantity greater than max quantity."},
    {-4006, EB_REJ_FIX, "Stop price less than zero."},
    {-4007, EB_REJ_FIX, "Stop price greater than max price."},
    {-4013, EB_REJ_FIX, "Price less than min price."},
    {-4014, EB_REJ_FIX, "Price not increased by tick size."},
    {-4015, EB_REJ_ALARM, "Client order id is not valid."},
    {-4016, EB_REJ_FIX, "Price is higher than mark price multiplier cap."},
    {-4022, EB_REJ_ALARM, "Market status is not valid."},
    {-4023, EB_REJ_FIX, "Qty not increased by step size."},
    {-4024, EB_REJ_FIX, "Price is lower than mark price multiplier floor."},
    {-4028, EB_REJ_ALARM, "Leverage is not valid."},
    {-4029, EB_REJ_FIX, "Tick size precision is invalid."},
    {-4030, EB_REJ_FIX, "Step size precision is invalid."},
    {-4031, EB_REJ_ALARM, "Invalid parameter working type."},
    {-4044, EB_REJ_ALARM, "Balance Type is invalid."},
    {-4045, EB_REJ_SLOTS, "Reach max stop order limit."},
    {-4046, EB_REJ_NONE, "No need to change margin type."},
    {-4047, EB_REJ_ALARM, "Margin type cannot be changed if there exists open orders."},
    {-4048, EB_REJ_ALARM, "Margin type cannot be changed if there exists position."},
    {-4049, EB_REJ_ALARM, "Add margin only support for isolated position."},
    {-4050, EB_REJ_ALARM, "Cross balance insufficient."},
    {-4051, EB_REJ_ALARM, "Isolated balance insufficient."},
    {-4054, EB_REJ_ALARM, "Cannot add position margin: position is 0."},
    {-4055, EB_REJ_ALARM, "Amount must be positive."},
    {-4056, EB_REJ_ALARM, "Invalid api key type."},
    {-4057, EB_REJ_ALARM, "Invalid api public key."},
    {-4059, EB_REJ_NONE, "No need to change position side."},
    {-4060, EB_REJ_MODE, "Invalid position side."},
    {-4061, EB_REJ_MODE, "Order's position side does not match user's setting."},
    {-4062, EB_REJ_MODE, "Invalid or improper reduceOnly value."},
    {-4067, EB_REJ_MODE, "Position side cannot be changed if there exists open orders."},
    {-4068, EB_REJ_MODE, "Position side cannot be changed if there exists position."},
    {-4082, EB_REJ_ALARM, "Invalid number of batch place orders."},
    {-4083, EB_REJ_ALARM, "Fail to place batch orders."},
    {-4084, EB_REJ_ALARM, "Method is not allowed currently. Upcoming soon."},
    {-4087, EB_REJ_ALARM, "User can only place reduce only order."},
    {-4088, EB_REJ_ALARM, "User can not place order currently."},
    {-4104, EB_REJ_ALARM, "Invalid contract type."},
    {-4115, EB_REJ_DUPLICATE, "ClientTranId is duplicated."},
    {-4116, EB_REJ_DUPLICATE, "ClientOrderId is duplicated."},
    {-4117, EB_REJ_GONE, "Stop order is in triggering process. Please try again later."},
    {-4118, EB_REJ_REDUCE_ONLY, "ReduceOnly Order Failed. Please check your existing position and open orders."},
    {-4120, EB_REJ_ALARM,
     "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."},
    {-4130, EB_REJ_EXISTS,
     "An open stop or take profit order with GTE and closePosition in the direction is existing."},
    {-4131, EB_REJ_BAND, "The counterparty's best price does not meet the PERCENT_PRICE filter limit."},
    {-4135, EB_REJ_FIX, "Invalid activation price."},
    {-4136, EB_REJ_ALARM, "Target strategy invalid for orderType with closePosition."},
    {-4137, EB_REJ_ALARM, "Quantity must be zero with closePosition equals true."},
    {-4138, EB_REJ_ALARM, "Reduce only must be true with closePosition equals true."},
    {-4139, EB_REJ_ALARM, "Order type can not be market if it's unable to cancel."},
    {-4140, EB_REJ_ALARM, "Invalid symbol status for opening position."},
    {-4141, EB_REJ_ALARM, "Symbol is closed."},
    {-4142, EB_REJ_WOULD_TRIGGER, "REJECT: take profit or stop order will be triggered immediately."},
    {-4144, EB_REJ_ALARM, "Invalid pair."},
    {-4161, EB_REJ_ALARM, "Leverage reduction is not supported in Isolated Margin Mode with open positions."},
    {-4164, EB_REJ_FIX, "Order's notional must be no smaller than %s (unless you choose reduce only)."},
    {-4165, EB_REJ_ALARM, "Invalid time interval."},
    {-4167, EB_REJ_ALARM, "Unable to adjust to Multi-Assets mode with symbols under isolated-margin mode."},
    {-4168, EB_REJ_ALARM, "Unable to adjust to isolated-margin mode under the Multi-Assets mode."},
    {-4183, EB_REJ_FIX, "Price is higher than stop price multiplier cap."},
    {-4184, EB_REJ_FIX, "Price is lower than stop price multiplier floor."},
    {-4192, EB_REJ_ALARM, "Trade forbidden due to Cooling-off Period."},
    {-4210, EB_REJ_FIX, "Stop price is higher than price multiplier cap."},
    {-4211, EB_REJ_FIX, "Stop price is lower than price multiplier floor."},
    {-4400, EB_REJ_ALARM,
     "Futures Trading Quantitative Rules violated, only reduceOnly order is allowed, please try again later."},
    {-4401, EB_REJ_ALARM, "Compliance restricted account permission: can only place reduceOnly order."},
    {-4402, EB_REJ_ALARM, "This feature is currently not available in your region."},
    {-4408, EB_REJ_ALARM, "Trading is restricted on this account: only reduceOnly order is allowed."},
    {-4509, EB_REJ_REDUCE_ONLY, "Time in Force (TIF) GTE can only be used with open positions or open orders."},
    {-4531, EB_REJ_MODE, "Position side setting could not be synchronized."},
    {-5021, EB_REJ_FIX, "Due to the order could not be filled immediately, the FOK order has been rejected."},
    {-5022, EB_REJ_FIX, "Due to the order could not be executed as maker, the Post Only order will be rejected."},
    {-5024, EB_REJ_FIX, "Symbol is not in trading status. Order amendment is not permitted."},
    {-5025, EB_REJ_FIX, "Only limit order is supported."},
    {-5026, EB_REJ_FIX, "Exceed maximum modify order limit."},
    {-5027, EB_REJ_NONE, "No need to modify the order."},
    {-5028, EB_REJ_CLOCK, "Timestamp for this request is outside of the ME recvWindow."},
    {-5037, EB_REJ_FIX, "Invalid price match."},
    {-5038, EB_REJ_FIX, "Price match only supports order type: LIMIT, STOP AND TAKE_PROFIT."},
    {-5039, EB_REJ_FIX, "Invalid self trade prevention mode."},
    {-5040, EB_REJ_FIX,
     "The goodTillDate timestamp must be greater than the current time plus 600 seconds and smaller than "
     "253402300799000."},
    {-5041, EB_REJ_FIX, "No depth matches this BBO order."},
    {-5047, EB_REJ_FIX, "The original order is not reduce only: it can not be amended as such."},
    {-20121, EB_REJ_ALARM, "Invalid symbol."},
    {-20124, EB_REJ_GONE, "Invalid algo id or it has been completed."},
    {-20130, EB_REJ_ALARM, "Invalid data sent for a parameter."},
    {-20132, EB_REJ_DUPLICATE, "The client algo id is duplicated."},
};

static const struct code *find(int32_t code)
{
    size_t low = 0, high = EB_COUNT(codes);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (codes[middle].code == code) {
            return &codes[middle];
        }
        if (codes[middle].code > code) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

enum eb_reject_class eb_code_class(int32_t code)
{
    const struct code *c = find(code);
    return c != NULL ? c->reaction : code == 0 ? EB_REJ_NONE : EB_REJ_ALARM;
}

const char *eb_code_text(int32_t code)
{
    const struct code *c = find(code);
    return c != NULL ? c->text : code == 0 ? "no error" : "unknown error code";
}

bool eb_code_outcome_unknown(int32_t code)
{
    return code == -1000 || code == -1001 || code == -1006 || code == -1007 || code == -1010;
}

size_t eb_code_count(void)
{
    return EB_COUNT(codes);
}

int32_t eb_code_at(size_t i)
{
    return i < EB_COUNT(codes) ? codes[i].code : 0;
}
