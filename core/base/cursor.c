/* SPDX-License-Identifier: Apache-2.0 */
/* The cursor. Integers go through shifts, so that the bytes are the same on every machine. */
#include "base/cursor.h"

#include <string.h>

struct eb_cursor eb_cursor_writer(unsigned char *out, size_t size)
{
    return (struct eb_cursor){.out = out, .size = size};
}

struct eb_cursor eb_cursor_reader(const unsigned char *in, size_t size)
{
    return (struct eb_cursor){.in = in, .size = size};
}

static void fail(struct eb_cursor *w, int code, const char *what)
{
    if (w->code == EB_OK) {
        w->code = code;
        w->what = what;
    }
}

void eb_cursor_refuse(struct eb_cursor *w, const char *what)
{
    fail(w, w->out != NULL ? EB_E_INVALID : EB_E_CORRUPT, what);
}

/* Claims len bytes at the cursor; false when they are not there. */
static bool claim(struct eb_cursor *w, size_t len, size_t *at)
{
    if (w->code == EB_OK && len > w->size - w->at) {
        fail(w, w->out != NULL ? EB_E_FULL : EB_E_CORRUPT, "length");
    }
    if (w->code != EB_OK) {
        return false;
    }
    *at = w->at;
    w->at += len;
    return true;
}

static uint64_t word(struct eb_cursor *w, uint64_t v, unsigned len)
{
    size_t at;
    if (!claim(w, len, &at)) {
        return 0;
    }
    if (w->out != NULL) {
        for (unsigned i = 0; i < len; i++) {
            w->out[at + i] = (unsigned char)(v >> (8 * i));
        }
        return v;
    }
    uint64_t read = 0;
    for (unsigned i = 0; i < len; i++) {
        read |= (uint64_t)w->in[at + i] << (8 * i);
    }
    return read;
}

/* When writing, what a value points at may belong to somebody who gave it as const: it is not touched. */
#define WORD(v, bytes, type)                             \
    do {                                                 \
        uint64_t got = word(w, (uint64_t) * (v), bytes); \
        if (w->out == NULL) {                            \
            *(v) = (type)got;                            \
        }                                                \
    } while (0)

void eb_cursor_u8(struct eb_cursor *w, uint8_t *v)
{
    WORD(v, 1, uint8_t);
}

void eb_cursor_u16(struct eb_cursor *w, uint16_t *v)
{
    WORD(v, 2, uint16_t);
}

void eb_cursor_u32(struct eb_cursor *w, uint32_t *v)
{
    WORD(v, 4, uint32_t);
}

void eb_cursor_u64(struct eb_cursor *w, uint64_t *v)
{
    WORD(v, 8, uint64_t);
}

void eb_cursor_i32(struct eb_cursor *w, int32_t *v)
{
    WORD(v, 4, int32_t);
}

void eb_cursor_i64(struct eb_cursor *w, int64_t *v)
{
    WORD(v, 8, int64_t);
}

void eb_cursor_f64(struct eb_cursor *w, double *v)
{
    uint64_t bits;
    memcpy(&bits, v, sizeof(bits));
    bits = word(w, bits, 8);
    if (w->out == NULL) {
        memcpy(v, &bits, sizeof(bits));
    }
}

void eb_cursor_bool(struct eb_cursor *w, bool *v)
{
    uint64_t got = word(w, *v ? 1 : 0, 1);
    if (got > 1) {
        eb_cursor_refuse(w, "bool");
    }
    if (w->out == NULL) {
        *v = got == 1;
    }
}

void eb_cursor_below(struct eb_cursor *w, uint8_t *v, unsigned count, const char *what)
{
    uint8_t value = *v;
    eb_cursor_u8(w, w->out != NULL ? &value : v);
    if (*v >= count) {
        eb_cursor_refuse(w, what);
        if (w->out == NULL) {
            *v = 0; /* nobody shall index an array by it */
        }
    }
}

void eb_cursor_text(struct eb_cursor *w, char *text, size_t cap, const char *what)
{
    EB_ASSERT(cap >= 2 && cap <= 256);
    uint64_t len = 0;
    if (w->out != NULL) {
        const char *end = memchr(text, '\0', cap);
        if (end == NULL) {
            eb_cursor_refuse(w, what);
            return;
        }
        len = (uint64_t)(end - text);
    }
    len = word(w, len, 1);
    if (w->out == NULL) {
        memset(text, 0, cap);
        if (len >= cap) {
            eb_cursor_refuse(w, what);
        }
    }
    size_t at;
    if (!claim(w, (size_t)len, &at)) {
        return;
    }
    if (w->out != NULL) {
        memcpy(w->out + at, text, (size_t)len);
    } else if (memchr(w->in + at, '\0', (size_t)len) != NULL) {
        eb_cursor_refuse(w, what); /* would come back shorter */
    } else {
        memcpy(text, w->in + at, (size_t)len);
    }
}

void eb_cursor_bytes(struct eb_cursor *w, uint8_t *bytes, size_t len)
{
    size_t at;
    if (!claim(w, len, &at)) {
        return;
    }
    if (w->out != NULL) {
        memcpy(w->out + at, bytes, len);
    } else {
        memcpy(bytes, w->in + at, len);
    }
}
