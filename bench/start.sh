#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From the exec of the engine to every position protected: 150 under 1 s, 1,000 without limits of orders under 3 s,
# 1,000 with the exchange's: 190 by rank. Status 1: a goal was missed.   bench/start.sh [REPEATS]
# EB_BIN: the program; build/release/exitbrain unless told.
set -u
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT
unset EXIT_MODE EXIT_EXECUTOR_MODE EXIT_BRAIN_V3_LIVE_ROLLOUT EXIT_BRAIN_PROFILE QT_TRAILING_STOP_ENABLED
python3 -B "$ROOT/bench/live/start.py" "${EB_BIN:-$ROOT/build/release/exitbrain}" "$FOLDER" "${1:-1}"
