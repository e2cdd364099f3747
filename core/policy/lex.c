/* SPDX-License-Identifier: Apache-2.0 */
/* A reader of Lua's tokens, as small as its two users allow. */
#include "policy/lex.h"

#include <string.h>

void eb_lex_begin(struct eb_lex *x, const char *text, size_t len)
{
    *x = (struct eb_lex){.at = text, .end = text + len, .line = 1, .text = text};
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static char peek(const struct eb_lex *x, size_t ahead)
{
    return (size_t)(x->end - x->at) > ahead ? x->at[ahead] : '\0';
}

static void step(struct eb_lex *x)
{
    x->line += *x->at == '\n';
    x->at++;
}

/* Length of "[", "[=", ... with the second bracket when a long bracket opens here, else 0. */
static size_t long_opening(const struct eb_lex *x)
{
    size_t n = 1;
    while (peek(x, n) == '=') {
        n++;
    }
    return peek(x, 0) == '[' && peek(x, n) == '[' ? n + 1 : 0;
}

/* Passes over a long bracket and keeps what it holds as the token. */
static void take_long(struct eb_lex *x, size_t opening)
{
    x->at += opening;
    x->text = x->at;
    for (; x->at < x->end; step(x)) {
        size_t n = 1;
        if (*x->at != ']') {
            continue;
        }
        while (n < opening - 1 && peek(x, n) == '=') {
            n++;
        }
        if (n == opening - 1 && peek(x, n) == ']') {
            x->len = (size_t)(x->at - x->text);
            x->at += opening;
            return;
        }
    }
    x->len = (size_t)(x->at - x->text);
}

static void take_quoted(struct eb_lex *x)
{
    char quote = *x->at++;
    x->text = x->at;
    while (x->at < x->end && *x->at != quote) {
        if (*x->at == '\\' && x->end - x->at > 1) {
            step(x);
        }
        step(x);
    }
    x->len = (size_t)(x->at - x->text);
    x->at += x->at < x->end;
}

static void skip_blank(struct eb_lex *x)
{
    while (x->at < x->end) {
        if (*x->at == ' ' || (*x->at >= '\t' && *x->at <= '\r')) {
            step(x);
        } else if (*x->at == '-' && peek(x, 1) == '-') {
            x->at += 2;
            size_t opening = long_opening(x);
            if (opening > 0) {
                take_long(x, opening);
            } else {
                while (x->at < x->end && *x->at != '\n') {
                    x->at++;
                }
            }
        } else {
            return;
        }
    }
}

static enum eb_token take_number(struct eb_lex *x)
{
    bool hex = *x->at == '0' && (peek(x, 1) == 'x' || peek(x, 1) == 'X');
    while (x->at < x->end && (is_digit(*x->at) || is_letter(*x->at) || *x->at == '.')) {
        char c = *x->at++;
        bool exponent = hex ? c == 'p' || c == 'P' : c == 'e' || c == 'E';
        if (exponent && (peek(x, 0) == '-' || peek(x, 0) == '+')) {
            x->at++;
        }
    }
    x->len = (size_t)(x->at - x->text);
    return EB_TOKEN_NUMBER;
}

enum eb_token eb_lex_next(struct eb_lex *x)
{
    static const char twice[] = "=<>/:.";
    skip_blank(x);
    x->text = x->at;
    x->len = 0;
    x->token_line = x->line;
    if (x->at >= x->end) {
        return EB_TOKEN_END;
    }
    size_t opening = long_opening(x);
    if (opening > 0) {
        take_long(x, opening);
        return EB_TOKEN_TEXT;
    }
    if (*x->at == '"' || *x->at == '\'') {
        take_quoted(x);
        return EB_TOKEN_TEXT;
    }
    if (is_digit(*x->at) || (*x->at == '.' && is_digit(peek(x, 1)))) {
        return take_number(x);
    }
    if (is_letter(*x->at)) {
        while (x->at < x->end && (is_letter(*x->at) || is_digit(*x->at))) {
            x->at++;
        }
        x->len = (size_t)(x->at - x->text);
        return EB_TOKEN_NAME;
    }
    char first = *x->at++;
    bool pair = peek(x, 0) == '=' ? strchr("=<>~", first) != NULL : strchr(twice, first) != NULL && peek(x, 0) == first;
    x->at += pair && first != '\0';
    x->len = (size_t)(x->at - x->text);
    return EB_TOKEN_SIGN;
}

bool eb_lex_is(const struct eb_lex *x, const char *text)
{
    return x->len == strlen(text) && memcmp(x->text, text, x->len) == 0;
}

bool eb_lex_is_name(const char *text)
{
    static const char *const keywords[] = {"and",      "break",  "do",   "else", "elseif", "end",  "false", "for",
                                           "function", "goto",   "if",   "in",   "local",  "nil",  "not",   "or",
                                           "repeat",   "return", "then", "true", "until",  "while"};
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        if (strcmp(text, keywords[i]) == 0) {
            return false;
        }
    }
    size_t len = strlen(text);
    return len > 0 && !is_digit(text[0]) &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == len;
}

int eb_lex_find_pow(const char *text, size_t len)
{
    struct eb_lex x;
    eb_lex_begin(&x, text, len);
    enum eb_token token = eb_lex_next(&x);
    while (token != EB_TOKEN_END) {
        bool power = token == EB_TOKEN_SIGN && eb_lex_is(&x, "^");
        int line = x.token_line;
        token = eb_lex_next(&x);
        if (!power) {
            continue;
        }
        bool square = token == EB_TOKEN_NUMBER && eb_lex_is(&x, "2");
        token = eb_lex_next(&x);
        if (!square || (token == EB_TOKEN_SIGN && eb_lex_is(&x, "^"))) { /* x^2^2 is x^(2^2) */
            return line;
        }
    }
    return 0;
}
