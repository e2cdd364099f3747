#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `plan` says beside live positions, before anything is loaded: live/plan.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
export EB_ROOT EB_BIN PYTHONDONTWRITEBYTECODE=1
expect no-engine 3 "$TMP/none" -- "$EB_BIN" plan --state "$TMP/none"
python3 "$EB_ROOT/tests/e2e/live/plan.py" "$TMP" || FAILED=1
finish
