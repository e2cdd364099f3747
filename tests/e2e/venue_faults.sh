#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each fault alone and ten pairs, over real sockets, by REST and by WebSocket: every position ends flat, none is exited
# twice: venue/run_faults.py. The table is left in build/test/venue-faults.txt.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
export EB_ROOT EB_BIN PYTHONDONTWRITEBYTECODE=1
mkdir -p "$EB_ROOT/build/test"
python3 "$EB_ROOT/tests/e2e/venue/run_faults.py" "$TMP" "$EB_ROOT/build/test/venue-faults.txt" || FAILED=1
finish
