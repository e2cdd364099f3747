/* SPDX-License-Identifier: Apache-2.0 */
/* Takes heads apart strictly: what two readers could understand differently is refused. */
#define _GNU_SOURCE

#include "net/http_head.h"

#include <string.h>
#include <strings.h>

#define DIGITS_MAX 12       /* of a length: more is no message of ours */
#define CHUNK_LINE_MAX 1024 /* the size of a chunk and what may follow it */

size_t eb_http_head_length(const char *bytes, size_t len)
{
    const char *end = memmem(bytes, len, "\r\n\r\n", 4);
    return end == NULL ? 0 : (size_t)(end - bytes) + 4;
}

/* A character of a method or of a header's name (RFC 9110, token). */
static bool is_token(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* End of the line that begins at `at`, which becomes a zero; *next: where the following one begins. */
static char *line_end(char *at, char *end, char **next)
{
    char *cr = memchr(at, '\r', (size_t)(end - at));
    if (cr == NULL || cr + 1 >= end || cr[1] != '\n') {
        return NULL;
    }
    *cr = '\0';
    *next = cr + 2;
    return cr;
}

static int header_parse(char *at, char *end, struct eb_http_header *out)
{
    char *p = at;
    while (p < end && is_token((unsigned char)*p)) {
        if (*p >= 'A' && *p <= 'Z') {
            *p = (char)(*p + ('a' - 'A'));
        }
        p++;
    }
    if (p == at || p == end || *p != ':') {
        return EB_E_INVALID;
    }
    *p++ = '\0';
    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }
    while (end > p && (end[-1] == ' ' || end[-1] == '\t')) {
        *--end = '\0';
    }
    for (const char *c = p; c < end; c++) {
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f) {
            return EB_E_INVALID;
        }
    }
    *out = (struct eb_http_header){.name = at, .value = p};
    return EB_OK;
}

static int headers_parse(char *at, char *end, struct eb_http_head *out)
{
    out->count = 0;
    while (at < end) {
        char *next = NULL;
        char *stop = line_end(at, end, &next);
        if (stop == NULL) {
            return EB_E_INVALID;
        }
        if (stop == at) {
            return next == end ? EB_OK : EB_E_INVALID;
        }
        if (out->count == EB_HTTP_HEADERS_MAX) {
            return EB_E_FULL;
        }
        int r = header_parse(at, stop, &out->headers[out->count]);
        if (r != EB_OK) {
            return r;
        }
        out->count++;
        at = next;
    }
    return EB_E_INVALID;
}

static bool version(const char *text, int *minor)
{
    if (strncmp(text, "HTTP/1.", 7) != 0 || (text[7] != '0' && text[7] != '1')) {
        return false;
    }
    *minor = text[7] - '0';
    return true;
}

int eb_http_request_parse(char *bytes, size_t len, struct eb_http_head *out)
{
    char *next = NULL;
    char *stop = line_end(bytes, bytes + len, &next);
    char *target = stop == NULL ? NULL : memchr(bytes, ' ', (size_t)(stop - bytes));
    if (target == NULL || target == bytes) {
        return EB_E_INVALID;
    }
    *target++ = '\0';
    char *proto = memchr(target, ' ', (size_t)(stop - target));
    if (proto == NULL || target[0] != '/') {
        return EB_E_INVALID;
    }
    *proto++ = '\0';
    for (const char *c = bytes; c < target - 1; c++) {
        if (!is_token((unsigned char)*c)) {
            return EB_E_INVALID;
        }
    }
    for (const char *c = target; c < proto - 1; c++) {
        if ((unsigned char)*c <= 0x20 || *c == 0x7f) {
            return EB_E_INVALID;
        }
    }
    if (stop - proto != 8 || !version(proto, &out->minor)) {
        return EB_E_INVALID;
    }
    out->method = bytes;
    out->target = target;
    out->status = 0;
    return headers_parse(next, bytes + len, out);
}

int eb_http_answer_parse(char *bytes, size_t len, struct eb_http_head *out)
{
    char *next = NULL;
    char *stop = line_end(bytes, bytes + len, &next);
    if (stop == NULL || stop - bytes < 12 || !version(bytes, &out->minor) || bytes[8] != ' ') {
        return EB_E_INVALID;
    }
    out->status = 0;
    for (int i = 9; i < 12; i++) {
        if (bytes[i] < '0' || bytes[i] > '9') {
            return EB_E_INVALID;
        }
        out->status = out->status * 10 + (bytes[i] - '0');
    }
    if (out->status < 100 || (bytes[12] != '\0' && bytes[12] != ' ')) {
        return EB_E_INVALID;
    }
    out->method = NULL;
    out->target = NULL;
    return headers_parse(next, bytes + len, out);
}

const char *eb_http_header(const struct eb_http_head *h, const char *name)
{
    for (size_t i = 0; i < h->count; i++) {
        if (strcmp(h->headers[i].name, name) == 0) {
            return h->headers[i].value;
        }
    }
    return NULL;
}

bool eb_http_has_word(const struct eb_http_head *h, const char *name, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i < h->count; i++) {
        if (strcmp(h->headers[i].name, name) != 0) {
            continue;
        }
        for (const char *p = h->headers[i].value; *p != '\0';) {
            p += strspn(p, ", \t");
            size_t n = strcspn(p, ",");
            size_t trimmed = n;
            while (trimmed > 0 && (p[trimmed - 1] == ' ' || p[trimmed - 1] == '\t')) {
                trimmed--;
            }
            if (trimmed == len && strncasecmp(p, word, len) == 0) {
                return true;
            }
            p += n;
        }
    }
    return false;
}

static bool decimal(const char *text, size_t *out)
{
    size_t n = strlen(text);
    if (n == 0 || n > DIGITS_MAX || strspn(text, "0123456789") != n) {
        return false;
    }
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        *out = *out * 10 + (size_t)(text[i] - '0');
    }
    return true;
}

int eb_http_body_length(const struct eb_http_head *h, size_t *len, bool *chunked)
{
    bool told = false;
    *len = 0;
    *chunked = false;
    for (size_t i = 0; i < h->count; i++) {
        const struct eb_http_header *at = &h->headers[i];
        if (strcmp(at->name, "content-length") == 0) {
            size_t n = 0;
            if (!decimal(at->value, &n) || (told && n != *len)) {
                return EB_E_INVALID;
            }
            *len = n;
            told = true;
        } else if (strcmp(at->name, "transfer-encoding") == 0) {
            if (*chunked || strcasecmp(at->value, "chunked") != 0) {
                return EB_E_INVALID;
            }
            *chunked = true;
        }
    }
    return told && *chunked ? EB_E_INVALID : EB_OK;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The size of the chunk whose line is text[0..len), which may have extensions; false: none. */
static bool chunk_size(const char *text, size_t len, size_t *size)
{
    size_t n = 0;
    *size = 0;
    while (n < len && hex(text[n]) >= 0) {
        if (n == 8) {
            return false;
        }
        *size = *size * 16 + (size_t)hex(text[n]);
        n++;
    }
    return n > 0 && (n == len || text[n] == ';' || text[n] == ' ');
}

int eb_http_chunks_go(struct eb_http_chunks *c, char *bytes, size_t len)
{
    for (;;) {
        char *line = bytes + c->at;
        char *end = memmem(line, len - c->at, "\r\n", 2);
        /* Bounded alike whether it comes at once or byte by byte (then its \r may have come already). */
        if (end == NULL ? len - c->at > CHUNK_LINE_MAX + 1 : end - line > CHUNK_LINE_MAX) {
            return EB_E_INVALID;
        }
        if (end == NULL) {
            return EB_E_STALE;
        }
        size_t size = 0;
        size_t head = (size_t)(end - line) + 2;
        if (!chunk_size(line, head - 2, &size)) {
            return EB_E_INVALID;
        }
        if (size == 0) { /* trailers, which nobody wants, and an empty line */
            if (len - c->at < head + 2) {
                return EB_E_STALE;
            }
            char *stop =
                end[2] == '\r' && end[3] == '\n' ? end : memmem(end, len - (size_t)(end - bytes), "\r\n\r\n", 4);
            if (stop == NULL) {
                return EB_E_STALE;
            }
            c->at = (size_t)(stop - bytes) + 4;
            return EB_OK;
        }
        if (len - c->at < head + size + 2) {
            return EB_E_STALE;
        }
        if (line[head + size] != '\r' || line[head + size + 1] != '\n') {
            return EB_E_INVALID;
        }
        memmove(bytes + c->out, line + head, size);
        c->out += size;
        c->at += head + size + 2;
    }
}
