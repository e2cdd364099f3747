/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON writer over a buffer: commas come by themselves, decimals are strings. Ask the buffer at the end (failed). */
#pragma once

#include "base/buffer.h"
#include "base/decimal.h"

struct eb_doc {
    struct eb_buffer *out;
    bool comma; /* something stands before the next element */
};

/* bracket: '{' or '['. key NULL inside a list and at the top. */
void eb_doc_begin(struct eb_doc *j, const char *key, char bracket);
void eb_doc_end(struct eb_doc *j, char bracket);

void eb_doc_text(struct eb_doc *j, const char *key, const char *value); /* NULL: null */
void eb_doc_int(struct eb_doc *j, const char *key, int64_t value);
void eb_doc_bool(struct eb_doc *j, const char *key, bool value);
void eb_doc_null(struct eb_doc *j, const char *key);
/* The shortest decimal of an amount at 1e-8. */
void eb_doc_e8(struct eb_doc *j, const char *key, int64_t e8);
/* The same, null where 0 means unknown or none. */
void eb_doc_e8_or_null(struct eb_doc *j, const char *key, int64_t e8);
/* A ratio with six places. */
void eb_doc_ppm(struct eb_doc *j, const char *key, int64_t ppm);
/* Bytes in hexadecimal. */
void eb_doc_hex(struct eb_doc *j, const char *key, const uint8_t *bytes, size_t len);
