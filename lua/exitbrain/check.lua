-- SPDX-License-Identifier: Apache-2.0
-- Validators for what a person writes into a policy set: call them from self_test, so that a mistake in a table is
-- found when the set is loaded, with its path, and not when the first position meets it.

local ladder = require "exitbrain.ladder"

local check = {}

local function fail(path, wanted, got) error(path .. ": expected " .. wanted .. ", got " .. tostring(got), 0) end

-- A number within [low, high]; nan is in no range.
function check.number(path, value, low, high)
  if type(value) ~= "number" or not (value >= low and value <= high) then
    fail(path, "a number from " .. low .. " to " .. high, value)
  end
end

function check.one_of(path, value, names)
  for _, name in ipairs(names) do
    if value == name then return end
  end
  fail(path, "one of " .. table.concat(names, ", "), value)
end

-- Things with an r each, in rising order.
function check.rising(path, steps)
  local last = 0
  for i, step in ipairs(steps) do
    if step.r <= last then fail(path .. "[" .. i .. "].r", "more than " .. last, step.r) end
    last = step.r
  end
end

-- Levels of exitbrain.ladder: fractions above 0 that together make at most 1.
function check.levels(path, levels)
  for i, level in ipairs(levels) do
    local here = path .. "[" .. i .. "]"
    check.number(here .. ".r", level.r, 0.01, 100)
    check.number(here .. ".fraction", level.fraction, 0.000001, 1)
  end
  if ladder.sum(levels) > 1 then fail(path, "fractions that sum to at most 1", ladder.sum(levels)) end
end

-- A trailing rule and its tightening curve, whose thresholds rise.
function check.trailing(path, rule)
  check.number(path .. ".activation_r", rule.activation_r, 0, 100)
  check.number(path .. ".callback_pct", rule.callback_pct, 0.01, 50)
  for i, step in ipairs(rule.tighten or {}) do
    local here = path .. ".tighten[" .. i .. "]"
    check.number(here .. ".r", step.r, 0, 100)
    check.number(here .. ".callback_pct", step.callback_pct, 0.01, 50)
  end
  check.rising(path .. ".tighten", rule.tighten or {})
end

return check
