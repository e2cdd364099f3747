/* SPDX-License-Identifier: Apache-2.0 */
/* A byte buffer that grows up to a limit given at its creation. A failed append frees nothing and marks it failed. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "base/err.h"

struct eb_buffer {
    char *data; /* always zero-terminated once something was appended; owned */
    size_t len;
    size_t cap;
    size_t limit;
    bool failed; /* an append ran into the limit or out of memory: the content is incomplete */
};

void eb_buffer_init(struct eb_buffer *b, size_t limit);
void eb_buffer_deinit(struct eb_buffer *b);
void eb_buffer_clear(struct eb_buffer *b);
int eb_buffer_add(struct eb_buffer *b, const void *data, size_t len);
int eb_buffer_text(struct eb_buffer *b, const char *text);
int eb_buffer_printf(struct eb_buffer *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Appends text as a JSON string with quotes and escapes. */
int eb_buffer_json_string(struct eb_buffer *b, const char *text);
/* Contents, never NULL ("" when empty). Valid until the next call on b. */
const char *eb_buffer_str(const struct eb_buffer *b);
