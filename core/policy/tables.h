/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in a table constructor of Lua text: each entry with its path, by tokens alone. */
#pragma once

#include "policy/lex.h"
#include "policy/origin.h"

struct eb_table_entry {
    const char *path;         /* "legs.2.1"; of the walk: valid during the visit */
    enum eb_origin_kind kind; /* what is computed counts as a number without a literal */
    int line;                 /* of its key, or of the value where it has none */
    double number;
    bool integer;
    const char *literal; /* a number that stands there alone: its first byte, a minus included */
    size_t len;          /* 0: it does not stand there alone */
};

typedef bool (*eb_table_visit)(void *user, const struct eb_table_entry *e); /* false ends the walk */

/* Walks the entries behind an opening bracket that x has just passed, up to its end, nested constructors included.
 * Calls, functions and other expressions are passed over. Total; tables deeper than settings may be are not entered. */
void eb_table_walk(struct eb_lex *x, eb_table_visit visit, void *user);
/* The same of settings as they are shown: lines "name = value". */
void eb_table_lines(const char *text, size_t len, eb_table_visit visit, void *user);
/* The number that x has just read, hexadecimal ones too. */
double eb_table_number(const struct eb_lex *x, bool *integer);
