/* SPDX-License-Identifier: Apache-2.0 */
/* Edit distance by dynamic programming over one row. */
#define _POSIX_C_SOURCE 200809L

#include "feed/nearest.h"

#include <stdio.h>
#include <string.h>

static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len);

void eb_nearest_offer(struct eb_nearest *best, const char *wanted, const char *candidate)
{
    size_t wanted_len = strnlen(wanted, EB_NEAREST_MAX), len = strnlen(candidate, EB_NEAREST_MAX);
    size_t distance = edit_distance(wanted, wanted_len, candidate, len);
    size_t near = wanted_len / 3 > 1 ? wanted_len / 3 : 1;
    if (distance <= near && (best->name == NULL || distance < best->distance)) {
        best->name = candidate;
        best->distance = distance;
    }
}

const char *eb_nearest_text(const struct eb_nearest *best, char out[EB_NEAREST_TEXT_MAX])
{
    out[0] = '\0';
    if (best->name != NULL) {
        (void)snprintf(out, EB_NEAREST_TEXT_MAX, ": did you mean %.*s?", EB_NEAREST_MAX, best->name);
    }
    return out;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[EB_NEAREST_MAX + 1] = {0};
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = diagonal + (lower(a[i - 1]) != lower(b[j - 1]) ? 1 : 0);
            size_t shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < shorter ? replaced : shorter;
        }
    }
    return row[b_len];
}
