-- SPDX-License-Identifier: Apache-2.0
-- The stop of a plan: as far away as is wanted, and where the guard takes it.
--
--     local decision, r = stop.first(ctx, 1.5, "first plan")     r: what R becomes, as a price distance
--     local decision, r = stop.next(ctx, 1.5, "taken over")      r: what it is, for a position that had a plan

local decide = require "exitbrain.decision"
local ladder = require "exitbrain.ladder"
local side = require "exitbrain.side"

---@class exitbrain.lib.stop
local stop = {}

local GRID = 10000 -- percentages travel as whole 1/10000 percent
local MOST_PCT = 95 -- of entry; a LONG's stop further away would be no price

-- How far from entry, in percent, a stop may lie without touching the liquidation buffer; nil: liquidation not known.
function stop.room_pct(ctx)
  if ctx.liquidation == nil then return nil end
  local room = -side.pct(ctx, ctx.liquidation)
  return room > 0 and room - ctx.liquidation_buffer_pct or nil
end

-- The stop `wanted_pct` percent of entry away on the loss side: not nearer than the guard's least distance, not inside
-- the liquidation buffer, never looser than the stop in force. Where that one cannot give R, since it lies in profit or
-- too near, R is what it was, or else measured to the stop that was wanted.
function stop.first(ctx, wanted_pct, why)
  local entry = ctx.entry
  local tick_pct = (ctx.tick or 0) / entry * 100
  local legal = math.max(ctx.min_stop_distance_pct, 2 * tick_pct)
  -- Rounding to the tick brings a stop nearer by less than one tick, and it must still give R.
  local least = math.ceil((legal + tick_pct) * GRID) / GRID
  local room = stop.room_pct(ctx) or math.huge
  local pct = math.max(math.floor(math.min(wanted_pct, room, MOST_PCT) * GRID) / GRID, least)
  local planned = side.price(ctx, -pct)
  local at = room < least and side.on_grid(ctx, side.price(ctx, -room)) or nil
  if ctx.stop and side.tighter(ctx, ctx.stop, at or planned) then at = ctx.stop end
  if at == nil then return decide.stop_pct(pct, why), entry * pct / 100 end
  local loss = -side.pct(ctx, at)
  if loss >= legal then return decide.stop_at(at, why), entry * loss / 100 end
  local had_r = ctx.r and not ctx.r_provisional
  return decide.stop_at(at, why, not had_r and planned or nil), had_r and ctx.r or entry * pct / 100
end

-- The same where another owner's plan is taken over: R is what it was, and a stop that the price has passed already is
-- not set, since it would be parked: the one in force stays.
function stop.next(ctx, wanted_pct, why)
  local decision, r = stop.first(ctx, wanted_pct, why)
  if ctx.r == nil or ctx.r_provisional and ctx.hits == 0 then return decision, r end
  local price = decision.price or side.price(ctx, -decision.pct)
  local passed = ctx.price and not side.tighter(ctx, ctx.price, price)
  return ctx.stop and passed and decide.stop_at(ctx.stop, why) or decision, ctx.r
end

-- Ratchet rules for a position whose plan is taken over, changed in place: one that its hits have met already, and
-- whose stop the price has passed, would be parked and the position held on a short line; the next hit sets it instead.
function stop.ratchet_next(ctx, rules)
  local _, furthest = ladder.taken(ctx)
  for _, rule in ipairs(ctx.price and rules or {}) do
    local at = side.price(ctx, (rule.to == "entry" and 0 or furthest or 0) + (rule.offset_pct or 0))
    if rule.after_hits <= ctx.hits and not side.tighter(ctx, ctx.price, at) then rule.after_hits = ctx.hits + 1 end
  end
  return rules
end

return stop
