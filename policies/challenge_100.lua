-- SPDX-License-Identifier: Apache-2.0
-- The CHALLENGE_100 profile: risk counted in account money. account_r = wallet balance x challenge_risk_pct. The first
-- stop is 2 ATR away and loses at most 1.5 account_r; the first target (30 %) is where the position has earned 1
-- account_r; the rest trails the best price by 2 ATR; without a first target in two hours the position ends. The
-- liquidation buffer and the stop at the venue beyond the soft one are the engine's, for every profile.

local S = require "settings"
local decide = require "exitbrain.decision"
local risk = require "risk"
local side = require "exitbrain.side"

local challenge = {}

local MIN_CALLBACK_PCT, MAX_CALLBACK_PCT = 0.1, 5.0

-- What one account_r is for this position, in percent of entry; nil where the balance is not known.
local function account_r_pct(ctx)
  if ctx.balance == nil or ctx.balance <= 0 then return nil end
  return ctx.balance * S.challenge_risk_pct / ((ctx.leg_base or ctx.qty) * ctx.entry)
end

-- Two ATR of 5-minute bars, percent of price.
local function swing_pct(ctx)
  local f = ctx.features.m5
  return S.challenge_atr_mult * (f.warm and f.atr_pct or S.challenge_atr_pct)
end

-- The runner's callback; while the bars are warming V3's figure of the profile.
function challenge.callback_pct(ctx, profile)
  local pct = ctx.features.m5.warm and swing_pct(ctx) or profile.trailing.callback_pct
  return math.max(MIN_CALLBACK_PCT, math.min(MAX_CALLBACK_PCT, pct))
end

function challenge.stop_pct(ctx)
  local account_r = account_r_pct(ctx)
  return math.min(swing_pct(ctx), account_r and S.challenge_max_risk_r * account_r or math.huge)
end

-- Distance of the first target, percent of entry; without a balance one R, as V3's profile table had it.
local function first_pct(ctx, r_pct)
  local account_r = account_r_pct(ctx)
  local pct = account_r and S.challenge_tp1_r * account_r or r_pct
  return math.min(math.max(pct, risk.least_target_pct(ctx)), S.challenge_max_tp1_pct)
end

function challenge.levels(ctx, profile, r_pct)
  local leg = profile.levels[1]
  return { { price = side.price(ctx, leg.r * first_pct(ctx, r_pct)), fraction = leg.fraction } }
end

-- The runner's trail begins where the first target lies.
function challenge.trailing(ctx, profile, r_pct)
  local activation_r = profile.trailing.activation_r * first_pct(ctx, r_pct) / r_pct
  return { activation_r = activation_r, callback_pct = challenge.callback_pct(ctx, profile) }
end

-- Once the trail runs: a new callback when the ATR has moved far enough from the one in use.
function challenge.retrail(ctx, profile, own)
  if not ctx.trailing_active then return nil end
  local callback, used = challenge.callback_pct(ctx, profile), own.callback
  if used and math.abs(callback - used) < used * S.challenge_retrail_pct / 100 then return nil end
  own.callback = callback
  return decide.trailing({ activation_r = 0, callback_pct = callback }, "ATR changed")
end

function challenge.time_stop(ctx)
  if ctx.hits > 0 or (ctx.age_ms or 0) < S.challenge_time_stop_ms then return nil end
  return decide.full_exit("no first target in time")
end

return challenge
