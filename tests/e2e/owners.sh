#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Who owns the exits of positions that are open: the legacy owners of the set, another of them by a rule, the brain by a
# mode, and back. At each change of hands there is a plan at once, and no stop is looser than it was.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

STATE=$TMP/live
ENGINE=
check() { local name=$1; shift; if "$@"; then ok "$name"; else not_ok "$name"; fi; }
stop_engine() { [ -n "$ENGINE" ] && kill "-$1" "$ENGINE" 2>/dev/null; wait "$ENGINE" 2>/dev/null; ENGINE=; }
trap 'stop_engine KILL; rm -rf "$TMP"' EXIT

# Whether OWNER has planned every position, or those of SYMBOL; "not OWNER": every other one.
owned_by() { # OWNER [SYMBOL]
  doc "p = [p for p in d['positions'] if p['symbol'] == '${2-}' or not '${2-}']
sys.exit(not (p and all(p['owner'] == '$1' and p['decided'] and p['stop'] for p in p)))" positions
}
stops() { doc "[print(p['symbol'], p['side'], p['stop'], p['opened_ms']) for p in d['positions']]" positions | sort; }
# What was open before and still is has a stop at least as tight.
none_looser() {
  python3 - "$1" "$2" <<'END'
import sys
from decimal import Decimal
def read(path): return {(s, side, at): Decimal(stop) for s, side, stop, at in (l.split() for l in open(path))}
before, after = read(sys.argv[1]), read(sys.argv[2])
both = before.keys() & after.keys()
looser = [k for k in both if (after[k] - before[k]) * (1 if k[1] == "LONG" else -1) < 0]
for k in looser: print("#", *k, before[k], "->", after[k])
sys.exit(bool(looser) or len(both) < 4)
END
}
# hand_over NAME OWNER [SYMBOL] -- COMMAND...: the command succeeds, then OWNER has what it should, no stop is looser.
hand_over() {
  local name=$1 owner=$2 symbol=
  shift 2
  [ "$1" = -- ] || { symbol=$1; shift; }
  shift
  stops >"$TMP/before"
  if ! "$@" >"$TMP/said" 2>&1; then sed 's/^/#   /' "$TMP/said"; not_ok "$name"; return; fi
  if until_true 60 owned_by "$owner" "$symbol"; then ok "$name"; else x owners | sed 's/^/#   /'; not_ok "$name"; fi
  stops >"$TMP/after"
  check "$name-loosens-nothing" none_looser "$TMP/before" "$TMP/after"
}

# Slow time: positions stay open as long as the commands take.
"$EB_BIN" run --print-config | sed -e 's/executor_mode = "LIVE"/executor_mode = "SHADOW"/' \
  -e 's/exit_mode = "EXIT_BRAIN_V3"/exit_mode = "LEGACY"/' >"$TMP/legacy.lua"
cp -r "$EB_ROOT/policies" "$TMP/set"
cp -r "$TMP/set" "$TMP/ruled"
sed -i 's/^S.legacy_rules = {}/S.legacy_rules = { { symbol = "BTCUSDT", use = "trailing_stop_manager" } }/' \
  "$TMP/ruled/owners.lua"
cp -r "$TMP/set" "$TMP/wrong"
sed -i 's/^S.legacy_owner = .*/S.legacy_owner = "nobody"/' "$TMP/wrong/owners.lua"

"$EB_BIN" run --config "$TMP/legacy.lua" --out "$STATE" --policies "$TMP/set" --speed 0.1 \
  --start 2025-06-01T12:00:00Z >"$TMP/run" 2>&1 </dev/null &
ENGINE=$!
four_open() { doc "sys.exit(len(d['positions']) < 4)" positions; }
if ! { until_true 60 four_open && until_true 60 owned_by position_monitor; }; then
  not_ok legacy-run
  sed 's/^/#   /' "$TMP/run" | tail -n 20
  x owners | sed 's/^/#   /'
  finish
fi
ok legacy-run

expect owners 0 "EXIT_MODE=LEGACY" "BTCUSDT" "position_monitor" -- x owners
expect positions 0 "position_monitor" -- x positions --wide
expect explain 0 "BTCUSDT LONG" "position_monitor" "in force" -- x explain BTCUSDT
check nothing-was-sent doc "sys.exit(d['orders'] != [])" orders

expect unknown-owner 1 "legacy_owner: expected one of" "nobody" -- x reload "$TMP/wrong"
check unknown-owner-changes-nothing owned_by position_monitor
hand_over rule trailing_stop_manager BTCUSDT -- x reload "$TMP/ruled" --why "a rule for one symbol"
check the-others-stay owned_by position_monitor ETHUSDT
hand_over to-the-brain brain -- x mode --exit EXIT_BRAIN_V3 --yes --why "a try"
expect brain 0 "EXIT_MODE=EXIT_BRAIN_V3" "brain" -- x owners
hand_over back position_monitor ETHUSDT -- x mode --exit LEGACY --yes
check back-by-the-rule owned_by trailing_stop_manager BTCUSDT
expect still-shadow 0 "EXIT_EXECUTOR_MODE=SHADOW" "EXIT_MODE=LEGACY" -- x mode
stop_engine TERM

# A legacy owner's orders leave when the modes let them, and every exit agrees with the exchange's books.
sed -i 's/executor_mode = "SHADOW"/executor_mode = "LIVE"/' "$TMP/legacy.lua"
expect live 0 "owner position_monitor" "episodes ended" "every position was decided, protected and reconciled" -- \
  "$EB_BIN" run --config "$TMP/legacy.lua" --out "$TMP/sent" --policies "$TMP/set" --for 10s --speed 60 \
  --start 2025-06-01T12:00:00Z
finish
