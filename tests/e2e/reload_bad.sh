#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Saves beside a running engine that cannot be taken over: the old set stays, status says why: live/reload_bad.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
export EB_ROOT EB_BIN PYTHONDONTWRITEBYTECODE=1
python3 "$EB_ROOT/tests/e2e/live/reload_bad.py" "$TMP" || FAILED=1
finish
