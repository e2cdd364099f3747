/* SPDX-License-Identifier: Apache-2.0 */
/* JSON documents of an exchange: amounts are strings there, numbers from careless encoders. Both are taken. */
#pragma once

#include <cjson/cJSON.h>

#include "base/err.h"

/* Parses the file at path (plain, gzip or zip). *out is the caller's, cJSON_Delete() it. Errors of eb_text_read_all();
 * EB_E_INVALID names file and line of what is no JSON. */
EB_NODISCARD int eb_json_load(const char *path, cJSON **out, struct eb_err *err);
/* The same for text of len bytes; name stands for the file in messages. */
EB_NODISCARD int eb_json_parse(const char *name, const char *text, size_t len, cJSON **out, struct eb_err *err);

/* A string or number at 1e-8. EB_E_NOT_FOUND when item is NULL, EB_E_INVALID when it is neither or malformed,
 * EB_E_OVERFLOW. A string with more than eight decimals is rounded half away from zero. */
EB_NODISCARD int eb_json_e8(const cJSON *item, int64_t *out);
/* The same at 1e-6. */
EB_NODISCARD int eb_json_ppm(const cJSON *item, int64_t *out);
/* The string under key, NULL when there is none. Borrowed. */
const char *eb_json_text(const cJSON *object, const char *key);
