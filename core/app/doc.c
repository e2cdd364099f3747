/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer. */
#include "app/doc.h"

#include <inttypes.h>
#include <string.h>

/* Comma and key of the element that follows. */
static void lead(struct eb_doc *j, const char *key)
{
    if (j->comma) {
        (void)eb_buffer_text(j->out, ",");
    }
    j->comma = true;
    if (key != NULL) {
        (void)eb_buffer_json_string(j->out, key);
        (void)eb_buffer_text(j->out, ":");
    }
}

void eb_doc_begin(struct eb_doc *j, const char *key, char bracket)
{
    lead(j, key);
    (void)eb_buffer_add(j->out, &bracket, 1);
    j->comma = false;
}

void eb_doc_end(struct eb_doc *j, char bracket)
{
    (void)eb_buffer_add(j->out, &bracket, 1);
    j->comma = true;
}

void eb_doc_text(struct eb_doc *j, const char *key, const char *value)
{
    if (value == NULL) {
        eb_doc_null(j, key);
        return;
    }
    lead(j, key);
    (void)eb_buffer_json_string(j->out, value);
}

void eb_doc_int(struct eb_doc *j, const char *key, int64_t value)
{
    lead(j, key);
    (void)eb_buffer_printf(j->out, "%" PRId64, value);
}

void eb_doc_bool(struct eb_doc *j, const char *key, bool value)
{
    lead(j, key);
    (void)eb_buffer_text(j->out, value ? "true" : "false");
}

void eb_doc_null(struct eb_doc *j, const char *key)
{
    lead(j, key);
    (void)eb_buffer_text(j->out, "null");
}

void eb_doc_e8(struct eb_doc *j, const char *key, int64_t e8)
{
    char text[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format(e8, 8, text);
    eb_doc_text(j, key, text);
}

void eb_doc_e8_or_null(struct eb_doc *j, const char *key, int64_t e8)
{
    if (e8 == 0) {
        eb_doc_null(j, key);
    } else {
        eb_doc_e8(j, key, e8);
    }
}

void eb_doc_ppm(struct eb_doc *j, const char *key, int64_t ppm)
{
    char text[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format_fixed(ppm, 6, text);
    eb_doc_text(j, key, text);
}

void eb_doc_hex(struct eb_doc *j, const char *key, const uint8_t *bytes, size_t len)
{
    lead(j, key);
    (void)eb_buffer_text(j->out, "\"");
    for (size_t i = 0; i < len; i++) {
        (void)eb_buffer_printf(j->out, "%02x", bytes[i]);
    }
    (void)eb_buffer_text(j->out, "\"");
}
