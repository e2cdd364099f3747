#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An account managed over real sockets: TLS, SHADOW, hands of others, foreign stops, hedge mode, what LIVE must not
# begin with, kill -9: venue/run_live.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
export EB_ROOT EB_BIN PYTHONDONTWRITEBYTECODE=1
python3 "$EB_ROOT/tests/e2e/venue/run_live.py" "$TMP" || FAILED=1
finish
