-- SPDX-License-Identifier: Apache-2.0
-- Prices seen from a position: the only place where LONG and SHORT differ, so that no rule can be written for LONG
-- alone.

local unit = require "exitbrain.unit"

---@class exitbrain.lib.side
local side = {}

-- The price `pct` percent of entry away from entry: towards profit if positive, towards loss if negative.
function side.price(ctx, pct)
  local entry = ctx.entry
  return entry + ctx.sign * entry * pct / 100
end

-- How far `price` lies from entry, in percent of entry: positive on the profit side.
function side.pct(ctx, price) return ctx.sign * (price - ctx.entry) / ctx.entry * 100 end

-- Whether `a`, as a stop, is tighter than `b` by more than what rounding to the tick explains; anything is tighter than
-- no stop (nil).
function side.tighter(ctx, a, b) return b == nil or ctx.sign * (a - b) > (ctx.tick or 0) / 2 end

-- Where the engine puts a stop at `price`: on the tick grid, nearer to the price by less than one tick.
function side.on_grid(ctx, price)
  local tick = ctx.tick or 0
  if tick <= 0 then return price end
  local ticks = price / tick
  return (ctx.sign > 0 and math.ceil(ticks - 1e-6) or math.floor(ticks + 1e-6)) * tick -- what lies on it stays
end

-- The distance of a trail as the engine wants it, percent of the best price; `by` is a unit. nil, why: not known.
function side.callback_pct(ctx, by, r)
  local kind = unit.kind(by)
  if kind == "pct" then return unit.value(by) end
  if kind == "price" then error("a trail follows at a distance: " .. tostring(by) .. " is a level", 0) end
  local pct, why = unit.to_pct(by, ctx, r)
  return pct and pct * ctx.entry / (ctx.peak or ctx.price or ctx.entry), why
end

return side
