/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a run: was every position decided, protected and reconciled, and what is there to read about it. */
#pragma once

#include "app/live.h"

struct eb_run_verdict {
    bool decided, reconciled, is_protected; /* of all episodes */
    bool good;                              /* all three, in mode LIVE */
    struct eb_buffer problems;              /* one a line */
    bool *episode_reconciled;               /* per episode of the book; owned */
    bool *episode_protected;
};

/* Compares the engine's exits with the exchange's audit trail, trade by trade. EB_E_MEMORY. */
EB_NODISCARD int eb_run_judge(const struct eb_live *l, struct eb_run_verdict *out, struct eb_err *err);
void eb_run_verdict_deinit(struct eb_run_verdict *v);

/* The document of --json, and the last page for people. for_ms: wall time that it ran. */
void eb_run_json(const struct eb_live *l, const struct eb_run_verdict *v, int64_t for_ms, struct eb_buffer *out);
void eb_run_summary(const struct eb_live *l, const struct eb_run_verdict *v, int64_t for_ms, bool colour,
                    struct eb_buffer *out);
