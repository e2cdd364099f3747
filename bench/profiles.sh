#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the shipped set does to real months, as docs/RESULTS.md shows it: per regime, profile, symbol and path.
#     EXITBRAIN_DATA=DIR bench/profiles.sh >docs/RESULTS.md
# EB_BUILD: where exitbrain and exitbrain_host.so are; build/release unless told. Progress is on stderr.
set -u
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
: "${EXITBRAIN_DATA:?names a directory of market data, see CONTRIBUTING.md}"
export EB_ROOT=$ROOT EB_BUILD=${EB_BUILD:-$ROOT/build/release}
unset EXIT_MODE EXIT_EXECUTOR_MODE EXIT_BRAIN_V3_LIVE_ROLLOUT EXIT_BRAIN_PROFILE QT_TRAILING_STOP_ENABLED
exec python3 -B "$ROOT/bench/live/profiles.py" "$EXITBRAIN_DATA"
