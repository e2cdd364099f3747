/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which figure of a policy set decides a level, and what it would have to be: by changing one and asking again.
 *
 *     cases (contexts that an answer was found wanting in) + every figure of the set, one at a time
 *         -> the figure that moves the level and least else -> the nearest value with which the finding is gone
 *
 * First the settings; where none moves the level, the numbers that are written in the files. Never in a live engine: it
 * builds the set some hundred times.
 */
#pragma once

#include "domain/lint.h"
#include "policy/origin.h"

enum { EB_CASE_CONTEXTS = 4 };

struct eb_lint_case {
    struct eb_lint_finding finding; /* in ctx[0] */
    struct eb_instrument inst[EB_CASE_CONTEXTS];
    struct eb_context ctx[EB_CASE_CONTEXTS];
    unsigned count; /* contexts held, at least 1; the proposal holds in each */
    /* answers */
    bool found;
    bool named;              /* a setting, not a number in a file */
    struct eb_origin figure; /* where found */
    bool fixed;
    double proposed; /* where fixed: nearest value with which nothing is found, and nothing new */
};

/* Fills in the answers. What cannot be decided stays not found. EB_E_MEMORY. */
int eb_lint_causes(const struct eb_policy *p, struct eb_lint_case *cases, unsigned count, struct eb_err *err);
