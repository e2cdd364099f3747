/* SPDX-License-Identifier: Apache-2.0 */
/* Ages, sizes, delays and fitted tables: how pages write them. */
#pragma once

#include "app/table.h"
#include "app/words.h"

#define EB_SHORT_MAX 32
/* "850 ms", "3.2 s", "12 m", "3 h 05 m", "4 d 2 h"; "-" below 0. */
const char *eb_age_text(int64_t ms, char out[EB_SHORT_MAX]);
/* "850 ns", "12 us", "3.40 ms", "1.20 s". */
const char *eb_delay_text(int64_t ns, char out[EB_SHORT_MAX]);
/* "12 B", "4.1 KB", "3.0 MB" (1024). */
const char *eb_size_text(uint64_t bytes, char out[EB_SHORT_MAX]);
/* The shortest decimal of an amount at 1e-8. */
const char *eb_amount_text(int64_t e8, char out[EB_DECIMAL_TEXT_MAX]);
/* A price with more digits than anybody reads (a mark, an average), on the grid of its symbol; tick 0: as it is. */
const char *eb_price_text(eb_price price, eb_price tick, char out[EB_DECIMAL_TEXT_MAX]);

/* The same as values of the expression that they stand in. */
#define EB_AGE(ms) eb_age_text((ms), (char[EB_SHORT_MAX]){0})
#define EB_DELAY(ns) eb_delay_text((ns), (char[EB_SHORT_MAX]){0})
#define EB_SIZE(bytes) eb_size_text((bytes), (char[EB_SHORT_MAX]){0})
#define EB_AMOUNT(e8) eb_amount_text((e8), (char[EB_DECIMAL_TEXT_MAX]){0})
#define EB_TICKED(price, tick) eb_price_text((price), (tick), (char[EB_DECIMAL_TEXT_MAX]){0})
#define EB_PERCENT(ppm) eb_ratio_text((ppm), 10000, (char[EB_RATIO_TEXT_MAX]){0})
#define EB_IN_R(ppm) eb_ratio_text((ppm), EB_PPM, (char[EB_RATIO_TEXT_MAX]){0})
#define EB_TIME(ms) eb_time_text((ms), (char[EB_TIME_TEXT_MAX]){0})

/* Renders t no wider than so many characters (0: as it is). While it is wider, columns are left out in the order of
 * drop: letters, 'a' the first column. */
void eb_table_render_within(const struct eb_table *t, const char *drop, unsigned columns, bool colour,
                            struct eb_buffer *out);
