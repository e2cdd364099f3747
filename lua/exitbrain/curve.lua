-- SPDX-License-Identifier: Apache-2.0
-- Curves: a figure that depends on another. Tightening curves are steps of { r, callback_pct }, of which the last one
-- whose r was reached is in force.

local side = require "exitbrain.side"
local unit = require "exitbrain.unit"

---@class exitbrain.lib.curve
local curve = {}

-- { { r, callback_pct }, ... } or the same with names -> steps.
function curve.from_pairs(points)
  local steps = {}
  for i, point in ipairs(points or {}) do
    steps[i] = { r = point.r or point[1], callback_pct = point.callback_pct or point[2] }
  end
  return steps
end

-- { { r(1), pct(2) }, { r(3), atr(2) }, ... } -> steps for this position; r: R as a price distance where ctx has none
-- yet. nil, why: ctx does not know one of the units.
function curve.of_units(points, ctx, r)
  local steps = {}
  for i, point in ipairs(points) do
    local at, no_r = unit.to_r(point[1], ctx, r)
    local callback, no_callback = side.callback_pct(ctx, point[2], r)
    if not (at and callback) then return nil, no_r or no_callback end
    steps[i] = { r = at, callback_pct = callback }
  end
  return steps
end

-- { { 1, 3 }, { 3, 2 } } -> steps whose distances are 3 and 2 ATR of the time frame; nil, why: not warm.
function curve.by_atr(multiples, ctx, timeframe)
  local points = {}
  for i, point in ipairs(multiples) do points[i] = { unit.r(point[1]), unit.atr(point[2], timeframe) } end
  return curve.of_units(points, ctx)
end

-- The callback of a trailing rule at a best profit of `r`, or nil while it has not begun.
function curve.callback(rule, r)
  if r < rule.activation_r then return nil end
  local callback = rule.callback_pct
  for _, step in ipairs(rule.tighten or {}) do
    if r >= step.r then callback = step.callback_pct end
  end
  return callback
end

-- The straight line between points { { x, y }, ... } of rising x, at x; the ends go on flat. Figures, or units of one
-- kind: curve.between({ { 0, r(-1) }, { 48, r(0) } }, hours).
function curve.between(points, x)
  local before = points[1]
  if x <= before[1] then return before[2] end
  for i = 2, #points do
    local point = points[i]
    if x < point[1] then
      return before[2] + (point[2] - before[2]) * ((x - before[1]) / (point[1] - before[1]))
    end
    before = point
  end
  return before[2]
end

return curve
