/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `check` found: findings of the same kind are one, with the figure that causes them and the worst context.
 *
 *     eb_scene_play -> eb_lint -> cases -> eb_lint_causes -> "file:line: setting = value: ...; try VALUE"
 */
#pragma once

#include "app/doc.h"
#include "policy/policy.h"

struct eb_lint_report;

/* Plays the standard contexts and looks for causes; owned by the caller. EB_E_MEMORY, or what the host could not do. */
int eb_lint_report_make(struct eb_policy *policy, struct eb_lint_report **out, struct eb_err *err);
void eb_lint_report_free(struct eb_lint_report *r);

/* How many of this grade (enum eb_lint_grade); refusals and failures are errors. */
unsigned eb_lint_report_count(const struct eb_lint_report *r, unsigned grade);
/* Lines for people, the gravest first; notes are only counted. */
void eb_lint_report_text(const struct eb_lint_report *r, struct eb_buffer *out);
/* "contexts": n, "findings": [...] with notes. */
void eb_lint_report_json(const struct eb_lint_report *r, struct eb_doc *j);
