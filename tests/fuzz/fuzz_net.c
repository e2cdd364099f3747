/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what comes over a socket: heads of requests and answers, bodies in chunks, frames, addresses. The first
 * byte chooses. Each is read from memory of exactly its length, and what comes in pieces must be read as what comes at
 * once.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/http_head.h"
#include "net/web_inner.h"
#include "net/ws_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MESSAGE_MAX 4096

static char *copy(const uint8_t *data, size_t size)
{
    char *out = malloc(size + 1);
    EB_ASSERT(out != NULL);
    if (size > 0) {
        memcpy(out, data, size);
    }
    out[size] = '\0';
    return out;
}

/* ---- heads ------------------------------------------------------------------------------------------------------- */

static void within(const char *text, const char *from, size_t len)
{
    EB_ASSERT(text >= from && text < from + len && memchr(text, '\0', len - (size_t)(text - from)) != NULL);
}

static void heads(const uint8_t *data, size_t size, bool request)
{
    size_t len = eb_http_head_length((const char *)data, size);
    struct eb_http_head h;
    EB_ASSERT(len <= size);
    if (len == 0) {
        return;
    }
    char *bytes = malloc(len); /* without a zero behind it */
    EB_ASSERT(bytes != NULL);
    memcpy(bytes, data, len);
    int rc = request ? eb_http_request_parse(bytes, len, &h) : eb_http_answer_parse(bytes, len, &h);
    EB_ASSERT(rc == EB_OK || rc == EB_E_INVALID || rc == EB_E_FULL);
    if (rc == EB_OK) {
        size_t body = 0;
        bool chunked = false;
        EB_ASSERT(h.count <= EB_HTTP_HEADERS_MAX && (h.minor == 0 || h.minor == 1));
        EB_ASSERT(request ? h.method != NULL && h.target != NULL : h.status >= 100 && h.status <= 999);
        for (size_t i = 0; i < h.count; i++) {
            within(h.headers[i].name, bytes, len);
            within(h.headers[i].value, bytes, len);
            EB_ASSERT(eb_http_header(&h, h.headers[i].name) != NULL);
        }
        rc = eb_http_body_length(&h, &body, &chunked);
        EB_ASSERT(rc == EB_OK || rc == EB_E_INVALID);
        (void)eb_http_has_word(&h, "connection", "upgrade");
    }
    free(bytes);
}

/* ---- chunks ------------------------------------------------------------------------------------------------------ */

static void chunks(const uint8_t *data, size_t size)
{
    size_t piece = size > 0 ? data[0] % 16 + 1u : 1;
    char *whole = copy(data, size);
    char *pieces = copy(data, size);
    struct eb_http_chunks a = {0};
    struct eb_http_chunks b = {0};
    int once = eb_http_chunks_go(&a, whole, size);
    int again = EB_E_STALE;
    for (size_t len = piece < size ? piece : size; again == EB_E_STALE; len += piece) {
        len = len < size ? len : size;
        again = eb_http_chunks_go(&b, pieces, len);
        if (len == size) {
            break;
        }
    }
    EB_ASSERT(once == EB_OK || once == EB_E_STALE || once == EB_E_INVALID);
    EB_ASSERT(once == again && a.out <= a.at && a.at <= size);
    EB_ASSERT(once != EB_OK || (a.at == b.at && a.out == b.out && memcmp(whole, pieces, a.out) == 0));
    free(whole);
    free(pieces);
}

/* ---- frames ------------------------------------------------------------------------------------------------------ */

/* Everything that was told, as one number. */
static uint64_t frames(const char *bytes, size_t size, bool masked, size_t piece)
{
    struct eb_ws_reader r;
    uint64_t told = 1;
    eb_ws_reader_init(&r, masked, MESSAGE_MAX);
    for (size_t at = 0; at < size;) {
        size_t used = 0;
        size_t left = piece < size - at ? piece : size - at;
        enum eb_ws_event ev = eb_ws_read(&r, bytes + at, left, &used);
        EB_ASSERT(used <= left && (used > 0 || ev != EB_WS_MORE || left == 0));
        at += used;
        if (ev == EB_WS_MORE) {
            EB_ASSERT(used == left);
            continue;
        }
        told = told * 31 + (uint64_t)ev;
        if (ev == EB_WS_MESSAGE) {
            EB_ASSERT(r.len <= MESSAGE_MAX && r.text[r.len] == '\0');
            told = told * 31 + r.len + (r.len > 0 ? (unsigned char)r.text[r.len - 1] : 0u);
        } else if (ev == EB_WS_PINGED || ev == EB_WS_PONGED) {
            EB_ASSERT(r.control_len <= EB_WS_CONTROL_MAX);
            told = told * 31 + r.control_len;
        } else {
            told = told * 31 + (uint64_t)r.code;
            EB_ASSERT(ev == EB_WS_CLOSED || (r.why != NULL && r.code >= 1000));
            break;
        }
    }
    eb_ws_reader_deinit(&r);
    return told;
}

static void both_ways(const uint8_t *data, size_t size, bool masked)
{
    char *bytes = copy(data, size);
    EB_ASSERT(frames(bytes, size, masked, SIZE_MAX) == frames(bytes, size, masked, 1));
    free(bytes);
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

static void addresses(const uint8_t *data, size_t size)
{
    char *text = copy(data, size);
    char shown[512];
    struct eb_url url;
    struct eb_err err = {0};
    static const char *const schemes[] = {"http", "ws"};
    for (size_t i = 0; i < EB_COUNT(schemes); i++) {
        int rc = eb_url_parse(text, schemes[i], &url, &err);
        EB_ASSERT(rc == EB_OK || (rc == EB_E_INVALID && err.msg[0] != '\0'));
        EB_ASSERT(rc != EB_OK || (url.host[0] != '\0' && url.target >= text && url.target <= text + strlen(text)));
    }
    eb_url_public(text, shown, sizeof(shown));
    EB_ASSERT(strchr(shown, '?') == NULL);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    switch (data[0] % 6) {
    case 0:
    case 1:
        heads(data + 1, size - 1, data[0] % 6 == 0);
        break;
    case 2:
        chunks(data + 1, size - 1);
        break;
    case 3:
    case 4:
        both_ways(data + 1, size - 1, data[0] % 6 == 3);
        break;
    case 5:
        addresses(data + 1, size - 1);
        break;
    }
    return 0;
}
