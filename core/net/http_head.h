/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of HTTP/1.1 requests and answers, taken apart in place, and bodies in chunks. Pure functions over bytes. */
#pragma once

#include <stddef.h>

#include "base/err.h"

#define EB_HTTP_HEADERS_MAX 64
struct eb_http_header {
    char *name; /* lower case */
    char *value;
};
struct eb_http_head {
    char *method, *target; /* of a request, NULL of an answer */
    int status;            /* of an answer */
    int minor;             /* HTTP/1.minor: 0 or 1 */
    size_t count;
    struct eb_http_header headers[EB_HTTP_HEADERS_MAX];
};
/* Length of the head at the beginning of bytes, with the empty line that ends it; 0: that line is not there yet. */
size_t eb_http_head_length(const char *bytes, size_t len);
/* Takes apart a head of that length, writing zeros into it: what out points to lies there. EB_E_INVALID: no HTTP/1.x;
 * EB_E_FULL: too many headers. */
int eb_http_request_parse(char *bytes, size_t len, struct eb_http_head *out);
int eb_http_answer_parse(char *bytes, size_t len, struct eb_http_head *out);
/* The first of this name (lower case), NULL: none. */
const char *eb_http_header(const struct eb_http_head *h, const char *name);
/* True when a header that is a list (connection, upgrade) has this word, whatever its case. */
bool eb_http_has_word(const struct eb_http_head *h, const char *name, const char *word);
/* The body's length: EB_OK and *len (0 without one); *chunked: its length is told as it comes. EB_E_INVALID: told
 * twice or badly. */
int eb_http_body_length(const struct eb_http_head *h, size_t *len, bool *chunked);

/* Body in chunks: bytes are moved together in place. at: how far it was decoded (input), out: how long the body is. */
struct eb_http_chunks {
    size_t at, out;
};
/* Goes on with bytes[0..len). EB_OK: the body is bytes[0..out), what follows begins at `at`; EB_E_STALE: more is
 * needed; EB_E_INVALID. */
int eb_http_chunks_go(struct eb_http_chunks *c, char *bytes, size_t len);
