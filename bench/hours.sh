#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# 100 simulated hours in one wall hour (or HOURS at SPEED): memory and descriptors of engine and exchange, and the slope
# of a line through them. Status 1: not flat.   HOURS=1 bench/hours.sh
#   HOURS=100 SPEED=100 SYMBOLS=12 TICK=1s  of the simulated market      EVERY=10  seconds between samples
#   KEEP=10h  after which the journal's old records go                   EB_BIN    the program
set -u
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT
unset EXIT_MODE EXIT_EXECUTOR_MODE EXIT_BRAIN_V3_LIVE_ROLLOUT EXIT_BRAIN_PROFILE QT_TRAILING_STOP_ENABLED
python3 -B "$ROOT/bench/live/hours.py" "${EB_BIN:-$ROOT/build/release/exitbrain}" "$FOLDER/run" "${HOURS:-100}" \
  "${SPEED:-100}" "${SYMBOLS:-12}" "${TICK:-1s}" "${EVERY:-10}" "${KEEP:-10h}"
