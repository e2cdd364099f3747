/* SPDX-License-Identifier: Apache-2.0 */
/* Values as text, and client order ids as they stand on the wire: what a host prints and a venue sends. */
#pragma once

#include <stddef.h>

#include <exitbrain/types.h>

/* Name ("INVALID") and text of a code; "UNKNOWN" for a number that is none. Static strings. */
const char *eb_err_name(int code);
const char *eb_err_text(int code);

/* "LONG"; "TREND"; "target"; "backstop". Static strings, "?" for a regime, reason or purpose that does not exist. */
const char *eb_side_name(enum eb_side s);
const char *eb_regime_name(enum eb_regime r);
const char *eb_exit_reason_name(enum eb_exit_reason r);
const char *eb_purpose_name(enum eb_purpose p);

/* Shortest text ("0.3991144", "12", "-0.5") of value at 10^-scale (scale 0..18); returns its length (< 24). */
#define EB_DECIMAL_TEXT_MAX 24
size_t eb_decimal_format(int64_t value, int scale, char out[EB_DECIMAL_TEXT_MAX]);
/* Text with exactly `scale` decimals ("0.506279" for 506279 at 6). */
size_t eb_decimal_format_fixed(int64_t value, int scale, char out[EB_DECIMAL_TEXT_MAX]);

/* "xb<instance>-<episode>-<purpose><leg>-<attempt>.<slice>" in base 36: within the venue's 36 characters of
 * [.A-Z:/a-z0-9_-]. Returns its length. */
size_t eb_client_id_format(eb_client_id id, char out[EB_CLIENT_ID_TEXT_MAX]);
/* True and the id when text is one of ours; false for anything else. */
bool eb_client_id_parse(const char *text, eb_client_id *out);
