/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading one document of the exchange: tokens with room on the stack (a large one takes memory), and fields of it with
 * their errors collected: the first that is wrong is named in err, and the reader goes on with 0, so that a decoder
 * reads straight down and asks once at its end.
 */
#pragma once

#include <exitbrain/types.h>

#include "venue/tokens.h"

#define BN_ROOM 2048

struct bn_reader {
    const char *what; /* kind of document, for messages; static */
    struct eb_err *err;
    int rc; /* EB_OK, or the first failure */
};
struct bn_doc {
    struct bn_reader read;
    struct eb_tokens tokens;
    struct eb_token *heap; /* NULL: room was enough */
    struct eb_token room[BN_ROOM];
};

/* The document's root; absent when it is none, then read.rc and err say so. bn_doc_close() in any case. */
struct eb_tok bn_doc_open(struct bn_doc *d, const char *what, const char *text, size_t len, struct eb_err *err);
void bn_doc_close(struct bn_doc *d);

/* Sets the first failure: "WHAT: KEY WHY". */
void bn_doc_wrong(struct bn_reader *r, const char *key, const char *why);
/* The same, with the value that is there shown: cut, and without control characters. */
void bn_doc_strange(struct bn_reader *r, const char *key, struct eb_tok value);

/* Whether there is a value: not absent, not null, not an empty string. */
bool bn_has(struct eb_tok v);

/* Required fields: 0 or "" and a failure when missing or malformed. */
int64_t bn_get_e8(struct bn_reader *r, struct eb_tok object, const char *key);
int64_t bn_get_i64(struct bn_reader *r, struct eb_tok object, const char *key);
uint64_t bn_get_u64(struct bn_reader *r, struct eb_tok object, const char *key);
void bn_get_symbol(struct bn_reader *r, struct eb_tok object, const char *key, char out[EB_SYMBOL_MAX]);
/* Optional fields: 0, false or "" when missing, a failure when malformed. */
int64_t bn_get_e8_or_0(struct bn_reader *r, struct eb_tok object, const char *key);
int64_t bn_get_i64_or_0(struct bn_reader *r, struct eb_tok object, const char *key);
uint64_t bn_get_u64_or_0(struct bn_reader *r, struct eb_tok object, const char *key);
bool bn_get_flag(struct bn_reader *r, struct eb_tok object, const char *key);
/* Text cut to cap, control characters as blanks; "" when missing. For people, not for decisions. */
void bn_value_shown(struct eb_tok value, char *out, size_t cap);
/* Values of tokens, for those who hold them already. */
int64_t bn_value_e8(struct bn_reader *r, struct eb_tok value, const char *key);
void bn_value_symbol(struct bn_reader *r, struct eb_tok value, const char *key, char out[EB_SYMBOL_MAX]);
/* Calls row for each object of an array; a failure of row ends it and is the result. */
int bn_doc_rows(struct bn_doc *d, struct eb_tok array,
                int (*row)(struct bn_reader *r, struct eb_tok object, void *user), void *user);
