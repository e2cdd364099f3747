-- SPDX-License-Identifier: Apache-2.0
-- One consult's answer while rules write it: the tightest stop that was proposed, when to be asked again, what to
-- remember. exitbrain.rules.combine makes the verdict of it; rules of one's own use the functions below.

local regime = require "exitbrain.regime"
local unit = require "exitbrain.unit"

---@class exitbrain.lib.draft
local draft = {}

function draft.new(ctx)
  return {
    ctx = ctx, entry = ctx.entry, sign = ctx.sign, price = ctx.price, in_force = ctx.stop,
    now_ms = ctx.now_ms, age_ms = ctx.age_ms, half_tick = (ctx.tick or 0) / 2, times = {}, prices = {},
  }
end

-- Whether `a`, as a stop, is tighter than the stop in force, by `step` (a price distance, 0 if left out).
function draft.is_tighter(d, a, step)
  local stop = d.in_force
  return stop == nil or d.sign * (a - stop) > math.max(step or 0, d.half_tick)
end

-- Proposes a stop; of several the tightest stands. One that the price has already passed is no stop and is left out.
function draft.tighten(d, stop, why, step)
  if stop <= 0 or not draft.is_tighter(d, stop, step) then return end
  if d.price == nil or d.sign * (d.price - stop) <= d.half_tick then return end
  if d.stop == nil or d.sign * (stop - d.stop) > 0 then d.stop, d.why = stop, why end
end

-- Asks to be consulted at a time, and when the price gets to a level, on whatever side it lies.
function draft.wake_at(d, ms) d.times[#d.times + 1] = ms end
function draft.wake_level(d, price) d.prices[#d.prices + 1] = price end

-- Whether the price is at or beyond a unit, towards profit; if not, asks to be consulted there. nil: not known yet.
function draft.reached(d, at)
  local level = unit.to_price(at, d.ctx)
  if level == nil or d.price == nil then return nil end
  if d.sign * (d.price - level) >= 0 then return true end
  draft.wake_level(d, level)
  return false
end

-- Whether the position is at least this old; if not, asks to be consulted then. An age that is not known is none.
function draft.is_old(d, ms)
  if d.age_ms == nil then return false end
  if d.age_ms >= ms then return true end
  draft.wake_at(d, d.now_ms - d.age_ms + ms)
  return false
end

-- Remembers a value under one of the rule's keys (rule.keys.name); everything else that is remembered stays.
function draft.remember(d, key, value)
  d.changes = d.changes or {}
  d.changes[key] = value
end

-- The regime of the market, found once a consult; the answer then names it.
function draft.regime(d)
  if d.regime == nil then d.regime = regime.of(d.ctx) end
  draft.wake_at(d, (d.now_ms // regime.BAR_MS + 1) * regime.BAR_MS)
  return d.regime
end

return draft
