/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of Lua text with their lines: for what the compiler does not say (where a key stands, where pow hides). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum eb_token { EB_TOKEN_END = 0, EB_TOKEN_NAME, EB_TOKEN_NUMBER, EB_TOKEN_TEXT, EB_TOKEN_SIGN };

struct eb_lex {
    const char *at, *end;
    int line;
    /* The last token: text without its quotes or brackets, escapes as written; two-character signs are one sign. */
    const char *text;
    size_t len;
    int token_line;
};

void eb_lex_begin(struct eb_lex *x, const char *text, size_t len);
/* The next token; comments are passed over. Total: whatever the bytes are, it ends. */
enum eb_token eb_lex_next(struct eb_lex *x);
bool eb_lex_is(const struct eb_lex *x, const char *text);
/* Whether text can stand as a key without brackets. */
bool eb_lex_is_name(const char *text);
/* The line of the first ^ that is not "^2", 0 for none. Only x^2 is a product; all else is libm's pow. */
int eb_lex_find_pow(const char *text, size_t len);
