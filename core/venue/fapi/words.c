/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange's words for enums, and the pieces of JSON that answers and events are made of. */
#include "venue/fapi/api.h"

#include <string.h>

const char *fapi_type_name(uint8_t type)
{
    switch ((enum fapi_type)type) {
    case FAPI_MARKET:
        return "MARKET";
    case FAPI_LIMIT:
        return "LIMIT";
    case FAPI_STOP:
        return "STOP";
    case FAPI_STOP_MARKET:
        return "STOP_MARKET";
    case FAPI_TAKE_PROFIT:
        return "TAKE_PROFIT";
    case FAPI_TAKE_PROFIT_MARKET:
        return "TAKE_PROFIT_MARKET";
    case FAPI_TRAILING:
        return "TRAILING_STOP_MARKET";
    case FAPI_LIQUIDATION:
        return "LIQUIDATION";
    }
    return "MARKET";
}

const char *fapi_tif_name(uint8_t tif)
{
    switch ((enum fapi_tif)tif) {
    case FAPI_GTC:
        return "GTC";
    case FAPI_IOC:
        return "IOC";
    case FAPI_FOK:
        return "FOK";
    case FAPI_GTX:
        return "GTX";
    case FAPI_GTD:
        return "GTD";
    case FAPI_RPI:
        return "RPI";
    }
    return "GTC";
}

const char *fapi_status_name(uint8_t status)
{
    switch ((enum fapi_status)status) {
    case FAPI_NEW:
        return "NEW";
    case FAPI_PARTIALLY_FILLED:
        return "PARTIALLY_FILLED";
    case FAPI_FILLED:
        return "FILLED";
    case FAPI_CANCELED:
        return "CANCELED";
    case FAPI_REJECTED:
        return "REJECTED";
    case FAPI_EXPIRED:
        return "EXPIRED";
    case FAPI_EXPIRED_IN_MATCH:
        return "EXPIRED_IN_MATCH";
    }
    return "NEW";
}

const char *fapi_algo_status_name(uint8_t status)
{
    switch ((enum fapi_algo_status)status) {
    case FAPI_ALGO_NEW:
        return "NEW";
    case FAPI_ALGO_CANCELED:
        return "CANCELED";
    case FAPI_ALGO_EXPIRED:
        return "EXPIRED";
    case FAPI_ALGO_TRIGGERING:
        return "TRIGGERING";
    case FAPI_ALGO_TRIGGERED:
        return "TRIGGERED";
    case FAPI_ALGO_REJECTED:
        return "REJECTED";
    case FAPI_ALGO_FINISHED:
        return "FINISHED";
    }
    return "NEW";
}

const char *fapi_side_name(uint8_t side)
{
    return side == EB_SELL ? "SELL" : "BUY";
}

const char *fapi_position_side_name(uint8_t side)
{
    switch ((enum eb_position_side)side) {
    case EB_PS_BOTH:
        return "BOTH";
    case EB_PS_LONG:
        return "LONG";
    case EB_PS_SHORT:
        return "SHORT";
    }
    return "BOTH";
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void comma(struct eb_buffer *b)
{
    char last = b->len > 0 ? b->data[b->len - 1] : '{';
    if (last != '{' && last != '[' && last != ':') {
        (void)eb_buffer_add(b, ",", 1);
    }
}

void fapi_j_open(struct eb_buffer *b, const char *bracket)
{
    if (b->len > 0) {
        comma(b);
    }
    fapi_put(b, bracket);
}

void fapi_j_key(struct eb_buffer *b, const char *key)
{
    comma(b);
    (void)eb_buffer_add(b, "\"", 1);
    fapi_put(b, key);
    (void)eb_buffer_add(b, "\":", 2);
}

void fapi_j_text(struct eb_buffer *b, const char *key, const char *plain)
{
    fapi_j_key(b, key);
    (void)eb_buffer_add(b, "\"", 1);
    fapi_put(b, plain);
    (void)eb_buffer_add(b, "\"", 1);
}

void fapi_j_e8(struct eb_buffer *b, const char *key, int64_t e8, int decimals)
{
    fapi_j_key(b, key);
    (void)eb_buffer_add(b, "\"", 1);
    fapi_put_e8(b, e8, decimals);
    (void)eb_buffer_add(b, "\"", 1);
}

void fapi_j_zero(struct eb_buffer *b, const char *key, int64_t e8, int decimals)
{
    fapi_j_e8(b, key, e8, e8 == 0 ? 0 : decimals);
}

void fapi_j_bare(struct eb_buffer *b, const char *key, int64_t e8)
{
    fapi_j_key(b, key);
    fapi_put_e8(b, e8, 0);
}

void fapi_j_i64(struct eb_buffer *b, const char *key, int64_t v)
{
    fapi_j_key(b, key);
    fapi_put_i64(b, v);
}

void fapi_j_u64(struct eb_buffer *b, const char *key, uint64_t v)
{
    fapi_j_key(b, key);
    fapi_put_u64(b, v);
}

void fapi_j_bool(struct eb_buffer *b, const char *key, bool v)
{
    fapi_j_key(b, key);
    fapi_put(b, v ? "true" : "false");
}

int64_t fapi_quote_e8(eb_price price, eb_qty qty)
{
    int64_t quote;
    return eb_mul_div(price.e8, qty.e8, EB_E8, EB_ROUND_HALF_EVEN, &quote) ? quote : 0;
}
