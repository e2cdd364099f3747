-- SPDX-License-Identifier: Apache-2.0
-- Legal levels from what a legacy owner wants, in percent of entry: its stop and what R is then, its targets, a stop
-- that moves. The only place of legacy/ where LONG and SHORT, ticks and what was taken already are looked at.

local check = require "exitbrain.check"
local decide = require "exitbrain.decision"
local ladder = require "exitbrain.ladder"
local side = require "exitbrain.side"
local stop = require "exitbrain.stop"

local levels = {}

local MAX_HINT_PCT = 50 -- a hint beyond this is no hint but a mistake of units

-- A callback that Binance's trailing order takes.
function levels.callback(pct) return math.max(0.1, math.min(5.0, pct)) end

-- What a model or an operator said (percent of price), where it is a usable figure; else `usual`.
function levels.hint(ctx, name, usual)
  local value = ctx.signals[name]
  if value == nil or type(value) == "number" and value > 0 and value <= MAX_HINT_PCT then return value or usual end
  if ctx.reason ~= "cycle" then
    log("signal " .. name .. ": expected percent, above 0 and at most " .. MAX_HINT_PCT .. ", got " .. tostring(value))
  end
  return usual
end

-- The stop of a plan, and R in percent of entry; grown: the size was increased, and R is measured anew.
function levels.stop(ctx, wanted_pct, grown, why)
  local decision, r = (grown and stop.first or stop.next)(ctx, wanted_pct, why)
  return decision, r / ctx.entry * 100
end

-- Targets of { percent of entry, percent of the size (nil: all of it) }. What was taken counts for the nearest ones, so
-- that nothing is sold twice. One that the price has passed is parked and shown by the engine; with `ahead` it is left
-- out. None lies within two ticks, where rounding could bring it to entry, and those that meet become one.
function levels.targets(ctx, legs, why, ahead)
  local least = 2 * ctx.tick / ctx.entry * 100
  local taken = math.floor(ladder.taken(ctx) * 1000000 + 0.5)
  local free, out = 1000000 - taken, {}
  for _, leg in ipairs(legs) do
    local pct, part = math.max(leg[1], least), leg[2] and math.floor(leg[2] * 10000 + 0.5) or 1000000
    local done = math.min(taken, part)
    taken, part = taken - done, math.min(part - done, free)
    if ahead and ctx.pnl_pct >= pct then part = 0 end
    free = free - part
    local last = out[#out]
    if last and last.pct >= pct then
      last.fraction = last.fraction + part / 1000000
    elseif part > 0 then
      out[#out + 1] = { pct = pct, fraction = part / 1000000 }
    end
  end
  return decide.targets(out, why)
end

-- The stop moved to `target`, but never nearer to the price than least_pct; nil unless that is tighter than the stop in
-- force by step_pct of entry.
function levels.raise(ctx, target, least_pct, step_pct, why)
  if ctx.price == nil then return nil end
  local nearest = ctx.price * (1 - ctx.sign * math.max(least_pct, ctx.min_stop_distance_pct) / 100)
  if ctx.sign * (target - nearest) > 0 then target = nearest end
  local step = ctx.sign * ctx.entry * step_pct / 100
  if not side.tighter(ctx, target, ctx.stop and ctx.stop + step) then return nil end
  return decide.stop_at(target, why)
end

-- Validator of legs { percent of entry or of margin, percent of the size }.
function levels.check_legs(path, legs)
  local last, sum = 0, 0
  for i, leg in ipairs(legs) do
    check.number(path .. "[" .. i .. "][1]", leg[1], last, 1000)
    check.number(path .. "[" .. i .. "][2]", leg[2], 0.0001, 100)
    last, sum = leg[1], sum + leg[2]
  end
  check.number(path .. ": percent of the size together", sum, 0, 100)
end

return levels
