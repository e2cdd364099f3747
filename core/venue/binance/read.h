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

struct bn_read {
    const char *what; /* kind of document, for messages; static */
    struct eb_err *err;
    int rc; /* EB_OK, or the first failure */
};
struct bn_text {
    struct bn_read read;
    struct eb_tokens tokens;
    struct eb_token *heap; /* NULL: room was enough */
    struct eb_token room[BN_ROOM];
};

/* The document's root; absent when it is none, then read.rc and err say so. bn_close() in any case. */
struct eb_tok bn_open(struct bn_text *d, const char *what, const char *text, size_t len, struct eb_err *err);
void bn_close(struct bn_text *d);

/* Sets the first failure: "WHAT: KEY WHY". */
void bn_wrong(struct bn_read *r, const char *key, const char *why);
/* The same, with the value that is there shown: cut, and without control characters. */
void bn_strange(struct bn_read *r, const char *key, struct eb_tok value);

/* Whether there is a value: not absent, not null, not an empty string. */
bool bn_there(struct eb_tok v);

/* Required fields: 0 or "" and a failure when missing or malformed. */
int64_t bn_e8(struct bn_read *r, struct eb_tok object, const char *key);
int64_t bn_i64(struct bn_read *r, struct eb_tok object, const char *key);
uint64_t bn_u64(struct bn_read *r, struct eb_tok object, const char *key);
void bn_symbol(struct bn_read *r, struct eb_tok object, const char *key, char out[EB_SYMBOL_MAX]);
/* Optional fields: 0, false or "" when missing, a failure when malformed. */
int64_t bn_e8_or_0(struct bn_read *r, struct eb_tok object, const char *key);
int64_t bn_i64_or_0(struct bn_read *r, struct eb_tok object, const char *key);
uint64_t bn_u64_or_0(struct bn_read *r, struct eb_tok object, const char *key);
bool bn_flag(struct bn_read *r, struct eb_tok object, const char *key);
/* Text cut to cap, control characters as blanks; "" when missing. For people, not for decisions. */
void bn_shown(struct eb_tok value, char *out, size_t cap);
/* Text that must fit; false and a failure when it does not, false alone when missing. */
bool bn_text_of(struct bn_read *r, struct eb_tok object, const char *key, char *out, size_t cap);
/* Values of tokens, for those who hold them already. */
int64_t bn_e8_of(struct bn_read *r, struct eb_tok value, const char *key);
void bn_symbol_of(struct bn_read *r, struct eb_tok value, const char *key, char out[EB_SYMBOL_MAX]);
/* Calls row for each object of an array; a failure of row ends it and is the result. */
int bn_rows(struct bn_text *d, struct eb_tok array, int (*row)(struct bn_read *r, struct eb_tok object, void *user),
            void *user);
