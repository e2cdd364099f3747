/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: one pass for the widths, one for the text. Widths count characters, not bytes. */
#include "app/table.h"

#include <stdio.h>
#include <string.h>

#define CELLS_BYTES_MAX ((size_t)4 << 20)
#define GAP 2

void eb_table_init(struct eb_table *t, const char *align)
{
    *t = (struct eb_table){.align = align, .columns = (unsigned)strlen(align)};
    EB_ASSERT(t->columns > 0 && t->columns <= EB_TABLE_COLUMNS_MAX);
    eb_buffer_init(&t->cells, CELLS_BYTES_MAX);
}

void eb_table_deinit(struct eb_table *t)
{
    eb_buffer_deinit(&t->cells);
}

void eb_table_clear(struct eb_table *t)
{
    eb_buffer_clear(&t->cells);
    t->count = 0;
}

void eb_table_cell(struct eb_table *t, enum eb_colour colour, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    char mark = (char)('0' + (int)colour);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
    text[len] = '\0';
    if (eb_buffer_add(&t->cells, &mark, 1) == EB_OK && eb_buffer_add(&t->cells, text, len + 1) == EB_OK) {
        t->count++;
    }
}

void eb_table_heads(struct eb_table *t, const char *heads)
{
    while (*heads != '\0') {
        size_t len = strcspn(heads, "|");
        eb_table_cell(t, EB_BOLD, "%.*s", (int)len, heads);
        heads += len + (heads[len] == '|' ? 1 : 0);
    }
}

static size_t characters(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xc0u) != 0x80u ? 1 : 0;
    }
    return n;
}

static void blanks(struct eb_buffer *out, size_t n)
{
    (void)eb_buffer_printf(out, "%*s", (int)n, "");
}

void eb_table_render(const struct eb_table *t, const char *indent, bool colour, struct eb_buffer *out)
{
    size_t width[EB_TABLE_COLUMNS_MAX] = {0};
    const char *cell = eb_buffer_str(&t->cells);
    for (size_t i = 0; i < t->count; i++) {
        size_t n = characters(cell + 1);
        size_t c = i % t->columns;
        width[c] = n > width[c] ? n : width[c];
        cell += strlen(cell) + 1;
    }
    cell = eb_buffer_str(&t->cells);
    size_t owed = 0; /* blanks that are written only if something follows */
    for (size_t i = 0; i < t->count; i++) {
        size_t c = i % t->columns;
        size_t n = characters(cell + 1);
        if (c == 0) {
            (void)eb_buffer_text(out, indent);
            owed = 0;
        }
        owed += t->align[c] == 'r' ? width[c] - n : 0;
        if (n > 0) {
            blanks(out, owed);
            enum eb_colour how = (enum eb_colour)(cell[0] - '0');
            (void)eb_buffer_printf(out, "%s%s%s", eb_colour_code(how, colour && how != EB_PLAIN), cell + 1,
                                   eb_colour_code(EB_PLAIN, colour && how != EB_PLAIN));
            owed = 0;
        }
        owed += (t->align[c] == 'r' ? 0 : width[c] - n) + GAP;
        if (c + 1 == t->columns || i + 1 == t->count) {
            (void)eb_buffer_text(out, "\n");
        }
        cell += strlen(cell) + 1;
    }
}

const char *eb_colour_code(enum eb_colour c, bool colour)
{
    static const char *const code[] = {[EB_PLAIN] = "\033[0m",  [EB_BOLD] = "\033[1m", [EB_DIM] = "\033[2m",
                                       [EB_GREEN] = "\033[32m", [EB_RED] = "\033[31m", [EB_YELLOW] = "\033[33m"};
    return colour ? code[c] : "";
}
