/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer with a limit: append reserves (doubling), copies, and keeps a zero behind the content. */
#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64
#define LIMIT_MAX ((size_t)PTRDIFF_MAX / 2) /* so that sizes can be added and doubled without wrapping */

void eb_buffer_init(struct eb_buffer *b, size_t limit)
{
    *b = (struct eb_buffer){.limit = limit < LIMIT_MAX ? limit : LIMIT_MAX};
}

void eb_buffer_deinit(struct eb_buffer *b)
{
    free(b->data);
    *b = (struct eb_buffer){.limit = b->limit};
}

void eb_buffer_clear(struct eb_buffer *b)
{
    b->len = 0;
    b->failed = false;
    if (b->data != NULL) {
        b->data[0] = '\0';
    }
}

static int fail(struct eb_buffer *b, int code)
{
    b->failed = true;
    return code;
}

/* Makes room for len more bytes and the zero. */
static int reserve(struct eb_buffer *b, size_t len)
{
    if (b->failed || len > b->limit - b->len) { /* once incomplete, nothing is added behind the hole */
        return fail(b, EB_E_FULL);
    }
    size_t need = b->len + len + 1;
    if (need <= b->cap) {
        return EB_OK;
    }
    size_t cap = b->cap > 0 ? 2 * b->cap : FIRST_CAPACITY;
    cap = cap < need ? need : cap;
    cap = cap > b->limit + 1 ? b->limit + 1 : cap;
    char *data = realloc(b->data, cap);
    if (data == NULL) {
        return fail(b, EB_E_MEMORY);
    }
    b->data = data;
    b->cap = cap;
    return EB_OK;
}

int eb_buffer_add(struct eb_buffer *b, const void *data, size_t len)
{
    int rc = reserve(b, len);
    if (rc != EB_OK) {
        return rc;
    }
    if (len > 0) {
        memcpy(b->data + b->len, data, len);
    }
    b->len += len;
    b->data[b->len] = '\0';
    return EB_OK;
}

int eb_buffer_text(struct eb_buffer *b, const char *text)
{
    return eb_buffer_add(b, text, strlen(text));
}

int eb_buffer_printf(struct eb_buffer *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    int rc = n < 0 ? fail(b, EB_E_INVALID) : reserve(b, (size_t)n);
    if (rc == EB_OK) {
        (void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
    return rc;
}

int eb_buffer_json_string(struct eb_buffer *b, const char *text)
{
    (void)eb_buffer_add(b, "\"", 1);
    while (*text != '\0') {
        char escaped[EB_JSON_ESCAPE_MAX];
        size_t len;
        text += eb_json_escape(text, escaped, &len);
        (void)eb_buffer_add(b, escaped, len);
    }
    return eb_buffer_add(b, "\"", 1); /* fails too if any of the above did */
}

const char *eb_buffer_str(const struct eb_buffer *b)
{
    return b->data != NULL ? b->data : "";
}

/* ---- JSON text -------------------------------------------------------------------------------------------------- */

/* Bytes of the well-formed UTF-8 sequence at text (Unicode 15, table 3-7), 0 if it is none. Stops at the zero. */
static size_t utf8_sequence(const unsigned char *text)
{
    unsigned char lead = text[0];
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xc2 || lead > 0xf4) {
        return 0;
    }
    size_t len = lead < 0xe0 ? 2 : (lead < 0xf0 ? 3 : 4);
    unsigned char low = lead == 0xe0 ? 0xa0 : (lead == 0xf0 ? 0x90 : 0x80);  /* no overlong forms */
    unsigned char high = lead == 0xed ? 0x9f : (lead == 0xf4 ? 0x8f : 0xbf); /* no surrogates, not past U+10FFFF */
    if (text[1] < low || text[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if (text[i] < 0x80 || text[i] > 0xbf) {
            return 0;
        }
    }
    return len;
}

static char short_escape(char c)
{
    static const char from[] = "\"\\\b\f\n\r\t";
    static const char to[] = "\"\\bfnrt";
    for (size_t i = 0; from[i] != '\0'; i++) {
        if (from[i] == c) {
            return to[i];
        }
    }
    return '\0';
}

size_t eb_json_escape(const char *text, char out[EB_JSON_ESCAPE_MAX], size_t *len)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char c = (unsigned char)text[0];
    char letter = short_escape(text[0]);
    if (letter != '\0') {
        out[0] = '\\';
        out[1] = letter;
        *len = 2;
        return 1;
    }
    if (c < 0x20 || c == 0x7f) {
        const char code[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        memcpy(out, code, sizeof(code));
        *len = sizeof(code);
        return 1;
    }
    size_t n = utf8_sequence((const unsigned char *)text);
    if (n == 0) {
        static const char replacement[] = {'\xef', '\xbf', '\xbd'}; /* U+FFFD: one bad byte must not spoil the line */
        memcpy(out, replacement, sizeof(replacement));
        *len = sizeof(replacement);
        return 1;
    }
    memcpy(out, text, n);
    *len = n;
    return n;
}
