/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The doctor: what is wrong, by which evidence, why, and what to do about it. Every stage from the loop to the level of
 * every position is looked at; a check that finds nothing says what it has seen.
 *
 *     evidence of engine, host, journal, wire, reload, configuration --> checks --> findings
 */
#pragma once

#include "app/doc.h"
#include "base/buffer.h"

struct eb_live;

/* BAD: something does not do its work, or would not when it is needed. NOTE: worth knowing, nothing to be woken for. */
enum eb_severity { EB_FINE = 0, EB_NOTE, EB_BAD };
#define EB_FINDINGS_MAX 128
struct eb_finding {
    uint8_t severity;                /* enum eb_severity */
    uint8_t rank;                    /* place of the check in the order of stages */
    const char *check;               /* stable name: "loop.gap", "prices.stale", "owner.legacy_trailing" ... static */
    char subject[EB_SYMBOL_MAX + 8]; /* "BTCUSDT LONG", or "" */
    char evidence[240];              /* what was seen, with figures */
    char cause[160];                 /* "" when fine */
    char remedy[240];                /* "" when fine: a command to type, a key to set */
};
struct eb_findings {
    unsigned count, bad, notes; /* bad and notes: also those left out */
    unsigned left_out;          /* beyond EB_FINDINGS_MAX */
    unsigned checks;            /* that were made */
    bool starting;              /* too early to judge anything */
    struct eb_finding finding[EB_FINDINGS_MAX];
};
/* Runs every check on a live engine as it is now; findings in the order of stages. Before its beginning is over it says
 * "starting" and judges nothing but the connection. */
void eb_doctor_examine(const struct eb_live *l, struct eb_findings *out);
/* The names of all checks in the order of stages; NULL behind the last. */
const char *eb_doctor_check(unsigned index);
/* What is bad first, then notes; all: also what is fine. */
void eb_doctor_text(const struct eb_findings *f, bool colour, bool all, struct eb_buffer *out);
/* Members into the object that stands open: checks, bad, notes, left_out, starting, findings (also what is fine). */
void eb_doctor_doc(const struct eb_findings *f, struct eb_doc *d);
