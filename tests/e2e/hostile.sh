#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A strategy that begins to attack while it owns one of three live positions: live/hostile.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
export EB_ROOT EB_BIN PYTHONDONTWRITEBYTECODE=1
python3 "$EB_ROOT/tests/e2e/live/hostile.py" "$TMP" || FAILED=1
finish
