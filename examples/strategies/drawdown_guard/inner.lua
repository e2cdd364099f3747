-- SPDX-License-Identifier: Apache-2.0
-- The strategy that is guarded: any that returns what an init.lua returns. Its settings are settings.inner.

local check = require "exitbrain.check"
local rules = require "exitbrain.rules"
local unit = require "exitbrain.unit"

local pct, r = unit.pct, unit.r

local settings = {
  stop_pct = 1.5,    -- first stop, percent of entry
  target_r = 1.5,    -- where half of it is sold, in R
  trail_pct = 1.0,   -- how far behind the best price the rest follows from there on, percent
}

return rules.strategy {
  name = "inner",
  version = "1.0.0",
  settings = settings,
  rules = function()
    return {
      rules.initial_stop(pct(settings.stop_pct)),
      rules.scale_out { { r(settings.target_r), 0.5 }, runner = true },
      rules.trail_pct(pct(settings.trail_pct), { from = r(settings.target_r) }),
    }
  end,
  self_test = function()
    check.number("inner.stop_pct", settings.stop_pct, 0.2, 50)
    check.number("inner.target_r", settings.target_r, 0.1, 50)
    check.number("inner.trail_pct", settings.trail_pct, 0.1, 50)
  end,
}
