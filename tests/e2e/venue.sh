#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run --venue binance and doctor --venue against `exitbrain sim`: the gate before LIVE, what is kept, what is refused,
# and that no part of a secret leaves the key file.
set -u -o pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

"$EB_BIN" sim --listen 127.0.0.1:0 --keys "$TMP/keys" >"$TMP/sim.out" 2>"$TMP/sim.err" &
sim=$!
trap 'kill $sim 2>/dev/null; rm -rf "$TMP"' EXIT
for _ in $(seq 300); do [ -s "$TMP/sim.out" ] && break; sleep 0.1; done
rest=$(sed 's/.*"rest":"\([^"]*\)".*/\1/' "$TMP/sim.out")
key=$TMP/keys/paper.key
secret=$(sed -n 's/^secret *= *//p' "$key")
api_key=$(sed -n 's/^api_key *= *//p' "$key")

# config FILE EXECUTOR KEY REST MORE
config() {
  cat >"$1" <<END
return {
  mode = { exit_mode = "EXIT_BRAIN_V3", executor_mode = "$2", live_rollout = "ENABLED", legacy_trailing_stop = false },
  venue = { address = "binance" },
  state = { dir = "$TMP/engine" },
  binance = { environment = "custom", key_file = "$3", rest = "$4",
    ws_public = "ws${rest#http}/public", ws_market = "ws${rest#http}/market",
    ws_private = "ws${rest#http}/private", ws_api = "ws${rest#http}/ws-fapi/v1", $5 },
}
END
}
config "$TMP/live.lua" LIVE "$key" "$rest" ""
config "$TMP/shadow.lua" SHADOW "$key" "$rest" ""

expect gate 2 "wants a preflight: none was made" "exitbrain doctor --venue" -- \
  "$EB_BIN" run --config "$TMP/live.lua" --for 2s
"$EB_BIN" run --config "$TMP/shadow.lua" --for 20s >"$TMP/shadow.out" 2>&1 &
pid=$!
for _ in $(seq 150); do "$EB_BIN" doctor --state "$TMP/engine" >/dev/null 2>&1 && break; sleep 0.1; done
expect shadow-needs-none 0 "account custom-" -- "$EB_BIN" status --state "$TMP/engine"
expect mode-gate 1 "wants a preflight" -- "$EB_BIN" mode --executor LIVE --yes --state "$TMP/engine"
# (SHADOW beside ENABLED is what the doctor complains of.)
until_true 30 sh -c '! "$0" doctor --state "$1" | grep -q "starting: nothing is judged"' "$EB_BIN" "$TMP/engine"
expect facts 1 venue.clock venue.streams clock.offset_ms -- "$EB_BIN" doctor --all --state "$TMP/engine"
tr '\0' '\n' <"/proc/$pid/cmdline" >"$TMP/cmdline"
kill -TERM $pid
wait $pid && ok shadow-stops || not_ok shadow-stops

expect doctor 0 "LIVE may begin" key.permissions streams.private -- "$EB_BIN" doctor --venue --config "$TMP/live.lua"
expect doctor-json 0 '"live":true' '"check":"clock.offset"' -- "$EB_BIN" doctor --venue --json --config "$TMP/live.lua"
[ "$(stat -c %a "$TMP/engine/preflight.json")" = 600 ] && ok preflight-mode || not_ok preflight-mode
expect live 0 "plan (" -- "$EB_BIN" run --config "$TMP/live.lua" --for 4s

cp "$TMP/engine/preflight.json" "$TMP/good.json"
sed 's/"at_ms":[0-9]*/"at_ms":1000000000000/' "$TMP/good.json" >"$TMP/engine/preflight.json"
expect gate-old 2 "days old, 30 are good" -- "$EB_BIN" run --config "$TMP/live.lua" --for 2s
sed 's/"live":true/"live":false/' "$TMP/good.json" >"$TMP/engine/preflight.json"
expect gate-bad 2 "something that must be put right first" -- "$EB_BIN" run --config "$TMP/live.lua" --for 2s
echo '{"' >"$TMP/engine/preflight.json"
expect gate-damaged 2 "cannot be read" -- "$EB_BIN" run --config "$TMP/live.lua" --for 2s
cp "$TMP/good.json" "$TMP/engine/preflight.json"
sed 's/^api_key.*/api_key = of-another-account/' "$key" >"$TMP/other.key"
chmod 600 "$TMP/other.key"
config "$TMP/other.lua" LIVE "$TMP/other.key" "$rest" ""
expect gate-key 2 "made with another key" -- "$EB_BIN" run --config "$TMP/other.lua" --for 2s
expect doctor-key 1 "LIVE is refused" -- "$EB_BIN" doctor --venue --config "$TMP/other.lua"

cp "$key" "$TMP/open.key"
chmod 644 "$TMP/open.key"
config "$TMP/open.lua" SHADOW "$TMP/open.key" "$rest" ""
expect key-mode 2 "lets others at it: chmod 600" -- "$EB_BIN" run --config "$TMP/open.lua" --for 2s
config "$TMP/nowhere.lua" SHADOW "$TMP/none.key" "$rest" ""
expect key-missing 2 "none.key: No such file" -- "$EB_BIN" doctor --venue --config "$TMP/nowhere.lua"
config "$TMP/plain.lua" SHADOW "$key" "http://fapi.binance.com" ""
expect plain 2 "binance.rest" "is not encrypted" -- "$EB_BIN" run --config "$TMP/plain.lua" --for 2s
config "$TMP/window.lua" SHADOW "$key" "$rest" 'recv_window = "6s"'
expect window 2 "orders.absent_after" "binance.recv_window" -- "$EB_BIN" run --config "$TMP/window.lua" --for 2s
expect config-without-venue 2 "belongs to --venue" -- "$EB_BIN" doctor --config "$TMP/live.lua"
# A service manager's directory: the name is enough there.
config "$TMP/credentials.lua" LIVE paper.key "$rest" ""
expect credentials 0 "LIVE may begin" -- \
  env CREDENTIALS_DIRECTORY="$TMP/keys" "$EB_BIN" doctor --venue --config "$TMP/credentials.lua"

kill $sim
wait $sim 2>/dev/null
expect unreachable 3 -- timeout 100 "$EB_BIN" doctor --venue --timeout 3s --config "$TMP/live.lua"

rm -rf "$TMP/keys" "$TMP/open.key" "$TMP/other.key"
[ ${#secret} -ge 32 ] && [ ${#api_key} -ge 32 ] && ok keys-are-known || not_ok keys-are-known
grep -rqF -e "$secret" "$TMP" && not_ok secret || ok secret
grep -rqF -e "$api_key" "$TMP" && not_ok api-key || ok api-key
finish
