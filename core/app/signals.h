/* SPDX-License-Identifier: Apache-2.0 */
/* Signals as pages, journal lines and JSON write them. */
#pragma once

#include "app/doc.h"
#include <exitbrain/engine.h>

struct eb_live;

#define EB_SIGNAL_TEXT_MAX 40
/* "true", "0.75", "CRITICAL"; "-" where there is none. A number reads back as it was. */
const char *eb_signal_text(const struct eb_memory_entry *v, char out[EB_SIGNAL_TEXT_MAX]);
#define EB_SIGNAL_TEXT(v) eb_signal_text((v), (char[EB_SIGNAL_TEXT_MAX]){0})

/* Into an open object: name, type ("none", "boolean", "number", "text") and value; a number is a string. */
void eb_signal_doc(struct eb_doc *d, const struct eb_memory_entry *v);

/* What stands in a running engine: "signals":[...], and in short for a line ("" where nothing does). */
void eb_signals_doc(const struct eb_live *l, struct eb_doc *d);
void eb_signals_line(const struct eb_live *l, struct eb_buffer *out);
