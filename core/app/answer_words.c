/* SPDX-License-Identifier: Apache-2.0 */
/* Figures as people read them. */
#include "app/answer_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define GAP 2 /* blanks between columns, as table.c has it */

const char *eb_age_text(int64_t ms, char out[EB_SHORT_MAX])
{
    if (ms < 0) {
        (void)snprintf(out, EB_SHORT_MAX, "-");
    } else if (ms < SECOND) {
        (void)snprintf(out, EB_SHORT_MAX, "%" PRId64 " ms", ms);
    } else if (ms < MINUTE) {
        (void)snprintf(out, EB_SHORT_MAX, "%" PRId64 ".%" PRId64 " s", ms / SECOND, ms % SECOND / 100);
    } else if (ms < HOUR) {
        (void)snprintf(out, EB_SHORT_MAX, "%" PRId64 " m %02" PRId64 " s", ms / MINUTE, ms % MINUTE / SECOND);
    } else if (ms < DAY) {
        (void)snprintf(out, EB_SHORT_MAX, "%" PRId64 " h %02" PRId64 " m", ms / HOUR, ms % HOUR / MINUTE);
    } else {
        (void)snprintf(out, EB_SHORT_MAX, "%" PRId64 " d %02" PRId64 " h", ms / DAY, ms % DAY / HOUR);
    }
    return out;
}

/* value of `unit` parts each, with two decimals and a name. */
static const char *scaled(int64_t value, int64_t unit, const char *name, char out[EB_SHORT_MAX])
{
    (void)snprintf(out, EB_SHORT_MAX, "%" PRId64 ".%02" PRId64 " %s", value / unit, value % unit * 100 / unit, name);
    return out;
}

const char *eb_delay_text(int64_t ns, char out[EB_SHORT_MAX])
{
    if (ns < 1000) {
        (void)snprintf(out, EB_SHORT_MAX, "%" PRId64 " ns", ns);
        return out;
    }
    if (ns < 1000000) {
        (void)snprintf(out, EB_SHORT_MAX, "%" PRId64 " us", ns / 1000);
        return out;
    }
    return ns < INT64_C(1000000000) ? scaled(ns, 1000000, "ms", out) : scaled(ns, INT64_C(1000000000), "s", out);
}

const char *eb_size_text(uint64_t bytes, char out[EB_SHORT_MAX])
{
    static const char *const name[] = {"B", "KB", "MB", "GB", "TB", "PB"};
    uint64_t unit = 1;
    unsigned i = 0;
    while (i + 1 < EB_COUNT(name) && bytes / unit >= 1024) {
        unit *= 1024;
        i++;
    }
    if (i == 0) {
        (void)snprintf(out, EB_SHORT_MAX, "%" PRIu64 " B", bytes);
    } else {
        (void)snprintf(out, EB_SHORT_MAX, "%" PRIu64 ".%" PRIu64 " %s", bytes / unit, bytes % unit * 10 / unit,
                       name[i]);
    }
    return out;
}

const char *eb_amount_text(int64_t e8, char out[EB_DECIMAL_TEXT_MAX])
{
    (void)eb_decimal_format(e8, 8, out);
    return out;
}

const char *eb_price_text(eb_price price, eb_price tick, char out[EB_DECIMAL_TEXT_MAX])
{
    int64_t ticks;
    bool on_grid = tick.e8 > 0 && eb_div_i64(price.e8, tick.e8, EB_ROUND_HALF_EVEN, &ticks);
    return eb_amount_text(on_grid ? ticks * tick.e8 : price.e8, out);
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static size_t characters(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xc0u) != 0x80u ? 1 : 0;
    }
    return n;
}

static size_t width_of(const size_t width[EB_TABLE_COLUMNS_MAX], unsigned columns, unsigned left_out)
{
    size_t sum = 0;
    for (unsigned i = 0; i < columns; i++) {
        sum += (left_out >> i & 1u) == 0 ? width[i] + (sum > 0 ? GAP : 0) : 0;
    }
    return sum;
}

/* Which columns have to go, as bits. */
static unsigned too_many(const struct eb_table *t, const char *drop, unsigned columns)
{
    size_t width[EB_TABLE_COLUMNS_MAX] = {0};
    const char *cell = eb_buffer_str(&t->cells);
    for (size_t i = 0; i < t->count; i++) {
        size_t n = characters(cell + 1); /* a byte of colour goes before the text */
        width[i % t->columns] = n > width[i % t->columns] ? n : width[i % t->columns];
        cell += strlen(cell) + 1;
    }
    unsigned left_out = 0;
    for (; *drop != '\0' && columns > 0 && width_of(width, t->columns, left_out) > columns; drop++) {
        unsigned column = (unsigned)(*drop - 'a');
        EB_ASSERT(column < t->columns);
        left_out |= 1u << column;
    }
    return left_out;
}

void eb_table_render_within(const struct eb_table *t, const char *drop, unsigned columns, bool colour,
                            struct eb_buffer *out)
{
    unsigned left_out = too_many(t, drop, columns);
    if (left_out == 0) {
        eb_table_render(t, "", colour, out);
        return;
    }
    EB_ASSERT(t->columns > 0);
    struct eb_table less;
    char align[EB_TABLE_COLUMNS_MAX + 1] = {0};
    unsigned kept = 0;
    for (unsigned i = 0; i < t->columns; i++) {
        if ((left_out >> i & 1u) == 0) {
            align[kept++] = t->align[i];
        }
    }
    eb_table_init(&less, align);
    const char *cell = eb_buffer_str(&t->cells);
    for (size_t i = 0; i < t->count; i++) {
        if ((left_out >> (i % t->columns) & 1u) == 0) {
            eb_table_cell(&less, (enum eb_colour)(cell[0] - '0'), "%s", cell + 1);
        }
        cell += strlen(cell) + 1;
    }
    eb_table_render(&less, "", colour, out);
    eb_table_deinit(&less);
}
