/* SPDX-License-Identifier: Apache-2.0 */
/* What journal show, export and ledger tell of a journal. */
#pragma once

#include <stdio.h>

#include "store/journal.h"

struct eb_journal_question {
    uint64_t from, to;  /* records; 0: not given */
    uint64_t limit;     /* the first ones behind from, or the last ones of all; 0: no limit */
    const char *symbol; /* NULL: every one */
    int kind;           /* enum eb_event_kind; -1: every one */
};
enum eb_journal_form {
    EB_JOURNAL_LINES,      /* for people, with what each record led to */
    EB_JOURNAL_DOCUMENT,   /* one JSON document: {"records":[...]} */
    EB_JOURNAL_JSON_LINES, /* one JSON object a line */
};
/* Each record that is asked for. *told: how many matched. What eb_journal_fold_range says; EB_E_IO. */
EB_NODISCARD int eb_journal_tell(struct eb_journal_reader *r, const struct eb_journal_question *q,
                                 enum eb_journal_form form, FILE *to, uint64_t *told, struct eb_err *err);
/* The exits of each episode, real or virtual, on standard output. */
EB_NODISCARD int eb_journal_ledger(struct eb_journal_reader *r, const struct eb_journal_question *q, bool json,
                                   struct eb_err *err);
