-- SPDX-License-Identifier: Apache-2.0
-- Legacy owner: hybrid TP/SL. How sure the model is (signal confidence, 0 to 1) decides how much of its advice counts:
-- hardly sure: the base figures; sure: its target beside the base one, its trail, a nearer stop; in between: the base
-- with half the trail. All percent of entry, the trail of price.
-- The model's figures are the signals tp_hint_pct and trail_hint_pct; without them dynamic_tpsl's base stands in.
-- Differences from the original:
--   * It cancelled all orders of the symbol first, the stop among them. Here a plan replaces a plan.
--   * Its stop, targets and trailing order took more than 100 % of the position together. Here targets are parts of it,
--     and stop and trail are for all that remains.

local check = require "exitbrain.check"
local frame = require "legacy.frame"
local levels = require "legacy.levels"

local S = {
  tp_pct = 3.0,              -- QT_TP_PCT
  sl_pct = 2.0,              -- QT_SL_PCT
  trail_pct = 1.5,           -- QT_TRAIL_PCT, taken as a callback from 0.1 to 5
  low_confidence = 0.20,     -- below this (or unknown): the base
  high_confidence = 0.80,    -- from this on: the model
  model_tp_pct = 6.0,        -- dynamic_tpsl's base target
  model_trail_pct = 2.0,     -- and trail
  base_size_pct = 50,        -- where the model's target is farther: percent of the size that the base target takes
  high_stop_factor = 0.9,    -- times sl_pct
  middle_trail_factor = 0.5, -- times trail_pct
  activation_factor = 2.0,   -- the trail begins at this many callbacks of profit,
  min_activation_pct = 0.2,  -- and not before this
}

local LOW, MIDDLE, HIGH = 0, 1, 2

local function band_of(ctx)
  local confidence = ctx.signals.confidence
  if type(confidence) ~= "number" or confidence < S.low_confidence then return LOW end
  return confidence >= S.high_confidence and HIGH or MIDDLE
end

local function plan_of(ctx, band)
  local plan = { stop_pct = S.sl_pct, legs = { { S.tp_pct } }, trail_pct = S.trail_pct }
  if band == MIDDLE then
    plan.trail_pct = S.trail_pct * S.middle_trail_factor
  elseif band == HIGH then
    local far = levels.hint(ctx, "tp_hint_pct", S.model_tp_pct)
    plan.stop_pct = S.sl_pct * S.high_stop_factor
    plan.trail_pct = levels.hint(ctx, "trail_hint_pct", S.model_trail_pct)
    if far > S.tp_pct then plan.legs = { { S.tp_pct, S.base_size_pct }, { far, 100 - S.base_size_pct } } end
  end
  plan.trail_pct = levels.callback(plan.trail_pct)
  plan.trail_from_pct = math.max(S.activation_factor * plan.trail_pct, S.min_activation_pct)
  return plan
end

local function first_plan(ctx, own)
  own.band = band_of(ctx)
  return plan_of(ctx, own.band)
end

-- Another confidence: another plan, of which the stop only counts where it is tighter.
local function follow(ctx, own)
  local band = band_of(ctx)
  if band == own.band then return {} end
  own.band = band
  return frame.open(ctx, plan_of(ctx, band), false, "hybrid_tpsl: another confidence")
end

local owner = { name = "hybrid_tpsl", plan = first_plan, manage = follow }

return {
  name = owner.name,
  settings = S,
  decide = function(ctx) return frame.decide(ctx, owner) end,
  self_test = function()
    local at = "legacy.hybrid_tpsl."
    check.number(at .. "tp_pct", S.tp_pct, 0.01, 50)
    check.number(at .. "sl_pct", S.sl_pct, 0.2, 50)
    check.number(at .. "trail_pct", S.trail_pct, 0.1, 5)
    check.number(at .. "low_confidence", S.low_confidence, 0, S.high_confidence)
    check.number(at .. "high_confidence", S.high_confidence, S.low_confidence, 1)
    check.number(at .. "model_tp_pct", S.model_tp_pct, 0.01, 50)
    check.number(at .. "model_trail_pct", S.model_trail_pct, 0.1, 5)
    check.number(at .. "base_size_pct", S.base_size_pct, 1, 99)
    check.number(at .. "high_stop_factor", S.high_stop_factor, 0.1, 1)
    check.number(at .. "middle_trail_factor", S.middle_trail_factor, 0.01, 1)
    check.number(at .. "activation_factor", S.activation_factor, 0, 20)
    check.number(at .. "min_activation_pct", S.min_activation_pct, 0, 50)
  end,
}
