#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sets beside the owner: what they come to, that the owner does not notice, and what a restart leaves.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
export EB_ROOT EB_BIN PYTHONDONTWRITEBYTECODE=1
START=2025-06-01T07:45:00Z # funding is paid a quarter of an hour later
LIVE=(--for 3s --speed 340 --seed 2 --start "$START")

mkdir "$TMP/loops" "$TMP/raises" "$TMP/broken"
cat >"$TMP/loops/init.lua" <<'END'
return { name = "loops", version = "1", decide = function(ctx) while true do end end }
END
cat >"$TMP/raises/init.lua" <<'END'
return { name = "raises", version = "1", decide = function(ctx) error("no idea about " .. ctx.symbol) end }
END
printf 'return { name = "broken",\n  version = }\n' >"$TMP/broken/init.lua"

# The same run alone, with two others, and with two that only fail.
"$EB_BIN" run "${LIVE[@]}" --out "$TMP/alone" --json "$TMP/alone.json" >/dev/null 2>&1
"$EB_BIN" run "${LIVE[@]}" --out "$TMP/two" --json "$TMP/two.json" --challenger 'same = policies' \
  --challenger 'v3 = policies profile="V3_FAITHFUL"' >/dev/null 2>&1 && ok two-status || not_ok two-status
"$EB_BIN" run "${LIVE[@]}" --out "$TMP/bad" --json "$TMP/bad.json" --challenger "loops=$TMP/loops; raises=$TMP/raises" \
  >/dev/null 2>&1 && ok bad-status || not_ok bad-status

# In shadow the owner's own fills are virtual: the same set beside it comes to the same.
printf 'return { mode = { exit_mode = "EXIT_BRAIN_V3" }, policy = { challengers = "same = policies" } }\n' \
  >"$TMP/shadow.lua"
for run in shadow again; do
  "$EB_BIN" run --config "$TMP/shadow.lua" "${LIVE[@]}" --out "$TMP/$run" >/dev/null 2>&1
done
cmp -s "$TMP/shadow/ledger.jsonl" "$TMP/again/ledger.jsonl" && ok repeats-itself || not_ok repeats-itself

python3 "$EB_ROOT/tests/e2e/live/ledgers.py" "$TMP" || FAILED=1

expect wrong-name 2 "challenger owner: the ledger calls the engine's own set so" -- \
  "$EB_BIN" run --for 1s --challenger "owner=policies"
expect wrong-dir 2 "challenger x: " "/nonexistent" -- "$EB_BIN" run --for 1s --challenger "x=/nonexistent"
expect wrong-set 2 "challenger x: " "init.lua:2:" -- "$EB_BIN" run --for 1s --challenger "x=$TMP/broken"
expect wrong-setting 2 "challenger x: " "'stop'" -- "$EB_BIN" run --for 1s --challenger "x=policies stop=1"
expect wrong-form 2 "challenger x: \"stop_pct\": a setting is NAME=LUA" -- \
  "$EB_BIN" run --for 1s --challenger "x=examples/fixed_ladder stop_pct"
expect since-alone 2 "--since belongs to --ledger" -- "$EB_BIN" owners --since +1s

python3 "$EB_ROOT/tests/e2e/live/challengers.py" "$TMP" || FAILED=1
finish
