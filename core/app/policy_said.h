/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy says with log(), for the person who watches: taken out of the structured log. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* log_line: one line of the log. true: a policy said it, and out holds "SYMBOL policy says: text", without a symbol
 * where it speaks while loading; false: another event. out: cap bytes, at least 32; a longer text is cut. */
bool eb_policy_said(const char *log_line, char *out, size_t cap);
