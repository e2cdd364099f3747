/* SPDX-License-Identifier: Apache-2.0 */
/* cJSON keeps numbers as doubles: good for the 15 digits of a document's small figures, and amounts are strings. */
#include "feed/json.h"

#include <string.h>

#include "base/decimal.h"
#include "feed/text_source.h"

#define E8_PER_PPM 100

int eb_json_load(const char *path, cJSON **out, struct eb_err *err)
{
    struct eb_buffer text;
    int rc = eb_text_read_all(path, &text, err);
    if (rc != EB_OK) {
        return rc;
    }
    rc = eb_json_parse(eb_path_shown(path), eb_buffer_str(&text), text.len, out, err);
    eb_buffer_deinit(&text);
    return rc;
}

int eb_json_parse(const char *name, const char *text, size_t len, cJSON **out, struct eb_err *err)
{
    const char *end = NULL;
    cJSON *root = cJSON_ParseWithLengthOpts(text, len, &end, false);
    size_t line = 1, at = end != NULL ? (size_t)(end - text) : 0;
    if (root == NULL) {
        for (size_t i = 0; i < at && i < len; i++) {
            line += text[i] == '\n' ? 1 : 0;
        }
        return eb_err_set(err, EB_E_INVALID, "json", "%s:%zu: no JSON at byte %zu: truncated or another file", name,
                          line, at);
    }
    for (; at < len; at++) {
        if (strchr(" \t\r\n", text[at]) == NULL) {
            cJSON_Delete(root);
            return eb_err_set(err, EB_E_INVALID, "json", "%s: more text behind the JSON document at byte %zu", name,
                              at);
        }
    }
    *out = root;
    return EB_OK;
}

int eb_json_e8(const cJSON *item, int64_t *out)
{
    if (item == NULL) {
        return EB_E_NOT_FOUND;
    }
    if (cJSON_IsString(item) && item->valuestring != NULL) {
        return eb_decimal_parse_json(item->valuestring, strlen(item->valuestring), out);
    }
    if (!cJSON_IsNumber(item)) {
        return EB_E_INVALID;
    }
    return eb_from_double(item->valuedouble, 8, out) ? EB_OK : EB_E_OVERFLOW;
}

int eb_json_ppm(const cJSON *item, int64_t *out)
{
    int64_t e8;
    int rc = eb_json_e8(item, &e8);
    if (rc == EB_OK) {
        *out = (int64_t)eb_div_round(e8, E8_PER_PPM, EB_ROUND_HALF_AWAY);
    }
    return rc;
}

const char *eb_json_text(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}
