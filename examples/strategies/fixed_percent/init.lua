-- SPDX-License-Identifier: Apache-2.0
-- Fixed percent: stop, ladder and trail at distances in percent of the entry, whatever the market does. The one that
-- needs no explaining; edit the ladder while positions are open, and what was not sold yet moves.

local check = require "exitbrain.check"
local rules = require "exitbrain.rules"
local unit = require "exitbrain.unit"

local pct = unit.pct

local settings = {
  stop_pct = 2.0,                                            -- percent of entry
  ladder = { { 1.0, 25 }, { 2.0, 25 }, { 3.0, 25 } },        -- { percent of entry, percent of the size }, rising
  secure_after_hits = 1,                                     -- after so many targets the stop goes to entry and fees
  trail_from_pct = 3.0,                                      -- from this profit on what is left
  trail_pct = 1.0,                                           -- follows the best price at this distance, percent of it
}

local function ladder()
  local list, total = {}, 0
  for i, rung in ipairs(settings.ladder) do
    list[i] = { pct(rung[1]), rung[2] / 100 }
    total = total + rung[2]
  end
  list.runner = total < 100
  return list
end

return rules.strategy {
  name = "fixed_percent",
  version = "1.0.0",
  settings = settings,
  rules = function()
    return {
      rules.initial_stop(pct(settings.stop_pct)),
      rules.scale_out(ladder()),
      rules.ratchet { { settings.secure_after_hits, "entry" } },
      rules.trail_pct(pct(settings.trail_pct), { from = pct(settings.trail_from_pct) }),
    }
  end,
  self_test = function()
    check.number("stop_pct", settings.stop_pct, 0.2, 50)
    for i, rung in ipairs(settings.ladder) do
      check.number("ladder[" .. i .. "][1]", rung[1], 0.1, 90) -- a SHORT cannot earn more than all of the price
    end
    check.integer("secure_after_hits", settings.secure_after_hits, 1, #settings.ladder)
    check.number("trail_from_pct", settings.trail_from_pct, 0.1, 90)
    check.number("trail_pct", settings.trail_pct, 0.1, 50)
  end,
}
