/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records as people read them: a line, or the fields that matter as JSON. And where a journal is, as commands name it.
 */
#pragma once

#include "app/doc.h"
#include "app/options.h"
#include "app/state_dir.h"
#include "app/words.h"
#include "store/codec.h"

/* ---- which journal ---- */

#define EB_JOURNAL_PLACE_OPTIONS                                                                           \
    {"journal", EB_OPT_VALUE, "FILE", "the journal; default: that of --state"},                            \
    {                                                                                                      \
        "state", EB_OPT_VALUE, "DIR", "an engine's state directory; default: that of the one started last" \
    }
/* EB_E_NOT_FOUND says where it was looked for. */
EB_NODISCARD int eb_journal_place(const struct eb_args *a, char out[EB_STATE_PATH_MAX], struct eb_err *err);

/* ---- words ---- */

/* Names of the kinds of events, NULL-terminated, in the order of their enum: "fill". */
extern const char *const eb_event_names[EB_EV_COUNT + 1];
/* "?" beyond the enum. */
const char *eb_event_name(unsigned kind);
const char *eb_command_name(unsigned verb); /* "pause" */
/* What an event says, without its time and symbol. */
void eb_record_line(const struct eb_decoded_event *record, char out[EB_LINE_MAX]);
/* The symbol that a record is about: "BTCUSDT", "" where it is the account. */
const char *eb_record_symbol(const struct eb_engine *e, const struct eb_decoded_event *record);
/* One object: seq (0: left out), ms, kind, symbol and the fields of its kind. */
void eb_record_doc(const struct eb_engine *e, uint64_t seq, const struct eb_decoded_event *record, struct eb_doc *d);
