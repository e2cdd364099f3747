#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Twelve positions, LIVE, while a person edits policies: live/twelve.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
export EB_ROOT EB_BIN PYTHONDONTWRITEBYTECODE=1
python3 "$EB_ROOT/tests/e2e/live/twelve.py" "$TMP" || FAILED=1
finish
