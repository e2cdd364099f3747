/* SPDX-License-Identifier: Apache-2.0 */
/* A text for people in a place of bounded size: what does not fit ends at a word, visibly. */
#pragma once

#include <stddef.h>

/* Copies src to dst of cap bytes (at least 4); the rest of dst is zeroed. Longer than that: as many whole words as fit
 * before "...", or the beginning of a single long one; characters of UTF-8 stay whole. */
void eb_text_cut(char *dst, size_t cap, const char *src);
