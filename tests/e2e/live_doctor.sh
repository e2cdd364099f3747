#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The doctor, healthy and in broken scenes: live/doctor.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
export EB_ROOT EB_BIN PYTHONDONTWRITEBYTECODE=1
python3 "$EB_ROOT/tests/e2e/live/doctor.py" "$TMP" || FAILED=1
finish
