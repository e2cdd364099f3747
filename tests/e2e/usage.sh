#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Wrong usage: status 2, and a message that names what, and what to write instead.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

expect version 0 "exitbrain 0." "commit" "record schema" -- "$EB_BIN" --version
expect help 0 "usage: exitbrain COMMAND" run explain backtest check -- "$EB_BIN" --help
expect no-command 2 "usage: exitbrain COMMAND" -- "$EB_BIN"
expect unknown-command 2 '"bactest": no such command' "did you mean backtest?" -- "$EB_BIN" bactest
expect far-command 2 '"frobnicate": no such command' "--help lists them" -- "$EB_BIN" frobnicate
for command in run explain backtest check; do
  expect "help-$command" 0 "usage: exitbrain $command" "--json" "--help" -- "$EB_BIN" $command --help
  expect "help-of-$command" 0 "usage: exitbrain $command" -- "$EB_BIN" help $command
done

expect unknown-option 2 "--entires: no such option" "did you mean --entries?" -- "$EB_BIN" backtest --entires every:9
expect missing-value 2 "--json wants a value" -- "$EB_BIN" backtest --json
expect twice 2 "--tick is given twice" -- "$EB_BIN" backtest --tick 1 --tick 2
expect flag-value 2 "--hedge takes no value" -- "$EB_BIN" backtest --hedge=1
expect too-many 2 "one argument too many" -- "$EB_BIN" check a b
expect no-symbol 2 "an argument is missing" "SYMBOL" -- "$EB_BIN" explain
expect no-klines 2 "--klines is missing" -- "$EB_BIN" backtest
expect no-entries 2 "--entries is missing" -- "$EB_BIN" backtest --klines x
expect no-grid 2 "--tick and --step" -- "$EB_BIN" backtest --klines x --entries every:9 --tick 1
expect both-grids 2 "--tick beside --instruments" -- \
  "$EB_BIN" backtest --klines x --entries every:9 --tick 1 --instruments y
expect number 2 '--tick: "x" is no plain decimal' -- "$EB_BIN" backtest --klines x --entries every:9 --tick x
expect range 2 "--maintenance-pct: 51 is out of range: 0 .. 50 %" -- \
  "$EB_BIN" backtest --klines x --entries every:9 --tick 1 --step 1 --maintenance-pct 51
expect choice 2 "adverse, favourable, worst" "did you mean favourable?" -- \
  "$EB_BIN" backtest --klines x --entries every:9 --tick 1 --step 1 --path favorable

expect venue 2 "--venue binance wants --config" -- "$EB_BIN" run --venue binance
expect json-place 2 "$TMP/none/x.json: No such file or directory" -- "$EB_BIN" run --json "$TMP/none/x.json" --for 1s
expect json-folder 2 "$TMP: Is a directory" -- "$EB_BIN" run --json "$TMP" --for 1s
expect unknown-venue 2 "paper, binance, or unix:PATH" -- "$EB_BIN" run --venue papier
expect no-unit 2 "--for: 60 has no unit: write 60s" -- "$EB_BIN" run --for 60
expect speed 2 "--speed: 0 is out of range: 0.01 .. 1000" -- "$EB_BIN" run --speed 0
expect start 2 '--start: "soon" is no time' -- "$EB_BIN" run --start soon --for 1s
expect policies 2 "$TMP/none" -- "$EB_BIN" run --for 1s --policies "$TMP/none"
expect nothing-left 2 -- ls "$XDG_STATE_HOME"/exitbrain/run-* # a run that never began leaves no record
cp "$0" "$TMP/exitbrain.lua"
expect no-overwriting 2 "exitbrain.lua: is there already" -- "$EB_BIN" run --for 1s --out "$TMP"
cmp -s "$0" "$TMP/exitbrain.lua" && ok still-there || not_ok still-there
expect taken 0 -- "$EB_BIN" run --for 1s --speed 60 --out "$TMP/run"
expect taken-again 2 "run.tape: is there already" -- "$EB_BIN" run --for 1s --speed 60 --out "$TMP/run"

config() { printf '%s\n' "$@" >"$TMP/exitbrain.lua"; }
config 'return {' '  cycle = {' '    intervall = "5s",' '  },' '}'
expect config-key 2 "exitbrain.lua:3: cycle.intervall: no such key" "did you mean cycle.interval?" -- \
  "$EB_BIN" run --config "$TMP/exitbrain.lua" --for 1s
config 'return {' '  guard = { min_stop_distance_pct = 12 } }'
expect config-range 2 "exitbrain.lua:2: guard.min_stop_distance_pct: 12 is out of range: 0 .. 10 %" -- \
  "$EB_BIN" run --config "$TMP/exitbrain.lua" --for 1s
config 'return { cycle = { interval = 10 } }'
expect config-unit 2 "exitbrain.lua:1: cycle.interval: a text with a unit" -- \
  "$EB_BIN" run --config "$TMP/exitbrain.lua" --for 1s
config 'return { mode = { exit_mode = "EXIT_BRAIN" } }'
expect config-choice 2 "LEGACY, EXIT_BRAIN_V3" -- "$EB_BIN" run --config "$TMP/exitbrain.lua" --for 1s
config 'os.remove("x") return {}'
expect config-code 2 "exitbrain.lua" -- "$EB_BIN" run --config "$TMP/exitbrain.lua" --for 1s
config 'while true do end'
expect config-loop 2 "exitbrain.lua" -- "$EB_BIN" run --config "$TMP/exitbrain.lua" --for 1s
expect config-missing 2 "$TMP/nowhere.lua" -- "$EB_BIN" run --config "$TMP/nowhere.lua" --for 1s
expect variable 2 "EXITBRAIN_CYCLE_INTERVL: no such configuration variable" \
  "did you mean EXITBRAIN_CYCLE_INTERVAL?" -- env EXITBRAIN_CYCLE_INTERVL=1s "$EB_BIN" run --for 1s
expect variable-range 2 "EXITBRAIN_PAPER_SPEED: 5000 is out of range" -- \
  env EXITBRAIN_PAPER_SPEED=5000 "$EB_BIN" run --for 1s
expect profile 2 "profile: expected one of DEFAULT, V3_FAITHFUL, CHALLENGE_100, CHOP, " 'got "NONSENSE"' -- \
  env EXIT_BRAIN_PROFILE=NONSENSE "$EB_BIN" run --for 1s

config 'return { mode = { exit_mode = "LEGACY" }, cycle = { interval = "5s" } }'
expect print-config 0 'interval = "7s", -- from the environment' 'exit_mode = "LEGACY", -- from the file' \
  'executor_mode = "LIVE", -- from the environment' "seed = 3, -- from the command line" \
  "min_stop_distance_pct = 0.2," -- \
  env EXITBRAIN_CYCLE_INTERVAL=7s EXIT_EXECUTOR_MODE=LIVE \
  "$EB_BIN" run --config "$TMP/exitbrain.lua" --seed 3 --print-config
"$EB_BIN" run --seed 4 --print-config >"$TMP/first.lua" 2>&1
expect print-config-again 0 "seed = 4" -- "$EB_BIN" run --config "$TMP/first.lua" --print-config
# Without --config the embedded default is LIVE on paper, whatever the modes of the environment say.
expect embedded-modes 0 'exit_mode = "EXIT_BRAIN_V3"' 'executor_mode = "LIVE"' 'live_rollout = "ENABLED"' -- \
  env EXIT_MODE=LEGACY EXIT_EXECUTOR_MODE=SHADOW "$EB_BIN" run --print-config
finish
