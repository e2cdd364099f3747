/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The past again: records into a fresh engine. Recorded verdicts are stepped as they were given, no policy runs, and
 * whatever the engine wants is dropped: it happened already.
 */
#pragma once

#include "store/store.h"

struct eb_replay_result {
    uint64_t read;           /* records read, of any kind */
    uint64_t stepped;        /* of them given to the engine */
    uint64_t durable;        /* of them durable when they were recorded */
    uint64_t differed;       /* steps that were durable then and not now, or the other way round */
    uint64_t first_differed; /* number of the first such record, from 1; 0 none */
    int64_t last_ms;         /* time of the last event stepped */
    uint64_t durable_hash;   /* of the engine at the end */
};

/*
 * Folds records into engine, which must be new and made with the recorded configuration, until the source ends or an
 * event is later than until_ms (INT64_MAX: all). durable_only leaves out quiet records, and lets each step see what the
 * engine had then observed by the recorded witness; else the engine observes anew and witnesses are not looked at.
 * EB_OK at the end or at until_ms; what the source says when it fails; EB_E_CORRUPT when the engine refuses an event
 * that it took then: another build or configuration. out (may be NULL) is filled in every case.
 */
int eb_replay_fold(struct eb_record_source source, struct eb_engine *engine, int64_t until_ms, bool durable_only,
                   struct eb_replay_result *out, struct eb_err *err);
