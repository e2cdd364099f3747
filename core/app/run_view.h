/* SPDX-License-Identifier: Apache-2.0 */
/* A run as it is watched: on a terminal a table that is drawn again and again, elsewhere a line per happening. */
#pragma once

#include <stdio.h>

#include "app/live.h"
#include "app/outlet.h"
#include "app/table.h"
#include "app/words.h"

#define EB_VIEW_LINES 8
struct eb_view {
    FILE *to; /* NULL: nobody watches */
    struct eb_outlet out;
    bool live, colour;
    unsigned drawn; /* lines of the last drawing */
    unsigned next;  /* in the ring of lines */
    char line[EB_VIEW_LINES][EB_LINE_MAX + 16];
    struct eb_table table;
    struct eb_buffer text, drawing; /* as it should be, and as it fits */
};

/* to: borrowed; it is drawn on only where it is a terminal. */
void eb_view_open(struct eb_view *v, FILE *to);
void eb_view_close(struct eb_view *v);
/* An eb_live_listener; user is the view. */
void eb_view_line(void *user, int64_t now_ms, const char *line);
/* Appends text to be written over what stands there, its lines cut to so many characters (colour codes do not count)
 * and so many lines; returns how many lines. */
unsigned eb_view_fit(const char *text, unsigned columns, unsigned lines, struct eb_buffer *out);
/* Draws the table, where there is a terminal. */
void eb_view_draw(struct eb_view *v, const struct eb_live *l);
