/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tape: a gzip file of every event of a run, quiet ones too, for a replay under the same or another policy.
 *
 *     magic "EBTAPE1\n" | HEADER record (build, engine configuration, policy) | event records ... | END record
 *
 * It is written with buffers and never fsynced: what a crash leaves is a beginning, which the reader gives out before
 * it tells that the end is missing. `zcat` gives the bare records, which the reader takes as well.
 */
#pragma once

#include "store/store.h"

/* Under what a tape was recorded. */
struct eb_tape_info {
    uint32_t schema;             /* EB_CODEC_SCHEMA of the build that wrote it; set by the writer */
    char build[EB_NAME_MAX * 2]; /* version and commit of that build */
    int64_t created_ms;
    struct eb_engine_config engine;
    struct eb_ev_policy policy; /* all zero: none was loaded */
};

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

struct eb_tape;
/* Creates the file (EB_E_IO when it exists already or cannot be made) and writes its header. Owned by the caller. */
int eb_tape_create(const char *path, const struct eb_tape_info *info, struct eb_tape **out, struct eb_err *err);
/* The port for a host: quiet events are wanted. A tape is never durable in the sense of a journal; its port calls
 * everything durable, so that nothing waits for it, and fails (0) from the first write error on. */
struct eb_store_port eb_tape_store_port(struct eb_tape *t);
/* Appends one event. EB_OK, EB_E_IO, EB_E_INVALID (codec.h). */
EB_NODISCARD int eb_tape_append(struct eb_tape *t, const struct eb_event *ev, const struct eb_witness *witness,
                                bool durable);
/* Gives what is buffered to the system, at the price of some compression: every second or so. EB_OK, EB_E_IO. */
int eb_tape_flush(struct eb_tape *t, struct eb_err *err);
/* Writes the end and closes; the tape is gone whatever the code. EB_E_IO: something could not be written. */
int eb_tape_close(struct eb_tape *t, struct eb_err *err);
uint64_t eb_tape_count(const struct eb_tape *t);

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

struct eb_tape_reader;
/* Opens a tape, plain or gzip, and reads its header. EB_E_NOT_FOUND, EB_E_IO, EB_E_CORRUPT (no tape, or another
 * build's: err says which). */
int eb_tape_open(const char *path, struct eb_tape_reader **out, struct eb_err *err);
void eb_tape_reader_close(struct eb_tape_reader *r);
const struct eb_tape_info *eb_tape_reader_info(const struct eb_tape_reader *r);
/* The next event: EB_OK; EB_E_END; EB_E_CORRUPT or EB_E_IO with err naming file and record. After anything but EB_OK
 * it gives the same again. At EB_E_END ask eb_tape_reader_truncated(). */
int eb_tape_reader_next(struct eb_tape_reader *r, struct eb_decoded_event *out, struct eb_err *err);
/* The file ended without its END record or within a record (then err said where): what was read is good. */
bool eb_tape_reader_truncated(const struct eb_tape_reader *r);
/* Events given so far. */
uint64_t eb_tape_reader_count(const struct eb_tape_reader *r);
struct eb_record_source eb_tape_reader_source(struct eb_tape_reader *r);
