#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `check` over wrong policy sets: for each the one line that says what is wrong, where, and what to do, literally.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
cd "$TMP" || exit 1

# set_of NAME <<lua: a policy set of one file.
set_of() { mkdir -p "$1" && cat >"$1/init.lua"; }

# says NAME PART...: check refuses the set, with status 1 and this very line. Which contexts showed it is left out.
says() {
  local name=$1 line status
  shift
  line=$(printf '%s' "$@")
  "$EB_BIN" check "$name" >told 2>&1 </dev/null
  status=$?
  sed -E 's/ \([^()]*contexts\)//' told >said
  if [ $status = 1 ] && grep -qxF -- "$line" said; then
    ok "$name"
  else
    echo "# $name: status $status; wanted the line"
    echo "#   $line"
    sed 's/^/#   /' said | head -n 20
    not_ok "$name"
  fi
}

refused() { local name=$1; shift; says "$name" 'exitbrain check: ' "$@"; }
fails() { local name=$1; shift; refused "$name" 'decide(ctx) failed for a LONG position: ' "$@"; }
linted() { local name=$1; shift; says "$name" 'error: ' "$@"; }

# ---- what is no set ----
mkdir no-init && echo 'return {}' >no-init/settings.lua
refused no-init 'no-init: no init.lua: that is where a policy set begins'

set_of world-writable <<<'return { name = "x", version = "1", decide = function() end }'
chmod o+w world-writable
refused world-writable 'world-writable/ may be written by anybody: chmod o-w'

set_of linked <<<'return { name = "x", version = "1", decide = function() end }'
ln -s /etc/hostname linked/extra.lua
refused linked 'linked/extra.lua is a symbolic link: a set holds its own files'

mkdir bytecode && printf '\033Lua\124' >bytecode/init.lua
refused bytecode 'init.lua is precompiled: only Lua text is loaded'

mkdir marked && printf '\357\273\277return { name = "x", version = "1", decide = function() end }' >marked/init.lua
refused marked 'init.lua begins with a byte order mark: save it as UTF-8 without one'

set_of syntax <<'lua'
return {
  name = "x", version = "1",
  decide = function(ctx) return nil end end
}
lua
refused syntax "init.lua:3: '}' expected (to close '{' at line 1) near 'end'"

# ---- what does not load ----
set_of outside <<<'local lfs = require "lfs"'
refused outside "init.lua:1: require 'lfs': no file 'lfs.lua' in the set or the library (only those can be reached)"

set_of circle <<<'return require "a"'
echo 'return require "b"' >circle/a.lua
echo 'return require "a"' >circle/b.lua
refused circle "b.lua:1: require 'a': the file is still being loaded: files require each other in a circle"

set_of misspelt <<<'return { name = "x", version = "1", decide = function() end, setings = {} }'
refused misspelt "init.lua:1: unknown key 'setings' in what init.lua returns (name, version, decide, legacy, " \
  "migrate, settings, presets, self_test)"

set_of settings-type <<'lua'
return { name = "x", version = "1", decide = function() end,
  settings = { pct = function() end } }
lua
refused settings-type "init.lua:2: setting 'pct': settings hold numbers, texts, booleans and tables of them, " \
  "not a function"

set_of self-test <<'lua'
local settings = { stop_pct = 60 }
return { name = "x", version = "1", settings = settings, decide = function() end,
  self_test = function() require("exitbrain.check").number("stop_pct", settings.stop_pct, 0.2, 50) end }
lua
refused self-test 'init.lua:1: stop_pct: expected a number from 0.2 to 50, got 60: take 50'

set_of migrate-type <<<'return { name = "x", version = "1", decide = function() end, migrate = "1.0" }'
refused migrate-type 'init.lua:1: init.lua.migrate: expected function, got "1.0"'

# ---- what fails when it is asked ----
set_of unknown-field <<'lua'
return { name = "x", version = "1", decide = function(ctx)
  return { type = "move_stop", price = ctx.entri * 0.98 }
end }
lua
fails unknown-field "init.lua:2: ctx has no field 'entri'"

set_of unknown-decision <<'lua'
return { name = "x", version = "1", decide = function(ctx)
  return { { type = "move_stop", pct = 1 },
    { type = "set_trailing", activation_r = 1, callback_pct = 0.8, tigthen = {} } }
end }
lua
fails unknown-decision "decision[2]: unknown key 'tigthen' in a set_trailing decision"

set_of nan-price <<'lua'
return { name = "x", version = "1", decide = function(ctx)
  return { { type = "move_stop", pct = 1 },
    { type = "update_tp_limits", levels = { { price = ctx.entry * (0 / 0), fraction = 0.5 } } } }
end }
lua
fails nan-price 'decision[2].levels[1].price: expected number > 0, got nan'

set_of endless <<'lua'
return { name = "x", version = "1", decide = function(ctx) while true do end end }
lua
fails endless 'init.lua:1: more than 200000 instructions: a loop that does not end, or too much work'

set_of greedy <<'lua'
return { name = "x", version = "1", decide = function(ctx)
  local t = {}
  for i = 1, 100000 do t[i] = { i } end
end }
lua
fails greedy 'the script asked for one block larger than a run may have (a huge list, endless recursion)'

set_of migrates-wrong <<'lua'
return { name = "x", version = "2.0",
  decide = function(ctx) return { type = "move_stop", pct = 0.4 }, { memory = { asked = 1 } } end,
  migrate = function(memory, version) return { asked = memory.asked, notes = {} } end }
lua
linted migrates-wrong 'decide(ctx) failed for a SHORT position: migrate.notes: expected boolean, number or ' \
  'text, got table'

# ---- what is answered, and makes no sense ----
set_of fractions <<'lua'
local settings = {
  stop_pct = 0.4,
  legs = { { r = 1, fraction = 0.5 }, { r = 2, fraction = 0.4 },
    { r = 3, fraction = 0.3 } },
}
return { name = "x", version = "1", settings = settings, decide = function(ctx)
  return { { type = "move_stop", pct = settings.stop_pct }, { type = "update_tp_limits", levels = settings.legs } }
end }
lua
linted fractions 'init.lua:3: legs.1.fraction = 0.5: fractions of the legs sum to 1.2, at most 1; try 0.3'

set_of order <<'lua'
local d = require "exitbrain.decision"
return { name = "x", version = "1", decide = function(ctx)
  if ctx.plan_revision > 0 then return nil end
  return { d.stop_pct(0.4), d.targets {
    { r = 1, fraction = 0.2 },
    { r = 3, fraction = 0.2 },
    { r = 2, fraction = 0.2 },
  } }
end }
lua
linted order 'init.lua:6: r = 3: leg 3 lies 0.8 % from entry, nearer than the one listed before it, 1.2 %; try 2'

set_of fees <<'lua'
local d = require "exitbrain.decision"
local settings = require "settings"
return { name = "x", version = "1", settings = settings, decide = function(ctx)
  if ctx.plan_revision > 0 then return nil end
  return { d.stop_pct(settings.stop_pct), d.targets { { r = settings.first.r, fraction = 0.5 } } }
end }
lua
printf 'return {\n  stop_pct = 0.4, -- percent\n  first = {\n    r = 0.1,\n  },\n}\n' >fees/settings.lua
linted fees 'settings.lua:4: first.r = 0.1: leg 1 lies 0.04 % from entry, a round trip costs 0.0801 %; try 0.3'

set_of too-small <<'lua'
local d = require "exitbrain.decision"
local settings = { stop_pct = 0.4, first_part = 0.001 }
return { name = "x", version = "1", settings = settings, decide = function(ctx)
  if ctx.plan_revision > 0 then return nil end
  return { d.stop_pct(settings.stop_pct), d.targets { { r = 1, fraction = settings.first_part } } }
end }
lua
linted too-small 'init.lua:2: first_part = 0.001: leg 1 is worth 1.992 at its price, below the minimum ' \
  'notional 5; try 0.003'

set_of stop-near <<'lua'
local d = require "exitbrain.decision"
local settings = { stop_pct = 0.1 }
return { name = "x", version = "1", settings = settings, decide = function(ctx)
  return d.stop_pct(settings.stop_pct)
end }
lua
linted stop-near 'init.lua:2: stop_pct = 0.1: stop lies 0.1 % from entry, at least 0.25 % is needed to ' \
  'measure R; try 0.2'

set_of ratchet <<'lua'
local d = require "exitbrain.decision"
local settings = { stop_pct = 0.4, breakeven_offset_pct = 0.5 }
return { name = "x", version = "1", settings = settings, decide = function(ctx)
  if ctx.plan_revision > 0 then return nil end
  return { d.stop_pct(settings.stop_pct), d.targets { { r = 1, fraction = 0.5 } },
    d.ratchet { { after_hits = 1, to = "entry", offset_pct = settings.breakeven_offset_pct } } }
end }
lua
linted ratchet 'init.lua:2: breakeven_offset_pct = 0.5: ratchet rule 1 sets the stop to 99.5, where price is ' \
  'then (99.6); try 0.3'

# ---- what shows only later: after a start, and in a state that has decided nothing yet ----
set_of cold <<'lua'
local d = require "exitbrain.decision"
return { name = "x", version = "1", decide = function(ctx)
  if ctx.planned then return nil end
  return d.stop_at(ctx.entry - 3 * ctx.sign * ctx.features.m15.atr)
end }
lua
linted cold "decide(ctx) failed for a LONG position: init.lua:4: attempt to perform arithmetic on a nil value " \
  "(field 'atr')"

set_of young <<'lua'
local d = require "exitbrain.decision"
return { name = "x", version = "1", decide = function(ctx)
  if not ctx.planned then return d.stop_pct(0.4) end
  if ctx.age_ms > 1e9 then return d.full_exit("old") end
end }
lua
linted young "decide(ctx) failed for a LONG position: init.lua:4: attempt to compare number with nil"

set_of forgetful <<'lua'
local d = require "exitbrain.decision"
local planned = {}
return { name = "x", version = "1", decide = function(ctx)
  if planned[ctx.symbol] then return nil end
  planned[ctx.symbol] = true
  return d.stop_pct(0.4)
end }
lua
linted forgetful 'decide(ctx) does not depend on ctx alone for a LONG position: a fresh Lua state gives another ' \
  'answer: variables of its own can be lost at any time; what it has to remember belongs into `memory`'
finish
