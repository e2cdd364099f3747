/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fold of a journal's rows: an image, then the records behind it, from segment to segment, each under its own
 * configuration. Hashes of the live state are compared as they are met. Records are read in pieces, so that no read
 * transaction stands for long beside a writer. Private to core/store.
 */
#pragma once

#include "store/journal.h"
#include "store/journal_rows.h"

struct eb_fold_limit {
    uint64_t until_seq; /* the last record to step; UINT64_MAX: no limit */
    int64_t until_ms;   /* INT64_MAX: no limit */
};

struct eb_fold {
    sqlite3 *db;
    struct eb_segment_row *segment; /* owned, oldest first */
    struct eb_image_head *image;    /* owned, oldest first */
    uint32_t segments, images;
    uint32_t at;              /* index of the segment whose configuration is in force */
    uint64_t seq;             /* the last record that is in the engine */
    struct eb_engine *engine; /* owned until it is taken: set NULL then */
    int64_t last_ms, last_ns; /* of the last event, 0 none */
    struct eb_fold_result result;
    void (*observe)(void *user, const struct eb_fold_step *step);
    void *user;

    uint32_t image_at;  /* index of the next image that is met */
    uint64_t ahead_seq; /* of the next recorded hash; UINT64_MAX: none is there, 0: not looked for yet */
    uint64_t ahead_hash;
    sqlite3_stmt *records, *hash;
    struct eb_decoded_event *record;
    struct eb_actions *actions;
};

/* Reads segments and images. eb_fold_close() it in every case. */
EB_NODISCARD int eb_fold_open(struct eb_fold *f, sqlite3 *db, struct eb_err *err);
void eb_fold_close(struct eb_fold *f);
/* Makes the engine from an image of f->image. EB_E_REFUSED when its segment is of another schema. */
EB_NODISCARD int eb_fold_begin(struct eb_fold *f, const struct eb_image_head *from, struct eb_err *err);
/* Steps at most `max` records: EB_OK and there may be more, EB_E_END at the limit or behind the last record, else what
 * is wrong: EB_E_CORRUPT (f->seq + 1 is the record), EB_E_REFUSED (schema), EB_E_IO. */
EB_NODISCARD int eb_fold_some(struct eb_fold *f, const struct eb_fold_limit *limit, uint32_t max, struct eb_err *err);

/* Decodes a row of record (seq, ms, kind, symbol, bytes), all of it checked. EB_E_CORRUPT; EB_E_REFUSED when its bytes
 * are whole and no record of this build. */
EB_NODISCARD int eb_fold_read_row(sqlite3_stmt *row, struct eb_decoded_event *out, struct eb_err *err);
#define EB_FOLD_COLUMNS "seq, ms, kind, symbol, bytes"
/* What to do about a journal of another build, as an error. */
int eb_fold_refuse_build(const struct eb_err *cause, const char *build, struct eb_err *err);
int eb_fold_refuse_schema(sqlite3 *db, const char *build, uint32_t codec, struct eb_err *err);
