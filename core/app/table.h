/* SPDX-License-Identifier: Apache-2.0 */
/* Aligned tables for people: cells row by row, widths found at the end, colour by cell. */
#pragma once

#include "base/buffer.h"

enum eb_colour { EB_PLAIN = 0, EB_BOLD, EB_DIM, EB_GREEN, EB_RED, EB_YELLOW };

#define EB_TABLE_COLUMNS_MAX 20
struct eb_table {
    struct eb_buffer cells; /* colour byte, text, zero; one after the other */
    const char *align;      /* one letter per column: 'l' or 'r' */
    unsigned columns;
    size_t count; /* cells so far */
};

/* align: one 'l' or 'r' per column, at most EB_TABLE_COLUMNS_MAX; borrowed. */
void eb_table_init(struct eb_table *t, const char *align);
void eb_table_deinit(struct eb_table *t);
/* Empties it for the next drawing. */
void eb_table_clear(struct eb_table *t);
/* Adds the next cell; rows fill up by themselves. */
void eb_table_cell(struct eb_table *t, enum eb_colour colour, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds all heads at once, separated by '|'. */
void eb_table_heads(struct eb_table *t, const char *heads);
/* Renders with two blanks between columns, each line after indent; trailing blanks are cut. */
void eb_table_render(const struct eb_table *t, const char *indent, bool colour, struct eb_buffer *out);

/* Begins or (EB_PLAIN) ends a colour; "" when colour is false. Static strings. */
const char *eb_colour_code(enum eb_colour c, bool colour);
