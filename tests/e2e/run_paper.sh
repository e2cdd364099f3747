#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The embedded default: its first minute, a stop by signal, its record.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

"$EB_BIN" run --for 15s --speed 4 --seed 2 --out "$TMP/run" --json - >"$TMP/report.json" 2>"$TMP/events"
status=$?
[ $status = 0 ] && ok run-status || { not_ok run-status; cat "$TMP/events"; }

python3 - "$TMP/report.json" <<'END' || FAILED=1
import json, sys
from decimal import Decimal as D

d = json.load(open(sys.argv[1]))
failed = 0

def case(name, good, detail=""):
    global failed
    print(("ok " if good else "not ok ") + name)
    if not good:
        failed = 1
        print("#", detail)

case("verdict", d["ok"] and d["decided"] and d["protected"] and d["reconciled"] and d["problems"] == [], d["problems"])
case("episodes", len(d["episodes"]) >= 5 and d["open"] == [], len(d["episodes"]))
case("regimes", len(d["regimes"]) >= 3, d["regimes"])
case("reasons", {"target", "stop", "trailing"} <= set(d["exits_by_reason"]), d["exits_by_reason"])
case("sides", {e["side"] for e in d["episodes"]} == {"LONG", "SHORT"})
case("adopted", {e["adopted"] for e in d["episodes"]} == {True, False})
times = (d["for_ms"], d["simulated_ms"])
case("time", 14900 <= times[0] <= 20000 and 60000 <= times[1] <= 61000, times)
fees = D(0)
for e in d["episodes"]:
    name = e["symbol"] + " " + e["side"]
    exits = e["exits"]
    fees += sum(D(x["fee"]) for x in exits)
    closed = sum(D(x["quantity"]) for x in exits)
    case(name + " flat", closed == D(e["quantity"]) and e["left"] == "0", (str(closed), e["quantity"]))
    case(name + " times", all(e["opened_ms"] <= x["time_ms"] <= e["closed_ms"] for x in exits) and
         [x["time_ms"] for x in exits] == sorted(x["time_ms"] for x in exits))
    sign = 1 if e["side"] == "LONG" else -1
    off = max(abs(sign * (D(x["price"]) - D(e["entry"])) / D(e["r"]) - D(x["r"])) for x in exits)
    case(name + " r", off <= D("0.000001"), str(off))
    risk = sign * (D(e["entry"]) - D(e["initial_stop"]))
    case(name + " risk", risk == D(e["r"]), (str(risk), e["r"]))
    case(name + " protected", e["protected"] and 0 <= e["protected_after_ms"] <= 5000)
    case(name + " regime", e["regime"] == e["profile"] and e["decided"] and e["reconciled"])
    why = all(l["why"] for l in e["levels"])
    legs = {l["leg"] for l in e["levels"] if l["kind"] == "target" and l["state"] == "fired"}
    case(name + " levels", why and legs == {x["leg"] for x in exits if x["reason"] == "target"})
case("by reason", sum(d["exits_by_reason"].values()) == sum(len(e["exits"]) for e in d["episodes"]))
case("fees", 0 < fees < D(d["stats"]["fees"]), (str(fees), d["stats"]["fees"]))
wallet, pnl, paid, funding = (D(d["stats"][k]) for k in ("wallet", "pnl", "fees", "funding"))
case("wallet", wallet == 10000 + pnl - paid + funding)
sys.exit(failed)
END

lines=$(grep -c . "$TMP/events")
[ "$lines" -ge 30 ] && ok events || not_ok "events: $lines lines"
cmp -s "$TMP/report.json" "$TMP/run/report.json" && ok report-in-record || not_ok report-in-record
[ -s "$TMP/run/run.tape" ] && [ -s "$TMP/run/exitbrain.lua" ] && ok record || not_ok record

# The same seed and start again: the same episodes, to the last digit.
start=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["start_ms"])' "$TMP/report.json")
"$EB_BIN" run --for 2s --speed 30 --seed 2 --start "$start" --out "$TMP/again" --json "$TMP/again.json" \
  >"$TMP/page" 2>&1
[ $? = 0 ] && ok again-status || not_ok again-status
python3 -c 'import json,sys
a, b = (json.load(open(f)) for f in sys.argv[1:3])
sys.exit(a["episodes"] != b["episodes"])' "$TMP/report.json" "$TMP/again.json" &&
  ok repeats-itself || not_ok repeats-itself
for words in "BTCUSDT LONG" "found open" "seen opening" "fired at" "the episode ended before it was reached" \
  "every position was decided, protected and reconciled" "record   $TMP/again"; do
  grep -qF "$words" "$TMP/page" && ok "page: $words" || not_ok "page: $words"
done

# Stopped by a signal: the summary comes all the same, and what is open is explained, not closed.
"$EB_BIN" run --speed 4 --seed 2 --json - --out "$TMP/stopped" >"$TMP/stopped.json" 2>/dev/null &
pid=$!
sleep 4
kill -INT $pid
wait $pid
[ $? = 0 ] && ok signal-status || not_ok signal-status
python3 -c 'import json,sys
d = json.load(open(sys.argv[1]))
open_ = d["open"]
sys.exit(not (open_ and all(e["closed_ms"] is None and e["levels"] and e["protected"] for e in open_)))' \
  "$TMP/stopped.json" && ok signal-open || not_ok signal-open
kill -0 $pid 2>/dev/null && not_ok signal-gone || ok signal-gone

# SIGHUP reloads the policies; the run goes on. (A terminal that goes away ends it: no test has one.)
"$EB_BIN" run --for 3s --seed 2 --json - --out "$TMP/hung" >"$TMP/hung.json" 2>"$TMP/hung.err" &
pid=$!
sleep 1
kill -HUP $pid
wait $pid && grep -q '"for_ms":3' "$TMP/hung.json" && ok hangup-reloads || not_ok hangup-reloads

# What is printed to a closed stream is lost, and does not end up in the record.
"$EB_BIN" run --for 1s --out "$TMP/closed" >&- 2>/dev/null
[ $? = 1 ] && ok closed-status || not_ok closed-status
expect closed-record 0 "BTCUSDT LONG" -- "$EB_BIN" explain BTCUSDT --record "$TMP/closed"

# In shadow nothing is sent, and the run says so.
printf 'return {}\n' >"$TMP/shadow.lua"
expect shadow 1 "mode is not LIVE: nothing was sent" -- \
  "$EB_BIN" run --config "$TMP/shadow.lua" --for 1s --speed 30 --out "$TMP/shadow"
expect profile 0 '"profile":"CHALLENGE_100"' -- \
  env EXIT_BRAIN_PROFILE=CHALLENGE_100 "$EB_BIN" run --for 1s --speed 30 --out "$TMP/challenge" --json -
# The default place keeps the newest runs.
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do "$EB_BIN" run --for 1s --speed 1 --json - >/dev/null 2>&1 & done
wait
kept=$(ls -d "$XDG_STATE_HOME"/exitbrain/run-* | wc -l)
[ "$kept" -le 10 ] && [ "$kept" -ge 1 ] && ok keeps-newest || not_ok "keeps-newest: $kept"
finish
