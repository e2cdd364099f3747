/* SPDX-License-Identifier: Apache-2.0 */
/* Frames byte by byte where they are short (heads), by blocks where they are long (payloads). */
#define _GNU_SOURCE

#include "net/ws_frame.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

void eb_ws_reader_init(struct eb_ws_reader *r, bool masked, size_t message_max)
{
    memset(r, 0, sizeof(*r));
    r->masked = masked;
    r->message_max = message_max;
    r->head_want = 2;
}

void eb_ws_reader_deinit(struct eb_ws_reader *r)
{
    free(r->text);
    r->text = NULL;
    r->cap = 0;
    r->len = 0;
}

static enum eb_ws_event wrong(struct eb_ws_reader *r, int code, const char *why)
{
    r->code = code;
    r->why = why;
    return EB_WS_WRONG;
}

static bool is_control(const struct eb_ws_reader *r)
{
    return (r->op & 8) != 0;
}

/* Room for the payload and a zero. Grows by the size that is announced, which is bounded by message_max. */
static bool room(struct eb_ws_reader *r, size_t more)
{
    size_t want = r->len + more + 1;
    if (want <= r->cap) {
        return true;
    }
    size_t cap = r->cap == 0 ? 1024 : r->cap;
    while (cap < want) {
        cap *= 2;
    }
    char *text = realloc(r->text, cap);
    if (text == NULL) {
        return false;
    }
    r->text = text;
    r->cap = cap;
    return true;
}

static const uint8_t *mask_of(const struct eb_ws_reader *r)
{
    return r->head + r->head_len - 4;
}

/* The head is complete: judges it. MORE: the payload may come. */
static enum eb_ws_event head_done(struct eb_ws_reader *r)
{
    uint8_t first = r->head[0];
    uint64_t len = r->head[1] & 0x7f;
    unsigned wide = len == 126 ? 2 : len == 127 ? 8 : 0;
    if (wide != 0) {
        len = 0;
        for (unsigned i = 0; i < wide; i++) {
            len = len << 8 | r->head[2 + i];
        }
    }
    r->fin = (first & 0x80) != 0;
    r->op = first & 0x0f;
    r->payload = len;
    r->at = 0;
    r->control_len = 0;
    switch (r->op) {
    case EB_WS_CONTINUATION:
        if (!r->open) {
            return wrong(r, EB_WS_PROTOCOL, "a continuation of nothing");
        }
        break;
    case EB_WS_TEXT:
        if (r->open) {
            return wrong(r, EB_WS_PROTOCOL, "a message within a message");
        }
        break;
    case EB_WS_BINARY:
        return wrong(r, EB_WS_UNSUPPORTED, "a binary message");
    case EB_WS_CLOSE:
    case EB_WS_PING:
    case EB_WS_PONG:
        if (!r->fin || len > EB_WS_CONTROL_MAX) {
            return wrong(r, EB_WS_PROTOCOL, "a control frame that is fragmented or too long");
        }
        r->in_payload = true;
        return EB_WS_MORE;
    default:
        return wrong(r, EB_WS_PROTOCOL, "an unknown kind of frame");
    }
    if (len > r->message_max || r->len > r->message_max - len) {
        return wrong(r, EB_WS_TOO_LONG, "a message longer than allowed");
    }
    if (!room(r, (size_t)len)) {
        return wrong(r, EB_WS_INTERNAL, "no memory for a message");
    }
    r->open = true;
    r->in_payload = true;
    return EB_WS_MORE;
}

static enum eb_ws_event head_byte(struct eb_ws_reader *r, uint8_t b)
{
    r->head[r->head_len++] = b;
    if (r->head_len == 1 && (b & 0x70) != 0) {
        return wrong(r, EB_WS_PROTOCOL, "a reserved bit");
    }
    if (r->head_len == 2) {
        if (((b & 0x80) != 0) != r->masked) {
            return wrong(r, EB_WS_PROTOCOL, r->masked ? "a frame without a mask" : "a frame with a mask");
        }
        uint8_t len = b & 0x7f;
        unsigned more = (len == 126 ? 2U : len == 127 ? 8U : 0U) + (r->masked ? 4U : 0U);
        r->head_want = (uint8_t)(2 + more);
    }
    return r->head_len == r->head_want ? head_done(r) : EB_WS_MORE;
}

static enum eb_ws_event close_frame(struct eb_ws_reader *r)
{
    if (r->control_len == 1) {
        return wrong(r, EB_WS_PROTOCOL, "a close code of one byte");
    }
    r->code = r->control_len < 2 ? 1005 : r->control[0] << 8 | r->control[1];
    return EB_WS_CLOSED;
}

static enum eb_ws_event frame_done(struct eb_ws_reader *r)
{
    r->in_payload = false;
    r->head_len = 0;
    r->head_want = 2;
    switch (r->op) {
    case EB_WS_PING:
        return EB_WS_PINGED;
    case EB_WS_PONG:
        return EB_WS_PONGED;
    case EB_WS_CLOSE:
        return close_frame(r);
    default:
        break;
    }
    if (!r->fin) {
        return EB_WS_MORE;
    }
    r->text[r->len] = '\0';
    r->open = false;
    r->message_done = true;
    return EB_WS_MESSAGE;
}

static size_t payload_bytes(struct eb_ws_reader *r, const char *bytes, size_t len)
{
    size_t n = r->payload < len ? (size_t)r->payload : len;
    char *dst = is_control(r) ? (char *)r->control + r->control_len : r->text + r->len;
    if (r->masked) {
        eb_ws_mask(dst, bytes, n, mask_of(r), r->at);
    } else {
        memcpy(dst, bytes, n);
    }
    if (is_control(r)) {
        r->control_len += n;
    } else {
        r->len += n;
    }
    r->payload -= n;
    r->at += n;
    return n;
}

enum eb_ws_event eb_ws_read(struct eb_ws_reader *r, const char *bytes, size_t len, size_t *used)
{
    size_t at = 0;
    if (r->message_done) {
        r->message_done = false;
        r->len = 0;
    }
    while (at < len) {
        enum eb_ws_event e = EB_WS_MORE;
        if (!r->in_payload) {
            e = head_byte(r, (uint8_t)bytes[at++]);
        } else {
            at += payload_bytes(r, bytes + at, len - at);
        }
        if (e == EB_WS_MORE && r->in_payload && r->payload == 0) {
            e = frame_done(r);
        }
        if (e != EB_WS_MORE) {
            *used = at;
            return e;
        }
    }
    *used = at;
    return EB_WS_MORE;
}

size_t eb_ws_head(uint8_t out[EB_WS_HEAD_MAX], enum eb_ws_op op, size_t len, const uint8_t *mask)
{
    uint8_t bit = mask == NULL ? 0 : 0x80;
    size_t n = 2;
    out[0] = (uint8_t)(0x80 | op);
    if (len < 126) {
        out[1] = (uint8_t)(bit | len);
    } else {
        unsigned wide = len <= 0xffff ? 2 : 8;
        out[1] = (uint8_t)(bit | (wide == 2 ? 126 : 127));
        for (unsigned i = 0; i < wide; i++) {
            out[2 + i] = (uint8_t)((uint64_t)len >> (8 * (wide - 1 - i)));
        }
        n += wide;
    }
    if (mask != NULL) {
        memcpy(out + n, mask, 4);
        n += 4;
    }
    return n;
}

void eb_ws_mask(char *dst, const char *src, size_t len, const uint8_t mask[4], uint64_t at)
{
    uint8_t turned[8];
    for (unsigned i = 0; i < 8; i++) {
        turned[i] = mask[(at + i) & 3];
    }
    uint64_t wide = 0;
    memcpy(&wide, turned, 8);
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        uint64_t block = 0;
        memcpy(&block, src + i, 8);
        block ^= wide;
        memcpy(dst + i, &block, 8);
    }
    for (; i < len; i++) {
        dst[i] = (char)((uint8_t)src[i] ^ turned[i & 7]);
    }
}

bool eb_ws_accept(const char *key, char out[EB_WS_ACCEPT_SIZE])
{
    static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char both[128];
    size_t len = strlen(key);
    if (len > 64) {
        return false;
    }
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): its length is known */
    memcpy(both, key, len);
    memcpy(both + len, magic, sizeof(magic) - 1);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(both, len + sizeof(magic) - 1, digest, &size, EVP_sha1(), NULL) != 1 || size != 20) {
        return false;
    }
    return EVP_EncodeBlock((uint8_t *)out, digest, 20) == EB_WS_ACCEPT_SIZE - 1;
}
