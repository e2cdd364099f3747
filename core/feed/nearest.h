/* SPDX-License-Identifier: Apache-2.0 */
/* The nearest of the names that are known: what a message about an unknown one suggests. */
#pragma once

#include <stddef.h>

#include "base/err.h"

#define EB_NEAREST_MAX 64 /* bytes of a name that are compared */

/* Begin with all zero, offer every name, then read `name`: NULL when none is near enough. */
struct eb_nearest {
    const char *name; /* borrowed from the caller of eb_nearest_offer() */
    size_t distance;
};

/* Keeps candidate when it is nearer to wanted than what was offered before; the first of equals stays. Near enough is
 * one change (insert, delete, replace a byte; case does not count) in every three bytes of wanted, at least one. */
void eb_nearest_offer(struct eb_nearest *best, const char *wanted, const char *candidate);

/* ": did you mean NAME?" or "" into out, which it returns. */
#define EB_NEAREST_TEXT_MAX (EB_NEAREST_MAX + 24)
const char *eb_nearest_text(const struct eb_nearest *best, char out[EB_NEAREST_TEXT_MAX]);
