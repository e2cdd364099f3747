/* SPDX-License-Identifier: Apache-2.0 */
/* Values of signals as text. */
#include "app/signals.h"

#include <stdio.h>
#include <stdlib.h>

static void number_text(double number, char out[EB_SIGNAL_TEXT_MAX])
{
    (void)snprintf(out, EB_SIGNAL_TEXT_MAX, "%.15g", number);
    double again = strtod(out, NULL);
    if (again < number || again > number) {
        (void)snprintf(out, EB_SIGNAL_TEXT_MAX, "%.17g", number);
    }
}

const char *eb_signal_text(const struct eb_memory_entry *v, char out[EB_SIGNAL_TEXT_MAX])
{
    switch ((enum eb_memory_kind)v->kind) {
    case EB_MEM_BOOL:
        (void)snprintf(out, EB_SIGNAL_TEXT_MAX, "%s", v->number > 0.0 ? "true" : "false");
        return out;
    case EB_MEM_NUMBER:
        number_text(v->number, out);
        return out;
    case EB_MEM_TEXT:
        (void)snprintf(out, EB_SIGNAL_TEXT_MAX, "%s", v->text);
        return out;
    case EB_MEM_NONE:
        break;
    }
    return "-";
}

void eb_signal_doc(struct eb_doc *d, const struct eb_memory_entry *v)
{
    static const char *const types[] = {"none", "boolean", "number", "text"};
    eb_doc_text(d, "name", v->key);
    eb_doc_text(d, "type", v->kind <= EB_MEM_TEXT ? types[v->kind] : "?");
    if (v->kind == EB_MEM_NONE) {
        eb_doc_null(d, "value");
    } else if (v->kind == EB_MEM_BOOL) {
        eb_doc_bool(d, "value", v->number > 0.0);
    } else {
        eb_doc_text(d, "value", EB_SIGNAL_TEXT(v));
    }
}
