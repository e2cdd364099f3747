-- SPDX-License-Identifier: Apache-2.0
-- Exits as a list of rules, each one sentence:
--
--     local rules, unit = require "exitbrain.rules", require "exitbrain.unit"
--     local pct, r, atr = unit.pct, unit.r, unit.atr
--     local settings = { stop_pct = 1.5 }
--
--     return rules.strategy {
--       name = "swing", version = "1.0", settings = settings,
--       rules = function()
--         return {
--           rules.initial_stop(atr(2), pct(settings.stop_pct)),
--           rules.scale_out { { r(1), 0.5 }, { r(2), 0.25 }, runner = true },
--           rules.breakeven_after(r(1)),
--           rules.trail_atr(3, { from = r(1) }),
--           rules.time_stop { after_ms = 48 * 3600000, below = r(0) },
--         }
--       end,
--     }
--
-- The rules themselves are described where they are made: exitbrain/rules/plan.lua (first stop, targets, ratchet),
-- trail.lua, stops.lua (what tightens) and exits.lua. One's own are tables as rules/combine.lua describes them.

local combine = require "exitbrain.rules.combine"

---@class exitbrain.lib.rules
local rules = { strategy = combine.strategy, decide = combine.decide, draft = (require "exitbrain.rules.draft") }

for _, group in ipairs { "plan", "trail", "stops", "exits" } do
  for name, make in pairs(require("exitbrain.rules." .. group)) do rules[name] = make end
end

return rules
