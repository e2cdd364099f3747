#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Connections that break, an exchange that is silent or another one, output that nobody reads: live/trouble.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
export EB_ROOT EB_BIN PYTHONDONTWRITEBYTECODE=1
python3 "$EB_ROOT/tests/e2e/live/trouble.py" "$TMP" || FAILED=1
finish
