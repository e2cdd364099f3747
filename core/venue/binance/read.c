/* SPDX-License-Identifier: Apache-2.0 */
/* Documents and fields; see read.h. Memory is taken only for documents with more values than the room has. */
#include "venue/binance/read.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* No document has more tokens than this: each follows one of these characters, or is the root. */
static size_t tokens_at_most(const char *text, size_t len)
{
    size_t count = 1;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        count += c == ',' || c == ':' || c == '{' || c == '[';
    }
    return count;
}

static int parse_large(struct bn_doc *d, const char *text, size_t len)
{
    size_t cap = tokens_at_most(text, len) + 1;
    if (cap > INT_MAX) {
        return eb_err_set(d->read.err, EB_E_FULL, "binance", "%s: %zu bytes are too many", d->read.what, len);
    }
    d->heap = malloc(cap * sizeof(*d->heap));
    if (d->heap == NULL) {
        return eb_err_set(d->read.err, EB_E_MEMORY, "binance", "%s: out of memory for %zu values", d->read.what, cap);
    }
    return eb_tokens_parse(&d->tokens, d->read.what, text, len, d->heap, (int)cap, d->read.err);
}

struct eb_tok bn_doc_open(struct bn_doc *d, const char *what, const char *text, size_t len, struct eb_err *err)
{
    d->read = (struct bn_reader){.what = what, .err = err};
    d->heap = NULL;
    d->read.rc = eb_tokens_parse(&d->tokens, what, text, len, d->room, BN_ROOM, err);
    if (d->read.rc == EB_E_FULL) {
        d->read.rc = parse_large(d, text, len);
    }
    return d->read.rc == EB_OK ? eb_tok_root(&d->tokens) : EB_TOK_NONE;
}

void bn_doc_close(struct bn_doc *d)
{
    free(d->heap);
    d->heap = NULL;
}

void bn_doc_wrong(struct bn_reader *r, const char *key, const char *why)
{
    if (r->rc == EB_OK) {
        r->rc = eb_err_set(r->err, EB_E_INVALID, "binance", "%s: %s %s", r->what, key, why);
    }
}

void bn_doc_strange(struct bn_reader *r, const char *key, struct eb_tok value)
{
    char shown[48];
    if (r->rc == EB_OK) {
        bn_value_shown(value, shown, sizeof(shown));
        r->rc = eb_err_set(r->err, EB_E_INVALID, "binance", "%s: %s has a value that is not known: \"%s\"", r->what,
                           key, shown);
    }
}

bool bn_has(struct eb_tok v)
{
    size_t len = 0;
    enum eb_tok_kind kind = eb_tok_kind(v);
    if (kind == EB_TOK_ABSENT || kind == EB_TOK_NULL) {
        return false;
    }
    (void)eb_tok_raw(v, &len);
    return kind != EB_TOK_STRING || len > 0;
}

static struct eb_tok need(struct bn_reader *r, struct eb_tok object, const char *key)
{
    struct eb_tok v = eb_tok_get(object, key);
    if (!bn_has(v)) {
        bn_doc_wrong(r, key, "is missing");
        return EB_TOK_NONE;
    }
    return v;
}

int64_t bn_value_e8(struct bn_reader *r, struct eb_tok value, const char *key)
{
    int64_t out = 0;
    if (!bn_has(value)) {
        bn_doc_wrong(r, key, "is missing");
    } else if (!eb_tok_e8(value, &out)) {
        bn_doc_wrong(r, key, "is no amount, or too large");
    }
    return out;
}

int64_t bn_get_e8(struct bn_reader *r, struct eb_tok object, const char *key)
{
    return bn_value_e8(r, eb_tok_get(object, key), key);
}

int64_t bn_get_e8_or_0(struct bn_reader *r, struct eb_tok object, const char *key)
{
    struct eb_tok v = eb_tok_get(object, key);
    return bn_has(v) ? bn_value_e8(r, v, key) : 0;
}

int64_t bn_get_i64(struct bn_reader *r, struct eb_tok object, const char *key)
{
    struct eb_tok v = need(r, object, key);
    int64_t out = 0;
    if (bn_has(v) && !eb_tok_i64(v, &out)) {
        bn_doc_wrong(r, key, "is no whole number");
    }
    return out;
}

int64_t bn_get_i64_or_0(struct bn_reader *r, struct eb_tok object, const char *key)
{
    return bn_has(eb_tok_get(object, key)) ? bn_get_i64(r, object, key) : 0;
}

uint64_t bn_get_u64(struct bn_reader *r, struct eb_tok object, const char *key)
{
    struct eb_tok v = need(r, object, key);
    uint64_t out = 0;
    if (bn_has(v) && !eb_tok_u64(v, &out)) {
        bn_doc_wrong(r, key, "is no id");
    }
    return out;
}

uint64_t bn_get_u64_or_0(struct bn_reader *r, struct eb_tok object, const char *key)
{
    return bn_has(eb_tok_get(object, key)) ? bn_get_u64(r, object, key) : 0;
}

bool bn_get_flag(struct bn_reader *r, struct eb_tok object, const char *key)
{
    struct eb_tok v = eb_tok_get(object, key);
    bool out = false;
    if (bn_has(v) && !eb_tok_bool(v, &out)) {
        bn_doc_wrong(r, key, "is neither true nor false");
    }
    return out;
}

void bn_value_shown(struct eb_tok value, char *out, size_t cap)
{
    size_t len = 0, used = 0;
    const char *raw = eb_tok_raw(value, &len);
    for (size_t i = 0; i < len && used + 1 < cap; i++) {
        unsigned char c = (unsigned char)raw[i];
        out[used++] = c < ' ' || c == 0x7f ? ' ' : (char)c;
    }
    while (used > 0 && used + 1 >= cap && ((unsigned char)out[used - 1] & 0x80) != 0) {
        used--; /* a character that may be cut in its middle */
    }
    out[used] = '\0';
}

void bn_value_symbol(struct bn_reader *r, struct eb_tok value, const char *key, char out[EB_SYMBOL_MAX])
{
    out[0] = '\0';
    if (!bn_has(value)) {
        bn_doc_wrong(r, key, "is missing");
        return;
    }
    bool good = eb_tok_text(value, out, EB_SYMBOL_MAX);
    for (const char *c = out; good && *c != '\0'; c++) {
        good = (unsigned char)*c > ' ' && *c != 0x7f;
    }
    if (!good) {
        out[0] = '\0';
        bn_doc_strange(r, key, value);
    }
}

void bn_get_symbol(struct bn_reader *r, struct eb_tok object, const char *key, char out[EB_SYMBOL_MAX])
{
    bn_value_symbol(r, eb_tok_get(object, key), key, out);
}

int bn_doc_rows(struct bn_doc *d, struct eb_tok array,
                int (*row)(struct bn_reader *r, struct eb_tok object, void *user), void *user)
{
    if (d->read.rc == EB_OK && eb_tok_kind(array) != EB_TOK_ARRAY) {
        bn_doc_wrong(&d->read, "the answer", "is no list");
    }
    for (struct eb_tok e = eb_tok_first(array); d->read.rc == EB_OK && eb_tok_kind(e) != EB_TOK_ABSENT;
         e = eb_tok_next(e)) {
        int rc = row(&d->read, e, user);
        if (d->read.rc == EB_OK) {
            d->read.rc = rc;
        }
    }
    return d->read.rc;
}
