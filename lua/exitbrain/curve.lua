-- SPDX-License-Identifier: Apache-2.0
-- Tightening curves: steps of { r, callback_pct }; the step in force is the last one whose r was reached.

local curve = {}

-- { { r, callback_pct }, ... } or the same with names -> steps.
function curve.from_pairs(points)
  local steps = {}
  for i, point in ipairs(points or {}) do
    steps[i] = { r = point.r or point[1], callback_pct = point.callback_pct or point[2] }
  end
  return steps
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

return curve
