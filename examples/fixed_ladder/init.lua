-- SPDX-License-Identifier: Apache-2.0
-- The simplest useful set: one stop, three targets, one trail, the same for every position. The answer is given once;
-- the engine does the rest. Also what independent implementations of the trading rules are compared with:
--     exitbrain backtest --policies examples/fixed_ladder --set stop_pct=2 --set trail=false ...

local check = require "exitbrain.check"
local curve = require "exitbrain.curve"
local decide = require "exitbrain.decision"
local ladder = require "exitbrain.ladder"

local DAY_MS = 86400000

local settings = {
  stop_pct = 1.5,                                        -- percent of entry
  legs = { { 0.4, 35 }, { 0.8, 35 }, { 1.6, 30 } },      -- { r, percent of the size }
  trail = {                                              -- or false: none
    activation_r = 1.0,
    callback_pct = 0.8,
    tighten = { { 1.4, 0.5 } },                          -- { from this best r on, percent }
  },
  ratchet = true,                                        -- stop to entry after one hit, to the first target after two
}

local RATCHET = { { after_hits = 1, to = "entry" }, { after_hits = 2, to = "first_hit" } }

local function trailing()
  local t = settings.trail
  return { activation_r = t.activation_r, callback_pct = t.callback_pct, tighten = curve.from_pairs(t.tighten) }
end

local function plan()
  local list = { decide.stop_pct(settings.stop_pct), decide.targets(ladder.from_percent(settings.legs)) }
  if settings.trail then list[#list + 1] = decide.trailing(trailing()) end
  if settings.ratchet then list[#list + 1] = decide.ratchet(RATCHET) end
  return list
end

return {
  name = "fixed-ladder",
  version = "1.0.0",
  settings = settings,
  decide = function(ctx)
    local later = { wake = { at_ms = ctx.now_ms + DAY_MS } } -- nothing will be new: no need to ask
    if ctx.plan_revision == 0 or (ctx.r_provisional and ctx.hits == 0) then return plan(), later end
    return nil, later
  end,
  self_test = function()
    check.number("stop_pct", settings.stop_pct, 0.2, 50)
    check.levels("legs", ladder.from_percent(settings.legs))
    if settings.trail then check.trailing("trail", trailing()) end
  end,
}
