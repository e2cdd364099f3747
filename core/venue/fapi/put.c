/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of JSON as messages are made of: text, integers, decimals with the digits that the exchange shows. */
#include "venue/fapi/streams.h"

#include <string.h>

#define E8_DECIMALS 8

void fapi_put(struct eb_buffer *b, const char *text)
{
    (void)eb_buffer_add(b, text, strlen(text)); /* the buffer remembers a failure */
}

void fapi_put_u64(struct eb_buffer *b, uint64_t v)
{
    char text[20];
    size_t at = sizeof(text);
    do {
        text[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    (void)eb_buffer_add(b, text + at, sizeof(text) - at);
}

void fapi_put_i64(struct eb_buffer *b, int64_t v)
{
    if (v < 0) {
        (void)eb_buffer_add(b, "-", 1);
    }
    fapi_put_u64(b, v < 0 ? UINT64_C(0) - (uint64_t)v : (uint64_t)v);
}

void fapi_put_e8(struct eb_buffer *b, int64_t e8, int decimals)
{
    uint64_t v = e8 < 0 ? UINT64_C(0) - (uint64_t)e8 : (uint64_t)e8;
    uint64_t below = v % (uint64_t)EB_E8;
    char digit[1 + E8_DECIMALS] = ".";
    int last = 0;
    for (int i = E8_DECIMALS; i >= 1; i--) {
        digit[i] = (char)('0' + below % 10);
        below /= 10;
        last = last == 0 && digit[i] != '0' ? i : last;
    }
    int shown = decimals > last ? decimals : last;
    shown = shown > E8_DECIMALS ? E8_DECIMALS : shown;
    if (e8 < 0) {
        (void)eb_buffer_add(b, "-", 1);
    }
    fapi_put_u64(b, v / (uint64_t)EB_E8);
    if (shown > 0) {
        (void)eb_buffer_add(b, digit, (size_t)shown + 1);
    }
}

static void put_key(struct eb_buffer *b, const char *key)
{
    fapi_put(b, ",\"");
    fapi_put(b, key);
    fapi_put(b, "\":");
}

void fapi_put_member(struct eb_buffer *b, const char *key, int64_t e8, int decimals)
{
    put_key(b, key);
    fapi_put(b, "\"");
    fapi_put_e8(b, e8, decimals);
    fapi_put(b, "\"");
}

void fapi_put_number(struct eb_buffer *b, const char *key, int64_t v)
{
    put_key(b, key);
    fapi_put_i64(b, v);
}
