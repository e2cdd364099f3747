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

enum eb_severity { EB_FINE = 0, EB_NOTE, EB_BAD };
#define EB_FINDINGS_MAX 128
struct eb_finding {
    uint8_t severity;                /* enum eb_severity */
    const char *check;               /* stable name: "loop", "prices", "owner.legacy_trailing" ... static */
    char subject[EB_SYMBOL_MAX + 8]; /* "BTCUSDT LONG", or "" */
    char evidence[240];              /* what was seen, with figures */
    char cause[160];                 /* "" when fine */
    char remedy[240];                /* "" when fine */
};
struct eb_findings {
    unsigned count, bad, notes;
    unsigned left_out; /* beyond EB_FINDINGS_MAX */
    struct eb_finding finding[EB_FINDINGS_MAX];
};
/* Runs every check on a live engine as it is now. */
void eb_doctor_examine(const struct eb_live *l, struct eb_findings *out);
void eb_doctor_text(const struct eb_findings *f, bool colour, bool all, struct eb_buffer *out);
void eb_doctor_doc(const struct eb_findings *f, struct eb_doc *d);
