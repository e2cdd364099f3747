#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A canary: keys with recognisable secrets, an engine that trades, reconnects, errs and dies with them, and then every
# byte that it has written, shown or left behind is looked through: neither the secret nor the API key is anywhere.
set -u -o pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

mkdir -m 700 "$TMP/keys" "$TMP/seen" "$TMP/cores"
hmac_secret=CANARYHMACsecretCANARYHMACsecretCANARYHMACsecretCANARYHMACsecret
hmac_key=CANARYHMACapikeyCANARYHMACapikeyCANARYHMACapikeyCANARYHMACapikey
ed_key=CANARYEDDSAapikeyCANARYEDDSAapikeyCANARYEDDSAapikeyCANARYEDDSAapi
# RFC 8032, test 1
ed_secret=MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
ed_public=MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
(
  umask 077
  printf 'api_key = %s\nsecret = %s\n' "$hmac_key" "$hmac_secret" >"$TMP/keys/hmac.key"
  printf 'api_key = %s\nprivate_key = eddsa.pem\n' "$ed_key" >"$TMP/keys/eddsa.key"
  printf -- '-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n' "$ed_secret" >"$TMP/keys/eddsa.pem"
  printf -- '-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n' "$ed_public" >"$TMP/keys/eddsa.pub"
)

"$EB_BIN" sim --listen 127.0.0.1:0 --control --keys "$TMP/keys" >"$TMP/seen/sim.out" 2>"$TMP/seen/sim.err" &
sim=$!
engine=
trap '{ kill $sim; [ -n "$engine" ] && kill -9 $engine; } 2>/dev/null; rm -rf "$TMP"' EXIT
until_true 30 test -s "$TMP/seen/sim.out"
rest=$(sed 's/.*"rest":"\([^"]*\)".*/\1/' "$TMP/seen/sim.out")

hand() { # VERB JSON
  python3 - "$rest/sim/$1" "$2" <<'END'
import sys, urllib.request
urllib.request.urlopen(urllib.request.Request(sys.argv[1], sys.argv[2].encode(), method="POST"), timeout=20).read()
END
}

config() { # NAME MODE
  cat >"$TMP/$1.lua" <<END
return {
  mode = { exit_mode = "EXIT_BRAIN_V3", executor_mode = "$2", live_rollout = "ENABLED", legacy_trailing_stop = false },
  venue = { address = "binance" },
  state = { dir = "$TMP/seen/$1" },
  log = { level = "debug" },
  alarm = { command = "$TMP/alarm" },
  binance = { environment = "custom", key_file = "$TMP/keys/$1.key", rest = "$rest", timeout = "2s",
    ws_public = "ws${rest#http}/public", ws_market = "ws${rest#http}/market",
    ws_private = "ws${rest#http}/private", ws_api = "ws${rest#http}/ws-fapi/v1" },
}
END
}
printf '#!/bin/sh\ncat >>"%s"\nenv >>"%s"\n' "$TMP/seen/alarms" "$TMP/seen/alarm.env" >"$TMP/alarm"
chmod 700 "$TMP/alarm"

# Each fault leads to words of its own: in the log, in alarms, in what status says.
trouble() {
  local fault
  for fault in 503_unknown 503_throttled 1007 not_json lose_answer 5028; do
    hand fault "{\"name\":\"$fault\",\"count\":2,\"path\":\"/fapi/v1\"}"
  done
  hand fault '{"name":"key_refused","ms":1500}'
  hand disconnect '{"class":"private"}'
  hand disconnect '{"class":"market"}'
  hand expire_listen_key '{"account":"'"$1"'"}'
  hand skew '{"ms":3000}'
  sleep 3
  hand clear '{}'
  hand skew '{"ms":0}'
  hand fault '{"name":"rate_limit","ms":1000}'
  sleep 2
}

life() { # NAME
  local name=$1 said=$TMP/seen/$1.said state=$TMP/seen/$1 command
  config "$name" LIVE
  hand open '{"account":"'"$name"'","symbol":"AVAXUSDT","side":"LONG","quantity":"20","leverage":"5"}'
  "$EB_BIN" doctor --venue --json --config "$TMP/$name.lua" >"$said.preflight" 2>&1
  grep -q '"live":true' "$said.preflight" && ok "$name-preflight" || not_ok "$name-preflight"
  (cd "$TMP/cores" && exec "$EB_BIN" run --config "$TMP/$name.lua" --tape "$TMP/seen/$name.tape") >"$said.run" 2>&1 &
  engine=$!
  until_true 30 "$EB_BIN" doctor --state "$state" >/dev/null
  until_true 30 grep -q '"order.submitted"' "$state/engine.log" && ok "$name-trades" || not_ok "$name-trades"
  trouble "$name"
  for command in "status --json" "doctor --all --json" "positions --json" "orders --json" "explain --json" owners; do
    # shellcheck disable=SC2086
    "$EB_BIN" $command --state "$state" >>"$said.asked" 2>&1
  done
  grep -q venue "$said.asked" && ok "$name-answers" || not_ok "$name-answers"
  ps -ww -o args= -p $engine >"$said.ps" 2>/dev/null
  tr '\0' '\n' <"/proc/$engine/cmdline" >"$said.cmdline"
  tr '\0' '\n' <"/proc/$engine/environ" >"$said.environ"
  grep -q exitbrain "$said.cmdline" && ok "$name-process-list" || not_ok "$name-process-list"
  memory "$name"
  kill -TERM $engine
  wait $engine
  "$EB_BIN" journal show --json --limit 100000 --state "$state" >"$said.journal" 2>&1
  "$EB_BIN" journal export --sqlite "$TMP/seen/$name.sqlite" --state "$state" >>"$said.journal" 2>&1
  gzip -dc "$TMP/seen/$name.tape" >"$said.tape" 2>/dev/null
  [ -s "$said.journal" ] && [ -s "$said.tape" ] && ok "$name-records" || not_ok "$name-records"
}

# What root can take of a process in spite of all: pages of keys are left out.
memory() {
  if ! command -v gcore >/dev/null; then
    echo "SKIPPED $1-memory gcore is not installed"
  elif gcore -o "$TMP/cores/memory" $engine >/dev/null 2>&1 && [ -s "$TMP/cores/memory.$engine" ]; then
    grep -qaF -e "$hmac_secret" -e "$ed_secret" "$TMP/cores/memory.$engine" && not_ok "$1-memory" || ok "$1-memory"
    rm -f "$TMP/cores/memory.$engine"
  else
    ok "$1-memory" # refused
  fi
}

# Whether a process that is killed by SIGNAL says that it left a core: with cores allowed.
died_with_core() { # SIGNAL COMMAND...: 0 yes, 1 no
  python3 - "$@" <<'END'
import os, resource, signal, subprocess, sys, time
def allow():
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
quiet = subprocess.DEVNULL
p = subprocess.Popen(sys.argv[3:], preexec_fn=allow, stdout=quiet, stderr=quiet, cwd=sys.argv[2])
time.sleep(4 if "run" in sys.argv else 0.5)
os.kill(p.pid, getattr(signal, sys.argv[1]))
status = os.waitpid(p.pid, 0)[1]
sys.exit(0 if os.WIFSIGNALED(status) and os.WCOREDUMP(status) else 1 if os.WIFSIGNALED(status) else 2)
END
}

life hmac
life eddsa
engine=

for signal in SIGSEGV SIGABRT; do
  if ! died_with_core $signal "$TMP/cores" sleep 60; then
    echo "SKIPPED core-$signal this system leaves no cores"
    continue
  fi
  rm -f "$TMP"/cores/*
  died_with_core $signal "$TMP/cores" "$EB_BIN" run --config "$TMP/hmac.lua"
  [ $? = 1 ] && [ -z "$(ls "$TMP/cores")" ] && ok "core-$signal" || not_ok "core-$signal"
done

# Key files that are wrong: the message names file and line, never what stands there.
wrong() { # NAME PATTERN CONTENT
  (umask 077; printf '%b' "$3" >"$TMP/keys/wrong.key")
  config wrong SHADOW
  expect "$1" 2 "$2" -- "$EB_BIN" run --config "$TMP/wrong.lua" --for 2s
  cp "$TMP/said" "$TMP/seen/$1.said"
}
wrong key-garbage "wrong.key" "$hmac_secret\n"
wrong key-twice "wrong.key" "api_key = $hmac_key\nsecret = $hmac_secret\nsecret = $hmac_secret\n"
wrong key-pem-broken "wrong.key" \
  "api_key = $ed_key\nprivate_key = -----BEGIN PRIVATE KEY-----\n${ed_secret%????????}\n-----END PRIVATE KEY-----\n"
config hmac SHADOW
expect option-none 2 "" -- "$EB_BIN" run --config "$TMP/hmac.lua" --key "$hmac_secret"
expect variable-none 2 "" -- env EXITBRAIN_BINANCE_SECRET=nothing EXITBRAIN_BINANCE_KEY_FILE=/none \
  "$EB_BIN" run --config "$TMP/hmac.lua" --for 1s

kill $sim
wait $sim 2>/dev/null
[ "$(find "$TMP/seen" -type f -size +0 | wc -l)" -ge 20 ] && ok much-was-said || not_ok much-was-said
hex=$(printf %s "$hmac_secret" | od -An -tx1 | tr -d ' \n')
base64=$(printf %s "$hmac_secret" | base64 -w 0)
seed=$(printf %s "$ed_secret" | base64 -d | tail -c 32 | od -An -tx1 | tr -d ' \n')
clean() { # NAME PATTERN...
  local name=$1 pattern found=
  shift
  for pattern; do
    found+=$(grep -rlaiF -e "$pattern" "$TMP/seen" "$TMP/state" "$TMP/said" 2>/dev/null)
  done
  [ -z "$found" ] && ok "$name" || { echo "# $found"; not_ok "$name"; }
}
clean no-hmac-secret "$hmac_secret" "${hmac_secret:0:24}" "$hex" "${base64:0:40}"
clean no-private-key "$ed_secret" "${ed_secret:22:24}" "$seed"
clean no-api-key "$hmac_key" "$ed_key"
clean no-signature "signature="
name=custom-$(printf %s "$hmac_key" | sha256sum | cut -c1-8)
grep -raqF "$name" "$TMP/seen" && ok key-by-its-hash || not_ok key-by-its-hash
finish
