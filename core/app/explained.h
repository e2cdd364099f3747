/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain as a page: which position is meant, where the answer comes from, and its parts (explain.h) in one document.
 * A running engine, the record of a run and a journal that is folded again give the same page.
 */
#pragma once

#include "app/book.h"
#include "app/doc.h"

/* "BTCUSDT" or "BTCUSDT:LONG". EB_E_INVALID. */
struct eb_question {
    char symbol[EB_SYMBOL_MAX];
    bool any_side;
    enum eb_side side;
};
EB_NODISCARD int eb_question_read(const char *text, struct eb_question *out, struct eb_err *err);

/* Where an answer comes from. */
struct eb_explained {
    const char *source;           /* path of the record or journal, or the running engine's directory */
    const char *build;            /* that recorded it */
    const char *policy, *version; /* "" unknown */
    struct eb_ev_config mode;
    int64_t at_ms; /* as of then */
};

/*
 * The newest episodes of the book that are meant: two only when both sides of hedge mode are open. Returns how many;
 * 0 with EB_E_NOT_FOUND in err (an unknown symbol suggests the nearest; where names the source).
 */
#define EB_EXPLAINED_MAX 2
size_t eb_explained_find(const struct eb_book *book, const struct eb_question *q, const struct eb_explained *from,
                         const struct eb_book_episode *out[EB_EXPLAINED_MAX], struct eb_err *err);
void eb_explained_text(const struct eb_explained *from, const struct eb_book_episode *const *ep, size_t count,
                       bool colour, struct eb_buffer *out);
/* As elements of the object that is open. */
void eb_explained_doc(const struct eb_explained *from, const struct eb_book_episode *const *ep, size_t count,
                      struct eb_doc *d);
