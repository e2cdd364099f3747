/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where runs are recorded: a directory per run with its tape, its configuration and its report.
 *
 *     --out DIR, else $XDG_STATE_HOME/exitbrain/run-YYYYMMDD-HHMMSS, else ~/.local/state/..., else ./exitbrain-runs/...
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define EB_RECORD_PATH_MAX 1024
#define EB_RECORD_TAPE "run.tape"
#define EB_RECORD_CONFIG "exitbrain.lua"
#define EB_RECORD_REPORT "report.json"
#define EB_RECORD_LOG "engine.log"
#define EB_RECORD_KEYS "keys" /* of the account at a simulated exchange, while the run lasts */
#define EB_RECORDS_KEPT 10    /* in the default place: older ones are removed */

/* Makes the directory of a new run. out_dir NULL: in the default place, where only the newest EB_RECORDS_KEPT stay.
 * A named directory may exist, but no files of a run in it. EB_E_IO, EB_E_INVALID. */
EB_NODISCARD int eb_record_create(const char *out_dir, int64_t now_ms, char dir[EB_RECORD_PATH_MAX],
                                  struct eb_err *err);
/* Removes what is too old in the default place, but for runs that go on. */
void eb_record_tidy(void);
/* Removes the files of a run and its directory; what else is in there stays, and the directory with it. */
void eb_record_remove(const char *dir);
/* The key of a simulated account, which is good for nothing any more. */
void eb_record_remove_keys(const char *dir);
/* The tape of a record: `where` is a file, a directory with a tape, or NULL for the newest run in the default place.
 * EB_E_NOT_FOUND says where it was looked for. */
EB_NODISCARD int eb_record_find(const char *where, char tape[EB_RECORD_PATH_MAX], struct eb_err *err);
/* dir/name; EB_E_INVALID when it is too long. */
EB_NODISCARD int eb_record_path(const char *dir, const char *name, char out[EB_RECORD_PATH_MAX], struct eb_err *err);
