-- SPDX-License-Identifier: Apache-2.0
-- V3's dynamic take-profit calculator: three targets in percent of price from leverage, size, volatility, regime,
-- confidence, liquidity and profit. tp_source = "dynamic" uses it in the place of the profile's ladder. Each rule
-- multiplies what the ones above it left; of the rules that set the sizes the last one that applies wins. The figures
-- are V3's; CHOP, which V3 never emitted, is treated as RANGE.

local S = require "settings"
local ladder = require "exitbrain.ladder"

local dynamic = {}

-- Volatility in percent on the scale of the thresholds; nil while bars are few (V3 then took 2 %, between them).
local function volatility_pct(ctx)
  local f = ctx.features.m15
  if not f.warm then return nil end
  return S.volatility == "bar" and f.vol_std_bar_pct or f.vol_day_pct
end

local function at_least(rule, value) return value ~= nil and value >= rule.at end
local function at_most(rule, value) return value ~= nil and value <= rule.at end

-- The product of all multipliers, and the sizes in percent.
function dynamic.multiplier(ctx, regime, hints, leverage)
  local T = S.dynamic_tp
  local factor, sizes = 1, T.sizes
  local function apply(applies, rule)
    if not applies then return end
    factor, sizes = factor * rule.factor, rule.sizes or sizes
  end
  local volatility, notional = volatility_pct(ctx), ctx.notional or ctx.qty * ctx.entry
  apply(at_least(T.high_leverage, leverage), T.high_leverage)
  apply(at_most(T.low_leverage, leverage), T.low_leverage)
  apply(at_least(T.large, notional), T.large)
  apply(at_least(T.volatile, volatility), T.volatile)
  apply(at_most(T.calm, volatility), T.calm)
  apply(T.regime[regime] ~= nil, T.regime[regime])
  apply(at_least(T.confident, hints.confidence), T.confident)
  apply(at_most(T.doubtful, hints.confidence), T.doubtful)
  apply(hints.liquidity_usd and hints.liquidity_usd < T.illiquid.at, T.illiquid)
  apply(at_least(T.in_profit, ctx.pnl_pct), T.in_profit)
  return factor, sizes
end

-- Levels whose r is percent of price; targets that the clamp puts on one another become one. All are market orders.
function dynamic.levels(ctx, regime, hints, leverage)
  local T = S.dynamic_tp
  local factor, sizes = dynamic.multiplier(ctx, regime, hints, leverage)
  local legs = {}
  for i, base in ipairs(T.base_pct) do
    legs[i] = { math.max(T.min_pct, math.min(T.max_pct, base * factor)), sizes[i], false }
  end
  return ladder.at_least(ladder.from_percent(legs), 0)
end

return dynamic
