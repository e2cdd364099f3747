/* SPDX-License-Identifier: Apache-2.0 */
/* A moment as people write it. */
#pragma once

#include "app/value.h"

/* "2025-06-01T12:00:05.250Z" (T or blank, seconds and fraction may be left out, Z or nothing: UTC always), epoch
 * milliseconds, or "+30s" after start_ms. EB_E_INVALID names what and the forms. */
EB_NODISCARD int eb_when_parse(const char *what, const char *text, int64_t start_ms, int64_t *out_ms,
                               struct eb_err *err);
