/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binance USDS-M futures: one table of error codes, what each asks for, and its text. The client reads it to react, the
 * simulated exchanges to answer. Source: the exchange's error list of 2026 (docs/VENUES.md).
 */
#pragma once

#include <stddef.h>

#include <exitbrain/event.h>

/* What a code asks for; EB_REJ_ALARM for one that is not in the table. EB_REJ_NONE: not a refusal; the outcome is
 * unknown (eb_code_outcome_unknown), or it is so already (-4046, -4059, -5027), or code is 0. */
enum eb_reject_class eb_code_class(int32_t code);
/* The exchange's text; "unknown error code" for one that is not in the table. A "%s" in it is a parameter's name. */
const char *eb_code_text(int32_t code);
/* Whether a request answered so may have been executed all the same: -1000, -1001, -1006, -1007, -1010. */
bool eb_code_outcome_unknown(int32_t code);
/* The table itself, highest code first: for tests and documents. 0 past its end. */
size_t eb_code_count(void);
int32_t eb_code_at(size_t i);
