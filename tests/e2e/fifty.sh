#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fifty positions opened through ccxt on an account that `exitbrain run --venue binance` manages LIVE: each is planned
# within a cycle and protected within two seconds of its fill.
set -u -o pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
. "$EB_ROOT/tests/clients/world.bash"
STATE=$TMP/engine
ENGINE=
stop_engine() {
  [ -n "$ENGINE" ] || return 0
  kill -TERM "$ENGINE" 2>/dev/null
  wait "$ENGINE"
}
trap 'stop_engine; sim_stop; rm -rf "$TMP"' EXIT

clients_ready || finish
# The scene's own positions are those of the first account by name; ccxt and the engine share another one.
SIM_FEED=(--feed scene --scene still:50 --balance 1000000)
sim_start || { sed 's/^/# /' "$TMP/sim.log"; not_ok "fifty: an exchange"; finish; }

cat >"$TMP/exitbrain.lua" <<END
return {
  mode = { exit_mode = "EXIT_BRAIN_V3", executor_mode = "LIVE", live_rollout = "ENABLED" },
  venue = { address = "binance" },
  state = { dir = "$STATE" },
  binance = { environment = "custom", key_file = "$TMP/keys/oneway.key", rest = "$EB_SIM_REST",
    ws_public = "$EB_SIM_WS/public", ws_market = "$EB_SIM_WS/market", ws_private = "$EB_SIM_WS/private",
    ws_api = "$EB_SIM_WS/ws-fapi/v1" },
}
END
expect "fifty: the preflight" 0 "LIVE may begin" -- "$EB_BIN" doctor --venue --config "$TMP/exitbrain.lua"
"$EB_BIN" run --config "$TMP/exitbrain.lua" --for 10m >"$TMP/engine.out" 2>&1 &
ENGINE=$!
running() { doc 'sys.exit(0 if d["venue"]["stage"] == "running" else 1)' status; }
if until_true 30 running; then ok "fifty: the engine runs"; else
  sed 's/^/# /' "$TMP/engine.out"
  not_ok "fifty: the engine runs"
  finish
fi

# When each position was first seen decided by the policy, after it was opened; late by the time between two looks.
cat >"$TMP/planned.py" <<'END'
import json, subprocess, sys, time
seen, end = {}, time.monotonic() + 240
while len(seen) < 50 and time.monotonic() < end:
    told = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    try:
        d = json.loads(told)
    except ValueError:
        continue
    for p in d["positions"]:
        if p["decided"]:
            seen.setdefault(p["symbol"], d["at_ms"] - p["opened_ms"])
    time.sleep(0.2)
took = sorted(seen.values())
if took:
    figures = (len(took), took[len(took) // 2], took[-1])
    print("# open to a plan of the policy, %d positions: p50 %d ms, max %d ms" % figures)
sys.exit(0 if len(took) == 50 and took[-1] <= 10000 else 1)
END
python3 "$TMP/planned.py" "$EB_BIN" positions --state "$STATE" --json >"$TMP/planned.out" 2>&1 &
planner=$!

timeout 300 node "$TMP/clients/fifty.mjs" >"$TMP/client.out" 2>&1
status=$?
grep -E '^(ok |not ok |#)' "$TMP/client.out"
if [ $status = 0 ]; then ok "fifty: the client ran to its end"; else
  tail -n 20 "$TMP/client.out" | sed 's/^/# /'
  not_ok "fifty: the client ran to its end"
fi
wait $planner && planned=ok || planned=not_ok
cat "$TMP/planned.out"
$planned "fifty: each is planned within one cycle"

cat >"$TMP/protected.py" <<'END'
import json, sys
d = json.load(sys.stdin)["positions"]
bare = [p["symbol"] for p in d if p["protection"] != "protected" or p["owner"] != "brain" or p["adopted"]]
longest = max([p["longest_unprotected_ms"] for p in d], default=-1)
print("# %d positions, the longest time without a stop %d ms by the engine's clock" % (len(d), longest), bare)
sys.exit(0 if len(d) == 50 and not bare and longest <= 2000 else 1)
END
x positions --json | python3 "$TMP/protected.py" && ok "fifty: the engine holds all of them protected" ||
  not_ok "fifty: the engine holds all of them protected"
sim_state oneway | grep -qF '"check":""' && ok "fifty: the exchange's books" || not_ok "fifty: the exchange's books"
stop_engine && ok "fifty: the engine stops" || not_ok "fifty: the engine stops"
ENGINE=
finish
