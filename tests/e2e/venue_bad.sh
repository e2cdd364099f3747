#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Exchanges that answer nonsense, refuse the key, ban the address, show a wrong certificate or ids beyond 2^53: each
# ends in a clear message or in work done, none in a crash, none in hammering.
set -u -o pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

pids=() jobs=()
trap 'kill "${pids[@]}" $(cat "$TMP/liars" 2>/dev/null) 2>/dev/null; rm -rf "$TMP"' EXIT

sim() { # NAME OPTIONS...: sets rest
  local name=$1
  shift
  "$EB_BIN" sim --listen 127.0.0.1:0 --keys "$TMP/keys" "$@" >"$TMP/$name.out" 2>"$TMP/$name.err" &
  pids+=($!)
  until_true 30 test -s "$TMP/$name.out"
  rest=$(sed 's/.*"rest":"\([^"]*\)".*/\1/' "$TMP/$name.out")
}

config() { # NAME MODE REST STREAMS MORE
  cat >"$TMP/$1.lua" <<END
return {
  mode = { exit_mode = "EXIT_BRAIN_V3", executor_mode = "$2", live_rollout = "ENABLED", legacy_trailing_stop = false },
  venue = { address = "binance" },
  state = { dir = "$TMP/state.$1" },
  binance = { environment = "custom", key_file = "$TMP/keys/paper.key", rest = "$3", timeout = "3s",
    ws_public = "ws${4#http}/public", ws_market = "ws${4#http}/market",
    ws_private = "ws${4#http}/private", ws_api = "ws${4#http}/ws-fapi/v1", $5 },
}
END
}

# In a subshell of its own: lies, count and what was said are files of that name, and all of them run at once.
liar() { # NAME: sets lies
  python3 tests/e2e/venue/liar.py "$1" "$TMP/count.$1" "$plain" >"$TMP/liar.$1" 2>"$TMP/liar.$1.err" &
  echo $! >>"$TMP/liars"
  until_true 30 test -s "$TMP/liar.$1"
  lies=$(cat "$TMP/liar.$1")
}

# few NAME LIAR MOST KEYED: requests since the liar began, and those with the key
few() {
  local n keyed count=$TMP/count.$2
  n=$(grep -c . "$count")
  keyed=$(grep -c ^keyed "$count")
  if [ "$n" -ge 1 ] && [ "$n" -le "$3" ] && [ "$keyed" -le "$4" ]; then
    ok "$1-few"
  else
    echo "# $1: $n requests, $keyed with the key"
    sort "$count" | uniq -c | sed 's/^/#   /'
    not_ok "$1-few"
  fi
}

# said NAME STATUSES PATTERN -- COMMAND...: one of the statuses, and a line that says so
said() {
  local name=$1 statuses=$2 pattern=$3 status
  shift 4
  "$@" >"$TMP/said.$name" 2>&1 </dev/null
  status=$?
  if [[ " $statuses " == *" $status "* ]] && grep -qiE -e "$pattern" "$TMP/said.$name"; then
    ok "$name"
  else
    echo "# $name: status $status, not one of $statuses saying $pattern"
    sed 's/^/#   /' "$TMP/said.$name" | cut -c1-300 | tail -n 12
    not_ok "$name"
  fi
}

sim plain --control
plain=$rest

later() { # NAME COMMAND...
  local name=$1
  shift
  "$@" >"$TMP/result.$name" &
  jobs+=($!)
}
refused() { # NAME PATTERN: the key, or the address
  liar "$1"
  config "$1" SHADOW "$lies" "$plain" ""
  said "$1-doctor" "1 3" "$2" -- timeout 60 "$EB_BIN" doctor --venue --timeout 10s --config "$TMP/$1.lua"
  few "$1-doctor" "$1" 40 6
  rm -f "$TMP/count.$1"
  said "$1-run" "1 3" "$2" -- timeout 100 "$EB_BIN" run --config "$TMP/$1.lua" --for 6s --log -
  few "$1-run" "$1" 200 20 # in half a minute; a step later, one with the key a minute
}

nonsense() { # NAME: answers that are none
  liar "$1"
  config "$1" SHADOW "$lies" "$plain" ""
  said "$1-doctor" "1 3" "time|clock|answer" -- \
    timeout 60 "$EB_BIN" doctor --venue --timeout 4s --config "$TMP/$1.lua"
  few "$1-doctor" "$1" 60 0
}

later unknown_key refused unknown_key '-2008|refuses the key'
later no_permission refused no_permission '-2015|refuses the key'
later bad_signature refused bad_signature '-1022|refuses the key'
later ban refused ban 'banned|rate limited'
later wall refused wall '403|rate limited'
for name in html truncated deep empty scientific wrong_type bytes oversized garbage cut head; do
  later "$name" nonsense "$name"
done
untrusted_run() {
  said certificate-untrusted-run "1 3" "certificate|self.signed" -- \
    timeout 60 "$EB_BIN" run --config "$TMP/untrusted.lua" --for 4s --log -
}

# ---- unknown symbols, words, kinds and notations beside what is known ----
liar odd
config odd LIVE "$lies" "$plain" ""
expect odd-doctor 0 "LIVE may begin" -- "$EB_BIN" doctor --venue --config "$TMP/odd.lua"
"$EB_BIN" run --config "$TMP/odd.lua" --for 12s >"$TMP/odd.out" 2>&1
[ $? -le 1 ] && ok odd-run || not_ok odd-run
curl -sf -X POST "$plain/sim/state" -d '{}' >"$TMP/odd.state"
grep -q '"algo":true' "$TMP/odd.state" && ok odd-protects || { tail -n 20 "$TMP/odd.out"; not_ok odd-protects; }

# A word that decides what an order is: the list is unreadable, and said to be, never shorter.
liar word
config word SHADOW "$lies" "$plain" ""
word_run() {
  said word-run 3 'openOrders.*side has a value that is not known: "HOLD"' -- \
    timeout 100 "$EB_BIN" run --config "$TMP/word.lua" --for 4s
}
later word word_run

# ---- certificates ----
sim tls --tls
tls=$rest
ca=$(sed 's/.*"ca_file":"\([^"]*\)".*/\1/' "$TMP/tls.out")
doctor() { timeout 60 "$EB_BIN" doctor --venue --timeout 5s --config "$TMP/$1.lua"; }
config trusted LIVE "$tls" "$tls" "ca_file = \"$ca\""
expect certificate-trusted 0 "LIVE may begin" -- doctor trusted
config untrusted SHADOW "$tls" "$tls" ""
said certificate-untrusted "1 3" "certificate|self.signed" -- doctor untrusted
later certificate untrusted_run
other=${tls/127.0.0.1/127.0.0.2}
"$EB_BIN" sim --listen 0.0.0.0:0 --keys "$TMP/keys" --tls >"$TMP/any.out" 2>"$TMP/any.err" &
pids+=($!)
until_true 30 test -s "$TMP/any.out"
port=$(sed 's/.*"rest":"[^"]*:\([0-9]*\)".*/\1/' "$TMP/any.out")
other=https://127.0.0.2:$port
config wrong_name SHADOW "$other" "$other" "ca_file = \"$ca\""
said certificate-name "1 3" "127.0.0.2|name|address|certificate" -- doctor wrong_name
config unsafe LIVE "$other" "$other" "loopback_unsafe = true"
expect certificate-loopback-unsafe 0 "LIVE may begin" -- doctor unsafe
mkdir -m 700 "$TMP/keys.old"
cp "$TMP/keys/paper.key" "$TMP/keys.old"
# Ends by itself: it is a child of faketime, which does not hand on signals.
faketime -f -900d "$EB_BIN" sim --listen 127.0.0.1:0 --keys "$TMP/keys.old" --tls --for 30s \
  >"$TMP/old.out" 2>"$TMP/old.err" &
pids+=($!)
until_true 30 test -s "$TMP/old.out"
old=$(sed 's/.*"rest":"\([^"]*\)".*/\1/' "$TMP/old.out")
config expired SHADOW "$old" "$old" "ca_file = \"$(sed 's/.*"ca_file":"\([^"]*\)".*/\1/' "$TMP/old.out")\""
said certificate-expired "1 3" "expired" -- doctor expired
echo "no certificate" >"$TMP/not.pem"
config not_pem SHADOW "$tls" "$tls" "ca_file = \"$TMP/not.pem\""
said certificate-file "1 2 3" "not.pem" -- doctor not_pem

# ---- ids beyond 2^53 ----
sim ids --ids-after 9007199254740993 --control
config ids LIVE "$rest" "$rest" ""
expect ids-doctor 0 "LIVE may begin" -- "$EB_BIN" doctor --venue --config "$TMP/ids.lua"
"$EB_BIN" run --config "$TMP/ids.lua" --for 14s >"$TMP/ids.out" 2>&1
status=$?
[ $status -le 1 ] && grep -q "target 1: " "$TMP/ids.out" && ok ids-run || { tail -n 5 "$TMP/ids.out"; not_ok ids-run; }
"$EB_BIN" journal show --kind fill --json --limit 1000 --state "$TMP/state.ids" >"$TMP/ids.fills" 2>&1
python3 - "$rest" "$TMP/ids.fills" <<'END' && ok ids-exact || not_ok ids-exact
import json, re, sys, urllib.request
ask = urllib.request.Request(sys.argv[1] + "/sim/trades", b"{}", method="POST")
told = {t["id"] for t in json.load(urllib.request.urlopen(ask, timeout=20))["trades"]}
kept = {int(i) for i in re.findall(r"\b90\d{14}\b", open(sys.argv[2]).read())}
trades = {i for i in kept if i < 2 ** 53 + 10 ** 6}
orders = kept - trades
print("# %d trades of %d, %d orders, e.g. %s" % (len(trades), len(told), len(orders), sorted(orders)[-2:]))
# What had been a double would be even.
sys.exit(not (trades and trades <= told and any(i % 2 for i in trades) and any(i % 2 for i in orders)))
END
wait "${jobs[@]}"
cat "$TMP"/result.*
grep -q '^not ok' "$TMP"/result.* && FAILED=1
finish
