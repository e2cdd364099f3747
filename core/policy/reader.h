/* SPDX-License-Identifier: Apache-2.0 */
/* Strict reading of script tables: typed fields with ranges, nothing unknown, complaints with paths. */
#pragma once

#include "policy/sandbox.h"

/* A step of the path, linked on the C stack: rendered only when there is something to complain about. */
struct eb_at {
    const struct eb_at *up;
    const char *name; /* NULL: an element */
    int index;        /* from 1 */
};

#define EB_READER_NAMES 16 /* fields that one kind of table can have */

/* A table being read. Each field that is present is counted; eb_reader_close compares with what the table holds. */
struct eb_reader {
    lua_State *L;
    struct eb_err *err;
    const struct eb_at *at;
    int table; /* absolute index */
    int seen;  /* how many of the names asked for were there */
    int asked_count;
    const char *asked[EB_READER_NAMES];
};

/* What a number must be. lo and hi are exclusive where open; the result is integer at 10^-scale. */
struct eb_range {
    const char *text; /* "number > 0" */
    int scale;
    double lo, hi;
    bool lo_open, hi_open;
};

/* Fills err with "path: text" or "path: expected what, got value-at-the-top"; both return false. */
bool eb_reader_say(struct eb_err *err, const struct eb_at *at, const char *text);
bool eb_reader_refuse(lua_State *L, struct eb_err *err, const struct eb_at *at, const char *expected);

/* Begins with the value at the top of the stack, which must be a table. */
EB_NODISCARD bool eb_reader_open(struct eb_reader *r, lua_State *L, struct eb_err *err, const struct eb_at *at);
/* false and a complaint when the table has a key that was never asked for; of: "a set_trailing decision". */
EB_NODISCARD bool eb_reader_close(struct eb_reader *r, const char *of);

/* Pushes a field, raw; returns its type. */
int eb_reader_field(struct eb_reader *r, const char *name);

/* Each: absent leaves *out and sets *present (where given) to false. Wrong: complains and returns false. */
EB_NODISCARD bool eb_reader_number(struct eb_reader *r, const char *name, const struct eb_range *range, int64_t *out,
                                   bool *present);
EB_NODISCARD bool eb_reader_integer(struct eb_reader *r, const char *name, int64_t lo, int64_t hi, int64_t *out,
                                    bool *present);
EB_NODISCARD bool eb_reader_bool(struct eb_reader *r, const char *name, bool *out);
/* A word of a list; *out is its index. */
EB_NODISCARD bool eb_reader_word(struct eb_reader *r, const char *name, const char *const *words, int count, int *out,
                                 bool *present);
/* A text for people: cut between characters to fit, control characters become spaces. */
EB_NODISCARD bool eb_reader_reason(struct eb_reader *r, const char *name, char *out, size_t size);
/* A name: refused when it does not fit. */
EB_NODISCARD bool eb_reader_name(struct eb_reader *r, const char *name, char *out, size_t size);

/* A list field of at most max elements: calls each(element at the top of the stack). *count is how many. */
EB_NODISCARD bool eb_reader_list(struct eb_reader *r, const char *name, int max, int *count,
                                 bool (*each)(lua_State *L, struct eb_err *err, const struct eb_at *at, void *arg),
                                 void *arg);
/* The same for the table at the top of the stack. */
EB_NODISCARD bool eb_reader_elements(lua_State *L, struct eb_err *err, const struct eb_at *at, int max, int *count,
                                     bool (*each)(lua_State *L, struct eb_err *err, const struct eb_at *at, void *arg),
                                     void *arg);
