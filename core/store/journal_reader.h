/* SPDX-License-Identifier: Apache-2.0 */
/* A reader from inside, for the files that make it up. Private to core/store. */
#pragma once

#include "store/journal_fold.h"

struct eb_journal_reader {
    sqlite3 *db;
    struct eb_journal_meta meta;
    struct eb_segment_row *segment; /* owned */
    uint32_t segments;
    uint64_t base; /* records up to here are in the oldest image: what is left of them is going away */
    /* of the source of records */
    sqlite3_stmt *rows;
    uint64_t seq;    /* given last */
    uint32_t in_run; /* rows given since the statement was begun */
};
