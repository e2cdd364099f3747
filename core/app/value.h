/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that people write, as numbers with a unit and a range: command line, environment and configuration share them.
 *
 * Every reader writes *out on success only; EB_E_INVALID names what, the text, and what is allowed. `what` is "--tick"
 * or "EXITBRAIN_CYCLE" or "file:3: cycle".
 */
#pragma once

#include "base/decimal.h"

/* A decimal as it is, at 1e-8; both limits inclusive. */
EB_NODISCARD int eb_value_decimal(const char *what, const char *text, int64_t min_e8, int64_t max_e8, int64_t *out_e8,
                                  struct eb_err *err);

/* A ratio as it is written in a unit: "2.5" in bps is 250 ppm. Must be exact in ppm. */
enum eb_ratio_unit { EB_IN_BPS = 100, EB_IN_PERCENT = 10000, EB_IN_ONE = 1000000 };
EB_NODISCARD int eb_value_ratio(const char *what, const char *text, enum eb_ratio_unit unit, int64_t min_ppm,
                                int64_t max_ppm, int64_t *out_ppm, struct eb_err *err);

/* "250ms", "60s", "10m", "2h", "1d"; also decimals ("1.5s"). The unit is not optional: a bare number is refused. */
EB_NODISCARD int eb_value_duration(const char *what, const char *text, int64_t min_ms, int64_t max_ms, int64_t *out_ms,
                                   struct eb_err *err);
/* The shortest of these texts that is exact. */
#define EB_DURATION_TEXT_MAX 28
const char *eb_duration_text(int64_t ms, char out[EB_DURATION_TEXT_MAX]);

/* A whole number. */
EB_NODISCARD int eb_value_integer(const char *what, const char *text, int64_t min, int64_t max, int64_t *out,
                                  struct eb_err *err);

/* One of names (NULL-terminated), to its index; the message lists them. */
EB_NODISCARD int eb_value_choice(const char *what, const char *text, const char *const *names, int64_t *out,
                                 struct eb_err *err);
