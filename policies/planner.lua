-- SPDX-License-Identifier: Apache-2.0
-- From a profile to a plan: where the stop goes, what R is then, where the targets lie, and all of it in one answer.
-- The stop is the tightest of what the regime wants, the risk floor and the liquidation buffer; R is the distance to
-- that very stop, so that targets and stop can never be measured with two rulers.

local S = require "settings"
local challenge = require "challenge_100"
local decide = require "exitbrain.decision"
local ladder = require "exitbrain.ladder"
local risk = require "risk"
local side = require "exitbrain.side"

local planner = {}

local GRID = 10000 -- percentages travel as whole 1/10000 percent

-- The distance that a regime wants, percent of entry.
local function wanted_pct(ctx, regime, profile)
  if profile.name == "CHALLENGE_100" then return challenge.stop_pct(ctx) end
  return math.max(S.min_stop_pct, math.min(S.max_stop_pct, S.base_stop_pct * S.stop_factor[regime]))
end

-- The stop of a new plan and R in percent of entry. It is never looser than the stop in force; where that one cannot
-- give R (in profit, or too near), R is what it was, or else measured to the stop that was planned.
function planner.stop(ctx, regime, profile, why)
  local tick_pct = ctx.tick / ctx.entry * 100
  local legal = math.max(ctx.min_stop_distance_pct, 2 * tick_pct)
  -- Rounding to the tick brings a stop nearer by less than one tick, and it must still give R.
  local least = math.ceil((legal + tick_pct) * GRID) / GRID
  local wanted = math.min(wanted_pct(ctx, regime, profile), risk.allowed_pct(ctx) or math.huge)
  local room = risk.liquidation_room_pct(ctx) or math.huge
  local pct = math.max(math.floor(math.min(wanted, room) * GRID) / GRID, least)
  local planned = side.price(ctx, -pct)
  local stop = room < least and side.price(ctx, -room) or nil
  if ctx.stop and side.tighter(ctx, ctx.stop, stop or planned) then stop = ctx.stop end
  if stop == nil then return decide.stop_pct(pct, why), pct end
  local loss = -side.pct(ctx, stop)
  if loss >= legal then return decide.stop_at(stop, why), loss end
  local had_r = ctx.r and not ctx.r_provisional
  return decide.stop_at(stop, why, not had_r and planned or nil), had_r and ctx.r / ctx.entry * 100 or pct
end

-- The targets beyond what was hit and beyond `beyond_pct` (percent of entry; nil: wherever the price is, for a leg that
-- it has passed is parked and shown). nil where the profile has nothing there: then the old targets stand.
function planner.targets(ctx, profile, r_pct, beyond_pct, why)
  local taken, furthest = ladder.taken(ctx)
  if profile.name == "CHALLENGE_100" then
    return furthest == nil and decide.targets(challenge.levels(ctx, r_pct), why) or nil
  end
  if beyond_pct and beyond_pct > (furthest or 0) then furthest = beyond_pct end
  local levels = ladder.at_least(profile.levels, risk.least_target_pct(ctx) / r_pct)
  levels = ladder.ahead(levels, furthest and furthest / r_pct, 1 - taken)
  return #levels > 0 and decide.targets(levels, why) or nil
end

-- Everything but the stop: targets, trailing and ratchet of a profile.
local function rest(list, ctx, profile, r_pct, beyond_pct, why)
  local is_challenge = profile.name == "CHALLENGE_100"
  list[#list + 1] = planner.targets(ctx, profile, r_pct, beyond_pct, why)
  local trailing = profile.trailing
  if is_challenge then trailing = challenge.trailing(ctx, r_pct) end
  -- Switched off only where an earlier plan may have had one.
  if trailing or ctx.plan_revision > 0 then list[#list + 1] = decide.trailing(trailing, why) end
  list[#list + 1] = decide.ratchet(risk.ratchet(ctx, is_challenge), why)
  return list
end

-- The whole plan of a position that has none, or whose size was increased.
function planner.open(ctx, regime, profile, why)
  local stop, r_pct = planner.stop(ctx, regime, profile, why)
  return rest({ stop }, ctx, profile, r_pct, nil, why)
end

-- Another profile for a position that is under way: its stop and R stay, legs that were hit stay hit, and no leg is set
-- behind the price, where it would only be parked.
function planner.change(ctx, profile, why)
  local r_pct = ctx.r and ctx.r / ctx.entry * 100 or S.base_stop_pct
  return rest({}, ctx, profile, r_pct, ctx.pnl_pct, why)
end

return planner
