/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A byte buffer that grows up to a limit given at its creation. A failed append frees nothing, adds nothing, and marks
 * it failed; from then on appends are refused until it is cleared, so that the content is always a clean beginning.
 * Appends return EB_OK, EB_E_FULL (the limit, or failed before), EB_E_MEMORY, or EB_E_INVALID (a printf that fails);
 * a chain of them may be written without checks and `failed` be asked once at its end.
 */
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

/* Makes an empty buffer of at most limit bytes of content; allocates nothing yet. */
void eb_buffer_init(struct eb_buffer *b, size_t limit);
/* Frees the content; the buffer is empty and may be used again or forgotten. */
void eb_buffer_deinit(struct eb_buffer *b);
/* Empties it and forgets a failure, keeping the memory. */
void eb_buffer_clear(struct eb_buffer *b);
/* Appends len bytes, or a text, or a formatted text. */
int eb_buffer_add(struct eb_buffer *b, const void *data, size_t len);
int eb_buffer_text(struct eb_buffer *b, const char *text);
int eb_buffer_printf(struct eb_buffer *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Appends text as a JSON string with quotes and escapes; bytes that are not UTF-8 become U+FFFD. */
int eb_buffer_json_string(struct eb_buffer *b, const char *text);
/* Contents, never NULL ("" when empty). Valid until the next call on b. */
const char *eb_buffer_str(const struct eb_buffer *b);

/* Writes the JSON form of the first character of text (not empty) to out, not zero-terminated, its length to *len;
 * returns the bytes of text it stands for. */
#define EB_JSON_ESCAPE_MAX 6
size_t eb_json_escape(const char *text, char out[EB_JSON_ESCAPE_MAX], size_t *len);
