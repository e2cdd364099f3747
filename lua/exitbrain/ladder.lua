-- SPDX-License-Identifier: Apache-2.0
-- Take-profit ladders: lists of { r (or pct, price, at = unit), fraction, soft }, fractions of the leg base.
-- Fractions are whole millionths, as the engine counts them, so that a ladder that sums to 1 still does after scaling.

local check = require "exitbrain.check"
local unit = require "exitbrain.unit"

---@class exitbrain.lib.ladder
local ladder = {}

local WHOLE = 1000000
local floor = math.floor

local function millionths(fraction) return floor(fraction * WHOLE + 0.5) end

-- { { r, percent, soft }, ... } or the same with names -> levels.
function ladder.from_percent(legs)
  local levels = {}
  for i, leg in ipairs(legs) do
    local percent = leg.percent or leg[2]
    levels[i] = { r = leg.r or leg[1], fraction = percent / 100, soft = leg.soft or leg[3] or false }
  end
  return levels
end

local function in_order(path, at, before)
  if before and unit.kind(before) == unit.kind(at) and at <= before then
    check.fail(path, "more than " .. tostring(before), at, "sort the ladder")
  end
end

-- { { r(0.5), 0.25 }, { pct(3), 0.25, soft = true }, runner = true } -> levels: where, and how much of the leg base.
-- Checked: distances above 0 that rise, fractions that make 1, or less where `runner` says that the rest has no target.
function ladder.build(list)
  check.keys("ladder", list, { "runner" })
  local levels, total, before = {}, 0, nil
  check.list("ladder", list, 1, 12, function(path, level)
    check.keys(path, level, { "soft" })
    local at, fraction = level[1], level[2]
    check.unit(path .. "[1]", at, { "r", "pct", "atr", "price" }, 1e-8, 1e10)
    check.number(path .. "[2]", fraction, 1 / WHOLE, 1)
    in_order(path .. "[1]", at, before)
    before, total = at, total + millionths(fraction)
    local kind, out = unit.kind(at), { fraction = fraction, soft = level.soft or false }
    if kind == "atr" then out.at = at else out[kind] = unit.value(at) end
    levels[#levels + 1] = out
  end)
  local sum = string.format("%.6g", total / WHOLE)
  if total > WHOLE then error("ladder: the fractions sum to " .. sum .. ", more than the position", 0) end
  if list.runner and total == WHOLE then error("ladder: runner = true, but nothing is left for it to run with", 0) end
  if not list.runner and total < WHOLE then
    error("ladder: the fractions sum to " .. sum .. ": say runner = true if the rest is to have no target", 0)
  end
  return levels
end

-- Levels of any unit with their r, nearest first, and still `at` where they were meant; r: R as a price distance where
-- ctx has none yet. What ctx does not know (an ATR that is not warm) is left out, and said by the second result.
function ladder.in_r(levels, ctx, r)
  local out, missing = {}, nil
  for i = 1, #levels do
    local level = levels[i]
    local value, why, at = level.r, nil, nil
    if value == nil then
      at = level.at or level.pct and unit.pct(level.pct) or unit.price(level.price)
      value, why = unit.to_r(at, ctx, r)
    end
    local distance = value and value * (r or ctx.r or 0)
    if value and value > 0 and ctx.entry + ctx.sign * distance > (ctx.tick or 0) then -- a SHORT has none below zero
      out[#out + 1] = { r = value, at = at, fraction = level.fraction, soft = level.soft or false }
    end
    missing = missing or why
  end
  table.sort(out, function(a, b) return a.r < b.r end)
  return out, missing
end

function ladder.sum(levels)
  local total = 0
  for _, level in ipairs(levels) do total = total + millionths(level.fraction) end
  return total / WHOLE
end

-- What the position's own legs say: fraction taken or on its way, profit (percent of entry) of the furthest of those
-- legs, and whether one is on its way.
function ladder.taken(ctx)
  local total, furthest, moving = 0, nil, false
  for _, leg in ipairs(ctx.legs) do
    local state = leg.state
    local on_its_way = state == "firing" or state == "partial" or leg.filled > 0 and state ~= "hit"
    if state == "hit" or on_its_way then
      local pct = ctx.sign * (leg.price - ctx.entry) / ctx.entry * 100
      total = total + millionths(leg.fraction)
      if furthest == nil or pct > furthest then furthest = pct end
      moving = moving or on_its_way
    end
  end
  return total / WHOLE, furthest, moving
end

-- The legs beyond `beyond_r` (nil: all), sized for the `free` part of the position: their share of what is then left is
-- the same as in the whole ladder, and so is the runner's. Empty where nothing lies beyond.
function ladder.ahead(levels, beyond_r, free)
  local rest, share = WHOLE, 0
  local chosen = {}
  for _, level in ipairs(levels) do
    local part = millionths(level.fraction)
    rest = rest - part
    if beyond_r == nil or level.r > beyond_r then
      share = share + part
      chosen[#chosen + 1] = { r = level.r, at = level.at, fraction = part, soft = level.soft }
    end
  end
  local room = millionths(free)
  local out, given = {}, 0
  for i, level in ipairs(chosen) do
    local part = level.fraction * room // (share + rest)
    if rest == 0 and i == #chosen then part = room - given end
    given = given + part
    level.fraction = part / WHOLE
    if part > 0 then out[#out + 1] = level end
  end
  return out
end

local function rises_from(levels, least_r, apart_r)
  local before = least_r
  for i = 1, #levels do
    local r = levels[i].r
    if r < before or i > 1 and (r == before or r - before < apart_r) then return false end
    before = r
  end
  return true
end

-- No target nearer than `least_r`: a leg that is moves out to it, and legs that meet there become one. So do those that
-- lie less than `apart_r` (nil: 0) from each other: a tick, in R, for what rounds to one price is one leg. The list
-- itself where nothing has to move.
function ladder.at_least(levels, least_r, apart_r)
  local least = math.ceil(least_r * WHOLE) / WHOLE
  apart_r = apart_r or 0
  if rises_from(levels, least, apart_r) then return levels end
  local out = {}
  for _, level in ipairs(levels) do
    local last = out[#out]
    local r = math.max(level.r, least)
    if last and (last.r >= r or r - last.r < apart_r) then
      last.fraction = (millionths(last.fraction) + millionths(level.fraction)) / WHOLE
      last.soft = last.soft and level.soft
    else
      out[#out + 1] = { r = r, fraction = level.fraction, soft = level.soft }
    end
  end
  return out
end

return ladder
