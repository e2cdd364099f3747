/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One store port that feeds two: a journal, which is what counts, and a tape, which is for looking back.
 *
 *     turn --append--> journal (durable events) --> number, durable_seq, failed
 *                  \-> tape (quiet events too)      a failure ends the tape and nothing else
 */
#pragma once

#include "store/store.h"

struct eb_tee;
/* Makes a tee, owned by the caller; both ports must outlive it. EB_E_INVALID when one has no append, EB_E_MEMORY. */
EB_NODISCARD int eb_tee_create(struct eb_store_port journal, struct eb_store_port tape, struct eb_tee **out,
                               struct eb_err *err);
void eb_tee_destroy(struct eb_tee *t);
/* Numbers, durability and failure are the journal's; quiet events go to the tape alone. */
struct eb_store_port eb_tee_port(struct eb_tee *t);
/* The tape has refused an event: it ends before that one, and nothing was appended to it since. */
bool eb_tee_tape_ended(const struct eb_tee *t);
