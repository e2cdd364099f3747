-- SPDX-License-Identifier: Apache-2.0
-- Exits by what the program around the engine knows: how confident its model still is (signal `confidence`, 0 to 1),
-- and where it sees a wall of orders (function host.wall(price, sign): the next one beyond a price, or nil).
-- Works without either, under `exitbrain check` as well: no signal counts as full confidence, no wall as none.

local check = require "exitbrain.check"
local decide = require "exitbrain.decision"

local has_walls = pcall(function() return host.wall end) -- a function that nobody has registered is an error

local settings = {
  stop_pct = 1.5,         -- percent of entry
  before_wall_pct = 0.1,  -- percent of price: the target lies this far in front of the wall
  wall_fraction = 0.5,    -- of the size, sold there
  doubt_below = 0.5,      -- confidence under which profit is trailed closely
  doubt_callback_pct = 0.4,
  leave_below = 0.2,      -- confidence under which nothing is kept
}

local function plan(ctx)
  local list = { decide.stop_pct(settings.stop_pct, "first plan") }
  local wall = has_walls and host.wall(ctx.entry, ctx.sign)
  if wall then
    local before = wall * (1 - ctx.sign * settings.before_wall_pct / 100)
    list[2] = decide.targets { { price = before, fraction = settings.wall_fraction } }
  end
  return list
end

return {
  name = "by-signals",
  version = "1.0.0",
  settings = settings,
  decide = function(ctx)
    local confidence = ctx.signals.confidence or 1
    if confidence < settings.leave_below then return decide.full_exit("the model has changed its mind") end
    if not ctx.planned then return plan(ctx) end
    if confidence < settings.doubt_below and not ctx.memory.doubted then
      local closely = decide.trailing { activation_r = 0, callback_pct = settings.doubt_callback_pct }
      return closely, { memory = { doubted = true } }
    end
  end,
  self_test = function()
    check.number("stop_pct", settings.stop_pct, 0.2, 50)
    check.number("leave_below", settings.leave_below, 0, settings.doubt_below)
  end,
}
