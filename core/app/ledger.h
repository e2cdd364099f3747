/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: what came of each episode, for the owner of the engine and for each challenger, in R.
 *
 *     tallies (tally.h) --eb_ledger_begin, eb_ledger_end--> records in memory, lines in DIR/ledger.jsonl
 *                                                   --eb_ledger_totals--> `owners --ledger`
 *
 * The file is a line for each beginning and each end. It is read back at start: a beginning without an end is an
 * episode that a process lost. Lines are written between turns, never within one.
 */
#pragma once

#include "base/buffer.h"
#include <exitbrain/engine.h>

#define EB_LEDGER_FILE "ledger.jsonl"
#define EB_LEDGER_MAX_BYTES (INT64_C(16) << 20) /* then the file becomes ledger.jsonl.1 */
#define EB_LEDGER_RECORDS_MAX 16384             /* in memory, the newest; at most twice as many for a while */
#define EB_LEDGER_OWNER "owner"                 /* the name of the engine's own set here */

/* Only complete episodes are compared; the others count apart. */
enum eb_ledger_state {
    EB_LEDGER_OPEN = 0,
    EB_LEDGER_COMPLETE, /* seen from its opening to its own exit */
    EB_LEDGER_CENSORED, /* ended by something else than its own exits, or what was held changed after them */
    EB_LEDGER_PARTIAL,  /* not seen from its opening, or decided by more than one set or mode */
    EB_LEDGER_LOST,     /* its process ended before it did */
    EB_LEDGER_STATE_COUNT
};
const char *eb_ledger_state_name(enum eb_ledger_state s);

struct eb_ledger_record {
    char owner[EB_NAME_MAX];
    char symbol[EB_SYMBOL_MAX];
    char profile[EB_NAME_MAX];
    char policy[13]; /* the first twelve digits of its hash */
    uint8_t side, regime, state;
    bool has_r; /* r, mfe and mae are meant: it had an R */
    bool is_virtual;
    uint16_t exits[EB_EXIT_REASON_COUNT];
    int64_t opened_ms, closed_ms;
    eb_money pnl, fees, funding; /* pnl gross; fees of entry and exits; funding received */
    int64_t r_ppm, mfe_ppm, mae_ppm;
};

struct eb_ledger;
/*
 * Opens the ledger of a directory and reads it back. dir NULL: in memory only. What cannot be read or written never
 * fails: eb_ledger_trouble() says it. EB_E_MEMORY.
 */
EB_NODISCARD int eb_ledger_open(const char *dir, struct eb_ledger **out, struct eb_err *err);
/* Writes what waits. NULL is fine. */
void eb_ledger_close(struct eb_ledger *l);
/* Writes what waits to be written; between turns. */
void eb_ledger_flush(struct eb_ledger *l);

/* An episode begins: owner, symbol, side and opened_ms of r are read. One of the owner that a process lost goes on. */
void eb_ledger_begin(struct eb_ledger *l, const struct eb_ledger_record *r);
/* It has ended; r whole, with its state. */
void eb_ledger_end(struct eb_ledger *l, const struct eb_ledger_record *r);

/* One that was complete is not comparable after all: owner, symbol, side and opened_ms of r are read. */
void eb_ledger_censor(struct eb_ledger *l, const struct eb_ledger_record *r);

/* What went wrong with the file, for people: lines that were damaged, a disk that takes nothing; "" nothing. */
const char *eb_ledger_trouble(const struct eb_ledger *l);
bool eb_ledger_write_failed(const struct eb_ledger *l);

size_t eb_ledger_count(const struct eb_ledger *l);
/* The oldest is 0. */
const struct eb_ledger_record *eb_ledger_at(const struct eb_ledger *l, size_t index);

/* What one owner's complete episodes come to, those that were closed at since_ms or later. */
struct eb_ledger_totals {
    char owner[EB_NAME_MAX];
    char policy[13]; /* of its newest episode; "" none ended */
    unsigned sets;   /* different ones among the episodes that count */
    unsigned episodes, without_r, wins;
    unsigned apart[EB_LEDGER_STATE_COUNT]; /* others than complete ones, by state */
    unsigned exits[EB_EXIT_REASON_COUNT];
    int64_t sum_r_ppm, best_ppm, worst_ppm;
    eb_money pnl, fees, funding;
    unsigned pairs;      /* episodes that this one and the owner both completed */
    int64_t pairs_r_ppm; /* sum of the differences, this one minus the owner */
};
#define EB_LEDGER_OWNERS_MAX 32
/* Totals of each owner that the ledger knows, the engine's own first, the others by name; how many, at most
 * EB_LEDGER_OWNERS_MAX. */
unsigned eb_ledger_totals(const struct eb_ledger *l, int64_t since_ms,
                          struct eb_ledger_totals out[EB_LEDGER_OWNERS_MAX]);

/* ---- ledger_line.c: lines of the file ---- */

void eb_ledger_line(const struct eb_ledger_record *r, bool begins, struct eb_buffer *out);
/* EB_E_INVALID for what is no such line. */
EB_NODISCARD int eb_ledger_parse(const char *line, size_t len, struct eb_ledger_record *out, bool *begins);
