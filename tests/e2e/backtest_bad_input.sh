#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Bad input of a backtest: status 2, file and line, what is wrong; never a crash, never a row skipped in silence.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

python3 - "$TMP" <<'END'
import gzip, sys
tmp = sys.argv[1]
start = 1700000040000
def row(i, o=100.0):
    t = start + i * 60000
    return "%d,%.2f,%.2f,%.2f,%.2f,1,%d,1,1,1,1,0" % (t, o, o + 0.5, o - 0.5, o + 0.1, t + 59999)
rows = [row(i) for i in range(600)]
head = ("open_time,open,high,low,close,volume,close_time,quote_volume,count,"
        "taker_buy_volume,taker_buy_quote_volume,ignore")
def write(name, lines, end="\n"):
    with open("%s/%s" % (tmp, name), "w") as f:
        f.write("\n".join(lines) + end)
write("GOODUSDT-1m.csv", [head] + rows)
write("CUTUSDT-1m.csv", rows[:300] + [rows[300][:40]], "")
write("BACKUSDT-1m.csv", rows[:200] + [rows[150]] + rows[201:])
write("TWICEUSDT-1m.csv", rows[:200] + [rows[199]] + rows[200:])
write("WORDUSDT-1m.csv", rows[:50] + [rows[50].replace("100.00", "abc", 1)] + rows[51:])
write("ZEROUSDT-1m.csv", rows[:50] + [rows[50].replace("99.50", "0", 1)] + rows[51:])
write("HIGHUSDT-1m.csv", rows[:50] + [rows[50].replace("100.50", "99.00", 1)] + rows[51:])
write("COLSUSDT-1m.csv", rows[:50] + [rows[50] + ",1"] + rows[51:])
write("GAPUSDT-1m.csv", rows[:200] + rows[260:])
write("EMPTYUSDT-1m.csv", [], "")
write("HEADUSDT-1m.csv", [head])
whole = gzip.compress("\n".join(rows).encode() + b"\n")
open(tmp + "/SHORTUSDT-1m.csv.gz", "wb").write(whole[: len(whole) // 2])
open(tmp + "/NOGZUSDT-1m.csv.gz", "wb").write(b"plain,text\n")
open(tmp + "/NOISEUSDT-1m.csv", "wb").write(bytes(range(256)) * 64)
columns = "time_ms,symbol,side,quantity,leverage,strategy_id"
t = start + 60 * 60000
write("good.csv", [columns, "%d,GOODUSDT,LONG,1,10,x" % t])
write("unknown.csv", [columns, "%d,OTHERUSDT,LONG,1,10,x" % t])
write("sideways.csv", [columns, "%d,GOODUSDT,UP,1,10,x" % t])
write("step.csv", [columns, "%d,GOODUSDT,LONG,1.05,10,x" % t])
write("twice.csv", [columns] + ["%d,GOODUSDT,LONG,1,10,x" % (t + k) for k in (0, 1)])
write("late.csv", [columns, "%d,GOODUSDT,LONG,1,10,x" % (start + 10**9)])
write("nohead.csv", ["%d,GOODUSDT,LONG,1,10,x" % t])
write("info.json", ['{"symbols":[{"symbol":"GOODUST","status":"TRADING","filters":[]}]}'])
write("broken.json", ['{"symbols":['])
END

back() { "$EB_BIN" backtest --tick 0.01 --step 0.1 "$@"; }
klines() {
  local name=$1 file=$2
  shift 2
  expect "$name" 2 "$file" "$@" -- back --klines "$TMP/$file" --entries every:60
}
export -f back
export EB_BIN

expect good 0 "GOODUSDT" "exits by" -- back --klines "$TMP/GOODUSDT-1m.csv" --entries every:60
klines truncated-row CUTUSDT-1m.csv ":301"
klines step-back BACKUSDT-1m.csv ":201"
klines duplicate TWICEUSDT-1m.csv ":201" duplicate
klines word WORDUSDT-1m.csv ":51" abc
klines zero ZEROUSDT-1m.csv ":51"
klines high-below-low HIGHUSDT-1m.csv ":51"
klines columns COLSUSDT-1m.csv ":51" columns
klines empty EMPTYUSDT-1m.csv "no rows"
klines header-only HEADUSDT-1m.csv "no rows"
klines truncated-gzip SHORTUSDT-1m.csv.gz
klines no-gzip NOGZUSDT-1m.csv.gz
klines noise NOISEUSDT-1m.csv
expect missing 2 "nowhere-1m.csv" -- back --klines "$TMP/nowhere-1m.csv" --entries every:60
expect gap 0 "warning: GAPUSDT: 60 bars are missing in 1 gaps" -- \
  back --klines "$TMP/GAPUSDT-1m.csv" --entries every:60 --json -
expect gap-counted 0 '"gaps":1,"missing_bars":60' -- back --klines "$TMP/GAPUSDT-1m.csv" --entries every:60 --json -

entries() {
  local name=$1 file=$2
  shift 2
  expect "$name" 2 "$@" -- back --klines "$TMP/GOODUSDT-1m.csv" --entries "$TMP/$file"
}
expect entries 0 "GOODUSDT" -- back --klines "$TMP/GOODUSDT-1m.csv" --entries "$TMP/good.csv"
entries unknown-symbol unknown.csv "unknown.csv:2" OTHERUSDT
entries side sideways.csv "sideways.csv:2" side
entries off-step step.csv "step.csv:2" "step 0.1"
entries position-open twice.csv "twice.csv:3" "already has an open position" "--adds"
entries after-the-end late.csv "late.csv:2" "at or after"
entries no-header nohead.csv "nohead.csv:1" header
entries no-entries nowhere.csv nowhere.csv
expect every-word 2 "every" -- back --klines "$TMP/GOODUSDT-1m.csv" --entries every:x
expect every-key 2 "did you mean leverage" -- back --klines "$TMP/GOODUSDT-1m.csv" --entries every:60,leverag=3
expect every-small 2 "minimum quantity" "GOODUSDT" -- \
  back --klines "$TMP/GOODUSDT-1m.csv" --entries every:60,notional=1
expect instrument-unknown 2 "GOODUSDT" -- \
  "$EB_BIN" backtest --klines "$TMP/GOODUSDT-1m.csv" --entries every:60 --instruments "$TMP/info.json"
expect instrument-broken 2 "broken.json" -- \
  "$EB_BIN" backtest --klines "$TMP/GOODUSDT-1m.csv" --entries every:60 --instruments "$TMP/broken.json"
expect output 1 "$TMP/no/where.json" -- \
  back --klines "$TMP/GOODUSDT-1m.csv" --entries every:60 --json "$TMP/no/where.json"

# A policy that fails: counted, the first message told, the built-in plan in its place.
mkdir "$TMP/fails" && printf 'return { name = "x", version = "1", decide = function(ctx) return ctx.nothing end }\n' \
  >"$TMP/fails/init.lua"
expect policy-fails 0 "warning: the policy failed" "nothing" '"policy_failures":' -- \
  back --klines "$TMP/GOODUSDT-1m.csv" --entries every:60 --policies "$TMP/fails" --json -
finish
