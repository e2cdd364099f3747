#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# explain over the record of a run: at its end, for past moments, and what it says to wrong questions.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

"$EB_BIN" run --for 1s --speed 60 --start 2025-06-01T12:00:00Z --json "$TMP/report.json" >/dev/null 2>&1 ||
  not_ok "the run to explain"
record=$(echo "$XDG_STATE_HOME"/exitbrain/run-*)

expect newest 0 "BTCUSDT LONG" "found open" "regime TREND" "fired at 12:00:" "stop (trail)" "another" -- \
  sh -c "'$EB_BIN' explain BTCUSDT; '$EB_BIN' explain BTCUSDT --at +20s"
expect directory 0 "SOLUSDT SHORT" "profile VOLATILE" -- "$EB_BIN" explain SOLUSDT --record "$record"
expect file 0 "XRPUSDT SHORT" "profile CHOP" -- "$EB_BIN" explain XRPUSDT:SHORT --record "$record/run.tape"
expect past 0 "the trail has not started: its activation was not reached" \
  "waiting: the price has not reached it" "in force" "cycle consults suppressed until" -- \
  "$EB_BIN" explain BTCUSDT --at +20s
expect before-a-cycle 0 "next consult at 12:00:10.000" -- "$EB_BIN" explain BTCUSDT --at +9s
expect resting 0 "resting at the venue as a reduce-only limit" "0.049 left" -- "$EB_BIN" explain BTCUSDT --at +5s
expect iso 0 "as of 2025-06-01 12:00:20.000 UTC" -- "$EB_BIN" explain BTCUSDT --at 2025-06-01T12:00:20Z
expect epoch 0 "as of 2025-06-01 12:00:20.000 UTC" -- "$EB_BIN" explain BTCUSDT --at 1748779220000
expect earlier-position 0 "SOLUSDT LONG" -- "$EB_BIN" explain SOLUSDT --at +10s
expect side 0 "SOLUSDT LONG" "ended" -- "$EB_BIN" explain SOLUSDT:LONG

expect not-yet 1 "SOLUSDT: no position was seen until" -- "$EB_BIN" explain SOLUSDT --at +1s
expect no-side 1 "XRPUSDT: no LONG position" -- "$EB_BIN" explain XRPUSDT:LONG
expect unknown 2 "BTCUST: no such symbol" "did you mean BTCUSDT?" -- "$EB_BIN" explain BTCUST
expect bad-side 2 "LONG, SHORT" -- "$EB_BIN" explain BTCUSDT:UP
expect bad-time 2 "is no time" -- "$EB_BIN" explain BTCUSDT --at noon
expect too-early 2 "lies before the beginning of the record" -- "$EB_BIN" explain BTCUSDT --at 2025-06-01
expect past-the-end 0 "warning: the record ends at 2025-06-01 12:0" "as of 2025-06-01 12:0" -- \
  "$EB_BIN" explain BTCUSDT --at +2h
expect no-record 2 "$TMP/none" -- "$EB_BIN" explain BTCUSDT --record "$TMP/none"
expect no-run 2 "no run is recorded in" -- env XDG_STATE_HOME="$TMP/other" "$EB_BIN" explain BTCUSDT
head -c 5000 /dev/urandom >"$TMP/noise"
expect noise 2 "$TMP/noise" -- "$EB_BIN" explain BTCUSDT --record "$TMP/noise"
head -c 200000 "$record/run.tape" >"$TMP/cut.tape"
expect cut 0 "ends early" "BTCUSDT LONG" -- "$EB_BIN" explain BTCUSDT --record "$TMP/cut.tape"

# What explain folds from the record is what the run itself reported.
"$EB_BIN" explain AVAXUSDT --json >"$TMP/avax.json" 2>/dev/null
python3 - "$TMP/report.json" "$TMP/avax.json" <<'END' && ok same-as-report || not_ok same-as-report
import json, sys
report, told = (json.load(open(f)) for f in sys.argv[1:3])
a = next(e for e in report["episodes"] if e["symbol"] == "AVAXUSDT")
b = told["positions"][0]
keys = ["side", "regime", "profile", "entry", "quantity", "r", "initial_stop", "exits", "levels", "stages"]
different = [k for k in keys if a[k] != b[k]]
print("#", different)
sys.exit(bool(different) or b["open"])
END
finish
