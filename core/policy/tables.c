/* SPDX-License-Identifier: Apache-2.0 */
/* A reader of table constructors, for what the compiler does not say: where a key of a table was written. */
#include "policy/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/set.h"

struct walk {
    struct eb_lex *x;
    enum eb_token token; /* the one that is looked at */
    char path[EB_ORIGIN_PATH_MAX];
    eb_table_visit visit;
    void *user;
    bool ended;
};

static void advance(struct walk *w)
{
    w->token = eb_lex_next(w->x);
}

static bool sign(const struct walk *w, const char *text)
{
    return w->token == EB_TOKEN_SIGN && eb_lex_is(w->x, text);
}

static bool word(const struct walk *w, const char *text)
{
    return w->token == EB_TOKEN_NAME && eb_lex_is(w->x, text);
}

double eb_table_number(const struct eb_lex *x, bool *integer)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "%.*s", (int)x->len, x->text);
    bool hex = strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0;
    *integer = strpbrk(text, hex ? ".pP" : ".eE") == NULL;
    return strtod(text, NULL);
}

static bool opens(const struct walk *w)
{
    return sign(w, "(") || sign(w, "{") || sign(w, "[") || word(w, "function") || word(w, "if") || word(w, "do") ||
           word(w, "repeat");
}

static bool closes(const struct walk *w)
{
    return sign(w, ")") || sign(w, "}") || sign(w, "]") || word(w, "end") || word(w, "until");
}

static bool ends_entry(const struct walk *w)
{
    return w->token == EB_TOKEN_END || sign(w, ",") || sign(w, ";") || sign(w, "}");
}

/* Passes over an expression: up to the comma, or the end of the table, that is not inside of it. */
static void skip_expression(struct walk *w)
{
    for (int nested = 0; w->token != EB_TOKEN_END; advance(w)) {
        if (nested == 0 && ends_entry(w)) {
            return;
        }
        nested += opens(w) ? 1 : 0;
        nested -= closes(w) ? 1 : 0;
    }
}

/* Appends a part to the path of the table under way, `used` bytes long; false when it does not fit. */
static bool set_path(struct walk *w, size_t used, const char *part, size_t len)
{
    int n = snprintf(w->path + used, sizeof(w->path) - used, "%s%.*s", used > 0 ? "." : "", (int)len, part);
    return n > 0 && (size_t)n < sizeof(w->path) - used;
}

static bool set_index(struct walk *w, size_t used, long *index)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%ld", (*index)++);
    return set_path(w, used, text, (size_t)n);
}

/* The key of the entry that begins here, up to its value. */
static bool read_key(struct walk *w, size_t used, long *index)
{
    struct eb_lex key = *w->x;
    struct eb_lex ahead = *w->x;
    if (w->token == EB_TOKEN_NAME && eb_lex_next(&ahead) == EB_TOKEN_SIGN && eb_lex_is(&ahead, "=")) {
        advance(w);
        advance(w);
        return set_path(w, used, key.text, key.len);
    }
    if (!sign(w, "[")) {
        return set_index(w, used, index);
    }
    advance(w);
    key = *w->x;
    bool plain = w->token == EB_TOKEN_TEXT || w->token == EB_TOKEN_NUMBER;
    advance(w);
    if (!plain || !sign(w, "]")) {
        return false;
    }
    advance(w);
    advance(w);
    return set_path(w, used, key.text, key.len);
}

/* A scalar, or whatever else the value is; the token behind it is looked at afterwards. */
static void read_value(struct walk *w, struct eb_table_entry *e)
{
    const char *begin = w->x->text;
    bool minus = sign(w, "-");
    e->kind = EB_ORIGIN_NUMBER;
    if (minus) {
        advance(w);
    }
    if (w->token == EB_TOKEN_NUMBER) {
        e->number = eb_table_number(w->x, &e->integer) * (minus ? -1 : 1);
        const char *end = w->x->text + w->x->len;
        advance(w);
        e->literal = begin;
        e->len = ends_entry(w) ? (size_t)(end - begin) : 0;
    } else if (!minus && w->token == EB_TOKEN_TEXT) {
        e->kind = EB_ORIGIN_TEXT;
    } else if (!minus && (word(w, "true") || word(w, "false"))) {
        e->kind = EB_ORIGIN_BOOL;
        e->number = word(w, "true") ? 1 : 0;
    }
}

/* NOLINTBEGIN(misc-no-recursion): tables go EB_SETTINGS_DEPTH_MAX deep */
static void walk_entries(struct walk *w, int depth);

static void walk_entry(struct walk *w, size_t used, long *index, int depth)
{
    struct eb_table_entry e = {.path = w->path, .line = w->x->token_line};
    if (read_key(w, used, index)) {
        bool table = sign(w, "{");
        if (table) {
            e.kind = EB_ORIGIN_TABLE;
        } else {
            read_value(w, &e);
        }
        w->ended = w->ended || !w->visit(w->user, &e);
        if (table && depth < EB_SETTINGS_DEPTH_MAX && !w->ended) {
            advance(w);
            walk_entries(w, depth + 1);
            advance(w);
        }
    }
    w->path[used] = '\0';
}

/* Up to the closing bracket, which is looked at then. */
static void walk_entries(struct walk *w, int depth)
{
    size_t used = strlen(w->path);
    long index = 1;
    while (!w->ended && w->token != EB_TOKEN_END && !sign(w, "}")) {
        walk_entry(w, used, &index, depth);
        skip_expression(w);
        if (sign(w, ",") || sign(w, ";")) {
            advance(w);
        }
    }
}

/* NOLINTEND(misc-no-recursion) */

void eb_table_walk(struct eb_lex *x, eb_table_visit visit, void *user)
{
    struct walk w = {.x = x, .visit = visit, .user = user};
    advance(&w);
    walk_entries(&w, 1);
}

void eb_table_lines(const char *text, size_t len, eb_table_visit visit, void *user)
{
    const char *end = text + len;
    struct walk w = {.visit = visit, .user = user};
    while (text < end && !w.ended) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        stop = stop != NULL ? stop : end;
        struct eb_lex x;
        long index = 1;
        eb_lex_begin(&x, text, (size_t)(stop - text));
        w.x = &x;
        advance(&w);
        walk_entry(&w, 0, &index, 1);
        text = stop < end ? stop + 1 : end;
    }
}
