-- SPDX-License-Identifier: Apache-2.0
-- Where the targets of a plan lie and what trails the rest: from a profile's ladder, the dynamic calculator, the plain
-- ladder, CHALLENGE_100, or PROFIT_LOCK. Whatever they come from, no target lies within the fees, none is set behind
-- what was taken already, and fractions are of what is then left.
-- `case` (adapter.lua): regime, profile, trails, hints (signals.lua), own (memory.lua), wanted_pct (planner.lua).

local S = require "settings"
local challenge = require "challenge_100"
local decide = require "exitbrain.decision"
local dynamic = require "dynamic_tp"
local ladder = require "exitbrain.ladder"
local plain = require "plain_ladder"
local risk = require "risk"

local targets, min = {}, math.min

local MAX_SHORT_PCT = 95.0 -- a SHORT cannot earn more than all of the price

-- A profit that is locked: all of it at a multiple of the profit, a SHORT's never below half the price.
local function profit_lock(ctx)
  local pct = S.profit_lock_tp_factor * ctx.pnl_pct
  if ctx.sign < 0 then pct = min(pct, (100 + ctx.pnl_pct) / 2) end
  return { { r = pct, fraction = 1, soft = false } }
end

-- How much nearer the risk mode brings targets than when R was set.
local function nearer(case) return case.hints.factor / (case.own.factor or 1) end

-- Levels, what to multiply their r with, and whether that gives percent of price instead of R.
local function source(ctx, case)
  local hints, profile = case.hints, case.profile
  if profile.name == "PROFIT_LOCK" then return profit_lock(ctx), 1, true end
  if S.tp_source == "plain" then return ladder.from_percent(plain.legs(case.regime, hints)), 1, true end
  if S.tp_source == "dynamic" then
    local scale = S.one_ruler and hints.factor or case.wanted_pct / S.base_stop_pct
    return dynamic.levels(ctx, case.regime, hints, risk.leverage(ctx)), scale, true
  end
  if not S.one_ruler then return profile.levels, case.wanted_pct * hints.stretch, true end
  return profile.levels, nearer(case) * hints.stretch, false
end

local function scaled(ctx, levels, unit_pct, scale)
  local limit = ctx.sign < 0 and MAX_SHORT_PCT / unit_pct or math.huge
  local out = {}
  for i, level in ipairs(levels) do
    out[i] = { r = min(level.r * scale, limit), fraction = level.fraction, soft = level.soft }
  end
  return out
end

local function in_percent(levels)
  for i, level in ipairs(levels) do
    levels[i] = { pct = level.r, fraction = level.fraction, soft = level.soft }
  end
  return levels
end

-- The targets beyond what was hit and beyond `beyond_pct` (percent of entry; nil: wherever the price is, for a leg that
-- it has passed is parked and shown). nil where there are none: then the old targets stand.
function targets.decide(ctx, case, r_pct, beyond_pct, why)
  local taken, furthest = ladder.taken(ctx)
  if case.profile.name == "CHALLENGE_100" then
    return furthest == nil and decide.targets(challenge.levels(ctx, case.profile, r_pct), why) or nil
  end
  if beyond_pct and beyond_pct > (furthest or 0) then furthest = beyond_pct end
  local levels, scale, percent = source(ctx, case)
  local unit_pct = percent and 1 or r_pct
  local tick_pct = ctx.tick / ctx.entry * 100
  levels = scaled(ctx, levels, unit_pct, scale)
  levels = ladder.at_least(levels, risk.least_target_pct(ctx) / unit_pct, tick_pct / unit_pct)
  if furthest then levels = ladder.ahead(levels, furthest / unit_pct, 1 - taken) end
  if #levels == 0 then return nil end
  return decide.targets(percent and in_percent(levels) or levels, why)
end

-- Whether a plan of this profile in this regime has a trail of its own.
function targets.trails(regime, profile)
  if profile.name == "CHALLENGE_100" then return true end
  if profile.name == "PROFIT_LOCK" then return false end
  if S.tp_source == "plain" then return plain.trails(regime) end
  return profile.trailing ~= nil and (S.full_trail or S.tp_source == "profile" and not profile.full)
end

-- The trailing rule, or nil. A hint takes the place of the callback, and of every step that is wider.
function targets.trailing(ctx, case, r_pct)
  if not case.trails then return nil end
  local profile, hint = case.profile, case.hints.trail_pct
  if profile.name == "CHALLENGE_100" then return challenge.trailing(ctx, profile, r_pct) end
  if S.tp_source == "plain" then return plain.trailing(case.regime, case.hints, r_pct) end
  local rule, scale = profile.trailing, nearer(case)
  local steps = {}
  for _, step in ipairs(rule.tighten) do
    if not hint or step.callback_pct < hint then
      steps[#steps + 1] = { r = step.r * scale, callback_pct = step.callback_pct }
    end
  end
  return { activation_r = rule.activation_r * scale, callback_pct = hint or rule.callback_pct, tighten = steps }
end

return targets
