#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Wrong and hostile policy sets: status 1 and the place of the mistake; good ones: what they are.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

# set_of NAME LINE...: a policy set of one file.
set_of() {
  local dir=$TMP/$1
  shift
  mkdir -p "$dir" && printf '%s\n' "$@" >"$dir/init.lua"
}
refused() {
  local name=$1
  shift
  expect "$name" 1 "$@" -- "$EB_BIN" check "$TMP/$name"
}

expect shipped 0 "exit-brain 1." "sha256 " "base_stop_pct = " -- "$EB_BIN" check
expect fixed-ladder 0 "fixed-ladder" "stop_pct = " -- "$EB_BIN" check "$EB_ROOT/examples/fixed_ladder"
expect json 0 '"ok":true' '"sha256":"' '"settings":{' -- "$EB_BIN" check --json
expect override 0 "stop_pct = 2.5" -- "$EB_BIN" check "$EB_ROOT/examples/fixed_ladder" --set stop_pct=2.5
expect unknown-setting 1 "has no setting 'stop_pc'" "stop_pct" -- \
  "$EB_BIN" check "$EB_ROOT/examples/fixed_ladder" --set stop_pc=2.5
expect wrong-type 1 "setting 'stop_pct'" -- "$EB_BIN" check "$EB_ROOT/examples/fixed_ladder" --set 'stop_pct="x"'
expect missing 1 "$TMP/nowhere" -- "$EB_BIN" check "$TMP/nowhere"
mkdir "$TMP/empty" && refused empty "no init.lua"

set_of syntax 'return {' '  name = "x",' '  decide = function(ctx) return nil end end' '}'
refused syntax "init.lua:3"
set_of raises 'local t = nil' 'return t.name'
refused raises "init.lua:2"
set_of no-decide 'return { name = "x", version = "1" }'
refused no-decide "decide"
set_of no-name 'return { version = "1", decide = function() end }'
refused no-name "name"
set_of extra-key 'return { name = "x", version = "1", decide = function() end, setings = {} }'
refused extra-key "setings"
set_of loops 'while true do end'
refused loops "instruction"
set_of eats 'local t = {} for i = 1, 1e9 do t[i] = "x" .. i end return t'
refused eats "memory"
set_of global 'x = 1' 'return { name = "x", version = "1", decide = function() end }'
refused global "init.lua:1" "x"
set_of io 'io.open("/etc/passwd")' 'return {}'
refused io "init.lua:1"
set_of outside 'require "lfs"' 'return {}'
refused outside "lfs"
set_of nan 'return { name = "x", version = "1", decide = function() end, settings = { f = function() end } }'
refused nan "settings"
set_of test 'return { name = "x", version = "1", decide = function() end,' \
  '  self_test = function() error("legs[2].r: expected more than 0.4", 0) end }'
refused test "legs[2].r: expected more than 0.4"
expect json-refused 1 '"ok":false' "legs[2].r" -- "$EB_BIN" check --json "$TMP/test"
set_of preset-name 'return { name = "x", version = "1", decide = function() end, settings = { profile = "", a = 1 },' \
  '  presets = { QUIET = { b = 2 } } }'
refused preset-name "presets.QUIET: the set has no setting 'b'; it has: a, profile"
set_of preset-type 'return { name = "x", version = "1", decide = function() end, settings = { a = 1 },' \
  '  presets = { QUIET = { a = "2" } } }'
refused preset-type "presets.QUIET: setting 'a': expected a number, got a string"
set_of legacy 'return { name = "x", version = "1", decide = function() end, legacy = "position_monitor" }'
refused legacy "init.lua.legacy: expected function, got \"position_monitor\""
set_of migrate 'return { name = "x", version = "1", decide = function() end, migrate = {} }'
refused migrate "init.lua.migrate: expected function, got table"
set_of two-files 'require "a" return { name = "x", version = "1", decide = function() end }'
mkdir "$TMP/two-files/a" && touch "$TMP/two-files/a.lua" "$TMP/two-files/a/init.lua"
refused two-files "'a.lua' and 'a/init.lua' go by the same name"
set_of no-host 'return { name = "x", version = "1", decide = function(ctx) host.model(ctx.price) end }'
refused no-host "LONG position" "no function host.model; this program has registered: none"
set_of early-owner 'owner "x" return { name = "x", version = "1", decide = function() end }'
refused early-owner "init.lua:1: owner('x') says who answers a consult: it belongs inside decide"

# What the environment says reaches settings that are made for it.
set_of environment 'return { name = "x", version = "1", decide = function() end,' \
  '  settings = { profile = "A", qt_trailing_stop_enabled = true, pct = 1 }, presets = { B = { pct = 2 } } }'
expect environment 0 "qt_trailing_stop_enabled = false" "pct = 2" 'profile = "B"' -- \
  env QT_TRAILING_STOP_ENABLED=false EXIT_BRAIN_PROFILE=B "$EB_BIN" check "$TMP/environment"
expect environment-set 0 "qt_trailing_stop_enabled = true" "pct = 3" -- \
  env QT_TRAILING_STOP_ENABLED=false "$EB_BIN" check "$TMP/environment" --set 'profile="B"' --set pct=3 \
  --set qt_trailing_stop_enabled=true
expect environment-wrong 2 'QT_TRAILING_STOP_ENABLED: "maybe" is not one of false, true' -- \
  env QT_TRAILING_STOP_ENABLED=maybe "$EB_BIN" check "$TMP/environment"

mkdir "$TMP/bytecode" && printf '\033Lua\124' >"$TMP/bytecode/init.lua"
refused bytecode "precompiled"
set_of writable 'return { name = "x", version = "1", decide = function() end }'
chmod o+w "$TMP/writable/init.lua"
refused writable "chmod o-w"

# Sets that load and fail when they are asked: check asks, for a LONG and for a SHORT.
set_of answers-nonsense 'return { name = "x", version = "1", decide = function() return 42 end }'
refused answers-nonsense "LONG position" "got 42"
set_of mistypes 'return { name = "x", version = "1", decide = function(ctx) return ctx.entri end }'
refused mistypes "init.lua:1" "entri"
set_of asks-loops 'return { name = "x", version = "1", decide = function() while true do end end }'
refused asks-loops "more than 200000 instructions"
set_of short-only 'return { name = "x", version = "1", decide = function(ctx)' \
  '  return ctx.side == "SHORT" and { type = "move_stop", price = ctx.entry * 0.9 } or nil end }'
refused short-only "SHORT position"

# Levels that cannot be meant: errors are bad news, warnings are only shown (tests/e2e/check_bad_sets.sh has the lines).
expect warnings 0 "warning: init.lua:14: stop_pct = 1.5: stop lies 1.5 % from entry" "; try 0.5" "0 errors, 1 warning" \
  -- "$EB_BIN" check "$EB_ROOT/examples/fixed_ladder"
expect findings 1 '"ok":false' '"grade":"error"' '"code":"leg_fees"' '"file":"init.lua","line":15' \
  '"setting":"legs.1.1"' '"proposed":"0.5"' \
  -- "$EB_BIN" check --json "$EB_ROOT/examples/fixed_ladder" --set stop_pct=0.2 \
  --set 'legs={{0.35,50}}'

# A set that loads but never answers sense: the built-in plan stands in, the run says so and is not good.
set_of nonsense 'return { name = "x", version = "1",' \
  '  decide = function(ctx) return { type = "move_stop", pct = 0/0 } end }'
expect nonsense-run 1 "no plan of the policy was ever accepted" "policy_failed" -- \
  "$EB_BIN" run --for 1s --speed 30 --policies "$TMP/nonsense" --out "$TMP/nonsense-run"
finish
