-- SPDX-License-Identifier: Apache-2.0
-- Scale out and trail: a third at 1 R pays for the risk, a third at 2 R pays for the work, and the last third trails
-- the trend for as long as it runs. The first stop is as wide as the market moves, and never costs more than a part of
-- the account. Written in rules: each line of the list is one sentence of the plan.

local check = require "exitbrain.check"
local rules = require "exitbrain.rules"
local unit = require "exitbrain.unit"

local pct, r, atr = unit.pct, unit.r, unit.atr

local settings = {
  stop_atr = 2.0,           -- first stop in ATR of hours,
  warming_pct = 2.0,        -- percent of entry while there are too few bars
  max_loss_pct = 1.0,       -- but it loses at most this part of the wallet balance, percent
  first_r = 1.0,            -- first third, R
  second_r = 2.0,           -- second third, R
  trail_atr = 3.0,          -- what is left follows at so many ATR of hours
  trail_from_r = 1.5,       -- from this profit on, R
  volatile_atr = 2.0,       -- and at no more than this while the market is VOLATILE, ATR of 15 minutes
  patience_hours = 48,      -- an idea that has earned nothing by then is over
}

return rules.strategy {
  name = "scale_out_and_trail",
  version = "1.0.0",
  settings = settings,
  rules = function()
    return {
      rules.initial_stop(atr(settings.stop_atr, "h1"), pct(settings.warming_pct)),
      rules.max_loss { balance_pct = settings.max_loss_pct },
      rules.scale_out { { r(settings.first_r), 1 / 3 }, { r(settings.second_r), 1 / 3 }, runner = true },
      rules.ratchet { { 1, "entry" }, { 2, "first_hit" } },
      rules.trail_atr(settings.trail_atr, { from = r(settings.trail_from_r), timeframe = "h1" }),
      rules.tighten_on_regime("VOLATILE", atr(settings.volatile_atr)),
      rules.time_stop { after_ms = settings.patience_hours * 3600000, below = r(0) },
    }
  end,
  self_test = function()
    check.number("stop_atr", settings.stop_atr, 0.2, 20)
    check.number("warming_pct", settings.warming_pct, 0.2, 50)
    check.number("max_loss_pct", settings.max_loss_pct, 0.01, 100)
    check.number("first_r", settings.first_r, 0.1, 20)
    check.number("second_r", settings.second_r, settings.first_r, 50)
    check.number("trail_atr", settings.trail_atr, 0.2, 20)
    check.number("trail_from_r", settings.trail_from_r, 0, 20)
    check.number("volatile_atr", settings.volatile_atr, 0.2, 20)
    check.number("patience_hours", settings.patience_hours, 0.1, 8760)
  end,
}
