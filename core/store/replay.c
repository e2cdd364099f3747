/* SPDX-License-Identifier: Apache-2.0 */
/* The fold. Its two large structs are on the heap: it runs at start and in tools, never within a turn. */
#include "store/replay.h"

#include <stdlib.h>

struct fold {
    struct eb_decoded_event record;
    struct eb_actions actions;
    struct eb_replay_result result;
};

static int step(struct fold *f, struct eb_engine *engine, bool durable_only, struct eb_err *err)
{
    struct eb_replay_result *r = &f->result;
    if (!durable_only) {
        f->record.ev.witness = NULL;
    }
    int rc = eb_engine_step(engine, &f->record.ev, &f->actions);
    if (rc != EB_OK) {
        return eb_err_set(
            err, EB_E_CORRUPT, "replay",
            "record %llu (kind %u): the engine refuses it now (%s): another build or configuration wrote it",
            (unsigned long long)r->read, f->record.ev.kind, eb_err_text(rc));
    }
    r->stepped++;
    r->durable += f->record.durable ? 1 : 0;
    r->last_ms = f->record.ev.now_ms;
    if (f->actions.durable != f->record.durable) {
        r->differed++;
        r->first_differed = r->first_differed != 0 ? r->first_differed : r->read;
    }
    return EB_OK;
}

static int fold(struct fold *f, struct eb_record_source source, struct eb_engine *engine, int64_t until_ms,
                bool durable_only, struct eb_err *err)
{
    for (;;) {
        int rc = source.next(source.source, &f->record, err);
        if (rc != EB_OK) {
            return rc == EB_E_END ? EB_OK : rc;
        }
        f->result.read++;
        if (f->record.ev.now_ms > until_ms) {
            return EB_OK;
        }
        if (durable_only && !f->record.durable) {
            continue;
        }
        rc = step(f, engine, durable_only, err);
        if (rc != EB_OK) {
            return rc;
        }
    }
}

int eb_replay_fold(struct eb_record_source source, struct eb_engine *engine, int64_t until_ms, bool durable_only,
                   struct eb_replay_result *out, struct eb_err *err)
{
    struct fold *f = calloc(1, sizeof(*f));
    if (f == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "replay", "no memory for %zu bytes", sizeof(*f));
    }
    int rc = fold(f, source, engine, until_ms, durable_only, err);
    f->result.durable_hash = eb_engine_durable_hash(engine);
    if (out != NULL) {
        *out = f->result;
    }
    free(f);
    return rc;
}
