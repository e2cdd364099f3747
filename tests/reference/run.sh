#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The backtest against calculations that share no code with it; see compare.py.
# EB_REFERENCE_ALL=1 takes every real month, EB_REFERENCE_MARKETS=N more random markets.
set -u
EB_ROOT=${EB_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)}
EB_BIN=${EB_BIN:-$EB_ROOT/build/release/exitbrain}
export EB_ROOT EB_BIN
exec python3 "$EB_ROOT/tests/reference/compare.py"
