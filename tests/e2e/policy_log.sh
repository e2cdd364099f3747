#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a policy says with log() is seen by the person who watches: in a run, in a backtest, in a check.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

mkdir "$TMP/set"
cat >"$TMP/set/init.lua" <<'END'
local d = require "exitbrain.decision"
return {
  name = "talks", version = "1",
  self_test = function() log "testing myself" end,
  decide = function(ctx)
    log(ctx.side .. ", planned: " .. tostring(ctx.planned))
    if not ctx.planned then return d.stop_pct(2) end
  end,
}
END
history=(--klines "$EB_ROOT/tests/golden/default_policies/GENUSDT-5m.csv" --tick 0.001 --step 0.1 --entries every:12)

expect "a run shows it" 0 "BTCUSDT policy says: LONG, planned: false" "ETHUSDT policy says: SHORT" \
  -- "$EB_BIN" run --policies "$TMP/set" --for 2s
expect "a backtest shows it" 0 "exitbrain backtest: GENUSDT policy says: LONG, planned: false" \
  "more lines of log() are not shown" -- "$EB_BIN" backtest "${history[@]}" --policies "$TMP/set"
said=$(grep -c "policy says" "$TMP/said")
if [ "$said" = 20 ]; then ok "and not more than a page"; else not_ok "and not more than a page ($said)"; fi
expect "a check shows what loading says" 0 "exitbrain check: policy says: testing myself" \
  -- "$EB_BIN" check "$TMP/set"
finish
