/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of a call as plain texts, and their two forms on the wire.
 *
 *     bn_param_*() -> bn_params -> bn_params_query()   REST: percent-encoded, in the order given, then signed
 *                               -> wsapi_codec.c       WebSocket API: sorted and not encoded, then signed
 */
#include "venue/binance/rest_inner.h"

#include <string.h>

#include <exitbrain/text.h>

void bn_params_init(struct bn_params *p)
{
    p->count = 0;
    p->failed = false;
    p->used = 0;
    p->text[0] = 0;
}

static void add(struct bn_params *p, const char *key, const char *value, size_t len)
{
    if (p->failed || p->count == BN_PARAMS_MAX || len > BN_VALUE_MAX || p->used + len + 1 > sizeof p->text) {
        p->failed = true;
        return;
    }
    p->item[p->count].key = key;
    p->item[p->count].at = (uint16_t)p->used;
    p->item[p->count].len = (uint16_t)len;
    p->count++;
    memcpy(p->text + p->used, value, len);
    p->used += len;
    p->text[p->used++] = 0;
}

void bn_param_text(struct bn_params *p, const char *key, const char *value)
{
    add(p, key, value, strlen(value));
}

/* Decimal digits of value into the end of room; returns where they begin. */
static char *digits(uint64_t value, char room[24])
{
    char *at = room + 23;
    *at = 0;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    return at;
}

void bn_param_u64(struct bn_params *p, const char *key, uint64_t value)
{
    char room[24];
    bn_param_text(p, key, digits(value, room));
}

void bn_param_i64(struct bn_params *p, const char *key, int64_t value)
{
    char room[24], *at = digits(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, room);
    if (value < 0)
        *--at = '-';
    bn_param_text(p, key, at);
}

void bn_param_e8(struct bn_params *p, const char *key, int64_t value_e8)
{
    char text[EB_DECIMAL_TEXT_MAX];
    add(p, key, text, eb_decimal_format(value_e8, 8, text));
}

void bn_param_bool(struct bn_params *p, const char *key, bool value)
{
    bn_param_text(p, key, value ? "true" : "false");
}

const char *bn_params_value(const struct bn_params *p, size_t i)
{
    return p->text + p->item[i].at;
}

/* ---- texts of bounded room ------------------------------------------------------------------------------------- */

void bn_text_add(struct bn_text *t, const char *bytes, size_t len)
{
    if (t->failed || len >= t->cap - t->len) {
        t->failed = true;
        return;
    }
    memcpy(t->at + t->len, bytes, len);
    t->len += len;
    t->at[t->len] = 0;
}

void bn_text_str(struct bn_text *t, const char *text)
{
    bn_text_add(t, text, strlen(text));
}

void bn_text_i64(struct bn_text *t, int64_t value)
{
    char room[24], *at = digits(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, room);
    if (value < 0)
        *--at = '-';
    bn_text_str(t, at);
}

static bool unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == '~';
}

void bn_text_encoded(struct bn_text *t, const char *bytes, size_t len)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (unreserved(bytes[i])) {
            bn_text_add(t, bytes + i, 1);
        } else {
            char three[3] = {'%', hex[c >> 4], hex[c & 15]};
            bn_text_add(t, three, 3);
        }
    }
}

void bn_params_query(const struct bn_params *p, struct bn_text *out)
{
    for (size_t i = 0; i < p->count; i++) {
        if (i > 0)
            bn_text_str(out, "&");
        bn_text_str(out, p->item[i].key);
        bn_text_str(out, "=");
        bn_text_encoded(out, bn_params_value(p, i), p->item[i].len);
    }
}
