/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON of exchanges without a double and without an allocation: the text stays where it is, tokens (jsmn, strict) point
 * into it, and amounts are read from their text. Whoever calls gives the room for tokens, so that size is bounded.
 *
 *     text -> eb_tokens_parse() -> eb_tok_get(root, "data") -> eb_tok_e8(), eb_tok_u64(), eb_tok_text() ...
 *
 * A value that is not there is EB_TOK_NONE, of which every question is answered "no"; so paths may be chained and only
 * the end be looked at. Unknown keys are simply not asked for. The first of two equal keys counts.
 */
#pragma once

#include <stddef.h>

#include "base/decimal.h"
#include "base/err.h"

#define EB_TOKENS_DEPTH_MAX 32 /* objects and arrays within one another; deeper is no document of an exchange */

/* Layout of jsmntok_t with parent links, which tokens.c asserts; written as one and read as the other. past: index of
 * the token after this value and all within it. */
struct __attribute__((may_alias)) eb_token {
    int type, start, end, size, past;
};
struct eb_tokens {
    const char *text;
    const struct eb_token *token;
    int count;
};
struct eb_tok {
    const struct eb_tokens *in; /* NULL: EB_TOK_NONE */
    int at;
    int end;    /* of eb_tok_first() and _next(): tokens of the container end here */
    bool keyed; /* and whether it is an object */
};
#define EB_TOK_NONE ((struct eb_tok){0})

enum eb_tok_kind {
    EB_TOK_ABSENT = 0,
    EB_TOK_OBJECT,
    EB_TOK_ARRAY,
    EB_TOK_STRING,
    EB_TOK_NUMBER,
    EB_TOK_BOOL,
    EB_TOK_NULL
};

/* One whole document, an object or an array. EB_E_INVALID: malformed, truncated, too deep, or something after it (err:
 * name and byte); EB_E_FULL: more than cap tokens. text and room must outlive all uses. Time is linear in len. */
EB_NODISCARD int eb_tokens_parse(struct eb_tokens *out, const char *name, const char *text, size_t len,
                                 struct eb_token *room, int cap, struct eb_err *err);
struct eb_tok eb_tok_root(const struct eb_tokens *t);
enum eb_tok_kind eb_tok_kind(struct eb_tok v);
struct eb_tok eb_tok_get(struct eb_tok object, const char *key); /* keys are compared as they are written */
/* Elements of an array (or values of an object): first, then next until ABSENT. Stepping over one costs the same
 * whatever is in it. next is for what first or next gave, not for what get gave. */
struct eb_tok eb_tok_first(struct eb_tok container);
struct eb_tok eb_tok_next(struct eb_tok element);
/* Raw key of a value that first or next gave; NULL and 0 for elements of an array. */
const char *eb_tok_key(struct eb_tok element, size_t *len);
size_t eb_tok_size(struct eb_tok container);
/* Raw text between the quotes, or of a number: not unescaped. NULL and 0 when absent. */
const char *eb_tok_raw(struct eb_tok v, size_t *len);
/* Unescaped into out with a zero. false: no string, does not fit, or has a zero inside. */
EB_NODISCARD bool eb_tok_text(struct eb_tok v, char *out, size_t cap);
bool eb_tok_is(struct eb_tok v, const char *text); /* a string (or number) that reads exactly so */
/* Numbers may be strings and strings numbers. false when it is none, or out of range; *out untouched. */
EB_NODISCARD bool eb_tok_e8(struct eb_tok v, int64_t *out); /* observations: rounded, exponents allowed */
EB_NODISCARD bool eb_tok_i64(struct eb_tok v, int64_t *out);
EB_NODISCARD bool eb_tok_u64(struct eb_tok v, uint64_t *out);
EB_NODISCARD bool eb_tok_bool(struct eb_tok v, bool *out); /* true, "true", "TRUE" and their opposites */
