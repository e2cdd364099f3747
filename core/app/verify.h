/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded answers of a policy against what a set answers now: the context is in the record, so nothing else is needed.
 *
 *     record (VERDICT, POLICY_FAILED) --context--> policy set --> equal, or a difference that is kept and shown
 */
#pragma once

#include "app/doc.h"
#include "app/options.h"
#include "store/codec.h"

struct eb_verify;
/* Opens the set of --policies, with each --set, or the shipped one. */
EB_NODISCARD int eb_verify_open(const struct eb_args *args, struct eb_verify **out, struct eb_err *err);
void eb_verify_close(struct eb_verify *v);
/* Asks again, if this record is an answer. */
void eb_verify_record(struct eb_verify *v, uint64_t seq, const struct eb_decoded_event *record);
/* No answer differs. */
bool eb_verify_good(const struct eb_verify *v);
/* Counts, and the first differences. doc: the member "verify" of the object that is open. */
void eb_verify_text(const struct eb_verify *v, struct eb_buffer *out);
void eb_verify_doc(const struct eb_verify *v, struct eb_doc *d);
