#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# examples/strategies: each passes `check` without a warning, and holds positions through a month that never was: every
# one ends, in the ways that this strategy has, no answer fails, and a second run says the same. Two of them in the
# strategies/ of the default set are asked for the symbols and strategy_ids that are theirs.
set -u -o pipefail
cd "$EB_ROOT" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
overall=0

verdict() {
  local name=$1
  shift
  if "$@"; then echo "ok strategies $name"; else echo "not ok strategies $name"; overall=1; fi
}

month() { lua5.4 tests/examples/month.lua "$1" "$work/MONTHUSDT-1m.csv" "$work/MONTHUSDT-funding.csv"; }

backtest() { # SET TO OPTIONS...
  local set=$1 to=$2
  shift 2
  "$EB_BIN" backtest --klines "$work/MONTHUSDT-1m.csv" --funding "$work/MONTHUSDT-funding.csv" --tick 0.01 \
    --step 0.001 --min-notional 5 --balance 1000 --policies "$set" --json "$to" "$@" 2>"$work/log" ||
    { cat "$work/log"; return 1; }
}

checks() {
  "$EB_BIN" check "$1" >"$work/checked" 2>&1 && grep -q '^0 errors, 0 warnings' "$work/checked" ||
    { cat "$work/checked"; return 1; }
}

# sane NAME OPTIONS... -- REASON...: over the month, exits by just these reasons.
sane() {
  local name=$1 options=(--entries every:60,notional=2000,leverage=5)
  shift
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  shift
  backtest "examples/strategies/$name" "$work/$name.json" "${options[@]}" &&
    backtest "examples/strategies/$name" "$work/again.json" "${options[@]}" &&
    cmp "$work/$name.json" "$work/again.json" && python3 - "$work/$name.json" "$name" "$@" <<'PY'
import json, sys
document, name, wanted = json.load(open(sys.argv[1])), sys.argv[2], set(sys.argv[3:])
episodes, summary = document["episodes"], document["summary"]
said = {reason for reason in summary["exits_by_reason"]}
problems = []
if summary["policy_failures"] != 0:
    problems.append(f"{summary['policy_failures']} answers failed")
if len(episodes) < 15:
    problems.append(f"{len(episodes)} episodes only")
if said - {"end_of_data"} != wanted:
    problems.append(f"exits by {sorted(said)}, not by {sorted(wanted)}")
for e in episodes:
    closed = sum(round(float(x["quantity"]) * 1000) for x in e["exits"])
    if closed != round(float(e["quantity"]) * 1000):
        problems.append(f"#{e['id']}: {closed} of {e['quantity']} closed")
    if float(e["r"]) < -2.5:  # a stop loses one R, its fees and what a gap adds
        problems.append(f"#{e['id']} lost {e['r']} R")
held = sorted(e["closed_ms"] - e["opened_ms"] for e in episodes)
if name == "quick_scalp" and held[-1] > 2 * 3600000:
    problems.append(f"held for {held[-1] / 3600000} hours")
if name == "session_close":  # over no weekend: Friday 20:45 to Monday 0:00
    week = 7 * 24 * 3600000
    for e in episodes:
        closing = (e["opened_ms"] - 1704067200000) // week * week + 1704067200000 + 4 * 24 * 3600000 + 1245 * 60000
        if e["opened_ms"] < closing < e["closed_ms"] - 60000 and e["exits"][-1]["reason"] != "end_of_data":
            problems.append(f"#{e['id']} was carried through a weekend")
sys.exit("\n".join(problems) if problems else 0)
PY
}

# Two strategies beside the brain: reports name by profile who has planned each position.
routes() {
  cp -r policies lua "$work/" && mkdir "$work/policies/strategies" || return 1
  cp -r examples/strategies/{chandelier,time_decay} "$work/policies/strategies/" || return 1
  "$EB_BIN" check "$work/policies" >"$work/checked" 2>&1 || { cat "$work/checked"; return 1; }
  printf '%s\n' time_ms,symbol,side,quantity,leverage,strategy_id 1704074400000,MONTHUSDT,LONG,1,5,patient \
    >"$work/entries.csv"
  local rules='strategy_rules={{strategy="patient",use="time_decay"},{symbol="OTHERUSDT",use="chandelier"}}'
  owner_is time_decay --set "$rules" --entries "$work/entries.csv" &&
    owner_is chandelier --set "$rules" --entries every:60 --symbol OTHERUSDT &&
    owner_is brain --set "$rules" --entries every:60
}

owner_is() { # NAME OPTIONS...
  local name=$1 profiles
  shift
  backtest "$work/policies" "$work/routed.json" "$@" || return 1
  profiles=$(grep -o '"profile":"[^"]*"' "$work/routed.json" | sed 1d | sort -u | tr '\n' ' ')
  case $name in
  brain) [[ $profiles != *time_decay* && $profiles != *chandelier* && $profiles == *TREND* ]] ;;
  *) [ "$profiles" = "\"profile\":\"$name\" " ] ;;
  esac || { echo "$name: $profiles"; return 1; }
}

month 7 || exit 2
for dir in examples/strategies/*/; do
  verdict "$(basename "$dir"): check has nothing to say" checks "$dir"
done
verdict "chandelier over a month" sane chandelier -- stop policy
verdict "drawdown_guard over a month" sane drawdown_guard --set exit_pct=2.0 -- target trailing stop emergency policy
verdict "fixed_percent over a month" sane fixed_percent -- target trailing stop
verdict "funding_aware over a month" sane funding_aware -- target stop policy
verdict "quick_scalp over a month" sane quick_scalp -- target stop policy
verdict "scale_out_and_trail over a month" sane scale_out_and_trail -- target trailing stop
verdict "session_close over a month" sane session_close -- target trailing stop policy
verdict "time_decay over a month" sane time_decay -- target stop policy
verdict "two of them beside the brain" routes
exit $overall
