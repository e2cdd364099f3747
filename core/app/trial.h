/* SPDX-License-Identifier: Apache-2.0 */
/* A policy set's first positions, tried on an engine of its own: a set that loads may still fail when it is asked. */
#pragma once

#include "policy/policy.h"

/* Opens a LONG and a SHORT in a quiet market with warm features, asks once for each, and a cycle later again. EB_OK, or
 * EB_E_SCRIPT / EB_E_REFUSED saying which position, and what the script or the guard said. */
int eb_trial(struct eb_policy *policy, struct eb_err *err);
