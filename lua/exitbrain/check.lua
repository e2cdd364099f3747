-- SPDX-License-Identifier: Apache-2.0
-- Validators for what a person writes into a policy set: call them from self_test, so that a mistake in a table is
-- found when the set is loaded, and not when the first position meets it. Each raises "path: expected what, got value"
-- and, where there is one, the nearest value that would do.
--
--     check.number("stop_pct", S.stop_pct, 0.2, 20)

local unit = require "exitbrain.unit"

---@class exitbrain.lib.check
local check = {}

local WHOLE = 1000000 -- fractions are compared as the engine counts them

local function show(value)
  if type(value) == "number" then return string.format("%.14g", value) end
  if type(value) == "string" then return '"' .. value .. '"' end
  return tostring(value)
end

-- Raises the complaint; `remedy` (text, may be nil) says what to write instead. For validators of one's own.
function check.fail(path, expected, value, remedy)
  error(path .. ": expected " .. expected .. ", got " .. show(value) .. (remedy and ": " .. remedy or ""), 0)
end

local function nearest(value, low, high)
  if type(value) == "string" then return "write it without quotes" end
  if type(value) ~= "number" or value ~= value then return nil end
  return "take " .. show(value < low and low or value > high and high or math.floor(value + 0.5))
end

-- A number within [low, high]; nan is in no range.
function check.number(path, value, low, high)
  if type(value) ~= "number" or not (value >= low and value <= high) then
    check.fail(path, "a number from " .. show(low) .. " to " .. show(high), value, nearest(value, low, high))
  end
end

-- A whole number within [low, high].
function check.integer(path, value, low, high)
  if type(value) ~= "number" or not (value >= low and value <= high) or value ~= math.floor(value) then
    check.fail(path, "a whole number from " .. show(low) .. " to " .. show(high), value, nearest(value, low, high))
  end
end

function check.boolean(path, value)
  if type(value) ~= "boolean" then check.fail(path, "true or false", value) end
end

-- A text of 1 to `max` bytes.
function check.text(path, value, max)
  if type(value) ~= "string" or #value < 1 or #value > max then
    check.fail(path, "a text of 1 to " .. max .. " bytes", value)
  end
end

function check.func(path, value)
  if type(value) ~= "function" then check.fail(path, "a function", value) end
end

-- One of a list of words.
function check.one_of(path, value, names)
  local meant
  for _, name in ipairs(names) do
    if value == name then return end
    local alike = type(value) == "string" and type(name) == "string" and string.upper(value) == string.upper(name)
    if alike then meant = "write " .. show(name) end
  end
  check.fail(path, "one of " .. table.concat(names, ", "), value, meant)
end

-- A table whose keys are all in the list `names`; elements 1, 2 ... of a list are none of these.
function check.keys(path, value, names)
  if type(value) ~= "table" then check.fail(path, "a table", value) end
  for key in pairs(value) do
    local known = type(key) == "number"
    for i = 1, #names do known = known or key == names[i] end
    if not known then
      local list = #names > 0 and table.concat(names, ", ") or "a list and nothing else"
      error(path .. ": unknown key " .. show(key) .. ": there are " .. list, 0)
    end
  end
end

-- A list of `low` to `high` elements, each given to each(path, element).
function check.list(path, value, low, high, each)
  if type(value) ~= "table" then check.fail(path, "a list", value) end
  if #value < low or #value > high then
    check.fail(path, "a list of " .. low .. " to " .. high .. " elements", #value)
  end
  for i = 1, #value do each(path .. "[" .. i .. "]", value[i]) end
end

-- A unit of one of `kinds` ("price", "r", "atr", "pct") whose number lies within [low, high].
function check.unit(path, value, kinds, low, high)
  local kind = unit.kind(value)
  for i = 1, #kinds do
    if kinds[i] == kind then
      local x = unit.value(value)
      if x >= low and x <= high then return end
      local range = show(low) .. " to " .. show(high)
      return check.fail(path, "unit." .. kind .. " from " .. range, value, nearest(x, low, high))
    end
  end
  local example = type(value) == "number" and "write unit." .. kinds[1] .. "(" .. show(value) .. ")" or nil
  check.fail(path, "unit." .. table.concat(kinds, ", unit."), value, example)
end

-- Things with an r each, in rising order.
function check.rising(path, steps)
  local last = 0
  for i, step in ipairs(steps) do
    if step.r <= last or step.r ~= step.r then
      check.fail(path .. "[" .. i .. "].r", "more than " .. show(last), step.r, "sort the list by r")
    end
    last = step.r
  end
end

-- Levels of exitbrain.ladder: fractions above 0 that together make at most 1.
function check.levels(path, levels)
  local total = 0
  check.list(path, levels, 0, 12, function(here, level)
    if type(level) ~= "table" then check.fail(here, "a level", level) end
    if level.price ~= nil then
      check.number(here .. ".price", level.price, 1e-8, 1e10)
    elseif level.pct ~= nil then
      check.number(here .. ".pct", level.pct, 0.01, 1000)
    elseif level.at ~= nil then
      check.unit(here .. ".at", level.at, { "r", "pct", "atr", "price" }, 1e-8, 1e10)
    else
      check.number(here .. ".r", level.r, 0.01, 100)
    end
    check.number(here .. ".fraction", level.fraction, 0.000001, 1)
    total = total + math.floor(level.fraction * WHOLE + 0.5)
  end)
  if total > WHOLE then
    check.fail(path, "fractions that sum to at most 1", total / WHOLE, "lower one by " .. show(total / WHOLE - 1))
  end
end

-- A trailing rule and its tightening curve, whose thresholds rise.
function check.trailing(path, rule)
  if type(rule) ~= "table" then check.fail(path, "a table", rule) end
  check.number(path .. ".activation_r", rule.activation_r, 0, 100)
  check.number(path .. ".callback_pct", rule.callback_pct, 0.01, 50)
  local tighten = rule.tighten or {}
  check.list(path .. ".tighten", tighten, 0, 6, function(here, step)
    check.number(here .. ".r", step.r, 0, 100)
    check.number(here .. ".callback_pct", step.callback_pct, 0.01, 50)
  end)
  check.rising(path .. ".tighten", tighten)
end

-- Ratchet rules: { after_hits, to, offset_pct }.
function check.ratchet(path, rules)
  check.list(path, rules, 0, 4, function(here, rule)
    check.integer(here .. ".after_hits", rule.after_hits, 1, 12)
    check.one_of(here .. ".to", rule.to, { "entry", "first_hit" })
    if rule.offset_pct ~= nil then check.number(here .. ".offset_pct", rule.offset_pct, -50, 50) end
  end)
end

return check
