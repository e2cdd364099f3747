#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The simulated exchange as a process: it starts, hands reach it, it refuses what it cannot do, and leaves its trades.
. "$(dirname "$0")/lib.bash"

SOCKET=$TMP/venue.sock
TRADES=$TMP/trades.csv
START=2025-06-01T00:00:00Z
SIM=
trap '[ -z "$SIM" ] || kill -KILL "$SIM" 2>/dev/null; rm -rf "$TMP"' EXIT

hand() { "$EB_BIN" hand --venue "unix:$SOCKET" "$@"; }

# Waits until the exchange answers, for 20 s at most.
answers() {
  for _ in $(seq 200); do
    hand status >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  return 1
}

start() {
  "$EB_BIN" sim --listen "unix:$SOCKET" "$@" >"$TMP/sim.out" 2>"$TMP/sim.log" &
  SIM=$!
  answers
}

stop() {
  kill -TERM "$SIM" && wait "$SIM" && SIM=
}

# ---- usage
expect "sim: says what it listens with" 2 "--listen ADDR:PORT or unix:PATH" -- "$EB_BIN" sim
expect "sim: an address without a port" 2 "ADDR:PORT as in 127.0.0.1:8090" -- "$EB_BIN" sim --listen localhost
expect "sim: a clock for records only" 2 "--free-clock is for --listen unix:PATH" -- \
  "$EB_BIN" sim --listen 127.0.0.1:0 --free-clock
expect "sim: keys for sockets only" 2 "--keys is for --listen ADDR:PORT" -- \
  "$EB_BIN" sim --listen "unix:$SOCKET" --keys "$TMP/keys"
expect "sim: a feed that is none" 2 "klines:FILE" -- "$EB_BIN" sim --listen 127.0.0.1:0 --keys "$TMP/keys" --feed dice
expect "sim: a file that is not there" 2 "nothing.csv" -- \
  "$EB_BIN" sim --listen 127.0.0.1:0 --keys "$TMP/keys" --feed "klines:$TMP/nothing.csv"
expect "sim: clients live at wall time" 2 "--speed max" -- \
  "$EB_BIN" sim --listen 127.0.0.1:0 --keys "$TMP/keys" --speed max
echo '{"name": "earthquake"}' >"$TMP/faults"
expect "sim: a fault that is none" 2 "$TMP/faults:1" "lose_request" -- \
  "$EB_BIN" sim --listen 127.0.0.1:0 --keys "$TMP/keys" --faults "$TMP/faults"
[ "$(stat -c %a "$TMP/keys/paper.key")" = 600 ] &&
  ok "sim: its key is the owner's" || not_ok "sim: its key is the owner's"
chmod 644 "$TMP/keys/paper.key"
expect "sim: a key that others may read" 2 "chmod" -- "$EB_BIN" sim --listen 127.0.0.1:0 --keys "$TMP/keys"
chmod 600 "$TMP/keys/paper.key"
expect "sim: an unknown scene" 2 "paper, busy:N or still:N" -- "$EB_BIN" sim --listen "unix:$SOCKET" --scene quiet
expect "sim: too many symbols" 2 "--scene" "1000" -- "$EB_BIN" sim --listen "unix:$SOCKET" --scene busy:1001
expect "sim: a clock that would run away" 2 "give it a speed" -- \
  "$EB_BIN" sim --listen "unix:$SOCKET" --free-clock --speed max
expect "sim: a tick that divides no minute" 2 "divide a minute" -- "$EB_BIN" sim --listen "unix:$SOCKET" --tick 70ms
expect "sim: a path that is too long" 2 "107 bytes" -- "$EB_BIN" sim --listen "unix:$TMP/$(printf 'x%.0s' {1..120})"
expect "hand: nobody there" 3 "is \`exitbrain sim\` running?" -- hand status
expect "hand: of which exchange" 2 "--venue unix:PATH" -- "$EB_BIN" hand status
expect "hand: help" 0 "open SYMBOL LONG|SHORT" "cancel SYMBOL" -- "$EB_BIN" hand --help

# ---- at an address: any client of the exchange's protocol
reached() { curl -s --max-time 5 "$@"; }
"$EB_BIN" sim --listen 127.0.0.1:0 --keys "$TMP/keys" --control --tls --trades "$TRADES" >"$TMP/said" 2>"$TMP/sim.log" &
SIM=$!
until_true 10 grep -q listening "$TMP/said"
at() { python3 -c "import json, sys; print(eval('d' + sys.argv[1], {'d': json.load(open('$TMP/said'))}))" "$1"; }
REST=$(at '["listening"]["rest"]')
CA=$(at '["ca_file"]')
case $REST in https://127.0.0.1:*) ok "sim: says where it listens" ;; *) not_ok "sim: says where it listens" ;; esac
reached --cacert "$CA" "$REST/fapi/v1/exchangeInfo" | grep -q '"symbol":"BTCUSDT"' &&
  ok "sim: answers over TLS" || not_ok "sim: answers over TLS"
reached "$REST/fapi/v1/ping" >/dev/null && not_ok "sim: a certificate of its own" || ok "sim: a certificate of its own"
reached --cacert "$CA" "$REST/fapi/v3/account" | grep -q '"code":-2014' &&
  ok "sim: asks for a key" || not_ok "sim: asks for a key"
opening='{"symbol":"BTCUSDT","side":"LONG","quantity":"0.01"}'
reached --cacert "$CA" -d "$opening" "$REST/sim/open" | grep -q '"ok":true' &&
  ok "sim: hands reach it" || not_ok "sim: hands reach it"
stop && ok "sim: ends when asked" || not_ok "sim: ends when asked"
grep -q "BTCUSDT,LONG,foreign,0,0.01," "$TRADES" && ok "sim: leaves its trades" || not_ok "sim: leaves its trades"
"$EB_BIN" sim --listen 127.0.0.1:0 --keys "$TMP/keys" >"$TMP/said" 2>"$TMP/sim.log" &
SIM=$!
until_true 10 grep -q listening "$TMP/said"
[ "$(reached -o /dev/null -w '%{http_code}' -d '{}' "$(at '["listening"]["rest"]')/sim/state")" = 404 ] &&
  ok "sim: hands are off by default" || not_ok "sim: hands are off by default"
stop

# ---- a life
if start --scene still:3 --seed 4 --start $START --trades "$TRADES"; then ok "sim: starts"; else
  sed 's/^/# /' "$TMP/sim.log"
  not_ok "sim: starts"
fi
[ "$(stat -c %a "$SOCKET")" = 600 ] && ok "sim: its socket is the owner's" || not_ok "sim: its socket is the owner's"
expect "hand: status" 0 "now_ms=1748736000000" "clock=unowned" "positions=3" "trades=3" -- hand status
expect "hand: opens" 0 "SIM0001USDT LONG" -- hand add SIM0001USDT 2000
expect "hand: closes" 0 "reduced" -- hand close SIM0002USDT all
expect "hand: refused" 1 "no such symbol" -- hand close BTCUSDT all
expect "hand: no such hand" 1 "no such hand: open" -- hand dance
expect "hand: too long" 2 "no hand" -- hand "$(printf 'x%.0s' {1..500})"
expect "sim: two on one socket" 2 "in use" -- "$EB_BIN" sim --listen "unix:$SOCKET"
expect "sim: the first one goes on" 0 "trades=5" -- hand status
if stop; then ok "sim: ends at SIGTERM"; else not_ok "sim: ends at SIGTERM"; fi
[ -e "$SOCKET" ] && not_ok "sim: takes its socket away" || ok "sim: takes its socket away"
cat >"$TMP/wanted" <<'CSV'
SIM0001USDT,LONG,foreign,0
SIM0002USDT,SHORT,foreign,0
SIM0003USDT,LONG,foreign,0
SIM0001USDT,LONG,foreign,0
SIM0002USDT,SHORT,foreign,0
CSV
head -n 1 "$TRADES" | grep -qx 'time_ms,symbol,side,purpose,leg,quantity,price,client_id,venue' &&
  tail -n +2 "$TRADES" | cut -d, -f2-5 | cmp -s - "$TMP/wanted" && ok "sim: leaves its trades" || {
  sed 's/^/# /' "$TRADES"
  not_ok "sim: leaves its trades"
}
grep -q '"event":"sim.listening"' "$TMP/sim.log" && grep -q '"event":"hand","text":"add SIM0001USDT 2000"' \
  "$TMP/sim.log" && ok "sim: logs" || not_ok "sim: logs"

# ---- after a kill -9 the socket's file is left behind, and the next one takes its place
start --scene still:2 --start $START
kill -KILL "$SIM"
wait "$SIM" 2>/dev/null
[ -S "$SOCKET" ] || not_ok "sim: a stale socket"
if start --scene still:2 --start $START && stop; then ok "sim: a stale socket"; else not_ok "sim: a stale socket"; fi

# ---- a free clock, paced, that ends by itself
timeout 60 "$EB_BIN" sim --listen "unix:$SOCKET" --scene still:2 --start $START --free-clock --speed 100 --for 20s \
  --trades - >"$TMP/said" 2>"$TMP/sim.log"
status=$?
[ $status = 0 ] && grep -q '^1748732400000,SIM0001USDT,LONG,foreign,0,' "$TMP/said" &&
  grep -q '"event":"sim.over","venue_ms":1748736020000' "$TMP/sim.log" && ok "sim: ends by itself" || {
  sed 's/^/# /' "$TMP/sim.log"
  not_ok "sim: ends by itself"
}

# ---- places that cannot be
touch "$TMP/file"
expect "sim: a file in the way is not touched" 2 "is no socket" -- "$EB_BIN" sim --listen "unix:$TMP/file"
[ -f "$TMP/file" ] || not_ok "sim: a file in the way is not touched"
expect "sim: a directory that cannot be made" 2 "cannot make the directory" -- \
  "$EB_BIN" sim --listen "unix:$TMP/file/a/s"
if [ "$(id -u)" = 0 ]; then
  expect "sim: an unwritable directory" 2 "cannot make" -- "$EB_BIN" sim --listen "unix:/proc/exitbrain/venue.sock"
else
  mkdir -m 0500 "$TMP/closed"
  expect "sim: an unwritable directory" 2 "cannot make" -- "$EB_BIN" sim --listen "unix:$TMP/closed/venue.sock"
fi
expect "sim: trades that cannot be written" 2 "nowhere" -- \
  "$EB_BIN" sim --listen "unix:$SOCKET" --trades "$TMP/nowhere/trades.csv"

finish
