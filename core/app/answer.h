/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a running engine answers to a question: the same facts as a page for people and as a document for programs.
 *
 *     struct eb_live (evidence of engine, host, journal, reload, alarms) --> eb_answer_*() --> text, doc
 *
 * Renderers only read. They run between turns on the loop's thread, so each is one pass over the positions; what is not
 * wanted (no_text, no_doc) is not made.
 */
#pragma once

#include "app/live.h"
#include "app/options.h"
#include "app/table.h"

struct eb_answer {
    struct eb_buffer text; /* for people */
    struct eb_buffer body; /* for programs */
    struct eb_doc doc;     /* writes body; renderers add elements to the object that is open */
    bool colour;
    unsigned columns; /* a table is to be no wider: columns that matter least are left out; 0: it may be */
    bool no_text, no_doc;
    uint8_t status;            /* enum eb_status: of the command line */
    struct eb_err err;         /* code not EB_OK: an error instead of an answer */
    char confirm[EB_NAME_MAX]; /* with an error: the word that a person must type to have it done; "" none */
};
/* Opens the document's object. eb_answer_deinit() it. */
void eb_answer_init(struct eb_answer *a, bool colour, unsigned columns);
/* Closes the document's object; ask text and body for `failed` afterwards. */
void eb_answer_close(struct eb_answer *a);
void eb_answer_deinit(struct eb_answer *a);

/* ---- the pages; symbol "" is all of them ---- */

void eb_answer_status(const struct eb_live *l, struct eb_answer *a);
/* all: those that have ended too, from the book. */
void eb_answer_positions(const struct eb_live *l, eb_symbol_id symbol, bool all, struct eb_answer *a);
void eb_answer_orders(const struct eb_live *l, eb_symbol_id symbol, struct eb_answer *a);
void eb_answer_owners(const struct eb_live *l, struct eb_answer *a);
/* Episodes closed at since_ms or later, 0: all that are known; answer_ledger.c. */
void eb_answer_ledger(const struct eb_live *l, int64_t since_ms, struct eb_answer *a);
/* what: "BTCUSDT" or "BTCUSDT:LONG". Brings the book's episodes of that symbol up to date. */
void eb_answer_explain(struct eb_live *l, const char *what, struct eb_answer *a);
void eb_answer_version(const struct eb_live *l, struct eb_answer *a);

/* The id of a symbol, or an error in a that suggests the nearest name; EB_NO_SYMBOL then. */
eb_symbol_id eb_answer_symbol(const struct eb_live *l, const char *name, struct eb_answer *a);
/* Evidence of the next open position at or after *slot of a symbol (EB_NO_SYMBOL: of any), and its slot; false behind
 * the last. Begin with *slot = 0 and go on with *slot + 1. */
bool eb_answer_next(const struct eb_live *l, eb_symbol_id symbol, eb_position_id *slot, struct eb_evidence *v);
/* "EXIT_MODE=LEGACY (environment)": a flag of the modes, what it says now, and who said so. */
enum {
    EB_FLAG_EXIT_MODE = 0,
    EB_FLAG_EXECUTOR,
    EB_FLAG_ROLLOUT,
    EB_FLAG_MODES,
    EB_FLAG_LEGACY_TRAILING = EB_FLAG_MODES
};
#define EB_FLAG_TEXT_MAX 96
const char *eb_answer_flag(const struct eb_live *l, unsigned index, char out[EB_FLAG_TEXT_MAX]);
/* What modes come to with the policy set in force, in a sentence. */
const char *eb_mode_meaning(const struct eb_live *l, const struct eb_ev_config *mode);
