/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One position explained: per level whether it is armed, how far away, why it has not fired or why it did, and what is
 * known of every stage behind it. `exitbrain explain` and the last page of a run are the same words.
 */
#pragma once

#include "app/book.h"
#include "app/doc.h"

/* What a level has to say for itself, with the exits of the episode taken into account. */
#define EB_WHY_TEXT_MAX 160
const char *eb_level_why(const struct eb_book_episode *ep, const struct eb_level_evidence *l,
                         char out[EB_WHY_TEXT_MAX]);
/* "target 1", "stop: plan", "trail". */
#define EB_LEVEL_NAME_MAX 32
const char *eb_level_name(const struct eb_level_evidence *l, char out[EB_LEVEL_NAME_MAX]);

/* For people: head line, stages, table of levels, exits. policy names the set, "" unknown. */
void eb_explain_text(const struct eb_book_episode *ep, const char *policy, bool colour, struct eb_buffer *out);

/* For programs: "levels":[...] and "stages":{...} as elements of the object that is open. */
void eb_explain_levels(const struct eb_book_episode *ep, struct eb_doc *d);
void eb_explain_stages(const struct eb_book_episode *ep, struct eb_doc *d);
void eb_explain_exits(const struct eb_book_episode *ep, struct eb_doc *d);
