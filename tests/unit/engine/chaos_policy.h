/* SPDX-License-Identifier: Apache-2.0 */
/* The policy of chance: legal verdicts, odd ones, failures; see chaos.h. */
#pragma once

#include "chaos.h"

enum eb_policy_result chaos_policy(struct fx *f, const struct eb_context *ctx, struct eb_verdict *v);
