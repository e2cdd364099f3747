-- SPDX-License-Identifier: Apache-2.0
-- From a case to a plan: where the stop goes, what R is then, and all of it in one answer (targets.lua has the rest).
-- The stop is the tightest of what the regime wants, the risk floor and the liquidation buffer; R is the distance to
-- that very stop, so that targets and stop can never be measured with two rulers.

local S = require "settings"
local challenge = require "challenge_100"
local decide = require "exitbrain.decision"
local first_stop = require "exitbrain.stop"
local risk = require "risk"
local side = require "exitbrain.side"
local targets = require "targets"

local planner = {}

local ceil, floor, max, min = math.ceil, math.floor, math.max, math.min

local GRID = 10000 -- percentages travel as whole 1/10000 percent

-- The distance that this case wants, percent of entry: base or hint, times risk mode, times regime, clamped.
function planner.wanted_pct(ctx, case)
  local hints = case.hints
  if case.profile.name == "CHALLENGE_100" then return challenge.stop_pct(ctx) * hints.factor end
  local pct = (hints.sl_pct or S.base_stop_pct) * hints.factor * S.stop_factor[case.regime]
  return max(S.min_stop_pct, min(S.max_stop_pct, pct))
end

-- The nearest distance that gives R, percent of entry, and what is added to it because rounding to the tick brings a
-- stop nearer by less than one tick.
local function legal_pct(ctx)
  local tick_pct = ctx.tick / ctx.entry * 100
  local legal = max(ctx.min_stop_distance_pct, 2 * tick_pct)
  return legal, ceil((legal + tick_pct) * GRID) / GRID
end

-- The tightest stop that stands or that a locked profit wants; nil where there is none.
local function standing(ctx, own)
  local lock = own.locked and side.price(ctx, S.profit_lock_stop_pct)
  return lock and side.tighter(ctx, lock, ctx.stop) and lock or ctx.stop
end

-- The stop of a new plan, R in percent of entry, and whether that R is new. It is never looser than the stop in force;
-- where that one cannot give R (in profit, or too near), R is what it was, or else measured to the planned stop.
function planner.stop(ctx, case, why)
  local legal, least = legal_pct(ctx)
  local wanted = min(case.wanted_pct, risk.allowed_pct(ctx) or math.huge)
  local room = first_stop.room_pct(ctx) or math.huge
  local pct = max(floor(min(wanted, room) * GRID) / GRID, least)
  local planned, other = side.price(ctx, -pct), standing(ctx, case.own)
  local stop = room < least and side.on_grid(ctx, side.price(ctx, -room)) or nil
  if other and side.tighter(ctx, other, stop or planned) then stop = other end
  if stop == nil then return decide.stop_pct(pct, why), pct, true end
  local loss = -side.pct(ctx, stop)
  if loss >= legal then return decide.stop_at(stop, why), loss, true end
  local had_r = ctx.r and not ctx.r_provisional
  return decide.stop_at(stop, why, not had_r and planned or nil), had_r and ctx.r / ctx.entry * 100 or pct, not had_r
end

-- Everything but the stop: targets, trailing and ratchet.
local function rest(list, ctx, case, r_pct, beyond_pct, why)
  list[#list + 1] = targets.decide(ctx, case, r_pct, beyond_pct, why)
  local trailing = targets.trailing(ctx, case, r_pct)
  -- Switched off only where an earlier plan may have had one.
  if trailing or ctx.plan_revision > 0 then list[#list + 1] = decide.trailing(trailing, why) end
  list[#list + 1] = decide.ratchet(risk.ratchet(ctx, case.profile.name == "CHALLENGE_100"), why)
  return list
end

-- The whole plan of a position that has none, or whose size was increased.
function planner.open(ctx, case, why)
  local stop, r_pct, new_r = planner.stop(ctx, case, why)
  if new_r then case.own.factor = case.hints.factor end
  return rest({ stop }, ctx, case, r_pct, nil, why)
end

-- Another profile or other signals for a position that is under way: its R stays, legs that were hit stay hit, and no
-- leg is set behind the price, where it would only be parked.
function planner.change(ctx, case, why)
  local r_pct = ctx.r and ctx.r / ctx.entry * 100 or S.base_stop_pct
  return rest({}, ctx, case, r_pct, ctx.pnl_pct, why)
end

-- Where the stop of a running plan goes when the signals ask for less risk, or when another owner set it: nearer, never
-- away. nil where price has passed another owner's: it would be parked, and the one in force stays.
function planner.nearer_stop(ctx, case)
  local _, least = legal_pct(ctx)
  local stop = side.price(ctx, -max(case.wanted_pct, least))
  return (ctx.planned or ctx.price and side.tighter(ctx, ctx.price, stop)) and stop or nil
end

return planner
