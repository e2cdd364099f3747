#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Commands of operators against an engine that runs: what they print, their exit status, and what becomes of it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

STATE=$TMP/live
ENGINE=
is_open() { doc "sys.exit('$1' not in [p['symbol'] for p in d['positions']])" positions; }
is_flat() { ! is_open "$1"; }
is_ready() { doc "sys.exit(not (d['positions']['open'] >= 4 and d['positions']['undecided'] == 0 and
                                d['positions']['protected'] == d['positions']['open']))" status; }
check() { local name=$1; shift; if "$@"; then ok "$name"; else not_ok "$name"; fi; }
stop_engine() { [ -n "$ENGINE" ] && kill "-$1" "$ENGINE" 2>/dev/null; wait "$ENGINE" 2>/dev/null; ENGINE=; }
trap 'stop_engine KILL; rm -rf "$TMP"' EXIT

expect no-engine 3 "no engine was started here yet" "exitbrain run" -- "$EB_BIN" status
expect no-state 3 "$TMP/none" -- "$EB_BIN" positions --state "$TMP/none"
expect no-socket 3 "no engine answers at $TMP/none" -- "$EB_BIN" pause --socket "$TMP/none"

# Slow time: positions stay open as long as the commands take.
cp -r "$EB_ROOT/policies" "$TMP/set"
"$EB_BIN" run --out "$STATE" --policies "$TMP/set" --speed 0.1 --start 2025-06-01T12:00:00Z \
  >"$TMP/run" 2>&1 </dev/null &
ENGINE=$!
if ! until_true 60 is_ready; then
  not_ok ready
  sed 's/^/#   /' "$TMP/run" | tail -n 20
  x status | sed 's/^/#   /'
  finish
fi
ok ready

# ---- questions ----
expect status 0 "LIVE: orders are sent" "connected, prices are taken" "records durable" "a new journal" -- x status
expect newest 0 "LIVE: orders are sent" -- "$EB_BIN" status
expect positions 0 "BTCUSDT" "LONG" "protected" "target" -- x positions
expect positions-of-one 0 "ETHUSDT  SHORT" -- x positions ETHUSDT
expect positions-wide 0 "profile" "TREND" "brain" -- x positions --wide
expect orders 0 "backstop" "stop market" "new" -- x orders
expect owners 0 "exits belong to" "EXIT_MODE=EXIT_BRAIN_V3" -- x owners
expect explain 0 "BTCUSDT LONG" "in force" "next consult at" "from $STATE" -- x explain BTCUSDT
expect explain-none 1 "ETHUSDT: no LONG position was seen" -- x explain ETHUSDT:LONG
expect explain-unknown 2 "did you mean BTCUSDT?" -- x explain BTCUSD
expect doctor 0 "nothing wrong" -- x doctor
expect mode 0 "LIVE: orders are sent" "EXIT_EXECUTOR_MODE=LIVE" -- x mode
for command in status positions orders owners doctor; do
  check "$command-json" doc "" $command
done
check narrow sh -c "'$EB_BIN' positions --state '$STATE' | awk 'length > 100 { exit 1 }'"

# ---- changes ----
expect pause 0 "paused: no consult, no target" -- x pause --why "a test of pauses"
check pause-is-known doc "sys.exit(not d['paused'])" status
check pause-is-logged grep -q '"operator.command".*a test of pauses' "$STATE/engine.log"
expect resume 0 "resumed" -- x resume
expect once 0 "paused" -- x pause --id 00000000000000aa
expect resume-again 0 "resumed" -- x resume
expect the-same-once 0 "" -- x pause --id 00000000000000aa
check the-same-is-done-once doc "sys.exit(d['paused'])" status
expect another-under-that-id 2 "was another command's" -- x resume --id 00000000000000aa

expect release 0 "BTCUSDT is released" "its backstop at" "stays" -- x release BTCUSDT
expect owners-of-released 0 "nobody here" "released by an operator" -- x owners
expect adopt 0 "BTCUSDT is taken back" -- x adopt BTCUSDT
expect release-unknown 2 "did you mean BTCUSDT?" -- x release BTCUSD
expect rearm 0 "no target is parked" -- x rearm BTCUSDT
expect confirm 0 "it was found open" -- x confirm BTCUSDT

expect flatten-unconfirmed 2 "closes 1 position at market: ETHUSDT SHORT" "--yes" -- x flatten ETHUSDT
check flatten-unconfirmed-does-nothing is_open ETHUSDT
expect flatten 0 "closing 1 position at market" "stays until it is flat" -- x flatten ETHUSDT --yes --why "enough"
check flatten-closes until_true 60 is_flat ETHUSDT
check others-stay is_open BTCUSDT
expect ended 0 "ETHUSDT" "flatten" -- x positions --all

# ---- signals ----
expect signals-none 0 "no signal stands" -- x signal
expect signal 0 "BTCUSDT note = 7; the policy is asked" -- x signal BTCUSDT note 7 --why "a test of signals"
expect signal-of-all 0 "all symbols: note = calm" -- x signal note calm --for 2h
check signal-is-logged grep -q '"operator.signal".*a test of signals' "$STATE/engine.log"
expect signal-again 0 "nothing changed" -- x signal BTCUSDT note 7
expect signals 0 "BTCUSDT  note" "all      note" "ever" -- x signal
check signals-json doc "sys.exit([s['value'] for s in d['signals']] != ['7', 'calm'])" signal
expect signals-in-status 0 "BTCUSDT note=7, all note=calm" -- x status
expect signal-cleared 0 "is taken back" -- x signal BTCUSDT note --clear
expect signal-usage 2 "[SYMBOL] NAME VALUE" -- x signal note
expect signal-clear-usage 2 "--clear takes [SYMBOL] NAME" -- x signal BTCUSDT note 7 --clear
expect signal-name 2 "a word of letters" -- x signal BTCUSDT no-te 7
expect signal-unknown 2 "did you mean BTCUSDT?" -- x signal BTCUSD note 7
expect journaled-signal 0 "note = calm, with an end," "BTCUSDT" "note taken back" "a test of signals" -- \
  x journal show --kind signal

# ---- policies ----
expect plan-same 0 "unchanged" -- x plan "$TMP/set"
cp -r "$TMP/set" "$TMP/bad"
printf 'return {\n  name = "bad",\n  decide = 7,\n}}\n' >"$TMP/bad/init.lua"
expect plan-bad 1 "init.lua" "refused" -- x plan "$TMP/bad"
expect reload-bad 1 "init.lua" -- x reload "$TMP/bad" --why "by mistake"
expect rollback-none 1 "no set before" -- x rollback
expect reload-nowhere 2 "$TMP/nowhere" -- x reload "$TMP/nowhere"

# ---- those who do not speak the protocol ----
python3 - "$STATE/control.sock" <<'END' && ok garbage || not_ok garbage
import json, socket, sys
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(30)
    s.connect(sys.argv[1])
    return s
def rest(s):
    out = b""
    while True:
        part = s.recv(65536)
        if not part:
            return out
        out += part
s = connect()
s.sendall(b"GET / HTTP/1.1\r\n\r\n")
answer = json.loads(rest(s))
assert not answer["ok"] and "no request" in answer["error"], answer
s = connect()
s.sendall(b"x" * 70000)
assert b"65536" in rest(s)
idle = [connect() for _ in range(40)]  # more than there are places
half = connect()
half.sendall(b'{"v":1,"cmd":"sta')
s = connect()
s.sendall(b'{"v":1,"id":"z","cmd":"status","args":{"want":"doc"}}\n')
answer = json.loads(s.makefile().readline())
assert answer["ok"] and answer["id"] == "z" and "text" not in answer, answer
END
expect still-there 0 "LIVE" -- x status

# ---- modes ----
expect shadow-unconfirmed 2 "LIVE -> SHADOW with" "--yes" -- x mode --executor SHADOW
expect shadow 0 "LIVE -> SHADOW" "its backstop at" "stays" -- x mode --executor SHADOW --yes
expect flatten-in-shadow 1 "SHADOW: nothing sent" "EXIT_EXECUTOR_MODE=SHADOW (a command)" -- x flatten --yes
check nothing-was-closed is_open BTCUSDT

# ---- the end ----
cp "$STATE"/journal.db* "$TMP" 2>/dev/null
stop_engine KILL
expect killed 3 "no engine answers at" "exitbrain run" -- x status
expect explain-past 0 "BTCUSDT LONG" "run.tape" -- x explain BTCUSDT --at +1s
rm "$STATE/run.tape"
expect explain-journal 0 "BTCUSDT LONG" "journal.db" "in force" -- x explain BTCUSDT --at +1s
expect explain-after-the-end 0 "ETHUSDT SHORT" "ended" "exit (flatten)" -- x explain ETHUSDT
finish
